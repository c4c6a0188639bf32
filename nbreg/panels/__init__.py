"""Widgets: views of observable state."""
