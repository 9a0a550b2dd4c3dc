"""Requests a second of the stand-in for a provider, replaying: 16 clients of one server, each with its own address.

The clients are processes of their own, so that their work is not counted as the server's.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import yaml

from prompt_contracts.application.endpoint import ApplicationEndpoint
from prompt_contracts.case import Case
from prompt_contracts.dialects.error_response import classify
from prompt_contracts.location import Location
from prompt_contracts.stub.server import StubServer
from prompt_contracts.target import Target
from prompt_contracts.transport.cell_transport import Transport
from prompt_contracts.trial import Cell

CLIENTS, REQUESTS, ROUNDS = 16, 100, 5
BASE_URL = "https://api.house.example/v1"


def question(number: int) -> dict[str, object]:
    """One of the requests that every client sends."""
    system = "You are a travel assistant. Use a tool when one fits. " * 10
    user = f"This is question {number}. Will it rain in Oslo tomorrow, and should I take an umbrella with me?"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return {"model": "tiny", "messages": messages, "temperature": 0}


def write_recording(path: Path) -> None:
    """The answers to all requests."""
    usage = {"prompt_tokens": 120, "completion_tokens": 20, "total_tokens": 140}
    message = {"role": "assistant", "content": "It will rain, so take an umbrella with you. " * 5}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"id": "c1", "object": "chat.completion", "model": "tiny", "choices": [choice], "usage": usage})
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-type": ["application/json"]},
        "body": {"string": body},
        "prompt_contracts": {"trial": 1, "latency": 0.5, "attempts": 1},
    }
    address = f"{BASE_URL}/chat/completions"
    entries = [
        {
            "request": {"method": "POST", "uri": address, "headers": {}, "body": json.dumps(question(number))},
            "response": response,
        }
        for number in range(REQUESTS)
    ]
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"version": 1, "interactions": entries}))


def measure(root: Path) -> float:
    """Requests a second over one round of all clients."""
    place = Location(path="cases.yaml", line=1, column=1)
    case = Case(path="cases.yaml", name="bot", model="house:tiny", location=place, messages=(), expect=())
    target = Target(provider="house", model="tiny", base_url=BASE_URL)
    cell = Cell(case=case, target=target, cassette="bot.yaml")
    transport = Transport(folder=root / "cassettes", root=root, environ={}, classify=classify)
    with StubServer() as server, ExitStack() as stack:
        clients = []
        for _ in range(CLIENTS):
            endpoint = ApplicationEndpoint(target, transport.open(cell), trial=1, timeout=60)
            command = [sys.executable, __file__, server.open(endpoint.answer).base_url]
            pipe = subprocess.PIPE
            clients.append(stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)))
        for client in clients:
            assert client.stdout is not None
            client.stdout.readline()
        started = time.perf_counter()
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("go\n")
            client.stdin.flush()
        for client in clients:
            client.wait()
        seconds = time.perf_counter() - started
        if any(client.returncode for client in clients):
            raise SystemExit("a client was not answered")
    return CLIENTS * REQUESTS / seconds


def ask(base_url: str) -> None:
    """What each client does: all requests, one after the other, on one connection."""
    address = urlsplit(base_url)
    bodies = [json.dumps(question(number)) for number in range(REQUESTS)]
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    for body in bodies:
        connection.request("POST", f"{address.path}/chat/completions", body=body)
        answer = connection.getresponse()
        if answer.status != 200 or not answer.read():
            raise SystemExit(1)


def main() -> None:
    """Measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_recording(root / "cassettes/bot.yaml")
        rates = [measure(root) for _ in range(ROUNDS + 1)][1:]
    print(f"stand-in for a provider, replaying {CLIENTS * REQUESTS:,} requests of {CLIENTS} clients, {ROUNDS} rounds")
    print(f"  rate  median {statistics.median(rates):,.0f} requests/s (min {min(rates):,.0f}; aim 200)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ask(sys.argv[1])
    else:
        main()
