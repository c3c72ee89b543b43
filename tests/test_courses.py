"""Lifecycles by a check: each fault by its name, from a history or from dates, and nothing that nobody can see."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import exports
import pytest
import samples
from commands import slacli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture

from slacli import journeys
from slacli.adapters import rowsfile
from slacli.core import lifecycle
from slacli.core.criteria import State
from slacli.core.lifecycle import Move, Variant
from slacli.core.people import Owner
from slacli.core.plan import courses
from slacli.core.plan.courses import Ways
from slacli.core.plan.tables import Plan
from slacli.core.verdict import Options
from slacli.errors import CannotRun
from slacli.findings import Report
from slacli.model import Contract

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"

AGREEMENT = """
time_zone: UTC
parties:
  marketing: {title: Marketing, members: team = 'Marketing'}
  sales: {title: Sales}
  sdr: {title: Sales Development, part_of: sales, members: "team in ('SDR', 'Both')"}
  ae: {title: Field Sales, part_of: sales, members: "team in ('AE', 'Both')"}
people: {record: person, key: user_id, active: active}
records:
  lead:
    dated: created_at
    fields:
      status: {one_of: [New, MQL, SAL, Worked, Recycled, Won, Lost]}
      owner: {type: text, person: true}
      reason: {type: text}
      worked_at: {type: time, keeps: latest}
      recycled_at: {type: time, keeps: latest}
      won_at: {type: time}
  stage_change:
    of: {lead: [lead_ref = lead.lead_id]}
    happens: at
    history: {of: status, from: old, to: new, by: actor, only: field = 'Status'}
    fields:
      lead_ref: {type: text}
      field: {type: text}
      old: {type: text}
      new: {type: text}
      at: {type: time}
      actor: {type: text, person: true}
  person:
    key: user_id
    fields: {user_id: {type: text}, team: {type: text}, active: {type: yes_no}}
lifecycles:
  lead:
    stages:
      new: {value: New, owner: marketing}
      qualified: {value: MQL, owner: marketing, entered: qualified_at}
      accepted: {value: SAL, owner: sdr, entered: accepted_at, requires: [owner]}
      worked: {value: Worked, owner: ae, entered: worked_at}
      recycled: {value: Recycled, owner: marketing, entered: recycled_at, requires: [reason]}
      won: {value: Won, owner: ae, entered: won_at, final: true}
      lost: {value: Lost, final: true}
      closed: null
    starts: [new]
    path: [new, qualified, accepted, worked, won]
    moves:
      new: [qualified, lost]
      qualified: [accepted, recycled, lost]
      accepted: [worked, recycled, lost]
      worked: [won, lost, recycled]
      recycled: [qualified]
      closed: null
    handoffs:
      to_sales: {from: qualified, to: accepted, given_by: marketing, taken_by: sdr, documents: [owner, source]}
responsibilities:
  quality: null
  volume: null
  first_touch: null
  loss_reasons: null
  kept: {owed_by: sales, owed_to: marketing, covers: lead, follows: lead, target: 90%}
  handed:
    {owed_by: marketing, owed_to: sales, covers: {marked: mql}, where: source <> 'Event', follows: lead, target: 90%}
goals: null
metrics: null
incentives: null
bindings:
  opportunities: null
  leads:
    matches: null
    reads: {time_zone: UTC, date_order: ymd, fresh: 3000 days, unreadable: at most 100%}
    columns:
      {company: null, region: null, budget: null, authority: null, lead_id: Lead, source: Source, status: Status,
       created_at: Created, qualified_at: Qualified, accepted_at: Accepted, owner: Owner, reason: Reason,
       worked_at: Worked, recycled_at: Recycled, won_at: Won}
  changes:
    binds: stage_change
    reads: {time_zone: UTC, date_order: ymd, fresh: 3000 days, unreadable: at most 100%}
    columns: {lead_ref: Lead, field: Field, old: Old, new: New, at: At, actor: By}
  people:
    binds: person
    columns: {user_id: User, team: Team, active: Active}
