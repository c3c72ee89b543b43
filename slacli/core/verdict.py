"""From counts to outcomes and findings: the one place that decides what is met, missed or unclear, in integers.

It asks its questions of the tables that a plan made through `ask`, a function that runs one query and gives rows; it
knows nothing of files or engines. Rows are named by their key and by the number that a spreadsheet shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal, TypeVar

from slacli.core import periods, wording, zones
from slacli.core.periods import Period
from slacli.core.plan import casts, questions
from slacli.core.plan import plan as planned
from slacli.core.plan.plan import DutyPlan, Plan, RecordPlan, Slot, TermPlan
from slacli.errors import CannotRun
from slacli.findings import (
    AsOf,
    Blame,
    ContractFacts,
    Counts,
    ExportFacts,
    Finding,
    LeftOut,
    NotChecked,
    Outcome,
    PeriodFacts,
    Problem,
    Report,
    RowCount,
    Rows,
    Rule,
    Severity,
    Status,
    TermCells,
    reported,
)
from slacli.model import Contract, FiscalYear, PeriodKind, Tally
from slacli.places import Address, SourceMap

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one query and gives its rows."""

_Step = TypeVar("_Step", int, Fraction)

SAMPLES = 3
_STRAY = 31 * zones.DAY

TARGET_MISSED = reported(
    Severity.ERROR,
    "target-missed",
    """A duty stayed below its target in a period that is judged.

    Why: this is what the agreement is for. Each finding names the party that owed the duty, and the rows.
    """,
)
OLDER_MISS = reported(
    Severity.NOTE,
    "older-miss",
    """A duty stayed below its target in a finished period that is not judged by this run.

    Why: it was reported when it happened; by default only the last finished period can fail a build. See `--judge`.
    """,
)
UNCLEAR_OUTCOME = reported(
    Severity.WARNING,
    "unclear-outcome",
    """A duty is met or missed depending on rows whose values are blank, unreadable or not allowed.

    Why: a guess would wrong one of the two sides. The blamed fields say what has to be filled in.
    """,
)
TOO_FEW = reported(
    Severity.WARNING,
    "too-few",
    """A period holds fewer rows than `judge_from` asks for, so nothing is judged.

    Why: a share of a handful of rows says more about chance than about a party.
    """,
)
NO_DATA = reported(
    Severity.WARNING,
    "no-data",
    """A finished period that the export covers holds no row that the duty is about.

    Why: no rows is neither 0 % nor 100 %; often it is a filter of the report that went wrong.
    """,
)
NOT_CHECKED = reported(
    Severity.WARNING,
    "not-checked",
    """A duty, term or goal is not checked, because an export or a column that it needs was not given.

    Why: what was not given did not fail to happen. `--all` demands that everything is checked.
    """,
)
CONTRADICTORY_KEYS = reported(
    Severity.ERROR,
    "contradictory-keys",
    """Rows with the same key say different things, and nothing settles which one holds.

    Why: whichever row was taken, the verdict would be a guess; so none of them is judged. `newest_by` settles them.
    """,
)
REPEATED_KEYS = reported(
    Severity.NOTE,
    "repeated-keys",
    """Rows stand in the export more than once; each is judged once.

    Why: two views pasted together would otherwise count everything twice.
    """,
)
BLANK_KEYS = reported(
    Severity.WARNING,
    "blank-keys",
    """Rows have no key; they are judged, and named by their row.

    Why: without a key a row cannot be found again in the CRM, nor joined to others.
    """,
)
VALUE_NOT_LISTED = reported(
    Severity.WARNING,
    "value-not-listed",
    """Cells hold a value that the contract does not allow for the field: tests of it are unclear.

    Why: a new status or source changes what a term means, and somebody should decide how.
    """,
)
UNREADABLE_VALUES = reported(
    Severity.WARNING,
    "unreadable-values",
    """Cells hold something that is no value of the field's type: tests of it are unclear.

    Why: a date or an amount that is guessed gives a wrong verdict. Above `reads.unreadable` nothing is judged.
    """,
)
UNREADABLE_ROWS = reported(
    Severity.WARNING,
    "unreadable-rows",
    """Rows of an export cannot be read, such as one with too many cells; they are counted and not judged.

    Why: a row that is dropped in silence is a lead that nobody ever asks about again.
    """,
)
NO_ROWS = reported(
    Severity.ERROR,
    "no-rows",
    """An export has a header and no rows.

    Why: nothing was judged, which must never look like everything is fine.
    """,
)
PASTED_EXPORTS = reported(
    Severity.ERROR,
    "pasted-exports",
    """The closing lines of a report stand in the middle of a file: two exports were pasted together.

    Why: rows that stand in both would count twice, and each part was filtered in its own way.
    """,
)
STRAY_TIME = reported(
    Severity.WARNING,
    "stray-time",
    """A few rows hold a time far behind all others, such as 2050; it does not decide what day it is for the report.

    Why: one mistyped year would make every open duty look overdue.
    """,
)
STALE_EXPORT = reported(
    Severity.WARNING,
    "stale-export",
    """An export is older than its binding's `fresh` allows, so what rests on it is not checked.

    Why: what happened after the export was made would look as if it never happened.
    """,
)
NO_PARENT = reported(
    Severity.NOTE,
    "no-parent",
    """Rows of a child record belong to no row of its parent.

    Why: calls that belong to nobody are counted for nobody; many of them mean that the exports do not fit together.
    """,
)
UNDATED_ROWS = reported(
    Severity.WARNING,
    "undated-rows",
    """Rows that a duty covers have no date that places them in a period, so they are in none.

    Why: a blank date must not move a lead out of every figure unseen.
    """,
)
TIME_IN_GAP = reported(
    Severity.WARNING,
    "time-in-gap",
    """Local times never happened, because clocks were set forward; they are read one hour later.

    Why: such a time often means that the export is in another zone than its binding says.
    """,
)
RULES: tuple[Rule[None], ...] = (
    TARGET_MISSED, OLDER_MISS, UNCLEAR_OUTCOME, TOO_FEW, NO_DATA, NOT_CHECKED, CONTRADICTORY_KEYS, REPEATED_KEYS,
    BLANK_KEYS, VALUE_NOT_LISTED, UNREADABLE_VALUES, UNREADABLE_ROWS, NO_ROWS, PASTED_EXPORTS, STRAY_TIME,
    STALE_EXPORT, NO_PARENT, UNDATED_ROWS, TIME_IN_GAP,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What of a check people choose: which periods are judged, the moment that is now, and the duty to list."""

    judge: str = "latest"
    as_of: datetime | None = None
    demand_all: bool = False
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What reading told about one export: its account so far, the rows that were lost, and where report ends stood."""

    facts: ExportFacts
    lost_lines: tuple[int, ...]
    lost_reasons: tuple[str, ...]
    pasted: tuple[int, ...]
    row: Callable[[int], int]


@dataclass(slots=True)
class _Judge:
    plan: Plan
    files: Sequence[FileFacts]
    ask: Ask
    options: Options
    findings: list[Finding] = field(default_factory=list)
    gaps: list[planned.Gap] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        return self.plan.contract

    def report(self, rule: Rule[None], problem: Problem, data: tuple[Rows, ...] = (), period: str = "") -> None:
        self.findings.append(replace(rule.found(problem), data=data, period=period))

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


def judge(
    plan: Plan, files: Sequence[FileFacts], ask: Ask, options: Options, sources: SourceMap, folder: str
) -> Report:
    """Give the report of a check.

    Raises CannotRun where more of an export is unreadable than its binding accepts, where `--judge` names no period,
    and where everything is demanded and something cannot be checked.
    """
    state = _Judge(plan, files, ask, options, gaps=list(plan.not_checked))
    contract = plan.contract
    facts = _files(state)
    as_of = _as_of(state)
    stale = _stale(state, as_of)
    today = as_of.at if as_of is not None else None
    outcomes = tuple(_outcomes(state, today, stale))
    terms = tuple(
        _cells(state, record, part)
        for record in plan.records.values()
        for part in record.terms
        if record.record.id not in stale and not _is_gap(state, part.term.id, "term")
    )
    not_checked = tuple(NotChecked(gap.subject, gap.kind, gap.reason, gap.at) for gap in _unique(state.gaps))
    for gap in not_checked:
        state.report(
            NOT_CHECKED,
            Problem(
                at=gap.at or Address("contract.yaml"),
                key=True,
                message=f"`{gap.subject}` is not checked: {gap.reason}",
                subject=gap.subject,
            ),
        )
    if options.demand_all:
        _demand(not_checked)
    return Report(
        journey="check",
        findings=tuple(state.findings),
        sources=sources,
        folder=folder,
        contract=ContractFacts(contract.id, contract.title, contract.version, contract.digest),
        titles=contract.titles(),
        teams=contract.teams(),
        as_of=as_of,
        tz_database=zones.database(),
        judge=options.judge,
        files=facts,
        left_out=tuple(_left_out(state)),
        terms=terms,
        outcomes=outcomes,
        not_checked=not_checked,
    ).sorted()


def _is_gap(state: _Judge, subject: str, kind: str) -> bool:
    return any(gap.subject == subject and gap.kind == kind for gap in state.gaps)


def _unique(gaps: Sequence[planned.Gap]) -> list[planned.Gap]:
    order = {"responsibility": 0, "term": 1, "goal": 2}
    found = {(gap.kind, gap.subject): gap for gap in reversed(gaps)}
    return sorted(found.values(), key=lambda gap: (order[gap.kind], gap.at.file, gap.at.pointer))


def _demand(not_checked: Sequence[NotChecked]) -> None:
    missing = [gap for gap in not_checked if gap.kind == "responsibility"]
    if missing:
        named = "; ".join(f"`{gap.subject}`: {gap.reason}" for gap in missing)
        raise CannotRun(
            f"{wording.counted(len(missing), 'duty', 'duties')} could not be checked, and `--all` demands every one: "
            f"{named}",
            "give the exports that are missing, or leave `--all` out",
        )


# --- the account of the files -----------------------------------------------------------------


def _files(state: _Judge) -> tuple[ExportFacts, ...]:
    """Settle the account of every file, and report what could not be read of it."""
    facts = [one.facts for one in state.files]
    for record in state.plan.records.values():
        for table, numbers in record.settled:
            for scan, fate, count in state.ask(questions.fates(record, table, numbers)):
                rows = facts[scan].rows
                part = "repeated" if fate == planned.REPEATED else "contradictory"
                facts[scan] = replace(facts[scan], rows=replace(rows, **{part: count}))
            _keys(state, record, table, numbers)
            _unread(state, record, table, numbers)
        _orphans(state, record, facts)
    for number, one in enumerate(state.files):
        rows = facts[number].rows
        judged = rows.total - rows.cut - rows.unreadable - rows.repeated - rows.contradictory
        facts[number] = replace(facts[number], rows=replace(rows, judged=judged))
        _lost(state, one, facts[number])
    return tuple(facts)


def _lost(state: _Judge, one: FileFacts, facts: ExportFacts) -> None:
    binding = state.contract.bindings[facts.binding]
    rows = facts.rows
    if rows.unreadable:
        share = Fraction(rows.unreadable, rows.total)
        lines = wording.listed([str(line) for line in one.lost_lines[:SAMPLES]])
        line = "line" if len(one.lost_lines[:SAMPLES]) == 1 else "lines"
        more = rows.unreadable - min(len(one.lost_lines), SAMPLES)
        also = f" and {wording.number(more)} more" if more else ""
        reasons = wording.listed(list(dict.fromkeys(one.lost_reasons))[:3])
        message = (
            f"{wording.counted(rows.unreadable, 'row')} of `{facts.name}` cannot be read "
            f"({line} {lines}{also}): {reasons}"
        )
        if share > binding.reads.unreadable:
            raise CannotRun(
                f"{message}; that is {wording.share(share, 2)} % of the file, and `{binding.id}` accepts at most "
                f"{_percent(binding.reads.unreadable)} %",
                f"mend the file, or raise `reads.unreadable` in bindings/{binding.id}.yaml",
            )
        state.report(
            UNREADABLE_ROWS,
            Problem(at=binding.at, message=message, help="mend these lines and check again", subject=facts.binding),
        )
    if one.pasted:
        lines = wording.listed([str(line) for line in one.pasted[:SAMPLES]])
        state.report(
            PASTED_EXPORTS,
            Problem(
                at=binding.at,
                message=f"`{facts.name}` holds the end of a report in its middle (line {lines})",
                help="give the two exports as two files",
                subject=facts.binding,
            ),
        )
    elif rows.total - rows.cut == 0:
        state.report(
            NO_ROWS,
            Problem(
                at=binding.at,
                message=f"`{facts.name}` has a header and no rows",
                help="export again; a filter of the report may leave nothing",
                subject=facts.binding,
            ),
        )


def _percent(share: Fraction) -> str:
    return f"{share.numerator * 100 / share.denominator:.4f}".rstrip("0").rstrip(".")


def _keys(state: _Judge, record: RecordPlan, table: str, numbers: tuple[int, ...]) -> None:
    key = record.record.key
    if key is None or key not in record.bound:
        return
    binding = state.contract.bindings[state.files[numbers[0]].facts.binding]
    counts: dict[int, int] = {}
    for _, fate, count in state.ask(questions.fates(record, table, numbers)):
        counts[fate] = counts.get(fate, 0) + count
    where = binding.columns[key].at if key in binding.columns else binding.at
    for fate, rule in ((planned.CONTRADICTORY, CONTRADICTORY_KEYS), (planned.REPEATED, REPEATED_KEYS)):
        if not counts.get(fate):
            continue
        found = state.ask(questions.keys_of_fate(record, table, numbers, fate, SAMPLES))
        number = wording.counted(counts[fate], "row")
        what = (
            f"{number} share a `{key}` with a row that says something else, so none of them is judged"
            if fate == planned.CONTRADICTORY
            else f"{number} repeat a `{key}` that stands before them, and are not judged again"
        )
        state.report(
            rule,
            Problem(
                at=where,
                message=what,
                help="name the newest in `reads.newest_by`, or mend the export"
                if fate == planned.CONTRADICTORY
                else "",
                subject=f"{record.record.id}.{key}",
            ),
            state.rows(found, counts[fate]),
        )
    blank = state.ask(questions.blank_keys(record, table, numbers, SAMPLES))
    if blank:
        total = int(blank[0][2])
        state.report(
            BLANK_KEYS,
            Problem(
                at=where,
                message=f"{wording.counted(total, 'row')} of `{record.record.id}` have no `{key}`",
                help="fill it in, so that the row can be found again",
                subject=f"{record.record.id}.{key}",
            ),
            state.rows([("", scan, row) for scan, row, _ in blank], total),
        )


def _unread(state: _Judge, record: RecordPlan, table: str, numbers: tuple[int, ...]) -> None:
    """Report values that are unreadable or not allowed, and stop where too many are unreadable."""
    totals: dict[tuple[str, str], int] = {}
    for scan, *counts in state.ask(questions.unread(record, table, numbers)):
        facts = state.files[scan].facts
        binding = state.contract.bindings[facts.binding]
        pairs = iter(counts)
        for name in record.bound:
            unreadable, unlisted = next(pairs), next(pairs)
            totals["bu", name] = totals.get(("bu", name), 0) + unreadable
            totals["bn", name] = totals.get(("bn", name), 0) + unlisted
            rows = facts.rows.total - facts.rows.cut
            if unreadable and Fraction(unreadable, rows) > binding.reads.unreadable:
                found = state.ask(questions.unread_rows(record, table, numbers, name, "bu", SAMPLES))
                at = wording.listed([str(state.files[s].row(r)) for _, s, r in found])
                raise CannotRun(
                    f"{wording.counted(unreadable, 'row')} of {wording.number(rows)} in `{facts.name}` hold no "
                    f"{_kind(record, name)} in `{_header(state, scan, name)}` (row {at} for example); "
                    f"`{binding.id}` accepts at most {_percent(binding.reads.unreadable)} %",
                    f"check the type of `{record.record.id}.{name}` and how bindings/{binding.id}.yaml reads it, "
                    "name its placeholders in `missing:`, or raise `reads.unreadable`",
                )
    for name in record.bound:
        if totals.get(("bu", name)):
            _bad_values(state, record, table, numbers, name, "bu", totals["bu", name])
        if totals.get(("bn", name)):
            _bad_values(state, record, table, numbers, name, "bn", totals["bn", name])
    for at, name in enumerate(record.times):
        for scan, *flags in state.ask(questions.flags(record, table, numbers)):
            if flags[at] is not None and flags[at] & casts.GAP:
                found = state.ask(questions.flagged(record, table, numbers, name, casts.GAP, SAMPLES))
                zone = state.contract.bindings[state.files[scan].facts.binding].reads.time_zone
                total = int(found[0][2])
                state.report(
                    TIME_IN_GAP,
                    Problem(
                        at=_column_at(state, scan, name),
                        message=f"{wording.counted(total, 'row')} hold a time in `{_header(state, scan, name)}` that "
                        f"never happened in {zone or state.contract.time_zone}; they are read after the gap",
                        help="check the `time_zone` of the binding",
                        subject=f"{record.record.id}.{name}",
                    ),
                    state.rows([("", s, r) for s, r, _ in found], total),
                )


def _kind(record: RecordPlan, name: str) -> str:
    one = record.record.fields[name]
    words = {"text": "text", "ids": "list of ids", "integer": "whole number", "number": "number", "money": "amount",
             "yes_no": "yes or no", "date": "date", "time": "time"}  # fmt: skip
    return "e-mail address" if one.format == "email" else words[one.type]


def _header(state: _Judge, scan: int, name: str) -> str:
    columns = state.contract.bindings[state.files[scan].facts.binding].columns
    return columns[name].headers[0] if name in columns else name


def _column_at(state: _Judge, scan: int, name: str) -> Address:
    binding = state.contract.bindings[state.files[scan].facts.binding]
    return binding.columns[name].at if name in binding.columns else binding.at


def _bad_values(
    state: _Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], name: str, prefix: str, total: int
) -> None:
    one = record.record.fields[name]
    full = f"{record.record.id}.{name}"
    scan = next((n for n in numbers if name in state.plan.scans[n].columns), numbers[0])
    at = _column_at(state, scan, name)
    if prefix == "bn" and name in record.listed:
        found = state.ask(questions.unlisted(record, table, numbers, name, 5))
        allowed = one.one_of or ("yes", "no")
        for value, count, file, row, key in found:
            shown = _shown(str(value))
            near = wording.nearest(str(value), allowed)
            state.report(
                VALUE_NOT_LISTED,
                Problem(
                    at=at,
                    message=f"{wording.counted(count, 'row')} hold{'s' if count == 1 else ''} {shown}, "
                    f"which `{full}` does not list",
                    help=f"translate it in the binding, such as `values: {{{value}: {near}}}`"
                    if near and shown.startswith("`")
                    else "translate it in `values:` of the binding, or list it in the definition",
                    subject=f"{full}={value}",
                ),
                state.rows([(key, file, row)], count),
            )
        seen = sum(row[1] for row in found)
        if total > seen:
            state.report(
                VALUE_NOT_LISTED,
                Problem(
                    at=at,
                    message=f"{wording.counted(total - seen, 'row')} more hold other values that `{full}` does not list",
                    subject=f"{full}=others",
                ),
            )
        return
    found = state.ask(questions.unread_rows(record, table, numbers, name, prefix, SAMPLES))
    what = f"no {_kind(record, name)}" if prefix == "bu" else "a value that the contract does not allow"
    limits = ""
    if prefix == "bn" and (one.low is not None or one.high is not None):
        ends = [f"from {one.low}" if one.low is not None else "", f"to {one.high}" if one.high is not None else ""]
        limits = f" ({' '.join(end for end in ends if end)})"
    state.report(
        UNREADABLE_VALUES if prefix == "bu" else VALUE_NOT_LISTED,
        Problem(
            at=at,
            message=f"{wording.counted(total, 'row')} hold{'s' if total == 1 else ''} {what} in `{full}`{limits}",
            help="mend these cells, or name the placeholder in `missing:`",
            subject=full,
        ),
        state.rows(found, total),
    )


