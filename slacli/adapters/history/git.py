"""Git itself: runs it so that nothing of a repository runs with it, and believes of objects only what their ids prove.

Git is asked where a repository stands, what a name means, what changed a folder, and for objects. No file is checked
out, nothing is fetched, only `adding` writes, and variables `GIT_*` are not handed on.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path, PurePosixPath

from slacli.core import wording
from slacli.core.text import files
from slacli.errors import CannotRun
from slacli.values import dataclass

SHORT_HASH = 7
WHOLE_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# Every call must end, whatever a repository holds: a pipe in the place of a file makes Git wait for ever.
_PATIENCE_S = 120
_SETTINGS = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.useReplaceRefs", "false"),
    # A commit graph says of commits what only the commits themselves may say.
    ("core.commitGraph", "false"),
    ("protocol.allow", "never"),
    # A folder of a working tree that looks like a repository is none.
    ("safe.bareRepository", "explicit"),
)
_VARIABLES = {
    # Unlike `protocol.allow`, this outweighs what a repository allows itself for one protocol.
    "GIT_ALLOW_PROTOCOL": "slacli-never-fetches",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    # Git's messages are told apart by their English words.
    "LC_ALL": "C",
    "LANGUAGE": "C",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository by the top of its working tree, and the folder of the contract in it, by the parts of its path."""

    git: str
    top: Path
    prefix: tuple[str, ...]
    shown: str
    is_shallow: bool

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return _run(self.git, self.top, *arguments)

    def resolved(self, text: str) -> str | None:
        """Give the hash of the commit that a text means to Git, or None."""
        done = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")
        found = done.stdout.decode("ascii", "replace").strip()
        return found if done.returncode == 0 and WHOLE_HASH.fullmatch(found) else None

    def refs(self, *names: str) -> list[str]:
        """Give the whole names of all branches and tags, or of those among `names` that there are."""
        found = os.fsdecode(self.run("for-each-ref", "--format=%(refname)", *names).stdout).splitlines()
        # Git also finds what lies below a name.
        return [name for name in found if not names or name in names]

    def kind(self, name: str) -> str | None:
        """Give the kind of an object: `commit`, `tree`, `blob` or `tag`, or None where there is none."""
        done = self.run("cat-file", "-t", name)
        return done.stdout.decode("ascii", "replace").strip() if done.returncode == 0 else None

    def turned_to(self, path: str) -> Repository:
        """Give the same repository with another folder, by its path from the top.

        Raises CannotRun where that is no path in it.
        """
        parts = PurePosixPath(path.rstrip("/")).parts
        if path.startswith("/") or ".." in parts or "\0" in path:
            raise CannotRun(
                f"`{wording.sanitised(path)}` is no path from the top of the repository",
                "write it such as `main:old/contracts`",
            )
        return Repository(self.git, self.top, parts, wording.sanitised(path.rstrip("/")) or ".", self.is_shallow)

    def borders(self) -> frozenset[str]:
        """Give the commits at which a shallow clone ends."""
        if not self.is_shallow:
            return frozenset()
        done = self.run("rev-parse", "--git-path", "shallow")
        try:
            text = (self.top / os.fsdecode(done.stdout.rstrip(b"\n"))).read_text("ascii", "replace")
        except OSError:
            return frozenset()
        return frozenset(text.split())

    def is_partial(self) -> bool:
        return self.run("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$").returncode == 0

    def remotes(self) -> list[str]:
        return os.fsdecode(self.run("remote").stdout).splitlines()

    def remote(self) -> str:
        names = self.remotes()
        return "origin" if "origin" in names or not names else shlex.quote(wording.sanitised(names[0]))

    def fetch(self) -> str:
        """Give the command that fetches every branch, and the whole history where it is cut."""
        name = self.remote()
        whole = "--unshallow " if self.is_shallow else ""
        return f"git fetch --tags {whole}{name} '+refs/heads/*:refs/remotes/{name}/*'"


@dataclass(slots=True)
class Objects:
    """The objects of a repository by their ids, each proved by its id, and each asked for once."""

    process: subprocess.Popen[bytes]
    broken: Callable[[], CannotRun]
    is_silent: Callable[[], bool]
    known: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def get(self, id: str, kind: str, path: str = "", shown: str = "") -> bytes:
        """Give the bytes of an object.

        Raises CannotRun where it is missing, is of another kind, is too big, or is not what its id says.
        """
        if (id, kind) not in self.known:
            self.known[id, kind] = self._asked(id, kind, path, shown)
        return self.known[id, kind]

    def _asked(self, id: str, kind: str, path: str, shown: str) -> bytes:
        into, out = self.process.stdin, self.process.stdout
        if into is None or out is None or not WHOLE_HASH.fullmatch(id):
            raise self.broken()
        try:
            into.write(f"{id}\n".encode())
            into.flush()
            answer = out.readline(200).split()
            if len(answer) != 3 or answer[0] != id.encode() or answer[1] != kind.encode():
                raise self.broken()
            size = int(answer[2])
            if size > files.LARGEST:
                # What follows is never read: the process ends with the question.
                self.process.kill()
                raise CannotRun(
                    f"`{wording.sanitised(path or id)}` at `{shown or id}` has {wording.number(size)} bytes, "
                    f"more than the {wording.number(files.LARGEST)} that are read",
                    "take it out of the contract folder and commit",
                )
            raw = out.read(size)
            out.read(1)
        except (OSError, ValueError):
            raise self.broken() from None
        algorithm = hashlib.sha256 if len(id) == 64 else hashlib.sha1
        if algorithm(b"%s %d\0%s" % (kind.encode(), len(raw), raw), usedforsecurity=False).hexdigest() != id:
            raise self.broken()
        return raw


