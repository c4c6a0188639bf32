"""From a network's features to its outputs, one head a file; each registers itself in `HEADS`."""
