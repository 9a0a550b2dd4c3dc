"""`prompt-contracts models`: the providers, what is set for them, and with `--live` what their servers offer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from prompt_contracts.cli.output import counted, print_text, say
from prompt_contracts.engine.key_variables import read_key_environment
from prompt_contracts.engine.offered_models import OfferedModels, ask_for_models
from prompt_contracts.engine.project import find_root, read_settings
from prompt_contracts.engine.provider_overview import ProviderOverview, RuledParameter, known_providers
from prompt_contracts.engine.secrecy import Secrecy
from prompt_contracts.errors import UsageError

_SHOWN = 50
"""Models of one provider that are printed for a person."""


def list_models(providers: Sequence[str], *, is_live: bool, timeout: str, form: Literal["text", "json"]) -> int:
    """Print the providers; 1 where one that was asked gave no list."""
    seconds = read_timeout(timeout)
    root = find_root(Path.cwd(), default=Path.cwd())
    settings = read_settings(root)
    keys = read_key_environment(root, os.environ)
    if keys.problem is not None:
        raise UsageError(keys.problem)
    known = known_providers(settings, keys, names=providers)
    secrecy = Secrecy(keys.environ, settings)
    asked: dict[str, OfferedModels] = {}
    if is_live:
        chosen = [each for each in known if providers or each.overview.is_set_up]
        answers = ask_for_models(chosen, environ=keys.environ, secrets=lambda: secrecy.secrets, timeout=seconds)
        asked = {answer.provider: answer for answer in answers}
    overviews = [each.overview for each in known]
    if form == "json":
        print_text(json.dumps([_as_json(each, asked.get(each.name)) for each in overviews], indent=2))
    else:
        print_text("\n\n".join("\n".join(_lines(each, asked.get(each.name))) for each in overviews))
    silent = sum(answer.problem is not None for answer in asked.values())
    if is_live:
        say(_summary(len(asked), silent))
    return int(silent > 0 or (is_live and not asked))


def read_timeout(text: str) -> float:
    """Seconds; `UsageError` for what is no number above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise UsageError(f"--timeout {text}: give a number of seconds above 0, 600 at most")
    return seconds


def _summary(asked: int, silent: int) -> str:
    if not asked:
        return "nobody was asked: no key and no address is set; name a provider to ask it all the same"
    return f"{counted(asked, 'provider')} asked" + (f", {silent} without a list" if silent else "")


def _as_json(overview: ProviderOverview, answer: OfferedModels | None) -> dict[str, object]:
    return {**overview.to_json(), "offered": None if answer is None else answer.to_json()}


def _lines(overview: ProviderOverview, answer: OfferedModels | None) -> Iterator[str]:
    yield overview.name + ("" if overview.rules in (overview.name, "compatible") else f"  rules of {overview.rules}")
    yield f"  address  {_address(overview)}"
    yield f"  key      {_key(overview)}"
    yield f"  set      {', '.join(overview.set_variables) or 'nothing'}"
    for title, ruled in (("refuses", overview.refuses), ("ignores", overview.ignores)):
        names = _parameters(ruled)
        if names:
            yield f"  {title}  {names}"
    if answer is not None:
        yield from _offer(answer)


def _address(overview: ProviderOverview) -> str:
    if overview.address_problem is not None:
        return f"cannot be used: {overview.address_problem}"
    names = " or ".join(overview.base_url_variables)
    if overview.base_url is None:
        return f"none: set {names}" if names else "none: give it a base_url in the configuration"
    return overview.base_url + (f" ({names} gives another)" if names else "")


def _key(overview: ProviderOverview) -> str:
    if not overview.key_variables:
        return "none is sent"
    return " or ".join(overview.key_variables) + ("" if overview.is_key_required else ", not required")


def _parameters(ruled: Sequence[RuledParameter]) -> str:
    """What is refused or ignored in requests of Chat Completions."""
    told: dict[str, str] = {}
    for each in ruled:
        if each.endpoint == "chat":
            name = "whatever it does not know" if each.parameter == "*" else each.parameter
            told.setdefault(f"{name} ({each.when})" if each.when else name, name)
    return ", ".join(told)


def _offer(answer: OfferedModels) -> Iterator[str]:
    if answer.problem is not None:
        yield f"  NO LIST  {answer.problem}"
        return
    yield f"  offers   {counted(len(answer.models), 'model')}"
    for name in answer.models[:_SHOWN]:
        yield f"           {' '.join(name.split())}"
    rest = len(answer.models) - _SHOWN + answer.left_out
    if rest > 0:
        yield f"           and {rest:,} more: --format json has up to 10,000"
