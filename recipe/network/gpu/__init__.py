"""A run on a machine whose GPU is there for minutes: packed here, trained there, unpacked here."""
