"""What people open in a browser: evaluations, calibrations, explanations, plots."""
