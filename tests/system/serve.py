# serve.py - answers every HTTP request and datagram with "NAME from ADDRESS"; plays a container's service
# usage: serve.py NAME READY-FILE PORT[/tcp|/udp|/sctp]…      SPDX-License-Identifier: GPL-2.0-or-later
import socket
import sys
import threading

name, ready, specs = sys.argv[1], sys.argv[2], sys.argv[3:]


def text(address):
    return ("%s from %s\n" % (name, address[0].removeprefix("::ffff:"))).encode()


def bound(kind, protocol, port):
    """A socket of both families where the kernel has IPv6, else of IPv4."""
    try:
        sock = socket.socket(socket.AF_INET6, kind, protocol)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        any_address = "::"
    except OSError:
        sock = socket.socket(socket.AF_INET, kind, protocol)
        any_address = "0.0.0.0"
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((any_address, port))
    return sock


def answer(connection, address):
    try:
        connection.settimeout(5)
        connection.recv(4096)
        body = text(address)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    except OSError:
        pass
    connection.close()


def accept(sock):
    while True:
        threading.Thread(target=answer, args=sock.accept(), daemon=True).start()


def datagrams(sock):
    while True:
        _, address = sock.recvfrom(65536)
        try:
            sock.sendto(text(address), address)
        except OSError:
            pass


threads = []
for spec in specs:
    port, _, protocol = spec.partition("/")
    if protocol == "udp":
        work = (datagrams, bound(socket.SOCK_DGRAM, 0, int(port)))
    else:
        sock = bound(socket.SOCK_STREAM, socket.IPPROTO_SCTP if protocol == "sctp" else 0, int(port))
        sock.listen(128)
        work = (accept, sock)
    threads.append(threading.Thread(target=work[0], args=work[1:]))
for thread in threads:
    thread.start()
open(ready, "w").close()
