"""What people mean by a revision, and where it cannot be read, why and what mends it."""

from __future__ import annotations

import os
import re
import shlex

from slacli.adapters.history import commits, git
from slacli.core import wording
from slacli.errors import CannotRun

_LONGEST_REVISION = 500
# A name and the steps back from it. What reads a reflog, searches messages or spans a range is no name of a commit.
_REVISION = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]+(?:[~^][0-9]{0,9}|\^\{(?:commit)?\})*")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_PART_OF_A_HASH = re.compile(r"[0-9a-f]{4,63}")
# Git takes no fewer digits than these for a hash.
_SHORTEST_HASH = 4


def must_be_one(name: str, text: str) -> None:
    """Make sure that a text has the form of a name for a commit, with a folder behind it or not.

    Raises CannotRun where it has not.
    """
    is_one = _REVISION.fullmatch(name) and not name.startswith("-") and ".." not in name and "@{" not in name
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        is_one = False
    if not is_one or len(name) > _LONGEST_REVISION:
        raise _no_revision(text)


def meant(there: git.Repository, text: str) -> tuple[str, str]:
    """Give the commit that a text means, and how it is called."""
    if not _VERSION.fullmatch(text):
        commit = _named(there, text)
        if commit is None:
            raise _unknown(there, text)
        return commit, wording.sanitised(text, 60)
    commit = _named(there, text)
    if commit is not None and len(text) >= _SHORTEST_HASH:
        return commit, text
    version = _version(there, int(text))
    if version is None:
        if commit is not None:
            return commit, text
        # What has the length of a hash is more likely the beginning of one than a version.
        raise _no_version(there, int(text)) if len(text) < _SHORTEST_HASH else _unknown(there, text)
    if commit is not None and not _is_same(there, commit, version):
        raise CannotRun(
            f"`{text}` is a version of the contract, and also a branch or a tag that holds another text",
            f"write the hash: the version is `{version[: git.SHORT_HASH]}`, the other is `{commit[: git.SHORT_HASH]}`",
        )
    return version, f"version {text}"


def parting(there: git.Repository, one: str, other: str) -> tuple[str, str]:
    """Give the newest commit that two names both rest on, and how it is called.

    Raises CannotRun where there is none, as between branches that were begun apart.
    """
    (first, title), (second, beside) = meant(there, one), meant(there, other)
    done = there.run("merge-base", first, second)
    found = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0 and git.WHOLE_HASH.fullmatch(found):
        return found, f"merge base of {title} and {beside}"
    if there.is_shallow:
        raise CannotRun(
            f"where `{title}` and `{beside}` part is not in this clone, which holds only the end of the history",
            f"fetch the rest with `{there.fetch()}`",
        )
    if done.returncode != 1:
        raise git.damaged(there)
    raise CannotRun(
        f"`{title}` and `{beside}` rest on no commit in common",
        f"compare them as they are: `{wording.sanitised(f'{one}..{other}')}`",
    )


def _named(there: git.Repository, text: str) -> str | None:
    """Give the commit that a text names in Git, or None.

    Raises CannotRun where it names more than one.
    """
    name = re.split("[~^]", text, maxsplit=1)[0]
    # Git takes a tag before a branch of the same name and only warns: anybody who may push tags could move `main`.
    refs = there.refs(*(f"refs/{kind}/{name}" for kind in ("heads", "tags", "remotes")))
    if len(refs) > 1 and len({there.resolved(ref) for ref in refs}) > 1:
        raise CannotRun(
            f"`{wording.sanitised(name, 60)}` names more than one commit: {wording.quoted(refs)}",
            f"write the whole name: {wording.quoted(refs, 'or')}",
        )
    return there.resolved(text)


def head(there: git.Repository) -> str:
    commit = there.resolved("HEAD")
    if commit is None:
        raise _nothing_committed(there)
    return commit


def _version(there: git.Repository, number: int) -> str | None:
    head = there.resolved("HEAD")
    if head is None:
        return None
    with git.objects(there) as objects:
        return next((one.commit for one in commits.line(there, objects, head) if one.version == number), None)


def _is_same(there: git.Repository, one: str, other: str) -> bool:
    """Say whether the folder holds the same at two commits."""
    with git.objects(there) as objects:
        trees = {commits.folder_of(objects, commit, there.prefix, commit[: git.SHORT_HASH]) for commit in (one, other)}
    return len(trees) == 1


