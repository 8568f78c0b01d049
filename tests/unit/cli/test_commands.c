// SPDX-License-Identifier: GPL-2.0-or-later
// test_commands.c - every command from argv to output and exit code, against a fake daemon
#include "tests/unit/cli/netctl_run.h"

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/line/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define NOT_FOUND(text) FAKE_JSON("404 Not Found", "{\"message\":\"" text "\"}")
#define EMPTY(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

#define NETWORKS                                                                                   \
	"[{\"Name\":\"net10\",\"Id\":\"" ID_A "\",\"Created\":\"2025-01-02T03:04:05.000000006Z\"," \
	"\"Scope\":\"local\",\"Driver\":\"bridge\",\"EnableIPv4\":true,\"EnableIPv6\":false,"      \
	"\"Internal\":true,\"Labels\":{\"a\":\"1\",\"b\":\"2\"},\"ContainerCount\":3,\"IPAM\":{"   \
	"\"Config\":[{\"Subnet\":\"10.0.0.0/24\"},{\"Subnet\":\"fd00::/64\"}]}},"                  \
	"{\"Name\":\"net9\",\"Id\":\"" ID_B "\",\"Created\":\"\",\"Scope\":\"local\","             \
	"\"Driver\":\"null\",\"EnableIPv6\":true,\"Internal\":false,\"Labels\":{}}]"

#define CONTAINERS                                                                                 \
	"[{\"Id\":\"" ID_A "\",\"Names\":[\"/web\"],\"Created\":1735787045,\"State\":\"running\"," \
	"\"Status\":\"Up\",\"Labels\":{\"tier\":\"front\"},\"Ports\":["                            \
	"{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"            \
	"{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"                 \
	"{\"IP\":\"0.0.0.0\",\"PrivatePort\":81,\"PublicPort\":8081,\"Type\":\"tcp\"},"            \
	"{\"IP\":\"::\",\"PrivatePort\":81,\"PublicPort\":8081,\"Type\":\"tcp\"},"                 \
	"{\"IP\":\"0.0.0.0\",\"PrivatePort\":53,\"PublicPort\":53,\"Type\":\"udp\"}],"             \
	"\"NetworkSettings\":{\"Networks\":{\"front\":{\"IPAddress\":\"10.0.0.2\","                \
	"\"GlobalIPv6Address\":\"fd00::2\"},\"back\":{\"IPAddress\":\"10.1.0.2\","                 \
	"\"GlobalIPv6Address\":\"\"}}}},"                                                          \
	"{\"Id\":\"" ID_B "\",\"Names\":[\"/idle\"],\"Created\":0,\"Ports\":[]}]"

#define INSPECTED                                                                                  \
	"{\"Id\":\"" ID_A "\",\"Name\":\"/web\",\"NetworkSettings\":{\"Ports\":{\"80/tcp\":["      \
	"{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\",\"HostPort\":\"8080\"}" \
	"],"                                                                                       \
	"\"90/tcp\":null}}}"

/* One command that makes one request. */
static void one(const char *request, const char *body, const char *reply, const char *line,
		int code, const char *out, const char *err)
{
	const struct fake_exchange exchange = { request, body, reply, 0 };
	struct netctl_result result;

	netctl_with(&exchange, 1, line, &result);
	if (strcmp(result.out, out) != 0)
		fail_msg("%s\ngave\n%s\nand not\n%s", line, result.out, out);
	if (strcmp(result.err, err) != 0)
		fail_msg("%s\nsaid\n%s\nand not\n%s", line, result.err, err);
	assert_int_equal(result.code, code);
}

/* One that must not get as far as a request. */
static void usage(const char *line, const char *err)
{
	struct netctl_result result;

	netctl_run("unix:///tmp/netd-no-such/sock", line, NULL, &result);
	if (strcmp(result.err, err) != 0)
		fail_msg("%s said %s and not %s", line, result.err, err);
	assert_string_equal(result.out, "");
	assert_int_equal(result.code, CLI_USAGE);
}

static void network_create_prints_the_id(void **state)
{
	(void)state;
	one("POST /networks/create HTTP", "\"Name\":\"front\"",
	    FAKE_JSON("201 Created", "{\"Id\":\"" ID_A "\",\"Warning\":\"\"}"),
	    "network create front --subnet 10.0.0.0/24", 0, ID_A "\n", "");
	one("POST /networks/create", "\"Subnet\":\"10.0.0.0/24\"",
	    FAKE_JSON("201 Created", "{\"Id\":\"" ID_A "\",\"Warning\":\"careful\"}"),
	    "network create front --subnet 10.0.0.0/24", 0, ID_A "\n",
	    "netctl: warning: careful\n");
}

static void refusals_are_printed_as_netd_words_them(void **state)
{
	(void)state;
	one("POST /networks/create", NULL,
	    FAKE_JSON("409 Conflict", "{\"message\":\"network with name front already exists\"}"),
	    "network create front", 1, "", "netctl: network with name front already exists\n");
	one("GET /networks", NULL, FAKE_JSON("500 Oops", ""), "network ls", 1, "",
	    "netctl: netd gave no reason\n");
	one("GET /networks", NULL, FAKE_JSON("200 OK", "{\"a\":"), "network ls", 1, "",
	    "netctl: netd answered with no valid JSON: unexpected token near end of file\n");
}

