// SPDX-License-Identifier: GPL-2.0-or-later
// question.h - what is asked: A and B as a person writes them, and who that is
#pragma once

#include "base/error.h"
#include "diag/facts.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <string.h>

/* One end as written, taken apart. */
struct question_end {
	/* DIAG_OF_CONTAINER: a name, whosever it is; never DIAG_NOBODY. */
	enum diag_kind kind;
	char text[QUESTION_TEXT_MAX]; /* without port and protocol: "db", "pid:12", "10.61.0.3" */
	struct addr addr;	      /* of DIAG_OF_ADDRESS and DIAG_OF_OUTSIDE */
	pid_t pid;		      /* of DIAG_OF_PROCESS */
	uint16_t port;		      /* 0: none */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP; 0: none was asked for */
};

/* Of DIAG_OF_NETNS: the path, within text. */
static inline const char *question_path(const struct question_end *end)
{
	return strchr(end->text, ':') + 1;
}

struct question {
	struct question_end from, to; /* from has neither port nor protocol */
};

/* What is asked about must be fit to be shown again, in an answer that says that nobody is called
 * so. what: "A", "NAME". 0, or ERROR_INVALID. */
int question_check(const char *what, const char *text, struct error *error);

/* from: CONTAINER, ADDRESS, host, outside:ADDRESS, pid:N or netns:PATH. to: the same with :PORT,
 * :PORT/tcp, :PORT/udp, or /icmp or :/icmp behind it; an IPv6 address with a port stands in
 * brackets. ERROR_INVALID: one sentence with the way out. */
int question_parse(const char *from, const char *to, struct question *ret_question,
		   struct error *error);

/* Takes the first off a list of A's that has commas between them, and goes on behind it. 0, or
 * ERROR_INVALID. */
int question_take(const char **list, struct question_end *ret_end, struct error *error);

/* Whether B may be asked for all of its listeners: it has no port of its own, and is on this host.
 * ERROR_INVALID. */
int question_check_all(const struct question *question, struct error *error);

/* The container that a text means: by name, id, beginning of an id, or a name that its neighbours
 * know it by. NULL where there is none. 0; ERROR_INVALID: several containers' ids begin so. */
int question_container(const struct facts *facts, const char *text,
		       const struct facts_container **ret_container, struct error *error);

/* Who they are among what netd believes: the verdict's from and to, but for their addresses where
 * none were written. Without a port and a protocol it is a question for ping (is_assumed).
 * Containers are found by name, id, beginning of an id, one of their other names
 * or an address, which may be one of the host's when the host's picture is there; a process or a
 * namespace by its text, which whoever took the facts has added to them (belief_add_name). A name
 * that nobody has is ERROR_NOT_FOUND for A; B is DIAG_NOBODY then, for it may be a name of the
 * world's. ERROR_INVALID: several containers' ids begin so. */
int question_resolve(const struct question *question, const struct facts *facts,
		     struct diag_verdict *verdict, struct error *error);
