"""Results and reports to render."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.location import Location
from prompt_contracts.report import BrokenResult, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult, VerdictWord

PLACE = Location(path="cases/a.yaml", line=7, column=5)


def trial(verdict: VerdictWord = "passed", *, text: str = "fine", number: int = 1, **more: Any) -> TrialResult:
    """One trial with an answer; a failed one has a failure that quotes it."""
    failure = Failure(code="text.equal", path="text", expected='"fine"', got=text, location=PLACE)
    known: dict[str, Any] = {
        "completion": Completion(choices=(Choice(text=text, finish_reason="stop"),), usage=Usage()),
        "usage": Usage(prompt_tokens=10, completion_tokens=2, total_tokens=12),
        "cost": Decimal("0.0005"),
        "latency": 0.25,
        "failures": (failure,) if verdict == "failed" else (),
        "is_replayed": True,
    }
    return TrialResult(trial=number, verdict=verdict, **{**known, **more})


def cell(case: str = "greets", *trials: TrialResult, verdict: VerdictWord | None = None, **more: Any) -> CaseResult:
    """One cell; its verdict is that of its worst trial unless given."""
    found = trials or (trial(),)
    verdicts = [each.verdict for each in found]
    worst: VerdictWord = "error" if "error" in verdicts else "failed" if "failed" in verdicts else "passed"
    known: dict[str, Any] = {
        "id": f"cases/a.yaml::{case}[p:m]",
        "path": "cases/a.yaml",
        "row": None,
        "provider": "p",
        "model": "m",
        "requirement": "all trials",
        "cassette": f"cassettes/a/{case}/p/m.yaml",
    }
    return CaseResult(**{**known, "case": case, "trials": found, "verdict": verdict or worst, **more})


def report(*results: CaseResult, broken: tuple[BrokenResult, ...] = ()) -> Report:
    """The report of a replay."""
    return build_report(results, created_at=None, version="0.1.0", mode="none", broken=broken)


def calls(*pairs: tuple[str, str]) -> Completion:
    """An answer of tool calls, each a name and arguments."""
    made = tuple(ToolCall(name=name, arguments=arguments) for name, arguments in pairs)
    return Completion(choices=(Choice(tool_calls=made),), usage=Usage())


HOSTILE = (
    '=HYPERLINK("http://evil","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1",
    "-1+2",
    "\t=1",
    "  =1",
    "＝1+1",
    "\r=1",
    "<script>alert(1)</script>",
    "![x](http://evil/x.png) [link](javascript:alert(1)) @octocat #1 GH-2 https://evil.example www.evil.example",
    "| a | b |\n|---|---|\n```\n</details>\n# heading",
    "\x1b[31mred \u202e desrever \x00",
    "`` ` ``` ````",
)
