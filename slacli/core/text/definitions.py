"""Parses `definitions.yaml`: records and their fields, terms with their criteria and examples, lifecycles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slacli.core import criteria, wording
from slacli.core.nodes import WRONG_RECORD, WRONG_TYPE_OF_FIELD, Node, Reader, number, was
from slacli.core.nodes import circles as circles_of
from slacli.core.text.cover import WRONG_ORDER
from slacli.findings import Problem, Related, Rule, Severity, reported
from slacli.model import (
    Example,
    Field,
    Handoff,
    History,
    Lifecycle,
    Link,
    Record,
    Stage,
    Term,
)

CIRCULAR_TERMS = reported(
    Severity.ERROR,
    "circular-terms",
    """A term rests on itself, by way of its criteria.

    Why: a definition that needs itself defines nothing.
    Bad:
        terms: {mql: {criteria: {self: mql}}}
    Good:
        terms: {mql: {criteria: {self: null}}}
    """,
)
TOO_MANY_NEEDED = reported(
    Severity.ERROR,
    "too-many-needed",
    """A term asks for more criteria than it has.

    Why: `at least 5` of four criteria can never be met.
    Bad:
        terms: {mql: {qualifies: at least 9}}
    Good:
        terms: {mql: {qualifies: at least 1}}
    """,
)
SHADOWED_NAME = reported(
    Severity.ERROR,
    "shadowed-name",
    """A name means two things where both could be meant.

    Why: a criterion that names it would have two readings.
    Bad:
        terms: {source: {of: lead, criteria: {known: source is not blank}}}
    Good:
        terms: {sourced: {of: lead, criteria: {known: source is not blank}}}
    """,
)
RESERVED_ID = reported(
    Severity.ERROR,
    "reserved-id",
    """An id is a word of the criteria language, or one that YAML readers take for a value.

    Why: a criterion that uses it could not be read.
    Bad:
        reviews: {between: {kind: interim, parties: [sales, marketing], every: month}}
    Good:
        reviews: {in_between: {kind: interim, parties: [sales, marketing], every: month}}
    """,
)
ONE_KEY_DECIDES = reported(
    Severity.ERROR,
    "one-key-decides",
    """Of keys that exclude each other, none or more than one is given.

    Why: one key decides what kind of duty, example or field it is.
    Bad:
        responsibilities: {quality: {complete: [source]}}
    Good:
        responsibilities: {quality: {must: mql}}
    """,
)
RULES: tuple[Rule[None], ...] = (CIRCULAR_TERMS, TOO_MANY_NEEDED, SHADOWED_NAME, RESERVED_ID, ONE_KEY_DECIDES)

_DERIVED = ("domain_of", "first", "last", "count")
_YAML_WORDS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null"})


def one_key(node: Node, keys: tuple[str, ...], what: str, reader: Reader, *, needed: bool = True) -> str | None:
    """Give the one of `keys` that a mapping has; report none (where one is needed) and more than one."""
    given = [key for key in keys if key in node]
    if len(given) == 1:
        return given[0]
    if given:
        reader.report(
            ONE_KEY_DECIDES,
            Problem(
                at=node.at / given[1],
                key=True,
                message=f"`{node.at.pointer[-1]}` has {wording.listed([f'`{key}`' for key in given])}, "
                f"but one key decides {what}",
                label="one too many",
                help="keep one of them",
                related=(Related(node.at / given[0], "given here", key=True),),
            ),
        )
    elif needed:
        reader.report(
            ONE_KEY_DECIDES,
            Problem(
                at=node.at,
                key=True,
                message=f"`{node.at.pointer[-1]}` has no key that decides {what}",
                label="which one?",
                help=f"give one of {wording.listed([f'`{key}`' for key in keys], 'or')}",
            ),
        )
    return None


def reserved(names: Mapping[str, Any], reader: Reader) -> None:
    """Report ids that are words of the language."""
    words = criteria.words() | _YAML_WORDS
    for name, at in names.items():
        if name in words:
            reader.report(
                RESERVED_ID,
                Problem(
                    at=at,
                    key=True,
                    message=f"`{name}` is a word of the language and cannot be an id",
                    label="a word of the language",
                    help="use another word",
                ),
            )


# --- records ----------------------------------------------------------------------------------


def record(name: str, node: Node) -> Record:
    """Read a record's own fields; what refers to other records is read by `complete_record` once all are known."""
    fields = {field_id: _field(field_id, item) for field_id, item in node["fields"].items()}
    return Record(name, node.text("title", name.replace("_", " ").capitalize()), fields, node.at, was=was(node))


