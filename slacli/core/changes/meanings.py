"""Whether figures of two versions mean the same: what a metric is, and which rows the terms that it counts mean."""

from __future__ import annotations

from dataclasses import replace

from slacli.core.changes.children import derived
from slacli.core.changes.names import Side, sides
from slacli.core.changes.questions import comparable
from slacli.core.proofs import compare_terms
from slacli.model import Contract, Metric


def changed(old: Contract, new: Contract, was: Metric, metric: Metric) -> str | None:
    """Name the metric or the term by which a figure means something else than it did, or None where it means the same.

    Terms are compared by meaning, not by words; what nobody can decide counts as changed.
    """
    side, _ = sides(old, new)
    if _in_newer_names(side, was) != _in_newer_names(Side(new), metric):
        return metric.id
    terms = [name for name in (metric.of, metric.base) if name is not None]
    if old.records == new.records and old.terms == new.terms:
        return None
    before, after = comparable(old, new)
    for term in terms:
        if _dated(side, before, term) != _dated(Side(new), after, term):
            return term
        if not _means_the_same(before, after, term):
            return term
    return None


def _in_newer_names(side: Side, metric: Metric) -> Metric:
    """Give what a metric counts, in the names of the newer version and without what it is called."""
    scope = side.within(side.contract.terms[metric.of].record)

    def called(name: str | None) -> str | None:
        return scope.called("field", name) if name is not None else None

    return replace(
        metric,
        id="",
        title="",
        of=side.called("term", metric.of),
        base=side.called("term", metric.base) if metric.base is not None else None,
        field=called(metric.field),
        start=called(metric.start),
        end=called(metric.end),
    )


def _dated(side: Side, spelt_out: Contract, term: str) -> str | None:
    """Give the time that places the rows of a term, in the names of the newer version."""
    found = spelt_out.terms[term]
    record = spelt_out.records[found.record]
    formerly = next((one for one in side.contract.records if side.called("record", one) == found.record), found.record)
    dated = found.dated or record.moment
    return side.within(formerly).called("field", dated) if dated is not None else None


def _means_the_same(before: Contract, after: Contract, term: str) -> bool:
    if term not in before.terms or compare_terms(before, after, [(term, term)])[term].verdict != "equal":
        return False
    # A comparison of criteria takes a field that child rows decide for any number.
    fields = derived(after, term)
    return fields == derived(before, term) and all(
        _means_the_same(before, after, child) for _, child in fields.values()
    )
