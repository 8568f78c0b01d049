// SPDX-License-Identifier: GPL-2.0-or-later
// steps.h - how a question was decided, step by step, for who asks why
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Whoever decides something about a question says so at that place, to a list
 * that came with the question. Nearly all questions have none, and cost one comparison for each
 * step. The list is bytes from the beginning, of a bounded length, as they go to the plumber
 * before the answer itself; what has no room any more is counted. The resolver is not trusted:
 * who reads the list looks at each step as at any message. Pure: the time is given. */

enum dns_step_kind {
	DNS_STEP_LEFT_OUT = 1, /* value steps, for want of room */
	/* Who asks. name: the container, "" the host; value: how many networks it sees */
	DNS_STEP_VIEW,
	DNS_STEP_FAULT, /* the question is none, or one that nobody answers: code value */
	/* Names. other: the network, unless something else is said */
	DNS_STEP_LOCALHOST,
	DNS_STEP_LINK,		/* name is a link to other */
	DNS_STEP_LINK_ADDRESS,	/* name is a link to addr, an entry for this container alone */
	DNS_STEP_LACKS,		/* the network does not know name */
	DNS_STEP_NONE_HAS,	/* none of value networks does */
	DNS_STEP_HAS,		/* the network knows name, with value addresses */
	DNS_STEP_CONTAINER,	/* name is the container at addr */
	DNS_STEP_DOMAIN,	/* without the domain other it is name */
	DNS_STEP_ONE,		/* one of the addresses is given, drawn anew for each answer */
	DNS_STEP_REVERSE,	/* addr is name */
	DNS_STEP_REVERSE_LACKS, /* addr is nobody whom it sees */
	DNS_STEP_ZONE,	    /* what is not known under name, a network or domain, is not there */
	DNS_STEP_SERVICE,   /* services of a container's name are not asked for outside */
	DNS_STEP_SINGLE,    /* a name without a dot is not asked for outside */
	DNS_STEP_ENCLOSED,  /* no way leads out, so nothing outside is there */
	DNS_STEP_NO_RECORD, /* the name is there, without a record of type value */
	/* Servers. addr and port: which one */
	DNS_STEP_OUTSIDE,	/* nobody here knows the name: servers are asked */
	DNS_STEP_OWN_REACHED,	/* no network leads out, but a route to servers of its own */
	DNS_STEP_OWN_UNREACHED, /* not even that */
	DNS_STEP_OWN_SERVERS,	/* it has value servers of its own */
	DNS_STEP_HOST_SERVERS,	/* it asks the host's, value of them */
	DNS_STEP_NO_SERVERS,
	DNS_STEP_CACHED,      /* the answer was kept from somebody's question before */
	DNS_STEP_NOT_CACHED,  /* it was not */
	DNS_STEP_ONLY_CACHED, /* and nobody is to be asked */
	DNS_STEP_JOINED,  /* somebody has asked the same, value ms ago: that answer is awaited */
	DNS_STEP_DEMOTED, /* it did not answer of late, and is asked after the others */
	DNS_STEP_ASK_FIRST,
	DNS_STEP_ASK_NEXT,   /* beside or after the ones before it */
	DNS_STEP_ASK_AGAIN,  /* all were asked, and it is the first once more */
	DNS_STEP_ASK_PROBE,  /* beside the others: whether it answers again */
	DNS_STEP_ASK_PLAIN,  /* once more without EDNS, of which it knows nothing */
	DNS_STEP_ASK_STREAM, /* once more over TCP: the answer did not fit, or somebody forged one
			      */
	DNS_STEP_NOT_SENT,   /* there was no socket for it */
	DNS_STEP_SILENT,     /* nothing came within value ms, and it is not waited for any more */
	DNS_STEP_ANSWERED,   /* with the code value */
	DNS_STEP_HEDGED,     /* so, and it is not the one that was asked first */
	DNS_STEP_REFUSED,    /* with the code value, and is not asked again */
	DNS_STEP_FAILED,     /* value: an errno of the network's, EBADMSG of a wrong answer */
	DNS_STEP_SIBLING,    /* the question for the other family of addresses may still tell */
	DNS_STEP_TOLD,	     /* it told: the code value */
	DNS_STEP_BUDGET,     /* value ms are over */
	DNS_STEP_N_KINDS,
};

struct dns_step {
	enum dns_step_kind kind;
	uint32_t at_us; /* since the question came; the list fills it in */
	uint32_t value;
	struct addr addr;
	uint16_t port;
	const char *name, *other; /* NULL: "" */
};

/* A list that is being written. */
struct dns_steps {
	uint64_t from_ns, now_ns; /* when the question came, and when what is told now is */
	uint32_t n_left_out;
	size_t len;
	uint8_t bytes[DNS_STEPS_BYTES_MAX];
};

void dns_steps_init(struct dns_steps *steps, uint64_t now_ns);
/* NULL is fine: nobody wants to know. A text that is too long for a name is cut. */
void dns_steps_add(struct dns_steps *steps, const struct dns_step *step);

/* The list, and an answer behind it. */
#define DNS_STEPS_HEAD 2
void dns_steps_put(struct wire *wire, struct dns_steps *steps);

/* Reads it back: the texts of a step are good until the next one. */
struct dns_steps_reader {
	struct wire wire;
	char name[DNS_NAME_MAX + 1], other[DNS_NAME_MAX + 1];
};

/* From what dns_steps_put wrote, and the answer behind it; both stay in message. 0 or -EBADMSG. */
int dns_steps_open(struct dns_steps_reader *reader, const uint8_t *message, size_t len,
		   const uint8_t **ret_answer, size_t *ret_answer_len);
/* 1: a step; 0: there are no more; -EBADMSG. */
int dns_steps_next(struct dns_steps_reader *reader, struct dns_step *ret_step);
