#!/usr/bin/env bats
# netavark.bats - netavark's protocol: every command and error, called as Podman calls it
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

setup() { setup_default; }

# id NAME: 64 hexadecimal digits of its own
id() { sha256sum <<<"$1" | cut -c1-64; }

# request NAME ADDRESS [JSON]: a request for network blue, with more merged in
request() {
	jq -cn --arg id "$(id "$1")" --arg name "$1" --arg ip "$2" --argjson more "${3:-"{}"}" '{
		container_id: $id, container_name: $name, port_mappings: null,
		networks: {blue: {static_ips: [$ip], aliases: [$id[0:12]], interface_name: "eth0"}},
		network_info: {blue: {name: "blue", id: ("b" * 64), driver: "bridge", network_interface: "podman1",
			created: "2026-01-01T00:00:00Z", subnets: [{subnet: "10.50.0.0/24", gateway: "10.50.0.1"}],
			ipv6_enabled: false, internal: false, dns_enabled: true, ipam_options: {driver: "host-local"}}}
	} * $more'
}

# netavark VERB NAME REQUEST: a namespace is made on first use
netavark() {
	[[ $1 != setup || -e $(container_path "$2") ]] || container_ns "$2" >/dev/null
	run_netavark --config /run/containers/networks --rootless=false --aardvark-binary=/x "$1" "$(container_path "$2")" <<<"$3"
}
run_netavark() { in_host h env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netavark" "$@"; }

# netavark_fails PATTERN COMMAND…: exit status not 0, {"error": text} and nothing else on stdout
netavark_fails() {
	local pattern=$1 out status=0
	shift
	out=$("$@") || status=$?
	if [[ $status -eq 0 ]]; then
		echo "went through: $* -> $out"
		return 1
	fi
	equals "$(jq -c keys <<<"$out")" '["error"]' && matches "$(jq -r .error <<<"$out")" "$pattern"
}
mac_inside() { in_c "$1" ip -j link show "$2" | jq -r '.[0].address'; } # CONTAINER INTERFACE
networks_for_podman() { netctl network ls -q --filter label=io.netd.podman; }

@test "setup wires the container and says what Podman wants to read; teardown leaves nothing" {
	local before out
	before=$(snapshot h)
	out=$(netavark setup a "$(request a 10.50.0.7)")
	equals "$(jq -c keys <<<"$out")" '["blue"]'
	equals "$(jq -c .blue.dns_server_ips <<<"$out")" '["127.0.0.11"]'
	equals "$(jq -c .blue.dns_search_domains <<<"$out")" '["dns.podman"]'
	equals "$(jq -c .blue.interfaces.eth0.subnets <<<"$out")" '[{"ipnet":"10.50.0.7/24","gateway":"10.50.0.1"}]'
	equals "$(mac_inside a eth0)" "$(jq -r .blue.interfaces.eth0.mac_address <<<"$out")"
	equals "$(netctl inspect a | jq -r '.[0].Id')" "$(id a)"
	equals "$(netctl network inspect blue | jq -r '.[0].Id')" "$(printf 'b%.0s' {1..64})"
	matches "$(links_of h)" '^podman1$'
	equals "$(netavark teardown a "$(request a 10.50.0.7)")" ""
	comes_back_to "$before" snapshot h
}

@test "networks as an array, several of them, IPv6, aliases, a MAC and a hostname" {
	local more='{"container_hostname": "till", "networks": [
		{"name": "blue", "static_ips": ["10.50.0.7"], "interface_name": "eth0", "aliases": ["shop"]},
		{"name": "six", "static_ips": ["fd00:50::7"], "interface_name": "eth1", "static_mac": "02:11:22:33:44:55"}],
		"network_info": {"six": {"name": "six", "subnets": [{"subnet": "fd00:50::/64", "gateway": "fd00:50::1"}],
			"ipv6_enabled": true, "dns_enabled": false}}}'
	local out
	out=$(netavark setup a "$(request a 10.50.0.7 "$more")")
	equals "$(jq -c '.six.interfaces.eth1.subnets' <<<"$out")" '[{"ipnet":"fd00:50::7/64","gateway":"fd00:50::1"}]'
	equals "$(jq -c '.six.dns_server_ips' <<<"$out")" '[]'
	equals "$(mac_inside a eth1)" 02:11:22:33:44:55
	netavark setup b "$(request b 10.50.0.8)" >/dev/null
	equals "$(ask b shop)" 10.50.0.7
	equals "$(ask b till)" 10.50.0.7
	equals "$(ask b a.dns.podman)" 10.50.0.7
	netavark teardown a "$(request a 10.50.0.7 "$more")"
	equals "$(netctl network ls -q --filter name=six)" ""
	netavark teardown b "$(request b 10.50.0.8)"
	equals "$(networks_for_podman)" ""
	settled h
}

