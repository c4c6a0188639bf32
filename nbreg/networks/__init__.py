"""Keras architectures, one family a file; each registers itself in `ARCHITECTURES`."""
