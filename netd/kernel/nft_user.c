// SPDX-License-Identifier: GPL-2.0-or-later
// nft_user.c - the administrator's rules, read by nft(8) elsewhere and carried into our table
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/limits.h"
#include "kernel/confine.h"
#include "kernel/netns.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* An owned table takes changes from its owner alone, and nft(8) has no way to use a socket of ours.
 * So nft(8) reads the rules in an empty network namespace, where our table has been made for it.
 * What it put into the chain is dumped there as the kernel keeps it and added here, expression by
 * expression, in one transaction: nobody but the kernel and nft(8) needs to understand it, rules
 * that are wrong change nothing, and ownership is never let go. The order: a child is started,
 * which waits for its namespace and becomes nft(8); the table is made in that namespace; the rules
 * are written to its input; nft(8) ends; the chain is dumped there and added here. Whatever fails
 * before the last step has changed nothing on the host. */

#define CHAIN "user-forward"
/* Room for a message is the dumped message's length and this. */
#define COPY_ROOM 256	      /* for the attributes that are not copied but ours */
#define STATUS_NO_PROGRAM 127 /* as a shell has it; seen as a netns that cannot be opened */

/* --- copying ---------------------------------------------------------------------------------- */

/* One chain on its way. sets: those without a name of their own, in the order of their numbers;
 * their elements are asked for by these names. */
struct copying {
	struct nft *from;
	struct nft_batch *batch;
	uint32_t n_sets;
	struct {
		char name[NFT_NAME_MAXLEN];
	} sets[RULESET_USER_SETS_MAX];
};

/* Whole attributes with their padding. What the kernel dumped it takes back. The message was made
 * with room for it (COPY_ROOM and the length of what is copied). */
static void copy_attr(struct nlmsghdr *nlh, const struct nlattr *attr)
{
	memcpy(mnl_nlmsg_get_payload_tail(nlh), attr, attr->nla_len);
	nlh->nlmsg_len += MNL_ALIGN(attr->nla_len);
}

/* NULL: the message has no such attribute. */
static const struct nlattr *find_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* Of a set, what the kernel takes back; the rest of what it tells (handle, counts) it does not. A
 * handle is the kernel's to give, and a set's size and timeouts come with what was not asked
 * for. */
static bool is_set_definition(uint16_t type)
{
	return type == NFTA_SET_FLAGS || type == NFTA_SET_KEY_TYPE || type == NFTA_SET_KEY_LEN ||
	       type == NFTA_SET_DATA_TYPE || type == NFTA_SET_DATA_LEN || type == NFTA_SET_POLICY ||
	       type == NFTA_SET_DESC || type == NFTA_SET_USERDATA;
}

/* The sets a rule's braces make ("{ 80, 443 }") have no name but one the kernel gave. It is kept,
 * for the rules refer to it; those of the rules that go are out of the way in the same transaction.
 *
 * The name is one like __set0. The kernel keeps a set with NFT_SET_ANONYMOUS only as long as a rule
 * refers to it. */
static int copy_set(const struct nlmsghdr *in, void *data)
{
	const struct nlattr *flags = find_attr(in, NFTA_SET_FLAGS), *attr;
	const struct nlattr *name = find_attr(in, NFTA_SET_NAME);
	struct copying *copying = data;
	struct nlmsghdr *nlh;

	/* Named sets are the table's own, and are there already. */
	if (!name || !flags || !(ntohl(mnl_attr_get_u32(flags)) & NFT_SET_ANONYMOUS))
		return 0;
	/* The bound is the room for their names, and keeps one file from filling the kernel. */
	if (copying->n_sets == RULESET_USER_SETS_MAX)
		return -E2BIG;
	nlh = nft_batch_add(copying->batch, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET,
			    in->nlmsg_len + COPY_ROOM, "set", "of " CHAIN);
	if (!nlh)
		return -ENOMEM;
	/* Noted for its elements, which are dumped set by set. */
	(void)snprintf(copying->sets[copying->n_sets].name, NFT_NAME_MAXLEN, "%s",
		       mnl_attr_get_str(name));
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, RULESET_TABLE);
	copy_attr(nlh, name);
	/* The number within this transaction, behind those of our own sets. */
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(RULESET_N_SETS + 1 + copying->n_sets++));
	mnl_attr_for_each(attr, in, sizeof(struct nfgenmsg))
	{
		if (is_set_definition(mnl_attr_get_type(attr)))
			copy_attr(nlh, attr);
	}
	return 0;
}

