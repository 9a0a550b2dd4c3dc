"""Prompts of a configuration -> messages with templates of promptfoo's still in them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from prompt_contracts.cases.foreign_yaml import ForeignYamlError, read_foreign_yaml
from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.case_text import Tree, as_tree
from prompt_contracts.exchange.promptfoo.columns import Columns
from prompt_contracts.exchange.promptfoo.configuration_folder import ConfigurationFolder, json_lines
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, free_name, slug
from prompt_contracts.exchange.promptfoo.provider_entries import read_request
from prompt_contracts.exchange.promptfoo.unread_keys import LeftOut, Losses, of_prompt
from prompt_contracts.json_value import Json, NotJsonError, parse_json, show


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEntry:
    """One prompt."""

    name: str
    label: str
    raw: str
    request: Mapping[str, Json]

    def is_meant_by(self, wanted: str) -> bool:
        """Whether a filter of a provider or a test takes it: its label, or the group before a colon in it."""
        return self.label == wanted or self.label.startswith(f"{wanted.removesuffix(':*')}:")

    def filled(self, columns: Columns, *, prefix: str, suffix: str) -> dict[str, Tree]:
        """The keys of a prompt of ours."""
        written = _messages(f"{prefix}{self.raw}{suffix}", columns)
        return {**written, **({"request": as_tree(self.request)} if self.request else {})}


@dataclass(kw_only=True)
class Prompts:
    """What came of all prompts."""

    found: list[PromptEntry] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    left_out: Losses = field(default_factory=Losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    text: str
    label: str
    config: Mapping[str, Json]
    hint: str


_FILE = re.compile(r"[\w./*-]+\.(?:txt|md|j2|jsonl?|ya?ml|csv|py|[cm]?[jt]s|sh|rb)(?::\w+)?", re.IGNORECASE)
_SEPARATOR = re.compile(r"^---", re.MULTILINE)
_DUMPED = re.compile(r"(?<=[:,\[])(\s*)\{\{-?\s*(\w[\w.]*)\s*\|\s*dump\s*-?\}\}")
_REMOTE = ("exec:", "langfuse://", "portkey://", "helicone://", "http://", "https://")


def read_prompts(written: Json, folder: ConfigurationFolder) -> Prompts:
    """All prompts of a configuration; without any, the variable `prompt` is the prompt."""
    prompts = Prompts()
    taken: set[str] = set()
    for raw in _listed(written, folder, prompts):
        if "_conversation" in raw.text:
            prompts.dropped.append(f"prompt {raw.hint}: it puts in earlier answers; write them as turns")
            continue
        request, refused = read_request(raw.config, folder)
        unsent = [LeftOut(what=f"{name}: {reason}", is_dropped=True) for name, reason in refused]
        prompts.left_out.add(f"prompt {show(raw.label, limit=80)}", unsent)
        name = free_name(slug(raw.hint, longest=32) or f"prompt_{len(prompts.found) + 1}", taken)
        taken.add(name.casefold())
        prompts.found.append(PromptEntry(name=name, label=raw.label, raw=raw.text, request=request))
    return prompts


def _listed(written: Json, folder: ConfigurationFolder, prompts: Prompts) -> Iterator[_Raw]:
    if written is None:
        yield _Raw(text="{{prompt}}", label="{{prompt}}", config={}, hint="prompt")
        return
    if isinstance(written, dict) and not {"id", "raw", "label"} & set(written):
        written = [{"id": name, "label": label} for name, label in written.items()]
    for each in written if isinstance(written, list) else [written]:
        try:
            yield from _one(each, folder, prompts)
        except NotCarriedError as error:
            prompts.dropped.append(f"prompt {show(each, limit=80)}: {error}")


def _one(written: Json, folder: ConfigurationFolder, prompts: Prompts) -> Iterator[_Raw]:
    options = written if isinstance(written, dict) else {"raw": written}
    text = options.get("raw", options.get("id"))
    if not isinstance(text, str) or not text:
        raise NotCarriedError("it has no text")
    label, config = options.get("label"), options.get("config")
    label = label if isinstance(label, str) else None
    config = config if isinstance(config, dict) else {}
    if "function" in options or text.startswith(_REMOTE):
        raise NotCarriedError("it is made by a program or a service, and nothing is run or fetched")
    prompts.left_out.add(f"prompt {show(label or text, limit=80)}", of_prompt(options))
    if not text.startswith("file://") and not _FILE.fullmatch(text):
        yield _Raw(text=text, label=label or text, config=config, hint=label or "")
        return
    for reference in folder.matches(text):
        parts = list(_in_file(reference, folder, prompts))
        stem = reference.rpartition("/")[2].partition(".")[0]
        for own, part in parts:
            shown = own or (
                label if label and len(parts) == 1 else f"{label or reference.removeprefix('file://')}: {part}"
            )
            yield _Raw(text=part, label=shown, config=config, hint=own or label or stem)


def _in_file(reference: str, folder: ConfigurationFolder, prompts: Prompts) -> Iterator[tuple[str, str]]:
    """Label and text of each prompt in a file."""
    text = folder.text(reference)
    if reference.endswith(".csv"):
        for row in csv.reader(io.StringIO(text, newline="")):
            if row and row[0].strip() and row[0] != "prompt":
                yield (row[1] if len(row) > 1 else "", row[0])
            if any(cell.strip() for cell in row[2:]):
                beyond = LeftOut(what="columns after the second: a prompt has a text and a label", is_dropped=True)
                prompts.left_out.add(f"prompts {reference}", [beyond])
    elif reference.endswith(".jsonl"):
        yield from (("", line) for line in json_lines(text))
    elif folder.is_data(reference):
        yield "", text
    else:
        yield from (("", part.strip()) for part in _SEPARATOR.split(text) if part.strip())


def _messages(raw: str, columns: Columns) -> dict[str, Tree]:
    data = _chat(raw)
    if data is None:
        return {"user": columns.prompt_text(raw)}
    if not isinstance(data, list) or not all(isinstance(each, dict) and "role" in each for each in data):
        raise NotCarriedError("its JSON is no list of messages")
    messages = [_filled(each, columns) for each in data]
    plain = [
        each for each in messages if isinstance(each, dict) and isinstance(each.get("content"), str) and len(each) == 2
    ]
    roles = [each["role"] for each in plain]
    if len(plain) == len(messages) and roles in (["system", "user"], ["user"]):
        return {str(each["role"]): each["content"] for each in plain}
    return {"messages": messages}


def _chat(raw: str) -> Json:
    """The messages that a text holds as JSON or YAML; None where it is the message itself."""
    start = raw.strip()
    if start.startswith("- role:"):
        try:
            return read_foreign_yaml(raw)
        except ForeignYamlError as error:
            raise NotCarriedError(f"its messages cannot be read: {error}") from None
    if not start.startswith(("[", "{")) or start.startswith(("{{", "{%", "{#")):
        return None
    for text in (raw, _DUMPED.sub(r'\1"{{ \2 }}"', raw)):
        try:
            return parse_json(text)
        except NotJsonError:
            continue
    if "{{" in raw or "{%" in raw:
        raise NotCarriedError("it becomes JSON only when its templates are filled in")
    return None


def _filled(value: Json, columns: Columns) -> Tree:
    if isinstance(value, str):
        return columns.prompt_text(value)
    if isinstance(value, dict):
        return {key: _filled(member, columns) for key, member in value.items()}
    return [_filled(item, columns) for item in value] if isinstance(value, list) else value
