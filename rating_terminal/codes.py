"""The code of the QR: signed by this device, for one service at one window, good until a moment.

A code is the key's number, the expiry (Unix seconds), the session and a signature (HMAC-SHA256, cut to 16 bytes as
RFC 2104 allows), base64url without padding: 50 characters, so that the QR stays coarse. That it works once follows from
its session: a service has one rating. Device and window are signed but not sent, since the link and the device know
them.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import struct
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from rating_terminal.secret_files import replace_file

signature_bytes = 16
_content = struct.Struct(">BI16s")
_length = _content.size + signature_bytes


class Fault(StrEnum):
    """Why a code is not taken; the text is the sentence for the citizen's page."""

    FORGED = "forged: this code was not made by this window"
    EXPIRED = "expired: this code is no longer good"
    USED = "used: this service has already been rated"


class BadCode(Exception):
    """A code that is not taken."""

    def __init__(self, fault: Fault) -> None:
        """Remember why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Key:
    """One signing key; `made` and `retired` are Unix seconds (retired 0: in use)."""

    number: int
    secret: str
    made: float
    retired: float = 0.0


@dataclass(frozen=True, slots=True)
class Keys:
    """The key in use last, and before it those whose codes may still be about."""

    known: tuple[Key, ...]

    @property
    def current(self) -> Key:
        """The key that signs."""
        return self.known[-1]

    def named(self, number: int) -> Key | None:
        """Find a key by its number."""
        return next((key for key in self.known if key.number == number), None)


class Codes:
    """Makes and checks the codes of one window."""

    def __init__(self, path: Path, device: str, window: str, *, valid_seconds: float, rotate_seconds: float) -> None:
        """`path` holds the keys; they are made when they are not there."""
        self._path = path
        self._bound = f"{device}\n{window}".encode()
        self._valid_seconds = valid_seconds
        self._rotate_seconds = rotate_seconds
        self._keys: Keys | None = None

    def make(self, session: str, now: float) -> tuple[str, float]:
        """Return a code for a session (32 hex digits) and when it expires. Raises OSError when there is no key."""
        key = self._fresh_keys(now).current
        expires = int(now + self._valid_seconds)
        content = _content.pack(key.number, expires, bytes.fromhex(session))
        return _text(content + self._signature(key, content)), expires

    def check(self, code: str, now: float) -> tuple[str, float]:
        """Return session and expiry of a good code. Raises BadCode, or OSError when there is no key."""
        raw = _bytes(code)
        content, signature = raw[: _content.size], raw[_content.size :]
        number, expires, session = _content.unpack(content)
        key = self._fresh_keys(now).named(number)
        # A key that was retired is deleted once all its codes have expired: what it signed is old, or was never signed.
        if key is None or not hmac.compare_digest(signature, self._signature(key, content)):
            raise BadCode(Fault.FORGED if key is not None or expires > now else Fault.EXPIRED)
        if expires <= now:
            raise BadCode(Fault.EXPIRED)
        return session.hex(), expires

    def rotate(self, now: float) -> None:
        """Sign with a new key from now on. Raises OSError."""
        before = self._read()
        retired = [self._retired(key, now) for key in before.known] if before else []
        kept = [key for key in retired if now - key.retired <= self._valid_seconds]
        number = (before.current.number + 1) % 256 if before else secrets.randbelow(256)
        self._keys = Keys((*kept, Key(number, secrets.token_hex(32), now)))
        text = json.dumps([asdict(key) for key in self._keys.known])
        replace_file(self._path, text.encode(), 0o600)

    def _retired(self, key: Key, now: float) -> Key:
        return key if key.retired else Key(key.number, key.secret, key.made, now)

    def _fresh_keys(self, now: float) -> Keys:
        keys = self._keys or self._read()
        # A clock that was wrong when the key was made must not keep it for ever.
        if keys is None or not 0 <= now - keys.current.made < self._rotate_seconds:
            self.rotate(now)
        else:
            self._keys = keys
        if self._keys is None:
            raise OSError(f"{self._path} has no key")
        return self._keys

    def _read(self) -> Keys | None:
        try:
            stored = json.loads(self._path.read_text(encoding="ascii"))
            return Keys(tuple(Key(**key) for key in stored)) if stored else None
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            # A damaged file signs nothing any more: its codes become invalid, and new ones work.
            return None

    def _signature(self, key: Key, content: bytes) -> bytes:
        signed = self._bound + b"\n" + content
        return hmac.new(bytes.fromhex(key.secret), signed, hashlib.sha256).digest()[:signature_bytes]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(code: str) -> bytes:
    try:
        raw = base64.b64decode(code.encode("ascii") + b"=" * (-len(code) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as problem:
        raise BadCode(Fault.FORGED) from problem
    if len(raw) != _length or _text(raw) != code:
        raise BadCode(Fault.FORGED)
    return raw
