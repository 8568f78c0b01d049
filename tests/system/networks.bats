#!/usr/bin/env bats
# networks.bats - networks: the three that are always there, create with all options, list, inspect, remove
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

inspect_network() { netctl network inspect "$1" | jq -r ".[0]$2"; }

@test "bridge, host and none exist at the start" {
	equals "$(netctl network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort)" \
		$'bridge bridge local\nhost host local\nnone null local'
}

@test "the network bridge is netd0 with 172.17.0.1/16" {
	equals "$(inspect_network bridge '.IPAM.Config[0].Subnet')" 172.17.0.0/16
	equals "$(inspect_network bridge '.IPAM.Config[0].Gateway')" 172.17.0.1
	equals "$(inspect_network bridge '.Options["com.docker.network.bridge.name"]')" netd0
	matches "$(ip -n "$P-h" -4 addr show dev netd0)" 'inet 172\.17\.0\.1/16'
}

@test "none exist twice: a second host or null network is refused with the reason" {
	fails_with 1 'only one.*"?host"?' netctl network create -d host second
	fails_with 1 'only one.*"?null"?' netctl network create -d null second
}

@test "predefined networks cannot be removed" {
	for name in bridge host none; do
		fails_with 1 "$name.*(pre-defined|predefined).*" netctl network rm "$name"
	done
}

@test "network create prints the full id and inspect shows what was asked for" {
	local id
	id=$(netctl network create --subnet 182.18.0.0/16 custom)
	matches "$id" '^[0-9a-f]{64}$'
	equals "$(inspect_network custom .Id)" "$id"
	equals "$(inspect_network "${id:0:12}" .Name)" custom
	equals "$(inspect_network custom '.IPAM.Config[0].Subnet')" 182.18.0.0/16
	equals "$(inspect_network custom '.IPAM.Config[0].Gateway')" 182.18.0.1
	equals "$(inspect_network custom .Driver)" bridge
	matches "$(ip -n "$P-h" -4 addr show dev "br-${id:0:12}")" 'inet 182\.18\.0\.1/16'
}

@test "gateway, range, auxiliary addresses, labels and attachable are kept" {
	netctl network create --subnet 10.77.0.0/16 --gateway 10.77.9.9 --ip-range 10.77.4.0/24 \
		--aux-address router=10.77.4.1 --aux-address nas=10.77.4.2 --label tier=db --label bare --attachable full
	equals "$(inspect_network full '.IPAM.Config[0] | "\(.Subnet) \(.Gateway) \(.IPRange)"')" \
		"10.77.0.0/16 10.77.9.9 10.77.4.0/24"
	equals "$(inspect_network full '.IPAM.Config[0].AuxiliaryAddresses | "\(.router) \(.nas)"')" "10.77.4.1 10.77.4.2"
	equals "$(inspect_network full '.Labels | "\(.tier)|\(.bare)"')" "db|"
	equals "$(inspect_network full .Attachable)" true
	attach a --network full
	equals "$(ip4_of a full)" 10.77.4.0
	matches "$(ip -n "$P-c-a" route)" 'default via 10.77.9.9'
}

@test "an IPv6 network gives both families, and IPv6 from the pools where no subnet is named" {
	netctl network create --ipv6 --subnet 10.78.0.0/24 --subnet 2001:db8:78::/64 six
	attach a --network six
	matches "$(ip4_of a six)" '^10\.78\.0\.'
	matches "$(ip6_of a six)" '^2001:db8:78::'
	matches "$(ip -n "$P-c-a" -6 route)" 'default via 2001:db8:78::1'
	matches "$(ip -n "$P-h" -6 addr)" '2001:db8:78::1/64'
	netctl network create --ipv6 pooled
	matches "$(inspect_network pooled '.IPAM.Config[].Subnet')" '^fd'
}

@test "bridge options are accepted under Docker's keys" {
	netctl network create -o com.docker.network.bridge.name=mybr -o com.docker.network.driver.mtu=1400 \
		-o com.docker.network.bridge.enable_icc=false -o com.docker.network.bridge.enable_ip_masquerade=false \
		-o com.docker.network.bridge.host_binding_ipv4=127.0.0.1 opts
	matches "$(ip -n "$P-h" link show mybr)" 'mtu 1400'
	equals "$(inspect_network opts '.Options["com.docker.network.driver.mtu"]')" 1400
	attach a --network opts -p 8080:80
	matches "$(ip -n "$P-c-a" link show eth0)" 'mtu 1400'
	matches "$(netctl port ls a)" '127\.0\.0\.1:8080'
	lacks "$(netctl port ls a)" '0\.0\.0\.0:8080'
}

