"""Where neither version of a comparison can be read, what is wrong with the older one is told first."""

from __future__ import annotations

from pathlib import Path

import pytest
import samples
from commands import slacli

BROKEN = {"definitions.yaml": b"records: [\n"}


@pytest.mark.parametrize(
    ("older", "newer", "told"),
    [
        (BROKEN, BROKEN, "the contract of ./older has errors"),
        ({}, BROKEN, "the contract of working tree has errors"),
        (BROKEN, {}, "the contract of ./older has errors"),
        (None, BROKEN, "`./older` is not a folder"),
        (None, None, "`./older` is not a folder"),
    ],
)
def test_what_is_wrong_with_the_older_version_is_told_first(
    tmp_path: Path, older: dict[str, bytes] | None, newer: dict[str, bytes] | None, told: str
) -> None:
    for name, changed in (("older", older), ("contracts", newer)):
        if changed is not None:
            (tmp_path / name).mkdir()
            for file, text in {**samples.base(), **changed}.items():
                target = tmp_path / name / file
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(text)
    (tmp_path / "contracts").mkdir(exist_ok=True)
    ran = slacli("diff", "./older", "--contract", "contracts", folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"could not run: {told}"), ran.err
