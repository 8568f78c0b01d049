// SPDX-License-Identifier: GPL-2.0-or-later
// job.h - work for a container that goes on without a descriptor
#pragma once

#include "base/list.h"

#include <stdbool.h>

struct party;

struct job;
/* Does a piece and returns what it cost. Calls job_ready again when something is left. */
typedef unsigned (*job_fn)(struct job *job);

struct job {
	struct list node; /* in the party's line */
	struct party *party;
	job_fn run;
};

/* party must outlive job. */
void job_init(struct job *job, struct party *party, job_fn run);
/* Its piece is done in the party's turn; safe to call twice. */
void job_ready(struct job *job);
bool job_is_ready(const struct job *job);
/* Safe to call twice. */
void job_cancel(struct job *job);
