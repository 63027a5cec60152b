"""How two lines of one key, normally open (NO) and normally closed (NC), are read as one contact; pure.

Of the four combinations two belong to a healthy key. The other two are faults of the cable, but a healthy key passes
through them on its way, because its two contacts never change in the same instant. So a fault is believed only after it
has stayed for the settle time. What a person does is never held back by it: a press is told by the edge that completes
it, and a release by the edge that opens NO, whatever NC does meanwhile.
"""

from dataclasses import dataclass, replace

from drivers.contact.kind import Reading, Sensed


@dataclass(frozen=True)
class Pair:
    """What has been told of the key, and the fault that waits to be believed since `since_ns`."""

    reading: Reading
    fault: Reading | None = None
    since_ns: int = 0


Step = tuple[Pair, Sensed | None]


def meaning(*, no_closed: bool, nc_closed: bool) -> Reading:
    """Name what the two lines say together."""
    match no_closed, nc_closed:
        case False, True:
            return Reading.OPEN
        case True, False:
            return Reading.CLOSED
        case False, False:
            return Reading.CUT
        case _:
            return Reading.SHORTED


def moved(now: Pair, seen: Reading, at_ns: int) -> Step:
    """Take in what the lines say since `at_ns`; give the next state and what is to be told."""
    match seen:
        case Reading.OPEN | Reading.CLOSED:
            return _told(now, seen, at_ns)
        case Reading.CUT if now.reading is Reading.CLOSED:
            # NO has opened: the key is up, and only whether the cable is whole is still open.
            return Pair(Reading.OPEN, Reading.CUT, at_ns), Sensed(Reading.OPEN, at_ns)
        case fault if fault is now.reading:
            return replace(now, fault=None), None
        case fault if now.fault is not None:
            # Still no healthy reading: a line that flaps between two faults must not start the wait anew each time.
            return replace(now, fault=fault), None
        case fault:
            return replace(now, fault=fault, since_ns=at_ns), None


def settled(now: Pair, at_ns: int, settle_ns: int) -> Step:
    """Believe the waiting fault once it has stayed for the settle time; it is dated from its beginning."""
    if now.fault is None or at_ns - now.since_ns < settle_ns:
        return now, None
    return _told(now, now.fault, now.since_ns)


def _told(now: Pair, reading: Reading, at_ns: int) -> Step:
    return Pair(reading), None if reading is now.reading else Sensed(reading, at_ns)
