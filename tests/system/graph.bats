#!/usr/bin/env bats
# graph.bats - the picture of a host: netctl graph
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

graph() { netctl graph "$@"; }
# On a terminal of so many columns.
graph_at() { in_host h env NETD_HOST="unix://$(host_sock h)" script -qec "stty cols $1; '$NETD_BUILD/netctl' graph" /dev/null | tr -d '\r'; }

two_networks() {
	netctl network create --subnet 10.61.0.0/24 blue
	netctl network create --internal --subnet 10.62.0.0/24 red
	attach web --network blue -p 8080:80 -p 127.0.0.1:53:53/udp
	attach db --network blue --network red
	wait_until 30 is_well # the kernel comes to a carrier a moment later
}

@test "a picture says what netctl, ip and the snapshot say" {
	two_networks
	graph >"$T/text"
	cat "$T/text"
	grep -qE '^~ 127\.0\.0\.1:53/udp -> web:53  \*:8080/tcp -> web:80 ' "$T/text"
	grep -qF "~ 10.61.0.0/24 by 10.61.0.1, NAT" "$T/text"
	grep -qF "| 10.62.0.0/24 by 10.62.0.1" "$T/text"
	grep -qE "\-\- web +$(ip4_of web)" "$T/text"
	grep -qE "\-\- db +$(ip4_of db red) +also on blue" "$T/text"
	grep -qF "bridge $(netctl system snapshot networks | jq -r '.Networks[] | select(.Name == "red").Bridge'), MTU 1500, internal" "$T/text"
	lacks "$(cat "$T/text")" "driver null"
	graph --format json >"$T/json"
	equals "$(jq -r '.Nodes[] | select(.Kind == "container").Name' "$T/json" | xargs)" "db web"
	equals "$(jq -r '.Edges[] | select(.Kind == "endpoint" and .Link == "up").Mac' "$T/json" | sort)" \
		"$({ mac_of web; mac_of db blue; mac_of db red; } | sort)"
	# every edge leads from a node to a node
	equals "$(jq '[.Nodes[].Id] as $ids | [.Edges[] | .From, .To] - $ids | length' "$T/json")" 0
}

@test "the same state is the same picture, and another is another in what has changed" {
	local format
	two_networks
	for format in text dot svg; do
		graph --format "$format" >"$T/$format"
		graph --format "$format" | cmp - "$T/$format"
	done
	netctl detach db && attach db --network blue --network red
	graph --format svg | grep -o ' id="[^"]*"' >"$T/ids"
	grep -o ' id="[^"]*"' "$T/svg" | cmp - "$T/ids" # another container, of the same name
	attach new --network blue
	equals "$(graph --format svg | grep -o ' id="[^"]*"' | diff "$T/ids" - | grep '^[<>]')" '>  id="c:blue:new:eth0"'
}

@test "a link that is down or gone is marked" {
	two_networks
	in_c db ip link set eth1 down
	wait_until 30 is_marked "db +eth1: its link is down"
	graph --format svg | grep -q 'id="c:red:db:eth1" class="container broken"'
	equals "$(graph --format json | jq -r '[.Edges[] | select(.Kind == "endpoint").Link] | sort | join(" ")')" "down up up"
	in_c db ip link set eth1 up
	wait_until 30 is_well
}
is_marked() { graph | grep -qE -- "-X $1"; }
is_well() { ! graph | grep -q -- "-X"; }

@test "it fits terminals of 40, 80 and 200 columns, with 300 containers, and names all of them" {
	local i width
	netctl network create --subnet 10.61.0.0/16 --ipv6 crowd
	for ((i = 0; i < 300; i++)); do
		spawn in_host h unshare --net sleep infinity
		echo "$SPAWNED" >>"$T/pids"
	done
	wait_until 60 are_apart
	i=0
	while read -r pid; do
		netctl attach "worker-$i" --pid "$pid" --network crowd >/dev/null
		i=$((i + 1))
	done <"$T/pids"
	for width in 40 80 200; do
		graph_at $width >"$T/$width"
		equals "$(awk -v most="$width" 'length($0) > most' "$T/$width")" ""
		equals "$(grep -oE 'worker-[0-9]+' "$T/$width" | sort -u | wc -l)" 300
	done
	[[ $(wc -l <"$T/200") -lt $(wc -l <"$T/80") ]]
	equals "$(graph --format svg | grep -c 'class="container"')" 300
	saved_page_works 300
}

# With the machine's own /etc, which has fonts.
browser() { $EXEC nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" env HOME="$T" $PYTHON -I -S "$LIB/browser.py" "$T" "$@"; }
# The page, saved to a file and opened in a browser: its own script runs, it loads nothing, all can be read in the light, in the dark and on a
# small screen, where the picture scrolls and not the page, and what is looked for is found.
LOOKS='
	const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((c) => c / 255)
		.map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0.05);
	const card = document.querySelector(".card"), words = [...document.querySelectorAll(".container text")];
	const apart = (a, b) => Math.max(light(a), light(b)) / Math.min(light(a), light(b)) >= 4.5;
	const read = words.every((e) => apart(getComputedStyle(e).fill, getComputedStyle(card).fill)) &&
		apart(getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor);
	const within = words.every((e) => { const box = e.parentNode.querySelector(".card").getBBox(), own = e.getBBox();
		return own.x >= box.x && own.x + own.width <= box.x + box.width && own.y >= box.y && own.y + own.height <= box.y + box.height; });
	const background = light(getComputedStyle(document.body).backgroundColor) > 0.5 ? "light" : "dark";
	return `${background}, ${read ? "read" : "not read"}, ${within ? "within" : "not within"}, ${
		document.documentElement.scrollWidth <= innerWidth ? "fits" : "is too wide"}`;'
saved_page_works() { # HOW MANY CONTAINERS, worker-0 and on
	graph --format html >"$T/page.html"
	browser open "file://$T/page.html" js 'return document.querySelectorAll(".container").length' \
		type '#find' "worker-$(($1 - 1))" js 'return [...document.querySelectorAll(".container:not(.faint)")].map((c) => c.dataset.container).join(" ")' \
		js 'return performance.getEntriesByType("resource").length' \
		look light 1280 800 js "$LOOKS" look dark 390 844 js "$LOOKS" >"$T/page.said"
	cat "$T/page.said"
	equals "$(grep '^[0-9"]' "$T/page.said" | xargs -d '\n')" \
		"$1 \"worker-$(($1 - 1))\" 0 \"light, read, within, fits\" \"dark, read, within, fits\""
	[[ -z ${SHOTS:-} ]] || browser open "file://$T/page.html" look light 1280 800 shot "$SHOTS/light.png" look dark 390 844 shot "$SHOTS/dark.png"
}
are_apart() {
	local pid own
	own=$(readlink /proc/self/ns/net)
	for pid in $(<"$T/pids"); do
		[[ $(readlink "/proc/$pid/ns/net") != "$own" && $(<"/proc/$pid/comm") == sleep ]] || return 1
	done
}

