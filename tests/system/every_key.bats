#!/usr/bin/env bats
# every_key.bats - each key of the API's bodies and each option: done, or refused by its name
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A row is KEY… | what is added to a good body | where it shows | what is added to a bad one | the words of the refusal.
# The keys of the rows are compared with those that netd's decoders ask for: one without a row fails.
load lib

SOURCE=$LIB/../../netd
ID=$(printf '%064d' 7)
NET='{"Name":"k","EnableIPv6":true,"IPAM":{"Config":[{"Subnet":"10.44.0.0/24"},{"Subnet":"2001:db8:44::/64"}]}}'
BRIDGE=br-000000000000

merged() { jq -cn "$1 * $2"; }
on_network() { # MORE: k with a container on it that has a port published
	local made
	made=$(api POST /networks/create "$(merged "$NET" "{\"Id\":\"$ID\"} * $1")")
	[[ ${made##*$'\n'} == 201 ]] || {
		echo "with $1: $made"
		return 1
	}
	attach c --network k:mac=02:00:00:00:00:07 -p 8080:80
}
off_network() {
	netctl detach c
	equals "$(api_status DELETE /networks/k)" 204
}
# Of the host and of the container, what an option of either can change; nothing in it is drawn by lot.
picture() {
	in_host h nft -s list table inet netd
	in_host h nft list tables
	in_host h ip -br link | awk '{ print $1 }' | grep -v '^veth\|^nd'
	in_host h ip -br addr | grep -o '^[^ ]*\|10\.44[^ ]*\|2001:db8:44[^ ]*' | grep -v '^veth\|^nd'
	in_host h tc qdisc show | grep -o ' tbf .*' | sed 's/dev [^ ]*//'
	in_c c ip -d -o link | grep -o ': [^:@]*[@:]\|mtu [0-9]*\|num[tr]xqueues [0-9]*'
	in_c c ip -br addr | grep -o '10\.44[^ ]*\|169\.254[^ ]*\|2001:db8:44[^ ]*'
	in_c c sh -c 'grep . /proc/sys/net/ipv4/conf/*/log_martians'
	in_c c ip route
	in_c c ip -6 route | grep -v fe80
	netctl inspect c | jq -S '.[0].NetworkSettings | .Ports, (.Networks[] | del(.IPAMConfig, .DriverOpts, .EndpointID, .DNSNames))'
}
refused() { # PATH BODY WORDS
	local got
	got=$(api POST "$1" "$2")
	matches "${got##*$'\n'}" '^(40[0349]|501)$'
	matches "$got" "$3"
}
shown() { equals "$(api_body GET /networks/k | jq -c "$1")" "$2"; }
next_is() { equals "$(api_body POST /netd/v1/networks/k/addresses '{"Holder":"x"}' | jq -r .Address)" "$1/24"; }

asked_in() { # FILE…: the keys of JSON that decoders read
	(cd "$SOURCE/model/request" && cat "$@") | tr -d '\n\t' |
		grep -oP '\b(field_\w+|decode_\w+|request_\w+)\((&?[a-z_>-]+), "\K[A-Za-z0-9]+(?=")' | sort -u
}
network_options() {
	tr -d '\n\t' <"$SOURCE/model/network/network_options.c" |
		grep -oP '\] = \{ "\K[a-z0-9_.-]+", *"[a-z0-9-]+(?=", *read_)' | sed 's/", *"/\n/'
}
endpoint_options() {
	grep -rohP '"\K(org\.netd|com\.docker\.network)\.endpoint\.[a-z-]+(?=")' "$SOURCE/model" "$SOURCE/../include/netd.h" | sort -u
}
rows() { grep -v '^$'; }
# each_has_a_row ROWS KEY…
each_has_a_row() {
	local key
	[[ $# -gt 5 ]] # the decoders were found
	for key in "${@:2}"; do
		grep -qE "^([^|]*[ ])?${key//./\\.}( [^|]*)?\|" <<<"$1" || {
			echo "no row for $key"
			return 1
		}
	done
}

NETWORK_ROWS='
Name|{}|shown .Name "\"k\""|{"Name":"a b"}|Invalid network name
Id|{}|shown .Id "\"$ID\""|{"Id":"7"}|Id must be 64 hex
Driver|{"Driver":"bridge"}|shown .Driver "\"bridge\""|{"Driver":"weave"}|driver ..weave.. not found
Scope|{"Scope":"local"}|shown .Scope "\"local\""|{"Scope":"swarm"}|not a swarm manager
Ingress|{"Ingress":false}|shown .Ingress false|{"Ingress":true}|not a swarm manager
ConfigOnly|{"ConfigOnly":false}|shown .ConfigOnly false|{"ConfigOnly":true}|configuration-only networks
ConfigFrom Network|{"ConfigFrom":{"Network":""}}|shown .ConfigFrom.Network "\"\""|{"ConfigFrom":{"Network":"x"}}|configuration-only networks
EnableIPv4|{"EnableIPv4":true}|next_is 10.44.0.2|{"EnableIPv4":false}|IPv4 is not enabled
EnableIPv6|{"EnableIPv6":false}|equals "$(in_host h ip -o -6 addr show dev $BRIDGE scope global)" ""|{"EnableIPv6":"no"}|EnableIPv6 must be
IPAM Config Subnet|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24"}]}}|next_is 10.45.0.2|{"IPAM":{"Config":[{"Subnet":"10.45.0.1/24"}]}}|it should be 10.45.0.0/24
IPRange|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","IPRange":"10.45.0.64/26"}]}}|next_is 10.45.0.64|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","IPRange":"10.46.0.0/26"}]}}|10.46.0.0/26
Gateway|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","Gateway":"10.45.0.9"}]}}|matches "$(in_host h ip -o addr show dev $BRIDGE)" 10.45.0.9/24|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","Gateway":"10.46.0.9"}]}}|10.46.0.9
AuxiliaryAddresses|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","AuxiliaryAddresses":{"x":"10.45.0.2"}}]}}|next_is 10.45.0.3|{"IPAM":{"Config":[{"Subnet":"10.45.0.0/24","AuxiliaryAddresses":{"x":"10.46.0.2"}}]}}|auxiliary address x
Options|{"Options":{"com.example.note":"x"}}|shown .Options "{\"com.example.note\":\"x\"}"|{"Options":{"mtuu":"x"}}|no option ..mtuu.*did you mean
Options|{"IPAM":{"Options":{}}}|shown .IPAM.Options "{}"|{"IPAM":{"Options":{"a.b":"x"}}}|IPAM driver ..default.. has no option ..a.b
Internal|{"Internal":true}|shown .Internal true|{"Internal":1}|Internal must be
Attachable|{"Attachable":true}|shown .Attachable true|{"Attachable":1}|Attachable must be
Dns DnsAdd DnsDrop|{"Dns":["192.0.2.53","fd00::53"]}|shown .Dns "[\"192.0.2.53\",\"fd00::53\"]"|{"Dns":["0.0.0.0"]}|invalid DNS server 0.0.0.0
Labels|{"Labels":{"a":"b"}}|shown .Labels "{\"a\":\"b\"}"|{"Labels":{"a":1}}|Labels.a must be
'

