"""What reranking does to one's own data: measures, calibration, disagreements of two models."""
