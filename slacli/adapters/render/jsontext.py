"""The report for machines: the shape that `report.schema.json` describes, with neither floats nor hidden characters."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from slacli.adapters.render.summary import digits, exact, path, span, summary
from slacli.core import figures
from slacli.core.wording import share
from slacli.findings import (
    AsOf,
    ContractFacts,
    Counts,
    ExportFacts,
    Finding,
    GoalOutcome,
    Gone,
    Outcome,
    PeriodFacts,
    Report,
    Response,
    ReviewFacts,
    Rows,
    Sequel,
    Since,
    TermCells,
    VersionFacts,
    Waived,
)
from slacli.places import Address

FORMAT = "slacli-report/1"

Json = Mapping[str, "Json"] | list["Json"] | str | int | bool | None

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_COMMANDS = re.compile(r"##(?=\w*\[)")


def render(report: Report) -> str:
    """Give a report as JSON. The same report always gives the same text; the last line is ended."""
    report = report.sorted()
    told: dict[str, Json] = {
        "format": FORMAT,
        "command": report.journey,
        "folder": report.folder,
        "contract": _contract(report.contract) if report.contract else None,
        "versions": [_version(version) for version in report.versions],
        "as_of": _as_of(report.as_of) if report.as_of else None,
        "tz_database": report.tz_database,
        "judge": report.judge,
        "titles": dict(sorted(report.titles.items())),
        "teams": dict(sorted(report.teams.items())),
        "files": [_file(file) for file in report.files],
        "left_out": [{"record": left.record, "name": left.name, "count": left.count} for left in report.left_out],
        "terms": [_term(term) for term in report.terms],
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
        "goals": [_goal(goal) for goal in report.goals],
        "split": [
            {
                "duty": split.duty,
                "period": _period(split.period),
                "versions": list(split.versions),
                "counts": _counts(split.counts),
            }
            for split in report.split
        ],
        "unjudged": [
            {
                "subject": one.subject,
                "kind": one.kind,
                "from": one.first.isoformat() if one.first else None,
                "to": one.last.isoformat() if one.last else None,
                "count": one.count,
            }
            for one in report.unjudged
        ],
        "reviews": [_review(review) for review in report.reviews],
        "not_checked": [
            {
                "subject": entry.subject,
                "kind": entry.kind,
                "reason": entry.reason,
                "contract": _place(report, entry.at) if entry.at else None,
            }
            for entry in report.not_checked
        ],
        **_split_by(report),
        "findings": [_finding(report, found) for found in report.findings],
        "since": _since(report.since) if report.since else None,
        "summary": _summary(report),
    }
    return visible(json.dumps(told, indent=2, ensure_ascii=False)) + "\n"


def visible(text: str) -> str:
    """Write what nobody sees, and what a CI runner would obey, as escapes: for a reader of JSON nothing changes."""
    shown = "".join(c if c == "\n" or unicodedata.category(c) not in _HIDDEN else _escaped(c) for c in text)
    return _COMMANDS.sub(r"\\u0023#", shown)


def _escaped(character: str) -> str:
    point = ord(character)
    if point < 0x10000:
        return f"\\u{point:04x}"
    return f"\\u{0xD800 + (point - 0x10000 >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"


# --- facts ------------------------------------------------------------------------------------


def _contract(contract: ContractFacts) -> Json:
    return {
        "id": contract.id,
        "title": contract.title,
        "version": contract.version,
        "revision": contract.revision,
        "digest": contract.digest,
        "state": contract.state,
        "signed_by": list(contract.signed_by),
        "since": contract.since.isoformat() if contract.since else None,
        "data_files": [{"name": name, "sha256": sha256} for name, sha256 in contract.data_files],
    }


def _version(version: VersionFacts) -> Json:
    return {
        "version": version.version,
        "from": version.first.isoformat(),
        "to": version.last.isoformat() if version.last else None,
        "digest": version.digest,
        "commit": version.commit,
    }


def _as_of(as_of: AsOf) -> Json:
    return {
        "at": as_of.at.isoformat(),
        "from": as_of.source,
        "file": as_of.file,
        "row": as_of.row,
    }


def _file(file: ExportFacts) -> Json:
    return {
        "record": file.record,
        "binding": file.binding,
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "encoding": file.encoding,
        "rows": {
            "total": file.rows.total,
            "judged": file.rows.judged,
            "cut": file.rows.cut,
            "unreadable": file.rows.unreadable,
            "repeated": file.rows.repeated,
            "contradictory": file.rows.contradictory,
        },
        "cut": [{"reason": reason, "count": count} for reason, count in file.cut],
        "parent": file.parent,
        "orphans": file.orphans,
        "notes": list(file.notes),
    }


def _term(term: TermCells) -> Json:
    return {
        "id": term.term,
        "title": term.title,
        "record": term.record,
        "version": term.version,
        "has_mark": term.has_mark,
        "cells": {
            "marked_meets": term.marked_meets,
            "marked_fails": term.marked_fails,
            "marked_unclear": term.marked_unclear,
            "unmarked_meets": term.unmarked_meets,
            "unmarked_fails": term.unmarked_fails,
            "unmarked_unclear": term.unmarked_unclear,
            "mark_unclear": term.mark_unclear,
        },
        "unclear_because": [
            {"field": blame.field, "state": blame.state, "count": blame.count} for blame in term.unclear_because
        ],
    }


def _outcome(outcome: Outcome) -> Json:
    return {
        "duty": outcome.duty,
        "title": outcome.title,
        "kind": outcome.kind,
        "version": outcome.version,
        "owed_by": outcome.owed_by,
        "owed_to": outcome.owed_to,
        "by": dict(outcome.part_of),
        "period": _period(outcome.period),
        "judged": outcome.judged,
        "provisional": outcome.provisional,
        "status": outcome.status,
        "counts": _counts(outcome.counts),
        "bounds": _bounds(outcome),
        "target": _target(outcome),
        "allowed": outcome.allowed,
        "judge_from": outcome.judge_from,
        "undated": outcome.undated,
        "due": outcome.due.isoformat() if outcome.due else None,
        "delivered": outcome.delivered.isoformat() if outcome.delivered else None,
        "consequence": _consequence(outcome.consequence) if outcome.consequence else None,
        "response": _response(outcome.response) if outcome.response else None,
        "without_relief": _without_relief(outcome),
        "waived": _waived(outcome.waived),
        "standing": outcome.standing,
        "samples": _rows(outcome.samples),
        "parts": [_outcome(part) for part in outcome.parts],
        **_slices(outcome),
    }


def _slices(outcome: Outcome) -> Mapping[str, Json]:
    """Give the rows by value where somebody asked for them, and no key otherwise."""
    if not outcome.sliced_by:
        return {}
    values: list[Json] = [
        {
            "value": one.value if one.state == "value" else None,
            "state": one.state,
            "counts": _counts(one.counts),
            "bounds": _bounds(replace(outcome, lower=one.lower, upper=one.upper)),
        }
        for one in outcome.slices
    ]
    return {"slices": {"field": outcome.sliced_by, "values": values}}


def _split_by(report: Report) -> Mapping[str, Json]:
    if not report.by:
        return {}
    return {
        "by": {
            "field": report.by,
            "not_split": [{"duty": one.duty, "reason": one.reason} for one in report.not_split],
        }
    }


def _waived(waived: Waived | None) -> Json:
    if waived is None:
        return None
    return {"by": waived.by, "because": waived.because, "until": waived.until.isoformat()}


def _response(response: Response) -> Json:
    return {"answered": response.answered, "median": response.median, "p90": response.late}


def _consequence(consequence: Sequel) -> dict[str, Json]:
    return {
        "then": consequence.then,
        "after": consequence.after,
        "in_a_row": consequence.in_a_row,
        "misses": consequence.misses,
    }


def _goal(goal: GoalOutcome) -> Json:
    up = goal.way == "at most"
    decimals = figures.digits(goal)

    def figure(one: Fraction | None, *, up: bool = up) -> Json:
        return (
            {"number": str(one), "text": figures.said(one, goal.unit, up=up, digits=decimals)}
            if one is not None
            else None
        )

    wanted: Json = None
    if goal.wanted is not None:
        first, last = (figure(one, up=not up) for one in goal.wanted)
        wanted = {"from": first, "to": last}
    return {
        "goal": goal.goal,
        "title": goal.title,
        "metric": goal.metric,
        "version": goal.version,
        "owned_by": list(goal.owned_by),
        "period": _period(goal.period),
        "judged": goal.judged,
        "status": goal.status,
        "unit": goal.unit,
        "value": figure(goal.value),
        "lower": figure(goal.lower),
        "upper": figure(goal.upper),
        "target": goal.target,
        "way": goal.way,
        "wanted": wanted,
        "why": goal.why,
        "rows": goal.rows,
        "unclear": goal.unclear,
        "waiting": goal.waiting,
        "without": goal.without,
        "undated": goal.undated,
        "pace": figure(goal.pace),
        "baseline": {"period": goal.baseline[0], "value": figure(goal.baseline[1])} if goal.baseline else None,
        "collected": goal.collected,
    }


def _review(review: ReviewFacts) -> Json:
    return {
        "review": review.review,
        "kind": review.kind,
        "parties": list(review.parties),
        "period": _period(review.period),
        "due": review.due.isoformat() if review.due else None,
        "held": review.held.isoformat() if review.held else None,
        "state": review.state,
        "judged": review.judged,
        "absent": list(review.absent),
    }


def _period(period: PeriodFacts) -> Json:
    return {
        "name": period.name,
        "title": period.title,
        "from": period.first.isoformat() if period.first else None,
        "to": period.last.isoformat() if period.last else None,
        "state": period.state,
        "version": period.version,
    }


def _counts(counts: Counts) -> Json:
    return {
        "covered": counts.covered,
        "met": counts.met,
        "missed": counts.missed,
        "open": counts.open,
        "unclear": counts.unclear,
        "left_out": counts.left_out,
        "not_started": counts.not_started,
        "by_silence": counts.by_silence,
        "may_meet": counts.may_meet,
        "may_miss": counts.may_miss,
        "disputed": counts.disputed,
        "relieved": counts.relieved,
    }


def _bounds(outcome: Outcome) -> Json:
    if outcome.lower is None or outcome.upper is None:
        return None
    return {"lower": _bound(outcome, outcome.lower), "upper": _bound(outcome, outcome.upper)}


def _without_relief(outcome: Outcome) -> Json:
    if outcome.without_relief is None:
        return None
    lower, upper = outcome.without_relief
    return {"lower": _bound(outcome, lower), "upper": _bound(outcome, upper)}


def _bound(outcome: Outcome, value: Fraction) -> Json:
    """Give a share exactly and as a percentage rounded down, or a number as it is: one key says which."""
    if outcome.measure == "number":
        return {"number": int(value)}
    return {"share": f"{value.numerator}/{value.denominator}", "percent": share(value, digits(outcome.target))}


def _target(outcome: Outcome) -> Json:
    if outcome.target is None or outcome.measure == "number":
        return None if outcome.target is None else {"number": int(outcome.target)}
    return {"share": f"{outcome.target.numerator}/{outcome.target.denominator}", "percent": exact(outcome.target)}


def _rows(data: Iterable[Rows]) -> Json:
    return [
        {
            "file": rows.file,
            "keys": list(rows.keys),
            "rows": list(rows.rows),
            "more": rows.more,
            "beside": [list(missed) for missed in rows.beside],
        }
        for rows in data
    ]


# --- findings ---------------------------------------------------------------------------------


def _finding(report: Report, found: Finding) -> Json:
    return {
        "rule": found.rule,
        "severity": found.severity.word,
        "message": found.message,
        "label": found.label,
        "help": found.help,
        "fingerprint": found.fingerprint,
        "subject": found.subject,
        "period": found.period,
        "contract": _place(report, found.at, key=found.key, part=found.part) if found.at else None,
        "related": [
            {"says": other.says, "contract": _place(report, other.at, key=other.key)} for other in found.related
        ],
        "data": _rows(found.data),
        "owed": {"by": list(found.owed.by), "to": found.owed.to or None} if found.owed else None,
        "waived": _waived(found.waived),
        "addressed_to": found.addressed_to,
        "standing": found.standing,
    }


def _since(since: Since) -> Json:
    return {
        "version": since.version,
        "as_of": since.at.isoformat() if since.at else None,
        "fail_on": since.least.word,
        "counts": {
            "new": since.new,
            "still": since.still,
            "mended": len(since.mended),
            "undecided": len(since.undecided),
        },
        "mended": [_gone(one) for one in since.mended],
        "undecided": [_gone(one) for one in since.undecided],
    }


def _gone(gone: Gone) -> Json:
    return {
        "rule": gone.rule,
        "severity": gone.severity.word,
        "fingerprint": gone.fingerprint,
        "subject": gone.subject,
        "period": gone.period,
    }


def _place(report: Report, at: Address, *, key: bool = False, part: tuple[int, int] | None = None) -> Json:
    where = span(report, at, key=key, part=part)
    return {
        "file": path(report, at.file),
        "pointer": "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in at.pointer),
        "line": where.line if where else None,
        "column": where.column if where else None,
        "end_line": where.end_line if where else None,
        "end_column": where.end_column if where else None,
    }


def _summary(report: Report) -> Json:
    told = summary(report)
    return {
        "verdict": told.verdict if report.journey == "check" else None,
        "periods": [period.name for period in told.periods],
        "judged": dict(told.judged),
        "not_judged": dict(told.waiting),
        "not_checked": told.not_checked,
        "missed": [
            {"party": missed.party, "department": missed.department, "duties": list(missed.duties)}
            for missed in told.missed
        ],
        "waived": list(told.waived),
        "consequences": [{"duty": duty, **_consequence(follows)} for duty, follows in told.consequences],
        "findings": {severity.word: count for severity, count in told.findings.items()},
    }
