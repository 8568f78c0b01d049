#!/usr/bin/env bats
# docker_engine.bats - Docker Engine with netd for its network and IPAM driver
# SPDX-License-Identifier: GPL-2.0-or-later

load ../system/lib
load docker

setup() {
	docker_or_skip
	setup_default
	docker_world
}
teardown() {
	local status=$?
	docker_teardown
	teardown_default
	return "$status"
}

mynet() { # [OPTION…]
	dk network create -d netd --ipam-driver netd --subnet 10.90.0.0/16 "$@" mynet >/dev/null
	wait_until 30 netctl network inspect mynet
}

@test "two containers find and reach each other, and the outside" {
	mynet --label colour=red
	run_web web --network mynet --network-alias shop --hostname till
	run c1 --network mynet
	equals "$(name_in c1 web)" "$(address_of web mynet)"
	wait_until 30 has_name_in c1 shop
	equals "$(name_in c1 shop)" "$(address_of web mynet)"
	equals "$(name_in c1 till)" "$(address_of web mynet)"
	equals "$(name_in c1 web.mynet)" "$(address_of web mynet)"
	equals "$(name_in c1 "$(dk inspect -f '{{printf "%.12s" .Id}}' web)")" "$(address_of web mynet)"
	equals "$(fetch_in c1 http://web/)" web
	inside c1 ping -c 1 -W 30 192.0.2.1
	upstream
	equals "$(name_in c1 www.example.com)" 203.0.113.7
	equals "$(dk network inspect -f '{{.Driver}} {{.IPAM.Driver}} {{.Labels.colour}}' mynet)" "netd netd red"
	equals "$(dk network inspect mynet | jq -r '.[0].Containers[].Name' | sort | paste -sd' ')" "c1 web"
	equals "$(dk inspect -f '{{(index .NetworkSettings.Networks "mynet").MacAddress}}' web)" "$(mac_of web)"
}

@test "an address that was asked for, and one that is taken" {
	mynet --ip-range 10.90.7.0/30 --gateway 10.90.0.9 --aux-address router=10.90.7.1
	run c1 --network mynet --ip 10.90.200.7
	equals "$(address_of c1 mynet)" 10.90.200.7
	inside c1 ip -o -4 addr show eth0 | grep -q '10.90.200.7/16'
	inside c1 ip route | grep -q 'default via 10.90.0.9 '
	run c2 --network mynet
	matches "$(address_of c2 mynet)" '^10\.90\.7\.[023]$'
	fails_with 125 'in use.*c1|c1.*in use' dk run -d --name c3 --network mynet --ip 10.90.200.7 bb:latest sleep 9
	fails_with 1 'overlap' dk network create -d netd --ipam-driver netd --subnet 10.90.3.0/24 other
}

@test "published ports are reached from a neighbour, and a port that is taken says by whom" {
	mynet
	run_web web --network mynet -p 8080:80 -p 127.0.0.1:8081:80
	equals "$(get_out "http://$(host_addr h):8080/")" web
	equals "$(get_host h "http://127.0.0.1:8080/")" web
	equals "$(get_host h "http://127.0.0.1:8081/")" web
	refused get_out "http://$(host_addr h):8081/"
	fails_with 125 '8080' dk run -d --name w2 --network mynet -p 8080:80 bb:latest sleep 9
	netctl port ls web | grep -q 8080
	dk stop -t 0 web >/dev/null
	refused get_out "http://$(host_addr h):8080/"
	dk start web >/dev/null
	wait_until 30 get_out "http://$(host_addr h):8080/"
}

@test "an internal network has no way out" {
	mynet --internal
	run_web web --network mynet -p 8080:80
	run c1 --network mynet
	equals "$(fetch_in c1 http://web/)" web
	refused inside c1 ping -c 1 -W 1 192.0.2.1
	refused get_out "http://$(host_addr h):8080/"
}

