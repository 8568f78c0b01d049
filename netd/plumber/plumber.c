// SPDX-License-Identifier: GPL-2.0-or-later
// plumber.c - the privileged process: builds it, runs it, takes it down
#include "plumber/plumber.h"

#include "api/connect/listen.h"
#include "api/server.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/reserve.h"
#include "base/watcher.h"
#include "engine/engine.h"
#include "kernel/accounts.h"
#include "kernel/door.h"
#include "kernel/netns.h"
#include "kernel/process.h"
#include "model/config/config_listen.h"
#include "plumber/cluster.h"
#include "plumber/counting.h"
#include "plumber/dirs.h"
#include "plumber/explainer.h"
#include "plumber/lock.h"
#include "plumber/metering.h"
#include "plumber/notify.h"
#include "plumber/options.h"
#include "plumber/privileges.h"
#include "plumber/reader.h"
#include "plumber/reset.h"
#include "plumber/spanning.h"
#include "plumber/spawn.h"
#include "plumber/starter.h"
#include "plumber/supervisors.h"
#include "plumber/tracers.h"
#include "plumber/ula.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Theory of operation. The plumber is built from what fails often to what fails seldom:
 * privileges and the lock first, then directories and the API's socket, all before the kernel is
 * touched; then the engine, which finds or makes everything, and the resolver; the API serves
 * last. A failure anywhere takes down what was built, and what this start has made. Signals are
 * watched from the beginning, and are heeded when the loop runs.
 *
 * At the end the order is the other way round. What containers need (bridges, rules, the
 * resolver) stays as long as there are containers. */

#define METRICS_USER "_netd-metrics" /* who serves them; "nobody" where that does not exist */
#define HERALD_USER "_netd-herald"   /* who speaks to etcd; the same */
#define USHER_USER "_netd-usher"     /* who lets hosts in; the same */

/* One for the process, on the stack of plumber_run. All of it is zero or -1 until it is made, so
 * take_down may be called at any time: each part knows whether it exists. */
struct plumber {
	struct options options;
	struct config config;
	struct ev_loop *loop;
	struct engine *engine;
	struct supervisors supervisors;
	struct explainer explainer;
	struct api_explainer looker; /* explainer, as others see it */
	struct tracers tracers;
	struct metering metering;
	struct cluster cluster;
	struct spanning spanning;
	struct api_server *server;
	struct watcher_loop watchers;
	ev_signal on_term, on_int, on_hup;
	ev_timer beat; /* systemd's watchdog hears of it */
	char rules_dir[PATH_MAX];
	struct netns_lock lock;
	struct dirs dirs;
	const char *socket_path; /* made, and to be removed; NULL: systemd's */
	int listen_fd;		 /* until the server has it */
	/* Of a reset: its engine stands; it has succeeded; another is to go further, without
	 * records. */
	bool stands, is_reset, begins_again;
};

/* Reads the whole file into memory of the caller's. The text is not terminated; ret_len says where
 * it ends. The errno is returned as it came, for load_config asks about -ENOENT. */
static int read_config_file(const char *path, char **ret_text, size_t *ret_len, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return error_system(error, -errno, "cannot read %s", path);
	text = malloc(CONFIG_FILE_MAX);
	if (!text)
		return error_system(error, -ENOMEM, "cannot read %s", path);
	n = read(fd, text, CONFIG_FILE_MAX);
	if (n < 0)
		return error_system(error, -errno, "cannot read %s", path);
	/* A full buffer may be the beginning of more, so the bound is one less than it says. */
	if (n == CONFIG_FILE_MAX)
		return error_set(error, ERROR_INVALID, "%s is larger than %d bytes", path,
				 CONFIG_FILE_MAX);
	*ret_text = take_ptr(text);
	*ret_len = (size_t)n;
	return 0;
}

