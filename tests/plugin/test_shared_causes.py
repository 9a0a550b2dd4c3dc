"""What many items have in common is told once at the end of a run, with one command that mends all of them."""

from __future__ import annotations

import shlex

import pytest

from tests.plugin.project import Project

ROWS = [f"r{number}" for number in range(4)]
CASES = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Say hello to {{ who }}.
    rows: [{id: r0, who: Ann}, {id: r1, who: Bob}, {id: r2, who: Cid}, {id: r3, who: Dan}]
    expect: {tool_calls: none}
  - name: parts
    user: Say goodbye.
    expect: {tool_calls: none}
"""
IDS = [f"cases/weather.yaml::greets[{row}-house:small]" for row in ROWS]


@pytest.fixture
def polite(project: Project) -> Project:
    """A project whose model says something to everybody."""
    project.write(weather=CASES)
    project.answer_text("Hello!")
    return project


def section(result: pytest.RunResult) -> str:
    """All that the run shows under ERRORS and FAILURES."""
    text = result.stdout.str()
    return text[text.index("= ERRORS =") if "= ERRORS =" in text else text.index("= FAILURES =") :]


def command_in(text: str) -> list[str]:
    """The command that records all, as a person would type it."""
    (line,) = [line for line in text.splitlines() if line.startswith("  record all ")]
    return shlex.split(line)[line.split().index("pytest") + 1 :]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_one_changed_prompt_is_one_block_with_a_command_that_works(polite: Project, workers: tuple[str, ...]) -> None:
    polite.record()
    polite.write(weather=CASES.replace("Say hello", "Bid welcome"))

    result = polite.run(*workers)

    result.assert_outcomes(errors=4, passed=1)
    shown = section(result)
    assert shown.count("since then changed") == 1
    assert "and 3 more cells with the same cause:" in shown
    for each in IDS:
        assert f"ERROR {each} - PC202 " in shown
    assert shown.count("the same cause as that of cases/weather.yaml::greets[") == 3
    command = command_in(shown)
    assert command == ["cases", "--pc-record=stale"]
    before = len(polite.server.asked)
    polite.pytester.runpytest(*command, *workers).assert_outcomes(passed=5)
    assert len(polite.server.asked) == before + 4
    polite.run().assert_outcomes(passed=5)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_missing_recordings_are_one_block_and_what_is_there_stays(polite: Project, workers: tuple[str, ...]) -> None:
    polite.write(weather=CASES.replace("parts", "leaves"))
    polite.record("-k", "leaves")

    result = polite.run(*workers)

    result.assert_outcomes(errors=4, passed=1)
    command = command_in(section(result))
    assert command == ["cases", "--pc-record=once"]
    polite.pytester.runpytest(*command, *workers).assert_outcomes(passed=5)
    polite.run().assert_outcomes(passed=5)


def test_two_causes_are_two_blocks_and_one_command_records_both(polite: Project) -> None:
    polite.record()
    polite.write(weather=CASES.replace("Say hello", "Bid welcome").replace("Say goodbye", "Be off"))

    shown = section(polite.run())

    assert shown.count("with the same cause:") == 1
    assert command_in(shown) == ["cases", "--pc-record=stale"]
    asked = len(polite.server.asked)
    polite.run("--pc-record=stale").assert_outcomes(passed=5)
    assert len(polite.server.asked) == asked + 5


def test_what_was_selected_stays_selected(polite: Project) -> None:
    polite.run("-k", "parts")  # an earlier failure, which pytest remembers

    command = command_in(section(polite.run("-k", "greets and (r1 or r2)")))

    assert command == ["cases", "-k", "greets and (r1 or r2)", "--pc-record=once"]
    polite.pytester.runpytest(*command).assert_outcomes(passed=2, deselected=3)


def test_each_item_keeps_its_whole_text_in_the_junit_file(polite: Project) -> None:
    polite.run("--junitxml=junit.xml")

    assert (polite.root / "junit.xml").read_text("utf-8").count("record  pytest ") == 5


def test_no_command_relies_on_a_memory_of_failures(polite: Project) -> None:
    shown = section(polite.run("-p", "no:cacheprovider"))

    assert command_in(shown) == ["cases", "--pc-record=once"]


def test_one_mistake_in_the_defaults_is_shown_at_the_first_of_its_cases(project: Project) -> None:
    project.write(
        weather="version: 1\nmodels: [openai:gpt-5-mini]\ndefaults:\n  request: {max_tokens: 9}\ncases:\n"
        + "".join(f"  - {{name: c{number}, user: Hi, expect: {{text: a}}}}\n" for number in range(3))
    )

    result = project.run()

    result.assert_outcomes(failed=3)
    shown = section(result)
    assert shown.count("help: write max_completion_tokens") == 1
    assert shown.count("PC130: the same cause as that of cases/weather.yaml::c0, told there") == 2


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("greets", "hails", "mv cassettes/weather/greets cassettes/weather/hails"),
        ("id: r1", "id: one", "mv cassettes/weather/greets/r1 cassettes/weather/greets/one"),
    ],
    ids=["case", "row"],
)
def test_what_was_renamed_is_told_with_the_command_that_moves_its_recordings(
    polite: Project, old: str, new: str, moved: str
) -> None:
    polite.record()
    polite.write(weather=CASES.replace(old, new))

    shown = section(polite.run())

    (line,) = [line for line in shown.splitlines() if line.startswith("  move ")]
    assert line == f"  move    {moved}"
    polite.pytester.run(*shlex.split(moved))
    polite.run().assert_outcomes(passed=5)


def test_a_renamed_file_moves_with_all_of_its_recordings(polite: Project) -> None:
    polite.record()
    (polite.root / "cases" / "weather.yaml").rename(polite.root / "cases" / "talk.yaml")

    assert "  move    mv cassettes/weather cassettes/talk" in section(polite.run()).splitlines()


def test_the_command_to_move_works_where_it_is_printed(polite: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    polite.record()
    polite.write(weather=CASES.replace("greets", "hails"))
    monkeypatch.chdir(polite.root / "cases")

    result = polite.pytester.runpytest("weather.yaml", "--rootdir", "..", "-c", "../pyproject.toml")

    result.stdout.fnmatch_lines(["  move    mv ../cassettes/weather/greets ../cassettes/weather/hails"])


def test_a_recording_that_another_cell_uses_is_never_offered(polite: Project) -> None:
    """Two cases with the same request: the recording of one is not the lost recording of the other."""
    polite.write(weather=CASES.replace("Say goodbye", "Say hello to Ann"))
    polite.record("-k", "r0")

    assert "  move " not in section(polite.run("-k", "parts"))


def test_a_recording_of_a_file_that_was_not_loaded_is_never_offered(polite: Project) -> None:
    polite.write(weather=CASES, other=CASES)
    polite.record("cases/other.yaml")
    for path in (polite.root / "cassettes" / "weather").rglob("*.yaml"):
        path.unlink()

    assert "  move " not in section(polite.pytester.runpytest("cases/weather.yaml"))


def test_a_recording_of_a_broken_case_is_never_offered(polite: Project) -> None:
    polite.record()
    text = CASES.replace("name: parts\n    user", "name: parts\n    usr")
    polite.write(weather=text + "  - {name: leaves, user: Say goodbye., expect: {tool_calls: none}}\n")

    assert "  move " not in section(polite.run())


def test_a_file_moves_alone_where_no_folder_was_renamed(polite: Project) -> None:
    polite.record()
    polite.write(
        weather=CASES.replace("user: Say goodbye.", "user: Say {{ what }}.\n    rows: [{id: bye, what: goodbye}]")
    )

    (line,) = [line for line in section(polite.run()).splitlines() if line.startswith("  move ")]

    folder = "cassettes/weather/parts"
    assert (
        line == f"  move    mkdir -p {folder}/bye/house && mv {folder}/house/small.yaml {folder}/bye/house/small.yaml"
    )
