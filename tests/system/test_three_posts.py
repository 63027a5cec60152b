"""Three posts in one demo: three alarms at once are all told, and each is answered in its turn."""

from pathlib import Path

import pytest

from support.demo import running
from support.desk import Operator
from support.patience import until

pytestmark = pytest.mark.system
posts = (1, 2, 3)


def test_three_alarms_at_once_are_all_told_and_answered(tmp_path: Path) -> None:
    """Press all three; each has its own incident, and closing one leaves the others."""
    with running(tmp_path, posts=3) as demo, Operator(demo.mqtt_port) as operator:
        for post in posts:
            demo.press(post)
        until(lambda: all(demo.stored("incident.raised", post) for post in posts), "three alarms are stored")
        incidents = {post: demo.stored("incident.raised", post)[0]["incident"] for post in posts}
        assert len(set(incidents.values())) == 3
        for post in posts:
            assert demo.alarmed(post)
            closing = {"incident": incidents[post], "disposition": "drill", "note": ""}
            assert operator.command(f"demo.post{post}", "incident.close", closing)["status"] == "done"
            until(lambda p=post: not demo.part("light", p)["on"], "its light is off")  # type: ignore[misc]
            assert all(demo.alarmed(later) for later in posts if later > post)
        foreign = {"incident": incidents[1], "disposition": "drill", "note": ""}
        assert operator.command("demo.post2", "incident.close", foreign)["status"] == "refused"
