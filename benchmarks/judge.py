"""Judges replies that exist: load and check of 1,000 cases, replies a second on one core, memory of few and many.

The cases are of four kinds: exact arguments, accepted alternatives, JSON by schema, text; one reply in ten is wrong.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import Sample, measure, median_seconds

FILES, PER_FILE = 20, 50
ROUNDS = 5
FEW, REPLIES, MANY = 1_000, 20_000, 100_000
COMMAND = [sys.executable, "-m", "prompt_contracts"]

TOOL = """
  get_weather:
    name: get_weather
    description: Current weather for a city
    parameters:
      type: object
      properties:
        city: {type: string}
        unit: {type: string, enum: [celsius, fahrenheit]}
      required: [city, unit]
      additionalProperties: false
"""
SCHEMA = "{type: object, properties: {city: {type: string}, days: {type: integer, minimum: 1}}, required: [city, days]}"
EXPECTATIONS = (
    "tool_calls: [{get_weather: {city: Oslo, unit: celsius}}]",
    "tool_calls: [{get_weather: {city: {$any_of: [Oslo, Bergen]}, $optional: {unit: {$any_of: [celsius]}}}}]",
    f"json: {{$schema: {SCHEMA}}}",
    "text: {$contains: Oslo}",
)


def write_cases(root: Path) -> None:
    """Case files of 50 cases each."""
    (root / "prompt_contracts.toml").write_text('models = ["openai:gpt-4.1-mini"]\n')
    (root / "cases").mkdir()
    for number in range(FILES):
        cases = "".join(_case(number, index) for index in range(PER_FILE))
        (root / "cases" / f"file_{number}.yaml").write_text(f"version: 1\ntools:{TOOL}cases:\n{cases}")


def _case(number: int, index: int) -> str:
    lines = [
        f"  - name: case_{index}",
        "    messages:",
        "      - {role: system, content: You are a travel assistant. Use a tool when one fits.}",
        "      - role: user",
        "        content: |",
        f"          This is question {index} of file {number}.",
        "          Will it rain in Oslo tomorrow, and should I take an umbrella with me?",
        "    request: {temperature: 0, max_tokens: 200}",
        *(["    tools: [get_weather]"] if index % 4 < 2 else []),
        f"    expect: {{{EXPECTATIONS[index % 4]}}}",
    ]
    return "\n".join([*lines, ""])


def write_replies(path: Path, count: int) -> None:
    """Replies to all cells in turn, one trial after the other."""
    with path.open("w") as file:
        for number in range(count):
            cell, trial = number % (FILES * PER_FILE), number // (FILES * PER_FILE) + 1
            custom_id = f"cases/file_{cell // PER_FILE}.yaml::case_{cell % PER_FILE}[openai:gpt-4.1-mini]#{trial}"
            file.write(json.dumps(_reply(custom_id, cell % PER_FILE % 4, is_wrong=number % 10 == 9)) + "\n")


def _reply(custom_id: str, kind: int, *, is_wrong: bool) -> dict[str, object]:
    city = "Lima" if is_wrong else "Oslo"
    message: dict[str, object] = {"role": "assistant", "content": json.dumps({"city": city, "days": 3})}
    if kind < 2:
        function = {"name": "get_weather", "arguments": json.dumps({"city": city, "unit": "celsius"})}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        }
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 20, "total_tokens": 140},
    }
    response = {"status_code": 200, "request_id": "req_1", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def _judged(root: Path, count: int) -> Sample:
    replies = root / f"replies_{count}.jsonl"
    write_replies(replies, count)
    command = [*COMMAND, "judge", "cases", "--replies", str(replies), "--out", str(root / "verdicts.jsonl")]
    return measure(command, folder=root, fine=(0, 1))


def main() -> None:
    """Check, judge, print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_cases(root)
        check = [*COMMAND, "check", "cases"]
        checks = [measure(check, folder=root) for _ in range(ROUNDS + 1)][1:]
        print(f"load and check of {FILES * PER_FILE:,} cases: {median_seconds(checks):.2f} s (aim 1.5)")
        pairs = [(_judged(root, FEW), _judged(root, REPLIES)) for _ in range(ROUNDS)]
        rates = [(REPLIES - FEW) / (more.seconds - few.seconds) for few, more in pairs]
        print(f"judge: {statistics.median(rates):,.0f} replies/s after loading (min {min(rates):,.0f}; aim 2,000)")
        few, many = _judged(root, FEW), _judged(root, MANY)
        ratio = many.peak_megabytes / few.peak_megabytes
        print(
            f"memory at the peak: {few.peak_megabytes:.0f} MB with {FEW:,} replies, "
            f"{many.peak_megabytes:.0f} MB with {MANY:,} (ratio {ratio:.2f})"
        )


if __name__ == "__main__":
    main()
