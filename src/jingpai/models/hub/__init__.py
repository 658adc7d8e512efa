"""Where models come from: hubs, their caches, and what is said when they fail."""
