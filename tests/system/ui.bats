#!/usr/bin/env bats
# ui.bats - the page of netctl ui, driven in a browser, and its server asked by strangers
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

teardown() {
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || tail -n 20 "$T/ui" "$T/said" "$T/driver.log" 2>/dev/null || true
	teardown_default
}

# The page's address is in URL: SERVER?KEY.
ui() {
	spawn_to "$T/ui" in_host h env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" ui --listen 127.0.0.1:0
	UI_PID=$SPAWNED
	wait_until 30 grep -q '^http' "$T/ui"
	URL=$(<"$T/ui") SERVER=${URL%%\?*} KEY=${URL#*\?}
}
# With the machine's own /etc, which has fonts.
browser() { $EXEC nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" env HOME="$T" $PYTHON -I -S "$LIB/browser.py" "$T" "$@"; }
page() { in_host h curl -sS -m 30 "$@"; }
status_of() { page -o "$T/said" -w '%{http_code}' "$@"; }

# What a person would see of it: whether it is light, wider than the screen, and whether its words can be read (a contrast of 4.5).
LOOKS='
	const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((c) => c / 255)
		.map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0.05);
	const behind = light(getComputedStyle(document.body).backgroundColor);
	const words = [document.body, document.getElementById("state"), document.querySelector("#verdict h2")]
		.map((e) => light(getComputedStyle(e).color));
	const read = words.every((w) => Math.max(w, behind) / Math.min(w, behind) >= 4.5);
	const wide = Math.max(document.documentElement.scrollWidth, document.querySelector("header").scrollWidth);
	return `${behind > 0.5 ? "light" : "dark"} on a screen of ${wide}, ${read ? "read" : "not read"}`;'

@test "two clicks explain a pair, and an event changes the picture" {
	netctl network create blue
	attach web --network blue -p 8080:80
	attach db --network blue
	attach host --network blue # which explain takes for the host itself, when it is asked by name
	serve db 5432
	serve host 81
	ask web db
	ask web db
	in_c web "$PYTHON" -I -S -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
[s.sendto(b"x", ("127.0.0.1", 9)) for _ in range(4)]'
	ui
	spawn_to "$T/said" browser open "$URL" click '[id="c:blue:web:eth0"]' click '[id="c:blue:db:eth0"]' \
		until 'return document.getElementById("verdict").dataset.verdict' \
		js 'return document.querySelector("#verdict h2").textContent' \
		type '#port' 81 click '[id="c:blue:web:eth0"]' click '[id="c:blue:db:eth0"]' \
		until 'return document.getElementById("verdict").dataset.verdict === "unreachable"' \
		until 'return document.querySelectorAll("#rates tr").length >= 2' \
		until 'return [...document.querySelectorAll("#rates tr")].some((row) =>
			row.firstChild.textContent === "web" && row.lastChild.textContent === "2") && "web asked twice"' \
		until 'return document.getElementById("losses").textContent.includes("4  UDP to a port on which nobody listens") && "web lost four"' \
		click '[id="c:blue:web:eth0"]' click '[id="c:blue:host:eth0"]' \
		until 'return document.querySelector("#verdict h2").textContent === "web -> host:81  WORKS  "' \
		js 'return location.href' \
		js 'return document.querySelector("[id=\"p:0.0.0.0:8080:tcp\"]") !== null' \
		until 'return document.querySelector("[data-container=late]") !== null' \
		until 'return document.querySelector("[data-container=late]") === null' \
		until 'return document.getElementById("state").textContent.startsWith("netd does not answer")' \
		until 'return document.getElementById("state").textContent === "live"' \
		until 'return document.getElementById("state").textContent.startsWith("netd does not answer")' \
		until 'return document.getElementById("state").textContent === "live"' \
		until 'return document.getElementById("state").textContent.startsWith("netctl ui has ended")' \
		look light 1280 800 js "$LOOKS" look dark 390 844 js "$LOOKS"
	local BROWSER=$SPAWNED
	wait_until 180 grep -q '^true$' "$T/said"
	attach late --network blue
	wait_until 180 has_seen 5
	netctl detach late
	wait_until 180 has_seen 6
	host_stop h
	wait_until 180 has_seen 7
	host_start h
	wait_until 180 has_seen 8
	kill -STOP "${NETD_PID[h]}" # nothing is closed: it is only silent
	wait_until 180 has_seen 9
	kill -CONT "${NETD_PID[h]}"
	wait_until 180 has_seen 10
	kill "$UI_PID"
	wait_until 180 has_seen 11
	wait_until 180 has_ended "$BROWSER"
	cat "$T/said"
	# Read, and not wider than the screen, in the light and on a small one in the dark.
	equals "$(tail -4 "$T/said" | xargs)" "look light on a screen of 1280, read look dark on a screen of 390, read"
	equals "$(sed -n 4p "$T/said")" reachable
	equals "$(sed -n 5p "$T/said")" '"web -> db  WORKS  "'
	equals "$(grep -c "${KEY#key=}" "$T/said" || true)" 0 # the key does not stay in the address
}
has_seen() { [[ $(grep -cE '^(True|true)$' "$T/said") -ge $1 ]]; }

@test "who comes by another name, from another page or with another method is refused" {
	netctl network create n
	ui
	equals "$(status_of "${SERVER}picture?$KEY")" 200
	grep -q '<svg' "$T/said"
	equals "$(status_of -H 'Host: evil.example' "${SERVER}picture?$KEY")" 403
	equals "$(status_of -H 'Host: 127.0.0.1.evil.example' "${SERVER}picture?$KEY")" 403
	equals "$(status_of -H "Host: evil.example:$(port_of)" "${SERVER}picture?$KEY")" 403
	equals "$(status_of -H "Host: evil.example:$(port_of)" "$SERVER")" 403
	equals "$(status_of -H 'Host: 127.0.0.1:1' "${SERVER}picture?$KEY")" 403
	equals "$(status_of -X POST -d x "${SERVER}picture?$KEY")" 405
	equals "$(status_of -X PUT -d x "${SERVER}picture?$KEY")" 405
	equals "$(status_of -X DELETE "$URL")" 405
	equals "$(status_of -H 'Sec-Fetch-Site: same-origin' "${SERVER}picture?$KEY")" 200
	equals "$(status_of -H 'Sec-Fetch-Site: cross-site' "${SERVER}picture?$KEY")" 403
	equals "$(status_of -H 'Sec-Fetch-Site: same-site' "${SERVER}explain?from=host&to=host&$KEY")" 403
	equals "$(status_of "${SERVER}other?$KEY")" 404
	equals "$(status_of "${SERVER}explain?$KEY")" 400
	equals "$(status_of "${SERVER}explain?from=nobody&to=host&$KEY")" 404
	equals "$(status_of "${SERVER}losses?$KEY")" 400
	equals "$(status_of "${SERVER}losses?of=nobody&$KEY")" 404
}

@test "without the key there is the page, and nothing of what it shows" {
	local path
	netctl network create n
	ui
	for path in '' page.js page.css; do
		equals "$(status_of "$SERVER$path")" 200
		! grep -qF "${KEY#key=}" "$T/said"
	done
	for path in picture counters events 'losses?of=host' 'explain?from=host&to=host'; do
		equals "$(status_of "$SERVER$path")" 403
		equals "$(status_of "$SERVER$path$([[ $path == *\?* ]] && echo '&' || echo '?')key=00000000000000000000000000000000")" 403
		equals "$(status_of -b "key=${KEY#key=}; netd-ui-$(port_of)=${KEY#key=}" "$SERVER$path")" 403
	done
	page -D "$T/head" -o /dev/null "$URL"
	grep -qi "^content-security-policy: default-src 'none'; script-src 'self';.*frame-ancestors 'none'" "$T/head"
	refused grep -i '^set-cookie' "$T/head" # it would go to whoever listens on another port
	refused grep -E 'https?://' "$LIB"/../../cli/ui/page.*
}
port_of() { sed -E 's,.*:([0-9]+)/,\1,' <<<"$SERVER"; }

@test "it listens where it is told to, says why it cannot, and ends when it is told to" {
	ui
	equals "$(in_host h ss -Hlnt | awk '{ print $4 }' | grep ":$(port_of)\$")" "127.0.0.1:$(port_of)"
	fails_with 1 'cannot listen there: Address already in use' netctl ui --listen "127.0.0.1:$(port_of)"
	fails_with 2 'is no address and port such as' netctl ui --listen localhost
	fails_with 2 'is no address and port such as' netctl ui --listen '[::1'
	kill "$UI_PID"
	wait_until 30 has_ended "$UI_PID"
	host_stop h
	fails_with 1 'cannot reach netd' netctl ui
}