"""
PEOPLE = (("m", "Marketing", "true"), ("s", "SDR", "true"), ("a", "AE", "true"), ("gone", "SDR", "false"))
BY = {"New": "m", "MQL": "m", "SAL": "s", "Worked": "a", "Recycled": "m", "Won": "a"}
"""Who may make a move out of each stage."""


def altered(old: str, new: str, sample: str = AGREEMENT) -> str:
    """Give the agreement with another text in it."""
    assert old in sample
    return sample.replace(old, new)


def of_history(old: str, new: str) -> str:
    """Give the agreement with another text in what is read of the history."""
    begin = "  changes:\n    binds: stage_change\n"
    before, after = AGREEMENT.split(begin)
    assert old in after
    return before + begin + after.replace(old, new, 1)


HEADERS = {
    "leads": ("Lead", "Source", "Status", "Created", "Qualified", "Accepted", "Owner", "Reason", "Worked", "Recycled",
              "Won"),
    "changes": ("Lead", "Field", "Old", "New", "At", "By"),
    "people": ("User", "Team", "Active"),
}  # fmt: skip


@dataclass(frozen=True)
class Lead:
    """A lead as it is exported: its moves (`New > MQL`, perhaps with `at` and `by`), and its cells by header."""

    moves: Sequence[str] = ()
    now: str | None = None
    cells: Mapping[str, str] = field(default_factory=dict)

    def lines(self, key: str) -> list[list[str]]:
        """Give its lines of the history: an hour apart where no time is given, by whoever may make the move."""
        found = []
        for number, text in enumerate(self.moves):
            move, _, by = text.partition(" by ")
            move, _, at = move.partition(" at ")
            old, new = (part.strip() for part in move.split(">"))
            when = at or f"2027-01-0{2 + number // 20} {number % 20:02}:00:00"
            found.append([key, "Status", old, new, when, by or BY.get(old, "m")])
        return found

    def line(self, key: str) -> list[str]:
        moves = self.lines(key)
        now = self.now if self.now is not None else moves[-1][3] if moves else "New"
        usual = {"Lead": key, "Source": "Web", "Status": now, "Created": "2027-01-01 08:00:00", "Owner": "s",
                 "Reason": "No budget"}  # fmt: skip
        return [{**usual, **self.cells}.get(name, "") for name in HEADERS["leads"]]


def files(leads: Mapping[str, Lead], *, history: bool = True, people: Sequence[Sequence[str]] = PEOPLE,
          more: Sequence[Sequence[str]] = ()) -> dict[str, bytes]:  # fmt: skip
    """Give the exports; `more` are further lines of the history. No people, no export of them."""
    found = {"leads": exports.text(HEADERS["leads"], [lead.line(key) for key, lead in leads.items()])}
    if history:
        lines = [line for key, lead in leads.items() for line in lead.lines(key)]
        found["changes"] = exports.text(HEADERS["changes"], [*lines, *more])
    if people:
        found["people"] = exports.text(HEADERS["people"], people)
    return found


@cache
def loaded(sample: str = AGREEMENT) -> journeys.Loaded:
    """Read a contract once, however many exports are checked by it."""
    with tempfile.TemporaryDirectory() as folder:
        return exports.loaded(Path(folder), sample)


def checked(
    folder: Path, given: Mapping[str, bytes], sample: str = AGREEMENT, as_of: str = ""
) -> tuple[Report, dict[str, dict[str, str]]]:
    """Check exports; give the report, and by duty what became of each lead: the outcome and why."""
    agreed = loaded(sample)
    moment = journeys.moment(as_of, agreed.contract) if as_of else None
    paths = []
    for name, content in given.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content)
        paths.append(f"{name.split()[0]}={path}")
    report = journeys.check(
        agreed, paths, Options(as_of=moment), wanted=journeys.Wanted(rows=partial(rowsfile.write, folder / "rows.csv"))
    )
    told: dict[str, dict[str, str]] = {}
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            why = f": {row['reason']}" if row["reason"] else ""
            told.setdefault(row["duty"], {})[row["key"]] = f"{row['outcome']}{why}"
    return report, told


def told(folder: Path, lead: Lead, sample: str = AGREEMENT, *, history: bool = True, as_of: str = "",
         people: Sequence[Sequence[str]] = PEOPLE, more: Sequence[Sequence[str]] = ()) -> str:  # fmt: skip
    """Say what became of one lead."""
    _, found = checked(folder, files({"L1": lead}, history=history, people=people, more=more), sample, as_of)
    return found["kept"]["L1"]


def written(folder: Path, given: Mapping[str, bytes], sample: str = AGREEMENT) -> None:
    """Write a contract and exports as people have them."""
    for name, content in samples.merged(sample).items():
        path = folder / "contracts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, content in given.items():
        (folder / f"{name}.csv").write_bytes(content)


# --- every fault, as people read it -----------------------------------------------------------

USUAL = ("New > MQL", "MQL > SAL", "SAL > Worked", "Worked > Won")
DATES = {"Qualified": "2027-01-02 09:00:00", "Accepted": "2027-01-03 09:00:00", "Worked": "2027-01-04 09:00:00",
         "Won": "2027-01-05 09:00:00", "Recycled": "2027-01-06 09:00:00"}  # fmt: skip


def dated(*names: str, **cells: str) -> dict[str, str]:
    return {name: DATES[name] for name in names} | cells


EVERY = {
    "keeps": Lead(USUAL, cells=dated("Qualified", "Accepted", "Worked", "Won")),
    "under-way": Lead(USUAL[:1], cells=dated("Qualified")),
    "recycled": Lead(("New > MQL", "MQL > Recycled", "Recycled > MQL"), cells=dated("Qualified", "Recycled")),
    "illegal-start": Lead(("SAL > Worked",), cells=dated("Worked", Accepted="")),
    "illegal-move": Lead(("New > Recycled",), cells=dated("Recycled")),
    "skipped-stage": Lead(("New > MQL", "MQL > Worked"), cells=dated("Qualified", "Worked")),
    "backward-move": Lead(
        (*USUAL[:2], "SAL > MQL"), cells=dated("Accepted", Qualified="2027-01-05 09:00:00"),
    ),
    "reopened": Lead((*USUAL, "Won > Recycled"), cells=dated(*DATES)),
    "history-gap": Lead(("New > MQL", "SAL > Worked"), cells=dated("Qualified", "Accepted", "Worked", "Recycled")),
    "other-stage": Lead(("New > MQL",), now="SAL", cells=dated("Qualified")),
    "wrong-party": Lead((*USUAL[:2], "SAL > Worked by a"), cells=dated("Qualified", "Accepted", "Worked")),
    "wrong-hand": Lead((USUAL[0], "MQL > SAL by a"), cells=dated("Qualified", "Accepted")),
    "no-documents": Lead(USUAL[:2], cells=dated("Qualified", "Accepted", Source="")),
    "no-owner": Lead(USUAL[:3], cells=dated("Qualified", "Accepted", "Worked", Owner="")),
    "no-reason": Lead(("New > MQL", "MQL > Recycled"), cells=dated("Qualified", "Recycled", Reason="")),
    "unknown-mover": Lead(("New > MQL by 00G1",), cells=dated("Qualified", Owner="00G1")),
    "inactive-owner": Lead(USUAL[:1], cells=dated("Qualified", Owner="gone")),
    "tie": Lead(
        ("MQL > SAL at 2027-01-02 09:00", "New > MQL at 2027-01-02 09:00"), now="SAL",
        cells=dated("Qualified", "Accepted"),
    ),
    "no-stage": Lead(("New > Parked",), now="Parked"),
    "none": Lead(now=""),
}  # fmt: skip


@pytest.mark.parametrize("history", [True, False], ids=["by_history", "by_dates"])
def test_each_cause_is_told_once(history: bool, tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    given = files(EVERY, history=history)
    written(tmp_path, given)
    ran = slacli("check", "--long", *(f"{name}={name}.csv" for name in given), "--rows", "rows.csv", folder=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = [f"{row['key']:<15} {row['outcome']:<8} {row['reason']}".rstrip() for row in csv.DictReader(file)]
    shown = "\n".join(["The rows:", "", *rows, ""])
    file_regression.check(f"{ran.out}\n{shown}", extension=".txt", encoding="utf-8")


# --- the order of moves -----------------------------------------------------------------------

TIE = "tie-resolved"


def rules(report: Report) -> set[str]:
    return {one.rule for one in report.findings}


def test_the_order_of_lines_in_a_file_says_nothing(tmp_path: Path) -> None:
    given = files({"L1": Lead(USUAL)})
    head, *lines = given["changes"].splitlines(keepends=True)
    report, found = checked(tmp_path, {**given, "changes": head + b"".join(reversed(lines))})
    assert (found["kept"], TIE in rules(report)) == ({"L1": "met"}, False)


@pytest.mark.parametrize(
    ("first", "second", "is_tie"),
    [
        ("2027-01-02 09:00:00", "2027-01-02 09:00:00", True),
        ("2027-01-02 09:00:00", "2027-01-02 09:00:01", False),
        ("2027-01-02 09:00", "2027-01-02 09:00", True),
        ("2027-01-02 09:00", "2027-01-02 09:01", False),
        ("2027-01-02 09:00", "2027-01-02 09:00:30", True),
        ("2027-01-02 09:00", "2027-01-02 09:01:00", False),
        ("2027-01-02", "2027-01-02 23:59:59", True),
        ("2027-01-02", "2027-01-03 00:00:00", False),
        ("2027-01-02", "2027-01-03", False),
        ("2027-01-02 10:00:00", "2027-01-02", True),
    ],
)
def test_moves_are_of_one_moment_where_their_times_overlap(
    first: str, second: str, is_tie: bool, tmp_path: Path
) -> None:
    # The second move is written with the earlier time, so it is wrong unless the two have no order.
    lead = Lead((f"MQL > SAL at {first}", f"New > MQL at {second}"), now="SAL")
    report, found = checked(tmp_path, files({"L1": lead}))
    assert found["kept"]["L1"].startswith("met" if is_tie else "missed")
    assert (TIE in rules(report)) == is_tie


def test_moments_reach_as_far_as_times_overlap_one_after_the_other(tmp_path: Path) -> None:
    moves = ("SAL > Worked at 2027-01-02 09:00:10", "MQL > SAL at 2027-01-02 09:00", "New > MQL at 2027-01-02 09:00:50",
             "Worked > Won at 2027-01-02 09:01")  # fmt: skip
    report, found = checked(tmp_path, files({"L1": Lead(moves)}))
    assert (found["kept"], TIE in rules(report)) == ({"L1": "met"}, True)


def test_a_local_time_that_happened_twice_may_be_either(tmp_path: Path) -> None:
    sample = of_history("time_zone: UTC", "time_zone: America/New_York")
    # From 01:10 to 01:50 on that morning it was twice, so the move at 01:50 may have come first.
    moves = ("MQL > SAL at 2026-11-01 01:10:00", "New > MQL at 2026-11-01 01:50:00")
    assert told(tmp_path, Lead(moves, now="SAL"), sample) == "met"
    moves = ("MQL > SAL at 2026-11-01 00:50:00", "New > MQL at 2026-11-01 01:50:00")
    assert told(tmp_path, Lead(moves, now="SAL"), sample).startswith("missed: illegal-start qualified")


def test_what_was_noted_twice_counts_once(tmp_path: Path) -> None:
    twice = ("New > MQL at 2027-01-02 09:00", "New > MQL at 2027-01-02 09:00", "MQL > SAL")
    assert told(tmp_path, Lead(("New > MQL at 2027-01-01 09:00", *twice[:2]), now="MQL")).startswith("missed")
    assert told(tmp_path, Lead(twice[:2])) == "met"


@pytest.mark.parametrize("at", ["", "soon"])
def test_a_move_without_a_time_breaks_it_only_where_it_is_wrong_in_every_order(at: str, tmp_path: Path) -> None:
    def among(*moves: str, now: str) -> str:
        lead = Lead(moves, now)
        given = files({"L1": lead, "L2": Lead(USUAL)})
        given["changes"] = given["changes"].replace(b"2027-01-05 09:00:00", at.encode())
        _, found = checked(tmp_path, given)
        assert found["kept"]["L2"] == "met"
        return found["kept"]["L1"]

    lost = "at 2027-01-05 09:00:00"
    assert among("SAL > Worked", f"MQL > SAL {lost}", "New > MQL", now="Worked") == (
        "unclear: nobody can read when one of its moves was made"
    )
    assert among("New > MQL", f"MQL > New {lost}", now="New") == "missed: backward-move qualified > new"


# --- what a history holds ---------------------------------------------------------------------

SINCE = of_history("{", "{holds: {by: at, since: 2027-01-02}, ")
CUT = "unclear: its history may begin after its first moves"


def test_a_history_that_begins_after_a_lead_does_cannot_show_how_it_began(tmp_path: Path) -> None:
    late = ("SAL > Worked", "Worked > Won")
    assert told(tmp_path, Lead(late), SINCE) == CUT
    assert told(tmp_path, Lead(USUAL), SINCE) == CUT
    assert told(tmp_path, Lead(late, cells={"Created": "2027-01-02 00:00:00"}), SINCE) == (
        "missed: illegal-start accepted"
    )
    assert told(tmp_path, Lead(USUAL, cells={"Created": "2027-01-02 00:00:00"}), SINCE) == "met"
    # A date of a stage may say more than the day of creation, and of a lead without any nobody knows.
    qualified = {"Created": "2027-01-02 00:00:00", "Qualified": "2026-12-31 09:00:00"}
    assert told(tmp_path, Lead(USUAL, cells=qualified), SINCE) == CUT
    assert told(tmp_path, Lead(USUAL, cells={"Created": ""}), SINCE) == CUT
    assert told(tmp_path, Lead(("SAL > New", "New > SAL")), SINCE).startswith("missed: backward-move accepted > new")


BEHIND = "unclear: its history may end before its last moves"


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [
        ("fresh: 3000 days, ", "missed: history-gap qualified > accepted"),
        ("", BEHIND),
        ("fresh: 3000 days, holds: {by: at, until: 2027-01-15}, ", BEHIND),
        ("fresh: 3000 days, holds: {by: at, until: 2027-01-31}, ", "missed: history-gap qualified > accepted"),
    ],
)
def test_a_history_that_ends_before_the_leads_do_hides_their_last_moves(
    reads: str, outcome: str, tmp_path: Path
) -> None:
    sample = of_history("fresh: 3000 days, ", reads)
    ahead = {"Worked": "2027-01-20 09:00:00"}
    given = {
        "L1": Lead(USUAL[:1], now="SAL", cells=ahead),
        "L2": Lead(now="MQL"),
        "L3": Lead(USUAL),
        "L4": Lead(("New > Worked",), now="Won"),
    }
    _, found = checked(tmp_path, files(given), sample)
    assert found["kept"]["L1"] == outcome
    assert found["kept"]["L2"] == (outcome if outcome == BEHIND else "missed: illegal-start qualified")
    assert found["kept"]["L3"] == "met"
    assert found["kept"]["L4"].startswith("missed: skipped-stage new > worked")


def test_a_history_of_other_leads_or_of_none_does_not_say_that_nothing_moved(tmp_path: Path) -> None:
    given = files({"L1": Lead(now="SAL"), "L2": Lead()})
    other = ["X9", "Status", "New", "MQL", "2027-01-02 00:00:00", "m"]
    for lines in ([], [other]):
        given["changes"] = exports.text(HEADERS["changes"], lines)
        _, found = checked(tmp_path, given)
        assert found["kept"] == {"L1": BEHIND, "L2": "met"}
    given["changes"] = exports.text(HEADERS["changes"], [other, ["L2", *other[1:]]])
    _, found = checked(tmp_path, given)
    assert found["kept"]["L1"] == "missed: illegal-start accepted"


def test_of_a_lead_without_a_key_no_history_can_tell(tmp_path: Path) -> None:
    given = files({"": Lead(now="SAL"), "L2": Lead(USUAL)})
    _, found = checked(tmp_path, given)
    assert found["kept"] == {"": CUT, "L2": "met"}


def test_a_history_that_is_too_old_is_not_judged_by(tmp_path: Path) -> None:
    sample = of_history("fresh: 3000 days", "fresh: 8 days")
    late = {"L1": Lead(USUAL, cells={"Worked": "2027-03-01 09:00:00"})}
    report, found = checked(tmp_path, files(late), sample)
    assert (found, {one.duty for one in report.outcomes}) == ({}, set())
    reasons = {gap.subject: gap.reason for gap in report.not_checked}
    assert reasons["kept"] == "the export of `stage_change` is too old for the day of the report"


def test_entries_about_other_fields_are_no_moves_and_those_that_may_be_hide_what_happened(tmp_path: Path) -> None:
    lead = Lead(("New > MQL", "SAL > Worked"))
    other = ["L1", "Owner", "MQL", "SAL", "2027-01-02 00:30:00", "s"]
    assert told(tmp_path, lead, more=[other]) == "missed: history-gap qualified > accepted"
    assert told(tmp_path, lead, more=[[*other[:1], "", *other[2:]]]) == (
        "unclear: a value is blank, unreadable, or no stage of the lifecycle"
    )


def test_a_log_that_says_only_what_was_entered_is_read_from_entry_to_entry(tmp_path: Path) -> None:
    sample = altered("from: old, ", "")
    assert told(tmp_path, Lead(("> New", "> MQL by m", "> SAL by s")), sample) == "met"
    assert told(tmp_path, Lead(("> New", "> Worked")), sample) == "missed: skipped-stage new > worked"
    assert told(tmp_path, Lead(("> MQL",)), sample) == "missed: illegal-start qualified"
    # Here the log says what was before, and this entry says that there was nothing.
    assert told(tmp_path, Lead(("New > MQL", "> SAL"))) == "missed: history-gap qualified > no stage"


def test_a_history_that_cannot_be_joined_or_read_leaves_the_dates(tmp_path: Path) -> None:
    sample = altered("new: New, at: At, ", "new: New, ")
    lead = Lead(("New > Worked",), cells=dated("Qualified", "Accepted", "Worked"))
    assert told(tmp_path, lead, sample) == "unclear: nobody can tell which party made a move"


def test_values_are_compared_as_their_field_is_and_are_never_part_of_a_query(tmp_path: Path) -> None:
    loose = altered("Won, Lost]}", "Won, Lost], ignore_case: true}")
    assert told(tmp_path, Lead(("new > mql", "MQL > sal"), now="Sal"), loose) == "met"
    for odd in ("mql", "M'QL", "=MQL", "MQL\x1fx", "M\x1dQL", "M\x1eQL", "'); DROP TABLE r_lead; --"):
        report, found = checked(tmp_path, files({"L1": Lead((f"New > {odd}",), now="MQL"), "L2": Lead(USUAL)}))
        assert found["kept"]["L1"] == "unclear: a value is blank, unreadable, or no stage of the lifecycle", odd
        assert found["kept"]["L2"] == "met"
        assert odd == "mql" or not any(odd in one.message for one in report.findings)


# --- who moved it, and whose it is ------------------------------------------------------------

MOVER = "unclear: nobody can tell which party made a move"


def test_movers_are_who_the_export_of_people_says(tmp_path: Path) -> None:
    def by(who: str, *people: Sequence[str]) -> str:
        return told(tmp_path, Lead((*USUAL[:2], f"SAL > Worked by {who}")), people=[*PEOPLE, *people])

    assert by("s") == by("gone") == "met"
    assert by("a") == "missed: wrong-party accepted > worked"
    assert by("00G1") == MOVER
    assert by("x", ("x", "Both", "true")) == MOVER
    assert by("f", ("f", "Finance", "true")) == MOVER
    assert by("b", ("b", "", "true")) == MOVER
    # One id with two teams may have acted for either, and twice the same is one.
    assert by("t", ("t", "SDR", "true"), ("t", "AE", "true")) == MOVER
    assert by("t", ("t", "SDR", "true"), ("t", "SDR", "true")) == "met"
    assert by("S") == MOVER


def test_ids_of_people_are_compared_as_their_field_is(tmp_path: Path) -> None:
    loose = altered("user_id: {type: text}", "user_id: {type: text, ignore_case: true}")
    assert told(tmp_path, Lead((*USUAL[:2], "SAL > Worked by S")), loose) == "met"
    assert told(tmp_path, Lead((*USUAL[:2], "SAL > Worked by A")), loose).startswith("missed: wrong-party")


def test_without_the_export_of_people_nobody_can_tell_who_moved_it(tmp_path: Path) -> None:
    assert told(tmp_path, Lead(USUAL), people=()) == MOVER
    assert told(tmp_path, Lead(("New > Worked",)), people=()) == "missed: skipped-stage new > worked"
    nobody_agreed = altered(", by: actor", "")
    assert told(tmp_path, Lead(USUAL), nobody_agreed, people=()) == "met"


def unowned(report: Report) -> list[str]:
    return [one.message.partition(" stand")[2].lstrip("s ") for one in report.findings if one.rule == "unowned"]


def test_leads_that_no_person_at_work_owns_are_named_where_somebody_has_to(tmp_path: Path) -> None:
    owners = {"queue": "00G1", "gone": "gone", "nobody": "", "person": "s", "odd": "f"}
    given = {f"{owner}{len(moves)}": Lead(moves, cells={"Owner": who})
             for owner, who in owners.items() for moves in ((), USUAL[:1], USUAL)}  # fmt: skip
    people = [*PEOPLE, ("f", "SDR", "")]
    report, _ = checked(tmp_path, files(given, people=people))
    assert sorted(unowned(report)) == [
        "in `qualified` and belongs to a queue and to no person",
        "in `qualified` and belongs to nobody: `lead.owner` is blank",
        "in `qualified` and belongs to people who are no longer active",
    ]
    rows = {row.keys for one in report.findings if one.rule == "unowned" for row in one.data}
    assert rows == {("queue1",), ("gone1",), ("nobody1",)}
    report, _ = checked(tmp_path, files(given, people=()))
    assert unowned(report) == ["in `qualified` and belongs to nobody: `lead.owner` is blank"]
    required = altered("new: {value: New, owner: marketing}", "new: {value: New, owner: marketing, "
                                 "requires: [owner]}")  # fmt: skip
    report, _ = checked(tmp_path, files(given, people=()), required)
    assert unowned(report) == [f"in `{stage}` and belongs to nobody: `lead.owner` is blank" for stage in
                               ("new", "qualified")]  # fmt: skip


def test_a_lifecycle_that_names_no_owner_asks_for_none(tmp_path: Path) -> None:
    sample = altered("owner: {type: text, person: true}", "owner: {type: text}")
    report, _ = checked(tmp_path, files({"L1": Lead(USUAL[:1], cells={"Owner": ""})}), sample)
    assert unowned(report) == []


# --- which rows -------------------------------------------------------------------------------


def test_rows_count_as_they_belong_to_each_duty(tmp_path: Path) -> None:
    good, bad, unknown = USUAL, (*USUAL[:2], "SAL > New"), (*USUAL[:1], "MQL > SAL by 00G1")
    qualified = "2027-01-02 00:00:00"
    given = {
        f"{name}-{what}": Lead(moves, cells={"Qualified": when, "Source": source})
        for name, moves in (("good", good), ("bad", bad), ("unknown", unknown))
        for what, when, source in (
            ("in", qualified, "Web"), ("out", "", "Web"), ("counted", qualified, "Event"), ("maybe", qualified, "Fax"),
        )
    }  # fmt: skip
    sample = altered(", documents: [owner, source]", "")
    report, found = checked(tmp_path, files(given), sample)
    fault = "backward-move accepted > new"
    assert found["kept"] == {
        **{f"good-{what}": "met" for what in ("in", "out", "counted", "maybe")},
        **{f"bad-{what}": f"missed: {fault}" for what in ("in", "out", "counted", "maybe")},
        **{f"unknown-{what}": MOVER for what in ("in", "out", "counted", "maybe")},
    }
    assert found["handed"] == {
        "good-in": "met",
        "good-counted": "left out: source <> 'Event'",
        "good-maybe": "unclear: met, if the duty is about this row",
        "bad-in": f"missed: {fault}",
        "bad-counted": "left out: source <> 'Event'",
        "bad-maybe": f"unclear: missed, if the duty is about this row: {fault}",
        "unknown-in": MOVER,
        "unknown-counted": "left out: source <> 'Event'",
        "unknown-maybe": MOVER,
    }
    (outcome,) = (one for one in report.outcomes if one.duty == "handed")
    counts = outcome.counts
    assert (counts.met, counts.missed, counts.unclear, counts.left_out) == (1, 1, 4, 3)
    assert (counts.may_meet, counts.may_miss) == (3, 3)
    # Two duties look at the same rows, and each cause is told once, with all that either covers.
    (one,) = exports.found(report, "backward-move")
    assert one.message.startswith("4 leads moved back from `accepted` to `new`")


def test_rows_that_no_duty_is_about_are_in_no_finding(tmp_path: Path) -> None:
    sample = altered("kept: {owed_by: sales, owed_to: marketing, covers: lead,",
                               "kept: {owed_by: sales, owed_to: marketing, covers: {marked: mql},")  # fmt: skip
    given = {"L1": Lead(("New > Worked",)), "L2": Lead(("New > Worked",), cells=dated("Qualified"))}
    report, found = checked(tmp_path, files(given), sample)
    assert found["kept"] == found["handed"] == {"L2": "missed: skipped-stage new > worked"}
    (one,) = exports.found(report, "skipped-stage")
    assert one.message.startswith("1 lead moved")


def test_rows_are_placed_by_the_date_of_the_duty(tmp_path: Path) -> None:
    sample = altered("covers: lead, follows: lead, target: 90%}",
                               "covers: lead, follows: lead, target: 90% per month}")  # fmt: skip
    given = {
        "jan": Lead(USUAL, cells={"Created": "2027-01-31 23:59:59"}),
        "feb": Lead(("New > Worked",), cells={"Created": "2027-02-01 00:00:00"}),
        "mar": Lead(USUAL, cells={"Created": "2027-03-05 00:00:00"}),
        "undated": Lead(USUAL, cells={"Created": ""}),
    }
    report, _ = checked(tmp_path, files(given), sample, as_of="2027-03-06")
    found = exports.outcomes(report, "kept")
    assert {name: (one.counts.met, one.counts.missed, one.status) for name, one in found.items()} == {
        "2027-01": (1, 0, "met"),
        "2027-02": (0, 1, "missed"),
        "2027-03": (1, 0, "running"),
    }
    assert exports.found(report, "undated-rows")


def test_what_another_export_of_the_record_would_tell_is_not_missing(tmp_path: Path) -> None:
    sample = altered("reason: Reason,", "")
    sample = altered("recycled_at: Recycled, ", "", sample)
    sample = altered("  leads:\n    matches: null\n", "  leads:\n    matches: null\n    joins_on: lead_id\n", sample)
    sample += """  nurture:
    binds: lead
    joins_on: lead_id
    reads: {time_zone: UTC, date_order: ymd}
    columns: {lead_id: Lead, reason: Reason, recycled_at: Recycled}
