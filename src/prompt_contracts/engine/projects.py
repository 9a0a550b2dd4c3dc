"""The projects of one run: each case file belongs to the one with the nearest configuration. They share nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prompt_contracts import __version__
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.placement import Placement
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.errors import UsageError
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.report import Bill, BrokenResult, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.transport.ledger import Ledger
from prompt_contracts.transport.limits import Limits
from prompt_contracts.verdict import CaseResult
from prompt_contracts.wait import Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project of a run, and its case files."""

    run: Run
    files: dict[Path, LoadedFile] = field(default_factory=dict)
    """Those that were loaded, by where they lie."""

    @property
    def root(self) -> Path:
        """The folder that its case files, recordings and configuration are named from."""
        return self.run.options.root

    def load(self, path: Path, *, is_named: bool) -> LoadedFile | None:
        """The cells and the broken cases of a file of this project; None for YAML that is no case file."""
        place = Path(os.path.normpath(path.absolute()))
        # pytest looks at a file once for each argument of the command line.
        if place not in self.files:
            loaded = self.run.load(path, is_named=is_named)
            if loaded is None:
                return None
            self.files[place] = loaded
        return self.files[place]

    def seen_from(self, folder: Path) -> Placement:
        """How the paths of this project read in another folder."""
        return Placement(root=self.root, folder=folder)


class Projects:
    """Makes the run of each project when its first case file is met."""

    def __init__(
        self,
        options: RunOptions,
        *,
        environ: Mapping[str, str],
        cassettes: Path,
        top: Path | None = None,
        is_fixed: bool = False,
        on_news: Callable[[Wait | str], None] | None = None,
    ) -> None:
        """`options.root` is the root of files without a configuration above them, or with `is_fixed` of all.

        `cassettes` is absolute, or the name of a folder of each project. Nothing above `top` is looked at.
        """
        self.options = options
        self._environ = environ
        self._cassettes = cassettes
        self._top = top
        self._is_fixed = is_fixed
        self._on_news = on_news
        self.ledger = Ledger(options.budget)
        """The money of all projects together."""
        self.limits = Limits(options.concurrency)
        self._roots: dict[Path, Path] = {}
        self._found: dict[Path, Project] = {}

    @property
    def found(self) -> Sequence[Project]:
        """The projects that were met so far, in their order."""
        return tuple(self._found.values())

    def root_of(self, folder: Path) -> Path:
        """The root of the project that a folder belongs to; `UsageError` for a configuration that cannot be read."""
        if self._is_fixed:
            return self.options.root
        if folder not in self._roots:
            self._roots[folder] = find_root(folder, top=self._top, default=self.options.root)
        return self._roots[folder]

    def of(self, path: Path) -> Project:
        """The project of a case file; `UsageError` for what is wrong with its configuration or with the options."""
        # Without following links: a file belongs to the project in which it was named.
        root = self.root_of(Path(os.path.normpath(path.absolute())).parent)
        if root not in self._found:
            self._refuse_shared_recordings(root)
            options = replace(self.options, root=root, cassettes=root / self._cassettes)
            run = Run(options, environ=self._environ, on_news=self._on_news, ledger=self.ledger, limits=self.limits)
            self._found[root] = Project(run=run)
        return self._found[root]

    def holds_recordings(self, folder: Path) -> bool:
        """Whether a folder is that of some project's recordings."""
        if self._cassettes.is_absolute():
            return folder == self._cassettes
        depth = len(self._cassettes.parts)
        if depth == 0 or folder.parts[-depth:] != self._cassettes.parts:
            return False
        owner = folder.parents[depth - 1]
        return self.root_of(owner) == owner

    def masked(self, text: str) -> str:
        """The text without any value of a secret of any of these projects."""
        for project in self._found.values():
            text = project.run.masked(text)
        return text

    def masked_json(self, value: Any) -> Any:
        """The same plain data with every text masked."""
        for project in self._found.values():
            value = project.run.masked_json(value)
        return value

    def report(
        self,
        results: Iterable[CaseResult],
        *,
        broken: Sequence[BrokenResult] = (),
        spent: Bill | None = None,
    ) -> Report:
        """The report of this run. `spent` in all processes together; None is what this one spent."""
        mode = self.options.mode if self.options.replies is None else "replies"
        is_replay = mode in ("none", "replies")
        return build_report(
            results,
            spent=self.ledger.spent if spent is None else spent,
            created_at=None if is_replay else datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            mode=mode,
            broken=broken,
        )

    def stop(self) -> None:
        """Send nothing more: who waits for money or a provider, and who comes later, gets `RunStopped`."""
        self.ledger.stop()
        self.limits.stop()

    def status(self) -> tuple[ProviderStatus, ...]:
        """What is going on with each provider that was asked, by whichever project."""
        return self.limits.status()

    def close(self) -> None:
        """Close the connections and loopback servers of all projects; nobody waits for money any more."""
        self.ledger.stop()
        for project in self._found.values():
            project.run.close()

    def _refuse_shared_recordings(self, root: Path) -> None:
        if not self._cassettes.is_absolute() or not self._found:
            return
        other = next(iter(self._found))
        raise UsageError(
            f"the projects {other} and {root} would keep their recordings in one folder, {self._cassettes}, where "
            "those of equal names overwrite each other: run them one by one, or give the folder relative to each "
            "project, as pc_cassettes in the ini file",
            code="PC330",
        )
