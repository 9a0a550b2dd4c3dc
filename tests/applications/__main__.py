"""Tries frameworks against prompt-contracts: `make test-applications`, or `python -m tests.applications openai`.

Each gets an environment of its own under `.applications/`, installed from the registries. What comes of it is printed
and kept in `results.json`, from which the table of docs/how-to/frameworks.md is written. Where the environment names a
real server, each is recorded from that one too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.applications import environments, page, results
from tests.applications.frameworks import FRAMEWORKS, Framework
from tests.applications.model_server import SKIP_REASON, RealServer
from tests.applications.trials import Tried, try_out

_SPARE = "leave the environments, for another run; they are kept too where something is wrong"


def main() -> int:
    """1 where anything is not as expected, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.applications", description=__doc__)
    names = [framework.name for framework in FRAMEWORKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(names)}; all where none is named")
    parser.add_argument("--keep", action="store_true", help=_SPARE)
    parser.add_argument("--upgrade", action="store_true", help="pin the newest versions of Python packages, then try")
    arguments = parser.parse_args()
    unknown = sorted({*arguments.names} - {*names})
    if unknown:
        parser.error(f"no such framework: {', '.join(unknown)}; there are {', '.join(names)}")
    wanted = [each for each in FRAMEWORKS if not arguments.names or each.name in arguments.names]
    real = RealServer.named()
    print(f"real server: {real.software()} at {real.base_url}" if real else f"left out: {SKIP_REASON}", flush=True)
    are_right = [_is_right(each, real, keep=arguments.keep, is_upgrade=arguments.upgrade) for each in wanted]
    page.write()
    return 0 if all(are_right) else 1


def _is_right(framework: Framework, real: RealServer | None, *, keep: bool, is_upgrade: bool) -> bool:
    try:
        python = environments.prepare(framework, is_upgrade=is_upgrade)
        version = environments.version(framework)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"{framework.name}: cannot be installed: {error}", flush=True)
        return False
    is_right = _is_right_with(framework, version, python, None)
    if real:
        is_right = _is_right_with(framework, version, python, real) and is_right
    if not keep and is_right:
        environments.remove(framework)
    return is_right


def _is_right_with(framework: Framework, version: str, python: Path, real: RealServer | None) -> bool:
    folder = environments.FOLDER / framework.name / ("real" if real else "project")
    tried = try_out(framework, python, folder, real)
    _print(f"{framework.name} {version}{', real server' if real else ''}", tried)
    if real:
        results.keep_real(framework, real.software(), tried)
    else:
        results.keep(framework, version, tried)
    return tried.is_right


def _print(name: str, tried: Tried) -> None:
    for situation, outcome in tried.outcomes.items():
        error = tried.unanswered.get(situation)
        print(f"{name}: {situation}: {outcome}{f' (no answer: {error})' if error else ''}")
    print(f"{name}: got out in the replay: {len(tried.got_out)} {' '.join(tried.got_out)}".rstrip())
    if not tried.is_key_kept:
        print(f"{name}: the key of the caller reached the model")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