@test "a network without a subnet of its own, of both families, comes and goes" {
	dk network create -d netd --ipam-driver netd --ipv6 --subnet 2001:db8:90::/64 two >/dev/null
	run_web web --network two
	run c1 --network two
	equals "$(fetch_in c1 "http://$(address_of web two)/")" web
	inside c1 ping -6 -c 1 -W 30 "$(dk inspect -f '{{(index .NetworkSettings.Networks "two").GlobalIPv6Address}}' web)"
	equals "$(inside c1 nslookup -type=aaaa web 127.0.0.11 | grep -c '2001:db8:90:')" 1
	dk rm -f web c1 >/dev/null
	dk network rm two >/dev/null
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "connect and disconnect" {
	mynet
	dk network create -d netd --ipam-driver netd --subnet 10.91.0.0/16 other >/dev/null
	run_web web --network mynet
	run c1 --network other
	has_no_name_in c1 web
	dk network connect --alias shop other web
	wait_until 30 has_name_in c1 shop
	equals "$(name_in c1 web)" "$(address_of web other)"
	equals "$(fetch_in c1 http://shop/)" web
	dk network disconnect mynet web
	equals "$(fetch_in c1 http://web/)" web
	dk network disconnect other web
	has_no_name_in c1 web
	dk network connect mynet web
	equals "$(fetch_in web http://127.0.0.1/)" web
	inside web ip -4 addr | grep -q ' 10.90.'
}

# device_of CONTAINER ADDRESS: the interface that has it
device_of() { inside "$1" ip -o -4 addr show | awk -v a="$2" 'index($4, a "/") == 1 { print $2 }'; }
default_of() { inside "$1" ip route | awk '/^default/ { print $5 }'; }

@test "networks of netd's and of Docker's own at once, in either order" {
	mynet
	dk network create --subnet 10.95.0.0/24 theirs >/dev/null
	run_web web --network mynet
	run_web own --network theirs
	run c1 --network mynet
	run c2 --network theirs
	# netd's first, and Docker's first; the default bridge beside them
	equals "$(device_of c1 "$(address_of c1 mynet)")" eth0
	dk network connect theirs c1
	dk network connect bridge c1
	dk network connect mynet c2
	for name in c1 c2; do
		equals "$(fetch_in "$name" http://web/)" web
		equals "$(fetch_in "$name" "http://$(address_of own theirs)/")" own
		equals "$(inside "$name" ip route | grep -c ^default)" 1
		inside "$name" ip route | grep -q '^default via .* dev eth[0-9]*'
		inside "$name" ping -c 1 -W 30 192.0.2.1
	done
	equals "$(fetch_in web http://web/)" web
	equals "$(name_in web c2)" "$(address_of c2 mynet)"
	# One leaves, and the default route goes to who is left.
	dk network disconnect bridge c1
	dk network disconnect theirs c1
	equals "$(default_of c1)" "$(device_of c1 "$(address_of c1 mynet)")"
	equals "$(fetch_in c1 http://web/)" web
	dk network disconnect mynet c2
	equals "$(default_of c2)" "$(device_of c2 "$(address_of c2 theirs)")"
	equals "$(fetch_in c2 "http://$(address_of own theirs)/")" own
	dk network connect mynet c2
	equals "$(fetch_in c2 http://web/)" web
	equals "$(dk stats --no-stream --format '{{.Name}}' | sort | paste -sd' ')" "c1 c2 own web"
	# restarted with both
	dk restart -t 0 c2 >/dev/null
	equals "$(fetch_in c2 http://web/)" web
	equals "$(fetch_in c2 "http://$(address_of own theirs)/")" own
	dk rm -f c1 c2 web own >/dev/null
	settled_docker
}

@test "names of Docker's own networks are found by who is on netd's, too, and by nobody else" {
	mynet
	dk network create --subnet 10.95.0.0/24 theirs >/dev/null
	run_web own --network theirs --network-alias shop --ip 10.95.0.77
	run web --network mynet
	run c1 --network mynet
	dk network connect theirs c1
	wait_until 30 has_name_in c1 shop
	equals "$(name_in c1 own)" 10.95.0.77
	equals "$(fetch_in c1 http://shop/)" own
	equals "$(name_in c1 web)" "$(address_of web mynet)"
	has_no_name_in web own
	# who comes later, is called something else, or goes
	run later --network theirs
	wait_until 30 has_name_in c1 later
	equals "$(name_in c1 later)" "$(address_of later theirs)"
	dk rename later other
	wait_until 30 has_name_in c1 other
	has_no_name_in c1 later
	dk rm -f other >/dev/null
	wait_until 30 has_no_name_in c1 other
	plugin_stop KILL
	plugin_start
	host_stop h KILL
	host_start h
	equals "$(name_in c1 shop)" 10.95.0.77
	dk network disconnect theirs c1
	wait_until 30 has_no_name_in c1 own
}

@test "several networks given to run, and the default route by their priority" {
	mynet
	dk network create --subnet 10.95.0.0/24 theirs >/dev/null
	run_web web --network mynet
	if ! docker_is_new; then # takes one network at a time, and leaves nothing of the attempt
		fails_with 125 'network' dk run -d --name c1 --network mynet --network theirs bb:latest sleep 9
		equals "$(netctl ps --format '{{.Names}}')" web
		return
	fi
	run c1 --network mynet --network theirs
	run c2 --network name=theirs,gw-priority=1 --network name=mynet,gw-priority=2
	run c3 --network name=mynet,gw-priority=1 --network name=theirs,gw-priority=2
	for name in c1 c2 c3; do
		equals "$(fetch_in "$name" http://web/)" web
		inside "$name" ping -c 1 -W 30 10.95.0.1
		inside "$name" ip link show eth0
		inside "$name" ip link show eth1
	done
	equals "$(default_of c2)" "$(device_of c2 "$(address_of c2 mynet)")"
	equals "$(default_of c3)" "$(device_of c3 "$(address_of c3 theirs)")"
}

@test "what run asks for is what the container has, and has again after a restart" {
	local again
	mynet --ipv6 --subnet 2001:db8:90::/64
	upstream
	upstream 192.0.2.53
	run_web web --network mynet --ip 10.90.0.77 --ip6 2001:db8:90::77 --mac-address 02:00:5e:00:53:07 \
		--hostname till --network-alias shop --dns 192.0.2.53 --label colour=red -p 8080:80
	run c1 --network mynet --link web:store
	run c2 --network mynet
	for again in "" restart "stop start"; do
		for again in $again; do
			dk "$again" $([[ $again == start ]] || echo "-t 0") web >/dev/null
		done
		equals "$(inside web cat /sys/class/net/eth0/address)" 02:00:5e:00:53:07
		equals "$(mac_of web)" 02:00:5e:00:53:07
		equals "$(address_of web mynet)" 10.90.0.77
		inside web ip -o -4 addr show eth0 | grep -q 10.90.0.77/16
		inside web ip -o -6 addr show eth0 | grep -q 2001:db8:90::77/64
		equals "$(inside web hostname)" till
		for name in web shop till; do
			wait_until 30 has_name_in c1 "$name"
			equals "$(name_in c1 "$name")" 10.90.0.77
		done
		inside c1 nslookup -type=aaaa shop 127.0.0.11 | grep -q 2001:db8:90::77
		wait_until 30 has_name_in c1 store
		equals "$(name_in c1 store)" 10.90.0.77
		has_no_name_in c2 store
		wait_until 30 asks_own_server web
		wait_until 30 fetch_in c1 http://shop/
		inside c1 ping -6 -c 1 -W 30 2001:db8:90::77
		equals "$(get_out "http://$(host_addr h):8080/")" web
		equals "$(dk inspect -f '{{.Config.Labels.colour}}' web)" red
	done
	equals "$(upstream_saw own.example.com 192.0.2.1)" 0
	equals "$(name_in c1 www.example.com)" 203.0.113.7
	equals "$(upstream_saw www.example.com 192.0.2.53)" 0
}
asks_own_server() { # each time by a name that nobody has asked for
	local name=n$RANDOM$RANDOM.own.example.com
	[[ -n $(name_in "$1" "$name") && $(upstream_saw "$name" 192.0.2.53) -gt 0 ]]
}

@test "ports in ranges, on one address of the host, and those an image exposes" {
	local port
	mynet
	run_web web --network mynet -p 9000-9002:80 -p "$(host_addr h):9010:80" -p 127.0.0.1:9020-9021:80-81 -p '[::1]:9030:80' \
		--expose 82 -P
	port=$(netctl port ls web | grep -oE ':900[0-2]\b' | sort -u)
	equals "$(get_out "http://$(host_addr h)$port/")" web
	equals "$(get_out "http://$(host_addr h):9010/")" web
	refused get_host h http://127.0.0.1:9010/
	equals "$(get_host h http://127.0.0.1:9020/)" web
	refused get_out "http://$(host_addr h):9020/"
	equals "$(get_host h 'http://[::1]:9030/')" web
	netctl port ls web | grep -q '82/tcp'
	# The next container gets another one of the range.
	run_web w2 --network mynet -p 9000-9001:80
	equals "$(netctl port ls w2 | grep -cE ":${port#:}\b")" 0
	dk rm -f web w2 >/dev/null
	settled_docker
}

# Docker publishes where it has the container's default route: it may go to its own network and come back.
@test "published ports go with the default route, from netd's network to Docker's own and back, and survive a start" {
	local i
	mynet
	# A name behind mynet's: 20.10 takes the first by name, and 28 the first that was connected.
	dk network create --subnet 10.95.0.0/24 aaa >/dev/null
	dk network create -d netd --ipam-driver netd --subnet 10.91.0.0/16 zzz >/dev/null
	run_web web --network mynet -p 8080:80 -p 127.0.0.1:8081:80
	publishes_web
	equals "$(netctl port ls web | wc -l)" 4
	for i in aaa bridge zzz; do
		dk network connect "$i" web
		publishes_web
	done
	dk restart -t 0 web >/dev/null
	publishes_web
	dk network disconnect aaa web
	publishes_web
	dk network disconnect bridge web
	publishes_web
	equals "$(netctl port ls web | wc -l)" 4
	dk network disconnect mynet web
	publishes_web
	dk network connect bridge web
	dk network disconnect zzz web
	publishes_web
	equals "$(netctl port ls | wc -l)" 1
	dk rm -f web >/dev/null
	settled_docker
	# The port is Docker's own container's: netd's is refused, and nothing is left of it.
	run own -p 8080:80
	fails_with 125 '8080' dk run -d --name c1 --network mynet -p 8080:80 bb:latest sleep 9
	dk rm -f own c1 >/dev/null
	settled_docker
}
publishes_web() {
	wait_until 30 get_out "http://$(host_addr h):8080/"
	equals "$(get_out "http://$(host_addr h):8080/")" web
	wait_until 30 get_host h http://127.0.0.1:8081/
}

@test "networks nobody uses are pruned, and one that netd has lost says so" {
	mynet
	dk network create -d netd --ipam-driver netd --subnet 10.91.0.0/16 unused >/dev/null
	wait_until 30 netctl network inspect unused
	run c1 --network mynet
	matches "$(dk network prune -f)" unused
	fails_with 1 'not found|No such' netctl network inspect unused
	netctl network inspect mynet >/dev/null
	dk rm -f c1 >/dev/null
	netctl network rm mynet >/dev/null
	fails_with 125 'netd has no network.*10.90.0.0/16' dk run -d --name c2 --network mynet bb:latest sleep 9
	dk rm -f c2 >/dev/null
	dk network rm mynet >/dev/null
	mynet
	run c2 --network mynet
}

@test "a new name is the name" {
	mynet
	run web --network mynet
	run c1 --network mynet
	dk rename web shop
	wait_until 30 has_name_in c1 shop
	has_no_name_in c1 web
	netctl inspect shop >/dev/null
}

@test "containers of Docker and others find each other" {
	mynet
	run_web web --network mynet
	attach plain --network mynet
	serve plain 8000
	equals "$(ask plain web)" "$(address_of web mynet)"
	equals "$(get_from plain http://"$(ask plain web)"/)" web
	equals "$(name_in web plain)" "$(ip4_of plain)"
	matches "$(fetch_in web http://plain:8000/)" '^plain from '
	fails_with 125 'plain' dk run -d --name plain --network mynet bb:latest sleep 9
}

@test "netd, its plugin and Docker may be restarted in any order" {
	mynet
	run_web web --network mynet -p 8080:80
	run c1 --network mynet
	for what in "plugin_stop KILL:plugin_start" "host_stop h KILL:host_start h" "plugin_stop:plugin_start"; do
		${what%%:*}
		equals "$(fetch_in c1 http://web/)" web
		${what##*:}
		equals "$(fetch_in c1 http://web/)" web
		equals "$(get_out "http://$(host_addr h):8080/")" web
		run c2 --network mynet
		has_name_in c2 web
		dk rm -f c2 >/dev/null
	done
	docker_stop
	wait_until 30 no_containers
	docker_start
	dk start web c1 >/dev/null
	wait_until 30 fetch_in c1 http://web/
	equals "$(get_out "http://$(host_addr h):8080/")" web
	# All three, and Docker first: it looks for a plugin that comes later.
	plugin_stop
	host_stop h
	docker_stop KILL
	DOCKER_LATER=1 docker_start
	sleep 1
	host_start h
	plugin_start
	docker_ready
	dk start web c1 >/dev/null
	wait_until 30 fetch_in c1 http://web/
	equals "$(name_in c1 web)" "$(address_of web mynet)"
}
no_containers() { [[ $(netctl ps -q | wc -l) -eq 0 ]]; }

# What Docker starts by itself, and asks netd for before anybody may ask Docker.
is_named() { # CONTAINER: as in Docker, by its name and by its id
	equals "$(netctl inspect "$1" -f '{{.Id}}')" "$(dk inspect -f '{{.Id}}' "$1")" &&
		equals "$(netctl inspect "$(dk inspect -f '{{.Id}}' "$1")" -f '{{.Name}}')" "/$1"
}
all_is_well() {
	local name
	for name in web other c1; do
		wait_until 30 is_named "$name"
	done
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "c1 other web"
	wait_until 30 fetch_in c1 http://web/
	wait_until 30 has_name_in c1 shop
	equals "$(name_in c1 web.mynet)" "$(address_of web mynet)"
	equals "$(name_in c1 "$(dk inspect -f '{{.Id}}' web | cut -c1-12)")" "$(address_of web mynet)"
	equals "$(get_out "http://$(host_addr h):8080/")" web
	lacks "$(ls "$T/h/run/containers")" "^($(grep -o 'name=docker-[^ ]* id=[0-9a-f]*' "$T/h/netd.log" | sed 's/.*id=//' | paste -sd '|'))"
}

@test "containers that Docker starts again by itself have their names, after its restart and after the machine's" {
	mynet
	run_web web --restart always --stop-signal KILL --network mynet --network-alias shop -p 8080:80
	run other --restart always --stop-signal KILL --network mynet
	run c1 --restart always --stop-signal KILL --network mynet
	docker_stop
	wait_until 30 no_containers
	docker_start
	all_is_well
	matches "$(cat "$T/h/netd.log")" 'event=attach name=docker-' # Docker told no name in time
	host_restart h KILL
	all_is_well
	docker_reboot
	all_is_well
	dk rm -f web other c1 >/dev/null
	settled_docker
}

# all METHOD PATH…: requests to the engine, all at once; the different answers, each once
all() {
	local method=$1
	shift
	printf '%s\n' "$@" | xargs -P 100 -I{} curl -sS -m 300 --unix-socket "$T/h.d/d.sock" -X "$method" \
		-w '%{http_code}\n' 'http://d/{}' 2>&1 | sort | uniq
}
per_container() { seq -f "containers/p%g$1" 50; }

@test "fifty start and stop at once, and nothing is left" {
	local i before
	mynet
	before=$(snapshot h)
	for i in $(seq 50); do
		dk create --name "p$i" --network mynet bb:latest sleep 100000 >/dev/null
	done
	equals "$(all POST $(per_container /start))" 204
	equals "$(netctl ps -q | wc -l)" 50
	equals "$(netctl ps --format '{{.Addresses}}' | sort -u | wc -l)" 50
	for i in $(seq 50); do # an engine that is busy names a container a little later
		wait_until 30 has_name_in p1 "p$i"
	done
	equals "$(all POST $(per_container '/stop?t=0'))" 204
	settled_docker
	equals "$(all DELETE $(per_container))" 204
	comes_back_to "$before" snapshot h
	recounted dk network rm mynet
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "a start that fails leaves nothing, and an engine that dies leaves nothing for long" {
	local before
	mynet
	before=$(snapshot h)
	fails_with 127 'no-such' dk run --name c1 --network mynet -p 8080:80 bb:latest no-such-program
	dk rm -f c1 >/dev/null
	wait_until 30 no_containers
	run c1 --network mynet -p 8080:80
	kill -9 "$(pid_of c1)"
	wait_until 30 no_containers
	comes_back_to "$before" snapshot h
}
