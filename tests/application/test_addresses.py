"""Every name under which an SDK looks for its provider leads to the stand-in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from prompt_contracts.application.addresses import (
    ADDRESS_NAMES,
    PLACEHOLDER_KEY,
    TELEMETRY_SWITCHES,
    leading_variables,
    proxies,
)
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.stub.server import StubServer
from tests.application.application_project import Project, ask

ROOT = "http://127.0.0.1:1234/token"
ENVIRONMENT = "import json, os\nprint(json.dumps(dict(os.environ)))\n"
REAL = "https://real.example/v1"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with StubServer() as server:
        yield Project(root=tmp_path.resolve(), server=server)


def variables(**environ: str) -> dict[str, str]:
    return leading_variables(f"{ROOT}/v1", "tiny", environ)


def test_each_name_stands_in_the_table_once() -> None:
    names = [*(name.variable for name in ADDRESS_NAMES), *(switch.variable for switch in TELEMETRY_SWITCHES)]

    assert len(names) == len(set(names))
    assert all(name.readers for name in ADDRESS_NAMES)
    assert all(switch.readers for switch in TELEMETRY_SWITCHES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", f"{ROOT}/v1"),
        ("OPENAI_API_BASE", f"{ROOT}/v1"),
        ("OPENAI_API_HOST", ROOT),
        ("AZURE_OPENAI_ENDPOINT", ROOT),
        ("AZURE_OPENAI_BASE_PATH", f"{ROOT}/openai/deployments"),
        ("AZURE_API_BASE", ROOT),
        ("GROQ_BASE_URL", ROOT),
        ("GROQ_API_BASE", f"{ROOT}/openai/v1"),
        ("MISTRAL_API_BASE", f"{ROOT}/v1"),
        ("TOGETHER_BASE_URL", f"{ROOT}/v1"),
        ("OPENROUTER_API_BASE", f"{ROOT}/v1"),
        ("OLLAMA_HOST", ROOT),
        ("OLLAMA_BASE_URL", f"{ROOT}/v1"),
        ("OPENAI_API_KEY", PLACEHOLDER_KEY),
        ("AZURE_OPENAI_API_KEY", PLACEHOLDER_KEY),
        ("GROQ_API_KEY", PLACEHOLDER_KEY),
        ("OPENAI_PROXY", ""),
        ("PROMPT_CONTRACTS_MODEL", "tiny"),
        ("OPENAI_AGENTS_DISABLE_TRACING", "1"),
        ("LANGSMITH_TRACING", "false"),
    ],
)
def test_a_name_has_the_form_that_its_sdk_expects(name: str, value: str) -> None:
    assert variables(**{name: "the caller's own"})[name] == value


def test_no_address_of_the_caller_survives() -> None:
    found = variables(**{name.variable: REAL for name in ADDRESS_NAMES})
    kept = {name for name, value in found.items() if value == REAL}

    # Not addresses: what an SDK wants to know beside one.
    assert kept == {"OPENAI_API_TYPE", "OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION", "AZURE_API_VERSION"}


def test_a_version_is_given_only_where_there_is_none() -> None:
    assert variables(OPENAI_API_VERSION="2030-01-01")["OPENAI_API_VERSION"] == "2030-01-01"
    assert variables()["OPENAI_API_VERSION"].startswith("20")


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("http://127.0.0.1:1234/token/v1", "http://token:outside@127.0.0.1:1234"),
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234"),
    ],
)
def test_proxies_lead_to_one_address_in_either_spelling(base_url: str, address: str) -> None:
    found = proxies(base_url, allow_hosts=["db.example"])

    assert found.pop("NODE_USE_ENV_PROXY") == "1"
    assert {found.pop("NO_PROXY"), found.pop("no_proxy")} == {"127.0.0.1,localhost,db.example"}
    assert set(found) == {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}
    assert set(found.values()) == {address}


@pytest.mark.parametrize(
    ("url", "host"), [("http://real.example/v1", "real.example:80"), ("https://real.example/v1", "real.example:443")]
)
def test_a_client_that_follows_the_proxies_is_refused_and_remembered(url: str, host: str) -> None:
    told: list[str] = []
    with StubServer(on_outside=told.append) as server:
        lease = server.open(lambda incoming: ApiResponse(status=200))
        chosen = proxies(lease.base_url)[f"{url.partition(':')[0]}_proxy"]
        with httpx.Client(proxy=chosen, trust_env=False) as client:
            try:
                status = client.post(url, json={}).status_code
            except httpx.ProxyError as error:
                status = int(str(error).split()[0])

        assert (status, told, lease.outside) == (403, [host], (host,))


def test_a_program_finds_every_name(project: Project) -> None:
    project.environ |= {name.variable: REAL for name in ADDRESS_NAMES}

    with project.open(command=project.python(ENVIRONMENT)) as run:
        found: Any = ask(run).value

    base_url = found["OPENAI_BASE_URL"]
    assert base_url.startswith("http://127.0.0.1:")
    assert leading_variables(base_url, "tiny", project.environ).items() <= found.items()


def test_a_function_finds_every_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ADDRESS_NAMES:
        monkeypatch.setenv(name.variable, REAL)
    before = {**os.environ}

    with project.open(handler=lambda question: {**os.environ}) as run:
        found: Any = ask(run).value

    assert leading_variables(found["OPENAI_BASE_URL"], "tiny", before).items() <= found.items()
