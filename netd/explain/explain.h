// SPDX-License-Identifier: GPL-2.0-or-later
// explain.h - netd-explain: what its files share
#pragma once

#include "base/error.h"
#include "base/limits.h"
#include "diag/facts.h"
#include "diag/question.h"
#include "diag/traced.h"
#include "diag/verdict.h"
#include "kernel/look.h"
#include "kernel/probe.h"

#include <jansson.h>
#include <stdbool.h>

/* What netd hands over to one that serves a client of its own. */
enum { EXPLAIN_CLIENT_FD = 3, EXPLAIN_PIPE_FD, EXPLAIN_TRACER_FD };

struct explain_options {
	const char *host;		 /* of the API: unix://PATH */
	const char *run_dir, *state_dir; /* of the records */
	const char *facts;		 /* a file that is judged; NULL: the kernel is asked */
	const char *with;		 /* a file of nftables, as if it were loaded; NULL: none */
	const char *from, *to;		 /* NULL: as the file has them */
	int out_fd;			 /* where the answer goes */
	bool use_records, with_facts, probe, trace, help;
	bool all;		     /* every listener of B, which has no port then */
	bool reach;		     /* who reaches which listener, without a pair */
	const char *names, *network; /* of who asks (struct reach_asked) */
	const char *follow;	     /* whose packets are told as they come by; NULL: nobody's */
	const char *const *filter;   /* which of them, in words (diag/followed_filter.h) */
	size_t n_filter;
	bool serves;	  /* a client of netd's, who sees what netd's containers do */
	bool lines;	  /* netd itself reads lines there, and wants none without reasons */
	int64_t end_ms;	  /* of what has no end of its own */
	bool no_rules;	  /* and not the rules that they meet */
	bool drops;	  /* what the kernel throws away, of everything or NAME */
	bool doctor;	  /* what is wrong, without a pair */
	const char *name; /* of whom; NULL: everything */
	bool connections; /* the flows of the container `name` */
	bool losses;	  /* what was lost inside of it */
};

/* options.c: 0, or what is wrong with the command line was said. */
int explain_options_parse(int argc, char **argv, struct explain_options *ret_options);

/* believed.c: what netd says it has made, from its snapshot. ERROR_UNAVAILABLE: it does not answer.
 * The facts ask it for published ports by *ret_client, which is there as long as they are, and the
 * caller's to close. */
struct client;
int explain_believed(const struct explain_options *options, struct facts *facts,
		     struct client **ret_client, struct error *error);
/* The same in two halves: netd gathers it while something else is looked at. */
int explain_believed_ask(const struct explain_options *options, struct client **ret_client,
			 struct error *error);
int explain_believed_hear(const struct explain_options *options, struct client *client,
			  struct facts *facts, struct error *error);
/* cluster.c: how the host stands in its cluster; what is not answered stays empty. */
void explain_cluster(struct client *client, struct facts *facts);
/* services.c: what other hosts have told of services; what is not answered stays unknown. */
void explain_services(struct client *client, struct facts *facts);
/* records.c: the same from its records, which are copied first and left alone: netd may be dead, or
 * stopped in the middle of a change. Takes root. */
int explain_records(const struct explain_options *options, struct facts *facts,
		    struct error *error);

/* believed.c: what netd's resolver knows of a name that no container has, for the facts; with
 * --probe it asks outside. That it cannot be asked is no error. 0 or -ENOMEM. */
int explain_name(const struct explain_options *options, const struct diag_verdict *verdict,
		 struct facts *facts);
/* The same of what a container would be told now, when its namespace is known by its key. */
void explain_ask_name(struct client *client, const struct facts_space *space,
		      const struct facts_name_asked *asked, struct facts_name *answer);

/* adopt.c: a process or a namespace that was asked for by its number or path becomes a container of
 * the facts, unless it is one of netd's: then that is called so, too. ERROR_NOT_FOUND. */
int explain_adopt(const struct question_end *end, struct facts *facts, struct error *error);

/* places.c: from now on the facts ask the look for what they do not have, and for pictures of more
 * namespaces until then. */
