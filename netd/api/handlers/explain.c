// SPDX-License-Identifier: GPL-2.0-or-later
// explain.c - GET /netd/v1/explain, /netd/v1/reach and /netd/v1/doctor: does A reach B, who
// reaches what, and what is wrong at all
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/watcher.h"
#include "diag/question.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The daemon does nothing of it itself: it has a process started that asks the
 * kernel and judges, and passes on what that writes. So a question costs the loop a pipe and some
 * reads, whatever is found, and a process that goes wrong costs one answer. Only the query is
 * looked at here, so that who has written nonsense is told before anything is started. */

/* It is in one of three states: in line (is_waiting), running (is_running), or neither, for a
 * moment, while it is made or freed. The call's pending owns it from the end of look_into on. */
struct explaining {
	struct list node; /* in the list of those who wait; in none while it runs */
	struct api_call *call;
	/* of the server: how many run and wait; it outlives every question */
	struct api_explanations *all;
	/* what was asked, owned; NULL: not said */
	char *from, *to, *name, *names, *network;
	/* reach, doctor, connections, losses say which question it is; none of them: a pair */
	bool with_facts, all_listeners, probe, doctor, reach, connections, losses;
	bool is_waiting, is_running;
	int pipe_fd;	/* our end; -1: there is none */
	pid_t pid;	/* 0: it has not said so yet */
	char status[4]; /* "200\n", before the body */
	size_t status_len;
	/* the body as it comes; the reply takes it over */
	struct buf answer;
	ev_io io;
	/* from the start of the process on, and never set anew */
	ev_timer hung;
};

/* Declared here, for a place that becomes free starts the next one. */
static int start(struct explaining *explaining, struct error *error);

/* The pipe has no end yet, so the pid is still its own. Of one that is not positive kill(2) would
 * make many. */
static void end_process(const struct explaining *explaining)
{
	/* A question that is in line has no process. */
	if (explaining->is_running && explaining->pid > 0)
		(void)kill(explaining->pid, SIGKILL);
}

/* Facts, and who reaches whom, may have 32 MiB: netd holds those of one at a time. */
static bool is_long(const struct explaining *explaining)
{
	return explaining->with_facts || explaining->reach || explaining->connections;
}

/* Gives its place free. Safe for one that never ran. */
static void stop(struct explaining *explaining)
{
	struct ev_loop *loop = api_call_loop(explaining->call);

	ev_io_stop(loop, &explaining->io);
	ev_timer_stop(loop, &explaining->hung);
	cleanup_close(&explaining->pipe_fd);
	explaining->pipe_fd = -1;
	if (explaining->is_running)
		explaining->all->n_running--;
	/* Only one long question runs at a time, so the flag is this one's. */
	if (explaining->is_running && is_long(explaining))
		explaining->all->takes_facts = false;
	explaining->is_running = false;
}

/* Two bounds: how many run, and that one of those at most may have a long answer. */
static bool has_room(const struct explaining *explaining)
{
	const struct api_explanations *all = explaining->all;

	return all->n_running < EXPLAIN_AT_ONCE_MAX && !(is_long(explaining) && all->takes_facts);
}

/* First come, first served, except that a short question passes a long one that waits for another
 * long one. */
static void wait_in_line(struct explaining *explaining)
{
	explaining->is_waiting = true;
	explaining->all->n_waiting++;
	list_append(&explaining->all->waiting, &explaining->node);
}

/* Safe for one that is in no line. */
static void leave_line(struct explaining *explaining)
{
	list_remove(&explaining->node);
	if (explaining->is_waiting)
		explaining->all->n_waiting--;
	explaining->is_waiting = false;
}

/* The process and the pipe are stop's affair. */
static void explaining_free(struct explaining *explaining)
{
	if (!explaining)
		return;
	leave_line(explaining);
	buf_done(&explaining->answer);
	free(explaining->from);
	free(explaining->to);
	free(explaining->name);
	free(explaining->names);
	free(explaining->network);
	free(explaining);
}

/* For the cleanup attribute: a question that is refused before it waits or runs. */
static void explaining_freep(struct explaining **explaining)
{
	explaining_free(*explaining);
}

/* The body ends with a newline, or is not whole. The HTTP status, or a negative errno. A process
 * that was killed leaves an answer without its last newline, and a half of a verdict must not look
 * like a whole one. */
