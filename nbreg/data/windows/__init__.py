"""A table of series in, windows of them out: the steps seen and the steps to forecast, as arrays."""
