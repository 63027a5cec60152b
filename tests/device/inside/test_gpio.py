"""Every wire of the post as a line of a real GPIO chip, found by the chip's label and the line's name."""

import random
import statistics
import time
from collections.abc import Callable

from drivers.debounce import press_ns
from support.guest_post import GuestPost, shell
from support.patience import until
from support.wires import Wires, push, real_time

presses = 200
glitches = 1000
a_press_seconds = press_ns / 1e9
# How often one drawn-out bounce may count: it has few edges.
most_in_a_bounce = 4


def test_the_kernel_names_panic_as_the_user_of_each_line(post: GuestPost) -> None:
    """Looked at from the kernel's side: chip by label, line by name, direction as wired."""
    lines = {
        line.split()[2].strip('"'): line for line in shell("gpioinfo").splitlines() if '"' in line and "line" in line
    }
    for name in ("KEY_NO", "KEY_NC", "ASSIST", "KEY_SWITCH", "TAMPER", "MAINS", "BATTERY"):
        assert "input" in lines[name], lines[name]
        assert "[used" in lines[name], lines[name]
    for name in ("LIGHT", "SIREN", "LAMP_CALLED", "LAMP_ANSWERED", "LAMP_READY", "LAMP_WATCHED"):
        assert "output" in lines[name], lines[name]
        assert "[used" in lines[name], lines[name]
    assert "unused" in lines["SPARE"]


def test_a_press_lights_and_sounds_and_the_key_switch_ends_it(post: GuestPost, wires: Wires) -> None:
    """Light, siren and lamp *called* at once; all dark after the key switch."""
    assert not wires.light()
    assert not wires.siren()
    post.press()
    assert wires.light()
    assert wires.siren()
    until(lambda: wires.high("LAMP_CALLED"), "lamp called is lit")
    push(wires, "KEY_SWITCH")
    until(lambda: post.incident() is None, "the incident is closed")
    assert not wires.light()
    assert not wires.siren()
    assert not wires.high("LAMP_CALLED")


def test_an_operator_who_answers_lights_the_second_lamp(post: GuestPost, wires: Wires) -> None:
    """A centre that has stored the alarm makes *called* flash, an acknowledgement lights *answered*."""
    before = post.position()
    incident = post.press()
    alarms = until(lambda: [row for row in post.rows(before) if "incident.raised" in row.body], "the alarm is kept")
    row = alarms[0]
    with post.api("panic") as api:
        # Centre 1 is the second one: its word is shown, and nothing is deleted for it.
        told = {"outbox": row.outbox, "epoch": row.epoch, "upto": row.sequence, "centre": 1}
        api.post("/v1/acks", json=told).raise_for_status()
    wires.flashes("LAMP_CALLED")
    assert post.command("panic", "incident.acknowledge", incident=incident)["status"] == "done"
    until(lambda: wires.high("LAMP_ANSWERED"), "lamp answered is lit")
    assert wires.light()


def test_assist_shows_lamps_and_makes_no_noise(post: GuestPost, wires: Wires) -> None:
    """Its own key: no light, no siren."""
    push(wires, "ASSIST")
    until(lambda: (post.incident() or {}).get("level") == "assist", "an assist incident")
    until(lambda: wires.high("LAMP_CALLED"), "lamp called is lit")
    assert not wires.light()
    assert not wires.siren()


def test_a_key_that_stays_down_is_stuck_and_raises_one_incident(post: GuestPost, wires: Wires) -> None:
    """Told after 30 s, mended when it comes up."""
    before = post.position()
    wires.press()
    assert "stuck" in post.fault_told(before, "button")
    assert len(post.events(before, "incident.raised")) == 1
    wires.release()
    post.fault_mended(before, "button")


def test_a_cut_and_a_shorted_cable_are_told_and_mended(post: GuestPost, wires: Wires) -> None:
    """Both contacts open: cut. Both closed: shorted. Neither is a press."""
    for change, word in ((wires.open, "cut"), (wires.close, "short")):
        before = post.position()
        change("KEY_NO")
        change("KEY_NC")
        assert word in post.fault_told(before, "button")
        wires.at_rest()
        post.fault_mended(before, "button")
        assert post.incident() is None


def test_an_opened_enclosure_and_a_lost_supply_are_told(post: GuestPost, wires: Wires) -> None:
    """Tamper, mains and battery."""
    before = post.position()
    wires.open("TAMPER")
    until(lambda: post.events(before, "device.tampered"), "the tamper event", every=0.1)
    for line, field, bad in (("MAINS", "mains", False), ("BATTERY", "battery", "low")):
        wires.open(line)
        until(lambda: _last_power(post, before).get(field) == bad, f"{field} is {bad}", every=0.1)  # noqa: B023
        wires.close(line)
        until(lambda: _last_power(post, before).get(field) != bad, f"{field} is good again", every=0.1)  # noqa: B023


def _last_power(post: GuestPost, after: int) -> dict[str, object]:
    changes = post.events(after, "device.power_changed")
    return dict(changes[-1]["data"]) if changes else {}


