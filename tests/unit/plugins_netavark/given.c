// SPDX-License-Identifier: GPL-2.0-or-later
// given.c - requests as Podman writes them, for the tests of plugins/netavark
#include "given.h"

#include <stdio.h>

int given_decode(const char *text, struct input *ret_input, struct error *error)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	int err;

	assert_non_null(exact);
	memcpy(exact, text, len);
	err = input_decode(exact, len, ret_input, error);
	free(exact);
	return err;
}

struct input given(const char *networks, const char *network_info, const char *more)
{
	struct input input = { 0 };
	struct error error = { 0 };
	char *text = NULL;

	assert_true(asprintf(&text,
			     "{\"container_id\": \"" GIVEN_ID "\", \"container_name\": \"web\", "
			     "\"networks\": %s, \"network_info\": %s%s}",
			     networks, network_info, more) > 0);
	if (given_decode(text, &input, &error) < 0)
		fail_msg("%s", error.text);
	free(text);
	return input;
}

struct input given_blue(const char *info, const char *endpoint, const char *more)
{
	char networks[2048], network_info[2048];

	(void)snprintf(
		networks, sizeof(networks),
		"{\"blue\": {\"static_ips\": [\"10.50.0.2\"], \"interface_name\": \"eth0\"%s}}",
		endpoint);
	(void)snprintf(network_info, sizeof(network_info),
		       "{\"blue\": {\"name\": \"blue\", \"driver\": \"bridge\", \"subnets\": "
		       "[{\"subnet\": \"10.50.0.0/24\", \"gateway\": \"10.50.0.1\"}]%s}}",
		       info);
	return given(networks, network_info, more);
}

json_t *json_of(const char *text)
{
	json_error_t where;
	json_t *json = json_loads(text, JSON_DECODE_ANY, &where);

	if (!json)
		fail_msg("%s in %s", where.text, text);
	return json;
}

void expect_json(json_t *got, const char *wanted)
{
	json_t *want = json_of(wanted);

	assert_non_null(got);
	if (!json_equal(got, want))
		fail_msg("got %s", json_dumps(got, JSON_COMPACT));
	json_decref(got);
	json_decref(want);
}