def _shown(value: str) -> str:
    """Show a value of an export that a list of the contract should have held, unless it looks like a person's."""
    digits = sum(char.isdigit() for char in value)
    if "@" in value or digits >= 7 or len(value) > 40:
        return "a value that is not shown"
    return f"`{wording.sanitised(value, 40)}`"


def _orphans(state: _Judge, record: RecordPlan, facts: list[ExportFacts]) -> None:
    for parent_id in dict.fromkeys(link.parent for link in record.record.links):
        parent = state.plan.records.get(parent_id)
        if parent is None:
            continue
        links = [
            link
            for link in record.record.links
            if link.parent == parent_id and link.field in record.fields and link.parent_field in parent.fields
        ]
        if not links:
            continue
        count = int(state.ask(questions.orphans(record, parent, links))[0][0])
        for _, numbers in record.settled:
            for number in numbers:
                facts[number] = replace(facts[number], orphans=count, parent=parent_id)
        if count:
            state.report(
                NO_PARENT,
                Problem(
                    at=record.record.at,
                    key=True,
                    message=f"{wording.counted(count, 'row')} of `{record.record.id}` belong to no `{parent_id}` "
                    "of the exports at hand",
                    subject=f"{record.record.id}/{parent_id}",
                ),
            )


# --- now --------------------------------------------------------------------------------------


