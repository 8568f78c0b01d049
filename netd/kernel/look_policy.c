// SPDX-License-Identifier: GPL-2.0-or-later
// look_policy.c - IPsec's policies of a namespace
#include "kernel/look_parts.h"
#include "kernel/sysctl.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <string.h>

/* Theory of operation. One dump of XFRM_MSG_GETPOLICY. A policy says for which packets (selector)
 * and in which direction it holds, and what is done: let through, block, or transform by its
 * templates. The judge compares the packet with the selector. */

#define ATTR_N 64 /* more than XFRMA_MAX */

static struct prefix prefix_of(const xfrm_address_t *address, uint16_t family, uint8_t len)
{
	struct prefix prefix = { .addr.family = (uint8_t)family, .len = len };

	memcpy(prefix.addr.bytes, address, family == AF_INET ? 4 : 16);
	return prefix;
}

/* One policy. */
static int add_policy(const struct nlmsghdr *nlh, void *data)
{
	struct xfrm_userpolicy_info info;
	const struct xfrm_selector *sel = &info.sel;
	const struct nlattr *attrs[ATTR_N];
	struct facts_policy *policy;
	int err;

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY || nlh->nlmsg_len < mnl_nlmsg_size(sizeof(info)))
		return 0;
	/* It holds numbers of 64 bits, and messages are aligned to 32. */
	memcpy(&info, mnl_nlmsg_get_payload(nlh), sizeof(info));
	if (sel->family != AF_INET && sel->family != AF_INET6)
		return 0;
	policy = LOOK_ADD((struct look_shot *)data, policies, &err);
	if (!policy)
		return err;
	look_attrs(nlh, sizeof(info), attrs, ATTR_N);
	*policy = (struct facts_policy) {
		.src = prefix_of(&sel->saddr, sel->family, sel->prefixlen_s),
		.dst = prefix_of(&sel->daddr, sel->family, sel->prefixlen_d),
		/* A mask of 0 means any port. */
		.sport = sel->sport_mask ? ntohs(sel->sport) : 0,
		.dport = sel->dport_mask ? ntohs(sel->dport) : 0,
		.ifindex = sel->ifindex,
		.priority = info.priority,
		.protocol = sel->proto,
		.direction = info.dir,
		.action = info.action,
		/* A policy without a template lets packets through as they are. */
		.has_template = attrs[XFRMA_TMPL] != NULL,
	};
	return 0;
}

int look_policies(struct look_shot *shot)
{
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *nlh = look_ask_for(shot->look, XFRM_MSG_GETPOLICY, NLM_F_DUMP, sizeof(*id),
					    &id);
	int err = look_talk(shot->look, shot->place, LOOK_XFRM, nlh, add_policy, shot);
	char text[32];

	/* Without its netlink there may be policies all the same, but not without its settings:
	 * then the kernel has no IPsec. */
	if (err == -EPROTONOSUPPORT &&
	    sysctl_read("net/core/xfrm_acq_expires", text, sizeof(text)) == -ENOENT)
		return 0;
	return err;
}
