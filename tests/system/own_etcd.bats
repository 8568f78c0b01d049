#!/usr/bin/env bats
# own_etcd.bats - a cluster whose etcd netd runs itself: made, restarted, adopted, and gone without a trace
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { host_new a; }

init() { netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a "$@"; }
status() { netctl_in a cluster status --format "{{.$1}}"; }
stands() { [[ $(status State) == "$1" ]]; }
etcd_pid() { status EtcdPid; }
keeper_pid() { cat "$T/a/run/keeper.pid"; }
runs_another() { [[ $(etcd_pid) != 0 && $(etcd_pid) != "$1" ]]; }
is_up() { stands fresh && [[ $(status Why) == "" && $(netctl_in a node ls --format '{{.Name}} {{.Status}}') == "a alive" ]]; }
# As is_up, and status knows etcd's process, which its keeper tells.
is_up_with() { is_up && [[ $(etcd_pid) == "$1" ]]; } # PID
nothing_is_left() { # of host a
	[[ ! -e $T/a/state/etcd && ! -e $T/a/state/cluster.json ]] &&
		! pgrep -x etcd --ns "${NETD_PID[a]}" --nslist net && ! pgrep -f '^netd-(keeper|usher)( |$)' --ns "${NETD_PID[a]}" --nslist net
}
# refuses SENTENCE COMMAND…: it fails with these words
refuses() {
	local words=$1
	shift
	! "$@" 2>"$T/refused" || return 1
	cat "$T/refused"
	grep -qF -- "$words" "$T/refused"
}

@test "an etcd of netd's own is killed, its keeper is, netd is: it is there again, with all it knew, and goes with the cluster" {
	local pid id keeper file
	matches "$(init)" '^a is in the cluster, of 1 hosts'
	wait_until 90 is_up
	pid=$(etcd_pid)
	[[ $pid != 0 ]] # or the test's own processes would be meant
	# It may do nothing, and what it has is nobody else's.
	matches "$(cat "/proc/$pid/status")" 'Uid:[[:space:]]*64246'
	matches "$(cat "/proc/$pid/status")" 'CapEff:[[:space:]]*0000000000000000'
	matches "$(cat "/proc/$pid/status")" 'NoNewPrivs:[[:space:]]*1'
	for file in ca.pem host.pem host.key; do equals "$(stat -c '%a %u' "$T/a/state/etcd/$file")" "600 64246"; done
	equals "$(stat -c '%a %u %g' "$T/a/state/etcd")" "770 0 64246"
	equals "$(stat -c %a "$T/a/state/cluster.json")" 600
	# The authority's key is with netd, and not with etcd.
	refused grep -r "$(jq -r .CAKey "$T/a/state/cluster.json" | sed -n 2p)" "$T/a/state/etcd"
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 web
	id=$(netctl_in a network inspect web | jq -r '.[0].Id')

	kill -9 "$pid"
	wait_until 90 runs_another "$pid"
	wait_until 90 is_up
	# netd is killed: etcd goes on, and the next netd finds it.
	pid=$(etcd_pid)
	host_restart a KILL
	wait_until 90 is_up_with "$pid"
	# An orderly stop does not end it either: other hosts may need it.
	host_restart a
	wait_until 90 is_up_with "$pid"
	# One that stands still is nobody's reason to end it, or its keeper: they are found as they were.
	keeper=$(keeper_pid)
	kill -STOP "$pid"
	host_restart a KILL
	kill -CONT "$pid"
	wait_until 90 is_up_with "$pid"
	equals "$(keeper_pid)" "$keeper"
	# With its keeper it ends, and comes back with another.
	kill -9 "$keeper"
	wait_until 90 runs_another "$pid"
	wait_until 90 is_up
	[[ $(keeper_pid) != "$keeper" ]]
	wait_until 30 has_ended "$pid"
	equals "$(netctl_in a network inspect web | jq -r '.[0].Id')" "$id"
	netctl_in a network rm web

	pid=$(keeper_pid)
	netctl_in a cluster leave
	equals "$(status State)" none
	nothing_is_left
	wait_until 30 has_ended "$pid"
	# and again, as if there had been none
	init
	wait_until 90 is_up
	refuses "this host is in a cluster, as a" init
}

