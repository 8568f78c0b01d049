// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json_parts.h - what the encoders of networks and of containers share; not for other
// modules
#pragma once

#include "model/show/docker_json.h"

/* value when err is 0; else it is dropped and NULL returned. */
json_t *docker_json_whole(json_t *value, int err);

/* The setters return 0 or non-zero when out of memory. NULL text is "", NULL map an empty object.
 */
int docker_json_set_text(json_t *object, const char *key, const char *text);
int docker_json_set_copy(json_t *object, const char *key, const json_t *map);
int docker_json_set_time(json_t *object, const char *key, const struct timespec *when);

/* A value that is written as text where the tree has null: of key, in the object of that name in
 * the tree, or, with "", in the tree itself. put appends it: 0 or -ENOMEM. */
struct docker_json_text {
	const char *object, *key;
	int (*put)(const struct container *container, struct buf *buf);
};
/* The tree, which is taken and may be NULL, with these values, of which the last has no put,
 * appended. 0 or -ENOMEM. */
int docker_json_put(json_t *tree, const struct docker_json_text *texts,
		    const struct container *container, struct buf *buf);

/* docker_json_ports.c: {"80/tcp": {}}, and what was asked for. */
int docker_json_exposed(const struct container *container, struct buf *buf);
int docker_json_bindings(const struct container *container, struct buf *buf);
/* The same with keys in order, for records. */
int docker_json_bindings_sorted(const struct container_spec *spec, struct buf *buf);
/* [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}] */
int docker_json_port_list(const struct container *container, struct buf *buf);
