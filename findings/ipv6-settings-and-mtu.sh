#!/bin/bash
# ipv6-settings-and-mtu.sh - a moment with a small MTU takes an interface's IPv6 settings away for good
#
# One would guess: an interface whose MTU is below 1,280 has no IPv6 meanwhile, and when the MTU is back, so are the
# settings that somebody has made for it, as those of IPv4 are.
# What happens: net.ipv6.conf.NAME and net.ipv6.neigh.NAME are gone while the MTU is small, with addresses and routes. With
# the MTU they come back as new ones, as "default" has them: what was set before is forgotten, and nothing says so.
# Addresses that were given by hand do not come back either.
# Where: net/ipv6/addrconf.c, addrconf_notify(), NETDEV_CHANGEMTU: addrconf_ifdown() as for a link that is removed.
# Seen with Linux 6.18.44 and iproute2 6.1.0, for hop_limit, ndisc's retrans_time_ms, and IPv4's arp_announce beside them:
#   set: 33 2000 2 addresses 1; MTU 1279: - - 2 addresses 0; MTU 1500: 64 1000 2 addresses 0
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

settings=(ipv6/conf/wire/hop_limit ipv6/neigh/wire/retrans_time_ms ipv4/conf/wire/arp_announce)

# state: the settings, "-" where there is none, and how many addresses of 2001:db8::/32 there are
state() {
	local name
	for name in "${settings[@]}"; do
		printf '%s ' "$(cat "/proc/sys/net/$name" 2>/dev/null || echo -)"
	done
	ip -6 -o addr show dev wire to 2001:db8::/32 >said
	echo "addresses $(wc -l <said)"
}
ip link add wire mtu 1500 type veth >said 2>&1 || cannot "no interface can be made: $(tail -n 1 said)"
ip link set wire up
[[ -e /proc/sys/net/ipv6/conf/wire ]] || cannot "this kernel has no IPv6"
ip addr add 2001:db8::1/64 dev wire nodad
echo 33 >/proc/sys/net/ipv6/conf/wire/hop_limit
echo 2000 >/proc/sys/net/ipv6/neigh/wire/retrans_time_ms
echo 2 >/proc/sys/net/ipv4/conf/wire/arp_announce
said="set: $(state)"
ip link set wire mtu 1279
said+="; MTU 1279: $(state)"
ip link set wire mtu 1500
said+="; MTU 1500: $(state)"
[[ $said == "set: 33 2000 2 addresses 1; MTU 1279: - - 2 addresses 0; MTU 1500: 64 1000 2 addresses 0" ]] ||
	changed "$said"
echo "as stated, on Linux $(uname -r): $said"
