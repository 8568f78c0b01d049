#!/usr/bin/env bats
# grown_etcd.bats - an etcd of netd's own has three members as soon as there are three hosts, goes on without one of them, and has
# one again when hosts leave
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { :; }

status() { netctl_in "$1" cluster status --format "{{$2}}"; } # HOST WHAT
stands() { [[ $(status "$1" .State) == "$2" ]]; }
join() { netctl_in "$1" cluster join --token "$TOKEN" --name "$1" "$(host_addr a)"; }
nodes() { netctl_in "$1" node ls --format '{{.Name}} {{.Status}}' | tr '\n' ';'; }
sees() { [[ $(nodes "$1") == "$2" ]]; }
# What HOST believes etcd's members to be, by the names of their hosts.
members() {
	local url host list=
	for url in $(status "$1" .Etcd | tr -d '[]'); do
		for host in "${HOST_NAMES[@]}"; do [[ $url != "https://$(host_addr "$host"):2389" ]] || list+=$host; done
	done
	grep -o . <<<"$list" | sort | tr -d '\n'
}
has_members() { [[ $(members "$1") == "$2" ]]; }
runs_etcd() { [[ $(status "$1" .EtcdPid) != 0 && $(status "$1" .Why) == "" ]]; }
runs_none() { [[ ! -e $T/$1/state/etcd ]] && ! pgrep -x etcd --ns "${NETD_PID[$1]}" --nslist net; }
pid_of() { cat "$T/$1/run/$2.pid"; } # HOST ROLE
is_another() { # HOST ROLE PID (a file is empty for a moment before it is written)
	local pid
	pid=$(pid_of "$1" "$2") && [[ -n $pid && $pid != "$3" ]]
}
etcdctl_at() { # HOST OF-WHOSE-MEMBER ARGUMENT…
	local at=$T/$1/state/etcd
	in_host "$1" env ETCDCTL_API=3 etcdctl --endpoints "https://$(host_addr "$2"):2389" --cacert "$at/ca.pem" --cert "$at/host.pem" --key "$at/host.key" "${@:3}"
}
leads() { [[ $(etcdctl_at a "$1" endpoint status -w json | jq '.[0].Status | .leader == .header.member_id') == true ]]; }
leader_is_one_of() { # NAME…
	local host
	for host in "$@"; do ! leads "$host" || { LEADER=$host && return; }; done
	return 1
}
# Member and all: what a host that loses its power leaves is its disk.
lose() {
	local keeper
	keeper=$(pid_of "$1" keeper)
	host_stop "$1" KILL
	kill -9 "$keeper"
	wait_until 30 has_ended "$keeper"
}
finds() { [[ $(in_c "$1" dig +short +time=10 +tries=2 @127.0.0.11 -q "$2") == "$3" ]]; }
address() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks | to_entries[0].value.IPAddress'; }
# refuses SENTENCE COMMAND…: it fails with these words
refuses() {
	local words=$1
	shift
	! "$@" 2>"$T/refused" || return 1
	cat "$T/refused"
	grep -qF -- "$words" "$T/refused"
}
three_hosts() {
	local host
	for host in a b c; do host_new "$host"; done
	netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a
	TOKEN=$(netctl_in a cluster token -q)
	join b
	wait_until 120 sees a "a alive;b alive;"
}

@test "three hosts have three members; the leader is lost, and names, attaches and claims go on; hosts leave, and one is left" {
	local host others pid
	three_hosts
	# Two would be worse than one.
	has_members a a
	[[ ! -e $T/b/state/etcd ]]
	join c
	for host in a b c; do wait_until 120 has_members "$host" abc; done
	for host in a b c; do wait_until 120 runs_etcd "$host"; done
	# A host can stand for itself alone, and the herald's certificate for nobody.
	matches "$(openssl x509 -noout -ext subjectAltName -in "$T/b/state/etcd/host.pem")" "IP Address:$(host_addr b)\$"
	jq -r .Cert "$T/b/state/cluster.json" | openssl x509 -noout -text >"$T/text"
	lacks "$(cat "$T/text")" "Subject Alternative Name"
	equals "$(stat -c '%a %u' "$T/b/state/etcd/host.key")" "600 64246"
	lacks "$(cat "$T/b/state/cluster.json")" CAKey
	pid=$(status c .EtcdPid)
	# A member shows another certificate when it is renewed, and is not started again for it.
	host_stop c
	signed_again c ServingCert 20200101000000Z "$(date -u -d '+30 minutes' +%Y%m%d%H%M%SZ)" \
		"extendedKeyUsage=serverAuth,clientAuth" "subjectAltName=IP:$(host_addr c)"
	host_start c
	wait_until 120 is_renewed c "$(number_of "$T/again.pem")"
	wait_until 120 runs_etcd c
	equals "$(status c .EtcdPid)" "$pid"
	for host in a b c; do wait_until 120 sees "$host" "a alive;b alive;c alive;"; done

	netctl_in b network create -d overlay --subnet 10.77.0.0/16 web
	wait_until 120 netctl_in c network inspect web
	wait_until 120 netctl_in a network inspect web
	for host in a b c; do wait_until 120 attach_on "$host" "u$host" --network web; done
	wait_until 120 finds ua uc "$(address c uc)"
	wait_until 120 leader_is_one_of a b c
	lose "$LEADER"
	others=abc
	others=${others/$LEADER/}
	# It is heard of by both that are left, who have agreed on another leader.
	for host in ${others:0:1} ${others:1:1}; do wait_until 120 sees_lost "$host" "$LEADER"; done
	# It was missed by them, before etcd's new leader would have; and nobody else was.
	grep -q "host $LEADER was not heard of since etcd chose another leader" "$T/${others:0:1}/netd.log" "$T/${others:1:1}/netd.log"
	refused grep -h "host [$others] was not heard of" "$T/${others:0:1}/netd.log" "$T/${others:1:1}/netd.log"
	netctl_in "${others:0:1}" network create -d overlay --subnet 10.78.0.0/16 two
	wait_until 120 netctl_in "${others:1:1}" network inspect two
	attach_on "${others:0:1}" ux --network web
	wait_until 120 finds "u${others:1:1}" ux "$(address "${others:0:1}" ux)"
	host_start "$LEADER"
	for host in a b c; do wait_until 120 sees "$host" "a alive;b alive;c alive;"; done
	wait_until 120 runs_etcd "$LEADER"

	# A host that comes while a member is away is let in, and takes no seat.
	lose b
	host_new d
	wait_until 120 sees a "a alive;b lost;c alive;"
	join d
	wait_until 120 sees d "a alive;b lost;c alive;d alive;"
	host_start b
	wait_until 120 sees d "a alive;b alive;c alive;d alive;"
	wait_until 120 has_members d abc
	runs_none d

	# One that leaves gives its seat to another; of two hosts one has a member.
	refuses "this host lets others into the cluster" netctl_in a cluster leave
	netctl_in c cluster leave
	wait_until 30 runs_none c
	for host in a b d; do wait_until 120 has_members "$host" abd; done
	netctl_in d cluster leave
	for host in a b; do wait_until 120 has_members "$host" a; done
	wait_until 120 runs_none b
	netctl_in b network create -d overlay --subnet 10.79.0.0/16 three
	netctl_in b cluster leave
	wait_until 120 sees a "a alive;"
	netctl_in a cluster leave
	wait_until 30 runs_none a
}
# As etcd shows it to whoever connects, and not the one of before.
is_renewed() { # HOST NUMBER
	local at=$T/a/state/etcd
	in_host a openssl s_client -connect "$(host_addr "$1"):2389" -CAfile "$at/ca.pem" -cert "$at/host.pem" -key "$at/host.key" \
		</dev/null >"$T/shown" 2>/dev/null || true
	openssl x509 -in "$T/shown" -out "$T/shown.pem" 2>/dev/null || return 1
	[[ $(number_of "$T/shown.pem") != "$2" && $(number_of "$T/$1/state/etcd/host.pem") == $(number_of "$T/shown.pem") ]]
}
sees_lost() { [[ $(nodes "$1") == *"$2 lost;"* ]] && stands "$1" fresh; }

