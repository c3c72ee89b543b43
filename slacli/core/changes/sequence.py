"""The line of versions: which number and which day a version must have next to the one before it."""

from __future__ import annotations

from collections.abc import Iterator

from slacli.findings import Problem, Rule, Severity, reported
from slacli.model import Contract
from slacli.places import Address

WRONG_SEQUENCE = reported(
    Severity.ERROR,
    "wrong-sequence",
    """A version has a number or a first day that cannot come after the version before it.

    Why: which version is in force on a day is told by numbers and days alone. The next number is the last one plus
    one; what says something else than was said under a number needs a number of its own; and no version takes effect
    before the last one did. Bindings, holidays and words that nothing depends on may change under one number.
    Before:
        version: 1
    After:
        version: 3
    """,
)
RULES: tuple[Rule[None], ...] = (WRONG_SEQUENCE,)

_COVER = "contract.yaml"
_NUMBER, _DAY = Address(_COVER, ("version",)), Address(_COVER, ("effective",))


def out_of_line(old: Contract, new: Contract, *, says_other: bool) -> Iterator[Problem]:
    """Say what is wrong with the number and the day of a version next to the one before it, as `wrong-sequence`.

    `says_other` says whether something material changed between them. Places are in the newer text.
    """
    after = old.version + 1
    if new.version not in {old.version, after}:
        yield Problem(
            at=_NUMBER,
            message=out_of_number(old.version, new.version),
            label=f"not {after}",
            help=f"write `version: {after}`",
            subject=f"version/{new.version}",
        )
    elif new.version == old.version and says_other:
        yield Problem(
            at=_NUMBER,
            message=f"it says something else than version {old.version} said before, and has no number of its own",
            label="the number of another text",
            help=f"write `version: {after}`, and why in `amendment`",
            subject=f"version/{new.version}",
        )
    if new.version != old.version and new.effective < old.effective:
        yield Problem(
            at=_DAY,
            message=out_of_day(old, new),
            label="too early",
            help=f"write a day from {old.effective} on",
            subject=f"version/{new.version}/effective",
        )


def out_of_number(old: int, new: int) -> str:
    """Say what is wrong with the number of a version that neither repeats nor follows the one before it."""
    return f"version {new} follows version {old}, and the next one is {old + 1}"


def out_of_day(old: Contract, new: Contract) -> str:
    """Say what is wrong with the day of a version that takes effect before the one before it did."""
    return f"it takes effect on {new.effective}, before version {old.version} did ({old.effective})"