/* A dump of many elements comes in several messages; each becomes one of the batch. */
static int copy_elems(const struct nlmsghdr *in, void *data)
{
	const struct nlattr *set = find_attr(in, NFTA_SET_ELEM_LIST_SET);
	const struct nlattr *elems = find_attr(in, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct copying *copying = data;
	struct nlmsghdr *nlh;

	if (!set || !elems)
		return 0;
	nlh = nft_batch_add(copying->batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, NFPROTO_INET,
			    in->nlmsg_len + COPY_ROOM, "elements", "of " CHAIN);
	if (!nlh)
		return -ENOMEM;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	copy_attr(nlh, set);
	copy_attr(nlh, elems);
	return 0;
}

/* The expressions are taken as a whole. The comment is in the userdata. */
static int copy_rule(const struct nlmsghdr *in, void *data)
{
	const struct nlattr *chain = find_attr(in, NFTA_RULE_CHAIN);
	const struct nlattr *expressions = find_attr(in, NFTA_RULE_EXPRESSIONS);
	const struct nlattr *userdata = find_attr(in, NFTA_RULE_USERDATA);
	struct copying *copying = data;
	struct nlmsghdr *nlh;

	/* The dump has the rules of all chains of the table. The filter in the request is a wish:
	 * older kernels dump all chains. */
	if (!chain || !expressions || strcmp(mnl_attr_get_str(chain), CHAIN) != 0)
		return 0;
	nlh = nft_batch_add(copying->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
			    NFPROTO_INET, in->nlmsg_len + COPY_ROOM, "a rule of chain", CHAIN);
	if (!nlh)
		return -ENOMEM;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, RULESET_TABLE);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, CHAIN);
	copy_attr(nlh, expressions);
	if (userdata)
		copy_attr(nlh, userdata);
	return 0;
}

/* Dumps what is in table netd of the other namespace. name_attr 0: everything of the type. The
 * answers go to copy, one message at a time. */
static int copy_all(struct copying *copying, uint16_t type, uint16_t name_attr, const char *name,
		    int (*copy)(const struct nlmsghdr *nlh, void *data))
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	struct nlmsghdr *nlh = nft_batch_add(&request, type, 0, NFPROTO_INET, COPY_ROOM, "", NULL);

	if (!nlh)
		return -ENOMEM;
	/* The table's name is attribute 1 of each of these. */
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, RULESET_TABLE);
	if (name_attr)
		mnl_attr_put_strz(nlh, name_attr, name);
	return nft_batch_ask(copying->from, &request, NLM_F_DUMP, copy, copying);
}

/* Flushes the chain first: the whole content is replaced in this transaction. */
static int copy_chain(struct copying *copying)
{
	struct nlmsghdr *nlh = nft_batch_add(copying->batch, NFT_MSG_DELRULE, 0, NFPROTO_INET,
					     COPY_ROOM, "chain", CHAIN);
	int err;

	if (!nlh)
		return -ENOMEM;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, RULESET_TABLE);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, CHAIN);
	/* Sets before rules, since rules refer to them; elements in between. */
	err = copy_all(copying, NFT_MSG_GETSET, 0, NULL, copy_set);
	for (uint32_t i = 0; i < copying->n_sets && err == 0; i++)
		err = copy_all(copying, NFT_MSG_GETSETELEM, NFTA_SET_ELEM_LIST_SET,
			       copying->sets[i].name, copy_elems);
	return err < 0 ? err
		       : copy_all(copying, NFT_MSG_GETRULE, NFTA_RULE_CHAIN, CHAIN, copy_rule);
}

/* nft NULL: only a check that the rules can be read. */
static int carry_over(struct nft *nft, struct nft *from, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct copying copying = { .from = from, .batch = &batch };
	struct nft_refusal refusal;
	int err = copy_chain(&copying);

	if (err == -E2BIG)
		return error_set(error, ERROR_INVALID, "more than %d sets in the rules of " CHAIN,
				 RULESET_USER_SETS_MAX);
	if (err < 0)
		return error_system(error, err, "reading the rules of " CHAIN);
	/* A check of the files alone: everything was read, and nothing is to change. */
	if (!nft)
		return 0;
	err = nft_batch_commit(nft, &batch, false, &refusal);
	return err < 0 ? nft_refused(&batch, &refusal, error, "loading " CHAIN) : 0;
}

/* --- nft(8) in a namespace of its own --------------------------------------------------------- */

