"""What the text of an answer may have become, and what its JSON may stand amid."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice
from prompt_contracts.json_value import Json, spell
from prompt_contracts.mutation.call_mutations import POLITE_REFUSAL
from prompt_contracts.mutation.value_mutations import next_number

UNRELATED = "Bananas grow in bunches, and most of them are yellow."


def empty_answer(choice: Choice) -> Iterator[Choice]:
    """Nothing."""
    if choice.text:
        yield replace(choice, text="")


def half_answer(choice: Choice) -> Iterator[Choice]:
    """The first half."""
    if len(choice.text) > 1:
        yield replace(choice, text=choice.text[: len(choice.text) // 2])


def unrelated_answer(choice: Choice) -> Iterator[Choice]:
    """Something that has nothing to do with the question."""
    yield replace(choice, text=UNRELATED if choice.text != UNRELATED else POLITE_REFUSAL)


def refusal_in_words(choice: Choice) -> Iterator[Choice]:
    """A refusal that looks like any other text."""
    if choice.text != POLITE_REFUSAL:
        yield replace(choice, text=POLITE_REFUSAL)


def refusal(choice: Choice) -> Iterator[Choice]:
    """A refusal that the provider marks as one."""
    if not choice.refusal:
        yield replace(choice, text="", refusal=POLITE_REFUSAL)


def number_changed(choice: Choice) -> Iterator[Choice]:
    """The first number is one more."""
    for text in next_number(choice.text):
        yield replace(choice, text=text)


def fenced(value: Json) -> Iterator[str]:
    """The JSON as a block of Markdown."""
    yield f"```json\n{spell(value)}\n```"


def prose_before(value: Json) -> Iterator[str]:
    """Words before the JSON."""
    yield f"Here is the JSON you asked for:\n{spell(value)}"


def wrapped_in_list(value: Json) -> Iterator[str]:
    """The JSON as the only item of a list."""
    yield spell([value])
