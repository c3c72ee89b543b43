"""The journeys of sign-off: who may sign, what is put forward, one signature, and whether it all holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Literal

from slacli import journeys, versions
from slacli.adapters import folder, history
from slacli.core import in_force, proposal, wording, zones
from slacli.core.comparison import Version
from slacli.core.plan.tables import Span
from slacli.core.text import characters, parse
from slacli.core.trust import canonical, chain, gate, mail, sshsig, stand_ins, standing, statements, webauthn, witness
from slacli.core.trust.chain import Chain, SignedVersion
from slacli.core.verdict import pages
from slacli.errors import CannotRun
from slacli.findings import ContractFacts, Finding, Problem, Report, Severity
from slacli.model import Contract
from slacli.places import Address, SourceMap
from slacli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from slacli.adapters import passkey as passkeys
    from slacli.core import seen

    Sign = Callable[[bytes, str], bytes | "Refusal"]
    """Makes the signature of a message for a namespace, or says that its person refuses."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What somebody signed instead of an approval: the statement that they decline, with their reason."""

    statement: statements.Approval
    signature: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A contract next to its signatures: what both say, and what is wrong between them.

    `texts` are all files of the folder. `findings` are about the signatures, and about the text next to them.
    """

    folder: str
    contract: Contract
    sources: SourceMap
    texts: Mapping[str, bytes]
    chain: Chain
    findings: tuple[Finding, ...]
    today: date
    pin: str | None

    @property
    def in_force(self) -> SignedVersion | None:
        """The version in force today; None where there is none, or the signatures cannot be relied upon."""
        return standing.in_force(self.chain, self.today) if self.is_sound else None

    @property
    def is_sound(self) -> bool:
        """Whether the signatures hold, and what was signed says of the text what the text says of itself."""
        return not self.chain.problems and all(one.rule != chain.BAD_STATEMENT.name for one in self.findings)

    @property
    def newest(self) -> SignedVersion | None:
        return self.chain.versions[-1] if self.chain.versions else None


def verify(
    place: Path,
    pin: str | None,
    today: date | None,
    now: datetime,
    against: str | None = None,
    remembered: Sequence[str] = (),
) -> Signed:
    """Say whether a contract is signed by everybody who must, and in force; with `against`, what a change may not do.

    Without `against` the folder on disk is read, with it the commit that HEAD names. `remembered` are digests of
    versions or rosters that both must still hold. Raises CannotRun where that cannot be told: no roster is pinned, the
    pin leads to none, the base is not there, or the text has errors.
    """
    if pin is None:
        found = status(place, None, today, now)
        newest = found.chain.rosters[-1] if found.chain.rosters else None
        helped = (
            f"the newest roster here is {newest[1]}: compare it with people who signed it, and give it as "
            "`--trust-root` or SLACLI_TRUST_ROOT"
            if newest is not None
            else "put a roster forward with `slacli signers propose`, and let its people sign it"
            if found.chain.waiting is None
            else f"let the people of roster {found.chain.waiting.roster.version} sign it with `slacli sign --as ROLE`"
        )
        raise CannotRun("no trust root is given, so nobody vouches for the roster", helped)
    if statements.DIGEST.fullmatch(pin) is None:
        raise CannotRun("the trust root is no digest of a roster", "it is `sha256:` and 64 hex digits")
    for digest in remembered:
        if statements.DIGEST.fullmatch(digest) is None:
            raise CannotRun("what was remembered is no digest of a version", "it is `sha256:` and 64 hex digits")
    if against is None:
        found = status(place, pin, today, now)
        before, is_gone = None, False
    else:
        before = _signed(history.snapshot(place, against), pin, today, now)
        is_gone = not history.holds(place, "HEAD")
        found = before if is_gone else _signed(history.snapshot(place, "HEAD"), pin, today, now)
    if not found.chain.anchored:
        raise CannotRun(
            "the trust root names no roster of this contract that holds",
            first(found.chain.problems) or "ask who gave it to you for the digest of the roster of today",
        )
    extra: list[Finding] = []
    if before is not None:
        extra += gate.gate(
            before.texts,
            found.texts,
            (before.chain, found.chain),
            (before.contract.version, found.contract.version),
        )
        extra += gate.outside(before.texts, found.chain, found.today)
        extra += gate.missing(before.texts, before.chain) if is_gone else ()
        extra += witness.missing(before.chain, remembered, "the base")
    extra += witness.missing(found.chain, remembered, "the folder on disk" if before is None else "HEAD")
    if found.is_sound:
        if found.in_force is None:
            extra += standing.not_in_force(found.chain, found.today)
        extra += standing.expires_soon(found.chain, found.today)
    findings = [*found.findings, *extra]
    if before is not None and len(found.chain.void) > len(before.chain.void):
        # A roster changes alone: what it takes out of force is for the next change to mend.
        lapsed = {standing.VOID_VERSION.name, standing.NOT_IN_FORCE.name}
        findings = [one for one in findings if one.rule not in lapsed]
    return replace(found, findings=tuple(findings))


def place_of(contract: str | None, against: str | None) -> Path:
    """Give the contract folder; with `against`, also one that only this revision holds any more.

    Raises CannotRun where there is none.
    """
    try:
        return folder.find(contract)
    except CannotRun:
        gone = Path(contract if contract is not None else "contracts")
        if against is None or (gone / "contract.yaml").exists() or not history.holds(gone, against):
            raise
        return gone


def status(place: Path, pin: str | None, today: date | None, now: datetime) -> Signed:
    """Give a contract on disk next to its signatures, whoever vouches for them.

    Raises CannotRun where the text has errors.
    """
    return _signed(history.working_tree(place, folder.read(place)), pin, today, now)


def _signed(snapshot: history.Snapshot, pin: str | None, today: date | None, now: datetime) -> Signed:
    read = parse.parse(snapshot.texts)
    errors = [found for found in read.findings if found.severity is Severity.ERROR]
    if read.contract is None or errors:
        raise CannotRun(
            f"the contract of {snapshot.title} has errors: {journeys.first_of(errors, read.sources)}",
            "see them all with `slacli validate`",
        )
    contract = read.contract
    chained = chain.read(snapshot.texts, contract.project, contract.id, pin)
    there = zones.zone(contract.time_zone)
    findings = (
        *chained.problems,
        *chained.late,
        *standing.against_text(chained, contract.version, contract.digests, proposal.said(contract)),
    )
    return Signed(
        snapshot.folder,
        contract,
        read.sources,
        snapshot.texts,
        chained,
        findings,
        today if today is not None else now.astimezone(there).date(),
        pin,
    )


# --- what judges ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judging:
    """The signed versions by which rows are judged, and which of them is in force today.

    `signers` are the roles that signed each version, by its number, and `revisions` the steward's newest revision of
    those that have one. `texts` are what was signed, as it was written, and `notes` say which version was passed over.
    Without a pinned roster nobody vouches for them.
    """

    found: versions.InForce
    state: Literal["signed", "signatures not verified here"]
    current: in_force.Version
    signers: Mapping[int, tuple[str, ...]]
    revisions: Mapping[int, int]
    texts: Mapping[int, Version]
    signed: Signed
    notes: tuple[Finding, ...] = ()

    @property
    def text(self) -> Version:
        """The text in force today, as it was written."""
        return self.texts[self.current.contract.version]

    def on(self, today: date) -> Judging:
        """Give the same with the version that is in force on another day; raises CannotRun where none is."""
        return replace(self, current=_current(self.signed, self.found.versions, today))

    def facts(self, version: in_force.Version, data_files: tuple[tuple[str, str], ...] = ()) -> ContractFacts:
        """Give what a report says of a version: who signed it, and since when it is in force."""
        contract = version.contract
        return ContractFacts(
            contract.id,
            contract.title,
            contract.version,
            contract.digest,
            state=self.state,
            revision=self.revisions.get(contract.version),
            signed_by=self.signers[contract.version] if self.state == "signed" else (),
            since=version.span.first,
            data_files=data_files or contract.data_files,
        )

    def vouched(self, report: Report) -> Report:
        """Give a report that names the version in force today, and who signed it."""
        if report.contract is None:
            return report
        told = self.facts(self.current, report.contract.data_files)
        return replace(report, contract=told, findings=(*report.findings, *self.notes))


def judging(place: Path, pin: str | None, today: date | None, now: datetime) -> Judging | None:
    """Give the signed versions of a contract with the days on which each is in force; None where nothing was signed.

    Raises CannotRun where signatures do not hold, where nothing is in force today, and where the text of a version is
    neither on disk nor in history.
    """
    texts = folder.read(place)
    if not any(name.startswith(chain.FOLDER) for name in texts):
        return None
    signed = status(place, pin, today, now)
    if not (signed.chain.rosters or signed.chain.problems):
        return None
    if signed.chain.problems:
        raise CannotRun(
            f"the signatures do not hold: {first(signed.chain.problems)}",
            "see them all with `slacli verify`, or judge by what stands on disk with `--draft`",
        )
    if pin is not None and not signed.chain.anchored:
        raise CannotRun(
            "the trust root names no roster of this contract that holds",
            "ask who gave it to you for the digest of the roster of today",
        )
    if not any(one.complete for one in signed.chain.versions):
        return None
    held = list(standing.stretches(signed.chain))
    if not any(one.holds(signed.today) for one in held):
        raise _none_in_force(signed, signed.today)
    pairs = [_side(place, signed, held, number) for number in range(len(held))]
    sides = [side for _, side in pairs]
    contracts = [one.contract for one in sides]
    sides = [
        replace(one, contract=in_force.with_data_of(one.contract, contracts[number + 1 :], one.span))
        for number, one in enumerate(sides)
    ]
    newest = [_newest(signed, one).manifest for one in held]
    return Judging(
        versions.InForce(tuple(sides), str(place), _told(signed, sides)),
        "signed" if pin is not None else "signatures not verified here",
        _current(signed, sides, signed.today),
        {one.contract.version: _roles(one.contract, held[number].version) for number, one in enumerate(sides)},
        {one.version: one.revision for one in newest if one.revision},
        {text.contract.version: text for text, _ in pairs},
        signed,
        tuple(standing.passed_over(signed.chain)),
    )


def _told(signed: Signed, sides: Sequence[in_force.Version]) -> tuple[Finding, ...]:
    """Say that the text on disk judges nothing, where nobody has signed it."""
    if any(one.is_on_disk for one in sides):
        return ()
    newest = sides[-1].contract
    return (
        pages.TREE_NOT_JUDGED.found(
            Problem(
                at=Address(in_force.file_of(newest.at.file, newest.version), ("version",)),
                message=f"the contract on disk, version {signed.contract.version}, is no text that everybody signed, "
                "and judges nothing",
                help="have it signed, or judge by it with `--draft`",
                subject="contract.yaml",
            )
        ),
    )


def _current(signed: Signed, sides: Sequence[in_force.Version], today: date) -> in_force.Version:
    for one in sides:
        if one.span.first <= today and (one.span.last is None or today <= one.span.last):
            return one
    raise _none_in_force(signed, today)


def _none_in_force(signed: Signed, today: date) -> CannotRun:
    return CannotRun(
        first(list(standing.not_in_force(signed.chain, today))) or f"nothing that was signed is in force on {today}",
        "judge by what stands on disk with `--draft`, or by a version with `--at`",
    )


def _roles(contract: Contract, version: SignedVersion) -> tuple[str, ...]:
    """Give the titles of the roles that a version needed, those of its own sign-off first and in their order."""
    roles = contract.sign_off
    order = [*(role for role in roles if role in version.needs), *version.needs]
    return tuple(roles[role].title if role in roles else role for role in dict.fromkeys(order))


def _newest(signed: Signed, stretch: standing.Stretch) -> SignedVersion:
    """Give the newest signed revision of a version."""
    mine = stretch.version.manifest.version
    revisions = [one for one in signed.chain.versions if one.signed and one.manifest.version == mine]
    return max(revisions, key=lambda one: one.manifest.revision)


def _side(
    place: Path, signed: Signed, held: Sequence[standing.Stretch], number: int
) -> tuple[Version, in_force.Version]:
    """Give the text of a signed version in its newest signed revision, as it was written and with its days."""
    stretch = held[number]
    manifest = _newest(signed, stretch).manifest
    found = versions.text_of(place, manifest.version, lambda text: not standing.changed(manifest, text.digests))
    if found is None:
        raise CannotRun(
            f"version {manifest.name} was signed, and its text is neither on disk nor in the history of this clone",
            "fetch the whole history with `git fetch --unshallow`, or judge by what stands on disk with `--draft`",
        )
    text, commit = found
    wrong = standing.misstated(manifest, proposal.said(text.contract))
    if wrong:
        raise CannotRun(
            f"the manifest of version {manifest.name} says something else about {wording.quoted(wrong)} than its text",
            "see `slacli verify`, or judge by what stands on disk with `--draft`",
        )
    loaded = journeys.loaded(text.contract, text.sources, str(place), f"version {manifest.name}", "judge by another")
    then = held[number + 1].first if number + 1 < len(held) else None
    span = Span(stretch.first, stretch.last, then, number == 0)
    late = stretch.first if stretch.first > text.contract.effective else None
    return text, in_force.Version(loaded.contract, span, commit or "", loaded.sources, commit is None, late)


def first(findings: Sequence[Finding]) -> str:
    """Say the first of some findings in one line, and nothing where there is none."""
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{findings[0].message}{more}" if findings else ""


# --- putting forward, and signing -------------------------------------------------------------


def enrol(place: Path, person: str, key: str, now: datetime, sign: Sign) -> str:
    """Write down that somebody has a key, proven by a signature; gives the name of the file.

    Raises CannotRun where the name or the key is none, or the signature does not prove it.
    """
    proposal.must_name_a_person(person)
    found = _sound(place, now, f"{chain.FOLDER}enrolled/{person}--")
    made = proposal.enrolment(found.contract.project, person, key, now)
    return _enrolled(place, found, made, sign)


def _enrolled(place: Path, found: Signed, made: statements.Enrolment, sign: Sign) -> str:
    twin = _twin(found.chain.enrolled, made)
    if twin is not None:
        raise CannotRun(
            f"this key is enrolled as `{twin.person}`, and a key is one person's",
            f"give a key of `{made.person}`; if that name was a slip, remove `{chain.file_of(twin)}` and its signature",
        )
    # Half of an earlier enrolment proves nothing, and would be in the way of everything else.
    halves = _broken(found.texts, found, f"{chain.FOLDER}enrolled/{made.person}--")
    return _written(place, found, {chain.file_of(made): made.text}, made.text, statements.ENROLS, sign, gone=halves)


def _twin(enrolled: Iterable[statements.Enrolment], made: statements.Enrolment) -> statements.Enrolment | None:
    """Give the enrolment of the same key under another name; no roster could hold both."""
    return next((one for one in enrolled if one.key.blob == made.key.blob and one.person != made.person), None)


def enrol_with_passkey(place: Path, person: str, now: datetime, opener: Callable[[str], None] | None = None) -> str:
    """Let somebody make a passkey in their browser and prove it; gives the name of the file that says so.

    Raises CannotRun where nobody answers.
    """
    proposal.must_name_a_person(person)
    found = _sound(place, now, f"{chain.FOLDER}enrolled/{person}--")
    said, sign = new_passkey(found.contract.project, found.contract.title, person, now, opener)
    return _enrolled(place, found, said, sign)


def new_passkey(
    project: str, title: str, person: str, now: datetime, opener: Callable[[str], None] | None = None
) -> tuple[statements.Enrolment, Sign]:
    """Let somebody make a passkey; gives the statement that says so, and what signs that by what it proved already.

    Raises CannotRun where nobody answers.
    """
    from slacli.adapters import passkey

    made: dict[bytes, statements.Enrolment] = {}

    def challenge(kind: str, public: bytes) -> bytes:
        key = sshsig.security_key(public, passkey.SITE) if kind == "es256" else sshsig.rsa_passkey(public, passkey.SITE)
        made[public] = proposal.enrolment(project, person, key.text, now)
        return sshsig.challenge(made[public].text, statements.ENROLS)

    answer = passkey.enrol(title, person, challenge, opener=opener)
    said = made[answer.public_key]
    return said, lambda message, space: _armoured((said.key,), message, space, answer.assertion)


def _armoured(keys: Sequence[sshsig.PublicKey], message: bytes, namespace: str, found: passkeys.Assertion) -> bytes:
    """Give what a passkey signed as a signature file, by the key that made it."""
    for key in keys:
        try:
            if not key.is_known_to_openssh:
                written = webauthn.encoded(key, found.authenticator_data, found.client_data, found.signature)
                webauthn.verify(written, message, namespace, (key,))
                return written
            made = sshsig.webauthn_signature(
                key, found.signature, found.authenticator_data, found.client_data, found.origin
            )
            armoured = sshsig.armored(key, namespace, made)
            sshsig.verify(armoured, message, namespace)
        except sshsig.Refused:
            continue
        return armoured
    raise CannotRun("the passkey that signed is none of yours in the roster", "choose the one with which you enrolled")


def by_passkey(place: Path, what: Task, now: datetime, opener: Callable[[str], None] | None = None) -> Sign:
    """Give what makes signatures by a page in the browser of whoever signs.

    It raises CannotRun where nobody answers, the person declines, or has no passkey in the roster.
    """
    roster = what.roster if what.roster is not None else _next_roster(place, now)
    return by_page(roster, what, lambda message, space: _page(place, what, now, message, space), opener)


def by_page(
    roster: statements.Roster,
    what: Task,
    page: Callable[[bytes, str], passkeys.SigningPage],
    opener: Callable[[str], None] | None = None,
) -> Sign:
    """Give what makes signatures of a person by a page, which is made for the message and the namespace.

    It raises CannotRun as that of `by_passkey` does.
    """
    from slacli.adapters import passkey

    person = what.person
    keys = [one.key for one in roster.people.get(person, ()) if one.key.application == passkey.SITE]
    if not keys:
        raise CannotRun(
            f"`{person}` has no passkey in roster {roster.version}",
            "sign with an SSH key: `--key FILE`, or enrol a passkey with `slacli signers enrol`",
        )

    def sign(message: bytes, namespace: str) -> bytes | Refusal:
        approval = what.approval if namespace == statements.APPROVES else None
        refusal = partial(_challenge_to_refuse, approval) if approval is not None else None
        challenge = sshsig.challenge(message, namespace)
        answer = passkey.sign(page(message, namespace), challenge, opener=opener, refusal=refusal)
        if isinstance(answer, passkey.Declined):
            if answer.assertion is not None and approval is not None:
                made = _refused(approval, answer.reason)
                return Refusal(made, _armoured(keys, made.text, namespace, answer.assertion))
            said = f": {answer.reason}" if answer.reason else ""
            raise CannotRun(f"nothing was signed: `{person}` declined{said}", "tell those who put it forward")
        return _armoured(keys, message, namespace, answer)

    return sign


def _refused(approval: statements.Approval, reason: str) -> statements.Approval:
    return replace(approval, decision="reject", reason=reason)


def _challenge_to_refuse(approval: statements.Approval, reason: str) -> bytes:
    return sshsig.challenge(_refused(approval, reason).text, statements.APPROVES)


def made(make: Sign, message: bytes, namespace: str) -> bytes:
    """Give the signature of what nobody is asked to refuse. Raises CannotRun where there is none."""
    answer = make(message, namespace)
    if isinstance(answer, Refusal):
        raise CannotRun("nothing was signed", "tell those who put it forward")
    return answer


def _next_roster(place: Path, now: datetime) -> statements.Roster:
    found = _sound(place, now).chain.next_roster
    if found is None:
        raise CannotRun("there is no roster that says who may sign", "put one forward with `slacli signers propose`")
    return found[0]


def _page(place: Path, what: Task, now: datetime, message: bytes, namespace: str) -> passkeys.SigningPage:
    """Give what a person reads before signing: a roster, or a version with what it changes for whom."""
    found = _sound(place, now)
    shown = sees(place, what, now) if what.version is not None and namespace == statements.APPROVES else None
    return page_of(found.contract, what, message, namespace, shown)


def page_of(
    contract: Contract, what: Task, message: bytes, namespace: str, shown: seen.Seen | None
) -> passkeys.SigningPage:
    """Give what a person reads before signing; `shown` is what they see of a version."""
    from slacli.adapters import passkey

    if namespace == statements.ROSTERS and what.roster is not None:
        held = tuple(f"{role}: {wording.listed(people)}" for role, people in what.roster.roles.items())
        fresh = tuple(
            f"{person}: {one.key.type} {one.key.fingerprint}"
            for person, keys in what.roster.people.items()
            for one in keys
            if one.key.blob in what.new_keys
        )
        many = wording.counted(what.roster.threshold, "signature")
        rule = f"A change takes {many} of {wording.listed(what.roster.root)}."
        return passkey.SigningPage(
            title=contract.title,
            version=str(what.roster.version),
            role="one of its people",
            person=what.person,
            what=f"roster {what.roster.version}",
            changes=(
                passkey.Section("Who may sign", (*held, rule)),
                *((passkey.Section("New keys", fresh),) if fresh else ()),
            ),
            digest=canonical.digest(message),
        )
    if what.delegation is not None:
        return passkey.SigningPage(
            title=contract.title,
            version=str(contract.version),
            role=_role(contract, what.delegation.role),
            person=what.person,
            what="a delegation",
            changes=(passkey.Section("Who stands in for you", (lets(contract, what.delegation),)),),
            digest=canonical.digest(message),
        )
    version, said = what.version, what.approval
    if version is None or said is None:
        raise CannotRun("nothing waits to be signed", "put the text forward with `slacli propose`")
    titles = {role.id: role.title for role in contract.sign_off.values()}
    if shown is None:
        raise CannotRun("nothing waits to be signed", "put the text forward with `slacli propose`")
    return passkey.SigningPage(
        title=contract.title,
        version=version.manifest.name,
        role=titles.get(said.role, said.role) + stand_ins.said_of(what.stands_in),
        person=what.person,
        what=f"your refusal of version {version.manifest.name}" if said.decision == "reject" else "",
        told=shown.told,
        alike=shown.alike,
        changes=tuple(passkey.Section(part.heading, part.lines) for part in shown.changes),
        steward=shown.steward,
        impact=shown.replay.lines if shown.replay is not None else (),
        replayed=shown.replay.told if shown.replay is not None else "",
        signed=tuple(
            f"{one.statement.signer}{stand_ins.said_of(one.stands_in)}, {titles.get(role, role)}, on "
            f"{one.statement.at[:10]}"
            for role, one in version.by.items()
        ),
        missing=tuple(titles.get(role, role) for role in version.missing),
        since=shown.since,
        effective=version.manifest.effective,
        digest=canonical.digest(message),
    )


def _role(contract: Contract, role: str) -> str:
    known = contract.sign_off.get(role)
    return known.title if known is not None else role


def lets(contract: Contract, said: statements.Delegation) -> str:
    """Say what a delegation lets somebody do, as its giver reads it before signing."""
    first_day, last_day = said.days
    many = wording.counted((last_day - first_day).days + 1, "day")
    return (
        f"{said.delegate} may sign as {_role(contract, said.role)} for {said.delegator}, from {first_day} to "
        f"{last_day} ({many}), and cannot hand it on."
    )


def sees(place: Path, what: Task, now: datetime) -> seen.Seen:
    """Give what somebody sees of the version that they are about to sign, on the page and in the terminal alike.

    Raises CannotRun where no version waits for them, or its text is not at hand.
    """
    from slacli import sight

    if what.version is None or what.approval is None:
        raise CannotRun("nothing waits to be signed", "put the text forward with `slacli propose`")
    found = _sound(place, now, _own(what.approval.role))
    role = found.contract.sign_off.get(what.approval.role)
    shown = sight.seen_by(place, found.chain, what.version, what.person, role, found.today)
    read = parse.parse(found.texts)
    return replace(shown, replay=replay_of(found), alike=alike(read.findings, read.sources, what.version))


def alike(findings: Iterable[Finding], sources: SourceMap, version: SignedVersion) -> tuple[str, ...]:
    """Name the words of what is signed in which letters of two scripts look alike, with their places."""
    return tuple(
        f"{one.message} ({one.at.file}:{sources.span(one.at, key=one.key).line})"
        for one in findings
        if one.rule == characters.MIXED_SCRIPT.name and one.at is not None and one.at.file in version.manifest.files
    )


def rewritten(place: Path, found: Signed) -> tuple[str, ...] | None:
    """Name the files of the version in force of which the layout changed since it was signed.

    None where none is in force, the text on disk is another one, or no history tells.
    """
    from slacli import sight

    current = found.in_force
    if current is None or standing.changed(current.manifest, found.contract.digests):
        return None
    return sight.rewritten(place, found.texts, current)


def blobs(place: Path, what: Task) -> tuple[tuple[str, str], ...]:
    """Give the files that somebody is about to sign with the hashes by which Git knows their bytes."""
    from slacli import sight

    return sight.blobs(folder.read(place), what.version) if what.version is not None else ()


def replay_of(found: Signed) -> seen.Figures | None:
    """Give what the newest version was put forward with, in sentences; None where that was no data."""
    from slacli.core import seen

    newest = found.newest
    replay = found.chain.replays.get(newest.manifest.name) if newest is not None else None
    return seen.figures(replay, found.contract) if replay is not None else None


def propose_roster(
    place: Path, now: datetime, **said: object
) -> tuple[str, statements.Roster, frozenset[bytes], tuple[str, ...], tuple[str, ...]]:
    """Write the next roster, for the people of it and of the last one to sign.

    Gives the name of its file, the roster, the keys in it that the last one did not have, the people for whom a key was
    enrolled that is not in it, and its roles that nothing asks for: neither the cover nor the roster itself.

    One that waits for signatures is written anew. Raises CannotRun as `proposal.roster` does.
    """
    found = _sound(place, now)
    made = proposal.roster(found.contract.project, found.chain, **said)  # type: ignore[arg-type]
    name = chain.file_of(made)
    if found.chain.waiting is not None:
        for person in found.chain.waiting.by:
            signature = chain.signature_of(made.version, person)
            folder.remove(place / signature)
            folder.remove(place / chain.other_form(signature))
    folder.write_bytes(place / name, made.text)
    last = found.chain.rosters[-1][0] if found.chain.rosters else None
    asked = {*found.contract.sign_off, *made.require}
    idle = tuple(role for role in made.roles if role not in asked)
    return name, made, new_keys(made, last), proposal.left_aside(found.chain, made), idle


def clear(place: Path) -> list[str]:
    """Take away approvals and delegations that rest on a roster which is not there; gives the names of their files.

    They rested on one that waited for signatures, and was put forward otherwise since.
    """
    texts = {name: text for name, text in folder.read(place).items() if name.startswith(chain.FOLDER)}
    there = {canonical.digest(text) for name, text in texts.items() if name.startswith(f"{chain.FOLDER}roster/")}
    gone = []
    for name, text in sorted(texts.items()):
        read = next((read for kind, read in _RESTS_ON.items() if name.startswith(f"{chain.FOLDER}{kind}/")), None)
        if read is None or not chain.is_statement(name):
            continue
        try:
            rests_on = read(text).roster
        except statements.Malformed:
            continue
        if rests_on not in there:
            gone += [one for end in ("", chain.SIGNATURE, chain.PASSKEY_SIGNATURE) if (one := name + end) in texts]
    for name in gone:
        folder.remove(place / name)
    return [name for name in gone if chain.is_statement(name)]


_RESTS_ON: Mapping[str, Callable[[bytes], statements.Approval | statements.Delegation]] = MappingProxyType(
    {"approvals": statements.approval, "delegations": statements.delegation}
)


def new_keys(roster: statements.Roster, before: statements.Roster | None) -> frozenset[bytes]:
    """Give the keys of a roster that the one before does not have."""
    known = {one.key.blob for keys in (before.people.values() if before is not None else ()) for one in keys}
    return frozenset(one.key.blob for keys in roster.people.values() for one in keys) - known


@dataclass(frozen=True, slots=True)
class Data:
    """The exports on which a version is replayed, the period that they are judged in, and what is now."""

    exports: tuple[str, ...]
    period: str | None = None
    as_of: str | None = None


def propose(
    place: Path, now: datetime, data: Data | None = None, stdin: BinaryIO | None = None
) -> tuple[str, SignedVersion, tuple[str, ...]]:
    """Write the manifest of the text as it stands; gives its file, what it is, and the approvals that fell with it.

    With `data`, how a past period would have come out by it is written beside, and named by the manifest; put forward
    once more, the same text keeps those figures. Raises CannotRun where its number does not follow, the agreement has
    errors, or the data cannot be judged.
    """
    journeys.load(place)
    found = status(place, None, None, now)
    fallen = _fallen(found)
    kept = {name: text for name, text in found.texts.items() if name not in fallen}
    chained = chain.read(kept, found.contract.project, found.contract.id)
    hindering = [one for one in chained.problems if one.subject != _figures(chained)]
    if hindering:
        raise _unsound(hindering)
    made = proposal.as_before(proposal.manifest(found.contract, chained), chained)
    files: dict[str, bytes] = {}
    if data is not None:
        replay = _replayed(place, replace(found, chain=chained), made, data, stdin)
        made = replace(made, replay=canonical.digest(replay.text))
        files[chain.file_of(replay)] = replay.text
    elif made.name not in chained.replays:
        made = replace(made, replay=None)
    name = chain.file_of(made)
    files[name] = made.text
    if found.texts.get(name) != made.text:
        fallen |= {other for other in found.texts if other.startswith(f"{chain.FOLDER}approvals/{made.name}/")}
    figures = f"{chain.FOLDER}versions/{made.name}.replay.json"
    stale = {figures} if made.replay is None and figures in found.texts else set()
    folder.write_together(
        {place / file: text for file, text in files.items()}, [place / other for other in sorted({*fallen, *stale})]
    )
    after = _sound(place, now)
    newest = after.newest
    if newest is None:
        raise CannotRun("the manifest was written, and is not there", "look at `signatures/versions/`")
    return name, newest, tuple(sorted(other for other in fallen if chain.is_statement(other)))


def _figures(found: Chain) -> str:
    """Name the file of the figures that the newest version was put forward with, while not everybody signed it."""
    newest = found.versions[-1] if found.versions else None
    return f"{chain.FOLDER}versions/{newest.manifest.name}.replay.json" if newest and not newest.complete else ""


def _fallen(found: Signed) -> set[str]:
    """Name the files of approvals that cannot count for the newest version, and what an interruption left of some.

    They are of another text, under an old roster, or without the signature that belongs to them.
    """
    newest, rests_on = found.newest, found.chain.next_roster
    if newest is None or rests_on is None or (newest.complete and not found.chain.problems):
        return set()
    start = f"{chain.FOLDER}approvals/{newest.manifest.name}/"
    mine = {name for name in found.texts if name.startswith(start)}
    kept: set[str] = set()
    for name in filter(chain.is_statement, mine):
        signatures = {name + ending for ending in (chain.SIGNATURE, chain.PASSKEY_SIGNATURE)} & mine
        with suppress(statements.Malformed):
            said = statements.approval(found.texts[name])
            if signatures and (said.digest, said.roster) == (newest.digest, rests_on[1]):
                kept |= {name, *signatures}
    return mine - kept


def _replayed(
    place: Path, found: Signed, made: statements.Manifest, data: Data, stdin: BinaryIO | None
) -> statements.Replay:
    """Judge a past period by the version in force and by the text on disk."""
    from slacli.core import impact
    from slacli.core.verdict import Options

    against = proposal.to_compare(found.chain, made, found.today)
    manifest = against.manifest
    text = versions.text_of(place, manifest.version, lambda one: not standing.changed(manifest, one.digests))
    if text is None:
        raise CannotRun(
            f"the text of version {manifest.name} is neither on disk nor in the history of this clone",
            "fetch the whole history with `git fetch --unshallow`, or put it forward without `--data`",
        )
    old = journeys.loaded(text[0].contract, text[0].sources, str(place), f"version {manifest.name}")
    new = journeys.load(place)
    moment = journeys.moment(data.as_of, new.contract) if data.as_of is not None else None
    past = journeys.replay_past(old, new, data.exports, Options(as_of=moment), data.period, stdin)
    if past.report.as_of is None:
        raise CannotRun("no export holds a time, so nobody can tell what is now", "say it with `--as-of`")
    return impact.replayed(made, against, past.impact, past.report, past.period, past.report.as_of.at)


@dataclass(frozen=True, slots=True)
class Task:
    """What waits for one person: the roster, the newest version, or both; or a delegation that they give.

    `stands_in` is the delegation by which they sign for somebody else.
    """

    person: str
    roster: statements.Roster | None
    new_keys: frozenset[bytes]
    approval: statements.Approval | None
    version: SignedVersion | None
    stands_in: statements.Delegation | None = None
    delegation: statements.Delegation | None = None


def task(
    place: Path,
    role: str,
    person: str | None,
    now: datetime,
    rejected: str | None = None,
    stands_in_for: str | None = None,
    key: Callable[[], str] | None = None,
) -> Task:
    """Say what waits for the holder of a role to sign, or for who stands in for them.

    `key` gives the public key with which somebody signs who does not say who they are. Raises CannotRun where nothing
    waits, or it is not clear who that is.
    """
    found = _sound(place, now, _own(role))
    newest = found.newest
    if newest is None:
        raise CannotRun("nothing was put forward to sign", "put the text forward with `slacli propose`")
    differing = standing.changed(newest.manifest, found.contract.digests)
    if differing:
        raise CannotRun(
            f"{wording.quoted(differing)} {'says' if len(differing) == 1 else 'say'} something else than what was put "
            "forward",
            "put it forward again with `slacli propose`, so that you sign what you see",
        )
    wrong = standing.misstated(newest.manifest, proposal.said(found.contract))
    if wrong:
        raise CannotRun(
            f"what was put forward says something else about {wording.quoted(wrong)} than the text that it covers",
            "put it forward again with `slacli propose`, so that you sign what you see",
        )
    if newest.complete or _rests_on_another(newest, found.chain):
        # What everybody signed is signed no more, and what rests on another roster is put forward again: only the
        # roster can wait.
        return _roster_task(found, newest, role, person, rejected)
    if person is None and key is not None and found.chain.standing_in(found.today):
        person = _stand_in(found, role, key())
    approval = proposal.approval(newest, found.chain, role, person, now, rejected, stands_in_for)
    waiting = found.chain.waiting
    roster = None
    if waiting is not None and any(approval.signer in people for people, _ in waiting.short):
        roster = waiting.roster
    last = found.chain.rosters[-1][0] if found.chain.rosters else None
    fresh = new_keys(roster, last) if roster is not None else frozenset()
    if rejected is None and any(_says_the_same(one.statement, approval) for one in newest.given):
        if roster is None:
            raise NothingToSign(
                f"`{approval.signer}` has signed version {newest.manifest.name} as `{role}` already",
                "see who is missing with `slacli status`, or take it back with `--withdraw`",
            )
        return Task(approval.signer, roster, fresh, None, None)
    cited = next((one for one in found.chain.delegations if canonical.digest(one.text) == approval.delegation), None)
    return Task(approval.signer, roster, fresh, approval, newest, cited)


def _says_the_same(one: statements.Approval, other: statements.Approval) -> bool:
    """Whether two approvals differ in nothing but when they were given."""
    return replace(one, at=other.at) == other


def _rests_on_another(version: SignedVersion, found: Chain) -> bool:
    """Whether approvals of a version rest on another roster than the next one would."""
    named = found.next_roster[1] if found.next_roster is not None else None
    return any(one.statement.roster != named for one in version.given)


def _roster_task(found: Signed, newest: SignedVersion, role: str, person: str | None, rejected: str | None) -> Task:
    """Say what waits for the holder of a role where nothing of the version does: the roster, if it waits for them.

    Raises CannotRun where it does not, or it is not clear who that is.
    """
    waiting = found.chain.waiting
    if waiting is None or rejected is not None:
        raise _nothing_waits(found, newest, rejected)
    last = found.chain.rosters[-1][0] if found.chain.rosters else None
    missing = sorted({one for people, _ in waiting.short for one in people})
    holders = {*waiting.roster.roles.get(role, ()), *(last.roles.get(role, ()) if last is not None else ())}
    mine = [one for one in missing if (one == person if person is not None else one in holders)]
    if len(mine) != 1:
        who = wording.sanitised(person if person is not None else role, 60)
        raise CannotRun(
            f"{len(mine)} people hold the role `{who}`"
            if mine
            else f"roster {waiting.roster.version} waits for no signature of `{who}`",
            f"say who signs with `--person`: {wording.quoted(mine or missing, 'or')}",
        )
    return Task(mine[0], waiting.roster, new_keys(waiting.roster, last), None, None)


def _nothing_waits(found: Signed, newest: SignedVersion, rejected: str | None) -> CannotRun:
    name = newest.manifest.name
    anew = "change the text, number it with the next number, then `slacli propose`"
    if not newest.complete:
        return CannotRun(
            f"the approvals of version {name} rest on another roster than the one of now",
            "put it forward again with `slacli propose`, which takes them away",
        )
    if newest.void:
        return CannotRun(f"version {name} is void: {wording.sanitised(newest.void, 500)}", anew)
    begun = standing.begins(newest)
    since = f"is in force since {begun}" if begun <= found.today else f"is signed by all, and in force from {begun}"
    back = anew if begun <= found.today else "take it back with `--withdraw` first"
    if rejected is not None:
        return CannotRun(f"version {name} {since}: it is too late to decline it", back)
    return NothingToSign(f"version {name} {since}: nothing waits to be signed", anew)


def _stand_in(found: Signed, role: str, key: str) -> str | None:
    """Give who stands in for somebody in a role today and has a key; None where nobody does."""
    people = found.chain.next_roster[0].people if found.chain.next_roster is not None else {}
    delegates = {one.delegate for one in found.chain.standing_in(found.today) if one.role == role}
    return next(
        (person for person in sorted(delegates) if key in {one.key.text for one in people.get(person, ())}), None
    )


def delegation(place: Path, role: str, to: str, days: tuple[date, date], person: str | None, now: datetime) -> Task:
    """Say what the holder of a role signs to let somebody else sign in it on some days.

    Raises CannotRun where they may not.
    """
    found = _sound(place, now)
    said = proposal.delegation(found.contract, found.chain, role, person, to, days)
    if days[1] < found.today:
        raise CannotRun(f"the last day, {days[1]}, has passed", "name days to come")
    return Task(said.delegator, None, frozenset(), None, None, delegation=said)


class NothingToSign(CannotRun):
    """Whoever wants to sign has said all that they can say: they signed already, or everybody did."""


@dataclass(frozen=True, slots=True)
class Left:
    """What somebody said of a version, or signed with it, that no commit holds yet."""

    person: str
    version: str
    files: tuple[str, ...]


def left(place: Path, role: str, person: str | None, now: datetime) -> Left | None:
    """Find what the holder of a role said of the newest version that is still to be committed; None where nothing is.

    Raises CannotRun where the signatures do not hold.
    """
    found = _sound(place, now)
    if found.newest is None:
        return None
    name = found.newest.manifest.name
    there: Mapping[str, bytes] = {}
    with suppress(CannotRun):
        there = history.snapshot(place, "HEAD").texts
    rosters = [roster.version for roster, _ in found.chain.rosters]
    if found.chain.waiting is not None:
        rosters.append(found.chain.waiting.roster.version)
    for who, said in _said(found, name, role).items():
        able = [*said, *(chain.signature_of(roster, who) for roster in rosters)]
        files = [file for file in able if file in found.texts and found.texts[file] != there.get(file)]
        if files and person in {None, who}:
            return Left(who, name, tuple(files))
    return None


def _said(found: Signed, version: str, role: str) -> dict[str, list[str]]:
    """Give the files in which somebody said something of a version in a role, by who said it."""
    start = f"{chain.FOLDER}approvals/{version}/{role}--"
    said: dict[str, list[str]] = {}
    for file in sorted(found.texts):
        if file.startswith(start):
            said.setdefault(file.removeprefix(start).partition(".")[0], []).append(file)
    return said


def withdraw(place: Path, role: str, person: str | None, now: datetime) -> list[str]:
    """Take back what the holder of a role, or who stood in, said of the newest version; gives the files that went.

    Raises CannotRun where there is nothing to take back, it is not clear whose, or the version is in force.
    """
    found = status(place, None, None, now)
    newest = found.newest
    if newest is None:
        raise CannotRun("nothing was put forward to sign", "put the text forward with `slacli propose`")
    name = newest.manifest.name
    shown = wording.sanitised(role, 60)
    said = _said(found, name, role)
    if person is not None:
        said = {who: files for who, files in said.items() if who == person}
    if not said and role not in newest.needs:
        raise CannotRun(
            f"version {name} is not signed as `{shown}`", f"it is signed as {wording.quoted(newest.needs, 'or')}"
        )
    if not said:
        raise CannotRun(f"nobody said anything as `{shown}` of version {name} yet", "see who did with `slacli status`")
    if len(said) > 1:
        raise CannotRun(
            f"{len(said)} people said something as `{shown}` of version {name}",
            f"say who takes it back with `--person`: {wording.quoted(said, 'or')}",
        )
    begun = standing.begins(newest) if newest.complete else None
    if begun is not None and begun <= found.today:
        raise CannotRun(
            f"version {name} is in force since {begun}, and what was agreed is not taken back",
            "propose a new version: change the text, number it with the next number, then `slacli propose`",
        )
    (gone,) = said.values()
    for file in gone:
        folder.remove(place / file)
    return gone


def sign(place: Path, what: Task, now: datetime, make: Sign) -> list[str]:
    """Sign what waits for somebody, and write it down once it is proven to count; gives the names of the files.

    Raises CannotRun where a signature would not count.
    """
    written = []
    if what.delegation is not None:
        found = _sound(place, now)
        given = what.delegation
        name = chain.file_of(given)
        written.append(_written(place, found, {name: given.text}, given.text, statements.DELEGATES, make))
    if what.roster is not None:
        found = _sound(place, now)
        name = chain.signature_of(what.roster.version, what.person)
        written.append(_written(place, found, {}, what.roster.text, statements.ROSTERS, make, name))
    if what.approval is not None:
        found = _sound(place, now, _own(what.approval.role))
        name = chain.file_of(what.approval)
        written.append(
            _written(place, found, {name: what.approval.text}, what.approval.text, statements.APPROVES, make)
        )
    return written


def take(place: Path, answer: mail.Answer, now: datetime) -> list[str]:
    """Put in place what somebody signed elsewhere, once it is proven to count; gives the names of the files.

    Raises Broken where it does not count here, and CannotRun where all of it is there.
    """
    found = _sound(place, now)
    if (answer.project, answer.contract) != (found.contract.project, found.contract.id):
        raise mail.Broken("it is of another contract")
    if all(found.texts.get(name) == text for name, text in answer.files.items()):
        raise CannotRun("this answer was received before: all that is in it is there", "see `slacli status`")
    signed = {one.manifest.name for one in found.chain.versions if one.signed}
    for name in answer.files:
        if name.startswith(f"{chain.FOLDER}approvals/") and chain.is_statement(name):
            _must_be_newer(name, answer.files[name], found.texts.get(name))
            if name in found.texts and name.split("/")[2] in signed:
                raise mail.Broken(f"version {name.split('/')[2]} is signed by all, and nothing of that is replaced")
    signatures = [name for name in answer.files if not chain.is_statement(name)]
    old = ({chain.other_form(name) for name in signatures} & found.texts.keys()) - answer.files.keys()
    rest = {name: text for name, text in found.texts.items() if name not in old}
    after = chain.read({**rest, **answer.files}, found.contract.project, found.contract.id)
    if after.problems:
        raise mail.Broken(first(after.problems))
    for made in after.enrolled:
        twin = _twin(after.enrolled, made)
        if twin is not None and chain.file_of(made) in answer.files:
            raise mail.Broken(f"its key is enrolled as `{twin.person}`, and a key is one person's")
    folder.write_together(
        {place / name: text for name, text in answer.files.items()}, [place / name for name in sorted(old)]
    )
    return sorted(answer.files)


def _must_be_newer(name: str, new: bytes, old: bytes | None) -> None:
    try:
        given, before = statements.approval(new), statements.approval(old) if old is not None else None
    except statements.Malformed as fault:
        raise mail.Broken(f"`{name}` cannot be read: {fault}") from None
    if before is not None and before.at >= given.at and before != given:
        raise mail.Broken(f"what `{given.signer}` signed on {before.at[:10]} is newer, and is there")


def _own(role: str) -> str:
    return f"/{role}--"


def _sound(place: Path, now: datetime, anew: str = "") -> Signed:
    """Give a contract whose signatures hold so far.

    Statements with `anew` in their names are about to be written anew: of these, what an interruption left behind is
    looked past. It stays among the texts, so that whoever writes finds out whether it is gone then.
    """
    snapshot = history.working_tree(place, folder.read(place))
    found = _signed(snapshot, None, None, now)
    broken = _broken(snapshot.texts, found, anew) if anew else frozenset()
    if broken:
        less = {name: text for name, text in snapshot.texts.items() if name not in broken}
        found = replace(_signed(replace(snapshot, texts=less), None, None, now), texts=snapshot.texts)
    if found.chain.problems:
        raise _unsound(found.chain.problems)
    return found


def _unsound(problems: Sequence[Finding]) -> CannotRun:
    return CannotRun(f"the signatures do not hold: {first(problems)}", "see them all with `slacli verify`")


def _broken(texts: Mapping[str, bytes], found: Signed, anew: str) -> frozenset[str]:
    """Name the statements and signatures that an interruption left behind: halves, and two that are no pair."""
    names: set[str] = set()
    for problem in chain.read(texts, found.contract.project, found.contract.id).problems:
        is_one = problem.rule in {chain.STRAY_SIGNATURE.name, chain.BAD_SIGNATURE.name}
        if is_one and anew in problem.subject:
            statement = chain.statement_of(problem.subject)
            names |= {statement + ending for ending in ("", chain.SIGNATURE, chain.PASSKEY_SIGNATURE)} & texts.keys()
    return frozenset(names)


def _written(
    place: Path,
    found: Signed,
    files: Mapping[str, bytes],
    message: bytes,
    namespace: str,
    make: Sign,
    signature: str = "",
    gone: Collection[str] = (),
) -> str:
    """Write a statement and its signature together, once they are proven to hold with all that is there.

    What they replace, and what is `gone` with it, goes at the same time.
    """
    answer = make(message, namespace)
    if isinstance(answer, Refusal):
        files, answer = {chain.file_of(answer.statement): answer.statement.text}, answer.signature
    name = chain.signature_file(chain.statement_of(signature) if signature else next(iter(files)), answer)
    new = {**files, name: answer}
    old = ({chain.other_form(name), *gone} & found.texts.keys()) - new.keys()
    rest = {other: text for other, text in found.texts.items() if other not in old}
    after = chain.read({**rest, **new}, found.contract.project, found.contract.id)
    if after.problems:
        raise CannotRun(f"the signature would not count: {_cause(after.problems, new)}", "nothing was written")
    folder.write_together({place / one: text for one, text in new.items()}, [place / one for one in sorted(old)])
    return next(iter(files), name)


def _cause(problems: Sequence[Finding], written: Collection[str]) -> str:
    """Say what is wrong with what is about to be written, rather than all that follows from it."""
    return first([one for one in problems if one.subject in written][:1] or problems)


@dataclass(frozen=True, slots=True)
class Added:
    """A commit of what was signed: its hash, None where there was nothing to commit, and the pages still missing."""

    commit: str | None
    missing: tuple[str, ...]


def files_of(names: Collection[str]) -> tuple[str, ...]:
    """Name the files in which statements stand, and those of their signatures in both forms, there or not."""
    statements_ = [chain.statement_of(name) for name in names]
    every = {statement + ending for statement in statements_ for ending in (chain.SIGNATURE, chain.PASSKEY_SIGNATURE)}
    return tuple(sorted(every | set(names)))


def commit(place: Path, names: Collection[str], message: str) -> Added:
    """Commit what was written, and nothing else, to the branch at hand.

    Raises CannotRun as `history.add` does.
    """
    added = history.add(place, names, message)
    with suppress(CannotRun):
        there, here = history.snapshot(place, "HEAD").texts, folder.read(place)
        pages = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
        return Added(added, tuple(name for name in pages if not name.startswith(chain.FOLDER)))
    return Added(added, ())


def digest_of(statement: statements.Roster) -> str:
    """Give the digest of a roster, which is what a trust root is."""
    return canonical.digest(statement.text)
