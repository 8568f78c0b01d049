#!/bin/bash
# ctnetlink-ipv6-filter.sh - a dump of IPv6 flows by address gives all but those of that address
#
# One would guess: since Linux 5.8 a dump of conntrack's flows may name a part of a tuple (CTA_FILTER), and the kernel
# gives the flows that match it, of IPv6 as of IPv4.
# What happens: of IPv4 it does. Of IPv6 the comparison of addresses is the wrong way round: who asks for the flows from
# 2001:db8::1 is given every flow but those. Nothing is refused, and a program that looks through the answer once more for
# what it wants, which a careful one does, finds that there are no such flows.
# Where: net/netfilter/nf_conntrack_netlink.c, ctnetlink_filter_match_tuple().
# Seen with Linux 6.18.44 (flows made and counted by conntrack 1.4.7):
#   from 192.0.2.1: 192.0.2.1
#   from 2001:db8::1: 2001:db8::7 2001:db8::9
# As root. 0: it is still so, 1: it has changed, 77: this machine cannot show it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
packages=(conntrack=1:1.4.7-1+b2 libnetfilter-conntrack3=1.0.9-3 libnfnetlink0=1.0.2-2 libmnl0=1.0.4-3)

cannot() {
	echo "cannot be shown here: $*" >&2
	exit 77
}
changed() {
	echo "changed: $*" >&2
	exit 1
}

if [[ ${1:-} != inside ]]; then
	[[ $(id -u) -eq 0 ]] || cannot "namespaces need root"
	script=$(realpath "$0") tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	cd "$tmp"
	apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}" >said 2>&1 ||
		cannot "${packages[*]}: $(tail -n 1 said)"
	for package in *.deb; do
		dpkg-deb -x "$package" .
	done
	export PATH=$tmp/usr/bin:$tmp/usr/sbin:$PATH LD_LIBRARY_PATH
	LD_LIBRARY_PATH=$(dirname "$(find "$tmp" -name 'libnetfilter_conntrack.so.3' | head -n 1)")
	unshare --net bash "$script" inside
	exit
fi

# add FROM TO: a flow, without a packet
add() {
	conntrack -I -p udp -s "$1" -d "$2" --sport 1000 --dport 2000 -t 600 >said 2>&1 ||
		cannot "no flow can be made: $(tail -n 1 said)"
}
add 192.0.2.1 192.0.2.2
add 192.0.2.7 192.0.2.8
add 2001:db8::1 2001:db8::2
add 2001:db8::7 2001:db8::8
add 2001:db8::9 2001:db8::8
[[ $(conntrack -C) -eq 5 ]] || cannot "five flows were made, and there are $(conntrack -C)"

# from ADDRESS: from where the flows are that the kernel gives to who asks for those from that address
from() {
	python3 - "$1" <<'END'
import socket, struct, sys

CT_GET = 1 << 8 | 1                     # subsystem ctnetlink, IPCTNL_MSG_CT_GET
REQUEST, DUMP, NESTED = 1, 0x300, 0x8000
TUPLE_ORIG, FILTER, TUPLE_IP = 1, 25, 1 # CTA_…
ORIG_FLAGS, REPLY_FLAGS, BY_SOURCE = 1, 2, 1

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
SOURCE = 3 if family == socket.AF_INET6 else 1 # CTA_IP_V6_SRC, CTA_IP_V4_SRC


def attr(kind, data):
    return struct.pack("HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        yield kind & 0x3fff, data[4:size]
        data = data[size + 3 & ~3:]


def source_of(data):
    ip = dict(attrs(dict(attrs(data))[TUPLE_ORIG]))[TUPLE_IP]
    return socket.inet_ntop(family, dict(attrs(ip))[SOURCE])


wanted = attr(NESTED | TUPLE_IP, attr(SOURCE, socket.inet_pton(family, sys.argv[1])))
flags = attr(ORIG_FLAGS, struct.pack("I", BY_SOURCE)) + attr(REPLY_FLAGS, struct.pack("I", 0))
body = struct.pack("BBH", family, 0, 0) + attr(NESTED | TUPLE_ORIG, wanted) + attr(NESTED | FILTER, flags)
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) # NETLINK_NETFILTER
sock.settimeout(60)
sock.send(struct.pack("IHHII", 16 + len(body), CT_GET, REQUEST | DUMP, 1, 0) + body)
found = []
while True:
    answer = sock.recv(65536)
    while answer:
        size, kind = struct.unpack_from("IH", answer)
        if kind == 2:                   # NLMSG_ERROR
            print("error", struct.unpack_from("i", answer, 16)[0])
            sys.exit()
        if kind == 3:                   # NLMSG_DONE
            print(*sorted(found))
            sys.exit()
        found.append(source_of(answer[20:size]))
        answer = answer[size + 3 & ~3:]
END
}
four=$(from 192.0.2.1)
six=$(from 2001:db8::1)
[[ $four != error* && $six != error* ]] || cannot "this kernel does not choose flows (IPv4: $four, IPv6: $six)"
[[ $four == 192.0.2.1 ]] || changed "of IPv4, from 192.0.2.1, were given: $four"
[[ $six == "2001:db8::7 2001:db8::9" ]] || changed "of IPv6, from 2001:db8::1, were given: $six"
echo "as stated, on Linux $(uname -r): from 192.0.2.1: $four; from 2001:db8::1: $six"
