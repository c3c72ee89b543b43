"""Who stands in for whom: what a delegation lets somebody sign, and every way in which it lets them sign nothing."""

from __future__ import annotations

import json
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from signing import CONTRACT, PROJECT, ROLES, World, agreed, sha

from slacli.core.trust import canonical, gate, standing, statements
from slacli.core.trust import chain as chains
from slacli.core.trust.chain import Chain
from slacli.core.trust.statements import Malformed

AT = "2026-11-02T15:00:00Z"
NEEDED = ("ceo", "vp_marketing", "vp_sales")


def read(world: World) -> Chain:
    return chains.read(world.files, PROJECT, CONTRACT, world.pin)


def rules(world: World) -> list[str]:
    return [found.rule for found in read(world).problems]


def newest(world: World) -> chains.SignedVersion:
    return read(world).versions[-1]


def begun(**roster: Any) -> World:
    world = World()
    world.roster(**roster)
    world.version()
    return world


def stood_in(world: World, role: str = "vp_sales", by: str = "sam", **changes: Any) -> str:
    """Let somebody stand in for the holder of a role, and approve the newest version."""
    return world.approve(role, by, delegation=world.delegate(role, by), **changes)


# --- what counts ------------------------------------------------------------------------------


def test_a_version_is_signed_by_a_stand_in_and_it_is_told_for_whom_and_when() -> None:
    world = begun()
    world.approve("ceo")
    world.approve("vp_marketing")
    stood_in(world)
    assert not rules(world)
    found = newest(world)
    assert found.signed
    done = found.by["vp_sales"]
    assert (done.statement.signer, done.voice) == ("sam", "dana")
    assert done.stands_in is not None
    assert [one.by for one in found.by.values()] == ["kim", "lee", "sam for dana, 2026-11-01 to 2026-11-30,"]
    assert done.stands_in.days == (date(2026, 11, 1), date(2026, 11, 30))


def test_a_stand_in_may_decline_and_it_never_counts() -> None:
    world = begun()
    stood_in(world, decision="reject", reason="dana would not")
    assert not rules(world)
    assert newest(world).missing == NEEDED
    assert [one.voice for one in newest(world).rejected] == ["dana"]


def test_who_stands_in_today_is_known_by_the_day_and_the_roster() -> None:
    world = begun()
    world.delegate("vp_sales", "sam")
    found = read(world)
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)]
    assert [len(found.standing_in(day)) for day in days] == [0, 1, 1, 0]
    world.roster(head=None)
    assert not rules(world)
    assert read(world).standing_in(date(2026, 11, 2)) == ()
    assert chains.read({}, PROJECT, CONTRACT).standing_in(date(2026, 11, 2)) == ()


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        ("2026-11-01T03:59:59Z", False),
        ("2026-11-01T04:00:00Z", True),
        ("2026-12-01T04:59:59Z", True),
        ("2026-12-01T05:00:00Z", False),
    ],
)
def test_the_days_of_a_delegation_are_those_of_the_contracts_own_zone(at: str, counts: bool) -> None:
    world = begun()
    stood_in(world, at=at)
    assert rules(world) == ([] if counts else ["outside-delegation"])


# --- input 80 ---------------------------------------------------------------------------------


def test_input_80_a_delegation_that_has_ended() -> None:
    world = begun()
    stood_in(world, at="2026-12-02T12:00:00Z")
    assert rules(world) == ["outside-delegation"]
    said = read(world).problems[0].message
    assert "given on 2026-12-02, and `sam` stands in for `dana` from 2026-11-01 to 2026-11-30" in said
    assert "vp_sales" in newest(world).missing


def test_input_80_a_delegation_that_has_not_begun() -> None:
    world = begun()
    stood_in(world, at="2026-10-31T12:00:00Z")
    assert rules(world) == ["outside-delegation"]
    assert "vp_sales" in newest(world).missing


def test_input_80_a_delegation_for_another_contract() -> None:
    world = begun()
    world.approve("vp_sales", "sam", delegation=world.delegate("vp_sales", "sam", contract="other"))
    assert rules(world) == ["bad-statement", "bad-delegation"]
    assert "vp_sales" in newest(world).missing


