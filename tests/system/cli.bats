#!/usr/bin/env bats
# cli.bats - netctl as a person and a script use it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

COMMANDS='network|network create|network ls|network inspect|network update|network rm|network prune|network connect|network disconnect|attach|detach|ps|inspect|run|exec|port|port ls|port add|port rm|dns|dns lookup|dns log|stats|top|connections|events|explain|doctor|reach|trace|drops|capture|graph|ui|service|service ls|node|system|system info|version|completion'

@test "every command has --help, which exits 0, prints usage to stdout, and needs no daemon" {
	local command
	while IFS= read -r command; do
		local out
		out=$(NETD_HOST=unix:///nowhere "$NETD_BUILD/netctl" $command --help 2>"$T/err") || {
			echo "netctl $command --help: $?"
			return 1
		}
		matches "$out" '[Uu]sage: netctl'
		equals "$(cat "$T/err")" ""
	done < <(tr '|' '\n' <<<"$COMMANDS")
	matches "$("$NETD_BUILD/netctl" --help)" 'network'
	matches "$("$NETD_BUILD/netd" --help)" '--run-dir'
	matches "$("$NETD_BUILD/netctl" version 2>/dev/null || "$NETD_BUILD/netctl" --version)" '[0-9]+\.[0-9]+'
}

@test "wrong options, missing arguments and unknown commands exit 2 with a sentence on stderr" {
	wrong() {
		local status=0
		"$NETD_BUILD/netctl" "$@" >"$T/out" 2>"$T/err" || status=$?
		equals "netctl $*: $status" "netctl $*: 2"
		equals "$(cat "$T/out")" ""
		[[ -s $T/err ]]
	}
	wrong
	wrong nosuch
	wrong network nosuch
	wrong network ls --nosuch
	wrong network create
	wrong network create --subnet
	wrong network connect onlyone
	wrong attach
	wrong attach a
	wrong attach a --netns /x --pid 1
	wrong attach a --netns /x -p banana
	wrong attach a --netns /x --network n:bogus=1
	wrong detach
	wrong inspect
	wrong run --name a
	wrong port add a
	wrong completion klingon
}

@test "what was mistyped is named, with what looks like it" {
	fails_with 2 "unknown command 'netwrok'; did you mean 'network'" netctl netwrok ls
	fails_with 2 'unknown option --subnt; did you mean --subnet' netctl network create --subnt 10.9.0.0/24 n
	fails_with 1 'network driver "brige" not found: netd has bridge, host and none; did you mean "bridge"' \
		netctl network create -d brige n
	fails_with 2 'the name of a container is empty' netctl inspect ""
	fails_with 2 'the name of a container is empty' netctl exec "" -- true
	fails_with 2 'the name of a network is empty' netctl network inspect ""
	fails_with 2 '--from wants a value' netctl dns lookup a --from ""
	fails_with 2 'the name to look up is empty' netctl dns lookup ""
}

@test "help is given however it is asked for" {
	equals "$(netctl help)" "$(netctl --help)"
	equals "$(netctl help network)" "$(netctl network --help)"
	equals "$(netctl help network create)" "$(netctl network create --help)"
	equals "$(netctl help run)" "$(netctl run --help)"
	fails_with 2 "unknown command 'netwrok'; did you mean 'network'" netctl help netwrok
}