def _field(name: str, node: Node) -> Field:
    chosen = [key for key in _DERIVED if key in node]
    derived: Any = (chosen[0], node.text(chosen[0])) if chosen else None
    return Field(
        id=name,
        type=node.data["type"],
        at=node.at,
        title=node.text("title"),
        note=node.text("note"),
        one_of=node.texts("one_of"),
        format=node.data.get("format", ""),
        low=number(node.data["from"]) if "from" in node else None,
        high=number(node.data["to"]) if "to" in node else None,
        decimals=int(node.data.get("decimals", 2)),
        unit=node.text("unit"),
        when_blank=node.data.get("when_blank"),
        ignore_case=bool(node.data.get("ignore_case", False)),
        personal=bool(node.data.get("personal", False)),
        person=bool(node.data.get("person", False)),
        planned=bool(node.data.get("planned", False)),
        keeps=node.data.get("keeps", "only"),
        derived=derived,
        was=was(node),
    )


def complete_record(found: Record, node: Node, reader: Reader) -> Record:
    """Read what a record says about its own fields and about other records."""
    name = found.id
    for field_id, item in node["fields"].items():
        field = found.fields[field_id]
        one_key(item, _DERIVED, "where a field comes from", reader, needed=False)
        if field.low is not None and field.high is not None and field.high < field.low:
            reader.report(
                WRONG_ORDER,
                Problem(
                    at=item["to"].at,
                    message=f"`{name}.{field_id}` allows nothing: `to` is {field.high}, `from` is {field.low}",
                    label=f"below {field.low}",
                    help="write the smaller one in `from`",
                ),
            )
        if field.derived and field.derived[0] == "domain_of":
            reader.field(name, item["domain_of"], "text")
    history = node.get("history")
    links = tuple(link for parent, items in _links(node) for link in _link(found, parent, items, reader))
    return Record(
        id=name,
        title=found.title,
        fields=found.fields,
        at=found.at,
        key=reader.field(name, node.get("key"), "text", "integer"),
        dated=reader.field(name, node.get("dated"), "date", "time"),
        happens=reader.field(name, node.get("happens"), "date", "time"),
        links=links,
        history=_history(found, links, history, reader) if history else None,
        merged_into=reader.field(name, node.get("merged_into"), "text", "integer"),
        merged_ids=reader.field(name, node.get("merged_ids"), "ids"),
        was=found.was,
    )


def _links(node: Node) -> list[tuple[Node, Node]]:
    parents = node.get("of")
    return [(item, item) for _, item in parents.items()] if parents else []


def _link(child: Record, parent_node: Node, items: Node, reader: Reader) -> list[Link]:
    parent = reader.refer("record", parent_node, key=True)
    links = []
    for index in range(len(items.data)):
        item = items[index]
        read, faults = criteria.read_link(str(item.data))
        for fault in faults:
            reader.report(
                fault.rule,
                Problem(at=item.at, message=fault.message, part=fault.part, label=fault.label, help=fault.help),
            )
        if read is None or parent is None:
            continue
        field, named, parent_field, among = read
        ok = _link_field(child.id, field, item, reader)
        if named != parent:
            reader.report(
                WRONG_RECORD,
                Problem(
                    at=item.at,
                    message=f"`{child.id}` belongs to `{parent}` here, but the line names a field of `{named}`",
                    label=f"not `{parent}`",
                    help=f"write `{parent}.{parent_field}`, or put the line below `{named}:`",
                ),
            )
            continue
        ok_parent = _link_field(parent, parent_field, item, reader)
        wrong = _several(child.id, field, parent, parent_field, reader, among=among) if ok and ok_parent else None
        if wrong is not None:
            message, helped = wrong
            reader.report(WRONG_TYPE_OF_FIELD, Problem(at=item.at, message=message, label="several ids", help=helped))
        elif ok and ok_parent:
            links.append(Link(parent, field, parent_field, among, item.at))
    return links