static int status_of(const struct explaining *explaining)
{
	const struct buf *answer = &explaining->answer;
	int status = 0;

	if (answer->err < 0)
		return answer->err;
	if (explaining->status_len < sizeof(explaining->status) || answer->len == 0 ||
	    /* The two lengths are compared before any of the bytes is used. */
	    answer->data[answer->len - 1] != '\n')
		return -EBADMSG;
	for (size_t i = 0; i < 3; i++)
		status = status * 10 + (explaining->status[i] - '0');
	return status >= 200 && status <= 599 ? status : -EBADMSG;
}

/* The body becomes the reply without being copied: it may have megabytes. */
static void reply(struct explaining *explaining)
{
	struct api_call *call = explaining->call;
	int status = status_of(explaining);

	if (status == -EBADMSG)
		(void)error_set(&call->error, ERROR_INTERNAL,
				"whoever looks into it ended before it had an answer");
	else if (status < 0)
		(void)error_system(&call->error, status, "cannot take the answer");
	if (status >= 0) /* the reply gets its own */
		explaining->answer.data[--explaining->answer.len] = '\0';
	if (status < 0)
		api_reply_error(call);
	else
		api_reply_finish(call, api_reply_json_text(call, status, &explaining->answer),
				 engine_n_left(api_call_engine(call)));
}

/* The first in line for whom there is room; NULL: nobody. */
static struct explaining *next_in_line(const struct api_explanations *all)
{
	list_foreach (&all->waiting, struct explaining, waiting, node)
		if (has_room(waiting))
			return waiting;
	return NULL;
}

/* One that cannot be started is told so. Called whenever a place has become free. */
static void start_next(struct api_explanations *all)
{
	struct explaining *next;

	while ((next = next_in_line(all))) {
		struct api_call *call = next->call;

		leave_line(next);
		/* It runs, and the loop looks whether there is room for one more. */
		if (start(next, &call->error) == 0)
			continue;
		/* The call is answered with the error. Its end must not free the question again. */
		call->pending = (struct api_pending) { 0 };
		explaining_free(next);
		api_reply_error(call);
		api_call_resume(call);
	}
}

/* Nobody waits for the answer any more. The caller has hung up, or netd stops. Whoever waited
 * longest gets the place. */
static void forget(void *data)
{
	struct explaining *explaining = data;
	struct api_explanations *all = explaining->all;

	/* In this order: a process that goes on would write into a pipe that nobody reads, and a
	 * place is free only when it is stopped. */
	end_process(explaining);
	stop(explaining);
	explaining_free(explaining);
	start_next(all);
}

/* The answer is complete, or never will be. The order matters: the place is free before the call is
 * resumed, and the next question starts when this one has no part in it any more. */
static void finish(struct explaining *explaining)
{
	struct api_explanations *all = explaining->all;
	struct api_call *call = explaining->call;

	/* Its place is free now, but start_next comes last. */
	stop(explaining);
	call->pending = (struct api_pending) { 0 };
	if (call->error.code < 0)
		api_reply_error(call);
	else
		reply(explaining);
	explaining_free(explaining);
	api_call_resume(call);
	start_next(all);
}

/* The process has a limit of processor time of its own. This is for one that sleeps. */
static void on_hung(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct explaining *explaining = timer->data;

	(void)loop, (void)revents;
	end_process(explaining);
	(void)error_set(&explaining->call->error, ERROR_UNAVAILABLE,
			"whoever looks into it did not end within %d s", EXPLAIN_HUNG_S);
	finish(explaining);
}

/* First the pid, which is written at once and by itself, then the status, then the body. At most
 * EXPLAIN_READ_MAX bytes a turn, so a long answer does not hold the loop. */
static ssize_t read_some(struct explaining *explaining)
{
	char data[EXPLAIN_READ_MAX];
	ssize_t n;

	if (explaining->pid == 0) {
		n = read(explaining->pipe_fd, &explaining->pid, sizeof(explaining->pid));
		return n > 0 && n < (ssize_t)sizeof(explaining->pid) ? 0 : n;
	}
	if (explaining->status_len < sizeof(explaining->status)) {
		n = read(explaining->pipe_fd, explaining->status + explaining->status_len,
			 sizeof(explaining->status) - explaining->status_len);
		explaining->status_len += n > 0 ? (size_t)n : 0;
		return n;
	}
	n = read(explaining->pipe_fd, data, sizeof(data));
	/* A want of memory shows in answer.err, which status_of looks at. */
	if (n > 0)
		buf_append(&explaining->answer, data, (size_t)n);
	return n;
}

