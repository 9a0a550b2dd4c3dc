"""One case as written -> its cells: merging, rows, prompts, models and templates, in that order. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.cases.attachments import Attachments
from prompt_contracts.cases.case_places import CasePlaces, ShareValue, facets_of, places_in_case
from prompt_contracts.cases.conduct import CONDUCT_KEYS, CaseSource, build_requirement, conduct_fields
from prompt_contracts.cases.example_rows import ExampleRows, placeholder
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.given_keys import check_columns, read_given
from prompt_contracts.cases.merging import matching_overrides, merge_layers, warn_of_idle_overrides
from prompt_contracts.cases.messages import MessageBuilder, as_prompts, with_user
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.prompts import Prompt, expand_prompts, warn_of_idle_prompts, with_prompt
from prompt_contracts.cases.rows import Row, columns_of, expand_rows, row_of_all, with_examples
from prompt_contracts.cases.stated_relations import RelationSource, fill_relations, stated_relations, stated_same
from prompt_contracts.cases.structure import filled_schema, is_valid_case
from prompt_contracts.cases.template_text import check_keys, check_unfilled, names_in
from prompt_contracts.cases.templating import Filler, Variables
from prompt_contracts.cases.tools import build_tools, pick_tools
from prompt_contracts.cases.turns import Script, names_of_turns, sent_parameters
from prompt_contracts.data_class import dataclass
from prompt_contracts.given import Given
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.strength_terms import StrengthTerms
from prompt_contracts.turn import Facet

FILLED_KEYS = (
    *("system", "user", "messages", "history", "tools", "request"),
    *("tool_results", "assistant", "fault", "expect"),
)
"""The keys in whose values templates are filled in; `turns` have a way of their own."""
_TOLD_AS_WRITTEN = ("name", "description", "tags", "skip", "xfail", "timeout", "trials", "stop_early")
_TEMPLATES_ELSEWHERE = ("turns", "overrides", "rows", "matrix")
UNUSED = "remove it, or name it in a template"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """What the file and the run give to every case."""

    path: str
    defaults: Mapping[str, Node]
    library: Mapping[str, Node]
    broken_tools: frozenset[str]
    scope: Variables
    file_models: tuple[str, ...]
    """Models for cases that name none: the file's, else the project's."""
    model_list: Node | None
    """Where the file lists its models."""
    models: tuple[str, ...] | None
    """Models that replace those of every case; None leaves them."""
    attachments: Attachments
    examples: ExampleRows
    """The generated rows of its cases."""
    keeps_columns: bool = False
    """Whether cases carry the columns of their rows."""
    share: ShareValue | None = None
    """What the values of facets go through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What several cells may share: models of one row, and rows in which nothing was filled in."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    request: Mapping[str, Json]
    expect: tuple[Facet, ...]
    conduct: Mapping[str, Any]
    """More fields of the case; empty for most."""


class Assembler:
    """Builds the cases of one file; cells in which nothing differs share their parts."""

    def __init__(self, context: FileContext) -> None:
        self._surroundings = context
        self._facets: dict[int, tuple[Node, tuple[Facet, ...]]] = {}
        self._tools: dict[tuple[int, ...], tuple[list[Node], tuple[Tool, ...]]] = {}

    def assemble(self, case: Node, subject: str, findings: Findings) -> tuple[Case, ...]:
        """The cells of a case whose shape was checked; of no use when `findings` holds errors afterwards."""
        return _Assembly(self, self._surroundings, case, subject, findings).cases()

    def facets_of(self, expect: Node) -> tuple[Facet, ...]:
        """The facets of one `expect`, the same tuple for the same node."""
        # The node is kept beside its id: another one could be made at the address of one that is gone.
        known = self._facets.get(id(expect))
        if known is None:
            known = self._facets[id(expect)] = (expect, facets_of(expect, share=self._surroundings.share))
        return known[1]

    def tools_of(self, picked: list[Node], findings: Findings) -> tuple[Tool, ...]:
        """The tools of one pick, the same tuple for the same definitions."""
        key = tuple(id(node) for node in picked)
        known = self._tools.get(key)
        if known is None:
            before = findings.count
            tools = build_tools(picked, findings)
            if findings.count > before:
                return tools
            known = self._tools[key] = (picked, tools)
        return known[1]


