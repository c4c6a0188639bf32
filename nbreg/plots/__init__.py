"""Figures: pure data first, then drawing; one plot a file."""
