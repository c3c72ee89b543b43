"""A headless Chromium, driven through a pipe by its DevTools protocol, with a passkey that is made of software."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 60

# The browser speaks on descriptors 3 and 4, whatever ours are called.
LAUNCHER = """
import fcntl, os, sys
spoken, heard = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(spoken, 3)
os.dup2(heard, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def program() -> str | None:
    """Give the path of a browser, or None where there is none that can be driven through a pipe."""
    found = (shutil.which(name) for name in PROGRAMS)
    return next((one for one in found if one), None) if sys.platform != "win32" else None


class Browser:
    """A browser with one profile; every question is answered before the next one is put."""

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of = to, of
        self._left = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        self._count += 1
        asked = {"id": self._count, "method": method, "params": params} | ({"sessionId": session} if session else {})
        data = json.dumps(asked).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            told = self._message(PATIENCE_S)
            if told is None:
                raise TimeoutError(f"the browser does not answer {method}")
            if told.get("id") == self._count:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return dict(told["result"])
            self.events.append(told)

    def _message(self, seconds: float) -> dict[str, Any] | None:
        until = time.monotonic() + seconds
        while b"\0" not in self._left:
            if not select.select([self._of], [], [], max(until - time.monotonic(), 0))[0]:
                return None
            piece = os.read(self._of, 1 << 20)
            if not piece:
                raise EOFError("the browser has ended")
            self._left += piece
        told, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(told))

    def tab(self) -> Tab:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        found = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            found.call(f"{domain}.enable")
        return found


class Tab:
    """One page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **params: object) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)

    def passkey(self, **options: object) -> str:
        """Give this tab a device with a passkey, whose owner is there and recognised unless `options` say otherwise."""
        self.call("WebAuthn.enable")
        device = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        } | options
        return str(self.call("WebAuthn.addVirtualAuthenticator", options=device)["authenticatorId"])

    def go(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.wait("document.querySelector('#paper:not([hidden]), #end:not([hidden])')")

    def run(self, code: str, by_person: bool = False) -> Any:
        """Give the value of an expression on the page."""
        done = self.call(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True, userGesture=by_person
        )
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"])
        return done["result"].get("value")

    def wait(self, code: str) -> None:
        """Return as soon as an expression is true on the page."""
        until = time.monotonic() + PATIENCE_S
        while not self.run(f"Boolean({code})"):
            if time.monotonic() > until:
                raise TimeoutError(f"{code}: {self.run('document.body.innerText')}")
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        """Press a mouse button over the middle of an element."""
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = self.run(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at, button="left", clickCount=1)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def key(self, name: str) -> None:
        codes = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}
        code, text = codes[name]
        shared = {"key": name, "code": "Space" if name == " " else name, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **shared)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shared)

    def sized(self, width: int, height: int, scale: float = 1) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 500,
        )

    def preferring(self, **features: str) -> None:
        """Let the person prefer `color_scheme="dark"`, for one."""
        told = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=told)

    def picture(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=False)["data"])

    def nodes(self) -> list[Mapping[str, Any]]:
        """Give what a screen reader gets, in its order: each node with its role, its name and its properties."""
        known = {one["nodeId"]: one for one in self.call("Accessibility.getFullAXTree")["nodes"]}
        found, ahead = [], [next(iter(known.values()))]
        while ahead:
            one = ahead.pop()
            ahead.extend(known[child] for child in reversed(one.get("childIds", ())) if child in known)
            if not one["ignored"]:
                said = {p["name"]: p["value"].get("value") for p in one.get("properties", ())}
                found.append(said | {"role": one["role"]["value"], "name": one.get("name", {}).get("value", "")})
        return found

    def complaints(self) -> list[str]:
        """Give what the browser found wrong: errors of scripts, and what its policy forbade.

        That slacli has ended is nothing wrong: a page finds it out by asking.
        """
        found = []
        self.run("0")
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                entry = event["params"]["entry"]
                if not ("ERR_CONNECTION" in entry["text"] and entry.get("url", "").endswith("/state")):
                    found.append(f"{entry['text']} {entry.get('url', '')}")
        return found

    def forget(self) -> None:
        """Forget the complaints up to here."""
        self._browser.events.clear()


@contextmanager
def opened(profile: Path) -> Iterator[Browser]:
    """Open a browser with a new profile, which reaches no other machine."""
    path = program()
    assert path is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    options = (
        "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --no-default-browser-check"
        " --disable-background-networking --disable-component-update --disable-sync --disable-extensions"
        " --no-proxy-server --remote-debugging-pipe --hide-scrollbars --force-color-profile=srgb"
    ).split()
    command = [
        sys.executable, "-c", LAUNCHER, str(theirs_in), str(theirs_out), path, *options,
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        browser = Browser(ours_out, ours_in)
        try:
            yield browser
            browser.call("Browser.close")
        finally:
            os.close(ours_out)
            os.close(ours_in)
            end(process.wait, process.kill)


def end(wait: Callable[..., object], kill: Callable[[], None]) -> None:
    try:
        wait(timeout=20)
    except subprocess.TimeoutExpired:
        kill()
        wait()
