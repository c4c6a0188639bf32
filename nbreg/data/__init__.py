"""A frame in, arrays out, and back to target units."""