/* Without --config the default file may be missing: all defaults. */
static int load_config(struct plumber *plumber, struct error *error)
{
	const char *path = plumber->options.config ? plumber->options.config : NETD_DEFAULT_CONFIG;
	_cleanup_free_ char *text = NULL;
	char copy[PATH_MAX];
	size_t len = 0;
	int err;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	/* rules.d is always beside the settings, wherever those are. */
	(void)snprintf(plumber->rules_dir, sizeof(plumber->rules_dir), "%s/rules.d", dirname(copy));
	err = read_config_file(path, &text, &len, error);
	/* A file that was named on the command line has to exist. A missing one is an error there,
	 * and the error's sentence is already made. */
	if (err == -ENOENT && !plumber->options.config)
		err = 0;
	if (err < 0)
		return err;
	return config_parse(path, text ? text : "", len, &plumber->config, error);
}

/* A container takes up to three descriptors and a published port one. The limit is raised to the
 * most that this process may have. A start with a lower limit is no failure: the request that needs
 * one descriptor too many is refused by itself. */
static void raise_limits(void)
{
	int err = process_raise_files();

	if (err < 0)
		log_warn("cannot raise the limit of open files: %s", strerror(-err));
}

/* The group that may speak to the API's socket. It is looked up here, and not by the engine,
 * because NSS modules may be slow: a child does it, and only at the start. Sets *ret_group to NULL
 * where netd.json names none. */
static int find_group(const char *name, struct api_group *group, struct api_group **ret_group,
		      struct error *error)
{
	struct account account;
	int err;

	*ret_group = NULL;
	if (!name || !*name)
		return 0;
	err = account_of_group(name, &account, error);
	if (err < 0)
		return err;
	*group = (struct api_group) { name, account.exists, account.gid };
	*ret_group = group;
	return 0;
}

/* The socket, long before there is anything to answer: this fails often, and whoever calls
 * meanwhile waits in its backlog. */
static int listen_api(struct plumber *plumber, struct error *error)
{
	const char *host = plumber->options.host ? plumber->options.host : plumber->config.host;
	struct api_group named, *group;
	int err;

	/* The command line comes before netd.json, and netd.json before the default. systemd's
	 * socket comes before all of them, for its unit says where it is. */
	if (!host)
		host = NETD_DEFAULT_HOST;
	plumber->listen_fd = notify_listen_fd();
	/* systemd has made the socket before netd was started, and removes it: socket_path stays
	 * NULL, so that nobody unlinks it at the end. */
	if (plumber->listen_fd >= 0)
		return 0;
	if (strncmp(host, "unix://", 7) != 0 || host[7] != '/')
		return error_set(error, ERROR_INVALID,
				 "cannot listen on %s: only unix:///PATH; from another host use "
				 "`netctl -H ssh://HOST`",
				 host);
	if ((err = find_group(plumber->config.socket_group, &named, &group, error)) < 0 ||
	    (err = api_listen_unix(host + 7, group, &plumber->listen_fd, error)) < 0)
		return err;
	/* From here on the socket is this start's, and take_down removes it. */
	plumber->socket_path = host + 7;
	return 0;
}

/* Before the kernel is touched, too: a port that another program has is a mistake that is seen at
 * once. */
static int listen_metrics(struct plumber *plumber, struct error *error)
{
	const char *text = plumber->options.metrics_addr ? plumber->options.metrics_addr
							 : plumber->config.metrics_addr;
	struct addr addr;
	uint16_t port;
	int err;

	/* No address: nobody serves metrics, and ROLE_METRICS is not started. */
	if (!text || !*text)
		return 0;
	err = config_listen_parse(text, &addr, &port, error);
	if (err < 0) {
		error_prefix(error, "--metrics-addr");
		return err;
	}
	return metering_listen(&plumber->metering, &addr, port, text, error);
}

/* The last step of a start. Callers that connected since listen_api have waited in the backlog, and
 * are served from here on. The explainer gets the socket's number to find out its path, not to own
 * it. */
