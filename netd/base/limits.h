// SPDX-License-Identifier: GPL-2.0-or-later
// limits.h - every fixed limit in the program, each with the reason for its value
#pragma once

/* What stands here and what does not. Here: how much netd takes or keeps, how often it tries, how
 * long it waits, what it does in one go. Somebody chose each of these, and might choose another: so
 * the reason is beside it, and the unit in its name
 * (_S, _MS, _US; bytes and numbers of things have none). Elsewhere, beside the code that reads or
 * writes it: what a format says, an RFC, the kernel or a library, and what follows from such a
 * number. scripts/check-limits finds one that stands in the wrong place.
 *
 * A limit and its reason stand in one line: */
// clang-format off

#define ID_LEN 64       /* container, network and endpoint ids: 64 hex digits, as Docker's */
#define ID_SHORT_LEN 12 /* the short form that people and the DNS see */

#define NAME_LEN_MAX 253       /* a container or network name must fit a DNS name in text form */
#define HOSTNAME_LEN_MAX 64    /* __NEW_UTS_LEN */
#define IFNAME_LEN_MAX 15      /* IFNAMSIZ less the NUL */
#define PATH_LEN_MAX 4095      /* PATH_MAX less the NUL */

#define LOG_LINE_MAX 1024 /* longest line of the log; the rest of a message is cut */

#define BRIDGE_PORTS_MAX 1023  /* BR_MAX_PORTS is 1 << BR_PORT_BITS (10); port 0 is not used */
/* The ports of a network's first bridge, and of those after it: what a port costs is flat until there, and a broadcast
 * costs half (docs/decisions/0020). A build for tests has fewer. */
#ifndef SEGMENT_FIRST_PORTS
#define SEGMENT_FIRST_PORTS BRIDGE_PORTS_MAX
#define SEGMENT_PORTS 512
#endif
#define SEGMENT_BLOCK_LEN 122 /* IPv6 addresses that share a route: 64, and 4,000 containers have some 50 routes (decision 20) */
#define SEGMENTS_MAX 16 /* bridges of a network, more than 8,000 ports; each pair of them is an element of two sets */

#define ENDPOINT_CHAINS 1024 /* by port and by MAC address: 8 long where all segments of a network are full, and 32 KiB */

#define VXLAN_PORT 4789 /* RFC 7348, 5 */
#define VXLAN_VNI_MAX 16777215 /* 24 bits */
#define VXLAN_VNI_MIN 4096 /* what netd chooses itself is not below it: small numbers are other people's */
#define VXLAN_OVERHEAD4 50 /* of a container's packet: Ethernet 14, VXLAN 8, UDP 8, IPv4 20 */
#define VXLAN_OVERHEAD6 70 /* the same with IPv6 */

#define MTU_MIN 68       /* RFC 791: what every IPv4 link must carry whole */
#define MTU_MIN_IPV6 1280 /* RFC 8200, 5 */
#define MTU_MAX 65535    /* the largest packet */

#define LINK_QUEUES_MAX 4096 /* rtnl_create_link (net/core/rtnetlink.c) makes no link with more */

#define LEASE_MEMORIES_MAX 4096 /* freed addresses per pool held back for who had them: more than the
				 * containers of a bridge, and half a MiB at the most */

#define FREED_WORDS_MAX 4096  /* 64 addresses each of which it is known who were somebody's: a /14 whole,
			       * and 192 KiB at the most */
#define ANNOUNCE_PORTS_MAX 32 /* bridges up to this size are told of every address: 1.5 us a port */
#define ANNOUNCE_REST_S 1.              /* between two returns of a link that are told: a container may take it down and up for ever */

#define EXPLAIN_S 20 /* a pair takes milliseconds, a probe 3 s; somebody may hold the RTNL for seconds */
#define EXPLAIN_HUNG_S (EXPLAIN_S + 1) /* its alarm has ended it by then, unless it is stopped */
#define EXPLAIN_SNAPSHOT_S 5 /* of silence while netd gathers what it knows: it has SNAPSHOT_PATIENCE_S for it */
#define EXPLAIN_AT_ONCE_MAX 8 /* a process each, of some 10 MiB; who comes later waits */
#define EXPLAIN_WAITING_MAX 56 /* for their turn: 7 times those; a script that asks for each of its containers waits for answers */
#define EXPLAIN_MEMORY_MAX (1024 * 1024 * 1024) /* of such a process, all addresses: 32 MiB of JSON in memory, a ruleset, and more than twice that */
#define EXPLAIN_ANSWER_MAX (32 * 1024 * 1024) /* with the facts, a ruleset of 20,000 rules among them; one such at a time */
#define EXPLAIN_VERDICT_MAX (4 * 1024 * 1024) /* without: of 1,000 listeners, each with its hops, 2 MiB */
#define EXPLAIN_READ_MAX 65536 /* of it in one go: what a pipe holds */

#define EXPLAIN_PROBE_MS 3300 /* a neighbour that does not answer takes the kernel 3.06 s */
#define EXPLAIN_PROBE_UDP_MS 500 /* whoever refuses a datagram does so at once; silence says nothing */
#define EXPLAIN_ANSWER_S (EXPLAIN_HUNG_S + 9) /* of silence: netd has given the process up by then, and says so */
#define PROBE_LARGE_MS 1000 /* for the answer to a large packet, when a small one was answered */
#define PROBE_LARGE_TRIES 4 /* links on the way that get smaller and smaller */
#define PROBE_ECHO_MAX 65000 /* payload: more than any link takes in one piece */
#define PROBE_BY_MAX 128 /* "ICMP 3/3 from" and an address */
#define PROBE_QUOTED_MAX 64 /* of what an error quotes: an IPv6 header, and as much as tells whose it was */
#define PROBE_SEEN_MS 200 /* for an answer, when a packet was seen to be thrown away: another may come through */
#define EXPLAIN_TRACE_READY_MS 5000 /* of the tracer, which has loaded its programs meanwhile */
#define EXPLAIN_TRACE_END_MS 9000 /* until it has told the rest: to name a function takes 40 ms, 0.7 s once where the processor was emulated */
#define EXPLAIN_WAIT_STEP_US 200000 /* from one question to the next, for who waits until it works */
#define GRAPH_WIDTH 80 /* columns of a picture that is not drawn on a terminal */
#define GRAPH_WIDTH_MIN 40 /* and the fewest that one has: the frames, and an IPv6 address but for its end */
#define GRAPH_COLUMNS_MAX 64 /* of containers in a network's box, on a terminal as wide as that */
#define GRAPH_PIXELS 1200 /* width of a picture for a screen */
#define GRAPH_PIXELS_MIN 320
#define UI_CONNECTIONS_MAX 64 /* of browsers, a thread each: a page has one for events and six at the most for all else */
#define UI_BEAT_MS 10000 /* from one sign of life to the next, for a page that may have gone */
#define UI_EVENT_SIZE 256 /* of what a page is told at a time */
#define UI_AGAIN_US 1000000 /* until netd is looked for again that has gone */
#define UI_ANSWER_S 5 /* for what netd answers within milliseconds: who waits longer is told that it does not answer */
#define EXPLAIN_LINES_MAX 20 /* of a screen: what a terminal shows beside what was typed before */
#define EXPLAIN_END_MS 1000 /* of a process that has answered and has nothing more to do */

