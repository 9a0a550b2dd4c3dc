"""`--pc-budget`: what could pass the sum is not sent, and is an error of its own kind."""

from __future__ import annotations

import json
from decimal import Decimal
from threading import Lock

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

HEAD = "version: 1\nmodels: [house:small]\ncases:\n"


def case(name: str, *lines: str) -> str:
    """A case whose answers are limited; one of them costs $0.00003, and could cost some $0.00085."""
    return "".join(
        f"{line}\n"
        for line in (
            f"  - name: {name}",
            "    user: Hi",
            "    request: {max_tokens: 200}",
            *(f"    {line}" for line in lines),
        )
    )


FINE = "expect: {text: fine}"
FOUR = HEAD + "".join(case(name, FINE) for name in ("alpha", "beta", "gamma", "delta"))
TWO_CALLS = "--pc-budget=0.0009"
"""Enough for the bound of one request beside what a few cost."""


@pytest.fixture(autouse=True)
def _fine(project: Project) -> None:
    project.write(weather=FOUR)
    project.answer_text("fine")


def billed(project: Project) -> Decimal:
    """What the server was asked, at $0.00003 each."""
    return len(project.server.asked) * Decimal("0.00003")


def most(project: Project) -> Decimal:
    """What one of the requests can cost: bytes and 256 more at $1, 200 tokens at $2, for a million."""
    return Decimal(len(project.server.asked[0].body) + 256 + 400) / 1_000_000


def test_what_could_pass_the_sum_is_not_sent(project: Project) -> None:
    project.run("--pc-live", "-k", "alpha")
    budget = most(project) + Decimal("0.00004")
    project.server.asked.clear()

    result = project.run("--pc-live", f"--pc-budget={budget}")

    result.assert_outcomes(passed=2, errors=2)
    assert len(project.server.asked) == 2
    assert billed(project) <= budget
    result.stdout.fnmatch_lines(
        [
            f"prompt-contracts: live calls, nothing recorded; budget ${budget}*",
            f"cases/weather.yaml:*  budget: PC310 not sent: $0.00006 of ${budget} is spent*could cost ${most(project)}",
            "  help: raise --pc-budget, limit the answers further, or ask the rest later with --pc-live --pc-retry*",
            "spent now $0.000060 of $*",
        ]
    )


def test_a_budget_that_suffices_changes_nothing(project: Project) -> None:
    result = project.run("--pc-live", "--pc-budget=1")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*budget $1*", "spent now $0.00012 of $1.00*"])


def test_a_replay_costs_nothing_and_is_never_held_back(project: Project) -> None:
    project.record()
    project.server.asked.clear()

    result = project.run("--pc-budget=0.000001")

    result.assert_outcomes(passed=4)
    assert not project.server.asked


def test_recordings_serve_where_the_budget_is_spent(project: Project) -> None:
    project.record("-k", "alpha or beta")
    project.server.asked.clear()

    result = project.run("--pc-record=once", "--pc-budget=0.0001")

    result.assert_outcomes(passed=2, errors=2)
    assert not project.server.asked
    assert project.cassettes == ["weather/alpha/house/small.yaml", "weather/beta/house/small.yaml"]


@pytest.mark.parametrize("mode", ["once", "stale", "new_episodes", "all", "rewrite"])
def test_the_rest_is_asked_by_the_command_that_is_told(project: Project, mode: str) -> None:
    project.run("--pc-live", "-k", "alpha")
    budget = most(project) + Decimal("0.00004")
    project.server.asked.clear()

    stopped = project.run(f"--pc-record={mode}", f"--pc-budget={budget}")
    told = next(line for line in stopped.outlines if "ask the rest later with" in line)
    again = project.run(*told.partition(" later with ")[2].split())

    stopped.assert_outcomes(passed=2, errors=2)
    assert f"--pc-record={mode}" in told
    assert "errors" not in again.parseoutcomes()
    assert len(project.server.asked) == 4


def test_what_was_held_back_leaves_the_old_recording(project: Project) -> None:
    project.record()
    kept = {path: (project.root / "cassettes" / path).read_text("utf-8") for path in project.cassettes}

    project.run("--pc-record=rewrite", "--pc-budget=0.0001").assert_outcomes(errors=4)

    assert kept == {path: (project.root / "cassettes" / path).read_text("utf-8") for path in project.cassettes}


