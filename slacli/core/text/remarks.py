"""What the reading of a text remarks: the words first, the address later.

A character or a broken line belongs to no key, so it has no address of its own; `stand` makes one for it that no
value of a contract can have.
"""

from __future__ import annotations

from slacli.findings import Finding, Problem, Related, Rule
from slacli.places import Address, Span
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule has to say about a stretch of text, wherever that turns out to stand."""

    rule: Rule[None]
    message: str
    label: str = ""
    help: str = ""

    def found(
        self,
        at: Address,
        *,
        key: bool = False,
        part: tuple[int, int] | None = None,
        related: tuple[Related, ...] = (),
        subject: str = "",
    ) -> Finding:
        """Make a finding of the remark."""
        return self.rule.found(
            Problem(at, self.message, self.label, self.help, key=key, part=part, related=related, subject=subject)
        )


Spot = tuple[Span, Remark]


def stand(file: str, span: Span) -> Address:
    """Give the address of a place in the text itself: no list has an item -1 and no key is a number."""
    return Address(file, (-1, span.line, span.column))
