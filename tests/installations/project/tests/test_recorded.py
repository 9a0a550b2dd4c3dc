"""A test that pytest-recording replays."""

import urllib.request

import pytest


@pytest.mark.vcr
@pytest.mark.block_network
def test_of_pytest_recording() -> None:
    with urllib.request.urlopen("http://service.invalid/hello") as answer:
        assert answer.read() == b"hello"
