"""What `slacli init` asks on a terminal and nowhere else, and what it writes for Git and for a forge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from commands import read_to_its_end, slacli

from slacli.core.drafts import workflow

ROOT = Path(__file__).parent.parent
HEADER = "Lead ID,Email,Lead Status,Created Date\n"
ROWS = "".join(f"L{n},p{n}@x.org,{'Warm Cold Hot'.split()[n % 3]},2026-01-31 10:00\n" for n in range(30))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "leads.csv").write_text(HEADER + ROWS, encoding="utf-8")
    return tmp_path


def on_a_terminal(folder: Path, typed: str, *arguments: str) -> tuple[str, str, int]:
    """Run a command on a terminal of 60 columns; give what it printed, what it asked, and how it exited."""
    import pty

    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "60", "NO_COLOR": "1"}
    screen, line = pty.openpty()
    command = [sys.executable, "-m", "slacli", *arguments]
    with subprocess.Popen(command, cwd=folder, stdin=line, stdout=line, stderr=subprocess.PIPE, env=env) as run:
        os.close(line)
        os.write(screen, typed.encode())
        told = read_to_its_end(screen).decode().replace("\r\n", "\n")
        assert run.stderr is not None
        asked = run.stderr.read().decode()
    return told, asked, run.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
def test_on_a_terminal_a_handful_of_questions_leaves_nothing_open(folder: Path) -> None:
    answers = "Pact|Europe/London|april|GBP|Head of Sales||Narnia|GB|status = |status = 'Hot'|Sold|Hot".split("|")
    told, asked, code = on_a_terminal(folder, "\n".join([*answers, ""]), "init", "leads.csv")
    for question in (
        "What is the agreement called?",
        "In which time zone is the company?",
        "In which month does the fiscal year start?",
        "In which currency are amounts?",
        "Who signs for Sales?",
        "Who signs for Marketing?",
        "Whose public holidays close the office?",
        "Which leads does the CRM call qualified?",
        "From which stage on does a lead belong to Sales?",
    ):
        assert question in asked
    assert "`Narnia` is no country" in asked
    assert "leads have no stage `Sold`" in asked
    # The order of Warm, Cold and Hot is all that is left.
    assert code == 1
    cover = yaml.safe_load((folder / "contracts" / "contract.yaml").read_text("utf-8"))
    assert (cover["title"], cover["time_zone"], cover["currency"], cover["fiscal_year"]) == (
        "Pact", "Europe/London", "GBP", {"starts": "april"}
    )  # fmt: skip
    assert cover["sign_off"]["sales"]["title"] == "Head of Sales"
    assert "Boxing Day" in (folder / "contracts" / "holidays.yaml").read_text("utf-8")
    terms = yaml.safe_load((folder / "contracts" / "definitions.yaml").read_text("utf-8"))["terms"]
    assert terms["mql"]["marked"] == "status = 'Hot'"
    assert "time_zone: Europe/London" in (folder / "contracts" / "bindings" / "leads.yaml").read_text("utf-8")
    assert max(map(len, told.splitlines())) <= 60


def test_in_a_pipe_nothing_is_asked_and_all_of_it_can_be_said(folder: Path) -> None:
    ran = slacli("init", "--zone", "Europe/London", "--holidays", "Germany", "--marked", "status = 'Hot'",
                 "--sales-from", "Hot", "leads.csv", folder=folder)  # fmt: skip
    assert ran.err == ""
    assert (folder / "contracts" / "holidays.yaml").read_text("utf-8").count("Easter Monday") == 3
    assert re.findall(r"^ +(\S+: \S+): .*\?", ran.out, re.MULTILINE) == ["definitions.yaml: lifecycles.lead.path"]
    assert slacli("init", "--holidays", "Narnia", "new", folder=folder).err.startswith(
        "could not run: `Narnia` is no country"
    )


@pytest.mark.parametrize("width", ["40", "60", "100"])
def test_what_is_said_keeps_within_the_width(width: str, folder: Path) -> None:
    ran = slacli("init", "--yes", "leads.csv", folder=folder, env={"COLUMNS": width})
    words = [word for line in ran.out.splitlines() for word in line.split()]
    assert all(len(line) <= max(int(width), 4 + 4 + max(map(len, words))) for line in ran.out.splitlines())


def test_the_zone_of_many_exports_is_one_question(folder: Path) -> None:
    for name in ("things", "others"):
        (folder / f"{name}.csv").write_text("Key,Made At\n1,2026-01-31 10:00\n2,2026-01-31 11:00\n", encoding="utf-8")
    ran = slacli("init", "--yes", "contracts", "leads.csv", "things.csv", folder=folder)
    assert "in which time zone are the times of 2 exports written? `--zone ZONE` says it at once" in (
        " ".join(ran.out.split())
    )
    assert slacli("validate", folder=folder).out.count("`time_zone` of the binding") == 2


# --- Git and a forge --------------------------------------------------------------------------


def test_every_file_begins_with_its_schema_and_git_keeps_signatures_as_they_are(folder: Path) -> None:
    slacli("init", "--yes", "--holidays", "US", "leads.csv", folder=folder)
    for path in (folder / "contracts").rglob("*.yaml"):
        kind = "binding" if path.parent.name == "bindings" else path.stem
        up = "../../" if path.parent.name == "bindings" else "../"
        first = path.read_text("utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={up}schemas/{kind}.schema.json"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    ask = ["git", "-C", str(folder), "check-attr", "text", "merge", "diff", "--", "contracts/signatures/1/sales.sig"]
    found = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    assert [line.rpartition(": ")[2] for line in found.splitlines()] == ["unset", "binary", "unset"]


def test_the_workflow_sees_all_of_the_history_and_keeps_the_rows(folder: Path) -> None:
    slacli("init", "--yes", "--ci", "github", "leads.csv", folder=folder)
    read = yaml.safe_load((folder / ".github" / "workflows" / "slacli.yml").read_text("utf-8"))
    steps = read["jobs"]["agreement"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    check = next(step["run"] for step in steps if "slacli check" in step.get("run", ""))
    assert re.findall(r"--[a-z-]+", check) == ["--contract", "--as-of", "--all", "--rows"]
    assert steps[-1]["with"]["path"] == "rows.csv"


def test_a_pull_request_is_compared_with_the_last_report_of_its_base(folder: Path) -> None:
    slacli("init", "--yes", "--ci", "github", "leads.csv", folder=folder)
    text = (folder / ".github" / "workflows" / "slacli.yml").read_text("utf-8")
    steps = yaml.safe_load(text)["jobs"]["agreement"]["steps"]
    (restored,) = [step for step in steps if step.get("uses") == "actions/cache/restore@v4"]
    (saved,) = [step for step in steps if step.get("uses") == "actions/cache/save@v4"]
    (data,) = [step for step in steps if step.get("id") == "data"]
    (report,) = [step for step in steps if step.get("id") == "report"]
    # No action but those of GitHub itself, and the report of another branch is never taken.
    assert {step["uses"].partition("/")[0] for step in steps if "uses" in step} == {"actions"}
    assert restored["with"]["key"] == restored["with"]["restore-keys"] == "slacli-${{ github.base_ref }}-"
    assert saved["with"]["key"].startswith("slacli-${{ github.ref_name }}-${{ github.run_id }}")
    assert restored["with"]["path"] == saved["with"]["path"] == "report.json"
    # A `report.json` that somebody committed is not taken for the report of the base.
    assert data["env"] == {"SINCE": "${{ steps.before.outputs.cache-matched-key && '--since report.json' || '' }}"}
    assert data["run"].endswith(" $SINCE")
    assert restored["if"] == "github.event_name == 'pull_request'"
    assert "github.event_name == 'push'" in report["if"]
    assert saved["if"] == "always() && steps.report.outcome == 'success'"


def test_the_report_of_the_base_is_kept_where_duties_were_missed_and_not_where_nothing_was_judged(
    tmp_path: Path,
) -> None:
    run = yaml.safe_load(workflow.github("contracts"))["jobs"]["agreement"]["steps"]
    (told,) = [step["run"] for step in run if step.get("id") == "report"]
    for code, kept in ((0, True), (1, True), (2, False)):
        script = f"slacli() {{ return {code}; }}\n{told}"
        done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=False, capture_output=True)
        assert (done.returncode == 0) == kept, done.stderr


# --- wrong files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what", "help"),
    [
        (b"Dear all\nthis is a letter\n", "`x.csv` has a single column, so it is no export of records",
         "give exports with a header line and several columns"),
        (b"a,b\n1,\x002\n" + b"3,4\n" * 20, "`x.csv` holds NUL bytes: it is no text", "export the data again"),
        (b"%PDF-1.4", "`x.csv` is a PDF document, not CSV text", "export the data again as CSV (UTF-8)"),
        (b"", "`x.csv` is empty: it has not even a header line", "export the data again as CSV (UTF-8)"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_called_what_it_is_and_nothing_is_begun(
    text: bytes, what: str, help: str, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    assert slacli("init", "--yes", "x.csv", folder=tmp_path).err == f"could not run: {what}\n  help: {help}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_an_export_that_only_names_leads_is_no_export_of_leads(tmp_path: Path) -> None:
    rows = "".join(f"{n},p{n}@x.org,New,2026-01-31\n" for n in range(12))
    (tmp_path / "events.csv").write_text(f"Lead ID,Email,Status,Created Date\n{rows}", encoding="utf-8")
    slacli("init", "--yes", "events.csv", folder=tmp_path)
    assert "binds: events\n" in (tmp_path / "contracts" / "bindings" / "events.yaml").read_text("utf-8")
