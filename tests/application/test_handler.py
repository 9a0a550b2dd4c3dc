"""A Python function as the application under test: what it is given, what it gives back, how it ends."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

from prompt_contracts.application.application_run import open_application
from prompt_contracts.errors import UsageError
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.stub.server import StubServer
from prompt_contracts.transport.cell_transport import Transport
from tests.application.application_project import QUESTION, Project, always, answered, ask, chat
from tests.transport.loopback import KEY, Answer, Loopback

SHORT = 0.3


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with StubServer() as server:
        yield Project(root=tmp_path.resolve(), server=server)


def post(base_url: str, body: bytes, *, path: str = "/chat/completions", method: str = "POST") -> tuple[int, Any]:
    """One request without any SDK: status and parsed body."""
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, parts.path + path, body=body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def asking(question: Any) -> str:
    """A handler that hands the question on to the model."""
    body = json.dumps({"model": question.model, "messages": question.messages}).encode()
    status, answer = post(question.base_url, body)
    return str(answer["choices"][0]["message"]["content"]) if status == 200 else f"status {status}"


def test_the_handler_gets_the_conversation_the_model_and_the_variables(project: Project) -> None:
    seen: list[Any] = []

    with project.open(handler=seen.append) as run:
        ask(run, city="Oslo")

    (question,) = seen
    assert (question.messages, question.model, question.variables) == (QUESTION, "tiny", {"city": "Oslo"})
    assert question.base_url.startswith("http://127.0.0.1:")
    assert question.base_url.endswith("/v1")
    assert question.api_key == "prompt-contracts-placeholder"


def test_what_the_handler_does_to_its_messages_is_its_own_affair(project: Project) -> None:
    def spoil(question: Any) -> str:
        question.messages[0]["content"].append("more")
        return "done"

    content: list[Json] = [{"type": "text", "text": "Hello."}]
    message = Message(role="user", content=content)
    with project.open(handler=spoil) as run:
        run.ask((message,), model="tiny", variables={}, fault=None)

    assert message.content == [{"type": "text", "text": "Hello."}]


@pytest.mark.parametrize(
    "value", ["text", "", "ünï \u2028", {"a": [1, None, True]}, [1.5, "x"], 3, 0, False, [], {}, ("a", "b")]
)
def test_text_and_json_values_are_replies(project: Project, value: Any) -> None:
    with project.open(handler=lambda question: value) as run:
        reply = ask(run)

    assert (reply.value, reply.is_reply, reply.kind, reply.failure) == (
        list(value) if isinstance(value, tuple) else value,
        True,
        "returned",
        None,
    )


def test_none_is_no_reply(project: Project) -> None:
    with project.open(handler=lambda question: None) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind, reply.failure) == (False, "silent", "bots:answer returned None: no reply")


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize("value", [object(), b"bytes", float("nan"), {"a": {1, 2}}, iter("ab"), LOOP])
def test_a_value_that_is_no_json_is_no_reply(project: Project, value: Any) -> None:
    with project.open(handler=lambda question: value) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind) == (False, "returned")
    assert f"bots:answer returned a {type(value).__name__}, which is no text and no JSON" in (reply.failure or "")


def test_an_async_handler_is_run_to_its_end(project: Project) -> None:
    async def answer(question: Any) -> str:
        await asyncio.sleep(0)
        return "later"

    with project.open(handler=answer) as run:
        assert ask(run).value == "later"


def test_an_exception_is_told_with_its_type_its_message_and_its_place(project: Project) -> None:
    project.write("bots_raising.py", "def answer(question):\n    raise ValueError('no city\\nin it')\n")
    names: dict[str, Any] = {}
    path = project.root / "bots_raising.py"
    exec(compile(path.read_text(), str(path), "exec"), names)

    with project.open(handler=names["answer"]) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind, reply.value) == (False, "raised", None)
    assert reply.failure == r"bots:answer raised ValueError: no city\nin it (bots_raising.py:2, in answer)"
    assert "Traceback" in reply.output


def test_an_exception_whose_text_is_broken_is_told_by_its_type(project: Project) -> None:
    class BrokenError(Exception):
        def __str__(self) -> NoReturn:
            raise RuntimeError

    def answer(question: Any) -> NoReturn:
        raise BrokenError

    with project.open(handler=answer) as run:
        assert (ask(run).failure or "").startswith("bots:answer raised BrokenError (")


def test_no_secret_of_the_environment_is_in_what_is_told(project: Project) -> None:
    project.environ |= {"HOUSE_KEY": "hush-hush-123", "OTHER_TOKEN": "quiet-quiet-456"}

    def answer(question: Any) -> NoReturn:
        raise ValueError("tried hush-hush-123 and quiet-quiet-456")

    with project.open(handler=answer) as run:
        reply = ask(run)

    told = f"{reply.failure} {reply.output}"
    assert "[HOUSE_KEY] and [OTHER_TOKEN]" in told
    assert "hush" not in told
    assert "quiet" not in told


@pytest.mark.parametrize("code", [0, 3, "words"])
def test_sys_exit_is_no_reply_and_ends_nothing_else(project: Project, code: Any) -> None:
    with project.open(handler=lambda question: sys.exit(code)) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind, reply.failure) == (False, "exited", f"bots:answer called sys.exit({code!r})")


def test_an_interrupt_goes_through(project: Project) -> None:
    def answer(question: Any) -> NoReturn:
        raise KeyboardInterrupt

    with project.open(handler=answer) as run, pytest.raises(KeyboardInterrupt):
        ask(run)


def test_a_handler_that_hangs_is_left_behind_and_finds_its_address_revoked(project: Project) -> None:
    may_go_on, is_done = Event(), Event()
    late: list[int] = []

    def answer(question: Any) -> str:
        may_go_on.wait(30)
        late.append(post(question.base_url, json.dumps(chat()).encode())[0])
        is_done.set()
        return "too late"

    project.record(answered("It will."))
    with project.open(handler=answer, timeout=SHORT) as run:
        reply = ask(run)
        may_go_on.set()
        assert is_done.wait(30)

    assert (reply.is_reply, reply.kind) == (False, "hung")
    assert "did not return within 0.3 s; its thread cannot be stopped and was left behind" in (reply.failure or "")
    assert late == [410]
    assert run.interactions == ()


def test_what_a_handler_left_behind_asks_is_not_blamed_on_the_next(project: Project) -> None:
    addresses: list[str] = []

    def hang(question: Any) -> None:
        addresses.append(question.base_url)
        Event().wait(SHORT * 3)

    def answer(question: Any) -> str:
        return str(post(addresses[0], b"{}")[0])

    with project.open(handler=hang, timeout=SHORT) as run:
        ask(run)
    with project.open(handler=answer) as run:
        reply = ask(run)

    assert (reply.value, run.problem) == ("410", None)


def test_the_time_of_all_turns_counts_together(project: Project) -> None:
    calls: list[str] = []

    def hang(question: Any) -> None:
        calls.append("called")
        Event().wait(SHORT * 3)

    with project.open(handler=hang, timeout=SHORT) as run:
        ask(run)
        reply = ask(run)

    assert (reply.kind, calls) == ("hung", ["called"])
    assert (
        reply.failure
        == "bots:answer was not called: its 0.3 s were used up in an earlier turn; it had made no requests"
    )


NAMES = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "PROMPT_CONTRACTS_MODEL", "NO_PROXY", "no_proxy")


def test_the_environment_leads_to_the_address_while_the_handler_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intern.example, localhost")
    monkeypatch.setenv("OPENAI_API_KEY", "the users own")
    monkeypatch.delenv("no_proxy", raising=False)
    before = {name: os.environ.get(name) for name in NAMES}
    during: dict[str, str | None] = {}

    def answer(question: Any) -> str:
        during.update({name: os.environ.get(name) for name in NAMES})
        return str(question.base_url)

    with project.open(handler=answer) as run:
        reply = ask(run)

    assert during == {
        "OPENAI_BASE_URL": reply.value,
        "OPENAI_API_KEY": "prompt-contracts-placeholder",
        "PROMPT_CONTRACTS_MODEL": "tiny",
        "NO_PROXY": "intern.example,127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    assert {name: os.environ.get(name) for name in NAMES} == before


def test_the_environment_comes_back_after_an_exception_and_after_a_hang(project: Project) -> None:
    before = {**os.environ}

    def fail(question: Any) -> NoReturn:
        raise ValueError

    with project.open(handler=fail) as run:
        ask(run)
    after_exception = {**os.environ}
    with project.open(handler=lambda question: Event().wait(SHORT * 3), timeout=SHORT) as run:
        ask(run)

    assert after_exception == before
    assert {**os.environ} == before


def test_handlers_run_one_at_a_time(project: Project) -> None:
    running: list[int] = []
    most: list[int] = []

    def answer(question: Any) -> bool:
        running.append(1)
        most.append(len(running))
        Event().wait(0.01)
        is_right: bool = os.environ["OPENAI_BASE_URL"] == question.base_url
        running.pop()
        return is_right

    def one(number: int) -> Any:
        with project.open(handler=answer) as run:
            return ask(run).value

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(one, range(8)))

    assert values == [True] * 8
    assert set(most) == {1}


def opened(project: Project, resolve: Callable[[str], Callable[..., object]]) -> Any:
    cell = project.cell(handler="bots:answer")
    transport = Transport(
        folder=project.root, root=project.root, environ=project.environ, classify=lambda response: None
    )
    return open_application(
        cell,
        transport.open(cell),
        project.server,
        trial=1,
        resolve=resolve,
        environ=project.environ,
        timeout=30,
        root=project.root,
        secrets=(),
    )


def test_a_handler_that_cannot_be_loaded_is_a_problem(project: Project) -> None:
    def resolve(name: str) -> NoReturn:
        raise ModuleNotFoundError("No module named 'bots'")

    with opened(project, resolve) as run:
        reply = ask(run)

    assert not reply.is_reply
    assert isinstance(run.problem, UsageError)
    assert "handler bots:answer cannot be loaded: ModuleNotFoundError: No module named 'bots'" in str(run.problem)


def test_a_module_that_makes_its_client_when_it_is_imported_finds_the_address(project: Project) -> None:
    found: list[str] = []

    def resolve(name: str) -> Callable[..., object]:
        found.append(os.environ["OPENAI_BASE_URL"])
        return lambda question: question.base_url

    with opened(project, resolve) as run:
        assert ask(run).value == found[0]


def test_a_client_that_kept_the_address_of_an_earlier_case_is_a_problem(project: Project) -> None:
    addresses: list[str] = []

    def answer(question: Any) -> str:
        addresses.append(question.base_url)
        return "fallback" if post(addresses[0], json.dumps(chat()).encode())[0] >= 400 else "fine"

    project.record(answered("It will."))
    with project.open(handler=answer) as first:
        assert ask(first).value == "fine"
    with project.open(handler=answer) as second:
        ask(second)

    assert first.problem is None
    assert "make the client within the function" in str(second.problem)


def test_what_the_application_asked_is_kept_in_order(project: Project) -> None:
    project.record(answered("It will."))
    project.record(answered("Again."))

    with project.open(handler=asking) as run:
        replies = [ask(run).value, ask(run).value]

    assert replies == ["It will.", "Again."]
    assert [interaction.request.body for interaction in run.interactions] == [chat(), chat()]
    assert all(interaction.is_replayed for interaction in run.interactions)


def test_a_request_without_a_recording_is_a_problem_whatever_the_application_makes_of_it(project: Project) -> None:
    with project.open(handler=asking) as run:
        reply = ask(run)

    assert (reply.value, reply.is_reply) == ("status 500", True)
    assert "nothing is recorded" in str(run.problem)


def test_a_request_that_has_changed_since_its_recording_is_a_problem(project: Project) -> None:
    project.record(answered("It will."), asked=chat(temperature=0))
    seen: list[tuple[int, Any]] = []

    def answer(question: Any) -> str:
        seen.append(post(question.base_url, json.dumps(chat(temperature=1)).encode()))
        return "fallback"

    with project.open(handler=answer) as run:
        ask(run)

    ((status, body),) = seen
    assert (status, body["error"]["code"]) == (500, "prompt_contracts_recording")
    assert "temperature" in body["error"]["message"]
    assert type(run.problem).__name__ == "RecordingStale"


def test_a_body_that_is_no_json_is_a_problem_and_nobody_is_asked(project: Project) -> None:
    with project.open(handler=lambda question: post(question.base_url, b'{"model": ')[0]) as run:
        ask(run)

    assert run.interactions == ()
    assert "POST /chat/completions with a body that is not JSON" in str(run.problem)


@pytest.mark.parametrize("depth", [300, 500, 900, 100_000])
def test_a_body_that_is_nested_too_deeply_breaks_nothing(project: Project, depth: int) -> None:
    project.record(answered("It will."))
    body = b"[" * depth + b"]" * depth

    with project.open(handler=lambda question: post(question.base_url, body)[0]) as run:
        assert ask(run).value in (400, 500)


def test_the_models_are_listed_without_asking_the_provider(project: Project) -> None:
    def answer(question: Any) -> list[Any]:
        ask_for = ("/models", "/models/tiny", "/models/other")
        return [post(question.base_url, b"", path=path, method="GET") for path in ask_for]

    with project.open(handler=answer) as run:
        reply = ask(run)

    known = {"id": "tiny", "object": "model", "created": 0, "owned_by": "house"}
    (first, second, third) = reply.value if isinstance(reply.value, list) else []
    assert (first, second) == ([200, {"object": "list", "data": [known]}], [200, known])
    assert isinstance(third, list)
    assert third[0] == 404
    assert (run.interactions, run.problem) == ((), None)


def test_the_queries_of_the_application_and_of_the_provider_are_both_kept(project: Project) -> None:
    project.target["query"] = {"api-version": "2025-01-01"}
    project.record("{}", method="GET", path="/files?api-version=2025-01-01&limit=3")

    with project.open(handler=lambda q: post(q.base_url, b"", path="/files?limit=3", method="GET")[0]) as run:
        assert ask(run).value == 200


def test_the_path_of_the_provider_takes_the_place_of_openais(project: Project) -> None:
    project.target["chat_path"] = "/openai/deployments/tiny/chat/completions"
    project.record(answered("It will."), path="/openai/deployments/tiny/chat/completions")

    with project.open(handler=asking) as run:
        assert ask(run).value == "It will."


def test_recording_forwards_to_the_provider_with_the_real_key_and_replays_the_same(project: Project) -> None:
    project.environ["HOUSE_KEY"] = KEY
    provider = Loopback()
    provider.answer = lambda asked: Answer(body=answered("It will.").encode())
    project.target["base_url"] = provider.base_url
    try:
        with project.open(handler=asking, mode="rewrite") as run:
            recorded = ask(run).value
    finally:
        provider.close()
    with project.open(handler=asking) as run:
        replayed = ask(run).value

    assert (recorded, replayed) == ("It will.", "It will.")
    assert [(asked.path, asked.headers["authorization"]) for asked in provider.asked] == [
        ("/v1/chat/completions", f"Bearer {KEY}")
    ]


def attempts(project: Project, plan: FaultPlan, times: int) -> list[int]:
    """The statuses of the same request sent so often."""
    statuses: list[int] = []

    def answer(question: Any) -> str:
        statuses.extend(post(question.base_url, json.dumps(chat()).encode())[0] for _ in range(times))
        return "done"

    with project.open(handler=answer) as run:
        ask(run, fault=plan)
    return statuses


RATE_LIMIT = Fault(kind="status", detail=429)


def test_a_fault_counts_the_attempts_at_one_request(project: Project) -> None:
    project.record(answered("It will."))

    assert attempts(project, FaultPlan(attempts=(RATE_LIMIT, RATE_LIMIT)), 3) == [429, 429, 200]


def test_the_same_question_after_an_answer_is_a_new_request(project: Project) -> None:
    project.record(answered("It will."))
    project.record(answered("Again."))

    assert attempts(project, FaultPlan(attempts=(RATE_LIMIT,), request=2), 3) == [200, 429, 200]


def test_a_later_turn_has_its_own_faults_and_attempts(project: Project) -> None:
    project.record(answered("It will."))

    with project.open(handler=asking) as run:
        values = [ask(run, fault=always(RATE_LIMIT)).value, ask(run).value]

    assert values == ["status 429", "It will."]


def test_a_mistake_of_our_own_is_not_swallowed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with project.open(handler=asking) as run:
        monkeypatch.setattr(run._endpoint, "_transport", None)
        with pytest.raises(AttributeError):
            ask(run)


def test_after_the_trial_no_thread_is_left(project: Project) -> None:
    before = set(threading.enumerate())
    project.record(answered("It will."))

    with project.open(handler=asking) as run:
        ask(run)

    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith(("handler", "application"))}
