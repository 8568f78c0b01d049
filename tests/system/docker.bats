#!/usr/bin/env bats
# docker.bats - the real docker client talks to netd as if to its own daemon
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Every client there is: Debian's, and newer ones installed beside it.
setup_file() {
	local client
	CLIENTS=
	for client in /usr/bin/docker /usr/local/bin/docker /usr/libexec/docker/docker; do
		[[ ! -x $client ]] || CLIENTS+="$client "
	done
	export CLIENTS
}

docker() { # on host h, by the client in $CLIENT
	in_host h env HOME="$T" DOCKER_CONFIG="$T" "$CLIENT" -H "unix://$(host_sock h)" "$@"
}
each_client() { # FUNCTION
	local client
	[[ -n $CLIENTS ]]
	for CLIENT in $CLIENTS; do
		echo "client: $CLIENT"
		"$1"
	done
}

@test "docker version and docker info" {
	check() {
		matches "$(docker version --format '{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}')" '[0-9]+\.[0-9]+ linux'
		docker info >/dev/null
	}
	each_client check
}

@test "docker network create --driver bridge --subnet 182.18.0.0/16 custom-isolated-network" {
	check() {
		matches "$(docker network create --driver bridge --subnet 182.18.0.0/16 custom-isolated-network)" '^[0-9a-f]{64}$'
		equals "$(docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort)" \
			$'bridge bridge local\ncustom-isolated-network bridge local\nhost host local\nnone null local'
		equals "$(docker network inspect custom-isolated-network --format '{{(index .IPAM.Config 0).Subnet}} {{(index .IPAM.Config 0).Gateway}}')" \
			"182.18.0.0/16 182.18.0.1"
		equals "$(docker network rm custom-isolated-network)" custom-isolated-network
	}
	each_client check
}

@test "docker network create with every option" {
	check() {
		docker network create -d bridge --subnet 10.71.0.0/16 --gateway 10.71.0.254 --ip-range 10.71.3.0/24 \
			--aux-address nas=10.71.3.1 --ipv6 --subnet 2001:db8:71::/64 --attachable --label a=b \
			-o com.docker.network.driver.mtu=1400 -o com.docker.network.bridge.enable_icc=false full
		equals "$(docker network inspect full --format '{{.EnableIPv6}} {{.Attachable}} {{.Internal}} {{.Labels.a}} {{index .Options "com.docker.network.driver.mtu"}}')" \
			"true true false b 1400"
		docker network create --internal inner
		equals "$(docker network inspect inner -f '{{.Internal}}')" true
		docker network rm full inner
	}
	each_client check
}

@test "docker network ls with filters and formats" {
	check() {
		docker network create --label tier=db alpha
		equals "$(docker network ls -q --filter name=alpha | wc -l)" 1
		equals "$(docker network ls --filter driver=null --format '{{.Name}}')" none
		equals "$(docker network ls --filter label=tier=db --format '{{.Name}}')" alpha
		equals "$(docker network ls --filter type=custom --format '{{.Name}}')" alpha
		equals "$(docker network ls --filter dangling=true --format '{{.Name}}')" alpha
		equals "$(docker network ls --no-trunc -q --filter name=alpha)" "$(docker network inspect -f '{{.Id}}' alpha)"
		matches "$(docker network ls)" '^NETWORK ID +NAME +DRIVER +SCOPE'
		docker network rm alpha
	}
	each_client check
}

@test "docker network connect and disconnect on a running container" {
	attach db
	check() {
		docker network create --subnet 10.71.0.0/16 --ipv6 --subnet 2001:db8:71::/64 n
		docker network connect --ip 10.71.0.9 --ip6 2001:db8:71::9 --alias one --alias two n db
		matches "$(ip -n "$P-c-db" addr show eth1)" 'inet 10\.71\.0\.9/16'
		matches "$(ip -n "$P-c-db" addr show eth1)" '2001:db8:71::9/64'
		equals "$(ask db two)" 10.71.0.9
		equals "$(docker network inspect n -f '{{range .Containers}}{{.Name}} {{.IPv4Address}} {{.IPv6Address}}{{end}}')" \
			"db 10.71.0.9/16 2001:db8:71::9/64"
		fails_with 1 'active endpoints.*db' docker network rm n
		docker network disconnect n db
		docker network rm n
	}
	each_client check
}

@test "docker network connect --link and errors with their words" {
	netctl network create n
	attach db --network n
	attach web
	check() {
		docker network connect --link db:database n web
		equals "$(ask web database)" "$(ip4_of db n)"
		docker network disconnect -f n web
		fails_with 1 'network nosuch not found' docker network connect nosuch web
		fails_with 1 'No such container: nobody' docker network connect n nobody
		fails_with 1 '[Nn]etwork:? nosuch' docker network rm nosuch
		fails_with 1 'already exists' docker network create n
		fails_with 1 'host' docker network rm host
	}
	each_client check
}

@test "docker network prune" {
	check() {
		docker network create unused
		matches "$(docker network prune -f)" unused
		lacks "$(docker network ls)" unused
		docker network create --label keep unused
		lacks "$(docker network prune -f --filter label!=keep)" unused
		docker network rm unused
	}
	each_client check
}

