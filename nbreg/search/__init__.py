"""Cross-validation, studies of one choice at a time, and the search for the best choices."""
