"""Real repositories for tests: built by Git itself, apart from what the machine and its user have set."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

GIT = shutil.which("git") or "git"
COVER = "format: 1\nid: acme\nversion: {version}\n"


def surroundings() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in
           (("NAME", "Ada"), ("EMAIL", "ada@example.com"), ("DATE", "2027-03-01T09:00:00+0100"))}  # fmt: skip
    return kept | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}


def git(place: Path, *arguments: str, stdin: bytes = b"", check: bool = True, **more: str) -> str:
    """Run Git in a folder, and give what it prints."""
    done = subprocess.run(
        [GIT, *arguments], cwd=place, env=surroundings() | more, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done.stdout.decode().strip()


class Repository:
    """A repository with a working tree; its contract lies in `contracts/` unless something else is said."""

    def __init__(self, top: Path, *options: str, contract: str = "contracts") -> None:
        self.top = top
        self.contracts = top / contract
        top.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments: str, stdin: bytes = b"", check: bool = True, **more: str) -> str:
        return git(self.top, *arguments, stdin=stdin, check=check, **more)

    def write(self, version: int = 1, **texts: str) -> None:
        """Write a cover with a number, and other files by their names without `.yaml`."""
        self.contracts.mkdir(parents=True, exist_ok=True)
        (self.contracts / "contract.yaml").write_text(COVER.format(version=version))
        for name, text in texts.items():
            (self.contracts / f"{name}.yaml").write_text(text)

    def commit(self, message: str = "A change", *, empty: bool = False) -> str:
        """Commit all that there is, and give the hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message, *(["--allow-empty"] if empty else []))
        return self.head()

    def written(self, version: int = 1, message: str = "A change", **texts: str) -> str:
        self.write(version, **texts)
        return self.commit(message)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Store a tree as it is given, whether or not Git would make it: modes, names and objects."""
        raw = b"".join(f"{mode} ".encode() + name + b"\0" + bytes.fromhex(child) for mode, name, child in entries)
        return self.store("tree", raw)

    def store(self, kind: str, raw: bytes) -> str:
        return self.git("hash-object", "-w", "--literally", "-t", kind, "--stdin", stdin=raw)

    def commit_of(self, *entries: tuple[str, bytes, str]) -> str:
        """Commit a folder `contracts/` with a cover and the given entries, sorted or not, with Git's own tools."""
        cover = ("100644", b"contract.yaml", self.blob(COVER.format(version=1).encode()))
        top = self.tree(("40000", b"contracts", self.tree(cover, *entries)))
        return self.git("commit-tree", top, "-m", "Made by hand")


def two_with_one_beginning(repository: Repository) -> tuple[str, str]:
    """Store two commits whose hashes begin with the same four digits."""
    tree = repository.git("rev-parse", "HEAD^{tree}")
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        raw = f"tree {tree}\nauthor A <a@b.example> {number} +0000\ncommitter A <a@b.example> 0 +0000\n\nx\n".encode()
        start = hashlib.sha1(b"commit %d\0%s" % (len(raw), raw), usedforsecurity=False).hexdigest()[:4]
        if start in seen:
            return repository.store("commit", seen[start]), repository.store("commit", raw)
        seen[start] = raw
    raise AssertionError("no two hashes begin alike")


def program(path: Path, text: str) -> Path:
    """Write a program that a shell runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def files_below(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
