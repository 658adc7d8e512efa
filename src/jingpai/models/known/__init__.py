"""The known rerankers, as data."""
