// SPDX-License-Identifier: GPL-2.0-or-later
// supervisors.c - a supervisor for each role, and whom the role works for

#include "plumber/supervisors.h"

#include "plumber/cluster_roles.h"

/* Theory of operation. A supervisor knows processes, sockets and delays. It does not know what a
 * role does. Here is the other half, a table of functions for each role: how a process is
 * introduced to whom it works for, who has its pid, and what it inherits from the one before. The
 * way back is one function for each role: whoever works with the process says that it is lost, and
 * supervisor_lost has it started again. */

/* --- the resolver, which works for the engine --- */

/* The engine takes the channel over, and tells the resolver everything. */
static int introduce_resolver(int channel, uint32_t pid, uint32_t version, void *data,
			      struct error *error)
{
	const struct supervisors *supervisors = data;

	return engine_resolver_up(supervisors->engine, channel, pid, version, error);
}

/* Asked before there is an engine, too, when a start has failed early. */
static uint32_t resolver_pid(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->engine ? engine_resolver_pid(supervisors->engine) : 0;
}

/* The questions that the one before had read and not answered. */
static int resolver_heirloom(void *data)
{
	const struct supervisors *supervisors = data;

	return engine_resolver_journal(supervisors->engine);
}

/* The engine found the channel's end, or a resolver that does not answer. */
static void on_resolver_lost(bool hung, void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_lost(supervisors->by_role[ROLE_RESOLVER], hung);
}

struct engine_resolver_host supervisors_resolver_host(struct supervisors *supervisors)
{
	/* Copied by the engine, so it may be a value. */
	return (struct engine_resolver_host) { on_resolver_lost, supervisors };
}

/* --- who serves metrics, and has the port and snapshots --- */

/* It says nothing before it is asked: what becomes of it is seen at the channel and at its pulse.
 */
static int introduce_metrics(int channel, uint32_t pid, uint32_t version, void *data,
			     struct error *error)
{
	const struct supervisors *supervisors = data;

	(void)version, (void)error;
	metering_meet(supervisors->metering, supervisors->loop, supervisors->engine, channel, pid);
	return 0;
}

/* 0: there is none at the moment. */
static uint32_t metrics_pid(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->metering->pid;
}

/* The listening port. The plumber has it for good, so that no connection is refused while the
 * process is replaced. */
static int metrics_heirloom(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->metering->listen_fd;
}

/* metering.c found the channel's end, or a pulse that stands still. */
static void on_metrics_lost(bool hung, void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_lost(supervisors->by_role[ROLE_METRICS], hung);
}

/* --- the herald, who speaks to etcd, and has what this host says of itself --- */

/* What becomes of it is seen at the channel, as above. */
static int introduce_herald(int channel, uint32_t pid, uint32_t version, void *data,
			    struct error *error)
{
	const struct supervisors *supervisors = data;
	struct cluster *cluster = supervisors->cluster;

	(void)version, (void)error;
	heralding_meet(&cluster->link, &cluster->config, channel, pid);
	return 0;
}

/* 0: there is none, as on a host in no cluster. */
static uint32_t herald_pid(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->cluster->link.pid;
}

/* Called when this host joins; a host that is in has its herald from supervisors_start. */
static int start_herald(void *data, struct error *error)
{
	const struct supervisors *supervisors = data;

	return supervisor_start(supervisors->by_role[ROLE_HERALD], error);
}

/* This host leaves the cluster. */
static void stop_herald(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_end(supervisors->by_role[ROLE_HERALD]);
}

/* Never hung: its pulse is not looked at, and requests have a bound of their own. */
static void on_herald_lost(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_lost(supervisors->by_role[ROLE_HERALD], false);
}

struct cluster_host_ops supervisors_cluster_host(struct supervisors *supervisors)
{
	return (struct cluster_host_ops) { start_herald, stop_herald, on_herald_lost, supervisors };
}

/* --- the keeper, who runs netd's own etcd --- */

/* The keeper hears the configuration in the same step. It may have run etcd for a long time:
 * then it answers with its state. */
static int introduce_keeper(int channel, uint32_t pid, uint32_t version, void *data,
			    struct error *error)
{
	const struct supervisors *supervisors = data;
	struct cluster *cluster = supervisors->cluster;

	(void)version, (void)error;
	keeping_meet(&cluster->keeping, &cluster->config, channel, pid);
	return 0;
}

/* 0: no keeper is known. */
static uint32_t keeper_pid(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->cluster->keeping.pid;
}

/* Where it works, which no other path of its leads to. */
static int keeper_heirloom(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->cluster->keeping.folder;
}

/* Finds the keeper of an earlier netd or starts one. Called when a cluster with an etcd of
 * netd's own is made. */
static int start_keeper(void *data, struct error *error)
{
	const struct supervisors *supervisors = data;

	return supervisor_start(supervisors->by_role[ROLE_KEEPER], error);
}

/* Only when this host leaves: etcd ends with its keeper. */
static void stop_keeper(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_end(supervisors->by_role[ROLE_KEEPER]);
}

/* Never hung: it is not asked anything that it would have to answer in time. */
static void on_keeper_lost(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_lost(supervisors->by_role[ROLE_KEEPER], false);
}

struct cluster_host_ops supervisors_keeper_host(struct supervisors *supervisors)
{
	return (struct cluster_host_ops) { start_keeper, stop_keeper, on_keeper_lost, supervisors };
}

/* --- the usher, who lets hosts in, and asks for this one --- */

