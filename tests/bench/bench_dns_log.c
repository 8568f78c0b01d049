// SPDX-License-Identifier: GPL-2.0-or-later
// bench_dns_log.c - what noting one question costs the resolver, in instructions by callgrind:
// while somebody follows, and while nobody does
#include "bench_count.h"

#include "dns/log.h"
#include "dns/msg.h"
#include "dns/name.h"

#define COUNTED 1000 /* questions under callgrind */

struct scenario {
	const char *what;
	bool is_followed;
};

static const struct scenario scenarios[] = { { "followed", true }, { "nobody looks", false } };

static struct dns_log_ring ring; /* large */

static size_t make_query(uint8_t *out, size_t size)
{
	struct dns_name name;
	struct dns_query query = {
		.id = 1, .flags = DNS_FLAG_RD, .type = DNS_TYPE_A, .class = DNS_CLASS_IN
	};

	if (dns_name_from_text("container-501", &name) < 0)
		bench_die("dns_name_from_text");
	query.name = name.wire;
	query.name_len = name.len;
	return dns_query_write(&query, out, size);
}

/* What the resolver does of it for each question (resolver/listen/noting.c), but for the clock. */
BENCH_COUNTED static void note_often(bool is_followed, size_t n)
{
	uint8_t query[512];
	const struct dns_log_note note = { .kind = DNS_LOG_QUESTION,
					   .source = DNS_LOG_LOCAL,
					   .at_ns = 2000,
					   .took_ns = 1000,
					   .who = "a-container-of-a-usual-name",
					   .query = query,
					   .reply = query,
					   .query_len = make_query(query, sizeof(query)),
					   .reply_len = 12 };

	for (size_t i = 0; i < n; i++) {
		if (is_followed)
			dns_log_look(&ring, UINT64_MAX);
		if (__atomic_load_n(&ring.until_ns, __ATOMIC_RELAXED) != 0 &&
		    dns_log_is_read(&ring, 1000))
			dns_log_write(&ring, &note);
	}
}

/* usage: bench_dns_log [NUMBER]: all cases, or that one a thousand times, for callgrind */
int main(int argc, char **argv)
{
	size_t n = sizeof(scenarios) / sizeof(scenarios[0]);

	if (bench_is_counted(argc, argv)) {
		note_often(scenarios[(size_t)bench_number(argc, argv, 1, 0) % n].is_followed,
			   COUNTED);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		printf("{\"bench\": \"dns_log\", \"case\": \"%s\", \"instructions\": %lu}\n",
		       scenarios[i].what, bench_count(argv[0], "note_often", i) / COUNTED);
	return 0;
}
