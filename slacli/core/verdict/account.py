"""The account of every file: each row is judged, cut, unreadable, repeated or contradictory, and none is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from slacli.core import dialects, wording
from slacli.core.plan import casts, questions, tables
from slacli.core.plan.tables import RecordPlan
from slacli.core.verdict import pages
from slacli.core.verdict.state import SAMPLES, FileFacts, Judge, percent, verb
from slacli.errors import CannotRun
from slacli.findings import (
    ExportFacts,
    Problem,
)
from slacli.model import Field, Link
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
    for number, one in enumerate(state.files):
        rows = facts[number].rows
        judged = rows.total - rows.cut - rows.unreadable - rows.repeated - rows.contradictory
        facts[number] = replace(facts[number], rows=replace(rows, judged=judged))
        _lost(state, one, facts[number])
    for record in state.plan.records.values():
        _orphans(state, record, facts)
        _merged(state, record)
    return tuple(facts)


def _lost(state: Judge, one: FileFacts, facts: ExportFacts) -> None:
    binding = state.contract.bindings[facts.binding]
    rows = facts.rows
    if rows.unreadable:
        share = Fraction(rows.unreadable, rows.total)
        lost = one.lost_lines[:SAMPLES]
        more = rows.unreadable - len(lost)
        named = [wording.number(line) for line in lost] + ([f"{wording.number(more)} more"] if more else [])
        reasons = wording.listed(list(dict.fromkeys(one.lost_reasons))[:3])
        message = (
            f"{wording.counted(rows.unreadable, 'row')} of `{facts.name}` cannot be read "
            f"({verb(len(lost), 'line', 'lines')} {wording.listed(named)}): {reasons}"
        )
        if share > binding.reads.unreadable:
            raise CannotRun(
                f"{message}; that is {wording.share(share, 2)} % of the file, and `{binding.id}` accepts at most "
                f"{percent(binding.reads.unreadable)} %",
                f"mend the file, or raise `reads.unreadable` in bindings/{binding.id}.yaml",
            )
        state.report(
            pages.UNREADABLE_ROWS,
            Problem(
                at=binding.at,
                message=message,
                help=f"mend {verb(rows.unreadable, 'this line', 'these lines')} and check again",
                subject=facts.binding,
            ),
        )
    if one.pasted:
        pasted = one.pasted[:SAMPLES]
        lines = f"{verb(len(pasted), 'line', 'lines')} {wording.listed([wording.number(line) for line in pasted])}"
        state.report(
            pages.PASTED_EXPORTS,
            Problem(
                at=binding.at,
                message=f"another export starts or ends in the middle of `{facts.name}` ({lines})",
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
        older = f" or {verb(counts[fate], 'is', 'are')} older" if binding.reads.newest_by else ""
        what = (
            f"{number} share a `{key}` with a row that says something else, so none of them is judged"
            if fate == tables.CONTRADICTORY
            else f"{number} {verb(counts[fate], 'repeats another', 'repeat others')} with the same `{key}`"
            f"{older}, and {verb(counts[fate], 'is', 'are')} not judged again"
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
                help=f"fill it in, so that the {verb(total, 'row', 'rows')} can be found again",
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
                shown = wording.listed([wording.number(state.files[s].row(r)) for _, s, r in found])
                example = f"{verb(len(found), 'row', 'rows')} {shown}"
                raise CannotRun(
                    f"{wording.counted(unreadable, 'row')} of {wording.number(rows)} in `{facts.name}` "
                    f"{verb(unreadable, 'holds', 'hold')} no "
                    f"{casts.noun(record.record.fields[name])} in `{_header(state, scan, name)}` "
                    f"({example} for example){_signs(state, record, table, numbers, name)}; "
                    f"`{binding.id}` accepts at most {percent(binding.reads.unreadable)} %",
                    f"check the type of `{record.record.id}.{name}` and how bindings/{binding.id}.yaml reads it, "
                    "name its placeholders in `missing:`, or raise `reads.unreadable`",
                )
    for name in record.bound:
        if totals.get(("bu", name)):
            _bad_values(state, record, table, numbers, name, "bu", totals["bu", name])
        if totals.get(("bn", name)):
            _bad_values(state, record, table, numbers, name, "bn", totals["bn", name])
    told = state.ask(questions.flags(record, table, numbers)) if record.times else ()
    in_gap = [name for at, name in enumerate(record.times) if any((flags[at] or 0) & casts.GAP for _, *flags in told)]
    gaps = state.ask(questions.flagged(record, table, numbers, in_gap, casts.GAP, SAMPLES)) if in_gap else ()
    for at, name in enumerate(record.times):
        for scan, *flags in told:
            if flags[at] is not None and flags[at] & casts.GAP:
                found = [(s, r, int(n)) for one, s, r, n in gaps if one == name]
                zone = state.contract.bindings[state.files[scan].facts.binding].reads.time_zone
                total = found[0][2]
                state.report(
                    pages.TIME_IN_GAP,
                    Problem(
                        at=_column_at(state, scan, name),
                        message=f"{wording.counted(total, 'row')} {verb(total, 'holds', 'hold')} a time in "
                        f"`{_header(state, scan, name)}` that never happened in {zone or state.contract.time_zone}, "
                        "because clocks were set forward; it is read behind the gap",
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
        _not_listed(state, record, table, numbers, name, total)
        return
    found = state.ask(questions.unread_rows(record, table, numbers, name, prefix, SAMPLES))
    what = (
        f"no {casts.noun(record.record.fields[name])}" if prefix == "bu" else "a value that the contract does not allow"
    )
    limits = ""
    if prefix == "bn" and (one.low is not None or one.high is not None):
        ends = [f"from {one.low}" if one.low is not None else "", f"to {one.high}" if one.high is not None else ""]
        limits = f" ({' '.join(end for end in ends if end)})"
    signs = _signs(state, record, table, numbers, name) if prefix == "bu" else ""
    mend = f"mend {verb(total, 'this cell', 'these cells')}, or name the placeholder in `missing:`"
    if signs:
        mend = (
            "name the column of their currency in `currency:` of the binding, and its rate in `rates:` of the contract"
        )
    state.report(
        pages.UNREADABLE_VALUES if prefix == "bu" else pages.VALUE_NOT_LISTED,
        Problem(
            at=at,
            message=f"{wording.counted(total, 'row')} {verb(total, 'holds', 'hold')} {what} in `{full}`{limits}{signs}",
            help=mend,
            subject=full,
        ),
        state.rows(found, total),
    )


def _signs(state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], name: str) -> str:
    """Say which signs of other currencies stand beside amounts that cannot be read; nothing where there are none."""
    if name not in record.signed:
        return ""
    currency = state.contract.currency
    own = (
        set()
        if any(name in scan.currencies for scan in record.scans)
        else {currency, *dialects.SIGNS.get(currency, ())}
    )
    found = state.ask(questions.unlisted(record, table, numbers, name, SAMPLES + len(own)))
    told = [
        f"{wording.number(count)} with the sign {wording.quoted([str(sign)])}"
        for sign, count, *_ in found
        if sign not in own
    ][:SAMPLES]
    return f", {wording.listed(told)}" if told else ""


def _not_listed(state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], name: str, total: int) -> None:
    """Name the values that a field does not list, the most frequent first; what may be a person's is only counted."""
    one = record.record.fields[name]
    full = f"{record.record.id}.{name}"
    at = _column_at(state, next((n for n in numbers if name in state.plan.scans[n].columns), numbers[0]), name)
    does_not = f"`{full}` does not take for yes or no" if one.type == "yes_no" else f"`{full}` does not list"
    found = state.ask(questions.unlisted(record, table, numbers, name, 5))
    shown = [row for row in found if _may_be_shown(str(row[0]))]
    for value, count, file, row, key in shown:
        state.report(
            pages.VALUE_NOT_LISTED,
            Problem(
                at=at,
                message=f"{wording.counted(count, 'row')} {verb(count, 'holds', 'hold')} "
                f"`{wording.sanitised(str(value), _LONGEST_SHOWN)}`, which {does_not}",
                help=_translation(one, str(value)),
                subject=f"{full}={value}",
            ),
            state.rows([(key, file, row)], count),
        )
    others = total - sum(row[1] for row in shown)
    if others:
        hidden = [(key, file, row) for value, _, file, row, key in found if not _may_be_shown(str(value))]
        state.report(
            pages.VALUE_NOT_LISTED,
            Problem(
                at=at,
                message=f"{wording.counted(others, 'more row' if shown else 'row')} {verb(others, 'holds', 'hold')} "
                f"a value that {does_not}",
                subject=f"{full}=others",
            ),
            state.rows(hidden[:SAMPLES], others),
        )


