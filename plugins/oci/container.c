// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - from a container's state, annotations and bundle to the request netd is sent
#include "plugins/oci/container.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "model/container/bandwidth.h"
#include "model/container/port_binding.h"
#include "model/show/spec_json.h"
#include "model/text/name.h"
#include "plugins/oci/oci.h"
#include "plugins/oci/text.h"

#include <ctype.h>
#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* The words of the annotation netd.files, which are the names in /etc as well. */
static const char *const oci_file_name[OCI_FILE_N_FILES] = {
	[OCI_FILE_RESOLV_CONF] = "resolv.conf",
	[OCI_FILE_HOSTS] = "hosts",
	[OCI_FILE_HOSTNAME] = "hostname",
};

/* An annotation that is read in this file has its key here, or check_keys() refuses it. */
const char *const oci_container_keys[] = { "network", "name",	    "hostname",	   "domainname",
					   "ports",   "links",	    "extra-hosts", "dns",
					   "files",   "dns-search", "dns-options", NULL };
const char *const oci_network_keys[] = { "ip", "mac", "aliases", "interface", "bandwidth", NULL };

/* Theory of operation. The request has two halves. What has a form of its own in netd (id, network
 * namespace, ports) is put into a container_spec, and model/ writes it as JSON: one writer, so what
 * this hook sends cannot drift from what netd reads. The rest are texts and lists, which are passed
 * on as they stand in the annotations; netd judges them and its sentence reaches the user. Judged
 * here is only what netd could not see: a key that nobody reads, and a value that would be
 * overwritten by another. What netd must know again at poststop goes into labels. */

/* The errors of this file, as -ENOMEM and -EINVAL. */
static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot write the request");
}

/* what continues the sentence: "must be ...". */
static int bad_value(struct error *error, const char *key, const char *what)
{
	return error_set(error, ERROR_INVALID, "annotation " OCI_PREFIX "%s %s", key, what);
}

/* --- which annotations there are -------------------------------------------------------------- */

static bool has_word(const json_t *list, const char *word)
{
	size_t i;
	json_t *one;

	/* Lists are made by oci_list(), which puts nothing but texts into them. */
	json_array_foreach ((json_t *)list, i, one)
		if (strcmp(json_string_value(one), word) == 0)
			return true;
	return false;
}

/* key: behind "netd.". */
static bool is_network_key(const char *key, const json_t *networks)
{
	for (size_t i = 0; oci_network_keys[i]; i++) {
		size_t len = strlen(oci_network_keys[i]);

		/* A dot or the end must follow, for "ipx" is no "ip". All behind the first dot is
		 * the network's name, which may have dots itself. */
		if (strncmp(key, oci_network_keys[i], len) == 0 &&
		    (!key[len] || (key[len] == '.' && has_word(networks, key + len + 1))))
			return true;
	}
	return false;
}

static bool is_known(const char *key, const json_t *networks)
{
	for (size_t i = 0; oci_container_keys[i]; i++)
		if (strcmp(key, oci_container_keys[i]) == 0)
			return true;
	return is_network_key(key, networks);
}

/* A port that is not published for a letter too many would be found out late. All annotations with
 * the prefix are looked at, whoever wrote them. */
static int check_keys(const struct oci_state *state, const json_t *networks, struct error *error)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)state->annotations, name, value) {
		const char *key = name + strlen(OCI_PREFIX);

		if (strncmp(name, OCI_PREFIX, strlen(OCI_PREFIX)) != 0)
			continue;
		/* A longer key would be cut by oci_annotation(), and be read as another one. */
		if (strlen(name) >= OCI_KEY_MAX || !is_known(key, networks))
			return error_set(error, ERROR_INVALID,
					 "annotation %.100s is not known, or is of a network that "
					 "netd.network does not name",
					 name);
	}
	return 0;
}

/* --- networks --------------------------------------------------------------------------------- */

/* The annotation of one network: the first one's may be written without its name. NULL: it is not
 * there. Borrowed from the state. */
