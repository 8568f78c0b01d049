#!/usr/bin/env bats
# doctor.bats - netctl doctor names what is wrong without being told where, and repairs what is netd's alone
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load ../firewalls
load world
load breakages
load working
load doctor

setup() { explain_world; }

@test "what nobody needs a pair to see is named, and what is netd's repaired" {
	try_each try_doctor "${DOCTOR_SEES[@]}"
}

@test "what no pair shows is named" {
	try_each try_doctor "${DOCTOR_BREAKAGES[@]}"
}

@test "ways that are broken for all ports are named" {
	try_each try_doctor "${DOCTOR_WAYS[@]}"
}

@test "of setups that work nothing is told" {
	try_each doctor_is_silent "${WORKING[@]}"
}
