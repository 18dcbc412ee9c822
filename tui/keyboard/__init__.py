"""What keys are called, what a person made of them, and which the foot of the screen shows."""
