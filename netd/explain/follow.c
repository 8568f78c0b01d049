// SPDX-License-Identifier: GPL-2.0-or-later
// follow.c - packets of one container as they come by, until nobody wants to see more
#include "explain/follow.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netd-trace is told whose packets are wanted, and filters them in the
 * kernel; the rules that they meet the kernel tells by itself (follow_rules.c). Of the two the
 * tracer is read first, so that whatever its packets have met is there when they are told.
 * Where it cannot work there are rules alone, and the counters of the container's links. What
 * is said gets names from what was known when this began. Whoever started it holds the other
 * ends of standard input and output: when either is closed, also because its holder was killed,
 * this ends, and with it everything that it has in the kernel. A packet of the container is
 * told once, with the rules that it has met before it and behind it (followed_rules). Rules
 * that no packet is found for are told after a short time by themselves. */

/* One is enough for the process. asked has the addresses that are followed; followed has what
 * is needed to name the ends of a packet; rules has the sockets that the kernel tells rules by. */
struct following {
	const struct explain_options *options;
	struct follow_asked asked;
	struct facts *facts;
	struct follow_rules rules;
	struct followed_counters counters; /* where nothing tells packets */
	struct explain_trace *trace;
	struct followed followed;
	uint64_t n_told;
	double began_s;
	int64_t next_ms; /* when the counters are looked at again */
	bool is_over;
};

/* --- what it says ----------------------------------------------------------------------------- */

/* Blind: no tracer shows packets. Rules and counters are then all that is told. */
static bool is_blind(const struct following *following)
{
	return !following->trace->seen.is_ready;
}

/* It is the first line. Lacks, Without and RulesLack say in words what this watch will not
 * show: without them, silence would look like "no packets". */
static int tell_ready(const struct following *following)
{
	const struct traced *seen = &following->trace->seen;
	const char *rules_lack = following->options->no_rules ? "" : following->rules.lacks;
	json_t *json = json_pack("{s:i, s:b, s:o}", "Version", 1, "Ready", 1, "Of",
				 json_text(following->asked.of->name));

	if (json && is_blind(following))
		(void)json_object_set_new(json, "Lacks", json_text(seen->lacks));
	if (json && *seen->without)
		(void)json_object_set_new(json, "Without", json_text(seen->without));
	if (json && *rules_lack)
		(void)json_object_set_new(json, "RulesLack", json_text(rules_lack));
	return explain_answer_line(following->options, json);
}

/* Everything that is counted here is what the end says as Events; the reader compares. */
static int tell_json(struct following *following, json_t *json)
{
	following->n_told++;
	return explain_answer_line(following->options, json);
}

/* One that no event is known for has the time at which it was read. */
static int tell_rule(void *data, const struct followed_rule *rule, const struct traced_line *beside)
{
	struct following *following = data;
	double us = beside ? beside->us : (deadline_now_s() - following->began_s) * 1e6;

	return tell_json(following, followed_rule_json(following->facts, rule, us));
}

/* The order of lines is the order of events: rules that the packet met on its way to this place
 * come before it, those of its last place behind it. */
static int tell_line(struct following *following, const struct traced_line *line)
{
	struct followed_rules *met = &following->rules.met;
	int err = followed_rules_before(met, line, tell_rule, following);

	if (err == 0)
		err = tell_json(following, followed_json(&following->followed, line));
	return err < 0 ? err : followed_rules_behind(met, line, tell_rule, following);
}

static int tell_seen(struct following *following, bool is_end)
{
	struct traced *seen = &following->trace->seen;
	/* The rules are read before packets are told, so that those that belong to a packet are
	 * there. */
	int err = follow_rules_hear(&following->rules);

	for (size_t i = 0; err == 0 && i < seen->n; i++)
		err = tell_line(following, &seen->lines[i]);
	/* The lines are told, and the table is used again. */
	seen->n = 0;
	return err < 0 ? err
		       : followed_rules_rest(&following->rules.met, is_end || is_blind(following),
					     tell_rule, following);
}

/* Lost packets and lost rules are told at the end: a reader who counts must know that the count
 * is low. */
static int tell_end(const struct following *following)
{
	const struct follow_rules *rules = &following->rules;

	return explain_answer_line(following->options,
				   json_pack("{s:I, s:I, s:b}", "Events",
					     (json_int_t)following->n_told, "Lost",
					     (json_int_t)following->trace->seen.n_lost, "RulesLost",
					     rules->is_broken || rules->met.n_lost > 0));
}

/* What cannot be read now was read before, and will be again. An error leaves the numbers as
 * they are, and the difference goes to the next reading. */
static void read_counters(struct following *following)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (explain_links_read(&text) == 0)
		(void)followed_counters_read(&following->counters, text.data ? text.data : "");
}

/* Only networks whose numbers have grown get a line. */
static int tell_counters(struct following *following)
{
	const struct followed_counters *counters = &following->counters;
	double us = (deadline_now_s() - following->began_s) * 1e6;
	int err = 0;

	following->next_ms = deadline_after(DROPS_INTERVAL_MS);
	read_counters(following);
	/* Until a first reading is there nothing can be subtracted. */
	for (size_t i = 0; err == 0 && counters->since && i < counters->of->n_endpoints; i++)
		if (followed_counters_has(counters, i))
			err = tell_json(following, followed_counters_json(counters, i, us));
	return err;
}

/* A rule that is waited for is told when its time is over, whatever comes. Without one, and
 * with a tracer, nothing has to be done before somebody says something, and the process sleeps
 * until then. */
static int64_t next_look(const struct following *following)
{
	int64_t until_ms = DEADLINE_NEVER;

	if (is_blind(following))
		until_ms = following->next_ms;
	else if (following->rules.met.n > 0)
		until_ms = deadline_after(FOLLOWED_RULES_WAIT_MS);
	return until_ms < following->options->end_ms ? until_ms : following->options->end_ms;
}

