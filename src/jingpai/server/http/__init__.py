"""What every request passes on its way through HTTP, whatever dialect it speaks."""
