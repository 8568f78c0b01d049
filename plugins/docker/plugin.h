// SPDX-License-Identifier: GPL-2.0-or-later
// plugin.h - Docker's plugin protocol as calls of netd
#pragma once

#include "client/calls.h"
#include "plugins/docker/request.h"

#include <jansson.h>
#include <stdatomic.h>
#include <time.h>

/* Theory of operation. Docker makes a network namespace, asks its network driver for an interface
 * in the host's namespace, and moves, names and addresses that one itself, the default route too.
 * So netd is asked to attach the sandbox at the path Docker gives, now or as soon as it appears
 * there, and to leave the interfaces for Docker to take (netd/engine/keep/await.c). Docker then
 * counts and prefers them together with those of its own networks. Docker's own resolver is started
 * in the sandbox too, but netd's redirect comes before its NAT rules, so netd answers.
 *
 * What must last is netd's: a network has Docker's id, a container has its id too, an endpoint
 * carries Docker's in DriverOpts. In memory is only what lies between calls of the protocol that
 * come from one call of Docker's own API: the subnet between RequestPool and CreateNetwork, the
 * addresses between CreateEndpoint and Join. When the plugin dies in between, that one call of
 * Docker's fails, and the next one is not affected. */

#define LABEL_POOL "org.netd.docker.pool" /* seconds since the epoch */
/* A network whose name in Docker is not known yet, or a container that was attached while Docker
 * did not say whose endpoint it is. */
#define LABEL_UNNAMED "org.netd.docker.unnamed"
#define OPT_ENDPOINT "org.netd.docker.endpoint"

/* The endpoint that Docker created and has not joined. */
struct plugin_pending {
	char network[ID_LEN + 1], endpoint[ID_LEN + 1];
	struct prefix addresses[FAMILY_N];
	struct mac mac;
	json_t *dns;
};

/* A subnet that Docker was given. */
struct plugin_pool {
	struct prefix prefix, range; /* family 0: none */
	struct addr gateway;
	bool is_shared; /* it is that of a network that netd has */
	time_t since;	/* plugin_clock() */
};

enum {
	PLUGIN_PENDING_MAX = 1024, /* starts under way at once; the oldest is given up */
	PLUGIN_POOLS_MAX = 64,	   /* networks being made */
	/* Calls are answered one after the other, so what one waits for delays all. netd answers
	 * within milliseconds, and within seconds on a machine that swaps. Docker is asked for
	 * names only, which follow.c brings too, and only while it is known to answer. */
	PLUGIN_NETD_TIMEOUT_S = 15,
	PLUGIN_ENGINE_TIMEOUT_S = 5,
	PLUGIN_SILENCE_S = 10, /* who did not answer is not asked for so long: others would wait */
};

/* Whom the plugin asks. */
struct plugin_peer {
	const char *host; /* unix://…; NULL: the default */
	unsigned int timeout_s;
	struct client *client; /* NULL: not connected yet */
	time_t asked_at;       /* plugin_clock(), as the next; 0: not since the last judgement */
	time_t silent_since;   /* 0: it answers */
};

struct plugin {
	struct plugin_peer netd, engine;
	struct plugin_pending pending[PLUGIN_PENDING_MAX];
	size_t next_pending;
	struct plugin_pool pools[PLUGIN_POOLS_MAX];
	size_t next_pool;
	bool unnamed; /* some network may lack its name */
	/* Shared with follow.c, which waits for Docker: its API answers. A Docker that starts
	 * answers nobody before it has started its containers, for which it calls us. */
	const atomic_bool *engine_answers;
};

/* Seconds of a clock that nobody sets: for ages and waits. */
time_t plugin_clock(void);
void plugin_init(struct plugin *plugin, const char *netd_host, const char *engine_host,
		 const atomic_bool *engine_answers);
void plugin_done(struct plugin *plugin);
/* Connected, or ERROR_UNAVAILABLE: at once while it is known not to answer, and, for Docker, while
 * it is not known to. */
int plugin_netd(struct plugin *plugin, struct client **ret_client, struct error *error);
int plugin_engine(struct plugin *plugin, struct client **ret_client, struct error *error);
/* After one of them was asked, with what came of it: whether it is silent. */
void plugin_judge(struct plugin_peer *peer, int err);

