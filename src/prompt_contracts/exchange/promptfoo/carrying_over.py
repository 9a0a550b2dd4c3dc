"""A whole configuration -> the tree of a case file, and a list of what is not in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.case_text import Remarked, Tree, as_tree
from prompt_contracts.exchange.promptfoo.assertions import Surroundings
from prompt_contracts.exchange.promptfoo.columns import Columns
from prompt_contracts.exchange.promptfoo.configuration_folder import (
    CODE,
    ConfigurationFolder,
    read_data,
    read_regular_file,
)
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, free_name, slug
from prompt_contracts.exchange.promptfoo.joined_rows import CaseTree, joined
from prompt_contracts.exchange.promptfoo.left_out_keys import remarks_on, repeat_of
from prompt_contracts.exchange.promptfoo.prompt_entries import PromptEntry, read_prompts
from prompt_contracts.exchange.promptfoo.provider_entries import (
    Entries,
    ModelEntry,
    common_tools,
    read_providers,
    read_request,
)
from prompt_contracts.exchange.promptfoo.scores import requirement_of
from prompt_contracts.exchange.promptfoo.setups import Setup, library_of, settings_of, setups_of
from prompt_contracts.exchange.promptfoo.test_entries import MOST_CELLS, TestEntry, read_tests
from prompt_contracts.exchange.promptfoo.unread_keys import LeftOut, Losses
from prompt_contracts.exchange.unfinished import UNFINISHED
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOver:
    """What a configuration came to."""

    tree: Mapping[str, Tree]
    """Empty where no test could be carried over."""
    head: tuple[str, ...]
    """Comments for the top of the file."""
    dropped: tuple[str, ...]
    """What is not carried over, with the reason, one line each."""
    differences: tuple[str, ...]
    """What is carried over and is not quite the same."""


def carried_over(path: Path) -> CarriedOver:
    """Read a configuration; `NotCarriedError` where it is none at all."""
    if path.suffix.lower() in CODE:
        raise NotCarriedError("it is a program, and nothing is run; write its configuration out as YAML first")
    try:
        text = read_regular_file(path.resolve()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotCarriedError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    config = read_data(text, path.name)
    if not isinstance(config, dict) or not {"prompts", "providers", "targets", "tests", "scenarios"} & set(config):
        raise NotCarriedError("this is no configuration of promptfoo: it has no prompts, providers or tests")
    return _Conversion(config, ConfigurationFolder(path.resolve().parent)).run()


class _Conversion:
    """One configuration on its way."""

    def __init__(self, config: Mapping[str, Json], folder: ConfigurationFolder) -> None:
        self._config = config
        self._folder = folder
        self._dropped: list[str] = []
        self._differences: list[str] = []
        self._names: set[str] = set()
        self._prompts: list[PromptEntry] = []
        self._cells = 0
        self._left_out = Losses()
        """What nothing is made of, by the tests where it stands."""

    def run(self) -> CarriedOver:
        for remark, is_dropped in remarks_on(self._config):
            (self._dropped if is_dropped else self._differences).append(remark)
        written = self._config.get("providers")
        entries = read_providers(self._config.get("targets") if written is None else written, self._folder)
        prompts = read_prompts(self._config.get("prompts"), self._folder)
        tests = read_tests(self._config, self._folder)
        self._dropped += [*entries.dropped, *prompts.dropped, *tests.dropped]
        for places in (entries.left_out, prompts.left_out, tests.left_out):
            self._dropped += places.told(is_dropped=True)
            self._differences += places.told(is_dropped=False)
        for test in tests.found:
            self._left_out.add(test.shown, test.left_out)
        self._differences += self._left_out.told(is_dropped=False)
        self._prompts = self._readable(prompts.found)
        self._dropped += _never_asked(entries.models, self._prompts)
        head = [*self._description(), *self._remarks(), *_advice(entries)]
        setups = setups_of(entries.models, self._prompts)
        usual = tests.found[0].options if tests.found else {}
        shared = self._written_prompts(self._prompts, Columns([{}], is_inlined=False), usual)
        cases = [case for test in tests.found for case in self._cases(test, setups, shared=shared)]
        self._dropped += self._left_out.told(is_dropped=True)
        tree: dict[str, Tree] = {}
        if cases:
            tree = self._file(setups, shared, joined(cases))
        return CarriedOver(
            tree=tree,
            head=tuple(head),
            dropped=tuple(dict.fromkeys(self._dropped)),
            differences=tuple(dict.fromkeys(self._differences)),
        )

    def _description(self) -> list[str]:
        text = self._config.get("description")
        return [text] if isinstance(text, str) and text.strip() else []

    def _remarks(self) -> list[str]:
        return [
            *(f"not carried over: {each}" for each in dict.fromkeys(self._dropped)),
            *(f"differs: {each}" for each in dict.fromkeys(self._differences)),
        ]

    def _file(self, setups: Sequence[Setup], shared: Mapping[str, Tree], cases: list[CaseTree]) -> dict[str, Tree]:
        first = setups[0]
        tree: dict[str, Tree] = {"version": 1}
        if first.entries:
            tree["models"] = [entry.model for entry in first.entries]
        library = library_of(first.entries)
        defaults: dict[str, Tree] = dict(settings_of(first.entries, library))
        repeat = self._repeat()
        defaults |= {"trials": repeat} if repeat > 1 else {}
        if len(cases) == 1 and len(prompts := _members(cases[0].get("prompts", shared))) == 1:
            cases = [_with_prompt(cases[0], prompts[0])]
        elif any("prompts" not in case for case in cases):
            defaults = {"prompts": dict(shared), **defaults}
        if defaults:
            tree["defaults"] = defaults
        if library:
            tree["tools"] = dict(library)
        tree["cases"] = list[Tree](cases)
        return tree

    def _repeat(self) -> int:
        options = self._config.get("evaluateOptions"), self._config.get("commandLineOptions")
        found = [repeat_of(each["repeat"]) for each in options if isinstance(each, dict) and "repeat" in each]
        return next((each for each in found if each is not None), 1)

    def _readable(self, prompts: Sequence[PromptEntry]) -> list[PromptEntry]:
        found: list[PromptEntry] = []
        for each in prompts:
            try:
                each.filled(Columns([{}], is_inlined=False), prefix="", suffix="")
                found.append(each)
            except NotCarriedError as error:
                self._dropped.append(f"prompt {each.name}: {error}")
        return found

    def _written_prompts(
        self, prompts: Sequence[PromptEntry], columns: Columns, options: Mapping[str, Json]
    ) -> dict[str, Tree]:
        prefix, suffix = (each if isinstance(each := options.get(key), str) else "" for key in ("prefix", "suffix"))
        return {each.name: each.filled(columns, prefix=prefix, suffix=suffix) for each in prompts}

    def _cases(self, test: TestEntry, setups: Sequence[Setup], *, shared: Mapping[str, Tree]) -> Iterator[CaseTree]:
        if setups and not any(setup.narrowed(test.written) for setup in setups) and _is_filtered(test):
            self._dropped.append(f"{test.shown}: none of the providers and prompts that it names is carried over")
        is_inlined = any(_is_template(value) for each in test.combinations for value in each.values())
        groups = [[each] for each in test.combinations] if is_inlined else [list(test.combinations)]
        for setup in setups:
            chosen = setup.narrowed(test.written)
            if chosen is None:
                continue
            for group in groups:
                self._cells += len(group) * max(1, len(chosen.entries)) * max(1, len(chosen.prompts))
                if self._cells > MOST_CELLS:
                    self._dropped.append(f"{test.shown} and what follows: more than {MOST_CELLS:,} cells are not taken")
                    return
                columns = Columns(group, is_inlined=is_inlined)
                over = () if setup is setups[0] else setups[0].entries
                try:
                    yield self._case(test, chosen, columns, over=over, shared=shared)
                except NotCarriedError as error:
                    self._dropped.append(f"{test.shown}: {error}")

    def _case(
        self, test: TestEntry, setup: Setup, columns: Columns, *, over: Sequence[ModelEntry], shared: Mapping[str, Tree]
    ) -> CaseTree:
        dropped: list[str] = []
        differences: list[str] = []
        prompts = self._written_prompts(setup.prompts, columns, test.options)
        request, left = self._options(test)
        around = Surroundings(folder=self._folder, columns=columns, tools=common_tools(setup.entries))
        if {"transform", "postprocess"} & set(test.options):
            needed = None
        else:
            needed = requirement_of(test.assertions, threshold=test.written.get("threshold"), around=around)
            dropped += needed.dropped
            differences += needed.differences
        expect = dict(needed.expect) if needed is not None else {}
        if not expect:
            dropped += (
                []
                if dropped or needed is None
                else ["promptfoo asserts nothing here, and an answer is enough for it to pass"]
            )
            expect = {"text": UNFINISHED}
        name = free_name(slug(test.description or "") or f"test_{test.number}", self._names)
        self._names.add(name.casefold())
        case: CaseTree = {"name": name}
        description = test.description
        if description and slug(description) != name and "{{" not in description and "{%" not in description:
            case["description"] = description
        case |= self._what_differs(setup, prompts, over=over, shared=shared)
        rows = columns.rows()
        if rows[0] or len(rows) > 1:
            case["rows"] = [as_tree(row) for row in rows]
        case |= {"request": as_tree(request)} if request else {}
        case["expect"] = expect
        self._left_out.add(test.shown, left)
        dropped_here = [*(each.what for each in (*test.left_out, *left) if each.is_dropped), *dropped]
        self._dropped += [f"{test.shown}: {each}" for each in dropped]
        self._differences += [f"{test.shown}: {each}" for each in differences]
        remarks = (
            *(f"not carried over: {each}" for each in dropped_here),
            *(f"differs: {each}" for each in differences),
        )
        return {**case, "expect": Remarked(value=expect, remarks=remarks)} if remarks else case

    def _what_differs(
        self,
        setup: Setup,
        prompts: dict[str, Tree],
        *,
        over: Sequence[ModelEntry],
        shared: Mapping[str, Tree],
    ) -> CaseTree:
        case: CaseTree = {}
        if not setup.is_whole:
            case["models"] = [entry.model for entry in setup.entries]
        if over and setup.entries:
            case |= settings_of(setup.entries, {}, over=over)
        if prompts != shared:
            case["prompts"] = dict(prompts)
        return case

    def _options(self, test: TestEntry) -> tuple[Mapping[str, Json], list[LeftOut]]:
        """What is sent by the options of a test, and which of them nothing is made of."""
        known = {
            "prefix",
            "suffix",
            "disableVarExpansion",
            "disableDefaultAsserts",
            "disableConversationVar",
            "runSerially",
        }
        graders = {"provider", "rubricPrompt", "factuality"}
        programs = {"transform", "postprocess", "transformVars", "storeOutputAs"}
        others = {name: value for name, value in test.options.items() if name not in known | graders | programs}
        request, refused = read_request(others, self._folder)
        dropped = [f"option {name}: {reason}" for name, reason in refused]
        if "assertScoringFunction" in test.written:
            dropped.append("assertScoringFunction: it is a program, and nothing is run")
        for name in sorted(programs & set(test.options)):
            if name == "storeOutputAs":
                dropped.append(
                    "storeOutputAs: a later test uses the answer; write them as turns of one case, with extract"
                )
            elif name == "transformVars":
                raise NotCarriedError("transformVars: it is a program, and nothing is run")
            else:
                dropped.append(f"{name}: a program changes the answer before it is judged, and nothing is run")
        return request, [LeftOut(what=each, is_dropped=True) for each in dropped]


def _is_filtered(test: TestEntry) -> bool:
    return any(isinstance(test.written.get(key), list) for key in ("providers", "prompts"))


def _never_asked(models: Sequence[ModelEntry], prompts: Sequence[PromptEntry]) -> list[str]:
    """Providers that are asked with none of the prompts, so that no case has them."""
    return [
        f"provider {each.label}: none of the prompts that it names is carried over"
        for each in models
        if prompts
        and each.prompts is not None
        and not any(p.is_meant_by(name) for p in prompts for name in each.prompts)
    ]


def _members(prompts: Mapping[str, Tree] | Tree) -> list[CaseTree]:
    return [each for each in prompts.values() if isinstance(each, dict)] if isinstance(prompts, Mapping) else []


def _with_prompt(case: CaseTree, prompt: CaseTree) -> CaseTree:
    """The case with its only prompt written in it."""
    request = {**_request(prompt), **_request(case)}
    rest = {key: value for key, value in case.items() if key not in ("name", "description", "prompts", "request")}
    named = {key: value for key, value in case.items() if key in ("name", "description")}
    return {**named, **prompt, **({"request": request} if request else {}), **rest}


def _request(written: CaseTree) -> CaseTree:
    request = written.get("request")
    return request if isinstance(request, dict) else {}


def _is_template(value: Json) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _advice(entries: Entries) -> list[str]:
    if entries.models:
        return []
    return ["No model could be carried over: write `models: [provider:model]`, or run with --pc-model."]
