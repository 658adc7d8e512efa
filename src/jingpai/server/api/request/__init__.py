"""What a body says, as real clients write it."""
