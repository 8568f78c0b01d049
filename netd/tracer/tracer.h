// SPDX-License-Identifier: GPL-2.0-or-later
// tracer.h - netd-trace: what its files share
#pragma once

#include "base/error.h"
#include "kernel/bpf.h"
#include "trace/event.h"
#include "trace/program.h"

#include <stdbool.h>

/* Everything in the kernel, and it is gone with these descriptors. Zeroed it is none. */
struct tracer {
	enum program_kind kind; /* set by who attaches it */
	struct program_maps maps;
	struct bpf_ring ring;
	struct event_reasons reasons;
	void *btf_data; /* the reasons' names are in it */
	size_t btf_len;
	bool btf_is_mapped;
	int kallsyms_fd;     /* -1: functions have no names */
	size_t n_processors; /* that may have a number of their own, of who counts */
	bool gives_reasons;  /* the kernel says why it drops (5.17) */
};

/* attach.c: programs at all tracepoints, which report nothing yet. ERROR_UNAVAILABLE: what the
 * kernel or the rights lack, in words. */
int tracer_attach(struct tracer *tracer, struct error *error);
/* What it has in this process; the kernel's part goes with its descriptors. */
void tracer_done(struct tracer *tracer);

/* watch.c: follows orders and writes lines until its standard input has an end. */
int tracer_watch(struct tracer *tracer, struct error *error);

/* serve.c: waits for netd, which is at descriptor 3. true: this is a child, to be a tracer of the
 * kind that is set, on its standard input and output; false: netd has ended. */
bool tracer_serve(struct tracer *tracer);
