"""Which models are asked with which prompts: a file says it once for all cases, and again where it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.case_text import Tree, as_tree
from prompt_contracts.exchange.promptfoo.foreign_values import script_text
from prompt_contracts.exchange.promptfoo.prompt_entries import PromptEntry
from prompt_contracts.exchange.promptfoo.provider_entries import ModelEntry
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Models that are asked with the same prompts, each of them once."""

    entries: tuple[ModelEntry, ...]
    prompts: tuple[PromptEntry, ...]
    is_whole: bool
    """Whether these are the models of the file."""

    def narrowed(self, test: Mapping[str, Json]) -> Setup | None:
        """Without the models and prompts that the test's filters leave out; None where none is left."""
        entries, prompts = self.entries, self.prompts
        wanted = test.get("providers")
        if isinstance(wanted, list) and entries:
            names = {script_text(each) for each in wanted}
            entries = tuple(each for each in entries if {each.label, each.model} & names or _matches(each, names))
        only = test.get("prompts")
        if isinstance(only, list):
            prompts = tuple(each for each in prompts if any(each.is_meant_by(script_text(name)) for name in only))
        if not prompts or (self.entries and not entries):
            return None
        return Setup(entries=entries, prompts=prompts, is_whole=self.is_whole and entries == self.entries)


def _matches(entry: ModelEntry, names: set[str]) -> bool:
    return any(name.endswith("*") and entry.label.startswith(name.removesuffix("*")) for name in names)


def setups_of(entries: Sequence[ModelEntry], prompts: Sequence[PromptEntry]) -> list[Setup]:
    """The setups of a configuration, that of most cases first. A model that is listed twice is in two of them."""
    groups: dict[tuple[int, tuple[str, ...]], list[ModelEntry]] = {}
    seen: dict[str, int] = {}
    for entry in entries:
        seen[entry.model] = seen.get(entry.model, -1) + 1
        fitting = [each.name for each in prompts if entry.prompts is None or any(map(each.is_meant_by, entry.prompts))]
        groups.setdefault((seen[entry.model], tuple(fitting)), []).append(entry)
    if not groups:
        return [Setup(entries=(), prompts=tuple(prompts), is_whole=True)]
    return [
        Setup(
            entries=tuple(group),
            prompts=tuple(each for each in prompts if each.name in names),
            is_whole=place == 0,
        )
        for place, ((_, names), group) in enumerate(groups.items())
        if names or not prompts
    ]


def library_of(entries: Sequence[ModelEntry]) -> Mapping[str, Tree]:
    """Tools by their names; empty where two models have different ones of one name."""
    library: dict[str, Tree] = {}
    for entry in entries:
        for tool in entry.tools:
            name, written = _tool_name(tool), as_tree(tool)
            if library.setdefault(name, written) != written:
                return {}
    return library


def _tool_name(tool: Mapping[str, Json]) -> str:
    function = tool["function"]
    return str(function["name"]) if isinstance(function, dict) else ""


def settings_of(
    entries: Sequence[ModelEntry], library: Mapping[str, Tree], *, over: Sequence[ModelEntry] = ()
) -> dict[str, Tree]:
    """What is sent to these models: once where it is the same for all of them, else as overrides.

    `over` are the models of the file, whose settings a case has as well: they are taken back where they differ.
    """
    own = [_settings(entry, library) for entry in entries]
    if not own:
        return {}
    if over:
        shared = settings_of(over, library_of(over))
        own = [_instead(each, _seen(shared, entry.model)) for entry, each in zip(entries, own, strict=True)]
    elif all(each == own[0] for each in own):
        return own[0]
    common = {} if over else {key: value for key, value in own[0].items() if _is_common(key, value, own)}
    rest = [{key: value for key, value in each.items() if key not in common} for each in own]
    overrides: dict[str, Tree] = {entry.model: dict(each) for entry, each in zip(entries, rest, strict=True) if each}
    return {**common, **({"overrides": overrides} if overrides else {})}


def _seen(shared: Mapping[str, Tree], model: str) -> dict[str, Tree]:
    """What the settings of a file are for one model."""
    overrides = shared.get("overrides")
    own = overrides.get(model) if isinstance(overrides, dict) else None
    common = {key: value for key, value in shared.items() if key != "overrides"}
    return {**common, **(own if isinstance(own, dict) else {})}


def _instead(settings: Mapping[str, Tree], before: Mapping[str, Tree]) -> dict[str, Tree]:
    """Settings that come to the same where others stand below them: `request` merges deeply, and null takes away."""
    resets: dict[str, Tree] = {"endpoint": "auto", "tools": []}
    found = {**{key: value for key, value in resets.items() if key in before}, **settings}
    if "request" in before:
        found["request"] = _merging(before["request"], settings.get("request", {}))
    return found


def _merging(before: Tree, after: Tree) -> Tree:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    kept = {key: _merging(before[key], value) if key in before else value for key, value in after.items()}
    return {**kept, **{key: None for key in before if key not in after}}


def _is_common(key: str, value: Tree, own: Sequence[Mapping[str, Tree]]) -> bool:
    return all(key in each and each[key] == value for each in own)


def _settings(entry: ModelEntry, library: Mapping[str, Tree]) -> dict[str, Tree]:
    settings: dict[str, Tree] = {}
    if entry.endpoint:
        settings["endpoint"] = entry.endpoint
    if entry.tools:
        names = [_tool_name(tool) for tool in entry.tools]
        are_in_library = all(name in library for name in names)
        settings["tools"] = [*names] if are_in_library else [as_tree(tool) for tool in entry.tools]
    if entry.request:
        settings["request"] = as_tree(entry.request)
    return settings