def default_branch(there: git.Repository) -> str:
    refs = there.refs()
    if not refs:
        raise _nothing_committed(there)
    remotes = sorted({name.split("/")[2] for name in refs if name.startswith("refs/remotes/")})
    remote = "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else None
    if remote is not None:
        done = there.run("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
        own = os.fsdecode(done.stdout).rstrip("\n")
        wanted = [own] if own.startswith(f"refs/remotes/{remote}/") else []
        wanted += [f"refs/remotes/{remote}/{name}" for name in ("main", "master")]
    else:
        wanted = []
    wanted += ["refs/heads/main", "refs/heads/master"]
    for name in wanted:
        if name in refs:
            return name
    branches = [name for name in refs if name.startswith("refs/heads/")]
    if len(branches) == 1 and not there.remotes():
        return branches[0]
    raise CannotRun(
        f"no default branch of `{there.shown}` is known here: there is no `main`, no `master`, and no remote names one",
        f"fetch it with `{there.fetch()}`"
        if there.remotes()
        else "say with what to compare, such as `slacli diff HEAD`",
    )


# --- why a revision cannot be read ------------------------------------------------------------


def _no_revision(text: str) -> CannotRun:
    help_ = "name a branch, a tag, a hash, `HEAD~2`, the number of a version or a folder such as `./old`"
    if "@{" in text:
        help_ = "name the branch itself, such as `origin/main`: what stands in `@{}` differs from clone to clone"
    return CannotRun(f"`{wording.sanitised(text, 60)}` names no commit", help_)


def _nothing_committed(there: git.Repository) -> CannotRun:
    if not there.refs():
        return CannotRun(
            f"the repository of `{there.shown}` has no commit yet",
            f"commit the contract first: `git add {shlex.quote(there.shown)}`, then `git commit`",
        )
    return CannotRun("the branch that is checked out has no commit yet", "name a branch that has one")


def _unknown(there: git.Repository, text: str) -> CannotRun:
    shown = wording.sanitised(text, 60)
    name = re.split("[~^]", text, maxsplit=1)[0]
    refs = there.refs()
    if not refs or (name in {"HEAD", "@"} and there.resolved("HEAD") is None):
        return _nothing_committed(there)
    if _PART_OF_A_HASH.fullmatch(name) and not git.WHOLE_HASH.fullmatch(name):
        done = there.run("rev-parse", f"--disambiguate={name}")
        alike = [one for one in done.stdout.decode("ascii", "replace").split() if there.kind(one) == "commit"]
        if len(alike) > 1:
            return CannotRun(
                f"`{name}` begins the hashes of {wording.counted(len(alike), 'commit')}",
                f"write more of the hash: {wording.quoted((one[: _apart(alike)] for one in alike[:4]), 'or')}",
            )
    kind = there.kind(name)
    if kind in {"blob", "tree", "tag"}:
        return CannotRun(f"`{shown}` is in the repository, but is no commit", "see the commits with `git log`")
    if there.is_shallow:
        return CannotRun(
            f"`{shown}` is not in this clone, which holds only the end of the history",
            f"fetch the rest with `{there.fetch()}`",
        )
    if git.WHOLE_HASH.fullmatch(name) and kind is None:
        help_ = "look for it with `git log --all`"
        if there.remotes():
            help_ = f"fetch it with `git fetch {there.remote()} {name}`: it may have been pushed away by force"
        return CannotRun(f"the commit `{shown}` is not in this repository", help_)
    short = [re.sub(r"^refs/(heads|tags|remotes)/", "", ref) for ref in refs]
    far = [one for one in short if one.partition("/")[2] == name]
    near = far[0] if len(far) == 1 else wording.nearest(name, short)
    what = f"the repository of `{there.shown}` has no branch, tag or commit `{shown}`"
    if name != text and there.resolved(name) is not None:
        return CannotRun(f"`{shown}` goes back further than the history", f"see it with `git log {shlex.quote(name)}`")
    if near is not None and near != name:
        return CannotRun(what, f"did you mean `{wording.sanitised(near, 100)}`?")
    if there.remotes():
        return CannotRun(what, f"fetch it with `{there.fetch()}`")
    return CannotRun(what, "see what there is with `git branch --all` and `git tag`")


def _no_version(there: git.Repository, number: int) -> CannotRun:
    with git.objects(there) as objects:
        line = list(commits.line(there, objects, head(there)))
    known = sorted({one.version for one in line if one.version is not None})
    what = f"no commit of `{there.shown}` that HEAD rests on says `version: {number}`"
    if there.is_shallow:
        return CannotRun(f"{what}, and this clone holds only the end of the history",
                         f"fetch the rest with `{there.fetch()}`")  # fmt: skip
    if known:
        shown = [str(one) for one in known[-5:]]
        return CannotRun(
            what, f"known: {wording.listed(shown)}" if len(known) <= 5 else f"the last: {wording.listed(shown)}"
        )
    return CannotRun(what, f"commit the contract first: `git add {shlex.quote(there.shown)}`, then `git commit`")


def _apart(hashes: list[str]) -> int:
    """Say how many digits tell some hashes apart."""
    return next(size for size in range(git.SHORT_HASH, 65) if len({one[:size] for one in hashes}) == len(hashes))