def _as_of(state: _Judge) -> AsOf | None:
    """Find the moment that is now: as given, else the latest time that is not far behind all others."""
    there = zones.zone(state.contract.time_zone)
    if state.options.as_of is not None:
        return AsOf(state.options.as_of.astimezone(there), "--as-of")
    best: tuple[int, int, int] | None = None
    for record in state.plan.records.values():
        for table, numbers in record.settled:
            total = sum(state.plan.scans[number].records for number in numbers)
            top = _not_stray(state, record, table, numbers, total)
            if top is not None and (best is None or top[0] > best[0]):
                best = top
    if best is None:
        return None
    moment, scan, row = best
    when = datetime.fromtimestamp(moment, UTC).astimezone(there)
    return AsOf(when, "latest time", state.files[scan].facts.name, None, state.files[scan].row(row))


def _not_stray(
    state: _Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], total: int
) -> tuple[int, int, int] | None:
    """Give the latest time of a table, with scan and record, below any few rows that lie far behind the others."""
    # One row, or one in a thousand, may be mistyped; more of them are no accident and count.
    few = max(1, total // 1000)
    found = state.ask(questions.latest(record, table, numbers, few + 1))
    if not found:
        return None
    for at in range(len(found) - 1, 0, -1):
        if found[at - 1][0] - found[at][0] > _STRAY:
            stray = found[:at]
            state.report(
                STRAY_TIME,
                Problem(
                    at=record.record.at,
                    key=True,
                    message=f"{wording.counted(len(stray), 'row')} of `{record.record.id}` hold{'s' if at == 1 else ''} "
                    f"a time more than 31 days behind all others; the report does not take it for today",
                    help="mend the date, or say what day it is with `--as-of`",
                    subject=record.record.id,
                ),
                state.rows([("", scan, row) for _, scan, row in stray[:SAMPLES]], len(stray)),
            )
            return found[at]
    return found[0]


def _stale(state: _Judge, as_of: AsOf | None) -> frozenset[str]:
    """Report exports that are too old, and give the records that are not judged for it."""
    if as_of is None:
        return frozenset()
    now = int(as_of.at.timestamp())
    stale: set[str] = set()
    for record in state.plan.records.values():
        for table, numbers in record.settled:
            for scan, newest in state.ask(questions.latest_by_scan(record, table, numbers, now)):
                binding = state.contract.bindings[state.files[scan].facts.binding]
                fresh = binding.reads.fresh
                if fresh is None or newest is None:
                    continue
                limit = fresh.amount * {"minutes": 60, "hours": 3600, "days": zones.DAY}[fresh.unit]
                if now - newest <= limit:
                    continue
                days = (now - newest) // zones.DAY
                name = state.files[scan].facts.name
                reason = f"`{name}` ends {wording.counted(days, 'day')} before the day of the report"
                stale.add(record.record.id)
                state.report(
                    STALE_EXPORT,
                    Problem(
                        at=binding.at / "reads" / "fresh",
                        message=f"{reason}, and `{binding.id}` allows {fresh}",
                        help="export it again, or say which day it stands for with `--as-of`",
                        subject=binding.id,
                    ),
                )
                parts = [(p.term.id, "term", p.term.at) for p in record.terms]
                parts += [(p.owed.id, "responsibility", p.owed.at) for p in record.duties]
                state.gaps += [planned.Gap(subject, kind, reason, at) for subject, kind, at in parts]
    return frozenset(stale)


# --- terms ------------------------------------------------------------------------------------


def _left_out(state: _Judge) -> Iterator[LeftOut]:
    for record in state.plan.records.values():
        for number, count in state.ask(questions.left_out(record)):
            yield LeftOut(record.record.id, record.record.left_out[number - 1].name, count)


_CELLS = {
    0: "unmarked_fails", 1: "unmarked_unclear", 2: "unmarked_meets",
    6: "marked_fails", 7: "marked_unclear", 8: "marked_meets",
}  # fmt: skip
_REASON_WORDS: Mapping[int, Literal["blank", "unreadable", "not allowed", "not bound", "too coarse"]] = {
    casts.BLANK: "blank",
    casts.UNREADABLE: "unreadable",
    casts.NOT_ALLOWED: "not allowed",
    casts.NOT_BOUND: "not bound",
    planned.COARSE: "too coarse",
}


def _cells(state: _Judge, record: RecordPlan, part: TermPlan) -> TermCells:
    counts: dict[str, int] = {}
    for code, count in state.ask(questions.cells(record, part)):
        name = _CELLS.get(code, "mark_unclear")
        counts[name] = counts.get(name, 0) + count
    marked = part.term.marked is not None
    blames: dict[tuple[str, int], int] = {}
    for number, mask in enumerate(part.masks):
        first = number * planned._FIELDS_IN_MASK  # noqa: SLF001 - the layout of its masks
        for bits, count in state.ask(questions.blamed(record, part, mask, marked=marked)):
            for at, name in enumerate(part.blamed[first : first + planned._FIELDS_IN_MASK]):  # noqa: SLF001
                for nth, reason in enumerate(planned.REASONS):
                    if bits >> (at * len(planned.REASONS) + nth) & 1:
                        blames[name, reason] = blames.get((name, reason), 0) + count
    because = tuple(
        Blame(name, _REASON_WORDS[reason], count)
        for (name, reason), count in sorted(blames.items(), key=lambda item: (-item[1], item[0]))
    )
    term = part.term
    return TermCells(term.id, term.title, term.record, marked, **counts, unclear_because=because)


# --- duties -----------------------------------------------------------------------------------

_CODE_COUNTS = {
    planned.MET: {"met": 1},
    planned.MISSED: {"missed": 1},
    planned.UNCLEAR: {"unclear": 1, "may_meet": 1, "may_miss": 1},
    planned.MAY_MEET: {"unclear": 1, "may_meet": 1},
    planned.MAY_MISS: {"unclear": 1, "may_miss": 1},
    planned.LEFT_OUT: {"left_out": 1},
}


def _tally(pairs: Mapping[int, int]) -> Counts:
    total: dict[str, int] = {"covered": sum(pairs.values())}
    for code, count in pairs.items():
        for name in _CODE_COUNTS[code]:
            total[name] = total.get(name, 0) + count
    return Counts(**total)


def _outcomes(state: _Judge, now: datetime | None, stale: frozenset[str]) -> Iterator[Outcome]:
    """Judge every duty of which the rows are at hand, in the order of the contract."""
    by_duty = {
        part.owed.id: (record, part)
        for record in state.plan.records.values()
        if record.record.id not in stale
        for part in record.duties
    }
    named = _named_period(state)
    for owed in state.contract.responsibilities:
        if owed in by_duty:
            record, part = by_duty[owed]
            yield from _duty(state, record, part, now, named)


def _named_period(state: _Judge) -> Period | None:
    judge = state.options.judge
    if judge in {"latest", "all"}:
        return None
    found = periods.named(judge, state.contract.fiscal_year)
    if found is None:
        raise CannotRun(
            f"`--judge {wording.sanitised(judge, 40)}` names no period",
            "write `latest`, `all`, or a period such as `2026-02`, `2026-W07`, `FY27-Q1` or `FY27`",
        )
    return found


Table = dict[int | None, dict[int, int]]
"""Counts by code, by slot; the slot None holds rows without a date."""


def _table(state: _Judge, record: RecordPlan, part: DutyPlan, shown_by: str | None) -> dict[str | None, Table]:
    found: dict[str | None, Table] = {}
    for slot, value, code, count in state.ask(questions.duty(record, part, shown_by)):
        cell = found.setdefault(value, {}).setdefault(slot, {})
        cell[code] = cell.get(code, 0) + count
    return found


def _in_slots(table: Table, slots: range | None) -> dict[int, int]:
    total: dict[int, int] = {}
    for slot, codes in table.items():
        if slots is None or (slot is not None and slot in slots):
            for code, count in codes.items():
                total[code] = total.get(code, 0) + count
    return total


def _duty(
    state: _Judge, record: RecordPlan, part: DutyPlan, now: datetime | None, named: Period | None
) -> Iterator[Outcome]:
    whole = _table(state, record, part, None).get(None, {})
    shown = {name: _table(state, record, part, name) for name in part.shown_by}
    kind = _kind_of_period(part)
    undated = sum(whole.get(None, {}).values()) if part.slot else 0
    if undated:
        state.report(
            UNDATED_ROWS,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(undated, 'row')} that `{part.owed.id}` covers are in no period, "
                f"because `{part.dated}` is blank or unreadable",
                help=f"fill in `{part.dated}`",
                subject=part.owed.id,
            ),
        )
    stretches = list(_stretches(state, record, part, kind, now)) if kind else [None]
    chosen = _chosen(stretches, named, state.options.judge) if kind else {None}
    for stretch in stretches:
        period = stretch[0] if stretch else None
        slots = period.slots if period else None
        facts = (
            PeriodFacts(period.name, period.title, period.first, period.last, stretch[1])
            if period and stretch
            else PeriodFacts("", "all that the export holds", None, None, "whole")
        )
        judged = period in chosen
        outcome = (
            _number(state, part, facts, whole, shown, slots)
            if isinstance(part.measure, Tally)
            else _share(state.contract.fiscal_year, part, facts, whole, shown, slots)
        )
        outcome = replace(outcome, judged=judged, undated=undated)
        if facts.state == "not covered" and not outcome.counts.covered:
            continue
        yield _with_findings(state, record, part, outcome, slots)


