"""One method a file, named as in its paper; each registers itself in `METHODS`."""
