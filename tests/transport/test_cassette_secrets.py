"""No secret reaches a file: dropped where it has a place of its own, refused where it has not."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from prompt_contracts.errors import SecretFound
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.transport.redaction import stored_url
from tests.transport.loopback import KEY, Answer, Loopback, Workshop

SHAPES = {
    "sk-proj-" + "a1B2" * 8: "OpenAI-style key",
    "gsk_" + "a1B2" * 10: "Groq key",
    "xai-" + "a1B2" * 15: "xAI key",
    "AIza" + "a" * 35: "Google API key",
    "hf_" + "aB" * 17: "Hugging Face token",
    "r8_" + "aB" * 18: "Replicate token",
    "pplx-" + "ab" * 20: "Perplexity key",
    "tvly-dev-" + "ab" * 12: "Tavily key",
    "AKIA" + "ABCD" * 4: "AWS access key",
    "ghp_" + "a1" * 18: "GitHub token",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln": "JSON web token",
    "Bearer 0123456789abcdef": "bearer token",
    "-----BEGIN RSA PRIVATE KEY-----": "private key",
    "api-key: 0123456789abcdef0123456789abcdef": "api-key header",
}


def refusal(workshop: Workshop, request: ApiRequest | None = None) -> str:
    """The message with which a recording is refused; checks that nothing was written."""
    cell = workshop.open("rewrite")
    cell.send(request or workshop.request(), trial=1)
    with pytest.raises(SecretFound) as caught:
        cell.save()
    assert not list(workshop.root.rglob("*.tmp"))
    return str(caught.value)


def test_the_key_goes_over_the_wire_and_not_into_the_file(workshop: Workshop, server: Loopback) -> None:
    workshop.record()

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in workshop.text
    assert "authorization" not in workshop.text.lower()


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("Location", "https://ada:hush@b.example/v1/x?ticket=hush#hush", "https://b.example/v1/x"),
        ("Location", "/elsewhere?ticket=hush", "/elsewhere"),
        ("Location", "https://b.example/v1", "https://b.example/v1"),
        ("X-Request-Id", "a?b", "a?b"),
        ("Set-Cookie", "ticket=hush", None),
    ],
)
def test_of_an_address_in_a_header_no_more_is_kept_than_where_it_leads(
    workshop: Workshop, server: Loopback, name: str, sent: str, kept: str | None
) -> None:
    server.answer = lambda asked: Answer(headers=((name, sent),), body=b"{}")
    workshop.record()

    replayed = workshop.open().send(workshop.request(), trial=1).response

    assert replayed is not None
    assert replayed.header(name.lower()) == kept
    assert "hush" not in workshop.text


def test_an_api_key_header_is_used_where_the_target_says_so(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.open("once", auth="api-key")
    cell.send(workshop.request(), trial=1)

    assert server.asked[0].headers["api-key"] == KEY
    assert "authorization" not in server.asked[0].headers


def test_no_key_is_sent_where_none_is_declared(workshop: Workshop, server: Loopback) -> None:
    workshop.open("once", api_key_env=None).send(workshop.request(), trial=1)

    assert "authorization" not in server.asked[0].headers


def test_extra_headers_are_sent_and_not_recorded(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.open("once", headers={"X-Team": "search"})
    cell.send(workshop.request(), trial=1)
    cell.save()

    assert server.asked[0].headers["x-team"] == "search"
    assert "search" not in workshop.text


def test_only_listed_headers_of_an_answer_are_recorded_whatever_their_case(
    workshop: Workshop, server: Loopback
) -> None:
    names = (
        "SET-COOKIE",
        "OpenAI-Organization",
        "openai-project",
        "X-RateLimit-Remaining",
        "RETRY-AFTER",
        "Server",
    )
    server.answer = lambda asked: Answer(headers=tuple((name, f"value-of-{name}") for name in names))
    workshop.record()

    assert {name for name in names if f"value-of-{name}" in workshop.text} == {
        "X-RateLimit-Remaining",
        "RETRY-AFTER",
    }


def test_cookies_are_never_sent_back(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=(("Set-Cookie", "session=1; Path=/"),))
    workshop.record(workshop.request(), workshop.request())

    assert "cookie" not in server.asked[1].headers


def test_a_key_among_the_parameters_of_a_path_is_not_recorded(workshop: Workshop) -> None:
    url = f"{workshop.base_url}/chat;key=hush-hush;version=1"
    workshop.record(ApiRequest(method="POST", url=url, body={}))

    assert "hush-hush" not in workshop.text
    assert "/chat;version=1" in workshop.text


@pytest.mark.parametrize("name", ["key", "api-key", "API_KEY", "token", "access_token", "code", "a=1;key"])
def test_keys_in_the_query_are_sent_and_not_recorded(workshop: Workshop, server: Loopback, name: str) -> None:
    url = f"{workshop.base_url}/chat?api-version=1&{name}=hush-hush"
    workshop.record(ApiRequest(method="POST", url=url, body={}))

    assert "hush-hush" in server.asked[0].path
    assert "hush-hush" not in workshop.text
    assert "api-version=1" in workshop.text
    assert workshop.open().send(ApiRequest(method="POST", url=url, body={}), trial=1).is_replayed


def test_user_and_password_in_the_address_are_not_recorded(workshop: Workshop) -> None:
    url = f"{workshop.base_url}/chat".replace("://", "://user:hush-hush@")
    workshop.record(ApiRequest(method="POST", url=url, body={}))

    assert "hush" not in workshop.text


@pytest.mark.parametrize(
    "spell",
    [str, lambda key: quote(key, safe=""), lambda key: base64.b64encode(key.encode()).decode()],
    ids=["plain", "quoted", "base64"],
)
def test_a_secret_in_a_message_is_refused_in_every_spelling(workshop: Workshop, spell: object) -> None:
    assert callable(spell)
    workshop.environ["HOUSE_KEY"] = "key/with+odd=characters"

    message = refusal(workshop, workshop.request(f"use {spell('key/with+odd=characters')}"))

    assert "the value of HOUSE_KEY stands in the request body /messages/0/content" in message
    assert "odd" not in message


def test_any_secret_variable_counts_not_only_the_provider_s(workshop: Workshop) -> None:
    workshop.environ["DATABASE_PASSWORD"] = "correct horse battery"

    assert "DATABASE_PASSWORD" in refusal(workshop, workshop.request("correct horse battery staple"))


def test_an_answer_that_echoes_the_key_is_refused(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(
        status=401, body=json.dumps({"error": {"message": asked.headers["authorization"]}}).encode()
    )

    assert "the response body /error/message" in refusal(workshop)


def test_a_compressed_answer_is_looked_into(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(
        headers=(("Content-Encoding", "gzip"),), body=gzip.compress(f"your key {KEY}".encode())
    )

    assert "the response body" in refusal(workshop)


def test_a_key_spelt_with_json_escapes_is_found(workshop: Workshop, server: Loopback) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in KEY)
    server.answer = lambda asked: Answer(body=f'{{"a": "{escaped}"}}'.encode())

    assert "the response body /a" in refusal(workshop)


def test_a_key_in_json_inside_json_is_found(workshop: Workshop, server: Loopback) -> None:
    workshop.environ["HOUSE_KEY"] = 'a"quoted"\\key'
    inner = json.dumps({"city": 'a"quoted"\\key'})
    request = workshop.request()
    server.answer = lambda asked: Answer(body=json.dumps({"arguments": inner}).encode())
    cell = workshop.open("once", api_key_env=None)
    cell.send(request, trial=1)

    with pytest.raises(SecretFound, match="the response body /arguments"):
        cell.save()


def test_a_key_in_a_repeated_json_key_is_found(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(body=f'{{"a": "{KEY}", "a": "calm"}}'.encode())

    assert "the response body /a" in refusal(workshop)


def test_a_key_among_bytes_that_are_no_text_is_found(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(body=b"\xff\xfe" + KEY.encode())

    assert "the response body" in refusal(workshop)


def test_a_key_in_a_recorded_header_is_found(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=(("X-Request-Id", KEY),))

    assert "the response header x-request-id" in refusal(workshop)


def test_a_key_in_the_path_of_the_address_is_found(workshop: Workshop) -> None:
    request = ApiRequest(method="POST", url=f"{workshop.base_url}/{KEY}/chat", body={})

    assert "the address" in refusal(workshop, request)


@pytest.mark.parametrize("key", SHAPES)
def test_the_shape_of_a_key_is_refused_and_named(workshop: Workshop, key: str) -> None:
    message = refusal(workshop, workshop.request(f"please use\n{key}"))

    assert SHAPES[key] in message
    assert key not in message


@pytest.mark.parametrize(
    "text",
    [
        "The API wants Bearer authentication, and bearer authorization headers.",
        "Incorrect API key provided: sk-proj-****************abcd.",
        "task-management-for-everybody-and-more",
        "chatcmpl-BZ8blO4x3ynTj8awD7YPWEqaUByIy call_Kd281qYCh92tVGg73bPsF1HZ fp_0123456789abcdef0123",
    ],
)
def test_prose_and_ids_are_no_keys(workshop: Workshop, text: str) -> None:
    workshop.record(workshop.request(text))

    assert workshop.path.exists()


def test_the_old_file_stays_when_a_secret_is_found(workshop: Workshop) -> None:
    workshop.record()
    before = workshop.text

    refusal(workshop, workshop.request(KEY))

    assert workshop.text == before


def test_a_foreign_recording_loses_its_cookies_when_it_is_saved_again(workshop: Workshop) -> None:
    workshop.write(
        "interactions:\n- request: {method: GET, uri: 'http://x/?key=hush', body: null,"
        " headers: {Cookie: [chocolate]}}\n"
        "  response: {status: {code: 200, message: OK}, headers: {Set-Cookie: [vanilla]},"
        " body: {string: hello}}\nversion: 1\n"
    )
    workshop.record(mode="new_episodes")

    assert "hello" in workshop.text
    assert not [word for word in ("chocolate", "vanilla", "hush") if word in workshop.text]


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://ada:hush@b.example/v1?team=a&key=hush#hush", "https://b.example/v1?team=a"),
        ("https://b.example/v1?API_KEY=hush&api-version=1", "https://b.example/v1?api-version=1"),
        ("https://ada:hush@[b/v1?key=hush", "[b/v1"),
        ("https://[b/v1", "https://[b/v1"),
    ],
)
def test_an_address_is_stored_without_what_may_be_a_key(url: str, stored: str) -> None:
    assert stored_url(url) == stored
