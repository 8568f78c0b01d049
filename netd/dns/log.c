// SPDX-License-Identifier: GPL-2.0-or-later
// log.c - a ring of memory that holds the last questions and what became of them
#include "dns/log.h"

#include "base/wire.h"
#include "dns/msg.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Theory of operation. The ring lies in memory that the resolver and its readers share. The
 * resolver alone writes entries; readers write nothing but until_ns, which says until when somebody
 * reads. Without a reader nothing is noted, so a question costs one load. Entry N stands in slot N
 * modulo the size. A slot has a number: 0 while it is being written, N when it is whole. A reader
 * copies the slot and looks at the number before and after; a number that has changed means that
 * the entry was overwritten meanwhile. The resolver is not trusted, so every value is checked
 * before it is shown. */

static_assert(sizeof(struct dns_log_slot) % CACHE_LINE == 0 &&
		      offsetof(struct dns_log_ring, slots) == CACHE_LINE,
	      "a slot begins a line of the cache, as the memory does");
static_assert(DNS_NAME_MAX == UINT8_MAX && NAME_LEN_MAX <= UINT8_MAX, "lengths are bytes");

/* Acquire and release order the numbers against the contents of the slots. */
#define LOAD(variable) __atomic_load_n(&(variable), __ATOMIC_ACQUIRE)
#define STORE(variable, value) __atomic_store_n(&(variable), value, __ATOMIC_RELEASE)

const char *const dns_log_source_name[DNS_LOG_N_SOURCES] = {
	[DNS_LOG_LOCAL] = "local",   [DNS_LOG_CACHE] = "cache",	  [DNS_LOG_UPSTREAM] = "upstream",
	[DNS_LOG_JOINED] = "joined", [DNS_LOG_HEDGED] = "hedged", [DNS_LOG_NONE] = "none",
};

/* --- the writer --- */

