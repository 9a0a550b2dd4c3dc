"""What the first answer that breaks a JSON Schema costs in a process of its own, beside one that does not.

Judging says yes or no; telling says where and why too, which loads the slow validator. Prints times and ratios.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import Sample, measure

ROUNDS = 9

START = "from prompt_contracts.json_schema.validation import is_valid, violations\n"
SCHEMA = {
    "type": "object",
    "properties": {"day": {"format": "date"}, "city": {"pattern": "^[A-Z]"}, "price": {"multipleOf": 0.01}},
    "required": ["city"],
}
GOOD, BAD = {"city": "Oslo", "day": "2026-11-21"}, {"city": "Oslo", "day": "2026-13-21"}
PROGRAMS = {
    "nothing judged": "",
    "a yes": f"assert is_valid({SCHEMA}, {GOOD})",
    "a no": f"assert not is_valid({SCHEMA}, {BAD})",
    "a no, told": f"assert list(violations({SCHEMA}, {BAD}))",
    "import jsonschema": "import jsonschema",
}


def main() -> None:
    """Run each program in turn."""
    samples: dict[str, list[Sample]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS + 1):
            for name, program in PROGRAMS.items():
                samples[name].append(measure([sys.executable, "-c", START + program], folder=Path(folder)))
    print(f"first judgement by a JSON Schema in a fresh process, {ROUNDS} rounds")
    first = [one.seconds for one in samples["nothing judged"][1:]]
    for name, found in samples.items():
        seconds = [one.seconds for one in found[1:]]
        added = statistics.median(1000 * (one - start) for one, start in zip(seconds, first, strict=True))
        ratio = statistics.median(one / start for one, start in zip(seconds, first, strict=True))
        print(f"  {name:18} {1000 * statistics.median(seconds):5.0f} ms  added {added:5.0f} ms  ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
