"""Findings that the side that is owed accepts for a time: they stay what they are, and fail no build."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import commands
import exports
import pytest
import samples
from jsonschema import Draft202012Validator

from slacli.core.text import parse
from slacli.findings import Finding, Report, Severity

LEADS = exports.text(
    ["Lead ID", "Lead Status", "Company", "Lead Source", "Region", "Annual Budget", "Decision Role", "Create Date",
     "MQL Date", "Accepted Date"],
    [["1", "MQL", "A", "Web", "AMER", "25000", "VP", "01/05/2027", "01/05/2027", "01/05/2027"],
     ["2", "MQL", "B", "Web", "AMER", "500", "VP", "01/06/2027", "01/06/2027", "01/06/2027"]],
)  # fmt: skip
TWO_KEYS = LEADS + LEADS.splitlines(keepends=True)[2].replace(b",500,", b",900,")

MET = "covers: lead, must: company is not blank, dated: created_at, target: 10% per month"
AGREED = """
parties:
  sdr: {title: Sales Development, part_of: sales}
  ae: {title: Account Executives, part_of: sales}
  agency: {title: An agency}
sign_off: {partner: {title: Agency lead, for: agency}}
responsibilities:
  volume: null
  first_touch: null
  quality: {owed_to: sales}
  named: {owed_by: sales, owed_to: agency, ...}
  known: {owed_by: agency, owed_to: marketing, ...}
  sourced: {owed_by: marketing, owed_to: sales, ...}
