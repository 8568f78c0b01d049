// SPDX-License-Identifier: GPL-2.0-or-later
// ensure.c - a container is attached, unless it is attached the same way already
#include "client/ensure.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "client/calls.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Theory of operation. The runtimes call their plugins again after a crash, a restart or a kill, so
 * "attach" has to mean "be attached". It is tried, and a refusal tells what to settle: a network
 * that is missing is made, an attachment that is stale is removed, one that is ours is completed.
 * After each of these the attach is tried anew. Whose an attachment is and how a network is made
 * differs from plugin to plugin; the rules (ensure_rules) say it. What a failing call has added is
 * taken away again, so that a failure leaves what there was.
 *
 * The steps of ensure_attached():
 * 1. by label: was it attached before, under another name? Then complete it.
 * 2. attach; when it is refused, settle what stands in the way, and attach again.
 * 3. check the answer: is each network the one that was meant?
 * complete() makes an attachment that is there what was asked for: connect what is missing, replace
 * what differs, publish what is not published. What it did is undone in reverse when a step
 * fails. */

/* One call of ensure_attached. */
struct run {
	const struct ensure *ensure;
	json_t *body; /* with the name under which it is tried */
	/* What is said of a container that is ours and cannot become as asked: what netd said
	 * first, for a later refusal may be about a name that was only a try. */
	struct error refusal;
};

static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot write the request");
}

/* The refusal that is kept becomes the error. */
static int refused(const struct run *run, struct error *error)
{
	*error = run->refusal;
	return error->code;
}

/* Where Docker's API shows networks, ports and the namespace of a container. */
static const json_t *settings_of(const json_t *container)
{
	return json_object_get(container, "NetworkSettings");
}

/* Two descriptors of one namespace have the same inode (namespaces(7)). stat(2) follows the link of
 * /proc/PID/ns/net to the namespace itself. */
enum ensure_netns ensure_compare_netns(const char *path, const char *other)
{
	struct stat a, b;

	/* A file that cannot be seen may be another host's or another mount namespace's: no
	 * answer is no "no". */
	if (stat(path, &a) < 0 || stat(other, &b) < 0)
		return ENSURE_NETNS_UNSEEN;
	return a.st_ino == b.st_ino && a.st_dev == b.st_dev ? ENSURE_NETNS_SAME
							    : ENSURE_NETNS_OTHER;
}

bool ensure_same_netns(const char *path, const char *other)
{
	return ensure_compare_netns(path, other) == ENSURE_NETNS_SAME;
}

/* Whether the container is shown in that namespace. */
bool ensure_is_in_netns(const json_t *container, const char *path)
{
	return ensure_same_netns(calls_text(settings_of(container), "SandboxKey"), path);
}

/* --- what the body asks for ------------------------------------------------------------------- */

/* Networks is an object by name, or an array whose items have a Name. Docker's API takes an object;
 * two interfaces on one network need an array. */
static size_t count_networks(const struct run *run)
{
	const json_t *networks = json_object_get(run->body, "Networks");

	/* An absent one is an array of size 0. */
	return json_is_object(networks) ? json_object_size(networks) : json_array_size(networks);
}

/* The settings for the network with that index, and its name. */
static const json_t *network_at(const struct run *run, size_t at, const char **ret_network)
{
	json_t *networks = json_object_get(run->body, "Networks");
	void *entry;

	if (json_is_array(networks)) {
		*ret_network = calls_text(json_array_get(networks, at), "Name");
		return json_array_get(networks, at);
	}
	entry = json_object_iter(networks);
	while (at-- > 0)
		entry = json_object_iter_next(networks, entry);
	*ret_network = json_object_iter_key(entry);
	return json_object_iter_value(entry);
}

/* The settings for a connect: those of the attach, which may have a Name, and perhaps one more
 * option. The body of a connect's EndpointConfig. NULL: out of memory. */
