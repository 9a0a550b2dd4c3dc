"""What every application is put through: one row, one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A case: which function of the program is asked, what goes wrong meanwhile, and what must come of it."""

    name: str
    function: str
    words: str
    """For people."""
    expect: str
    """In YAML, where the model follows the script."""
    expect_of_any: str
    """In YAML, whatever a model says."""
    fault: str = ""
    is_special: bool = False
    """Whether only the frameworks that name it know it."""
    has_fallback: bool = False
    """Whether the function is called with an `except` around it."""

    @property
    def is_answered(self) -> bool:
        """Whether what comes of it hangs on what the model says."""
        return self.expect != self.expect_of_any

    def case(self, starter: str, expect: str) -> str:
        """As YAML; `starter` is the line that names the handler or the command."""
        fault = f"\n    fault: {self.fault}" if self.fault else ""
        question = "user: What is the weather in Oslo? Will it rain?"
        return f"  - name: {self.name}\n    {starter}\n    {question}{fault}\n    expect: {expect}\n"


RAIN = "{text: {$contains: rain}}"
SORRY = "Sorry, not now."


def _answered(expect: str) -> str:
    """What a model says may also be nothing that the framework, or the server at the next request, can go on with."""
    kinds = "{$any_of: [application, invalid_request, context_length, server]}"
    return f"{{any_of: [{expect}, {{error: {{kind: {kinds}, handled: false}}}}]}}"


ASKED = _answered("{requests: {$len: {$ge: 1}}}")
OFFERED = _answered("{requests: {$contains: {$at: {/tools: {$len: {$ge: 1}}}}}}")
STREAMED = _answered("{requests: {$contains: {$at: {/stream: true}}}}")
STREAMED_OFFERED = _answered("{requests: {$contains: {$at: {/stream: true, /tools: {$len: {$ge: 1}}}}}}")


def _failing(kind: str, *, has_fallback: bool = False) -> str:
    text = f", text: '{SORRY}'" if has_fallback else ""
    return f"{{error: {{kind: {kind}, handled: {str(has_fallback).lower()}}}{text}}}"


def _twice(name: str, function: str, words: str, *, fault: str, kind: str) -> tuple[Situation, Situation]:
    alone, caught = _failing(kind), _failing(kind, has_fallback=True)
    return (
        Situation(name=name, function=function, words=words, fault=fault, expect=alone, expect_of_any=alone),
        Situation(
            name=f"{name}_with_fallback",
            function=function,
            words=f"{words}, with a fallback",
            fault=fault,
            expect=caught,
            expect_of_any=caught,
            has_fallback=True,
        ),
    )


SITUATIONS = (
    Situation(
        name="chat",
        function="chat",
        words="a chat, with a client of the module",
        expect=RAIN,
        expect_of_any=ASKED,
    ),
    Situation(
        name="own_client",
        function="chat_with_own_client",
        words="a client for each call",
        expect=RAIN,
        expect_of_any=ASKED,
    ),
    Situation(
        name="tools",
        function="tool_loop",
        words="a loop of tools",
        expect="{tool_calls: [get_weather: {city: Oslo}], text: {$contains: umbrella}}",
        expect_of_any=OFFERED,
    ),
    Situation(
        name="structured",
        function="structured",
        words="structured output",
        expect="{json: {city: Oslo, rain: true}}",
        expect_of_any=_answered("{json: {city: {$type: string}, rain: {$type: boolean}}}"),
    ),
    Situation(name="stream", function="streamed", words="a stream", expect=RAIN, expect_of_any=STREAMED),
    Situation(
        name="handoff",
        function="handoff",
        words="a handoff to another agent",
        expect="{text: {$contains: rain}, tool_calls: [transfer_to_forecaster]}",
        expect_of_any=ASKED,
        is_special=True,
    ),
    Situation(
        name="stream_tools",
        function="streamed_tool_loop",
        words="a streamed loop of tools",
        is_special=True,
        expect="{tool_calls: [get_weather: {city: Oslo}], text: {$contains: umbrella}}",
        expect_of_any=STREAMED_OFFERED,
    ),
    Situation(
        name="limited",
        function="chat",
        words="429 twice, then an answer",
        fault="{status: 429, times: 2}",
        expect="{error: {kind: rate_limit, outcome: recovered, attempts: 3}, text: {$contains: rain}}",
        expect_of_any=_answered("{error: {kind: rate_limit, outcome: recovered, attempts: {$ge: 3}}}"),
    ),
    *_twice("failing", "chat", "500 for ever", fault="{status: 500}", kind="server"),
    *_twice("silent", "chat_in_a_hurry", "no answer at all", fault="{timeout: read}", kind="timeout"),
    *_twice("cut", "streamed", "a stream that is cut", fault="{stream: {cut_after: 2}}", kind="stream_interrupted"),
)
NAMES: Mapping[str, Situation] = {each.name: each for each in SITUATIONS}
