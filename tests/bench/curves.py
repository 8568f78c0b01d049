# curves.py - what changes with a number: netd, the least there can be, and others that do the same work, step by step by turns
# usage: curves.py BUILD attach|connect|dns|throughput SYSTEM[,SYSTEM]…
# SPDX-License-Identifier: GPL-2.0-or-later
#
# attach: microseconds until a container is attached that has so many beside it; connect: until a connection stands through the last of so many
# published ports, in microseconds; dns: until an answer, when so many questions come in a second. Prints a line of JSON for each system with its
# points: the number, and what was measured; of connect also the first port and milliseconds of publishing what came with this step, of dns
# also the 99th of a hundred and the part that was answered. POINTS="1 10 100" are other numbers. "ended" says why a system has fewer of them.
# throughput is no curve: the first system against each of the others, as ways.py prints it ("hand" is the other).
#
# Systems: netd by its API, netd-cni (a process for each container), floor (the kernel's messages; a server that does nothing) and floor-one (one
# that does it one by one), docker, netavark (with aardvark-dns), cni (the reference plugins bridge, portmap, firewall), dnsmasq. Each has a host of
# its own, all of them at once. Programs of others are this machine's or those of RUNTIME_ROOT, another system's tree. The time of a program that
# is started for a container is from its start to its end; Docker's is the start of a container less that of one without a network.
import ctypes
import json
import os
import socket
import statistics
import subprocess
import sys
import time

import hosts
from hosts import ip, run, wait_until

BUILD, KIND, ASKED = sys.argv[1:4]
PROGRAMS = f"{BUILD}/tests/bench"
ROOT = os.environ.get("RUNTIME_ROOT", "")
POINTS = {"attach": "1 10 50 100 200 500 1000 2000 4000", "connect": "1 10 100 1000 5000", "dns": "1000 2000 5000 10000 20000 50000 100000 200000"}.get(KIND, "")
POINTS = [int(point) for point in os.environ.get("POINTS", POINTS).split()]
SOME = 20  # attaches that a point is the median of
MILLISECONDS = os.environ.get("MILLISECONDS", "2000")  # of a rate
PEER_CONTAINERS = int(os.environ.get("PEER_CONTAINERS", "1000"))  # no other has more ports on its bridge than the kernel gives one
DOCKER_CONTAINERS = int(os.environ.get("DOCKER_CONTAINERS", "200"))  # each is some processes, too
PEER_PORTS = int(os.environ.get("PEER_PORTS", "5000"))
DOCKER_PORTS = int(os.environ.get("DOCKER_PORTS", "1000"))
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000
OUTSIDE = "192.0.2.1"  # what the host is called there
# What is published of a container; ways.py has its servers at port 7.
PORT, PROTOCOLS = (7, ("tcp", "udp")) if KIND == "throughput" else (80, ("tcp",))
SUBNET, GATEWAY = "10.201.0.0/16", "10.201.0.1"
ANSWERS = """import socket
server = socket.create_server(("", 80), backlog=4096)
while True: server.accept()[0].close()"""


def netns(ns):
    return f"/run/netns/{hosts.P}-{ns}"


def json_of(*args):
    return json.loads(subprocess.run(args, check=True, capture_output=True).stdout)


def in_netns(path, *args):
    """A command as it is run there; it looks where it is before it becomes the program, as tests/guard.bash has it."""
    look = ('[ -e "$NETD_MACHINE_NS" ] && ! [ /proc/self/ns/net -ef "$NETD_MACHINE_NS" ] && ! [ /proc/self/ns/net -ef /proc/1/ns/net ] || exit 97; '
            'exec "$@"')
    return ["nsenter", f"--net={path}", "--", "sh", "-c", look, "guard", *args]


def published(ports):
    """Each with each protocol."""
    return [(port, protocol) for protocol in PROTOCOLS for port in ports]


def bindings(ports):
    """The same as Docker's API has it, and netd's."""
    return {f"{PORT}/{protocol}": [{"HostIp": "0.0.0.0", "HostPort": str(port)} for port in ports] for protocol in PROTOCOLS} if ports else {}


