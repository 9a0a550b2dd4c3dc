"""Sixteen applications at once on one server: each gets its own answers, and leaves nothing behind."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from prompt_contracts.errors import RunStopped
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.stub.server import StubServer
from prompt_contracts.transport.limits import Limits
from tests.application.application_project import Project, answered, ask
from tests.application.test_command import CHAT
from tests.application.test_handler import asking, post

COUNT = 16


def test_sixteen_applications_at_once_get_their_own_answers(tmp_path: Path) -> None:
    start = Barrier(COUNT)

    def one(number: int) -> list[Any]:
        root = tmp_path.resolve() / str(number)
        root.mkdir()
        project = Project(root=root, server=server)
        for turn in range(3):
            project.record(answered(f"{number}-{turn}"))
        start.wait(30)
        command = None if number % 2 else project.python(CHAT)
        with project.open(handler=asking if number % 2 else None, command=command) as run:
            values = [ask(run).value for _ in range(3)]
        assert run.problem is None
        assert len(run.interactions) == 3
        return values

    with StubServer() as server, ThreadPoolExecutor(COUNT) as pool:
        found = list(pool.map(one, range(COUNT)))

    assert found == [[f"{number}-{turn}" for turn in range(3)] for number in range(COUNT)]


def test_an_application_that_asks_after_the_run_was_stopped_is_told_so_at_once_and_has_no_verdict(
    tmp_path: Path,
) -> None:
    statuses: list[int] = []

    def answer(question: Any) -> str:
        body = json.dumps({"model": "tiny", "messages": []}).encode()
        statuses.append(post(question.base_url, body)[0])
        return "whatever"

    limits = Limits()
    limits.stop()
    with StubServer() as server:
        project = Project(root=tmp_path.resolve(), server=server, environ={"HOUSE_KEY": "house-key-0123456789"})
        with pytest.raises(RunStopped), project.open(handler=answer, mode="live", limits=limits) as run:
            ask(run)

    assert statuses == [500]


def test_an_application_that_asks_from_many_threads_is_answered_and_each_request_is_kept(tmp_path: Path) -> None:
    limit = FaultPlan(attempts=(Fault(kind="status", detail=429),))

    def answer(question: Any) -> list[int]:
        def one(number: int) -> int:
            body = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": str(number)}]}).encode()
            return sum(post(question.base_url, body)[0] for _ in range(2))

        with ThreadPoolExecutor(COUNT) as pool:
            return list(pool.map(one, range(COUNT)))

    with StubServer() as server:
        project = Project(root=tmp_path.resolve(), server=server)
        for number in range(COUNT):
            asked: Any = {"model": "tiny", "messages": [{"role": "user", "content": str(number)}]}
            project.record(answered(str(number)), asked=asked)
        with project.open(handler=answer) as run:
            reply = ask(run, fault=limit)

    assert reply.value == [429 + 200] * COUNT
    assert len(run.interactions) == 2 * COUNT
