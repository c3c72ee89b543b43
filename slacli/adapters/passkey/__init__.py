"""Signatures by a passkey: a page in the person's own browser, open for one answer and two minutes on this machine.

It knows what a browser hands over and what of it cannot be right. Whose the passkey is, and whether its signature
counts, is decided by those who verify signatures, as for every other one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, cast

from slacli.adapters.passkey.doors import Reply, Unfit
from slacli.core import wording
from slacli.core.trust import sshsig
from slacli.values import dataclass

__all__ = ["Assertion", "Declined", "Enrolled", "Section", "SigningPage", "enrol", "sign"]

SITE = "localhost"
"""What a passkey is for. A page on one's own machine can have no other name."""

SECONDS = 120
LONGEST_REASON = 500

Kind = Literal["es256", "rs256"]
Opener = Callable[[str], None]

_KINDS: Mapping[int, Kind] = {-7: "es256", -257: "rs256"}
_LEAST_RSA_BITS = 2048  # what Windows Hello makes
_TOUCHED, _VERIFIED = 0x01, 0x04
_LONGEST_LINE = 1000
_LONGEST_NAME = 60
_MOST_TRIES = 10


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences under a heading: for changes, those that one party owes more or is owed more by."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SigningPage:
    """What a person sees before signing, all of it plain text.

    `since` names the version that it is compared with, and is empty where there is none; `told` says why that one.
    `changes` are what has changed since then, by party. `impact` says how real rows come out by it, `replayed` whose
    and when; `steward` is what was revised without a signature. `digest` is what the terminal shows too, so that the
    two can be compared. `alike` are words that are not what they look like. `what` names what is signed
    where that is no version: `roster 2`, for one.
    """

    title: str
    version: str
    role: str
    person: str
    changes: tuple[Section, ...] = ()
    impact: tuple[str, ...] = ()
    steward: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    since: str = ""
    effective: str = ""
    digest: str = ""
    what: str = ""
    told: str = ""
    replayed: str = ""
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a passkey signed, in the parts that a browser gives; `signature` is in DER."""

    authenticator_data: bytes
    client_data: bytes
    signature: bytes
    credential_id: bytes
    origin: str


@dataclass(frozen=True, slots=True)
class Declined:
    """That the person does not sign, and why: on one line of at most 500 characters.

    `assertion` is what their passkey signed to say so, where the page could ask for that.
    """

    reason: str
    assertion: Assertion | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new passkey, and what it signed at once to prove that it is there.

    `public_key` is an uncompressed point on the curve P-256 for `es256`, and a SubjectPublicKeyInfo in DER for
    `rs256`. `assertion` proves nothing until it is verified by that key.
    """

    kind: Kind
    public_key: bytes
    credential_id: bytes
    assertion: Assertion


def enrol(
    title: str,
    person: str,
    challenge: bytes | Callable[[Kind, bytes], bytes],
    seconds: int = SECONDS,
    opener: Opener | None = None,
) -> Enrolled:
    """Let a person make a passkey for signing the contract `title`, and sign `challenge` with it in the same visit.

    Where what is signed names the key, `challenge` is a function of its kind and its public key. `opener` shows a page
    by its address; without one the browser of this machine does. Raises CannotRun where nobody answers in time.
    """
    from slacli.adapters.passkey.server import ask

    made: dict[bytes, tuple[Kind, bytes, bytes]] = {}

    def created(said: Mapping[str, Any], _origin: str) -> Reply:
        if len(made) >= _MOST_TRIES:
            raise Unfit("too many passkeys were made on this page: run slacli again")
        kind, public = _public_key(said.get("algorithm"), _bytes(said, "public_key"))
        asked = challenge if isinstance(challenge, bytes) else challenge(kind, public)
        made[_bytes(said, "credential_id")] = kind, public, asked
        return Reply({"challenge": _text(asked)})

    def proven(said: Mapping[str, Any], origin: str) -> Reply:
        name = _bytes(said, "credential_id")
        if name not in made:
            raise Unfit("another passkey signed than the one that was made here")
        kind, public, asked = made[name]
        return Reply({}, Enrolled(kind, public, name, _assertion(said, asked, origin, [name])))

    name, contract = wording.sanitised(person, _LONGEST_NAME), wording.sanitised(title, _LONGEST_NAME)
    data = {
        "kind": "enrol",
        "title": contract,
        "person": name,
        # A new one each time: a device forgets an older passkey of the same user, and that may sign elsewhere.
        "user": _text(secrets.token_bytes(32)),
        "challenge": _text(secrets.token_bytes(32)),
        "algorithms": list(_KINDS),
        "site": SITE,
    }
    return cast("Enrolled", ask(data, {"created": created, "proven": proven}, seconds, opener or _open))


