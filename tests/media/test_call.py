"""The call machine: plain lists of inputs, and what must hold for any of them."""

from hypothesis import given
from hypothesis import strategies as st

from media.call import (
    FULL,
    INCIDENT_OVER,
    NO_INCIDENT,
    NO_OFFER,
    OTHER_INCIDENT,
    REPLACED,
    Admit,
    Answered,
    Asked,
    Calls,
    Connected,
    DropLease,
    Effect,
    End,
    HoldLease,
    HungUp,
    Incident,
    IncidentIs,
    Input,
    Level,
    Lost,
    MakeOffer,
    Mode,
    Offered,
    Refuse,
    Role,
    Stage,
    ViewClosed,
    ViewOpened,
    heard,
    step,
    talker,
)

PANIC = Incident("I1", Level.PANIC, Mode.LIVE)
SILENT = Incident("I1", Level.SILENT, Mode.LIVE)


def after(*inputs: Input, now: Calls | None = None) -> tuple[Calls, list[Effect]]:
    """Give all inputs; return the state and the effects of the last one."""
    state, effects = now or Calls(), list[Effect]()
    for one in inputs:
        state, effects = step(state, one)
    return state, effects


def test_an_incident_brings_the_posts_own_offer() -> None:
    """At once, and only once however often panic repeats itself."""
    state, effects = after(IncidentIs(PANIC))
    assert effects == [MakeOffer("I1")]
    assert after(IncidentIs(PANIC), now=state)[1] == []


def test_no_call_without_an_incident() -> None:
    """Nobody may listen at a post where nothing happens."""
    assert after(Asked("a", "I1", "li", speak=False))[1] == [Refuse("a", NO_INCIDENT)]


def test_a_call_for_another_incident_is_refused() -> None:
    """A page that was left open must not open the new incident."""
    assert after(IncidentIs(PANIC), Asked("a", "I0", "li", speak=False))[1] == [Refuse("a", OTHER_INCIDENT)]


def test_the_first_operator_talks_and_the_next_watch() -> None:
    """One voice at the post, up to four who see it."""
    state, effects = after(IncidentIs(PANIC), Asked("a", "I1", "li", speak=False))
    assert effects == [Admit("a", Role.TALK)]
    for call in "bcd":
        state, effects = after(Asked(call, "I1", call, speak=False), now=state)
        assert effects == [Admit(call, Role.VIEW)]
    assert after(Asked("e", "I1", "e", speak=False), now=state)[1] == [Refuse("e", FULL)]


def test_connecting_is_told_and_leased() -> None:
    """Whoever sees is recorded; whoever talks holds panic's lease."""
    begun = (IncidentIs(PANIC), Asked("a", "I1", "li", speak=False), Asked("b", "I1", "wu", speak=False))
    state, effects = after(*begun, Connected("a"))
    assert effects == [ViewOpened("a", "I1", "li"), HoldLease("a", "I1", "li")]
    assert after(Connected("b"), now=state)[1] == [ViewOpened("b", "I1", "wu")]
    assert after(Connected("a"), now=state)[1] == []


def test_losing_the_talker_gives_the_lease_back_first() -> None:
    """The siren may return before anything is tidied; then the post offers again."""
    state, _ = after(IncidentIs(PANIC), Asked("a", "I1", "li", speak=False), Connected("a"))
    state, effects = after(Lost("a", "gone"), now=state)
    assert effects == [DropLease("gone"), ViewClosed("a", "I1", "li"), End("a", "gone"), MakeOffer("I1")]
    assert state.lines == ()
    assert after(Asked("b", "I1", "wu", speak=False), now=state)[1] == [Admit("b", Role.TALK)]


def test_the_same_operator_again_replaces_their_call() -> None:
    """A reloaded page talks on at once instead of waiting for the old connection to die."""
    state, _ = after(IncidentIs(PANIC), Asked("a", "I1", "li", speak=False), Connected("a"))
    state, effects = after(Asked("b", "I1", "li", speak=False), now=state)
    assert effects == [DropLease(REPLACED), ViewClosed("a", "I1", "li"), End("a", REPLACED), Admit("b", Role.TALK)]
    assert [line.call for line in state.lines] == ["b"]


def test_the_posts_offer_is_answered_once() -> None:
    """The second operator is told that the offer is gone, and can make one."""
    state, _ = after(IncidentIs(PANIC), Offered("o"))
    state, effects = after(Answered("o", "I1", "li"), now=state)
    assert effects == [Admit("o", Role.TALK)]
    assert after(Answered("o", "I1", "wu"), now=state)[1] == [Refuse("o", NO_OFFER)]
    assert after(Answered("x", "I1", "wu"), now=state)[1] == [Refuse("x", NO_OFFER)]


