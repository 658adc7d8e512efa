"""What the model is worth, in numbers."""
