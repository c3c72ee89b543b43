"""What is new since an earlier report: which problems were there already, which are over, and what nobody can say.

A problem is known by its rule, subject and period, and a miss is the same whether a run judges its period or a later
one. Where versions judge parts of a period, a part is compared with the same part; a part that the other report does
not have, with what that one has of the period and this one does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slacli.core import wording, zones
from slacli.core.verdict import ledger, pages
from slacli.errors import CannotRun
from slacli.findings import Finding, Gone, Report, Severity, Since, Standing
from slacli.values import dataclass

LARGEST = 64 * 1024 * 1024
"""How many bytes of an earlier report are read at most: far more than any has."""

FORMAT = "slacli-report/1"
_MAKE = "make one with `slacli check ... --format json --output report.json`"
_SEVERITIES = {one.word: one for one in Severity}
_MISSES = {pages.TARGET_MISSED.name, pages.GOAL_MISSED.name, ledger.REVIEW_NOT_HELD.name}
_KEPT = {"met", "held"}
_BROKEN = {"missed", "late", "not held"}

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A finding of an earlier report; `accepted` where it could fail nobody's build then."""

    gone: Gone
    accepted: bool

    @property
    def key(self) -> _Key:
        return _key(self.gone.rule, self.gone.subject, self.gone.period)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier report, as far as it is compared: `judged` holds the periods of each subject, by their marks."""

    contract: str
    version: int
    at: datetime | None
    bindings: frozenset[str]
    troubles: tuple[Trouble, ...]
    judged: Mapping[str, frozenset[str]]


# --- reading it -------------------------------------------------------------------------------


def read(content: bytes, file: str) -> Earlier:
    """Read the JSON of an earlier check.

    Raises CannotRun where it is too large, no JSON, of another shape, or the report of another command.
    """
    name = wording.sanitised(file, 100)
    if len(content) > LARGEST:
        raise CannotRun(f"`{name}` is larger than {LARGEST // 1024 // 1024} MB: it is no report of slacli", _MAKE)
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise CannotRun(f"`{name}` is not JSON: `--since` compares with an earlier report", _MAKE) from None
    told = found.get("format") if isinstance(found, dict) else None
    if told != FORMAT:
        says = f"is of the format `{wording.sanitised(told, 60)}`" if isinstance(told, str) else "is no report"
        raise CannotRun(f"`{name}` {says}, and `--since` reads `{FORMAT}`", _MAKE)
    if found.get("command") != "check":
        command = wording.sanitised(str(found.get("command")), 40)
        raise CannotRun(f"`{name}` is a report of `slacli {command}`, not of `slacli check`", _MAKE)
    try:
        return _earlier(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CannotRun(
            f"`{name}` is not as slacli writes a report: something in it is missing or wrong", _MAKE
        ) from None


def _earlier(found: Mapping[str, Any]) -> Earlier:
    """Take what is compared out of a report; what is missing or of another type raises one of Python's own errors."""
    judged: dict[str, set[str]] = {}
    troubles = [_trouble(one) for one in found["findings"]]
    for one, subject in _subjects(found):
        judged.setdefault(subject, set()).add(_mark(one["period"]))
    known = {one.key for one in troubles}
    for one in found["outcomes"]:
        key = (pages.TARGET_MISSED.name, _text(one["duty"]), _mark(one["period"]))
        if one["status"] == "missed" and key not in known:
            # A miss without a finding of its own, such as of a period that was not judged.
            troubles.append(Trouble(Gone(key[0], Severity.NOTE, key[1], key[2], ""), one["waived"] is not None))
    moment = datetime.fromisoformat(found["as_of"]["at"]) if found["as_of"] is not None else None
    if moment is not None and (moment.tzinfo is None or moment.year < zones.FIRST_YEAR):
        raise ValueError
    version = found["contract"]["version"]
    if not isinstance(version, int):
        raise TypeError
    return Earlier(
        contract=_text(found["contract"]["id"]),
        version=version,
        at=moment,
        bindings=frozenset(_text(one["binding"]) for one in found["files"]),
        troubles=tuple(troubles),
        judged={subject: frozenset(marks) for subject, marks in judged.items()},
    )


def _trouble(one: Mapping[str, Any]) -> Trouble:
    gone = Gone(
        _text(one["rule"]),
        _SEVERITIES[one["severity"]],
        _text(one["subject"]),
        _text(one["period"]),
        _text(one["fingerprint"]),
    )
    return Trouble(gone, one["waived"] is not None or bool(one["addressed_to"]))


