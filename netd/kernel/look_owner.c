// SPDX-License-Identifier: GPL-2.0-or-later
// look_owner.c - whose a socket is: its inode among the descriptors of the processes of a namespace
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Theory of operation. A container's processes are few and its cgroup names them, so they are
 * looked at first. A process that entered the namespace from elsewhere is found among all of /proc,
 * and only where the first look did not find who was asked for: to ask in which namespace a process
 * is takes up to ten microseconds. So they are listed once, and asked one after the other, the last
 * of the list first: it has those that were started last, and in front stand the kernel's own and
 * what was started with the host. What was told is kept for whoever asks about another namespace.
 *
 * Each descriptor takes some more, and netd alone has one for each port that it publishes. So a
 * process with few of them is searched as soon as it is found to be in the namespace, the others
 * behind all, and the search ends at one that holds the socket and runs. Nobody is named who was
 * not seen to hold it.
 *
 * Rights and races: the links of a process's descriptors may be read by who may trace it (proc(5)),
 * so this runs where CAP_SYS_PTRACE is. That is not enough for a process of another user namespace,
 * or where a security module refuses it. Who may not be looked at may hold what nobody else does:
 * then the answer is not "nobody". Processes come and go meanwhile. Whatever ends in the middle
 * counts as gone, and the answer is about a moment. */

/* Of the last call that failed. Other errors are those of a process that has ended. */
static bool is_refused(void)
{
	return errno == EACCES || errno == EPERM;
}

