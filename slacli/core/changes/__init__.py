"""What changed between two versions of an agreement, for whom, how much it weighs, and who must sign it."""

from slacli.core.changes.effects import Effect, Touch, asked, effects, must_sign
from slacli.core.changes.facts import Change, compare
from slacli.core.changes.kinds import ALL, KINDS, RULES, WEIGHTS, Kind, Weight
from slacli.core.changes.questions import Ask, Meaning, comparable

__all__ = [
    "ALL",
    "KINDS",
    "RULES",
    "WEIGHTS",
    "Ask",
    "Change",
    "Effect",
    "Kind",
    "Meaning",
    "Touch",
    "Weight",
    "asked",
    "comparable",
    "compare",
    "effects",
    "must_sign",
]