class _Assembly:
    """The assembly of one case."""

    def __init__(
        self, assembler: Assembler, context: FileContext, case: Node, subject: str, findings: Findings
    ) -> None:
        self._assembler = assembler
        self._around = context
        self._case = case
        self._subject = subject
        self._findings = findings
        written = case.members or {}
        self._layer_overrides = (context.defaults.get("overrides"), written.get("overrides"))
        self._base = merge_layers(context.defaults, written)
        self._merged: dict[tuple[str | None, tuple[int, ...]], dict[str, Node]] = {}
        self._used_columns: set[str] = set()
        self._given: Given | None = None

    def cases(self) -> tuple[Case, ...]:
        before = self._findings.count
        for layer in self._layer_overrides:
            if layer is not None:
                check_keys(layer, self._findings)
        rows = self._with_examples(expand_rows(self._base, self._case, self._findings))
        # Rows with mistakes are looked at once, with the columns of all, so that one run names the rest as well.
        if self._findings.count > before:
            rows = row_of_all(rows)
        prompts = expand_prompts(self._base, self._case, self._findings)
        models = self._models()
        # Models of the command line are no reason to call an override of the file idle.
        if not self._around.models:
            warn_of_idle_overrides(self._case.member("overrides"), models, self._findings)
        cells = [cell for row in rows for prompt in prompts for cell in self._cells(row, prompt, models)]
        if not self._findings.count:
            self._warn_of_unused(rows)
            has_overrides = self._layer_overrides != (None, None)
            warn_of_idle_prompts(prompts, self._case, cells, self._findings, has_overrides=has_overrides)
        return tuple(cells)

    def _with_examples(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows with those that are generated; what only a mistake left without any gets a stand-in."""
        given = self._given = read_given(self._base, self._case, self._subject, self._findings)
        if given is None:
            return rows
        written = self._base["given"]
        check_columns(given, rows[0].columns if rows else {}, self._base, self._findings)
        if not self._findings.count:
            found = self._around.examples.of(str(self._base["name"].value), given, self._findings)
            rows = with_examples(rows, found, written, self._findings) or rows
        if self._findings.count:
            made = placeholder(written, list(written.members or ()))
            return tuple(replace(row, columns={**row.columns, **made}) for row in rows)
        return rows

    def _cells(self, row: Row, prompt: Prompt, models: tuple[str | None, ...]) -> Iterator[Case]:
        """A cell for each model; those with the same overrides share all that is built."""
        parts: dict[tuple[int, ...], Case] = {}
        for model in models:
            changes = matching_overrides(model, self._layer_overrides)
            members = self._members(prompt, changes)
            key = tuple(id(change) for change in changes)
            if key in parts:
                yield replace(parts[key], model=model, places=self._places(members, prompt, model))
            else:
                parts[key] = self._cell(members, row, prompt, model)
                yield parts[key]

    def _warn_of_unused(self, rows: tuple[Row, ...]) -> None:
        columns = rows[0].columns if rows else {}
        if not columns and self._layer_overrides == (None, None):
            return
        # An override for a model that this run does not ask uses what it names all the same.
        scope = self._around.scope.with_row(columns, used=self._used_columns)
        for layer in self._layer_overrides:
            for name in names_in(layer):
                scope.note_use(name)
        table = self._base.get("rows") or self._base.get("matrix")
        mapping = table.items[0] if table is not None and table.items else table
        generated = {} if self._given is None else self._given.variables
        for name in columns:
            place = self._base["given"] if name in generated else mapping
            if name != "id" and name not in self._used_columns and place is not None:
                message = f"the {'variable' if name in generated else 'column'} '{name}' is never used"
                self._findings.warning("PC115", message, place.key(name), advice=UNUSED)

    def _places(self, members: Mapping[str, Node], prompt: Prompt, model: str | None) -> Mapping[str, Location]:
        lists = (self._base.get("model"), self._base.get("models"), self._around.model_list)
        return CasePlaces(
            partial(places_in_case, members, case=self._case, model=model, model_lists=lists, prompt=prompt)
        )

    def _models(self) -> tuple[str | None, ...]:
        if "model" in self._base and "models" in self._base:
            message = "'model' and 'models' stand together"
            advice = "keep one of the two"
            self._findings.error("PC102", message, self._case.key("model"), advice=advice)
        if self._around.models:
            return self._around.models
        if "model" in self._base:
            return (str(self._base["model"].value),)
        if "models" in self._base:
            return model_ids(self._base["models"], self._findings)
        return self._around.file_models or (None,)

    def _members(self, prompt: Prompt, changes: tuple[Node, ...]) -> dict[str, Node]:
        """The keys of a case for one prompt and for all models with the same overrides."""
        key = (prompt.name, tuple(id(change) for change in changes))
        if key not in self._merged:
            merged = self._base if prompt.name is None else with_prompt(self._base, prompt, self._findings)
            for change in changes:
                merged = merge_layers(merged, change.members or {})
            self._merged[key] = merged
        return self._merged[key]

    def _cell(self, written: dict[str, Node], row: Row, prompt: Prompt, model: str | None) -> Case:
        scope = self._around.scope.with_row(row.columns, used=self._used_columns) if row.columns else self._around.scope
        on = "templates" not in written or written["templates"].value is not False
        turns = written.get("turns")
        if turns is not None:
            scope = replace(scope, later=names_of_turns(turns))
        members = fill_members(written, scope, self._findings) if on else written
        script = None
        if turns is not None:
            script = Script(turns, scope if on else None, self._findings)
            members = {**members, "turns": script.preview}
        if members is not written or not on:
            members = as_prompts(members)
            self._check_filled(members)
        if on:
            check_unfilled(written, frozenset((*FILLED_KEYS, "holds_under", *_TEMPLATES_ELSEWHERE)), self._findings)
        if self._findings.count:
            parts = _Parts(messages=(), tools=(), request={}, expect=(), conduct={})
        else:
            parts = self._parts(members, scope, script, prompt, is_filled=on)
            if "holds_under" in members or "same" in members:
                parts = self._with_relations(parts, written, members, scope if on else None)
        if self._around.keeps_columns and (row.columns or not on):
            terms = parts.conduct.get("strength", StrengthTerms())
            terms = replace(terms, columns=columns_of(row, written) if on else None, is_filled_in=on)
            parts = replace(parts, conduct={**parts.conduct, "strength": terms})
        return self._case_of(members, parts, row, prompt, model)

    def _check_filled(self, members: dict[str, Node]) -> None:
        value = {name: node.value for name, node in members.items()}
        if self._findings.count or is_valid_case(value):
            return
        node = self._case.with_members(members)
        from prompt_contracts.cases.explanation import Explainer

        Explainer(filled_schema(), self._findings).explain(node, "case", self._subject)
        if not self._findings.count:
            message = f"{self._subject} is not valid when its templates are filled in"
            self._findings.error("PC102", message, self._case.key("name"))

    def _parts(
        self, members: Mapping[str, Node], scope: Variables, script: Script | None, prompt: Prompt, *, is_filled: bool
    ) -> _Parts:
        around, findings = self._around, self._findings
        expect, request = members.get("expect"), members.get("request")
        if script is None or expect is not None or not script.expects_something:
            check_expect_is_given(expect, self._case, self._subject, findings)
        filler = Filler(scope, findings, allow_environment=True) if is_filled else None
        picked = pick_tools(members.get("tools"), around.library, around.broken_tools, filler, findings)
        tools = self._assembler.tools_of(picked, findings)
        builder = MessageBuilder(around.attachments, findings)
        if prompt.name is None:
            messages = builder.of_case(members, self._case, self._subject)
        else:
            messages = builder.of_case(members, prompt.place, f"{self._subject} with the prompt '{prompt.name}'")
        parameters = sent_parameters(request)
        if builder.users:
            parameters = with_user(parameters, builder.users, findings, written=request)
        conduct: Mapping[str, Any] = {}
        if not CONDUCT_KEYS.isdisjoint(members):
            conduct = conduct_fields(
                members,
                CaseSource(node=self._case, subject=self._subject, prompt=prompt),
                tools=tools,
                users=tuple(builder.users),
                script=script,
                scope=scope,
                attachments=around.attachments,
                findings=findings,
            )
        return _Parts(
            messages=messages,
            tools=tools,
            request=parameters,
            expect=() if expect is None else self._assembler.facets_of(expect),
            conduct=conduct,
        )

    def _with_relations(
        self, parts: _Parts, written: Mapping[str, Node], members: Mapping[str, Node], scope: Variables | None
    ) -> _Parts:
        """The parts, and the changes under which the contract holds."""
        findings, node, same = self._findings, members.get("holds_under"), members.get("same")
        if node is None:
            advice = "name the changes under 'holds_under'"
            findings.error("PC105", "'same' needs a 'holds_under'", self._case.key("same"), advice=advice)
            return parts
        builder = MessageBuilder(self._around.attachments, findings)
        source = RelationSource(
            written=written, scope=scope, tools_of=partial(self._tools_named, scope), builder=builder, findings=findings
        )
        more = {
            "holds_under": stated_relations(node, source),
            "same": None if same is None else stated_same(same, findings),
        }
        return replace(parts, conduct={**parts.conduct, **more})

    def _tools_named(self, scope: Variables | None, names: Node) -> tuple[Tool, ...]:
        around, findings = self._around, self._findings
        filler = None if scope is None else Filler(scope, findings, allow_environment=True)
        picked = pick_tools(names, around.library, around.broken_tools, filler, findings)
        return self._assembler.tools_of(picked, findings)

    def _case_of(self, members: Mapping[str, Node], parts: _Parts, row: Row, prompt: Prompt, model: str | None) -> Case:
        told: dict[str, Any] = {key: members[key].value for key in _TOLD_AS_WRITTEN if key in members}
        return Case(
            path=self._around.path,
            name=str(told.get("name")),
            row=row.id,
            prompt=prompt.name,
            example=row.example,
            given=self._given,
            model=model,
            location=self._case.key("name").location,
            messages=parts.messages,
            tools=parts.tools,
            request=parts.request,
            expect=parts.expect,
            description=told.get("description"),
            tags=tuple(dict.fromkeys(told.get("tags") or ())),
            skip=told.get("skip"),
            xfail=told.get("xfail"),
            timeout=told.get("timeout"),
            trials=int(told.get("trials") or 1),
            require=build_requirement(members.get("require"), self._findings),
            stop_early=bool(told.get("stop_early")),
            places=self._places(members, prompt, model),
            **parts.conduct,
        )


def fill_members(members: dict[str, Node], scope: Variables, findings: Findings) -> dict[str, Node]:
    """The keys of a case with their templates filled in; the very same mapping when there are none."""
    filled = members
    for key in FILLED_KEYS:
        node = members.get(key)
        if node is not None and node.has_template:
            new = Filler(scope, findings, allow_environment=key != "expect").fill(node)
            if new is not node:
                filled = {**filled, key: new}
    relations = members.get("holds_under")
    if relations is not None and relations.has_template:
        filled = {**filled, "holds_under": fill_relations(relations, scope, findings)}
    return filled


def check_expect_is_given(expect: Node | None, case: Node, subject: str, findings: Findings) -> None:
    """Notes a missing or empty `expect`; what stands in it is checked elsewhere."""
    if expect is None or expect.value is None or expect.value == {}:
        place = case.key("name" if expect is None else "expect")
        missing = "has no 'expect'" if expect is None else "has an empty 'expect'"
        findings.error("PC105", f"{subject} {missing}", place, advice="say what must hold, as in expect: {text: ...}")


def model_ids(node: Node, findings: Findings) -> tuple[str, ...]:
    """The models of a list, each once; one that comes twice is noted."""
    found: dict[str, None] = {}
    for item in node.items or ():
        name = str(item.value)
        if name in found:
            findings.error("PC103", f"the model '{name}' is listed twice", item, advice="keep one of the two")
        found[name] = None
    return tuple(found)