#define TRACE_BTF_MAX (64 * 1024 * 1024) /* Debian's kernel has 6 MiB of types; one with every driver built in 30 */
#define TRACE_DEPTH_MAX 32 /* typedefs of typedefs, structures within structures: a kernel has 5 */
#define TRACE_MEMBERS_MAX 100000 /* looked at for one field: a structure that claims to be in itself has no end */
#define TRACE_INSNS_MAX 2048 /* of a program, which has some 330, or 730 that follow a container; the kernel takes 4,096 */
#define TRACE_LABELS_MAX 128 /* of it; 50 are used */
#define TRACE_JUMPS_MAX 256 /* of it; 125 are used */
#define TRACE_SYMBOLS_MAX 64 /* places where packets are thrown away that have names; some forty are ever met */
#define TRACE_NETNS_MAX 8192 /* asked for at once: a whole host's */
#define TRACE_PUBLISHED_MAX 65536 /* ends that lead to a container: a port on each address of the host */
#define TRACE_SEEN_MAX 16384 /* packets that are between coming in and leaving at once, those of other programs' speed among them */
#define TRACE_TUPLES_MAX 16384 /* flows behind NAT, in both directions; the oldest go first */
#define TRACE_ADDRESSES_MAX 4096 /* of who asks, and what NAT may make of it: a host has some for each of its links */
#define FOLLOWED_WORDS_MAX 7 /* of a filter: a protocol, a port and a host, with "and" between them */
#define FOLLOWED_PACKETS 1024 /* whose addresses are kept, to tell NAT: those that are on their way at once, and as many again */
#define TRACED_RULES_MAX 512 /* each rule is told once for each direction and namespace */
#define FOLLOWED_LAST 256 /* packets whose last place is kept, to tell the rules behind it */
#define FOLLOWED_RULES_MAX 8192 /* that wait for their place: a packet meets a dozen on a host */
#define FOLLOWED_RULES_WAIT_MS 1000 /* for the tracer, which tells where the packet was: a name of a function takes 40 ms */
#define FOLLOW_MATCHES_MAX 512 /* that mark packets, in a namespace: addresses, ends and ports in both directions; each costs a packet some 20 ns */
#define FOLLOW_RULES_MAX 16 /* namespaces in which rules are told while a container is followed: its own, the host, its neighbours */
#define NFT_TRACE_ROOM (4 * 1024 * 1024) /* of a socket that hears of rules: 10,000 of them */
#define NFT_TRACE_READ 65536 /* a message of the trace has some hundred bytes */
#define NFT_TRACE_PACKETS 64 /* of the flow, in one namespace: a connection has a dozen there, and some have two numbers */
#define NFT_TRACE_MESSAGES 65536 /* that are read of one namespace: a socket keeps some hundred */
#define NFT_TRACE_STRANGERS 64 /* messages of others than the kernel there: nobody has a reason to send one */
#define EXPLAIN_RULES_LINKS_MAX 64 /* links of one of them that rules are bound to: a packet meets ten */
#define EXPLAIN_RULES_MAX 8 /* namespaces in which rules are traced: A, the host, B, and who stands between */
#define DROPS_INTERVAL_MS 1000 /* from one look at the numbers of drops to the next */
#define DROPS_ASK_EVERY 5 /* of these netd is asked who is there: a container that came is seen so much later */
#define TRACE_DROPS_MAX 16384 /* places, links and reasons that drops are counted of: a thousand links, each with a dozen; 0.4 MB for each processor */
#define TRACE_PROCESSORS_MAX 8192 /* that a kernel is built for at the most */
#define TRACE_LOOK_MS 20 /* from one look into the ring to the next, while a container is followed: 435,000 packets a second fit */
#define TRACE_RING (1024 * 1024) /* 8,700 packets, while 40 ms are spent on the names of functions */
#define TRACE_AT_ONCE_MAX 4 /* of members of the group: each costs every packet of the host some 0.3 us */
#define TRACE_BYTES_MAX 9216 /* of a packet that was thrown away: a jumbo frame; what is behind the linear part of a buffer is not read */
#define TRACE_BATCH 256 /* packets told in one go */
#define TRACE_ORDER_MAX 4096 /* an order has 60 bytes */
#define TRACE_KALLSYMS_READ 65536 /* of 10 MiB in one go */

#define REPAIRS_KEPT 16 /* sentences on what was put right last, for netctl doctor; the log has all */
#define REPAIR_TEXT_MAX 200 /* of one */
#define DOCTOR_FINDINGS_MAX 64 /* of a report: who has more reads these first */
#define DOCTOR_MS 12000 /* for all of it; what is not looked at by then is said, well before EXPLAIN_S */
#define DOCTOR_CONTAINER_MS 2000 /* of a processor, for the ways of one, which take 5 ms */
#define DOCTOR_PORTS_MAX 4 /* published ports of a container whose way is walked: of all others the rule is looked up */
#define DIAG_HOPS_MAX 40 /* a way has a dozen, and one hop may be told in several */
#define DIAG_LIST_MAX 16 /* fixes, findings, what is unknown: more say nothing to a person */
#define DIAG_FACTS_MAX 12 /* of a hop */
#define DIAG_PLACES_MAX 16 /* of a packet that goes in no circle */
#define CODE_WORDS_MAX 48  /* that a sentence may speak of */
#define DIAG_ARGV_MAX 24 /* words of a command that somebody may type */
#define TARGETS_MAX 1024 /* listeners of one container, each at each address: a container has a few */
#define REACH_PAIRS_MAX 32768 /* of who asks and what listens: 100 containers with three listeners each, which take 7 MiB as text */
#define REACH_JUDGES_MAX 8 /* processes that judge them, of some 10 MiB, on as many processors */
#define DIAG_MET_MAX 80 /* rules that one packet and its answer meet: a host with Docker and a firewall has 40 */
#define DIAG_SEEN_MAX 60 /* places that one packet and its answer come by, with a bridge and a router on the way 20 */
#define DIAG_TRACED_MAX 4096 /* lines of the tracer that are looked at: a connection has some 40 */

#define SPAWN_FDS_MAX 6 /* that a program is handed */
#define SPAWN_ARGV_MAX 24

#define CAPTURE_AT_ONCE_MAX 16 /* a process each, with its rings; who comes later is told so */
#define CAPTURE_TAPS_MAX 64 /* interfaces of one: of a container on 32 networks, both ends */
#define CAPTURE_RINGS_SIZE (8 * 1024 * 1024) /* memory of the kernel for one, which its interfaces share: half a second of a full Gbit/s if the reader rests */
#define CAPTURE_BLOCK_SIZE (128 * 1024) /* of a ring: the largest packet before segmentation, 64 KiB, and its header */
#define CAPTURE_BLOCKS_MIN 4 /* of a ring, however many there are: one is filled while others are read */
#define CAPTURE_RETIRE_MS 10 /* after which the kernel hands over a block that is not full */
#define CAPTURE_HOLD_MS 60 /* a packet waits for older ones of other rings: that, and a timer that is late */
#define CAPTURE_OUT_MAX (256 * 1024) /* unread by whoever asked: packets wait in the rings then */
#define CAPTURE_READY_S 20 /* until it captures: looking up takes milliseconds, and somebody may hold the RTNL for seconds */
#define CAPTURE_COMPILE_MS 5000 /* for the filter, which is a stranger's text and takes a millisecond */
#define CAPTURE_COMPILE_CPU_S 2
#define CAPTURE_COMPILE_MEMORY (256 * 1024 * 1024) /* all addresses of that process */
#define CAPTURE_MEMORY_MAX (512 * 1024 * 1024) /* all addresses of a process that captures: rings, libraries, a snapshot of 4,000 containers */
#define CAPTURE_DROPS_HOLD_MS 500 /* the same where dropped packets come, too: naming the function that drops takes 40 ms, on a busy machine more */
#define CAPTURE_DROPS_LINE_MAX 16384 /* a line of netd-trace with TRACE_BYTES_MAX bytes in base64 */
#define CAPTURE_DROPS_LACKS_MAX 512 /* why there are none, in words */
#define CAPTURE_COMMENT_MAX 640 /* of an interface, that whoever counts keeps: the above in a sentence */
#define CAPTURE_DROPS_END_MS 3000 /* until the tracer has told the rest when the capture is over */
#define CAPTURE_DOWN_MS 200 /* an interface that is down is looked at again: whether it is gone */
#define CAPTURE_END_MS 10000 /* until the rest is taken when the capture is over */
#define CAPTURE_SNAPLEN_MIN 64
#define CAPTURE_SNAPLEN_MAX 262144 /* as tcpdump: more than any packet has */
#define CAPTURE_BYTES_MIN 65536 /* of a file: what its head takes for CAPTURE_TAPS_MAX interfaces */
#define CAPTURE_FOR_MAX_MS (30LL * 86400 * 1000) /* a month; without a limit it goes on until it is ended */
#define CAPTURE_FILTER_MAX 2048 /* as a request's query has it at the most */
#define CAPTURE_NAME_MAX (NAME_LEN_MAX + 10) /* with "container:" before it */
#define CAPTURE_ANSWER_S (CAPTURE_READY_S + 9) /* of silence: netd has given the process up by then, and says so */
#define CAPTURE_READ_MAX 65536 /* of it in one go, by netctl */
#define PCAPNG_TEXT_MAX 2048 /* an option's: the longest filter */

