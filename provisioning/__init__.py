"""Setting up posts and desks: configuration, checks, the command line tool, the demo."""
