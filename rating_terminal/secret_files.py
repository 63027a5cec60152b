"""Secrets of the terminal: made once in its state folder (0600), or handed to it as a file that the settings name."""

import os
import secrets
from pathlib import Path

key_bytes = 32
shortest_token = 16


def replace_file(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Write a file whole or not at all, also when the power fails. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def own_key(path: Path) -> bytes:
    """Read the key, or make it. Raises OSError."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) != key_bytes:
        key = secrets.token_bytes(key_bytes)
        replace_file(path, key, 0o600)
    return key


def passing_key() -> bytes:
    """Return a key that is kept nowhere."""
    return secrets.token_bytes(key_bytes)


def token_in(path: Path) -> str:
    """Read a token. Raises OSError, or ValueError with a sentence when it is none."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path} is no token: write {shortest_token} or more ASCII characters into it") from problem
    if len(token) < shortest_token or not token.isprintable() or " " in token:
        raise ValueError(f"{path} is no token: write {shortest_token} or more printable characters into it, no spaces")
    return token
