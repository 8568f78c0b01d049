// SPDX-License-Identifier: GPL-2.0-or-later
// dropped.h - a packet that the kernel threw away, as netd-trace --drops tells it
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words of the kernel's are cut to their room: they are only shown. */
struct dropped {
	uint64_t time_ns;	       /* CLOCK_MONOTONIC */
	uint64_t netns;		       /* inode; where it was dropped */
	char link[17];		       /* "": it had none there */
	char reason[64], function[64]; /* "": not known */
	/* What it was sent as, before NAT made another of it; from "": it did not. Ports are 0 of
	 * what has none. */
	char sent_from[48], sent_to[48];
	uint16_t sent_from_port, sent_to_port;
	int icmp_type; /* -1: it is none */
	bool is_six;
	size_t len, full_len;	       /* of data, and of the packet: len <= full_len */
	uint8_t data[TRACE_BYTES_MAX]; /* from the IP header on */
};

enum dropped_line {
	DROPPED_OTHER,	/* nothing that anybody here asks for */
	DROPPED_PACKET, /* ret_dropped is filled */
	DROPPED_END,	/* nothing comes behind it; *ret_n_lost is set */
};

/* A line without its newline, of any bytes. What a line lacks makes it DROPPED_OTHER, and so does
 * want of memory. */
enum dropped_line dropped_read(const char *text, size_t len, struct dropped *ret_dropped,
			       uint64_t *ret_n_lost);
/* Why and where, as a packet's comment: "NO_SOCKET in udp_rcv, at eth0 of web", and behind it ";
 * sent as 192.0.2.1:4000 > 192.0.2.2:80" where that was another. place: what a person calls the
 * namespace. */
void dropped_comment(const struct dropped *dropped, const char *place, char *text, size_t size);
#define DROPPED_COMMENT_SIZE 576
