"""What a record looks like in a contract that is begun: the usual ones, and what an export shows of others.

The usual records are only known by the names of their fields; which of them a company has is what its exports hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from slacli.core import criteria, dialects
from slacli.core.dialects import normal
from slacli.core.drafts import flows, matching, names, shapes, stages, values
from slacli.core.drafts.binding import dialect_of, id_of
from slacli.core.drafts.flows import Flow
from slacli.core.drafts.lines import can_stand, scalar, sequence
from slacli.core.drafts.profiles import Column, Profile
from slacli.errors import CannotRun
from slacli.model import Field, Record
from slacli.places import Address
from slacli.values import dataclass

_AT = Address("definitions.yaml")
_MOST_FIELDS = 40
_YAML_WORDS = frozenset("yes no on off y n true false null".split())


@dataclass(frozen=True, slots=True)
class Drafted:
    """A record of a contract that is begun: its fields as lines, and what of it others may rest on.

    `columns` are those of the export by field. `stage` is the field that holds the stage, `entered` leads from a value
    of it to the field with the time at which that stage was entered, and `flow` is what the export shows of stages.
    """

    id: str
    title: str
    fields: Mapping[str, str]
    key: str | None = None
    dated: str | None = None
    happens: str | None = None
    of: str = ""
    history: str = ""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    is_seen: bool = True
    columns: Mapping[str, Column] = field(default_factory=dict)
    stage: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    flow: Flow = field(default_factory=Flow)

    def with_more(self, other: Drafted, names: Iterable[str]) -> Drafted:
        """Give the record with some fields of another draft of it besides."""
        more = list(names)
        return replace(
            self,
            fields={**self.fields, **{name: other.fields[name] for name in more}},
            types={**self.types, **{name: other.types[name] for name in more}},
            columns={**self.columns, **{name: other.columns[name] for name in more}},
            lists={**self.lists, **{name: other.lists[name] for name in more if name in other.lists}},
        )

    def lines(self) -> list[str]:
        """Give the record as it stands below `records:`."""
        found = [f"  {self.id}:", f"    title: {self.title}"]
        found += [f"    of: {self.of}"] if self.of else []
        found += [f"    key: {self.key}"] if self.key else []
        found += [f"    dated: {self.dated}"] if self.dated else []
        found += [f"    happens: {self.happens}"] if self.happens else []
        found += [f"    history: {self.history}"] if self.history else []
        return [*found, "    fields:", *(f"      {name}: {{{line}}}" for name, line in self.fields.items())]


def _usual(id: str, title: str, key: str | None, fields: str, **more: Any) -> Record:
    found = {}
    for entry in fields.split():
        name, _, kind = entry.partition(":")
        type_, *marks = (kind or "text").split("+")
        found[name] = Field(
            name,
            type_,  # type: ignore[arg-type]
            _AT,
            format="email" if "email" in marks else "",
            personal="personal" in marks,
            planned="planned" in marks,
            keeps="first" if "first" in marks else "only",
        )
    return Record(id, title, found, _AT, key=key, **more)


USUAL = (
    _usual(
        "lead", "Lead", "lead_id",
        "lead_id email:text+email+personal company source region status lifecycle rating industry owner:text+personal "
        "budget:money created_at:time qualified_at:time+first accepted_at:time+first rejected_at:time converted:yes_no "
        "converted_at:time converted_opportunity_id contact_id reject_reason modified_at:time",
        dated="created_at",
    ),
    _usual(
        "opportunity", "Opportunity", "opportunity_id",
        "opportunity_id account_id stage amount:money source owner:text+personal created_at:time "
        "closed_on:date+planned is_closed:yes_no is_won:yes_no loss_reason modified_at:time",
        dated="closed_on",
    ),
    _usual(
        "activity", "Activity", "activity_id",
        "activity_id who_id at:time kind direction status created_at:time", happens="at",
    ),
    _usual("account", "Account", "account_id", "account_id industry type region created_at:time"),
    _usual(
        "contact", "Contact", "contact_id", "contact_id account_id email:text+email+personal source created_at:time"
    ),
    _usual("person", "Person", "user_id", "user_id email:text+email+personal team active:yes_no"),
)  # fmt: skip
# What only one kind of record has: an owner, a status and a day on which it was made have many.
_TELLING = {
    "lead": frozenset("qualified_at accepted_at rejected_at converted converted_at converted_opportunity_id".split()),
    "opportunity": frozenset("stage amount closed_on is_won".split()),
    "activity": frozenset("who_id at kind direction".split()),
}
_TELLS = 2
_ENOUGH = 3  # fields that must be found before an export counts as a usual record


def drafted(profile: Profile, taken: Iterable[str]) -> Drafted:
    """Draft the record of an export: a usual one where it looks like one, else one of its own from its columns."""
    told = dialects.told([column.header for column in profile.columns]) or (dialect_of(profile),)
    fits = matching.fits(profile, USUAL, told, ())
    if profile.record:
        return _staged(profile, _of_said(profile, [fit for fit in fits if fit.record.id == profile.record]))
    first = fits[0]
    called = names.words(profile.name)
    if any(normal(column.header) == "lifecyclestage" for column in profile.columns):
        # What HubSpot calls a contact is a lead as long as nobody has bought anything.
        first = next((fit for fit in fits if fit.record.id == "lead" and fit.decided >= _ENOUGH), first)
        is_told = first.record.id == "lead"
    else:
        tells = _TELLING.get(first.record.id, frozenset())
        is_told = first.is_named or sum(bool(first.matches[name].sure) for name in tells) >= _TELLS
        # Of a file with a name of its own the id of a lead may be that of another record's lead.
        is_told = (is_told or (not profile.name and _is_keyed(first))) and matching.is_told(fits)
    if profile.flow.log is not None and "change" not in called:
        is_told = is_told and not (profile.flow.log.old or profile.flow.log.of)
    if first.decided >= _ENOUGH and is_told and "change" not in called:
        return _staged(profile, _of_usual(first))
    return _staged(profile, _of_columns(profile, set(taken)))


def _of_said(profile: Profile, usual: Sequence[matching.Fit]) -> Drafted:
    """Draft the record that somebody said the rows are: what is usual in it by its usual names, and all else besides.

    Raises CannotRun where a word of the language was said.
    """
    if profile.record in _reserved():
        better = f"{profile.record}_row{profile.files[0].removeprefix(profile.record)}"
        raise CannotRun(
            f"`{profile.record}` is a word of the language, and no record can be called so", f"say another: `{better}`"
        )
    own = _of_columns(profile, set(), profile.record)
    if not usual:
        return own
    one = _of_usual(usual[0])
    taken = {column.header for column in one.columns.values()}
    more = [name for name, column in own.columns.items() if column.header not in taken and name not in one.fields]
    if one.key is not None and len(one.fields) >= _ENOUGH:
        more = []
    whole = one.with_more(own, more)
    return replace(
        whole,
        key=one.key or (own.key if own.key in more else None),
        dated=one.dated or (None if one.happens else _dated(whole.types)),
    )


def _is_keyed(fit: matching.Fit) -> bool:
    """Tell whether the key has a column of its very name that tells the rows apart."""
    key = fit.record.key
    return key is not None and any(one.alone and names.is_same(one.header, key) for one in fit.matches[key].sure)


def _staged(profile: Profile, one: Drafted) -> Drafted:
    """Find the field of a record that holds its stage, and the times at which the stages were entered."""
    able = [name for name, listed in one.lists.items() if flows.is_stage(name) and stages.is_drafted(listed)]
    if not able:
        return replace(one, flow=profile.flow)
    wanted = ("lifecycle", "stage", "status")
    stage = min(able, key=lambda name: next((at for at, word in enumerate(wanted) if word in names.words(name)), 9))
    listed = one.lists[stage]
    fields, types, columns, entered = dict(one.fields), dict(one.types), dict(one.columns), dict[str, str]()
    by_header = {column.header: name for name, column in columns.items()}
    for value, header in stages.columns_by_stage([column.header for column in profile.columns], listed).items():
        found = [column for column in profile.columns if column.header == header and can_stand(header)]
        if header in by_header and types[by_header[header]] in {"date", "time"}:
            entered[value] = by_header[header]
            continue
        if len(found) != 1 or not found[0].filled or header in by_header:
            continue
        of = _typed(f"entered_{id_of(value)}", found[0])
        if of is not None and of.type in {"date", "time"} and of.id not in fields:
            of = replace(of, title=header)
            fields[of.id], types[of.id], columns[of.id] = _line(of, ()), of.type, found[0]
            entered[value] = of.id
    for word, name in (("MQL", "qualified_at"), ("SAL", "accepted_at")):
        known = values.meant(word, listed)
        if known is not None and name in one.fields:
            entered.setdefault(known, name)
    return replace(one, fields=fields, types=types, columns=columns, stage=stage, entered=entered, flow=profile.flow)


def _of_usual(fit: matching.Fit) -> Drafted:
    record = fit.record
    fields: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    types: dict[str, str] = {}
    columns: dict[str, Column] = {}
    for name, match in fit.matches.items():
        if len(match.sure) != 1 or not can_stand(match.sure[0].header):
            continue
        column = match.sure[0]
        if match.field.type in {"date", "time"} and column.kinds.get("offset", 0) and column.count(shapes.NAIVE):
            continue
        found = match.field
        if found.type == "time" and column.filled and not _has_clock(column):
            found = replace(found, type="date")
        listed = _listed(column, name) if found.type == "text" and not found.personal else ()
        fields[name], types[name], columns[name] = _line(found, listed), found.type, column
        if listed:
            lists[name] = listed
    return Drafted(
        record.id,
        record.title,
        fields,
        key=record.key if record.key in fields else None,
        dated=record.dated if record.dated in fields else _dated(types) if record.happens is None else None,
        happens=record.happens if record.happens in fields else None,
        lists=lists,
        types=types,
        columns=columns,
    )


def is_moment(column: Column) -> bool:
    """Tell whether a column holds times that can be read together."""
    naive = column.count(shapes.NAIVE)
    return bool(column.filled) and _has_clock(column) and not (naive and column.kinds.get("offset", 0))


def _has_clock(column: Column) -> bool:
    return bool(column.count(shapes.NAIVE) or column.kinds.get("offset", 0))


def _listed(column: Column, name: str) -> tuple[str, ...]:
    """Give the values of a closed list, each in its usual spelling."""
    if not values.is_closed_list(column, name):
        return ()
    usual: dict[str, str] = {}
    for value, _ in sorted((column.values or {}).items(), key=lambda item: -item[1]):
        if value in values.PLACEHOLDERS or not can_stand(value):
            continue
        if not (flows.is_stage(name) and values.same_stage(value, usual.values())):
            usual.setdefault(values.level(value), value)
    return tuple(sorted(usual.values()))


def _line(of: Field, listed: Sequence[str]) -> str:
    parts = [f"type: {of.type}"]
    parts += [f"title: {scalar(of.title)}"] if of.title else []
    parts += [f"format: {of.format}"] if of.format else []
    parts += [f"one_of: {sequence(listed)}"] if listed else []
    parts += ["personal: true"] if of.personal else []
    parts += ["planned: true"] if of.planned else []
    parts += [f"keeps: {of.keeps}"] if of.keeps != "only" else []
    return ", ".join(parts)


def _of_columns(profile: Profile, taken: set[str], said: str = "") -> Drafted:
    """Draft a record from the columns alone: what each holds is told by its cells."""
    record = said or id_of(profile.name) or "row"
    while record in taken or record in _reserved():
        record = f"{record}_row"
    fields: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    types: dict[str, str] = {}
    columns: dict[str, Column] = {}
    key = None
    headers = {normal(column.header) for column in profile.columns}
    for column in profile.columns:
        name = id_of(column.header)
        if not name or column.repeated or not can_stand(column.header) or len(fields) == _MOST_FIELDS:
            continue
        while name in fields or name in _reserved() or name == record:
            name = f"{name}_column"
        of = _typed(name, column, is_amount=normal(f"{column.header} Currency") in headers)
        if of is None:
            continue
        listed = _listed(column, column.header) if of.type == "text" and not of.personal else ()
        fields[name], types[name], columns[name] = _line(of, listed), of.type, column
        if listed:
            lists[name] = listed
        is_id = bool(names.words(column.header) & {"id", "key", "guid", "number", "code"})
        if (
            key is None
            and column.alone
            and column.filled == profile.rows
            and of.type == "text"
            and is_id
            and not of.personal
        ):
            key = name
    return Drafted(record, record.replace("_", " ").capitalize(), fields, key=key, dated=_dated(types), lists=lists,
                   types=types, columns=columns)  # fmt: skip


def _reserved() -> frozenset[str]:
    return frozenset(criteria.words()) | _YAML_WORDS


def _typed(name: str, column: Column, *, is_amount: bool = False) -> Field | None:
    """Give the field of a column by its cells, or None where they are of several kinds that cannot be read together."""
    called = names.words(column.header)
    kinds = column.kinds
    personal = bool(called & values.PERSONAL and "id" not in called)

    def all_of(type_: str) -> bool:
        able = shapes.readable(type_, "mdy", ",", ".") | shapes.readable(type_, "dmy", ",", ".")
        signed = column.counted(able) if type_ in {"number", "money"} else 0
        return column.filled > 0 and column.count(able) + signed == column.filled

    if kinds.get("email", 0) * 2 > column.filled:
        is_whole = kinds.get("email", 0) == column.filled
        return Field(name, "text", _AT, format="email" if is_whole else "", personal=True)
    if "id" in called or not column.filled:
        return Field(name, "text", _AT, personal=personal)
    if all_of("time"):
        if kinds.get("offset", 0) and column.count(shapes.NAIVE):
            return None
        return Field(name, "time" if _has_clock(column) else "date", _AT,
                     planned=not called & {"create", "modify"})  # fmt: skip
    if (is_amount or any(one.currency for one in column.amounts)) and all_of("money"):
        return Field(name, "money", _AT)
    words = set(column.values or ())
    if words and all(shapes.kind(word) in {"yes", "no"} for word in words):
        return Field(name, "yes_no", _AT)
    if not personal and all_of("integer") and not kinds.get("long", 0):
        return Field(name, "integer", _AT)
    if not personal and all_of("number"):
        return Field(name, "number", _AT)
    return Field(name, "text", _AT, personal=personal)


def _dated(types: Mapping[str, str]) -> str | None:
    """Give the field that places a row in time: when it was made, else the first that can."""
    able = [name for name, type_ in types.items() if type_ in {"date", "time"}]
    made = [name for name in able if names.words(name) == {"create", "@"}]
    return next(iter([*made, *able]), None)
