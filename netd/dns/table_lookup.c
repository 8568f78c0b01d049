// SPDX-License-Identifier: GPL-2.0-or-later
// table_lookup.c - names and addresses as one view of the table sees them
#include "base/cleanup.h"
#include "base/hash.h"
#include "dns/table_parts.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A view is what one container sees: the numbers of its networks in their
 * order, and its links. A name is looked for in this order: links, which are the container's own;
 * the whole name on each network; NAME.NETWORK; NAME in one of the domains of all networks. The
 * first network that has it answers, so a container's own order of networks decides between two of
 * one name. Every comparison is of text in lower case.
 *
 * Lookups change nothing and take no memory, so the table may be asked while it is synced. The cost
 * of one is a hash for each network that the view sees. */

/* Names and addresses share the secret key. */
uint64_t dns_table_hash_name(const struct dns_table *table, const char *text, size_t len)
{
	return hash_bytes(table->key, text, len);
}

/* The struct has no padding. */
uint64_t dns_table_hash_addr(const struct dns_table *table, const struct addr *addr)
{
	return hash_bytes(table->key, addr, sizeof(*addr));
}

/* The place in the table of names, or HASH_TABLE_END. */
size_t dns_table_find_name(const struct dns_table *table, uint64_t hash, uint32_t network,
			   const char *text, size_t len)
{
	hash_table_foreach(&table->names, hash, at)
	{
		struct dns_table_name *name = table->names.slots[at].item;

		/* Two names may share a hash, so the hash alone proves nothing. */
		if (name->network == network && name->len == len &&
		    memcmp(dns_table_name_text(name), text, len) == 0)
			return at;
	}
	return HASH_TABLE_END;
}

/* text NULL: any name of that address. Of several names the first one of the run is found. */
size_t dns_table_find_reverse(const struct dns_table *table, uint64_t hash, uint32_t network,
			      const struct addr *addr, const char *text, size_t len)
{
	hash_table_foreach(&table->reverses, hash, at)
	{
		const struct dns_table_reverse *reverse = table->reverses.slots[at].item;

		if (reverse->network == network && addr_equal(&reverse->addr, addr) &&
		    (!text || (reverse->len == len && memcmp(reverse->name, text, len) == 0)))
			return at;
	}
	return HASH_TABLE_END;
}

