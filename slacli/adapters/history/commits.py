"""From a commit to the texts of a contract folder, and the line of commits that changed it.

Whatever is no plain file in a plain folder is refused, as is what some systems cannot tell apart.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

from slacli.adapters.history import git
from slacli.core import wording
from slacli.core.text import files
from slacli.errors import CannotRun
from slacli.findings import Severity
from slacli.values import dataclass

COVER = "contract.yaml"

# Far more than any contract has. A few small trees that hold one another can stand for billions of files.
_MOST_ENTRIES = 10_000
_MOST_BYTES = 64 * 1024 * 1024
_DEEPEST = 20

_FILE, _FOLDER = b"100644", b"40000"
_OTHER_MODES = MappingProxyType(
    {
        b"120000": ("is a link", "put the file itself there and commit it"),
        b"160000": ("is a submodule", "put its files there and commit them"),
        b"100755": ("is marked as a program", "take the mark off with `git update-index --chmod=-x {path}` and commit"),
    }
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a contract folder at one moment, by their paths in it.

    `title` is how people call the moment: `version 4 (a1b2c3d)`, `main (a1b2c3d)`, `working tree`. `commit` is the
    whole hash, or None where no commit holds it. `folder` is how places in it are shown.
    """

    title: str
    commit: str | None
    texts: Mapping[str, bytes]
    folder: str


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that changed the contract folder.

    `at` is when it came to stand where it stands, with its offset; None where Git holds no such day. `subject` and
    `author` are texts of others. `version` is the number on the cover, or None where there is no cover that can be
    read. `is_cut` says that the clone goes no further back, so that it is not known what this commit changed.
    """

    commit: str
    at: datetime | None
    author: str
    subject: str
    version: int | None
    is_cut: bool

    @property
    def short(self) -> str:
        return self.commit[: git.SHORT_HASH]


def taken(there: git.Repository, objects: git.Objects, commit: str, title: str) -> Snapshot:
    """Give the contract folder of a commit."""
    short = commit[: git.SHORT_HASH]
    shown = short if commit.startswith(title) else f"{title} ({short})"
    tree = folder_of(objects, commit, there.prefix, shown)
    texts = _texts(objects, tree, there, shown) if tree is not None else {}
    if COVER not in texts:
        inside = wording.sanitised("/".join((*there.prefix, COVER)))
        name = short if title.startswith("version ") else title
        raise CannotRun(
            f"`{shown}` holds no `{inside}`",
            f"name a revision that holds it, or where it was then: `{shlex.quote(f'{name}:old/folder')}`",
        )
    return Snapshot(shown, commit, MappingProxyType(texts), there.shown)


def holds(there: git.Repository, objects: git.Objects, commit: str) -> bool:
    """Say whether a commit has a cover in the contract folder."""
    tree = folder_of(objects, commit, there.prefix, commit[: git.SHORT_HASH])
    return tree is not None and any(name == COVER.encode() for _, name, _ in _entries(objects, tree))


def folder_of(objects: git.Objects, commit: str, prefix: tuple[str, ...], shown: str) -> str | None:
    """Give the tree of a folder at a commit, or None where there is nothing.

    Raises CannotRun where there is something else.
    """
    found = _found(objects, commit, prefix)
    if found is None:
        return None
    path, mode, tree = found
    if mode != _FOLDER:
        raise _odd(path, mode, shown, "a folder")
    return tree


def _found(objects: git.Objects, commit: str, path: tuple[str, ...]) -> tuple[str, bytes, str] | None:
    """Give path, mode and object of what stands at a path or bars the way to it, or None where there is nothing."""
    mode, child = _FOLDER, _header(objects.get(commit, "commit"), b"tree").decode("ascii", "replace")
    seen: list[str] = []
    for part in path:
        if mode != _FOLDER:
            break
        entries = list(_entries(objects, child))
        exact = [one for one in entries if one[1] == part.encode("utf-8", "surrogateescape")]
        # Systems disagree about the form of letters, so a folder may be called otherwise on disk than in a commit.
        alike = exact or [one for one in entries if _folded(_decoded(one[1])) == _folded(part)]
        if len(alike) != 1:
            return None
        mode, raw, child = alike[0]
        seen.append(_decoded(raw))
    return "/".join(seen), mode, child


def _texts(objects: git.Objects, tree: str, there: git.Repository, shown: str) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    seen = total = 0
    waiting = [("", tree)]
    while waiting:
        above, tree = waiting.pop()
        folded: dict[str, str] = {}
        for mode, raw, child in _entries(objects, tree):
            seen += 1
            path = _checked(_decoded(raw), above, shown)
            where = "/".join((*there.prefix, path))
            if seen > _MOST_ENTRIES or path.count("/") >= _DEEPEST:
                raise CannotRun(
                    f"the folder of the contract at `{shown}` holds more files or deeper folders than any contract",
                    "name the folder that holds the contract alone with `--contract DIR`",
                )
            if not files.counts(path, is_folder=mode == _FOLDER):
                continue
            same = _folded(_decoded(raw))
            twin, folded[same] = folded.get(same), path
            if twin is not None:
                raise CannotRun(
                    f"`{shown}` holds both {wording.quoted((twin, path))}, which are one file on many systems",
                    "rename or remove one of them and commit",
                )
            if mode == _FOLDER:
                waiting.append((f"{path}/", child))
                continue
            if mode != _FILE:
                raise _odd(where, mode, shown, "a plain file")
            texts[path] = objects.get(child, "blob", where, shown)
            total += len(texts[path])
            if total > _MOST_BYTES:
                raise CannotRun(
                    f"the files of the contract at `{shown}` have more than {wording.number(_MOST_BYTES)} bytes",
                    "name the folder that holds the contract alone with `--contract DIR`",
                )
    return dict(sorted(texts.items()))


def _odd(path: str, mode: bytes, shown: str, wanted: str) -> CannotRun:
    what, help_ = _OTHER_MODES.get(mode, (f"has the mode {mode.decode('ascii', 'replace')}", "commit it anew"))
    if mode == _FILE:
        what, help_ = "is a file", "name the folder of the contract with `--contract DIR`"
    return CannotRun(
        f"`{wording.sanitised(path)}` at `{shown}` {what}, not {wanted}",
        help_.format(path=shlex.quote(wording.sanitised(path))),
    )


def _checked(name: str, above: str, shown: str) -> str:
    """Give the path of an entry, whose name Git itself does not always look at.

    Raises CannotRun where it is no name of a file.
    """
    path = f"{above}{name}"
    if name in {"", ".", ".."} or "/" in name or any("\udc80" <= letter <= "\udcff" for letter in name):
        raise CannotRun(f"`{wording.sanitised(path)}` at `{shown}` is no name of a file", "rename it and commit")
    return path


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _folded(name: str) -> str:
    # The common ground of systems that do not tell letters apart by case or by form.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _header(commit: bytes, name: bytes) -> bytes:
    """Give the first header of a commit with a name, or nothing."""
    for line in commit.partition(b"\n\n")[0].split(b"\n"):
        if line.startswith(name + b" "):
            return line[len(name) + 1 :]
    return b""


def _entries(objects: git.Objects, tree: str) -> Iterator[tuple[bytes, bytes, str]]:
    """Give mode, name and object of each entry of a tree."""
    raw = objects.get(tree, "tree")
    size = len(tree) // 2
    at = 0
    while at < len(raw):
        blank = raw.find(b" ", at)
        end = raw.find(b"\0", blank)
        if blank < 0 or end < 0 or end + 1 + size > len(raw):
            raise objects.broken()
        yield raw[at:blank], raw[blank + 1 : end], raw[end + 1 : end + 1 + size].hex()
        at = end + 1 + size


def line(there: git.Repository, objects: git.Objects, head: str) -> Iterator[Committed]:
    """Give every commit on the first-parent line that changed the folder, the newest first, as they are asked for."""
    path = "/".join(there.prefix) or "."
    done = there.run("rev-list", "--first-parent", head, "--", path)
    if done.returncode != 0:
        raise git.damaged(there)
    hashes = done.stdout.decode("ascii", "replace").split()
    cut = there.borders()
    numbers: dict[str, int | None] = {}
    for commit in hashes:
        raw = objects.get(commit, "commit")
        yield Committed(
            commit,
            _moment(_header(raw, b"committer")),
            _words(_header(raw, b"author").partition(b" <")[0], raw),
            _words(raw.partition(b"\n\n")[2].lstrip(b"\n").partition(b"\n")[0], raw),
            _number(there, objects, commit, numbers),
            commit in cut,
        )


def _number(there: git.Repository, objects: git.Objects, commit: str, known: dict[str, int | None]) -> int | None:
    """Give the number on the cover of a commit, or None where no cover can be read; `known` is by objects."""
    from slacli.core.text import yamltext

    found = _found(objects, commit, (*there.prefix, COVER))
    if found is None or found[1] != _FILE:
        return None
    path, _, cover = found
    if cover not in known:
        reading = yamltext.read(COVER, objects.get(cover, "blob", path, commit[: git.SHORT_HASH]))
        is_sure = not any(found.severity is Severity.ERROR for found in reading.findings)
        number = reading.data.get("version") if is_sure and isinstance(reading.data, dict) else None
        known[cover] = number if isinstance(number, int) and not isinstance(number, bool) else None
    return known[cover]


def _moment(stamp: bytes) -> datetime | None:
    found = re.search(rb"> (-?[0-9]{1,12}) ([+-])([0-9]{2})([0-9]{2})$", stamp)
    if found is None:
        return None
    offset = timedelta(hours=int(found[3]), minutes=int(found[4]))
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(found[1]), timezone(-offset if found[2] == b"-" else offset))
    return None


def _words(raw: bytes, commit: bytes) -> str:
    encoding = _header(commit, b"encoding").decode("ascii", "replace") or "utf-8"
    try:
        return raw.decode(encoding, "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
