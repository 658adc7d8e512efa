"""How fast a reranker is on this machine, and how near it comes to what the machine can do."""