# Each with what it is about, why not, and what to do.
@test "a wrong command gets the object, the reason and the way out" {
	netctl network create --subnet 10.31.0.0/24 mynet
	attach web --network mynet
	fails_with 1 'network driver "macvln" not found: netd has bridge, host and none' netctl network create -d macvln n
	fails_with 1 'network mynt not found; did you mean mynet\?' netctl network inspect mynt
	fails_with 1 'no container and no network is called wbe; did you mean web\?' netctl inspect wbe
	fails_with 1 'network web not found; web is a container' netctl network connect web mynet
	fails_with 1 '10\.9\.0\.0/24 and 10\.8\.0\.0/24 are both IPv4; a network has one of each family' \
		netctl network create --subnet 10.9.0.0/24 --subnet 10.8.0.0/24 n
	fails_with 127 'alpine: No such file or directory; netctl run takes a program of this host, docker run and podman run take images' \
		netctl run alpine sh
	fails_with 1 "port 80 of web is not published; 'netctl port ls web' shows what is" netctl port web 80
	fails_with 2 "'http' is no port: a number, with /tcp, /udp or /sctp behind it or without" netctl port web http
	fails_with 2 "'80/foo' is no port" netctl port web 80/foo
	fails_with 2 "the container stands first: did you mean 'netctl port web 80'" netctl port 80 web
	fails_with 1 'there is no field Foo; there are .*NetworkSettings' netctl inspect web --format '{{.Foo}}'
	fails_with 2 'there is no field Foo; there are Addresses, ' netctl ps --format '{{.Foo}}'
	fails_with 1 'it should be 10\.0\.0\.0/24' netctl network create --subnet 10.0.0.1/24 n
	fails_with 2 '--gateway 10\.0\.0\.1 needs a --subnet that contains it' netctl network create --gateway 10.0.0.1 n
	fails_with 1 'a network has no option "com.docker.network.bridge.nam"; did you mean "com.docker.network.bridge.name"\?' \
		netctl network create -o com.docker.network.bridge.nam=foo n
	fails_with 125 'network mynet: Address already in use: "web" has 10\.31\.0\.2' \
		netctl run --network mynet --ip 10.31.0.2 -- true
	fails_with 1 'network mynet has active endpoints \(name:"web"' netctl network rm mynet
	fails_with 1 'is neither unix://PATH nor ssh://' "$NETD_BUILD/netctl" -H foo ps
	fails_with 1 'cannot reach netd at unix:///nothere: No such file or directory; is netd running\?' \
		"$NETD_BUILD/netctl" -H unix:///nothere ps
}

@test "detach of what is not there says so and is 0; a detach through the API is silent unless strict" {
	netctl detach nosuch >"$T/out" 2>"$T/err"
	equals "$(cat "$T/out")" ""
	matches "$(cat "$T/err")" '^netctl: No such container: nosuch$'
	equals "$(api_status DELETE /netd/v1/containers/nosuch)" 204
	equals "$(api_status DELETE '/netd/v1/containers/nosuch?strict=true')" 404
}

@test "a link to a container that is not there fails, and nothing is attached" {
	netctl network create n
	fails_with 125 '--link nosuch:a: No such container: nosuch' netctl run --link nosuch:a -- true
	fails_with 1 '--link nosuch:a: No such container: nosuch' attach w --network n --link nosuch:a
	attach w --network n
	fails_with 1 '--link nosuch: No such container: nosuch' netctl network connect --link nosuch bridge w
	equals "$(netctl ps --format '{{.Names}} {{.Networks}}')" "w n"
	# an address is the name of no container
	netctl run --network n --link 192.0.2.7:outside -- true
}

@test "a template's field that is not there is exit 1 with those that are; a label that is not there is none" {
	attach w --label here=yes
	fails_with 1 'there is no field Nmae; there are .*Name' netctl inspect --format '{{.Nmae}}' w
	fails_with 1 'there is no field IPAdress; there are .*IPAddress' \
		netctl inspect --format '{{range .NetworkSettings.Networks}}{{.IPAdress}}{{end}}' w
	equals "$(netctl network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{.IPRange}}{{end}}' bridge)" 172.17.0.0/16
	fails_with 1 'there is no field Drivr' netctl network inspect --format '{{.Drivr}}' bridge
	equals "$(netctl inspect --format '{{.Config.Labels.here}} {{.Config.Labels.gone}}' w)" "yes <no value>"
}

