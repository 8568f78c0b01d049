# counts.bats - how many system calls, netlink messages and instructions an attach, a detach and a query take, at the most
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The ceilings, and what each is made of: tests/counts.txt. Nothing here is a time, so a busy machine changes nothing.
load lib

CEILINGS=$LIB/../counts.txt
TIMES=8

trace_begins() { # PID [OPTION…]
	spawn strace -qq -yy -v -s 200 -p "$1" -o "$T/trace" "${@:2}"
	TRACER=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$TRACER\$" "/proc/$1/status"
}
trace_ends() {
	kill "$TRACER"
	wait "$TRACER" 2>/dev/null || true
}
judged() { # NAME FIRST LAST [NEXT]: what is said stands in $T/judged when it is as it should be
	$PYTHON -I -S "$LIB/counts.py" calls "$CEILINGS" "$1" "$T/trace" "${@:2}" 2>>"$T/judged"
}
no_port() { [[ $(ip -n "$P-h" -o link show type veth | wc -l) -eq 1 ]]; } # the wire alone

attaches_and_detaches() { # OPTION…
	local i
	for i in $(seq "$TIMES"); do
		attach "c$i" --network front "$@"
		netctl detach "c$i"
		wait_until 30 no_port # what the sweep does is part of it
	done
}

@test "an attach and a detach take no more system calls and netlink messages than they did" {
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	trace_begins "${NETD_PID[h]}"
	attaches_and_detaches
	trace_ends
	# There and back, once for each attach: nobody looks inside once more behind the reply.
	equals "$(grep -c '^setns(' "$T/trace")" $((2 * TIMES))
	judged attach '"POST /netd/v1/containers ' '"HTTP/1.1 201'
	judged detach '"DELETE /netd/v1/containers/' '"HTTP/1.1 20' next
}

@test "nor do they with a published port" {
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	trace_begins "${NETD_PID[h]}"
	attaches_and_detaches -p 8080:80
	trace_ends
	judged "attach with a port" '"POST /netd/v1/containers ' '"HTTP/1.1 201'
	judged "detach with a port" '"DELETE /netd/v1/containers/' '"HTTP/1.1 20' next
}

# The host's routes are read once, however many ask for them, and no interface is asked for its name.
@test "nor do the making and the removal of a network" {
	local i
	netctl network create --subnet 10.202.0.0/16 --ipv6 --subnet fd00:202::/64 first # the host forwards from here on
	trace_begins "${NETD_PID[h]}"
	for i in $(seq "$TIMES"); do
		netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
		netctl network rm front
	done
	trace_ends
	judged "network create" '"POST /networks/create' '"HTTP/1.1 201'
	# The bridge is deleted some milliseconds later: with this removal, or behind the next request.
	judged "network remove" '"DELETE /networks/' '"HTTP/1.1 20'
}

# containers_until N: from c0 on, and each of the first ten publishes five ports
containers_until() {
	local i
	for ((; N_CONTAINERS < $1; N_CONTAINERS++)); do
		i=$N_CONTAINERS
		attach "c$i" --network front $( ((i >= 10)) || printf -- '-p %s:80 ' "$((8000 + i))" "$((8100 + i))" "$((8200 + i))" \
			"$((8300 + i))" "$((8400 + i))")
	done
}
explained_world() {
	N_CONTAINERS=0
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	containers_until 10
	serve c2 80
	wait_until 30 netctl explain c1 c2:80
}
explained() { # TIMES; by no netctl, which helps itself where netd is slow
	local i
	for i in $(seq "$1"); do
		equals "$(api_body GET "/netd/v1/explain?from=c1&to=${ASKED:-c2:80}" | jq -r .Verdict)" "${WANTED:-reachable}"
	done
}
# Leaves what the plumber did in $T/trace, and what the processes did that it started in $T/explain. Not at once: those that are
# traced take so long that the plumber's beats come in between.
explanations() {
	local pid=${NETD_PID[h]}
	trace_begins "$pid" -ff
	explained "$TIMES"
	trace_ends
	rm "$T/trace.$pid"
	cat "$T"/trace.* >"$T/explain"
	rm "$T"/trace.*
	trace_begins "$pid"
	explained $((2 * TIMES))
	trace_ends
}
explanations_judged() {
	judged "explain" '"GET /netd/v1/explain' '^sendmsg\(.*"HTTP/1.1 200'
	$PYTHON -I -S "$LIB/counts.py" calls "$CEILINGS" "netd-explain" "$T/explain" '^execve\(' '^exit_group\(' 2>>"$T/judged"
}

