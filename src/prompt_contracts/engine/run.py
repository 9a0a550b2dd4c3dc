"""One run: from case files to cells, exchanges, results. The faces call this and nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompt_contracts.application.host import ApplicationHost
from prompt_contracts.application.lent_objects import LentObjects
from prompt_contracts.application.project_references import ProjectReferences
from prompt_contracts.case import Case
from prompt_contracts.cases.node import Node
from prompt_contracts.dialects.error_response import classify
from prompt_contracts.engine.base_answers import BaseAnswers
from prompt_contracts.engine.judge import cell_result, judge_trial, problem_result
from prompt_contracts.engine.loading import FileLoader, LoadedFile
from prompt_contracts.engine.money import Money, Unbounded
from prompt_contracts.engine.ownership import Ownership
from prompt_contracts.engine.project import read_settings
from prompt_contracts.engine.row_making import RowMaking
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.run_surroundings import (
    application_host,
    meaning_of_answer,
    provider_rates,
    run_environment,
)
from prompt_contracts.engine.secrecy import Secrecy, answer_texts
from prompt_contracts.engine.token_count import answer_tokens
from prompt_contracts.engine.trials import CellTrials, Exchange, TrialSetting, is_asked_by_any_thread
from prompt_contracts.errors import UsageError
from prompt_contracts.given import GeneratedRow
from prompt_contracts.json_schema.time_limit import JudgingTime
from prompt_contracts.message import Message
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.providers.resolution import UnknownProviderError, resolve_target
from prompt_contracts.transport.cell_transport import Mode, Transport
from prompt_contracts.transport.ledger import Ledger
from prompt_contracts.transport.limits import Limits
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult, Problem, TrialResult
from prompt_contracts.wait import Wait

if TYPE_CHECKING:
    from prompt_contracts.engine.driven_cell import DrivenCell
    from prompt_contracts.engine.staleness import StalenessSurvey
    from prompt_contracts.forecast import ModelForecast, Staleness
    from prompt_contracts.transport.foreign_recording import NetworkStandIn


class Run:
    """One run of case files under one set of options."""

    def __init__(
        self,
        options: RunOptions,
        *,
        environ: Mapping[str, str],
        now: Callable[[], datetime] | None = None,
        on_news: Callable[[Wait | str], None] | None = None,
        sleep: Callable[[float], None] | None = None,
        ledger: Ledger | None = None,
        limits: Limits | None = None,
        stand_in: NetworkStandIn | None = None,
    ) -> None:
        """Reads the project's configuration; `UsageError` for what is wrong with it or with the options.

        `on_news` gets what a person should know while it happens: a wait before another attempt, or a line. `ledger`
        counts the money of several runs together, `limits` are those of all runs that share the providers.
        A `stand_in` answers in place of the network.
        """
        self.options = options
        self._now = now or _utc_now
        self._on_news = on_news
        self._sleep = sleep
        self._stand_in = stand_in
        self.limits = limits or Limits(options.concurrency)
        self._settings = read_settings(options.root)
        self._environ = run_environment(options, environ)
        self.ledger = ledger or Ledger(options.budget)
        self.money = Money(source=self._settings.source, now=self._now)
        self._secrecy = Secrecy(self._environ, self._settings)
        self.references = LentObjects(
            ProjectReferences(options.root, callables=self._settings.callables, is_code_refused=options.is_code_refused)
        )
        self.rows = RowMaking(options, self.references, secrets=lambda: self._secrecy.secrets)
        """Those that are generated."""
        self._loader = self._new_loader(options)
        self._loaders: dict[str, FileLoader] = {}
        self._asides: list[Run] = []
        self.ownership = Ownership(options.root)
        # Now, when nothing of a case runs yet: what the environment says of proxies holds for the whole run.
        self._transport = self._new_transport(options.mode)
        self._host = self._new_host()
        self._trial_setting = TrialSetting(
            price_source=self._settings.source,
            mode=options.mode,
            references=self.references,
            host=self._host,
        )
        self.bases = BaseAnswers(options.mode, replayed=self._replayed)
        for model in options.models or ():
            self._check_model(model)

    def _check_model(self, model: str) -> None:
        try:
            resolve_target(model, settings=self._settings, environ=self._environ)
        except UnknownProviderError as error:
            raise UsageError(f"{self.options.model_option}: {error}", code="PC123") from None

    def load(self, path: Path, *, is_named: bool = False) -> LoadedFile | None:
        """The cells and the broken cases of a file; None for YAML that is no case file."""
        loaded = self._loader.load(path, is_named=is_named)
        if loaded is not None:
            self.ownership.note(loaded)
            self.bases.note(loaded.cells)
        return loaded

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The types and functions that files name by `$python`, where this run looks none of them up."""
        return self._loader.passed_over

    def is_stray(self, path: str) -> bool:
        """Whether surely no cell has the recording at this path inside the folder of recordings."""
        return self.ownership.is_stray(path)

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders outside of which no recording of this run may lie."""
        return self.options.places

    def load_values(self, node: Node, *, file: Path, adapt: Callable[[Case], Case]) -> LoadedFile:
        """The cell of a case that a Python file states in its nodes; `adapt` says what no key of a case can."""
        return self._loader.load_values(node, file=file, adapt=adapt)

    @property
    def price_source(self) -> str:
        """Name of the file that declares the user's prices."""
        return self._settings.source

    def is_model(self, model: str) -> bool:
        """Whether an id is `provider:model` of a provider that is known here."""
        try:
            resolve_target(model, settings=self._settings, environ=self._environ)
        except UnknownProviderError:
            return False
        return True

    def row_cells(self, path: str, name: str, row: GeneratedRow) -> tuple[Cell, ...]:
        """The cells that a case of this run has for a row that was generated, written or not."""
        return self._loader.row_cells(path, name, row)

    def aside(self, mode: Mode, folder: Path | None) -> Run:
        """A run of the same project that records elsewhere, out of the same purse. It is closed with this one."""
        for each in self._asides:
            if each.options.mode == mode and folder in (None, each.options.cassettes):
                return each
        options = replace(self.options, mode=mode, is_folder_named=folder is not None)
        options = options if folder is None else replace(options, cassettes=folder)
        made = Run(
            options,
            environ=self._environ,
            now=self._now,
            on_news=self._on_news,
            sleep=self._sleep,
            ledger=self.ledger,
            limits=self.limits,
            stand_in=self._stand_in,
        )
        self._asides.append(made)
        return made

    def load_as(self, path: str, *, model: str) -> LoadedFile | None:
        """A case file of this run as if all of its cases named that one model; `path` is relative to the root."""
        if model not in self._loaders:
            self._loaders[model] = self._new_loader(replace(self.options, models=(model,)))
        return self._loaders[model].load(self.options.root / path, is_named=True)

    def unset_keys(self, cells: Iterable[Cell]) -> tuple[str, ...]:
        """The variables of the environment that this run needs for these cells and that are not set."""
        return self._transport.unset_keys(cells)

    def check_network(self, cells: Iterable[Cell]) -> None:
        """`UsageError` when the environment's proxies or certificates keep this run from calling anybody."""
        self._transport.check_network(cells)

    def check_places(self, cells: Iterable[Cell]) -> None:
        """`UsageError` when a recording of this run could not be written."""
        self._transport.check_places(cells)

    def unbounded(self, cells: Iterable[Cell]) -> tuple[Unbounded, ...]:
        """The cells that may be asked and that no budget can be kept for."""
        transport = self._transport
        return tuple(self.money.unbounded(cell for cell in cells if transport.may_ask(cell)))

    def forecast(self, cells: Iterable[Cell]) -> tuple[ModelForecast, ...]:
        """What asking these cells will cost, as far as this can be told, by model; replays are left out."""
        from prompt_contracts.engine.forecasting import Forecaster  # a replay costs nothing

        stale = self._survey.of if self.options.mode == "stale" else None
        return Forecaster(transport=self._transport, money=self.money, now=self._now, stale=stale).forecast(cells)

    def staleness(self, cells: Iterable[Cell]) -> tuple[Staleness, ...]:
        """What the recordings of these cells cannot serve; nothing in a run that does not ask for that."""
        return tuple(map(self._survey.of, cells)) if self.options.mode == "stale" else ()

    @cached_property
    def _survey(self) -> StalenessSurvey:
        from prompt_contracts.engine.staleness import StalenessSurvey  # few runs want to know

        return StalenessSurvey(
            self._new_transport("none"),
            self._trial_setting,
            judge=lambda cell, outcome: self._judged(cell, outcome, JudgingTime(self.options.pattern_timeout)),
        )

    def begin(self, cell: Cell) -> CellTrials:
        """The trials of a cell, against its recording or its provider; none of them is asked yet. Thread-safe."""
        return self._begun(cell, self._transport, is_asked=not self.bases.is_out_of_reach(cell))

    def _begun(self, cell: Cell, transport: Transport, *, is_asked: bool = True) -> CellTrials:
        limit = JudgingTime(self.options.pattern_timeout)
        return CellTrials(
            cell,
            transport.open(cell),
            self._trial_setting,
            judge=lambda outcome: self._judged(cell, outcome, limit),
            is_asked=is_asked,
        )

    def drive(self, cell: Cell) -> DrivenCell:
        """A cell whose trials a test runs itself; nothing is opened yet."""
        from prompt_contracts.engine.driven_cell import DrivenCell  # brings a server, which few runs need

        limit = JudgingTime(self.options.pattern_timeout)
        return DrivenCell(
            cell,
            self._transport.open(cell),
            self._trial_setting,
            timeout=self.options.timeout if cell.case.timeout is None else cell.case.timeout,
            judge=lambda contract, outcome: self._judged(contract, outcome, limit),
        )

    def exchange(self, cell: Cell) -> Exchange:
        """Run a cell's trials one by one, and save what is to be kept."""
        trials = self.begin(cell)
        trials.ask_in_turn()
        return trials.exchange()

    def is_worth_asking_ahead(self, cell: Cell) -> bool:
        """Whether a cell waits for a network, and may be asked by threads while others are."""
        if self.options.mode == "none" or not is_asked_by_any_thread(cell.case):
            return False
        return self._transport.needs_key(cell)

    def is_handled_here(self, cell: Cell) -> bool:
        """Whether the cell's application is a function that is called in this process."""
        return cell.case.handler is not None and (self.options.handler_in or cell.case.handler_in) == "thread"

    def judge(self, cell: Cell, exchange: Exchange) -> CaseResult:
        """The verdict on an exchange: `error` where there is none on the model."""
        limit = JudgingTime(self.options.pattern_timeout)
        rest = exchange.outcomes[len(exchange.judged) :]
        trials = [*exchange.judged, *(self._judged(cell, outcome, limit) for outcome in rest)]
        if exchange.error is None:
            result = self._result(cell, trials, exchange.outcomes, limit)
        else:
            problem = Problem(code=exchange.error.code or "PC330", message=self.masked(str(exchange.error)))
            result = problem_result(cell, problem, trials, cassette=self._cassette(cell))
        self.bases.keep(cell, result, exchange.outcomes)
        return result if exchange.recording is None else replace(result, recording=exchange.recording)

    def _result(
        self, cell: Cell, trials: list[TrialResult], outcomes: Sequence[Outcome], limit: JudgingTime
    ) -> CaseResult:
        """The result of a cell; under a change, where the case says so, with its answers beside those of the base."""
        if cell.case.relation is None or cell.case.same is None:
            return cell_result(cell, trials, cassette=self._cassette(cell))
        from prompt_contracts.engine.sameness import compared  # few cases say so

        base = self.bases.of(cell)
        if isinstance(base, Problem):
            return problem_result(cell, base, trials, cassette=self._cassette(cell))
        with limit.running():
            trials, same = compared(cell.case, trials, outcomes, base)
        trials = [self._secrecy.without_split(trial) for trial in trials]
        return replace(cell_result(cell, trials, cassette=self._cassette(cell)), same=same)

    def _replayed(self, cell: Cell) -> tuple[CaseResult, Sequence[Outcome]]:
        """What the recording of a cell holds, judged; nobody is asked."""
        trials = self._begun(cell, self._replays)
        trials.ask_in_turn()
        exchange = trials.exchange()
        return self.judge(cell, exchange), exchange.outcomes

    @cached_property
    def _replays(self) -> Transport:
        return self._transport if self.options.mode == "none" else self._new_transport("none")

    def _judged(self, cell: Cell, outcome: Outcome, limit: JudgingTime) -> TrialResult:
        """The result of one trial; all trials of a cell share the limit."""
        with limit.running():
            trial = judge_trial(cell, outcome, references=self.references, show_raw=self.options.is_raw_kept)
        return self._secrecy.without_split(trial)

    def masked(self, text: str) -> str:
        """The text without any secret of the environment or the configuration."""
        return self._secrecy.masked(text)

    def masked_json(self, value: Any) -> Any:
        """The same plain data with every text masked."""
        return self._secrecy.masked_json(value)

    def masked_result(self, result: CaseResult) -> CaseResult:
        """The result with every text masked; before anything is cut short for people."""
        if not self._secrecy.secrets:
            return result
        data = result.to_json()
        masked = self.masked_json(data)
        return result if masked is data else CaseResult.from_json(masked)

    def masked_case(self, case: Case) -> Case:
        """The case with its messages masked."""
        messages = tuple(Message.from_json(self.masked_json(message.to_json())) for message in case.messages)
        return replace(case, messages=messages)

    def stop(self) -> None:
        """Send nothing more: who waits for money or a provider, and who comes later, gets `RunStopped`."""
        self.ledger.stop()
        self.limits.stop()

    def status(self) -> tuple[ProviderStatus, ...]:
        """What is going on with each provider that was asked."""
        return self.limits.status()

    def close(self) -> None:
        """Close the connections and the loopback server, if any was opened; nobody is asked any more."""
        self.stop()
        for each in self._asides:
            each.close()
        self._host.close()
        self._transport.close()

    def _new_transport(self, mode: Mode) -> Transport:
        return Transport(
            folder=self.options.cassettes,
            root=self.options.shown_from or self.options.root,
            mode=mode,
            environ=self._environ,
            timeout=self.options.timeout,
            may_be_stale=lambda cell: self._survey.is_stale(cell),  # noqa: PLW0108 - made when it is needed
            is_stray=self.ownership.is_stray,
            secrets=self._secrecy.secrets,
            answer_texts=answer_texts,
            answer_meaning=meaning_of_answer,
            places=self.places,
            classify=classify,
            max_retries=self.options.max_retries,
            on_wait=self._on_news,
            sleep=self._sleep,
            billing=self.money.billing(self.ledger),
            limits=self.limits,
            rates=provider_rates(self._settings, self.options),
            answer_tokens=answer_tokens,
            stand_in=self._stand_in,
        )

    def _new_loader(self, options: RunOptions) -> FileLoader:
        return FileLoader(
            options,
            settings=self._settings,
            environ=self._environ,
            references=self.references,
            examples=self.rows,
        )

    def _new_host(self) -> ApplicationHost:
        return application_host(
            self.options,
            self._settings,
            self._secrecy,
            environ=self._environ,
            references=self.references,
            on_news=self._on_news,
        )

    def _cassette(self, cell: Cell) -> str:
        return f"{self.options.shown_folder}/{cell.cassette}"


def _utc_now() -> datetime:
    return datetime.now(UTC)
