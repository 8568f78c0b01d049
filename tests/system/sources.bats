# sources.bats - a container sends from its own addresses, or not to the host nor beyond it
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

H4=192.0.2.10 H6=2001:db8::10

forge() { # CONTAINER ARGUMENT… of forge.py
	in_c "$1" $PYTHON -I -S "$LIB/forge.py" "${@:2}"
}
# What netd counted; it looks at the kernel's counters when it is asked.
forged() { netctl system info --format '{{.Guard.Forged.Packets.Count}}'; }

# hears NAMESPACE-COMMAND ADDRESS PORT: writes what comes in there to $T/heard, a line each.
hears() {
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn_to "$T/heard" $1 $PYTHON -I -S -u -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
open(sys.argv[3], "w").close()
while True:
    text, peer = s.recvfrom(100)
    print(peer[0], text.decode())' "$2" "$3" "$ready"
	wait_until 30 test -e "$ready"
}

on_a_network() {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet fd00:31::/64 "$@" one
	attach a --network one
	attach b --network one
}

@test "what a container sends from an address that is not its own reaches neither the host nor the outside" {
	on_a_network
	hears 'in_host h' 0.0.0.0 5300
	hears 'in_host h' :: 5301
	hears in_out 192.0.2.1 5302
	hears in_out 2001:db8::1 5303
	local a4 a6 gate=10.31.0.1
	a4=$(ip4_of a) a6=$(ip6_of a)
	# the name server's, the outside's, a private one, a free one of the subnet, in both families
	for source in 192.0.2.1 198.51.100.7 172.31.9.9 10.31.0.200; do
		forge a "$source" "$gate" udp 53 5300 forged
		forge a "$source" 192.0.2.1 udp 53 5302 forged
	done
	for source in 2001:db8::1 2001:db8:77::7 fd00:31::99; do
		forge a "$source" fd00:31::1 udp 53 5301 forged
		forge a "$source" 2001:db8::1 udp 53 5303 forged
	done
	forge a "$a4" "$gate" udp 53 5300 own
	forge a "$a4" 192.0.2.1 udp 53 5302 own
	forge a "$a6" fd00:31::1 udp 53 5301 own
	forge a "$a6" 2001:db8::1 udp 53 5303 own
	all_heard() { [[ $(grep -c 'own$' "$T/heard") -eq 4 ]]; }
	wait_until 30 all_heard
	lacks "$(cat "$T/heard")" forged
	wait_until 30 prints 14 forged
	# who, from where, and what to do: said once each
	matches "$(netctl system info)" 'network one: 2 packets of container a from 192.0.2.1$'
	matches "$(cat "$T/h/netd.log")" 'network one: what container a sends from 172.31.9.9 is dropped, .* -o sources=172.31.9.9'
	matches "$(cat "$T/h/netd.log")" '[0-9]+ packets from containers dropped for a source address'
	equals "$(netctl network inspect one | jq '.[0].Status.ForgedPackets')" 14
	equals "$(grep -c 'sends from 172.31.9.9' "$T/h/netd.log")" 1
}

@test "an error about a packet that was never sent to it ends nobody's connection, and one about its own does" {
	on_a_network
	hears in_out 192.0.2.1 5302
	# a socket of the host's that is connected to the outside, as the resolver's are to upstreams
	asks() { # FAMILY-ADDRESS PORT LOG: connects, prints its port, and what becomes of it
		spawn_to "$3" in_host h $PYTHON -I -S -u -c '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
s.send(b"question")
print(s.getsockname()[1])
try:
    print(s.recv(100).decode())
except OSError as error:
    print(type(error).__name__)' "$1" "$2"
		wait_until 30 test -s "$3"
	}
	local out4 out6 own
	asks 192.0.2.1 5302 "$T/out4" && out4=$(cat "$T/out4")
	hears in_out 2001:db8::1 5302
	asks 2001:db8::1 5302 "$T/out6" && out6=$(cat "$T/out6")
	hears 'in_c a' "$(ip4_of a)" 5304
	asks "$(ip4_of a)" 5304 "$T/own" && own=$(cat "$T/own")
	forge a "$(ip4_of a)" 10.31.0.1 icmp 3 "$H4" 192.0.2.1 "$out4" 5302
	forge a "$(ip4_of a)" "$H4" icmp 3 "$H4" 192.0.2.1 "$out4" 5302
	forge a "$(ip6_of a)" fd00:31::1 icmp 1 "$H6" 2001:db8::1 "$out6" 5302
	forge a "$(ip6_of a)" "$H6" icmp 1 "$H6" 2001:db8::1 "$out6" 5302
	wait_until 30 prints 4 forged
	matches "$(cat "$T/h/netd.log")" 'network one: ICMP errors of container a are dropped'
	forge a "$(ip4_of a)" 10.31.0.1 icmp 3 10.31.0.1 "$(ip4_of a)" "$own" 5304
	wait_until 30 grep -q ConnectionRefused "$T/own"
	equals "$(cat "$T/out4" "$T/out6")" "$out4"$'\n'"$out6"
	equals "$(forged)" 4
}

