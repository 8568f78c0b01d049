// SPDX-License-Identifier: GPL-2.0-or-later
// call.c - one call of a CNI plugin: environment and configuration, decoded and checked
#include "plugins/cni/call.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "model/text/field.h"
#include "plugins/cni/network.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A key of the specification (GC), in the configuration that the runtime writes. */
#define VALID_ATTACHMENTS "cni.dev/valid-attachments"

/* Theory of operation. A call is environment variables and a JSON document on stdin. Both come from
 * a runtime, and both are checked as a stranger's words: names go into paths and labels, and each
 * message says what is wrong in the words of the specification. The rules depend on the verb: DEL
 * has to succeed for what an ADD has refused, so it decodes less, and VERSION needs no
 * configuration at all. Texts are the document's own, which lives as long as the call.
 *
 * The order of the checks follows from what an answer needs. The verb comes first, because the
 * other rules depend on it. The version comes before the rest of the configuration, because even
 * the error is written in it. The environment comes last: a configuration in a wrong version is
 * told as that, whatever else is wrong. */

/* May be called twice, and for a call whose decoding failed. */
void cni_call_done(struct cni_call *call)
{
	json_decref(call->json);
	call->json = NULL;
}

/* Borrowed from the configuration. json_object_get() of jansson takes NULL, so levels that are
 * missing need no check. */
json_t *cni_capability(const struct cni_call *call, const char *key)
{
	return json_object_get(json_object_get(call->json, "runtimeConfig"), key);
}

json_t *cni_wish(const struct cni_call *call, const char *key)
{
	json_t *value = cni_capability(call, key);

	if (value)
		return value;
	/* Capabilities are what the runtime was asked for, args.cni is the older way to say the
	 * same. */
	value = json_object_get(json_object_get(call->json, "args"), "cni");
	return json_object_get(value, key);
}

/* --- the environment -------------------------------------------------------------------------- */

/* The sentences are those of the reference library. */
static int decode_verb(const struct cni_env *env, struct cni_call *call, struct cni_error *error)
{
	if (!env->command || !*env->command)
		return cni_fail(error, CNI_BAD_ENVIRONMENT,
				"required env variables [CNI_COMMAND] missing");
	for (int verb = 0; verb < CNI_N_VERBS; verb++) {
		if (strcmp(env->command, cni_verb_name[verb]) == 0) {
			call->verb = (enum cni_verb)verb;
			return 0;
		}
	}
	return cni_fail(error, CNI_BAD_ENVIRONMENT, "unknown CNI_COMMAND: %s", env->command);
}

/* A letter or digit, then these and "_.-": container ids and network names. Refuses the empty text,
 * "." and "..", and everything with a slash. So such a name can be part of a path and of a URL. */
static bool is_name(const char *text)
{
	if (!isalnum((unsigned char)*text))
		return false;
	/* Bytes above 0x7f first: isalnum(3) says what the locale says. */
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80 ||
		    (!isalnum((unsigned char)*text) && !strchr("_.-", *text)))
			return false;
	return true;
}

/* The rules of dev_valid_name() in the kernel, as far as they are about characters. The kernel
 * would refuse such a name as well, but late, and with a bare number. */
