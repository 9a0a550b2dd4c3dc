"""Requests from logs -> cases whose expectations are still to be written: each request once, tools in files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.batch_output import read_lines
from prompt_contracts.exchange.case_text import Remarked, Tree, as_tree, clean_text
from prompt_contracts.exchange.logged_request import LoggedRequest, UnreadableLine, read_logged
from prompt_contracts.exchange.promptfoo.foreign_values import free_name, slug
from prompt_contracts.exchange.unfinished import UNFINISHED
from prompt_contracts.exchange.written_shape import parameter_names
from prompt_contracts.json_value import Json
from prompt_contracts.secret import is_telling

_LONGEST_NAME = 40
_LONGEST_ANSWER = 240
_LARGEST_OUTPUT = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLog:
    """What a log came to."""

    tree: Mapping[str, Tree]
    """Empty where there was no request."""
    tool_files: Mapping[str, str]
    """Path from the case file -> text of a tool."""
    problems: tuple[str, ...]
    """What is not in it, with the line and the reason."""
    requests: int
    """How many lines held one."""
    masked: int
    """How many texts held a secret that is not in it."""


@dataclass(kw_only=True)
class _Asked:
    """One request, by all lines that asked it."""

    first: LoggedRequest
    models: dict[str, None] = field(default_factory=dict)
    answers: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)
    count: int = 0


class Masking:
    """Takes secrets out of the texts of a request, and counts them."""

    def __init__(self, cover: Callable[[str], str]) -> None:
        """`cover` puts something else in the place of every secret of a text."""
        self._cover = cover
        self.count = 0

    def text(self, text: str) -> str:
        """A text that can be written."""
        cleaned = clean_text(text)
        covered = self._cover(cleaned)
        self.count += covered != cleaned
        return covered

    def value(self, value: Json) -> Json:
        """The same for every text in a value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self._member(key, member) for key, member in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def _member(self, name: str, value: Json) -> Json:
        # A name such as `Authorization` says that its text is secret, whatever that looks like.
        if isinstance(value, str) and value and is_telling(name) and name not in _NAMED_LIKE_SECRETS:
            self.count += 1
            return "[masked]"
        return self.value(value)


_NAMED_LIKE_SECRETS = frozenset(name for name in parameter_names() if is_telling(name))
"""Parameters of a request, such as `prompt_cache_key`, that are none."""


def import_log(source: Iterable[bytes], *, provider: str, limit: int, cover: Callable[[str], str]) -> ImportedLog:
    """Read the lines of a log; `limit` is the most cases that are made."""
    masking = Masking(cover)
    problems: list[str] = []
    asked: dict[str, _Asked] = {}
    lost: dict[str, list[int]] = {}
    requests = left_out = size = 0
    for line in read_lines(source):
        found = read_logged(line.text, line=line.number)
        if isinstance(found, UnreadableLine):
            problems.append(f"line {found.line}: {found.reason}")
            continue
        requests += 1
        key = _key(found)
        for each in found.left_out:
            lost.setdefault(each, []).append(found.line)
        if clean_text(key) != key:
            lost.setdefault(_HALVES, []).append(found.line)
        if key not in asked:
            size += len(key)
            if len(asked) >= limit or size > _LARGEST_OUTPUT:
                left_out += 1
                continue
            asked[key] = _Asked(first=found)
        entry = asked[key]
        entry.count += 1
        entry.models |= {f"{provider}:{found.model}": None} if found.model else {}
        entry.left_out |= dict.fromkeys(found.left_out)
        entry.answers |= {found.answer: None} if found.answer else {}
    # What speaks of many lines comes first: of single ones only some may be shown.
    of_many = [_told(masking.text(each), lines) for each, lines in lost.items()]
    if left_out:
        of_many.append(
            f"{left_out:,} requests beyond the first {len(asked):,}: --limit takes more, up to 10 MB of them"
        )
    shelf = _Shelf(masking)
    cases = _cases(list(asked.values()), shelf, masking)
    return ImportedLog(
        tree=_file(cases, shelf) if cases else {},
        tool_files=shelf.files,
        problems=(*of_many, *problems),
        requests=requests,
        masked=masking.count,
    )


_HALVES = "halves of surrogate pairs, of which no character can be made: \N{REPLACEMENT CHARACTER} stands for each"


def _told(what: str, lines: Sequence[int]) -> str:
    """One kind of thing that is not in the cases, with the lines where it stood."""
    more = f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""
    reason = what if what.startswith(_HALVES[:6]) else f"{what}: a case has no place for it"
    return f"line {lines[0]}{more}: {reason}"


def _key(request: LoggedRequest) -> str:
    """What makes two requests one: all but the model, which may be another one's."""
    parts = [request.endpoint, list(request.messages), list(request.tools), dict(request.parameters)]
    return json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)


