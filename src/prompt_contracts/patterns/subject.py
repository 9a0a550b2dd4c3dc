"""What a pattern will be held against, and literals that it can never equal. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, json_type, show

KIND_WORDS = {
    "boolean": "true or false",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
"""What a person calls a JSON type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a pattern will be held against, as far as that is known before any answer."""

    name: str
    """For messages: `text`, `error.status`."""
    kinds: frozenset[str]
    """The JSON types that it can have."""
    least: int | None = None
    """The number below which it never is; None where any number may come."""
    options: str | None = None
    """For a help text: what may be written, where its words are known."""
    is_whole: bool = False
    """Whether its numbers are whole ones."""
    unit: str | None = None
    """What its number counts, for a help text: `seconds`."""
    can_be_absent: bool = False
    """Whether it is the value of a key that may not be there."""

    @property
    def words(self) -> str:
        """The JSON types in words."""
        return " or ".join(words for kind, words in KIND_WORDS.items() if kind in self.kinds)


ANYTHING = Subject(name="the value", kinds=frozenset(KIND_WORDS))


def check_kind(value: Json, subject: Subject) -> Iterator[Finding]:
    """A literal that can never equal the subject: of another JSON type, or a number that it never is."""
    if json_type(value) in subject.kinds:
        if is_below(value, subject):
            text = f"{subject.name} is never below {subject.least}, so it can never equal {show(value)}"
            yield Finding(code="PC120", message=text, help=f"write a number from {subject.least} on")
        elif subject.is_whole and isinstance(value, float) and not value.is_integer():
            text = f"{subject.name} is a whole number, so it can never equal {show(value)}"
            yield Finding(code="PC120", message=text, help="write a whole number, or a bound")
        return
    yield Finding(
        code="PC102",
        message=f"{subject.name} is {subject.words}, which {show(value, limit=80)} can never equal",
        help=_kind_help(value, subject),
    )


def is_below(value: Json, subject: Subject) -> bool:
    """Whether a number is one that the subject never comes down to."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and subject.least is not None and value < subject.least  # type: ignore[operator] # a number


def _kind_help(value: Json, subject: Subject) -> str | None:
    if isinstance(value, list):
        return "write {$any_of: [...]} for one of several"
    if subject.options is not None:
        return subject.options
    if value is None:
        return 'write "" for an empty text' if "string" in subject.kinds else "write a value, or leave the key out"
    if "string" in subject.kinds and not isinstance(value, (dict, str)):
        return f'write "{show(value)}", with quotes'
    if "number" in subject.kinds and isinstance(value, str) and _is_number(value):
        return f"write {value}, without quotes"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
