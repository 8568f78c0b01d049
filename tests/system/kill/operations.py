# operations.py - what is broken off: each operation with the state it starts from and the way back
# SPDX-License-Identifier: GPL-2.0-or-later


class Operation:
    """setup: calls that lead to the state before. call: the operation, an API call or a function of the walk. back:
    calls from the state after to the one before. replies: an answer of 2xx means that the state is the one after."""

    def __init__(self, name, setup, call, back, **more):
        self.name, self.setup, self.call, self.back = name, setup, call, back
        self.replies = more.get("replies", True)
        self.only_after = more.get("only_after", False)


def network(name, number, **more):
    subnets = [{"Subnet": "10.%d.0.0/24" % number}]
    if more.pop("ipv6", False):
        subnets.append({"Subnet": "fd00:%d::/64" % number})
        more["EnableIPv6"] = True
    return "POST", "/networks/create", dict({"Name": name, "IPAM": {"Config": subnets}}, **more)


N1, N2, N3 = network("n1", 81), network("n2", 82, ipv6=True), network("n3", 83, Internal=True)
ID = {"a": "a1" * 32, "b": "b2" * 32, "c": "c3" * 32}
PORTS = {
    "80/tcp": [{"HostPort": "8080"}],
    "53/udp": [{"HostPort": "5353"}],
    "90-92/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9090-9092"}],
}


def attach(walk, name, networks, ports=None, **more):
    body = {"Name": name, "Id": ID[name], "NetnsPath": walk.path(name), "Networks": networks}
    if ports:
        body["PortBindings"] = ports
    body.update(more)
    return "POST", "/netd/v1/containers", body


def detach(name):
    return "DELETE", "/netd/v1/containers/" + name


def connect(network_name, container, **settings):
    return "POST", "/networks/%s/connect" % network_name, {"Container": container, "EndpointConfig": settings}


def disconnect(network_name, container):
    return "POST", "/networks/%s/disconnect" % network_name, {"Container": container}


def remove(name):
    return "DELETE", "/networks/" + name


def names(container, **body):
    return "PUT", "/netd/v1/containers/%s/names" % container, body


def ports(method, container, bindings):
    return method, "/netd/v1/containers/%s/ports" % container, {"PortBindings": bindings}


def of_containers(walk):
    """Attached and detached, with two networks, ports, a link and somebody who links back."""
    linked = attach(walk, "b", {"bridge": {"Links": ["a:sea"]}})
    two = attach(walk, "a", {"n2": {"Aliases": ["web"], "IPAMConfig": {"IPv4Address": "10.82.0.9"}}, "bridge": {}}, PORTS)
    yield Operation("attach", [N1, N2, linked], two, [detach("a")])
    yield Operation("detach", [N1, N2, linked, two], detach("a"), [two])
    host = "POST", "/netd/v1/containers", {"Name": "c", "Id": ID["c"], "Pid": walk.holder, "Networks": {"host": {}}}
    yield Operation("attach-host", [], host, [detach("c")])
    handed = attach(walk, "c", {"n1": {"DriverOpts": {"org.netd.endpoint.handover": "fetch0"}}}, PORTS, NetnsWait=True)
    handed[2]["NetnsPath"] = walk.later
    yield Operation("handover", [N1], handed, [detach("c")])
    awaited = attach(walk, "c", {"n1": {}, "bridge": {}}, PORTS, NetnsWait=True)
    awaited[2]["NetnsPath"] = walk.later
    yield Operation("awaited", [N1], awaited, [detach("c")])
    yield Operation("completion", [N1, awaited], walk.bring_namespace, [detach("c"), walk.take_namespace, awaited],
                    only_after=True)