def _translation(one: Field, value: str) -> str:
    if one.type == "yes_no":
        return "list what stands for yes and for no in the binding: `true_when:` and `false_when:`"
    near = wording.nearest(value, one.one_of)
    if near is None:
        return "translate it in `values:` of the binding, or list it in the definition"
    return f"translate it in the binding, such as `values: {{{_plain_yaml(value)}: {_plain_yaml(near)}}}`"


def _plain_yaml(value: str) -> str:
    """Write a value so that every reader of YAML takes it for this text."""
    shown = wording.sanitised(value, _LONGEST_SHOWN)
    words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
    if re.fullmatch(r"[A-Za-z](?:[A-Za-z _-]*[A-Za-z])?", shown) and shown.lower() not in words:
        return shown
    return "'" + shown.replace("'", "''") + "'"


_LONGEST_SHOWN = 40


def _may_be_shown(value: str) -> bool:
    """Tell whether a value looks like a word of a list, and not like a person's address, number or note."""
    return "@" not in value and sum(char.isdigit() for char in value) < 7 and len(value) <= _LONGEST_SHOWN


def _merged(state: Judge, record: RecordPlan) -> None:
    """Report the rows that were merged, of which nobody can say in which other one they live on."""
    name = record.record.merged_into or record.record.merged_ids
    if record.merges is None or name is None:
        return
    for rule, lost, what, helped in (
        (
            pages.MERGE_CIRCLE, False, "merged in a circle or into two others, so nobody can say in which they live on",
            f"mend `{name}` in the CRM, or export it again",
        ),
        (
            pages.WINNER_NOT_GIVEN, True, "merged into others that no export at hand holds",
            "give the export that holds those too",
        ),
    ):  # fmt: skip
        found = state.ask(questions.merged_nowhere(record, SAMPLES, lost=lost))
        if found:
            total = int(found[0][3])
            state.report(
                rule,
                Problem(
                    at=record.record.at / ("merged_into" if record.record.merged_into else "merged_ids"),
                    message=f"{wording.counted(total, 'row')} of `{record.record.id}` "
                    f"{verb(total, 'was', 'were')} {what}",
                    help=helped,
                    subject=f"{record.record.id}.{name}",
                ),
                state.rows([(key, scan, row) for key, scan, row, _ in found], total),
            )


