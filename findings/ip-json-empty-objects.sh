#!/bin/bash
# ip-json-empty-objects.sh - "ip -json" shows an empty object for each interface that it was told to leave out
#
# One would guess: what "ip link show up" lists as text, "ip -json link show up" lists as JSON: one object for each
# interface that is up.
# What happens: each interface that is not up is there as well, as an object without a key. A script that counts the
# objects counts them all; one that asks each for its name gets null.
# Where: iproute2, ip/ipaddress.c: the object is opened before print_linkinfo() leaves the interface out.
# Seen with iproute2 6.1.0 (lo is down, one of three others is up; Linux 6.18.44):
#   lines of text: 1, objects: 4, with a name: 1
# As root. 0: it is still so, 1: it has changed, 77: this machine cannot show it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
packages=(iproute2=6.1.0-3)

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
	PATH=$tmp/bin:$tmp/sbin:$PATH unshare --net bash "$script" inside
	exit
fi

for link in one two three; do
	ip link add "$link" type bridge >said 2>&1 || cannot "no interface can be made: $(tail -n 1 said)"
done
ip link set two up
said="lines of text: $(ip -o link show up | wc -l), $(ip -json link show up | python3 -c '
import json, sys
links = json.load(sys.stdin)
print("objects: %d, with a name: %d" % (len(links), sum("ifname" in link for link in links)))')"
[[ $said == "lines of text: 1, objects: 4, with a name: 1" ]] || changed "$said"
echo "as stated, with $(ip -V | grep -o 'iproute2-[0-9.]*'): $said"
