"""Basic and Digest authentication (RFC 7617, RFC 7616) as cameras use it over RTSP; pure."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

hashes: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants to see: a scheme and its parameters."""

    scheme: str
    realm: str
    nonce: str = ""
    algorithm: str = "MD5"
    qop: bool = False
    opaque: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A user and the password."""

    user: str
    password: str


def choose(fields: Sequence[str]) -> Challenge | None:
    """Return the strongest challenge that we can answer: Digest SHA-256, Digest MD5, Basic."""
    known = [challenge for field in fields if (challenge := parse(field))]
    return min(known, key=_weakness, default=None)


def _weakness(challenge: Challenge) -> int:
    return 2 if challenge.scheme == "basic" else list(hashes).index(challenge.algorithm)


def parse(field: str) -> Challenge | None:
    """Read one WWW-Authenticate field; None when its scheme or algorithm is not ours."""
    scheme, _, rest = field.strip().partition(" ")
    given = parameters(rest)
    realm = given.get("realm", "")
    match scheme.lower(), given.get("algorithm", "MD5").upper():
        case "basic", _:
            return Challenge("basic", realm)
        case "digest", ("MD5" | "SHA-256") as algorithm if "nonce" in given:
            qop = "auth" in re.split(r"[,\s]+", given.get("qop", ""))
            return Challenge("digest", realm, given["nonce"], algorithm, qop, given.get("opaque"))
        case _:
            return None


def parameters(text: str) -> dict[str, str]:
    """Read `name="value", name=value` pairs."""
    pairs = re.findall(r'([A-Za-z-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', text)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in pairs}


def authorization(challenge: Challenge, login: Login, method: str, url: str, *, count: int, cnonce: str) -> str:
    """Return the Authorization field; `count` is how often this nonce has been used, from 1."""
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    extra = {"qop": "auth", "nc": f"{count:08x}", "cnonce": cnonce} if challenge.qop else {}
    given = {
        "username": login.user, "realm": challenge.realm, "nonce": challenge.nonce, "uri": url,
        "response": response(challenge, login, method, url, extra), "algorithm": challenge.algorithm,
    } | ({} if challenge.opaque is None else {"opaque": challenge.opaque}) | extra  # fmt: skip
    return "Digest " + ", ".join(_pair(name, value) for name, value in given.items())


def response(challenge: Challenge, login: Login, method: str, url: str, extra: dict[str, str]) -> str:
    """Return the digest itself (RFC 7616 section 3.4.1; without qop as in RFC 2069)."""
    digest = hashes[challenge.algorithm]
    who = digest(f"{login.user}:{challenge.realm}:{login.password}".encode())
    what = digest(f"{method}:{url}".encode())
    middle = [extra["nc"], extra["cnonce"], extra["qop"]] if extra else []
    return digest(":".join([who, challenge.nonce, *middle, what]).encode())


def _pair(name: str, value: str) -> str:
    if name in {"algorithm", "qop", "nc"}:
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'
