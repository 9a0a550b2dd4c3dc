"""Judged replies -> the lines that `judge` writes: plain data, one object a reply."""

from __future__ import annotations

from typing import Any

from prompt_contracts.engine.replies import JudgedReply
from prompt_contracts.failure import Failure
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.verdict import Problem


def verdict_line(judged: JudgedReply, *, source: str) -> dict[str, Any]:
    """The line of one reply; `source` names the file of the replies, for those that name no case.

    What kept a reply from a verdict stands among its failures, with a code of its own: `reply.` and the
    problem, or `provider.` and the kind of the error.
    """
    case = None if judged.cell is None else judged.cell.case
    return {
        "custom_id": judged.custom_id,
        "case": None if case is None else case.name,
        "model": None if case is None else case.model,
        "verdict": judged.verdict,
        "failures": _failures(judged, source),
    }


def _failures(judged: JudgedReply, source: str) -> list[dict[str, str]]:
    if judged.problem is not None:
        return [_problem(judged.problem, judged.custom_id, f"{source}:{judged.line}")]
    if judged.trial is None or judged.cell is None:
        return []
    if judged.trial.verdict == "error" and judged.trial.error is not None:
        return [_provider_error(judged.trial.error, judged.cell.case.location.short)]
    return [_failure(failure) for failure in judged.trial.failures]


def _failure(failure: Failure) -> dict[str, str]:
    return {
        "code": failure.code,
        "path": failure.path,
        "expected": failure.expected,
        "got": failure.got,
        "message": failure.message,
        "location": failure.location.short,
    }


def _problem(problem: Problem, custom_id: str | None, location: str) -> dict[str, str]:
    is_about_id = problem.code != "malformed"
    return {
        "code": f"reply.{problem.code}",
        "path": "custom_id" if is_about_id else "line",
        "expected": "the id of a case, once" if is_about_id else "a line of a Batch API's output",
        "got": custom_id or "" if is_about_id else "another",
        "message": problem.message,
        "location": location,
    }


def _provider_error(error: ProviderError, location: str) -> dict[str, str]:
    status = "" if error.status is None else f" (HTTP {error.status})"
    return {
        "code": f"provider.{error.kind}",
        "path": "error",
        "expected": "an answer",
        "got": f"{error.kind}{status}",
        "message": error.message,
        "location": location,
    }
