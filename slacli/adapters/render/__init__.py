"""Which forms a report can take: the table of formats, and what a reader may ask of any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from slacli.errors import CannotRun
from slacli.findings import Report, Severity
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader asks for: `long` for all there is, `quiet` for the verdict, `listed` for a duty's rows.

    A quiet report has the findings of at least the severity `least`.
    """

    long: bool = False
    quiet: bool = False
    listed: str | None = None
    least: Severity = Severity.ERROR


Format = Callable[[Report, int, bool, Options], str]


def _terminal(report: Report, width: int, colour: bool, options: Options) -> str:
    from slacli.adapters.render import terminal

    return terminal.render(report, width, options, colour=colour)


def _json(report: Report, _width: int, _colour: bool, _options: Options) -> str:
    from slacli.adapters.render import jsontext

    return jsontext.render(report)


FORMATS: Mapping[str, Format] = {"terminal": _terminal, "json": _json}
"""Every format by the name that `--format` takes. What a format needs is imported when it is made, not before."""

_NEEDS = {"terminal": "terminal", "json": "jsontext"}


def prepare(format: str) -> None:
    """Import what a format needs, where there is one of that name: there is time for it while data are read."""
    if format in _NEEDS:
        import_module(f"slacli.adapters.render.{_NEEDS[format]}")


_PLAIN = Options()


def render(
    report: Report,
    format: str = "terminal",
    *,
    width: int = 100,
    colour: bool = False,
    options: Options = _PLAIN,
) -> str:
    """Give the whole text of a report, its last line ended.

    Raises CannotRun where no format has that name.
    """
    if format not in FORMATS:
        raise CannotRun(f"there is no format `{format}`", f"use one of: {', '.join(FORMATS)}")
    return FORMATS[format](report, width, colour, options)
