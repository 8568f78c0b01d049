# world.bash - a host with five networks in namespaces of its own, wired by hand, and ways to ask who reaches what
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A world has a prefix $W. Networks of host $W-h, on bridges br-a …: a and b ordinary, c without ICC, i internal,
# w without masquerading. $W-o is outside, on 192.0.2.0/24 and 2001:db8::/64, with routes to every container.
# Container x1 of network number n is 10.n.0.2 and fd00:n::2, its gateway 10.n.0.1 and fd00:n::1.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PYTHON=/usr/bin/python3
declare -gA NUMBER=([a]=1 [b]=2 [c]=3 [i]=4 [w]=5)
export LC_ALL=C
source "$HERE/../../guard.bash"

build_tool() { # FILE
	local san=() nft
	# nft_trace.c stands on rows above.
	mapfile -t nft < <(printf '%s\n' "$ROOT"/netd/kernel/nft*.c | grep -v /nft_trace)
	[[ ${SAN:-} != 1 ]] || san=(-fsanitize=address,undefined -fno-sanitize-recover=all)
	${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g "${san[@]}" -I"$ROOT/netd" -o "$1" \
		"$ROOT"/netd/base/*.c "$ROOT"/netd/model/rules/ruleset*.c "${nft[@]}" \
		"$ROOT"/netd/kernel/{caps,confine,conntrack,netns,sysctl}.c "$HERE/nft_tool.c" -lev -ljansson -lmnl -lnftnl -lseccomp -lcap-ng
}

ns_add() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	# Duplicate address detection would make every address wait a second.
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
}

ns_del_all() { # PREFIX
	local ns pids
	for ns in $(ip netns list 2>/dev/null | awk -v p="$1-" 'index($1, p) == 1 { print $1 }'); do
		pids=$(pids_in "$ns")
		[[ -z $pids ]] || kill -9 $pids 2>/dev/null || true
		ip netns del "$ns"
	done
}

container() { # WORLD NAME NET HOST-PART [isolated]
	local ns=$1-$2 n=${NUMBER[$3]}
	ns_add "$ns"
	ip -n "$1-h" link add "v-$2" type veth peer name eth0 netns "$ns"
	ip -n "$1-h" link set "v-$2" master "br-$3" up
	ip netns exec "$1-h" bridge link set dev "v-$2" hairpin on ${5:+isolated on}
	ip -n "$ns" addr add "10.$n.0.$4/24" dev eth0
	ip -n "$ns" addr add "fd00:$n::$4/64" dev eth0 nodad
	ip -n "$ns" link set eth0 up
	ip -n "$ns" route add default via "10.$n.0.1"
	ip -n "$ns" -6 route add default via "fd00:$n::1"
}

serve() { # WORLD NAME PORT/PROTO…
	ip netns exec "$1-$2" "$PYTHON" "$HERE/../serve.py" "$2" "$TMP/$1-$2.ready" "${@:3}" \
		>/dev/null 2>&1 3>&- &
	disown
	SERVERS+=("$TMP/$1-$2.ready")
}

# Behind a "!" alone nobody would hear of it.
fails() { ! "$@"; } # COMMAND…
none() { ! grep -E -- "$1"; } # PATTERN: in what comes in

wait_for() { # SECONDS COMMAND…
	local i
	for ((i = 0; i < $1 * 50; i++)); do
		! "${@:2}" >/dev/null 2>&1 || return 0
		sleep 0.02
	done
	echo "not within $1 s: ${*:2}"
	return 1
}

wire() { # WORLD BNF: namespaces and links without a ruleset
	local h=$1-h o=$1-o net
	ns_add "$h"
	ns_add "$o"
	ip netns exec "$h" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$h" link add up0 type veth peer name eth0 netns "$o"
	ip -n "$h" addr add 192.0.2.1/24 dev up0
	ip -n "$h" addr add 192.0.2.101/24 dev up0
	ip -n "$h" addr add 2001:db8::1/64 dev up0 nodad
	ip -n "$h" addr add 2001:db8::101/64 dev up0 nodad preferred_lft 0
	ip -n "$h" link set up0 up
	ip -n "$o" addr add 192.0.2.2/24 dev eth0
	ip -n "$o" addr add 2001:db8::2/64 dev eth0 nodad
	ip -n "$o" link set eth0 up
	ip -n "$h" route add default via 192.0.2.2
	ip -n "$h" -6 route add default via 2001:db8::2
	ip -n "$o" route add 10.0.0.0/8 via 192.0.2.1
	ip -n "$o" -6 route add fd00::/16 via 2001:db8::1
	for net in a b c i w; do
		ip -n "$h" link add "br-$net" type bridge nf_call_iptables 0 nf_call_ip6tables 0 mcast_snooping 0
		ip -n "$h" addr add "10.${NUMBER[$net]}.0.1/24" dev "br-$net"
		ip -n "$h" addr add "fd00:${NUMBER[$net]}::1/64" dev "br-$net" nodad
		ip -n "$h" addr add fe80::1/64 dev "br-$net" nodad
		ip -n "$h" link set "br-$net" up
		ip netns exec "$h" sysctl -qw "net.ipv4.conf.br-$net.route_localnet=1"
	done
	ip netns exec "$h" sysctl -qw "net.bridge.bridge-nf-call-iptables=$2" \
		"net.bridge.bridge-nf-call-ip6tables=$2"
}

world() { # WORLD BNF
	local name
	wire "$1" "$2"
	container "$1" a1 a 2
	container "$1" a2 a 3
	container "$1" b1 b 2
	# as engine/plan/steps.c has it: c1 publishes
	if [[ $2 -eq 0 ]]; then container "$1" c1 c 2 isolated; else container "$1" c1 c 2; fi
	container "$1" c2 c 3 isolated
	container "$1" i1 i 2
	container "$1" i2 i 3
	container "$1" w1 w 2
	# x1 plays a container that sends to the host's loopback through its gateway.
	container "$1" x1 a 9
	ip -n "$1-x1" addr del 127.0.0.1/8 dev lo
	ip netns exec "$1-x1" sysctl -qw net.ipv4.conf.all.route_localnet=1
	ip -n "$1-x1" route add 127.0.0.0/8 via 10.1.0.1 src 10.1.0.9
	SERVERS=()
	for name in a1 c1 i1 w1; do
		serve "$1" "$name" 80 53/udp
	done
	serve "$1" o 80 53/udp
	# On 8086 the host listens where a container publishes: whoever gets past the translation finds it.
	serve "$1" h 7000 8086
	for name in "${SERVERS[@]}"; do
		wait_for 30 test -e "$name"
	done
}

# The networks and their ports as commands for nft_tool.
NETS="net a br-a 4=10.1.0.0/24 6=fd00:1::/64
net b br-b 4=10.2.0.0/24 6=fd00:2::/64
net c br-c 4=10.3.0.0/24 6=fd00:3::/64 noicc
net i br-i 4=10.4.0.0/24 6=fd00:4::/64 internal
net w br-w 4=10.5.0.0/24 6=fd00:5::/64 nomasq
$(for net in a:1 b:2 c:3 i:4 w:5; do
	for host in 2 3 9; do
		printf 'from %s 10.%s.0.%s\nfrom %s fd00:%s::%s\n' "${net%:*}" "${net#*:}" "$host" "${net%:*}" "${net#*:}" "$host"
	done
done)"
PORTS="port a1 a tcp 0.0.0.0 8080 10.1.0.2 80
port a1 a tcp :: 8080 fd00:1::2 80
port a1 a tcp 192.0.2.101 8181 10.1.0.2 80
port a1 a tcp 2001:db8::101 8181 fd00:1::2 80
port a1 a tcp 127.0.0.1 9090 10.1.0.2 80
port a1 a tcp ::1 9090 fd00:1::2 80
port a1 a tcp :: 8086 fd00:1::2 80
port a1 a udp 0.0.0.0 5300 10.1.0.2 53
port a1 a udp :: 5300 fd00:1::2 53
port c1 c tcp 0.0.0.0 8083 10.3.0.2 80
port c1 c tcp :: 8083 fd00:3::2 80
port i1 i tcp 0.0.0.0 8085 10.4.0.2 80
port i1 i tcp :: 8085 fd00:4::2 80
port w1 w tcp 0.0.0.0 8084 10.5.0.2 80
port w1 w tcp :: 8084 fd00:5::2 80"

tool() { # WORLD-NAMESPACE COMMANDS [--own]: one process; fails when a command did
	local out
	out=$(ip netns exec "$1" "$TOOL" ${3:-} <<<"$2") || { echo "$out"; return 1; }
	grep -v '^ok$' <<<"$out" || true
	! grep -q '^error' <<<"$out"
}

# A tool that stays, so that it goes on owning its table: tell it commands, hear its answers.
tool_start() { # NAMESPACE [--own]
	coproc TOOL_PROC { exec ip netns exec "$1" "$TOOL" ${2:-} 2>&1 3>&-; }
	TOOL_IN=${TOOL_PROC[1]} TOOL_OUT=${TOOL_PROC[0]} TOOL_PID=$TOOL_PROC_PID
}

tell() { # COMMANDS: leaves the last answer in $ANSWER
	local line
	while read -r line; do
		echo "$line" >&"$TOOL_IN"
		read -r -t 30 ANSWER <&"$TOOL_OUT" || { echo "no answer to: $line"; return 1; }
	done <<<"$1"
	[[ $ANSWER == ok* ]] || { echo "$ANSWER"; return 1; }
}

# reach FROM tcp|udp ADDRESS PORT: who answers, and whom it saw; "none" for nobody.
reach() {
	local url=$3 out
	if [[ $2 == udp ]]; then
		out=$(ip netns exec "$1" env MAX_S="${MAX_S:-3}" "$PYTHON" "$HERE/../udp.py" "$3" "$4" 2>/dev/null) || out=none
	else
		[[ $3 != *:* ]] || url="[$3]"
		out=$(ip netns exec "$1" curl -gs --noproxy '*' -m "${MAX_S:-3}" "http://$url:$4/" 2>/dev/null) ||
			out=none
	fi
	echo "$out"
}

# rows WORLD: lines "FROM PROTO ADDRESS PORT EXPECTED" on stdin, asked all at once; prints those that went wrong.
# EXPECTED is "none", or "WHO", or "WHO from ADDRESS".
rows() {
	local world=$1 dir line n=0 bad=0 from proto address port expected got
	dir=$(mktemp -d "$TMP/rows.XXXXXX")
	while read -r from proto address port expected; do
		[[ -n $from ]] || continue
		n=$((n + 1))
		{
			# 2 s until nobody answered; what should answer may be slow on a busy machine.
			[[ $expected != none ]] && MAX_S=30 || MAX_S=2
			got=$(reach "$world-$from" "$proto" "$address" "$port")
			if [[ $got != "$expected" && ($expected == none || $expected == *from* || $got != "$expected from "*) ]]; then
				echo "$world: $from -> $proto $address $port: expected \"$expected\", got \"$got\"" >"$dir/$n"
			fi
		} &
	done
	wait
	for line in "$dir"/*; do
		[[ -e $line ]] || continue
		cat "$line"
		bad=1
	done
	[[ $n -gt 0 && $bad -eq 0 ]]
}
