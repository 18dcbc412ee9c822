"""Footage archives and pictures made from them."""