static int serve_api(struct plumber *plumber, struct error *error)
{
	const struct api_explainer looker = { explainer_start, explainer_capture, explainer_watch,
					      &plumber->explainer };
	struct api_options options = {
		.loop = plumber->loop,
		.engine = plumber->engine,
		.explainer = looker,
		.starter = { starter_start },
		.cluster = cluster_api(&plumber->cluster),
		.listen_fd = plumber->listen_fd,
	};
	int err;

	spanning_api(&plumber->spanning, &options.cluster);
	err = api_server_new(&options, &plumber->server, error);

	if (err < 0)
		return err;
	plumber->explainer.listen_fd = plumber->listen_fd;
	plumber->looker = looker;
	/* The metrics' report of doctor is made by the same program that answers the API. */
	metering_look(&plumber->metering, plumber->loop, &plumber->looker);
	plumber->explainer.tracers = &plumber->tracers;
	plumber->explainer.for_group = plumber->config.trace_for_group;
	plumber->explainer.run_dir = plumber->options.run_dir;
	if (plumber->config.metrics_drops && plumber->metering.listen_fd >= 0)
		counting_look(&plumber->metering.counting, &plumber->looker,
			      plumber->tracers.lacks);
	else if (plumber->config.metrics_drops)
		log_warn("metrics-drops counts for nobody: metrics-addr is not set");
	/* The server has it now, and closes it. */
	plumber->listen_fd = -1;
	log_info("listening on %s%s", plumber->socket_path ? "unix://" : "systemd's socket",
		 plumber->socket_path ? plumber->socket_path : "");
	return 0;
}

/* Ends the loop and nothing more. What has to be done for the end is done by run and take_down,
 * outside of any callback. */
static void on_stop(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	(void)revents;
	log_info("stopping on signal %d", watcher->signum);
	ev_break(loop, EVBREAK_ALL);
}

/* From the loop: one that does not come back to it is ended by systemd, and started again. */
#define BEATS 8 /* in the time that systemd waits */

static void on_beat(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)timer, (void)revents;
	notify_send("WATCHDOG=1");
}

static void start_beating(struct plumber *plumber)
{
	double patience_s = notify_watchdog_s();

	/* The timer is set up also without a watchdog, so that it may be stopped in any case. It
	 * runs only where systemd waits for beats. */
	ev_timer_init(&plumber->beat, on_beat, 0., patience_s / BEATS);
	if (patience_s > 0)
		ev_timer_start(plumber->loop, &plumber->beat);
}

/* SIGHUP reads the administrator's rules again, and nothing else: netd.json is read at a start.
 * Rules that do not parse leave the old ones in force. */
static void on_reload(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	struct plumber *plumber = watcher->data;
	struct error error;

	(void)loop, (void)revents;
	/* systemd waits for READY=1 after this before it calls the reload done. */
	notify_send("RELOADING=1");
	/* A failure is no end of the reload for systemd. READY=1 is sent in any case, or systemd
	 * would take the daemon for hung. */
	if (engine_reload_rules(plumber->engine, &error) < 0)
		log_error("%s", error.text);
	else
		log_info("the rules of %s are loaded", plumber->rules_dir);
	notify_send("READY=1");
}

static void watch_signal(struct plumber *plumber, ev_signal *watcher,
			 void (*callback)(struct ev_loop *, ev_signal *, int), int number)
{
	ev_signal_init(watcher, callback, number);
	watcher->data = plumber;
	ev_signal_start(plumber->loop, watcher);
}

/* Builds what touches the kernel, in this order: the host's prefix, the supervisors (which start
 * nothing yet), the file of the cluster, the engine, what joins engine and herald, and then the
 * roles. engine_new finds or makes the host's networks, and supervisors_start introduces the
 * resolver to it. */
