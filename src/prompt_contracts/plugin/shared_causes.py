"""What several items have in common is told at the first of them, and the others point there.

Each item keeps its own report, letter and line in the summary; only what the terminal shows at the end is shortened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from prompt_contracts.plugin.representation import reworded
from prompt_contracts.plugin.stash import CAUSES_KEY, SESSION

_Sharers = Mapping[str, Sequence[pytest.TestReport]]


def tell_once(reports: Sequence[pytest.TestReport], config: pytest.Config) -> None:
    """Shorten the texts of these reports, which are the last ones of their items."""
    sharers: dict[str, list[pytest.TestReport]] = {}
    # In the order in which pytest shows them: a failure of the set-up before all others.
    for report in sorted(reports, key=lambda report: report.when != "setup"):
        for cause in getattr(report, CAUSES_KEY):
            sharers.setdefault(cause["identity"], []).append(report)
    for report in reports:
        causes = getattr(report, CAUSES_KEY)
        if any(len(sharers[cause["identity"]]) > 1 for cause in causes):
            blocks = (_block(cause, report, sharers, config) for cause in causes)
            report.longrepr = reworded(report.longrepr, "\n\n".join(blocks))


def _block(cause: dict[str, Any], report: pytest.TestReport, sharers: _Sharers, config: pytest.Config) -> str:
    sharing = sharers[cause["identity"]]
    if sharing[0] is not report:
        return f"{cause['title']}: the same cause as that of {_shown(sharing[0], config)}, told there"
    lines = [cause["text"]]
    if len(sharing) > 1 and cause["recording"] is not None:
        others = len(sharing) - 1
        lines.append(f"and {others} more {'cell' if others == 1 else 'cells'} with the same cause:")
        lines += (f"  {_shown(other, config)}" for other in sharing[1:])
        lines += _for_all(cause["recording"], sharing, config)
    return "\n".join(lines)


def _for_all(mode: str, sharing: Sequence[pytest.TestReport], config: pytest.Config) -> Iterator[str]:
    command = config.stash[SESSION].command_for_all(mode)
    yield f"  record all {len(sharing)}  {command}"


def _shown(report: pytest.TestReport, config: pytest.Config) -> str:
    path, separator, name = report.nodeid.partition("::")
    return f"{config.stash[SESSION].from_here(config.rootpath / path)}{separator}{name}"
