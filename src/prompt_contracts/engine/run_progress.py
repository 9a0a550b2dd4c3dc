"""Counts what becomes of the cells of a run, and gathers how its providers are doing. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from prompt_contracts.progress import Fate, Progress
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.report import Bill
from prompt_contracts.wait import Wait


class RunProgress:
    """Not thread-safe: it belongs to the thread that judges."""

    def __init__(self, total: int, *, budget: Decimal | None, monotonic: Callable[[], float]) -> None:
        """Begins now, with so many cells."""
        self._total = total
        self._budget = budget
        self._monotonic = monotonic
        self._began = monotonic()
        self._fates: dict[str, Fate] = {}
        self._waits: list[tuple[float, Wait]] = []

    def note(self, cell: str, fate: Fate) -> None:
        """What became of a cell; the last word counts, for one that was run again."""
        self._fates[cell] = fate

    def note_wait(self, wait: Wait) -> None:
        """A request begins to wait before its next attempt."""
        self._waits.append((self._monotonic() + wait.seconds, wait))

    def facts(self, *, spent: Bill, statuses: Iterable[ProviderStatus]) -> Progress:
        """The run at this moment."""
        now = self._monotonic()
        self._waits = [each for each in self._waits if each[0] > now]
        counts = Counter(self._fates.values())
        return Progress(
            total=self._total,
            passed=counts["passed"],
            failed=counts["failed"],
            errors=counts["error"],
            skipped=counts["skipped"],
            xfailed=counts["xfailed"],
            elapsed=now - self._began,
            spent=spent,
            budget=self._budget,
            providers=tuple(self._with_waits(status, now) for status in _by_name(statuses)),
        )

    def _with_waits(self, status: ProviderStatus, now: float) -> ProviderStatus:
        """Where nothing is on its way since all wait for another attempt, the provider waits as well."""
        own = [each for each in self._waits if each[1].provider == status.provider]
        if status.waiting is not None or not own:
            return status
        until, wait = min(own, key=lambda each: each[0])
        is_counted = status.throttled > 0 and wait.reason.startswith("429")
        cause = None if is_counted else wait.reason
        return replace(status, cause=cause, waiting=until - now if status.in_flight == 0 else None)


def _by_name(statuses: Iterable[ProviderStatus]) -> Iterable[ProviderStatus]:
    """Each provider once, also one that is asked at several addresses."""
    found: dict[str, ProviderStatus] = {}
    for status in statuses:
        known = found.get(status.provider)
        found[status.provider] = status if known is None else _together(known, status)
    return found.values()


def _together(one: ProviderStatus, other: ProviderStatus) -> ProviderStatus:
    longest = max(one, other, key=lambda status: status.waiting or 0.0)
    return ProviderStatus(
        provider=one.provider,
        in_flight=one.in_flight + other.in_flight,
        limit=one.limit + other.limit,
        waiting=longest.waiting,
        cause=longest.cause,
        throttled=one.throttled + other.throttled,
    )
