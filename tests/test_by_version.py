"""`check --by-version`: every row is judged by the version in force on its day, as separate checks by hand find it."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import worlds
from commands import report
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from test_real_data import OLIST, given

from slacli.adapters.engines.duckdb import DuckDB

ROOT = Path(__file__).parent.parent
HASH = re.compile(r"\b[0-9a-f]{7}\b")

QUALITY = {
    "owed_by": "marketing", "owed_to": "sdr", "covers": "lead", "must": "region is not blank",
    "target": "50% per month",
}  # fmt: skip
ANSWER = worlds.duty(target="80% per month", within="4 business hours")
ENOUGH = {"owed_by": "marketing", "owed_to": "sdr", "volume": {"of": "lead", "per": "month", "at_least": 31}}
DUTIES: dict[str, Any] = {"answer": ANSWER, "quality": QUALITY, "enough": ENOUGH}


class Line:
    """A repository in which versions of one contract follow one another, and exports that a test fills."""

    def __init__(self, folder: Path, duties: Mapping[str, Any] = DUTIES, **cover: Any) -> None:
        self.repository = Repository(folder / "work")
        self.world = worlds.World(self.repository.top, duties)
        self.then(1, "2026-01-01", **cover)

    def then(self, version: int, effective: str, *patches: tuple[str, Mapping[str, Any]], **cover: Any) -> str:
        """Commit a version with its day, and other files as merge patches."""
        told = {"version": version, "effective": date.fromisoformat(effective), "amendment": "why not", **cover}
        for file, patch in (("contract.yaml", told), *patches):
            self.world.patched(file, patch)
        return self.repository.commit(f"Version {version}")

    def report(self, *options: str) -> dict[str, Any]:
        return report("check", *self.world.files, "--by-version", *options, folder=self.world.folder)

    def outcomes(self, *options: str, duty: str = "answer") -> dict[tuple[int, str], dict[str, Any]]:
        found = self.report(*options)["outcomes"]
        return {(one["version"], one["period"]["name"]): one for one in found if one["duty"] == duty}


def duty(name: str, **patch: Any) -> tuple[str, Mapping[str, Any]]:
    return "responsibilities.yaml", {"responsibilities": {name: patch}}


def told(found: Mapping[str, Any], rule: str) -> list[dict[str, Any]]:
    return [one for one in found["findings"] if one["rule"] == rule]


def many(folder: Path, count: int = 400) -> list[dict[str, str]]:
    """Leads from March to July, some without a start, some without any day, some never answered."""
    random = Random(7)
    rows = []
    for number in range(count):
        created = date(2026, 3, 1) + timedelta(days=random.randrange(150))
        started = created + timedelta(days=random.randrange(12))
        answered = started + timedelta(days=random.choice((0, 0, 0, 1, 5, 30)))
        rows.append(
            {
                "lead_id": f"L{number:04}",
                "region": random.choice(("AMER", "EMEA", "")),
                "created_at": f"{created} 09:00:00" if random.random() > 0.03 else "",
                "started_at": f"{started} {random.randrange(8, 18):02}:10:00" if random.random() > 0.1 else "",
                "answered_at": f"{answered} 16:30:00" if random.random() > 0.2 else "",
            }
        )
    return rows


def day(row: Mapping[str, str], *fields: str) -> date | None:
    """The day that places a row: of the first field that is filled."""
    return next((date.fromisoformat(row[name][:10]) for name in fields if row[name]), None)


PLACED: dict[str, tuple[str, ...]] = {
    "answer": ("started_at", "created_at"),
    "quality": ("created_at",),
    "enough": ("created_at",),
}
SPANS = {
    1: (date(2026, 3, 10), date(2026, 5, 14)),
    2: (date(2026, 5, 15), date(2026, 6, 20)),
    3: (date(2026, 7, 1), date.max),
}


@pytest.fixture
def three(tmp_path: Path) -> tuple[Line, list[dict[str, str]]]:
    """Three versions, of which the second ends before the third begins, and leads of all days."""
    line = Line(tmp_path)
    line.then(1, "2026-03-10")
    line.then(2, "2026-05-15", duty("answer", clock={"within": "8 business hours"}, target="85% per month"),
              duty("enough", volume={"at_least": 62}), expires=date(2026, 6, 20))  # fmt: skip
    line.then(3, "2026-07-01", duty("answer", clock={"within": "1 business hours"}),
              duty("quality", must="region = 'AMER'"), duty("region", dated="started_at"), expires=None)  # fmt: skip
    rows = many(tmp_path)
    line.world.leads(*rows)
    return line, rows


def test_every_row_is_judged_as_a_check_of_the_rows_of_each_version_judges_it(
    three: tuple[Line, list[dict[str, str]]],
) -> None:
    line, rows = three
    found = line.report("--as-of", "2026-08-31", "--judge", "all")
    compared = 0
    for version, (first, last) in SPANS.items():
        for name, fields in PLACED.items():
            mine = [row for row in rows if (at := day(row, *fields)) is not None and first <= at <= last]
            if version == 3:
                mine += [row for row in rows if day(row, *fields) is None]
            line.world.files.clear()
            line.world.leads(*({"case": "", **row} for row in mine))
            alone = report("check", "leads.csv", "--at", str(version), "--as-of", "2026-08-31", "--judge", "all",
                           folder=line.world.folder)  # fmt: skip
            by_hand, together = (
                {one["period"]["name"]: one for one in said["outcomes"]
                 if (one["duty"], one["version"]) == (name, version) and one["counts"]["covered"]}
                for said in (alone, found)
            )  # fmt: skip
            assert {period: one["counts"] for period, one in together.items()} == {
                period: one["counts"] for period, one in by_hand.items()
            }, (version, name)
            assert together.keys()
            if name != "enough":
                assert {one["target"]["percent"] for one in together.values()} == {
                    one["target"]["percent"] for one in by_hand.values()
                }
            compared += sum(one["counts"]["covered"] for one in together.values())
            undated = [one["undated"] for one in found["outcomes"] if (one["duty"], one["version"]) == (name, version)]
            assert sum(undated) == (sum(day(row, *fields) is None for row in rows) if version == 3 else 0)
            compared += sum(undated)
    unjudged = {(one["subject"], one["from"]): one["count"] for one in found["unjudged"]}
    for name, fields in PLACED.items():
        days = [at for row in rows if (at := day(row, *fields)) is not None]
        assert unjudged[name, None] == sum(at < SPANS[1][0] for at in days)
        assert unjudged[name, "2026-06-21"] == sum(SPANS[2][1] < at < SPANS[3][0] for at in days)
        compared += unjudged[name, None] + unjudged[name, "2026-06-21"]
    assert compared == 3 * len(rows)
    assert Counter(one["rule"] for one in found["findings"] if "version" in one["rule"]) == {
        "before-first-version": 4, "no-version-in-force": 4,
    }  # fmt: skip


def test_every_row_of_the_rows_file_names_the_version_that_judged_it(three: tuple[Line, list[dict[str, str]]]) -> None:
    line, rows = three
    line.report("--as-of", "2026-08-31", "--rows", "rows.csv")
    with (line.world.folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert not [row for row in written if row["duty"] == "duty"]
    written = [row for row in written if row["duty"] in PLACED]
    placed = {row["lead_id"]: row for row in rows}
    for row in written:
        at = day(placed[row["key"]], *PLACED[row["duty"]])
        assert row["version"] == str(next((v for v, span in SPANS.items() if at and span[0] <= at <= span[1]), 3))
    assert len({(row["duty"], row["key"]) for row in written}) == len(written)


def test_a_period_that_a_change_splits_shows_both_parts_and_the_sum(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="90% per month"))
    line.world.leads(
        *({"created_at": f"2026-05-{n:02} 09:00:00", "region": "AMER" if n % 4 else ""} for n in range(1, 32))
    )
    found = line.report("--as-of", "2026-06-30")
    old, new = (one for one in found["outcomes"] if (one["duty"], one["period"]["name"]) == ("quality", "2026-05"))
    assert [old["version"], new["version"]] == [1, 2]
    assert [one["period"] for one in (old, new)] == [
        {"name": "2026-05", "title": "May 2026", "from": first, "to": last, "state": "finished", "version": version}
        for first, last, version in (("2026-05-01", "2026-05-14", 1), ("2026-05-15", "2026-05-31", 2))
    ]
    assert [(one["status"], one["target"]["percent"], one["counts"]["met"], one["counts"]["missed"])
            for one in (old, new)] == [("met", "50", 11, 3), ("missed", "90", 13, 4)]  # fmt: skip
    assert (old["judged"], new["judged"]) == (False, False)
    (both,) = (one for one in found["split"] if one["duty"] == "quality")
    assert (both["versions"], both["period"]["from"], both["period"]["to"]) == ([1, 2], "2026-05-01", "2026-05-31")
    assert (both["counts"]["covered"], both["counts"]["met"], both["counts"]["missed"]) == (31, 24, 7)


def test_a_clock_that_spans_the_change_keeps_its_version(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("answer", clock={"within": "1 business hours"}))
    line.world.leads(
        # Created under 1, begun under 1, answered under 2 within the 4 hours of 1.
        {
            "created_at": "2026-05-13 09:00:00",
            "started_at": "2026-05-14 15:00:00",
            "answered_at": "2026-05-15 10:30:00",
        },
        # Created under 1, begun under 2, and too late for it.
        {
            "created_at": "2026-05-14 09:00:00",
            "started_at": "2026-05-15 09:00:00",
            "answered_at": "2026-05-15 12:00:00",
        },
        # Not begun: its own day places it.
        {"created_at": "2026-05-14 09:00:00"},
    )
    found = {key: one["counts"] for key, one in line.outcomes("--as-of", "2026-06-30").items() if key[1] == "2026-05"}
    assert {key: {name: n for name, n in counts.items() if n} for key, counts in found.items()} == {
        (1, "2026-05"): {"covered": 2, "met": 1, "not_started": 1},
        (2, "2026-05"): {"covered": 1, "missed": 1},
    }  # fmt: skip


@pytest.mark.parametrize(("part_periods", "targets"), [("prorated by days", [16, 34]), ("skipped", [None, None])])
def test_a_volume_is_prorated_or_skipped_in_a_part_of_a_period(
    part_periods: str, targets: list[int | None], tmp_path: Path
) -> None:
    # 31 of 31 days, 14 and 17 of them: 14 of 31 is 14, and 62 * 17 / 31 is 34; 32 of 31 days is rounded up to 15.
    line = Line(tmp_path, {**DUTIES, "enough": {**ENOUGH, "volume": {**ENOUGH["volume"], "at_least": 34}}},
                part_periods=part_periods)  # fmt: skip
    line.world.reads(holds={"by": "created_at", "since": date(2026, 1, 1)})
    line.then(1, "2026-01-01")
    line.then(2, "2026-05-15", duty("enough", volume={"at_least": 62}))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00"} for n in range(1, 32) for _ in range(2)))
    found = line.outcomes("--as-of", "2026-06-30", duty="enough")
    parts = [found[1, "2026-05"], found[2, "2026-05"]]
    assert [one["target"] and one["target"]["number"] for one in parts] == targets
    assert [one["counts"]["met"] for one in parts] == [28, 34]
    assert [one["status"] for one in parts] == (["met", "met"] if targets[0] else ["not covered", "not covered"])
    whole = found[2, "2026-06"]
    assert (whole["period"]["version"], whole["target"]) == (None, {"number": 62})


def test_a_renamed_duty_is_one_line_of_misses_and_only_its_last_period_can_fail(tmp_path: Path) -> None:
    steps = [{"after": 2, "then": "explain"}]
    line = Line(tmp_path, {**DUTIES, "quality": {**QUALITY, "on_miss": steps}})
    text = line.world.folder / "contracts" / "responsibilities.yaml"
    text.write_text(text.read_text("utf-8").replace('"quality":', '"known":\n    "was": "quality"'), "utf-8")
    line.then(2, "2026-05-15")
    line.world.leads(
        *({"created_at": f"2026-0{m}-{n:02} 09:00:00", "region": ""} for m in (4, 5, 6) for n in range(1, 28))
    )
    found = line.report("--as-of", "2026-07-15")
    mine = [one for one in found["outcomes"] if one["duty"] in {"quality", "known"} and one["status"] == "missed"]
    assert [(one["duty"], one["version"], one["period"]["name"], one["judged"],
             one["consequence"] and one["consequence"]["misses"]) for one in mine] == [
        ("quality", 1, "2026-04", False, None),
        ("quality", 1, "2026-05", False, 2),
        ("known", 2, "2026-05", False, 2),
        ("known", 2, "2026-06", True, 3),
    ]  # fmt: skip
    assert {one["subject"] for one in told(found, "target-missed")} == {"known", "region", "enough"}
    assert {one["duty"] for one in found["split"] if one["period"]["name"]} == {"answer", "enough", "known"}


def test_the_parts_of_a_period_have_fingerprints_of_their_own_and_are_waived_alone(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00", "region": ""} for n in range(1, 32)))
    found = line.report("--as-of", "2026-06-05")
    misses = [one for one in told(found, "target-missed") if one["subject"] == "quality"]
    assert {one["period"] for one in misses} == {"2026-05@1", "2026-05@2"}
    assert len({one["fingerprint"] for one in misses}) == 2
    first = next(one for one in misses if one["period"] == "2026-05@1")
    line.world.patched("waivers.yaml", {"waivers": [
        {"finding": first["fingerprint"], "granted_by": "sdr", "because": "it was old", "until": date(2026, 12, 31)},
    ]})  # fmt: skip
    line.repository.commit("A waiver")
    again = line.report("--as-of", "2026-06-05")
    misses = [one for one in told(again, "target-missed") if one["subject"] == "quality"]
    assert {one["period"]: one["waived"] is not None for one in misses} == {"2026-05@1": True, "2026-05@2": False}
    assert {(one["version"], one["waived"] is not None) for one in again["outcomes"]
            if (one["duty"], one["period"]["name"]) == ("quality", "2026-05")} == {(1, True), (2, False)}  # fmt: skip


def test_a_dispute_of_today_is_about_the_verdict_of_the_version_that_judged(tmp_path: Path) -> None:
    line = Line(tmp_path)
    text = line.world.folder / "contracts" / "responsibilities.yaml"
    text.write_text(text.read_text("utf-8").replace('"quality":', '"known":\n    "was": "quality"'), "utf-8")
    line.then(2, "2026-05-15", ("disputes.yaml", {"disputes": [
        {"duty": "known", "key": "L0", "raised_by": "marketing", "day": date(2026, 5, 20), "says": "it was filled in"},
    ]}))  # fmt: skip
    line.world.leads({"created_at": "2026-04-10 09:00:00", "region": ""}, {"created_at": "2026-06-10 09:00:00"})
    found = line.report("--as-of", "2026-07-15")
    mine = [one for one in found["outcomes"] if one["counts"]["covered"] and one["duty"] in {"quality", "known"}]
    disputed = {(one["duty"], one["version"]): one["counts"]["disputed"] for one in mine}
    assert disputed == {("quality", 1): 1, ("known", 2): 0}


def test_places_in_an_older_version_show_its_own_text(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.world.patched("responsibilities.yaml", {"responsibilities": {"quality": None}})
    path = line.world.folder / "contracts" / "responsibilities.yaml"
    path.write_text("# moved down\n\n" + path.read_text("utf-8"), "utf-8")
    line.then(2, "2026-05-15")
    line.world.leads({"created_at": "2026-04-10 09:00:00", "region": ""}, {"created_at": "2026-06-10 09:00:00"})
    (miss,) = (
        one for one in told(line.report("--as-of", "2026-05-20"), "target-missed") if one["subject"] == "quality"
    )
    old = yaml_line(line.repository.git("show", "HEAD~1:contracts/responsibilities.yaml"), '  "quality":')
    assert (miss["contract"]["file"], miss["contract"]["line"]) == ("contracts/responsibilities.yaml (version 1)", old)


def yaml_line(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


def test_a_version_whose_bindings_do_not_fit_the_file_is_read_by_those_of_today(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.world.leads({"created_at": "2026-04-10 09:00:00", "region": ""}, {"created_at": "2026-06-10 09:00:00"})
    before = line.report("--as-of", "2026-07-15")["outcomes"]
    file = line.world.folder / "leads.csv"
    file.write_text(file.read_text("utf-8").replace("region", "Region of the lead"), "utf-8")
    line.then(2, "2026-05-15", ("bindings/leads.yaml", {"columns": {"region": "Region of the lead"}}))
    after = line.report("--as-of", "2026-07-15")
    assert counted(after["outcomes"], 1, "2026-04") == counted(before, 1, "2026-04") != {}
    assert counted(after["outcomes"], 2, "2026-06") == {"quality": (1, 0), "enough": (1, 0), "answer": (0, 0)}
    assert "version 1" in " ".join(after["files"][0]["notes"])


def counted(outcomes: Sequence[Mapping[str, Any]], version: int, period: str) -> dict[str, tuple[int, int]]:
    return {
        one["duty"]: (one["counts"]["met"], one["counts"]["missed"])
        for one in outcomes
        if (one["version"], one["period"]["name"]) == (version, period)
    }


def test_a_file_is_opened_for_its_rows_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.then(3, "2026-06-15", duty("quality", target="70% per month"))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00"} for n in range(1, 32)))
    seen: list[str] = []

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(self: DuckDB, text: str, *more: Any, **named: Any) -> Any:
            seen.append(text)
            return real(self, text, *more, **named)

        return called

    for name in ("load", "rows", "make", "first", "stream"):
        monkeypatch.setattr(DuckDB, name, counting(getattr(DuckDB, name)))
    line.report("--as-of", "2026-07-15")
    assert sum("read_csv" in text for text in seen) == 1
    seen.clear()
    ran = worlds.commands.slacli("diff", "1..3", "--data", "leads.csv", folder=line.world.folder)
    assert ran.code == 0
    assert sum("read_csv" in text for text in seen) == 1


def test_standard_input_is_judged_by_every_version(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00"} for n in range(1, 32)))
    bytes_given = (line.world.folder / "leads.csv").read_bytes()
    named = line.report("--as-of", "2026-07-15")
    piped = report("check", "-", "--by-version", "--as-of", "2026-07-15", folder=line.world.folder, stdin=bytes_given)
    assert piped["outcomes"] == named["outcomes"]


def test_data_that_several_versions_find_wrong_is_told_once(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.world.reads(unreadable="at most 90%")
    line.repository.commit("The binding accepts more")
    line.world.leads(
        {"created_at": "2026-04-10 09:00:00", "region": "MARS"},
        {"created_at": "2026-06-10 09:00:00", "region": "VENUS"},
        {"lead_id": "X", "created_at": "2026-06-10 09:00:00"},
        {"lead_id": "X", "created_at": "2026-06-10 09:00:00"},
        {"lead_id": "", "created_at": "2026-06-10 09:00:00"},
    )
    found = line.report("--as-of", "2026-07-15")
    assert len(told(found, "repeated-keys")) == len(told(found, "blank-keys")) == 1
    assert sorted(one["subject"] for one in told(found, "value-not-listed")) == [
        "lead.region=MARS",
        "lead.region=VENUS",
    ]


def test_deliverables_are_owed_under_the_version_of_their_day(tmp_path: Path) -> None:
    brief = {"owed_by": "marketing", "owed_to": "sdr",
             "provide": {"every": "month", "by": "5th business day", "artefact": "A brief"}}  # fmt: skip
    line = Line(tmp_path, {**DUTIES, "brief": brief})
    line.then(2, "2026-05-15", ("evidence.yaml", {"delivered": [
        {"duty": "brief", "for": "2026-04", "day": date(2026, 4, 2), "by": "marketing"},
        {"duty": "brief", "for": "2026-06", "day": date(2026, 6, 2), "by": "marketing"},
    ]}))  # fmt: skip
    found = report("check", "--by-version", "--as-of", "2026-06-30", folder=line.world.folder)
    assert [(one["version"], one["period"]["name"], one["status"], one["judged"]) for one in found["outcomes"]
            if one["duty"] == "brief"][-3:] == [
        (1, "2026-04", "met", False), (1, "2026-05", "missed", False), (2, "2026-06", "met", True),
    ]  # fmt: skip


def test_the_disk_is_not_judged_and_that_is_said(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.world.leads({"created_at": "2026-04-10 09:00:00"})
    assert told(line.report("--as-of", "2026-07-15"), "tree-not-judged") == []
    line.world.patched("contract.yaml", {"title": "Another title"})
    found = line.report("--as-of", "2026-07-15")
    (note,) = told(found, "tree-not-judged")
    assert note["contract"]["file"] == "contracts/contract.yaml (version 1)"
    assert found["contract"]["title"] == "Clocks"


def test_one_version_alone_counts_as_a_plain_check_does(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.world.leads(*many(tmp_path))
    (by_version, plain) = (
        report("check", "leads.csv", "--as-of", "2026-08-31", "--judge", "all", *more, folder=line.world.folder)
        for more in (("--by-version",), ())
    )
    assert by_version["outcomes"] == plain["outcomes"]
    assert by_version["terms"] == plain["terms"]
    assert by_version["split"] == by_version["unjudged"] == plain["versions"] == []
    assert [one["version"] for one in by_version["versions"]] == [1]


def test_a_term_is_judged_by_the_version_of_its_own_day_else_of_the_day_of_the_record(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.world.leads(
        {"created_at": "2026-05-10 09:00:00", "started_at": "2026-05-20 09:00:00"},
        {"created_at": "2026-05-10 09:00:00"},
        {"created_at": "2026-05-20 09:00:00"},
        {"created_at": ""},
    )
    found = line.report("--as-of", "2026-07-15")["terms"]
    cells = {(one["id"], one["version"]): {name: n for name, n in one["cells"].items() if n} for one in found}
    assert cells["qualified_lead", 1] == {"unmarked_meets": 1}
    assert cells["qualified_lead", 2] == {"marked_meets": 1, "unmarked_meets": 2}
    assert cells["sales_ready_lead", 1] == {"unmarked_meets": 2}
    assert cells["sales_ready_lead", 2] == {"unmarked_meets": 2}


def test_a_version_that_takes_effect_later_lets_nothing_be_forgotten(tmp_path: Path) -> None:
    line = Line(tmp_path, {**DUTIES, "ever": {**QUALITY, "target": "50%"}})
    line.then(2, "2026-12-01", duty("quality", target="60% per month"))
    line.world.leads(
        *({"created_at": f"2026-05-{n:02} 09:00:00", "region": ""} for n in range(1, 32)),
        {"created_at": "2026-12-24 09:00:00", "region": ""},
    )
    found = line.report("--as-of", "2026-06-30")
    missed = {(one["duty"], one["version"]) for one in found["outcomes"] if one["judged"] and one["status"] == "missed"}
    assert missed >= {("ever", 1)}
    assert {one["subject"] for one in told(found, "later-rows")} >= {"quality"}
    months = [one["period"]["name"] for one in found["outcomes"] if one["duty"] == "quality" and one["judged"]]
    assert months == ["2026-06"]


# --- what cannot be told ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ([(3, "2026-05-15")], "version 3 follows version 1, and the next one is 2"),
        ([(2, "2026-05-15"), (1, "2026-06-15")], "version 1 follows version 2, and the next one is 3"),
        ([(2, "2025-05-15")], "it takes effect on 2025-05-15, before version 1 did (2026-01-01)"),
    ],
)
def test_versions_out_of_sequence_judge_nothing(versions: list[tuple[int, str]], says: str, tmp_path: Path) -> None:
    line = Line(tmp_path)
    commits = [line.then(*one) for one in versions]
    line.world.leads({"created_at": "2026-04-10 09:00:00"})
    ran = line.world.ran("--by-version")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == (
        f"could not run: nobody can tell which version was in force (wrong-sequence): in {commits[-1][:7]} {says}"
    )
    assert "--draft" in ran.err
    assert line.world.ran("--draft").code in {0, 1}


def test_the_last_commit_of_a_version_is_the_version(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(1, "2026-01-01", duty("quality", target="55% per month"))
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.then(2, "2026-05-20", duty("quality", target="65% per month"))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00"} for n in range(1, 32)))
    found = line.outcomes("--as-of", "2026-07-15", duty="quality")
    parts = [found[version, "2026-05"] for version in (1, 2)]
    assert [(one["target"]["percent"], one["counts"]["covered"]) for one in parts] == [("55", 19), ("65", 12)]


def test_a_version_that_was_never_in_force_judges_nothing(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15", duty("quality", target="60% per month"))
    line.then(3, "2026-05-15", duty("quality", target="65% per month"))
    line.world.leads(*({"created_at": f"2026-05-{n:02} 09:00:00"} for n in range(1, 32)))
    found = line.report("--as-of", "2026-07-15")
    assert [(one["version"], one["from"], one["to"]) for one in found["versions"]] == [
        (1, "2026-01-01", "2026-05-14"), (3, "2026-05-15", None),
    ]  # fmt: skip


def test_what_is_no_repository_has_no_versions(tmp_path: Path) -> None:
    world = worlds.World(tmp_path, DUTIES).leads({"created_at": "2026-04-10 09:00:00"})
    ran = world.ran("--by-version")
    assert (ran.code, ran.out) == (2, "")
    assert "help: " in ran.err


def test_a_clone_that_holds_only_the_end_of_the_history_judges_nothing(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.then(2, "2026-05-15")
    line.world.leads({"created_at": "2026-04-10 09:00:00"})
    line.repository.git("clone", "--quiet", "--depth", "1", f"file://{line.repository.top}", str(tmp_path / "cut"))
    ran = worlds.commands.slacli("check", str(line.world.folder / "leads.csv"), "--by-version", folder=tmp_path / "cut")
    assert ran.code == 2
    assert "git fetch --unshallow" in ran.err


@pytest.mark.parametrize(
    "options", [("--by-version", "--draft"), ("--by-version", "--at", "1"), ("--draft", "--at", "1")]
)
def test_only_one_text_is_asked_for(options: tuple[str, ...], tmp_path: Path) -> None:
    line = Line(tmp_path)
    ran = line.world.leads({"created_at": "2026-04-10 09:00:00"}).ran(*options)
    assert ran.code == 2
    assert "each say by which text to judge" in ran.err


# --- what people see, and what CRM systems wrote ----------------------------------------------


def test_the_screen_of_several_versions(
    three: tuple[Line, list[dict[str, str]]], file_regression: FileRegressionFixture
) -> None:
    line, _ = three
    line.world.patched("contract.yaml", {"title": "Not committed"})
    shown = line.world.ran("--by-version", "--as-of", "2026-08-31", "--long").out
    shown = re.sub(r"sha256:? ?[0-9a-f]{64}|time zones [0-9]{4}[a-z]", "…", shown)
    file_regression.check(HASH.sub("…", shown), encoding="utf-8")


def second(repository: Repository, edits: Mapping[str, Mapping[str, str]]) -> None:
    """Commit a second version: in each file, what is replaced by what."""
    for file, pairs in edits.items():
        path = repository.contracts / file
        text = path.read_text("utf-8")
        for before, after in pairs.items():
            assert before in text
            text = text.replace(before, after)
        path.write_text(text, "utf-8")
    repository.commit("Second")


def test_olist_by_version_counts_what_two_checks_of_its_halves_count(tmp_path: Path) -> None:
    exports = [str((ROOT / export).resolve()) for export in given(OLIST)]
    repository = Repository(tmp_path / "work")
    shutil.copytree(ROOT / "tests" / "contracts" / "olist_joined", repository.contracts)
    repository.commit("First")
    second(
        repository,
        {
            "contract.yaml": {"version: 1\n": "version: 2\namendment: more is won\n", "2018-01-01": "2018-03-16"},
            "responsibilities.yaml": {"10% per month": "14% per month"},
        },
    )
    found = report("check", *exports, "--by-version", folder=repository.top)
    leads, deals = (list(csv.DictReader(Path(one).read_text("utf-8").splitlines())) for one in exports)
    won = {deal["mql_id"] for deal in deals}
    by_hand: dict[tuple[int, str], Counter[str]] = {}
    for lead in leads:
        at = lead["first_contact_date"]
        if at >= "2018-01-01":
            key = (1 if at < "2018-03-16" else 2, at[:7])
            by_hand.setdefault(key, Counter())["met" if lead["mql_id"] in won else "unclear"] += 1
    told_by = {
        (one["version"], one["period"]["name"]): one
        for one in found["outcomes"]
        if one["duty"] == "conversion_by_month" and one["counts"]["covered"]
    }
    assert {
        key: {"met": one["counts"]["met"], "unclear": one["counts"]["unclear"]} for key, one in told_by.items()
    } == by_hand
    assert [told_by[version, "2018-03"]["target"]["percent"] for version in (1, 2)] == ["10", "14"]
    before = sum(lead["first_contact_date"] < "2018-01-01" for lead in leads)
    assert {one["count"] for one in found["unjudged"]} == {before}


def test_the_examples_by_version_count_what_the_rows_of_each_version_count(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "work")
    shutil.copytree(ROOT / "contracts", repository.contracts)
    exports = sorted(map(str, (ROOT / "examples" / "exports").glob("*.csv")))
    repository.commit("First")
    second(
        repository,
        {
            "contract.yaml": {"version: 1\n": "version: 2\n", "effective: 2026-11-01": "effective: 2027-01-12"},
            "responsibilities.yaml": {"97% per month": "90% per month"},
        },
    )
    options = ("check", *exports, "--judge", "all")
    found = report(*options, "--by-version", "--rows", "rows.csv", folder=repository.top)
    whole = report(*options, "--at", "1", "--rows", "whole.csv", folder=repository.top)
    rows, alone = (
        list(csv.DictReader((repository.top / name).read_text("utf-8").splitlines()))
        for name in ("rows.csv", "whole.csv")
    )
    sums = {(one["duty"], one["period"]["name"]): one["counts"] for one in found["split"]}
    assert sums
    for one in whole["outcomes"]:
        key = one["duty"], one["period"]["name"]
        if key in sums:
            assert sums[key] == one["counts"], key
    # Only the target differs, so that every row comes out as by the first version alone, and none is lost or doubled.
    by_row = [
        Counter(tuple(value for name, value in row.items() if name != "version") for row in some)
        for some in (rows, alone)
    ]
    assert by_row[0] == by_row[1]
    for row in rows:
        if row["start"]:
            assert row["version"] == ("1" if row["start"] < "2027-01-12" else "2")
    quality = [one for one in found["outcomes"] if one["duty"] == "mql_quality" and one["period"]["name"] == "2027-01"]
    assert [(one["version"], one["target"]["percent"]) for one in quality] == [(1, "97"), (2, "90")]


# --- goals -------------------------------------------------------------------------------------

METRICS = {
    "leads": {"title": "Leads", "count": "qualified_lead"},
    "rate": {"title": "Rate", "ratio": {"of": "qualified_lead", "from": "sales_ready_lead"}, "kind": "period"},
}
GOAL = {
    "title": "More", "owned_by": ["sales", "marketing"], "audience": ["ceo"], "kind": "financial",
    "baseline": "collect",
}  # fmt: skip


REVIEWS = {
    "own_marketing": {"kind": "separate", "parties": ["marketing"], "every": "quarter"},
    "own_sales": {"kind": "separate", "parties": ["sales"], "every": "quarter"},
    "together": {"kind": "joint", "parties": ["sales", "marketing"], "every": "quarter"},
    "halfway": {"kind": "interim", "parties": ["sales", "marketing"], "every": "quarter"},
}


def goals(**targets: tuple[str, str] | None) -> tuple[str, Mapping[str, Any]]:
    """Give goals as a merge patch: for each the metric and the target."""
    told = {name: one and {**GOAL, "metric": one[0], "target": one[1]} for name, one in targets.items()}
    return "goals.yaml", {"metrics": METRICS, "goals": told}


def reached(line: Line, *options: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    found = line.report(*options)["goals"]
    assert len({(one["goal"], one["period"]["name"], one["version"]) for one in found}) == len(found)
    return {(one["goal"], one["period"]["name"], one["version"]): one for one in found}


def amount(one: Mapping[str, Any], key: str = "value") -> str | None:
    return one[key] and one[key]["number"]


def asked(one: Mapping[str, Any]) -> str | None:
    return one["wanted"] and one["wanted"]["from"]["number"]


def of_days(*days: str) -> list[dict[str, str]]:
    return [{"created_at": f"{day} 09:00:00", "started_at": f"{day} 09:00:00"} for day in days]


@pytest.mark.parametrize("part_periods", ["prorated by days", "skipped"])
def test_a_number_that_a_goal_asks_for_is_prorated_or_skipped_in_a_part_of_a_period(
    part_periods: str, tmp_path: Path
) -> None:
    line = Line(tmp_path, reviews=REVIEWS, part_periods=part_periods)
    line.world.reads(holds={"by": "created_at", "since": date(2026, 1, 1)})
    line.then(1, "2026-01-01", goals(more=("leads", "at least 34 per month")))
    line.then(2, "2026-05-15", goals(more=("leads", "at least 62 per month")))
    days = [f"2026-05-{n:02}" for n in range(1, 32) for _ in range(1 + n % 2)]
    line.world.leads(*of_days(*days, "2026-06-03"))
    found = reached(line, "--as-of", "2026-06-30")
    first, second = found["more", "2026-05", 1], found["more", "2026-05", 2]
    counts = [sum(day < "2026-05-15" for day in days), sum(day >= "2026-05-15" for day in days)]
    assert [amount(first), amount(second)] == [str(count) for count in counts] == ["21", "26"]
    assert [one["period"]["version"] for one in (first, second)] == [1, 2]
    # 34 * 14 / 31 is 15.4, and 62 * 17 / 31 is 34.
    prorated = part_periods != "skipped"
    assert [asked(first), asked(second)] == (["16", "34"] if prorated else [None, None])
    assert [first["status"], second["status"]] == (["met", "missed"] if prorated else ["not covered"] * 2)
    june = found["more", "2026-06", 2]
    assert (june["period"]["version"], amount(june), asked(june), june["status"]) == (None, "1", "62", "missed")
    assert ("more", "2026-06", 1) not in found


def test_a_rate_of_a_period_is_that_of_the_version_on_its_last_day(tmp_path: Path) -> None:
    line = Line(tmp_path, reviews=REVIEWS)
    line.then(1, "2026-01-01", goals(rate=("rate", "at least 90% per month")))
    only_amer = {"terms": {"qualified_lead": {"criteria": {"known": "region = 'AMER'"}}}}
    line.then(2, "2026-05-15", goals(rate=("rate", "at least 60% per month")), ("definitions.yaml", only_amer))
    rows = [row for m in (4, 5) for n in range(1, 21) for row in of_days(f"2026-0{m}-{n:02}")]
    rows = [{**row, "region": "AMER" if n % 4 else "EMEA"} for n, row in enumerate(rows)]
    line.world.leads(*rows)
    found = reached(line, "--as-of", "2026-05-31", "--judge", "all")
    assert {key[1:]: (amount(one), one["status"], one["period"]["version"]) for key, one in found.items()} == {
        ("2026-04", 1): ("1", "met", None),
        ("2026-05", 2): ("3/4", "met", None),
    }
    by_two = report("check", *line.world.files, "--at", "2", "--as-of", "2026-05-31", folder=line.world.folder)
    may = next(one for one in by_two["goals"] if one["period"]["name"] == "2026-05")
    same = found["rate", "2026-05", 2]
    assert [may[key] for key in ("value", "lower", "upper", "rows", "status")] == [
        same[key] for key in ("value", "lower", "upper", "rows", "status")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("criterion", "breaks"),
    [
        ("region is not blank", False),
        ("not (region is blank)", False),
        ("region = 'AMER'", True),
    ],
)
def test_growth_over_a_changed_definition_shows_the_break(criterion: str, breaks: bool, tmp_path: Path) -> None:
    line = Line(tmp_path, reviews=REVIEWS)
    line.world.reads(holds={"by": "created_at", "since": date(2026, 1, 1)})
    line.then(1, "2026-01-01", goals(more=("leads", "grows 10% on the month before")))
    changed = {"terms": {"qualified_lead": {"criteria": {"known": criterion}}}}
    line.then(2, "2026-05-15", ("definitions.yaml", changed), title="Another")
    line.world.leads(*of_days(*(f"2026-0{m}-02" for m in (3, 4, 5, 6) for _ in range(m * m))))
    found = reached(line, "--as-of", "2026-06-30", "--judge", "all")
    assert {key[1:]: amount(one) for key, one in found.items() if key[1] >= "2026-03"} == {
        ("2026-03", 1): "9", ("2026-04", 1): "16", ("2026-05", 2): "25", ("2026-06", 2): "36",
    }  # fmt: skip
    may, june = found["more", "2026-05", 2], found["more", "2026-06", 2]
    assert (june["status"], asked(june)) == ("met", "55/2")
    if breaks:
        assert (may["status"], asked(may)) == ("no data", None)
        assert may["why"] == (
            "the definition of `qualified_lead` changed on 2026-05-15, after April 2026, which it grows on"
        )
    else:
        assert (may["status"], asked(may), may["why"]) == ("met", "88/5", "")


def test_a_missed_goal_of_a_part_is_told_with_its_days(tmp_path: Path) -> None:
    line = Line(tmp_path, reviews=REVIEWS)
    line.world.reads(holds={"by": "created_at", "since": date(2026, 1, 1)})
    known = {"goals": {"more": {"baseline": {"period": "2025-12", "value": 7, "n": 7}}}}
    line.then(1, "2026-01-01", goals(more=("leads", "at least 62 per month")), ("goals.yaml", known))
    line.then(2, "2026-05-15", title="Another")
    line.world.leads(*of_days("2026-05-01"))
    found = line.report("--as-of", "2026-05-31")
    when = "May 2026 from 2026-05-01 to 2026-05-14 (version 1)", "May 2026 from 2026-05-15 to 2026-05-31 (version 2)"
    both = "Sales and Marketing want `more` to come to at least"
    assert [one["message"] for one in told(found, "goal-missed")] == [
        f"missed in {when[1]}: {both} 34, and it came to 0",
        f"missed in {when[0]}: {both} 28, and it came to 1",
    ]
    assert len({one["fingerprint"] for one in told(found, "goal-missed")}) == 2
