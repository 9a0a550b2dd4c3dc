"""Keywords of JSON Schema that are decided here, so that every validator says the same of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from prompt_contracts.expectations.regular_expression import is_found
from prompt_contracts.expectations.schema_format import conforms
from prompt_contracts.expectations.schema_number import is_multiple
from prompt_contracts.json_number import is_number

IsKept = Callable[[Any, Any], bool]
"""Whether a keyword's value, given first, takes an instance."""


def _keeps_pattern(pattern: Any, instance: Any) -> bool:
    return not isinstance(instance, str) or is_found(pattern, instance)


def _keeps_format(name: Any, instance: Any) -> bool:
    return not isinstance(instance, str) or conforms(name, instance)


def _keeps_multiple(of: Any, instance: Any) -> bool:
    return not is_number(instance) or is_multiple(instance, of)


OWN_KEYWORDS: Mapping[str, IsKept] = MappingProxyType(
    {"format": _keeps_format, "multipleOf": _keeps_multiple, "pattern": _keeps_pattern}
)
"""A regular expression may raise what the search for it raises."""
