#!/usr/bin/env bats
# cluster.bats - hosts that agree through an etcd: who is in, who is alive, and what becomes of it when etcd, a herald or a host
# does not answer
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Certificates are made once; each test has an etcd of its own.
setup_file() {
	export PKI=$BATS_FILE_TMPDIR/pki
	mkdir "$PKI"
	cd "$PKI"
	authority ca
	authority stranger
	issue ca member "subjectAltName=IP:192.0.2.10,IP:192.0.2.11,IP:192.0.2.12" 30
	issue ca host "" 30
	issue stranger other "" 30
	issue ca expired "" -1
	issue ca gone "" 30
	revoke ca gone
}

authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/O=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
# Of a CN etcd's gateway would make a user's name.
issue() { # AUTHORITY NAME EXTENSION DAYS
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=netd" -keyout "$2.key" -out "$2.csr" 2>/dev/null
	printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "$3" >"$2.ext"
	local dates=(-days "$4")
	# openssl x509 knows no date in the past; openssl ca does.
	if (($4 < 0)); then
		: >"$1.index"
		echo 01 >"$1.serial"
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s.index\nserial=%s.serial\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\n[p]\norganizationName=optional\n' \
			"$1" "$1" >"$1.cnf"
		openssl ca -batch -config "$1.cnf" -cert "$1.pem" -keyfile "$1.key" -in "$2.csr" -out "$2.pem" -extfile "$2.ext" \
			-startdate 20200101000000Z -enddate 20200102000000Z -notext 2>/dev/null
	else
		openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial "${dates[@]}" -extfile "$2.ext" -out "$2.pem" 2>/dev/null
	fi
}
# A list of what the authority takes back, which is in ca.crl.
revoke() { # AUTHORITY NAME
	printf 'R\t%s\t%s\t%s\tunknown\t/O=netd\n' 491231000000Z "$(date -u +%y%m%d%H%M%SZ)" \
		"$(openssl x509 -noout -serial -in "$2.pem" | cut -d= -f2)" >"$1.index"
	openssl ca -gencrl -config "$1.cnf" -cert "$1.pem" -keyfile "$1.key" -crldays 30 -out "$1.crl" 2>/dev/null
}

setup() { :; }

declare -gA ETCD_PID
etcd_start() { # HOST HOST…: of the first, a member beside the others
	local me=$1 host cluster=
	for host in "${@:2}"; do cluster+=${cluster:+,}$host=https://$(host_addr "$host"):2380; done
	local tls=(--cert-file "$PKI/member.pem" --key-file "$PKI/member.key" --trusted-ca-file "$PKI/ca.pem" --client-cert-auth --client-crl-file "$PKI/ca.crl"
		--peer-cert-file "$PKI/member.pem" --peer-key-file "$PKI/member.key" --peer-trusted-ca-file "$PKI/ca.pem" --peer-client-cert-auth)
	spawn_to "$T/etcd-$me.log" in_host "$me" etcd --name "$me" --data-dir "$T/etcd-$me" \
		--listen-client-urls "$(url_of "$me")" --advertise-client-urls "$(url_of "$me")" \
		--listen-peer-urls "https://$(host_addr "$me"):2380" --initial-advertise-peer-urls "https://$(host_addr "$me"):2380" \
		--initial-cluster "$cluster" --initial-cluster-state new "${tls[@]}"
	ETCD_PID[$me]=$SPAWNED
}
etcd_stop() { # HOST [SIGNAL]
	kill -"${2:-KILL}" "${ETCD_PID[$1]}"
	wait "${ETCD_PID[$1]}" 2>/dev/null || true
}
url_of() { echo "https://$(host_addr "$1"):2379"; }
# etcd's own client, as a host would speak to the member of HOST.
etcdctl_at() { # HOST ARGUMENT…
	local host=$1
	shift
	in_host "$host" env ETCDCTL_API=3 etcdctl --endpoints "$(url_of "$host")" --cacert "$PKI/ca.pem" --cert "$PKI/host.pem" --key "$PKI/host.key" "$@"
}
etcd_answers() { etcdctl_at "$1" endpoint health; }
one_etcd() { # of host a
	etcd_start a a
	wait_until 30 etcd_answers a
}

