// SPDX-License-Identifier: GPL-2.0-or-later
// nft.h - netd's nftables table in the kernel: made, changed and repaired in single transactions
#pragma once

#include "base/error.h"
#include "model/rules/ruleset.h"

#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection to nf_tables of one network namespace: that in which the socket was opened. Requests
 * are synchronous: the kernel carries a transaction out inside sendmsg(2) and its acknowledgement
 * waits in the socket when that returns, so nothing here ever sleeps for another process. */
struct nft;

/* Opens in the current netns. With own, tables made through it are owned by the socket
 * (NFT_TABLE_F_OWNER|PERSIST, kernel 6.9) where the kernel can; nft_is_owner tells. */
int nft_open(bool own, struct nft **ret_nft, struct error *error);
void nft_close(struct nft *nft);
bool nft_is_owner(const struct nft *nft);

/* Makes the table hold exactly the constant ruleset and elems, in one transaction: what is there
 * already is replaced without a packet seeing anything in between. Table bridge netd is there
 * afterwards where elems->guarded, and else is not. The user-forward chain keeps its
 * rules. Used at start and to repair drift. */
int nft_reset(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
/* The same table with the same contents, but for the user-forward chain, which is empty: owned by
 * nobody, as any other. In one transaction. */
int nft_disown(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
/* Removes the table, and that of frames; success when they are not there. */
int nft_remove(struct nft *nft, struct error *error);

/* Adds or deletes elements in one transaction: all or none. Adding what is there with the same data
 * is a success; deleting what is not there gives -ENOENT (and then nothing is deleted). */
int nft_elems_add(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
int nft_elems_delete(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
/* Elements that are there, none twice, with other comments or data: no packet finds them missing.
 */
int nft_elems_replace(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
/* Whether the element with that key is there: 1, 0, or negative errno. Not for interval sets. */
int nft_elem_present(struct nft *nft, const struct ruleset_elem *elem);
/* Number of elements of a set that is there now; negative errno. For tests of drift. */
int nft_elems_count(struct nft *nft, enum ruleset_set set);

/* What packets put into a set with n_counted, each with its counter. *ret_items is the caller's to
 * free. 0, -ENOENT (there is no table), or another negative errno. */
struct nft_counted {
	uint8_t key[RULESET_KEY_MAX]; /* as in struct ruleset_elem */
	uint64_t packets;
};
int nft_counted(struct nft *nft, enum ruleset_set set, struct nft_counted **ret_items,
		size_t *ret_n);

/* Replaces the rules of the user-forward chain by rules: the inside of a chain in nft(8)'s
 * language,
 * "" for none; include statements may name files. nft(8) reads them in an empty network namespace
 * that has our table, so they are checked first and the table's ownership is never let go; an
 * interface must be named with iifname or oifname (iif wants one that is there). ERROR_INVALID with
 * nft's complaint: the former rules stay. Runs a program, about 10 ms: at start and on SIGHUP only;
 * netns_init first. nft NULL: they are checked and go nowhere. */
int nft_user_load(struct nft *nft, const char *rules, struct error *error);

/* Notifications: a socket that becomes readable when anyone changes a ruleset of this netns. Read
 * consumes what is there and says whether a change by another than ours, touching table netd, was
 * among it (or notifications were lost): then compare and repair. */
struct nft_watch;
int nft_watch_open(const struct nft *own, struct nft_watch **ret_watch, struct error *error);
void nft_watch_close(struct nft_watch *watch);
int nft_watch_fd(const struct nft_watch *watch);
bool nft_watch_read(struct nft_watch *watch);

/* In a container's netns: 127.0.0.11 port 53, UDP and TCP, is redirected to dns_port without
 * conntrack, and back. Table `ip netd-dns`. Idempotent; a second call changes the port. */
int nft_dns_redirect(struct nft *inside, uint16_t dns_port, struct error *error);
int nft_dns_redirect_remove(struct nft *inside, struct error *error);

/* What this kernel has, probed once in a scratch table: NULL, or a sentence on what is missing. */
const char *nft_probe(struct nft *nft);
/* The same for the table that networks with anti-spoof need. */
const char *nft_probe_guard(struct nft *nft);
