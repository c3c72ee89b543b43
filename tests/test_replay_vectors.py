"""What was signed once with a replay means the same for ever, and nothing of it can be altered."""

from __future__ import annotations

from pathlib import Path

from signing import CONTRACT, PROJECT, sha

from slacli.core.trust import chain, statements

ROOM = Path(__file__).parent / "vectors" / "replay"
ROOT = "sha256:ab957411af66c162bdc289eff35ad9dd7a0dd320f2f5e31de079f22757a78106"
REPLAY = "sha256:049026ad6c9ef597c23f318aa4aeb57922bb9693b6308132d5ae29f0a8c3fb74"
NAME = "signatures/versions/2.replay.json"


def files() -> dict[str, bytes]:
    return {path.relative_to(ROOM).as_posix(): path.read_bytes() for path in ROOM.rglob("*.*") if path.is_file()}


def test_a_replay_that_was_signed_holds_as_it_did() -> None:
    found = chain.read(files(), PROJECT, CONTRACT, ROOT)
    assert found.problems == ()
    assert [one.signed for one in found.versions] == [True, True]
    assert [one.manifest.replay for one in found.versions] == [None, REPLAY]
    assert list(found.replays) == ["2"]
    replay = found.replays["2"]
    assert replay.text == files()[NAME]
    assert sha(replay.text) == REPLAY
    assert statements.replay(replay.text) == replay
    assert chain.file_of(replay) == NAME
    assert (replay.terms[0].leaves, replay.owed[0].after.missed if replay.owed[0].after else 0) == (32, 190)


def test_every_byte_of_it_is_covered() -> None:
    whole = files()
    text = whole[NAME]
    for at in range(0, len(text), 7):
        whole[NAME] = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        found = chain.read(whole, PROJECT, CONTRACT, ROOT)
        assert [one.rule for one in found.problems] == ["altered-replay"]
        assert not found.replays


def test_a_manifest_without_one_is_what_it_always_was() -> None:
    text = files()["signatures/versions/1.json"]
    assert statements.manifest(text).text == text
    assert b'"replay":null' in text
