"""What the parts of this room leave for each other on pytest's own objects: keys and names, and nothing that loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from prompt_contracts.plugin.baseline import Baseline
    from prompt_contracts.plugin.driven_test import DrivenTest
    from prompt_contracts.plugin.found_results import CellTold
    from prompt_contracts.plugin.planned_cells import PlannedCells
    from prompt_contracts.plugin.repeated_test import RepeatedTest
    from prompt_contracts.plugin.run_gates import RunGates
    from prompt_contracts.plugin.session import ContractSession
    from prompt_contracts.plugin.strength_gate import StrengthGate

SESSION: pytest.StashKey[ContractSession] = pytest.StashKey()
"""What prompt-contracts knows of a pytest run; there once a case file was looked at."""
DRIVEN: pytest.StashKey[DrivenTest] = pytest.StashKey()
"""Of an item: what came of a test that states its contract itself."""
TRIALS: pytest.StashKey[RepeatedTest] = pytest.StashKey()
"""Of an item: the trials of which it is one."""
DRIVEN_RESULT: pytest.StashKey[CellTold] = pytest.StashKey()
"""Of an item: what the report of such a test is to tell."""
SIGHTED = pytest.StashKey[dict[Path, bool]]()
"""The files that may be case files, loaded or not; True for one that was typed."""
REFUSAL = pytest.StashKey[pytest.UsageError]()
"""Why the run is refused as a whole."""
BASELINE: pytest.StashKey[Baseline] = pytest.StashKey()
"""The run that this one is held against, where there is one; never in a worker of xdist."""
PLANNED: pytest.StashKey[PlannedCells] = pytest.StashKey()
"""What was selected of a run's cells; never in a worker of xdist."""
GATES: pytest.StashKey[RunGates] = pytest.StashKey()
"""What the run is held against as a whole, where there is anything."""
STRENGTH: pytest.StashKey[StrengthGate] = pytest.StashKey()
"""What measures the contracts of a run, where somebody wants that."""
TAGS = pytest.StashKey[set[str]]()
"""The tags of cases that pytest knows as markers by now."""
PACKED_KEY = "prompt_contracts_packed"
"""Name of the one value that carries a report of ours from a worker of xdist, and of the mark in what a worker is given
that it is read there."""
REPORT_KEY = "prompt_contracts"
"""Name of the attribute that carries a cell's result on pytest's reports; between processes it is plain data."""
LOST_KEY = "prompt_contracts_if_lost"
"""Name of the attribute that tells on the report of a test's set-up what is to be said if its worker dies."""
CAUSES_KEY = "prompt_contracts_causes"
"""Name of the attribute that carries the causes that a report may share with others, as plain data."""
WIDTH_KEY = "pc_width"
"""Of a worker of xdist: how wide the terminal is that its texts are shown on."""
EACH_KEY = "prompt_contracts_each"
"""Name of the mark in what a worker of xdist is given: every worker runs every cell."""
REPLACES_KEY = "prompt_contracts_replaces"
"""Name of the mark in what a worker of xdist is given: it takes the place of one that died."""
SPENT_KEY = "prompt_contracts_spent"
"""Name of what a worker says of its money, on reports and in its output."""
BASELINE_KEY = "prompt_contracts_baseline"
"""Name of what failed in the baseline, in what a worker of xdist is given: it may not have the file."""
UNUSED_KEY = "prompt_contracts_unused"
"""Name of the attribute that tells on a cell's report how many recorded interactions nobody replays; in the output of a
worker of xdist, of the recordings that no cell uses."""
SHARED_KEY = "prompt_contracts_shared"
"""Name of the folder of the run, in what a worker of xdist is given."""
ROWS_KEY = "prompt_contracts_rows"
"""Name of what was generated, in the output of a worker of xdist."""
WATCH_TOLD_IN = "PROMPT_CONTRACTS_WATCH_TOLD_IN"
"""The variable that names the file in which a run tells what its case files read; there in watched runs alone."""
WATCH_ONLY = "PROMPT_CONTRACTS_WATCH_ONLY"
"""The variable that holds the case files of a watched run, as JSON; absent where it is of all."""
WATCH_CELL = "PROMPT_CONTRACTS_WATCH_CELL"
"""The variable that holds the node id of the one cell that a watched run is of; absent where it is of more."""
AGED = pytest.StashKey[bool]()
"""There where the ages of recordings matter."""
OLDEST_KEY = "prompt_contracts_oldest"
"""Name of the attribute that tells on a cell's first report when the oldest answer came that was replayed."""
MODEL_KEY = "prompt_contracts_model"
"""Name of the attribute that carries the model of a cell on the report of its set-up, whatever becomes of it."""
STRENGTH_KEY = "prompt_contracts_strength"
"""Name of the attribute that carries what was measured of a cell's contract on the last of its reports, and of what a
worker of xdist says in the end of the cases that there are; plain data."""
RAN_KEY = "prompt_contracts_ran"
"""Name of the attribute that tells on the report of a cell's call whether its contract is its own, and so measured."""
ERRORS_KEY = "prompt_contracts_errors"
"""Name of the node ids in what a worker of xdist is given: they ended in a provider's error, and are run again."""
