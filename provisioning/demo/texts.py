"""What people read on the demo page, in English; the Chinese stands in the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.words import Words

kinds: Mapping[str, str] = {
    "incident.raised": "Alarm raised",
    "incident.pressed_again": "Pressed again",
    "incident.level_raised": "Raised to a live alarm",
    "incident.escalated": "Escalated",
    "incident.received": "Received by the centre",
    "incident.acknowledged": "Answered by an operator",
    "incident.call_started": "Call connected",
    "incident.call_ended": "Call ended",
    "incident.siren_silenced": "Siren silenced",
    "incident.team_dispatched": "Team on its way",
    "incident.team_arrived": "Team arrived",
    "incident.closed": "Incident closed",
    "device.started": "Program started",
    "device.fault_raised": "Fault found",
    "device.fault_cleared": "Fault gone",
    "device.power_changed": "Power changed",
    "device.tampered": "Enclosure opened",
    "device.part_proved": "Part proved to work",
    "command.executed": "Command carried out",
    "path.changed": "Way to the centre changed",
    "media.clip_saved": "Clip saved",
    "media.view_opened": "Somebody watches",
    "media.view_closed": "Somebody stopped watching",
    "clock.synchronised": "Clock set",
    "outbox.gap": "Events given up",
    "rating.asked": "Asked for a rating",
    "rating.given": "Rated",
    "rating.unanswered": "Not rated",
    "rating.excluded": "Press not counted",
    "rating.blank": "Nobody could rate",
}
terms: Mapping[str, str] = {
    "panic": "panic", "assist": "assistance", "silent": "silent", "live": "live", "drill": "drill", "test": "test",
    "real": "real", "assistance": "assistance", "accidental": "accidental", "malicious": "malicious",
    "technical": "technical", "next_path": "next path", "second_centre": "second centre",
    "escalation_list": "escalation list",
}  # fmt: skip
part_names: Mapping[str, str] = {
    "button": "Alarm key", "assist": "Assistance key", "key_switch": "Key switch", "tamper": "Enclosure",
    "light": "Light", "siren": "Siren", "lamp": "Lamps", "lamp_called": "Called", "lamp_answered": "Answered",
    "lamp_ready": "Ready", "lamp_watched": "Watched", "mains": "Mains", "battery": "Battery", "camera": "Camera",
    "ptz": "Camera head", "microphone": "Microphone", "speaker": "Loudspeaker", "network": "Network cable",
    "disk": "Memory card", "clock": "Clock", "media": "Sound and picture", "keypad": "Rating keypad",
}  # fmt: skip
others = (
    "At the centre", "Waiting at the post", "not answering", "Nothing has happened yet", "The page has lost the demo",
    "The post is silent", "Turn sound on", "Turn sound off", "no picture", "pan", "tilt", "zoom", "since the press",
    "Press and hold, or click", "ducked", "cannot be done", "The service is open", "The service is cancelled",
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One thing a visitor can do to a part."""

    action: str
    label: str
    body: str = "{}"


@dataclass(frozen=True)
class Row:
    """One part in the list of what can be broken; `mend` undoes whatever was done."""

    part: str
    acts: tuple[Act, ...]
    mend: str = "Mend"


@dataclass(frozen=True)
class Section:
    """Parts that belong together."""

    title: str
    rows: tuple[Row, ...]


sections = (
    Section(
        "Connection and machine",
        (
            Row("network", (Act("down", "Pull the plug"),), mend="Put it back"),
            Row("disk", (Act("fill", "Full"), Act("die", "Dead"))),
            Row("clock", (Act("set", "Wrong by years"),), mend="Set right"),
            Row("mains", (Act("off", "Power cut"),), mend="Power back"),
            Row("battery", (Act("low", "Run low"),), mend="Charge"),
        ),
    ),
    Section(
        "Eyes and ears",
        (
            Row("camera", (Act("unplug", "Unplug"), Act("freeze", "Freeze"), Act("blind", "Cover"))),
            Row("ptz", (Act("jam", "Jam"),)),
            Row("microphone", (Act("mute", "Mute"), Act("say", "Whistle at it", '{"tone_hz": 880}'))),
            Row("speaker", (Act("break", "Break"),)),
        ),
    ),
    Section(
        "Keys and signals",
        (
            Row("button", (Act("stick", "Jam the key"), Act("cut", "Cut the cable"))),
            Row("tamper", (Act("open", "Open the door"),), mend="Shut it"),
            Row("light", (Act("break", "Break"),)),
            Row("siren", (Act("break", "Break"),)),
            Row("lamp", (Act("break", "Break"),)),
        ),
    ),
)


keypad = Section("Rating window", (Row("keypad", (Act("unplug", "Unplug"),)),))
levels: Mapping[int, str] = {
    5: "very satisfied", 4: "satisfied", 3: "fairly satisfied", 2: "dissatisfied", 1: "very dissatisfied",
}  # fmt: skip


def sections_of(*, has_window: bool) -> tuple[Section, ...]:
    """Return what can be broken at a post."""
    return (*sections, keypad) if has_window else sections


def for_script(words: Words) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return every text that the script shows: group, key, (Chinese, English)."""

    def pair(text: str) -> tuple[str, str]:
        return words.zh(text), words.en(text)

    return {
        "kinds": {kind: pair(text) for kind, text in kinds.items()},
        "terms": {term: pair(text) for term, text in terms.items()},
        "parts": {part: pair(text) for part, text in part_names.items()},
        "says": {text: pair(text) for text in others},
    }