/* The child and the three descriptors that lead to it. What is closed is -1, and pid is 0 when the
 * child has been waited for. */
struct reader {
	pid_t pid;
	int in, complaints; /* of nft(8): its input, and what it says on stderr */
	int ready;	    /* ends when the namespace is there */
	int64_t deadline_ms;
};

/* Ends whatever is left of it. Safe to call at any moment of its life. */
static void reader_done(struct reader *reader)
{
	int status;

	/* Closed first: nft(8) ends when its input does, and the child is waited for below. */
	cleanup_close(&reader->in);
	cleanup_close(&reader->complaints);
	cleanup_close(&reader->ready);
	reader->in = reader->complaints = reader->ready = -1;
	if (reader->pid > 0)
		(void)helper_end(reader->pid, reader->deadline_ms, &status);
	reader->pid = 0;
}

/* Runs in the child and does not return. Input and output are set up last but one, rights go
 * last. */
static _Noreturn void become_nft(int in, int complaints)
{
	static char name[] = "nft", file[] = "-f", from_stdin[] = "-";
	static char language[] = "LC_ALL=C";
	char *const argv[] = { name, file, from_stdin, NULL }, *const envp[] = { language, NULL };

	/* Nothing catches it: it ends the program, whatever that waits for, though netd be killed
	 * meanwhile. One that is stopped, netd ends. alarm(2) survives execve(2), and so bounds the
	 * program as well as the child. */
	(void)alarm(NFT_TIME_MAX_S);
	/* All of it in the child: the plumber's own namespace is not touched. */
	/* nft(8) keeps what it needs to read files and to speak netlink, and no more. */
	if (unshare(CLONE_NEWNET) < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(complaints, STDOUT_FILENO) < 0 || dup2(complaints, STDERR_FILENO) < 0 ||
	    confine_reader() < 0)
		_exit(STATUS_NO_PROGRAM);
	execve(NFT_PROGRAM, argv, envp);
	/* execve(2) came back, so there is no program. */
	_exit(STATUS_NO_PROGRAM);
}

/* Only this much is undone when it fails: what is in *ret is closed by reader_done(). */
static int reader_start(struct reader *ret)
{
	int in[2], complaints[2], ready[2];

	/* A socket rather than a pipe: writing to one whose reader died is an error, not a signal.
	 */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return -errno;
	ret->in = in[1];
	_cleanup_close_ int theirs = in[0];

	if (pipe2(complaints, O_CLOEXEC) < 0)
		return -errno;
	/* In this order, so that a failure in the middle is closed by what came before it. */
	ret->complaints = complaints[0];
	_cleanup_close_ int their_complaints = complaints[1];

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	ret->ready = ready[0];
	/* Ours is closed on the way out: then the child's is the only one. */
	_cleanup_close_ __attribute__((unused)) int their_ready = ready[1];

	/* A little longer than the child's own alarm, so that the alarm is what ends it as a
	 * rule. */
	ret->deadline_ms = deadline_after(NFT_TIME_MAX_S * 1000 + NFT_ALARM_MS);
	ret->pid = fork();
	if (ret->pid == 0)
		become_nft(theirs, their_complaints);
	return ret->pid < 0 ? -errno : 0;
}

/* A file that never ends is the caller's mistake, hence ERROR_INVALID. */
static int took_too_long(struct error *error)
{
	return error_set(error, ERROR_INVALID,
			 "nft has not read the rules within %d s: is one of the files a FIFO, or "
			 "on a file system that does not answer?",
			 NFT_TIME_MAX_S);
}

/* Of a function that runs in the other namespace: what it makes, and where its error goes. */
struct scratch {
	struct nft *nft;
	struct error *error;
};

/* Our table, so that the rules may refer to its sets. The table in there is not owned: nft(8) has
 * to be able to change it. */
static int make_scratch(void *data)
{
	static const struct ruleset_elems none;
	struct scratch *scratch = data;
	int err = nft_open(false, &scratch->nft, scratch->error);

	return err < 0 ? err : nft_reset(scratch->nft, &none, scratch->error);
}

