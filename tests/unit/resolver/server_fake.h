// SPDX-License-Identifier: GPL-2.0-or-later
// server_fake.h - an upstream DNS server that behaves as a test says
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum fake_manner {
	FAKE_ANSWERS, /* one A record 192.0.2.1, TTL 60 */
	FAKE_SILENT,
	FAKE_SERVFAIL,
	FAKE_REFUSED,
	FAKE_FORMERR,
	FAKE_CUTS,	 /* TC over UDP; over TCP 200 A records */
	FAKE_NO_EDNS,	 /* FORMERR to a question with an OPT, else answers */
	FAKE_LIES,	 /* answers another question */
	FAKE_ONE_FAMILY, /* REFUSED to AAAA, else answers */
	FAKE_KEEPS,	 /* silent to names that begin with "keep", else answers */
	FAKE_N_MANNERS,
};

#define FAKE_FROM_MAX 512

/* Runs in a thread of its own on 127.0.0.1:port, UDP and TCP. */
struct fake {
	uint16_t port;
	int udp, tcp;
	atomic_int manner, delay_ms;
	atomic_uint n_udp, n_tcp;     /* questions seen; of TCP one on a connection is answered */
	atomic_uint n_shut, shut_at;  /* next connections that end after so many bytes of answer */
	uint16_t from[FAKE_FROM_MAX]; /* ports that the first of UDP came from */
	atomic_bool stop;
	pthread_t thread;
};

void fake_start(struct fake *fake, enum fake_manner manner);
void fake_stop(struct fake *fake);
