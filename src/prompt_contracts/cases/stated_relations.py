"""`holds_under` of a case -> Relation: which changes it names, templates filled in. Makes no change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from prompt_contracts.cases.case_places import facets_of
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.messages import MessageBuilder, as_prompts
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.templating import Filler, Variables
from prompt_contracts.data_class import dataclass
from prompt_contracts.message import Tool
from prompt_contracts.relation import Relation, RelationKind, Same, SameFacet, Typos

_LISTED: tuple[RelationKind, ...] = ("tool_order", "spelling")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationSource:
    """What relations are made of, beside what they say themselves."""

    written: Mapping[str, Node]
    """The keys of the case before any template was filled in."""
    scope: Variables | None
    """None leaves templates as text."""
    tools_of: Callable[[Node], tuple[Tool, ...]]
    """The tools of the library that a list names."""
    builder: MessageBuilder
    findings: Findings


def fill_relations(node: Node, scope: Variables, findings: Findings) -> Node:
    """`holds_under` with its templates filled in; what holds instead may not hang on the environment."""
    members = node.members or {}
    filled = {
        name: _as_said(name, Filler(scope, findings, allow_environment=name != "without_tool").fill(member))
        for name, member in members.items()
    }
    is_same = all(new is members[name] for name, new in filled.items())
    return node if is_same else node.with_members(filled)


def _as_said(name: str, node: Node) -> Node:
    """The texts of a relation as texts, where a template made a number of one."""
    key = {"said_as": "user", "after": "messages"}.get(name)
    if key is None or node.members is None:
        return node
    members = {inner: as_prompts({key: each})[key] for inner, each in node.members.items()}
    return node if all(new is node.members[inner] for inner, new in members.items()) else node.with_members(members)


def stated_relations(node: Node, source: RelationSource) -> tuple[Relation, ...]:
    """The changes that a case names, in their order; `node` is `holds_under`, filled in and of the right shape."""
    return tuple(relation for kind in node.members or {} for relation in _MAKERS[kind](node, source))


def stated_same(node: Node, findings: Findings) -> Same:
    """In which facets answers must be equal."""
    facets: dict[SameFacet, None] = {}
    for item in node.items or ():
        facet: SameFacet = "json" if item.value == "json" else "tool_calls"
        if facet in facets:
            findings.error("PC103", f"'same' names '{facet}' twice", item, advice="name it once")
        facets[facet] = None
    return Same(facets=tuple(facets), location=node.location)


def _listed(kind: RelationKind) -> Callable[[Node, RelationSource], Iterator[Relation]]:
    def made(node: Node, source: RelationSource) -> Iterator[Relation]:
        seen: dict[str, Node] = {}
        kept = _inserted_spans(source) if kind == "spelling" else ()
        for item in (node.members or {})[kind].items or ():
            name, typos = (str(item.value), None) if item.members is None else ("typos", _typos(item))
            place = item if item.members is None else item.key(name)
            if seen.setdefault(name, place) is not place:
                advice = "name it once"
                source.findings.error("PC103", f"'{kind}' names '{name}' twice", place, advice=advice)
            yield Relation(kind=kind, name=name, location=place.location, typos=typos, kept=kept)

    return made


def _typos(item: Node) -> Typos:
    members = (item.members or {})["typos"].members or {}
    given = {name: int(member.value) for name, member in members.items() if isinstance(member.value, (int, float))}
    return Typos(**given)


def _key_order(node: Node, source: RelationSource) -> Iterator[Relation]:  # noqa: ARG001 - as the others
    place = node.key("key_order")
    yield Relation(kind="key_order", name="reversed", location=place.location)


def _more_tools(node: Node, source: RelationSource) -> Iterator[Relation]:
    tools = source.tools_of((node.members or {})["more_tools"])
    yield Relation(kind="more_tools", location=node.key("more_tools").location, tools=tools)


def _said_as(node: Node, source: RelationSource) -> Iterator[Relation]:
    texts = (node.members or {})["said_as"]
    for name, text in (texts.members or {}).items():
        if not str(text.value).strip():
            advice = "write what the user says, or leave it out"
            source.findings.error("PC105", f"'said_as.{name}' is empty", text, advice=advice)
        yield Relation(kind="said_as", name=name, location=texts.key(name).location, text=str(text.value))


def _after(node: Node, source: RelationSource) -> Iterator[Relation]:
    exchanges = (node.members or {})["after"]
    for name, messages in (exchanges.members or {}).items():
        place = exchanges.key(name)
        built = source.builder.of_case({"messages": messages}, exchanges, f"'after.{name}'")
        yield Relation(kind="after", name=name, location=place.location, messages=built)


def _without_tool(node: Node, source: RelationSource) -> Iterator[Relation]:
    tools = (node.members or {})["without_tool"]
    for name, expect in (tools.members or {}).items():
        place = tools.key(name)
        if not expect.value:
            message = f"'without_tool.{name}' does not say what holds then"
            advice = f"write {name}: {{tool_calls: none}}"
            source.findings.error("PC105", message, place, advice=advice)
        yield Relation(kind="without_tool", name=name, location=place.location, expect=facets_of(expect))


_MAKERS: Mapping[str, Callable[[Node, RelationSource], Iterator[Relation]]] = {
    **{kind: _listed(kind) for kind in _LISTED},
    "key_order": _key_order,
    "more_tools": _more_tools,
    "said_as": _said_as,
    "after": _after,
    "without_tool": _without_tool,
}


def _inserted_spans(source: RelationSource) -> tuple[tuple[int, int], ...]:
    """Where templates put something into the last text of the user: from the first character to the end of each."""
    text = _last_said(source.written)
    if text is None or source.scope is None or not isinstance(text.value, str):
        return ()
    # What is wrong with the templates was noted when they were filled in.
    filler = Filler(replace(source.scope), Findings(), allow_environment=True)
    return filler.inserted_spans(text)


def _last_said(members: Mapping[str, Node]) -> Node | None:
    """The text of the last message of the user, as it was written."""
    if "user" in members:
        return members["user"]
    history = members.get("history")
    for messages in (members.get("messages"), None if history is None else history.member("messages")):
        for item in reversed([] if messages is None else messages.items or []):
            role, content = item.member("role"), item.member("content")
            if role is not None and role.value == "user" and content is not None:
                texts = [part.member("text") for part in content.items or ()]
                return next((text for text in texts if text is not None), content)
    return None
