// SPDX-License-Identifier: GPL-2.0-or-later
// cache.h - upstream answers kept for their TTL, bounded in number and bytes; time is passed in
#pragma once

#include "dns/answer.h"

/* Keyed by (upstream set, question name, type, class, DO, CD): an answer from a container's own
 * --dns server never reaches another container. The least recently used goes first. */
struct dns_cache;

struct dns_cache *dns_cache_new(size_t max_entries, size_t max_bytes);
void dns_cache_free(struct dns_cache *cache);
void dns_cache_put(struct dns_cache *cache, uint32_t upstream_set,
		   const struct dns_question *question, const uint8_t *answer, size_t len,
		   uint64_t now_ms);
/* The stored answer and its age, or NULL. Valid until the next put. */
const uint8_t *dns_cache_get(struct dns_cache *cache, uint32_t upstream_set,
			     const struct dns_question *question, uint64_t now_ms, size_t *ret_len,
			     uint32_t *ret_age_s);
/* Forgets all (the host's servers changed). */
void dns_cache_flush(struct dns_cache *cache);
size_t dns_cache_count(const struct dns_cache *cache);
