#!/usr/bin/env python3
# metrics.py - a page of metrics, read by Prometheus' own parsers
# SPDX-License-Identifier: GPL-2.0-or-later
#
# metrics.py open|text FILE            every sample, a line each: NAME LABELS VALUE; a page that is wrong is an error
# metrics.py hold HOST PORT N          N connections, half of which say half a request and half read no answer, until its input ends
import socket
import sys


def samples(kind, path):
    if kind == "open":
        from prometheus_client.openmetrics import parser
    else:
        from prometheus_client import parser
    with open(path, encoding="utf-8") as file:
        text = file.read()
    seen = set()
    for family in parser.text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            assert (sample.name, labels) not in seen, (sample.name, labels)
            seen.add((sample.name, labels))
            value = int(sample.value) if sample.value == int(sample.value) else sample.value
            print(sample.name, labels or "-", value)


def hold(host, port, count):
    held = []
    for number in range(count):
        client = socket.create_connection((host, port))
        whole = b"GET /metrics HTTP/1.1\r\nHost: netd\r\n\r\n"
        client.sendall(whole[:20] if number % 2 else whole * 20)
        held.append(client)
    print("held", flush=True)
    sys.stdin.read()


if sys.argv[1] == "hold":
    hold(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    samples(sys.argv[1], sys.argv[2])
