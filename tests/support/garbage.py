"""What nobody should send: random bytes, JSON that does not fit, odd methods; and how a program must take it."""

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings

from support.patience import deadline_seconds

Json = Mapping[str, Any]
json_type = {"content-type": "application/json"}
methods = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW")
awkward = st.sampled_from(
    [2**63, -(2**63), 10**30, 1e308, float("nan"), float("inf"), "\ud800", "\x00", "", " ", "x" * 5000]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | awkward
path_steps = st.sampled_from(["x", "%ff", "%00", "..", "%2e%2e%2f", "é", "a" * 300, "-1", "0", "%"])
types: Mapping[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=20),
    "integer": st.integers(),
    "number": st.floats(),
    "boolean": st.booleans(),
    "null": st.none(),
}


def some(examples: int) -> settings:
    """Return settings for so many examples, the same ones at every run; fixtures live through all of them."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def values(known: Sequence[object] = ()) -> st.SearchStrategy[Any]:
    """Return JSON of any shape with the known words of an interface in it, as keys too."""
    words = st.sampled_from([str(word) for word in known] or ["x"])
    return st.recursive(
        scalars | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=4),
        max_leaves=10,
    )


def bodies(known: Sequence[object] = ()) -> st.SearchStrategy[bytes]:
    """Return bytes that are no JSON, or JSON that hardly fits."""
    return st.binary(max_size=200) | values(known).map(dumped)


def dumped(value: object) -> bytes:
    """Return JSON, also of what is none (NaN)."""
    return json.dumps(value).encode()


def like(schema: Json, whole: Json, known: Sequence[object] = ()) -> st.SearchStrategy[Any]:
    """Return values that nearly fit a JSON Schema; `whole` is the document that its references point into."""
    if "$ref" in schema:
        return like(_referred(schema["$ref"], whole), whole, known)
    if "anyOf" in schema:
        return st.one_of(*(like(one, whole, known) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from([*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]) | awkward
    if schema.get("type") == "array":
        return st.lists(like(schema.get("items", {}), whole, known), max_size=3)
    if "properties" in schema:
        fields = {name: like(one, whole, known) for name, one in schema["properties"].items()}
        required = {name: field for name, field in fields.items() if name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional={name: fields[name] for name in fields.keys() - required})
    words = st.sampled_from([word for word in known if isinstance(word, str)] or ["x"])
    plain = types.get(schema.get("type", ""), values(known))
    return (plain | words if schema.get("type") == "string" else plain) | awkward


def _referred(reference: str, whole: Json) -> Json:
    found: Any = whole
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def routes_of(openapi: Json) -> list[tuple[str, str]]:
    """Return (method, path template) of every operation."""
    return sorted((method.upper(), path) for path, operations in openapi["paths"].items() for method in operations)


def body_of(openapi: Json, method: str, path: str, known: Sequence[object] = ()) -> st.SearchStrategy[bytes]:
    """Return bodies for an operation, of which some nearly fit."""
    operation = openapi["paths"].get(path, {}).get(method.lower(), {})
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return bodies(known) if schema is None else bodies(known) | like(schema, openapi, known).map(dumped)


def paths(template: str, known: Mapping[str, Sequence[str]]) -> st.SearchStrategy[str]:
    """Fill the parameters of a path, with names that are known and others."""
    names = re.findall(r"\{(\w+)(?::\w+)?\}", template)
    filled = {name: path_steps | st.sampled_from(list(known.get(name, ())) or ["x"]) for name in names}
    return st.fixed_dictionaries(filled).map(
        lambda chosen: re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: chosen[found[1]], template)
    )


chunks = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=3)


def hurl(connect: Callable[[], socket.socket], sent: Sequence[bytes]) -> bytes:
    """Send raw bytes; return the beginning of what is answered, if anything is. Raises TimeoutError when nobody is done with us."""
    with connect() as caller:
        caller.settimeout(deadline_seconds)
        try:
            for chunk in sent:
                caller.sendall(chunk)
            caller.shutdown(socket.SHUT_WR)
            return caller.recv(4096)
        except (BrokenPipeError, ConnectionResetError, OSError) as problem:
            if isinstance(problem, TimeoutError):
                raise
            return b""  # hung up while we were still talking


def unix(path: object) -> Callable[[], socket.socket]:
    """Return what connects to a unix socket."""

    def connect() -> socket.socket:
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(str(path))
        return caller

    return connect


def tcp(port: int) -> Callable[[], socket.socket]:
    """Return what connects to a port of this machine."""
    return lambda: socket.create_connection(("127.0.0.1", port))
