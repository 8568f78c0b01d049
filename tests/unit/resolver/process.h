// SPDX-License-Identifier: GPL-2.0-or-later
// process.h - the real resolver process under test, and the plumber that a test plays for it
#pragma once

#include "base/addr.h"
#include "ipc/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Everything runs in a network namespace that only the test program has. */
struct process {
	pid_t pid;
	int listening;	/* what the resolver has as descriptor 3 */
	int log;	/* and as 2 */
	int journal;	/* and as 4; 0: nothing */
	rlim_t max_fds; /* set before the start: it gets no more descriptors; 0: no limit */
	char address[64];
};

struct plumber {
	int fd;
	struct ipc_page *page;
	uint64_t n_sent;
	uint32_t n_views, n_relays; /* of the inventory */
	struct ipc_view adopted;    /* the last of it */
	struct ipc_hello hello;	    /* what the resolver said */
	unsigned n_kept;	    /* flows that it said are there, and not that they are over */
	struct ipc_flow flow;	    /* the last of them, and what it consists of */
	int flow_fds[IPC_FLOW_FDS_MAX];
	size_t n_flow_fds;
};

/* Enters a network namespace of the program's own with lo up. False: we are not root. */
bool process_own_network(void);
/* When the program was started as the resolver by process_start, becomes it and does not return. */
void process_main(int argc, char **argv);

void process_start(struct process *process);
/* Ends it; fails the test when it had died before. */
void process_stop(struct process *process);
/* Ends it as nothing else does. */
void process_kill(struct process *process);
/* The value of a line of /proc/PID/status; 0 when there is none. */
uint64_t process_status(const struct process *process, const char *field, int base);
/* Time on the processor so far. */
uint64_t process_cpu_ms(const struct process *process);
/* Once it has come to rest. */
size_t process_n_fds(const struct process *process);

/* Connects, says HELLO and reads the inventory. */
void plumber_connect(struct plumber *plumber, const struct process *process);
void plumber_close(struct plumber *plumber);
/* One that is gone again before the resolver has read its HELLO. */
void plumber_dies_early(const struct process *process);
/* Sends the message in wire; with the page it counts at once. */
void plumber_send(struct plumber *plumber, const struct wire *wire, const int *fds, size_t n_fds);
/* Waits until so many flows are kept. */
void plumber_wait_kept(struct plumber *plumber, unsigned n_kept);
/* The flow that was kept last, to a successor. */
void plumber_hand_flow_over(struct plumber *plumber, const struct plumber *before);
void plumber_sync(struct plumber *plumber);
/* Receives one message; returns its length, 0 at the end of the connection. What is only to be kept
 * is kept, and not returned. */
size_t plumber_receive(struct plumber *plumber, uint8_t *message, size_t size);
void plumber_stats(struct plumber *plumber, struct ipc_stats *ret_stats);

/* port 0 ends the list; NULL: no upstreams. All on 127.0.0.1. */
void plumber_config(struct plumber *plumber, const uint16_t *upstream_ports);
void plumber_network(struct plumber *plumber, uint32_t number, const char *name, bool internal);
void plumber_name(struct plumber *plumber, enum ipc_type type, uint32_t network, const char *name,
		  const char *address);
/* A view of one network on 127.0.0.1; returns its port, the same for UDP and TCP. */
uint16_t plumber_view(struct plumber *plumber, uint32_t number, uint32_t network, bool forward);
void plumber_view_gone(struct plumber *plumber, uint32_t number);

/* A socket bound to loopback of the family; *port 0 is filled in. listen() for streams. */
int loopback_socket(int family, int type, uint16_t *port);
uint64_t now_ms(void);
