"""What slacli says about clocks is what the oracle says: every row, every count and every bound of every case.

A difference is shown as the case's own files: exports, duties, calendars and as-of. `clock_strategies.py` says what
the families are; to hunt in one of them, raise its number here.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import clock_reference as oracle
import commands
import pytest
from clock_reference import Clock, Episode, Volume, Within
from clock_strategies import Case, cases, every_kind
from hypothesis import HealthCheck, given, settings

SLOWLY = [HealthCheck.too_slow, HealthCheck.data_too_large]
ALIKE = {"missed": "late"}
PARTS = ("covered", "met", "missed", "open", "unclear", "not_started", "by_silence", "may_meet", "may_miss")

Row = dict[str, str]


def checked(case: Case) -> tuple[dict[str, Any], list[Row]]:
    """Check a case as people do; give the report and the judged rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exports = case.write(folder)
        report = commands.report("check", *exports, "--as-of", case.moment, "--rows", "rows.csv", folder=folder)
        with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
            return report, list(csv.DictReader(file))


def _left_for_later() -> frozenset[str]:
    """Give the duties of the case with every kind that this release does not judge."""
    report, _ = checked(every_kind())
    return frozenset(gap["subject"] for gap in report["not_checked"] if "this release" in gap["reason"])


LATER = _left_for_later()
pytestmark = pytest.mark.skipif("answer" in LATER, reason="clocks are not judged yet")


def compare(case: Case) -> None:
    report, rows = checked(case)
    assert [gap["reason"] for gap in report["not_checked"]] == []
    for duty in case.duties:
        episodes = oracle.judged(case.agreement, duty, case.rows, case.as_of)
        _compare_rows(case, duty, episodes, [row for row in rows if row["duty"] == duty.id])
        found = {
            outcome["period"]["name"]: outcome
            for outcome in report["outcomes"]
            if outcome["duty"] == duty.id and outcome["counts"]["covered"]
        }
        expected = oracle.by_period(episodes, duty.per)
        assert found.keys() == expected.keys(), duty.id
        for name, counts in expected.items():
            where = (duty.id, name, case)
            _compare_counts(counts, found[name]["counts"], where, is_number=isinstance(duty.what, Volume))
            if not isinstance(duty.what, Volume):
                assert _bounds(found[name]) == oracle.bounds(counts), where


def _compare_rows(case: Case, duty: oracle.Duty, episodes: list[Episode], rows: list[Row]) -> None:
    expected = Counter((one.key, oracle.period(one.day, duty.per), one.outcome) for one in episodes)
    found = Counter((row["key"], row["period"], ALIKE.get(row["outcome"], row["outcome"])) for row in rows)
    assert found == expected, (duty.id, case)
    clock = duty.what
    if not isinstance(clock, Clock) or not rows or "tier" not in rows[0]:
        return
    tiers = {one.key: one.tier for one in episodes if one.tier is not None and one.outcome != oracle.LEFT_OUT}
    if len(clock.tiers) > 1:
        given = {(row["key"], row["tier"]) for row in rows if row["tier"] and row["key"] in tiers}
        assert given <= set(tiers.items()), (duty.id, case)
    _compare_elapsed(case, duty, clock, episodes, rows)


def _compare_elapsed(case: Case, duty: oracle.Duty, clock: Clock, episodes: list[Episode], rows: list[Row]) -> None:
    """Compare how long it took where that is one number of seconds, on both sides."""
    met = [one for one in episodes if one.outcome == oracle.MET]
    told = [row["elapsed"] for row in rows if row["outcome"] == oracle.MET]
    is_exact = all(one.elapsed is not None and one.elapsed[0] == one.elapsed[1] for one in met)
    if is_exact and all(cell.isdigit() for cell in told) and not _counts_dates([one.within for one in clock.tiers]):
        expected = sorted(int(one.elapsed[0]) for one in met if one.elapsed is not None)
        assert sorted(map(int, told)) == expected, (duty.id, case)


def _counts_dates(withins: list[Within]) -> bool:
    return any(one.clock == "calendar" for one in withins)


def _compare_counts(expected: oracle.Counts, found: dict[str, int], where: object, *, is_number: bool) -> None:
    ignored = {"may_meet", "may_miss"} if is_number else set()
    for part in PARTS:
        if part not in ignored:
            assert (part, found[part]) == (part, getattr(expected, part)), where
    # What is by silence may be told as a part of what is left out, or beside it: the sum leaves no third way.
    assert found["left_out"] in {expected.left_out, expected.left_out + expected.by_silence}, where


def _bounds(outcome: dict[str, Any]) -> tuple[Fraction | None, Fraction | None]:
    told = outcome["bounds"]
    return (Fraction(told["lower"]["share"]), Fraction(told["upper"]["share"])) if told else (None, None)


def slowly(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=SLOWLY)


def needs(*duties: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not LATER.isdisjoint(duties), reason=f"not judged yet: {', '.join(duties)}")


@slowly(20)
@given(cases("fields"))
def test_clocks_on_time_fields_and_children(case: Case) -> None:
    compare(case)


@needs("tries")
@slowly(12)
@given(cases("tries"))
def test_attempts(case: Case) -> None:
    compare(case)


@needs("gaps")
@slowly(10)
@given(cases("gaps"))
def test_clocks_that_begin_again_with_every_event(case: Case) -> None:
    compare(case)


@needs("again", "kept")
@slowly(14)
@given(cases("history"))
def test_entries_pauses_and_lifecycles(case: Case) -> None:
    compare(case)


@needs("answer", "again", "gaps", "tries", "kept")
def test_a_case_with_every_kind() -> None:
    compare(every_kind())
