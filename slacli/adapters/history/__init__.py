"""The one door to history: reads contracts out of Git, believing nothing that a repository says, and adds commits."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from slacli.adapters.history import adding, commits, git, revisions
from slacli.adapters.history.commits import COVER, Committed, Snapshot
from slacli.core import wording
from slacli.errors import CannotRun

__all__ = [
    "Committed",
    "Snapshot",
    "add",
    "base",
    "fetch",
    "holds",
    "must_take_commits",
    "parting",
    "snapshot",
    "snapshots",
    "versions",
    "working_tree",
]

Read = Callable[[Path], Mapping[str, bytes]]


def working_tree(folder: Path, texts: Mapping[str, bytes]) -> Snapshot:
    """Give what stands on disk, committed or not."""
    return Snapshot("working tree", None, texts, str(folder))


def snapshot(folder: Path, revision: str, read: Read | None = None) -> Snapshot:
    """Give the contract folder as it was at a revision.

    A revision is the path of a folder, if it begins with `.` or `/` or ends with `/`; or a branch, a tag, a hash, or
    one of these with steps back, such as `HEAD~2`; or the number of a version: the last commit on the first-parent
    line of HEAD that changed the folder and left `version: N` on its cover. Numbers of four digits and more are
    versions only where they are no hash. `REVISION:FOLDER` is another folder of the repository, from its top. What
    Git does not know is a folder if there is one with a cover. Folders are read by `read`; without it they are none.
    Raises CannotRun where the revision cannot be read, or more than one thing is meant.
    """
    if read is not None and _is_path(revision):
        return _of_folder(revision, read)
    is_folder = read is not None and _holds_a_cover(revision)
    try:
        there = git.opened(folder)
        name, colon, elsewhere = revision.partition(":")
        revisions.must_be_one(name, revision)
        there = there.turned_to(elsewhere) if colon else there
        commit, title = revisions.meant(there, name)
    except CannotRun:
        if read is not None and is_folder:
            return _of_folder(revision, read)
        raise
    if is_folder:
        raise CannotRun(
            f"`{wording.sanitised(revision)}` is a revision and a folder",
            f"write `{shlex.quote(f'./{revision}')}` for the folder, or the whole hash `{commit}` for the revision",
        )
    with git.objects(there) as objects:
        return commits.taken(there, objects, commit, title)


def snapshots(folder: Path, hashes: Iterable[str]) -> list[Snapshot | CannotRun]:
    """Give the contract folder at each of some commits, by their whole hashes, with every text read once.

    What cannot be read stands in its place as the reason. Raises CannotRun where there is no repository, or Git does
    not answer.
    """
    there = git.opened(folder)
    found: list[Snapshot | CannotRun] = []
    waiting = list(hashes)
    known: dict[tuple[str, str], bytes] = {}
    while waiting:
        with git.objects(there) as objects:
            # A refusal may leave half an answer behind, so that each run of commits has a process of its own.
            objects.known = known
            while waiting:
                commit = waiting.pop(0)
                try:
                    found.append(commits.taken(there, objects, commit, commit))
                except CannotRun as fault:
                    if objects.is_silent():
                        raise
                    found.append(fault)
                    break
    return found


def holds(folder: Path, revision: str) -> bool:
    """Say whether the contract is there at a revision, readable or not.

    Raises CannotRun where there is no such revision.
    """
    there = git.opened(folder)
    revisions.must_be_one(revision, revision)
    commit, _ = revisions.meant(there, revision)
    with git.objects(there) as objects:
        return commits.holds(there, objects, commit)


def base(folder: Path) -> Snapshot:
    """Give the contract folder on the default branch, with which the working tree is compared when nothing is said.

    That is the branch that the remote calls its own (`origin` where there are several), else `main` or `master` of
    that remote, else the local `main` or `master`, else the only branch. Raises CannotRun where there is none.
    """
    there = git.opened(folder)
    ref = revisions.default_branch(there)
    commit = there.resolved(ref)
    if commit is None:
        raise git.damaged(there)
    with git.objects(there) as objects:
        return commits.taken(there, objects, commit, re.sub(r"^refs/(heads|remotes)/", "", ref))


def parting(folder: Path, one: str, other: str) -> Snapshot:
    """Give the contract folder at the newest commit that two revisions both rest on.

    The revisions are those of `snapshot`, without folders on disk; a folder of the repository may be named behind the
    first. Raises CannotRun where one of them cannot be read, or they rest on nothing in common.
    """
    there = git.opened(folder)
    names = [text.partition(":")[0] for text in (one, other)]
    for name, text in zip(names, (one, other), strict=True):
        revisions.must_be_one(name, text)
    elsewhere = one.partition(":")
    commit, title = revisions.parting(there, names[0], names[1])
    there = there.turned_to(elsewhere[2]) if elsewhere[1] else there
    with git.objects(there) as objects:
        return commits.taken(there, objects, commit, title)


def must_take_commits(folder: Path) -> None:
    """Return where a commit can be added to the branch on which a folder lies; raises CannotRun with what helps."""
    adding.must_be_ready(git.opened(folder))


def add(folder: Path, names: Iterable[str], message: str) -> str | None:
    """Commit some files of a folder as they lie on disk, and nothing else; a file that is gone is taken out.

    What else is staged stays staged, and nothing of the repository runs. Gives the hash, or None where the branch
    holds them already. Raises CannotRun where there is no branch to add to, nobody says who commits, or somebody else
    was faster.
    """
    return adding.add(git.opened(folder), folder, names, message)


def fetch(folder: Path) -> str:
    """Give the command that fetches what a clone lacks of the history."""
    return git.opened(folder).fetch()


def versions(folder: Path) -> list[Committed]:
    """Give every commit on the first-parent line of HEAD that changed the contract folder, the newest first.

    Raises CannotRun where there is no history.
    """
    there = git.opened(folder)
    head = revisions.head(there)
    with git.objects(there) as objects:
        return list(commits.line(there, objects, head))


def _is_path(text: str) -> bool:
    return (
        text in {".", ".."}
        or text.startswith(("./", "../", "/", ".\\", "..\\"))
        or (text.endswith(("/", os.sep)) or Path(text).is_absolute())
    )


def _is_folder(text: str) -> bool:
    try:
        return text != "" and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _holds_a_cover(text: str) -> bool:
    return _is_folder(text) and (Path(text) / COVER).is_file()


def _of_folder(text: str, read: Read) -> Snapshot:
    shown = wording.sanitised(text)
    if not _is_folder(text):
        raise CannotRun(f"`{shown}` is not a folder", f"name the folder that holds `{COVER}`")
    if not _holds_a_cover(text):
        raise CannotRun(f"the folder `{shown}` holds no `{COVER}`", "name the folder that holds one")
    return Snapshot(shown, None, MappingProxyType(dict(read(Path(text)))), text)
