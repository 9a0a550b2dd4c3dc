"""The facets that judge nothing and say how the others do: `order`, `unlisted`, `missing`, `strings`, `json_in`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.expectations.facet_rule import Breach, FacetRule, Scope
from prompt_contracts.expectations.flaw import Flaw, suggest
from prompt_contracts.json_value import Json, show
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

    def check(expected: Json, _scope: Scope) -> Iterator[Flaw]:
        if expected not in words:
            text = f"'{name}' takes {' or '.join(words)}, not {show(expected, limit=80)}"
            near = suggest(expected, words, "there are") if isinstance(expected, str) else f"write {name}: {words[1]}"
            yield Flaw(code="PC102", message=text, help=near)

    def judge(_expected: Json, _outcome: Outcome, _scope: Scope) -> Iterator[Breach]:
        return iter(())

    return FacetRule(check=check, judge=judge, is_about_answer=False, is_switch=True)
