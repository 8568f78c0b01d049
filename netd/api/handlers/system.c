// SPDX-License-Identifier: GPL-2.0-or-later
// system.c - handlers about netd itself: ping, version, info, resync, backup
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "model/ipam/ipam_base.h"
#include "model/network/kind.h"
#include "model/show/swarm_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Theory of operation. Answers here have the shape of Docker's, because clients read members
 * that have nothing to do with networks and stumble over one that is missing. What netd does not
 * know is empty, 0 or what draws no warning from a client. What netd knows beyond that is under
 * /netd/v1, in a shape of its own.
 *
 * All but a restore are answered at once. A restore changes networks and containers one after
 * the other, so its call is suspended until the engine says how it ended. */

/* Needs nothing of the engine: it says that the loop goes round. */
int api_system_ping(struct api_call *call)
{
	return api_reply_text(call, MHD_HTTP_OK, "OK");
}

/* Go's names of architectures, which is what clients compare with. */
static const char *go_arch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" },	  { "aarch64", "arm64" },   { "i686", "386" },
		{ "armv7l", "arm" },	  { "ppc64le", "ppc64le" }, { "s390x", "s390x" },
		{ "riscv64", "riscv64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i][0], machine) == 0)
			return names[i][1];
	}
	/* An architecture that Go has no other name for goes by its own. */
	return machine;
}

/* In the form of Docker's answer, with empty texts for what netd has not. */
int api_system_version(struct api_call *call)
{
	struct utsname uts;
	const char *arch;

	(void)uname(&uts); /* cannot fail for a valid buffer */
	arch = go_arch(uts.machine);
	return api_reply_json(
		call, MHD_HTTP_OK,
		json_pack("{s:{s:s}, s:[{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}], s:s, s:s, s:s, "
			  "s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
			  "Platform", "Name", "netd", "Components", "Name", "netd", "Version",
			  NETD_VERSION, "Details", "ApiVersion", API_VERSION_MAX, "MinAPIVersion",
			  API_VERSION_MIN, "Os", "linux", "Arch", arch, "KernelVersion",
			  uts.release, "Version", NETD_VERSION, "ApiVersion", API_VERSION_MAX,
			  "MinAPIVersion", API_VERSION_MIN, "GitCommit", "", "GoVersion", "", "Os",
			  "linux", "Arch", arch, "KernelVersion", uts.release, "BuildTime", "",
			  "Experimental", 0));
}

/* Adds a pool: what subnets are cut from, and how long their prefixes are. PREFIX_STR's text is
 * on the stack, and json_pack copies it. 0 or -1. */
static int add_pool(json_t *array, const struct prefix *base, int size)
{
	return json_array_append_new(
		array, json_pack("{s:s, s:i}", "Base", PREFIX_STR(base), "Size", size));
}

/* The pools that a network without a subnet gets one from, as Docker's info shows them. NULL: no
 * memory. */
