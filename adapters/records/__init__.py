"""Record files of every source."""