/* 0 and an error other than "later" are the end. */
static void on_pipe(struct ev_loop *loop, ev_io *io, int revents)
{
	struct explaining *explaining = io->data;
	/* A short answer has a smaller bound, for several of them may come at once. */
	size_t max = is_long(explaining) ? EXPLAIN_ANSWER_MAX : EXPLAIN_VERDICT_MAX;
	ssize_t n;

	if (watcher_again(loop, io, revents))
		return;
	n = read_some(explaining);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (explaining->answer.len > max) {
		/* What has come so far is thrown away: half a verdict is none. */
		end_process(explaining);
		(void)error_set(&explaining->call->error, ERROR_TOO_LARGE,
				"the answer has more than %zu bytes", max);
		n = 0;
	}
	if (n <= 0)
		finish(explaining);
}

/* The child's end blocks, for the child has nothing else to do; netd's does not. */
static int open_pipe(struct explaining *explaining, int *ret_theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	explaining->pipe_fd = ends[0];
	/* The child gets a duplicate, and netd closes this one: only then does the pipe end with
	 * the child. */
	*ret_theirs = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0; /* theirs may wait */
}

/* Starts the process. On failure nothing runs, and the caller frees. */
static int start(struct explaining *explaining, struct error *error)
{
	const struct api_explainer *explainer = api_call_explainer(explaining->call);
	const struct api_explain asked = {
		.from = explaining->from,
		.to = explaining->to,
		.with_facts = explaining->with_facts,
		.all = explaining->all_listeners,
		.probe = explaining->probe,
		.doctor = explaining->doctor,
		.name = explaining->name,
		.connections = explaining->connections,
		.losses = explaining->losses,
		.reach = explaining->reach,
		.names = explaining->names,
		.network = explaining->network,
	};
	struct ev_loop *loop = api_call_loop(explaining->call);
	_cleanup_close_ int theirs = -1;
	int err = open_pipe(explaining, &theirs);

	if (err == 0)
		err = explainer->start(&asked, theirs, explainer->data);
	if (err < 0) {
		/* Closes the pipe. Nothing is counted yet. */
		stop(explaining);
		return err == -ENOENT ? error_set(error, ERROR_NOT_IMPLEMENTED,
						  "netd-explain is not installed: it belongs "
						  "beside netd, or into lib/netd")
				      : error_system(error, err, "cannot look into it");
	}
	explaining->is_running = true;
	explaining->all->n_running++;
	/* Counted after the start, so a failure leaves no place taken. */
	explaining->all->takes_facts |= is_long(explaining);
	ev_io_set(&explaining->io, explaining->pipe_fd, EV_READ);
	ev_io_start(loop, &explaining->io);
	ev_timer_set(&explaining->hung, EXPLAIN_HUNG_S, 0.);
	ev_timer_start(loop, &explaining->hung);
	return 0;
}

/* A parameter without which the question makes no sense. "" counts as said, and is judged by the
 * parser. */
static int wanted(struct api_call *call, const char *name, char **ret_value)
{
	int err = api_call_query(call, name, ret_value);

	if (err == 0 && !*ret_value)
		return error_set(&call->error, ERROR_INVALID,
				 "%s is missing: from=CONTAINER&to=CONTAINER:PORT", name);
	return err;
}

/* For /netd/v1/explain: a pair. question_parse is what the program itself uses, so a mistake is
 * told in its words, before anything is started. */
static int decode(struct api_call *call, struct explaining *explaining)
{
	/* Parsed for its mistakes alone: the process parses the same texts again. */
	struct question question;
	int err;

	if ((err = wanted(call, "from", &explaining->from)) < 0 ||
	    (err = wanted(call, "to", &explaining->to)) < 0 ||
	    (err = api_call_flag(call, "facts", &explaining->with_facts)) < 0 ||
	    (err = api_call_flag(call, "all", &explaining->all_listeners)) < 0 ||
	    (err = api_call_flag(call, "probe", &explaining->probe)) < 0)
		return err;
	err = question_parse(explaining->from, explaining->to, &question, &call->error);
	if (err == 0 && explaining->all_listeners && explaining->probe)
		return error_set(&call->error, ERROR_INVALID,
				 "all=1 judges every listener, and makes no connection: leave out "
				 "probe=1");
	return err == 0 && explaining->all_listeners ? question_check_all(&question, &call->error)
						     : err;
}

