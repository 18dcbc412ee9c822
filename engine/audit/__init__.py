"""What was done, in a log that can only grow."""
