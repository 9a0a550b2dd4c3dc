"""Our dataclasses are the standard library's in all that one can see of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from functools import cached_property
from typing import Any

import pytest

from prompt_contracts import changed_fields, data_class, initializer
from tests.house.test_house import MODULES

Decorate = Callable[..., Callable[[type], Any]]
FORMS = [
    {"frozen": frozen, "slots": slots, "kw_only": kw_only, "eq": eq}
    for frozen in (True, False)
    for slots in (True, False)
    for kw_only in (True, False)
    for eq in (True, False)
]


def made(decorate: Decorate, form: dict[str, bool]) -> tuple[Any, Any]:
    """A noun with all that ours use, and one that inherits it."""

    class Noun:
        """What is told of it."""

        name: str
        size: int | None = None
        """None: unknown."""
        parts: list[int] = field(default_factory=list)
        secret: str = field(default="hidden", repr=False)
        note: str = field(default="", compare=False)
        shown: str = field(init=False)
        fixed: int = field(default=7, init=False)
        seen: dict[str, int] = field(default_factory=dict, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "shown", f"{self.name}!")

    noun = decorate(**form)(Noun)

    class Heir(noun):  # type: ignore[misc, valid-type]
        """It is told of, too: a doc that the standard library makes up we have no need of."""

        more: int = 3

        def __repr__(self) -> str:
            return "an heir"

    return noun, decorate(**form)(Heir)


@pytest.fixture(
    scope="module", params=FORMS, ids=lambda form: "-".join(name for name, is_on in form.items() if is_on) or "plain"
)
def both(request: pytest.FixtureRequest) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Ours and the standard library's, each a noun and its heir."""
    return made(data_class.dataclass, request.param), made(dataclasses.dataclass, request.param)


def tried(call: Callable[[], object]) -> object:
    """What came of a call, to be compared."""
    try:
        found = call()
    except (AttributeError, TypeError, ValueError) as error:
        return type(error), str(error).replace("_unset", "")
    return found


CALLS: dict[str, Callable[[Any], object]] = {
    "repr": lambda noun: repr(noun(name="a", size=1)),
    "too few": lambda noun: noun(),
    "too many": lambda noun: noun(name="a", other=1),
    "by place": lambda noun: repr(noun("a", 2, [3])),
    "values": lambda noun: dataclasses.asdict(noun(name="a", parts=[4])),
    "equal": lambda noun: noun(name="a", note="x") == noun(name="a", note="y"),
    "unequal": lambda noun: noun(name="a") == noun(name="b"),
    "another class": lambda noun: noun(name="a") == "a",
    "another class's method": lambda noun: noun(name="a").__eq__("a"),
    "unhashable": lambda noun: hash(noun(name="a")) and None,
    "hashable": lambda noun: hash(noun(name="a", parts=())) and None,
    "equal hashes": lambda noun: (
        {noun(name="a", parts=(1,), note="x"): 1}.get(noun(name="a", parts=(1,))) if is_hashed_by_value(noun) else None
    ),
    "set": lambda noun: setattr(noun(name="a"), "name", "b"),
    "delete": lambda noun: delattr(noun(name="a"), "name"),
    "own lists": lambda noun: noun(name="a").parts is noun(name="a").parts,
    "replaced": lambda noun: repr(dataclasses.replace(noun(name="a"), name="b", size=5)),
    "replaced by ours": lambda noun: repr(changed_fields.replace(noun(name="a"), name="b", size=5)),
    "replaced what is no argument": lambda noun: dataclasses.replace(noun(name="a"), shown="b"),
    "copied": lambda noun: repr(copy.copy(noun(name="a", size=6))),
    "copied deep": lambda noun: repr(copy.deepcopy(noun(name="a", size=6))),
    "patterns": lambda noun: noun.__match_args__,
    "doc": lambda noun: noun.__doc__,
    "parameters": lambda noun: [
        (each.name, each.kind, each.annotation, each.default is inspect.Parameter.empty)
        for each in inspect.signature(noun).parameters.values()
    ],
    "fields": lambda noun: [(each.name, each.type, each.kw_only, each.init) for each in dataclasses.fields(noun)],
    "dict": lambda noun: hasattr(noun(name="a"), "__dict__"),
    "name of the method": lambda noun: noun.__init__.__qualname__,
}


