"""What the forwarder hands to the local interface of every other program."""

from typing import Any

from pydantic import Field

from edge.kinds import Body
from edge.outbox import Ack


class AckBody(Body):
    """What a centre has stored; centre 0 is the first, whose word lets the device forget."""

    outbox: str
    epoch: str
    upto: int = Field(ge=0, le=2**63 - 1)
    centre: int = Field(default=0, ge=0)

    @property
    def ack(self) -> Ack:
        """The word without its speaker."""
        return Ack(self.outbox, self.epoch, self.upto)


class CommandBody(Body):
    """A command, checked by the forwarder for its sender, session and age."""

    id: str
    operator: str = Field(min_length=1, max_length=80)
    body: dict[str, Any]


class LinkBody(Body):
    """Whether the forwarder reaches a centre, and since when."""

    connected: bool
    since: str | None = None