@contextmanager
def objects(there: Repository) -> Iterator[Objects]:
    """Open the objects of a repository, for no longer than Git may take to answer.

    Raises CannotRun where Git cannot be run.
    """
    asked = command(there.git, "cat-file", "--batch")
    try:
        process = subprocess.Popen(  # noqa: S603 - the program is Git by its whole path, the arguments are ours
            asked, cwd=there.top, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise _not_run(error) from None
    watch = threading.Timer(_PATIENCE_S, process.kill)
    watch.daemon = True
    watch.start()
    try:
        is_silent = watch.finished.is_set
        yield Objects(process, lambda: _silent() if is_silent() else damaged(there), is_silent)
    finally:
        watch.cancel()
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()


def opened(folder: Path) -> Repository:
    """Find the repository that a folder lies in.

    Raises CannotRun where there is none, Git does not trust it, or it has no working tree.
    """
    git = _program()
    shown = str(folder)
    place = folder.resolve()
    missing: list[str] = []
    while not place.is_dir() and place != place.parent:
        # A folder that is gone from the working tree is still there in commits.
        missing.insert(0, place.name)
        place = place.parent
    done = _run(git, place, "rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository",
                "--show-prefix")  # fmt: skip
    answers = os.fsdecode(done.stdout).split("\n", 3)
    complaint = os.fsdecode(done.stderr)
    if done.returncode != 0 or len(answers) < 4:
        raise _not_opened(shown, answers, complaint)
    bare, inside, shallow, prefix = answers
    parts = tuple(part for part in prefix.removesuffix("\n").split("/") if part)
    top = place.parents[len(parts) - 1] if 0 < len(parts) <= len(place.parents) else place
    if bare == "true" or inside != "true" or not os.path.lexists(top / ".git"):
        raise _not_opened(shown, answers, complaint)
    return Repository(git, top, (*parts, *missing), shown, shallow == "true")


def _not_opened(shown: str, answers: list[str], complaint: str) -> CannotRun:
    if "safe.directory" in complaint:
        command = re.search(r"git config --global --add safe\.directory .+", complaint)
        return CannotRun(
            f"Git does not trust the repository of `{shown}`: it belongs to another user",
            f"if you trust it, run `{command[0]}`" if command else "if you trust it, add it to `safe.directory`",
        )
    if answers[0] == "true" or "safe.bareRepository" in complaint:
        return CannotRun(
            f"`{shown}` lies in a bare repository, which has no working tree",
            "clone it, or add a working tree with `git worktree add`, and run slacli there",
        )
    if "not a git repository" in complaint:
        what = f"`{shown}` lies in no Git repository"
        if "GIT_DIR" in os.environ:
            what += ", and `GIT_DIR` is not followed"
        return CannotRun(what, "put the contract under Git with `git init`, or compare with a folder such as `./old`")
    if "fatal:" in complaint:
        why = wording.sanitised(complaint.partition("fatal:")[2].strip().partition("\n")[0], 300)
        return CannotRun(f"Git cannot read the repository of `{shown}`: {why}", "mend it, and try `git status` there")
    return CannotRun(
        f"`{shown}` does not lie in the working tree that its repository names",
        "run slacli in the working tree, or take the name off with `git config --unset core.worktree`",
    )


def _program() -> str:
    """Find Git.

    Raises CannotRun where it is not installed.
    """
    for place in os.environ.get("PATH", os.defpath).split(os.pathsep):
        # A relative place is wherever slacli is run: there a program called `git` may be anybody's.
        if Path(place).is_absolute():
            found = shutil.which(str(Path(place) / "git"))
            if found is not None:
                return found
    raise CannotRun("Git is not installed, or not on the PATH", "install it from https://git-scm.com")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    return kept | _VARIABLES


def command(git: str, *arguments: str) -> list[str]:
    settings = [part for name, value in _SETTINGS for part in ("-c", f"{name}={value}")]
    return [git, "--no-pager", "--no-replace-objects", "--literal-pathspecs", *settings, *arguments]


def _run(git: str, place: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - the program is Git by its whole path, names are checked before
            command(git, *arguments), cwd=place, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _silent() from None
    except OSError as error:
        raise _not_run(error) from None


def _silent() -> CannotRun:
    return CannotRun(f"Git gave no answer within {_PATIENCE_S} seconds", "see what `git status` does there")


def _not_run(error: OSError) -> CannotRun:
    reason = (error.strerror or "the system gave no reason").lower()
    return CannotRun(f"Git cannot be run: {reason}", "try `git --version`")


def damaged(there: Repository) -> CannotRun:
    if there.is_partial():
        return CannotRun(
            "this clone is partial and lacks files of the contract's history, and slacli fetches nothing by itself",
            "fetch them with `git fetch --refetch --no-filter`",
        )
    return CannotRun("the repository lacks an object, or holds one that is damaged", "look at it with `git fsck`")
