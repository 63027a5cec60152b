"""callpost-center: the pages where operators see alarms and answer them."""
