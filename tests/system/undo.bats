#!/usr/bin/env bats
# undo.bats - attach is all or nothing: what fails leaves links, rules, files and databases as they were
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# must_fail PATTERN ATTACH-ARGUMENT…: refused with a sentence, and the host is as before
must_fail() {
	local pattern=$1 before
	shift
	before=$(snapshot h)
	fails_with 1 "$pattern" netctl attach "$@"
	# links are swept a moment after the answer
	comes_back_to "$before" snapshot h
}

@test "a namespace that is not there, or is none, undoes all" {
	must_fail "$T/nowhere" a --netns "$T/nowhere" -p 8080:80
	echo hello >"$T/file"
	must_fail "$T/file" a --netns "$T/file" -p 8080:80
	must_fail "/proc/$$/ns/mnt" a --netns "/proc/$$/ns/mnt"
	must_fail '4194000|process' a --pid 4194000
}

@test "a name that is taken undoes all" {
	attach a
	container_ns b >/dev/null
	must_fail '\ba\b' a --netns "$(container_path b)" -p 8080:80
	equals "$(ip -n "$P-c-b" -j link | jq length)" 1
}

@test "a network that is not there undoes all, even as the last of three" {
	netctl network create n1
	netctl network create n2
	container_ns a >/dev/null
	must_fail 'nosuch' a --netns "$(container_path a)" --network n1 --network n2 --network nosuch -p 8080:80
	equals "$(ip -n "$P-c-a" -j link | jq length)" 1
}

@test "a port that is taken undoes all" {
	attach a -p 8080:80
	container_ns b >/dev/null
	must_fail '8080.*\ba\b|\ba\b.*8080' b --netns "$(container_path b)" -p 9000:90 -p 8080:80
	serve_in 'in_host h' host 9001
	must_fail '9001.*python' b --netns "$(container_path b)" -p 9002:90 -p 9001:80
	equals "$(ip -n "$P-c-b" -j link | jq length)" 1
	refused get_host h http://127.0.0.1:9000/
}

@test "an address that is taken undoes all" {
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n:ip=10.31.0.7
	container_ns b >/dev/null
	must_fail '10\.31\.0\.7' b --netns "$(container_path b)" --network bridge --network n:ip=10.31.0.7 -p 9000:90
}

@test "an interface name that is taken inside undoes all" {
	netctl network create n
	container_ns a >/dev/null
	ip -n "$P-c-a" link add eth1 type bridge
	must_fail 'eth1' a --netns "$(container_path a)" --network bridge --network n -p 9000:90
	equals "$(ip -n "$P-c-a" -j link | jq -r '.[].ifname' | sort | xargs)" "eth1 lo"
}

@test "a bridge with 1,023 ports is full: the message says so and all is undone" {
	netctl network create --subnet 10.31.0.0/20 -o bridge=full0 n
	# Ports of someone else, made in one batch: a bridge does not care whose they are.
	# They stay down, so that pairs with both ends in the bridge are no loop.
	for i in $(seq 511); do
		echo "link add x$i master full0 type veth peer name y$i"
		echo "link set y$i master full0"
	done | in_host h ip -batch -
	in_host h ip link add last master full0 type veth peer name lost
	container_ns a >/dev/null
	must_fail '1,?023' a --netns "$(container_path a)" --network bridge --network n -p 9000:90
	equals "$(ip -n "$P-c-a" -j link | jq length)" 1
}

@test "a name or option that makes no sense is refused before anything is touched" {
	container_ns a >/dev/null
	must_fail 'name|invalid' 'bad name' --netns "$(container_path a)"
	must_fail 'name|invalid' '../up' --netns "$(container_path a)"
	must_fail '' "$(printf 'x%.0s' {1..300})" --netns "$(container_path a)"
	local before
	before=$(snapshot h)
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$(container_path a)\",
		\"Networks\": {\"bridge\": {\"MacAddress\": \"02:00\"}}}")" 400
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$(container_path a)\",
		\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"70000\"}]}}")" 400
	same_snapshot "$before" "$(snapshot h)"
}
