// SPDX-License-Identifier: GPL-2.0-or-later
// answer.c - a question and a table to a reply, or to the decision to ask upstream
#include "dns/answer.h"

#include "dns/reply.h"

#include <errno.h>
#include <string.h>

/* As many A records as the longest reply holds; a name with more has enough for anybody. An A
 * record with a name that is a pointer takes 16 bytes. */
#define ADDRS_MAX (DNS_TCP_MAX / 16)

/* Types that validators ask for. */
#define TYPE_DS 43 /* RFC 4034 */
#define TYPE_DNSKEY 48

/* One question on its way to its answer. rcode and ede are what the reply ends with; ede is an
 * extended error (RFC 8914), or DNS_EDE_NONE. */
struct job {
	const struct dns_table *table;
	const struct dns_view *view;
	const struct dns_policy *policy;
	struct dns_query query;
	struct dns_reply reply;
	uint8_t *out;
	size_t size;
	uint16_t rcode;
	int ede;
	bool one;   /* address of each family */
	size_t len; /* of text; 0: a name no text stands for, and so none of ours */
	char text[DNS_NAME_MAX + 1];
};

/* Theory of operation. One question, one verdict: a reply that is written, a question to be
 * forwarded, or nothing. What is wrong with the query comes first. Then what is ours is tried in
 * an order that matters: localhost and reverse names, names in the table, the zones of the
 * networks, services under local names, names without a dot; and for a container with no way out
 * everything else is denied. What is left is not ours. No clock, no socket and no allocation: the
 * caller gives the space, and a random number for the order of addresses. */

/* What is decided here is said to who asks for it (steps.h). */
static void tell(const struct job *job, enum dns_step_kind kind, const char *name, uint32_t value)
{
	if (job->view->steps)
		dns_steps_add(job->view->steps,
			      &(struct dns_step) { .kind = kind, .name = name, .value = value });
}

static void tell_reverse(const struct job *job, const struct addr *addr, const char *name)
{
	dns_steps_add(job->view->steps,
		      &(struct dns_step) { .kind = name ? DNS_STEP_REVERSE : DNS_STEP_REVERSE_LACKS,
					   .addr = *addr,
					   .name = name });
}

/* --- what is wrong with a query --- */

/* The code with which the query is refused, or NOERROR. err is what reading it has said. */
static uint16_t query_fault(const struct dns_query *query, int err)
{
	if (err == -EOPNOTSUPP)
		return DNS_RCODE_NOTIMP;
	if (err < 0)
		return DNS_RCODE_FORMERR;
	/* Only version 0 of EDNS is known (RFC 6891, 6.1.3). */
	if (query->edns && query->version > 0)
		return DNS_RCODE_BADVERS;
	if (query->type == 0 || query->type == DNS_TYPE_OPT)
		return DNS_RCODE_FORMERR;
	if (query->class != DNS_CLASS_IN)
		return DNS_RCODE_REFUSED;
	/* Zone transfers and the like; ANY, the last of the range, is a question as others. */
	if (query->type >= DNS_TYPE_TKEY && query->type <= DNS_TYPE_MAILA)
		return DNS_RCODE_REFUSED;
	return DNS_RCODE_NOERROR;
}

/* Also for queries that were read only in part: what is known of them is in the reply. */
static size_t write_error(const struct dns_query *query, uint16_t rcode, int ede, uint8_t *out,
			  size_t size)
{
	struct dns_reply reply;

	dns_reply_begin(&reply, query, ede, out, size);
	return dns_reply_end(&reply, rcode, ede);
}

/* --- local answers --- */

/* ANY asks for all types. */
static bool asked_for(const struct job *job, uint16_t type)
{
	return job->query.type == type || job->query.type == DNS_TYPE_ANY;
}

/* Begins a reply of netd's own. AA: netd is the authority for its names. */
static void begin_local(struct job *job, uint16_t rcode)
{
	size_t limit;

	/* The answers here carry no signatures, so nobody is told that they might. */
	dns_reply_unsigned(&job->query);
	limit = dns_reply_limit(&job->query, job->policy->tcp);
	dns_reply_begin(&job->reply, &job->query, job->ede, job->out,
			job->size < limit ? job->size : limit);
	job->reply.flags = DNS_FLAG_AA;
	job->rcode = rcode;
}

