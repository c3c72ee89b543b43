"""What the values of a column are called in the agreement: the same word in other letters, or a known other name.

It also knows which values must never stand in a draft: anything that could name a person, a company or an address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from slacli.core.drafts import names
from slacli.core.drafts.profiles import Column

MOST = 50
"""A column of more different values is no closed list."""

PLACEHOLDERS = frozenset(
    ("-", "--", "\u2013", "\u2014", "N/A", "n/a", "#N/A", "NULL", "null", "(blank)", "[not provided]", "Select",
     "-None-", "--None--")
)  # fmt: skip
"""What programs and people write for a blank."""

TRUE_FALSE = (
    ("Y", "N"), ("y", "n"), ("t", "f"), ("T", "F"), ("on", "off"), ("X", "-"), ("Active", "Inactive"),
    ("active", "inactive"), ("done", "to do"), ("Done", "To do"), ("checked", "unchecked"), ("Ja", "Nein"),
    ("Oui", "Non"),
)  # fmt: skip

_SYNONYMS = (
    {"won", "closed won", "closedwon", "deal won"},
    {"lost", "closed lost", "closedlost", "deal lost"},
    {"mql", "marketing qualified", "marketing qualified lead", "marketingqualifiedlead"},
    {"sql", "sales qualified", "sales qualified lead", "salesqualifiedlead"},
    {"sal", "sales accepted", "sales accepted lead"},
    {"paid search", "ppc", "sem", "google ads"},
    {"web", "website"},
    {"event", "trade show", "conference"},
    {"referral", "employee referral", "external referral"},
    {"disqualified", "unqualified", "junk", "junk lead"},
    {"call", "outgoing call", "phone call"},
)
_STAGES = _SYNONYMS[:5]
PERSONAL = frozenset(
    "name first last email phone mobile fax street address birth contact owner agent manager rep by assigned sdr "
    "salesperson description note notes comment comments subject website url linkedin twitter ip id ids account "
    "company body text title".split()
)
_CLOSED = frozenset(
    "status stage source type industry priority rating reason region channel category kind direction segment origin "
    "tier currency quality profile medium purpose outcome activity behaviour market sector series lifecycle loss "
    "country state origination size level grade forecast".split()
)
_LOOKS_PERSONAL = re.compile(r"@|[0-9]{5}|://|www\.|^\+?[0-9 ()/.-]{6,}$")
_LONGEST = 60


def level(value: str) -> str:
    return " ".join(re.split(r"[\W_]+", value.casefold())).strip()


def meant(value: str, allowed: Collection[str]) -> str | None:
    """Give the one allowed value that a value is another spelling or a known other name of, else None."""
    sought = level(value)
    found = [one for one in allowed if level(one) == sought]
    if not found:
        found = [one for one in allowed if any({level(one), sought} <= group for group in _SYNONYMS)]
    if not found and " " in sought:
        initials = "".join(word[0] for word in sought.split())
        found = [one for one in allowed if one.isupper() and one.casefold() == initials]
    return found[0] if len(found) == 1 else None


def same_stage(value: str, kept: Collection[str]) -> str | None:
    """Give the one of some stages of which a value is the long or the short name, else None."""
    sought = level(value)
    return next((one for one in kept if any({level(one), sought} <= group for group in _STAGES)), None)


def may_stand(values: Collection[str]) -> bool:
    """Tell whether values may stand in a draft at all: few, short, and none that looks like an address or a number."""
    return len(values) <= MOST and not any(len(one) > _LONGEST or _LOOKS_PERSONAL.search(one) for one in values)


def is_closed_list(column: Column, name: str) -> bool:
    """Tell whether a column holds a closed list that names nobody, by its name and by how often its values stand."""
    called = names.words(name)
    if column.values is None or not called & _CLOSED or called & PERSONAL:
        return False
    kept: Mapping[str, int] = {value: often for value, often in column.values.items() if value not in PLACEHOLDERS}
    if len(kept) < 2 or sum(kept.values()) < 2 * len(kept):
        return False
    return may_stand(kept) and not any(re.fullmatch(r"[-\d.,]+", value) for value in kept)
