"""How rendered heads score: filmed as the simulated city films them, seen as a worker sees footage.

Joins the city, the face models and the trace in order to measure. Nothing that searches imports it.
"""
