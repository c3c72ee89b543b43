"""The one place that says what an open question is: a `"?"` as the value of a key, with the question behind it.

A draft leaves one where only a person can decide. In a list, and as a key, the sign is the text that it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from slacli.core.text.yamltext import Reading
from slacli.core.wording import sanitised
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address

OPEN_QUESTION = reported(
    Severity.ERROR,
    "open-question",
    """A question of a draft is not answered yet: a `?` stands where a person has to decide.

    Why: what slacli cannot see in an export it never guesses, and what nobody decided nobody agreed to. Write the
    answer in the place of the `?`. A `?` that is meant as text stands in a list: `missing: ["?"]`.
    Bad:
        bindings: {leads: {reads: {time_zone: "?"}}}
    Good:
        bindings: {leads: {reads: {time_zone: America/New_York, missing: ["?"]}}}
    """,
)
RULES: tuple[Rule[None], ...] = (OPEN_QUESTION,)

_SIGN = "?"


def is_open(data: object) -> bool:
    """Tell whether any place in the data of a file is an open question."""
    return any(True for _ in _open(data, ()))


def asked(file: str, reading: Reading) -> Iterator[Finding]:
    """Report every open question of a file."""
    rows = reading.text.split("\n")
    for pointer in _open(reading.data, ()):
        at = Address(file, pointer)
        span = reading.values[at]
        behind = rows[span.end_line - 1][span.end_column - 1 :].strip(" \t\r,}]")
        ask, _, more = behind.removeprefix("#").strip().partition("?") if behind.startswith("#") else ("", "", "")
        yield OPEN_QUESTION.found(
            Problem(
                at=at,
                message=f"{_called(file, pointer)} is still open" + (f": {sanitised(ask, 240)}" if ask else ""),
                label="not answered",
                help=f"write the answer in its place{_hint(more)}",
                subject="/".join(map(str, (file, *pointer))),
            )
        )


def _hint(more: str) -> str:
    offered = sanitised(more.strip(" ;"), 240)
    return f": {offered}" if offered else ""


def _called(file: str, pointer: tuple[str | int, ...]) -> str:
    name = f"`{sanitised(str(pointer[-1]), 60)}`"
    if file.startswith("bindings/"):
        inner = f"`{sanitised(str(pointer[1]), 60)}` in " if len(pointer) > 2 and pointer[0] == "columns" else ""
        return f"{name} of {inner}the binding `{file.removeprefix('bindings/').removesuffix('.yaml')}`"
    return f"{name} of `{sanitised(str(pointer[-2]), 60)}`" if len(pointer) > 1 else f"{name} of `{file}`"


def _open(data: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            if value == _SIGN:
                yield (*at, key)
            else:
                yield from _open(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            if not isinstance(value, str):
                yield from _open(value, (*at, index))
