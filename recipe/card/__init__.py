"""The model card, in English and Chinese: texts, and the numbers of the results put into them."""
