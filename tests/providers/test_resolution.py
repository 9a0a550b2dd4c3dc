"""From `provider:model` to a target."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.providers.catalog import CATALOG, SECRET_VARIABLES
from prompt_contracts.providers.resolution import UnknownProviderError, normal_base_url, resolve_target
from prompt_contracts.settings import ProviderSettings, Settings
from prompt_contracts.target import Price, Target


def target(model: str, *, settings: Settings | None = None, environ: dict[str, str] | None = None) -> Target:
    return resolve_target(model, settings=settings or Settings(), environ=environ or {})


def test_the_ten_providers_are_built_in() -> None:
    names = "openai azure ollama vllm localai lmstudio together groq mistral openrouter"

    assert sorted(CATALOG) == sorted(names.split())


def test_the_first_colon_parts_provider_and_model() -> None:
    found = target("ollama:qwen3:8b")

    assert (found.provider, found.model) == ("ollama", "qwen3:8b")


@pytest.mark.parametrize("model", ["gpt-5", "openai:", ":gpt-5", ""])
def test_an_id_without_both_parts_is_refused(model: str) -> None:
    with pytest.raises(UnknownProviderError, match="provider:model"):
        target(model)


def test_a_misspelt_provider_is_recognised() -> None:
    with pytest.raises(UnknownProviderError, match="did you mean 'openai'"):
        target("opnai:gpt-5")


def test_an_unknown_provider_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownProviderError, match=r"known are azure, .*vllm"):
        target("zzz:m")


def test_the_environment_may_give_another_address() -> None:
    assert target("openai:m", environ={"OPENAI_BASE_URL": "http://proxy:1/v1/"}).base_url == "http://proxy:1/v1"


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("box:8000", "http://box:8000/v1"),
        ("box", "http://box:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        (":9000", "http://127.0.0.1:9000/v1"),
        ("https://box", "https://box/v1"),
    ],
)
def test_ollama_s_own_variable_needs_neither_scheme_nor_port(written: str, base: str) -> None:
    assert target("ollama:m", environ={"OLLAMA_HOST": written}).base_url == base


def test_a_price_of_the_real_model_serves_its_alias() -> None:
    price = Price(input=Decimal(1), output=Decimal(2))
    settings = Settings(prices={"openai:gpt-5-mini": price}, aliases={"azure:prod": "openai:gpt-5-mini"})

    assert target("azure:prod", settings=settings).price == price


def test_an_address_written_in_the_project_does_not_depend_on_the_environment() -> None:
    settings = Settings(providers={"openai": ProviderSettings(base_url="http://proxy/v1")})

    assert target("openai:m").base_url_env == "OPENAI_BASE_URL"
    assert target("openai:m", settings=settings).base_url_env is None


def test_azure_without_an_endpoint_has_no_address_yet() -> None:
    found = target("azure:prod-chat")

    assert found.base_url is None
    assert found.base_url_env == "AZURE_OPENAI_ENDPOINT"


def test_azure_takes_the_v1_api_unless_a_version_is_given() -> None:
    environ = {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/"}

    found = target("azure:chat", environ=environ)

    assert found.url("/chat/completions") == "https://r.openai.azure.com/openai/v1/chat/completions"
    assert found.auth == "api-key"


CLASSIC = {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com", "OPENAI_API_VERSION": "2024-10-21"}


def test_azure_with_an_api_version_asks_the_deployment() -> None:
    found = target("azure:chat", environ=CLASSIC)

    assert found.url(found.chat_path) == (
        "https://r.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21"
    )


@pytest.mark.parametrize("path", ["/responses", "/assistants", "/threads/t_1/runs"])
def test_azure_s_other_endpoints_are_not_below_the_deployment(path: str) -> None:
    found = target("azure:chat", environ=CLASSIC)

    assert found.url(path) == f"https://r.openai.azure.com/openai{path}?api-version=2024-10-21"


def test_the_name_of_a_deployment_is_quoted() -> None:
    found = target("azure:our chat/1", environ=CLASSIC)

    assert found.chat_path == "/deployments/our%20chat%2F1/chat/completions"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://r.openai.azure.com",
        "https://r.openai.azure.com/",
        "https://r.openai.azure.com/openai",
        "https://r.openai.azure.com/openai/",
        "https://r.openai.azure.com/openai/v1",
        "https://r.openai.azure.com/openai/v1/",
        "https://r.openai.azure.com/openai/v1/chat/completions",
        "https://r.openai.azure.com/openai/v1/responses",
        "https://r.openai.azure.com/openai/responses",
        "https://r.openai.azure.com/openai/deployments/other",
        "https://r.openai.azure.com/openai/deployments/other/chat/completions",
    ],
)
@pytest.mark.parametrize("version", ["2024-10-21", ""])
def test_an_azure_address_is_taken_as_people_paste_it(pasted: str, version: str) -> None:
    found = target("azure:chat", environ={"AZURE_OPENAI_ENDPOINT": pasted, "OPENAI_API_VERSION": version})

    assert found.url(found.chat_path) == (
        "https://r.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21"
        if version
        else "https://r.openai.azure.com/openai/v1/chat/completions"
    )


def test_a_version_that_is_pasted_with_the_deployment_counts() -> None:
    pasted = "https://r.openai.azure.com/openai/deployments/other/chat/completions?api-version=2025-01-01-preview"

    found = target("azure:chat", environ={**CLASSIC, "AZURE_OPENAI_ENDPOINT": pasted})

    assert found.url(found.chat_path) == (
        "https://r.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2025-01-01-preview"
    )


def test_a_version_that_is_pasted_with_the_v1_address_stays_there() -> None:
    environ = {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/openai/v1?api-version=preview"}

    found = target("azure:chat", environ=environ)

    assert found.url(found.chat_path) == "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview"


def test_azure_behind_a_gateway_keeps_the_gateway_s_path() -> None:
    found = target("azure:chat", environ={**CLASSIC, "AZURE_OPENAI_ENDPOINT": "https://gateway/team"})

    assert found.base_url == "https://gateway/team/openai"


def test_an_entra_token_is_sent_where_azure_has_no_key() -> None:
    found = target("azure:chat", environ={"AZURE_OPENAI_AD_TOKEN": "t"})

    assert (found.api_key_env, found.auth) == ("AZURE_OPENAI_AD_TOKEN", "bearer")


@pytest.mark.parametrize("environ", [{}, {"AZURE_OPENAI_AD_TOKEN": "t", "AZURE_OPENAI_API_KEY": "k"}])
def test_azure_s_key_comes_before_a_token(environ: dict[str, str]) -> None:
    found = target("azure:chat", environ=environ)

    assert (found.api_key_env, found.auth) == ("AZURE_OPENAI_API_KEY", "api-key")


def test_a_key_that_the_project_names_for_azure_comes_before_both() -> None:
    settings = Settings(providers={"azure": ProviderSettings(api_key_env="TEAM_KEY")})

    found = target("azure:chat", settings=settings, environ={"AZURE_OPENAI_AD_TOKEN": "t"})

    assert (found.api_key_env, found.auth) == ("TEAM_KEY", "api-key")


def test_openai_is_told_organisation_and_project() -> None:
    assert target("openai:m").header_env == {
        "OpenAI-Organization": "OPENAI_ORG_ID",
        "OpenAI-Project": "OPENAI_PROJECT_ID",
    }
    assert target("groq:m").header_env == {}


def test_a_header_of_the_project_comes_before_that_of_the_environment() -> None:
    settings = Settings(providers={"openai": ProviderSettings(headers={"openai-organization": "org-ours"})})

    assert target("openai:m", settings=settings).header_env == {"OpenAI-Project": "OPENAI_PROJECT_ID"}


def test_a_target_knows_what_its_model_really_is() -> None:
    settings = Settings(aliases={"azure:prod": "openai:gpt-5-mini"})

    assert target("azure:prod", settings=settings).known_as == "openai:gpt-5-mini"
    assert target("azure:other", settings=settings).known_as is None


def test_a_query_that_is_pasted_goes_with_every_request() -> None:
    settings = Settings(providers={"house": ProviderSettings(base_url="https://h/v1/responses?team=a#top")})

    found = target("house:m", settings=settings)

    assert found.url("/chat/completions") == "https://h/v1/chat/completions?team=a"


def test_every_variable_that_may_hold_a_key_is_known() -> None:
    assert "AZURE_OPENAI_AD_TOKEN" in SECRET_VARIABLES
    assert {row.api_key_env for row in CATALOG.values()} <= set(SECRET_VARIABLES)


def test_a_provider_of_one_s_own_sends_no_key_unless_one_is_named() -> None:
    settings = Settings(providers={"house": ProviderSettings(base_url="http://localhost:9000/v1")})

    found = target("house:m", settings=settings)

    assert (found.base_url, found.api_key_env, found.rules) == (
        "http://localhost:9000/v1",
        None,
        "compatible",
    )


@pytest.mark.parametrize(("rules", "hint"), [("vlm", "did you mean 'vllm'"), ("zzz", "known are azure, compatible")])
def test_rules_of_nobody_are_refused(rules: str, hint: str) -> None:
    settings = Settings(providers={"house": ProviderSettings(base_url="http://h/v1", rules=rules)})

    with pytest.raises(UnknownProviderError, match=f"the rules '{rules}' of the provider 'house' .*{hint}"):
        target("house:m", settings=settings)


@pytest.mark.parametrize("rules", ["vllm", "compatible"])
def test_rules_may_be_chosen(rules: str) -> None:
    settings = Settings(providers={"openai": ProviderSettings(rules=rules)})

    assert target("openai:m", settings=settings).rules == rules


def test_a_built_in_provider_may_be_changed() -> None:
    settings = Settings(providers={"groq": ProviderSettings(api_key_env="TEAM_GROQ_KEY")})

    found = target("groq:m", settings=settings)

    assert (found.base_url, found.api_key_env) == ("https://api.groq.com/openai/v1", "TEAM_GROQ_KEY")


def test_self_hosted_servers_ask_for_a_key_only_where_one_is_named() -> None:
    settings = Settings(providers={"vllm": ProviderSettings(api_key_env="OUR_KEY")})

    assert not target("vllm:m").key_required
    assert target("vllm:m", settings=settings).key_required


def test_a_price_and_an_alias_come_from_the_settings() -> None:
    price = Price(input=Decimal(1), output=Decimal(2))
    settings = Settings(prices={"azure:prod": price}, aliases={"azure:prod": "openai:gpt-5-mini"})

    found = target("azure:prod", settings=settings)

    assert found.price == price
    assert found.price_id == ("openai", "gpt-5-mini")


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("http://h:1", "http://h:1/v1"),
        ("http://h:1/", "http://h:1/v1"),
        ("http://h:1/v1", "http://h:1/v1"),
        ("http://h:1/v1/", "http://h:1/v1"),
        ("http://h:1/v1/chat/completions", "http://h:1/v1"),
        ("http://h:1/v1/chat/completions/", "http://h:1/v1"),
        ("http://h:1/chat/completions", "http://h:1/v1"),
        ("http://h:1/v1/responses", "http://h:1/v1"),
        ("http://h:1/v1/responses/", "http://h:1/v1"),
        ("http://h:1/api/v1?x=1", "http://h:1/api/v1"),
        ("http://h:1/custom", "http://h:1/custom"),
        ("h:1", "http://h:1/v1"),
        ("localhost", "http://localhost/v1"),
        ("10.0.0.7", "http://10.0.0.7/v1"),
        ("box.local", "http://box.local/v1"),
        ("proxy.example.org:8000", "http://proxy.example.org:8000/v1"),
        ("proxy.example.org", "https://proxy.example.org/v1"),
        ("proxy.example.org/openai", "https://proxy.example.org/openai"),
        (" https://h ", "https://h/v1"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_addresses_are_taken_as_people_paste_them(pasted: str, base: str) -> None:
    assert normal_base_url(pasted) == base


@given(
    host=st.from_regex(r"[a-z]{1,8}(:[1-9][0-9]{0,3})?", fullmatch=True),
    path=st.sampled_from(["", "/v1", "/api/v1", "/x"]),
    end=st.sampled_from(["", "/", "/chat/completions", "/chat/completions/", "/responses", "/responses/"]),
)
def test_an_address_that_is_taken_once_stays_as_it_is(host: str, path: str, end: str) -> None:
    base = normal_base_url(f"https://{host}{path}{end}")

    assert base == f"https://{host}{path or '/v1'}"
    assert normal_base_url(base) == base
