// SPDX-License-Identifier: GPL-2.0-or-later
// operations.h - what netd was asked to do: how often, with what end, and how long it took
#pragma once

#include "base/histogram.h"

#include <stdint.h>

enum operation {
	OPERATION_NONE, /* what changes nothing is not counted */
	OPERATION_ATTACH,
	OPERATION_DETACH,
	OPERATION_CONNECT,
	OPERATION_DISCONNECT,
	OPERATION_PORT_ADD,
	OPERATION_PORT_REMOVE,
	OPERATION_RENAME,
	OPERATION_LIMIT,
	OPERATION_NETWORK_CREATE,
	OPERATION_NETWORK_UPDATE,
	OPERATION_NETWORK_REMOVE,
	OPERATION_NETWORK_PRUNE,
	OPERATION_RESYNC,
	OPERATION_BACKUP,
	OPERATION_RESTORE,
	OPERATION_N,
};

enum operation_outcome {
	OPERATION_DONE,
	OPERATION_REFUSED, /* for what was asked, or is there: who asks can do something about it */
	OPERATION_FAILED,  /* for netd's or the machine's sake */
	OPERATION_N_OUTCOMES,
};

/* "attach", "network_create" … */
extern const char *const operation_name[OPERATION_N];

struct operations {
	uint64_t n[OPERATION_N][OPERATION_N_OUTCOMES];
	struct histogram took[OPERATION_N];
};

void operations_add(struct operations *operations, enum operation operation,
		    enum operation_outcome outcome, uint64_t took_us);