@test "the largest packet is the default route's, where it says one" {
	ip -n "$P-h" route replace default via 192.0.2.1 mtu 1320
	netctl network create -o bridge=small0 small
	matches "$(ip -n "$P-h" link show small0)" 'mtu 1320'
}

@test "bridge options are accepted under short keys" {
	netctl network create -o bridge=mybr -o mtu=1300 -o icc=false -o masquerade=false -o host-ip=127.0.0.1 opts
	matches "$(ip -n "$P-h" link show mybr)" 'mtu 1300'
	attach a --network opts -p 8080:80
	matches "$(ip -n "$P-c-a" link show eth0)" 'mtu 1300'
	matches "$(netctl port ls a)" '127\.0\.0\.1:8080'
}

queues_of() { # CONTAINER NETWORK: of its end, and of the host's
	in_c "$1" ip -d -j link show eth0 | jq -c '.[0] | [.num_tx_queues, .num_rx_queues]'
	ip -n "$P-h" -d -j link | jq -c --arg alias "$1 on $2" '.[] | select(.ifalias == $alias) | [.num_tx_queues, .num_rx_queues]'
}

@test "a link has one queue each way however many processors there are, or as many as its network says" {
	netctl network create one
	netctl network create -o queues=3 three
	attach a --network one
	attach b --network three
	equals "$(queues_of a one)" $'[1,1]\n[1,1]'
	equals "$(queues_of b three)" $'[3,3]\n[3,3]'
	in_c b ip link del eth0 # and so has the one that netd makes again
	wait_until 30 in_c b ip link show eth0
	equals "$(queues_of b three)" $'[3,3]\n[3,3]'
	fails_with 1 'at least 1' netctl network create -o queues=0 none
	fails_with 1 'at most 4096' netctl network create -o queues=4097 many
}