def _several(
    child: str, field: str, parent: str, parent_field: str, reader: Reader, *, among: bool
) -> tuple[str, str] | None:
    """Give what is wrong with the types of a link and what helps, or None: several ids are compared by `in` alone."""
    theirs, mine = (reader.records[name].fields[of].type for name, of in ((parent, parent_field), (child, field)))
    if theirs == "ids":
        return (
            f"`{parent}.{parent_field}` holds several ids, and a `{child}` belongs to a `{parent}` by one",
            f"name a field of `{parent}` with one id",
        )
    if mine == "ids" and not among:
        return (
            f"`{child}.{field}` holds several ids, which `=` does not take apart",
            f"write `{parent}.{parent_field} in {field}`",
        )
    if among and mine != "ids":
        return (
            f"`{child}.{field}` holds one id, and `in` looks among several",
            f"write `{field} = {parent}.{parent_field}`, or make it a field of type `ids`",
        )
    return None


def _link_field(record_id: str, name: str, item: Node, reader: Reader) -> bool:
    return reader.field(record_id, Node(name, item.at)) is not None


def _history(found: Record, links: tuple[Link, ...], node: Node, reader: Reader) -> History | None:
    parent = links[0].parent if links else None
    of = reader.field(parent, node["of"])
    old = reader.field(found.id, node.get("from"))
    new = reader.field(found.id, node["to"])
    by = reader.field(found.id, node.get("by"))
    only = reader.test(node.get("only"), found.id)
    return History(of, old, new, by, only, node.at) if of and new else None


def derived_terms(found: Record, node: Node, reader: Reader) -> None:
    """Check that `first`, `last` and `count` name a term of a child record."""
    for field_id, item in node["fields"].items():
        derived = found.fields[field_id].derived
        if derived is None or derived[0] == "domain_of":
            continue
        term = reader.term(item[derived[0]])
        if term is None:
            continue
        child = reader.records.get(reader.terms[term])
        if child is None or found.id not in {link.parent for link in child.links}:
            reader.report(
                WRONG_RECORD,
                Problem(
                    at=item[derived[0]].at,
                    message=f"`{found.id}.{field_id}` needs a term of a child of `{found.id}`, but `{term}` is one of "
                    f"`{reader.terms[term]}`",
                    label=f"of `{reader.terms[term]}`",
                    help=f"name a term of a record that is `of: {{{found.id}: ...}}`",
                ),
            )
        elif derived[0] != "count" and child.happens is None:
            reader.report(
                WRONG_TYPE_OF_FIELD,
                Problem(
                    at=item[derived[0]].at,
                    message=f"`{found.id}.{field_id}` needs to know when `{child.id}` happens",
                    label="has no `happens`",
                    help=f"give `{child.id}` a `happens:` field",
                ),
            )


# --- terms ------------------------------------------------------------------------------------


def term(name: str, node: Node, reader: Reader) -> Term | None:
    """Read a term, or give None where its record is not known."""
    of = reader.refer("record", node["of"])
    owner = reader.refer("party", node.get("owner"))
    narrows = reader.term(node.get("narrows"), of)
    tests = [reader.test(item, of) for _, item in node["criteria"].items()]
    marked = reader.test(node.get("marked"), of, "marked")
    dated = reader.field(of, node.get("dated"), "date", "time")
    needed = _needed(name, node, len(tests), reader)
    if of is None:
        return None
    return Term(
        id=name,
        title=node.text("title", name.replace("_", " ").capitalize()),
        record=of,
        criteria=tuple(test for test in tests if test is not None),
        at_least=needed,
        at=node.at,
        owner=owner,
        short=node.text("short"),
        means=node.text("means"),
        stands_for=node.data.get("stands_for"),
        narrows=narrows,
        marked=marked,
        dated=dated,
        examples=tuple(
            example for item in node.list("examples") if (example := _example(item, of, reader)) is not None
        ),
        was=was(node),
    )