static void networks_are_listed_in_every_format(void **state)
{
	(void)state;
	one("GET /networks HTTP", NULL, FAKE_JSON("200 OK", NETWORKS), "network ls", 0,
	    "NETWORK ID     NAME    DRIVER   SCOPE   SUBNETS                 CONTAINERS\n"
	    "bbbbbbbbbbbb   net9    null     local                           \n"
	    "aaaaaaaaaaaa   net10   bridge   local   10.0.0.0/24,fd00::/64   3\n",
	    "");
	one("GET /networks", NULL, FAKE_JSON("200 OK", NETWORKS), "network ls -q --no-trunc", 0,
	    ID_B "\n" ID_A "\n", "");
	one("GET /networks", NULL, FAKE_JSON("200 OK", NETWORKS), "network ls --format json", 0,
	    "{\"Containers\":\"\",\"CreatedAt\":\"\",\"Driver\":\"null\",\"ID\":\"bbbbbbbbbbbb\","
	    "\"IPv4\":\"true\","
	    "\"IPv6\":\"true\",\"Internal\":\"false\",\"Labels\":\"\",\"Name\":\"net9\","
	    "\"Scope\":\"local\",\"Subnets\":\"\"}\n"
	    "{\"Containers\":\"3\",\"CreatedAt\":\"2025-01-02 03:04:05.000000006 +0000 "
	    "UTC\",\"Driver\":\"bridge\","
	    "\"ID\":\"aaaaaaaaaaaa\",\"IPv4\":\"true\",\"IPv6\":\"false\",\"Internal\":\"true\","
	    "\"Labels\":\"a=1,b=2\",\"Name\":\"net10\",\"Scope\":\"local\","
	    "\"Subnets\":\"10.0.0.0/24,fd00::/64\"}\n",
	    "");
	one("GET /networks", NULL, FAKE_JSON("200 OK", NETWORKS),
	    "network ls --format {{.Name}}:{{.Internal}}", 0, "net9:false\nnet10:true\n", "");
	one("GET /networks", NULL, FAKE_JSON("200 OK", NETWORKS),
	    "network ls --format table~{{.Name}}\\t{{.Labels}}", 0,
	    "NAME    LABELS\nnet9    \nnet10   a=1,b=2\n", "");
	one("GET /networks", NULL, FAKE_JSON("200 OK", "[]"), "network ls", 0,
	    "NETWORK ID   NAME   DRIVER   SCOPE   SUBNETS   CONTAINERS\n", "");
}

static void filters_are_sent_as_docker_sends_them(void **state)
{
	(void)state;
	/* {"driver":{"bridge":true,"host":true},"label!":{"a=b":true}} */
	one("GET "
	    "/networks?filters=%7B%22driver%22%3A%7B%22bridge%22%3Atrue%2C%22host%22%3Atrue%7D%2C"
	    "%22label%21%22%3A%7B%22a%3Db%22%3Atrue%7D%7D HTTP",
	    NULL, FAKE_JSON("200 OK", "[]"),
	    "network ls -q -f driver=bridge --filter=driver=host -f label!=a=b", 0, "", "");
	one("GET /containers/json?all=1&filters=%7B%22name%22", NULL, FAKE_JSON("200 OK", "[]"),
	    "ps -aqf name=x", 0, "", "");
}

static void wrong_formats_and_filters_are_found_before_netd_is_asked(void **state)
{
	(void)state;
	usage("network ls --format {{.Nme}}",
	      "netctl network ls: template: there is no field Nme; there are Containers, "
	      "CreatedAt, Driver, ID, "
	      "IPv4, IPv6, Internal, Labels, Name, Scope, Subnets; see 'netctl network ls "
	      "--help'\n");
	usage("ps --format {{frob~.ID}}",
	      "netctl ps: template: unknown function 'frob'; see 'netctl ps --help'\n");
	usage("inspect x --format {{", "netctl inspect: template: expected a value at 'the end'; "
				       "see 'netctl inspect --help'\n");
	usage("network ls --filter driver", "netctl network ls: --filter 'driver' is not "
					    "KEY=VALUE; see 'netctl network ls --help'\n");
	usage("attach x --netns /a --pid 1",
	      "netctl attach: --netns and --pid exclude each other; see 'netctl attach --help'\n");
	usage("attach x --pid 0",
	      "netctl attach: --pid '0' is not a process id; see 'netctl attach --help'\n");
	usage("port add x 99999999", "netctl port add: invalid port \"99999999\": container port "
				     "\"99999999\" is over 65535; see "
				     "'netctl port add --help'\n");
	usage("completion tcsh", "netctl completion: there is no completion for 'tcsh'; see "
				 "'netctl completion --help'\n");
	usage("network", "netctl network: a command is missing; see 'netctl network --help'\n");
}

