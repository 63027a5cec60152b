"""Draws docs/incident.md from the machine itself: `python -m edge.panic.diagram`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from edge.panic.incident import (
    Acknowledged,
    Arrived,
    Begun,
    CallOver,
    CallRenewed,
    Closed,
    Dispatched,
    Effect,
    Incident,
    Input,
    Level,
    Mode,
    Policy,
    Pressed,
    Received,
    Record,
    Refuse,
    Say,
    Silenced,
    State,
    Timer,
    TimerFired,
    idle,
    signals,
    step,
)

page = Path(__file__).parents[2] / "docs" / "incident.md"
policy = Policy()
name = "X"

inputs: Mapping[str, Input] = {
    "panic press": Pressed(name),
    "received by a centre": Received(name, 0),
    "acknowledged": Acknowledged(name, "operator"),
    "call connected": CallRenewed(name, "operator", speaking=False),
    "operator speaks": CallRenewed(name, "operator", speaking=True),
    "call over": CallOver(name, "the operator hung up"),
    "siren silenced": Silenced(name, "operator"),
    "team dispatched": Dispatched(name, "operator"),
    "team arrived": Arrived(name, "operator"),
    **{f"timer {timer.value}": TimerFired(timer) for timer in Timer},
    "closed": Closed(name, "operator", "real"),
}
beginnings: Mapping[str, Input] = {
    "panic": Pressed(name),
    "assist": Pressed(name, Level.ASSIST, "assist"),
    "silent": Pressed(name, Level.SILENT),
    "drill": Begun(name, Level.PANIC, Mode.DRILL, "technician"),
    "test": Begun(name, Level.PANIC, Mode.TEST, "technician"),
}

introduction = """\
# The incident, from the press to the end

Drawn by `python -m edge.panic.diagram` from `edge/panic/incident.py`; a test fails when this page is stale. Do not edit it.

