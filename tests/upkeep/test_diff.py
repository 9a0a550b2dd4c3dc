"""`prompt-contracts cassettes diff` and `textconv`: what a reviewer reads of recordings, with git and without."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import Any

import pytest

from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.upkeep.readable_recording import recording_text_lines
from prompt_contracts.upkeep.recording_diff import recording_diff
from tests.upkeep.recordings import GREETS, PARTS, Cassettes, interaction, recording

SIGNED = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")


def git(cassettes: Cassettes, *words: str) -> str:
    command = ["git", *SIGNED, *words]
    return subprocess.run(command, cwd=cassettes.root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def committed(cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch) -> Cassettes:
    """The same project, all of it committed."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(cassettes.root / "no_such_file"))
    git(cassettes, "init", "-q", "-b", "main", ".")
    git(cassettes, "add", ".")
    git(cassettes, "commit", "-qm", "one")
    return cassettes


def confirmed(text: str) -> str:
    return text.replace("      trial: 1\n", "      trial: 1\n      confirmed: '2026-11-09'\n")


def test_nothing_changed_is_said(committed: Cassettes) -> None:
    assert committed.run("diff") == (0, "", "nothing changed since HEAD\n")


def test_what_another_answer_says_is_shown_and_no_id_or_time(committed: Cassettes) -> None:
    committed.record(GREETS, interaction(text="good day", at="2026-11-09T12:00:00Z", cost="0.0003"))

    code, out, err = committed.run("diff")

    assert (code, err) == (0, "1 recording changed since HEAD\n")
    assert out.splitlines() == [
        f"cassettes/{GREETS}  changed: answer, $0.00020 -> $0.00030",
        "            Say hello.",
        "        answered",
        "    -     hello",
        "    -   tokens 20 in, 5 out; cost $0.00020",
        "    +     good day",
        "    +   tokens 20 in, 5 out; cost $0.00030",
        "",
    ]


def test_an_entry_that_was_only_confirmed_says_so(committed: Cassettes) -> None:
    path = committed.root / "cassettes" / GREETS
    path.write_text(confirmed(path.read_text("utf-8")), encoding="utf-8")

    assert committed.run("diff") == (
        0,
        f"cassettes/{GREETS}  confirmed 2026-11-09\n",
        "1 recording changed since HEAD\n",
    )


def test_new_and_gone_recordings_are_shown_whole(committed: Cassettes) -> None:
    committed.record("greetings/new/house/small.yaml", interaction(text="salut"))
    (committed.root / "cassettes" / PARTS).unlink()

    lines = committed.run("diff")[1].splitlines()

    assert "cassettes/greetings/new/house/small.yaml  new" in lines
    assert f"cassettes/{PARTS}  gone" in lines
    assert "    +     salut" in lines
    assert any(line.startswith("    - ") for line in lines)


def test_a_revision_and_paths_may_be_named(committed: Cassettes) -> None:
    committed.record(GREETS, interaction(text="good day"))
    git(committed, "commit", "-qam", "two")
    committed.record(PARTS, interaction(user="Say goodbye.", text="so long"))

    assert GREETS not in committed.run("diff")[1]
    assert GREETS in committed.run("diff", "HEAD~1")[1]
    assert GREETS in committed.run("diff", "main~1", f"cassettes/{GREETS}")[1]
    assert PARTS not in committed.run("diff", "main~1", f"cassettes/{GREETS}")[1]
    assert PARTS in committed.run("diff", "cassettes/greetings")[1]
    committed.write("main", "a file of the name of a branch")
    assert committed.run("diff", "main")[0] == 2
    assert committed.run("diff", "elsewhere")[::2] == (
        2,
        "prompt-contracts cassettes diff: elsewhere: neither a revision nor a path\n",
    )


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "-p", "HEAD:cassettes", "$(touch x)", "HEAD^{tree}"])
def test_no_revision_is_an_option_or_a_command(committed: Cassettes, revision: str) -> None:
    before = sorted(committed.root.iterdir())
    try:
        code = committed.run("diff", "--", revision)[0]
    except SystemExit as end:
        code = int(str(end.code))

    assert code == 2
    assert sorted(committed.root.iterdir()) == before


def test_nothing_that_a_repository_configures_is_started(committed: Cassettes) -> None:
    trap = committed.root / "trapped"
    script = committed.root / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    for name in ("core.pager", "core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command",
                 "filter.x.smudge", "filter.x.clean", "alias.cat-file", "core.sshCommand", "core.editor"):  # fmt: skip
        git(committed, "config", name, str(script))
    committed.write(".gitattributes", "*.yaml diff=x filter=x\n")
    hook = committed.root / ".git" / "hooks" / "post-index-change"
    hook.write_text(script.read_text())
    hook.chmod(0o755)
    committed.record(GREETS, interaction(text="good day"))
    trap.unlink(missing_ok=True)

    assert committed.run("diff")[0] == 0
    assert not trap.exists()


