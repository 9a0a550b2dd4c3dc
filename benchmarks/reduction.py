"""Counts the calls that it takes to find the cause of a failure in a prompt of 60 sentences, 30 tools and 10 messages.

Models with a planted cause, 200 seeds; beside the plain algorithm ddmin and beside removing at random. Then the command
itself, against a provider on the loopback that takes 50 ms over each answer.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.cli.test_reduce import CASES, CELL, Model
from tests.engine.simulated_reductions import (
    LEVELS,
    Piece,
    delta_debugged,
    planted,
    removed_at_random,
    searched,
    searched_with_repeats,
)
from tests.transport.loopback import Answer, Asked, Loopback

SEEDS = 200
LATENCY = 0.05


def told(counts: Sequence[int]) -> str:
    """The median and the largest."""
    return f"{median(counts):5.0f} / {max(counts):3}"


def print_each_asked_once(size: int, most: int) -> None:
    """Of a steady model."""
    ours, plain, different = list[int](), list[int](), list[int]()
    found = dict.fromkeys((30, 60), 0)
    for seed in range(SEEDS):
        cause = planted(random.Random(seed), size)

        def says_yes(kept: frozenset[Piece], cause: frozenset[Piece] = cause) -> bool:
            return cause <= kept

        ours.append(len(searched(LEVELS, says_yes)[1]))
        result, distinct = delta_debugged(says_yes)
        plain.append(result.asks)
        different.append(distinct)
        for asks in found:
            found[asks] += removed_at_random(says_yes, random.Random(seed), asks=asks).left == cause
    print(f"a cause of {size} pieces, each prompt asked once: calls, median / largest")
    print(f"  reduce                {told(ours)}   (at most {most} wanted)")
    print(f"  ddmin                 {told(plain)}")
    print(f"  ddmin with a memory   {told(different)}")
    shares = ", ".join(f"{100 * count / SEEDS:.0f}% of runs in {asks} calls" for asks, count in found.items())
    print(f"  removing at random    finds it in {shares}, and never knows")


def print_repeats(size: int, rows: Sequence[tuple[float, float, int | None]]) -> None:
    """Of a model that differs from itself."""
    print(f"a cause of {size} pieces, asked until it is settled: exact cause, calls, median / largest")
    for rate, other, most in rows:
        runs = [searched_with_repeats(seed, size=size, rate=rate, other=other) for seed in range(SEEDS)]
        exact = sum(is_exact for _, is_exact in runs) / SEEDS
        wanted = "" if most is None else f"   (97% and a median of {most} wanted)"
        print(f"  fails at {rate:.1f}, else {other:.2f}  {exact:5.1%}  {told([each.asks for each, _ in runs])}{wanted}")


def print_shorter(rows: Sequence[tuple[int, int]]) -> None:
    """`--keep passing`: what must stay lies in one level."""
    print("a prompt of 100 sentences that passes, each prompt asked once: calls, median / largest")
    for needed, most in rows:
        level: list[Piece] = [("sentence", number) for number in range(100)]
        counts = []
        for seed in range(SEEDS):
            cause = frozenset(random.Random(seed).sample(level, needed))
            counts.append(len(searched([level], lambda kept, cause=cause: cause <= kept)[1]))  # type: ignore[misc]
        print(f"  {needed:2} of them needed      {told(counts)}   (a median of {most} wanted)")


def print_command() -> None:
    """The command itself; what it takes to start is the run that replays all that it asked."""
    model = Model()

    def answer(asked: Asked) -> Answer:
        time.sleep(LATENCY)
        return model(asked)

    server = Loopback()
    server.answer = answer
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("prompt_contracts.toml").write_text(f'[providers.house]\nbase_url = "{server.base_url}"\n')
        folder.joinpath("cases").mkdir()
        folder.joinpath("cases/weather.yaml").write_text(CASES)
        seconds, printed = list[float](), ""
        try:
            for _ in range(2):
                started = time.perf_counter()
                command = [sys.executable, "-m", "prompt_contracts", "reduce", CELL]
                printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
                seconds.append(time.perf_counter() - started)
        finally:
            server.close()
    calls = int(re.findall(r"(\d+) calls", printed)[0])
    print(f"the command, {calls} calls of {1000 * LATENCY:.0f} ms, repeats at once where all of them are needed")
    print(f"  {seconds[0] - seconds[1]:.1f} s beside {calls * LATENCY:.1f} s one after the other")


def main() -> None:
    """Count and print."""
    print_each_asked_once(2, 30)
    print_each_asked_once(5, 60)
    print_repeats(2, [(1.0, 0.0, 85), (0.9, 0.1, 120), (0.8, 0.05, 150), (0.6, 0.05, 235)])
    print_repeats(5, [(1.0, 0.0, None), (0.9, 0.1, None), (0.8, 0.05, None), (0.6, 0.05, None)])
    print_shorter([(2, 30), (5, 60), (10, 90), (20, 140)])
    print_command()


if __name__ == "__main__":
    main()
