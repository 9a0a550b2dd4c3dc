"""`turns` of a case -> Turn: what each says, and how it is filled in once earlier turns have been answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prompt_contracts.cases.answer_values import ERROR, AnswerFiller, GivenByAnswers, StandIns
from prompt_contracts.cases.attachments import Attachments
from prompt_contracts.cases.case_places import facets_of, places_in_case
from prompt_contracts.cases.fault_plan import build_fault_plan
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.merging import merge_requests
from prompt_contracts.cases.messages import MessageBuilder, as_prompts, with_user
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.structure import is_valid_turn, turn_schema
from prompt_contracts.cases.templating import Variables
from prompt_contracts.data_class import dataclass
from prompt_contracts.fault import FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.turn import FilledTurn, OnError, Turn, UnfillableError


def sent_parameters(request: Node | None) -> Mapping[str, Json]:
    """The parameters that are sent; null is how a layer says that one is not."""
    value = None if request is None else request.value
    if not isinstance(value, dict):
        return {}
    # The very same object where there is none: cells share their requests.
    return {name: item for name, item in value.items() if item is not None} if None in value.values() else value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """One turn as it was written, and what it can name."""

    node: Node
    number: int
    scope: Variables | None
    """None leaves templates as text."""
    names: frozenset[str]
    """The variables that earlier turns give."""

    @property
    def subject(self) -> str:
        return f"turn {self.number}"

    def filled(self, values: Mapping[str, Json], findings: Findings) -> Node:
        if self.scope is None:
            return self.node
        return as_turn_prompts(AnswerFiller(self.scope, self.names, GivenByAnswers(values), findings).fill(self.node))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParts:
    """What the case gives to its turns, templates filled in."""

    request: Node | None
    users: tuple[Node, ...]
    """The `user` fields of its messages."""
    fault: FaultPlan | None
    on_error: OnError
    attachments: Attachments
    is_application: bool


class Script:
    """The turns of one case for one row: first looked at with stand-ins, then built."""

    def __init__(self, turns: Node, scope: Variables | None, findings: Findings) -> None:
        """Without a scope, templates are text. What names an unknown variable is noted."""
        self._findings = findings
        self._turns = turns
        self._written: list[_Written] = []
        self._previews: list[Node] = []
        self._needs: list[frozenset[str]] = []
        given = _gifts(turns)
        known: frozenset[str] = frozenset()
        for number, node in enumerate(turns.items or (), start=1):
            names = known | ({ERROR} if number > 1 else frozenset())
            here = None if scope is None else _scope_of_turn(scope, names, given)
            written = _Written(node=node, number=number, scope=here, names=names)
            self._written.append(written)
            self._look_at(written)
            known |= frozenset(_extracts(node).members or ())
        if scope is not None:
            self._check_names(scope)

    @property
    def preview(self) -> Node:
        """The turns with stand-ins for what only the run gives."""
        return self._turns.with_items(self._previews)

    @property
    def expects_something(self) -> bool:
        """Whether one of the turns has an expectation of its own."""
        return any(node.member("expect") is not None for node in self._previews)

    def build(self, parts: CaseParts) -> tuple[Turn, ...]:
        """The turns; what is wrong with them is noted, and then they are of no use."""
        built = [
            self._build(written, preview, needs, parts)
            for written, preview, needs in zip(self._written, self._previews, self._needs, strict=True)
        ]
        self._warn_of_unused()
        return tuple(built)

    def _look_at(self, written: _Written) -> None:
        if written.scope is None:
            self._previews.append(written.node)
            self._needs.append(frozenset())
            return
        filler = AnswerFiller(written.scope, written.names, StandIns(), self._findings)
        self._previews.append(as_turn_prompts(filler.fill(written.node)))
        self._needs.append(frozenset(filler.used))

    def _check_names(self, scope: Variables) -> None:
        """A variable has one source: the file, the row, or the answers."""
        taken = {**dict.fromkeys(scope.variables, "a variable of the file or a column of the row")}
        for written in self._written:
            for name in _extracts(written.node).members or {}:
                place = _extracts(written.node).key(name)
                if name in (ERROR, "env"):
                    what = "the error of the turn before" if name == ERROR else "the environment"
                    message = f"'{name}' cannot be extracted: templates read {what} by that name"
                    self._findings.error("PC102", message, place, advice="rename it")
                elif name in taken:
                    message = f"the variable '{name}' is {taken[name]} already"
                    self._findings.error("PC103", message, place, advice="rename one of them")
        if ERROR in scope.variables and any(ERROR in needs for needs in self._needs):
            message = "'error' is a variable of the file or a column of the row, and the error of the turn before"
            self._findings.error("PC103", message, self._turns, advice="rename the variable or column")

    def _warn_of_unused(self) -> None:
        for written in self._written:
            later = frozenset[str]().union(*self._needs[written.number :])
            extracts = _extracts(written.node)
            for name in extracts.members or ():
                if name not in later and written.scope is not None:
                    message = f"the variable '{name}' is never used: no later turn names it"
                    advice = "remove it, or name it in a later turn"
                    self._findings.warning("PC115", message, extracts.key(name), advice=advice)

    def _build(self, written: _Written, preview: Node, needs: frozenset[str], parts: CaseParts) -> Turn:
        members = preview.members or {}
        findings = self._findings
        shown = _finished(preview, written, parts, findings)
        if "expect" in members and members["expect"].value in (None, {}):
            message, advice = f"{written.subject} has an empty 'expect'", "say what must hold, or leave the key out"
            findings.error("PC105", message, written.node.key("expect"), advice=advice)
        if parts.is_application and "request" in members:
            message = "'request' has no effect in a turn of an application, which writes its own requests"
            findings.warning("PC146", message, written.node.key("request"), advice="leave it out")
        fault = parts.fault
        if "fault" in members:
            request = merge_requests(parts.request, members.get("request"))
            fault = build_fault_plan(members["fault"], findings, request=request, is_application=parts.is_application)
        on_error: OnError = parts.on_error
        if "on_error" in members:
            on_error = "continue" if members["on_error"].value == "continue" else "fail"
        return Turn(
            number=written.number,
            location=written.node.location,
            fill=_Fill(written=written, parts=parts, preview=shown) if needs else _Constant(shown),
            needs=needs - {ERROR},
            preview=shown,
            extract={name: str(node.value) for name, node in (_extracts(preview).members or {}).items()},
            fault=fault,
            on_error=on_error,
        )


@dataclass(frozen=True, slots=True)
class _Constant:
    """The fill of a turn that names nothing of earlier ones."""

    turn: FilledTurn

    def __call__(self, values: Mapping[str, Json]) -> FilledTurn:  # noqa: ARG002 - nothing of them is named
        return self.turn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """The fill of a turn that names what earlier ones gave."""

    written: _Written
    parts: CaseParts
    preview: FilledTurn

    def __call__(self, values: Mapping[str, Json]) -> FilledTurn:
        findings = Findings()
        node = self.written.filled(values, findings)
        # An answer can be of any type: what was sound with a stand-in need not be so now.
        if not is_valid_turn(node.value):
            from prompt_contracts.cases.explanation import Explainer

            Explainer(turn_schema(), findings).explain(node, "turn", self.written.subject)
            _refuse(findings, self.written)
        filled = _finished(node, self.written, self.parts, findings)
        if findings.count:
            _refuse(findings, self.written)
        return filled


def _refuse(findings: Findings, written: _Written) -> None:
    found = findings.errors
    location = found[0].location if found else written.node.location
    message = found[0].message if found else "something else"
    raise UnfillableError(expected=f"values that fit into {written.subject}", got=message, location=location)


def _finished(node: Node, written: _Written, parts: CaseParts, findings: Findings) -> FilledTurn:
    members = node.members or {}
    builder = MessageBuilder(parts.attachments, findings)
    messages = builder.of_turn(members, written.node, written.subject)
    request = merge_requests(parts.request, members.get("request"))
    parameters = sent_parameters(request)
    users = [*parts.users, *builder.users]
    if users:
        parameters = with_user(parameters, users, findings, written=request)
    return FilledTurn(
        messages=messages,
        request=parameters,
        expect=facets_of(members.get("expect")),
        places=places_in_case({**members, **({} if request is None else {"request": request})}, case=node),
    )


def as_turn_prompts(turn: Node) -> Node:
    """A turn with numbers and booleans turned into text where only a message's text can stand."""
    members = turn.members or {}
    found = as_prompts(members)
    same = all(found[key] is member for key, member in members.items())
    return turn if same else turn.with_members(found)


def _gifts(turns: Node) -> dict[str, int]:
    """Variable -> number of the first turn that extracts it."""
    given: dict[str, int] = {}
    for number, turn in enumerate(turns.items or (), start=1):
        for name in _extracts(turn).members or ():
            given.setdefault(name, number)
    return given


def _extracts(turn: Node) -> Node:
    found = turn.member("extract")
    return replace(turn, members=None, items=None) if found is None else found


def _scope_of_turn(scope: Variables, names: frozenset[str], given: Mapping[str, int]) -> Variables:
    later = {name: f"turn {number} gives it" for name, number in given.items() if name not in names}
    if ERROR not in names and ERROR not in scope.variables:
        later[ERROR] = "the first turn comes after no other"
    return replace(scope, later={**scope.later, **later})


def names_of_turns(turns: Node | None) -> Mapping[str, str]:
    """The variables that only turns give -> why they are not known outside of them, in words."""
    if turns is None:
        return {}
    return {name: f"turn {number} gives it" for name, number in _gifts(turns).items()}