def _in_another_case(state: Judge, record: RecordPlan, parent: RecordPlan, links: Sequence[Link]) -> None:
    count = int(state.ask(questions.in_another_case(record, parent, links))[0][0])
    if count:
        state.report(
            pages.IDS_IN_ANOTHER_CASE,
            Problem(
                at=record.record.at,
                key=True,
                message=f"{wording.counted(count, 'row')} of `{record.record.id}` "
                f"{verb(count, 'names', 'name')} a `{parent.record.id}` in other capitals than it has, and "
                f"{verb(count, 'belongs', 'belong')} to none",
                help="export the ids again, and do not save them in a spreadsheet",
                subject=f"{record.record.id}/{parent.record.id}",
            ),
        )


def _orphans(state: Judge, record: RecordPlan, facts: list[ExportFacts]) -> None:
    forms = dialects.forms(state.contract)
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
        own = [link for link in links if forms.get((record.record.id, link.field)) == "salesforce"]
        if count and own:
            _in_another_case(state, record, parent, own)
        total, parents = (
            sum(facts[number].rows.judged for _, numbers in one.settled for number in numbers)
            for one in (record, parent)
        )
        if count == total and min(total, parents) >= tables.MANY:
            state.apart.add((parent_id, record.record.id))
            state.report(
                pages.NOTHING_JOINS,
                Problem(
                    at=record.record.at,
                    key=True,
                    message=f"no row of `{record.record.id}` belongs to any `{parent_id}` of the exports at hand, so "
                    "nothing is judged by it",
                    help="export the ids of both in the same form",
                    subject=f"{record.record.id}/{parent_id}",
                ),
            )
        elif count:
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