def _subjects(found: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for one in found["outcomes"]:
        yield one, _text(one["duty"])
    for one in found["goals"]:
        yield one, _text(one["goal"])
    for one in found["reviews"]:
        yield one, f"reviews/{_text(one['review'])}"


def _mark(period: Mapping[str, Any]) -> str:
    version = period["version"]
    return _text(period["name"]) if version is None else f"{_text(period['name'])}@{int(version)}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


# --- comparing --------------------------------------------------------------------------------


def same_agreement(earlier: Earlier, contract: str, file: str) -> None:
    """Raise CannotRun where the earlier report is of another agreement than the one with an id."""
    if earlier.contract != contract:
        raise CannotRun(
            f"`{wording.sanitised(file, 100)}` is a report of the agreement "
            f"`{wording.sanitised(earlier.contract, 60)}`, and this is `{wording.sanitised(contract, 60)}`",
            "compare with an earlier report of the same agreement",
        )


def compared(report: Report, earlier: Earlier, least: Severity) -> Report:
    """Give a report in which every finding and every miss is new or still there, and what became of the earlier ones.

    Counted are problems that can fail a build, by the severity `least` from which they do.
    """
    statuses = _statuses(report)
    matching = _Matching(earlier, report.findings, statuses)
    findings = tuple(
        replace(one, standing=_standing(matching.of(_key_of(one)), accepted=not one.can_fail))
        for one in report.findings
    )
    outcomes = tuple(
        replace(
            one,
            standing=_standing(
                matching.of((pages.TARGET_MISSED.name, one.duty, one.period.mark)), accepted=one.waived is not None
            ),
        )
        if one.status == "missed"
        else one
        for one in report.outcomes
    )
    fails = [one for one in findings if one.can_fail and one.severity >= least]
    still = {_key_of(one) for one in fails if one.standing == "still"}
    new = {_key_of(one) for one in fails if one.standing == "new"}
    present = {match.key: _key_of(one) for one in findings for match in matching.of(_key_of(one))}
    mended, undecided = [], []
    for trouble in earlier.troubles:
        if trouble.accepted or trouble.gone.severity < least:
            continue
        if trouble.key in present:
            # A miss of a period that is no longer judged, or that is waived by now, is none that was mended.
            still.add(present[trouble.key])
            continue
        fate = _fate(trouble, report, earlier, statuses)
        if fate == "mended":
            mended.append(trouble.gone)
        elif fate == "still":
            still.add(trouble.key)
        elif fate == "undecided":
            undecided.append(trouble.gone)
    since = Since(
        earlier.version, earlier.at, least, len(new), len(still - new), _sorted(mended), _sorted(undecided)
    )  # fmt: skip
    return replace(report, findings=findings, outcomes=outcomes, since=since)


def _sorted(gone: Iterable[Gone]) -> tuple[Gone, ...]:
    return tuple(sorted(dict.fromkeys(gone), key=lambda one: (-one.severity, one.subject, one.period, one.rule)))


def _key(rule: str, subject: str, period: str) -> _Key:
    return (pages.TARGET_MISSED.name if rule == pages.OLDER_MISS.name else rule, subject, period)


def _key_of(found: Finding) -> _Key:
    return _key(found.rule, found.subject, found.period)


def _standing(matches: Sequence[Trouble], *, accepted: bool) -> Standing:
    """Say whether a problem was there before; one that was accepted for a time is new when it no longer is."""
    return "still" if any(accepted or not one.accepted for one in matches) else "new"


class _Matching:
    """Finds the earlier problems that one of now is the same as."""

    def __init__(
        self, earlier: Earlier, findings: Iterable[Finding], statuses: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._judged = earlier.judged
        self._exact: dict[_Key, list[Trouble]] = {}
        self._alike: dict[_Key, list[Trouble]] = {}
        for one in earlier.troubles:
            rule, subject, period = one.key
            self._exact.setdefault(one.key, []).append(one)
            self._alike.setdefault((rule, subject, _name(period)), []).append(one)
        self._now = {_key_of(one) for one in findings}
        self._statuses = statuses

    def of(self, key: _Key) -> Sequence[Trouble]:
        if key in self._exact:
            return self._exact[key]
        rule, subject, period = key
        if period in self._judged.get(subject, ()):
            return ()
        return [one for one in self._alike.get((rule, subject, _name(period)), ()) if not self._is_here(one)]

    def _is_here(self, one: Trouble) -> bool:
        """Tell whether this report has the very part of a period that an earlier problem is about."""
        return one.key in self._now or one.gone.period in self._statuses.get(one.gone.subject, {})


def _name(period: str) -> str:
    return period.partition("@")[0]


def _statuses(report: Report) -> Mapping[str, Mapping[str, str]]:
    """Give what became of every duty, goal and review, by its period."""
    found: dict[str, dict[str, str]] = {}
    for duty in report.outcomes:
        found.setdefault(duty.duty, {})[duty.period.mark] = duty.status
    for goal in report.goals:
        found.setdefault(goal.goal, {})[goal.period.mark] = goal.status
    for review in report.reviews:
        found.setdefault(f"reviews/{review.review}", {})[review.period.mark] = review.state
    return found


def _fate(trouble: Trouble, report: Report, earlier: Earlier, statuses: Mapping[str, Mapping[str, str]]) -> str | None:
    """Say what became of a problem that is not reported any more, or None where another finding says it now."""
    gone = trouble.gone
    by_period = statuses.get(gone.subject, {})
    if gone.period in by_period:
        now = {by_period[gone.period]}
    else:
        now = {status for mark, status in by_period.items() if _name(mark) == _name(gone.period)}
    if now:
        if now & _BROKEN:
            return "still" if gone.rule in _MISSES else None
        return "mended" if now <= _KEPT else "undecided"
    if not earlier.bindings <= {one.binding for one in report.files}:
        return "undecided"
    if not gone.period:
        return "mended"
    periods = [*(one.period for one in report.outcomes), *(one.period for one in report.goals)]
    over = {one.name for one in periods if one.state == "finished"}
    return "mended" if _name(gone.period) in over else "undecided"
