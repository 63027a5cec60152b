"""A contact whose pins may be missing."""

import time

from drivers.contact.kind import Contact, Heard, Reading, Sensed
from drivers.late import Late
from drivers.telling import tell


class LateContact(Late[Contact]):
    """A Contact; while it is missing it tells nothing, and read() raises OSError with the reason."""

    _heard: Heard | None = None

    def listen(self, heard: Heard) -> None:
        """Tell each change from now on, and what the contact says whenever it has come."""
        self._heard = heard
        self._set_up(lambda contact: contact.listen(heard))

    def read(self) -> Reading:
        """Tell what the contact says now."""
        return self._use(lambda contact: contact.read())

    def resume(self, part: Contact) -> None:
        """Listen again; a key that is held while its line comes is heard as well."""
        if self._heard is not None:
            part.listen(self._heard)
            tell(self._heard, Sensed(part.read(), time.monotonic_ns()))