/* Waits until the child has its namespace, and makes the table there. */
static int enter_scratch(struct reader *reader, struct scratch *scratch)
{
	uint64_t inode;
	size_t n;
	char byte;
	int err;

	/* exec closes the other end, and comes after unshare(2): it has left our namespace then. */
	err = helper_hear(reader->ready, reader->deadline_ms, &byte, sizeof(byte), &n);
	if (err < 0)
		return took_too_long(scratch->error);
	_cleanup_close_ int netns = netns_open_pid(reader->pid, &inode, scratch->error);

	if (netns < 0)
		return netns;
	/* The child failed before it had a namespace of its own. Its table would be made in the
	 * host's. */
	if (inode == netns_self_inode())
		return error_set(scratch->error, ERROR_INTERNAL,
				 "no network namespace for nft(8) to read the rules in");
	return netns_run(netns, make_scratch, scratch);
}

/* The socket holds it all, so this does not wait for nft(8), which reads to the end before it acts.
 *
 * The rules are put into the frame of their chain, so they need not name it. */
static int write_rules(struct reader *reader, const char *rules, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	int len = asprintf(&text, "table inet " RULESET_TABLE " {\nchain " CHAIN " {\n%s\n}\n}\n",
			   rules);

	if (len < 0) {
		text = NULL; /* asprintf(3): undefined on failure */
		return error_system(error, -ENOMEM, "handing the rules to nft(8)");
	}
	if (len > RULESET_USER_RULES_MAX)
		return error_set(error, ERROR_INVALID,
				 "the rules of " CHAIN " are %d bytes, more than %d: include files",
				 len, RULESET_USER_RULES_MAX);

	/* One send for all of it. What does not fit would wait for a reader that may not read. */
	ssize_t sent = send(reader->in, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent != len)
		return error_system(error, sent < 0 ? -errno : -EIO, "handing the rules to nft(8)");
	/* The end of its input, for which nft(8) waits. */
	cleanup_close(&reader->in);
	reader->in = -1;
	return 0;
}

/* nft(8) complains in several lines: where the file was included, what is wrong, the text, carets.
 *
 * Only the line that begins with a place and "Error:" is of use to a caller. */
static void keep_error_line(char *text)
{
	char *line = strstr(text, "Error:");

	/* Back to the beginning of that line, which names the file and the place. */
	while (line && line > text && line[-1] != '\n')
		line--;
	if (line)
		memmove(text, line, strlen(line) + 1);
	text[strcspn(text, "\n")] = '\0';
}

/* Reads the complaint and waits for the end. The child is gone afterwards in any case. */
static int reader_finish(struct reader *reader, struct error *error)
{
	char complaint[NFT_COMPLAINT_MAX];
	size_t len = 0;
	int status = 0, err;

	(void)helper_hear(reader->complaints, reader->deadline_ms, complaint, sizeof(complaint) - 1,
			  &len); /* one that does not end is ended next */
	complaint[len] = '\0';
	keep_error_line(complaint);
	err = helper_end(reader->pid, reader->deadline_ms, &status);
	reader->pid = 0;
	if (err == -ETIME || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM))
		return took_too_long(error);
	if (err < 0)
		return error_system(error, err, "waiting for nft(8)");
	/* Killed from outside: the rules may be right. Its alarm is a signal of its own, which is
	 * told above. */
	if (WIFSIGNALED(status))
		return error_set(error, ERROR_INTERNAL,
				 "nft was killed (signal %d) while it read the rules: nothing has "
				 "changed, try again",
				 WTERMSIG(status));
	if (WEXITSTATUS(status) == 0)
		return 0;
	return error_set(error, ERROR_INVALID, "nft refused the rules: %s", complaint);
}

/* nft NULL: the rules are read and checked, and nothing is changed. */
int nft_user_load(struct nft *nft, const char *rules, struct error *error)
{
	_cleanup_(reader_done) struct reader reader = { .in = -1, .complaints = -1, .ready = -1 };
	struct scratch scratch = { .error = error };
	int err;

	/* Asked before anything is started, so the sentence can name the program. */
	if (access(NFT_PROGRAM, X_OK) < 0)
		return error_set(error, ERROR_UNAVAILABLE,
				 NFT_PROGRAM " cannot be run (%s): it reads the rules of " CHAIN,
				 strerror(errno));
	err = reader_start(&reader);
	if (err < 0)
		return error_system(error, err, "starting nft(8)");
	err = enter_scratch(&reader, &scratch);
	/* The order is the one in the head of this file. */
	if (err == 0)
		err = write_rules(&reader, rules, error);
	if (err == 0)
		err = reader_finish(&reader, error);
	if (err == 0)
		err = carry_over(nft, scratch.nft, error);
	/* The scratch table goes with its namespace, when the child and this socket are gone. */
	nft_close(scratch.nft);
	return err;
}
