#!/usr/bin/env bats
# compose.bats - a project in compose format, run by Docker on networks of netd's
# SPDX-License-Identifier: GPL-2.0-or-later

load ../system/lib
load docker

setup() {
	docker_or_skip
	command -v docker-compose >/dev/null || skip "there is no docker-compose here"
	setup_default
	docker_world
	cat >"$T/compose.yml" <<-'END'
		version: "2.4"
		services:
		  web: {image: "bb:latest", command: ["sh", "-c", "echo web >/www/index.html; exec httpd -f -p 80 -h /www"],
		        networks: [front]}
		  api: {image: "bb:latest", command: ["sleep", "100000"], networks: {front: {}, back: {aliases: [backend]}}}
		  db:  {image: "bb:latest", command: ["sleep", "100000"], networks: [back]}
		networks:
		  front: {driver: netd, ipam: {driver: netd}}
		  back:  {driver: netd, internal: true, ipam: {driver: netd}}
	END
}
teardown() {
	local status=$?
	docker_teardown
	teardown_default
	return "$status"
}

compose() {
	timeout 120 env DOCKER_HOST="unix://$T/h.d/d.sock" docker-compose -p shop -f "$T/compose.yml" "$@" >>"$T/compose.log" 2>&1 || {
		local status=$?
		cat "$T/compose.log"
		return "$status"
	}
}
# (as is_called; the whole project's)
up() {
	local name
	compose up -d "$@"
	for name in $(dk ps --format '{{.Names}}'); do wait_until 30 is_called "$name"; done
}
service() { dk ps -q --filter "label=com.docker.compose.service=$1" | head -1; }

@test "services find each other by name where they share a network, and only there" {
	local web api db
	up --scale web=2
	web=$(service web) api=$(service api) db=$(service db)
	equals "$(name_in "$web" api)" "$(address_of "$api" shop_front)"
	equals "$(name_in "$api" db)" "$(address_of "$db" shop_back)"
	equals "$(name_in "$db" api)" "$(address_of "$api" shop_back)"
	wait_until 30 has_name_in "$db" backend
	has_no_name_in "$web" backend
	has_no_name_in "$web" db
	has_no_name_in "$db" web
	equals "$(fetch_in "$api" http://web/)" web
	refused inside "$db" ping -c 1 -W 1 "$(address_of "$web" shop_front)"
	inside "$web" ping -c 1 -W 30 192.0.2.1
	refused inside "$db" ping -c 1 -W 1 192.0.2.1
	# from another runtime too
	attach plain --network shop_front
	equals "$(ask plain web | sort)" "$(name_in "$api" web | sort)"
	doctor_finds_nothing
	netctl detach plain
	recounted compose down -t 0
	equals "$(netctl ps -q | wc -l)" 0
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "a project with one network of netd's and one of Docker's own" {
	local web api db
	sed -i 's/back:  {.*/back: {}/; s/back: {aliases: .backend.}/back: {}/' "$T/compose.yml"
	up
	web=$(service web) api=$(service api) db=$(service db)
	equals "$(dk network inspect -f '{{.Driver}}' shop_back)" bridge
	equals "$(name_in "$web" api)" "$(address_of "$api" shop_front)"
	wait_until 30 has_name_in "$api" db
	equals "$(name_in "$api" db)" "$(address_of "$db" shop_back)"
	equals "$(fetch_in "$api" http://web/)" web
	inside "$api" ping -c 1 -W 30 db
	inside "$db" ping -c 1 -W 30 api
	has_no_name_in "$web" db
	doctor_finds_nothing
	recounted compose down -t 0
	equals "$(netctl ps -q | wc -l)" 0
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "two replicas of a service answer in turns" {
	local api i first=()
	up --scale web=2
	api=$(service api)
	equals "$(name_in "$api" web | wc -l)" 2
	for i in $(seq 40); do
		first+=("$(name_in "$api" web | head -1)")
	done
	equals "$(printf '%s\n' "${first[@]}" | sort -u | wc -l)" 2
	compose up -d -t 0 --scale web=1
	wait_until 30 one_answer "$api" web
	recounted compose down -t 0
	equals "$(netctl ps -q | wc -l)" 0
	equals "$(netctl network ls -q | wc -l)" 3
}
one_answer() { [[ $(name_in "$1" "$2" | wc -l) -eq 1 ]]; }
