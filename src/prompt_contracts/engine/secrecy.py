"""What a run keeps to itself: every key that it reads, taken out of all that it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.masking import Mask, mask_of
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.providers.catalog import SECRET_VARIABLES
from prompt_contracts.secret import Secret, is_telling, longest_first, secrets_in, secrets_in_address
from prompt_contracts.settings import Settings
from prompt_contracts.transport.redaction import split_secret
from prompt_contracts.verdict import TrialResult


def answer_texts(url: str, response: ApiResponse) -> Iterator[str]:
    """Every text of every choice, and of the messages that the run of an assistant writes while it goes on."""
    path = urlsplit(url).path
    if path.endswith(("/runs", "/submit_tool_outputs")):
        if response.is_event_stream:
            yield from _messages(response)
        return
    answer = _read_responses(response) if path.endswith("/responses") else read_chat(response)
    if isinstance(answer, Completion):
        for choice in answer.choices:
            yield from filter(None, (choice.text, choice.refusal, choice.reasoning))
            yield from (call.arguments for call in choice.tool_calls)


def _messages(response: ApiResponse) -> Iterator[str]:
    from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream

    written = WrittenMessages()
    read_run_stream(response, written)
    for message in written.answers():
        yield from message_texts(message)


def message_texts(message: Mapping[str, Any]) -> Iterator[str]:
    """What a message of an assistant's thread says, part by part."""
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        said = part.get(str(part.get("type"))) if isinstance(part, dict) else None
        text = said.get("value") if isinstance(said, dict) else said
        if isinstance(text, str):
            yield text


def _read_responses(response: ApiResponse) -> Completion | ProviderError:
    from prompt_contracts.dialects.responses import read_responses  # few cases ask this family

    return read_responses(response)


class Secrecy:
    """The secrets of one run, and how they are kept."""

    def __init__(self, environ: Mapping[str, str], settings: Settings) -> None:
        """Looks for them when the first text is to be shown."""
        self._environ = environ
        self._settings = settings

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """The keys in the environment and in the project's configuration."""
        return longest_first(
            [*secrets_in(self._environ, named=tuple(key_variables(self._settings))), *_declared(self._settings)]
        )

    @cached_property
    def _mask(self) -> Mask:
        return mask_of(self.secrets)

    def masked(self, text: str) -> str:
        """The text with the name of each secret in its place."""
        return self._mask.cover(text)

    def masked_json(self, value: Any) -> Any:
        """The same plain data with every text masked, names of members too."""
        if not self.secrets:
            return value
        # A character that no secret holds: two texts side by side make none.
        together = "\0".join(_texts(value))
        # Most data holds none: one search of all texts is far cheaper than one of each.
        return value if self._mask.cover(together) == together else self._masked_json(value)

    def _masked_json(self, value: Any) -> Any:
        match value:
            case str():
                return self.masked(value)
            case list():
                return [self._masked_json(item) for item in value]
            case dict():
                return {self.masked(key): self._masked_json(item) for key, item in value.items()}
            case _:
                return value

    def without_split(self, trial: TrialResult) -> TrialResult:
        """The trial without the raw streams that bring a key in pieces, which no masking of texts finds."""
        error = trial.error
        if not trial.raw and (error is None or error.body is None):
            return trial
        # What a reader of the answer has put together tells most surely what stands in the stream.
        said = self._mask.find("\0".join(_texts({**trial.to_json(), "raw": []})))
        raw = tuple(
            each if each.response is None else replace(each, response=self._withheld(each.response, said))
            for each in trial.raw
        )
        if error is not None and error.body is not None:
            error = replace(error, body=self._withheld(error.body, None))
        is_same = raw == trial.raw and error == trial.error
        return trial if is_same else replace(trial, raw=raw, error=error)

    def _withheld(self, text: str, said: Secret | None) -> str:
        name = said.name if said is not None and "data:" in text else split_secret(self.masked(text), self.secrets)
        return text if name is None else f"(not shown: the value of {name} stands in it, over several events)"


def _texts(value: Any) -> list[str]:
    """Every text in plain data, names of members too, in no order that means anything."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            found.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found


def _declared(settings: Settings) -> Iterator[Secret]:
    """What the project's configuration holds of secrets, whoever may have written them there."""
    for name, provider in settings.providers.items():
        yield from secrets_in_address(f"providers.{name}.base_url", provider.base_url or "")
        for header, value in provider.headers.items():
            if is_telling(header):
                # The word in front is no part of the secret, which may stand elsewhere without it.
                yield Secret(f"providers.{name}.headers.{header}", value.removeprefix("Bearer ").strip())


def key_variables(settings: Settings) -> frozenset[str]:
    """The variables of the environment that hold keys of providers: the built-in ones, and those of the project."""
    own = (provider.api_key_env for provider in settings.providers.values())
    return frozenset((*(name for name in own if name is not None), *SECRET_VARIABLES))
