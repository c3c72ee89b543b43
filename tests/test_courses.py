"""Lifecycles by a check: each fault by its name, from a history or from dates, and nothing that nobody can see."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import exports
import pytest
import samples
from commands import slacli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture

from slacli import journeys
from slacli.core import lifecycle
from slacli.core.criteria import State
from slacli.core.lifecycle import Move, Variant
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


def checked(
    folder: Path, given: Mapping[str, bytes], sample: str = AGREEMENT, as_of: str = ""
) -> tuple[Report, dict[str, dict[str, str]]]:
    """Check exports; give the report, and by duty what became of each lead: the outcome and why."""
    agreed = exports.loaded(folder, sample)
    moment = journeys.moment(as_of, agreed.contract) if as_of else None
    paths = []
    for name, content in given.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content)
        paths.append(f"{name.split()[0]}={path}")
    report = journeys.check(agreed, paths, Options(as_of=moment), rows=folder / "rows.csv")
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
        rows = "".join(f"{row['key']:<15} {row['outcome']:<8} {row['reason']}\n" for row in csv.DictReader(file))
    file_regression.check(f"{ran.out}\nThe rows:\n\n{rows}", extension=".txt", encoding="utf-8")
