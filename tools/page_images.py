"""Takes the pictures of the page on which people sign that stand in the docs: `python tools/page_images.py`.

It needs Chromium. The pictures differ with the fonts of a machine, so that nothing checks them: look at them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    import browser
    from test_passkey_browser import PAGE, signing
    from test_passkey_page import CHALLENGE, Visit

    from slacli.adapters import passkey

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, browser.opened(Path(profile)) as chromium:
        tab = chromium.tab()

        def taken(name: str) -> None:
            (IMAGES / f"{name}.png").write_bytes(tab.picture())

        with signing(PAGE, seconds=120) as visit:
            for name, width, height, scale, scheme in (
                ("sign-light", 820, 1060, 1.0, "light"),
                ("sign-dark", 820, 1060, 1.0, "dark"),
                ("sign-phone", 360, 740, 1.5, "light"),
            ):
                tab.sized(width, height, scale)
                tab.preferring(color_scheme=scheme)
                tab.go(visit.address)
                taken(name)
        with Visit(lambda **given: passkey.enrol(PAGE.title, PAGE.person, CHALLENGE, **given), seconds=120) as visit:
            tab.passkey()
            tab.preferring(color_scheme="light")
            tab.sized(820, 470)
            tab.go(visit.address)
            taken("enrol")
            tab.click("#go")
            tab.wait("document.querySelector('#go:not(:disabled)')?.textContent === 'Sign once with it'")
            tab.click("#go")
            visit.end()


if __name__ == "__main__":
    main()
