"""The sounds of the post's prompts: recorded ones, and how the synthetic ones are built."""
