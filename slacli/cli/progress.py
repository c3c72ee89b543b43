"""How far a long run has come: a line on standard error for people at a terminal, and nothing for anybody else."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from slacli.cli.options import Laps, Output

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

AFTER = 1.0
"""Seconds that a run may take before anything is shown."""

_MANY_BYTES = 32 << 20  # when so many were looked through, the engine is busy with more

_FIRST = "reading"
# What is done once the work of a lap is over.
_NEXT = {
    "exports looked through and read ahead": "reading into tables",
    "exports read into tables": "judging",
    "rejects": "judging",
    "verdicts": "writing",
}


def wanted(out: Output) -> bool:
    """Tell whether somebody looks: standard error is a terminal that can be written over, and no CI or `--quiet`.

    Rows that are printed while they are found would stand among it.
    """
    printed = out.format == "csv" and out.output is None
    quiet = (
        printed or out.quiet or os.environ.get("CI", "").lower() in {"true", "1"} or os.environ.get("TERM") == "dumb"
    )
    return not quiet and sys.stderr is not None and sys.stderr.isatty()


class Watch:
    """Follows a run while it is open: which bytes and rows of each export were looked through, then what is done.

    It costs nothing where nobody looks, and before a second has passed nothing is shown. While a large export is read,
    what the report will need is imported. Measured: that takes 35 ms, in which the engine is at work.
    """

    def __init__(self, out: Output) -> None:
        self._laps = Laps(out)
        self._plain = out.no_color or bool(os.environ.get("NO_COLOR"))
        self._on = wanted(out) and not out.debug
        self._format = out.format
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._shown: Progress | None = None
        self._task: TaskID | None = None
        self._files: dict[str, tuple[int, int, int]] = {}
        self._now = _FIRST
        self._begun = 0.0

    def __enter__(self) -> Self:
        if self._on:
            self._begun = time.monotonic()
            self._timer = threading.Timer(AFTER, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._on = False
            if self._shown is not None:
                self._shown.stop()

    def __call__(self, phase: str) -> None:
        """Take note that a part of the work is done."""
        self._laps(phase)
        if self._on:
            with self._lock:
                self._now = _NEXT.get(phase, self._now)
                self._update()
                if self._shown is not None:
                    # What was read last may be over before the line is drawn again by itself.
                    self._shown.refresh()

    def read(self, name: str, done: int, size: int, rows: int) -> None:
        """Take note of how much of an export was looked through."""
        if self._format and done >= _MANY_BYTES:
            from slacli.adapters import render

            soon, self._format = self._format, ""
            render.prepare(soon)
        if self._on:
            with self._lock:
                self._files[name] = (done, size, rows)
                self._update()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        with self._lock:
            if not self._on:
                return
            console = Console(stderr=True, no_color=self._plain, markup=False, emoji=False, highlight=False)
            self._shown = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[told]}", markup=False),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                refresh_per_second=5,
            )
            self._update()
            self._shown.start()

    def _update(self) -> None:
        """Put what is known on the screen; called with the lock held."""
        if self._shown is None:
            return
        from rich.filesize import decimal

        from slacli.adapters.render.sheet import inert

        done = [file[:2] for file in self._files.values()]
        read, size = sum(one for one, _ in done), sum(one for _, one in done)
        rows = sum(file[2] for file in self._files.values())
        reading = self._now == _FIRST and read < size
        last = next(reversed(self._files), "")
        what = f"{_FIRST} {inert(last, 40)}" if reading and last else self._now
        if self._task is None:
            self._task = self._shown.add_task(what, total=None, told="")
        told = [f"{decimal(read)} of {decimal(size)}" if reading else decimal(read)] if read else []
        if reading and read:
            told.append(f"{decimal(int(read / (time.monotonic() - self._begun)))}/s")
        told += [f"{rows:,} rows"] if rows else []
        self._shown.update(
            self._task, description=what, completed=read, total=size if reading else None, told=", ".join(told)
        )