static const char *of_network(const struct oci_state *state, const char *key, const char *network,
			      bool first)
{
	char name[OCI_KEY_MAX];
	const char *value;
	int len = snprintf(name, sizeof(name), "%s.%s", key, network);

	/* A key that was cut would be another annotation. */
	value = len > 0 && (size_t)len < sizeof(name) ? oci_annotation(state, name) : NULL;
	return value || !first ? value : oci_annotation(state, key);
}

/* Takes an object that is NULL for want of memory, too. 0, or negative. */
static int put_text(json_t *object, const char *key, const char *text)
{
	/* What is empty is left out: then it is netd's to choose. */
	return text && *text ? json_object_set_new(object, key, json_string(text)) : 0;
}

/* One address of each family. text: addresses in any order, separated as in every list of
 * annotations; NULL for none. */
static int put_addresses(json_t *settings, const char *text, struct error *error)
{
	json_auto_t *list = oci_list(text), *ipam = json_object();
	size_t i;
	json_t *word;

	json_array_foreach (list, i, word) {
		/* The colon alone decides on the family. Whether it is an address is netd's to say.
		 */
		bool six = strchr(json_string_value(word), ':');
		const char *key = calls_family[six ? FAMILY_6 : FAMILY_4].asked;

		/* The second would take the place of the first without a word. */
		if (json_object_get(ipam, key))
			return error_set(error, ERROR_INVALID,
					 "annotation netd.ip: a network gives one address of each "
					 "family, and %s is the second",
					 json_string_value(word));
		if (json_object_set(ipam, key, word) < 0)
			return no_memory(error);
	}
	/* Without memory the list is NULL, and the loop above had no rounds. */
	if (!list || json_object_set(settings, "IPAMConfig", ipam) < 0)
		return no_memory(error);
	return 0;
}

/* Names without a network's name behind them hold in all of them. 0, or negative for want of
 * memory. */
static int put_aliases(const struct oci_state *state, const char *network, json_t *settings)
{
	json_auto_t *everywhere = oci_list(oci_annotation(state, "aliases"));
	json_auto_t *here = oci_list(of_network(state, "aliases", network, false));

	/* Both may be absent: a list of no text is empty, not NULL. */
	if (!everywhere || !here || json_array_extend(everywhere, here) < 0)
		return -ENOMEM;
	return json_object_set(settings, "Aliases", everywhere);
}

/* Appends the settings of one network to networks. The order of the array is that of the
 * interfaces. */
static int put_network(const struct oci_state *state, const char *network, bool first,
		       json_t *networks, struct error *error)
{
	json_auto_t *settings = json_pack("{s:s}", "Name", network);
	const char *ifname = of_network(state, "interface", network, first);
	const char *bandwidth = of_network(state, "bandwidth", network, first);
	json_auto_t *options = json_object();
	int err = 0;

	/* Its error is filled already, unlike that of the calls below, which all fail for the same
	 * reason. */
	if (put_addresses(settings, of_network(state, "ip", network, first), error) < 0)
		return -EINVAL;
	/* Where an object is NULL for want of memory, jansson refuses every call on it: one look in
	 * the end tells of all. */
	err |= put_text(settings, "MacAddress", of_network(state, "mac", network, first));
	err |= put_aliases(state, network, settings);
	err |= put_text(options, NETD_OPTION_IFNAME, ifname);
	err |= put_text(options, BANDWIDTH_LABEL, bandwidth);
	if (json_object_size(options) > 0)
		err |= json_object_set(settings, "DriverOpts", options);
	err |= json_array_append(networks, settings);
	return err != 0 ? no_memory(error) : 0;
}

/* None named: netd's default network, whose settings may be given all the same. names is completed
 * where it is empty. */
static int put_networks(const struct oci_state *state, json_t *names, json_t *body,
			struct error *error)
{
	json_auto_t *networks = json_array();
	size_t i;
	json_t *name;

	/* The name goes into the list, so that "netd.ip" has a first network to be of. */
	if (json_array_size(names) == 0 && json_array_append_new(names, json_string("bridge")) < 0)
		return no_memory(error);
	json_array_foreach (names, i, name) {
		/* The first one has the default route, and annotations without a network's name are
		 * its. */
		int err = put_network(state, json_string_value(name), i == 0, networks, error);

		if (err < 0)
			return err;
	}
	return json_object_set(body, "Networks", networks) < 0 ? no_memory(error) : 0;
}