enter() { # VERB HOST ETCD-URLS [OPTION…]
	local verb=$1 host=$2 urls=$3
	shift 3
	netctl_in "$host" cluster "$verb" --advertise-addr "$(host_addr "$host")" --etcd "$urls" --cacert "$PKI/ca.pem" \
		--cert "$PKI/host.pem" --key "$PKI/host.key" --name "$host" "$@"
}
nodes() { netctl_in "$1" node ls --format '{{.Name}} {{.Status}}' | tr '\n' ';'; }
sees() { [[ $(nodes "$1") == "$2" ]]; }
state() { netctl_in "$1" cluster status --format '{{.State}}'; }
why() { netctl_in "$1" cluster status --format '{{.Why}}'; }
stands() { [[ $(state "$1") == "$2" ]]; }
# With SAVE_REPORTS=DIRECTORY what is said of it is written there, for explain/doctor_screens.bats.
doctor_names() { # HOST CODE
	local said
	said=$(netctl_in "$1" doctor --format json) || true
	[[ -z ${SAVE_REPORTS:-} ]] || jq '.TookMilliseconds = 12.3 | .Repaired = []' <<<"$said" | sed "s/$P-//g" >"$SAVE_REPORTS/$2"
	jq -e --arg code "$2" '.Findings | map(.Code) | index($code)' <<<"$said"
}
herald_pid() { cat "$T/$1/run/herald.pid"; }
keys() { etcdctl_at a get --prefix /netd/v1/ --keys-only | grep .; }
has_no_key() { ! keys | grep -q "$1"; }

@test "hosts join, see each other, are seen to be lost and to come back, and leave nothing behind" {
	host_new a
	host_new b
	one_etcd
	equals "$(state a)" none
	equals "$(enter init a "$(url_of a)")" "a is in the cluster, of 1 hosts"
	equals "$(enter join b "$(url_of a)")" "b is in the cluster, of 2 hosts"
	wait_until 30 sees a "a alive;b alive;"
	wait_until 30 sees b "a alive;b alive;"
	wait_until 30 stands b fresh
	equals "$(netctl_in a node inspect b --format '{{.Addresses}} {{.Self}}')" "[$(host_addr b)] false"
	equals "$(keys | sort | tr '\n' ' ')" "/netd/v1/alive/a /netd/v1/alive/b /netd/v1/host/a /netd/v1/host/b "

	# A herald that is killed is started again, and its records do not go meanwhile.
	local before
	before=$(herald_pid b)
	kill -9 "$before"
	wait_until 30 is_another_herald b "$before"
	wait_until 30 stands b fresh
	wait_until 30 sees a "a alive;b alive;"
	equals "$(etcdctl_at a get /netd/v1/host/b -w json | jq '.kvs[0].version')" 1

	# One that stood still until its lease was over has another as soon as it goes on.
	kill -STOP "$(herald_pid b)"
	wait_until 30 sees a "a alive;b lost;"
	kill -CONT "$(herald_pid b)"
	wait_until 30 sees a "a alive;b alive;"

	# A host is lost when nothing is heard of it, and back when something is.
	host_stop b KILL
	wait_until 30 sees a "a alive;b lost;"
	host_start b
	wait_until 30 sees a "a alive;b alive;"
	wait_until 30 sees b "a alive;b alive;"

	netctl_in b cluster leave
	equals "$(state b)" none
	[[ ! -e $T/b/state/cluster.json ]]
	wait_until 30 sees a "a alive;"
	equals "$(keys | sort | tr '\n' ' ')" "/netd/v1/alive/a /netd/v1/host/a "
	wait_until 30 has_ended "$(herald_pid b)"
}
# (The file is empty before the number is in it.)
is_another_herald() {
	local pid
	pid=$(herald_pid "$1") && [[ -n $pid && $pid != "$2" ]]
}
# refuses SENTENCE COMMAND…: it fails with these words
refuses() {
	local words=$1
	shift
	! "$@" 2>"$T/refused" || return 1
	cat "$T/refused"
	grep -qF -- "$words" "$T/refused"
}

