"""What is known of OpenAI's model families, as data: how they reason, where they are asked, what they refuse.

Of a family that is only guessed at, nothing is claimed. None of this was tried against a live provider by this project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.providers.rule import HAS_AUDIO, IS_GIVEN, Condition, RuleSource, is_not

Reasoning = Literal["always", "by default", "on request", "never", "unknown"]
"""By default: unless the effort is `none`; on request: only with an effort that is not `none`."""

Need = Literal["never", "tools", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRule:
    """One parameter that a family does not take."""

    parameter: str
    when: Condition = IS_GIVEN
    only_reasoning: bool = False
    """True: while the model does not reason, it is accepted."""
    is_refused: bool = True
    """False: the request goes out, and does not do what it says."""
    reason: str
    help: str = "leave it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFamily:
    """Models that behave alike."""

    name: str
    pattern: str
    """The whole name of a model, without vendor and date, as a regular expression."""
    reasoning: Reasoning
    efforts: tuple[str, ...] | None
    """The values of `reasoning_effort`, none at all for a model that does not know it; None: not known."""
    responses_efforts: tuple[str, ...] = ()
    """More values, which only the Responses API takes."""
    needs_responses: Need = "never"
    """`tools`: Chat Completions refuses tools while the model reasons; `always`: it does not serve the model."""
    refused_roles: tuple[str, ...] = ()
    rules: tuple[ModelRule, ...] = ()
    source: RuleSource

    def is_reasoning(self, effort: str | None) -> bool | None:
        """Whether a model of the family reasons at an effort, None for none written; None when nobody knows."""
        match self.reasoning:
            case "unknown":
                return None
            case "always" | "never":
                return self.reasoning == "always"
            case "by default":
                return effort != "none"
            case "on request":
                return effort not in (None, "none")


_PROFILES = RuleSource(
    text="model profiles of pydantic-ai (checked by its authors in July 2026); model data of litellm 1.109.1",
    evidence="S",
)
_TOOLS = RuleSource(
    text="model profiles of pydantic-ai; openai-openapi issue 541, litellm pull request 34569 (tools with reasoning)",
    evidence="I",
)
_NOT_REASONING = RuleSource(text="reports of 400 for reasoning_effort on gpt-4o, gpt-4-turbo, gpt-4.1", evidence="I")

# The 400 is `unsupported_parameter`. A small limit can be spent on reasoning alone: an empty answer, cut off.
_LIMIT = ModelRule(
    parameter="max_tokens",
    reason="a reasoning model has another limit, which counts its hidden reasoning too",
    help="write max_completion_tokens",
)


def _while_reasoning(parameter: str, when: Condition) -> ModelRule:
    return ModelRule(
        parameter=parameter, when=when, only_reasoning=True, reason="the model does not take it while it reasons"
    )


_SAMPLING = (
    _while_reasoning("temperature", is_not(1)),
    _while_reasoning("top_p", is_not(1)),
    # Zero and false are OpenAI's defaults: whether they are refused too is for the server to say.
    _while_reasoning("presence_penalty", is_not(0)),
    _while_reasoning("frequency_penalty", is_not(0)),
    _while_reasoning("logprobs", is_not(False)),
    _while_reasoning("top_logprobs", IS_GIVEN),
    _while_reasoning("logit_bias", IS_GIVEN),
)


def _refused(parameter: str, *, when: Condition = IS_GIVEN) -> ModelRule:
    return ModelRule(parameter=parameter, when=when, reason="this family of models does not take it")


_OUTPUT = (_refused("prediction"), _refused("audio"), _refused("modalities", when=HAS_AUDIO))
_STOP = _refused("stop")
_PARALLEL = _refused("parallel_tool_calls")
_NO_PARALLEL_AT_MINIMAL = ModelRule(
    parameter="parallel_tool_calls",
    when=Condition(
        words="is true beside the effort minimal",
        holds=lambda given, parameters: given is True and written_effort(parameters) == "minimal",
    ),
    is_refused=False,
    reason="parallel calls do not work with the effort minimal",
    help="leave it out, or write reasoning_effort: low",
)

_LINE_5 = (_LIMIT, *_SAMPLING, *_OUTPUT, _STOP)
_LINE_O = (*_LINE_5, _PARALLEL)
_ALL_EFFORTS = ("none", "low", "medium", "high", "xhigh")


def _family(  # noqa: PLR0913 - a row of a table
    name: str,
    pattern: str,
    reasoning: Reasoning,
    efforts: tuple[str, ...] | None,
    rules: tuple[ModelRule, ...],
    *,
    needs_responses: Need = "never",
    responses_efforts: tuple[str, ...] = (),
    refused_roles: tuple[str, ...] = (),
    source: RuleSource = _PROFILES,
) -> ModelFamily:
    return ModelFamily(
        name=name,
        pattern=pattern,
        reasoning=reasoning,
        efforts=efforts,
        rules=rules,
        needs_responses=needs_responses,
        responses_efforts=responses_efforts,
        refused_roles=refused_roles,
        source=source,
    )


MODEL_FAMILIES: tuple[ModelFamily, ...] = (
    _family(
        "o1-mini, o1-preview",
        "o1-(mini|preview)",
        "always",
        (),
        _LINE_5,
        refused_roles=("system", "developer"),
        source=RuleSource(
            text="recorded answer 400 to 'stop'; model profiles of pydantic-ai for the rest", evidence="C"
        ),
    ),
    _family("o1-pro, o3-pro", "o[13]-pro", "always", ("low", "medium", "high"), _LINE_5, needs_responses="always"),
    # Shut down by now, says litellm's data: o1, o3-mini and o4-mini on 2026-10-23. Recordings of them live on.
    _family("o1, o3, o3-mini, o4-mini", "o1|o3|o3-mini|o4-mini", "always", ("low", "medium", "high"), _LINE_O),
    _family("gpt-5-chat-latest", "gpt-5-chat(-latest)?", "never", (), ()),
    _family("gpt-5.1 to 5.3 -chat-latest", r"gpt-5\.[123]-chat(-latest)?", "always", ("medium",), _LINE_5),
    _family("gpt-5-pro, gpt-5-codex", "gpt-5-(pro|codex)", "always", None, _LINE_5, needs_responses="always"),
    _family(
        # By the same data these three and o3 go on 2026-12-11, gpt-5.1 on 2027-04-01; not checked against OpenAI.
        "gpt-5, gpt-5-mini, gpt-5-nano",
        "gpt-5(-mini|-nano)?",
        "always",
        ("minimal", "low", "medium", "high"),
        (*_LINE_5, _NO_PARALLEL_AT_MINIMAL),
    ),
    _family("gpt-5.1-codex", r"gpt-5\.1-codex(-max|-mini)?", "always", None, _LINE_5),
    _family("gpt-5.1", r"gpt-5\.1", "on request", ("none", "low", "medium", "high"), _LINE_5),
    _family("gpt-5.2 to 5.5 -pro", r"gpt-5\.[2-5]-pro", "always", None, _LINE_5, needs_responses="always"),
    _family("gpt-5.2, gpt-5.3", r"gpt-5\.[23](-mini|-nano)?", "on request", _ALL_EFFORTS, _LINE_5),
    _family(
        # From here on Chat Completions refuses function tools while the model reasons.
        "gpt-5.4",
        r"gpt-5\.4(-mini|-nano)?",
        "on request",
        _ALL_EFFORTS,
        _LINE_5,
        needs_responses="tools",
        source=_TOOLS,
    ),
    _family("gpt-5.5", r"gpt-5\.5", "by default", _ALL_EFFORTS, _LINE_5, needs_responses="tools", source=_TOOLS),
    _family(
        "gpt-5.6-sol, -terra, -luna",
        r"gpt-5\.6(-sol|-terra|-luna)?",
        "by default",
        _ALL_EFFORTS,
        _LINE_5,
        responses_efforts=("max",),
        needs_responses="tools",
        source=_TOOLS,
    ),
    # Of the rest of the line the sure part is said, whether it reasons is not.
    _family("any other gpt-5", r"gpt-5[-.].*", "unknown", None, (_LIMIT, *_OUTPUT, _STOP)),
    _family("gpt-6", r"gpt-6.*", "unknown", None, (), source=RuleSource(text="names in price data only", evidence="M")),
    _family(
        "gpt-4o, gpt-4.1, gpt-4, gpt-3.5",
        r"(chatgpt-4o|gpt-4o|gpt-4\.1|gpt-4|gpt-3\.?5)(-.*)?",
        "never",
        (),
        (),
        source=_NOT_REASONING,
    ),
)
"""The first family whose pattern fits a name is its family."""

# Snapshots: gpt-4o-2024-08-06, and the older gpt-4-0613.
_DATE = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4})$")


@cache
def family_of(model: str) -> ModelFamily | None:
    """The family of a model by its name: with a vendor before it, a date or a variant behind it, or fine-tuned.

    None for a name that is of no known family.
    """
    name = model.lower().removeprefix("openai/")
    # Fine-tuned: `ft:<model>:<organisation>:...`; at OpenRouter a variant stands behind a colon: `o3:free`.
    name = name.split(":")[1] if name.startswith("ft:") else name.partition(":")[0]
    name = _DATE.sub("", name)
    return next((family for family in MODEL_FAMILIES if re.fullmatch(family.pattern, name)), None)


def written_effort(parameters: Mapping[str, Json]) -> str | None:
    """The reasoning effort that a request asks for, by its name in either family of endpoints; None for none."""
    effort = parameters.get("reasoning_effort")
    reasoning = parameters.get("reasoning")
    if effort is None and isinstance(reasoning, dict):
        effort = reasoning.get("effort")
    return effort if isinstance(effort, str) else None
