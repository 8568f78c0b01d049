// SPDX-License-Identifier: GPL-2.0-or-later
// explainer.h - the process that finds out why A does not reach B: netd-explain, started for a call
#pragma once

#include "api/call/explainer.h"

/* api_explainer.start; data is a struct explainer. */
int explainer_start(const struct api_explain *asked, int pipe_fd, void *data);

struct explainer {
	int listen_fd; /* of the API, which it asks like everybody; -1: there is none yet */
};
