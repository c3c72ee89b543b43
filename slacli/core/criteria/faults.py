"""What a fault of a criterion is, and how the text of a line is quoted in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import category

from slacli.core import wording
from slacli.criterion import Part
from slacli.findings import Rule, Severity, reported
from slacli.values import dataclass

if TYPE_CHECKING:
    from lark import Token, Tree

BAD_CRITERION = reported(
    Severity.ERROR,
    "bad-criterion",
    """A criterion is not written in the language of criteria.

    Why: a test that can be read in two ways, or not at all, decides nothing.
    Bad:
        terms: {named: {title: Named lead, of: lead, criteria: {named: company == 'Acme'}}}
    Good:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company = 'Acme'}}}
    """,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a criterion: the rule, the message, and the 0-based part of the text that is to blame."""

    rule: Rule[None]
    message: str
    part: Part
    label: str = ""
    help: str = ""


class Said(NamedTuple):
    """The words of a fault, before it is known where it stands."""

    rule: Rule[None]
    message: str
    label: str
    help: str

    def at(self, part: Part) -> Fault:
        return Fault(self.rule, self.message, part, self.label, self.help)


def part_of(at: Token | Tree[Token]) -> Part:
    """Give where a token or a branch of the parse tree stands in its line."""
    start, end = (
        (at.start_pos, at.end_pos) if isinstance(at, str) else (getattr(at.meta, "start_pos", 0), at.meta.end_pos)
    )
    return (start or 0, end or 0)


def cut(text: str) -> str:
    """Give a text, or its beginning where it is long: a message quotes the contract, it does not repeat it."""
    return wording.sanitised(str(text), 40)


def in_quotes(text: str) -> str:
    """Give a text as the language writes it."""
    return "'" + cut(text).replace("'", "''") + "'"


def ticked(text: str) -> str:
    """Give what was found in backticks; a text in quotes needs none."""
    return cut(text) if text.startswith("'") else f"`{cut(text)}`"


def named(character: str) -> str:
    """Name a character so that it can be seen."""
    if character == "\n":
        return "a line break"
    return f"the character U+{ord(character):04X}" if category(character)[0] in "CZ" else f"`{character}`"


def some(words: Iterable[str]) -> str:
    """List a few words, and say how many more there are."""
    known = list(words)
    return wording.listed(known) if len(known) <= 8 else f"{', '.join(known[:7])} and {len(known) - 7} more"