A press at the gate begins an incident. Light and siren come first and wait for nothing; then the fact is written down
and sent; then camera, clip and call follow. From then on the post is latched: a further press is counted, help may come
in any order, and only *closed*, said by the centre or by the key switch, ends it. After a restart the post goes on with the
same incident and shows the same.
"""
of_lamps = """\
The siren gives way (*ducked*) while the operator speaks, ends when it is silenced or after its limit, and the light stays
until closed. *Watched* is on while a call is up. A silent incident shows and says nothing at all.
"""
of_inputs = """\
For each state as it is first reached after a panic press, and for *answered* with a call as well: what an input does. Inputs
that change nothing, record nothing and are not refused are left out. While no incident is open, everything but a press, a
drill and a test is refused with a reason.
"""
of_turning = """\
A panic press in an incident of lower level, in a drill or in a test turns it at once into panic, live.
"""


def explore() -> dict[Incident, dict[str, tuple[Incident, list[Effect]]]]:
    """Return every state that a panic press leads to, breadth first, and what each input does there."""
    found: dict[Incident, dict[str, tuple[Incident, list[Effect]]]] = {}
    waiting = [idle]
    while waiting:
        incident = waiting.pop(0)
        if incident in found:
            continue
        outcomes = {label: step(incident, given, policy) for label, given in inputs.items()}
        found[incident] = {label: (_counted_once(after), effects) for label, (after, effects) in outcomes.items()}
        waiting += [after for after, _ in found[incident].values()]
    return found


def _counted_once(incident: Incident) -> Incident:
    """Leave the number of presses out of it, which never ends."""
    return replace(incident, presses=min(incident.presses, 1))


def document() -> str:
    """Return the whole page."""
    found = explore()
    parts = [
        introduction,
        "## How far help has come\n",
        *_diagram(found),
        "## What the post shows\n",
        of_lamps,
        *_shown(),
        "## What an input does\n",
        of_inputs,
        *_steps(found),
        "## What a panic press turns into a real alarm\n",
        of_turning,
        *_turned(),
        "## What is waited for\n",
        *_timers(),
    ]
    return "\n".join(parts)


def _diagram(found: Mapping[Incident, Mapping[str, tuple[Incident, list[Effect]]]]) -> Iterator[str]:
    # One line for each way between two states, with all the inputs that lead along it.
    labels: dict[tuple[State, State], list[str]] = {}
    for incident, outcomes in found.items():
        for label, (after, _) in outcomes.items():
            way = labels.setdefault((incident.state, after.state), [])
            if incident.state is not after.state and label not in way:
                way.append(label)
    yield "```mermaid\nstateDiagram-v2\n    [*] --> idle"
    for (before, later), ways in labels.items():
        if ways:
            yield f"    {before.value} --> {later.value}: {', '.join(ways)}"
    yield "```\n"


def _shown() -> Iterator[str]:
    yield from _row("incident", "light", "siren", "lamp called", "lamp answered")
    yield _rule(5)
    for kind, begin in beginnings.items():
        incident, _ = step(idle, begin, policy)
        for state in (State.CALLED, State.RECEIVED, State.ANSWERED):
            now = signals(replace(incident, state=state))
            later = " and later" if state is State.ANSWERED else ""
            yield from _row(f"{kind}, {state.value}{later}", _on(now.light), _on(now.siren), now.called, now.answered)
    yield ""


def _steps(found: Mapping[Incident, Mapping[str, tuple[Incident, list[Effect]]]]) -> Iterator[str]:
    yield from _row("state", "input", "next state", "the post then shows", "recorded", "said")
    yield _rule(6)
    told: set[str] = set()
    for incident, outcomes in found.items():
        where = _where(incident)
        if where in told:
            continue
        told.add(where)
        for label, (after, effects) in outcomes.items():
            if effects and (incident.open or not isinstance(effects[0], Refuse)):
                yield from _row(where, label, _where(after), _signals(after), *_facts(effects))
    yield ""


def _where(incident: Incident) -> str:
    in_call = ", in call" if incident.caller and incident.state is State.ANSWERED else ""
    return incident.state.value + in_call


def _facts(effects: list[Effect]) -> tuple[str, str]:
    refused = [f"refused: {effect.reason}" for effect in effects if isinstance(effect, Refuse)]
    records = [f"`{effect.kind}`" for effect in effects if isinstance(effect, Record)]
    said = [effect.prompt for effect in effects if isinstance(effect, Say)]
    return ", ".join([*records, *refused]), ", ".join(said)


def _signals(incident: Incident) -> str:
    now = signals(incident)
    shown = [part for part in ("light", "siren") if getattr(now, part)]
    shown += ["siren ducked"] if now.ducked else []
    lamps = ("called", "answered", "watched")
    shown += [f"{lamp} {getattr(now, lamp)}" for lamp in lamps if getattr(now, lamp) != "off"]
    return ", ".join(shown) or "nothing"


def _turned() -> Iterator[str]:
    yield from _row("before", "after", "the post then shows", "recorded", "said")
    yield _rule(5)
    for kind, begin in beginnings.items():
        incident, _ = step(idle, begin, policy)
        after, effects = step(incident, Pressed(name), policy)
        level = f"{after.level.name.lower()}, {after.mode.value}"
        yield from _row(kind, level, _signals(after), *_facts(effects))
    yield ""


def _timers() -> Iterator[str]:
    yield from _row("timer", "default", "what happens then")
    yield _rule(3)
    for timer in Timer:
        begun, _ = step(idle, Pressed(name), policy)
        if timer is Timer.CALL_LEASE:
            begun, _ = step(begun, CallRenewed(name, "operator", speaking=False), policy)
        after, effects = step(begun, TimerFired(timer), policy)
        yield from _row(timer.value, f"{policy.seconds(timer):g} s", f"{_facts(effects)[0]}; shown: {_signals(after)}")
    yield ""


def _on(shown: bool) -> str:
    return "on" if shown else "off"


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|" + " --- |" * columns


def main() -> None:
    """Write the page."""
    page.write_text(document().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
