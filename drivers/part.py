"""What every part has in common: frozen settings that refuse unknown keys, and one error for a part set wrongly."""

from pydantic import BaseModel, ConfigDict


class PartError(Exception):
    """Settings that contradict themselves; the text is one sentence an installer can act on.

    What only the hardware can tell (no such chip, a line that is taken) is an OSError: it may be well later.
    """


class PartSettings(BaseModel):
    """Base class of every driver's settings table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def pins(self) -> tuple[int | str, ...]:
        """Tell the pins this part is wired to (BCM numbers or line names), so that a pin used twice can be found."""
        return ()