#define QUESTION_TEXT_MAX (NAME_LEN_MAX + 1) /* A or B as written: it may be a name, and a path of a namespace is shorter */

#define CONFIG_POOLS_MAX 256 /* default-address-pools: each is tried in turn for each new network */

#define NETWORKS_MAX 4000             /* two interfaces' worth of hash and netlink dump each */
#define ROUTES_PER_ENDPOINT_MAX 64 /* each is a message to the kernel while a start waits */
#define NETWORKS_PER_CONTAINER_MAX 64 /* a search through all of them stays within one DNS answer's time */
#define ALIASES_MAX 64                /* names per endpoint */
#define LINK_LOCAL_MAX 4              /* per endpoint: one message each, within the batch that sets it up */
#define LINKS_MAX 64                  /* links per container */
#define PORTS_PER_CONTAINER_MAX 16384 /* asked for; a published range may be large */
#define PORT_PLACES_MAX 32768 /* what they become: on every address, a port is one of each family; a descriptor each */
#define PORTS_FEW 64 /* reserved and closed at once: a millisecond. More take turns with everybody else */
#define ENGINE_TURN_S 0.005 /* and such a turn is this long */
#define SNAPSHOT_TURN_S 0.0005 /* a gathering's turn: half of what it may hold the loop for, and what it writes in one go is little */
#define SNAPSHOT_PATIENCE_S 2. /* in which nothing is due for a moment, unless a machine does nothing but change containers */
#define SNAPSHOT_RESOLVER_S 0.5 /* for the resolver's counters: it answers within 0.1 ms, and is ended when it hangs for 0.3 s */
#define SNAPSHOT_READER_S 10. /* for the kernel's: 4,096 links take 30 ms, and somebody may hold the RTNL for seconds */
#define SNAPSHOT_SIZE_MAX (64 * 1024 * 1024) /* 4,096 containers with 16,384 ports are about 4 MiB */
#define SNAPSHOTS_MAX 4 /* that somebody still reads: who has not got his when three others have come is cut off */
#define PORTS_FDS_LEFT 64 /* descriptors that published ports leave for everything else */
#define EXTRA_HOSTS_MAX 256
#define DNS_SERVERS_MAX 8
#define DNS_SEARCH_MAX 32             /* glibc since 2.26 has no limit; the file must stay small */
#define LABELS_MAX 256
#define LABEL_LEN_MAX 4096
#define AUX_ADDRESSES_MAX 64
#define SERVICES_MAX 4096               /* of all networks: each client of theirs has a few elements for each */
#define SERVICES_TURN_S 0.0005 /* of telling containers how services change: half of what the loop may be held for, and a container is 0.05 ms */
#define SERVICES_AT_ONCE 32 /* that change in one transaction of a container: what one is led to by thousands takes several turns */
#define SERVICES_LOOK_S 1. /* between looks at the tables of services, where others can change them and nothing tells of it: 2 us for a container */
#define SERVICE_PORTS_MAX 64           /* as many elements of a map, times the containers behind it */
#define SERVICE_BACKENDS_MAX 4096      /* as many containers as netd has; a chain of one rule for each number that there is of them */
#define INGRESS_WHY_LEN_MAX 159        /* why a port is not published here, as the other hosts are told it: a sentence with a name in it */
#define INGRESS_WHY_S 60.              /* between looks at who has such a port, while somebody has: a walk over all processes */
#define INGRESS_AGAIN_S 1. /* between tries to have a published port that a program has, or an address before this host has a block */
#define INGRESS_RECALL_MAX 524288      /* of the file of the addresses by which this host answers for others: a line for each of NETWORKS_MAX */
#define GOING_WRITE_S 0.05              /* until those that etcd has forgotten are taken out of it, together */
#define GOING_FILE_MAX 4194304          /* of the file of networks and services that were removed here: more than all that there may be, with a few ports each */
#define SERVICE_RECALL_MAX 1048576     /* of the file that says who of other hosts stands behind services: 25,000 addresses of IPv6 */
#define CLUSTER_HOST_LEN_MAX HOSTNAME_LEN_MAX /* a host's name in a cluster is its hostname, unless it is told another */
#define CLUSTER_VERSION_LEN_MAX 31     /* of netd's version, in a host's record */
#define CLUSTER_SERVICES_MAX 16        /* that a container stands behind: each is a name in its record */
#define CLUSTER_PORTS_MAX 64           /* of a service: as many elements of a map, times the containers behind it */
#define CLUSTER_VALUE_MAX 65536        /* a record in etcd: 80 names of 253 characters, each escaped, and a little */
#define CLUSTER_PACKED_MAX 24576       /* the same as bytes: 82 names of 253 characters, and a little */
#define CLUSTER_RECORDS_MAX 262144     /* 1,000 hosts with 100,000 containers on two networks each: 25 MiB */
#define CLUSTER_MEMBERS_MAX 9          /* of etcd that a host knows: more than 7 make etcd slower, and nothing safer */
#define CLUSTER_URL_LEN_MAX 95         /* https://, an address of IPv6 in brackets, a port: 60 at the most */
#define CLUSTER_PEM_LEN_MAX 16384      /* a certificate with its chain, or a key: one of RSA 4096 is 3 KiB */
#define CLUSTER_DER_LEN_MAX 8192        /* a certificate whose end is looked for: one of RSA 4096 is 2 KiB */
#define CLUSTER_SERIAL_LEN_MAX 40      /* of a certificate's number: 20 bytes (RFC 5280), in hexadecimal digits */
#define CLUSTER_SERIALS_MAX 8          /* certificates of a host: its own, that for a member of etcd, and CLUSTER_FORMER_MAX */
#define CLUSTER_REFUSED_MAX 16          /* published ports of services that a host says it has not: the first are enough to look there */
#define CLUSTER_REVOKED_MAX 256        /* certificates that are worth nothing any more: 128 hosts that were removed */
#define CLUSTER_SWEEP_S 3600.           /* between looks at whether one of them has ended, which they do by the day */
#define CLUSTER_REVOKE_S 0.2            /* from the first that is heard of, until all of them are put in force */
#define CLUSTER_FILE_MAX 131072        /* of cluster.json: three texts of PEM, with each line's end escaped, and room */
#define CLUSTER_JOIN_S 15.             /* until a host that joins has read all records, or hears why not */
#define CLUSTER_FORCED_S 5.            /* for etcd to hear of a host that leaves by force */
#define CLUSTER_ASKED_S 30.            /* until it has been let in, or is out: the herald has answered by then (HERALD_ASKED_S) */
#define CLUSTER_OWN_JOIN_S 60.         /* the same where etcd is started first: it writes and waits for its disk */
#define CLUSTER_ETCD_PORT 2389         /* of netd's own etcd, for its clients: 2379 is that of whoever else has one here, Kubernetes above all */
#define CLUSTER_DOOR_PORT 2391         /* where hosts ask to be let in */
#define CLUSTER_DIGEST_LEN 64          /* SHA-256 of a public key, in hexadecimal digits */
#define CLUSTER_SECRET_LEN 32          /* 128 bits: nobody finds one by trying */
#define CLUSTER_OLD_SECRETS 8          /* that were replaced, and are told from wrong ones */
#define CLUSTER_CERTIFICATE_WARNED_S (30 * 24 * 3600) /* a month is enough to get another, and not so long that nobody believes it */
#define CLUSTER_LIFETIME_S (365L * 24 * 3600) /* of a host's certificate: one that was stolen is good for so long */
#define CLUSTER_LIFETIME_MIN_S 30       /* for trying it out: it is renewed each 20 s */
#define CLUSTER_LIFETIME_MAX_S AUTHORITY_VALID_S /* none outlives its authority */
#define CLUSTER_RENEW_SHARE 3           /* it is renewed when this part of its time is left: months to mend what hinders it */
#define CLUSTER_WARNED_SHARE 4          /* and said when so much of it is left: it has been tried for a while by then */
#define CLUSTER_RENEW_LOOKS 20          /* in its lifetime, at whether it is time, and as many tries */
#define CLUSTER_RENEW_MIN_S 1.          /* between two looks, and at the most */
#define CLUSTER_RENEW_MAX_S 3600.
#define CLUSTER_FORMER_MAX 6            /* certificates that were replaced and have not ended: two, and more where the lifetime was made shorter */
#define CLUSTER_TOKEN_VALID_S (24 * 3600) /* a day is enough to set up a host, and one that leaks is soon of no use */
#define CLUSTER_TOKEN_VALID_MAX_S (365 * 24 * 3600) /* who wants one for ever draws one a year */
#define CLUSTER_SEATS 3                /* members of netd's own etcd: one may be lost. Five would make each write slower */
#define CLUSTER_SEAT_LEN_MAX 511       /* of as many: a name, a URL and two characters each are 486 */
#define CLUSTER_LOOK_S 1.              /* between looks at whether this host is to have a member of etcd */
#define CLUSTER_ASKS_S 0.25             /* until etcd's members are asked for again, which are being changed or are not at the moment */
#define CLUSTER_MISSED_S 15            /* looks in which its member is not among those there are, until it is given up: an election, and room */
#define CLUSTER_DOOR_S 1.               /* until it is tried again to listen there */
#define CLUSTER_PEER_PORT 2390         /* of the same, for other members */
#define CLUSTER_BLOCK_LOOKS 16384      /* blocks looked at for one that is free: all of an IPv4 /12, and a millisecond */
#define FAR_TURN 64                    /* containers of other hosts that are entered in one go: half a millisecond */
#define SPANNING_PATIENCE_S 15.        /* for etcd to take a network that somebody makes: 5 ms, or the loss of two members */
#define HEARING_PATIENCE_S 1.          /* for word of a network that somebody names and nobody here knows: 3 ms, or an etcd that has just gone */
#define SPANNING_LOOK_S 1.             /* until what was refused or lost of what this host has is said again */
#define FAR_TOLD_ANEW 64                /* containers of this host's that may have another record, and are looked at alone; all are when there are more */
#define FAR_AGAIN_S 1.                 /* until what the kernel refused of them is tried again */
#define FAR_BLOCK_LOW 16               /* free addresses below which a host wants another block: it takes 5 ms to come */
#define TRUSTED_INTERFACES_MAX 8       /* per network: an element of the ruleset each */
#define SOURCES_MAX 16                 /* the same */

