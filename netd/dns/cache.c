// SPDX-License-Identifier: GPL-2.0-or-later
// cache.c - upstream answers kept for their TTL, bounded in number and bytes; time is passed in
#include "dns/cache.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/list.h"
#include "dns/forward.h"
#include "dns/name.h"

#include <string.h>
#include <sys/random.h>

/* What tells one answer from another, as bytes: the numbers, then the name. 4 bytes of the list of
 * name servers, 2 of the type, 2 of the class, 1 of bits, then the name. */
struct key {
	size_t len;
	uint8_t bytes[9 + DNS_NAME_MAX];
};

/* One block: the entry, its key, its answer. Times are the caller's milliseconds. */
struct entry {
	struct list used; /* in the order of use, the least recent first */
	uint64_t hash;
	uint64_t stored_ms, until_ms;
	uint32_t answer_len;
	uint16_t key_len;
	uint8_t bytes[];
};

/* index finds entries by their keys, used orders them by their use. Each entry is in both. */
struct dns_cache {
	uint8_t hash_key[16];
	struct hash_table index;
	struct list used;
	size_t max_entries, max_bytes, n_bytes;
};

/* Theory of operation. The cache holds whole answers as they came, by upstream list, question and
 * the two bits that change an answer (DO, CD). It is bounded in entries and in bytes; the least
 * recently used goes first. Time comes from the caller, so the whole is tested without a clock.
 * An entry is one block, found by a table of hashes with a secret key. */

/* NULL: out of memory, or no random key. */
struct dns_cache *dns_cache_new(size_t max_entries, size_t max_bytes)
{
	_cleanup_free_ struct dns_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	/* Containers choose the names, and so the keys: without a secret they could make every
	 * lookup walk one long run. */
	if (getrandom(cache->hash_key, sizeof(cache->hash_key), 0) !=
	    (ssize_t)sizeof(cache->hash_key))
		return NULL;
	cache->max_entries = max_entries;
	cache->max_bytes = max_bytes;
	list_init(&cache->used);
	return take_ptr(cache);
}

/* Takes NULL. */
void dns_cache_free(struct dns_cache *cache)
{
	if (!cache)
		return;
	dns_cache_flush(cache);
	free(cache);
}

/* What counts against max_bytes. Slots of the index are not counted. */
static size_t entry_size(const struct entry *entry)
{
	return sizeof(*entry) + entry->key_len + entry->answer_len;
}

/* upstream_set is the number of a list of name servers: two lists may answer differently. */
static void make_key(uint32_t upstream_set, const struct dns_question *question,
		     struct key *ret_key)
{
	struct wire wire = wire_writer(ret_key->bytes, sizeof(ret_key->bytes));
	const uint8_t *name = question->name;

	wire_put_u32(&wire, upstream_set);
	wire_put_u16(&wire, question->type);
	wire_put_u16(&wire, question->class);
	/* DO asks for signatures (RFC 4035, 3.2.1) and CD for what did not validate (3.2.2):
	 * neither answer is one to the other question. */
	wire_put_u8(&wire, (uint8_t)(question->do_bit | question->cd << 1));
	for (size_t i = 0; i < question->name_len && i < DNS_NAME_MAX; i++)
		/* Names are compared without case: RFC 4343. */
		wire_put_u8(&wire, dns_fold(name[i]));
	ret_key->len = wire.pos;
}

/* HASH_TABLE_END: it is not there. */
static size_t find(const struct dns_cache *cache, uint64_t hash, const struct key *key)
{
	hash_table_foreach(&cache->index, hash, at)
	{
		const struct entry *entry = cache->index.slots[at].item;

		if (entry->key_len == key->len && memcmp(entry->bytes, key->bytes, key->len) == 0)
			return at;
	}
	return HASH_TABLE_END;
}

/* Takes the entry out of both. */
static void drop(struct dns_cache *cache, size_t at)
{
	struct entry *entry = cache->index.slots[at].item;

	hash_table_remove(&cache->index, at);
	list_remove(&entry->used);
	cache->n_bytes -= entry_size(entry);
	free(entry);
}