@test "an absent daemon is exit 1 with a sentence that names the socket" {
	fails_with 1 "cannot reach netd at .*$T/nowhere" "$NETD_BUILD/netctl" -H "unix://$T/nowhere" network ls
	fails_with 1 "$T/nowhere" env NETD_HOST="unix://$T/nowhere" "$NETD_BUILD/netctl" ps
	fails_with 2 'banana' "$NETD_BUILD/netctl" -H banana://x ps || fails_with 1 'banana' "$NETD_BUILD/netctl" -H banana://x ps
}

@test "inspect and network inspect print JSON arrays, of several objects too" {
	netctl network create n
	attach a --network n
	attach b
	equals "$(netctl inspect a b | jq -r '.[].Name' | xargs)" "/a /b"
	equals "$(netctl network inspect n bridge | jq -r '.[].Name' | xargs)" "n bridge"
	equals "$(netctl inspect a --format '{{.Name}} {{.NetworkSettings.Networks.n.IPAddress}}')" "/a $(ip4_of a n)"
	equals "$(netctl network inspect n --format '{{(index .IPAM.Config 0).Subnet}}')" \
		"$(netctl network inspect n | jq -r '.[0].IPAM.Config[0].Subnet')"
	equals "$(netctl network inspect n --format '{{json .Internal}}')" false
	# what is there is printed, what is not is told, exit 1
	local out status=0
	out=$(netctl inspect a nobody 2>"$T/err") || status=$?
	equals "$status" 1
	equals "$(jq -r '.[].Name' <<<"$out")" /a
	matches "$(cat "$T/err")" nobody
}

@test "--format json prints one object a line" {
	attach a
	attach b
	netctl network create n
	equals "$(netctl ps --format json | jq -c 'type' | sort -u)" '"object"'
	equals "$(netctl ps --format json | wc -l)" 2
	equals "$(netctl network ls --format json | wc -l)" 4
	fails_with 2 '' netctl ps --format '{{.Names' || fails_with 1 '' netctl ps --format '{{.Names'
}

@test "events are printed as they come" {
	netctl events --format json >"$T/events" 3>&- &
	local pid=$!
	reached() { netctl network create "probe$RANDOM" && test -s "$T/events"; }
	wait_until 30 reached
	netctl network create n
	attach a --network n -p 127.0.0.1:8080:80
	netctl detach a
	wait_until 30 grep -q '"disconnect"' "$T/events"
	kill "$pid"
	matches "$(jq -r '"\(.Type) \(.Action)"' "$T/events")" '^network connect'
	equals "$(jq -r 'select(.Action == "connect") | .Actor.Attributes | "\(.name) \(.containerName)"' "$T/events")" "n a"
	# Docker's filters are for events of ports, too.
	equals "$(netctl events --since 1h --until "$((EPOCHSECONDS + 1))" --format json --filter container=a --filter event=publish |
		jq -r '.Actor.Attributes | "\(.name) \(.hostIp):\(.hostPort) \(.containerPort)/\(.protocol)"')" "a 127.0.0.1:8080 80/tcp"
	equals "$(netctl events --since 1h --until "$((EPOCHSECONDS + 1))" --format json --filter container=other --filter event=publish)" ""
	equals "$(netctl events --since 1h --until "$((EPOCHSECONDS + 1))" --format json --filter label=hostPort=8080 | jq -r .Action | xargs)" "publish unpublish"
	matches "$(netctl events --since 1h --until "$((EPOCHSECONDS + 1))")" 'network.*create'
}

