// SPDX-License-Identifier: GPL-2.0-or-later
// flows.c - stale UDP flows of ports that changed are forgotten, beside the loop
#include "base/grow.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/wire/wire.h"
#include "kernel/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. A UDP flow that conntrack knows goes on to where it led before its port
 * changed (moby#8795). Finding such flows means walking the kernel's whole table: on a busy host
 * hundreds of milliseconds, which no caller and no other request shall wait for. So the ports are
 * collected and a child process walks for all of them at once; it holds nothing of ours but its own
 * socket, and ends. Where there is no flow at all, there is no child either. */

/* There as long as flows may be left that lead where they should not: whoever finds it at a start,
 * or sees a walk fail, does not know which, and compares all flows with all ports. */
#define FLOWS_FILE "stale-flows"

/* Steps of a walk. flows_forget notes the ports and sets the mark, within the change. A millisecond
 * later on_timer forks. The child walks and ends with 0 or not. on_end takes the mark away when
 * nothing more is owed, or starts the timer of the next try. A netd that is killed at any of these
 * steps leaves the mark, and its successor walks over everything. */

/* What a walk needs that does not know which ports have changed. ports has UDP ports only. */
struct everything {
	struct port *ports;
	struct prefix *subnets;
	size_t n_ports, n_subnets;
};

static void everything_done(struct everything *all)
{
	free(all->ports);
	free(all->subnets);
}

/* What all UDP flows into netd's networks are to be explained by; 0 or -ENOMEM. */
static int list_everything(const struct engine *engine, struct everything *all)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->n_containers; i++)
		n += engine->containers[i]->n_ports;
	/* One more than there are, so an empty list is a pointer as well and NULL means no
	 * memory. */
	all->ports = calloc(n + 1, sizeof(*all->ports));
	all->subnets = calloc(FAMILY_N * engine->n_networks + 1, sizeof(*all->subnets));
	if (!all->ports || !all->subnets)
		return -ENOMEM;
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_ports; k++)
			if (engine->containers[i]->ports[k].protocol == IPPROTO_UDP)
				all->ports[all->n_ports++] = engine->containers[i]->ports[k];
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;

		for (enum family family = 0; family < FAMILY_N; family++)
			if (addr_is_set(&spec->subnet[family].prefix.addr))
				all->subnets[all->n_subnets++] = spec->subnet[family].prefix;
	}
	return 0;
}

/* In the child: those of the ports that changed, or with everything whatever that does not explain.
 */
static int walk(const struct engine *engine, bool everywhere, struct error *error)
{
	struct everything all = { 0 };
	int err = everywhere ? list_everything(engine, &all) : 0;

	if (err < 0)
		(void)error_system(error, err, "forgetting stale UDP flows");
	else if (everywhere)
		err = engine->door->flows.forget_others(all.ports, all.n_ports, all.subnets,
							all.n_subnets, error);
	else
		err = engine->door->flows.forget(engine->wire->stale_ports,
						 engine->wire->n_stale_ports, error);
	everything_done(&all);
	return err;
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int revents);

/* Starts a timer anew, whether it runs or not. */
static void start_timer(struct engine *engine, ev_timer *timer,
			void (*callback)(struct ev_loop *, ev_timer *, int), double seconds)
{
	ev_timer_stop(engine->loop, timer);
	ev_timer_init(timer, callback, seconds, 0.);
	timer->data = engine;
	ev_timer_start(engine->loop, timer);
}

/* The retry walks over everything, because by then nobody remembers the ports of the walk that
 * failed. It is rarer each time: what fails again and again is a kernel that refuses, and not a
 * moment's lack of memory. */
static void try_again(struct engine *engine)
{
	double pause_s = engine->wire->flows_pause_s * 2;

	engine->wire->flows_pause_s = pause_s < FLOWS_AGAIN_S	    ? FLOWS_AGAIN_S
				      : pause_s > FLOWS_AGAIN_MAX_S ? FLOWS_AGAIN_MAX_S
								    : pause_s;
	start_timer(engine, &engine->wire->flows_again, on_again, engine->wire->flows_pause_s);
}

/* The walk has ended. Status 0 says that all flows were looked at. */
static void on_end(struct ev_loop *loop, ev_child *child, int revents)
{
	struct engine *engine = child->data;

	(void)revents;
	ev_child_stop(loop, child);
	ev_timer_stop(loop, &engine->wire->flows_hung);
	/* The child has said why, except when a signal has ended it. */
	if (child->rstatus != 0) {
		if (WIFSIGNALED(child->rstatus))
			log_warn("stale flows are not forgotten yet: the walk over them was ended "
				 "by signal %d",
				 WTERMSIG(child->rstatus));
		try_again(engine);
		return;
	}
	/* Another walk may be owed since, for which there was no process: then the pause and the
	 * mark belong to that one. */
	if (ev_is_active(&engine->wire->flows_again))
		return;
	engine->wire->flows_pause_s = 0.;
	/* Ports may have been collected while this walk was under way. Their walk is yet to come,
	 * and the mark has to stay for it. */
	if (engine->wire->n_stale_ports == 0)
		run_dir_set_mark(engine, FLOWS_FILE, false);
}

/* Its end is seen as any other, and the walk made again. The alarm in the child should have ended
 * it before. One that is stopped (SIGSTOP) does not hear its alarm. */
static void on_hung(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	if (ev_is_active(&engine->wire->flows_child))
		(void)kill(engine->wire->flows_child.pid, SIGKILL); /* may have ended */
}

