"""The counter's software over the LAN: only HTTPS, with a certificate that the caller can check."""

import ssl
from pathlib import Path

import httpx
import pytest

from support.certificates import Authority
from support.patience import deadline_seconds
from support.rating import RatingProcess, slow, token, write_settings

body = {"service": "case-1", "window": "1", "clerk": "c1", "subject": "A012"}


def test_a_service_is_opened_over_https_and_not_without(tmp_path: Path) -> None:
    """The certificate is checked against its authority; plain HTTP at the same port gets nothing."""
    authority = Authority.make(tmp_path / "ca")
    pair = authority.issue("window", host="127.0.0.1")
    settings = write_settings(tmp_path, slow)
    files = f'certificate_file = "{pair.certificate}", key_file = "{pair.key}", services_per_minute'
    settings.write_text(settings.read_text(encoding="utf-8").replace("services_per_minute", files), encoding="utf-8")
    with RatingProcess(tmp_path, settings=settings) as rating:
        assert rating.counter_url.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=str(authority.file))
        address = f"{rating.counter_url}/v1/services"
        with httpx.Client(
            verify=trusted, headers={"authorization": f"Bearer {token}"}, timeout=deadline_seconds
        ) as counter:
            assert counter.post(address, json=body).status_code == 201
            assert counter.post(address, json=body).status_code == 200
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            httpx.post(address.replace("https:", "http:"), json=body, timeout=deadline_seconds)
