// SPDX-License-Identifier: GPL-2.0-or-later
// fake_engine.c - an engine without a kernel: enough of engine/engine.h for tests of api/
#include "tests/unit/api/fake_engine.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "model/container/port_binding.h"
#include "model/ipam/ipam.h"
#include "model/ipam/subnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FAKE_MAX = 256 };

struct engine_subscriber {
	struct list node;
	engine_event_handler handler;
	void *data;
};

struct question {
	engine_dns_done done;
	void *data;
};

struct engine {
	struct ev_loop *loop;
	struct config config;
	struct network *networks[FAKE_MAX];
	size_t n_networks;
	struct container *containers[FAKE_MAX];
	size_t n_containers;
	struct list subscribers;
	json_t *ring[EVENTS_RING];
	size_t n_ring;
	struct question questions[FAKE_MAX];
	size_t n_questions;
	unsigned int last_id;
	uint64_t n_counted[_GUARD_N];
};

static void make_id(struct engine *engine, char ret_id[static ID_LEN + 1])
{
	(void)snprintf(ret_id, ID_LEN + 1, "%08x%056x", ++engine->last_id, 7);
}

static struct network *add_network(struct engine *engine, const struct network_spec *spec)
{
	struct network *network = calloc(1, sizeof(*network));

	if (!network || network_spec_copy(spec, &network->spec) < 0)
		abort();
	make_id(engine, network->spec.id);
	network->created.tv_sec = 1700000000;
	network->number = engine->last_id;
	list_init(&network->endpoints);
	engine->networks[engine->n_networks++] = network;
	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return network;
	if (!addr_is_set(&spec->subnet[FAMILY_4].prefix.addr)) {
		char text[PREFIX_STR_MAX];

		(void)snprintf(text, sizeof(text), "10.%u.0.0/24", engine->last_id);
		(void)prefix_parse(text, &network->spec.subnet[FAMILY_4].prefix);
	}
	if (!addr_is_set(&network->spec.subnet[FAMILY_4].gateway))
		(void)subnet_choose_gateway(&network->spec.subnet[FAMILY_4], NULL);
	if (ipam_pool_new(&network->spec.subnet[FAMILY_4], &network->pool[FAMILY_4]) < 0)
		abort();
	return network;
}

static void predefine(struct engine *engine, const char *name, enum network_driver driver)
{
	struct network_spec spec;

	if (network_spec_init(&spec) < 0)
		abort();
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name);
	spec.driver = driver;
	add_network(engine, &spec)->predefined = true;
	network_spec_done(&spec);
}

struct engine *fake_engine_new(struct ev_loop *loop)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine || config_init(&engine->config) < 0)
		abort();
	engine->loop = loop;
	list_init(&engine->subscribers);
	predefine(engine, "bridge", NETWORK_DRIVER_BRIDGE);
	predefine(engine, "host", NETWORK_DRIVER_HOST);
	predefine(engine, "none", NETWORK_DRIVER_NULL);
	return engine;
}

static void free_endpoint(struct endpoint *endpoint)
{
	list_remove(&endpoint->in_network);
	endpoint->network->n_endpoints--;
	if (endpoint->network->pool[FAMILY_4])
		ipam_release(endpoint->network->pool[FAMILY_4], &endpoint->ip[FAMILY_4]);
	endpoint_spec_done(&endpoint->spec);
	free(endpoint);
}

static void free_container(struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		free_endpoint(container->endpoints[i]);
	free((void *)container->endpoints);
	container_spec_done(&container->spec);
	free(container->ports);
	free(container->dir);
	free(container);
}

void fake_engine_free(struct engine *engine)
{
	while (engine->n_questions > 0)
		fake_engine_answer(engine, NULL, 0);
	for (size_t i = 0; i < engine->n_containers; i++)
		free_container(engine->containers[i]);
	for (size_t i = 0; i < engine->n_networks; i++)
		network_free(engine->networks[i]);
	for (size_t i = 0; i < engine->n_ring; i++)
		json_decref(engine->ring[i]);
	config_done(&engine->config);
	free(engine);
}

const struct config *engine_config(const struct engine *engine)
{
	return &engine->config;
}

int engine_network_find(struct engine *engine, const char *ref, struct network **ret_network,
			struct error *error)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (strcmp(network->spec.name, ref) == 0 ||
		    strncmp(network->spec.id, ref, strlen(ref)) == 0) {
			*ret_network = network;
			return 0;
		}
	}
	return error_set(error, ERROR_NOT_FOUND, "network %s not found", ref);
}

int engine_container_find(struct engine *engine, const char *ref, struct container **ret_container,
			  struct error *error)
{
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];

		if (strcmp(container->spec.name, ref) == 0 ||
		    strncmp(container->spec.id, ref, strlen(ref)) == 0) {
			*ret_container = container;
			return 0;
		}
	}
	return error_set(error, ERROR_NOT_FOUND, "No such container: %s", ref);
}

