"""Asks a hostile server in a process of its own for each row, and tells what came of it and what it took.

Run as a program: a list of `{url, timeout}` as JSON on standard input, of results on standard output.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

MOST_MEMORY = 3 * 1024**3
"""Bytes of address space: a bomb that is not defused ends in a `MemoryError`, and not in the end of the machine."""


def ask(base_url: str, timeout: float) -> dict[str, Any]:
    """What came of one request."""
    from prompt_contracts.case import Case
    from prompt_contracts.conversation.driver import Driver
    from prompt_contracts.dialects.chat import ChatDialogue
    from prompt_contracts.dialects.error_response import classify
    from prompt_contracts.location import Location
    from prompt_contracts.message import Message
    from prompt_contracts.model_request import ModelRequest
    from prompt_contracts.provider_error import ProviderError
    from prompt_contracts.target import Target
    from prompt_contracts.transport.cell_transport import Transport
    from prompt_contracts.trial import Cell, Trial

    place = Location(path="cases/a.yaml", line=1, column=1)
    case = Case(
        path="cases/a.yaml",
        name="a",
        model="house:tiny",
        location=place,
        messages=(),
        expect=(),
        timeout=timeout,
    )
    target = Target(provider="house", model="tiny", base_url=base_url)
    cell = Cell(case=case, target=target, cassette="a.yaml")
    folder = Path("nowhere")
    transport = Transport(folder=folder, root=folder, mode="live", environ={}, classify=classify, max_retries=0)
    driver = Driver(Trial(cell=cell, number=1), transport.open(cell), price_source="")
    request = ModelRequest(messages=(Message(role="user", content="Hello"),))
    answer = driver.drive(ChatDialogue(target).ask(request), fault=None).answer
    if isinstance(answer, ProviderError):
        return {"kind": answer.kind, "message": answer.message}
    return {"kind": "answer", "message": (answer.choices[0].text or "")[:200]}


def measured(base_url: str, timeout: float) -> dict[str, Any]:
    """The same in a process of its own, with seconds and megabytes."""
    reading, writing = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(ask(base_url, timeout)).encode())
        except BaseException as error:  # noqa: BLE001 - the parent tells it
            os.write(writing, json.dumps({"kind": "crash", "message": repr(error)[:500]}).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = json.loads(pipe.read() or b'{"kind": "killed", "message": ""}')
    usage = os.wait4(child, 0)[2]
    unit = 1 if sys.platform == "darwin" else 1024
    return {**told, "seconds": time.monotonic() - started, "megabytes": usage.ru_maxrss * unit / 1024**2}


def main() -> None:
    """Ask for every row in turn."""
    wanted = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    import httpx  # noqa: F401 - once for all rows

    import prompt_contracts.conversation.driver
    import prompt_contracts.transport.client  # noqa: F401 - as above

    print(json.dumps([measured(row["url"], row["timeout"]) for row in wanted]))


if __name__ == "__main__":
    main()
