"""What all tests share: properties are never judged by the clock of a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("slacli", deadline=None)
settings.load_profile("slacli")
