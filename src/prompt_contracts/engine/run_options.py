"""How a run was asked for: what the faces hand to the engine."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_schema.time_limit import DEFAULT_SECONDS
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.transport.limits import DEFAULT_CONCURRENCY


def options_for_the_rest(mode: Mode) -> str:
    """What is typed to ask for what a run in this mode could not ask any more, and for nothing else."""
    if mode in ("once", "stale", "new_episodes"):
        return f"--pc-record={mode}"
    # The others ask for everything anew.
    return f"{'--pc-live' if mode == 'live' else f'--pc-record={mode}'} --pc-retry-errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of one run, parsed."""

    root: Path
    """The project root: case files, recordings and the configuration are named relative to it."""
    mode: Mode = "none"
    cassettes: Path
    """The folder of the recordings."""
    is_folder_named: bool = False
    """Whether whoever started the run named it, and so may have it lead anywhere."""
    shown_from: Path | None = None
    """The folder that paths in messages start from; None: the root."""
    env_file: Path | None = None
    """None: `.env` in the root, if it is there."""
    examples: int | Literal["new"] | None = None
    """How many generated rows the cases are to have at least, or that others are to be made; None: as they say."""
    shared: Path | None = None
    """A folder of this run, where several processes share it."""
    models: tuple[str, ...] | None = None
    """Replaces the models of every case."""
    model_option: str = "--pc-model"
    """What `models` were given by, for messages."""
    trials: int | None = None
    """Replaces the number of trials of every case."""
    timeout: float = 60.0
    """Seconds for one attempt."""
    pattern_timeout: float = DEFAULT_SECONDS
    """Seconds for judging the patterns of one cell, of all its trials together."""
    max_retries: int = 2
    """How often a failing request is sent again, where its case says nothing else."""
    budget: Decimal | None = None
    """US dollars that this process may spend; None: as many as it takes."""
    concurrency: int = DEFAULT_CONCURRENCY
    """Requests on their way to one provider at once, of this process."""
    workers: int = 1
    """How many processes share the run, and with it the rates of the providers."""
    strict: bool = False
    """Warnings about contracts are errors."""
    is_code_refused: bool = False
    """Nothing that a case names is imported or started."""
    is_python_passed_over: bool = False
    """What `$python` names is told from outside, and never imported."""
    is_code_passed_over: bool = False
    """Nor is any function that judges or answers: whether it is there is read in its source."""
    handler_in: Literal["process", "thread"] | None = None
    """Where handlers run, whatever their cases say."""
    show: frozenset[str] = frozenset({"diff", "messages"})
    """What is shown of a cell that is not green: `diff`, `messages`, `raw`."""
    has_full_results: bool = False
    """Whether results are kept with all that was sent and came, for reports that tell of it."""
    replies: Path | None = None
    """A file of replies that are judged in place of recordings."""
    keeps_columns: bool = False
    """Whether cases carry the columns of their rows, for what looks for their values in answers."""
    is_model_needed: bool = True
    """False where nobody is asked: then a case may do without a model."""

    @property
    def shown_folder(self) -> str:
        """The folder of the recordings as people should see it: relative to the root where it lies below it."""
        return _shown_below(self.cassettes, self.root)

    @property
    def places(self) -> tuple[Path, ...]:
        """Where recordings may really lie. A project's own link may not lead out of it: it may be anybody's project."""
        is_named = self.is_folder_named or not self.cassettes.is_relative_to(self.root)
        return (self.root, self.cassettes) if is_named else (self.root,)

    @property
    def is_raw_kept(self) -> bool:
        """Whether requests and responses are kept as they were."""
        return self.has_full_results or "raw" in self.show


@lru_cache(maxsize=16)  # asked for each cell
def _shown_below(folder: Path, root: Path) -> str:
    return (folder.relative_to(root) if folder.is_relative_to(root) else folder).as_posix()
