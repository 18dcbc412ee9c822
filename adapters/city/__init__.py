"""A simulated city: invented people, what they did, and what records and cameras would hold of it."""
