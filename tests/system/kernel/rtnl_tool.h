// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_tool.h - what the files of the test tool share
#pragma once

#include "base/error.h"
#include "kernel/rtnl.h"

/* Prints "error KIND: SENTENCE"; returns the exit code. */
int tool_fail(const struct error *error);

static inline void rtnl_closep(struct rtnl **rtnl)
{
	rtnl_close(*rtnl);
}

/* bench N [v6]: N attaches, dooms and one sweep; prints the median of each step in us. */
int tool_bench(struct rtnl *rtnl, char **argv);
/* fill BRIDGE N: adds N ports, all with their peers in this netns; prints how many could be. */
int tool_fill(struct rtnl *rtnl, char **argv);

/* rtnl_tunnel.c */
int tool_vxlan(struct rtnl *rtnl, char **argv);
int tool_far(struct rtnl *rtnl, char **argv);
int tool_fars(struct rtnl *rtnl, char **argv);
int tool_far_many(struct rtnl *rtnl, char **argv);
