"""Providers of a configuration -> models of ours, what is sent to each, and which prompts each is asked with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType

from prompt_contracts.cases.node import INCLUDE_KEYS
from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.promptfoo.columns import fixed_text
from prompt_contracts.exchange.promptfoo.configuration_folder import ConfigurationFolder
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError
from prompt_contracts.exchange.promptfoo.unread_keys import LeftOut, Losses, beside, of_provider
from prompt_contracts.exchange.written_shape import is_model_name, is_parameter, is_tool, parameter_names
from prompt_contracts.json_value import Json, show
from prompt_contracts.providers.catalog import CATALOG


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One provider that could be carried over."""

    model: str
    """`provider:model`."""
    label: str
    endpoint: str | None
    request: Mapping[str, Json]
    tools: tuple[Mapping[str, Json], ...]
    """Function tools in OpenAI's full form."""
    prompts: tuple[str, ...] | None
    """Labels of the prompts that it is asked with; None: all."""


@dataclass(kw_only=True)
class Entries:
    """What came of all providers."""

    models: list[ModelEntry] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    left_out: Losses = field(default_factory=Losses)


_READS = "a case file would take its '{}' for the name of something to read"


# Name there -> name here; the words after it that only say which API is meant.
_PROVIDERS: Mapping[str, str] = MappingProxyType(
    {**{name: name for name in CATALOG}, "azureopenai": "azure", "togetherai": "together"}
)
_KINDS = ("chat", "responses", "completion", "assistant", "embedding", "embeddings", "realtime", "image", "moderation")
# promptfoo sends a temperature and a limit of its own to all that it asks as it asks OpenAI (2026-11).
_WITH_DEFAULTS = frozenset(name for name, row in CATALOG.items() if not row.self_hosted) - {"mistral"}
_REASONS = re.compile(r"(?:^|/)(?:o[134](?:-|$)|gpt-[5-9])")

_UNSENT: Mapping[str, str] = MappingProxyType(
    {
        "apiKey": "keys come from the environment, and are never written into a case file",
        "apiKeyEnvar": "name it in the configuration: [tool.prompt_contracts.providers.NAME] api_key_env",
        "apiBaseUrl": "declare the server: [tool.prompt_contracts.providers.NAME] base_url",
        "apiHost": "declare the server: [tool.prompt_contracts.providers.NAME] base_url",
        "headers": "declare them: [tool.prompt_contracts.providers.NAME] headers",
        "organization": "the variable OPENAI_ORG_ID says it",
        "cost": 'declare it: [tool.prompt_contracts.prices."provider:model"]',
        "inputCost": 'declare it: [tool.prompt_contracts.prices."provider:model"]',
        "outputCost": 'declare it: [tool.prompt_contracts.prices."provider:model"]',
        "functionToolCallbacks": "they are programs; write what tools return: tool_results",
        "mcp": "its tools are on a server that is not asked; write them under tools",
    }
)
_HARMLESS = ("apiKey", "organization", "cost", "inputCost", "outputCost")
_ADDRESSES = ("apiBaseUrl", "apiHost")


def read_providers(written: Json, folder: ConfigurationFolder) -> Entries:
    """All providers of a configuration."""
    entries = Entries()
    for each in _listed(written, folder, entries):
        try:
            entries.models.append(_Provider(each, folder, entries).read())
        except NotCarriedError as error:
            entries.dropped.append(f"provider {_shown(each)}: {error}")
    return entries


def _shown(written: Json) -> str:
    name = (written.get("id") or next(iter(written), "")) if isinstance(written, dict) else written
    return show(name, limit=80).strip('"')


def _listed(written: Json, folder: ConfigurationFolder, entries: Entries) -> Iterator[Json]:
    for each in written if isinstance(written, list) else [] if written is None else [written]:
        if isinstance(each, str) and each.startswith("file://"):
            try:
                for reference in folder.matches(each):
                    yield from _listed(folder.data(reference), folder, entries)
            except NotCarriedError as error:
                entries.dropped.append(f"provider {each}: {error}")
        else:
            yield each


