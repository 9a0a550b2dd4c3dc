"""The table of facets: every clause that `expect` may hold, and what this version lacks. No logic here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.expectations import answer_content as content
from prompt_contracts.expectations import budgets
from prompt_contracts.expectations.declared_error import check_error, judge_error
from prompt_contracts.expectations.facet_rule import FacetRule, each_choice
from prompt_contracts.expectations.tool_calls import check_tool_calls, judge_tool_calls

FACETS: Mapping[str, FacetRule] = MappingProxyType(
    {
        "tool_calls": FacetRule(check=check_tool_calls, judge=each_choice(judge_tool_calls), is_about_answer=True),
        "json": FacetRule(check=content.check_json, judge=each_choice(content.judge_json), is_about_answer=True),
        "text": FacetRule(check=content.check_text, judge=each_choice(content.judge_text), is_about_answer=True),
        "finish_reason": FacetRule(
            check=content.check_finish_reason,
            judge=each_choice(content.judge_finish_reason),
            is_about_answer=True,
        ),
        "error": FacetRule(check=check_error, judge=judge_error, is_about_answer=False),
        "usage": FacetRule(check=budgets.check_usage, judge=budgets.judge_usage, is_about_answer=False),
        "cost": FacetRule(check=budgets.check_cost, judge=budgets.judge_cost, is_about_answer=False),
        "latency": FacetRule(check=budgets.check_latency, judge=budgets.judge_latency, is_about_answer=False),
    }
)
"""Every facet of this version, by the name it is written with."""

NOT_YET: tuple[str, ...] = (
    "order",
    "unlisted",
    "missing",
    "never",
    "tool_count",
    "arguments_valid",
    "strings",
    "json_in",
    "refusal",
    "reasoning",
    "model",
    "requests",
    "check",
    "any_of",
    "all_of",
    "not",
)
"""Facets that the language has and this version lacks; refused by name when a case is loaded."""