void explain_places_open(struct look *look, struct facts *facts, int64_t deadline_ms);
/* And from then on this client for names; NULL: nobody can be asked. */
void explain_places_ask_names(struct client *client);
/* The picture of one that must be there, unless it was taken; key NULL: none. */
int explain_places_take(struct look *look, struct facts *facts, const char *key,
			struct error *error);

/* A descriptor of it, which the caller closes. */
int explain_places_netns(const struct facts *facts, const char *key, struct error *error);

/* trace_rules.c: which rules of nftables a probe's packets meet. */
struct explain_rules {
	int fds[EXPLAIN_RULES_MAX]; /* each owns a table in a namespace */
	uint64_t netns[EXPLAIN_RULES_MAX];
	size_t n;
	uint8_t protocol;
	uint16_t port; /* that the probe comes from; the id of an echo request */
	struct traced_rules met;
};
/* Before the first packet, in all namespaces that were looked at. What is lacking is said in the
 * verdict, and fails nothing. */
void explain_rules_open(struct explain_rules *rules, const struct facts *facts,
			const struct diag_verdict *verdict, uint16_t port);
/* Behind the last, when the rest was told; ends it. What could not be read is said. 0 or -ENOMEM.
 */
int explain_rules_tell(struct explain_rules *rules, const struct traced *seen,
		       const struct facts *facts, struct diag_verdict *verdict);
void explain_rules_done(struct explain_rules *rules);

/* trace.c: netd-trace, which watches a probe. What it lacks is said in the verdict, and fails
 * nothing. */
struct explain_trace {
	bool is_running;
	pid_t pid;
	int orders_fd, lines_fd; /* -1: there is none */
	struct buf text;	 /* the beginning of a line */
	struct traced seen;
	struct explain_rules rules;
	uint16_t port; /* that the probe comes from; the id of an echo request */
	const struct facts *facts;
	const struct diag_verdict *verdict;
};
/* Why it cannot work. */
__attribute__((format(printf, 2, 3))) void explain_trace_lack(struct explain_trace *trace,
							      const char *format, ...);
/* The same of a tracer that netd has asked for, at the other end of EXPLAIN_TRACER_FD. */
void explain_trace_adopt(struct explain_trace *trace);
/* Before rights are given up. mode: an option of netd-trace, or NULL. */
void explain_trace_start(struct explain_trace *trace, const char *mode);
/* What it has said until now, which is then among what was seen, while lines are told: where no
 * more will come, which nobody asked for, a last one says so. 0; -EPIPE: no more will come; or
 * another negative errno. */
int explain_trace_hear(struct explain_trace *trace, const struct explain_options *options);
/* Tells it; and hears until it has answered `go`, or cannot. 0 or -errno. */
int explain_trace_order(struct explain_trace *trace, const struct buf *orders);
/* Hears the numbers that it was asked for. */
void explain_trace_hear_told(struct explain_trace *trace);
/* That is all; and hears until it has told the rest. */
void explain_trace_end(struct explain_trace *trace);
/* From now on the probe tells it when to look. */
void explain_trace_watch(struct explain_trace *trace, const struct facts *facts,
			 const struct diag_verdict *verdict, struct probe_asked *asked);
/* Ends it; the verdict has then what was seen. */
void explain_trace_tell(struct explain_trace *trace, struct diag_verdict *verdict);
void explain_trace_done(struct explain_trace *trace);

/* probe.c: one real connection from A, and whether it agrees with what was read. A verdict that was
 * undecided is decided by it. trace NULL: nobody watches. */
int explain_probe(const struct facts *facts, struct explain_trace *trace,
		  struct diag_verdict *verdict, struct error *error);

/* follow.c: packets of one container, a line each, until standard input or output is closed. Fails
 * before the first line only. */
int explain_follow(const struct explain_options *options, struct look *look,
		   struct explain_trace *trace, struct facts *facts, struct error *error);

/* links.c: the counters of the host's links, as /proc has them. 0 or -errno. */
int explain_links_read(struct buf *out);

/* drops.c: what the kernel throws away, a line for each place at which there was more of it, until
 * standard input or output is closed. Fails before the first line only. *client: netd's, NULL: who
 * came later is not known. */
