"""Those who remember what the audit said: a file on another disk, or another institution's server."""
