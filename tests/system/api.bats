#!/usr/bin/env bats
# api.bats - the API by curl: status codes, bodies, the socket, and clients that misbehave
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

@test "ping, version, info answer with and without a version in the path" {
	for prefix in '' /v1.24 /v1.41 /v1.47; do
		equals "$(api_body GET $prefix/_ping)" OK
		equals "$(api_status GET $prefix/version)" 200
		equals "$(api_status GET $prefix/info)" 200
		equals "$(api_status GET $prefix/networks)" 200
	done
	matches "$(api_body GET /version | jq -r .ApiVersion)" '^1\.[0-9]+$'
	matches "$(curl -sSI --unix-socket "$(host_sock h)" http://netd/_ping)" '^Api-Version: 1\.'
}

@test "networks: 201, 409, 404, 403, 204 with a message each time" {
	local body
	equals "$(api_status POST /networks/create '{"Name": "n"}')" 201
	body=$(api POST /networks/create '{"Name": "n"}')
	equals "$(tail -1 <<<"$body")" 409
	matches "$(sed '$d' <<<"$body" | jq -r .message)" 'n already exists'
	equals "$(api_status GET /networks/n)" 200
	body=$(api GET /networks/nosuch)
	equals "$(tail -1 <<<"$body")" 404
	equals "$(sed '$d' <<<"$body" | jq -r .message)" 'network nosuch not found'
	equals "$(api_status DELETE /networks/nosuch)" 404
	equals "$(api_status DELETE /networks/bridge)" 403
	attach a --network n
	equals "$(api_status DELETE /networks/n)" 403
	netctl detach a
	equals "$(api_status DELETE /networks/n)" 204
}

@test "containers: attach 201, detach, 404, 409, and inspect in Docker's form" {
	local path body
	path=$(container_ns a)
	body=$(api POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$path\", \"Hostname\": \"box\",
		\"Networks\": {\"bridge\": {\"Aliases\": [\"x\"]}}, \"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}")
	equals "$(tail -1 <<<"$body")" 201
	equals "$(sed '$d' <<<"$body" | jq -r '.Name, .Config.Hostname' | xargs)" "/a box"
	equals "$(api_status GET /containers/a/json)" 200
	equals "$(api_body GET /containers/json | jq -r '.[0].Names[0]')" /a
	equals "$(api_status GET /containers/nobody/json)" 404
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"b\", \"NetnsPath\": \"$path.none\"}")" 400 ||
		matches "$(api_status POST /netd/v1/containers "{\"Name\": \"b\", \"NetnsPath\": \"$path.none\"}")" '^40[04]$'
	container_ns c >/dev/null
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"c\", \"NetnsPath\": \"$(container_path c)\",
		\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}")" 409
	matches "$(api_status DELETE /netd/v1/containers/a)" '^20[04]$'
	matches "$(api_status DELETE /netd/v1/containers/a)" '^20[04]$'
}

@test "bodies that make no sense are 400 with a sentence that names the field" {
	bad() { # PATTERN PATH BODY
		local body
		body=$(api POST "$2" "$3")
		equals "$(tail -1 <<<"$body")" 400
		matches "$(sed '$d' <<<"$body" | jq -r .message)" "$1"
	}
	bad 'JSON' /networks/create '{'
	bad 'Name|name' /networks/create '{}'
	bad 'Name' /networks/create '{"Name": 5}'
	bad 'Name|name' /networks/create '{"Name": ""}'
	bad 'Labels' /networks/create '{"Name": "x", "Labels": 3}'
	bad 'Subnet|subnet' /networks/create '{"Name": "x", "IPAM": {"Config": [{"Subnet": "banana"}]}}'
	bad 'JSON|content' /networks/create '{"Name": "x"} trailing'
	bad 'Name|name' /netd/v1/containers '{}'
	bad 'Netns|Pid' /netd/v1/containers '{"Name": "a"}'
	bad '' /netd/v1/containers '[]'
}

@test "an unknown path is 404, an unknown method 405, both with a message" {
	local body
	body=$(api GET /nosuch/path)
	equals "$(tail -1 <<<"$body")" 404
	matches "$(sed '$d' <<<"$body" | jq -r .message)" .
	matches "$(api_status PUT /networks)" '^40[45]$'
	matches "$(api_status DELETE /version)" '^40[45]$'
}

@test "the socket is 0660, root and group netd" {
	equals "$(in_host h stat -c '%a %U %G' "$(host_sock h)")" "660 root netd"
}

@test "a second netd on the same socket is refused, and a stale socket replaced" {
	fails_with 1 'another netd|listens|already' in_host h timeout 60 "$NETD_BUILD/netd" \
		--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
	answers h
	host_restart h KILL
	answers h
}

