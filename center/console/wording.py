"""What events and actions are called on the timeline. Pure: the English key of a text, and the details beside it."""

from dataclasses import dataclass

from center.console.records import Action
from center.incidents import Incident, Stored

events = {
    "incident.raised": "The key was pressed",
    "incident.pressed_again": "The key was pressed again",
    "incident.level_raised": "Raised to panic, live",
    "incident.escalated": "Nobody answered; escalated",
    "incident.received": "The centre has stored it; the post says so",
    "incident.acknowledged": "Acknowledged",
    "incident.call_started": "Call connected",
    "incident.call_ended": "Call ended",
    "incident.siren_silenced": "Siren silenced",
    "incident.team_dispatched": "Team on its way",
    "incident.team_arrived": "Team has arrived",
    "incident.closed": "Incident closed",
    "media.clip_saved": "Recording saved at the post",
    "media.view_opened": "Began to watch",
    "media.view_closed": "Stopped watching",
}
actions = {
    "incident.acknowledge": "Acknowledge",
    "incident.silence": "Silence siren",
    "incident.dispatch": "Send a team",
    "incident.arrive": "Team has arrived",
    "incident.close": "Close incident",
    "call.offer": "Call the post",
    "call.answer": "Answer the post's call",
    "call.end": "Hang up",
    "call.ice": "Network relays sent",
    "ptz.move": "Move the camera",
    "ptz.preset": "Camera to preset",
    "ptz.tour": "Camera tour",
    "announcement.play": "Play announcement",
    "clip.request": "Request recording",
    "note": "Note",
}
levels = {"panic": "Panic", "assist": "Assistance", "silent": "Silent alarm"}
modes = {"live": "Live", "drill": "Drill", "test": "Test"}
dispositions = {
    "real": "Real emergency",
    "assistance": "Assistance given",
    "accidental": "Pressed by accident",
    "malicious": "Malicious press",
    "technical": "Technical fault",
    "drill": "Drill",
    "test": "Test",
}
states = {
    "called": "Waiting for an answer",
    "answered": "Answered",
    "on_the_way": "Team on its way",
    "arrived": "Team has arrived",
    "closed": "Closed",
}
prompts = {
    "received": "The centre has received it",
    "answered": "An operator is with you",
    "on_the_way": "Help is on its way",
    "arrived": "Help has arrived",
    "closed": "The incident is closed",
    "drill": "This is a drill",
    "test": "This is a test",
}
presets = {"gate": "Gate", "street": "Street", "home": "Home position"}
statuses = {"sent": "sent", "done": "done", "accepted": "accepted", "refused": "refused", "unanswered": "no answer"}
steps = {"next_path": "next path", "second_centre": "second centre", "escalation_list": "escalation list"}


# What of an action's body is told, and in which words.
said_of: dict[str, dict[str, str]] = {
    "preset": presets, "prompt": prompts, "team": {}, "disposition": dispositions, "note": {},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detail:
    """A detail: `word` is the English key of a text, `raw` is shown as it is."""

    word: str = ""
    raw: str = ""


def known(table: dict[str, str], key: str) -> Detail:
    """Return the word for a key; an unknown key is shown as it came."""
    return Detail(word=table[key]) if key in table else Detail(raw=key)


def of_event(event: Stored) -> tuple[Detail, list[Detail]]:
    """Return the title of an event and its details."""
    return known(events, event.kind), [detail for detail in _details(event) if detail.word or detail.raw]


def _details(event: Stored) -> list[Detail]:
    who = Detail(raw=event.text("operator") or event.text("by"))
    match event.kind:
        case "incident.raised":
            return [known(levels, event.text("level")), known(modes, event.text("mode"))]
        case "incident.pressed_again" | "incident.level_raised":
            return [Detail(raw=f"× {event.number('presses') or '?'}")]
        case "incident.escalated":
            return [known(steps, event.text("step"))]
        case "incident.team_dispatched":
            eta = event.number("eta_minutes")
            return [who, Detail(raw=event.text("team")), Detail(raw=f"{eta} min" if eta is not None else "")]
        case "incident.closed":
            return [known(dispositions, event.text("disposition")), who, Detail(raw=event.text("note"))]
        case "media.clip_saved":
            return (
                [Detail(raw=f"{round(seconds)} s")]
                if isinstance(seconds := event.data.get("seconds"), int | float)
                else []
            )
        case _:
            return [who, Detail(raw=event.text("reason"))]


def of_action(action: Action) -> tuple[Detail, list[Detail]]:
    """Return the title of an action and its details; a refusal carries its reason."""
    said = [] if action.status in ("done", "accepted") else [known(statuses, action.status)]
    chosen = [known(words, str(action.body[key])) for key, words in said_of.items() if action.body.get(key)]
    return known(actions, action.name), [Detail(raw=action.operator), *chosen, *said, Detail(raw=action.reason or "")]


def suggested_disposition(incident: Incident) -> str:
    """Return what an incident most probably was; the operator decides."""
    if incident.mode in ("drill", "test"):
        return incident.mode
    return "assistance" if incident.level == "assist" else "real"
