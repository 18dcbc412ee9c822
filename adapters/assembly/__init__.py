"""Composition root of the engine process: where adapters and engine are put together."""
