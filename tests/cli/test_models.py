"""`prompt-contracts models`: what is known of providers and set for them, and what their servers say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.providers.catalog import CATALOG
from tests.cli.replies import Folder
from tests.transport.loopback import Answer, Asked, Loopback

KEY = "house-key-0123456789abcdef"


@pytest.fixture
def server() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.close()


@pytest.fixture
def bare(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A working directory without a key or an address in the environment."""
    for row in CATALOG.values():
        for name in filter(None, (row.api_key_env, row.token_env, *row.base_url_env)):
            monkeypatch.delenv(name, raising=False)
    return folder


def declare(folder: Folder, server: Loopback, **more: str) -> None:
    """The provider `house` on the loopback."""
    lines = [f'base_url = "{server.base_url}"', *(f'{name} = "{value}"' for name, value in more.items())]
    folder.write("pyproject.toml", "[tool.prompt_contracts.providers.house]\n" + "\n".join(lines) + "\n")


def overviews(folder: Folder, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code, out, _ = folder.run("models", *arguments, "--format", "json")
    return code, {one["name"]: one for one in json.loads(out)}


def test_every_provider_is_listed_with_its_variables_and_never_a_value(
    bare: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    bare.write(".env", "MISTRAL_API_KEY=mistral-key-0123456789\n")

    code, out, _ = bare.run("models")
    _, found = overviews(bare)

    assert code == 0
    assert set(found) == set(CATALOG)
    assert found["groq"]["set_variables"] == ["GROQ_API_KEY"]
    assert found["mistral"]["set_variables"] == ["MISTRAL_API_KEY (.env)"]
    assert found["openai"]["set_variables"] == []
    assert found["openai"]["base_url"] == "https://api.openai.com/v1"
    assert found["openai"]["base_url_variables"] == ["OPENAI_BASE_URL"]
    assert KEY not in out
    assert "mistral-key-0123456789" not in out


def test_what_a_provider_refuses_and_ignores_comes_from_its_rules(bare: Folder) -> None:
    _, found = overviews(bare, "groq")

    refused = {(each["parameter"], each["when"]) for each in found["groq"]["refuses"]}
    ignored = {each["parameter"] for each in found["groq"]["ignores"]}

    assert ("n", "is not 1") in refused
    assert {"logit_bias", "store"} <= ignored


def test_an_address_with_a_password_or_a_key_in_it_is_shown_without(
    bare: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "https://ann:pass-word-1234@host.example:9/v1?api_key=secret-0123456789")

    _, out, said = bare.run("models", "ollama")
    _, found = overviews(bare, "ollama")

    assert "pass-word-1234" not in out + said + json.dumps(found)
    assert "secret-0123456789" not in out + said + json.dumps(found)
    assert found["ollama"]["set_variables"] == ["OLLAMA_BASE_URL"]


def test_an_unknown_provider_is_a_wrong_call(bare: Folder) -> None:
    code, _, said = bare.run("models", "grok")

    assert code == 2
    assert "did you mean 'groq'?" in said


def test_live_asks_those_that_are_set_up_with_their_keys(
    bare: Folder, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Asked] = []
    monkeypatch.setenv("HOUSE_KEY", KEY)
    declare(bare, server, api_key_env="HOUSE_KEY")

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(body=b'{"object": "list", "data": [{"id": "small"}, {"id": "large"}]}')

    server.answer = answer

    code, found = overviews(bare, "--live")

    assert code == 0
    assert found["house"]["offered"]["models"] == ["small", "large"]
    assert [name for name, one in found.items() if one["offered"] is not None] == ["house"]
    assert [(each.method, each.path, each.headers["authorization"]) for each in asked] == [
        ("GET", "/v1/models", f"Bearer {KEY}")
    ]


def test_without_live_nobody_is_asked(bare: Folder, server: Loopback) -> None:
    asked: list[Asked] = []
    declare(bare, server)

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer()

    server.answer = answer

    bare.run("models")

    assert asked == []


def test_where_nothing_is_set_up_live_says_so(bare: Folder) -> None:
    code, _, said = bare.run("models", "--live")

    assert code == 1
    assert "nobody was asked" in said


def test_a_provider_that_is_named_and_has_no_key_says_which(bare: Folder) -> None:
    code, found = overviews(bare, "groq", "--live")

    assert code == 1
    assert "GROQ_API_KEY is not set" in found["groq"]["offered"]["problem"]


HOSTILE = [
    (Answer(body=b"not json"), "no JSON"),
    (Answer(body=b'{"data": 5}'), "no list of models"),
    (Answer(body=b"5"), "no list of models"),
    (Answer(body=b"[" * 100_000), "no JSON"),
    (Answer(status=401, body=b'{"error": {"message": "who are you", "code": "invalid_api_key"}}'), "auth (HTTP 401)"),
    (Answer(status=500, body=b"<html>oops</html>"), "HTTP 500"),
    (Answer(status=302, headers=(("Location", "http://127.0.0.1:9/"),), body=b""), "HTTP 302"),
    (Answer(body=b'{"data": []}', promised=1000), "cut"),
]


@pytest.mark.parametrize(("answer", "said"), HOSTILE)
def test_an_answer_that_is_no_list_is_said_of_its_provider(
    bare: Folder, server: Loopback, answer: Answer, said: str
) -> None:
    declare(bare, server)
    server.answer = lambda request: answer

    code, found = overviews(bare, "--live", "--timeout", "5")

    problem = found["house"]["offered"]["problem"]
    assert code == 1
    assert problem is not None
    assert said in problem or said == "cut"


def test_a_server_that_is_slow_is_given_up(bare: Folder, server: Loopback) -> None:
    declare(bare, server)
    server.answer = lambda request: Answer(body=b"{", promised=100, pieces=(b" ",) * 50, pause=0.2)

    code, found = overviews(bare, "--live", "--timeout", "0.5")

    assert code == 1
    assert found["house"]["offered"]["problem"].startswith("timeout")


def test_names_of_models_cannot_speak_to_the_terminal_or_tell_the_key(
    bare: Folder, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", KEY)
    declare(bare, server, api_key_env="HOUSE_KEY")
    names = ["\x1b[2Jred", "a\nb", f"echo {KEY}", 5, None, {"id": "x" * 5000}, {"name": "named"}]
    server.answer = lambda request: Answer(body=json.dumps({"data": names}).encode())

    _, out, said = bare.run("models", "house", "--live")

    assert "\x1b" not in out
    assert KEY not in out + said
    assert "named" in out
    assert max(map(len, out.splitlines())) < 400


def test_of_many_models_a_person_sees_some_and_a_program_all(bare: Folder, server: Loopback) -> None:
    declare(bare, server)
    server.answer = lambda request: Answer(body=json.dumps({"data": [{"id": f"m{n}"} for n in range(12_000)]}).encode())

    _, out, _ = bare.run("models", "house", "--live")
    _, found = overviews(bare, "house", "--live")

    assert "and 11,950 more" in out
    assert len(found["house"]["offered"]["models"]) == 10_000
    assert found["house"]["offered"]["left_out"] == 2_000


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "nan", "1e9"])
def test_a_timeout_that_is_none_is_a_wrong_call(bare: Folder, timeout: str) -> None:
    assert bare.run("models", f"--timeout={timeout}")[0] == 2


def test_a_configuration_or_env_file_that_cannot_be_read_is_said(bare: Folder) -> None:
    bare.write("prompt_contracts.toml", "models = 5\n")
    wrong, _, said = bare.run("models")
    Path("prompt_contracts.toml").unlink()
    Path(".env").mkdir()
    folder, _, told = bare.run("models")

    assert (wrong, folder) == (2, 2)
    assert "PC330" in said
    assert ".env" in told