@test "setup may be repeated; teardown may come twice, late, without a network namespace, or never" {
	local request
	request=$(request a 10.50.0.7)
	netavark setup a "$request" >"$T/first"
	netavark setup a "$request" >"$T/second"
	diff "$T/first" "$T/second"
	netavark teardown a "$request"
	netavark teardown a "$request"
	netavark setup a "$request" >/dev/null
	ip netns del "$P-c-a"
	wait_until 30 no_containers h
	netavark teardown a "$request"
	equals "$(networks_for_podman)" ""
	# The same container, started anew in another namespace: its teardown was lost.
	netavark setup a "$request" >/dev/null
	container_ns b >/dev/null
	netavark setup b "$request" >/dev/null
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.SandboxKey')" "$(container_path b)"
	refused in_c a ip addr show eth0
	netavark teardown b "$request"
	settled h
}

@test "a network whose containers went while netd was not there, or with a reboot, goes when netd starts" {
	netctl network create kept >/dev/null
	netavark setup a "$(request a 10.50.0.7)" >/dev/null
	host_restart h KILL
	netctl network inspect blue >/dev/null
	host_stop h KILL
	ip netns del "$P-c-a"
	host_start h
	equals "$(networks_for_podman)" ""
	lacks "$(links_of h)" '^podman1$'
	netavark setup a "$(request a 10.50.0.7)" >/dev/null
	host_reboot h
	equals "$(networks_for_podman)" ""
	lacks "$(links_of h)" '^podman1$'
	netctl network inspect kept >/dev/null
}

@test "one more network for a running container, and off it again" {
	local more='{"networks": {"red": {"static_ips": ["10.51.0.7"], "interface_name": "eth1"}},
		"network_info": {"red": {"name": "red", "subnets": [{"subnet": "10.51.0.0/24", "gateway": "10.51.0.1"}], "dns_enabled": true}}}'
	local red out
	netavark setup a "$(request a 10.50.0.7)" >/dev/null
	red=$(request a 10.50.0.7 "$more" | jq -c 'del(.networks.blue)')
	out=$(netavark setup a "$red")
	equals "$(jq -c keys <<<"$out")" '["red"]'
	in_c a ip addr show eth1 | grep -q 10.51.0.7/24
	netavark teardown a "$red"
	refused in_c a ip addr show eth1
	in_c a ip addr show eth0 | grep -q 10.50.0.7/24
	netavark teardown a "$(request a 10.50.0.7)"
	settled h
	equals "$(networks_for_podman)" ""
}

@test "ports: ranges, protocols, host addresses; Podman can bind what it asked for" {
	local more='{"port_mappings": [
		{"host_ip": "", "container_port": 80, "host_port": 8080, "range": 2, "protocol": "tcp"},
		{"host_ip": "127.0.0.1", "container_port": 53, "host_port": 5353, "range": 1, "protocol": "udp"}]}'
	bind() { in_host h "$PYTHON" -c 'import socket, sys
socket.socket(socket.AF_INET, int(sys.argv[1])).bind((sys.argv[2], int(sys.argv[3])))' "$@"; }
	netavark setup a "$(request a 10.50.0.7 "$more")" >/dev/null
	serve a 80 81 53/udp
	bind 1 0.0.0.0 8080
	bind 1 0.0.0.0 8081
	bind 2 127.0.0.1 5353
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	matches "$(get_out "http://$(host_addr h):8081/")" '^a from'
	matches "$(get_out "http://[$(host_addr6 h)]:8081/")" '^a from'
	matches "$(udp in_host h 127.0.0.1 5353)" '^a from'
	netavark_fails '8081/tcp.*\ba\b' netavark setup b \
		"$(request b 10.50.0.8 '{"port_mappings": [{"container_port": 80, "host_port": 8081, "protocol": "tcp"}]}')"
	netavark teardown a "$(request a 10.50.0.7 "$more")"
	refused get_out "http://$(host_addr h):8080/"
	settled h
}

