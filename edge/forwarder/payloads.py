"""What comes from the network, made safe or refused with a sentence. Pure: whatever the bytes, only ValueError."""

import json
import re
from typing import Annotated, Any, NoReturn

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

largest_payload_bytes = 65_536
identifier = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
caller_name = re.compile(r"[a-z0-9-]{1,64}")
longest_reason = 400


class Message(BaseModel):
    """A message of the contract; nothing unknown passes, and texts are not taken for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AckMessage(Message):
    """The centre has stored everything of this lane up to a number."""

    outbox: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    epoch: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    upto: Annotated[int, Field(strict=True, ge=0, lt=2**63)]


class CommandMessage(Message):
    """The envelope of a command; times in seconds."""

    id: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    session: str = Field(min_length=1, max_length=128)
    issued: AwareDatetime
    ttl_seconds: float = Field(gt=0, le=86_400, allow_inf_nan=False)
    reply_to: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    operator: str = Field(min_length=1, max_length=80)
    body: dict[str, Any] = Field(default_factory=dict)


def decoded(payload: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises ValueError with a sentence for anything else."""
    if len(payload) > largest_payload_bytes:
        raise ValueError(f"{len(payload)} bytes are more than {largest_payload_bytes}")
    try:
        content = json.loads(payload.decode("utf-8"), parse_constant=_no_constant)
        # A lone surrogate is legal JSON and cannot be stored as text: find it here.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except RecursionError as problem:
        raise ValueError("the message is nested too deeply") from problem
    except ValueError as problem:
        raise ValueError(f"the message is not JSON: {problem}") from problem
    if not isinstance(content, dict):
        raise ValueError("the message is not an object")
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def acknowledgement(payload: bytes) -> AckMessage:
    """Read an acknowledgement. Raises ValueError with a sentence."""
    try:
        return AckMessage.model_validate(decoded(payload))
    except ValidationError as problem:
        raise ValueError(first_sentence(problem)) from problem


def command(content: dict[str, Any]) -> CommandMessage:
    """Read the envelope of a command. Raises ValueError with a sentence."""
    try:
        return CommandMessage.model_validate(content)
    except (ValidationError, OverflowError) as problem:
        raise ValueError(first_sentence(problem)) from problem


def first_sentence(problem: Exception) -> str:
    """Say what is wrong first."""
    if not isinstance(problem, ValidationError):
        return str(problem)
    first = problem.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}"[:longest_reason]


def text_matching(pattern: re.Pattern[str], value: object) -> str | None:
    """Return the value when it is a text of this form, else None."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