bindings: {leads: {reads: {fresh: 900 days, holds: {by: created_at, since: 2027-01-01}}}}
""".replace("...", MET)
QUALITY = Finding("target-missed", Severity.ERROR, "", subject="quality", period="2027-01").fingerprint
TWO_DUTIES = AGREED.replace("  volume: null\n", "")


def waiver(finding: str = QUALITY, by: str = "sales", until: str = "2027-02-28") -> str:
    return f'{{finding: "{finding}", granted_by: {by}, because: The form was broken., until: {until}}}'


def folder(place: Path, *waivers: str, sample: str = AGREED, leads: bytes = LEADS) -> Path:
    """Write the small contract with waivers, and an export of leads beside it."""
    listed = f"waivers: [{', '.join(waivers)}]\n" if waivers else ""
    exports.loaded(place, sample + listed)
    (place / "leads.csv").write_bytes(leads)
    return place


ARGUMENTS = ("check", "leads.csv", "--contract", "contract")


def told(place: Path, *options: str, as_of: str = "2027-02-10", code: int | None = None) -> dict[str, Any]:
    return commands.report(*ARGUMENTS, *options, "--as-of", as_of, folder=place, code=code)


def text(place: Path, *options: str, as_of: str = "2027-02-10") -> str:
    ran = commands.slacli(*ARGUMENTS, *options, "--as-of", as_of, folder=place)
    assert ran.code != 2, ran.text
    return ran.out


def finding(report: dict[str, Any], rule: str, subject: str = "") -> dict[str, Any]:
    (found,) = [one for one in report["findings"] if one["rule"] == rule and one["subject"].startswith(subject)]
    return dict(found)


def rules(report: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in report["findings"] if one["rule"].startswith("waiver-")]


WAIVED = {"by": "sales", "because": "The form was broken.", "until": "2027-02-28"}


# --- what a waiver does -----------------------------------------------------------------------


def test_what_is_waived_fails_no_build_and_is_still_missed(tmp_path: Path) -> None:
    before = told(folder(tmp_path), code=1)
    assert finding(before, "target-missed")["fingerprint"] == QUALITY
    assert finding(before, "target-missed")["waived"] is None
    after = told(folder(tmp_path, waiver()), code=0)
    found = finding(after, "target-missed")
    assert (found["severity"], found["waived"]) == ("error", WAIVED)
    assert found["owed"] == {"by": ["marketing"], "to": "sales"}
    (outcome,) = [one for one in after["outcomes"] if one["judged"] and one["duty"] == "quality"]
    assert (outcome["status"], outcome["waived"], outcome["counts"]["missed"]) == ("missed", WAIVED, 1)
    summary = after["summary"]
    assert (summary["verdict"], summary["judged"]) == ("waived", {"missed": 1, "met": 3})
    assert summary["waived"] == ["quality"]
    assert [one["duties"] for one in summary["missed"]] == [["quality"]]
    assert rules(after) == []


def test_a_waiver_changes_no_figure_and_hides_no_finding(tmp_path: Path) -> None:
    def without(report: dict[str, Any]) -> Any:
        outcomes = [{**one, "waived": None} for one in report["outcomes"]]
        return outcomes, [{**one, "waived": None} for one in report["findings"]], report["terms"], report["files"]

    assert without(told(folder(tmp_path / "a"))) == without(told(folder(tmp_path / "b", waiver())))


def test_every_text_says_that_it_is_missed_and_waived_by_whom_why_and_until_when(tmp_path: Path) -> None:
    place = folder(tmp_path, waiver())
    for options in ((), ("--long",), ("--quiet",)):
        said = text(place, *options)
        assert said.startswith("WAIVED in January 2027: 1 of 4 duties missed, waived · Marketing 1"), said
        assert "error[target-missed], waived: missed in January 2027" in said
        assert "= waived by Sales until 2027-02-28: The form was broken." in said
    assert "MISSED, waived" in text(place)


def test_a_miss_that_nobody_waived_still_breaks_the_agreement(tmp_path: Path) -> None:
    place = folder(tmp_path, waiver(), sample=TWO_DUTIES)
    assert told(place, code=1)["summary"]["verdict"] == "broken"
    assert text(place).startswith("BROKEN in January 2027: 2 of 5 duties missed · 1 of them waived · Marketing 2")


def test_a_duty_is_waived_where_each_of_its_misses_is(tmp_path: Path) -> None:
    later = LEADS.splitlines(keepends=True)[1:]
    leads = LEADS + b"".join(row.replace(b"01/0", b"02/0").replace(b",MQL", b"x,MQL", 1) for row in later)
    other = Finding("target-missed", Severity.ERROR, "", subject="quality", period="2027-02").fingerprint
    listed = [waiver(until="2027-12-31"), waiver(other, until="2027-12-31")]
    one, both = (folder(tmp_path / str(many), *listed[:many], leads=leads) for many in (1, 2))
    assert told(one, "--judge", "all", as_of="2027-02-20", code=0)["summary"]["verdict"] == "waived"
    assert told(one, "--judge", "all", as_of="2027-03-10", code=1)["summary"]["verdict"] == "broken"
    assert told(both, "--judge", "all", as_of="2027-03-10", code=0)["summary"]["verdict"] == "waived"


def test_a_miss_stays_waived_when_a_later_run_judges_another_period(tmp_path: Path) -> None:
    place = folder(tmp_path, waiver(until="2027-12-31"))
    later = told(place, as_of="2027-03-10")
    assert finding(later, "older-miss")["waived"] == {**WAIVED, "until": "2027-12-31"}
    assert rules(later) == []
    named_later = finding(later, "older-miss")["fingerprint"]
    assert named_later != QUALITY
    back = told(folder(tmp_path / "b", waiver(named_later)), code=0)
    assert finding(back, "target-missed")["waived"] == WAIVED


# --- until when -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "accepted"),
    [
        ("2027-02-27", True),
        ("2027-02-28", True),
        ("2027-02-28T23:59:59", True),
        ("2027-03-01T04:59Z", True),
        ("2027-03-01T05:01Z", False),
        ("2027-03-01T00:01", False),
        ("2027-03-01T01:00+09:00", True),
        ("2027-03-01", False),
    ],
)
def test_it_lasts_to_the_end_of_its_day_where_the_agreement_is(as_of: str, accepted: bool, tmp_path: Path) -> None:
    found = told(folder(tmp_path, waiver()), "--judge", "2027-01", as_of=as_of, code=0 if accepted else 1)
    assert rules(found) == ([] if accepted else ["waiver-lapsed"])
    assert (finding(found, "target-missed")["waived"] is not None) is accepted


@pytest.mark.parametrize(("until", "accepted"), [("2027-02-10", True), ("2027-02-09", False)])
def test_without_a_day_the_latest_time_of_the_exports_says_when_it_is(
    until: str, accepted: bool, tmp_path: Path
) -> None:
    newer = LEADS + b"3,New,C,Web,AMER,1,VP,02/03/2027,,\n4,New,D,Web,AMER,1,VP,02/10/2027,,\n"
    place = folder(tmp_path, waiver(until=until), leads=newer)
    found = commands.report(*ARGUMENTS, folder=place, code=0 if accepted else 1)
    assert found["as_of"]["from"] == "latest time"
    assert rules(found) == ([] if accepted else ["waiver-lapsed"])


def test_one_that_lapsed_is_a_note_for_who_granted_it_and_stands_beside_the_miss(tmp_path: Path) -> None:
    place = folder(tmp_path, waiver(until="2027-02-09"))
    found = told(place, code=1)
    lapsed = finding(found, "waiver-lapsed")
    assert (lapsed["severity"], lapsed["addressed_to"]) == ("note", "sales")
    assert lapsed["contract"]["file"].endswith("waivers.yaml")
    assert [one["says"] for one in finding(found, "target-missed")["related"]] == [
        "waived until 2027-02-09, which is over"
    ]
    assert found["summary"]["verdict"] == "broken"
    assert "waived until 2027-02-09, which is over" in text(place)
    assert "= for: Sales" in text(place, "--long")


def test_one_that_names_nothing_is_a_note_for_who_granted_it(tmp_path: Path) -> None:
    found = told(folder(tmp_path, waiver(), waiver("123456789012", by="agency")), code=0)
    unused = finding(found, "waiver-unused")
    assert (unused["severity"], unused["addressed_to"]) == ("note", "agency")
    over = told(folder(tmp_path, waiver(), waiver("123456789012", until="2027-01-31")), code=0)
    assert rules(over) == ["waiver-lapsed"]
    assert "no such finding" in finding(over, "waiver-lapsed")["help"]


def test_what_is_said_of_a_waiver_fails_nobody(tmp_path: Path) -> None:
    kept = LEADS.replace(b",500,", b",50000,")
    listed = [waiver(), waiver("123456789012", until="2027-01-31")]
    found = told(folder(tmp_path, *listed, leads=kept), code=0)
    assert sorted(rules(found)) == ["waiver-lapsed", "waiver-unused"]
    assert found["summary"]["verdict"] == "kept"
    own = exports.loaded(tmp_path / "b", f"{AGREED}waivers: [{', '.join(listed)}, {waiver('0' * 12, 'agency')}]\n")
    said = [one for one in exports.check(tmp_path, own, {"leads": kept}).findings if one.rule.startswith("waiver-")]
    assert len(said) == 3
    assert Report("check", tuple(said)).worst() is None


# --- who may grant it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owed_by", "owed_to", "by", "counts"),
    [
        ("marketing", "sales", "sales", True),
        ("marketing", "sales", "sdr", True),
        ("marketing", "sdr", "sales", True),
        ("marketing", "sdr", "ae", False),
        ("marketing", "sales", "marketing", False),
        ("marketing", "sales", "agency", False),
        ("sdr", "ae", "ae", True),
        ("sdr", "ae", "sdr", False),
        ("sdr", "ae", "sales", False),
    ],
)
def test_only_the_side_that_is_owed_may_grant_it(
    owed_by: str, owed_to: str, by: str, counts: bool, tmp_path: Path
) -> None:
    parties = f"quality: {{owed_by: {owed_by}, owed_to: {owed_to}}}"
    sample = AGREED.replace("quality: {owed_to: sales}", parties)
    found = told(folder(tmp_path, waiver(by=by), sample=sample), code=0 if counts else 1)
    assert (finding(found, "target-missed")["waived"] is not None) is counts
    assert rules(found) == ([] if counts else ["waiver-refused"])
    if not counts:
        refused = finding(found, "waiver-refused")
        assert (refused["severity"], refused["addressed_to"]) == ("warning", by)
        assert "is not the side that is owed" in refused["message"]


def test_a_party_that_the_agreement_does_not_know_is_an_error_of_the_contract() -> None:
    read = parse.parse(samples.merged(f"waivers: [{waiver(by='nobody')}]"))
    assert [one.rule for one in read.findings if one.severity is Severity.ERROR] == ["undefined-reference"]


# --- what cannot be waived --------------------------------------------------------------------


def test_contradictory_keys_cannot_be_waived(tmp_path: Path) -> None:
    place = folder(tmp_path / "a", leads=TWO_KEYS)
    name = finding(told(place, code=1), "contradictory-keys")["fingerprint"]
    found = told(folder(tmp_path / "b", waiver(name), waiver(), leads=TWO_KEYS), code=1)
    kept = finding(found, "contradictory-keys")
    assert (kept["severity"], kept["waived"], kept["owed"]) == ("error", None, None)
    assert "which nobody can waive" in finding(found, "waiver-refused")["message"]


def test_what_could_not_run_cannot_be_waived(tmp_path: Path) -> None:
    place = folder(tmp_path / "a")
    name = finding(told(place, code=1), "not-checked", "loss_reasons")["fingerprint"]
    waived = folder(tmp_path / "b", waiver(name), waiver())
    assert finding(told(waived, code=0), "not-checked", "loss_reasons")["waived"] is None
    assert commands.slacli(*ARGUMENTS, "--all", "--as-of", "2027-02-10", folder=waived).code == 2


def test_the_report_that_fails_knows_what_is_waived_and_for_whom_a_finding_is() -> None:
    missed = Finding("target-missed", Severity.ERROR, "missed")
    assert Report("check", (missed,)).worst() is Severity.ERROR
    assert Report("check", (replace(missed, addressed_to="sales"),)).worst() is None


# --- lifecycles and deliverables --------------------------------------------------------------

FOLLOWS = AGREED.replace("  quality: {owed_to: sales}\n", """\
  kept: {owed_by: sales, owed_to: marketing, covers: lead, follows: lead, dated: created_at, target: 10% per month}
