// SPDX-License-Identifier: GPL-2.0-or-later
// known_options.c - which keys of a map of options have to be known, and a word for one that is not
#include "model/text/known_options.h"

#include "base/cleanup.h"
#include "base/nearest.h"

#include <string.h>

/* A key without a dot is netd's own, and so is one that begins with "org.netd.network." or
 * "org.netd.endpoint."; one that begins with "com.docker.network." is Docker's: whoever writes one
 * wants something done. Any other is somebody's note (org.netd.docker.… and io.netd.… are those of
 * netd's plugins): it is kept and shown, and means nothing. */
static bool known_options_must_know(const char *key)
{
	static const char *const families[] = { "com.docker.network.", "org.netd.network.",
						"org.netd.endpoint." };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strncmp(key, families[i], strlen(families[i])) == 0)
			return true;
	/* "-o --icc", as minikube writes: a flag of dockerd's, that Docker takes no notice of here.
	 */
	return !strchr(key, '.') && strncmp(key, "--", 2) != 0;
}

/* known ends with NULL. */
static bool is_known(const char *key, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(key, *known) == 0)
			return true;
	return false;
}

/* where: for the sentence. options may be NULL. */
int known_options_check(const json_t *options, const char *const *known, const char *where,
			struct error *error)
{
	const char *key, *nearest;
	json_t *value;

	json_object_foreach ((json_t *)options, key, value) {
		if (!known_options_must_know(key) || is_known(key, known))
			continue;
		nearest = nearest_of(key, known);
		if (nearest)
			return error_set(error, ERROR_INVALID,
					 "%s has no option \"%s\"; did you mean \"%s\"?", where,
					 key, nearest);
		return error_set(error, ERROR_INVALID,
				 "%s has no option \"%.200s\": netctl(1) lists them, and what is a "
				 "note for somebody else has a dot in its name",
				 where, key);
	}
	return 0;
}