def test_a_newer_own_offer_ends_the_older() -> None:
    """TURN servers came, the offer was made anew."""
    assert after(IncidentIs(PANIC), Offered("o"), Offered("p"))[1] == [End("o", "a newer offer takes its place")]


def test_closing_the_incident_ends_everything() -> None:
    """Connected calls and the open offer alike; no new offer follows."""
    begun = (IncidentIs(PANIC), Offered("o"), Asked("a", "I1", "li", speak=False), Connected("a"))
    state, effects = after(*begun, IncidentIs(None))
    closed = ViewClosed("a", "I1", "li")
    assert effects == [DropLease(INCIDENT_OVER), End("o", INCIDENT_OVER), closed, End("a", INCIDENT_OVER)]
    assert state == Calls()
    assert after(Offered("late"), now=state)[1] == [End("late", INCIDENT_OVER)]


def test_hanging_up_ends_only_ones_own_call() -> None:
    """The others go on watching; a foreign incident's word does nothing."""
    begun = (IncidentIs(PANIC), Asked("a", "I1", "li", speak=False), Asked("b", "I1", "wu", speak=False))
    state, _ = after(*begun, Connected("a"), Connected("b"))
    assert after(HungUp("I0", "wu"), now=state)[1] == []
    state, effects = after(HungUp("I1", "wu"), now=state)
    assert End("b", "the operator ended the call") in effects
    assert talker(state) is not None


def test_a_silent_incident_is_spoken_into_only_when_confirmed() -> None:
    """The operator listens; a voice from the post would give the caller away."""
    quiet, _ = after(IncidentIs(SILENT), Asked("a", "I1", "li", speak=False), Connected("a"))
    assert heard(quiet) is None
    loud, _ = after(Asked("b", "I1", "li", speak=True), Connected("b"), now=quiet)
    assert heard(loud) == "b"
    assert heard(after(IncidentIs(PANIC), now=quiet)[0]) == "a"


def test_nobody_is_heard_before_the_connection_stands() -> None:
    """And a watcher never is."""
    begun = (IncidentIs(PANIC), Asked("a", "I1", "li", speak=True))
    assert heard(after(*begun)[0]) is None
    assert heard(after(*begun, Connected("a"), Asked("b", "I1", "wu", speak=True), Connected("b"))[0]) == "a"
    assert heard(Calls()) is None


names = st.sampled_from("abcdef")
people = st.sampled_from(["li", "wu", "he", "xu", "ma", "yu"])
incidents = st.sampled_from(["I1", "I2"])
inputs = st.one_of(
    st.builds(IncidentIs, st.none() | st.builds(Incident, incidents, st.sampled_from(Level), st.sampled_from(Mode))),
    st.builds(Offered, names),
    st.builds(Asked, names, incidents, people, speak=st.booleans()),
    st.builds(Answered, names, incidents, people, st.booleans()),
    st.builds(Connected, names),
    st.builds(Lost, names, st.just("gone")),
    st.builds(HungUp, incidents, people),
)


def _fresh(given: list[Input]) -> list[Input]:
    """Give every new line a name of its own, as the shell does."""
    used: set[str] = set()
    kept = []
    for one in given:
        if isinstance(one, Asked | Offered):
            if one.call in used:
                continue
            used.add(one.call)
        kept.append(one)
    return kept


@given(st.lists(inputs, max_size=40).map(_fresh))
def test_what_always_holds(given: list[Input]) -> None:
    """One talker, never too many, no line without an incident, and views and leases that open and close in pairs."""
    state, leased, views = Calls(), False, set[str]()
    for one in given:
        state, effects = step(state, one)
        for effect in effects:
            match effect:
                case HoldLease():
                    assert not leased
                    leased = True
                case DropLease():
                    assert leased
                    leased = False
                case ViewOpened(call):
                    views.add(call)
                case ViewClosed(call):
                    views.remove(call)
        serving = [line for line in state.lines if line.stage is not Stage.OFFERED]
        assert sum(line.role is Role.TALK for line in serving) <= 1
        assert len(serving) <= state.most
        assert len({line.operator for line in serving}) == len(serving)
        assert state.incident is not None or not state.lines
        assert views == {line.call for line in state.lines if line.stage is Stage.CONNECTED}
        line = talker(state)
        assert leased == (line is not None and line.stage is Stage.CONNECTED)