@test "ssh:// reaches netd through a real sshd with keys of its own" {
	source "$LIB/ssh.bash"
	sshd_on_host h
	over_ssh() { in_out env HOME="$T/home" PATH="$T/bin:$PATH" "$NETD_BUILD/netctl" -H ssh://root@192.0.2.10:2222 "$@"; }
	matches "$(over_ssh network ls)" bridge
	over_ssh network create --subnet 10.77.0.0/24 far
	equals "$(netctl network inspect far --format '{{(index .IPAM.Config 0).Subnet}}')" 10.77.0.0/24
	fails_with 1 'far' over_ssh network create far
	fails_with 1 '192\.0\.2\.10|ssh' in_out env HOME="$T/home" PATH="$T/bin:$PATH" timeout 60 \
		"$NETD_BUILD/netctl" -H ssh://root@192.0.2.10:2223 network ls
}

# What a call over ssh:// has on either side: ssh here, and there what answers and what passes it on.
left_of_ssh() {
	local pid
	for pid in $(pids_in "$P-out") $(pids_in "$P-h"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -E '(^|/)ssh -F|dial-stdio|^netd-(explain|capture|dns-log|trace)' || true
	done
}
none_left_of_ssh() { [[ -z $(left_of_ssh) ]]; }
FAR_ENV=()
far() { in_out env "${FAR_ENV[@]}" HOME="$T/home" PATH="$T/bin:$PATH" "$NETD_BUILD/netctl" -H ssh://root@192.0.2.10:2222 "$@"; }
# In a process group of its own, and as a shell starts it in the foreground.
typed_far() {
	EXEC="exec setsid" FAR_ENV=(--default-signal=INT)
	far "$@"
}
# Something to see, of every kind.
speak_to_a() {
	in_c b sh -c 'while :; do dig @127.0.0.11 +tries=1 +time=1 -q a >/dev/null; ping -qc 1 -W 1 10.61.0.2 >/dev/null; done'
}

@test "what goes on comes through ssh:// as it happens, and ends on both sides with its reader, however that ends" {
	local n=0 signal wanted command
	source "$LIB/ssh.bash"
	sshd_on_host h
	netctl network create --subnet 10.61.0.0/24 blue
	attach a --network blue
	attach b --network blue
	spawn speak_to_a
	while IFS='|' read -r signal wanted command; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # words
		spawn_to "$T/far$n" far $command
		wait_until 60 grep -aqE "$wanted" "$T/far$n" || { cat "$T/far$n" && false; }
		kill "-$signal" "$SPAWNED"
		wait_until 30 has_ended "$SPAWNED"
		wait_until 30 none_left_of_ssh || { echo "$command" && left_of_ssh && false; }
	done <<-'END'
	INT|"Event"|trace --format json a
	KILL|"Event"|trace --format json a
	KILL|local .* A +a$|dns log --follow
	KILL|^a +[0-9.]+|stats a
	KILL|netd|capture a
	END
	[[ $n -eq 5 ]]
	# Ctrl-C in a terminal, which ssh hears as well: the end of the file comes all the same.
	spawn_to "$T/interrupted" typed_far capture a -w "$T/interrupted.pcapng"
	wait_until 60 test -s "$T/interrupted.pcapng"
	kill -INT -- "-$SPAWNED"
	wait "$SPAWNED"
	matches "$(cat "$T/interrupted")" '^netctl: [0-9]+ packets? captured$'
	# A reader who has enough.
	far trace --format json a 2>/dev/null | head -3 >"$T/head"
	equals "$(wc -l <"$T/head")" 3
	far capture a 2>/dev/null | head -c 100 >"$T/head"
	wait_until 30 none_left_of_ssh || { left_of_ssh && false; }
}

@test "completion scripts load, and complete commands and networks" {
	netctl completion bash >"$T/netctl.bash"
	cat >"$T/try" <<-'SH'
	source /usr/share/bash-completion/bash_completion 2>/dev/null
	source "$1"
	complete -p netctl >/dev/null || exit 1
	COMP_WORDS=(netctl net) COMP_CWORD=1 COMP_LINE="netctl net" COMP_POINT=10
	function=$(complete -p netctl | sed 's/.*-F \([^ ]*\).*/\1/')
	"$function" netctl net netctl
	printf '%s\n' "${COMPREPLY[@]}"
	SH
	matches "$(bash "$T/try" "$T/netctl.bash")" '^network'
	matches "$(netctl completion zsh | head -1)" '^#compdef netctl'
	netctl completion zsh | zsh -n
	netctl completion fish >"$T/netctl.fish"
	attach db
	fish_offers() { in_host h env PATH="$NETD_BUILD:$PATH" NETD_HOST="unix://$(host_sock h)" HOME="$T" fish --no-config -c "source $T/netctl.fish; complete -C '$1'" | cut -f1; }
	equals "$(fish_offers 'netctl net')" network
	equals "$(fish_offers 'netctl -H unix:///none network ' | xargs)" "connect create disconnect inspect list ls prune remove rm update"
	equals "$(fish_offers 'netctl network rm ' | xargs)" "bridge host none"
	equals "$(fish_offers 'netctl network connect ' | xargs)" "bridge host none"
	equals "$(fish_offers 'netctl network connect bridge ')" db
	equals "$(fish_offers 'netctl network create --driver ' | xargs)" "bridge host none"
	equals "$(fish_offers 'netctl completion ' | xargs)" "bash fish zsh"
	matches "$(fish_offers 'netctl explain --pr')" '^--probe$'
	equals "$(fish_offers 'netctl version ')" ""
	equals "$(fish_offers 'netctl node rm ')" "" # in no cluster
	fails_with 1 'this host is in no cluster: .*cluster init' netctl node ls
}

@test "man pages exist for both programs and lint clean" {
	local pages
	pages=$(find "$LIB/../../docs" -name 'netd*.[1-8]' -o -name 'netctl*.[1-8]')
	matches "$pages" 'netd\.8'
	matches "$pages" 'netctl'
	mandoc -T lint -W warning $pages
}

@test "install puts programs, unit, pages and completions under DESTDIR, uninstall takes them away" {
	make -s -C "$LIB/../.." B="$NETD_BUILD" DESTDIR="$T/root" PREFIX=/usr install >/dev/null
	[[ -x $T/root/usr/sbin/netd && -x $T/root/usr/bin/netctl ]]
	matches "$(cat "$T/root/usr/lib/systemd/system/netd.service")" 'ExecStart=/usr/sbin/netd'
	local file
	for file in lib/netd/netd-cni lib/systemd/system/netd.socket lib/sysusers.d/netd.conf lib/tmpfiles.d/netd.conf \
		share/man/man1/netctl.1 share/man/man5/netd.json.5 share/man/man8/netd.8 \
		share/bash-completion/completions/netctl share/zsh/site-functions/_netctl \
		share/fish/vendor_completions.d/netctl.fish; do
		[[ -s $T/root/usr/$file ]]
	done
	refused grep -rE '@[A-Z]+DIR@' "$T/root/usr/lib/systemd" "$T/root/usr/share"
	for file in "$T"/root/usr/lib/netd/netd-*; do # each program has a page
		[[ -s $(echo "$T"/root/usr/share/man/man[18]/"${file##*/}".[18]) ]]
	done
	make -s -C "$LIB/../.." B="$NETD_BUILD" DESTDIR="$T/root" PREFIX=/usr uninstall >/dev/null
	equals "$(find "$T/root" -type f -o -type l)" ""
}

@test "the unit is one that systemd takes, its reload fails with what is wrong, and a typo is not started again and again" {
	local unit=$T/root/lib/systemd/system/netd.service reload
	make -s -C "$LIB/../.." B="$NETD_BUILD" PREFIX="$T/root" install >/dev/null
	equals "$(systemd-analyze verify --man=no "$unit" "${unit%.service}.socket" "${unit%.service}-docker.service" 2>&1 |
		grep -F "$T/root" || true)" ""
	# what a reload does, step by step
	mapfile -t reload < <(sed -n 's/^ExecReload=//p' "$unit")
	equals "${reload[0]}" "$T/root/sbin/netd --check"
	equals "${reload[1]}" '/bin/kill -HUP $MAINPID'
	in_host h ${reload[0]}
	echo 'iifname eth0 drop' >"$T/h/etc/netd/rules.d/10.nft"
	in_host h ${reload[0]}
	echo 'iifname eth0 dropp' >"$T/h/etc/netd/rules.d/10.nft"
	fails_with 1 '10.nft:1:' in_host h ${reload[0]}
	rm "$T/h/etc/netd/rules.d/10.nft"
	printf '{\n  "mtuu": 1400\n}\n' >"$T/h/etc/netd/netd.json"
	fails_with 1 'netd.json.*2.*mtu' in_host h ${reload[0]}
	# and a start with that ends with a status that Restart=always heeds
	fails_with 78 'netd.json.*2.*mtu' in_host h "$T/root/sbin/netd"
	fails_with 2 '' in_host h "$T/root/sbin/netd" --nosuch
	matches "$(cat "$unit")" '^RestartPreventExitStatus=2 78$'
}

@test "uninstall names what runs on, and where" {
	local out
	make -s -C "$LIB/../.." B="$NETD_BUILD" PREFIX="$T/root" install >/dev/null
	host_stop h
	cp "$T/root/sbin/netd" "$T/root/netd" # another one is not what is uninstalled
	NETD_BUILD=$T/root/sbin host_start h
	attach a
	out=$(make -s -C "$LIB/../.." B="$NETD_BUILD" PREFIX="$T/root" uninstall)
	matches "$out" "^still running: $T/root/sbin/netd .*process ${NETD_PID[h]}\): end it with kill ${NETD_PID[h]}"
	matches "$out" '^still running: netd-resolver '
	equals "$(wc -l <<<"$out")" 2
	equals "$(find "$T/root" -type f)" "$T/root/netd"
	in_c a ping -c1 -W10 -q 172.17.0.1
}

@test "netd --check judges a configuration by line and column and touches nothing" {
	echo '{"mtu": 1400}' >"$T/good.json"
	printf '{\n  "mtuu": 1400\n}\n' >"$T/bad.json"
	"$NETD_BUILD/netd" --config "$T/good.json" --check
	fails_with 1 'bad\.json.*2.*mtu' "$NETD_BUILD/netd" --config "$T/bad.json" --check
	fails_with 1 'none\.json' "$NETD_BUILD/netd" --config "$T/none.json" --check
	fails_with 2 '' "$NETD_BUILD/netd" --nosuch
}

@test "system info shows what netd believes and its two processes, and version both ends" {
	local said
	attach a
	said=$(netctl system info)
	matches "$said" '^Networks: 3$'
	matches "$said" '^Containers: 1$'
	matches "$said" "^ResolverPid: $(cat "$T/h/run/resolver.pid")\$"
	matches "$said" "^RunDir: $T/h/run\$"
	matches "$said" "^StateDir: $T/h/state\$"
	matches "$said" '^Firewalld: '
	said=$(netctl version)
	matches "$said" '^Client:$'
	matches "$said" '^Server:$'
	matches "$said" '^  ApiVersion: [0-9.]+$'
	matches "$said" "^  KernelVersion: $(uname -r)\$"
	equals "$(netctl version --format '{{.Client.Version}}')" "$(netctl version --format '{{.Server.Version}}')"
}

@test "port NAME [PORT] shows where ports are published, and port add says what it has chosen" {
	local said
	attach web -p 8080:80
	equals "$(netctl port web | xargs -d '\n')" "80/tcp -> 0.0.0.0:8080 80/tcp -> [::]:8080"
	equals "$(netctl port web 80 | xargs)" "0.0.0.0:8080 [::]:8080"
	equals "$(netctl port web 80/tcp | xargs)" "0.0.0.0:8080 [::]:8080"
	fails_with 1 'port 80/udp of web is not published' netctl port web 80/udp
	equals "$(netctl port add web 8081:81)" "" # nothing was left to choose
	said=$(netctl port add web 90)
	matches "$said" '^90/tcp -> 0\.0\.0\.0:[0-9]+$'
	equals "$(netctl port web 90)" "${said//90\/tcp -> /}"
}
