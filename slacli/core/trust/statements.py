"""What people sign: closed kinds of statement, each read from its one text or refused with the reason.

A statement is a JSON mapping in the form of RFC 8785 with exactly the fields of its kind. It names the project and
the contract that it is about, so that none can be used for another one. A field that a kind has only at times is left
out where it says nothing, so that there is one way to say nothing. A replay is signed by way of the manifest, which
names its digest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Literal

from slacli.core.trust import canonical, sshsig
from slacli.values import dataclass

MOST_PEOPLE = 1_000
MOST_FILES = 1_000
MOST_NUMBER = 1_000_000

ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PROJECT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
# The names that a manifest may cover: the files of an agreement, never those that are data or signatures.
_FILE = re.compile(r"(contract|definitions|responsibilities|goals|holidays)\.yaml|bindings/[a-z][a-z0-9_]{0,63}\.yaml")

MOST_DAYS = 90
"""Nobody stands in for another for longer: after that the roster says who holds the role."""

MANIFEST, APPROVAL, ROSTER, ENROLMENT = (f"slacli/{name}/v1" for name in ("manifest", "approval", "roster", "enrol"))
DELEGATION = "slacli/delegation/v1"
REPLAY = "slacli/replay/v1"
APPROVES, ROSTERS, ENROLS = (f"{name}.v1@slacli" for name in ("approval", "roster", "enrol"))
DELEGATES = "delegation.v1@slacli"
"""What a signature says that it is for, so that one made for something else counts for nothing here."""


class Malformed(ValueError):
    """A text is no statement of its kind. Its words say why, and quote no more of it than the name of a field."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What exactly one version of a contract is: a digest of the meaning of every file, and of the manifest before it.

    `sign_off` are the roles that the version itself asks for, `stewards` those that may revise bindings and holidays.
    `revision` counts such revisions of the version, and is 0 for the version itself. `replay` is the digest of what
    the change does to real rows, where that was shown to those who sign.
    """

    project: str
    contract: str
    version: int
    revision: int
    effective: str
    expires: str | None
    time_zone: str
    sign_off: tuple[str, ...]
    stewards: tuple[str, ...]
    files: Mapping[str, str]
    previous: str | None
    replay: str | None = None

    @property
    def name(self) -> str:
        """The name of the version in file names and messages: `4`, or `4.2` for its second revision."""
        return f"{self.version}.{self.revision}" if self.revision else str(self.version)

    @property
    def text(self) -> bytes:
        return canonical.encode(
            {
                "_type": MANIFEST,
                "project": self.project,
                "contract": self.contract,
                "version": self.version,
                "revision": self.revision,
                "effective": self.effective,
                "expires": self.expires,
                "time_zone": self.time_zone,
                "sign_off": list(self.sign_off),
                "stewards": list(self.stewards),
                "files": dict(self.files),
                "previous": self.previous,
                "replay": self.replay,
            }
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """That one person, in one role, approves or rejects what a manifest says. `at` is when the person says it was.

    `delegation` is the digest of the statement by which the holder of the role lets this person stand in.
    """

    project: str
    contract: str
    version: int
    revision: int
    digest: str
    role: str
    signer: str
    roster: str
    at: str
    decision: Literal["approve", "reject"] = "approve"
    reason: str = ""
    delegation: str | None = None

    @property
    def text(self) -> bytes:
        cited = {"delegation": self.delegation} if self.delegation is not None else {}
        return canonical.encode(
            {
                "_type": APPROVAL,
                "project": self.project,
                "contract": self.contract,
                "version": self.version,
                "revision": self.revision,
                "digest": self.digest,
                "role": self.role,
                "signer": self.signer,
                "roster": self.roster,
                "at": self.at,
                "decision": self.decision,
                "reason": self.reason,
                **cited,
            }
        )

    @property
    def moment(self) -> datetime:
        return datetime.strptime(self.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a person, and whether its owner must be recognised (by a finger, a face or a code) at each signature."""

    key: sshsig.PublicKey
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Delegation:
    """That the holder of a role lets somebody else sign in it, on the days from `not_before` to `not_after`.

    It rests on one roster, and ends with it.
    """

    project: str
    contract: str
    role: str
    delegator: str
    delegate: str
    not_before: str
    not_after: str
    roster: str

    @property
    def text(self) -> bytes:
        return canonical.encode(
            {
                "_type": DELEGATION,
                "project": self.project,
                "contract": self.contract,
                "role": self.role,
                "from": self.delegator,
                "to": self.delegate,
                "not_before": self.not_before,
                "not_after": self.not_after,
                "roster": self.roster,
            }
        )

    @property
    def days(self) -> tuple[date, date]:
        return date.fromisoformat(self.not_before), date.fromisoformat(self.not_after)

    def holds(self, day: date) -> bool:
        """Whether a day is one of its own."""
        first, last = self.days
        return first <= day <= last