@test "events are streamed one JSON object a line, with filters" {
	curl -sN --unix-socket "$(host_sock h)" 'http://netd/events?filters=%7B%22type%22%3A%5B%22network%22%5D%7D' >"$T/events" 3>&- &
	local pid=$!
	reached() { netctl network create "probe$RANDOM" && test -s "$T/events"; }
	wait_until 30 reached
	netctl network create n
	attach a --network n
	netctl detach a
	netctl network rm n
	wait_until 30 grep -q destroy "$T/events"
	kill "$pid"
	equals "$(jq -r 'select(.Actor.Attributes.name == "n") | .Action' "$T/events" | xargs)" "create connect disconnect destroy"
	equals "$(jq -r .Type "$T/events" | sort -u)" network
}

@test "slow and broken clients do not delay others" {
	spawn "$PYTHON" -I -S "$LIB/badclients.py" "$(host_sock h)" slow 200
	wait_until 30 grep -q connected "$T/spawned.log"
	local said
	for i in 1 2 3 4 5; do
		said=$(curl -sS -m 60 --unix-socket "$(host_sock h)" -w ' %{time_total}' http://netd/_ping)
		equals "${said% *}" OK
		# a client that held the others up would do so for seconds; from the call to the answer, for programs start when they can
		awk -v took="${said#* }" 'BEGIN { exit took >= 3 }'
	done
	attach a
	netctl detach a
}

@test "garbage, half requests, a body of a megabyte, JSON a thousand deep: refused, and netd answers on" {
	local pid=${NETD_PID[h]}
	"$PYTHON" -I -S "$LIB/badclients.py" "$(host_sock h)" broken 100
	kill -0 "$pid"
	equals "$(api_body GET /_ping)" OK
	"$PYTHON" -c 'print("{\"Name\": \"" + "x" * 1100000 + "\"}")' >"$T/big"
	matches "$(curl -sS -m 60 --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/big" \
		-o /dev/null -w '%{http_code}' http://netd/networks/create)" '^413$'
	# each that was there to be told no is counted, and the log has one line for all
	local long before
	printf -v long 'x%.0s' {1..40000}
	before=$(netctl system info --format '{{.Guard.Refused.Requests.Count}}')
	for i in 1 2 3; do
		matches "$(curl -sS -m 60 --unix-socket "$(host_sock h)" -H "X: $long" -o /dev/null -w '%{http_code}' http://netd/_ping)" '^4..$'
	done
	equals "$(netctl system info --format '{{.Guard.Refused.Requests.Count}}')" $((before + 3))
	equals "$(grep -c 'API requests refused' "$T/h/netd.log")" 1
	"$PYTHON" -c 'print("{\"Name\": " + "[" * 5000 + "]" * 5000 + "}")' >"$T/deep"
	equals "$(curl -sS -m 60 --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/deep" \
		-o /dev/null -w '%{http_code}' http://netd/networks/create)" 400
	equals "$(api_body GET /_ping)" OK
	kill -0 "$pid"
}

@test "many at once are all answered" {
	seq 100 | xargs -P 20 -I{} curl -sS -m 60 --unix-socket "$(host_sock h)" -o /dev/null -w '%{http_code}\n' \
		-H 'Content-Type: application/json' -d '{"Name": "n{}"}' http://netd/networks/create >"$T/codes"
	equals "$(sort "$T/codes" | uniq -c | xargs)" "100 201"
	equals "$(api_body GET /networks | jq length)" 103
}

@test "names with odd characters travel quoted and are refused or found, never misread" {
	equals "$(api_status GET '/networks/no%20such')" 404
	equals "$(api_status GET '/networks/..%2F..%2Fetc')" 404
	equals "$(api_status POST /networks/create '{"Name": "a/b"}')" 400
	equals "$(api_status POST /networks/create '{"Name": "a\u0000b"}')" 400
	equals "$(api_status POST /networks/create '{"Name": "日本"}')" 400
}

code_of() { api "$@" | sed '$d' | jq -r .code; }

@test "an error has a code for programs beside its sentence" {
	local ns
	netctl network create --subnet 10.60.0.0/24 blue
	attach a --network blue --ip 10.60.0.7 -p 8080:80
	ns=$(container_ns b)
	attach_b() { code_of POST /netd/v1/containers "{\"Name\": \"${2:-b}\", \"NetnsPath\": \"${3:-$ns}\", \"Networks\": {$1}}"; }
	equals "$(code_of GET /networks/nope)" network-not-found
	equals "$(code_of GET /containers/nope/json)" container-not-found
	equals "$(attach_b '"nope": {}')" network-not-found
	equals "$(attach_b '"blue": {"IPAMConfig": {"IPv4Address": "10.60.0.7"}}')" address-in-use
	equals "$(attach_b '"blue": {}' a)" container-in-use
	equals "$(attach_b '"blue": {}' b /run/netns/nope)" netns-not-found
	equals "$(attach_b '"blue": {}' b "$(container_path a)")" netns-in-use
	equals "$(code_of POST /networks/create '{"Name": "blue"}')" network-exists
	equals "$(code_of POST /networks/blue/connect '{"Container": "a"}')" connected
	attach c
	equals "$(code_of POST /netd/v1/containers/c/ports '{"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}')" port-in-use
	equals "$(code_of GET /nothing/like/this)" not-found
	equals "$(code_of POST /networks/create '{"Name": 7}')" invalid
}