static int build_engine(struct plumber *plumber, struct error *error)
{
	struct supervisors_options supervisors_options = {
		.loop = plumber->loop,
		.run_dir = plumber->options.run_dir,
		.users = { [ROLE_RESOLVER] = plumber->config.resolver_user,
			   [ROLE_METRICS] = plumber->metering.listen_fd >= 0 ? METRICS_USER : NULL,
			   [ROLE_KEEPER] = KEEPER_USER,
			   [ROLE_USHER] = USHER_USER,
			   [ROLE_HERALD] = HERALD_USER },
		.metering = &plumber->metering,
		.cluster = &plumber->cluster,
		.log_level = log_level_name[plumber->config.log_level],
	};
	struct engine_options options = {
		.door = &door_kernel,
		.loop = plumber->loop,
		.config = &plumber->config,
		.run_dir = plumber->options.run_dir,
		.state_dir = plumber->options.state_dir,
		.rules_dir = plumber->rules_dir,
		.reader_host = { .start = reader_start },
	};
	const struct cluster_others others = {
		.herald = supervisors_cluster_host(&plumber->supervisors),
		.keeper = supervisors_keeper_host(&plumber->supervisors),
		.usher = supervisors_usher_host(&plumber->supervisors),
	};
	int err = ula_choose(plumber->options.state_dir, &plumber->config.ula, error);

	/* The prefix first, for subnets of networks are chosen from it. */
	if (err == 0)
		err = supervisors_init(&plumber->supervisors, &supervisors_options, error);
	plumber->cluster.ushering.valid_s = plumber->config.certificate_s;
	if (err == 0)
		err = cluster_init(&plumber->cluster, plumber->loop, plumber->options.state_dir,
				   &others, error);
	if (err < 0)
		return err;
	/* The engine asks for a resolver through this, and does not know who makes it. */
	options.resolver_host = supervisors_resolver_host(&plumber->supervisors);
	err = engine_new(&options, &plumber->engine, error);
	/* Listens for the herald before a herald exists, so that no record is missed. */
	if (err == 0)
		err = spanning_start(&plumber->spanning, plumber->loop, plumber->engine,
				     &plumber->cluster, error);
	/* The roles last: a role that is introduced calls the engine at once. */
	if (err == 0)
		err = supervisors_start(&plumber->supervisors, plumber->engine, error);
	return err;
}

static int start_spawning(struct error *error)
{
	int err = spawn_open();

	return err < 0 ? error_system(error, err, "cannot start the thread that starts programs")
		       : 0;
}

/* The order is part of what a start promises. Capabilities are checked before they are given up,
 * for the check names what is missing. The tracers' process is started before privileges_drop, for
 * it keeps rights that netd gives up, and the system call filter would keep it from them. The lock
 * comes before the directories and the socket, for whatever follows would disturb a netd that has
 * it. The kernel's objects come last, after all that often fails. */
static int build(struct plumber *plumber, struct error *error)
{
	int err = privileges_check(plumber->config.resolver_user, error);

	if (err == 0) {
		if (plumber->config.trace_for_group || plumber->config.metrics_drops)
			tracers_start(&plumber->tracers);
		err = privileges_drop(error);
	}
	if (err == 0)
		err = start_spawning(error);
	if (err == 0)
		err = netns_init(error);
	if (err == 0)
		err = lock_take(&plumber->lock, plumber->loop, error);
	if (err == 0)
		err = dirs_make(&plumber->dirs, error);
	/* A reset serves nobody. */
	if (err == 0 && plumber->options.reset)
		err = reset_prepare(&plumber->dirs, plumber->options.force, error);
	else if (err == 0 && (err = listen_api(plumber, error)) == 0)
		err = listen_metrics(plumber, error);
	if (err == 0)
		err = build_engine(plumber, error);
	if (err == 0 && !plumber->options.reset)
		err = serve_api(plumber, error);
	return err;
}

/* Takes down what was built, whatever that is; failed says that this start did not succeed. Then
 * what it has made goes, too: roles that it started, links and rules that it added, files that were
 * not there. After an orderly end all of this stays, as long as containers count on it. Callers are
 * gone first, the lock goes last: from then on another netd may start. */