static bool is_ifname(const char *text)
{
	size_t len = strlen(text);

	/* "." and ".." would be directories of /proc/sys. */
	if (len == 0 || len > IFNAME_LEN_MAX || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (; *text; text++)
		if (*text == '/' || *text == ':' || isspace((unsigned char)*text))
			return false;
	return true;
}

/* Names all that is missing in one sentence, as the reference library does. */
static int check_present(const struct cni_call *call, struct cni_error *error)
{
	/* DEL works without a netns: the specification lets a runtime leave it out when the netns
	 * is gone. */
	bool netns = call->verb != CNI_DEL;
	/* Room for the three texts and their commas. */
	char missing[64] = "";

	if (!*call->container)
		(void)strcat(missing, ",CNI_CONTAINERID"); /* NOLINT: the three fit */
	if (netns && !*call->netns)
		(void)strcat(missing, ",CNI_NETNS"); /* NOLINT */
	if (!*call->ifname)
		(void)strcat(missing, ",CNI_IFNAME"); /* NOLINT */
	if (!*missing)
		return 0;
	return cni_fail(error, CNI_BAD_ENVIRONMENT, "required env variables [%s] missing",
			missing + 1);
}

/* Of ADD, DEL and CHECK, the verbs that are about one interface. */
static int check_env(const struct cni_call *call, struct cni_error *error)
{
	int err = check_present(call, error);

	if (err < 0)
		return err;
	/* The length is checked because the id becomes a name in netd (container.c). */
	if (!is_name(call->container) || strlen(call->container) > NAME_LEN_MAX)
		return cni_fail(error, CNI_BAD_ENVIRONMENT, "invalid CNI_CONTAINERID: %s",
				call->container);
	if (!is_ifname(call->ifname))
		return cni_fail(error, CNI_BAD_ENVIRONMENT, "invalid CNI_IFNAME: %s", call->ifname);
	/* A relative path would be of this process, and not of netd. netd opens it, in its own
	 * working directory. */
	if (*call->netns && *call->netns != '/')
		return cni_fail(error, CNI_BAD_ENVIRONMENT,
				"CNI_NETNS must be an absolute path: %s", call->netns);
	return 0;
}

/* Everything else is false, a misspelt word too. */
static bool is_true(const char *text)
{
	return strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0 ||
	       strcasecmp(text, "t") == 0;
}

/* One "KEY=VALUE" of CNI_ARGS; unknown keys are counted, for IgnoreUnknown may stand behind them.
 *
 * pair is cut at its "=". Its parts are copied, so args does not borrow from it. -EINVAL: it is no
 * pair, or too long. *ret_unknown is set for an unknown key, and points into pair. */
static int decode_arg(char *pair, struct cni_args *args, bool *ignore, const char **ret_unknown)
{
	/* Where each key goes. NULL: known, and of no use here. */
	const struct {
		const char *key;
		char *value;
		size_t size;
	} known[] = {
		{ "IP", args->ip, sizeof(args->ip) },
		{ "MAC", args->mac, sizeof(args->mac) },
		{ "K8S_POD_NAME", args->pod, sizeof(args->pod) },
		{ "K8S_POD_NAMESPACE", args->pod_namespace, sizeof(args->pod_namespace) },
		{ "K8S_POD_UID", args->pod_uid, sizeof(args->pod_uid) },
		{ "K8S_POD_INFRA_CONTAINER_ID", NULL, 0 }, /* CNI_CONTAINERID once more */
		{ "NERDCTL_CNI_DHCP_HOSTNAME", args->hostname, sizeof(args->hostname) },
	};
	char *value = strchr(pair, '=');

	/* A pair without "=" is a mistake, and not an unknown key. */
	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (strcmp(pair, "IgnoreUnknown") == 0) {
		*ignore = is_true(value);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(pair, known[i].key) != 0)
			continue;
		/* Longer than anything that can be meant. Cut, it would mean something else. */
		if (known[i].value && strlen(value) >= known[i].size)
			return -EINVAL;
		if (known[i].value)
			(void)strcpy(known[i].value, value); /* NOLINT: it fits */
		return 0;
	}
	*ret_unknown = pair;
	return 0;
}

/* Cuts text into its pairs. Empty pairs, as in "A=1;;B=2", are passed over by strtok_r(3). */
static int decode_pairs(char *text, struct cni_call *call, struct cni_error *error)
{
	const char *unknown = NULL;
	bool ignore = false;
	char *rest;

	for (char *pair = strtok_r(text, ";", &rest); pair; pair = strtok_r(NULL, ";", &rest)) {
		if (decode_arg(pair, &call->args, &ignore, &unknown) < 0)
			return cni_fail(error, CNI_BAD_ENVIRONMENT, "CNI_ARGS: invalid pair \"%s\"",
					pair);
	}
	/* Judged after the last pair, because IgnoreUnknown has no fixed place. */
	if (unknown && !ignore)
		return cni_fail(error, CNI_BAD_ENVIRONMENT,
				"CNI_ARGS: unknown key \"%s\" (IgnoreUnknown=1 lets it pass)",
				unknown);
	return 0;
}

/* strtok_r(3) writes into its text, and the environment is not this function's to change. */
static int decode_args(const char *text, struct cni_call *call, struct cni_error *error)
{
	char *copy = strdup(text ? text : "");
	int err;

	if (!copy)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	err = decode_pairs(copy, call, error);
	free(copy);
	return err;
}

