"""Threads that ask stay on the processor of the thread that judges, which may be another one every second."""

from __future__ import annotations

import os
import sys
from threading import Thread

import pytest

from prompt_contracts.engine.one_cpu import OneCpu

if sys.platform != "linux":
    pytest.skip("only Linux lets a thread choose", allow_module_level=True)

ALL = os.sched_getaffinity(0)

if len(ALL) < 2:
    pytest.skip("one processor is no choice", allow_module_level=True)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def in_a_thread(cpu: OneCpu) -> set[int]:
    """Where a thread that asks may run."""
    found: list[set[int]] = []

    def ask() -> None:
        cpu.follow()
        found.append(os.sched_getaffinity(0))

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def test_threads_stay_together_until_the_first_one_leaves() -> None:
    cpu = OneCpu(monotonic=Clock())

    before = in_a_thread(cpu)
    cpu.stay()
    here = os.sched_getaffinity(0)
    there = in_a_thread(cpu)
    cpu.leave()

    assert before == ALL
    assert len(here) == 1
    assert here == there
    assert os.sched_getaffinity(0) == ALL


def test_the_first_one_roams_now_and_then() -> None:
    clock = Clock()
    cpu = OneCpu(monotonic=clock)
    seen = []

    for clock.now in (0.0, 0.5, 1.1, 1.105, 1.2, 1.3):
        cpu.stay()
        seen.append(len(os.sched_getaffinity(0)))
    cpu.leave()

    assert seen == [1, 1, len(ALL), len(ALL), 1, 1]


def test_it_stays_again_after_it_left() -> None:
    cpu = OneCpu(monotonic=Clock())
    cpu.stay()
    cpu.leave()

    cpu.stay()
    here = os.sched_getaffinity(0)
    cpu.leave()

    assert len(here) == 1


def test_where_the_system_does_not_tell_nobody_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompt_contracts.engine.one_cpu._current", lambda: None)
    cpu = OneCpu(monotonic=Clock())

    cpu.stay()

    assert os.sched_getaffinity(0) == in_a_thread(cpu) == ALL


def test_where_the_system_refuses_nobody_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("os.sched_setaffinity", refuse)
        cpu = OneCpu(monotonic=Clock())
        cpu.stay()
        cpu.stay()
        cpu.leave()

    assert os.sched_getaffinity(0) == ALL