#define API_BACKUP_MAX (64 * 1024 * 1024) /* 4,000 networks are about 4 MiB, addresses come on top */
#define API_BODY_MAX (1024 * 1024)      /* 16,384 port bindings are about 800 KiB of JSON */
#define API_HEADER_MAX (16 * 1024)      /* per connection pool of the HTTP server */
#define API_CONNECTIONS_MAX 256         /* that wait, ask, or are answered; beyond it idle ones are closed */
#define API_STREAMS_MAX 256             /* event streams: each keeps a connection for good, so they do not count there */
#define API_ROOT_RESERVE 32             /* of both, for root alone */
#define API_REFUSED_MAX 32              /* connections that are told why they are refused */
#define API_ACCEPTS 16                  /* connections taken before the others have their turn */
#define API_ROUNDS_MAX 8                /* of MHD_run while it says there is more (pipelined requests), before others have their turn */
#define API_REST_MS 50                  /* until accepting is tried again where nothing was left */
#define API_SPARE_MS 200                /* in which who is refused with the last descriptor must have asked */
#define API_TIMEOUT_S 30                /* idle time after which a half-sent request is dropped */
#define STATS_STREAM_S 1.                /* from one line of a container's statistics to the next: Docker's */
#define API_STREAM_MAX (256 * 1024)      /* events a client has not read: some 700; then it is cut off */
#define JSON_SPAN_KEY_MAX 32            /* of a key that is looked for: the longest has 13 letters */
#define JSON_DEPTH_MAX 32               /* the deepest Docker body has 6 levels */
#define JSON_VALUES_MAX (3 * 1024 * 1024) /* 32 MiB of facts have two thirds of that; an empty object of two bytes takes 230 of memory */
#define ONCE_SLOTS 64                  /* sentences of the log that may be said again */
#define ONCE_AGAIN_S 600.              /* of silence, after which one is news again: who tries again does so within minutes */
#define EVENTS_PORTS_MAX 32             /* of ports that one change publishes, or takes back: a change with thousands would empty the ring, and hold the loop */
#define EVENTS_RING 256                 /* past events kept for since=, as Docker */

#define IPC_MSG_MAX 65536               /* one message of the channel: a lookup's answer is the largest */
#define HERALD_WHY_LEN_MAX 255          /* a sentence of the herald's; a longer one is cut */
#define HERALD_REMOVE_KEYS_MAX 100      /* of etcd's 128 operations in one transaction */
#define HERALD_KEY_LEN_MAX 266          /* of a network or a service of the longest name; that of a block has 120 */
#define HERALD_MEMBER_ID_LEN_MAX 20     /* of a member of etcd: 64 bits, in decimal digits */
#define HERALD_LOOK_S 1.                /* between looks at who the members of netd's own etcd are, while there are few */
#define HERALD_LOOK_LONG_S 5.           /* the same when all seats are taken: a thousand hosts ask each member 70 times a second */
#define HERALD_PAGE 256                 /* records read of etcd at a time: 6 MiB when all are as large as they can be */
#define HERALD_AHEAD (256 * 1024)       /* that the plumber has not taken, and another page is asked for all the same: a handful of pages */
#define HERALD_BATCH 128                /* operations in a transaction: etcd takes no more (--max-txn-ops) */
#define HERALD_ANSWER_MAX (16 * 1024 * 1024) /* of etcd: a page, in base64, and room */
#define HERALD_BACKLOG_MAX (16 * 1024 * 1024) /* for a plumber that does not read: as much as was read at a time */
#define HERALD_INBOX_MAX (16 * 1024 * 1024) /* the same the other way: all records of a host */
#define HERALD_LEASE_S 2                /* a host that says nothing for so long is lost to the others; etcd looks each half second */
#define HERALD_RENEW_S 0.5              /* so two renewals may get lost, or a member of etcd; and one that stands still for a second is not lost */
#define HERALD_MISSED_LOOKS 3           /* in a row that find less than a second of a lease, so 0.3 s: who has stood still for 1.3 s has been heard of by then */
#define HERALD_ELECTION_LOOK_S 0.15     /* between them; a host is missed so much later */
#define HERALD_ELECTION_LOOKS 27        /* four seconds: all leases that were not renewed since the election are over then */
#define HERALD_CONNECT_MS 1000          /* for TCP and TLS with a member: 2 ms on a quiet network */
#define HERALD_REQUEST_MS 2000          /* for an answer; most take 3 ms. Then the next member is asked, before the lease is over */
#define HERALD_AGAIN_S 0.2              /* after all members have been tried in vain, and a write that was refused */
#define HERALD_FDS_MAX 64               /* descriptors of its process: the channel, and two connections with a member */
#define HERALD_MEMORY_MAX (512L * 1024 * 1024) /* addresses of its process, most of them of libraries */
#define HERALD_CALLS_MAX 64             /* that wait for an answer at a time */
#define HERALD_READS 32                 /* of its messages in a turn of the plumber's loop: some 0.1 ms */
#define HERALD_ASKED_S 20.              /* until a member has answered what somebody waits for: five members, or an election */
#define HERALD_ASKED_MIN_S 5.           /* the loss of a leader costs writes so long: so long all members may refuse */
#define HERALD_HANG_UPS 5               /* of members, with none between that takes this host: its certificate was revoked. One that is stopped does it once */
#define HERALD_ASKED_ROUNDS 3           /* in which all members refuse; then nobody is kept waiting for HERALD_ASKED_S */
#define HERALD_CALL_MS 25000            /* the herald has given it up by then */
#define USHER_SOCKETS_MAX 2             /* where hosts ask to be let in: an address of each family */
#define USHER_TALKS_MAX 64              /* of hosts that ask, at a time; more wait in the queue */
#define USHER_TALK_S 10.                /* for all of it: a strange client holds its place no longer */
#define USHER_CALL_MS 12000             /* the usher has given it up by then */
#define USHER_MESSAGE_MAX 16384         /* a certificate and the members: 3 KiB */
#define USHER_PEM_MAX 8192              /* a certificate of an authority of netd's: 1 KiB */
#define USHER_KEY_MAX 512               /* a public key of P-256 is 91 bytes */
#define USHER_FDS_MAX 96                /* descriptors of its process: those that ask, and some */
#define USHER_MEMORY_MAX (256L * 1024 * 1024) /* addresses of its process, most of them of libraries */
#define KEEPER_HEARTBEAT_MS "100"       /* between signs of life of netd's own etcd, as is its default */
#define KEEPER_ELECTION_MS "500"        /* without one, until another leader is chosen: half the default, for a leader may be lost with its host; etcd wants five heartbeats */
#define KEEPER_RESTARTS_AT_ONCE 3       /* of netd's own etcd, when it keeps ending; then there are pauses */
#define KEEPER_PAUSE_MIN_S 0.2          /* the first of them; each is twice the one before */
#define KEEPER_PAUSE_MAX_S 5.           /* the longest */
#define KEEPER_STABLE_S 10.             /* one that ran for so long starts the count anew */
#define KEEPER_TURN_S 5.                /* between members that are started again as one was revoked: an election takes 2 s */
#define KEEPER_END_MS 5000              /* for etcd to be gone after SIGKILL: its disk may be slow */
#define AUTHORITY_VALID_S (10L * 365 * 24 * 3600) /* of an authority, which nothing renews, and of what is on its own host */
#define AUTHORITY_BACKDATED_S (24L * 3600) /* what is signed now is good for a clock that is late, too */
#define AUTHORITY_CRL_MAX 12288         /* a list of CLUSTER_REVOKED_MAX certificates, of 40 bytes each, and its signature */
#define AUTHORITY_NAMES_MAX 128         /* two addresses, each with what it is */
#define IPC_FDS_MAX 64                  /* descriptors in one message; the kernel's SCM_MAX_FD is 253 */

