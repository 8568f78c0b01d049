// SPDX-License-Identifier: GPL-2.0-or-later
// start.c - what a start finds in the kernel, so that one that fails leaves no more than that
#include "engine/networks.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A start makes bridges, the table and the host forward, and may fail after
 * that. What an earlier netd has left there is in use, and stays whatever becomes of this start:
 * so it is noted first what there was, and only what came on top of it is taken back. */

struct start_found {
	int *bridges; /* ifindexes of those with our alias */
	size_t n_bridges;
	bool table;
	bool forwards[2]; /* by forwarding[] */
};

static const char *const forwarding[] = { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding" };

static bool is_on(const char *sysctl)
{
	char value[16];

	return sysctl_read(sysctl, value, sizeof(value)) == 0 && strcmp(value, "0") != 0;
}

static bool is_our_bridge(const struct rtnl_link *link)
{
	return strcmp(link->kind, "bridge") == 0 &&
	       strncmp(link->alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0;
}

int start_note(struct engine *engine, struct error *error)
{
	struct start_found *found = calloc(1, sizeof(*found));
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err;

	if (!found)
		return error_system(error, -ENOMEM, "cannot start");
	engine->found = found;
	err = rtnl_links(engine->rtnl, &links, &n, error);
	if (err < 0)
		return err;
	found->bridges = calloc(n + 1, sizeof(*found->bridges));
	for (size_t i = 0; found->bridges && i < n; i++)
		if (is_our_bridge(&links[i]))
			found->bridges[found->n_bridges++] = links[i].ifindex;
	free(links);
	if (!found->bridges)
		return error_system(error, -ENOMEM, "cannot start");
	found->table = nft_elems_count(engine->nft, RULESET_BRIDGES) >= 0;
	for (size_t i = 0; i < ARRAY_SIZE(forwarding); i++)
		found->forwards[i] = is_on(forwarding[i]);
	return 0;
}

static bool was_there(const struct start_found *found, int ifindex)
{
	for (size_t i = 0; i < found->n_bridges; i++)
		if (found->bridges[i] == ifindex)
			return true;
	return false;
}

static void remove_bridges(struct engine *engine)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	struct error error;

	if (rtnl_links(engine->rtnl, &links, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (is_our_bridge(&links[i]) && !was_there(engine->found, links[i].ifindex) &&
		    rtnl_link_delete(engine->rtnl, links[i].ifindex, &error) < 0)
			log_warn("%s", error.text);
	free(links);
}

void engine_undo_start(struct engine *engine)
{
	const struct start_found *found = engine->found;
	struct error error;

	if (!found || !found->bridges)
		return; /* nothing was changed yet */
	remove_bridges(engine);
	if (!found->table && nft_remove(engine->nft, &error) < 0)
		log_warn("%s", error.text);
	if (!found->forwards[1])
		(void)forwarding_put_back(engine); /* what it leaves on is tried below */
	for (size_t i = 0; i < ARRAY_SIZE(forwarding); i++)
		if (!found->forwards[i] && is_on(forwarding[i]) &&
		    sysctl_write(forwarding[i], "0", &error) < 0)
			log_warn("%s", error.text);
}

void start_forget(struct engine *engine)
{
	if (engine->found)
		free(engine->found->bridges);
	free(engine->found);
	engine->found = NULL;
}