static void containers_are_listed_with_addresses_and_ports(void **state)
{
	(void)state;
	one("GET /containers/json?all=1 HTTP", NULL, FAKE_JSON("200 OK", CONTAINERS),
	    "ps --format table~{{.ID}}\\t{{.Names}}\\t{{.Networks}}\\t{{.Addresses}}\\t{{.Ports}}",
	    0,
	    "CONTAINER ID   NAMES   NETWORKS     ADDRESSES                   PORTS\n"
	    "aaaaaaaaaaaa   web     front,back   10.0.0.2,fd00::2,10.1.0.2   "
	    "0.0.0.0:8080-8081->80-81/tcp, [::]:8080-8081->80-81/tcp, 0.0.0.0:53->53/udp\n"
	    "bbbbbbbbbbbb   idle                                             \n",
	    "");
	one("GET /containers/json", NULL, FAKE_JSON("200 OK", CONTAINERS), "ps -q --no-trunc", 0,
	    ID_A "\n" ID_B "\n", "");
	one("GET /containers/json", NULL, FAKE_JSON("200 OK", CONTAINERS),
	    "ps --format {{.Names}}|{{.CreatedAt}}|{{.State}}|{{.Labels}}", 0,
	    "web|2025-01-02 03:04:05 +0000 UTC|running|tier=front\n"
	    "idle|1970-01-01 00:00:00 +0000 UTC||\n",
	    "");
}

static void inspect_shows_what_is_there_and_tells_what_is_not(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /containers/web/json HTTP", NULL, FAKE_JSON("200 OK", "{\"Id\":\"1\"}"), 0 },
		{ "GET /containers/no%2Fne/json", NULL, NOT_FOUND("No such container"), 0 },
		{ "GET /networks/no%2Fne HTTP", NULL, NOT_FOUND("network not found"), 0 },
		{ "GET /networks HTTP", NULL, FAKE_JSON("200 OK", NETWORKS), 0 },
		{ "GET /containers/json?all=1 HTTP", NULL, FAKE_JSON("200 OK", CONTAINERS), 0 },
		{ "GET /containers/front/json", NULL, NOT_FOUND("No such container"), 0 },
		{ "GET /networks/front HTTP", NULL, FAKE_JSON("200 OK", "{\"Id\":\"2\"}"), 0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 7, "inspect web no/ne front", &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "netctl: no container and no network is called no/ne\n");
	assert_string_equal(result.out, "[\n    {\n        \"Id\": \"1\"\n    },\n    {\n"
					"        \"Id\": \"2\"\n    }\n]\n");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED),
	    "inspect -f {{.Name}}={{index~.NetworkSettings.Ports~\"80/tcp\"~0~\"HostPort\"}} web",
	    0, "/web=8080\n", "");
	one("GET /networks/n HTTP", NULL, FAKE_JSON("200 OK", "{\"Id\":\"2\"}"),
	    "network inspect n --format json", 0, "{\"Id\":\"2\"}\n", "");
	one("GET /networks/n", NULL, NOT_FOUND("network n not found"), "network inspect n", 1,
	    "[]\n", "netctl: network n not found\n");
}

/* netd's refusal with its reason, as it answers about what is not there. */
#define NO_NETWORK(name)                                                                           \
	FAKE_JSON("404 Not Found",                                                                 \
		  "{\"message\":\"network " name " not found\",\"code\":\"network-not-found\"}")
#define NO_CONTAINER(name)                                                                         \
	FAKE_JSON("404 Not Found", "{\"message\":\"No such container: " name                       \
				   "\",\"code\":\"container-not-found\"}")

/* What stands behind "netctl: " and "; ", where two lists are asked for, or the first alone. */
static void meant(const char *request, const char *refusal, size_t n_lists, const char *line,
		  const char *err)
{
	const bool is_network = strstr(refusal, "network-not-found") != NULL;
	const struct fake_exchange lists[] = {
		{ "GET /networks HTTP", NULL, FAKE_JSON("200 OK", NETWORKS), 0 },
		{ "GET /containers/json?all=1 HTTP", NULL, FAKE_JSON("200 OK", CONTAINERS), 0 },
	};
	const struct fake_exchange exchanges[] = { { request, NULL, refusal, 0 },
						   lists[is_network ? 0 : 1],
						   lists[is_network ? 1 : 0] };
	struct netctl_result result;

	netctl_with(exchanges, 1 + n_lists, line, &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, err);
}

