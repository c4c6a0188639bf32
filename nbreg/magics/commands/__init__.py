"""One command a file; each registers itself in `COMMANDS`."""
