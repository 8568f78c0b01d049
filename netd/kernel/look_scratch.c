// SPDX-License-Identifier: GPL-2.0-or-later
// look_scratch.c - an empty network namespace in which a ruleset is tried before anybody lives by
// it
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "kernel/caps.h"
#include "kernel/look_parts.h"
#include "kernel/netns.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Theory of operation. A change of rules is judged by loading it where nobody lives. The namespace
 * is made by unshare(2), kept by a descriptor alone, and goes with it. The order is:
 * 1. look_scratch_new(): the namespace, and a child inside that waits to become nft(8);
 * 2. look_scratch_links(): links with the names and numbers that the rules use;
 * 3. look_scratch_send(): the host's present ruleset, as transactions;
 * 4. look_scratch_run(): the child becomes nft(8) and loads the change;
 * 5. look_scratch_lend(): the facts take their ruleset from here.
 * The child is started first, before this process gives its rights up: it has its own. A table that
 * belongs to a socket is made through a socket of its own, which stays open until all has been
 * looked at. */

struct look_scratch {
	int netns;
	int route;    /* a socket in it */
	pid_t pid;    /* of the program that waits in it; 0: it has run */
	int go, said; /* what it waits for, and what it says */
	int *owners;  /* tables that have an owner go with its socket */
	size_t n_owners, room_owners;
};

/* ---- sockets in it ---- */

/* The port is the socket's number in netlink; 0 lets the kernel choose. A table's owner is told by
 * that number, so a table of the host's is made again by a socket with the number of its owner. */
struct opening {
	int protocol;
	uint32_t port;
};

/* Runs in the namespace. The socket or a negative errno. */
static int open_socket(void *data)
{
	const struct opening *opening = data;
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_pid = opening->port };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, opening->protocol);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return take_fd(&fd);
}

static int scratch_socket(const struct look_scratch *scratch, int protocol, uint32_t port)
{
	struct opening opening = { protocol, port };

	return netns_run(scratch->netns, open_socket, &opening);
}

/* ---- links ---- */

/* What rules name has to have that name and number, and be anything: a bridge is what netd cannot
 * do without anyway. The message is RTM_NEWLINK with a name, an index and a kind. The kernel takes
 * the index that it is told where it is free. */
static int make_link(const struct look_scratch *scratch, const struct facts_link *link)
{
	_Alignas(struct nlmsghdr) uint8_t message[LOOK_REQUEST_SIZE] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	const struct nlmsgerr *answer;
	struct nlattr *nest;
	ssize_t n;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	info->ifi_index = link->ifindex;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, link->name);
	nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(nlh, nest);
	if (send(scratch->route, nlh, nlh->nlmsg_len, 0) < 0)
		return -errno;
	/* The acknowledgement is there when send(2) returns. */
	n = recv(scratch->route, message, sizeof(message), MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	/* The answer lies where the request was, for one buffer serves both. */
	answer = mnl_nlmsg_get_payload(nlh);
	return (size_t)n >= mnl_nlmsg_size(sizeof(answer->error)) ? answer->error : -EBADMSG;
}

/* Rules name links in many places, so the name is looked for in the bytes. A name that is found by
 * chance makes a link too many, which does no harm. */
static bool occurs(const struct buf *bytes, const char *name)
{
	return bytes->len > 0 && memmem(bytes->data, bytes->len, name, strlen(name));
}

/* named is the ruleset and the change; NULL stands for "all links". On failure *ret_link says which
 * one could not be made. */
int look_scratch_links(const struct look_scratch *scratch, const struct facts_space *links,
		       const struct buf *named, const char **ret_link)
{
	int err = 0;

	*ret_link = NULL;
	for (size_t i = 0; i < links->n_links && err == 0; i++) {
		const struct facts_link *link = &links->links[i];

		/* lo is number 1 everywhere, and there already. */
		if (link->flags & IFF_LOOPBACK || (named && !occurs(named, link->name)))
			continue;
		err = make_link(scratch, link);
		if (err < 0)
			*ret_link = link->name;
	}
	return err;
}

/* ---- a transaction ---- */

/* The socket is the scratch's from here on. */
static int keep_owner(struct look_scratch *scratch, int fd)
{
	int *owners = grow(scratch->owners, &scratch->room_owners, scratch->n_owners + 1,
			   sizeof(*owners));

	if (!owners)
		return -ENOMEM;
	scratch->owners = owners;
	owners[scratch->n_owners++] = fd;
	return 0;
}

