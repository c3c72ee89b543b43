"""How several exports hang together: which are of one record, which note its changes, and which rows lead to others.

What columns are called is the first hint; that they hold the same values is the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from slacli.core.drafts import marks, names
from slacli.core.drafts.flows import Flow, Log, is_stage
from slacli.core.drafts.lines import can_stand
from slacli.core.drafts.profiles import Column, Profile
from slacli.core.drafts.records import Drafted, drafted, is_moment

_ENOUGH = 0.5
"""The share of the values of one column that must stand in another, before its rows lead there."""

_JOINS = 0.3  # two systems rarely hold the same records


@dataclass(slots=True)
class Together:
    """The records of several exports.

    `of` has the record of each export, empty where it fits none of the others of its record, `answers` what is known
    of its columns by the questions about them, and `joins` the field by which several exports of a record are joined.
    `order` is that in which they are bound: of one record the export with the most fields comes first.
    """

    records: dict[str, Drafted] = field(default_factory=dict)
    of: list[str] = field(default_factory=list)
    answers: list[dict[str, str]] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def together(profiles: Sequence[Profile]) -> Together:
    """Draft the records of exports, and what leads from one to another."""
    found = Together()
    found.of = [""] * len(profiles)
    found.answers = [{} for _ in profiles]
    known = {at: drafted(profile, ()) for at, profile in enumerate(profiles) if _log(profile) is None}
    firsts = [one.id for one in known.values()]
    found.order = sorted(known, key=lambda at: (firsts.index(known[at].id), -len(known[at].fields)))
    seen: set[tuple[str, ...]] = set()
    for at in [*found.order]:
        headers = tuple(column.header for column in profiles[at].columns)
        if profiles[at].sheet and headers in seen:
            found.remarks.append(f"{profiles[at].shown} is left out, since a sheet before it has the same columns")
            continue
        seen.add(headers)
        _add(found, at, profiles[at])
    for at, profile in enumerate(profiles):
        if (log := _log(profile)) is not None:
            found.order.append(at)
            if not _add_log(found, at, profile, log):
                _add(found, at, profile)
    for record, field_ in (("activity", "who_id"), ("opportunity", "lead_id")):
        if record in found.of:
            at = found.of.index(record)
            _complete(found, record, field_, at, profiles[at])
    for one in [*found.records.values()]:
        _link(found, one)
    return found


def _log(profile: Profile) -> Log | None:
    """Give the changes that an export notes, but where somebody said that its rows are something else."""
    return profile.flow.log if profile.record.endswith("_change") or not profile.record else None


def _add(found: Together, at: int, profile: Profile) -> None:
    one = drafted(profile, found.records)
    first = found.records.get(one.id)
    found.of[at] = one.id
    if first is None:
        found.records[one.id] = one
        return
    joined = _joined(found, first, profile)
    if joined is None:
        found.of[at] = ""
        found.remarks.append(
            f"{profile.shown} looks like another export of `{one.id}`, but none of its columns holds the ids of the "
            "first: bind it with `slacli bind`, or begin another agreement from it"
        )
        return
    name, header = joined
    found.joins[one.id] = name
    found.answers[at][f"columns.{name}"] = header
    found.records[one.id] = replace(
        first.with_more(one, [field for field in one.fields if field not in first.fields]),
        stage=first.stage or one.stage,
        entered=first.entered if first.stage else one.entered,
        flow=first.flow if first.stage else one.flow,
    )


def _joined(found: Together, first: Drafted, profile: Profile) -> tuple[str, str] | None:
    """Give the field by which another export of a record is joined, and the header of its column."""
    able = [found.joins[first.id]] if first.id in found.joins else [first.key, "email"]
    for name in able:
        ours = first.columns.get(name or "")
        if ours is None or name is None:
            continue
        best = max(
            (one for one in profile.columns if one.header and not one.repeated and can_stand(one.header)),
            key=lambda one: _either(one, ours),
            default=None,
        )
        if best is not None and _either(best, ours) >= _JOINS:
            return name, best.header
    return None


def _either(one: Column, other: Column) -> float:
    return max(marks.share(one.marks, other.marks), marks.share(other.marks, one.marks))


def _add_log(found: Together, at: int, profile: Profile, log: Log) -> bool:
    """Draft an export of changes as the history of the record whose rows it names, if it names any."""
    by_header = {column.header: column for column in profile.columns}
    row, when = by_header[log.row], by_header[log.at]
    parents = [one for one in found.records.values() if one.stage and one.key in one.columns]
    best = max(parents, key=lambda one: marks.share(row.marks, one.columns[one.key or ""].marks), default=None)
    if best is None or best.key is None or not is_moment(when):
        return False
    if marks.share(row.marks, best.columns[best.key].marks) < _ENOUGH:
        return False
    name = f"{best.id}_change"
    if name in found.records:
        return False
    columns = {"record_id": row, "field": by_header.get(log.of), "old_value": by_header.get(log.old),
               "new_value": by_header[log.new], "at": when}  # fmt: skip
    kept = {key: column for key, column in columns.items() if column is not None}
    types = {key: "time" if key == "at" else "text" for key in kept}
    parts = [f"of: {best.stage}", *(["from: old_value"] if log.old else []), "to: new_value"]
    about = max((one for one in profile.flow.fields if is_stage(one)), key=profile.flow.fields.__getitem__, default="")
    if log.of and about:
        literal = about.replace("'", "''")
        parts.append(f"only: \"field = '{literal}'\"")
    found.records[name] = Drafted(
        name,
        f"Change of {best.title.lower()}",
        {key: f"type: {type_}" for key, type_ in types.items()},
        happens="at",
        of=f"{{{best.id}: [record_id = {best.id}.{best.key}]}}",
        history=f"{{{', '.join(parts)}}}",
        types=types,
        columns=kept,
    )
    found.of[at] = name
    found.answers[at] = {f"columns.{key}": column.header for key, column in kept.items()}
    if not best.flow.moves:
        moves = Flow(log, profile.flow.moves, best.flow.dated, profile.flow.fields)
        found.records[best.id] = replace(best, flow=moves)
    return True


def _complete(found: Together, record: str, leads_to: str, at: int, profile: Profile) -> None:
    """Find of which lead a row is, and when an activity happened, where only the cells of a column tell it."""
    one = found.records[record]
    free = [column for column in profile.columns if can_stand(column.header) and not column.repeated]
    free = [column for column in free if column not in one.columns.values()]
    columns, fields, types = dict(one.columns), dict(one.fields), dict(one.types)
    lead = found.records.get("lead")
    if leads_to not in fields and lead is not None:
        keys = [lead.columns[name] for name in (lead.key or "", "contact_id") if name in lead.columns]
        able = [column for column in free if any(marks.share(column.marks, key.marks) >= _ENOUGH for key in keys)]
        if len(able) == 1:
            columns[leads_to], fields[leads_to], types[leads_to] = able[0], "type: text", "text"
    moments = [column for column in free if is_moment(column)]
    if record == "activity" and one.happens is None and "at" not in fields and len(moments) == 1:
        columns["at"], fields["at"], types["at"] = moments[0], "type: time", "time"
        one = replace(one, happens="at", dated=None)
    for name in fields.keys() - one.fields.keys():
        found.answers[at][f"columns.{name}"] = columns[name].header
    found.records[record] = replace(one, columns=columns, fields=fields, types=types)


def _link(found: Together, child: Drafted) -> None:
    """Find the leads, opportunities or other rows to which the rows of a record lead."""
    if child.id == "lead" or child.of or child.id in {"account", "person"}:
        return
    known = [*(name for name in ("lead", "opportunity") if name in found.records), *found.records]
    for parent in (found.records[name] for name in dict.fromkeys(known) if name != child.id):
        if f"{child.id}." in parent.of or (parent.of and parent.id not in {"lead", "opportunity"}):
            continue
        ways = _ways(child, parent)
        if ways:
            child = found.records[child.id] = replace(
                found.records[child.id], of=f"{{{parent.id}: [{', '.join(ways)}]}}"
            )
            return


def _ways(child: Drafted, parent: Drafted) -> list[str]:
    """Give the equalities by which a row leads to its parent: a column of the one holds the ids of the other."""
    ways = []
    to = [parent.key, "contact_id"] if child.id == "activity" else [parent.key]
    for name, column in child.columns.items():
        if child.types.get(name) not in {"text", "ids"}:
            continue
        for theirs in to:
            over = parent.columns.get(theirs or "")
            # A key may be that of the parent, of which only some rows have a child.
            if name == child.key and (over is None or marks.share(over.marks, column.marks) >= _ENOUGH):
                continue
            if over is not None and _is_named(column, parent) and marks.share(column.marks, over.marks) >= _ENOUGH:
                ways.append(f"{name} = {parent.id}.{theirs}")
    own = child.columns.get(child.key or "") if parent.id in {"lead", "opportunity"} else None
    for name, column in parent.columns.items():
        if own is None or name == parent.key or not _is_named(column, child):
            continue
        if marks.share(column.marks, own.marks) >= _ENOUGH:
            ways.append(f"{child.key} = {parent.id}.{name}")
    return ways


def _is_named(column: Column, record: Drafted) -> bool:
    """Tell whether a column is called like one that leads to a record: small numbers are alike in many columns."""
    return bool(names.words(column.header) & (names.words(record.id) | {"who", "what", "record", "subject", "parent"}))
