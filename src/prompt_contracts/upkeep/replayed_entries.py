"""Which interactions of a recording no trial of its cell replays. In doubt one is replayed."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.trials import is_asked_without_code
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.transport.cassette_file import Entry
from prompt_contracts.transport.playback import below_base
from prompt_contracts.transport.replay import Tape
from prompt_contracts.trial import Cell


def unused_entries(run: Run, cell: Cell, entries: Sequence[Entry], *, trials: int | None = None) -> tuple[int, ...]:
    """The numbers, from 1, of the interactions that no trial replays, however the contract is judged.

    Those of trials that the case does not ask for; and where the whole cell replays, those that answer none of its
    requests. `trials` are as many as some run asks for in place of the case.
    """
    case = cell.case
    most = max(case.trials, trials or 0)
    late = {id(entry) for entry in entries if (entry.recorded.trial or 0) > most}
    if case.skip is None and is_asked_without_code(case):
        late |= _never_asked(run, cell, entries)
    return tuple(number for number, entry in enumerate(entries, 1) if id(entry) in late)


def _never_asked(run: Run, cell: Cell, entries: Sequence[Entry]) -> set[int]:
    asked = _asked_by_trial(run, cell)
    any_base = cell.target.base_url_env is not None
    tape = Tape(entries, any_base=any_base)
    used: set[int] = set()
    for trial, requests in asked.items():
        for request in requests:
            looked_up = below_base(request, cell.target.base_url or "") if any_base else request
            used |= {id(entry) for entry in tape.answers(looked_up, trial)}
    # A recording of which nothing serves is stale, or its cell needs none: what to do with it is no matter of tidying.
    if not used:
        return set()
    is_whole = len(asked) == cell.case.trials
    return {
        id(entry)
        for entry in entries
        if id(entry) not in used and (entry.recorded.trial in asked or (entry.recorded.trial is None and is_whole))
    }


def _asked_by_trial(run: Run, cell: Cell) -> dict[int, list[ApiRequest]]:
    """What a replay of each trial asks; of those alone that come to their end, and none where the replay breaks off.

    How far one gets that ends in a provider's error may depend on how often a request is sent again in a run.
    """
    trials = run.begin(cell)
    for number in trials.numbers:
        trials.ask(number)
    exchange = trials.exchange()
    if exchange.error is not None:
        return {}
    return {
        outcome.trial: [
            each.request for interaction in outcome.interactions for each in (interaction, *interaction.earlier)
        ]
        for outcome in exchange.outcomes
        if outcome.error is None and outcome.stop is None
    }