@test "who may not join is told why, and nothing of it stays" {
	host_new a
	host_new b
	one_etcd
	refuses "this etcd has no cluster yet: \`netctl cluster init\` makes one" enter join a "$(url_of a)"
	refuses "certificate" enter init a "$(url_of a)" --cacert "$PKI/stranger.pem"
	refuses "certificate" enter init a "$(url_of a)" --cert "$PKI/other.pem" --key "$PKI/other.key"
	refuses "expired" enter init a "$(url_of a)" --cert "$PKI/expired.pem" --key "$PKI/expired.key"
	refuses "revoked" enter init a "$(url_of a)" --cert "$PKI/gone.pem" --key "$PKI/gone.key"
	refuses "over TLS only" enter init a "http://$(host_addr a):2379"
	# Where nobody listens it is asked a few times, and not until the time is over.
	in_host b nft -f - <<-END
		table inet count { chain out { type filter hook output priority 0; ip daddr $(host_addr a) tcp dport 2378 tcp flags syn counter; }; }
	END
	refuses "https://$(host_addr a):2378: " enter init b "https://$(host_addr a):2378"
	(($(in_host b nft -j list table inet count | jq '[.. | .packets? // empty] | add') <= 6))
	in_host b nft delete table inet count
	equals "$(state b)" none
	equals "$(state a)" none
	[[ ! -e $T/a/state/cluster.json ]]
	equals "$(keys || true)" ""
	equals "$(pgrep -x '\(netd-herald\)' --ns "${NETD_PID[a]}" --nslist net || true)" ""

	enter init a "$(url_of a)"
	refuses "this etcd has a cluster: a is in it" enter init b "$(url_of a)"
	refuses "a host called a is in the cluster" enter join b "$(url_of a)" --name a
	refuses "this host is in a cluster, as a" enter join a "$(url_of a)"
	equals "$(state b)" none
	enter join b "$(url_of a)"
	# The herald is nobody, and can do nothing.
	matches "$(cat "/proc/$(herald_pid b)/status")" 'CapEff:[[:space:]]*0000000000000000'
	matches "$(cat "/proc/$(herald_pid b)/status")" 'Seccomp:[[:space:]]*2'
	# Its authority is good for 30 days, of which one has begun; nobody is troubled before a quarter is left.
	matches "$(netctl_in b cluster status)" '^Certificate: ends 20[0-9-]*T[0-9:]*Z, in 29 days$'
	(($(netctl_in b cluster status --format '{{.Certificate.Left}}') > 29 * 86400 - 3600))
	[[ $(stat -c %a "$T/b/state/cluster.json") == 600 ]]

	# An alive host is not removed by mistake; one that is knows it, and writes nothing any more.
	refuses "host b is alive" netctl_in a node rm b
	refuses "a is this host" netctl_in a node rm a
	refuses "there is no host c in the cluster" netctl_in a node rm c
	netctl_in a node rm --force b
	wait_until 30 stands b removed
	matches "$(why b)" 'b was removed from the cluster'
	wait_until 30 sees a "a alive;"
	has_no_key /b
	netctl_in b cluster leave
	enter join b "$(url_of a)"
	wait_until 30 sees a "a alive;b alive;"
}

@test "etcd dies and comes back, forgets what has changed, is full, is older: hosts say so and go on" {
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	wait_until 30 sees a "a alive;b alive;"
	etcd_stop a
	wait_until 30 stands b trying
	matches "$(why b)" "https://$(host_addr a):2379: "
	wait_until 30 doctor_names b cluster-unreached
	# What was known stays, and a container is attached as ever.
	sees b "a alive;b alive;"
	attach_on b c1 --network bridge
	etcd_start a a
	wait_until 30 stands a fresh
	wait_until 30 stands b fresh
	wait_until 30 sees a "a alive;b alive;"
	equals "$(why b)" ""

	# While b hears nothing, what has happened is forgotten by etcd: b reads everything anew.
	in_host b ip link set up0 down
	wait_until 30 stands b trying
	wait_until 30 sees a "a alive;b lost;"
	wait_until 30 doctor_names a cluster-host-lost
	etcdctl_at a put /netd/v1/host/ghost '{"Id":"'"$(printf 'e%.0s' {1..64})"'","IPv4":"192.0.2.99","Version":"1"}'
	etcdctl_at a put /netd/v1/host/wrong '{"Id":7}'
	etcdctl_at a compact "$(etcdctl_at a endpoint status -w json | jq '.[0].Status.header.revision')"
	in_host b ip link set up0 up
	wait_until 30 sees b "a alive;b alive;ghost lost;"
	wait_until 30 stands b fresh
	grep -q 'all records are read again' "$T/b/netd.log"
	grep -q 'no record that makes sense under /netd/v1/host/wrong' "$T/b/netd.log"
	netctl_in a node rm ghost
	wait_until 30 sees b "a alive;b alive;"

	# A full etcd takes nothing new: a host that comes back says what it is waiting for, and is back at once when there is room.
	etcd_alarm ACTIVATE
	host_stop b KILL
	wait_until 30 sees a "a alive;b lost;"
	host_start b
	wait_until 30 complains b 'is full and does not take records'
	etcd_alarm DEACTIVATE
	wait_until 30 sees a "a alive;b alive;"
	wait_until 30 complains b '^$'

	# An etcd without anything: what it does not know any more is not there.
	etcd_stop a
	rm -rf "$T/etcd-a"
	etcd_start a a
	wait_until 30 stands a removed
	wait_until 30 stands b removed
	wait_until 30 doctor_names b cluster-removed
	sees a ""
	netctl_in a cluster leave --force
	enter init a "$(url_of a)"
	wait_until 30 sees a "a alive;"
}
etcd_alarm() { # ACTION
	in_host a curl -sS --fail --cacert "$PKI/ca.pem" --cert "$PKI/host.pem" --key "$PKI/host.key" "$(url_of a)/v3/maintenance/alarm" \
		-d "{\"action\":\"$1\",\"alarm\":\"NOSPACE\",\"memberID\":\"$(etcdctl_at a endpoint status -w json | jq -r '.[0].Status.header.member_id')\"}"
}
complains() { why "$1" | grep -qE "$2"; }

