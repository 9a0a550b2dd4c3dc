"""Which frameworks are tried, as their own documentation says, and what each needs: one row, one application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.applications.situations import ASKED, NAMES, SITUATIONS, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What comes of a situation in one framework where that differs from the others."""

    expect: str
    """In YAML."""
    words: str
    """For people."""
    expect_of_any: str = ""
    """In YAML, whatever a model says; empty where it is as in the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One row."""

    name: str
    """Also of its folder under `.applications/`."""
    title: str
    language: Literal["python", "node", "shell"] = "python"
    packages: tuple[str, ...]
    """What is installed; the first gives the version. Pinned in `constraints/` or `package.json`."""
    program: str
    """Its file in `programs/`."""
    model: str = "gpt-5-mini"
    """The one that it asks."""
    needs_chat: bool = False
    """Whether it is told, in `PROGRAM_API`, to ask Chat Completions of a real server: it asks Responses otherwise, of
    which such servers know only a part."""
    line: str = ""
    """The one line that the application needs for its tests; empty where it works unchanged."""
    also: tuple[str, ...] = ()
    """Situations that only some frameworks know."""
    leaves_out: Mapping[str, str] = field(default_factory=dict)
    """Situations in which it is not tried, and why."""
    habits: Mapping[str, Habit] = field(default_factory=dict)
    """By situation."""

    @property
    def situations(self) -> tuple[Situation, ...]:
        """What it is put through."""
        return tuple(
            each
            for each in SITUATIONS
            if each.name not in self.leaves_out and (not each.is_special or each.name in self.also)
        )

    def expectation(self, situation: Situation, *, is_scripted: bool) -> str:
        """What must come of a situation, in YAML."""
        habit = self.habits.get(situation.name)
        if is_scripted:
            return situation.expect if habit is None else habit.expect
        return (habit.expect_of_any if habit else "") or situation.expect_of_any

    def __post_init__(self) -> None:
        unknown = {*self.also, *self.leaves_out, *self.habits} - NAMES.keys()
        if unknown:
            raise ValueError(f"{self.name}: no such situation: {', '.join(sorted(unknown))}")


_FINAL_ANSWER = Habit(
    expect="{tool_calls: [get_weather: {city: Oslo}, final_answer: {answer: {$contains: umbrella}}]}",
    words="its last answer is a call too",
)

FRAMEWORKS = (
    Framework(name="openai", title="openai (Python)", packages=("openai",), program="openai_python.py"),
    Framework(
        name="openai-agents",
        title="openai-agents",
        packages=("openai-agents",),
        program="openai_agents.py",
        needs_chat=True,
        also=("handoff", "stream_tools"),
    ),
    Framework(
        name="langchain-openai",
        title="langchain-openai, langchain",
        packages=("langchain-openai", "langchain"),
        program="langchain_openai_chat.py",
        also=("stream_tools",),
    ),
    Framework(
        name="pydantic-ai",
        title="pydantic-ai",
        packages=("pydantic-ai-slim[openai]",),
        program="pydantic_ai_agent.py",
        also=("stream_tools",),
    ),
    Framework(name="litellm", title="litellm", packages=("litellm", "mcp"), program="litellm_completion.py"),
    Framework(
        name="instructor",
        title="instructor",
        packages=("instructor",),
        program="instructor_models.py",
        leaves_out={"tools": "it has no loop of tools"},
    ),
    Framework(
        name="llama-index",
        title="llama-index",
        packages=("llama-index-llms-openai",),
        program="llama_index_llm.py",
        model="gpt-4o-mini",
        also=("stream_tools",),
    ),
    Framework(
        name="dspy",
        title="dspy",
        packages=("dspy",),
        program="dspy_predict.py",
        line="`dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)`",
        habits={
            "tools": Habit(
                expect="{tool_calls: none, text: {$contains: rain}}",
                words="its ReAct asks for calls in the text",
                expect_of_any=ASKED,
            )
        },
    ),
    Framework(
        name="haystack",
        title="haystack",
        packages=("haystack-ai",),
        program="haystack_pipeline.py",
        also=("stream_tools",),
    ),
    Framework(
        name="smolagents",
        title="smolagents",
        packages=("smolagents[openai]",),
        program="smolagents_agent.py",
        line="`OpenAIModel(..., retry=False)`: it would wait for minutes after a 429",
        also=("stream_tools",),
        habits={"tools": _FINAL_ANSWER, "stream_tools": _FINAL_ANSWER},
    ),
    Framework(
        name="openai-node",
        title="openai (Node.js)",
        language="node",
        packages=("openai", "zod"),
        program="openai_node.mjs",
    ),
    Framework(
        name="ai-sdk",
        title="Vercel AI SDK",
        language="node",
        packages=("ai", "@ai-sdk/openai", "zod"),
        program="ai_sdk.mjs",
        needs_chat=True,
        also=("stream_tools",),
    ),
    Framework(
        name="langchain-js",
        title="LangChain JS",
        language="node",
        packages=("@langchain/openai", "langchain", "@langchain/core", "zod"),
        program="langchain_js.mjs",
        line="`new ChatOpenAI({ maxRetries: 2 })`: it waits between attempts by a clock of its own",
    ),
    Framework(
        name="curl",
        title="curl",
        language="shell",
        packages=(),
        program="curl.sh",
        leaves_out={
            "own_client": "each call is a program of its own",
            "tools": "a script has no loop of tools",
        },
    ),
)