def sign(
    page: SigningPage,
    challenge: bytes,
    credential_ids: Sequence[bytes] = (),
    seconds: int = SECONDS,
    opener: Opener | None = None,
    refusal: Callable[[str], bytes] | None = None,
) -> Assertion | Declined:
    """Show a person what there is to sign, and let a passkey sign `challenge`, or the person decline.

    With `refusal`, which gives the challenge for a reason, a passkey signs that they decline too.

    Without `credential_ids` the browser offers every passkey that it has for such pages. `opener` shows a page by its
    address; without one the browser of this machine does. Raises CannotRun where nobody answers in time.
    """
    from slacli.adapters.passkey.server import ask

    def signed(said: Mapping[str, Any], origin: str) -> Reply:
        return Reply({}, _assertion(said, challenge, origin, credential_ids))

    asked: dict[str, bytes] = {}

    def declining(said: Mapping[str, Any], _origin: str) -> Reply:
        if refusal is None or len(asked) >= _MOST_TRIES:
            raise Unfit("too many reasons were given on this page: run slacli again")
        reason = _reason(said)
        asked[reason] = refusal(reason)
        return Reply({"challenge": _text(asked[reason])})

    def declined(said: Mapping[str, Any], origin: str) -> Reply:
        reason = _reason(said)
        if set(said) == {"reason"}:
            return Reply({}, Declined(reason))
        if reason not in asked:
            raise Unfit("another reason was signed than the one that was given")
        return Reply({}, Declined(reason, _assertion(said, asked[reason], origin, credential_ids)))

    data = {
        "kind": "sign",
        "refusal": refusal is not None,
        "challenge": _text(challenge),
        "allowed": [_text(one) for one in credential_ids],
        "site": SITE,
        "changes": [{"heading": _shown(one.heading), "lines": _lines(one.lines)} for one in page.changes],
        **{name: _lines(getattr(page, name)) for name in ("impact", "steward", "signed", "missing", "alike")},
        **{
            name: _shown(getattr(page, name))
            for name in (
                "title",
                "version",
                "role",
                "person",
                "since",
                "effective",
                "digest",
                "what",
                "told",
                "replayed",
            )
        },
    }
    doors = {"signed": signed, "declined": declined} | ({"declining": declining} if refusal is not None else {})
    return cast("Assertion | Declined", ask(data, doors, seconds, opener or _open))


# --- what a browser says ----------------------------------------------------------------------


def _assertion(said: Mapping[str, Any], challenge: bytes, origin: str, allowed: Sequence[bytes]) -> Assertion:
    """Take what a passkey signed from what a page sends; raises Unfit where it cannot be an answer to the challenge.

    A person can try again then; without this a slip of the browser would be found out only when the page is gone.
    """
    found = Assertion(
        authenticator_data=_bytes(said, "authenticator_data"),
        client_data=_bytes(said, "client_data"),
        signature=_bytes(said, "signature"),
        credential_id=_bytes(said, "credential_id"),
        origin=origin,
    )
    try:
        client = sshsig.client_data(found.client_data)
    except sshsig.Refused as fault:
        raise Unfit(str(fault)) from None
    if client.get("type") != "webauthn.get" or client.get("challenge") != _text(challenge):
        raise Unfit("the passkey signed something else")
    if client.get("origin") != origin or client.get("crossOrigin", False) is not False:
        raise Unfit("the passkey signed for another page")
    if allowed and found.credential_id not in allowed:
        raise Unfit("another passkey signed than one of yours that slacli knows")
    data = found.authenticator_data
    if len(data) < 37 or data[:32] != hashlib.sha256(SITE.encode()).digest():
        raise Unfit("the passkey signed for another site")
    if not data[32] & _TOUCHED or not data[32] & _VERIFIED:
        raise Unfit("the device did not make sure that it is you, by a finger, a face or a code")
    return found


def _public_key(algorithm: object, spki: bytes) -> tuple[Kind, bytes]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise Unfit("the passkey gave no public key") from None
    kind = _KINDS.get(algorithm) if isinstance(algorithm, int) else None
    if kind == "es256" and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return kind, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if kind == "rs256" and isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return kind, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raise Unfit("the passkey is of a kind that slacli does not know, or a weak one")


def _reason(said: Mapping[str, Any]) -> str:
    reason = said.get("reason")
    if not isinstance(reason, str):
        raise Unfit("it gives no reason")
    line = " ".join(reason.split())
    if not line:
        raise Unfit("say why you decline: the others will read it")
    if len(line) > LONGEST_REASON:
        raise Unfit(f"the reason has {len(line):,} characters, and {LONGEST_REASON} are kept: say it shorter")
    if not line.isprintable():
        raise Unfit("the reason holds a character that nobody can see: type it anew")
    return line


def _bytes(said: Mapping[str, Any], name: str) -> bytes:
    value = said.get(name)
    try:
        data = base64.b64decode(f"{value}{'=' * (-len(value) % 4)}", b"-_", validate=True) if value else b""
    except (binascii.Error, TypeError, ValueError):
        data = b""
    if not data or _text(data) != value:
        raise Unfit(f"the browser sent no `{name}`")
    return data


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _lines(lines: Sequence[str]) -> list[str]:
    return [_shown(line) for line in lines]


def _shown(text: str) -> str:
    return wording.sanitised(text, _LONGEST_LINE)


# --- the browser ------------------------------------------------------------------------------


def _open(address: str) -> None:
    """Say where the page is, and show it in the browser of this machine, where there is one."""
    import os
    import threading

    sys.stderr.write(f"waiting for your answer on {address}\n")
    sys.stderr.flush()
    # A browser for terminals would take this terminal, and knows no passkeys.
    if sys.platform in {"win32", "darwin"} or {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        # Some browsers come back only when they are closed.
        threading.Thread(target=_browse, args=(address,), daemon=True).start()


def _browse(address: str) -> None:
    import webbrowser

    with suppress(OSError, webbrowser.Error):
        webbrowser.open(address)
