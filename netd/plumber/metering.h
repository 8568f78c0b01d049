// SPDX-License-Identifier: GPL-2.0-or-later
// metering.h - what the process that serves metrics gets: the port, and snapshots
#pragma once

#include "base/error.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "ipc/observe.h"
#include "model/health/pulse.h"
#include "plumber/counting.h"
#include "plumber/findings.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for these two: nobody serves metrics. */
struct metering {
	int listen_fd; /* -1: none */
	int channel;   /* -1: none */
	uint32_t pid;  /* of who is at its other end */
	struct ev_loop *loop;
	struct engine *engine;
	ev_io io;
	ev_timer beat;
	bool is_asked; /* for a sign of life, which has not come yet */
	struct pulse pulse;
	uint32_t number; /* of what was asked for last */
	bool is_waiting; /* for the snapshot */
	struct engine_observer observer;
	struct snapshot *snapshot; /* being sent; NULL: none */
	struct findings findings;
	struct counting counting; /* of drops, for the process at the other end */
	char *report;		  /* of it what is being sent, before the snapshot; NULL: none */
	size_t report_len, report_sent;
	uint8_t packet[OBSERVE_HEAD_LEN + METRICS_PACKET_MAX];
	size_t packet_len; /* that the channel has not taken; 0: none */
	bool is_last;	   /* that packet */
	/* The channel has ended, or the process has hung: in the loop. */
	void (*lost)(bool hung, void *data);
	void *data;
};

/* The port, which this process holds for as long as it lives. text is metrics-addr, for a sentence.
 */
int metering_listen(struct metering *metering, const struct addr *addr, uint16_t port,
		    const char *text, struct error *error);
/* A process is at the other end of channel, which is owned from then on. */
void metering_meet(struct metering *metering, struct ev_loop *loop, struct engine *engine,
		   int channel, uint32_t pid);
/* Who looks for what doctor finds; without, or with NULL, nobody does. */
void metering_look(struct metering *metering, struct ev_loop *loop,
		   const struct api_explainer *explainer);
/* Before the engine goes. */
void metering_done(struct metering *metering);