def make_many(names):
    subprocess.run(["ip", "-batch", "-"], input="".join(f"netns add {hosts.P}-{name}\n" for name in names), text=True, check=True)


def namespaces_in_kernel():
    with open("/proc/slabinfo", encoding="utf-8") as slabs:
        return [line.split()[1] for line in slabs if line.startswith("net_namespace ")]


def settle():
    """Namespaces are freed long after they are deleted, and that work disturbs what is measured next."""
    last = None
    for _ in range(300):
        if (now := namespaces_in_kernel()) == last:
            return
        last = now
        time.sleep(0.1)


# --- programs, inside a host ---------------------------------------------------------------------


def is_machine():
    here = os.stat("/proc/self/ns/net")
    for path in (os.environ["NETD_MACHINE_NS"], "/proc/1/ns/net"):
        try:
            other = os.stat(path)
        except OSError:
            return path != "/proc/1/ns/net"
        if (here.st_dev, here.st_ino) == (other.st_dev, other.st_ino):
            return True
    return False


def enter(ns, scratch, root):
    """The network namespace, and mounts of one's own: /run is empty but for the namespaces, and the tree is there, if there is one (root)."""
    fd = os.open(netns(ns), os.O_RDONLY | os.O_CLOEXEC)
    if LIBC.setns(fd, 0x40000000) < 0 or is_machine() or LIBC.unshare(CLONE_NEWNS) < 0:
        os._exit(97)
    os.makedirs(f"{scratch}/upper")
    os.makedirs(f"{scratch}/work")
    bind_dir = f"mkdir -p /mnt{hosts.DIR}; mount --rbind {hosts.DIR} /mnt{hosts.DIR}"
    tree = f"""mount -t overlay none -o 'lowerdir={root},upperdir={scratch}/upper,workdir={scratch}/work' /mnt
        for dir in proc sys dev; do mount --rbind /$dir /mnt/$dir; done
        mount -t tmpfs none /mnt/tmp; mount -t tmpfs none /mnt/run
        mkdir -p /mnt/run/netns; mount --rbind /run/netns /mnt/run/netns; {bind_dir}
        mkdir -p /mnt/old; cd /mnt; pivot_root . old; mount --make-rslave /old; umount -l /old"""
    same = f"""mkdir -p {scratch}/netns; mount --rbind /run/netns {scratch}/netns
        mount -t tmpfs none /run; mkdir -p /run/netns; mount --move {scratch}/netns /run/netns"""
    run("sh", "-ec", f"mount --make-rslave /; {tree if root else same}")
    os.chdir("/")


