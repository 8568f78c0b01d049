# dnsecho.py - answers every DNS question, UDP and TCP, with one A record that tells which server it was
# usage: dnsecho.py ADDRESS PORT A-RECORD READY-FILE      SPDX-License-Identifier: GPL-2.0-or-later
import socket
import sys
import threading

host, port, record, ready = sys.argv[1], int(sys.argv[2]), socket.inet_aton(sys.argv[3]), sys.argv[4]
family = socket.AF_INET6 if ":" in host else socket.AF_INET


def answer(query):
    end = query.index(b"\0", 12) + 5
    return (query[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + query[12:end] +
            b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04" + record)


def stream(connection):
    with connection:
        while size := connection.recv(2, socket.MSG_WAITALL):
            reply = answer(connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
            connection.sendall(len(reply).to_bytes(2, "big") + reply)


def streams(sock):
    while True:
        threading.Thread(target=stream, args=(sock.accept()[0],), daemon=True).start()


tcp = socket.socket(family, socket.SOCK_STREAM)
udp = socket.socket(family, socket.SOCK_DGRAM)
for sock in tcp, udp:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((host, port))
tcp.listen(16)
threading.Thread(target=streams, args=(tcp,), daemon=True).start()
open(ready, "w").close()
while True:
    data, address = udp.recvfrom(4096)
    udp.sendto(answer(data), address)
