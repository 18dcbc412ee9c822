"""What a person can do, one module a screen or a subject; ``tui/keys.py`` has all of them."""
