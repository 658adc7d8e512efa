"""Why does a document rank where it does: the first stage's view of it, and its sentences'."""
