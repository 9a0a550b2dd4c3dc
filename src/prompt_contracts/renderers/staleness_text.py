"""What a run is going to record, and why, in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.forecast import Staleness
from prompt_contracts.renderers.inert_text import one_line

_MOST_CAUSES = 4
_LONGEST_PATH = 100


def staleness_text(found: Sequence[Staleness]) -> str:
    """`12 stale: system prompt changed in cases/tools.yaml; 3 missing; 40 as recorded`; empty without any cell."""
    return "; ".join(_parts(found))


def _parts(found: Sequence[Staleness]) -> Iterator[str]:
    counts = {kind: sum(each.kind == kind for each in found) for kind in ("stale", "missing", "recorded", "untold")}
    if counts["stale"]:
        yield f"{counts['stale']:,} stale: {', '.join(_causes([each for each in found if each.kind == 'stale']))}"
    if counts["missing"]:
        yield f"{counts['missing']:,} missing"
    if counts["recorded"]:
        yield f"{counts['recorded']:,} as recorded"
    if counts["untold"]:
        cells = (
            "1 cell runs code and tells" if counts["untold"] == 1 else f"{counts['untold']:,} cells run code and tell"
        )
        yield f"{cells} only then"


def _causes(stale: Sequence[Staleness]) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[Staleness]] = {}
    for each in stale:
        groups.setdefault(each.parts, []).append(each)
    found = sorted(groups.items(), key=lambda group: -len(group[1]))
    for parts, cells in found[:_MOST_CAUSES]:
        number = f" ({len(cells):,})" if len(found) > 1 else ""
        yield f"{_listed(parts) or 'request'} changed in {_files(cells)}{number}"
    if len(found) > _MOST_CAUSES:
        rest = sum(len(cells) for _, cells in found[_MOST_CAUSES:])
        yield f"{len(found) - _MOST_CAUSES} more causes ({rest:,})"


def _listed(parts: Sequence[str]) -> str:
    names = [one_line(part, 40) for part in parts]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _files(cells: Sequence[Staleness]) -> str:
    first, *rest = dict.fromkeys(each.path for each in cells)
    shown = one_line(first, _LONGEST_PATH)
    return shown if not rest else f"{shown} and {'1 more file' if len(rest) == 1 else f'{len(rest)} more files'}"
