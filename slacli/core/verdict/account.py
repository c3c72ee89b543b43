"""The account of every file: each row is judged, cut, unreadable, repeated or contradictory, and none is lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slacli.core import wording
from slacli.core.plan import casts, questions, tables
from slacli.core.plan.tables import RecordPlan
from slacli.core.verdict import pages
from slacli.core.verdict.state import SAMPLES, FileFacts, Judge, percent, verb
from slacli.errors import CannotRun
from slacli.findings import (
    ExportFacts,
    Problem,
)
from slacli.places import Address


def settle(state: Judge) -> tuple[ExportFacts, ...]:
    """Settle the account of every file, and report what could not be read of it."""
    facts = [one.facts for one in state.files]
    for record in state.plan.records.values():
        for table, numbers in record.settled:
            for scan, fate, count in state.ask(questions.fates(record, table, numbers)):
                rows = facts[scan].rows
                part = "repeated" if fate == tables.REPEATED else "contradictory"
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


def _lost(state: Judge, one: FileFacts, facts: ExportFacts) -> None:
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
                f"{percent(binding.reads.unreadable)} %",
                f"mend the file, or raise `reads.unreadable` in bindings/{binding.id}.yaml",
            )
        state.report(
            pages.UNREADABLE_ROWS,
            Problem(at=binding.at, message=message, help="mend these lines and check again", subject=facts.binding),
        )
    if one.pasted:
        lines = wording.listed([str(line) for line in one.pasted[:SAMPLES]])
        state.report(
            pages.PASTED_EXPORTS,
            Problem(
                at=binding.at,
                message=f"`{facts.name}` holds the end of a report in its middle (line {lines})",
                help="give the two exports as two files",
                subject=facts.binding,
            ),
        )
    elif rows.total - rows.cut == 0:
        state.report(
            pages.NO_ROWS,
            Problem(
                at=binding.at,
                message=f"`{facts.name}` has a header and no rows",
                help="export again; a filter of the report may leave nothing",
                subject=facts.binding,
            ),
        )


def _keys(state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...]) -> None:
    key = record.record.key
    if key is None or key not in record.bound:
        return
    binding = state.contract.bindings[state.files[numbers[0]].facts.binding]
    counts: dict[int, int] = {}
    for _, fate, count in state.ask(questions.fates(record, table, numbers)):
        counts[fate] = counts.get(fate, 0) + count
    where = binding.columns[key].at if key in binding.columns else binding.at
    for fate, rule in ((tables.CONTRADICTORY, pages.CONTRADICTORY_KEYS), (tables.REPEATED, pages.REPEATED_KEYS)):
        if not counts.get(fate):
            continue
        found = state.ask(questions.keys_of_fate(record, table, numbers, fate, SAMPLES))
        number = wording.counted(counts[fate], "row")
        what = (
            f"{number} share a `{key}` with a row that says something else, so none of them is judged"
            if fate == tables.CONTRADICTORY
            else f"{number} {verb(counts[fate], 'repeats a row', 'repeat rows')} with the same `{key}`, "
            f"and {verb(counts[fate], 'is', 'are')} not judged again"
        )
        state.report(
            rule,
            Problem(
                at=where,
                message=what,
                help="name the newest in `reads.newest_by`, or mend the export" if fate == tables.CONTRADICTORY else "",
                subject=f"{record.record.id}.{key}",
            ),
            state.rows(found, counts[fate]),
        )
    blank = state.ask(questions.blank_keys(record, table, numbers, SAMPLES))
    if blank:
        total = int(blank[0][2])
        state.report(
            pages.BLANK_KEYS,
            Problem(
                at=where,
                message=f"{wording.counted(total, 'row')} of `{record.record.id}` "
                f"{verb(total, 'has', 'have')} no `{key}`",
                help="fill it in, so that the row can be found again",
                subject=f"{record.record.id}.{key}",
            ),
            state.rows([("", scan, row) for scan, row, _ in blank], total),
        )


def _unread(state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...]) -> None:
    """Report values that are unreadable or not allowed, and stop where too many are unreadable."""
    columns = _bad_columns(state, record, table)
    totals: dict[tuple[str, str], int] = {}
    for scan, *counts in state.ask(questions.unread(record, table, numbers, columns)) if columns else ():
        facts = state.files[scan].facts
        binding = state.contract.bindings[facts.binding]
        rows = facts.rows.total - facts.rows.cut
        for (prefix, name), count in zip(columns, counts, strict=True):
            totals[prefix, name] = totals.get((prefix, name), 0) + count
            unreadable = count if prefix == "bu" else 0
            if unreadable and Fraction(unreadable, rows) > binding.reads.unreadable:
                found = state.ask(questions.unread_rows(record, table, numbers, name, "bu", SAMPLES))
                example = wording.listed([str(state.files[s].row(r)) for _, s, r in found])
                raise CannotRun(
                    f"{wording.counted(unreadable, 'row')} of {wording.number(rows)} in `{facts.name}` "
                    f"{verb(unreadable, 'holds', 'hold')} no "
                    f"{_kind(record, name)} in `{_header(state, scan, name)}` (row {example} for example); "
                    f"`{binding.id}` accepts at most {percent(binding.reads.unreadable)} %",
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
                    pages.TIME_IN_GAP,
                    Problem(
                        at=_column_at(state, scan, name),
                        message=f"{wording.counted(total, 'row')} {verb(total, 'holds', 'hold')} a time in "
                        f"`{_header(state, scan, name)}` that never happened in {zone or state.contract.time_zone}, "
                        "because clocks were set forward; it is read one hour later",
                        help="check the `time_zone` of the binding",
                        subject=f"{record.record.id}.{name}",
                    ),
                    state.rows([("", s, r) for s, r, _ in found], total),
                )


def _bad_columns(state: Judge, record: RecordPlan, table: str) -> list[tuple[str, str]]:
    """Give the fields that hold anything unreadable (`bu`) or not allowed (`bn`), so that only those are counted."""
    seen = [int(bits or 0) for bits in state.ask(questions.unread_at_all(record, table))[0]]
    half = len(seen) // 2
    return [
        (prefix, name)
        for at, bit, name in tables.masks(record.bound)
        for prefix, bits in (("bu", seen[at]), ("bn", seen[half + at]))
        if bits >> bit & 1
    ]


def _kind(record: RecordPlan, name: str) -> str:
    one = record.record.fields[name]
    words = {"text": "text", "ids": "list of ids", "integer": "whole number", "number": "number", "money": "amount",
             "yes_no": "yes or no", "date": "date", "time": "time"}  # fmt: skip
    return "e-mail address" if one.format == "email" else words[one.type]


def _header(state: Judge, scan: int, name: str) -> str:
    columns = state.contract.bindings[state.files[scan].facts.binding].columns
    return columns[name].headers[0] if name in columns else name


def _column_at(state: Judge, scan: int, name: str) -> Address:
    binding = state.contract.bindings[state.files[scan].facts.binding]
    return binding.columns[name].at if name in binding.columns else binding.at


def _bad_values(
    state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], name: str, prefix: str, total: int
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
                pages.VALUE_NOT_LISTED,
                Problem(
                    at=at,
                    message=f"{wording.counted(count, 'row')} {verb(count, 'holds', 'hold')} {shown}, "
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
                pages.VALUE_NOT_LISTED,
                Problem(
                    at=at,
                    message=f"{wording.counted(total - seen, 'more row')} {verb(total - seen, 'holds', 'hold')} "
                    f"a value that `{full}` does not list",
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
        pages.UNREADABLE_VALUES if prefix == "bu" else pages.VALUE_NOT_LISTED,
        Problem(
            at=at,
            message=f"{wording.counted(total, 'row')} {verb(total, 'holds', 'hold')} {what} in `{full}`{limits}",
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


def _orphans(state: Judge, record: RecordPlan, facts: list[ExportFacts]) -> None:
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
                pages.NO_PARENT,
                Problem(
                    at=record.record.at,
                    key=True,
                    message=f"{wording.counted(count, 'row')} of `{record.record.id}` "
                    f"{verb(count, 'belongs', 'belong')} to no `{parent_id}` of the exports at hand",
                    subject=f"{record.record.id}/{parent_id}",
                ),
            )