""")  # fmt: skip
UNDATED = LEADS.replace(b"2,MQL", b"2,SAL").replace(b"01/06/2027\n", b"\n")


@pytest.mark.parametrize(("by", "counts"), [("marketing", True), ("agency", True), ("sdr", False), ("sales", False)])
def test_a_broken_lifecycle_is_waived_by_another_side_than_the_owner_of_the_stage(
    by: str, counts: bool, tmp_path: Path
) -> None:
    place = folder(tmp_path / "a", sample=FOLLOWS, leads=UNDATED)
    before = finding(told(place), "missing-fact")
    assert before["owed"] == {"by": ["sales"], "to": None}
    found = told(folder(tmp_path / "b", waiver(before["fingerprint"], by), sample=FOLLOWS, leads=UNDATED))
    assert (finding(found, "missing-fact")["waived"] is not None) is counts
    assert rules(found) == ([] if counts else ["waiver-refused"])


def test_a_waived_warning_does_not_fail_where_warnings_do(tmp_path: Path) -> None:
    place = folder(tmp_path, sample=FOLLOWS, leads=UNDATED)
    name = finding(told(place), "missing-fact")["fingerprint"]
    own = exports.loaded(tmp_path / "b", f"{FOLLOWS}waivers: [{waiver(name, 'marketing', '2028-01-01')}]\n")
    report = exports.check(tmp_path, own, {"leads": UNDATED})
    (broken,) = exports.found(report, "missing-fact")
    assert broken.waived is not None
    assert Report("check", (broken,)).worst() is None
    assert Report("check", (replace(broken, waived=None),)).worst() is Severity.WARNING


def test_a_deliverable_that_never_came_can_be_waived(tmp_path: Path) -> None:
    brief = "brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, by: 1st day, artefact: A brief}}"
    sample = AGREED.replace("quality: {owed_to: sales}", brief) + "delivered: []\n"
    name = Finding("target-missed", Severity.ERROR, "", subject="brief", period="FY27-Q1").fingerprint
    found = told(folder(tmp_path, waiver(name), waiver(), sample=sample), code=0)
    (outcome,) = [one for one in found["outcomes"] if one["judged"] and one["duty"] == "brief"]
    assert (outcome["status"], outcome["waived"]) == ("missed", WAIVED)


# --- how people find what to write ------------------------------------------------------------


def test_the_fingerprint_to_write_stands_in_the_long_text_and_in_the_json(tmp_path: Path) -> None:
    place = folder(tmp_path)
    assert f"= fingerprint: {QUALITY}" in text(place, "--long")
    assert QUALITY not in text(place)
    assert finding(told(place), "target-missed")["fingerprint"] == QUALITY


def test_what_is_beside_the_agreement_is_named_in_the_report_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    def contract(place: Path) -> Any:
        found = told(place)["contract"]
        shown = text(place, "--long")
        assert all(f"{one['name']} sha256:{one['sha256']}" in shown for one in found["data_files"])
        return found

    place = folder(tmp_path)
    before = contract(place)
    assert before["data_files"] == []
    texts = {
        "evidence.yaml": b"# nothing yet\r\ndelivered: []\r\n",
        "disputes.yaml": b"disputes: []\n",
        "waivers.yaml": f"waivers: [{waiver()}]\n".encode(),
    }
    for name, content in texts.items():
        (place / "contract" / name).write_bytes(content)
    after = contract(place)
    assert after["data_files"] == [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in texts.items()
    ]
    assert after["digest"] == before["digest"]


def test_waivers_are_no_part_of_what_is_signed() -> None:
    def digest(*waivers: str) -> str:
        contract = parse.parse(samples.merged(f"waivers: [{', '.join(waivers)}]")).contract
        assert contract is not None
        return contract.digest

    assert digest(waiver()) == digest()


def test_a_waiver_is_read_as_it_is_written() -> None:
    contract = parse.parse(samples.merged(f"waivers: [{waiver()}]")).contract
    assert contract is not None
    (read,) = contract.waivers
    assert (read.finding, read.granted_by, read.because) == (QUALITY, "sales", "The form was broken.")
    assert (read.until, read.at.file) == (date(2027, 2, 28), "waivers.yaml")


# --- a change ---------------------------------------------------------------------------------


CLOCK = """
responsibilities:
  first_touch: {clock: {within: HOURS business hours}}