@test "an etcd that cannot be is told in words, and nothing of it stays" {
	refuses "--cacert is of an etcd that is there: --etcd URL is missing" init --cacert /dev/null
	refuses "say where etcd is: --etcd https://ADDRESS:PORT" netctl_in a cluster join --advertise-addr "$(host_addr a)"
	in_host a mount --bind /dev/null /usr/bin/etcd
	refuses "there is no etcd on this host (/usr/bin/etcd): install the package etcd-server" init
	nothing_is_left
	in_host a umount /usr/bin/etcd
	squat
	refuses "etcd cannot listen on $(host_addr a) port 2389: Address already in use" init
	# It was said after the first times, and not after all that a minute has.
	[[ $(grep -c 'etcd cannot listen' "$T/a/netd.log") -lt 10 ]]
	equals "$(status State)" none
	nothing_is_left
	kill "$SQUATTER"
	wait_until 30 has_ended "$SQUATTER"
	# What keeps it from starting is said by status, and as soon as it is gone etcd is there.
	init
	wait_until 90 is_up
	in_host a mount --bind /dev/null /usr/bin/etcd
	kill -9 "$(keeper_pid)"
	wait_until 60 complains 'etcd is not installed any more'
	# It looks again at once for a few times, and then with pauses. (Without them it is thousands.)
	[[ $(grep -c 'etcd is not installed any more' "$T/a/netd.log") -lt 20 ]]
	in_host a umount /usr/bin/etcd
	wait_until 90 is_up
	host_stop a
	kill -9 "$(keeper_pid)"
	squat
	host_start a
	wait_until 60 complains "etcd cannot listen on $(host_addr a) port 2389: Address already in use"
	kill "$SQUATTER"
	wait_until 90 is_up
	netctl_in a cluster leave
	nothing_is_left
}
squat() { # somebody else has etcd's port, as soon as the etcd of before has let go of it
	wait_until 30 is_free 2389
	rm -f "$T/squats"
	spawn in_host a $PYTHON -c 'import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((sys.argv[1], 2389)); s.listen()
open(sys.argv[2], "w").close(); time.sleep(600)' "$(host_addr a)" "$T/squats"
	SQUATTER=$SPAWNED
	wait_until 30 test -e "$T/squats"
}
complains() { status Why | grep -qF "$1"; }
is_free() { ! in_host a ss -Hltn "sport = :$1" | grep -q .; }

token() { netctl_in a cluster token -q "$@"; }
join() { # HOST TOKEN [OPTION…]
	netctl_in "$1" cluster join --token "$2" --name "$1" "${@:3}" "$(host_addr a)"
}
nodes() { netctl_in "$1" node ls --format '{{.Name}} {{.Status}}' | tr '\n' ';'; }
sees() { [[ $(nodes "$1") == "$2" ]]; }
is_past() { (($(date +%s) >= $1)); }
state_of() { netctl_in "$1" cluster status --format '{{.State}}'; }
is_another_usher() {
	local pid
	pid=$(cat "$T/a/run/usher.pid") && [[ -n $pid && $pid != "$1" ]]
}
no_usher() { ! pgrep -x '\(netd-usher\)' --ns "${NETD_PID[$1]}" --nslist net; }

@test "a token lets a host in that has nothing else, and one that is wrong, old or expired is refused in a sentence" {
	local first second line usher
	host_new b
	refuses "this host is in no cluster" token
	line=$(init | tail -1)
	first=$(token)
	# What is printed is what is typed.
	equals "$line" "    netctl cluster join --token $first $(host_addr a)"
	matches "$(netctl_in b ${line#*netctl } --name b)" '^b is in the cluster, of 2 hosts'
	wait_until 60 sees a "a alive;b alive;"
	wait_until 60 sees b "a alive;b alive;"
	equals "$(netctl_in b cluster status --format '{{.OwnEtcd}} {{.Addresses}}')" "false [$(host_addr b)]"
	[[ $(stat -c %a "$T/b/state/cluster.json") == 600 ]]
	equals "$(jq -r '.CAKey // "none"' "$T/b/state/cluster.json")" none
	# A host that is in can make a network of the cluster's, and attach to it, with the next commands.
	netctl_in b network create -d overlay --subnet 10.77.0.0/16 web
	attach_on b first --network web
	netctl_in b detach first
	wait_until 30 netctl_in a network inspect web
	netctl_in b network rm web
	refuses "this host does not let others in" netctl_in b cluster token
	# It has no more rights than any client: nobody is let in at etcd without a certificate.
	refused in_host b curl -sS -k "https://$(host_addr a):2389/version"
	refuses "the cluster's etcd is on this host, and 1 other needs it" netctl_in a cluster leave
	netctl_in b cluster leave
	wait_until 60 sees a "a alive;"

	second=$(token --rotate)
	[[ $second != "$first" && ${second%-*} == "${first%-*}" ]]
	refuses "the token was replaced by another" join b "$first"
	refuses "the token is wrong" join b "${first%-*}-00000000000000000000000000000000"
	refuses "that is no token" join b "${first%-*}"
	# A token of another cluster: this one is not told its secret.
	refuses "it is of another cluster than the token" join b "netd1-$(printf '0%.0s' {1..64})-${second##*-}"
	refuses "Connection refused" netctl_in b cluster join --token "$second" "$(host_addr a):2399"
	refuses "is not where a host is asked" netctl_in b cluster join --token "$second" host.example
	refuses "say which host to ask" netctl_in b cluster join --token "$second"
	equals "$(state_of b)" none
	[[ ! -e $T/b/state/cluster.json ]]
	wait_until 30 no_usher b

	# What is no TLS, or says nothing, holds nobody up; the usher is nobody, and is back when it was killed.
	in_host b bash -c "exec 3<>/dev/tcp/$(host_addr a)/2391; printf 'GET / HTTP/1.1\r\n\r\n' >&3; cat <&3" >"$T/strange" || true
	usher=$(cat "$T/a/run/usher.pid")
	matches "$(cat "/proc/$usher/status")" 'CapEff:[[:space:]]*0000000000000000'
	matches "$(cat "/proc/$usher/status")" 'Seccomp:[[:space:]]*2'
	kill -9 "$usher"
	wait_until 30 is_another_usher "$usher"
	host_restart a KILL
	equals "$(token)" "$second"
	wait_until 30 join b "$second"
	wait_until 60 sees a "a alive;b alive;"
	netctl_in b cluster leave

	first=$(token --rotate --valid 1)
	wait_until 30 is_past "$(($(date +%s) + 1))"
	refuses "the token has expired" join b "$first"
	# Whoever asks for one then has one that is good.
	join b "$(token)"
	wait_until 60 sees a "a alive;b alive;"
}

