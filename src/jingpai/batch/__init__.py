"""Files in, files out: pairs by the million, scored by shards that are written whole."""
