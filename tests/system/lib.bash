# lib.bash - plays hosts and containers in network namespaces of their own; every .bats file loads it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A host is a network namespace with its own mount namespace (and in it its own /etc), its own run and state
# directory and its own netd. All hosts hang on one wire: the bridge of the namespace "out", which plays the
# world outside (192.0.2.1, 2001:db8::1, and the upstream DNS server). Host number n is 192.0.2.1n, 2001:db8::1n.
# A container is a network namespace. Nothing is changed in the namespace the tests are started in.
#
# Names are prefixed per test, so tests run side by side. What is waited for is polled, never slept for.

NETD_BUILD=${NETD_BUILD:-$(cd "${BATS_TEST_DIRNAME:-.}/../.." && pwd)/build}
LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$LIB/../guard.bash"
P=nt$$
T=${BATS_TEST_TMPDIR:-${T:-}}
PYTHON=/usr/bin/python3
declare -gA HOLDER NETD_PID # bats loads this file inside a function
HOST_NAMES=()
N_HOSTS=0
export LC_ALL=C

setup() { setup_default; }
teardown() { teardown_default; }

# One host called h, wired to out, netd running.
setup_default() { host_new h; }

teardown_default() {
	local status=$? name ns pid
	if [[ -z ${BATS_TEST_COMPLETED:-} ]]; then
		for name in "${HOST_NAMES[@]}"; do
			say_log "$name" 2>/dev/null || true
		done
	fi
	[[ -z ${SAN:-} ]] || sanitizers_are_content || status=1
	for name in "${HOST_NAMES[@]}"; do
		kill_namespace "$P-$name"
		[[ -z ${HOLDER[$name]:-} ]] || kill -9 "${HOLDER[$name]}" 2>/dev/null || true
	done
	for ns in $(own_namespaces); do
		kill_namespace "$ns"
		ip netns del "$ns" 2>/dev/null || true
	done
	# What was spawned in no namespace of ours runs still.
	for pid in $(jobs -pr); do
		kill -9 "$pid" 2>/dev/null || true
	done
	return "$status"
}

# Every netd that still runs ends as in life, for leaks are seen at the end. What a sanitizer said of any process is in
# a log: one that died may have been started again without anybody noticing.
# (Under strace no leaks are looked for, which is said in other words.)
sanitizers_are_content() {
	local name
	for name in "${!NETD_PID[@]}"; do
		kill -TERM "${NETD_PID[$name]}" 2>/dev/null || continue
		wait_until 30 has_ended "${NETD_PID[$name]}" || return 1
	done
	! grep -m 3 -EA40 'ERROR: [A-Za-z]*Sanitizer|runtime error:' "$T"/*.log "$T"/*/netd.log 2>/dev/null
}
has_ended() { ! kill -0 "$1" 2>/dev/null; }

# The end of it first: a build machine may show no more than the beginning of what a test says.
say_log() { # HOST
	echo "--- netd of $1, at last:"
	tail -8 "$T/$1/netd.log"
	echo "--- and before that:"
	tail -60 "$T/$1/netd.log" | head -n -8
}

own_namespaces() { ip netns list 2>/dev/null | awk -v p="$P-" 'index($1, p) == 1 { print $1 }'; }

# Everything that runs in a namespace of ours was started by this test.
# Until nobody is left: netd may have started another resolver in the moment between its death and its own.
kill_namespace() {
	local pids i
	for i in {1..20}; do
		pids=$(pids_in "$1")
		[[ -n $pids ]] || return 0
		kill -9 $pids 2>/dev/null || true
	done
}

