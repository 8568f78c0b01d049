# udp.py - sends one datagram and prints the answer; fails after MAX_S seconds (2)
# usage: udp.py ADDRESS PORT      SPDX-License-Identifier: GPL-2.0-or-later
import os
import socket
import sys

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
sock = socket.socket(family, socket.SOCK_DGRAM)
sock.settimeout(float(os.environ.get("MAX_S", 2)))
# Connected, so that an answer from another address than the one asked does not count.
sock.connect((sys.argv[1], int(sys.argv[2])))
sock.send(b"hello\n")
try:
    print(sock.recv(65536).decode(), end="")
except OSError as error:
    sys.exit(str(error))
