// SPDX-License-Identifier: GPL-2.0-or-later
// http_reply.c - bounded, incremental parser of one HTTP/1.1 reply (RFC 9112)
#include "client/http_reply.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. The parser is fed whatever recv(2) gave, byte by byte where lines are, in
 * pieces where the body is. It keeps one line and some numbers, so its memory does not grow with
 * the reply, and every count has a bound (line, headers). The states follow RFC 9112: the status
 * line, headers, then a body that ends by its length, by its last chunk or with the connection,
 * then perhaps trailers. It is stricter than most clients: netd is the only server, and what netd
 * would never send is an error.
 *
 * States: STATUS, HEADERS; then LENGTH, or CHUNK_SIZE, CHUNK_DATA and CHUNK_END in turn, or CLOSE;
 * then TRAILERS where there were chunks; then DONE. A line is kept until its end, and the body is
 * handed out as it comes. */

void http_reply_init(struct http_reply *reply)
{
	/* Not the whole struct: the line buffer needs no clearing and is most of it. */
	reply->state = HTTP_REPLY_STATUS;
	reply->status = 0;
	reply->keep_alive = true;
	reply->chunked = reply->has_length = false;
	reply->left = 0;
	reply->n_headers = 0;
	reply->line_len = 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9112, 4: "HTTP/1.x SP 3DIGIT SP reason"; the space before an absent reason may be missing. */
static int parse_status(struct http_reply *reply)
{
	const char *line = reply->line;

	/* The line ends with a NUL, and each character is looked at after the one before it was
	 * found to be none: so none of this reads behind it. */
	if (strncmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ')
		return -EBADMSG;
	if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]))
		return -EBADMSG;
	if (line[12] != '\0' && line[12] != ' ')
		return -EBADMSG;
	reply->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	if (reply->status < 100)
		return -EBADMSG;
	/* HTTP/1.0 ends a connection with the reply unless it says otherwise (RFC 9112, 9.3);
	 * nothing that netd is reached through does. */
	reply->keep_alive = line[7] != '0';
	reply->state = HTTP_REPLY_HEADERS;
	return 0;
}

/* value is trimmed and ends with a NUL. */
static int parse_length(struct http_reply *reply, const char *value)
{
	uint64_t length = 0;

	/* strtoull(3) would take blanks and signs, which RFC 9110, 8.6 does not allow. */
	if (!is_digit(*value))
		return -EBADMSG;
	for (; is_digit(*value); value++)
		if (__builtin_mul_overflow(length, 10, &length) ||
		    __builtin_add_overflow(length, (uint64_t)(*value - '0'), &length))
			return -EBADMSG;
	/* The same length twice is allowed (RFC 9112, 6.3), another one is not: two readers would
	 * see two ends of this reply. */
	if (*value != '\0' || (reply->has_length && reply->left != length))
		return -EBADMSG;
	reply->has_length = true;
	reply->left = length;
	return 0;
}

/* Splits "name: value" in place and trims the value. NULL: not a header line. A name is a token
 * (RFC 9110, 5.6.2). */
