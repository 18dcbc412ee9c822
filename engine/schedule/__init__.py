"""Ten slots for machine work, and the workers that do it."""
