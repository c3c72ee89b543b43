"""The journey of the eyes: what changed since somebody last signed, read from history by what was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from slacli import versions
from slacli.adapters import history
from slacli.adapters.history import Snapshot
from slacli.core import comparison, seen, wording
from slacli.core.comparison import Compared, Version
from slacli.core.trust import standing
from slacli.core.trust.chain import FOLDER, Chain, SignedVersion, file_of
from slacli.errors import CannotRun
from slacli.model import Signer


def seen_by(
    place: Path, chain: Chain, version: SignedVersion, person: str, role: Signer | None, today: date
) -> seen.Seen:
    """Lay out for somebody what changed since they last signed, or else since the version that binds them today.

    Texts come from disk or from history, by the digests that were signed; where no earlier one is at hand, that is what
    is said. Raises CannotRun where the one to be signed is not.
    """
    if not seen.before(chain, version.digest):
        return seen.Seen(seen.FIRST)
    now = _text(place, version)
    if now is None:
        raise CannotRun(
            f"the text of version {version.manifest.name} is not at hand", "put the text forward with `slacli propose`"
        )
    lost: list[seen.Earlier] = []
    for candidate in seen.earlier(chain, version.digest, person, today):
        if candidate.version.digest in {one.version.digest for one in lost}:
            continue
        text = _text(place, candidate.version)
        if text is None:
            lost.append(candidate)
            continue
        steward = tuple(_revised(place, chain, candidate.version, version))
        found = comparison.compared(text, now)
        laid = seen.laid_out(found.groups, text.contract, now.contract, role.party if role is not None else None)
        told = seen.told(candidate, lost, _fetch(place) if lost else "")
        return seen.Seen(told, candidate.name, seen.apart(laid, steward), steward)
    hidden = seen.Part(seen.HIDDEN, (f"{seen.NO_OTHER}{_fetch(place)}.",))
    return seen.Seen(seen.told(None, lost), lost[-1].name, (hidden,))


def _text(place: Path, version: SignedVersion) -> Version | None:
    """Give the text that a manifest covers, from disk or from history; None where it is in neither."""
    manifest = version.manifest
    with suppress(CannotRun):
        found = versions.text_of(place, manifest.version, lambda text: not standing.changed(manifest, text.digests))
        return found[0] if found is not None else None
    return None


def _revised(place: Path, chain: Chain, since: SignedVersion, until: SignedVersion) -> Iterator[str]:
    """Say what signed revisions changed between two versions, one after the other."""
    known = seen.before(chain, until.digest)
    last = {one.digest: one for one in known}
    for one in known[[before.digest for before in known].index(since.digest) + 1 :]:
        manifest = one.manifest
        if not manifest.revision or not one.signed or manifest.previous is None:
            continue
        old, new = _text(place, last[manifest.previous]), _text(place, one)
        if old is None or new is None:
            yield f"Revision {manifest.name} cannot be shown: its text is not in the history of this clone"
            continue
        yield from _lines(comparison.compared(old, new))


def _lines(found: Compared) -> Iterator[str]:
    yield from dict.fromkeys(
        text for group in found.groups for line in group.lines for text in (line.text, *line.notes)
    )


def _fetch(place: Path) -> str:
    """Give in brackets the command that fetches what a clone lacks; nothing where it lacks nothing."""
    with suppress(CannotRun):
        if any(one.is_cut for one in history.versions(place)):
            return f" ({wording.quoted([history.fetch(place)])} fetches it)"
    return ""


# --- the bytes beside what they say ---------------------------------------------------------------


def rewritten(place: Path, texts: Mapping[str, bytes], version: SignedVersion) -> tuple[str, ...] | None:
    """Name the files of a signed version of which the bytes are others than when it was signed, with the same meaning.

    That is the first commit that holds its manifest and all of its approvals as they are now. None where the text says
    something else, or no history tells.
    """
    manifest = version.manifest
    kept = {name: text for name, text in texts.items() if _is_of(name, version)}
    found: Snapshot | None = None
    with suppress(CannotRun):
        commits = [one.commit for one in history.versions(place) if one.version == manifest.version and not one.is_cut]
        for one in history.snapshots(place, commits):
            # From the newest to the oldest: behind one that lacks a signature there are none that hold it.
            if isinstance(one, CannotRun) or any(one.texts.get(name) != text for name, text in kept.items()):
                break
            found = one
    if found is None:
        return None
    return tuple(name for name in manifest.files if texts.get(name) != found.texts.get(name))


def _is_of(name: str, version: SignedVersion) -> bool:
    return name == file_of(version.manifest) or name.startswith(f"{FOLDER}approvals/{version.manifest.name}/")


def blobs(texts: Mapping[str, bytes], version: SignedVersion) -> tuple[tuple[str, str], ...]:
    """Give the hash by which Git knows each file of a version as it lies there: that of `git hash-object`."""
    return tuple(
        (name, hashlib.sha1(b"blob %d\0%s" % (len(texts[name]), texts[name]), usedforsecurity=False).hexdigest())
        for name in version.manifest.files
        if name in texts
    )
