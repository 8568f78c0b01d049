// SPDX-License-Identifier: GPL-2.0-or-later
// handlers.h - one function per method of the API; docs/api.md says what each does
#pragma once

#include "api/call/call.h"

/* system.c */
int handle_ping(struct api_call *call);
int handle_version(struct api_call *call);
int handle_info(struct api_call *call);
int handle_netd_info(struct api_call *call);
int handle_resync(struct api_call *call);
int handle_backup(struct api_call *call);
int handle_restore(struct api_call *call);

/* networks.c */
int handle_network_list(struct api_call *call);
int handle_network_inspect(struct api_call *call);
int handle_network_create(struct api_call *call);
int handle_network_connect(struct api_call *call);
int handle_network_disconnect(struct api_call *call);
int handle_network_remove(struct api_call *call);
int handle_network_prune(struct api_call *call);

/* containers.c */
int handle_container_list(struct api_call *call);
int handle_container_inspect(struct api_call *call);
int handle_attach(struct api_call *call);
int handle_detach(struct api_call *call);
int handle_ports(struct api_call *call);
int handle_ports_add(struct api_call *call);
int handle_ports_remove(struct api_call *call);

/* names.c */
int handle_names(struct api_call *call);
int handle_set_aside(struct api_call *call);
int handle_network_update(struct api_call *call);

/* events.c, lookup.c */
int handle_events(struct api_call *call);
int handle_dns_lookup(struct api_call *call);
