// SPDX-License-Identifier: GPL-2.0-or-later
// bandwidth.c - what a CNI call says of bandwidth, in netd's words
#include "plugins/cni/bandwidth.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "model/container/bandwidth.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. The words are those of the reference plugin "bandwidth", whose place this
 * takes: ingress is what the container receives, all numbers are bits, and a rate has a burst.
 * kubelet and containerd know no burst and write the largest number there is, "no limit"; taken as
 * it stands that lets through a quarter of a gigabyte before the limit is felt. So it leaves the
 * choice to netd. */

#define NO_CHOICE_32 2147483647	  /* dockershim and CRI-O: math.MaxInt32 */
#define NO_CHOICE_U32 4294967295U /* containerd: math.MaxUint32 */

static const struct {
	const char *rate, *burst;
} keys[BANDWIDTH_N_WAYS] = {
	[BANDWIDTH_IN] = { "ingressRate", "ingressBurst" },
	[BANDWIDTH_OUT] = { "egressRate", "egressBurst" },
};

static int refuse(const json_t *from, struct cni_error *error, const char *what)
{
	_cleanup_free_ char *text = json_dumps(from, JSON_COMPACT | JSON_ENCODE_ANY);

	return cni_fail(error, CNI_UNSUPPORTED_FIELD, "unsupported field bandwidth = %.160s: %s",
			text ? text : "?", what);
}

/* Absent and null are 0, which asks for nothing. false: it is no number of bits. */
static bool read_number(const json_t *from, const char *key, uint64_t *ret_bits)
{
	const json_t *value = json_object_get(from, key);

	*ret_bits = 0;
	if (!value || json_is_null(value))
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret_bits = (uint64_t)json_integer_value(value);
	return true;
}

/* Of the configuration, where it has any of the four; else of the capability. NULL: neither has. */
static const json_t *where(const json_t *config)
{
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++)
		if (json_object_get(config, keys[way].rate) ||
		    json_object_get(config, keys[way].burst))
			return config;
	return json_object_get(json_object_get(config, "runtimeConfig"), "bandwidth");
}

/* Only the four, for the configuration has much else. */
static json_t *four_of(const json_t *from)
{
	json_t *four = json_object();
	int err = 0;

	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++)
		for (int i = 0; i < 2; i++) {
			const char *key = i == 0 ? keys[way].rate : keys[way].burst;
			json_t *value = json_object_get(from, key);

			if (value)
				err |= json_object_set(four, key, value);
		}
	if (err == 0)
		return four;
	json_decref(four);
	return NULL;
}

/* Room for both ways was reckoned: four numbers of twenty digits and the words between them. */
static int put_way(const json_t *four, enum bandwidth_way way, char *text, struct cni_error *error)
{
	const char *name = bandwidth_way_name[way];
	size_t len = strlen(text);
	uint64_t rate, burst;

	if (!read_number(four, keys[way].rate, &rate) ||
	    !read_number(four, keys[way].burst, &burst))
		return refuse(four, error, "rates and bursts are numbers of bits, from 0 on");
	if (rate == 0 && burst == 0)
		return 0;
	if (rate == 0 || burst == 0)
		return refuse(four, error,
			      "a rate and its burst are given together (ingressRate with "
			      "ingressBurst, egressRate with egressBurst), or neither");
	(void)snprintf(text + len, CNI_BANDWIDTH_ROOM - len, "%s%s=%llubit", len > 0 ? "," : "",
		       name, (unsigned long long)rate);
	len = strlen(text);
	if (burst != NO_CHOICE_32 && burst != NO_CHOICE_U32)
		(void)snprintf(text + len, CNI_BANDWIDTH_ROOM - len, ",%s-burst=%llubit", name,
			       (unsigned long long)burst);
	return 0;
}

int cni_bandwidth(const json_t *config, char ret_text[static CNI_BANDWIDTH_ROOM],
		  struct cni_error *error)
{
	const json_t *from = where(config);
	json_auto_t *four = NULL;
	int err = 0;

	*ret_text = '\0';
	if (!from || json_is_null(from))
		return 0;
	if (!json_is_object(from))
		return refuse(from, error, "it must be an object");
	four = four_of(from);
	if (!four)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS && err == 0; way++)
		err = put_way(four, way, ret_text, error);
	return err;
}

int cni_bandwidth_check(const json_t *config, const char *ifname, const json_t *settings,
			struct cni_error *error)
{
	const char *has = calls_text(json_object_get(settings, "DriverOpts"), BANDWIDTH_LABEL);
	char wants[CNI_BANDWIDTH_ROOM];
	struct bandwidth wanted, there;
	struct error cause;
	int err = cni_bandwidth(config, wants, error);

	if (err < 0)
		return err;
	/* Both were taken by netd once; a rate that it does not take was refused by ADD. */
	if (bandwidth_read(wants, &wanted, &cause) < 0 || bandwidth_read(has, &there, &cause) < 0)
		return cni_fail(error, CNI_DIFFERS, "%s: %s", ifname, cause.text);
	for (enum bandwidth_way way = 0; way < BANDWIDTH_N_WAYS; way++)
		if (bandwidth_limits(&wanted, way) &&
		    (wanted.way[way].rate_bits != there.way[way].rate_bits ||
		     wanted.way[way].burst_bits != there.way[way].burst_bits))
			return cni_fail(
				error, CNI_DIFFERS,
				"the bandwidth of %s is limited by netd to %s, and asked for "
				"is %s",
				ifname, *has ? has : "none", wants);
	return 0;
}
