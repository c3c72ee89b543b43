"""Lines of YAML as a draft writes them: texts in quotes where any reader could take them for something else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from slacli.core.drafts import OPEN
from slacli.core.text import scalars
from slacli.core.wording import sanitised

_PLAIN = re.compile(r"[^\W\d_](?:[\w .()/&’'+%-]*[\w)%])?")
_ODD = re.compile(r"[\x00-\x1f\x7f]")


def scalar(text: str) -> str:
    """Give a text as a value or as a key, in a list too."""
    text = unicodedata.normalize("NFC", text)
    is_plain = _PLAIN.fullmatch(text) and scalars.plain(text) == (text, None) and scalars.key(text) is None
    return text if is_plain else scalars.in_quotes(text)


def can_stand(text: str) -> bool:
    """Tell whether a text can stand in a contract: text with signs that nobody sees cannot."""
    return bool(text) and sanitised(text, 10_000) == text and not _ODD.search(text) and len(text) <= 200


def sequence(texts: Iterable[str]) -> str:
    """Give texts as a list in one line."""
    return "[" + ", ".join(map(scalar, texts)) + "]"


def remark(text: str) -> str:
    """Give a text as the comment behind a line."""
    return f"  # {sanitised(text, 400)}" if text else ""


def shown(headers: Sequence[str]) -> str:
    """Give headers as comments name them."""
    quoted = [f'"{sanitised(header, 60)}"' for header in headers]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


OPENED = f'"{OPEN}"'