@test "a network's members" {
	local key good check bad words
	each_has_a_row "$NETWORK_ROWS" $(asked_in request_network.c) Id
	while IFS='|' read -r key good check bad words <&9; do
		echo "$key"
		equals "$(api_status POST /networks/create "$(merged "$NET" "{\"Id\":\"$ID\"} * $good")")" 201
		eval "$check"
		equals "$(api_status DELETE /networks/k)" 204
		refused /networks/create "$(merged "$NET" "$bad")" "$words"
		equals "$(api_status GET /networks/k)" 404
	done 9< <(rows <<<"$NETWORK_ROWS")
}

# KEYS|how it shows|a value that changes something|one that nothing can be done with|the words
OPTION_ROWS='
com.docker.network.bridge.name bridge|differs|kbr0|a/b|interface name
com.docker.network.driver.mtu mtu|differs|1400|20|at least 68
com.docker.network.bridge.enable_icc icc|differs|false|maybe|true or false
com.docker.network.bridge.enable_ip_masquerade masquerade|differs|false|maybe|true or false
com.docker.network.bridge.host_binding_ipv4 host-ip|differs|127.0.0.1|::1|an IPv4 address
com.docker.network.bridge.host_binding_ipv6 host-ip6|differs|::1|127.0.0.1|an IPv6 address
com.docker.network.container_iface_prefix ifname-prefix|differs|lan|a/b|interface name
com.docker.network.bridge.gateway_mode_ipv4 gateway-mode|differs|routed|nonsense|nat, nat-unprotected
com.docker.network.bridge.gateway_mode_ipv6 gateway-mode6|differs|routed|nonsense|nat, nat-unprotected
com.docker.network.host_ipv4 snat-ip|differs|192.0.2.10|0.0.0.0|others can answer
com.docker.network.host_ipv6 snat-ip6|differs|2001:db8::10|::|others can answer
com.docker.network.bridge.inhibit_ipv4 inhibit-ip|differs|true|maybe|true or false
com.docker.network.bridge.trusted_host_interfaces trusted-interfaces|differs|eth0|a/b|interface names
com.docker.network.driver.overlay.vxlanid_list vni|overlay|78|77|has nothing to do
org.netd.network.queues queues|differs|3|0|at least 1
org.netd.network.sources sources|differs|10.8.0.0/24|a/b|addresses and subnets
org.netd.network.anti-spoof anti-spoof|differs|true|maybe|true or false
org.netd.network.alias-answer alias-answer|answers_one|one|two|all or one
com.docker.network.enable_ipv4|differs|-|maybe|not a valid bool
com.docker.network.enable_ipv6|differs|-|maybe|not a valid bool
com.docker.network.bridge.default_bridge|differs|-|true|no other can be
'
answers_one() { # d and e have one name
	attach d --network k:alias=both
	attach e --network k:alias=both
	equals "$(ask c both A | wc -l)" 1
	netctl detach d
	netctl detach e
}