/* --- the configuration ------------------------------------------------------------------------ */

/* A sentence of the field readers under the code for a wrong configuration. */
static int fail_config(struct cni_error *error, const struct error *cause)
{
	return cni_fail(error, CNI_BAD_CONFIG, "%s", cause->text);
}

/* Sets call->version. While it fails, the version stays at the newest, in which the error is then
 * written. */
static int decode_version(struct cni_call *call, struct cni_error *error)
{
	const char *text = json_string_value(json_object_get(call->json, "cniVersion"));

	for (int version = 0; text && version < CNI_N_VERSIONS; version++) {
		if (strcmp(text, cni_version_name[version]) == 0) {
			call->version = (enum cni_version)version;
			return 0;
		}
	}
	/* Who asks for the versions does not know yet which one to write. */
	if (call->verb == CNI_VERSION)
		return 0;
	/* A missing cniVersion means 0.1.0 by the specification, and that result has another
	 * shape. */
	return cni_fail(error, CNI_BAD_VERSION,
			"cniVersion %s%s is not supported: netd-cni speaks %s to %s",
			text ? text : "is missing, and 0.1.0", text ? "" : ", which that means,",
			cni_version_name[0], cni_version_name[CNI_N_VERSIONS - 1]);
}

/* Verbs came with versions of the specification. A runtime does not use them with an older one. */
static int check_verb_version(const struct cni_call *call, struct cni_error *error)
{
	/* Verbs that are not listed are 0, which is the oldest version: they are always allowed. */
	static const enum cni_version first[CNI_N_VERBS] = {
		[CNI_CHECK] = CNI_0_4_0,
		[CNI_GC] = CNI_1_1_0,
		[CNI_STATUS] = CNI_1_1_0,
	};

	if (call->version >= first[call->verb])
		return 0;
	return cni_fail(error, CNI_BAD_VERSION, "config version %s does not allow %s",
			cni_version_name[call->version], cni_verb_name[call->verb]);
}

/* Sets name, network, netd_host and may_create. The texts are the document's. */
static int decode_names(struct cni_call *call, struct cni_error *error)
{
	struct error cause;
	struct field_scope scope;
	const char *network = "", *host = "";

	if (field_scope_init(call->json, "", &cause, &scope) < 0 ||
	    field_text(&scope, "name", &call->name) < 0 ||
	    field_text(&scope, "network", &network) < 0 ||
	    field_text(&scope, "netdHost", &host) < 0)
		return fail_config(error, &cause);
	/* "name" is required by the specification, and it becomes part of an endpoint's mark. */
	if (!*call->name)
		return cni_fail(error, CNI_BAD_CONFIG, "missing network name");
	if (!is_name(call->name) || strlen(call->name) > NAME_LEN_MAX)
		return cni_fail(error, CNI_BAD_CONFIG, "invalid network name: %s", call->name);
	/* "network" is a key of this plugin: a network that is shared with others, by netd's name
	 * or id. */
	call->network = *network ? network : call->name;
	call->netd_host = *host ? host : NULL;
	/* A network that is only named is somebody's; one that is described, or has no name of
	 * its own, may be made here. */
	call->may_create = !*network || network_is_described(call->json);
	return 0;
}

/* Objects that later readers take for granted. jansson answers NULL for a member of something that
 * is no object. A reader would then take a wrong shape for "not given", and pass over what was
 * asked for. */
static int check_shapes(const struct cni_call *call, struct cni_error *error)
{
	static const char *const objects[] = { "runtimeConfig", "args", "prevResult", "dns",
					       "ipam" };
	struct error cause;
	struct field_scope scope, ignored;

	if (field_scope_init(call->json, "", &cause, &scope) < 0)
		return fail_config(error, &cause);
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (field_object(&scope, objects[i], &ignored) < 0)
			return fail_config(error, &cause);
	if (call->verb == CNI_CHECK && !json_is_object(json_object_get(call->json, "prevResult")))
		return cni_fail(error, CNI_BAD_CONFIG, "CHECK needs a prevResult");
	/* Missing is not "none": freeing everything is not what a mistake should do. With an empty
	 * list a GC takes all attachments of the network. */
	if (call->verb == CNI_GC && !json_is_array(json_object_get(call->json, VALID_ATTACHMENTS)))
		return cni_fail(error, CNI_BAD_CONFIG, "GC needs %s", VALID_ATTACHMENTS);
	return 0;
}