static void what_was_meant_is_added_to_what_is_not_there(void **state)
{
	static const struct fake_exchange silent[] = {
		{ "DELETE /networks/net8 HTTP", NULL, NO_NETWORK("net8"), 0 },
		{ "GET /networks HTTP", NULL, FAKE_JSON("500 Internal Server Error", "{}"), 0 },
		{ "GET /containers/json?all=1 HTTP", NULL, FAKE_JSON("200 OK", "{}"), 0 },
	};
	struct netctl_result result;

	(void)state;
	meant("DELETE /networks/net8 HTTP", NO_NETWORK("net8"), 1, "network rm net8",
	      "netctl: network net8 not found; did you mean net9?\n");
	meant("GET /containers/wbe/json HTTP", NO_CONTAINER("wbe"), 1, "port ls wbe",
	      "netctl: No such container: wbe; did you mean web?\n");
	meant("GET /containers/bew/json HTTP", NO_CONTAINER("bew"), 2, "port ls bew",
	      "netctl: No such container: bew\n");
	/* A short id with a slip, and less than that. */
	meant("GET /containers/aaaaaaaabaaa/json HTTP", NO_CONTAINER("aaaaaaaabaaa"), 1,
	      "port ls aaaaaaaabaaa",
	      "netctl: No such container: aaaaaaaabaaa; did you mean aaaaaaaaaaaa?\n");
	meant("GET /containers/aaaaab/json HTTP", NO_CONTAINER("aaaaab"), 2, "port ls aaaaab",
	      "netctl: No such container: aaaaab\n");
	/* The wrong way round. */
	meant("POST /networks/web/connect HTTP", NO_NETWORK("web"), 2, "network connect web net9",
	      "netctl: network web not found; web is a container\n");
	meant("POST /networks/net9/connect HTTP", NO_CONTAINER("net10"), 2,
	      "network connect net9 net10",
	      "netctl: No such container: net10; net10 is a network\n");
	/* Not netd's words about that: they stay as they are, and nothing is asked. */
	meant("DELETE /networks/a HTTP",
	      FAKE_JSON("404 Not Found", "{\"message\":\"gone\",\"code\":\"network-not-found\"}"),
	      0, "network rm a", "netctl: gone\n");
	/* netd does not tell: so much is known. */
	netctl_with(silent, 3, "network rm net8", &result);
	assert_string_equal(result.err, "netctl: network net8 not found\n");
}

/* Where a name may be of either kind nobody looks for what was meant before both have said no. */
static void a_network_is_found_by_inspect_without_a_look_around(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /containers/net9/json HTTP", NULL, NO_CONTAINER("net9"), 0 },
		{ "GET /networks/net9 HTTP", NULL, FAKE_JSON("200 OK", "{\"Id\":\"2\"}"), 0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 2, "inspect net9 --format {{.Id}}", &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "2\n");
}

/* Whether netd runs is asked without wanting to know why it does not: any refusal will do. */
static void an_answer_whose_words_nobody_wants_is_a_refusal(void **state)
{
	static const struct fake_exchange exchange = { "GET /version HTTP", NULL,
						       NOT_FOUND("page not found"), 0 };
	struct netctl_result result;

	(void)state;
	netctl_with(&exchange, 1, "system backup --state-dir /tmp/netd-no-such", &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "/tmp/netd-no-such"));
}

static void networks_are_removed_one_by_one(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "DELETE /networks/a HTTP", NULL, EMPTY("204 No Content"), 0 },
		{ "DELETE /networks/b HTTP", NULL, NOT_FOUND("network b not found"), 0 },
		{ "DELETE /networks/c HTTP", NULL, EMPTY("204 No Content"), 0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 3, "network rm a b c", &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.out, "a\nc\n");
	assert_string_equal(result.err, "netctl: network b not found\n");
	netctl_with(exchanges, 3, "network rm -f a b c", &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.err, "");
}

static void prune_asks_unless_it_is_forced(void **state)
{
	static const struct fake_exchange exchange = {
		"POST /networks/prune HTTP", NULL,
		FAKE_JSON("200 OK", "{\"NetworksDeleted\":[\"a\",\"b\"]}"), 0
	};
	struct fake_daemon daemon;
	struct netctl_result result;

	(void)state;
	fake_daemon_start(&daemon, &exchange, 1);
	netctl_run(daemon.host, "network prune", "n\n", &result);
	assert_int_equal(result.code, 0);
	assert_null(strstr(result.out, "Deleted"));
	netctl_run(daemon.host, "network prune", "", &result);
	assert_null(strstr(result.out, "Deleted"));
	netctl_run(daemon.host, "network prune", "y\n", &result);
	assert_non_null(strstr(result.out, "Go on? [y/N] Deleted networks:\na\nb\n"));
	assert_int_equal(fake_daemon_end(&daemon), 0);
	one("POST /networks/prune?filters=", NULL,
	    FAKE_JSON("200 OK", "{\"NetworksDeleted\":null}"), "network prune -f --filter until=1h",
	    0, "", "");
}

static void connect_and_disconnect_send_what_was_asked(void **state)
{
	(void)state;
	one("POST /networks/n/connect HTTP", "\"Container\":\"c\"", EMPTY("200 OK"),
	    "network connect n c --alias a --ip 10.0.0.9", 0, "", "");
	one("POST /networks/n/connect HTTP",
	    "\"EndpointConfig\":{\"Aliases\":[\"a\"],\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\"}",
	    EMPTY("200 OK"), "network connect n c --alias a --ip 10.0.0.9", 0, "", "");
	one("POST /networks/n/disconnect HTTP", "{\"Container\":\"c\",\"Force\":true}",
	    EMPTY("200 OK"), "network disconnect -f n c", 0, "", "");
}