@test "an address, a name or a network namespace that is somebody's is refused in a sentence with the holder" {
	netavark setup a "$(request a 10.50.0.7)" >/dev/null
	netavark_fails '^network blue: Address already in use: "a" has 10.50.0.7$' netavark setup b "$(request b 10.50.0.7)"
	attach other --network blue
	netavark_fails "\"other\" has $(ip4_of other)" netavark setup b "$(request b "$(ip4_of other)")"
	netavark_fails 'the name other is in use by container other' netavark setup b "$(request other 10.50.0.9)"
	ip netns del "$P-c-b"
	netavark_fails 'network namespace /run/netns/none does not exist' run_netavark setup /run/netns/none <<<"$(request b 10.50.0.9)"
	netctl detach other
	netavark teardown a "$(request a 10.50.0.7)"
	settled h
}

@test "a network of the same name that differs is refused; what Podman removed and made anew is replaced" {
	local other='{"networks": {"blue": {"static_ips": ["10.51.0.7"]}},
		"network_info": {"blue": {"subnets": [{"subnet": "10.51.0.0/24", "gateway": "10.51.0.1"}]}}}'
	netctl network create --subnet 10.50.0.0/16 blue >/dev/null
	netavark_fails '^network blue is 10.50.0.0/16 in netd and 10.50.0.0/24 in Podman: ' netavark setup a "$(request a 10.50.0.7)"
	netavark_fails '^network blue is not the same in netd' netavark setup a "$(request a 10.50.0.7)" ||
		netavark_fails '^network blue is 10.50.0.0/16 in netd' netavark setup a "$(request a 10.50.0.7)"
	settled h
	netctl network rm blue >/dev/null
	# Left behind: the last one on it was another runtime's.
	netavark setup a "$(request a 10.50.0.7)" >/dev/null
	attach other --network blue
	netavark teardown a "$(request a 10.50.0.7)"
	netctl network inspect blue >/dev/null
	netavark_fails '^network blue is 10.50.0.0/24 in netd and 10.51.0.0/24 in Podman' netavark setup a "$(request a 10.51.0.7 "$other")"
	netctl detach other
	netavark setup a "$(request a 10.51.0.7 "$other")" >/dev/null
	equals "$(netctl network inspect blue | jq -r '.[0].IPAM.Config[0].Subnet')" 10.51.0.0/24
	netavark teardown a "$(request a 10.51.0.7 "$other")"
	settled h
}

@test "what netd does not do, and what cannot be understood" {
	local request
	request=$(request a 10.50.0.7)
	info() { jq -c --argjson more "$1" '.network_info.blue *= $more' <<<"$request"; }
	netavark_fails '^network blue: driver macvlan: netd wires bridge networks only' netavark setup a "$(info '{"driver": "macvlan"}')"
	netavark_fails '^network blue: driver ipvlan: ' netavark setup a "$(info '{"driver": "ipvlan"}')"
	netavark_fails '^network blue: IPAM driver dhcp: ' netavark setup a "$(info '{"ipam_options": {"driver": "dhcp"}}')"
	netavark_fails '^network blue: option vrf = x: ' netavark setup a "$(info '{"options": {"vrf": "x"}}')"
	netavark_fails '^network blue: option mode = unmanaged ' netavark setup a "$(info '{"options": {"mode": "unmanaged"}}')"
	netavark_fails '^container_id must be ' netavark setup a '{}'
	netavark_fails '^invalid JSON: ' netavark setup a '{'
	netavark_fails '^unknown command "fly"$' run_netavark fly
	netavark_fails '^dhcp-proxy: ' run_netavark dhcp-proxy
	netavark_fails '^netd serves rootful Podman: ' env -u NETD_HOST "$NETD_BUILD/netavark" --rootless=true setup /run/netns/x <<<"$request"
	netavark_fails '^opening /none: No such file' run_netavark -f /none setup /run/netns/x
	netavark_fails 'cannot reach netd at unix:///none' env NETD_HOST=unix:///none "$NETD_BUILD/netavark" setup /run/netns/x <<<"$request"
	equals "$(networks_for_podman)" ""
	settled h
}