/* For /netd/v1/doctor: one thing, or everything. */
static int decode_name(struct api_call *call, struct explaining *explaining)
{
	int err = api_call_query(call, "name", &explaining->name);

	explaining->doctor = true;
	if (err == 0 && explaining->name && explaining->name[0] == '\0')
		return error_set(&call->error, ERROR_INVALID,
				 "name is empty: name=CONTAINER or name=NETWORK, or leave it out");
	return err;
}

/* For /netd/v1/reach: who asks, by name or by network. */
static int decode_askers(struct api_call *call, struct explaining *explaining)
{
	struct question_end end;
	const char *names;
	int err;

	explaining->reach = true;
	if ((err = api_call_query(call, "names", &explaining->names)) < 0 ||
	    (err = api_call_query(call, "network", &explaining->network)) < 0)
		return err;
	if (explaining->names && explaining->network)
		return error_set(&call->error, ERROR_INVALID,
				 "names says who asks, and network does: one of them is enough");
	/* Each name is read once, for its form alone. The list is parsed again by the program;
	 * nothing of this parse is kept. */
	names = explaining->names;
	do
		err = names ? question_take(&names, &end, &call->error) : 0;
	while (err == 0 && names && *names);
	return err;
}

/* By its whole name, which the process finds again: a prefix of an id might mean another by then.
 * For /netd/v1/containers/ID/connections, and losses. */
static int decode_name_of(struct api_call *call, struct explaining *explaining)
{
	struct container *container;
	int err = engine_container_find(api_call_engine(call), call->ref, &container, &call->error);

	if (err < 0)
		return err;
	/* The process looks the id up as it would a name. */
	explaining->name = strdup(container->spec.id);
	return explaining->name ? 0 : error_system(&call->error, -ENOMEM, "cannot look into it");
}

static int decode_connections(struct api_call *call, struct explaining *explaining)
{
	explaining->connections = true;
	return decode_name_of(call, explaining);
}

static int decode_losses(struct api_call *call, struct explaining *explaining)
{
	explaining->losses = true;
	return decode_name_of(call, explaining);
}

/* What all five questions have in common. decode_it reads the query into explaining. */
static int look_into(struct api_call *call,
		     int (*decode_it)(struct api_call *call, struct explaining *explaining))
{
	_cleanup_(explaining_freep) struct explaining *explaining = calloc(1, sizeof(*explaining));
	int err;

	if (!explaining)
		return error_system(&call->error, -ENOMEM, "cannot look into it");
	explaining->call = call;
	explaining->all = api_call_explanations(call);
	explaining->pipe_fd = -1;
	/* Everything that freeing looks at is set before the first thing that may fail. */
	list_init(&explaining->node);
	ev_io_init(&explaining->io, on_pipe, -1, 0);
	ev_timer_init(&explaining->hung, on_hung, 0., 0.);
	explaining->io.data = explaining->hung.data = explaining;
	if ((err = decode_it(call, explaining)) < 0)
		return err;
	/* Tests run the API without it. */
	if (!api_call_explainer(call)->start)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED, "nobody looks into it here");
	/* The line has a bound, for each who waits holds a connection. */
	if (!has_room(explaining) && explaining->all->n_waiting >= EXPLAIN_WAITING_MAX)
		return error_set(&call->error, ERROR_UNAVAILABLE,
				 "%d questions are being looked into and %d more wait: ask again "
				 "later",
				 EXPLAIN_AT_ONCE_MAX, EXPLAIN_WAITING_MAX);
	/* The call is suspended in both cases; only the start differs. */
	if (!has_room(explaining))
		wait_in_line(explaining);
	else if ((err = start(explaining, &call->error)) < 0)
		return err;
	call->pending = (struct api_pending) { forget, take_ptr(explaining) };
	api_call_suspend(call);
	return API_LATER;
}

/* The five handlers differ in how they read the query; the process is told which question it is. */
int api_explain_get(struct api_call *call)
{
	return look_into(call, decode);
}

int api_explain_doctor(struct api_call *call)
{
	return look_into(call, decode_name);
}

int api_explain_reach(struct api_call *call)
{
	return look_into(call, decode_askers);
}

int api_explain_connections(struct api_call *call)
{
	return look_into(call, decode_connections);
}

int api_explain_losses(struct api_call *call)
{
	return look_into(call, decode_losses);
}
