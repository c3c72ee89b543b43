"""A small world of people with keys, who sign rosters and versions; every test of trust begins from it.

It writes the same files as a contract folder holds, and signs by the library alone: nothing of slacli verifies here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PROJECT = "5f0c2b1e-7a41-4d8e-9c55-0e1f6a2b3c4d"
CONTRACT = "acme"
MAGIC = b"SSHSIG"


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def sha(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def key_of(name: str) -> Ed25519PrivateKey:
    """Give the key of a person: the same in every run, so that what it signs can stand in golden files."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"a key of {name} for tests".encode()).digest())


def blob_of(key: Ed25519PrivateKey) -> bytes:
    return string(b"ssh-ed25519") + string(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def text_of(key: Ed25519PrivateKey) -> str:
    return f"ssh-ed25519 {base64.b64encode(blob_of(key)).decode()}"


def armour(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])


def sign(key: Ed25519PrivateKey, text: bytes, namespace: str) -> bytes:
    hashed = hashlib.sha512(text).digest()
    signed = MAGIC + b"".join(string(part) for part in (namespace.encode(), b"", b"sha512", hashed))
    made = string(b"ssh-ed25519") + string(key.sign(signed))
    parts = (blob_of(key), namespace.encode(), b"", b"sha512", made)
    return armour(MAGIC + (1).to_bytes(4, "big") + b"".join(string(part) for part in parts))


ROLES = {"ceo": ["kim"], "revops": ["sam"], "vp_marketing": ["lee"], "vp_sales": ["dana"]}
FILES = {"contract.yaml": sha(b"cover"), "definitions.yaml": sha(b"terms"), "bindings/leads.yaml": sha(b"leads")}


class World:
    """The files of one contract's signatures, and the people who can add to them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.keys = {name: key_of(name) for name in ("dana", "kim", "lee", "mallory", "pat", "sam")}
        self.rosters: list[dict[str, Any]] = []
        self.manifests: list[dict[str, Any]] = []

    def copy(self) -> World:
        """Give the same world once more, to go on from in another way."""
        copy = World()
        copy.files, copy.rosters, copy.manifests = dict(self.files), deepcopy(self.rosters), deepcopy(self.manifests)
        return copy

    # --- rosters ---

    def roster(self, signers: tuple[str, ...] = ("dana", "kim", "lee"), **changes: Any) -> dict[str, Any]:
        """Add the next roster, signed by some people; `changes` replace fields of the one before."""
        number = len(self.rosters) + 1
        before = self.rosters[-1] if self.rosters else None
        people = sorted({"dana", "kim", "lee", "sam"})
        value: dict[str, Any] = deepcopy(before) if before else {
            "_type": "slacli/roster/v1", "project": PROJECT,
            "root": {"members": ["dana", "kim", "lee"], "threshold": 2},
            "people": {name: [{"key": text_of(self.keys[name]), "verified": False}] for name in people},
            "roles": ROLES, "require": ["vp_marketing", "vp_sales"], "head": None,
        }  # fmt: skip
        value |= {"version": number, "previous": sha(rfc8785.dumps(before)) if before else None}
        if before is not None:
            value["head"] = self.head()
        value |= changes
        self.rosters.append(value)
        text = rfc8785.dumps(value)
        self.files[f"signatures/roster/{number}.json"] = text
        for name in signers:
            self.files[f"signatures/roster/{number}--{name}.json.sig"] = sign(self.keys[name], text, "roster.v1@slacli")
        return value

    def head(self) -> dict[str, Any] | None:
        if not self.manifests:
            return None
        last = self.manifests[-1]
        return {"version": last["version"], "revision": last["revision"], "digest": sha(rfc8785.dumps(last))}

    @property
    def pin(self) -> str:
        return sha(rfc8785.dumps(self.rosters[0]))

    # --- versions ---

    def version(self, number: int = 0, revision: int = 0, **changes: Any) -> dict[str, Any]:
        """Add the manifest of the next version, or of a revision of the last."""
        before = self.manifests[-1] if self.manifests else None
        value: dict[str, Any] = deepcopy(before) if before else {
            "_type": "slacli/manifest/v1", "project": PROJECT, "contract": CONTRACT, "effective": "2026-11-01",
            "expires": None, "time_zone": "America/New_York", "sign_off": ["ceo", "vp_marketing", "vp_sales"],
            "stewards": ["revops"], "files": dict(FILES), "replay": None,
        }  # fmt: skip
        value |= {"version": number or (before["version"] + 1 if before else 1), "revision": revision}
        value["previous"] = sha(rfc8785.dumps(before)) if before else None
        value |= changes
        self.manifests.append(value)
        self.files[f"signatures/versions/{name_of(value)}.json"] = rfc8785.dumps(value)
        return value

    def approve(
        self, role: str, person: str | None = None, *, of: int = -1, key: str | None = None, **changes: Any
    ) -> str:
        """Add an approval of a version by its holder of a role, or by somebody else; gives the name of its file."""
        manifest = self.manifests[of]
        signer = person or ROLES[role][0]
        value = {
            "_type": "slacli/approval/v1", "project": PROJECT, "contract": CONTRACT, "version": manifest["version"],
            "revision": manifest["revision"], "digest": sha(rfc8785.dumps(manifest)), "role": role, "signer": signer,
            "roster": sha(rfc8785.dumps(self.rosters[-1])), "at": "2026-11-02T15:00:00Z", "decision": "approve",
            "reason": "",
        } | changes  # fmt: skip
        name = f"signatures/approvals/{name_of(manifest)}/{role}--{signer}.json"
        return self.put(name, value, key or signer)

    def delegate(self, role: str, to: str, *, key: str | None = None, name: str = "", **changes: Any) -> str:
        """Add a delegation by the holder of a role for November 2026; gives its digest."""
        value = {
            "_type": "slacli/delegation/v1", "project": PROJECT, "contract": CONTRACT, "role": role,
            "from": ROLES[role][0], "to": to, "not_before": "2026-11-01", "not_after": "2026-11-30",
            "roster": sha(rfc8785.dumps(self.rosters[-1])),
        } | changes  # fmt: skip
        digest = sha(rfc8785.dumps(value))
        file = name or f"{value['role']}--{value['from']}--{value['to']}--{digest[7:19]}"
        self.put(f"signatures/delegations/{file}.json", value, key or value["from"], "delegation.v1@slacli")
        return digest

    def put(
        self, name: str, value: Mapping[str, Any] | bytes, signer: str, namespace: str = "approval.v1@slacli"
    ) -> str:
        text = value if isinstance(value, bytes) else rfc8785.dumps(dict(value))
        self.files[name] = text
        self.files[f"{name}.sig"] = sign(self.keys[signer], text, namespace)
        return name

    def all_approve(self, of: int = -1, **changes: Any) -> None:
        for role in ("ceo", "vp_marketing", "vp_sales"):
            self.approve(role, of=of, **changes)


def name_of(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['version']}.{manifest['revision']}" if manifest["revision"] else str(manifest["version"])


def agreed() -> World:
    """A world with one roster and one version that everybody signed."""
    world = World()
    world.roster()
    world.version()
    world.all_approve()
    return world


def altered(text: bytes, **changes: Any) -> bytes:
    """Give a statement with other fields."""
    return rfc8785.dumps(json.loads(text) | changes)