/* One turn: wait, see whether the reader has gone, hear the tracer, hear the rules, tell.
 * Numbers of descriptors change as namespaces break, so the list is made anew each time. */
static int go_on(struct following *following)
{
	struct explain_trace *trace = following->trace;
	struct pollfd fds[3 + FOLLOW_RULES_MAX] = {
		{ .fd = explain_answer_end_fd(following->options), .events = POLLIN },
		{ .fd = following->options->out_fd, .events = POLLRDHUP },
		{ .fd = is_blind(following) ? -1 : trace->lines_fd, .events = POLLIN },
	};
	size_t n = 3 + follow_rules_poll(&following->rules, fds + 3);
	int err = 0, ready = deadline_poll(fds, n, next_look(following));

	/* A signal; the loop comes here again. */
	if (ready < 0)
		return 0;
	following->is_over = (fds[0].revents && explain_answer_has_end(following->options)) ||
			     (fds[1].revents & POLLRDHUP) ||
			     deadline_passed(following->options->end_ms);
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;

	if (fds[2].revents)
		err = explain_trace_hear(trace, following->options);
	if (err == 0)
		err = tell_seen(following, false);
	if (err == 0 && is_blind(following) && deadline_passed(following->next_ms))
		err = tell_counters(following);
	return err;
}

/* From here on nobody hears of errors but by the end of it. The status 200 is written by then. */
static void follow(struct following *following)
{
	int err = explain_answer_begin(following->options);

	if (err == 0)
		err = tell_ready(following);
	while (err == 0 && !following->is_over)
		err = go_on(following);
	/* The tracer is told to end before the rest is told: what it has kept back comes now. */
	explain_trace_end(following->trace);
	if (err == 0 && is_blind(following))
		err = tell_counters(following);
	/* The rest of the rules follows. */
	if (err == 0 && tell_seen(following, true) == 0)
		err = tell_end(following);
	if (err == 0)
		(void)explain_answer_finish(following->options);
}

/* All checks that can fail the call are before the first line, because then they are an error
 * with a status of its own. */
static int find(const struct explain_options *options, struct following *following,
		struct error *error)
{
	struct follow_asked *asked = &following->asked;
	int err = followed_filter_read(options->filter, options->n_filter, &asked->filter, error);

	if (err == 0)
		err = question_container(following->facts, options->follow, &asked->of, error);
	if (err == 0 && !asked->of)
		err = error_set(error, ERROR_NOT_FOUND, "no such container: %s", options->follow);
	if (err == 0 && asked->of->host_mode)
		err = error_set(error, ERROR_INVALID,
				"%s has the host's network: its packets are the host's own",
				options->follow);
	if (err == 0 && asked->of->netns == 0)
		err = error_set(error, ERROR_NOT_FOUND, "%s has no network namespace yet",
				options->follow);
	return err;
}

/* Pictures of the host and the container, and what is asked of their packets. The container's
 * own namespace shows addresses that netd did not give, and they are followed as well. */
static int look_around(struct following *following, struct look *look, struct error *error)
{
	struct facts *facts = following->facts;
	int err;

	explain_places_open(look, facts, DEADLINE_NEVER);
	err = explain_places_take(look, facts, "host", error);
	/* Of each packet that comes it is asked whether its ends are the host's. */
	for (enum family family = 0; err == 0 && family < FAMILY_N; family++)
		facts_ask_addrs(facts_space(facts, "host"), 0, family_af(family));
	if (err == 0)
		err = explain_places_take(look, facts, following->asked.of->space, error);
	return err < 0 ? err : follow_asked_fill(&following->asked, facts, error);
}

/* Neither of those who tell may be there. At least one of them must be, or nothing would be
 * told: that is the error. Rules are opened before the tracer, so that no packet is seen whose
 * rules were not marked. */
static int start(struct following *following, struct look *look, struct error *error)
{
	struct explain_trace *trace = following->trace;
	struct follow_rules *rules = &following->rules;
	_cleanup_(buf_done) struct buf orders = { 0 };
	int err = follow_asked_orders(&following->asked, following->facts, &orders);

	if (err < 0)
		return error_system(error, err, "cannot ask netd-trace");
	if (!following->options->no_rules)
		follow_rules_open(rules, &following->asked, look, following->facts);
	if (trace->is_running)
		(void)explain_trace_order(trace, &orders); /* it has said why */
	if (!trace->seen.is_ready && !*trace->seen.lacks)
		/* It has been told a deadline, and it has not ended; it may still be loading. */
		explain_trace_lack(trace, "netd-trace does not answer");
	/* What was counted before somebody looked is no news. */
	following->counters.of = following->asked.of;
	read_counters(following);
	if (trace->seen.is_ready || rules->n > 0)
		return 0;
	/* Not "unavailable": asking the records instead would not help. */
	return error_set(error, ERROR_NOT_IMPLEMENTED, "%s%s%s", trace->seen.lacks,
			 *rules->lacks ? "; " : "", rules->lacks);
}

int explain_follow(const struct explain_options *options, struct look *look,
		   struct explain_trace *trace, struct facts *facts, struct error *error)
{
	static struct following following; /* large, and one */
	int err;

	following.options = options;
	following.facts = facts;
	following.followed.facts = facts;
	following.trace = trace;
	following.began_s = deadline_now_s();
	err = find(options, &following, error);
	if (err == 0)
		err = look_around(&following, look, error);
	if (err == 0)
		err = start(&following, look, error);
	if (err == 0)
		follow(&following);
	follow_rules_done(&following.rules);
	followed_counters_done(&following.counters);
	follow_asked_done(&following.asked);
	return err;
}
