"""Fixtures of the tests that run in the guest."""

from collections.abc import Iterator

import pytest

from support.guest_post import GuestPost, shell
from support.wires import Wires


@pytest.fixture(scope="session")
def installed_post() -> GuestPost:
    """The post as it has started at boot, with a network card that no cable is plugged into."""
    shell("ip", "link", "add", "lan", "type", "dummy")
    shell("ip", "address", "add", "192.0.2.1/24", "dev", "lan")
    shell("ip", "link", "set", "lan", "up")
    post = GuestPost()
    post.started()
    return post


@pytest.fixture
def post(installed_post: GuestPost) -> Iterator[GuestPost]:
    """The post at rest, and put to rest again."""
    installed_post.settle()
    yield installed_post
    installed_post.settle()


@pytest.fixture
def wires(post: GuestPost) -> Wires:
    """The other end of its wires."""
    return post.wires
