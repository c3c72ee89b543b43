"""What a change of the roster settles: what older ones may approve, which versions are void; and when all ends."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date
from typing import Any

import pytest
import rfc8785
from signing import CONTRACT, FILES, PROJECT, ROLES, World, agreed, sha
from test_trust import gated, newest, read, rules

from slacli.core import proposal, trust
from slacli.core.trust import chain as chains
from slacli.core.trust import gate, pages, register, standing, witness
from slacli.errors import CannotRun
from slacli.findings import Rule

NOON = "2026-11-02T15:00:00Z"
DIGESTS = FILES


def head_of(world: World, at: int) -> dict[str, Any]:
    one = world.manifests[at]
    return {"version": one["version"], "revision": one["revision"], "digest": sha(rfc8785.dumps(one))}


def void_of(world: World, at: int, reason: str = "a stolen key") -> list[dict[str, Any]]:
    return [head_of(world, at) | {"reason": reason}]


def half_signed() -> World:
    """A first version that everybody signed, and a second one that the CEO has not."""
    world = agreed()
    world.version(effective="2027-01-01")
    world.approve("vp_sales")
    world.approve("vp_marketing")
    return world


def late(world: World) -> list[str]:
    return [one.rule for one in read(world).late]


# --- what an old roster may still approve ---------------------------------------------------------


def test_t11_who_left_cannot_complete_what_was_never_complete() -> None:
    world = half_signed()
    old = sha(rfc8785.dumps(world.rosters[0]))
    made = proposal.roster(PROJECT, read(world), {"ceo": ["sam"]})
    assert made.head is not None
    assert (made.head.version, made.unfinished) == (1, ())
    world.roster(roles=ROLES | {"ceo": ["sam"]}, head=head_of(world, 0))
    world.approve("ceo", "kim", roster=old, at=NOON)
    assert not rules(world)
    assert late(world) == ["late-approval"] * 3
    assert newest(world).missing == ("ceo", "vp_marketing", "vp_sales")
    assert [one.manifest.name for one in read(world).versions if one.signed] == ["1"]


def test_a_roster_that_calls_an_unsigned_version_the_newest_is_refused() -> None:
    world = half_signed()
    before = world.copy()
    world.roster(roles=ROLES | {"ceo": ["sam"]})
    assert rules(world) == ["broken-rosters"]
    assert "names version 2 as the newest, and not everybody had signed it" in read(world).problems[0].message
    assert gated(before, world) == ["wrong-step"]


def test_a_roster_that_calls_a_version_signed_which_its_own_people_signed_is_refused() -> None:
    world = World()
    world.roster()
    world.version()
    world.roster(head=head_of(world, 0))
    world.all_approve()
    assert rules(world) == ["broken-rosters"]


def test_t11_who_left_cannot_complete_a_version_that_a_later_one_replaced() -> None:
    world = half_signed()
    world.version(effective="2027-02-01")
    world.all_approve()
    old = sha(rfc8785.dumps(world.rosters[0]))
    made = proposal.roster(PROJECT, read(world), {"ceo": ["sam"]})
    assert made.head is not None
    assert (made.head.version, made.unfinished) == (3, ((2, 0),))
    silent = world.copy()
    silent.roster(roles=ROLES | {"ceo": ["sam"]})
    assert rules(silent) == ["broken-rosters"]
    assert "does not name the versions before its newest" in read(silent).problems[0].message
    world.roster(roles=ROLES | {"ceo": ["sam"]}, unfinished=[[2, 0]])
    assert not rules(world)
    before = world.copy()
    world.approve("ceo", "kim", of=1, roster=old, at=NOON)
    assert not rules(world)
    assert late(world) == ["settled-approval"] * 3
    assert [one.manifest.name for one in read(world).versions if one.signed] == ["1", "3"]
    assert gated(before, world) == ["late-addition"]
    anew = before.copy()
    anew.approve("vp_sales", of=1)
    assert gated(before, anew) == ["late-addition"]


def test_what_was_half_signed_when_the_roster_changed_is_signed_anew_and_locks_nobody_out() -> None:
    world = half_signed()
    world.roster(head=head_of(world, 0))
    assert late(world) == ["late-approval"] * 2
    after = world.copy()
    after.all_approve()
    assert late(after) == []
    assert newest(after).signed
    assert gated(world, after) == []
    taken = world.copy()
    for name in [name for name in taken.files if "approvals/2/" in name]:
        del taken.files[name]
    assert gated(world, taken) == []


def test_a_roster_that_names_a_signed_version_as_unfinished_is_refused() -> None:
    for at in ([1, 0], [2, 0]):
        world = agreed()
        world.roster(unfinished=[at])
        assert rules(world) == ["broken-rosters"]


def test_a_roster_that_goes_back_to_an_older_head_is_refused() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    world.all_approve()
    world.roster()
    world.roster(head=head_of(world, 0))
    assert rules(world) == ["broken-rosters"]


def test_the_gate_lets_nobody_add_to_what_is_settled() -> None:
    before = agreed()
    after = before.copy()
    after.approve("revops")
    assert gated(before, after) == ["late-addition"]
    before = half_signed()
    before.version(effective="2027-02-01")
    before.all_approve()
    after = before.copy()
    after.approve("ceo", of=1)
    assert gated(before, after) == ["late-addition"]
    assert not rules(after)
    # What is not signed by all yet may be.
    before = half_signed()
    after = before.copy()
    after.approve("ceo")
    assert gated(before, after) == []
    revised = agreed()
    after = revised.copy()
    after.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    after.approve("revops")
    assert gated(revised, after) == []
    once = after.copy()
    once.approve("revops", "sam", of=0)
    assert gated(after, once) == ["late-addition"]


# --- void ---------------------------------------------------------------------------------------


def two_versions() -> World:
    world = agreed()
    world.version(effective="2027-01-01")
    world.all_approve()
    return world


def test_t12_what_a_stolen_key_signed_is_void_and_what_was_before_is_in_force_again() -> None:
    world = two_versions()
    day = date(2027, 1, 15)
    found = standing.in_force(read(world), day)
    assert found is not None
    assert found.manifest.version == 2
    world.roster(void=void_of(world, 1))
    assert not rules(world)
    found = standing.in_force(read(world), day)
    assert found is not None
    assert found.manifest.version == 1
    assert [(one.first, one.last) for one in standing.stretches(read(world))] == [(date(2026, 11, 2), None)]
    assert newest(world).complete
    assert not newest(world).signed
    assert not newest(world).signed_at
    told = list(standing.against_text(read(world), 2, DIGESTS))
    assert [one.rule for one in told] == ["void-version"]
    assert told[0].message == "version 2 is void: a stolen key"
    assert "number the text 3" in told[0].help
    assert [one.message for one in standing.passed_over(read(world))] == [
        "version 2 is void: a stolen key; what was in force before it is in force on its days"
    ]


def test_a_void_version_is_agreed_anew_under_the_next_number() -> None:
    world = two_versions()
    world.roster(void=void_of(world, 1))
    world.version(effective="2027-02-01")
    world.all_approve()
    assert not rules(world)
    assert [(one.version.manifest.name, one.first) for one in standing.stretches(read(world))] == [
        ("1", date(2026, 11, 2)), ("3", date(2027, 2, 1)),
    ]  # fmt: skip
    assert not list(standing.against_text(read(world), 3, DIGESTS))
    assert [one.help for one in standing.passed_over(read(world))] == [""]


def test_what_is_void_stays_void_in_later_rosters() -> None:
    world = two_versions()
    world.roster(void=void_of(world, 1))
    del world.rosters[-1]["void"]
    world.files["signatures/roster/2.json"] = rfc8785.dumps(world.rosters[-1])
    world.roster()
    assert not newest(world).void
    world = two_versions()
    world.roster(void=void_of(world, 1))
    last = world.rosters[-1].pop("void")
    world.roster(previous=sha(world.files["signatures/roster/2.json"]))
    assert last
    assert not rules(world)
    assert newest(world).void == "a stolen key"


def test_a_roster_that_waits_for_signatures_makes_nothing_void() -> None:
    world = two_versions()
    world.roster(("dana",), void=void_of(world, 1))
    assert not rules(world)
    assert newest(world).signed


def test_a_version_that_is_not_there_cannot_be_void() -> None:
    for changes in ({"digest": sha(b"x")}, {"version": 1}, {"revision": 3}):
        world = two_versions()
        world.roster(void=[void_of(world, 1)[0] | changes])
        assert rules(world) == ["broken-rosters"]
        assert "declares a version void that is not there" in read(world).problems[0].message


def test_what_revises_a_void_version_is_void_with_it_and_a_void_revision_takes_only_itself_away() -> None:
    def revised() -> World:
        world = agreed()
        for number in (1, 2):
            world.version(1, number, files=FILES | {"holidays.yaml": sha(b"days %d" % number)})
            world.approve("revops")
        return world

    world = revised()
    world.roster(void=void_of(world, 0))
    assert [one.void for one in read(world).versions] == ["a stolen key"] * 3
    assert standing.in_force(read(world), date(2026, 12, 1)) is None
    assert [(one.state, one.version.void) for one in register.registered(read(world), date(2026, 12, 1))] == [
        ("void", "a stolen key")
    ]
    world = revised()
    world.roster(void=void_of(world, 2))
    found = standing.in_force(read(world), date(2026, 12, 1))
    assert found is not None
    assert found.manifest.name == "1.1"
    world = revised()
    world.roster(void=void_of(world, 1))
    assert [one.void for one in read(world).versions] == ["", "a stolen key", ""]
    assert [one.manifest.name for one in read(world).void] == ["1.1"]
    found = standing.in_force(read(world), date(2026, 12, 1))
    assert found is not None
    assert found.manifest.name == "1.2"


def test_what_nobody_has_signed_asks_for_the_roles_of_the_newest_roster() -> None:
    world = agreed()
    world.roster(require=["revops", "vp_marketing", "vp_sales"])
    world.version(effective="2027-01-01")
    assert newest(world).needs == ("ceo", "revops", "vp_marketing", "vp_sales")
    world.roster(("dana",), require=["vp_sales"])
    assert read(world).waiting is not None
    assert newest(world).waits
    assert newest(world).needs == ("ceo", "vp_marketing", "vp_sales")


def test_a_void_version_asks_for_nobody() -> None:
    world = agreed()
    world.version(effective="2027-01-01", sign_off=["ceo", "revops", "vp_marketing", "vp_sales"])
    world.all_approve()
    world.approve("revops")
    world.roster(void=void_of(world, 1))
    world.version(effective="2027-02-01", sign_off=["vp_sales"])
    assert newest(world).needs == ("ceo", "vp_marketing", "vp_sales")


def test_where_all_that_was_signed_is_void_nothing_is_in_force_and_it_is_said_why() -> None:
    world = agreed()
    world.roster(void=void_of(world, 0))
    found = list(standing.not_in_force(read(world), date(2026, 12, 1)))
    assert [one.rule for one in found] == ["not-in-force"]
    assert found[0].message == "nothing is in force on 2026-12-01: version 1 is void: a stolen key"


@pytest.mark.parametrize(
    ("void", "said"),
    [({"9": "x"}, "version `9` is not there"), ({"1": ""}, "it is not said why"), ({"1": "a\nb"}, "cannot be")],
)
def test_a_proposal_that_makes_no_sense_is_refused(void: dict[str, str], said: str) -> None:
    with pytest.raises(CannotRun, match=said):
        proposal.roster(PROJECT, read(agreed()), {}, void=void)
    bare = World()
    bare.roster()
    with pytest.raises(CannotRun, match="is not there"):
        proposal.roster(PROJECT, read(bare), {}, void={"1": "x"})


def test_the_next_roster_keeps_what_is_not_said_and_takes_back_what_is() -> None:
    world = World()
    world.roster(non_delegable=["ceo"], beside=["ceo", "revops"])
    found = read(world)
    kept = proposal.roster(PROJECT, found, {})
    assert (kept.non_delegable, kept.beside, kept.void) == (("ceo",), ("ceo", "revops"), ())
    less = proposal.roster(PROJECT, found, {"revops": []})
    assert less.beside == ("ceo",)
    other = proposal.roster(PROJECT, found, {}, non_delegable=["vp_sales", "ceo"], beside=[])
    assert (other.non_delegable, other.beside) == (("ceo", "vp_sales"), ())
    with pytest.raises(CannotRun, match="beside another the role `cfo`, which nobody holds"):
        proposal.roster(PROJECT, found, {}, beside=["cfo"])


# --- an end -------------------------------------------------------------------------------------


def until(last: str, following: str | None = None) -> chains.Chain:
    world = World()
    world.roster()
    world.version(expires=last)
    world.all_approve()
    if following is not None:
        world.version(effective=following, expires=None)
        world.all_approve()
    return read(world)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2027, 9, 30), ""),
        (date(2027, 10, 1), "in 30 days, after 2027-10-31"),
        (date(2027, 10, 30), "in 1 day, after 2027-10-31"),
        (date(2027, 10, 31), "at the end of today"),
        (date(2027, 11, 1), ""),
    ],
)
def test_t13_that_an_agreement_expires_is_said_thirty_days_ahead(day: date, told: str) -> None:
    found = list(standing.expires_soon(until("2027-10-31"), day))
    assert [one.message for one in found] == (
        [f"version 1 expires {told}, and no signed version follows it"] if told else []
    )
    assert [one.severity.word for one in found] == (["warning"] if told else [])


def test_t13_a_version_that_follows_at_once_is_warning_enough() -> None:
    day = date(2027, 10, 20)
    assert not list(standing.expires_soon(until("2027-10-31", "2027-11-01"), day))
    (found,) = standing.expires_soon(until("2027-10-31", "2027-12-01"), day)
    assert "nothing is in force from then until 2027-12-01" in found.message
    assert not list(standing.expires_soon(read(agreed()), day))


@pytest.mark.parametrize(
    ("day", "rule"),
    [(date(2026, 11, 1), "not-in-force"), (date(2027, 11, 1), "expired"), (date(2026, 10, 1), "not-in-force")],
)
def test_t13_expired_is_told_apart_from_not_begun(day: date, rule: str) -> None:
    assert [one.rule for one in standing.not_in_force(until("2027-10-31"), day)] == [rule]


def test_nothing_is_missing_where_nothing_was_signed() -> None:
    assert not list(gate.missing({"contract.yaml": b""}, chains.read({}, PROJECT, CONTRACT)))
    world = World()
    world.roster()
    (found,) = gate.missing(world.files, read(world))
    assert found.message == "a signed contract is missing: it was put forward for signing"
    (found,) = gate.missing(agreed().files, read(agreed()))
    assert found.message == "a signed contract is missing: version 1 of it was signed by all"


# --- the register -------------------------------------------------------------------------------


def test_the_register_says_of_every_version_how_it_stands() -> None:
    world = World()
    world.roster()
    world.version(expires="2026-11-30")
    world.all_approve()
    world.version(effective="2027-01-01", expires=None)
    world.all_approve()
    world.version(effective="2027-02-01")
    world.all_approve()
    # It takes effect no earlier than the one after it, and so never was in force.
    world.version(effective="2027-03-01")
    world.all_approve()
    world.version(effective="2027-03-01")
    world.all_approve()
    world.version(effective="2027-04-01")
    world.roster(void=void_of(world, 4), head=head_of(world, 4))
    assert not rules(world)

    def stands(day: date) -> list[str]:
        return [one.state for one in register.registered(read(world), day)]

    assert stands(date(2026, 11, 1)) == ["waiting", "void", *["not yet in force"] * 4]
    assert stands(date(2026, 12, 1)) == ["waiting", "void", *["not yet in force"] * 3, "expired"]
    assert stands(date(2027, 3, 1)) == ["waiting", "void", "in force", "superseded", "superseded", "expired"]
    assert [one.ended_by for one in register.registered(read(world), date(2027, 3, 1))] == [
        None,
        None,
        None,
        4,
        3,
        None,
    ]
    del world.files["signatures/roster/2.json"]
    for name in ("dana", "kim", "lee"):
        del world.files[f"signatures/roster/2--{name}.json.sig"]
    assert stands(date(2027, 3, 1))[1:3] == ["in force", "never in force"]


def test_input_95_what_was_remembered_is_missed_where_it_is_gone() -> None:
    world = agreed()
    signed = sha(rfc8785.dumps(world.manifests[0]))
    assert not list(witness.missing(read(world), (world.pin, signed), "HEAD"))
    (found,) = witness.missing(read(world), (sha(b"gone"), signed), "HEAD")
    assert found.rule == "remembered-is-gone"
    assert f"HEAD holds no version and no roster with the digest `{sha(b'gone')}`" in found.message


def test_every_rule_about_signatures_is_listed_once() -> None:
    names = [one.name for one in pkgutil.iter_modules(trust.__path__)]
    modules = [importlib.import_module(f"slacli.core.trust.{name}") for name in names]
    declared = {id(one) for module in modules for one in vars(module).values() if isinstance(one, Rule)}
    assert {id(one) for one in pages.RULES} == declared
    assert len({one.name for one in pages.RULES}) == len(pages.RULES) == len(declared)


@pytest.mark.parametrize("void", [[7], [None], ["reason"], [["reason"]], "reason", {"reason": "x"}, []])
def test_t15_what_is_void_is_told_by_a_list_of_versions_with_reasons(void: object) -> None:
    world = agreed()
    world.roster(void=void)
    (found,) = read(world).problems
    assert "its field `void` does not hold what it should" in found.message