# wait_until SECONDS COMMAND…: polls until the command succeeds. The seconds are patience, not a promise: on a machine that is
# busy with other things fifty containers take ten to stop, so nobody asks for fewer than 30 but where a longer wait would prove
# nothing.
wait_until() {
	local began=${EPOCHREALTIME/./} patience=$1 MAX_S=5 waited pause is_late=0 flags=$-
	shift
	# Nobody asks in which line of the command it failed: bats notes each line of functions that inherit its trap, for 0.4 ms.
	set +T
	until "$@" >/dev/null 2>&1; do
		waited=$((${EPOCHREALTIME/./} - began))
		if ((waited > patience * 1000000)); then
			echo "not within the time: $*" >&2
			is_late=1
			break
		fi
		# A tenth of what was waited already, from 20 to 200 ms: looking is work, which takes the time of what is waited for.
		pause=$((waited < 200000 ? 20 : waited > 2000000 ? 200 : waited / 10000))
		printf -v pause '0.%03d' "$pause"
		sleep "$pause"
	done
	[[ $flags != *T* ]] || set -T
	return "$is_late"
}

# spawn COMMAND…: runs in the background with bats' descriptors closed; the pid is in SPAWNED. With EXEC set,
# in_host and the like become what they run, so that the pid is the program's and not a shell's.
spawn() { spawn_to "$T/spawned.log" "$@"; }
spawn_to() { # LOG COMMAND…
	local log=$1
	shift
	(
		EXEC=exec
		if declare -F "$1" >/dev/null; then "$@"; else exec "$@"; fi
	) 3>&- 4>&- </dev/null >>"$log" 2>&1 &
	SPAWNED=$!
}
EXEC=

# ---- hosts ----

out_new() {
	[[ ! -e /run/netns/$P-out ]] || return 0
	ip netns add "$P-out"
	ip -n "$P-out" link set lo up
	ip -n "$P-out" link add wire type bridge
	ip -n "$P-out" addr add 192.0.2.1/24 dev wire
	ip -n "$P-out" addr add 2001:db8::1/64 dev wire nodad
	ip -n "$P-out" link set wire up
}

# The files of /etc that programs need, so that a test may write resolv.conf, groups and /etc/netd. Of folders that hold hundreds
# of links and are only read there are no copies: etc_over shows them.
etc_new() {
	local file files=()
	mkdir -p "$1/netd/rules.d" "$1/alternatives" "$1/ssl"
	for file in passwd group nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d services protocols \
		localtime iproute2 host.conf gai.conf; do
		[[ ! -e /etc/$file ]] || files+=("/etc/$file")
	done
	cp -a "${files[@]}" "$1/"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$1/hosts"
	echo "nameserver 192.0.2.1" >"$1/resolv.conf"
	echo 'root:*:19000::::::' >"$1/shadow"
	grep -q '^netd:' "$1/group" || echo "netd:x:64242:" >>"$1/group"
	grep -q '^_netd-resolver:' "$1/passwd" ||
		echo "_netd-resolver:x:64243:64243::/nonexistent:/usr/sbin/nologin" >>"$1/passwd"
	grep -q '^_netd-metrics:' "$1/passwd" ||
		echo "_netd-metrics:x:64244:64244::/nonexistent:/usr/sbin/nologin" >>"$1/passwd"
	grep -q '^_netd-herald:' "$1/passwd" ||
		echo "_netd-herald:x:64245:64245::/nonexistent:/usr/sbin/nologin" >>"$1/passwd"
	grep -q '^_netd-usher:' "$1/passwd" ||
		echo "_netd-usher:x:64247:64247::/nonexistent:/usr/sbin/nologin" >>"$1/passwd"
	grep -q '^_netd-etcd:' "$1/passwd" ||
		echo "_netd-etcd:x:64246:64246::/nonexistent:/usr/sbin/nologin" >>"$1/passwd"
}

# For sh in a mount namespace of its own: puts the folder $1 of etc_new over /etc, and tells $2 by a file there.
ETC_OVER='
	for folder in alternatives ssl; do [ ! -d "/etc/$folder" ] || mount --bind "/etc/$folder" "$1/$folder"; done
	mount --rbind "$1" /etc && touch "$2/held" && exec sleep infinity'

