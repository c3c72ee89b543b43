"""Every page of a rule does what it says, the contracts that we show are clean, and the finer points of the rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import samples

from slacli.core import catalog, changes, rules, verdict
from slacli.core.text import parse
from slacli.core.trust import pages as signatures
from slacli.findings import Finding, Rule

ROOT = Path(__file__).parent.parent

# What no sample can show: the text of a file that is not there.
WITHOUT_SAMPLES = {"missing-file", "wrong-sequence"}


def findings(files: dict[str, bytes]) -> list[Finding]:
    """Give all that is found in a contract, as `validate` does."""
    read = parse.parse(files)
    return [*read.findings, *(catalog.run_rules(read.contract) if read.contract else ())]


def found(sample: str) -> list[Finding]:
    return findings(samples.merged(sample))


def told(sample: str) -> list[str]:
    return [f"{one.rule}: {one.message}" for one in found(sample)]


# --- pages ------------------------------------------------------------------------------------

PAGES = [rule for rule in catalog.every() if rule not in (*verdict.RULES, *changes.RULES, *signatures.RULES)]
SAMPLES = [(rule, kind, text) for rule in PAGES for kind, text in catalog.samples(rule)]


@pytest.mark.parametrize(
    ("rule", "kind", "text"),
    SAMPLES,
    ids=[f"{rule.name}-{kind}-{number}" for number, (rule, kind, _) in enumerate(SAMPLES)],
)
def test_the_bad_sample_gives_this_rule_alone_and_the_good_sample_nothing(
    rule: Rule[Any], kind: str, text: str
) -> None:
    expected = {rule.name} if kind == "bad" else set()
    assert {one.rule for one in found(text)} == expected, told(text)


@pytest.mark.parametrize("rule", catalog.every(), ids=lambda rule: rule.name)
def test_every_page_has_one_sentence_and_a_reason(rule: Rule[Any]) -> None:
    assert re.fullmatch(r"[A-Z].*\.", catalog.first_sentence(rule))
    assert re.search(r"^Why: \S", rule.page, re.MULTILINE)


@pytest.mark.parametrize("rule", PAGES, ids=lambda rule: rule.name)
def test_every_page_about_a_text_shows_it_wrong_and_right(rule: Rule[Any]) -> None:
    kinds = {kind for kind, _ in catalog.samples(rule)}
    assert kinds == (set() if rule.name in WITHOUT_SAMPLES else {"bad", "good"})


def test_names_of_rules_are_unique_and_in_kebab_case() -> None:
    names = [rule.name for rule in catalog.every()]
    assert [name for name in names if names.count(name) > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)] == []


def test_a_rule_is_found_by_its_name() -> None:
    assert catalog.named("volume-only") in rules.RULES
    assert catalog.named("volume_only") is None


def test_the_first_sentence_of_a_page_is_one_line() -> None:
    rule = catalog.named("calendar-too-short")
    assert rule is not None
    assert catalog.first_sentence(rule) == (
        "A calendar begins after the agreement does, or ends before the longest clock that it times must have run out."
    )


# --- contracts that are right -----------------------------------------------------------------


def test_nothing_is_wrong_with_the_small_contract() -> None:
    assert findings(samples.base()) == []


def test_nothing_is_wrong_with_the_reference_contract() -> None:
    folder = ROOT / "contracts"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}
    assert findings(files) == []


# --- every rule -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "kind", "text"), [sample for sample in SAMPLES if sample[0] in rules.RULES and sample[1] == "bad"],
    ids=[rule.name for rule, kind, _ in SAMPLES if rule in rules.RULES and kind == "bad"],
)  # fmt: skip
def test_every_finding_has_a_place_in_the_text_an_action_and_a_print_of_its_own(
    rule: Rule[Any], kind: str, text: str
) -> None:
    read = parse.parse(samples.merged(text))
    assert read.contract is not None
    seen = catalog.run_rules(read.contract)
    for one in seen:
        assert one.at in (read.sources.keys if one.key else read.sources.values)
        assert all(near.at in (read.sources.keys if near.key else read.sources.values) for near in one.related)
        assert one.help
        assert one.label
        assert not re.search(r"\.$|^[A-Z]", one.message)
    assert len({one.fingerprint for one in seen}) == len(seen)


@pytest.mark.parametrize("file", samples.BASE)
def test_a_line_that_is_missing_gives_findings_and_never_an_exception(file: str) -> None:
    lines = samples.BASE[file].splitlines(keepends=True)
    for number in range(len(lines)):
        text = "".join(lines[:number] + lines[number + 1 :])
        for one in findings(samples.base() | {file: text.encode()}):
            assert one.message


def test_a_rule_runs_on_a_contract_that_has_nothing_but_what_it_must_have() -> None:
    told = {one.rule for one in found("responsibilities: null\ngoals: null\nmetrics: null\nincentives: null\n"
                                      "reviews: null\nlifecycles: null\nholidays: null\ncalendar: null\n"
                                      "calendars: null\nbindings: {leads: null, opportunities: null}")}  # fmt: skip
    assert told == {"one-sided-party", "no-goals"}


# --- the agreement ----------------------------------------------------------------------------


def test_what_a_team_owes_counts_for_its_department_but_not_among_its_own() -> None:
    team = """
        parties: {team: {title: Team, part_of: sales}}
        responsibilities: {first_touch: {owed_by: team}, loss_reasons: null}
    """
    assert told(team) == []
    inside = """
        parties: {team: {title: Team, part_of: sales}}
        responsibilities: {first_touch: {owed_to: team}, loss_reasons: null}
    """
    assert told(inside) == [
        "one-sided-party: `marketing` is owed nothing by the others",
        "one-sided-party: `sales` owes the others nothing",
    ]


def test_a_role_of_a_team_does_not_sign_for_its_department() -> None:
    assert told("""
        parties: {team: {title: Team, part_of: sales}}
        sign_off: {vp_sales: {for: team}}
    """) == ["incomplete-sign-off: no role signs for `sales`"]


def test_the_steward_does_not_sign_for_the_company() -> None:
    assert told("sign_off: {ceo: {steward: true}, revops: null}") == [
        "incomplete-sign-off: no role signs for the company as a whole, as a CEO does"
    ]


def test_an_agency_need_not_sign_nor_be_owed_anything() -> None:
    assert told("""
        parties: {northwind: {title: Northwind, kind: agency}}
        responsibilities: {brief: {owed_by: northwind, owed_to: marketing, volume: {of: mql, per: month, at_least: 9}}}
    """) == [
        "volume-only: `brief` asks for a number of `mql`, and nothing asks how good they are",
    ]


def test_only_departments_that_are_paid_on_something_can_pull_apart() -> None:
    assert told("incentives: {marketing: null}") == []


# --- goals ------------------------------------------------------------------------------------


def test_quality_that_the_other_side_owes_is_no_guard_of_a_volume() -> None:
    assert told("responsibilities: {quality: {owed_by: sales, owed_to: marketing}}") == [
        "volume-only: `volume` asks for a number of `mql`, and nothing asks how good they are"
    ]


def test_a_goal_on_what_comes_of_the_rows_guards_a_volume() -> None:
    assert (
        told("""
        responsibilities: {quality: null}
        metrics: {conversion: {ratio: {of: sale, from: mql}, kind: cohort, within: 90 days}}
        goals:
          convert: {owned_by: [sales], audience: [ceo], kind: performance, metric: conversion, baseline: collect,
                    target: at least 8% per quarter}
    """)
        == []
    )


def test_a_number_of_sales_needs_no_guard_and_one_of_other_rows_does() -> None:
    goal = """
        metrics: {counted: {count: %s}}
        goals:
          more: {owned_by: [sales], audience: [ceo], kind: performance, metric: counted, baseline: collect,
                 target: at least 8 per quarter}
    """
    assert told(goal % "sale") == []
    assert told(goal % "mql") == ["volume-only: `more` asks for a number of `mql`, and nothing asks how good they are"]


def test_goals_without_any_review_are_told_where_the_goals_are() -> None:
    seen = found("reviews: null")
    assert [one.message for one in seen] == [
        "`marketing` owns goals and has no separate review",
        "`sales` owns goals and has no separate review",
        "no joint review brings together the departments that own goals",
        "no interim review looks at the goals before a period ends",
    ]
    assert {one.at and one.at.file for one in seen} == {"goals.yaml"}


# --- terms ------------------------------------------------------------------------------------

MANY = """
    terms:
      sales_ready_lead: {examples: [{fails: {source: Web}}]}
      mql:
        criteria:
          budget: budget >= 10000
          authority: authority in ('CFO', 'VP')
          place: region = 'AMER'
        qualifies: at least 2
        examples: [%s]