# As a host would that has been removed and has kept what it had.
as_b() { # ARGUMENT…
	in_host b curl -sS -m "${MAX_S:-10}" --cacert "$T/b.ca" --cert "$T/b.pem" --key "$T/b.key" "${@:2}" "https://$(host_addr a):2389/v3/$1"
}
is_out() { says "$1" "removed: $1 was removed from the cluster" || is_shut_out "$1"; }
is_shut_out() { says "$1" "removed: members hang up on this host, as they do when its certificate was revoked"; }
takes_b() { as_b kv/range -d '{"key":"YQ=="}' >/dev/null; }
takes_b_no_more() { ! takes_b 2>"$T/refused"; }
is_revoked() { jq -e --arg serial "$1" '.Revoked | has($serial)' "$T/a/state/cluster.json" >/dev/null; }
says() { netctl_in "$1" cluster status --format '{{.State}}: {{.Why}}' | grep -qF "$2"; } # HOST SENTENCE

@test "a host that is removed is out: its certificate, its connections, its token; who leaves or joins again is not" {
	local token serial pid watch
	host_new b
	init
	token=$(token)
	join b "$token"
	for key in CACert:ca Cert:pem Key:key; do jq -r ".${key%:*}" "$T/b/state/cluster.json" >"$T/b.${key#*:}"; done
	serial=$(openssl x509 -noout -serial -in "$T/b.pem" | cut -d= -f2 | tr A-F a-f)
	# What leaves of itself is on no list, and etcd goes on.
	pid=$(etcd_pid)
	netctl_in b cluster leave
	refused is_revoked "$serial"
	join b "$token"
	for key in CACert:ca Cert:pem Key:key; do jq -r ".${key%:*}" "$T/b/state/cluster.json" >"$T/b.${key#*:}"; done
	serial=$(openssl x509 -noout -serial -in "$T/b.pem" | cut -d= -f2 | tr A-F a-f)
	wait_until 60 sees a "a alive;b alive;"
	equals "$(etcd_pid)" "$pid"
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 web

	takes_b
	MAX_S=600 spawn as_b watch -N -d '{"create_request":{"key":"YQ=="}}'
	watch=$SPAWNED
	netctl_in a node rm --force b
	wait_until 60 is_revoked "$serial"
	# The list that etcd looks at for each that comes has it, and is a list to others, too.
	wait_until 60 takes_b_no_more
	openssl crl -inform DER -noout -text -in "$T/a/state/etcd/revoked.crl" >"$T/crl"
	grep -qiF "$serial" "$T/crl"
	# And what was open ends, with an etcd that is started again.
	wait_until 60 runs_another "$pid"
	wait_until 60 has_ended "$watch"
	wait_until 90 is_up
	equals "$(netctl_in a network inspect web | jq -r '.[0].IPAM.Config[0].Subnet')" 10.77.0.0/16
	# It says that it was removed, unless etcd was started again before it had heard of that, and after a start what keeps it out.
	wait_until 60 is_out b
	host_restart b
	wait_until 60 is_shut_out b
	netctl_in b doctor --format json >"$T/doctor" || true
	jq -e '[.Findings[] | select(.Code == "cluster-removed")] | length == 1' "$T/doctor"
	netctl_in b cluster leave
	# What says so in etcd stays as long as the certificate would have been good, and no longer.
	etcdctl_on_a put /netd/v1/revoked/0a01 '{"Host":"was","Ends":1}'
	wait_until 30 etcd_forgets /netd/v1/revoked/0a01
	etcdctl_on_a get --keys-only "/netd/v1/revoked/$serial" | grep -q .
	refuses "the token was replaced by another" join b "$token"
	# Neither netd nor its keeper forgets the list, and nothing is started again for it.
	pid=$(etcd_pid)
	host_restart a KILL
	wait_until 90 is_up_with "$pid"
	takes_b_no_more
	kill -9 "$(keeper_pid)"
	wait_until 90 runs_another "$pid"
	wait_until 90 is_up
	takes_b_no_more
	# Under the same name it comes in with a certificate that is another.
	join b "$(token)"
	wait_until 60 sees a "a alive;b alive;"
	takes_b_no_more
	wait_until 60 lets_in b a

	# One of the same authority, for the same key, that has ended: etcd does not take it, and the host says so.
	expire b
	wait_until 60 says b "certificate has expired"
	takes_b_no_more
	netctl_in b doctor --format json >"$T/doctor" || true
	jq -e '[.Findings[] | select(.Code == "certificate-ends" and .State == "bad")] | length == 1' "$T/doctor"
	# Nothing is lost by it: with one that is good the host is in as it was.
	host_stop b
	cp "$T/good.json" "$T/b/state/cluster.json"
	host_start b
	wait_until 60 sees a "a alive;b alive;"
}
lets_in() { [[ $(netctl_in "$1" cluster status --format '{{.LetsIn}}') == "$2" ]]; }
# The host is given a certificate of the cluster's authority that has ended; what it had is in good.json.
expire() { # HOST
	host_stop "$1"
	signed_again "$1" Cert 20200101000000Z 20200102000000Z extendedKeyUsage=clientAuth
	cp "$T/again.pem" "$T/b.pem"
	cp "$T/again.key" "$T/b.key"
	host_start "$1"
}