"""
    recycled = ("New > MQL", "MQL > Recycled")
    given = files({"both": Lead(recycled), "one": Lead(recycled), "blank": Lead(recycled)})
    given["nurture"] = exports.text(("Lead", "Reason", "Recycled"), [
        ("both", "No budget", ""), ("blank", "", ""),
    ])  # fmt: skip
    _, found = checked(tmp_path, given, sample)
    assert found["kept"] == {
        "both": "met",
        "one": "unclear: no export at hand binds a fact that it needs",
        "blank": "missed: missing-fact recycled (reason)",
    }


def test_what_is_known_later_is_enough_and_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    sample = altered("reason: {type: text}", "reason: {type: text, one_of: [No budget]}")
    recycled = ("New > MQL", "MQL > Recycled")
    assert told(tmp_path, Lead(recycled), sample) == "met"
    assert told(tmp_path, Lead(recycled, cells={"Reason": "So"}), sample) == "missed: missing-fact recycled (reason)"


def test_left_out_rows_and_rows_with_contradictory_keys_are_not_judged(tmp_path: Path) -> None:
    sample = altered("    dated: created_at\n", "    dated: created_at\n    left_out: {test: source = 'Event'}\n")
    given = files({"L1": Lead(("New > Worked",)), "L2": Lead(("New > Worked",), cells={"Source": "Event"})})
    given["leads"] += given["leads"].splitlines()[1].replace(b"Worked", b"Won") + b"\n"
    report, found = checked(tmp_path, given, sample)
    assert found == {}
    assert not exports.found(report, "skipped-stage")


# --- the engine writes what Python would ------------------------------------------------------

STAGES = ("New", "MQL", "SAL", "Worked", "Recycled", "Won", "Lost")
DATED = {"qualified": "Qualified", "accepted": "Accepted", "worked": "Worked", "recycled": "Recycled", "won": "Won"}
WIDTH = {"%Y-%m-%d %H:%M:%S": 1, "%Y-%m-%d %H:%M": 60, "%Y-%m-%d": 86_400}
START = datetime(2027, 1, 2, tzinfo=UTC)

Stamp = tuple[str, int, int]
"""A time as it is written, and the seconds that it may be."""


@st.composite
def stamps(draw: st.DrawFn) -> Stamp:
    shape = draw(st.sampled_from(sorted(WIDTH)))
    minute = draw(st.integers(0, 4)) + draw(st.sampled_from((0, 0, 0, 1440)))
    text = (START + timedelta(minutes=minute, seconds=draw(st.sampled_from((0, 30, 59))))).strftime(shape)
    low = int(datetime.strptime(text, shape).replace(tzinfo=UTC).timestamp())
    return text, low, low + WIDTH[shape] - 1


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[Stamp, str, str, str]], str]:
    """Moves with their times, values and movers, and the value of today."""
    value = st.sampled_from((*STAGES, "", "Parked"))
    who = st.sampled_from(("m", "s", "a", "both", "00G1"))
    moves = draw(st.lists(st.tuples(stamps(), value, value, who), max_size=7))
    return moves, draw(value)


def held(text: str) -> str | State:
    return State.BLANK if not text else text if text in STAGES else State.NOT_ALLOWED


PARTIES = {"m": {"marketing"}, "s": {"sdr"}, "a": {"ae"}, "both": {"sdr", "ae"}}


def expected(moves: Sequence[tuple[Stamp, str, str, str]], now: str, facts: frozenset[str]) -> Variant:
    """Put moves into moments as the documentation says: of one moment is what overlaps, one after the other."""
    moments: list[list[Move]] = []
    reach = -1
    for (_, low, high), old, new, who in sorted(moves, key=lambda one: one[0][1:]):
        if low > reach:
            moments.append([])
        reach = max(reach, high)
        parties = frozenset(PARTIES[who]) if who in PARTIES else None
        moments[-1].append(Move(held(old), held(new), parties))
    return Variant(tuple(tuple(sorted(one, key=repr)) for one in moments), held(now), facts)


def in_order(variant: Variant) -> Variant:
    """Give a variant with the moves of each moment sorted, because they have no order."""
    return replace(variant, moves=tuple(tuple(sorted(moment, key=repr)) for moment in variant.moves))


_PERSON: Owner = "person"


def variants(folder: Path, given: Mapping[str, bytes]) -> tuple[Ways, list[tuple[int, str]]]:
    """Give what the engine writes of the ways of all leads."""
    agreed = loaded().contract
    with exports.engine() as opened:
        scans = []
        for name, content in given.items():
            rows = list(csv.reader(content.decode().splitlines()))
            binding = agreed.bindings[name]
            order = [rows[0].index(column.headers[0]) for column in binding.columns.values()]
            scans.append(exports.scan(opened, folder, binding, [[row[at] for at in order] for row in rows[1:]]))
        plan = exports.run(opened, agreed, scans)
        ways = _ways(agreed, plan)
        answers = opened.rows(courses.answers(plan.records["person"]))
        assert answers == [("nnyy",), ("nyny",), ("nyyy",), ("ynny",)]
        parties = ("ae", "sdr", "ae,sdr", "marketing")
        lines = [(said, party, _PERSON) for (said,), party in zip(answers, parties, strict=True)]
        opened.make(courses.people_statement(plan.records["person"], lines, ways.movers))
        for statement in courses.statements(ways):
            opened.make(statement)
        return ways, [(n, text) for _, n, lacks, text in opened.rows(courses.variants(ways)) if lacks == ""]


def _ways(agreed: Contract, plan: Plan) -> Ways:
    record, cycle = plan.records["lead"], agreed.lifecycles["lead"]
    history = courses.history_at_hand(plan, record, cycle)
    return Ways(plan, record, cycle, record.duties, history, movers=("?", "ae", "ae,sdr", "marketing", "sdr"))


EVERYBODY = (*PEOPLE[:3], ("both", "Both", "true"))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(histories(), min_size=1, max_size=40))
def test_the_engine_writes_the_moves_of_each_lead_in_their_moments(
    tmp_path: Path, drawn: list[tuple[list[tuple[Stamp, str, str, str]], str]]
) -> None:
    leads = {f"L{n}": Lead(now=now, cells={"Reason": "x" if n % 2 else ""}) for n, (_, now) in enumerate(drawn)}
    lines = [(f"L{n}", "Status", old, new, stamp[0], who)
             for n, (moves, _) in enumerate(drawn) for stamp, old, new, who in moves]  # fmt: skip
    given = files(leads, people=EVERYBODY)
    given["changes"] = exports.text(HEADERS["changes"], lines)
    _, found = variants(tmp_path, given)
    wanted = Counter(
        expected(moves, now, frozenset({"owner", "source"} | ({"reason"} if n % 2 else set())))
        for n, (moves, now) in enumerate(drawn)
    )
    written_down: Counter[Variant] = Counter()
    for count, text in found:
        written_down[in_order(lifecycle.decode(text))] += count
    assert written_down == wanted


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.fixed_dictionaries({name: st.one_of(st.none(), st.just("?"), stamps()) for name in DATED}),
                min_size=1, max_size=40))  # fmt: skip
def test_the_engine_puts_the_dates_of_each_lead_in_their_order(
    tmp_path: Path, drawn: list[dict[str, Stamp | str | None]]
) -> None:
    leads = {
        f"L{n}": Lead(now="Worked", cells={
            DATED[name]: at if isinstance(at, str) else at[0] if at else "" for name, at in dates.items()
        })
        for n, dates in enumerate(drawn)
    }  # fmt: skip
    ways, found = variants(tmp_path, files(leads, history=False, people=EVERYBODY))
    written_down: Counter[tuple[tuple[str, object], ...]] = Counter()
    for count, text in found:
        signs = text.rpartition(lifecycle.PART)[2]
        written_down[_ranked(courses.entered(ways, signs))] += count
    assert written_down == Counter(_ranked(_moments(dates)) for dates in drawn)


def _moments(dates: Mapping[str, Stamp | str | None]) -> dict[str, int | State]:
    found: dict[str, int | State] = {}
    rank, reach = 0, -1
    for name, at in dates.items():
        if not isinstance(at, tuple):
            found[name] = State.UNREADABLE if at else State.BLANK
    for name, at in sorted(((name, at) for name, at in dates.items() if isinstance(at, tuple)), key=lambda x: x[1][1:]):
        rank += at[1] > reach
        reach = max(reach, at[2])
        found[name] = rank
    return found


def _ranked(found: Mapping[str, int | State]) -> tuple[tuple[str, object], ...]:
    """Number the ranks without gaps, so that two ways of ranking can be compared."""
    ranks = sorted({one for one in found.values() if isinstance(one, int)})
    return tuple(sorted((name, ranks.index(one) if isinstance(one, int) else one.value) for name, one in found.items()))


def test_many_ways_are_judged_all(tmp_path: Path) -> None:
    given = files({"L0": Lead(USUAL)})
    lines: list[tuple[str, ...]] = []
    count = 6_000
    for n in range(count):
        # Each lead goes round in a way of its own: the digits of its number say who moved it.
        moves = [("New", "MQL"), *[("MQL", "Recycled"), ("Recycled", "MQL")] * 6]
        signs = f"{n:013b}"
        lines += [
            (f"L{n + 1}", "Status", old, new, f"2027-01-02 00:{at:02}:00", "a" if sign == "1" else "m")
            for at, ((old, new), sign) in enumerate(zip(moves, signs, strict=True))
        ]
    leads = {"L0": Lead(USUAL)} | {f"L{n + 1}": Lead(now="MQL") for n in range(count)}
    given["leads"] = files(leads)["leads"]
    given["changes"] += exports.text(HEADERS["changes"], lines).partition(b"\n")[2]
    report, found = checked(tmp_path, given)
    assert Counter(one.partition(":")[0] for one in found["kept"].values()) == {"met": 2, "missed": count - 1}
    (one,) = [one for one in exports.found(report, "wrong-party") if "from `recycled`" in one.message]
    wrong = sum(any(sign == "1" for sign in f"{n:013b}"[2::2]) for n in range(count))
    assert one.message.startswith(f"{wrong:,} leads were moved from `recycled` to `qualified` by Field Sales")


def test_more_kinds_of_moves_than_can_be_told_apart_are_refused(tmp_path: Path) -> None:
    agreed = loaded().contract
    with exports.engine() as opened:
        scans = [exports.scan(opened, tmp_path, agreed.bindings[name], []) for name in ("leads", "changes")]
        ways = replace(_ways(agreed, exports.run(opened, agreed, scans)), movers=tuple(map(str, range(1 << 22))))
        with pytest.raises(CannotRun, match="the lifecycle `lead` has so many stages"):
            courses.statements(ways)


# --- real exports -----------------------------------------------------------------------------


def test_a_check_finds_the_seven_real_deals_that_were_won_and_are_lost_now(
    file_regression: FileRegressionFixture,
) -> None:
    given = [
        f"../shared/data/salesforce/powerbi-org-export/{name}.csv" for name in ("Opportunity", "OpportunityHistory")
    ]
    for path in given:
        if not (ROOT / path).exists():
            pytest.skip(f"the optional test data is not here: {path}")
    ran = slacli("check", "--contract", "tests/contracts/salesforce_deals", *given, "--long", folder=ROOT)
    assert (ran.code, ran.err) == (1, "")
    file_regression.check(ran.out, extension=".txt", encoding="utf-8")
