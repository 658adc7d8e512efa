"""Scores that mean a share of relevant pairs, and thresholds from labelled pairs."""
