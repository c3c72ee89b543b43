"""The journeys through versions: what changed between two of them and for whom, and which there have been."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from slacli.adapters import folder, history
from slacli.core import wording
from slacli.core.changes.sequence import WRONG_SEQUENCE, out_of_day, out_of_number
from slacli.core.comparison import Compared, Entry, Version, compared
from slacli.core.text import parse
from slacli.errors import CannotRun
from slacli.findings import Finding, Problem, Severity
from slacli.model import Contract
from slacli.values import dataclass

# What judges rows is imported where rows are judged: a comparison of texts does without, in a fifth less time.
if TYPE_CHECKING:
    from datetime import datetime

    from slacli import journeys
    from slacli.core import in_force
    from slacli.core.impact import Impact
    from slacli.core.verdict import Options


def diff(place: Path, revisions: str | None, as_of: str | None = None, signed: Version | None = None) -> Compared:
    """Compare two versions of a contract: `A..B`, `A` with the working tree, or the version in force with it.

    `A...B` is what was done on the way to B since it parted from A. `as_of` is the moment that is now, for waivers.
    That is `signed`; without it the default branch stands for it. Raises CannotRun where a revision cannot be read, or
    holds no contract that can be.
    """
    before, after, since = _ends(revisions)
    if before is None and signed is not None:
        here = _read(history.working_tree(place, folder.read(place)))
        return compared(signed, here, _moment(as_of, here))

    def older() -> history.Snapshot:
        if before is None:
            return history.base(place)
        if after is not None and since:
            return history.parting(place, before, after)
        return history.snapshot(place, before, folder.read)

    def newer() -> history.Snapshot:
        if after is None:
            return history.working_tree(place, folder.read(place))
        return history.snapshot(place, after, folder.read)

    versions = _both(older, newer)
    found = compared(*versions, _moment(as_of, versions[1]))
    # Only next to a base it is known that the older version is the one before.
    return replace(found, findings=(*found.findings, *found.out_of_line())) if before is None or since else found


def _moment(as_of: str | None, version: Version) -> datetime | None:
    if as_of is None:
        return None
    from slacli import journeys

    return journeys.moment(as_of, version.contract)


def at(place: Path, revision: str) -> journeys.Loaded:
    """Give the contract as it was at a revision, to judge by.

    Raises CannotRun where it cannot be read, or breaks a rule of a sound agreement.
    """
    from slacli import journeys

    found = _read(history.snapshot(place, revision, folder.read))
    # What is said about its text must not be taken for what stands on disk.
    shown = f"{found.commit[:7]}:{found.folder}" if found.commit is not None else found.folder
    return journeys.loaded(found.contract, found.sources, shown, found.title)


def text_of(place: Path, number: int, is_it: Callable[[Contract], bool]) -> tuple[Version, str | None] | None:
    """Give the text of a version that `is_it`, with its commit: that on disk, else the last commit that holds it.

    The evidence, disputes and waivers beside it are those on disk. None where no text is it. Raises CannotRun where
    there is no history.
    """
    from slacli.core import in_force

    here = history.working_tree(place, folder.read(place))
    with suppress(CannotRun):
        found = _read(here)
        if is_it(found.contract):
            return found, None
    data = {name: text for name, text in here.texts.items() if name in in_force.DATA}
    for commit in history.versions(place):
        if commit.version != number or commit.is_cut:
            continue
        (snapshot,) = history.snapshots(place, [commit.commit])
        if isinstance(snapshot, CannotRun):
            continue
        texts = {name: text for name, text in snapshot.texts.items() if name not in in_force.DATA}
        with suppress(CannotRun):
            found = _read(replace(snapshot, texts={**texts, **data}))
            if is_it(found.contract):
                return found, commit.commit
    return None


@dataclass(frozen=True, slots=True)
class InForce:
    """The versions of a contract that were ever in force, the oldest first, and what is to be said of them."""

    versions: tuple[in_force.Version, ...]
    folder: str
    told: tuple[Finding, ...]


def by_day(place: Path) -> InForce:
    """Give the versions of a contract with the days on which each was in force, as they were committed.

    A version is the last commit on the first-parent line of HEAD that says its number. Raises CannotRun where history
    does not say which one was in force, or one of them cannot be judged by.
    """
    from slacli import journeys
    from slacli.core import in_force

    committed = _in_sequence(place)
    snapshots = history.snapshots(place, [one.commit for one in committed])
    found: list[tuple[journeys.Loaded, history.Snapshot]] = []
    for commit, snapshot in zip(committed, snapshots, strict=True):
        title = f"version {commit.version} ({commit.short})"
        try:
            if isinstance(snapshot, CannotRun):
                raise snapshot
            version = _read(snapshot)
        except CannotRun as fault:
            raise CannotRun(f"{title} cannot be read: {fault.what}", _BY_ONE) from None
        loaded = journeys.loaded(version.contract, version.sources, str(place), title, _BY_ONE)
        if found:
            _must_follow(found[-1][0].contract, loaded.contract, commit)
        found.append((loaded, snapshot))
    contracts = [loaded.contract for loaded, _ in found]
    is_clean = folder.read(place) == dict(found[-1][1].texts)
    told = () if is_clean else (_not_judged(contracts[-1], committed[-1]),)
    sides = []
    for number, (span, (loaded, snapshot)) in enumerate(zip(in_force.spans(contracts), found, strict=True)):
        if span is not None:
            contract = in_force.with_data_of(loaded.contract, contracts[number + 1 :], span)
            is_on_disk = is_clean and number == len(found) - 1
            sides.append(in_force.Version(contract, span, snapshot.commit or "", loaded.sources, is_on_disk))
    return InForce(tuple(sides), str(place), told)


_BY_ONE = "judge by one text: what stands on disk with `--draft`, or a version with `--at`"


def _in_sequence(place: Path) -> list[history.Committed]:
    """Give the last commit of each version, the oldest first; raises CannotRun where a number is out of line."""
    commits = history.versions(place)
    if not commits:
        raise CannotRun(
            f"`{place}` has no version yet: nothing of it was committed",
            "commit it with Git, or judge by what stands on disk with `--draft`",
        )
    if commits[-1].is_cut:
        raise CannotRun(
            "this clone holds only the end of the history, so nobody can tell which version was in force before",
            "fetch the rest with `git fetch --unshallow`",
        )
    if commits[0].version is None:
        raise CannotRun(
            f"the last commit of the contract ({commits[0].short}) does not say which version it is",
            f"mend `version:` in `contract.yaml` and commit it, or {_BY_ONE}",
        )
    last: list[history.Committed] = []
    for one in reversed(commits):
        if one.version is None:
            continue
        if last and last[-1].version == one.version:
            last[-1] = one
            continue
        if last and last[-1].version is not None and one.version != last[-1].version + 1:
            raise _wrong_sequence(
                one,
                out_of_number(last[-1].version, one.version),
                f"mend the number with `git rebase --interactive {one.short}~1`",
            )
        last.append(one)
    return last


def _must_follow(old: Contract, new: Contract, commit: history.Committed) -> None:
    if new.effective < old.effective:
        raise _wrong_sequence(
            commit, out_of_day(old, new), f"commit version {new.version} once more with the day from which it holds"
        )


def _wrong_sequence(commit: history.Committed, what: str, advice: str) -> CannotRun:
    return CannotRun(
        f"nobody can tell which version was in force ({WRONG_SEQUENCE.name}): in {commit.short} {what}",
        f"{advice}, or {_BY_ONE}",
    )


def _not_judged(contract: Contract, commit: history.Committed) -> Finding:
    from slacli.core import in_force
    from slacli.core.verdict import pages

    return pages.TREE_NOT_JUDGED.found(
        Problem(
            at=replace(contract.at, file=in_force.file_of(contract.at.file, contract.version)) / "version",
            message=f"the contract on disk is not version {contract.version} as it was committed ({commit.short}), "
            "and judges nothing",
            help="commit it, or judge by it with `--draft`",
            subject="contract.yaml",
        )
    )


def of_file(path: Path, old: tuple[str, Path | None], new: tuple[str, Path | None]) -> Compared:
    """Compare one file of a contract as it was and is; the other files are those on disk.

    Each side is its title and where its text lies, None where it has none. Raises CannotRun where the file belongs to
    no contract, or one side makes none that can be read.
    """
    place = next((above for above in path.parents if (above / "contract.yaml").is_file()), None)
    if place is None:
        raise CannotRun(f"`{wording.sanitised(str(path))}` belongs to no contract", "name a file of a contract folder")
    texts = folder.read(place)
    name = path.relative_to(place).as_posix()
    sides = []
    for title, file in (old, new):
        own = {name: folder.read_file(file)} if file is not None else {}
        rest = {other: text for other, text in texts.items() if other != name}
        sides.append(_read(history.Snapshot(title, None, {**rest, **own}, str(place))))
    return compared(sides[0], sides[1])


def texts_of(old: Path | None, new: Path | None) -> tuple[str, str]:
    """Give the two texts of a file, empty where there is none, with what is no text marked."""
    old_text, new_text = (folder.read_file(one).decode("utf-8", "replace") if one else "" for one in (old, new))
    return old_text, new_text


def impact(found: Compared, exports: Sequence[str], options: Options, stdin: BinaryIO | None = None) -> Impact:
    """Judge the same exports by both versions of a comparison.

    Raises CannotRun where one of the versions breaks a rule of a sound agreement, or an export cannot be judged.
    """
    from slacli import journeys

    old, new = (journeys.loaded(one.contract, one.sources, one.folder, one.title) for one in (found.old, found.new))
    return journeys.replay(old, new, exports, options, stdin)


def log(place: Path) -> tuple[Entry, ...]:
    """Give every commit that changed a contract on the line of its versions, the newest first.

    Raises CannotRun where there is no history, or the contract is not in it.
    """
    commits = history.versions(place)
    if not commits:
        raise CannotRun(f"`{place}` has no version yet: nothing of it was committed", "commit it with Git")
    snapshots = history.snapshots(place, [one.commit for one in commits])
    fetch = history.fetch(place) if commits[-1].is_cut else ""
    entries: list[Entry] = []
    before: Version | None = None
    for commit, snapshot in reversed(list(zip(commits, snapshots, strict=True))):
        named = commit.commit, commit.at, commit.subject
        missing = fetch if commit.is_cut else ""
        try:
            if isinstance(snapshot, CannotRun):
                raise snapshot
            version = _read(snapshot)
        except CannotRun as fault:
            entries.append(Entry(*named, None, None, fault.what, missing=missing))
            continue
        since = compared(before, version) if before is not None else None
        problems = tuple(since.out_of_line()) if since is not None else ()
        entries.append(Entry(*named, version.contract, since, problems=problems, missing=missing))
        before = version
    return tuple(reversed(entries))


_Ends = tuple[str | None, str | None, bool]


def _ends(revisions: str | None) -> _Ends:
    """Take `A..B` or `A...B` apart, and say whether it was the latter; dots that belong to a path part nothing.

    Raises CannotRun where it could be read in more than one way, or in none.
    """
    if revisions is None or ".." not in revisions or _is_whole_path(revisions):
        return revisions, None, False
    shown = wording.sanitised(revisions, 60)
    for dots in ("..", "..."):
        found = [
            (revisions[:at], revisions[at + len(dots) :])
            for at in range(len(revisions) - len(dots) + 1)
            if revisions.startswith(dots, at)
            and all(_is_end(one) for one in (revisions[:at], revisions[at + len(dots) :]))
        ]
        if len(found) != 1:
            continue
        before, after = found[0]
        if dots == "..." and (_is_path(before) or _is_path(after)):
            raise CannotRun(
                f"`{shown}` asks for where two lines of commits part, and a folder lies on none",
                f"write `{wording.sanitised(f'{before}..{after}', 60)}`",
            )
        return before, after, dots == "..."
    raise CannotRun(
        f"`{shown}` does not name two revisions",
        "write `OLD..NEW`, or `OLD` alone to compare it with the working tree; a folder begins with `./`, `../` or `/`",
    )


_STEPS = re.compile(r"[/\\:]")


def _is_whole_path(text: str) -> bool:
    """Say whether two dots stand in a text only where a path goes up a folder."""
    parts = _STEPS.split(text)
    return ".." in parts and all(".." not in part or part == ".." for part in parts)


def _is_path(text: str) -> bool:
    has_form = text.startswith(("./", "../", "/", ".\\", "..\\")) or text.endswith(("/", "\\"))
    return (has_form or ".." in _STEPS.split(text)) and (".." not in text or _is_whole_path(text))


def _is_end(text: str) -> bool:
    """Say whether a text can be one end of a range: a path, or what may be the name of a commit."""
    if text.endswith(".") or (text.startswith(".") and not text.startswith(("./", "../", ".\\", "..\\"))):
        return False
    return _is_path(text) or (text != "" and ".." not in text.partition(":")[0])


def _read(snapshot: history.Snapshot) -> Version:
    read = parse.parse(snapshot.texts)
    errors = [found for found in read.findings if found.severity is Severity.ERROR]
    if read.contract is None or errors:
        from slacli import journeys

        shown = shlex.quote(wording.sanitised(snapshot.folder, 1000))
        helped = (
            f"see them all with `slacli validate --contract {shown}`"
            if snapshot.commit is None
            else f"compare with a commit that can be read: `git log --oneline -- {shown}`"
        )
        raise CannotRun(
            f"the contract of {snapshot.title} has errors: {journeys.first_of(errors, read.sources)}", helped
        )
    return Version(snapshot.title, snapshot.commit, snapshot.folder, read.contract, read.sources)


def _both(older: Callable[[], history.Snapshot], newer: Callable[[], history.Snapshot]) -> tuple[Version, Version]:
    """Read two versions, the newer one while Git is asked for the older; what is wrong with the older is told first."""
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(older)
        found: Version | CannotRun
        try:
            found = _read(newer())
        except CannotRun as fault:
            found = fault
        old = _read(asked.result())
    if isinstance(found, CannotRun):
        raise found
    return old, found