# host_ns NAME: the namespace and its wire, without netd.
host_ns() {
	local name=$1 n=$((10 + N_HOSTS))
	out_new
	[[ -d $T/$name/etc ]] || etc_new "$T/$name/etc"
	mkdir -p "$T/$name/run" "$T/$name/state"
	ip netns add "$P-$name"
	ip -n "$P-$name" link set lo up
	ip -n "$P-$name" link add up0 type veth peer name "w-$name" netns "$P-out"
	ip -n "$P-out" link set "w-$name" master wire up
	ip -n "$P-$name" addr add "192.0.2.$n/24" dev up0
	ip -n "$P-$name" addr add "2001:db8::$n/64" dev up0 nodad
	ip -n "$P-$name" link set up0 up
	ip -n "$P-$name" route add default via 192.0.2.1
	ip -n "$P-$name" -6 route add default via 2001:db8::1
	rm -f "$T/$name/held"
	# Slave propagation: namespaces that `ip netns add` mounts later appear here too.
	spawn nsenter --net="/run/netns/$P-$name" -- "${GUARD[@]}" unshare --mount --propagation slave \
		sh -c "$ETC_OVER" sh "$T/$name/etc" "$T/$name"
	HOLDER[$name]=$SPAWNED
	wait_until 30 test -e "$T/$name/held"
}

# host_new NAME [NETD OPTION…]
host_new() {
	local name=$1
	shift
	HOST_NAMES+=("$name")
	host_ns "$name"
	N_HOSTS=$((N_HOSTS + 1))
	host_start "$name" "$@"
}

# By the namespace's own path, and guarded: whatever goes wrong, this is never the namespace of the machine.
in_host() { # NAME COMMAND…
	local name=$1
	shift
	$EXEC nsenter --net="/run/netns/$P-$name" --mount="/proc/${HOLDER[$name]:?}/ns/mnt" -- "${GUARD[@]}" "$@"
}

in_out() { $EXEC nsenter --net="/run/netns/$P-out" -- "${GUARD[@]}" "$@"; }

host_addr() { echo "192.0.2.1$(host_number "$1")"; }
host_addr6() { echo "2001:db8::1$(host_number "$1")"; }
host_number() {
	local i
	for i in "${!HOST_NAMES[@]}"; do
		[[ ${HOST_NAMES[i]} != "$1" ]] || echo "$i"
	done
}

