"""What a change may do to a signed contract, at the edges: which of what is signed is late, and what is named how."""

from __future__ import annotations

from typing import Any

import pytest
from signing import CONTRACT, FILES, PROJECT, World, agreed, sha
from test_rosters import half_signed, head_of

from slacli.core.trust import chain, gate
from slacli.findings import Finding
from slacli.places import Address


def read(world: World, pin: str | None = "") -> chain.Chain:
    return chain.read(world.files, PROJECT, CONTRACT, world.pin if pin == "" else pin)


def gated(before: World, after: World, numbers: tuple[int, int] = (1, 1)) -> list[Finding]:
    return list(gate.gate(before.files, after.files, (read(before), read(after, before.pin)), numbers))


def told(before: World, after: World) -> list[tuple[str, str, str]]:
    return [(one.rule, one.at.file if one.at else "", one.message) for one in gated(before, after)]


def late(name: str, of: str) -> tuple[str, str, str]:
    return "late-addition", name, f"`{name}` comes after version {of} was signed by all"


def test_all_that_was_rewritten_is_told_in_the_order_of_its_names() -> None:
    before = agreed()
    before.files = dict(sorted(before.files.items(), reverse=True))
    after = before.copy()
    after.files = {name: text + b" " for name, text in after.files.items()}
    names = [one.at.file for one in gated(before, after) if one.rule == "rewritten-signatures" and one.at]
    assert names == sorted(before.files)


def test_approvals_come_late_to_what_is_settled_and_to_nothing_else() -> None:
    before = agreed()
    after = before.copy()
    after.files["contract.yaml"] = b"version: 1"
    names = [f"signatures/approvals/{name}/revops--sam.json" for name in ("2", "1.1", "1")]
    for name in names:
        after.files |= {name: b"{}", f"{name}.sig": b"x", f"{name}.webauthn.json": b"x"}
    assert told(before, after) == [late(names[2], "1")]


def test_what_is_settled_is_named_with_its_revision() -> None:
    before = agreed()
    before.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    before.approve("revops", at="2026-12-02T12:00:00Z")
    after = before.copy()
    names = [f"signatures/approvals/{name}/ceo--dana.json" for name in ("1", "1.1", "1.2")]
    after.files |= dict.fromkeys(reversed(names), b"{}")
    assert told(before, after) == [late(names[1], "1.1"), late(names[0], "1.1")]


def test_before_anything_is_settled_no_approval_is_late() -> None:
    before = World()
    before.roster()
    before.version()
    after = before.copy()
    after.all_approve()
    assert told(before, after) == []


def replaced() -> World:
    """Version 2 was never signed by all, and its approvals rest on a roster that was replaced; version 3 is signed."""
    world = half_signed()
    world.roster(head=head_of(world, 0))
    world.version(effective="2027-02-01")
    world.all_approve()
    assert [one.rule for one in read(world).late] == ["settled-approval"] * 2
    return world


def test_an_approval_that_counts_for_nothing_may_go_and_may_not_be_given_anew_once_its_version_is_replaced() -> None:
    before, after = replaced(), replaced()
    assert told(before, after) == []
    name = "signatures/approvals/2/vp_sales--dana.json"
    del after.files[name], after.files[f"{name}.sig"]
    assert told(before, after) == []
    after.approve("vp_sales", of=1, at="2026-12-02T12:00:00Z")
    assert told(before, after) == [late(name, "3")]


@pytest.mark.parametrize("digits", [8, 5000])
def test_a_number_without_end_in_the_name_of_an_approval_is_no_fault_of_the_gate(digits: int) -> None:
    before, after = agreed(), agreed()
    for number in ("9" * digits, f"1.{'9' * digits}"):
        after.files[f"signatures/approvals/{number}/ceo--kim.json"] = b"{}"
    assert told(before, after) == []
    assert {one.rule for one in read(after).problems} == {"stray-signature"}


def test_a_roster_names_the_last_of_several_that_all_signed() -> None:
    before = agreed()
    before.version(effective="2027-01-01")
    before.all_approve()
    after = before.copy()
    after.roster()
    assert told(before, after) == []
    after = before.copy()
    after.roster(head=head_of(before, 0))
    assert told(before, after) == [
        (
            "wrong-step",
            "signatures/roster/2.json",
            "roster 2 does not name the newest version of the base that everybody signed, which is 2",
        )
    ]


def test_a_number_that_is_wrong_is_told_where_it_stands() -> None:
    (found,) = gated(agreed(), agreed(), (1, 3))
    assert found.at == Address("contract.yaml", ("version",))


# --- a contract that is gone --------------------------------------------------------------------------


def gone(world: World, **more: bytes) -> list[tuple[str, str]]:
    found = list(gate.missing(world.files | {"contract.yaml": b"", **more}, read(world)))
    assert all(one.at is not None and one.at.file == "contract.yaml" for one in found)
    return [(one.rule, one.message) for one in found]


def test_a_contract_that_nobody_put_forward_may_go() -> None:
    assert list(gate.missing({"contract.yaml": b"", "asignatures/x": b""}, chain.read({}, PROJECT, CONTRACT))) == []


def test_a_contract_that_was_put_forward_may_not_go() -> None:
    world = World()
    world.roster()
    world.version()
    assert gone(world) == [
        ("missing-contract", "a signed contract is missing: it was put forward for signing")
    ]  # fmt: skip


def test_of_a_contract_that_is_gone_the_last_version_is_named_that_all_signed() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    world.all_approve()
    world.version(effective="2027-02-01")
    world.approve("ceo")
    assert gone(world) == [("missing-contract", "a signed contract is missing: version 2 of it was signed by all")]


def test_a_roster_alone_says_that_there_was_a_contract() -> None:
    world = World()
    world.roster()
    found: list[Any] = gone(world)
    assert found == [("missing-contract", "a signed contract is missing: it was put forward for signing")]