def test_input_80_a_delegation_that_is_handed_on() -> None:
    world = begun()
    world.delegate("vp_sales", "sam")
    handed_on = world.delegate("vp_sales", "lee", **{"from": "sam"})
    world.approve("vp_sales", "lee", delegation=handed_on)
    assert rules(world) == ["bad-delegation", "bad-delegation"]
    assert "roster 1 does not give `sam` the role `vp_sales`" in read(world).problems[0].message
    assert "vp_sales" in newest(world).missing


def test_input_80_a_delegation_of_a_role_that_nobody_may_delegate() -> None:
    world = begun(non_delegable=["ceo"])
    world.approve("ceo", "sam", delegation=world.delegate("ceo", "sam"))
    assert rules(world) == ["bad-delegation", "bad-delegation"]
    assert "keeps the role `ceo` from being delegated" in read(world).problems[0].message
    world = begun(non_delegable=["ceo"])
    stood_in(world)
    assert not rules(world)


def test_input_80_a_delegation_by_somebody_who_does_not_hold_the_role() -> None:
    world = begun()
    world.approve("vp_sales", "sam", delegation=world.delegate("vp_sales", "sam", **{"from": "lee"}))
    assert rules(world) == ["bad-delegation", "bad-delegation"]
    assert "vp_sales" in newest(world).missing


# --- other ways in which it counts for nothing --------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"project": "00000000-7a41-4d8e-9c55-0e1f6a2b3c4d"}, "bad-statement"),
        ({"roster": sha(b"another roster")}, "bad-statement"),
        ({"to": "mallory"}, "bad-delegation"),
        ({"to": "dana"}, "bad-statement"),
        ({"not_before": "2026-12-01"}, "bad-statement"),
        ({"not_after": "2026-02-30"}, "bad-statement"),
        ({"role": "revops", "to": "lee", "from": "kim"}, "bad-delegation"),
        ({"note": "x"}, "bad-statement"),
        ({"key": "sam"}, "bad-signature"),
        ({"name": "vp_sales--dana--sam--0123456789ab"}, "bad-statement"),
    ],
)
def test_a_delegation_that_does_not_hold_is_told_and_lets_nobody_sign(changes: dict[str, Any], rule: str) -> None:
    world = begun()
    world.delegate(**{"role": "vp_sales", "to": "sam"} | changes)
    assert rules(world) == [rule]
    assert read(world).delegations == ()


@pytest.mark.parametrize(("last", "holds"), [("2027-01-29", True), ("2027-01-30", False)])
def test_a_delegation_lasts_90_days_at_most(last: str, holds: bool) -> None:
    world = begun()
    world.delegate("vp_sales", "sam", not_after=last)
    assert (rules(world) == []) is holds
    assert (date.fromisoformat(last) - date(2026, 11, 1)).days + 1 == (90 if holds else 91)


def test_a_delegation_may_last_a_single_day() -> None:
    world = begun()
    world.delegate("vp_sales", "sam", not_before="2026-11-05", not_after="2026-11-05")
    assert not rules(world)
    (only,) = read(world).delegations
    assert [only.holds(date(2026, 11, day)) for day in (4, 5, 6)] == [False, True, False]


@pytest.mark.parametrize("end", [".json", ".json.sig"])
def test_half_a_delegation_is_told(end: str) -> None:
    world = begun()
    world.delegate("vp_sales", "sam")
    (name,) = [name for name in world.files if "delegations" in name and name.endswith(end)]
    del world.files[name]
    assert rules(world) == ["stray-signature"]


def test_t10_a_signature_made_for_an_approval_is_none_of_a_delegation() -> None:
    world = begun()
    world.delegate("vp_sales", "sam")
    (name,) = [name for name in world.files if "delegations" in name and name.endswith(".json")]
    world.put(name, world.files[name], "dana")
    assert rules(world) == ["bad-signature"]