def _kind_of_period(part: DutyPlan) -> PeriodKind | None:
    if isinstance(part.measure, Tally):
        return part.measure.per
    return part.owed.target.per if part.owed.target else None


Stretch = tuple[Period, Literal["finished", "running", "not covered"]]


def _stretches(
    state: _Judge, record: RecordPlan, part: DutyPlan, kind: PeriodKind, now: datetime | None
) -> Iterator[Stretch]:
    """Give the periods from the first that the export holds to the one that is now, each with its state."""
    slot = part.slot or Slot(part.dated or "", periods.grain_of(kind))
    first, last = state.ask(questions.reach(record, slot))[0]
    if first is None:
        return
    fiscal = state.contract.fiscal_year
    start = periods.of_slot(first, "week" if slot.grain == "week" else "month", fiscal).first
    end = periods.of_slot(last, "week" if slot.grain == "week" else "month", fiscal).last
    since, until = _held(record)
    if since is not None:
        start = min(start, since) if isinstance(part.measure, Tally) else start
    today = _day_before(now) if now is not None else end
    for period in periods.between(start, max(today, start), kind, fiscal):
        if since is not None and period.first < since:
            yield period, "not covered"
        elif since is None and isinstance(part.measure, Tally) and period.first <= start:
            # Without `holds` nobody knows whether the export begins where its first period does.
            yield period, "not covered"
        elif until is not None and period.last > until:
            yield period, "not covered"
        elif now is not None and _ends(period, state.contract.time_zone) > now.timestamp():
            yield period, "running"
        else:
            yield period, "finished"