/* What the kernel has said to a transaction: each message that it refuses has an answer, and the
 * last one an acknowledgement. */
struct answers {
	bool is_taken, is_refused;
	void (*refused)(void *data, uint32_t seq, int err);
	void *data;
};

/* The number of a refused message tells the caller which of his messages that is. */
static void read_answers(const uint8_t *bytes, int len, struct answers *answers)
{
	for (const struct nlmsghdr *nlh = (const void *)bytes; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len)) {
		const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_len < mnl_nlmsg_size(sizeof(int)))
			continue;
		if (answer->error < 0) {
			answers->is_refused = true;
			answers->refused(answers->data, nlh->nlmsg_seq, answer->error);
		} else {
			answers->is_taken = true;
		}
	}
}

/* The kernel has answered when send(2) comes back. -EBADMSG: some message was refused. -ENODATA:
 * nothing was said at all. */
static int hear_answers(int fd, struct answers *answers)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[8192];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		read_answers(bytes, (int)n, answers);
	if (n < 0 && errno != EAGAIN)
		return -errno;
	if (answers->is_refused)
		return -EBADMSG;
	return answers->is_taken ? 0 : -ENODATA;
}

/* A transaction is one datagram, whatever its size. The room for answers is as large as the batch,
 * for every message may be refused. */
static int send_batch(int fd, const struct buf *batch)
{
	int room = (int)batch->len + LOOK_ANSWER_SIZE;

	if (batch->len > LOOK_BATCH_MAX)
		return -E2BIG;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    send(fd, batch->data, batch->len, 0) < 0)
		return -errno;
	return 0;
}

/* owner: the number of the socket that is to own the table, or 0 for a table without an owner. The
 * transaction is taken whole or not at all. */
int look_scratch_send(struct look_scratch *scratch, uint32_t owner, const struct buf *batch,
		      void (*refused)(void *data, uint32_t seq, int err), void *data)
{
	_cleanup_close_ int fd = scratch_socket(scratch, NETLINK_NETFILTER, owner);
	struct answers answers = { .refused = refused, .data = data };
	int err;

	if (fd < 0)
		return fd;
	err = send_batch(fd, batch);
	if (err == 0)
		err = hear_answers(fd, &answers);
	if (err == 0 && owner)
		/* An owner's socket is kept open: closing it would remove the table. */
		err = keep_owner(scratch, fd);
	if (err == 0 && owner)
		(void)take_fd(&fd);
	return err;
}

/* ---- a program ---- */

/* What the child has to know. */
struct waiting {
	char *const *argv;
	int go, said; /* until a byte comes; its standard error */
	/* The child closes it. Otherwise its own copy would keep the pipe open when the parent has
	 * gone. */
	int not_its_own; /* the other end of the former */
	pid_t parent;
};

/* Rights that root's exec would give back stay away, and with more rights than before the wish to
 * be killed with the parent would be forgotten (commit_creds() in the kernel). CAP_NET_ADMIN is for
 * nftables, CAP_DAC_READ_SEARCH for a file that only root may read. */
static bool give_up(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       caps_keep(CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_DAC_READ_SEARCH)) == 0;
}

/* What it is given may be anything, so it can do nothing but program this namespace, and read
 * files, which whoever asks may do, too. What it prints is nobody's answer. The child waits for one
 * byte. The end of the pipe without it means that nobody wants it to run. LC_ALL=C makes its errors
 * the ones that are known. */
__attribute__((noreturn)) static void become(const struct waiting *waiting)
{
	static char language[] = "LC_ALL=C";
	char *const envp[] = { language, NULL };
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char go;

	(void)close(waiting->not_its_own);
	/* The order counts: rights go first, then the signal at the parent's end is asked for,
	 * which a change of rights would forget. Then getppid(2) says whether the parent lives. */
	if (give_up() && helper_goes_with(waiting->parent, SIGKILL) && nothing >= 0 &&
	    dup2(nothing, STDOUT_FILENO) >= 0 && dup2(waiting->said, STDERR_FILENO) >= 0 &&
	    signal(SIGPIPE, SIG_DFL) != SIG_ERR && read(waiting->go, &go, 1) == 1)
		(void)execve(waiting->argv[0], waiting->argv, envp);
	/* 127 is what a shell says of a program that cannot be run. */
	_exit(127);
}