@pytest.mark.parametrize("how", ["none", "of another", "for another role", "under another roster"])
def test_an_approval_cites_the_one_delegation_that_lets_its_person_sign(how: str) -> None:
    world = begun()
    cited = {
        "none": lambda: sha(b"no delegation"),
        "of another": lambda: world.delegate("vp_sales", "lee"),
        "for another role": lambda: world.delegate("ceo", "sam"),
        "under another roster": lambda: world.delegate("vp_sales", "sam"),
    }[how]()
    if how == "under another roster":
        world.roster(head=None)
    world.approve("vp_sales", "sam", delegation=cited)
    assert rules(world) == ["bad-delegation"]
    assert "vp_sales" in newest(world).missing


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("person", ["dana", "kim", "lee", "mallory", "sam"])
@pytest.mark.parametrize("holder", ["dana", "kim", "lee", "sam"])
def test_t9_only_for_who_holds_a_role_is_it_signed_by_another(role: str, person: str, holder: str) -> None:
    world = World()
    world.roster()
    world.version(sign_off=sorted(ROLES))
    world.approve(role, person, delegation=world.delegate(role, person, **{"from": holder}))
    counts = holder in ROLES[role] and person not in {holder, "mallory"}
    assert (rules(world) == []) is counts
    assert (role not in newest(world).missing) is counts


@pytest.mark.parametrize("key", ["dana", "kim", "lee", "mallory"])
def test_t9_a_stand_in_signs_with_their_own_key_and_no_other(key: str) -> None:
    world = begun()
    stood_in(world, key=key)
    assert rules(world) == ["bad-signature"]


def test_t11_who_has_left_delegates_nothing_by_dating_back() -> None:
    world = agreed()
    old = sha(rfc8785.dumps(world.rosters[0]))
    world.roster(roles=ROLES | {"vp_sales": ["lee"]})
    world.version(effective="2027-01-01")
    late = world.delegate("vp_sales", "sam", roster=old)
    world.approve("vp_sales", "sam", delegation=late)
    assert rules(world) == ["bad-delegation"]
    world.approve("vp_sales", "sam", delegation=late, roster=old)
    assert not rules(world)
    assert [one.rule for one in read(world).late] == ["late-approval"]
    assert "vp_sales" in newest(world).missing


def test_t12_a_stolen_key_that_delegates_has_no_second_voice() -> None:
    world = begun(roles=ROLES | {"ceo": ["dana"]})
    world.approve("vp_sales")
    world.approve("ceo", "sam", delegation=world.delegate("ceo", "sam", **{"from": "dana"}))
    world.approve("vp_marketing")
    assert not rules(world)
    assert len(newest(world).missing) == 1


# --- one person, one role -----------------------------------------------------------------------


def test_who_stands_in_signs_nothing_for_themselves_in_the_same_version() -> None:
    world = begun()
    world.approve("ceo")
    stood_in(world, by="kim")
    assert rules(world) == ["wrong-signer"]
    found = read(world).problems[0]
    assert found.message == "`kim` speaks in two names in version 1, and a person speaks in one"
    assert "slacli sign --as vp_sales --withdraw" in found.help


def test_who_is_stood_in_for_signs_for_nobody_else_in_the_same_version() -> None:
    world = begun()
    stood_in(world, "vp_sales", "sam")
    stood_in(world, "ceo", "dana")
    assert rules(world) == ["wrong-signer"]


def test_nobody_stands_in_for_two() -> None:
    world = begun()
    stood_in(world, "vp_sales", "sam")
    stood_in(world, "ceo", "sam")
    assert rules(world) == ["wrong-signer"]


def test_a_role_that_may_be_filled_beside_another_takes_nobody_up() -> None:
    roles = ROLES | {"ceo": ["dana"]}
    for beside, missing in (([], 1), (["ceo"], 0), (["vp_sales"], 0), (["vp_marketing"], 1)):
        world = begun(roles=roles, **({"beside": beside} if beside else {}))
        world.approve("ceo", "dana")
        world.approve("vp_sales")
        world.approve("vp_marketing")
        assert not rules(world)
        assert len(newest(world).missing) == missing, beside
    world = begun(beside=["ceo"])
    assert newest(world).missing == NEEDED


def test_who_signs_beside_another_role_may_stand_in_as_well() -> None:
    for beside, holds in (([], False), (["ceo"], True)):
        world = begun(**({"beside": beside} if beside else {}))
        world.approve("ceo")
        world.approve("vp_marketing")
        stood_in(world, by="kim")
        assert (rules(world) == []) is holds
        assert newest(world).signed is holds


