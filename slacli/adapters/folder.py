"""Contract folders on disk: finds one, reads all its files, and writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from slacli.core.text import files
from slacli.errors import CannotRun


def find(given: str | None) -> Path:
    """Give the contract folder: the one that is named, else `contracts/` here or in a folder above.

    Raises CannotRun where there is none.
    """
    if given is not None:
        folder = Path(given)
        if not folder.is_dir():
            raise CannotRun(f"`{given}` is not a folder", "name the folder that holds `contract.yaml`")
        return folder
    here = Path.cwd()
    for above in (here, *here.parents):
        folder = above / "contracts"
        if (folder / "contract.yaml").is_file():
            return Path(os.path.relpath(folder, here))
    raise CannotRun(
        "no contract was found: neither here nor above is there a `contracts/contract.yaml`",
        "name the folder with `--contract DIR`",
    )


def read(folder: Path) -> dict[str, bytes]:
    """Give the bytes of every file in the folder, by its path relative to it with forward slashes.

    Of files that somebody writes together at this moment all are read, or none. Raises CannotRun where the folder
    cannot be read.
    """
    texts: dict[Path, bytes] = {}
    try:
        for place in sorted({path.parent for path in folder.rglob("*") if _counts(path, folder)}):
            with _locked(place, shared=True):
                texts |= {path: _content(path, folder) for path in sorted(place.iterdir()) if _counts(path, folder)}
    except OSError as error:
        raise CannotRun(f"the contract folder cannot be read: {_reason(error)}", "check its permissions") from None
    return {path.relative_to(folder).as_posix(): texts[path] for path in sorted(texts)}


def _counts(path: Path, folder: Path) -> bool:
    return files.counts(path.relative_to(folder).as_posix()) and not path.is_dir()


def _content(path: Path, folder: Path) -> bytes:
    name = path.relative_to(folder).as_posix()
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise CannotRun(f"`{name}` is a link that leads out of the contract folder", "put the file itself there")
    if not path.is_file():
        raise CannotRun(f"`{name}` is not a regular file", "take it out of the contract folder")
    with path.open("rb") as file:
        # One byte more than is allowed is enough to say that it is too big.
        return file.read(files.LARGEST + 1)


def read_file(path: Path, most: int = files.LARGEST) -> bytes:
    """Give the bytes of one file, one more than `most` where it has more; raises CannotRun where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise CannotRun(f"`{path}` cannot be read: {_reason(error)}", "check its permissions") from None


def write(path: Path, text: str, help: str = "name another file") -> None:
    """Write a text whole or not at all.

    Raises CannotRun where it cannot be written, with what helps then.
    """
    write_bytes(path, text.encode(), help)


def write_bytes(path: Path, content: bytes, help: str = "check the permissions of the folder") -> None:
    """Write a file whole or not at all, and make sure that it is on the disk.

    Raises CannotRun where it cannot be written, with what helps then.
    """
    try:
        temporary = _beside(path, content)
        try:
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotRun(f"`{path}` cannot be written: {_reason(error)}", help) from None


def write_together(files: Mapping[Path, bytes], gone: Sequence[Path] = ()) -> None:
    """Write files that mean something only together, and remove others: all of it, or nothing.

    All are on the disk before the first takes its place, and what fails or is interrupted later is taken back. Only a
    machine that stops between two renames leaves a part. Raises CannotRun where one cannot be written.
    """
    waiting: dict[Path, Path] = {}
    path = next(iter(files))
    try:
        try:
            for path, content in files.items():
                waiting[path] = _beside(path, content)
            before = {other: _bytes_of(other) for other in (*files, *gone)}
            with _locked(path.parent):
                try:
                    for path, temporary in waiting.items():
                        temporary.replace(path)
                    for path in gone:
                        path.unlink(missing_ok=True)
                except BaseException:
                    for other, content_before in before.items():
                        _put_back(other, content_before)
                    raise
                _settle(path.parent)
        finally:
            for temporary in waiting.values():
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CannotRun(
            f"`{path}` cannot be written: {_reason(error)}", "check the permissions of the folder, and the room on disk"
        ) from None


def _beside(path: Path, content: bytes) -> Path:
    """Write bytes whole to a file beside a path, and give its name, which nobody takes for one of a contract."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix="~")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif _bytes_of(path) != content:
        _beside(path, content).replace(path)


# Files that belong together are renamed in a few thousandths of a second. Whoever reads waits this long for that, and
# then no more: anybody who may read a folder can lock it for ever.
_PATIENCE = 5.0


@contextmanager
def _locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Keep two that write the same files at once from mixing them, where the system has locks for folders.

    A `shared` lock is for whoever reads them.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        if not shared:
            fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            _wait_to_read(handle)
        yield
    finally:
        os.close(handle)


def _wait_to_read(handle: int) -> None:
    """Take a shared lock as soon as nobody writes; not every file system has locks, and reading needs none."""
    import fcntl

    until = time.monotonic() + _PATIENCE
    with suppress(OSError):
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.01)
                    continue
            return


def _settle(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk too, where the system can be asked for it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, if it is there. Raises CannotRun where that cannot be done."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotRun(
            f"`{path}` cannot be removed: {_reason(error)}", "check the permissions of the folder"
        ) from None


def write_all(files: Mapping[Path, str]) -> None:
    """Write new files, all of them or none; raises CannotRun where one cannot be written."""
    done: list[Path] = []
    try:
        for path, text in files.items():
            done.append(path)
            write(path, text, "check the permissions of the folder, or name another")
    except BaseException:
        for path in done:
            path.unlink(missing_ok=True)
        raise


def _reason(error: OSError) -> str:
    return (error.strerror or "the system gave no reason").lower()