def _held(record: RecordPlan) -> tuple[date | None, date | None]:
    """Give the first and last day that all exports of a record hold, where their bindings say so."""
    since = [s.binding.reads.holds_since for s in record.scans if s.binding.reads.holds_since is not None]
    until = [s.binding.reads.holds_until for s in record.scans if s.binding.reads.holds_until is not None]
    return max(since, default=None), min(until, default=None)


def _day_before(now: datetime) -> date:
    """Give the last day of which a part has passed: midnight still belongs to the day before."""
    return (now - timedelta(seconds=1)).date()


def _ends(period: Period, zone: str) -> int:
    return zones.day_bounds(period.last + timedelta(days=1), zone)[0]


def _chosen(stretches: Sequence[Stretch | None], named: Period | None, judge: str) -> set[Period | None]:
    finished = [stretch[0] for stretch in stretches if stretch is not None and stretch[1] == "finished"]
    if named is not None:
        return {one for one in finished if named.first <= one.first and one.last <= named.last}
    return set(finished) if judge == "all" else set(finished[-1:])


def _share(
    fiscal: FiscalYear,
    part: DutyPlan,
    period: PeriodFacts,
    whole: Table,
    shown: Mapping[str, dict[str | None, Table]],
    slots: range | None,
) -> Outcome:
    owed = part.owed
    target = _stepped(owed.target.ramp, period, owed.target.share, fiscal) if owed.target else Fraction(1)
    counts = _tally(_in_slots(whole, slots))
    lower, upper = bounds(counts)
    outcome = Outcome(
        duty=owed.id,
        title=owed.title,
        kind=owed.duty.kind,
        owed_by=owed.owed_by,
        owed_to=owed.owed_to,
        period=period,
        measure="share",
        counts=counts,
        lower=lower,
        upper=upper,
        target=target,
        status=status(counts, lower, upper, target, owed.judge_from, period.state),
        judge_from=owed.judge_from,
    )
    parts = []
    for name, tables in shown.items():
        for value, table in sorted(tables.items(), key=lambda item: (item[0] is None, item[0] or "")):
            inner = _tally(_in_slots(table, slots))
            if inner.covered:
                low, high = bounds(inner)
                parts.append(
                    replace(
                        outcome, counts=inner, lower=low, upper=high, target=None,
                        part_of=((name, value if value is not None else "(blank)"),),
                        status=status(inner, low, high, target, 0, period.state),
                    )
                )  # fmt: skip
    return replace(outcome, parts=tuple(parts))


