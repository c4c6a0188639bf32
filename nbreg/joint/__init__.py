"""Distributions of all targets together, in target units: what a joint head predicts, as people use it."""
