"""The table of facets: every clause that `expect` may hold. No logic here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.expectations import answer_content as content
from prompt_contracts.expectations import budgets, combination
from prompt_contracts.expectations import called_tools as called
from prompt_contracts.expectations import predicate_facet as predicate
from prompt_contracts.expectations.declared_error import check_error, judge_error
from prompt_contracts.expectations.facet_rule import FacetRule, of_choice
from prompt_contracts.expectations.sent_requests import check_requests, judge_requests
from prompt_contracts.expectations.switches import switch_rule
from prompt_contracts.expectations.tool_calls import check_tool_calls, judge_tool_calls

FACETS: Mapping[str, FacetRule] = MappingProxyType(
    {
        "tool_calls": FacetRule(check=check_tool_calls, judge=of_choice(judge_tool_calls), is_about_answer=True),
        "order": switch_rule("order"),
        "unlisted": switch_rule("unlisted"),
        "missing": switch_rule("missing"),
        "never": FacetRule(check=called.check_never, judge=of_choice(called.judge_never), is_about_answer=True),
        "tool_count": FacetRule(
            check=called.check_tool_count, judge=of_choice(called.judge_tool_count), is_about_answer=True
        ),
        "arguments_valid": FacetRule(
            check=called.check_arguments_valid, judge=of_choice(called.judge_arguments_valid), is_about_answer=True
        ),
        "strings": switch_rule("strings"),
        "json": FacetRule(check=content.check_json, judge=of_choice(content.judge_json), is_about_answer=True),
        "json_in": switch_rule("json_in"),
        "text": FacetRule(check=content.check_text, judge=of_choice(content.judge_text), is_about_answer=True),
        "refusal": FacetRule(check=content.check_refusal, judge=of_choice(content.judge_refusal), is_about_answer=True),
        "reasoning": FacetRule(
            check=content.check_reasoning, judge=of_choice(content.judge_reasoning), is_about_answer=True
        ),
        "finish_reason": FacetRule(
            check=content.check_finish_reason,
            judge=of_choice(content.judge_finish_reason),
            is_about_answer=True,
        ),
        "error": FacetRule(check=check_error, judge=judge_error, is_about_answer=False, is_about_case=True),
        "usage": FacetRule(
            check=budgets.check_usage, judge=budgets.judge_usage, is_about_answer=False, is_about_case=True
        ),
        "cost": FacetRule(
            check=budgets.check_cost, judge=budgets.judge_cost, is_about_answer=False, is_about_case=True
        ),
        "latency": FacetRule(
            check=budgets.check_latency, judge=budgets.judge_latency, is_about_answer=False, is_about_case=True
        ),
        "model": FacetRule(check=content.check_model, judge=content.judge_model, is_about_answer=True),
        "requests": FacetRule(check=check_requests, judge=judge_requests, is_about_answer=False, is_about_case=True),
        "check": FacetRule(
            check=predicate.check_check, judge=predicate.judge_check, is_about_answer=False, is_about_case=True
        ),
        "any_of": FacetRule(check=combination.check_any_of, judge=combination.judge_any_of, is_about_answer=False),
        "all_of": FacetRule(check=combination.check_all_of, judge=combination.judge_all_of, is_about_answer=False),
        "not": FacetRule(check=combination.check_not, judge=combination.judge_not, is_about_answer=False),
    }
)
"""Every facet of this version, by the name it is written with."""
