"""The bodies of actions on simulated parts: checked values, and sentences for whoever sent a wrong one."""

from collections.abc import Mapping


def unknown(part: str, action: str, known: tuple[str, ...]) -> ValueError:
    """Make the error for an action that the simulated part does not have."""
    return ValueError(f"a simulated {part} cannot {action!r}; it can: {', '.join(known)}")


def number(body: Mapping[str, object], key: str, default: float, *, low: float, high: float) -> float:
    """Take a number between `low` and `high` from the body; ValueError for anything else."""
    match body.get(key, default):
        case bool():
            pass
        case int() | float() as value if low <= value <= high:
            return float(value)
    raise ValueError(f"{key} must be a number from {low:g} to {high:g}")


def flag(body: Mapping[str, object], key: str) -> bool:
    """Take true or false from the body, false when it is not there; ValueError for anything else."""
    match body.get(key, False):
        case bool() as value:
            return value
    raise ValueError(f"{key} must be true or false")
