"""Writes what is generated of the reference: the tables of `parameters.md`, `environment.md` and `keys.md`, and the
names of `python.md`, each between two marker comments.

Run it as `python docs/tables.py` after a rule or the schema was changed. The words around the tables are by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.key_tables import KEYS_PAGE, key_tables
from docs.python_names import PYTHON_PAGE, python_names

from prompt_contracts.application.addresses import (
    ADDRESS_NAMES,
    TELEMETRY_SWITCHES,
    leading_variables,
)
from prompt_contracts.providers.adaptation import RULES
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.model_rules import MODEL_FAMILIES, ModelFamily, ModelRule
from prompt_contracts.providers.rule import EVIDENCE, Rule

PAGE = Path(__file__).parent / "reference" / "parameters.md"
ENVIRONMENT_PAGE = PAGE.with_name("environment.md")
EXAMPLE_ADDRESS = "http://127.0.0.1:1234/<token>/v1"
BEGIN = "<!-- generated tables begin -->"
END = "<!-- generated tables end -->"

PROVIDERS = (*CATALOG, "compatible")

PARAMETERS = (
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "n",
    "seed",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "response_format",
    "tools",
    "tools.function.parameters",
    "tool_choice",
    "parallel_tool_calls",
    "stream",
    "stream_options",
    "stream_options.include_usage",
    "reasoning_effort",
    "verbosity",
    "user",
    "safety_identifier",
    "store",
    "metadata",
    "service_tier",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "modalities",
    "audio",
    "web_search_options",
    "max_output_tokens",
    "reasoning",
    "text",
    "messages.role.developer",
    "messages.name",
    "messages.tool_call_id",
    "messages.image_url.http",
    "messages.*",
    "*",
)
"""The rows of the first table, in their order."""

_SOURCE_HEAD = ("source", "how sure", "read in")

NEEDS = {"never": "no", "tools": "for tools while it reasons", "always": "yes"}


def tables() -> str:
    """All generated tables as Markdown."""
    parts = (
        "### Parameters and providers",
        table(("parameter", *(f"`{name}`" for name in PROVIDERS)), map(_matrix_row, PARAMETERS)),
        "### Rules",
        table(
            (
                "provider",
                "endpoint",
                "part of the request",
                "when",
                "what happens",
                "why",
                "source",
                "how sure",
                "read in",
            ),
            _rule_rows(),
        ),
        "### OpenAI's models",
        f"Sampling is {_SAMPLING}.",
        table(
            (
                "family",
                "reasons",
                "values of the effort",
                "needs Responses",
                "does not take",
                "source",
                "how sure",
                "read in",
            ),
            map(_family_row, MODEL_FAMILIES),
        ),
        "### How sure",
        table(("letter", "meaning"), ((letter, meaning) for letter, meaning in EVIDENCE.items())),
    )
    return "\n\n".join(parts)


def environment_tables() -> str:
    """What an application finds in its environment, as Markdown."""
    values = leading_variables(EXAMPLE_ADDRESS, "gpt-5-mini", {})
    names = ((f"`{name.variable}`", f"`{values[name.variable]}`", name.readers) for name in ADDRESS_NAMES)
    switches = ((f"`{each.variable}`", f"`{each.value}`", each.readers) for each in TELEMETRY_SWITCHES)
    head = ("variable", "value", "read by")
    parts = ("### The address", table(head, names), "### Telemetry", table(head, switches))
    return "\n\n".join(parts).replace("| `` |", "| empty |")


def written_page(text: str, tables: Callable[[], str] = tables) -> str:
    """A page with its tables written anew; ValueError where a marker is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows below their head, as Markdown."""
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _matrix_row(parameter: str) -> Sequence[str]:
    name = "any other parameter" if parameter == "*" else f"`{parameter}`"
    return (name, *(_cell(parameter, provider) for provider in PROVIDERS))


def _cell(parameter: str, provider: str) -> str:
    rules = [rule for rule in RULES if (rule.parameter, rule.provider, rule.endpoint) == (parameter, provider, "chat")]
    if rules:
        return "; ".join(f"{_done(rule)}{_condition(rule)}" for rule in rules)
    others = [rule for rule in RULES if (rule.parameter, rule.provider) == ("*", provider)]
    is_known = parameter.partition(".")[0] in {"messages", "tools"}.union(*(rule.known for rule in others))
    return "sent" if is_known or not others else f"**{_done(others[0]).strip('*')}**"


def _done(rule: Rule) -> str:
    match rule.action:
        case "add":
            return "**added**"
        case "rename":
            return f"as `{rule.to}`"
        case "rewrite":
            return "with new ids" if rule.rewrite is None else rule.rewrite.words
        case "drop":
            return "**dropped**"
        case "refuse":
            return "**refused**"


def _condition(rule: Rule) -> str:
    version = "" if rule.from_api_version is None else f" from api-version {rule.from_api_version} on"
    return ("" if rule.when is None else f" ({rule.when.words})") + version


def _rule_rows() -> Iterable[Sequence[str]]:
    """One row for rules that differ in nothing but the parameter."""
    for _, group in groupby(RULES, key=_alike):
        rules = list(group)
        first = rules[0]
        yield (
            "every" if first.provider == "*" else f"`{first.provider}`",
            first.endpoint,
            ", ".join("any other" if rule.parameter == "*" else f"`{rule.parameter}`" for rule in rules),
            "always" if first.when is None else first.when.words,
            _done(first).replace("*", ""),
            first.reason,
            first.source.text,
            first.source.evidence,
            first.source.checked,
        )


def _alike(rule: Rule) -> Sequence[object]:
    condition = None if rule.when is None else rule.when.words
    return (rule.provider, rule.endpoint, rule.action, rule.to, condition, rule.reason, rule.source)


def _family_row(family: ModelFamily) -> Sequence[str]:
    efforts = "not known" if family.efforts is None else ", ".join(family.efforts) or "none is taken"
    if family.responses_efforts:
        efforts += f"; on Responses also {', '.join(family.responses_efforts)}"
    return (
        family.name,
        "not known" if family.reasoning == "unknown" else family.reasoning,
        efforts,
        NEEDS[family.needs_responses],
        _refusals(family),
        family.source.text,
        family.source.evidence,
        family.source.checked,
    )


def _refusals(family: ModelFamily) -> str:
    roles = [f"role `{role}`" for role in family.refused_roles]
    efforts = ["`reasoning_effort`"] if family.efforts == () else []
    always = _conditions(rule for rule in family.rules if not rule.only_reasoning)
    told = ", ".join([*roles, *efforts, *([always] if always else [])])
    reasoning = _conditions(rule for rule in family.rules if rule.only_reasoning)
    if reasoning:
        told += f"; while it reasons: {'sampling' if reasoning == _SAMPLING else reasoning}"
    return told or "nothing is known"


def _conditions(rules: Iterable[ModelRule]) -> str:
    return ", ".join(f"`{rule.parameter}` ({rule.when.words})" for rule in rules).replace(" (is given)", "")


_SAMPLING = _conditions(rule for rule in MODEL_FAMILIES[0].rules if rule.only_reasoning)


if __name__ == "__main__":
    for page, own in (
        (PAGE, tables),
        (ENVIRONMENT_PAGE, environment_tables),
        (KEYS_PAGE, key_tables),
        (PYTHON_PAGE, python_names),
    ):
        page.write_text(written_page(page.read_text("utf-8"), own), encoding="utf-8")
