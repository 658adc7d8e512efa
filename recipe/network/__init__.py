"""The network, from its parent to the graphs in the package."""
