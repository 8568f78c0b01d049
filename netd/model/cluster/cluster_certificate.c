// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_certificate.c - until when a host's certificate is good, and by what number it is known
#include "model/cluster/cluster_certificate.h"

#include "base/base64.h"
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. The plumber says when a certificate ends, and has no library of TLS in
 * memory (docs/decisions/0028-a-herald-speaks-to-etcd.md). So the date is read here, and
 * the number beside it, by the few rules of DER that lead to them: RFC 5280, 4.1.
 *
 *	Certificate    ::= SEQUENCE { tbsCertificate, ... }
 *	tbsCertificate ::= SEQUENCE { [0] version OPTIONAL, serialNumber INTEGER,
 *			signature SEQUENCE, issuer SEQUENCE,
 *			validity SEQUENCE { notBefore Time, notAfter Time }, ... }
 *
 * A cursor remembers that it has failed, and everything that is taken from it then is empty. */

#define TAG_INTEGER 0x02
#define TAG_UTC_TIME 0x17	  /* YYMMDDHHMMSSZ */
#define TAG_GENERALIZED_TIME 0x18 /* YYYYMMDDHHMMSSZ */
#define TAG_SEQUENCE 0x30
#define TAG_VERSION 0xa0
#define LONG_FORM 0x80 /* the length is in so many bytes that follow */

struct der {
	const uint8_t *at;
	size_t left;
	bool failed;
};

/* Fails the cursor, and is what is taken then. */
static struct der nothing(struct der *der)
{
	der->failed = true;
	der->left = 0;
	return *der;
}

static bool is_next(const struct der *der, uint8_t tag)
{
	return der->left > 0 && der->at[0] == tag;
}

/* The next element's contents; the cursor goes behind it. Lengths of one byte, or of two more at
 * the most: a certificate is no larger. */
static struct der take(struct der *der, uint8_t tag)
{
	size_t head = 2, len;
	struct der inside;

	if (der->left < head || !is_next(der, tag))
		return nothing(der);
	len = der->at[1];
	if (len >= LONG_FORM) {
		size_t n = len - LONG_FORM;

		if (n == 0 || n > 2 || der->left < head + n)
			return nothing(der);
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | der->at[head + i];
		head += n;
	}
	if (len > der->left - head)
		return nothing(der);
	inside = (struct der) { der->at + head, len, false };
	der->at += head + len;
	der->left -= head + len;
	return inside;
}

/* Two digits of a date; -1: they are none, or not within what is said. */
static int two_digits(const uint8_t *at, int least, int most)
{
	int value;

	if (!isdigit(at[0]) || !isdigit(at[1]))
		return -1;
	value = (at[0] - '0') * 10 + (at[1] - '0');
	return value >= least && value <= most ? value : -1;
}

/* RFC 5280 wants seconds, and UTC; a year of two digits is from 1950 on. */
static int read_time(struct der *der, int64_t *ret_s)
{
	bool is_long = is_next(der, TAG_GENERALIZED_TIME);
	struct der text = take(der, is_long ? TAG_GENERALIZED_TIME : TAG_UTC_TIME);
	size_t len = is_long ? 15 : 13;
	static const int least[] = { 1, 1, 0, 0, 0 }, most[] = { 12, 31, 23, 59, 59 };
	int year, parts[5] = { 0 }; /* month, day, hour, minute, second */
	struct tm tm;

	if (text.failed || text.left != len || text.at[len - 1] != 'Z')
		return -EBADMSG;
	year = two_digits(text.at, 0, 99);
	if (is_long) {
		int rest = two_digits(text.at + 2, 0, 99);

		year = year < 0 || rest < 0 ? -1 : year * 100 + rest;
	} else if (year >= 0) {
		year += year < 50 ? 2000 : 1900;
	}
	for (size_t i = 0; i < 5 && year >= 0; i++) {
		parts[i] = two_digits(text.at + len - 11 + 2 * i, least[i], most[i]);
		if (parts[i] < 0)
			year = -1;
	}
	if (year < 0)
		return -EBADMSG;
	tm = (struct tm) { .tm_year = year - 1900,
			   .tm_mon = parts[0] - 1,
			   .tm_mday = parts[1],
			   .tm_hour = parts[2],
			   .tm_min = parts[3],
			   .tm_sec = parts[4] };
	*ret_s = timegm(&tm);
	return 0;
}

