"""Lays the keys of a case over its defaults, and overrides over both. Knows each key's rule, checks none."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.node import Node

# Writing one of a pair replaces the other where it came from a lower layer.
_PAIRS = (("user", "messages"), ("model", "models"), ("handler", "command"))
_RIVALS = {one: (other,) for pair in _PAIRS for one, other in (pair, pair[::-1])}


def merge_layers(lower: Mapping[str, Node], upper: Mapping[str, Node]) -> dict[str, Node]:
    """One layer over another: `request` and `strength` deeply, `tags` and overrides added, `expect` facet by facet."""
    rivals = {rival for key in upper for rival in _RIVALS.get(key, ()) if rival not in upper}
    merged = {key: node for key, node in lower.items() if key not in rivals}
    for key, node in upper.items():
        below = merged.get(key)
        merged[key] = node if below is None else _merge_key(key, below, node)
    return merged


def _merge_key(key: str, below: Node, above: Node) -> Node:
    if key in ("request", "strength"):
        return _merge_deeply(below, above)
    if key == "expect" and below.members is not None and above.members:
        return above.with_members({**below.members, **above.members}, keys={**below.keys, **above.keys})
    if key == "tags" and below.items is not None and above.items is not None:
        return above.with_items([*below.items, *above.items])
    return above


def merge_requests(below: Node | None, above: Node | None) -> Node | None:
    """One `request` over another, deeply; null removes a key."""
    return _merge_deeply(below, above) if below is not None and above is not None else above or below


def _merge_deeply(below: Node, above: Node) -> Node:
    if below.members is None or above.members is None:
        return above
    members = dict(below.members)
    for name, node in above.members.items():
        if node.value is None and name in members:
            del members[name]
        else:
            members[name] = _merge_deeply(members[name], node) if name in members else node
    return above.with_members(members, keys={**below.keys, **above.keys})


def matching_overrides(model: str | None, layers: tuple[Node | None, ...]) -> tuple[Node, ...]:
    """The changes for one model: those of lower layers first, in the order of the file."""
    if model is None:
        return ()
    return tuple(
        change
        for layer in layers
        if layer is not None
        for glob, change in (layer.members or {}).items()
        # Not `fnmatch`, which folds case on Windows: a file must mean the same everywhere.
        if fnmatchcase(model, glob)
    )


def warn_of_idle_overrides(overrides: Node | None, models: tuple[str | None, ...], findings: Findings) -> None:
    """PC120 as a warning for every glob of a case that matches none of the case's own models."""
    known = [model for model in models if model is not None]
    if overrides is None or not known:
        return
    for glob in overrides.members or ():
        if any(fnmatchcase(model, glob) for model in known):
            continue
        near = [f"{model.partition(':')[0]}:*" for model in known] if glob.endswith(":*") else known
        alone = [model for model in known if model.partition(":")[2] == glob]
        advice = (
            did_you_mean(alone[0] if alone else glob, near)
            or "correct the glob on provider:model, or remove the override"
        )
        message = f"the override '{glob}' matches none of the models {', '.join(known)}"
        findings.warning("PC120", message, overrides.key(glob), advice=advice)