/* --- the container ---------------------------------------------------------------------------- */

/* spec->name becomes "" where netd is to find a name. */
static int take_name(const struct oci_state *state, struct container_spec *spec,
		     struct error *error)
{
	const char *name = oci_annotation(state, "name");
	int err;

	if (name) {
		err = name_check("container", name, error);
		if (err < 0) {
			error_prefix(error, "annotation " OCI_PREFIX "name");
			return err;
		}
	} else if (!calls_is_id(state->id) && name_check("container", state->id, NULL) == 0) {
		name = state->id; /* 64 digits are no name in the DNS; netd makes a short one */
	}
	/* An OCI id may have characters that a name may not (runc takes a plus): that is no error,
	 * and netd finds a name of its own. */
	(void)snprintf(spec->name, sizeof(spec->name), "%s", name ? name : ""); /* it was checked */
	return 0;
}

/* What the bundle calls the container, where that can be a name in the DNS. */
static bool is_hostname(const char *text)
{
	/* config.json's hostname is free text, and the runtime has taken it. It is only not passed
	 * on where netd would refuse it. */
	size_t len = strlen(text);

	for (; *text; text++)
		if ((unsigned char)*text >= 0x80 ||
		    (!isalnum((unsigned char)*text) && !strchr("_.-", *text)))
			return false;
	return len > 0 && len <= HOSTNAME_LEN_MAX;
}

/* Lends the bundle's text to spec. The caller takes it out before spec goes. */
static int take_netns(const struct oci_state *state, const struct oci_bundle *bundle,
		      struct container_spec *spec, struct error *error)
{
	/* The namespace is somebody else's and may outlive the process: netd is told where it is,
	 * and not who is in it. */
	if (bundle->netns == OCI_NETNS_PATH) {
		spec->netns_path = bundle->netns_path; /* lent */
		return 0;
	}
	/* At createRuntime the process is there and has its namespaces ("after the runtime
	 * environment has been created", config.md, createRuntime Hooks). */
	if (state->pid == 0)
		return error_set(error, ERROR_INVALID,
				 "the container's state has no pid, which says where its network "
				 "namespace is");
	spec->pid = state->pid;
	return 0;
}

/* "8080:80/tcp" and the like, in the words of netctl. spec owns the ports. */
static int take_ports(const struct oci_state *state, struct container_spec *spec,
		      struct error *error)
{
	json_auto_t *list = oci_list(oci_annotation(state, "ports"));
	size_t i;
	json_t *word;

	if (!list)
		return no_memory(error);
	json_array_foreach (list, i, word) {
		int err = port_binding_parse(json_string_value(word), &spec->ports, &spec->n_ports,
					     error);

		if (err < 0) {
			error_prefix(error, "annotation " OCI_PREFIX "ports");
			return err;
		}
	}
	return 0;
}

/* What model/ writes for us: identity, netns and ports. *ret_body is the caller's. spec is the
 * caller's as well, filled as far as this came. */
static int spec_body(const struct oci_state *state, const struct oci_bundle *bundle,
		     struct container_spec *spec, json_t **ret_body, struct error *error)
{
	int err;

	/* Made of what the state has, so that poststop finds the same id without the bundle. */
	oci_state_id(state, spec->id);
	if ((err = take_name(state, spec, error)) < 0 ||
	    (err = take_netns(state, bundle, spec, error)) < 0 ||
	    (err = take_ports(state, spec, error)) < 0)
		return err;
	*ret_body = spec_json_container(spec);
	return *ret_body ? 0 : no_memory(error);
}

/* 0, or negative for want of memory. */
static int put_list(const struct oci_state *state, const char *key, json_t *body, const char *field)
{
	json_auto_t *list = oci_list(oci_annotation(state, key));

	/* An empty list says the same as none. */
	return list ? json_object_set(body, field, list) : -ENOMEM;
}