host_sock() { echo "$T/$1/run/netd.sock"; }
answers() { curl -sf -m 30 --unix-socket "$(host_sock "$1")" http://netd/_ping; }

# host_start NAME [NETD OPTION…]: the options are remembered for the next start.
host_start() {
	local name=$1
	shift
	[[ $# -eq 0 ]] || printf '%s\n' "$@" >"$T/$name/options"
	local options=()
	[[ ! -e $T/$name/options ]] || mapfile -t options <"$T/$name/options"
	spawn_to "$T/$name/netd.log" in_host "$name" "$NETD_BUILD/netd" --run-dir "$T/$name/run" \
		--state-dir "$T/$name/state" --host "unix://$(host_sock "$name")" "${options[@]}"
	NETD_PID[$name]=$SPAWNED
	wait_until 30 answers_or_dead "$name"
	answers "$name" >/dev/null
}

answers_or_dead() { answers "$1" || ! kill -0 "${NETD_PID[$1]}" 2>/dev/null; }

# host_stop NAME [SIGNAL]: ends the plumber and waits for it.
host_stop() {
	kill -"${2:-TERM}" "${NETD_PID[$1]}"
	wait "${NETD_PID[$1]}" 2>/dev/null || true
}

host_restart() { # NAME [SIGNAL]
	host_stop "$1" "${2:-TERM}"
	host_start "$1"
}

# ---- clocks ----

# The wall clock is the kernel's; what netd and its libraries read of it goes through clock.c, which is preloaded.
clock_build() { # FILE
	# What it stands before is told by the kind of a call, so it is not fortified.
	gcc -std=gnu17 -D_GNU_SOURCE -O1 -fPIC -shared -U_FORTIFY_SOURCE -o "$1" "$(dirname "$BATS_TEST_FILENAME")/clock.c"
}
set_clock() { # SECONDS, by which it is off [FILE]
	$PYTHON -I -S -c '
import struct, sys
with open(sys.argv[1], "ab"): pass
with open(sys.argv[1], "r+b") as clock: clock.write(struct.pack("=q", int(sys.argv[2])))' "${2:-$T/clock}" "$1"
}
by_clock() { # PRELOAD FILE COMMAND…
	LD_PRELOAD=$1 NETD_CLOCK=$2 ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 "${@:3}"
}

# signed_again HOST FIELD START END EXTENSION…: this certificate in HOST's cluster.json (Cert, ServingCert) becomes one of the authority
# of a, for the same key, that is good from one moment to the other; netd of HOST does not run. What was there is in $T/good.json, and
# the new one in $T/again.pem.
signed_again() {
	local host=$1 field=$2 start=$3 end=$4 dir=$T/signed
	shift 4
	rm -rf "$dir"
	mkdir "$dir"
	cp "$T/$host/state/cluster.json" "$T/good.json"
	jq -r .CACert "$T/a/state/cluster.json" >"$dir/ca.pem"
	jq -r .CAKey "$T/a/state/cluster.json" >"$dir/ca.key"
	jq -r .Key "$T/good.json" >"$dir/host.key"
	: >"$dir/index"
	openssl rand -hex 8 >"$dir/serial"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\n[p]\norganizationName=optional\n' >"$dir/cnf"
	printf '%s\n' "$@" >"$dir/ext"
	(
		cd "$dir"
		openssl req -new -key host.key -subj /O=netd -out host.csr
		openssl ca -batch -config cnf -cert ca.pem -keyfile ca.key -in host.csr -out host.pem -extfile ext \
			-startdate "$start" -enddate "$end" -notext
	) 2>/dev/null
	jq --rawfile cert "$dir/host.pem" ".$field = \$cert" "$T/good.json" >"$T/$host/state/cluster.json"
	cp "$dir/host.pem" "$T/again.pem"
	cp "$dir/host.key" "$T/again.key"
}
# number_of FILE: of the certificate in it, as netd writes it
number_of() { openssl x509 -noout -serial -in "$1" | cut -d= -f2 | tr A-F a-f; }

# killed_at SYSCALL N COMMAND…: netd of h is killed in front of its Nth such call while the command runs; 1 when it was
# not. What the command says and its exit status are in $T/killed.out and KILLED_STATUS.
killed_at() {
	local call=$1 n=$2 tracer pid=${NETD_PID[h]}
	shift 2
	spawn strace -qq -p "$pid" -o "$T/strace" -e "trace=$call" -e "inject=$call:signal=KILL:when=$n"
	tracer=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$pid/status"
	KILLED_STATUS=0
	# A shell of its own, which has no netd for a child: "Killed" is no word of the command's.
	("$@") >"$T/killed.out" 2>&1 || KILLED_STATUS=$?
	# strace ends with netd. Until it lets go, what netd does after its answer may be the Nth call.
	if answers h >/dev/null; then
		kill "$tracer" 2>/dev/null || true
		wait "$tracer" 2>/dev/null || true
	fi
	if answers h >/dev/null; then return 1; fi
	wait "$tracer" "$pid" 2>/dev/null || true
}

# traced_netd STRACE-OPTION…: makes $T/wrapped, a build whose netd is traced from its first call; what it did is in $T/strace.
traced_netd() {
	mkdir "$T/wrapped"
	ln -s "$NETD_BUILD"/* "$T/wrapped/"
	rm "$T/wrapped/netd"
	{
		printf '#!/bin/sh\nexec strace -D -I2 -qq'
		printf ' %q' -o "$T/strace" "$@" "$NETD_BUILD/netd"
		printf ' "$@"\n'
	} >"$T/wrapped/netd"
	chmod +x "$T/wrapped/netd"
}

# What a reboot leaves: the state directory and /etc. Kernel objects, processes and the run directory are gone.
host_reboot() {
	local name=$1 i
	i=$(host_number "$name")
	kill_namespace "$P-$name"
	wait "${NETD_PID[$name]}" 2>/dev/null || true
	ip netns del "$P-$name"
	rm -rf "$T/$name/run"
	wait_until 120 wire_is_free "$name" # the kernel frees namespaces one after another
	local saved=$N_HOSTS
	N_HOSTS=$i
	host_ns "$name"
	N_HOSTS=$saved
	host_start "$name"
}
wire_is_free() { ! ip -n "$P-out" link show "w-$1"; }

# The other process: runs the same program in the same namespace, or was left by a plumber that was killed.
# (By its own name: other processes of netd's come and go, and have its program.)
resolver_pid() {
	local pid name
	for pid in $(pids_in "$P-$1"); do
		name=
		IFS= read -r -d '' name <"/proc/$pid/cmdline" || true
		[[ $name == netd-resolver* ]] && echo "$pid" && return
	done 2>/dev/null
	return 1
}

# ask_held FILE COMMAND…: stops netd of h and begins the command in the background: its question waits at netd's socket when this
# returns. What it says is in FILE, its pid in SPAWNED. ask_stopped lets netd go on then: it finds at once what was done meanwhile.
ask_held() {
	local before
	kill -STOP "${NETD_PID[h]}"
	wait_until 30 is_stopped "${NETD_PID[h]}"
	before=$(n_asking)
	spawn_to "$@"
	wait_until 30 more_ask_than "$before"
}
ask_stopped() {
	ask_held "$@"
	kill -CONT "${NETD_PID[h]}"
}
is_stopped() { grep -q '^State:[[:space:]]*[Tt]' "/proc/$1/status"; }
n_asking() { in_host h ss -Hxl | awk -v path="$(host_sock h)" '$5 == path { print $3 }'; }
more_ask_than() { (($(n_asking) > $1)); }
# Who was answered has closed his connection, which netd has not taken in yet for a moment: it has its descriptor still.
nobody_asks() { ! in_host h ss -Hx state connected | grep -qF "$(host_sock h)"; }

netctl_in() { # HOST ARGUMENT…
	local name=$1
	shift
	in_host "$name" env NETD_HOST="unix://$(host_sock "$name")" "$NETD_BUILD/netctl" "$@"
}
netctl() { netctl_in h "$@"; }

# Of what works doctor tells nothing, and there is nothing that it could not look at.
doctor_finds_nothing() { # [NAME]
	local said
	said=$(netctl doctor --format json "$@") || true
	[[ $(jq '(.Findings + .Unknown) | length' <<<"$said") == 0 ]] && return
	jq -r '(.Findings[] | "doctor: \(.State) \(.Places | join(",")): \(.Say)"), .Unknown' <<<"$said"
	return 1
}

# api METHOD PATH [BODY]: prints the body, then the status in a line of its own. Goes to host h.
api() {
	curl -sS -m 30 --unix-socket "$(host_sock h)" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} \
		-w '\n%{http_code}' "http://netd$2"
}
api_status() { api "$@" | tail -1; }
api_body() { api "$@" | sed '$d'; }

# ---- containers ----

container_ns() { # NAME: makes its namespace and prints the path
	ip netns add "$P-c-$1"
	echo "/run/netns/$P-c-$1"
}
container_path() { echo "/run/netns/$P-c-$1"; }

# attach NAME [OPTION…]: on host h, in a namespace of its own made on first use.
attach() { attach_on h "$@"; }
attach_on() {
	local host=$1 name=$2
	shift 2
	[[ -e /run/netns/$P-c-$name ]] || container_ns "$name" >/dev/null
	netctl_in "$host" attach "$name" --netns "$(container_path "$name")" "$@" >"$T/attach.out" || {
		local status=$?
		cat "$T/attach.out"
		return "$status"
	}
}

in_c() { # NAME COMMAND…
	local name=$1
	shift
	$EXEC nsenter --net="/run/netns/$P-c-$name" -- "${GUARD[@]}" "$@"
}

# serve NAME PORT[/udp|/sctp]…: servers in the container that answer "NAME from ADDRESS", on both families.
serve() {
	local name=$1
	shift
	serve_in "in_c $name" "$name" "$@"
}
serve_in() { # 'COMMAND PREFIX' NAME PORT…
	local prefix=$1 name=$2 ready
	shift 2
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn $prefix $PYTHON -I -S "$LIB/serve.py" "$name" "$ready" "$@"
	wait_until 30 test -e "$ready"
}

# get_… URL: what a server says. MAX_S bounds it: long where an answer is awaited, which a busy machine may delay, and
# short in refused, where none is.
MAX_S=30
get_from() { in_c "$1" curl -sS -g -m "$MAX_S" "$2"; }
get_host() { in_host "$1" curl -sS -g -m "$MAX_S" "$2"; }
get_out() { in_out curl -sS -g -m "$MAX_S" "$1"; }
# udp_from NAME ADDRESS PORT: sends one datagram and prints the answer
udp() { "${@:1:$#-2}" env MAX_S="$MAX_S" $PYTHON -I -S "$LIB/udp.py" "${@: -2}"; }

ip4_of() { # CONTAINER [NETWORK]
	netctl inspect "$1" | jq -r --arg n "${2:-}" \
		'.[0].NetworkSettings.Networks | (if $n == "" then to_entries[0].value else .[$n] end).IPAddress'
}
ip6_of() {
	netctl inspect "$1" | jq -r --arg n "${2:-}" \
		'.[0].NetworkSettings.Networks | (if $n == "" then to_entries[0].value else .[$n] end).GlobalIPv6Address'
}
mac_of() {
	netctl inspect "$1" | jq -r --arg n "${2:-}" \
		'.[0].NetworkSettings.Networks | (if $n == "" then to_entries[0].value else .[$n] end).MacAddress'
}

# ---- names ----

# ask CONTAINER [+OPTION…] NAME|-x ADDRESS [TYPE]: short answers from the container's resolver.
ask() {
	local name=$1
	shift
	in_c "$name" dig $(dig_arguments "$@") +short
}
ask_full() {
	local name=$1
	shift
	in_c "$name" dig $(dig_arguments "$@")
}
# dig takes a name such as "a" or "mx" for a type unless it is told.
dig_arguments() {
	local out=(@127.0.0.11 +tries=1 +time=10) flag=-q
	while [[ $# -gt 0 ]]; do
		case $1 in
		+*) out+=("$1") ;;
		-x) out+=(-x "$2") flag=-t && shift ;;
		*) out+=("$flag" "$1") flag=-t ;;
		esac
		shift
	done
	echo "${out[@]}"
}
# quick CONTAINER NAME: one quick try, for polling
quick() { in_c "$1" dig @127.0.0.11 +tries=1 +time=1 +short -q "$2"; }
rcode() { sed -n 's/.*status: \([A-Z]*\),.*/\1/p' <<<"$1"; }

# upstream [ADDRESS [MODE]]: a DNS server in out that logs each question to $T/upstream.ADDRESS. See upstream.py.
upstream() {
	local addr=${1:-192.0.2.1} ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	in_out ip addr show | grep -qw "$addr" || in_out ip addr add "$addr/32" dev lo
	# It is another machine: this one's other work does not make it slower.
	spawn in_out nice -n -10 $PYTHON -I -S "$LIB/upstream.py" "$addr" "$T/upstream.$addr" "$ready" "${2:-answer}"
	wait_until 30 test -e "$ready"
}
# name_servers [ADDRESS...]: what resolv.conf of h lists from here on, and the resolver asks them when this returns. (A question
# that is on its way meanwhile still belongs to the servers of before, and what they fail at stands against them.)
name_servers() {
	printf '%s\n' "${@/#/nameserver }" >"$T/h/etc/resolv.conf"
	wait_until 30 asks_these "$@"
}
# (A resolver that has not answered yet says nothing of them, which is not that there is none.)
asks_these() {
	local said
	said=$(netctl system snapshot dns | jq -r '.Dns.Upstreams | map(.Address) | join(" ")') && [[ $said == "$*" ]]
}
upstream_saw() { grep -c -- "$1" "$T/upstream.${2:-192.0.2.1}" || true; }

# ---- looking at what is there ----

links_of() { ip -n "$P-$1" -j link | jq -r '.[].ifname' | sort; }
ruleset_of() { in_host "$1" nft list ruleset; }
n_rules() { in_host "$1" nft -j list ruleset | jq '[.nftables[] | select(.rule)] | length'; }
n_elements() { in_host "$1" nft -j list ruleset | jq '[.nftables[] | (.set // .map // empty) | .elem // [] | length] | add // 0'; }

databases() { find "$T/$1/run" "$T/$1/state" -type f \( -name '*.db' -o -name '*.sqlite' -o -name '*.sqlite3' \) | sort; }

# snapshot HOST: all that an attach may leave behind. What only rests (the memory of freed addresses) is left out.
# The bridge of a network that was removed, the link of a container that is gone, and flows to its UDP ports go in the next quiet moment,
# which is waited for.
snapshot() {
	local file
	wait_until 30 nothing_dies "$1" || true # it is shown then
	links_of "$1"
	ruleset_of "$1"
	(cd "$T/$1/run" && find . ! -name '*-wal' ! -name '*-shm' ! -name '*.db' | sort)
	for file in $(databases "$1"); do
		sqlite3 -readonly "$file" .dump | grep -vE "$SNAPSHOT_IGNORES" || true
	done
	in_host "$1" ss -Hlntu | awk '{ print $1, $5 }' | sort
}
SNAPSHOT_IGNORES='INSERT INTO (kept|lease|sticky|rest|sqlite_sequence|sequence|counter)'

no_old_bridge() { ! links_of "$1" | grep -q '^nd-'; }
# Nor any other link that netd only has to delete (RTNL_GROUP_DYING), nor flows to a port that was another's.
nothing_dies() {
	no_old_bridge "$1" && [[ -z $(ip -n "$P-$1" -o link show group 1852072993) && ! -e $T/$1/run/stale-flows ]]
}

# same_snapshot BEFORE AFTER: shows how they differ
same_snapshot() { diff -u --label before --label after <(echo "$1") <(echo "$2"); }

# comes_back_to BEFORE COMMAND…: after a while the command prints that again; else what differs is shown
comes_back_to() { wait_until 30 prints "$@" || same_snapshot "$1" "$("${@:2}")"; }
prints() { [[ $("${@:2}") == "$1" ]]; }

# ---- judging ----

fails_with() { # STATUS PATTERN COMMAND…: the exit status and a word of the message are as said
	local want=$1 pattern=$2 out got=0
	shift 2
	out=$("$@" 2>&1) || got=$?
	if [[ $got -ne $want ]]; then
		echo "exit status $got, not $want: $*"
		echo "$out"
		return 1
	fi
	grep -qE -- "$pattern" <<<"$out" || {
		echo "nothing like \"$pattern\" in: $out"
		return 1
	}
}
# refused COMMAND…: fails (used for connections that must not be made)
refused() {
	local out MAX_S=2
	if out=$("$@" 2>&1); then
		echo "went through: $* -> $out"
		return 1
	fi
}
equals() { # GOT WANTED
	[[ $1 == "$2" ]] || {
		echo "got:    $1"
		echo "wanted: $2"
		return 1
	}
}
matches() { # GOT PATTERN
	grep -qE -- "$2" <<<"$1" || {
		echo "nothing like \"$2\" in: $1"
		return 1
	}
}
lacks() { # GOT PATTERN
	! grep -qE -- "$2" <<<"$1" || {
		echo "\"$2\" is in: $1"
		return 1
	}
}
