// SPDX-License-Identifier: GPL-2.0-or-later
// bundle.c - what a bundle's config.json says about namespaces, root and hostname
#include "plugins/oci/bundle.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "base/whole.h"
#include "model/text/field.h"
#include "plugins/oci/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. config.json says three things that the state on stdin does not: which
 * network namespace the container has, where its root is, and what it is called. Only these are
 * read. The file is the runtime's input, not its output, and it may hold what the runtime has
 * refused or passed over: so each of the three is judged here, and all else is left alone.
 *
 * The texts are copied, since the JSON goes at the end of the decoding. */

/* May be called twice. */
void oci_bundle_done(struct oci_bundle *bundle)
{
	free(bundle->netns_path);
	free(bundle->root);
	free(bundle->hostname);
	*bundle = (struct oci_bundle) { 0 };
}

/* Entries of other types are passed over. */
static int decode_netns(const struct field_scope *entry, struct oci_bundle *bundle)
{
	const char *type = "", *path = "";
	int err;

	/* An entry without a type is no network namespace; the runtime judges the rest of it. */
	if ((err = field_text(entry, "type", &type)) < 0 ||
	    (err = field_text(entry, "path", &path)) < 0 || strcmp(type, "network") != 0)
		return err;
	/* The specification allows each type of namespace once. */
	if (bundle->netns != OCI_NETNS_HOST)
		return error_set(entry->error, ERROR_INVALID,
				 "linux.namespaces has two network namespaces");
	if (!*path) {
		bundle->netns = OCI_NETNS_NEW;
		return 0;
	}
	/* "MUST be an absolute path in the runtime mount namespace" (config-linux.md, Namespaces):
	 * a hook of this stage runs in that one. */
	if (*path != '/' || strlen(path) > PATH_LEN_MAX)
		return field_error(entry, "path", "must be an absolute path");
	bundle->netns = OCI_NETNS_PATH;
	bundle->netns_path = strdup(path);
	return bundle->netns_path ? 0 : field_no_memory(entry->error);
}

/* Fills netns and netns_path. */
static int decode_namespaces(const struct field_scope *config, struct oci_bundle *bundle)
{
	struct field_scope linux_scope, entry;
	const json_t *array = NULL;
	int err;

	if ((err = field_object(config, "linux", &linux_scope)) < 0 ||
	    (err = field_array(&linux_scope, "namespaces", OCI_NAMESPACES_MAX, &array)) < 0)
		return err;
	/* An absent array has the size 0. No entry means that the container stays in the runtime's
	 * own namespace, which is the host's (config-linux.md, Namespaces). */
	for (size_t i = 0; err == 0 && i < json_array_size(array); i++) {
		err = field_element(&linux_scope, "namespaces", array, i, &entry);
		if (err == 0)
			err = decode_netns(&entry, bundle);
	}
	return err;
}

/* where: the bundle's directory. On failure the caller frees what was set. */
static int decode_root(const struct field_scope *config, const char *where,
		       struct oci_bundle *bundle)
{
	struct field_scope root;
	const char *path = "";
	int err;

	if ((err = field_object(config, "root", &root)) < 0 ||
	    (err = field_text(&root, "path", &path)) < 0)
		return err;
	/* Required on Linux (config.md, Root). An empty one would have the bundle itself for a
	 * root. */
	if (!*path)
		return field_error(config, "root.path", "is required");
	/* A relative path counts from the bundle (config.md, Root). */
	err = *path == '/' ? asprintf(&bundle->root, "%s", path)
			   : asprintf(&bundle->root, "%s/%s", where, path);
	if (err < 0) {
		bundle->root = NULL; /* asprintf(3) leaves it undefined */
		return field_no_memory(config->error);
	}
	/* files.c walks this path in buffers of that size. */
	if (strlen(bundle->root) > PATH_LEN_MAX)
		return field_error(config, "root.path", "is too long");
	return 0;
}

/* In the order of the struct. The first mistake is told. */
static int decode_config(const struct field_scope *config, const char *where,
			 struct oci_bundle *bundle)
{
	const char *hostname = "";
	int err;

	if ((err = decode_namespaces(config, bundle)) < 0 ||
	    (err = decode_root(config, where, bundle)) < 0 ||
	    (err = field_text(config, "hostname", &hostname)) < 0)
		return err;
	/* "" where there is none, so that nobody has to look for NULL. */
	bundle->hostname = strdup(hostname);
	return bundle->hostname ? 0 : field_no_memory(config->error);
}

/* where: for relative paths, and for the sentence. */
int oci_bundle_decode(const char *text, size_t len, const char *where,
		      struct oci_bundle *ret_bundle, struct error *error)
{
	struct oci_bundle bundle = { 0 };
	json_auto_t *json = NULL;
	struct field_scope config;
	int err = json_parse_body(text, len, &json, error);

	/* What is nested too deep was refused above (JSON_DEPTH_MAX). */
	if (err == 0)
		err = field_scope_init(json, "", error, &config);
	if (err == 0)
		err = decode_config(&config, where, &bundle);
	/* Whatever was read before the mistake is freed here; the caller gets all or nothing. */
	if (err < 0) {
		error_prefix(error, "%s/config.json", where);
		oci_bundle_done(&bundle);
		return err;
	}
	*ret_bundle = bundle;
	return 0;
}

/* The hook runs as root in the runtime's mount namespace, where the bundle's path is valid. */
int oci_bundle_read(const char *bundle, struct oci_bundle *ret_bundle, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	char path[PATH_LEN_MAX + 16];
	_cleanup_close_ int fd = -1;
	int err;

	/* A bundle may hold anything under that name. O_NONBLOCK keeps a FIFO from stopping the
	 * start of the container, O_NOCTTY a terminal from becoming ours. */
	(void)snprintf(path, sizeof(path), "%s/config.json", bundle);  /* its length was checked */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO is read as empty */
	err = fd < 0 ? -errno : whole_read_to_end(fd, API_BODY_MAX, &text);
	if (err < 0)
		return error_system(error, err, "cannot read %s", path);
	return oci_bundle_decode(text.data ? text.data : "", text.len, bundle, ret_bundle, error);
}
