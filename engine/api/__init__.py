"""How a console speaks to the engine: HTTP and JSON over a Unix socket."""