def _needed(name: str, node: Node, count: int, reader: Reader) -> int:
    text = node.text("qualifies", "all")
    if text in {"all", "any"}:
        return count if text == "all" else 1
    needed = int(text.removeprefix("at least "))
    if needed > count:
        reader.report(
            TOO_MANY_NEEDED,
            Problem(
                at=node["qualifies"].at,
                message=f"`{name}` needs {needed} of its criteria, but has {count}",
                label=f"has {count}",
                help=f"ask for at most {count}",
            ),
        )
    return min(needed, count)


def _example(node: Node, of: str, reader: Reader) -> Example | None:
    key = one_key(node, ("meets", "fails", "unclear"), "the verdict of an example", reader)
    if key is None:
        return None
    values = {}
    for field_id, item in node[key].items():
        if reader.field(of, Node(field_id, item.at)) is not None:
            values[field_id] = item.data
    verdict: Any = key
    return Example(verdict, values, node.text("because"), node.at)


def circles(terms: Mapping[str, Term], reader: Reader) -> None:
    """Report terms that rest on themselves."""
    rests = {
        name: {used for test in (*term.criteria, term.marked) if test for used in criteria.terms_of(test.tree)}
        for name, term in terms.items()
    }
    for name, via in circles_of(rests):
        reader.report(
            CIRCULAR_TERMS,
            Problem(
                at=terms[name].at,
                key=True,
                message=f"`{name}` rests on itself" + (f", by way of {wording.quoted(via)}" if via else ""),
                label="leads back here",
                help="define it by fields of its record",
            ),
        )


# --- lifecycles -------------------------------------------------------------------------------


def lifecycle(name: str, node: Node, stages: Mapping[str, Any], reader: Reader) -> Lifecycle | None:
    """Read a lifecycle, or give None where its record or field is not known."""
    of = reader.refer("record", node["of"])
    field = reader.field(of, node["field"], "text")
    found: dict[str, Stage] = {}
    for stage_id, item in node["stages"].items():
        requires = (reader.field(of, required) for required in item.list("requires"))
        found[stage_id] = Stage(
            id=stage_id,
            value=item.text("value"),
            at=item.at,
            owner=reader.refer("party", item.get("owner")),
            entered=reader.field(of, item.get("entered"), "date", "time"),
            requires=tuple(one for one in requires if one is not None),
            final=bool(item.data.get("final", False)),
            was=was(item),
        )
        _stage_value(of, field, item, reader)
    reader.names["stage"] = dict(stages)

    def each(key: str) -> tuple[str, ...]:
        return tuple(one for item in node.list(key) if (one := reader.refer("stage", item)) is not None)

    moves = {}
    for old, item in (node.get("moves") or Node({}, node.at)).items():
        if reader.refer("stage", item, key=True) is None:
            continue
        targets = (reader.refer("stage", item[i]) for i in range(len(item.data)))
        moves[old] = tuple(one for one in targets if one is not None)
    handoffs = []
    for handoff_id, item in (node.get("handoffs") or Node({}, node.at)).items():
        ends = reader.refer("stage", item["from"]), reader.refer("stage", item["to"])
        sides = reader.refer("party", item["given_by"]), reader.refer("party", item["taken_by"])
        documents = (reader.field(of, document) for document in item.list("documents"))
        if all(ends) and all(sides):
            handoffs.append(
                Handoff(
                    handoff_id, str(ends[0]), str(ends[1]), str(sides[0]), str(sides[1]),
                    tuple(one for one in documents if one is not None), item.at, was(item),
                )
            )  # fmt: skip
    starts, path = each("starts"), each("path")
    if of is None or field is None:
        return None
    return Lifecycle(name, of, field, found, starts, path, moves, tuple(handoffs), node.at, was(node))


def _stage_value(of: str | None, field: str | None, item: Node, reader: Reader) -> None:
    if of is None or field is None:
        return
    allowed = reader.records[of].fields[field].one_of
    value = item.text("value")
    if allowed and value not in allowed:
        near = wording.nearest(value, allowed)
        reader.report(
            criteria.IMPOSSIBLE_VALUE,
            Problem(
                at=item["value"].at,
                message=f"the stage `{item.at.pointer[-1]}` stands for `{value}`, which `{of}.{field}` does not list",
                label="not listed",
                help=f"did you mean `{near}`?" if near else f"`{of}.{field}` lists {wording.quoted(allowed)}",
            ),
        )
