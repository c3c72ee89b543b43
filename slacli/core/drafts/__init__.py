"""Drafts of what people then decide: a binding for an export, a contract for a company, from what an export shows.

Nothing is guessed. What the headers and the shapes of the cells prove is written down; all else is an open question,
a `"?"` with the question behind it, at which `validate` stops. No value of a row stands in a draft but those of a
field that lists its values.
"""

from __future__ import annotations

from slacli.values import dataclass

OPEN = "?"
"""What stands where only a person can decide."""


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can decide: the keys that lead to its place in the file, what is asked, and likely answers.

    `optional` says that the line may also be taken out, which the answer `-` does; `is_told` that the likely answers
    stand behind a line above.
    """

    key: str
    ask: str
    offers: tuple[str, ...] = ()
    optional: bool = False
    is_told: bool = False

    @property
    def comment(self) -> str:
        """Give the comment that stands behind the open place."""
        if self.is_told:
            return f"{self.ask}?"
        offered = f" e.g. {self.offers[0]}" if len(self.offers) == 1 else ""
        if len(self.offers) > 1:
            offered = f" {', '.join(self.offers[:-1])} or {self.offers[-1]}"
        leave = ("; or take this line out" if offered else " or take this line out") if self.optional else ""
        return f"{self.ask}?{offered}{leave}"
