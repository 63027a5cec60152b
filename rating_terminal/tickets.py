"""Ticket numbers: shown to the citizen while the service is open, and known to everybody else only as a keyed hash.

Two visits with one ticket can be told to be one; the ticket cannot be told. The number itself never reaches the disk.
"""

import hashlib
import hmac

shown_characters = 32


class Tickets:
    """The hashes of all tickets, and the number of the one that is being served."""

    def __init__(self, key: bytes) -> None:
        """Hash with this key; it is made on the device and never leaves it."""
        self._key = key
        self._session = ""
        self._subject = ""

    def hashed(self, subject: str) -> str:
        """Return the keyed hash of a ticket, or nothing for none."""
        return self.keyed(subject) if subject else ""

    def keyed(self, text: str) -> str:
        """Return the keyed hash of any text."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:shown_characters]

    def serve(self, session: str, subject: str) -> None:
        """This ticket is served now."""
        self._session, self._subject = session, subject

    def of(self, session: str) -> str:
        """Return the number to show; nothing after a restart."""
        return self._subject if session == self._session else ""
