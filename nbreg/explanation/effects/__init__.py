"""How predictions move with one feature or two, and how much features act together."""
