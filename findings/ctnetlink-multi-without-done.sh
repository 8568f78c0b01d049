#!/bin/bash
# ctnetlink-multi-without-done.sh - an answer of one message says that more will follow, and nothing does
#
# One would guess: a netlink message with NLM_F_MULTI is one of several, and NLMSG_DONE ends them (RFC 3549, 2.3.2). Who
# reads until then has read the answer.
# What happens: IPCTNL_MSG_CT_GET_STATS, by which conntrack's entries are counted, is answered with one message that bears
# the flag, and with nothing behind it. With NLM_F_ACK asked for an acknowledgement follows, but no NLMSG_DONE either.
# So the flag says nothing here: a reader has to know, as conntrack(8) does, that this question has one message for an answer.
# Where: net/netfilter/nf_conntrack_netlink.c, ctnetlink_stat_ct_fill_info().
# Seen with Linux 6.18.44 and conntrack 1.4.7 (256 is the subsystem's number, 5 the request's, 2 is NLMSG_ERROR):
#   without NLM_F_ACK: type 261 multi
#   with NLM_F_ACK: type 261 multi, type 2
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

conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 2000 -t 600 >said 2>&1 ||
	cannot "no flow can be made: $(tail -n 1 said)"
[[ $(conntrack -C 2>said) == 1 ]] || cannot "conntrack -C does not count the one flow there is: $(tail -n 1 said)"

# answer FLAGS: the messages of the answer. The kernel answers within send(2), so what is not there then will not come.
answer() {
	python3 - "$1" <<'END'
import socket, struct, sys

GET_STATS = 1 << 8 | 5                  # subsystem ctnetlink, IPCTNL_MSG_CT_GET_STATS
MULTI = 2                               # NLM_F_MULTI
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) # NETLINK_NETFILTER
sock.bind((0, 0))
sock.send(struct.pack("IHHIIBBH", 20, GET_STATS, int(sys.argv[1]), 1, 0, 0, 0, 0))
messages = []
while True:
    try:
        data = sock.recv(65536, socket.MSG_DONTWAIT)
    except BlockingIOError:
        break
    while data:
        size, kind, flags = struct.unpack_from("IHH", data)
        messages.append("type %d%s" % (kind, " multi" if flags & MULTI else ""))
        data = data[size + 3 & ~3:]
print(", ".join(messages))
END
}
plain=$(answer 1)        # NLM_F_REQUEST
acknowledged=$(answer 5) # and NLM_F_ACK
[[ $plain == "type 261 multi" ]] || changed "the answer without NLM_F_ACK is: $plain"
[[ $acknowledged == "type 261 multi, type 2" ]] || changed "the answer with NLM_F_ACK is: $acknowledged"
echo "as stated, on Linux $(uname -r): without NLM_F_ACK: $plain; with it: $acknowledged"
