"""An outcome -> its mutants, place by place, in an order that never changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Literal

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, parse_json, pointer, spell
from prompt_contracts.message import Tool
from prompt_contracts.mutant import Mutant, Spoken
from prompt_contracts.mutation.answer_words import calls_words
from prompt_contracts.mutation.mutation_table import MutationRule, Spoils, operators_of
from prompt_contracts.mutation.schema_shape import Shape, keys_of, shape_of
from prompt_contracts.mutation.spoken_answer import Answers, MadeAt, respeaking, respoken
from prompt_contracts.outcome import Outcome

_DEPTH = 2
"""To which depth keys of arguments and of JSON are spoiled one by one."""
_STRANGE = "*"
"""Stands in a place for a name that neither a schema nor the contract has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationSetting:
    """What is known beside the outcome."""

    tools: Sequence[Tool] = ()
    response_schema: Json = None
    """The schema that the answer was asked to follow."""
    named: frozenset[str] = frozenset()
    """Keys and tools that the contract names."""
    spoken: Spoken = field(default_factory=Spoken)
    """What the case's own contract speaks of."""
    spoken_in_turns: Sequence[Spoken] = ()
    """What the contract of each turn speaks of beside it."""
    other_row: Outcome | None = None
    """What was answered to another row, where that is to be tried."""
    read_json: Callable[[str], Json] = parse_json
    """The JSON of a text as the contract reads it; `ValueError` where there is none."""
    has_rare: bool = False
    """Whether also those operators are applied that are mostly right."""


def mutants(outcome: Outcome, setting: MutationSetting) -> Iterator[Mutant]:
    """Every mutant of an outcome; none is equal to it."""
    seen: Counter[tuple[str, str]] = Counter()
    for mutant in _Spoiler(outcome, setting).mutants():
        seen[mutant.place, mutant.operator] += 1
        number = seen[mutant.place, mutant.operator]
        yield mutant if number == 1 else replace(mutant, number=number)


