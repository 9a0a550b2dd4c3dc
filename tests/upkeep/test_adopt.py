"""`prompt-contracts cassettes adopt`: a cassette of vcrpy or pytest-recording becomes the recording of a cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from prompt_contracts.transport.cassette_file import read_entries
from tests.real_cassettes import find_real_cassettes
from tests.upkeep.recordings import GREETS, PARTS, Cassettes, interaction
from tests.upkeep.test_scrub import HEADERS, KEY

CELL = "cases/greetings.yaml::greets[house:small]"
DATE = {"Date": ["Mon, 02 Nov 2026 10:00:00 GMT"], "Set-Cookie": ["a=b"]}


def theirs(cassettes: Cassettes, *interactions: dict[str, Any], name: str = "tests/cassettes/test_it.yaml") -> Path:
    """A cassette of another test suite."""
    document = {"interactions": list(interactions), "version": 1}
    text = json.dumps(document) if name.endswith(".json") else yaml.safe_dump(document, sort_keys=False)
    return cassettes.write(name, text)


@pytest.fixture
def empty(cassettes: Cassettes) -> Cassettes:
    """The same project without recordings."""
    (cassettes.root / "cassettes" / GREETS).unlink()
    (cassettes.root / "cassettes" / PARTS).unlink()
    return cassettes


@pytest.mark.parametrize("name", ["tests/cassettes/test_it.yaml", "theirs.json"])
def test_the_interactions_that_answer_the_cell_become_its_recording(empty: Cassettes, name: str) -> None:
    other = interaction("Say something else.", "🙂", trial=None)
    theirs(empty, other, interaction(trial=None, headers=HEADERS, answer_headers=DATE), name=name)

    code, out, said = empty.run("adopt", name, "--case", CELL)

    assert (code, out, said) == (0, "", f"wrote cassettes/{GREETS}: 1 interaction of 2, for {CELL}\n")
    text = (empty.root / "cassettes" / GREETS).read_text("utf-8")
    (entry,) = read_entries(text)
    assert (entry.recorded.trial, entry.recorded.at) == (1, "2026-11-02T10:00:00Z")
    assert (entry.recorded.cost, entry.recorded.latency) == (None, None)
    assert not any(word in text for word in (KEY, "authorization", "cookie"))
    assert empty.listed()[GREETS]["use"] == "used"


def test_the_cell_replays_with_it(empty: Cassettes, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(empty.root)
    theirs(empty, interaction(trial=None))

    assert empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)[0] == 0
    pytester.runpytest("-k", "greets", "cases").assert_outcomes(passed=1, deselected=1)


def test_each_trial_takes_an_answer_of_its_own(empty: Cassettes) -> None:
    theirs(empty, *(interaction("Say goodbye.", f"bye {word}", trial=None) for word in ("a", "b", "c")))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", "cases/greetings.yaml::parts")

    entries = read_entries((empty.root / "cassettes" / PARTS).read_text("utf-8"))
    assert (code, "2 interactions of 3" in said) == (0, True)
    assert [
        (each.recorded.trial, b"bye " + word in each.body) for each, word in zip(entries, (b"a", b"b"), strict=True)
    ] == [
        (1, True),
        (2, True),
    ]


def test_too_few_answers_are_said_and_nothing_is_written(empty: Cassettes) -> None:
    theirs(empty, interaction("Say goodbye.", "bye", trial=None))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", "cases/greetings.yaml::parts")

    assert (code, empty.files) == (1, [])
    assert "trial 2 is not among them" in said


def test_a_difference_of_the_request_is_said_and_nothing_is_written(empty: Cassettes) -> None:
    theirs(empty, interaction("Say hi.", trial=None, temperature=0.5))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)

    assert (code, empty.files) == (1, [])
    assert "PC202" in said
    assert '~ /messages/0/content: "Say hi." -> "Say hello."' in said
    assert "- /temperature: 0.5" in said


def test_another_address_is_said(empty: Cassettes) -> None:
    theirs(empty, interaction(trial=None, uri="https://api.openai.com/v1/chat/completions"))

    _, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)

    assert '~ url: "https://api.openai.com/v1/chat/completions" -> "http://house.example/v1/chat/completions"' in said


def test_what_is_there_stays_unless_told_otherwise(cassettes: Cassettes) -> None:
    path = cassettes.root / "cassettes" / GREETS
    before = path.read_bytes()
    theirs(cassettes, interaction(text="hello again", trial=None))

    code, _, said = cassettes.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)
    assert (code, path.read_bytes() == before) == (1, True)
    assert f"cassettes/{GREETS} is there already; --force writes over it" in said

    assert cassettes.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL, "--force")[0] == 0
    assert b"hello again" in path.read_bytes()


def test_a_secret_in_an_answer_is_never_written(empty: Cassettes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", KEY)
    theirs(empty, interaction(text=f"hello {KEY}", trial=None))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)

    assert (code, empty.files) == (1, [])
    assert "PC203 the value of HOUSE_KEY stands in the response body" in said
    assert KEY not in said
    assert "/prompt-contracts-" not in said  # the file in which nobody looks


def test_an_error_that_the_case_does_not_declare_is_not_adopted(empty: Cassettes) -> None:
    failed = interaction(trial=None)
    failed["response"]["status"] = {"code": 400, "message": "Bad Request"}
    failed["response"]["body"] = {"string": '{"error": {"message": "no", "type": "invalid_request_error"}}'}
    theirs(empty, failed)

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL)

    assert (code, empty.files) == (1, [])
    assert "the provider failed there in a way that the case does not declare" in said


def test_nothing_is_written_through_a_link_out_of_the_project(empty: Cassettes, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere"))
    (empty.root / "cassettes/greetings").rename(elsewhere / "greetings")
    (empty.root / "cassettes/greetings").symlink_to(elsewhere / "greetings")
    theirs(empty, interaction(trial=None))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", CELL, "--force")

    assert (code, "outside the project" in said) == (1, True)
    assert not list(elsewhere.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("file", "case"),
    [
        ("nothing.yaml", CELL),
        ("broken.yaml", CELL),
        ("tests/cassettes/test_it.yaml", "cases/greetings.yaml"),
        ("tests/cassettes/test_it.yaml", "cases/greetings.yaml::nobody"),
        ("tests/cassettes/test_it.yaml", "cases/nothing.yaml::greets"),
    ],
)
def test_a_wrong_call_is_a_usage_error(empty: Cassettes, file: str, case: str) -> None:
    theirs(empty, interaction(trial=None))
    empty.write("broken.yaml", "interactions: [\n")

    assert empty.run("adopt", file, "--case", case)[0] == 2
    assert empty.files == []


def test_a_name_of_several_cells_asks_for_one_of_them(empty: Cassettes) -> None:
    empty.write(
        "cases/rows.yaml",
        """
        version: 1
        models: [house:small]
        cases:
          - {name: a, user: "{{ x }}", rows: [{id: p, x: b}, {id: q, x: c}], expect: {text: a}}
        """,
    )
    theirs(empty, interaction(trial=None))

    code, _, said = empty.run("adopt", "tests/cassettes/test_it.yaml", "--case", "cases/rows.yaml::a")

    assert (code, "give one of them: a[p-house:small], a[q-house:small]" in said) == (2, True)


def chats() -> list[Path]:
    """Real recordings of one chat, not of an error."""
    found = []
    for path in find_real_cassettes():
        entries = read_entries(path.read_text("utf-8"))
        if len(entries) == 1 and entries[0].url.endswith("/chat/completions") and entries[0].status == 200:
            found.append(path)
    return found


@pytest.mark.parametrize("path", chats(), ids=lambda path: path.stem)
def test_real_recordings_become_those_of_a_case_that_asks_the_same(empty: Cassettes, path: Path) -> None:
    (entry,) = read_entries(path.read_text("utf-8"))
    body = json.loads(entry.request_body or b"")
    base = entry.url.partition("?")[0].removesuffix("/chat/completions")
    empty.write("pyproject.toml", f'[tool.prompt_contracts.providers.theirs]\nbase_url = "{base}"\n')
    case = {
        "name": "same",
        "messages": body.pop("messages"),
        "tools": body.pop("tools", []),
        "request": {key: value for key, value in body.items() if key != "model"},
        "expect": {"text": {"$not": {"$contains": "qqq"}}},
    }
    if not case["tools"]:
        del case["tools"]
    document = {"version": 1, "models": [f"theirs:{body['model']}"], "cases": [case]}
    empty.write("cases/same.yaml", json.dumps(document))

    code, _, said = empty.run("adopt", str(path), "--case", "cases/same.yaml::same")

    assert (code, empty.files != []) == (0, True), said
