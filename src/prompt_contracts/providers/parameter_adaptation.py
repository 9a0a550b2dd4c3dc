"""Applies the rules about parameters to the parameters of one request. Knows no provider's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.providers.rule import Action, Rule
from prompt_contracts.providers.wording import dropped, refused
from prompt_contracts.target import Target

Parameters = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptedParameters:
    """Parameters as the provider takes them; the same mapping when nothing changed."""

    parameters: Parameters
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one rule made of the parameters."""

    parameters: Parameters
    findings: tuple[Finding, ...] = field(default=())


def adapt_parameters(
    parameters: Parameters, extra_body: Parameters, *, rules: Sequence[Rule], target: Target
) -> AdaptedParameters:
    """The parameters after all `rules`, in their order.

    `extra_body` stays as it is; it only tells what the author has written there. A null asks for nothing: where
    a rule would drop or refuse it, it goes without a word.
    """
    findings: list[Finding] = []
    for rule in rules:
        for narrowed in (rule,) if rule.parameter != "*" else _narrowed(rule, parameters):
            if _holds(narrowed, parameters, extra_body, target):
                step = _STEPS[narrowed.action](narrowed, parameters, target)
                parameters = step.parameters
                findings.extend(step.findings)
    return AdaptedParameters(parameters=parameters, findings=tuple(findings))


def _narrowed(rule: Rule, parameters: Parameters) -> Iterator[Rule]:
    """For a rule about `*` one rule for each parameter that the provider does not know."""
    for name in parameters:
        if name not in rule.known:
            yield Rule(
                provider=rule.provider,
                parameter=name,
                action=rule.action,
                reason=rule.reason,
                help=rule.help,
                source=rule.source,
            )


def _holds(rule: Rule, parameters: Parameters, extra_body: Parameters, target: Target) -> bool:
    version = target.query.get("api-version")
    # ISO dates, some with `-preview` behind them: as texts they have the order of time.
    if rule.from_api_version is not None and version is not None and version < rule.from_api_version:
        return False
    value = _value(rule.parameter, parameters)
    if rule.action == "add":
        name = rule.parameter.partition(".")[0]
        if name in extra_body or not isinstance(parameters.get(name, {}), dict):
            return False
        if not isinstance(value, _Missing):
            return False
        value = None
    if isinstance(value, _Missing):
        return False
    return rule.when is None or rule.when.holds(value, parameters)


class _Missing:
    """Stands for a part that is not there, which null is not."""


def _value(parameter: str, parameters: Parameters) -> Json | _Missing:
    """The value of a dotted name."""
    name, _, rest = parameter.partition(".")
    if name not in parameters:
        return _Missing()
    value = parameters[name]
    if not rest:
        return value
    return _value(rest, value) if isinstance(value, dict) else _Missing()


def _without(parameter: str, parameters: Parameters) -> dict[str, Json]:
    """The parameters without a dotted name; a mapping that it leaves empty goes too."""
    name, _, rest = parameter.partition(".")
    inner = parameters.get(name)
    if rest and isinstance(inner, dict) and (left := _without(rest, inner)):
        return {**parameters, name: left}
    return {key: value for key, value in parameters.items() if key != name}


def _with(parameter: str, parameters: Parameters, value: Json) -> dict[str, Json]:
    name, _, rest = parameter.partition(".")
    inner = parameters.get(name)
    if rest:
        value = _with(rest, inner if isinstance(inner, dict) else {}, value)
    return {**parameters, name: value}


def _add(rule: Rule, parameters: Parameters, _target: Target) -> _Step:
    return _Step(parameters=_with(rule.parameter, parameters, value=True))


def _rename(rule: Rule, parameters: Parameters, target: Target) -> _Step:
    new = rule.to or rule.parameter
    value, taken = parameters[rule.parameter], parameters.get(new)
    if value is None:
        return _Step(parameters=_without(rule.parameter, parameters))
    # Together's top_logprobs takes the place of the switch that OpenAI wants beside it.
    if taken is not None and not isinstance(taken, bool):
        reason = f"'{new}' is given too, and here both are the same"
        finding = dropped(rule.parameter, target, reason=reason, fix="keep one of the two")
        return _Step(parameters=_without(rule.parameter, parameters), findings=(finding,))
    renamed = {new if key == rule.parameter else key: item for key, item in parameters.items()}
    return _Step(parameters={**renamed, new: value})


def _rewrite(rule: Rule, parameters: Parameters, _target: Target) -> _Step:
    value = _value(rule.parameter, parameters)
    if rule.rewrite is None or isinstance(value, _Missing):
        return _Step(parameters=parameters)
    return _Step(parameters=_with(rule.parameter, parameters, rule.rewrite.apply(value)))


def _drop(rule: Rule, parameters: Parameters, target: Target) -> _Step:
    left = _without(rule.parameter, parameters)
    if _value(rule.parameter, parameters) is None:
        return _Step(parameters=left)
    return _Step(parameters=left, findings=(dropped(rule.parameter, target, reason=rule.reason, fix=rule.help),))


def _refuse(rule: Rule, parameters: Parameters, target: Target) -> _Step:
    if _value(rule.parameter, parameters) is None:
        return _Step(parameters=_without(rule.parameter, parameters))
    finding = refused(rule.parameter, target, reason=rule.reason, fix=rule.help)
    return _Step(parameters=parameters, findings=(finding,))


_STEPS: Mapping[Action, Callable[[Rule, Parameters, Target], _Step]] = MappingProxyType(
    {"add": _add, "rename": _rename, "rewrite": _rewrite, "drop": _drop, "refuse": _refuse}
)
