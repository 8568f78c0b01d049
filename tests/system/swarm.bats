#!/usr/bin/env bats
# swarm.bats - the real docker client does with a cluster what it does with a swarm: what docs/cluster.md says of it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Two hosts, a and b, that are called alpha and beta by their own names.
setup() {
	local name
	mkdir "$T/named"
	ln -s "$NETD_BUILD"/* "$T/named/"
	rm "$T/named/netd"
	printf '#!/bin/sh\nexec unshare --uts sh -c '\''hostname "$NAME" && exec "$0" "$@"'\'' %q "$@"\n' "$NETD_BUILD/netd" >"$T/named/netd"
	chmod +x "$T/named/netd"
	for name in alpha beta; do NAME=$name NETD_BUILD=$T/named host_new "${name:0:1}"; done
}
docker() { # HOST ARGUMENT…
	in_host "$1" env HOME="$T" DOCKER_CONFIG="$T" docker -H "unix://$(host_sock "$1")" "${@:2}"
}
# typed HOST COMMAND: a line of the page, for the sockets of this test.
typed() {
	local words
	read -ra words <<<"$2"
	case ${words[0]} in
	docker) docker "$1" "${words[@]:1}" ;;
	netctl) netctl_in "$1" "${words[@]:1}" ;;
	*) return 1 ;;
	esac
}

PAGE=$BATS_TEST_DIRNAME/../../docs/cluster.md
section() { awk '/^## / { on = ($0 == "## For users of docker swarm") } on' "$PAGE"; }
has_block() { netctl_in "$1" network inspect blue && [[ $(curl -sS -m "$MAX_S" --unix-socket "$(host_sock "$1")" http://netd/netd/v1/records | jq -c .Wanted) == "{}" ]]; }
knows_two() { [[ $(docker "$1" node ls -q | wc -l) == 2 ]]; }
has_replicas() { [[ $(docker "$1" service ls --format '{{.Name}} {{.Mode}} {{.Replicas}}') == "$2" ]]; }

# What is to be seen in passing, by the line that was typed.
check() { # COMMAND OUTPUT
	case $1 in
	*"swarm init"*) TOKEN=$(grep -o 'netd1-[^ ]*' <<<"$2") ;;
	"docker node ls") matches "$2" 'alpha +Ready +Active +Leader' && matches "$2" 'beta +Ready +Active +Reachable' ;;
	*join-token*) matches "$2" "swarm join --token $TOKEN $(host_addr a):2391" ;;
	*"network ls"*) matches "$2" 'blue +overlay +swarm' ;;
	*info*) matches "$2" 'Swarm: active' && matches "$2" 'Is Manager: true' ;;
	*"service ls"*) matches "$2" 'web +replicated +2/2' ;;
	*"service ps"*) matches "$2" 'web.1 .*Running' && matches "$2" ' beta ' ;;
	*"node ps"*) matches "$2" 'web.[12] .*alpha' ;;
	esac
}

@test "every line for users of docker swarm in docs/cluster.md works as it stands there, or is refused in these words" {
	local command said words host n=0 ids
	equals "$(docker a info --format '{{.Swarm.LocalNodeState}}')" inactive
	for command in "node ls" "swarm join-token worker" "swarm leave" "node rm beta"; do
		fails_with 1 "not a swarm manager|not part of a swarm" docker a $command
	done
	fails_with 1 "cannot span hosts: this host is in no cluster" docker a network create -d overlay blue
	fails_with 1 "say by which address" docker a swarm init
	fails_with 1 "that token is of a swarm of Docker's" docker b swarm join --token SWMTKN-1-x "$(host_addr a)"
	section | sed -n 's/^    //p' >"$T/lines"
	section | sed -n 's/^| `\(docker [^`]*\)` | \(.*\) |$/\1\t\2/p' >"$T/refused"
	[[ $(wc -l <"$T/lines") -ge 14 && $(wc -l <"$T/refused") -ge 12 ]]
	while read -r command; do
		host=a
		case $command in
		*"swarm join "*) host=b ;;
		"netctl service create"*)
			# on a host as soon as that has addresses of the network
			for host in a b; do wait_until 30 has_block "$host"; done
			attach_on a s1 --network blue --service web
			attach_on b s2 --network blue --service web
			host=a
			;;
		"docker service ls") for host in b a; do wait_until 30 has_replicas "$host" "web replicated 2/2"; done ;;
		"docker service rm web")
			# refused is all that would start or stop a container, or set what there is not
			while IFS=$'\t' read -r words said; do
				echo "a\$ $words"
				fails_with 1 "${said//\`/.}" typed a "$words" </dev/null
				n=$((n + 1))
			done <"$T/refused"
			[[ $n -ge 12 ]]
			ids=$(docker a service ls -q)
			equals "$ids" "$(docker b service ls -q)" # the same id on both
			equals "$(docker b service inspect "${ids:0:5}" --format '{{.Spec.Name}} {{index .Spec.Labels "netd.ports"}}')" 'web 80->8080/tcp'
			equals "$(docker a service ps web -q)" "$(docker b service ps web -q)"
			docker a service inspect --pretty web
			docker a service ls --filter name=other -q >"$T/none" && [[ ! -s $T/none ]]
			;;
		"docker network rm blue")
			wait_until 30 knows_no_service b
			equals "$(netctl_in b inspect s2 --format '{{.State.Status}}')" running # it stays
			netctl_in a detach s1
			netctl_in b detach s2
			wait_until 30 docker "$host" network rm blue
			continue
			;;
		esac
		echo "$host\$ $command"
		said=$(typed "$host" "${command/netd1-…/$TOKEN}")
		echo "$said"
		check "$command" "$said"
		[[ $command != *"swarm join "* ]] || for host in a b; do wait_until 30 knows_two "$host"; done
	done <"$T/lines"
	# hosts by name, by the beginning of an id, and by what comes near
	ids=$(docker a node ls --filter name=beta -q)
	equals "$(docker a node inspect "${ids:0:20}" --format '{{.Description.Hostname}} {{.Status.State}}')" "beta ready"
	equals "$(netctl_in a node inspect "${ids:0:20}" --format '{{.Name}}')" beta
	completed() { # WORD: what bash offers for the host
		in_host a env PATH="$NETD_BUILD:$PATH" NETD_HOST="unix://$(host_sock a)" bash -c 'source <(netctl completion bash)
			COMP_WORDS=(netctl node rm "$1") COMP_CWORD=3
			"$(complete -p netctl | sed "s/.*-F \([^ ]*\).*/\1/")" netctl "$1" rm && printf "%s\n" "${COMPREPLY[@]}"' sh "$1"
	}
	equals "$(completed be)" beta
	equals "$(completed "${ids:0:6}")" "${ids:0:12}"
	fails_with 1 "there is no host betta in the cluster; did you mean beta\?" netctl_in a node inspect betta
	fails_with 1 "did you mean beta\?" netctl_in a node rm betta
	fails_with 1 "host beta is alive" docker a node rm "$ids"
	fails_with 1 "this host is in a cluster, as alpha" docker a swarm init --advertise-addr "$(host_addr a)"
	# and out again
	said=$(docker a swarm join-token --rotate -q worker)
	[[ $said == netd1-* && $said != "$TOKEN" ]]
	docker b swarm leave
	fails_with 1 "there is no host beta" docker a node inspect beta
	docker a swarm leave --force
	equals "$(docker a info --format '{{.Swarm.LocalNodeState}}')" inactive
}
knows_no_service() { ! docker "$1" service inspect web; }
