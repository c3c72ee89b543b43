"""What decides trust, at its edges: each limit from both sides, each link broken, each file without its other half."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from devices import RECOGNISED, TOUCHED, Device
from signing import CONTRACT, FILES, MAGIC, PROJECT, ROLES, World, agreed, armour, blob_of, key_of, sha, sign, text_of

from slacli.core.trust import canonical, gate, sshsig, standing, statements
from slacli.core.trust import chain as chains
from slacli.core.trust.canonical import NotCanonical
from slacli.core.trust.chain import Chain
from slacli.findings import Finding

APPROVES, ENROLS, ROSTERS = (f"{name}.v1@slacli" for name in ("approval", "enrol", "roster"))


def read(world: World, pin: str | None = "") -> Chain:
    return chains.read(world.files, PROJECT, CONTRACT, world.pin if pin == "" else pin)


def told(found: Chain) -> list[tuple[str, str]]:
    return [(one.rule, one.message) for one in found.problems]


def names(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings]


# --- enrolments -----------------------------------------------------------------------------------


def enrolment(world: World, person: str = "pat", signer: str = "pat", **changes: Any) -> str:
    """Put an enrolment that proves a key into a world, under the name that its own words give it."""
    value = {"_type": "slacli/enrol/v1", "project": PROJECT, "person": person, "key": text_of(key_of("pat")),
             "at": "2026-11-02T15:00:00Z"} | changes  # fmt: skip
    short = sha(blob_of(key_of("pat"))).removeprefix("sha256:")[:12]
    return world.put(f"signatures/enrolled/{person}--{short}.json", value, signer, ENROLS)


def test_an_enrolment_that_proves_its_key_is_found_and_stands_where_it_says() -> None:
    world = agreed()
    name = enrolment(world)
    found = read(world)
    assert told(found) == []
    assert [(one.person, one.key.text, one.at) for one in found.enrolled] == [
        ("pat", text_of(key_of("pat")), "2026-11-02T15:00:00Z")
    ]
    assert chains.file_of(found.enrolled[0]) == name


@pytest.mark.parametrize("end", ["", ".sig"])
def test_half_an_enrolment_enrols_nobody(end: str) -> None:
    world = agreed()
    name = enrolment(world)
    del world.files[f"{name}{end}"]
    found = read(world)
    assert found.enrolled == ()
    assert [one for one, _ in told(found)] == ["stray-signature"]
    assert "is not whole: a statement, and a signature beside it" in found.problems[0].message


@pytest.mark.parametrize(
    ("changes", "signer", "rule", "says"),
    [
        ({"at": "2026-02-30T15:00:00Z"}, "pat", "bad-statement", "`at` does not hold"),
        ({"key": "ssh-ed25519 AAAA"}, "pat", "bad-statement", "a key of `pat` does not count"),
        ({"project": "00000000-7a41-4d8e-9c55-0e1f6a2b3c4d"}, "pat", "bad-statement", "of another project, person or"),
        ({"key": text_of(key_of("sam"))}, "sam", "bad-statement", "of another project, person or key"),
        ({}, "sam", "bad-signature", "signed by another key than its own"),
    ],
)
def test_an_enrolment_that_proves_nothing_is_told(changes: dict[str, str], signer: str, rule: str, says: str) -> None:
    world = agreed()
    enrolment(world, signer=signer, **changes)
    found = read(world)
    assert found.enrolled == ()
    assert [one for one, _ in told(found)] == [rule]
    assert says in found.problems[0].message


def test_an_enrolment_under_the_name_of_another_person_is_told() -> None:
    world = agreed()
    name = enrolment(world)
    for end in ("", ".sig"):
        world.files[name.replace("pat--", "kim--") + end] = world.files.pop(name + end)
    moved = name.replace("pat--", "kim--").removeprefix("signatures/")
    says = f"the enrolment `{moved}` is of another project, person or key"
    assert told(read(world)) == [("bad-statement", says)]


def test_an_enrolment_whose_signature_is_of_another_text_is_told() -> None:
    world = agreed()
    name = enrolment(world)
    world.files[f"{name}.sig"] = sign(key_of("pat"), b"{}", ENROLS)
    found = read(world)
    assert found.enrolled == ()
    assert told(found)[0][0] == "bad-signature"
    assert "is not proven" in found.problems[0].message


@pytest.mark.parametrize("number", [1, 2])
def test_after_a_broken_enrolment_the_next_one_is_still_read(number: int) -> None:
    world = agreed()
    enrolment(world)
    broken = f"signatures/enrolled/{'abe' if number == 1 else 'zoe'}--{'0' * 12}.json"
    world.files[broken] = b"{}"
    found = read(world)
    assert [one.person for one in found.enrolled] == ["pat"]
    assert names(list(found.problems)) == ["stray-signature"]


# --- names and places -----------------------------------------------------------------------------


def test_every_statement_stands_where_its_words_say() -> None:
    world = agreed()
    world.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    world.approve("revops")
    found = read(world)
    assert told(found) == []
    where = {chains.file_of(one.manifest) for one in found.versions}
    where |= {chains.file_of(given.statement) for one in found.versions for given in one.by.values()}
    where |= {chains.file_of(roster) for roster, _ in found.rosters}
    assert "signatures/approvals/1.1/revops--sam.json" in where
    assert where == {name for name in world.files if name.endswith(".json")}
    signed = {chains.signature_of(1, name) for name in ("dana", "kim", "lee")}
    assert signed == {name for name in world.files if "/roster/" in name and name.endswith(".sig")}


def test_each_form_of_a_signature_has_an_ending_of_its_own() -> None:
    assert chains.signature_file("x.json", b"-----BEGIN SSH SIGNATURE-----") == "x.json.sig"
    assert chains.signature_file("x.json", b'{"_type"') == "x.json.webauthn.json"
    assert chains.other_form("x.json.sig") == "x.json.webauthn.json"
    assert chains.other_form("x.json.webauthn.json") == "x.json.sig"
    for name in ("x.json", "x.json.sig", "x.json.webauthn.json"):
        assert chains.statement_of(name) == "x.json"
        assert chains.is_statement(name) is (name == "x.json")


def test_what_is_not_below_the_folder_of_signatures_is_not_looked_at() -> None:
    world = agreed()
    world.files |= {"notes.md": b"x", "definitions.yaml": b"a: 1", "signatures.md": b"x"}
    assert told(read(world)) == []


@pytest.mark.parametrize(("files", "is_refused"), [(20_000, False), (20_001, True)])
def test_input_83_a_folder_may_hold_twenty_thousand_files_and_no_more(files: int, is_refused: bool) -> None:
    # A file that is none, once for each number: what is read is told one by one, what is too much once.
    found = chains.read({f"signatures/x{number}": b"" for number in range(files)}, PROJECT, CONTRACT)
    assert len(found.problems) == (1 if is_refused else files)
    assert ("at most 20,000 are read" in found.problems[0].message) is is_refused


def test_new_approvals_rest_on_the_roster_that_waits_then_on_the_last_that_holds() -> None:
    assert read(World(), None).next_roster is None
    world = agreed()
    held = read(world).next_roster
    assert held is not None
    assert (held[0].version, held[1]) == (1, world.pin)
    world.roster(("dana",))
    found = read(world)
    waiting = found.next_roster
    assert waiting is not None
    assert (waiting[0].version, waiting[1]) == (2, sha(rfc8785.dumps(world.rosters[1])))
    assert found.waiting is not None
    assert found.waiting.by == ("dana",)
    assert found.waiting.short == ((("kim", "lee"), 1), (("kim", "lee"), 1))
    beside = agreed()
    beside.roster(("sam", "dana"), root={"members": ["kim", "lee", "sam"], "threshold": 2})
    shown = read(beside).waiting
    assert shown is not None
    assert shown.by == ("dana", "sam")
    assert shown.short == ((("kim", "lee"), 1), (("kim", "lee"), 1))
    text = world.files["signatures/roster/2.json"]
    world.files["signatures/roster/2--kim.json.sig"] = sign(key_of("kim"), text, ROSTERS)
    last = read(world).next_roster
    assert read(world).waiting is None
    assert last is not None
    assert last[0].version == 2


def test_what_was_read_cannot_be_changed() -> None:
    world = agreed()
    enrolment(world)
    world.files["signatures/x"] = b""
    found = read(world)
    for one in (found.rosters, found.versions, found.enrolled, found.problems, found.versions[0].rejected):
        assert isinstance(one, tuple)
    with pytest.raises(TypeError):
        found.versions[0].by["ceo"] = found.versions[0].by["vp_sales"]  # type: ignore[index]


def test_the_day_of_the_last_needed_approval_is_told_only_where_all_are_there() -> None:
    world = World()
    world.roster()
    world.version()
    world.approve("ceo", at="2026-11-05T01:00:00Z")
    world.approve("vp_marketing", at="2026-11-07T01:00:00Z")
    assert read(world).versions[0].signed_at == ""
    world.approve("vp_sales", at="2026-11-06T01:00:00Z")
    assert read(world).versions[0].signed_at == "2026-11-07T01:00:00Z"


# --- rosters --------------------------------------------------------------------------------------


def test_signatures_under_a_roster_that_is_not_there_are_told_by_person() -> None:
    world = agreed()
    for name in ("kim", "dana"):
        world.files[f"signatures/roster/3--{name}.json.sig"] = b"x"
    assert told(read(world)) == [
        ("stray-signature", f"there is a signature of `{name}` under roster 3, and no such roster")
        for name in ("dana", "kim")
    ]


def test_the_first_roster_has_none_before_it() -> None:
    world = World()
    world.roster(previous=sha(b"x"))
    assert told(read(world)) == [("broken-rosters", "the first roster names one before it")]
    assert [one.version for one, _ in read(world).rosters] == []


def test_a_roster_names_the_digest_of_the_one_before() -> None:
    world = agreed()
    world.roster(previous=sha(b"x"))
    assert told(read(world)) == [("broken-rosters", "roster 2 does not follow roster 1 as it stands")]
    assert [one.version for one, _ in read(world).rosters] == [1]


def test_the_file_of_a_roster_holds_that_roster() -> None:
    world = agreed()
    world.roster(version=3)
    assert told(read(world)) == [("broken-rosters", "the file of roster 2 holds roster 3")]
    assert [one.version for one, _ in read(world).rosters] == [1]


def test_a_missing_roster_ends_the_chain_and_is_told() -> None:
    world = agreed()
    world.roster()
    world.roster()
    del world.files["signatures/roster/2.json"]
    found = read(world)
    assert [one.version for one, _ in found.rosters] == [1]
    assert ("broken-rosters", "roster 2 is missing, and a later one is there") in told(found)


def test_a_roster_in_the_middle_that_lacks_signatures_is_broken_and_does_not_wait() -> None:
    world = agreed()
    world.roster(("dana",))
    world.roster()
    found = read(world)
    assert found.waiting is None
    assert [one.version for one, _ in found.rosters] == [1]
    assert {(one.rule, one.message, one.help) for one in found.problems} == {
        (
            "broken-rosters",
            "roster 2 lacks 1 signature of people who may change rosters",
            "it takes more of `kim` and `lee`",
        )
    }


def test_a_key_of_the_old_roster_counts_for_the_old_and_one_of_the_new_for_the_new() -> None:
    world = agreed()
    people = world.rosters[0]["people"] | {"dana": [{"key": text_of(key_of("dana two")), "verified": False}]}
    world.roster(("kim",), people=people)
    text = world.files["signatures/roster/2.json"]
    for key, waits in (("dana", True), ("dana two", True)):
        world.files["signatures/roster/2--dana.json.sig"] = sign(key_of(key), text, ROSTERS)
        found = read(world)
        assert told(found) == []
        assert (found.waiting is not None) is waits
    # A third person settles both counts, whichever key the first one used.
    world.files["signatures/roster/2--lee.json.sig"] = sign(key_of("lee"), text, ROSTERS)
    assert len(read(world).rosters) == 2


def test_who_may_not_change_rosters_makes_no_roster_count_by_signing() -> None:
    world = agreed()
    world.roster(("dana", "kim", "sam"))
    found = read(world)
    assert told(found) == [("wrong-signer", "`sam` signed roster 2, and may not change rosters")]
    assert len(found.rosters) == 1
    assert found.waiting is None


def test_one_broken_signature_under_a_roster_breaks_it_though_enough_others_hold() -> None:
    world = agreed()
    world.roster()
    world.files["signatures/roster/2--lee.json.sig"] = b"x"
    found = read(world)
    assert names(list(found.problems)) == ["bad-signature"]
    assert len(found.rosters) == 1
    assert found.waiting is None


@pytest.mark.parametrize(
    "head", [{"version": 1, "revision": 0, "digest": sha(b"x")}, {"version": 2, "revision": 0, "digest": sha(b"x")}]
)
def test_input_79_a_roster_that_names_a_version_that_is_not_there_is_refused(head: dict[str, Any]) -> None:
    world = agreed()
    world.roster(head=head)
    assert names(list(read(world).problems)) == ["broken-rosters"]
    assert "names as the newest version one that is not there" in read(world).problems[0].message


def test_input_79_a_roster_that_names_an_older_version_than_the_one_before_is_refused() -> None:
    world = agreed()
    first = world.head()
    world.version(effective="2027-01-01")
    world.all_approve()
    world.roster()
    world.roster()
    assert told(read(world)) == []
    world.roster(head=first)
    assert [one for one, _ in told(read(world))] == ["broken-rosters"]
    assert "roster 4 names" in read(world).problems[0].message
    world.roster(head=None)
    assert [one.message.split(" names")[0] for one in read(world).problems] == ["roster 4", "roster 5"]


# --- keys that must recognise their owner, and pages ----------------------------------------------


def with_device(device: Device, *, verified: bool) -> World:
    """A world where the CEO has a device and no other key."""
    world = World()
    people = {name: [{"key": text_of(key_of(name)), "verified": False}] for name in ("dana", "lee", "sam")}
    world.roster(("dana", "lee"), people=people | {"kim": [{"key": device.text, "verified": verified}]})
    world.version()
    world.all_approve()
    return world


def signed_by(world: World, make: Callable[[bytes], bytes]) -> Chain:
    name = "signatures/approvals/1/ceo--kim.json"
    world.files[f"{name}.sig"] = make(world.files[name])
    return read(world)


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("flags", [TOUCHED, TOUCHED | RECOGNISED])
def test_t16_input_71_a_touch_is_not_enough_where_the_owner_must_be_recognised(is_asked: bool, flags: int) -> None:
    for application in ("ssh:", "localhost"):
        device = Device("kim", application)

        def make(text: bytes, device: Device = device) -> bytes:
            if device.application == "ssh:":
                return device.hardware(text, APPROVES, flags)
            return device.passkey(text, APPROVES, flags=flags)

        found = signed_by(with_device(device, verified=is_asked), make)
        holds = bool(flags & RECOGNISED) or not is_asked
        assert found.versions[0].signed is holds
        says = "the key only asked for a touch, and `kim` must be recognised by it"
        assert [one.message for one in found.problems] == (
            [] if holds else [f"the signature of `kim` does not count: {says}"]
        )


@pytest.mark.parametrize(
    ("origin", "holds"),
    [
        ("http://localhost:41234", True),
        ("http://localhost", True),
        ("http://localhost:1", True),
        ("http://localhost:65535", True),
        ("http://localhost:0", False),
        ("http://localhost:", False),
        ("http://localhost:123456", False),
        ("http://localhost:041", False),
        ("https://localhost:41234", False),
        ("http://localhost.example.org", False),
        ("http://localhost:41234.example.org", False),
        ("http://localhost:41234/", False),
        ("http://127.0.0.1:41234", False),
        ("http://LOCALHOST:41234", False),
        ("https://example.org", False),
    ],
)
def test_t16_input_72_a_passkey_signs_on_a_page_of_this_machine_alone(origin: str, holds: bool) -> None:
    device = Device("kim")
    found = signed_by(with_device(device, verified=True), lambda text: device.passkey(text, APPROVES, origin=origin))
    assert found.versions[0].signed is holds
    assert [one.message for one in found.problems] == (
        [] if holds else ["the signature of `kim` does not count: it was made on a page that is not slacli's own"]
    )


@pytest.mark.parametrize("application", ["ssh:", "example.org", "localhost."])
def test_t16_a_passkey_that_was_made_for_another_site_signs_nothing(application: str) -> None:
    device = Device("kim", application)
    found = signed_by(with_device(device, verified=True), lambda text: device.passkey(text, APPROVES))
    assert not found.versions[0].signed
    assert "it was made on a page that is not slacli's own" in found.problems[0].message


def test_t16_a_key_for_openssh_signs_whatever_it_says_that_it_is_for() -> None:
    device = Device("kim", "ssh:acme")
    found = signed_by(
        with_device(device, verified=True), lambda text: device.hardware(text, APPROVES, TOUCHED | RECOGNISED)
    )
    assert found.versions[0].signed


def test_t16_every_weak_signature_by_itself() -> None:
    """One vector for each: what the roster would let count if it were not weak."""
    device = Device("kim")
    text = with_device(device, verified=True).files["signatures/approvals/1/ceo--kim.json"]
    weak: dict[str, bytes] = {
        "no touch": device.passkey(text, APPROVES, flags=RECOGNISED),
        "not recognised": device.passkey(text, APPROVES, flags=TOUCHED),
        "a foreign page": device.passkey(text, APPROVES, origin="https://example.org"),
        "no challenge": device.passkey(text, APPROVES, origin="http://localhost:1", client=b'{"type":"webauthn.get"}'),
        "in a frame": device.passkey(text, APPROVES, crossOrigin=True),
        "made to enrol": device.passkey(text, APPROVES, type="webauthn.create"),
        "another site": device.passkey(text, APPROVES, hashed_for="example.org"),
        "another purpose": device.passkey(text, "file"),
        "another text": device.passkey(text + b" ", APPROVES),
    }
    for how, made in weak.items():
        found = signed_by(with_device(device, verified=True), lambda _, made=made: made)  # type: ignore[misc]
        assert names(list(found.problems)) == ["bad-signature"], how
        assert not found.versions[0].signed, how
    whole = signed_by(with_device(device, verified=True), lambda text: device.passkey(text, APPROVES))
    assert whole.versions[0].signed


def test_input_73_a_right_signature_under_the_name_of_another_person_counts_for_nothing() -> None:
    world = agreed()
    name = "signatures/approvals/1/ceo--kim.json"
    for end in ("", ".sig"):
        world.files[name.replace("kim", "sam") + end] = world.files.pop(name + end)
    found = read(world)
    assert told(found) == [
        ("bad-statement", "the approval of version 1 by `sam` as `ceo` says that it is by `kim` as `ceo`")
    ]
    assert found.versions[0].missing == ("ceo",)
    world = agreed()
    world.roster(("dana", "kim"))
    world.files["signatures/roster/2--lee.json.sig"] = world.files["signatures/roster/2--dana.json.sig"]
    assert told(read(world))[0][0] == "bad-signature"
    assert "a key that `lee` does not have" in read(world).problems[0].message


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule", "says"),
    [
        ({"project": "00000000-7a41-4d8e-9c55-0e1f6a2b3c4d"}, "bad-statement", "version 2 is of another contract"),
        ({"contract": "other"}, "bad-statement", "version 2 is of another contract"),
        ({"effective": "2026-02-30"}, "bad-statement", "version 2 cannot be read"),
        ({"effective": "2026-10-31"}, "broken-versions", "version 2 takes effect before version 1 did"),
        ({"previous": None}, "broken-versions", "version 2 does not follow version 1 as it stands"),
        ({"previous": sha(b"x")}, "broken-versions", "version 2 does not follow version 1 as it stands"),
    ],
)
def test_a_version_that_does_not_fit_its_chain_ends_it(changes: dict[str, Any], rule: str, says: str) -> None:
    world = agreed()
    world.version(**{"effective": "2027-01-01"} | changes)
    world.version(effective="2027-02-01")
    found = read(world)
    assert [one.manifest.version for one in found.versions] == [1]
    assert told(found)[0][0] == rule
    assert says in found.problems[0].message
    assert len(found.problems) == 1


def test_two_versions_may_take_effect_on_one_day() -> None:
    world = agreed()
    world.version()
    world.all_approve()
    assert told(read(world)) == []
    assert read(world).versions[1].signed


@pytest.mark.parametrize("at", [(1, 0), (1, 2), (3, 0), (2, 1)])
def test_input_79_the_file_of_a_version_holds_that_version(at: tuple[int, int]) -> None:
    world = agreed()
    text = rfc8785.dumps(world.version(*at, effective="2027-01-01"))
    for name in [name for name in world.files if name.startswith("signatures/versions/") and name[20:] != "1.json"]:
        del world.files[name]
    world.files["signatures/versions/2.json"] = text
    if at == (1, 0):
        world.files["signatures/versions/1.json"] = rfc8785.dumps(world.manifests[0])
    assert [one for one, _ in told(read(world))] == ["bad-statement"]
    assert "the file of version 2 holds version" in read(world).problems[0].message


def test_a_revision_needs_the_version_that_it_revises() -> None:
    world = World()
    world.roster()
    world.version(1, 1)
    assert told(read(world)) == [
        ("broken-versions", "revision 1.1 is there, and the version that it revises is not")
    ]  # fmt: skip


def test_the_first_version_names_none_before_it() -> None:
    world = World()
    world.roster()
    world.version(previous=sha(b"x"))
    assert told(read(world)) == [("broken-versions", "version 1 names one before it, which is not there")]


def test_a_contract_may_begin_with_any_number() -> None:
    world = World()
    world.roster()
    world.version(7)
    world.all_approve()
    assert told(read(world)) == []
    assert read(world).versions[0].signed


@pytest.mark.parametrize(
    ("at", "holds"), [((2, 0), True), ((1, 1), True), ((3, 0), False), ((1, 2), False), ((2, 1), False)]
)
def test_the_next_number_is_one_more(at: tuple[int, int], holds: bool) -> None:
    world = agreed()
    world.version(*at)
    found = read(world)
    assert (told(found) == []) is holds
    if not holds:
        assert told(found)[0][0] == "broken-versions"
        assert "a number is missing between them" in found.problems[0].message


def test_after_a_revision_come_the_next_revision_and_the_next_version() -> None:
    world = agreed()
    for at in ((1, 1), (1, 2), (2, 0), (2, 1)):
        world.version(*at)
    assert told(read(world)) == []
    assert [one.manifest.name for one in read(world).versions] == ["1", "1.1", "1.2", "2", "2.1"]


def test_approvals_of_a_version_that_is_not_there_are_told() -> None:
    world = agreed()
    for role in ("ceo", "vp_sales"):
        name = world.approve(role).replace("/1/", "/4/")
        for end in ("", ".sig"):
            world.files[name + end] = world.files[name.replace("/4/", "/1/") + end]
    assert told(read(world)) == [
        ("stray-signature", f"`{person}` approved version 4, which is not there or does not hold")
        for person in ("kim", "dana")
    ]


def test_without_any_roster_a_version_asks_for_what_it_names_itself() -> None:
    world = World()
    world.version()
    found = read(world, None)
    assert told(found) == []
    assert found.versions[0].needs == ("ceo", "vp_marketing", "vp_sales")
    assert not found.anchored


def test_only_a_version_that_was_signed_asks_for_its_roles_in_the_next() -> None:
    world = World()
    world.roster()
    world.version()
    world.version(effective="2027-01-01", sign_off=["vp_sales"])
    assert read(world).versions[1].needs == ("vp_marketing", "vp_sales")


def test_a_revision_does_not_change_what_the_next_version_needs() -> None:
    world = agreed()
    world.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    world.approve("revops")
    world.version(2, 0, sign_off=["vp_sales"])
    assert read(world).versions[2].needs == ("ceo", "vp_marketing", "vp_sales")


def test_a_wrong_key_names_itself_by_its_fingerprint() -> None:
    world = agreed()
    world.approve("ceo", key="sam")
    shown = sshsig.read_key(text_of(key_of("sam"))).fingerprint
    assert read(world).problems[0].message == (
        f"the signature of `kim` does not count: it was made by a key that `kim` does not have in the roster ({shown})"
    )


def test_t11_an_older_roster_approves_up_to_the_version_that_the_next_one_names() -> None:
    world = agreed()
    world.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    old = sha(rfc8785.dumps(world.rosters[0]))
    world.approve("revops")
    world.roster()
    # 1.1 is the newest that roster 2 names: what was signed under roster 1 counts up to it.
    assert told(read(world)) == []
    assert read(world).versions[1].signed
    world.version(1, 2, files=FILES | {"holidays.yaml": sha(b"more days")})
    world.approve("revops", roster=old)
    assert told(read(world)) == []
    assert [one.rule for one in read(world).late] == ["late-approval"]
    assert not read(world).versions[2].signed
    world.approve("revops")
    assert read(world).late == ()
    assert read(world).versions[2].signed


def test_t11_before_any_version_an_older_roster_approves_none() -> None:
    world = World()
    world.roster()
    old = sha(rfc8785.dumps(world.rosters[0]))
    world.roster()
    world.version()
    world.approve("ceo", roster=old)
    assert told(read(world)) == []
    assert [one.rule for one in read(world).late] == ["late-approval"]
    assert "ceo" in read(world).versions[0].missing


# --- the days of force ----------------------------------------------------------------------------


def signed_on(day: str, **changes: Any) -> World:
    world = World()
    world.roster()
    world.version(time_zone="UTC", **changes)
    world.all_approve(at=f"{day}T12:00:00Z")
    return world


def test_t13_a_version_whose_end_was_past_when_it_was_signed_was_never_in_force() -> None:
    assert list(standing.stretches(read(signed_on("2026-12-02", expires="2026-12-01")))) == []
    last = next(standing.stretches(read(signed_on("2026-12-01", expires="2026-12-01"))))
    assert (last.first, last.last) == (date(2026, 12, 1), date(2026, 12, 1))


def test_a_version_ends_where_it_expires_or_the_next_one_begins_whichever_comes_first() -> None:
    for expires, last in (("2026-12-10", date(2026, 12, 10)), ("2027-01-20", date(2027, 1, 14)), (None, None)):
        world = signed_on("2026-12-01", expires=expires)
        if last is None:
            assert next(standing.stretches(read(world))).last is None
            continue
        world.version(effective="2027-01-15")
        world.all_approve(at="2026-12-05T12:00:00Z")
        assert next(standing.stretches(read(world))).last == last


def test_a_version_that_the_next_one_overtakes_on_its_first_day_was_never_in_force() -> None:
    world = signed_on("2026-12-01")
    world.version()
    world.all_approve(at="2026-12-01T13:00:00Z")
    assert [one.version.manifest.version for one in standing.stretches(read(world))] == [2]


def test_the_newest_signed_revision_of_the_day_is_in_force() -> None:
    world = signed_on("2026-12-01")
    for number, day in ((1, "2026-12-10"), (2, "2026-12-20")):
        world.version(1, number, files=FILES | {"holidays.yaml": sha(day.encode())})
        world.approve("revops", at=f"{day}T12:00:00Z")
    found = read(world)
    assert told(found) == []
    for day, name in ((9, "1"), (10, "1.1"), (19, "1.1"), (20, "1.2")):
        version = standing.in_force(found, date(2026, 12, day))
        assert version is not None
        assert version.manifest.name == name
    assert standing.in_force(found, date(2026, 11, 30)) is None


def test_a_revision_that_nobody_signed_or_of_another_version_is_not_in_force() -> None:
    world = signed_on("2026-12-01")
    world.version(1, 1, files=FILES | {"holidays.yaml": sha(b"days")})
    world.approve("revops", at="2026-12-02T12:00:00Z")
    world.version(2, 0, effective="2027-01-15")
    world.all_approve(at="2026-12-05T12:00:00Z")
    world.version(2, 1, files=FILES | {"holidays.yaml": sha(b"more")})
    found = read(world)
    later = standing.in_force(found, date(2027, 2, 1))
    assert later is not None
    assert later.manifest.name == "2"
    before = standing.in_force(found, date(2027, 1, 14))
    assert before is not None
    assert before.manifest.name == "1.1"


@pytest.mark.parametrize(
    ("day", "rule", "says", "help"),
    [
        (date(2026, 11, 30), "not-in-force", "version 1 begins on 2026-12-01", "wait for the day"),
        (date(2026, 12, 21), "expired", "version 1 ended on 2026-12-20", "agree on a new"),
    ],
)
def test_input_100_why_nothing_is_in_force_names_the_day_and_the_clock(
    day: date, rule: str, says: str, help: str
) -> None:
    found = list(standing.not_in_force(read(signed_on("2026-12-01", expires="2026-12-20")), day))
    assert [(one.rule, one.message) for one in found] == [(rule, f"nothing is in force on {day}: {says}")]
    assert found[0].help.startswith(help)
    assert "the clock of this machine" in found[0].help


def test_between_two_versions_the_next_one_is_named() -> None:
    world = signed_on("2026-12-01", expires="2026-12-20")
    world.version(effective="2027-01-15", expires=None)
    world.all_approve(at="2026-12-05T12:00:00Z")
    found = list(standing.not_in_force(read(world), date(2026, 12, 31)))
    assert [one.message for one in found] == ["nothing is in force on 2026-12-31: version 2 begins on 2027-01-15"]


def test_where_nothing_was_ever_signed_nothing_is_said_of_force() -> None:
    assert list(standing.not_in_force(read(World(), None), date(2026, 12, 31))) == []


# --- the text beside its version ------------------------------------------------------------------


def test_a_text_that_was_never_put_forward_is_not_signed() -> None:
    found = list(standing.against_text(read(World(), None), 3, FILES))
    assert [(one.rule, one.message) for one in found] == [
        ("not-signed", "version 3 was never put forward for signing")
    ]  # fmt: skip


def test_a_role_that_nobody_holds_is_told_with_the_way_to_a_roster() -> None:
    world = World()
    world.version()
    found = list(standing.against_text(read(world, None), 1, FILES))
    assert [one.message for one in found] == [
        f"version 1 is not signed as `{role}`" for role in ("ceo", "vp_marketing", "vp_sales")
    ]
    assert found[0].help == "no roster says who `ceo` is: put one forward with `slacli signers propose`"
    world = World()
    world.roster(roles={role: people for role, people in ROLES.items() if role != "ceo"})
    world.version()
    found = list(standing.against_text(read(world), 1, FILES))
    assert found[0].help == "no roster says who `ceo` is: put one forward with `slacli signers propose`"
    assert found[1].help == "let `lee` run `slacli sign --as vp_marketing`"


def test_a_manifest_that_says_otherwise_than_its_text_is_told_by_field() -> None:
    found = read(agreed())
    said = found.versions[0].manifest
    assert list(standing.against_text(found, 1, FILES, said)) == []
    for name, other in (
        ("effective", "2026-11-02"),
        ("expires", "2027-01-01"),
        ("time_zone", "UTC"),
        ("sign_off", ("ceo",)),
        ("stewards", ()),
    ):
        values = {field: getattr(said, field) for field in said.__dataclass_fields__} | {name: other}
        wrong = list(standing.against_text(found, 1, FILES, statements.Manifest(**values)))
        assert [one.rule for one in wrong] == ["bad-statement"]
        assert f"says something else about `{name}` than the text" in wrong[0].message


def test_several_files_that_changed_are_named_together() -> None:
    found = list(
        standing.against_text(read(agreed()), 1, FILES | {"goals.yaml": sha(b"x"), "contract.yaml": sha(b"x")})
    )
    assert found[0].message == (
        "`contract.yaml` and `goals.yaml` say something else than version 1 that was put forward"
    )


def test_digests_of_a_text_are_of_its_meaning_by_file() -> None:
    found = standing.digests({"b.yaml": {"a": Decimal("0.250")}, "a.yaml": {"z": 1, "a": [True, None]}})
    assert found == {"a.yaml": sha(b'{"a":[true,null],"z":1}'), "b.yaml": sha(b'{"a":{"$decimal":"0.25"}}')}
    assert list(found) == ["a.yaml", "b.yaml"]


# --- the gate -------------------------------------------------------------------------------------


def gated(before: World, after: World, numbers: tuple[int, int] = (1, 1)) -> list[Finding]:
    return list(gate.gate(before.files, after.files, (read(before), read(after, before.pin)), numbers))


def test_two_rosters_at_once_are_refused_and_one_passes() -> None:
    before = agreed()
    after = before.copy()
    after.roster()
    assert gated(before, after) == []
    after.roster()
    assert [(one.rule, one.message) for one in gated(before, after)] == [("wrong-step", "2 rosters come at once")]


def test_the_first_rosters_and_versions_may_come_together() -> None:
    before, after = World(), agreed()
    after.version(effective="2027-01-01")
    after.roster()
    chain = chains.read({}, PROJECT, CONTRACT)
    assert list(gate.gate(before.files, after.files, (chain, read(after)), (2, 2))) == []


@pytest.mark.parametrize(("numbers", "holds"), [((3, 3), True), ((3, 4), True), ((3, 2), False), ((3, 5), False)])
def test_t5_the_number_of_a_text_stays_or_grows_by_one(numbers: tuple[int, int], holds: bool) -> None:
    found = gated(agreed(), agreed(), numbers)
    assert [one.message for one in found] == (
        [] if holds else [f"version {numbers[1]} follows version 3, and the next one is 4"]
    )


def test_what_was_signed_and_is_altered_or_gone_is_named() -> None:
    before = agreed()
    after = before.copy()
    after.files["signatures/roster/1.json"] += b" "
    del after.files["signatures/versions/1.json"]
    found = [one for one in gated(before, after) if one.rule == "rewritten-signatures"]
    assert [one.message for one in found] == [
        "`signatures/roster/1.json` was altered", "`signatures/versions/1.json` is gone"
    ]  # fmt: skip


def test_what_a_roster_came_together_with_is_named_three_at_most() -> None:
    before = agreed()
    after = before.copy()
    after.roster()
    after.files |= {f"bindings/{name}.yaml": b"a: 1" for name in "dcba"}
    assert [one.message for one in gated(before, after)] == [
        "roster 2 comes together with a change of `bindings/a.yaml`, `bindings/b.yaml` and `bindings/c.yaml`"
    ]


def test_a_roster_names_the_newest_version_of_the_base() -> None:
    before = World()
    before.roster()
    after = before.copy()
    after.roster()
    assert gated(before, after) == []
    before.version()
    before.all_approve()
    after = before.copy()
    after.roster(head=None)
    assert [one.message for one in gated(before, after)] == [
        "roster 2 does not name the newest version of the base that everybody signed, which is 1"
    ]
    before = World()
    before.roster()
    after = before.copy()
    after.version()
    after.roster()
    assert "roster 2 does not name the newest version of the base that everybody signed, which is none" in [
        one.message for one in gated(before, after)
    ]


# --- the one form ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff", "no UTF-8 text"),
        (b"{", "no JSON"),
        (b"NaN", "a number that is none"),
        (b'{"a":-Infinity}', "a number that is none"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a":1,"a":1}', "a key twice"),
        (b"1.5", "a number with a fraction"),
        (b"[1.5]", "a number with a fraction"),
        (b'{"a":[[1.5]]}', "a number with a fraction"),
        (b"9007199254740992", "cannot carry safely"),
        (b'"\\ud800"', "cannot carry safely"),
        (b" 1", "to the byte"),
        (b'{"b":1,"a":1}', "to the byte"),
    ],
)
def test_t15_a_text_that_is_not_the_one_form_is_refused_with_the_reason(text: bytes, says: str) -> None:
    with pytest.raises(NotCanonical, match=says):
        canonical.decode(text)


def test_a_key_that_is_no_text_has_no_form() -> None:
    with pytest.raises(NotCanonical, match="JSON has no form for"):
        canonical.encode([{1: "a"}])


@pytest.mark.parametrize(("length", "is_read"), [(256 * 1024, True), (256 * 1024 + 1, False)])
def test_a_statement_may_have_so_many_bytes_and_no_more(length: int, is_read: bool) -> None:
    text = b'"' + b"x" * (length - 2) + b'"'
    if is_read:
        assert canonical.decode(text) == "x" * (length - 2)
    else:
        with pytest.raises(NotCanonical, match="at most 262,144 are read"):
            canonical.decode(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-0.00"), b'{"$decimal":"0"}'),
        (Decimal(0), b'{"$decimal":"0"}'),
        (Decimal(100), b'{"$decimal":"100"}'),
        (Decimal("1E+2"), b'{"$decimal":"100"}'),
        (Decimal("1.230"), b'{"$decimal":"1.23"}'),
        (Decimal("10.0"), b'{"$decimal":"10"}'),
        (date(2026, 11, 2), b'"2026-11-02"'),
        ((1 << 53) - 1, b"9007199254740991"),
        (1 << 53, b'{"$integer":"9007199254740992"}'),
        (1 - (1 << 53), b"-9007199254740991"),
        (-(1 << 53), b'{"$integer":"-9007199254740992"}'),
        (True, b"true"),
        ((1, [None]), b"[1,[null]]"),
        ({1: "x"}, b'{"1":"x"}'),
    ],
)
def test_the_meaning_of_each_kind_of_value(value: object, text: bytes) -> None:
    assert canonical.meaning(value) == text


def test_the_clock_of_an_approval_is_utc() -> None:
    said = read(agreed()).versions[0].by["ceo"].statement
    assert said.moment == datetime(2026, 11, 2, 15, tzinfo=UTC)


def test_input_67_a_file_of_another_kind_is_no_signature() -> None:
    with pytest.raises(sshsig.Refused, match="no signature of OpenSSH"):
        sshsig.verify(armour(b"X" + MAGIC[1:] + b"\0" * 60), b"", APPROVES)


def test_input_78_a_field_that_is_odd_is_refused_even_where_it_is_signed() -> None:
    for changes in ({"note": "x"}, {"digest": sha(b"x").upper()}, {"digest": sha(b"x")[:-1]}, {"roster": "sha256:"}):
        world = agreed()
        name = "signatures/approvals/1/ceo--kim.json"
        world.put(name, json.loads(world.files[name]) | changes, "kim")
        found = read(world)
        assert names(list(found.problems)) == ["bad-statement"], changes
        assert found.versions[0].missing == ("ceo",)