def is_hashed_by_value(noun: Any) -> bool:
    return noun.__hash__ not in (None, object.__hash__)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("which", [0, 1], ids=["noun", "heir"])
def test_a_dataclass_of_ours_is_one_of_the_standard_library(
    both: tuple[tuple[Any, Any], tuple[Any, Any]], which: int, call: Callable[[Any], object]
) -> None:
    ours, theirs = both

    assert tried(lambda: call(ours[which])) == tried(lambda: call(theirs[which]))


def test_a_frozen_one_refuses_what_the_standard_library_refuses() -> None:
    noun, _ = made(data_class.dataclass, {"frozen": True, "slots": True, "kw_only": True})

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        noun(name="a").name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'nothing'"):
        noun(name="a").nothing = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del noun(name="a").name


@data_class.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Pickle finds it by its name."""

    number: int
    parts: tuple[int, ...] = ()


@data_class.dataclass(frozen=True, kw_only=True)
class Worked:
    """One that keeps what it worked out."""

    number: int

    @cached_property
    def double(self) -> int:
        return 2 * self.number


def test_pickles_come_back_equal() -> None:
    assert pickle.loads(pickle.dumps(Sent(number=1, parts=(2,)))) == Sent(number=1, parts=(2,))


@pytest.mark.parametrize(
    "changes", [{}, {"number": 3}, {"number": 3, "parts": ()}, {"other": 1}, {"number": 1, "class": 2}]
)
def test_one_is_replaced_as_by_the_standard_library(changes: dict[str, Any]) -> None:
    one = Sent(number=1, parts=(2,))

    assert tried(lambda: changed_fields.replace(one, **changes)) == tried(lambda: dataclasses.replace(one, **changes))


@data_class.dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """One of so many fields that it is filled as one of an open class."""

    a: int
    b: int = 2
    c: tuple[int, ...] = ()
    d: list[int] = field(default_factory=list)
    e: str = "e"
    f: str | None = None
    g: int = field(default=7, init=False)


class Checked(Wide):
    """No dataclass itself, and with attributes of its own."""

    def __init__(self, *, a: int, **others: Any) -> None:
        super().__init__(a=a + 1, **others)
        object.__setattr__(self, "note", "checked")


class Plainer(Wide):
    """No dataclass itself."""


@pytest.mark.parametrize("cls", [Wide, Plainer])
def test_one_of_many_fields_is_of_its_class_and_frozen(cls: type[Wide]) -> None:
    one = cls(a=1, f="x")
    other = changed_fields.replace(one, e="y")

    assert type(one) is type(other) is cls
    assert repr(other) == f"{cls.__name__}(a=1, b=2, c=(), d=[], e='y', f='x', g=7)"
    assert one == pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) != other
    for noun in (one, other):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'a'"):
            noun.a = 2  # type: ignore[misc]
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'a'"):
            del noun.a


def test_a_class_that_makes_its_objects_in_its_own_way_is_asked_to() -> None:
    one = Checked(a=1)

    assert vars(one) == {"note": "checked"}
    assert one.a == 2
    assert changed_fields.replace(one, b=5) == dataclasses.replace(one, b=5) == Checked(a=2, b=5)


def test_no_noun_has_the_class_in_which_it_was_filled() -> None:
    assert all(
        type(noun) is not initializer.open_class(Wide) for noun in (Wide(a=1), changed_fields.replace(Wide(a=1)))
    )


def test_what_was_worked_out_of_one_is_not_taken_along() -> None:
    one = Worked(number=2)

    assert one.double == 4
    assert changed_fields.replace(one, number=3).double == 6


def test_what_a_frozen_one_works_out_is_kept() -> None:
    noun = Worked(number=2)

    assert noun.double == 4
    assert vars(noun)["double"] == 4


def test_one_that_holds_itself_is_described() -> None:
    noun, _ = made(data_class.dataclass, {"frozen": True, "slots": True, "kw_only": True})
    one = noun(name="a")
    one.parts.append(one)

    assert "parts=[...]" in repr(one)


def test_every_dataclass_of_the_package_is_a_cheap_one() -> None:
    found = [
        path.name
        for path in MODULES
        if path.name != "data_class.py" and "@dataclass(" in path.read_text(encoding="utf-8")
        if "from prompt_contracts.data_class import dataclass" not in path.read_text(encoding="utf-8")
    ]

    assert found == []
