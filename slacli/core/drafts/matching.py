"""Which column of an export is which field of a record: what is sure, what is only likely, and what two could be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from slacli.core.dialects import Dialect, normal
from slacli.core.drafts import names, shapes
from slacli.core.drafts.profiles import Column, Profile
from slacli.core.wording import nearest
from slacli.model import Binding, Field, Record
from slacli.values import dataclass

_SURE = 80
_SAME, _BOUND, _ALIAS, _WORDS, _ID_OF_A_PERSON, _SYNONYM = 100, 98, 95, 90, 96, 85
_LINK = 97
_VALUES, _MORE_WORDS, _NEAR = 60, 55, 50

_SAYS_WHERE = frozenset(
    "sf data export report salesforce hubspot zoho pipedrive dynamics crm csv dataset all list new open close won lost "
    "qualify marketing sale weekly monthly daily my our".split()
)
_OTHER_RECORDS = frozenset({"lead", "contact", "account", "opportunity", "person", "company"})
_NUMBERS = frozenset({"integer", "number", "money"})
_WEAK = frozenset({"id", "@", "name", "number", "type"})

# What the facts of a dialect are called in contracts, where the name alone does not tell.
_FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "record_id": ("id", "key"),
        "mql_at": ("qualified_at", "mql_at"),
        "sql_at": ("sql_at", "sales_qualified_at"),
        "converted_deal_id": ("converted_opportunity_id", "opportunity_id", "deal_id"),
        "converted_contact_id": ("contact_id", "converted_contact_id"),
        "deal_id": ("opportunity_id", "deal_id"),
        "touch_at": ("at", "happened_at", "done_at"),
        "changed_at": ("at", "changed_at"),
        "stage_entered_at": ("at", "entered_at"),
        "channel": ("kind", "channel"),
        "changed_by": ("actor", "changed_by", "by"),
        "loss_reason": ("loss_reason", "lost_reason"),
        "score": ("score", "hubspot_score"),
    }
)


@dataclass(frozen=True, slots=True)
class Match:
    """What may stand in a field: the columns that are sure (two where two could be meant), and those that are likely.

    `unfit` are columns of the right name whose cells are nearly all of another type.
    """

    field: Field
    sure: tuple[Column, ...] = ()
    likely: tuple[Column, ...] = ()
    unfit: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well an export fits a record: the matches by field, and what they weigh."""

    record: Record
    matches: Mapping[str, Match]
    weight: float
    is_named: bool

    @property
    def decided(self) -> int:
        return sum(bool(match.sure) for match in self.matches.values())

    @property
    def is_apart(self) -> bool:
        """Whether the rows are told apart by the key: those of another record may name this one again and again."""
        return self.record.key is not None and any(one.alone for one in self.matches[self.record.key].sure)


def fits(
    profile: Profile, records: Iterable[Record], dialects: Sequence[Dialect], bindings: Iterable[Binding]
) -> list[Fit]:
    """Give how well an export fits each record, the best first."""
    known = list(bindings)
    found = [_fit(profile, record, dialects, [one for one in known if one.record == record.id]) for record in records]
    return sorted(found, key=lambda fit: (-fit.weight, -fit.decided / max(len(fit.matches), 1), fit.record.id))


def is_told(found: Sequence[Fit]) -> bool:
    """Tell whether the first fit is clearly the best."""
    first = found[0]
    if first.decided == 0:
        return False
    clear = len(found) == 1 or first.weight >= found[1].weight * 1.1 + 0.05
    return clear and (first.is_apart or first.is_named or first.decided >= 4)


def bindable(record: Record) -> dict[str, Field]:
    """Give the fields of a record that a column can hold."""
    return {name: field for name, field in record.fields.items() if field.derived is None}


def _fit(profile: Profile, record: Record, dialects: Sequence[Dialect], bindings: Sequence[Binding]) -> Fit:
    own = names.words(f"{record.id} {record.title}")
    fields = bindable(record)
    scores: dict[tuple[str, int], int] = {}
    unfit: dict[str, list[Column]] = {}
    for name, field in fields.items():
        heads = {normal(header) for one in bindings if name in one.columns for header in one.columns[name].headers}
        aliases = _aliases(record, field, dialects)
        for at, column in enumerate(profile.columns):
            if not column.header or column.repeated:
                continue
            score = _score(column, record, field, own, heads, aliases)
            if score and not is_fit(column, field):
                if score >= _SURE:
                    unfit.setdefault(name, []).append(column)
                continue
            if score:
                scores[name, at] = score
    matches = _assigned(profile, fields, scores, unfit)
    is_named = is_called(profile.name, own, is_log=record.history is not None or "change" in own)
    weight = sum(1.0 for match in matches.values() if match.sure) + sum(
        0.25 for match in matches.values() if not match.sure and match.likely
    )
    if record.key is not None and any(one.alone for one in matches[record.key].sure):
        weight += 1
    return Fit(record, matches, weight + 2 * is_named * (weight > 0), is_named)


