"""A contract that a Python program states -> its cell, checked as that of a case file. Asks nobody, judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prompt_contracts.application.lent_objects import Loan
from prompt_contracts.case import Case
from prompt_contracts.cases.python_call import WrittenCall
from prompt_contracts.cases.python_values import ValueReader, WrittenArgument
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.run import Run
from prompt_contracts.errors import CaseError
from prompt_contracts.trial import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedContract:
    """One case that was stated in Python, for at most one model."""

    cell: Cell
    warnings: tuple[Diagnostic, ...] = ()


def stated_contract(
    run: Run, call: WrittenCall, case: Mapping[str, WrittenArgument], *, loan: Loan, adapt: Callable[[Case], Case]
) -> StatedContract:
    """The contract that a call states by the keys of a case; `CaseError` for everything that is wrong with it.

    Templates are off: Python has its own. `adapt` says what no key of a case can.
    """
    node = ValueReader(call, lend=loan.lend).case_file({**case, "templates": WrittenArgument(value=False)})
    loaded = run.load_values(node, file=call.file, adapt=adapt)
    wrong = [loan.diagnostic(one) for broken in loaded.broken for one in broken.diagnostics]
    if wrong:
        raise CaseError(tuple(wrong))
    return StatedContract(cell=loaded.cells[0], warnings=tuple(map(loan.diagnostic, loaded.warnings)))
