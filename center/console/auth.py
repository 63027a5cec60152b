"""Who is signed in: passwords, signed cookies, and the brake on guessing."""

import asyncio
from collections.abc import Mapping

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeSerializer

from center.console.records import Records

demo_operator = "demo"
tries, window_seconds = 5, 300.0
most_names = 10_000


class Brake:
    """Counts failures per name and address: five in five minutes, then wait. Pure: the caller brings the time."""

    def __init__(self) -> None:
        """Start with a clean sheet."""
        self._failures: dict[str, tuple[float, ...]] = {}

    def wait(self, key: str, now: float) -> float:
        """Return the seconds until the next try is allowed; 0 when it is allowed now."""
        recent = self._recent(key, now)
        return max(0.0, recent[-tries] + window_seconds - now) if len(recent) >= tries else 0.0

    def failed(self, key: str, now: float) -> None:
        """Note a failure."""
        if len(self._failures) >= most_names:
            self._failures = {one: times for one in self._failures if (times := self._recent(one, now))}
        self._failures[key] = (*self._recent(key, now), now)[-tries:]

    def succeeded(self, key: str) -> None:
        """Forget the failures of one key."""
        self._failures.pop(key, None)

    def _recent(self, key: str, now: float) -> tuple[float, ...]:
        return tuple(then for then in self._failures.get(key, ()) if now - then < window_seconds)


class Gate:
    """Lets operators in, and knows them again by their cookie."""

    def __init__(self, records: Records, *, https: bool, hours: float) -> None:
        """`hours` is how long a session lasts."""
        self._records, self._https, self._hours = records, https, hours
        self._hasher = PasswordHasher()
        self._signer = URLSafeSerializer(records.secret("cookie"), salt="session")
        # Checked when the name is unknown, so that an unknown name costs as long as a wrong password.
        self._nobody = self._hasher.hash("nobody's")
        self.brake = Brake()

    @property
    def cookie(self) -> str:
        """The name of the cookie; the prefix makes browsers insist on HTTPS and on this very host."""
        return "__Host-callpost" if self._https else "callpost"

    @property
    def seconds(self) -> int:
        """How long a session lasts."""
        return round(self._hours * 3600)

    async def right(self, name: str, password: str) -> bool:
        """Whether the password is this operator's; takes its time on a thread of its own."""
        stored = self._records.password_hash(name)
        return await asyncio.to_thread(self._verify, stored or self._nobody, password) and stored is not None

    def open(self, operator: str) -> str:
        """Return the value of a cookie for a new session."""
        return str(self._signer.dumps(self._records.open_session(operator, self._hours)))

    def operator(self, cookies: Mapping[str, str]) -> str | None:
        """Return who sent these cookies, or None."""
        session = self._session(cookies)
        return self._records.operator_of(session) if session else None

    def close(self, cookies: Mapping[str, str]) -> None:
        """End the session of these cookies."""
        if session := self._session(cookies):
            self._records.close_session(session)

    def _session(self, cookies: Mapping[str, str]) -> str | None:
        try:
            session = self._signer.loads(cookies.get(self.cookie, ""))
        except BadSignature:
            return None
        return session if isinstance(session, str) else None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