@test "svg is XML, html runs its own script and no other, and neither loads anything" {
	two_networks
	graph --format svg >"$T/svg"
	graph --format html >"$T/html"
	$PYTHON -I -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$T/svg"
	lacks "$(grep -vF 'xmlns="http://www.w3.org/2000/svg"' "$T/svg" "$T/html")" 'https?:|url\(|@import| src='
	equals "$(sed -nE "s/.*script-src 'sha256-([^']*)'.*/\1/p" "$T/html")" "$(script_of "$T/html" | openssl dgst -sha256 -binary | base64)"
}
script_of() { $PYTHON -I -c 'import sys; sys.stdout.write(open(sys.argv[1]).read().split("<script>")[1].split("</script>")[0])' "$1"; }

@test "Graphviz draws what dot says: every network, container and port, and the links between them" {
	two_networks
	graph --format dot >"$T/dot"
	dot -Tsvg "$T/dot" >"$T/drawn" 2>"$T/complaints"
	equals "$(<"$T/complaints")" ""
	dot -Tplain "$T/dot" >"$T/plain"
	equals "$(sed -nE 's,^node "([^/"]*/[^"]*)" .*,\1,p' "$T/plain" | sort | xargs)" \
		"blue/db/eth0 blue/web/eth0 port *:8080/tcp port 127.0.0.1:53/udp red/db/eth1"
	grep -qE '^edge "blue/db/eth0" "red/db/eth1" .* dotted ' "$T/plain" # it is one container
	for name in blue red web db 8080; do
		grep -qE ">[^<]*$name" "$T/drawn"
	done
}

# docs/graph.md shows this picture, whose bridge has another name each time.
@test "the picture in the documentation is what is drawn of that host" {
	netctl network create --subnet 182.18.0.0/16 mynet
	attach web --network mynet --ip 182.18.0.2 -p 8080:80
	attach db --network mynet --ip 182.18.0.9
	wait_until 30 is_well
	in_c db ip link set eth0 down
	wait_until 30 is_marked "db +eth0: its link is down"
	graph | sed -E 's/br-[0-9a-f]{12}/br-c69cb24b4d54/' | diff "$(documented)" -
}
documented() {
	sed -n '/^    \$ netctl graph$/,/^$/s/^    //p' "$LIB/../../docs/graph.md" | tail -n +2 >"$T/documented"
	[[ $(wc -l <"$T/documented") -gt 10 ]]
	echo "$T/documented"
}

@test "what is no picture is refused" {
	fails_with 2 "there is no picture 'png': there are text, dot, svg, json and html" netctl graph --format png
	host_stop h
	fails_with 1 'cannot reach netd' netctl graph
}
