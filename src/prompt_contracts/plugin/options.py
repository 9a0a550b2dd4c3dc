"""What the options `--pc-*` mean: each read, checked, and made into the options of a run."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from prompt_contracts.plugin.declared_options import SWITCH_OPTIONS, given_list, given_text, is_switched_on
from prompt_contracts.plugin.row_options import shared_folder, shrink_calls, wanted_examples
from prompt_contracts.plugin.stash import EACH_KEY, REPLACES_KEY, WATCH_TOLD_IN
from prompt_contracts.renderers.report_formats import FULL_FORMATS, REPORT_FORMATS

if TYPE_CHECKING:
    from prompt_contracts.engine.run_options import RunOptions
    from prompt_contracts.transport.cell_transport import Mode

_MOST_RETRIES = 20
_MOST_CALLS = 1024
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub names the file that it shows below the run of a workflow."""
_TABLES = ("models", "matrix")
_SHOWN = ("diff", "messages", "raw")
MODES: tuple[Mode, ...] = ("none", "once", "stale", "new_episodes", "all", "rewrite")


_MOST_DOLLARS = 1_000_000
_MAX_TRIALS = 10_000  # what the case language takes too


def cassette_name(config: pytest.Config) -> Path:
    """The folder of the recordings: of each project, or absolute when the command line gives it from where it is."""
    given: str | None = config.getoption("pc_cassettes")
    if given:
        return Path(os.path.normpath(config.invocation_params.dir / given))
    return Path(os.path.normpath(given_text(config, "cassettes") or "cassettes"))


def check_options(config: pytest.Config) -> None:
    """`pytest.UsageError` for an option that is wrong by itself, before anything is collected."""
    _mode(config)
    _trials(config)
    wanted_examples(config, _mode(config))
    shrink_calls(config)
    _budget(config)
    _seconds(config, "timeout", default="60")
    _seconds(config, "pattern-timeout", default="5")
    _retries(config)
    _concurrency(config)
    _shown(config)
    has_matrix(config)
    for name in SWITCH_OPTIONS:
        is_switched_on(config, name)
    report_paths(config)
    env_file = _env_file(config)
    if env_file is not None and not env_file.is_file():
        raise pytest.UsageError(f"--pc-env-file: there is no file {env_file}")
    replies = _replies(config)
    if replies is not None and not replies.is_file():
        raise pytest.UsageError(f"--pc-replies: there is no file {replies}")


def report_paths(config: pytest.Config) -> list[Path]:
    """The report files asked for; `UsageError` for a format that there is not."""
    paths = [config.invocation_params.dir / text for text in given_list(config, "report")]
    for path in paths:
        if path.suffix not in REPORT_FORMATS:
            raise pytest.UsageError(
                f"--pc-report {path.name}: this version writes {', '.join(REPORT_FORMATS)} reports only"
            )
    return paths


def replaced_models(config: pytest.Config) -> tuple[str, ...]:
    """The models that replace those of every case; none where nothing does."""
    return tuple(given_list(config, "model"))


def replaced_trials(config: pytest.Config) -> int | None:
    """The trials that replace those of every case; None where nothing does."""
    return _trials(config)