def of_connections(walk):
    linked = attach(walk, "b", {"bridge": {"Links": ["a:sea"]}, "n1": {"Links": ["a:sea"]}})
    one = attach(walk, "a", {"bridge": {}}, PORTS)
    two = attach(walk, "a", {"n1": {"GwPriority": 5, "Aliases": ["web"]}, "bridge": {}, "n2": {}}, PORTS)
    low = connect("n1", "a", Aliases=["web"], Links=["b:other"])
    high = connect("n2", "a", GwPriority=7)
    again = [detach("a"), two]
    yield Operation("connect", [N1, N2, linked, one], low, [disconnect("n1", "a")])
    yield Operation("connect-default", [N1, N2, linked, one], high, [disconnect("n2", "a")])
    yield Operation("disconnect", [N1, N2, linked, two], disconnect("n2", "a"), again)
    yield Operation("disconnect-default", [N1, N2, linked, two], disconnect("n1", "a"), again)
    alone = attach(walk, "a", {"n1": {}}, PORTS)
    yield Operation("disconnect-last", [N1, linked, alone], disconnect("n1", "a"), [connect("n1", "a")])
    yield Operation("connect-parked", [N1, linked, alone, disconnect("n1", "a")], connect("n1", "a"),
                    [disconnect("n1", "a")])
    plain = attach(walk, "a", {"none": {}})
    yield Operation("connect-after-none", [N1, plain, disconnect("none", "a")], connect("n1", "a"),
                    [detach("a"), plain, disconnect("none", "a")])


def of_networks(walk):
    full = network("n4", 84, ipv6=True, Labels={"kept": "yes"},
                   Options={"com.docker.network.bridge.enable_icc": "false"})
    yield Operation("network-create", [], full, [remove("n4")])
    yield Operation("network-remove", [full], remove("n4"), [full])
    yield Operation("network-rename", [N1, attach(walk, "a", {"n1": {}})],
                    ("PUT", "/netd/v1/networks/n1", {"Name": "blue", "Labels": {"x": "y"}}),
                    [("PUT", "/netd/v1/networks/blue", {"Name": "n1", "Labels": {}})])
    yield Operation("prune", [N1, N2, N3], ("POST", "/networks/prune", None), [N1, N2, N3])


def of_ports(walk):
    one = attach(walk, "a", {"bridge": {}, "n2": {}}, {"81/tcp": [{"HostPort": "8181"}]})
    bare = attach(walk, "a", {"bridge": {}})
    yield Operation("port-add", [N2, one], ports("POST", "a", PORTS), [ports("DELETE", "a", PORTS)])
    yield Operation("port-rm", [N2, one, ports("POST", "a", PORTS)], ports("DELETE", "a", PORTS),
                    [ports("POST", "a", PORTS)])
    first = {"80/tcp": [{"HostPort": "8080"}]}
    yield Operation("port-first", [bare], ports("POST", "a", first), [ports("DELETE", "a", first)])


def of_flows(walk):
    bare, udp = attach(walk, "a", {"bridge": {}}), {"53/udp": [{"HostPort": "5353"}]}
    whole = attach(walk, "a", {"bridge": {}}, udp)
    add, take = ports("POST", "a", udp), ports("DELETE", "a", udp)
    yield Operation("flow-port-add", [bare, walk.flow], add, [take, walk.flow])
    yield Operation("flow-port-rm", [bare, add, walk.flow], take, [add, walk.flow])
    yield Operation("flow-attach", [walk.flow], whole, [detach("a"), walk.flow])
    yield Operation("flow-detach", [whole, walk.flow], detach("a"), [whole, walk.flow])


def of_names(walk):
    linked = attach(walk, "b", {"bridge": {"Links": ["a:sea"]}})
    one = attach(walk, "a", {"bridge": {}, "n1": {"Aliases": ["web"]}}, PORTS)
    back = names("z", Name="a", Id=ID["a"], Networks={"n1": {"Aliases": ["web"]}})
    yield Operation("rename", [N1, linked, one],
                    names("a", Name="z", Id="d4" * 32, Networks={"n1": {"Aliases": ["www"]}}), [back])
    yield Operation("link-add", [linked, attach(walk, "a", {"bridge": {}})],
                    names("b", Networks={"bridge": {"Links": ["a:sea", "a:ocean"]}}),
                    [names("b", Networks={"bridge": {"Links": ["a:sea"]}})])


def of_callers(walk):
    yield Operation("cni-add", [N1], lambda: walk.cni("ADD"), [lambda: walk.cni("DEL")])
    yield Operation("cni-del", [N1, lambda: walk.cni("ADD")], lambda: walk.cni("DEL"), [lambda: walk.cni("ADD")])


class Nowhere:
    """Stands for a walk where only names are wanted."""

    def __getattr__(self, _):
        return self

    def __call__(self, *_):
        return self

    def __getitem__(self, _):
        return self


def all_operations(walk):
    found, walk = {}, walk or Nowhere()
    for group in (of_containers, of_connections, of_networks, of_ports, of_flows, of_names, of_callers):
        for operation in group(walk):
            found[operation.name] = operation
    return found
