// SPDX-License-Identifier: GPL-2.0-or-later
// door_tool.h - what the parts of the scenario share that goes through both doors
#pragma once

#include "kernel/door.h"

extern const struct door *door;
extern struct rtnl *host, *inside;
extern struct nft *nft;
extern struct error error;
extern int netns_fd;

/* A line of what a call answered. */
void say(const char *what, int result);
int index_of(struct rtnl *rtnl, const char *name);
struct addr addr_of(const char *text);
struct prefix prefix_of(const char *text);
struct rtnl_bridge bridge_of(const char *name);

/* door_others.c: what others do, which the tool does with programs where the kernel is real. */
void watched(bool real);
void flows(bool real);
void foreign(bool real);
