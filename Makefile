# netd's build. One file, not recursive; `make help` lists the targets.
.DEFAULT_GOAL := all
SHELL := /bin/bash
VERSION := 0.1.0

PREFIX ?= /usr/local
DESTDIR ?=
B ?= build
CC ?= gcc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WERROR ?=
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 $(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SAN_FLAGS :=
CPPFLAGS_ALL = -D_GNU_SOURCE -DNETD_VERSION='"$(VERSION)"' -Inetd -Iinclude $(CPPFLAGS)
CFLAGS_ALL = -std=gnu17 $(WARNINGS) $(if $(SAN_FLAGS),$(SAN_FLAGS),$(HARDEN)) $(CFLAGS)
LDFLAGS_ALL = $(if $(SAN_FLAGS),$(SAN_FLAGS),-pie -Wl,-z,relro,-z,now,--as-needed) $(LDFLAGS)

# Include paths and libraries of each dependency, asked once.
PKGS := libnl-3.0 libnl-route-3.0 libmnl libnftnl libcares libmicrohttpd jansson sqlite3 libseccomp libcap-ng
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
NETD_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lev
CLI_LIBS := -ljansson

rows = $(foreach row,$(1),$(wildcard netd/$(row)/*.c))
objs = $(patsubst %.c,$(B)/%.o,$(1))

PURE_SRC := $(call rows,base model dns)
NETD_SRC := $(call rows,base model dns ipc kernel engine store api plumber resolver) netd/main.c
CLIENT_SRC := $(call rows,client) $(call rows,base)
CLI_SRC := $(wildcard cli/*.c)
BINARIES := $(B)/netd $(B)/netctl

## all: build everything into build/
.PHONY: all
all: $(BINARIES)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/netd: $(call objs,$(NETD_SRC))
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(NETD_LIBS)

$(B)/netctl: $(call objs,$(CLI_SRC) $(CLIENT_SRC))
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CLI_LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
