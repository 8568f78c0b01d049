// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-docker: Docker's network and IPAM driver "netd"
#include "base/helper.h"
#include "base/limits.h"
#include "base/log.h"
#include "plugins/docker/plugin.h"
#include "plugins/docker/server.h"

#include <errno.h>
#include <getopt.h>
#include <netd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Two processes: this one answers Docker, the other one (follow.c) listens to it. They share one
 * atomic flag and nothing else. This one has one thread, without locks. */

#define DEFAULT_PLUGIN_DIR "/run/docker/plugins"
#define DEFAULT_ENGINE "unix:///var/run/docker.sock"

/* For a command line that is none, as in the other programs. */
enum { EXIT_USAGE = 2 };

static const char usage[] =
	"Usage: netd-docker [OPTION]…\n"
	"Docker's network driver and IPAM driver \"netd\".\n\n"
	"      --host unix://PATH    netd's socket (default: " NETD_HOST_VARIABLE
	", " NETD_DEFAULT_HOST ")\n"
	"      --plugin-dir DIR      where Docker looks for netd.sock (" DEFAULT_PLUGIN_DIR ")\n"
	"      --engine unix://PATH  Docker's socket (" DEFAULT_ENGINE ")\n"
	"      --log-level LEVEL     error, warn, info or debug (info)\n"
	"      --help                this text\n"
	"      --version             the version\n";

/* Texts are borrowed from the arguments and the environment. */
struct options {
	const char *host, *plugin_dir, *engine;
	enum log_level level;
};

/* Read by the main loop. The wait of server_run() is ended by the signal. */
static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
	(void)signal;
	stopping = 1;
}

/* 0, or the exit status plus one. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "host", required_argument, NULL, 'H' },
		{ "plugin-dir", required_argument, NULL, 'd' },
		{ "engine", required_argument, NULL, 'e' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int option;

	/* The list of short options is empty but for H, which is the same as --host. */
	while ((option = getopt_long(argc, argv, "H:", known, NULL)) >= 0) {
		if (option == 'H')
			options->host = optarg;
		else if (option == 'd')
			options->plugin_dir = optarg;
		else if (option == 'e')
			options->engine = optarg;
		else if (option == 'l' && log_level_parse(optarg, &options->level))
			continue;
		else if (option == 'h' || option == 'v')
			return printf("%s",
				      option == 'h' ? usage : "netd-docker " NETD_VERSION "\n") < 0
				       ? EXIT_FAILURE + 1
				       : EXIT_SUCCESS + 1;
		else
			break;
	}
	if (option < 0 && optind == argc)
		return 0;
	(void)fprintf(stderr, "netd-docker: see netd-docker --help\n");
	return EXIT_USAGE + 1;
}

/* Ends with this process: what is left alone would name containers for nobody. The result is the
 * child's id in this process. The child does not return. -1: fork(2) failed. The waitpid(2) of the
 * main loop then fails as well, for want of a child, and the main loop tries again. */
static pid_t start_follower(const struct options *options, atomic_bool *engine_answers)
{
	pid_t parent = getpid(), pid;

	/* Shared with the follower, which says there whether Docker answers. */
	atomic_store(engine_answers, false); /* whatever a former one knew */
	pid = fork();
	if (pid != 0)
		return pid;
	/* The handlers of the parent would keep it alive. */
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	if (!helper_goes_with(parent, SIGTERM))
		_exit(EXIT_FAILURE);
	follow_run(options->host, options->engine, engine_answers);
}

/* Docker looks for plugins in this directory, and does not make it. Modes let everybody list it, as
 * with the directories of the distribution; the socket itself is root's. */
static int make_dir(const char *dir, struct error *error)
{
	char path[PATH_LEN_MAX + 1];

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return error_set(error, ERROR_INVALID, "the directory's path is too long");
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		(void)mkdir(path, 0755); /* the last one tells */
		*slash = '/';
	}
	/* A path that exists and is no directory fails at bind(2), with a message about the
	 * socket. */
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_system(error, -errno, "cannot make %s", dir);
	return 0;
}

/* 0: a signal came. What was made is left to the end of the process on failure. */
static int serve(const struct options *options, struct error *error)
{
	/* static, because the rings are too large for a stack. */
	static struct plugin plugin;
	char path[PATH_LEN_MAX + sizeof("/netd.sock")];
	struct server *server = NULL;
	pid_t follower;
	int err = make_dir(options->plugin_dir, error);
	/* Anonymous and shared: the child sees it, and no file is left. */
	atomic_bool *engine_answers = mmap(NULL, sizeof(*engine_answers), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (engine_answers == MAP_FAILED)
		return error_system(error, -errno, "cannot share memory with the follower");
	plugin_init(&plugin, options->host, options->engine, engine_answers);
	(void)snprintf(path, sizeof(path), "%s/netd.sock", options->plugin_dir);
	/* Its connections are its own; a socket that it inherits would stay open after us. */
	follower = start_follower(options,
				  engine_answers); /* first: it has no business with the socket */
	if (err == 0)
		err = server_open(path, &plugin, &server, error);
	if (err < 0)
		return err;
	log_info("serving Docker at %s", path);
	while (!stopping) {
		/* While a network has no name yet Docker is asked often, and otherwise hardly ever.
		 * The time is the longest that a follower that died stays unnoticed. */
		server_run(server, plugin.unnamed ? DOCKER_NAMING_MS : DOCKER_IDLE_MS);
		if (plugin.unnamed)
			network_name_all(&plugin);
		/* It ends only when something has gone wrong, and names would stay as they are
		 * without it. */
		if (waitpid(follower, NULL, WNOHANG) == follower)
			follower = start_follower(options, engine_answers);
	}
	/* The follower ends by the signal that its parent's death sends. */
	server_close(server);
	plugin_done(&plugin);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.host = getenv(NETD_HOST_VARIABLE),
		.plugin_dir = DEFAULT_PLUGIN_DIR,
		.engine = DEFAULT_ENGINE,
		.level = LOG_LEVEL_INFO,
	};
	/* Without SA_RESTART: a wait has to end. */
	struct sigaction action = { .sa_handler = on_signal };
	struct error error = { 0 };
	int status = parse(argc, argv, &options);

	if (status != 0)
		return status - 1;
	log_init("netd-docker", options.level);
	(void)sigaction(SIGTERM, &action, NULL); /* neither fails for these signals */
	(void)sigaction(SIGINT, &action, NULL);
	if (serve(&options, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
