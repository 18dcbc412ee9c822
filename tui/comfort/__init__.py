"""What a person likes and needs beside the work."""