struct network *const *engine_networks(struct engine *engine, size_t *ret_n)
{
	*ret_n = engine->n_networks;
	return engine->networks;
}

struct container *const *engine_containers(struct engine *engine, size_t *ret_n)
{
	*ret_n = engine->n_containers;
	return engine->containers;
}

static void tell(struct engine *engine, json_t *event)
{
	if (engine->n_ring < EVENTS_RING)
		engine->ring[engine->n_ring++] = json_incref(event);
	list_foreach (&engine->subscribers, struct engine_subscriber, subscriber, node)
		subscriber->handler(event, subscriber->data);
	json_decref(event);
}

void fake_engine_event(struct engine *engine, const char *type, const char *action, const char *id,
		       const char *name, time_t when)
{
	tell(engine,
	     json_pack("{s:s, s:s, s:{s:s, s:{s:s}}, s:s, s:I, s:I}", "Type", type, "Action",
		       action, "Actor", "ID", id, "Attributes", "name", name, "scope", "local",
		       "time", (json_int_t)when, "timeNano", (json_int_t)when * 1000000000));
}

int engine_network_create(struct engine *engine, const struct network_spec *spec,
			  struct network **ret_network, struct error *error)
{
	struct network *other;

	if (engine_network_find(engine, spec->name, &other, NULL) == 0)
		return error_set(error, ERROR_CONFLICT, "network with name %s already exists",
				 spec->name);
	if (engine->n_networks == FAKE_MAX)
		return error_set(error, ERROR_UNAVAILABLE, "full");
	*ret_network = add_network(engine, spec);
	fake_engine_event(engine, "network", "create", (*ret_network)->spec.id, spec->name,
			  time(NULL));
	return 0;
}

static void drop_network(struct engine *engine, struct network *network)
{
	size_t i = 0;

	while (engine->networks[i] != network)
		i++;
	fake_engine_event(engine, "network", "destroy", network->spec.id, network->spec.name,
			  time(NULL));
	memmove(&engine->networks[i], &engine->networks[i + 1],
		(--engine->n_networks - i) * sizeof(struct network *));
	network_free(network);
}

int engine_network_update(struct engine *engine, const char *ref, struct network_update *update,
			  struct error *error)
{
	struct network *network;
	int err = engine_network_find(engine, ref, &network, error);

	if (err == 0 && update->name[0])
		(void)snprintf(network->spec.name, sizeof(network->spec.name), "%s", update->name);
	return err;
}

int engine_network_remove(struct engine *engine, const char *ref, struct error *error)
{
	struct network *network;
	int err = engine_network_find(engine, ref, &network, error);

	if (err < 0)
		return err;
	if (network->predefined)
		return error_set(error, ERROR_FORBIDDEN,
				 "%s is a pre-defined network and cannot be removed",
				 network->spec.name);
	if (network->n_endpoints > 0)
		return error_set(error, ERROR_FORBIDDEN,
				 "error while removing network: network %s has active endpoints",
				 network->spec.name);
	drop_network(engine, network);
	return 0;
}

int engine_network_prune(struct engine *engine, const struct filters *filters, json_t **ret_names,
			 struct error *error)
{
	(void)error;
	*ret_names = json_array();
	for (size_t i = engine->n_networks; i > 0; i--) {
		struct network *network = engine->networks[i - 1];

		if (network->predefined || network->n_endpoints > 0 ||
		    !filters_match_network(filters, network, time(NULL)))
			continue;
		(void)json_array_append_new(*ret_names, json_string(network->spec.name));
		drop_network(engine, network);
	}
	return 0;
}

static int add_endpoint(struct container *container, struct network *network,
			const struct endpoint_spec *spec, struct error *error)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	size_t n = container->n_endpoints;

	container->endpoints = (struct endpoint **)realloc((void *)container->endpoints,
							   (n + 1) * sizeof(*container->endpoints));
	if (!endpoint || !container->endpoints || endpoint_spec_copy(spec, &endpoint->spec) < 0)
		abort();
	endpoint->network = network;
	endpoint->container = container;
	endpoint->state = ENDPOINT_UP;
	(void)snprintf(endpoint->id, sizeof(endpoint->id), "%064zx", n + 0xe0);
	(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "eth%zu", n);
	endpoint->mac = mac_from_text(container->spec.name);
	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	container->endpoints[container->n_endpoints++] = endpoint;
	if (!network->pool[FAMILY_4])
		return 0;
	return ipam_alloc(network->pool[FAMILY_4], container->spec.name, &endpoint->ip[FAMILY_4],
			  error);
}

