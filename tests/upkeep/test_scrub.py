"""`prompt-contracts cassettes scrub`: what our recordings never hold goes out of those of others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.upkeep.scrubbing import scrub
from tests.real_cassettes import find_real_cassettes
from tests.upkeep.recordings import GREETS, Cassettes, interaction

KEY = "house-key-0123456789abcdef"
OPENAI_KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123"
FOREIGN = "theirs/test_it.yaml"
HEADERS = {"Authorization": [f"Bearer {KEY}"], "User-Agent": ["x"], "Cookie": ["a=b"]}
ANSWER_HEADERS = {
    "Set-Cookie": ["c=d", "e=f"],
    "openai-organization": ["acme"],
    "Date": ["Mon, 02 Nov 2026 10:00:00 GMT"],
}


def put(cassettes: Cassettes, *interactions: dict[str, Any], path: str = FOREIGN) -> Path:
    """A cassette as vcrpy writes it, with all that it holds."""
    return cassettes.write(
        f"cassettes/{path}", yaml.safe_dump({"interactions": list(interactions), "version": 1}, sort_keys=False)
    )


@pytest.fixture
def theirs(cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cassette of others that holds a key, cookies and an organization."""
    monkeypatch.setenv("HOUSE_KEY", KEY)
    url = "http://me:secret@house.example/v1/chat/completions?api_key=0123456789&x=1"
    return put(cassettes, interaction(trial=None, headers=HEADERS, answer_headers=ANSWER_HEADERS, uri=url))


def test_it_says_by_kind_what_each_file_holds_and_shows_no_value(cassettes: Cassettes, theirs: Path) -> None:
    before = theirs.read_bytes()

    code, out, said = cassettes.run("scrub")

    assert code == 1
    assert out == (
        f"would scrub  cassettes/{FOREIGN}: "
        "request headers authorization (the value of HOUSE_KEY), cookie and 1 other; "
        "response headers openai-organization, set-cookie; in addresses the parameter api_key, user and password\n"
    )
    assert said == "3 files · 1 to scrub; --apply does it\n"
    assert theirs.read_bytes() == before


def test_what_is_applied_replays_as_before_and_holds_none_of_it(cassettes: Cassettes, theirs: Path) -> None:
    before = read_entries(theirs.read_text("utf-8"))

    code, out, said = cassettes.run("scrub", "--apply")

    text = theirs.read_text("utf-8")
    assert (code, out.split()[0], said) == (0, "scrubbed", "3 files · 1 scrubbed\n")
    assert not any(word in text for word in (KEY, "cookie", "Cookie", "organization", "secret", "0123456789", "User"))
    after = read_entries(text)
    assert [(json.loads(each.body), each.status, each.recorded) for each in after] == [
        (json.loads(each.body), each.status, each.recorded) for each in before
    ]
    assert dict(after[0].headers)["date"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    assert cassettes.run("scrub") == (0, "", "3 files · nothing to scrub\n")


def test_a_secret_in_the_words_of_a_status_is_told_to_stay(
    cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", KEY)
    found = interaction(trial=None, headers=HEADERS)
    found["response"]["status"]["message"] = f"OK {KEY}"
    put(cassettes, found)
    place = f"LEFT         cassettes/{FOREIGN}: the value of HOUSE_KEY stands in the response status; "

    cassettes.run("scrub", "--apply")
    code, out, said = cassettes.run("scrub", "--apply")

    assert (code, out.startswith(place), out.count("\n")) == (1, True, 1), out
    assert "1 with a secret that stays" in said


def test_a_file_outside_of_the_project_is_not_called_a_link(cassettes: Cassettes, theirs: Path) -> None:
    outside = cassettes.root.parent / "outside.yaml"
    outside.write_bytes(theirs.read_bytes())

    _, out, _ = cassettes.run("scrub", "../outside.yaml")

    assert out.startswith(f"NOT scrubbed ../outside.yaml: it lies outside the project, at {outside.resolve()}\n")


def test_our_own_recordings_keep_every_byte(cassettes: Cassettes) -> None:
    before = {name: (cassettes.root / "cassettes" / name).read_bytes() for name in cassettes.files}

    assert cassettes.run("scrub", "--apply") == (0, "", "2 files · nothing to scrub\n")
    assert {name: (cassettes.root / "cassettes" / name).read_bytes() for name in cassettes.files} == before


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ({"user": f"My key is {OPENAI_KEY}"}, "the request body /messages/0/content"),
        ({"text": f"Your key is {OPENAI_KEY}"}, "the response body /choices/0/message/content"),
    ],
)
def test_a_secret_that_is_part_of_what_is_replayed_is_said_to_stay(
    cassettes: Cassettes, made: dict[str, Any], place: str
) -> None:
    path = put(cassettes, interaction(trial=None, headers={"authorization": ["x"]}, **made))

    code, out, said = cassettes.run("scrub", "--apply")

    assert code == 1
    assert f"LEFT         cassettes/{FOREIGN}: what looks like an OpenAI-style key (sk-…) stands in {place}" in out
    assert OPENAI_KEY not in out + said
    assert "authorization" not in path.read_text("utf-8")
    assert "1 with a secret that stays" in said


