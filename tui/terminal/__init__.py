"""Between Textual and the terminal: what goes out, what comes in, and what must never get there."""
