"""`slacli explain` shows the working of the verdicts that `slacli check` gives, never others, and no personal value."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from clock_strategies import Case, cases, every_kind
from commands import Ran, slacli
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from slacli import journeys
from slacli.adapters.render import explain as page
from slacli.core import explain
from slacli.core.explain import Working
from slacli.core.plan import rows as judged_rows
from slacli.core.plan.rows import HEADER
from slacli.core.verdict import Options

HERE = Path(__file__).parent
DATA = HERE / "cases" / "explain" / "late" / "data"
EXPORTS = ("data/history.csv", "data/leads.csv", "data/tasks.csv")
SCHEMA = json.loads(resources.files("slacli.schemas").joinpath("explain.schema.json").read_text("utf-8"))
LATE, COARSE, TRIED = "00Q5f00000A1b2CEAV", "00Q5f00000A1b3CEAV", "00Q5f00000A1b4CEAV"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "contracts" / "working", tmp_path / "contracts")
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path


def explained(folder: Path, key: str, *arguments: str, env: dict[str, str] | None = None) -> Ran:
    return slacli("explain", key, "--data", *EXPORTS, *arguments, folder=folder, env=env)


def told(folder: Path, key: str, *arguments: str) -> dict[str, Any]:
    ran = explained(folder, key, "--format", "json", *arguments)
    assert ran.code == 0, ran.text
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(found)
    return found


def duty(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["duties"] if one["id"] == name)


# --- what it says of a clock ------------------------------------------------------------------


def test_the_hours_of_a_late_clock_add_up_to_what_it_was_allowed(folder: Path) -> None:
    (run,) = duty(told(folder, LATE), "first_touch")["runs"]
    assert [(one["kind"], one["seconds"], one["name"]) for one in run["stretches"]] == [
        ("open", 4800, None),
        ("closed", 0, "Thanksgiving"),
        ("open", 9600, None),
    ]
    assert sum(one["seconds"] for one in run["stretches"]) == run["allowed"] == 4 * 3600
    assert run["due"] == "2026-11-27T11:10:00-05:00"
    assert (run["stop"]["place"]["row"], run["over"]) == (4, 10 * 3600 + 12 * 60)
    assert [one["why"] for one in run["ignored"]] == ["no human touch: `by not in automations` fails (outreach.sync)"]


def test_a_pause_is_taken_off_the_hours_that_were_open(folder: Path) -> None:
    run = duty(told(folder, LATE), "decision")["runs"][0]
    hours = Counter[str]()
    for one in run["stretches"]:
        hours[one["kind"]] += one["seconds"]
    assert run["outcome"] == "superseded"
    assert hours["open"] - hours["paused"] == run["used"]


def test_each_try_that_does_not_count_says_why(folder: Path) -> None:
    (run,) = duty(told(folder, TRIED), "persistence")["runs"]
    assert [one["place"]["row"] for one in run["counted"]] == [7, 10, 11]
    assert {one["place"]["row"]: one["why"] for one in run["ignored"]} == {
        8: "logged twice",
        9: "only 2:00 after the last one that counts, 4:00 asked",
    }


def test_what_is_late_whichever_calendar_holds_says_so(folder: Path) -> None:
    (run,) = duty(told(folder, COARSE), "first_touch")["runs"]
    assert run["outcome"] == "late"
    assert run["why"] == "its calendar is not known: `region` is blank; it ends alike whichever holds"


def test_a_move_that_breaks_the_lifecycle_is_named_with_its_row(folder: Path) -> None:
    moves = duty(told(folder, TRIED), "kept")["moves"]
    assert [(one["place"]["row"], one["why"]) for one in moves if one["why"]] == [
        (9, "it moved from `closed` to `new`, but `closed` is final")
    ]


# --- which record -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "help"),
    [
        (LATE.lower(), f"did you mean `{LATE}`?"),
        (LATE[:15], f"did you mean `{LATE}`?"),
        ("Ann", "give the export that holds it, or write the key as it stands there: of a lead its id, not its name"),
        ("", "give the export that holds it, or write the key as it stands there: of a lead its id, not its name"),
    ],
)
def test_a_key_that_no_row_has(folder: Path, key: str, help: str) -> None:
    ran = explained(folder, key)
    assert ran.code == 2
    files = "data/leads.csv or data/tasks.csv"
    assert ran.err.startswith(f"could not run: no row of {files} has the key `{key}`\n")
    assert ran.err.endswith(f"  help: {help}\n")


def test_a_key_of_several_records_asks_for_one(folder: Path) -> None:
    tasks = folder / "data" / "tasks.csv"
    tasks.write_text(tasks.read_text("utf-8") + f"{LATE},,2026-12-01 12:00:00,Call,u1\n", "utf-8")
    ran = explained(folder, LATE)
    assert (ran.code, "rows of `lead` and `activity` have the key" in ran.err) == (2, True)
    assert told(folder, LATE, "--record", "activity")["record"] == "activity"
    ran = explained(folder, LATE, "--record", "leed")
    assert (ran.code, ran.err.endswith("  help: did you mean `lead`?\n")) == (2, True)


def test_rows_that_contradict_each_other_are_named_and_not_judged(folder: Path) -> None:
    found = told(folder, "00Q5f00000A1b8CEAV")
    assert [(one["row"], one["fate"]) for one in found["sources"]] == [(8, "contradictory"), (9, "contradictory")]
    assert (found["terms"], found["duties"]) == ([], [])


def test_exports_must_be_given(folder: Path) -> None:
    ran = slacli("explain", LATE, folder=folder)
    assert (ran.code, ran.err.splitlines()[0]) == (2, "could not run: `slacli explain` needs exports to look at")


# --- what is not shown ------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["terminal", "json"])
@pytest.mark.parametrize("key", [LATE, COARSE, TRIED, "00Q5f00000A1b5CEAV"])
def test_no_personal_value_is_ever_shown(folder: Path, key: str, format: str) -> None:
    ran = explained(folder, key, "--values", "--format", format)
    assert ran.code == 0
    assert re.search(r"example\.com|[^%]@acme|ann@|bob@|cid@|dan@", ran.out) is None
    assert "personal" in ran.out


@pytest.mark.parametrize("format", ["terminal", "json"])
def test_in_a_log_only_times_are_shown(folder: Path, format: str) -> None:
    ran = explained(folder, LATE, "--format", format, env={"CI": "true"})
    assert ran.code == 0
    assert re.search(r"25,?000|outreach\.sync", ran.out) is None
    assert "not shown" in ran.out
    refused = explained(folder, LATE, "--values", env={"CI": "true"})
    assert (refused.code, refused.out) == (2, "")


def test_a_clock_of_personal_times_shows_none(folder: Path) -> None:
    path = folder / "contracts" / "definitions.yaml"
    plain, personal = "qualified_at: {type: time}", "qualified_at: {type: time, personal: true}"
    path.write_text(path.read_text("utf-8").replace(plain, personal), "utf-8")
    (run,) = duty(told(folder, LATE), "first_touch")["runs"]
    assert run["why"] == "its times are personal, so they are not shown"
    assert (run["start"]["earliest"], run["stretches"], run["due"], run["used"]) == (None, [], None, None)
    assert "2026-11-25" not in json.dumps(run)


# --- how it stands on a screen ----------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_screen(folder: Path, width: int) -> None:
    for key in (LATE, COARSE, TRIED):
        ran = explained(folder, key, env={"COLUMNS": str(width)})
        assert max(map(len, ran.out.splitlines())) <= width


# --- it never contradicts the check -----------------------------------------------------------


def compare(case: Case) -> None:
    """Explain every lead of a case: a working that leads elsewhere raises, and the outcomes are those that count."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        given = [str(place / export) for export in case.write(place)]
        loaded = journeys.load(place / "contracts")
        options = Options(as_of=journeys.moment(case.moment, loaded.contract))
        with journeys._checked(loaded, given, options, None, journeys.NOBODY, whole=True) as (report, state, stream):
            workings = [explain.working(state, report, row.key, "lead") for row in case.rows]
            _, *lines = judged_rows.lines(state.plan, state.files, stream, frozenset(loaded.contract.responsibilities))
    for working in workings:
        Draft202012Validator(SCHEMA).validate(json.loads(page.render(working, "json", width=100, colour=False)))
        assert max(map(len, page.render(working, "terminal", width=60, colour=False).splitlines())) <= 60
    outcome = HEADER.index("outcome")
    expected = Counter((line[0], line[1], line[outcome]) for line in lines)
    assert Counter(one for working in workings for one in _counted(working)) == expected


def _counted(working: Working) -> Iterator[tuple[str, str, str]]:
    for owed in working.duties:
        outcomes = [run.outcome for run in owed.runs]
        for part in owed.outcome.split(", ") if not outcomes else ():
            many, _, said = part.partition(" ")
            outcomes += [said] * int(many) if many.isdigit() else [part]
        for outcome in outcomes:
            yield owed.id, working.key, {"counts": "met", "may count": "unclear"}.get(outcome, outcome)


def slowly(examples: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


@slowly(5)
@given(cases("fields"))
def test_clocks_on_fields_are_told_as_they_were_judged(case: Case) -> None:
    compare(case)


@slowly(4)
@given(cases("tries"))
def test_tries_are_told_as_they_were_judged(case: Case) -> None:
    compare(case)


@slowly(3)
@given(cases("gaps"))
def test_gaps_are_told_as_they_were_judged(case: Case) -> None:
    compare(case)


@slowly(4)
@given(cases("history"))
def test_entries_and_lifecycles_are_told_as_they_were_judged(case: Case) -> None:
    compare(case)


def test_a_case_with_every_kind_is_told() -> None:
    compare(every_kind())