def test_a_key_of_the_env_file_is_found_in_a_compressed_answer(cassettes: Cassettes) -> None:
    cassettes.write(".env", f"HOUSE_KEY={KEY}\n")
    made = interaction(trial=None, text=f"It is {KEY}", answer_headers={"content-encoding": ["gzip"]})
    made["response"]["body"]["string"] = gzip.compress(made["response"]["body"]["string"].encode())
    put(cassettes, made)

    code, out, _ = cassettes.run("scrub")

    assert (code, "LEFT" in out, "the value of HOUSE_KEY stands in the response body" in out) == (1, True, True)


def test_what_stands_beside_the_interactions_goes(cassettes: Cassettes) -> None:
    path = cassettes.root / "cassettes" / GREETS
    path.write_text(f"# {OPENAI_KEY}\n" + path.read_text("utf-8"), encoding="utf-8")

    assert cassettes.run("scrub", "--apply")[0] == 0
    assert OPENAI_KEY not in path.read_text("utf-8")


def test_named_files_are_looked_at_wherever_they_lie(cassettes: Cassettes, theirs: Path, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere")) / "a.yaml"
    theirs.rename(elsewhere)

    assert cassettes.run("scrub", str(elsewhere), "--apply")[0] == 0
    assert KEY not in elsewhere.read_text("utf-8")
    assert cassettes.run("scrub", "nothing.yaml")[0] == 2


def test_no_link_is_written_through(cassettes: Cassettes, theirs: Path, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere")) / "a.yaml"
    theirs.rename(elsewhere)
    theirs.symlink_to(elsewhere)
    before = elsewhere.read_bytes()

    code, out, _ = cassettes.run("scrub", str(theirs), "--apply")

    assert (code, "NOT scrubbed" in out) == (1, True)
    assert cassettes.run("scrub", "--apply")[0] == 1
    assert elsewhere.read_bytes() == before


def test_what_the_environment_hides_in_the_env_file_is_looked_for_too(
    cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cassettes, interaction(trial=None, text=f"It is {KEY}"))
    cassettes.write(".env", f"HOUSE_KEY={KEY}\n")
    monkeypatch.setenv("HOUSE_KEY", "another-key-0123")

    code, out, _ = cassettes.run("scrub")

    assert (code, "the value of HOUSE_KEY stands in the response body" in out, KEY in out) == (1, True, False)


def test_a_link_that_is_passed_over_is_told(cassettes: Cassettes, theirs: Path, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere"))
    theirs.rename(elsewhere / "a.yaml")
    theirs.symlink_to(elsewhere / "a.yaml")
    theirs.with_name("shared").symlink_to(elsewhere, target_is_directory=True)
    theirs.with_name("again.yaml").symlink_to(cassettes.root / "cassettes" / cassettes.files[0])

    code, out, said = cassettes.run("scrub")

    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == [
        f"NOT looked at {(theirs.with_name('shared')).relative_to(cassettes.root).as_posix()}",
        f"NOT looked at {theirs.relative_to(cassettes.root).as_posix()}",
    ]
    assert said == "2 files · 2 links not looked at\n"
    assert "authorization" in cassettes.run("scrub", "cassettes", str(elsewhere))[1]
    assert "NOT looked at" not in cassettes.run("scrub", "cassettes", str(elsewhere))[1]


def test_json_is_told_and_not_written(cassettes: Cassettes, theirs: Path) -> None:
    path = theirs.with_suffix(".json")
    path.write_text(json.dumps(yaml.safe_load(theirs.read_text("utf-8"))), encoding="utf-8")
    before = path.read_bytes()

    code, out, _ = cassettes.run("scrub", str(path), "--apply")

    assert (code, "it is JSON" in out, "authorization" in out) == (1, True, True)
    assert path.read_bytes() == before


def test_a_broken_file_is_told_and_stops_nothing(cassettes: Cassettes, theirs: Path) -> None:
    cassettes.write("cassettes/a.yaml", "interactions: [\n")

    code, out, _ = cassettes.run("scrub", "--apply")

    assert (code, "a.yaml: PC204 it cannot be read" in out, KEY in theirs.read_text("utf-8")) == (1, True, False)


def test_control_characters_never_reach_the_terminal(cassettes: Cassettes) -> None:
    url = "http://house.example/\x1b[2J?\x1b]0;x\x07key=a&token=b"
    put(cassettes, interaction(trial=None, headers={"x-\x1b[31m-token": ["y"]}, uri=url))

    _, out, said = cassettes.run("scrub")

    assert "\x1b" not in out + said


def said(entry: Entry) -> object:
    """The JSON of an answer, or the answer as it came."""
    try:
        return json.loads(entry.body)
    except ValueError:
        return entry.body


@pytest.mark.parametrize("path", find_real_cassettes(), ids=lambda path: "/".join(path.parts[-3:]))
def test_real_recordings_are_scrubbed_without_changing_what_they_replay(path: Path) -> None:
    text = read_text(path)
    assert text is not None

    found = scrub(text, secrets=(), answer_texts=lambda _url, _response: ())

    assert not found.left
    if found.text is not None:
        again = scrub(found.text, secrets=(), answer_texts=lambda _url, _response: ())
        assert (again.text, again.taken, again.left) == (None, (), ())
        before, after = read_entries(text), read_entries(found.text)
        assert [(each.status, said(each)) for each in before] == [(each.status, said(each)) for each in after]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_who_may_read_a_file_may_read_it_still_and_nobody_else(cassettes: Cassettes, theirs: Path, mode: int) -> None:
    theirs.chmod(mode)

    cassettes.run("scrub", "--apply")

    assert KEY not in theirs.read_text("utf-8")
    assert theirs.stat().st_mode & 0o777 == mode