def test_a_trial_that_was_held_back_is_missing_in_the_recording_and_asked_later(project: Project) -> None:
    project.write(weather=HEAD + case("a", FINE, "trials: 3", "require: {errors: 2}"))

    project.run("--pc-live")
    budget = most(project) + Decimal("0.00004")
    project.server.asked.clear()

    result = project.run("--pc-record=rewrite", f"--pc-budget={budget}")

    result.assert_outcomes(errors=1)
    assert len(project.server.asked) == 2
    result.stdout.fnmatch_lines(
        [
            "*PC204 trial * met a budget error*: nothing of it was written",
            "*raise --pc-budget, and ask the rest with --pc-record=rewrite --pc-retry-errors",
        ]
    )
    project.run("--pc-record=once", "--pc-budget=1").assert_outcomes(passed=1)
    assert len(project.server.asked) == 3
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "expect",
    [
        "expect: {error: {kind: budget}}",
        "expect: {error: {outcome: surfaced}}",
        "expect: {any_of: [{error: {kind: budget}}, {text: fine}]}",
        "expect: {error: {kind: {$any_of: [budget, timeout]}}}",
    ],
)
def test_no_case_passes_because_there_was_no_money(project: Project, expect: str) -> None:
    project.write(weather=HEAD + case("a", expect))

    found = project.report("--pc-live", "--pc-budget=0.0001")["results"][0]

    assert (found["verdict"], found["trials"][0]["error"]["kind"]) == ("error", "budget")
    assert found["trials"][0]["cost_usd"] == "0"
    assert not project.server.asked


def test_a_turn_that_goes_on_after_errors_does_not_hide_it(project: Project) -> None:
    turns = "turns: [{user: One, on_error: continue}, {user: Two, expect: {error: {kind: budget}}}]"
    text = case("a", turns).replace("    user: Hi\n", "")
    project.write(weather=HEAD + text)

    found = project.report("--pc-live", "--pc-budget=0.0001")["results"][0]

    assert found["verdict"] == "error"
    assert not project.server.asked


def test_it_is_not_sent_again(project: Project) -> None:
    project.write(weather=HEAD + case("a", FINE, "retry: {attempts: 5}"))

    found = project.report("--pc-live", "--pc-budget=0.0001")["results"][0]["trials"][0]

    assert (found["error"]["kind"], found["attempts"], found["latency"]) == ("budget", 0, None)
    assert not project.server.asked


def test_attempts_that_failed_count_as_much_as_they_can_have_cost(project: Project) -> None:
    project.write(weather=HEAD + case("a", FINE, "retry: {attempts: 5, max_wait: 0.01}"))
    project.answer(provider_error(500))

    result = project.run("--pc-live", "--pc-budget=0.002")

    result.assert_outcomes(errors=1)
    assert len(project.server.asked) == 2
    result.stdout.fnmatch_lines(["*PC310 not sent: $0.00* of $0.002 is spent, $0.00* of it counted in full since *"])


def test_a_refused_attempt_costs_nothing(project: Project) -> None:
    left = [provider_error(429), provider_error(429), completion(text="fine")]
    project.write(weather=HEAD + case("a", FINE, "retry: {attempts: 5, max_wait: 0.01}"))
    project.answer(lambda asked: left.pop(0))

    project.run("--pc-live", "--pc-budget=0.001").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "  - {name: a, user: Hi, expect: {text: fine}}\n",
            "*PC320 with --pc-budget *house:small: no limit on its answers (*::a[[]house:small]; limit *",
        ),
        (
            FOUR.replace("house:small", "house:dear, house:small, house:other"),
            "*house:dear: no price (*::alpha[[]house:dear] and 3 more; declare*); house:other: no price*",
        ),
        (
            HEAD + case("a", FINE).replace("user: Hi", "messages: [{role: user, content: [{type: image_url, "
            "image_url: {url: 'https://example.com/a.png'}}]}]"),
            "*house:small: a part image_url has no known bound (*",
        ),
    ],
)  # fmt: skip
def test_a_budget_that_cannot_be_kept_is_refused_before_anything_is_sent(
    project: Project, text: str, said: str
) -> None:
    project.write(weather=text)

    result = project.run("--pc-live", "--pc-budget=1")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert not project.server.asked


def test_what_is_only_replayed_needs_no_price(project: Project) -> None:
    project.write(weather=FOUR.replace("house:small", "house:other"))
    project.record()

    project.run("--pc-budget=1").assert_outcomes(passed=4)
    project.run("--pc-budget=1", "--pc-record=once").assert_outcomes(passed=4)