@test "of three members the leader is killed, and one is cut off from the others: hosts go to the next" {
	local host leader other
	for host in a b c; do host_new "$host"; done
	for host in a b c; do etcd_start "$host" $(members_but "$host"); done
	wait_until 60 etcd_answers a
	local urls
	urls=$(url_of a),$(url_of b),$(url_of c)
	enter init a "$urls"
	enter join b "$urls"
	enter join c "$urls"
	for host in a b c; do wait_until 30 sees "$host" "a alive;b alive;c alive;"; done
	leader=$(leader_of)
	etcd_stop "$leader"
	for host in a b c; do wait_until 30 stands_with_others "$host" "$leader"; done
	for host in a b c; do wait_until 30 sees "$host" "a alive;b alive;c alive;"; done
	etcd_start "$leader" $(members_but "$leader")
	wait_until 60 etcd_answers "$leader"

	# The member that c is with hangs when somebody waits for it: the next one does what was asked.
	for host in a b c; do wait_until 30 stands "$host" fresh; done
	other=$(member_of c)
	kill -STOP "${ETCD_PID[$other]}"
	netctl_in c cluster leave
	kill -CONT "${ETCD_PID[$other]}"
	wait_until 30 sees b "a alive;b alive;"
	wait_until 60 etcd_answers "$other"
	wait_until 30 stands b fresh

	# The member that b is with hears of nobody any more. It answers, and b does not listen.
	other=$(member_of b)
	in_host "$other" nft add table inet cut
	in_host "$other" nft add chain inet cut in '{ type filter hook input priority 0; }'
	in_host "$other" nft add chain inet cut out '{ type filter hook output priority 0; }'
	in_host "$other" nft add rule inet cut in 'tcp dport 2380 drop; add rule inet cut in tcp sport 2380 drop'
	in_host "$other" nft add rule inet cut out 'tcp dport 2380 drop; add rule inet cut out tcp sport 2380 drop'
	wait_until 60 stands_with_others b "$other"
	wait_until 30 sees b "a alive;b alive;"
	# And who comes may have been told of that one first.
	enter join c "$(url_of "$other"),$urls"
	wait_until 30 sees b "a alive;b alive;c alive;"
	refuses "host b is alive" netctl_in c node rm b
}
members_but() { # HOST: it first, and the others
	local host
	echo "$1"
	for host in a b c; do [[ $host == "$1" ]] || echo "$host"; done
}
leader_of() {
	local host
	for host in a b c; do
		[[ $(etcdctl_at "$host" endpoint status -w json | jq '.[0].Status | .leader == .header.member_id') != true ]] || echo "$host"
	done
}
member_of() { # HOST: the host whose member it is with
	local host url
	url=$(netctl_in "$1" cluster status --format '{{.Member}}')
	for host in a b c; do [[ $url != "$(url_of "$host")" ]] || echo "$host"; done
}
stands_with_others() { [[ $(state "$1") == fresh && $(member_of "$1") != "$2" ]]; }

