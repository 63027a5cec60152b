"""The hardware of a post, one folder per kind of part; imports nothing of the other folders."""
