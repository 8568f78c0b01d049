// SPDX-License-Identifier: GPL-2.0-or-later
// rig.h - the API server over a fake engine, and a client in the same thread, for tests
#pragma once

#include "api/connect/listen.h"
#include "api/server.h"
#include "base/buf.h"
#include "tests/unit/api/fake_engine.h"

struct rig {
	char dir[64], path[96];
	struct ev_loop *loop;
	struct engine *engine;
	struct api_server *server;
};

/* cmocka's setup and teardown: *state is a struct rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A connection. Bytes that were read and belong to no reply yet stay in in. */
struct client {
	struct rig *rig;
	int fd;
	struct buf in;
	bool ended; /* the server closed */
};

struct client client_open(struct rig *rig);
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
struct reply rig_call(struct rig *rig, const char *method, const char *path, const char *body);
/* The same, checking the status and (when not NULL) that text stands in the body. */
void rig_expect(struct rig *rig, const char *method, const char *path, const char *body, int status,
		const char *text);