static void take_down(struct plumber *plumber, bool failed)
{
	size_t n_containers = 0;

	/* Callers first: none of them may see what is taken down. */
	api_server_free(plumber->server);
	if (plumber->engine)
		/* The list is not wanted, only how many there are. */
		(void)engine_containers(plumber->engine, &n_containers); /* the count is wanted */
	if (failed)
		supervisors_undo_start(&plumber->supervisors);
	/* Containers keep their names and relayed ports while no plumber is there: the resolver
	 * goes on and the next plumber takes it over. Without any container the roles have no
	 * purpose, and end. */
	else if (plumber->engine && n_containers == 0)
		supervisors_end(&plumber->supervisors);
	/* These hold timers of the loop and call the engine, so they end before the engine does. */
	metering_done(&plumber->metering);
	spanning_stop(&plumber->spanning);
	cluster_done(&plumber->cluster);
	tracers_done(&plumber->tracers);
	/* Only of a start that failed. An orderly stop leaves what runs. */
	if (plumber->engine && failed)
		engine_undo_start(plumber->engine);
	/* The supervisors are freed after the engine, which knows them as its resolver_host. */
	engine_free(plumber->engine);
	supervisors_done(&plumber->supervisors);
	if (plumber->listen_fd >= 0)
		(void)close(plumber->listen_fd);
	/* Only a socket that this process has made. systemd's stays. */
	if (plumber->socket_path)
		(void)unlink(plumber->socket_path); /* the next one makes it again */
	if (plumber->is_reset)
		reset_finish(&plumber->dirs);
	dirs_done(&plumber->dirs, failed);
	lock_drop(&plumber->lock, plumber->loop);
}

/* The rules in rules.d are read by nft(8) in a network namespace of its own, which takes root.
 * Another user is told so, and the rest of the check goes on. */
static int check_rules(const struct plumber *plumber, struct error *error)
{
	int err;

	if (geteuid() != 0) {
		(void)printf("the rules in %s are not checked: that takes root\n",
			     plumber->rules_dir);
		return 0;
	}
	/* The check runs with as few rights as the daemon would, so it fails where a start would
	 * fail. */
	err = privileges_drop(error);
	if (err == 0)
		err = netns_init(error);
	return err < 0 ? err : engine_check_rules(plumber->rules_dir, error);
}

/* The command `netd --check`. It reads, validates and prints, and leaves neither file nor kernel
 * object behind. */
static int check(const struct plumber *plumber)
{
	struct error error = { 0 };

	if (check_rules(plumber, &error) < 0) {
		log_error("%s", error.text);
		return 1;
	}
	(void)printf(
		"settings are fine: API on %s, group %s; resolver as %s; %zu address pools%s\n",
		plumber->options.host  ? plumber->options.host
		: plumber->config.host ? plumber->config.host
				       : NETD_DEFAULT_HOST,
		plumber->config.socket_group, plumber->config.resolver_user,
		plumber->config.n_bases, plumber->config.n_bases ? "" : " (built in)");
	return 0;
}

/* Until somebody has corrected the file the next start would end in the same way: systemd is told
 * so by a status of its own (netd.service, RestartPreventExitStatus). So it is with records that
 * are damaged, or not those of what runs. */
static int refuse_config(const struct plumber *plumber, int err, const struct error *error)
{
	log_error("%s", error->text);
	return err == -EINVAL && !plumber->options.check ? EX_CONFIG : EXIT_FAILURE;
}

/* A reset goes by the defaults where netd.json cannot be read: it makes nothing that would stay.
 * The administrator's rules, which may be wrong as well, are not looked for. */
static int config_of_reset(struct plumber *plumber, struct error *error)
{
	int err = load_config(plumber, error);

	(void)snprintf(plumber->rules_dir, sizeof(plumber->rules_dir), "%s/no-rules",
		       plumber->options.run_dir);
	if (err == 0)
		return 0;
	log_warn("%s: a reset goes by the defaults", error->text);
	return config_parse("the defaults", "", 0, &plumber->config, error);
}

/* Instead of the loop. An engine that refuses leaves everything to the next netd, as at a stop. */
static int reset(struct plumber *plumber)
{
	struct error error = { 0 };

	plumber->stands = true;
	plumber->is_reset = engine_reset(plumber->engine, plumber->options.force, &error) == 0;
	if (plumber->is_reset)
		return EXIT_SUCCESS;
	log_error("%s", error.text);
	engine_leave(plumber->engine);
	return EXIT_FAILURE;
}