@test "a network's options, by Docker's names and by netd's" {
	local keys key check value bad words plain
	each_has_a_row "$OPTION_ROWS" $(network_options)
	on_network '{}'
	plain=$(picture)
	off_network
	on_network '{}'
	equals "$(picture)" "$plain"
	off_network
	while IFS='|' read -r keys check value bad words <&9; do
		for key in $keys; do
			echo "$key"
			if [[ $key != "${keys%% *}" ]]; then # netd's word for the same
				refused /networks/create "$(merged "$NET" "{\"Options\":{\"$key\":\"$value\",\"${keys%% *}\":\"$bad\"}}")" \
					'are the same and must not differ'
			elif [[ $value != - && $check != overlay ]]; then # of which a host of no cluster has none
				on_network "{\"Options\":{\"$key\":\"$value\"}}"
				if [[ $check == answers_one ]]; then
					answers_one
				elif [[ $(picture) == "$plain" ]]; then
					echo "$key=$value changes nothing"
					return 1
				fi
				off_network
			fi
			refused /networks/create "$(merged "$NET" "{\"Options\":{\"$key\":\"$bad\"}}" | jq -c 'del(.EnableIPv6)')" "$words"
		done
	done 9< <(rows <<<"$OPTION_ROWS")
}

ENDPOINT_ROWS='
IPAMConfig IPv4Address|{"IPAMConfig":{"IPv4Address":"10.44.0.77"}}|{"IPAMConfig":{"IPv4Address":"::1"}}|invalid IPv4 address
IPv6Address|{"IPAMConfig":{"IPv6Address":"2001:db8:44::77"}}|{"IPAMConfig":{"IPv6Address":"10.0.0.1"}}|invalid IPv6 address
LinkLocalIPs|{"IPAMConfig":{"LinkLocalIPs":["169.254.7.7"]}}|{"IPAMConfig":{"LinkLocalIPs":["10.0.0.1"]}}|invalid link-local IP
MacAddress|{"MacAddress":"02:00:00:00:00:09"}|{"MacAddress":"x"}|invalid MAC
Aliases|{"Aliases":["web"]}|{"Aliases":["a b"]}|Aliases must hold
Links|{"Links":["c:db"]}|{"Links":[":"]}|Links must hold
DriverOpts|{"DriverOpts":{"com.docker.network.endpoint.ifname":"x0"}}|{"DriverOpts":[]}|DriverOpts must be
GwPriority|{"GwPriority":5}|{"GwPriority":"5"}|GwPriority must be
com.docker.network.endpoint.ifname|{"DriverOpts":{"com.docker.network.endpoint.ifname":"x0"}}|{"DriverOpts":{"com.docker.network.endpoint.ifname":"a/b"}}|invalid interface name
com.docker.network.endpoint.sysctls|{"DriverOpts":{"com.docker.network.endpoint.sysctls":"net.ipv4.conf.IFNAME.log_martians=1"}}|{"DriverOpts":{"com.docker.network.endpoint.sysctls":"net.ipv4.ip_forward=1"}}|unrecognised
org.netd.endpoint.handover|{"DriverOpts":{"org.netd.endpoint.handover":"hand0"}}|{"DriverOpts":{"org.netd.endpoint.handover":"a/b"}}|invalid interface name
org.netd.endpoint.host-ifname|{"DriverOpts":{"org.netd.endpoint.host-ifname":"web0"}}|{"DriverOpts":{"org.netd.endpoint.host-ifname":"a/b"}}|invalid interface name
org.netd.endpoint.metric|{"DriverOpts":{"org.netd.endpoint.metric":"200"}}|{"DriverOpts":{"org.netd.endpoint.metric":"low"}}|invalid metric
org.netd.endpoint.default-route|{"DriverOpts":{"org.netd.endpoint.default-route":"false"}}|{"DriverOpts":{"org.netd.endpoint.default-route":"no"}}|must be true or false
org.netd.endpoint.routes|{"DriverOpts":{"org.netd.endpoint.routes":"10.9.0.0/16 via 10.44.0.9"}}|{"DriverOpts":{"org.netd.endpoint.routes":"x"}}|is no route
org.netd.endpoint.alias-answer|{"DriverOpts":{"org.netd.endpoint.alias-answer":"one"}}|{"DriverOpts":{"org.netd.endpoint.alias-answer":"two"}}|must be all or one
org.netd.endpoint.another|another|{"DriverOpts":{"org.netd.endpoint.another":"yes"}}|another must be true or false
netd.bandwidth|{"DriverOpts":{"netd.bandwidth":"in=8mbit"}}|{"DriverOpts":{"netd.bandwidth":"fast"}}|netd.bandwidth: .fast. is none of in, out
org.netd.endpoint.|-|{"DriverOpts":{"org.netd.endpoint.metrics":"5"}}|no option .*metrics.*did you mean .*metric
'

