# service_answers.py - answers each request on a connection, whenever it comes, with who it is
# usage: service_answers.py NAME PORT READY-FILE      SPDX-License-Identifier: GPL-2.0-or-later
import socket
import sys
import threading

name, port, ready = sys.argv[1:4]


def answer(sock):
    body = ("%s from here\n" % name).encode()
    while sock.recv(4096):
        sock.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


server = socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
open(ready, "w")
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
