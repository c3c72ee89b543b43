"""Every attack on an agreement, by its number, over a small world of people with keys; and what must hold instead."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import rfc8785
from signing import CONTRACT, FILES, PROJECT, ROLES, World, agreed, altered, key_of, sha, sign, text_of

from slacli.core.trust import chain as chains
from slacli.core.trust import gate, standing
from slacli.core.trust.chain import Chain


def read(world: World, pin: str | None = "") -> Chain:
    return chains.read(world.files, PROJECT, CONTRACT, world.pin if pin == "" else pin)


def rules(world: World) -> list[str]:
    return [found.rule for found in read(world).problems]


def newest(world: World) -> chains.SignedVersion:
    return read(world).versions[-1]


def gated(before: World, after: World, texts: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {})) -> list[str]:
    sides = (before, after)
    numbers = tuple(world.manifests[-1]["version"] if world.manifests else 1 for world in sides)
    found = gate.gate(
        before.files | texts[0],
        after.files | texts[1],
        (read(before), read(after, before.pin)),
        (numbers[0], numbers[1]),
    )
    return [one.rule for one in found]


# --- what holds -------------------------------------------------------------------------------


def test_a_version_that_everybody_signed_is_signed_and_names_who_did() -> None:
    found = read(agreed())
    assert not found.problems
    assert found.anchored
    version = found.versions[0]
    assert version.signed
    assert {role: one.statement.signer for role, one in version.by.items()} == {
        "ceo": "kim",
        "vp_marketing": "lee",
        "vp_sales": "dana",
    }
    assert {one.signature.kind for one in version.by.values()} == {"software"}


@pytest.mark.parametrize("role", ["ceo", "vp_marketing", "vp_sales"])
def test_one_role_that_is_missing_is_named(role: str) -> None:
    world = World()
    world.roster()
    world.version()
    for other in {"ceo", "vp_marketing", "vp_sales"} - {role}:
        world.approve(other)
    assert not newest(world).signed
    assert newest(world).missing == (role,)


def test_nothing_is_signed_where_nobody_must_sign() -> None:
    world = World()
    world.roster(require=[])
    world.version(sign_off=[])
    assert not newest(world).signed


def test_a_version_lasts_from_the_later_of_its_day_and_its_last_signature_until_the_next() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    world.all_approve()
    found = list(standing.stretches(read(world)))
    assert [(one.first, one.last) for one in found] == [
        (date(2026, 11, 2), date(2026, 12, 31)),
        (date(2027, 1, 1), None),
    ]
    assert standing.in_force(read(world), date(2026, 11, 1)) is None
    first = standing.in_force(read(world), date(2026, 12, 31))
    assert first is not None
    assert first.manifest.version == 1


def test_t13_a_version_is_in_force_on_its_last_day_and_not_the_day_after() -> None:
    world = World()
    world.roster()
    world.version(expires="2027-10-31")
    world.all_approve()
    found = read(world)
    assert [standing.in_force(found, date(2027, 10, day)) is not None for day in (30, 31)] == [True, True]
    assert standing.in_force(found, date(2027, 11, 1)) is None


def test_the_day_of_a_signature_is_that_of_the_contracts_own_zone() -> None:
    world = World()
    world.roster()
    world.version()
    world.all_approve()
    late = json.loads(world.files["signatures/approvals/1/ceo--kim.json"]) | {"at": "2026-11-03T04:30:00Z"}
    world.put("signatures/approvals/1/ceo--kim.json", late, "kim")
    assert next(standing.stretches(read(world))).first == date(2026, 11, 2)


def test_a_steward_alone_signs_a_revision_of_bindings_and_holidays() -> None:
    world = agreed()
    world.version(1, 1, files=FILES | {"bindings/leads.yaml": sha(b"other columns"), "holidays.yaml": sha(b"days")})
    assert newest(world).missing == ("revops",)
    world.approve("revops")
    assert not rules(world)
    assert newest(world).signed
    revised = standing.in_force(read(world), date(2026, 12, 1))
    assert revised is not None
    assert revised.manifest.name == "1.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"files": FILES | {"definitions.yaml": sha(b"other terms")}},
        {"files": FILES | {"goals.yaml": sha(b"a goal")}},
        {"effective": "2026-12-01"},
        {"expires": "2030-01-01"},
        {"sign_off": ["vp_sales"]},
        {"stewards": ["vp_sales"]},
    ],
)  # fmt: skip
def test_a_revision_that_changes_more_is_refused(changes: dict[str, Any]) -> None:
    world = agreed()
    world.version(1, 1, **changes)
    world.approve("revops")
    assert rules(world)[0] == "revises-too-much"
    assert newest(world).manifest.name == "1"


# --- the attacks ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FILES])
def test_t1_t2_content_that_changed_under_its_approvals_is_seen(name: str) -> None:
    changed = FILES | {name: sha(b"something else")}
    found = list(standing.against_text(read(agreed()), 1, changed))
    assert [one.rule for one in found] == ["changed-since-signed"]
    assert name in found[0].message
    assert not list(standing.against_text(read(agreed()), 1, FILES))


def test_t2_a_file_that_is_added_or_taken_away_is_seen() -> None:
    found = read(agreed())
    assert standing.changed(found.versions[0].manifest, FILES | {"holidays.yaml": sha(b"x")}) == ("holidays.yaml",)
    less = {name: digest for name, digest in FILES.items() if not name.startswith("bindings/")}
    assert standing.changed(found.versions[0].manifest, less) == ("bindings/leads.yaml",)


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "00000000-7a41-4d8e-9c55-0e1f6a2b3c4d"},
        {"contract": "other"},
        {"version": 2},
        {"revision": 1},
        {"digest": sha(b"another text")},
        {"roster": sha(b"another roster")},
        {"role": "vp_sales"},
        {"signer": "lee"},
    ],
)
def test_t3_an_approval_of_something_else_counts_for_nothing(changes: dict[str, Any]) -> None:
    world = agreed()
    name = "signatures/approvals/1/ceo--kim.json"
    world.put(name, json.loads(world.files[name]) | changes, "kim")
    assert rules(world) == ["other-text-signed" if "digest" in changes else "bad-statement"]
    assert newest(world).missing == ("ceo",)


def test_t3_an_approval_copied_to_the_next_version_counts_for_nothing() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    for end in (".json", ".json.sig"):
        world.files[f"signatures/approvals/2/ceo--kim{end}"] = world.files[f"signatures/approvals/1/ceo--kim{end}"]
    assert rules(world) == ["bad-statement"]
    assert newest(world).missing == ("ceo", "vp_marketing", "vp_sales")


def test_t4_two_people_who_signed_two_texts_have_not_agreed() -> None:
    one = World()
    one.roster()
    one.version()
    one.approve("vp_sales")
    other = World()
    other.roster()
    other.version(effective="2026-12-01")
    other.approve("vp_marketing")
    one.files |= {name: text for name, text in other.files.items() if "lee" in name and "approvals" in name}
    assert rules(one) == ["other-text-signed"]


def test_t5_a_version_cannot_be_taken_back() -> None:
    before = agreed()
    after = before.copy()
    before.version(effective="2027-01-01")
    before.all_approve()
    assert set(gated(before, after)) == {"rewritten-signatures", "wrong-step"}


def test_t5_an_older_text_under_a_newer_number_is_seen() -> None:
    world = agreed()
    world.version(effective="2027-01-01", files=FILES | {"definitions.yaml": sha(b"tighter")})
    world.all_approve()
    assert [one.rule for one in standing.against_text(read(world), 2, FILES)] == ["changed-since-signed"]
    assert [one.rule for one in standing.against_text(read(world), 1, FILES)] == ["not-signed"]


def test_t6_a_version_built_beside_the_last_one_is_refused() -> None:
    world = agreed()
    first = sha(rfc8785.dumps(world.manifests[0]))
    world.version(effective="2027-01-01")
    world.all_approve()
    world.version(effective="2027-02-01", previous=first)
    world.all_approve()
    assert "broken-versions" in rules(world)
    assert len(read(world).versions) == 2


def mallorys(world: World) -> dict[str, Any]:
    """The people of a roster, with one more who holds a role."""
    last = world.rosters[-1]
    return {
        "people": last["people"] | {"mallory": [{"key": text_of(key_of("mallory")), "verified": False}]},
        "roles": last["roles"] | {"ceo": ["mallory"]},
    }


def test_t7_nobody_writes_themselves_in_and_approves_at_once() -> None:
    before = agreed()
    after = before.copy()
    after.roster(**mallorys(after))
    after.version(effective="2027-01-01")
    after.approve("ceo", "mallory")
    assert "mixed-change" in gated(before, after)


def test_t7_a_roster_that_its_new_people_sign_alone_is_refused() -> None:
    before = agreed()
    after = before.copy()
    after.roster(("mallory",), **mallorys(after))
    assert read(after, before.pin).problems[0].rule == "wrong-signer"
    assert len(read(after, before.pin).rosters) == 1


def test_t7_a_roster_that_changes_alone_and_is_signed_by_the_old_people_passes() -> None:
    before = agreed()
    after = before.copy()
    after.roster(**mallorys(after))
    assert gated(before, after) == []
    assert not read(after, before.pin).problems


def test_t7_a_roster_may_not_come_with_a_change_of_the_text() -> None:
    before = agreed()
    after = before.copy()
    after.roster(**mallorys(after))
    texts = ({"definitions.yaml": b"a: 1"}, {"definitions.yaml": b"a: 2"})
    assert gated(before, after, texts) == ["mixed-change"]


def test_t8_a_roster_needs_enough_of_the_old_people_and_of_the_new() -> None:
    world = agreed()
    new = {"root": {"members": ["mallory", "pat"], "threshold": 2}} | mallorys(world)
    new["people"] = new["people"] | {"pat": [{"key": text_of(key_of("pat")), "verified": False}]}
    for signers, holds in (
        (("mallory", "pat"), False),
        (("dana", "kim"), False),
        (("dana", "mallory", "pat"), False),
        (("dana", "kim", "mallory"), False),
        (("dana", "kim", "mallory", "pat"), True),
    ):
        after = world.copy()
        after.roster(signers, **new)
        found = read(after, world.pin)
        assert (len(found.rosters) == 2) is holds, signers
        assert (found.waiting is None) is holds, signers


def test_t8_one_person_who_signs_by_two_keys_counts_once() -> None:
    world = World()
    keys = [{"key": text_of(key_of(name)), "verified": False} for name in ("dana", "dana two")]
    people = {"dana": keys, "kim": [{"key": text_of(key_of("kim")), "verified": False}]}
    value = world.roster(("dana",), root={"members": ["dana", "kim"], "threshold": 2}, people=people,
                         roles={"ceo": ["kim"], "vp_marketing": ["kim"], "vp_sales": ["dana"]})  # fmt: skip
    text = rfc8785.dumps(value)
    world.files["signatures/roster/1--kim.json.sig"] = sign(key_of("dana two"), text, "roster.v1@slacli")
    assert {"bad-signature", "broken-rosters"} == set(rules(world))


@pytest.mark.parametrize("root", [{"members": ["dana"], "threshold": 0}, {"members": ["dana"], "threshold": 2}])
def test_t8_a_threshold_of_nobody_or_of_more_than_there_are_is_refused(root: dict[str, Any]) -> None:
    world = World()
    world.roster(root=root)
    assert rules(world)[0] == "bad-statement"


def test_input_76_one_key_under_two_people_is_refused() -> None:
    world = World()
    one = [{"key": text_of(key_of("dana")), "verified": False}]
    world.roster(people=dict.fromkeys(("dana", "kim", "lee", "sam"), one))
    found = read(world).problems
    assert found[0].rule == "bad-statement"
    assert "one key stands under `dana` and under `kim`" in found[0].message


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("person", ["dana", "kim", "lee", "mallory", "sam"])
def test_t9_only_who_holds_a_role_signs_in_it(role: str, person: str) -> None:
    world = World()
    world.roster()
    world.version(sign_off=sorted(ROLES))
    world.approve(role, person)
    held = person in ROLES[role]
    assert (rules(world) == []) is held
    assert (role not in newest(world).missing) is held


@pytest.mark.parametrize("role", ["ceo", "vp_sales"])
def test_t9_input_74_a_key_of_another_person_counts_for_nothing(role: str) -> None:
    world = agreed()
    world.approve(role, key="lee")
    assert rules(world) == ["bad-signature"]
    assert newest(world).missing == (role,)


def test_t9_one_person_fills_one_role() -> None:
    world = World()
    world.roster(roles=ROLES | {"ceo": ["dana"], "vp_sales": ["dana"]})
    world.version()
    world.approve("ceo", "dana")
    world.approve("vp_sales", "dana")
    world.approve("vp_marketing")
    assert not rules(world)
    assert newest(world).missing == ("vp_sales",)
    assert not newest(world).signed


def test_t9_people_are_placed_so_that_as_many_roles_as_can_be_are_filled() -> None:
    world = World()
    world.roster(roles=ROLES | {"ceo": ["dana", "kim"], "vp_sales": ["dana"]})
    world.version()
    world.approve("ceo", "dana")
    world.approve("ceo", "kim")
    world.approve("vp_sales", "dana")
    world.approve("vp_marketing")
    assert newest(world).signed
    assert [(role, one.statement.signer) for role, one in newest(world).by.items()] == [
        ("ceo", "kim"), ("vp_marketing", "lee"), ("vp_sales", "dana"),
    ]  # fmt: skip


@pytest.mark.parametrize("namespace", ["git", "file", "roster.v1@slacli", "enrol.v1@slacli", "approval.v2@slacli"])
def test_t10_a_signature_made_for_something_else_counts_for_nothing(namespace: str) -> None:
    world = agreed()
    name = "signatures/approvals/1/ceo--kim.json"
    world.put(name, world.files[name], "kim", namespace)
    assert rules(world) == ["bad-signature"]


def test_t11_who_has_left_the_roster_cannot_go_on_by_dating_back() -> None:
    world = agreed()
    old = sha(rfc8785.dumps(world.rosters[0]))
    last = world.rosters[0]
    world.roster(roles=last["roles"] | {"ceo": ["sam"]})
    world.version(effective="2027-01-01")
    world.approve("ceo", "kim", roster=old, at="2026-11-02T10:00:00Z")
    assert [one.rule for one in read(world).late] == ["late-approval"]
    assert newest(world).missing == ("ceo", "vp_marketing", "vp_sales")


def test_t11_what_was_signed_before_a_change_of_the_roster_stays_signed() -> None:
    world = agreed()
    world.roster(roles=world.rosters[0]["roles"] | {"ceo": ["sam"]})
    assert not rules(world)
    assert newest(world).signed


def test_t12_one_stolen_key_signs_nothing_alone() -> None:
    world = agreed()
    world.version(effective="2027-01-01")
    world.approve("ceo")
    world.roster(("kim",), **mallorys(world))
    world.approve("ceo", "mallory")
    assert len(read(world).rosters) == 1
    assert not newest(world).signed


def test_nothing_is_signed_while_the_roster_that_it_rests_on_waits_for_signatures() -> None:
    world = World()
    world.roster(("dana",))
    world.version()
    world.all_approve()
    found = read(world)
    assert not found.problems
    assert found.rosters == ()
    assert not found.anchored
    assert found.versions[0].missing == ()
    assert not found.versions[0].signed
    assert [one.message for one in standing.against_text(found, 1, FILES)] == [
        "roster 1 waits for 1 signature of `kim` or `lee`"
    ]


def test_a_roster_that_waits_for_signatures_replaces_nothing() -> None:
    world = agreed()
    old = sha(rfc8785.dumps(world.rosters[0]))
    world.roster(("dana",), roles=world.rosters[0]["roles"] | {"ceo": ["sam"]})
    world.version(effective="2027-01-01")
    for role in ("ceo", "vp_marketing", "vp_sales"):
        world.approve(role, roster=old)
    assert not rules(world)
    assert newest(world).signed


@pytest.mark.parametrize("place", ["approvals", "versions", "roster"])
def test_t14_what_was_signed_cannot_be_deleted(place: str) -> None:
    before = agreed()
    after = before.copy()
    for name in [name for name in after.files if f"signatures/{place}/" in name]:
        del after.files[name]
    assert "rewritten-signatures" in gated(before, after)


@pytest.mark.parametrize("end", [".json", ".json.sig"])
def test_t14_half_an_approval_is_told(end: str) -> None:
    world = agreed()
    del world.files[f"signatures/approvals/1/ceo--kim{end}"]
    assert rules(world) == ["stray-signature"]
    (problem,) = read(world).problems
    left = {".json": ".json.sig", ".json.sig": ".json"}[end]
    assert problem.at is not None
    assert problem.at.file == f"signatures/approvals/1/ceo--kim{left}"
    assert problem.message.endswith(f"has no {'signature' if left == '.json' else 'statement'} beside it")


AMBIGUOUS = {
    "a blank": lambda text: text.replace(b":", b": ", 1),
    "a line end": lambda text: text + b"\n",
    "another order": lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode(),
    "a key twice": lambda text: text[:-1] + b',"version":1}',
    "a field more": lambda text: altered(text, note="x"),
    "a field less": lambda text: rfc8785.dumps({k: v for k, v in json.loads(text).items() if k != "at"}),
    "an escape": lambda text: text.replace(b'"approve"', b'"\\u0061pprove"'),
    "a number with a point": lambda text: text.replace(b'"version":1', b'"version":1.0'),
    "a digest in capitals": lambda text: altered(text, digest=json.loads(text)["digest"].upper()),
    "a digest of 63 digits": lambda text: altered(text, digest=json.loads(text)["digest"][:-1]),
    "a number as text": lambda text: altered(text, version="1"),
    "true for one": lambda text: altered(text, version=True),
    "a day that is none": lambda text: altered(text, at="2026-02-30T00:00:00Z"),
    "a mark at its start": lambda text: b"\xef\xbb\xbf" + text,
    "no JSON": lambda _: b"approve",
    "a list": lambda _: b"[]",
    "deep": lambda _: b"[" * 100_000,
    "much": lambda _: b'"' + b"x" * 10_000_000 + b'"',
}  # fmt: skip


@pytest.mark.parametrize("how", AMBIGUOUS)
def test_t15_a_statement_has_one_form_even_where_it_is_signed(how: str) -> None:
    world = agreed()
    name = "signatures/approvals/1/ceo--kim.json"
    world.put(name, AMBIGUOUS[how](world.files[name]), "kim")
    assert rules(world) == ["bad-statement"]
    assert newest(world).missing == ("ceo",)


def test_t26_a_pin_that_is_moved_on_refuses_a_fork_of_old_people() -> None:
    world = agreed()
    world.roster(root={"members": ["kim", "lee", "sam"], "threshold": 3}, signers=("dana", "kim", "lee", "sam"))
    later = sha(rfc8785.dumps(world.rosters[1]))
    assert read(world, later).anchored
    fork = agreed()
    fork.roster(**mallorys(fork))
    assert not fork.files.keys() - world.files.keys() - {"signatures/roster/2--dana.json.sig"}
    assert read(fork, world.pin).anchored
    assert not read(fork, later).anchored


def test_input_77_a_rejection_never_counts() -> None:
    world = agreed()
    world.approve("ceo", decision="reject", reason="too much for one quarter")
    found = newest(world)
    assert found.missing == ("ceo",)
    assert [one.statement.reason for one in found.rejected] == ["too much for one quarter"]


def test_input_75_the_same_approval_under_two_names_counts_once() -> None:
    world = agreed()
    for end in (".json", ".json.sig"):
        world.files[f"signatures/approvals/1/vp_sales--kim{end}"] = world.files[f"signatures/approvals/1/ceo--kim{end}"]
    assert rules(world) == ["bad-statement"]


@pytest.mark.parametrize(
    "name",
    [
        "signatures/approvals/1/ceo--kim.txt",
        "signatures/approvals/1/../../ceo--kim.json",
        "signatures/approvals/1/ceo--a b.json",
        "signatures/approvals/1/%2e--kim.json",
        "signatures/approvals/01/ceo--kim.json",
        "signatures/roster/0.json",
        "signatures/notes.md",
        "signatures/versions/1.0.json",
        "signatures/approvals/1/CEO--kim.json",
        "signatures/approvals/1/ceo--\u202ekim.json",
    ],
)
def test_input_82_a_file_with_another_name_is_never_passed_over(name: str) -> None:
    world = agreed()
    world.files[name] = b"{}"
    assert rules(world) == ["stray-signature"]


def test_input_83_very_many_files_and_a_very_long_signature_end_soon() -> None:
    world = agreed()
    world.files |= {f"signatures/approvals/1/ceo--p{n}.json": b"{}" for n in range(25_000)}
    assert "stray-signature" in rules(world)
    world = agreed()
    world.files["signatures/approvals/1/ceo--kim.json.sig"] = b"x" * 10_000_000
    assert rules(world) == ["bad-signature"]


@pytest.mark.parametrize("number", [2, 3, 7])
def test_input_79_a_roster_with_a_number_too_far_is_refused(number: int) -> None:
    world = agreed()
    text = rfc8785.dumps(world.rosters[0] | {"version": number + 1, "previous": world.pin})
    world.files[f"signatures/roster/{number + 1}.json"] = text
    assert "broken-rosters" in rules(world)


@pytest.mark.parametrize(
    "changes", [{"previous": sha(b"x")}, {"project": "0" * 8 + PROJECT[8:]}, {"version": 3}, {"head": None}]
)
def test_input_79_a_roster_with_a_wrong_link_is_refused(changes: dict[str, Any]) -> None:
    world = agreed()
    world.roster(**mallorys(world))
    broken = world.copy()
    last = world.rosters[-1] | changes
    text = rfc8785.dumps(last)
    broken.files["signatures/roster/2.json"] = text
    for name in ("dana", "kim", "lee"):
        broken.files[f"signatures/roster/2--{name}.json.sig"] = sign(key_of(name), text, "roster.v1@slacli")
    if "head" in changes:
        # By itself such a roster only cuts off more; next to its base it is refused.
        assert gated(agreed(), broken) == ["wrong-step"]
    else:
        assert rules(broken) == ["broken-rosters"]


def test_input_81_a_pin_that_is_wrong_or_missing_anchors_nothing() -> None:
    assert not read(agreed(), None).anchored
    assert not read(agreed(), sha(b"another roster")).anchored


def test_ruling_28_nobody_is_dropped_by_leaving_them_out() -> None:
    world = agreed()
    world.version(effective="2027-01-01", sign_off=["vp_sales"])
    assert newest(world).needs == ("ceo", "vp_marketing", "vp_sales")
    world.all_approve()
    world.version(effective="2027-02-01")
    # From then on the agreement itself asks for one, and the roster for two.
    assert newest(world).needs == ("vp_marketing", "vp_sales")


def test_approvals_that_rest_on_two_rosters_are_refused() -> None:
    world = agreed()
    old = sha(rfc8785.dumps(world.rosters[0]))
    world.roster()
    world.approve("ceo", roster=sha(rfc8785.dumps(world.rosters[1])))
    assert world.files["signatures/approvals/1/vp_sales--dana.json"].count(old.encode()) == 1
    assert rules(world) == ["bad-statement"]


def test_two_versions_at_once_are_refused_by_the_gate() -> None:
    before = agreed()
    after = before.copy()
    for day in ("2027-01-01", "2027-02-01"):
        after.version(effective=day)
        after.all_approve()
    assert gated(before, after) == ["wrong-step", "wrong-step"]


def test_the_next_version_with_its_approvals_passes_the_gate() -> None:
    before = agreed()
    after = before.copy()
    after.version(effective="2027-01-01")
    after.all_approve()
    assert gated(before, after) == []
    assert newest(after).signed


def test_no_message_quotes_what_a_statement_holds() -> None:
    for alter in AMBIGUOUS.values():
        world = agreed()
        name = "signatures/approvals/1/ceo--kim.json"
        world.put(name, alter(world.files[name]), "kim")
        for found in read(world).problems:
            assert len(found.message) < 300
            assert found.message.isprintable()
