"""The figures that a version was put forward with: every field of them, and where in the chain they count."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from signing import CONTRACT, FILES, PROJECT, World, agreed, sha

from slacli.core.trust import chain, statements

FROZEN = Path(__file__).parent / "vectors" / "replay" / "signatures" / "versions" / "2.replay.json"
REPLAY = "signatures/versions/2.replay.json"
DIGEST = f"sha256:{'a' * 64}"


def replay(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FROZEN.read_bytes())
    return found | {"files": FILES, "version": 2, "revision": 0} | changes


def world(said: dict[str, Any] | None = None, named: bytes | None = None, **changes: Any) -> World:
    """A world in which version 2 was put forward with figures, and nobody has signed it."""
    made = agreed()
    text = rfc8785.dumps(said if said is not None else replay())
    made.version(replay=sha(text if named is None else named), effective="2027-01-01", **changes)
    made.files[REPLAY] = text
    return made


def told(made: World) -> list[tuple[str, str, str]]:
    found = chain.read(made.files, PROJECT, CONTRACT, made.pin)
    assert bool(found.replays) == (not found.problems)
    return [(one.rule, one.at.file if one.at else "", one.message) for one in found.problems]


def test_figures_that_a_manifest_names_stand_with_their_version() -> None:
    made = world()
    found = chain.read(made.files, PROJECT, CONTRACT, made.pin)
    assert found.problems == ()
    assert {name: one.text for name, one in found.replays.items()} == {"2": made.files[REPLAY]}
    assert found.replays["2"].name == "2"
    assert found.replays["2"].moment == datetime(2026, 11, 20, 14, tzinfo=UTC)


def test_figures_of_a_revision_stand_with_it() -> None:
    made = agreed()
    files = FILES | {"bindings/leads.yaml": DIGEST}
    text = rfc8785.dumps(replay(version=1, revision=1, files=files))
    made.version(1, 1, files=files, replay=sha(text))
    made.files["signatures/versions/1.1.replay.json"] = text
    found = chain.read(made.files, PROJECT, CONTRACT, made.pin)
    assert found.problems == ()
    (one,) = found.replays.values()
    assert (list(found.replays), chain.file_of(one)) == (["1.1"], "signatures/versions/1.1.replay.json")


def test_t1_figures_that_are_gone_are_told() -> None:
    made = world()
    del made.files[REPLAY]
    assert told(made) == [("altered-replay", REPLAY, "the replay that the manifest of version 2 names is gone")]


def test_t1_figures_that_the_manifest_does_not_name_are_told() -> None:
    assert told(world(named=b"other")) == [
        ("altered-replay", REPLAY, "the replay of version 2 is not the one that its manifest names")
    ]


def test_t15_figures_in_another_form_are_told_even_where_the_manifest_names_them() -> None:
    made = agreed()
    text = rfc8785.dumps(replay()) + b"\n"
    made.version(replay=sha(text), effective="2027-01-01")
    made.files[REPLAY] = text
    ((rule, file, message),) = told(made)
    assert (rule, file) == ("altered-replay", REPLAY)
    assert message.startswith("the replay of version 2 cannot be read: it is not written in the one form")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project", "00000000-0000-0000-0000-000000000000"), ("contract", "other"), ("version", 3), ("revision", 1),
        ("files", FILES | {"goals.yaml": DIGEST}),
    ],
)  # fmt: skip
def test_t3_figures_of_something_else_are_told(field: str, value: object) -> None:
    assert told(world(replay(**{field: value}))) == [
        ("altered-replay", REPLAY, "the replay of version 2 was made of another text")
    ]


def test_after_figures_that_do_not_count_the_next_are_still_read() -> None:
    made = world(named=b"other")
    text = rfc8785.dumps(replay(version=3))
    made.version(replay=sha(text), effective="2027-02-01")
    made.files["signatures/versions/3.replay.json"] = text
    found = chain.read(made.files, PROJECT, CONTRACT, made.pin)
    assert [one.rule for one in found.problems] == ["altered-replay"]
    assert list(found.replays) == ["3"]


def test_figures_that_no_manifest_names_are_stray_each_by_its_file() -> None:
    made = agreed()
    for name in ("2", "1", "1.3"):
        made.files[f"signatures/versions/{name}.replay.json"] = b"{}"
    assert [(rule, file) for rule, file, _ in told_all(made)] == [
        ("stray-signature", f"signatures/versions/{name}.replay.json") for name in ("1", "1.3", "2")
    ]


def told_all(made: World) -> list[tuple[str, str, str]]:
    found = chain.read(made.files, PROJECT, CONTRACT, made.pin)
    assert not found.replays
    return [(one.rule, one.at.file if one.at else "", one.message) for one in found.problems]


# --- every field, from both sides ----------------------------------------------------------------------


def at(*way: str | int) -> Callable[[dict[str, Any], object], None]:
    def put(said: dict[str, Any], value: object) -> None:
        room: Any = said
        for step in way[:-1]:
            room = room[step]
        room[way[-1]] = value

    return put


def many(count: int, **said: Any) -> list[dict[str, Any]]:
    return [dict(said) for _ in range(count)]


EXPORT: dict[str, Any] = {"record": "lead", "name": "leads.csv", "digest": DIGEST, "rows": 1}
TERM: dict[str, Any] = {
    "id": "mql", "title": "MQL", "record": "lead", "before": {"meets": 1, "unclear": 0, "fails": 0},
    "after": {"meets": 1, "unclear": 0, "fails": 0}, "enters": 0, "leaves": 0,
}  # fmt: skip
OWED: dict[str, Any] = {"id": "a", "title": "A", "kind": "share", "before": None, "after": None}
GOOD: list[tuple[tuple[str | int, ...], object]] = [
    (("version",), 1), (("revision",), 0), (("revision",), 1), (("period", "name"), "x" * 500),
    (("period", "first"), "2024-02-29"), (("as_of",), "2024-02-29T23:59:59Z"), (("exports",), [EXPORT]),
    (("exports",), many(1000, **EXPORT)), (("exports", 0, "rows"), 0), (("exports", 0, "rows"), (1 << 53) - 1),
    (("terms",), []), (("terms",), many(1000, **TERM)), (("terms", 0, "enters"), 0), (("owed",), []),
    (("owed",), many(1000, **OWED)), (("owed", 0, "kind"), "share"), (("owed", 0, "kind"), "number"),
    (("owed", 0, "kind"), "goal"), (("owed", 0, "before"), None), (("owed", 0, "after"), None),
    *[(("owed", 0, "after", "periods"), {status: 1})
      for status in ("met", "missed", "unclear", "running", "not covered", "too few", "no data")],
    (("files",), {"contract.yaml": DIGEST, "definitions.yaml": DIGEST}),
]  # fmt: skip
BAD: list[tuple[tuple[str | int, ...], object]] = [
    (("project",), "x"), (("contract",), "A"), (("version",), 0), (("version",), True), (("version",), "2"),
    (("revision",), -1), (("files",), {"contract.yaml": DIGEST}), (("files",), {"a": DIGEST, "b": DIGEST}),
    (("files",), {"contract.yaml": DIGEST, "definitions.yaml": "x"}), (("against",), None), (("against", "x"), 1),
    (("against", "version"), 0), (("against", "revision"), -1), (("against", "digest"), "x"), (("period",), None),
    (("period", "name"), "x" * 501), (("period", "name"), 7), (("period", "name"), "a\u2028b"),
    (("period", "first"), "2026-02-30"), (("period", "first"), 7), (("period", "last"), "2026-2-3"),
    (("period", "more"), "x"), (("as_of",), "2026-11-20T14:00:00"), (("as_of",), "2026-11-20T24:00:00Z"),
    (("as_of",), None), (("exports",), []), (("exports",), None), (("exports",), {}), (("exports",), [None]),
    (("exports", 0, "record"), "A"), (("exports", 0, "name"), None), (("exports", 0, "digest"), "x"),
    (("exports", 0, "rows"), -1), (("exports", 0, "rows"), True), (("exports", 0, "rows"), "1"),
    (("exports", 0), list(EXPORT)),
    (("exports", 0, "more"), 1), (("exports",), many(1001, **EXPORT)), (("terms",), None), (("terms",), [None]),
    (("terms",), many(1001, **TERM)), (("terms", 0, "id"), "A"), (("terms", 0, "title"), None),
    (("terms", 0, "record"), "A"), (("terms", 0, "before"), None), (("terms", 0, "after"), None),
    (("terms", 0, "before", "meets"), -1), (("terms", 0, "before", "unclear"), -1),
    (("terms", 0, "before", "fails"), -1), (("terms", 0, "after", "more"), 1), (("terms", 0, "enters"), -1),
    (("terms", 0, "leaves"), -1), (("terms", 0, "more"), 1), (("owed",), None), (("owed",), many(1001, **OWED)),
    (("owed", 0, "id"), "A"), (("owed", 0, "title"), None), (("owed", 0, "kind"), "ledger"),
    (("owed", 0, "kind"), None), (("owed", 0, "before"), {}), (("owed", 0, "after", "met"), -1),
    (("owed", 0, "after", "missed"), -1), (("owed", 0, "after", "unclear"), -1), (("owed", 0, "after", "more"), 1),
    (("owed", 0, "after", "periods"), {}), (("owed", 0, "after", "periods"), {"fine": 1}),
    (("owed", 0, "after", "periods"), {"met": -1}), (("owed", 0, "after", "periods"), {"met": 0}),
    (("owed", 0, "more"), 1),
]  # fmt: skip


def called(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)[:20]


@pytest.mark.parametrize(("way", "value"), GOOD, ids=called)
def test_a_field_at_its_limit_is_read_and_written_the_same(way: tuple[str | int, ...], value: object) -> None:
    said = replay()
    at(*way)(said, value)
    text = rfc8785.dumps(said)
    assert statements.replay(text).text == text


@pytest.mark.parametrize(("way", "value"), BAD, ids=called)
def test_t15_a_field_beyond_its_limit_is_named(way: tuple[str | int, ...], value: object) -> None:
    said = replay()
    at(*way)(said, value)
    with pytest.raises(statements.Malformed, match=f"its field `{way[0]}` does not hold what it should"):
        statements.replay(rfc8785.dumps(said))


def test_t15_figures_beyond_what_json_carries_everywhere_are_refused() -> None:
    text = rfc8785.dumps(replay()).replace(b'"rows":1204', f'"rows":{1 << 53}'.encode())
    with pytest.raises(statements.Malformed):
        statements.replay(text)


@pytest.mark.parametrize("field", replay())
def test_t15_without_one_of_its_fields_it_is_none(field: str) -> None:
    said = replay()
    del said[field]
    says = "no statement of the kind" if field == "_type" else f"its field `{field}` is missing"
    with pytest.raises(statements.Malformed, match=says):
        statements.replay(rfc8785.dumps(said))


@pytest.mark.parametrize("where", ["against", "period", "exports", "terms", "owed"])
def test_t15_without_one_field_inside_it_is_none(where: str) -> None:
    inner = replay()[where]
    for name in inner[0] if isinstance(inner, list) else inner:
        said = replay()
        del (said[where][0] if isinstance(inner, list) else said[where])[name]
        with pytest.raises(statements.Malformed, match=f"its field `{where}` does not hold"):
            statements.replay(rfc8785.dumps(said))


def test_t15_one_field_more_is_refused() -> None:
    with pytest.raises(statements.Malformed, match="a field that its kind does not have"):
        statements.replay(rfc8785.dumps(replay(keys=[])))


def test_figures_that_were_read_cannot_be_changed() -> None:
    found = statements.replay(rfc8785.dumps(replay()))
    assert found.owed[0].after is not None
    for room in (found.files, found.owed[0].after.periods):
        with pytest.raises(TypeError):
            room["x"] = 1  # type: ignore[index]
