"""Why does it predict that: attributions, effects, and how far to trust them."""
