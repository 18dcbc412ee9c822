"""A made-up town and stand-ins for face models, on which the engine itself is measured and broken."""