class _Provider:
    """One entry: an id, a mapping with an id, or an id with a mapping."""

    def __init__(self, written: Json, folder: ConfigurationFolder, entries: Entries) -> None:
        self._folder = folder
        self._entries = entries
        if isinstance(written, dict) and "id" not in written and len(written) == 1:
            name, options = next(iter(written.items()))
            if options is not None and not isinstance(options, dict):
                raise NotCarriedError("its options are no mapping")
            written = {"id": name, **(options or {})}
        self._options: Mapping[str, Json] = written if isinstance(written, dict) else {"id": written}
        self._id = self._options.get("id")
        label = self._options.get("label")
        self._place = f"provider {label if isinstance(label, str) else self._id}"

    def read(self) -> ModelEntry:
        if not isinstance(self._id, str):
            raise NotCarriedError("it has no id")
        model, endpoint = self._model(self._id)
        config = self._options.get("config")
        config = dict(config) if isinstance(config, dict) else {}
        if any(name in config for name in _ADDRESSES) and not model.startswith("azure:"):
            raise NotCarriedError(
                "it has an address of its own: declare it as [tool.prompt_contracts.providers.NAME] with base_url, and "
                f"write NAME:{model.partition(':')[2]} under models"
            )
        for name in ("transform", "env", "delay"):
            if name in self._options:
                self._drop(name, "nothing here runs on outputs, sets variables, or waits between requests")
        self._entries.left_out.add(self._place, of_provider(self._options))
        label = self._options.get("label")
        request, tools = self._request(config, model, endpoint)
        prompts = self._options.get("prompts")
        return ModelEntry(
            model=model,
            label=label if isinstance(label, str) else self._id,
            endpoint=endpoint,
            request=request,
            tools=tools,
            prompts=tuple(map(str, prompts)) if isinstance(prompts, list) else None,
        )

    def _model(self, written: str) -> tuple[str, str | None]:
        name, _, rest = written.partition(":")
        if name not in _PROVIDERS or not rest:
            raise NotCarriedError(
                "no built-in provider here; one that speaks like OpenAI's API is declared in the configuration: "
                "[tool.prompt_contracts.providers.NAME]"
            )
        kind, _, model = rest.partition(":")
        if kind not in _KINDS:
            kind, model = ("completion" if name == "ollama" else "chat"), rest
        if name == "ollama" and kind == "completion":
            self._tell("it is asked by /v1/chat/completions here", is_dropped=False)
        elif kind not in ("chat", "responses"):
            raise NotCarriedError(f"the API {kind!r} is none of chat and responses")
        if not model or not is_model_name(model):
            raise NotCarriedError("it names no model")
        return f"{_PROVIDERS[name]}:{model}", "responses" if kind == "responses" else None

    def _drop(self, name: str, reason: str) -> None:
        self._tell(f"{name}: {reason}", is_dropped=True)

    def _tell(self, what: str, *, is_dropped: bool) -> None:
        self._entries.left_out.add(self._place, [LeftOut(what=what, is_dropped=is_dropped)])

    def _request(
        self, config: dict[str, Json], model: str, endpoint: str | None
    ) -> tuple[dict[str, Json], tuple[Mapping[str, Json], ...]]:
        tools = self._tools(config)
        request, refused = read_request(config, self._folder)
        for name, reason in refused:
            self._tell(f"{name}: {reason}", is_dropped=name not in _HARMLESS)
        provider, _, bare = model.partition(":")
        if _REASONS.search(bare):
            for name in ("temperature", "max_tokens"):
                if name in request:
                    del request[name]
                    note = f"promptfoo does not send {name} to models that reason, and neither does this"
                    self._tell(note, is_dropped=False)
        elif provider in _WITH_DEFAULTS and config.get("omitDefaults") is not True:
            limit = "max_output_tokens" if endpoint == "responses" else "max_tokens"
            request = {"temperature": 0, limit: 1024, **request}
        if "tool_choice" in request and not tools:
            del request["tool_choice"]
            self._drop("tool_choice", "no tools could be carried over for it")
        return request, tools

    def _tools(self, config: dict[str, Json]) -> tuple[Mapping[str, Json], ...]:
        found: list[Mapping[str, Json]] = []
        for key in ("tools", "functions"):
            try:
                left: list[LeftOut] = []
                found += read_tools(config.pop(key, None), self._folder, left)
                self._entries.left_out.add(self._place, left)
            except NotCarriedError as error:
                self._drop(key, str(error))
        return tuple(found)