/* The bytes between the two lines, in groups of four characters; spaces between do not count. */
static int read_pem(const char *pem, uint8_t *ret_der, size_t *ret_len)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE";
	const char *at = strstr(pem, begin), *to = at ? strstr(at, end) : NULL;
	char group[4];
	size_t n = 0, len = 0, got = 3;

	if (!to)
		return -EBADMSG;
	for (at += strlen(begin); at < to; at++) {
		if (isspace((unsigned char)*at))
			continue;
		group[n++] = *at;
		if (n < sizeof(group))
			continue;
		/* Behind a group that is not full there is nothing. */
		if (got < 3 || len + 3 > CLUSTER_DER_LEN_MAX ||
		    base64_read(group, n, ret_der + len, &got) < 0)
			return -EBADMSG;
		len += got;
		n = 0;
	}
	*ret_len = len;
	return n == 0 ? 0 : -EBADMSG;
}

/* What is signed, up to its number, which is next. bytes has to live as long. 0 or -EBADMSG. */
static int enter(const char *pem, uint8_t bytes[static CLUSTER_DER_LEN_MAX], struct der *ret_tbs)
{
	struct der whole = { .at = bytes }, certificate;

	if (read_pem(pem, bytes, &whole.left) < 0)
		return -EBADMSG;
	certificate = take(&whole, TAG_SEQUENCE);
	*ret_tbs = take(&certificate, TAG_SEQUENCE);
	if (is_next(ret_tbs, TAG_VERSION))
		(void)take(ret_tbs, TAG_VERSION);
	return 0;
}

int cluster_certificate_life(const char *pem, int64_t *ret_begin_s, int64_t *ret_end_s)
{
	uint8_t bytes[CLUSTER_DER_LEN_MAX];
	struct der tbs, validity;
	int64_t begin, end;

	if (enter(pem, bytes, &tbs) < 0)
		return -EBADMSG;
	(void)take(&tbs, TAG_INTEGER);	/* serial number */
	(void)take(&tbs, TAG_SEQUENCE); /* algorithm */
	(void)take(&tbs, TAG_SEQUENCE); /* issuer */
	validity = take(&tbs, TAG_SEQUENCE);
	if (validity.failed || read_time(&validity, &begin) < 0 || read_time(&validity, &end) < 0)
		return -EBADMSG;
	*ret_begin_s = begin;
	*ret_end_s = end;
	return 0;
}

int cluster_certificate_end(const char *pem, int64_t *ret_s)
{
	int64_t begin;

	return cluster_certificate_life(pem, &begin, ret_s);
}

/* RFC 5280 wants it positive and of 20 bytes at the most; a byte of zeros before them says that the
 * next one's first bit is no sign, and is not part of the number. */
int cluster_certificate_serial(const char *pem, char ret_serial[static CLUSTER_SERIAL_LEN_MAX + 1])
{
	uint8_t bytes[CLUSTER_DER_LEN_MAX];
	struct der tbs, number;

	if (enter(pem, bytes, &tbs) < 0)
		return -EBADMSG;
	number = take(&tbs, TAG_INTEGER);
	if (number.left > 1 && number.at[0] == 0) {
		number.at++;
		number.left--;
	}
	if (number.failed || number.left == 0 || number.left > CLUSTER_SERIAL_LEN_MAX / 2)
		return -EBADMSG;
	for (size_t i = 0; i < number.left; i++)
		(void)snprintf(ret_serial + 2 * i, 3, "%02x", number.at[i]);
	return 0;
}

bool cluster_certificate_is_serial(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && len <= CLUSTER_SERIAL_LEN_MAX && len % 2 == 0 &&
	       strspn(text, "0123456789abcdef") == len;
}
