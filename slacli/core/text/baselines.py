"""Writes a baseline into the text of `goals.yaml`, and leaves every other character of it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slacli.core.text import schema, yamltext
from slacli.errors import CannotRun
from slacli.findings import Severity
from slacli.places import Address

FILE = "goals.yaml"


def flow(baseline: Mapping[str, Any]) -> str:
    """Give a baseline as it stands on one line of a contract."""
    quoted = {**baseline, "source": f'"{baseline["source"]}"'}
    return f"{{{', '.join(f'{key}: {value}' for key, value in quoted.items())}}}"


def written(raw: bytes, goal: str, baseline: Mapping[str, Any]) -> str:
    """Give the text of `goals.yaml` with the baseline of a goal in the place of what it had.

    Raises CannotRun where the text is laid out so that it cannot be put there without changing anything else.
    """
    reading = yamltext.read(FILE, raw)
    data: Any = reading.data
    text = raw.decode("utf-8", "replace")
    at = reading.values[Address(FILE) / "goals" / goal / "baseline"]
    lines = text.split("\n")
    old = lines[at.line - 1 : at.end_line]
    if len(old) == 1 or "#" not in "".join(old):
        tail = lines[at.end_line - 1][at.end_column - 1 :]
        lines[at.line - 1 : at.end_line] = [lines[at.line - 1][: at.column - 1] + flow(baseline) + tail]
        text = "\n".join(lines)
    again = yamltext.read(FILE, text.encode())
    goals = {**data["goals"], goal: {**data["goals"][goal], "baseline": _read(baseline)}}
    found = (*again.findings, *(schema.check(FILE, again.data) if again.data is not None else ()))
    if again.data != {**data, "goals": goals} or any(one.severity is Severity.ERROR for one in found):
        raise CannotRun(
            f"`{FILE}` is laid out so that slacli cannot write the baseline of `{goal}` without changing the rest",
            "leave out `--write`, and write it by hand",
        )
    return text


def _read(baseline: Mapping[str, Any]) -> Any:
    """Give a baseline as it is read back from its text."""
    data: Any = yamltext.read(FILE, f"baseline: {flow(baseline)}\n".encode()).data
    return data["baseline"]
