// SPDX-License-Identifier: GPL-2.0-or-later
// question_who.c - who A and B of a question are, among what netd believes
#include "diag/question.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. Names are looked up in what netd believes. The order is that of the API:
 * the exact name or id, then the one container whose id begins so, then names that only its
 * neighbours know (aliases, links). An address is a container's if netd gave it, and the host's
 * if the host has it.
 *
 * A must be somebody, for somebody has to send. B may be nobody: a name that no container has
 * may be one of the world's, and the judge has a sentence for that. */

/* As DNS compares names. */
static bool has_name(const struct facts_container *container, const char *name)
{
	for (size_t i = 0; i < container->n_names; i++)
		if (strcasecmp(container->names[i], name) == 0)
			return true;
	return false;
}

/* Both families: an address is written in one, and has no name to tell. */
static bool has_addr(const struct facts_container *container, const struct addr *addr)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			if (addr_equal(&container->endpoints[i].addr[family].addr, addr))
				return true;
	return false;
}

/* As the API looks containers up (id, name, beginning of an id), and then by names that only its
 * neighbours know it by. */
int question_container(const struct facts *facts, const char *text,
		       const struct facts_container **ret_container, struct error *error)
{
	const struct facts_container *begins = NULL, *known = NULL;
	size_t len = strlen(text), n_begins = 0;

	*ret_container = NULL;
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		/* An exact match ends the search, whatever else begins so. */
		if (strcmp(container->id, text) == 0 || strcmp(container->name, text) == 0) {
			*ret_container = container;
			return 0;
		}
		/* An empty text begins everything. */
		if (len > 0 && strncmp(container->id, text, len) == 0) {
			begins = container;
			n_begins++;
		}
		if (!known && has_name(container, text))
			known = container;
	}
	/* Two ids that begin so are a question back, unless a neighbour's name fits. */
	if (n_begins > 1 && !known)
		return error_set(error, ERROR_INVALID,
				 "the ids of %zu containers begin with '%s': write more of it",
				 n_begins, text);
	*ret_container = n_begins == 1 ? begins : known;
	return 0;
}

/* NULL: none of netd's. */
static const struct facts_container *find_addr(const struct facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		if (has_addr(&facts->containers[i], addr))
			return &facts->containers[i];
	return NULL;
}

/* Without a picture of the host it is not known, and the address stays an address. */
static bool is_of_host(const struct facts *facts, const struct addr *addr)
{
	const struct facts_space *host = facts_space(facts, "host");

	return host && facts_addr(host, addr);
}

/* What the container is called from now on, in whatever way it was asked for. */
static void fill_container(const struct facts_container *container, struct diag_verdict *verdict,
			   struct diag_end *end)
{
	verdict_set_name(verdict, end, container->name);
	if (container->space[0])
		verdict_set_space(verdict, end, container->space);
	end->netns = container->netns;
	/* A process or a namespace that is no container of netd's was added without an id. */
	if (container->id[0])
		end->kind = DIAG_OF_CONTAINER;
}

/* By its name, or that with its network's behind: both are what its clients ask for. */
static bool is_service(const struct facts_service *service, const struct facts_network *network,
		       const char *text)
{
	size_t len = strlen(service->name);

	return strncasecmp(text, service->name, len) == 0 &&
	       (text[len] == '\0' ||
		(text[len] == '.' && strcasecmp(text + len + 1, network->name) == 0));
}

/* A name that no container has. The address is nobody's, and the judge knows it for a service's. */
static bool find_service(const struct facts *facts, const char *text, struct diag_end *end)
{
	for (size_t i = 0; i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

		for (size_t k = 0; k < network->n_services; k++) {
			const struct facts_service *service = &network->services[k];

			if (!is_service(service, network, text))
				continue;
			end->kind = DIAG_OF_ADDRESS;
			end->addr = service->addr[addr_is_set(&service->addr[FAMILY_4]) ? FAMILY_4
											: FAMILY_6];
			return true;
		}
	}
	return false;
}

/* One end. has_none: nothing was written behind B's name. */
static int resolve_end(const struct question_end *asked, const struct facts *facts, bool is_target,
		       struct diag_verdict *verdict, struct diag_end *end, struct error *error)
{
	const struct facts_container *container = NULL;
	bool has_none = is_target && !asked->port && !asked->protocol;
	int err = 0;

	/* Who says no port asks whether anything gets there, and ping is what everybody tries. A
	 * port that is not known would leave each rule about ports undecided. */
	*end = (struct diag_end) { .kind = asked->kind,
				   .addr = asked->addr,
				   .port = asked->port,
				   .protocol = has_none ? IPPROTO_ICMP : asked->protocol,
				   .is_assumed = has_none };
	/* The text as it was written, until a better name is found. */
	verdict_set_name(verdict, end, asked->text);
	if (asked->kind == DIAG_OF_ADDRESS)
		container = find_addr(facts, &asked->addr);
	else if (asked->kind != DIAG_OF_HOST && asked->kind != DIAG_OF_OUTSIDE)
		err = question_container(facts, asked->text, &container, error);
	if (err < 0)
		return err;
	/* A container's own name and namespace. */
	if (container)
		fill_container(container, verdict, end);
	if (!container && asked->kind == DIAG_OF_ADDRESS && is_of_host(facts, &asked->addr))
		end->kind = DIAG_OF_HOST;
	/* The key under which the host's picture stands. */
	if (end->kind == DIAG_OF_HOST)
		verdict_set_space(verdict, end, "host");
	/* Everybody who can be found was found. */
	if (container || end->kind == DIAG_OF_HOST || end->kind == DIAG_OF_OUTSIDE)
		return 0;
	if (!is_target)
		return error_set(error, ERROR_NOT_FOUND,
				 "there is no container called %s, and nobody with that id or "
				 "address",
				 asked->text);
	/* A process, a namespace or an address that nobody has stays what it is. */
	if (asked->kind == DIAG_OF_CONTAINER && !find_service(facts, asked->text, end))
		end->kind = DIAG_NOBODY;
	return 0;
}

int question_resolve(const struct question *question, const struct facts *facts,
		     struct diag_verdict *verdict, struct error *error)
{
	int err = resolve_end(&question->from, facts, false, verdict, &verdict->from, error);

	return err < 0 ? err
		       : resolve_end(&question->to, facts, true, verdict, &verdict->to, error);
}
