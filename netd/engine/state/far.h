// SPDX-License-Identifier: GPL-2.0-or-later
// far.h - other hosts and their containers on networks that span hosts, as their records say
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "model/cluster/cluster_state.h"

#include <ev.h>

/* Theory of operation. What others are and have comes as records (model/cluster), all of them or
 * one by one, each of which says how something is to be. What has been made of them is kept here:
 * for each container of another host what the kernel and the resolver have been told. A record that
 * comes, changes or goes puts its object into a list, and the list is worked off in turns
 * (change/hosts.c). One that goes, or changes, leaves its object to be undone; the new one is
 * another object behind it. */

struct network;
struct network_spec;

struct far_host {
	char name[CLUSTER_HOST_LEN_MAX + 1];
	struct addr tunnel[FAMILY_N]; /* family 0: none; both: nothing is known of it */
	bool alive;		      /* it says so itself, all the time */
	bool admitted;		      /* its addresses are in the table */
	struct list ends;	      /* struct far_end, those that are gone among them */
};

/* A container of another host on one network. */
struct far_end {
	struct list in_all, in_host, in_due; /* in_due: in none when nothing is to be done */
	const struct far_host *host;
	char net[ID_LEN + 1];
	char container[ID_LEN + 1];
	struct addr ip[FAMILY_N];
	struct mac mac;
	bool gone; /* its record is: it is undone, and freed */
	/* What the kernel has of it. */
	struct addr at; /* its host's end of the tunnel; family 0: nothing */
	bool admitted;	/* its addresses are in the table */
	uint32_t named; /* the resolver has its names, on the network of this number; 0: not */
	size_t n_names, n_services;
	/* Its names, the first of which is canonical, and then the services that it stands behind,
	 * which may not be there. They stand behind the array. */
	const char *names[];
};

struct far {
	char host[CLUSTER_HOST_LEN_MAX + 1]; /* what this host is called; "": it is in no cluster */
	struct addr tunnel; /* its end of all tunnels; family 0: it is in no cluster */
	bool whole;	    /* all that there is was told since this netd started */
	bool entered;	    /* ... and has been entered since */
	bool lets_in;	    /* the table lets in whom an earlier netd was told of */
	bool unkept;	    /* services that were told are not in the records of this host yet */
	bool bereft;	    /* services of networks that are gone may be in etcd */
	bool recalled;	    /* services may have containers that a netd before was told of */
	bool led_otherwise; /* what the next netd is to recall is not written yet */
	/* The last service that was not made after all, for a port of it is another's, and why. */
	char lost_service[NAME_LEN_MAX + 1];
	char lost_why[256];
	struct cluster_state *records;
	struct cluster_state *going; /* what was removed here, and is in etcd still (going.c) */
	ev_timer forgotten;	     /* what etcd has not any more is in the file still */
	struct map *hosts;	     /* name -> struct far_host; they stay */
	struct map *ends;	     /* key of the record -> struct far_end */
	struct list all;	     /* struct far_end, those that are gone among them */
	struct list due;
	/* Containers of this host whose records may be others than when they were told last. All
	 * may be: told_all. */
	struct far_told {
		char net[ID_LEN + 1], container[ID_LEN + 1];
	} told[FAR_TOLD_ANEW];
	size_t n_told;
	bool told_all;
	void (*changed)(
		void *data); /* this host has something else to tell; NULL: nobody listens */
	void *changed_data;
	struct ev_loop *loop; /* of the timer; NULL: nobody works the list off */
	ev_timer timer;	      /* runs while something is due: its function is change/hosts.c's */
	/* Entries that several may need or replace: network and MAC -> how many; network and
	 * address
	 * -> the struct far_end that has it. */
	struct map *macs, *addrs;
};

int far_new(struct far **ret_far); /* -ENOMEM */
void far_free(struct far *far);	   /* NULL is fine */

/* The host of this name, made where there is none. NULL: out of memory. */
struct far_host *far_host(struct far *far, const char *name);
/* The record says so: what was there is due to be undone, and what is new to be done. -ENOMEM. */
int far_put(struct far *far, const struct cluster_record *record);
/* There is none any more. */
void far_remove(struct far *far, const struct cluster_key *key);
/* Something that they rest on has changed. */
void far_due_of_host(struct far *far, const struct far_host *host);
void far_due_of_net(struct far *far, const char *net);
/* Whether it stands behind a service of this name, as long as it is there. */
bool far_serves(const struct far_end *end, const char *service);
/* Who of other hosts has an address now, as the kernel knows it. NULL: none. */
struct far_end *far_owner(const struct far *far, const struct network *network,
			  const struct addr *addr);
/* Takes it over from whoever has it. -ENOMEM. And the end of that; the end is its value. */
int far_own(struct far *far, const struct network *network, const struct addr *addr,
	    struct far_end *end);
void far_disown(struct far *far, const struct network *network, const struct addr *addr);
/* It is no container, but what another host answers with for who came by a published port. */
bool far_is_ingress(const struct far_end *end);
/* A container of another host on the network; NULL: there is none. */
const struct far_end *far_on(const struct far *far, const char *net);
/* This host may have something else to tell, whatever it is; or of one container on one network. */
void far_changed(struct far *far);
void far_changed_end(struct far *far, const char *net, const char *container);
/* Whether the cluster has a network with this name and id. Without memory to find out: not. */
bool far_agrees(const struct far *far, const struct network_spec *spec);
/* Nothing of it is left anywhere. */
void far_end_free(struct far_end *end);