static json_t *address_pools(const struct config *config)
{
	const struct ipam_base *bases = config->bases;
	size_t n = config->n_bases;
	json_t *array = json_array();
	int err = 0;

	/* Nothing in netd.json: the built-in ones are in use. What is shown is what a network
	 * without a subnet would get. */
	if (n == 0)
		bases = ipam_base_defaults(&n);
	for (size_t i = 0; err == 0 && i < n; i++)
		err = add_pool(array, &bases[i].base, bases[i].size);
	/* The ULA prefix gives each network a /64 of its own. */
	if (err == 0 && addr_is_set(&config->ula.addr))
		err = add_pool(array, &config->ula, 64);
	if (err == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* Merges more into info, and frees it in any case. 0, or -1: there was no memory, for one of the
 * two or for the merge. */
static int add(json_t *info, json_t *more)
{
	int err = more ? json_object_update(info, more) : -1;

	/* json_object_update() takes references of its own. */
	json_decref(more);
	return err;
}

/* What a client shows of this host. Asked at each call: memory and processors may come and go. */
static json_t *info_host(void)
{
	struct utsname uts;
	struct sysinfo memory = { 0 };

	(void)uname(&uts); /* neither can fail for a valid buffer */
	(void)sysinfo(&memory);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "Name", uts.nodename, "OSType",
			 "linux", "OperatingSystem", "Linux", "Architecture", uts.machine,
			 "KernelVersion", uts.release, "NCPU",
			 (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "MemTotal",
			 (json_int_t)memory.totalram * memory.mem_unit);
}

/* The drivers that a network may be asked for with. */
static json_t *kind_names(void)
{
	json_t *names = json_array();
	int err = 0;

	for (size_t i = 0; err == 0 && kind_at(i); i++)
		if (!kind_at(i)->spans) /* a cluster's to make */
			err = json_array_append_new(names, json_string(kind_at(i)->name));
	if (err == 0)
		return names;
	json_decref(names);
	return NULL;
}

/* What a network daemon can say of each part of Docker's answer. */
static json_t *info_engine(struct api_call *call)
{
	size_t n_containers;

	(void)engine_containers(api_call_engine(call), &n_containers);
	/* "Running" is what netd has attached: it knows no others. A NULL among the arguments makes
	 * json_pack fail as a whole. */
	return json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:s, s:[], s:{s:[], s:o, s:n, s:[]}, "
			 "s:{s:s, s:[]}, s:o, s:o}",
			 "ID", "", "ServerVersion", NETD_VERSION, "Containers",
			 (json_int_t)n_containers, "ContainersRunning", (json_int_t)n_containers,
			 "ContainersPaused", 0, "ContainersStopped", 0, "Images", 0, "Driver",
			 "none", "DriverStatus", "Plugins", "Volume", "Network", kind_names(),
			 "Authorization", "Log", "FirewallBackend", "Driver", "nftables", "Info",
			 "DefaultAddressPools", address_pools(engine_config(api_call_engine(call))),
			 "Warnings", engine_warnings(api_call_engine(call)));
}

/* What netd has nothing to do with, in the shape clients expect. Limits are said to be there: of
 * each that is not, `docker info` prints a warning, and it would be one about another program. */
static json_t *info_foreign(void)
{
	return json_pack("{s:{}, s:s, s:s, s:s, s:s, s:s, s:s, "
			 "s:{s:[], s:{}, s:n}, s:s, s:[], s:[], s:b, s:b, s:b, s:b, s:b, s:b, "
			 "s:b, s:b, s:b, s:b, s:b, s:{s:s}, s:{s:s}, s:{s:s}, s:s}",
			 "Runtimes", "DefaultRuntime", "", "InitBinary", "", "CgroupDriver", "none",
			 "CgroupVersion", "2", "LoggingDriver", "none", "IndexServerAddress", "",
			 "RegistryConfig", "InsecureRegistryCIDRs", "IndexConfigs", "Mirrors",
			 "DockerRootDir", "", "SecurityOptions", "Labels", "MemoryLimit", 1,
			 "SwapLimit", 1, "CpuCfsPeriod", 1, "CpuCfsQuota", 1, "CPUShares", 1,
			 "CPUSet", 1, "PidsLimit", 1, "IPv4Forwarding", 1, "BridgeNfIptables", 1,
			 "BridgeNfIp6tables", 1, "OomKillDisable", 1, "ContainerdCommit", "ID", "",
			 "RuncCommit", "ID", "", "InitCommit", "ID", "", "Isolation", "");
}

/* What a client shows of the cluster, and goes by when it is asked to do something with a swarm. */
static json_t *info_swarm(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *status = NULL, *nodes = NULL;

	if (cluster->status && cluster->nodes) {
		status = cluster->status(cluster->data);
		nodes = cluster->nodes(cluster->data);
		if (!status || !nodes)
			return NULL;
	}
	return json_pack("{s:o}", "Swarm", swarm_json_info(status, nodes));
}

/* Parts, for no printf of this length is readable. Their members are apart. */
int api_system_info(struct api_call *call)
{
	json_t *info = json_object();

	/* json_pack() gave NULL for want of memory, and add() then fails. Parts that were made when
	 * one fails are freed by add. */
	if (add(info, info_engine(call)) < 0 || add(info, info_host()) < 0 ||
	    add(info, info_foreign()) < 0 || add(info, info_swarm(call)) < 0) {
		json_decref(info);
		info = NULL;
	}
	return api_reply_json(call, MHD_HTTP_OK, info);
}

/* What netctl system info shows beside Docker's answer. */
int api_system_netd_info(struct api_call *call)
{
	return api_reply_json(call, MHD_HTTP_OK, engine_info(api_call_engine(call)));
}

/* dry: differences are told and nothing is repaired. */
int api_system_resync(struct api_call *call)
{
	json_t *report = NULL, *inside = NULL;
	bool dry = false;
	int err = api_call_flag(call, "dry", &dry);

	if (err < 0)
		return err;
	/* Both reports are new references, which json_pack()'s "o" takes over. */
	err = engine_resync(api_call_engine(call), dry, &report, &inside, &call->error);
	if (err < 0)
		return err;
	return api_reply_json(
		call, MHD_HTTP_OK,
		json_pack("{s:b, s:o, s:o}", "Dry", dry, "Differences", report, "Inside", inside));
}

/* The text goes into a JSON string, so a restore can be asked for in the same form. */
int api_system_backup(struct api_call *call)
{
	struct buf text = { 0 };
	int err = engine_backup(api_call_engine(call), &text, &call->error);

	if (err == 0)
		err = api_reply_json(call, MHD_HTTP_OK,
				     json_pack("{s:s%}", "Backup", text.data, text.len));
	/* json_pack() has copied it. */
	buf_done(&text);
	return err;
}

/* A restore that is under way. The engine has it from engine_restore on and gives it back with
 * on_restored, which comes exactly once. As with a look-up, the one who asked may be gone when
 * it is done. */
struct restore {
	struct api_call *call;
};

/* The restore goes on: it is half done. */
static void forget(void *data)
{
	struct restore *restore = data;

	/* on_restored frees the rest. */
	restore->call = NULL;
}

/* report is the engine's; this function takes a reference of its own. */
static void on_restored(json_t *report, const struct error *error, void *data)
{
	struct restore *restore = data;
	struct api_call *call = restore->call;

	/* Freed first: whatever follows needs the call alone. */
	free(restore);
	if (!call)
		return;
	call->pending = (struct api_pending) { 0 };
	if (!report)
		call->error = *error;
	if (!report || api_reply_json(call, MHD_HTTP_OK, json_incref(report)) < 0)
		api_reply_error(call);
	api_call_resume(call);
}

/* The text is read within engine_restore, so the request's body may go when this returns. */
int api_system_restore(struct api_call *call)
{
	const json_t *text = json_object_get(call->json, "Backup");
	struct restore *restore;
	int err;

	/* The text may hold anything, also a NUL; so its length goes along. */
	if (!json_is_string(text))
		return error_set(&call->error, ERROR_INVALID, "Backup must be a string");
	/* On the heap, as it outlives this function. */
	restore = calloc(1, sizeof(*restore));
	if (!restore)
		return error_system(&call->error, -ENOMEM, "cannot read the backup");
	restore->call = call;
	err = engine_restore(api_call_engine(call), json_string_value(text),
			     json_string_length(text), on_restored, restore, &call->error);
	if (err < 0) {
		free(restore);
		return err;
	}
	/* Set before the call is suspended, so that a connection that ends finds it. */
	call->pending = (struct api_pending) { forget, restore };
	api_call_suspend(call);
	return API_LATER;
}
