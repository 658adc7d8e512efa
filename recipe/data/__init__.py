"""What the model is trained on, and the sets that it is checked on."""
