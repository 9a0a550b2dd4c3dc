"""Words that an answer can hold, against the words that a pattern names: one that no answer holds is a mistake.

Wherever it stands: under `$not` such a word makes a contract that holds of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Clause, Finding, suggest
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import truth_of_all
from prompt_contracts.patterns.loose_text import loosened
from prompt_contracts.patterns.pattern import Language, is_operators
from prompt_contracts.truth import FALSE

_SEARCHES = ("$regex", "$contains")
# Without `x`: there the spaces between words mean nothing.
_FLAGS = re.compile(r"\(\?[aimsu]+\)")
_AROUND_WORDS = re.compile(r"\\[bAZ]|\(\?:|[\^$()]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words that something can be."""

    what: str
    """What they are, with an article's room before it: `kind of an error`."""
    words: Sequence[str]
    is_closed: bool = True
    """Whether there are no others; of an open one only a word next to a known one is surely misspelt."""
    translated: Mapping[str, str] = field(default_factory=dict)
    """Words that are always said in another way, and how: no answer is ever seen with them."""

    def check(self, pattern: Json, language: Language) -> Iterator[Finding]:
        """The words and expressions of a pattern that nothing can be or match."""
        for clause, operator, word in _named(pattern, is_loose=language.context.is_loose):
            if operator in _SEARCHES and self.is_closed:
                if not self._finds(operator, word, language):
                    text = f"no {self.what} matches {operator}: {show(word, limit=80)}"
                    yield Finding(code="PC120", message=text, clause=clause, help=f"there are: {', '.join(self.words)}")
            elif operator in _SEARCHES:
                # Any expression may find a word that is not known here, but for one that is misspelt.
                for part in _alternatives(operator, word):
                    near = next((one for one in self.words if is_one_edit(part.word, one)), None)
                    if near is not None and not self._finds(operator, part.expression, language):
                        text, hint = f"'{part.word}' is no {self.what}", f"did you mean '{near}'?"
                        yield Finding(code="PC102", message=text, clause=clause, help=hint)
            elif not self._has(word, is_loose=operator == "$loosely"):
                ours = self.translated.get(word)
                hint = suggest(word, self.words, "there are") if ours is None else f"it is told as {ours}: write that"
                yield Finding(code="PC102", message=f"'{word}' is no {self.what}", clause=clause, help=hint)

    def _finds(self, operator: str, expression: str, language: Language) -> bool:
        return any(_holds({operator: expression}, known, language) for known in self.words)

    def _has(self, word: str, *, is_loose: bool) -> bool:
        if word in self.words or (is_loose and loosened(word) in map(loosened, self.words)):
            return True
        return not (self.is_closed or word in self.translated or any(is_one_edit(word, one) for one in self.words))


def _named(pattern: Json, *, is_loose: bool) -> Iterator[tuple[Clause, str, str]]:
    """The texts that a pattern compares the whole value with, with their clauses and operators."""
    literal = "$loosely" if is_loose else "$eq"
    if isinstance(pattern, str):
        yield (), literal, pattern
    elif is_operators(pattern):
        for name, operand in pattern.items():
            if isinstance(operand, str) and name in ("$eq", "$loosely", *_SEARCHES):
                yield (name,), literal if name == "$eq" else name, operand
            elif name == "$not":
                yield from ((("$not", *clause), op, word) for clause, op, word in _named(operand, is_loose=is_loose))
            elif name in ("$any_of", "$all_of") and isinstance(operand, list):
                for index, part in enumerate(operand):
                    inner = _named(part, is_loose=is_loose)
                    yield from (((name, index, *clause), op, word) for clause, op, word in inner)


class _Alternative(NamedTuple):
    """One of the words that an expression looks for."""

    word: str
    expression: str
    """That looks for this one alone, under the same flags."""


def _alternatives(operator: str, expression: str) -> list[_Alternative]:
    """The words that an expression looks for; none where it is more than words between anchors and brackets."""
    if operator == "$contains":
        return [_Alternative(expression, expression)]
    flags = _FLAGS.match(expression)
    start = flags[0] if flags else ""
    words = _AROUND_WORDS.sub("", expression.removeprefix(start)).split("|")
    return [_Alternative(word, start + word) for word in words] if all(map(str.isidentifier, words)) else []


def _holds(pattern: Json, word: str, language: Language) -> bool:
    return truth_of_all(language.match(pattern, word)) != FALSE


def is_one_edit(word: str, known: str) -> bool:
    """Whether two words differ in one letter, one more or less, two swapped, or upper and lower case only."""
    left, right = word.casefold(), known.casefold()
    if left == right:
        return word != known
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    one, other = left[start:], right[start:]
    return (
        one[1:] == other[1:] or one[1:] == other or one == other[1:] or (one[1::-1] + one[2:] == other and len(one) > 1)
    )
