"""How fast people get about: what a journey between two places is judged by, and drawn with."""

FASTEST_M_S = 35.0  # 126 km/h door to door: nobody is faster inside a city region
# The fastest walk of healthy adults: means at 20-29 years are 2.53 m/s of men and 2.47 m/s of women (Bohannon
# 1997, Age and Ageing 26:15-19).
ON_FOOT_M_S = 2.5
SIGMAS = 3.0  # of a clock's uncertainty that a journey is given in its favour