def is_called(name: str, own: frozenset[str], *, is_log: bool) -> bool:
    """Tell whether a file is called like a record: by its words alone, but for those that say where it came from."""
    called = frozenset(word for word in names.words(name) if not word.isdigit()) - _SAYS_WHERE if name else frozenset()
    return bool(called & own - {"change"}) and called <= own | {"change"} and is_log == ("change" in called)


def _aliases(record: Record, field: Field, dialects: Sequence[Dialect]) -> set[str]:
    """Give the headers by which dialects hold what a field of this name holds."""
    found: set[str] = set()
    own = names.words(field.id)
    for dialect in dialects:
        for fact, headers in dialect.facts.items():
            called = _FACTS.get(fact, (fact,))
            is_key = fact == "record_id" and field.id == record.key
            if is_key or field.id in called or (fact != "record_id" and own in {names.words(one) for one in called}):
                found |= {normal(header) for header in headers if not dialect.is_unseen(header)}
    if field.id != record.key:
        found -= {normal(header) for dialect in dialects for header in dialect.facts.get("record_id", ())}
    return found


def _score(
    column: Column, record: Record, field: Field, own: frozenset[str], heads: set[str], aliases: set[str]
) -> int:
    header = column.header
    if names.is_same(header, field.id) or (field.title and names.is_same(header, field.title)):
        return _SAME
    if normal(header) in heads:
        return _BOUND
    ours, theirs = names.words(field.id, own), names.words(header, own)
    if _is_link(header, field.id, record):
        return _LINK
    is_of_another = field.id == record.key and bool((theirs - own) & _OTHER_RECORDS)
    if normal(header) in aliases and not is_of_another:
        return _ALIAS
    if ours == theirs or (field.unit and ours == theirs - names.words(field.unit) - names.words(field.unit[:-1])):
        return _WORDS
    if field.person and theirs == ours | {"id"}:
        return _ID_OF_A_PERSON
    if names.is_synonym(theirs, ours):
        return _SYNONYM
    if field.one_of and column.values and len(field.one_of) > 1:
        overlap = set(column.values) & set(field.one_of)
        if len(overlap) > 1 and len(overlap) * 10 >= len(column.values) * 6:
            return _VALUES
    if ours - _WEAK and ours < theirs and len(theirs - ours) == 1:
        return _MORE_WORDS
    if nearest(header.casefold(), [field.id.replace("_", " "), field.title.casefold() or field.id]) is not None:
        return _NEAR
    return 0


def _is_link(header: str, field: str, record: Record) -> bool:
    """Tell whether a header names the record that a field leads to, or the key that it is compared with."""
    theirs = names.words(header)
    return any(
        theirs == names.words(f"{link.parent} id") or names.is_same(header, link.parent_field)
        for link in record.links
        if link.field == field and (field != record.key or names.words(field, names.words(record.id)) != {"id"})
    )


def is_fit(column: Column, field: Field) -> bool:
    """Tell whether at least half of the filled cells of a column can be read as values of a field."""
    if not column.filled:
        return True
    if field.format == "email":
        return column.kinds.get("email", 0) * 2 >= column.filled
    if field.type in {"text", "ids"}:
        return True
    if field.type == "yes_no":
        return column.values is not None and len(column.values) <= 4
    able = (
        shapes.readable(field.type, "mdy", ",", ".", field.decimals)
        | shapes.readable(field.type, "dmy", ".", ",", field.decimals)
    )  # fmt: skip
    signed = column.counted(able) if field.type in _NUMBERS else 0
    return (column.count(able) + signed) * 2 >= column.filled


def _assigned(
    profile: Profile, fields: Mapping[str, Field], scores: Mapping[tuple[str, int], int], unfit: dict[str, list[Column]]
) -> dict[str, Match]:
    """Give every column to the field that it fits best, the surest first; a tie leaves both columns to choose from."""
    sure: dict[str, list[int]] = {}
    best: dict[str, int] = {}
    taken: set[int] = set()
    for (name, at), score in sorted(scores.items(), key=lambda item: (-item[1], item[0][1])):
        if score < _SURE or at in taken or (name in best and score < best[name]):
            continue
        sure.setdefault(name, []).append(at)
        best[name] = score
        taken.add(at)
    likely: dict[str, list[int]] = {}
    for (name, at), score in sorted(scores.items(), key=lambda item: (-item[1], item[0][1])):
        if name not in sure and at not in taken and score < _SURE:
            likely.setdefault(name, []).append(at)
    columns = profile.columns
    return {
        name: Match(
            field,
            tuple(columns[at] for at in sure.get(name, ())),
            tuple(columns[at] for at in likely.get(name, ())),
            tuple(unfit.get(name, ())),
        )
        for name, field in fields.items()
    }
