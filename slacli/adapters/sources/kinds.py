"""What a file is by its first bytes: spreadsheets, archives, pages and wide text that only carry the name of a CSV."""

from __future__ import annotations

import re

from slacli.errors import CannotRun

_SAVE = "open it in the program that made it and save it as CSV (UTF-8)"
_UNPACK = "unpack it first"
_EXPORT = "export the data again as CSV (UTF-8)"

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or a protected Excel workbook", _SAVE),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", _UNPACK),
    (b"BZh", "compressed (bzip2)", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed (xz)", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)", _UNPACK),
    (b"Rar!\x1a\x07", "an archive (RAR)", _UNPACK),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"SQLite format 3\x00", "a database (SQLite)", _EXPORT),
)

_JSON = re.compile(rb'\{\s*["}]|\[\s*[\[{"\]]')


def refuse_other_kinds(shown: str, head: bytes) -> None:
    """Return when `head`, the first bytes of the file that messages call `shown`, can be the start of CSV text.

    Raises CannotRun in plain words for any other kind of file, for an empty one, and for text riddled with NUL.
    """
    if not head:
        raise CannotRun(f"{shown} is empty: it has not even a header line", _EXPORT)
    kind, help_ = _kind(head)
    if kind:
        raise CannotRun(f"{shown} is {kind}, not CSV text", help_)


def _kind(head: bytes) -> tuple[str, str]:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        workbook = b"xl/" in head or b"[Content_Types].xml" in head
        return ("an Excel workbook", _SAVE) if workbook else ("an archive (zip)", _UNPACK)
    for signature, kind, help_ in _SIGNATURES:
        if head.startswith(signature):
            return kind, help_
    if head.count(0, 0, 4096) * 10 > min(len(head), 4096):
        return "text in UTF-16 or binary data", _SAVE
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return "a web page or XML", _EXPORT
    if _JSON.match(text):
        return "JSON", _EXPORT
    return "", ""