PEOPLE = ("dana", "kim", "lee", "sam")
HELD = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(sorted)
GIVEN = st.lists(
    st.tuples(st.sampled_from(NEEDED), st.integers(0, 2), st.sampled_from(("", *PEOPLE)), st.integers(0, 9)),
    max_size=6,
)  # fmt: skip


@given(st.lists(HELD, min_size=6, max_size=6), GIVEN)
def test_no_mix_of_approvals_delegations_and_rosters_lets_one_person_count_twice(
    held: list[list[str]], given_: list[tuple[str, int, str, int]]
) -> None:
    world = World()
    for at in (0, 3):
        world.roster(roles={"revops": ["sam"]} | dict(zip(NEEDED, held[at : at + 3], strict=True)), head=None)
    world.version()
    said = {}
    for role, which, stand_in, old in given_:
        roster = world.rosters[0 if old == 0 else 1]
        holders = roster["roles"][role]
        holder = holders[which % len(holders)]
        named = {"roster": sha(rfc8785.dumps(roster))}
        cited = {"delegation": world.delegate(role, stand_in, **{"from": holder}, **named)} if stand_in else {}
        world.approve(role, stand_in or holder, **named, **cited)
        said[role, stand_in or holder] = holder
    found = read(world)
    hands = [{one.statement.signer, one.voice} for one in found.versions[0].by.values()]
    assert all(not one & other for one, other in combinations(hands, 2))
    if found.problems:
        return
    # From what was said, without slacli: whoever fills a role holds it, or stands in for who does.
    counted = []
    for role, one in found.versions[0].by.items():
        holder = said[role, one.statement.signer]
        assert one.voice == holder
        assert holder in world.rosters[1]["roles"][role]
        counted.append({one.statement.signer, holder})
    assert all(not one & other for one, other in combinations(counted, 2))


# --- the gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "passes"),
    [
        (date(2026, 10, 31), False),
        (date(2026, 11, 1), True),
        (date(2026, 11, 30), True),
        (date(2026, 12, 1), False),
    ],
)
def test_the_gate_asks_its_own_clock_whether_somebody_stands_in(today: date, passes: bool) -> None:
    before = begun()
    after = before.copy()
    after.approve("ceo")
    stood_in(after)
    found = list(gate.outside(before.files, read(after), today))
    assert [one.rule for one in found] == ([] if passes else ["outside-delegation"])
    assert not rules(after)
    # What was merged while they did stays.
    assert not list(gate.outside(after.files, read(after), today))


# --- statements ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"non_delegable": []}, {"non_delegable": ["ceo", "ceo"]}, {"non_delegable": ["vp_sales", "ceo"]},
        {"non_delegable": ["cfo"]}, {"non_delegable": None}, {"beside": []}, {"beside": ["cfo"]}, {"unfinished": []},
        {"unfinished": [[2, 0], [1, 0]]}, {"unfinished": [[1, 0], [1, 0]]}, {"unfinished": [[0, 0]]},
        {"unfinished": [[1]]}, {"unfinished": [[1, True]]}, {"void": []}, {"void": [{}]}, {"void": ["1"]},
        {"void": [{"version": 1, "revision": 0, "digest": sha(b""), "reason": ""}]},
        {"void": [{"version": 1, "revision": 0, "digest": sha(b""), "reason": "a\nb"}]},
        {"void": [{"version": 1, "revision": 0, "digest": sha(b""), "reason": "a"}] * 2},
        {"void": [{"version": 1, "revision": 0, "digest": sha(b"")}]}, {"void": [{"reason": "a"}]},
        {"void": [{"version": 0, "revision": 0, "digest": sha(b""), "reason": "a"}]},
        {"void": [{"version": 1, "revision": -1, "digest": sha(b""), "reason": "a"}]},
        {"void": [{"version": 1, "revision": 0, "digest": "x", "reason": "a"}]},
        {"void": [{"version": 1, "revision": 0, "digest": sha(b""), "reason": "a", "by": "kim"}]},
        {"void": [["version", "revision", "digest", "reason"]]}, {"unfinished": [{"0": 1, "1": 0}]},
        {"unfinished": [[1, 0, 0]]}, {"unfinished": [[1, -1]]}, {"void": None}, {"unfinished": 7},
        {"unfinished": [[1, 0], [2, -1]]}, {"unfinished": [[3, 0], [1, 0], [2, 0]]},
        {"unfinished": [[number, 0] for number in range(1, 1002)]},
        {"more": 1},
    ],
)  # fmt: skip
def test_t15_what_a_roster_says_only_at_times_is_said_in_one_way(changes: dict[str, Any]) -> None:
    value = World().roster() | changes
    with pytest.raises(Malformed):
        statements.roster(rfc8785.dumps(value))