/* Members that need no look of this hook. 0, or other than 0 for want of memory. */
static int put_rest(const struct oci_state *state, const struct oci_bundle *bundle, json_t *body)
{
	const char *hostname = oci_annotation(state, "hostname");
	int err = 0;

	/* The annotation counts first: it was written for netd. */
	if (!hostname && is_hostname(bundle->hostname))
		hostname = bundle->hostname;
	err |= put_text(body, "Hostname", hostname);
	err |= put_text(body, "Domainname", oci_annotation(state, "domainname"));
	err |= put_list(state, "links", body, "Links");
	err |= put_list(state, "extra-hosts", body, "ExtraHosts");
	err |= put_list(state, "dns", body, "Dns");
	err |= put_list(state, "dns-search", body, "DnsSearch");
	err |= put_list(state, "dns-options", body, "DnsOptions");
	/* Labels are all that this hook keeps. Both are needed: an id is unique within one runtime
	 * only. */
	return err | json_object_set_new(body, "Labels",
					 json_pack("{s:s, s:s}", OCI_LABEL_ID, state->id,
						   OCI_LABEL_BUNDLE, state->bundle));
}

/* *ret_body is the caller's. */
int oci_container_body(const struct oci_state *state, const struct oci_bundle *bundle,
		       json_t **ret_body, struct error *error)
{
	json_auto_t *names = oci_list(oci_annotation(state, "network")), *body = NULL;
	struct container_spec spec = { 0 };
	int err;

	if (!names)
		return no_memory(error);
	/* Before all else: a key that nobody reads is told even where everything that is read is
	 * right. */
	err = check_keys(state, names, error);
	if (err < 0)
		return err;
	err = spec_body(state, bundle, &spec, &body, error);
	/* Taken out before the spec is freed, which would free the bundle's text with it. */
	spec.netns_path = NULL; /* it was lent */
	container_spec_done(&spec);
	if (err < 0)
		return err;
	err = put_networks(state, names, body, error);
	if (err < 0)
		return err;
	if (put_rest(state, bundle, body) != 0)
		return no_memory(error);
	*ret_body = take_ptr(body);
	return 0;
}

/* An id alone is not enough: two runtimes may each have one of the same text. */
bool oci_container_is_ours(const struct oci_state *state, const json_t *container)
{
	const json_t *labels = json_object_get(json_object_get(container, "Config"), "Labels");

	/* A member that is not there is "", which no id is: a container without our labels is not
	 * ours. */
	return strcmp(calls_text(labels, OCI_LABEL_ID), state->id) == 0 &&
	       strcmp(calls_text(labels, OCI_LABEL_BUNDLE), state->bundle) == 0;
}

bool oci_container_joins_pod(const struct oci_state *state)
{
	static const char *const keys[] = { "io.kubernetes.cri-o.ContainerType",
					    "io.kubernetes.cri.container-type" };

	/* CRI-O's name and containerd's. Such a container joins the namespace of its sandbox, for
	 * which this hook was called already. */
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(calls_text(state->annotations, keys[i]), "container") == 0)
			return true;
	return false;
}

/* ret_wanted is filled on failure, too, and is not to be used then. */
int oci_container_files(const struct oci_state *state, bool ret_wanted[static OCI_FILE_N_FILES],
			struct error *error)
{
	const char *text = oci_annotation(state, "files");
	json_auto_t *list = oci_list(text);
	size_t n_known = 0;

	if (!list)
		return no_memory(error);
	for (int file = 0; file < OCI_FILE_N_FILES; file++) {
		/* Without the annotation all of them are wanted. */
		ret_wanted[file] = !text || has_word(list, oci_file_name[file]);
		n_known += has_word(list, oci_file_name[file]);
	}
	/* A word that nobody knows, or one that comes twice, makes the list longer than what was
	 * found of it. */
	if (has_word(list, "none") ? json_array_size(list) == 1 : n_known == json_array_size(list))
		return 0;
	return bad_value(error, "files",
			 "may hold resolv.conf, hosts and hostname, each once, or none");
}
