"""What validate says about an agreement that reads well: one family of rules a file, and this collection of them."""

from slacli.core.rules import agreement, calendars, duties, goals, lifecycles, meaning, records, terms
from slacli.findings import Rule
from slacli.model import Contract

RULES: tuple[Rule[Contract], ...] = (
    *agreement.RULES,
    *goals.RULES,
    *terms.RULES,
    *meaning.RULES,
    *records.RULES,
    *duties.RULES,
    *calendars.RULES,
    *lifecycles.RULES,
)
