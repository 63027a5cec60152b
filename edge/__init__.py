"""What every program of a post shares: events, the outbox, settings, and how a program runs."""
