"""Adds one commit of a few files to the branch at hand, so that nothing else changes and nothing of a repository runs.

GitPython opens the repository and runs Git; what it runs is plumbing alone. Its own index is not used: it knows
neither split nor sparse ones nor those of version 4, and leaves out what it does not know when it writes.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slacli.adapters.history import git
from slacli.core import wording
from slacli.errors import CannotRun

if TYPE_CHECKING:
    from git import Repo

# Who commits may stand here; everything else that `GIT_*` says is not followed.
_WHO = re.compile(r"GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)")
_UNDER_WAY: Mapping[str, tuple[str, str]] = {
    "MERGE_HEAD": ("a merge", "git merge --continue"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue"),
    "REVERT_HEAD": ("a revert", "git revert --continue"),
    "rebase-merge": ("a rebase", "git rebase --continue"),
    "rebase-apply": ("a rebase", "git rebase --continue"),
}
_PATIENCE_S = 120


def must_be_ready(there: git.Repository) -> None:
    """Return where a commit can be added to a branch. Raises CannotRun where that cannot be, or nobody would commit."""
    for name, (what, command) in _UNDER_WAY.items():
        if os.path.lexists(there.top / _text(there.run("rev-parse", "--git-path", name).stdout)):
            raise CannotRun(f"{what} is under way in this repository", f"finish it with `{command}`, and commit then")
    branch = there.run("symbolic-ref", "--quiet", "HEAD")
    if branch.returncode != 0:
        raise CannotRun(
            "HEAD is on no branch, and a commit there would be lost with the next checkout",
            "go to a branch with `git switch`, or begin one with `git switch --create NAME`",
        )
    if there.resolved("HEAD") is None:
        raise CannotRun(
            f"the branch `{_branch(branch.stdout)}` has no commit yet",
            f"commit the contract itself first: `git add {shlex.quote(there.shown)}`, then `git commit`",
        )
    who = there.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    if who.returncode != 0 and not _is_said_by_variables():
        raise _nobody()


class _Asks:
    """A repository with an empty working tree.

    Whatever writes an index looks again at files that changed in the same second, through the filters that attributes
    in the working tree name: measured, a filter of the repository ran. In an empty one there is nothing to look at.
    """

    def __init__(self, repo: Repo, there: git.Repository, apart: Path) -> None:
        self.repo = repo
        self.there = there
        self.apart = apart
        self.tree = str(apart / "empty")
        (apart / "empty").mkdir()
        self.directory = _text(there.run("rev-parse", "--absolute-git-dir").stdout)


def _nobody() -> CannotRun:
    return CannotRun(
        "Git does not know who commits",
        "say it once: `git config --global user.name 'Your Name'` and `git config --global user.email YOU@EXAMPLE.COM`",
    )


def add(there: git.Repository, folder: Path, names: Iterable[str], message: str) -> str | None:
    """Commit files of a folder as they lie on disk, and give the hash; None where the branch holds them already."""
    must_be_ready(there)
    parent = there.resolved("HEAD")
    if parent is None:
        raise git.damaged(there)
    with _who_commits(), _opened(there) as repo, tempfile.TemporaryDirectory() as apart:
        asks = _Asks(repo, there, Path(apart))
        entries = b"".join(
            _entry(asks, "/".join((*there.prefix, name)), folder / name, parent) for name in sorted(set(names))
        )
        beside = {"GIT_INDEX_FILE": str(asks.apart / "index")}
        _asked(asks, "read-tree", parent, env=beside)
        _asked(asks, "update-index", "-z", "--index-info", stdin=entries, env=beside)
        tree = _asked(asks, "write-tree", "--missing-ok", env=beside)
        if tree == _asked(asks, "rev-parse", "--verify", f"{parent}^{{tree}}"):
            return None
        commit = _asked(asks, "-c", "user.useConfigOnly=true", "commit-tree", tree, "-p", parent, "-F", "-",
                        stdin=f"{message}\n".encode())  # fmt: skip
        # Staged first: where the branch has moved on meanwhile, the files are staged, and nothing is lost.
        _asked(asks, "update-index", "-z", "--index-info", stdin=entries)
        _asked(asks, "update-ref", "-m", f"commit: {message.partition(chr(10))[0]}", "HEAD", commit, parent)
        return commit


def _entry(asks: _Asks, path: str, file: Path, parent: str) -> bytes:
    """Give the line by which an index takes a file in as it lies on disk, or out where it is gone."""
    try:
        content = file.read_bytes() if os.path.lexists(file) else None
    except OSError as error:
        reason = (error.strerror or "the system gave no reason").lower()
        raise CannotRun(f"`{wording.sanitised(str(file))}` cannot be read: {reason}", "check its permissions") from None
    if content is None:
        return b"0 %s\t%s\0" % (b"0" * len(parent), os.fsencode(path))
    # Without a name no filter of the repository is asked: what is stored is what was signed, to the byte.
    blob = _asked(asks, "hash-object", "-w", "-t", "blob", "--stdin", stdin=content)
    return b"100644 %s\t%s\0" % (blob.encode(), os.fsencode(path))


@contextmanager
def _opened(there: git.Repository) -> Iterator[Repo]:
    # GitPython looks for Git when it is imported, by a name on the PATH, and says so aloud where it finds none.
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = there.git
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    from git import Git, Repo
    from git.exc import GitError

    Git.GIT_PYTHON_GIT_EXECUTABLE = there.git
    try:
        with Repo(there.top) as repo:
            yield repo
    except (GitError, ValueError) as fault:
        raise CannotRun(
            f"the repository cannot be opened ({type(fault).__name__})", "look at it with `git status`"
        ) from None


def _asked(asks: _Asks, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    """Run Git through GitPython and give what it says. Raises CannotRun where it refuses."""
    with tempfile.TemporaryFile() as text:
        text.write(stdin)
        text.seek(0)
        found: Any = asks.repo.git.execute(
            git.command(asks.there.git, "-C", asks.tree, *arguments), istream=text, with_extended_output=True,
            with_exceptions=False,
            env={**git.environment(), "GIT_DIR": asks.directory, "GIT_WORK_TREE": asks.tree, **(env or {})},
            # On Windows GitPython cannot end what it waits for.
            kill_after_timeout=_PATIENCE_S if sys.platform != "win32" else None,
        )  # fmt: skip
    status, out, complaint = found
    if status != 0:
        raise _refused(asks.there, str(complaint), arguments)
    return str(out).strip()


def _refused(there: git.Repository, complaint: str, arguments: tuple[str, ...]) -> CannotRun:
    if "index.lock" in complaint:
        return CannotRun(
            "another Git is at work in this repository, or was stopped in the middle of it",
            "wait for it, or remove `.git/index.lock` where none is running; then commit what was written",
        )
    if "cannot lock ref" in complaint:
        return CannotRun(
            "somebody else committed at the same time, so that nothing was committed here",
            "the files are staged: look at them with `git status`, and commit them with `git commit`",
        )
    if re.search(r"who you are|ident name|no email was given|auto-detect", complaint):
        return _nobody()
    why = re.sub(r"^(fatal|error): ", "", complaint.strip().partition("\n")[0])
    said = wording.sanitised(why.replace(str(there.top), "."), 300)
    step = next(one for one in arguments if not one.startswith("-") and "=" not in one)
    return CannotRun(f"Git did not commit (`{step}`): {said}", "see `git status`, and commit what was written yourself")


@contextmanager
def _who_commits() -> Iterator[None]:
    """Keep what `GIT_*` says from GitPython, which hands all of it on, but for who commits and when."""
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith("GIT_")}
    for name in kept:
        if _WHO.fullmatch(name) is None:
            del os.environ[name]
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.upper().startswith("GIT_")]:
            del os.environ[name]
        os.environ.update(kept)


def _is_said_by_variables() -> bool:
    return all(os.environ.get(f"GIT_{role}_{part}") for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL"))


def _branch(ref: bytes) -> str:
    return wording.sanitised(_text(ref).removeprefix("refs/heads/"), 100)


def _text(raw: bytes) -> str:
    return os.fsdecode(raw.rstrip(b"\n"))