@test "nonsense in an option is refused naming the key" {
	fails_with 1 'mtu' netctl network create -o mtu=banana x
	fails_with 1 'icc' netctl network create -o icc=maybe x
	fails_with 2 'subnet.*182.18' netctl network create --subnet 182.18.0.0/40 x
	fails_with 2 '10\.9\.9\.9' netctl network create --subnet 10.8.0.0/16 --gateway 10.9.9.9 x
	fails_with 2 '10\.9\.0\.0' netctl network create --subnet 10.8.0.0/16 --ip-range 10.9.0.0/24 x
	fails_with 1 'bogus' netctl network create -d bogus x
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "a name that is taken is refused" {
	netctl network create twice
	fails_with 1 'twice already exists' netctl network create twice
}

@test "an overlapping subnet is refused naming what it overlaps" {
	netctl network create --subnet 10.50.0.0/16 first
	fails_with 1 'overlap.*first|first.*overlap' netctl network create --subnet 10.50.7.0/24 second
	ip -n "$P-h" route add 10.60.0.0/16 via 192.0.2.1
	fails_with 1 '10\.60\.0\.0/16 via 192.0.2.1 dev up0' netctl network create --subnet 10.60.0.0/15 third
	fails_with 1 '192\.0\.2\.|up0' netctl network create --subnet 192.0.2.0/25 fourth
	netctl network create --ipv6 --subnet 2001:db8:50::/64 sixth
	fails_with 1 'overlap' netctl network create --ipv6 --subnet 2001:db8:50::/80 seventh
}

@test "three hundred networks come from the default pools without overlap, avoiding the host's routes" {
	ip -n "$P-h" route add 172.18.0.0/16 via 192.0.2.1
	ip -n "$P-h" route add 192.168.0.0/24 via 192.0.2.1
	for i in $(seq 300); do
		echo "network create n$i"
	done >"$T/commands"
	while read -r line; do
		netctl $line >/dev/null
	done <"$T/commands"
	equals "$(netctl network ls -q | wc -l)" 303
	netctl network ls -q --filter driver=bridge | xargs -n 50 bash -c \
		'nsenter --net="$0" -- env NETD_HOST="$1" "$2" network inspect "${@:3}"' \
		"/run/netns/$P-h" "unix://$(host_sock h)" "$NETD_BUILD/netctl" | jq -r '.[].IPAM.Config[].Subnet' >"$T/subnets"
	equals "$(wc -l <"$T/subnets")" 301
	$PYTHON - "$T/subnets" <<-'PY'
	import ipaddress, sys
	nets = sorted(ipaddress.ip_network(line.strip()) for line in open(sys.argv[1]))
	taken = [ipaddress.ip_network(n) for n in ("172.18.0.0/16", "192.168.0.0/24", "192.0.2.0/24")]
	for one, next_one in zip(nets, nets[1:]):
	    assert not one.overlaps(next_one), (one, next_one)
	assert not [(n, t) for n in nets for t in taken if n.overlaps(t)]
	PY
}

@test "default-address-pools of the configuration are used, and their end is told with numbers" {
	host_stop h
	mkdir -p "$T/h/etc/netd"
	echo '{"default-address-pools": [{"base": "10.99.0.0/23", "size": 24}]}' >"$T/h/etc/netd/netd.json"
	host_start h
	netctl network create one
	netctl network create two
	matches "$(netctl network inspect one two | jq -r '.[].IPAM.Config[].Subnet' | sort | xargs)" \
		'10.99.0.0/24 10.99.1.0/24'
	fails_with 1 '2|full|no .*free|all' netctl network create three
}

@test "network ls filters by driver, id, label, name, dangling and type" {
	local id
	id=$(netctl network create --label tier=db --label x alpha)
	netctl network create --label tier=web beta
	attach a --network beta
	names() { netctl network ls "$@" --format '{{.Name}}' | sort | xargs; }
	equals "$(names --filter driver=bridge)" "alpha beta bridge"
	equals "$(names --filter driver=null)" "none"
	equals "$(names --filter "id=${id:0:10}")" "alpha"
	equals "$(names --filter label=tier)" "alpha beta"
	equals "$(names --filter label=tier=db)" "alpha"
	equals "$(names --filter name=lph)" "alpha"
	equals "$(names --filter name=alpha --filter name=beta)" "alpha beta"
	equals "$(names --filter dangling=true)" "alpha"
	matches "$(names --filter dangling=false)" "beta"
	equals "$(names --filter type=custom)" "alpha beta"
	equals "$(names --filter type=builtin)" "bridge host none"
	fails_with 1 'nonsense' netctl network ls --filter nonsense=1
}

@test "network ls prints quiet, json and template output" {
	matches "$(netctl network ls)" '^NETWORK ID +NAME +DRIVER +SCOPE'
	matches "$(netctl network ls -q | head -1)" '^[0-9a-f]{12}$'
	equals "$(netctl network ls --format json | jq -r .Name | sort | xargs)" "bridge host none"
	equals "$(netctl network ls --filter name=bridge --format '{{.ID}}')" "$(netctl network ls -q --filter name=bridge)"
}

@test "network ls shows subnets, and how many containers are attached" {
	netctl network create --subnet 10.31.0.0/24 --ipv6 --subnet fd31::/64 two
	matches "$(netctl network ls | grep two)" ' local +10\.31\.0\.0/24,fd31::/64 +0$'
	attach a --network two --network bridge
	attach b --network two
	counts() { netctl network ls --format '{{.Name}} {{.Containers}}' | sort | xargs; }
	equals "$(counts)" "bridge 1 host 0 none 0 two 2"
	netctl detach b
	equals "$(counts)" "bridge 1 host 0 none 0 two 1"
	matches "$(netctl network ls --filter name=host)" ' host +local +0$'
}

@test "a network in use is not removed, and the message names who uses it" {
	netctl network create used
	attach web1 --network used
	fails_with 1 'active endpoints.*web1|web1.*active' netctl network rm used
	netctl detach web1
	netctl network rm used
	fails_with 1 'used not found' netctl network inspect used
}

# No bridge is on its way out.
swept() { ! in_host h ip -o link show type bridge | grep -q ': nd-'; }

@test "network rm removes the bridge, the rules' elements and the name" {
	local before
	# that netd forwards IPv6, and for its networks alone, is from the first such network on
	netctl network create --ipv6 --subnet 10.60.0.0/24 --subnet 2001:db8:60::/64 first
	netctl network rm first
	wait_until 30 swept
	before=$(snapshot h)
	netctl network create --ipv6 --subnet 10.61.0.0/24 --subnet 2001:db8:61::/64 gone
	netctl network rm gone
	comes_back_to "$before" snapshot h
}

@test "what network rm gave back can be had at once: name, bridge, subnets, gateways" {
	local i
	for i in $(seq 10); do
		netctl network create --ipv6 --subnet 10.61.0.0/24 --subnet 2001:db8:61::/64 -o bridge=again again
		in_host h ip link show again >/dev/null
		netctl network rm again
		refused in_host h ip link show again
		lacks "$(in_host h ip addr)" '10\.61\.|2001:db8:61:'
		lacks "$(in_host h ip route show table all)" '10\.61\.|2001:db8:61:'
		# somebody else may have the name, too
		in_host h ip link add again type bridge
		in_host h ip link del again
	done
	wait_until 30 swept
}

@test "several networks are removed in one call, and one that is not there is told" {
	netctl network create a1
	netctl network create a2
	fails_with 1 'nosuch' netctl network rm a1 nosuch a2
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "prune finds out who has died and was not seen to" {
	netctl network create n
	netctl network create m
	attach a --network n
	attach b --network m
	# The path stays, so nothing tells netd.
	umount "$(container_path a)"
	equals "$(netctl network prune -f | grep -w n)" n
	equals "$(netctl network ls -q --filter type=custom | wc -l)" 1
	equals "$(netctl ps --format '{{.Names}}')" b
}

@test "prune removes what nobody uses, keeps the rest, and honours filters" {
	netctl network create --label keep=1 unused1
	netctl network create unused2
	netctl network create used
	attach a --network used
	matches "$(netctl network prune -f --filter 'label!=keep')" unused2
	equals "$(netctl network ls --filter type=custom --format '{{.Name}}' | sort | xargs)" "unused1 used"
	netctl network prune -f
	equals "$(netctl network ls --filter type=custom --format '{{.Name}}')" used
}

@test "a running container is connected to a second network with address, aliases, links and MAC, and disconnected again" {
	netctl network create --ipv6 --subnet 10.62.0.0/24 --subnet 2001:db8:62::/64 second
	attach db --network second
	attach a --network bridge
	netctl network connect --ip 10.62.0.77 --ip6 2001:db8:62::77 --alias other --alias more \
		--link db:database --mac-address 02:42:00:00:00:77 second a
	matches "$(ip -n "$P-c-a" addr show eth1)" 'inet 10\.62\.0\.77/24'
	matches "$(ip -n "$P-c-a" addr show eth1)" 'inet6 2001:db8:62::77/64'
	matches "$(ip -n "$P-c-a" link show eth1)" '02:42:00:00:00:77'
	equals "$(ask db other)" 10.62.0.77
	equals "$(ask db more AAAA)" 2001:db8:62::77
	equals "$(ask a database)" "$(ip4_of db second)"
	in_c db ping -c1 -W30 -q 10.62.0.77
	netctl network disconnect second a
	equals "$(ask db other)" ""
	no_eth1() { ! ip -n "$P-c-a" link show eth1; }
	wait_until 30 no_eth1
	ip -n "$P-c-a" link show eth0
}

@test "connecting twice and disconnecting what is not connected are told" {
	netctl network create n
	attach a --network n
	fails_with 1 'already' netctl network connect n a
	fails_with 1 'not connected' netctl network disconnect bridge a
	fails_with 1 'nobody' netctl network connect n nobody
}

@test "host network needs the host's namespace and wires nothing" {
	fails_with 1 "host" attach a --network host
	local before
	before=$(links_of h)
	netctl attach b --network host --pid "${HOLDER[h]}"
	equals "$(links_of h)" "$before"
	matches "$(netctl ps)" b
	netctl detach b
}

@test "none gives only lo" {
	attach a --network none
	equals "$(ip -n "$P-c-a" -j link | jq -r '.[].ifname')" lo
	matches "$(ip -n "$P-c-a" link show lo)" 'UP'
}

# update NETWORK BODY: the status
update() { api_status PUT "/netd/v1/networks/$1" "$2"; }

@test "a network gets another name, and other labels, while it is used" {
	local bridge
	netctl network create --subnet 10.60.0.0/24 --label x=y blue
	netctl network create green
	attach a --network blue
	attach b --network blue
	bridge=$(netctl network inspect blue | jq -r '.[0].Id' | cut -c1-12)
	equals "$(update blue '{"Name": "red"}')" 200
	equals "$(netctl network inspect red | jq -c '.[0] | [.Name, .Labels]')" '["red",{"x":"y"}]'
	fails_with 1 'not found' netctl network inspect blue
	equals "$(ask a b.red)" "$(ip4_of b)"
	equals "$(ask a b.blue)" ""
	in_c a ping -c 1 -W 30 "$(ip4_of b)"
	equals "$(update red '{"Labels": {}}')" 200
	equals "$(netctl network inspect red | jq -c '.[0].Labels')" '{}'
	equals "$(update red '{"Name": "green"}')" 409
	equals "$(update red '{"Name": "bridge"}')" 403
	equals "$(update bridge '{"Name": "other"}')" 403
	equals "$(update nobody '{"Name": "other"}')" 404
	equals "$(update red '{"Name": "a b"}')" 400
	equals "$(update red '{"Name": "red"}')" 200
	host_restart h KILL
	equals "$(ask a b.red)" "$(ip4_of b)"
	netctl network create --subnet 10.61.0.0/24 blue
	netctl detach a
	netctl detach b
	netctl network rm red
	lacks "$(links_of h)" "$bridge"
}

# asked_again REF: an attach of a to that network, as before it: the status
asked_again() {
	api_status POST /netd/v1/containers \
		"{\"Name\": \"a\", \"NetnsPath\": \"$(container_path a)\", \"Networks\": [{\"Name\": \"$1\", \"Aliases\": [\"x\"]}, {\"Name\": \"bridge\"}]}"
}

@test "the same attach is the same after its network was renamed, by the new name, the id and the old name" {
	local id ref
	netctl network create --subnet 10.60.0.0/24 blue
	id=$(netctl network inspect blue | jq -r '.[0].Id')
	container_ns a >/dev/null
	equals "$(asked_again blue)" 201
	equals "$(update blue '{"Name": "red"}')" 200
	for ref in red "$id" "${id:0:12}" blue; do
		equals "$(asked_again "$ref")" 200
	done
	host_restart h KILL
	for ref in red "$id" "${id:0:12}" blue; do
		equals "$(asked_again "$ref")" 200
	done
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Networks": {"red": {"Aliases": ["x"]}}}')" 200
	equals "$(asked_again red)" 200
	equals "$(asked_again nobody)" 409
	# The old name is another's now: it asks for another network.
	netctl network create --subnet 10.61.0.0/24 blue
	equals "$(asked_again blue)" 409
	equals "$(asked_again red)" 200
	netctl network disconnect red a
	equals "$(asked_again red)" 409
	matches "$(api_body POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$(container_path a)\", \"Networks\": [{\"Name\": \"red\", \"Aliases\": [\"x\"]}, {\"Name\": \"bridge\"}]}")" 'disconnected from network red'
	netctl detach a
	netctl network rm red
	netctl network rm blue
}

@test "a burst of networks that come and go leaves no more bridges behind than a few, at any time" {
	local most=0 n
	sample() { n=$(links_of h | grep -c '^nd-' || true); ((n <= most)) || most=$n; }
	"$PYTHON" -I -S - "$(host_sock h)" >"$T/burst" <<-'P' &
		import concurrent.futures, http.client, socket, sys
		def run(k):
		    call = http.client.HTTPConnection("netd")
		    call.sock = socket.socket(socket.AF_UNIX)
		    call.sock.connect(sys.argv[1])
		    done = 0
		    for i in range(12):
		        for method, path, body in (("POST", "/networks/create", '{"Name": "b%d-%d"}' % (k, i)), ("DELETE", "/networks/b%d-%d" % (k, i), None)):
		            call.request(method, path, body, {"Content-Type": "application/json"} if body else {})
		            reply = call.getresponse()
		            reply.read()
		            done += reply.status in (201, 204)
		    return done
		with concurrent.futures.ThreadPoolExecutor(10) as pool:
		    print(sum(pool.map(run, range(10))))
	P
	local burst=$!
	while kill -0 "$burst" 2>/dev/null; do sample; done
	sample
	equals "$(<"$T/burst")" 240
	echo "$most at a time"
	((most > 0 && most <= 40))
	wait_until 60 no_old_bridge h
}