# A container's address, which netctl of its own host knows.
address() { # HOST CONTAINER [MEMBER]
	netctl_in "$1" inspect "$2" | jq -r --arg key "${3:-IPAddress}" '.[0].NetworkSettings.Networks | to_entries[0].value[$key]'
}
pings() { in_c "$1" ping -q -n -c 1 -W 20 "$2"; }
asked() { in_c "$1" dig +short +time=10 +tries=2 @127.0.0.11 -q "${@:2}"; }
finds() { [[ $(asked "$1" "$2") == "$3" ]]; }
finds_none() { [[ -z $(asked "$1" "$2") ]]; }
id_of() { netctl_in "$1" network inspect "$2" | jq -r '.[0].Id'; }
same_network() { [[ $(id_of a "$1") == $(id_of b "$1") && -n $(id_of a "$1") ]]; }
knows_no() { ! netctl_in "$1" network inspect "$2"; }

@test "a network made on one host is on all, and containers reach each other by address and by name" {
	local was
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	wait_until 30 stands a fresh
	wait_until 30 stands b fresh
	# Who names it on another host before that has heard of it waits for word of it, and then for addresses; the same words
	# refuse one that nobody has made, as soon as etcd says so.
	container_ns uy >/dev/null
	kill -STOP "$(herald_pid b)"
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 --ipv6 --subnet fd77::/64 web
	keys | grep -qx /netd/v1/net/web # when it is answered
	spawn_to "$T/early" attach_on b uy --network web --alias db
	refuses 'network nosuch not found' netctl_in a network inspect nosuch
	kill -CONT "$(herald_pid b)"
	wait "$SPAWNED"
	# Who has made it has a block of addresses.
	attach_on a ux --network web
	wait_until 30 finds ux uy "$(address b uy)"
	wait_until 30 finds uy ux "$(address a ux)"
	wait_until 30 finds ux db "$(address b uy)"
	wait_until 30 pings ux "$(address b uy)"
	wait_until 30 pings uy "$(address a ux GlobalIPv6Address)"
	[[ $(address a ux | cut -d. -f3-4) != $(address b uy | cut -d. -f3-4) ]]
	# netd is killed and etcd is away: packets go on, and attaches from the host's own block
	was=$(address b uy)
	etcd_stop a
	host_stop b KILL
	wait_until 30 pings ux "$was"
	host_start b
	attach_on a uz --network web
	# what etcd does not know yet is said
	netctl_in a network create -d overlay --subnet 10.76.0.0/16 alone 2>"$T/warned"
	grep -q 'etcd has not taken network alone yet' "$T/warned"
	etcd_start a a
	wait_until 30 netctl_in b network inspect alone
	wait_until 30 finds uy uz "$(address a uz)"
	wait_until 30 pings uy "$(address a uz)"
	# gone there, gone here
	netctl_in b detach uy
	wait_until 30 finds_none ux uy
	# two make a network of one name at once: one of them is everybody's, and the other is refused
	spawn_to "$T/two-a" netctl_in a network create -d overlay --subnet 10.78.0.0/16 two
	local first=$SPAWNED refused=0
	netctl_in b network create -d overlay --subnet 10.79.0.0/16 two >"$T/two-b" 2>&1 || refused=1
	wait "$first" || refused=$((refused + 1))
	equals "$refused" 1
	grep -qF 'network with name two already exists' "$T/two-a" "$T/two-b"
	wait_until 30 same_network two
	# one that is removed and made anew at once under its name is there, and not removed with the record of before
	was=$(id_of a two)
	netctl_in a network rm two
	netctl_in a network create -d overlay --subnet 10.80.0.0/16 two
	[[ $(id_of a two) != "$was" ]]
	wait_until 30 same_network two
	equals "$(etcdctl_at a get --print-value-only /netd/v1/net/two | jq -r .Id)" "$(id_of a two)"
	# one that is removed while a host is down is gone there, too, when it is back: nothing is claimed that was removed
	host_stop b KILL
	netctl_in a network rm alone
	wait_until 30 has_no_key /net/alone
	host_start b
	wait_until 30 stands b fresh
	netctl_in b network create -d overlay --subnet 10.81.0.0/16 later # claimed behind all that would be
	wait_until 30 same_network later
	knows_no b alone
	has_no_key /net/alone
	# removed on one host it is on none, and nobody has a block of it; not while anybody is on it
	netctl_in b attach uw --netns "$(container_ns uw)" --network web
	netctl_in a detach ux
	netctl_in a detach uz
	wait_until 30 refuses "network web has containers on other hosts (uw on b)" netctl_in a network rm web
	equals "$(netctl_in a network prune -f | grep -cx 'two\|later\|web')" 2
	netctl_in b detach uw
	wait_until 30 netctl_in a network rm web
	wait_until 30 knows_no b web
	wait_until 30 has_no_key /net/web
	knows_no a web
	wait_until 30 knows_no b two
	wait_until 30 has_no_key /block/
}