@dataclass(frozen=True, slots=True)
class Head:
    """The newest version of the contract that everybody had signed when a roster was made."""

    version: int
    revision: int
    digest: str


@dataclass(frozen=True, slots=True)
class Void:
    """A version that counts as signed by nobody, though signatures say otherwise, and why."""

    version: int
    revision: int
    digest: str
    reason: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Who may sign what. `root` are the people who may change it, `threshold` how many of them that takes.

    `require` are roles that every version needs, whatever it says itself. `head` cuts off what older rosters may still
    approve: up to that version, and no further; nor those before it that are `unfinished`, by version and revision.

    In a role of `non_delegable` nobody stands in for another. A role of `beside` somebody may fill beside another one.
    `void` are versions that count no more.
    """

    project: str
    version: int
    previous: str | None
    root: tuple[str, ...]
    threshold: int
    people: Mapping[str, tuple[Key, ...]]
    roles: Mapping[str, tuple[str, ...]]
    require: tuple[str, ...]
    head: Head | None = None
    unfinished: tuple[tuple[int, int], ...] = ()
    non_delegable: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    void: tuple[Void, ...] = ()

    @property
    def text(self) -> bytes:
        head = self.head
        at_times = {
            "unfinished": [list(at) for at in self.unfinished],
            "non_delegable": list(self.non_delegable),
            "beside": list(self.beside),
            "void": [
                {"version": one.version, "revision": one.revision, "digest": one.digest, "reason": one.reason}
                for one in self.void
            ],
        }
        return canonical.encode(
            {
                "_type": ROSTER,
                "project": self.project,
                "version": self.version,
                "previous": self.previous,
                "root": {"members": list(self.root), "threshold": self.threshold},
                "people": {
                    person: [{"key": one.key.text, "verified": one.verified} for one in keys]
                    for person, keys in self.people.items()
                },
                "roles": {role: list(people) for role, people in self.roles.items()},
                "require": list(self.require),
                "head": None
                if head is None
                else {"version": head.version, "revision": head.revision, "digest": head.digest},
                **{name: value for name, value in at_times.items() if value},
            }
        )


@dataclass(frozen=True, slots=True)
class Enrolment:
    """That somebody has a key: signed by that key, it proves so. `at` is when the person says it was."""

    project: str
    person: str
    key: sshsig.PublicKey
    at: str

    @property
    def text(self) -> bytes:
        return canonical.encode(
            {"_type": ENROLMENT, "project": self.project, "person": self.person, "key": self.key.text, "at": self.at}
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """How many rows meet a term, are unclear about it, or fail it."""

    meets: int
    unclear: int
    fails: int


@dataclass(frozen=True, slots=True)
class TermReplay:
    """The rows of one term before and after, and how many enter and leave it."""

    id: str
    title: str
    record: str
    before: Cells
    after: Cells
    enters: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What became of a duty or a goal: in how many periods of each status, and the rows of them all, summed up."""

    periods: Mapping[str, int]
    met: int = 0
    missed: int = 0
    unclear: int = 0


@dataclass(frozen=True, slots=True)
class OwedReplay:
    """A duty or a goal before and after; None where one version says nothing about it."""

    id: str
    title: str
    kind: Literal["share", "number", "goal"]
    before: Sums | None
    after: Sums | None


@dataclass(frozen=True, slots=True)
class ReplayedExport:
    """An export that was judged: its record, the name of its file, the SHA-256 of its bytes, and its rows."""

    record: str
    name: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True)