static void network_update_prints_the_name_of_what_changed(void **state)
{
	(void)state;
	one("PUT /netd/v1/networks/n HTTP", "{\"DnsAdd\":[\"192.0.2.53\"]}",
	    FAKE_JSON("200 OK", "{}"), "network update n --dns-add 192.0.2.53", 0, "n\n", "");
	one("PUT /netd/v1/networks/n HTTP", NULL,
	    FAKE_JSON("400 Bad Request", "{\"message\":\"network n has 8\"}"),
	    "network update n --dns-add 192.0.2.53", 1, "", "netctl: network n has 8\n");
}

static void attach_says_where_the_container_is(void **state)
{
	const char *reply = FAKE_JSON("201 Created", "{\"Id\":\"" ID_A "\"}");

	(void)state;
	one("POST /netd/v1/containers HTTP", "\"Name\":\"c\",\"NetnsPath\":\"/run/netns/blue\"",
	    reply, "attach c --netns blue", 0, ID_A "\n", "");
	one("POST /netd/v1/containers HTTP", "\"NetnsPath\":\"/proc/7/ns/net\"", reply,
	    "attach c --netns /proc/7/ns/net", 0, ID_A "\n", "");
	one("POST /netd/v1/containers HTTP", "\"Name\":\"c\",\"Pid\":7", reply, "attach c --pid 7",
	    0, ID_A "\n", "");
}

static void detach_names_each_container(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "DELETE /netd/v1/containers/a?strict=true HTTP", NULL,
		  NOT_FOUND("No such container: a"), 0 },
		{ "DELETE /netd/v1/containers/b%20c?strict=true HTTP", NULL,
		  EMPTY("204 No Content"), 0 },
		{ "DELETE /netd/v1/containers/d?strict=true HTTP", NULL,
		  FAKE_JSON("500 Internal Server Error", "{\"message\":\"no more\"}"), 0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 2, "detach a b~c", &result);
	assert_int_equal(result.code, 0); /* what is not there is said, and done */
	assert_string_equal(result.err, "netctl: No such container: a\n");
	netctl_with(exchanges, 3, "detach a b~c d", &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "netctl: No such container: a\nnetctl: no more\n");
}

static void ports_are_listed_added_and_removed(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ "GET /containers/json?all=1", NULL, FAKE_JSON("200 OK", CONTAINERS), 0 },
		{ "GET /containers/" ID_A "/json", NULL, FAKE_JSON("200 OK", INSPECTED), 0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(exchanges, 2, "port ls", &result);
	assert_string_equal(result.out, "CONTAINER   PORT     HOST\n"
					"web         80/tcp   0.0.0.0:8080\n"
					"web         80/tcp   [::]:8080\n");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED),
	    "port ls web --format {{.Host}}", 0, "0.0.0.0:8080\n[::]:8080\n", "");
	one("POST /netd/v1/containers/web/ports HTTP",
	    "{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}],"
	    "\"53/udp\":[{\"HostIp\":\"\",\"HostPort\":\"53\"}]}}",
	    EMPTY("204 No Content"), "port add web 8080:80 53:53/udp", 0, "", "");
	one("DELETE /netd/v1/containers/web/ports HTTP",
	    "{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}]}}",
	    EMPTY("204 No Content"), "port rm web 127.0.0.1:8080:80", 0, "", "");
}

static void a_port_is_shown_as_docker_shows_it(void **state)
{
	static const struct fake_exchange added[] = {
		{ "POST /netd/v1/containers/web/ports HTTP", "\"HostPort\":\"\"",
		  EMPTY("204 No Content"), 0 },
		{ "GET /containers/web/json HTTP", NULL, FAKE_JSON("200 OK", INSPECTED), 0 },
	};
	struct netctl_result result;

	(void)state;
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED), "port web", 0,
	    "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n", "");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED), "port web 80", 0,
	    "0.0.0.0:8080\n[::]:8080\n", "");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED), "port web 80/tcp", 0,
	    "0.0.0.0:8080\n[::]:8080\n", "");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED), "port web 80/udp", 1,
	    "",
	    "netctl: port 80/udp of web is not published; 'netctl port ls web' shows what is\n");
	one("GET /containers/web/json", NULL, FAKE_JSON("200 OK", INSPECTED), "port web 8", 1, "",
	    "netctl: port 8 of web is not published; 'netctl port ls web' shows what is\n");
	/* What netd has chosen is told; the other port was asked for in full. */
	netctl_with(added, 2, "port add web 80 9090:90", &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n");
}

#define ANSWER(status, answers)                                                                    \
	FAKE_JSON("200 OK", "{\"Status\":\"" status "\",\"Answers\":[" answers "]}")
#define RECORD(type, data)                                                                         \
	"{\"Name\":\"web.\",\"Type\":\"" type "\",\"TTL\":5,\"Data\":\"" data "\"}"