@test "what is removed while etcd is away stays removed, though netd is killed and started before etcd is back" {
	local was
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	wait_until 30 stands a fresh
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 stays
	netctl_in a network create -d overlay --subnet 10.78.0.0/16 goes
	netctl_in a network create -d overlay --subnet 10.79.0.0/16 anew
	netctl_in a service create front --network stays --port 80
	wait_until 30 netctl_in b service inspect front
	wait_until 30 same_network goes
	wait_until 30 same_network anew
	was=$(id_of a anew)
	etcd_stop a
	wait_until 30 stands a trying
	netctl_in a service rm front
	netctl_in a network rm goes
	netctl_in a network rm anew
	[[ $(stat -c %a "$T/a/state/cluster-removed") == 600 ]]
	host_stop a KILL
	host_start a
	# Another one of a name waits until that of before has gone.
	netctl_in a network create -d overlay --subnet 10.80.0.0/16 anew
	etcd_start a a
	wait_until 30 knows_no b goes
	wait_until 30 has_no_key /svc/front
	wait_until 30 same_network anew
	[[ $(id_of a anew) != "$was" ]]
	has_no_key /net/goes
	knows_no a goes
	refuses "service front not found" netctl_in a service inspect front
	refuses "service front not found" netctl_in b service inspect front
	netctl_in b network inspect stays
	wait_until 30 nothing_noted a
}
nothing_noted() { [[ ! -e $T/$1/state/cluster-removed ]]; }

# In etcd: how many blocks of a network HOST has.
n_blocks() { # HOST NETWORK
	etcdctl_at a get --prefix "/netd/v1/block/$(id_of a "$2")/" --print-value-only | grep -c "\"Host\":\"$1\"" || true
}
has_blocks() { [[ $(n_blocks "$1" "$2") == "$3" ]]; }
n_all_blocks() { # NETWORK
	echo $(($(n_blocks a "$1") + $(n_blocks b "$1")))
}