"""


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (
            "fails: {budget: 20000, authority: VP}",
            "should fail and meets it: `budget` and `authority` hold; `place` is unclear (`region` is blank)",
        ),
        (
            "meets: {budget: 20000, authority: Manager}",
            "should meet it and is unclear: `budget` holds; `authority` fails; `place` is unclear (`region` is blank)",
        ),
        (
            "unclear: {budget: 500, authority: Manager, region: AMER}",
            "should be unclear and fails: `place` holds; `budget` and `authority` fail",
        ),
    ],
)
def test_an_example_that_comes_out_otherwise_is_explained(example: str, message: str) -> None:
    assert told(MANY % f"{{{example}}}") == [f"example-disagrees: an example of `mql` {message}; 2 of 3 must hold"]


def test_an_example_is_explained_through_the_terms_that_it_rests_on() -> None:
    (one,) = found("terms: {sales_ready_lead: {examples: [{meets: {region: AMER}}]}}")
    assert one.message == (
        "an example of `sales_ready_lead` should meet it and is unclear: `qualified` and `asked` are unclear "
        "(`budget` and `source` are blank)"
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("budget", "-5", "`lead.budget` the value `-5`, which is not at least 0"),
        ("budget", "a lot", "`lead.budget` the value `a lot`, which is not an amount"),
        ("created_at", "2027-02-30", "`lead.created_at` the value `2027-02-30`, which is not a time"),
        ("region", "APAC", "`lead.region` the value `APAC`, which it does not list"),
    ],
)
def test_an_example_holds_values_that_its_fields_can_have(field: str, value: str, message: str) -> None:
    sample = f'terms: {{mql: {{examples: [{{unclear: {{{field}: "{value}"}}}}]}}}}'
    assert told(sample) == [f"impossible-example: an example of `mql` gives {message}"]


def test_a_personal_value_of_an_example_is_not_repeated() -> None:
    (one,) = found("""
        records: {lead: {fields: {company: {type: text, format: email, personal: true}}}}
        terms: {mql: {examples: [{fails: {budget: 500, company: Jane Doe}}]}}
    """)
    assert one.rule == "impossible-example"
    assert "Jane" not in one.message + one.help + one.label


@pytest.mark.parametrize(
    ("mark", "lost"),
    [
        ("status = 'MQL' and source <> 'Event'", True),
        ("status in ('MQL', 'SAL')", True),
        ("status <> 'Closed'", True),
        ("status in ('MQL', 'SAL', 'Closed')", False),
        ("status = 'Closed'", False),
        ("status = 'MQL' or qualified_at is not blank", False),
        ("qualified_at is not blank", False),
    ],
)
def test_a_mark_wears_off_where_a_move_takes_it_away_for_certain(mark: str, lost: bool) -> None:
    assert {one.rule for one in found(f'terms: {{mql: {{marked: "{mark}"}}}}')} == (
        {"survivors-only"} if lost else set()
    )


# --- rows -------------------------------------------------------------------------------------


def test_a_clock_needs_no_date_and_a_date_of_the_record_is_enough() -> None:
    without = """
        terms: {mql: {dated: null}}
        responsibilities: {quality: {target: 95%}, volume: null}
    """
    assert told(without) == []
    assert (
        told("""
        terms: {mql: {dated: null}}
        records: {lead: {dated: created_at}}
    """)
        == []
    )


def test_a_column_that_is_missing_is_told_once_for_all_duties() -> None:
    (one,) = found("bindings: {leads: {columns: {qualified_at: null}}}")
    assert one.message == "`quality`, `volume` and `first_touch` read `lead.qualified_at`, which no binding provides"


def test_a_record_without_a_binding_is_told_once() -> None:
    assert told("bindings: {opportunities: null}") == [
        "unmeasurable-duty: `loss_reasons` reads rows of `opportunity`, which no binding provides"
    ]


def test_without_any_binding_nothing_can_be_measured() -> None:
    assert told("bindings: {leads: null, opportunities: null}") == [
        "unmeasurable-duty: no duty can be measured, because the contract has no bindings"
    ]


def test_a_derived_field_is_provided_where_its_source_is() -> None:
    derived = """
        records: {lead: {fields: {email: {type: text, personal: true}, domain: {type: text, domain_of: email}}}}
        responsibilities: {quality: {where: domain <> 'small.example'}}
        bindings: {leads: {columns: {%s}}}
    """
    assert told(derived % "email: Email") == []
    assert told(derived % "") == ["unmeasurable-duty: `quality` reads `lead.domain`, which no binding provides"]


def test_a_count_of_child_rows_is_provided_where_they_can_be_joined() -> None:
    counted = """
        records:
          lead: {fields: {wins: {type: integer, count: sale}}}
          opportunity: {of: {lead: [lead_ref = lead.lead_id]}}
        responsibilities: {quality: {where: wins > 0}}
        bindings: {opportunities: {columns: {lead_ref: %s}}}
    """
    assert told(counted % "Lead") == []
    assert told(counted % "null") == ["unmeasurable-duty: `quality` reads `lead.wins`, which no binding provides"]


def test_the_entry_into_a_stage_is_seen_by_its_date() -> None:
    assert told("responsibilities: {first_touch: {clock: {starts: {entering: qualified}}}}") == []
    assert told("responsibilities: {first_touch: {clock: {starts: {entering: closed}}}}") == [
        "unmeasurable-duty: `first_touch` reads the entry into the stage `closed`, which no binding provides"
    ]


# --- duties -----------------------------------------------------------------------------------


def test_wall_clock_says_that_mixed_time_is_meant() -> None:
    assert (
        told("""
        responsibilities:
          first_touch:
            clock:
              within: null
              wall_clock: true
              tiers:
                - {name: hot, when: source = 'Demo request', within: 2 hours}
                - {name: rest, otherwise: true, within: 4 business hours}
    """)
        == []
    )


def test_tries_need_a_calendar_for_business_time_too() -> None:
    tries = """
        records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        responsibilities:
          persistence:
            owed_by: sales
            owed_to: marketing
            covers: {marked: mql}
            attempts: {of: sale, starts: qualified_at, within: 5 business days, at_least: 3, calendar: %s}
            target: 90%% per quarter
    """
    assert told(tries % "office") == []
    assert told(tries % "null") == [
        "business-time-without-calendar: `persistence` gives 5 business days, and names no calendar that counts them"
    ]


def test_an_event_says_when_it_happens() -> None:
    assert told("""
        records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}}}
        responsibilities: {first_touch: {clock: {stops: [sale]}}}
    """) == [
        "unrelated-event: `first_touch` rests on `sale`, but `opportunity` does not say when its rows happen",
    ]


def test_a_term_of_the_same_rows_is_no_event() -> None:
    (one,) = found("responsibilities: {first_touch: {clock: {stops: [mql]}}}")
    assert one.message == (
        "`first_touch` rests on `mql`, but that is about the `lead` itself and not about rows that belong to it"
    )


def test_a_circle_of_relief_is_told_once_and_without_bystanders() -> None:
    circle = """
        responsibilities:
          quality: {relieved_by: [first_touch]}
          first_touch: {relieved_by: [quality]}
          facts: {owed_by: marketing, owed_to: sales, covers: {marked: mql}, complete: [company],
                  relieved_by: [first_touch]}
    """
    assert told(circle) == ["relief-circle: `quality` is relieved by itself, by way of `first_touch`"]


def test_a_duty_cannot_relieve_itself() -> None:
    assert told("responsibilities: {quality: {relieved_by: [quality]}}") == [
        "relief-circle: `quality` is relieved by itself"
    ]


def test_steps_of_a_ramp_begin_on_days_of_their_own() -> None:
    (one,) = found("responsibilities: {volume: {volume: {ramp: {FY27-Q2: 60, 2027-04: 70}}}}")
    assert one.message == (
        "in the ramp of `volume`, `2027-04` begins on the same day as `FY27-Q2`, which stands above it"
    )


def test_a_value_is_found_whatever_its_case_where_case_does_not_count() -> None:
    assert (
        told("""
        records: {lead: {fields: {region: {ignore_case: true}}}}
        responsibilities: {volume: {volume: {split_by: region, at_least: {amer: 30, Emea: 20}}}}
    """)
        == []
    )


# --- calendars --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "needed"),
    [
        ("8 business hours", "2028-01-03"),
        ("9 business hours", "2028-01-04"),
        ("1 business day", "2028-01-03"),
        ("6 business days", "2028-01-10"),
        ("90 days", None),
        ("90 calendar days", None),
    ],
)
def test_a_calendar_reaches_as_far_as_its_longest_clock(within: str, needed: str | None) -> None:
    sample = f"""
        calendars: {{office: {{covers: 2026-11-01..2027-12-31}}}}
        responsibilities: {{first_touch: {{clock: {{within: {within}}}}}}}
    """
    assert [one.help for one in found(sample)] == ([f"let it cover the days until {needed}"] if needed else [])


def test_holidays_after_the_end_make_a_clock_run_longer() -> None:
    (one,) = [
        one
        for one in found("""
            calendars: {office: {covers: 2026-11-01..2028-01-03}}
            holidays: {office: {closed: {2028-01-03: Closed for stocktaking}}}
        """)
        if one.rule == "calendar-too-short"
    ]
    assert one.message == (
        "`office` covers no day after 2028-01-03, but 4 business hours of `first_touch` from the agreement's last day "
        "run until 2028-01-04"
    )


def test_a_calendar_that_begins_late_is_told_and_one_without_an_end_to_reach_is_not() -> None:
    assert told("calendars: {office: {covers: 2027-01-02..2028-12-31}}") == [
        "calendar-too-short: `office` begins on 2027-01-02, but the agreement takes effect on 2027-01-01"
    ]
    assert (
        told("""
        expires: null
        calendars: {office: {covers: 2027-01-01..2027-06-30}}
    """)
        == []
    )


def test_every_calendar_that_a_choice_may_take_reaches_far_enough() -> None:
    assert [
        one.message[:13]
        for one in found("""
        calendars:
          london: {time_zone: Europe/London, hours: {mon-fri: "09:00-17:00"}, covers: 2026-11-01..2027-12-31}
          local: {choose: region, cases: {EMEA: london}, otherwise: office}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    """)
    ] == ["`london` cove"]


def test_the_days_of_the_cover_are_counted_by_a_calendar_of_the_cover() -> None:
    (one,) = found("calendar: null\nfinal_after: 5 business days\nreviews: {together: {by: 10th business day}}")
    assert one.message == "`final_after` counts business days, and the cover names no calendar"
    assert [near.at.pointer for near in one.related] == [("reviews", "together", "by")]
    assert told("calendar: null\nfinal_after: 5 days") == []


def test_a_shift_that_passes_midnight_opens_the_next_day() -> None:
    shift = 'calendars: {office: {hours: {mon-fri: "22:00-06:00"}}}\nholidays: {office: {closed: {%s: Closed}}}'
    assert told(shift % "2027-05-29") == []
    assert told(shift % "2027-05-30") == [
        "holiday-on-closed-day: `office` is closed on every Sunday, so 2027-05-30 needs no holiday"
    ]


# --- lifecycles -------------------------------------------------------------------------------


def test_stages_that_lead_only_to_each_other_are_not_reached() -> None:
    island = """
        records: {lead: {fields: {status: {one_of: [New, MQL, SAL, Closed, Parked, Frozen]}}}}
        lifecycles:
          lead:
            starts: %s
            stages: {parked: {value: Parked, owner: sales}, frozen: {value: Frozen, owner: sales}}
            moves: {parked: [frozen], frozen: [parked]}
    """
    assert told(island % "[new]") == [
        "unreachable-stage: no `lead` can come to the stage `parked`",
        "unreachable-stage: no `lead` can come to the stage `frozen`",
    ]
    assert told(island % "null") == []


def test_a_way_back_may_lead_through_other_stages() -> None:
    assert (
        told("""
        records: {lead: {fields: {status: {one_of: [New, MQL, SAL, Closed, Resting]}}}}
        lifecycles:
          lead:
            stages: {resting: {value: Resting, owner: sales}}
            moves: {accepted: [resting, closed], resting: [new]}
    """)
        == []
    )