static void publish(struct container *container, const struct port_binding *bindings, size_t n)
{
	container->ports = realloc(container->ports,
				   (container->n_ports + n + 1) * sizeof(struct port));
	for (size_t i = 0; i < n; i++)
		container->ports[container->n_ports++] = (struct port) {
			.protocol = bindings[i].protocol,
			.host_addr = addr_from_in4((struct in_addr) { 0 }),
			.host_port = bindings[i].host_port,
			.container_port = bindings[i].container_port,
		};
}

static int wire(struct engine *engine, struct container *container, struct error *error)
{
	struct network *network;

	for (size_t i = 0; i < container->spec.n_endpoints; i++) {
		const struct endpoint_spec *spec = &container->spec.endpoints[i];
		int err = engine_network_find(engine, spec->network, &network, error);

		if (err < 0 || (err = add_endpoint(container, network, spec, error)) < 0)
			return err;
	}
	publish(container, container->spec.ports, container->spec.n_ports);
	return 0;
}

int engine_attach(struct engine *engine, struct container_spec *spec,
		  struct container **ret_container, bool *ret_created, struct error *error)
{
	struct container *container;
	int err;

	*ret_created = false;
	if (engine_container_find(engine, spec->name, ret_container, NULL) == 0)
		return 0;
	if (engine->n_containers == FAKE_MAX)
		return error_set(error, ERROR_UNAVAILABLE, "full");
	container = calloc(1, sizeof(*container));
	if (!container)
		abort();
	container->spec = *spec;
	*spec = (struct container_spec) { 0 };
	if (!*container->spec.id)
		make_id(engine, container->spec.id);
	container->created.tv_sec = 1700000000 + engine->last_id;
	container->dir = strdup("/run/netd/containers/x");
	err = wire(engine, container, error);
	if (err < 0) {
		*spec = container->spec;
		container->spec = (struct container_spec) { 0 };
		free_container(container);
		return err;
	}
	engine->containers[engine->n_containers++] = container;
	fake_engine_event(engine, "container", "attach", container->spec.id, container->spec.name,
			  time(NULL));
	*ret_container = container;
	*ret_created = true;
	return 0;
}

/* Nothing takes long here. */
int engine_ahead_new(struct engine *engine, const struct engine_ahead_request *request,
		     const struct engine_ahead_handlers *handlers, struct ports_ahead **ret_ahead,
		     struct error *error)
{
	(void)engine, (void)request, (void)handlers, (void)error;
	*ret_ahead = NULL;
	return 0;
}

void engine_ahead_use(struct ports_ahead *ahead)
{
	(void)ahead;
}

void engine_ahead_free(struct ports_ahead *ahead)
{
	(void)ahead;
}

uint64_t engine_n_left(const struct engine *engine)
{
	(void)engine;
	return 0;
}

void engine_await_left(struct engine *engine, struct engine_waiter *waiter)
{
	(void)engine, (void)waiter;
}

/* There is no kernel to look at. */
void engine_container_look(struct container *container)
{
	(void)container;
}

int engine_detach(struct engine *engine, const char *ref, struct error *error)
{
	struct container *container;
	size_t i = 0;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	while (engine->containers[i] != container)
		i++;
	memmove(&engine->containers[i], &engine->containers[i + 1],
		(--engine->n_containers - i) * sizeof(struct container *));
	free_container(container);
	return 0;
}

int engine_connect(struct engine *engine, const char *ref, const struct endpoint_spec *spec,
		   struct error *error)
{
	struct container *container;
	struct network *network;
	int err;

	if ((err = engine_container_find(engine, ref, &container, error)) < 0 ||
	    (err = engine_network_find(engine, spec->network, &network, error)) < 0)
		return err;
	for (size_t i = 0; i < container->n_endpoints; i++) {
		if (container->endpoints[i]->network == network)
			return error_set(error, ERROR_FORBIDDEN,
					 "endpoint with name %s already exists in network %s",
					 container->spec.name, network->spec.name);
	}
	return add_endpoint(container, network, spec, error);
}

int engine_disconnect(struct engine *engine, const char *network, const char *ref, bool force,
		      struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return force ? 0 : err;
	for (size_t i = 0; i < container->n_endpoints; i++) {
		if (strcmp(container->endpoints[i]->network->spec.name, network) != 0)
			continue;
		free_endpoint(container->endpoints[i]);
		container->endpoints[i] = container->endpoints[--container->n_endpoints];
		return 0;
	}
	return error_set(error, ERROR_INTERNAL, "container %s is not connected to network %s", ref,
			 network);
}

int engine_ports_add(struct engine *engine, const char *ref, const struct port_binding *bindings,
		     size_t n_bindings, struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err == 0)
		publish(container, bindings, n_bindings);
	return err;
}

