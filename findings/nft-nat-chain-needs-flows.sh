#!/bin/bash
# nft-nat-chain-needs-flows.sh - a NAT chain begins to count when somebody else's table asks about flows
#
# One would guess: a chain "type nat" of family inet at a hook is asked about the first packet of each flow, of IPv4 as of
# IPv6, and what its rules count does not hang on tables that have nothing to do with it.
# What happens: the chain does not make the kernel track flows. A NAT statement does, for its own family: a chain whose
# NAT is all of IPv6 is not asked about IPv4 at all, not even its first rule, as long as nobody tracks IPv4. It is from
# the moment on in which any rule of the namespace, in whatever table, has use for flows ("ct state").
# Where: net/netfilter/nf_nat_core.c, nf_nat_inet_fn(): a packet without a flow goes by; net/netfilter/nft_nat.c and
# nft_ct.c: nf_ct_netns_get() for the family of the statement.
# Seen with Linux 6.18.44 and nftables 1.0.6 (IPv4 datagrams to 127.0.0.1, each from a port of its own):
#   counted of 3: 0; beside a table that asks for "ct state": 3
# As root. 0: it is still so, 1: it has changed, 77: this machine cannot show it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
packages=(nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0=1.0.4-3 iproute2=6.1.0-3)

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
	export PATH=$tmp/usr/sbin:$tmp/bin:$tmp/sbin:$PATH LD_LIBRARY_PATH
	LD_LIBRARY_PATH=$(dirname "$(find "$tmp" -name 'libnftables.so.1' | head -n 1)")
	unshare --net bash "$script" inside
	exit
fi

# load: what stands in the standard input
load() { nft -f - >said 2>&1 || cannot "a table is refused: $(tail -n 1 said)"; }

# counted: how many of three datagrams the NAT chain counts
counted() {
	nft reset counters >/dev/null
	python3 <<-END
		import socket
		sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
		for sock in sockets:
		    sock.sendto(b"", ("127.0.0.1", 9))
	END
	nft list counter inet translate seen | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

ip link set lo up
load <<-END
	table inet translate {
		counter seen { }
		chain out {
			type nat hook output priority -100
			meta nfproto ipv4 udp dport 9 counter name seen
			ip6 daddr 2001:db8::1 dnat ip6 to 2001:db8::2
		}
	}
END
alone=$(counted)
load <<-END
	table ip elsewhere {
		chain in {
			type filter hook input priority 0
			ct state invalid counter
		}
	}
END
beside=$(counted)
said="counted of 3: $alone; beside a table that asks for \"ct state\": $beside"
[[ $alone == 0 && $beside == 3 ]] || changed "$said"
echo "as stated, on Linux $(uname -r): $said"
