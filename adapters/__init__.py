"""How the world answers: files, cameras, models. Families do not know each other."""

import os

# ONNX Runtime reports its use to its maker unless told not to before it is loaded. Nothing here phones
# home, and this package is imported before any library that it wraps.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