static char *split_header(char *line)
{
	static const char separators[] = " \t\"(),/:;<=>?@[\\]{}";
	size_t name_len = strcspn(line, separators);
	/* It points one behind the terminating NUL if there is no colon; it is not used then. */
	char *value = line + name_len + 1, *end;

	if (name_len == 0 || line[name_len] != ':')
		return NULL;
	line[name_len] = '\0';
	/* Blanks around the value do not belong to it (RFC 9112, 5). */
	value += strspn(value, " \t");
	for (end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	return value;
}

/* Header names are compared without case (RFC 9110, 5.1). */
static int parse_header(struct http_reply *reply)
{
	char *value = split_header(reply->line);

	/* Trailers count, too, or a server could send them without an end. */
	if (++reply->n_headers > HTTP_HEADERS_MAX)
		return -EMSGSIZE;
	if (!value)
		return -EBADMSG;
	/* Trailers say nothing that decides about this reply. */
	if (reply->state == HTTP_REPLY_TRAILERS)
		return 0;
	if (strcasecmp(reply->line, "Content-Length") == 0)
		return parse_length(reply, value);
	if (strcasecmp(reply->line, "Transfer-Encoding") == 0) {
		/* Other codings were not asked for, and a body in one would be taken for the
		 * text. */
		if (strcasecmp(value, "chunked") != 0 || reply->chunked)
			return -EBADMSG;
		reply->chunked = true;
		/* "keep-alive" is what it is anyway. */
	} else if (strcasecmp(reply->line, "Connection") == 0) {
		if (strcasecmp(value, "close") == 0)
			reply->keep_alive = false;
	}
	return 0;
}

/* The empty line: what follows is decided by RFC 9112, 6.3. The next state. */
static int end_of_headers(struct http_reply *reply)
{
	if (reply->chunked && reply->has_length)
		return -EBADMSG; /* two framings: the stuff of request smuggling, never sent by netd
				  */
	if (reply->status == 101) {
		/* Nobody is told so who has not asked (RFC 9110, 15.2.2): what follows is no HTTP.
		 */
		reply->state = HTTP_REPLY_DONE;
	} else if (reply->status <
		   200) { /* an interim one (RFC 9110, 15.2): the reply follows it */
		http_reply_init(reply);
	} else if (reply->status == 204 || reply->status == 304) {
		/* These have no body, whatever their headers say. */
		reply->state = HTTP_REPLY_DONE;
	} else if (reply->chunked) {
		reply->state = HTTP_REPLY_CHUNK_SIZE;
	} else if (reply->has_length) {
		reply->state = reply->left == 0 ? HTTP_REPLY_DONE : HTTP_REPLY_LENGTH;
	} else {
		reply->keep_alive = false;
		/* Neither: the body lasts as long as the connection (RFC 9112, 6.3, rule 8). */
		reply->state = HTTP_REPLY_CLOSE;
	}
	return 0;
}

/* The bit 0x20 makes a small letter of a large one. */
static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The size, perhaps with extensions behind it. Size 0 is the last chunk. */
static int parse_chunk_size(struct http_reply *reply)
{
	const char *line = reply->line;
	uint64_t size = 0;

	/* strtoull(3) would take "0x", a sign and blanks. */
	if (hex_digit(*line) < 0)
		return -EBADMSG;
	for (; hex_digit(*line) >= 0; line++) {
		if (size >> 60) /* another digit would not fit */
			return -EBADMSG;
		size = size << 4 | (uint64_t)hex_digit(*line);
	}
	line += strspn(line, " \t");
	/* Extensions behind a semicolon are to be ignored (RFC 9112, 7.1.1). */
	if (*line != '\0' && *line != ';')
		return -EBADMSG;
	reply->left = size;
	reply->state = size == 0 ? HTTP_REPLY_TRAILERS : HTTP_REPLY_CHUNK_DATA;
	return 0;
}

/* Every state in which a whole line means something. */
static int parse_line(struct http_reply *reply)
{
	switch (reply->state) {
	case HTTP_REPLY_STATUS:
		return parse_status(reply);
	case HTTP_REPLY_HEADERS:
		return *reply->line ? parse_header(reply) : end_of_headers(reply);
	case HTTP_REPLY_CHUNK_SIZE:
		return parse_chunk_size(reply);
	case HTTP_REPLY_CHUNK_END:
		reply->state = HTTP_REPLY_CHUNK_SIZE;
		/* The line break behind a chunk's data, and nothing else. */
		return *reply->line ? -EBADMSG : 0;
	case HTTP_REPLY_TRAILERS:
		if (*reply->line)
			return parse_header(reply);
		reply->state = HTTP_REPLY_DONE;
		return 0;
	case HTTP_REPLY_LENGTH:
	case HTTP_REPLY_CLOSE:
	case HTTP_REPLY_CHUNK_DATA:
	case HTTP_REPLY_DONE:
	case HTTP_REPLY_N_STATES:
		break;
	}
	return -EBADMSG;
}

/* Takes one byte of a line; a lone LF ends it too (RFC 9112, 2.2). The line is handled when its end
 * has come. */
static int feed_line(struct http_reply *reply, char byte)
{
	if (byte == '\n') {
		if (reply->line_len > 0 && reply->line[reply->line_len - 1] == '\r')
			reply->line_len--;
		reply->line[reply->line_len] = '\0';
		reply->line_len = 0;
		return parse_line(reply);
	}
	/* A CR that ends no line is a line's end to some readers and not to others. */
	if (byte == '\0' || (reply->line_len > 0 && reply->line[reply->line_len - 1] == '\r'))
		return -EBADMSG;
	/* A line that does not fit is an error, for a part of it could be read as something
	 * else. */
	if (reply->line_len + 1 >= sizeof(reply->line))
		return -EMSGSIZE;
	reply->line[reply->line_len++] = byte;
	return 0;
}

/* In these states the bytes are not looked at. */
static bool in_body(const struct http_reply *reply)
{
	return reply->state == HTTP_REPLY_LENGTH || reply->state == HTTP_REPLY_CHUNK_DATA ||
	       reply->state == HTTP_REPLY_CLOSE;
}

/* How much of len bytes is body; accounts for it. */
static size_t take_body(struct http_reply *reply, size_t len)
{
	/* There is no count: all that comes is body. */
	if (reply->state == HTTP_REPLY_CLOSE)
		return len;
	if (len > reply->left)
		len = (size_t)reply->left;
	reply->left -= len;
	/* The state is changed with the last byte, so that feed() does not wait for more. */
	if (reply->left == 0)
		reply->state = reply->chunked ? HTTP_REPLY_CHUNK_END : HTTP_REPLY_DONE;
	return len;
}

/* *ret_used is less than len only when the reply has ended before. on_body may be called many
 * times. */
int http_reply_feed(struct http_reply *reply, const char *data, size_t len, http_reply_body on_body,
		    void *user, size_t *ret_used)
{
	size_t used = 0;
	int err = 0;

	while (used < len && err == 0 && reply->state != HTTP_REPLY_DONE) {
		if (in_body(reply)) {
			size_t piece = take_body(reply, len - used);

			/* What the callback returns ends the loop, also a positive number
			 * ("enough"). */
			err = on_body(data + used, piece, user);
			used += piece;
		} else {
			err = feed_line(reply, data[used++]);
		}
	}
	/* After an error the position means nothing: the reply is given up. */
	if (err == 0)
		*ret_used = used;
	return err;
}

/* Called at the end of the connection: that is the reply's end, or -EPIPE. */
int http_reply_eof(struct http_reply *reply)
{
	if (reply->state == HTTP_REPLY_CLOSE)
		reply->state = HTTP_REPLY_DONE;
	return reply->state == HTTP_REPLY_DONE ? 0 : -EPIPE;
}
