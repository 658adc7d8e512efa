"""What orders documents before a reranker does: shared words and vectors."""
