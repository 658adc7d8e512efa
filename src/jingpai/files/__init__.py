"""Files of text, records and columns in, by one rule for all commands; whole files out."""
