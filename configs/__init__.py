"""Package data: definitions, calibrations, descriptors, the sample site."""
