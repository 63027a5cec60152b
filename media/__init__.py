"""Camera, dome, microphone, loudspeaker and calls of a post."""
