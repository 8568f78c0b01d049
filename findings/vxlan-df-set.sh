#!/bin/bash
# vxlan-df-set.sh - with "df set" a tunnel loses what is too large and may be fragmented, without a word
#
# One would guess: "df set" of a VXLAN link is for the discovery of the path's MTU. Since Linux 5.9 who sends too large a
# packet into a tunnel that is a bridge's port is told so (ICMP, "fragmentation needed"); and a packet that carries no DF
# may be fragmented somewhere.
# What happens: the outer packet has DF, so it is not sent in parts. The kernel tells of it only who has set DF himself.
# What comes without DF (as each kernel's own answer to a ping does) is lost, and nobody is told; the host counts it in
# FragFails.
# With "df inherit" both work: the one is told of, the other goes in parts.
# Where: net/ipv4/ip_tunnel_core.c, iptunnel_pmtud_check_icmp(); drivers/net/vxlan/vxlan_core.c, vxlan_xmit_one().
# Here a container at a bridge (MTU 1500) pings over a tunnel that takes 1450, with 1,500 bytes.
# Seen with Linux 6.18.44, iproute2 6.1.0 and ping 20221126:
#   df set: without DF lost, FragFails 1, with DF told; df inherit: without DF answered, FragFails 0, with DF told
# As root. 0: it is still so, 1: it has changed, 77: this machine cannot show it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
packages=(iproute2=6.1.0-3 iputils-ping=3:20221126-1+deb12u1)

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
	PATH=$tmp/bin:$tmp/sbin:$PATH unshare --net --mount bash "$script" inside
	exit
fi

# This namespace is the host with the bridge. The others have their names in a /run of their own.
mount -t tmpfs none /run
ip netns add box
ip netns add far
ip link add wire type veth peer name wire netns far
ip addr add 192.0.2.1/24 dev wire
ip -n far addr add 192.0.2.2/24 dev wire
ip -n far link set wire up
ip link set wire up
ip link add bridge type bridge
ip link add port master bridge type veth peer name eth0 netns box
ip -n box addr add 10.0.0.1/24 dev eth0
ip -n box link set eth0 up
ip link set port up
ip link set bridge up
ip -n far link add tunnel mtu 1500 type vxlan id 7 dstport 4789 local 192.0.2.2 remote 192.0.2.1
ip -n far addr add 10.0.0.2/24 dev tunnel
ip -n far link set tunnel up

failures() {
	awk '$1 == "Ip:" && !n++ { split($0, names); next }
		$1 == "Ip:" { for (i in names) if (names[i] == "FragFails") print $i }' /proc/self/net/snmp
}

# ping_with dont|do: what becomes of 1,500 bytes
ping_with() {
	ip -n box route flush cache
	if ip netns exec box ping -q -n -c 1 -W 5 -M "$1" -s 1472 10.0.0.2 >said 2>&1; then
		echo answered
	elif grep -q '+1 errors' said; then
		echo told
	else
		echo lost
	fi
}

# with set|inherit: the tunnel is made so, and asked
with() {
	local before dont
	ip link add tunnel mtu 1500 master bridge type vxlan id 7 dstport 4789 local 192.0.2.1 remote 192.0.2.2 df "$1" \
		>said 2>&1 || cannot "no tunnel can be made: $(tail -n 1 said)"
	ip link set tunnel up
	ip netns exec box ping -q -n -c 1 -w 30 10.0.0.2 >said 2>&1 || cannot "a small ping is not answered: $(tail -n 2 said)"
	before=$(failures)
	dont=$(ping_with dont)
	echo "df $1: without DF $dont, FragFails $(($(failures) - before)), with DF $(ping_with "do")"
	ip link del tunnel
}
said=$(with set)
said+="; $(with inherit)"
[[ $said == "df set: without DF lost, FragFails 1, with DF told; "* ]] || changed "$said"
[[ $said == *"; df inherit: without DF answered, FragFails 0, with DF told" ]] || changed "$said"
echo "as stated, on Linux $(uname -r): $said"