static json_t *settings_to_connect(const struct run *run, const json_t *asked)
{
	json_auto_t *settings = json_copy((json_t *)asked), *options = NULL;

	(void)json_object_del(settings, "Name"); /* it need not be there */
	/* An attach says the network's name within its settings; for a connect it is in the
	 * path. */
	if (!run->ensure->another)
		return take_ptr(settings);
	options = json_copy(json_object_get(asked, "DriverOpts"));
	if (!options)
		options = json_object();
	/* A copy of the options, because the body may be tried again under another name. */
	if (json_object_set_new(options, NETD_OPTION_ANOTHER, json_string("true")) < 0 ||
	    json_object_set(settings, "DriverOpts", options) < 0)
		return NULL;
	return take_ptr(settings);
}

/* The settings for a connect that brings an endpoint back as it is shown. Its addresses are asked
 * for by number: what netd remembers for the name is what the container had last, and that is what
 * it could not keep. */
static json_t *settings_of_endpoint(const json_t *endpoint)
{
	static const char *const kept[] = { "IPAMConfig", "Links",	"Aliases",
					    "DriverOpts", "GwPriority", "MacAddress" };
	static const char *const addresses[][2] = { { "IPAddress", "IPv4Address" },
						    { "GlobalIPv6Address", "IPv6Address" } };
	json_auto_t *settings = json_object(), *ipam = NULL;
	int err = settings ? 0 : -1;

	/* What netd shows and takes again under the same key. The rest is netd's own choice. */
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		json_t *value = json_object_get(endpoint, kept[i]);

		/* netd shows null for what was not asked for. */
		if (value && !json_is_null(value))
			/* Errors are summed up: the setters fail on want of memory only, and one
			 * look at the end is enough. */
			err |= json_object_set(settings, kept[i], value);
	}
	ipam = json_copy(json_object_get(settings, "IPAMConfig"));
	if (!ipam)
		ipam = json_object();
	/* Shown under one key and asked for under another: Docker's two names for one thing. */
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		const char *address = calls_text(endpoint, addresses[i][0]);

		if (*address)
			err |= json_object_set_new(ipam, addresses[i][1], json_string(address));
	}
	err |= json_object_set(settings, "IPAMConfig", ipam);
	return err == 0 ? take_ptr(settings) : NULL;
}

/* --- what is there ---------------------------------------------------------------------------- */

/* The answer of netd, as it shows a container. */

/* As netd takes a reference: a name, else an id or its beginning. */
static const json_t *find_by_reference(const json_t *networks, const char *network)
{
	const json_t *named = json_object_get(networks, network);
	const char *name;
	json_t *endpoint;

	/* An empty reference would be the beginning of every id. */
	if (named || !*network)
		return named;
	json_object_foreach ((json_t *)networks, name, endpoint)
		if (strncmp(calls_text(endpoint, "NetworkID"), network, strlen(network)) == 0)
			return endpoint;
	return NULL;
}

/* By the plugin's rule where it has one. */
static const json_t *find(const struct run *run, const char *network, const json_t *container)
{
	const struct ensure *ensure = run->ensure;

	if (ensure->rules->find)
		return ensure->rules->find(ensure->user, network, container);
	return find_by_reference(json_object_get(settings_of(container), "Networks"), network);
}

/* Whether an endpoint has the addresses that are asked for. A MAC is compared without case. */
static bool is_as_asked(const struct run *run, const char *network, const json_t *asked,
			const json_t *endpoint)
{
	const struct ensure *ensure = run->ensure;
	const json_t *ipam = json_object_get(asked, "IPAMConfig");
	const char *mac = calls_text(asked, "MacAddress");

	if (ensure->rules->is_as_asked)
		return ensure->rules->is_as_asked(ensure->user, network, endpoint);
	/* A plugin that lets netd choose asks for no address, and any will do. */
	for (enum family family = 0; family < FAMILY_N; family++) {
		const char *wanted = calls_text(ipam, calls_family[family].asked);

		if (*wanted &&
		    strcmp(wanted, calls_text(endpoint, calls_family[family].address)) != 0)
			return false;
	}
	return !*mac || strcasecmp(mac, calls_text(endpoint, "MacAddress")) == 0;
}

/* An address that is left open is published on 0.0.0.0 and ::, which are two bindings of the
 * answer: one of them is enough to know that it is there. published: the bindings of one port of
 * the container. */
