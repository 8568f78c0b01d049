// SPDX-License-Identifier: GPL-2.0-or-later
// look.h - the kernel's part of a diagnosis: pictures of network namespaces, and answers to single
// questions
#pragma once

#include "base/error.h"
#include "diag/facts.h"

#include <stdbool.h>
#include <sys/types.h>

/* For a process of its own that has one thread, and CAP_NET_ADMIN and CAP_SYS_ADMIN: it enters the
 * namespaces to open sockets and to read /proc, and comes back. Nothing is changed anywhere. */
struct look;

/* NULL: error says why. The process's own namespace is noted as "host". */
struct look *look_new(struct error *error);
void look_free(struct look *look);

/* From now on pictures have all the links of the host and all sockets, for whoever judges no pair
 * or other pairs than are asked about now. Without it they have those that somebody asks for. */
void look_whole(struct look *look);

/* A namespace that may be on the way, by the key of its picture. netns is its descriptor, the
 * look's from then on unless this fails; pid is a process of it, by whose cgroup the owners of its
 * sockets are found and whose files are read, or 0. Nothing is opened yet. 0; -EEXIST: the key is
 * in use; -ENOMEM. */
int look_add(struct look *look, const char *key, int netns, pid_t pid);
/* Takes the picture of a namespace that was added, into the facts. Parts that cannot be read are
 * named in it. Something that changed meanwhile makes it be taken once more; when it still does,
 * the facts say so. 0; -ENOENT: no such key; -ENOMEM, or why nothing could be looked at. */
int look_space(struct look *look, struct facts *facts, const char *key);

/* Which links of the host other programs configure, into the picture that was taken of it: not part
 * of that, for a pair never needs it and it costs a file for each link. */
void look_managers(struct facts *facts);

/* How facts put their questions; ask_data is the look. */
extern const struct facts_ask look_ask;