# A name server that writes the question it gets to $1, and answers 203.0.113.7 to it, and to no other, when $2 is there.
patient_upstream() { # QUESTION GO
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn in_out $PYTHON -I -S -c '
import os, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("192.0.2.1", 53))
open(sys.argv[3], "w").close()
text, peer = s.recvfrom(1000)
with open(sys.argv[1] + ".new", "w") as file:
    file.write("%d %s" % (peer[1], text.hex()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while not os.path.exists(sys.argv[2]):
    time.sleep(0.005)
end = text.index(b"\0", 12) + 5
head = text[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
s.sendto(head + text[12:end] + struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([203, 0, 113, 7]), peer)' "$1" "$2" "$ready"
	wait_until 30 test -e "$ready"
}
# The answer that a container on the network makes up, port, id and all, comes long before the true one. What b is told.
told_after_a_lie() { # TRY
	patient_upstream "$T/question.$1" "$T/lied.$1"
	spawn in_c a sh -c "for to in $H4 10.31.0.1; do
		$PYTHON -I -S '$LIB/forge.py' 192.0.2.1 \$to answer '$T/question.$1' 198.51.100.66 &
	done; wait; touch '$T/lied.$1'"
	wait_until 30 test -e "$T/question.$1.ready.$H4"
	wait_until 30 test -e "$T/question.$1.ready.10.31.0.1"
	in_c b dig @127.0.0.11 +tries=1 +time=15 +short "try$1.example.org"
}

@test "a forged answer, with the name server's address and port, our port and id, is dropped, and the true one is heard" {
	on_a_network
	equals "$(told_after_a_lie 1)" 203.0.113.7
	wait_until 30 prints 2 forged
	matches "$(netctl system info)" 'packets of container a from 192.0.2.1'
}

@test "the same answer is believed where the network lets the name server's address in: nothing else keeps it out" {
	on_a_network -o sources=192.0.2.1
	equals "$(told_after_a_lie 2)" 198.51.100.66
	equals "$(forged)" 0
}

@test "a name server that is a container answers the resolver" {
	on_a_network
	attach ns --network one --ip 10.31.0.53
	name_servers 10.31.0.53
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn in_c ns $PYTHON -I -S "$LIB/upstream.py" 10.31.0.53 "$T/upstream.ns" "$ready" answer
	wait_until 30 test -e "$ready"
	answered() { [[ -n $(quick a www.example.org) ]]; }
	wait_until 30 answered
	# its neighbour does not pass for it with the host
	hears 'in_host h' 0.0.0.0 5300
	equals "$(forged)" 0
}

@test "a container on two networks may answer on either with the addresses of both; a disconnect ends that" {
	on_a_network
	netctl network create --subnet 10.32.0.0/24 two
	attach both --network one --network two
	hears 'in_host h' 0.0.0.0 5300
	local one two
	one=$(ip4_of both one) two=$(ip4_of both two)
	forge both "$two" 10.31.0.1 udp 53 5300 first
	wait_until 30 grep -q "^$two first" "$T/heard"
	forge both "$one" 10.32.0.1 udp 53 5300 second || true # whichever way its routes lead
	netctl network disconnect two both
	forge both "$two" 10.31.0.1 udp 53 5300 third
	wait_until 30 prints 1 forged
	lacks "$(cat "$T/heard")" third
	netctl network connect two both
	two=$(ip4_of both two)
	forge both "$two" 10.31.0.1 udp 53 5300 fourth
	wait_until 30 grep -q "^$two fourth" "$T/heard"
	netctl detach both
	lacks "$(in_host h nft list set inet netd sources4)" "$two"
}

@test "what is behind a container is let in where the network says so, and its bad values are refused" {
	fails_with 1 'sources.*subnets' netctl network create -o sources=10.8.0.0/33 bad
	fails_with 1 'sources.*subnets' netctl network create -o sources=vpn bad
	fails_with 1 'did you mean "sources"' netctl network create -o source=10.8.0.0/24 bad
	on_a_network -o sources=10.8.0.0/24,10.8.0.0/25,fd08::/64,172.31.9.9
	hears 'in_host h' 0.0.0.0 5300
	hears 'in_host h' :: 5301
	forge a 10.8.0.200 10.31.0.1 udp 53 5300 behind
	forge a 172.31.9.9 10.31.0.1 udp 53 5300 behind
	forge a fd08::9 fd00:31::1 udp 53 5301 behind
	three_heard() { [[ $(grep -c 'behind$' "$T/heard") -eq 3 ]]; }
	wait_until 30 three_heard
	forge a 10.8.1.1 10.31.0.1 udp 53 5300 forged
	wait_until 30 prints 1 forged
	host_restart h
	forge a 10.8.0.201 10.31.0.1 udp 53 5300 again
	wait_until 30 grep -q '10.8.0.201 again' "$T/heard"
	equals "$(forged)" 0 # since it started
	netctl detach a
	netctl detach b
	netctl network rm one
	lacks "$(in_host h nft list set inet netd behind4)" '10\.8'
}

@test "neighbours are their own affair, whatever addresses they gave themselves, with bridge netfilter, too" {
	local filter
	on_a_network
	in_c a ip addr add 10.99.0.1/24 dev eth0
	in_c b ip addr add 10.99.0.2/24 dev eth0
	in_c a ip addr add fd99::1/64 dev eth0 nodad
	in_c b ip addr add fd99::2/64 dev eth0 nodad
	for filter in 0 1; do
		in_host h sh -c "for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do [ ! -e \$f ] || echo $filter >\$f; done"
		in_c a ping -c1 -W30 -q 10.99.0.2
		in_c a ping -c1 -W30 -q fd99::2
	done
	equals "$(forged)" 0
	# but with the host they have those they were given
	ip -n "$P-h" route add 10.99.0.0/24 dev "$(netctl network inspect one | jq -r '"br-" + .[0].Id[:12]')"
	refused in_c a ping -c1 -W1 -q -I 10.99.0.1 10.31.0.1
	wait_until 30 prints 1 forged
}

# BY says that it has the address, until what COMMAND… gets there is BY's.
becomes() { # BY ADDRESS COMMAND…
	local by=$1 address=$2
	shift 2
	one_claim() {
		forge "$by" "$address" "$address" claim && [[ $("$@") == "$by from"* ]]
	}
	MAX_S=2 wait_until 30 one_claim "$@"
}
# However often BY says so, it is the owner's.
stays() { # BY OWNER ADDRESS COMMAND…
	local by=$1 owner=$2 address=$3
	shift 3
	for _ in 1 2 3; do
		forge "$by" "$address" "$address" claim
		matches "$("$@")" "^$owner from"
	done
}
# a poses as c: it has c's addresses, too, and serves there.
poses() {
	in_c a ip addr add "$(ip4_of c)/32" dev eth0
	in_c a ip addr add "$(ip6_of c)/128" dev eth0 nodad
	serve a 80
	serve c 80
}

@test "within one network a container may pose as another, to neighbours and to the host; to other networks it may not" {
	on_a_network
	attach c --network one
	netctl network create --ipv6 --subnet 10.32.0.0/24 --subnet fd00:32::/64 two
	attach d --network two
	poses
	local c4 c6
	c4=$(ip4_of c) c6=$(ip6_of c)
	matches "$(get_from b "http://$c4/")" '^c from'
	becomes a "$c4" get_from b "http://$c4/"
	becomes a "$c6" get_from b "http://[$c6]/"
	becomes a "$c4" get_host h "http://$c4/"
	becomes a "$c6" get_host h "http://[$c6]/"
	# nor does what it sends with that source tell the host from c's
	hears 'in_host h' 0.0.0.0 5300
	forge a "$c4" 10.31.0.1 udp 53 5300 posed
	wait_until 30 grep -q "^$c4 posed" "$T/heard"
	equals "$(forged)" 0
	# from another network, where its addresses are foreign, none of it works
	in_c d ip addr add "$c4/32" dev eth0
	serve d 80
	becomes c "$c4" get_host h "http://$c4/"
	stays d c "$c4" get_host h "http://$c4/"
	forge d "$c4" 10.32.0.1 udp 53 5300 foreign
	wait_until 30 prints 1 forged
	lacks "$(cat "$T/heard")" foreign
}

@test "with ICC off a container cannot pose as another to neighbours, but it can to the host" {
	on_a_network -o icc=false
	attach c --network one -p 8080:80
	poses
	local c4 c6 address
	c4=$(ip4_of c) c6=$(ip6_of c)
	# what b would believe a claim against
	for address in "$c4" "$c6"; do
		ip -n "$P-c-b" neigh replace "$address" lladdr "$(mac_of c)" dev eth0 nud stale
	done
	becomes a "$c4" get_host h "http://$c4/"
	becomes a "$c6" get_host h "http://[$c6]/"
	matches "$(get_out "http://$H4:8080/")" '^a from' # and so to whoever comes through the host
	for address in "$c4" "$c6"; do
		matches "$(ip -n "$P-c-b" neigh show "$address")" "$(mac_of c)"
	done
}

# of NAMESPACE LINK
link_local() { ip -n "$1" -j -6 addr show dev "$2" | jq -r '[.[].addr_info[]? | select(.scope == "link" and (.tentative | not)).local][0] // empty'; }
has_link_local() { [[ -n $(link_local "$@") ]]; }
@test "a container without an address asks for one, and its link-local address is heard" {
	on_a_network
	hears 'in_host h' 0.0.0.0 67
	hears 'in_host h' :: 5301
	forge a 0.0.0.0 255.255.255.255 udp 68 67 discover
	wait_until 30 grep -q '^0.0.0.0 discover' "$T/heard"
	forge a 0.0.0.0 255.255.255.255 udp 68 5300 forged
	wait_until 30 prints 1 forged
	local bridge
	bridge=$(netctl network inspect one | jq -r '"br-" + .[0].Id[:12]')
	# as soon as both have made sure that theirs is nobody else's
	wait_until 30 has_link_local "$P-h" "$bridge"
	wait_until 30 has_link_local "$P-c-a" eth0
	in_c a ping -6 -c1 -W30 -q "$(link_local "$P-h" "$bridge")%eth0"
	equals "$(forged)" 1
}

@test "where others give addresses, what the host itself would send there is let in" {
	equals "$(api_status POST /networks/create '{"Name": "bare", "EnableIPv4": false, "IPAM": {"Driver": "null"}, "Options": {"bridge": "bare0"}}')" 201
	attach a --network bare
	ip -n "$P-h" addr add 10.77.0.1/24 dev bare0
	in_c a ip addr add 10.77.0.2/24 dev eth0
	in_c a ip link set eth0 up
	in_c a ping -c1 -W30 -q 10.77.0.1
	hears 'in_host h' 0.0.0.0 5300
	forge a 192.0.2.1 10.77.0.1 udp 53 5300 forged
	forge a 10.77.0.9 10.77.0.1 udp 53 5300 own
	wait_until 30 grep -q '10.77.0.9 own' "$T/heard"
	wait_until 30 prints 1 forged
	lacks "$(cat "$T/heard")" forged
}

@test "sources live as long as their container: in one table with the rest, back after a flush, gone with it" {
	local before
	before=$(n_elements h)
	on_a_network
	matches "$(in_host h nft list set inet netd sources4)" "\"br-.*\" \. $(ip4_of a) comment \"a\""
	host_restart h KILL
	matches "$(in_host h nft list set inet netd sources6)" "$(ip6_of b)"
	hears 'in_host h' 0.0.0.0 5300
	forge a "$(ip4_of a)" 10.31.0.1 udp 53 5300 own
	wait_until 30 grep -q own "$T/heard"
	equals "$(api_body POST '/netd/v1/resync' | jq -c .Differences)" '[]'
	netctl detach a
	netctl detach b
	netctl network rm one
	equals "$(n_elements h)" "$before"
}
