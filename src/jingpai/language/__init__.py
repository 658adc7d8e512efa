"""Which language the program speaks, and every text that it says."""
