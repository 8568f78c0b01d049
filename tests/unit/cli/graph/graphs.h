// SPDX-License-Identifier: GPL-2.0-or-later
// graphs.h - snapshots for the tests of pictures
#pragma once

#include "cli/graph/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* web on blue, published on both families, and one on loopback; db on blue and red (internal),
 * where its link is down; edge on green, which is routed; agent on the host's network. */
#define GRAPHS_SNAPSHOT                                                                            \
	"{\"Version\":1,\"Time\":\"2026-01-02T03:04:05Z\",\"Generation\":{\"State\":5,\"Run\":4}," \
	"\"Networks\":["                                                                           \
	"{\"Id\":\"n4\",\"Name\":\"none\",\"Driver\":\"null\",\"Bridge\":null,\"Mtu\":0,"          \
	"\"Internal\":false,\"Masquerade\":true,\"Subnets\":[]},"                                  \
	"{\"Id\":\"n3\",\"Name\":\"red\",\"Driver\":\"bridge\",\"Bridge\":\"br-3\",\"Mtu\":1500,"  \
	"\"Internal\":true,\"Masquerade\":true,\"Subnets\":[{\"Subnet\":\"10.3.0.0/24\","          \
	"\"Gateway\":\"10.3.0.1\",\"GatewayMode\":\"nat\",\"LeavesWith\":null}]},"                 \
	"{\"Id\":\"n0\",\"Name\":\"host\",\"Driver\":\"host\",\"Bridge\":null,\"Mtu\":0,"          \
	"\"Internal\":false,\"Masquerade\":true,\"Subnets\":[]},"                                  \
	"{\"Id\":\"n1\",\"Name\":\"blue\",\"Driver\":\"bridge\",\"Bridge\":\"br-1\",\"Mtu\":1500," \
	"\"Internal\":false,\"Masquerade\":true,\"Subnets\":[{\"Subnet\":\"10.1.0.0/24\","         \
	"\"Gateway\":\"10.1.0.1\",\"GatewayMode\":\"nat\",\"LeavesWith\":null},"                   \
	"{\"Subnet\":\"fd00:1::/64\",\"Gateway\":\"fd00:1::1\",\"GatewayMode\":\"nat\","           \
	"\"LeavesWith\":\"fd00::9\"}]},"                                                           \
	"{\"Id\":\"n2\",\"Name\":\"green\",\"Driver\":\"bridge\",\"Bridge\":\"br-2\","             \
	"\"Mtu\":1400,\"Internal\":false,\"Masquerade\":true,\"Subnets\":["                        \
	"{\"Subnet\":\"10.2.0.0/24\",\"Gateway\":null,\"GatewayMode\":\"routed\","                 \
	"\"LeavesWith\":null}]}],"                                                                 \
	"\"Containers\":["                                                                         \
	"{\"Id\":\"c1\",\"Name\":\"web\",\"Endpoints\":[{\"Network\":\"n1\",\"Ip\":\"10.1.0.2\","  \
	"\"Ip6\":\"fd00:1::2\",\"Mac\":\"02:00:00:00:00:01\",\"Interface\":\"eth0\","              \
	"\"HostInterface\":\"nd1\"}]},"                                                            \
	"{\"Id\":\"c2\",\"Name\":\"db\",\"Endpoints\":[{\"Network\":\"n3\",\"Ip\":\"10.3.0.3\","   \
	"\"Ip6\":null,\"Mac\":\"02:00:00:00:00:02\",\"Interface\":\"eth1\","                       \
	"\"HostInterface\":\"nd3\"},{\"Network\":\"n1\",\"Ip\":\"10.1.0.3\",\"Ip6\":null,"         \
	"\"Mac\":\"02:00:00:00:00:03\",\"Interface\":\"eth0\",\"HostInterface\":\"nd2\"}]},"       \
	"{\"Id\":\"c3\",\"Name\":\"edge\",\"Endpoints\":[{\"Network\":\"n2\",\"Ip\":\"10.2.0.2\"," \
	"\"Ip6\":null,\"Mac\":\"02:00:00:00:00:04\",\"Interface\":\"eth0\","                       \
	"\"HostInterface\":\"nd4\"}]},"                                                            \
	"{\"Id\":\"c4\",\"Name\":\"agent\",\"Endpoints\":[{\"Network\":\"n0\",\"Ip\":null,"        \
	"\"Ip6\":null,\"Mac\":null,\"Interface\":\"eth0\",\"HostInterface\":\"nd5\"}]}],"          \
	"\"Ports\":["                                                                              \
	"{\"Container\":\"c1\",\"Protocol\":\"tcp\",\"HostIp\":\"::\",\"HostPort\":8080,"          \
	"\"Target\":\"fd00:1::2\",\"ContainerPort\":80,\"Count\":2,\"Way\":\"relay\"},"            \
	"{\"Container\":\"c1\",\"Protocol\":\"tcp\",\"HostIp\":\"0.0.0.0\",\"HostPort\":8080,"     \
	"\"Target\":\"10.1.0.2\",\"ContainerPort\":80,\"Count\":2,\"Way\":\"nat\"},"               \
	"{\"Container\":\"c1\",\"Protocol\":\"udp\",\"HostIp\":\"::1\",\"HostPort\":53,"           \
	"\"Target\":\"fd00:1::2\",\"ContainerPort\":5353,\"Count\":1,\"Way\":\"relay\"},"          \
	"{\"Container\":\"c3\",\"Protocol\":\"tcp\",\"HostIp\":\"10.2.0.2\",\"HostPort\":90,"      \
	"\"Target\":\"10.2.0.2\",\"ContainerPort\":90,\"Count\":1,\"Way\":\"routed\"}],"           \
	"\"Links\":[{\"Name\":\"nd1\",\"Up\":true,\"Running\":true},"                              \
	"{\"Name\":\"nd2\",\"Up\":true,\"Running\":true},"                                         \
	"{\"Name\":\"nd3\",\"Up\":true,\"Running\":false}]}"

/* One network and one container on it, of these names. */
#define GRAPHS_NAMED(network, container)                                                           \
	"{\"Networks\":[{\"Id\":\"n\",\"Name\":\"" network "\",\"Driver\":\"bridge\","             \
	"\"Bridge\":\"b\"}],\"Containers\":[{\"Id\":\"c\",\"Name\":\"" container "\","             \
	"\"Endpoints\":[{\"Network\":\"n\",\"Ip\":\"10.0.0.1\",\"Interface\":\"eth0\"}]}],"        \
	"\"Ports\":[{\"Container\":\"c\",\"Protocol\":\"tcp\",\"HostIp\":\"0.0.0.0\","             \
	"\"HostPort\":1,\"Target\":\"10.0.0.1\",\"ContainerPort\":2,\"Count\":1,\"Way\":\"nat\"}]" \
	"}"

struct graphs {
	json_t *snapshot;
	struct graph graph;
};

static inline void graphs_open(const char *text, struct graphs *graphs)
{
	json_error_t why;
	struct error error = { 0 };

	graphs->snapshot = json_loads(text, 0, &why);
	if (!graphs->snapshot)
		fail_msg("%s", why.text);
	if (graph_read(graphs->snapshot, &graphs->graph, &error) < 0)
		fail_msg("%s", error.text);
}

static inline void graphs_close(struct graphs *graphs)
{
	graph_done(&graphs->graph);
	json_decref(graphs->snapshot);
}
