// SPDX-License-Identifier: GPL-2.0-or-later
// layout.c - what the programs have to know about the running kernel
#include "trace/layout.h"

#include "base/cleanup.h"

#include <stddef.h>

/* Theory of operation. What differs between kernels is read from their BTF once, before the
 * programs are written: offsets of twelve fields, and how many arguments each tracepoint has.
 * Programs that a kernel lacks the tracepoint for are left out (n_arguments 0), unless nothing
 * works without them. */

/* Names of tracepoints, as in /sys/kernel/tracing/events. */
const char *const layout_point_name[LAYOUT_N_POINTS] = {
	[LAYOUT_DROPPED] = "kfree_skb",	      [LAYOUT_RECEIVED] = "netif_receive_skb",
	[LAYOUT_SENT] = "net_dev_start_xmit", [LAYOUT_RESET] = "tcp_send_reset",
	[LAYOUT_ICMP] = "icmp_send",
};

/* Arguments that the programs read whatever the kernel; those that came later are asked for.
 * kfree_skb has a third argument since 5.17 and a fourth since 6.11. */
static const int n_wanted[LAYOUT_N_POINTS] = {
	[LAYOUT_DROPPED] = 2, [LAYOUT_RECEIVED] = 1, [LAYOUT_SENT] = 2,
	[LAYOUT_RESET] = 2,   [LAYOUT_ICMP] = 3,
};

/* Nothing can be followed without these. The others only say who answered. */
static bool is_needed(enum layout_point point)
{
	return point == LAYOUT_DROPPED || point == LAYOUT_RECEIVED || point == LAYOUT_SENT;
}

/* The third argument is the reason. */
bool layout_gives_reasons(const struct layout *layout)
{
	return layout->n_arguments[LAYOUT_DROPPED] > 2;
}

bool layout_plainer(struct layout *layout)
{
	bool was_plain = !layout->is_direct && !layout->has_connections;

	if (layout->cast_function)
		layout->cast_function = 0;
	else if (layout->is_direct)
		layout->is_direct = false;
	else
		layout->has_connections = false;
	return !was_plain;
}

/* What is not there leaves it out: then nobody is told what a packet was sent as. */
static void read_connections(const struct btf *btf, struct layout *layout)
{
	static const char tuple[] = "nf_conntrack_tuple", hash[] = "nf_conntrack_tuple_hash";
	const struct {
		const char *structure, *path;
		uint32_t *offset;
	} fields[] = {
		{ tuple, "src.u3", &layout->tuple_from },
		{ tuple, "src.u", &layout->tuple_from_port },
		{ tuple, "dst.u3", &layout->tuple_to },
		{ tuple, "dst.u", &layout->tuple_to_port },
		{ "sk_buff", "_nfct", &layout->skb_connection },
		{ "nf_conn", "tuplehash", &layout->connection_tuples },
	};
	uint32_t in_hash;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (btf_offset(btf, fields[i].structure, fields[i].path, fields[i].offset) < 0)
			return;
	layout->tuple_step = btf_size(btf, hash);
	if (btf_offset(btf, hash, "tuple", &in_hash) < 0 || layout->tuple_step == 0)
		return;
	layout->connection_tuples += in_hash;
	/* As much of one is read as has them all, to where a header was. */
	layout->has_connections = layout->tuple_from <= LAYOUT_TUPLE_SIZE - 16 &&
				  layout->tuple_to <= LAYOUT_TUPLE_SIZE - 16 &&
				  layout->tuple_from_port <= LAYOUT_TUPLE_SIZE - 2 &&
				  layout->tuple_to_port <= LAYOUT_TUPLE_SIZE - 2 &&
				  layout->tuple_from % 4 == 0 && layout->tuple_to % 4 == 0;
}

/* The words name what this kernel lacks. */
int layout_read(const struct btf *btf, struct layout *ret_layout, struct error *error)
{
	struct layout layout = { 0 };
	const struct {
		const char *structure, *path;
		uint32_t *offset;
	} fields[] = {
		{ "sk_buff", "dev", &layout.skb_dev },
		{ "sk_buff", "head", &layout.skb_head },
		{ "sk_buff", "network_header", &layout.skb_network_header },
		{ "sk_buff", "data", &layout.skb_data },
		{ "sk_buff", "sk", &layout.skb_sk },
		{ "sk_buff", "len", &layout.skb_len },
		{ "sk_buff", "data_len", &layout.skb_data_len },
		{ "net_device", "nd_net.net", &layout.device_net },
		{ "net_device", "ifindex", &layout.device_index },
		{ "net_device", "name", &layout.device_name },
		{ "net", "ns.inum", &layout.net_inode },
		{ "sock", "__sk_common.skc_net.net", &layout.sock_net },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (btf_offset(btf, fields[i].structure, fields[i].path, fields[i].offset) < 0)
			return error_set(error, ERROR_UNAVAILABLE,
					 "this kernel's BTF has no field %s of struct %s",
					 fields[i].path, fields[i].structure);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		int n = btf_n_arguments(btf, layout_point_name[point], &layout.type[point]);

		if (n < n_wanted[point] && is_needed(point))
			return error_set(error, ERROR_UNAVAILABLE,
					 "this kernel has no tracepoint %s that netd knows",
					 layout_point_name[point]);
		layout.n_arguments[point] = n < n_wanted[point] ? 0 : n;
	}
	/* An instruction has 16 bits for it. Otherwise fields are read by calls. */
	layout.is_direct = true;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		layout.is_direct &= *fields[i].offset <= INT16_MAX;
	read_connections(btf, &layout);
	if (layout.skb_connection > INT16_MAX)
		layout.has_connections = false;
	layout.cast_type = btf_structure(btf, "iphdr");
	if (layout.is_direct && layout.cast_type)
		layout.cast_function = btf_function(btf, "bpf_rdonly_cast");
	*ret_layout = layout;
	return 0;
}
