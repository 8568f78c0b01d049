// SPDX-License-Identifier: GPL-2.0-or-later
// herald_msg.c - the messages between plumber and herald: each reader right under its writer

#include "ipc/herald_msg.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. As in ipc/msg.c: each reader takes exactly what its writer writes, and sets
 * wire->err on anything else. A reader of a small struct gives it to its caller only when all of it
 * is right. */

/* Layout: version, follows, joined, name, id, the members behind their number, three texts. Said
 * once: another configuration means another herald. */
void herald_msg_put_config(struct wire *wire, const struct herald_config *config)
{
	wire_put_u8(wire, HERALD_CONFIG);
	wire_put_u32(wire, config->version);
	wire_put_bool(wire, config->follows);
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
	config->follows = wire_bool(wire);
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

static void put_member(struct wire *wire, const struct herald_member *member)
{
	wire_put_str(wire, member->id);
	wire_put_str(wire, member->name);
	wire_put_str(wire, member->peer);
	wire_put_bool(wire, member->learner);
	wire_put_count(wire, member->n_urls, FAMILY_N);
	for (uint8_t i = 0; i < member->n_urls; i++)
		wire_put_str(wire, member->urls[i]);
}

static void get_member(struct wire *wire, struct herald_member *member)
{
	wire_str(wire, member->id, sizeof(member->id));
	wire_str(wire, member->name, sizeof(member->name));
	wire_str(wire, member->peer, sizeof(member->peer));
	member->learner = wire_bool(wire);
	member->n_urls = wire_count(wire, FAMILY_N);
	for (uint8_t i = 0; i < member->n_urls; i++)
		wire_str(wire, member->urls[i], sizeof(member->urls[i]));
}

/* Their number, and each. */
void herald_msg_put_members(struct wire *wire, const struct herald_members *members)
{
	wire_put_u8(wire, HERALD_MEMBERS);
	wire_put_count(wire, members->n, CLUSTER_MEMBERS_MAX);
	for (uint8_t i = 0; i < members->n; i++)
		put_member(wire, &members->all[i]);
}

/* What was known before stays when the message is wrong. */
void herald_msg_get_members(struct wire *wire, struct herald_members *ret_members)
{
	struct herald_members members = { 0 };

	members.n = wire_count(wire, CLUSTER_MEMBERS_MAX);
	for (uint8_t i = 0; i < members.n; i++)
		get_member(wire, &members.all[i]);
	wire_end(wire);
	if (wire->err == 0)
		*ret_members = members;
}

void herald_msg_put_seat(struct wire *wire, const struct herald_seat *seat)
{
	wire_put_str(wire, seat->host);
	wire_put_str(wire, seat->peer);
}

void herald_msg_get_seat(struct wire *wire, struct herald_seat *ret_seat)
{
	struct herald_seat seat = { 0 };

	wire_str(wire, seat.host, sizeof(seat.host));
	wire_str(wire, seat.peer, sizeof(seat.peer));
	wire_end(wire);
	/* A member that has not been started has no name either. */
	if (!seat.host[0])
		wire_fail(wire);
	if (wire->err == 0)
		*ret_seat = seat;
}

/* --- what members say --- */

uint8_t herald_members_urls(const struct herald_members *members,
			    char ret_urls[static CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1])
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < members->n; i++) {
		const struct herald_member *member = &members->all[i];

		/* One that learns answers none of what netd asks. */
		for (uint8_t k = 0; !member->learner && k < member->n_urls; k++)
			if (n < CLUSTER_MEMBERS_MAX)
				memcpy(ret_urls[n++], member->urls[k], sizeof(member->urls[k]));
	}
	return n;
}

unsigned herald_members_voters(const struct herald_members *members)
{
	unsigned n = 0;

	for (uint8_t i = 0; i < members->n; i++)
		n += !members->all[i].learner;
	return n;
}

const struct herald_member *herald_members_find(const struct herald_members *members,
						const struct herald_seat *seat)
{
	for (uint8_t i = 0; i < members->n; i++) {
		const struct herald_member *member = &members->all[i];

		if (strcmp(member->name, seat->host) == 0 ||
		    (!member->name[0] && seat->peer[0] && strcmp(member->peer, seat->peer) == 0))
			return member;
	}
	return NULL;
}

/* The caller has kept n_keys within HERALD_REMOVE_KEYS_MAX, and the reader checks it. */
void herald_msg_put_remove(struct wire *wire, const struct herald_remove *remove)
{
	wire_put_str(wire, remove->host);
	wire_put_str(wire, remove->id);
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
	wire_str(wire, remove.id, sizeof(remove.id));
	remove.force = wire_bool(wire);
	remove.last = wire_bool(wire);
	remove.n_keys = wire_count(wire, HERALD_REMOVE_KEYS_MAX);
	for (uint8_t i = 0; i < remove.n_keys; i++)
		wire_str(wire, remove.keys[i], sizeof(remove.keys[i]));
	wire_end(wire);
	if (wire->err == 0)
		*ret_remove = remove;
}
