// SPDX-License-Identifier: GPL-2.0-or-later
// explain_here.h - netd-explain run by netctl itself, where netd cannot do it
#pragma once

#include "base/error.h"
#include "cli/command/explain_watch.h"
#include "cli/line/cli.h"

#include <jansson.h>
#include <stdbool.h>

struct explain_here {
	const char *facts;  /* a file that is judged; NULL: the kernel and the records */
	const char *host;   /* unix://PATH: netd is asked, and not its records */
	const char *socket; /* whose listener's network namespace is the host; NULL: this one is */
	const char *run_dir, *state_dir; /* of the records; NULL: the usual */
	const char *with;		 /* a file of nftables, as if it were loaded; NULL: none */
	bool with_facts, all, probe, trace;
	const char *follow; /* whose packets are told as they come by; NULL: nobody's */
	const char *const *filter;
	size_t n_filter;
	bool no_rules;			   /* that those packets meet */
	const struct explain_watch *watch; /* who takes lines instead of an answer; NULL: nobody */
	bool drops;			   /* what the kernel throws away, of all or `name` */
	bool doctor;			   /* what is wrong, without a pair */
	const char *name;		   /* of whom; NULL: everything */
	bool reach;			   /* who reaches which listener, without a pair */
	const char *names, *network;	   /* who asks; NULL: everybody, on every network */
	const char *from, *to;		   /* NULL: as the file of facts has them */
};

/* --run-dir and --state-dir, of every command that may look from here. */
extern const struct flag explain_here_flags[];

/* Where netd's socket is on this host; NULL: netd is on another one. */
const char *explain_here_socket(const struct cli *cli);
/* Whether whoever listens there is stopped, or takes nobody any more, which a call would find out
 * by waiting. What cannot be known is false. */
bool explain_here_is_stopped(const char *socket_path);
/* The same for who cannot look by himself, and netd is on this host: ERROR_UNAVAILABLE, with what
 * lets it go on. */
int explain_here_check(const struct cli *cli, struct error *error);
/* From now on this process is in the network namespace of whoever listens there: root may have come
 * by another one. */
void explain_here_join(const char *socket_path);

/* The answer as the API gives it: 0 and a new reference, or negative with the sentence. */
int explain_here(const struct explain_here *asked, json_t **ret_answer, struct error *error);

/* The same by root's own netctl, with what netd believes if that answers: netd itself may load
 * nothing into the kernel, and reads no files for others (`asked`, whose socket, host and folders
 * are filled here). ERROR_FORBIDDEN: somebody else asks, or netd is on another host. */
int explain_here_as_root(struct cli *cli, const struct args *args, struct explain_here asked,
			 json_t **ret_answer, struct error *error);

/* What --follow and --drops tell (asked->watch): looked at from here by root, with what netd
 * believes or its records have; for everybody else, and of another host, netd answers, of what its
 * own containers do. */
int explain_here_watch(struct cli *cli, const struct args *args, struct explain_here asked,
		       struct error *error);

/* "30s", "1m30s": how long it takes, as a deadline; NULL: DEADLINE_NEVER. flag: as a person wrote
 * it. ERROR_INVALID. */
int explain_here_until(const char *text, const char *flag, int64_t *ret_deadline_ms,
		       struct error *error);

/* How many lines are wanted; NULL: *ret_count stays. ERROR_INVALID. */
int explain_here_count(const char *text, unsigned long *ret_count, struct error *error);

/* A question that needs no more than a path of the API: netd is asked, or where it is not there or
 * stopped, and root asks, the kernel and the records are (`asked`, whose socket and folders are
 * filled here). *ret_is_here: it was the latter. */
int explain_here_or_netd(struct cli *cli, const struct args *args, const char *path,
			 struct explain_here asked, json_t **ret_answer, bool *ret_is_here,
			 struct error *error);