def test_a_server_of_ones_own_costs_nothing(project: Project) -> None:
    project.write(weather=HEAD.replace("house", "vllm") + "  - {name: a, user: Hi, expect: {text: fine}}\n")
    project.configure(f'[tool.prompt_contracts.providers.vllm]\nbase_url = "{project.server.base_url}"\n')

    project.run("--pc-live", "--pc-budget=0.000001").assert_outcomes(passed=1)


@pytest.mark.parametrize("amount", ["0", "-1", "much", "NaN", "Infinity", "1e9", "1 000"])
def test_a_budget_is_an_amount(project: Project, amount: str) -> None:
    result = project.run(f"--pc-budget={amount}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-budget *: give an amount in US dollars above 0, such as 2.50*"])


def test_environment_and_ini_give_it_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "pytest.ini").write_text("[pytest]\npc_budget = 0.0001\n", encoding="utf-8")
    project.run("--pc-live").assert_outcomes(errors=4)
    monkeypatch.setenv("PROMPT_CONTRACTS_BUDGET", "$1.50")

    result = project.run("--pc-live")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*; budget $1.50*"])


def test_workers_share_it(project: Project) -> None:
    project.run("--pc-live", "-k", "alpha")
    budget = 2 * most(project) + Decimal("0.00002")
    project.server.asked.clear()

    result = project.run("--pc-live", f"--pc-budget={budget}", "-n2")

    # Each has half of it: one request, and then nothing for the bound of another.
    result.assert_outcomes(passed=2, errors=2)
    assert len(project.server.asked) == 2
    result.stdout.fnmatch_lines(["spent now $0.000060 of $*"])


APPLICATION = """
import json, os, urllib.error, urllib.request

def ask(text, limit):
    body = {"model": os.environ["PROMPT_CONTRACTS_MODEL"], "messages": [{"role": "user", "content": text}]}
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps(body | limit).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code} {json.load(error)['error']['code']}"

def reply(turn):
    return ask("Hi", {"max_tokens": 200})

def careless(turn):
    return ask("Hi", {})
"""


@pytest.mark.parametrize(
    ("handler", "said"), [("reply", "*PC310 not sent: *"), ("careless", "*PC320 not sent: *no limit on its answers*")]
)
def test_an_application_gets_an_error_and_its_fallback_is_no_verdict(project: Project, handler: str, said: str) -> None:
    (project.root / "bot.py").write_text(APPLICATION, encoding="utf-8")
    fallback = "{text: HTTP 402 prompt_contracts_budget}"
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, handler: 'bot:{handler}', expect: {fallback}}}\n")

    result = project.run("--pc-live", "--pc-budget=0.0001")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    assert not project.server.asked


def test_the_server_bills_no_more_than_the_budget_whatever_it_answers(project: Project) -> None:
    """Usages up to the limit, errors, and streams of words without a usage: all of it is paid, some of it untold."""
    bill: list[Decimal] = []
    lock = Lock()

    def answer(asked: Asked) -> Answer:
        with lock:
            number = len(bill)
            used = (17, 200) if number % 3 else (len(asked.body), 3)
            bill.append(Decimal(used[0] + 2 * used[1]) / 1_000_000)
        usage = {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}
        if number % 4 == 1:
            return provider_error(500)
        return completion(text="fine", **({"usage": None} if number % 4 == 2 else {"usage": usage}))

    project.write(
        weather=HEAD + "".join(case(f"c{number}", FINE, "retry: {attempts: 3, max_wait: 0}") for number in range(30))
    )
    project.answer(answer)

    result = project.run("--pc-live", "--pc-budget=0.008")

    assert Decimal("0.004") < sum(bill) <= Decimal("0.008")
    assert result.parseoutcomes()["errors"]


def test_the_printed_command_keeps_the_budget(project: Project) -> None:
    result = project.run("--pc-live", "--pc-budget=0.0001", "-k", "alpha")

    result.stdout.fnmatch_lines(["*pytest 'cases/weather.yaml::alpha[[]house:small]' --pc-budget=0.0001 --pc-live*"])


def test_the_report_of_a_budget_stop_is_data(project: Project) -> None:
    report = project.report("--pc-live", "--pc-budget=0.0001")

    errors = {result["trials"][0]["error"]["message"].partition(" ")[0] for result in report["results"]}
    assert errors == {"PC310"}
    assert json.dumps(report["spent"]) == '{"usd": "0", "known_usd": "0", "unpriced": 0}'