def timed(argv, env, given):
    """Microseconds from the start of a program to its end, its exit status, and what it said."""
    files = [os.memfd_create(name) for name in ("given", "said")]
    os.write(files[0], given.encode())
    os.lseek(files[0], 0, os.SEEK_SET)
    actions = [(os.POSIX_SPAWN_DUP2, files[0], 0), (os.POSIX_SPAWN_DUP2, files[1], 1), (os.POSIX_SPAWN_DUP2, files[1], 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | env, file_actions=actions)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    took = (time.perf_counter() - start) * 1e6
    os.lseek(files[1], 0, os.SEEK_SET)
    said = os.read(files[1], 1 << 22).decode(errors="replace")
    for fd in files:
        os.close(fd)
    return took, status, said


class Failed(Exception):
    """A system can do no more, and why."""


class Worker:
    """Runs programs in a host: a process that is there already, so that no way into it is measured."""

    def __init__(self, ns, root=ROOT):
        scratch = f"{hosts.DIR}/{ns}-mounts"
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ours.close()
                enter(ns, scratch, root)
                with theirs.makefile("rw", encoding="utf-8") as line:
                    self.serve(line)
            finally:
                os._exit(1)
        theirs.close()
        self.line = ours.makefile("rw", encoding="utf-8")
        self.ask({"exists": "/"})

    @staticmethod
    def serve(line):
        for asked in iter(line.readline, ""):
            asked = json.loads(asked)
            if "exists" in asked:
                said = os.path.exists(asked["exists"])
            elif "spawn" in asked:
                with open(asked["log"], "a", encoding="utf-8") as log:
                    said = subprocess.Popen(asked["spawn"], stdin=subprocess.DEVNULL, stdout=log, stderr=log).pid
            else:
                said = timed(asked["argv"], asked["env"], asked["given"])
            line.write(json.dumps(said) + "\n")
            line.flush()

    def ask(self, what):
        self.line.write(json.dumps(what) + "\n")
        self.line.flush()
        return json.loads(self.line.readline())

    def needs(self, program):
        if not self.ask({"exists": program}):
            sys.exit(f"there is no {program}: RUNTIME_ROOT=DIR says in which system's tree it is, PEERS= which others are measured")

    def run(self, *argv, env=None, given=""):
        took, status, said = self.ask({"argv": argv, "env": env or {}, "given": given})
        if status != 0:
            raise Failed(f"{os.path.basename(argv[0])}: {said.strip()[-300:]}")
        return took, said

    def spawn(self, *argv, log):
        return self.ask({"spawn": argv, "log": log})


# --- systems -------------------------------------------------------------------------------------


class System:
    """A host with a way outside. A container is a namespace of `ip netns` but Docker's own."""

    most_containers, most_ports = PEER_CONTAINERS, PEER_PORTS
    client, resolver, question = "", "127.0.0.1", "web"
    port = 53

    def __init__(self, name):
        self.name, self.n, self.points, self.servers, self.ended = name, 0, [], [], ""
        run("ip", "netns", "add", f"{hosts.P}-{name}")
        run("ip", "netns", "add", f"{hosts.P}-{name}-out")
        ip(name, "link", "set", "lo", "up")
        ip(name, "link", "add", "up0", "type", "veth", "peer", "name", "eth0", "netns", f"{hosts.P}-{name}-out")
        ip(name, "addr", "add", f"{OUTSIDE}/24", "dev", "up0")
        ip(name, "link", "set", "up0", "up")
        ip(f"{name}-out", "addr", "add", "192.0.2.2/24", "dev", "eth0")
        ip(f"{name}-out", "link", "set", "eth0", "up")
        ip(name, "route", "add", "default", "via", "192.0.2.2")
        self.up()

    def up(self):
        """Its network is there, and nobody on it."""

    def names(self, n):
        """Namespaces of as many more containers."""
        names = [f"{self.name}-c{self.n + i + 1}" for i in range(n)]
        make_many(names)
        self.n += n
        return names

    def attach_some(self, n):
        """Attaches as many more, and returns the microseconds of each."""
        first = self.n + 1
        return [self.attach_one(ns, first + i, [10000 + first + i]) for i, ns in enumerate(self.names(n))]

    def attach_one(self, ns, number, ports):
        """Port PORT of the container is published as each of these ports."""
        raise NotImplementedError

    def publish(self, ports):
        """By one container more: returns the microseconds it took, and the path of its namespace."""
        (ns,) = self.names(1)
        return self.attach_one(ns, self.n, ports), netns(ns)

    def answers_names(self):
        """Two containers, one of which asks for the other. Sets client, resolver, and question."""
        self.attach_some(2)
        self.client = netns(f"{self.name}-c2")

    def pair(self):
        """Two containers, the first with a published port: their namespaces' names."""
        names = self.names(2)
        for n, ns in enumerate(names):
            self.attach_one(ns, n + 1, [] if n else [8007])
        return names

    def down(self):
        """What does not end with the namespaces that have a name."""
        for server in self.servers:
            server.kill()
            server.wait()


class Netd(System):
    most_containers, most_ports = 1 << 16, 1 << 16
    resolver = "127.0.0.11"
    question = "bench1"

    def up(self):
        self.sock = f"{hosts.DIR}/{self.name}/run/netd.sock"
        hosts.start(self.name, f"{BUILD}/netd")
        hosts.asked(self.name, "POST", "/networks/create", {"Name": "bench", "IPAM": {"Config": [{"Subnet": SUBNET}]}})

    def attach_some(self, n):
        before = self.n
        self.names(n)
        return [json_of(f"{PROGRAMS}/load_api", self.sock, "attach", netns(f"{self.name}-c"), str(n), str(before))["attach_us"]]

    def attach_one(self, ns, number, ports):
        start = time.perf_counter()
        hosts.asked(self.name, "POST", "/netd/v1/containers", {
            "Name": f"bench{number}", "NetnsPath": netns(ns), "Networks": {"bench": {}}, "PortBindings": bindings(ports)})
        return (time.perf_counter() - start) * 1e6


class NetdCni(Netd):
    def up(self):
        super().up()
        self.worker = Worker(self.name, "")  # it is not of the tree

    def attach_some(self, n):
        return System.attach_some(self, n)

    def attach_one(self, ns, number, ports):
        env = {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": f"bench{number}", "CNI_NETNS": netns(ns), "CNI_IFNAME": "eth0", "CNI_PATH": "/usr/lib/cni",
               "NETD_HOST": f"unix://{self.sock}"}
        return self.worker.run(f"{BUILD}/netd-cni", env=env, given=json.dumps({
            "cniVersion": "1.0.0", "name": "bench", "type": "netd-cni",
            "runtimeConfig": {"portMappings": [{"hostPort": port, "containerPort": PORT, "protocol": protocol} for port, protocol in published(ports)]}}))[0]


class Floor(System):
    """Of containers and ports what the kernel alone takes; of names a server that looks at nothing, in the container itself."""

    most_containers = most_ports = 1 << 16
    port = 5300
    how = []

    def attach_all(self, n):
        """It makes its own namespaces, so it has no steps: a point is what the tenth took that it is in. As many bridges as netd makes."""
        several = [] if n <= 1000 else ["1023", "512"]
        said = json_of("unshare", "--net", *in_netns("/proc/self/ns/net", f"{PROGRAMS}/floor_attach", str(n), *several))
        self.points = [[point, said["attach_tenths_us"][(point - 1) * 10 // n]] for point in POINTS]

    def publish(self, ports):
        if not self.n:
            (ns,) = self.names(1)
            ip(self.name, "link", "add", "p1", "type", "veth", "peer", "name", "eth0", "netns", f"{hosts.P}-{ns}")
            ip(self.name, "addr", "add", f"{GATEWAY}/16", "dev", "p1")
            ip(self.name, "link", "set", "p1", "up")
            ip(ns, "addr", "add", "10.201.0.2/16", "dev", "eth0")
            ip(ns, "link", "set", "eth0", "up")
            ip(ns, "route", "add", "default", "via", GATEWAY)
            run(*in_netns(netns(self.name), "sh", "-ec", """echo 1 >/proc/sys/net/ipv4/ip_forward
                nft 'table ip hand { map ports { type inet_service : ipv4_addr . inet_service; }
                    chain in { type nat hook prerouting priority -100; dnat ip to tcp dport map @ports; }; }'"""))
        elements = ", ".join(f"{port} : 10.201.0.2 . 80" for port in ports)
        start = time.perf_counter()
        subprocess.run(in_netns(netns(self.name), "nft", "-f", "-"), input=f"add element ip hand ports {{ {elements} }}", text=True, check=True)
        return (time.perf_counter() - start) * 1e6, netns(f"{self.name}-c1")

    def answers_names(self):
        ip(f"{self.name}-out", "link", "set", "lo", "up")
        self.client = netns(f"{self.name}-out")
        self.servers.append(subprocess.Popen(in_netns(self.client, f"{PROGRAMS}/floor_dns", "127.0.0.1", "5300", *self.how)))


class FloorOne(Floor):
    how = ["one"]


class Netavark(System):
    """As Podman calls it. aardvark-dns is started by it."""

    program, resolver, question = "/usr/lib/podman/netavark", GATEWAY, "bench1.dns.podman"

    def up(self):
        os.makedirs(f"{hosts.DIR}/{self.name}-config")
        self.worker = Worker(self.name)
        self.worker.needs(self.program)

    def attach_one(self, ns, number, ports):
        network = {"name": "bench", "id": "b" * 64, "driver": "bridge", "network_interface": "bench0", "created": "2026-01-01T00:00:00Z",
                   "subnets": [{"subnet": SUBNET, "gateway": GATEWAY}], "ipv6_enabled": False, "internal": False, "dns_enabled": KIND != "connect",
                   "ipam_options": {"driver": "host-local"}}
        return self.worker.run(
            self.program, "--config", f"{hosts.DIR}/{self.name}-config", "--rootless", "true", "--aardvark-binary", "/usr/lib/podman/aardvark-dns",
            "setup", netns(ns), env={"NETAVARK_FW": "nftables", "DBUS_SYSTEM_BUS_ADDRESS": ""}, given=json.dumps({
                "container_id": f"{number:064x}", "container_name": f"bench{number}",
                "port_mappings": [{"host_ip": "", "container_port": PORT, "host_port": port, "range": 1, "protocol": protocol}
                                  for port, protocol in published(ports)],
                "networks": {"bench": {"static_ips": [f"10.201.{number + 1 >> 8}.{number + 1 & 255}"], "aliases": [], "interface_name": "eth0"}},
                "network_info": {"bench": network}}))[0]


class Cni(System):
    """A process for each plugin of the list, one after the other, as a runtime does it."""

    def up(self):
        self.worker = Worker(self.name)
        for kind in ("bridge", "portmap", "firewall", "host-local"):
            self.worker.needs(f"/usr/lib/cni/{kind}")

    def attach_one(self, ns, number, ports):
        chain = [{"type": "bridge", "bridge": "bench0", "isGateway": True, "ipMasq": True,
                  "ipam": {"type": "host-local", "ranges": [[{"subnet": SUBNET}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": f"{hosts.DIR}/{self.name}-addrs"}},
                 {"type": "portmap", "backend": "nftables",
                  "runtimeConfig": {"portMappings": [{"hostPort": port, "containerPort": PORT, "protocol": protocol}
                                                     for port, protocol in published(ports)]}},
                 {"type": "firewall"}]
        env = {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": f"bench{number}", "CNI_NETNS": netns(ns), "CNI_IFNAME": "eth0", "CNI_PATH": "/usr/lib/cni"}
        total, before = 0, {}
        for plugin in chain:
            took, said = self.worker.run(f"/usr/lib/cni/{plugin['type']}", env=env, given=json.dumps({"cniVersion": "1.0.0", "name": "bench"} | plugin | before))
            total += took
            before = {"prevResult": json.loads(said)}
        return total


class Dnsmasq(System):
    """Names from a file, on a bridge made by hand."""

    resolver, question = GATEWAY, "web"

    def answers_names(self):
        worker = Worker(self.name)
        worker.needs("/usr/sbin/dnsmasq")
        (ns,) = self.names(1)
        ip(self.name, "link", "add", "p1", "type", "veth", "peer", "name", "eth0", "netns", f"{hosts.P}-{ns}")
        ip(self.name, "addr", "add", f"{GATEWAY}/16", "dev", "p1")
        ip(self.name, "link", "set", "p1", "up")
        ip(ns, "addr", "add", "10.201.0.2/16", "dev", "eth0")
        ip(ns, "link", "set", "eth0", "up")
        with open(f"{hosts.DIR}/{self.name}-hosts", "w", encoding="utf-8") as file:
            file.write("10.201.0.3 web\n")
        worker.spawn("/usr/sbin/dnsmasq", "-k", "-u", "root", "-a", GATEWAY, "-z", "-R", "-h", "-H", f"{hosts.DIR}/{self.name}-hosts",
                     log=f"{hosts.DIR}/{self.name}.log")
        self.client = netns(ns)


class Docker(System):
    """Its engine. No image is needed but one static program."""

    most_containers, most_ports = DOCKER_CONTAINERS, DOCKER_PORTS
    resolver = "127.0.0.11"
    question = "bench1"

    def up(self):
        self.pids = []
        self.worker = Worker(self.name)
        for program in ("/usr/sbin/dockerd", "/bin/busybox"):
            self.worker.needs(program)
        state = f"{hosts.DIR}/{self.name}"
        os.makedirs(state)
        self.sock = f"{state}/docker.sock"
        self.worker.spawn("/usr/sbin/dockerd", "--data-root", f"{state}/data", "--exec-root", f"{state}/exec", "--pidfile", f"{state}/pid",
                          "--storage-driver", "vfs", "--userland-proxy=false", "-H", f"unix://{self.sock}", log=f"{state}/log")
        wait_until(lambda: os.path.exists(self.sock), f"dockerd does not start: {state}/log", 120)
        tar = self.worker.run("/bin/sh", "-c", f"tar -C /bin -chf {state}/image busybox")[1]
        assert not tar, tar
        with open(f"{state}/image", "rb") as image:
            self.call("POST", "/images/create?fromSrc=-&repo=bench", image.read(), "application/x-tar")
        self.call("POST", "/networks/create", {"Name": "bench", "IPAM": {"Config": [{"Subnet": SUBNET}]}})

    def call(self, method, path, body=None, kind="application/json"):
        api = hosts.Api(self.sock)
        api.request(method, path, json.dumps(body) if isinstance(body, dict) else body, {"Content-Type": kind})
        answer = api.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise Failed(f"docker: {said.decode(errors='replace').strip()[-300:]}")
        return json.loads(said) if said and path.startswith("/containers") else {}

    def names(self, n):
        self.n += n
        return [""] * n

    def start(self, name, network, ports):
        made = self.call("POST", f"/containers/create?name={name}", {
            "Image": "bench", "Cmd": ["/busybox", "sleep", "1000000"], "ExposedPorts": {port: {} for port in bindings(ports)},
            "HostConfig": {"NetworkMode": network, "PortBindings": bindings(ports)}})
        start = time.perf_counter()
        self.call("POST", f"/containers/{made['Id']}/start")
        took = (time.perf_counter() - start) * 1e6
        self.pids.append(self.call("GET", f"/containers/{made['Id']}/json")["State"]["Pid"])
        return took

    def attach_one(self, ns, number, ports):
        with_network = self.start(f"bench{number}", "bench", ports)
        without = self.start(f"none{number}", "none", [])
        self.call("DELETE", f"/containers/none{number}?force=1")
        self.pids.pop()
        return with_network - without

    def publish(self, ports):
        self.n += 1
        return self.start(f"bench{self.n}", "bench", ports), f"/proc/{self.pids[-1]}/ns/net"

    def pair(self):
        names = [f"{self.name}-c1", f"{self.name}-c2"]
        for n, ns in enumerate(names):
            self.start(f"bench{n + 1}", "bench", [] if n else [8007])
            run("ip", "netns", "attach", f"{hosts.P}-{ns}", str(self.pids[-1]))
        return names

    def answers_names(self):
        for n in (1, 2):
            self.start(f"bench{n}", "bench", [])
        self.client = f"/proc/{self.pids[1]}/ns/net"

    def down(self):
        """Its containers would outlive it: they are in namespaces without a name."""
        super().down()
        if self.pids:
            subprocess.run(["kill", "-9", *map(str, self.pids)], check=False, stderr=subprocess.DEVNULL)


SYSTEMS = {"netd": Netd, "netd-cni": NetdCni, "floor": Floor, "floor-one": FloorOne, "docker": Docker, "netavark": Netavark, "cni": Cni, "dnsmasq": Dnsmasq}


# --- what is measured ----------------------------------------------------------------------------


def attach(system, point):
    if isinstance(system, Floor) or point > system.most_containers:
        return
    some = min(SOME, point - system.n)
    if point - system.n > some:
        system.attach_some(point - system.n - some)
    system.points.append([point, round(statistics.median(system.attach_some(some)), 1)])


def connect(system, point):
    if point > system.most_ports:
        return
    first = system.points[-1][0] if system.points else 0
    took, path = system.publish([20000 + port for port in range(first, point)])
    if not first or not isinstance(system, Floor):  # all ports of the floor are of one container
        system.servers.append(subprocess.Popen(in_netns(path, sys.executable, "-I", "-S", "-c", ANSWERS)))
    out, last = netns(f"{system.name}-out"), 20000 + point - 1
    reached = in_netns(out, sys.executable, "-I", "-S", "-c", f"import socket; socket.create_connection(('{OUTSIDE}', {last}), 5)")
    wait_until(lambda: subprocess.run(reached, check=False, capture_output=True).returncode == 0, f"port {last} is not reached")
    said = json_of(*in_netns(out, f"{PROGRAMS}/load_connect", OUTSIDE, "20000", str(last), os.environ.get("CONNECTIONS", "2000")))
    system.points.append([point, said["last_us"], said["first_us"], round(took / 1000, 1)])


def dns(system, rate):
    if system.points and system.points[-1][3] < 0.5:
        return  # half is lost already
    if not system.points:
        system.answers_names()
        ask = in_netns(system.client, f"{PROGRAMS}/load_fair", "ask", system.resolver, str(system.port), system.question, "1")
        wait_until(lambda: json_of(*ask)["lost"] == 0, "there is no answer")
    (said,) = json_of(*in_netns(system.client, f"{PROGRAMS}/load_rate", system.resolver, str(system.port), system.question, MILLISECONDS, str(rate)))
    system.points.append([rate, said["p50_us"], said["p99_us"], round(said["answered"] / said["asked"], 3)])


def ways(system, containers):
    """Of each way the client, the server, and what the client asks for."""
    one, two = (f"{hosts.P}-{ns}" for ns in containers)
    (addr,) = [addr["local"] for addr in json_of("ip", "-n", one, "-4", "-j", "addr", "show", "dev", "eth0")[0]["addr_info"]]
    out = f"{hosts.P}-{system.name}-out"
    return {"containers": (two, one, addr, "7"), "outside": (two, out, "192.0.2.2", "7"), "published": (out, one, OUTSIDE, "8007")}


def throughput(systems):
    first, *others = [(system.name, ways(system, system.pair())) for system in systems]
    for name, others_ways in others:
        run(sys.executable, "-I", "-S", f"{os.path.dirname(os.path.abspath(__file__))}/ways.py", os.environ.get("WAY_ROUNDS", "7"),
            os.environ.get("WAY_SECONDS", "0.5"), *(",".join((f"{way}-{name}", *first[1][way], *ends)) for way, ends in others_ways.items()))


def step(measure, systems, point):
    """One that can do no more is in nobody's way."""
    for system in systems:
        try:
            if not system.ended:
                measure(system, point)
        except (Failed, subprocess.CalledProcessError, AssertionError) as why:
            system.ended = str(why)
            print(f"{system.name} ends at {point}: {why}", file=sys.stderr)


def main():
    systems = []
    try:
        for name in ASKED.split(","):
            systems.append(SYSTEMS[name](name))
        for system in systems:
            if KIND == "attach" and isinstance(system, Floor):
                system.attach_all(max(POINTS))
                settle()
        if KIND == "throughput":
            throughput(systems)
            return
        for n, point in enumerate(POINTS):
            # Who is first in a step has no advantage in the end.
            step({"attach": attach, "connect": connect, "dns": dns}[KIND], systems if n % 2 else systems[::-1], point)
        for system in systems:
            print(json.dumps({"scenario": f"curve-{KIND}", "system": system.name, "points": system.points} | ({"ended": system.ended} if system.ended else {})), flush=True)
    finally:
        for system in systems:
            system.down()


hosts.with_hosts(main)