class Replay:
    """How a version would have come out in a past period next to the one that it replaces: counts, and nothing of rows.

    `files` are the digests of the text that was judged, `against` is the version that it stands next to. `as_of` is
    the moment at which all was judged.
    """

    project: str
    contract: str
    version: int
    revision: int
    files: Mapping[str, str]
    against: Head
    period: str
    first: str
    last: str
    as_of: str
    exports: tuple[ReplayedExport, ...]
    terms: tuple[TermReplay, ...]
    owed: tuple[OwedReplay, ...]

    @property
    def name(self) -> str:
        """The name of the version that it is of, as that of its manifest."""
        return f"{self.version}.{self.revision}" if self.revision else str(self.version)

    @property
    def moment(self) -> datetime:
        return datetime.strptime(self.as_of, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    @property
    def text(self) -> bytes:
        return canonical.encode(
            {
                "_type": REPLAY,
                "project": self.project,
                "contract": self.contract,
                "version": self.version,
                "revision": self.revision,
                "files": dict(self.files),
                "against": _plain(self.against),
                "period": {"name": self.period, "first": self.first, "last": self.last},
                "as_of": self.as_of,
                "exports": [_plain(one) for one in self.exports],
                "terms": [
                    {**_plain(one), "before": _plain(one.before), "after": _plain(one.after)} for one in self.terms
                ],
                "owed": [
                    {**_plain(one), "before": _plain_sums(one.before), "after": _plain_sums(one.after)}
                    for one in self.owed
                ],
            }
        )


def _plain(value: Any) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _plain_sums(value: Sums | None) -> dict[str, Any] | None:
    return {**_plain(value), "periods": dict(value.periods)} if value is not None else None


# --- reading ----------------------------------------------------------------------------------

Check = Callable[[Any], bool]


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(least: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST_NUMBER


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _names(least: int = 0) -> Check:
    one = _matches(ID)
    # In the order of their names, so that there is one way to write them.
    return lambda value: (
        isinstance(value, list) and least <= len(value) <= MOST_PEOPLE and all(map(one, value))
        and value == sorted(set(value))
    )  # fmt: skip


def _mapping(key: Check, inner: Check, least: int = 0) -> Check:
    return lambda value: (
        isinstance(value, dict) and least <= len(value) <= MOST_FILES
        and all(key(name) and inner(one) for name, one in value.items())
    )  # fmt: skip


def _day(value: Any) -> bool:
    return _matches(_DAY)(value) and _exists(value, "%Y-%m-%d")


def _moment(value: Any) -> bool:
    return _matches(_MOMENT)(value) and _exists(value, "%Y-%m-%dT%H:%M:%SZ")


def _exists(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 500 and value.isprintable()


def _text_of_key(value: Any) -> bool:
    # How long a key may be, its own reading says.
    return isinstance(value, str) and value.isprintable()


def _key(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"key", "verified"}
        and isinstance(value["key"], str)
        and isinstance(value["verified"], bool)
    )


def _in_order(one: Check, at: Callable[[Any], tuple[int, int]]) -> Check:
    # Some, each once and in the order of the versions, so that there is one way to write them.
    return lambda value: (
        isinstance(value, list) and 1 <= len(value) <= MOST_FILES and all(map(one, value))
        and [*map(at, value)] == sorted(set(map(at, value)))
    )  # fmt: skip


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _number(1)(value[0]) and _number(0)(value[1])


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _exactly(**checks: Check) -> Check:
    """Give what says whether a value is a mapping with exactly these keys, each of which holds what it should."""
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(checks)
        and all(check(value[name]) for name, check in checks.items())
    )


def _list(check: Check, most: int, least: int = 0) -> Check:
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


_STATUSES = frozenset({"met", "missed", "unclear", "running", "not covered", "too few", "no data"})
_CELLS = _exactly(meets=_count, unclear=_count, fails=_count)
_SUMS = _exactly(
    periods=_mapping(lambda value: value in _STATUSES, _number(1), 1), met=_count, missed=_count, unclear=_count
)
_head = _exactly(version=_number(1), revision=_number(0), digest=_matches(DIGEST))


def _void(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "reason" in value
        and _head({name: inner for name, inner in value.items() if name != "reason"})
        and _short(value["reason"])
        and value["reason"] != ""
    )


_FIELDS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        MANIFEST: {
            "project": _matches(PROJECT),
            "contract": _matches(ID),
            "version": _number(1),
            "revision": _number(0),
            "effective": _day,
            "expires": _or_null(_day),
            "time_zone": _short,
            "sign_off": _names(),
            "stewards": _names(),
            "files": _mapping(_matches(_FILE), _matches(DIGEST), 2),
            "previous": _or_null(_matches(DIGEST)),
            "replay": _or_null(_matches(DIGEST)),
        },
        APPROVAL: {
            "project": _matches(PROJECT),
            "contract": _matches(ID),
            "version": _number(1),
            "revision": _number(0),
            "digest": _matches(DIGEST),
            "role": _matches(ID),
            "signer": _matches(ID),
            "roster": _matches(DIGEST),
            "at": _moment,
            "decision": lambda value: value in ("approve", "reject"),
            "reason": _short,
        },
        ROSTER: {
            "project": _matches(PROJECT),
            "version": _number(1),
            "previous": _or_null(_matches(DIGEST)),
            "root": lambda value: (
                isinstance(value, dict)
                and set(value) == {"members", "threshold"}
                and _names(1)(value["members"])
                and _number(1)(value["threshold"])
            ),
            "people": _mapping(
                _matches(ID),
                lambda value: isinstance(value, list) and 1 <= len(value) <= 20 and all(map(_key, value)),
                1,
            ),
            "roles": _mapping(_matches(ID), _names(1), 1),
            "require": _names(),
            "head": _or_null(_head),
        },
        ENROLMENT: {
            "project": _matches(PROJECT),
            "person": _matches(ID),
            "key": _text_of_key,
            "at": _moment,
        },
        DELEGATION: {
            "project": _matches(PROJECT),
            "contract": _matches(ID),
            "role": _matches(ID),
            "from": _matches(ID),
            "to": _matches(ID),
            "not_before": _day,
            "not_after": _day,
            "roster": _matches(DIGEST),
        },
        REPLAY: {
            "project": _matches(PROJECT),
            "contract": _matches(ID),
            "version": _number(1),
            "revision": _number(0),
            "files": _mapping(_matches(_FILE), _matches(DIGEST), 2),
            "against": _head,
            "period": _exactly(name=_short, first=_day, last=_day),
            "as_of": _moment,
            "exports": _list(
                _exactly(record=_matches(ID), name=_short, digest=_matches(DIGEST), rows=_count), MOST_FILES, 1
            ),
            "terms": _list(
                _exactly(
                    id=_matches(ID), title=_short, record=_matches(ID), before=_CELLS, after=_CELLS, enters=_count,
                    leaves=_count,
                ),
                MOST_FILES,
            ),
            "owed": _list(
                _exactly(
                    id=_matches(ID), title=_short, kind=lambda value: value in ("share", "number", "goal"),
                    before=_or_null(_SUMS), after=_or_null(_SUMS),
                ),
                MOST_FILES,
            ),
        },
    }
)  # fmt: skip
_AT_TIMES: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        APPROVAL: {"delegation": _matches(DIGEST)},
        ROSTER: {
            "unfinished": _in_order(_pair, lambda value: (value[0], value[1])),
            "non_delegable": _names(1),
            "beside": _names(1),
            "void": _in_order(_void, lambda value: (value["version"], value["revision"])),
        },
    }
)  # fmt: skip


