"""Which model: a name goes in, a spec and a folder of files come out."""