is_not_renewed() { [[ $(netctl_in "$1" cluster status --format '{{.Certificate.Why}}') == "$2" ]]; } # HOST WHY
cert_of() { jq -r .Cert "$T/$1/state/cluster.json" >"$T/$1.now" && number_of "$T/$1.now"; } # HOST
has_another() { [[ $(cert_of "$1") != "$2" ]]; }                                            # HOST NUMBER
is_told() { # NUMBER…, of b
	local number
	etcdctl_on_a get --print-value-only /netd/v1/host/b >"$T/record" || return 1
	for number in "$@"; do jq -e --arg number "$number" '.Serials | index($number)' "$T/record" >/dev/null || return 1; done
}
etcd_forgets() { [[ -z $(etcdctl_on_a get --keys-only "$1") ]]; }
etcdctl_on_a() {
	local at=$T/a/state/etcd
	in_host a env ETCDCTL_API=3 etcdctl --endpoints "https://$(host_addr a):2389" --cacert "$at/ca.pem" --cert "$at/host.pem" --key "$at/host.key" "$@"
}

@test "a certificate is renewed before it ends, by what the host has: nothing is started again, and what was replaced is revoked with it" {
	local old new
	echo '{ "certificate-lifetime": 7200 }' >"$T/a/etc/netd/netd.json"
	host_restart a
	host_new b
	init
	join b "$(token)"
	wait_until 60 sees a "a alive;b alive;"
	# It is good for as long as the host that signs says, and its own for as long as the authority.
	cert_of b
	openssl x509 -noout -checkend 3600 -in "$T/b.now"
	refused openssl x509 -noout -checkend 7201 -in "$T/b.now"
	cert_of a
	openssl x509 -noout -checkend $((9 * 365 * 86400)) -in "$T/a.now"
	equals "$(netctl_in b cluster status --format '{{.Certificate.Soon}}')" false
	old=$(cert_of b)

	# Its time is nearly over: ten minutes of some years.
	host_stop b
	signed_again b Cert 20200101000000Z "$(date -u -d '+10 minutes' +%Y%m%d%H%M%SZ)" extendedKeyUsage=clientAuth
	old=$(number_of "$T/again.pem")
	# While nobody renews it, it says so. (etcd goes on, and b is in as it was.)
	host_stop a
	wait_until 30 no_usher a
	host_start b
	wait_until 60 is_not_renewed b "$(host_addr a) port 2391: Connection refused"
	equals "$(netctl_in b cluster status --format '{{.Certificate.Soon}}')" true
	netctl_in b doctor --format json >"$T/doctor" || true
	jq -e '[.Findings[] | select(.Code == "certificate-ends")] | length == 1' "$T/doctor"
	host_start a
	wait_until 90 has_another b "$old"
	new=$(cert_of b)
	wait_until 60 sees a "a alive;b alive;"
	wait_until 60 is_told "$old" "$new"
	equals "$(netctl_in b cluster status --format '{{.Certificate.Soon}}{{.Certificate.Why}}')" false
	wait_until 30 no_usher b
	refused grep -q 'has ended, and is started again' "$T/b/netd.log"
	# Both are worth nothing when the host is removed, and so is a new one by either.
	netctl_in a node rm --force b
	wait_until 60 is_revoked "$old"
	wait_until 60 is_revoked "$new"
	wait_until 60 is_out b
}

