"""A whole post and a small centre on simulated hardware, with a page to see and press it."""
