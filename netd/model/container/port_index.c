// SPDX-License-Identifier: GPL-2.0-or-later
// port_index.c - published ports by their places: which one clashes is found without looking at all
#include "model/container/port_index.h"

#include "base/map.h"

#include <errno.h>
#include <string.h>

/* Each port is counted under two keys: its place, and its number whatever the address, which is
 * what a port on every address is looked for by. A map of places would not do: a port on every
 * address clashes with all of that number. */
#define NUMBER_LEN 4

struct key {
	uint8_t bytes[NUMBER_LEN + sizeof(((struct addr *)NULL)->bytes)];
	size_t len;
};

/* The number stands first, so that a shorter key is the number alone. */
static struct key place_key(const struct port *port, const struct addr *addr)
{
	/* The family is in the key: [::]:80 and 0.0.0.0:80 are two places (port_clash()). */
	struct key key = { .bytes = { port->protocol, port->host_addr.family } };

	memcpy(key.bytes + 2, &port->host_port, sizeof(port->host_port));
	memcpy(key.bytes + NUMBER_LEN, addr->bytes, addr_size(addr));
	key.len = NUMBER_LEN + addr_size(addr);
	return key;
}

/* A number as a map holds it: a pointer that leads nowhere. */
static uintptr_t count_of(const struct port_index *index, const struct key *key, size_t len)
{
	return index->places ? (uintptr_t)map_get(index->places, key->bytes, len) : 0;
}

/* Fails only where memory is lacking for a new place. */
static int count_up(struct port_index *index, const struct key *key, size_t len)
{
	uintptr_t count = count_of(index, key, len) + 1;

	return map_set(index->places, key->bytes, len, (void *)count);
}

static void count_down(struct port_index *index, const struct key *key, size_t len)
{
	uintptr_t count = count_of(index, key, len);

	if (count > 1) /* in the place of what is there, which takes no memory */
		(void)map_set(index->places, key->bytes, len, (void *)(count - 1));
	else if (count == 1)
		(void)map_remove(index->places, key->bytes, len);
}

/* Counted and not only noted: two containers may have asked for one place before either has it. */
int port_index_add(struct port_index *index, const struct port *port)
{
	struct key key = place_key(port, &port->host_addr);
	int err;

	if (!index->places)
		index->places = map_new();
	if (!index->places)
		return -ENOMEM;
	err = count_up(index, &key, key.len);
	if (err < 0)
		return err;
	err = count_up(index, &key, NUMBER_LEN);
	if (err < 0)
		/* Both or none: a place without its number would be found by one question and not
		 * by the other. */
		count_down(index, &key, key.len);
	return err;
}

void port_index_remove(struct port_index *index, const struct port *port)
{
	struct key key = place_key(port, &port->host_addr);

	/* One that was never added, for want of memory, must not take away the count of another. */
	if (count_of(index, &key, key.len) == 0)
		return;
	count_down(index, &key, key.len);
	count_down(index, &key, NUMBER_LEN);
}

/* The index may be used again, empty. */
void port_index_done(struct port_index *index)
{
	map_free(index->places);
	index->places = NULL;
}

/* Exactly this place. */
bool port_index_has(const struct port_index *index, const struct port *port)
{
	struct key key = place_key(port, &port->host_addr);

	return count_of(index, &key, key.len) > 0;
}

/* Any place that cannot be together with it. */
bool port_index_clashes(const struct port_index *index, const struct port *port)
{
	struct addr any = { .family = port->host_addr.family };
	struct key key = place_key(port, &port->host_addr), wide = place_key(port, &any);

	/* A port on every address clashes with each of its family that has its number. */
	if (addr_is_any(&port->host_addr))
		return count_of(index, &key, NUMBER_LEN) > 0;
	return count_of(index, &key, key.len) > 0 || count_of(index, &wide, wide.len) > 0;
}
