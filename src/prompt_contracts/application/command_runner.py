"""A program as the application under test: one line of JSON in for each turn, one line of JSON out.

One process per trial. It is given no secret of the environment, and never outlives its trial.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from prompt_contracts.application.enclosure import Enclosure
from prompt_contracts.application.process import Program, ProgramNotStartedError, exit_words
from prompt_contracts.application.program_output import LineReader, TailReader
from prompt_contracts.application.question import ApplicationReply, Question, ReplyKind, TimeLimit, quote
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import NotJsonError, parse_json

_GRACE = 1.0
"""Seconds that a program has to end by itself once its input is closed, and its readers to finish."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: bytes


@dataclass(frozen=True, slots=True)
class _Closed:
    """Standard output came to its end."""


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int


class CommandRunner:
    """Asks one program of one trial. Not thread-safe: turns come one after the other."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        limit: TimeLimit,
        root: Path,
        mark: str,
        enclosure: Enclosure | None,
        on_stray: Callable[[], None],
    ) -> None:
        """Nothing is started before the first turn. `mark` is the variable of `environ` that is this trial's alone.

        `enclosure` shuts the program in; `on_stray` is called each time that it sent something to where no way leads.
        """
        self._command = command
        self._environ = environ
        self._limit = limit
        self._root = root
        self._mark = mark
        self._enclosure = enclosure
        self._on_stray = on_stray
        self._strays = 0
        self._program: Program | None = None
        self._events: Queue[_Line | _Closed | _Ended] = Queue()
        self._writer: Thread | None = None
        self._lines: LineReader | None = None
        self._errors: TailReader | None = None
        self._code: int | None = None
        """The exit code, once the program ended by itself."""
        self._is_closed = False
        self._stopped: str | None = None
        self._extra: bytes | None = None
        """A line that came after the reply to the last turn."""

    def ask(self, question: Question) -> ApplicationReply:
        """One line in, one line out. Raises `UsageError` when the program cannot be started."""
        if self._stopped is not None:
            return self._failed("silent", f"{self._name} was not asked: {self._stopped}")
        with self._limit.running():
            early = self._early_line()
            program = self._started()
            # It would be taken for the answer to a question that had not been asked.
            if early is not None:
                return self._stop("returned", self._extra_words(early))
            # In ASCII: a program must not have to know in which encoding its input comes.
            line = json.dumps({"messages": question.messages, "model": question.model}) + "\n"
            # A program that does not read fills its pipe: writing must not keep us longer than its time.
            self._writer = Thread(target=_write, args=(program, line.encode()), name="application input", daemon=True)
            self._writer.start()
            return self._reply()

    def close(self) -> None:
        """Close its input, wait a moment, then end it with everything that it started."""
        program, self._program = self._program, None
        if program is None:
            return
        if self._has_written():
            program.stdin.close()
            self._wait_for_end()
        self._end(program)
        self._extra = self._extra or self._unread_line()

    def ending(self) -> ApplicationReply | None:
        """After `close`: how a program ended that had replied to every turn and yet did not end well."""
        if self._stopped is not None:
            return None
        if self._code:
            return self._failed("exited", f"{self._name} {exit_words(self._code)} after its last reply")
        return None if self._extra is None else self._failed("returned", self._extra_words(self._extra))

    @property
    def _name(self) -> str:
        return " ".join(self._command)

    def _started(self) -> Program:
        if self._program is None:
            try:
                program = Program(
                    self._command,
                    folder=self._root,
                    environ=self._environ,
                    mark=self._mark,
                    enclosure=self._enclosure,
                )
            except ProgramNotStartedError as error:
                raise UsageError(f"command {self._name}: {error}") from None
            self._program = program
            self._lines = LineReader(
                program.stdout,
                on_line=lambda line: self._events.put(_Line(line)),
                on_end=lambda: self._events.put(_Closed()),
            )
            self._errors = TailReader(program.stderr)
            waiter = Thread(target=lambda: self._events.put(_Ended(program.wait())), name="application", daemon=True)
            waiter.start()
        return self._program

    def _next_line(self, seconds: float) -> bytes | None:
        """The next line, or None when none came in time; on the way it is noted how the program ended."""
        event = self._events.get(timeout=seconds) if seconds > 0 else self._events.get_nowait()
        match event:
            case _Line(text=line):
                return line
            case _Ended(code=code):
                self._code = code
            case _Closed():
                self._is_closed = True
        return None

    def _early_line(self) -> bytes | None:
        """A line that stands there before its question was asked."""
        try:
            while (line := self._next_line(0)) is None:
                pass
        except Empty:
            return None
        return line

    def _unread_line(self) -> bytes | None:
        """A line that nobody asked for; what else happened is of no interest: by now it was we who ended it."""
        with suppress(Empty):
            while True:
                event = self._events.get_nowait()
                if isinstance(event, _Line):
                    return event.text
        return None

    def _reply(self) -> ApplicationReply:
        while self._code is None or not self._is_closed:
            # Its last words may still be on the way, and a child of it may keep its output open.
            is_ending = self._code is not None or self._is_closed
            try:
                line = self._next_line(_GRACE if is_ending else self._limit.left)
            except Empty:
                break
            if line is not None:
                self._note_strays(self._program)
                return self._read(line)
        return self._without_reply()

    def _without_reply(self) -> ApplicationReply:
        partly = self._partly()
        if self._code:
            return self._stop("exited", f"{self._name} {exit_words(self._code)} before it replied{partly}")
        if self._code == 0:
            return self._stop("silent", f"{self._name} ended (exit code 0) and did not reply{partly}")
        if self._is_closed:
            return self._stop("silent", f"{self._name} closed its standard output and did not reply{partly}")
        seconds = f"{self._limit.seconds:g} s"
        return self._stop("hung", f"{self._name} did not reply within {seconds} and was stopped{partly}")

    def _partly(self) -> str:
        rest = b"" if self._lines is None else self._lines.rest
        return f"; it wrote {quote(rest.decode('utf-8', 'replace'))} and no line end" if rest.strip() else ""

    def _read(self, line: bytes) -> ApplicationReply:
        try:
            value = parse_json(line)
        except NotJsonError as error:
            words = f"{self._name} wrote a line that is no JSON: {quote(line.decode('utf-8', 'replace'))} ({error})"
        else:
            if isinstance(value, (str, dict)):
                return ApplicationReply(value=value, is_reply=True, kind="returned", output=self._output())
            words = f"{self._name} wrote a line that is no JSON string and no object: {quote(json.dumps(value))}"
        hint = "standard output is for replies, one line each; write everything else to standard error"
        return self._stop("returned", f"{words}; {hint}")

    def _stop(self, kind: ReplyKind, words: str) -> ApplicationReply:
        """What comes after a turn without a reply would be about another question: the program is ended."""
        program, self._program = self._program, None
        if program is not None:
            self._end(program)
        self._stopped = {"hung": "it had been stopped in an earlier turn"}.get(kind, "it had failed in an earlier turn")
        return self._failed(kind, words)

    def _extra_words(self, line: bytes) -> str:
        return f"{self._name} wrote more than one line for one turn: {quote(line.decode('utf-8', 'replace'))}"

    def _failed(self, kind: ReplyKind, words: str) -> ApplicationReply:
        return ApplicationReply(is_reply=False, failure=words, kind=kind, output=self._output())

    def _wait_for_end(self) -> None:
        grace = TimeLimit(_GRACE)
        with grace.running(), suppress(Empty):
            while self._code is None:
                self._extra = self._next_line(grace.left) or self._extra

    def _end(self, program: Program) -> None:
        program.kill()
        self._note_strays(program)
        # With everything dead the pipes end; only a process that hid too well could still hold one open.
        readers = [reader.join(_GRACE) for reader in (self._lines, self._errors) if reader is not None]
        if self._has_written() and all(readers):
            program.close()

    def _note_strays(self, program: Program | None) -> None:
        now = self._strays if program is None else program.strays
        while self._strays < now:
            self._strays += 1
            self._on_stray()

    def _has_written(self) -> bool:
        """Whether nobody writes to the program any more: only then may its input be closed."""
        if self._writer is not None:
            self._writer.join(_GRACE)
        return self._writer is None or not self._writer.is_alive()

    def _output(self) -> str:
        return "" if self._errors is None else self._errors.text


def _write(program: Program, line: bytes) -> None:
    try:
        view = memoryview(line)
        while view:
            view = view[program.stdin.write(view) :]
    except (OSError, ValueError):
        pass  # it ended, which its waiter tells
