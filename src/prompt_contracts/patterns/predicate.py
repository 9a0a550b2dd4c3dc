"""Functions of the project that judge: calling one by its name, and the operator `$check`. Imports none itself."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator
from decimal import Decimal

from prompt_contracts.errors import CodeRefused
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch, Value, show_value
from prompt_contracts.patterns.operator_rule import Complaint, Grammar, PatternContext
from prompt_contracts.patterns.subject import Subject
from prompt_contracts.references import Resolve
from prompt_contracts.truth import UNKNOWN, Truth, all_hold

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
EXAMPLE = "write package.module:function"
WHERE_MODULES_ARE = "modules are found from the root of the project"


def spoken_name(name: Json) -> str:
    """A name as it is written, for messages."""
    return name if isinstance(name, str) else show(name, limit=80)


def check_function_name(where: str, name: Json, context: PatternContext) -> Iterator[Finding]:
    """Whether a name is one, and can be imported where there is something to import it with."""
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        text = f"'{where}' takes package.module:function, not {show(name, limit=80)}"
        yield Finding(code="PC102", message=text, help=EXAMPLE)
    elif context.resolve is not None:
        try:
            context.resolve(name)
        except _STOPS:
            raise
        except CodeRefused as refused:
            yield Finding(code=refused.code, message=str(refused), help=refused.help)
        except BaseException as error:  # noqa: BLE001 # whatever a module does when it is imported
            yield Finding(
                code="PC120", message=f"'{name}' cannot be imported: {_error_words(error)}", help=WHERE_MODULES_ARE
            )


# All else is the function's: `pytest.skip` raises an Outcome and `sys.exit` a SystemExit, neither an Exception.
_STOPS = (KeyboardInterrupt, GeneratorExit)


def complaints(name: Json, subject: object, context: PatternContext) -> tuple[Complaint, ...]:
    """What a function says against a value or an outcome; none where it holds. Each is asked once about each."""
    if context.resolve is None or not isinstance(name, str):
        return (Complaint(text="there is nothing to import it with", truth=UNKNOWN),)
    # By text, since lists and objects have no hash. An outcome needs none: there is one in a case.
    key = (name, repr(subject) if isinstance(subject, (str, int, float, Decimal, list, dict, type(None))) else "")
    known = context.heard.get(key)
    if known is None:
        known = context.heard[key] = tuple(_ask(name, subject, context.resolve))
    return known


def _ask(name: str, subject: object, resolve: Resolve) -> list[Complaint]:
    try:
        # A copy, so that no function changes what the next one sees.
        result = resolve(name)(copy.deepcopy(subject))
    except _STOPS:
        raise
    except BaseException as error:  # noqa: BLE001 # also what pytest.skip and sys.exit raise
        return [Complaint(text=f"it raised {_error_words(error)}", truth=UNKNOWN)]
    return _read(result)


def _read(result: object) -> list[Complaint]:
    if result is None or result is True:
        return []
    if result is False:
        return [Complaint(text="")]
    if isinstance(result, str):
        return [Complaint(text=result)]
    if isinstance(result, list) and all(isinstance(text, str) for text in result):
        return [Complaint(text=text) for text in result]
    if inspect.iscoroutine(result):
        # Else Python warns that it was never awaited, somewhere far from here.
        result.close()
        return [Complaint(text="it is asynchronous, and nobody waits for it", truth=UNKNOWN)]
    wanted = "None or True, or False, a text or a list of texts"
    return [Complaint(text=f"it returned {type(result).__name__}, not {wanted}", truth=UNKNOWN)]


def _error_words(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def check_predicate(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The name of a function that can be imported."""
    yield from check_function_name("$check", operand, grammar.context)


def predicate_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """The function says nothing against the value."""
    return all_hold(one.truth for one in complaints(operand, value, grammar.context))


def explain_predicate(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What the function says."""
    for complaint in complaints(operand, value, grammar.context):
        yield Mismatch(
            reason="$check",
            expected=f"what {spoken_name(operand)} accepts",
            got=show_value(value),
            message=complaint.text,
            truth=complaint.truth,
        )


def describe_predicate(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The name of the function."""
    return f"what {spoken_name(operand)} accepts"
