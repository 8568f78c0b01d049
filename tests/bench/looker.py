# looker.py - who asks in a container when it hears of others; spans.py and many.py load it
# SPDX-License-Identifier: GPL-2.0-or-later
import subprocess
import sys

from hosts import inside

# Runs in a container: reads "reach WHAT" or "nobody WHAT". Says at which moment (of the clock that all have) the name had an answer, and at which
# a connection to the address in it was refused by who has the address; or when the name had no answer any more.
LOOKER = """
import socket, struct, sys, time
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.connect(("127.0.0.11", 53))
resolver.settimeout(1)
def answers(name, n):
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + bytes(1) + struct.pack("!HH", 1, 1)
    resolver.send(struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + question)
    while True:
        try:
            answer = resolver.recv(512)
        except socket.timeout:
            return None
        if answer[:2] == struct.pack("!H", n):
            return [socket.inet_ntoa(answer[-4:])] if struct.unpack("!H", answer[6:8])[0] else []
print("ready", flush=True)
n = 0
for line in sys.stdin:
    how, name = line.split()
    while True:
        n = (n + 1) % 65536
        found = answers(name, n)
        if found if how == "reach" else found == []:
            break
        time.sleep(0.0002)
    named = time.monotonic()
    if how == "reach":
        try:
            socket.create_connection((found[0], 9), 30).close()
        except ConnectionRefusedError:
            pass
    print(named, time.monotonic(), flush=True)
"""


class Looker:
    def __init__(self, ns):
        self.process = subprocess.Popen(inside(ns, sys.executable, "-c", LOOKER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def begin(self, how, what):
        self.process.stdin.write(f"{how} {what}\n")
        self.process.stdin.flush()

    def end(self):
        return [float(moment) for moment in self.process.stdout.readline().split()]
