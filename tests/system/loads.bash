# loads.bash - traffic that goes on while something is done to netd, of which nothing may be lost: queries, datagrams, connections
# SPDX-License-Identifier: GPL-2.0-or-later

LOADS='names forwarded datagrams connects standing'
declare -gA SENT # bats loads this file inside a function
STEADY=()

loads_are_there() { cp "$LIB/steady.py" "$T/"; } # seen in a box, too

# load_in WHERE KIND COUNTS ARGUMENT…
load_in() {
	local where=$1 kind=$2 counts=$3
	shift 3
	spawn $where $PYTHON -I -S "$T/steady.py" "$kind" "$T/$counts.json" "$@"
	STEADY+=("$SPAWNED")
}
count() { jq ".$2" "$T/$1.json" 2>/dev/null || echo 0; }
# each_sent N: N more of everything
each_sent() {
	local kind
	for kind in $LOADS; do
		SENT[$kind]=$(($(count "$kind" sent) + $1))
	done
	wait_until 60 all_sent
}
all_sent() {
	local kind
	for kind in $LOADS; do
		(($(count "$kind" sent) >= SENT[$kind])) || return 1
	done
}
# What goes on all along: web and client are two containers with addresses IP, port 9000 of the host is web's.
start_loads() { # COMMAND THAT ENTERS client, ITS UPSTREAM'S ADDRESS
	load_in "$1" names names web "$2"
	load_in "$1" names forwarded ttl1.example.com 203.0.113.7
	load_in "$1" datagrams datagrams "$2" 9000
	load_in in_out connects connects "$(host_addr h)" 9000
	load_in in_out standing standing "$(host_addr h)" 9000
	each_sent 20
}
end_loads() {
	local kind pid
	each_sent 20
	touch "$T/stop"
	for pid in "${STEADY[@]}"; do
		wait "$pid"
	done
	for kind in $LOADS; do
		echo "$kind: $(cat "$T/$kind.json")"
	done
	for kind in $LOADS; do
		equals "$kind lost $(count "$kind" lost)" "$kind lost 0"
	done
}