/* What became of a start that failed. Records that cannot be gone by are no reason to leave what
 * netd has made: a reset that is forced begins again without them. */
static int refuse_start(struct plumber *plumber, struct error *error)
{
	bool of_records = error->reason == ERROR_REASON_RECORDS;

	log_error("%s", error->text);
	if (of_records && plumber->options.reset && plumber->options.force) {
		plumber->begins_again = reset_forget_records(&plumber->dirs, error) == 0;
		if (!plumber->begins_again)
			log_error("%s", error->text);
	}
	return of_records ? EX_CONFIG : EXIT_FAILURE;
}

/* From the settings to the end of the loop. Returns the exit status; take_down follows in any
 * case. */
static int run(struct plumber *plumber)
{
	struct error error = { 0 };
	int err = plumber->options.reset ? config_of_reset(plumber, &error)
					 : load_config(plumber, &error);

	/* Settings that are wrong will be wrong the next time: systemd is told not to try again. */
	if (err < 0)
		return refuse_config(plumber, err, &error);

	if (plumber->options.check)
		return check(plumber);
	/* The level of netd.json holds from here on. Until now it was "info". */
	log_init("netd", plumber->options.reset ? LOG_LEVEL_WARN : plumber->config.log_level);
	if (!plumber->options.reset)
		log_open_journal();
	raise_limits();
	/* Descriptors that epoll(7) does not take for want of memory are tried again by this. */
	watcher_prepare(plumber->loop, &plumber->watchers);
	/* A signal that comes while netd starts is heeded when it has. */
	watch_signal(plumber, &plumber->on_term, on_stop, SIGTERM);
	watch_signal(plumber, &plumber->on_int, on_stop, SIGINT);
	watch_signal(plumber, &plumber->on_hup, on_reload, SIGHUP);
	err = build(plumber, &error);
	if (err < 0)
		return refuse_start(plumber, &error);
	/* A caller that hangs up is an error of that call. With the default action of SIGPIPE it
	 * would end netd. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (plumber->options.reset)
		return reset(plumber);
	notify_send("READY=1");
	start_beating(plumber);
	log_info("netd " NETD_VERSION " is ready");
	ev_run(plumber->loop, 0);
	notify_send("STOPPING=1");
	/* What is left to the next netd is put into the state in which others can live with it. */
	engine_leave(plumber->engine);
	return 0;
}

/* Descriptors are -1 here, because 0 is one: each *_done closes what is not negative. */
int plumber_run(int argc, char **argv)
{
	struct plumber plumber = { .lock.fd = -1,
				   .dirs.lock_fd = -1,
				   .listen_fd = -1,
				   .tracers = { .fd = -1 },
				   .metering = { .listen_fd = -1, .channel = -1 },
				   .cluster = {
					   .link = { .channel = -1 },
					   .keeping = { .channel = -1, .folder = -1 },
					   .ushering = { .channel = -1, .fds = { -1, -1 } } } };
	int status = options_parse(argc, argv, &plumber.options);

	/* options_parse has answered --help or a wrong option, and nothing was made yet. */
	if (status != 0)
		return status - 1;
	log_init("netd", LOG_LEVEL_INFO);
	/* Modes of files and directories are what the code says, whatever the shell had set. */
	(void)umask(0022);
	/* Before the loop is made: everything libev allocates goes through the reserve. */
	ev_set_allocator(reserve_realloc);
	plumber.loop = ev_default_loop(EVBACKEND_EPOLL);
	if (!plumber.loop) {
		log_error("cannot make an event loop");
		return 1;
	}
	plumber.dirs.run = plumber.options.run_dir;
	plumber.dirs.state = plumber.options.state_dir;
	status = run(&plumber);
	take_down(&plumber, status != 0 && !plumber.stands);
	config_done(&plumber.config);
	ev_loop_destroy(plumber.loop);
	/* All that this one had is closed, so the next one begins as any start. */
	if (plumber.begins_again)
		(void)execv("/proc/self/exe", argv);
	return status;
}