# rootless UID [VARIABLE=VALUE…]: the helper as that user's Podman calls it, in user, network and mount namespaces of its own
rootless() {
	local uid=$1
	shift
	in_host h setpriv --reuid "$uid" --regid "$uid" --clear-groups unshare --user --map-root-user --net --mount env -u NETD_HOST "$@" \
		/srv/netavark --config /run/user/networks --rootless=true --aardvark-binary=/x setup /proc/self/ns/net
}

@test "rootless Podman: a sentence, and nothing of it comes to netd" {
	local sentence='^netd serves rootful Podman: rootless Podman has a network namespace of its own, which the system.s netd is not in'
	in_host h mount -t tmpfs none /srv
	in_host h cp "$NETD_BUILD/netavark" /srv/netavark
	chmod 755 "$T" "${BATS_RUN_TMPDIR:-$T}"
	request a 10.50.0.7 >"$T/request"
	netavark_fails "$sentence" rootless 65534 <"$T/request"
	netavark_fails "$sentence" rootless 0 <"$T/request"
	netavark_fails "$sentence" rootless 0 NETD_HOST= <"$T/request"
	# Who insists finds the socket closed to users.
	netavark_fails '^cannot reach netd at .*: Permission denied' rootless 65534 "NETD_HOST=unix://$(host_sock h)" <"$T/request"
	lacks "$(cat "$T/h/netd.log")" event=
	equals "$(networks_for_podman)" ""
	settled h
}

@test "version, --version, -f, update, create, firewalld-reload" {
	matches "$(run_netavark --version)" '^netavark [0-9]+\.[0-9]+\.[0-9]+$'
	equals "netavark $(run_netavark version | jq -r .version)" "$(run_netavark --version)"
	equals "$(run_netavark version | jq -c keys)" '["build_time","commit","default_fw_driver","target","version"]'
	request a 10.50.0.7 >"$T/request"
	container_ns a >/dev/null
	run_netavark -f "$T/request" setup "$(container_path a)" | jq -e .blue >/dev/null
	equals "$(run_netavark update blue --network-dns-servers 192.0.2.1 2>&1)" ""
	equals "$(run_netavark update nowhere --network-dns-servers 192.0.2.1 2>&1)" ""
	in_host h nft list table inet netd >/dev/null
	run_netavark firewalld-reload
	# Podman 6: the subnet of a network of netd's is not given out again.
	equals "$(run_netavark create <<<'{"network": {"name": "n"}, "used": {}, "options":
		{"subnet_pools": [{"base": "10.50.0.0/16", "size": 24}], "default_interface_name": "podman"}}' |
		jq -c '[.network_interface, .subnets[0].subnet, .driver]')" '["podman0","10.50.1.0/24","bridge"]'
	run_netavark -f "$T/request" teardown "$(container_path a)"
	settled h
}

@test "fifty at once, on one network" {
	local i before pids=()
	before=$(snapshot h)
	for i in $(seq 50); do container_ns "c$i" >/dev/null; done
	for i in $(seq 50); do
		netavark setup "c$i" "$(request "c$i" "10.50.0.$((i + 1))" \
			"{\"port_mappings\": [{\"container_port\": 80, \"host_port\": $((8000 + i)), \"protocol\": \"tcp\"}]}")" >"$T/out.$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equals "$(netctl ps -q | wc -l)" 50
	in_c c1 ping -c 1 -W 30 -q 10.50.0.51 >/dev/null
	pids=()
	for i in $(seq 50); do
		netavark teardown "c$i" "$(request "c$i" "10.50.0.$((i + 1))")" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	comes_back_to "$before" snapshot h
}

