// SPDX-License-Identifier: GPL-2.0-or-later
// rig.h - the API server over an engine and a kernel in memory, and a client in the same thread
#pragma once

#include "api/connect/listen.h"
#include "api/server.h"
#include "base/buf.h"
#include "tests/unit/engine/resolver_peer.h"
#include "tests/unit/engine/rig.h"

struct api_rig {
	struct rig *below; /* the engine, the kernel in memory, the folders */
	struct resolver_peer *resolver;
	char path[96];
	struct api_server *server;
};

/* cmocka's setup and teardown: *state is a struct api_rig. Process 1 is in a namespace of its own,
 * and netns_a and netns_b of the rig below are free. */
int api_rig_setup(void **state);
/* The same, of a server that has somebody who explains. */
int api_rig_setup_with(void **state, const struct api_explainer *explainer);
/* The same, of one that has somebody who starts programs that answer by themselves. */
int api_rig_setup_starting(void **state, const struct api_starter *starter);
int api_rig_teardown(void **state);

/* Lets the server run for one round. */
void rig_round(struct api_rig *rig);
size_t rig_n_subscribers(const struct api_rig *rig);
uint64_t rig_counted(const struct api_rig *rig, enum guard_id id);

/* A connection. Bytes that were read and belong to no reply yet stay in in. */
struct client {
	struct api_rig *rig;
	int fd;
	struct buf in;
	bool ended; /* the server closed */
};

struct client client_open(struct api_rig *rig);
void client_close(struct client *client);
/* Lets the server run while it writes all of data. */
void client_send(struct client *client, const void *data, size_t len);
void client_puts(struct client *client, const char *text);
/* Lets the server run for one round, and takes what has come. */
void client_turn(struct client *client);
/* Runs rounds until text stands in what came; fails the test after two seconds. */
void client_expect(struct client *client, const char *text);
/* Runs rounds until the server has closed. */
void client_expect_end(struct client *client);

/* One reply, with its head; freed by reply_done. */
struct reply {
	int status;
	char *head, *body;
};
/* The next reply on this connection, which must have a Content-Length (or a status without body).
 */
struct reply client_reply(struct client *client, bool head_only);
void reply_done(struct reply *reply);

/* Opens, asks once, closes. body NULL: none; else it is sent as application/json. */
struct reply rig_call(struct api_rig *rig, const char *method, const char *path, const char *body);
/* The same, checking the status and (when not NULL) that text stands in the body. */
void rig_expect(struct api_rig *rig, const char *method, const char *path, const char *body,
		int status, const char *text);