@test "an explanation of a pair takes no more than it did" {
	explained_world
	explanations
	explanations_judged
}

# As netd-explain asks for it. It is of all containers, for anybody may have what is B's, and none of their ports, of which there may be
# thousands: what of it grows is a container's text.
@test "nor is what netd tells of ten containers for it longer than it was" {
	local parts=/netd/v1/snapshot?parts=networks,containers,resolver
	explained_world
	grep -qF "${parts#*\?}" "$NETD_BUILD/netd-explain" # so it does
	$PYTHON -I -S "$LIB/counts.py" bytes "$CEILINGS" "snapshot for netd-explain" "$(api_body GET "$parts" | wc -c)" 2>>"$T/judged"
}

# What was counted is the most from here on, and 5 % more, and 10 calls.
ceilings_of_now() {
	CEILINGS=$T/ceilings
	: >"$CEILINGS"
	explanations_judged >"$T/took" || true # there are no ceilings yet
	# "NAME: COUNT UNIT, and no ceiling for them: …"
	sed -En 's/^(.*): ([0-9]+) (.*), and no ceiling.*/\2\t\3\t\1/p' "$T/took" |
		awk -F'\t' '{ printf "%d  %s  %s  what it took, and some\n", $1 * 1.05 + (/system calls/ ? 10 : 0), $2, $3 }' >"$CEILINGS"
	equals "$(grep -c 'system calls' "$CEILINGS")" 2
}

# Links, addresses on the wire and elements of sets grow; they are read in large answers. 5 % more are let pass, and 10 calls:
# an explanation lasts longer than any change, and a beat may come in between.
@test "nor does one among forty containers take more than one among ten" {
	explained_world
	explanations
	ceilings_of_now
	containers_until 40
	explanations
	explanations_judged
}

four_hundred_links() {
	local i
	for i in {1..200}; do
		echo "link add f$i up type veth peer name g$i"
		echo "link set g$i up"
	done >"$T/batch"
	in_host h ip -batch "$T/batch"
	wait_until 30 each_has_an_address # of IPv6, which comes by itself
}
each_has_an_address() { [[ $(ip -n "$P-h" -6 -o addr show scope link -tentative | grep -c ' [fg][0-9]* ') -eq 400 ]]; }

# Each has addresses, routes and entries of its own, and is asked for by nobody: not where the way leads through the host, nor where
# there is none, and a link that is down might be why.
@test "nor does one among four hundred links that it does not concern" {
	explained_world
	in_host h ip route flush exact 0.0.0.0/0
	ASKED=198.51.100.7:80 WANTED=unreachable
	explanations
	ceilings_of_now
	four_hundred_links
	explanations
	explanations_judged
}