class _Shelf:
    """The tools of all requests: one file each, and a library by name."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking
        self._paths: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.library: dict[str, Tree] = {}

    def put(self, tool: Mapping[str, Json]) -> Tree:
        """What a case names the tool by: its name, or its file where another one has the name."""
        masked = self._masking.value(dict(tool))
        text = json.dumps(masked, indent=2, ensure_ascii=False) + "\n"
        assert isinstance(masked, dict)  # noqa: S101 - what was a mapping is one
        function = masked["function"]
        name = str(function["name"]) if isinstance(function, dict) else ""
        if text not in self._paths:
            taken = {path.casefold().removesuffix(".json") for path in self.files}
            wanted = slug(name) or "tool"
            path = f"{free_name(f'tools/{wanted}', taken)}.json"
            self._paths[text], self.files[path] = path, text
        include: Tree = {"$include": self._paths[text]}
        return name if self.library.setdefault(name, include) == include else include


def _file(cases: list[dict[str, Tree]], shelf: _Shelf) -> dict[str, Tree]:
    tree: dict[str, Tree] = {"version": 1}
    shared = cases[0].get("models")
    if shared is not None and all(case.get("models") == shared for case in cases):
        tree["models"] = shared
        for case in cases:
            del case["models"]
    if shelf.library:
        tree["tools"] = dict(shelf.library)
    tree["cases"] = list[Tree](cases)
    return tree


def _cases(asked: Sequence[_Asked], shelf: _Shelf, masking: Masking) -> list[dict[str, Tree]]:
    taken: set[str] = set()
    cases: list[dict[str, Tree]] = []
    for number, each in enumerate(asked, start=1):
        request = each.first
        messages = [masking.value(dict(message)) for message in request.messages]
        name = free_name(slug(_topic(messages), longest=_LONGEST_NAME) or f"request_{number}", taken)
        taken.add(name.casefold())
        case: dict[str, Tree] = {"name": name}
        if each.models:
            case["models"] = [*each.models]
        parameters = masking.value(_parameters(request.parameters))
        if _holds_braces([*messages, parameters]):
            case["templates"] = False
        if request.endpoint == "responses":
            case["endpoint"] = "responses"
        case |= _written(messages)
        if request.tools:
            case["tools"] = [shelf.put(tool) for tool in request.tools]
        case |= {"request": as_tree(parameters)} if parameters else {}
        case["expect"] = Remarked(value={"text": UNFINISHED}, remarks=tuple(_remarks(each, masking)))
        cases.append(case)
    return cases


def _parameters(sent: Mapping[str, Json]) -> dict[str, Json]:
    known = set(parameter_names())
    extra = {name: value for name, value in sent.items() if name not in known | _OF_CLIENTS}
    given = sent.get("extra_body")
    return {
        **{name: value for name, value in sent.items() if name in known},
        **({"extra_body": {**extra, **(given if isinstance(given, dict) else {})}} if extra else {}),
    }


_OF_CLIENTS = frozenset({"extra_headers", "extra_query", "headers", "api_key", "base_url", "organization", "timeout"})
"""What a call of a package takes beside the request, and sends as no part of its body."""


def _written(messages: list[Json]) -> dict[str, Tree]:
    plain = [
        each for each in messages if isinstance(each, dict) and isinstance(each.get("content"), str) and len(each) == 2
    ]
    if len(plain) == len(messages) and [each["role"] for each in plain] in (["system", "user"], ["user"]):
        return {str(each["role"]): as_tree(each["content"]) for each in plain}
    return {"messages": [as_tree(each) for each in messages]}


def _topic(messages: Sequence[Json]) -> str:
    """The words of the last message of the user."""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [content]
            texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
            return " ".join(text[:400] for text in texts if isinstance(text, str))
    return ""


_BRACES = re.compile(r"\{\{|\{%")


def _holds_braces(value: Json) -> bool:
    return _BRACES.search(json.dumps(value)) is not None


def _remarks(each: _Asked, masking: Masking) -> list[str]:
    first = each.first.line
    remarks = [f"from line {first} of the log" + (f", asked {each.count:,} times" if each.count > 1 else "")]
    of_client = sorted(_OF_CLIENTS & set(each.first.parameters))
    remarks += [f"not in it: {masking.text(', '.join(each.left_out))}"] if each.left_out else []
    if of_client:
        remarks.append(f"left out, for a client takes it and no request: {', '.join(of_client)}")
    answers = list(each.answers)
    if answers:
        text = " ".join(masking.text(answers[0]).split())
        shown = text if len(text) <= _LONGEST_ANSWER else f"{text[:_LONGEST_ANSWER]} …"
        others = f" ({len(answers) - 1:,} other answers)" if len(answers) > 1 else ""
        remarks.append(f"answered{others}: {shown}")
    return remarks