/* A name that exists without records of the type asked for, or one that does not exist in the zone
 * whose name stands at owner. An SOA in the authority section tells how long the "no" may be kept
 * (RFC 2308). */
static bool deny(struct job *job, uint16_t rcode, size_t owner)
{
	begin_local(job, rcode);
	dns_reply_soa(&job->reply, owner, job->policy->ttl_s);
	return true;
}

/* The name is there, and has no record of that type. */
static bool deny_type(struct job *job)
{
	tell(job, DNS_STEP_NO_RECORD, NULL, job->query.type);
	return deny(job, DNS_RCODE_NOERROR, DNS_REPLY_OWNER);
}

/* The zone that starts at this offset of the text. Text and wire differ by the first length byte
 * alone, which stands where the dot is. */
static size_t zone_at(size_t offset)
{
	return DNS_REPLY_OWNER + offset;
}

/* The records of one family, if they were asked for. */
static void put_family(struct job *job, uint8_t family, uint16_t type,
		       const struct addr *const *addrs, size_t n)
{
	if (!asked_for(job, type))
		return;
	/* full: what is written fits, and the rest is left out. The answer has enough addresses. */
	for (size_t i = 0; i < n && !job->reply.full; i++) {
		if (addrs[i]->family != family)
			continue;
		/* One that is kept would not be drawn anew. */
		dns_reply_record(&job->reply, DNS_SECTION_ANSWER, DNS_REPLY_OWNER, type,
				 job->one ? 0 : job->policy->ttl_s, addrs[i]->bytes,
				 addr_size(addrs[i]));
		if (job->one)
			return;
	}
}

/* A name that has addresses of the other family only exists: NOERROR without records, and not
 * NXDOMAIN. */
static bool give_addresses(struct job *job, const struct addr *const *addrs, size_t n)
{
	begin_local(job, DNS_RCODE_NOERROR);
	put_family(job, AF_INET, DNS_TYPE_A, addrs, n);
	put_family(job, AF_INET6, DNS_TYPE_AAAA, addrs, n);
	/* full without any record is a reply with TC, or none at all; the end decides
	 * (dns_reply_end). */
	if (job->reply.counts[DNS_SECTION_ANSWER] > 0 || job->reply.full)
		return true;
	return deny_type(job);
}

/* A reverse name has a PTR and nothing else. */
static bool give_name(struct job *job, const char *text)
{
	struct dns_name name;

	if (!asked_for(job, DNS_TYPE_PTR) || dns_name_from_text(text, &name) < 0)
		return deny_type(job);
	begin_local(job, DNS_RCODE_NOERROR);
	dns_reply_record(&job->reply, DNS_SECTION_ANSWER, DNS_REPLY_OWNER, DNS_TYPE_PTR,
			 job->policy->ttl_s, name.wire, name.len);
	return true;
}

/* text is in lower case. len is the tail's. */
static bool ends_in(const struct job *job, const char *tail, size_t len)
{
	return job->len >= len && memcmp(job->text + job->len - len, tail, len) == 0;
}

/* RFC 6761, 6.3: localhost and all names under it, by everybody, without asking anybody. */
static bool try_localhost(struct job *job)
{
	static const struct addr v4 = { .family = AF_INET, .bytes = { 127, 0, 0, 1 } };
	static const struct addr v6 = { .family = AF_INET6, .bytes = { [15] = 1 } };
	static const struct addr *const addrs[] = { &v4, &v6 };

	if (strcmp(job->text, "localhost") != 0 && !ends_in(job, ".localhost", 10))
		return false;
	tell(job, DNS_STEP_LOCALHOST, NULL, 0);
	return give_addresses(job, addrs, 2);
}