#define DNS_NAME_MAX 255                /* RFC 1035, 2.3.4 */
#define DNS_LABEL_MAX 63
#define DNS_UDP_PLAIN_MAX 512           /* RFC 1035, 4.2.1, without EDNS */
#define DNS_UDP_EDNS_SIZE 1232          /* DNS flag day 2020: no fragmentation on the way to an upstream */
#define DNS_UDP_MAX 65507               /* the longest datagram of IPv4: a container's lo takes it whole */
#define DNS_TCP_MAX 65535
#define DNS_TTL_LOCAL_S 5               /* restarts get the old address back, so short is enough */
#define DNS_CACHE_ENTRIES_MAX 4096      /* about 2 MiB at the 512 bytes a typical answer takes */
#define DNS_CACHE_BYTES_MAX 2097152     /* 2 MiB */
#define DNS_CACHE_TTL_MAX_S 3600
#define DNS_NEGATIVE_TTL_MAX_S 60
#define DNS_INFLIGHT_MAX 4096           /* questions asked upstream at a time: a socket each */
#define DNS_INFLIGHT_PER_VIEW_MAX 512   /* of one container, while that is an eighth of what is free; more wait */
#define DNS_INFLIGHT_PER_VIEW_MIN 4     /* of each container, whatever the others do */
#define DNS_WAITING_BYTES_MAX 33554432  /* questions in line, of all containers: 32 MiB */
#define DNS_WAITING_BYTES_PER_VIEW_MAX 1048576 /* some 5,000 questions, asked within two seconds of an upstream that needs 0.2 */
#define DNS_WAITING_BYTES_PER_VIEW_MIN 16384 /* some 80 */
#define DNS_BUDGET_MS 4000              /* below glibc's 5 s, so an answer always comes first */
#define DNS_LATE_INTERVAL_S 0.25        /* from one look for questions whose budget has ended in line to the next */
#define DNS_FIRST_TRY_MS 400            /* a healthy upstream answers in tens of milliseconds */
#define DNS_TCP_CLIENTS_MAX 4096        /* a descriptor each */
#define DNS_TCP_CLIENTS_PER_VIEW_MAX 512 /* as many as questions are asked for one at a time */
#define DNS_TCP_CLIENTS_PER_VIEW_MIN 8
#define DNS_TCP_MUTE_MS 500             /* who connects and says nothing for so long may be closed for another */
#define DNS_TCP_BACKLOG 4096            /* connections that wait to be accepted; the container's somaxconn may say less */
#define DNS_SOCKET_BUFFER 2097152       /* the kernel doubles it, and counts 768 bytes for a small datagram: a burst of 5,000 */
#define DNS_TCP_IDLE_MS 10000           /* RFC 7766, 6.2.3 asks for "a few seconds" */

#define RELAY_FLOWS_MAX 4096            /* connections through the localhost relay, */
#define RELAY_FLOWS_PER_PORT_MAX 2048   /* of which a published port has no more than are left free */
#define RELAY_FLOWS_PER_PORT_MIN 8
#define RELAY_UDP_IDLE_MS 30000         /* nf_conntrack_udp_timeout */

#define NETNS_LEAVE_MS 500              /* memory that setns(2) lacks comes back sooner or not */
#define NETNS_LEAVE_STEP_US 1000
#define LOCK_PATIENCE_MS 2000           /* a holder of netd's lock that does not answer is asked again for as long: it may be
					 * about to listen, or have been killed while a child of its was under way to exec */
#define LOCK_STEP_US 10000
#define LOCK_REST_S 1.0                 /* without a descriptor for who asks: his connection stays ready, and would be reported
					 * forever. It tells who holds the lock all the same */
#define ORPHAN_END_MS 1000              /* an exit takes as long as its sockets take to close */
#define NETNS_WAIT_S 60                 /* a runtime that was told "come" has long given up by then */
#define AWAIT_INTERVAL_S 0.003          /* a namespace is mounted over a file, which nothing tells of: so it is looked for. The time
					 * between the mount and the first program in it is ten times as long */
#define WATCH_INTERVAL_S 15.            /* the slow look, for ends of containers that nothing tells of */
#define MOUNTS_DELAY_S 0.01             /* mounts change in bursts when a container starts */
#define RESYNC_DELAY_S 0.005            /* foreign changes come in bursts (a firewall reload): repair once, shortly after */
#define RESYNCS_IN_ROW_MAX 30           /* where somebody changes each time what was repaired, neither gets anywhere: after so many
					 * within a second there is one a second. Those that find nothing count, too: each looks
					 * at every link, and after a pause they begin at none */
#define RESYNC_CALM_S 1.
#define RESYNC_AGAIN_S 0.25             /* between a resync that failed and the next, doubled each time ... */
#define RESYNC_AGAIN_MAX_S 60.          /* ... up to this */
#define BRING_BACK_TRIES 10             /* what a restore took away and cannot put back yet, for want of memory or room */
#define BRING_BACK_WAIT_S 0.5
#define WARNING_CHAINS_MAX 8            /* of other firewalls; more than that say nothing new */
#define WARNING_BRIDGES_MAX 4           /* a sentence is still one with so many commands in it */
#define HOST_FILE_MAX (256 * 1024)      /* larger than any real hosts file */
#define RESOLV_CONF_MAX 65536           /* larger than any real resolv.conf; the rest of a larger one is not read */
#define CONFIG_FILE_MAX (1024 * 1024)   /* larger than any sensible netd.json */
#define QUERIES_MAX 256                 /* look-ups under way at once; each is a person at a terminal */
#define QUERIES_WAIT_MS 30000           /* for an answer, which takes DNS_BUDGET_MS at the most from a resolver that is scheduled;
					 * one that hangs is found much earlier, so this is for one that has forgotten a question */
