"""`check --since`: what is new since an earlier report fails, what was there does not, and nothing is hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import commands
import pytest
import test_by_version
import test_waivers
import worlds
from pytest_regressions.file_regression import FileRegressionFixture

DUTIES = {"answer": worlds.duty(target="80% per month", within="4 business hours")}
JULY = ("--as-of", "2026-07-10")
JUNE = ("--as-of", "2026-06-10")


def lead(day: str, answered: str | None) -> dict[str, str]:
    """Give a lead that came at half past nine: answered in half an hour, late (`""` is never), or unreadably."""
    return {
        "created_at": f"{day} 09:00:00",
        "started_at": f"{day} 09:30:00",
        "answered_at": f"{day} 10:00:00" if answered is None else answered,
    }


MAY = lead("2026-05-05", "")
"""Missed in May."""
IN_TIME = lead("2026-06-02", None)
LATE = lead("2026-06-03", "")


class Before(worlds.World):
    """A world of which a report was kept."""

    def __init__(self, folder: Path, *leads: Mapping[str, str]) -> None:
        super().__init__(folder, DUTIES)
        self.leads(*leads)

    def kept(self, *options: str) -> Before:
        ran = commands.slacli("check", *self.files, *options, "--format", "json", "--output", "before.json",
                              folder=self.folder)  # fmt: skip
        assert ran.code in {0, 1}, ran.text
        return self

    def now(self, *leads: Mapping[str, str]) -> Before:
        self.files.clear()
        self.leads(*leads)
        return self

    def compared(self, *options: str, code: int | None = None) -> dict[str, Any]:
        return commands.report("check", *self.files, "--since", "before.json", *options, folder=self.folder, code=code)

    def screen(self, *options: str) -> commands.Ran:
        return self.ran("--since", "before.json", *options)


def counts(found: Mapping[str, Any]) -> tuple[int, int, int, int]:
    told = found["since"]["counts"]
    return told["new"], told["still"], told["mended"], told["undecided"]


def standing(found: Mapping[str, Any], duty: str = "answer") -> dict[str, str | None]:
    return {one["period"]["name"]: one["standing"] for one in found["outcomes"] if one["duty"] == duty}


# --- what fails -------------------------------------------------------------------------------


def test_a_miss_that_was_there_is_shown_and_fails_nothing(tmp_path: Path) -> None:
    found = Before(tmp_path, IN_TIME, LATE).kept(*JULY).compared(*JULY, code=0)
    assert counts(found) == (0, 1, 0, 0)
    assert standing(found)["2026-06"] == "still"
    assert [one["standing"] for one in found["findings"] if one["rule"] == "target-missed"] == ["still"]
    assert found["summary"]["verdict"] == "broken"


def test_a_new_miss_fails(tmp_path: Path) -> None:
    found = Before(tmp_path, IN_TIME).kept(*JULY).now(IN_TIME, LATE).compared(*JULY, code=1)
    assert counts(found) == (1, 0, 0, 0)
    assert standing(found)["2026-06"] == "new"


def test_what_is_mended_is_counted_and_named(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY).now(IN_TIME)
    found = world.compared(*JULY, code=0)
    assert counts(found) == (0, 0, 1, 0)
    (gone,) = found["since"]["mended"]
    earlier = json.loads((tmp_path / "before.json").read_text("utf-8"))
    (miss,) = [one for one in earlier["findings"] if one["rule"] == "target-missed"]
    assert gone == {name: miss[name] for name in ("rule", "severity", "fingerprint", "subject", "period")}
    assert "Mended       Answer in 2026-06: target-missed" in world.screen(*JULY, "--long").out
    assert "Mended " not in world.screen(*JULY).out


def test_the_next_period_is_new_and_the_older_miss_is_still_there(tmp_path: Path) -> None:
    world = Before(tmp_path, MAY, IN_TIME, LATE).kept(*JUNE)
    found = world.compared(*JULY, code=1)
    assert counts(found) == (1, 1, 0, 0)
    assert standing(found) == {"2026-05": "still", "2026-06": "new", "2026-07": None}


def test_an_older_miss_is_not_mended_by_a_period_that_was_met(tmp_path: Path) -> None:
    found = Before(tmp_path, MAY, IN_TIME).kept(*JUNE).compared(*JULY, code=0)
    assert counts(found) == (0, 1, 0, 0)


def test_a_miss_that_got_worse_is_still_the_same(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY).now(IN_TIME, *[LATE] * 9)
    assert counts(world.compared(*JULY, code=0)) == (0, 1, 0, 0)


def test_what_was_unclear_and_is_missed_now_is_new(tmp_path: Path) -> None:
    unreadable = lead("2026-06-03", "soon")
    world = Before(tmp_path, IN_TIME, unreadable)
    world.reads(unreadable="at most 90%")
    world.kept(*JULY)
    earlier = json.loads((tmp_path / "before.json").read_text("utf-8"))
    assert [one["status"] for one in earlier["outcomes"] if one["period"]["name"] == "2026-06"] == ["unclear"]
    assert counts(world.now(IN_TIME, LATE).compared(*JULY, code=1)) == (1, 0, 0, 0)


def test_what_was_missed_and_is_unclear_now_is_not_called_mended(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE)
    world.reads(unreadable="at most 90%")
    world.kept(*JULY).now(IN_TIME, lead("2026-06-03", "soon"))
    assert counts(world.compared(*JULY, code=0)) == (0, 0, 0, 1)


def test_a_miss_of_a_period_that_the_exports_hold_no_more_is_not_called_mended(tmp_path: Path) -> None:
    world = Before(tmp_path, MAY, IN_TIME).kept(*JUNE).now(IN_TIME)
    found = world.compared(*JULY, code=0)
    assert counts(found) == (0, 0, 0, 1)
    assert "mended 0 · undecided 1" in world.screen(*JULY).out
    assert "Undecided    Answer in 2026-05: target-missed" in world.screen(*JULY, "--long").out


def test_an_error_about_an_export_that_is_not_given_now_is_not_called_mended(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME)
    world.activities()
    world.kept(*JULY)
    assert counts(world.compared(*JULY, code=0)) == (0, 1, 0, 0)  # `no-rows`
    world.now(IN_TIME)
    assert counts(world.compared(*JULY, code=0)) == (0, 0, 0, 1)
    world.activities({"lead_ref": "L0", "at": "2026-06-02 10:00:00", "kind": "Call", "by": "ann"})
    assert counts(world.compared(*JULY, code=0)) == (0, 0, 1, 0)


def test_warnings_count_where_they_fail(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME).kept(*JULY)
    found = world.compared(*JULY, "--fail-on", "warning", code=0)
    assert found["since"]["fail_on"] == "warning"
    assert counts(found)[1] == len(
        {(one["rule"], one["subject"], one["period"]) for one in found["findings"] if one["severity"] == "warning"}
    )
    assert counts(found)[0] == 0


# --- waivers ----------------------------------------------------------------------------------


def waived(place: Path, *options: str, code: int) -> dict[str, Any]:
    return commands.report(*test_waivers.ARGUMENTS, *options, folder=place, code=code)


def kept(place: Path, day: str) -> None:
    ran = commands.slacli(*test_waivers.ARGUMENTS, "--as-of", day, "--format", "json", "--output", "before.json",
                          folder=place)  # fmt: skip
    assert ran.code in {0, 1}, ran.text


def test_a_waived_miss_whose_waiver_lapsed_is_new(tmp_path: Path) -> None:
    place = test_waivers.folder(tmp_path, test_waivers.waiver(until="2027-02-12"))
    kept(place, "2027-02-10")
    lasting = waived(place, "--since", "before.json", "--as-of", "2027-02-11", code=0)
    assert counts(lasting) == (0, 0, 0, 0)
    assert standing(lasting, "quality")["2027-01"] == "still"
    lapsed = waived(place, "--since", "before.json", "--as-of", "2027-02-13", code=1)
    assert counts(lapsed) == (1, 0, 0, 0)
    assert standing(lapsed, "quality")["2027-01"] == "new"


def test_a_miss_that_is_waived_by_now_is_not_mended(tmp_path: Path) -> None:
    place = test_waivers.folder(tmp_path)
    kept(place, "2027-02-10")
    (place / "contract" / "waivers.yaml").write_text(f"waivers: [{test_waivers.waiver()}]\n", "utf-8")
    assert counts(waived(place, "--since", "before.json", "--as-of", "2027-02-10", code=0)) == (0, 1, 0, 0)


# --- which miss is the same -------------------------------------------------------------------


def test_it_is_known_in_another_version_and_on_other_lines(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY)
    before = json.loads((tmp_path / "before.json").read_text("utf-8"))["contract"]["version"]
    world.patched("contract.yaml", {"version": before + 1, "amendment": "why not"})
    path = tmp_path / "contracts" / "responsibilities.yaml"
    path.write_text("# a line\n# more\n" + path.read_text("utf-8").replace("Answer", "Reply"), "utf-8")
    found = world.compared(*JULY, code=0)
    assert found["contract"]["version"] == before + 1
    assert found["since"]["version"] == before
    assert counts(found) == (0, 1, 0, 0)


def split(folder: Path, *, late: tuple[str, ...]) -> test_by_version.Line:
    """Give June in two versions, the second from the 16th on, and leads that were answered late on some days."""
    line = test_by_version.Line(folder, DUTIES)
    line.then(2, "2026-06-16")
    answers(line, late)
    return line


def answers(line: test_by_version.Line, late: tuple[str, ...]) -> None:
    days = ("2026-06-02", "2026-06-03", "2026-06-18", "2026-06-19")
    line.world.files.clear()
    line.world.leads(*[lead(day, "" if day in late else None) for day in days])


def before(line: test_by_version.Line, *options: str) -> None:
    ran = commands.slacli("check", *line.world.files, *options, *JULY, "--format", "json", "--output", "before.json",
                          folder=line.world.folder)  # fmt: skip
    assert ran.code in {0, 1}, ran.text


def test_a_part_of_a_period_is_compared_with_the_same_part(tmp_path: Path) -> None:
    line = split(tmp_path, late=("2026-06-02",))
    before(line, "--by-version")
    answers(line, ("2026-06-02", "2026-06-18"))
    found = line.report("--since", "before.json", *JULY)
    assert {one["version"]: one["standing"] for one in found["outcomes"] if one["status"] == "missed"} == {
        1: "still",
        2: "new",
    }
    assert counts(found) == (1, 1, 0, 0)


def test_parts_are_compared_with_a_period_that_was_judged_whole(tmp_path: Path) -> None:
    line = split(tmp_path, late=("2026-06-02", "2026-06-18"))
    before(line, "--draft")
    assert counts(line.report("--since", "before.json", *JULY)) == (0, 2, 0, 0)
    answers(line, ())
    assert counts(line.report("--since", "before.json", *JULY)) == (0, 0, 1, 0)


def test_a_period_judged_whole_is_compared_with_its_parts(tmp_path: Path) -> None:
    line = split(tmp_path, late=("2026-06-18",))
    before(line, "--by-version")
    found = commands.report("check", *line.world.files, "--draft", "--since", "before.json", *JULY,
                            folder=line.world.folder, code=0)  # fmt: skip
    assert counts(found) == (0, 1, 0, 0)


def test_a_renumbered_part_is_compared_with_the_part_that_is_gone(tmp_path: Path) -> None:
    line = split(tmp_path, late=("2026-06-02",))
    before(line, "--by-version")
    path = line.world.folder / "before.json"
    path.write_text(path.read_text("utf-8").replace("2026-06@2", "2026-06@7").replace('"version": 2', '"version": 7'))
    answers(line, ("2026-06-02", "2026-06-18"))
    assert counts(line.report("--since", "before.json", *JULY)) == (1, 1, 0, 0)


def test_which_periods_are_judged_does_not_make_a_miss_new(tmp_path: Path) -> None:
    world = Before(tmp_path, MAY, IN_TIME, LATE).kept(*JULY)
    assert counts(world.compared(*JULY, "--judge", "all", code=0)) == (0, 2, 0, 0)
    assert counts(world.compared(*JULY, "--judge", "2026-05", code=0)) == (0, 2, 0, 0)


# --- how it is told ---------------------------------------------------------------------------


def both(folder: Path) -> Before:
    return Before(folder, MAY, IN_TIME, LATE).kept(*JUNE)


def test_the_screen_of_new_and_still(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    ran = both(tmp_path).screen(*JULY, "--judge", "all")
    assert ran.code == 1
    file_regression.check(ran.out, encoding="utf-8")


def test_quietly_it_shows_what_fails_and_counts_the_rest(
    tmp_path: Path, file_regression: FileRegressionFixture
) -> None:
    ran = both(tmp_path).screen(*JULY, "--judge", "all", "--quiet")
    assert ran.code == 1
    file_regression.check(ran.out, encoding="utf-8")


def test_what_stands_in_json(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    found = Before(tmp_path, MAY, IN_TIME, LATE).kept(*JUNE).now(IN_TIME, LATE).compared(*JULY, code=1)
    file_regression.check(json.dumps(found["since"], indent=2) + "\n", extension=".json", encoding="utf-8")


def test_without_it_nothing_is_new_or_still(tmp_path: Path) -> None:
    found = commands.report("check", *Before(tmp_path, LATE).files, *JULY, folder=tmp_path)
    assert found["since"] is None
    assert {one["standing"] for one in (*found["findings"], *found["outcomes"])} == {None}


def test_rows_to_load_back_are_the_same_and_the_exit_code_is_of_what_is_new(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY)
    rows = ("--list", "answer", "--format", "csv", *JULY)
    alone, compared = world.ran(*rows), world.screen(*rows)
    assert (alone.code, compared.code) == (1, 0)
    assert alone.out == compared.out != ""


def test_the_export_may_come_by_standard_input(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY)
    found = commands.report("check", "lead=-", "--since", "before.json", *JULY, folder=tmp_path, code=0,
                            stdin=(tmp_path / world.files[0]).read_bytes())  # fmt: skip
    assert counts(found) == (0, 1, 0, 0)


def test_the_report_may_take_the_place_of_the_one_it_is_compared_with(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME).kept(*JULY).now(IN_TIME, LATE)
    again = ("--since", "before.json", *JULY, "--format", "json", "--output", "before.json")
    assert [world.ran(*again).code for _ in range(2)] == [1, 0]


# --- what is no earlier report ----------------------------------------------------------------

WHOLE = json.dumps({"format": "slacli-report/1", "command": "check"})


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is not JSON"),
        (b"lead_id,case\n1,2\n", "is not JSON"),
        (b"\xff\xfe{\x00}\x00", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b'{"format": ' + b"9" * 10_000 + b"}", "is not JSON"),
        (b"[]", "is no report"),
        (b"null", "is no report"),
        (b"{}", "is no report"),
        (b'{"format": "slacli-diff/1"}', "is of the format `slacli-diff/1`, and `--since` reads `slacli-report/1`"),
        (b'{"format": "slacli-report/2"}', "is of the format `slacli-report/2`"),
        (b'{"format": "slacli-report/1", "command": "validate"}', "is a report of `slacli validate`, not of"),
        (b'{"format": "slacli-report/1", "command": ["x"]}', "is a report of `slacli ['x']`, not of"),
        (WHOLE.encode(), "something in it is missing or wrong"),
    ],
)
def test_what_is_no_report_of_a_check_is_refused(content: bytes, what: str, tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME)
    (tmp_path / "before.json").write_bytes(content)
    ran = world.screen(*JULY)
    assert ran.code == 2
    assert what in ran.err
    assert "help: make one with `slacli check ... --format json --output report.json`" in ran.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("contract", None), ("contract", {"id": "clocks", "version": "3"}), ("contract", {"version": 3}),
        ("findings", None), ("findings", [1]), ("findings", [{"rule": "target-missed"}]), ("findings", {"a": 1}),
        ("outcomes", [{"duty": 1}]), ("outcomes", "x"), ("goals", None), ("reviews", 3), ("files", [{}]),
        ("as_of", {"at": "yesterday"}), ("as_of", {"at": 5}), ("as_of", {"at": "0001-01-01T00:00:00+00:00"}),
        ("as_of", {"at": "2026-07-10T00:00:00"}),
    ],
)  # fmt: skip
def test_a_report_that_somebody_changed_is_refused(key: str, value: object, tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME, LATE).kept(*JULY)
    path = tmp_path / "before.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), key: value}), "utf-8")
    ran = world.screen(*JULY)
    assert ran.code == 2
    assert "`before.json` is not as slacli writes a report" in ran.err


def test_a_report_of_another_agreement_is_refused(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME).kept(*JULY)
    world.patched("contract.yaml", {"id": "another"})
    ran = world.screen(*JULY)
    assert ran.code == 2
    assert "`before.json` is a report of the agreement `clocks`, and this is `another`" in ran.err


def test_a_report_that_is_not_there_is_refused_before_anything_is_judged(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME)
    ran = world.screen(*JULY, "--rows", "rows.csv")
    assert ran.code == 2
    assert "`before.json` cannot be read: no such file or directory" in ran.err
    assert not (tmp_path / "rows.csv").exists()


def test_a_report_that_is_too_large_is_refused(tmp_path: Path) -> None:
    world = Before(tmp_path, IN_TIME)
    with (tmp_path / "before.json").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    ran = world.screen(*JULY)
    assert ran.code == 2
    assert "`before.json` is larger than 64 MB" in ran.err
