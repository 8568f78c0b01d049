# model.py - what a soak's host must be like: its networks, who is on them, and what follows for packets and names
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A model changes when netd says that it did something. What a kill left undecided is asked for, and must be as before or
# as after. Addresses are netd's choice: they are learned once, and may not change by themselves.


class Network:
    def __init__(self, name, internal=False):
        self.name, self.internal = name, internal

    def body(self):
        return {"Name": self.name, "Internal": self.internal}


class Container:
    def __init__(self, name, netns):
        self.name, self.netns = name, netns
        self.networks = {}  # network's name -> address, None until it was learned
        self.ports = {}  # host port -> the container's
        self.aliases = {}  # network's name -> its other name there

    def bindings(self, ports):
        out = {}
        for host, inside in ports.items():
            out.setdefault("%d/tcp" % inside, []).append({"HostPort": str(host)})
        return out

    def body(self):
        networks = {name: {"Aliases": [self.aliases[name]]} for name in self.networks}
        return {"Name": self.name, "NetnsPath": self.netns.path, "Networks": networks,
                "PortBindings": self.bindings(self.ports)}


class Model:
    def __init__(self):
        self.networks = {}
        self.containers = {}

    def lead(self, networks):
        """Whether one of them leads outside; ports are published there, and parked, untold, where none does."""
        return any(not self.networks[name].internal for name in networks)

    def view(self, networks, ports):
        """A container without its addresses, to compare with what netd tells."""
        return frozenset(networks), frozenset(ports if self.lead(networks) else ())

    def members(self, network):
        return [one for one in self.containers.values() if network in one.networks]

    def answers(self, asker, name):
        """What `asker` may get for a name: one of its networks answers, with those who have the name there."""
        found = set()
        for network in asker.networks:
            there = {one.networks[network] for one in self.members(network) if name in (one.name, one.aliases[network])}
            if there:
                found.add(frozenset(there))
        return found

    def reached(self, asker, address):
        """Who answers when `asker` connects to a container's address; None when nobody may."""
        for network in asker.networks:
            for one in self.members(network):
                if one.networks[network] == address:
                    return one.name
        return None