int explain_drops(const struct explain_options *options, struct look *look,
		  struct explain_trace *trace, struct client **client, struct facts *facts,
		  struct error *error);

/* all.c: each listener of B. `asked` is resolved, and the pictures of both are there. */
int explain_all(const struct explain_options *options, struct facts *facts,
		struct diag_verdict *asked, double began_s, struct buf *out, struct error *error);

/* reach.c: who reaches which listener. Who asks may be no container of netd's; then a picture of
 * every container is taken; then it is judged and written. */
int explain_reach_adopt(const struct explain_options *options, struct facts *facts,
			struct error *error);
int explain_reach_collect(const struct explain_options *options, struct look_scratch *scratch,
			  struct look *look, struct facts *facts, struct error *error);
int explain_reach(const struct explain_options *options, struct look *look, struct facts *facts,
		  double began_s, struct buf *out, struct error *error);
/* reach_shares.c: all askers that were found are judged, by as many processes as there are
 * processors; what the facts lack is asked by the look, which is theirs; NULL: by none. The rows
 * are then reach->pairs, in the order of askers. ERROR_TOO_LARGE, ERROR_INTERNAL, or a negative
 * errno: one of them has ended early, and there is no answer. */
struct diag_reach;
int explain_reach_shares(struct facts *facts, struct look *look, struct diag_reach *reach,
			 struct error *error);

/* with.c: before rights are given up, and behind look_new(): a namespace in which nft(8) waits to
 * load the file. The caller's to free. */
int explain_with_start(const char *file, struct look_scratch **ret_scratch, struct error *error);
/* The picture of the host, which is there, has from now on the ruleset that it would have if nft(8)
 * had loaded the file, and so have elements that are asked for; the facts name it. Nothing is
 * changed. ERROR_INVALID: nft refuses the file, in its own words. Takes CAP_NET_ADMIN and
 * CAP_SYS_ADMIN. */
int explain_with(const char *file, struct look_scratch *scratch, struct look *look,
		 struct facts *facts, struct error *error);
/* The answer's object, which is written, gets the key With where there is one. 0 or -ENOMEM. */
int explain_with_write(const struct facts *facts, struct buf *out);

/* file.c: facts with what was asked of them, so that somebody else asks the same. */
int explain_file_write(const struct explain_options *options, const struct facts *facts,
		       struct buf *out);
/* Fills from and to of the options where they are NULL; *ret_from and *ret_to are theirs then, and
 * the caller's to free. */
int explain_file_read(struct explain_options *options, struct facts *facts, char **ret_from,
		      char **ret_to, struct error *error);

/* doctor.c: what is wrong with what the facts have, or NAME of it. The host is looked at first.
 * client: netd's; NULL: it does not answer. */
int explain_doctor(const struct explain_options *options, struct look *look, struct client *client,
		   struct facts *facts, double began_s, struct buf *out, struct error *error);

/* connections.c: the flows of a container that pass the host. */
int explain_connections(const struct explain_options *options, struct look *look,
			struct facts *facts, struct buf *out, struct error *error);

/* losses.c: what the kernel has counted as lost inside of a container. */
int explain_losses(const struct explain_options *options, struct look *look, struct facts *facts,
		   struct buf *out, struct error *error);

/* answer.c: what whoever asked is told. */
struct explain_answer {
	int status; /* of HTTP */
	struct buf body;
};
void explain_answer_error(struct explain_answer *answer, const struct error *error);
/* Writes it, and lets go of it. 0 or -errno. */
int explain_answer_send(struct explain_answer *answer, const struct explain_options *options);
/* The beginning of one that has no end of its own: lines follow. And one of them, which is freed;
 * NULL is no memory. 0 or -errno. */
int explain_answer_begin(const struct explain_options *options);
int explain_answer_line(const struct explain_options *options, json_t *json);
/* The last line has been written. */
int explain_answer_finish(const struct explain_options *options);
/* What becomes readable when nobody wants to see more of it, and whether that is so. */
int explain_answer_end_fd(const struct explain_options *options);
bool explain_answer_has_end(const struct explain_options *options);

/* What SQLite calls for dlopen(3) where netd-explain is linked statically: NULL. */
void *dlopen_refused(const char *file, int mode);
