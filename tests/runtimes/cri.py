# cri.py - the few calls of Kubernetes' CRI (runtime.v1) that the tests make, as kubelet would make them
# usage: cri.py SOCKET pod NAME NAMESPACE [PROTOCOL:HOSTPORT:PORT]   prints the sandbox's id
#        cri.py SOCKET run POD IMAGE COMMAND…                        prints the container's id
#        cri.py SOCKET exec CONTAINER COMMAND…                       prints its stdout; exits with its status
#        cri.py SOCKET address|stop|remove POD
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gRPC over HTTP/2 by curl; messages written and read by field number (api.proto of k8s.io/cri-api, v1).
import os, struct, subprocess, sys, tempfile


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def message(*fields):
    """(number, value) pairs; a value is an int, text, or bytes (a message)."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def read_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        n |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return n, at


def fields(data):
    at, out = 0, {}
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 2:
            length, at = read_varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            raise ValueError("wire type %d" % (tag & 7))
        out[tag >> 3] = value
    return out


def call(sock, method, request):
    with tempfile.TemporaryDirectory() as tmp:
        body, heads = os.path.join(tmp, "body"), os.path.join(tmp, "heads")
        with open(body, "wb") as file:
            file.write(struct.pack(">BI", 0, len(request)) + request)
        reply = subprocess.run(
            ["curl", "-sS", "-m", "60", "--http2-prior-knowledge", "--unix-socket", sock, "-D", heads,
             "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@" + body,
             "http://localhost/runtime.v1.RuntimeService/" + method], stdout=subprocess.PIPE, check=True).stdout
        lines = open(heads, encoding="utf-8", errors="replace").read().lower().splitlines()
    status = [line.split(":", 1)[1].strip() for line in lines if line.startswith("grpc-status:")]
    if status != ["0"]:
        sys.exit("%s: %s" % (method, " ".join(line for line in lines if line.startswith("grpc-"))))
    return fields(reply[5:])


def pod_config(name, namespace, ports=()):
    config = [(1, message((1, name), (2, "uid-" + name), (3, namespace))), (2, name), (3, "/tmp"), (4, message((1, "127.0.0.11")))]
    for port in ports:
        protocol, host, inside = port.split(":")
        config.append((5, message((1, {"tcp": 0, "udp": 1}[protocol]), (2, int(inside)), (3, int(host)))))
    config.append((8, message()))
    return message(*config)


def main(sock, verb, *args):
    if verb == "pod":
        print(call(sock, "RunPodSandbox", message((1, pod_config(args[0], args[1], args[2:]))))[1].decode())
    elif verb == "run":
        name, namespace = "c", "default"
        config = [(1, message((1, name))), (2, message((1, args[1])))] + [(3, word) for word in args[2:]] + [(15, message())]
        made = call(sock, "CreateContainer", message((1, args[0]), (2, message(*config)), (3, pod_config(args[0][:8], namespace))))[1].decode()
        call(sock, "StartContainer", message((1, made)))
        print(made)
    elif verb == "exec":
        reply = call(sock, "ExecSync", message((1, args[0]), *[(2, word) for word in args[1:]], (3, 10)))
        sys.stdout.write(reply.get(1, b"").decode())
        sys.stderr.write(reply.get(2, b"").decode())
        sys.exit(reply.get(3, 0))
    elif verb == "address":
        print(fields(fields(call(sock, "PodSandboxStatus", message((1, args[0])))[1])[5])[1].decode())
    elif verb in ("stop", "remove"):
        call(sock, verb.capitalize() + "PodSandbox", message((1, args[0])))
    else:
        sys.exit("unknown verb " + verb)


main(*sys.argv[1:])
