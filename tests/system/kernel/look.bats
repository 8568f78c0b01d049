#!/usr/bin/env bats
# look.bats - kernel/look: what is seen of a namespace is what its own tools say, and every question has the kernel's answer
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The namespace $H has a bridge, $C1 and $C2 are containers on it. The tool prints the facts of one of them.

bats_require_minimum_version 1.5.0

export NETD_MACHINE_NS=${NETD_MACHINE_NS:-/proc/$$/ns/net} # see ../own_netns.h
setup_file() {
	local root build
	root=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
	build=${NETD_BUILD:-$root/build}
	export TOOL=$BATS_FILE_TMPDIR/look_tool LOOK_PY=$BATS_TEST_DIRNAME/look.py
	local objects=$BATS_FILE_TMPDIR/objects few
	local cc=(${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -O1 -g ${SAN:+-fsanitize=address,undefined} -I"$root/netd"
		$(pkg-config --cflags libmnl jansson))
	local libs=("$build"/lib{diag,model,base}.a $(pkg-config --libs libmnl jansson libcap-ng))
	mkdir "$objects"
	(cd "$objects" && "${cc[@]}" -c "$root"/tests/system/kernel/look_tool.c "$root"/netd/kernel/look*.c \
		"$root"/netd/kernel/{caps,netns,sysctl}.c)
	"${cc[@]}" -o "$TOOL" "$objects"/*.o "${libs[@]}"
	# The same with bounds that a test meets: few processes, few descriptors.
	for few in PIDS FDS; do
		"${cc[@]}" -include "$BATS_TEST_DIRNAME/look_few.h" -DFEW_$few -c -o "$objects/look_owner.o" "$root/netd/kernel/look_owner.c"
		"${cc[@]}" -o "$TOOL.$few" "$objects"/*.o "${libs[@]}"
	done
}

setup() {
	export LC_ALL=C
	P=nl$$
	H=$P-h C1=$P-c1 C2=$P-c2
	FACTS=$BATS_TEST_TMPDIR/facts
	STARTED=()
	for ns in "$H" "$C1" "$C2"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		# No address comes by itself while two lists are compared.
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
	done
	ip -n "$H" link add br0 type bridge
	ip -n "$H" addr add 10.9.0.1/24 dev br0
	ip -n "$H" link set br0 up
	for n in 1 2; do
		ip -n "$H" link add "v$n" type veth peer name eth0 netns "$P-c$n"
		ip -n "$H" link set "v$n" master br0 up
		ip -n "$P-c$n" addr add "10.9.0.$((n + 1))/24" dev eth0
		ip -n "$P-c$n" link set eth0 up
		ip -n "$P-c$n" route add default via 10.9.0.1
	done
}

teardown() {
	local pid ns group inner
	for pid in "${STARTED[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
	for ns in $(ip netns list 2>/dev/null | awk -v p="$P-" 'index($1, p) == 1 { print $1 }'); do
		ip netns del "$ns"
	done
	# Of frozen(), when it did not come to its end; v2 and v1 let go in other words.
	for group in /sys/fs/cgroup/{,unified/,freezer/}"$P"; do
		[[ -d $group ]] || continue
		{ echo 0 >"$group/cgroup.freeze"; echo THAWED >"$group/freezer.state"; } 2>/dev/null || true
		for inner in "$group/inner" "$group/0::/inner"; do
			[[ ! -d $inner ]] || wait_for 30 rmdir "$inner" || true
		done
		[[ ! -d $group/0:: ]] || rmdir "$group/0::" || true
		rmdir "$group" || true
	done
}

# What links become is the work of the kernel's own threads, which come to it a moment later: until then the two lists would be of
# different moments. A link that is up and has a carrier sends, one without a carrier is down.
links_are_settled() { # NAMESPACE
	ip -n "$1" -d -j link | jq -e 'all(.[]; (.flags | index("UP") | not) or
		(if .flags | index("LOWER_UP") then (.operstate == "UP" or .operstate == "UNKNOWN") and .qdisc != "noop"
		else .operstate == "DOWN" or .operstate == "LOWERLAYERDOWN" end))' >/dev/null
}

# look NAMESPACE PID [QUESTION...]: the facts, in $FACTS; from $H, as one who diagnoses is on the host
look() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$H" "$TOOL" "/run/netns/$ns" "$@" >"$FACTS"
}

# same NAMESPACE WHAT...: the facts are what the tools say there
same() {
	local ns=$1
	shift
	ip netns exec "$ns" python3 "$LOOK_PY" "$FACTS" "$@"
}

# fact FILTER: of jq, in one line
fact() { jq -c "$1" "$FACTS"; }
# answer KIND N [FILTER]
answer() { fact ".Asked.$1[$2].Answer${3:-}"; }

# errs KIND: the errors of all answers, in their order
errs() { jq -r "[.Asked.$1[] | .Answer.Err // 0 | tostring] | join(\" \")" "$FACTS"; }

# serve NAMESPACE CODE: Python with sockets s, t, …; it has begun when this returns
serve() {
	local ns=$1 fifo=$BATS_TEST_TMPDIR/begun
	mkfifo "$fifo"
	ip netns exec "$ns" python3 -c "
import socket, time
$2
open('$fifo', 'w').write('begun')
time.sleep(3600)" 3>&- &
	STARTED+=($!)
	timeout 60 cat "$fifo" >/dev/null
	rm "$fifo"
}

@test "links, addresses, routes, rules, neighbours and entries are those of ip and bridge" {
	ip -n "$H" link set v1 type bridge_slave isolated on hairpin on flood off
	ip -n "$H" link set v2 mtu 1400 alias "netd container" type bridge_slave learning off
	ip -n "$H" link set v2 down
	ip -n "$H" addr add fd09::1/64 dev br0 nodad
	ip -n "$H" route add 10.99.0.0/16 nexthop via 10.9.0.3 nexthop via 10.9.0.4
	ip -n "$H" route add 10.97.0.0/16 via inet6 fd09::3 dev br0
	ip -n "$H" route add blackhole 10.98.0.0/16 table 77
	ip -n "$H" route add default via 10.9.0.2
	ip -n "$H" route add fd99::/64 via fd09::2
	ip -n "$H" rule add from 10.9.0.0/24 ipproto tcp dport 80-90 table 77 priority 100
	ip -n "$H" rule add table main suppress_prefixlength 0 priority 200
	ip -n "$H" neigh add 10.9.0.9 lladdr 02:00:00:00:00:09 dev br0
	bridge -n "$H" fdb add 02:00:00:00:00:07 dev v1 master static
	wait_for 30 links_are_settled "$H"
	wait_for 30 links_are_settled "$C1"
	look "$H" 0
	same "$H" links addresses routes rules neighbours entries
	[[ $(fact '.Spaces[0].Missing') == '["files: no process of it is known"]' ]]
	[[ $(fact '.Spaces[0].Netns') == $(stat -Lc %i "/run/netns/$H") ]]
	look "$C1" 0
	same "$C1" links addresses routes rules
}

# Of a host with ten thousand links a pair needs ten.
@test "of the host's links those are in a picture that were asked for, each as in a picture of all" {
	local name
	ip netns exec "$H" sysctl -qw net.ipv4.conf.v1.rp_filter=2
	ip -n "$H" link set v1 type bridge_slave isolated on
	tc -n "$H" qdisc add dev v1 root tbf rate 1mbit burst 900 limit 5000 || true # where the kernel has it
	wait_for 30 links_are_settled "$H"
	tc -n "$H" qdisc add dev v2 clsact && tc -n "$H" filter add dev v2 egress bpf bytecode '1,6 0 0 0,' || true
	look "$H" 0
	fact '[.Spaces[0].Links[] | {key: .Name, value: .}] | from_entries' >"$BATS_TEST_TMPDIR/all"
	look_host() { ip netns exec "$H" "$TOOL" host 0 "$@" >"$FACTS"; }
	look_host
	[[ $(fact '.Spaces[0].Links') == null ]]
	look_host "link v1" "link nothing" "link 99999" "link v1"
	[[ $(fact '[.Spaces[0].Links[].Name]') == '["v1"]' ]]
	[[ $(fact '[.Spaces[0].Values[].Name | select(contains(".rp_filter") and (contains(".all.") | not))]') == '["net.ipv4.conf.v1.rp_filter"]' ]]
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("links")))') == '[]' ]]
	look_host "link v2" "link $(ip -n "$H" -j link show v1 | jq .[0].ifindex)" "link br0"
	[[ $(fact '[.Spaces[0].Links[].Name]') == '["v2","v1","br0"]' ]]
	for name in v2 v1 br0; do
		[[ $(fact ".Spaces[0].Links[] | select(.Name == \"$name\")" | jq -S .) == $(jq -S ".$name" "$BATS_TEST_TMPDIR/all") ]]
	done
	look_host "link v2" links
	[[ $(fact '[.Spaces[0].Links[] | {key: .Name, value: .}] | from_entries' | jq -S .) == $(jq -S . "$BATS_TEST_TMPDIR/all") ]]
}

# The kernel goes through those of the whole machine to list those of one namespace.
@test "of neighbours those are in a picture that were asked for, each as in a picture of all, and who is not known is said once" {
	local all
	ip -n "$H" neigh add 10.9.0.9 lladdr 02:00:00:00:00:09 dev br0
	ip -n "$H" neigh add fd09::9 lladdr 02:00:00:00:00:0a nud noarp dev br0
	ip -n "$H" neigh add 10.9.0.9 lladdr 02:00:00:00:00:0b dev v1
	known() { fact '[.Spaces[0].Neighbours[] | select(.Address == "10.9.0.9" or .Address == "fd09::9")] | sort_by(.Mac)'; }
	look "$H" 0
	all=$(known)
	[[ $(jq -c '[.[].Mac]' <<<"$all") == '["02:00:00:00:00:09","02:00:00:00:00:0a","02:00:00:00:00:0b"]' ]]
	ip netns exec "$H" "$TOOL" host 0 "link br0" >"$FACTS"
	[[ $(fact '.Spaces[0].Neighbours') == null ]]
	ip netns exec "$H" "$TOOL" host 0 "neighbour br0 10.9.0.9" "neighbour br0 fd09::9" "neighbour br0 10.9.0.9" \
		"neighbour v1 10.9.0.9" "neighbour nothing 10.9.0.9" "neighbour br0 224.0.0.1" >"$FACTS"
	[[ $(fact '.Spaces[0].Neighbours | length') == 3 ]]
	[[ $(known) == "$all" ]]
	ip netns exec "$H" "$TOOL" host 0 "neighbour br0 10.9.0.77" "neighbour br0 10.9.0.77" >"$FACTS"
	[[ $(fact '[.Spaces[0].Neighbours[] | [.Address, .HasMac // false, .State // 0]]') == '[["10.9.0.77",false,0]]' ]]
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("neighbours")))') == '[]' ]]
}

# A host's bridge has one for each container, and some more for each port.
@test "of a bridge's entries that is in a picture that was asked for, as in a picture of all, and with VLANs all of the bridge" {
	local all
	bridge -n "$H" fdb add 02:00:00:00:00:07 dev v1 master static
	bridge -n "$H" fdb add 02:00:00:00:00:08 dev v2 master static
	look "$H" 0
	all=$(fact '[.Spaces[0].Entries[] | select(.Mac == "02:00:00:00:00:07")]')
	look_host() { ip netns exec "$H" "$TOOL" host 0 "$@" >"$FACTS"; }
	look_host "link br0"
	[[ $(fact '.Spaces[0].Entries') == null ]]
	look_host "entry br0 02:00:00:00:00:07" "entry br0 02:00:00:00:00:07" "entry br0 02:00:00:00:00:77"
	[[ $(jq length <<<"$all") == 1 ]]
	[[ $(fact '.Spaces[0].Entries') == "$all" ]]
	look_host "entry br0 02:00:00:00:00:07" "entry br0 02:00:00:00:00:08"
	[[ $(fact '[.Spaces[0].Entries[].Mac]') == '["02:00:00:00:00:07","02:00:00:00:00:08"]' ]]
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("entries")))') == '[]' ]]
	ip -n "$H" link set br0 type bridge vlan_filtering 1 || return 0 # a kernel without VLANs in bridges
	look_host "entry br0 02:00:00:00:00:07"
	[[ $(fact '[.Spaces[0].Entries[].Mac] | contains(["02:00:00:00:00:07", "02:00:00:00:00:08"])') == true ]]
}

# There are some for each link.
@test "of routes none are in a picture until somebody asks, and then all, as in a picture of all" {
	ip -n "$H" route add blackhole 10.98.0.0/16 table 77
	wait_for 30 links_are_settled "$H"
	look "$H" 0
	fact '.Spaces[0].Routes' | jq -S . >"$BATS_TEST_TMPDIR/all"
	ip netns exec "$H" "$TOOL" host 0 "link br0" >"$FACTS"
	[[ $(fact '.Spaces[0].Routes') == null ]]
	ip netns exec "$H" "$TOOL" host 0 routes routes >"$FACTS"
	fact '.Spaces[0].Routes' | jq -S . | diff "$BATS_TEST_TMPDIR/all" -
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("routes")))') == '[]' ]]
}

# Each link that is up has one of IPv6; of IPv4 there are those of networks.
@test "of the host's addresses those of IPv6 are in a picture that were asked for, and of IPv4 all, each as in a picture of all" {
	local a4 a6 inject=setsockopt:error=ENOPROTOOPT
	look_host() { ip netns exec "$H" "$TOOL" host 0 "$@" >"$FACTS"; }
	sorted() { fact '.Spaces[0].Addresses // [] | sort_by(.Address, .Link)' | jq -cS .; }
	these() { jq -cS --argjson these "$1" 'map(select([.Address] | inside($these)))' <<<"$all"; }
	ip -n "$H" addr add 10.9.1.1/24 dev v1
	ip -n "$H" addr add fd09::1/64 dev br0 nodad
	ip -n "$H" addr add fd09:0:0:7::1/64 dev br0 nodad
	ip -n "$H" addr add fd09::2/64 dev v1 nodad
	look "$H" 0
	local all
	all=$(sorted)
	a4='["10.9.0.1/24","10.9.1.1/24","127.0.0.1/8"]' a6='["fd09:0:0:7::1/64","fd09::1/64"]'
	[[ $(these "$a4" | jq length) == 3 && $(these "$a6" | jq length) == 2 && $(jq length <<<"$all") == 7 ]]
	look_host "link br0"
	[[ $(sorted) == '[]' ]]
	look_host "addr 10.9.0.1" "addr 10.9.0.77" "addr 10.9.1.1" "addrs 4 br0" "addrs 4"
	[[ $(sorted) == "$(these "$a4")" ]]
	look_host "addr fd09::1" "addr fd09::77" "addr fd09::1" "addr fd09::77"
	[[ $(sorted) == "$(these '["fd09::1/64"]')" ]]
	look_host "addr fd09::1" "addrs 6 br0" "addrs 6 br0" "addr fd09:0:0:7::1"
	[[ $(sorted) == "$(these "$a6")" ]]
	# A kernel before 4.20 has no word for one link alone.
	ip netns exec "$H" strace -qq -o /dev/null -e trace=setsockopt -e inject="$inject" "$TOOL" host 0 "addr fd09::1" "addrs 6 br0" "addrs 6" >"$FACTS"
	[[ $(sorted) == "$(jq -cS 'map(select(.Address | contains(":")))' <<<"$all")" ]]
	# Where somebody has asked for some and then for all, each is there once.
	look_host "addr fd09::2" "addrs 6 br0" "addr 10.9.0.1" "addrs 6" "addrs 4"
	[[ $(sorted) == "$all" ]]
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("addrs")))') == '[]' ]]
}

# A file takes longer than a question to the kernel.
@test "of settings and counters those are in a picture that were asked for, with others of their file" {
	look_host() { ip netns exec "$H" "$TOOL" host 0 "$@" >"$FACTS"; }
	look_host "link v1" "value net.ipv4.nothing" "value nothing"
	[[ $(fact '[.Spaces[0].Values[].Name | select(contains(".v1.") | not)]') == '[]' ]]
	ip netns exec "$H" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_default_ttl=7 net.ipv4.ip_local_port_range='40000 40001'
	look_host "value net.ipv4.ip_default_ttl" "value net.ipv4.ip_local_port_range.to" "value net.ipv4.ip_default_ttl"
	[[ $(fact '[.Spaces[0].Values[] | [.Name, .Value]]') == '[["net.ipv4.ip_default_ttl",7],["net.ipv4.ip_local_port_range.from",40000],["net.ipv4.ip_local_port_range.to",40001]]' ]]
	look_host "value TcpExt.ListenDrops"
	[[ $(fact '[.Spaces[0].Values[].Name | select(startswith("TcpExt.ListenDrops"))] | length') == 1 ]]
	[[ $(fact '[.Spaces[0].Values[].Name | select(startswith("TcpExt.") or startswith("IpExt.") | not)]') == '[]' ]]
	[[ $(fact '.Spaces[0].Missing // [] | map(select(startswith("values")))') == '[]' ]]
}

@test "of the host's sockets none are in a picture until somebody asks, and few are there at once then" {
	serve "$H" "
s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(1)
t = socket.socket(socket.AF_INET6); t.bind(('::', 80)); t.listen(9)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('10.9.0.1', 53))"
	ip netns exec "$H" "$TOOL" host 0 >"$FACTS"
	[[ $(fact '.Spaces[0] | [.ManySockets, .Sockets]') == '[true,null]' ]]
	ip netns exec "$H" "$TOOL" host 0 "sockets 6 81" >"$FACTS"
	[[ $(fact '.Spaces[0] | [.ManySockets // false, ([.Sockets[].Port] | sort)]') == '[false,[53,80,5432]]' ]]
}

@test "settings of all links and of the namespace are those of sysctl" {
	ip netns exec "$H" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.br0.forwarding=0 net.ipv4.conf.br0.rp_filter=2 \
		net.ipv4.conf.v1.route_localnet=1 net.ipv4.conf.br0.arp_ignore=1 net.ipv6.conf.v1.disable_ipv6=1 \
		net.ipv4.ip_local_port_range='40000 40001' net.ipv4.ip_default_ttl=7
	look "$H" 0
	local name value n=0
	while read -r name value; do
		[[ $name != *.from && $name != *.to ]] || continue
		[[ $(ip netns exec "$H" sysctl -n "$name") == "$value" ]]
		n=$((n + 1))
	done < <(fact '.Spaces[0].Values[] | select(.Name | startswith("net.") and (contains("conntrack") | not)) | "\(.Name) \(.Value // 0)"' | tr -d '"')
	((n >= 40))
	[[ $(fact '.Spaces[0].Values[] | select(.Name | startswith("net.ipv4.ip_local_port_range")) | .Value' | xargs) == "40000 40001" ]]
}

@test "sockets are those of ss, and a picture shows a loss by its counter" {
	serve "$C1" "
s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(0)
t = socket.socket(socket.AF_INET6); t.bind(('::', 80)); t.listen(9)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('10.9.0.2', 53)); u.connect(('10.9.0.3', 99))
c = [socket.socket() for _ in range(4)]
for one in c: one.setblocking(False); one.connect_ex(('127.0.0.1', 5432))"
	look "$C1" 0
	same "$C1" listeners
	[[ $(fact '.Spaces[0].Sockets[] | select(.Port == 5432) | .Queue > .QueueLimit') == true ]]
	[[ $(fact '.Spaces[0].Values[] | select(.Name == "TcpExt.ListenOverflows") | .Value > 0') == true ]]
	[[ $(fact '.Spaces[0].Sockets[] | select(.Port == 53) | [.Peer, .PeerPort]') == '["10.9.0.3",99]' ]]
}

@test "connected sockets are listed where there may be too few ports, and only there" {
	serve "$C1" "
s = socket.socket(); s.bind(('127.0.0.1', 80)); s.listen(9)
c = [socket.create_connection(('127.0.0.1', 80)) for _ in range(2)]"
	look "$C1" 0
	[[ $(fact '[.Spaces[0].Sockets[] | select(.Protocol == 6 and .State != 10)]') == '[]' ]]
	ip netns exec "$C1" sysctl -qw net.ipv4.ip_local_port_range='40000 40001'
	look "$C1" 0
	[[ $(fact '[.Spaces[0].Sockets[] | select(.Protocol == 6 and .State == 1 and .PeerPort == 80)] | length') == 2 ]]
}

@test "of very many sockets those on a port are listed that was asked for, of both families" {
	serve "$C1" "
s = [socket.socket() for _ in range(300)]
for i, one in enumerate(s): one.bind(('127.0.0.1', 2000 + i)); one.listen(1)
t = socket.socket(socket.AF_INET6); t.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); t.bind(('::', 2007)); t.listen(1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 2007))"
	look "$C1" 0
	[[ $(fact '.Spaces[0] | [.ManySockets, .Sockets]') == '[true,null]' ]]
	look "$C1" 0 "sockets 6 2007" "sockets 6 2007"
	[[ $(fact '[.Spaces[0].Sockets[] | [.Address, .Port, .State]] | sort') == '[["127.0.0.1",2007,10],["::",2007,10]]' ]]
	look "$C1" 0 "sockets 17 2007" "sockets 6 1999" "sockets 6 2300"
	[[ $(fact '[.Spaces[0].Sockets[] | [.Address, .Port, .Protocol]]') == '[["0.0.0.0",2007,17]]' ]]
}

@test "a ruleset comes whole, small sets with their elements, a large one without" {
	ip netns exec "$H" nft -f - <<-END
		table inet t {
			counter c { }
			set none {
				type ipv4_addr
			}
			set some {
				type ipv4_addr; flags interval
				elements = { 10.0.0.0/8, 192.168.1.1 }
			}
			set large {
				type inet_service
				elements = { $(seq -s, 1 300) }
			}
			set least {
				type inet_service
				elements = { $(seq -s, 1 256) }
			}
			chain f {
				type filter hook forward priority 0
				ip saddr @some tcp dport { 80, 90, 100 } counter name c accept
				tcp dport @large drop
			}
		}
		table bridge b {
		}
	END
	look "$H" 0
	run -0 same "$H" ruleset
	# An interval has two ends, and before the first there is another.
	[[ $output =~ ^"__set0=3 least=256 none=0 some="[45]$ ]]
}

@test "an element is found by key: in intervals, concatenations, maps, and what stands for all others" {
	ip netns exec "$H" nft -f - <<-END
		table ip t {
			chain c {
			}
			set s {
				type ipv4_addr; flags interval
				elements = { 10.0.0.0/8, 192.168.1.1 }
			}
			set p {
				type inet_service
				elements = { 80 }
			}
			map v {
				type ipv4_addr . inet_service : verdict; flags interval
				elements = { 10.0.0.0/8 . 80 comment "of db" : drop, 10.0.0.0/8 . 90-100 : jump c }
			}
			map m {
				type inet_service : ipv4_addr
				elements = { 80 : 10.9.0.2, * : 10.9.0.3 }
			}
		}
	END
	look "$H" 0 "element 2 t s 0a010203" "element 2 t s 0b010203" "element 2 t s c0a80101" "element 2 t s c0a80102" \
		"element 2 t p 0050" "element 2 t p 0051" "element 2 t v 0a01010100500000" "element 2 t v 0a010101005f0000" \
		"element 2 t v 0a01010100650000" "element 2 t m 0050" "element 2 t m 0051" "element 2 t m" "element 2 t p"
	[[ $(errs Elements) == "0 -2 0 -2 0 -2 0 0 -2 0 -2 0 -2" ]]
	[[ $(answer Elements 6) == '{"HasVerdict":true,"Comment":"of db"}' ]]
	[[ $(answer Elements 7) == '{"HasVerdict":true,"Verdict":-3,"Chain":"c"}' ]]
	[[ $(answer Elements 9) == '{"Data":"0a090002"}' ]]
	[[ $(answer Elements 11) == '{"Data":"0a090003"}' ]]
}

@test "the way out is the kernel's: by port, user and mark, with what matched, or its refusal" {
	ip -n "$C1" route add blackhole 10.50.0.0/16
	ip -n "$C1" route add unreachable 10.51.0.0/16
	ip -n "$C1" route add prohibit 10.52.0.0/16
	ip -n "$C1" route add throw 10.53.0.0/16
	ip -n "$C1" rule add ipproto tcp dport 99 prohibit
	ip -n "$C1" rule add uidrange 1000-1001 unreachable
	ip -n "$C1" rule add fwmark 5 blackhole
	look "$C1" 0 "way 10.50.0.1" "way 10.51.0.1" "way 10.52.0.1" "way 10.53.0.1" "way 192.0.2.1 proto=6 port=99" \
		"way 192.0.2.1 proto=6 port=98" "way 192.0.2.1 uid=1000" "way 192.0.2.1 uid=1002" "way 192.0.2.1 mark=5" \
		"way 10.9.0.3" "way 10.9.0.2" "way fd77::1"
	[[ $(errs Ways) == "-22 -113 -13 -101 -13 0 -101 0 -22 0 0 -101" ]]
	[[ $(answer Ways 5 '|[.Gateway, .Source, .Matched, .Type]') == '["10.9.0.1","10.9.0.2","0.0.0.0/0",1]' ]]
	[[ $(answer Ways 9 '|[.Gateway, .Source, .Matched, .Table]') == '[null,"10.9.0.2","10.9.0.0/24",254]' ]]
	[[ $(answer Ways 10 '|[.Type, .Matched, .Table]') == '[2,"10.9.0.2/32",255]' ]]
}

@test "what a host would forward is the kernel's word: forwarding, and the way back" {
	local in="in=br0 from=10.9.0.2 proto=6 port=80"
	ip -n "$H" link add up0 type veth peer name up1
	ip -n "$H" addr add 192.0.2.1/24 dev up0
	ip -n "$H" link set up0 up
	ip -n "$H" link set up1 up
	ip netns exec "$H" sysctl -qw net.ipv4.ip_forward=0
	look "$H" 0 "way 192.0.2.9 $in" "way 192.0.2.9 in=nowhere"
	[[ $(answer Ways 0 .Err) == -113 && $(answer Ways 1 .Err) == -61 ]]
	ip netns exec "$H" sysctl -qw net.ipv4.ip_forward=1
	look "$H" 0 "way 192.0.2.9 $in"
	[[ $(answer Ways 0 '|[.Err, .Link]') == "[null,$(cat_index up0)]" ]]
	ip netns exec "$H" sysctl -qw net.ipv4.conf.br0.rp_filter=1
	ip -n "$H" route add 10.9.0.2/32 dev up0
	look "$H" 0 "way 192.0.2.9 $in"
	[[ $(answer Ways 0 .Err) == -22 || $(answer Ways 0 .Err) == -18 ]] # -EXDEV before 6.13
}

cat_index() { ip -n "$H" -j link show "$1" | jq '.[0].ifindex'; }

@test "who would take a packet is the kernel's word: by address, family and peer" {
	serve "$C1" "
s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(3)
t = socket.socket(socket.AF_INET6); t.bind(('::', 80)); t.listen(9)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 53))
v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v.bind(('0.0.0.0', 54)); v.connect(('10.9.0.3', 99))"
	look "$C1" 0 "taker 6 10.9.0.3 4000 10.9.0.2 80" "taker 6 10.9.0.3 4000 10.9.0.2 5432" \
		"taker 6 127.0.0.1 4000 127.0.0.1 5432" "taker 17 10.9.0.3 4000 10.9.0.2 53" "taker 17 10.9.0.3 4000 10.9.0.2 54" \
		"taker 17 10.9.0.3 99 10.9.0.2 54" "taker 132 10.9.0.3 99 10.9.0.2 54"
	[[ $(errs Takers) == "0 -2 0 0 -2 0 -61" ]]
	[[ $(answer Takers 0 '.Socket|[.Address, .Port, .State, .QueueLimit]') == '["::",80,10,9]' ]]
	[[ $(answer Takers 5 '.Socket|[.Peer, .PeerPort]') == '["10.9.0.3",99]' ]]
}

@test "whose a socket is: of a process known, of one from elsewhere, of one that is stopped" {
	local pid inode
	serve "$C1" "s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(3)"
	pid=${STARTED[0]}
	wait_for 30 state_is S "$pid"
	inode=$(ip netns exec "$C1" ss -H -lten | grep -o 'ino:[0-9]*' | cut -d: -f2)
	look "$C1" "$pid" "owner $inode" "owner 4294967295"
	[[ $(answer Owners 0 '|[.Pid, .Process, .State, .Frozen]') == "[$pid,\"python3\",\"S\",null]" ]]
	nobody 1
	kill -STOP "$pid"
	wait_for 30 state_is T "$pid"
	look "$C1" 0 "owner $inode"
	[[ $(answer Owners 0 '|[.Pid, .State]') == "[$pid,\"T\"]" ]]
}

# state_is LETTER PID
state_is() { [[ $(cut -d' ' -f3 "/proc/$2/stat") == "$1" ]]; }

@test "of several that have a socket one that runs is named, and one that is stopped when all are" {
	local parent child inode
	serve "$C1" "
import os
s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(3)
pid = os.fork()
if pid: open('$BATS_TEST_TMPDIR/child', 'w').write(str(pid))
else: time.sleep(3600)"
	parent=${STARTED[0]} child=$(cat "$BATS_TEST_TMPDIR/child")
	STARTED+=("$child")
	inode=$(ip netns exec "$C1" ss -H -lten | grep -o 'ino:[0-9]*' | cut -d: -f2)
	kill -STOP "$parent"
	wait_for 30 state_is T "$parent"
	wait_for 30 state_is S "$child"
	look "$C1" 0 "owner $inode"
	[[ $(answer Owners 0 '|[.Pid, .State]') == "[$child,\"S\"]" ]]
	kill -CONT "$parent"
	wait_for 30 state_is S "$parent"
	kill -STOP "$child"
	wait_for 30 state_is T "$child"
	look "$C1" 0 "owner $inode"
	[[ $(answer Owners 0 '|[.Pid, .State]') == "[$parent,\"S\"]" ]]
	kill -STOP "$parent"
	wait_for 30 state_is T "$parent"
	look "$C1" 0 "owner $inode"
	[[ $(answer Owners 0 .State) == '"T"' ]]
}

# inode_of NAMESPACE PORT: of what listens there
inode_of() { ip netns exec "$1" ss -H -lten "sport = :$2" | grep -o 'ino:[0-9]*' | cut -d: -f2; }
# listening PORT: for serve
listening() { echo "s$1 = socket.socket(); s$1.bind(('0.0.0.0', $1)); s$1.listen(3)"; }
# owned N: the process that is told as the owner of the Nth socket that was asked about
owned() { answer Owners "$1" .Pid; }
nobody() { [[ $(answer Owners "$1") == "{\"Err\":${2:-$(none_has_it)}}" ]]; }
# What is said where none of those that may be looked at has it: on some machines not even root may look at the first process.
none_has_it() {
	python3 -c "
import os
def is_hidden(pid):
    try:
        os.readlink('/proc/%s/ns/net' % pid)
    except PermissionError:
        return True
    except OSError:
        pass
    return False
print(-13 if any(is_hidden(pid) for pid in os.listdir('/proc') if pid.isdigit()) else -2)"
}
# searched N: the processes that had been searched when that was asked for the Nth time, in their order
searched() { sed -n "$1s/^asked .*: *//p" "$BATS_TEST_TMPDIR/searched"; }
look_said() { look "$@" 2>"$BATS_TEST_TMPDIR/searched"; }

@test "of two who listen on one port in two namespaces each is told with its own process and name" {
	local one two
	serve "$C1" "open('/proc/self/comm', 'w').write('postgres'); $(listening 80)"
	serve "$C2" "open('/proc/self/comm', 'w').write('a) Z 1 (b'); $(listening 80)"
	one=$(inode_of "$C1" 80) two=$(inode_of "$C2" 80)
	look "$C1" 0 "owner $one" "owner $two"
	[[ $(answer Owners 0 '|[.Pid, .Process]') == "[${STARTED[0]},\"postgres\"]" ]]
	nobody 1
	look "$C2" 0 "owner $one" "owner $two"
	nobody 0
	[[ $(answer Owners 1 '|[.Pid, .Process]') == "[${STARTED[1]},\"a) Z 1 (b\"]" ]]
}

@test "of a server with workers who started them is named, and one of the workers where he has closed it" {
	local workers
	serve "$C1" "
import os
$(listening 80)
$(listening 81)
for _ in range(3):
    pid = os.fork()
    if not pid: time.sleep(3600)
    with open('$BATS_TEST_TMPDIR/workers', 'a') as file: print(pid, file=file)
s81.close()"
	mapfile -t workers <"$BATS_TEST_TMPDIR/workers"
	STARTED+=("${workers[@]}")
	look "$C1" 0 "owner $(inode_of "$C1" 80)" "owner $(inode_of "$C1" 81)"
	[[ $(owned 0) == "${STARTED[0]}" ]]
	[[ " ${workers[*]} " == *" $(owned 1) "* ]]
}

# in_a_row: who listens on 80 comes first, and on 81 last, with 20 others between them; 1 when the numbers of processes have begun
# anew meanwhile.
in_a_row() {
	local i
	for i in "${STARTED[@]}"; do kill -9 "$i"; done
	STARTED=()
	serve "$C1" "$(listening 80)"
	for i in {1..20}; do
		ip netns exec "$C1" sleep 3600 3>&- &
		STARTED+=($!)
	done
	for i in "${STARTED[@]:1}"; do wait_for 30 is_in "$i" "$C1" || return 1; done
	serve "$C1" "$(listening 81)"
	printf '%s\n' "${STARTED[@]}" | sort -cn
}

@test "who came last is looked at first, and nobody behind whoever has it" {
	local first last asked all
	in_a_row || in_a_row
	first=${STARTED[0]} last=${STARTED[-1]}
	look_said "$C1" 0 "owner $(inode_of "$C1" 81)" searched "owner $(inode_of "$C1" 80)" searched
	[[ $(owned 0) == "$last" && $(owned 1) == "$first" ]]
	[[ $(searched 1) == "$last" ]]
	# It was asked where they are of those that came last alone.
	read -r asked all < <(sed -n '1s/^asked \([0-9]*\) of \([0-9]*\):.*/\1 \2/p' "$BATS_TEST_TMPDIR/searched")
	[[ $asked -gt 0 && $asked -lt $((all - 20)) ]]
	# Then all that are in the namespace, each once, and the one that is none of the last behind them.
	[[ $(searched 2) == "$(printf '%s\n' "${STARTED[@]}" | sort -rn | xargs)" ]]
	# A process that is known comes before all of them, and then nobody else is looked at.
	look_said "$C1" "$first" "owner $(inode_of "$C1" 80)" searched
	[[ $(owned 0) == "$first" && $(cat "$BATS_TEST_TMPDIR/searched") == "asked 0 of 0:"* ]]
}
is_in() { [[ $(readlink "/proc/$1/ns/net") == "net:[$(stat -Lc %i "/run/netns/$2")]" && $(cat "/proc/$1/comm") == sleep ]]; }

@test "a process that ends while owners are looked for has nothing any more, and who else has it is named" {
	local alone both child
	serve "$C1" "$(listening 80)"
	alone=${STARTED[0]}
	serve "$C1" "
import os
$(listening 81)
$(listening 82)
$(listening 83)
pid = os.fork()
if not pid:
    s82.close()
    time.sleep(3600)
open('$BATS_TEST_TMPDIR/child', 'w').write(str(pid))"
	both=${STARTED[1]} child=$(cat "$BATS_TEST_TMPDIR/child")
	STARTED+=("$child")
	# The list was made, and who has 81 and 83 was seen to have them. Then he ends, and so does who was not looked at yet.
	look "$C1" 0 "owner $(inode_of "$C1" 82)" "end $both" "end $alone" "owner $(inode_of "$C1" 81)" \
		"owner $(inode_of "$C1" 83)" "owner $(inode_of "$C1" 80)"
	[[ $(owned 0) == "$both" && $(owned 1) == "$child" && $(owned 2) == "$child" ]]
	nobody 3
}

@test "among processes that come and go all the time the right one is named each time" {
	local i pid
	serve "$C1" "$(listening 80)"
	pid=${STARTED[0]}
	ip netns exec "$C1" sh -c 'while :; do sh -c "exec 3</dev/null; :" & sh -c :; done' 3>&- &
	STARTED+=($!)
	for i in {1..8}; do
		look "$C1" 0 "owner $(inode_of "$C1" 80)"
		[[ $(owned 0) == "$pid" ]]
	done
}

# with_many N PORT: a server behind so many descriptors
with_many() {
	serve "$C1" "
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, ($1 + 100, $1 + 100))
kept = [os.dup(0) for _ in range($1)]
$(listening "$2")"
}

@test "a socket among thousands of descriptors is found, and who has few is searched before" {
	serve "$C1" "$(listening 80)"
	with_many 5000 81
	look_said "$C1" 0 "owner $(inode_of "$C1" 80)" searched "owner $(inode_of "$C1" 81)" searched
	[[ $(owned 0) == "${STARTED[0]}" && $(owned 1) == "${STARTED[1]}" ]]
	[[ $(searched 2 | wc -w) == 2 ]]
	# Since Linux 6.2 the kernel tells how many a process has.
	[[ $(stat -c %s /proc/self/fd) == 0 || $(searched 1) == "${STARTED[0]}" ]]
}

@test "where a bound has left somebody out it is not said that nobody has it, however often it is asked" {
	local tool=$TOOL
	with_many 500 80
	serve "$C1" "$(listening 81)"
	TOOL=$tool.FDS look "$C1" 0 "owner $(inode_of "$C1" 80)" "owner 4294967295" "owner $(inode_of "$C1" 81)"
	nobody 0 -61
	nobody 1 -61
	[[ $(owned 2) == "${STARTED[1]}" ]]
	TOOL=$tool.PIDS look "$C1" 0 "owner $(inode_of "$C1" 81)" "owner $(inode_of "$C1" 80)"
	nobody 0 -61
	nobody 1 -61
	# Whose number is known is not among those that are left out.
	TOOL=$tool.PIDS look "$C1" "${STARTED[1]}" "owner $(inode_of "$C1" 81)" "owner 4294967295"
	[[ $(owned 0) == "${STARTED[1]}" ]]
	nobody 1 -61
	look "$C1" 0 "owner 4294967295"
	nobody 0
}

# Neither is it "nobody": who may not be looked at may have it.
@test "of one whose descriptors may not be read nobody is named in its place" {
	serve "$C1" "$(listening 80)"
	serve "$C1" "$(listening 81)"
	look "$C1" "${STARTED[0]}" blind "owner $(inode_of "$C1" 80)" "owner $(inode_of "$C1" 81)"
	nobody 0 -13
	nobody 1 -13
}

# frozen FOLDER FILE VALUE STATE: a process in a cgroup below FOLDER, that is frozen there by VALUE in FILE
frozen() {
	local group=$1/$P pid inode
	mkdir "$group" "$group/inner"
	serve "$C1" "s = socket.socket(); s.bind(('127.0.0.1', 5432)); s.listen(3)"
	pid=${STARTED[-1]}
	inode=$(ip netns exec "$C1" ss -H -lten | grep -o 'ino:[0-9]*' | cut -d: -f2)
	echo "$pid" >"$group/inner/cgroup.procs"
	[[ -z ${BESIDE:-} ]] || { mkdir -p "$BESIDE" && echo "$pid" >"$BESIDE/cgroup.procs"; }
	echo "$3" >"$group/$2"
	wait_for 30 grep -q "$4" "$group/inner/${5:-$2}"
	look "$C1" "$pid" "owner $inode"
	echo "${6:-0}" >"$group/$2"
	kill -9 "$pid"
	wait_for 30 rmdir "$group/inner"
	[[ -z ${BESIDE:-} ]] || wait_for 30 rmdir "$BESIDE"
	rmdir "$group" ${BESIDE:+"${BESIDE%/*}" "${BESIDE%/*/*}"}
	[[ $(answer Owners 0 '|[.Pid, .Frozen]') == "[$pid,true]" ]]
}

wait_for() { # SECONDS COMMAND...
	local deadline=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		((SECONDS <= deadline)) || return 1
		sleep 0.05
	done
}

@test "a process is found frozen by a cgroup above its own" {
	local root found=
	for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[[ $(stat -fc %T "$root" 2>/dev/null) == cgroup2fs && -w $root ]] || continue
		frozen "$root" cgroup.freeze 1 'frozen 1' cgroup.events
		found=1
	done
	if [[ -w /sys/fs/cgroup/freezer/cgroup.procs ]]; then
		frozen /sys/fs/cgroup/freezer freezer.state FROZEN FROZEN freezer.state THAWED
		found=1
	fi
	[[ $found ]] || skip "no control group can be made here"
}

# Lines of /proc/PID/cgroup: "6:freezer:/n/0::/inner", and behind it "0::/n/inner".
@test "a cgroup whose name looks like another line of them is not taken for it" {
	local root=/sys/fs/cgroup/unified
	[[ -w /sys/fs/cgroup/freezer/cgroup.procs && -w $root/cgroup.procs ]] || skip "there is one hierarchy of cgroups only"
	BESIDE=/sys/fs/cgroup/freezer/$P/0::/inner
	frozen "$root" cgroup.freeze 1 'frozen 1' cgroup.events
}

@test "a flow is found by its first packet, with its NAT" {
	ip netns exec "$H" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$H" link add up0 type veth peer name up1
	ip -n "$H" addr add 192.0.2.1/24 dev up0
	ip -n "$H" link set up0 up
	ip -n "$H" link set up1 up
	ip -n "$H" neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev up0
	ip netns exec "$H" nft 'add table ip n; add chain ip n p { type nat hook postrouting priority 100; }; add rule ip n p oifname up0 ip protocol udp masquerade'
	ip netns exec "$C1" python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.9.0.2', 4000)); s.sendto(b'x', ('192.0.2.9', 53))"
	# As soon as it has come by there.
	flow_is_seen() {
		look "$H" 0 "flow 17 10.9.0.2 4000 192.0.2.9 53" "flow 17 10.9.0.2 4001 192.0.2.9 53"
		[[ $(answer Flows 0 .Err) == null ]]
	}
	wait_for 30 flow_is_seen
	[[ $(answer Flows 0 '|[.Err, .ReplyFrom, .ReplyTo, .ReplySourcePort, .ReplyPort]') == '[null,"192.0.2.9","192.0.2.1",53,4000]' ]]
	[[ $(answer Flows 1) == '{"Err":-2}' ]]
}

@test "queues that drop, policies of IPsec, filters and programs on a link are seen" {
	tc -n "$C1" qdisc add dev eth0 root tbf rate 1mbit burst 900 limit 5000 || skip "this kernel has no queue tbf"
	ip -n "$C1" xfrm policy add dir out dst 10.77.0.0/16 proto tcp dport 80 action block priority 7 ||
		skip "this kernel has no policies of IPsec"
	tc -n "$C1" qdisc add dev lo clsact || skip "this kernel has no queue clsact"
	look "$C1" 0
	[[ $(fact '.Spaces[0].Links[] | select(.Name == "eth0") | [.Qdisc, .QdiscLimit > 700, .QdiscLimit < 1100]') == '["tbf",true,true]' ]]
	[[ $(fact '.Spaces[0].Policies[0]') == '{"Direction":1,"Action":1,"Priority":7,"From":"0.0.0.0/0","To":"10.77.0.0/16","Protocol":6,"Port":80}' ]]
	[[ $(fact '[.Spaces[0].Links[] | select(.Tc or .Xdp)]') == '[]' ]]
	tc -n "$C1" filter add dev lo ingress bpf bytecode '1,6 0 0 0,'
	# Nobody has to be asked for the neighbour's MAC before a packet comes to the queue.
	ip -n "$C1" neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev eth0
	ip netns exec "$C1" python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(3):
    try: s.sendto(b'x' * 1200, ('10.9.0.3', 9))
    except OSError: pass"
	look "$C1" 0
	[[ $(fact '[.Spaces[0].Links[] | select(.Tc) | .Name]') == '["lo"]' ]]
	[[ $(fact '.Spaces[0].Links[] | select(.Name == "eth0") | .QdiscDrops > 0') == true ]]
}

@test "programs on a link that no queue shows are seen, in that namespace alone" {
	mkfifo "$BATS_TEST_TMPDIR/begun"
	ip netns exec "$C1" python3 - "$BATS_TEST_TMPDIR/begun" <<-'END' 3>&- &
		import ctypes, os, platform, socket, struct, sys, time
		number = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # bpf(2)
		libc = ctypes.CDLL(None, use_errno=True)
		def bpf(command, attributes):
		    fd = libc.syscall(number, command, ctypes.create_string_buffer(attributes, 128), 128)
		    return fd if fd >= 0 else -ctypes.get_errno()
		code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0))
		licence = ctypes.create_string_buffer(b"GPL")
		program = bpf(5, struct.pack("=IIQQ", 3, 2, ctypes.addressof(code), ctypes.addressof(licence)))
		link = bpf(28, struct.pack("=IIII", program, socket.if_nametoindex("eth0"), 46, 0))
		open(sys.argv[1], "w").write("%d" % min(program, link))
		time.sleep(3600)
	END
	STARTED+=($!)
	local result
	result=$(timeout 60 cat "$BATS_TEST_TMPDIR/begun")
	((result > 0)) || skip "this kernel has no programs of that kind: $result"
	look "$C1" 0
	[[ $(fact '[.Spaces[0].Links[] | select(.Tc) | .Name]') == '["eth0"]' ]]
	look "$C2" 0
	[[ $(fact '[.Spaces[0].Links[] | select(.Tc) | .Name]') == '[]' ]]
}