int engine_ports_remove(struct engine *engine, const char *ref, const struct port_binding *bindings,
			size_t n_bindings, struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	(void)bindings, (void)n_bindings;
	if (err == 0)
		container->n_ports = 0;
	return err;
}

/* Only the name. */
int engine_names(struct engine *engine, const char *ref, struct container_names *names,
		 struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err == 0 && names->name[0])
		(void)snprintf(container->spec.name, sizeof(container->spec.name), "%s",
			       names->name);
	return err;
}

int engine_set_aside(struct engine *engine, const char *ref, uint8_t family, const char *holder,
		     struct prefix *ret_addr, struct error *error)
{
	struct network *network;
	int err = engine_network_find(engine, ref, &network, error);

	if (err < 0)
		return err;
	if (family != AF_INET || !network->pool[FAMILY_4])
		return error_set(error, ERROR_INVALID, "network %s has no such addresses", ref);
	ret_addr->len = network->spec.subnet[FAMILY_4].prefix.len;
	err = ipam_alloc(network->pool[FAMILY_4], holder, &ret_addr->addr, error);
	if (err == 0)
		ipam_release(network->pool[FAMILY_4], &ret_addr->addr);
	return err;
}

int engine_dns_query(struct engine *engine, const char *container, const uint8_t *query, size_t len,
		     engine_dns_done done, void *data, struct error *error)
{
	struct container *found;
	int err;

	(void)query, (void)len;
	if (container && (err = engine_container_find(engine, container, &found, error)) < 0)
		return err;
	if (engine->n_questions == FAKE_MAX)
		return error_set(error, ERROR_UNAVAILABLE, "full");
	engine->questions[engine->n_questions++] = (struct question) { done, data };
	return 0;
}

void fake_engine_answer(struct engine *engine, const uint8_t *answer, size_t len)
{
	struct question first = engine->questions[0];
	struct error error;

	(void)error_set(&error, ERROR_UNAVAILABLE, "the resolver is not running");
	memmove(engine->questions, engine->questions + 1,
		--engine->n_questions * sizeof(engine->questions[0]));
	first.done(answer, len, answer ? NULL : &error, first.data);
}

size_t fake_engine_n_queries(const struct engine *engine)
{
	return engine->n_questions;
}

int engine_subscribe(struct engine *engine, engine_event_handler handler, void *data,
		     struct engine_subscriber **ret_subscriber)
{
	struct engine_subscriber *subscriber = calloc(1, sizeof(*subscriber));

	if (!subscriber)
		return -ENOMEM;
	subscriber->handler = handler;
	subscriber->data = data;
	list_append(&engine->subscribers, &subscriber->node);
	*ret_subscriber = subscriber;
	return 0;
}

void engine_unsubscribe(struct engine_subscriber *subscriber)
{
	if (!subscriber)
		return;
	list_remove(&subscriber->node);
	free(subscriber);
}

size_t fake_engine_n_subscribers(const struct engine *engine)
{
	size_t n = 0;

	list_foreach (&engine->subscribers, struct engine_subscriber, subscriber, node) {
		(void)subscriber;
		n++;
	}
	return n;
}

void engine_events_replay(struct engine *engine, engine_event_handler handler, void *data)
{
	for (size_t i = 0; i < engine->n_ring; i++)
		handler(engine->ring[i], data);
}

int engine_resync(struct engine *engine, bool dry, json_t **ret_report, json_t **ret_inside,
		  struct error *error)
{
	(void)engine, (void)error;
	*ret_report = json_pack("[s]", dry ? "br-x is missing" : "br-x was missing");
	*ret_inside = json_array();
	return 0;
}

void engine_count(struct engine *engine, enum guard_id id, uint64_t n)
{
	engine->n_counted[id] += n;
}

uint64_t fake_engine_counted(const struct engine *engine, enum guard_id id)
{
	return engine->n_counted[id];
}

int engine_backup(struct engine *engine, struct buf *out, struct error *error)
{
	(void)engine, (void)error;
	buf_puts(out, "a \"backup\"\n");
	return 0;
}

int engine_restore(struct engine *engine, const char *text, size_t len, engine_restored done,
		   void *data, struct error *error)
{
	(void)engine, (void)done, (void)data;
	if (len != strlen(text) || strcmp(text, "a \"backup\"\n") != 0)
		return error_set(error, ERROR_INVALID, "the backup is damaged");
	return error_set(error, ERROR_UNAVAILABLE, "another restore is under way");
}

json_t *engine_info(struct engine *engine)
{
	return json_pack("{s:I}", "Networks", (json_int_t)engine->n_networks);
}

json_t *engine_warnings(struct engine *engine)
{
	(void)engine;
	return json_pack("[s]", "a chain of somebody else's drops it all");
}
