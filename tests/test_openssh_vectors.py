"""OpenSSH's own test vectors of signatures: a second opinion that nobody here made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from slacli.core.trust import sshsig
from slacli.core.trust.sshsig import Refused, UnknownKind

HERE = Path(__file__).parent / "vectors" / "openssh_regress"
SPACE = (HERE / "namespace").read_text(encoding="ascii")
TEXT = (HERE / "signed-data").read_bytes()
# DSA is too weak to count, whatever OpenSSH of that time said.
KINDS = {
    "ecdsa": "software", "ecdsa_sk": "hardware", "ecdsa_sk_webauthn": "passkey", "ed25519": "software",
    "ed25519_sk": "hardware", "rsa": "software",
}  # fmt: skip


def signature(name: str) -> bytes:
    return (HERE / f"{name}.sig").read_bytes()


def public(name: str) -> str:
    return " ".join((HERE / f"{name}.pub").read_text(encoding="ascii").split()[:2])


@pytest.mark.parametrize("name", KINDS)
def test_what_openssh_signed_is_accepted_with_its_key(name: str) -> None:
    made = sshsig.verify(signature(name), TEXT, SPACE)
    assert (made.key.text, made.kind) == (public(name), KINDS[name])


def test_a_dsa_signature_is_of_a_kind_that_never_counts() -> None:
    with pytest.raises(UnknownKind):
        sshsig.verify(signature("dsa"), TEXT, SPACE)


@pytest.mark.parametrize("name", KINDS)
def test_another_text_and_another_purpose_are_refused(name: str) -> None:
    for text, space in ((TEXT + b"\n", SPACE), (TEXT[:-1], SPACE), (TEXT, "file"), (TEXT, f"{SPACE}2"), (TEXT, "")):
        with pytest.raises(Refused):
            sshsig.verify(signature(name), text, space)


@pytest.mark.parametrize("name", KINDS)
def test_one_letter_changed_one_taken_and_one_added_are_refused_everywhere(name: str) -> None:
    whole = signature(name)
    begin, end = whole.index(b"\n") + 1, whole.rindex(b"\n-----END")
    for at in range(begin, end):
        if whole[at : at + 1] in b"\n=":
            continue
        other = b"A" if whole[at : at + 1] != b"A" else b"B"
        for mangled in (
            whole[:at] + other + whole[at + 1 :],
            whole[:at] + whole[at + 1 :],
            whole[:at] + b"A" + whole[at:],
        ):
            if mangled == whole:
                continue
            with pytest.raises(Refused):
                sshsig.verify(mangled, TEXT, SPACE)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
@pytest.mark.parametrize("name", KINDS)
def test_the_openssh_of_this_machine_says_the_same(name: str, tmp_path: Path) -> None:
    (tmp_path / "allowed").write_text(f"dana {public(name)}\n", encoding="ascii")
    ran = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "dana", "-n", SPACE,
         "-s", str(HERE / f"{name}.sig")],
        input=TEXT, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