# on NETWORK NUMBER IFNAME [JSON of the network [JSON of the endpoint]]: a network 10.NUMBER.0.0/24 for requests_on
on() {
	local info=${4:-"{}"} endpoint=${5:-"{}"}
	jq -cn --arg name "$1" --arg n "$2" --arg ifname "$3" --argjson info "$info" --argjson endpoint "$endpoint" '{
		networks: {($name): ({static_ips: ["10.\($n).0.7"], interface_name: $ifname} * $endpoint)},
		network_info: {($name): ({name: $name, driver: "bridge", network_interface: "podman\($n)", internal: false, dns_enabled: true,
			subnets: [{subnet: "10.\($n).0.0/24", gateway: "10.\($n).0.1"}], ipam_options: {driver: "host-local"}} * $info)}}'
}
request_on() { # NAME NETWORK…: as on prints them
	printf '%s\n' "${@:2}" | jq -cs --arg id "$(id "$1")" --arg name "$1" \
		'reduce .[] as $on ({container_id: $id, container_name: $name, port_mappings: null}; . * $on)'
}
routes_in() { in_c "$1" ip route show "${@:2}" | sed 's/ *$//'; }

@test "the default route is the first interface's; metrics are the routes'" {
	local request
	request=$(request_on a "$(on na 50 eth1)" "$(on nb 51 eth0)" "$(on nc 52 eth10)")
	netavark setup a "$request"
	equals "$(routes_in a default)" "default via 10.51.0.1 dev eth0 proto static"
	netavark teardown a "$request"
	request=$(request_on b "$(on na 50 eth0)" "$(on nb 51 eth1 '{"options": {"metric": "50"}}')" \
		"$(on nc 52 eth2 '{}' '{"options": {"metric": "4000"}}')")
	netavark setup b "$request"
	equals "$(routes_in b default)" "default via 10.51.0.1 dev eth1 proto static metric 50
default via 10.50.0.1 dev eth0 proto static metric 100
default via 10.52.0.1 dev eth2 proto static metric 4000"
	host_restart h KILL
	in_c b ip link del eth1 # netd makes it again, with all it has
	wait_until 30 has_routes b 3
	# The network with the least metric goes: the others' routes are there already.
	netctl network disconnect nb b
	equals "$(routes_in b default)" "default via 10.50.0.1 dev eth0 proto static metric 100
default via 10.52.0.1 dev eth2 proto static metric 4000"
	netavark teardown b "$request"
	settled h
}
has_routes() { [[ $(routes_in "$1" default | wc -l) -eq $2 ]]; }

@test "static routes; no default route on the only network; aliases nobody can ask for" {
	local request
	request=$(request_on a "$(on na 50 eth0 '{"options": {"no_default_route": "true"}, "routes": [
		{"destination": "10.9.0.0/16", "gateway": "10.50.0.9"}, {"destination": "10.8.0.0/16", "gateway": "10.50.0.8", "metric": 5},
		{"destination": "10.7.0.0/16", "route_type": "blackhole"}]}' '{"aliases": ["a b", "a,b", "shop"]}')")
	netavark setup a "$request"
	equals "$(routes_in a)" "blackhole 10.7.0.0/16 proto static metric 100
10.8.0.0/16 via 10.50.0.8 dev eth0 proto static metric 5
10.9.0.0/16 via 10.50.0.9 dev eth0 proto static metric 100
10.50.0.0/24 dev eth0 proto kernel scope link src 10.50.0.7"
	attach b --network na
	equals "$(ask b shop)" 10.50.0.7
	# With another network that has one
	request=$(request_on c "$(on na 50 eth0 '{"options": {"no_default_route": "true"}}' '{"static_ips": ["10.50.0.8"]}')" "$(on nb 51 eth1)")
	netavark setup c "$request"
	equals "$(routes_in c default)" "default via 10.51.0.1 dev eth1 proto static"
	netctl network disconnect nb c
	equals "$(routes_in c default)" ""
	netavark_fails 'network nd: "10.9.0.0/16 via fd00::1 metric 100" is no route' netavark setup d \
		"$(request_on d "$(on nd 53 eth0 '{"routes": [{"destination": "10.9.0.0/16", "gateway": "fd00::1"}]}')")"
	netavark_fails 'cannot set the route to 10.9.0.0/16 on interface eth0: ' netavark setup d \
		"$(request_on d "$(on nd 53 eth0 '{"routes": [{"destination": "10.9.0.0/16", "gateway": "10.99.0.1"}]}')")"
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "a b c"
}

