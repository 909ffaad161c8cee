"""A headless Chromium, driven by its DevTools protocol."""

import base64
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 60
"""Seconds; the machine may have other work."""


class Browser:
    """One tab. What it logs as an error and what it asks the network for is kept."""

    def __init__(self, socket):
        self.socket, self.number = socket, 0
        self.errors, self.requests = [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.note(message)

    def note(self, message):
        params = message.get("params", {})
        match message["method"]:
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description", details["text"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.errors.append(params["entry"]["text"])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning"):
                self.errors.append(str(params["args"]))
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])

    def visit(self, page, width=1440, height=900, scheme="light"):
        """A page from disk, once its script has drawn what it shows at first."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=Path(page).resolve().as_uri())
        self.wait("document.documentElement?.dataset.ready === 'yes'")

    def run(self, script):
        """The value of an expression, awaited if it is a promise."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < end, f"{condition} does not come true; errors: {self.errors}"
            time.sleep(0.1)

    def choose(self, place, value):
        """A value of a control, as if chosen by hand."""
        self.run(
            f"(() => {{ const it = document.querySelector({json.dumps(place)}); it.value = {json.dumps(value)};"
            " for (const name of ['input', 'change']) it.dispatchEvent(new Event(name, { bubbles: true })); })()"
        )

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text="\r" * (code == 13),
            )

    def click(self, place):
        self.run(f"document.querySelector({json.dumps(place)}).click()")

    def screenshot(self, file, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(file).write_bytes(base64.b64decode(shot["data"]))

    def save_downloads_in(self, folder):
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))


@contextmanager
def browser(folder):
    """A browser whose profile is in ``folder``."""
    from websocket import create_connection

    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
    ]
    started = subprocess.Popen(
        [CHROMIUM, *options, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = Path(folder) / "DevToolsActivePort"
        end = time.monotonic() + PATIENCE
        while not port.is_file() or not port.read_text(encoding="utf-8").strip():
            assert started.poll() is None and time.monotonic() < end, "Chromium does not start"
            time.sleep(0.1)
        number = port.read_text(encoding="utf-8").split()[0]
        with urlopen(f"http://127.0.0.1:{number}/json/list") as answer:
            (tab,) = (tab for tab in json.load(answer) if tab["type"] == "page")
        socket = create_connection(tab["webSocketDebuggerUrl"], timeout=PATIENCE, suppress_origin=True)
        try:
            yield Browser(socket)
        finally:
            socket.close()
    finally:
        started.terminate()
        started.wait()
