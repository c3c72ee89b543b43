"""Parquet: read by DuckDB in a process of its own, which a file that breaks it cannot take along."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from slacli.adapters.sources.formats.made import Format, Made, Task
from slacli.adapters.sources.given import private, safe
from slacli.core.wording import number
from slacli.errors import CannotRun

SECONDS = 600
COLUMNS_LIMIT = 20_000

_CHILD = Path(__file__).with_name("parquet_child.py")
_HELP = "export the data again, as Parquet or as CSV (UTF-8)"


def read(task: Task) -> Made:
    """Make CSV text of a Parquet file: every value as text, exactly, times with a zone in UTC.

    Raises CannotRun where the file cannot be read.
    """
    source = safe(task.path, task.room)
    held = _asked(task, {"path": source})
    header = [str(name) for name, _ in held["columns"]]
    if not 0 < len(header) <= COLUMNS_LIMIT:
        raise CannotRun(f"{task.shown} has {number(len(header))} columns", _HELP)
    chosen = task.chosen(header)
    decimal = chosen.binding.reads.decimal if chosen is not None else "."
    copy = private(task.room)
    written = _asked(task, {"path": source, "copy": str(copy), "decimal": decimal, "room": str(task.room)})
    return Made(copy, "parquet", ("read as Parquet",), b",", rows=int(written["rows"]), above=-1)


PARQUET = Format("Parquet", lambda start: start.startswith(b"PAR1"), read)


def _asked(task: Task, question: dict[str, str]) -> dict[str, Any]:
    """Ask the other process; raises CannotRun where it has no answer."""
    import subprocess

    try:
        ran = subprocess.run(  # noqa: S603 - this interpreter and a file of this package
            [sys.executable, "-I", str(_CHILD)],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        answer = json.loads(ran.stdout) if ran.returncode == 0 else None
    except subprocess.TimeoutExpired:
        raise CannotRun(f"{task.shown} took more than {number(SECONDS)} seconds to read", _HELP) from None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise CannotRun(f"{task.shown} is damaged: it cannot be read as a Parquet file", _HELP)
    return answer
