"""What all tests share: properties are never judged by the clock of a busy machine, nor pages by its surroundings."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from worlds import World

# The gate tries the same examples every time: it fails for what was changed, and never by chance. New ones are looked
# for by `pytest --hypothesis-profile=hunt`.
settings.register_profile("slacli", deadline=None, derandomize=True)
settings.register_profile("hunt", deadline=None)
settings.load_profile("slacli")

# What is printed depends on these: a build log hides values, for one. Tests that are about them set them themselves.
for name in ("CI", "COLUMNS", "NO_COLOR"):
    os.environ.pop(name, None)

# What a shell starts in the background ignores interrupts, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """Give what makes a world of some duties, in the folder of the test."""
    return lambda **duties: World(tmp_path, duties)
