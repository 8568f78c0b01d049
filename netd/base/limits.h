// SPDX-License-Identifier: GPL-2.0-or-later
// limits.h - every fixed limit in the program, each with the reason for its value
#pragma once

#define ID_LEN 64       /* container, network and endpoint ids: 64 hex digits, as Docker's */
#define ID_SHORT_LEN 12 /* the short form that people and the DNS see */

#define NAME_LEN_MAX 253       /* a container or network name must fit a DNS name in text form */
#define HOSTNAME_LEN_MAX 64    /* __NEW_UTS_LEN */
#define IFNAME_LEN_MAX 15      /* IFNAMSIZ less the NUL */
#define PATH_LEN_MAX 4095      /* PATH_MAX less the NUL */

#define LOG_LINE_MAX 1024 /* longest line of the log; the rest of a message is cut */

#define BRIDGE_PORTS_MAX 1023  /* BR_MAX_PORTS is 1 << BR_PORT_BITS (10); port 0 is not used */

#define NETWORKS_MAX 4000             /* two interfaces' worth of hash and netlink dump each */
#define NETWORKS_PER_CONTAINER_MAX 64 /* a search through all of them stays within one DNS answer's time */
#define ALIASES_MAX 64                /* names per endpoint */
#define LINKS_MAX 64                  /* links per container */
#define PORTS_PER_CONTAINER_MAX 16384 /* a published range may be large, two families of it still fit the fds */
#define EXTRA_HOSTS_MAX 256
#define DNS_SERVERS_MAX 8
#define DNS_SEARCH_MAX 32             /* glibc since 2.26 has no limit; the file must stay small */
#define LABELS_MAX 256
#define LABEL_LEN_MAX 4096
#define AUX_ADDRESSES_MAX 64

#define API_BODY_MAX (1024 * 1024)      /* 16,384 port bindings are about 800 KiB of JSON */
#define API_HEADER_MAX (16 * 1024)      /* per connection pool of the HTTP server */
#define API_CONNECTIONS_MAX 256         /* a slow client holds one; 256 leave room for honest ones */
#define API_TIMEOUT_S 30                /* idle time after which a half-sent request is dropped */
#define JSON_DEPTH_MAX 32               /* the deepest Docker body has 6 levels */
#define EVENTS_RING 256                 /* past events kept for since=, as Docker */

#define IPC_MSG_MAX 65536               /* one message of the channel: a lookup's answer is the largest */
#define IPC_FDS_MAX 64                  /* descriptors in one message; the kernel's SCM_MAX_FD is 253 */

#define DNS_NAME_MAX 255                /* RFC 1035, 2.3.4 */
#define DNS_LABEL_MAX 63
#define DNS_UDP_PLAIN_MAX 512           /* RFC 1035, 4.2.1, without EDNS */
#define DNS_UDP_EDNS_SIZE 1232          /* DNS flag day 2020: no fragmentation */
#define DNS_TCP_MAX 65535
#define DNS_TTL_LOCAL_S 5               /* restarts get the old address back, so short is enough */
#define DNS_CACHE_ENTRIES_MAX 4096      /* about 2 MiB at the 512 bytes a typical answer takes */
#define DNS_CACHE_BYTES_MAX (2 * 1024 * 1024)
#define DNS_CACHE_TTL_MAX_S 3600
#define DNS_NEGATIVE_TTL_MAX_S 60
#define DNS_INFLIGHT_MAX 4096           /* forwarded questions waiting; more get SERVFAIL at once */
#define DNS_INFLIGHT_PER_VIEW_MAX 512   /* one container cannot use up what is there for all */
#define DNS_BUDGET_MS 4000              /* below glibc's 5 s, so an answer always comes first */
#define DNS_FIRST_TRY_MS 400            /* a healthy upstream answers in tens of milliseconds */
#define DNS_TCP_CLIENTS_MAX 1024
#define DNS_TCP_CLIENTS_PER_VIEW_MAX 64
#define DNS_TCP_IDLE_MS 10000           /* RFC 7766, 6.2.3 asks for "a few seconds" */

#define RELAY_FLOWS_MAX 2048            /* connections through the localhost relay */
#define RELAY_UDP_IDLE_MS 30000         /* nf_conntrack_udp_timeout */

#define SWEEP_DELAY_MS 10               /* dead links of one burst share one grace period (design.md, 3) */

#define HTTP_LINE_MAX 8192              /* a reply's status or header line; netd's own are below 200 */
#define HTTP_HEADERS_MAX 100            /* lines per reply, trailers included; netd sends about 8 */
#define CLIENT_BODY_MAX (64 * 1024 * 1024) /* a list of 4,000 networks is about 4 MiB */
#define CLIENT_TIMEOUT_S 120            /* silence after which a caller gives netd up */
#define TEMPLATE_LEN_MAX 65536          /* --format; what people type is below 1 KiB */
#define TEMPLATE_NODES_MAX 4096
#define TEMPLATE_DEPTH_MAX 32           /* nesting; bounds the recursion of parser and evaluation */
#define TEMPLATE_STEPS_MAX 1000000      /* evaluations: 1,000 containers at 1,000 expressions each */
#define TEMPLATE_OUTPUT_MAX (16 * 1024 * 1024)
