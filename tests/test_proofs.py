"""Proofs never lie: no record contradicts a verdict, and every witness holds by code that shares nothing with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import reference
import samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import AT, FIELDS, TEXTS, Written, contracts, criteria, values

from slacli import model
from slacli.core import proofs, zones
from slacli.core.criteria import Moment, Scope, State, Value, fields_of, read
from slacli.core.rules import meaning
from slacli.core.text import parse
from slacli.criterion import Criterion, Meets
from slacli.model import Contract, Field, Record, Term

RANK = {"fails": -1, "unclear": 0, "meets": 1}
_ODD = (State.UNREADABLE, State.NOT_ALLOWED, State.NOT_BOUND)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def tree(text: str, scope: Scope) -> Criterion:
    found, faults = read(text, scope)
    assert found is not None, (text, faults)
    return found


def agreement(written: Written, extra: Mapping[str, tuple[int, tuple[str, ...]]] | None = None) -> Contract:
    """A contract of one record and its terms."""
    every, terms = {**written.terms, **(extra or {})}, {}
    scope = replace(written.scope, terms=dict.fromkeys(every, "lead"))
    for name, (at_least, lines) in every.items():
        tests = tuple(model.Test(one, one, tree(one, scope), AT) for one in lines)
        terms[name] = Term(name, name, "lead", tests, at_least, AT)
    return Contract(
        "small",
        "p",
        "Small",
        1,
        date(2026, 1, 1),
        written.zone,
        "USD",
        AT,
        records={"lead": written.record},
        terms=terms,
    )


def world(written: Written, extra: Mapping[str, tuple[int, tuple[str, ...]]] | None = None) -> reference.World:
    zone = zones.zone(written.zone)
    assert zone is not None
    cases = {one.id: one.ignore_case for one in written.record.fields.values()}
    return reference.World(cases, written.lists, {**written.terms, **(extra or {})}, zone)


def plain(value: Value) -> object:
    """A value in the form of the oracle."""
    if isinstance(value, Moment):
        return reference.When(value.low, value.high)
    return reference.Odd(value.value) if isinstance(value, State) else value


def as_row(raws: Mapping[str, object], fields: Mapping[str, Field]) -> dict[str, object]:
    """The record of a witness in the form of the oracle, read as a cell of an export is."""
    found: dict[str, object] = {}
    for name, raw in raws.items():
        field = fields[name]
        match raw:
            case Moment(low=low, high=high):
                found[name] = reference.When(low, high)
            case None:
                found[name] = reference.Odd("blank") if field.when_blank is None else field.when_blank
            case bool() | date():
                found[name] = raw
            case tuple():
                found[name] = reference.read_cell(";".join(raw), column(field))
            case _:
                found[name] = reference.read_cell(str(raw), column(field))
    for name, field in fields.items():
        if field.derived and field.derived[0] == "domain_of" and name not in raws and field.derived[1] in raws:
            address = found[field.derived[1]]
            found[name] = address.rpartition("@")[2].lower() if isinstance(address, str) else address
    return found


def column(field: Field) -> reference.Column:
    return reference.Column(
        field.type,
        field.one_of,
        field.ignore_case,
        field.format == "email",
        field.low,
        field.high,
        field.decimals,
        field.when_blank,
    )


def judged(raws: Mapping[str, object], term: str, fields: Mapping[str, Field], known: reference.World) -> int:
    return RANK[reference.judge_term(term, as_row(raws, fields), known)]


@st.composite
def pairs(
    draw: st.DrawFn,
) -> tuple[Written, Mapping[str, tuple[int, tuple[str, ...]]], Mapping[str, tuple[int, tuple[str, ...]]]]:
    """A contract, and a term as it was and as it is: narrowed, widened, said otherwise, or another one."""
    written = draw(contracts())
    first, more = draw(criteria(written, 2)), draw(criteria(written, 1))
    new = draw(
        st.sampled_from(
            [f"({first}) and ({more})", f"({first}) or ({more})", f"not (not ({first}))", more,
             f"({first}) and (({more}) or ({first}))", f"(({first}) and ({more})) or (({first}) and not ({more}))"]
        )
    )  # fmt: skip
    several = draw(st.lists(criteria(written, 1), max_size=2))
    least = draw(st.integers(1, len(several) + 1))
    changed = draw(st.integers(1, len(several) + 1)) if draw(st.booleans()) else least
    return written, {"one": (least, (first, *several))}, {"one": (changed, (new, *several))}


def allowed_rows(record: Record, names: Iterable[str]) -> st.SearchStrategy[dict[str, Value]]:
    """Rows of which every value is one that its field allows, or a blank."""
    fields = [record.fields[name] for name in sorted(names)]
    return st.tuples(*(values(field).filter(lambda value: value not in _ODD) for field in fields)).map(
        lambda row: {field.id: value for field, value in zip(fields, row, strict=True)}
    )


@given(st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
def test_no_record_contradicts_a_verdict_and_every_witness_holds(data: st.DataObject) -> None:
    written, before, after = data.draw(pairs())
    old, new = agreement(written, before), agreement(written, after)
    said = proofs.compare_terms(old, new, [("one", "one")])["one"]
    was, now = world(written, before), world(written, after)
    fields = written.record.fields
    for witness, sign in ((said.fell, -1), (said.rose, 1)):
        if witness is not None:
            first, second = judged(witness.row, "one", fields, was), judged(witness.row, "one", fields, now)
            assert (second > first) if sign > 0 else (second < first)
            assert (RANK[witness.before], RANK[witness.after]) == (first, second)
    assert (said.verdict in {"tighter", "different"}) <= (said.fell is not None)
    assert (said.verdict in {"looser", "different"}) <= (said.rose is not None)
    read_by = [test.tree for terms in (old.terms, new.terms) for test in terms["one"].criteria]
    names = {name for one in (old, new) for found in read_by for name in fields_of(found, one.terms)}
    for _ in range(8):
        allowed = data.draw(allowed_rows(written.record, names))
        same = {name: plain(value) for name, value in allowed.items()}
        first, second = (RANK[reference.judge_term("one", same, one)] for one in (was, now))
        assert second <= first or said.verdict not in {"tighter", "equal"}, (allowed, said)
        assert second >= first or said.verdict not in {"looser", "equal"}, (allowed, said)


@st.composite
def two_records(draw: st.DrawFn) -> tuple[Written, Written]:
    """One set of names with other fields behind them: what is allowed, and whether case counts, has changed."""
    names = ("text_a", "ids_a", "integer_a", "money_a", "yes_no_a")
    both = [{name: draw(st.sampled_from(FIELDS[name])) for name in names} for _ in range(2)]
    first, second = (Written(Record("lead", "Lead", fields, AT), {}, {}, "UTC") for fields in both)
    return first, second


CELLS = {
    "text": st.sampled_from(["", *TEXTS]),
    "ids": st.lists(st.sampled_from(TEXTS), max_size=2).map(";".join),
    "yes_no": st.sampled_from(["", "true", "false"]),
    "integer": st.integers(-4, 6).map(str),
    "money": st.integers(-400, 600).map(lambda cents: f"{cents / 100:.2f}"),
}


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
def test_fields_that_allow_something_else_now_are_compared_by_what_each_version_makes_of_a_cell(
    data: st.DataObject,
) -> None:
    first, second = data.draw(two_records())
    old, new = data.draw(criteria(first, 1)), data.draw(criteria(second, 1))
    if data.draw(st.booleans()) and read(old, second.scope)[0] is not None:
        new = old
    before, after = {"one": (1, (old,))}, {"one": (1, (new,))}
    said = proofs.compare_terms(agreement(first, before), agreement(second, after), [("one", "one")])["one"]
    worlds = ((first, world(first, before)), (second, world(second, after)))
    for witness, sign in ((said.fell, -1), (said.rose, 1)):
        if witness is not None:
            was, now = (judged(witness.row, "one", one.record.fields, known) for one, known in worlds)
            assert (now > was) if sign > 0 else (now < was)
    for _ in range(8):
        cells = {name: data.draw(CELLS[field.type]) for name, field in first.record.fields.items()}
        rows = [
            {name: reference.read_cell(cell, column(one.record.fields[name])) for name, cell in cells.items()}
            for one, _ in worlds
        ]
        if any(
            all(isinstance(row[name], reference.Odd) and row[name].why != "blank" for row in rows) for name in cells
        ):
            continue
        was, now = (RANK[reference.judge_term("one", row, known)] for row, (_, known) in zip(rows, worlds, strict=True))
        assert now <= was or said.verdict not in {"tighter", "equal"}, (cells, said)
        assert now >= was or said.verdict not in {"looser", "equal"}, (cells, said)


# --- what people are told ---------------------------------------------------------------------


def fld(name: str, kind: str, **properties: Any) -> Field:
    return replace(Field(name, kind, AT), **properties)  # type: ignore[arg-type]


LEAD = Record(
    "lead",
    "Lead",
    {
        one.id: one
        for one in (
            fld("email", "text", format="email"),
            fld("email_domain", "text", derived=("domain_of", "email")),
            fld("source", "text", one_of=("Web", "Event", "Demo request")),
            fld("authority", "text", one_of=("CFO", "VP", "Director")),
            fld("owner", "text"),
            fld("campaign", "text", ignore_case=True),
            fld("other_campaign", "text"),
            fld("contact_ids", "ids"),
            fld("budget", "money", low=Decimal(0)),
            fld("spent", "money"),
            fld("timeframe", "integer", low=Decimal(0), high=Decimal(36)),
            fld("need", "yes_no"),
            fld("competitor", "yes_no", when_blank=False),
            fld("created_on", "date"),
            fld("closed_on", "date"),
            fld("created_at", "time"),
            fld("accepted_at", "time"),
        )
    },
    AT,
)
BASE = Written(
    LEAD,
    {"hot": ("Demo request", "Web")},
    {"mql": (2, ("budget >= 10000", "authority in ('CFO', 'VP')", "need"))},
    "America/New_York",
)


def told(witness: proofs.Witness | None) -> str:
    return "" if witness is None else f"{witness} {witness.before}, {witness.after}"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "fell", "rose"),
    [
        ("budget >= 10000", "budget >= 5000", "looser", "", "{budget: 5000} fails, meets"),
        ("budget > 9999.99", "budget >= 10000", "equal", "", ""),
        ("authority in ('CFO', 'VP')", "not (authority = 'Director')", "equal", "", ""),
        ("authority is blank or need", "need or authority is blank", "equal", "", ""),
        ("timeframe is not blank", "timeframe <= 36", "looser", "", "a record of blanks fails, unclear"),
        ("spent > budget", "spent >= budget", "looser", "", "{budget: 0, spent: 0} fails, meets"),
        ("need", "budget > 3", "different", "{budget: 0, need: true} meets, fails",
         "{budget: 4, need: false} fails, meets"),
        ("mql", "mql or (budget >= 10000 and need)", "equal", "", ""),
        ("mql", "mql and source in hot", "tighter", "{source: Event, budget: 10000, need: true} meets, fails", ""),
        ("competitor", "not not competitor", "equal", "", ""),
        ("contact_ids not in ('a', 'b')", "contact_ids not in ('a') and contact_ids not in ('b')", "equal", "", ""),
        ("contact_ids in ('a', 'b')", "contact_ids in ('a')", "tighter", "{contact_ids: [b]} meets, fails", ""),
    ],
)  # fmt: skip
def test_a_witness_is_small_and_reads_well(old: str, new: str, verdict: str, fell: str, rose: str) -> None:
    found = meaning_of(old, new)
    assert (found.verdict, told(found.fell), told(found.rose)) == (verdict, fell, rose)


def meaning_of(old: str, new: str, written: Written = BASE, **options: int) -> proofs.Meaning:
    before, after = (agreement(written, {"one": (1, (line,))}) for line in (old, new))
    return proofs.compare_terms(before, after, [("one", "one")], **options)["one"]


@pytest.mark.parametrize(
    ("old", "new", "verdict", "fell", "rose"),
    [
        ("created_on < closed_on", "created_on <= closed_on - 1 days", "equal", "", ""),
        ("created_at >= '2026-11-01'", "created_at > '2026-10-31'", "equal", "", ""),
        ("created_at = '2026-11-01'", "created_at between '2026-11-01' and '2026-11-01'", "equal", "", ""),
        ("accepted_at <= created_at + 2 days", "accepted_at <= created_at + 48 hours", "equal", "", ""),
        ("accepted_at <= created_at + 2 days", "accepted_at <= created_at + 1 days", "tighter",
         "{created_at: 2026-01-01 12:00, accepted_at: 2026-01-03 12:00} meets, fails", ""),
    ],
)  # fmt: skip
def test_days_and_times_are_compared_as_they_are_judged(old: str, new: str, verdict: str, fell: str, rose: str) -> None:
    found = meaning_of(old, new)
    assert (found.verdict, told(found.fell), told(found.rose)) == (verdict, fell, rose)


def test_a_time_that_is_known_to_the_day_tells_apart_what_exact_times_do_not() -> None:
    found = meaning_of(
        "created_at is not blank and accepted_at is not blank", "created_at <= accepted_at or created_at > accepted_at"
    )
    assert told(found.fell) == "{created_at: 2026-01-01 12:00, accepted_at: 2026-01-01} meets, unclear"
    assert found.fell is not None
    assert found.fell.values["accepted_at"] == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "witness"),
    [
        ("owner like 'a%'", "owner like 'a%b'", "tighter", "{owner: another} meets, fails"),
        ("owner like '%a%' or owner like '%b%'", "owner like '%b%' or owner like '%a%'", "equal", ""),
        ("owner like '_%'", "owner is not blank", "tighter", "a record of blanks unclear, fails"),
        ("owner like 'a_c'", "owner like 'a%c'", "looser", "{owner: ac} fails, meets"),
        ("campaign = 'Spring'", "campaign = 'SPRING'", "equal", ""),
        ("campaign like 'Spring%'", "campaign like '%SPRING%'", "looser", "{campaign: xspring} fails, meets"),
        ("campaign = other_campaign", "other_campaign = campaign", "equal", ""),
        ("campaign = other_campaign", "campaign = other_campaign and other_campaign = 'a'", "tighter",
         "{campaign: a, other_campaign: A} meets, fails"),
        ("email_domain in ('a.com', 'b.com')", "email_domain = 'a.com'", "tighter", "{email: x@b.com} meets, fails"),
        ("email_domain like '%.com'", "email_domain like '%.co%'", "looser", "{email: x@x.co} fails, meets"),
        ("email like '%@acme.com'", "email_domain = 'acme.com'", "looser", "{email: x@acme.coM} fails, meets"),
    ],
)  # fmt: skip
def test_patterns_of_text_are_decided(old: str, new: str, verdict: str, witness: str) -> None:
    found = meaning_of(old, new)
    assert (found.verdict, told(found.fell) or told(found.rose)) == (verdict, witness)


def test_an_amount_that_comes_of_a_rate_lies_between_two_cents() -> None:
    column = model.Column("budget", ("Budget",), AT, currency="Currency")
    bound = model.Binding("leads", "lead", {"budget": column}, model.Reads(), AT)
    lines = ("budget > 9999.99", "budget >= 10000")
    old, new = (
        replace(agreement(BASE, {"one": (1, (line,))}), bindings={"leads": bound}) for line in lines
    )  # fmt: skip
    found = proofs.compare_terms(old, new, [("one", "one")])["one"]
    assert (found.verdict, told(found.fell)) == ("tighter", "{budget: 9999.991} meets, fails")


def test_a_change_is_carried_through_the_terms_that_rest_on_it() -> None:
    old, new = (
        agreement(BASE, {"base": (1, (f"budget >= {least}",)), "ready": (2, ("base", "need")), "apart": (1, ("need",))})
        for least in (10000, 20000)
    )
    found = proofs.compare_terms(old, new, [(name, name) for name in ("base", "ready", "apart", "mql")])
    assert [one.verdict for one in found.values()] == ["tighter", "tighter", "equal", "equal"]
    assert told(found["ready"].fell) == "{budget: 10000, need: true} meets, fails"


def test_a_renamed_term_is_compared_by_both_its_names() -> None:
    old, new = agreement(BASE, {"hot": (1, ("need",))}), agreement(BASE, {"warm": (1, ("not not need",))})
    assert proofs.compare_terms(old, new, [("hot", "warm")]) == {"warm": proofs.Meaning("equal")}


def test_a_renamed_field_and_a_renamed_record_are_the_same_as_before() -> None:
    old = agreement(BASE, {"one": (2, ("spent > budget", "email_domain = 'acme.com'", "competitor"))})
    names = {"spent": "paid", "email": "mail"}
    fields = {}
    for name, field in LEAD.fields.items():
        now = replace(field, id=names.get(name, name))
        fields[now.id] = replace(now, derived=("domain_of", "mail")) if field.derived else now
    person = Written(Record("lead", "Person", fields, AT), BASE.lists, {}, BASE.zone)
    new = agreement(person, {"one": (2, ("paid > budget", "email_domain = 'acme.com'", "not not competitor"))})
    new = replace(new, records={"person": person.record}, terms={"one": replace(new.terms["one"], record="person")})
    assert proofs.compare_terms(old, new, [("one", "one")])["one"] == proofs.Meaning("different")
    was = {("person", names.get(name, name)): ("lead", name) for name in LEAD.fields}
    assert proofs.compare_terms(old, new, [("one", "one")], was=was)["one"] == proofs.Meaning("equal")


def test_what_a_blank_means_may_change_from_yes_to_no() -> None:
    yes, no = (
        Written(Record("lead", "Lead", {"opted_in": fld("opted_in", "yes_no", when_blank=value)}, AT), {}, {}, "UTC")
        for value in (True, False)
    )
    terms = {"one": (1, ("opted_in",))}
    found = proofs.compare_terms(agreement(yes, terms), agreement(no, terms), [("one", "one")])["one"]
    assert (found.verdict, told(found.fell)) == ("tighter", "a record of blanks meets, fails")


def test_a_long_list_of_domains_is_decided() -> None:
    domains = tuple(f"competitor{number}.com" for number in range(600))
    written = replace(BASE, lists={"many": domains, "fewer": domains[:-1]})
    assert told(meaning_of("email_domain in many", "email_domain in fewer", written).fell) == (
        "{email: x@competitor599.com} meets, fails"
    )
    found = meaning_of("email_domain in many", "email is not blank and not email_domain not in many", written)
    assert (found.verdict, told(found.fell)) == ("tighter", "a record of blanks unclear, fails")


def test_a_long_list_of_texts_is_decided_where_two_fields_are_compared() -> None:
    written = replace(BASE, lists={"many": tuple(f"o{number}" for number in range(300))})
    found = meaning_of("owner = other_campaign", "owner = other_campaign and owner not in many", written)
    assert (found.verdict, told(found.fell)) == ("tighter", "{owner: o0, other_campaign: o0} meets, fails")


def test_what_may_take_no_steps_is_not_decided_and_has_no_witness() -> None:
    assert meaning_of("created_at < accepted_at", "created_at <= accepted_at", steps=0) == proofs.Meaning("not decided")


def test_terms_that_lean_on_each_other_in_a_circle_are_unclear_and_not_the_end() -> None:
    written = agreement(BASE, {"one": (1, ("need",))})
    circle = replace(
        written.terms["one"], criteria=(replace(written.terms["one"].criteria[0], tree=Meets("one", (0, 0))),)
    )
    looped = replace(written, terms={**written.terms, "one": circle})
    found = proofs.compare_terms(looped, written, [("one", "one")])["one"]
    assert (told(found.fell), told(found.rose)) == ("{need: false} unclear, fails", "{need: true} unclear, meets")


def test_a_long_chain_of_terms_is_followed_to_its_end() -> None:
    chain = {"t0": (1, ("budget >= 1",))} | {f"t{n}": (1, (f"t{n - 1}",)) for n in range(1, 1500)}
    old = agreement(BASE, chain)
    terms, scope = old.terms, replace(BASE.scope, terms={})
    changed = replace(terms["t0"], criteria=(replace(terms["t0"].criteria[0], tree=tree("budget >= 2", scope)),))
    new = replace(old, terms={**terms, "t0": changed})
    found = proofs.compare_terms(old, new, [("t1499", "t1499")], steps=20_000_000)["t1499"]
    assert (found.verdict, told(found.fell)) == ("tighter", "{budget: 1} meets, fails")


RUN = """
import samples
from slacli.core import proofs
from slacli.core.text import parse
text = "terms: {mql: {criteria: {budget: budget >= %s, where: region = 'AMER' or company like 'A%%'}}}"
old, new = (parse.parse(samples.merged(text % least)).contract for least in (10000, 20000))
for one in proofs.compare_terms(old, new, [(name, name) for name in new.terms]).values():
    print(one.verdict, one.fell, one.rose)