/* Runs in the namespace, so the child is born there and needs no right to enter it. */
static int start(void *data)
{
	const struct waiting *waiting = data;
	pid_t pid = fork();

	if (pid == 0)
		become(waiting);
	return pid < 0 ? -errno : (int)pid;
}

/* Starts the child and keeps this side's ends of both pipes. */
static int start_program(struct look_scratch *scratch, char *const argv[])
{
	struct waiting waiting = { .argv = argv, .parent = getpid() };
	_cleanup_close_ int go = -1, said = -1;
	int go_ends[2], said_ends[2], pid;

	if (pipe2(go_ends, O_CLOEXEC) < 0)
		return -errno;
	waiting.go = go = go_ends[0];
	waiting.not_its_own = scratch->go = go_ends[1];
	if (pipe2(said_ends, O_CLOEXEC) < 0)
		return -errno;
	scratch->said = said_ends[0];
	waiting.said = said = said_ends[1];
	pid = netns_run(scratch->netns, start, &waiting);
	scratch->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? pid : 0;
}

/* Lets the child go on, reads what it writes to its standard error and waits for its end. After the
 * deadline it is killed. It runs once. */
int look_scratch_run(struct look_scratch *scratch, char *ret_said, size_t size, int *ret_status)
{
	int64_t deadline_ms = deadline_after(LOOK_SCRATCH_MS);
	pid_t pid = scratch->pid;
	size_t len = 0;
	int err, ended;

	ret_said[0] = '\0';
	if (pid == 0 || write(scratch->go, "", 1) != 1)
		return -ESRCH;
	err = helper_hear(scratch->said, deadline_ms, ret_said, size - 1, &len);
	ret_said[len] = '\0';
	scratch->pid = 0;
	ended = helper_end(pid, deadline_ms, ret_status);
	return err < 0 ? err : ended;
}

/* ---- its life ---- */

/* Takes NULL and half-made ones. A child that still waits is ended; the namespace goes with its
 * last descriptor, and all tables and links with it. */
void look_scratch_free(struct look_scratch *scratch)
{
	int status;

	if (!scratch)
		return;
	if (scratch->pid > 0)
		(void)helper_end(scratch->pid, DEADLINE_NOW, &status);
	for (size_t i = 0; i < scratch->n_owners; i++)
		cleanup_close(&scratch->owners[i]);
	free(scratch->owners);
	cleanup_close(&scratch->go);
	cleanup_close(&scratch->said);
	cleanup_close(&scratch->route);
	cleanup_close(&scratch->netns);
	free(scratch);
}

static void scratch_freep(struct look_scratch **scratch)
{
	look_scratch_free(*scratch);
}

/* argv is kept by the child, which was forked with it. *ret_scratch is the caller's. */
int look_scratch_new(char *const argv[], struct look_scratch **ret_scratch)
{
	_cleanup_(scratch_freep) struct look_scratch *scratch = calloc(1, sizeof(*scratch));
	int err;

	if (!scratch)
		return -ENOMEM;
	scratch->route = scratch->go = scratch->said = -1;
	scratch->netns = netns_unshare();
	if (scratch->netns < 0)
		return scratch->netns;
	scratch->route = scratch_socket(scratch, NETLINK_ROUTE, 0);
	err = scratch->route < 0 ? scratch->route : start_program(scratch, argv);
	if (err == 0)
		*ret_scratch = take_ptr(scratch);
	return err;
}

/* ---- what has come of it ---- */

/* The place asks for rules in the scratch namespace from now on, and for everything else where it
 * did before. The picture's ruleset is read anew. */
int look_scratch_lend(const struct look_scratch *scratch, struct look *look, struct facts *facts,
		      const char *key)
{
	struct look_place *place = look_place(look, key);
	struct look_shot shot = { .look = look, .place = place, .space = facts_space(facts, key) };
	int netns, err;

	if (!place || !shot.space)
		return -ENOENT;
	netns = fcntl(scratch->netns, F_DUPFD_CLOEXEC, 3);
	if (netns < 0)
		return -errno;
	err = look_lend_ruleset(place, netns);
	if (err < 0)
		return err;
	free(shot.space->ruleset);
	shot.space->ruleset = NULL;
	shot.space->ruleset_len = 0;
	return look_ruleset(&shot);
}
