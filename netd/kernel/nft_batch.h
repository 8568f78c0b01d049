// SPDX-License-Identifier: GPL-2.0-or-later
// nft_batch.h - an nf_tables transaction under construction, sent and answered; private to
// kernel/nft*
#pragma once

#include "base/error.h"
#include "kernel/nft.h"
#include "model/rules/ruleset.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* linux/netfilter/nf_tables.h has it since 6.9; the headers here may be older than the kernel. */
#define NFT_TABLE_PERSIST 0x4

struct nft {
	int fd;
	uint32_t portid;
	uint32_t seq;	      /* of the next message; never 0 */
	uint32_t table_flags; /* for tables made through this connection */
};

/* What a message was about, to say so when the kernel refuses it. */
struct nft_note {
	size_t offset;	  /* of the message in the batch */
	const char *what; /* "chain", "elements"; NULL: begin or end of the batch */
	const char *name; /* not owned */
	const struct ruleset_elem
		*elems; /* an element message: its first, in the caller's array, … */
	size_t n_elems; /* … and how many of that element's set follow in it */
};

/* Zeroed is empty. Appending after a failed allocation does nothing; commit tells. */
struct nft_batch {
	uint8_t *data;
	size_t len, size;
	struct nft_note *notes;
	size_t n_notes, notes_size;
	bool open; /* the last message may still grow */
	int err;
};

/* A refusal: the first one the kernel reported. */
struct nft_refusal {
	int code;		     /* negative errno */
	const struct nft_note *note; /* NULL: the batch as a whole */
	uint32_t attr_offset;	     /* of the attribute at fault in the message; 0: not told */
	char text[128];		     /* the kernel's own words, or "" */
	bool unsure;		     /* an answer was lost: it may be done, whatever code says */
};

void nft_batch_done(struct nft_batch *batch);
/* Drops the messages and keeps the memory. */
void nft_batch_clear(struct nft_batch *batch);

/* Starts a message with room bytes for attributes, ending the one before; the first starts the
 * batch. name must outlive the batch. NULL: out of memory, and batch->err says so. The message is
 * valid until the next call. */
struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags,
			       uint8_t family, size_t room, const char *what, const char *name);

/* Sends the batch, again when the answer is lost, and reads what the kernel says. 0, or negative
 * errno with *ret_refusal filled (nothing was changed then, or it is unsure). Every batch must be
 * one that may be carried out twice. dry: the kernel checks everything and changes nothing. */
int nft_batch_commit(struct nft *nft, struct nft_batch *batch, bool dry,
		     struct nft_refusal *ret_refusal);
/* As nft_batch_commit, but waits a little for a table's owner that is going away (its socket is
 * closed by the kernel after the process is seen dead). */
int nft_batch_commit_patient(struct nft *nft, struct nft_batch *batch,
			     struct nft_refusal *ret_refusal);

/* A question, the only message of request: flags NLM_F_DUMP, or NLM_F_ACK for a single object.
 * Calls each for every message of the answer. 0 or negative errno, that of each too, which ends the
 * walk. A dump that was interrupted by a change, or whose messages were lost, is repeated by the
 * caller: -EINTR. */
int nft_batch_ask(struct nft *nft, struct nft_batch *request, uint16_t flags,
		  int (*each)(const struct nlmsghdr *nlh, void *data), void *data);

/* nft_elem.c */
/* Appends messages that add or delete elements. The array must outlive the batch. */
void nft_elem_append(struct nft_batch *batch, const char *table, const struct ruleset_elems *elems,
		     bool add);
/* Appends a question for one element, by its key. */
void nft_elem_append_get(struct nft_batch *batch, const char *table,
			 const struct ruleset_elem *elem);
/* Appends a question for all elements of a set. 0 or -ENOMEM. */
int nft_elem_append_dump(struct nft_batch *batch, const char *table, enum ruleset_set set);
/* The element a refusal is about; NULL: not about one, or not known which. */
const struct ruleset_elem *nft_elem_refused(const struct nft_batch *batch,
					    const struct nft_refusal *refusal);

/* nft_expr.c */
/* Appends "add rule". index is of ruleset_rules, for the words of a refusal. 0 or -ENOMEM. */
int nft_expr_append_rule(struct nft_batch *batch, const char *table,
			 const struct ruleset_rule *rule);
/* The kernel's option a rule cannot do without, beyond nf_tables itself; NULL: none. */
const char *nft_expr_needs(const struct ruleset_rule *rule);

/* nft_table_msg.c */
/* Appends the constant table. fresh: nothing of it is there, so nothing is flushed. 0 or -ENOMEM.
 */
int nft_table_append(struct nft_batch *batch, const char *table, uint32_t flags, bool fresh);
/* The same for the table of the family bridge. */
int nft_table_append_guard(struct nft_batch *batch, const char *table, uint32_t flags, bool fresh);
void nft_table_append_delete(struct nft_batch *batch, uint8_t family, const char *table);

/* 1: the table is there and holds base chains that are not ours (another version's); 0: it does
 * not; or negative errno. *ret_guarded: there is one of the family bridge, too. */
int nft_table_foreign(struct nft *nft, const char *table, bool *ret_guarded);

/* nft_dns.c */
void nft_dns_append(struct nft_batch *batch, const char *table, uint32_t flags, uint16_t dns_port);

/* nft_services.c */
/* Appends what makes a table of what the services were one of what they are. */
struct nft_service;
void nft_services_append(struct nft_batch *batch, const struct nft_service *services, size_t n);

/* nft.c */
/* Turns a refusal into a sentence that begins with what was tried. Returns its code. */
int nft_refused(const struct nft_batch *batch, const struct nft_refusal *refusal,
		struct error *error, const char *tried);
