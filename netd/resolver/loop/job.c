// SPDX-License-Identifier: GPL-2.0-or-later
// job.c - work for a container that goes on without a descriptor

#include "resolver/loop/job.h"

#include "resolver/loop/party.h"

/* A job stands in its party's line until it has its turn. run() does one piece of work and says
 * what it cost; a job that has more to do makes itself ready again. */

void job_init(struct job *job, struct party *party, job_fn run)
{
	*job = (struct job) { .party = party, .run = run };
	list_init(&job->node);
}

/* One that is ready already keeps its place. */
void job_ready(struct job *job)
{
	if (job_is_ready(job))
		return;
	list_append(&job->party->jobs, &job->node);
	party_wake(job->party);
}

bool job_is_ready(const struct job *job)
{
	return !list_empty(&job->node);
}

/* Safe at any time. */
void job_cancel(struct job *job)
{
	list_remove(&job->node);
}
