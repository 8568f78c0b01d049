#!/bin/bash
# nft-equal-priorities.sh - of two chains with one priority the one that came last is asked first
#
# One would guess: base chains at one hook that have the same priority are asked in the order in which they were made, as
# rules are in the order in which they were added.
# What happens: the other way round. A new chain goes in front of all of its priority. So a table that is deleted and loaded
# again, as a service does with its own when it is restarted, changes places with the tables of everybody else.
# Where: net/netfilter/core.c, nf_hook_entries_grow(): a hook is put in front of the first whose priority is not
# smaller.
# Here "one" is made before "two"; each marks a packet that has no mark yet, so the mark tells whose chain was first.
# Seen with Linux 6.18.44 and nftables 1.0.6:
#   first with one made before two: two; after one was made again: one
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

# make NAME MARK: a table with a chain that marks what bears no mark, and counts what it marks
make() {
	nft -f - >said 2>&1 <<-END || cannot "the table $1 is refused: $(tail -n 1 said)"
		table ip $1 {
			counter marked { }
			chain out {
				type filter hook output priority 0
				udp dport 9 meta mark 0 counter name marked meta mark set $2
			}
		}
	END
}

# first: which table marks a packet that is sent now
first() {
	nft reset counters >/dev/null
	python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))'
	for table in one two; do
		[[ $(nft list counter ip "$table" marked) != *"packets 1 "* ]] || echo "$table"
	done
}
ip link set lo up
make one 1
make two 2
before=$(first)
nft delete table ip one
make one 1
after=$(first)
said="first with one made before two: $before; after one was made again: $after"
[[ $before == two && $after == one ]] || changed "$said"
echo "as stated, on Linux $(uname -r): $said"
