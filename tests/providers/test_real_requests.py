"""No rule refuses a request that its provider has answered. Skips where no recordings of real traffic lie."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from prompt_contracts.finding import Finding
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.endpoints import choose_endpoint
from tests.providers.requests_of_cases import target
from tests.real_cassettes import find_real_cassettes

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One request to a chat or Responses endpoint, and the status that came back."""

    file: str
    provider: str
    model: str
    request: ModelRequest
    status: int

    def errors(self) -> list[Finding]:
        """What the rules refuse of it."""
        asked = target(f"{self.provider}:{self.model}")
        assert self.request.endpoint != "assistants"
        notices = [*adapt(self.request, asked).findings]
        notices += choose_endpoint(self.request.endpoint, self.request, asked).findings
        return [notice for notice in notices if notice.severity == "error"]


@cache
def recorded() -> tuple[Recorded, ...]:
    paths = [path for path in find_real_cassettes() if path.parent.parent.name in CATALOG]
    return tuple(each for path in paths for each in requests_in(path))


def requests_in(path: Path) -> Iterator[Recorded]:
    document = yaml.load(path.read_text("utf-8"), LOADER)
    for interaction in document.get("interactions", []):
        place = urlsplit(interaction["request"]["uri"]).path
        body = body_of(interaction["request"])
        if not place.endswith(("/chat/completions", "/responses")) or body is None:
            continue
        parameters = {
            name: value for name, value in body.items() if name not in ("messages", "tools", "model", "input")
        }
        deployment = place.partition("/deployments/")[2].partition("/")[0]
        response = interaction["response"]
        yield Recorded(
            file=path.name,
            provider=path.parent.parent.name,
            model=deployment or body.get("model", "unknown"),
            status=response["status_code"] if "status_code" in response else response["status"]["code"],
            request=ModelRequest(
                endpoint="responses" if place.endswith("/responses") else "chat",
                messages=tuple(Message.from_json(message) for message in body.get("messages", [])),
                tools=tuple(Tool(name="any", definition=tool) for tool in body.get("tools") or []),
                parameters=parameters,
            ),
        )


def body_of(request: Mapping[str, Any]) -> dict[str, Any] | None:
    body = request.get("parsed_body", request.get("body"))
    if isinstance(body, (str, bytes)):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    return body if isinstance(body, dict) else None


def test_what_was_answered_is_not_refused() -> None:
    answered = [each for each in recorded() if each.status == 200]
    if not answered:
        pytest.skip("no recordings of real traffic")

    refused = [(each.file, notice.message) for each in answered for notice in each.errors()]

    assert refused == []


def test_the_stop_that_a_reasoning_model_refused_is_refused() -> None:
    refused = [each for each in recorded() if each.status == 400 and "o1-mini" in each.model]
    if not refused:
        pytest.skip("no recordings of real traffic")

    for each in refused:
        assert [notice.part for notice in each.errors()] == ["stop"]