@test "hosts want one block at the same moment: one has it, the other another or none, and no address is given twice" {
	local i holder other n_won_a=0
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	for i in a b; do wait_until 30 stands "$i" fresh; done
	# Of one block each: both hosts claim it as soon as they hear of the network, which is when it is made.
	for i in {1..8}; do
		netctl_in a network create -d overlay --subnet "10.60.$i.0/26" "one$i"
	done
	for i in {1..8}; do
		wait_until 30 netctl_in b network inspect "one$i"
		wait_until 30 has_one_block "one$i"
		holder=$(holder_of "one$i")
		[[ $holder != a ]] || n_won_a=$((n_won_a + 1))
	done
	echo "of 8 blocks a has $n_won_a"
	# Who has it gives its addresses, and who does not says so.
	holder=$(holder_of one1) other=b
	[[ $holder == a ]] || other=a
	attach_on "$holder" first --network one1
	refuses "one1" netctl_in "$other" attach second --netns "$(container_ns second)" --network one1
	# Of two blocks each: whoever was second takes the other one.
	for i in {1..8}; do
		netctl_in b network create -d overlay --subnet "10.61.$i.0/25" "two$i"
	done
	for i in {1..8}; do
		wait_until 30 netctl_in a network inspect "two$i"
		wait_until 30 has_blocks a "two$i" 1
		wait_until 30 has_blocks b "two$i" 1
	done
	for i in {1..8}; do
		attach_on a "a$i" --network "two$i"
		attach_on b "b$i" --network "two$i"
		[[ $(address a "a$i") != "$(address b "b$i")" ]]
		[[ $(block_of "$(address a "a$i")") != "$(block_of "$(address b "b$i")")" ]]
	done
}
holder_of() { etcdctl_at a get --prefix "/netd/v1/block/$(id_of a "$1")/" --print-value-only | jq -r .Host; }
has_one_block() { [[ $(n_all_blocks "$1") == 1 ]]; }
block_of() { echo $((${1##*.} / 64)); }

@test "a host sleeps while etcd forgets what has changed: it reads all anew, and no name of before is left" {
	local before gone
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	wait_until 30 stands b fresh
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 web
	wait_until 30 netctl_in b network inspect web
	attach_on b uy --network web
	attach_on a gone --network web
	wait_until 30 finds uy gone "$(address a gone)"
	gone=$(id_of_container a gone)
	before=$(grep -c 'all records are read again' "$T/b/netd.log" || true)
	# As a virtual machine that is taken away, and has the connections of before when it goes on.
	kill -STOP "${NETD_PID[b]}" "$(herald_pid b)"
	wait_until 30 sees a "a alive;b lost;"
	# What would wait for it in its connection has none.
	etcd_stop a
	etcd_start a a
	wait_until 30 stands a fresh
	netctl_in a detach gone
	attach_on a new --network web
	wait_until 30 has_key "/end/a/.*$(id_of_container a new)"
	wait_until 30 has_no_key "$gone"
	etcdctl_at a compact "$(etcdctl_at a endpoint status -w json | jq '.[0].Status.header.revision')"
	kill -CONT "${NETD_PID[b]}" "$(herald_pid b)"
	wait_until 30 sees a "a alive;b alive;"
	wait_until 30 finds uy new "$(address a new)"
	wait_until 30 finds_none uy gone
	wait_until 30 stands b fresh
	(($(grep -c 'all records are read again' "$T/b/netd.log") > before))
}
id_of_container() { netctl_in "$1" inspect "$2" | jq -r '.[0].Id'; }
has_key() { keys | grep -q "$1"; }

@test "a container moves to another host, and a host is rebooted: names follow, and no address is given twice" {
	local i was moved
	host_new a
	host_new b
	one_etcd
	enter init a "$(url_of a)"
	enter join b "$(url_of a)"
	for i in a b; do wait_until 30 stands "$i" fresh; done
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 web
	wait_until 30 netctl_in b network inspect web
	attach_on a asker --network web
	attach_on a mover --network web
	for i in {1..5}; do attach_on b "b$i" --network web; done
	wait_until 30 finds asker b5 "$(address b b5)"
	was=$(address a mover)
	netctl_in a detach mover
	attach_on b mover --network web
	moved=$(address b mover)
	[[ $moved != "$was" ]]
	wait_until 30 finds asker mover "$moved"
	wait_until 30 pings asker "$moved"
	# Its address stays in the block of the host that it has left: who asks for it by number is told so, and nobody else had it.
	refuses "not this host's to give" netctl_in b attach keeps --netns "$(container_ns keeps)" --network web --ip "$was"
	[[ -z $(in_c asker dig +short +time=10 +tries=2 @127.0.0.11 -q -x "$was") ]]
	# And back: it has the address that it had.
	netctl_in b detach mover
	attach_on a mover --network web
	equals "$(address a mover)" "$was"
	wait_until 30 finds asker mover "$was"

	# A host loses its power: what it had is gone from all names when it is back, and its blocks are its own.
	moved=$(n_all_blocks web)
	ping_begins asker
	for i in {1..5}; do ip netns del "$P-c-b$i"; done
	host_reboot b
	wait_until 60 stands b fresh
	for i in {1..5}; do wait_until 30 finds_none asker "b$i"; done
	for i in {1..9}; do attach_on b "n$i" --network web; done
	for i in {1..9}; do wait_until 30 finds asker "n$i" "$(address b "n$i")"; done
	equals "$(n_all_blocks web)" "$moved"
	ping_ends
	{
		for i in asker mover; do address a "$i"; done
		for i in {1..9}; do address b "n$i"; done
	} | sort >"$T/addresses"
	equals "$(wc -l <"$T/addresses")" 11
	equals "$(uniq -d "$T/addresses")" ""
	wait_until 30 pings asker "$(address b n9)"
}
# Ten times a second between two containers of the host that is not rebooted: none is lost.
ping_begins() { # CONTAINER
	spawn_to "$T/pinged" in_c "$1" ping -n -i 0.1 -W 20 "$(address a mover)"
	PINGER=$SPAWNED
}
ping_ends() {
	kill -INT "$PINGER"
	wait "$PINGER" || true
	cat "$T/pinged"
	grep -q ' 0% packet loss' "$T/pinged"
}
