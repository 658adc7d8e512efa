"""The waist: queries and documents become rows, rows logits, and rows documents again."""
