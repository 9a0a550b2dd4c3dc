"""The patterns as functions: nothing but the operators of the language, and all of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_type_hints

import prompt_contracts
from prompt_contracts.api import pattern_values
from prompt_contracts.api.pattern_values import PATTERN_VALUES
from prompt_contracts.engine.expected import Expect
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.patterns.operators import OPERATORS

SOURCE = Path(pattern_values.__file__).read_text("utf-8")
BY_FUNCTION = {
    node.name: set(re.findall(r"'(\$\w+)'", ast.unparse(node.body[-1])))
    for node in ast.parse(SOURCE).body
    if isinstance(node, ast.FunctionDef)
}
"""Function -> the operators that it gives."""


def test_every_operator_has_a_function() -> None:
    given = set().union(*BY_FUNCTION.values())

    missing = sorted(set(OPERATORS) - given)
    assert not missing, f"api/pattern_values.py: no function gives {missing}"
    assert given == {*OPERATORS, "$optional", "$others"}


def test_every_operator_is_handed_on() -> None:
    given = {operator for name in prompt_contracts.__all__ for operator in BY_FUNCTION.get(name, ())}

    missing = sorted(set(OPERATORS) - given)
    assert not missing, f"__init__.py: __all__ has no function for {missing}"


def test_what_is_handed_on_is_imported_for_type_checkers() -> None:
    source = Path(prompt_contracts.__file__ or "").read_text("utf-8")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    ours = {each.name for node in imports if (node.module or "").startswith("prompt_contracts.") for each in node.names}

    assert sorted(ours) == prompt_contracts.__all__


def test_all_functions_are_listed_in_order() -> None:
    names = [function.__name__ for function in PATTERN_VALUES]

    assert names == sorted(names)
    assert sorted(BY_FUNCTION) == names


def test_every_facet_has_a_type() -> None:
    different = sorted(set(get_type_hints(Expect)) ^ set(FACETS))

    assert not different, f"engine/expected.py: 'Expect' and the facets differ in {different}"
