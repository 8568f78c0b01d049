"""browser.py - a headless Chromium that a test drives, through chromedriver; run inside the host's namespace

usage: browser.py DIRECTORY COMMAND…    each command prints a line when it is done:
    open URL            goes there
    click SELECTOR      clicks on what it finds
    type SELECTOR TEXT  writes into it
    until SCRIPT        waits until the script returns something true, and prints it
    js SCRIPT           prints what it returns
    look light|dark WIDTH HEIGHT    as on a screen of that size, of a person who wants it so
    shot FILE           a picture of the page
SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

PORT = 9515
PATIENCE_S = 180
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what WebDriver calls a reference to an element


def call(method, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise OSError(error.read().decode()[:500]) from None


def patiently(what):
    end, why = time.monotonic() + PATIENCE_S, ""
    while True:
        try:
            found = what()
            if found:
                return found
        except OSError as error:  # urllib's errors are among them
            found, why = None, error
        if time.monotonic() > end:
            sys.exit(f"not within the time: {found} {why}")
        time.sleep(0.05)


def open_session(directory):
    options = {
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            # What a browser does beside showing pages: a third of its start.
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--disable-features=Translate,MediaRouter,OptimizationHints",
            "--no-first-run",
            f"--user-data-dir={directory}/browser",
        ]
    }
    wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
    return "/session/" + call("POST", "/session", wanted)["sessionId"]


def do(session, selector, verb, body):
    """To what the selector finds: again, where the page has put another in its place meanwhile."""

    def once():
        found = call("POST", session + "/element", {"using": "css selector", "value": selector})
        call("POST", f"{session}/element/{found[ELEMENT]}/{verb}", body)
        return True

    patiently(once)


def script(session, text):
    return call("POST", session + "/execute/sync", {"script": text, "args": []})


def run(session, words):
    verb = words.pop(0)
    if verb == "open":
        call("POST", session + "/url", {"url": words.pop(0)})
    elif verb == "click":
        do(session, words.pop(0), "click", {})
    elif verb == "type":
        selector, text = words.pop(0), words.pop(0)
        do(session, selector, "value", {"text": text})
    elif verb == "until":
        text = words.pop(0)
        print(patiently(lambda: script(session, text)), flush=True)
        return
    elif verb == "js":
        print(json.dumps(script(session, words.pop(0))), flush=True)
        return
    elif verb == "look":
        scheme, width, height = words.pop(0), int(words.pop(0)), int(words.pop(0))
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        for command, params in (("setEmulatedMedia", media), ("setDeviceMetricsOverride", screen)):
            call("POST", session + "/goog/cdp/execute", {"cmd": "Emulation." + command, "params": params})
    elif verb == "shot":
        with open(words.pop(0), "wb") as file:
            file.write(base64.b64decode(call("GET", session + "/screenshot")))
    else:
        sys.exit(f"what is {verb}?")
    print(verb, flush=True)


def main():
    directory, *words = sys.argv[1:]
    with open(f"{directory}/driver.log", "w", encoding="utf-8") as log:
        driver = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=log, stderr=log)
    try:
        patiently(lambda: call("GET", "/status")["ready"])
        session = open_session(directory)
        try:
            while words:
                run(session, words)
        finally:
            call("DELETE", session)
    finally:
        driver.terminate()
        driver.wait()


main()
