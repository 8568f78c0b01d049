// SPDX-License-Identifier: GPL-2.0-or-later
// firewalld.h - netd's bridges in a zone of firewalld's, where firewalld guards this host
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct engine;
struct firewalld;

/* What netd has to do with firewalld on this host. */
enum firewalld_state {
	FIREWALLD_ABSENT, /* no bus, nobody of that name on it, or one that guards another netns */
	FIREWALLD_ASKED,  /* it is there, and has not said yes to everything yet */
	FIREWALLD_DRIVEN, /* the zone, its policies and all bridges are in */
	FIREWALLD_REFUSES,
	FIREWALLD_NOT_BUILT, /* without libsystemd's D-Bus */
	_FIREWALLD_STATE_N,
};

#ifdef NETD_FIREWALLD
/* Connects when there is a bus, looks again later when there is not. Nothing here waits: all is
 * asked and answered through the engine's loop. NULL: out of memory, which is logged. */
struct firewalld *firewalld_new(struct engine *engine);
/* Lets go; the zone and what is in it stay, for containers stay connected. NULL is fine. */
void firewalld_free(struct firewalld *firewalld);
/* A bridge came or went: the zone follows in a moment. NULL is fine. */
void firewalld_follow(struct firewalld *firewalld);
enum firewalld_state firewalld_state(const struct firewalld *firewalld);
/* FIREWALLD_REFUSES: its own words. */
const char *firewalld_fault(const struct firewalld *firewalld);
#else
static inline struct firewalld *firewalld_new(struct engine *engine)
{
	(void)engine;
	return NULL;
}
static inline void firewalld_free(struct firewalld *firewalld)
{
	(void)firewalld;
}
static inline void firewalld_follow(struct firewalld *firewalld)
{
	(void)firewalld;
}
static inline enum firewalld_state firewalld_state(const struct firewalld *firewalld)
{
	(void)firewalld;
	return FIREWALLD_NOT_BUILT;
}
static inline const char *firewalld_fault(const struct firewalld *firewalld)
{
	(void)firewalld;
	return "";
}
#endif

/* It lets netd's traffic through, or will in a moment. */
static inline bool firewalld_is_ours(const struct firewalld *firewalld)
{
	enum firewalld_state state = firewalld_state(firewalld);

	return state == FIREWALLD_DRIVEN || state == FIREWALLD_ASKED;
}
