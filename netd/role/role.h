// SPDX-License-Identifier: GPL-2.0-or-later
// role.h - the unprivileged processes that netd consists of beside the plumber: a table, a row each
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/* Theory of operation. A role is a process that does one job for the plumber without any of its
 * privileges. The plumber starts it (plumber/supervisor.h), as the same program under another name
 * or as one of its own, with a listening socket and nothing else; the process makes itself small
 * (sandbox.h, seal.h) and then says hello to whoever connects. It outlives the plumber: the next
 * one finds it by its socket in the run directory, and speaks with it in a version that both know;
 * one that has nothing to keep may end with its plumber instead. One that ends is started again, at
 * once as long as that helps.
 *
 * What is common to all of them is code, what differs is a row: to add a role is to add a row, its
 * main function in main.c, and to the plumber whom it is introduced to. */
struct role {
	const char *name;    /* in messages, and of <run>/NAME.sock and <run>/NAME.pid */
	const char *option;  /* what tells the program that it has this role */
	const char *process; /* what ps(1) shows: argv[0] */
	/* A program of its own in libexec, for libraries that no other role should have to load.
	 * NULL: this same program. */
	const char *program;
	/* It runs a program of its own that has files, so it keeps the file system, as the user
	 * that it becomes; and nothing but the plumber's filter bounds its system calls. */
	bool keeps_files;
	/* What ps -e and systemctl status show. systemd 252 passes over names in parentheses when
	 * it warns of left-over processes at a start (core/unit.c, log_leftover): a role is left
	 * over on purpose. 15 characters, as many as the kernel keeps. */
	const char *comm;
	/* Of what it says with the plumber (HELLO): the newest that it speaks, and the oldest, for
	 * a change of release. */
	uint32_t version, version_oldest;
	/* The most it may have; RLIM_INFINITY: as much as whoever started netd allows. */
	struct role_limits {
		rlim_t n_fds;
		rlim_t memory_bytes; /* of addresses: RLIMIT_AS */
	} limits;
	/* One that ended is started again at once, until it has ended at_once times in a row; then
	 * after min_s, doubled each time up to max_s, or failed_max_s where the last one never said
	 * hello: so a crash loop does not eat a processor. One that lived for stable_s starts the
	 * count anew. */
	struct role_restart {
		unsigned at_once;
		double min_s, max_s, failed_max_s, stable_s;
	} restart;
};

enum role_number {
	ROLE_RESOLVER,
	ROLE_METRICS, /* where netd.json has metrics-addr */
	ROLE_KEEPER,  /* where this host runs an etcd of netd's own, for the herald to speak to */
	ROLE_USHER,   /* where it lets other hosts in, or asks to be let in */
	ROLE_HERALD,  /* where this host belongs to a cluster */
	ROLE_N,
};

extern const struct role role_table[ROLE_N];
