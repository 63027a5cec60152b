"""Carries out the centre's commands: call.*, ptz.*, announcement.play, clip.request and self_test.run."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiortc import RTCIceGatherer, RTCIceServer

from drivers.ptz import PtzError
from edge.kinds import Body, check_command, commands
from media import tour
from media.desk import Desk, Refused
from media.dome import DomeControl
from media.library import Library
from media.post import Post
from media.sound_test import SoundTest

SILENT = "the incident is silent: nothing may be played at the post"


@dataclass(frozen=True)
class Reply:
    """What the centre is told."""

    status: Literal["done", "accepted", "refused"]
    reason: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


class Commands:
    """Checks each command against its model and the open incident, then hands it to whoever can do it."""

    def __init__(self, desk: Desk, dome: DomeControl, post: Post, library: Library, sound_test: SoundTest) -> None:
        self._desk = desk
        self._dome = dome
        self._post = post
        self._library = library
        self._sound_test = sound_test

    async def carry_out(self, name: str, operator: str, body: Mapping[str, Any]) -> Reply:
        """Do what is asked; whatever cannot be done is refused with a sentence."""
        try:
            return await self._do(operator, check_command(name, body))
        except (ValueError, Refused, PtzError) as problem:
            return Reply("refused", str(problem))

    async def _do(self, operator: str, body: Body) -> Reply:
        match body:
            case commands.CallOffer() | commands.CallAnswer() | commands.CallIce() | commands.CallEnd():
                return await self._call(operator, body)
            case commands.PtzMove() | commands.PtzStop() | commands.PtzPreset() | commands.PtzTour():
                self._desk.check(body.incident)
                await self._dome.give(_movement(body))
                return Reply("done")
            case commands.AnnouncementPlay(incident=incident, prompt=prompt):
                return self._announce(incident, prompt)
            case commands.ClipRequest(incident=incident, upload=target):
                self._library.send(incident, target.url, target.token)
                return Reply("accepted")
            case commands.SelfTestRun():
                result = await self._sound_test.run(operator or "somebody at the post")
                return Reply("done", None, {"sound": result.told()})
            case _:
                return Reply("refused", "this program does not know the command")

    async def _call(
        self, operator: str, body: commands.CallOffer | commands.CallAnswer | commands.CallIce | commands.CallEnd
    ) -> Reply:
        match body:
            case commands.CallOffer(incident=incident, sdp=sdp, speak=speak):
                return Reply("done", None, await self._desk.offer(incident, operator, sdp, speak=speak))
            case commands.CallAnswer(incident=incident, offer=offer, sdp=sdp, speak=speak):
                return Reply("done", None, await self._desk.answer(incident, operator, offer, sdp, speak=speak))
            case commands.CallIce(incident=incident, servers=servers):
                self._desk.servers(incident, [_server(server) for server in servers])
            case commands.CallEnd(incident=incident):
                self._desk.hang_up(incident, operator)
        return Reply("done")

    def _announce(self, incident: str, prompt: str) -> Reply:
        self._desk.check(incident)
        if self._post.silent:
            return Reply("refused", SILENT)
        self._post.prompt(prompt)
        return Reply("done")


def _movement(body: commands.PtzMove | commands.PtzStop | commands.PtzPreset | commands.PtzTour) -> tour.Input:
    at = time.monotonic()
    match body:
        case commands.PtzMove(pan=pan, tilt=tilt, zoom=zoom):
            return tour.Moved(at, pan, tilt, zoom)
        case commands.PtzStop():
            return tour.Stopped(at)
        case commands.PtzPreset(preset=preset):
            return tour.Chosen(at, preset)
        case commands.PtzTour(on=on):
            return tour.TourWanted(at, on)


def _server(given: commands.IceServer) -> RTCIceServer:
    """Return a server as aiortc wants it. Raises ValueError when its address is none, before a call depends on it."""
    urls = [given.urls] if isinstance(given.urls, str) else list(given.urls)
    server = RTCIceServer(urls=urls, username=given.username or None, credential=given.credential or None)
    RTCIceGatherer([server])
    return server
