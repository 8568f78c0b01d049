// SPDX-License-Identifier: GPL-2.0-or-later
// pairs.c - many judgements of what was collected once: A and each thing of B that can be asked for
#include "diag/pairs.h"

#include "diag/judge.h"
#include "diag/question.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A pair is judged as a question of its own: the verdict's ends are filled
 * as question_resolve() would have filled them, with an address and a port besides, and then
 * judge() is called. So no pair can come out differently from the same question that is asked
 * alone.
 *
 * A port of the host that leads to B is asked for at the host, because that is what A would
 * write. */

/* Texts are copied: each verdict frees its own. */
static void copy_end(struct diag_verdict *verdict, const struct diag_end *from,
		     struct diag_end *end)
{
	*end = *from;
	end->name = end->space = NULL;
	if (from->name)
		verdict_set_name(verdict, end, from->name);
	if (from->space)
		verdict_set_space(verdict, end, from->space);
}

/* Where A finds the host: what is published on all of its addresses is asked for there. */
static void find_host(struct facts *facts, const struct diag_verdict *asked,
		      struct addr ret_addr[FAMILY_N])
{
	struct diag_verdict to_host = { 0 };

	copy_end(&to_host, &asked->from, &to_host.from);
	to_host.to.kind = DIAG_OF_HOST;
	verdict_set_name(&to_host, &to_host.to, "host");
	verdict_set_space(&to_host, &to_host.to, "host");
	for (enum family family = 0; family < FAMILY_N; family++)
		/* Only the address is asked for; no packet is followed. */
		ret_addr[family] = judge_addr(facts, &to_host, family);
	verdict_done(&to_host);
}

/* targets_of() does the work. Here it is found out how A sees B. */
int pairs_targets(struct facts *facts, struct diag_verdict *asked, struct diag_targets *ret_targets)
{
	struct diag_target_of whose = { .only = asked->to.addr };
	const struct diag_end *from = &asked->from;
	bool is_outside = from->kind == DIAG_OF_OUTSIDE ||
			  (from->kind == DIAG_OF_ADDRESS && !from->space);

	whose.space = asked->to.space ? facts_ask_space(facts, asked->to.space) : NULL;
	/* Without B's picture nobody knows what listens there. */
	if (!whose.space)
		return -ENOENT;
	whose.is_host = strcmp(whose.space->key, "host") == 0;
	/* A container that asks for itself reaches its own loopback. */
	whose.is_own = from->space && strcmp(from->space, asked->to.space) == 0;
	/* An error here would only mean that the text is no name: then there is no container,
	 * and B is a bare namespace. */
	if (!whose.is_host)
		(void)question_container(facts, asked->to.name, &whose.container, NULL);
	for (enum family family = 0; family < FAMILY_N; family++) {
		/* Who is outside has the address that he was given, and asks by that family
		 * alone. */
		whose.is_wanted[family] = !is_outside || family_of(from->addr.family) == family;
		whose.used[family] = judge_addr(facts, asked, family);
	}
	/* Containers have a way of their own to each other, and use no port of the host for it. */
	whose.is_asked_by_host = from->space && strcmp(from->space, "host") == 0;
	whose.with_published = is_outside || whose.is_asked_by_host;
	if (whose.with_published)
		find_host(facts, asked, whose.host);
	return targets_of(facts, &whose, ret_targets);
}

void pairs_judge(struct facts *facts, const struct diag_verdict *asked,
		 const struct diag_target *target, struct diag_verdict *ret_verdict)
{
	copy_end(ret_verdict, &asked->from, &ret_verdict->from);
	/* The target is the host's: B is not named in this pair. */
	if (target->is_published) {
		ret_verdict->to = (struct diag_end) { .kind = DIAG_OF_HOST };
		verdict_set_name(ret_verdict, &ret_verdict->to, "host");
		verdict_set_space(ret_verdict, &ret_verdict->to, "host");
	} else {
		copy_end(ret_verdict, &asked->to, &ret_verdict->to);
	}
	ret_verdict->to.addr = target->addr;
	ret_verdict->to.port = target->port;
	ret_verdict->to.protocol = target->protocol;
	judge(facts, ret_verdict);
	ret_verdict->source = facts->source;
}
