// SPDX-License-Identifier: GPL-2.0-or-later
// door.c - which function of this row stands behind each operation of the door
#include "kernel/door.h"

/* Theory of operation. The engine calls the kernel through this table and in no other way
 * (kernel/door.h says what each operation promises). Tests put a table of their own in its place,
 * with a kernel in memory behind it. A member that is left out here would be a NULL that is called,
 * so each has its line.
 *
 * The order of the members is that of kernel/door.h. */

const struct door door_kernel = {
	.links = {
		.open = rtnl_open,
		.close = rtnl_close,
		.all = rtnl_link_dump,
		.counted = rtnl_link_dump_counted,
		.traffic = rtnl_link_dump_traffic,
		.counted_one = rtnl_link_counted,
		.by_name = rtnl_link_by_name,
		.by_index = rtnl_link_by_index,
		.wake = rtnl_link_wake,
		.rename = rtnl_link_rename,
		.alias = rtnl_link_alias,
		.remove = rtnl_link_delete,
		.doom = rtnl_link_doom,
		.sweep = rtnl_link_sweep,
		.sweep_bridges = rtnl_link_sweep_bridges,
	},
	.bridges = {
		.ensure = rtnl_bridge_ensure,
		.restore = rtnl_bridge_restore,
		.hears = rtnl_bridge_hears,
		.doom = rtnl_bridge_doom,
		.filter = rtnl_bridges_filter,
	},
	.tunnels = {
		.ensure = rtnl_vxlan_ensure,
		.put = rtnl_far_put,
		.take = rtnl_far_take,
		.all = rtnl_far_all,
	},
	.veths = {
		.create = rtnl_veth_create,
		.repair = rtnl_veth_repair,
		.set_modes = rtnl_veth_port_modes,
	},
	.shapes = {
		.set = rtnl_shape_set,
		.look = rtnl_shape_look,
		.all = rtnl_shape_all,
		.leads = rtnl_shape_leads,
		.is_own = rtnl_shape_is_own,
	},
	.addrs = {
		.all = rtnl_dump_addrs,
		.remove = rtnl_bridge_addr_delete,
		.moved = rtnl_neighbour_moved,
	},
	.routes = {
		.all = rtnl_dump_routes,
		.of_addrs = rtnl_dump_routes_of_addrs,
		.of_host = rtnl_host_routes,
		.add = rtnl_host_route_add,
		.remove = rtnl_host_route_delete,
	},
	.inside = {
		.setup = rtnl_inside_setup,
		.lo_up = rtnl_inside_lo_up,
		.set_default = rtnl_inside_default,
		.by_gateway = rtnl_inside_by_gateway,
	},
	.link_watch = {
		.open = rtnl_watch_open,
		.close = rtnl_watch_close,
		.fd = rtnl_watch_fd,
		.read = rtnl_watch_read,
	},
	.rules = {
		.open = nft_open,
		.close = nft_close,
		.is_owner = nft_is_owner,
		.reset = nft_reset,
		.disown = nft_disown,
		.remove = nft_remove,
		.add = nft_elems_add,
		.take = nft_elems_delete,
		.replace = nft_elems_replace,
		.count = nft_elems_count,
		.counted = nft_counted,
		.load_user = nft_user_load,
		.probe = nft_probe,
		.probe_guard = nft_probe_guard,
		.redirect = nft_dns_redirect,
		.unredirect = nft_dns_redirect_remove,
		.make_services = nft_services_make,
		.change_services = nft_services_change,
		.remove_services = nft_services_remove,
		.services_generation = nft_services_generation,
		.services_digest = nft_services_digest,
		.make_ingress = nft_ingress_make,
		.remove_ingress = nft_ingress_remove,
		.ingress_digest = nft_ingress_digest,
	},
	.rules_watch = {
		.open = nft_watch_open,
		.close = nft_watch_close,
		.fd = nft_watch_fd,
		.read = nft_watch_read,
	},
	.foreign = {
		.read = nft_foreign_read,
		.free = nft_foreign_free,
		.n = nft_foreign_n,
		.chain = nft_foreign_chain,
		.refuses = nft_foreign_refuses,
		.has_chain = nft_foreign_has_chain,
	},
	.netns = {
		.open_path = netns_open_path,
		.open_pid = netns_open_pid,
		.run = netns_run,
		.self_fd = netns_self_fd,
		.self_inode = netns_self_inode,
	},
	.settings = {
		.read = sysctl_read,
		.write = sysctl_write,
	},
	.flows = {
		.any = conntrack_any_flow,
		.forget = conntrack_forget,
		.forget_others = conntrack_forget_others,
		.counted = conntrack_counted,
	},
	.announcer = {
		.open = announcer_open,
		.send = announcer_send,
	},
	.host_ports = {
		.reserve = ports_reserve,
		.ephemeral_range = ports_ephemeral_range,
		.reserved_by_host = ports_reserved_by_host,
	},
	.dns_sockets = {
		.open = dnssock_open,
	},
};
