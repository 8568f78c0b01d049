// SPDX-License-Identifier: GPL-2.0-or-later
// log.h - a ring of memory that holds the last questions and what became of them
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. The ring is shared: the resolver writes it, and whoever follows reads it. No
 * call of the system is made for an entry, and nobody waits for anybody. Entries have numbers, from
 * 1 on, and entry N stands at the place N modulo the size of the ring. Its number is taken away
 * before it is written, and stored when it is whole; so a reader who finds the number that he looks
 * for, before he copies and afterwards, has a whole entry. What was overwritten before he came he
 * counts as lost.
 *
 * Nothing is written unless somebody looks. A reader says so for a moment only (until_ns), and says
 * it again as long as he lives: one that is killed is forgotten with that moment, without anybody
 * noticing. So the price of a question is one load while nobody looks.
 *
 * The resolver is not trusted: it may write anything at any time. dns_log_read() looks at a copy
 * that is nobody else's, returns nothing that is not sound, and ends. */

enum dns_log_kind {
	DNS_LOG_QUESTION = 1,
	DNS_LOG_BEGUN,	  /* what came before this was not written, for nobody looked */
	DNS_LOG_RESOLVER, /* another resolver has taken over */
	DNS_LOG_N_KINDS,
};

/* Where the answer came from. */
enum dns_log_source {
	DNS_LOG_LOCAL,	  /* netd's names, or what it answers by itself */
	DNS_LOG_CACHE,	  /* an earlier answer from upstream */
	DNS_LOG_UPSTREAM, /* the server that was asked first */
	DNS_LOG_JOINED,	  /* the answer to the same question of somebody else, who was waiting */
	DNS_LOG_HEDGED,	  /* another server than the first, which was silent or had refused */
	DNS_LOG_NONE,	  /* nobody: there is no server to ask, or no place in the line */
	DNS_LOG_N_SOURCES,
};

extern const char *const dns_log_source_name[DNS_LOG_N_SOURCES];

#define DNS_LOG_NO_REPLY UINT16_MAX /* the code of a question that gets none */

/* The text is the question's name in wire format, and behind it the container's name. A slot begins
 * with a line of the cache, so an entry of usual names is two of them; no other is touched. */
struct dns_log_slot {
	uint64_t number;  /* atomic; 0: it is being written */
	uint64_t at_ns;	  /* of CLOCK_MONOTONIC, when it was answered */
	uint64_t took_ns; /* since it was read */
	uint16_t type, class, code;
	uint8_t kind, source, tcp;
	uint8_t name_len, who_len;
	uint8_t text[DNS_NAME_MAX + NAME_LEN_MAX];
	uint8_t apart[33];
};

struct dns_log_ring {
	uint64_t until_ns; /* atomic; of CLOCK_MONOTONIC: somebody looks; 0: nobody */
	uint64_t last;	   /* atomic; the number of the last entry; 0: there is none */
	uint8_t apart[48]; /* what is read all the time stands in another line of the cache */
	struct dns_log_slot slots[DNS_LOG_ENTRIES];
};

/* --- the writer: one at a time --- */

/* What is to be noted of a question, which need not be one. */
struct dns_log_note {
	enum dns_log_kind kind;
	enum dns_log_source source;
	bool tcp;
	uint64_t at_ns, took_ns;
	const char *who; /* NULL: nobody */
	const uint8_t *query, *reply;
	size_t query_len, reply_len;
};

/* False, and for good until somebody looks again, when the last one's moment is over. */
bool dns_log_is_read(struct dns_log_ring *ring, uint64_t now_ns);
void dns_log_write(struct dns_log_ring *ring, const struct dns_log_note *note);

/* --- readers: any number --- */

/* An entry that is sound: name_len bytes of name are a whole name, or 0, and who is who_len bytes
 * and ends. */
struct dns_log_entry {
	uint64_t number, at_ns, took_ns;
	uint16_t type, class, code;
	enum dns_log_kind kind;
	enum dns_log_source source;
	bool tcp;
	uint8_t name_len, who_len;
	uint8_t name[DNS_NAME_MAX];
	char who[NAME_LEN_MAX + 1];
};

enum dns_log_found {
	DNS_LOG_NOTHING,
	DNS_LOG_ENTRY,
	DNS_LOG_LOST, /* *ret_lost entries from *next on, which went ahead */
};

/* Looks for the entry *next, which goes ahead. */
enum dns_log_found dns_log_read(const struct dns_log_ring *ring, uint64_t *next,
				struct dns_log_entry *ret_entry, uint64_t *ret_lost);
/* The same for one that looks at many: last is what dns_log_last() said some entries ago, for each
 * time that it is asked takes the line of the cache away from the writer. */
enum dns_log_found dns_log_read_to(const struct dns_log_ring *ring, uint64_t last, uint64_t *next,
				   struct dns_log_entry *ret_entry, uint64_t *ret_lost);
/* The number of the last entry that there is; 0: there is none. */
uint64_t dns_log_last(const struct dns_log_ring *ring);
/* Where to begin for all that are there, or for the last n of them. */
uint64_t dns_log_first(const struct dns_log_ring *ring, uint64_t n);
/* Somebody looks until then; a later moment that another one has said stays. */
void dns_log_look(struct dns_log_ring *ring, uint64_t until_ns);
