// SPDX-License-Identifier: GPL-2.0-or-later
// rig.h - an engine over a kernel in memory, with a store and folders of its own, for tests
#pragma once

#include "base/json_parse.h"
#include "engine/keep/keep.h"
#include "tests/fake/kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	char dir[64];
	char netns_a[80], netns_b[80]; /* two namespaces that are there from the start */
	struct ev_loop *loop;
	struct config config;
	struct engine *engine;
	size_t n_resolvers_lost;
	struct error error; /* of the last call that failed */
};

/* cmocka's setup and teardown: *state is a struct rig, its engine has started, and no call is
 * noted. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* The engine ends and another begins, on the same records and the same kernel. */
void rig_restart(struct rig *rig);
/* Without the end; or the error. */
void rig_start(struct rig *rig);
int rig_try_start(struct rig *rig);
void rig_stop(struct rig *rig);
/* While there is none: its records are lost, and its run directory stays. */
void rig_forget_records(struct rig *rig);
/* The same, and the kernel is gone: fake_kernel_start is next. */
void rig_teardown_kernel(struct rig *rig);
/* The loop's turns until nothing is left to do at once. */
void rig_turn(struct rig *rig);

/* Bodies as the API takes them. 0 or an error, with its sentence in rig->error. */
int rig_network(struct rig *rig, const char *json);
/* more: further members of the body. */
int rig_attach(struct rig *rig, const char *name, const char *netns, const char *more);
int rig_connect(struct rig *rig, const char *container, const char *network);
int rig_disconnect(struct rig *rig, const char *container, const char *network);
int rig_detach(struct rig *rig, const char *container);
struct container *rig_container(struct rig *rig, const char *name);
struct network *rig_net(struct rig *rig, const char *name);

/* Fails the test with the sentence unless err is 0. */
#define rig_done(rig, err)                                                                         \
	do {                                                                                       \
		if ((err) != 0)                                                                    \
			fail_msg("%s", (rig)->error.text);                                         \
	} while (0)

/* A resync; returns how many differences it found. */
size_t rig_resync(struct rig *rig);
size_t rig_resync_dry(struct rig *rig);

/* What the kernel has now, to be compared by rig_expect_same, which frees it. What waits to be
 * swept is swept first. */
char *rig_picture(struct rig *rig);
void rig_expect_same(struct rig *rig, char *before);

int rig_ports_add(struct rig *rig, const char *container, const char *bindings);
int rig_ports_remove(struct rig *rig, const char *container, const char *bindings);

/* change is done again and again, with its nth change of the kernel refused, n from 1, until it
 * meets none that is: each time it must fail and leave the kernel as it was. (What tells neighbours
 * may be refused, and a port is tried twice: then it is done, and undo takes it back.) Returns how
 * many were refused. */
size_t rig_fail_each(struct rig *rig, int (*change)(struct rig *rig), int (*undo)(struct rig *rig),
		     int err);
