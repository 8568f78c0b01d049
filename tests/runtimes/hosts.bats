#!/usr/bin/env bats
# hosts.bats - Podman, Docker, runc and crun on two hosts each, on a network that spans both
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load podman
load docker
load runc

# Two hosts of a cluster with an etcd of netd's own, which is on a, and a network.
setup() {
	USED=
	host_new a
	host_new b
	netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a
	netctl_in b cluster join --token "$(netctl_in a cluster token -q)" --name b "$(host_addr a)"
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 --ipv6 --subnet fd77::/64 blue
	wait_until 30 netctl_in b network inspect blue
}
teardown() {
	local status=$?
	for ON in b a; do
		case $USED in
		podman) PD=$T/$ON.podman podman_done ;;
		docker) docker_teardown ;;
		runc) runc_teardown ;;
		esac
	done
	teardown_default
	return "$status"
}
on() { # HOST COMMAND…: of the runtime there
	local ON=$1 PD=$T/$1.podman
	"${@:2}"
}
ip_on() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks.blue.IPAddress'; }
ip6_on() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks.blue.GlobalIPv6Address'; }
# Nothing is left on either, and all of the network's addresses differ while it is.
differ() { [[ $(printf '%s\n' "$@" | sort -u | wc -l) == "$#" ]]; }
nothing_is_left() {
	local host
	for host in a b; do settled "$host"; done
	wait_until 30 netctl_in b network rm blue
}

@test "Podman: containers of two hosts reach each other by address and by name" {
	USED=podman
	for ON in a b; do
		podman_new
		# its own choice of addresses knows nothing of other hosts
		podman network create --subnet 10.78.0.0/24 blue
		fails_with 126 'network blue spans hosts, and netd gives its addresses: make it in Podman with --ipam-driver none' \
			podman run --name no --network blue bb:latest true
		podman rm -f no
		podman network rm blue
		podman network create --ipam-driver none blue
	done
	on a web_c web --network blue --network-alias shop -p 8080:80
	on a run_c one --network blue
	on b run_c two --network blue
	on b web_c far --network blue
	differ "$(ip_on a web)" "$(ip_on a one)" "$(ip_on b two)" "$(ip_on b far)"
	equals "$(on b podman inspect far | jq -r '.[0].NetworkSettings.Networks.blue.IPAddress')" "$(ip_on b far)"
	wait_until 30 on b says two web
	equals "$(on b says two "$(ip_on a web)")" web
	equals "$(on b says two "[$(ip6_on a web)]")" web
	equals "$(on b says two shop)" web
	equals "$(on b says two web.dns.podman)" web
	equals "$(on a says one far)" far
	equals "$(get_out "http://$(host_addr a):8080/")" web
	on a podman restart -t 0 web
	on a serves web
	wait_until 30 on b says two web
	on b podman network reload far
	equals "$(on a says one far)" far
	for ON in a b; do on "$ON" podman rm -fa -t 0; done
	nothing_is_left
}

@test "Docker: containers of two hosts reach each other by address and by name, also after a restart of all" {
	docker_or_skip
	USED=docker
	for ON in a b; do
		docker_world
		fails_with 1 'network blue is 10.77.0.0/16 in netd: say so, with --subnet 10.77.0.0/16' \
			dk network create -d netd --ipam-driver netd --ipam-opt netd.network=blue blue
		fails_with 1 'network green not found' \
			dk network create -d netd --ipam-driver netd --ipam-opt netd.network=green --subnet 10.77.0.0/16 blue
		dk network create -d netd --ipam-driver netd --ipam-opt netd.network=blue --subnet 10.77.0.0/16 --ipv6 --subnet fd77::/64 blue
	done
	on a run_web web --network blue --network-alias shop --restart always
	on a run one --network blue
	on b run two --network blue
	on b run_web far --network blue
	differ "$(ip_on a web)" "$(ip_on a one)" "$(ip_on b two)" "$(ip_on b far)"
	equals "$(on b address_of far blue)" "$(ip_on b far)"
	wait_until 30 on b has_name_in two web
	equals "$(on b fetch_in two "http://$(on b name_in two web)/")" web
	equals "$(on b fetch_in two "http://[$(ip6_on a web)]/")" web
	wait_until 30 on b has_name_in two shop
	equals "$(on a fetch_in one "http://$(on a name_in one far)/")" far
	# of netd, the plugin and Docker, which starts its container before it answers anybody
	for ON in a; do
		docker_stop
		plugin_stop KILL
		host_restart a KILL
		plugin_start
		docker_start
	done
	wait_until 60 on b has_name_in two web
	wait_until 60 eval '[[ $(on b fetch_in two "http://$(on b name_in two web)/") == web ]]'
	for ON in a b; do
		dk rm -f $(dk ps -aq)
		wait_until 30 no_containers "$ON"
		# Docker's network goes, and netd's stays
		recounted dk network rm blue
		netctl_in "$ON" network inspect blue
	done
	nothing_is_left
}

@test "runc and crun with netd's hook: containers of two hosts reach each other by address and by name" {
	USED=runc
	declare -A RUNS=([a]=runc [b]=crun)
	for ON in a b; do
		RUNTIME=${RUNS[$ON]}
		bundle "web$ON" network=blue "aliases=shop$ON" -- /bin/httpd -f -h /www
		bundle "client$ON" network=blue
		echo hello >"$T/rootfs/www/index.html"
		start "web$ON"
		start "client$ON"
	done
	differ "$(ip_on a weba)" "$(ip_on a clienta)" "$(ip_on b webb)" "$(ip_on b clientb)"
	for ON in a b; do
		RUNTIME=${RUNS[$ON]}
		for other in a b; do
			wait_until 30 fetch "client$ON" "http://web$other/"
			wait_until 30 fetch "client$ON" "http://shop$other/"
			equals "$(fetch "client$ON" "http://$(ip_on $other "web$other")/")" hello
			equals "$(fetch "client$ON" "http://[$(ip6_on $other "web$other")]/")" hello
		done
	done
	for ON in a b; do
		RUNTIME=${RUNS[$ON]}
		stop "web$ON"
		stop "client$ON"
	done
	nothing_is_left
}
