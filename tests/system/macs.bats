#!/usr/bin/env bats
# macs.bats - MAC addresses: nobody's twice on a network
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

M=02:11:22:33:44:55

with_mac() { # NAME MAC: prints body and status
	[[ -e $(container_path "$1") ]] || container_ns "$1" >/dev/null
	api POST /netd/v1/containers "$(jq -nc --arg name "$1" --arg path "$(container_path "$1")" --arg mac "$2" \
		'{Name: $name, NetnsPath: $path, Networks: [{Name: "n", MacAddress: $mac}]}')"
}

@test "a MAC that somebody has on the network is refused, and who has it is said" {
	netctl network create n
	netctl network create other
	matches "$(with_mac a $M)" '201$'
	run with_mac b $M
	matches "$output" '409$'
	matches "$output" "MAC address $M is container a's on network n already: choose another, or leave it out"
	matches "$output" '"address-in-use"'
	equals "$(netctl ps -q 2>/dev/null | wc -l)" 1
	# where the address is taken, too, that is what is said: Docker makes the one of the other
	equals "$(api_status POST /netd/v1/containers "$(jq -nc --arg path "$(container_path b)" --arg mac $M --arg ip "$(ip4_of a)" \
		'{Name: "b", NetnsPath: $path, Networks: [{Name: "n", MacAddress: $mac, IPAMConfig: {IPv4Address: $ip}}]}')")" 403
	# in other letters it is the same; on another network it is nobody's
	matches "$(with_mac b 02:11:22:33:44:55)" '409$'
	attach b --network other
	fails_with 1 "MAC address $M is container a's on network n already" netctl network connect --mac-address $M n b
	netctl network connect n b
	netctl detach a
	netctl network disconnect n b
	netctl network connect --mac-address $M n b
	equals "$(mac_of b n)" $M
	# asked again, it is the same container
	netctl detach b
	matches "$(with_mac a $M)" '201$'
	matches "$(with_mac a $M)" '200$'
	# and of one that is gone, and not yet noticed, it is free
	umount -l "$(container_path a)"
	rm "$(container_path a)"
	matches "$(with_mac c $M)" '201$'
}

@test "the bridge's own MAC, one of a group and one of nobody are refused" {
	netctl network create n
	local bridge=$(netctl network inspect n | jq -r '.[0].Options."com.docker.network.bridge.name" // empty')
	[[ -n $bridge ]] || bridge=br-$(netctl network inspect n | jq -r '.[0].Id[:12]')
	run with_mac a "$(in_host h cat "/sys/class/net/$bridge/address" 2>/dev/null || ip -n "$P-h" -j link show "$bridge" | jq -r '.[0].address')"
	matches "$output" '409$'
	matches "$output" "is that of bridge $bridge, network n's gateway: choose another"
	for mac in 01:00:5e:00:00:01 33:33:00:00:00:01 ff:ff:ff:ff:ff:ff 00:00:00:00:00:00; do
		run with_mac a $mac
		matches "$output" '400$'
		matches "$output" 'invalid MAC address'
	done
}

@test "a container whose own MAC somebody has asked for gets another" {
	netctl network create n
	attach a --network n
	local own=$(mac_of a)
	netctl detach a
	matches "$(with_mac thief "$own")" '201$'
	attach a --network n
	[[ $(mac_of a) != "$own" ]]
	local second=$(mac_of a)
	netctl detach a
	attach a --network n
	equals "$(mac_of a)" "$second"
}
