// SPDX-License-Identifier: GPL-2.0-or-later
// runtime.c - what Docker's API has for processes and images, which netd leaves to the runtimes
#include "api/call/call.h"
#include "api/handlers/handlers.h"
#include "engine/engine.h"
#include "model/container/container.h"

/* A name that nobody has is told first: who typed it wrong learns nothing from the other sentence.
 */
int api_runtime_runs(struct api_call *call)
{
	struct container *container;
	int err = engine_container_find(api_call_engine(call), call->ref, &container, &call->error);

	if (err < 0)
		return err;
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd wires containers and does not run them: whatever started %s starts, "
			 "stops and enters it, and has its logs",
			 container->spec.name);
}

int api_runtime_creates(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd wires containers and does not make them: let a runtime that calls "
			 "netd run it, or attach one with `netctl attach`");
}

int api_runtime_images(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd has networks only: images and volumes are a runtime's");
}
