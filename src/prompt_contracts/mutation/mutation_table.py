"""The table of operators of mutation: every way in which an answer is spoiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.mutant import Effect
from prompt_contracts.mutation import answer_words as words
from prompt_contracts.mutation import call_mutations as calls
from prompt_contracts.mutation import case_mutations as whole
from prompt_contracts.mutation import object_mutations as objects
from prompt_contracts.mutation import text_mutations as texts
from prompt_contracts.mutation import value_mutations as values
from prompt_contracts.outcome import Outcome

Spoils = Literal[
    "all_calls",
    "one_call",
    "arguments",
    "object",
    "key",
    "value",
    "whole_json",
    "whole_text",
    "error_field",
    "facet",
    "rows",
]
"""What an operator is applied to: all calls of a turn, one call, its arguments as a whole, an object, one key of it,
the value of that, JSON as a whole, a text, an error, a facet of its own, the answer to another row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRule:
    """One way to spoil an answer."""

    spoils: Spoils
    effect: Effect
    """What it shows when nobody notices it."""
    spoil: Callable[..., Iterator[Any]]
    """Yields what became of it, at most once; nothing where it does not apply."""
    place: str = ""
    """The place that it is at, from what it spoils: `calls/more`, `text/end`; empty for the thing itself."""
    tell: Callable[[Outcome], Json] = words.outcome_words
    """What stands there, of an operator on an outcome as a whole."""
    is_default: bool = True
    """Whether it is applied without being asked for: the others are mostly right."""


def _value(effect: Effect, spoil: Callable[..., Iterator[Any]]) -> MutationRule:
    return MutationRule(spoils="value", effect=effect, spoil=spoil)


def _rare(spoil: Callable[..., Iterator[Any]]) -> MutationRule:
    return MutationRule(spoils="value", effect="spelling", spoil=spoil, is_default=False)


def _error(field: str, spoil: Callable[..., Iterator[Any]]) -> MutationRule:
    tell = words.error_field_words(field)
    return MutationRule(spoils="error_field", effect="value", spoil=spoil, place=f"error/{field}", tell=tell)


def _facet(name: str, spoil: Callable[..., Iterator[Any]], tell: Callable[[Outcome], Json]) -> MutationRule:
    return MutationRule(spoils="facet", effect="value", spoil=spoil, place=name, tell=tell)