def _stepped(steps: Sequence[tuple[str, _Step]], period: PeriodFacts, base: _Step, fiscal: FiscalYear) -> _Step:
    """Give the step of a ramp that holds in a period: the last one that has begun, else what held before."""
    for name, step in steps:
        begun = periods.named(name, fiscal)
        if begun is not None and period.first is not None and begun.first <= period.first:
            base = step
    return base


def bounds(counts: Counts) -> tuple[Fraction | None, Fraction | None]:
    """Give the least and the greatest share that the unclear rows leave possible, or nothing where there are no rows."""
    least = counts.met + counts.missed + counts.may_miss
    most = counts.met + counts.may_meet + counts.missed
    lower = Fraction(counts.met, least) if least else None
    upper = Fraction(counts.met + counts.may_meet, most) if most else None
    if lower is None and upper is not None:
        lower = Fraction(0)
    if upper is None and lower is not None:
        upper = Fraction(1)
    return lower, upper


def status(
    counts: Counts, lower: Fraction | None, upper: Fraction | None, target: Fraction, judge_from: int, state: str
) -> Status:
    """Say what became of a share: met when even the least reaches the target, missed when not even the most does."""
    if state in {"running", "not covered"}:
        return "running" if state == "running" else "not covered"
    if lower is None or upper is None:
        return "no data"
    if counts.met + counts.missed + counts.unclear < judge_from:
        return "too few"
    if lower >= target:
        return "met"
    return "missed" if upper < target else "unclear"