/* An usher that was started to ask for this host is told nothing: it hears its request from
 * cluster_join.c. One that lets others in has its configuration at once, and without it lets in
 * nobody. */
static int introduce_usher(int channel, uint32_t pid, uint32_t version, void *data,
			   struct error *error)
{
	const struct supervisors *supervisors = data;
	struct cluster *cluster = supervisors->cluster;

	(void)version, (void)error;
	ushering_meet(&cluster->ushering, channel, pid);
	if (cluster_has_usher(cluster))
		ushering_tell(&cluster->ushering, &cluster->config);
	return 0;
}

/* 0: there is none, as on a host that neither lets others in nor asks. */
static uint32_t usher_pid(void *data)
{
	const struct supervisors *supervisors = data;

	return supervisors->cluster->ushering.pid;
}

/* For a host that makes a cluster, or that asks to be let into one. */
static int start_usher(void *data, struct error *error)
{
	const struct supervisors *supervisors = data;

	return supervisor_start(supervisors->by_role[ROLE_USHER], error);
}

/* This host has its answer, or leaves. */
static void stop_usher(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_end(supervisors->by_role[ROLE_USHER]);
}

/* Never hung: a request to it has a bound of its own (USHER_CALL_MS). */
static void on_usher_lost(void *data)
{
	const struct supervisors *supervisors = data;

	supervisor_lost(supervisors->by_role[ROLE_USHER], false);
}

struct cluster_host_ops supervisors_usher_host(struct supervisors *supervisors)
{
	return (struct cluster_host_ops) { start_usher, stop_usher, on_usher_lost, supervisors };
}

/* --- all of them --- */

/* The other half of each role. A herald and an usher inherit nothing: what one knows is etcd's,
 * and the sockets of the other come with its configuration. */
static const struct supervisor_client clients[ROLE_N] = {
	[ROLE_RESOLVER] = { .introduce = introduce_resolver,
			    .pid = resolver_pid,
			    .heirloom = resolver_heirloom },
	[ROLE_METRICS] = { .introduce = introduce_metrics,
			   .pid = metrics_pid,
			   .heirloom = metrics_heirloom },
	[ROLE_KEEPER] = { .introduce = introduce_keeper,
			  .pid = keeper_pid,
			  .heirloom = keeper_heirloom },
	[ROLE_USHER] = { .introduce = introduce_usher, .pid = usher_pid },
	[ROLE_HERALD] = { .introduce = introduce_herald, .pid = herald_pid },
};

/* No process is started yet. On failure supervisors_done takes what was made. */
int supervisors_init(struct supervisors *supervisors, const struct supervisors_options *options,
		     struct error *error)
{
	int err = 0;

	supervisors->loop = options->loop;
	supervisors->metering = options->metering;
	supervisors->cluster = options->cluster;
	supervisors->metering->lost = on_metrics_lost;
	supervisors->metering->data = supervisors;
	/* A role without a user is not wanted on this host (metrics without an address), and has no
	 * supervisor. */
	for (unsigned i = 0; i < ROLE_N && err == 0; i++) {
		struct supervisor_options its = { .loop = options->loop,
						  .role = &role_table[i],
						  .run_dir = options->run_dir,
						  .user = options->users[i],
						  .log_level = options->log_level,
						  .client = clients[i] };

		/* The table is constant and shared; each supervisor has a copy with its data. */
		its.client.data = supervisors;
		if (!its.user)
			continue;
		err = supervisor_new(&its, &supervisors->by_role[i], error);
	}
	/* The folder of etcd is made for this group (keeping_open). */
	if (err == 0 && supervisors->by_role[ROLE_KEEPER])
		supervisors->cluster->keeping.group =
			supervisor_group(supervisors->by_role[ROLE_KEEPER]);
	return err;
}

/* Supervisors that were never made are NULL, which is fine. */
void supervisors_done(struct supervisors *supervisors)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		supervisor_free(supervisors->by_role[i]);
}

/* A host in no cluster has supervisors for the keeper, the usher and the herald, and none of them.
 */
static bool is_wanted(const struct supervisors *supervisors, unsigned role)
{
	if (role == ROLE_KEEPER)
		return cluster_has_keeper(supervisors->cluster);
	if (role == ROLE_USHER)
		return cluster_has_usher(supervisors->cluster);
	return role != ROLE_HERALD || cluster_has_herald(supervisors->cluster);
}

/* Stops at the first failure. The caller then calls supervisors_undo_start, so nothing is undone
 * here. */
int supervisors_start(struct supervisors *supervisors, struct engine *engine, struct error *error)
{
	int err = 0;

	/* In the order of the table: a role may count on those before it. */
	supervisors->engine = engine;
	for (unsigned i = 0; i < ROLE_N && err == 0; i++)
		if (supervisors->by_role[i] && is_wanted(supervisors, i))
			err = supervisor_start(supervisors->by_role[i], error);
	return err;
}

/* Ends what this start has started. A process that was found alive goes on, for it serves what an
 * earlier netd made. */
void supervisors_undo_start(struct supervisors *supervisors)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		supervisor_undo_start(supervisors->by_role[i]);
}

/* For an end with nothing attached: processes that would serve on have no purpose then. */
void supervisors_end(struct supervisors *supervisors)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		/* An etcd is not this host's alone, and goes on. */
		if (supervisors->by_role[i] && i != ROLE_KEEPER)
			supervisor_end(supervisors->by_role[i]);
}
