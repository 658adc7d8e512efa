"""The page to try a reranker on."""
