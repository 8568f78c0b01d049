// SPDX-License-Identifier: GPL-2.0-or-later
// far.c - other hosts and their containers on networks that span hosts, as their records say
#include "engine/state/far.h"

#include "base/cleanup.h"
#include "model/network/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. What other hosts have is kept as objects that the kernel and the table can
 * be led by. A record that changes becomes a new object; the old one is marked as gone and stays
 * until it was taken out of the kernel (change/hosts.c). So what an object says never changes while
 * something depends on it. Everything that has to be done is in the list of what is due, each
 * object once. */

/* For _cleanup_. */
static void far_freep(struct far **far)
{
	far_free(*far);
}

int far_new(struct far **ret_far)
{
	_cleanup_(far_freep) struct far *far = calloc(1, sizeof(*far));

	if (!far)
		return -ENOMEM;
	list_init(&far->all);
	list_init(&far->due);
	far->hosts = map_new();
	far->ends = map_new();
	far->macs = map_new();
	far->addrs = map_new();
	if (!far->hosts || !far->ends || !far->macs || !far->addrs ||
	    cluster_state_new(&far->records) < 0 || cluster_state_new(&far->going) < 0)
		return -ENOMEM;
	*ret_far = take_ptr(far);
	return 0;
}

/* Nothing in the kernel is changed: the next netd finds it, and keeps it until it is told
 * otherwise. */
void far_free(struct far *far)
{
	struct far_host *host;
	struct far_end *end;
	size_t cursor = 0;

	if (!far)
		return;
	/* The list has all of them, those that are gone as well; the map has only the others. */
	while ((end = list_first(&far->all, struct far_end, in_all)))
		far_end_free(end);
	while (far->hosts && (host = map_next(far->hosts, &cursor, NULL, NULL)))
		free(host);
	map_free(far->hosts);
	map_free(far->ends);
	map_free(far->macs);
	map_free(far->addrs);
	cluster_state_free(far->records);
	cluster_state_free(far->going);
	free(far);
}

bool far_serves(const struct far_end *end, const char *service)
{
	for (size_t i = 0; i < end->n_services; i++)
		if (strcmp(end->names[end->n_names + i], service) == 0)
			return true;
	return false;
}

/* --- who has an address ----------------------------------------------------------------------- */

struct addr_key {
	const struct network *network;
	struct addr addr;
};

static void addr_key(const struct network *network, const struct addr *addr,
		     struct addr_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key)); /* padding counts: it is a key */
	ret_key->network = network;
	ret_key->addr = *addr;
}

struct far_end *far_owner(const struct far *far, const struct network *network,
			  const struct addr *addr)
{
	struct addr_key key;

	addr_key(network, addr, &key);
	return map_get(far->addrs, &key, sizeof(key));
}

int far_own(struct far *far, const struct network *network, const struct addr *addr,
	    struct far_end *end)
{
	struct addr_key key;

	addr_key(network, addr, &key);
	return map_set(far->addrs, &key, sizeof(key), end);
}

void far_disown(struct far *far, const struct network *network, const struct addr *addr)
{
	struct addr_key key;

	addr_key(network, addr, &key);
	(void)map_remove(far->addrs, &key, sizeof(key)); /* the end is its value */
}

/* It is in no map any more. */
void far_end_free(struct far_end *end)
{
	list_remove(&end->in_all);
	list_remove(&end->in_host);
	list_remove(&end->in_due);
	free(end);
}

/* A host is made when it is first heard of, and stays: containers may be told of before their host
 * is. NULL: no memory. */
struct far_host *far_host(struct far *far, const char *name)
{
	struct far_host *host = map_get_str(far->hosts, name);

	if (host)
		return host;
	host = calloc(1, sizeof(*host));
	if (!host)
		return NULL;
	(void)snprintf(host->name, sizeof(host->name), "%s", name); /* a key's has no more */
	list_init(&host->ends);
	if (map_set_str(far->hosts, name, host) < 0) {
		free(host);
		return NULL;
	}
	return host;
}

/* --- containers ------------------------------------------------------------------------------- */

/* Its name, its aliases, and its short id, as a container of this host has them: all but those that
 * are there already, whatever their case. The names point into the record and to id. */
static size_t collect(const struct cluster_record *record, const char *id,
		      const char *ret_names[static ALIASES_MAX + 2])
{
	const struct cluster_end *end = &record->end;
	size_t n = 0;

	/* A dozen names at the most, so each is compared with all before it. */
	for (size_t i = 0; i < end->n_aliases + 2; i++) {
		const char *name = i == 0		 ? end->name
				   : i <= end->n_aliases ? end->aliases[i - 1]
							 : id;
		size_t k = 0;

		while (k < n && strcasecmp(ret_names[k], name) != 0)
			k++;
		if (k == n && *name)
			ret_names[n++] = name;
	}
	return n;
}

/* One block of memory with its names behind it. NULL: no memory. */
static struct far_end *end_new(const struct cluster_record *record)
{
	char id[ID_SHORT_LEN + 1];
	const char *names[ALIASES_MAX + 2 + CLUSTER_SERVICES_MAX];
	size_t n, n_names, bytes = 0;
	struct far_end *end;
	char *text;

