"""Reports as the tests of the HTML page and its benchmark need them: ordinary ones, and hostile ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from prompt_contracts.comparison import CellChange, Comparison, Contrast, Ratio, Side
from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.report import Count, Interval, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.results.repetition import repeats_of
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, RawExchange, TrialResult, VerdictWord

MODELS = ("groq:openai/gpt-oss-20b", "mistral:mistral-small-latest", "openai:gpt-5-mini")
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def trial_of(
    verdict: VerdictWord, *, number: int = 1, text: str = "It will rain.", city: str = "Oslo", latency: float = 0.4
) -> TrialResult:
    """A trial that called a tool and said something, or that ended in a rate limit."""
    call = ToolCall(id="call_1", name="get_weather", arguments=f'{{"city":"{city}","unit":"celsius"}}')
    usage = Usage(prompt_tokens=212, completion_tokens=31, total_tokens=243, cached_tokens=128, reasoning_tokens=12)
    if verdict == "error":
        error = ProviderError(kind="rate_limit", message="Slow down, please.", status=429)
        return TrialResult(trial=number, verdict=verdict, error=error, usage=Usage(), latency=latency, http_status=429)
    choice = Choice(text=text, tool_calls=(call,), finish_reason="tool_calls")
    return TrialResult(
        trial=number,
        verdict=verdict,
        failures=(failure_of(),) if verdict == "failed" else (),
        completion=Completion(id="c1", model="the-model", choices=(choice,), usage=usage),
        usage=usage,
        cost=Decimal("0.00003"),
        cost_source="genai-prices 0.2.3",
        latency=latency,
        attempts=1,
        http_status=200,
        is_replayed=True,
        recorded_at="2026-11-03T10:00:00+00:00",
        raw=(
            RawExchange(
                method="POST",
                url="https://api.example/v1/chat/completions",
                request='{\n  "model": "the-model"\n}',
                status=200,
                response='{"id":"c1","choices":[]}',
            ),
        ),
    )


def failure_of(*, expected: str = '"Oslo"', got: str = '"Bergen"', path: str = "") -> Failure:
    """A clause that was broken."""
    return Failure(
        code="tool_calls.arguments",
        path=path or "tool_calls[0].arguments.city",
        expected=expected,
        got=got,
        location=Location(path="cases/weather.yaml", line=20, column=9),
    )


def cell_of(
    case: str,
    model: str,
    trials: Sequence[TrialResult],
    *,
    row: str | None = "oslo",
    prompt: str | None = None,
    tags: tuple[str, ...] = ("tools",),
    path: str = "cases/weather.yaml",
) -> CaseResult:
    """A cell of those trials; all of them have to pass."""
    provider, _, name = model.partition(":")
    verdicts = [trial.verdict for trial in trials]
    verdict: VerdictWord = "error" if "error" in verdicts else "failed" if "failed" in verdicts else "passed"
    variant = "-".join(part for part in (row, prompt, model) if part is not None)
    return CaseResult(
        id=f"{path}::{case}[{variant}]",
        path=path,
        case=case,
        row=row,
        prompt=prompt,
        provider=provider,
        model=name,
        verdict=verdict,
        trials=tuple(trials),
        requirement="all trials",
        repeats=repeats_of(verdicts, planned=len(trials)),
        cassette=f"cassettes/weather/{case}/{provider}/{name}.yaml",
        tags=tags,
        line=12,
        description=f"What {case} is about.",
        messages=(
            Message(role="system", content="You are a travel assistant."),
            Message(role="user", content="Will it rain in Oslo tomorrow?"),
        ),
        expect={"tool_calls": [{"get_weather": {"city": "Oslo"}}]},
    )


def ordinary_report() -> Report:
    """Four cases by three models: failures, an error, trials that differ, two tags, two files."""
    results = [
        *(cell_of("picks_weather", model, [trial_of("passed")]) for model in MODELS),
        cell_of("picks_weather", MODELS[0], [trial_of("failed", city="Bergen")], row="lima"),
        cell_of("picks_weather", MODELS[1], [trial_of("error")], row="lima"),
        cell_of("picks_weather", MODELS[2], [trial_of("passed")], row="lima"),
        *(_polite(model) for model in MODELS),
        *(
            cell_of("sums_up", model, [trial_of("passed", latency=1.4)], row=None, tags=(), path="cases/text.yaml")
            for model in MODELS
        ),
    ]
    return report_of(results)


def _polite(model: str) -> CaseResult:
    """Two of ten trials failed, which is too many; or one, which is not."""
    failing = {MODELS[0]: (3, 5), MODELS[1]: (4,)}.get(model, ())
    trials = [
        trial_of("failed" if number in failing else "passed", number=number, text=f"Thank you, {number % 3}.")
        for number in range(1, 11)
    ]
    cell = cell_of("is_polite", model, trials, row=None, tags=("tone", "slow"))
    return replace(cell, verdict="passed", requirement="rate 0.9") if len(failing) == 1 else cell


def large_report(*, cases: int = 400) -> Report:
    """`cases` by three models, with trials and answers of an ordinary size."""
    results = []
    for number in range(cases):
        for place, model in enumerate(MODELS):
            verdict: VerdictWord = "failed" if (number * 7 + place * 3) % 11 == 0 else "passed"
            trial = trial_of(verdict, text=f"Answer {number}. " + "The sun may well shine. " * 40, latency=0.2 + place)
            case = cell_of(f"case_{number:04}", model, [trial], row=None, path=f"cases/part_{number // 40}.yaml")
            results.append(case)
    return report_of(results)


def report_of(results: Sequence[CaseResult]) -> Report:
    """The report of a replay."""
    return build_report(results, created_at=None, version="0.1.0", mode="none")


def comparison_of(changes: Sequence[CellChange]) -> Comparison:
    """Of a run with one before it."""
    side = Side(
        label="before.json", cells=Count(passed=9, failed=1), trials=Count(passed=9, failed=1), rate=0.9, cost=None,
        unpriced=10, cost_per_pass=None,
    )  # fmt: skip
    unknown = Ratio(value=None, interval=None, base=None, other=None, cells=0, unknown=10)
    contrast = Contrast(
        base=side,
        other=replace(side, label="now.json"),
        pairs=11,
        judged=10,
        worse=2,
        better=0,
        lost=1,
        found=0,
        difference=-0.2,
        interval=Interval(low=-0.41, high=0.01),
        p_value=0.5,
        p_adjusted=0.5,
        detectable=0.09,
        cost=unknown,
        prompt_tokens=unknown,
        completion_tokens=unknown,
        latency=unknown,
        changes=tuple(changes),
    )
    return Comparison(by="run", contrasts=(contrast,))


HOSTILE = (
    "<script>window.broken = 1</script>",
    "</noscript><script>window.broken = 2</script><noscript>",
    '<img src=x onerror="window.broken = 3">',
    '"><svg onload="window.broken = 4">',
    '<a href="javascript:window.broken=5">click</a>',
    "</script><script>window.broken = 6</script>",
    "<!-- ]]> --><style>body { display: none }</style>",
    "<iframe src=https://evil.example/></iframe><link rel=stylesheet href=https://evil.example/x.css>",
    "{{ 7 * 7 }} {% raw %} ${window.broken = 7}",
    "user\u202egnp.exe\u2066\u200b\u0000\u001b[31m\ufeff\u061c\U000e0041",
    "&lt;script&gt; &amp; &#60;b&#62;",
)


def hostile_report() -> Report:
    """Everything that a model, a server or a case can say is hostile."""
    results = []
    for number, text in enumerate(HOSTILE):
        trial = replace(
            trial_of("failed", text=text),
            failures=(replace(failure_of(expected=text, got=text, path=text), message=text),),
            raw=(RawExchange(method="POST", url=text, request=text, status=200, response=text),),
            output=text,
            cost_source=text,
        )
        error = replace(trial_of("error"), error=ProviderError(kind="server", message=text, code=text, body=text))
        call = ToolCall(id=text, name=text, arguments=text)
        answer = Choice(text=text, tool_calls=(call,), refusal=text, reasoning=text, finish_reason=text)
        completion = Completion(model=text, choices=(answer, answer), usage=Usage())
        cell = cell_of(f"case_{number}", f"evil:{text}", [replace(trial, completion=completion), error])
        results.append(
            replace(
                cell, row=text, description=text, tags=(text,), requirement=text, cassette=text, messages=_said(text)
            )
        )
    return report_of(results)


def _said(text: str) -> tuple[Message, ...]:
    parts: list[Json] = [
        {"type": "text", "text": text},
        {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "image_url", "image_url": {"url": f"https://evil.example/{text}"}},
        {"type": "image_url", "image_url": {"url": "data:image/svg+xml,<svg onload=alert(1)>"}},
        {"type": "image_url", "image_url": {"url": "data:text/html;base64,PHNjcmlwdD4="}},
        {"type": "image_url", "image_url": {"url": f'data:image/png;base64,AAAA"{text}'}},
        {"type": "input_audio", "input_audio": {"data": text}},
    ]
    calls: list[Json] = [{"id": text, "type": "function", "function": {"name": text, "arguments": text}}, text]
    return (
        Message(role=text, content=text, fields={"name": text}),
        Message(role="user", content=parts),
        Message(role="assistant", fields={"tool_calls": calls, "refusal": text}),
        Message(role="tool", content=text, fields={"tool_call_id": text}),
    )
