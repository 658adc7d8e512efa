"""Files of text in, lines out; whole files or none written."""
