// SPDX-License-Identifier: GPL-2.0-or-later
// flows.c - stale UDP flows of ports that changed are forgotten, beside the loop
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/confine.h"
#include "kernel/conntrack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. A UDP flow that conntrack knows goes on to where it led before its port
 * changed (moby#8795). Finding such flows means walking the kernel's whole table: on a busy host
 * hundreds of milliseconds, which no caller and no other request shall wait for. So the ports are
 * collected and a child process walks for all of them at once; it holds nothing of ours but its own
 * socket, and ends. Where there is no flow at all, there is no child either. */

#define FLOWS_DELAY_S 0.001
#define FLOWS_TIME_MAX_S 60 /* a walk takes seconds where there are millions of flows */

static void forget(const struct engine *engine)
{
	struct error error = { 0 };
	pid_t pid;
	int err;

	if (!conntrack_any_flow())
		return;
	pid = fork();
	if (pid < 0) {
		log_warn("stale flows are not forgotten: %s", strerror(errno));
		return;
	}
	if (pid > 0)
		return; /* libev reaps it */
	/* Should we be killed meanwhile, our successor must find the lock and the tables free. */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)alarm(FLOWS_TIME_MAX_S); /* nothing catches it */
	err = confine_walker();
	if (err < 0)
		log_warn("stale flows are not forgotten: %s", strerror(-err));
	else if (conntrack_forget(engine->stale_ports, engine->n_stale_ports, &error) < 0)
		log_warn("%s", error.text);
	_exit(0);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	forget(engine);
	engine->n_stale_ports = 0;
}

static bool append(struct engine *engine, const struct port *port)
{
	if (engine->n_stale_ports == engine->size_stale_ports) {
		size_t size = engine->size_stale_ports ? engine->size_stale_ports * 2 : 16;
		struct port *ports = realloc(engine->stale_ports, size * sizeof(*ports));

		if (!ports)
			return false;
		engine->stale_ports = ports;
		engine->size_stale_ports = size;
	}
	engine->stale_ports[engine->n_stale_ports++] = *port;
	return true;
}

void flows_forget(struct engine *engine, const struct port *ports, size_t n_ports)
{
	for (size_t i = 0; i < n_ports; i++)
		if (ports[i].protocol == IPPROTO_UDP && !port_is_routed(&ports[i]) &&
		    !append(engine, &ports[i]))
			log_warn("out of memory: flows to port %u are not forgotten",
				 ports[i].host_port);
	if (engine->n_stale_ports == 0 || ev_is_active(&engine->flows_timer))
		return;
	ev_timer_init(&engine->flows_timer, on_timer, FLOWS_DELAY_S, 0.);
	engine->flows_timer.data = engine;
	ev_timer_start(engine->loop, &engine->flows_timer);
}

void flows_done(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->flows_timer);
	if (engine->n_stale_ports > 0)
		forget(engine);
	free(engine->stale_ports);
}
