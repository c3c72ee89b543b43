"""Changes that the side from which they take accepts for a time: what such a waiver names, and who may grant it.

A waiver names one edit, by the hash of what was said before and after it: eight hours that became four say nothing of
four that become one. Where a change takes from several sides, each has to grant one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from slacli.core import wording
from slacli.core.changes.effects import Effect
from slacli.core.changes.facts import Change
from slacli.core.changes.placed import PLACED, Says
from slacli.findings import Problem, Waived
from slacli.model import Contract, Test, Waiver
from slacli.places import Address
from slacli.values import dataclass

Told = Literal["refused", "lapsed", "unused"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What waivers say of one change: its name, which sides it takes from, and those of them that accept it."""

    name: str
    takes_from: tuple[str, ...]
    by: tuple[Waived, ...] = ()
    is_waived: bool = False


def named(change: Change) -> str:
    """Give the name of an edit: twelve hex digits of its fingerprint and of what was said before and after it.

    Where a change is of some fields of a part, only those count; else any other edit of the part gives another name.
    """
    said = "\n".join(_text(_said(part, change.kind.name)) for part in (change.before, change.after))
    text = f"{change.fingerprint}\n{said}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def takes_from(effect: Effect) -> tuple[str, ...]:
    """Give the parties that owe more by a change or are owed less; or may, where nobody can tell."""
    losing = (one.party for one in effect.touches if (one.holds, one.way) in _LOSES)
    return tuple(dict.fromkeys(losing))


def accepted(found: Sequence[Effect], new: Contract, today: date | None) -> tuple[Accepted, ...]:
    """Give for each change what the waivers of the newer contract say of it."""
    return tuple(_accepted(effect, new, today) for effect in found)


def told(found: Sequence[Effect], new: Contract, today: date | None) -> Iterator[tuple[Told, str, Problem]]:
    """Say of each waiver of a change that does not count why, with the party that has to do something."""
    by_name: dict[str, list[Effect]] = {}
    for effect in found:
        by_name.setdefault(named(effect.change), []).append(effect)
    for waiver in new.waived_changes:
        problem = _problem(waiver, by_name.get(waiver.finding, []), new, today)
        if problem is not None:
            yield problem[0], waiver.granted_by, problem[1]


_LOSES = {("owes", "more"), ("is owed", "less"), ("owes", "otherwise"), ("is owed", "otherwise")}


def _accepted(effect: Effect, new: Contract, today: date | None) -> Accepted:
    name, losing = named(effect.change), takes_from(effect)
    lasting = [
        one
        for one in new.waived_changes
        if one.finding == name and today is not None and today <= one.until and _may_grant(one.granted_by, effect, new)
    ]
    by = tuple(Waived(one.granted_by, one.because, one.until, one.at) for one in lasting)
    every = bool(losing) and all(any(new.stands_for(one.by, party) for one in by) for party in losing)
    return Accepted(name, losing, by, every)


def _may_grant(party: str, effect: Effect, new: Contract) -> bool:
    """Say whether a party stands for a side that a change takes from, and for none that it only gives to."""
    losing = takes_from(effect)
    winning = {one.party for one in effect.touches} - set(losing)
    return any(new.stands_for(party, one) for one in losing) and not any(new.stands_for(party, one) for one in winning)


def _problem(waiver: Waiver, meant: Sequence[Effect], new: Contract, today: date | None) -> tuple[Told, Problem] | None:
    who = new.party_title(waiver.granted_by)
    refused = [one for one in meant if not _may_grant(waiver.granted_by, one, new)]
    told: Told
    if refused:
        told, key, label = "refused", "granted_by", "not a side that it takes from"
        about = wording.sanitised(refused[0].change.subject, 60) or "agreement"
        losing = [new.party_title(one) for one in takes_from(refused[0])]
        message = f"{who} waives a `{refused[0].change.kind.name}` of `{about}`, which takes nothing from it alone"
        advice = f"let {wording.listed(losing)} grant it" if losing else "remove it: it takes from nobody"
    elif today is None:
        told, key, label = "unused", "until", "on which day?"
        message = f"the waiver of {who} for the change `{waiver.finding}` accepts nothing: no day is given"
        advice = "give the day with `--as-of`"
    elif waiver.until < today:
        told, key, label = "lapsed", "until", "over"
        message = f"the waiver of {who} for the change `{waiver.finding}` lapsed at the end of {waiver.until}"
        advice = "agree on a later day, or remove it" if meant else "remove it: nothing here changed so"
    elif not meant:
        told, key, label = "unused", "change", "no such change"
        message = f"the waiver of {who} for `{waiver.finding}` names no change between these versions"
        advice = "remove it once the change is in force; else correct it: another edit has another name"
    else:
        return None
    subject = f"changes/{waiver.finding}/{waiver.granted_by}"
    return told, Problem(at=waiver.at / key, message=message, label=label, help=advice, subject=subject)


# --- what an edit says ------------------------------------------------------------------------


def _said(part: Any, kind: str) -> Any:
    """Give what a part says of one kind of change, or the whole part where no field of its own says it."""
    if part is None:
        return None
    for whole in (part, getattr(part, "duty", None)):
        placed: Mapping[str, Any] = PLACED.get(type(whole), {})
        names = [name for name, one in placed.items() if isinstance(one, Says) and one.kind == kind]
        if names:
            return [getattr(whole, name) for name in names]
    return part


def _text(value: Any) -> str:
    """Write a value so that two are alike where they say the same; the order of what has none does not count."""
    if isinstance(value, Address):
        return ""
    if isinstance(value, Test):
        return f"test({_text(value.tree)})"
    if is_dataclass(value) and not isinstance(value, type):
        inside = ", ".join(f"{one.name}={_text(getattr(value, one.name))}" for one in fields(value) if one.compare)
        return f"{type(value).__name__}({inside})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(sorted(f'{_text(key)}: {_text(one)}' for key, one in value.items()))}}}"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return repr(value)
