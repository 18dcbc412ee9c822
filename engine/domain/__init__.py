"""Frozen values. Nothing here reads a file, a clock or a socket."""