# What the kernel has to say of them, if it is asked, comes in large answers: one call more for hundreds.
@test "nor does the kernel tell it more there" {
	local asked=(c2:80 %5Bfd00:201::4%5D:80 192.0.2.10:8002 %5B2001:db8::10%5D:8002 192.0.2.1:80 host:80)
	explained_world
	netlink_says "${asked[@]}" >"$T/few"
	four_hundred_links
	netlink_says "${asked[@]}" >"$T/many"
	paste "$T/few" "$T/many"
	[[ $(wc -l <"$T/few") -eq ${#asked[@]} ]]
	paste "$T/few" "$T/many" | awk '$1 < 1000 || $3 > $1 * 1.05 { bad = 1 } END { exit bad }'
}
# netlink_says B…: for each how many bytes netlink has told the process that explains c1 -> B, the least of three
netlink_says() {
	local pid=${NETD_PID[h]} to i file
	for to; do
		trace_begins "$pid" -ff -e trace=recvfrom
		for i in 1 2 3; do
			api_body GET "/netd/v1/explain?from=c1&to=$to" | jq -e '.Verdict | length > 0' >/dev/null
		done
		trace_ends
		rm "$T/trace.$pid"
		for file in "$T"/trace.*; do
			awk '/<NETLINK:/ && /= [0-9]+$/ { n += $NF } END { if (n) print n }' "$file"
		done | sort -n | head -n 1 | sed "s/$/ $to/"
		rm "$T"/trace.*
	done
}

faults_of() { awk '{ print $10 }' "/proc/$1/stat"; } # pages that it did not have yet, its children's apart

# Memory that is taken from the kernel and given back each time costs more than all of a small change's system calls, and no call
# tells of it: a table of 768 KiB for a container's ports, made for one without any, made an attach half as slow again.
@test "an attach and a detach are content with the memory that is there" {
	local before pages
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	attaches_and_detaches -p 8080:80
	before=$(faults_of "${NETD_PID[h]}")
	attaches_and_detaches -p 8080:80
	pages=$((($(faults_of "${NETD_PID[h]}") - before) / TIMES))
	echo "$pages pages each"
	((pages <= 32))
}

# questions NAME…: one after the other and by one process, so that little comes between two of them
questions() {
	printf '%s\n' "$@" >"$T/questions"
	in_c client dig @127.0.0.11 +tries=1 +time=10 +short -f "$T/questions" >"$T/answers"
	equals "$(grep -c . "$T/answers")" $#
}

@test "a query takes no more system calls than it did" {
	local i
	netctl network create --subnet 10.201.0.0/16 front
	attach web --network front
	attach client --network front
	upstream
	trace_begins "$(resolver_pid h)"
	questions $(for i in {1..30}; do echo web; done)
	questions $(for i in {1..30}; do echo "w$i.ok.test"; done)
	# By a process each: the end of a connection would be seen in the midst of the next.
	for i in $(seq "$TIMES"); do equals "$(ask client +tcp web)" "$(ip4_of web)"; done
	trace_ends
	judged "query" '^epoll_wait\(' '^sendmmsg\('
	judged "query over TCP" '^accept4\(.*TCP.*= [0-9]' '^close\(.*<TCP'
	judged "forwarded query" '^recvmmsg\(.*ok.4test' '^sendto\(.*ok.4test.*127\.0\.0\.1'
}

@test "an answer, an address and a change of the ruleset take no more instructions than they did" {
	local program
	[[ $(uname -m) == x86_64 ]] || skip "the ceilings are of amd64's instructions, and this is $(uname -m)"
	for program in bench_dns_answer{,,} bench_change{,,}; do
		"${NETD_COUNTED:-$NETD_BUILD/tests/bench}/$program" instructions
	done >"$T/instructions"
	$PYTHON -I -S "$LIB/counts.py" instructions "$CEILINGS" <"$T/instructions" 2>>"$T/judged"
}

# traced LINE…: a trace of three spans with these lines between request and reply
traced() {
	local i
	for i in 1 2 3; do
		printf '%s\n' 'recvfrom(9, "GET /"..., 8, 0, NULL, NULL) = 8' "$@" 'sendto(9, "HTTP/1.1 200"..., 12, 0, NULL, 0) = 12'
	done >"$T/trace"
}
told() { judged look GET HTTP/1; }

@test "one call and one message more are found, and a pause until the kernel has acted is neither" {
	local ask=('sendmsg(4, [{nlmsg_len=40, nlmsg_type=RTM_GETLINK}]) = 40' 'recvmsg(4, [{nlmsg_len=99, nlmsg_type=RTM_NEWLINK}]) = 99'
		'recvmsg(4, [{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, {error=0, msg={nlmsg_len=40}}]) = 36')
	CEILINGS=$T/ceilings
	printf '%s\n' '5  system calls  look  a question' '1  netlink messages  look  a question' >"$CEILINGS"
	traced "${ask[@]}"
	told
	traced "${ask[@]}" 'clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=9}, NULL) = 0' "${ask[@]}" 'nanosleep({0, 9}, NULL) = 0' "${ask[@]}"
	told
	traced "${ask[@]}" 'newfstatat(23</proc>, "12/ns/net", {st_dev=makedev(0, 0x4)}, 0) = 0' # a process of the machine
	told
	traced "${ask[@]}" 'getppid() = 1'
	equals "$(told)" "look: 6 system calls, at most 5 expected: 2 recvmsg, 1 recvfrom, 1 sendmsg, 1 getppid, 1 sendto"
	run told
	equals "$status" 1
	traced "${ask[0]/\}]/\}, \{nlmsg_len=40\}]}" "${ask[@]:1}"
	equals "$(told)" "look: 2 netlink messages, at most 1 expected: sent as 2"
	traced "${ask[@]}"
	sed -i '0,/^sendmsg/s//getppid() = 1\n&/' "$T/trace" # in one of them alone: something else that the loop did
	told
}
