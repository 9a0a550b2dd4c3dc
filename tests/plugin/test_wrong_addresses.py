"""Addresses that cannot be asked: told by the name of what gives them, with nothing of what they hold."""

from __future__ import annotations

import pytest

from prompt_contracts.providers.address import address_problem
from tests.plugin.project import Project

SECRET = "hunter2hunter2"
WRONG = [
    f"http://[::1/v1?api-key={SECRET}",
    f"http://[{SECRET}/v1",
    f"htp://u:{SECRET}@127.0.0.1/v1",
    f"//u:{SECRET}@127.0.0.1:1",
    f"http://htp//u:{SECRET}@127.0.0.1",
    f"htp//u:{SECRET}@127.0.0.1",
    f"htp:/u:{SECRET}@127.0.0.1",
    f"http:///{SECRET}",
    f"http://:80/{SECRET}",
    f"http://u:x/{SECRET}@127.0.0.1",
    f"http://127.0.0.1:{SECRET}",
    f"http://127.0.0.1\\\\@{SECRET}",
    f"http://a b/{SECRET}",
    f"?{SECRET}",
]
VARIABLES = {"OPENAI_BASE_URL": "openai", "OLLAMA_HOST": "ollama", "AZURE_OPENAI_ENDPOINT": "azure"}
CASE = "version: 1\nmodels: [MODEL:m]\ncases: [{name: a, user: Hi, expect: {text: hi}}]\n"


@pytest.mark.parametrize("address", WRONG)
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_wrong_address_of_the_environment_is_named_and_not_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address)
    monkeypatch.setenv(f"{VARIABLES[variable].upper()}_API_KEY", "k-0123456789")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k-0123456789")
    project.write(weather=CASE.replace("MODEL", VARIABLES[variable]))

    result = project.run("--pc-live", "--junit-xml=junit.xml", "--log-level=DEBUG")

    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*PC301 {variable} *: write http*"])
    junit = project.root / "junit.xml"
    said = result.stdout.str() + result.stderr.str() + (junit.read_text("utf-8") if junit.exists() else "")
    assert SECRET not in said


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_of_the_configuration_is_named_and_not_shown(project: Project, address: str) -> None:
    text = f"[tool.prompt_contracts.providers.house]\nbase_url = '{address}'\n"
    (project.root / "pyproject.toml").write_text(text, encoding="utf-8")

    result = project.run()

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*PC330 pyproject.toml: providers.house.base_url *: write http*"])
    assert SECRET not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    "address",
    [
        *("box", "box:8000", ":9000", "0.0.0.0", "https://box", "HTTP://box/v1/", "http://[::1]:8000/v1", "[::1]:8000"),
        *("r.openai.azure.com", "https://h/v1/chat/completions?api-version=a@b", "http://u:p@h/v1", "http://h/v1//"),
    ],
)
def test_the_ways_in_which_people_paste_an_address_are_none_of_them(address: str) -> None:
    assert address_problem(address) is None