@test "update: containers that run ask a network's other servers from then on, unless they have their own" {
	upstream 192.0.2.53
	upstream 192.0.2.54
	netavark setup a "$(request_on a "$(on na 50 eth0)" "$(on nb 51 eth1 '{"network_dns_servers": ["192.0.2.54"]}')")"
	netavark setup own "$(jq -c '.dns_servers = ["192.0.2.54"]' <<<"$(request_on own "$(on na 50 eth0 '{}' '{"static_ips": ["10.50.0.8"]}')")")"
	ask a one.example
	equals "$(upstream_saw one 192.0.2.53)" 0
	run_netavark update na --network-dns-servers 192.0.2.53
	equals "$(netctl inspect a | jq -c '.[0].HostConfig.Dns')" '["192.0.2.53","192.0.2.54"]'
	equals "$(netctl network inspect na nb | jq -c '[.[].Dns]')" '[["192.0.2.53"],["192.0.2.54"]]'
	ask a two.example
	ask own three.example
	host_restart h KILL
	ask a four.example
	matches "$(upstream_saw two 192.0.2.53)" '^[1-9]'
	equals "$(upstream_saw three 192.0.2.53)" 0
	matches "$(upstream_saw four 192.0.2.53)" '^[1-9]'
	# a server that netd would refuse for a network is its containers' alone
	netavark setup odd "$(request_on odd "$(on nc 52 eth0 '{"network_dns_servers": ["fe80::1", "127.0.0.11", "192.0.2.54"]}')")"
	equals "$(netctl network inspect nc | jq -c '.[].Dns')" '["192.0.2.54"]'
	run_netavark update nc --network-dns-servers 127.0.0.11,fe80::1,192.0.2.53
	equals "$(netctl network inspect nc | jq -c '.[].Dns')" '["192.0.2.53"]'
	equals "$(netctl inspect odd | jq -c '.[0].HostConfig.Dns')" '["127.0.0.11","fe80::1","192.0.2.53"]'
	run_netavark update na --network-dns-servers ""
	ask a five.example
	equals "$(upstream_saw five 192.0.2.53)" 0
	matches "$(upstream_saw five 192.0.2.54)" '^[1-9]'
	host_stop h
	matches "$(run_netavark update na --network-dns-servers 192.0.2.53 2>&1)" 'keep their name servers: cannot reach netd'
}

@test "host_interface_name is the name of the host's end, again after each start" {
	local request i
	request=$(request_on a "$(on na 50 eth0 '{}' '{"options": {"host_interface_name": "web0"}}')")
	for i in 1 2 3; do
		netavark setup a "$request"
		equals "$(in_host h ip -j link show web0 | jq -r '.[0].ifindex')" "$(in_c a ip -j link show eth0 | jq -r '.[0].link_index')"
		netavark_fails 'there is a link named web0 already' netavark setup b \
			"$(request_on b "$(on na 50 eth0 '{}' '{"static_ips": ["10.50.0.8"], "options": {"host_interface_name": "web0"}}')")"
		host_restart h KILL
		netavark teardown a "$request"
	done
	settled h
	lacks "$(links_of h)" '^web0$'
	netavark_fails 'invalid interface name: a/b' netavark setup b \
		"$(request_on b "$(on na 50 eth0 '{}' '{"options": {"host_interface_name": "a/b"}}')")"
}

