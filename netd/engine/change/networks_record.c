// SPDX-License-Identifier: GPL-2.0-or-later
// networks_record.c - the record by which other hosts know a network, and that it goes
#include "engine/change/change.h"
#include "engine/change/networks.h"
#include "engine/state/going.h"
#include "model/network/network_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The record that tells other hosts of this network. It holds what they must have in common: id,
 * number, subnets, settings. */
void engine_cluster_net(const struct network *network, struct cluster_record *ret_record)
{
	const struct network_spec *spec = &network->spec;
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, spec->name);

	cluster_record_init(ret_record, &key);
	memcpy(ret_record->net.id, spec->id, sizeof(ret_record->net.id));
	ret_record->net.vni = spec->vni;
	/* What was not asked for each host finds by its own way. */
	if (json_object_get(spec->options, "mtu") ||
	    json_object_get(spec->options, network_options_key(NETWORK_OPTION_MTU)))
		ret_record->net.mtu = (uint16_t)spec->mtu;
	ret_record->net.internal = spec->internal;
	ret_record->net.icc = spec->icc;
	ret_record->net.encrypt = spec->encrypt;
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!network_has(spec, family))
			continue;
		ret_record->net.subnets[family].prefix = spec->subnet[family].prefix;
		ret_record->net.subnets[family].gateway = spec->subnet[family].gateway;
	}
}

/* One that the cluster has goes from there, too, also when netd ends before etcd has heard of it.
 */
int networks_record_going(struct engine *engine, const struct network *network, struct error *error)
{
	struct cluster_record *record;
	int err;

	if (!network->agreed)
		return 0;
	record = malloc(sizeof(*record));
	if (!record)
		return error_system(error, -ENOMEM, "cannot remove network %s", network->spec.name);
	engine_cluster_net(network, record);
	err = going_note(engine, record, error);
	free(record);
	return err;
}
