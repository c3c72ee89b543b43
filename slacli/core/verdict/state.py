"""What all parts of a judgement share: the plan, the files, the questions, and the findings so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from slacli.core.periods import Period
from slacli.core.plan import tables
from slacli.core.plan.courses import Ways
from slacli.core.plan.tables import Plan
from slacli.core.runs import Terms
from slacli.findings import ExportFacts, Finding, Owed, Problem, Rows, Rule
from slacli.model import Contract
from slacli.values import dataclass

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one query and gives its rows."""

Make = Callable[[str], None]
"""Runs one statement that makes or fills a table."""

SAMPLES = 3
"""How many rows stand beside a finding."""


@dataclass(frozen=True, slots=True)
class Options:
    """What of a check people choose: which periods are judged, the moment that is now, and the duty to list.

    `by` names the field by whose values figures are shown, and `logged` says that others may read the report in a log.
    """

    judge: str = "latest"
    as_of: datetime | None = None
    demand_all: bool = False
    listed: str | None = None
    by: str | None = None
    logged: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What reading told about one export: its account so far, the rows that were lost, and where report ends stood."""

    facts: ExportFacts
    lost_lines: tuple[int, ...]
    lost_reasons: tuple[str, ...]
    pasted: tuple[int, ...]
    row: Callable[[int], int]


@dataclass(slots=True)
class Judge:
    """A judgement under way.

    `held` is the last day up to which the exports of a record hold everything, `reach` the last second up to which
    those of a binding do, and `unsettled` names the duties of which the runs could not be told.
    `agreed` are the clocks that were judged, by duty, and `ways` the lifecycles. `apart` holds the parents and
    children of which no row belongs to any of the other. Where several versions judge it is not `alone`, and `picked`
    says of each duty, review and goal which of its periods can fail; `redefined` are for growing goals the last
    day on which what they count came to mean something else, and what that was.
    """

    plan: Plan
    files: Sequence[FileFacts]
    ask: Ask
    make: Make
    options: Options
    findings: list[Finding] = field(default_factory=list)
    gaps: list[tables.Gap] = field(default_factory=list)
    held: dict[str, date] = field(default_factory=dict)
    reach: dict[str, int] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    agreed: dict[str, Terms] = field(default_factory=dict)
    ways: dict[str, Ways] = field(default_factory=dict)
    apart: set[tuple[str, str]] = field(default_factory=set)
    picked: Mapping[str, frozenset[Period | None]] | None = None
    alone: bool = True
    redefined: Mapping[str, tuple[date, str]] = field(default_factory=dict)

    @property
    def contract(self) -> Contract:
        return self.plan.contract

    def report(
        self,
        rule: Rule[None],
        problem: Problem,
        data: tuple[Rows, ...] = (),
        period: str = "",
        owed: Owed | None = None,
    ) -> None:
        self.findings.append(replace(rule.found(problem), data=data, period=period, owed=owed))

    def rows(self, found: Sequence[tuple[Any, ...]], total: int) -> tuple[Rows, ...]:
        """Group `(key, scan, record)` by file, with what is left over counted at the last one."""
        grouped: dict[int, list[tuple[str, int]]] = {}
        for key, scan, record, *_ in found:
            grouped.setdefault(int(scan), []).append((str(key or ""), self.files[int(scan)].row(int(record))))
        rows = [
            Rows(self.files[scan].facts.name, tuple(key for key, _ in pairs), tuple(row for _, row in pairs))
            for scan, pairs in grouped.items()
        ]
        if rows:
            rows[-1] = replace(rows[-1], more=max(total - len(found), 0))
        return tuple(rows)


def verb(count: int, one: str, many: str) -> str:
    """Give the verb as it stands behind a count: `1 row holds`, `2 rows hold`."""
    return one if count == 1 else many


def percent(share: Fraction) -> str:
    """Print a share as it was agreed, without the sign."""
    return f"{share.numerator * 100 / share.denominator:.4f}".rstrip("0").rstrip(".")
