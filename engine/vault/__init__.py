"""Keys, sealed data, signed grants."""
