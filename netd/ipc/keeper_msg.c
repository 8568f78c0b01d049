// SPDX-License-Identifier: GPL-2.0-or-later
// keeper_msg.c - the messages between plumber and keeper: each reader right under its writer

#include "ipc/keeper_msg.h"

#include <string.h>

/* Theory of operation. As in ipc/msg.c: each reader takes exactly what its writer writes, and
 * sets wire->err on anything else. Both ends are netd's own, but may be of two releases, for the
 * keeper lives on when netd is upgraded; the version in CONFIG tells them apart.
 *
 * Large structs are read in place, cleared first: channel.c of the keeper compares two of them
 * as bytes. */

/* A part of CONFIG and of MADE. All texts "" mean in CONFIG that there are none yet. */
static void put_trust(struct wire *wire, const struct keeper_trust *trust)
{
	wire_put_str(wire, trust->ca);
	wire_put_str(wire, trust->cert);
	wire_put_str(wire, trust->key);
}

/* What the texts are worth is not judged here: OpenSSL and etcd do that. */
static void get_trust(struct wire *wire, struct keeper_trust *trust)
{
	wire_str(wire, trust->ca, sizeof(trust->ca));
	wire_str(wire, trust->cert, sizeof(trust->cert));
	wire_str(wire, trust->key, sizeof(trust->key));
}

/* Layout: version, name, id, an address for each family (or none), the certificates, and the seat
 * if there is one. It stays so: a keeper of another release has to be able to read the version, for
 * it goes by that. What is new has a message of its own behind this one. */
void keeper_msg_put_config(struct wire *wire, const struct keeper_config *config)
{
	wire_put_u8(wire, KEEPER_CONFIG);
	wire_put_u32(wire, config->version);
	wire_put_str(wire, config->host);
	wire_put_str(wire, config->id);
	for (enum family family = 0; family < FAMILY_N; family++)
		wire_put_addr(wire, &config->addrs[family]);
	put_trust(wire, &config->trust);
	if (config->seat[0])
		wire_put_str(wire, config->seat);
}

/* Here is checked what the keeper relies on: an address stands at the place of its family, and
 * there is one at least. */
void keeper_msg_get_config(struct wire *wire, struct keeper_config *ret_config)
{
	struct keeper_config *config = ret_config; /* as large as a message: there is one */

	memset(config, 0, sizeof(*config));
	config->version = wire_u32(wire);
	wire_str(wire, config->host, sizeof(config->host));
	wire_str(wire, config->id, sizeof(config->id));
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct addr *addr = &config->addrs[family];

		*addr = wire_addr(wire);
		if (addr_is_set(addr) && addr->family != family_af(family))
			wire_fail(wire);
	}
	if (!addr_is_set(&config->addrs[FAMILY_4]) && !addr_is_set(&config->addrs[FAMILY_6]))
		wire_fail(wire);
	get_trust(wire, &config->trust);
	if (wire->err == 0 && wire_left(wire) > 0) {
		wire_str(wire, config->seat, sizeof(config->seat));
		/* It would be a second spelling of none. */
		if (!config->seat[0])
			wire_fail(wire);
	}
	wire_end(wire);
}

/* Layout: the turn, how many, and their numbers. */
void keeper_msg_put_revoked(struct wire *wire, const struct keeper_revoked *revoked)
{
	wire_put_u8(wire, KEEPER_REVOKED);
	wire_put_u8(wire, revoked->turn);
	wire_put_u16(wire, (uint16_t)revoked->n);
	for (size_t i = 0; i < revoked->n; i++)
		wire_put_str(wire, revoked->serials[i]);
}

/* What the numbers are worth whoever makes the list of them finds out. */
void keeper_msg_get_revoked(struct wire *wire, struct keeper_revoked *ret_revoked)
{
	struct keeper_revoked *revoked = ret_revoked; /* large: there is one */

	memset(revoked, 0, sizeof(*revoked));
	revoked->turn = wire_u8(wire);
	revoked->n = wire_u16(wire);
	if (revoked->n > CLUSTER_REVOKED_MAX) {
		revoked->n = 0;
		wire_fail(wire);
	}
	for (size_t i = 0; i < revoked->n; i++)
		wire_str(wire, revoked->serials[i], sizeof(revoked->serials[i]));
	wire_end(wire);
}

/* The key of the authority is in it: the caller clears what it was written into. */
void keeper_msg_put_made(struct wire *wire, const struct keeper_made *made)
{
	wire_put_u8(wire, KEEPER_MADE);
	put_trust(wire, &made->trust);
	wire_put_str(wire, made->ca_key);
	wire_put_str(wire, made->digest);
}

void keeper_msg_get_made(struct wire *wire, struct keeper_made *ret_made)
{
	memset(ret_made, 0, sizeof(*ret_made)); /* large, as above */
	get_trust(wire, &ret_made->trust);
	wire_str(wire, ret_made->ca_key, sizeof(ret_made->ca_key));
	wire_str(wire, ret_made->digest, sizeof(ret_made->digest));
	wire_end(wire);
}

/* Told whenever it changes, and once for each CONFIG. */
void keeper_msg_put_state(struct wire *wire, const struct keeper_state *state)
{
	wire_put_u8(wire, KEEPER_STATE);
	wire_put_u32(wire, state->pid);
	wire_put_str(wire, state->why);
}

void keeper_msg_get_state(struct wire *wire, struct keeper_state *ret_state)
{
	struct keeper_state state = { 0 };

	state.pid = wire_u32(wire);
	wire_str(wire, state.why, sizeof(state.why));
	wire_end(wire);
	/* The state that the plumber shows stays the last good one. */
	if (wire->err == 0)
		*ret_state = state;
}
