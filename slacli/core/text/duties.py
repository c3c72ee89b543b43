"""Parses `responsibilities.yaml` and `goals.yaml`: who owes whom what, and what both sides want to reach."""

from __future__ import annotations

from typing import Any

from slacli.core import figures
from slacli.core.duties import PARSERS
from slacli.core.nodes import Node, Reader, duration, target, was
from slacli.core.text.definitions import one_key
from slacli.findings import Problem, Rule, Severity, reported
from slacli.model import Baseline, Consequence, Goal, Metric, Responsibility

NEEDS_COVERS = reported(
    Severity.ERROR,
    "needs-covers",
    """A duty does not say which rows it is about.

    Why: a share of unknown rows is no promise.
    Bad:
        responsibilities: {quality: {covers: null}}
    Good:
        responsibilities: {quality: {covers: {marked: mql}}}
    """,
)
OWED_TO_ITSELF = reported(
    Severity.ERROR,
    "owed-to-itself",
    """A party owes a duty to itself.

    Why: an agreement has two sides.
    Bad:
        responsibilities: {quality: {owed_to: marketing}}
    Good:
        responsibilities: {quality: {owed_to: sales}}
    """,
)
USELESS_KEY = reported(
    Severity.ERROR,
    "useless-key",
    """A key is given that this kind of duty does not use.

    Why: people would read a promise that nothing judges.
    Bad:
        responsibilities: {volume: {target: 95% per month}}
    Good:
        responsibilities: {volume: {target: null}}
    """,
)
RULES: tuple[Rule[None], ...] = (NEEDS_COVERS, OWED_TO_ITSELF, USELESS_KEY)

_NO_ROWS = {"volume", "provide"}
_ROW_KEYS = ("covers", "where", "target", "ramp", "judge_from", "shown_by", "relieved_by", "dated")


def responsibility(name: str, node: Node, reader: Reader) -> Responsibility | None:
    """Read a duty, or report what is wrong with it and give None where it could not be understood."""
    kind = one_key(node, tuple(PARSERS), "what kind of duty it is", reader)
    owed_by = reader.refer("party", node["owed_by"])
    owed_to = reader.refer("party", node["owed_to"])
    if owed_by is not None and owed_by == owed_to:
        reader.report(
            OWED_TO_ITSELF,
            Problem(
                at=node["owed_to"].at,
                message=f"`{name}` is owed by `{owed_by}` to itself",
                label="the same party",
                help="name the other side",
            ),
        )
    covers = reader.covers(node.get("covers"))
    where = reader.test(node.get("where"), covers.record if covers else None)
    if kind is None:
        return None
    if kind in _NO_ROWS:
        _useless(name, kind, node, reader)
    elif "covers" not in node:
        reader.report(
            NEEDS_COVERS,
            Problem(
                at=node.at,
                key=True,
                message=f"`{name}` does not say which rows it covers",
                label="no `covers`",
                help="add `covers: {marked: a_term}`, `covers: a_term` or `covers: a_record`",
            ),
        )
    duty = PARSERS[kind](node[kind], reader, covers)
    record = covers.record if covers else None
    dated = reader.field(record, node.get("dated"), "date", "time")
    shown = tuple(
        field
        for item in node.list("shown_by")
        if item.data != "tier" and (field := reader.field(record, item)) is not None
    )
    relieved = tuple(
        one for item in node.list("relieved_by") if (one := reader.refer("responsibility", item)) is not None
    )
    if duty is None or owed_by is None or owed_to is None:
        return None
    return Responsibility(
        id=name,
        title=node.text("title", name.replace("_", " ").capitalize()),
        owed_by=owed_by,
        owed_to=owed_to,
        duty=duty,
        at=node.at,
        covers=covers,
        where=where,
        dated=dated,
        target=target(node),
        judge_from=int(node.data.get("judge_from", 0)),
        shown_by=shown,
        relieved_by=relieved,
        on_miss=tuple(_consequence(item) for item in node.list("on_miss")),
        note=node.text("note"),
        was=was(node),
    )


def _useless(name: str, kind: str, node: Node, reader: Reader) -> None:
    for key in _ROW_KEYS:
        if key in node:
            reader.report(
                USELESS_KEY,
                Problem(
                    at=node.at / key,
                    key=True,
                    message=f"`{name}` is a `{kind}` duty, which has no `{key}`",
                    label="not used",
                    help=f"leave it out, or put it below `{kind}:`" if key == "ramp" else "leave it out",
                ),
            )


def _consequence(node: Node) -> Consequence:
    after = node.text("after")
    return Consequence(int(after.split()[0]), after.endswith("in a row"), node.text("then"), node.at)


# --- goals ------------------------------------------------------------------------------------

METRIC_KINDS = ("count", "count_first", "ratio", "average", "median", "sum", "share")


def metric(name: str, node: Node, reader: Reader) -> Metric | None:
    """Read a metric, or report what is wrong with it and give None."""
    kind = one_key(node, METRIC_KINDS, "what a metric counts", reader)
    if kind is None:
        return None
    inner = node[kind]
    of_node = node.get("of") or (inner.get("of") if isinstance(inner.data, dict) else inner)
    of = reader.term(of_node)
    record = reader.terms.get(of or "")
    base = field = start = end = None
    if kind in {"ratio", "share"}:
        base = reader.term(inner.get("from"))
        field = reader.field(record, inner.get("sum"), "money", "number", "integer")
    elif kind == "median":
        start = reader.field(record, inner["from"], "date", "time")
        end = reader.field(record, inner["to"], "date", "time")
    elif kind == "count_first":
        field = reader.field(record, inner)
    elif kind in {"average", "sum"}:
        field = reader.field(record, inner, "money", "number", "integer")
    if of is None:
        return None
    chosen: Any = kind
    return Metric(
        id=name,
        title=node.text("title", name.replace("_", " ").capitalize()),
        kind=chosen,
        of=of,
        at=node.at,
        base=base,
        field=field,
        start=start,
        end=end,
        counts=node.data.get("counts", "first"),
        cohort=node.data.get("kind") == "cohort",
        within=duration(node.text("within")) if "within" in node else None,
        was=was(node),
    )


def goal(name: str, node: Node, reader: Reader) -> Goal | None:
    """Read a goal, or report what is wrong with it and give None where its metric is not known."""
    owners = tuple(party for item in node.list("owned_by") if (party := reader.refer("party", item)) is not None)
    found = reader.refer("metric", node["metric"])
    if found is None:
        return None
    kind: Any = node.text("kind", "performance")
    ramp = (node.get("ramp") or Node({}, node.at)).items()
    return Goal(
        id=name,
        title=node.text("title", name.replace("_", " ").capitalize()),
        owned_by=owners,
        audience=node.texts("audience"),
        kind=kind,
        metric=found,
        target=figures.target(node.text("target")),
        at=node.at,
        baseline=_baseline(node.get("baseline")),
        ramp=tuple((period, figures.target(str(item.data))) for period, item in ramp),
        horizon=node.text("horizon"),
        was=was(node),
    )


def _baseline(node: Node | None) -> Baseline | None:
    if node is None:
        return None
    if not isinstance(node.data, dict):
        return Baseline(collect=True, at=node.at)
    return Baseline(
        collect=False,
        at=node.at,
        period=node.text("period"),
        value=node.text("value"),
        n=int(node.data["n"]) if "n" in node else None,
        source=node.text("source"),
    )
