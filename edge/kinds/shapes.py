"""What the models of events and commands share. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

IncidentId = Annotated[str, Field(min_length=1, max_length=64, description="ULID of the incident")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Reason = Annotated[str, Field(min_length=1, max_length=400, description="one plain sentence")]
Velocity = Annotated[float, Field(ge=-1, le=1, description="share of full speed")]
Level = Literal["assist", "panic", "silent"]
Mode = Literal["live", "drill", "test"]
Disposition = Literal["real", "assistance", "accidental", "malicious", "technical", "drill", "test"]
Prompt = Literal[
    "called",
    "received",
    "answered",
    "on_the_way",
    "arrived",
    "closed",
    "drill",
    "test",
    "out_of_service",
    "please_rate",
    "rating_thanks",
]

SelfTestPart = Literal["sound"]

Window = Annotated[str, Field(min_length=1, max_length=80, description="window, as the counter names it")]
Service = Annotated[
    str, Field(min_length=1, max_length=80, description="case or ticket session, as the counter names it")
]
Clerk = Annotated[
    str, Field(max_length=80, description="clerk, as the counter names him; never checked against a roster")
]
RatingLevel = Annotated[int, Field(ge=1, le=5, description="5 very satisfied … 1 very dissatisfied")]
Source = Literal["screen", "keypad", "qr"]


class Body(BaseModel):
    """The data of an event, or the body of a command: nothing unknown passes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OfIncident(Body):
    """Belongs to one incident."""

    incident: IncidentId


class ByOperator(OfIncident):
    """An operator's step."""

    operator: Name


def checked(model: type[Body], data: Mapping[str, Any], what: str) -> Body:
    """Return the data as their model. Raises ValueError with a sentence that begins with `what`."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "its body"
        raise ValueError(f"{what}: {where}: {first['msg']}") from problem