def _fields(text: bytes, kind: str) -> Mapping[str, Any]:
    try:
        found = canonical.decode(text)
    except canonical.NotCanonical as fault:
        raise Malformed(str(fault)) from None
    if not isinstance(found, dict) or found.get("_type") != kind:
        raise Malformed(f"it is no statement of the kind `{kind}`")
    known = _FIELDS[kind]
    for name in known:
        if name not in found:
            raise Malformed(f"its field `{name}` is missing")
    present = {**known, **{name: check for name, check in _AT_TIMES.get(kind, {}).items() if name in found}}
    if len(found) != len(present) + 1:
        raise Malformed("it has a field that its kind does not have")
    for name, check in present.items():
        if not check(found[name]):
            raise Malformed(f"its field `{name}` does not hold what it should")
    return found


def manifest(text: bytes) -> Manifest:
    """Read a manifest; raises Malformed."""
    found = _fields(text, MANIFEST)
    if "contract.yaml" not in found["files"] or "definitions.yaml" not in found["files"]:
        raise Malformed("its field `files` names no cover, or no definitions")
    names = ("project", "contract", "version", "revision", "effective", "expires", "time_zone", "previous", "replay")
    return Manifest(
        **{name: found[name] for name in names},
        sign_off=tuple(found["sign_off"]),
        stewards=tuple(found["stewards"]),
        files=MappingProxyType(found["files"]),
    )


