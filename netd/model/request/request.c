// SPDX-License-Identifier: GPL-2.0-or-later
// request.c - API request bodies to structs: text to bounded JSON, name syntax, the small bodies
#include "model/request/request.h"

#include "base/json_read.h"
#include "model/container/ports.h"
#include "model/text/field.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Brackets outside of strings. jansson's own bound is 2,048 levels, each a frame of its recursion,
 * and json_decref recurses as deep again; so it never sees a deep text. Malformed text may be
 * miscounted, and is then refused for one reason or the other. */
static bool too_deep(const char *text, size_t len)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if (text[i] == '}' || text[i] == ']') {
			depth--;
		}
	}
	return false;
}

/* RFC 8259, 2: the four whitespace characters. */
static size_t skip_space(const char *text, size_t len, size_t pos)
{
	while (pos < len && text[pos] && strchr(" \t\r\n", text[pos]))
		pos++;
	return pos;
}

static int parse_bounded(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	json_error_t why;
	bool no_memory;
	json_t *json = json_read(text, len, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &why,
				 &no_memory);

	/* Jansson says that memory is out by its code, or by no word at all. */
	if (!json &&
	    (no_memory || why.text[0] == '\0' || json_error_code(&why) == json_error_out_of_memory))
		return field_no_memory(error);
	if (!json)
		return error_set(error, ERROR_INVALID, "invalid JSON: %s (line %d, column %d)",
				 why.text, why.line, why.column);
	if (skip_space(text, len, (size_t)why.position) < len) {
		json_decref(json);
		return error_set(error, ERROR_INVALID, "unexpected content after JSON");
	}
	*ret_json = json;
	return 0;
}

int request_parse(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	if (len > (size_t)API_BODY_MAX)
		return error_set(error, ERROR_TOO_LARGE, "the request body has more than %d bytes",
				 API_BODY_MAX);
	return request_parse_record(text, len, ret_json, error);
}

int request_parse_record(const char *text, size_t len, json_t **ret_json, struct error *error)
{
	json_t *json = NULL;
	int err;

	if (too_deep(text, len))
		return error_set(error, ERROR_INVALID, "invalid JSON: nested deeper than %d levels",
				 JSON_DEPTH_MAX);
	if (skip_space(text, len, 0) < len) {
		err = parse_bounded(text, len, &json, error);
		if (err < 0)
			return err;
	}
	if (!json || json_is_null(json)) {
		json_decref(json);
		json = json_object();
		if (!json)
			return field_no_memory(error);
	}
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(error, ERROR_INVALID, "invalid JSON: an object is wanted");
	}
	*ret_json = json;
	return 0;
}

int request_check_name(const char *what, const char *name, struct error *error)
{
	size_t len = strlen(name);

	if (len == 0)
		return error_set(error, ERROR_INVALID, "invalid name: %s name is empty", what);
	if (len > NAME_LEN_MAX)
		return error_set(error, ERROR_INVALID,
				 "invalid name: %s name has more than %d characters", what,
				 NAME_LEN_MAX);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x80 && (isalnum(c) || (i > 0 && strchr("_.-", c))))
			continue;
		return error_set(
			error, ERROR_INVALID,
			"Invalid %s name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed", what,
			name);
	}
	return 0;
}

/* The Container field, which connect and disconnect cannot do without. */
static int required_container(const struct field_scope *scope, char **ret_container)
{
	const char *text = "";
	int err = field_text(scope, "Container", &text);

	if (err < 0)
		return err;
	if (*text == '/') /* Docker shows names with a slash, so people give them back so */
		text++;
	if (!*text)
		return field_error(scope, "Container", "is required");
	*ret_container = strdup(text);
	return *ret_container ? 0 : field_no_memory(scope->error);
}

int request_connect(const char *network, const json_t *body, char **ret_container,
		    struct endpoint_spec *ret_spec, struct error *error)
{
	struct field_scope scope;
	char *container = NULL;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = required_container(&scope, &container);
	if (err < 0)
		return err;
	err = request_endpoint(network, json_object_get(body, "EndpointConfig"), ret_spec, error);
	if (err < 0) {
		free(container);
		return err;
	}
	*ret_container = container;
	return 0;
}

int request_disconnect(const json_t *body, char **ret_container, bool *ret_force,
		       struct error *error)
{
	struct field_scope scope;
	bool force = false;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = field_bool(&scope, "Force", &force);
	if (err < 0)
		return err;
	err = required_container(&scope, ret_container);
	if (err < 0)
		return err;
	*ret_force = force;
	return 0;
}

int request_ports(const json_t *body, struct port_binding **ret_ports, size_t *ret_n,
		  struct error *error)
{
	struct port_binding *ports = NULL;
	struct field_scope scope, bindings;
	size_t n = 0;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = field_object(&scope, "PortBindings", &bindings);
	if (err < 0)
		return err;
	if (json_object_size(bindings.object) == 0)
		return field_error(&scope, "PortBindings", "is required");
	err = ports_from_json(bindings.object, &ports, &n, error);
	if (err == 0 && n > PORTS_PER_CONTAINER_MAX)
		err = field_error(&scope, "PortBindings", "has too many ports");
	if (err < 0) {
		free(ports);
		return err;
	}
	*ret_ports = ports;
	*ret_n = n;
	return 0;
}
