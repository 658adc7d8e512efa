"""Logits to scores: heads, scales, calibration, order."""
