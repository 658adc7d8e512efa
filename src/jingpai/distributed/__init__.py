"""The same work on Ray: batches, and the server."""
