# cri.py - the few calls of Kubernetes' CRI (runtime.v1) that the tests make, as kubelet would make them
# usage: cri.py SOCKET pod NAME NAMESPACE [port=PROTOCOL:HOSTPORT:PORT[:HOSTIP]] [dns=|search=|option=WORD] [attempt=N]…
#                                                                    prints the sandbox's id
#        cri.py SOCKET run POD IMAGE COMMAND…                        prints the container's id
#        cri.py SOCKET exec CONTAINER COMMAND…                       prints its stdout; exits with its status
#        cri.py SOCKET address|state|stop|remove POD                 state: ready or notready
#        cri.py SOCKET network                                       whether the network is ready: "true" or "false REASON"
# SPDX-License-Identifier: GPL-2.0-or-later
#
# CGROUP_PARENT of the environment is where pods have their cgroups.
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


def repeated(data):
    """The values of each field number, in their order."""
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
        out.setdefault(tag >> 3, []).append(value)
    return out


def fields(data):
    return {number: values[-1] for number, values in repeated(data).items()}


def call(sock, method, request=b""):
    with tempfile.TemporaryDirectory() as tmp:
        body, heads = os.path.join(tmp, "body"), os.path.join(tmp, "heads")
        with open(body, "wb") as file:
            file.write(struct.pack(">BI", 0, len(request)) + request)
        reply = subprocess.run(
            ["curl", "-sS", "-m", "120", "--http2-prior-knowledge", "--unix-socket", sock, "-D", heads,
             "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@" + body,
             "http://localhost/runtime.v1.RuntimeService/" + method], stdout=subprocess.PIPE, check=True).stdout
        lines = open(heads, encoding="utf-8", errors="replace").read().splitlines()
    status = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("grpc-status:")]
    if status != ["0"]:
        sys.exit("%s: %s" % (method, " ".join(line for line in lines if line.lower().startswith("grpc-"))))
    return fields(reply[5:])


PROTOCOLS = {"tcp": 0, "udp": 1, "sctp": 2}
DNS = {"dns": 1, "search": 2, "option": 3}


def pod_config(name, namespace, *options):
    attempt, dns, ports = 0, [], []
    for option in options:
        key, value = option.split("=", 1)
        if key == "port":
            protocol, host, inside, address = (value + ":").split(":")[:4]
            ports.append((5, message((1, PROTOCOLS[protocol]), (2, int(inside)), (3, int(host)), (4, address))))
        elif key == "attempt":
            attempt = int(value)
        else:
            dns.append((DNS[key], value))
    metadata = message((1, name), (2, "uid-" + name), (3, namespace), (4, attempt))
    return message((1, metadata), (2, name), (3, "/tmp"), *([(4, message(*dns))] if dns else []), *ports,
                   (8, message((1, os.environ.get("CGROUP_PARENT", "")))))


def run(sock, pod, image, *command):
    config = message((1, message((1, "c-" + pod))), (2, message((1, image))), *[(3, word) for word in command], (15, message()))
    made = call(sock, "CreateContainer", message((1, pod), (2, config), (3, pod_config("pod", "default"))))[1].decode()
    call(sock, "StartContainer", message((1, made)))
    return made


def pod_status(sock, pod):
    return fields(call(sock, "PodSandboxStatus", message((1, pod)))[1])


def network(sock):
    for condition in repeated(call(sock, "Status")[1])[1]:
        condition = fields(condition)
        if condition[1] == b"NetworkReady":
            return "true" if condition.get(2) else "false " + condition.get(4, b"").decode()
    sys.exit("no condition NetworkReady")


def main(sock, verb, *args):
    if verb == "pod":
        print(call(sock, "RunPodSandbox", message((1, pod_config(*args))))[1].decode())
    elif verb == "run":
        print(run(sock, *args))
    elif verb == "exec":
        reply = call(sock, "ExecSync", message((1, args[0]), *[(2, word) for word in args[1:]], (3, 10)))
        sys.stdout.write(reply.get(1, b"").decode())
        sys.stderr.write(reply.get(2, b"").decode())
        sys.exit(reply.get(3, 0))
    elif verb == "address":
        print(fields(pod_status(sock, args[0])[5])[1].decode())
    elif verb == "state":
        print("notready" if pod_status(sock, args[0]).get(3, 0) else "ready")
    elif verb in ("stop", "remove"):
        call(sock, verb.capitalize() + "PodSandbox", message((1, args[0])))
    elif verb == "network":
        print(network(sock))
    else:
        sys.exit("unknown verb " + verb)


main(*sys.argv[1:])