#define QUERIES_LOOK_S 1.               /* between two looks for those that have waited so long */
#define HANDSHAKE_SILENCE_MS 2000       /* of a resolver that was just started, or found: it has nothing to do before */
#define HANDSHAKE_MAX_MS 5000           /* of all its messages: thousands of views take milliseconds */
#define LINK_SEND_MS 5000               /* to a resolver that lives and is not scheduled */
#define LINK_STEP_MS 200                /* PULSE_S: then it is looked whether it hangs */
#define LINK_HELD_MAX 32                /* messages that go together: the names of a container with a dozen aliases */
#define LINK_HELD_BYTES 4096            /* of them: names are short */
#define LINK_READS_MAX 1024             /* at a beat, for an answer behind others */
#define INTRODUCTIONS_MAX 3             /* to one process */
#define FIREWALLD_RETRY_S 10.           /* until there is a bus: a look at a path */
#define FIREWALLD_ANSWER_US 120000000ULL /* firewalld reloads a large ruleset for many seconds */
#define FIREWALLD_EVENTS_MAX 64         /* taken at a time, before others have their turn */
#define FLOWS_DELAY_S 0.001             /* ports that change together are one walk */
#define FLOWS_AGAIN_S 1.                /* a walk that failed is tried again: memory comes back within a moment; pauses double, for ... */
#define FLOWS_AGAIN_MAX_S 300.          /* ... what the kernel refuses altogether is to cost little */
#define FLOWS_TIME_MAX_S 20             /* a walk takes seconds where there are millions of flows */
#define FLOWS_HUNG_S (FLOWS_TIME_MAX_S + 1) /* its alarm has ended it by then, unless it is stopped */
#define FORGED_INTERVAL_S 5.            /* from one look at the counter to the next; nothing tells of a packet that was dropped */
#define FORGED_TOLD_MAX 1024            /* pairs that the log was told of; then it is told no more until a restart */
#define FORGED_SHOWN_MAX 64             /* pairs that are shown: enough to find who it is */
#define RULESET_FORGED_MAX 256          /* who sends from addresses that are not his, and as whom: enough to name some, however
					 * many he invents */
#define RULESET_SPOOFED_MAX 4096        /* ports at which frames were dropped; what is beyond is dropped and not counted */
#define JOURNAL_COMPACT_MIN (256 * 1024) /* a file this small is not worth writing anew */
#define JOURNAL_FILE_MAX (1024L * 1024 * 1024) /* of a file that is longer netd has written no part */

#define RESERVE_SIZE (256 * 1024)       /* libev's arrays for 8,192 descriptors, doubled once while there is no memory */
#define WATCHER_REST_S 0.02             /* until the loop is woken again for a descriptor that the kernel did not take */
#define FORGET_INTERVAL_S 1             /* a record that cannot be removed is tried again: a disk is full for longer */

#define SWEEP_BATCH 256                 /* a sweep holds the RTNL 0.8 ms per link: others wait 0.2 s */
#define SWEEP_DELAY_MS 10               /* dead links of one burst share one grace period (design.md, 3) */
#define SWEEP_AGAIN_MS 200              /* after a sweep that failed: what is in the way of others goes within a second */
#define SWEEP_BRIDGE_DELAY_MS 200       /* commands of one script come faster, and would wait for the bridge of the one before */
#define SWEEP_BRIDGE_CALM_S 1           /* a burst puts the deletion of bridges off for so long, and then no more */
#define SWEEP_BRIDGES_MAX 32            /* removed bridges that are there at a time: a second's worth of deletions */
#define SWEEP_BRIDGE_GAP_MS 1           /* between the deletion of two bridges, 20-40 ms each: requests have their turn */

#define HTTP_LINE_MAX 8192              /* a reply's status or header line; netd's own are below 200 */
#define HTTP_HEADERS_MAX 100            /* lines per reply, trailers included; netd sends about 8 */
#define CLIENT_BODY_MAX (64UL * 1024 * 1024) /* a list of 4,000 networks is about 4 MiB */
#define CLIENT_EVENT_MAX (1024UL * 1024)   /* one event with the labels of its object */
#define STREAM_OUT_SIZE 32768            /* what netctl writes at once of an answer that goes on: twice what it reads */
#define STATS_INTERVAL_MAX_S 3600         /* from one look of netctl stats to the next; who wants fewer asks cron */
#define TOP_STEP_MS 100                 /* netctl top: in which a signal that ends it is heeded */
#define CLIENT_TIMEOUT_S 120            /* silence after which a caller gives netd up */
#define RUN_OUTPUT_MAX (1024 * 1024)    /* of a command that netctl run -d started, its last half at least: a crash's last words are shorter */
#define RUN_OUTPUT_PIECE 16384          /* of it at a time: a quarter of what a pipe holds */
#define RUNS_ENDED_MAX 32               /* whose output can still be read, a MiB each in memory at the most */
#define RUN_STOP_S 10                   /* from the request to end to the signal that cannot be refused: as docker stop */
#define RUN_STOP_MAX_S 86400            /* whoever waits for longer looks at it himself */
#define RUN_LOOK_MS 1000                /* without output: netctl logs -f sees whether there is anybody left to write */
#define RUN_SESSION_AT_ONCE 256         /* of a session's processes that are signalled and waited for, far below RLIMIT_NOFILE's 1,024; the rest come next */
#define RUN_KILLED_S 10                 /* a process that a driver holds ends later than its signal; all of a session have it together */
#define ENSURE_TRIES_MAX 16             /* another caller may take a network away between its making and the attach, again and again */
#define BACKUP_MAX (64L * 1024 * 1024)  /* a file that netctl reads: 4,000 networks with all their labels */
#define KEY_SHOWN_MAX 64                /* a key in a sentence; longer ones are cut, not refused */
#define TABLE_COLUMNS_MAX 64            /* further ones are not aligned */
#define TEMPLATE_WIDTH_MAX 1000         /* padding, not a way to make gigabytes of spaces */
#define NETAVARK_USED_MAX 65536         /* subnets on the host; a request holds no more */
#define NETAVARK_SUBNETS_MAX 64         /* more than anybody has; netd takes one of each family */
#define OCI_NAMESPACES_MAX 64           /* there are eight kinds, each once */
#define OCI_FILES_MAX 8                 /* of one container; there are three */
#define DOCKER_RETRY_MS 200             /* until Docker's events are asked for again */
#define DOCKER_IDLE_MS 1000             /* how long the plugin's loop sleeps; a signal wakes it */
#define DOCKER_NAMING_MS 20             /* the same while Docker has not yet said what a network is called */
#define DOCKER_POOL_AGE_S 60            /* a call of Docker's that takes longer has failed */
#define DOCKER_POOL_TRIES 16            /* calls for a subnet that are under way at once */
#define TEMPLATE_LEN_MAX 65536          /* --format; what people type is below 1 KiB */
#define TEMPLATE_NODES_MAX 4096
#define TEMPLATE_DEPTH_MAX 32           /* nesting; bounds the recursion of parser and evaluation */
#define TEMPLATE_STEPS_MAX 1000000      /* evaluations: 1,000 containers at 1,000 expressions each */
#define TEMPLATE_OUTPUT_MAX (16UL * 1024 * 1024)