/* An address that nobody here has is not answered here: the name servers may know it. */
static bool try_reverse(struct job *job)
{
	char name[DNS_NAME_MAX];
	struct addr addr;

	if (!ends_in(job, ".arpa", 5) || !dns_name_reverse(job->text, &addr))
		/* A name that has the form of an address's. */
		return false;
	if (addr_is_loopback(&addr)) {
		tell(job, DNS_STEP_LOCALHOST, NULL, 0);
		return give_name(job, "localhost");
	}
	if (!dns_table_reverse(job->table, job->view, &addr, name, sizeof(name))) {
		tell_reverse(job, &addr, NULL);
		return false;
	}
	tell_reverse(job, &addr, name);
	return give_name(job, name);
}

/* Fisher and Yates; the numbers come from a linear congruential generator (its high bits), as this
 * spreads load and hides nothing. The addresses are shuffled as pointers; the table stays as it
 * is. */
static void shuffle(const struct addr **addrs, size_t n, uint32_t random)
{
	for (size_t i = n; i > 1; i--) {
		size_t other = (size_t)((uint64_t)random * i >> 32);
		const struct addr *addr = addrs[i - 1];

		addrs[i - 1] = addrs[other];
		addrs[other] = addr;
		random = random * 747796405u + 2891336453u;
	}
}

/* The caller's order counts for nothing, so clients spread over the addresses. */
static bool try_table(struct job *job)
{
	const struct addr *addrs[ADDRS_MAX];
	size_t n = dns_table_lookup_mode(job->table, job->view, job->text, addrs, ADDRS_MAX,
					 &job->one);

	if (n == 0)
		return false;
	if (job->one)
		tell(job, DNS_STEP_ONE, NULL, 0);
	shuffle(addrs, n, job->policy->random);
	return give_addresses(job, addrs, n);
}

/* Our own zones: what a visible network does not know does not exist, the network itself does. The
 * longest network name that the name lies under is the zone. */
static bool try_zone(struct job *job)
{
	size_t zone = dns_table_zone(job->table, job->view, job->text);

	if (zone == 0)
		return false;
	tell(job, DNS_STEP_ZONE, job->text + job->len - zone, 0);
	return deny(job, zone == job->len ? DNS_RCODE_NOERROR : DNS_RCODE_NXDOMAIN,
		    zone_at(job->len - zone));
}

/* _port._proto.name of a local name without dots: there is none, and asking would tell the name.
 * Names with dots may well have such records outside (_acme-challenge.example.com). Labels that
 * begin with an underscore are cut off from the front. */
static bool try_service(struct job *job)
{
	const struct addr *addr;
	const char *at = job->text;

	while (*at == '_' && strchr(at, '.'))
		at = strchr(at, '.') + 1;
	if (at == job->text || strchr(at, '.') ||
	    dns_table_lookup(job->table, job->view, at, &addr, 1) == 0)
		return false;
	tell(job, DNS_STEP_SERVICE, at, 0);
	return deny(job, DNS_RCODE_NXDOMAIN, zone_at((size_t)(at - job->text)));
}

/* A name without dots is somebody's local name, not for the root servers to see. Only validators
 * ask for keys, and of top-level domains that is their business. It is the root that does not have
 * the name: an SOA of the name's own would say that there is a zone of that name, and a cache that
 * believes it answers NOERROR from then on (RFC 2308, 3). */
static bool try_single(struct job *job)
{
	const struct dns_query *query = &job->query;
	/* The name has one label: its length byte, the label and the root's zero. */
	bool single = query->name[0] > 0 && query->name_len == 2u + query->name[0];

	if (!single || job->policy->forward_single || query->type == TYPE_DS ||
	    query->type == TYPE_DNSKEY)
		return false;
	tell(job, DNS_STEP_SINGLE, NULL, 0);
	return deny(job, DNS_RCODE_NXDOMAIN, DNS_REPLY_ROOT);
}

/* Nothing leads outside, so to this container nothing outside exists but the root itself.
 * "Prohibited" tells a person why. */
static bool try_enclosed(struct job *job)
{
	if (job->view->forward)
		return false;
	tell(job, DNS_STEP_ENCLOSED, NULL, 0);
	job->ede = DNS_EDE_PROHIBITED;
	return deny(job, job->query.name_len == 1 ? DNS_RCODE_NOERROR : DNS_RCODE_NXDOMAIN,
		    DNS_REPLY_ROOT);
}

