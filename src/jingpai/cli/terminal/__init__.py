"""What people see in a terminal: tables, bars, progress, excerpts."""
