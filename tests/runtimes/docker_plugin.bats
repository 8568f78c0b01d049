#!/usr/bin/env bats
# docker_plugin.bats - netd-docker called as Docker calls it, by who is patient, hostile, or does not answer itself
# SPDX-License-Identifier: GPL-2.0-or-later

load ../system/lib

N=01b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa
E1=a1b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa

setup() {
	setup_default
	plugin_start "unix://$T/no-engine.sock"
}
teardown() {
	local status=$?
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || {
		echo "--- netd-docker:"
		tail -40 "$T/plugin.log"
	}
	plugin_end KILL
	kill -CONT "${NETD_PID[h]}" 2>/dev/null || true
	[[ -z ${ENGINE:-} ]] || kill "$ENGINE" 2>/dev/null || true
	teardown_default
	return "$status"
}

plugin_start() { # ENGINE
	spawn_to "$T/plugin.log" in_host h "$NETD_BUILD/netd-docker" --host "unix://$(host_sock h)" --engine "$1" \
		--plugin-dir "$T/plugins" --log-level debug
	PLUGIN=$SPAWNED
	wait_until 30 call Plugin.Activate
}
plugin_end() { # SIGNAL
	kill -"$1" "$PLUGIN" 2>/dev/null || true
	wait "$PLUGIN" 2>/dev/null || true
}

# call METHOD [BODY]: the answer
call() {
	curl -sS -m 120 --unix-socket "$T/plugins/netd.sock" -H 'Content-Type: application/json' -d "${2-}" "http://d/$1"
}
make_network() {
	equals "$(call IpamDriver.RequestPool '{"AddressSpace":"netd","Pool":"10.90.0.0/16"}' | jq -r .Pool)" 10.90.0.0/16
	equals "$(call NetworkDriver.CreateNetwork "{\"NetworkID\":\"$N\",\"IPv4Data\":[{\"Pool\":\"10.90.0.0/16\",\"Gateway\":\"10.90.0.1/16\"}]}")" '{}'
}
create_endpoint() { # ENDPOINT ADDRESS
	call NetworkDriver.CreateEndpoint "{\"NetworkID\":\"$N\",\"EndpointID\":\"$1\",\"Interface\":{\"Address\":\"$2/16\"}}"
}
join() { # ENDPOINT SANDBOX
	call NetworkDriver.Join "{\"NetworkID\":\"$N\",\"EndpointID\":\"$1\",\"SandboxKey\":\"$2\",\"Options\":{}}"
}
delete_endpoint() { call NetworkDriver.DeleteEndpoint "{\"NetworkID\":\"$N\",\"EndpointID\":\"$1\"}"; }

@test "an endpoint is made, joined and deleted, and each may come twice" {
	local before
	make_network
	before=$(snapshot h)
	matches "$(create_endpoint $E1 10.90.0.7)" '"MacAddress": ?"02:42:0a:5a:00:07"'
	equals "$(join $E1 "$T/sandbox" | jq -r '.InterfaceName.SrcName, .Gateway')" $'ndpa1b15b8ac28\n10.90.0.1'
	links_of h | grep -qx ndpa1b15b8ac28
	matches "$(join $E1 "$T/sandbox")" 'start the container again'
	equals "$(call NetworkDriver.Leave "{\"NetworkID\":\"$N\",\"EndpointID\":\"$E1\"}")" '{}'
	equals "$(delete_endpoint $E1)" '{}'
	equals "$(delete_endpoint $E1)" '{}'
	comes_back_to "$before" snapshot h
	equals "$(call NetworkDriver.DeleteNetwork "{\"NetworkID\":\"$N\"}")" '{}'
	equals "$(call NetworkDriver.DeleteNetwork "{\"NetworkID\":\"$N\"}")" '{}'
}

# What is known not to answer is not waited for again by each of those behind.
@test "a netd that hangs is given up, and nobody waits behind it for long" {
	local pids=() i
	make_network
	kill -STOP "${NETD_PID[h]}"
	for i in $(seq 20); do
		call IpamDriver.RequestAddress '{"PoolID":"10.90.0.0/16"}' >"$T/answer$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done # curl gives up after two minutes; one after the other they would take five
	equals "$(grep -l '"Error"' "$T"/answer* | wc -l)" 20
	grep -q 'did not answer a moment ago' "$T"/answer*
	matches "$(call NetworkDriver.GetCapabilities)" local
	kill -CONT "${NETD_PID[h]}"
	wait_until 60 gives_address
}
gives_address() { call IpamDriver.RequestAddress '{"PoolID":"10.90.0.0/16"}' | grep -q '"Address": *"10.90'; }

