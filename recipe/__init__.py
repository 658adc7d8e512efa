"""How the bundled model is made: run its parts from the checkout, as `python -m recipe.<part>`."""