@test "a table of iptables-legacy counts when it holds a rule, or a policy that drops" {
	look "$C1" 0
	[[ $(fact '.Spaces[0].LegacyTables') == null ]]
	ip netns exec "$C1" iptables-legacy -w 30 -L >/dev/null || skip "this kernel has no tables of iptables-legacy"
	ip netns exec "$C1" iptables-legacy -w 30 -t nat -L >/dev/null
	look "$C1" 0
	[[ $(fact '.Spaces[0].LegacyTables') == null ]]
	ip netns exec "$C1" iptables-legacy -w 30 -P FORWARD DROP
	ip netns exec "$C1" iptables-legacy -w 30 -t nat -A POSTROUTING -j MASQUERADE
	look "$C1" 0
	[[ $(fact '.Spaces[0].LegacyTables | sort') == '["ip filter","ip nat"]' ]]
	ip netns exec "$C1" iptables-legacy -w 30 -P FORWARD ACCEPT
	ip netns exec "$C1" ip6tables-legacy -w 30 -A INPUT -p tcp --dport 99 -j DROP
	look "$C1" 0
	[[ $(fact '.Spaces[0].LegacyTables | sort') == '["ip nat","ip6 filter"]' ]]
}

@test "a container's own files are read within its root, and no further" {
	local root=$BATS_TEST_TMPDIR/root pid
	mkdir -p "$root/etc" "$root/run"
	echo "the host's" >"$BATS_TEST_TMPDIR/secret"
	echo "nameserver 127.0.0.11" >"$root/run/resolv.conf"
	ln -s /run/resolv.conf "$root/etc/resolv.conf"             # absolute, as systemd-resolved's
	ln -s "../../../../$BATS_TEST_TMPDIR/secret" "$root/etc/hosts" # and one that leads out
	in_root
	look "$C1" "$pid"
	[[ $(fact '.Spaces[0].ResolvConf') == '"nameserver 127.0.0.11\n"' ]]
	[[ $(fact '.Spaces[0].Hosts') == null ]]
	rm "$root/etc/hosts"
	mkfifo "$root/etc/hosts"
	printf 'a\0b' >"$root/run/resolv.conf"
	look "$C1" "$pid"
	[[ $(fact '.Spaces[0].Missing') == '["resolv.conf: Invalid argument","hosts: Invalid argument"]' ]]
}

