"""The forms that exports come in: what tells each, and how it becomes the CSV text that everything behind reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slacli.adapters.sources.formats import objects, packed, parquet, wide
from slacli.adapters.sources.formats.made import Made, Task
from slacli.adapters.sources.given import Given
from slacli.adapters.sources.headers import HEAD_LIMIT, encoding_of
from slacli.core.wording import sanitised
from slacli.errors import CannotRun
from slacli.model import Binding

__all__ = ["Made", "made", "name_of"]

name_of = wide.name

_FORMATS = (wide.WIDE, parquet.PARQUET, objects.JSON)
_PACKED = (("gzip", packed.is_gzip, packed.gunzip), ("zip", packed.is_zip, packed.unzip))


def made(given: Given, path: Path, room: Path, bindings: Mapping[str, Binding] | None) -> tuple[Made, ...]:
    """Make CSV text of the file at `path`, of each sheet of a workbook that is bound; none where it can only be text.

    Without bindings the file is only looked at, and every visible sheet is made text.

    Raises CannotRun for a file that is damaged, locked, too large, or that no single binding fits where that matters.
    """
    found = _made(_task(given, path, room, bindings))
    if given.sheet and not any(one.sheet for one in found):
        raise CannotRun(
            f"`{sanitised(given.name)}` is no workbook, so it has no sheet `{sanitised(given.sheet)}`",
            f"leave out `#{sanitised(given.sheet)}`",
        )
    return found


def _task(given: Given, path: Path, room: Path, bindings: Mapping[str, Binding] | None) -> Task:
    with path.open("rb") as file:
        start = file.read(HEAD_LIMIT)
    return Task(given, path, path.stat().st_size, start, room, bindings)


def _made(task: Task, outer: str = "") -> tuple[Made, ...]:
    if packed.is_zip(task.start):
        from slacli.adapters.sources.formats import workbook

        if workbook.is_workbook(task.path):
            return workbook.read(task)
    for form in _FORMATS:
        if form.tells(task.start):
            return (form.make(task),)
    for name, tells, unpack in _PACKED:
        if tells(task.start):
            if outer:
                raise CannotRun(f"{task.shown} is packed twice ({outer}, {name})", "unpack it first")
            inner = _task(task.given, unpack(task), task.room, task.bindings)
            texts = _made(inner, name) or (Made(inner.path),)
            return tuple(replace(text, notes=(f"unpacked ({name})", *text.notes)) for text in texts)
    encoding = encoding_of(task.given, task.start, task.bindings or {}, wide.decoded)
    return (wide.read_as(task, encoding),) if encoding else ()