def read_request(
    config: Mapping[str, Json], folder: ConfigurationFolder
) -> tuple[dict[str, Json], list[tuple[str, str]]]:
    """The parameters of a request among options, by our names, and the others with the reason why they are not sent."""
    known = set(parameter_names())
    request: dict[str, Json] = {}
    refused: list[tuple[str, str]] = []
    # What is passed through comes last there, and so over what is set.
    for name, value in sorted(config.items(), key=lambda item: item[0] == "passthrough"):
        if name == "omitDefaults":
            continue
        if name == "function_call":
            request["tool_choice"] = {"type": "function", "function": value} if isinstance(value, dict) else value
        elif name == "passthrough" and isinstance(value, dict):
            request |= {key: each for key, each in value.items() if key in known}
            others = {key: each for key, each in value.items() if key not in known}
            beside_it = request.get("extra_body")
            others |= beside_it if isinstance(beside_it, dict) else {}
            request |= {"extra_body": others} if others else {}
        elif name in known:
            try:
                request[name] = _loaded(value, folder)
            except NotCarriedError as error:
                refused.append((name, str(error)))
        else:
            refused.append((name, _UNSENT.get(name, "it is no parameter of a request here")))
    wrong = [name for name, value in request.items() if not is_parameter(name, value)]
    refused += [(name, f"{show(request.pop(name), limit=40)} is no value of this parameter") for name in wrong]
    reading = {name: key for name, value in request.items() if (key := _reading_key(value)) is not None}
    refused += [(name, f"{show(request.pop(name), limit=40)}: {_READS.format(key)}") for name, key in reading.items()]
    return request, refused


def _reading_key(value: Json) -> str | None:
    """A key at which a case file would read something else, in data that anybody may have written."""
    if isinstance(value, dict):
        own = next((key for key in INCLUDE_KEYS if key in value), None)
        return own or next(filter(None, map(_reading_key, value.values())), None)
    return next(filter(None, map(_reading_key, value)), None) if isinstance(value, list) else None


def _loaded(value: Json, folder: ConfigurationFolder) -> Json:
    if isinstance(value, str) and value.startswith("file://"):
        return folder.data(value)
    if isinstance(value, str):
        return fixed_text(value)
    if isinstance(value, dict):
        return {key: _loaded(member, folder) for key, member in value.items()}
    return [_loaded(item, folder) for item in value] if isinstance(value, list) else value


def read_tools(written: Json, folder: ConfigurationFolder, left: list[LeftOut]) -> Iterator[Mapping[str, Json]]:
    """Function tools in OpenAI's full form, from whichever form they have; `left` gets what nothing is made of."""
    if isinstance(written, str):
        for reference in folder.matches(written):
            yield from read_tools(folder.data(reference), folder, left)
        return
    if written is None:
        return
    for each in written if isinstance(written, list) else [written]:
        if isinstance(each, str):
            yield from read_tools(each, folder, left)
        elif isinstance(each, dict):
            yield _tool(each, left)
        else:
            raise NotCarriedError(f"{show(each, limit=60)} is no tool")


def _tool(written: Mapping[str, Json], left: list[LeftOut]) -> Mapping[str, Json]:
    function = written.get("function")
    if isinstance(function, dict):
        left += beside(written, ("type", "function"), where="tools: ")
    elif written.get("type") in (None, "function"):
        function = {key: value for key, value in written.items() if key != "type"}
    if isinstance(function, dict):
        schema = "input_schema" if function.get("parameters") is None else "parameters"
        left += beside(function, (*_OF_A_FUNCTION, schema, "parameters"), where="tools: ")
        tool: dict[str, Json] = {"type": "function", "function": _known(function)}
        if (key := _reading_key(tool)) is not None:
            raise NotCarriedError(f"the tool {show(function['name'], limit=40)}: {_READS.format(key)}")
        if not is_tool(tool):
            raise NotCarriedError(f"the tool {show(function['name'], limit=40)} has not the form of a function")
        return tool
    raise NotCarriedError(f"a tool of the type {show(written.get('type'), limit=40)} is none that a case offers")


_OF_A_FUNCTION = ("name", "description", "strict")


def _known(function: Mapping[str, Json]) -> dict[str, Json]:
    if not isinstance(function.get("name"), str):
        raise NotCarriedError("a tool without a name")
    schema = function.get("parameters", function.get("input_schema"))
    kept = {key: function[key] for key in _OF_A_FUNCTION if key in function}
    return {**kept, **({} if schema is None else {"parameters": schema})}


def common_tools(entries: Iterable[ModelEntry]) -> tuple[str, ...]:
    """Names of the tools that every one of the models is offered, in the order of the first."""
    names = [[str(_function(tool)["name"]) for tool in entry.tools] for entry in entries]
    return tuple(name for name in (names[0] if names else ()) if all(name in each for each in names))


def _function(tool: Mapping[str, Json]) -> Mapping[str, Json]:
    function = tool["function"]
    assert isinstance(function, dict)  # noqa: S101 - this is how they are made above
    return function
