"""The Chinese form of every text, by its English form."""