def test_a_roster_may_call_a_revision_unfinished_or_void() -> None:
    void = [{"version": 1, "revision": 1, "digest": sha(b""), "reason": "a"}]
    said = statements.roster(rfc8785.dumps(World().roster() | {"unfinished": [[1, 0], [1, 1]], "void": void}))
    assert said.unfinished == ((1, 0), (1, 1))
    assert [(one.version, one.revision, one.reason) for one in said.void] == [(1, 1, "a")]
    many = [[number, 0] for number in range(1, 1001)]
    assert len(statements.roster(rfc8785.dumps(World().roster() | {"unfinished": many})).unfinished) == 1000


def test_a_roster_may_be_of_one_person_in_one_role() -> None:
    alone = World().roster() | {"root": {"members": ["dana"], "threshold": 1}, "roles": {"ceo": ["dana"]}}
    alone |= {"people": {"dana": alone["people"]["dana"]}, "require": []}
    said = statements.roster(rfc8785.dumps(alone))
    assert (list(said.people), dict(said.roles)) == (["dana"], {"ceo": ("dana",)})


@pytest.mark.parametrize("cited", [None, "", "sha256:abc"])
def test_t15_an_approval_that_cites_nothing_does_not_say_so(cited: str | None) -> None:
    world = begun()
    name = world.approve("ceo", delegation=cited)
    with pytest.raises(Malformed):
        statements.approval(world.files[name])


def test_statements_are_read_back_as_they_are_written() -> None:
    world = begun(
        non_delegable=["ceo"],
        beside=["ceo", "vp_sales"],
        unfinished=[[1, 0], [1, 2], [2, 0]],
        void=[{"version": 1, "revision": 0, "digest": sha(b"1"), "reason": "a stolen key"}],
    )
    stood_in(world)
    for name, text in world.files.items():
        if name.endswith(".json"):
            kind = json.loads(text)["_type"].split("/")[1]
            assert getattr(statements, kind)(text).text == text
            assert canonical.encode(json.loads(text)) == text


def test_who_signs_for_whom_makes_a_version_begin_as_any_signature_does() -> None:
    world = begun()
    world.approve("ceo")
    world.approve("vp_marketing")
    stood_in(world, at="2026-11-20T12:00:00Z")
    assert next(standing.stretches(read(world))).first == date(2026, 11, 20)


# --- frozen -------------------------------------------------------------------------------------

ROOM = Path(__file__).parent / "vectors" / "stand_in"
FROZEN = "sha256:fd7f4b3f21a3e7aaaa7c15a0082da2f5d10806ec2fbe8cdde9df990a0b80f5ba"
LATEST = "sha256:57d9449ed88503c61f4fa89500bd7d6b3ad8d8309f60d1805efb00cc03d65eac"


def test_the_frozen_delegation_holds_as_it_did() -> None:
    files = {path.relative_to(ROOM).as_posix(): path.read_bytes() for path in (ROOM / "signatures").rglob("*.*")}
    found = chains.read(files, PROJECT, CONTRACT, FROZEN)
    assert not found.problems
    assert found.anchored
    assert [digest for _, digest in found.rosters] == [FROZEN, LATEST]
    assert [(one.manifest.name, one.complete, one.void) for one in found.versions] == [
        ("1", True, ""), ("2", False, ""), ("3", True, "a stolen key"),
    ]  # fmt: skip
    done = found.versions[0].by["vp_sales"]
    assert done.stands_in == found.delegations[0]
    assert (done.statement.signer, done.voice) == ("sam", "dana")
    first, second = (roster for roster, _ in found.rosters)
    assert (first.non_delegable, first.beside, second.unfinished) == (("ceo",), ("revops",), ((2, 0),))
    for name, text in files.items():
        if name.endswith(".json"):
            kind = json.loads(text)["_type"].split("/")[1]
            assert getattr(statements, kind)(text).text == text
