"""Two exports beside each other: every figure counted once more in plain Python, from the cells that were written."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from commands import slacli
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

HERE = Path(__file__).parent
ROOT = HERE.parent
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "schemas" / "reconcile.schema.json").read_text(encoding="utf-8"))
CONTRACT = str(HERE / "contracts" / "two_sides")

SALES = ("Lead ID", "Email", "Company", "Lead Status", "Budget", "Currency", "Seats", "Opted In", "Renewal Date",
         "Create Date", "Campaigns", "Owner ID")  # fmt: skip
MARKETING = ("Record ID", "Salesforce ID", "Score", "Email", "Company", "Lifecycle", "Budget", "Seats", "Opt-in",
             "Renewal", "Created", "Campaigns")  # fmt: skip
CODES = ("equal", "differ", "only_a", "only_b", "both_blank", "unclear")
UNLIKE = ("differ", "only_a", "only_b")


def text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    held = io.StringIO(newline="")
    csv.writer(held, lineterminator="\n").writerows([header, *rows])
    return held.getvalue().encode()


def reconciled(*arguments: str, folder: Path, code: int = 0) -> dict[str, Any]:
    ran = slacli("reconcile", *arguments, "--format", "json", folder=folder)
    assert ran.code == code, ran.text
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(found)
    adds_up(found)
    return found


def adds_up(found: Mapping[str, Any]) -> None:
    for side in (found["a"], found["b"]):
        rows = side["rows"]
        assert rows["total"] == sum(count for part, count in rows.items() if part != "total")
        assert rows["judged"] == found["both"] + side["only_here"] + side["in_doubt"] + side["without_key"]
    for field in found["fields"]:
        assert sum(field["counts"].values()) == found["both"]


# --- the recount ------------------------------------------------------------------------------

BLANK, ODD = object(), object()


@dataclass(frozen=True)
class Row:
    """A row as somebody means it: what each system writes for each value is in the tables below."""

    key: str
    company: str
    status: str
    budget: str
    seats: str
    day: int

    def sales(self) -> list[str]:
        status = {"MQL": "Marketing Qualified"}.get(self.status, self.status)
        amount, code = {"eur": ("10.00", "EUR"), "eleven": ("11.00", "USD"), "odd": ("ten", "USD")}.get(
            self.budget, ("", "USD")
        )
        when = f"{1 + self.day // 28}/{1 + self.day % 28}/2026 9:00 AM"
        return [self.key, "", self.company, status, amount, code, self.seats, "", "", when, "", ""]

    def marketing(self) -> list[str]:
        amount = {"eur": "11.0", "eleven": "11", "odd": "1.500"}.get(self.budget, "-")
        when = f"2026-{1 + self.day // 28:02}-{1 + self.day % 28:02}T14:00:00Z"
        return ["r", self.key, "", "", self.company, self.status, amount, self.seats, "", "", when, ""]

    def meant(self) -> dict[str, object]:
        seats: object = BLANK if not self.seats else int(self.seats) if self.seats.isdecimal() else ODD
        return {
            "company": self.company.lower() if self.company else BLANK,
            "status": {"": BLANK, "Lost": ODD}.get(self.status, self.status),
            "budget": {"eur": 11, "eleven": 11, "odd": ODD}.get(self.budget, BLANK),
            "seats": seats,
            "created_at": self.day,
        }


def compared(mine: object, theirs: object) -> str:
    if ODD in (mine, theirs):
        return "unclear"
    if BLANK in (mine, theirs):
        return "both_blank" if mine is theirs else "only_b" if mine is BLANK else "only_a"
    return "equal" if mine == theirs else "differ"


def settled(rows: Sequence[Row], written: Sequence[Sequence[str]]) -> tuple[dict[str, Row], set[str], Counter[str]]:
    """Give the row of each key, the keys of rows that contradict each other, and the account of the others."""
    kept: dict[str, Row] = {}
    doubt: set[str] = set()
    counts: Counter[str] = Counter()
    for key in {row.key for row in rows}:
        mine = [n for n, row in enumerate(rows) if row.key == key]
        if not key:
            counts["without_key"] += len(mine)
        elif len({tuple(written[n]) for n in mine}) > 1:
            doubt.add(key)
            counts["contradictory"] += len(mine)
        else:
            kept[key] = rows[mine[0]]
            counts["repeated"] += len(mine) - 1
    return kept, doubt, counts


ROWS = st.lists(
    st.builds(
        Row,
        key=st.sampled_from(["", *(f"L{n}" for n in range(8))]),
        company=st.sampled_from(["", "One", "ONE", "Zwei é"]),
        status=st.sampled_from(["", "New", "MQL", "Lost"]),
        budget=st.sampled_from(["", "eur", "eleven", "odd"]),
        seats=st.sampled_from(["", "1", "2", "2 seats"]),
        day=st.integers(0, 80),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None)
@given(one=ROWS, other=ROWS)
def test_every_figure_is_that_of_a_recount(
    one: list[Row], other: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sides")
    written = [row.sales() for row in one], [row.marketing() for row in other]
    (folder / "sales.csv").write_bytes(text(SALES, written[0]))
    (folder / "marketing.csv").write_bytes(text(MARKETING, written[1]))
    found = reconciled("sales.csv", "marketing.csv", "--contract", CONTRACT, "--rows", "rows.csv", folder=folder)
    # The recount looks at the bound columns alone: the first of Marketing's is not one.
    sides = [settled(one, written[0]), settled(other, [row[1:] for row in written[1]])]
    both = sorted(sides[0][0].keys() & sides[1][0].keys())
    assert found["both"] == len(both)
    for at, name in enumerate("ab"):
        mine, across = sides[at], sides[1 - at]
        assert found[name]["only_here"] == len(mine[0].keys() - across[0].keys() - across[1])
        assert found[name]["in_doubt"] == len(mine[0].keys() & across[1])
        assert found[name]["without_key"] == mine[2]["without_key"]
        for part in ("repeated", "contradictory"):
            assert found[name]["rows"][part] == mine[2][part]
    counts: dict[str, Counter[str]] = {}
    since: dict[str, str] = {}
    unlike = set()
    for key in both:
        a, b = sides[0][0][key], sides[1][0][key]
        for field, mine_value in a.meant().items():
            told = compared(mine_value, b.meant()[field])
            counts.setdefault(field, Counter())[told] += 1
            if told in UNLIKE:
                unlike.add(key)
                month = f"2026-{1 + a.day // 28:02}"
                since[field] = min(month, since.get(field, month))
    assert found["differing"] == len(unlike)
    for told_of in found["fields"]:
        if told_of["field"] in counts:
            expected = counts[told_of["field"]]
            assert told_of["counts"] == {code: expected[code] for code in CODES}, told_of["field"]
            assert told_of["since"] == since.get(told_of["field"])
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        kinds = Counter(line["kind"] for line in csv.DictReader(file))
    assert kinds["differs"] == sum(count["differ"] for count in counts.values())
    assert kinds["unclear"] == sum(count["unclear"] for count in counts.values())
    assert (kinds["only in A"], kinds["only in B"]) == (found["a"]["only_here"], found["b"]["only_here"])
    assert sum(kinds.values()) == sum(
        [*(found[name]["only_here"] + found[name]["in_doubt"] for name in "ab"),
         *(count[code] for count in counts.values() for code in (*UNLIKE, "unclear"))]
    )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(one=ROWS, other=ROWS)
def test_the_other_way_round_everything_is_mirrored(
    one: list[Row], other: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sides")
    (folder / "sales.csv").write_bytes(text(SALES, [row.sales() for row in one]))
    (folder / "marketing.csv").write_bytes(text(MARKETING, [row.marketing() for row in other]))
    there = reconciled("sales.csv", "marketing.csv", "--contract", CONTRACT, folder=folder)
    back = reconciled("marketing.csv", "sales.csv", "--contract", CONTRACT, folder=folder)
    assert (there["a"]["rows"], there["b"]["rows"]) == (back["b"]["rows"], back["a"]["rows"])
    assert (there["both"], there["differing"]) == (back["both"], back["differing"])
    for field, mirrored in zip(there["fields"], back["fields"], strict=True):
        swapped = {"only_a": "only_b", "only_b": "only_a"}
        assert field["counts"] == {code: mirrored["counts"][swapped.get(code, code)] for code in CODES}


# --- edges ------------------------------------------------------------------------------------


def pair(folder: Path, one: Sequence[Sequence[str]], other: Sequence[Sequence[str]], *options: str) -> dict[str, Any]:
    (folder / "a.csv").write_bytes(text(SALES, one))
    (folder / "b.csv").write_bytes(text(MARKETING, other))
    return reconciled("a.csv", "b.csv", "--contract", CONTRACT, *options, folder=folder)


def sales(key: str, **cells: str) -> list[str]:
    names = ("key", "email", "company", "status", "budget", "code", "seats", "opted", "renews", "created", "campaigns")
    row = {"key": key, "code": "USD", **cells}
    return [*(row.get(name, "") for name in names), ""]


def marketing(key: str, **cells: str) -> list[str]:
    names = ("email", "company", "status", "budget", "seats", "opted", "renews", "created", "campaigns")
    return ["r", key, "", *(cells.get(name, "") for name in names)]


def counts(found: Mapping[str, Any], field: str) -> dict[str, int]:
    (one,) = (one for one in found["fields"] if one["field"] == field)
    return {code: count for code, count in one["counts"].items() if count}


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ("3/8/2026 1:30 AM", "2026-03-08T06:30:59Z", "equal"),  # a minute holds its seconds
        ("3/8/2026 1:30 AM", "2026-03-08T06:31:00Z", "differ"),
        ("3/8/2026", "2026-03-09T03:59:59Z", "equal"),  # a day of New York holds its hours, 23 on this one
        ("3/8/2026", "2026-03-09T04:00:00Z", "differ"),
        ("11/1/2026 1:30 AM", "2026-11-01T05:30:00Z", "equal"),  # comes twice: may be either
        ("11/1/2026 1:30 AM", "2026-11-01T06:30:00Z", "equal"),
        ("11/1/2026 1:30 AM", "2026-11-01T07:30:00Z", "differ"),
        ("soon", "2026-11-01T07:30:00Z", "unclear"),
    ],
)
def test_times_are_compared_as_far_as_both_are_exact(tmp_path: Path, mine: str, theirs: str, told: str) -> None:
    filler = [(sales(f"F{n}"), marketing(f"F{n}")) for n in range(9)]
    found = pair(
        tmp_path,
        [sales("L1", created=mine), *(one for one, _ in filler)],
        [marketing("L1", created=theirs), *(one for _, one in filler)],
    )
    assert counts(found, "created_at") == {told: 1, "both_blank": 9}


def test_texts_lists_and_amounts_are_compared_by_what_they_mean(tmp_path: Path) -> None:
    found = pair(
        tmp_path,
        [sales("L1", company="Caf\u00e9", campaigns="b;a; a", budget="10.01", code="EUR")],
        [marketing("L1", company=" CAFE\u0301 ", campaigns="a;b", budget="11.01")],
    )
    for field in ("company", "campaigns", "budget"):
        assert counts(found, field) == {"equal": 1}, field


def test_keys_that_only_their_case_tells_apart_are_not_joined_where_case_does_not_count(tmp_path: Path) -> None:
    found = pair(
        tmp_path,
        [sales("L1", email="Ann@one.example"), sales("L2", email="bob@two.example")],
        [marketing("1", email="ann@ONE.example"), marketing("2", email="Bob@two.example"),
         marketing("3", email="bob@two.example")],
        "--on", "email",
    )  # fmt: skip
    assert found["both"] == 1
    assert found["a"]["in_doubt"] == 1
    assert found["b"]["rows"]["contradictory"] == 2
    assert counts(found, "lead_id") == {"differ": 1}
    assert not any(one["key"] for side in (found["a"], found["b"], *found["fields"]) for one in side["samples"])


def test_no_personal_value_and_no_value_at_all_is_printed_unless_asked_for(tmp_path: Path) -> None:
    rows = ([sales("L1", email="canary@one.example", company="Otter")], [marketing("L1", email="finch@two.example")])
    (tmp_path / "a.csv").write_bytes(text(SALES, rows[0]))
    (tmp_path / "b.csv").write_bytes(text(MARKETING, [marketing("L1", email="finch@two.example", company="Beaver")]))
    for options, shown in (((), False), (("--values",), True)):
        for form in ("terminal", "markdown", "json"):
            for on in ((), ("--on", "email")):
                ran = slacli(
                    "reconcile", "a.csv", "b.csv", "--contract", CONTRACT, *options, *on, "--format", form, "--rows",
                    "rows.csv", folder=tmp_path,
                )  # fmt: skip
                told = ran.text + (tmp_path / "rows.csv").read_text(encoding="utf-8")
                assert "canary" not in told
                assert "finch" not in told
                assert ("Otter" in told) == (shown and not on)


def test_keys_of_two_kinds_are_called_so(tmp_path: Path) -> None:
    found = pair(tmp_path, [sales(f"00Q{n:012}") for n in range(20)], [marketing(f"00Q{n:012}AAA") for n in range(20)])
    assert found["nothing_joins"]
    ran = slacli("reconcile", "a.csv", "b.csv", "--contract", CONTRACT, "--fail-on", "missing", folder=tmp_path)
    assert ran.out.startswith("NOTHING JOINS")
    assert ran.code == 1


def test_a_file_of_which_too_much_is_unreadable_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text(SALES, [sales("L1"), ["short"]]))
    (tmp_path / "b.csv").write_bytes(text(MARKETING, [marketing("L1")]))
    ran = slacli("reconcile", "a.csv", "b.csv", "--contract", CONTRACT, folder=tmp_path)
    assert ran.code == 2
    assert "1 row of 2 in `a.csv` cannot be read, more than `salesforce` accepts" in ran.err


def test_one_side_may_come_by_standard_input(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text(SALES, [sales("L1")]))
    ran = slacli(
        "reconcile", "a.csv", "-", "--contract", CONTRACT, folder=tmp_path, stdin=text(MARKETING, [marketing("L1")])
    )
    assert ran.out.startswith("ALIKE: 1 row in both")


def test_two_records_are_not_compared(tmp_path: Path) -> None:
    folder = ROOT / "examples" / "exports"
    ran = slacli(
        "reconcile", "salesforce-leads.csv", "salesforce-opportunities.csv", "--contract", str(ROOT / "contracts"),
        folder=folder,
    )  # fmt: skip
    assert ran.code == 2
    assert "holds rows of `lead`, and `salesforce-opportunities.csv` of `opportunity`" in ran.err


def test_a_check_does_not_look_at_what_is_only_compared(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text(SALES, [sales("L1", email="ann@one.example")]))
    header = [name for name in MARKETING if name not in {"Email", "Created", "Campaigns"}]
    (tmp_path / "b.csv").write_bytes(text(header, [["r", "L1", "7", *[""] * 6]]))
    given = ("a.csv", "b.csv", "--contract", CONTRACT)
    assert slacli("check", *given, "--as-of", "2026-06-30", folder=tmp_path).code == 1
    ran = slacli("reconcile", *given, folder=tmp_path)
    assert ran.code == 2
    assert "lacks the column `Email`, which `hubspot` reads as `lead.email`" in ran.err


# --- real data --------------------------------------------------------------------------------


def real(export: str) -> Iterator[dict[str, str]]:
    path = DATA / export
    if not path.is_file():
        pytest.skip(f"the optional test data is not here: shared/data/{export}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def test_a_real_export_beside_itself_with_rows_and_cells_taken_out(tmp_path: Path) -> None:
    rows = list(real("zoho-crm/Leads.csv"))
    header = list(rows[0])
    kept = [dict(row) for n, row in enumerate(rows) if n % 7]
    for n, row in enumerate(kept):
        if n % 5 == 0:
            row["Lead Status"] = ""
    for name, some in (("a", rows), ("b", kept)):
        (tmp_path / f"{name}.csv").write_bytes(text(header, [[row[column] for column in header] for row in some]))
    found = reconciled("a.csv", "b.csv", "--contract", str(HERE / "contracts" / "zoho"), folder=tmp_path)
    assert found["both"] == len(kept)
    assert found["a"]["only_here"] == len(rows) - len(kept)
    assert found["b"]["only_here"] == 0
    emptied = sum(
        bool(row["Lead Status"]) for n, row in enumerate([r for m, r in enumerate(rows) if m % 7]) if n % 5 == 0
    )
    by_field = {one["field"]: one["counts"] for one in found["fields"]}
    status = next(name for name, one in by_field.items() if one["only_a"])
    assert by_field.pop(status)["only_a"] == emptied
    assert all(one["differ"] == one["only_a"] == one["only_b"] == 0 for one in by_field.values())
    assert found["differing"] == emptied