#define FACTS_TEXT_MAX (64 * 1024 * 1024) /* of a document that somebody sends in: a large host's, with some rulesets, is a tenth */
#define FACTS_ITEMS_MAX 65536           /* as LOOK_ITEMS_MAX, which wrote it */
#define FACTS_SMALL 128                 /* bytes of an item of which there may be more: */
#define FACTS_SMALL_MAX (16 * FACTS_ITEMS_MAX) /* as LOOK_VALUES_MAX */
#define FACTS_SPACES_MAX 1024           /* pictures in a document, 22 KiB each before there is anything in them */
#define FACTS_ANSWERS_MAX 262144        /* of a kind: twenty for each of 10,000 pairs */
#define SOCKET_FILTER_HEAD 40           /* bytes of a packet's head that something is known of: an IPv6 header */
#define SOCKET_FILTER_STEPS_MAX 4096    /* of a filter that is followed on all its ways */
#define FACTS_FILTER_MAX 32              /* instructions at a socket, of 8 bytes: what tcpdump makes of a few words */
#define LOOK_ANSWER_SIZE 65536          /* of what is looked at for a diagnosis: twice what the kernel puts into a dump's datagram */
#define LOOK_REQUEST_SIZE 1024          /* the largest, for an element with a key of 64 bytes and two names, is about 300 */
#define LOOK_ITEMS_MAX 65536            /* in each list of a picture: a host with a full routing table is not judged by the list */
#define LOOK_VALUES_MAX (16 * LOOK_ITEMS_MAX) /* of a picture: each link has 10 settings */
#define LOOK_LINKS_ASKED_MAX 8192       /* of a picture that has those alone that were asked for: a way meets 10, a matrix of 1,000 containers 2,000 */
#define LOOK_DOWN_MAX 64                /* links that are down, for who looks for one that led to the outside: a host has few such */
#define LOOK_HOOKED_MAX 256             /* links with a place for filters that are asked for them: two questions each */
#define LOOK_ELEMENTS_MAX 256           /* of a set whose elements are in a picture; of a larger one each is asked, in 2 us */
#define LOOK_SOCKETS_MAX 256            /* that listen or take datagrams, in a picture; where there are more, those on a port are asked for */
#define REPLAY_NUMBERS_MAX 1048576      /* that things which have gone had in a ruleset: made again in a second, so that the others have theirs */
#define LOOK_BATCH_MAX (256 * 1024 * 1024) /* bytes of one transaction that makes a ruleset again: the largest, and the numbers it has lost */
#define LOOK_SCRATCH_MS 15000           /* of a program that loads a file there: nft(8) takes seconds for 100,000 rules */
#define REPLAY_TRIES 8                  /* of a table, with something in the place of each rule that the kernel refused; one is enough */
#define WITH_SAID_MAX 400               /* bytes of what nft(8) says of a file that it refuses: its first complaint */
#define WITH_TEXT_MAX (16 * 1024 * 1024) /* of a file whose links are looked for by name; beyond that all are there */
#define LOOK_RULESET_MAX (16 * 1024 * 1024) /* of a namespace: 100,000 rules of iptables' */
#define LOOK_PROC_SIZE 65536            /* of a file in /proc that is read whole: netstat takes 4 KiB, a cgroup's processes 7 bytes each */
#define LOOK_CGROUP_MAX 4096            /* a cgroup's path, and the lines of older hierarchies before it */
#define LOOK_CGROUPS_DEEP 4             /* below a container's own; runtimes make one or two */
#define LOOK_PIDS_MAX 65536             /* processes looked at for the owner of a socket, 5 us each */
#define LOOK_FEW_FDS 64                 /* of a process that is searched at once: most have fewer, and 64 take 0.1 ms */
#define LOOK_PARENTS_MAX 16             /* of a process, each with the socket: one server starts another a few times */
#define LOOK_FDS_MAX 262144             /* of a namespace's processes, 2 us each: a container may open as many as it likes */
#define LOOK_SPACE_MS 2000              /* of a processor, for a container's picture, which takes 2 ms; what has not begun by then is left out */
#define LOOK_FILES_MS 2000              /* for two small files of a container's, whose filesystem may not answer */
#define LOOK_FILES_TRIES 4              /* of these, while whoever reads them gets no processor */
#define LOOK_TRIES 2                    /* of a picture that something changed under: the second time it is told */
#define BANDWIDTH_BITS_MIN 1000         /* a second: a full packet takes twelve of them, and a smaller one never ends */
#define BANDWIDTH_BITS_MAX 1000000000000ULL /* no link is faster, and bytes times milliseconds fit into 64 bits */
#define BANDWIDTH_LEN_MAX 127           /* of the text: all four amounts, each as many digits as 64 bits have, take 117 */
#define BANDWIDTH_BURST_MS 50           /* of the rate: a busy processor's timers are late by this much, and 1 % of 5 s */
#define BANDWIDTH_QUEUE_MS 50           /* of the rate: what waits longer is of no use to who waits for it */
#define BANDWIDTH_QUEUE_MIN 32768       /* bytes; TCP begins with ten packets at once */
#define RTNL_RECV_SIZE 32768            /* the kernel fills a dump's datagram up to 32 KiB and no further */
#define RTNL_BATCH_MAX 16               /* the longest batch: lo, link, six addresses, four routes */
#define RTNL_MSG_SIZE 1024              /* the largest request, a veth with names, is about 300 bytes; an alias has 255 */
#define RTNL_DUMP_TRIES_MAX 16          /* a dump is interrupted by each link made meanwhile; calm comes sooner */
#define RTNL_TRIES_MAX 3                /* of a request whose answer was lost: memory that short comes back at once or not */
#define RTNL_LATE_MS 20                 /* an answer is there when the request has returned; were it not, it would not be long */
#define RTNL_DRAIN_MAX 4096             /* datagrams of a dump that nobody wants any more: 1,000 links are 60 */
#define NFT_TRIES_MAX 3                 /* as RTNL_TRIES_MAX */
#define NFT_LATE_MS 20                  /* as RTNL_LATE_MS */
#define NFT_DUMP_TRIES 10               /* a dump is interrupted by each change meanwhile: ten in a row are somebody's doing */
#define DNS_PORT_TRIES 16               /* UDP and TCP ports are handed out apart, so what one is given the other may have in use */
#define NFT_DRAIN_MAX 4096              /* as RTNL_DRAIN_MAX */
#define NFT_BUSY_MS 300                 /* an exiting owner's socket is closed within milliseconds, also on a busy machine; then
					 * it is somebody else's table */
#define NFT_BUSY_STEP_US 5000
#define RTNL_WAKE_MS 3                  /* linkwatch, a worker of the kernel's, is due at once */
#define RTNL_WAKE_STEP_US 200
#define RTNL_WATCH_BUFFER (8 * 1024 * 1024) /* 1,000 deletions come in one sweep, and each attach makes ten messages of 2 KiB */
#define SUSPECTS_MAX 32 /* links looked at one by one after a change; more: all are */
#define RTNL_WATCH_READS_MAX 64         /* datagrams per wake-up, so that a storm leaves room for requests */
#define RTNL_GROUP_DYING 0x6e646421     /* "nd" and a number that nobody else picks: links swept in one message */
#define RTNL_GROUP_DYING_BRIDGES 0x6e646422 /* not with the links: each costs as much as if it were deleted alone */
#define SYSCTL_PROC_OPENS_MAX 64        /* 40 us for a new procfs are less than 1 us for each open then */

#define RESOLVER_BATCH 8                /* datagrams taken and answered by one system call each: a turn (turns.h) */
#define PARTY_DEBT_MAX 1024             /* units; some 4 ms of work */
#define PARTY_FRESH_MAX 16              /* those that have just come are light; after so many the busy have one turn among them */
#define CHANNEL_MESSAGES_MAX 64         /* taken by one wake-up, so that a large synchronisation does not hold up questions */
#define CHANNEL_LEFT_MAX 65536          /* more than a socket's buffer holds: what is left after these comes from a plumber that lives */
#define RESOLVER_UDP_QUERY_MAX 1280     /* what DNS_UDP_EDNS_SIZE promises, and a little */
#define RESOLVER_QUERY_MAX 4096         /* a question is under 300 bytes; the rest is room for options */
#define RESOLVER_ACCEPTS 1              /* connection taken before the others have their turn */
#define RESOLVER_REST_MS 200            /* pause in accepting while there are no descriptors */
#define RESOLVER_REFUSED_REST_MS 1      /* after a turn in which a container was beyond its share: 8,000 refusals a second */
#define RESOLVER_TCP_HIGH 65537         /* unread answers after which no more questions are read: the longest */
#define RESOLVER_TCP_OUT_MAX 262144     /* unread answers after which the client is given up */
#define RESOLVER_QUEUE_MAX 4194304      /* for a plumber that does not read: an inventory of thousands */
#define RESOLVER_INVENTORY_MAX 65536    /* views, and relays, that a resolver says it has: more than ports on an address */
#define SERVER_FAILED_MAX 8             /* errors in a row, which may be about the names asked */
#define SERVER_PROBE_MS 1000            /* a demoted upstream is asked again after this, doubling to ... */
#define SERVER_PROBE_MAX_MS 30000       /* ... this */
#define SOURCE_BATCH 24                 /* sockets in a container that the plumber opens at a time; of all kinds they fit a message */
#define SOURCE_STREAMS_MAX 8            /* ready for answers that do not fit a datagram: rare, and asked for again at half */
#define SOURCE_WANT_MS 1000             /* a plumber that does not bring any is asked again */
#define SOURCE_STALE_MAX 64             /* datagrams left over in a socket; one that has more is closed */
#define LANE_SOCKET_WAIT_MS 10          /* until it is looked again whether the plumber has brought one */
#define ASK_WRONG_MAX 16                /* answers to a port that is waiting for another: a forger's tries, of 65,536 ids */
#define SERVER_DEAD_MS 60000            /* so long after its last failure one that is demoted is taken for dead */
#define SERVER_REST_MS 30000            /* an idle c-ares channel is 75 KB */
#define FLIGHT_TRIES_MAX 8192           /* open upstream questions, those whose client is served included */
#define RELAY_BATCH 4                   /* datagrams moved before the others have their turn */
#define RELAY_TURN 16                   /* relayed connections that have something to do, before others do; one that moves … */
#define RELAY_UNIT 8192                 /* … more than this counts once for each: two full pipes are a turn */
#define RELAY_PIPE_SIZE 65536           /* what a pipe holds unless told otherwise */
#define RELAY_DATAGRAM_MAX 65536        /* a UDP datagram */
#define RELAY_SYN_COUNT 3               /* gives up connecting after 15 s */
#define RELAY_CLOSE_TURN 16             /* relayed connections that are closed behind one look at the kernel */
#define RELAY_CLOSE_S 0.1               /* a port given up is waited for: the resolver closes it within
					 * microseconds where the machine has any to spare */
