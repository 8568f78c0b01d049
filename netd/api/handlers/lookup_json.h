// SPDX-License-Identifier: GPL-2.0-or-later
// lookup_json.h - a DNS question from text, and its answer as JSON
#pragma once

#include "base/error.h"
#include "dns/msg.h"

#include <jansson.h>

struct lookup_question {
	struct dns_name name;
	uint16_t type;
	bool cached; /* nobody outside is asked: the cache has it, or it fails */
};

/* type is "A", "aaaa", "TYPE65", or NULL or "": A, and PTR where name is an address. An address as
 * the name of a PTR question is turned round. ERROR_INVALID. */
int lookup_json_question(const char *name, const char *type, struct lookup_question *ret_question,
			 struct error *error);

/* The question as a message with EDNS; out has room for DNS_UDP_PLAIN_MAX bytes. Returns its
 * length. */
size_t lookup_json_query(const struct lookup_question *question, uint8_t *out, size_t size);

/* {"Question": {"Name", "Type"}, "Status", "Answers": [{"Name", "Type", "TTL", "Data"}]}, and
 * "ExtendedError" (a number of RFC 8914) where the answer has one. 0,
 * -EBADMSG (malformed, or the answer to something else) or -ENOMEM. */
int lookup_json_answer(const struct lookup_question *question, const uint8_t *answer, size_t len,
		       json_t **ret_json);