/* network.c */
int network_create(struct plugin *plugin, const struct docker_request *request,
		   struct error *error);
int network_delete(struct plugin *plugin, const struct docker_request *request,
		   struct error *error);
/* Gives networks the names they have in Docker, which its driver is not told. */
void network_name_all(struct plugin *plugin);
/* The body of POST /networks/create for CreateNetwork; the ranges may have family 0. */
json_t *network_body(const struct docker_request *request, const struct prefix ranges[FAMILY_N]);
/* The body of PUT /netd/v1/networks/{id}: a network as netd shows it gets the name that it has in
 * Docker (NULL: keeps the one it has), and is not looked at again. */
json_t *network_naming(const json_t *network, const char *name);

/* pool.c */
int pool_request(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		 struct error *error);
int pool_address_request(struct plugin *plugin, const struct docker_request *request,
			 json_t **ret_answer, struct error *error);
/* Nothing to remember of it any more: its network is there, or will never be. */
void pool_release(struct plugin *plugin, const struct prefix *prefix);
/* Whether it is that of a network of netd's own, which Docker is to have, too. */
bool pool_is_shared(struct plugin *plugin, const struct prefix *prefix);
/* netd's id of the network that has this subnet, a new reference to its description. -ENOENT: none
 * has. */
int pool_network(struct client *netd, const struct prefix *subnet, json_t **ret_network,
		 struct error *error);
/* The part of it from which addresses are chosen; family 0: all of it. */
struct prefix pool_range(struct plugin *plugin, const struct prefix *prefix);

/* endpoint.c */
int endpoint_create(struct plugin *plugin, const struct docker_request *request,
		    json_t **ret_answer, struct error *error);
int endpoint_join(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		  struct error *error);
int endpoint_delete(struct plugin *plugin, const struct docker_request *request,
		    struct error *error);
int endpoint_info(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		  struct error *error);
/* ProgramExternalConnectivity and Revoke…: Docker has chosen the endpoint for the default route, or
 * another one. A container's ports are published where Docker says so: on a network of its own, it
 * binds them itself. */
int endpoint_publish(struct plugin *plugin, const struct docker_request *request,
		     struct error *error);
int endpoint_unpublish(struct plugin *plugin, const struct docker_request *request,
		       struct error *error);
/* The answer to Join: the interface that netd has made for Docker to take, and the gateways of the
 * network as netd inspects it, for the families in which the endpoint has an address. */
json_t *endpoint_join_answer(const char *endpoint, const json_t *network,
			     const struct prefix addresses[FAMILY_N]);
/* The portmap of EndpointOperInfo made of the Ports of a container's summary. */
json_t *endpoint_portmap(const json_t *ports);

/* method.c: does what the request asks. The answer is a new reference. */
int method_call(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		struct error *error);

/* engine.c: what Docker's own API knows */
struct engine_container {
	char id[ID_LEN + 1];
	char name[NAME_LEN_MAX + 1];
	char service[NAME_LEN_MAX + 1]; /* of compose; "" */
};
/* The container that has this endpoint. -ENOENT: Docker does not say. */
int engine_container_of(struct client *engine, const char *network, const char *endpoint,
			struct engine_container *ret_container, struct error *error);

/* follow.c: runs until the process that started it ends. *engine_answers: kept up to date. */
_Noreturn void follow_run(const char *netd_host, const char *engine_host,
			  atomic_bool *engine_answers);
/* Whether one of netd's containers, as its list shows it, has an endpoint of a container as Docker
 * inspects it. */
bool follow_is_same(const json_t *netd, const json_t *docker);
/* The body of PUT /netd/v1/containers/{id}/names for a container as Docker inspects it, for the
 * networks that netd's container is in; extra is an array of links beside Docker's. */
json_t *follow_names(const json_t *docker, const json_t *netd, const json_t *extra);
/* Adds the names that a container, as Docker inspects it, has on a network of Docker's own to
 * links: "ADDRESS:NAME", LINKS_MAX at the most. 0, or negative when memory is short. */
int follow_links(const json_t *other, const char *network, json_t *links);