#define RELAY_CLOSE_STEP_US 500

#define NFT_TIME_MAX_S 5                /* thousands of rules take a tenth of a second; all requests wait meanwhile */
#define NFT_ALARM_MS 250                /* after nft(8)'s own alarm, which tells more */
#define NFT_COMPLAINT_MAX 400           /* of nft(8), in our sentence */
#define ACCOUNTS_MAX_S 5                /* users and groups, from servers that may not answer; a start waits */
#define FILTER_TIME_MAX_S 5             /* the system call filter takes a tenth of a second */
#define HELPER_STEP_US 1000             /* from one look at whether a child has ended to the next */
#define HELPER_KILLED_MS 500            /* in which one that was killed is gone, unless the kernel holds it */
#define RULESET_USER_SETS_MAX 256    /* braces in the administrator's rules; kept on the stack, 64 KiB of names */
#define RULESET_USER_KEPT_MAX (1024 * 1024) /* the last rules that were right: thousands of lines */
#define RULESET_USER_RULES_MAX 65536 /* their text, mostly include lines: a socket's buffer holds it whole */

#define PULSE_S 0.2                     /* from one beat to the next: a process that hangs is known within a second */
#define PULSE_LOOKS_STOPPED 2           /* beats in a row, for one that is stopped: it may have gone on since the first */
#define PULSE_LOOKS_BLOCKED 3           /* the same for one that does nothing although something waits for it */
#define PULSE_LOOKS_DISK 25             /* memory that comes back from a swap is slow, and is no fault of its own */
#define PULSE_LOOP_MS 300               /* on a processor since the first look: a turn of a loop is some milliseconds */
#define PULSE_METRICS_S 1.               /* the same for who serves metrics, who is missed by the next scrape and not by a query */
#define GUARD_TELL_S 60.                /* the log hears of a counter at its first time, and then once in so long */
#define RULESET_COUNTED_S 3600          /* an element that counts goes after so long without a packet: its sender stopped */
#define PATTERN_LEN_MAX 512             /* a full id and anchors many times over; bounds the automaton to 40 KiB */
#define WATCHED_DIRS_MAX 4              /* links in a row that a netns path leads through, and itself: two are usual */
#define LOOKS_MAX (NETNS_WAIT_S * 1000 / 3) /* for an interface, one every 3 ms: as long as for a namespace */
#define CLOCK_SLACK_MS 10               /* how much two readings of a coarse clock may be off: a jiffy at 100 Hz */
#define JOURNAL_SLOTS 4096              /* as DNS_INFLIGHT_MAX; what waits beyond is asked again by its client */
#define JOURNAL_QUERY_MAX 208           /* bytes of a question; a name of 255 leaves no room for it, and is rare */
#define JOURNAL_LIVES 3                 /* resolvers that may end while they have a question, before it is given up */
#define JOURNAL_PER_VIEW_MAX 2048       /* slots of one container, while that is half of what is free */
#define JOURNAL_PER_VIEW_MIN 4          /* and when all others are taken: a stub asks A and AAAA, and again */
#define CACHE_LINE 64                    /* bytes, of each processor that Debian runs on; where it is not, only time is lost */
#define DNS_LOG_ENTRIES 8192            /* questions that are kept for who follows: 5 MiB, written only while somebody does */
#define DNS_LOG_LEASE_MS 2000           /* who follows says so again in less; one that was killed is forgotten after it */
#define DNS_LOG_RENEW_MS 500            /* a reader that gets no processor for three times as long loses nothing */
#define DNS_LOG_LOOK_MS 40              /* from one look at the ring to the next: 200,000 questions a second fit in between */
#define DNS_LOG_BUSY_MS 5               /* and where that many come: a quarter of the ring of 400,000 a second */
#define DNS_LOG_LOOK_MAX 1024           /* entries of a look, before it is written and the lease is looked at */
#define DNS_LOG_LINE_MAX (5 * (DNS_NAME_MAX + NAME_LEN_MAX) + 512) /* a line of an entry, each byte of whose names is escaped */
#define DNS_STEPS_BYTES_MAX 8192        /* how a question was decided: a hundred steps and more, beside a long answer */
#define DNS_STEPS_ADDRESSES_MAX 16      /* of a name, for which it is said whose they are */
#define METRICS_ROWS_MAX 65536          /* containers' networks on a page of metrics: 40 MiB while it is made */
#define METRICS_DROPS_MAX 16384         /* containers with a reason each on a page: as many as the kernel counts places of (TRACE_DROPS_MAX), 6 MiB */
#define METRICS_DROPS_LINE_MAX 4096     /* a line of who counts them: its names are bounded, and make up a third of that */
#define METRICS_DROPS_AGAIN_S 1.        /* until who counts them is started again; twice as long each time, */
#define METRICS_DROPS_AGAIN_MAX_S 64.   /* and so long at the most; one that has counted for so long begins with the first again */
#define METRICS_SNAPSHOT_MAX (128 * 1024 * 1024) /* bytes of what a page is made of: 1,000 containers are 2 MiB */
#define METRICS_SNAPSHOT_S 8            /* until it is there; Prometheus gives a page 10 s */
#define METRICS_FRESH_MS 100            /* so old a page is given again: who asks in a loop has netd look ten times a second */
#define METRICS_CONNECTIONS_MAX 1024    /* at a time: one that is held open by somebody else is no harm */
#define METRICS_PER_ADDRESS_MAX 512     /* of them from one address */
#define METRICS_HEADER_MAX 8192         /* bytes of a request; a collector's are 500 */
#define METRICS_FDS_MAX 1100            /* descriptors of its process: those connections, and some */
#define METRICS_MEMORY_MAX (1024L * 1024 * 1024) /* addresses of its process, most of them of libraries */
#define FINDINGS_EVERY_S 60.            /* from one report of doctor's to the next, while metrics are read */
#define METRICS_BIND_MS 1000            /* in which the process of a netd that was killed has let go of the port */
#define METRICS_BIND_STEP_US 5000
#define METRICS_CONNECTION_S 10         /* without a byte in either direction */
#define METRICS_PACKET_MAX 32768        /* of a snapshot at a time, between which netd does other things */
#define NEAREST_LEN_MAX 64              /* longer words are not compared: nobody mistypes them by hand */
#define CALLS_ID_TEXT_MAX 8191          /* what a caller's id is made from: a path, and an id of a container beside it */
#define TEMPLATE_ARGS_MAX 16            /* arguments of one call in a template; printf with 15 values is a long line */
#define OCI_LINKS_MAX 8                 /* symbolic links behind each other at /etc/resolv.conf; two are usual */
