"""What media is told: the incident as it is now, for the strongest reason since it last listened."""

from pathlib import Path

import pytest

from edge.panic.media_link import MediaLink, most_prompts


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ([], "kept"),
        (["changed"], "changed"),
        (["changed", "raised", "changed"], "raised"),
        (["raised", "closed"], "closed"),
        # Closed and pressed again before media listened: the camera must swing for the new one.
        (["raised", "closed", "raised"], "raised"),
        (["closed", "raised", "changed"], "raised"),
        (["closed", "kept"], "kept"),
    ],
)
async def test_the_strongest_cause_of_what_is_open_now(told: list[str], cause: str) -> None:
    """What was told before a close belongs to an incident that is over."""
    link = MediaLink(Path("nobody.sock"), dict, lambda _: None)
    for each in told:
        link.tell(each)
    assert link._strongest() == cause
    assert link._strongest() == "kept"


async def test_the_oldest_prompts_give_way() -> None:
    """Media is away: what it says when it is back is the latest."""
    link = MediaLink(Path("nobody.sock"), dict, lambda _: None)
    for number in range(most_prompts + 2):
        link.say(str(number))
    waiting = [link._prompts.get_nowait() for _ in range(most_prompts)]
    assert waiting == [str(number) for number in range(2, most_prompts + 2)]
