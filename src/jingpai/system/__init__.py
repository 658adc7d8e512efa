"""What the machine and its system offer: processor, memory, folders, hashes of files."""
