// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_log.c - any bytes as the resolver's ring: reading ends, and shows nothing but what is
// sound, in lines that are JSON; and any bytes as a question and its answer
#include "base/limits.h"
#include "dns/log.h"
#include "dns/name.h"
#include "dnslog/dnslog.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_log_ring ring;

static void check_line(const struct dns_log_entry *entry)
{
	struct dnslog all = { 0 }, table = { .table = true };
	struct buf out = { 0 };
	json_t *json;

	line_entry(&out, &all, entry, 1700000000000000000);
	assert(out.err == 0 && out.len > 2 && out.data[out.len - 1] == '\n');
	assert(!memchr(out.data, '\n', out.len - 1));
	for (size_t i = 0; i + 1 < out.len; i++)
		assert(out.data[i] >= ' ' && out.data[i] < 0x7f);
	json = json_loadb(out.data, out.len, 0, NULL);
	assert(json_is_object(json));
	json_decref(json);
	buf_done(&out);
	line_entry(&out, &table, entry, 1700000000000000000);
	assert(out.err == 0 && (out.len == 0 || out.data[out.len - 1] == '\n'));
	for (size_t i = 0; i < out.len; i++)
		assert((out.data[i] >= ' ' && out.data[i] < 0x7f) || out.data[i] == '\n');
	buf_done(&out);
}

static void check_entry(const struct dns_log_entry *entry)
{
	struct wire wire = wire_reader(entry->name, entry->name_len);
	size_t len = 0;

	assert(entry->kind > 0 && entry->kind < DNS_LOG_N_KINDS);
	assert(entry->source < DNS_LOG_N_SOURCES);
	assert(memchr(entry->who, '\0', sizeof(entry->who)));
	if (entry->name_len > 0)
		assert(dns_name_view(&wire, &len) && len == entry->name_len);
	check_line(entry);
}

/* Whatever the numbers say, each step goes ahead, and there are no more of them than places. */
static void read_all(uint64_t next)
{
	struct dns_log_entry entry;
	enum dns_log_found found;
	uint64_t lost = 0;
	unsigned n = 0;

	do {
		uint64_t before = next;

		found = dns_log_read(&ring, &next, &entry, &lost);
		assert(found == DNS_LOG_NOTHING ? next == before : next > before);
		assert(found != DNS_LOG_LOST || lost == next - before);
		if (found == DNS_LOG_ENTRY)
			check_entry(&entry);
		assert(++n <= DNS_LOG_ENTRIES + 2);
	} while (found != DNS_LOG_NOTHING);
}

/* As a question, cut anywhere from its answer. */
static void write_one(const uint8_t *data, size_t size)
{
	size_t cut = data[0] < size ? data[0] : size;
	uint8_t *query = malloc(cut + 1), *reply = malloc(size - cut + 1);
	const struct dns_log_note note = { .kind = DNS_LOG_QUESTION,
					   .who = "web",
					   .query = memcpy(query, data, cut),
					   .query_len = cut,
					   .reply = memcpy(reply, data + cut, size - cut),
					   .reply_len = size - cut };
	struct dns_log_entry entry;
	uint64_t next, lost;

	memset(&ring, 0, offsetof(struct dns_log_ring, slots) + 2 * sizeof(ring.slots[0]));
	dns_log_write(&ring, &note);
	next = dns_log_first(&ring, 1);
	assert(dns_log_read(&ring, &next, &entry, &lost) == DNS_LOG_ENTRY);
	check_entry(&entry);
	free(query);
	free(reply);
}

/* A head of eight bytes each: the last number, and where to begin; then two places. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t head[2] = { 0 };
	size_t n = size < sizeof(head) ? size : sizeof(head);

	if (size == 0)
		return 0;
	memcpy(head, data, n);
	memset(&ring, 0, sizeof(ring));
	ring.last = head[0];
	for (size_t i = 0; i < 2; i++) {
		struct dns_log_slot *slot = &ring.slots[(head[0] - i) % DNS_LOG_ENTRIES];
		size_t left = size - n;

		if (left > sizeof(*slot))
			left = sizeof(*slot);
		memcpy(slot, data + n, left);
		/* Or no input would ever hit it. */
		if (i == 0)
			slot->number = head[0];
		n += left;
	}
	read_all(head[1]);
	read_all(dns_log_first(&ring, 2));
	write_one(data, size);
	return 0;
}
