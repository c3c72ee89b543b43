"""Signatures in the form of OpenSSH (SSHSIG): read strictly, and verified without any program.

What a stock `ssh-keygen -Y verify` rightly accepts is accepted here. Refused besides: hashes and keys that are weak,
bytes that are left over, and signatures of a security key that nobody touched. A signature made by a passkey in a
browser has a type of OpenSSH too; what the browser signed is then checked like the rest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from slacli.values import dataclass

MOST_BYTES = 64 * 1024
"""No signature file is longer: the largest real one has less than two thousand bytes."""

LEAST_RSA_BITS = 3072
LEAST_RSA_BITS_OF_PASSKEYS = 2048
"""What Windows Hello makes, and the least that counts of a passkey; nothing else may be as short."""
MOST_RSA_BITS = 16384

RSA_PASSKEY = "webauthn-rs256@slacli"
"""The type of a passkey that signs by RSA. OpenSSH has none: it is written as its other keys of devices are."""

_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_HASHES: Mapping[bytes, Callable[[bytes], Any]] = MappingProxyType(
    {b"sha512": hashlib.sha512, b"sha256": hashlib.sha256}
)

_TOUCHED, _VERIFIED, _EXTENDED = 0x01, 0x04, 0x80
_SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
_SK_ED25519 = "sk-ssh-ed25519@openssh.com"
_WEBAUTHN = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"

# Which algorithms a key of each type signs by.
_ALGORITHMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ssh-ed25519": ("ssh-ed25519",),
        "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
        "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
        "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
        "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
        _SK_ED25519: (_SK_ED25519,),
        _SK_ECDSA: (_SK_ECDSA, _WEBAUTHN),
        RSA_PASSKEY: (),
    }
)

# How keys sign for a browser in ways that signatures of OpenSSH have no form for.
_BY_BROWSERS_ALONE: Mapping[str, str] = MappingProxyType({RSA_PASSKEY: "RS256", _SK_ED25519: "EdDSA"})

# The size of Ed25519's field, and the y coordinates of its points of small order: with such a key anybody's forged
# signature verifies.
_FIELD = 2**255 - 19
_EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        _EIGHTH,
        _FIELD - _EIGHTH,
    }
)


class Refused(ValueError):
    """A key or a signature does not count. Its words say why, for people, without a full stop."""


class UnknownKind(Refused):
    """A key or a signature is of a kind that this release does not know."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its type, its bytes as OpenSSH writes them, and what a security key says it is for."""

    type: str
    blob: bytes
    application: str = ""

    @property
    def text(self) -> str:
        """The key as it stands in a line of `authorized_keys`, without a comment."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """The digest by which people compare keys, as `ssh-keygen -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def hardware(self) -> bool:
        """Whether the key says that it lives in a device which asks for a touch."""
        return self.type.startswith("sk-")

    @property
    def is_known_to_openssh(self) -> bool:
        """Whether `ssh-keygen` reads the key."""
        return self.type != RSA_PASSKEY

    @property
    def bits(self) -> int | None:
        """How long an RSA key is; None for others, whose type says it."""
        if self.type not in {"ssh-rsa", RSA_PASSKEY}:
            return None
        reader = _Reader(self.blob, "key")
        reader.text()
        reader.number()
        return reader.number().bit_length()


@dataclass(frozen=True, slots=True)
class Signature:
    """A verified signature: by which key, and for a security key whether its owner was asked for more than a touch.

    `origin` is the page that a browser says it signed for, empty where no browser was used.
    """

    key: PublicKey
    algorithm: str
    kind: Literal["software", "hardware", "passkey"]
    user_verified: bool = False
    origin: str = ""

    @property
    def is_known_to_openssh(self) -> bool:
        """Whether `ssh-keygen -Y verify` reads the signature."""
        return self.algorithm not in _BY_BROWSERS_ALONE.values()


def read_key(text: str) -> PublicKey:
    """Read a public key as it stands in a line of `authorized_keys`, without a comment.

    Raises Refused where it is none, or weak.
    """
    found = re.fullmatch(r"([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]+={0,2})", text)
    if found is None or len(text) > MOST_BYTES:
        raise Refused("it is no public key of OpenSSH: a type, a blank and the key")
    key = key_of(_decoded(found[2].encode()))
    if key.type != found[1]:
        raise Refused(f"it says that it is of type `{found[1]}`, and is of type `{key.type}`")
    return key


def key_of(blob: bytes) -> PublicKey:
    """Read the bytes of a public key. Raises Refused where they are none, or the key is weak."""
    reader = _Reader(blob, "key")
    kind = reader.text()
    if kind not in _ALGORITHMS:
        raise UnknownKind(f"its type `{_shown(kind)}` is not known: a newer slacli may be needed")
    application = ""
    if kind in {"ssh-ed25519", _SK_ED25519}:
        _ed25519(reader.string())
    elif kind == "ssh-rsa":
        _rsa(reader.number(), reader.number())
    elif kind == RSA_PASSKEY:
        _rsa(reader.number(), reader.number(), LEAST_RSA_BITS_OF_PASSKEYS)
    else:
        curve = reader.text()
        if kind.removesuffix("@openssh.com").rpartition("-")[2] != curve:
            raise Refused("its type and its curve differ")
        _ecdsa(curve, reader.string())
    if kind in {_SK_ED25519, _SK_ECDSA, RSA_PASSKEY}:
        application = reader.text()
        if not application:
            raise Refused("it does not say what it is for")
    reader.end()
    return PublicKey(kind, blob, application)


def verify(armored: bytes, message: bytes, namespace: str) -> Signature:
    """Verify the signature of a message, made for a namespace.

    Raises Refused where it is none, or not of this message and namespace, or too weak to count. Whose the key is, and
    whether it may sign, others decide.
    """
    reader = _Reader(_unarmored(armored), "signature")
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise Refused("it is no signature of OpenSSH")
    version = reader.integer()
    if version != 1:
        raise UnknownKind(f"it is of version {version} of its format, and version 1 is known")
    key = key_of(reader.string())
    space = reader.string()
    if not space or space != namespace.encode():
        raise Refused(
            f"it was made for something else: for `{_shown(space.decode(errors='replace'))}`, not `{namespace}`"
        )
    if reader.string():
        raise Refused("it fills a field that is reserved")
    name = reader.string()
    if name not in _HASHES:
        raise Refused("its hash is neither sha512 nor sha256")
    signature = reader.string()
    reader.end()
    hashed = _HASHES[name](message).digest()
    signed = _MAGIC + b"".join(_string(part) for part in (space, b"", name, hashed))
    return _verified(key, signature, signed)


def challenge(message: bytes, namespace: str) -> bytes:
    """Give the bytes that a key signs for a message: for a passkey they are the challenge."""
    return _MAGIC + b"".join(_string(p) for p in (namespace.encode(), b"", b"sha512", hashlib.sha512(message).digest()))


def armored(key: PublicKey, namespace: str, signature: bytes) -> bytes:
    """Give the file of a signature over `challenge`; `signature` holds the algorithm and what it made."""
    parts = (key.blob, namespace.encode(), b"", b"sha512", signature)
    blob = _MAGIC + (1).to_bytes(4, "big") + b"".join(_string(part) for part in parts)
    text = base64.b64encode(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return b"\n".join([_BEGIN, *lines, _END, b""])


def webauthn_signature(key: PublicKey, made: bytes, authenticator: bytes, client: bytes, origin: str) -> bytes:
    """Give what a passkey made as a signature in OpenSSH's form.

    `made` is its ECDSA signature in DER, `authenticator` its authenticator data, `client` the client data of the
    browser. Raises Refused where they do not belong together.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    if len(authenticator) < 37:
        raise Refused("what the passkey says of itself is cut off")
    if authenticator[:32] != hashlib.sha256(key.application.encode()).digest():
        raise Refused("the passkey signed for another site")
    try:
        first, second = decode_dss_signature(made)
    except ValueError:
        raise Refused("the passkey gave no signature") from None
    return (
        _string(_WEBAUTHN.encode())
        + _string(_mpint(first) + _mpint(second))
        + authenticator[32:37]
        + b"".join(_string(part) for part in (origin.encode(), client, authenticator[37:]))
    )


def security_key(curve_point: bytes, application: str) -> PublicKey:
    """Give the public key of a passkey on the curve P-256, from its uncompressed point.

    Raises Refused where the point is none of that curve.
    """
    parts = (_SK_ECDSA.encode(), b"nistp256", curve_point, application.encode())
    return key_of(b"".join(_string(part) for part in parts))


def rsa_passkey(public: bytes, application: str) -> PublicKey:
    """Give the public key of a passkey that signs by RSA, from its SubjectPublicKeyInfo in DER.

    Raises Refused where it is none, or weak.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused("it is no public key") from None
    if not isinstance(key, RSAPublicKey):
        raise Refused("it is no RSA key")
    numbers = key.public_numbers()
    parts = (_string(RSA_PASSKEY.encode()), _mpint(numbers.e), _mpint(numbers.n), _string(application.encode()))
    return key_of(b"".join(parts))


def verify_assertion(
    key: PublicKey, authenticator: bytes, client: bytes, made: bytes, message: bytes, namespace: str
) -> Signature:
    """Verify what a passkey made in a browser for a message and a namespace, in the parts that a browser gives.

    Only for keys whose signatures in browsers OpenSSH has no form for: for others there is one form, its own. Raises
    Refused as `verify` does, and where the device did not make sure who its owner is.
    """
    algorithm = _BY_BROWSERS_ALONE.get(key.type)
    if algorithm is None:
        raise Refused(f"a key of type `{key.type}` signs in the form of OpenSSH")
    if len(authenticator) < 37:
        raise Refused("what the passkey says of itself is cut off")
    if authenticator[:32] != hashlib.sha256(key.application.encode()).digest():
        raise Refused("the passkey signed for another site")
    origin = client_data(client).get("origin")
    if not isinstance(origin, str):
        raise Refused("it names no page that it was made on")
    _client(client, challenge(message, namespace), origin)
    flags = authenticator[32]
    _must_be_touched(flags, authenticator[37:], in_browser=True)
    if not flags & _VERIFIED:
        raise Refused("the device did not make sure who its owner is")
    _proven(key, algorithm, made, authenticator + hashlib.sha256(client).digest())
    return Signature(key, algorithm, "passkey", user_verified=True, origin=origin)


# --- what a key signed ------------------------------------------------------------------------


def _verified(key: PublicKey, signature: bytes, signed: bytes) -> Signature:
    reader = _Reader(signature, "signature")
    algorithm = reader.text()
    if algorithm not in _ALGORITHMS[key.type]:
        raise Refused(f"its algorithm `{_shown(algorithm)}` is none of a key of type `{key.type}`")
    made = reader.string()
    if not key.hardware:
        reader.end()
        _proven(key, algorithm, made, signed)
        return Signature(key, algorithm, "software")
    flags = reader.take(1)
    counter = reader.take(4)
    origin = ""
    content = hashlib.sha256(signed).digest()
    extensions = b""
    if algorithm == _WEBAUTHN:
        origin = reader.text()
        client = reader.string()
        extensions = reader.string()
        _client(client, signed, origin)
        content = hashlib.sha256(client).digest()
    reader.end()
    _must_be_touched(flags[0], extensions, in_browser=algorithm == _WEBAUTHN)
    application = hashlib.sha256(key.application.encode()).digest()
    _proven(key, algorithm, made, application + flags + counter + extensions + content)
    kind: Literal["hardware", "passkey"] = "passkey" if algorithm == _WEBAUTHN else "hardware"
    return Signature(key, algorithm, kind, bool(flags[0] & _VERIFIED), origin)


def _must_be_touched(flags: int, extensions: bytes, *, in_browser: bool) -> None:
    """Return where a device says that somebody touched it, and nothing that no signature says; raises Refused."""
    known = _TOUCHED | _VERIFIED | (0x18 if in_browser else 0) | _EXTENDED
    if flags & ~known or bool(flags & _EXTENDED) != bool(extensions):
        raise Refused("the security key says of itself what no signature says")
    if not flags & _TOUCHED:
        raise Refused("nobody touched the security key")


def _client(client: bytes, signed: bytes, origin: str) -> None:
    """Check what the browser says that it signed: this challenge, for a page, and not for a frame in another one."""
    said = client_data(client)
    awaited = base64.urlsafe_b64encode(signed).decode().rstrip("=")
    if said.get("type") != "webauthn.get":
        raise Refused("the browser made it for something other than a signature")
    if said.get("challenge") != awaited:
        raise Refused("the passkey signed another text")
    if not origin or said.get("origin") != origin:
        raise Refused("it names two pages that it was made on")
    if said.get("crossOrigin", False) is not False:
        raise Refused("it was made in a frame of another page")


def client_data(client: bytes) -> Mapping[str, Any]:
    """Read what a browser says that it signed. Raises Refused where it is no JSON mapping, or has a key twice."""
    try:
        said = json.loads(client.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Refused("what the browser says of it cannot be read") from None
    if not isinstance(said, dict):
        raise Refused("what the browser says of it cannot be read")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _proven(key: PublicKey, algorithm: str, made: bytes, signed: bytes) -> None:
    """Return where the key made the signature over these bytes; raises Refused otherwise."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    reader = _Reader(key.blob, "key")
    reader.string()
    try:
        if key.type in {"ssh-ed25519", _SK_ED25519}:
            if len(made) != 64:
                raise Refused("it is cut off, or too long")
            _ed25519(reader.string()).verify(made, signed)
        elif key.type in {"ssh-rsa", RSA_PASSKEY}:
            least = LEAST_RSA_BITS if key.type == "ssh-rsa" else LEAST_RSA_BITS_OF_PASSKEYS
            public = _rsa(reader.number(), reader.number(), least)
            if len(made) != (public.key_size + 7) // 8:
                raise Refused("it is cut off, or too long")
            digest = hashes.SHA512() if algorithm == "rsa-sha2-512" else hashes.SHA256()
            public.verify(made, signed, padding.PKCS1v15(), digest)
        else:
            parts = _Reader(made, "signature")
            first, second = parts.number(), parts.number()
            parts.end()
            curve = reader.text()
            sizes: Mapping[str, hashes.HashAlgorithm] = {
                "nistp256": hashes.SHA256(),
                "nistp384": hashes.SHA384(),
                "nistp521": hashes.SHA512(),
            }
            public_point = _ecdsa(curve, reader.string())
            public_point.verify(encode_dss_signature(first, second), signed, ec.ECDSA(sizes[curve]))
    except InvalidSignature:
        raise Refused("it is not a signature of this text by this key") from None


# --- keys -------------------------------------------------------------------------------------


def _ed25519(point: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(point) != 32:
        raise Refused("an Ed25519 key has 32 bytes")
    height = int.from_bytes(point, "little") & (2**255 - 1)
    if height >= _FIELD or height in _SMALL_ORDER:
        raise Refused("it is a key that anybody can sign for")
    try:
        return Ed25519PublicKey.from_public_bytes(point)
    except UnsupportedAlgorithm:  # pragma: no cover - only libraries that a state has restricted know no Ed25519
        raise UnknownKind("this machine's library cannot verify it") from None


def _rsa(exponent: int, modulus: int, least: int = LEAST_RSA_BITS) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    bits = modulus.bit_length()
    if bits < least:
        raise Refused(f"an RSA key has at least {least:,} bits, this one has {bits:,}")
    if bits > MOST_RSA_BITS:
        raise Refused(f"an RSA key has at most {MOST_RSA_BITS:,} bits, this one has {bits:,}")
    if exponent < 65537 or exponent.bit_length() > 64 or exponent % 2 == 0 or modulus % 2 == 0:
        raise Refused("it is an RSA key of a weak kind")
    return RSAPublicNumbers(exponent, modulus).public_key()


def _ecdsa(curve: str, point: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    curves: Mapping[str, ec.EllipticCurve] = {
        "nistp256": ec.SECP256R1(),
        "nistp384": ec.SECP384R1(),
        "nistp521": ec.SECP521R1(),
    }
    if point[:1] != b"\x04":
        raise Refused("its point is not written out in full")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curves[curve], point)
    except ValueError:
        raise Refused("its point does not lie on its curve") from None


# --- bytes ------------------------------------------------------------------------------------


class _Reader:
    """Takes bytes apart from left to right; raises Refused where there are too few, or some are left over."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._at = 0
        self._what = what

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise Refused(f"the {self._what} is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def integer(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.integer())

    def text(self) -> str:
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError:
            raise Refused(f"the {self._what} holds a name that is none") from None

    def number(self) -> int:
        """Take a number that is not negative, in its one shortest form."""
        data = self.string()
        if not data or data[0] & 0x80 or (data[0] == 0 and (len(data) == 1 or not data[1] & 0x80)):
            raise Refused(f"the {self._what} holds a number in a form that it has not")
        return int.from_bytes(data, "big")

    def end(self) -> None:
        if self._at != len(self._data):
            raise Refused(f"bytes are left over behind the {self._what}")


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _mpint(value: int) -> bytes:
    return _string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _unarmored(text: bytes) -> bytes:
    if len(text) > MOST_BYTES:
        raise Refused(f"it has {len(text):,} bytes, and at most {MOST_BYTES:,} are read")
    lines = text.replace(b"\r\n", b"\n").split(b"\n")
    if len(lines) < 4 or lines[0] != _BEGIN or lines[-2:] != [_END, b""]:
        raise Refused("it is no signature file of OpenSSH: its first or its last line is missing")
    return _decoded(b"".join(lines[1:-2]))


def _decoded(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("it is no base64 text") from None
    if base64.b64encode(data) != text:
        raise Refused("it is no base64 text in its one form")
    return data


def _shown(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c != "`" else "?" for c in text[:64])
