"""Security keys and passkeys that sign as the real ones do, written apart from slacli after the texts of their makers.

`hardware` is what OpenSSH asks a device for, `passkey` what a browser does; both in the file that OpenSSH reads.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from signing import MAGIC, armour, string

KIND = b"sk-ecdsa-sha2-nistp256@openssh.com"
IN_BROWSER = b"webauthn-" + KIND
TOUCHED, RECOGNISED = 0x01, 0x04
ORIGIN = "http://localhost:41234"


@dataclass(frozen=True)
class Device:
    """A device that holds one key: for OpenSSH (`ssh:`), or for a page (`localhost`)."""

    name: str
    application: str = "localhost"

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        digest = hashlib.sha256(f"a device of {self.name} for tests".encode()).digest()
        return ec.derive_private_key(int.from_bytes(digest, "big") >> 1, ec.SECP256R1())

    @property
    def blob(self) -> bytes:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return b"".join(map(string, (KIND, b"nistp256", point, self.application.encode())))

    @property
    def text(self) -> str:
        return f"{KIND.decode()} {base64.b64encode(self.blob).decode()}"

    def hardware(self, text: bytes, space: str, flags: int = TOUCHED) -> bytes:
        state = bytes([flags]) + (7).to_bytes(4, "big")
        application = hashlib.sha256(self.application.encode()).digest()
        made = self._signed(application + state + hashlib.sha256(asked(text, space)).digest())
        return _file(self.blob, space, string(KIND) + string(made) + state)

    def passkey(
        self,
        text: bytes,
        space: str,
        *,
        flags: int = TOUCHED | RECOGNISED,
        origin: str = ORIGIN,
        hashed_for: str | None = None,
        client: bytes | None = None,
        **said: Any,
    ) -> bytes:
        """Sign on a page; `said` replaces what the browser says of it, `origin` what stands in the file."""
        challenge = base64.urlsafe_b64encode(asked(text, space)).decode().rstrip("=")
        values = {"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False} | said
        client = client if client is not None else json.dumps(values, separators=(",", ":")).encode()
        state = bytes([flags]) + (7).to_bytes(4, "big")
        site = hashlib.sha256((self.application if hashed_for is None else hashed_for).encode()).digest()
        made = self._signed(site + state + hashlib.sha256(client).digest())
        rest = string(origin.encode()) + string(client) + string(b"")
        return _file(self.blob, space, string(IN_BROWSER) + string(made) + state + rest)

    def _signed(self, content: bytes) -> bytes:
        return numbers(self.key.sign(content, ec.ECDSA(hashes.SHA256())))


def numbers(der: bytes) -> bytes:
    """Give the two numbers of a signature on a curve as OpenSSH writes them."""
    return b"".join(
        string(number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in decode_dss_signature(der)
    )


def asked(text: bytes, space: str, name: bytes = b"sha512") -> bytes:
    """Give the bytes that a key signs for a text and a purpose."""
    hashed = hashlib.new(name.decode(), text).digest()
    return MAGIC + b"".join(map(string, (space.encode(), b"", name, hashed)))


def _file(blob: bytes, space: str, made: bytes) -> bytes:
    parts = (blob, space.encode(), b"", b"sha512", made)
    return armour(MAGIC + (1).to_bytes(4, "big") + b"".join(map(string, parts)))
