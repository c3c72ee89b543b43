"""What a page and those who wait for its answer say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slacli.values import dataclass


class Unfit(ValueError):
    """What a page sent is no answer. Its words go back to the page, where the person can try again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the page, and the answer of the visit where this is it."""

    body: Mapping[str, Any]
    answer: object = None


Door = Callable[[Mapping[str, Any], str], Reply]
"""Takes what a page sends, and the origin of the page; raises Unfit where it is no answer."""
