"""How a text and a day stand to what is signed, at the edges: which file is named, which version, and which gap."""

from __future__ import annotations

from datetime import date

from signing import CONTRACT, FILES, PROJECT, World, agreed, sha
from test_rosters import head_of, void_of

from slacli.core.trust import chain, standing
from slacli.places import Address


def read(world: World) -> chain.Chain:
    return chain.read(world.files, PROJECT, CONTRACT, world.pin)


def lasting(*stretches: tuple[str, str | None]) -> World:
    """Versions that everybody signed in time, each with its first day and the day on which it expires."""
    world = World()
    world.roster()
    for effective, expires in stretches:
        world.version(effective=effective, expires=expires)
        world.all_approve()
    return world


def test_files_that_differ_are_named_in_their_order_and_the_first_is_shown() -> None:
    found = read(agreed())
    files = {f"bindings/{letter}.yaml": sha(b"x") for letter in "qwertyuiopasdfghjklzxcvbnm"}
    assert standing.changed(found.versions[0].manifest, FILES | files) == tuple(sorted(files))
    (told,) = standing.against_text(found, 1, FILES | files)
    assert (told.rule, told.at.file if told.at else "") == ("changed-since-signed", "bindings/a.yaml")


def test_a_number_that_nobody_put_forward_is_told_where_it_stands() -> None:
    world = World()
    world.roster()
    for found in (read(world), read(agreed())):
        told = next(iter(standing.against_text(found, 7, FILES)))
        assert told.rule == "not-signed"
        assert told.at == Address("contract.yaml", ("version",))


def test_t12_a_version_that_is_void_is_told_so_and_nobody_is_asked_to_sign_it() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    world.approve("ceo")
    world.roster(void=void_of(world, 1), head=head_of(world, 0))
    found = read(world)
    assert found.problems == ()
    told = list(standing.against_text(found, 2, FILES))
    assert [(one.rule, one.message) for one in told] == [("void-version", "version 2 is void: a stolen key")]


def test_t12_where_all_is_void_the_newest_is_named() -> None:
    world = lasting(("2026-11-01", None), ("2027-01-01", None))
    world.roster(void=[*void_of(world, 0, "an old key"), *void_of(world, 1)])
    found = read(world)
    assert [one.void for one in found.versions] == ["an old key", "a stolen key"]
    (told,) = standing.not_in_force(found, date(2027, 2, 1))
    assert told.message == "nothing is in force on 2027-02-01: version 2 is void: a stolen key"
    assert told.at is not None
    assert told.at.file == "signatures/versions/2.json"


def test_input_100_after_the_end_of_several_the_last_is_named() -> None:
    found = read(lasting(("2026-11-02", "2026-12-01"), ("2027-01-01", "2027-02-01")))
    (told,) = standing.not_in_force(found, date(2027, 3, 1))
    assert (told.rule, told.message) == ("expired", "nothing is in force on 2027-03-01: version 2 ended on 2027-02-01")


def soon(world: World, day: str) -> list[str]:
    return [one.message for one in standing.expires_soon(read(world), date.fromisoformat(day))]


def test_what_follows_on_the_day_after_leaves_no_gap_and_a_day_later_leaves_one() -> None:
    assert soon(lasting(("2026-11-02", "2026-12-31"), ("2027-01-01", None)), "2026-12-20") == []
    assert soon(lasting(("2026-11-02", "2026-12-31"), ("2027-01-02", None)), "2026-12-20") == [
        "version 1 expires in 11 days, after 2026-12-31, and nothing is in force from then until 2027-01-02"
    ]


def test_a_version_of_one_day_is_not_said_to_follow_itself() -> None:
    assert soon(lasting(("2026-12-31", "2026-12-31")), "2026-12-31") == [
        "version 1 expires at the end of today, and no signed version follows it"
    ]
