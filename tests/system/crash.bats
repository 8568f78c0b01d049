#!/usr/bin/env bats
# crash.bats - netd killed between any two steps: what nobody was told of is undone, what was promised is whole
# SPDX-License-Identifier: GPL-2.0-or-later
#
# strace ends the plumber in front of its n-th system call of a kind, while a request is carried out. The next netd
# finds what that left. So each place at which a plan can break is tried, whatever the plan looks like one day.
load lib

# every_crash STEP SYSCALL… -- COMMAND…: calls "check" after each crash, at every STEP-th call of each kind.
every_crash() {
	local step=$1 calls=() call n n_crashes=0
	shift
	while [[ $1 != -- ]]; do
		calls+=("$1")
		shift
	done
	shift
	for call in "${calls[@]}"; do
		for ((n = 1; n < 200; n += step)); do
			before_each
			killed_at "$call" "$n" "$@" || break
			host_start h
			echo "crashed at $call $n"
			check
			n_crashes=$((n_crashes + 1))
		done
		undo_all
	done
	echo "$n_crashes crashes"
	((n_crashes >= 4))
}

# What is doomed is swept some milliseconds later.
as_before() { comes_back_to "$BEFORE" snapshot h; }
known() { netctl ps -q --no-trunc | grep -q .; }
inside() { ip -n "$P-c-a" -j addr | jq -r '.[] | .ifname, (.addr_info[] | select(.scope == "global").local)' | xargs; }
nothing_inside() { [[ $(inside) == lo && -z $(in_c a nft list tables) ]]; }
whole() { # ADDRESS…: a is attached, with interfaces and names
	matches "$(inside)" "${1//./\\.}"
	equals "$(ask a a)" "$1"
	[[ -s $T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/resolv.conf ]]
}

before_each() { :; }
undo_all() { :; }

@test "an attach that is broken off anywhere leaves nothing, or a container that is whole" {
	container_ns a >/dev/null
	BEFORE=$(snapshot h)
	check() {
		if known; then
			whole "$(ip4_of a)"
			netctl detach a
		fi
		as_before
		wait_until 30 nothing_inside
	}
	undo_all() { netctl detach a; }
	every_crash 3 sendmsg pwrite64 openat -- netctl attach a --netns "$(container_path a)" -p 8080:80 -p 5353:53/udp
}

@test "a detach that is broken off anywhere leaves nothing, or a container that is whole" {
	container_ns a >/dev/null
	BEFORE=$(snapshot h)
	before_each() { known || attach a -p 8080:80; }
	check() {
		if known; then
			whole "$(ip4_of a)"
			return
		fi
		as_before
		wait_until 30 nothing_inside
	}
	every_crash 2 sendmsg pwrite64 unlink -- netctl detach a
}

@test "networks are made and removed as a whole" {
	BEFORE=$(snapshot h)
	there() { netctl network ls -q --filter name=n1 | grep -q .; }
	check() {
		if there; then
			in_host h ip link show n1br >/dev/null
			in_host h nft list set inet netd bridges | grep -q n1br
			netctl network rm n1
		fi
		as_before
	}
	undo_all() { netctl network rm n1; }
	every_crash 2 sendmsg pwrite64 fdatasync -- netctl network create -o bridge=n1br --subnet 10.40.0.0/24 n1
	before_each() { there || netctl network create -o bridge=n1br --subnet 10.40.0.0/24 n1; }
	undo_all() { :; }
	every_crash 2 sendmsg pwrite64 -- netctl network rm n1
}

@test "a connect and a disconnect that are broken off leave the container on the network, or not at all" {
	netctl network create -o bridge=n1br --subnet 10.40.0.0/24 n1
	attach a
	BEFORE=$(snapshot h) INSIDE=$(inside)
	on_n1() { netctl inspect a | jq -e '.[0].NetworkSettings.Networks | has("n1")' >/dev/null; }
	check() {
		whole "$(ip4_of a bridge)"
		if on_n1; then
			matches "$(inside)" "$(ip4_of a n1)"
			netctl network disconnect n1 a
		fi
		as_before
		wait_until 30 is_inside_as_before
	}
	is_inside_as_before() { [[ $(inside) == "$INSIDE" ]]; }
	undo_all() { netctl network disconnect n1 a; }
	every_crash 3 sendmsg pwrite64 -- netctl network connect n1 a
	before_each() { on_n1 || netctl network connect n1 a; }
	check() {
		whole "$(ip4_of a bridge)"
		on_n1 || as_before
	}
	undo_all() { :; }
	every_crash 3 sendmsg pwrite64 -- netctl network disconnect n1 a
}