static bool publishes(const json_t *published, const json_t *binding)
{
	/* An address that was said in two spellings counts as two; it is published again, and
	 * netd refuses it as taken. */
	const char *host_port = calls_text(binding, "HostPort");
	const char *host_ip = calls_text(binding, "HostIp");
	size_t i;
	json_t *other;

	json_array_foreach ((json_t *)published, i, other)
		if (strcmp(calls_text(other, "HostPort"), host_port) == 0 &&
		    (!*host_ip || strcmp(calls_text(other, "HostIp"), host_ip) == 0))
			return true;
	return false;
}

/* What of wanted is not published yet, in the same form. An empty object: all is. NULL: out of
 * memory. */
json_t *ensure_missing_ports(const json_t *container, const json_t *wanted)
{
	const json_t *all = json_object_get(settings_of(container), "Ports");
	json_auto_t *missing = json_object();
	json_t *bindings, *binding;
	const char *key;
	size_t i;

	json_object_foreach ((json_t *)wanted, key, bindings) {
		json_auto_t *list = json_array();
		int err = list ? 0 : -ENOMEM;

		json_array_foreach (bindings, i, binding)
			if (!publishes(json_object_get(all, key), binding))
				err |= json_array_append(list, binding);
		/* An empty list would ask for a port that is exposed and not published. */
		if (json_array_size(list) > 0)
			err |= json_object_set(missing, key, list);
		if (err != 0)
			return NULL;
	}
	return take_ptr(missing);
}

/* --- a container that is ours ----------------------------------------------------------------- */

/* By the plugin's rule. *ret_made says that a network was made, so another try may end
 * otherwise. */
static int make(const struct run *run, const char *network, const struct error *refusal,
		bool *ret_made, struct error *error)
{
	const struct ensure *ensure = run->ensure;

	/* Without a rule a missing network is the caller's error. */
	if (!ensure->rules->make)
		return 0;
	return ensure->rules->make(ensure->user, network, refusal, ret_made, error);
}

/* Making comes before the first try, for a network of that name may be another one by now: to join
 * that one would succeed and not say so. refusal is why the network was refused, or NULL before
 * anything was tried. */
static int connect_made(const struct run *run, const char *network, const char *id,
			const json_t *settings, struct error *error)
{
	struct error refusal, *why = NULL;
	int err = 0;

	for (int i = 0; i < ENSURE_TRIES_MAX; i++) {
		bool made = false;

		/* `why` is NULL at first: nothing was refused, and the rule only looks whether
		 * the network is right. */
		err = make(run, network, why, &made, error);
		if (err < 0)
			return err;
		err = calls_connect(run->ensure->client, network, id, settings, error);
		if (err == 0 || error->reason != ERROR_REASON_NETWORK_NOT_FOUND ||
		    !run->ensure->rules->make)
			return err;
		refusal = *error;
		why = &refusal;
	}
	return err; /* of the last try */
}

/* What was taken off for something better goes back as it was. The refusal stays the one to tell;
 * that this failed, too, is said behind it, for then the container is on one network less. refusal
 * grows by a half sentence at the most. */
static void put_back(const struct run *run, const char *network, const char *id,
		     const json_t *former, struct error *refusal)
{
	struct error error;
	size_t len = strlen(refusal->text);

	if (calls_connect(run->ensure->client, network, id, former, &error) == 0)
		return;
	/* The text grows behind what is there. A full one stays as it is: the size is 1 then. */
	(void)snprintf(refusal->text + len, sizeof(refusal->text) - len,
		       "; what the container had on network %s could not be put back: %s", network,
		       error.text);
}

/* An endpoint that is not as asked is replaced: two of one container on one network may not be.
 * there is the endpoint as netd shows it. */
static int rejoin(const struct run *run, const char *network, const char *id, const json_t *there,
		  const json_t *settings, struct error *error)
{
	json_auto_t *former = settings_of_endpoint(there);
	int err;

	/* Noted before the disconnect: afterwards nobody knows it. */
	if (!former)
		return no_memory(error);
	err = calls_disconnect(run->ensure->client, network, id, error);
	if (err < 0)
		return err;
	err = connect_made(run, network, id, settings, error);
	if (err < 0)
		put_back(run, network, id, former, error);
	return err;
}

