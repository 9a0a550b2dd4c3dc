"""Secrets stay out of texts."""

from __future__ import annotations

import base64
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.masking import mask
from prompt_contracts.secret import Environment, Secret, secrets_in

VALUE = "s3cr3t/value+42"


def test_a_secret_does_not_print_its_value() -> None:
    secret = Secret("OPENAI_API_KEY", VALUE)

    assert VALUE not in f"{secret} {secret!r} {[secret]}"


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "GH_TOKEN",
        "db_password",
        "CLIENT_SECRET",
        "MY_APIKEY",
        "DB_PASS",
        "GITLAB_PAT",
        "AWS_SECRET_ACCESS_KEY",
        "SSH_PASSPHRASE",
        "GITHUB_BEARER",
        "CARD_PIN",
        "X-Session",
    ],
)
def test_a_variable_whose_name_says_so_is_a_secret(name: str) -> None:
    assert [secret.name for secret in secrets_in({name: VALUE})] == [name]


@pytest.mark.parametrize("name", ["SPINNER", "PINS", "DESKTOP_SESSION", "SESSION", "FORBEARER"])
def test_words_that_only_hold_such_a_word_are_none(name: str) -> None:
    assert secrets_in({name: VALUE}) == ()


@pytest.mark.parametrize(
    "address",
    [
        f"https://x.azurewebsites.net/api?code={VALUE}",
        f"https://x.example/v1;key={quote(VALUE, safe='')}/chat",
        f"https://x.example/v1?a=1;key={VALUE};b=2",
    ],
)
def test_a_key_in_an_address_is_a_secret(address: str) -> None:
    assert VALUE in [secret.reveal() for secret in secrets_in({"HOUSE_URL": address})]


@pytest.mark.parametrize("name", ["KEYBOARD", "PATH", "MONKEY", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "PWD"])
def test_other_variables_are_none(name: str) -> None:
    assert secrets_in({name: VALUE}) == ()


def test_a_named_variable_is_a_secret_whatever_its_name() -> None:
    assert [secret.name for secret in secrets_in({"HOUSE": VALUE}, named=["HOUSE"])] == ["HOUSE"]


def test_a_short_value_is_no_secret_that_could_be_told_from_chance() -> None:
    assert secrets_in({"API_KEY": "1234567"}) == ()


def test_a_plain_number_is_no_secret() -> None:
    assert secrets_in({"TOKEN_LIMIT": "1000000000"}) == ()


@pytest.mark.parametrize("value", ['ab"cd\\ef-12345678', "pässwörd-12345678"])
def test_a_secret_inside_a_json_string_is_masked(value: str) -> None:
    secrets = secrets_in({"API_KEY": value})

    for ascii_only in (True, False):
        assert mask(json.dumps({"a": value}, ensure_ascii=ascii_only), secrets) == '{"a": "[API_KEY]"}'


def test_a_secret_that_was_cut_short_is_masked() -> None:
    secrets = secrets_in({"API_KEY": VALUE})

    assert mask(f"the key {VALUE[:9]}…", secrets) == "the key [API_KEY]…"
    assert mask(f"{VALUE[:9]} … {VALUE[-7:]} is it", secrets) == "[API_KEY] … [API_KEY] is it"


def test_masking_replaces_every_spelling() -> None:
    encoded = base64.b64encode(VALUE.encode()).decode()
    text = f"{VALUE} {quote(VALUE, safe='')} {encoded}"

    shown = mask(text, secrets_in({"API_KEY": VALUE}))

    assert shown.split() == ["[API_KEY]", "[API_KEY]", "[API_KEY]"]


@given(
    value=st.text(alphabet=string.ascii_letters + string.digits + "-_", min_size=8),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_masked_text_holds_the_value(value: str, before: str, after: str) -> None:
    shown = mask(before + value + after, secrets_in({"API_KEY": value}, named=["API_KEY"]))

    assert value not in shown.replace("[API_KEY]", "")


def test_a_value_that_another_one_hides_is_secret_too() -> None:
    environ = Environment({"A_KEY": "set-01234567", "B": "b"}, below={"A_KEY": "file-0123456", "C_KEY": "only-0123456"})

    assert dict(environ) == {"A_KEY": "set-01234567", "B": "b", "C_KEY": "only-0123456"}
    assert {(secret.name, secret.reveal()) for secret in secrets_in(environ)} == {
        ("A_KEY", "set-01234567"),
        ("A_KEY", "file-0123456"),
        ("C_KEY", "only-0123456"),
    }
    assert "0123456" not in repr(environ)