@test "an engine that takes questions and does not answer keeps no container from starting" {
	plugin_end TERM
	spawn socat "UNIX-LISTEN:$T/engine.sock,fork" EXEC:'sleep 1000'
	ENGINE=$SPAWNED
	wait_until 30 test -S "$T/engine.sock"
	plugin_start "unix://$T/engine.sock"
	make_network
	create_endpoint $E1 10.90.0.7 >/dev/null
	SECONDS=0
	matches "$(join $E1 "$T/sandbox")" ndpa1b15b8ac28
	((SECONDS < 30)) # the engine is given less
	equals "$(netctl ps --format '{{.Names}}')" "docker-${E1:0:12}"
	equals "$(delete_endpoint $E1)" '{}'
}

@test "hostile requests get an error, half ones nothing, and the others their answer" {
	local body i pids=()
	for body in '' '{' '[]' 'null' '{"NetworkID":7}' "{\"NetworkID\":\"../../x\"}" "{\"NetworkID\":\"${N^^}\"}" \
		"$(printf '[%.0s' $(seq 5000))" "{\"NetworkID\":\"$N\",\"IPv4Data\":[{\"Pool\":\"10.0.0.0/99\"}]}" \
		"{\"NetworkID\":\"$N\",\"IPv4Data\":[{\"Pool\":\"10.1.0.0/16\"},{\"Pool\":\"10.2.0.0/16\"}]}" $'{"NetworkID":"\xff\xfe"}'; do
		matches "$(call NetworkDriver.CreateNetwork "$body")" '"Err"'
		matches "$(call IpamDriver.RequestAddress "$body")" '"Error"'
	done
	head -c 3000000 /dev/zero | tr '\0' ' ' >"$T/long"
	matches "$(curl -sS -m 30 --unix-socket "$T/plugins/netd.sock" --data-binary "@$T/long" http://d/NetworkDriver.Join)" '"Err"'
	equals "$(curl -sS -o "$T/out" -w '%{http_code}' --unix-socket "$T/plugins/netd.sock" -d '{}' http://d/NetworkDriver.AllocateNetwork)" 404
	equals "$(curl -sS -o "$T/out" -w '%{http_code}' --unix-socket "$T/plugins/netd.sock" http://d/Plugin.Activate)" 404
	printf 'GARBAGE\0\0\r\n\r\n' | socat -t 1 - "UNIX-CONNECT:$T/plugins/netd.sock" >"$T/out"
	# Twenty that stop in the middle of a request, and a hundred that want something all the while
	for i in $(seq 20); do
		spawn sh -c "{ printf 'POST /Plugin.Activate HTTP/1.1\r\nHost: d\r\nContent-Length: 10\r\n\r\n{'; sleep 600; } |
			socat -t 600 - UNIX-CONNECT:'$T/plugins/netd.sock'"
		pids+=("$SPAWNED")
	done
	make_network
	seq 100 | xargs -P 100 -I{} curl -sS -m 60 --unix-socket "$T/plugins/netd.sock" -d '{"PoolID":"10.90.0.0/16"}' \
		-w '\n' http://d/IpamDriver.RequestAddress >"$T/addresses"
	equals "$(grep -o '10\.90\.[0-9.]*' "$T/addresses" | sort -u | wc -l)" 100
	kill "${pids[@]}"
}

@test "it ends when told to, leaves what runs, and takes its place again after a kill" {
	make_network
	create_endpoint $E1 10.90.0.7 >/dev/null
	join $E1 "$T/sandbox" >/dev/null
	fails_with 1 'another plugin listens' in_host h "$NETD_BUILD/netd-docker" --plugin-dir "$T/plugins"
	call Plugin.Activate >/dev/null # it is still the first one's
	kill -TERM "$PLUGIN"
	wait "$PLUGIN" # status 0
	[[ ! -e $T/plugins/netd.sock ]]
	equals "$(netctl ps -q | wc -l)" 1
	plugin_start "unix://$T/no-engine.sock"
	plugin_end KILL
	[[ -S $T/plugins/netd.sock ]]
	wait_until 30 follower_gone
	plugin_start "unix://$T/no-engine.sock"
	equals "$(delete_endpoint $E1)" '{}'
	equals "$(netctl ps -q | wc -l)" 0
}
follower_gone() { # the process that follows Docker's events ends with the other one
	local pid
	for pid in $(pids_in "$P-h"); do
		[[ $(readlink "/proc/$pid/exe") != "$NETD_BUILD/netd-docker" ]] || return 1
	done
}
