"""callpost-forwarder: the only holder of broker credentials; facts go up, commands come down."""
