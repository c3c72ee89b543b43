"""Signatures of passkeys that OpenSSH has no form for: one JSON text with what the browser gave, to the byte.

Windows Hello makes RSA keys on some machines, and a few devices make Ed25519 keys for browsers. What they sign is the
same challenge as for every other passkey, and the same is asked of it; only the file around it is another one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from slacli.core.trust import canonical, sshsig
from slacli.core.trust.sshsig import PublicKey, Refused, Signature

TYPE = "slacli/webauthn-sig/v1"
_PARTS = ("authenticatorData", "clientDataJSON", "signature")
# The numbers by which browsers call algorithms, and the types of keys that sign by them.
_KEYS: Mapping[int, str] = MappingProxyType({-257: sshsig.RSA_PASSKEY, -8: "sk-ssh-ed25519@openssh.com"})


def is_one(text: bytes) -> bool:
    """Say whether the text of a signature is meant to be of this form, and not of that of OpenSSH."""
    return text.startswith(b"{")


def encoded(key: PublicKey, authenticator: bytes, client: bytes, made: bytes) -> bytes:
    """Give the text of a signature. Raises Refused where the key signs in the form of OpenSSH."""
    for number, kind in _KEYS.items():
        if kind == key.type:
            parts = dict(zip(_PARTS, map(_text, (authenticator, client, made)), strict=True))
            return canonical.encode({"_type": TYPE, "alg": number, **parts})
    raise Refused(f"a key of type `{key.type}` signs in the form of OpenSSH")


def verify(text: bytes, message: bytes, namespace: str, keys: Collection[PublicKey]) -> Signature:
    """Verify the signature of a message for a namespace, made by one of some keys: the text itself names none.

    Raises Refused as `sshsig.verify` does, and where none of the keys made it.
    """
    if len(text) > sshsig.MOST_BYTES:
        raise Refused(f"it has {len(text):,} bytes, and at most {sshsig.MOST_BYTES:,} are read")
    try:
        found = canonical.decode(text)
    except canonical.NotCanonical as fault:
        raise Refused(str(fault)) from None
    if not isinstance(found, dict) or set(found) != {"_type", "alg", *_PARTS} or found["_type"] != TYPE:
        raise Refused("it is no signature of a passkey: a field is missing, or one is there that none has")
    number = found["alg"]
    if isinstance(number, bool) or not isinstance(number, int) or number not in _KEYS:
        raise sshsig.UnknownKind("its algorithm is not one that is written in this form")
    parts = [_bytes(found[name], name) for name in _PARTS]
    fitting = [key for key in keys if key.type == _KEYS[number]]
    if not fitting:
        raise Refused("its person has no key that signs by such an algorithm in the roster")
    for key in fitting[:-1]:
        try:
            return sshsig.verify_assertion(key, parts[0], parts[1], parts[2], message, namespace)
        except Refused:
            continue
    return sshsig.verify_assertion(fitting[-1], parts[0], parts[1], parts[2], message, namespace)


def _bytes(value: Any, name: str) -> bytes:
    try:
        data = base64.b64decode(f"{value}{'=' * (-len(value) % 4)}", b"-_", validate=True)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    if not data or _text(data) != value:
        raise Refused(f"its field `{name}` does not hold what it should")
    return data


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