/* Notes that a process holds a socket, and by which number. -E2BIG: there are too many to keep. */
static int hold(struct look_owners *owners, uint64_t inode, pid_t pid, int fd)
{
	struct look_held *held;

	if (owners->n_held >= LOOK_ITEMS_MAX)
		return -E2BIG;
	held = grow(owners->held, &owners->room, owners->n_held + 1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	owners->held = held;
	owners->held[owners->n_held++] = (struct look_held) { inode, pid, fd };
	return 0;
}

/* A process that ends meanwhile is none. A descriptor that is a socket leads to its inode, which
 * sock_diag(7) tells as well. Others are passed over. */
static int walk_descriptors(struct look_owners *owners, pid_t pid)
{
	_cleanup_close_ int fd = -1;
	const struct dirent *entry;
	char path[32];
	DIR *dir;
	int err = 0;

	(void)snprintf(path, sizeof(path), "%d/fd", (int)pid);
	fd = openat(owners->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		owners->is_hidden |= is_refused();
		return 0;
	}
	(void)take_fd(&fd);
	/* From here on closedir(3) closes the descriptor. */
	while (err == 0 && (entry = readdir(dir)) != NULL) {
		char target[64];
		/* readlinkat(2) does not read through the link: a descriptor may lead to a file
		 * that blocks. */
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		uint64_t inode;

		/* The number of descriptors is bounded for a whole look: a container may open as
		 * many as it likes. */
		if (++owners->n_fds > LOOK_FDS_MAX)
			err = -E2BIG;
		owners->is_hidden |= len < 0 && is_refused();
		target[len > 0 ? len : 0] = '\0';
		inode = look_told_inode(target, "socket");
		if (err == 0 && inode != 0)
			err = hold(owners, inode, pid, (int)strtol(entry->d_name, NULL, 10));
	}
	(void)closedir(dir);
	return err;
}

/* The inode of a process's network namespace, as its link has it: "net:[4026531840]". To look
 * behind the link costs the kernel half as much again. 0: it has ended, or may not be looked at,
 * which sets *ret_hidden. */
static uint64_t netns_of(int proc, pid_t pid, bool *ret_hidden)
{
	char path[32], target[64];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
	len = readlinkat(proc, path, target, sizeof(target) - 1);
	*ret_hidden |= len < 0 && is_refused();
	target[len > 0 ? len : 0] = '\0';
	return look_told_inode(target, "net");
}

/* One that is there twice does no harm: a cgroup may name it so. */
static int enqueue(struct look_owners *owners, pid_t pid)
{
	struct look_queued *queued;
	char path[32];
	struct stat st;

	queued = grow(owners->queued, &owners->room_queued, owners->n_queued + 1, sizeof(*queued));
	if (!queued)
		return -ENOMEM;
	owners->queued = queued;
	(void)snprintf(path, sizeof(path), "%d/fd", (int)pid);
	/* The size is how many descriptors it has; 0 before Linux 6.2. */
	queued[owners->n_queued++] = (struct look_queued) {
		pid, fstatat(owners->proc, path, &st, 0) < 0 ? 0 : st.st_size
	};
	return 0;
}

/* Only the container's own are compared, which come first. */
static bool is_own(const struct look_owners *owners, pid_t pid)
{
	for (size_t i = 0; i < owners->n_own; i++)
		if (owners->queued[i].pid == pid)
			return true;
	return false;
}

/* Queues a process if it is in that namespace. -E2BIG: the container has more processes than one
 * look may go through. */
static int queue(struct look_owners *owners, uint64_t netns, pid_t pid)
{
	/* Processes that are passed over count as well: each costs a call. */
	if (++owners->n_pids > LOOK_PIDS_MAX)
		return -E2BIG;
	return netns_of(owners->proc, pid, &owners->is_hidden) == netns ? enqueue(owners, pid) : 0;
}

/* For qsort(3). */
static int by_descriptors(const void *a, const void *b)
{
	const struct look_queued *left = a, *right = b;

	return (left->n_fds > right->n_fds) - (left->n_fds < right->n_fds);
}

/* Those that were walked already stay where they are. Those behind n_walked are put in order. */
static void sort_queue(struct look_owners *owners)
{
	if (owners->n_queued > owners->n_walked)
		qsort(owners->queued + owners->n_walked, owners->n_queued - owners->n_walked,
		      sizeof(*owners->queued), by_descriptors);
}

/* ---- cgroups ---- */

/* Theory of operation. A container's cgroup is found in /proc/PID/cgroup. The unified hierarchy
 * (version 2) has one line "0::/PATH". Hierarchies of version 1 have a line for each controller, of
 * which the freezer alone matters here. */

/* Where the unified hierarchy is mounted: as systemd does it, or beside those of before. NULL: it
 * is not. */
static const char *unified_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

/* Where a process is in all hierarchies. Without the file: "", in which none is found. */
static void read_cgroups(pid_t pid, char *ret_text, size_t size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (look_read(AT_FDCWD, path, ret_text, size) < 0)
		ret_text[0] = '\0';
}

/* A file of the cgroup of whom the text tells, or with "" the folder; in a hierarchy of before by
 * the name of its controller. false: it has no cgroup of its own there: the root is everybody's.
 * false stands for "nothing is known" as well. */
static bool cgroup_path(const char *text, const char *controller, const char *file, char *ret_path,
			size_t size)
{
	char own[LOOK_CGROUP_MAX];
	const char *root;
	int len;

	if (!look_told_cgroup(text, controller, own, sizeof(own)) || strcmp(own, "/") == 0)
		return false;
	root = controller[0] ? "/sys/fs/cgroup/freezer" : unified_root();
	/* One that is longer than there is room for counts as none. */
	len = root ? snprintf(ret_path, size, "%s%s%s", root, own, file) : 0;
	return len > 0 && (size_t)len < size;
}

/* The pids of one cgroup, a line each. A cgroup that has gone has none. dir is the cgroup's folder.
 * Pids are those of netd's own pid namespace; of a process in another one the file says 0. */
static int queue_procs(struct look_owners *owners, uint64_t netns, int dir)
{
	_cleanup_free_ char *text = malloc(LOOK_PROC_SIZE);
	char *at = text, *line;
	int err;

	if (!text)
		return -ENOMEM;
	if (look_read(dir, "cgroup.procs", text, LOOK_PROC_SIZE) < 0)
		return 0;
	err = 0;
	while (err == 0 && (line = strsep(&at, "\n")) != NULL) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 0)
			err = queue(owners, netns, pid);
	}
	return err;
}

/* What a runtime makes below a container's cgroup is a level or two. A link is not followed, and
 * the depth is bounded: the tree is made by others. Not found is no failure: the container may have
 * gone. */
