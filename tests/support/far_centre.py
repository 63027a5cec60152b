"""The other end of a bad line: broker with mTLS, centre and a scripted operator, in one network namespace of the guest.

`python -m support.far_centre FOLDER` starts them and plays the operator's part. It prints a line of JSON for each thing
that has happened, and waits for a line on its standard input before the next thing it does.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from center.console.facts import Facts
from support.broker import answers
from support.patience import deadline_seconds, until
from support.webrtc import Operator

address = "198.51.100.2"
secrets = "/etc/callpost-center/secrets"
console = "http://127.0.0.1:8443"
pictures = 20
tries = 5
a_call_seconds = 60.0

broker_settings = f"""\
listener 8883 {address}
cafile {secrets}/ca.pem
certfile {secrets}/broker.crt
keyfile {secrets}/broker.key
require_certificate true
use_identity_as_username true
"""
mqtt = """\
host = "{address}"
ca_file = "{secrets}/ca.pem"
certificate_file = "{secrets}/{name}.crt"
key_file = "{secrets}/{name}.key"
"""
settings = """\
[ingest]
database = "{folder}/center.sqlite3"
poke = "{folder}/console.sock"
[ingest.mqtt]
{ingest}
[console]
facts = "{folder}/center.sqlite3"
records = "{folder}/console.sqlite3"
clips = "{folder}/clips"
poke = "{folder}/console.sock"
demo = true
[console.mqtt]
{console}
[console.posts."guest.gate"]
name = "校门"
address = "人民路 12 号"
"""


def main() -> None:
    """Run until the story is told."""
    folder = Path(sys.argv[1])
    with centre(folder):
        tell(step="ready")
        asyncio.run(story(Facts(folder / "center.sqlite3")))


@contextmanager
def centre(folder: Path) -> Iterator[None]:
    """Run broker, ingest and console."""
    (folder / "mosquitto.conf").write_text(broker_settings, encoding="utf-8")
    tables = {name: mqtt.format(address=address, secrets=secrets, name=name) for name in ("ingest", "console")}
    (folder / "center.toml").write_text(settings.format(folder=folder, **tables), encoding="utf-8")
    # None outlives this process, however it ends: a centre that is left behind would go on acknowledging.
    bound = ["setpriv", "--pdeathsig", "KILL", "--"]
    program = [*bound, sys.executable, "-m"]
    own = ["--settings", str(folder / "center.toml")]
    commands = (
        [*bound, "mosquitto", "-c", str(folder / "mosquitto.conf")],
        [*program, "center.ingest", *own],
        [*program, "center.console", *own],
    )
    # Their words go to standard error; standard output is for the story.
    started = [subprocess.Popen(command, stdout=sys.stderr) for command in commands]
    try:
        until(lambda: answers(8443), "the console answers", every=0.2)
        yield
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)


async def story(facts: Facts) -> None:
    """Hear the alarm, answer it, see and hear the gate, send a team, close."""
    # Named by who has pressed: what the post has kept since it last saw a centre comes over the same line.
    incident = sys.stdin.readline().strip()
    until(lambda: incident in {one.id for one in facts.open_incidents()}, "the alarm", every=0.2)
    tell(step="alarm")
    sys.stdin.readline()
    async with httpx.AsyncClient(base_url=console, headers={"Origin": console}, timeout=deadline_seconds) as http:
        (await http.get("/demo-sign-in")).raise_for_status()
        base = f"/incidents/{incident}"
        operator = await called(http, base)
        try:
            await carry_out(http, base, "incident.dispatch", team="巡逻二组", eta_minutes=4)
            await carry_out(http, base, "incident.arrive")
        finally:
            await operator.close()
        await carry_out(http, base, "incident.close", disposition="real", note="")
    until(lambda: not facts.open_incidents(), "the centre has the close", every=0.2)
    events = facts.events("guest.gate", incident)
    tell(step="over", kinds=[event.kind for event in events], reasons=[event.data.get("reason") for event in events])


async def called(http: httpx.AsyncClient, base: str) -> Operator:
    """Call the gate, see and hear it. A call that breaks or stays dumb is made again, as an operator does."""
    for calls in range(1, tries + 1):
        operator = Operator(tone_hz=440.0)
        try:
            heard = await perceived(http, base, operator)
        except TimeoutError as problem:
            far = {"connection": operator.peer.connectionState, "pictures": len(operator.pictures)}
            tell(
                step="again",
                why=str(problem),
                **far,
                heard=len(operator.heard),
                statistics=repr(await operator.peer.getStats()),
            )
            await operator.close()
        else:
            width = operator.pictures[-1].width
            tell(step="seen", calls=calls, pictures=len(operator.pictures), width=width, heard=len(heard))
            return operator
    raise AssertionError("no call has come up")


async def perceived(http: httpx.AsyncClient, base: str, operator: Operator) -> bytes:
    """See some pictures and hear a second of the gate; return the sound. Raises TimeoutError."""
    async with asyncio.timeout(a_call_seconds):
        reply = (await http.post(f"{base}/call/offer", json={"sdp": await operator.offer()})).json()
        if reply.get("status") != "done":
            raise TimeoutError(reply)
        await operator.take_answer(reply["body"]["sdp"])
        await operator.seen(pictures)
        return await operator.listened(1.0)


async def carry_out(http: httpx.AsyncClient, base: str, command: str, **body: Any) -> None:
    """Give a command when the test says so, and again as long as the post does not answer."""
    sys.stdin.readline()
    replies: list[dict[str, Any]] = []
    while not replies or (replies[-1].get("status") == "unanswered" and len(replies) < tries):
        replies.append((await http.post(f"{base}/commands/{command}", json=body)).json())
    tell(step=command, statuses=[one.get("status") for one in replies], replies=replies)


def tell(**said: object) -> None:
    """Print one thing that has happened."""
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
