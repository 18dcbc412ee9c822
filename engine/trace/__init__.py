"""One trace, step by step; read it from pipeline.py down."""
