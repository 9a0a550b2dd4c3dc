"""What stands beside this plugin in pytest: other plugins and options, and which of them would keep it from working."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.environment_check import EnvironmentFact

_GROUP = "pytest11"
_OURS = "prompt_contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A plugin, or an option of one, that gets in our way."""

    plugin: str
    """The distribution, in small letters and with hyphens."""
    option: str | None = None
    """It clashes only where this option is given by default."""
    other: str | None = None
    """It clashes only beside this distribution."""
    status: Literal["note", "problem"]
    text: str


CLASHES = (
    Clash(
        plugin="pytest-socket",
        option="--disable-socket",
        status="note",
        text="no socket can be made, so that recording, --pc-live and the stand-in of applications fail: allow "
        "127.0.0.1 with --allow-hosts in place of it, and leave it out where something is recorded",
    ),
    Clash(
        plugin="pytest-recording",
        option="--block-network",
        status="note",
        text="recording and --pc-live cannot reach a provider while the network is blocked: leave it out for such runs",
    ),
    Clash(
        plugin="pytest-vcr",
        other="pytest-recording",
        status="problem",
        text="both define the fixture `vcr` and the marker of that name: keep one of them",
    ),
    Clash(
        plugin="pytest-rerunfailures",
        option="--reruns",
        status="note",
        text="a cell that failed is run again, and passes if one run of it does: say how many trials must hold with "
        "`trials` and `require` instead",
    ),
)
"""What is known; each row was tried or read in the plugin's documentation in November 2026."""

_SWITCHED_OFF = "this plugin is switched off"


def examine_pytest(words: Sequence[str], environ: Mapping[str, str]) -> Iterator[EnvironmentFact]:
    """Facts about plugins; `words` are the options that runs get by default."""
    plugins = _plugins()
    text = ", ".join(f"{name} {version}" for name, version in plugins.items()) or "none"
    yield EnvironmentFact(status="ok", subject="pytest plugins", text=text)
    off = _why_off(words, environ)
    if off is not None:
        yield EnvironmentFact(status="problem", subject="pytest plugins", text=f"{_SWITCHED_OFF}: {off}")
    for clash in CLASHES:
        beside = clash.other is None or clash.other in plugins
        given = clash.option is None or any(_is_option(word, clash.option) for word in words)
        if clash.plugin in plugins and beside and given:
            names = clash.plugin if clash.option is None else f"{clash.plugin} with {clash.option}"
            yield EnvironmentFact(status=clash.status, subject=names, text=clash.text)


def _is_option(word: str, option: str) -> bool:
    return word == option or word.startswith(f"{option}=")


def _plugins() -> Mapping[str, str]:
    """Distributions with a plugin of pytest, and their versions."""
    found = {_name(each): each.version for each in distributions() if _is_plugin(each)}
    return MappingProxyType(dict(sorted(found.items())))


def _is_plugin(distribution: Distribution) -> bool:
    return any(point.group == _GROUP for point in distribution.entry_points)


def _name(distribution: Distribution) -> str:
    return str(distribution.metadata["Name"] or "").lower().replace("_", "-")


def _why_off(words: Sequence[str], environ: Mapping[str, str]) -> str | None:
    named = [second for first, second in pairwise(words) if first == "-p"] + [
        each[2:] for each in words if each.startswith("-p")
    ]
    if f"no:{_OURS}" in named:
        return f"the default options hold -p no:{_OURS}: take it out"
    is_automatic = not environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") and "--disable-plugin-autoload" not in words
    is_named = any(name in named for name in (_OURS, f"{_OURS}.plugin"))
    in_variable = environ.get("PYTEST_PLUGINS", "").split(",")
    if is_automatic or is_named or f"{_OURS}.plugin" in in_variable:
        return None
    return f"plugins are not loaded by themselves here, and none of the options says -p {_OURS}.plugin: add it"
