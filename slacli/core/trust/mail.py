"""What goes to a person without a clone and what comes back: two closed texts, each in the form of RFC 8785.

Neither is signed, and neither needs to be: a request is believed only as far as what is in it proves itself, and an
answer counts by the signatures in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from slacli.core.trust import canonical, statements
from slacli.core.trust.chain import FOLDER, PASSKEY_SIGNATURE, SIGNATURE
from slacli.findings import Rule, Severity, reported
from slacli.values import dataclass

MOST_BYTES = 8 * 1024 * 1024
"""No request is longer; that of the reference contract with ten signed versions has a tenth of it."""

_REQUEST, _ANSWER = "slacli/request/v1", "slacli/answer/v1"
_PAGE = re.compile(r"(contract|definitions|responsibilities|goals|holidays)\.yaml|bindings/[a-z][a-z0-9_]{0,63}\.yaml")
# Of what stands in `signatures/` the chain judges each name; here none may lead out of it.
_SIGNED = re.compile(rf"{FOLDER}[a-z]+(/[a-z0-9_][a-z0-9_.-]*)+")

BROKEN_REQUEST = reported(
    Severity.ERROR,
    "broken-request",
    """A request to sign says something else than what is in it, or was altered on its way.

    Why: who signs without a clone sees only what the request holds. All that it says is worked out anew from the texts
    and the signatures in it; where that comes out otherwise, nobody should sign.
    """,
)
BROKEN_ANSWER = reported(
    Severity.ERROR,
    "broken-answer",
    """An answer to a request to sign does not count here: it was altered, is of something else, or comes too late.

    Why: an answer comes by mail. What is in it is put into the contract only where the signature counts, of the text
    that waits now, and by the person whom it names.
    """,
)
RULES: tuple[Rule[None], ...] = (BROKEN_REQUEST, BROKEN_ANSWER)


class Broken(ValueError):
    """A request or an answer does not hold. Its words name the part, and say why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one person is asked: to sign a version in a role, or to enrol a key where `role` is None.

    `files` are the pages of the agreement and what is signed of it. `before` are the pages of version `since`, with
    which it is compared. `digest` is that of the manifest, and `roster` that of the roster on which a signature rests.
    """

    project: str
    contract: str
    title: str
    person: str
    role: str | None = None
    digest: str | None = None
    roster: str | None = None
    since: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    before: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """The text of the file that goes out. Raises Broken where a file is no text, or it all is too much."""
        found = canonical.encode(
            {
                "_type": _REQUEST,
                "project": self.project,
                "contract": self.contract,
                "title": self.title,
                "person": self.person,
                "role": self.role,
                "digest": self.digest,
                "roster": self.roster,
                "since": self.since,
                "files": _texts(self.files),
                "before": _texts(self.before),
            }
        )
        if len(found) > MOST_BYTES:
            raise Broken(f"it would have {len(found):,} bytes, and at most {MOST_BYTES:,} are read")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person sends back: files for `signatures/`, by their names in the contract folder."""

    project: str
    contract: str
    person: str
    files: Mapping[str, bytes]

    @property
    def text(self) -> bytes:
        return canonical.encode(
            {
                "_type": _ANSWER,
                "project": self.project,
                "contract": self.contract,
                "person": self.person,
                "files": _texts(self.files),
            }
        )


def is_page(name: str) -> bool:
    """Say whether a file of a contract folder is a page of the agreement, and neither data nor signature."""
    return _PAGE.fullmatch(name) is not None


def is_needed(name: str) -> bool:
    """Say whether a file of a contract folder goes into a request: no data of anybody, and no enrolment."""
    return is_page(name) or (_SIGNED.fullmatch(name) is not None and not name.startswith(f"{FOLDER}enrolled/"))


def request(text: bytes) -> Request:
    """Read a request. Raises Broken where it is none."""
    known = {"project", "contract", "title", "person", "role", "digest", "roster", "since", "files", "before"}
    found = _fields(text, _REQUEST, known, "request")
    is_enrolment = found["role"] is None
    wanted = (
        ("project", _is(statements.PROJECT, found["project"])),
        ("contract", _is(statements.ID, found["contract"])),
        ("title", isinstance(found["title"], str) and 0 < len(found["title"]) <= 1000),
        ("person", _is(statements.ID, found["person"])),
        ("role", is_enrolment or _is(statements.ID, found["role"])),
        ("digest", found["digest"] is None if is_enrolment else _is(statements.DIGEST, found["digest"])),
        ("roster", found["roster"] is None if is_enrolment else _is(statements.DIGEST, found["roster"])),
        ("files", _are_files(found["files"], is_needed) and bool(found["files"]) != is_enrolment),
        ("before", _are_files(found["before"], is_page)),
        ("since", (isinstance(found["since"], str) if found["before"] else found["since"] is None)),
    )
    for name, fits in wanted:
        if not fits:
            raise Broken(f"its `{name}` does not hold what it should")
    return Request(**{name: found[name] for name in known - {"files", "before"}},
                   files=_bytes(found["files"]), before=_bytes(found["before"]))  # fmt: skip


def answer(text: bytes) -> Answer:
    """Read an answer, all of whose files are of the person whom it names. Raises Broken where it is none."""
    found = _fields(text, _ANSWER, {"project", "contract", "person", "files"}, "answer")
    person = found["person"]
    for name, pattern in (("project", statements.PROJECT), ("contract", statements.ID), ("person", statements.ID)):
        if not _is(pattern, found[name]):
            raise Broken(f"its `{name}` does not hold what it should")
    ending = f"({re.escape(SIGNATURE)}|{re.escape(PASSKEY_SIGNATURE)})"
    theirs = re.compile(
        rf"{FOLDER}(roster/[0-9]+--{person}\.json{ending}"
        rf"|approvals/[0-9]+(\.[0-9]+)?/{statements.ID.pattern}--{person}\.json{ending}?"
        rf"|enrolled/{person}--[0-9a-f]{{12}}\.json{ending}?)"
    )
    if not found["files"] or not _are_files(found["files"], lambda name: theirs.fullmatch(name) is not None):
        raise Broken("its `files` hold something else than what its person signs")
    return Answer(found["project"], found["contract"], person, _bytes(found["files"]))


def _fields(text: bytes, kind: str, known: set[str], what: str) -> Mapping[str, Any]:
    try:
        found = canonical.decode(text, MOST_BYTES)
    except canonical.NotCanonical as fault:
        raise Broken(f"it is no {what} as slacli writes it: {fault}") from None
    if not isinstance(found, dict) or found.get("_type") != kind:
        raise Broken(f"it is no {what} of slacli")
    if set(found) != {"_type", *known}:
        raise Broken("a field is missing, or one is there that none has")
    return found


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _are_files(value: Any, fits: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) and fits(name) for name, text in value.items())


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    try:
        return {name: text.decode("utf-8") for name, text in files.items()}
    except UnicodeDecodeError:
        raise Broken("a file of the contract is no UTF-8 text") from None


def _bytes(files: Mapping[str, str]) -> Mapping[str, bytes]:
    return MappingProxyType({name: text.encode("utf-8") for name, text in files.items()})
