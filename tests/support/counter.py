"""The counter's software of the demo's rating window, and an eye on its screen."""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from support.demo import Demo
from support.patience import deadline_seconds, until
from support.qr import decoded

device = "demo.post1"
window = "1"


class Counter:
    """Opens and cancels services over HTTP with the token of the window, presses its keypad, sees its screen."""

    def __init__(self, demo: Demo) -> None:
        """Find the window among the demo's links."""
        self._demo = demo
        links = demo.sim()["links"]
        self.token = str(links["counter"]["token"])
        self.url = str(links["counter"]["url"])
        self.screen_url = str(links["rating"])
        self._http = httpx.Client(
            timeout=deadline_seconds, headers={"Authorization": f"Bearer {self.token}"}, trust_env=False
        )

    def __enter__(self) -> Self:
        """Return the counter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def open(self, service: str, clerk: str = "wang.fang", **more: str) -> httpx.Response:
        """Open a service, whatever the answer."""
        body = {"service": service, "window": window, "clerk": clerk, "subject": service, **more}
        return self._http.post(f"{self.url}/v1/services", json=body)

    def serve(self, service: str, clerk: str = "wang.fang") -> None:
        """Open a service and wait until the screen asks for it."""

        def opened() -> bool:
            try:
                return self.open(service, clerk).is_success
            except httpx.TransportError:
                return False  # the program is just starting

        until(opened, f"{service} is opened")
        until(lambda: self.screen()["state"] == "asked", f"the screen asks for {service}")

    def cancel(self, service: str) -> httpx.Response:
        """Cancel a service."""
        return self._http.delete(f"{self.url}/v1/services/{service}")

    def look(self, service: str) -> dict[str, Any]:
        """Return what the counter may know of a service."""
        answer = self._http.get(f"{self.url}/v1/services/{service}")
        answer.raise_for_status()
        return dict(answer.json())

    def press(self, level: int) -> None:
        """Press a key of the keypad."""
        self._demo.act("keypad", "press", {"key": level})

    def screen(self) -> dict[str, Any]:
        """Return what the screen shows now: the first message of its stream."""
        with self._http.stream("GET", f"{self.screen_url}screen/changes") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    return dict(json.loads(line.removeprefix("data:")))
        raise AssertionError("the screen's stream ended without a message")

    def photo(self, address: str) -> bytes:
        """Return a picture that the screen shows."""
        return self._http.get(httpx.URL(self.screen_url).join(address)).raise_for_status().content

    def code(self) -> str:
        """Read the QR code on the screen with another's reader, as a phone's camera would; return its address."""
        shown = until(lambda: self.screen()["qr"], "the screen shows a code")
        svg = self._http.get(httpx.URL(self.screen_url).join(shown)).raise_for_status().text
        return decoded(svg)

    def events(self, kind: str, service: str) -> list[Mapping[str, Any]]:
        """Return what the centre has stored of a kind for a service."""
        return [event for event in self._demo.stored(kind) if event["service"] == service]
