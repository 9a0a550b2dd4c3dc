"""Which options `--pc-*` there are, and what was said of each: by command line, environment or ini, in that order.

What it means is for `options` and `gate_options`.
"""

from __future__ import annotations

import os

import pytest

from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.report_formats import REPORT_FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    name: str
    metavar: str
    help: str
    default: str | None = None

    @property
    def dest(self) -> str:
        return "pc_" + self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        return "PROMPT_CONTRACTS_" + self.name.replace("-", "_").upper()


VALUE_OPTIONS = (
    _Option(
        name="record",
        metavar="MODE",
        default="none",
        help="none (replay only, the default), once, stale (what is missing or asks something else), new_episodes, "
        "all, or rewrite (drop and record again)",
    ),
    _Option(name="replies", metavar="FILE", help="judge the replies in a Batch API's output; nobody is asked"),
    _Option(name="trials", metavar="N", help="trials per cell, in place of what the cases say"),
    _Option(
        name="examples", metavar="N", help="rows per case with 'given', at least; new makes others (as the cases say)"
    ),
    _Option(
        name="shrink-calls",
        metavar="N",
        default="60",
        help="calls to find the smallest generated row that fails, per case and model; 0 for none (60)",
    ),
    _Option(name="budget", metavar="USD", help="US dollars of this run: what could pass the sum is not sent"),
    _Option(name="compare", metavar="PATH", help="hold this run against the JSON report of another one"),
    _Option(
        name="fail-on",
        metavar="WHAT",
        default="contract",
        help="contract, or regression: what failed in the report of --pc-compare too does not fail this run (contract)",
    ),
    _Option(name="min-pass-rate", metavar="P", help="fail where less of a model's trials pass, such as 95%%"),
    _Option(name="min-strength", metavar="P", help="fail where a contract is weaker, such as 80%%"),
    _Option(
        name="unused", metavar="WHAT", default="warn", help="of recordings that no cell uses: warn, fail or ignore"
    ),
    _Option(name="max-age", metavar="DAYS", help="warn of replayed answers that are older; 30:fail fails the run"),
    _Option(name="concurrency", metavar="N", default="8", help="calls in flight at one provider (8)"),
    _Option(name="timeout", metavar="S", default="60", help="seconds for one attempt (60)"),
    _Option(name="pattern-timeout", metavar="S", default="5", help="seconds for judging all patterns of a cell (5)"),
    _Option(name="max-retries", metavar="N", default="2", help="times that a failing request is sent again (2)"),
    _Option(
        name="show",
        metavar="LIST",
        default="diff,messages",
        help="what is shown of a cell that is not green: diff, messages, raw, or none (diff,messages)",
    ),
    _Option(name="table", metavar="KIND", default="models", help="models, or matrix: cases by models (models)"),
    _Option(name="handler-in", metavar="WHERE", help="process or thread: where handlers run, whatever their cases say"),
    _Option(name="cassettes", metavar="DIR", default="cassettes", help="folder of the recordings (cassettes)"),
    _Option(name="env-file", metavar="FILE", help="keys for live and recording runs (.env, if there is one)"),
)
_BY_NAME = {option.name: option for option in VALUE_OPTIONS}
SWITCH_OPTIONS = {
    "watch": "run again what a change of a file affects, until Ctrl-C",
    "retry-errors": "run only what ended in a provider's error; all if nothing is remembered",
    "live": "call the providers; neither read nor write recordings",
    "strict": "warnings about contracts are errors",
    "no-code": "nothing that a case names is imported or started; such cases are errors",
}
LIST_OPTIONS = {
    "model": ("PROVIDER:MODEL", "repeatable; replaces the models of every case"),
    "report": ("PATH", f"repeatable; write a report, by extension: {', '.join(REPORT_FORMATS)}"),
}
_SWITCHED: dict[str, bool | None] = {
    "": None,
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def add_options(parser: pytest.Parser) -> None:
    """Declare every option, each with an ini name of its own."""
    group = parser.getgroup("prompt-contracts", "prompt contracts")
    for option in VALUE_OPTIONS:
        group.addoption(f"--pc-{option.name}", dest=option.dest, metavar=option.metavar, help=option.help)
        parser.addini(option.dest, option.help)
    for name, text in SWITCH_OPTIONS.items():
        dest = _dest(name)
        group.addoption(f"--pc-{name}", dest=dest, action="store_true", default=None, help=text)
        parser.addini(dest, text, type="bool", default=False)
    for name, (metavar, text) in LIST_OPTIONS.items():
        group.addoption(f"--pc-{name}", dest=f"pc_{name}", metavar=metavar, action="append", help=text)
        parser.addini(f"pc_{name}", text, type="linelist", default=[])


def _dest(name: str) -> str:
    return "pc_" + name.replace("-", "_")


def given_text(config: pytest.Config, name: str) -> str | None:
    """What an option says, wherever it was said; None where nothing was and there is no default."""
    option = _BY_NAME[name]
    given: str | None = config.getoption(option.dest)
    return given or os.environ.get(option.variable) or config.getini(option.dest) or option.default


def is_switched_on(config: pytest.Config, name: str) -> bool:
    """Whether a switch is on, wherever it was said."""
    if config.getoption(_dest(name)):
        return True
    variable = f"PROMPT_CONTRACTS_{name.replace('-', '_').upper()}"
    text = os.environ.get(variable, "").lower()
    if text not in _SWITCHED:
        raise pytest.UsageError(f"{variable}={text}: write 1 or 0")
    switched = _SWITCHED[text]
    return bool(config.getini(_dest(name))) if switched is None else switched


def given_list(config: pytest.Config, name: str) -> list[str]:
    """What an option says that may be repeated."""
    variable = os.environ.get(f"PROMPT_CONTRACTS_{name.upper()}", "").split()
    given = config.getoption(f"pc_{name}") or variable or config.getini(f"pc_{name}")
    # A model that is named twice is asked once: two items of one id would share a recording.
    return list(dict.fromkeys(given))
