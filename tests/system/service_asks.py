# service_asks.py - one connection to a service after another, each of which has to be made and answered, and one all the time
# usage: service_asks.py ADDRESS STOP-FILE END-FILE OUT      SPDX-License-Identifier: GPL-2.0-or-later
#
# OUT has "ENOUGH FAILED N": whether a hundred were made, how many failed, and how many different answered. OUT.open is there when the
# standing one is, OUT.stopped when STOP-FILE was seen and no other is being made. When END-FILE is there, OUT.end says whether the
# standing one is answered by the same as before.
import os
import socket
import sys
import time

address, stop, end, out = sys.argv[1:5]


def ask(sock):
    sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
    return sock.recv(4096).split()[-3:]


kept = socket.create_connection((address, 80), 20)
first, seen, made, failed = ask(kept), set(), 0, 0
open(out + ".open", "w")
while not os.path.exists(stop):
    try:
        with socket.create_connection((address, 80), 20) as sock:
            seen.add(ask(sock)[0])
            made += 1
    except OSError as error:
        print(error, file=sys.stderr)
        failed += 1
    with open(out + ".new", "w") as file:
        print(made >= 100, failed, len(seen), file=file)
    os.rename(out + ".new", out)
open(out + ".stopped", "w")
while not os.path.exists(end):
    time.sleep(0.01)
with open(out + ".end", "w") as file:
    print(ask(kept) == first, file=file)