@test "a connection's members and options" {
	local keys good bad words plain
	each_has_a_row "$ENDPOINT_ROWS" $(asked_in request_endpoint.c) $(endpoint_options)
	equals "$(api_status POST /networks/create "$NET")" 201
	attach c
	attach d --network k:alias=both,ip=10.44.0.50
	connected() {
		equals "$(api POST /networks/k/connect "{\"Container\":\"c\",\"EndpointConfig\":$(merged '{"MacAddress":"02:00:00:00:00:07"}' "$1")}" | tail -1)" 200
	}
	left() { equals "$(api_status POST /networks/k/disconnect '{"Container":"c"}')" 200; }
	connected '{}'
	plain=$(picture)
	left
	connected '{}'
	equals "$(picture)" "$plain"
	left
	while IFS='|' read -r keys good bad words <&9; do
		echo "$keys"
		if [[ $keys == *alias-answer ]]; then
			connected "$(merged "$good" '{"Aliases":["both"]}')"
			equals "$(ask d both A | wc -l)" 1
			left
		elif [[ $good == another ]]; then
			connected '{}'
			connected '{"MacAddress":"02:00:00:00:00:08","DriverOpts":{"org.netd.endpoint.another":"true"}}'
			equals "$(in_c c ip -o -4 addr | grep -c 10.44.)" 2
			left
			left
		elif [[ $good != - ]]; then
			connected "$good"
			[[ $(picture) != "$plain" ]] || {
				echo "$good changes nothing"
				return 1
			}
			left
		fi
		refused /networks/k/connect "{\"Container\":\"c\",\"EndpointConfig\":$bad}" "$words"
	done 9< <(rows <<<"$ENDPOINT_ROWS")
}
