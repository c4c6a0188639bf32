"""What leaves the notebook."""
