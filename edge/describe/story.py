"""What the examples tell: a press at the east gate of a school by the river, answered and closed."""

from collections.abc import Mapping
from typing import Any

incident = "01KAEXAMP1NC1DENT000000001"
epochs: Mapping[str, str] = {
    "panic": "01KAEXAMP0EP0CHPAN1C000001",
    "media": "01KAEXAMP0EP0CHMED1A000001",
    "forwarder": "01KAEXAMP0EP0CHF0RWARD0001",
    "rating_terminal": "01KAEXAMP0EP0CHRAT1NG00001",
}
command_epoch = "01KAEXAMP0C0MMAND00000"
clip_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
offer_id = "01KAEXAMP00FFER00000000001"
sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

_by = {"incident": incident, "operator": "li.na"}
_served = {"window": "3", "service": "A017", "clerk": "c-102"}
# One pixel: what a real photo would be is not the point here.
_picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

# Every kind of event: the program that records it, and its data, in the order of the contract.
DATA: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "incident.raised": ("panic", {"incident": incident, "level": "panic", "mode": "live", "trigger": "button"}),
    "incident.pressed_again": ("panic", {"incident": incident, "presses": 2, "trigger": "button"}),
    "incident.level_raised": (
        "panic",
        {
            "incident": incident,
            "level": "panic",
            "mode": "live",
            "was_level": "assist",
            "was_mode": "live",
            "presses": 2,
        },
    ),
    "incident.escalated": ("panic", {"incident": incident, "step": "next_path", "after_seconds": 5.0}),
    "device.tampered": ("panic", {"part": "enclosure", "reason": "the enclosure was opened"}),
    "incident.received": ("panic", {"incident": incident, "centre": 0}),
    "incident.acknowledged": ("panic", _by),
    "incident.call_started": ("panic", _by),
    "incident.call_ended": ("panic", {**_by, "reason": "the operator hung up"}),
    "incident.siren_silenced": ("panic", {"incident": incident, "by": "li.na"}),
    "incident.team_dispatched": ("panic", {**_by, "team": "patrol 3", "eta_minutes": 4}),
    "incident.team_arrived": ("panic", {**_by, "how": "operator"}),
    "incident.closed": (
        "panic",
        {
            "incident": incident,
            "disposition": "assistance",
            "by": "li.na",
            "note": "a child was missing and has been found",
            "presses": 2,
        },
    ),
    "device.started": ("panic", {"program": "panic", "version": "0.1.0", "epochs_before": []}),
    "device.fault_raised": ("panic", {"part": "button", "reason": "the cable to the key is cut"}),
    "device.fault_cleared": ("panic", {"part": "button", "reason": "the cable to the key is cut"}),
    "device.power_changed": ("panic", {"mains": False, "battery": "ok"}),
    "command.executed": (
        "forwarder",
        {
            "command": "incident.acknowledge",
            "id": f"{command_epoch}0000",
            "operator": "li.na",
            "status": "done",
            "reason": None,
        },
    ),
    "path.changed": (
        "forwarder",
        {"path": "main 192.0.2.10:8883", "reason": "the connection to main 192.0.2.9:8883 was lost"},
    ),
    "media.clip_saved": (
        "media",
        {
            "incident": incident,
            "clip": f"{incident}.mp4",
            "seconds": 94.6,
            "before_seconds": 30.0,
            "bytes": 47_185_920,
            "sha256": clip_sha256,
        },
    ),
    "media.view_opened": ("media", _by),
    "media.view_closed": ("media", {**_by, "seconds": 61.5}),
    "clock.synchronised": (
        "forwarder",
        {
            "boot": "5f6c2a1e-3b7d-4c8a-9e10-2d4b6f8a0c31",
            "mono": "86422000000000",
            "wall": "2026-11-20T08:41:29.250000Z",
        },
    ),
    "outbox.gap": (
        "media",
        {
            "outbox": "media",
            "epoch": epochs["media"],
            "first": 17,
            "last": 40,
            "reason": "the disk failed and memory was full",
        },
    ),
    "rating.asked": ("rating_terminal", {**_served, "subject": "5b1f0d6c9a4e7283b1c0d9e8f7a6b5c4"}),
    "rating.given": (
        "rating_terminal",
        {**_served, "level": 2, "reasons": ["waited_long"], "source": "screen", "seconds": 4.2},
    ),
    "rating.unanswered": ("rating_terminal", {**_served, "service": "A018", "seconds": 30.0}),
    "rating.excluded": (
        "rating_terminal",
        {
            "window": "3",
            "service": "A017",
            "clerk": "c-102",
            "level": 5,
            "source": "keypad",
            "cause": "duplicate",
            "evidence": "pressed 1.4 s after the rating of this service",
        },
    ),
    "rating.blank": ("rating_terminal", {"window": "3", "seconds": 312.5, "reason": "the screen was not there"}),
    "device.part_proved": ("panic", {"part": "siren"}),
}