/* The order of these is the policy; each is tried only where those before it say nothing. */
static bool try_local(struct job *job)
{
	if (!dns_name_text(job->query.name, job->query.name_len, job->text, &job->len))
		job->text[job->len = 0] = '\0';
	/* A name that has no text form has bytes that none of ours can have. */
	if (job->len > 0 && (try_localhost(job) || try_reverse(job) || try_table(job) ||
			     try_zone(job) || try_service(job)))
		return true;
	return try_single(job) || try_enclosed(job);
}

/* What is asked of the name servers. It is the same for all clients that ask the same. */
static void fill_question(const struct dns_query *query, struct dns_question *ret_question)
{
	for (size_t i = 0; i < query->name_len; i++)
		ret_question->name[i] = dns_fold(query->name[i]);
	ret_question->name_len = query->name_len;
	ret_question->type = query->type;
	ret_question->class = query->class;
	/* The question in lower case is the key of the cache and of flights; the client's own
	 * spelling is put back into its reply. */
	ret_question->id = query->id;
	ret_question->rd = query->flags & DNS_FLAG_RD;
	ret_question->cd = query->flags & DNS_FLAG_CD;
	ret_question->do_bit = query->do_bit;
	ret_question->edns = query->edns;
	ret_question->udp_size = (uint16_t)dns_reply_limit(query, false);
}

/* Everything is decided here; the caller sends, forwards or stays silent. *ret_question is filled
 * for DNS_VERDICT_FORWARD only, *ret_len for DNS_VERDICT_REPLY. */
enum dns_verdict dns_answer(const struct dns_table *table, const struct dns_view *view,
			    const struct dns_policy *policy, const uint8_t *query, size_t query_len,
			    uint8_t *reply, size_t size, size_t *ret_len,
			    struct dns_question *ret_question)
{
	struct job job; /* not zeroed: text is large and written before it is read */
	int err = dns_query_read(query, query_len, &job.query);
	size_t len;

	/* Too short, or itself an answer: silence is the only safe reply. */
	if (err == -EPROTO)
		return DNS_VERDICT_DROP;
	job.table = table;
	job.view = view;
	job.policy = policy;
	job.out = reply;
	job.size = size;
	job.ede = DNS_EDE_NONE;
	job.one = false;
	job.rcode = query_fault(&job.query, err);
	if (job.rcode != DNS_RCODE_NOERROR) {
		tell(&job, DNS_STEP_FAULT, NULL, job.rcode);
		len = write_error(&job.query, job.rcode, DNS_EDE_NONE, reply, size);
	} else if (try_local(&job)) {
		len = dns_reply_end(&job.reply, job.rcode, job.ede);
	} else {
		tell(&job, DNS_STEP_OUTSIDE, NULL, 0);
		fill_question(&job.query, ret_question);
		return DNS_VERDICT_FORWARD;
	}
	if (len == 0)
		return DNS_VERDICT_DROP;
	*ret_len = len;
	return DNS_VERDICT_REPLY;
}

/* For a code that the resolver decides on, with an SOA that says "not to be kept". */
size_t dns_answer_told(const uint8_t *query, size_t query_len, uint8_t rcode, int ede,
		       uint8_t *reply, size_t size)
{
	struct dns_reply out;
	struct dns_query read;

	if (dns_query_read(query, query_len, &read) < 0)
		return 0;
	dns_reply_begin(&out, &read, ede, reply, size);
	dns_reply_soa(&out, DNS_REPLY_ROOT, 0);
	return dns_reply_end(&out, rcode, ede);
}

/* For an error on the resolver's side, such as SERVFAIL. 0: nothing can be said. */
size_t dns_answer_error(const uint8_t *query, size_t query_len, uint8_t rcode, int ede,
			uint8_t *reply, size_t size)
{
	struct dns_query read;

	if (dns_query_read(query, query_len, &read) == -EPROTO)
		return 0;
	return write_error(&read, rcode, ede, reply, size);
}
