"""Several projects in one run of pytest: each case file belongs to the nearest configuration, and nothing is shared."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.plugin.project import completion, set_environment
from tests.transport.loopback import Asked, Loopback

CASES = """
version: 1
cases:
  - name: a
    user: Hi
    expect: {text: $NAME}
"""


class Two:
    """A folder with the projects `alpha` and `beta`, whose case files have the same path and name."""

    def __init__(self, pytester: pytest.Pytester, servers: dict[str, Loopback]) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.servers = servers
        for name in servers:
            self.write(name, name)

    def write(self, folder: str, name: str) -> None:
        """Write one project, whose provider `house` answers with the project's name."""
        top = self.root / folder
        (top / "cases").mkdir(parents=True, exist_ok=True)
        text = f"""
        [tool.prompt_contracts]
        models = ["house:small"]
        [tool.prompt_contracts.providers.house]
        base_url = "{self.servers[name].base_url}"
        api_key_env = "HOUSE_KEY"
        [tool.prompt_contracts.prices."house:small"]
        input = {1 if name == "alpha" else 3}.0
        output = 2.0
        """
        (top / "pyproject.toml").write_text(dedent(text), encoding="utf-8")
        self.cases(folder, name)

    def cases(self, folder: str, expected: str) -> None:
        path = self.root / folder / "cases" / "x.yaml"
        path.write_text(CASES.lstrip().replace("$NAME", expected), encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest(*arguments)

    @property
    def recordings(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.glob("**/cassettes/**/*.yaml"))


@pytest.fixture
def two(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """Two projects in one folder that has no configuration of pytest."""
    set_environment(monkeypatch)
    servers = {"alpha": Loopback(), "beta": Loopback()}
    for name, server in servers.items():
        server.answer = answering(name)
    yield Two(pytester, servers)
    for server in servers.values():
        server.close()


def answering(text: str):  # type: ignore[no-untyped-def]  # what the loopback takes
    def answer(asked: Asked):  # type: ignore[no-untyped-def]
        return completion(text=text)

    return answer


LAYOUTS = pytest.mark.parametrize("has_ini", [False, True], ids=["without-ini", "ini-above"])


def lay_out(two: Two, has_ini: bool) -> None:
    """Without an ini file pytest takes the first project for its root folder, and the second lies outside of it."""
    if has_ini:
        (two.root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")


def shown_commands(result: pytest.RunResult, word: str) -> list[list[str]]:
    """The commands that a run printed after a word."""
    found = (re.match(rf"\s*{word}\s+(pytest .*)", line) for line in result.outlines)
    return [shlex.split(match[1]) for match in found if match]


@LAYOUTS
def test_each_project_has_its_own_configuration_recordings_and_prices(two: Two, has_ini: bool) -> None:
    lay_out(two, has_ini)

    two.run("alpha", "beta", "--pc-record=rewrite").assert_outcomes(passed=2)

    assert two.recordings == ["alpha/cassettes/x/a/house/small.yaml", "beta/cassettes/x/a/house/small.yaml"]
    assert [len(server.asked) for server in two.servers.values()] == [1, 1]
    result = two.run("alpha", "beta", "--pc-report=report.json", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*alpha/cases/x.yaml::a[[]house:small] PASSED*", "*beta/cases/x.yaml::a[[]house:small] PASSED*"]
    )
    results = json.loads((two.root / "report.json").read_text("utf-8"))["results"]
    assert len({one["id"] for one in results}) == 2
    assert len({one["cassette"] for one in results}) == 2
    assert sorted(one["trials"][0]["cost_usd"] for one in results) == ["0.00003", "0.00007"]


@pytest.mark.parametrize(
    ("has_ini", "start", "workers"),
    [
        (False, ".", ()),
        (True, ".", ()),
        (False, "beta/cases", ()),
        (True, "beta", ()),
        (False, "other", ()),
        (False, ".", ("-n1",)),
        (True, "beta/cases", ("-n1",)),
    ],
)
def test_what_is_printed_can_be_typed_where_it_is_printed(
    two: Two, monkeypatch: pytest.MonkeyPatch, has_ini: bool, start: str, workers: tuple[str, ...]
) -> None:
    lay_out(two, has_ini)
    (two.root / "other").mkdir()
    monkeypatch.chdir(two.root / start)
    paths = [str(two.root / name) for name in ("alpha", "beta")]

    missing = two.run(*paths, *workers)

    missing.assert_outcomes(errors=2)
    (first,) = shown_commands(missing, "record")
    (rest,) = shown_commands(missing, "record all 2")
    two.run(*first[1:]).assert_outcomes(passed=1)
    two.run(*rest[1:]).assert_outcomes(passed=2)
    assert two.recordings == ["alpha/cassettes/x/a/house/small.yaml", "beta/cassettes/x/a/house/small.yaml"]
    two.cases("alpha", "nothing")
    two.cases("beta", "nothing")
    broken = two.run(*paths, *workers)
    broken.assert_outcomes(failed=2)
    for word in ("again", "re-record"):
        for command in shown_commands(broken, word):
            two.run(*command[1:]).assert_outcomes(failed=1)
    assert len(two.recordings) == 2


def test_places_start_from_where_pytest_was_started(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.run("alpha", "beta", "--pc-record=rewrite")
    two.cases("beta", "nothing")

    result = two.run("alpha", "beta")

    result.stdout.fnmatch_lines(
        [
            'beta/cases/x.yaml:5  text: expected "nothing", got "beta"',
            "  replayed   beta/cassettes/x/a/house/small.yaml*",
            "FAILED beta/cases/x.yaml::a[[]house:small] - text: *(beta/cases/x.yaml:5)",
        ]
    )
    monkeypatch.chdir(two.root / "beta")
    two.run().stdout.fnmatch_lines(["FAILED cases/x.yaml::a[[]house:small] - text: *(cases/x.yaml:5)"])


def test_a_project_within_another_is_its_own(two: Two) -> None:
    two.write(".", "alpha")
    two.write("inner", "beta")
    shutil.rmtree(two.root / "alpha")
    shutil.rmtree(two.root / "beta")

    two.run("--pc-record=rewrite").assert_outcomes(passed=2)

    assert two.recordings == ["cassettes/x/a/house/small.yaml", "inner/cassettes/x/a/house/small.yaml"]


def test_nothing_above_the_root_folder_of_pytest_is_looked_at(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.write(".", "alpha")
    (two.root / "beta" / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    monkeypatch.chdir(two.root / "beta")

    result = two.run("--pc-model=house:small")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PC123*unknown provider 'house'*"])


def test_a_configuration_of_pytest_beneath_does_not_change_the_project_of_a_printed_command(two: Two) -> None:
    two.write(".", "alpha")
    (two.root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    shutil.rmtree(two.root / "alpha")
    (two.root / "beta" / "pyproject.toml").unlink()
    (two.root / "beta" / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    two.run("cases", "--pc-record=once").assert_outcomes(passed=1)

    (command,) = shown_commands(two.run("cases", "beta"), "record")
    two.run(*command[1:]).assert_outcomes(failed=1)

    assert two.recordings == ["cassettes/beta/cases/x/a/house/small.yaml", "cassettes/x/a/house/small.yaml"]


@pytest.mark.parametrize(
    "pins", [("-c", "conf/pytest.ini"), ("--rootdir=alpha",), ("--rootdir=.", "-cconf/pytest.ini")]
)
def test_the_printed_command_repeats_what_was_said_of_the_root_folder(
    two: Two, monkeypatch: pytest.MonkeyPatch, pins: tuple[str, ...]
) -> None:
    (two.root / "conf").mkdir()
    (two.root / "conf" / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    monkeypatch.chdir(two.root)

    missing = two.run(*pins, "alpha", "beta")
    (first,) = shown_commands(missing, "record")
    (rest,) = shown_commands(missing, "record all 2")
    two.run(*first[1:]).assert_outcomes(passed=1)
    two.run(*rest[1:]).assert_outcomes(passed=2)

    assert two.recordings == ["alpha/cassettes/x/a/house/small.yaml", "beta/cassettes/x/a/house/small.yaml"]


def test_what_failed_last_is_found_again_in_every_project(two: Two) -> None:
    two.run("alpha", "beta", "--pc-record=rewrite")
    two.cases("beta", "nothing")
    two.run("alpha", "beta").assert_outcomes(passed=1, failed=1)

    two.run("alpha", "beta", "--lf").assert_outcomes(failed=1)


def test_a_key_of_one_project_is_shown_by_none(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOUSE_KEY")
    for name in ("alpha", "beta"):
        (two.root / name / ".env").write_text(f"HOUSE_KEY={name}-key-0123456789\n", encoding="utf-8")
        two.servers[name].answer = lambda asked: completion(text=asked.headers["authorization"].split()[-1])

    result = two.run("alpha", "beta", "--pc-live", "-n1", "--pc-report=report.json", "--junitxml=junit.xml")

    result.assert_outcomes(failed=2)
    written = [(two.root / name).read_text("utf-8") for name in ("report.json", "junit.xml")]
    assert [server.asked[0].headers["authorization"] for server in two.servers.values()] == [
        "Bearer alpha-key-0123456789",
        "Bearer beta-key-0123456789",
    ]
    assert not any("key-0123456789" in text for text in (*written, result.stdout.str()))


def test_two_projects_never_record_into_one_folder(two: Two) -> None:
    result = two.run("alpha", "beta", "--pc-record=rewrite", "--pc-cassettes=shared")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PC330*would keep their recordings in one folder*"])
    assert not any(server.asked for server in two.servers.values())


def test_all_keys_that_are_missing_are_told_at_once(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    path = two.root / "beta" / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("HOUSE_KEY", "BETA_KEY"), encoding="utf-8")
    monkeypatch.delenv("HOUSE_KEY")

    two.run("alpha", "beta", "--pc-live").stderr.fnmatch_lines(["*PC301 key not set: HOUSE_KEY, BETA_KEY.*"])


def test_a_wrong_configuration_is_told_with_its_folder(two: Two) -> None:
    (two.root / "beta" / "pyproject.toml").write_text("[tool.prompt_contracts]\nmodel = 1\n", encoding="utf-8")

    result = two.run("alpha", "beta")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PC330 beta/pyproject.toml: *unknown key 'model'*"])


def test_the_header_names_the_projects(two: Two) -> None:
    (two.root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    two.run("alpha", "beta").stdout.fnmatch_lines(["prompt-contracts: replay; projects alpha, beta"])


def reply(custom_id: str, text: str) -> str:
    body = json.loads(completion(text=text).body)
    return json.dumps({"custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None})


def test_a_reply_to_a_case_of_two_projects_is_never_judged(two: Two) -> None:
    (two.root / "replies.jsonl").write_text(reply("cases/x.yaml::a", "alpha") + "\n", encoding="utf-8")

    result = two.run("alpha", "beta", "--pc-replies=replies.jsonl")

    result.assert_outcomes(skipped=2, failed=1)
    result.stdout.fnmatch_lines(["*the id names a case in each of the projects*"])
    judged = two.pytester.run(
        sys.executable, "-m", "prompt_contracts", "judge", "alpha", "beta", "--replies", "replies.jsonl"
    )
    assert judged.ret == 1
    assert json.loads(judged.outlines[0])["failures"][0]["code"] == "reply.ambiguous"


def test_replies_are_judged_by_the_project_that_knows_their_case(two: Two) -> None:
    shutil.move(two.root / "beta" / "cases" / "x.yaml", two.root / "beta" / "cases" / "y.yaml")
    lines = [reply("cases/x.yaml::a", "alpha"), reply("cases/y.yaml::a", "beta")]
    (two.root / "replies.jsonl").write_text("\n".join(lines), encoding="utf-8")

    two.run("alpha", "beta", "--pc-replies=replies.jsonl").assert_outcomes(passed=2)
    judged = two.pytester.run(
        sys.executable, "-m", "prompt_contracts", "judge", "alpha", "beta", "--replies", "replies.jsonl"
    )

    assert judged.ret == 0
    assert [json.loads(line)["verdict"] for line in judged.outlines] == ["passed", "passed"]


def test_commands_take_each_file_in_its_project(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*arguments: str) -> pytest.RunResult:
        return two.pytester.run(sys.executable, "-m", "prompt_contracts", *arguments)

    assert command("check", "alpha", "beta").ret == 0
    two.cases("beta", "{$contans: a}")
    checked = command("check", "alpha", "beta")
    assert checked.ret == 1
    checked.stdout.fnmatch_lines(["beta/cases/x.yaml:5:*: PC101 *", "*expect: {text: {$contans: a}}*"])
    two.cases("beta", "beta")
    batch = command("batch", "alpha", "beta", "--model", "house:small")
    assert batch.ret == 1
    batch.stderr.fnmatch_lines(["nothing was written: cases/x.yaml::a* names a cell in more than one project*"])
    monkeypatch.chdir(two.root / "beta" / "cases")
    inner = command("batch", "x.yaml", "--model", "house:small")
    assert json.loads(inner.outlines[0])["custom_id"] == "cases/x.yaml::a[house:small]"
    command("check", "x.yaml").stderr.fnmatch_lines(["1 file*0 errors*"])
    assert command("schema").ret == 0
    assert (Path.cwd().parent / ".prompt-contracts" / "cases.schema.json").is_file()
