// SPDX-License-Identifier: GPL-2.0-or-later
// roles.c - the roles that this plumber has, and whom each works for

#include "plumber/roles.h"

/* --- the resolver, which works for the engine --- */

static int introduce_resolver(int channel, uint32_t pid, uint32_t version, void *data,
			      struct error *error)
{
	const struct roles *roles = data;

	return engine_resolver_up(roles->engine, channel, pid, version, error);
}

static uint32_t resolver_pid(void *data)
{
	const struct roles *roles = data;

	return roles->engine ? engine_resolver_pid(roles->engine) : 0;
}

/* The questions that the one before had read and not answered. */
static int resolver_heirloom(void *data)
{
	const struct roles *roles = data;

	return engine_resolver_journal(roles->engine);
}

static void on_resolver_lost(bool hung, void *data)
{
	const struct roles *roles = data;

	supervisor_lost(roles->supervisors[ROLE_RESOLVER], hung);
}

struct engine_resolver_host roles_resolver_host(struct roles *roles)
{
	return (struct engine_resolver_host) { on_resolver_lost, roles };
}

/* --- all of them --- */

static const struct supervisor_client clients[ROLE_N] = {
	[ROLE_RESOLVER] = { .introduce = introduce_resolver,
			    .pid = resolver_pid,
			    .heirloom = resolver_heirloom },
};

int roles_init(struct roles *roles, const struct roles_options *options, struct error *error)
{
	int err = 0;

	for (unsigned i = 0; i < ROLE_N && err == 0; i++) {
		struct supervisor_options its = { .loop = options->loop,
						  .role = &role_table[i],
						  .run_dir = options->run_dir,
						  .user = options->users[i],
						  .log_level = options->log_level,
						  .client = clients[i] };

		its.client.data = roles;
		err = supervisor_new(&its, &roles->supervisors[i], error);
	}
	return err;
}

void roles_done(struct roles *roles)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		supervisor_free(roles->supervisors[i]);
}

int roles_start(struct roles *roles, struct engine *engine, struct error *error)
{
	int err = 0;

	/* In the order of the table: a role may count on those before it. */
	roles->engine = engine;
	for (unsigned i = 0; i < ROLE_N && err == 0; i++)
		err = supervisor_start(roles->supervisors[i], error);
	return err;
}

void roles_undo_start(struct roles *roles)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		supervisor_undo_start(roles->supervisors[i]);
}

void roles_end(struct roles *roles)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		supervisor_end(roles->supervisors[i]);
}