def test_the_five_keys_of_the_rating_window_rate(post: GuestPost, wires: Wires) -> None:
    """One service, one rating, by the key that was pressed."""
    before = post.position("rating_terminal")
    for level in range(1, 6):
        post.open_service(f"S{level}")
        push(wires, f"RATE_{level}")
        until(lambda level=level: len(_ratings(post, before)) == level, f"rating {level}", every=0.1)  # type: ignore[misc]
    assert _ratings(post, before) == [1, 2, 3, 4, 5]


def _ratings(post: GuestPost, after: int) -> list[int]:
    return [event["data"]["level"] for event in post.events(after, "rating.given", "rating_terminal")]


def test_two_hundred_bouncing_presses_are_two_hundred(post: GuestPost, wires: Wires) -> None:
    """Each edge bounces for 1 to 15 ms, as worn contacts do; every press counts once.

    The guest's CPU is not always its own: where a bounce was drawn out to the length of a press, more may have been counted,
    and the press is made again.
    """
    dice = random.Random(4)
    with real_time():
        bounces = [_bouncing_press(wires, dice) for _ in range(presses)]
        while (spoilt := sum(longest >= a_press_seconds for longest in bounces)) > len(bounces) - presses:
            assert len(bounces) < 4 * presses, "this machine is too busy for the test to say anything"
            bounces.append(_bouncing_press(wires, dice))
    until(lambda: _counted(post) >= len(bounces), "every press is counted", every=0.2)
    time.sleep(1)  # one that is counted twice would be counted by now
    print(
        f"figure: {len(bounces)} bouncing presses, {spoilt} of them drawn out by the machine, {_counted(post)} counted"
    )
    assert len(bounces) <= _counted(post) <= len(bounces) + most_in_a_bounce * spoilt
    assert spoilt or _counted(post) == presses


def _bouncing_press(wires: Wires, dice: random.Random) -> float:
    longest = _bounce(wires, dice, wires.press, wires.release)
    time.sleep(0.06)  # how long a finger stays
    longest = max(longest, _bounce(wires, dice, wires.release, wires.press))
    time.sleep(0.06)  # and how soon it comes again
    return longest


def _bounce(wires: Wires, dice: random.Random, to: Callable[[], None], back: Callable[[], None]) -> float:
    """Bounce and come to rest; return how long it took at most by the kernel's time stamps, in seconds."""
    began = time.monotonic()
    ends = began + dice.uniform(0.001, 0.015)
    while time.monotonic() < ends:
        for move in (to, back):
            _stamped(wires, move)
            time.sleep(dice.uniform(0, 0.002))
    _stamped(wires, to)
    return time.monotonic() - began


def _stamped(wires: Wires, move: Callable[[], None]) -> None:
    """Move the key and wait for the kernel to take the edge: it does so at a tick, which a busy machine may hold up."""
    before = wires.edges("KEY_NO")
    move()
    until(lambda: wires.edges("KEY_NO") > before, "the kernel has taken the edge", every=0.0002)


def _counted(post: GuestPost) -> int:
    return int((post.incident() or {}).get("presses", 0))


def test_a_thousand_glitches_are_no_press(post: GuestPost, wires: Wires) -> None:
    """Under 30 ms is no finger. One that the machine drew out to 30 ms may count, and is made again."""
    dice = random.Random(5)
    before = post.position()
    with real_time():
        lasted = [_glitch(wires, dice) for _ in range(glitches)]
        while (drawn_out := sum(seconds >= a_press_seconds for seconds in lasted)) > len(lasted) - glitches:
            assert len(lasted) < 4 * glitches, "this machine is too busy for the test to say anything"
            lasted.append(_glitch(wires, dice))
    counted = len(post.events(before, "incident.raised")) + len(post.events(before, "incident.pressed_again"))
    print(f"figure: {len(lasted)} glitches, {drawn_out} of them drawn out by the machine, {counted} counted")
    assert counted <= drawn_out


def _glitch(wires: Wires, dice: random.Random) -> float:
    began = time.monotonic()
    _stamped(wires, wires.press)
    time.sleep(dice.uniform(0, 0.015))
    _stamped(wires, wires.release)
    lasted = time.monotonic() - began
    time.sleep(0.02)  # the key comes to rest between two glitches
    return lasted


def test_how_soon_the_siren_sounds(post: GuestPost, wires: Wires) -> None:
    """From the edge at the key to the edge at the siren's relay; 30 ms of it are the press itself. A figure, no limit."""
    took = []
    for _ in range(30):
        began = time.monotonic()
        wires.press()
        until(wires.siren, "the siren sounds", every=0.001)
        took.append((time.monotonic() - began) * 1000)
        wires.release()
        push(wires, "KEY_SWITCH")
        until(lambda: post.incident() is None, "the incident is closed")
    took.sort()
    print(
        f"figure: edge -> siren line: median {statistics.median(took):.0f} ms, p95 {took[28]:.0f} ms, longest {took[-1]:.0f} ms"
    )
    assert not wires.siren()
