"""What a check counts is what a slow and plain reading of the same rows counts, and no row is lost on the way."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any

import exports
import pytest
import reference
from exports import AT, bound, cells, check, engine, found, loaded, outcomes, run, scan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Odd, When, World, judge, judge_term, read_cell
from strategies import DAYS, TEXTS, Written, contracts, criteria

from slacli import journeys, model
from slacli.adapters import rowsfile
from slacli.adapters.engines import Engine
from slacli.core import criteria as language
from slacli.core import periods
from slacli.core.plan import tables, tests
from slacli.core.plan.casts import Window
from slacli.core.plan.tables import TermPlan
from slacli.core.verdict import Options
from slacli.core.verdict.duties import bounds, status
from slacli.errors import CannotRun
from slacli.findings import Counts, Report
from slacli.model import Field, FiscalYear, Reads, Term

SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
YEARS = Window(2010, 2028)


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with engine() as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


# --- criteria ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "at_least"), [(6, 4), (9, 1), (15, 15), (15, 8), (16, 15), (16, 16), (40, 20), (300, 290)]
)
def test_so_many_of_some_tests_are_true_or_cannot_be(opened: Engine, count: int, at_least: int) -> None:
    random = Random(count)
    rows: list[list[bool | None]] = [[True] * count, [False] * count, [None] * count]
    for true in range(at_least - 2, min(at_least + 2, count) + 1):
        for unclear in (0, 1, 2):
            row = ([True] * max(true, 0) + [None] * unclear + [False] * count)[:count]
            random.shuffle(row)
            rows.append(row)
    listed = ", ".join(f"t{n}" for n in range(count))
    values = ", ".join("(" + ", ".join("NULL" if one is None else str(one) for one in row) + ")" for row in rows)
    asked = tests.counted([f"t{n}" for n in range(count)], at_least)
    found = opened.rows(f"SELECT {asked} FROM (VALUES {values}) v({listed})")
    expected: list[tuple[bool | None]] = []
    for row in rows:
        true, possible = row.count(True), count - row.count(False)
        expected.append((True if true >= at_least else False if possible < at_least else None,))
    assert list(found) == expected


def cell(random: Random, one: Field) -> str:
    """A cell of a field: a value, a blank, or something that is none or not allowed."""
    chance = random.random()
    if chance < 0.12:
        return random.choice(("", " ", "\u00a0"))
    if chance < 0.2:
        return random.choice(("?", "x y", "1e3", "2026-02-30", "-"))
    day = random.choice((*DAYS, date(2026, 3, 1) + timedelta(random.randrange(300))))
    match one.type:
        case "text":
            return random.choice(one.one_of) if one.one_of and chance < 0.85 else random.choice(TEXTS)
        case "ids":
            pool = one.one_of if one.one_of and chance < 0.85 else TEXTS
            return ";".join(random.choice(pool) for _ in range(random.choice((1, 1, 2, 3))))
        case "yes_no":
            return random.choice(("yes", "no", "1", "0", "TRUE", "False"))
        case "date":
            return day.isoformat()
        case "time":
            hour, minute, second = random.choice((0, 1, 2, 23, random.randrange(24))), random.choice((0, 30, 59)), 59
            written = random.choice(("{d}", "{d} {h:02}:{m:02}", "{d} {h:02}:{m:02}:{s:02}", "{d}T{h:02}:{m:02}:00Z"))
            return written.format(d=day, h=hour, m=minute, s=second)
        case kind:
            places = {"integer": 0, "money": 2}.get(kind, 3)
            return str(Decimal(random.randrange(-3 * 10**places, 7 * 10**places)).scaleb(-places))


def typed_row(written: Written, texts: Mapping[str, str]) -> dict[str, object]:
    fields = written.record.fields
    return {
        name: read_cell(
            text,
            reference.Column(
                kind=fields[name].type,
                one_of=fields[name].one_of,
                ignore_case=fields[name].ignore_case,
                low=fields[name].low,
                high=fields[name].high,
                when_blank=fields[name].when_blank,
                zone=written.zone,
                home=written.zone,
            ),
        )
        for name, text in texts.items()
    }


@dataclass(frozen=True)
class Judged:
    """A random contract, the texts of its rows by key, and the terms with what marks them."""

    written: Written
    marks: Mapping[str, str]
    rows: Mapping[str, Mapping[str, str]] = field(repr=False)
    split: tuple[frozenset[str], frozenset[str]] | None


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    written = draw(contracts())
    terms = dict(written.terms)
    for n in range(8):
        terms[f"c{n}"] = (1, (draw(criteria(written)),))
    marks = {name: draw(criteria(written, 1)) for name in draw(st.sets(st.sampled_from(sorted(terms)), max_size=3))}
    written = replace(written, terms=terms)
    random = Random(draw(st.integers(0, 2**32)))
    fields = dict(written.record.fields)
    for name in random.sample(sorted(fields), random.choice((0, 0, 2, 5))):
        del fields[name]
    names = sorted(fields)
    rows = {str(n): {name: cell(random, fields[name]) for name in names} for n in range(90)}
    if not draw(st.booleans()):
        return Judged(written, marks, rows, None)
    left = frozenset(random.sample(names, len(names) // 2))
    sides = left, frozenset(names) - left
    for n in range(0, 90, 7):
        rows[str(n)] = {name: text for name, text in rows[str(n)].items() if name in sides[n % 2]}
    return Judged(written, marks, rows, sides)


def planned(one: Judged) -> dict[str, Term]:
    """Give the terms as a contract has them."""
    scope = one.written.scope

    def test(name: str, text: str) -> model.Test:
        tree, faults = language.read(text, scope)
        assert tree is not None, (text, faults)
        return model.Test(name, text, tree, AT)

    return {
        name: Term(
            name, name, "lead", tuple(test(f"t{n}", text) for n, text in enumerate(texts)), at_least, AT,
            marked=test("marked", one.marks[name]) if name in one.marks else None,
        )
        for name, (at_least, texts) in one.written.terms.items()
    }  # fmt: skip


def codes(opened: Engine, folder: Path, one: Judged) -> tuple[list[TermPlan], dict[str, tuple[int, ...]]]:
    """Give what stands in the columns of every term for each key, codes and masks."""
    record = one.written.record
    key = Field("id", "text", AT)
    record = replace(record, fields={"id": key, **record.fields}, key="id")
    reads = Reads(time_zone=one.written.zone)
    names = sorted({name for texts in one.rows.values() for name in texts})
    sides = {"main": names} if one.split is None else {"left": sorted(one.split[0]), "right": sorted(one.split[1])}
    opened.clear()
    scans = []
    for side, kept in sides.items():
        rows = [[n, *(texts[name] for name in kept)] for n, texts in one.rows.items() if set(kept) <= set(texts)]
        scans.append(scan(opened, folder, bound("lead", ["id", *kept], reads, side), rows))
    agreed = exports.contract(record, {part.binding.id: part.binding for part in scans}, one.written.zone)
    plan = run(opened, replace(agreed, terms=planned(one)), scans, YEARS).records["lead"]
    listed = ", ".join(f'"c_{part.term.id}"' + "".join(f', "{mask}"' for mask in part.masks) for part in plan.terms)
    found = opened.rows(f'SELECT "key", {listed} FROM "r_lead"')
    assert len(found) == len(one.rows)
    return list(plan.terms), {key: tuple(rest) for key, *rest in found}


WORDS = {tables.FAILS: "fails", tables.UNSURE: "unclear", tables.MEETS: "meets"}
TRUTH = {True: tables.MEETS, None: tables.UNSURE, False: tables.FAILS}
WHY = ("blank", "unreadable", "not allowed", "not bound", "too coarse")


def why(value: object) -> str:
    if isinstance(value, Odd):
        return value.why
    return "too coarse" if isinstance(value, When) and value.low != value.high else ""


def blamed(part: TermPlan, masks: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Give the fields that masks name, with what is wrong with each."""
    for at, name in enumerate(part.blamed):
        bits = masks[at // tables.FIELDS_IN_MASK] >> at % tables.FIELDS_IN_MASK * len(WHY)
        yield from ((name, reason) for nth, reason in enumerate(WHY) if bits >> nth & 1)


@settings(SLOWLY, max_examples=12)
@given(one=judged())
def test_criteria_and_terms_say_of_every_row_what_the_reference_says(opened: Engine, folder: Path, one: Judged) -> None:
    written = one.written
    ignored = {name: it.ignore_case for name, it in written.record.fields.items()}
    world = World(ignored, written.lists, written.terms, reference.place(written.zone))
    parts, said = codes(opened, folder, one)
    for key, texts in one.rows.items():
        row = typed_row(written, texts)
        columns = list(said[key])
        for part in parts:
            name = part.term.id
            code, masks = columns[0], columns[1 : 1 + len(part.masks)]
            del columns[: 1 + len(part.masks)]
            verdict = WORDS[code % 3]
            about = (name, written.terms[name], texts)
            assert verdict == judge_term(name, row, world), about
            marked = judge(one.marks[name], row, world) if name in one.marks else False
            assert code // 3 == TRUTH[marked], (one.marks.get(name), texts)
            assert any(masks) == (verdict == "unclear"), about
            for blame, reason in blamed(part, masks):
                assert why(row.get(blame, Odd("not bound"))) == reason, about


# --- the order of the file --------------------------------------------------------------------


def test_rows_stay_in_the_order_of_a_large_file_that_several_threads_read(opened: Engine, folder: Path) -> None:
    """Row numbers of every message rest on it; lists of values must not let the engine reorder rows either."""
    many = tuple(f"v{n}" for n in range(60))
    fields = {
        "id": Field("id", "text", AT),
        "status": Field("status", "text", AT, one_of=many),
        "at": Field("at", "time", AT),
        "some": Field("some", "ids", AT),
    }
    record = model.Record("lead", "Lead", fields, AT, key="id")
    tree, _ = language.read(f"status in ({', '.join(map(repr, many[:50]))})", language.Scope(record, {}, {}, {}))
    assert tree is not None
    term = Term("few", "Few", "lead", (model.Test("few", "", tree, AT),), 1, AT)
    count = 300_000
    rows = [[f"k{n}", f"v{n % 61}", f"2026-01-{n % 28 + 1:02} 10:00:00", f"a{n};b"] for n in range(count)]
    rows[299_990] = rows[10]
    rows[150_000] = ["k20", "v1", "", ""]
    reads = Reads(time_zone="UTC", missing=tuple(f"none {n}" for n in range(30)))
    opened.clear()
    binding = bound("lead", list(fields), reads)
    part = scan(opened, folder, binding, rows, plain=["at"])
    agreed = replace(exports.contract(record, {"main": binding}), terms={"few": term})
    run(opened, agreed, [part], Window(2025, 2027))
    moved = [299_990, 150_000]
    assert opened.rows('SELECT rowid, "key" FROM "r_lead" WHERE "key" <> \'k\' || rowid ORDER BY rowid') == [
        (150_000, "k20"),
        (299_990, "k10"),
    ]
    wrong = f'SELECT count(*) FROM "r_lead" WHERE (c_few = 2) <> (rowid % 61 < 50) AND rowid NOT IN {tuple(moved)}'
    assert opened.rows(wrong) == [(0,)]
    fates = [(20, tables.CONTRADICTORY), (150_000, tables.CONTRADICTORY), (299_990, tables.REPEATED)]
    assert opened.rows(f'SELECT rowid, fate FROM "r_lead" WHERE fate <> {tables.KEPT} ORDER BY rowid') == fates


# --- whole checks -----------------------------------------------------------------------------

LEAD = {
    "Lead ID": "1", "Company": "Acme", "Lead Source": "Web", "Region": "AMER", "Lead Status": "MQL",
    "Annual Budget": "20000", "Decision Role": "VP", "Create Date": "2027-01-02 10:00:00",
    "MQL Date": "2027-01-03 10:00:00", "Accepted Date": "",
}  # fmt: skip
OPPORTUNITY = {
    "Opportunity ID": "1", "Lead ID": "1", "Stage": "Closed Won", "Amount": "100", "Loss Reason": "",
    "Close Date": "2027-01-20",
}  # fmt: skip


def binding(columns: str = "", **reads: str) -> str:
    """Give the part of a sample that binds more columns of the leads, and reads them in another way."""
    usual = {"unreadable": "at most 90%", "fresh": "400 days"}
    listed = ", ".join(f"{name}: {value}" for name, value in {**usual, **reads}.items())
    return f"bindings: {{leads: {{columns: {{{columns}}}, reads: {{{listed}}}}}}}\n"


HELD = binding()


def made(usual: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Give a file of rows that say only where they differ from the usual one."""
    header = list(dict.fromkeys([*usual, *(name for row in rows for name in row)]))
    return exports.text(header, [[{**usual, **row}.get(name, "") for name in header] for row in rows])


def leads(*rows: Mapping[str, str]) -> bytes:
    return made(LEAD, rows)


def opportunities(*rows: Mapping[str, str]) -> bytes:
    return made(OPPORTUNITY, rows)


def on(day: str, agreed: journeys.Loaded, **more: Any) -> Options:
    return Options(as_of=journeys.moment(day, agreed.contract), **more)


def written(path: Path) -> journeys.Wanted:
    return journeys.Wanted(rows=partial(rowsfile.write, path))


def verdicts(
    folder: Path, agreed: journeys.Loaded, files: Mapping[str, bytes], duty: str, day: str = "2027-03-31"
) -> dict[str, tuple[str, str]]:
    """Give what became of each row of a duty by its key, with its period."""
    given = []
    for name, content in files.items():
        (folder / f"{name}.csv").write_bytes(content)
        given.append(f"{name.split()[0]}={folder / f'{name}.csv'}")
    journeys.check(agreed, given, on(day, agreed), wanted=written(folder / "rows.csv"))
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        return {line["key"]: (line["outcome"], line["period"]) for line in csv.DictReader(file) if line["duty"] == duty}


def account(report: Report, at: int = 0) -> tuple[int, int, int, int]:
    rows = report.files[at].rows
    assert rows.total == rows.judged + rows.cut + rows.unreadable + rows.repeated + rows.contradictory
    return rows.total, rows.judged, rows.repeated, rows.contradictory


def judged_as(report: Report, term: str = "mql") -> tuple[int, int, int]:
    """Give how many marked rows meet a term, fail it, or are unclear."""
    found = cells(report, term)
    return found.marked_meets, found.marked_fails, found.marked_unclear


# --- repeated keys ----------------------------------------------------------------------------


def test_rows_that_are_alike_are_judged_once(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, "")
    report = check(
        tmp_path, agreed, {"leads": leads({}, {"Lead ID": "2"}, {}, {"Lead ID": " 1\t", "Company": "Acme"}, {})}
    )
    # A blank beside the key makes another text, but the same key; the row then says something else.
    assert account(report) == (5, 1, 0, 4)
    report = check(tmp_path, agreed, {"leads": leads({}, {"Lead ID": "2"}, {}, {})})
    assert account(report) == (4, 2, 2, 0)
    assert judged_as(report) == (2, 0, 0)
    (note,) = found(report, "repeated-keys")
    assert [(rows.keys, rows.rows) for rows in note.data] == [(("1", "1"), (4, 5))]


def test_of_rows_that_contradict_each_other_none_is_judged(tmp_path: Path) -> None:
    rows = [{}, {"Lead ID": "2"}, {"Annual Budget": "5"}, {"Lead ID": "3"}, {}]
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*rows)})
    assert account(report) == (5, 2, 0, 3)
    assert judged_as(report) == (2, 0, 0)
    (error,) = found(report, "contradictory-keys")
    assert [(data.keys, data.rows, data.more) for data in error.data] == [(("1", "1", "1"), (2, 4, 6), 0)]


def test_a_difference_in_a_column_that_is_not_bound_is_none(tmp_path: Path) -> None:
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads({"Seen": "a"}, {"Seen": "b"})})
    assert account(report) == (2, 1, 1, 0)


NEWEST = """
records: {lead: {fields: {changed: {type: time}}}}
bindings: {leads: {columns: {changed: Last Modified}, reads: {newest_by: changed, unreadable: at most 90%}}}
"""


@pytest.mark.parametrize(
    ("times", "fates"),
    [
        (["2027-01-05 10:00:00", "2027-01-06 10:00:00"], "repeated kept"),
        (["2027-01-06 10:00:00", "2027-01-05 10:00:00"], "kept repeated"),
        (["2027-01-05 10:00:00", "2027-01-07 10:00:00", "2027-01-06 10:00:00"], "repeated kept repeated"),
        (["2027-01-06 10:00:00", "2027-01-06 10:00:00"], "contradictory contradictory"),
        (["2027-01-06 10:00:00", "2027-01-06 10:00:00", "2027-01-05 10:00:00"], "contradictory " * 3),
        (["", ""], "contradictory contradictory"),
        (["2027-01-06", "2027-01-06"], "contradictory contradictory"),
        (["2027-01-05", "2027-01-06 00:00:00"], "repeated kept"),
        # Nobody knows which of these is newer.
        (["", "2027-01-06 10:00:00"], "contradictory contradictory"),
        (["x", "2027-01-06 10:00:00"], "contradictory contradictory"),
        (["2027-01-06", "2027-01-06 15:00:00"], "contradictory contradictory"),
        (["2027-01-06 15:00", "2027-01-06 15:00:30"], "contradictory contradictory"),
        (["2027-11-07 01:30:00", "2027-11-07 01:45:00"], "contradictory contradictory"),
    ],
)
def test_the_newest_of_rows_that_differ_settles_them(tmp_path: Path, times: list[str], fates: str) -> None:
    agreed = loaded(tmp_path, NEWEST)
    rows = [{"Last Modified": when, "Annual Budget": str(n)} for n, when in enumerate(times)]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    words = fates.split()
    assert account(report) == (len(times), words.count("kept"), words.count("repeated"), words.count("contradictory"))


def test_the_newest_is_judged_and_no_other(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, NEWEST)
    times = ["2027-01-05 10:00:00", "2027-01-07 10:00:00", "2027-01-06 10:00:00", "2027-01-07 10:00:00"]
    budgets = ["20000", "5", "20000", "5"]
    rows = [{"Last Modified": when, "Annual Budget": budget} for when, budget in zip(times, budgets, strict=True)]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert account(report) == (4, 1, 3, 0)
    assert judged_as(report) == (0, 1, 0)


def test_rows_without_a_key_are_judged_and_named_by_their_row(tmp_path: Path) -> None:
    report = check(
        tmp_path, loaded(tmp_path, ""), {"leads": leads({}, {"Lead ID": ""}, {"Lead ID": " "}, {"Lead ID": ""})}
    )
    assert account(report) == (4, 4, 0, 0)
    assert judged_as(report) == (4, 0, 0)
    (warning,) = found(report, "blank-keys")
    assert [data.rows for data in warning.data] == [(3, 4, 5)]


@pytest.mark.parametrize(
    "keys",
    [
        "1 2 3", "3 2 1", "1 3 2", "1 1", "1 2 2 3", "3 2 2 1", "1 2 3 1", "3 2 1 3", "1 _ 1", "1 2 _ 2 3", "3 2 _ 2 1",
        "_ 1 1", "1 1 _", "_ _", "1 _ 2 _ 3", "a B a", "B a", "10 9", "é e é",
    ],
)  # fmt: skip
def test_a_key_is_found_again_in_whatever_order_the_keys_stand(tmp_path: Path, keys: str) -> None:
    written = ["" if key == "_" else key for key in keys.split()]
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*({"Lead ID": key} for key in written))})
    filled = [key for key in written if key]
    repeated = len(filled) - len(set(filled))
    assert account(report) == (len(written), len(written) - repeated, repeated, 0)


@pytest.mark.parametrize("at", [2_048, 122_880, 130_000])
@pytest.mark.parametrize("step", [1, -1])
def test_a_key_is_found_again_across_the_blocks_in_which_an_engine_keeps_rows(
    tmp_path: Path, at: int, step: int
) -> None:
    numbers = sorted([*range(130_000), at - 1], reverse=step < 0)
    rows = ({"Lead ID": f"{number:06d}"} for number in numbers)
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*rows)})
    assert account(report) == (130_001, 130_000, 1, 0)


def test_keys_that_rise_in_each_block_and_begin_anew_with_the_next_are_found_again(tmp_path: Path) -> None:
    # Whoever looked at each block by itself would see nothing but order.
    rows = ({"Lead ID": f"{number:06d}"} for _ in range(2) for number in range(122_880))
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*rows)})
    assert account(report) == (2 * 122_880, 122_880, 122_880, 0)


@SLOWLY
@given(keys=st.lists(st.sampled_from(["", "1", "2", "3", "10", "a", "A"]), max_size=8), order=st.sampled_from("?<>"))
def test_order_of_keys_changes_nothing(folder: Path, keys: list[str], order: str) -> None:
    written = keys if order == "?" else sorted(keys, reverse=order == ">")
    agreed = loaded(folder, "")
    report = check(folder, agreed, {"leads": leads({"Lead ID": "z"}, *({"Lead ID": key} for key in written))})
    filled = [key for key in written if key]
    assert account(report)[2] == len(filled) - len(set(filled))


# --- several files ----------------------------------------------------------------------------


def test_two_files_of_one_binding_are_one_table_with_their_own_rows(tmp_path: Path) -> None:
    first = leads({"Lead ID": "1"}, {"Lead ID": "2", "Annual Budget": "5"}, {"Lead ID": "3"})
    second = leads(
        {"Lead ID": "4", "Annual Budget": "6"},
        {"Lead ID": "3"},
        {"Lead ID": "1", "Company": "Other"},
        {"Lead ID": "5", "Annual Budget": "x"},
    )
    agreed = loaded(tmp_path, HELD)
    report = check(tmp_path, agreed, {"leads": first, "leads 2": second}, on("2027-01-31", agreed, listed="quality"))
    assert account(report, 0) == (3, 2, 0, 1)
    assert account(report, 1) == (4, 2, 1, 1)
    assert judged_as(report) == (1, 2, 1)
    names = [Path(one.name).name for one in report.files]
    assert names == ["leads.csv", "leads 2.csv"]

    def places(rule: str) -> list[tuple[str, tuple[str, ...], tuple[int, ...]]]:
        return [(Path(data.file).name, data.keys, data.rows) for one in found(report, rule) for data in one.data]

    assert places("contradictory-keys") == [("leads.csv", ("1",), (2,)), ("leads 2.csv", ("1",), (4,))]
    assert places("repeated-keys") == [("leads 2.csv", ("3",), (3,))]
    assert places("unreadable-values") == [("leads 2.csv", ("5",), (5,))]
    (january,) = (one for one in report.outcomes if one.duty == "quality" and one.counts.covered)
    listed = [(Path(data.file).name, data.keys, data.rows) for data in january.samples]
    assert listed == [("leads.csv", ("2",), (3,)), ("leads 2.csv", ("4",), (2,))]


def test_a_key_that_stands_alone_in_each_of_two_files_of_one_binding_is_repeated(tmp_path: Path) -> None:
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads({}), "leads 2": leads({}, {"Lead ID": "2"})})
    assert [account(report, 0), account(report, 1)] == [(1, 1, 0, 0), (2, 1, 1, 0)]


JOINED = """
records: {lead: {fields: {score: {type: integer}, fit: {type: yes_no}}}}
terms:
  warm: {of: lead, criteria: {score: score >= 50}, marked: qualified_at is not blank}
  both: {of: lead, criteria: {score: score >= 50, budget: budget >= 10000}, qualifies: any}
responsibilities:
  warmth: {owed_by: marketing, owed_to: sales, covers: lead, must: score >= 50 and budget >= 10000, target: 90%}
bindings:
  leads: {joins_on: lead_id}
  hubspot: {binds: lead, joins_on: lead_id, matches: [Record ID], columns: {lead_id: Record ID, score: Score, fit: Fit}}
"""


def hubspot(*rows: Mapping[str, str]) -> bytes:
    return made({"Record ID": "1", "Score": "60", "Fit": "yes"}, rows)


def test_two_bindings_of_one_record_are_joined_and_what_one_side_lacks_is_not_bound(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, JOINED)
    files = {
        "leads": leads({"Lead ID": "1"}, {"Lead ID": "2"}, {"Lead ID": "3", "Annual Budget": "5"}, {"Lead ID": ""}),
        "hubspot": hubspot(
            {"Record ID": "3", "Score": "10"}, {"Record ID": " 1 "}, {"Record ID": "9"}, {"Record ID": ""}
        ),
    }
    assert verdicts(tmp_path, agreed, {**files}, "warmth") == {
        "1": ("met", ""),
        "2": ("unclear", ""),
        "3": ("missed", ""),
        "9": ("unclear", ""),
        "": ("unclear", ""),
    }
    report = check(tmp_path, agreed, files)
    warm = cells(report, "warm")
    assert (warm.marked_meets, warm.marked_fails, warm.marked_unclear) == (1, 1, 2)
    # Row 9 and the one without a key stand in the second export alone, so nothing is known of their mark.
    assert (warm.mark_unclear, warm.total) == (2, 6)
    assert {(one.field, one.state, one.count) for one in warm.unclear_because} == {("score", "not bound", 2)}
    both = cells(report, "both")
    assert (both.unmarked_meets, both.unmarked_fails, both.unmarked_unclear) == (5, 1, 0)
    assert [account(report, 0), account(report, 1)] == [(4, 4, 0, 0), (4, 4, 0, 0)]


def test_keys_are_settled_before_two_bindings_are_joined(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, JOINED)
    files = {
        "leads": leads({"Lead ID": "1"}, {"Lead ID": "1"}, {"Lead ID": "2"}),
        "hubspot": hubspot({"Record ID": "1"}, {"Record ID": "2"}, {"Record ID": "2", "Score": "1"}),
    }
    report = check(tmp_path, agreed, files)
    assert [account(report, 0), account(report, 1)] == [(3, 2, 1, 0), (3, 1, 0, 2)]
    assert verdicts(tmp_path, agreed, files, "warmth") == {"1": ("met", ""), "2": ("unclear", "")}


# --- children ---------------------------------------------------------------------------------

CHILDREN = """
records:
  lead:
    fields:
      contact: {type: text}
      touches: {type: integer, count: touch}
      first_touch: {type: time, first: touch}
      last_touch: {type: date, last: touch}
  activity:
    of: {lead: [who = lead.lead_id, who = lead.contact]}
    key: activity_id
    happens: at
    left_out: {test: "kind = 'Test'"}
    fields:
      activity_id: {type: text}
      who: {type: text}
      at: {type: time}
      kind: {type: text, one_of: [Call, Mail, Test]}
terms:
  touch: {of: activity, criteria: {kind: kind = 'Call'}}
  called_twice: {of: lead, criteria: {touches: touches >= 2}}
  called_soon: {of: lead, criteria: {soon: first_touch <= qualified_at + 1 day}}
responsibilities:
  calls: {owed_by: sales, owed_to: marketing, covers: lead, must: touches = 2, target: 90%}
  never: {owed_by: sales, owed_to: marketing, covers: lead, must: first_touch is blank, target: 90%}
  soon: {owed_by: sales, owed_to: marketing, covers: lead, must: first_touch <= '2027-01-04', target: 90%}
  late: {owed_by: sales, owed_to: marketing, covers: lead, must: last_touch >= '2027-01-06', target: 90%}
bindings:
  leads: {columns: {contact: Contact}}
  calls:
    binds: activity
    matches: [Activity ID]
    reads: {time_zone: America/New_York, unreadable: at most 90%}
    columns: {activity_id: Activity ID, who: Who, at: At, kind: Kind}
"""


def calls(*rows: tuple[str, str, str]) -> bytes:
    return exports.text(["Activity ID", "Who", "At", "Kind"], [[f"a{n}", *row] for n, row in enumerate(rows)])


EARLY, MIDDLE, LATE = "2027-01-04 10:00:00", "2027-01-05 10:00:00", "2027-01-06 10:00:00"
# For each lead: the calls that it has, and what that makes of the duties calls, never, soon and late.
CALLED: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "none": ((), "missed met unclear unclear"),
    "mail": (((EARLY, "Mail"),), "missed met unclear unclear"),
    "test": (((EARLY, "Test"),), "missed met unclear unclear"),
    "one": (((EARLY, "Call"),), "missed missed met missed"),
    "two": (((LATE, "Call"), (EARLY, "Call"), (MIDDLE, "Mail")), "met missed met met"),
    "three": (((MIDDLE, "Call"), (LATE, "Call"), (MIDDLE, "Call")), "missed missed missed met"),
    # A call that nobody can be sure of: counts are unclear, and times where it could matter.
    "perhaps": (((EARLY, "?"),), "unclear unclear unclear unclear"),
    "blank": (((EARLY, ""),), "unclear unclear unclear unclear"),
    "perhaps earlier": (((MIDDLE, "Call"), (EARLY, "?")), "unclear unclear unclear missed"),
    "perhaps later": (((EARLY, "Call"), (LATE, "?")), "unclear missed met unclear"),
    "perhaps between": (((EARLY, "Call"), (MIDDLE, "?"), (LATE, "Call")), "unclear missed met met"),
    "some time": ((("", "Call"), (EARLY, "Call")), "met unclear unclear unclear"),
    "no time": ((("x", "Call"),), "missed unclear unclear unclear"),
    "a mail without a time": ((("", "Mail"), (EARLY, "Call")), "missed missed met missed"),
    "some day": ((("2027-01-04", "Call"), ("2027-01-06", "Call")), "met missed met met"),
}


def test_children_are_counted_and_unclear_ones_make_unclear_only_what_they_could_change(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, CHILDREN)
    rows = [(name, when, kind) for name, (events, _) in CALLED.items() for when, kind in events]
    files = {
        "leads": leads(*({"Lead ID": name, "Contact": f"{name} contact"} for name in CALLED)),
        "calls": calls(*rows),
    }
    for at, duty in enumerate(("calls", "never", "soon", "late")):
        found = verdicts(tmp_path, agreed, files, duty)
        assert {name: outcome for name, (outcome, _) in found.items()} == {
            name: words.split()[at] for name, (_, words) in CALLED.items()
        }, duty


def test_a_child_that_two_links_lead_to_counts_once_and_one_without_a_parent_for_nobody(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, CHILDREN)
    contacts = {"1": "1", "2": "c", "3": "c"}
    files = {
        "leads": leads(*({"Lead ID": key, "Contact": contact} for key, contact in contacts.items())),
        "calls": calls(
            ("1", EARLY, "Call"), ("1", LATE, "Call"), ("2", EARLY, "Call"), ("c", EARLY, "Call"), ("x", EARLY, "Call"),
            ("", EARLY, "Call"), ("x", EARLY, "Mail"),
        ),
    }  # fmt: skip
    assert verdicts(tmp_path, agreed, files, "calls") == {"1": ("met", ""), "2": ("met", ""), "3": ("missed", "")}
    report = check(tmp_path, agreed, files)
    assert {Path(one.name).stem: (one.orphans, one.parent) for one in report.files} == {
        "leads": (None, None),
        "calls": (3, "lead"),
    }
    assert len(found(report, "no-parent")) == 1


def test_a_repeated_child_counts_once_and_contradictory_ones_not_at_all(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, CHILDREN)
    lines = [
        ["a1", "1", EARLY, "Call"],
        *[["a2", "1", LATE, "Call"]] * 2,
        *(["a3", "1", LATE, k] for k in ("Call", "Mail")),
    ]
    files = {"leads": leads({"Contact": ""}), "calls": exports.text(["Activity ID", "Who", "At", "Kind"], lines)}
    assert verdicts(tmp_path, agreed, files, "calls") == {"1": ("met", "")}


def test_without_the_export_of_the_children_nothing_is_said_of_them(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, CHILDREN)
    report = check(tmp_path, agreed, {"leads": leads({"Contact": "c"})})
    silent = {"calls", "never", "soon", "late", "called_twice", "touch"}
    assert silent <= {one.subject for one in report.not_checked}
    assert not silent & {one.duty for one in report.outcomes}
    assert not silent & {one.term for one in report.terms}
    # A term is judged by what is known of it.
    assert cells(report, "called_soon").unmarked_unclear == 1
    assert [(one.field, one.state) for one in cells(report, "called_soon").unclear_because] == [
        ("first_touch", "not bound")
    ]


AMONG = """
records:
  lead: {fields: {touches: {type: integer, count: touch}}}
  activity:
    of: {lead: [lead.lead_id in whos]}
    key: activity_id
    fields: {activity_id: {type: text}, whos: {type: ids}, kind: {type: text}}
terms: {touch: {of: activity, criteria: {kind: kind = 'Call'}}}
responsibilities:
  calls: {owed_by: sales, owed_to: marketing, covers: lead, must: touches = 2, target: 90%}
bindings:
  calls: {binds: activity, matches: [Activity ID], columns: {activity_id: Activity ID, whos: Whos, kind: Kind}}
"""


def test_a_child_may_belong_to_several_parents_by_a_list_of_ids(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, AMONG)
    lines = [
        ["a1", "1;2", "Call"],
        ["a2", "2; 3", "Call"],
        ["a3", "2;2", "Mail"],
        ["a4", "9", "Call"],
        ["a5", "", "Call"],
    ]
    files = {
        "leads": leads({"Lead ID": "1"}, {"Lead ID": "2"}, {"Lead ID": "3"}),
        "calls": exports.text(["Activity ID", "Whos", "Kind"], lines),
    }
    found = verdicts(tmp_path, agreed, files, "calls")
    assert found == {"1": ("missed", ""), "2": ("met", ""), "3": ("missed", "")}
    report = check(tmp_path, agreed, files)
    assert [one.orphans for one in report.files] == [None, 2]


DOMAINS = """
records: {lead: {fields: {email: {type: text, personal: true}, domain: {type: text, domain_of: email}}}}
responsibilities:
  known: {owed_by: sales, owed_to: marketing, covers: lead, must: domain = 'acme.com', target: 90%}
  listed: {owed_by: sales, owed_to: marketing, covers: lead, complete: [domain], target: 90%}
bindings: {leads: {columns: {email: Email}}}
"""


def test_the_domain_of_an_address_is_known_only_where_there_is_one(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, DOMAINS)
    expected = {
        "ann@acme.com": ("met", "met"),
        "Ann@ACME.Com": ("met", "met"),
        "ann@other.com": ("missed", "met"),
        "acme.com": ("unclear", "missed"),
        "ann@": ("unclear", "missed"),
        "": ("unclear", "missed"),
    }
    files = {"leads": leads(*({"Lead ID": f"k{n}", "Email": email} for n, email in enumerate(expected)))}
    for at, duty in enumerate(("known", "listed")):
        found = verdicts(tmp_path, agreed, files, duty)
        assert {email: found[f"k{n}"][0] for n, email in enumerate(expected)} == {
            email: words[at] for email, words in expected.items()
        }, duty


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "format: email",
            {"ann@acme.com": "met", "Ann@ACME.Com": "met", "ann@other.com": "missed", "\u00fc@acme.com": "met",
             "acme.com": "unclear", "ann@": "unclear", "a@b@acme.com": "unclear", "": "unclear"},
        ),
        (
            "one_of: [ann@acme.com, acme.com], format: email",
            {"ann@acme.com": "met", "acme.com": "unclear", "bob@acme.com": "unclear", "": "unclear"},
        ),
    ],
)  # fmt: skip
def test_the_domain_of_an_address_of_a_known_shape_is_what_stands_behind_its_sign(
    tmp_path: Path, kind: str, expected: dict[str, str]
) -> None:
    text = DOMAINS.replace("type: text, personal: true", f"type: text, personal: true, {kind}")
    agreed = loaded(tmp_path, text.replace("{columns:", "{reads: {unreadable: at most 90%}, columns:"))
    files = {"leads": leads(*({"Lead ID": f"k{n}", "Email": email} for n, email in enumerate(expected)))}
    found = verdicts(tmp_path, agreed, files, "known")
    assert {email: found[f"k{n}"][0] for n, email in enumerate(expected)} == expected


@pytest.mark.parametrize(
    "must",
    [
        "domain = 'acme.com'", "domain <> 'acme.com'", "domain = 'com'", "domain in ('acme.com', 'b.org', 'me.com')",
        "domain not in ('acme.com', 'b.org', 'me.com')", "domain in ('acme.com')", "domain = '\u00fcber.de'",
    ],
)  # fmt: skip
def test_the_domain_of_an_address_is_all_that_stands_behind_its_sign(tmp_path: Path, must: str) -> None:
    text = DOMAINS.replace("type: text, personal: true", "type: text, personal: true, format: email")
    agreed = loaded(tmp_path, text.replace("domain = 'acme.com'", f'"{must}"'))
    domains = [
        "acme.com", "ACME.com", "notacme.com", "sub.acme.com", "acme.com.org", "me.com", "b.org", "\u00dcber.DE",
        "\u00fcber.de", "xn--ber-goa.de",
    ]  # fmt: skip
    emails = [f"{name}@{domain}" for name in ("a", "acme.com", "\u00dc.b") for domain in domains]
    files = {"leads": leads(*({"Lead ID": f"k{n}", "Email": email} for n, email in enumerate(emails)))}
    found = verdicts(tmp_path, agreed, files, "known")
    listed = re.findall("'([^']*)'", must)
    negated = "<>" in must or "not in" in must
    holds = [(email.partition("@")[2].lower() in listed) is not negated for email in emails]
    assert [found[f"k{n}"][0] == "met" for n in range(len(emails))] == holds


# --- who is counted ---------------------------------------------------------------------------

FLAGS = (
    binding("m: M, w: W, h: H, k: K")
    + """
records: {lead: {fields: {m: {type: yes_no}, w: {type: yes_no}, h: {type: yes_no}, k: {type: yes_no}}}}
terms:
  flagged: {of: lead, criteria: {m: m}, marked: k}
responsibilities:
  kept: {owed_by: sales, owed_to: marketing, covers: flagged, where: w, must: h,
    target: 90% per month, dated: created_at}
  marked: {owed_by: sales, owed_to: marketing, covers: {marked: flagged}, must: h,
    target: 90% per month, dated: created_at}
  all_of_them: {owed_by: sales, owed_to: marketing, covers: lead, where: w, complete: [company, h], target: 90%}
"""
)
WORD = {True: "yes", False: "no", None: ""}


def possible(member: bool | None, where: bool | None, holds: bool | None) -> set[str]:
    """Everything that a row may come to, once what is blank is filled in."""
    return {
        ("met" if h else "missed") if m and w else "nothing"
        for m, w, h in product(*([one] if one is not None else [True, False] for one in (member, where, holds)))
    }


def expected(member: bool | None, where: bool | None, holds: bool | None) -> str:
    ends = possible(member, where, holds)
    if ends == {"nothing"}:
        return "left out" if member and where is False else "outside"
    return ends.pop() if len(ends) == 1 else "unclear"


TRUTHS = list(product((True, False, None), repeat=3))


def test_a_row_counts_as_all_that_it_could_have_been(tmp_path: Path) -> None:
    """Ruling 3: unknown membership is unclear, never left out; it may raise only what it could have been."""
    agreed = loaded(tmp_path, FLAGS)
    names = {f"k{n}": truths for n, truths in enumerate(TRUTHS)}
    rows = [{"Lead ID": key, "M": WORD[m], "W": WORD[w], "H": WORD[h], "K": "no"} for key, (m, w, h) in names.items()]
    files = {"leads": leads(*rows)}
    said = {key: expected(*truths) for key, truths in names.items()}
    assert verdicts(tmp_path, agreed, files, "kept") == {
        key: (word, "2027-01") for key, word in said.items() if word != "outside"
    }
    report = check(tmp_path, agreed, files, on("2027-01-31", agreed))
    counts = outcomes(report, "kept")["2027-01"].counts
    words = list(said.values())
    assert counts == Counts(
        covered=len(words) - words.count("outside"),
        met=words.count("met"),
        missed=words.count("missed"),
        unclear=words.count("unclear"),
        left_out=words.count("left out"),
        may_meet=sum("met" in possible(*truths) for truths in TRUTHS if expected(*truths) == "unclear"),
        may_miss=sum("missed" in possible(*truths) for truths in TRUTHS if expected(*truths) == "unclear"),
    )


def test_a_mark_covers_as_it_is_read_whatever_the_term_says(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, FLAGS)
    rows = [
        {"Lead ID": f"{k} {h}", "M": "no", "W": "", "H": WORD[h], "K": WORD[k]}
        for k, h in product((True, False, None), repeat=2)
    ]
    assert verdicts(tmp_path, agreed, {"leads": leads(*rows)}, "marked") == {
        f"{k} {h}": (expected(k, where=True, holds=h), "2027-01") for k, h in product((True, None), (True, False, None))
    }
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-01-31", agreed))
    found = cells(report, "flagged")
    assert (found.marked_fails, found.unmarked_fails, found.mark_unclear, found.total) == (3, 3, 3, 9)


def test_complete_means_known_and_allowed(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, FLAGS)
    cases = {"yes": "met", "no": "met", "": "missed", "?": "missed"}
    rows = [{"Lead ID": f"h{h}", "M": "", "W": "yes", "H": h, "K": ""} for h in cases]
    rows += [
        {"Lead ID": "w", "M": "", "W": "", "H": "yes", "K": ""},
        {"Lead ID": "c", "Company": " ", "W": "yes", "H": "no"},
    ]
    assert verdicts(tmp_path, agreed, {"leads": leads(*rows)}, "all_of_them") == {
        **{f"h{h}": (word, "") for h, word in cases.items()},
        "w": ("unclear", ""),
        "c": ("missed", ""),
    }


LEFT_OUT = (
    HELD
    + """
records:
  lead:
    left_out: {test: "company = 'Test'", strangers: "region = 'EMEA' and budget < 5"}
"""
)


def test_rows_are_left_out_only_where_that_is_certain_and_under_the_first_rule_that_holds(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, LEFT_OUT)
    rows = [
        {},
        {"Company": "Test"},
        {"Company": "Test", "Region": "EMEA", "Annual Budget": "1"},
        {"Region": "EMEA", "Annual Budget": "1"},
        {"Region": "EMEA", "Annual Budget": ""},
        {"Region": "?", "Annual Budget": "1"},
        {"Company": ""},
        {"Company": "Test", "Annual Budget": "7"},
    ]
    rows = [{"Lead ID": str(n), **row} for n, row in enumerate(rows)]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-01-31", agreed))
    assert [(one.record, one.name, one.count) for one in report.left_out] == [
        ("lead", "test", 3),
        ("lead", "strangers", 1),
    ]
    assert judged_as(report) == (2, 1, 1)
    assert outcomes(report, "quality")["2027-01"].counts.covered == 4
    assert account(report) == (8, 8, 0, 0)


# --- bounds -----------------------------------------------------------------------------------

ROWS = {
    "met": {"met"}, "missed": {"missed"}, "unclear": {"met", "missed", "nothing"}, "decided later": {"met", "missed"},
    "may meet": {"met", "nothing"}, "may miss": {"missed", "nothing"},
}  # fmt: skip


@given(st.lists(st.sampled_from(sorted(ROWS)), max_size=9))
def test_bounds_are_the_least_and_the_greatest_share_that_can_come_out(rows: list[str]) -> None:
    shares: set[Fraction] = set()
    ends = set(product(*(ROWS[row] for row in rows)))
    for end in ends:
        met, missed = end.count("met"), end.count("missed")
        shares |= {Fraction(met, met + missed)} if met + missed else set()
    if shares and any(set(end) <= {"nothing"} for end in ends):
        shares |= {Fraction(0), Fraction(1)}  # where nothing may be left, nothing is certain
    odd = [ROWS[row] for row in rows if row not in {"met", "missed"}]
    counts = Counts(
        covered=len(rows),
        met=rows.count("met"),
        missed=rows.count("missed"),
        unclear=len(odd),
        may_meet=sum("met" in ends for ends in odd),
        may_miss=sum("missed" in ends for ends in odd),
    )
    assert bounds(counts) == ((min(shares), max(shares)) if shares else (None, None))


@given(
    st.lists(st.sampled_from(sorted(ROWS)), min_size=1, max_size=8),
    st.fractions(0, 1, max_denominator=20),
    st.integers(0, 9),
)
def test_a_duty_is_met_or_missed_only_where_that_comes_out_whatever_is_filled_in(
    rows: list[str], target: Fraction, judge_from: int
) -> None:
    odd = [ROWS[row] for row in rows if row not in {"met", "missed"}]
    counts = Counts(
        covered=len(rows), met=rows.count("met"), missed=rows.count("missed"), unclear=len(odd),
        may_meet=sum("met" in ends for ends in odd), may_miss=sum("missed" in ends for ends in odd),
    )  # fmt: skip
    said = status(counts, *bounds(counts), target, judge_from, "finished")
    if len(rows) < judge_from:
        assert said == "too few"
        return
    reached = set()
    for end in product(*(ROWS[row] for row in rows)):
        decided = end.count("met") + end.count("missed")
        reached |= {Fraction(end.count("met"), decided) >= target} if decided else {True, False}
    if said in {"met", "missed"}:
        assert reached == {said == "met"} or (target == 0 and said == "met")
    else:
        assert said == "unclear"
        assert reached == {True, False}


@pytest.mark.parametrize(
    ("counts", "judge_from", "state", "said"),
    [
        (Counts(covered=20, met=19, missed=1), 0, "finished", "met"),
        (Counts(covered=20, met=18, missed=2), 0, "finished", "missed"),
        (Counts(covered=20, met=18, missed=1, unclear=1, may_meet=1, may_miss=1), 0, "finished", "unclear"),
        (Counts(covered=20, met=18, missed=1, unclear=1, may_miss=1), 0, "finished", "missed"),
        (Counts(covered=20, met=19, missed=1), 20, "finished", "met"),
        (Counts(covered=19, met=0, missed=19), 20, "finished", "too few"),
        (Counts(covered=20, met=10, missed=5, left_out=5), 20, "finished", "too few"),
        (Counts(covered=20, met=10, unclear=10, may_miss=10), 20, "finished", "unclear"),
        (Counts(), 0, "finished", "no data"),
        (Counts(covered=4, left_out=4), 20, "finished", "no data"),
        (Counts(covered=1, missed=1), 0, "running", "running"),
        (Counts(covered=1, missed=1), 20, "not covered", "not covered"),
        (Counts(covered=1, missed=1), 0, "whole", "missed"),
        (Counts(), 0, "whole", "no data"),
        (Counts(covered=1, unclear=1, may_meet=1), 0, "finished", "unclear"),
    ],
)
def test_what_becomes_of_a_share(counts: Counts, judge_from: int, state: str, said: str) -> None:
    assert status(counts, *bounds(counts), Fraction(95, 100), judge_from, state) == said


# --- periods ----------------------------------------------------------------------------------

CALENDAR = FiscalYear()
FEBRUARY = FiscalYear(2, named_for_end=True)
JULY = FiscalYear(7, named_for_end=False)


@pytest.mark.parametrize(
    ("day", "kind", "fiscal", "name", "first", "last"),
    [
        ("2027-01-31", "month", CALENDAR, "2027-01", "2027-01-01", "2027-01-31"),
        ("2028-02-29", "month", CALENDAR, "2028-02", "2028-02-01", "2028-02-29"),
        ("2027-12-01", "month", FEBRUARY, "2027-12", "2027-12-01", "2027-12-31"),
        ("2027-01-03", "week", CALENDAR, "2026-W53", "2026-12-28", "2027-01-03"),
        ("2027-01-04", "week", CALENDAR, "2027-W01", "2027-01-04", "2027-01-10"),
        ("2024-12-30", "week", CALENDAR, "2025-W01", "2024-12-30", "2025-01-05"),
        ("1969-12-31", "week", CALENDAR, "1970-W01", "1969-12-29", "1970-01-04"),
        ("2027-03-31", "quarter", CALENDAR, "FY27-Q1", "2027-01-01", "2027-03-31"),
        ("2027-10-01", "quarter", CALENDAR, "FY27-Q4", "2027-10-01", "2027-12-31"),
        ("2027-01-31", "quarter", FEBRUARY, "FY27-Q4", "2026-11-01", "2027-01-31"),
        ("2027-02-01", "quarter", FEBRUARY, "FY28-Q1", "2027-02-01", "2027-04-30"),
        ("2027-06-30", "quarter", JULY, "FY26-Q4", "2027-04-01", "2027-06-30"),
        ("2027-07-01", "quarter", JULY, "FY27-Q1", "2027-07-01", "2027-09-30"),
        ("2028-01-31", "year", FEBRUARY, "FY28", "2027-02-01", "2028-01-31"),
        ("2028-02-29", "year", FEBRUARY, "FY29", "2028-02-01", "2029-01-31"),
        ("2027-05-05", "year", JULY, "FY26", "2026-07-01", "2027-06-30"),
        ("2027-05-05", "year", CALENDAR, "FY27", "2027-01-01", "2027-12-31"),
    ],
)
def test_the_period_of_a_day(
    day: str, kind: model.PeriodKind, fiscal: FiscalYear, name: str, first: str, last: str
) -> None:
    period = periods.of_day(date.fromisoformat(day), kind, fiscal)
    assert (period.name, str(period.first), str(period.last)) == (name, first, last)
    assert periods.named(name, fiscal) == period


KINDS = st.sampled_from(("week", "month", "quarter", "year"))
FISCAL = st.builds(FiscalYear, st.integers(1, 12), st.booleans())


# `FY00` is the first year that two digits can name.
@given(st.dates(date(2001, 1, 1), date(2098, 1, 1)), KINDS, FISCAL)
def test_periods_part_all_days_without_gaps_and_are_found_by_their_names(
    day: date, kind: model.PeriodKind, fiscal: FiscalYear
) -> None:
    period = periods.of_day(day, kind, fiscal)
    assert period.first <= day <= period.last
    assert periods.of_day(period.first, kind, fiscal) == period == periods.of_day(period.last, kind, fiscal)
    assert periods.of_day(period.last + timedelta(1), kind, fiscal).first == period.last + timedelta(1)
    assert periods.named(period.name, fiscal) == period
    assert period.slots == range(
        periods.slot(period.first, periods.grain_of(kind)), periods.slot(period.last, periods.grain_of(kind)) + 1
    )
    grains = {
        periods.slot(period.first + timedelta(n), periods.grain_of(kind))
        for n in range((period.last - period.first).days + 1)
    }
    assert sorted(grains) == list(period.slots)
    several = list(periods.between(day, day + timedelta(800), kind, fiscal))
    assert several[0] == period
    assert all(before.last + timedelta(1) == after.first for before, after in pairwise(several))
    assert several[-1].first <= day + timedelta(800) <= several[-1].last


@pytest.mark.parametrize(
    "name", ["2027-13", "2027-00", "0000-01", "2027-W54", "2027-W00", "FY27-Q5", "FY2027", "2027", "x", ""]
)
def test_what_names_no_period(name: str) -> None:
    assert periods.named(name, CALENDAR) is None


PER = """
fiscal_year: {starts: february, named_for: its_end}
records:
  lead: {fields: {due_on: {type: date}}}
responsibilities:
  by_week: {owed_by: sales, owed_to: marketing, covers: lead, must: budget > 0,
    target: 90% per week, dated: qualified_at}
  by_month: {owed_by: sales, owed_to: marketing, covers: lead, must: budget > 0,
    target: 90% per month, dated: qualified_at}
  by_quarter: {owed_by: sales, owed_to: marketing, covers: lead, must: budget > 0,
    target: 90% per quarter, dated: qualified_at}
  by_year: {owed_by: sales, owed_to: marketing, covers: lead, must: budget > 0,
    target: 90% per year, dated: qualified_at}
  by_day: {owed_by: sales, owed_to: marketing, covers: lead, must: budget > 0, target: 90% per month, dated: due_on}
"""
DUE = binding("due_on: Due")


def test_rows_fall_into_the_periods_of_their_local_day(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, PER + DUE)
    dates = {
        "2027-01-31 23:59:59": ("2027-W04", "2027-01", "FY27-Q4", "FY27"),
        "2027-02-01 00:00:00": ("2027-W05", "2027-02", "FY28-Q1", "FY28"),
        "2027-02-28": ("2027-W08", "2027-02", "FY28-Q1", "FY28"),
        "02/28/2027 11:59 PM": ("2027-W08", "2027-02", "FY28-Q1", "FY28"),
        "2027-03-14 02:30:00": ("2027-W10", "2027-03", "FY28-Q1", "FY28"),
        "2027-11-07 01:30:00": ("2027-W44", "2027-11", "FY28-Q4", "FY28"),
        "2026-12-28 00:00:00": ("2026-W53", "2026-12", "FY27-Q4", "FY27"),
        "2027-01-03 23:59:59": ("2026-W53", "2027-01", "FY27-Q4", "FY27"),
        "2027-01-04 00:00:00": ("2027-W01", "2027-01", "FY27-Q4", "FY27"),
        "1969-12-31 12:00:00": ("1970-W01", "1969-12", "FY70-Q4", "FY70"),
    }
    rows = [{"Lead ID": when, "MQL Date": when, "Due": ""} for when in dates]
    for at, duty in enumerate(("by_week", "by_month", "by_quarter", "by_year")):
        found = verdicts(tmp_path, agreed, {"leads": leads(*rows)}, duty, "2027-12-31")
        assert {when: period for when, (_, period) in found.items()} == {when: all_[at] for when, all_ in dates.items()}


def test_a_stamp_falls_into_the_day_of_the_contract_and_a_day_stays_itself(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, PER + binding("due_on: Due", time_zone="Pacific/Auckland"))
    rows = {
        "2027-02-01T04:59:59Z": "2027-01", "2027-02-01T05:00:00Z": "2027-02", "2027-01-31 23:59:59-05:00": "2027-01",
        "2027-02-01": "2027-02", "2027-01-31": "2027-01",
    }  # fmt: skip
    file = leads(*({"Lead ID": when, "MQL Date": when, "Due": when, "Create Date": ""} for when in rows))
    for duty in ("by_month", "by_day"):
        found = verdicts(tmp_path, agreed, {"leads": file}, duty)
        assert {when: period for when, (_, period) in found.items()} == rows
    local = {"2027-02-01 17:59:59": "2027-01", "2027-02-01 18:00:00": "2027-02", "02/01/2027 6:00 PM": "2027-02"}
    file = leads(*({"Lead ID": when, "MQL Date": when, "Due": when, "Create Date": ""} for when in local))
    for duty in ("by_month", "by_day"):
        found = verdicts(tmp_path, agreed, {"leads": file}, duty)
        assert {when: period for when, (_, period) in found.items()} == local


def test_rows_without_a_date_are_in_no_period_and_are_told(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, PER + DUE)
    rows = [
        {"Lead ID": f"k{n}", "MQL Date": when, "Due": ""} for n, when in enumerate(["2027-01-05 10:00:00", "", "x"])
    ]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-01-31", agreed))
    (january,) = outcomes(report, "by_month").values()
    assert (january.counts.covered, january.undated, january.status) == (1, 2, "met")
    assert {one.subject for one in found(report, "undated-rows")} >= {"by_month", "by_week"}
    # No row at all has a date here: the duty has no period, and says so.
    assert outcomes(report, "by_day") == {}
    assert "by_day" in {one.subject for one in report.findings}


def test_rows_after_the_day_of_the_report_are_in_no_figure_and_are_told(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, PER + DUE)
    rows = [
        {"Lead ID": f"k{n}", "MQL Date": when, "Due": ""}
        for n, when in enumerate(["2027-01-05 10:00:00", "2027-03-01 00:00:00"])
    ]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-02-10", agreed))
    assert {name: (one.period.state, one.counts.covered) for name, one in outcomes(report, "by_month").items()} == {
        "2027-01": ("finished", 1),
        "2027-02": ("running", 0),
    }
    assert "by_month" in {one.subject for one in found(report, "later-rows")}


# --- what day it is ---------------------------------------------------------------------------


def states(report: Report, duty: str) -> dict[str, tuple[str, str]]:
    return {name: (one.period.state, one.status) for name, one in outcomes(report, duty).items()}


def test_now_is_the_latest_time_of_all_exports(tmp_path: Path) -> None:
    agreed = loaded(
        tmp_path,
        "records: {lead: {fields: {due: {type: time, planned: true}}}}\nbindings: {leads: {columns: {due: Due}}}",
    )
    files = {
        "leads": leads(
            {"Lead ID": "1", "Due": "2027-09-09 09:00:00"},
            {"Lead ID": "2", "Accepted Date": "2027-01-05 09:30:00"},
            {"Lead ID": "3"},
        ),
        "opportunities": opportunities({"Close Date": "2027-01-04"}),
    }
    report = check(tmp_path, agreed, files)
    assert report.as_of is not None
    assert report.as_of.at.isoformat() == "2027-01-05T09:30:00-05:00"
    assert (report.as_of.source, Path(str(report.as_of.file)).name, report.as_of.row) == ("latest time", "leads.csv", 3)
    files["opportunities"] = opportunities(
        {"Close Date": "2027-01-04"}, {"Opportunity ID": "2", "Close Date": "2027-01-05"}
    )
    report = check(tmp_path, agreed, files)
    assert report.as_of is not None
    assert report.as_of.at.isoformat() == "2027-01-05T23:59:59-05:00"
    assert (Path(str(report.as_of.file)).name, report.as_of.row) == ("opportunities.csv", 3)


def test_a_stray_time_is_not_today(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, HELD)
    rows = [{"Lead ID": "1"}, {"Lead ID": "2", "Accepted Date": "2050-01-01 00:00:00"}, {"Lead ID": "3"}]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert report.as_of is not None
    assert report.as_of.at.isoformat() == "2027-01-03T10:00:00-05:00"
    (stray,) = found(report, "stray-time")
    assert [one.rows for one in stray.data] == [(3,)]
    assert states(report, "quality") == {"2027-01": ("running", "running")}


@pytest.mark.parametrize(("last", "stray"), [("2027-02-03 10:00:00", False), ("2027-02-03 10:00:01", True)])
def test_a_time_is_stray_when_it_lies_more_than_31_days_after_the_others(
    tmp_path: Path, last: str, stray: bool
) -> None:
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads({}, {"Lead ID": "2", "MQL Date": last})})
    assert bool(found(report, "stray-time")) == stray
    assert report.as_of is not None
    assert (report.as_of.at.month == 1) == stray


def test_two_late_times_of_a_small_export_are_no_accident(tmp_path: Path) -> None:
    rows = [
        {"Lead ID": str(n), "MQL Date": when}
        for n, when in enumerate(["2027-01-03"] * 5 + ["2027-06-01", "2027-06-02"])
    ]
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*rows)})
    assert report.as_of is not None
    assert report.as_of.at.isoformat() == "2027-06-02T23:59:59-04:00"
    assert found(report, "stray-time") == []


@pytest.mark.parametrize(
    ("moment", "january"),
    [
        ("2027-01-30", "running"),
        ("2027-01-31", "finished"),
        ("2027-01-31T23:59:59", "running"),
        ("2027-02-01T00:00:00", "finished"),
        ("2027-02-01T04:59:59Z", "running"),
        ("2027-02-01T05:00:00Z", "finished"),
    ],
)
def test_a_day_that_is_given_means_its_end(tmp_path: Path, moment: str, january: str) -> None:
    agreed = loaded(tmp_path, HELD)
    report = check(tmp_path, agreed, {"leads": leads({})}, on(moment, agreed))
    assert states(report, "quality")["2027-01"] == (january, "met" if january == "finished" else "running")
    assert report.as_of is not None
    assert (report.as_of.source, report.as_of.file) == ("--as-of", None)
    assert "2027-02" not in states(report, "quality")


def test_a_row_at_the_first_second_of_a_month_begins_it(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, HELD)
    rows = [{"Lead ID": "1"}, {"Lead ID": "2", "MQL Date": "2027-02-01 00:00:00"}]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert states(report, "quality") == {"2027-01": ("finished", "met"), "2027-02": ("running", "running")}
    assert outcomes(report, "quality")["2027-02"].counts.covered == 1
    assert found(report, "later-rows") == []


def test_without_any_time_nothing_is_running(tmp_path: Path) -> None:
    report = check(
        tmp_path,
        loaded(tmp_path, FLAGS),
        {"leads": leads({"Create Date": "", "MQL Date": "", "H": "yes", "W": "yes", "M": "", "K": ""})},
    )
    assert report.as_of is None
    (whole,) = outcomes(report, "all_of_them").values()
    assert (whole.period.state, whole.status) == ("whole", "met")


# --- what an export holds ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "stale"), [("2027-01-11T10:00:00", False), ("2027-01-11T10:00:01", True), ("2027-01-31", True)]
)
def test_what_rests_on_a_stale_export_is_not_checked(tmp_path: Path, day: str, stale: bool) -> None:
    agreed = loaded(tmp_path, "bindings: {leads: {reads: {fresh: 8 days}}}")
    files = {"leads": leads({}), "opportunities": opportunities({"Close Date": "2026-12-20"})}
    report = check(tmp_path, agreed, files, on(day, agreed))
    assert [one.subject for one in found(report, "stale-export")] == (["leads"] if stale else [])
    silent = {one.subject for one in report.not_checked}
    assert ({"quality", "volume", "mql", "sales_ready_lead"} <= silent) == stale
    assert bool({one.duty for one in report.outcomes} & {"quality", "volume"}) != stale
    assert {one.term for one in report.terms} == ({"sale"} if stale else {"mql", "sales_ready_lead", "sale"})
    assert "loss_reasons" not in silent


def test_an_export_without_fresh_holds_no_more_than_up_to_its_latest_time(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, "")
    rows = [{"Lead ID": "1"}, {"Lead ID": "2", "MQL Date": "2027-02-20 10:00:00"}]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-04-10", agreed))
    assert states(report, "quality") == {"2027-01": ("finished", "met"), "2027-02": ("not covered", "not covered")}


HOLDS = """
responsibilities: {volume: {volume: {of: mql, per: month, at_least: 1}}}
bindings: {leads: {reads: {fresh: 400 days, holds: {by: qualified_at, since: 2027-02-01, until: 2027-04-30}}}}
"""


def test_a_period_that_the_export_does_not_hold_is_not_covered(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, HOLDS)
    dates = ["2027-01-31 10:00:00", "2027-03-05 10:00:00", "2027-05-01 10:00:00"]
    rows = [
        {"Lead ID": when, "MQL Date": when, "Annual Budget": "5" if when < "2027-03" else "20000"} for when in dates
    ]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-06-30", agreed, judge="all"))
    assert states(report, "quality") == {
        "2027-01": ("not covered", "not covered"),
        "2027-02": ("finished", "no data"),
        "2027-03": ("finished", "met"),
        "2027-04": ("finished", "no data"),
        "2027-05": ("not covered", "not covered"),
    }
    assert states(report, "volume") == {
        "2027-02": ("finished", "missed"),
        "2027-03": ("finished", "met"),
        "2027-04": ("finished", "missed"),
        "2027-05": ("not covered", "not covered"),
    }
    assert {(one.subject, one.period) for one in found(report, "target-missed")} == {
        ("volume", "2027-02"),
        ("volume", "2027-04"),
        # The lead of March was never touched.
        ("first_touch", "2027-03"),
    }


@pytest.mark.parametrize(("since", "january"), [("2027-01-01", "finished"), ("2027-01-02", "not covered")])
def test_a_period_is_covered_only_as_a_whole(tmp_path: Path, since: str, january: str) -> None:
    agreed = loaded(tmp_path, HOLDS.replace("2027-02-01", since))
    report = check(tmp_path, agreed, {"leads": leads({})}, on("2027-02-10", agreed))
    assert states(report, "quality")["2027-01"][0] == january
    assert states(report, "volume")["2027-01"][0] == january


# --- volume -----------------------------------------------------------------------------------

VOLUME = """
responsibilities:
  volume: {volume: {of: mql, per: month, at_least: 2, ramp: {2027-04: 3}}}
  by_region: {owed_by: marketing, owed_to: sales,
    volume: {of: mql, per: month, at_least: {AMER: 1, EMEA: 1}, split_by: region}}
bindings: {leads: {reads: {fresh: 400 days, unreadable: at most 90%}}}
"""


def test_empty_periods_count_zero_and_the_first_one_is_not_covered(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, VOLUME)
    dates = ["2027-01-05", "2027-01-06", "2027-03-05", "2027-03-06", "2027-04-01", "2027-04-02"]
    rows = [{"Lead ID": str(n), "MQL Date": when} for n, when in enumerate(dates)]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-05-10", agreed, judge="all"))
    said: dict[str, tuple[object, ...]] = {
        name: (one.period.state, one.status, one.lower, one.target) for name, one in outcomes(report, "volume").items()
    }
    assert said == {
        "2027-01": ("not covered", "not covered", 2, 2),
        "2027-02": ("finished", "missed", 0, 2),
        "2027-03": ("finished", "met", 2, 2),
        "2027-04": ("finished", "missed", 2, 3),
        "2027-05": ("running", "running", 0, 3),
    }


def test_a_volume_is_unclear_where_unclear_rows_decide_it(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, VOLUME)
    budgets = {
        "2027-01": ["20000"],
        "2027-02": ["20000", ""],
        "2027-03": ["20000", "20000", ""],
        "2027-04": ["20000", "x"],
    }
    rows = [
        {"Lead ID": f"{month} {n}", "MQL Date": f"{month}-05", "Annual Budget": budget, "Region": "AMER"}
        for month, several in budgets.items()
        for n, budget in enumerate(several)
    ]
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-04-30", agreed, judge="all"))
    said: dict[str, tuple[object, ...]] = {
        name: (one.status, one.lower, one.upper) for name, one in outcomes(report, "volume").items()
    }
    assert said == {
        "2027-01": ("not covered", 1, 1),
        "2027-02": ("unclear", 1, 2),
        "2027-03": ("met", 2, 3),
        "2027-04": ("missed", 1, 2),
    }
    split = {
        name: {part.part_of[0][1]: part.status for part in one.parts}
        for name, one in outcomes(report, "by_region").items()
    }
    assert split["2027-02"] == {"AMER": "met", "EMEA": "missed"}
    assert outcomes(report, "by_region")["2027-02"].status == "missed"


# --- whether times can be read at all ---------------------------------------------------------


def test_a_file_that_proves_its_order_of_day_and_month_is_read_in_it(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, PER + binding("due_on: Due", date_order="null"))
    for proof, first, second in (("25/02/2027", "2027-02", "2027-03"), ("02/25/2027", "2027-02", "2027-02")):
        rows = [{"Lead ID": "proof", "Due": proof}, {"Lead ID": "open", "Due": "02/03/2027"}]
        found = verdicts(tmp_path, agreed, {"leads": leads(*rows)}, "by_day")
        assert {key: period for key, (_, period) in found.items()} == {"proof": first, "open": second}


@pytest.mark.parametrize(
    ("dates", "says"),
    [
        (["02/03/2027", "03/04/2027"], "day or with the month first"),
        (["02/03/2027", "31/31/2027"], "day or with the month first"),
        (["02/03/2027", "99/01/2027"], "day or with the month first"),
        (["02/03/27", "27/02/03"], "day or with the month first"),
        (["25/02/2027", "02/25/2027"], "contradict each other"),
    ],
)
def test_an_order_that_nobody_can_tell_is_not_guessed(tmp_path: Path, dates: list[str], says: str) -> None:
    agreed = loaded(tmp_path, PER + binding("due_on: Due", date_order="null"))
    with pytest.raises(CannotRun, match=says):
        check(tmp_path, agreed, {"leads": leads(*({"Lead ID": when, "Due": when} for when in dates))})


def test_times_with_and_without_an_offset_in_one_column_are_not_guessed(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, HELD)
    rows = [{"Lead ID": "1"}, {"Lead ID": "2", "MQL Date": "2027-01-03T10:00:00Z"}]
    with pytest.raises(CannotRun, match=r"mixes times with an offset \(row 3\) and without \(row 2\)"):
        check(tmp_path, agreed, {"leads": leads(*rows)})


def test_times_without_a_zone_are_not_guessed_but_days_need_none(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, binding(time_zone="null"))
    with pytest.raises(CannotRun, match=r"without an offset \(row 2\)"):
        check(tmp_path, agreed, {"leads": leads({})})
    days = leads({"Create Date": "2027-01-02", "MQL Date": "2027-01-03"})
    stamps = leads({"Create Date": "2027-01-02T00:00:00Z", "MQL Date": "2027-01-03T10:00:00-08:00"})
    for file in (days, stamps):
        assert judged_as(check(tmp_path, agreed, {"leads": file})) == (1, 0, 0)


@pytest.mark.parametrize(
    "odd", ["1900-01-01 00:00:00", "2199-12-31 23:59:59", "2050-01-01 00:00:00", "0001-01-01 00:00:00"]
)
def test_a_year_far_from_all_others_is_read_and_ends(tmp_path: Path, odd: str) -> None:
    agreed = loaded(tmp_path, HELD)
    rows = [{"Lead ID": str(n)} for n in range(600)] + [{"Lead ID": "odd", "Accepted Date": odd}]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert account(report) == (601, 601, 0, 0)
    assert len(found(report, "unreadable-values")) == (odd < "1")


def test_a_shape_that_the_first_rows_lack_is_read(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, HELD)
    rows = [{"Lead ID": str(n)} for n in range(600)]
    rows += [
        {"Lead ID": "date", "MQL Date": "2027-01-05"},
        {"Lead ID": "us", "MQL Date": "1/5/27 2:05 PM"},
        {"Lead ID": "x", "MQL Date": "x"},
    ]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert judged_as(report) == (602, 0, 0)
    assert [one.rows for one in found(report, "unreadable-values")[0].data] == [(604,)]


# --- what of a file could not be read ---------------------------------------------------------


def test_of_many_columns_each_is_told_by_itself(tmp_path: Path) -> None:
    """Bits of 30 fields stand in one mask; this needs three."""
    names = [f"f{n}" for n in range(65)]
    fields = ", ".join(f"{name}: {{type: integer, to: 9}}" for name in names)
    columns = ", ".join(f"{name}: {name}" for name in names)
    agreed = loaded(tmp_path, f"records: {{lead: {{fields: {{{fields}}}}}}}\n{binding(columns)}")
    rows = [{"Lead ID": f"u{n}", **dict.fromkeys(names, "1"), name: "x"} for n, name in enumerate(names)]
    rows += [{"Lead ID": f"n{n}", **dict.fromkeys(names, "1"), name: "10"} for n, name in enumerate(names) if n % 2]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    unreadable = {one.subject: one.data[0].rows for one in found(report, "unreadable-values")}
    assert unreadable == {f"lead.{name}": (n + 2,) for n, name in enumerate(names)}
    disallowed = {one.subject: one.data[0].rows for one in found(report, "value-not-listed")}
    assert disallowed == {f"lead.{name}": (67 + n // 2,) for n, name in enumerate(names) if n % 2}


@pytest.mark.parametrize(("odd", "stops"), [(1, False), (2, True)])
def test_more_unreadable_cells_than_the_binding_accepts_end_the_run(tmp_path: Path, odd: int, stops: bool) -> None:
    agreed = loaded(tmp_path, "")
    rows = [{"Lead ID": str(n), "Annual Budget": "x" if n < odd else "20000"} for n in range(1_000)]
    if stops:
        with pytest.raises(CannotRun, match=r"2 rows of 1,000 .* hold no amount in `Annual Budget`"):
            check(tmp_path, agreed, {"leads": leads(*rows)})
    else:
        report = check(tmp_path, agreed, {"leads": leads(*rows)})
        assert judged_as(report) == (999, 0, 1)
        assert [one.data[0].rows for one in found(report, "unreadable-values")] == [(2,)]


def test_values_that_are_not_listed_never_end_a_run_and_are_counted_by_value(tmp_path: Path) -> None:
    sources = ["Webinar"] * 3 + ["web", " Webinar ", "", "Web"]
    rows = [{"Lead ID": str(n), "Lead Source": source} for n, source in enumerate(sources)]
    report = check(tmp_path, loaded(tmp_path, ""), {"leads": leads(*rows)})
    told = found(report, "value-not-listed")
    assert {one.subject: (one.data[0].rows, one.data[0].more) for one in told} == {
        "lead.source=Webinar": ((2,), 3),
        "lead.source=web": ((5,), 0),
    }
    assert cells(report, "sales_ready_lead").unmarked_unclear == 6


def test_a_whole_number_of_nineteen_digits_is_told(tmp_path: Path) -> None:
    agreed = loaded(tmp_path, "records: {lead: {fields: {ref: {type: integer}}}}\n" + binding("ref: Ref"))
    rows = [{"Lead ID": "1", "Ref": "1234567890123456789"}, {"Lead ID": "2", "Ref": "123456789012345678"}]
    report = check(tmp_path, agreed, {"leads": leads(*rows)})
    assert [(one.subject, one.data[0].rows) for one in found(report, "unreadable-values")] == [("lead.ref", (2,))]


def test_a_key_that_is_personal_is_never_named(tmp_path: Path) -> None:
    """Whichever field joins two exports: an address must stand in no report."""
    sample = """
records: {lead: {fields: {email: {type: text, personal: true}, score: {type: integer}}}}
bindings:
  leads: {joins_on: email, columns: {email: Email}, reads: {unreadable: at most 90%}}
  hubspot: {binds: lead, joins_on: email, matches: [Record ID], columns: {email: Mail, score: Score}}
"""
    files = {
        "leads": leads({"Email": "ann@acme.com"}, {"Lead ID": "2", "Email": "ann@acme.com"}),
        "hubspot": exports.text(["Record ID", "Mail", "Score"], [["1", "bob@acme.com", "x"]]),
    }
    try:
        report = check(tmp_path, loaded(tmp_path, sample), files)
        said = repr((report.findings, report.outcomes))
    except CannotRun as refused:
        said = str(refused)
    assert "acme.com" not in said


def test_links_between_fields_of_two_types_are_found_by_their_texts(tmp_path: Path) -> None:
    sample = """
records:
  lead: {fields: {touches: {type: integer, count: touch}}}
  activity:
    of: {lead: [who = lead.lead_id]}
    key: activity_id
    fields: {activity_id: {type: text}, who: {type: integer}, kind: {type: text}}
terms: {touch: {of: activity, criteria: {kind: kind = 'Call'}}}
responsibilities:
  calls: {owed_by: sales, owed_to: marketing, covers: lead, must: touches = 2, target: 90%}
bindings:
  calls:
    binds: activity
    matches: [Activity ID]
    reads: {unreadable: at most 90%}
    columns: {activity_id: Activity ID, who: Who, kind: Kind}
"""
    lines = [["a", "7", "Call"], ["b", "07", "Call"], ["c", "x", "Call"]]
    files = {
        "leads": leads({"Lead ID": "x"}, {"Lead ID": "7"}),
        "calls": exports.text(["Activity ID", "Who", "Kind"], lines),
    }
    assert verdicts(tmp_path, loaded(tmp_path, sample), files, "calls") == {"x": ("missed", ""), "7": ("met", "")}


def test_one_sign_cannot_part_thousands_and_decimals(tmp_path: Path) -> None:
    """`1.50` would be 1.5 and `1.500` would be 1500."""
    with pytest.raises(CannotRun, match="the contract has errors"):
        loaded(tmp_path, 'bindings: {leads: {reads: {thousands: "."}}}')


@pytest.mark.parametrize(("first", "told"), [("1900-01-01", 3), ("1970-01-01", 3), ("2018-02-01", 109)])
def test_one_date_of_long_ago_does_not_make_a_century_of_misses(tmp_path: Path, first: str, told: int) -> None:
    """The month of such a date is told, with its row; a silence of less than ten years is one of misses."""
    rows = [{"Lead ID": "1", "MQL Date": f"{first} 00:00:00"}, {"Lead ID": "2"}, {"Lead ID": "3"}]
    agreed = loaded(tmp_path, HELD)
    report = check(tmp_path, agreed, {"leads": leads(*rows)}, on("2027-02-10", agreed))
    volumes = [one for one in report.outcomes if one.duty == "volume"]
    oldest, *others = volumes
    assert oldest.period.first is not None
    assert str(oldest.period.first) == first[:8] + "01"
    assert (oldest.period.state, oldest.counts.covered) == ("not covered", 1)
    assert sum(one.counts.covered for one in others) == 2
    assert len(volumes) == told
