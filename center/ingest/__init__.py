"""callpost-ingest: stores every event of every post exactly once, and says so to the post."""