# Every command: the body, without the incident that most of them name.
BODIES: Mapping[str, Mapping[str, Any]] = {
    "incident.acknowledge": {},
    "incident.silence": {},
    "incident.dispatch": {"team": "patrol 3", "eta_minutes": 4},
    "incident.arrive": {},
    "incident.close": {"disposition": "assistance", "note": "a child was missing and has been found"},
    "call.offer": {"sdp": sdp, "speak": False},
    "call.answer": {"offer": offer_id, "sdp": sdp, "speak": False},
    "call.ice": {
        "servers": [{"urls": "turn:turn.example.net:3478", "username": "1763631667:li.na", "credential": "c2VjcmV0"}]
    },
    "call.end": {},
    "ptz.move": {"pan": 0.5, "tilt": 0, "zoom": 0},
    "ptz.stop": {},
    "ptz.preset": {"preset": "gate"},
    "ptz.tour": {"on": True},
    "announcement.play": {"prompt": "on_the_way"},
    "clip.request": {
        "upload": {"url": "https://centre.example.net/clips/1", "token": "one-time-token-of-32-characters"}
    },
    "self_test.run": {"part": "sound"},
    "rating.submit": {"code": "eyJ3aW5kb3ciOiIzIn0.c2lnbmF0dXJl", "level": 4, "reasons": []},
    "roster.set": {"entries": [{"clerk": "c-102", "number": "102", "name": "王芳", "photo": _picture}]},
    "notice.publish": {
        "notice": "spring-hours",
        "title_zh": "春节办公时间",
        "title_en": "Opening hours at Spring Festival",
        "text_zh": "2 月 16 日至 22 日休息。",
        "text_en": "Closed from 16 to 22 February.",
        "picture": _picture,
        "until": "2027-02-23T00:00:00Z",
    },
    "notice.withdraw": {"notice": "spring-hours"},
    "state.refresh": {},
    "device.restart": {},
}

_proved = {"state": "proved", "proved_seconds_ago": 0.4, "limit_seconds": 10.0, "reason": None}
_readiness = {
    "ready": True,
    "parts": {
        "button": _proved,
        "light": _proved,
        "siren": _proved,
        "disk": {**_proved, "proved_seconds_ago": 212.0, "limit_seconds": 1800.0},
        "link": {**_proved, "limit_seconds": 90.0},
    },
}
_session = "01KAEXAMP0SESS10N000000001"
_incident = {
    "incident": incident,
    "state": "answered",
    "level": "panic",
    "mode": "live",
    "presses": 2,
    "raised": "2026-11-20T08:41:07.250000Z",
    "siren": "sounding",
    "call": "li.na",
}

# Everything that is neither event nor command.
MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "ack": {"outbox": "panic-alarm", "epoch": epochs["panic"], "upto": 2},
    "state.birth": {
        "online": True,
        "session": _session,
        "programs": ["panic", "media", "forwarder"],
        "roles": ["panic"],
        "versions": {"callpost": "0.1.0", "panic": "0.1.0", "media": "0.1.0", "forwarder": "0.1.0"},
        "faults": [{"part": "microphone", "reason": "the sound card is not there"}],
        "readiness": _readiness,
        "incident": _incident,
        "outboxes": [
            {"outbox": "panic", "epoch": epochs["panic"], "first": 12, "last": 14},
            {"outbox": "panic-alarm", "epoch": epochs["panic"], "first": 3, "last": 2},
        ],
    },
    "state.last_will": {"online": False, "session": _session},
    "heartbeat": {
        "session": _session,
        "counter": 7,
        "readiness": _readiness,
        "incident": None,
        "queues": {"panic": 0, "panic-alarm": 0, "media": 2},
    },
    "reply": {"id": f"{command_epoch}0005", "status": "done", "reason": None, "body": {"sdp": sdp}},
    "call_offer": {"id": offer_id, "incident": incident, "sdp": sdp},
}
