"""One figure beside its peer, how it is printed, and how it is kept."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

results = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; `ratio` is ours over the peer's. `aim` is the product's promise, `stretch` the hope."""

    name: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float | None
    unit: str
    n: int
    aim: float
    stretch: float
    holds: bool


def figures(
    name: str,
    ours: Sequence[float],
    *,
    peer: Sequence[float] = (),
    peer_name: str = "",
    unit: str = "ms",
    aim: float,
    stretch: float,
) -> list[Figure]:
    """Return median and p99 of a series, smaller being better."""
    return [
        _figure(
            name=f"{name}, {what}",
            ours=pick(ours),
            peer=pick(peer) if peer else None,
            peer_name=peer_name,
            unit=unit,
            n=len(ours),
            aim=aim,
            stretch=stretch,
        )
        for what, pick in (("median", statistics.median), ("p99", p99))
    ]


def _figure(
    *, name: str, ours: float, peer: float | None, peer_name: str, unit: str, n: int, aim: float, stretch: float
) -> Figure:
    ratio = round(ours / peer, 2) if peer else None
    return Figure(
        name,
        round(ours, 2),
        None if peer is None else round(peer, 2),
        peer_name,
        ratio,
        unit,
        n,
        aim,
        stretch,
        ours <= aim,
    )


def p99(series: Sequence[float]) -> float:
    """Return the value that 99 of 100 stay below (nearest rank)."""
    return sorted(series)[max(0, math.ceil(0.99 * len(series)) - 1)]


def publish(name: str, found: Sequence[Figure]) -> None:
    """Print the figures and keep a JSON copy."""
    results.mkdir(exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps([asdict(figure) for figure in found], indent=2) + "\n")
    for figure in found:
        peer = "" if figure.peer is None else f"   {figure.peer_name}: {figure.peer} {figure.unit} (x{figure.ratio})"
        holds = "holds" if figure.holds else "MISSED"
        print(f"{figure.name}: {figure.ours} {figure.unit}, n={figure.n}, aim {figure.aim}: {holds}{peer}", flush=True)
