"""Figures, not tests: each is printed as median and p99 with the peer measured in the same run."""