"""


def compared(
    place: Path, hours: tuple[int, int], *waivers: str, day: str | None = "2027-02-10", code: int = 0, more: str = ""
) -> dict[str, Any]:
    """Compare two folders that differ in the hours of a clock, the newer one with waivers, in every format."""
    for name, number in zip(("old", "new"), hours, strict=True):
        listed = f"changes: [{', '.join(waivers)}]\n" if name == "new" and waivers else ""
        exports.loaded(place / name, CLOCK.replace("HOURS", str(number)) + (more if name == "new" else "") + listed)
    command = ("diff", "./old/contract", "--contract", "new/contract", "--fail-on", "material")
    command = (*command, "--as-of", day) if day is not None else command
    ran = commands.slacli(*command, "--format", "json", folder=place)
    assert ran.code == code, ran.text
    schema = json.loads(resources.files("slacli.schemas").joinpath("diff.schema.json").read_text("utf-8"))
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(schema).validate(found)
    for form in ("terminal", "markdown"):
        said = " ".join(commands.slacli(*command, "--long", "--format", form, folder=place).out.split())
        for one in found["changes"]:
            assert (one["name"] in said) == bool(one["takes_from"])
            assert all(f"until {waived['until']}: {waived['because']}" in said for waived in one["waived"])
        assert all(one["rule"] in said for one in found["findings"])
        assert form == "markdown" or all(one["message"] in said for one in found["findings"])
    return found


def accepts(name: str, by: str = "sales", until: str = "2027-02-28") -> str:
    return f'{{change: "{name}", granted_by: {by}, because: A new team., until: {until}}}'


def test_a_change_is_waived_by_the_side_that_owes_more_until_its_day_is_over(tmp_path: Path) -> None:
    before = compared(tmp_path / "a", (8, 4), code=1)
    (change,) = before["changes"]
    assert (change["takes_from"], change["is_waived"], change["waived"]) == (["sales"], False, [])
    name = change["name"]
    after = compared(tmp_path / "b", (8, 4), accepts(name))
    (waived,) = after["changes"]
    assert (waived["name"], waived["is_waived"]) == (name, True)
    assert waived["waived"] == [{"by": "sales", "because": "A new team.", "until": "2027-02-28"}]
    assert (after["summary"], after["findings"]) == (before["summary"], [])
    assert compared(tmp_path / "c", (8, 4), accepts(name), day="2027-02-28")["changes"][0]["is_waived"]
    lapsed = compared(tmp_path / "d", (8, 4), accepts(name), day="2027-03-01", code=1)
    assert [(one["rule"], one["addressed_to"]) for one in lapsed["findings"]] == [("waiver-lapsed", "sales")]


def test_a_waiver_of_one_edit_covers_no_other_of_the_same_thing(tmp_path: Path) -> None:
    (first,) = compared(tmp_path / "a", (8, 4), code=1)["changes"]
    again = compared(tmp_path / "b", (4, 1), accepts(first["name"]), code=1)
    (second,) = again["changes"]
    assert second["fingerprint"] == first["fingerprint"]
    assert second["name"] != first["name"]
    assert [one["rule"] for one in again["findings"]] == ["waiver-unused"]


@pytest.mark.parametrize("by", ["marketing"])
def test_who_gains_by_a_change_cannot_waive_it(by: str, tmp_path: Path) -> None:
    (change,) = compared(tmp_path / "a", (8, 4), code=1)["changes"]
    found = compared(tmp_path / "b", (8, 4), accepts(change["name"], by), code=1)
    assert found["changes"][0]["waived"] == []
    (refused,) = found["findings"]
    assert (refused["rule"], refused["addressed_to"], refused["help"]) == ("waiver-refused", by, "let Sales grant it")


def test_who_is_owed_less_waives_more_time(tmp_path: Path) -> None:
    (change,) = compared(tmp_path / "a", (4, 8), code=1)["changes"]
    assert change["takes_from"] == ["marketing"]
    assert compared(tmp_path / "b", (4, 8), accepts(change["name"], "marketing"))["changes"][0]["is_waived"]
    assert not compared(tmp_path / "c", (4, 8), accepts(change["name"]), code=1)["changes"][0]["is_waived"]


def test_a_change_that_takes_from_both_sides_is_waived_by_both(tmp_path: Path) -> None:
    def with_day(place: Path, *waivers: str, code: int) -> dict[str, Any]:
        text = CLOCK.replace("HOURS business hours", "1 business day")
        exports.loaded(place / "old", CLOCK.replace("HOURS", "8"))
        exports.loaded(place / "new", text + (f"changes: [{', '.join(waivers)}]\n" if waivers else ""))
        ran = commands.slacli("diff", "./old/contract", "--contract", "new/contract", "--fail-on", "material",
                              "--as-of", "2027-02-10", "--format", "json", folder=place)  # fmt: skip
        assert ran.code == code, ran.text
        (change,) = json.loads(ran.out)["changes"]
        return dict(change)

    change = with_day(tmp_path / "a", code=1)
    assert set(change["takes_from"]) == {"sales", "marketing"}
    one = with_day(tmp_path / "b", accepts(change["name"]), code=1)
    assert ([waived["by"] for waived in one["waived"]], one["is_waived"]) == (["sales"], False)
    two = with_day(tmp_path / "c", accepts(change["name"]), accepts(change["name"], "marketing"), code=0)
    assert two["is_waived"]
    shown = commands.slacli("diff", "./old/contract", "--contract", "new/contract", "--as-of", "2027-02-10",
                            folder=tmp_path / "b").out  # fmt: skip
    assert "not waived by Marketing, and so it still counts" in " ".join(shown.split())


def test_without_a_day_no_waiver_of_a_change_counts(tmp_path: Path) -> None:
    (change,) = compared(tmp_path / "a", (8, 4), code=1)["changes"]
    found = compared(tmp_path / "b", (8, 4), accepts(change["name"]), day=None, code=1)
    assert [(one["rule"], one["help"]) for one in found["findings"]] == [
        ("waiver-unused", "give the day with `--as-of`")
    ]


def test_a_wrong_number_is_waived_by_nobody_and_a_first_day_takes_from_nobody(tmp_path: Path) -> None:
    moved = "effective: 2027-02-01\n"
    before = compared(tmp_path / "a", (8, 8), more=moved, code=1)
    (change,) = before["changes"]
    assert (change["rule"], change["takes_from"]) == ("effective-changed", [])


def test_a_check_calls_no_waiver_of_a_change_unused_and_no_digest_moves(tmp_path: Path) -> None:
    place = folder(tmp_path, sample=AGREED + f"changes: [{accepts('b0c41f7a9d25')}]\n")
    assert rules(told(place, code=1)) == []
    plain = parse.parse(samples.merged("")).contract
    waived = parse.parse(samples.merged(f"changes: [{accepts('b0c41f7a9d25')}]\n")).contract
    assert plain is not None
    assert waived is not None
    assert plain.digest == waived.digest


def test_one_change_may_be_waived_by_two_sides_and_by_none_of_them_twice() -> None:
    def errors(*by: str) -> list[str]:
        listed = ", ".join(accepts("b0c41f7a9d25", one) for one in by)
        return [one.rule for one in parse.parse(samples.merged(f"changes: [{listed}]")).findings]

    assert errors("sales", "marketing") == []
    assert errors("sales", "sales") == ["waived-twice"]
