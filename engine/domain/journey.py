"""How fast people get about: what a journey between two places is judged by, and drawn with."""

FASTEST_M_S = 35.0  # 126 km/h door to door: nobody is faster inside a city region
# Mean of pedestrians under 65 (Knoblauch, Pietrucha and Nitzburg, Transportation Research Record 1538, 1996).
WALKING_M_S = 1.5
SIGMAS = 3.0  # of a clock's uncertainty that a journey is given in its favour
