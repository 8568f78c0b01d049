// SPDX-License-Identifier: GPL-2.0-or-later
// roster.c - the members of an etcd of netd's own, as they come and go
#include "herald/herald.h"

#include "herald/etcd.h"

#include <string.h>

/* Theory of operation. etcd tells nobody when its members change, so it is asked: often while there
 * are few, for hosts wait for it then, and seldom when all seats are taken. A member that is slow
 * may say what was so a moment ago, and the next look says the rest. An etcd of somebody else's is
 * not asked: whoever gave its members knows how it is reached. */

/* The place of a member among those that are spoken to; n: it is none of them. */
static uint8_t find_url(const struct herald_config *config, const char *url)
{
	uint8_t i = 0;

	while (i < config->n_members && strcmp(config->members[i], url) != 0)
		i++;
	return i;
}

/* Goes over to these. The member that is spoken to stays so, if it is among them. */
static void adopt(struct herald *herald)
{
	static char urls[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	struct herald_config *config = &herald->config;
	char url[CLUSTER_URL_LEN_MAX + 1];
	uint8_t n;

	memset(urls, 0, sizeof(urls));
	n = herald_members_urls(&herald->members, urls);
	if (n == 0)
		return;
	memcpy(url, herald_member(herald), sizeof(url));
	memcpy(config->members, urls, sizeof(config->members));
	config->n_members = n;
	herald->state.member = find_url(config, url);
	/* It answers still, but is a member no more, or has another address. */
	if (herald->state.member == n) {
		herald->state.member = (uint8_t)(n - 1); /* the one before the first */
		session_fail(herald, "the member of etcd that was spoken to is none any more");
	}
	channel_tell_state(herald, &herald->state);
}

/* No answer is no matter: what does not work is found out by the session. */
static void on_members(const char *text, size_t len, const char *why, void *data)
{
	static struct herald_members members;
	struct herald *herald = data;
	struct etcd_answer answer = { 0 };

	(void)why;
	herald->looking = NULL;
	if (!text || etcd_answer_read(text, len, &answer) < 0 || answer.why[0] ||
	    etcd_answer_members(&answer, &members) < 0 ||
	    memcmp(&members, &herald->members, sizeof(members)) == 0)
		return;
	herald->members = members;
	channel_tell_members(herald, &members);
	adopt(herald);
}

/* Sets the time of the next look. */
static void look_later(struct herald *herald)
{
	bool is_full = herald_members_voters(&herald->members) >= CLUSTER_SEATS;

	ev_timer_stop(herald->loop, &herald->look);
	ev_timer_set(&herald->look, is_full ? HERALD_LOOK_LONG_S : HERALD_LOOK_S, 0.);
	ev_timer_start(herald->loop, &herald->look);
}

void roster_look(struct herald *herald)
{
	struct buf body = { 0 };

	if (!herald->config.follows || !herald->watching)
		return;
	look_later(herald);
	if (herald->looking)
		return;
	etcd_ask_members(&body);
	/* Without memory it is asked the next time. */
	herald->looking = http_ask(herald->http, herald_member(herald), ETCD_MEMBER_LIST, &body,
				   NULL, on_members, herald);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	roster_look(timer->data);
}

void roster_forget(struct herald *herald)
{
	ev_timer_stop(herald->loop, &herald->look);
	http_cancel(herald->looking);
	herald->looking = NULL;
}

void roster_init(struct herald *herald)
{
	ev_init(&herald->look, on_look);
	herald->look.data = herald;
}
