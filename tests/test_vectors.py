"""What was signed once means the same for ever: frozen digests, statements and signatures."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing import CONTRACT, PROJECT, sha

from slacli.core.text import parse, yamltext
from slacli.core.trust import canonical, chain, standing

ROOM = Path(__file__).parent / "vectors"
FILES = sorted(path.relative_to(ROOM / "contract").as_posix() for path in (ROOM / "contract").rglob("*.yaml"))
ROOT = "sha256:ab957411af66c162bdc289eff35ad9dd7a0dd320f2f5e31de079f22757a78106"
WHOLE = "sha256:7c66968afc4e2580f187105ffa3b6e632d15b07cefc9dc74ee3d98ac4b6a18e7"


def frozen(name: str) -> bytes:
    return (ROOM / "canonical" / f"{name.replace('/', '--').removesuffix('.yaml')}.json").read_bytes()


def digests() -> dict[str, str]:
    lines = (ROOM / "digests.txt").read_text().splitlines()
    return dict(line.split(" ") for line in lines[:-1])  # type: ignore[misc]


@pytest.mark.parametrize("name", FILES)
def test_a_file_means_what_it_meant(name: str) -> None:
    tree = yamltext.read(name, (ROOM / "contract" / name).read_bytes()).data
    assert canonical.meaning(tree) == frozen(name)
    assert canonical.digest(frozen(name)) == digests()[name] == sha(frozen(name))


def test_the_agreement_has_the_digest_that_it_had() -> None:
    texts = {name: (ROOM / "contract" / name).read_bytes() for name in FILES}
    found = parse.parse(texts)
    assert found.contract is not None, found.findings
    assert dict(found.contract.digests) == digests()
    lines = (ROOM / "digests.txt").read_bytes()
    assert found.contract.digest == WHOLE == sha(b"".join(lines.splitlines(keepends=True)[:-1]))


def test_the_signatures_hold_as_they_did() -> None:
    files = {path.relative_to(ROOM).as_posix(): path.read_bytes() for path in (ROOM / "signatures").rglob("*.*")}
    found = chain.read(files, PROJECT, CONTRACT, ROOT)
    assert not found.problems
    assert found.anchored
    assert found.versions[0].signed
    assert standing.changed(found.versions[0].manifest, digests()) == ()


# --- what changes a digest and what does not -----------------------------------------------------


def told(text: str) -> str:
    reading = yamltext.read("definitions.yaml", text.encode())
    assert not reading.findings, reading.findings
    return canonical.digest(canonical.meaning(reading.data))


ONE = "a: {b: 0.25, c: [x, 'y z'], d: 4}\n"


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 0.250, c: [x, 'y z'], d: 4}\n",
        "# why\na:\n  d: 4   # four\n  c:\n  - x\n  - y z\n  b: 0.25\n",
        'a: {"b": 0.25, "c": ["x", "y z"], "d": 4}',
        "a: {b: 0.25, c: [x, 'y z'], d: 4}\r\n",
    ],
)
def test_layout_comments_quotes_and_the_order_of_keys_change_no_digest(text: str) -> None:
    assert told(text) == told(ONE)


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 0.26, c: [x, 'y z'], d: 4}\n",
        "a: {b: '0.25', c: [x, 'y z'], d: 4}\n",
        "a: {b: 0.25, c: ['y z', x], d: 4}\n",
        "a: {b: 0.25, c: [x, 'y  z'], d: 4}\n",
        "a: {b: 0.25, c: [X, 'y z'], d: 4}\n",
        "a: {b: 0.25, c: [x, 'y z'], d: 4.0}\n",
        "a: {b: 0.25, c: [x, 'y z'], d: '4'}\n",
        "a: {b: 0.25, c: [x, 'y z'], d: 4, e: null}\n",
    ],
)
def test_every_value_changes_the_digest(text: str) -> None:
    assert told(text) != told(ONE)


SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.decimals(-(10**9), 10**9, places=4)
)  # fmt: skip
KEYS = st.text(st.characters(codec="utf-8"), max_size=6)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def plain(tree: Any) -> Any:
    """Give what the text must say, worked out without slacli."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    if isinstance(tree, Decimal):
        shortest = f"{tree:f}".rstrip("0").rstrip(".") if tree % 1 else str(int(tree))
        return {"$decimal": "0" if tree == 0 else shortest}
    if isinstance(tree, int) and not isinstance(tree, bool) and abs(tree) > 2**53 - 1:
        return {"$integer": str(tree)}
    return tree


def turned(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: turned(value) for key, value in reversed(tree.items())}
    if isinstance(tree, list):
        return [turned(value) for value in tree]
    return tree + Decimal("0.000") if isinstance(tree, Decimal) else tree


@given(TREES)
def test_a_tree_has_one_text_and_it_is_read_back_as_it_is(tree: Any) -> None:
    text = canonical.meaning(tree)
    assert canonical.meaning(turned(tree)) == text
    assert canonical.encode(canonical.decode(text)) == text
    assert json.loads(text) == plain(tree)


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: "x"}, b"x", "\ud800", {"a": {"b": 2.0}}, 1 << 60])
def test_what_json_cannot_carry_safely_is_refused(value: object) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(value)
