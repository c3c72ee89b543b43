"""What changed between two versions of an agreement, for whom, how much it weighs, and who must sign it."""

from slacli.core.changes import kinds, sequence
from slacli.core.changes.effects import Effect, Touch, asked, effects, must_sign
from slacli.core.changes.facts import Change, compare
from slacli.core.changes.kinds import ALL, KINDS, WEIGHTS, Kind, Weight
from slacli.core.changes.questions import Ask, Meaning, comparable
from slacli.core.changes.sequence import WRONG_SEQUENCE, out_of_line
from slacli.findings import Rule

RULES: tuple[Rule[None], ...] = (*kinds.RULES, *sequence.RULES)

__all__ = [
    "ALL",
    "KINDS",
    "RULES",
    "WEIGHTS",
    "WRONG_SEQUENCE",
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
    "out_of_line",
]