def run_options(config: pytest.Config) -> RunOptions:
    """Every option, checked; `pytest.UsageError` for a wrong one."""
    from prompt_contracts.engine.run_options import RunOptions

    _refuse_each(config)
    replies = _replies(config)
    return RunOptions(
        root=config.rootpath,
        replies=replies,
        is_model_needed=replies is None,
        mode=_mode(config),
        cassettes=config.rootpath / cassette_name(config),
        is_folder_named=bool(config.getoption("pc_cassettes") or os.environ.get("PROMPT_CONTRACTS_CASSETTES")),
        shown_from=config.invocation_params.dir,
        env_file=_env_file(config),
        models=replaced_models(config) or None,
        examples=wanted_examples(config, _mode(config)),
        shared=shared_folder(config),
        trials=_trials(config),
        budget=_share(config, _budget(config)),
        timeout=_seconds(config, "timeout", default="60"),
        pattern_timeout=_seconds(config, "pattern-timeout", default="5"),
        max_retries=_retries(config),
        # What was asked for holds for the whole run: each worker takes its share.
        concurrency=max(1, _concurrency(config) // _workers(config)),
        workers=_workers(config),
        show=_shown(config),
        has_full_results=any(path.suffix in FULL_FORMATS for path in report_paths(config)),
        strict=is_switched_on(config, "strict"),
        is_code_refused=is_switched_on(config, "no-code"),
        handler_in=_handler_in(config),
    )


def _refuse_each(config: pytest.Config) -> None:
    """Every worker would send every request, and they would write the same recordings at the same time."""
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    if worker.get(EACH_KEY) and _mode(config) != "none":
        raise pytest.UsageError(
            "--dist each has every worker run every cell, so all of it would be asked, paid for and written once by "
            "each: nobody was asked; take --dist load to share the cells, or replay"
        )


def _handler_in(config: pytest.Config) -> Literal["process", "thread"] | None:
    match given_text(config, "handler-in"):
        case None:
            return None
        case "process":
            return "process"
        case "thread":
            return "thread"
        case other:
            raise pytest.UsageError(f"--pc-handler-in takes process or thread, not {other!r}")


def _env_file(config: pytest.Config) -> Path | None:
    text = given_text(config, "env-file")
    return None if text is None else config.invocation_params.dir / text


def _replies(config: pytest.Config) -> Path | None:
    text = given_text(config, "replies")
    if text is None:
        return None
    is_typed = bool(config.getoption("pc_replies"))
    return Path(os.path.normpath((config.invocation_params.dir if is_typed else config.rootpath) / text))


def is_retrying_errors(config: pytest.Config) -> bool:
    """Whether only what ended in a provider's error is run."""
    return is_switched_on(config, "retry-errors")


def is_judging_replies(config: pytest.Config) -> bool:
    """Whether replies that somebody has are judged, and nobody is asked."""
    return _replies(config) is not None


def is_watching(config: pytest.Config) -> bool:
    """Whether runs are started at every change; never in one of those runs."""
    return WATCH_TOLD_IN not in os.environ and is_switched_on(config, "watch")


def asks_anew(config: pytest.Config) -> bool:
    """Whether whatever is recorded is asked again."""
    return _mode(config) in ("all", "rewrite", "live")


def is_replaying(config: pytest.Config) -> bool:
    """Whether nobody is asked."""
    return _mode(config) == "none"


def _mode(config: pytest.Config) -> Mode:
    own = config.getoption("pc_record")
    if _replies(config) is not None:
        other = "--pc-live" if config.getoption("pc_live") else f"--pc-record={own}"
        if config.getoption("pc_live") or own not in (None, "none"):
            raise pytest.UsageError(f"--pc-replies and {other} exclude each other: replies are judged, nobody is asked")
        return "none"
    # pytest-recording's switch is followed where ours is not given: one habit for both kinds of test.
    neighbour = config.getoption("--record-mode", None)
    asked = str(neighbour if neighbour and not own else given_text(config, "record"))
    # vcrpy 9.4.2 also knows `any`, which it does not document: refused like any other word.
    mode = next((mode for mode in MODES if mode == asked), None)
    if mode is None:
        raise pytest.UsageError(f"--pc-record {asked}: no such mode; there are {', '.join(MODES)}")
    if config.getoption("pc_live") and own:
        raise pytest.UsageError(f"--pc-live and --pc-record={own} exclude each other: live runs use no recordings")
    # What the command line says of recordings is not overruled by an environment or an ini file that says live.
    return mode if own or not is_switched_on(config, "live") else "live"


def _trials(config: pytest.Config) -> int | None:
    text = given_text(config, "trials")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise pytest.UsageError(f"--pc-trials {text}: give a whole number from 1")
    if len(text) > len(str(_MAX_TRIALS)) or int(text) > _MAX_TRIALS:
        raise pytest.UsageError(f"--pc-trials {text}: {_MAX_TRIALS:,} is the most trials of a cell")
    return int(text)


def _budget(config: pytest.Config) -> Decimal | None:
    text = given_text(config, "budget")
    if text is None:
        return None
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(0)
    if not (amount.is_finite() and 0 < amount <= _MOST_DOLLARS):
        raise pytest.UsageError(f"--pc-budget {text}: give an amount in US dollars above 0, such as 2.50")
    return amount


def _share(config: pytest.Config, budget: Decimal | None) -> Decimal | None:
    """What of a budget is this process's own: workers of xdist cannot ask each other what is spent."""
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if budget is None or worker is None:
        return budget
    # Nobody knows how much of its share a worker had spent that died: who takes its place gets none.
    return Decimal(0) if worker.get(REPLACES_KEY) else budget / int(worker["workercount"])


def _seconds(config: pytest.Config, name: str, *, default: str) -> float:
    text = given_text(config, name) or default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise pytest.UsageError(f"--pc-{name} {text}: give a number of seconds above 0")
    return seconds


def _retries(config: pytest.Config) -> int:
    text = given_text(config, "max-retries") or "2"
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_RETRIES:
        raise pytest.UsageError(f"--pc-max-retries {text}: give a whole number from 0 to {_MOST_RETRIES}")
    return int(text)


def _concurrency(config: pytest.Config) -> int:
    text = given_text(config, "concurrency") or "8"
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_CALLS))
    if not is_number or not 1 <= int(text) <= _MOST_CALLS:
        raise pytest.UsageError(f"--pc-concurrency {text}: give a whole number from 1 to {_MOST_CALLS:,}")
    return int(text)


def _workers(config: pytest.Config) -> int:
    """How many processes share this run: those of pytest-xdist, or this one."""
    workers: dict[str, object] = getattr(config, "workerinput", {})
    count = workers.get("workercount", 1)
    return max(1, count) if isinstance(count, int) else 1


def has_matrix(config: pytest.Config) -> bool:
    """Whether the summary shows cases by models; `UsageError` for a table that there is not."""
    text = given_text(config, "table") or "models"
    if text not in _TABLES:
        raise pytest.UsageError(f"--pc-table {text}: {text!r} is none of {', '.join(_TABLES)}")
    return text == "matrix"


def _shown(config: pytest.Config) -> frozenset[str]:
    text = given_text(config, "show") or ""
    wanted = [word.strip() for word in text.split(",")]
    if wanted == ["none"]:
        return frozenset()
    for word in wanted:
        if word not in _SHOWN:
            raise pytest.UsageError(f"--pc-show {text}: {word!r} is none of {', '.join(_SHOWN)}, none")
    return frozenset(wanted)