static int queue_cgroup(struct look_owners *owners, uint64_t netns, int at, const char *path,
			int depth)
{
	_cleanup_close_ int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const struct dirent *entry;
	DIR *dir;
	int err;

	if (fd < 0)
		return 0;
	err = queue_procs(owners, netns, fd);
	/* fdopendir(3) takes the descriptor when it succeeds. */
	dir = err == 0 && depth < LOOK_CGROUPS_DEEP ? fdopendir(fd) : NULL;
	if (!dir)
		return err;
	(void)take_fd(&fd);
	while (err == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			err = queue_cgroup(owners, netns, dirfd(dir), entry->d_name, depth + 1);
	(void)closedir(dir);
	return err;
}

/* The process that is known for the container, and all of its cgroup. The process alone is enough
 * where no cgroup is known. */
static int queue_container(struct look_owners *owners, uint64_t netns, pid_t pid)
{
	char path[LOOK_CGROUP_MAX + 64], text[LOOK_CGROUP_MAX];
	int err = queue(owners, netns, pid);

	read_cgroups(pid, text, sizeof(text));
	if (err < 0 || !cgroup_path(text, "", "", path, sizeof(path)))
		return err;
	return queue_cgroup(owners, netns, AT_FDCWD, path, 0);
}

/* ---- all processes ---- */

static int note_process(struct look_processes *processes, pid_t pid)
{
	struct look_process *items;

	if (processes->n >= LOOK_PIDS_MAX)
		return -E2BIG;
	items = grow(processes->items, &processes->room, processes->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	processes->items = items;
	items[processes->n++] = (struct look_process) { .pid = pid };
	return 0;
}

/* One list serves all namespaces that are asked about behind it: a matrix asks about hundreds. What
 * was started since has no socket in a picture. A listing that failed half-way counts as done, so
 * that it does not fail again and again; who is on it is searched. The first process runs as long
 * as all others do: a /proc without it shows each user his own (hidepid). */
static int list_processes(struct look_processes *processes, int proc)
{
	/* A descriptor of its own, because the directory has a position that is shared with
	 * duplicates. */
	_cleanup_close_ int fd = fcntl(proc, F_DUPFD_CLOEXEC, 3);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		/* Nothing was listed, and the next question tries again. */
		return -errno;
	(void)take_fd(&fd);
	rewinddir(dir); /* somebody else's place began with it */
	processes->is_hidden = true;
	while (err == 0 && (entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0)
			err = note_process(processes, pid);
		if (pid == 1)
			processes->is_hidden = false;
	}
	(void)closedir(dir);
	processes->is_listed = true;
	processes->is_cut = err < 0;
	processes->listing++;
	return err == -E2BIG ? 0 : err;
}

/* By the inode of the namespace, which is asked for once. */
static bool is_in(struct look_owners *owners, struct look_process *process, uint64_t netns)
{
	if (!process->is_asked)
		process->netns = netns_of(owners->proc, process->pid, &process->is_hidden);
	process->is_asked = true;
	owners->is_hidden |= process->is_hidden;
	return process->netns == netns;
}

/* ---- the question ---- */

/* What is in force, which a cgroup above may have decided: the kernel says it of each. Version 2
 * has cgroup.events, version 1 freezer.state. Without the file, or without the word, it is not
 * frozen. */
static bool is_frozen(pid_t pid)
{
	char path[LOOK_CGROUP_MAX + 64], cgroups[LOOK_CGROUP_MAX], text[256];

	read_cgroups(pid, cgroups, sizeof(cgroups));
	if (cgroup_path(cgroups, "", "/cgroup.events", path, sizeof(path)) &&
	    look_read(AT_FDCWD, path, text, sizeof(text)) > 0 && strstr(text, "frozen 1"))
		return true;
	return cgroup_path(cgroups, ":freezer", "/freezer.state", path, sizeof(path)) &&
	       look_read(AT_FDCWD, path, text, sizeof(text)) > 0 && strncmp(text, "FROZEN", 6) == 0;
}

/* -ENOENT: it has ended. */
static int read_process(pid_t pid, struct facts_owner *owner, pid_t *ret_parent)
{
	char path[32], text[1024];
	int err;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (look_read(AT_FDCWD, path, text, sizeof(text)) < 0)
		return -ENOENT;
	err = look_told_process(text, owner, ret_parent);
	if (err < 0)
		return err;
	owner->pid = pid;
	owner->is_frozen = is_frozen(pid);
	return 0;
}

/* Several may hold one socket: workers of a server, of which any that runs takes what comes, and
 * netd itself, which keeps a duplicate of what its resolver listens with and never reads it. */
#define RANK_BEST 3

/* A process that is not netd counts more than one that runs. 3 is the best, 0 the worst. */
static int rank(const struct facts_owner *owner)
{
	return (strcmp(owner->process, "netd") != 0 ? 2 : 0) +
	       (owner->state != 'T' && !owner->is_frozen ? 1 : 0);
}

static bool is_best(const struct facts_owner *owner)
{
	return owner->err == 0 && rank(owner) == RANK_BEST;
}

/* A question, and how far it has come. */
struct search {
	struct look_owners *owners;
	uint64_t netns;
	uint32_t inode;
	size_t at;		    /* of what is held */
	struct facts_owner *answer; /* err -ENOENT until there is one at all */
	pid_t parent;		    /* of that one */
};

/* A process more that was found to hold it. One that has ended meanwhile is passed over. */
static void take_better(struct search *search, pid_t pid)
{
	struct facts_owner owner = { 0 };
	pid_t parent;

	if (read_process(pid, &owner, &parent) < 0)
		return;
	if (search->answer->err < 0 || rank(&owner) > rank(search->answer)) {
		*search->answer = owner;
		search->parent = parent;
	}
}

/* Goes on with the first n of the queue until somebody is found that could not be better. 0, or why
 * the search ended. The list of held sockets grows while the queue is walked, so it is gone through
 * by index. */
static int go_on(struct search *search, size_t n)
{
	struct look_owners *owners = search->owners;
	int err = 0;

	for (; err == 0 && !is_best(search->answer); search->at++) {
		/* One after the other, as far as they were walked; then the next process is. */
		while (err == 0 && search->at == owners->n_held && owners->n_walked < n)
			err = walk_descriptors(owners, owners->queued[owners->n_walked++].pid);
		if (err < 0 || search->at == owners->n_held)
			break;
		if (owners->held[search->at].inode == search->inode)
			take_better(search, owners->held[search->at].pid);
	}
	return err;
}

/* The last of the queue is the next to be walked. */
static void put_last_first(struct look_owners *owners)
{
	struct look_queued *next = &owners->queued[owners->n_walked];
	struct look_queued *last = &owners->queued[owners->n_queued - 1], kept = *next;

	*next = *last;
	*last = kept;
}

static bool is_walked(const struct look_owners *owners, pid_t pid)
{
	for (size_t i = 0; i < owners->n_walked; i++)
		if (owners->queued[i].pid == pid)
			return true;
	return false;
}

static bool is_held_by(const struct look_owners *owners, uint32_t inode, pid_t pid)
{
	for (size_t i = 0; i < owners->n_held; i++)
		if (owners->held[i].inode == inode && owners->held[i].pid == pid)
			return true;
	return false;
}

/* Somebody who has few descriptors; the others have their turn. */
static int walk_one(struct look_owners *owners, pid_t pid)
{
	int err = is_walked(owners, pid) ? -EEXIST : enqueue(owners, pid);

	if (err < 0 || owners->queued[owners->n_queued - 1].n_fds > LOOK_FEW_FDS)
		return err == -EEXIST ? 0 : err;
	put_last_first(owners);
	return walk_descriptors(owners, owners->queued[owners->n_walked++].pid);
}

/* A server's workers have its sockets, too. Who started them stands for all, and is named as long
 * as he has the socket and runs. */
static int name_parents(struct search *search)
{
	struct look_owners *owners = search->owners;
	int err = 0;

	for (int i = 0; i < LOOK_PARENTS_MAX && err == 0; i++) {
		struct facts_owner owner = { 0 };
		pid_t pid = search->parent, parent;

		if (pid <= 1 || netns_of(owners->proc, pid, &owners->is_hidden) != search->netns)
			break;
		err = walk_one(owners, pid);
		if (err < 0 || !is_held_by(owners, search->inode, pid) ||
		    read_process(pid, &owner, &parent) < 0 || !is_best(&owner))
			break;
		*search->answer = owner;
		search->parent = parent;
	}
	return err;
}

/* Among all that there are, as far as it takes. */
static int search_all(struct look_processes *processes, struct search *search)
{
	struct look_owners *owners = search->owners;
	int err = processes->is_listed ? 0 : list_processes(processes, owners->proc);

	owners->has_begun = true;
	if (owners->listing != processes->listing)
		owners->n_left = processes->n;
	owners->listing = processes->listing;
	while (err == 0 && !is_best(search->answer) && owners->n_left > 0) {
		struct look_process *process = &processes->items[--owners->n_left];

		if (!is_in(owners, process, search->netns) || is_own(owners, process->pid))
			continue;
		err = walk_one(owners, process->pid);
		if (err == 0)
			err = go_on(search, owners->n_walked);
	}
	/* Those that have many. */
	if (err == 0 && !is_best(search->answer)) {
		sort_queue(owners);
		err = go_on(search, owners->n_queued);
	}
	return err < 0 || !is_best(search->answer) ? err : name_parents(search);
}

/* Queues the container's own processes, or as many as one look may go through. The owners belong to
 * the place from here on, also when this fails. The queue is in order afterwards. */
static int owners_new(struct look_place *place, uint64_t netns)
{
	struct look_owners *owners = calloc(1, sizeof(*owners));
	int err = 0;

	if (!owners)
		return -ENOMEM;
	place->owners = owners;
	owners->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (owners->proc < 0)
		return -errno;
	if (place->pid > 0)
		err = queue_container(owners, netns, place->pid);
	if (err == -E2BIG) {
		owners->is_cut = true;
		err = 0;
	}
	owners->n_own = owners->n_queued;
	sort_queue(owners);
	return err;
}

/* Two rounds: the container's own processes first, then everybody else in the namespace, unless an
 * earlier question has come to these already. */
static int look_through(struct look *look, struct look_place *place, uint64_t netns, uint32_t inode,
			struct facts_owner *answer)
{
	struct search search = { .netns = netns, .inode = inode, .answer = answer };
	int err = place->owners ? 0 : owners_new(place, netns);

	if (err < 0)
		return err;
	search.owners = place->owners;
	err = go_on(&search, search.owners->has_begun ? 0 : search.owners->n_queued);
	if (err < 0 || (answer->err == 0 && !search.owners->has_begun))
		return err;
	return is_best(answer) ? name_parents(&search) : search_all(&look->processes, &search);
}

/* Of whom a bound has left out nobody knows what they hold, neither now nor when another socket is
 * asked about: -E2BIG, unless somebody was found. Of those that may not be looked at: -EACCES. */
static int find(struct look *look, struct look_place *place, uint64_t netns, uint32_t inode,
		struct facts_owner *answer)
{
	int err = look_through(look, place, netns, inode, answer);
	struct look_owners *owners = place->owners;

	if (err == -E2BIG)
		owners->is_cut = true;
	if (err < 0 || answer->err == 0)
		return err;
	if (owners->is_cut || (owners->has_begun && look->processes.is_cut))
		return -E2BIG;
	return owners->is_hidden || (owners->has_begun && look->processes.is_hidden) ? -EACCES : 0;
}

static const struct look_held *find_held(const struct look_place *place, uint32_t inode)
{
	for (size_t i = 0; place->owners && i < place->owners->n_held; i++)
		if (place->owners->held[i].inode == inode)
			return &place->owners->held[i];
	return NULL;
}

/* For who needs the descriptor itself. NULL with *ret_err 0: nobody holds it. Borrowed from the
 * place. The first one that holds it, whether it runs or not: nobody is looked for where somebody
 * was seen already. */
const struct look_held *look_holder(struct look *look, struct look_place *place, uint64_t netns,
				    uint32_t inode, int *ret_err)
{
	const struct look_held *held = find_held(place, inode);
	struct facts_owner answer = { .err = -ENOENT };

	*ret_err = held ? 0 : find(look, place, netns, inode, &answer);
	return held ? held : find_held(place, inode);
}

/* -ENOENT: nobody holds it. -EACCES: nobody of those that may be looked at. -ENODATA: it could not
 * be looked for. */
void look_owner(void *data, const struct facts_space *space, const struct facts_owner_asked *asked,
		struct facts_owner *answer)
{
	struct look_place *place = look_place(data, space->key);
	int err;

	*answer = (struct facts_owner) { .err = -ENODATA };
	/* Of a socket that nobody has a descriptor of the kernel says 0. */
	if (!place || asked->inode == 0)
		return;
	answer->err = -ENOENT;
	err = find(data, place, space->netns, asked->inode, answer);
	if (err < 0 && answer->err < 0)
		answer->err = err == -EACCES ? err : -ENODATA;
}
