"""What a run that may spend says of its costs before it begins."""

from __future__ import annotations

import re

import pytest

from tests.plugin.project import Project, completion

LIMITED = (
    "version: 1\nmodels: [house:small]\ncases:\n  - name: a\n    user: Hi\n    request: {max_tokens: 200}\n    %s\n"
)
FINE = "expect: {text: fine}"


@pytest.fixture(autouse=True)
def _fine(project: Project) -> None:
    project.write(weather=LIMITED % FINE)
    project.answer_text("fine")


def header(result: pytest.RunResult) -> str:
    """The line above the results."""
    return next(line for line in result.stdout.lines if line.startswith("prompt-contracts:"))


def test_what_was_recorded_before_is_expected_again(project: Project) -> None:
    project.record()

    found = header(project.run("--pc-record=rewrite"))

    assert found == "prompt-contracts: record (rewrite); 1 call: house:small 1 ~ $0.000030 (recorded before)"


def test_more_trials_cost_more(project: Project) -> None:
    project.record("--pc-trials=2")

    found = header(project.run("--pc-live", "--pc-trials=6"))

    assert found.endswith("trials 6; 6 calls: house:small 6 ~ $0.00018 (recorded before)")


def test_only_what_is_missing_is_counted(project: Project) -> None:
    project.record("--pc-trials=2")

    found = header(project.run("--pc-record=new_episodes", "--pc-trials=3"))

    assert found.endswith("1 call: house:small 1 ~ $0.000030 (recorded before)")
    assert header(project.run("--pc-record=once")).endswith("; nothing to ask")


def test_without_a_recording_it_is_at_most_what_size_and_limit_allow(project: Project) -> None:
    found = header(project.run("--pc-live"))

    size = len(project.server.asked[0].body)
    assert found.endswith(f"1 call: house:small 1 ≤ ${(size + 256 + 400) / 1_000_000:.5f}")


def test_each_model_is_told_with_what_is_known_of_it(project: Project) -> None:
    project.record()
    project.write(weather=(LIMITED % FINE).replace("[house:small]", "[house:small, house:dear]"))

    found = header(project.run("--pc-live", "--collect-only"))

    assert found.endswith("2 calls: house:small 1 ~ $0.000030 (recorded before), house:dear 1 ?")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ((LIMITED % FINE).replace("    request: {max_tokens: 200}\n", ""), "1 call: house:small 1 ?"),
        ((LIMITED % "turns: [{user: One, expect: {text: fine}}, {user: Two}]").replace("    user: Hi\n", ""),
         "2 calls: house:small 2 ?"),
        ((LIMITED % f"handler: bots:reply\n    {FINE}").replace("    request: {max_tokens: 200}\n", ""),
         "1 call or more: house:small 1 ?"),
    ],
)  # fmt: skip
def test_what_nobody_can_tell_is_a_question_mark_and_never_nothing(project: Project, text: str, said: str) -> None:
    (project.root / "bots.py").write_text("def reply(turn): return 'fine'\n", encoding="utf-8")
    project.write(weather=text)

    assert header(project.run("--pc-live", "--collect-only")).endswith(said)


def test_a_recording_of_another_tool_is_priced_now(project: Project) -> None:
    project.record()
    path = project.root / "cassettes" / project.cassettes[0]
    path.write_text(re.sub(r"    prompt_contracts:\n(?:      .*\n)+", "", path.read_text("utf-8")), encoding="utf-8")

    assert header(project.run("--pc-live")).endswith("1 call: house:small 1 ~ $0.000030 (recorded before)")


def test_a_damaged_recording_is_none(project: Project) -> None:
    project.record()
    (project.root / "cassettes" / project.cassettes[0]).write_text("interactions: []\n", encoding="utf-8")

    assert " 1 ≤ $0.000" in header(project.run("--pc-live"))


def test_it_is_a_dry_run_with_collect_only(project: Project) -> None:
    result = project.run("--pc-record=once", "--collect-only")

    assert "; 1 call: house:small 1 ≤ $0.00" in header(result)
    assert not project.server.asked


@pytest.mark.parametrize("options", [("-q", "--pc-live"), (), ("--pc-live", "--setup-plan")])
def test_nothing_is_said_of_what_is_not_asked_or_not_wanted(project: Project, options: tuple[str, ...]) -> None:
    project.record()

    assert "house:small" not in header(project.run(*options))


def test_what_does_not_run_is_not_counted(project: Project) -> None:
    project.write(weather=(LIMITED % f"skip: later\n    {FINE}") + "  - {name: b, user: Hi, expect: {text: other}}\n")
    project.run("--pc-live")

    assert "1 call: house:small 1 ?" in header(project.run("--pc-live", "--lf"))
    assert "1 call: house:small 1 ?" in header(project.run("--pc-live", "--deselect", "cases/weather.yaml::a"))


@pytest.mark.parametrize("more", [FINE, f"handler: bots:reply\n    {FINE}"])
def test_a_server_of_ones_own_costs_nothing(project: Project, more: str) -> None:
    (project.root / "bots.py").write_text("def reply(turn): return 'fine'\n", encoding="utf-8")
    text = (LIMITED % more).replace("house:small", "vllm:small")
    project.write(weather=text if more == FINE else text.replace("    request: {max_tokens: 200}\n", ""))

    assert header(project.run("--pc-live", "--collect-only")).endswith(": vllm:small 1 $0")


def test_of_a_large_suite_some_cells_stand_for_the_rest(project: Project) -> None:
    rows = ", ".join(f"{{id: r{number}, word: w{number}}}" for number in range(700))
    text = LIMITED.replace("user: Hi", 'user: "{{ word }}"') % f"rows: [{rows}]\n    {FINE}"
    project.write(weather=text)
    project.answer(completion(text="fine"))

    found = header(project.run("--pc-live", "--collect-only"))

    assert re.search(r"700 calls: house:small 700 ~ \$0\.\d+ \(at most; 600 of 700 cells looked at\)$", found)
