# crowd.py - opens many connections to the API and keeps them
# usage: crowd.py SOCKET streams|half|idle N [UID]      SPDX-License-Identifier: GPL-2.0-or-later
# Says how many were answered with which status and, of the last refused one, the message; then waits to be killed.
import collections
import json
import os
import resource
import socket
import sys
import time

path, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
if len(sys.argv) > 4:
    # from inside the folder: the ones above it are closed to this user
    os.chdir(os.path.dirname(path))
    path = os.path.basename(path)
    os.setgroups([])
    os.setgid(int(sys.argv[4]))
    os.setuid(int(sys.argv[4]))
REQUEST = {
    "streams": b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n",
    "half": b"POST /networks/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Le",
    "idle": b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n",
}[what]

kept, statuses, message = [], collections.Counter(), ""
for _ in range(count):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(path)
    sock.sendall(REQUEST)
    kept.append(sock)
    if what == "half":
        continue
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(4096)
    head, body = answer.split(b"\r\n\r\n", 1)
    statuses[head.split()[1].decode()] += 1
    if b" 503 " in head:
        while not body.endswith(b"\n"):
            body += sock.recv(4096)
        message = json.loads(body)["message"]
print("open", " ".join(f"{n} x {status}" for status, n in sorted(statuses.items())), flush=True)
print("refused:", message, flush=True)
time.sleep(600)
