"""Going on from a run: which choices stay, which weights it begins with, and how they are found again."""
