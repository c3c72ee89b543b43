"""Long runs: what people at a terminal see of them, who sees nothing, and what an interrupt leaves behind."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from commands import read_to_its_end
from exports import engine

from slacli.adapters import render
from slacli.adapters.sources.headers import HEAD_LIMIT
from slacli.cli.options import Output
from slacli.cli.progress import Watch

HERE = Path(__file__).parent
HEAD = b"Lead ID,Email,Company,Lead Source,Region,Budget,Create Date,MQL Date,Reason\n"
ROW = b"L%d,ann@one.example,One,Web,AMER,25000,2026-02-02 09:00:00,2026-02-03 10:00:00,\n"
# The run, with what it shows after a second shown at once, so that a small export is long enough.
AT_ONCE = """
import sys
from slacli import cli
from slacli.cli import progress
progress.AFTER = 0
cli.main(sys.argv[1:])
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "contracts" / "leads", tmp_path / "contracts")
    rows = HEAD_LIMIT // len(ROW) + 2000
    (tmp_path / "leads.csv").write_bytes(HEAD + b"".join(ROW % number for number in range(rows)))
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR", "COLUMNS", "TERM"}}
    return {**kept, "TERM": "xterm", "COLUMNS": "100", **more}


def seen(work: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Give what a terminal behind standard error receives while standard output goes into a pipe."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-c", AT_ONCE, *arguments], cwd=work, stdout=subprocess.DEVNULL, stderr=theirs,
        env=env or environment(),
    )  # fmt: skip
    os.close(theirs)
    told = read_to_its_end(ours)
    assert ran.wait() in {0, 1}
    return told.decode()


def test_a_terminal_sees_bytes_and_rows_and_then_nothing_of_it(work: Path) -> None:
    told = seen(work, "check", "leads.csv")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)
    assert re.search(r"reading|judging", plain)
    assert re.search(r"[0-9.]+ [kM]B", plain)
    assert "?" not in plain, "what is not known is not told"
    assert re.search(r"[0-9,]+ rows", plain)
    assert told.endswith("\x1b[2K"), "the line is taken away"
    assert "\x1b[?25h" in told, "the cursor comes back"
    assert "ann@one" not in told


def test_no_colour_where_somebody_minds(work: Path) -> None:
    for arguments, env in ((["--no-color"], environment()), ([], environment(NO_COLOR="1"))):
        told = seen(work, "check", "leads.csv", *arguments, env=env)
        assert "rows" in told
        assert re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", told) is None


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["--quiet"], {}),
        (["--list", "known_leads", "--format", "csv"], {}),
        ([], {"CI": "true"}),
        ([], {"TERM": "dumb"}),
    ],
)
def test_nobody_else_sees_anything(work: Path, arguments: list[str], env: dict[str, str]) -> None:
    assert seen(work, "check", "leads.csv", *arguments, env=environment(**env)) == ""


def test_in_a_pipe_nothing_is_shown(work: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AT_ONCE, "check", "leads.csv"], cwd=work, capture_output=True, check=False,
        env=environment(),
    )  # fmt: skip
    assert ran.stderr == b""
    assert ran.returncode in {0, 1}


def test_an_interrupt_while_an_export_is_read_leaves_no_half_file_and_no_traceback(work: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    for name in ("rows.csv", "rejects.csv", "report.txt"):
        (work / name).write_text("old", encoding="utf-8")
    before = sorted(path.name for path in work.iterdir())
    with subprocess.Popen(
        [sys.executable, "-m", "slacli", "check", "lead=-", "--rows", "rows.csv", "--rejects", "rejects.csv",
         "--output", "report.txt"],
        cwd=work, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(TMPDIR=str(private)),
    ) as ran:  # fmt: skip
        assert ran.stdin is not None
        assert ran.stderr is not None
        # More than a pipe holds: once it is written, the run is reading, and waits for the rest.
        ran.stdin.write(HEAD + ROW * 20_000)
        ran.stdin.flush()
        time.sleep(0.5)
        ran.send_signal(signal.SIGINT)
        watchdog = threading.Timer(60, ran.kill)
        watchdog.start()
        told = ran.stderr.read()
        watchdog.cancel()
    assert told.decode().strip() == "stopped"
    # Where code made on the fly was interrupted, Python leaves by the signal itself: a shell says 130 then too.
    assert ran.wait() in {130, -signal.SIGINT}
    assert sorted(path.name for path in work.iterdir()) == before
    assert {(work / name).read_text(encoding="utf-8") for name in ("rows.csv", "rejects.csv", "report.txt")} == {"old"}
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("way", ["rows", "make", "stream"])
def test_an_interrupt_during_a_query_is_one(way: str) -> None:
    long = "SELECT sum(hash(range)) FROM range(2000000000)"
    with engine() as opened:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            list(getattr(opened, way)(long) or ())
        timer.join()


# --- what the report will need ----------------------------------------------------------------


def test_what_the_report_needs_is_imported_once_while_a_large_export_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(render, "prepare", asked.append)
    watch = Watch(Output(format="json"))
    watch.read("leads.csv", 1 << 20, 90 << 20, 5_000)
    assert asked == []
    for done in (40 << 20, 80 << 20):
        watch.read("leads.csv", done, 90 << 20, 200_000)
    assert asked == ["json"]


def test_every_format_can_be_prepared_and_rows_need_nothing() -> None:
    assert set(render._NEEDS) == set(render.FORMATS)
    for name in (*render.FORMATS, "csv", "markdown"):
        render.prepare(name)