# A process whose root is $root, in $C1; its number in $pid.
in_root() {
	local fifo=$BATS_TEST_TMPDIR/begun
	mkfifo "$fifo"
	ip netns exec "$C1" python3 -c "
import os, time
began = open('$fifo', 'w')
os.chroot('$root')
began.close()
time.sleep(3600)" 3>&- &
	pid=$!
	STARTED+=("$pid")
	timeout 60 cat "$fifo"
}

@test "a ruleset that changes while it is read is read again, and then it is said" {
	look "$H" 0
	[[ $(fact .Moving) == null ]]
	# Rules by the thousand take a while to read, and each change of others is a generation.
	(
		echo "table ip t { chain c {"
		for i in {1..255}; do printf "ip daddr 10.0.$i.%d counter\n" {1..40}; done
		printf '}\n}\n'
	) | ip netns exec "$H" nft -f -
	(while :; do ip netns exec "$H" nft "add table ip o; delete table ip o"; done) 3>&- &
	STARTED+=($!)
	wait_for 60 moved
}

moved() {
	look "$H" 0
	[[ $(fact .Moving) == true ]]
}

@test "parts that may not be read are named, and the others are there" {
	wait_for 30 links_are_settled "$C1"
	nsenter --net="/run/netns/$H" setpriv --bounding-set=-net_admin --inh-caps=-all "$TOOL" "/run/netns/$C1" 0 "way 10.9.0.3" >"$FACTS"
	[[ $(fact '.Spaces[0].Missing | sort') == '["files: no process of it is known","policies: Operation not permitted","ruleset: Operation not permitted"]' ]]
	same "$C1" links addresses routes
	[[ $(answer Ways 0 .Matched) == '"10.9.0.0/24"' ]]
}