"""


def test_witnesses_are_the_same_in_every_run() -> None:
    said = {_run(RUN, seed) for seed in ("0", "1", "2")}
    assert len(said) == 1
    assert "tighter {" in said.pop()


def test_a_good_agreement_is_validated_without_the_solver() -> None:
    script = """
import sys
from pathlib import Path
from slacli import journeys
assert journeys.validate(Path("contracts")).findings == ()
print("z3" in sys.modules)
"""
    assert _run(script, "0") == "False\n"


def _run(script: str, seed: str) -> str:
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"},
    )
    return done.stdout


# --- rules ------------------------------------------------------------------------------------


def findings(sample: str) -> list[str]:
    contract = parse.parse(samples.merged(sample)).contract
    assert contract is not None
    return [
        f"{rule.name}: {problem.message}" for rule in meaning.RULES if rule.check for problem in rule.check(contract)
    ]


def test_only_the_criteria_that_exclude_each_other_are_named() -> None:
    assert findings("""
        terms:
          mql: {criteria: {budget: budget >= 10000, place: region = 'AMER', small: budget < 5000}}
    """) == ["impossible-term: no `lead` can meet `mql`: `budget` and `small` exclude each other"]


def test_a_term_that_leans_on_an_impossible_one_is_not_told_again() -> None:
    told = findings("terms: {mql: {criteria: {budget: budget >= 10000 and budget < 5000}}}")
    assert told == ["impossible-term: no `lead` can meet `mql`: `budget` never holds"]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ('terms: {mql: {marked: "qualified_at is blank or qualified_at is not blank"}}',
         "the mark of `mql` can never fail"),
        ("responsibilities: {quality: {must: budget >= 0}}", "the `must` of `quality` can never fail"),
        ("responsibilities: {quality: {where: \"region in ('AMER', 'EMEA')\"}}",
         "the `where` of `quality` can never fail"),
        ("records: {lead: {left_out: {all: budget >= 0}}}",
         "`all`, by which rows of `lead` are left out, can never fail"),
    ],
)  # fmt: skip
def test_whatever_can_never_fail_is_told_wherever_it_stands(sample: str, message: str) -> None:
    assert findings(sample) == [f"criterion-always-true: {message}"]


def test_a_false_narrows_shows_a_record_that_is_more_of_it() -> None:
    assert findings("""
        terms: {sales_ready_lead: {criteria: {qualified: null}}}
    """) == [
        (
            "false-narrows: `sales_ready_lead` does not narrow `mql`: `{source: Demo request, budget: 0}` meets "
            "`sales_ready_lead` and fails `mql`"
        )
    ]


def test_narrows_is_proven_also_where_no_criterion_names_the_wider_term() -> None:
    assert (
        findings("""
        terms: {sales_ready_lead: {criteria: {qualified: budget >= 20000}}}
    """)
        == []
    )


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        (["budget >= 10000", "budget >= 50000", None],
         ["covered-tier: no row of `first_touch` can come to the tier `t1`"]),
        (["region = 'AMER'", "region = 'EMEA'", None], []),
        (["region = 'AMER'", "region <> 'AMER'", "region in ('AMER', 'EMEA')", None],
         ["covered-tier: no row of `first_touch` can come to the tier `t2`"]),
        (["budget > 5 or qualified_at is not blank", "source = 'Web'", None],
         ["covered-tier: no row of `first_touch` can come to the tier `t1`",
          "covered-tier: no row of `first_touch` can come to the tier `t2`"]),
    ],
)  # fmt: skip
def test_a_tier_is_reached_unless_those_before_it_hold_of_all_its_rows(
    tiers: list[str | None], told: list[str]
) -> None:
    rows = "".join(
        f"\n  - {{name: t{at}, within: {at + 1} business hours, "
        + (f'when: "{when}"}}' if when else "otherwise: true}")
        for at, when in enumerate(tiers)
    )
    indented = rows.replace("\n", "\n" + " " * 6)
    assert (
        findings(f"responsibilities:\n  first_touch:\n    clock:\n      within: null\n      tiers:{indented}\n") == told
    )
