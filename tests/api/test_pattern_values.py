"""The patterns as functions: nothing but the operators of the language, and all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

from prompt_contracts.api import pattern_values
from prompt_contracts.api.pattern_values import PATTERN_VALUES
from prompt_contracts.cases.structure import expectation_names
from prompt_contracts.engine.expected import Expect
from prompt_contracts.patterns.operators import OPERATORS


def test_every_operator_has_a_function() -> None:
    written = set(re.findall(r'"(\$\w+)"', Path(pattern_values.__file__).read_text("utf-8")))

    assert written == {*OPERATORS, "$optional", "$others"}


def test_all_functions_are_listed_in_order() -> None:
    names = [function.__name__ for function in PATTERN_VALUES]

    assert names == sorted(names)
    source = Path(pattern_values.__file__).read_text("utf-8")
    assert sorted(re.findall(r"^def (\w+)", source, re.MULTILINE)) == names


def test_every_facet_has_a_type() -> None:
    assert set(get_type_hints(Expect)) == set(expectation_names())
