// SPDX-License-Identifier: GPL-2.0-or-later
// decoy.c - drops that mean nothing: nobody misses what the kernel throws away there
#include "diag/decoy.h"

#include <string.h>

/* Theory of operation. A bridge floods what it has no entry for, and every other port throws its
 * copy away; one with hairpin gives it back to its sender, too. An answer to ping ends so after it
 * was handed to whoever waits for it. Redirects of a flow behind NAT are not let out, and the
 * packet that caused one goes on. What is sent to a group is dropped by all who are not in it. */

/* From RFC 792 and RFC 4861. */
#define ICMP_REDIRECT_TYPE 5
#define ICMP6_REDIRECT_TYPE 137

/* Names of functions may carry a suffix of the compiler's (".isra.0", ".cold"), so only their
 * beginning counts. */
static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A frame that is for another MAC is marked PACKET_OTHERHOST, and IP throws it away first of
 * all. A kernel that gives no reasons (before 5.17) drops it in the function that looks at the
 * header, and there hardly anything but that. */
static bool is_copy(const char *reason, const char *function)
{
	return strcmp(reason, "OTHERHOST") == 0 ||
	       (!*reason && (begins(function, "ip_rcv_core") || begins(function, "ip6_rcv_core")));
}

bool decoy_is(const char *reason, const char *function, int icmp_type, bool is_six)
{
	/* The type is read from a header that need not be ICMP's. It counts together with the
	 * function alone. */
	bool is_redirect = icmp_type == (is_six ? ICMP6_REDIRECT_TYPE : ICMP_REDIRECT_TYPE);

	return is_copy(reason, function) || begins(function, "ping_rcv") ||
	       begins(function, "ip6_mc_input") ||
	       (is_redirect && begins(function, "nf_hook_slow"));
}
