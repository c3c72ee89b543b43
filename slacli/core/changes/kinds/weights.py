"""What a kind of change weighs, and how one is declared: its name, its page, and what it is called the other way round.

A material change moves a duty, a definition, a target, a calendar or the sign-off. Stewardship is what the steward
keeps and signs: bindings and holidays. Editorial are words that no verdict depends on.
"""

from __future__ import annotations

from typing import Literal, get_args

from slacli.findings import Rule, Severity, reported
from slacli.values import dataclass

Weight = Literal["material", "stewardship", "editorial"]
WEIGHTS: tuple[Weight, ...] = get_args(Weight)
"""All weights, the heaviest first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change: the rule that its page and its findings bear, and its weight."""

    rule: Rule[None]
    weight: Weight

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def mirror(self) -> str:
        """The name of the kind that the same two texts show when they are compared the other way round."""
        for one, other in (("-added", "-removed"), ("-removed", "-added")):
            if self.name.endswith(one):
                return self.name.removesuffix(one) + other
        return self.name


def material(name: str, page: str) -> Kind:
    return Kind(reported(Severity.WARNING, name, page), "material")


def stewardship(name: str, page: str) -> Kind:
    return Kind(reported(Severity.NOTE, name, page), "stewardship")


def editorial(name: str, page: str) -> Kind:
    return Kind(reported(Severity.NOTE, name, page), "editorial")