	(void)snprintf(id, sizeof(id), "%.*s", ID_SHORT_LEN, record->key.container);
	n_names = n = collect(record, id, names);
	for (size_t i = 0; i < record->end.n_services; i++)
		names[n++] = record->end.services[i];
	for (size_t i = 0; i < n; i++)
		bytes += strlen(names[i]) + 1;
	/* One allocation, so that a container comes and goes as a whole. */
	end = calloc(1, sizeof(*end) + n * sizeof(end->names[0]) + bytes);
	if (!end)
		return NULL;
	/* The strings stand behind the array of pointers. */
	text = (char *)&end->names[n];
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]) + 1;

		end->names[i] = memcpy(text, names[i], len);
		text += len;
	}
	end->n_names = n_names;
	end->n_services = n - n_names;
	memcpy(end->net, record->key.net, sizeof(end->net));
	memcpy(end->container, record->key.container, sizeof(end->container));
	memcpy(end->ip, record->end.addrs, sizeof(end->ip));
	end->mac = record->end.mac;
	list_init(&end->in_all);
	list_init(&end->in_host);
	list_init(&end->in_due);
	return end;
}

/* The timer carries it out, in turns. Needs no memory: each object has its place in the list. */
static void due(struct far *far, struct far_end *end)
{
	/* One that waits keeps its place. */
	if (list_empty(&end->in_due))
		list_append(&far->due, &end->in_due);
	/* NULL: nobody works the list off (tests). */
	if (far->loop && !ev_is_active(&far->timer)) {
		ev_timer_set(&far->timer, 0., 0.);
		ev_timer_start(far->loop, &far->timer);
	}
}

/* Freed when it has been taken out. */
static void retire(struct far *far, struct far_end *end)
{
	end->gone = true;
	due(far, end);
}

/* Containers are told before their hosts, in the order of their keys. Without the host nothing can
 * be done for them, and they are due with it (far_due_of_host). */
static bool is_known(const struct far_host *host)
{
	return addr_is_set(&host->tunnel[FAMILY_4]) || addr_is_set(&host->tunnel[FAMILY_6]);
}

/* On failure nothing has changed, and the record is told again later. */
int far_put(struct far *far, const struct cluster_record *record)
{
	const char *key = cluster_key_print(&record->key, (char[CLUSTER_KEY_SIZE]) { 0 });
	struct far_host *host = far_host(far, record->key.host);
	struct far_end *end = host ? end_new(record) : NULL;
	struct far_end *before = map_get_str(far->ends, key);

	if (!end)
		return -ENOMEM;
	end->host = host;
	if (map_set_str(far->ends, key, end) < 0) {
		free(end);
		return -ENOMEM;
	}
	list_append(&far->all, &end->in_all);
	list_append(&host->ends, &end->in_host);
	/* The old one is due first, and the new one after it. */
	if (before)
		retire(far, before);
	if (is_known(host))
		due(far, end);
	return 0;
}

/* One that is not known is as good as removed. */
void far_remove(struct far *far, const struct cluster_key *key)
{
	struct far_end *end =
		map_remove_str(far->ends, cluster_key_print(key, (char[CLUSTER_KEY_SIZE]) { 0 }));

	if (end)
		retire(far, end);
}

/* The host has come, gone, moved or died: all of its containers are looked at again. */
void far_due_of_host(struct far *far, const struct far_host *host)
{
	list_foreach (&host->ends, struct far_end, end, in_host)
		due(far, end);
}

/* The network has come, or has another tunnel. */
void far_due_of_net(struct far *far, const char *net)
{
	list_foreach (&far->all, struct far_end, end, in_all)
		if (strcmp(end->net, net) == 0)
			due(far, end);
}

bool far_is_ingress(const struct far_end *end)
{
	return strcmp(end->container, end->net) == 0;
}

const struct far_end *far_on(const struct far *far, const char *net)
{
	list_foreach (&far->all, const struct far_end, end, in_all)
		if (!end->gone && !far_is_ingress(end) && strcmp(end->net, net) == 0)
			return end;
	return NULL;
}

void far_changed(struct far *far)
{
	far->told_all = true;
	if (far->changed)
		far->changed(far->changed_data);
}

void far_changed_end(struct far *far, const char *net, const char *container)
{
	struct far_told *told = &far->told[far->n_told];

	if (far->n_told == FAR_TOLD_ANEW) {
		far_changed(far);
		return;
	}
	memcpy(told->net, net, sizeof(told->net));
	memcpy(told->container, container, sizeof(told->container));
	far->n_told++;
	if (far->changed)
		far->changed(far->changed_data);
}

bool far_agrees(const struct far *far, const struct network_spec *spec)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, spec->name);
	struct cluster_record *record = spec->kind->spans ? malloc(sizeof(*record)) : NULL;
	bool agrees = record && cluster_state_get(far->records, &key, record) &&
		      strcmp(record->net.id, spec->id) == 0;

	free(record);
	return agrees;
}
