"""What is put forward for signing: the next manifest, an approval of it, the next roster. It signs nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

from slacli.core import wording, zones
from slacli.core.trust import canonical, sshsig, stand_ins, standing, statements
from slacli.core.trust.chain import Chain, SignedVersion
from slacli.core.trust.statements import Approval, Delegation, Enrolment, Head, Key, Manifest, Roster, Void
from slacli.errors import CannotRun
from slacli.model import Contract


def said(contract: Contract) -> Manifest:
    """Give what a text says of itself as the manifest of its version, whatever came before it."""
    return Manifest(
        project=contract.project,
        contract=contract.id,
        version=contract.version,
        revision=0,
        effective=contract.effective.isoformat(),
        expires=contract.expires.isoformat() if contract.expires is not None else None,
        time_zone=contract.time_zone,
        sign_off=tuple(sorted(role.id for role in contract.sign_off.values() if not role.steward)),
        stewards=tuple(sorted(role.id for role in contract.sign_off.values() if role.steward)),
        files=MappingProxyType(dict(contract.digests)),
        previous=None,
    )


def manifest(contract: Contract, chain: Chain, replay: str | None = None) -> Manifest:
    """Give the manifest of a text as the next version, as a revision of the last one, or as that one once more.

    Raises CannotRun where its number does not follow, or it says nothing new.
    """
    made = replace(said(contract), replay=replay)
    last = chain.versions[-1] if chain.versions else None
    if last is None:
        return made
    before = last.manifest
    if contract.version == before.version + 1:
        return replace(made, previous=last.digest)
    if contract.version != before.version:
        raise CannotRun(
            f"the text is version {contract.version}, and the last one is {before.version}",
            f"number it {before.version + 1}",
        )
    differing = standing.changed(before, contract.digests)
    void = next(one.void for one in chain.versions if one.manifest.version == before.version)
    if void:
        raise CannotRun(
            f"version {before.version} is void: {wording.sanitised(void, 500)}",
            f"number the text {before.version + 1}, and put it forward again",
        )
    if not last.complete:
        # Nobody is bound by it yet, so that it may still be written anew.
        return replace(made, revision=before.revision, previous=before.previous)
    if not differing and not last.void:
        raise CannotRun(
            f"version {before.name} is signed, and the text says nothing else", "change it first, under a new number"
        )
    decisive = [name for name in differing if name != "holidays.yaml" and not name.startswith("bindings/")]
    if decisive:
        raise CannotRun(
            f"{wording.quoted(decisive)} {'says' if len(decisive) == 1 else 'say'} something else than version "
            f"{before.name}, which is signed",
            f"number it {before.version + 1}: only bindings and holidays are revised under the same number",
        )
    return replace(made, revision=before.revision + 1, previous=last.digest)


def as_before(made: Manifest, chain: Chain) -> Manifest:
    """Give a manifest with the replay that the same text was put forward with before, where it was."""
    last = chain.versions[-1].manifest if chain.versions else None
    same = last is not None and replace(made, replay=last.replay) == last
    return replace(made, replay=last.replay) if last is not None and same else made


def to_compare(chain: Chain, made: Manifest, today: date) -> SignedVersion:
    """Give the version next to which another one is replayed: the one in force, else the last that was signed.

    Raises CannotRun where there is none.
    """
    known = [one for one in chain.versions if one.signed and one.manifest.name != made.name]
    current = standing.in_force(chain, today)
    found = current if current is not None and current in known else known[-1] if known else None
    if found is None:
        raise CannotRun(
            "no version before it was signed, so there is none to replay it next to",
            "put it forward without `--data`",
        )
    return found


def approval(
    version: SignedVersion,
    chain: Chain,
    role: str,
    person: str | None,
    now: datetime,
    rejected: str | None = None,
    stands_in_for: str | None = None,
) -> Approval:
    """Give the approval of a version by whoever holds a role; with `rejected`, the reason why it is refused.

    Who does not hold the role, or says that they stand in for somebody, signs by a delegation that is open now. Raises
    CannotRun where the role does not sign it, or it is not clear who holds the role.
    """
    if chain.next_roster is None:
        raise CannotRun("there is no roster that says who may sign", "put one forward with `slacli signers propose`")
    roster, named = chain.next_roster
    if role not in version.needs:
        raise CannotRun(
            f"version {version.manifest.name} is not signed as `{wording.sanitised(role, 60)}`",
            f"it is signed as {wording.quoted(version.needs, 'or')}",
        )
    if rejected is not None and not rejected.strip():
        raise CannotRun(
            "nobody declines without a reason", 'say why: `--decline "Ten minutes is too short on Mondays"`'
        )
    holders = roster.roles.get(role, ())
    cited = None
    if stands_in_for is not None or (person is not None and person not in holders):
        cited = _stand_in(version, chain, role, person, stands_in_for, now)
    if cited is not None:
        signer = cited.delegate
    elif person is not None and person in holders:
        signer = person
    elif person is None and len(holders) == 1:
        signer = holders[0]
    else:
        what = f"`{wording.sanitised(person, 60)}` does not hold the role `{role}`" if person else (
            f"{len(holders)} people hold the role `{role}`" if holders else f"nobody holds the role `{role}`"
        )  # fmt: skip
        helps = f"say who signs with `--person`: {wording.quoted(holders, 'or')}" if holders else (
            "put a roster forward that gives it to somebody: `slacli signers propose`"
        )  # fmt: skip
        raise CannotRun(f"{what} in roster {roster.version}", helps)
    return Approval(
        project=version.manifest.project,
        contract=version.manifest.contract,
        version=version.manifest.version,
        revision=version.manifest.revision,
        digest=version.digest,
        role=role,
        signer=signer,
        roster=named,
        at=_stamp(now),
        decision="approve" if rejected is None else "reject",
        reason=rejected or "",
        delegation=canonical.digest(cited.text) if cited is not None else None,
    )


def _stand_in(
    version: SignedVersion, chain: Chain, role: str, person: str | None, holder: str | None, now: datetime
) -> Delegation | None:
    """Give the delegation by which somebody signs now; None where nobody said that they stand in, and none is open.

    Raises CannotRun where somebody said so and there is none, or more than one.
    """
    today = local_day(version.manifest.time_zone, now)
    fitting = [
        one
        for one in chain.standing_in(today)
        if one.role == role and person in {None, one.delegate} and holder in {None, one.delegator}
    ]
    if fitting and (len({(one.delegator, one.delegate) for one in fitting}) == 1):
        return max(fitting, key=lambda one: (one.not_after, one.not_before))
    if fitting:
        raise CannotRun(
            f"more than one delegation for the role `{role}` is open",
            "say who you are with `--person`, and for whom you stand in with `--for`",
        )
    if holder is None:
        return None
    raise CannotRun(
        f"no delegation of `{wording.sanitised(holder, 60)}` for the role `{role}` is open on {today}",
        f"let them run `slacli signers delegate --as {role} --to PERSON --from DAY --until DAY`",
    )


def delegation(
    contract: Contract, chain: Chain, role: str, delegator: str | None, delegate: str, days: tuple[date, date]
) -> Delegation:
    """Give the statement by which the holder of a role lets somebody else sign in it on some days.

    Raises CannotRun where they may not.
    """
    if chain.next_roster is None:
        raise CannotRun("there is no roster that says who may sign", "put one forward with `slacli signers propose`")
    roster, named = chain.next_roster
    holders = roster.roles.get(role, ())
    if not holders:
        raise CannotRun(
            f"nobody holds the role `{wording.sanitised(role, 60)}` in roster {roster.version}",
            f"its roles are {wording.quoted(roster.roles)}",
        )
    if delegator is None and len(holders) > 1:
        raise CannotRun(
            f"{len(holders)} people hold the role `{role}` in roster {roster.version}",
            f"say who delegates with `--person`: {wording.quoted(holders, 'or')}",
        )
    must_name_a_person(delegate)
    said = Delegation(
        project=contract.project,
        contract=contract.id,
        role=role,
        delegator=delegator if delegator is not None else holders[0],
        delegate=delegate,
        not_before=days[0].isoformat(),
        not_after=days[1].isoformat(),
        roster=named,
    )
    must_name_a_person(said.delegator)
    wrong = stand_ins.fault(said, roster)
    if not wrong and delegate in holders:
        wrong = f"`{delegate}` holds the role `{role}` already"
    try:
        statements.delegation(said.text)
    except statements.Malformed as fault:
        wrong = wrong or str(fault)
    if wrong:
        raise CannotRun(f"such a delegation cannot be: {wrong}", "change what was asked for")
    return said


def local_day(time_zone: str, now: datetime) -> date:
    """Give the day of a moment in the zone of a contract."""
    return now.astimezone(zones.zone(time_zone)).date()


def enrolment(project: str, person: str, key: str, now: datetime) -> Enrolment:
    """Give the statement by which somebody proves to have a key. Raises CannotRun for a name or a key that is none."""
    must_name_a_person(person)
    try:
        return Enrolment(project, person, sshsig.read_key(key), _stamp(now))
    except sshsig.Refused as fault:
        raise CannotRun(f"the key cannot be used: {fault}", "make one with `ssh-keygen -t ed25519`") from None


def must_name_a_person(person: str) -> None:
    """Return where a text can name a person in rosters and files; raises CannotRun otherwise."""
    if statements.ID.fullmatch(person) is None:
        raise CannotRun(
            f"`{wording.sanitised(person, 60)}` cannot name a person",
            "write small letters, digits and `_`, with a letter first, such as `dana`",
        )


def roster(
    project: str,
    chain: Chain,
    roles: Mapping[str, Sequence[str]],
    root: Sequence[str] = (),
    threshold: int | None = None,
    required: Sequence[str] = (),
    verified: Sequence[str] = (),
    renewed: Sequence[str] = (),
    non_delegable: Sequence[str] | None = None,
    beside: Sequence[str] | None = None,
    void: Mapping[str, str] | None = None,
) -> Roster:
    """Give the next roster: what is not said stays as it is in the last one.

    Who comes in is named with every key that was enrolled for them. Who is in the last roster keeps the keys that they
    had: anybody can enrol a key under any name, so that another one is taken only for those who are `renewed`.
    `verified` are people whose key must recognise them each time. In roles of `non_delegable` nobody stands in for
    another, those of `beside` somebody may fill beside another one, and `void` says by their names which versions
    count no more, and why. Raises CannotRun where somebody has no key, a role has nobody, or a version is not there.
    """
    last, digest = chain.rosters[-1] if chain.rosters else (None, None)
    held = dict(last.roles) if last is not None else {}
    held |= {role: tuple(sorted(set(people))) for role, people in roles.items()}
    held = {role: people for role, people in sorted(held.items()) if people}
    members = tuple(sorted(set(root))) or (last.root if last is not None else _all(held))
    if not held:
        raise CannotRun("a roster needs roles", "say who holds them: `--role vp_sales=dana --role ceo=kim`")
    people = sorted({*members, *_all(held)})
    for option, named in (("--recognised", verified), ("--new-key", renewed)):
        strangers = sorted(set(named) - set(people))
        if strangers:
            shown = wording.quoted([wording.sanitised(one, 60) for one in strangers])
            raise CannotRun(
                f"`{option}` names {shown}, who {'is' if len(strangers) == 1 else 'are'} not in this roster",
                f"its people are {wording.quoted(people)}",
            )
    keys = _keys(chain, people, last, frozenset(verified), frozenset(renewed))
    needed = threshold if threshold is not None else last.threshold if last is not None else min(2, len(members))
    if not 1 <= needed <= len(members):
        raise CannotRun(
            f"a threshold of {needed} cannot be: {wording.quoted(members)} may change the roster",
            f"give a threshold from 1 to {len(members)}",
        )
    require = tuple(sorted(set(required))) or (last.require if last is not None else ())
    complete = [one for one in chain.versions if one.complete]
    newest = complete[-1] if complete else None
    made = Roster(
        project=project,
        version=last.version + 1 if last is not None else 1,
        previous=digest,
        root=members,
        threshold=needed,
        people=MappingProxyType(keys),
        roles=MappingProxyType(held),
        require=require,
        head=Head(newest.manifest.version, newest.manifest.revision, newest.digest) if newest is not None else None,
        unfinished=_unfinished(chain, newest),
        non_delegable=_kept(non_delegable, last.non_delegable if last is not None else (), held),
        beside=_kept(beside, last.beside if last is not None else (), held),
        void=_void(chain, void or {}),
    )
    try:
        statements.roster(made.text)
    except statements.Malformed as fault:
        raise CannotRun(f"such a roster cannot be: {fault}", "change what was asked for") from None
    return made


def _unfinished(chain: Chain, newest: SignedVersion | None) -> tuple[tuple[int, int], ...]:
    """Name the versions before the newest that everybody signed which not everybody did."""
    before = chain.versions[: chain.versions.index(newest)] if newest is not None else ()
    return tuple((one.manifest.version, one.manifest.revision) for one in before if not one.complete)


def _kept(said: Sequence[str] | None, before: Sequence[str], held: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(set(said))) if said is not None else tuple(role for role in before if role in held)


def _void(chain: Chain, said: Mapping[str, str]) -> tuple[Void, ...]:
    known = {one.manifest.name: one for one in chain.versions}
    found = []
    for name, reason in said.items():
        one = known.get(name)
        if one is None:
            raise CannotRun(
                f"version `{wording.sanitised(name, 20)}` is not there to be void",
                f"the versions are {wording.quoted(known)}" if known else "put one forward with `slacli propose`",
            )
        if not reason:
            raise CannotRun(f"it is not said why version {name} is void", 'write `--void "3=a stolen key"`')
        found.append(Void(one.manifest.version, one.manifest.revision, one.digest, reason))
    return tuple(sorted(found, key=lambda one: (one.version, one.revision)))


def digest(statement: Manifest | Roster) -> str:
    """Give the digest by which other statements name one."""
    return canonical.digest(statement.text)


def _all(roles: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted({person for people in roles.values() for person in people}))


def left_aside(chain: Chain, made: Roster) -> tuple[str, ...]:
    """Name the people of a roster for whom a key was enrolled that is not in it."""
    held = {one.key.blob for keys in made.people.values() for one in keys}
    return tuple(
        sorted({one.person for one in chain.enrolled if one.person in made.people and one.key.blob not in held})
    )


def _keys(
    chain: Chain, people: Sequence[str], last: Roster | None, verified: frozenset[str], renewed: frozenset[str]
) -> dict[str, tuple[Key, ...]]:
    found: dict[str, tuple[Key, ...]] = {}
    for person in people:
        known = {one.key.blob: one for one in (last.people.get(person, ()) if last is not None else ())}
        is_open = not known or person in renewed
        for one in chain.enrolled:
            if one.person == person and is_open:
                known.setdefault(one.key.blob, Key(one.key, person in verified))
        if not known:
            raise CannotRun(
                f"`{wording.sanitised(person, 60)}` has no key",
                f"let them run `slacli signers enrol {wording.sanitised(person, 60)}`",
            )
        ordered = sorted(known.values(), key=lambda one: one.key.text)
        found[person] = tuple(replace(one, verified=True) if person in verified else one for one in ordered)
    return found


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