@test "whoever is killed while it grows, it grows; a member that is lost is removed, and comes back with nothing of before" {
	local was host
	three_hosts
	join c
	# Who takes the first seat is killed as soon as it has it, in each of its parts.
	wait_until 120 takes_a_seat
	was=$(pid_of "$SEATED" keeper)
	kill -9 "$was"
	wait_until 120 is_another "$SEATED" keeper "$was"
	was=$(pid_of "$SEATED" herald || true)
	host_restart "$SEATED" KILL
	wait_until 120 is_another "$SEATED" herald "$was"
	was=$(pid_of "$SEATED" herald)
	kill -9 "$was"
	wait_until 120 is_another "$SEATED" herald "$was"
	# The other ones are killed before they have done their part.
	for host in a b c; do [[ $host == "$SEATED" ]] || host_restart "$host" KILL; done
	for host in a b c; do wait_until 120 has_members "$host" abc; done
	for host in a b c; do wait_until 120 runs_etcd "$host"; done

	# By mistake nobody is removed, with his member or without. (A herald that was killed is lost until another has the lease.)
	wait_until 120 sees a "a alive;b alive;c alive;"
	refuses "host c is alive" netctl_in a node rm c
	equals "$(members a)" abc
	lose c
	wait_until 120 sees a "a alive;b alive;c lost;"
	wait_until 120 netctl_in a node rm c
	for host in a b; do wait_until 120 has_members "$host" a; done
	wait_until 120 runs_none b
	host_start c
	wait_until 120 stands c removed
	netctl_in c cluster leave
	wait_until 30 runs_none c
	# Who was removed may know the token of before.
	TOKEN=$(netctl_in a cluster token -q)
	join c
	for host in a b c; do wait_until 120 has_members "$host" abc; done
	for host in a b c; do wait_until 120 sees "$host" "a alive;b alive;c alive;"; done
}
takes_a_seat() {
	local host
	for host in b c; do
		if [[ -s $T/$host/run/keeper.pid ]]; then
			SEATED=$host
			return
		fi
	done
	return 1
}

has_n_members() { [[ $(status "$1" .Etcd | wc -w) == "$2" ]]; } # HOST NUMBER
@test "three hosts that are reached by IPv6 have three members, and go on without one" {
	local host
	for host in a b c; do host_new "$host"; done
	netctl_in a cluster init --advertise-addr "$(host_addr6 a)" --name a
	TOKEN=$(netctl_in a cluster token -q)
	for host in b c; do netctl_in "$host" cluster join --token "$TOKEN" --name "$host" "$(host_addr6 a)"; done
	for host in a b c; do wait_until 120 has_n_members "$host" 3; done
	for host in a b c; do wait_until 120 runs_etcd "$host"; done
	matches "$(status a .Etcd)" "https://\[$(host_addr6 c)\]:2389"
	netctl_in b network create -d overlay --subnet 10.77.0.0/16 web
	for host in a c; do wait_until 120 netctl_in "$host" network inspect web; done
	for host in a b; do wait_until 120 attach_on "$host" "u$host" --network web; done
	lose c
	for host in a b; do wait_until 120 sees_lost "$host" c; done
	wait_until 120 finds ua ub "$(address b ub)"
	attach_on b late --network web
	wait_until 120 finds ua late "$(address b late)"
}