@test "outbound_addr4 and outbound_addr6 are what containers leave with, and a network of that name has to say so, too" {
	local options='"options": {"outbound_addr4": "192.0.2.77", "outbound_addr6": "2001:DB8:0::77"}' request
	in_host h ip addr add 192.0.2.77/24 dev up0
	in_host h ip addr add 2001:db8::77/64 dev up0 nodad
	serve_in in_out out 9000
	# leaves N [INFO]: a request for a container of that name on na with the last number N
	leaves() {
		local both='"subnets": [{"subnet": "10.50.0.0/24", "gateway": "10.50.0.1"}, {"subnet": "fd50::/64", "gateway": "fd50::1"}]'
		request_on "c$1" "$(on na 50 eth0 "{$both, \"ipv6_enabled\": true${2:+, $2}}" "{\"static_ips\": [\"10.50.0.$1\", \"fd50::$1\"]}")"
	}
	netavark setup c7 "$(leaves 7 "$options")"
	equals "$(get_from c7 http://192.0.2.1:9000/)" "out from 192.0.2.77"
	equals "$(get_from c7 'http://[2001:db8::1]:9000/')" "out from 2001:db8::77"
	# one that asks for another address, and one that does not care
	netavark_fails '^network na: containers leave with 192.0.2.77 in netd and with 192.0.2.10 in Podman .option outbound_addr4.' \
		netavark setup c8 "$(leaves 8 '"options": {"outbound_addr4": "192.0.2.10"}')"
	netavark setup c9 "$(leaves 9)"
	equals "$(get_from c9 http://192.0.2.1:9000/)" "out from 192.0.2.77"
	netavark teardown c9 "$(leaves 9)"
	netavark teardown c7 "$(leaves 7 "$options")"
	settled h
	# a family that the network lacks has none, and neither has one that nothing leaves
	request=$(request_on a "$(on na 50 eth0 "{$options}")" "$(on nb 51 eth1 "{$options, \"internal\": true}")")
	netavark setup a "$request"
	equals "$(get_from a http://192.0.2.1:9000/)" "out from 192.0.2.77"
	equals "$(netctl network inspect na nb | jq -c '[.[].Options | keys[] | select(test("host_ipv"))]')" '["com.docker.network.host_ipv4"]'
	netavark teardown a "$request"
	# a network of netd's own, by its short name for the option
	netctl network create --subnet 10.50.0.0/24 -o snat-ip=192.0.2.77 na
	netavark setup a "$(request_on a "$(on na 50 eth0 '{"options": {"outbound_addr4": "192.0.2.77"}}')")"
	netavark_fails 'leave with the address of the way out in netd and' netavark setup b \
		"$(request_on b "$(netctl network create --subnet 10.51.0.0/24 nb >/dev/null && on nb 51 eth0 '{"options": {"outbound_addr4": "192.0.2.77"}}')")"
}

@test "IPAM driver none: an interface without addresses, for whoever gives it some inside" {
	local out name
	bare() { request_on "$1" "$(on na 50 eth0 '{"subnets": null, "dns_enabled": false, "ipam_options": {"driver": "none"}}' '{"static_ips": null}')"; }
	out=$(netavark setup a "$(bare a)")
	netavark setup b "$(bare b)"
	equals "$(jq -c .na.interfaces.eth0.subnets <<<"$out")" '[]'
	equals "$(jq -c .na.dns_server_ips <<<"$out")" '[]'
	equals "$(jq -r .na.interfaces.eth0.mac_address <<<"$out")" "$(mac_inside a eth0)"
	equals "$(in_c a ip -o addr show dev eth0)" ""
	equals "$(netctl network inspect na | jq -c '.[0] | [.EnableIPv4, .EnableIPv6, .IPAM.Driver, .IPAM.Config]')" '[false,false,"null",[]]'
	in_c a ip addr add 10.99.0.1/24 dev eth0
	in_c b ip addr add 10.99.0.2/24 dev eth0
	in_c a ping -c1 -W30 -q 10.99.0.2
	# what it has is its own affair; and a restart gives it none
	in_c b ip addr flush dev eth0
	host_restart h KILL
	lacks "$(cat "$T/h/netd.log")" 'has no address'
	equals "$(in_c b ip -o addr show dev eth0)" ""
	equals "$(netctl network inspect na | jq -c '.[0].IPAM.Driver')" '"null"'
	netavark_fails 'network na has no IPv4 subnet for 10.50.0.7' netavark setup c "$(bare c | jq -c '.networks.na.static_ips = ["10.50.0.7"]')"
	netavark_fails '^network na is without IPv4 in netd and 10.50.0.0/24 in Podman' netavark setup c "$(request_on c "$(on na 50 eth0)")"
	for name in a b; do netavark teardown $name "$(bare $name)"; done
	settled h
	# only for who says so
	equals "$(api_status POST /networks/create '{"Name": "n", "EnableIPv4": false}')" 400
	equals "$(api_status POST /networks/create '{"Name": "n", "EnableIPv4": false, "IPAM": {"Driver": "default"}}')" 400
}
