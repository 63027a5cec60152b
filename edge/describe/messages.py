"""The messages around events and commands: envelope, birth, last will, heartbeat, reply, offer. Pure shapes.

Acknowledgement and command envelope are the forwarder's own models (edge.forwarder.payloads), which guard the wire.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.event import ClockState, Severity
from edge.kinds import IncidentId

Session = Annotated[str, Field(min_length=1, max_length=128, description="ULID of this connection to the centre")]
Outbox = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$", description="`{program}` or `{program}-alarm`")]
Epoch = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="ULID of one life of the outbox")]


class Message(BaseModel):
    """A message of the device; a later version may add fields, which a receiver passes over."""

    model_config = ConfigDict(frozen=True)


class CloudEvent(Message):
    """The envelope of every event: CloudEvents 1.0, JSON, structured mode. (source, id) removes doubles."""

    specversion: Literal["1.0"]
    id: str = Field(pattern=r"^[a-z0-9_-]+:[A-Za-z0-9_-]+:[1-9][0-9]*$", description="`{outbox}:{epoch}:{sequence}`")
    source: str = Field(pattern=r"^/posts/[A-Za-z0-9.-]+$", description="`/posts/{device}`")
    type: str = Field(pattern=r"^callpost\.", description="`callpost.<kind>`")
    time: datetime = Field(description="best guess of the wall clock at the moment of the fact, RFC 3339")
    recordedtime: datetime = Field(description="wall clock when it was recorded, RFC 3339")
    sequence: str = Field(pattern=r"^[0-9]{20}$", description="number without gaps within outbox and epoch, from 1")
    epoch: Epoch
    boot: str = Field(description="the kernel's boot id")
    mono: str = Field(pattern=r"^[0-9]+$", description="CLOCK_BOOTTIME in nanoseconds")
    clockstate: ClockState = Field(description="what the wall clock was worth at that moment")
    severity: Severity
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]


class Beginning(Message):
    """What an outbox still holds of one epoch; everything below `first` counts as present at the centre."""

    outbox: Outbox
    epoch: Epoch
    first: int = Field(ge=1)
    last: int = Field(ge=0, description="below `first` when the outbox is empty")


class OpenIncident(Message):
    """The incident that is open at the post."""

    incident: IncidentId
    state: Literal["called", "received", "answered", "on_the_way", "arrived"]
    level: Literal["assist", "panic", "silent"]
    mode: Literal["live", "drill", "test"]
    presses: int = Field(ge=1)
    raised: datetime = Field(description="wall clock of the first press, RFC 3339")
    siren: Literal["off", "sounding", "silenced", "expired"]
    call: str | None = Field(description="the operator who is connected")


class PartReadiness(Message):
    """One part that a press needs, and when it was last seen to work."""

    state: Literal["proved", "overdue", "faulty"]
    proved_seconds_ago: float | None
    limit_seconds: float
    reason: str | None


class Readiness(Message):
    """Whether a press would work: proved, not claimed."""

    ready: bool
    parts: dict[str, PartReadiness]


class Fault(Message):
    """A part that does not work, at the time of the birth."""

    part: str
    reason: str


class Birth(Message):
    """The device is connected. The centre keeps the last birth of each device."""

    online: Literal[True]
    session: Session
    programs: list[str]
    roles: list[Literal["panic", "rating", "portal"]]
    versions: dict[str, str]
    faults: list[Fault]
    readiness: Readiness | Literal["unknown"]
    incident: OpenIncident | None
    outboxes: list[Beginning] = Field(description="in the order of the files, epoch after epoch")


class LastWill(Message):
    """The broker says this when the connection is lost, the device when it says goodbye."""

    online: Literal[False]
    session: Session


class Heartbeat(Message):
    """Every 30 s: the device is alive, and what it has last proved."""

    session: Session
    counter: int = Field(ge=1, description="counts up within a session")
    readiness: Readiness | Literal["unknown"]
    incident: OpenIncident | None
    queues: dict[str, int] = Field(description="events not yet acknowledged, by outbox")


class Reply(Message):
    """What became of a command."""

    id: str = Field(description="the command's id")
    status: Literal["accepted", "done", "refused"]
    reason: str | None = Field(max_length=400, description="why it was refused, in one plain sentence")
    body: dict[str, Any] = Field(description="what the command asked for; call.offer: `sdp`, the answer")


class PostOffer(Message):
    """The post's own offer, sent with an alarm and never stored; answered by the command `call.answer`."""

    id: str = Field(description="ULID of the offer, which `call.answer` names")
    incident: IncidentId
    sdp: str
