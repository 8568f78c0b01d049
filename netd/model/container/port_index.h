// SPDX-License-Identifier: GPL-2.0-or-later
// port_index.h - published ports by their places: which one clashes is found without looking at all
#pragma once

#include "model/container/port.h"

struct map;

/* Places are counted: a port may be in it more than once. Zeroed means empty. It copies what it
 * needs of a port: protocol, host_addr and host_port; the rest plays no part. host_addr may be of
 * family 0, which is a place of its own. */
struct port_index {
	struct map *places; /* NULL: there are none */
};

/* 0 or -ENOMEM (and then nothing changed). */
int port_index_add(struct port_index *index, const struct port *port);
/* One that was added; else nothing changes. */
void port_index_remove(struct port_index *index, const struct port *port);
/* Frees all; it is empty then. */
void port_index_done(struct port_index *index);

/* Whether there is one with which port_clash() or port_same_place(). Takes as long for many ports
 * as for few. */
bool port_index_clashes(const struct port_index *index, const struct port *port);
bool port_index_has(const struct port_index *index, const struct port *port);
