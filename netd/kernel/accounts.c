// SPDX-License-Identifier: GPL-2.0-or-later
// accounts.c - users and groups by name, asked for by a child
#include "kernel/accounts.h"

#include "base/deadline.h"
#include "base/helper.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Names are looked up by whatever nsswitch.conf(5) says: files, or programs and servers that may
 * not answer, loaded into the process that asks. glibc ends that process when it is short of memory
 * then. So a child asks, and is not waited for for ever. */

/* One function of these runs in the child. The account is filled when the name exists. */
static bool look_up_user(const char *name, struct account *account)
{
	const struct passwd *entry = getpwnam(name);

	if (!entry)
		return false;
	*account = (struct account) { true, entry->pw_uid, entry->pw_gid };
	return true;
}

static bool look_up_group(const char *name, struct account *account)
{
	const struct group *entry = getgrnam(name);

	if (!entry)
		return false;
	*account = (struct account) { .exists = true, .gid = entry->gr_gid };
	return true;
}

/* What getpwnam(3) leaves in errno when there is no such name is one of many; these mean that it
 * does not know. */
static bool is_failure(int code)
{
	return code == ENOMEM || code == EMFILE || code == ENFILE || code == EIO || code == EINTR;
}

/* Runs in the child and does not return. The answer goes through the pipe as one struct, which is
 * smaller than PIPE_BUF and so is written whole. _exit(2) spares the parent's buffered output and
 * its handlers at exit. */
static _Noreturn void answer(bool (*look_up)(const char *name, struct account *account),
			     const char *name, int out)
{
	/* An account that does not exist is an answer, too: all zero. */
	struct account account = { 0 };

	(void)alarm(ACCOUNTS_MAX_S); /* whatever becomes of its parent */
	/* getpwnam(3) sets errno on failures only, so it has to be 0 before. */
	errno = 0;
	if ((!look_up(name, &account) && is_failure(errno)) ||
	    write(out, &account, sizeof(account)) != sizeof(account))
		_exit(EXIT_FAILURE);
	_exit(0);
}

/* Reads what the child says and waits for its end, both until one deadline. The answer counts only
 * when it is whole and the child says that it succeeded. */
static int hear(pid_t pid, int from, struct account *ret_account)
{
	int64_t deadline_ms = deadline_after(ACCOUNTS_MAX_S * 1000);
	size_t len = 0;
	int status, err = helper_hear(from, deadline_ms, ret_account, sizeof(*ret_account), &len);
	/* Its end is waited for in any case: a child that nobody waits for stays a zombie. */
	int end_err = helper_end(pid, deadline_ms, &status);

	if (err == 0)
		err = end_err;
	if (err == 0 &&
	    (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || len != sizeof(*ret_account)))
		err = -ENOMEM; /* there is little else that it fails for */
	return err;
}

/* Starts the child and hears it. Nothing is left when this returns: neither a descriptor nor a
 * child that nobody waits for. */
static int ask(bool (*look_up)(const char *name, struct account *account), const char *what,
	       const char *name, struct account *ret_account, struct error *error)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system(error, -errno, "cannot look up %s %s", what, name);
	pid = fork();
	if (pid == 0)
		answer(look_up, name, ends[1]);
	err = pid < 0 ? -errno : 0;
	/* Ours goes first. Otherwise the end of the child would not be the end of the pipe. */
	(void)close(ends[1]);
	if (err == 0)
		err = hear(pid, ends[0], ret_account);
	(void)close(ends[0]); /* only read */
	return err < 0 ? error_system(error, err, "cannot look up %s %s", what, name) : 0;
}

int account_of_user(const char *name, struct account *ret_account, struct error *error)
{
	return ask(look_up_user, "user", name, ret_account, error);
}

int account_of_group(const char *name, struct account *ret_account, struct error *error)
{
	return ask(look_up_group, "group", name, ret_account, error);
}
