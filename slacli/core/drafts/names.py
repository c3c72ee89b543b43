"""Whether a header and a field are called alike: words taken apart, brought to one form, and compared as sets.

`CreatedDate`, `CREATEDDATE`, `Create Date` and `created_at` are one name here. What a vendor calls a thing stands in
the table of dialects, not here.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from slacli.core.dialects import normal

# What headers without blanks or capitals between their words are made of, so that `STAGENAME` falls apart.
_PARTS = (
    "account activity amount annual app at authority budget by call campaign case city close closed closing company "
    "contact converted country created creation currency date deal direction email end event field first forecast id "
    "industry key last lead lifecycle loss modified name new next number old opportunity order origin owner person "
    "phone probability product property purpose quarter rating reason record region rejected revenue score source "
    "stage start state status step subject task team time title type updated user value who"
).split()
_PART = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))

_SAME = {
    **dict.fromkeys("create created creation createdate".split(), "create"),
    **dict.fromkeys("close closes closed closing".split(), "close"),
    **dict.fromkeys("modify modified update updated changed".split(), "modify"),
    **dict.fromkeys("change history log".split(), "change"),
    **dict.fromkeys("qualify qualified qualification mql".split(), "qualify"),
    **dict.fromkeys("accept accepted sal".split(), "accept"),
    **dict.fromkeys("reject rejected disqualified".split(), "reject"),
    **dict.fromkeys("recycle recycled".split(), "recycle"),
    **dict.fromkeys("convert converted conversion".split(), "convert"),
    **dict.fromkeys("at on date time timestamp datetime day stamp".split(), "@"),
    **dict.fromkeys("contact contacted".split(), "contact"),
    **dict.fromkeys("mail email".split(), "email"),
    **dict.fromkeys("lost loss".split(), "loss"),
    **dict.fromkeys("deal potential opportunity opp".split(), "opportunity"),
    **dict.fromkeys("user person people".split(), "person"),
    **dict.fromkeys("task activity activities engagement".split(), "activity"),
    **dict.fromkeys("prospect lead".split(), "lead"),
}  # fmt: skip
_SAYS_NOTHING = frozenset({"property", "hs", "c", "record", "the", "of", "field", "fivetran"})

# Other names of the same thing, each as its words in one form.
_SYNONYMS = tuple(
    tuple(frozenset(name.split()) for name in group)
    for group in (
        ("source", "lead source", "original source", "origin", "utm source", "first source"),
        ("owner", "owner id", "assigned", "assigned to", "owner alias"),
        ("amount", "value", "total amount", "close value"),
        ("stage", "stage name"),
        ("company", "company account", "account name", "company name", "organization", "organisation"),
        ("region", "sales region", "regional office"),
        ("budget", "annual budget"),
        ("modify @", "last modify @", "last modify"),
        ("create @", "create", "object create @", "first contact @"),
        ("close @", "close", "won @"),
        ("qualify @", "became a marketing qualify lead @"),
        ("loss reason", "close loss reason"),
    )
)


def words(name: str, record: Collection[str] = ()) -> frozenset[str]:
    """Give the words of a name in one form, without those that only name its record."""
    found: list[str] = []
    for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+", name):
        found += _apart(part.casefold())
    levelled = [_levelled(word) for word in found]
    kept = [word for word in levelled if word not in _SAYS_NOTHING]
    own = {*record}
    return frozenset([word for word in kept if word not in own] or kept or levelled)


def _levelled(word: str) -> str:
    one = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    return _SAME.get(word) or _SAME.get(one, one)


def _apart(word: str) -> list[str]:
    """Take a word apart where it is made of known ones alone."""
    if word in _SAME or len(word) < 5:
        return [word]
    parts: list[str] = []
    at = 0
    while found := _PART.match(word, at):
        parts.append(found[0])
        at = found.end()
    return parts if at == len(word) and parts else [word]


def is_same(header: str, name: str) -> bool:
    """Tell whether a header is a name as it stands, but for case, blanks and underscores."""
    return normal(header).replace("_", "") == normal(name).replace("_", "")


def is_synonym(header: frozenset[str], field: frozenset[str]) -> bool:
    """Tell whether two names are known to be those of one thing."""
    return any(header in group and field in group for group in _SYNONYMS)
