"""%nnreg: parse, dispatch, error boundary."""
