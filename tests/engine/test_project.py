"""The project's configuration file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest

from prompt_contracts.engine.project import read_settings
from prompt_contracts.errors import UsageError
from prompt_contracts.settings import ProviderRates, Settings


def written(root: Path, text: str, *, name: str = "pyproject.toml") -> Path:
    (root / name).write_text(dedent(text), encoding="utf-8")
    return root


def test_a_project_without_configuration_has_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_a_pyproject_without_our_table_has_defaults(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "[project]\nname = 'x'\n")) == Settings()


def test_models_providers_and_prices_are_read(tmp_path: Path) -> None:
    settings = read_settings(
        written(
            tmp_path,
            """
            [tool.prompt_contracts]
            models = ["house:m"]
            [tool.prompt_contracts.providers.house]
            base_url = "http://localhost:9000/v1"
            api_key_env = "HOUSE_KEY"
            rules = "vllm"
            headers = {x-team = "search"}
            [tool.prompt_contracts.prices."house:m"]
            input = 0.10
            output = 1
            """,
        )
    )

    assert settings.models == ("house:m",)
    assert settings.providers["house"].headers == {"x-team": "search"}
    assert settings.prices["house:m"].input == Decimal("0.10")
    assert settings.prices["house:m"].output == 1


def test_the_rates_of_a_provider_are_read(tmp_path: Path) -> None:
    text = "[tool.prompt_contracts.providers.openai]\nrequests_per_minute = 500\ntokens_per_minute = 200_000\n"

    settings = read_settings(written(tmp_path, text))

    assert settings.providers["openai"].rates == ProviderRates(requests_per_minute=500, tokens_per_minute=200_000)


@pytest.mark.parametrize("name", ["requests_per_minute", "tokens_per_minute"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "true", "'60'", "[60]"])
def test_a_rate_that_is_no_whole_number_from_1_is_refused(tmp_path: Path, name: str, value: str) -> None:
    written(tmp_path, f"[tool.prompt_contracts.providers.openai]\n{name} = {value}\n")

    with pytest.raises(UsageError, match=f"providers.openai.{name} must be a whole number from 1"):
        read_settings(tmp_path)


def test_a_model_may_be_said_to_be_another(tmp_path: Path) -> None:
    settings = read_settings(
        written(tmp_path, '[tool.prompt_contracts.models."azure:prod"]\nis = "openai:gpt-5-mini"\n')
    )

    assert settings.aliases == {"azure:prod": "openai:gpt-5-mini"}


def test_aliases_may_stand_beside_a_list_of_models(tmp_path: Path) -> None:
    text = '[tool.prompt_contracts]\nmodels = ["azure:prod"]\naliases = {"azure:prod" = "openai:gpt-5-mini"}\n'

    settings = read_settings(written(tmp_path, text))

    assert settings.models == ("azure:prod",)
    assert settings.aliases == {"azure:prod": "openai:gpt-5-mini"}


def test_a_file_of_our_own_wins(tmp_path: Path) -> None:
    written(tmp_path, "[tool.prompt_contracts]\nmodels = ['a:b']\n")
    written(tmp_path, "models = ['c:d']\n", name="prompt_contracts.toml")

    settings = read_settings(tmp_path)

    assert (settings.models, settings.source) == (("c:d",), "prompt_contracts.toml")


def test_a_file_of_our_own_may_have_the_same_shape(tmp_path: Path) -> None:
    written(tmp_path, "[tool.prompt_contracts]\nmodels = ['a:b']\n", name="prompt_contracts.toml")

    assert read_settings(tmp_path).models == ("a:b",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.prompt_contracts\n", "this is no TOML"),
        ("[tool]\nprompt_contracts = 1\n", "must be a table"),
        ("[tool.prompt_contracts]\nmodel = 'a:b'\n", "unknown key 'model': did you mean 'models'?"),
        ("[tool.prompt_contracts]\nmodels = ['gpt-5']\n", "must be provider:model, not 'gpt-5'"),
        ("[tool.prompt_contracts.providers.house]\nbase_url = 1\n", "providers.house.base_url must be text"),
        ("[tool.prompt_contracts.prices.'a:b']\ninput = 1\n", "needs 'output', in US dollars"),
        ("[tool.prompt_contracts.prices.'a:b']\ninput = -1\noutput = 1\n", "0 or more"),
        ("[tool.prompt_contracts.prices.'a:b']\ninput = nan\noutput = 1\n", "0 or more"),
        ("[tool.prompt_contracts.models.'a:b']\nis = 'c'\n", "must be provider:model"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        read_settings(written(tmp_path, text))

    assert str(error.value).startswith("PC330 pyproject.toml: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "api_key_env = 'sk-proj-hush-hush'",
        "api_key_env = 'gsk_hush0123456789hush0123456789'",
        "api_key_env = ['hush']",
        "headers = 'authorization: hush'",
        "headers = {authorization = ['hush']}",
    ],
)
def test_a_key_in_a_wrong_place_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match=r"PC330 .*must be") as error:
        read_settings(written(tmp_path, f"[tool.prompt_contracts.providers.house]\n{line}\n"))

    assert "hush" not in str(error.value)