/* The network with the index `at`: connects it, replaces it, or finds it right. */
static int connect_one(const struct run *run, size_t at, const json_t *container,
		       struct error *error)
{
	const char *network, *id = calls_text(container, "Id");
	const json_t *asked = network_at(run, at, &network);
	const json_t *there = find(run, network, container);
	json_auto_t *settings = NULL;

	/* A repetition of a call that succeeded comes here, and must not touch what runs. */
	if (there && is_as_asked(run, network, asked, there))
		return 0;
	if (there && !run->ensure->rejoins)
		return refused(run, error);
	settings = settings_to_connect(run, asked);
	if (!settings)
		return no_memory(error);
	return there ? rejoin(run, network, id, there, settings, error)
		     : connect_made(run, network, id, settings, error);
}

/* Undoes connect_one. Of several interfaces on one network ours is the one with the name that was
 * asked for. What netd showed before this call is in container, so the endpoint to go back to is
 * known. */
static void undo_one(const struct run *run, size_t at, const json_t *container,
		     struct error *refusal)
{
	const char *network, *id = calls_text(container, "Id");
	const json_t *asked = network_at(run, at, &network);
	const json_t *there = find(run, network, container);
	const char *ifname = calls_text(json_object_get(asked, "DriverOpts"), NETD_OPTION_IFNAME);
	json_auto_t *former = NULL;
	char ref[CALLS_INTERFACE_REF_MAX];
	struct error ignored;

	/* It was as asked before this call, so connect_one() did nothing that could be undone. */
	if (there && is_as_asked(run, network, asked, there))
		return;
	if (there) {
		former = settings_of_endpoint(there);
		if (!former)
			return; /* better as asked than not at all */
	} else if (run->ensure->another && *ifname) {
		network = calls_interface_ref(network, ifname, ref);
	}
	if (calls_disconnect(run->ensure->client, network, id, &ignored) == 0 && former)
		put_back(run, network, id, former, refusal);
}

/* The container is asked for anew: the connects may have brought ports back that had no way in
 * before. ret_container NULL: nobody wants to see the container afterwards. */
static int publish_missing(const struct run *run, const char *id, json_t **ret_container,
			   struct error *error)
{
	struct client *client = run->ensure->client;
	const json_t *wanted = json_object_get(run->body, "PortBindings");
	json_auto_t *container = NULL, *missing = NULL, *body = NULL;
	int err;

	/* A look costs a call. Without ports and without somebody who wants to see it, it is
	 * spared. */
	if (!ret_container && json_object_size(wanted) == 0)
		return 0;
	err = calls_container(client, id, &container, error);
	if (err < 0)
		return err;
	missing = ensure_missing_ports(container, wanted);
	body = missing ? json_pack("{s:O}", "PortBindings", missing) : NULL;
	if (!body)
		return no_memory(error);
	/* The answer to ports_add shows no container, so it is asked for again. */
	if (json_object_size(missing) > 0) {
		err = calls_ports_add(client, id, body, error);
		return err < 0 ? err : calls_container(client, id, ret_container, error);
	}
	if (ret_container)
		*ret_container = take_ptr(container);
	return 0;
}

/* All networks in their order, then the ports. */
static int complete(const struct run *run, const json_t *container, json_t **ret_container,
		    struct error *error)
{
	size_t n_done = 0;
	int err = 0;

	while (err == 0 && n_done < count_networks(run)) {
		/* n_done is how many were done when one fails. */
		err = connect_one(run, n_done, container, error);
		n_done += err == 0;
	}
	if (err == 0)
		err = publish_missing(run, calls_text(container, "Id"), ret_container, error);
	/* The first failure is the one to tell, and nothing of this call is to stay. What was done
	 * is undone in reverse, so that what was there first is touched last. */
	while (err < 0 && n_done > 0)
		undo_one(run, --n_done, container, error);
	return err;
}

/* --- refusals: 0 with *ret_done false means that another try may end otherwise ---------------- */

/* A network is missing, or is not the one that is meant. error has the refusal on entry, and keeps
 * it unless something else goes wrong. */
