"""The options that mean the same everywhere, and how a report leaves: as text, to a file, with its exit code."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, overload

import click

from slacli.errors import CannotRun
from slacli.findings import Report, Severity
from slacli.values import dataclass

Command = TypeVar("Command", bound=Callable[..., Any])

FAIL_ON = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE}

PIN = click.option(
    "--trust-root",
    metavar="DIGEST",
    envvar="SLACLI_TRUST_ROOT",
    help="The digest of a roster that you know from elsewhere. Default: SLACLI_TRUST_ROOT.",
)


TODAY = click.option("--as-of", metavar="DAY", help="The day that is today. Default: that of this machine's clock.")


@overload
def day_of(text: str, option: str = ...) -> date: ...
@overload
def day_of(text: str | None, option: str = ...) -> date | None: ...
def day_of(text: str | None, option: str = "--as-of") -> date | None:
    """Read an option that is a day alone; raises CannotRun where it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        from slacli.core import wording

        raise CannotRun(
            f"`{option} {wording.sanitised(text, 40)}` is no day", "write a day such as `2027-03-02`"
        ) from None


@dataclass(frozen=True, slots=True)
class Output:
    """How a report is printed and when it fails."""

    format: str = "terminal"
    output: str | None = None
    fail_on: str = "error"
    quiet: bool = False
    no_color: bool = False
    debug: bool = False

    @property
    def colour(self) -> bool:
        on_terminal = self.output is None and sys.stdout.isatty()
        return on_terminal and not self.no_color and not os.environ.get("NO_COLOR")

    @property
    def width(self) -> int:
        if self.output is None and (sys.stdout.isatty() or os.environ.get("COLUMNS")):
            return shutil.get_terminal_size((100, 24)).columns
        return 100


def shared(formats: tuple[str, ...] = ("terminal", "json"), *, findings: bool = True) -> Callable[[Command], Command]:
    """Add the options that every command has, handed over as `out` and `contract`.

    A command that makes no findings has no threshold for them and nothing to leave out.
    """

    def wrap(command: Command) -> Command:
        from functools import wraps

        @wraps(command)
        def with_output(**given: Any) -> Any:
            names = {"format", "output", "fail_on", "quiet", "no_color", "debug"} & given.keys()
            chosen = {name: given.pop(name) for name in names}
            return command(out=Output(**chosen), **given)

        options = [
            click.option("--contract", metavar="DIR", help="The contract folder. Default: contracts/ here or above."),
            click.option("--format", type=click.Choice(formats), default=formats[0], show_default=True,
                         help="How the report is written."),
            click.option("--output", metavar="FILE", help="Write the report to a file instead of the screen."),
        ]  # fmt: skip
        if findings:
            options += [
                click.option("--fail-on", type=click.Choice(list(FAIL_ON)), default="error", show_default=True,
                             help="The least severity that exits with 1."),
                click.option("--quiet", "-q", is_flag=True, help="The verdict and the findings that exit with 1."),
            ]  # fmt: skip
        options += [
            click.option("--no-color", is_flag=True, help="Plain text on a terminal too (also: NO_COLOR)."),
            click.option("--debug", is_flag=True, help="Show where a failure happened and where the time goes."),
        ]
        wrapped: Any = with_output
        for option in reversed(options):
            wrapped = option(wrapped)
        found: Command = wrapped
        return found

    return wrap


class Laps:
    """Says on standard error, where `--debug` asks for it, how long each part of a journey took."""

    def __init__(self, out: Output) -> None:
        self._on = out.debug
        self._last = time.perf_counter()

    def __call__(self, phase: str) -> None:
        now = time.perf_counter()
        if self._on:
            click.echo(f"time: {phase} {now - self._last:.3f} s", err=True)
        self._last = now


def deliver(report: Report, out: Output, *, long: bool = False, listed: str | None = None) -> int:
    """Print a report and give its exit code."""
    from slacli.adapters import render

    chosen = render.Options(long=long, quiet=out.quiet, listed=listed, least=FAIL_ON[out.fail_on])
    emit(render.render(report, out.format, width=out.width, colour=out.colour, options=chosen), out)
    return failing(report, out)


def failing(report: Report, out: Output) -> int:
    """Give the exit code of a report: 1 where a finding is at or above `--fail-on`, else 0."""
    worst = report.worst()
    return 1 if worst is not None and worst >= FAIL_ON[out.fail_on] else 0


def emit(text: str, out: Output) -> None:
    """Print a text, or write it to the file of `--output`, whole or not at all."""
    if out.output is not None:
        from slacli.adapters import folder

        folder.write(Path(out.output), text if text.endswith("\n") else text + "\n")
        return
    with _pipe():
        click.echo(text, nl=not text.endswith("\n"), color=out.colour)


def emit_rows(lines: Iterable[tuple[str, ...]], out: Output) -> None:
    """Print rows as CSV, one by one, or write them to the file of `--output`, whole or not at all."""
    from slacli.adapters import rowsfile

    if out.output is not None:
        rowsfile.write(Path(out.output), lines, "--output")
        return
    with _pipe():
        for text in rowsfile.texts(lines):
            click.echo(text, nl=False, color=False)


@contextmanager
def _pipe() -> Iterator[None]:
    """Let the reader of a pipe (`| head`) leave when it has seen enough: that changes nothing about what was found."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
