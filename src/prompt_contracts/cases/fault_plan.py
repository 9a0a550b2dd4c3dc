"""`fault` and `retry` of a case -> FaultPlan and RetryPolicy. Injects nothing, waits for nothing."""

from __future__ import annotations

from typing import cast

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.fault import FAULTS, Fault, FaultPlan, RetryPolicy
from prompt_contracts.json_value import show

_NAMES = " or ".join(", ".join(FAULTS).rsplit(", ", 1))


def build_fault_plan(
    node: Node | None, findings: Findings, *, request: Node | None, is_application: bool = False
) -> FaultPlan | None:
    """The plan of a `fault` whose shape was checked; None for none. Contradictions are noted.

    `request` are the parameters beside it: only a stream can be cut, and an application may ask for one itself.
    """
    if node is None or node.value is None:
        return None
    if node.items is not None:
        attempts = tuple(_build(item, findings) for item in node.items)
        plan = FaultPlan(attempts=attempts)
    else:
        fault = _build(node, findings)
        times, number = node.member("times"), node.member("request")
        plan = FaultPlan(
            attempts=(fault,) * (1 if times is None else _whole(times)),
            repeats=times is None,
            request=None if number is None else _whole(number),
        )
    cut = next((one for one in plan.attempts if one is not None and FAULTS[one.kind].is_of_streams), None)
    if cut is not None and not is_application:
        _check_is_streamed(cut.kind, node, request, findings)
    return plan


def _build(node: Node, findings: Findings) -> Fault | None:
    members = node.members
    if members is None:
        return None
    kinds = [kind for kind in FAULTS if kind in members]
    if len(kinds) != 1:
        which = " and ".join(f"'{kind}'" for kind in kinds)
        message = f"{which} stand in one fault" if kinds else "a fault without a kind"
        place = node.key(kinds[1]) if kinds else node
        advice = "write them as a list: one fault for each attempt" if kinds else f"give it one of {_NAMES}"
        findings.error("PC102" if kinds else "PC105", message, place, advice=advice)
        return None
    kind = kinds[0]
    for owner, name in ((owner, name) for owner, rule in FAULTS.items() if owner != kind for name in rule.takes):
        if name in members:
            message = f"'{name}' belongs to a fault with '{owner}', and this one has '{kind}'"
            findings.error("PC102", message, node.key(name), advice=f"leave it out, or write a {owner}")
    headers, body = members.get("headers"), members.get("body")
    return Fault(
        kind=kind,
        detail=_detail(members[kind]),
        # RFC 9110 (5.1): names of headers have no case.
        headers={name.lower(): _text(value) for name, value in ((headers and headers.members) or {}).items()},
        body=None if body is None else body.value,
    )


def _detail(node: Node) -> str | int:
    cut = node.member("cut_after")
    value = node.value if cut is None else cut.value
    return value if isinstance(value, str) else int(cast("float", value))


def _whole(node: Node) -> int:
    return int(cast("float", node.value))


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else show(node.value)


def _check_is_streamed(kind: str, node: Node, request: Node | None, findings: Findings) -> None:
    stream = None if request is None else request.member("stream")
    if stream is None or stream.value is not True:
        message = f"a '{kind}' fault cuts a streamed answer, and this request asks for none"
        findings.error("PC102", message, node, advice="write stream: true in 'request'")


def build_retry(node: Node | None) -> RetryPolicy:
    """The policy of a `retry` whose shape was checked; what it does not name is the run's."""
    if node is None:
        return RetryPolicy()
    attempts, max_wait, kinds = (node.member(name) for name in ("attempts", "max_wait", "kinds"))
    return RetryPolicy(
        attempts=None if attempts is None else _whole(attempts),
        max_wait=None if max_wait is None else float(cast("float", max_wait.value)),
        kinds=None if kinds is None else tuple(str(item.value) for item in kinds.items or ()),
    )
