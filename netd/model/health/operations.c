// SPDX-License-Identifier: GPL-2.0-or-later
// operations.c - what netd was asked to do: how often, with what end, and how long it took
#include "model/health/operations.h"

/* The names are labels of metrics, so they stay as they are: dashboards ask for them. */
const char *const operation_name[OPERATION_N] = {
	[OPERATION_NONE] = "none",
	[OPERATION_ATTACH] = "attach",
	[OPERATION_DETACH] = "detach",
	[OPERATION_CONNECT] = "connect",
	[OPERATION_DISCONNECT] = "disconnect",
	[OPERATION_PORT_ADD] = "port_add",
	[OPERATION_PORT_REMOVE] = "port_remove",
	[OPERATION_RENAME] = "rename",
	[OPERATION_LIMIT] = "limit",
	[OPERATION_NETWORK_CREATE] = "network_create",
	[OPERATION_NETWORK_UPDATE] = "network_update",
	[OPERATION_NETWORK_REMOVE] = "network_remove",
	[OPERATION_NETWORK_PRUNE] = "network_prune",
	[OPERATION_RESYNC] = "resync",
	[OPERATION_BACKUP] = "backup",
	[OPERATION_RESTORE] = "restore",
};

/* took_us is in microseconds. NONE stands for a request that is no operation, and is not
 * counted. */
void operations_add(struct operations *operations, enum operation operation,
		    enum operation_outcome outcome, uint64_t took_us)
{
	if (operation == OPERATION_NONE)
		return;
	operations->n[operation][outcome]++;
	histogram_add(&operations->took[operation], took_us);
}
