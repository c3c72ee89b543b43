"""The language of criteria: its grammar, what a line means over a record, and what it says of one row."""

from slacli.core.criteria.evaluate import Reason, Verdict, blame, evaluate, meeting, verdict
from slacli.core.criteria.faults import Fault
from slacli.core.criteria.fitting import IMPOSSIBLE_VALUE
from slacli.core.criteria.mentions import fields_of, leaves, terms_of
from slacli.core.criteria.reading import RULES, UNDEFINED_FIELD, Scope, read, read_link
from slacli.core.criteria.syntax import words
from slacli.core.criteria.values import (
    BLANKS,
    EMAIL_SHAPE,
    Moment,
    State,
    Value,
    composed,
    is_like,
    lowered,
    row_of,
    typed,
)

__all__ = [
    "BLANKS",
    "EMAIL_SHAPE",
    "IMPOSSIBLE_VALUE",
    "RULES",
    "UNDEFINED_FIELD",
    "Fault",
    "Moment",
    "Reason",
    "Scope",
    "State",
    "Value",
    "Verdict",
    "blame",
    "composed",
    "evaluate",
    "fields_of",
    "is_like",
    "leaves",
    "lowered",
    "meeting",
    "read",
    "read_link",
    "row_of",
    "terms_of",
    "typed",
    "verdict",
    "words",
]
