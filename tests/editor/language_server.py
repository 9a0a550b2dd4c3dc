"""The language server that editors run for YAML, spoken to as an editor does: over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

PATIENCE = 120.0
"""Seconds for one answer: far more than it needs."""
SETTINGS = {
    "yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}},
    "http": {},
    "[yaml]": {"editor.tabSize": 2, "editor.insertSpaces": True},
    "editor": {"tabSize": 2, "insertSpaces": True, "detectIndentation": False},
    "files": {},
}
"""What the server asks of its editor, by section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One completion."""

    label: str
    text: str
    """What would be inserted."""
    documentation: str


class LanguageServer:
    """One server in a folder. Its documents are texts with a name; nothing is saved."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._folder = process.stdin, folder
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=_read, args=(process.stdout, self._messages), daemon=True).start()
        self._number = 0
        capabilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            },
        }
        root = folder.as_uri()
        self._ask("initialize", {"processId": None, "rootUri": root, "capabilities": capabilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def problems(self, text: str) -> list[str]:
        """What is wrong with a case file, as an editor would underline it: `line: message`."""
        uri = self._open(text)
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found = message["params"]["diagnostics"]
                return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found]

    def offers(self, text: str) -> list[Offer]:
        """What is offered where `|` stands in a case file."""
        place, said = self._at_mark(text)
        answer = self._ask("textDocument/completion", {"textDocument": {"uri": self._open(said)}, "position": place})
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [
            Offer(label=item["label"], text=_inserted(item), documentation=_words(item.get("documentation")))
            for item in items
        ]

    def hover(self, text: str) -> str:
        """What is shown of the word on which `|` stands."""
        place, said = self._at_mark(text)
        answer = self._ask("textDocument/hover", {"textDocument": {"uri": self._open(said)}, "position": place})
        return _words((answer or {}).get("contents"))

    def _at_mark(self, text: str) -> tuple[dict[str, int], str]:
        before, _, after = text.partition("|")
        lines = before.split("\n")
        return {"line": len(lines) - 1, "character": len(lines[-1])}, before + after

    def _open(self, text: str) -> str:
        self._number += 1
        uri = (self._folder / f"case-{self._number}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        """The next message; what the server asks meanwhile is answered."""
        message = self._messages.get(timeout=PATIENCE)
        if "method" in message and "id" in message:
            asked = message.get("params", {}).get("items", ()) if message["method"] == "workspace/configuration" else ()
            result = [SETTINGS.get(item["section"]) for item in asked] if asked else None
            self._send({"id": message["id"], "result": result})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._input.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._input.flush()


@contextmanager
def language_server(command: Sequence[str], folder: Path) -> Iterator[LanguageServer]:
    """A running server, ended with the block."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield LanguageServer(process, folder)
    finally:
        process.kill()
        process.communicate()


def _read(stream: BinaryIO, messages: queue.Queue[dict[str, Any]]) -> None:
    while header := stream.readline():
        length = int(header.split(b":")[1])
        while stream.readline().strip():
            pass
        messages.put(json.loads(stream.read(length)))


def _inserted(item: dict[str, Any]) -> str:
    edit = item.get("textEdit")
    return str(edit["newText"] if edit else item.get("insertText", item["label"]))


def _words(said: Any) -> str:
    if isinstance(said, list):
        return "\n".join(map(_words, said))
    return str(said["value"]) if isinstance(said, dict) else said or ""
