// SPDX-License-Identifier: GPL-2.0-or-later
// tracers.h - who loads programs into the kernel, which netd itself may not
#pragma once

/* A process of netd-trace, which was started before rights were given up, and makes a tracer of
 * itself for each that is asked for. */
struct tracers {
	int fd;		   /* -1: there is none */
	const char *lacks; /* why, once it was to be started */
};

/* Before privileges_drop(). That there is none (the rights for it, or the program) is no failure:
 * whoever asks for a tracer is told. It ends with this process, however that does. */
void tracers_start(struct tracers *tracers);

/* As netd-trace is told, "--follow", "--count" or "--drops". */
#define TRACERS_FOLLOW 'f'
#define TRACERS_COUNT 'c'
#define TRACERS_DROPS 'd'
/* A socket to a new tracer, which takes orders and writes lines there (docs/tracing.md), and ends
 * with it; the caller's to close. -1: there is none. */
int tracers_open(const struct tracers *tracers, char mode);
void tracers_done(struct tracers *tracers);
