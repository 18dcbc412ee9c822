"""How the world answers: files, cameras, models. Families do not know each other."""
