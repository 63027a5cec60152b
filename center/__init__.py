"""The centre: stores what the posts report, and shows it to operators who answer."""
