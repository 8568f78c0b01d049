// SPDX-License-Identifier: GPL-2.0-or-later
// warnings.c - what stands in netd's way on this host, in sentences
#include "engine/networks.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define DROPS_SHOWN_MAX 8 /* more chains than that say nothing new */

static json_t *drop_warning(const struct nft_drop *drop)
{
	return json_sprintf(
		"chain %s of table %s %s drops what no rule in it accepts, connections from netd's "
		"networks to the outside and to published ports among it: accept netd's bridges "
		"there (with Docker: iptables -I DOCKER-USER -i BRIDGE -j ACCEPT, and the same "
		"with -o)",
		drop->chain, drop->family, drop->table);
}

static json_t *surroundings(struct engine *engine)
{
	struct nft_drop drops[DROPS_SHOWN_MAX];
	json_t *list = json_array();
	size_t n = 0;

	if (engine->kernel_lacks)
		(void)json_array_append_new(list, json_string(engine->kernel_lacks));
	/* Without an answer there is nothing to warn of; a list cut short by no memory is a list.
	 */
	(void)nft_forward_drops(engine->nft, drops, DROPS_SHOWN_MAX, &n);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, drop_warning(&drops[i]));
	return list;
}

json_t *engine_warnings(struct engine *engine)
{
	json_t *list = surroundings(engine);

	if (engine->rules_fault[0])
		(void)json_array_append_new(list, json_string(engine->rules_fault)); /* as above */
	if (list)
		networks_add_overlaps(engine, NULL, list);
	return list;
}

char *warnings_network(struct engine *engine, const struct network *network)
{
	json_t *list = json_array();
	const char *first;
	char *text;

	if (list)
		networks_add_overlaps(engine, network, list);
	first = json_string_value(json_array_get(list, 0));
	text = first ? strdup(first) : NULL; /* without memory there is no word of it */
	json_decref(list);
	return text;
}

void warnings_log(struct engine *engine)
{
	json_t *list = surroundings(engine), *text; /* the rest was logged where it was found */
	size_t i;

	json_array_foreach (list, i, text)
		log_warn("%s", json_string_value(text));
	json_decref(list);
}
