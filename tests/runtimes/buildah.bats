#!/usr/bin/env bats
# buildah.bats - real Buildah and `podman build` with netd's netavark: containers that live for a step, with ids of another form
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load podman

setup() {
	setup_default
	podman_new
}
teardown() {
	forget_built
	podman_done
	teardown_default
}

buildah() {
	in_tree env CONTAINERS_CONF="$PD/containers.conf" BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=runc TMPDIR="$PD/tmp" \
		NETD_HOST="unix://$(host_sock h)" buildah --storage-driver vfs --root "$PD/root" --runroot "$PD/run" "$@"
}
built_settled() {
	settled h
	equals "$(ls "$T/h/run/containers")" ""
}

# Buildah up to 1.28 (Podman 4) leaves out of a step's resolv.conf what its helper answers, whoever's that is.
name_or_address() { # CONTAINER
	if podman_5; then echo "$1"; else ip4_of "$1"; fi
}

@test "podman build: a step reaches a container and the outside, and leaves nothing" {
	web_c web
	serve_in in_out outside 8080
	podman build -q --isolation oci -t built -f - "$PD/tmp" <<-EOF
		FROM localhost/bb:latest
		RUN curl -sS -m $MAX_S -o /one http://$(name_or_address web)/
		RUN curl -sS -m $MAX_S -o /two http://192.0.2.1:8080/ && ip addr show dev eth0 >/three
	EOF
	matches "$(podman run --rm --network none built cat /one)" '^web$'
	matches "$(podman run --rm --network none built cat /two)" '^outside from '
	matches "$(podman run --rm --network none built cat /three)" 'inet 10\.88\.'
	equals "$(netctl ps --format '{{.Names}}')" web
	podman rm -f -t 0 web
	built_settled
}

names_of_built() { netctl ps --format '{{.Names}}' | grep '^buildah'; }
# What a killed Buildah leaves running is runc's: it goes with the test.
forget_built() {
	local name
	[[ ! -e $T/built ]] || while read -r name; do in_tree runc delete -f "$name" || true; done <"$T/built"
}
attached() { [[ $(netctl ps -q | wc -l) -eq $1 ]]; }

@test "buildah run: on a network of its choice, two at once; one that is killed leaves nothing either" {
	local one two first
	in_tree sh -c 'command -v buildah' || skip "buildah is not installed"
	podman network create blue
	web_c web --network blue
	one=$(buildah from --pull-never localhost/bb:latest)
	two=$(buildah from --pull-never localhost/bb:latest)
	equals "$(buildah run --network blue "$one" -- curl -sS -m "$MAX_S" "http://$(ip4_of web)/")" web
	equals "$(netctl ps --format '{{.Names}}')" web
	spawn buildah run --network blue "$one" -- sleep 1000
	first=$SPAWNED
	spawn buildah run --network blue "$two" -- sleep 1000
	wait_until 30 attached 3
	names_of_built >"$T/built"
	kill -9 "$first"
	wait_until 30 attached 2
	kill -9 "$SPAWNED"
	wait_until 30 attached 1
	podman rm -f -t 0 web
	built_settled
}