@test "ports are added and removed as a whole" {
	attach a
	serve a 80 81
	BEFORE=$(snapshot h)
	n_ports() { netctl port ls a | grep -c 908; }
	check() {
		if [[ $(n_ports) -gt 0 ]]; then
			equals "$(n_ports)" 4
			get_out "http://$(host_addr h):9080/" >/dev/null
			get_out "http://$(host_addr h):9081/" >/dev/null
			netctl port rm a 9080:80 9081:81
		fi
		as_before
	}
	undo_all() { netctl port rm a 9080:80 9081:81; }
	every_crash 2 sendmsg pwrite64 -- netctl port add a 9080:80 9081:81
}

# ---- what else a start may find ----

no_ports() { ! links_of h | grep -q '^nd'; }

@test "containers whose addresses are outside of a changed bip are taken down with all they had, and it is said" {
	netctl network create n1
	attach a --network bridge --network n1
	attach b --network n1
	host_stop h KILL
	echo '{ "bip": "10.44.0.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	matches "$(grep 'container a is taken down' "$T/h/netd.log")" 'network bridge: address 172\.17\.0\.2 is not in 10\.44\.0\.0/24'
	equals "$(netctl ps --format '{{.Names}}')" b
	# Of a's two links none is left, nor is b's touched.
	equals "$(links_of h | grep -c '^nd')" 1
	wait_until 30 nothing_inside
	attach a --network bridge --network n1
	equals "$(ip4_of a bridge)" 10.44.0.2
	equals "$(ask a b)" "$(ip4_of b)"
}

@test "a run directory that was removed leaves no ports on the bridges, no address to two, and no resolver" {
	local orphan
	attach a -p 8080:80
	orphan=$(resolver_pid h)
	host_stop h KILL
	rm -rf "$T/h/run"
	mkdir "$T/h/run"
	host_start h
	no_ports
	wait_until 30 gone "$orphan"
	wait_until 30 grep -q 'a container that nothing is known of' "$T/h/netd.log"
	attach a -p 8080:80
	whole "$(ip4_of a)"
}

@test "a link that was made again without its addresses has them after the next start" {
	netctl network create --ipv6 n
	attach a --network bridge --network n
	attach b
	local routes
	routes=$(in_c a ip route show default)
	host_stop h KILL
	in_c a ip addr flush dev eth0
	in_c a ip link set eth0 down
	in_c a ip -6 addr flush dev eth1 scope global # one address of the two is enough: the container's own doing
	in_c b ip route replace default via 172.17.0.99
	host_start h
	equals "$(inside)" "lo eth0 $(ip4_of a bridge) eth1 $(ip4_of a n)"
	equals "$(in_c a ip route show default)" "$routes"
	equals "$(ask a b)" "$(ip4_of b)"
	in_c a ping -c1 -W10 -q "$(ip4_of b)"
	matches "$(in_c b ip route show default)" 172.17.0.99
}

@test "a network after none gives names, and a restart keeps them" {
	attach a --network none
	netctl network disconnect none a
	netctl network connect bridge a
	equals "$(ask a a)" "$(ip4_of a)"
	host_restart h KILL
	whole "$(ip4_of a)"
}

@test "a resolver that hangs is replaced while netd runs" {
	attach a
	local hung
	hung=$(resolver_pid h)
	kill -STOP "$hung"
	# More than its channel holds.
	netctl port add a 20000-20999:20000-20999
	wait_until 30 gone "$hung"
	wait_until 30 answered
	netctl port rm a 20000-20999:20000-20999
	equals "$(ask a a)" "$(ip4_of a)"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
answered() { [[ $(quick a a) == "$(ip4_of a)" ]]; }

@test "a port is free for the next container as soon as the last is detached" {
	local path status n
	attach a -p 8080:80
	path=$(container_path a)
	for n in $(seq 60); do # in one connection: nothing comes between the two
		status=$(curl -sS --unix-socket "$(host_sock h)" -X DELETE http://netd/netd/v1/containers/a --next \
			-sS --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -o /dev/null -w '%{http_code}' \
			-d "{\"Name\": \"a\", \"NetnsPath\": \"$path\", \"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}" \
			http://netd/netd/v1/containers)
		equals "$status" 201
	done
}
