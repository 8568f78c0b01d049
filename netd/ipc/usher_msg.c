// SPDX-License-Identifier: GPL-2.0-or-later
// usher_msg.c - the messages between plumber and usher: each reader right under its writer

#include "ipc/usher_msg.h"

#include <string.h>

/* Theory of operation. Each reader takes what the writer above it writes, and sets wire->err on
 * anything else; a cursor with an error reads zeros, so nothing has to be checked in between.
 * The plumber does not believe the usher, who speaks with strangers, and the usher does not
 * believe that a plumber is of its release. What is checked here is the form: lengths, counts,
 * that there is an address.
 *
 * Texts are strings of base/wire.h: a length, then the bytes. Large structs are read in place,
 * so that the stack does not hold a second one; their callers look at wire->err before they use
 * any of it. */

/* Layout: their number (1 byte), then a URL for each. Also a part of what hosts say to each
 * other, so its form stays the same for as long as USHER_WORDS_VERSION does. */
void usher_msg_put_members(struct wire *wire, const struct usher_members *members)
{
	wire_put_count(wire, members->n, CLUSTER_MEMBERS_MAX);
	for (uint8_t i = 0; i < members->n; i++)
		wire_put_str(wire, members->urls[i]);
}

/* wire_count has set the error for more than the array has, and is 0 then. */
void usher_msg_get_members(struct wire *wire, struct usher_members *ret_members)
{
	memset(ret_members, 0, sizeof(*ret_members));
	ret_members->n = wire_count(wire, CLUSTER_MEMBERS_MAX);
	/* A host that was let in needs somebody to speak to. */
	if (ret_members->n == 0)
		wire_fail(wire);
	for (uint8_t i = 0; i < ret_members->n; i++)
		wire_str(wire, ret_members->urls[i], sizeof(ret_members->urls[i]));
}

/* Layout: version, five texts, the moment, the secrets of before, the members, how long what is
 * signed is good, and what is revoked. The version comes first: who speaks another finds that out
 * whatever follows. */
void usher_msg_put_config(struct wire *wire, const struct usher_config *config)
{
	wire_put_u8(wire, USHER_CONFIG);
	wire_put_u32(wire, config->version);
	wire_put_str(wire, config->ca);
	wire_put_str(wire, config->ca_key);
	wire_put_str(wire, config->cert);
	wire_put_str(wire, config->key);
	wire_put_str(wire, config->secret);
	wire_put_u64(wire, config->expires);
	wire_put_count(wire, config->n_old, CLUSTER_OLD_SECRETS);
	for (uint8_t i = 0; i < config->n_old; i++)
		wire_put_str(wire, config->old[i]);
	usher_msg_put_members(wire, &config->members);
	wire_put_u32(wire, config->valid_s);
	wire_put_u16(wire, config->n_revoked);
	for (uint16_t i = 0; i < config->n_revoked; i++)
		wire_put_str(wire, config->revoked[i]);
}

/* The caller compares the version and uses nothing else when it is another. */
void usher_msg_get_config(struct wire *wire, struct usher_config *ret_config)
{
	struct usher_config *config = ret_config; /* as large as a message: there is one */

	memset(config, 0, sizeof(*config));
	config->version = wire_u32(wire);
	wire_str(wire, config->ca, sizeof(config->ca));
	wire_str(wire, config->ca_key, sizeof(config->ca_key));
	wire_str(wire, config->cert, sizeof(config->cert));
	wire_str(wire, config->key, sizeof(config->key));
	wire_str(wire, config->secret, sizeof(config->secret));
	config->expires = wire_u64(wire);
	config->n_old = wire_count(wire, CLUSTER_OLD_SECRETS);
	for (uint8_t i = 0; i < config->n_old; i++)
		wire_str(wire, config->old[i], sizeof(config->old[i]));
	usher_msg_get_members(wire, &config->members);
	config->valid_s = wire_u32(wire);
	config->n_revoked = wire_u16(wire);
	if (config->n_revoked > CLUSTER_REVOKED_MAX) {
		config->n_revoked = 0;
		wire_fail(wire);
	}
	for (uint16_t i = 0; i < config->n_revoked; i++)
		wire_str(wire, config->revoked[i], sizeof(config->revoked[i]));
	wire_end(wire);
}

/* The body of a request, whose type and length are those of ipc_put_call. */
void usher_msg_put_ask(struct wire *wire, const struct usher_ask *ask)
{
	wire_put_str(wire, ask->digest);
	wire_put_str(wire, ask->secret);
	wire_put_addr(wire, &ask->addr);
	wire_put_u16(wire, ask->port);
}

void usher_msg_get_ask(struct wire *wire, struct usher_ask *ret_ask)
{
	struct usher_ask ask = { 0 };

	wire_str(wire, ask.digest, sizeof(ask.digest));
	wire_str(wire, ask.secret, sizeof(ask.secret));
	ask.addr = wire_addr(wire);
	ask.port = wire_u16(wire);
	wire_end(wire);
	/* "No address" can be spelled (wire_addr), and cannot be asked. */
	if (!addr_is_set(&ask.addr))
		wire_fail(wire);
	if (wire->err == 0)
		*ret_ask = ask;
}

/* As that one. A key is in it: the caller clears what it was written into. */
void usher_msg_put_renew(struct wire *wire, const struct usher_renew *renew)
{
	wire_put_str(wire, renew->ca);
	wire_put_str(wire, renew->cert);
	wire_put_str(wire, renew->key);
	wire_put_addr(wire, &renew->addr);
	wire_put_u16(wire, renew->port);
}

void usher_msg_get_renew(struct wire *wire, struct usher_renew *ret_renew)
{
	memset(ret_renew, 0, sizeof(*ret_renew)); /* large */
	wire_str(wire, ret_renew->ca, sizeof(ret_renew->ca));
	wire_str(wire, ret_renew->cert, sizeof(ret_renew->cert));
	wire_str(wire, ret_renew->key, sizeof(ret_renew->key));
	ret_renew->addr = wire_addr(wire);
	ret_renew->port = wire_u16(wire);
	wire_end(wire);
	if (!addr_is_set(&ret_renew->addr))
		wire_fail(wire);
}

/* The body of a reply with status 0. A refusal has a sentence instead, without a length of its
 * own. */
void usher_msg_put_admitted(struct wire *wire, const struct usher_admitted *admitted)
{
	wire_put_addr(wire, &admitted->own);
	wire_put_str(wire, admitted->ca);
	wire_put_str(wire, admitted->cert);
	wire_put_str(wire, admitted->key);
	wire_put_addr(wire, &admitted->serves);
	wire_put_str(wire, admitted->serving);
	usher_msg_put_members(wire, &admitted->members);
}

void usher_msg_get_admitted(struct wire *wire, struct usher_admitted *ret_admitted)
{
	memset(ret_admitted, 0, sizeof(*ret_admitted)); /* large, as above */
	ret_admitted->own = wire_addr(wire);
	wire_str(wire, ret_admitted->ca, sizeof(ret_admitted->ca));
	wire_str(wire, ret_admitted->cert, sizeof(ret_admitted->cert));
	wire_str(wire, ret_admitted->key, sizeof(ret_admitted->key));
	ret_admitted->serves = wire_addr(wire);
	wire_str(wire, ret_admitted->serving, sizeof(ret_admitted->serving));
	usher_msg_get_members(wire, &ret_admitted->members);
	wire_end(wire);
	/* Without it this host would join with no address. */
	if (!addr_is_set(&ret_admitted->own))
		wire_fail(wire);
}