def _number(
    state: _Judge,
    part: DutyPlan,
    period: PeriodFacts,
    whole: Table,
    shown: Mapping[str, dict[str | None, Table]],
    slots: range | None,
) -> Outcome:
    """Judge how many there are: by the number that is certain, and by the number that is possible."""
    owed = part.owed
    measure = part.measure
    if not isinstance(measure, Tally):
        message = "a volume duty measures a tally"
        raise TypeError(message)

    def outcome(table: Table, at_least: int | None) -> Outcome:
        counts = _tally(_in_slots(table, slots))
        low, high = Fraction(counts.met), Fraction(counts.met + counts.unclear)
        target = Fraction(at_least) if at_least is not None else None
        verdict: Status = "met"
        if period.state in {"running", "not covered"}:
            verdict = "running" if period.state == "running" else "not covered"
        elif target is not None and low < target:
            verdict = "missed" if high < target else "unclear"
        return Outcome(
            duty=owed.id, title=owed.title, kind=owed.duty.kind, owed_by=owed.owed_by, owed_to=owed.owed_to,
            period=period, measure="number", counts=counts, lower=low, upper=high, target=target, status=verdict,
        )  # fmt: skip

    if measure.split_by is None:
        fiscal = state.contract.fiscal_year
        return outcome(whole, _stepped(measure.ramp, period, measure.at_least[0][1], fiscal))
    tables = shown.get(measure.split_by, {})
    parts = tuple(
        replace(outcome(tables.get(value, {}), at_least), part_of=((measure.split_by, str(value)),))
        for value, at_least in measure.at_least
    )
    total = outcome(whole, None)
    found = {one.status for one in parts}
    worst: Status = next((s for s in ("missed", "unclear", "running", "not covered") if s in found), "met")  # type: ignore[assignment]
    return replace(total, status=worst, parts=parts)