/* There must be one. The caller has looked that the list is not empty. */
static void drop_least_used(struct dns_cache *cache)
{
	const struct entry *entry = container_of(cache->used.next, struct entry, used);

	/* The slot may have moved since the entry came in, so it is looked for by the hash. */
	hash_table_foreach(&cache->index, entry->hash, at)
	{
		if (cache->index.slots[at].item == entry) {
			drop(cache, at);
			return;
		}
	}
}

/* The answer stands behind the key. Both are copied. NULL: out of memory. */
static struct entry *new_entry(const struct key *key, const uint8_t *answer, size_t len)
{
	struct entry *entry = malloc(sizeof(*entry) + key->len + len);

	if (!entry)
		return NULL;
	*entry = (struct entry) { .key_len = (uint16_t)key->len, .answer_len = (uint32_t)len };
	memcpy(entry->bytes, key->bytes, key->len);
	memcpy(entry->bytes + key->len, answer, len);
	list_init(&entry->used);
	return entry;
}

/* An answer that may not be kept removes the older one all the same. */
void dns_cache_put(struct dns_cache *cache, uint32_t upstream_set,
		   const struct dns_question *question, const uint8_t *answer, size_t len,
		   uint64_t now_ms)
{
	uint32_t ttl_s = dns_forward_ttl(answer, len);
	struct entry *entry;
	struct key key;
	uint64_t hash;
	size_t at;

	make_key(upstream_set, question, &key);
	hash = hash_bytes(cache->hash_key, key.bytes, key.len);
	at = find(cache, hash, &key);
	if (at != HASH_TABLE_END) /* out of date, even if the new one cannot be kept */
		drop(cache, at);
	/* TTL 0 says "for this question alone". What is larger than the whole cache would empty
	 * it in vain. */
	if (ttl_s == 0 || len > DNS_TCP_MAX || cache->max_entries == 0 ||
	    sizeof(*entry) + key.len + len > cache->max_bytes)
		return;
	entry = new_entry(&key, answer, len);
	if (!entry) /* then it is asked for again */
		return;
	entry->hash = hash;
	entry->stored_ms = now_ms;
	entry->until_ms = now_ms + ttl_s * UINT64_C(1000);
	/* Old ones make room before the new one is added, so the bounds hold at every moment. */
	while (!list_empty(&cache->used) && (cache->index.count >= cache->max_entries ||
					     cache->n_bytes + entry_size(entry) > cache->max_bytes))
		drop_least_used(cache);
	if (hash_table_add(&cache->index, hash, entry) < 0) {
		free(entry);
		return;
	}
	list_append(&cache->used, &entry->used);
	cache->n_bytes += entry_size(entry);
}

/* NULL: there is none, or it is too old. *ret_age_s is by how much TTLs have gone down
 * meanwhile. */
const uint8_t *dns_cache_get(struct dns_cache *cache, uint32_t upstream_set,
			     const struct dns_question *question, uint64_t now_ms, size_t *ret_len,
			     uint32_t *ret_age_s)
{
	struct entry *entry;
	struct key key;
	size_t at;

	make_key(upstream_set, question, &key);
	at = find(cache, hash_bytes(cache->hash_key, key.bytes, key.len), &key);
	if (at == HASH_TABLE_END)
		return NULL;
	entry = cache->index.slots[at].item;
	/* It is dropped when somebody asks for it, and otherwise when it has become the least
	 * recently used: no timer is needed. */
	if (now_ms >= entry->until_ms) {
		drop(cache, at);
		return NULL;
	}
	/* What is asked for again moves to the far end of those that make room. */
	list_remove(&entry->used);
	list_append(&cache->used, &entry->used);
	/* The answer is the cache's, and valid until the next call that changes the cache. */
	*ret_len = entry->answer_len;
	/* Time that went back gives an age of 0. */
	*ret_age_s = now_ms > entry->stored_ms ? (uint32_t)((now_ms - entry->stored_ms) / 1000) : 0;
	return entry->bytes + entry->key_len;
}

/* For the sweep over all entries. */
static bool flush_entry(void *item, const void *data)
{
	(void)data;
	free(item);
	return true;
}

/* All entries go, for example when the name servers change. */
void dns_cache_flush(struct dns_cache *cache)
{
	hash_table_sweep(&cache->index, flush_entry, NULL);
	hash_table_done(&cache->index);
	list_init(&cache->used);
	cache->n_bytes = 0;
}

size_t dns_cache_count(const struct dns_cache *cache)
{
	return cache->index.count;
}