static int settle_networks(const struct run *run, struct error *error)
{
	/* A copy, since `error` is used by the calls below. */
	const struct error refusal = *error;
	bool made = false;

	for (size_t at = 0; at < count_networks(run); at++) {
		const char *network;
		int err;

		(void)network_at(run, at, &network);
		err = make(run, network, &refusal, &made, error);
		if (err < 0)
			return err;
	}
	/* None was made, but one that was missing is there: it came back before we looked. */
	if (made || refusal.reason == ERROR_REASON_NETWORK_NOT_FOUND)
		return 0;
	*error = refusal;
	return refusal.code;
}

/* A reference that is an id may be the beginning of another one's, or a name. The whole container
 * is asked for by the id. NULL: there is no such one. */
static json_t *container_of_id(const struct run *run)
{
	const char *id = calls_text(run->body, "Id");
	json_auto_t *container = NULL;
	struct error ignored; /* the conflict is what is told */

	/* The whole id is compared: netd takes the beginning of an id as well. */
	if (calls_container(run->ensure->client, id, &container, &ignored) < 0 ||
	    strcmp(calls_text(container, "Id"), id) != 0)
		return NULL;
	return take_ptr(container);
}

/* Once: false when it is the one that was tried. The other name is one that the plugin would take
 * as well, such as one with its id behind it. */
static bool take_other_name(struct run *run)
{
	const char *other = run->ensure->other_name;

	/* The body is this call's own copy, so the caller keeps its name. */
	return other && strcmp(calls_text(run->body, "Name"), other) != 0 &&
	       json_object_set_new(run->body, "Name", json_string(other)) == 0;
}

/* Names are shown with a slash before them, as Docker does. */
static bool has_other_name(const struct run *run, const json_t *container)
{
	const char *other = run->ensure->other_name, *name = calls_text(container, "Name");

	return other && *name == '/' && strcmp(name + 1, other) == 0;
}

/* A stale one is removed, and the attach is tried again. Ours is completed, and that ends it. What
 * is somebody else's stays, and the first refusal is told. ENSURE_STALE: attached in a namespace
 * that is gone or another's. */
static int settle_owner(struct run *run, const json_t *container, bool *ret_done,
			json_t **ret_container, struct error *error)
{
	const struct ensure *ensure = run->ensure;

	switch (ensure->rules->owner(ensure->user, container)) {
	case ENSURE_STALE:
		return calls_detach(ensure->client, calls_text(container, "Id"), error);
	case ENSURE_OURS:
		*ret_done = true;
		return complete(run, container, ret_container, error);
	case ENSURE_THEIRS:
	case ENSURE_N_OWNERS:
		break;
	}
	return refused(run, error);
}

/* Somebody has the id, the name, the network namespace, an address or a port. Which of them it is,
 * the container that has the id tells. */
static int settle_conflict(struct run *run, bool *ret_done, json_t **ret_container,
			   struct error *error)
{
	json_auto_t *container = NULL;

	/* Without a rule nothing can be ours. */
	if (!run->ensure->rules->owner)
		return error->code;
	/* Asked anew in each round: another call may have attached or detached in between. */
	container = container_of_id(run);
	/* Nobody has the id, so what is in use is the name. */
	if (!container && error->reason == ERROR_REASON_CONTAINER_IN_USE && take_other_name(run))
		return 0;
	if (!container)
		return error->code;
	/* Only the first refusal is kept: a later one may be about the other name. */
	if (run->refusal.code == 0)
		run->refusal = *error;
	/* It had to take the other name when it was attached, too: then this is a repetition. */
	if (has_other_name(run, container) && take_other_name(run))
		return 0;
	return settle_owner(run, container, ret_done, ret_container, error);
}

/* error has what netd said to the attach. */
static int settle(struct run *run, bool *ret_done, json_t **ret_container, struct error *error)
{
	if (error->kind == ERROR_CONFLICT)
		return settle_conflict(run, ret_done, ret_container, error);
	/* netd says "invalid" when the network that is there cannot do what was asked of it. */
	if (run->ensure->rules->make &&
	    (error->kind == ERROR_NOT_FOUND || error->kind == ERROR_INVALID))
		return settle_networks(run, error);
	return error->code;
}

/* --- the attach ------------------------------------------------------------------------------- */

/* Whether a network of the body is missing in the answer. */
static bool lacks_endpoint(const struct run *run, const json_t *container)
{
	for (size_t at = 0; at < count_networks(run); at++) {
		const char *network;

		(void)network_at(run, at, &network);
		if (!find(run, network, container))
			return true;
	}
	return false;
}