static void names_are_looked_up_in_both_families(void **state)
{
	static const struct fake_exchange both[] = {
		{ "GET /netd/v1/dns/lookup?name=web&type=A&from=c HTTP", NULL,
		  ANSWER("NOERROR", RECORD("A", "10.0.0.2") "," RECORD("A", "10.0.0.3")), 0 },
		{ "GET /netd/v1/dns/lookup?name=web&type=AAAA&from=c HTTP", NULL,
		  ANSWER("NOERROR", RECORD("AAAA", "fd00::2")), 0 },
	};
	static const struct fake_exchange none[] = {
		{ "GET /netd/v1/dns/lookup?name=web&type=A HTTP", NULL, ANSWER("NOERROR", ""), 0 },
		{ "GET /netd/v1/dns/lookup?name=web&type=AAAA HTTP", NULL, ANSWER("NOERROR", ""),
		  0 },
	};
	struct netctl_result result;

	(void)state;
	netctl_with(both, 2, "dns lookup web --from c", &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "NAME   TTL   TYPE   DATA\n"
					"web.   5     A      10.0.0.2\n"
					"web.   5     A      10.0.0.3\n"
					"web.   5     AAAA   fd00::2\n");
	netctl_with(none, 2, "dns lookup web", &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err,
			    "netctl: web: there is such a name, without A and AAAA records\n");
	one("GET /netd/v1/dns/lookup?name=no&type=A HTTP", NULL, ANSWER("NXDOMAIN", ""),
	    "dns lookup no", 1, "", "netctl: no: NXDOMAIN\n");
	one("GET /netd/v1/dns/lookup?name=web&type=TXT HTTP", NULL, ANSWER("NOERROR", ""),
	    "dns lookup --type TXT web", 1, "",
	    "netctl: web: there is such a name, without TXT records\n");
}

#define TRACED(status, answers)                                                                    \
	FAKE_JSON("200 OK",                                                                        \
		  "{\"Question\":{\"Name\":\"web\",\"Type\":\"A\"},\"Status\":\"" status           \
		  "\",\"Answers\":[" answers "],\"Hosts\":[],\"Search\":[\"web.netd.internal\""    \
		  ",\"web\"],\"Steps\":[{\"Step\":\"view\",\"Microseconds\":0,\"Text\":"           \
		  "\"c asks, which sees 1 network\"},{\"Step\":\"in-network\","                    \
		  "\"Microseconds\":1234567,\"Text\":\"network blue has web\"}]}")

static void how_an_answer_comes_about_is_shown(void **state)
{
	(void)state;
	one("GET /netd/v1/dns/lookup?name=web&type=A&from=c&trace=1 HTTP", NULL,
	    TRACED("NOERROR", RECORD("A", "10.0.0.2")), "dns lookup web --from c -t A --trace", 0,
	    "A program in c asks for these, until it is answered with an address:\n"
	    "web.netd.internal, web. Asked here is web:\n"
	    "A of web: NOERROR\n"
	    "    0.000 ms  c asks, which sees 1 network\n"
	    " 1234.567 ms  network blue has web\n"
	    "              web.  5  A  10.0.0.2\n",
	    "");
	/* What failed is what somebody wants to see; the status is as without it. */
	one("GET /netd/v1/dns/lookup?name=web&type=A&trace=1 HTTP", NULL, TRACED("NXDOMAIN", ""),
	    "dns lookup web -t A --trace", 1,
	    "A of web: NXDOMAIN\n"
	    "    0.000 ms  c asks, which sees 1 network\n"
	    " 1234.567 ms  network blue has web\n",
	    "netctl: web: NXDOMAIN\n");
	one("GET /netd/v1/dns/lookup?name=web&type=A&trace=1 HTTP", NULL,
	    TRACED("NOERROR", RECORD("A", "10.0.0.2")),
	    "dns lookup web -t A --trace --format {{.Question.Name}}:{{.Status}}", 0,
	    "web:NOERROR\n", "");
}

static void address_is_looked_up_by_its_reverse_name(void **state)
{
	(void)state;
	one("GET /netd/v1/dns/lookup?name=2.0.0.10.in-addr.arpa&type=PTR HTTP", NULL,
	    ANSWER("NOERROR", RECORD("PTR", "web.front.")),
	    "dns lookup 10.0.0.2 --format {{.Data}}", 0, "web.front.\n", "");
	one("GET "
	    "/netd/v1/dns/lookup?name=2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "d.f.ip6.arpa&type=PTR HTTP",
	    NULL, ANSWER("NOERROR", RECORD("PTR", "web.front.")),
	    "dns lookup fd00::2 --format {{.Data}}", 0, "web.front.\n", "");
}

#define EVENT                                                                                      \
	"{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"abc\",\"Attributes\":"   \
	"{\"container\":\"c\",\"name\":\"n\"}},\"time\":1735787045,\"timeNano\":"                  \
	"1735787045000000006}\n"

