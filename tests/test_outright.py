"""Trying all records at once finds what the solver finds, and stands back where that is too much."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_proofs import BASE, agreement, fld, pairs

from slacli.core import proofs
from slacli.core.proofs import outright, solver
from slacli.core.proofs.pairs import Leaves
from slacli.core.proofs.questions import Case, Found, Part, Question, lower
from slacli.core.proofs.space import Few, Space, space
from slacli.criterion import Meets
from slacli.model import Contract

ONE = Meets("one", (0, 0))


def asked(old: Contract, new: Contract) -> tuple[Question, tuple[tuple[Case, ...], ...]]:
    """What is asked where a term of two contracts is compared: when it fell, and when it rose."""
    falls, rises = lower(ONE, ONE, (0, 1)), lower(ONE, ONE, (1, 0))
    sides = tuple(proofs.side_of(one, "lead") for one in (old, new))
    return Question(sides, (*falls, *rises), new.effective), (falls, rises)


def both(question: Question, known: Space, several: tuple[tuple[Case, ...], ...]) -> tuple[list[Found] | None, ...]:
    """What is found by trying all records, and by the solver."""
    leaves = Leaves(question, known)
    tried = outright.find_each(question, known, leaves, several)
    return tried, solver.find_each(question, known, leaves, several, proofs.STEPS)


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_both_ways_find_the_same_records(data: st.DataObject) -> None:
    written, before, after = data.draw(pairs())
    question, several = asked(agreement(written, before), agreement(written, after))
    known = space(question)
    tried, solved = both(question, known, several)
    assume(tried is not None)
    assert tried == solved
    # A number and a truth are equal to one another and no one value.
    assert [repr(one) for one in tried or ()] == [repr(one) for one in solved or ()]


def test_the_plainest_record_is_the_first_of_all_combinations() -> None:
    lines = ("budget >= 10000 and authority in ('CFO', 'VP')", "need", "timeframe <= 6 or source = 'Web'")
    changed = ("budget >= 10000 and authority = 'VP'", "need", "timeframe <= 6 or source = 'Web'")
    question, several = asked(agreement(BASE, {"one": (2, lines)}), agreement(BASE, {"one": (2, changed)}))
    known = space(question)
    tried, _ = both(question, known, several)
    rows = [
        dict(zip(known.fields, row, strict=True))
        for row in product(*(field.values for field in known.fields.values() if isinstance(field, Few)))
    ]
    first = next(
        row
        for case in several[0]
        for row in rows
        if all(question.sides[part.side].says(part.tree, row) in part.truths for part in case)
    )
    assert tried == [first, "none"]


def test_more_records_than_can_be_tried_are_left_to_the_solver() -> None:
    names = [f"mark_{number}" for number in range(12)]
    fields = {name: fld(name, "yes_no") for name in names}
    written = replace(BASE, record=replace(BASE.record, fields={**BASE.record.fields, **fields}))
    old = agreement(written, {"one": (1, (" or ".join(names),))})
    new = agreement(written, {"one": (1, (" or ".join(names[1:]),))})
    question, several = asked(old, new)
    assert outright.find_each(question, space(question), Leaves(question, space(question)), several) is None
    found = proofs.compare_terms(old, new, [("one", "one")])["one"]
    assert (found.verdict, str(found.fell)) == (
        "tighter",
        f"{{mark_0: true, {', '.join(f'{name}: false' for name in names[1:])}}}",
    )


def test_fields_that_are_compared_by_order_are_left_to_the_solver() -> None:
    old, new = (agreement(BASE, {"one": (1, (f"budget {sign} spent",))}) for sign in (">", ">="))
    question, several = asked(old, new)
    tried, solved = both(question, space(question), several)
    assert tried is None
    assert solved is not None
    assert solved[0] == "none"


def test_a_case_without_fields_is_decided() -> None:
    written = agreement(BASE, {"one": (1, ("need",))})
    circle = replace(written.terms["one"], criteria=(replace(written.terms["one"].criteria[0], tree=ONE),))
    looped = replace(written, terms={**written.terms, "one": circle})
    side = proofs.side_of(looped, "lead")
    for truths, found in ((frozenset({None}), {}), (frozenset({True}), "none")):
        case = (Part(ONE, frozenset(truths)),)
        question = Question((side,), (case,), looped.effective)
        assert both(question, space(question), ((case,),)) == ([found], [found])


def test_values_that_no_test_tells_apart_are_tried_once() -> None:
    many = replace(BASE, lists={"many": tuple(f"o{number}" for number in range(300))})
    lines = [f"{name} in many" for name in ("owner", "campaign", "other_campaign")]
    old, new = (agreement(many, {"one": (least, tuple(lines))}) for least in (2, 3))
    question, several = asked(old, new)
    tried, _ = both(question, space(question), several)
    assert tried == [{"owner": "o0", "campaign": "o0", "other_campaign": "other"}, "none"]
