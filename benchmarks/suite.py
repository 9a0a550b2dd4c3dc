"""A suite of any size for the benchmarks: distinct prompts, one tool, answers of 4 KB, half of them tool calls.

The other half is JSON, judged by a schema with `pattern`, `format` and `$ref`. Beside it are as many empty tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PER_FILE = 50
_ANSWER_BYTES = 4096

_TOOL = """
  book_trip:
    type: function
    function:
      name: book_trip
      description: Books a trip to a city
      parameters:
        type: object
        properties:
          city: {type: string}
          unit: {type: string, enum: [celsius, fahrenheit]}
          notes: {type: string}
        required: [city, unit, notes]
        additionalProperties: false
"""
_SCHEMA = """
          $schema:
            type: object
            properties:
              city: {$ref: '#/$defs/name'}
              stops: {type: array, items: {$ref: '#/$defs/stop'}, minItems: 1}
              report: {type: string, minLength: 10}
            required: [city, stops, report]
            additionalProperties: false
            $defs:
              name: {type: string, pattern: '^[A-Z][a-z]+$'}
              stop:
                type: object
                properties:
                  name: {$ref: '#/$defs/name'}
                  day: {type: string, format: date}
                  price: {type: number, minimum: 0}
                required: [name, day]
"""


def _message(question: str, *, is_call: bool) -> dict[str, object]:
    filling = f"{question} It may rain in the evening, so an umbrella is a good idea. "
    text = (filling * (_ANSWER_BYTES // len(filling) + 1))[: _ANSWER_BYTES - 600]
    if is_call:
        arguments = json.dumps({"city": "Oslo", "unit": "celsius", "notes": text})
        call = {"id": "call_1", "type": "function", "function": {"name": "book_trip", "arguments": arguments}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    stops = [{"name": "Bergen", "day": f"2026-05-{day:02}", "price": day * 1.25} for day in range(1, 6)]
    return {"role": "assistant", "content": json.dumps({"city": "Oslo", "stops": stops, "report": text})}


def answer_to(request: bytes) -> bytes:
    """The body of the answer to a request of these suites: a call of the tool, or JSON when none is offered."""
    asked = json.loads(request)
    message = _message(asked["messages"][-1]["content"].strip(), is_call="tools" in asked)
    usage = {"prompt_tokens": 120, "completion_tokens": 20, "total_tokens": 140}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1795212404, "model": "m"}
    return json.dumps({**answer, "choices": [choice], "usage": usage}).encode()


class _Handler(BaseHTTPRequestHandler):
    """Answers every question at once."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = answer_to(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that answers the questions of these suites."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def write_suite(root: Path, *, cells: int, base_url: str, per_file: int = PER_FILE) -> None:
    """Case files of 50 cases each in `cases`, and test files of 50 empty tests each in `noop`."""
    (root / "cases").mkdir(parents=True)
    (root / "noop").mkdir()
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        f'[tool.prompt_contracts.providers.house]\nbase_url = "{base_url}"\n'
        '[tool.prompt_contracts.prices."house:m"]\ninput = 1.0\noutput = 2.0\n'
    )
    for number, start in enumerate(range(0, cells, per_file)):
        count = min(per_file, cells - start)
        cases = "".join(_case(number, index) for index in range(count))
        text = f"version: 1\nmodels: [house:m]\ntools:{_TOOL}cases:\n{cases}"
        (root / f"cases/file_{number}.yaml").write_text(text)
        tests = "\n".join(f"def test_{index}():\n    pass\n" for index in range(count))
        (root / f"noop/test_file_{number}.py").write_text(tests)


def _case(number: int, index: int) -> str:
    lines = [
        f"  - name: case_{index}",
        "    messages:",
        "      - {role: system, content: You are a travel assistant. Use a tool when one fits.}",
        "      - role: user",
        "        content: |",
        f"          This is question {index} of file {number}.",
        "          Will it rain in Oslo tomorrow, and should I take an umbrella with me?",
        "    request: {temperature: 0, max_tokens: 2000}",
    ]
    if index % 2:
        lines += ["    tools: [book_trip]", "    expect:", "      tool_calls:"]
        lines += ["        - book_trip: {city: Oslo, unit: {$any_of: [celsius, fahrenheit]}, notes: {$type: string}}"]
    else:
        lines += ["    expect:", "      json:", _SCHEMA.strip("\n")]
    return "\n".join([*lines, "      usage: {completion_tokens: {$le: 300}}", ""])


def multiply_recordings(source: Path, target: Path, *, cells: int) -> None:
    """Recordings for a suite of any size from those of one file: the number of the file stands in each question."""
    for number, start in enumerate(range(0, cells, PER_FILE)):
        for index in range(min(PER_FILE, cells - start)):
            for found in (source / f"cassettes/file_0/case_{index}").rglob("*.yaml"):
                path = target / f"cassettes/file_{number}" / found.relative_to(source / "cassettes/file_0")
                path.parent.mkdir(parents=True)
                path.write_text(found.read_text().replace(" of file 0.", f" of file {number}."))
