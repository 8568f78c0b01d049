# world.bash - a working host on which one thing after another is broken, seen, told, and made whole again
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A breakage is a function of breakages.bash, named by the code that `netctl explain` must give it, and by a word behind a
# dot where there are several. It only says what it is; try_breakage does it:
#
#	link-down() {
#		pair web db:80/tcp			who asks whom
#		by in_c web ip link set eth0 down	breaks it; several are done in order
#		sees ENETUNREACH			what the asking program sees then: the beginning, as reach.c tells it
#		back in_c web ip link set eth0 up	makes it whole again by hand, in order
#	}
#
# and also `meant` (the pair does not work before either: the world is made so), `frozen` (netd would repair it, and is
# stopped by SIGSTOP meanwhile), `bytes N` (what is sent is as long), `asks COMMAND…` (something else is asked than a
# connection), `instead FROM TO` (the advice leads there: what is apart stays so, and a published port is used), `undo COMMAND…` (takes
# away what the advice made).
#
# With SAVE_FACTS=1 the facts of each that is told are written into tests/breakages, where they are judged ever after; BREAKAGES='NAME…'
# makes those alone:
#
#	SAVE_FACTS=1 BREAKAGES='link-down mtu-hole.port' BATS=tests/system/explain/breakages.bats scripts/check system
#
# The world: h is the host (192.0.2.10), out is outside. Networks blue (web, db, x, app), red (c), inner (internal: i,
# j) and apart (icc off: p, q). db answers on 80 and 90/udp; published are 8081 for its 80, 8090 on 127.0.0.1 only, and 8098 for 98,
# where nobody listens. web is 10.61.0.2, db 10.61.0.3, x 10.61.0.4; x answers on 81.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REACH=${REACH:-$NETD_BUILD/tests/explain/reach}
FAR=198.51.100.1 # an address beyond the world outside
declare -gA SERVER WEB DB HOST_LINK

explain_world() {
	host_new h
	upstream_starts
	networks_new
	out_answers
	containers_new
	quick_neighbours
	links_known
}

networks_new() {
	netctl network create --ipv6 --subnet 10.61.0.0/24 --subnet 2001:db8:61::/64 -o bridge=blue0 blue
	netctl network create --subnet 10.62.0.0/24 -o bridge=red0 red
	netctl network create --subnet 10.63.0.0/24 -o bridge=inner0 --internal inner
	netctl network create --subnet 10.64.0.0/24 -o bridge=apart0 -o icc=false apart
}

out_answers() {
	in_out ip addr add "$FAR/32" dev lo
	server out out :: 80/tcp
	server out out "$FAR" 90/udp
}

containers_new() {
	attach web --network blue --ip 10.61.0.2 --ip6 2001:db8:61::2
	attach db --network blue --ip 10.61.0.3 --ip6 2001:db8:61::3 \
		-p 8081:80 -p 127.0.0.1:8090:80 -p 8098:98
	attach x --network blue --ip 10.61.0.4
	attach c --network red --ip 10.62.0.2
	attach i --network inner --ip 10.63.0.2
	attach j --network inner --ip 10.63.0.3
	app_new
	attach p --network apart --ip 10.64.0.2
	attach q --network apart --ip 10.64.0.3
	local name
	for name in web db c j q; do server "$name" "$name" :: 80/tcp; done
	server db db :: 90/udp
	server x x :: 81/tcp
}

# A container with a process, which has a mount namespace and in it an /etc of its own.
app_new() {
	container_ns app >/dev/null
	etc_new "$T/app"
	echo "nameserver 127.0.0.11" >"$T/app/resolv.conf"
	# Nobody else's names, such as those of a systemd-resolved or nscd on this machine.
	printf '%s: files\n' passwd group services protocols >"$T/app/nsswitch.conf"
	echo "hosts: files dns" >>"$T/app/nsswitch.conf"
	spawn nsenter --net="$(netns_of app)" -- unshare --mount --propagation private \
		sh -c "$ETC_OVER" sh "$T/app" "$T/app"
	APP=$SPAWNED
	wait_until 30 test -e "$T/app/held"
	netctl attach app --pid "$APP" --network blue --ip 10.61.0.6
}

