"""The HTTP server: a rerank endpoint for the clients of Cohere, Jina, TEI, vLLM and others."""
