// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_choose.c - the choice of a subnet that overlaps none of those in use
#include "model/ipam/ipam_choose.h"

#include "base/cleanup.h"
#include "base/family.h"
#include "model/ipam/ipam_base.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. Bases are looked at in their order. Within one, the first subnet of the
 * wanted length that meets nothing taken is the answer. Taken prefixes are sorted as spans, and
 * candidates only go up, so both lists are walked once, however many there are.
 *
 * Two kinds are taken. Subnets of networks and addresses of links exclude whatever overlaps. A
 * route excludes only what it lies within or equals: a wide route (10.0.0.0/8 into a VPN) may
 * have a narrower subnet within it, which the kernel prefers. */

/* A taken prefix as the addresses it covers. Both ends belong to the span. */
struct span {
	struct addr first, last;
	uint8_t len;
	bool routed; /* may cover what is narrower */
};

/* By their first address. Spans may lie within one another. */
static int span_compare(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	return addr_compare(&left->first, &right->first);
}

/* Only prefixes of the family; n is where the next span goes. The array has room for all that is
 * taken. */
static size_t spans_add(struct span *spans, size_t n, uint8_t family, const struct prefix *prefixes,
			size_t n_prefixes, bool routed)
{
	for (size_t i = 0; i < n_prefixes; i++) {
		if (prefixes[i].addr.family == family)
			spans[n++] = (struct span) { prefix_first(&prefixes[i]),
						     prefix_last(&prefixes[i]), prefixes[i].len,
						     routed };
	}
	return n;
}

/* The first subnet of its length at or after the address. false: there is none before the end. */
static bool subnet_at_or_after(const struct addr *addr, uint8_t len, struct prefix *ret_subnet)
{
	struct prefix subnet = { *addr, len };
	struct addr last;

	if (prefix_has_host_bits(&subnet)) {
		last = prefix_last(&subnet);
		if (!addr_add(&last, 1, &subnet.addr))
			return false;
	}
	*ret_subnet = subnet;
	return true;
}

/* Candidates and spans both ascend, so every span is looked at once: a candidate that meets one
 * moves behind it, and spans that end before the candidate are done with. false: the base has no
 * free subnet of that length. */
static bool choose_in_base(const struct prefix *base, uint8_t len, const struct span *spans,
			   size_t n_spans, struct prefix *ret_prefix)
{
	struct prefix subnet = { prefix_first(base), len };
	struct addr next, last;

	for (size_t i = 0; i < n_spans; i++) {
		if (addr_compare(&spans[i].last, &subnet.addr) < 0 ||
		    (spans[i].routed && spans[i].len < len))
			continue;
		last = prefix_last(&subnet);
		if (addr_compare(&spans[i].first, &last) > 0)
			break;
		if (!addr_add(&spans[i].last, 1, &next) || !subnet_at_or_after(&next, len, &subnet))
			return false;
	}
	if (!prefix_contains(base, &subnet.addr))
		return false;
	*ret_prefix = subnet;
	return true;
}

/* The length of the subnets cut from a base, or 0 where the base has none to offer. */
static uint8_t length_in_base(const struct ipam_base *base, uint8_t family, uint8_t want_len)
{
	uint8_t len = want_len ? want_len : base->size;

	if (base->base.addr.family != family || len < base->base.len ||
	    len > addr_bits(&base->base.addr))
		return 0;
	return len;
}

/* Docker's sentence, and then the numbers. n_tried: bases that had subnets of this length. It
 * returns a negative errno always. */
static int none_left(uint8_t family, uint8_t want_len, size_t n_tried, size_t n_taken,
		     struct error *error)
{
	const char *name = family_name(family_of(family));

	if (n_tried == 0 && want_len)
		return error_set(error, ERROR_INVALID,
				 "no address pool is large enough for an %s subnet of length /%u",
				 name, want_len);
	if (n_tried == 0)
		return error_set(error, ERROR_INVALID, "there is no %s address pool", name);
	return error_set(
		error, ERROR_INVALID,
		"all predefined address pools have been fully subnetted: %zu %s pool%s, %zu "
		"subnets in use",
		n_tried, name, n_tried == 1 ? "" : "s", n_taken);
}

/* routed may be NULL if n_routed is 0. 0 and the subnet, or the error is set. Nothing is reserved:
 * the caller makes the network before anybody else can choose. */
int ipam_choose_subnet_routed(const struct ipam_base *bases, size_t n_bases, uint8_t family,
			      uint8_t want_len, const struct prefix *taken, size_t n_taken,
			      const struct prefix *routed, size_t n_routed,
			      struct prefix *ret_prefix, struct error *error)
{
	_cleanup_free_ struct span *spans = calloc(n_taken + n_routed + 1, sizeof(*spans));
	size_t n_spans, n_tried = 0;

	if (!spans)
		return error_system(error, -ENOMEM, "cannot choose a subnet");
	n_spans = spans_add(spans, 0, family, taken, n_taken, false);
	n_spans = spans_add(spans, n_spans, family, routed, n_routed, true);
	qsort(spans, n_spans, sizeof(*spans), span_compare);
	for (size_t i = 0; i < n_bases; i++) {
		uint8_t len = length_in_base(&bases[i], family, want_len);

		if (len == 0)
			continue;
		if (choose_in_base(&bases[i].base, len, spans, n_spans, ret_prefix))
			return 0;
		n_tried++;
	}
	return none_left(family, want_len, n_tried, n_spans, error);
}

/* Without routes that count. */
int ipam_choose_subnet(const struct ipam_base *bases, size_t n_bases, uint8_t family,
		       uint8_t want_len, const struct prefix *taken, size_t n_taken,
		       struct prefix *ret_prefix, struct error *error)
{
	return ipam_choose_subnet_routed(bases, n_bases, family, want_len, taken, n_taken, NULL, 0,
					 ret_prefix, error);
}
