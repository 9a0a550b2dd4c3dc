"""Replays 1,000 one-request cells beside 1,000 tests that do nothing, and prints the ratio.

The cells are recorded once, from a server of this process, with the same plugin that replays them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import compare, measure, median_seconds

FILES, PER_FILE = 20, 50
ROUNDS = 7
# Other plugins of the environment would slow both sides down alike and hide the difference.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
ALONE = [*PYTEST, "-p", "no:xdist", "-p", "no:recording", "-p", "no:hypothesispytest"]

TOOL = """
  get_weather:
    type: function
    function:
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


class Handler(BaseHTTPRequestHandler):
    """Answers every question with a tool call, or with JSON when no tool is offered."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message: dict[str, object] = {"role": "assistant", "content": '{"city": "Oslo", "days": 3}'}
        if "tools" in request:
            arguments = '{"city": "Oslo", "unit": "celsius"}'
            call = {
                "id": "call_1",
                "type": "function",
                "function": {"name": "get_weather", "arguments": arguments},
            }
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        usage = {"prompt_tokens": 120, "completion_tokens": 20, "total_tokens": 140}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = json.dumps({"id": "chatcmpl-1", "model": "m", "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""


def write_project(root: Path, port: int) -> None:
    """Case files of 50 cases each, and test files of 50 empty tests each."""
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        f'[tool.prompt_contracts.providers.house]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
        '[tool.prompt_contracts.prices."house:m"]\ninput = 1.0\noutput = 2.0\n'
    )
    for folder in ("cases", "noop"):
        (root / folder).mkdir()
    for number in range(FILES):
        cases = "".join(_case(number, index) for index in range(PER_FILE))
        text = f"version: 1\nmodels: [house:m]\ntools:{TOOL}cases:\n{cases}"
        (root / "cases" / f"file_{number}.yaml").write_text(text)
        tests = "\n".join(f"def test_{index}():\n    pass\n" for index in range(PER_FILE))
        (root / "noop" / f"test_file_{number}.py").write_text(tests)


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
    ]
    if index % 2:
        lines += ["    tools: [get_weather]", "    expect:", "      tool_calls:"]
        lines += ["        - get_weather: {city: Oslo, unit: {$any_of: [celsius, fahrenheit]}}"]
    else:
        lines += ["    expect:", f"      json: {{$schema: {SCHEMA}}}"]
    return "\n".join([*lines, "      usage: {completion_tokens: {$le: 300}}", ""])


def main() -> None:
    """Record, replay, print."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_project(root, server.server_address[1])
        recording = [*ALONE, "cases", "--pc-record=rewrite"]
        subprocess.run(recording, cwd=root, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "*"})
        server.shutdown()
        pairs = compare([*ALONE, "cases"], [*ALONE, "noop"], folder=root, rounds=ROUNDS)
        ratios = [cells.seconds / noop.seconds for cells, noop in pairs]
        cells, noop = median_seconds([pair[0] for pair in pairs]), median_seconds([pair[1] for pair in pairs])
        peak = max(pair[0].peak_megabytes for pair in pairs)
        print(f"replay of {FILES * PER_FILE:,} cells beside {FILES * PER_FILE:,} empty tests, {ROUNDS} pairs")
        print(
            f"  ratio  median {statistics.median(ratios):.2f}  (min {min(ratios):.2f}, max {max(ratios):.2f}; aim 2.5)"
        )
        print(f"  cells  {cells:.2f} s, empty tests {noop:.2f} s (medians)")
        print(f"  memory {peak:.0f} MB at the peak of a replay (aim 120), {pairs[0][1].peak_megabytes:.0f} MB without")
        split = measure([*ALONE, "cases", "--collect-only"], folder=root)
        print(f"  of which collection {split.seconds:.2f} s")


if __name__ == "__main__":
    main()