/* Gives members their proper names where only the case differs. names ends with NULL. The member
 * with the other spelling stays, and nobody reads it. Returns 0, or other than 0 without memory.
 * Passes over what is no object. */
static int rename_members(json_t *object, const char *const *names)
{
	const char *key;
	json_t *value;
	void *next;
	int err = 0;

	for (; json_is_object(object) && *names; names++) {
		/* A member with the right name wins over one that is spelt otherwise. */
		if (json_object_get(object, *names))
			continue;
		/* The safe form of the loop, since the set below may move the object's members. The
		 * loop ends there. */
		json_object_foreach_safe(object, next, key, value)
		{
			if (strcasecmp(key, *names) == 0) {
				err |= json_object_set(object, *names, value);
				break;
			}
		}
	}
	return err;
}

/* containerd writes members of capabilities as its Go structs are called (HostPort, Servers),
 * because what reads them elsewhere does not look at case. Runs before anybody reads capabilities,
 * so readers know one spelling each. */
static int settle_case(const struct cni_call *call, struct cni_error *error)
{
	static const char *const mapping[] = { "hostPort", "containerPort", "protocol", "hostIP",
					       NULL };
	static const char *const dns[] = { "servers", "searches", "options", NULL };
	static const char *const bandwidth[] = { "ingressRate", "ingressBurst", "egressRate",
						 "egressBurst", NULL };
	const json_t *mappings = cni_capability(call, "portMappings");
	int err = rename_members(cni_capability(call, "dns"), dns);
	size_t i;
	json_t *one;

	err |= rename_members(cni_capability(call, "bandwidth"), bandwidth);
	json_array_foreach ((json_t *)mappings, i, one)
		err |= rename_members(one, mapping);
	return err ? cni_fail(error, CNI_INTERNAL, "no memory") : 0;
}

static bool is_blank(const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return len == 0;
}

/* Fills what comes from stdin. VERSION is answered without a configuration, or with a broken one of
 * another version. */
static int decode_config(const char *text, size_t len, struct cni_call *call,
			 struct cni_error *error)
{
	struct error cause;
	int err;

	if (is_blank(text, len) && call->verb != CNI_VERSION)
		return cni_fail(error, CNI_UNDECODABLE,
				"the network configuration: there is none on stdin");
	/* The parser is netd's own, with its limits on size and depth. */
	if (json_parse_body(text, len, &call->json, &cause) < 0)
		return cni_fail(error, CNI_UNDECODABLE, "the network configuration: %s",
				cause.text);
	err = decode_version(call, error);
	if (err < 0 || call->verb == CNI_VERSION)
		return err;
	if ((err = check_verb_version(call, error)) < 0 || (err = decode_names(call, error)) < 0)
		return err;
	err = check_shapes(call, error);
	return err < 0 ? err : settle_case(call, error);
}

/* *call is set in any case, because the error is written in its version. */
int cni_call_decode(const struct cni_env *env, const char *text, size_t len, struct cni_call *call,
		    struct cni_error *error)
{
	int err;

	/* Texts that are missing are "", so no reader has to check for NULL. */
	*call = (struct cni_call) {
		.version = CNI_1_1_0,
		.name = "",
		.network = "",
		.container = env->container ? env->container : "",
		.netns = env->netns ? env->netns : "",
		.ifname = env->ifname ? env->ifname : "",
		.netns_override = env->netns_override && is_true(env->netns_override),
	};
	err = decode_verb(env, call, error);
	if (err == 0)
		err = decode_config(text, len, call, error);
	/* GC and STATUS are about a network, and have no container, netns or interface. */
	if (err < 0 || (call->verb != CNI_ADD && call->verb != CNI_DEL && call->verb != CNI_CHECK))
		return err;
	err = check_env(call, error);
	/* A DEL must not fail for what an ADD was refused for. */
	if (err == 0 && call->verb == CNI_ADD)
		err = decode_args(env->args, call, error);
	return err;
}
