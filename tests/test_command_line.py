"""The command line as programs and terminals meet it: exit codes, streams, colours, pipes, and files whole or not."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest
from commands import read_to_its_end, report, slacli

from slacli import __version__
from slacli.cli import COMMANDS, program

HERE = Path(__file__).parent
ROOT = HERE.parent
BROKEN = HERE / "cases" / "check" / "broken" / "data"
MODULE = (sys.executable, "-m", "slacli")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a contract, and an export by which it is broken."""
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    shutil.copytree(BROKEN, tmp_path, dirs_exist_ok=True)
    return tmp_path


def process(
    work: Path,
    *arguments: str,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    encoding: str = "utf-8",
) -> tuple[int, str, str]:
    settings = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "CI", "NO_COLOR"}}
    ran = subprocess.run(
        [*MODULE, *arguments], cwd=work, input=stdin, capture_output=True, check=False, env=settings | (env or {})
    )
    return ran.returncode, ran.stdout.decode(encoding), ran.stderr.decode(encoding)


def on_terminal(work: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Give what a terminal of 90 columns receives."""
    ours, theirs = pty.openpty()
    settings = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    ran = subprocess.Popen(
        [*MODULE, *arguments], cwd=work, stdout=theirs, env=settings | {"COLUMNS": "90", "TERM": "xterm"} | (env or {})
    )
    os.close(theirs)
    told = read_to_its_end(ours)
    assert ran.wait() in {0, 1}
    return told.decode().replace("\r\n", "\n")


# --- processes --------------------------------------------------------------------------------


def test_a_process_says_by_its_exit_code_what_it_says_in_words(work: Path) -> None:
    inside = slacli("check", "leads.csv", folder=work)
    assert process(work, "check", "leads.csv") == (1, inside.out, "")
    code, out, err = process(work, "check", "nowhere.csv")
    assert (code, out, err.splitlines()[0]) == (2, "", "could not run: there is no file `nowhere.csv`")
    assert process(work, "validate")[0] == 0


def test_a_process_that_leaves_at_once_has_said_everything_and_left_nothing(work: Path, tmp_path: Path) -> None:
    (entry,) = (one for one in metadata.entry_points(group="console_scripts") if one.name == "slacli")
    assert entry.load() is program
    own = tmp_path / "own"
    own.mkdir()
    arguments = ("check", "leads.csv", "--format", "json", "--rows", "rows.csv")
    code, out, err = process(work, *arguments, env={"TMPDIR": str(own)})
    assert (code, out, err) == (1, slacli(*arguments, folder=work).out, "")
    assert list(own.iterdir()) == []
    # More than a pipe holds at once, and its reader takes its time.
    exports = sorted(str(path) for path in (ROOT / "examples" / "exports").glob("*.csv"))
    inside = slacli("check", *exports, "--format", "json", folder=ROOT)
    assert len(inside.out) > 2**16
    command = [*MODULE, "check", *exports, "--format", "json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as slow:
        assert slow.stdout is not None
        time.sleep(3)
        assert slow.stdout.read().decode() == inside.out
    assert slow.returncode == inside.code


def test_debug_says_where_and_how_long_and_changes_no_exit_code(work: Path) -> None:
    code, out, err = process(work, "check", "nowhere.csv", "--debug")
    assert (code, out) == (2, "")
    assert re.search(r'File ".*slacli/adapters/sources/', err)
    assert err.splitlines()[-2] == "could not run: there is no file `nowhere.csv`"
    code, _, err = process(work, "check", "leads.csv", "--debug")
    assert code == 1
    assert re.fullmatch(r"(time: [a-z ]+ \d+\.\d{3} s\n)+", err)


def test_an_export_can_be_piped_in(work: Path) -> None:
    code, out, err = process(work, "check", "lead=-", "-q", stdin=(work / "leads.csv").read_bytes())
    assert (code, out.splitlines()[0], err) == (1, slacli("check", "leads.csv", folder=work).out.splitlines()[0], "")


def test_a_reader_that_has_seen_enough_changes_no_exit_code(work: Path) -> None:
    ran = subprocess.Popen([*MODULE, "check", "leads.csv", "--format", "json"], cwd=work, stdout=subprocess.PIPE)
    assert ran.stdout is not None
    ran.stdout.close()
    assert ran.wait() == 1


def test_a_narrow_encoding_is_no_fault(work: Path) -> None:
    cover = work / "contracts" / "contract.yaml"
    text = cover.read_text(encoding="utf-8")
    cover.write_text(text.replace("title: A small", "title: 小さな"), encoding="utf-8")
    code, out, err = process(work, "check", "leads.csv", env={"PYTHONIOENCODING": "cp1252"}, encoding="cp1252")
    assert (code, err) == (1, "")
    assert r"\u5c0f\u3055\u306a agreement" in out


def test_a_terminal_sees_colours_unless_somebody_minds(work: Path) -> None:
    coloured = on_terminal(work, "check", "leads.csv")
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert on_terminal(work, "check", "leads.csv", "--no-color") == plain
    assert on_terminal(work, "check", "leads.csv", env={"NO_COLOR": "1"}) == plain
    assert max(map(len, plain.splitlines())) <= 90


# --- what every command can -------------------------------------------------------------------


def test_the_version_is_told() -> None:
    assert slacli("--version").out == f"slacli {__version__}\n"


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(command: str, option: str) -> None:
    ran = slacli(*filter(None, [command, option]))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: slacli{' ' * bool(command)}{command} ")
    for name in [] if command else COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", ran.out, re.MULTILINE)


def test_every_rule_is_listed_and_has_its_page() -> None:
    names = re.findall(r"^([a-z][a-z0-9-]*) +(?:error|warning|note) ", slacli("rules").out, re.MULTILINE)
    assert len(names) > 100
    assert names == sorted(names)
    for name in names:
        ran = slacli("rule", name)
        assert (ran.code, ran.err) == (0, "")
        assert re.match(rf"{name} \((error|warning|note)\)\n\n[A-Z]", ran.out)


def test_a_contract_is_found_from_any_folder_below_and_by_its_name(work: Path) -> None:
    below = work / "a" / "b"
    below.mkdir(parents=True)
    assert slacli("validate", folder=below).out.startswith("../../contracts: no findings")
    assert slacli("validate", "--contract", "../../contracts", folder=below).out.startswith("../../contracts: ")
    assert slacli("validate", "--contract", str(work / "contracts"), folder=ROOT).out.startswith(str(work))


def test_json_has_one_shape_and_the_same_text_each_time(work: Path) -> None:
    for command in (["validate"], ["check", "leads.csv"], ["check", "leads.csv", "--judge", "all", "--long", "-q"]):
        found = report(*command, folder=work)
        assert found["format"] == "slacli-report/1"
        assert found == json.loads(slacli(*command, "--format", "json", folder=work).out)
    shown = json.loads(slacli("show", "--format", "json", folder=work).out)
    assert shown["format"] == "slacli-show/1"
    assert [clause["id"] for section in shown["sections"] for clause in section["clauses"]][:2] == [
        "mql",
        "sales_ready_lead",
    ]


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("note", 1)])
def test_severities_below_the_threshold_do_not_fail(work: Path, fail_on: str, code: int) -> None:
    rows = (work / "leads.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (work / "leads.csv").write_text("".join(rows[:3]), encoding="utf-8")
    ran = slacli("check", "leads.csv", "--fail-on", fail_on, folder=work)
    assert (ran.code, ran.err) == (code, "")
    assert slacli("validate", "--fail-on", fail_on, folder=work).code == 0


# --- files ------------------------------------------------------------------------------------


def test_a_report_goes_to_a_file_whole_or_not_at_all(work: Path) -> None:
    said = slacli("check", "leads.csv", folder=work)
    ran = slacli("check", "leads.csv", "--output", "made/report.txt", folder=work)
    assert (ran.code, ran.text) == (1, "")
    assert (work / "made/report.txt").read_text(encoding="utf-8") == said.out

    before = sorted(work.rglob("*"))
    for arguments in (
        ["check", "nowhere.csv"],
        ["check", "leads.csv", "--all"],
        ["check", "leads.csv", "--judge", "x"],
    ):
        assert slacli(*arguments, "--output", "made/report.txt", folder=work).code == 2
    assert slacli("check", "leads.csv", "--output", "leads.csv/x", folder=work).code == 2
    assert slacli("check", "leads.csv", "--output", "contracts", folder=work).code == 2
    assert (work / "made/report.txt").read_text(encoding="utf-8") == said.out
    assert sorted(work.rglob("*")) == before


def test_rows_go_to_a_file_that_adds_up_to_the_report(work: Path) -> None:
    ran = slacli("check", "leads.csv", "--rows", "rows.csv", folder=work)
    assert ran.code == 1
    lines = [line.split(",") for line in (work / "rows.csv").read_text(encoding="utf-8").splitlines()]
    found = report("check", "leads.csv", "--judge", "all", folder=work)
    for outcome in found["outcomes"]:
        of_it = [line for line in lines if line[0] == outcome["duty"] and line[4] == outcome["period"]["name"]]
        counts = outcome["counts"]
        assert len(of_it) == counts["covered"]
        assert [sum(line[11] == name for line in of_it) for name in ("met", "missed", "left out")] == [
            counts["met"], counts["missed"], counts["left_out"],
        ]  # fmt: skip
    assert slacli("check", "leads.csv", "--rows", "contracts", folder=work).code == 2
    assert sorted(path.name for path in work.iterdir()) == ["contracts", "leads.csv", "rows.csv"]
