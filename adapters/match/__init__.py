"""Exact comparison of templates."""
