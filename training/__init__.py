"""How the models that come along were made: invented people, two small networks, and what they can do."""
