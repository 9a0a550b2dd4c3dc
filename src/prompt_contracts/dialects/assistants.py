"""Assistants: one trial's assistant, thread and runs, as generators. No body is read or written here.

The order of requests: create or retrieve the assistant, create the thread with the messages or add them to the given
one, start a run, look at it until it ends, list what it wrote. Later answers begin at the messages.
"""

from __future__ import annotations

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants_bodies import (
    KnownAssistant,
    Steps,
    add_message,
    assistant_body,
    belongs_to_thread,
    create_assistant,
    create_run,
    create_thread,
    created_assistant,
    is_run_streamed,
    message_body,
    outputs_body,
    retrieve_assistant,
    retrieve_run,
    run_body,
    send,
    submit_outputs,
    thread_body,
)
from prompt_contracts.dialects.assistants_polling import follow
from prompt_contracts.dialects.assistants_run import read_id, read_run
from prompt_contracts.dialects.assistants_setup import AssistantSetup, read_setup
from prompt_contracts.dialects.assistants_stream import WrittenMessages
from prompt_contracts.dialects.dialogue import Step
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target


class AssistantsDialogue:
    """The conversation of one trial over the Assistants API: a `Dialogue`.

    Keeps the assistant, the thread, and the run that waits for outputs of tools. Usage of an answer with calls is
    unknown: the server tells it when the run ends, for the whole run. Both answers of one run have the run's id.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._assistant: KnownAssistant | None = None
        self._thread_id: str | None = None
        self._waiting: str | None = None
        """The run that waits for outputs."""
        self._written = WrittenMessages()
        self._seen: tuple[Message, ...] = ()
        self._unsent: list[Message] = []
        """Messages that the thread does not have yet."""
        self._outputs: list[Message] = []
        """Tool messages that no run was given yet."""
        self._has_answered = False
        """Whether the conversation goes on with our own last answer, which the thread has already."""
        self._has_resumed = False

    def ask(self, request: ModelRequest) -> Step:
        """Get one answer: of a run that waits for the tool messages at the end, else of a new run."""
        setup = read_setup(request.assistant)
        self._take(request.messages)
        if self._waiting is not None and (self._outputs or not self._unsent):
            answer = yield from self._answer_calls(self._waiting, request, setup)
            # A thread takes no message while a run of it is under way: the user's wait for its end.
            if isinstance(answer, ProviderError) or answer.choices[0].tool_calls or not self._unsent:
                return answer
        if setup.run_id is not None and not self._has_resumed:
            return (yield from self._resume(setup, setup.run_id))
        # The order of these requests is that of the recordings: another one would find none of them.
        assistant = yield from self._ready_assistant(request, setup)
        if isinstance(assistant, ProviderError):
            return assistant
        thread_id = yield from self._ready_thread(setup)
        if isinstance(thread_id, ProviderError):
            return thread_id
        # Another run: what the last one wrote must not be read as its answer.
        self._waiting, self._written = None, WrittenMessages()
        self._outputs.clear()
        body = run_body(request, setup, assistant)
        response = yield from send(create_run(self._target, thread_id, body))
        return (yield from self._follow(response, setup, thread_id))

    def message(self, completion: Completion) -> Message:
        """The assistant message with which the conversation goes on after an answer."""
        choice = completion.choices[0]
        calls: list[Json] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in choice.tool_calls
        ]
        content = None if calls and not choice.text else choice.text
        return Message(role="assistant", content=content, fields={"tool_calls": calls} if calls else {})

    def _take(self, messages: tuple[Message, ...]) -> None:
        """Sort what is new in the conversation: for the thread, or for the run that waits."""
        known = 0
        while known < min(len(self._seen), len(messages)) and self._seen[known] == messages[known]:
            known += 1
        new = messages[known:]
        # The thread holds what a run wrote; sent again, it would stand there twice.
        if self._has_answered and new and new[0].role == "assistant":
            new = new[1:]
        self._seen, self._has_answered = messages, False
        self._unsent.extend(message for message in new if belongs_to_thread(message))
        self._outputs.extend(message for message in new if message.role == "tool")

    def _answer_calls(self, run_id: str, request: ModelRequest, setup: AssistantSetup) -> Step:
        """Give a waiting run all outputs at once; without any, look at it again."""
        thread_id = self._thread_id or ""
        following = retrieve_run(self._target, thread_id, run_id)
        if self._outputs:
            # All of them in one request: the server takes no second one for the same calls.
            body = outputs_body(self._outputs, stream=is_run_streamed(request, setup))
            following = submit_outputs(self._target, thread_id, run_id, body)
        self._waiting = None
        self._outputs.clear()
        response = yield from send(following)
        return (yield from self._follow(response, setup, thread_id))

    def _resume(self, setup: AssistantSetup, run_id: str) -> Step:
        """Go on with a run that was started elsewhere, by what its thread holds; the case's messages are not sent."""
        self._has_resumed = True
        self._unsent.clear()
        if setup.thread_id is None:
            return ProviderError(
                kind="invalid_request",
                message="'run: {id: ...}' names a run, and no 'thread: {id: ...}' says on which thread it is",
            )
        self._thread_id = setup.thread_id
        response = yield from send(retrieve_run(self._target, setup.thread_id, run_id))
        run = read_run(response)
        if not isinstance(run, ProviderError) and run.assistant_id is not None:
            self._assistant = KnownAssistant(id=run.assistant_id)
        return (yield from self._follow(response, setup, setup.thread_id))

    def _ready_assistant(self, request: ModelRequest, setup: AssistantSetup) -> Steps[KnownAssistant | ProviderError]:
        if self._assistant is not None:
            return self._assistant
        if setup.assistant_id is not None:
            response = yield from send(retrieve_assistant(self._target, setup.assistant_id))
        else:
            body = assistant_body(request, setup, model=self._target.model)
            response = yield from send(create_assistant(self._target, body))
        found = read_id(response, "assistant")
        if isinstance(found, ProviderError):
            return found
        is_ours = setup.assistant_id is None
        self._assistant = created_assistant(request, setup, found) if is_ours else KnownAssistant(id=found)
        return self._assistant

    def _ready_thread(self, setup: AssistantSetup) -> Steps[str | ProviderError]:
        """The thread, with every message that it should have."""
        if self._thread_id is None and setup.thread_id is None:
            response = yield from send(create_thread(self._target, thread_body(self._unsent, setup)))
            found = read_id(response, "thread")
            if isinstance(found, ProviderError):
                return found
            self._thread_id = found
            self._unsent.clear()
        thread_id = self._thread_id or setup.thread_id or ""
        self._thread_id = thread_id
        while self._unsent:
            response = yield from send(add_message(self._target, thread_id, message_body(self._unsent[0])))
            added = read_id(response, "message")
            if isinstance(added, ProviderError):
                return added
            del self._unsent[0]
        return thread_id

    def _follow(self, response: ApiResponse, setup: AssistantSetup, thread_id: str) -> Step:
        answer = yield from follow(response, self._written, setup, target=self._target, thread_id=thread_id)
        if isinstance(answer, Completion):
            self._has_answered = True
            self._waiting = answer.id if answer.choices[0].tool_calls else None
        return answer