MUTATIONS: Mapping[str, MutationRule] = MappingProxyType(
    {
        "no_call": MutationRule(spoils="all_calls", effect="none", spoil=calls.no_call, place="calls"),
        "refused_call": MutationRule(spoils="all_calls", effect="refused", spoil=calls.refused_call, place="calls"),
        "other_tool_too": MutationRule(
            spoils="all_calls", effect="further", spoil=calls.other_tool_too, place="calls/more"
        ),
        "call_doubled": MutationRule(
            spoils="all_calls", effect="further", spoil=calls.call_doubled, place="calls/more"
        ),
        "call_beside_text": MutationRule(
            spoils="all_calls", effect="further", spoil=calls.call_beside_text, place="calls/more"
        ),
        "call_dropped": MutationRule(spoils="one_call", effect="dropped", spoil=calls.call_dropped),
        "call_renamed": MutationRule(spoils="one_call", effect="renamed", spoil=calls.call_renamed),
        "call_replaced_by_twin": MutationRule(spoils="one_call", effect="twin", spoil=calls.call_replaced_by_twin),
        "no_arguments": MutationRule(
            spoils="arguments", effect="left_out", spoil=objects.no_arguments, place="$arguments"
        ),
        "broken_json": MutationRule(spoils="arguments", effect="broken", spoil=objects.broken_json, place="$arguments"),
        "left_out": MutationRule(spoils="key", effect="left_out", spoil=objects.left_out),
        "unknown_key": MutationRule(spoils="object", effect="more", spoil=objects.unknown_key, place="$others"),
        "schema_key": MutationRule(spoils="object", effect="more", spoil=objects.schema_key, place="$others"),
        "swapped": MutationRule(spoils="object", effect="swapped", spoil=objects.swapped, place="$swapped"),
        "null": _value("type", values.null),
        "another_type": _value("type", values.another_type),
        "other_member": _value("value", values.other_member),
        "no_member": _value("value", values.no_member),
        "plus_one": _value("value", values.plus_one),
        "other_sign": _value("value", values.other_sign),
        "tenfold": _value("value", values.tenfold),
        "flipped": _value("value", values.flipped),
        "day_on": _value("value", values.day_on),
        "other_text": _value("value", values.other_text),
        "empty_text": _value("empty", values.empty_text),
        "cut_text": _value("cut", values.cut_text),
        "other_number_in_text": _value("value", values.other_number_in_text),
        "other_unit": _value("value", values.other_unit),
        "empty_list": _value("empty", values.empty_list),
        "longer_list": _value("more", values.longer_list),
        "shorter_list": _value("cut", values.shorter_list),
        "other_last_item": _value("value", values.other_last_item),
        "letter_case": _rare(values.letter_case),
        "surrounding_space": _rare(values.surrounding_space),
        "reversed_list": _rare(values.reversed_list),
        "fenced": MutationRule(spoils="whole_json", effect="surrounded", spoil=texts.fenced),
        "prose_before": MutationRule(spoils="whole_json", effect="surrounded", spoil=texts.prose_before),
        "wrapped_in_list": MutationRule(spoils="whole_json", effect="type", spoil=texts.wrapped_in_list),
        "unrelated_answer": MutationRule(
            spoils="whole_text", effect="value", spoil=texts.unrelated_answer, place="text"
        ),
        "refusal_in_words": MutationRule(
            spoils="whole_text", effect="refused", spoil=texts.refusal_in_words, place="text"
        ),
        "refusal": MutationRule(spoils="whole_text", effect="refused", spoil=texts.refusal, place="text"),
        "empty_answer": MutationRule(spoils="whole_text", effect="empty", spoil=texts.empty_answer, place="text"),
        "half_answer": MutationRule(spoils="whole_text", effect="cut", spoil=texts.half_answer, place="text/end"),
        "number_changed": MutationRule(
            spoils="whole_text", effect="value", spoil=texts.number_changed, place="text/number"
        ),
        "other_kind": _error("kind", whole.other_kind),
        "other_status": _error("status", whole.other_status),
        "other_code": _error("code", whole.other_code),
        "other_message": _error("message", whole.other_message),
        "handled_flipped": _error("handled", whole.handled_flipped),
        "answer_of_other_row": MutationRule(spoils="rows", effect="row", spoil=whole.answer_of_other_row, place="rows"),
        "other_finish_reason": _facet("finish_reason", whole.other_finish_reason, words.choice_words("finish_reason")),
        "far_more_tokens": _facet("usage", whole.far_more_tokens, lambda outcome: outcome.usage.to_json()),
        "far_dearer": _facet("cost", whole.far_dearer, words.cost_words),
        "far_slower": _facet("latency", whole.far_slower, lambda outcome: outcome.latency),
        "other_model": _facet("model", whole.other_model, words.model_words),
        "other_reasoning": _facet("reasoning", whole.other_reasoning, words.choice_words("reasoning")),
        "other_refusal": _facet("refusal", whole.other_refusal, words.choice_words("refusal")),
        "other_requests": _facet("requests", whole.other_requests, words.request_words),
    }
)
"""Every operator of this version, by its name."""


def operators_of(spoils: Spoils, *, has_rare: bool) -> tuple[tuple[str, MutationRule], ...]:
    """The operators that are applied to one kind of thing."""
    return tuple(
        (name, rule) for name, rule in MUTATIONS.items() if rule.spoils == spoils and (has_rare or rule.is_default)
    )