def approval(text: bytes) -> Approval:
    """Read an approval; raises Malformed."""
    found = _fields(text, APPROVAL)
    return Approval(**{name: value for name, value in found.items() if name != "_type"})


def delegation(text: bytes) -> Delegation:
    """Read a delegation, and make sure that it makes sense by itself; raises Malformed."""
    found = _fields(text, DELEGATION)
    names = ("project", "contract", "role", "not_before", "not_after", "roster")
    said = Delegation(
        **{name: found[name] for name in names}, delegator=found["from"], delegate=found["to"]
    )  # fmt: skip
    first, last = said.days
    if last < first:
        raise Malformed("it ends before it begins")
    if (last - first).days >= MOST_DAYS:
        raise Malformed(f"it lasts longer than {MOST_DAYS} days")
    if said.delegator == said.delegate:
        raise Malformed("it is from somebody to themselves")
    return said


def enrolment(text: bytes) -> Enrolment:
    """Read an enrolment; raises Malformed."""
    found = _fields(text, ENROLMENT)
    return Enrolment(found["project"], found["person"], _read_key(found["key"], found["person"]), found["at"])


def roster(text: bytes) -> Roster:
    """Read a roster, and make sure that it makes sense by itself; raises Malformed."""
    found = _fields(text, ROSTER)
    people = {
        person: tuple(Key(_read_key(one["key"], person), one["verified"]) for one in keys)
        for person, keys in found["people"].items()
    }
    owners: dict[bytes, str] = {}
    for person, keys in people.items():
        for one in keys:
            if one.key.blob in owners:
                raise Malformed(f"one key stands under `{owners[one.key.blob]}` and under `{person}`")
            owners[one.key.blob] = person
    named = {*found["root"]["members"], *(person for one in found["roles"].values() for person in one)}
    for person in sorted(named - set(people)):
        raise Malformed(f"it names `{person}`, who has no key in it")
    for role in sorted(set(found["require"]) - set(found["roles"])):
        raise Malformed(f"it requires the role `{role}`, which nobody holds")
    for name, says in (("non_delegable", "keeps from being delegated"), ("beside", "lets people fill beside another")):
        for role in sorted(set(found.get(name, ())) - set(found["roles"])):
            raise Malformed(f"it {says} the role `{role}`, which nobody holds")
    if found["root"]["threshold"] > len(found["root"]["members"]):
        raise Malformed("it takes more people to change it than there are")
    head = found["head"]
    return Roster(
        project=found["project"],
        version=found["version"],
        previous=found["previous"],
        root=tuple(found["root"]["members"]),
        threshold=found["root"]["threshold"],
        people=MappingProxyType(people),
        roles=MappingProxyType({role: tuple(holders) for role, holders in found["roles"].items()}),
        require=tuple(found["require"]),
        head=Head(head["version"], head["revision"], head["digest"]) if head is not None else None,
        unfinished=tuple((at[0], at[1]) for at in found.get("unfinished", ())),
        non_delegable=tuple(found.get("non_delegable", ())),
        beside=tuple(found.get("beside", ())),
        void=tuple(Void(**one) for one in found.get("void", ())),
    )


def _read_key(text: str, person: str) -> sshsig.PublicKey:
    try:
        return sshsig.read_key(text)
    except sshsig.Refused as fault:
        raise Malformed(f"a key of `{person}` does not count: {fault}") from None


def replay(text: bytes) -> Replay:
    """Read a replay; raises Malformed."""
    found = _fields(text, REPLAY)
    period = found["period"]
    return Replay(
        **{name: found[name] for name in ("project", "contract", "version", "revision", "as_of")},
        files=MappingProxyType(found["files"]),
        against=Head(**found["against"]),
        period=period["name"],
        first=period["first"],
        last=period["last"],
        exports=tuple(ReplayedExport(**one) for one in found["exports"]),
        terms=tuple(
            TermReplay(**{**one, "before": Cells(**one["before"]), "after": Cells(**one["after"])})
            for one in found["terms"]
        ),
        owed=tuple(
            OwedReplay(**{**one, "before": _read_sums(one["before"]), "after": _read_sums(one["after"])})
            for one in found["owed"]
        ),
    )


def _read_sums(found: Mapping[str, Any] | None) -> Sums | None:
    return Sums(**{**found, "periods": MappingProxyType(found["periods"])}) if found is not None else None
