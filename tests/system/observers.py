# observers.py - plays those who ask netd for snapshots, and those who change containers meanwhile
# usage: observers.py SOCKET crowd N | slow | storm PID SECONDS      SPDX-License-Identifier: GPL-2.0-or-later
# crowd: N ask at once and read when a line comes in; says how many snapshots were whole, and of how many gatherings.
# slow: asks, says "asked", and reads the rest when a line comes in; says whether it was whole.
# storm: containers on the host's network, of process PID, come and go in the order of their numbers: at any moment those
# that are there are 20 or 21 in a row. Snapshots that are taken meanwhile must show that; says what they showed.
import http.client
import json
import socket
import sys
import threading
import time

path, what = sys.argv[1], sys.argv[2]
BALLAST, WINDOW = 300, 20


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)


def call(connection, method, url, body=None):
    connection.request(method, url, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {url}: {answer.status} {text.decode()}")
    return text


def ask():
    connection = Connection("netd")
    connection.request("GET", "/netd/v1/snapshot")
    return connection


def attach(connection, name, pid):
    call(connection, "POST", "/netd/v1/containers", {"Name": name, "Pid": pid, "Networks": {"host": {}}})


def crowd(count):
    connections = [ask() for _ in range(count)]
    print("asked", flush=True)
    sys.stdin.readline()
    gatherings = [json.loads(connection.getresponse().read())["Gathering"] for connection in connections]
    print("whole", len(gatherings), "gatherings", len(set(gatherings)))


def slow():
    connection = ask()
    answer = connection.getresponse()
    print("asked", answer.read(1).decode(), flush=True)
    sys.stdin.readline()
    try:
        json.loads("{" + answer.read().decode())
        print("whole")
    except (http.client.IncompleteRead, ConnectionError, json.JSONDecodeError):
        print("cut off")


def storm(pid, seconds):
    connection = Connection("netd")
    for i in range(BALLAST):
        attach(connection, f"ballast{i}", pid)
    stop = threading.Event()
    changed = 0

    def change():
        nonlocal changed
        changer = Connection("netd")
        while not stop.is_set():
            attach(changer, f"storm{changed}", pid)
            if changed >= WINDOW:
                call(changer, "DELETE", f"/netd/v1/containers/storm{changed - WINDOW}")
            changed += 1

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    seen = moving = turns = during = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline or ((seen < 20 or during < 5) and time.monotonic() < deadline + 60):
        before = changed
        snapshot = json.loads(call(connection, "GET", "/netd/v1/snapshot?parts=daemon,store,containers,ports"))
        names = [container["Name"] for container in snapshot["Containers"]]
        numbers = sorted(int(name[5:]) for name in names if name.startswith("storm"))
        seen += 1
        moving += snapshot["Moving"]
        turns += snapshot["Turns"]
        during += snapshot["Generation"] != snapshot["GenerationAtBegin"]
        if len(names) != snapshot["Daemon"]["Containers"]:
            sys.exit(f"{len(names)} containers are shown of {snapshot['Daemon']['Containers']}")
        if snapshot["Generation"]["Run"] != snapshot["Store"]["Run"]["Generation"]:
            sys.exit("two generations")
        if numbers and (numbers != list(range(numbers[0], numbers[-1] + 1)) or len(numbers) > WINDOW + 1):
            sys.exit(f"these are not of one moment: {numbers}")
        if numbers and before > 0 and numbers[-1] < before - 1:
            sys.exit(f"{numbers[-1]} is the last, and {before - 1} was there before")
    stop.set()
    thread.join(30)
    print("seen", seen, "moving", moving, "turns", turns, "changed meanwhile", during, "storm", changed)


if what == "crowd":
    crowd(int(sys.argv[3]))
elif what == "slow":
    slow()
else:
    storm(int(sys.argv[3]), float(sys.argv[4]))
