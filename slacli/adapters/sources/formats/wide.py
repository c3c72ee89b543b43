"""Text in other encodings: which one it is by its mark or its binding, and how it becomes UTF-8.

A byte that the encoding does not know becomes one that UTF-8 does not know, so that its row is lost and no other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType

from slacli.adapters.sources.formats.made import Format, Made, Task
from slacli.adapters.sources.given import private

# What a binding may say its export is written in, the codec for it, and how people call it.
ENCODINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "utf-8": ("utf-8", "UTF-8"),
        "utf-16": ("utf-16", "UTF-16"),
        "utf-32": ("utf-32", "UTF-32"),
        "windows-1250": ("cp1250", "Windows-1250"),
        "windows-1251": ("cp1251", "Windows-1251"),
        "windows-1252": ("cp1252", "Windows-1252"),
        "windows-1253": ("cp1253", "Windows-1253"),
        "windows-1254": ("cp1254", "Windows-1254"),
        "iso-8859-1": ("iso8859-1", "ISO-8859-1"),
        "iso-8859-2": ("iso8859-2", "ISO-8859-2"),
        "iso-8859-15": ("iso8859-15", "ISO-8859-15"),
        "mac-roman": ("mac-roman", "Mac Roman"),
        "shift-jis": ("cp932", "Shift-JIS"),
        "gb18030": ("gb18030", "GB18030"),
        "big5": ("cp950", "Big5"),
        "euc-kr": ("cp949", "EUC-KR"),
    }
)

# What text begins with, how much of it is the mark, the codec and the encoding. Some tools put
# the mark of UTF-16 before UTF-32: no text has the NUL that would stand behind it otherwise.
_MARKS = (
    (re.compile(rb"\xff\xfe\x00\x00"), 4, "utf-32-le", "utf-32"),
    (re.compile(rb"\x00\x00\xfe\xff"), 4, "utf-32-be", "utf-32"),
    (re.compile(rb"(?:\xff\xfe|\xfe\xff).\x00\x00\x00", re.DOTALL), 2, "utf-32-le", "utf-32"),
    (re.compile(rb"(?:\xff\xfe|\xfe\xff)\x00\x00\x00"), 2, "utf-32-be", "utf-32"),
    (re.compile(rb"\xff\xfe"), 2, "utf-16-le", "utf-16"),
    (re.compile(rb"\xfe\xff"), 2, "utf-16-be", "utf-16"),
)
_UNKNOWN = "slacli.unknown"
_SEEN = 4096  # bytes that tell text in UTF-16 without a mark
_BLOCK = 1 << 20


def _unknown(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error(_UNKNOWN, _unknown)


def name(encoding: str) -> str:
    """Give the name that people know for an encoding."""
    plain = encoding.removesuffix(" with BOM")
    return ENCODINGS[plain][1] if plain in ENCODINGS else plain


def decoded(start: bytes, encoding: str) -> bytes:
    """Give the first bytes of a file in UTF-8; what the encoding does not know stays unreadable there too."""
    return (
        codecs.getincrementaldecoder(_codec(start, encoding))(_UNKNOWN).decode(start).encode("utf-8", "surrogateescape")
    )


def is_marked(start: bytes) -> bool:
    """Tell whether the first bytes say by themselves that text is UTF-16 or UTF-32."""
    return any(mark.match(start) for mark, *_ in _MARKS) or bool(_order(start))


def read(task: Task) -> Made:
    """Make UTF-8 of text that says by itself what it is written in."""
    for mark, skipped, codec, encoding in _MARKS:
        if mark.match(task.start):
            return _made(task, skipped, codec, encoding)
    return _made(task, 0, _order(task.start), "utf-16")


def read_as(task: Task, encoding: str) -> Made:
    """Make UTF-8 of text of which the binding says what it is written in."""
    if encoding == "utf-8":
        return Made(task.path, encoding)
    return _made(task, 0, _codec(task.start, encoding), encoding)


WIDE = Format("wide text", is_marked, read)


def _made(task: Task, skipped: int, codec: str, encoding: str) -> Made:
    copy = private(task.room)
    decoder = codecs.getincrementaldecoder(codec)(_UNKNOWN)
    with task.path.open("rb") as source, copy.open("wb") as target:
        source.seek(skipped)
        while block := source.read(_BLOCK):
            target.write(decoder.decode(block).encode("utf-8", "surrogateescape"))
        target.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
    return Made(copy, encoding, (f"read as {name(encoding)}",))


def _codec(start: bytes, encoding: str) -> str:
    codec = ENCODINGS[encoding][0]
    if encoding in {"utf-16", "utf-32"}:
        big = start[:1] == b"\0"
        return f"{codec}-{'be' if big else 'le'}"
    return codec


def _order(start: bytes) -> str:
    """Name the codec of text in UTF-16 without a mark, where its header line is plain and parted by tabs."""
    seen = start[:_SEEN]
    seen = seen[: len(seen) & ~1]
    for codec, letters, zeros in (("utf-16-le", seen[::2], seen[1::2]), ("utf-16-be", seen[1::2], seen[::2])):
        line = letters.split(b"\n")[0]
        if len(line) < len(letters) and b"\t" in line and line.isascii() and 0 not in line:
            return codec if not zeros[: len(line)].strip(b"\0") else ""
    return ""