def test_links_are_not_followed(committed: Cassettes, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "other.yaml"
    outside.write_text(recording(interaction(text="from elsewhere")), encoding="utf-8")
    (committed.root / "cassettes" / "link.yaml").symlink_to(outside)
    (committed.root / "cassettes" / "folder").symlink_to(outside.parent, target_is_directory=True)

    code, out, _ = committed.run("diff")

    assert (code, "from elsewhere" in out) == (0, False)
    assert committed.run("diff", "HEAD", str(outside))[0] == 2


def test_what_cannot_be_read_is_a_finding(committed: Cassettes) -> None:
    committed.write(f"cassettes/{GREETS}", "interactions: [")

    code, out, _ = committed.run("diff")

    assert code == 1
    assert out.startswith(f"cassettes/{GREETS}  cannot be read: it is not valid YAML")


def test_without_a_repository_or_git_the_call_is_wrong(cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(cassettes.root.parent))
    no_repository = cassettes.run("diff")
    monkeypatch.setenv("PATH", "")
    no_git = cassettes.run("diff")

    assert (no_repository[0], "not a git repository" in no_repository[2]) == (2, True)
    assert (no_git[0], "git is not there" in no_git[2]) == (2, True)


def test_secrets_are_covered_and_signs_for_the_terminal_are_shown(
    committed: Cassettes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_TOKEN", "a-secret-of-somebody")
    text = "say a-secret-of-somebody\x1b[31m and sk-abcdefghijklmnopqrstuvwxyz012345"
    committed.record(GREETS, interaction(text=text))
    long = "x" * 19_990 + "a-secret-of-somebody"
    committed.record(PARTS, interaction(text=long))

    shown = committed.run("diff")[1] + committed.run("textconv", f"cassettes/{GREETS}")[1]
    shown += committed.run("textconv", f"cassettes/{PARTS}")[1]

    assert "secret-of" not in shown
    assert "sk-abc" not in shown
    assert "\x1b" not in shown
    assert "[OTHER_TOKEN]" in shown
    assert "\\x1b[31m" in shown
    assert "xa-s" not in shown


def test_the_text_of_a_recording_tells_all_but_ids(cassettes: Cassettes) -> None:
    tools = [{"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}]
    call = {"id": "call_1", "type": "function", "function": {"name": "get", "arguments": '{"city": "Oslo"}'}}
    first = interaction("Rain?", temperature=0, tools=tools)
    answer = json.loads(first["response"]["body"]["string"])
    answer["choices"][0] = {
        "index": 0,
        "message": {"content": None, "tool_calls": [call]},
        "finish_reason": "tool_calls",
    }
    first["response"]["body"]["string"] = json.dumps(answer)
    second = interaction(text="It will.\nTake care.", temperature=0, tools=tools)
    asked: dict[str, Any] = json.loads(second["request"]["body"])
    asked["messages"] = [
        {"role": "user", "content": "Rain?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "yes"},
    ]
    second["request"]["body"] = json.dumps(asked)
    cassettes.record(GREETS, first, second)
    path = cassettes.root / "cassettes" / GREETS
    path.write_text(confirmed(path.read_text("utf-8")), encoding="utf-8")

    assert cassettes.run("textconv", f"cassettes/{GREETS}")[1].splitlines() == [
        "trial 1 (recorded 2026-11-03, confirmed 2026-11-09)",
        "  POST http://house.example/v1/chat/completions",
        "    model: small",
        "    temperature: 0",
        '    tool get: {"name": "get", "parameters": {"type": "object"}}',
        "    user",
        "      Rain?",
        "  answered",
        '    calls get: {"city": "Oslo"}',
        "  tokens 20 in, 5 out; cost $0.00020",
        "  POST http://house.example/v1/chat/completions",
        "    (1 message as before)",
        '    assistant calls get: {"city": "Oslo"}',
        "    tool",
        "      yes",
        "  answered",
        "    It will.",
        "    Take care.",
        "  tokens 20 in, 5 out; cost $0.00020",
    ]


def test_an_error_is_shown_with_its_kind(cassettes: Cassettes) -> None:
    refused = interaction(cost=None)
    refused["response"]["status"] = {"code": 429, "message": "Too Many Requests"}
    refused["response"]["body"]["string"] = '{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}'
    cassettes.record(GREETS, refused)

    out = cassettes.run("textconv", f"cassettes/{GREETS}")[1]

    assert "answered 429 rate_limit, code rate_limit_exceeded: slow down" in out
    assert "cost ?" in out


@pytest.mark.parametrize(
    "text", ["", "no: recording", "interactions: [", "\x00\xff", "a: !!python/object/apply:os.getcwd []"]
)
def test_textconv_ends_well_whatever_it_is_given(cassettes: Cassettes, text: str) -> None:
    cassettes.write("cassettes/x.yaml", text)

    code, out, _ = cassettes.run("textconv", "cassettes/x.yaml")

    assert (code, "no recording that can be read" in out) == (0, True)
    assert cassettes.run("textconv", "cassettes/none.yaml")[0] == 2


def test_a_change_behind_what_is_shown_is_seen_all_the_same() -> None:
    texts = [recording(interaction(text="x" * 30_000 + end)) for end in "ab"]
    one, other = ("\n".join(recording_text_lines(read_entries(text))) for text in texts)

    assert one != other
    assert len(one) < 25_000
    assert "more characters" in one
    assert recording_diff(*texts, cover=str).lines


def test_very_many_lines_are_not_compared() -> None:
    texts = [recording(interaction(text="\n".join(f"{word} {n}" for n in range(5_000)))) for word in ("one", "two")]

    assert recording_diff(*texts, cover=str).lines[-1].startswith("… ")


def test_git_shows_recordings_by_the_driver(committed: Cassettes) -> None:
    committed.write(".gitattributes", "cassettes/**/*.yaml diff=prompt-contracts\n")
    git(
        committed,
        "config",
        "diff.prompt-contracts.textconv",
        f"{sys.executable} -m prompt_contracts cassettes textconv",
    )
    committed.record(GREETS, interaction(text="good day", at="2026-11-09T12:00:00Z"))

    changed = [
        line for line in git(committed, "diff").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]

    assert changed == [
        "-trial 1 (recorded 2026-11-03)",
        "+trial 1 (recorded 2026-11-09)",
        "-    hello",
        "+    good day",
    ]
