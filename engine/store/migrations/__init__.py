"""Numbered, forward only. A file that was released is never changed: its digest stands in every store."""
