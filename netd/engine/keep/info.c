// SPDX-License-Identifier: GPL-2.0-or-later
// info.c - what netd believes and counts, for netctl system info
#include "engine/keep/keep.h"

/* Words that clients show. They are part of the API and stay. */
static const char *const firewalld_state_name[_FIREWALLD_STATE_N] = {
	[FIREWALLD_ABSENT] = "absent",		[FIREWALLD_ASKED] = "asked",
	[FIREWALLD_DRIVEN] = "driven",		[FIREWALLD_REFUSES] = "refuses",
	[FIREWALLD_NOT_BUILT] = "not built in",
};

/* The counters in the kernel are read first, so that the answer is of this moment. */
static json_t *guard_of(struct engine *engine)
{
	json_t *guard;

	forged_look(engine);
	guard = guard_json(&engine->guard);
	if (guard && json_object_set_new(guard, "ForgedBy", forged_sources(engine)) < 0) {
		json_decref(guard);
		return NULL;
	}
	return guard;
}

/* NULL: no memory. json_pack frees what it was given then. */
json_t *engine_info(struct engine *engine)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:b, s:s, s:s, s:o, s:s, s:o, s:o}", "Networks",
			 (json_int_t)engine->n_networks, "Containers",
			 (json_int_t)engine->n_containers, "ResolverPid",
			 (json_int_t)engine_resolver_pid(engine), "Repairs",
			 (json_int_t)engine->keep->n_repairs, "TableOwned",
			 engine->door->rules.is_owner(engine->nft), "UserRules",
			 engine->wire->has_user_rules, "RunDir", engine->run_dir, "StateDir",
			 engine->state_dir, "AcceptRA", forwarding_kept_ra(engine), "Firewalld",
			 firewalld_state_name[firewalld_state(engine->wire->firewalld)], "Guard",
			 guard_of(engine), "Warnings", engine_warnings(engine));
}
