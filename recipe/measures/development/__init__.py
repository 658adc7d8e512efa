"""The tables of the development sets: means and intervals, goals, text."""