static void events_are_shown_line_by_line(void **state)
{
	const char *line =
		"2025-01-02T03:04:05.000000006Z network connect abc (container=c, name=n)\n";
	char twice[256];

	(void)state;
	(void)snprintf(twice, sizeof(twice), "%s%s", line, line);
	one("GET /events?since=1h&until=0&filters=", NULL, FAKE_JSON("200 OK", EVENT EVENT),
	    "events --since 1h --until 0 -f type=network", 0, twice, "");
	one("GET /events HTTP", NULL, FAKE_JSON("200 OK", EVENT),
	    "events --format {{.Action}}~{{.Actor.Attributes.name}}", 0, "connect n\n", "");
	one("GET /events HTTP", NULL, FAKE_JSON("200 OK", "{}\n{\n"), "events --format json", 1,
	    "{}\n", "netctl: netd sent no valid JSON\n");
	one("GET /events HTTP", NULL,
	    FAKE_JSON("400 Bad Request", "{\"message\":\"invalid filter 'x'\"}"), "events", 1, "",
	    "netctl: invalid filter 'x'\n");
}

static void what_netd_is_can_be_asked(void **state)
{
	(void)state;
	one("GET /version HTTP", NULL, FAKE_JSON("200 OK", "{\"Version\":\"9\",\"Os\":\"linux\"}"),
	    "version", 0,
	    "Client:\n  Version: " NETD_VERSION "\nServer:\n  Version: 9\n  Os: linux\n", "");
	one("GET /version HTTP", NULL, FAKE_JSON("200 OK", "{\"Version\":\"9\"}"),
	    "version --format {{.Client.Version}}/{{.Server.Version}}", 0, NETD_VERSION "/9\n", "");
	one("GET /netd/v1/info HTTP", NULL,
	    FAKE_JSON("200 OK", "{\"Containers\":2,\"Pools\":[{\"Size\":24}],\"None\":{}}"),
	    "system info", 0, "Containers: 2\nPools:\n  1:\n    Size: 24\n", "");
	one("GET /version HTTP", NULL,
	    FAKE_JSON(
		    "200 OK",
		    "{\"Components\":[{\"Name\":\"netd\",\"Version\":\"9\"}],\"GitCommit\":\"\"}"),
	    "version", 0,
	    "Client:\n  Version: " NETD_VERSION
	    "\nServer:\n  Components:\n    netd:\n      Name: netd\n      Version: 9\n",
	    "");
	one("GET /netd/v1/info HTTP", NULL,
	    FAKE_JSON("200 OK", "{\"Guard\":{\"Healed\":{\"Rules\":{\"Count\":2,\"First\":\"a\","
				"\"Last\":\"b\"},"
				"\"Ports\":{\"Count\":0}}}}"),
	    "system info", 0, "Guard:\n  Healed:\n    Rules: 2, first a, last b\n    Ports: 0\n",
	    "");
}

static void version_of_netctl_is_shown_without_netd(void **state)
{
	struct netctl_result result;

	(void)state;
	netctl_run("unix:///tmp/netd-no-such/sock", "version", NULL, &result);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.out, "Version: " NETD_VERSION "\n");
	assert_non_null(strstr(result.err, "is netd running?"));
	netctl_run("unix:///tmp/netd-no-such/sock", "--version", NULL, &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "netctl " NETD_VERSION "\n");
}

static void dial_stdio_joins_the_socket_to_the_program(void **state)
{
	static const struct fake_exchange exchange = { "GET /_ping HTTP", NULL,
						       FAKE_JSON("200 OK", "OK"), 0 };
	struct fake_daemon daemon;
	struct netctl_result result;

	(void)state;
	fake_daemon_start(&daemon, &exchange, 1);
	netctl_run(daemon.host, "system dial-stdio", "GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n",
		   &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, FAKE_JSON("200 OK", "OK"));
	assert_int_equal(fake_daemon_end(&daemon), 0);
}

/* Whether the words are in the text, wherever its lines end. */
static bool says(const char *text, const char *words)
{
	for (; *text; text++) {
		const char *at = text, *word = words;

		while (*word && (*at == *word || (*word == ' ' && *at == '\n'))) {
			at++;
			at += *word == ' ' || *word == '\n' ? strspn(at, " \n") : 0;
			word++;
		}
		if (!*word)
			return true;
	}
	return false;
}

static void every_command_has_help_and_hidden_ones_are_not_listed(void **state)
{
	struct netctl_result all, result;
	char line[64];

	(void)state;
	netctl_run("unix:///x", "--help", NULL, &all);
	assert_int_equal(all.code, 0);
	assert_null(strstr(all.out, "dial-stdio"));
	for (size_t i = 0; commands[i]; i++) {
		(void)snprintf(line, sizeof(line), "%s --help", commands[i]->path);
		netctl_run("unix:///x", line, NULL, &result);
		assert_int_equal(result.code, 0);
		assert_string_equal(result.err, "");
		assert_true(says(result.out, commands[i]->summary));
		for (int t = 0; t < COMMAND_FLAG_TABLES; t++)
			for (const struct flag *flag = commands[i]->flags[t]; flag && flag->name;
			     flag++)
				assert_true(says(result.out, flag->help));
		if (!commands[i]->hidden)
			assert_non_null(strstr(all.out, commands[i]->path));
	}
}

