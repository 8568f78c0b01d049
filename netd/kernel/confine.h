// SPDX-License-Identifier: GPL-2.0-or-later
// confine.h - what the plumber's short-lived children give up before they begin
#pragma once

#include "base/error.h"

/* Once, by who will fork such children: what confine_walker() loads is made, where memory may be
 * short without harm (base/program.h). */
int confine_prepare(struct error *error);

/* Both: for a child that was just forked, 0 or -errno; on failure it ends without doing its work.
 */

/* Before exec of nft(8), which loads rules into the namespace it was given: CAP_NET_ADMIN, and
 * CAP_DAC_READ_SEARCH for the administrator's files, whoever's they are. */
int confine_reader(void);
#define NFT_PROGRAM "/usr/sbin/nft" /* nft(8), where distributions have it */

/* Before the walk of conntrack's table: CAP_NET_ADMIN, and the calls that it takes to speak
 * netlink, to write to the log and to end. No file, no program, and of
 * sockets beside netlink those that tell whether an address is of this host. */
int confine_walker(void);

/* For a child that is another program: what confine_prepare() made goes into a file of memory,
 * which nobody changes from then on (fdkind_new_memory), and is taken from there instead of being
 * made again, which is a tenth of a second. 0 or -errno. */
int confine_hand_over(int fd);
int confine_take_over(int fd);

/* For netd-trace, whose programs are in the kernel by then: what is left is to read and to write
 * what is open, and of bpf(2) what changes and reads maps. The filter is made while the caller does
 * something else: begin before any descriptor is opened, finish where it has to hold from. */
int confine_tracer_begin(struct error *error);
int confine_tracer_finish(struct error *error); /* it is made; for children that load it */
int confine_tracer(struct error *error);
