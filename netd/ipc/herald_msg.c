// SPDX-License-Identifier: GPL-2.0-or-later
// herald_msg.c - the messages between plumber and herald: each reader right under its writer

#include "ipc/herald_msg.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. As in ipc/msg.c: each reader takes exactly what its writer writes, and sets
 * wire->err on anything else. A reader of a small struct gives it to its caller only when all of it
 * is right. */

/* Layout: version, joined, name, id, the members behind their number, three texts. Said once:
 * another configuration means another herald. */
void herald_msg_put_config(struct wire *wire, const struct herald_config *config)
{
	wire_put_u8(wire, HERALD_CONFIG);
	wire_put_u32(wire, config->version);
	wire_put_u8(wire, config->joined);
	wire_put_str(wire, config->host);
	wire_put_str(wire, config->id);
	wire_put_u8(wire, config->n_members);
	for (uint8_t i = 0; i < config->n_members; i++)
		wire_put_str(wire, config->members[i]);
	wire_put_str(wire, config->ca);
	wire_put_str(wire, config->cert);
	wire_put_str(wire, config->key);
}

/* On an error the struct is half filled, and nobody uses it. */
void herald_msg_get_config(struct wire *wire, struct herald_config *ret_config)
{
	struct herald_config *config = ret_config; /* as large as a message: there is one */

	memset(config, 0, sizeof(*config));
	config->version = wire_u32(wire);
	config->joined = wire_bool(wire);
	wire_str(wire, config->host, sizeof(config->host));
	wire_str(wire, config->id, sizeof(config->id));
	config->n_members = wire_count(wire, CLUSTER_MEMBERS_MAX);
	for (uint8_t i = 0; i < config->n_members; i++)
		wire_str(wire, config->members[i], sizeof(config->members[i]));
	/* There must be somebody to speak to. */
	if (config->n_members == 0)
		wire_fail(wire);
	wire_str(wire, config->ca, sizeof(config->ca));
	wire_str(wire, config->cert, sizeof(config->cert));
	wire_str(wire, config->key, sizeof(config->key));
	wire_end(wire);
}

/* revision is etcd's, of what was told last; member is an index into those of CONFIG. */
void herald_msg_put_state(struct wire *wire, const struct herald_state *state)
{
	wire_put_u8(wire, HERALD_STATE);
	wire_put_u8(wire, (uint8_t)state->standing);
	wire_put_u64(wire, state->revision);
	wire_put_u8(wire, state->member);
	wire_put_bool(wire, state->refused);
	wire_put_str(wire, state->why);
}

void herald_msg_get_state(struct wire *wire, struct herald_state *ret_state)
{
	struct herald_state state = { 0 };
	uint8_t standing = wire_u8(wire);

	/* It is an index into tables of names. */
	if (standing >= HERALD_N_STANDINGS)
		wire_fail(wire);
	state.standing = (enum herald_standing)standing;
	state.revision = wire_u64(wire);
	state.member = wire_u8(wire);
	state.refused = wire_bool(wire);
	wire_str(wire, state.why, sizeof(state.why));
	wire_end(wire);
	if (wire->err == 0)
		*ret_state = state;
}

/* The caller has kept n_keys within HERALD_REMOVE_KEYS_MAX, and the reader checks it. */
void herald_msg_put_remove(struct wire *wire, const struct herald_remove *remove)
{
	wire_put_str(wire, remove->host);
	wire_put_u8(wire, remove->force);
	wire_put_u8(wire, remove->last);
	wire_put_u8(wire, remove->n_keys);
	for (uint8_t i = 0; i < remove->n_keys; i++)
		wire_put_str(wire, remove->keys[i]);
}

/* Keys are texts here; the herald decides what may be removed. */
void herald_msg_get_remove(struct wire *wire, struct herald_remove *ret_remove)
{
	struct herald_remove remove = { 0 };

	wire_str(wire, remove.host, sizeof(remove.host));
	remove.force = wire_bool(wire);
	remove.last = wire_bool(wire);
	remove.n_keys = wire_count(wire, HERALD_REMOVE_KEYS_MAX);
	for (uint8_t i = 0; i < remove.n_keys; i++)
		wire_str(wire, remove.keys[i], sizeof(remove.keys[i]));
	wire_end(wire);
	if (wire->err == 0)
		*ret_remove = remove;
}
