"""Fine-tuning: a reranker and the user's own pairs in, a reranker that knows the field out."""
