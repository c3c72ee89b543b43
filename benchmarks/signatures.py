"""Measures how long it takes to verify two hundred versions with three approvals each, in this process.

python benchmarks/signatures.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import signing

from slacli.core.trust import chain

VERSIONS = 200
SECONDS = 2


def main() -> int:
    """Measure, and print what came of it."""
    world = signing.World()
    world.roster()
    for number in range(VERSIONS):
        world.version(files=signing.FILES | {"definitions.yaml": signing.sha(str(number).encode())})
        world.all_approve()
    begun = time.perf_counter()
    found = chain.read(world.files, signing.PROJECT, signing.CONTRACT, world.pin)
    took = time.perf_counter() - begun
    sound = not found.problems and len(found.versions) == VERSIONS and all(one.signed for one in found.versions)
    print(f"{VERSIONS} versions, {3 * VERSIONS} approvals: {took:.2f} s, target {SECONDS} s")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
