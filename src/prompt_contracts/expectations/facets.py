"""The table of facets: every clause that `expect` may hold, and the switches that only say how others judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.expectations import answer_content as content
from prompt_contracts.expectations import called_tools as called
from prompt_contracts.expectations import case_facets as budgets
from prompt_contracts.expectations import case_facets as predicate
from prompt_contracts.expectations import combination
from prompt_contracts.expectations.case_facets import check_requests, judge_requests
from prompt_contracts.expectations.declared_error import check_error, judge_error
from prompt_contracts.expectations.facet_rule import FacetContext, FacetRule, of_choice, truth_of_choice
from prompt_contracts.expectations.tool_calls import check_tool_calls, judge_tool_calls, tool_calls_truth
from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome

SWITCHES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "order": ("any", "strict"),
        "unlisted": ("forbid", "allow"),
        "missing": ("forbid", "allow"),
        "strings": ("exact", "loose"),
        "json_in": ("whole", "fenced"),
    }
)
"""What each switch may say, what holds without it first."""


def switch_rule(name: str) -> FacetRule:
    """The rule of one switch."""
    words = SWITCHES[name]

    def check(expected: Json, _scope: FacetContext) -> Iterator[Finding]:
        if expected not in words:
            text = f"'{name}' takes {' or '.join(words)}, not {show(expected, limit=80)}"
            near = suggest(expected, words, "there are") if isinstance(expected, str) else f"write {name}: {words[1]}"
            yield Finding(code="PC102", message=text, help=near)

    def judge(_expected: Json, _outcome: Outcome, _scope: FacetContext) -> Iterator[Mismatch]:
        return iter(())

    return FacetRule(check=check, judge=judge, is_about_answer=False, is_switch=True)


FACETS: Mapping[str, FacetRule] = MappingProxyType(
    {
        "tool_calls": FacetRule(
            truth=truth_of_choice(tool_calls_truth),
            check=check_tool_calls,
            judge=of_choice(judge_tool_calls),
            is_about_answer=True,
            is_kept_by_refusals=False,
            subject="calls",
        ),
        "order": switch_rule("order"),
        "unlisted": switch_rule("unlisted"),
        "missing": switch_rule("missing"),
        "never": FacetRule(
            check=called.check_never, judge=of_choice(called.judge_never), is_about_answer=True, subject="calls"
        ),
        "tool_count": FacetRule(
            check=called.check_tool_count,
            judge=of_choice(called.judge_tool_count),
            is_about_answer=True,
            subject="calls",
        ),
        "arguments_valid": FacetRule(
            truth=truth_of_choice(called.arguments_truth),
            check=called.check_arguments_valid,
            judge=of_choice(called.judge_arguments_valid),
            is_about_answer=True,
            subject="calls",
        ),
        "strings": switch_rule("strings"),
        "json": FacetRule(
            truth=truth_of_choice(content.json_truth),
            check=content.check_json,
            judge=of_choice(content.judge_json),
            is_about_answer=True,
            is_kept_by_refusals=False,
            subject="parsed",
        ),
        "json_in": switch_rule("json_in"),
        "text": FacetRule(
            truth=truth_of_choice(content.text_truth),
            check=content.check_text,
            judge=of_choice(content.judge_text),
            is_about_answer=True,
            is_kept_by_refusals=False,
            subject="text",
        ),
        "refusal": FacetRule(
            check=content.check_refusal,
            judge=of_choice(content.judge_refusal),
            is_about_answer=True,
            is_kept_by_refusals=False,
            subject="itself",
        ),
        "reasoning": FacetRule(
            check=content.check_reasoning,
            judge=of_choice(content.judge_reasoning),
            is_about_answer=True,
            subject="itself",
        ),
        "finish_reason": FacetRule(
            check=content.check_finish_reason,
            judge=of_choice(content.judge_finish_reason),
            is_about_answer=True,
            subject="itself",
        ),
        "error": FacetRule(
            check=check_error,
            judge=judge_error,
            is_about_answer=False,
            is_kept_by_refusals=False,
            is_about_case=True,
            subject="itself",
        ),
        "usage": FacetRule(
            check=budgets.check_usage,
            judge=budgets.judge_usage,
            is_about_answer=False,
            is_about_case=True,
            subject="itself",
        ),
        "cost": FacetRule(
            check=budgets.check_cost,
            judge=budgets.judge_cost,
            is_about_answer=False,
            is_about_case=True,
            subject="itself",
        ),
        "latency": FacetRule(
            check=budgets.check_latency,
            judge=budgets.judge_latency,
            is_about_answer=False,
            is_about_case=True,
            subject="itself",
        ),
        "model": FacetRule(
            check=content.check_model, judge=content.judge_model, is_about_answer=True, subject="itself"
        ),
        "requests": FacetRule(
            check=check_requests,
            judge=judge_requests,
            is_about_answer=False,
            is_kept_by_refusals=False,
            is_about_case=True,
            subject="itself",
        ),
        "check": FacetRule(
            check=predicate.check_check,
            judge=predicate.judge_check,
            is_about_answer=False,
            is_kept_by_refusals=False,
            is_about_case=True,
            subject="anything",
        ),
        "any_of": FacetRule(
            truth=combination.any_of_truth,
            check=combination.check_any_of_facets,
            judge=combination.judge_any_of,
            is_about_answer=False,
            is_kept_by_refusals=False,
        ),
        "all_of": FacetRule(
            truth=combination.all_of_truth,
            check=combination.check_all_of_facets,
            judge=combination.judge_all_of,
            is_about_answer=False,
        ),
        "not": FacetRule(
            truth=combination.not_truth,
            check=combination.check_not_facet,
            judge=combination.judge_not,
            is_about_answer=False,
        ),
    }
)
"""Every facet of this version, by the name it is written with."""
