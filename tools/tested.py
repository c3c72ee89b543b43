"""Runs the tests, and remembers for an hour that they passed on exactly these files.

`make test` always runs them. `make check` runs them too, unless they have just passed on the very same tree: CI asks
for both, one after the other, and the second answer would be the first.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
STAMP = HERE / ".venv" / ".tested"
FRESH = 60 * 60
"""Seconds for which it counts; what surrounds a tree may change without it."""


def state() -> str:
    """Give the digest of every file that Git knows or would take in, and of what tests look at besides; or nothing."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=HERE, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        return ""
    beside = [shutil.which(program) for program in ("chromium", "ssh-keygen", "git")]
    about = [sys.version, (HERE.parent / "shared" / "data").is_dir(), *beside]
    digest = hashlib.sha256(repr(about).encode())
    for name in sorted(filter(None, listed.stdout.split(b"\0"))):
        file = HERE / name.decode()
        content = file.read_bytes() if file.is_file() else b""
        digest.update(b"%s\0%d\0%d\0" % (name, file.is_file() and file.stat().st_mode & 0o111, len(content)) + content)
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    before = state()
    if arguments == ["--once"] and before and STAMP.is_file() and time.time() - STAMP.stat().st_mtime < FRESH:
        if STAMP.read_text() == before:
            print("the tests passed a moment ago on exactly these files")
            return 0
        print("files have changed since the tests passed")
    STAMP.unlink(missing_ok=True)
    code = subprocess.run([sys.executable, "-m", "pytest"], cwd=HERE, check=False).returncode
    if code == 0 and before and before == state():
        STAMP.write_text(before)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
