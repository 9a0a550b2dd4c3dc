"""`prompt-contracts judge`: replies that already exist, line by line, into verdicts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from prompt_contracts.cli.case_selection import Loaded, load_cases, say_what_is_wrong
from prompt_contracts.cli.output import counted, opened_output, say
from prompt_contracts.engine.replies import JudgedReply, ReplyJudge
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.batch_output import read_lines, read_reply
from prompt_contracts.exchange.verdict_lines import verdict_line
from prompt_contracts.renderers.inert_text import uncommanding

_STANDARD = "-"


def judge_replies(
    cases: Sequence[str], *, replies: str, out: str, root: Path | None, is_complete: bool, no_code: bool
) -> int:
    """Judge every reply of a file; 0 when all of them passed."""
    if _is_same_file(replies, out):
        raise UsageError(f"--out {out}: this is the file of the replies")
    with ExitStack() as stack:
        source = stack.enter_context(_opened_replies(replies))
        loaded = load_cases(cases, root=root, no_code=no_code)
        target = stack.enter_context(opened_output(out))
        say_what_is_wrong(loaded)
        session = ReplyJudge(loaded.projects.found)
        shown = "stdin" if replies == _STANDARD else replies
        for line in read_lines(source):
            judged = session.judge(read_reply(line.text, line=line.number))
            told = json.dumps(loaded.projects.masked_json(verdict_line(judged, source=shown)))
            # The log of a workflow may be where the lines go.
            target.write(f"{uncommanding(told)}\n")
    return _conclude(loaded, session, shown, is_complete=is_complete)


def _conclude(loaded: Loaded, session: ReplyJudge, source: str, *, is_complete: bool) -> int:
    for judged in session.problems:
        say(loaded.projects.masked(_problem_line(judged, session, source)))
    if session.problem_count > len(session.problems):
        say(f"and {session.problem_count - len(session.problems):,} more lines that could not be judged")
    missing = session.mailbox.cells_without_reply
    for cell in missing:
        say(f"no reply: {cell}")
    passed, failed, errors = (session.verdicts[verdict] for verdict in ("passed", "failed", "error"))
    total = passed + failed + errors
    facts = [f"{passed:,} passed", f"{failed:,} failed", counted(errors, "error")]
    broken = sum(len(file.broken) for file in loaded.files)
    say(
        f"{counted(total, 'reply')}: {', '.join(facts)}"
        + (f" · {counted(len(missing), 'cell')} without a reply" if missing else "")
        + (f" · {counted(broken, 'broken case')}" if broken else "")
    )
    if not total:
        say(f"{source} holds no reply: nothing was judged")
    is_fine = total > 0 and passed == total and not broken and not (is_complete and missing)
    return int(not is_fine)


def _problem_line(judged: JudgedReply, session: ReplyJudge, source: str) -> str:
    problem = judged.problem
    if problem is None:
        raise ValueError("only a reply with a problem is told of")
    told = "" if judged.custom_id is None else f" {judged.custom_id!r}:"
    near = session.mailbox.nearest(judged.custom_id or "") if problem.code == "unknown_id" else None
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{source}:{judged.line}:{told} {problem.message}{hint}"


def _is_same_file(replies: str, out: str) -> bool:
    one, other = Path(replies), Path(out)
    return _STANDARD not in (replies, out) and one.exists() and other.exists() and one.samefile(other)


@contextmanager
def _opened_replies(name: str) -> Iterator[BinaryIO]:
    if name == _STANDARD:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; an error of the caller is not one of opening
    except OSError as error:
        raise UsageError(f"--replies {name}: cannot be read: {error.strerror}") from None
    with file:
        yield file
