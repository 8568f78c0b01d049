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
/* "10.0.0.2/24", "" for no address. */
int docker_json_set_prefix(json_t *object, const char *key, const struct addr *addr,
			   const struct subnet *subnet);
/* "80/tcp". Returns the buffer. */
const char *docker_json_ports_key(const struct port *port, char buffer[static 16]);
