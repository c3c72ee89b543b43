"""The language of criteria: what it reads, what it says about every mistake, and what it makes of rows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lark import UnexpectedInput
from pytest_regressions.file_regression import FileRegressionFixture
from strategies import AT, contracts, criteria, rows

from slacli import model
from slacli.core import zones
from slacli.core.criteria import (
    RULES,
    Moment,
    Scope,
    State,
    Value,
    blame,
    evaluate,
    fields_of,
    is_like,
    lowered,
    meeting,
    read,
    read_link,
    row_of,
    syntax,
    tables,
    terms_of,
    typed,
    verdict,
    words,
)
from slacli.criterion import And, Compare, Constant, Criterion, FieldValue, In, Known, Meets, Not, Or, Truth
from slacli.findings import Severity
from slacli.model import Field, FieldType, Record, Term


def field(name: str, kind: FieldType, **properties: object) -> Field:
    return replace(Field(name, kind, AT), **properties)


def named(*fields: Field) -> dict[str, Field]:
    return {one.id: one for one in fields}


LEAD = Record(
    "lead",
    "Lead",
    named(
        field("email", "text", format="email"),
        field("email_domain", "text", derived=("domain_of", "email")),
        field("source", "text", one_of=("Web", "Event", "Paid search", "Demo request")),
        field("authority", "text", one_of=("CFO", "VP", "Director")),
        field("owner", "text"),
        field("campaign", "text", ignore_case=True),
        field("contact_ids", "ids"),
        field("budget", "money", low=Decimal(0)),
        field("timeframe", "integer", low=Decimal(0), high=Decimal(36)),
        field("score", "number"),
        field("need_confirmed", "yes_no"),
        field("competitor", "yes_no", when_blank=False),
        field("created_on", "date"),
        field("closed_on", "date"),
        field("created_at", "time"),
        field("closed_at", "time"),
    ),
    AT,
)
OPPORTUNITY = Record("opportunity", "Opportunity", named(field("amount", "money"), field("stage", "text")), AT)
SCOPE = Scope(
    LEAD,
    {"mql": "lead", "ready": "lead", "sale": "opportunity"},
    {"hot": ("Demo request", "Web"), "rivals": ("rival.com", "Acme.com")},
    {"lead": LEAD, "opportunity": OPPORTUNITY},
)
NEW_YORK = zones.zone("America/New_York")
assert NEW_YORK is not None


def tree(text: str, scope: Scope = SCOPE) -> Criterion:
    found, faults = read(text, scope)
    assert found is not None, faults
    return found


def says(text: str, row: Mapping[str, Value], zone: ZoneInfo = NEW_YORK) -> bool | None:
    return evaluate(tree(text), row, {}.get, zone, LEAD.fields)


# --- what it reads ----------------------------------------------------------------------------


def test_not_binds_before_and() -> None:
    found = tree("not mql and ready")
    assert found == And((Not(Meets("mql", (0, 0)), (0, 0)), Meets("ready", (0, 0))), (0, 0))


def test_every_node_knows_its_place_with_its_parentheses() -> None:
    text = "budget >= 10.50 and (need_confirmed or source in hot)"
    found = tree(text)
    assert isinstance(found, And)
    assert isinstance(found.parts[1], Or)
    compared, either = found.parts
    assert isinstance(compared, Compare)
    places = [found.part, compared.part, compared.operand.part, either.part, *(one.part for one in either.parts)]
    assert [text[slice(*place)] for place in places] == [
        text,
        "budget >= 10.50",
        "10.50",
        "(need_confirmed or source in hot)",
        "need_confirmed",
        "source in hot",
    ]


def test_constants_have_the_type_of_their_field() -> None:
    assert tree("budget = 10.50") == Compare("budget", "=", Constant(Decimal("10.50"), (0, 0)), (0, 0))
    assert tree("closed_on = '2026-02-28'") == Compare("closed_on", "=", Constant(date(2026, 2, 28), (0, 0)), (0, 0))
    assert tree("owner = 'O''Brien'") == Compare("owner", "=", Constant("O'Brien", (0, 0)), (0, 0))
    assert tree("score > -0.5") == Compare("score", ">", Constant(Decimal("-0.5"), (0, 0)), (0, 0))


def test_texts_are_composed() -> None:
    assert tree("owner = 'Ame\u0301lie'") == tree("owner = 'Am\u00e9lie'")


def test_a_list_gives_its_values_and_its_name() -> None:
    found = tree("source not in hot")
    values = (Constant("Demo request", (0, 0)), Constant("Web", (0, 0)))
    assert found == In("source", values, (0, 0), negated=True, list_name="hot")


@pytest.mark.parametrize(
    ("moved", "amount", "unit"), [("+ 90 days", 90, "days"), ("-1 hour", -1, "hours"), ("- 30 minutes", -30, "minutes")]
)
def test_a_time_is_moved_on_the_right_side(moved: str, amount: int, unit: str) -> None:
    found = tree(f"closed_at <= created_at {moved}")
    assert isinstance(found, Compare)
    assert found.operand == FieldValue("created_at", (0, 0), amount, unit)


def test_a_word_of_the_language_is_never_a_name() -> None:
    assert words() >= {"and", "or", "not", "in", "between", "like", "is", "blank", "days", "hours", "minutes"}
    record = replace(LEAD, fields=named(*(field(word, "yes_no") for word in words())))
    for word in words():
        assert read(word, Scope(record, {}, {}, {}))[0] is None


def test_links_are_read() -> None:
    assert read_link("who_id = lead.lead_id") == (("who_id", "lead", "lead_id", False), ())
    assert read_link("lead.hubspot_id in contact_ids") == (("contact_ids", "lead", "hubspot_id", True), ())


@pytest.mark.parametrize("text", ["", "who_id", "who_id = lead_id", "lead.a = lead.b", "lead.a in b and c", "a == b.c"])
def test_what_is_no_link_is_told(text: str) -> None:
    found, faults = read_link(text)
    assert found is None
    assert [fault.rule.name for fault in faults] == ["bad-criterion"]


def test_names_are_found_in_the_order_of_the_text_and_through_terms() -> None:
    found = tree("budget > 3 and (mql or created_at < closed_at - 1 day) and not owner is blank")
    terms = {"mql": term("mql", "timeframe < 3 and ready"), "ready": term("ready", "mql", "need_confirmed")}
    assert fields_of(found) == ("budget", "created_at", "closed_at", "owner")
    assert fields_of(found, terms) == ("budget", "created_at", "closed_at", "owner", "timeframe", "need_confirmed")
    assert terms_of(found) == ("mql",)


# --- what it says about mistakes --------------------------------------------------------------

MISTAKES = """
authority == 'VP'
authority != 'VP' && budget > 3
budget ≥ 3
mql || ready
! mql
need_confirmed AND competitor
owner IS NOT NULL
need_confirmed = true
need_confirmed <> true
need_confirmed = 'yes'
need_confirmed = 0
need_confirmed = competitor
need_confirmed is true
need_confirmed is not true
need_confirmed in (true)
need_confirmed in ('x')
need_confirmed > 1
authority = VP
authority = Vpp
authority in VP
authority in (VP, CFO)
source = Paid search
source in (Paid search, Web)
email_domain = acme.com
owner = O'Brien
owner = 'it's'
owner = 'abc
owner = "Ann"
owner = “Ann”
owner = `Ann`
email like acme
email like 'a\\_b'
mql and ready or need_confirmed
(mql or ready and need_confirmed)
owner is null
owner is not empty
owner = null
owner <> blank
owner = ''
owner = ' Ann'
owner like ' Ann%'
owner blank
owner not blank
owner not = 'Ann'
owner not
budget not between 1 and 2
owner is not in ('Ann')
owner is 'Ann'
owner is equal to 'Ann'
budget is at most 5
owner is
email contains 'acme'
email starts with 'acme'
budget exceeds 5
(mql and ready
mql)
()
mql ready
(mql) ready
mql, ready
budget > 3 budget < 5
mql and
and mql
mql and or ready
owner =
= 5
lower(email) = 'x'
owner = upper(email)
created_at > today()
created_at > today
isnull(owner)
source in (select x from y)
source = (select x)
exists (select 1)
owner = ('Ann')
owner in 'Ann'
owner in ()
owner in ('Ann',)
owner in ('Ann' 'Bob')
owner in ('Ann' or 'Bob')
owner in ['Ann']
owner = 'Ann' = 'Bob'
1 < budget
1 < budget < 5
budget < 5 < 6
budget > = 5
budget > 3; drop table lead
budget > 3 -- a comment
# a comment
budget > 10,000
budget > 10k
budget > 10_000
budget > 1.2.3
budget > $10
budget > 5%
budget > +5
budget > 5 months
budget * 2 > 5
budget - 5 > 3
budget > 5 - 3
closed_at - created_at <= 90 days
closed_at <= created_at + 90
closed_at <= created_at + 90days
closed_at <= created_at + '90 days'
closed_at <= created_at + 2 weeks
closed_at <= created_at + 3 months
closed_at <= created_at + 2 business days
closed_at <= created_at + 90 dayz
closed_at <= 90 days
closed_on <= created_on + 3 hours
closed_on <= created_on + 1.5 days
closed_on <= created_on + 99999999999999 days
budget > score + 2 days
closed_on <= created_at
closed_on <= closed_on + 1 day
owner = owner
closed_on = 2026-01-31
closed_on = '2026-02-30'
closed_on = '01/31/2026'
closed_on >= 2026
created_at >= '2026-01-31 14:00'
timeframe between 6 and 1
closed_on between '2026-02-01' and '2026-01-31'
timeframe between 1, 5
timeframe between 1 to 5
timeframe between 1
authority between 'CFO' and 'VP'
timeframe = 37
timeframe = 2.5
budget > -3
budget > 1.005
budget > 1234567890123456789
budget = '10,000'
budget = 'much'
budget = true
budget = score
budget = owner
budget like '1%'
owner = 5
owner > 'A'
timeframe in (1, 2, 1)
campaign in ('spring', 'Spring')
authority = 'VPP'
authority = 'Nobody'
authority like 'X%'
email = 'acme.com'
email_domain = 'Acme.com'
email_domain like '%.COM'
email_domain in rivals
authority in hot
budget in hot
source = hot
source in hott
owner in source
hot
contact_ids = '003A'
contact_ids in ('003A;003B')
contact_ids like '003%'
competitor is blank
bugdet > 5
bugdet in hott
needconfirmed
budget
sale
sale = 'x'
amount > 3
lead.budget > 3
opportunity.amount > 3
mql = ready
mql is blank
owner = mql
§§ mql
mql\u00a0and ready
mql\\nand ready
budget = 'a' and bugdet > 3 and authority = 'VPP' and closed_on > 'x' and mql == ready
""".strip("\n").split("\n")


def test_every_message(file_regression: FileRegressionFixture) -> None:
    shown = []
    for mistake in MISTAKES:
        text = mistake.replace("\\n", "\n")
        found, faults = read(text, SCOPE)
        assert found is None, text
        shown.append(text.replace("\n", "␤").replace("\u00a0", "␣"))
        for fault in faults:
            start, end = fault.part
            mark = " " * start + "^" * max(end - start, 1)
            shown.append(f"{mark} {fault.label}\n  {fault.rule.name}: {fault.message}\n  = {fault.help}")
        shown.append("")
    file_regression.check("\n".join(shown), encoding="utf-8", newline="\n")


@pytest.mark.parametrize(
    ("text", "rule", "part", "message"),
    [
        ("mql and ready or sale", "bad-criterion", "or", "`and` and `or` stand side by side without parentheses"),
        ("authority = VP", "undefined-field", "VP", "`lead` has no field `VP`"),
        ("owner == 'x'", "bad-criterion", "==", "`==` is not a word of the language of criteria"),
        ("authority = 'CEO'", "impossible-value", "'CEO'", "'CEO' is not among the values of `lead.authority`"),
        ("owner < 'x'", "type-clash", "<", "`<` is for numbers, money, dates and times, and `lead.owner` is text"),
        ("source in hott", "undefined-list", "hott", "no list is called `hott`"),
        ("score in (1, 2, 1)", "repeated-value", "1", "1 stands twice in the list"),
    ],
)
def test_each_rule_points_at_what_is_wrong(text: str, rule: str, part: str, message: str) -> None:
    _, faults = read(text, SCOPE)
    assert [(fault.rule.name, text[slice(*fault.part)], fault.message) for fault in faults] == [(rule, part, message)]


def test_every_rule_is_an_error_with_a_page() -> None:
    assert [rule.name for rule in RULES] == [
        "bad-criterion",
        "undefined-field",
        "undefined-list",
        "type-clash",
        "impossible-value",
        "repeated-value",
    ]
    for rule in RULES:
        assert rule.severity is Severity.ERROR
        assert all(head in rule.page for head in ("\n\nWhy: ", "\nBad:\n", "\nGood:\n"))


@pytest.mark.parametrize("text", ["", " ", "\t \t"])
def test_nothing_is_no_criterion(text: str) -> None:
    found, faults = read(text, SCOPE)
    assert found is None
    assert [fault.message for fault in faults] == ["the criterion is empty"]
    assert faults[0].part == (0, len(text))


def test_forty_deep_is_read_and_more_is_told() -> None:
    assert read("(" * 40 + "mql" + ")" * 40, SCOPE)[1] == ()
    assert read("not " * 40 + "mql", SCOPE)[1] == ()
    assert read("not (" * 20 + "mql" + ")" * 20, SCOPE)[1] == ()
    assert read(" and ".join(["(not (not mql))"] * 30), SCOPE)[1] == ()
    for text in ("(" * 41 + "mql" + ")" * 41, "(" * 300 + "mql" + ")" * 300, "not " * 200 + "mql", "(" * 1000):
        found, faults = read(text, SCOPE)
        assert found is None
        assert [fault.message for fault in faults] == ["parentheses and `not` lie more than 40 deep"]


def test_a_thousand_characters_are_read_and_more_is_told() -> None:
    text = "mql" + " and mql" * 124
    assert read(text + " " * (1000 - len(text)), SCOPE)[1] == ()
    found, faults = read("mql and " * 1250, SCOPE)
    assert found is None
    assert [fault.message for fault in faults] == ["a criterion has at most 1,000 characters, this one has 10,000"]
    assert faults[0].part == (1000, 10_000)


PIECES = (
    *"and or not in between like is blank days hour ( ) , = <> < <= > >= + - 5 90 1.5 'VP' '2026-01-31' 'a''b".split(),
    *"budget authority need_confirmed created_at closed_on contact_ids mql sale hot".split(),
    *"lead.budget VP == != && AND".split(),
    *'"x" true null 10k ; -- § \u202e \n 2026-01-31 contains select lower( weeks to ‘x’ \' \x00'.split(" "),
)


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join), st.booleans())
@settings(max_examples=800, deadline=None)
def test_any_text_gives_a_tree_or_faults_inside_of_it(text: str, link: bool) -> None:
    found, faults = read_link(text) if link else read(text, SCOPE)
    assert (found is None) == bool(faults)
    for fault in faults:
        assert 0 <= fault.part[0] <= fault.part[1] <= len(text)
        assert fault.message
        assert fault.message[-1] != "."
        assert "\n" not in fault.message + fault.help + fault.label
    assert list(faults) == sorted(faults, key=lambda fault: fault.part)


BUILT = syntax.built()


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join), st.sampled_from(["criterion", "link", "slip"]))
@settings(max_examples=400, deadline=None)
def test_the_tables_say_what_the_grammar_says(text: str, start: str) -> None:
    found = []
    for parser in (syntax.parser(), BUILT):
        try:
            tree = parser.parse(text, start=start)
            found.append(
                [tree, [(at.meta.start_pos, at.meta.end_pos) for at in tree.iter_subtrees() if not at.meta.empty]]
            )
        except UnexpectedInput as wrong:
            found.append([type(wrong), wrong.pos_in_stream])
    assert found[0] == found[1]


def test_tables_for_another_release_of_the_parser_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARK", "0.0.1")
    monkeypatch.setattr(tables, "DATA", {"options": "of another shape"})
    syntax.parser.cache_clear()
    try:
        assert read("budget >= 5", SCOPE)[0] is not None
    finally:
        syntax.parser.cache_clear()


# --- what it makes of rows --------------------------------------------------------------------

TRUTHS = (True, False, None)


def truth(name: str) -> Truth:
    return Truth(name, (0, 0))


@pytest.mark.parametrize(("left", "right"), [*product(TRUTHS, TRUTHS)])
def test_and_or_not_follow_kleene(left: bool | None, right: bool | None) -> None:
    row = {
        name: State.BLANK if value is None else value for name, value in (("need_confirmed", left), ("other", right))
    }
    fields = named(field("need_confirmed", "yes_no"), field("other", "yes_no"))
    both, one = (truth("need_confirmed"), truth("other")), truth("need_confirmed")
    value = {True: 1, None: 0, False: -1}
    back = {1: True, 0: None, -1: False}
    assert evaluate(And(both, (0, 0)), row, {}.get, NEW_YORK, fields) is back[min(value[left], value[right])]
    assert evaluate(Or(both, (0, 0)), row, {}.get, NEW_YORK, fields) is back[max(value[left], value[right])]
    assert evaluate(Not(one, (0, 0)), row, {}.get, NEW_YORK, fields) is back[-value[left]]


@pytest.mark.parametrize(
    ("value", "blank", "known"),
    [
        (State.BLANK, True, False),
        (State.UNREADABLE, None, False),
        (State.NOT_ALLOWED, None, False),
        (State.NOT_BOUND, None, False),
        ("Ann", False, True),
    ],
)
def test_blank_is_no_state_but_blank_and_known_is_never_unclear(value: Value, blank: bool | None, known: bool) -> None:
    row = {"owner": value}
    assert says("owner is blank", row) is blank
    assert says("owner is not blank", row) is (None if blank is None else not blank)
    assert evaluate(Known("owner", (0, 0)), row, {}.get, NEW_YORK, LEAD.fields) is known
    expected = True if known else None
    for text in ("owner = 'Ann'", "owner <> 'Bob'", "owner in ('Ann')", "owner not in ('Bob')", "owner like 'A%'"):
        assert says(text, row) is expected


def test_a_field_that_no_row_names_is_not_bound() -> None:
    assert says("owner is blank", {}) is None
    assert blame([tree("owner is blank")], {}, NEW_YORK, LEAD.fields, {}) == (("owner", "not bound"),)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("owner = 'ann'", "Ann", False),
        ("campaign = 'SPRING'", "spring", True),
        ("campaign in ('SPRING', 'autumn')", "Spring", True),
        ("campaign like 'SPR%'", "spring", True),
        ("campaign = 'İ'", "i", True),
        ("owner like '_'", "🙂", True),
        ("owner like '_'", "é", True),
        ("owner like 'a%b'", "a\nb", True),
        ("owner like 'a'", "ab", False),
        ("owner like '%'", "x", True),
    ],
)
def test_texts_are_compared(text: str, value: str, expected: bool) -> None:
    name = text.split(maxsplit=1)[0]
    assert says(text, {name: value}) is expected


def test_ids_are_in_a_list_when_any_of_them_is() -> None:
    row: dict[str, Value] = {"contact_ids": ("003A", "003B")}
    assert says("contact_ids in ('003B', '003C')", row) is True
    assert says("contact_ids not in ('003B', '003C')", row) is False
    assert says("contact_ids in ('003C')", row) is False


def utc(text: str) -> int:
    moment = typed(LEAD.fields["created_at"], text, NEW_YORK)
    assert isinstance(moment, Moment)
    assert moment.exact
    return moment.low


@pytest.mark.parametrize(
    ("stamp", "equal", "before", "upto", "after", "since"),
    [
        ("2026-01-14 23:59:59", False, True, True, False, False),
        ("2026-01-15 00:00:00", True, False, True, False, True),
        ("2026-01-15 23:59:59", True, False, True, False, True),
        ("2026-01-16 00:00:00", False, False, False, True, True),
        ("2026-01-15", True, False, True, False, True),
        ("2026-01-15 23:59", True, False, True, False, True),
        ("2026-01-15T23:30:00+00:00", True, False, True, False, True),
        ("2026-01-16T04:59:59Z", True, False, True, False, True),
        ("2026-01-16T05:00:00Z", False, False, False, True, True),
    ],
)
def test_a_day_in_a_criterion_is_the_whole_local_day(
    stamp: str, equal: bool, before: bool, upto: bool, after: bool, since: bool
) -> None:
    row = {"created_at": typed(LEAD.fields["created_at"], stamp, NEW_YORK)}
    signs = {"=": equal, "<>": not equal, "<": before, "<=": upto, ">": after, ">=": since}
    for sign, expected in signs.items():
        assert says(f"created_at {sign} '2026-01-15'", row) is expected, sign


def test_a_time_that_straddles_the_end_of_a_day_is_unclear() -> None:
    end = utc("2026-01-15 23:59:59")
    row: dict[str, Value] = {"created_at": Moment(end, end + 1)}
    for sign in ("=", "<>", "<=", ">"):
        assert says(f"created_at {sign} '2026-01-15'", row) is None, sign
    assert says("created_at < '2026-01-15'", row) is False
    assert says("created_at >= '2026-01-15'", row) is True
    assert says("created_at between '2026-01-14' and '2026-01-16'", row) is True


def test_times_are_compared_as_ranges() -> None:
    minute = Moment(60, 119)
    for other, equal, before in [
        (Moment(60, 60), None, False),
        (Moment(119, 119), None, None),
        (Moment(120, 120), False, True),
        (Moment(59, 59), False, False),
    ]:
        row: dict[str, Value] = {"created_at": minute, "closed_at": other}
        assert says("created_at = closed_at", row) is equal
        assert says("created_at < closed_at", row) is before
        assert says("created_at >= closed_at", row) is (None if before is None else not before)
    assert says("created_at = closed_at", {"created_at": Moment(5, 5), "closed_at": Moment(5, 5)}) is True


def test_a_day_more_is_24_hours_for_times_and_the_next_date_for_dates() -> None:
    row: dict[str, Value] = {"created_at": Moment(0, 0), "closed_at": Moment(86_400, 86_400)}
    assert says("closed_at <= created_at + 1 day", row) is True
    assert says("closed_at < created_at + 24 hours", row) is False
    assert says("closed_at > created_at + 1439 minutes", row) is True
    days: dict[str, Value] = {"created_on": date(2026, 3, 7), "closed_on": date(2026, 3, 8)}
    assert says("closed_on = created_on + 1 day", days) is True
    assert says("created_on > closed_on - 36525 days", {**days, "closed_on": date.min}) is True
    assert says("created_on < closed_on + 36525 days", {**days, "closed_on": date.max}) is True


def test_a_pattern_full_of_wildcards_takes_no_time() -> None:
    start = time.perf_counter()
    assert not is_like("a" * 500, "%a" * 250 + "b")
    assert time.perf_counter() - start < 1


def term(name: str, *texts: str, at_least: int = 0) -> Term:
    tests = tuple(model.Test(text, text, tree(text), AT) for text in texts)
    return Term(name, name, "lead", tests, at_least or len(tests), AT)


@pytest.mark.parametrize(
    ("yes", "no", "blank", "at_least", "expected"),
    [
        (3, 0, 1, 3, "meets"),
        (2, 1, 1, 3, "unclear"),
        (2, 2, 0, 3, "fails"),
        (1, 2, 1, 3, "fails"),
        (4, 0, 0, 4, "meets"),
        (0, 0, 4, 1, "unclear"),
        (1, 0, 3, 1, "meets"),
    ],
)
def test_at_least_so_many_criteria(yes: int, no: int, blank: int, at_least: int, expected: str) -> None:
    texts = ["budget > 1"] * yes + ["budget > 9"] * no + ["timeframe > 1"] * blank
    row = {"budget": Decimal(5), "timeframe": State.BLANK}
    assert verdict(term("mql", *texts, at_least=at_least), row, {}.get, NEW_YORK, LEAD.fields) == expected


def test_a_long_chain_of_terms_is_judged_without_a_deep_stack() -> None:
    last = 3_000
    terms = {f"t{last}": term(f"t{last}", "need_confirmed")}
    for n in range(last):
        test = model.Test("on", f"t{n + 1}", Meets(f"t{n + 1}", (0, 0)), AT)
        terms[f"t{n}"] = Term(f"t{n}", f"t{n}", "lead", (test,), 1, AT)
    row: dict[str, Value] = {"need_confirmed": True}
    assert meeting(terms, row, NEW_YORK, LEAD.fields)("t0") is True
    unclear: dict[str, Value] = {"need_confirmed": State.BLANK}
    start = [Meets("t0", (0, 0))]
    assert blame(start, unclear, NEW_YORK, LEAD.fields, terms) == (("need_confirmed", "blank"),)


def test_terms_in_a_circle_are_unclear() -> None:
    terms = {"mql": term("mql", "ready"), "ready": term("ready", "mql")}
    assert meeting(terms, {}, NEW_YORK, LEAD.fields)("mql") is None
    assert blame([tree("mql")], {}, NEW_YORK, LEAD.fields, terms) == ()


def test_blame_names_what_makes_it_unclear_and_nothing_else() -> None:
    row: dict[str, Value] = {
        "budget": State.UNREADABLE,
        "owner": State.BLANK,
        "source": State.NOT_ALLOWED,
        "authority": "VP",
        "created_at": Moment(0, 86_399),
        "closed_at": Moment(60, 60),
        "need_confirmed": False,
    }
    terms = {"mql": term("mql", "budget > 1", "source = 'Web'", "authority = 'VP'")}

    def because(text: str) -> tuple[tuple[str, str], ...]:
        return blame([tree(text)], row, NEW_YORK, LEAD.fields, terms)

    assert because("authority = 'VP' or owner = 'Ann'") == ()
    assert because("authority = 'VP' and not owner = 'Ann'") == (("owner", "blank"),)
    assert because("(need_confirmed and budget > 3) or timeframe > 1") == (("timeframe", "not bound"),)
    assert because("created_at < closed_at") == (("created_at", "too coarse"),)
    assert because("mql and owner = 'Ann'") == (
        ("budget", "unreadable"),
        ("source", "not allowed"),
        ("owner", "blank"),
    )


def plain(value: Value) -> object:
    """A value in the form of the oracle."""
    if isinstance(value, Moment):
        return reference.When(value.low, value.high)
    return reference.Odd(value.value) if isinstance(value, State) else value


@given(st.data())
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_says_what_the_oracle_says(data: st.DataObject) -> None:
    written = data.draw(contracts())
    text = data.draw(criteria(written))
    found = tree(text, written.scope)
    fields = written.record.fields
    terms = {}
    for name, (at_least, texts) in written.terms.items():
        tests = tuple(model.Test(one, one, tree(one, written.scope), AT) for one in texts)
        terms[name] = Term(name, name, "lead", tests, at_least, AT)
    zone = zones.zone(written.zone)
    assert zone is not None
    cases = {one.id: one.ignore_case for one in fields.values()}
    world = reference.World(cases, written.lists, written.terms, zone)
    for _ in range(2):
        row = data.draw(rows(written.record, fields_of(found, terms)))
        meets = meeting(terms, row, zone, fields)
        said = evaluate(found, row, meets, zone, fields)
        same = {name: plain(value) for name, value in row.items()}
        assert said is reference.judge(text, same, world), (text, row)
        assert bool(blame([found], row, zone, fields, terms)) is (said is None)
        for name, known in terms.items():
            expected = reference.judge_term(name, same, world)
            assert verdict(known, row, meets, zone, fields) == expected


# --- what a contract writes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("owner", " Ann\u00a0", "Ann"),
        ("owner", "Ame\u0301lie", "Am\u00e9lie"),
        ("owner", 42, "42"),
        ("owner", Decimal("1.50"), "1.50"),
        ("owner", True, State.UNREADABLE),
        ("owner", None, State.BLANK),
        ("owner", " \u200b", State.BLANK),
        ("authority", "VP", "VP"),
        ("authority", "vp", State.NOT_ALLOWED),
        ("email", "ann@acme.com", "ann@acme.com"),
        ("email", "ann@acme", State.UNREADABLE),
        ("email", "a b@acme.com", State.UNREADABLE),
        ("email", "ann@@acme.com", State.UNREADABLE),
        ("email", "@acme.com", State.UNREADABLE),
        ("contact_ids", "003A; 003B;", ("003A", "003B")),
        ("contact_ids", ["003A", "003B"], ("003A", "003B")),
        ("contact_ids", " ; ", State.BLANK),
        ("contact_ids", [["x"]], State.UNREADABLE),
        ("budget", 25000, Decimal(25000)),
        ("budget", "25000.50", Decimal("25000.50")),
        ("budget", "25,000", State.UNREADABLE),
        ("budget", "1.005", State.UNREADABLE),
        ("budget", "1e3", State.UNREADABLE),
        ("budget", -1, State.NOT_ALLOWED),
        ("budget", True, State.UNREADABLE),
        pytest.param("budget", 10**5000, State.UNREADABLE, id="huge"),
        ("budget", Decimal("NaN"), State.UNREADABLE),
        ("budget", Decimal("1E+999999"), State.UNREADABLE),
        ("budget", "１２", State.UNREADABLE),
        ("timeframe", 3, Decimal(3)),
        ("timeframe", "3.0", State.UNREADABLE),
        ("timeframe", 37, State.NOT_ALLOWED),
        ("score", Decimal("0.123456"), Decimal("0.123456")),
        ("score", Decimal("0.1234567"), State.UNREADABLE),
        ("score", "1234567890123456789", State.UNREADABLE),
        ("need_confirmed", True, True),
        ("need_confirmed", "no", False),
        ("need_confirmed", 1, State.UNREADABLE),
        ("need_confirmed", "", State.BLANK),
        ("competitor", None, False),
        ("closed_on", "2026-01-31", date(2026, 1, 31)),
        ("closed_on", "2026-02-30", State.UNREADABLE),
        ("closed_on", "31.01.2026", State.UNREADABLE),
        ("closed_on", "2026-01-31 14:05", State.UNREADABLE),
        ("created_at", "2026-01-31 24:00", State.UNREADABLE),
        ("created_at", "2026-01-31 14:05:60", State.UNREADABLE),
        ("created_at", "2026-01-31 14:05:09+25:00", State.UNREADABLE),
        ("created_at", "1970-01-01T00:00:09Z", Moment(9, 9)),
        ("created_at", "1970-01-01 00:00-05:00", Moment(18_000, 18_059)),
        ("created_at", "1970-01-01", Moment(18_000, 104_399)),
        ("created_at", 20260131, State.UNREADABLE),
    ],
)
def test_values_of_a_contract_are_typed(name: str, raw: object, expected: Value) -> None:
    assert typed(LEAD.fields[name], raw, NEW_YORK) == expected


@pytest.mark.parametrize(
    ("stamp", "low", "high"),
    [
        # The clock goes from 02:00 to 03:00: half past two never is, and moves forward by the gap.
        ("2026-03-08 02:30:00", "2026-03-08T07:30:00Z", "2026-03-08T07:30:00Z"),
        # The clock goes from 02:00 back to 01:00: half past one comes twice.
        ("2026-11-01 01:30:00", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"),
        ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z"),
        ("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"),
    ],
)
def test_local_times_follow_the_change_of_the_clock(stamp: str, low: str, high: str) -> None:
    assert typed(LEAD.fields["created_at"], stamp, NEW_YORK) == Moment(utc(low), utc(high))


def test_a_day_that_the_calendar_of_a_zone_skipped_moves_forward_and_holds_nothing() -> None:
    apia = zones.zone("Pacific/Apia")
    assert apia is not None
    at = LEAD.fields["created_at"]
    assert typed(at, "2011-12-30", apia) == typed(at, "2011-12-31", apia)
    row = {"created_at": typed(at, "2011-12-31 00:00:00", apia)}
    assert says("created_at = '2011-12-30'", row, apia) is False
    assert says("created_at > '2011-12-30'", row, apia) is True


def test_ignored_case_counts_for_what_is_allowed_too() -> None:
    one = field("role", "text", one_of=("VP",), ignore_case=True)
    assert typed(one, "vp", NEW_YORK) == "vp"
    found, faults = read("role = 'vP'", Scope(replace(LEAD, fields=named(one)), {}, {}, {}))
    assert faults == ()
    assert evaluate(found, {"role": "Vp"}, {}.get, NEW_YORK, named(one)) is True


def test_a_record_of_a_contract_is_filled_up() -> None:
    raw: dict[str, object] = {"email": "Ann@Sub.ACME.com", "budget": 5}
    row = row_of(LEAD.fields, raw, NEW_YORK)
    assert row["email_domain"] == "sub.acme.com"
    assert row["budget"] == Decimal(5)
    assert row["owner"] is State.BLANK
    assert row["competitor"] is False
    assert row_of(LEAD.fields, {"email": "nobody"}, NEW_YORK)["email_domain"] is State.UNREADABLE
    assert row_of(LEAD.fields, {}, NEW_YORK)["email_domain"] is State.BLANK
    assert row_of(LEAD.fields, {"email_domain": "x.org"}, NEW_YORK)["email_domain"] == "x.org"


def test_lowering_keeps_the_number_of_characters() -> None:
    assert lowered("İΣΑΣ STRASSE") == "iσασ strasse"


# --- what it costs ----------------------------------------------------------------------------


def test_the_parser_is_loaded_when_the_first_criterion_is_read() -> None:
    code = "import sys, slacli.core.criteria as c; before = 'lark' in sys.modules; c.words(); print(before)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
