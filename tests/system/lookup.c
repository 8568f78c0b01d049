// SPDX-License-Identifier: GPL-2.0-or-later
// lookup.c - what getaddrinfo says of a name: its addresses in order, or the error; compiled with
// each C library usage: lookup NAME [4|6]
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	char text[64];
	int err;

	if (argc < 2)
		return 2;
	if (argc > 2)
		hints.ai_family = argv[2][0] == '6' ? AF_INET6 : AF_INET;
	err = getaddrinfo(argv[1], "80", &hints, &list);
	if (err != 0) {
		printf("%s\n", err == EAI_NONAME  ? "no such name"
			       : err == EAI_AGAIN ? "try again"
			       : err == EAI_FAIL  ? "failure"
						  : gai_strerror(err));
		return 1;
	}
	for (struct addrinfo *at = list; at; at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) == 0)
			printf("%s\n", text);
	freeaddrinfo(list);
	return 0;
}
