// SPDX-License-Identifier: GPL-2.0-or-later
// load_connect.c - the time of a TCP connect through each of two ports, taken in turns
//
// usage: load_connect ADDRESS PORT PORT N [ADDRESS]    the second port is at the second address
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static double once(struct sockaddr_in *addr, int port)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct linger reset = { .l_onoff = 1 }; /* no TIME_WAIT: source ports must not run out */
	double start = bench_now_us();

	addr->sin_port = htons((uint16_t)port);
	if (sock < 0 || connect(sock, (struct sockaddr *)addr, sizeof(*addr)) < 0)
		bench_die("connect");
	double took = bench_now_us() - start;

	(void)setsockopt(sock, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(sock);
	return took;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET }, other = { .sin_family = AF_INET };
	int first = bench_number(argc, argv, 2, 0), last = bench_number(argc, argv, 3, 0);
	int n = bench_number(argc, argv, 4, 1000);
	double *first_times = bench_alloc((size_t)n, sizeof(double));
	double *last_times = bench_alloc((size_t)n, sizeof(double));

	if (argc < 4 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1 ||
	    inet_pton(AF_INET, argc > 5 ? argv[5] : argv[1], &other.sin_addr) != 1)
		return 2;
	for (int i = 0; i < n; i++) {
		first_times[i] = once(&addr, first);
		last_times[i] = once(&other, last);
	}
	printf("{");
	bench_print("first", first_times, (size_t)n);
	printf(", ");
	bench_print("last", last_times, (size_t)n);
	printf("}\n");
	return 0;
}
