# stream.py - an HTTP server that sends 8 MiB evenly over the number of seconds the path asks for ("/3")
# usage: stream.py serve PORT      SPDX-License-Identifier: GPL-2.0-or-later
import socket
import sys
import threading
import time

TOTAL, CHUNK = 8 << 20, 16384


def answer(connection):
    seconds = int(connection.recv(4096).split()[1].strip(b"/") or 0)
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % TOTAL)
    for _ in range(TOTAL // CHUNK):
        connection.sendall(b"x" * CHUNK)
        time.sleep(seconds * CHUNK / TOTAL)
    connection.close()


sock = socket.create_server(("::", int(sys.argv[2])), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    threading.Thread(target=answer, args=(sock.accept()[0],), daemon=True).start()
