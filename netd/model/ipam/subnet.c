// SPDX-License-Identifier: GPL-2.0-or-later
// subnet.c - one subnet of a network: the addresses in it that an interface can have, and its
// gateway
#include "model/ipam/subnet.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void subnet_done(struct subnet *subnet)
{
	for (size_t i = 0; i < subnet->n_aux; i++)
		free(subnet->aux[i].name);
	free(subnet->aux);
	*subnet = (struct subnet) { 0 };
}

/* On an error to may be half filled: subnet_done() frees it. */
int subnet_copy(const struct subnet *from, struct subnet *to)
{
	*to = *from;
	/* Nothing is shared with the original from here on: a caller that frees the copy half-
	 * way frees no name twice. */
	to->aux = NULL;
	to->n_aux = 0;
	if (from->n_aux == 0)
		return 0;
	to->aux = calloc(from->n_aux, sizeof(*to->aux));
	if (!to->aux)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_aux; i++) {
		to->aux[i].addr = from->aux[i].addr;
		to->aux[i].name = strdup(from->aux[i].name);
		if (!to->aux[i].name)
			return -ENOMEM;
		to->n_aux = i + 1;
	}
	return 0;
}

/* NULL: a network may have it. Otherwise what is wrong with it, in a word. */
const char *subnet_unfit(const struct prefix *prefix)
{
	static const struct {
		const char *what;
		struct prefix prefix;
	} refused[] = {
		{ "loopback", { { AF_INET, { 127 } }, 8 } },
		{ "multicast and reserved", { { AF_INET, { 224 } }, 3 } },
		{ "\"this network\"", { { AF_INET, { 0 } }, 8 } },
		{ "loopback", { { AF_INET6, { [15] = 1 } }, 128 } },
		{ "multicast", { { AF_INET6, { 0xff } }, 8 } },
		{ "IPv4-mapped", { { AF_INET6, { [10] = 0xff, [11] = 0xff } }, 96 } },
	};

	/* Overlaps, and not only lies within: 0.0.0.0/1 would take loopback addresses, too. */
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (prefix_overlaps(prefix, &refused[i].prefix))
			return refused[i].what;
	return NULL;
}

/* First and last address that an interface can have. */
void subnet_usable(const struct prefix *prefix, struct addr *ret_first, struct addr *ret_last)
{
	struct addr first = prefix_first(prefix), last = prefix_last(prefix);
	uint8_t bits = addr_bits(&prefix->addr);

	/* Two addresses are a point-to-point link (RFC 3021, RFC 6164), one is a host. */
	if (prefix->len + 2 <= bits) {
		(void)addr_add(&first, 1, &first); /* at least four addresses: cannot overflow */
		if (prefix->addr.family == AF_INET)
			last.bytes[3] &= 0xfe; /* one before broadcast, whose bits are all set */
	}
	*ret_first = first;
	*ret_last = last;
}

/* A gateway is chosen around these. */
static bool is_aux(const struct subnet *subnet, const struct addr *addr)
{
	for (size_t i = 0; i < subnet->n_aux; i++) {
		if (addr_equal(&subnet->aux[i].addr, addr))
			return true;
	}
	return false;
}

/* Nothing is changed where one was given. */
int subnet_choose_gateway(struct subnet *subnet, struct error *error)
{
	struct addr addr, last;

	if (addr_is_set(&subnet->gateway))
		return 0;
	subnet_usable(&subnet->prefix, &addr, &last);
	/* Ends after as many steps as there are auxiliary addresses, one further. */
	while (is_aux(subnet, &addr)) {
		if (addr_equal(&addr, &last))
			return error_set(
				error, ERROR_INVALID,
				"no address of %s is left for the gateway: all are auxiliary",
				PREFIX_STR(&subnet->prefix));
		(void)addr_add(&addr, 1, &addr); /* below last, so it cannot overflow */
	}
	subnet->gateway = addr;
	return 0;
}
