// SPDX-License-Identifier: GPL-2.0-or-later
// explainer.h - processes that look for somebody else, each started for a call: netd-explain and
// netd-capture
#pragma once

#include "api/call/explainer.h"
#include "plumber/tracers.h"

/* api_explainer.start; data is a struct explainer. */
int explainer_start(const struct api_explain *asked, int pipe_fd, void *data);

/* api_explainer.capture. */
int explainer_capture(const struct capture_asked *asked, int control_fd, void *data);

/* api_explainer.watch. */
int explainer_watch(const struct api_watch *asked, int client_fd, int pipe_fd, void *data);

struct explainer {
	const struct tracers *tracers;
	bool for_group;	     /* members of the group may have one of them */
	const char *run_dir; /* where captures have their places (captures.h) */
	int listen_fd;	     /* of the API, which it asks like everybody; -1: there is none yet */
};
