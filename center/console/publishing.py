"""Publish to chosen terminals, and keep what each of them said."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import HTTPException

from center.console.parts import Console
from center.console.rating_records import Publication
from edge.kinds import check_command


async def publish(
    console: Console, operator: str, what: str, *, devices: Sequence[str], name: str, body: Mapping[str, Any]
) -> None:
    """Send one command to terminals; `what` is `roster` or the notice. Raises 422 when it cannot be sent at all."""
    known = console.facts.terminals()
    chosen = [device for device in known if device in devices]
    if not chosen or len(chosen) != len(set(devices)):
        raise HTTPException(422, "choose terminals of the list")
    try:
        checked = check_command(name, body).model_dump(mode="json")
    except ValueError as problem:
        raise HTTPException(422, str(problem)) from problem
    number = console.records.act(operator, None, name, {"what": what, "devices": chosen})
    replies = await console.fleet.ask_all(chosen, operator, name, checked)
    for device, reply in replies.items():
        told = Publication(what, device, name, reply.status, reply.reason, datetime.now(UTC), operator)
        console.rating_records.published(told)
    well = all(reply.well for reply in replies.values())
    console.records.settle(number, "done" if well else "refused", None if well else "not every terminal took it")
