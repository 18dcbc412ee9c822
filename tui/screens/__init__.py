"""Full screens of the desk."""
