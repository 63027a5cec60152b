"""What every part has in common: frozen settings that refuse unknown keys, and one error for a part set wrongly."""

from pydantic import BaseModel, ConfigDict


class PartError(Exception):
    """A part that cannot be opened as it is set; its text is one sentence an installer can act on."""


class PartSettings(BaseModel):
    """Base class of every driver's settings table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def pins(self) -> tuple[int, ...]:
        """Tell the pins this part is wired to (BCM numbers), so that a pin used twice can be found."""
        return ()