/* Of two walks at a time the later one counts, which looks at everything: the other has no purpose,
 * and stopped it would stay. */
static void watch_walk(struct engine *engine, pid_t pid)
{
	ev_child *child = &engine->wire->flows_child;

	if (ev_is_active(child))
		(void)kill(child->pid, SIGKILL); /* may have ended */
	ev_child_stop(engine->loop, child);
	ev_child_init(child, on_end, pid, 0);
	child->data = engine;
	ev_child_start(engine->loop, child);
	start_timer(engine, &engine->wire->flows_hung, on_hung, FLOWS_HUNG_S);
}

/* Starts a walk, over the collected ports or over everything. The child begins with a copy of the
 * engine, so it needs no message. */
static void forget(struct engine *engine, bool everywhere)
{
	struct error error = { 0 };
	pid_t pid;
	int err;

	/* This walk is the one that is owed: it covers all that came before. */
	if (everywhere)
		ev_timer_stop(engine->loop, &engine->wire->flows_again);
	/* The kernel tells the number of its flows by one small file. Most hosts and all new
	 * namespaces end here, without a fork. */
	if (!engine->door->flows.any()) {
		engine->wire->flows_pause_s = 0.;
		run_dir_set_mark(engine, FLOWS_FILE, false);
		return;
	}
	/* A process and not a thread: it can be ended at any moment, and leaves nothing half done
	 * in our memory. */
	pid = fork();
	if (pid < 0) {
		log_warn("stale flows are not forgotten yet: %s", strerror(errno));
		try_again(engine);
		return;
	}
	if (pid > 0) {
		watch_walk(engine, pid);
		return;
	}
	/* Should we be killed meanwhile, our successor must find the lock and the tables free. */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)alarm(FLOWS_TIME_MAX_S); /* nothing catches it */
	/* The child reads answers of the kernel for seconds, with all of the plumber's rights. It
	 * gives them up first, except for what the walk needs. */
	err = confine_walker();
	if (err < 0) {
		log_warn("stale flows are not forgotten yet: %s", strerror(-err));
		_exit(EXIT_FAILURE); /* it is owed still */
	}
	if (walk(engine, everywhere, &error) < 0) {
		log_warn("%s", error.text);
		_exit(EXIT_FAILURE);
	}
	/* The exit handlers and buffers belong to the parent. */
	_exit(0);
}

/* The pause after a failed walk is over. */
static void on_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	ev_timer_stop(loop, &engine->wire->flows_timer);
	engine->wire->n_stale_ports = 0; /* everything is more */
	forget(engine, true);
}

/* One that is under way may fail, and the next would cover it up; one that did is owed. */
static bool is_owed(const struct engine *engine)
{
	return ev_is_active(&engine->wire->flows_child) || ev_is_active(&engine->wire->flows_again);
}

/* The burst is over: one walk for all ports of it. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	/* The choice is made before the list is emptied: a child of its own has a copy of the
	 * list. */
	forget(engine, is_owed(engine));
	engine->wire->n_stale_ports = 0;
}

/* At a start. The mark says that a walk of the netd before was not finished. */
void flows_recover(struct engine *engine, bool broken_off)
{
	/* broken_off: the netd before this one was ended in the middle of a change, so it may not
	 * have come to its own flows. */
	if (broken_off || run_dir_has_mark(engine, FLOWS_FILE)) {
		run_dir_set_mark(engine, FLOWS_FILE, true);
		forget(engine, true);
	}
}

static bool append(struct engine *engine, const struct port *port)
{
	struct port *ports = grow(engine->wire->stale_ports, &engine->wire->size_stale_ports,
				  engine->wire->n_stale_ports + 1, sizeof(*ports));

	if (!ports)
		return false;
	engine->wire->stale_ports = ports;
	engine->wire->stale_ports[engine->wire->n_stale_ports++] = *port;
	return true;
}

void flows_forget(struct engine *engine, const struct port *ports, size_t n_ports)
{
	for (size_t i = 0; i < n_ports; i++)
		/* TCP flows end with their connections, and a routed port has no NAT that could be
		 * stale. */
		if (ports[i].protocol == IPPROTO_UDP && !port_is_routed(&ports[i]) &&
		    !append(engine, &ports[i]))
			log_warn("out of memory: flows to port %u are not forgotten",
				 ports[i].host_port);
	if (engine->wire->n_stale_ports == 0)
		return;
	/* Set before the caller is answered: from here on the walk is owed, whatever happens to
	 * this process. */
	run_dir_set_mark(engine, FLOWS_FILE, true);
	if (ev_is_active(&engine->wire->flows_timer))
		return;
	ev_timer_init(&engine->wire->flows_timer, on_timer, FLOWS_DELAY_S, 0.);
	engine->wire->flows_timer.data = engine;
	ev_timer_start(engine->loop, &engine->wire->flows_timer);
}

void flows_done(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->wire->flows_timer);
	/* The last chance. The child goes on after this process has ended, for it holds nothing
	 * of ours. */
	if (engine->wire->n_stale_ports > 0)
		forget(engine, is_owed(engine));
	ev_timer_stop(engine->loop, &engine->wire->flows_again);
	ev_timer_stop(engine->loop, &engine->wire->flows_hung);
	ev_child_stop(engine->loop, &engine->wire->flows_child);
	free(engine->wire->stale_ports);
}