class _Spoiler:
    def __init__(self, outcome: Outcome, setting: MutationSetting) -> None:
        self._outcome = outcome
        self._setting = setting
        self._rules: dict[Spoils, tuple[tuple[str, MutationRule], ...]] = {}
        tools = setting.tools
        self._tools = {tool.name: shape_of(tool.parameters) for tool in tools}
        schemas = [*(tool.parameters for tool in tools), setting.response_schema]
        self._known = setting.named.union(*(keys_of(schema) for schema in schemas)) | self._tools.keys()

    def mutants(self) -> Iterator[Mutant]:
        outcome, setting = self._outcome, self._setting
        if not outcome.turns:
            yield from self._of_answers(outcome, setting.spoken, "")
        for number, turn in enumerate(outcome.turns, start=1):
            own = setting.spoken_in_turns[number - 1] if number <= len(setting.spoken_in_turns) else Spoken()
            # The case's own contract judges all calls, and the last answer.
            around = setting.spoken if turn is outcome.turns[-1] else Spoken(calls=setting.spoken.calls)
            prefix = f"turns/{number}/"
            yield from self._of_answers(turn, own.joined(replace(around, facets=frozenset())), prefix)
            yield from self._of_facets(turn, own, prefix, self._with_turn(number - 1))
        yield from self._of_facets(outcome, setting.spoken, "", lambda spoiled: spoiled)
        if setting.other_row is not None:
            for name, rule in self._operators("rows"):
                for spoiled in rule.spoil(outcome, setting.other_row):
                    yield _mutant(rule, name, rule.place, "rows", spoiled, rule.tell(outcome), rule.tell(spoiled))

    def _operators(self, spoils: Spoils) -> tuple[tuple[str, MutationRule], ...]:
        if spoils not in self._rules:
            self._rules[spoils] = operators_of(spoils, has_rare=self._setting.has_rare)
        return self._rules[spoils]

    def _with_turn(self, index: int) -> Callable[[Outcome], Outcome]:
        def placed(spoiled: Outcome) -> Outcome:
            turns = self._outcome.turns
            return replace(self._outcome, turns=(*turns[:index], spoiled, *turns[index + 1 :]))

        return placed

    def _of_facets(
        self, outcome: Outcome, spoken: Spoken, prefix: str, placed: Callable[[Outcome], Outcome]
    ) -> Iterator[Mutant]:
        kinds: tuple[Literal["error_field", "facet"], ...] = ("error_field", "facet")
        for spoils in kinds:
            for name, rule in self._operators(spoils):
                facet = rule.place.partition("/")[0]
                if facet not in spoken.facets:
                    continue
                for spoiled in rule.spoil(outcome):
                    before, after = rule.tell(outcome), rule.tell(spoiled)
                    yield _mutant(rule, name, prefix + rule.place, facet, placed(spoiled), before, after)

    def _of_answers(self, outcome: Outcome, spoken: Spoken, prefix: str) -> Iterator[Mutant]:
        answers = Answers(last=outcome.completion, earlier=outcome.earlier, tools=self._setting.tools)
        if spoken.calls:
            yield from self._of_calls(answers, prefix)
        choice = answers.choice
        if choice is None or not choice.text:
            return
        value: Json = None
        is_json = spoken.json
        if is_json:
            try:
                value = self._setting.read_json(choice.text)
            except ValueError:
                is_json = False
        if is_json:
            yield from self._of_json(answers, choice, value, spoken, prefix)
        if spoken.text:
            yield from self._of_text(answers, choice, prefix)

    def _of_text(self, answers: Answers, choice: Choice, prefix: str) -> Iterator[Mutant]:
        for name, rule in self._operators("whole_text"):
            for said in rule.spoil(choice):
                outcome = self._saying(answers, said)
                yield _mutant(rule, name, prefix + rule.place, "text", outcome, choice.text, said.refusal or said.text)

    def _saying(self, answers: Answers, choice: Choice) -> Outcome:
        last = answers.last
        return self._outcome if last is None else respoken(self._outcome, {id(last): respeaking(last, choice)})

    def _of_json(self, answers: Answers, choice: Choice, value: Json, spoken: Spoken, prefix: str) -> Iterator[Mutant]:
        place = f"{prefix}json"
        for name, rule in self._operators("whole_json"):
            if rule.effect == "surrounded" and spoken.is_fenced:
                continue  # the contract reads both alike
            for text in rule.spoil(value):
                outcome = self._saying(answers, replace(choice, text=text))
                yield _mutant(rule, name, place, "json", outcome, choice.text, text)
        shape = shape_of(self._setting.response_schema)
        for change in self._of_value(value, shape, place, _DEPTH):
            outcome = self._saying(answers, replace(choice, text=spell(change.whole)))
            yield _mutant(change.rule, change.name, change.place, "json", outcome, change.before, change.after)

    def _of_calls(self, answers: Answers, prefix: str) -> Iterator[Mutant]:
        for name, rule in self._operators("all_calls"):
            for others in rule.spoil(answers):
                before, after = calls_words(answers, {}), calls_words(answers, others)
                outcome = respoken(self._outcome, others)
                yield _mutant(rule, name, prefix + rule.place, "calls", outcome, before, after)
        numbers: Counter[str] = Counter()
        for made in answers.calls:
            called = self._name(made.call.name)
            numbers[called] += 1
            place = prefix + called + (f"#{numbers[called]}" if numbers[called] > 1 else "")
            for name, rule in self._operators("one_call"):
                for others in rule.spoil(answers, made):
                    before, after = calls_words(answers, {}), calls_words(answers, others)
                    yield _mutant(rule, name, place, "calls", respoken(self._outcome, others), before, after)
            yield from self._of_arguments(answers, made, place)

    def _of_arguments(self, answers: Answers, made: MadeAt, place: str) -> Iterator[Mutant]:
        call = made.call
        members = call.parsed_arguments()
        if members is None:
            return

        def calling(arguments: str) -> Outcome:
            spoiled = ToolCall(id=call.id, name=call.name, arguments=arguments)
            return respoken(self._outcome, answers.with_call(made, spoiled))

        for name, rule in self._operators("arguments"):
            for text in rule.spoil(members, call.arguments):
                where = f"{place}/{rule.place}"
                yield _mutant(rule, name, where, "arguments", calling(text), call.arguments, text)
        shape = self._tools.get(call.name, Shape())
        for change in self._of_object(members, shape, place, _DEPTH):
            outcome = calling(spell(change.whole))
            yield _mutant(change.rule, change.name, change.place, "arguments", outcome, change.before, change.after)

    def _of_value(self, value: Json, shape: Shape, place: str, depth: int) -> Iterator[_Change]:
        """What a value may have become, at its own place and, as far down as `depth` goes, below it."""
        for name, rule in self._operators("value"):
            for other in rule.spoil(value, shape):
                yield _Change(name=name, rule=rule, place=place, whole=other, before=value, after=other)
        if isinstance(value, dict) and depth:
            yield from self._of_object(value, shape, place, depth)

    def _of_object(self, members: dict[str, Json], shape: Shape, place: str, depth: int) -> Iterator[_Change]:
        for name, rule in self._operators("object"):
            for spoiled in rule.spoil(members, shape):
                where = f"{place}/{rule.place}"
                yield _Change(name=name, rule=rule, place=where, whole=spoiled, before=members, after=spoiled)
        for key, value in members.items():
            where = place + pointer(self._name(key))
            for name, rule in self._operators("key"):
                for spoiled in rule.spoil(members, key):
                    yield _Change(name=name, rule=rule, place=where, whole=spoiled, before=value, after=None)
            for change in self._of_value(value, shape.at(key), where, depth - 1):
                yield replace(change, whole={**members, key: change.whole})

    def _name(self, name: str) -> str:
        """A name as it may stand in a place: a model may have made it up."""
        return name if name in self._known and name else _STRANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A JSON value, spoiled somewhere in it."""

    name: str
    rule: MutationRule
    place: str
    whole: Json
    before: Json
    after: Json


def _mutant(
    rule: MutationRule, name: str, place: str, family: str, outcome: Outcome, before: Json, after: Json
) -> Mutant:
    return Mutant(
        place=place,
        family=family,
        operator=name,
        effect=rule.effect,
        before=before,
        after=after,
        outcome=outcome,
    )
