"""The register of versions in each state that there is, on the days around its edges; and what was remembered of it."""

from __future__ import annotations

from datetime import date

import pytest
from signing import CONTRACT, PROJECT, World, agreed, sha

from slacli.core.trust import chain, witness
from slacli.core.trust.register import Registered, registered


def read(world: World) -> chain.Chain:
    found = chain.read(world.files, PROJECT, CONTRACT, world.pin)
    assert found.problems == ()
    return found


def states(world: World, day: str) -> list[tuple[str, str, str, str, int | None]]:
    return [row(one) for one in registered(read(world), date.fromisoformat(day))]


def row(one: Registered) -> tuple[str, str, str, str, int | None]:
    return one.version.manifest.name, one.state, str(one.first or ""), str(one.last or ""), one.ended_by


def test_nothing_put_forward_is_an_empty_register() -> None:
    world = World()
    world.roster()
    assert states(world, "2026-11-05") == []


def test_a_version_waits_until_everybody_has_signed() -> None:
    world = World()
    world.roster()
    world.version()
    world.approve("ceo")
    assert states(world, "2026-11-05") == [("1", "waiting", "", "", None)]
    world.approve("vp_sales")
    world.approve("vp_marketing")
    assert states(world, "2026-11-05") == [("1", "in force", "2026-11-02", "", None)]


@pytest.mark.parametrize(
    ("day", "first", "second"),
    [
        ("2026-11-01", "not yet in force", "not yet in force"),
        ("2026-11-02", "in force", "not yet in force"),
        ("2026-12-31", "in force", "not yet in force"),
        ("2027-01-01", "superseded", "in force"),
        ("2027-06-30", "superseded", "in force"),
        ("2027-07-01", "superseded", "expired"),
    ],
)
def test_a_version_is_superseded_on_the_day_of_the_next_and_expires_on_its_own(
    day: str, first: str, second: str
) -> None:
    world = agreed()
    world.version(effective="2027-01-01", expires="2027-06-30")
    world.all_approve()
    assert states(world, day) == [
        ("2", second, "2027-01-01", "2027-06-30", None),
        ("1", first, "2026-11-02", "2026-12-31", 2),
    ]


def test_a_version_that_ended_before_the_next_begins_expired_and_was_not_superseded() -> None:
    world = World()
    world.roster()
    world.version(expires="2026-12-15")
    world.all_approve()
    world.version(effective="2027-01-01", expires=None)
    world.all_approve()
    assert states(world, "2027-01-05")[1] == ("1", "expired", "2026-11-02", "2026-12-15", None)


def test_a_version_that_the_next_one_overtook_was_never_in_force() -> None:
    world = World()
    world.roster()
    world.version(effective="2027-01-01")
    world.all_approve()
    world.version(effective="2027-01-01")
    world.all_approve()
    assert states(world, "2027-02-01") == [
        ("2", "in force", "2027-01-01", "", None),
        ("1", "never in force", "", "", None),
    ]


def test_revisions_stand_with_their_version() -> None:
    world = agreed()
    world.version(1, 1, files={**world.manifests[0]["files"], "bindings/leads.yaml": sha(b"other")})
    world.approve("revops")
    world.version(effective="2027-01-01", revision=0, number=2)
    world.all_approve()
    second, first = registered(read(world), date(2027, 1, 5))
    assert [one.manifest.name for one in first.revisions] == ["1.1"]
    assert (second.revisions, first.ended_by) == ((), 2)


def test_what_was_remembered_is_there_or_is_named() -> None:
    world = agreed()
    found = read(world)
    newest = found.versions[-1].digest
    assert list(witness.missing(found, (), "HEAD")) == []
    assert list(witness.missing(found, (newest, world.pin), "HEAD")) == []
    lost = "sha256:" + "0" * 64
    (told,) = witness.missing(found, (newest, lost), "the base")
    assert told.rule == "remembered-is-gone"
    assert f"the base holds no version and no roster with the digest `{lost}`" in told.message