static void run_and_exec_refuse_hosts_behind_ssh(void **state)
{
	struct netctl_result result;

	(void)state;
	netctl_run("ssh://127.0.0.1:1", "run -- true", NULL, &result);
	assert_int_equal(result.code, 125);
	assert_non_null(strstr(result.err, "netctl run works only on netd's own host"));
	netctl_run("ssh://127.0.0.1:1", "exec c -- true", NULL, &result);
	assert_int_equal(result.code, 125);
	assert_non_null(strstr(result.err, "netctl exec works only on netd's own host"));
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	char program[] = "netctl", option[] = "--help", *argv[] = { program, option, NULL };
	int status, fd;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		fd = open("/dev/full", O_WRONLY);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(99);
		_exit(commands_main(2, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CLI_FAILED);
}

/* The words of an example, which has quotes around one at the most. */
static int words_of(char *line, char **words)
{
	int n = 0;

	for (char *word = line; *word; n++) {
		char end = *word == '\'' ? '\'' : ' ';

		words[n] = word += end == '\'';
		word += strcspn(word, (char[]) { end, '\0' });
		if (*word)
			*word++ = '\0';
		word += strspn(word, " ");
	}
	words[n] = NULL;
	return n;
}

static void every_example_is_a_line_of_its_command(void **state)
{
	(void)state;
	for (const struct command *const *command = commands; *command; command++) {
		_cleanup_free_ char *line = NULL;
		char *words[16];
		struct args args = { 0 };
		struct error error = { 0 };

		assert_non_null((*command)->example);
		line = strdup((*command)->example);
		if (args_parse(commands, words_of(line, words), words, &args, &error) < 0)
			fail_msg("%s: %s", (*command)->example, error.text);
		assert_ptr_equal(args.command, *command);
		args_done(&args);
	}
}

static void help_fits_a_screen_of_80_columns(void **state)
{
	(void)state;
	for (const struct command *const *command = commands; *command; command++) {
		struct netctl_result result;
		char line[128];

		(void)snprintf(line, sizeof(line), "%s --help", (*command)->path);
		netctl_run("unix:///tmp/netd-no-such/sock", line, NULL, &result);
		assert_int_equal(result.code, 0);
		/* `port` shows the commands below it. */
		if (!strstr(result.out, "\nExample:\n  netctl ") &&
		    !strstr(result.out, "\nCommands:\n"))
			fail_msg("%s has no example", line);
		for (const char *at = result.out; *at; at += strcspn(at, "\n") + 1) {
			size_t columns = 0;

			for (const char *end = at; *end && *end != '\n'; end++)
				columns += ((unsigned char)*end & 0xc0) != 0x80;
			if (columns > 80)
				fail_msg("%s: %.*s", line, (int)strcspn(at, "\n"), at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_create_prints_the_id),
		cmocka_unit_test(refusals_are_printed_as_netd_words_them),
		cmocka_unit_test(networks_are_listed_in_every_format),
		cmocka_unit_test(filters_are_sent_as_docker_sends_them),
		cmocka_unit_test(wrong_formats_and_filters_are_found_before_netd_is_asked),
		cmocka_unit_test(containers_are_listed_with_addresses_and_ports),
		cmocka_unit_test(inspect_shows_what_is_there_and_tells_what_is_not),
		cmocka_unit_test(what_was_meant_is_added_to_what_is_not_there),
		cmocka_unit_test(a_network_is_found_by_inspect_without_a_look_around),
		cmocka_unit_test(an_answer_whose_words_nobody_wants_is_a_refusal),
		cmocka_unit_test(networks_are_removed_one_by_one),
		cmocka_unit_test(prune_asks_unless_it_is_forced),
		cmocka_unit_test(connect_and_disconnect_send_what_was_asked),
		cmocka_unit_test(network_update_prints_the_name_of_what_changed),
		cmocka_unit_test(attach_says_where_the_container_is),
		cmocka_unit_test(detach_names_each_container),
		cmocka_unit_test(ports_are_listed_added_and_removed),
		cmocka_unit_test(a_port_is_shown_as_docker_shows_it),
		cmocka_unit_test(names_are_looked_up_in_both_families),
		cmocka_unit_test(how_an_answer_comes_about_is_shown),
		cmocka_unit_test(address_is_looked_up_by_its_reverse_name),
		cmocka_unit_test(events_are_shown_line_by_line),
		cmocka_unit_test(what_netd_is_can_be_asked),
		cmocka_unit_test(version_of_netctl_is_shown_without_netd),
		cmocka_unit_test(dial_stdio_joins_the_socket_to_the_program),
		cmocka_unit_test(every_command_has_help_and_hidden_ones_are_not_listed),
		cmocka_unit_test(run_and_exec_refuse_hosts_behind_ssh),
		cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(every_example_is_a_line_of_its_command),
		cmocka_unit_test(help_fits_a_screen_of_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