/* Called for each question. A lease that has run out is cleared once. */
bool dns_log_is_read(struct dns_log_ring *ring, uint64_t now_ns)
{
	uint64_t until_ns = LOAD(ring->until_ns);

	/* A reader that says so in this very moment is not overwritten. */
	if (until_ns != 0 && until_ns < now_ns)
		(void)__atomic_compare_exchange_n(&ring->until_ns, &until_ns, 0, false,
						  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	return until_ns >= now_ns && until_ns != 0;
}

/* The length of the name that begins the question; 0: there is none that is whole. Compression has
 * no place in it, for there is nothing before it. */
static size_t name_length(const uint8_t *query, size_t len)
{
	size_t at = DNS_HEADER_SIZE;

	while (at < len && query[at] != 0 && query[at] <= DNS_LABEL_MAX)
		at += 1u + query[at];
	if (at >= len || query[at] != 0 || at - DNS_HEADER_SIZE >= DNS_NAME_MAX)
		return 0;
	return at + 1 - DNS_HEADER_SIZE;
}

/* In network order; 0 beyond the end. */
static uint16_t number_at(const uint8_t *data, size_t len, size_t at)
{
	return at + 2 <= len ? (uint16_t)(data[at] << 8 | data[at + 1]) : 0;
}

/* The code's high bits travel in an OPT (RFC 6891, 6.1.3), which follows the question where there
 * is nothing else: so it is in the one code of ours that has any. reply[3] has the code's low four
 * bits. */
static uint16_t code_of(const uint8_t *reply, size_t len, size_t name_len)
{
	size_t opt = DNS_HEADER_SIZE + name_len + 4;
	uint16_t code = len >= DNS_HEADER_SIZE ? reply[3] & DNS_FLAG_RCODE : 0;

	if (name_len > 0 && opt + DNS_OPT_SIZE <= len && reply[opt] == 0 &&
	    number_at(reply, len, opt + 1) == DNS_TYPE_OPT)
		code |= (uint16_t)(reply[opt + 5] << 4);
	return code;
}

/* What does not fit or cannot be read is left empty: the entry itself is never refused. */
static void fill(struct dns_log_slot *slot, const struct dns_log_note *note)
{
	size_t name_len = note->query ? name_length(note->query, note->query_len) : 0;
	size_t who_len = note->who ? strnlen(note->who, NAME_LEN_MAX) : 0;
	size_t end = DNS_HEADER_SIZE + name_len;

	slot->at_ns = note->at_ns;
	slot->took_ns = note->took_ns;
	slot->kind = (uint8_t)note->kind;
	slot->source = (uint8_t)note->source;
	slot->tcp = note->tcp;
	slot->type = name_len > 0 ? number_at(note->query, note->query_len, end) : 0;
	slot->class = name_len > 0 ? number_at(note->query, note->query_len, end + 2) : 0;
	slot->code = note->reply ? code_of(note->reply, note->reply_len, name_len)
				 : DNS_LOG_NO_REPLY;
	slot->name_len = (uint8_t)name_len;
	slot->who_len = (uint8_t)who_len;
	if (name_len > 0)
		memcpy(slot->text, note->query + DNS_HEADER_SIZE, name_len);
	if (who_len > 0)
		memcpy(slot->text + name_len, note->who, who_len);
}

/* The next entry goes where a reader has been, on another processor: to take its two lines back
 * takes longer than to fill them, and is done while the next question is answered. */
static void fetch(const struct dns_log_slot *slot)
{
	__builtin_prefetch(slot, 1);
	__builtin_prefetch((const char *)slot + CACHE_LINE, 1);
}

/* A writer that dies in here leaves a slot with number 0, which readers pass over. */
void dns_log_write(struct dns_log_ring *ring, const struct dns_log_note *note)
{
	/* Nobody else writes it, but the one before us may have died with it half written. */
	uint64_t number = LOAD(ring->last) + 1;
	struct dns_log_slot *slot = &ring->slots[number % DNS_LOG_ENTRIES];

	__atomic_store_n(&slot->number, 0, __ATOMIC_RELAXED);
	/* The contents must not be seen before the number has gone, and not after it has come. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	fill(slot, note);
	STORE(slot->number, number);
	STORE(ring->last, number);
	fetch(&ring->slots[(number + 1) % DNS_LOG_ENTRIES]);
}

/* --- readers --- */

/* Of an entry all that has one length, which is copied at once. */
struct head {
	uint64_t number, at_ns, took_ns;
	uint16_t type, class, code;
	uint8_t kind, source, tcp, name_len, who_len;
};

static_assert(offsetof(struct dns_log_slot, text) == offsetof(struct head, who_len) + 1,
	      "a slot begins with what a head is");

/* The name has to fill the bytes exactly. */
static bool is_name(const uint8_t *bytes, size_t len)
{
	struct wire wire = wire_reader(bytes, len);
	size_t name_len;

	return dns_name_view(&wire, &name_len) != NULL && name_len == len;
}

/* A copy, so that nothing that was looked at can change; only of what the entry has, for a slot is
 * nine lines of the cache. True: it was whole all the time. The second look at the number comes
 * behind the copy: the fence keeps their order. Lengths are bytes, so a name never has more than
 * there is room for; who may claim to. */
static bool copy_slot(const struct dns_log_slot *slot, uint64_t number, struct head *head,
		      struct dns_log_entry *ret)
{
	if (LOAD(slot->number) != number)
		return false;
	memcpy(head, slot, sizeof(*head));
	if (head->who_len > NAME_LEN_MAX)
		return false;
	memcpy(ret->name, slot->text, head->name_len);
	memcpy(ret->who, slot->text + head->name_len, head->who_len);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot->number, __ATOMIC_RELAXED) == number;
}

/* False: nobody who works as he should has written this. name and who are there already. */
static bool decode(const struct head *head, uint64_t number, struct dns_log_entry *ret)
{
	if (head->kind == 0 || head->kind >= DNS_LOG_N_KINDS || head->source >= DNS_LOG_N_SOURCES ||
	    head->took_ns > INT64_MAX)
		return false;
	if (head->name_len > 0 && !is_name(ret->name, head->name_len))
		return false;
	ret->number = number;
	ret->at_ns = head->at_ns;
	ret->took_ns = head->took_ns;
	ret->type = head->type;
	ret->class = head->class;
	ret->code = head->code;
	ret->kind = (enum dns_log_kind)head->kind;
	ret->source = (enum dns_log_source)head->source;
	ret->tcp = head->tcp != 0;
	ret->name_len = head->name_len;
	ret->who_len = head->who_len;
	ret->who[head->who_len] = '\0';
	return memchr(ret->who, '\0', head->who_len) == NULL;
}

uint64_t dns_log_last(const struct dns_log_ring *ring)
{
	return LOAD(ring->last);
}

/* *next goes forward in any case. DNS_LOG_NOTHING: there is no entry yet. */
enum dns_log_found dns_log_read_to(const struct dns_log_ring *ring, uint64_t last, uint64_t *next,
				   struct dns_log_entry *ret_entry, uint64_t *ret_lost)
{
	const struct dns_log_slot *slots = ring->slots;
	uint64_t number = *next;
	struct head head;

	/* No resolver comes to a number that a reader of JSON could not hold. */
	if (last < number || number == 0 || last > INT64_MAX)
		return DNS_LOG_NOTHING;
	/* The one behind the last is being written, perhaps, so it counts as gone. */
	if (last - number >= DNS_LOG_ENTRIES - 1) {
		*ret_lost = last - number - (DNS_LOG_ENTRIES - 2);
		*next += *ret_lost;
		return DNS_LOG_LOST;
	}
	(*next)++;
	if (copy_slot(&slots[number % DNS_LOG_ENTRIES], number, &head, ret_entry) &&
	    decode(&head, number, ret_entry))
		return DNS_LOG_ENTRY;
	*ret_lost = 1;
	return DNS_LOG_LOST;
}

enum dns_log_found dns_log_read(const struct dns_log_ring *ring, uint64_t *next,
				struct dns_log_entry *ret_entry, uint64_t *ret_lost)
{
	return dns_log_read_to(ring, LOAD(ring->last), next, ret_entry, ret_lost);
}

/* The number of the first of the last n entries, or of the one to come when n is 0. */
uint64_t dns_log_first(const struct dns_log_ring *ring, uint64_t n)
{
	uint64_t last = LOAD(ring->last);
	uint64_t there = last < DNS_LOG_ENTRIES - 1 ? last : DNS_LOG_ENTRIES - 1;

	return last + 1 - (n < there ? n : there);
}

/* Extends the lease. Several readers do so at once, and the latest moment stays. */
void dns_log_look(struct dns_log_ring *ring, uint64_t until_ns)
{
	uint64_t now = LOAD(ring->until_ns);

	while (now < until_ns &&
	       !__atomic_compare_exchange_n(&ring->until_ns, &now, until_ns, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}