host_by() { by_clock "$T/clock.so" "$T/clock-$2" "$@"; } # COMMAND HOST …
@test "clocks of two hosts are two minutes apart, and one is set: tokens, certificates, leases and names do not mind" {
	clock_build "$T/clock.so"
	# a is restarted by a clock of its own, b begins with one.
	host_stop a
	set_clock 60 "$T/clock-a"
	set_clock -60 "$T/clock-b"
	host_by host_start a
	host_by host_new b
	equals "$(off_by a)" 1
	equals "$(off_by b)" -1
	matches "$(init)" '^a is in the cluster, of 1 hosts'
	wait_until 90 is_up
	# It ends by a's clock, who gives it, a minute before it would by b's. What a signs is of the future to b, but for a day.
	TOKEN=$(netctl_in a cluster token --rotate --valid 100 | grep -o 'netd1-[^ ]*')
	netctl_in b cluster join --token "$TOKEN" --name b "$(host_addr a)"
	wait_until 90 both_alive a
	wait_until 90 both_alive b
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 web
	wait_until 30 netctl_in b network inspect web
	attach_on a ux --network web
	attach_on b uy --network web
	wait_until 30 finds_name ux uy "$(address_on b uy)"
	wait_until 30 finds_name uy ux "$(address_on a ux)"
	# A clock that is set, by two minutes this way and by a day that way, costs nobody his lease: no lease is asked for anew.
	local lease
	lease=$(version_of alive/b)
	set_clock 60 "$T/clock-b"
	set_clock -86400 "$T/clock-a"
	sleep 5 # longer than a lease
	set_clock 0 "$T/clock-b"
	both_alive a
	both_alive b
	equals "$(version_of alive/b)" "$lease"
	finds_name ux uy "$(address_on b uy)"
	finds_name uy ux "$(address_on a ux)"
	# Lost and found as ever.
	host_stop b KILL
	wait_until 30 b_is_lost
	host_by host_start b
	wait_until 30 both_alive a
	wait_until 30 finds_name ux uy "$(address_on b uy)"
}
# By how many minutes the time that netd of a host shows is off.
off_by() { # HOST
	local shown
	netctl_in "$1" network create shown >/dev/null
	shown=$(netctl_in "$1" network inspect shown --format '{{.Created}}')
	$PYTHON -I -S -c '
import datetime, sys, time
print(round((datetime.datetime.fromisoformat(sys.argv[1][:19] + "+00:00").timestamp() - time.time()) / 60))' "$shown"
}
both_alive() { [[ $(netctl_in "$1" node ls --format '{{.Name}} {{.Status}}' | tr '\n' ';') == "a alive;b alive;" ]]; }
b_is_lost() { [[ $(netctl_in a node ls --format '{{.Name}} {{.Status}}' | tr '\n' ';') == "a alive;b lost;" ]]; }
address_on() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks | to_entries[0].value.IPAddress'; }
finds_name() { [[ $(in_c "$1" dig +short +time=10 +tries=2 @127.0.0.11 -q "$2") == "$3" ]]; }
# When a record was made, in revisions of etcd's.
version_of() { # KEY
	local at=$T/a/state/etcd
	in_host a env ETCDCTL_API=3 etcdctl --endpoints "https://$(host_addr a):2389" --cacert "$at/ca.pem" --cert "$at/host.pem" \
		--key "$at/host.key" get "/netd/v1/$1" -w json | jq '.kvs[0] | [.create_revision, .version]' | tr -d ' \n'
}