/* netd knows the attach, but an interface has left since and others have stayed. netd answers an
 * attach that is a repetition with the container as it is. */
static int complete_answer(struct run *run, const json_t *container, json_t **ret_container,
			   struct error *error)
{
	const struct ensure *ensure = run->ensure;

	/* connect_one() tells this when an endpoint is there and differs. */
	(void)error_set(&run->refusal, ERROR_CONFLICT,
			"container %s is attached in another network namespace",
			calls_text(run->body, "Name"));
	if (ensure->rules->owner && ensure->rules->owner(ensure->user, container) != ENSURE_OURS)
		return refused(run, error);
	return complete(run, container, ret_container, error);
}

/* The network whose endpoint is missing or otherwise; NULL: none. For plugins whose networks have
 * an identity beyond their name. */
static const char *find_mismatch(const struct run *run, const json_t *container)
{
	for (size_t at = 0; at < count_networks(run); at++) {
		const char *network;
		const json_t *asked = network_at(run, at, &network);
		const json_t *endpoint = find(run, network, container);

		if (!endpoint || !is_as_asked(run, network, asked, endpoint))
			return network;
	}
	return NULL;
}

/* 0: settled, another try may end otherwise. The endpoint is on a network that is not the one
 * meant, which must not go on. */
static int undo_mismatch(struct run *run, const char *network, const json_t *container,
			 struct error *error)
{
	/* A wrong attach may be running traffic, so it goes before anything else is tried. */
	int err = calls_detach(run->ensure->client, calls_text(container, "Id"), error);

	if (err < 0)
		return err;
	(void)error_set(error, ERROR_INVALID, "network %s %s", network, run->ensure->mismatch);
	return run->ensure->rules->make ? settle_networks(run, error) : error->code;
}

/* One try. *ret_done: the container is attached as asked. */
static int attach(struct run *run, bool *ret_done, json_t **ret_container, struct error *error)
{
	json_auto_t *container = NULL;
	const char *network;
	int err = calls_attach(run->ensure->client, run->body, &container, error);

	if (err < 0)
		return settle(run, ret_done, ret_container, error);
	/* netd may have taken a network of that name that is not the one meant; the answer shows
	 * it. */
	network = run->ensure->mismatch ? find_mismatch(run, container) : NULL;
	if (network)
		return undo_mismatch(run, network, container, error);
	*ret_done = true;
	if (run->ensure->completes && lacks_endpoint(run, container))
		return complete_answer(run, container, ret_container, error);
	if (ret_container)
		*ret_container = take_ptr(container);
	return 0;
}

/* The label finds what was attached under another name, or without the id, before. Of several with
 * one label the first is taken. */
static int find_labelled(const struct run *run, json_t **ret_container, struct error *error)
{
	json_auto_t *list = NULL;
	int err = calls_containers(run->ensure->client, run->ensure->label, &list, error);

	if (err == 0)
		*ret_container = json_incref(json_array_get(list, 0));
	return err;
}

/* *ret_container is the caller's; ret_container may be NULL. After a failure the container is as it
 * was before the call, as far as that could be undone. */
int ensure_attached(const struct ensure *ensure, json_t **ret_container, struct error *error)
{
	json_auto_t *body = json_copy((json_t *)ensure->body), *container = NULL;
	struct run run = { .ensure = ensure, .body = body };
	bool done = false;
	int err = 0;

	if (!body)
		return no_memory(error);
	if (ensure->label)
		err = find_labelled(&run, &container, error);
	/* Attached before by this caller: what is missing is added, and nothing is attached
	 * again. */
	if (err == 0 && container) {
		(void)error_set(&run.refusal, ERROR_CONFLICT,
				"container %s is attached in another way",
				calls_text(container, "Id"));
		return complete(&run, container, ret_container, error);
	}
	/* Each round changes something after which the next may end otherwise, so two rounds do,
	 * unless somebody undoes it as often as it is done. */
	for (int i = 0; err == 0 && !done && i < ENSURE_TRIES_MAX; i++)
		err = attach(&run, &done, ret_container, error);
	return err == 0 && !done ? error->code : err;
}
