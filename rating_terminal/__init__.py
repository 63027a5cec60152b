"""The rating terminal of a service window: one service, one rating, and never one that nobody gave."""
