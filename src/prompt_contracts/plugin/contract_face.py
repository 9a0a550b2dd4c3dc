"""What the fixture `prompt_contract` gives to a test: a provider to ask, and the contract that holds of what came."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from inspect import currentframe
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from prompt_contracts.application.addresses import PLACEHOLDER_KEY, leading_variables
from prompt_contracts.conversation.driven_trial import NO_REPLY, DrivenTrial

if TYPE_CHECKING:
    from prompt_contracts.engine.expected import ExpectFacets
    from prompt_contracts.plugin.driven_test import DrivenTest


class StandIn:
    """A provider on the loopback for one test: it is played from the recording, or asked and recorded."""

    def __init__(self, test: DrivenTest) -> None:
        """Made by `prompt_contract.provider`."""
        self._test = test
        self._trial: DrivenTrial | None = None

    def __enter__(self) -> StandIn:
        """Open the address."""
        self._trial = self._test.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Revoke the address. What the application made of a recording that cannot serve is told by that."""
        __tracebackhide__ = True
        self._opened.close()
        if error is None or self._test.is_failure(error):
            self._test.raise_problem(cause=error)

    @property
    def _opened(self) -> DrivenTrial:
        if self._trial is None:
            raise RuntimeError("the provider has no address yet: write 'with prompt_contract.provider(...) as ...:'")
        return self._trial

    @property
    def base_url(self) -> str:
        """Where the application finds it; it ends in /v1."""
        return self._opened.base_url

    @property
    def api_key(self) -> str:
        """A placeholder: no key is needed here, and none is given."""
        return PLACEHOLDER_KEY

    @property
    def model(self) -> str:
        """The model to ask for, without its provider."""
        return self._opened.trial.cell.target.model

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead programs and SDKs here, whatever package they are made with."""
        return leading_variables(self.base_url, self.model, os.environ)

    @property
    def requests(self) -> list[Any]:
        """The bodies of the requests so far."""
        return [each.request.body for each in self._opened.interactions]


class PromptContract:
    """The contract of one test: what the fixture `prompt_contract` is.

    >>> from openai import OpenAI
    >>> from prompt_contracts import PromptContract
    >>> def test_greets(prompt_contract: PromptContract) -> None:
    ...     with prompt_contract.provider("house:small") as provider:
    ...         with OpenAI(base_url=provider.base_url, api_key=provider.api_key) as client:
    ...             question = {"role": "user", "content": "Say hello."}
    ...             client.chat.completions.create(model=provider.model, messages=[question])
    ...     prompt_contract.expect(provider, text={"$contains": "ello"})
    """

    def __init__(self, test: DrivenTest) -> None:
        """Made by the fixture."""
        self._test = test

    @property
    def model(self) -> str | None:
        """The `provider:model` of this cell, where a mark or `--pc-model` says it."""
        return self._test.axis.model

    @property
    def row(self) -> Mapping[str, Any]:
        """The row of this cell, as the mark says it; empty without rows."""
        return self._test.axis.row

    @property
    def trial(self) -> int:
        """Which run of the test this is, from 1."""
        return self._test.axis.trial

    def provider(
        self,
        model: str | None = None,
        *,
        fault: Mapping[str, Any] | Sequence[Mapping[str, Any] | None] | None = None,
        timeout: float | None = None,
    ) -> StandIn:
        """The one provider of this test, as a context manager; it stands in for `provider:model`.

        The model of a mark, or of `--pc-model`, goes before the one given here. `fault` is what a case says under that
        key. `timeout` is in seconds for one attempt at the real provider.
        """
        self._test.prepare(_caller(currentframe()), model, fault=fault, timeout=timeout)
        return StandIn(self._test)

    def expect(
        self,
        provider: StandIn,
        expected: Mapping[str, Any] | None = None,
        /,
        *,
        reply: object = NO_REPLY,
        tools: Sequence[Mapping[str, Any] | Callable[..., object]] | None = None,
        **facets: Unpack[ExpectFacets],
    ) -> None:
        """State what holds of all that came so far, and fail the test where it does not.

        The facets are those of a case. `reply` is what the application made of it all: then `text` and `json` judge
        that, and else the model's last answer. `tools` are the tools that were offered.
        """
        __tracebackhide__ = True
        if provider._test is not self._test:  # noqa: SLF001 - both are faces of one test
            raise TypeError("the provider is that of another test")
        self._test.state(
            _caller(currentframe()), {**(expected or {}), **facets}, reply=reply, tools=tools, given=facets
        )


def _caller(frame: FrameType | None) -> FrameType:
    caller = None if frame is None else frame.f_back
    if caller is None:
        raise RuntimeError("this interpreter does not tell who calls")
    return caller
