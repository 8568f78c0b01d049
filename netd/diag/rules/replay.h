// SPDX-License-Identifier: GPL-2.0-or-later
// replay.h - a ruleset that was read, as messages which make the same one somewhere else
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. What a change of the firewall would do is found out by making it: the
 * present ruleset is built in an empty network namespace, nft(8) loads the change there, and the
 * kernel is asked what has come of it. Text would not do: nft(8) prints rules of iptables-nft as
 * comments, and gives its own numbers. So the kernel's messages are sent back to it.
 *
 * Numbers (handles) are the same there, for a change may name one ("delete rule … handle 7"), and
 * rules are told by them afterwards. The kernel counts them up in each table, so things are made in
 * that order, which is also the one in which they came to be: what a rule refers to is there before
 * it. Where a number is missing because its thing has gone, something is made that goes again.
 *
 * Some rules cannot be made from what the kernel shows of them: matches and targets of xtables have
 * a state of their own, or belong to a protocol that is not shown. In the place of such a rule
 * stands one without those expressions, of the same number. It can be deleted, or stay; nothing
 * else can be done to a rule. If it has stayed, what it stands for is put back into what was read.
 *
 * Pure. */

struct replay;

/* messages: a whole ruleset as dumped, every element of every set; tables in the order in which
 * they were made. The bytes are copied. 0, -ENOMEM, or -EBADMSG: they are not that. */
int replay_new(const void *messages, size_t len, struct replay **ret_replay);
void replay_free(struct replay *replay);

size_t replay_n_tables(const struct replay *replay);
/* The netlink port that the table belongs to, and has to be made by; 0: nobody's. */
uint32_t replay_owner(const struct replay *replay, size_t table);
/* "inet corp": the replay's. */
const char *replay_name(const struct replay *replay, size_t table);

/* The table as one transaction, the first message of which is numbered REPLAY_SEQ and whose message
 * about the table asks to be acknowledged. Tables are made in their order. 0, -ENOMEM, or -E2BIG:
 * it takes more than REPLAY_NUMBERS_MAX numbers. */
#define REPLAY_SEQ 1
int replay_batch(struct replay *replay, size_t table, struct buf *ret_batch);
/* Whether the table, and no other of its name, is in what was read afterwards. */
bool replay_stands(const struct replay *replay, size_t table, const void *messages, size_t len);
/* The kernel refused the message of that number, of the table's last batch. true: it is a rule, and
 * something will stand for it in the next. false: nothing can; ret_what says what it is. */
bool replay_refused(struct replay *replay, size_t table, uint32_t seq, char *ret_what, size_t size);

/* What was read afterwards, with what was stood for in the place of what stood for it. 0 or
 * -ENOMEM. */
int replay_restore(const struct replay *replay, const void *messages, size_t len, struct buf *out);
