"""Reads what stands in `signatures/`: the chain of rosters, the chain of versions, and who approved each of them.

Nothing here is believed that is not signed, and nothing signed that is not linked: a roster counts by the signatures
of the one before it and of its own people, a version by the digest of the one before it, an approval by the key that
its person has in the roster that it names. One file that does not fit makes the whole answer wrong: whoever checks
must never have to guess which part was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date
from types import MappingProxyType

from slacli.core import wording, zones
from slacli.core.trust import canonical, sshsig, stand_ins, statements, webauthn
from slacli.core.trust.statements import Approval, Delegation, Enrolment, Key, Manifest, Replay, Roster
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address
from slacli.values import dataclass

FOLDER = "signatures/"
SIGNATURE, PASSKEY_SIGNATURE = ".sig", ".webauthn.json"
"""What the name of a signature adds to that of its statement, in the form of OpenSSH and in that of `webauthn`."""

MOST_FILES = 20_000
"""More files are not looked at: two hundred versions with three approvals each have about fourteen hundred."""

_NUMBER = r"[1-9][0-9]{0,6}"
_ROSTER = re.compile(rf"roster/({_NUMBER})\.json")
_ROSTER_SIGNATURE = re.compile(rf"roster/({_NUMBER})--({statements.ID.pattern})\.json\.sig")
_VERSION = re.compile(rf"versions/({_NUMBER})(?:\.({_NUMBER}))?\.json")
_REPLAY = re.compile(rf"versions/({_NUMBER})(?:\.({_NUMBER}))?\.replay\.json")
_APPROVAL = re.compile(
    rf"approvals/({_NUMBER})(?:\.({_NUMBER}))?/({statements.ID.pattern})--({statements.ID.pattern})\.json(\.sig)?"
)
_ENROLLED = re.compile(rf"enrolled/({statements.ID.pattern})--([0-9a-f]{{12}})\.json(\.sig)?")
_DELEGATION = re.compile(
    rf"delegations/({statements.ID.pattern})--({statements.ID.pattern})--({statements.ID.pattern})--[0-9a-f]{{12}}"
    r"\.json(\.sig)?"
)
_REPLAY_HELP = "put it back as it was; or, while nobody has signed, put the text forward again with `slacli propose`"
_ORIGIN = re.compile(r"http://localhost(:[1-9][0-9]{0,4})?")

STRAY_SIGNATURE = reported(
    Severity.ERROR,
    "stray-signature",
    """A file in `signatures/` is none that slacli wrote, or belongs to nothing.

    Why: a signature with a wrong name would count for nothing, unseen. Every file there must be one that is checked.
    """,
)
BAD_STATEMENT = reported(
    Severity.ERROR,
    "bad-statement",
    """A statement in `signatures/` cannot be read, or says something else than its place does.

    Why: what is signed has exactly one form, so that nobody can read one thing where another was meant. A statement of
    another project, contract or version counts for nothing here.
    """,
)
BAD_SIGNATURE = reported(
    Severity.ERROR,
    "bad-signature",
    """A signature does not count: it is broken, weak, of another text, or by a key that its person does not have.

    Why: everything that is agreed rests on it. A signature that does not count is never passed over in silence.
    """,
)
WRONG_SIGNER = reported(
    Severity.ERROR,
    "wrong-signer",
    """Somebody signed in a role that the roster does not give them.

    Why: a version is agreed when the people who hold its roles have signed it, and not when somebody has.
    """,
)
OTHER_TEXT_SIGNED = reported(
    Severity.ERROR,
    "other-text-signed",
    """An approval is of another text than the one that stands under its number.

    Why: the text was changed after the approval was given, or two people were shown two texts under one number. Who
    approved one of them has not approved the other.
    """,
)
LATE_APPROVAL = reported(
    Severity.ERROR,
    "late-approval",
    """An approval rests on a roster that was replaced before the version that it approves.

    Why: who has left the roster could otherwise go on to approve new versions, by dating them back. A roster names the
    newest version that everybody had signed at its time, and older rosters count up to that one.
    """,
)
SETTLED_APPROVAL = reported(
    Severity.NOTE,
    "settled-approval",
    """An approval counts for nothing: its version was never signed by all, and its roster was replaced since.

    Why: what was left unfinished stays so. Nothing has to be done about it.
    """,
)
BROKEN_ROSTERS = reported(
    Severity.ERROR,
    "broken-rosters",
    """The chain of rosters does not hold: a number is missing, a link is wrong, or too few people signed a change.

    Why: the rosters say whose signature counts. Each one is signed by enough people of the one before, so that nobody
    can write themselves in.
    """,
)
BROKEN_VERSIONS = reported(
    Severity.ERROR,
    "broken-versions",
    """The chain of signed versions does not hold: a number is missing, or a link is wrong.

    Why: each version names the one before it, so that none can be taken back, left out or put in later.
    """,
)
REVISES_TOO_MUCH = reported(
    Severity.ERROR,
    "revises-too-much",
    """A steward's revision changes more than bindings and holidays.

    Why: the steward alone signs a revision. What anybody owes is for everybody to sign, as a version of its own.
    """,
)
ALTERED_REPLAY = reported(
    Severity.ERROR,
    "altered-replay",
    """The figures that a version was put forward with are not there, or are not those that its manifest names.

    Why: who signed was shown how a past period would have come out by the version. Those figures are covered by the
    signatures, so that nobody can show others later, or say that there were none.
    """,
)
AGAIN = "put the version forward again with `slacli propose`, and let its people sign it under the roster of today"
RULES: tuple[Rule[None], ...] = (
    STRAY_SIGNATURE, BAD_STATEMENT, BAD_SIGNATURE, WRONG_SIGNER, OTHER_TEXT_SIGNED, LATE_APPROVAL, SETTLED_APPROVAL,
    BROKEN_ROSTERS, BROKEN_VERSIONS, REVISES_TOO_MUCH, ALTERED_REPLAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval or rejection that counts: the statement, the signature under it, and for whom it stands in."""

    statement: Approval
    signature: sshsig.Signature
    stands_in: Delegation | None = None

    @property
    def voice(self) -> str:
        """Whose approval it is: of the holder of the role, whoever signed it."""
        return self.stands_in.delegator if self.stands_in is not None else self.statement.signer

    @property
    def by(self) -> str:
        """Who signed, and for whom: `kim`, or `kim for dana, 2027-03-01 to 2027-03-14,`."""
        comma = "," if self.stands_in is not None else ""
        return f"{self.statement.signer}{stand_ins.said_of(self.stands_in)}{comma}"


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """A version or a revision: its manifest, who signed it, and which roles it needs.

    `by` says who fills each role, one person for one role. `missing` are the roles that nobody fills. `roster` is the
    one that the approvals rest on; while it `waits` for signatures itself, nothing that rests on it is signed.
    `given` are all approvals and rejections that count. `void` says why a roster declared the version void, and is
    empty where none did.
    """

    manifest: Manifest
    digest: str
    needs: tuple[str, ...]
    by: Mapping[str, Approved]
    rejected: tuple[Approved, ...] = ()
    waits: bool = False
    given: tuple[Approved, ...] = ()
    void: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(role for role in self.needs if role not in self.by)

    @property
    def complete(self) -> bool:
        """Whether every role that it needs has approved it, void or not."""
        return bool(self.needs) and not self.missing and not self.waits

    @property
    def signed(self) -> bool:
        """Whether every role that it needs has approved it, and that counts."""
        return self.complete and not self.void

    @property
    def signed_at(self) -> str:
        """When the last approval that it needed was given, as its person says; empty where one is missing."""
        return max((self.by[role].statement.at for role in self.needs), default="") if self.signed else ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A roster that too few people have signed: who has, and how many of which people it still takes.

    `short` holds the people who may sign and how many more of them must, of the roster itself and of the one before.
    """

    roster: Roster
    digest: str
    by: tuple[str, ...]
    short: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """What `signatures/` holds. `anchored` says whether a pin from outside vouches for the rosters.

    `waiting` is a roster behind the last that holds, which too few people have signed yet. `late` are approvals that
    count for nothing since their roster was replaced. `replays` are the figures that versions were put forward with, by
    the names of the versions. Where there are `problems`, nothing of it may be relied upon.
    """

    rosters: tuple[tuple[Roster, str], ...]
    versions: tuple[SignedVersion, ...]
    anchored: bool
    enrolled: tuple[Enrolment, ...] = ()
    waiting: Waiting | None = None
    problems: tuple[Finding, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    late: tuple[Finding, ...] = ()
    replays: Mapping[str, Replay] = field(default_factory=dict)

    @property
    def void(self) -> tuple[SignedVersion, ...]:
        """The versions that a roster declared void."""
        return tuple(one for one in self.versions if one.void)

    def standing_in(self, day: date) -> tuple[Delegation, ...]:
        """Give the delegations by which somebody may sign on a day, under the roster that new approvals rest on."""
        if self.next_roster is None:
            return ()
        return tuple(one for one in self.delegations if one.roster == self.next_roster[1] and one.holds(day))

    @property
    def next_roster(self) -> tuple[Roster, str] | None:
        """The roster that new approvals rest on: the one that waits for signatures, else the last that holds."""
        if self.waiting is not None:
            return self.waiting.roster, self.waiting.digest
        return self.rosters[-1] if self.rosters else None


def read(files: Mapping[str, bytes], project: str, contract: str, pin: str | None = None) -> Chain:
    """Read the files below `signatures/`, by their names in the contract folder.

    `pin` is the digest of a roster that is known from elsewhere: rosters before it count by the digests that lead to
    them, those after it by their signatures.
    """
    reader = _Reader(
        {name.removeprefix(FOLDER): text for name, text in files.items() if name.startswith(FOLDER)}, project, contract
    )
    reader.sort()
    rosters = reader.rosters()
    digests = [digest for _, digest in rosters]
    anchored = pin is not None and pin in digests
    reader.delegations(rosters)
    manifests = reader.manifests()
    replays = MappingProxyType(dict(reader.replays(manifests)))
    versions = tuple(reader.versions(rosters, manifests))
    if not reader.findings:
        reader.heads(rosters, versions)
    enrolled = tuple(reader.enrolments())
    return Chain(
        tuple(rosters), versions, anchored, enrolled, reader.waiting, tuple(reader.findings),
        tuple(reader.stand_ins.values()), tuple(reader.late), replays,
    )  # fmt: skip


def file_of(statement: Manifest | Approval | Roster | Enrolment | Delegation | Replay) -> str:
    """Give the name of the file in a contract folder in which a statement stands; its signature adds `.sig`."""
    if isinstance(statement, Manifest):
        return f"{FOLDER}versions/{statement.name}.json"
    if isinstance(statement, Replay):
        return f"{FOLDER}versions/{statement.name}.replay.json"
    if isinstance(statement, Approval):
        name = _name((statement.version, statement.revision))
        return f"{FOLDER}approvals/{name}/{statement.role}--{statement.signer}.json"
    if isinstance(statement, Roster):
        return f"{FOLDER}roster/{statement.version}.json"
    if isinstance(statement, Delegation):
        name = "--".join((statement.role, statement.delegator, statement.delegate, _twelve(statement.text)))
        return f"{FOLDER}delegations/{name}.json"
    return f"{FOLDER}enrolled/{statement.person}--{_twelve(statement.key.blob)}.json"


def signature_file(statement: str, signature: bytes) -> str:
    """Give the name of the file of a signature, by that of its statement: each form has an ending of its own."""
    return statement + (PASSKEY_SIGNATURE if webauthn.is_one(signature) else SIGNATURE)


def other_form(signature: str) -> str:
    """Give the name that a signature would have in the other form."""
    ending = SIGNATURE if signature.endswith(PASSKEY_SIGNATURE) else PASSKEY_SIGNATURE
    return statement_of(signature) + ending


def statement_of(name: str) -> str:
    """Give the name of a statement by that of its signature, or by its own."""
    return name.removesuffix(PASSKEY_SIGNATURE).removesuffix(SIGNATURE)


def is_statement(name: str) -> bool:
    """Say whether a file is a statement by its name, and no signature of one."""
    return name.endswith(".json") and not name.endswith(PASSKEY_SIGNATURE)


def signature_of(roster: int, person: str) -> str:
    """Give the name of the file in which the signature of one person under a roster stands."""
    return f"{FOLDER}roster/{roster}--{person}.json.sig"


def _twelve(text: bytes) -> str:
    return canonical.digest(text).removeprefix("sha256:")[:12]


@dataclass(slots=True)
class _Reader:
    """Takes the files apart by their names, and collects what is wrong with them."""

    files: Mapping[str, bytes]
    project: str
    contract: str
    findings: list[Finding] = field(default_factory=list)
    roster_texts: dict[int, bytes] = field(default_factory=dict)
    roster_signatures: dict[int, dict[str, bytes]] = field(default_factory=dict)
    version_texts: dict[tuple[int, int], bytes] = field(default_factory=dict)
    replay_texts: dict[tuple[int, int], bytes] = field(default_factory=dict)
    approvals: dict[tuple[int, int], dict[tuple[str, str], dict[bool, bytes]]] = field(default_factory=dict)
    enrolled: dict[str, dict[bool, bytes]] = field(default_factory=dict)
    delegated: dict[str, dict[bool, bytes]] = field(default_factory=dict)
    stand_ins: dict[str, Delegation] = field(default_factory=dict)
    by_passkey: dict[str, str] = field(default_factory=dict)
    waiting: Waiting | None = None
    late: list[Finding] = field(default_factory=list)

    def tell(self, rule: Rule[None], file: str, message: str, help: str = "") -> None:
        name = FOLDER + self.by_passkey.get(file, file)
        self.findings.append(rule.found(Problem(Address(name), message, help=help, subject=name)))

    def sort(self) -> None:
        if len(self.files) > MOST_FILES:
            self.tell(
                STRAY_SIGNATURE, "", f"`{FOLDER}` holds {len(self.files):,} files, and at most {MOST_FILES:,} are read"
            )
            return
        for file in sorted(self.files):
            text = self.files[file]
            name = file
            if file.endswith(PASSKEY_SIGNATURE):
                # From here on a signature has one name, whatever its form; where it stands is kept.
                name = file.removesuffix(PASSKEY_SIGNATURE) + SIGNATURE
                self.by_passkey[name] = file
                if name in self.files:
                    self.tell(
                        STRAY_SIGNATURE,
                        file,
                        f"`{FOLDER}{wording.sanitised(file)}` is a second signature of what "
                        f"`{FOLDER}{wording.sanitised(name)}` signs",
                        "remove the one that was not meant",
                    )
                    continue
            if found := _ROSTER.fullmatch(name):
                self.roster_texts[int(found[1])] = text
            elif found := _ROSTER_SIGNATURE.fullmatch(name):
                self.roster_signatures.setdefault(int(found[1]), {})[found[2]] = text
            elif found := _VERSION.fullmatch(name):
                self.version_texts[int(found[1]), int(found[2] or 0)] = text
            elif found := _REPLAY.fullmatch(name):
                self.replay_texts[int(found[1]), int(found[2] or 0)] = text
            elif found := _APPROVAL.fullmatch(name):
                given = self.approvals.setdefault((int(found[1]), int(found[2] or 0)), {})
                given.setdefault((found[3], found[4]), {})[found[5] is not None] = text
            elif found := _ENROLLED.fullmatch(name):
                self.enrolled.setdefault(name.removesuffix(".sig"), {})[found[3] is not None] = text
            elif found := _DELEGATION.fullmatch(name):
                self.delegated.setdefault(name.removesuffix(".sig"), {})[found[4] is not None] = text
            else:
                self.tell(
                    STRAY_SIGNATURE,
                    file,
                    f"`{FOLDER}{wording.sanitised(file)}` is no file of a roster, a version or an approval",
                    "remove it, or give it back its name",
                )

    # --- people ---------------------------------------------------------------------------------

    def enrolments(self) -> Iterator[Enrolment]:
        """Give the enrolments that prove that somebody has the key; who that is, a roster says."""
        for file, texts in sorted(self.enrolled.items()):
            if len(texts) < 2:
                self.tell(
                    STRAY_SIGNATURE,
                    file,
                    f"the enrolment `{file}` is not whole: a statement, and a signature beside it",
                )
                continue
            try:
                said = statements.enrolment(texts[False])
                made = self._verified(f"{file}.sig", texts[True], texts[False], statements.ENROLS, (said.key,))
            except statements.Malformed as fault:
                self.tell(BAD_STATEMENT, file, f"the enrolment `{file}` cannot be read: {fault}")
            except sshsig.Refused as fault:
                self.tell(BAD_SIGNATURE, f"{file}.sig", f"the enrolment `{file}` is not proven: {fault}")
            else:
                if said.project != self.project or file_of(said) != FOLDER + file:
                    self.tell(BAD_STATEMENT, file, f"the enrolment `{file}` is of another project, person or key")
                elif made.key != said.key:
                    self.tell(
                        BAD_SIGNATURE, f"{file}.sig", f"the enrolment `{file}` is signed by another key than its own"
                    )
                else:
                    yield said

    def delegations(self, rosters: Sequence[tuple[Roster, str]]) -> None:
        """Take in the delegations that count, by their digests."""
        known = {digest: roster for roster, digest in self._known(rosters)}
        for file, texts in sorted(self.delegated.items()):
            if len(texts) < 2:
                self.tell(
                    STRAY_SIGNATURE,
                    file,
                    f"the delegation `{file}` is not whole: a statement, and a signature beside it",
                )
                continue
            try:
                said = statements.delegation(texts[False])
            except statements.Malformed as fault:
                self.tell(BAD_STATEMENT, file, f"the delegation `{file}` cannot be read: {fault}")
                continue
            if (said.project, said.contract) != (self.project, self.contract):
                self.tell(BAD_STATEMENT, file, f"the delegation `{file}` is of another contract")
            elif file_of(said) != FOLDER + file:
                self.tell(BAD_STATEMENT, file, f"the delegation `{file}` says something else than its name")
            elif said.roster not in known:
                self.tell(BAD_STATEMENT, file, f"the delegation `{file}` rests on a roster that is not there")
            elif wrong := stand_ins.fault(said, known[said.roster]):
                self.tell(stand_ins.BAD_DELEGATION, file, f"the delegation `{file}` does not count: {wrong}")
            else:
                keys = {one.key.blob: one for one in known[said.roster].people[said.delegator]}
                space = statements.DELEGATES
                if self._signature(f"{file}.sig", texts[True], texts[False], space, keys, said.delegator) is not None:
                    self.stand_ins[canonical.digest(texts[False])] = said

    def _known(self, rosters: Sequence[tuple[Roster, str]]) -> list[tuple[Roster, str]]:
        """Give the rosters that approvals may name: those that hold, and the one that waits for signatures."""
        return [*rosters, *(((self.waiting.roster, self.waiting.digest),) if self.waiting is not None else ())]

    # --- rosters -------------------------------------------------------------------------------

    def rosters(self) -> list[tuple[Roster, str]]:
        """Give the rosters up to the first that does not hold."""
        found: list[tuple[Roster, str]] = []
        for number in range(1, max(self.roster_texts, default=0) + 1):
            file = f"roster/{number}.json"
            if number not in self.roster_texts:
                self.tell(BROKEN_ROSTERS, file, f"roster {number} is missing, and a later one is there")
                break
            text = self.roster_texts[number]
            try:
                roster = statements.roster(text)
            except statements.Malformed as fault:
                self.tell(BAD_STATEMENT, file, f"roster {number} cannot be read: {fault}")
                break
            before = found[-1] if found else None
            wrong = self._unlinked(roster, number, before)
            if wrong:
                self.tell(BROKEN_ROSTERS, file, wrong)
                break
            if not self._carried(roster, text, number, before[0] if before else None):
                break
            found.append((roster, canonical.digest(text)))
        for number in sorted(set(self.roster_signatures) - set(self.roster_texts)):
            for person in sorted(self.roster_signatures[number]):
                self.tell(
                    STRAY_SIGNATURE,
                    f"roster/{number}--{person}.json.sig",
                    f"there is a signature of `{person}` under roster {number}, and no such roster",
                )
        return found

    def _unlinked(self, roster: Roster, number: int, before: tuple[Roster, str] | None) -> str:
        if roster.project != self.project:
            return f"roster {number} is of another project"
        if roster.version != number:
            return f"the file of roster {number} holds roster {roster.version}"
        if roster.previous != (before[1] if before else None):
            return f"roster {number} does not follow roster {number - 1} as it stands" if before else (
                "the first roster names one before it"
            )  # fmt: skip
        return ""

    def _carried(self, roster: Roster, text: bytes, number: int, before: Roster | None) -> bool:
        """Say whether enough people of the roster before and of its own signed a roster, and every signature counts."""
        old: set[str] = set()
        new: set[str] = set()
        sound = True
        for person, signature in sorted(self.roster_signatures.get(number, {}).items()):
            file = f"roster/{number}--{person}.json.sig"
            keys = {one.key.blob: one for one in roster.people.get(person, ())} if person in roster.root else {}
            keys_before = (
                {one.key.blob: one for one in before.people.get(person, ())}
                if before is not None and person in before.root
                else {}
            )
            if not keys and not keys_before:
                self.tell(WRONG_SIGNER, file, f"`{person}` signed roster {number}, and may not change rosters")
                sound = False
                continue
            made = self._signature(file, signature, text, statements.ROSTERS, {**keys_before, **keys}, person)
            if made is None:
                sound = False
                continue
            if made.key.blob in keys:
                new.add(person)
            if made.key.blob in keys_before:
                old.add(person)
        asked = ((new, roster), *(((old, before),) if before is not None else ()))
        short = tuple(
            (tuple(sorted(set(of.root) - have)), of.threshold - len(have))
            for have, of in asked
            if len(have) < of.threshold
        )
        if sound and short and number == max(self.roster_texts):
            self.waiting = Waiting(roster, canonical.digest(text), tuple(sorted(old | new)), short)
            return False
        for people, more in short:
            self.tell(
                BROKEN_ROSTERS,
                f"roster/{number}.json",
                f"roster {number} lacks {wording.counted(more, 'signature')} of people who may change rosters",
                f"it takes more of {wording.quoted(people)}",
            )
        return sound and not short

    def heads(self, rosters: Sequence[tuple[Roster, str]], versions: Sequence[SignedVersion]) -> None:
        """Make sure that rosters name as the newest version one that was signed by all then, and void only what is.

        Who left with an old roster could otherwise complete what never was.
        """
        numbers = {digest: roster.version for roster, digest in rosters}
        digests = {one.digest: one for one in versions}
        last = (0, 0)
        for roster, _ in rosters:
            head = roster.head
            at = (head.version, head.revision) if head is not None else (0, 0)
            signed = [
                _at(one)
                for one in versions
                if one.complete and max(numbers[done.statement.roster] for done in one.by.values()) < roster.version
            ]
            below = [_at(one) for one in versions if _at(one) <= at]
            wrong = ""
            if at < last or (head is not None and (head.digest not in digests or _at(digests[head.digest]) != at)):
                wrong = "names as the newest version one that is not there, or an older one than the roster before it"
            elif head is not None and at not in signed:
                wrong = (
                    f"names version {_name(at)} as the newest, and not everybody had signed it under an older roster"
                )
            elif [one for one in below if one not in signed] != list(roster.unfinished):
                wrong = "does not name the versions before its newest that not everybody had signed"
            elif any(one.digest not in digests or _at(digests[one.digest]) != (one.version, one.revision)
                     for one in roster.void):  # fmt: skip
                wrong = "declares a version void that is not there"
            if wrong:
                self.tell(BROKEN_ROSTERS, f"roster/{roster.version}.json", f"roster {roster.version} {wrong}")
            last = max(at, last)

    # --- versions ------------------------------------------------------------------------------

    def manifests(self) -> list[tuple[Manifest, str]]:
        """Give the manifests up to the first that does not hold."""
        found: list[tuple[Manifest, str]] = []
        for at in sorted(self.version_texts):
            name = _name(at)
            file = f"versions/{name}.json"
            text = self.version_texts[at]
            try:
                manifest = statements.manifest(text)
            except statements.Malformed as fault:
                self.tell(BAD_STATEMENT, file, f"version {name} cannot be read: {fault}")
                break
            wrong = self._astray(manifest, at, found[-1] if found else None)
            if wrong is not None:
                self.tell(wrong[0], file, wrong[1])
                break
            found.append((manifest, canonical.digest(text)))
        return found

    def _astray(
        self, manifest: Manifest, at: tuple[int, int], before: tuple[Manifest, str] | None
    ) -> tuple[Rule[None], str] | None:
        name = _name(at)
        if manifest.project != self.project or manifest.contract != self.contract:
            return BAD_STATEMENT, f"version {name} is of another contract"
        if (manifest.version, manifest.revision) != at:
            return BAD_STATEMENT, f"the file of version {name} holds version {manifest.name}"
        if before is None:
            if at[1]:
                return BROKEN_VERSIONS, f"revision {name} is there, and the version that it revises is not"
            return (
                (BROKEN_VERSIONS, f"version {name} names one before it, which is not there")
                if manifest.previous
                else None
            )
        last = before[0]
        if at not in {(last.version + 1, 0), (last.version, last.revision + 1)}:
            return BROKEN_VERSIONS, f"version {name} follows version {last.name}: a number is missing between them"
        if manifest.previous != before[1]:
            return BROKEN_VERSIONS, f"version {name} does not follow version {last.name} as it stands"
        if manifest.effective < last.effective:
            return BROKEN_VERSIONS, f"version {name} takes effect before version {last.name} did"
        if at[1] and not _only_revises(manifest, last):
            return (
                REVISES_TOO_MUCH,
                f"revision {name} changes more of version {last.version} than bindings and holidays",
            )
        return None

    def replays(self, manifests: Sequence[tuple[Manifest, str]]) -> Iterator[tuple[str, Replay]]:
        """Give the figures that each version was put forward with, where they are those that its manifest names."""
        left = dict(self.replay_texts)
        for manifest, _ in manifests:
            name, text = manifest.name, left.get((manifest.version, manifest.revision))
            file = f"versions/{name}.replay.json"
            if manifest.replay is None:
                continue
            if text is None:
                self.tell(
                    ALTERED_REPLAY, file, f"the replay that the manifest of version {name} names is gone", _REPLAY_HELP
                )
                continue
            del left[manifest.version, manifest.revision]
            if canonical.digest(text) != manifest.replay:
                self.tell(
                    ALTERED_REPLAY,
                    file,
                    f"the replay of version {name} is not the one that its manifest names",
                    _REPLAY_HELP,
                )
                continue
            try:
                said = statements.replay(text)
            except statements.Malformed as fault:
                self.tell(ALTERED_REPLAY, file, f"the replay of version {name} cannot be read: {fault}")
                continue
            mine = (said.project, said.contract, said.version, said.revision, said.files)
            if mine != (manifest.project, manifest.contract, manifest.version, manifest.revision, manifest.files):
                self.tell(
                    ALTERED_REPLAY,
                    file,
                    f"the replay of version {name} was made of another text",
                    "put the text forward again with `slacli propose --data`",
                )
                continue
            yield name, said
        for at in sorted(left):
            self.tell(
                STRAY_SIGNATURE,
                f"versions/{_name(at)}.replay.json",
                f"there is a replay of version {_name(at)}, and no manifest that names it",
                "remove it, or put the text forward again with `slacli propose --data`",
            )

    def versions(
        self, rosters: Sequence[tuple[Roster, str]], manifests: Sequence[tuple[Manifest, str]]
    ) -> Iterator[SignedVersion]:
        for at in sorted(set(self.approvals) - {(one.version, one.revision) for one, _ in manifests}):
            for role, person in sorted(self.approvals[at]):
                self.tell(
                    STRAY_SIGNATURE,
                    f"approvals/{_name(at)}/{role}--{person}.json",
                    f"`{person}` approved version {_name(at)}, which is not there or does not hold",
                )
        known = self._known(rosters)
        void = {one.digest: one.reason for roster, _ in rosters for one in roster.void}
        by_digest = {digest: number for number, (_, digest) in enumerate(known)}
        asked_before: tuple[str, ...] = ()
        whole: SignedVersion | None = None
        for manifest, digest in manifests:
            given = [
                one
                for (role, person), texts in sorted(
                    self.approvals.get((manifest.version, manifest.revision), {}).items()
                )
                if (one := self._approval(manifest, digest, role, person, texts, known, by_digest)) is not None
            ]
            named = {one.statement.roster for one in given}
            if len(named) > 1:
                self.tell(
                    BAD_STATEMENT,
                    f"approvals/{manifest.name}/",
                    f"the approvals of version {manifest.name} rest on {len(named)} rosters, and all must rest on one",
                    AGAIN,
                )
            roster = known[by_digest[min(named)]][0] if named else known[-1][0] if known else None
            needs = _needs(manifest, roster, asked_before)
            approving = [one for one in given if one.statement.decision == "approve"]
            rejected = tuple(one for one in given if one.statement.decision == "reject")
            waits = self.waiting is not None and roster is self.waiting.roster
            beside = frozenset(roster.beside) if roster is not None else frozenset()
            second = self._in_two_names(manifest, [one for one in approving if one.statement.role in {*needs} - beside])
            counted = [one for one in approving if one.statement not in second]
            by = MappingProxyType(_filled(needs, counted, beside))
            # What revises a void version is void with it.
            why = void.get(digest, "") or (whole.void if whole is not None and manifest.revision else "")
            version = SignedVersion(manifest, digest, needs, by, rejected, waits, tuple(given), why)
            whole = whole if manifest.revision else version
            yield version
            if version.signed and not manifest.revision:
                asked_before = manifest.sign_off

    def _in_two_names(self, manifest: Manifest, approving: Sequence[Approved]) -> tuple[Approval, ...]:
        """Tell of the approvals by which somebody speaks in a second name, and give them: they count for nothing."""
        found = tuple(stand_ins.in_two_names((one.statement, one.stands_in) for one in approving))
        for said, person in found:
            self.tell(
                WRONG_SIGNER,
                file_of(said).removeprefix(FOLDER),
                f"`{person}` speaks in two names in version {manifest.name}, and a person speaks in one",
                f"let `{said.signer}` take this one back: `slacli sign --as {said.role} --withdraw`",
            )
        return tuple(said for said, _ in found)

    def _approval(
        self,
        manifest: Manifest,
        digest: str,
        role: str,
        person: str,
        texts: Mapping[bool, bytes],
        rosters: Sequence[tuple[Roster, str]],
        by_digest: Mapping[str, int],
    ) -> Approved | None:
        """Give an approval where it counts, and tell why otherwise."""
        file = f"approvals/{manifest.name}/{role}--{person}.json"
        what = f"the approval of version {manifest.name} by `{person}` as `{role}`"
        if len(texts) < 2:
            self.tell(
                STRAY_SIGNATURE,
                file if False in texts else f"{file}.sig",
                f"{what} has no {'signature' if False in texts else 'statement'} beside it",
            )
            return None
        try:
            said = statements.approval(texts[False])
        except statements.Malformed as fault:
            self.tell(BAD_STATEMENT, file, f"{what} cannot be read: {fault}")
            return None
        if (said.project, said.contract) != (self.project, self.contract):
            self.tell(BAD_STATEMENT, file, f"{what} is of another contract")
        elif (said.version, said.revision) != (manifest.version, manifest.revision):
            self.tell(BAD_STATEMENT, file, f"{what} says that it is of another version")
        elif (said.role, said.signer) != (role, person):
            self.tell(BAD_STATEMENT, file, f"{what} says that it is by `{said.signer}` as `{said.role}`")
        elif said.digest != digest:
            self.tell(
                OTHER_TEXT_SIGNED,
                file,
                f"{what} is of another text than the one that stands under this number now",
                f"let `{person}` look at it again, and sign it anew",
            )
        elif said.roster not in by_digest:
            self.tell(BAD_STATEMENT, file, f"{what} rests on a roster that is not there")
        elif wrong := self._out_of_role(said, manifest, rosters[by_digest[said.roster]][0]):
            self.tell(wrong[0], file, f"{what} {wrong[1]}")
        elif self._too_late(manifest, rosters, by_digest[said.roster]):
            number = rosters[by_digest[said.roster]][0].version
            message = f"{what} rests on roster {number}, which was replaced before everybody had signed that version"
            is_newest = (manifest.version, manifest.revision) == max(self.version_texts)
            rule, help_ = (LATE_APPROVAL, AGAIN) if is_newest else (SETTLED_APPROVAL, "")
            self.late.append(rule.found(Problem(Address(FOLDER + file), message, help=help_, subject=FOLDER + file)))
        else:
            keys = {one.key.blob: one for one in rosters[by_digest[said.roster]][0].people[person]}
            made = self._signature(f"{file}.sig", texts[True], texts[False], statements.APPROVES, keys, person)
            cited = self.stand_ins[said.delegation] if said.delegation is not None else None
            return Approved(said, made, cited) if made is not None else None
        return None

    def _out_of_role(self, said: Approval, manifest: Manifest, roster: Roster) -> tuple[Rule[None], str] | None:
        """Say why somebody may not sign in a role, for themselves or for another; None where they may."""
        if said.delegation is not None:
            day = said.moment.astimezone(zones.zone(manifest.time_zone) or UTC).date()
            return stand_ins.misuse(said, self.stand_ins.get(said.delegation), day)
        if said.signer in roster.roles.get(said.role, ()):
            return None
        return WRONG_SIGNER, f"does not count: roster {roster.version} does not give `{said.signer}` that role"

    def _too_late(self, manifest: Manifest, rosters: Sequence[tuple[Roster, str]], number: int) -> bool:
        # A roster that waits for signatures replaces nothing yet.
        if number + 1 >= len(rosters) or (self.waiting is not None and number + 2 == len(rosters)):
            return False
        after = rosters[number + 1][0]
        at = (manifest.version, manifest.revision)
        return after.head is None or at > (after.head.version, after.head.revision) or at in after.unfinished

    def _verified(
        self, file: str, signature: bytes, text: bytes, namespace: str, keys: Sequence[sshsig.PublicKey]
    ) -> sshsig.Signature:
        """Verify a signature in the form that its name says. Raises Refused."""
        if file in self.by_passkey:
            return webauthn.verify(signature, text, namespace, keys)
        return sshsig.verify(signature, text, namespace)

    def _signature(
        self, file: str, armored: bytes, text: bytes, namespace: str, keys: Mapping[bytes, Key], person: str
    ) -> sshsig.Signature | None:
        try:
            made = self._verified(file, armored, text, namespace, [one.key for one in keys.values()])
        except sshsig.Refused as fault:
            self.tell(BAD_SIGNATURE, file, f"the signature of `{person}` does not count: {fault}")
            return None
        key = keys.get(made.key.blob)
        if key is None:
            fault_ = f"it was made by a key that `{person}` does not have in the roster ({made.key.fingerprint})"
        elif key.verified and not made.user_verified:
            fault_ = f"the key only asked for a touch, and `{person}` must be recognised by it"
        elif made.kind == "passkey" and not (_ORIGIN.fullmatch(made.origin) and made.key.application == "localhost"):
            fault_ = "it was made on a page that is not slacli's own"
        else:
            return made
        self.tell(BAD_SIGNATURE, file, f"the signature of `{person}` does not count: {fault_}")
        return None


def _name(at: tuple[int, int]) -> str:
    return f"{at[0]}.{at[1]}" if at[1] else str(at[0])


def _at(version: SignedVersion) -> tuple[int, int]:
    return version.manifest.version, version.manifest.revision


def _only_revises(manifest: Manifest, before: Manifest) -> bool:
    same = ("effective", "expires", "time_zone", "sign_off", "stewards")
    if any(getattr(manifest, name) != getattr(before, name) for name in same):
        return False
    changed = {
        name
        for name in {*manifest.files, *before.files}
        if manifest.files.get(name) != before.files.get(name)
    }  # fmt: skip
    return all(name == "holidays.yaml" or name.startswith("bindings/") for name in changed)


def _needs(manifest: Manifest, roster: Roster | None, asked_before: Sequence[str]) -> tuple[str, ...]:
    """Give the roles that must sign: nobody drops one of them by leaving it out of the text."""
    if manifest.revision:
        return tuple(sorted(manifest.stewards))
    required = roster.require if roster is not None else ()
    return tuple(sorted({*required, *manifest.sign_off, *asked_before}))


def _filled(needs: Sequence[str], approving: Sequence[Approved], beside: frozenset[str]) -> dict[str, Approved]:
    """Give who fills each role, so that as many as can be are filled and nobody fills two, but for those `beside`."""
    candidates = {role: [one for one in approving if one.statement.role == role] for role in needs}
    taken: dict[str, tuple[str, Approved]] = {}

    def place(role: str, tried: set[str]) -> bool:
        for one in candidates[role]:
            person = one.voice
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or place(taken[person][0], tried):
                taken[person] = (role, one)
                return True
        return False

    for role in needs:
        if role not in beside:
            place(role, set())
    free = [(role, candidates[role][0]) for role in needs if role in beside and candidates[role]]
    return dict(sorted((*taken.values(), *free), key=lambda pair: pair[0]))