# Who has no neighbour knows it after 150 ms, and not after 3 s; who believes in a wrong one asks again after seconds. (An answer of the
# kernel's may take tens of milliseconds on a busy machine.) ICMP says what it says as often as it is asked.
quick_neighbours() {
	local ns
	for ns in $(own_namespaces); do
		nsenter --net="/run/netns/$ns" -- "${GUARD[@]}" sh -c '
			echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
			for dir in /proc/sys/net/ipv[46]/neigh/*; do
				echo 3 >$dir/mcast_solicit; echo 3 >$dir/ucast_solicit; echo 50 >$dir/retrans_time_ms
				echo 3000 >$dir/base_reachable_time_ms; echo 1 >$dir/delay_first_probe_time
			done'
	done
}

# What breakages call things by: HOST_LINK[web] is the host end of web's link, DB[mac] db's address on the wire.
links_known() {
	local index name
	while read -r name index; do HOST_LINK[$name]=$index; done < <(ip -n "$P-h" -j link |
		jq -r '.[] | select(.ifalias // "" | test(" on ")) | "\(.ifalias | split(" ")[0]) \(.ifname)"')
	WEB[mac]=$(mac_of web) DB[mac]=$(mac_of db) X_MAC=$(mac_of x)
}

# ---- who asks and who answers ----

netns_of() { # NAME: of a container, or host or out
	case $1 in
	host) echo "/run/netns/$P-h" ;;
	out | outside:*) echo "/run/netns/$P-out" ;;
	*) echo "/run/netns/$P-c-$1" ;;
	esac
}

# server WHERE NAME ADDRESS PORT/PROTOCOL: answers NAME there, in the place of who answered there before.
server() {
	local ready
	server_ends "$1" "$4"
	ready=$(mktemp -u "$T/ready.XXXXXX")
	printf -- '- %s %s %s\n' "$2" "$3" "$4" >"$ready.what"
	spawn sh -c 'exec nsenter --net="$1" -- "$2" answer "$3" <"$3.what"' server "$(netns_of "$1")" "$REACH" "$ready"
	SERVER["$1 $4"]=$SPAWNED
	wait_until 30 test -e "$ready"
}
server_ends() { # WHERE PORT/PROTOCOL
	local pid=${SERVER["$1 $2"]:-}
	[[ -n $pid ]] || return 0
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	unset "SERVER[$1 $2]"
}

# odd WHERE KIND ARGUMENT…: a server that does what reach.c's does not; see odd.py
odd() {
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn nsenter --net="$(netns_of "$1")" -- "${GUARD[@]}" $PYTHON -I -S "$HERE/odd.py" "$ready" "${@:2}"
	SERVER["$1 $2"]=$SPAWNED
	wait_until 30 test -e "$ready"
}
odd_ends() { server_ends "$@"; }

address_of() { # NAME of the world
	case $1 in
	web) echo 10.61.0.2 ;;
	db) echo 10.61.0.3 ;;
	x) echo 10.61.0.4 ;;
	app) echo 10.61.0.6 ;;
	c) echo 10.62.0.2 ;;
	i) echo 10.63.0.2 ;;
	j) echo 10.63.0.3 ;;
	p) echo 10.64.0.2 ;;
	q) echo 10.64.0.3 ;;
	*) echo "$1" ;;
	esac
}

# reach LIMIT-MS FROM TO[:PORT]/PROTOCOL [BYTES]: what FROM sees, in reach.c's words
reach() {
	local to=${3%/*} protocol=${3##*/} port=icmp
	if [[ $protocol != icmp ]]; then
		port=${to##*:}/$protocol
		to=${to%:*}
	fi
	to=${to#[} to=${to%]}
	printf '%s %s %s %s\n' "$(netns_of "$2")" "$(address_of "$to")" "$port" "${4:-}" |
		nsenter --net="/run/netns/$P-out" -- "${GUARD[@]}" "$REACH" try "$1"
}

# connections_meet LIMIT-MS <<< 'FROM ADDRESS PORT/PROTOCOL': yes or no for each line; all go at once
connections_meet() {
	local from address port
	while read -r from address port; do echo "$(netns_of "$from") $address $port"; done |
		nsenter --net="/run/netns/$P-out" -- "${GUARD[@]}" "$REACH" try "$1" |
		sed -E 's/^(answered|connected).*/yes/; /^yes$/!s/.*/no/'
}

# ---- a breakage ----

pair() { PAIR=("$@"); }
by() { BY+=("${*@Q}"); }
back() { BACK+=("${*@Q}"); }
sees() { SEES=$*; }
meant() { MEANT=1; }
frozen() { FROZEN=1; }
bytes() { BYTES=$1; }
instead() { INSTEAD=("$@"); }
undo() { UNDO+=("${*@Q}"); }
asks() { ASKS=("$@"); }

# What is there is asked with patience, what is not there without: a limit that a busy machine outruns would only take a
# success for a loss.
asked() { # LIMIT-MS
	if [[ ${#ASKS[@]} -gt 0 ]]; then "${ASKS[@]}"; else reach "$1" "${PAIR[@]}" "$BYTES"; fi
}
works() { [[ $(asked 5000) == answered* ]]; }
looks_broken() {
	local limit=5000 seen
	[[ $SEES != timeout ]] || limit=300
	[[ $SEES != connected ]] || limit=2000 # the handshake is there, the answer is not
	seen=$(asked "$limit")
	[[ $seen == "$SEES"* ]] || {
		echo "broken, ${PAIR[*]} sees \"$seen\", not \"$SEES\""
		return 1
	}
}

# What the way of a packet depends on.
state_of_way() {
	local where
	for where in host out web db; do
		within "$where" sh -c '
			ip -br link; ip -br addr; ip route show table all; ip -6 route show table all; ip rule; nft --stateless list ruleset
			grep -r . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf/*/forwarding /proc/sys/net/ipv4/conf/*/rp_filter' |
			sed "s/^/$where: /"
	done
}
# does_not_work WHEN: says so, and what is another than in the beginning; at once, too, for a build machine may show only the beginning
# of what a test says when it has failed.
does_not_work() {
	what_differs "$1" 2>&1 | tee >(sed 's/^/# /' >&3)
}
what_differs() { # WHEN
	local where
	for where in host out; do within "$where" env NSTAT_HISTORY="$T/nstat.$where" nstat -n; done
	echo "${PAIR[*]} does not work $1: $(asked 5000)"
	for where in host out; do
		within "$where" env NSTAT_HISTORY="$T/nstat.$where" nstat | awk -v where="$where" 'NR > 1 { printf " %s", $1 "=" $2 } END { print " counted at " where }'
	done
	kill -0 "${NETD_PID[h]}" || echo "netd is gone"
	[[ ! -e $T/way ]] || state_of_way 2>&1 | diff "$T/way" - | grep '^[<>]' | head -30
	for where in host out web; do within "$where" ip neigh | sed "s/^/$where knows /"; done
	told_in_short "$(explain_json "${PAIR[@]}" 2>&1)" | head -20
}

# Whatever a breakage that failed has left is not the fault of those that follow: they are tried in a world of their own.
make_world_anew() {
	local ns pid
	for ns in $(own_namespaces); do
		kill_namespace "$ns"
		ip netns del "$ns" 2>/dev/null || true
	done
	for pid in $(jobs -pr); do kill -9 "$pid" 2>/dev/null || true; done
	rm -rf "$T/h" "$T/app"
	SERVER=() HOST_NAMES=() N_HOSTS=0
	explain_world && state_of_way >"$T/way"
}

# A breakage that its author has not finished may not count as one.
described() { # FUNCTION
	PAIR=() BY=() BACK=() SEES= MEANT= FROZEN= BYTES= ASKS=() INSTEAD=() UNDO=()
	"$1"
	[[ ${#PAIR[@]} -eq 2 && -n $SEES && ($MEANT || (${#BY[@]} -gt 0 && ${#BACK[@]} -gt 0)) ]] ||
		{ echo "$1 says too little of itself"; return 1; }
}

run_each() { # COMMAND…: each is a line of shell
	local line
	for line; do
		eval "$line" || { echo "failed: $line"; return 1; }
	done
}

# All of them, whatever fails: what a breakage leaves would be that of the next.
run_all() { # COMMAND…
	local line status=0
	for line; do run_each "$line" || status=1; done
	return "$status"
}

# The advice as it is typed on the host. No service manager runs there, so this is what one is asked for.
follow_advice() { # LINE
	if [[ $1 == "'systemctl' 'restart' 'netd'" ]]; then
		host_stop h 2>/dev/null || true # it may be dead
		host_start h
	else
		in_host h env PATH="$NETD_BUILD:$PATH" NETD_HOST="unix://$(host_sock h)" sh -c "$1"
	fi
}

# try_breakage FUNCTION: made, seen, told and repaired. Whatever fails, all is done to make the world whole again.
try_breakage() {
	local function=$1 status=0 line
	described "$function" || return
	[[ -n $MEANT ]] || wait_until 30 works || {
		does_not_work "before it is broken"
		return 1
	}
	[[ -z $FROZEN ]] || kill -STOP "${NETD_PID[h]}"
	run_each "${BY[@]}" && looks_broken && is_told "${function%%.*}" "$function" || status=1
	if [[ $status -eq 0 && -n $ADVICE ]]; then
		[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
		follow_advice "$ADVICE" || status=1
		[[ ${#INSTEAD[@]} -eq 0 ]] || PAIR=("${INSTEAD[@]}")
		wait_until 30 works || { does_not_work "after the advice ($ADVICE)"; status=1; }
		# What the advice left as it was: a foreign table with one rule more.
		for line in "${UNDO[@]}" "${BACK[@]}"; do run_each "$line" >/dev/null 2>&1; done
	else
		# Before netd runs on, which would be quicker on a busy machine.
		run_all "${BACK[@]}" || status=1
		[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	fi
	[[ -n $MEANT ]] || wait_until 30 works || {
		does_not_work "when it is whole again"
		status=1
	}
	return "$status"
}

# try_for_itself FUNCTION: if it leaves the world broken it has failed, and the next one gets another.
try_for_itself() {
	try_breakage "$1" && return
	wait_until 30 works || make_world_anew
	return 1
}

# ---- what is told ----

# explain_json FROM TO. Where netd is stopped its records are read, which are in no usual place here.
explain_json() { netctl explain --state-dir "$T/h/state" --format json "$@"; }

# is_told CODE FUNCTION: names the code first; ADVICE is then its first argv, or that with the number ADVICE_AT, as a line of shell. A code
# of NOT_YET_TOLD is not told.
is_told() {
	local said first
	ADVICE=
	said=$(explain_json ${SAVE_FACTS:+--save "$T/facts"} "${PAIR[@]}" 2>&1) || true
	first=$(jq -r '.Code // ""' <<<"$said" 2>/dev/null) || first="no JSON: $said"
	if [[ " ${NOT_YET_TOLD[*]} " == *" $1 "* ]]; then
		[[ $first != "$1" ]] || { echo "$1 is told now: take it out of NOT_YET_TOLD"; return 1; }
		return 0
	fi
	[[ $first == "$1" ]] || {
		echo "explain says \"$first\", not \"$1\":"
		told_in_short "$said"
		return 1
	}
	[[ -z ${SAVE_FACTS:-} ]] || save_facts "$2" || return
	ADVICE=$(jq -r --argjson at "${ADVICE_AT:-1}" '[.Fix[]?.Argv // [] | select(length > 0)][$at - 1] // empty | @sh' <<<"$said")
	[[ -n $ADVICE || ${ADVICE_AT:-1} -eq 1 ]] || { echo "fewer than $ADVICE_AT commands are advised"; return 1; }
}

# What was found out becomes a test that needs neither root nor a kernel: tests/unit/diag/test_breakages.c, screens.bats.
SAVED=$HERE/../../breakages
save_facts() { # FUNCTION
	$PYTHON -I -S "$HERE/save.py" "$NETD_BUILD/tests/explain/judge" "$P" "$T/facts" "$SAVED/$1"
}

# What an answer says, a line a hop.
told_in_short() {
	jq -r '"\(.Verdict) \(.Source): \(.Cause // "")", (.Hops[] | "\(.State)\t\(.Where)\t\(.Say)"),
		(.Also[] | "also \(.)"), (.Unknown[] | "unknown \(.Where): \(.Why)")' <<<"$1" 2>/dev/null || echo "$1"
}

# kernel_cannot FUNCTION: in words what it is made with and a kernel may be without, such as one that is older, or that has no
# tables of iptables-legacy any more (a choice since 6.17). It is looked for in a namespace of its own.
kernel_cannot() {
	local what try
	case ${1#+} in
	legacy-iptables | legacy-emptied)
		what="tables of iptables-legacy" try='iptables-legacy -w 30 -S && ip6tables-legacy -w 30 -S'
		;;
	qdisc-drop) what="queue tbf" try='tc qdisc add dev lo root tbf rate 1mbit burst 900 limit 5000' ;;
	ipsec-block | ipsec-block.in) what="policies of IPsec" try='ip xfrm policy list' ;;
	tc-drop)
		what="programs in filters of tc"
		try='tc qdisc add dev lo clsact && tc filter add dev lo ingress bpf bytecode "1,6 0 0 2" direct-action'
		;;
	xdp-drop) what="programs of XDP" try="$PYTHON -I -S '$HERE/xdp.py' lo" ;;
	netdev-rules.egress | netdev-rules.uplink | netdev-rules.answer)
		what="rules at egress" try='nft "table netdev p { chain e { type filter hook egress device lo priority 0; }; }"'
		;;
	port-locked)
		what="locked ports" try='ip link add br0 type bridge && ip link add v0 type veth peer name v1 && ip link set v0 master br0 &&
			bridge link set dev v0 locked on && bridge -d link show dev v0 | grep -q "locked on"'
		;;
	*) return 1 ;;
	esac
	unshare --net -- "${GUARD[@]}" sh -c "$try" >/dev/null 2>&1 && return 1
	echo "this kernel, or its programs, have no $what"
}

# try_each COMMAND FUNCTION…: all of them, whatever fails; prints one line each
try_each() {
	local command=$1 function failed=0 why
	shift
	for function; do
		if why=$(kernel_cannot "$function"); then
			echo "# $function is not tried: $why" >&3
		elif "$command" "$function" >"$T/try.out" 2>&1; then
			echo "ok      $function"
		else
			echo "FAILED  $function"
			sed 's/^/        /' "$T/try.out"
			failed=1
		fi
	done
	return "$failed"
}
try_breakages() {
	local function chosen=()
	state_of_way >"$T/way"
	for function; do
		[[ -n ${BREAKAGES:-} && " $BREAKAGES " != *" $function "* ]] || chosen+=("$function")
	done
	try_each try_for_itself "${chosen[@]}"
}