def _with_findings(state: _Judge, record: RecordPlan, part: DutyPlan, outcome: Outcome, slots: range | None) -> Outcome:
    """Report what an outcome means, and put the first rows beside it."""
    codes = {"missed": (planned.MISSED,), "unclear": (planned.UNCLEAR, planned.MAY_MEET, planned.MAY_MISS)}
    samples: tuple[Rows, ...] = ()
    wanted = codes.get(outcome.status, ())
    listing = state.options.listed == part.owed.id and outcome.judged
    if outcome.measure == "share" and (wanted or listing):
        chosen = codes["missed"] if listing else wanted
        total = outcome.counts.missed if chosen == codes["missed"] else outcome.counts.unclear
        found = state.ask(questions.rows_of_duty(record, part, chosen, slots, None if listing else SAMPLES))
        samples = state.rows(found, total)
    outcome = replace(outcome, samples=samples)
    rule = _rule_of(outcome)
    if rule is not None:
        state.report(
            rule,
            Problem(
                at=part.owed.at,
                key=True,
                message=_message(state.contract, part, outcome),
                label=part.owed.title,
                subject=part.owed.id,
            ),
            samples if rule in {TARGET_MISSED, UNCLEAR_OUTCOME} else (),
            outcome.period.name,
        )
    return outcome


def _rule_of(outcome: Outcome) -> Rule[None] | None:
    whole = outcome.period.state == "whole"
    if outcome.status == "missed":
        return TARGET_MISSED if outcome.judged or whole else OLDER_MISS
    if not (outcome.judged or whole):
        return None
    rules: Mapping[str, Rule[None]] = {"unclear": UNCLEAR_OUTCOME, "too few": TOO_FEW, "no data": NO_DATA}
    return rules.get(outcome.status)


def _message(contract: Contract, part: DutyPlan, outcome: Outcome) -> str:
    who = f"{contract.party_title(outcome.owed_by)} owes {contract.party_title(outcome.owed_to)}"
    when = f"in {outcome.period.title}" if outcome.period.name else "in all that the export holds"
    if outcome.measure == "number":
        parts = outcome.parts or (outcome,)
        figures = wording.listed(
            [
                " ".join(filter(None, [dict(one.part_of).get(_split(part), ""), _figure(one)]))
                for one in parts
                if one.status in {"missed", "unclear"}
            ]
        )
        return f"{outcome.status} {when}: {who} `{part.owed.id}`, and there were {figures}"
    counts = outcome.counts
    decided = counts.met + counts.missed
    target = f"target {_percent(outcome.target)} %" if outcome.target is not None else ""
    if outcome.status == "no data":
        return f"no rows {when} for `{part.owed.id}`, which {who}"
    if outcome.status == "too few":
        total = decided + counts.unclear
        return f"{wording.counted(total, 'row')} {when} are too few to judge `{part.owed.id}` ({part.owed.judge_from} are needed)"
    unclear = f", {wording.number(counts.unclear)} unclear" if counts.unclear else ""
    return (
        f"{outcome.status} {when}: {who} `{part.owed.id}`, and {wording.number(counts.met)} of "
        f"{wording.number(decided)} met it{unclear}: {_rate(outcome)}, {target}"
    )


def _split(part: DutyPlan) -> str:
    return part.measure.split_by or "" if isinstance(part.measure, Tally) else ""


def _figure(outcome: Outcome) -> str:
    low, high = int(outcome.lower or 0), int(outcome.upper or 0)
    number = wording.number(low) if low == high else f"{wording.number(low)} to {wording.number(high)}"
    return f"{number} of {wording.number(int(outcome.target or 0))}"


def _rate(outcome: Outcome) -> str:
    if outcome.lower is None or outcome.upper is None:
        return "n/a"
    low, high = wording.share(outcome.lower), wording.share(outcome.upper)
    return f"{low} %" if outcome.lower == outcome.upper else f"{low}–{high} %"