@test "docker ps and docker inspect show what is attached" {
	netctl network create --subnet 10.71.0.0/16 n
	attach web --network n:ip=10.71.0.5,mac=02:42:00:00:00:05 -p 8080:80 -p 127.0.0.1:5353:53/udp
	check() {
		equals "$(docker ps --format '{{.Names}}')" web
		matches "$(docker ps --format '{{.Ports}}')" '0\.0\.0\.0:8080->80/tcp'
		matches "$(docker ps --format '{{.Ports}}')" '127\.0\.0\.1:5353->53/udp'
		equals "$(docker ps -q --filter name=web | wc -l)" 1
		equals "$(docker ps -q --filter name=nosuch | wc -l)" 0
		equals "$(docker inspect web -f '{{.Name}} {{.NetworkSettings.Networks.n.IPAddress}} {{.NetworkSettings.Networks.n.MacAddress}}')" \
			"/web 10.71.0.5 02:42:00:00:00:05"
		equals "$(docker inspect web -f '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}')" 8080
		matches "$(docker port web)" '80/tcp -> 0\.0\.0\.0:8080'
		fails_with 1 'nobody' docker inspect nobody
	}
	each_client check
}

@test "docker events follows networks and containers, past and present" {
	check() {
		local since=$EPOCHSECONDS
		spawn docker events --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'
		: >"$T/spawned.log"
		docker network create "ev" >/dev/null
		netctl network connect ev a
		netctl network disconnect ev a
		docker network rm ev
		# what is past is shown with --since
		docker events --since "$since" --until "$((EPOCHSECONDS + 1))" --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}' >"$T/past"
		matches "$(cat "$T/past")" 'network create ev'
		matches "$(cat "$T/past")" 'network connect ev'
		matches "$(cat "$T/past")" 'network disconnect ev'
		matches "$(cat "$T/past")" 'network destroy ev'
		docker events --since "$since" --until "$((EPOCHSECONDS + 1))" --filter event=create --format '{{.Action}}' >"$T/past"
		equals "$(sort -u "$T/past")" create
		kill "$SPAWNED"
	}
	attach a
	each_client check
}

@test "the docker client over ssh:// reaches netd through a real sshd" {
	source "$LIB/ssh.bash"
	sshd_on_host h
	# docker runs `docker system dial-stdio` there; the command is forced to netctl's
	CLIENT=${CLIENTS%% *}
	matches "$(in_out env HOME="$T/home" PATH="$T/bin:$PATH" "$CLIENT" -H "ssh://root@192.0.2.10:2222" network ls)" bridge
}

@test "the addresses in use of a network are counted as Docker 29 does" {
	usage() { api_body GET "/networks/$1" | jq -c '.Status.IPAM.Subnets'; }
	netctl network create --subnet 10.90.0.0/24 --ip-range 10.90.0.128/30 --aux-address in=10.90.0.129 --aux-address out=10.90.0.7 n
	attach a --network n
	# network, gateway, two auxiliary addresses, broadcast, a
	equals "$(usage n)" '{"10.90.0.0/24":{"IPsInUse":6,"DynamicIPsAvailable":2}}'
	netctl network create --ipv6 --subnet 10.91.0.0/16 --subnet 2001:db8:91::/120 m
	attach b --network m
	# beside gateway and b the anycast address, which an IPv6 subnet has instead of those two
	equals "$(usage m)" '{"10.91.0.0/16":{"IPsInUse":4,"DynamicIPsAvailable":65532},"2001:db8:91::/120":{"IPsInUse":3,"DynamicIPsAvailable":253}}'
}

@test "docker stop, logs, exec, run and images are told whose affair that is" {
	attach web
	check() {
		local command
		for command in 'stop web' 'restart web' 'kill web' 'pause web' 'logs web' 'exec web true' 'top web' 'rename web other' 'update --cpus 1 web'; do
			fails_with 1 'netd wires containers and does not run them: whatever started web starts, stops and enters it' docker $command
		done
		fails_with 1 'No such container: nobody' docker stop nobody
		fails_with 125 'netd wires containers and does not make them' docker run --pull never alpine true
		fails_with 1 "images and volumes are a runtime's" docker images
		fails_with 1 "images and volumes are a runtime's" docker volume ls
	}
	each_client check
	equals "$(netctl ps --format '{{.Names}}')" web
}

@test "docker stats shows what went through a container's interfaces" {
	check() {
		local sent
		docker network create --subnet 10.43.0.0/24 n
		attach a --network n --network bridge
		in_c a ping -q -c 30 -i 0.01 -s 1000 10.43.0.1
		matches "$(docker stats --no-stream --format '{{.Name}} {{.NetIO}}' a)" '^a [0-9.]+kB / [0-9.]+kB$'
		matches "$(docker stats --no-stream)" ' a +0\.00% .* [0-9.]+kB / [0-9.]+kB'
		# as the kernel counts inside
		api_body GET '/containers/a/stats?stream=false' >"$T/stats"
		equals "$(jq -c '[.name, (.networks | keys)]' "$T/stats")" '["/a",["eth0","eth1"]]'
		sent=$(jq .networks.eth0.tx_packets "$T/stats")
		((sent >= 30 && sent <= $(in_c a ip -j -s link show eth0 | jq '.[0].stats64.tx.packets')))
		# a stream goes on, and ends with its container
		spawn_to "$T/stream" docker stats --format '{{.NetIO}}' a
		spawn_to "$T/lines" curl -sN --unix-socket "$(host_sock h)" http://d/containers/a/stats
		wait_until 30 has_lines 3
		in_c a ping -q -c 30 -i 0.01 -s 1000 10.43.0.1
		wait_until 30 has_grown
		netctl detach a
		wait_until 30 has_no_children
		docker network rm n
		fails_with 1 'No such container: a' docker stats --no-stream a
	}
	each_client check
}
has_lines() { [[ $(wc -l <"$T/lines") -ge $1 ]]; }
has_grown() { jq -es '.[-1].networks.eth0.tx_bytes > .[0].networks.eth0.tx_bytes + 30000 and .[-1].preread == .[-2].read' <(head -n -1 "$T/lines"); }
has_no_children() { ! pgrep -f "curl -sN --unix-socket $(host_sock h)"; }
