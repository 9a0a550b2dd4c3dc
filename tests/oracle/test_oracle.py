"""The oracle says what the language says, sentence by sentence."""

from __future__ import annotations

import pytest

from tests.oracle.contract import judge
from tests.oracle.exact_json import read
from tests.oracle.sentences import Told, told


@pytest.mark.parametrize("example", list(told()), ids=str)
def test_the_oracle_keeps_the_sentences_of_the_language(example: Told) -> None:
    assert judge(read(example.expect), example.seen, example.setting) == example.verdict, example.sentence
