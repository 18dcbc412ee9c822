"""One writer for everything that must survive."""