/* The place where a network of that number stands, or would have to be put. */
size_t dns_table_network_place(const struct dns_table *table, uint32_t number)
{
	size_t low = 0, high = table->n_networks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		/* The half that can still hold the first number that is not smaller. */
		if (table->networks[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* NULL: there is none. */
struct dns_table_network *dns_table_find_network(const struct dns_table *table, uint32_t number)
{
	size_t at = dns_table_network_place(table, number);

	if (at < table->n_networks && table->networks[at]->number == number)
		return table->networks[at];
	return NULL;
}

/* --- what a view sees --- */

/* all is for the host itself, which sees every network. The order for the host is that of the
 * networks' numbers. */
static size_t n_visible(const struct dns_table *table, const struct dns_view *view)
{
	return view->all ? table->n_networks : view->n_networks;
}

static uint32_t visible_number(const struct dns_table *table, const struct dns_view *view, size_t i)
{
	return view->all ? table->networks[i]->number : view->networks[i];
}

/* NULL: the view names a network that has gone meanwhile. */
static const struct dns_table_network *visible(const struct dns_table *table,
					       const struct dns_view *view, size_t i)
{
	return view->all ? table->networks[i] : dns_table_find_network(table, view->networks[i]);
}

/* The network is mixed into the hash, so that one name on many networks spreads out. */
static struct dns_table_name *name_in(const struct dns_table *table, uint64_t name_hash,
				      uint32_t network, const char *text, size_t len)
{
	size_t at = dns_table_find_name(table, dns_table_mix(name_hash, network), network, text,
					len);

	return at != HASH_TABLE_END ? table->names.slots[at].item : NULL;
}

/* --- what a view is told of its search (steps.h) --- */

struct told {
	char text[NAME_LEN_MAX + 1];
};

static const char *told_text(struct told *told, const char *text, size_t len)
{
	(void)snprintf(told->text, sizeof(told->text), "%.*s", (int)len, text);
	return told->text;
}

/* One whose name DNS cannot spell has none here. */
static const char *told_network(struct told *told, const struct dns_table *table, uint32_t number)
{
	const struct dns_table_network *network = dns_table_find_network(table, number);

	return told_text(told, network ? network->name : "", network ? network->len : 0);
}

static void tell_lack(const struct dns_table *table, const struct dns_view *view, uint32_t network,
		      const char *text, size_t len)
{
	struct told name, other;

	/* The host sees every network, and is told once that none has it. */
	if (view->steps && !view->all)
		dns_steps_add(view->steps,
			      &(struct dns_step) { .kind = DNS_STEP_LACKS,
						   .name = told_text(&name, text, len),
						   .other = told_network(&other, table, network) });
}

static void tell_none(const struct dns_table *table, const struct dns_view *view, const char *text,
		      size_t len)
{
	struct told name;

	if (view->steps && view->all)
		dns_steps_add(view->steps,
			      &(struct dns_step) { .kind = DNS_STEP_NONE_HAS,
						   .name = told_text(&name, text, len),
						   .value = (uint32_t)table->n_networks });
}

/* Whose name it is: another name of a container leads to the one that its address gives. */
static void tell_container(const struct dns_table *table, const struct dns_view *view,
			   uint32_t network, const struct addr *addr)
{
	size_t at = dns_table_find_reverse(table,
					   dns_table_mix(dns_table_hash_addr(table, addr), network),
					   network, addr, NULL, 0);
	const struct dns_table_reverse *reverse;
	struct told name;

	if (at == HASH_TABLE_END)
		return;
	reverse = table->reverses.slots[at].item;
	dns_steps_add(view->steps,
		      &(struct dns_step) { .kind = DNS_STEP_CONTAINER,
					   .addr = *addr,
					   .name = told_text(&name, reverse->name, reverse->len) });
}

static void tell_found(const struct dns_table *table, const struct dns_view *view,
		       struct dns_table_name *found)
{
	struct told name, other;

	if (!view->steps)
		return;
	dns_steps_add(view->steps,
		      &(struct dns_step) {
			      .kind = DNS_STEP_HAS,
			      .name = told_text(&name, dns_table_name_text(found), found->len),
			      .other = told_network(&other, table, found->network),
			      .value = found->n_records });
	for (size_t i = 0; i < found->n_records && i < DNS_STEPS_ADDRESSES_MAX; i++)
		tell_container(table, view, found->network, &found->records[i].addr);
}

/* --- the search --- */

/* The whole string, in each network. The first network that has the name decides. text is in lower
 * case. */
static struct dns_table_name *find_whole(const struct dns_table *table, const struct dns_view *view,
					 const char *text, size_t len)
{
	uint64_t hash = dns_table_hash_name(table, text, len);
	size_t n = n_visible(table, view);

	for (size_t i = 0; i < n; i++) {
		struct dns_table_name *name = name_in(table, hash, visible_number(table, view, i),
						      text, len);

		if (name)
			return name;
		tell_lack(table, view, visible_number(table, view, i), text, len);
	}
	tell_none(table, view, text, len);
	return NULL;
}

/* text is the network's name, or ends in it after a dot. text is in lower case, as the network's
 * name is. */
static bool lies_under(const char *text, size_t len, const struct dns_table_network *network)
{
	size_t head = len - network->len; /* not used unless it is not negative */

	if (network->len == 0 || network->len > len || (head > 0 && text[head - 1] != '.'))
		return false;
	return memcmp(text + head, network->name, network->len) == 0;
}

/* NAME.NETWORK: of several networks whose names fit, the shortest that knows what stands before.
 * NULL: none of them knows it. */
static struct dns_table_name *find_qualified(const struct dns_table *table,
					     const struct dns_view *view, const char *text,
					     size_t len)
{
	struct dns_table_name *best = NULL;
	size_t best_len = SIZE_MAX, n = n_visible(table, view);

	for (size_t i = 0; i < n; i++) {
		const struct dns_table_network *network = visible(table, view, i);
		struct dns_table_name *name;

		/* Network names may hold dots, so of a.b.c both b.c and c can be networks. The
		 * shorter one leaves more of the name to the container. */
		if (!network || network->len >= best_len || network->len == len ||
		    !lies_under(text, len, network))
			continue;
		size_t head = len - network->len - 1;

		name = name_in(table, dns_table_hash_name(table, text, head), network->number, text,
			       head);
		if (name) {
			best = name;
			best_len = network->len;
		} else {
			tell_lack(table, view, network->number, text, head);
		}
	}
	return best;
}

/* Domains that hold the names of every network, NAME.DOMAIN being NAME: Podman's, which its
 * containers' resolv.conf and their users' files have, and netd's own, which stands first in the
 * search lists that netd writes. Nobody owns them in the global DNS (there is no podman., and
 * internal. is for everybody's own use), so what is not known in them does not exist. The names are
 * in lower case. */
static const char *const domains_of_all[] = { "dns.podman", DNS_TABLE_DOMAIN };

/* The length of the domain that the name is, or lies under; 0: none of them. len is that of
 * text. */
static size_t domain_above(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(domains_of_all); i++) {
		size_t tail = strlen(domains_of_all[i]);

		if (len >= tail && memcmp(text + len - tail, domains_of_all[i], tail) == 0 &&
		    (len == tail || text[len - tail - 1] == '.'))
			return tail;
	}
	return 0;
}

static struct dns_table_name *find_in_domain(const struct dns_table *table,
					     const struct dns_view *view, const char *text,
					     size_t len, size_t domain)
{
	struct told name, other;

	if (view->steps)
		dns_steps_add(
			view->steps,
			&(struct dns_step) { .kind = DNS_STEP_DOMAIN,
					     .name = told_text(&name, text, len),
					     .other = told_text(&other, text + len + 1, domain) });
	return find_whole(table, view, text, len);
}

/* NULL: nobody has that name in this view. The order of the three looks is that of the theory
 * above. */
static struct dns_table_name *find(const struct dns_table *table, const struct dns_view *view,
				   const char *text)
{
	size_t len = strnlen(text, NAME_LEN_MAX + 1), domain;
	struct dns_table_name *name;

	if (len == 0 || len > NAME_LEN_MAX)
		return NULL;
	domain = domain_above(text, len);
	name = find_whole(table, view, text, len);
	if (!name && memchr(text, '.', len))
		name = find_qualified(table, view, text, len);
	if (!name && domain > 0 && len > domain + 1)
		name = find_in_domain(table, view, text, len - domain - 1, domain);
	return name;
}

/* network 0 in a link: any that the view sees. */
static struct dns_table_name *find_target(const struct dns_table *table,
					  const struct dns_view *view, const struct dns_link *link)
{
	struct dns_view one = { .networks = &link->network, .n_networks = 1, .steps = view->steps };

	dns_steps_add(view->steps, &(struct dns_step) { .kind = DNS_STEP_LINK,
							.name = link->alias,
							.other = link->target });
	return find(table, link->network != 0 ? &one : view, link->target);
}

/* Links are few, so they are gone through. */
static struct dns_table_name *find_link(const struct dns_table *table, const struct dns_view *view,
					const char *text)
{
	for (size_t i = 0; i < view->n_links; i++) {
		struct dns_table_name *name = NULL;

		/* A link to an address is the last resort, so it is not looked at here. */
		if (strcmp(view->links[i].alias, text) == 0 && !addr_is_set(&view->links[i].addr))
			name = find_target(table, view, &view->links[i]);
		if (name)
			return name;
	}
	return NULL;
}

/* What a link to an address gives: every address under that alias. Used only where the table knows
 * nothing of the name. */
static size_t link_addrs(const struct dns_view *view, const char *text,
			 const struct addr **ret_addrs, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < view->n_links && n < max; i++) {
		const struct dns_link *link = &view->links[i];

		if (!addr_is_set(&link->addr) || strcmp(link->alias, text) != 0)
			continue;
		ret_addrs[n++] = &link->addr;
		dns_steps_add(view->steps, &(struct dns_step) { .kind = DNS_STEP_LINK_ADDRESS,
								.name = link->alias,
								.addr = link->addr });
	}
	return n;
}

/* How many addresses, at most max. *ret_one: the answer is to have one of them. The addresses are
 * the table's, and good until it changes. */
size_t dns_table_lookup_mode(const struct dns_table *table, const struct dns_view *view,
			     const char *name, const struct addr **ret_addrs, size_t max,
			     bool *ret_one)
{
	struct dns_table_name *found = find_link(table, view, name);
	const struct dns_table_network *network;
	size_t n = 0;

	*ret_one = false;
	if (!found)
		found = find(table, view, name);
	if (!found)
		return link_addrs(view, name, ret_addrs, max);
	tell_found(table, view, found);
	network = dns_table_find_network(table, found->network);
	*ret_one = network && network->answer_one;
	for (; n < found->n_records && n < max; n++) {
		ret_addrs[n] = &found->records[n].addr;
		*ret_one |= found->records[n].answer_one;
	}
	return n;
}

/* For those that have no use for the mode. */
size_t dns_table_lookup(const struct dns_table *table, const struct dns_view *view,
			const char *name, const struct addr **ret_addrs, size_t max)
{
	bool one;

	return dns_table_lookup_mode(table, view, name, ret_addrs, max, &one);
}

/* How long the zone is that the name lies under, at its end; 0: none. What lies under a zone and is
 * not known does not exist. name is in lower case. */
size_t dns_table_zone(const struct dns_table *table, const struct dns_view *view, const char *name)
{
	size_t len = strnlen(name, NAME_LEN_MAX + 1), n = n_visible(table, view), zone = 0;
	size_t domain = domain_above(name, len);

	for (size_t i = 0; i < n; i++) {
		const struct dns_table_network *network = visible(table, view, i);

		if (network && network->len > zone && lies_under(name, len, network))
			zone = network->len;
	}
	return zone < domain ? domain : zone;
}

/* NAME.NETWORK, which can be asked back as it is. false: no room in ret_name, which a caller with
 * NAME_LEN_MAX never sees. */
static bool join(const struct dns_table_reverse *reverse, const struct dns_table_network *network,
		 char *ret_name, size_t size)
{
	size_t tail = network && network->len > 0 ? network->len + 1u : 0;

	/* A name that is longer than DNS allows could not be asked back. */
	if (reverse->len + tail > NAME_LEN_MAX)
		tail = 0;
	if (reverse->len + tail + 1 > size)
		return false;
	memcpy(ret_name, reverse->name, reverse->len);
	if (tail > 0) {
		ret_name[reverse->len] = '.';
		memcpy(ret_name + reverse->len + 1, network->name, tail - 1);
	}
	ret_name[reverse->len + tail] = '\0';
	return true;
}

/* The first network of the view that has the address decides. false: nobody has it. Of an address
 * with several names the one found first is told. */
bool dns_table_reverse(const struct dns_table *table, const struct dns_view *view,
		       const struct addr *addr, char *ret_name, size_t size)
{
	uint64_t hash = dns_table_hash_addr(table, addr);
	size_t n = n_visible(table, view);

	for (size_t i = 0; i < n; i++) {
		uint32_t network = visible_number(table, view, i);
		size_t at = dns_table_find_reverse(table, dns_table_mix(hash, network), network,
						   addr, NULL, 0);

		if (at != HASH_TABLE_END)
			return join(table->reverses.slots[at].item,
				    dns_table_find_network(table, network), ret_name, size);
	}
	return false;
}
