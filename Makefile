# netd's build. One file, not recursive; `make help` lists the targets.
.DEFAULT_GOAL := all
.SECONDEXPANSION:
.DELETE_ON_ERROR:
SHELL := /bin/bash
VERSION := 0.1.0

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
PLUGINDIR ?= $(PREFIX)/lib/netd
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR ?= $(PREFIX)/lib
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
# Where the distribution's Wireshark looks for programs that capture (tshark -G folders); empty: it is told of none.
EXTCAPDIR ?= /usr/lib/$(shell $(CC) -print-multiarch 2>/dev/null)/wireshark/extcap
HOOKSDIR ?= $(PREFIX)/share/containers/oci/hooks.d
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
INSTALL ?= install

B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WERROR ?=
SAN ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 7200
COVER_FLOOR ?= 80
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 $(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SAN_FLAGS := $(if $(SAN),$(SANITIZE))
CPPFLAGS_ALL = -D_GNU_SOURCE -DNETD_VERSION='"$(VERSION)"' $(if $(SYSTEMD_FOUND),-DNETD_FIREWALLD) -Inetd -Iinclude -I. $(CPPFLAGS)
CFLAGS_ALL = -std=gnu17 $(WARNINGS) $(if $(SAN_FLAGS),$(SAN_FLAGS),$(HARDEN)) $(CFLAGS)
LDFLAGS_ALL = $(if $(SAN_FLAGS),$(SAN_FLAGS),-pie -Wl,-z,relro,-z,now,--as-needed) $(LDFLAGS)

# Include paths and libraries of each dependency, asked once.
PKGS := libnl-3.0 libnl-route-3.0 libmnl libnftnl libcares libmicrohttpd jansson sqlite3 libseccomp libcap-ng
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
# firewalld is asked through libsystemd's D-Bus, which netd loads when there is a bus: only its headers are needed here, and
# without them netd is built without firewalld, which `netd --version` says.
SYSTEMD_FOUND := $(shell $(PKG_CONFIG) --modversion libsystemd 2>/dev/null)
NETD_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lev
# Filters are compiled by netd-capture alone.
PCAP_LIBS := $(shell $(PKG_CONFIG) --libs libpcap 2>/dev/null)
# etcd is spoken to by netd-herald alone.
CRYPTO_LIBS := $(shell $(PKG_CONFIG) --libs libcrypto 2>/dev/null)
TLS_LIBS := $(shell $(PKG_CONFIG) --libs libssl libcrypto 2>/dev/null)
CURL_LIBS := $(shell $(PKG_CONFIG) --libs libcurl libcrypto 2>/dev/null)
CLI_LIBS := -ljansson
# What it needs of libmnl is in netd/kernel/mnl.c, for there is no static one.
EXPLAIN_LIBS = $(if $(filter netd-explain,$(STATIC_PLUGINS)),$(STATIC_SQLITE),-lsqlite3) -ljansson -lm
STATIC_SQLITE := $(B)/static/libsqlite3.a

# The rows of docs/architecture.md. Each becomes an archive, so that a test links what it uses and no more.
CORE_ROWS := base model dns diag trace capture ipc
# A plugin is a folder of plugins/ with a main.c; its other files are the row plugins_FOLDER.
PLUGINS := $(patsubst plugins/%/main.c,%,$(wildcard plugins/*/main.c))
PLUGIN_ROWS := $(addprefix plugins_,$(PLUGINS))
ROWS := $(CORE_ROWS) kernel engine store api role plumber resolver client cli explain tracer capturer dnslog metrics herald authority keeper usher $(PLUGIN_ROWS)
# Folders of a row are its rooms.
room_src = $(wildcard $(1)/*.c $(1)/*/*.c)
left_out := $(if $(SYSTEMD_FOUND),,netd/engine/%firewalld.c)
engine_SRC := $(filter-out $(left_out),$(call room_src,netd/engine))
cli_SRC := $(filter-out cli/netctl.c cli/ui/main.c,$(call room_src,cli))
explain_SRC := $(filter-out netd/explain/main.c,$(call room_src,netd/explain))
tracer_SRC := $(filter-out netd/tracer/main.c,$(call room_src,netd/tracer))
capturer_SRC := $(filter-out netd/capturer/main.c,$(call room_src,netd/capturer))
usher_SRC := $(filter-out netd/usher/main.c,$(call room_src,netd/usher))
keeper_SRC := $(filter-out netd/keeper/main.c,$(call room_src,netd/keeper))
herald_SRC := $(filter-out netd/herald/main.c,$(call room_src,netd/herald))
dnslog_SRC := $(filter-out netd/dnslog/main.c,$(call room_src,netd/dnslog))
$(foreach plugin,$(PLUGINS),$(eval plugins_$(plugin)_SRC := \
	$(filter-out plugins/$(plugin)/main.c,$(wildcard plugins/$(plugin)/*.c))))
row_src = $(or $($(1)_SRC),$(call room_src,netd/$(1)))
rows = $(foreach row,$(1),$(call row_src,$(row)))
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
libs = $(patsubst %,$(B)/lib%.a,$(1))

# What a test of a row needs besides the core.
needs_kernel := kernel
needs_store := store
needs_engine := engine store kernel
needs_api := api $(needs_engine)
needs_plumber := plumber role $(needs_api)
needs_role := role
needs_resolver := resolver role
needs_metrics := metrics role
needs_herald := herald role
needs_authority := authority
needs_keeper := keeper authority role
needs_usher := usher authority role
needs_client := client
needs_cli := cli client
needs_explain := explain kernel store client
needs_tracer := tracer kernel
needs_capturer := capturer explain kernel store client
needs_dnslog := dnslog kernel
$(foreach plugin,$(PLUGINS),$(eval needs_plugins_$(plugin) := plugins_$(plugin) client))
test_rows = $(CORE_ROWS) $(sort $(foreach row,$(1),$(needs_$(row))))

# The daemon does not look at other namespaces: whoever diagnoses does, in a process of its own. It only reads the question.
NETD_SRC := $(filter-out netd/kernel/look% netd/kernel/mnl% netd/kernel/bpf% netd/kernel/nft_trace% netd/kernel/tap%,$(call rows,base model dns ipc kernel engine store api role plumber resolver metrics)) \
	netd/diag/question.c netd/capture/asked.c netd/main.c
CLI_SRC := $(call room_src,cli)
# What the runtimes call each plugin; what it links besides libjansson.
program_cni := netd-cni
program_oci := netd-oci-hook
program_netavark := netavark
program_docker := netd-docker
program_extcap := netd-extcap
libs_docker := -lmicrohttpd
# A plugin is started once for each container: linked statically it costs a third less (`scripts/bench plugins`), most of
# it the dynamic linker's work; so do netctl and netd-explain, whose answers are waited for. Where the archives are missing, or a sanitizer wants its library, it is linked as usual.
static_parts := libc.a libjansson.a libsqlite3.a rcrt1.o
static_found = $(filter /%,$(foreach part,$(static_parts),$(shell $(CC) -print-file-name=$(part))))
STATIC_PLUGINS ?= $(if $(or $(SAN),$(filter-out $(words $(static_parts)),$(words $(static_found)))),,cni oci netavark netctl netd-explain)
ldflags_plugin = $(if $(filter $(1),$(STATIC_PLUGINS)),$(patsubst -pie,-static-pie,$(LDFLAGS_ALL)),$(LDFLAGS_ALL))
PLUGIN_BINS := $(foreach plugin,$(PLUGINS),$(B)/$(program_$(plugin)))
# The client for others (include/netd.h). The number changes when a program built before could not use it any more.
SONAME := libnetd.so.0
# Programs that netd and netctl start, and nobody calls by hand.
LIBEXEC_BINS := $(B)/netd-herald $(B)/netd-keeper $(B)/netd-usher $(B)/netd-explain $(B)/netd-trace $(B)/netd-capture $(B)/netd-ui $(B)/netd-dns-log $(B)/netd-reader
BINARIES := $(B)/netd $(B)/netctl $(LIBEXEC_BINS) $(PLUGIN_BINS) $(B)/$(SONAME)
C_FILES := $(filter-out $(left_out),$(shell find netd cli plugins include tests -name '*.[ch]' 2>/dev/null))
HEADERS := $(shell find netd include -name '*.h' 2>/dev/null)

.PHONY: all check-explain check-kernels check-rules explain-build segments-build faults-build check-faults unit-build fuzz-build clang-read unit check check-system check-kill check-runtimes asan fuzz fuzz-night tidy fmt fmt-check cover bench bench-peers \
	bench-build check-upgrade check-packages deb install uninstall demo demo-cluster soak soak-cluster docs help clean headers-alone FORCE

## all: build everything into build/ (the default; needs only the libraries and a C compiler)
all: $(BINARIES)

# What the objects were compiled with: another set of flags rebuilds them.
FLAGS_SEEN := $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_SEEN))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_SEEN))' > $@

# Objects have a folder of their own, for build/netd is the program.
$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/netd: $(call objs,$(NETD_SRC))
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(NETD_LIBS)

# The client links the pure rows it shares with the daemon (-p and filters are parsed by one parser).
$(B)/netctl: $(B)/obj/cli/netctl.o $(call libs,cli client model diag dns capture base)
	@echo "  LD      $@"
	@$(CC) $(call ldflags_plugin,netctl) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLI_LIBS)

# Of the daemon's rows no more than it takes to ask the kernel and to read records.
$(B)/netd-explain: $(B)/obj/netd/explain/main.o $(call libs,explain diag kernel store client model base) \
		$(if $(filter netd-explain,$(STATIC_PLUGINS)),$(STATIC_SQLITE))
	@echo "  LD      $@"
	@$(CC) $(call ldflags_plugin,netd-explain) -o $@ $< -Wl,--start-group $(filter %.a,$^) $(EXPLAIN_LIBS) -Wl,--end-group

# It could load extensions, which is off until somebody asks for it: in a program that is linked statically it asks us.
$(STATIC_SQLITE): $(shell $(CC) -print-file-name=libsqlite3.a)
	@mkdir -p $(@D)
	@objcopy --redefine-sym dlopen=dlopen_refused $< $@

# The page's server: what netctl draws with, and the HTTP library, which would cost every other command the time to load it.
$(B)/netd-ui: $(B)/obj/cli/ui/main.o $(call libs,cli client model diag dns base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLI_LIBS) -lmicrohttpd
$(foreach tree,obj san fuzz,$(B)/$(tree)/cli/ui/ui_assets.o): $(wildcard cli/ui/page.*)

# What is loaded into the kernel is made by this program alone; it needs no library but those it is confined and writes with.
$(B)/netd-trace: $(B)/obj/netd/tracer/main.o $(call libs,tracer ipc kernel trace base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLI_LIBS) -lseccomp

# It reads packets of strangers, and has given up everything by then.
$(B)/netd-capture: $(B)/obj/netd/capturer/main.o $(call libs,capturer capture explain diag kernel store client model base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS) $(PCAP_LIBS)

# Reads memory that the resolver writes, and has nothing else to do.
$(B)/netd-dns-log: $(B)/obj/netd/dnslog/main.o $(call libs,dnslog kernel dns base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# Is started for each snapshot: it loads those libraries alone that speak netlink.
$(B)/netd-reader: $(B)/obj/netd/reader/main.o $(call libs,engine kernel model base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS)

# What TLS takes is loaded by this program alone: neither the plumber nor the resolver has any of it in memory.
$(B)/netd-herald: $(B)/obj/netd/herald/main.o $(call libs,herald role ipc model base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -Wl,--export-dynamic-symbol=_gnutls_global_init_skip $(CURL_LIBS) $(CLI_LIBS) -lev -lseccomp -lcap-ng

# Runs netd's own etcd, and makes what hosts of a new cluster trust in: OpenSSL's libcrypto, and no TLS.
$(B)/netd-keeper: $(B)/obj/netd/keeper/main.o $(call libs,keeper authority role ipc base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CRYPTO_LIBS) -lev -lseccomp -lcap-ng

# Lets hosts into a cluster, and asks for its own: TLS by OpenSSL, and no HTTP.
$(B)/netd-usher: $(B)/obj/netd/usher/main.o $(call libs,usher authority role ipc base)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(TLS_LIBS) -lev -lseccomp -lcap-ng

# Plugins only translate: the client and the pure rows are all they need.
define plugin_program
$(B)/$(program_$(1)): $(B)/obj/plugins/$(1)/main.o $(call libs,plugins_$(1) client model dns base)
	@echo "  LD      $$@"
	@$$(CC) $$(call ldflags_plugin,$(1)) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$$(CLI_LIBS) $$(libs_$(1))
endef
$(foreach plugin,$(PLUGINS),$(eval $(call plugin_program,$(plugin))))

# A library cannot be of objects for programs, and shows nothing but what netd.map names. It has no sanitizer in it: the
# program would need it first.
$(B)/pic/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17 $(WARNINGS) $(filter-out -fPIE,$(HARDEN)) -fPIC $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/$(SONAME): $(B)/pic/netd/client/netd.o $(B)/pic/libclient.a $(B)/pic/libbase.a netd/client/netd.map
	@echo "  LD      $@"
	@$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=netd/client/netd.map -Wl,-z,defs,-z,relro,-z,now,--as-needed \
		$(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLI_LIBS)

# The fuzz targets have objects of their own (san/, fuzz/).
# 1: row, 2: where its objects are, 3: where the archive goes
define row_archive
$(B)/$(3)lib$(1).a: $(patsubst %.c,$(B)/$(2)%.o,$(call row_src,$(1)))
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
$(foreach row,$(ROWS),$(eval $(call row_archive,$(row),obj/,)))
$(foreach row,$(ROWS),$(foreach tree,san/ fuzz/,$(eval $(call row_archive,$(row),$(tree),$(tree)))))
$(foreach row,base client,$(eval $(call row_archive,$(row),pic/,pic/)))

# Unit tests: tests/unit/ROW/test_MODULE.c links the core and what ROW needs. ROW= builds one row's,
# or one room's: ROW=engine/keep.
UNIT_SRC := $(shell find tests/unit/$(ROW) -name 'test_*.c' 2>/dev/null | sort)
UNIT_BINS := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
# Rows whose tests have a kernel in memory behind the door; the API's are over the engine as its own tests have it.
fakes = $(if $(filter engine api,$(1)),$(wildcard tests/fake/*.c)) $(if $(filter api,$(1)),$(wildcard tests/unit/engine/*.c)) \
	$(if $(filter explain,$(1)),tests/unit/diag/judge_world.c)
# Whatever ROW says: who narrows down which tests are built does not make helpers of the others.
not_tests = $(foreach file,$(1),$(if $(filter test_%,$(notdir $(file))),,$(file)))
UNIT_HELPERS = $(call not_tests,$(call room_src,tests/unit/$(1)) $(call fakes,$(1)))
unit_row = $(word 3,$(subst /, ,$(1)))
# There are hundreds of programs of tests: by the other linker of binutils, where it is, they take half of the time.
TESTS_LD := $(if $(shell command -v ld.gold 2>/dev/null),-fuse-ld=gold)
# No debugger looks at them, unless CFLAGS says so.
ifeq ($(origin CFLAGS),file)
$(B)/obj/tests/unit/%.o $(B)/obj/tests/fake/%.o: private CFLAGS := -O2
UNIT_LD := -Wl,--strip-debug
endif
$(UNIT_BINS): $(B)/%: $(B)/obj/%.o $$(call objs,$$(call UNIT_HELPERS,$$(call unit_row,$$*))) \
		$$(call libs,$$(call test_rows,$$(call unit_row,$$*)))
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) $(TESTS_LD) $(UNIT_LD) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		-lcmocka $(NETD_LIBS) $(if $(filter tests/unit/capturer/%,$*),$(PCAP_LIBS)) $(if $(filter tests/unit/herald/%,$*),$(CURL_LIBS)) $(if $(filter tests/unit/authority/%,$*),$(CRYPTO_LIBS)) $(if $(filter tests/unit/usher/%,$*),$(TLS_LIBS))

unit-build: $(UNIT_BINS)

# Fuzz targets, twice: with gcc's sanitizers and tests/fuzz/main.c as a driver that replays the saved
# inputs, and with clang's libFuzzer. The rows a target needs are those it includes.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAY := $(patsubst %.c,$(B)/san/%,$(FUZZ_SRC))
FUZZ_LIBFUZZER := $(patsubst %.c,$(B)/fuzz/%,$(FUZZ_SRC))
included_rows = $(shell sed -n 's,^\#include "plugins/\([a-z]*\)/.*,plugins_\1,p; \
	s,^\#include "\([a-z]*\)/.*,\1,p' $(1) | sort -u)
# Not what those rows need in the daemon (test_rows): a decoder is tried alone, and the rest would be compiled for nothing.
fuzz_rows = $(sort $(CORE_ROWS) client $(filter-out tests,$(call included_rows,$(1))))
fuzz_libs = $(patsubst %,$(B)/$(1)/lib%.a,$(call fuzz_rows,$(2)))

# Of a finding they say where it was, which takes lines and no variables (-g1).
$(B)/san/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17 $(SANITIZE) -O1 -g1 -MMD -MP -c -o $@ $<

$(B)/fuzz/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CLANG) $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17 -fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=all -O1 -g -MMD -MP -c -o $@ $<

$(FUZZ_REPLAY): $(B)/san/%: $(B)/san/%.o $(B)/san/tests/fuzz/main.o $$(call fuzz_libs,san,$$*.c)
	@echo "  LD      $@"
	@$(CC) $(SANITIZE) $(TESTS_LD) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(NETD_LIBS) $(if $(filter tests/fuzz/fuzz_usher%,$*),$(TLS_LIBS))

$(FUZZ_LIBFUZZER): $(B)/fuzz/%: $(B)/fuzz/%.o $$(call fuzz_libs,fuzz,$$*.c)
	@echo "  LD      $@"
	@$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS) $(if $(filter tests/fuzz/fuzz_usher%,$*),$(TLS_LIBS))

fuzz-build: $(FUZZ_REPLAY)

# Every header is compiled alone: what it needs it includes. One that a file of the programs includes before anything else was,
# when they were built.
ifneq ($(filter headers-alone,$(MAKECMDGOALS)),)
HEADERS_FIRST := $(shell awk '!/^(\/\/|\/\*| \*|$$)/ { if (/^.include "/) { split($$0, part, "\""); print "netd/" part[2], "include/" part[2] } nextfile }' \
	$(filter-out tests/%,$(filter %.c,$(C_FILES))))
endif
HEADERS_ALONE := $(patsubst %.h,$(B)/headers/%.ok,$(filter-out $(HEADERS_FIRST),$(HEADERS)))
$(B)/headers/%.ok: %.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17 $(WARNINGS) -Werror -fsyntax-only -x c - \
		<<< '#include "$<"'
	@touch $@
headers-alone: all $(HEADERS_ALONE)

# What gcc lets pass clang may not: another pair of eyes on every file, without objects. A folder's files are read at once.
# (-MP leaves out the first, which may go like any other.)
CLANG_FILES := $(filter %.c,$(filter-out tests/fuzz/%,$(C_FILES)))
CLANG_READ := $(patsubst %/,$(B)/clang/%/read,$(sort $(dir $(CLANG_FILES))))
clang_files = $(filter $(wildcard $(1)/*.c),$(CLANG_FILES))
$(CLANG_READ): $(B)/clang/%/read: $$(call clang_files,$$*) scripts/clang-read $(B)/flags
	@mkdir -p $(@D)
	@scripts/clang-read $(CLANG) $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17 $(WARNINGS) -Werror \
		-MMD -MP -MF $@.d -MT $@ -- $(call clang_files,$*)
	@echo '$(firstword $(call clang_files,$*)):' >>$@.d
	@touch $@
clang-read: $(CLANG_READ)

# scripts/check runs every step, prints what fails, and ends with the counts.
export B CC WERROR SAN
check_env = MAKE='$(MAKE)'

## check: everything that must hold before a commit: unit, fuzz corpora, layers, system tests; ends with counts
check:
	@$(check_env) WERROR=1 scripts/check all

## unit: the unit tests alone; ROW=dns for one row, ROW=engine/keep for one room
unit:
	@$(check_env) ROW='$(ROW)' scripts/check unit

## check-system: the tests from outside alone (root, own network namespaces); BATS='tests/system/x.bats' for some
check-system:
	@$(check_env) BATS='$(BATS)' scripts/check system

# The release before, as a commit.
BEFORE ?= 4027230d973022f027b0c69425fd5bcebdd6e776
## check-upgrade: the release before (BEFORE=COMMIT) is replaced by this build under load, nothing is lost, and back
check-upgrade:
	@$(check_env) scripts/check-upgrade '$(BEFORE)'

## check-packages: the packages in fresh Debian trees, booted: installed, upgraded under load, removed, purged; SUITES='bookworm' for some
check-packages: all
	@$(check_env) scripts/check-packages $(SUITES)

## check-kill: netd killed in front of each call with an effect of every operation; what is neither before nor after fails; OPERATIONS= for some
check-kill: all
	@$(check_env) scripts/check-kill $(OPERATIONS)

## check-runtimes: netd under Podman, containerd, runc … (installs Debian's); RUNTIME_ROOT=DIR for those of another system's tree, RUNTIMES_PATH=DIR[:DIR] for programs, BATS= for some
check-runtimes:
	@$(check_env) WERROR=1 BATS='$(BATS)' RUNTIMES_PATH='$(RUNTIMES_PATH)' RUNTIME_ROOT='$(RUNTIME_ROOT)' scripts/check runtimes

# What tests/faults/walk preloads into netd. It is told by the kind of a call, so it is not fortified.
FAULTS := $(B)/tests/faults/inject.so
$(FAULTS): tests/faults/inject.c
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) -std=gnu17 $(WARNINGS) $(if $(WERROR),-Werror) -D_GNU_SOURCE -O1 -g -fPIC -shared -U_FORTIFY_SOURCE -o $@ $<

FAULTS_FILTER := $(B)/tests/faults/filter
$(FAULTS_FILTER): $(B)/obj/tests/faults/filter.o $(call libs,$(call test_rows,plumber resolver))
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS)

faults-build: $(FAULTS) $(FAULTS_FILTER)

# A netd whose networks have segments of a few ports (base/limits.h), for tests and benchmarks of more than one; all but the
# file that reads the limits is netd's own. SEGMENT_PORTS=32 for other sizes.
SEGMENT_PORTS ?= 4
SMALL_SEGMENTS := $(B)/tests/segments/$(SEGMENT_PORTS)/netd
$(SMALL_SEGMENTS:netd=segment.o): netd/model/network/segment.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(CPPFLAGS_ALL) -DSEGMENT_FIRST_PORTS=$(SEGMENT_PORTS) -DSEGMENT_PORTS=$(SEGMENT_PORTS) \
		$(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(SMALL_SEGMENTS): $(SMALL_SEGMENTS:netd=segment.o) $(filter-out %/model/network/segment.o,$(call objs,$(NETD_SRC)))
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(NETD_LIBS)
segments-build: $(SMALL_SEGMENTS)

# What tests/system/explain/ asks with: what a program in a namespace sees when it connects somewhere.
REACH := $(B)/tests/explain/reach
$(REACH): tests/system/explain/reach.c tests/system/own_netns.h
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) -std=gnu17 $(WARNINGS) $(if $(WERROR),-Werror) -D_GNU_SOURCE -O2 -g -o $@ $<

# And what explain says of many pairs at once.
ASK := $(B)/tests/explain/ask
$(ASK): tests/system/explain/ask.c tests/system/own_netns.h $(call libs,explain diag kernel store client model base)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS)

# And what its evaluator of rules says of a packet, which tests/system/diag/ compares with the kernel's trace.
RULES_TOOL := $(B)/tests/diag/rules_tool
$(RULES_TOOL): $(wildcard tests/system/diag/rules_*.[ch]) $(call libs,diag base)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.c,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(NETD_LIBS)

# What judges facts that were saved, for whoever makes them smaller (save.py).
EXPLAIN_JUDGE := $(B)/tests/explain/judge
$(EXPLAIN_JUDGE): $(B)/obj/tests/system/explain/judge.o $(call libs,diag model base)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLI_LIBS)

explain-build: $(REACH) $(ASK) $(RULES_TOOL) $(EXPLAIN_JUDGE)

# 20,000 take an hour and a quarter on two processors.
WORLDS ?= 20000
## check-explain: what explain says of random, broken worlds against what packets do; WORLDS=N, SEED=N for one again
check-explain: all explain-build
	@B='$(B)' JOBS='$(JOBS)' scripts/check-explain '$(WORLDS)' $(SEED)

# 10 minutes on two processors.
RULESETS ?= 2000
PACKETS ?= 50
## check-rules: the rules that explain says matched against the kernel's trace; RULESETS=N of each kind, PACKETS=N, SEED=N for one again
check-rules: explain-build
	@B='$(B)' JOBS='$(JOBS)' scripts/check-rules '$(RULESETS)' '$(PACKETS)' $(SEED)

## check-kernels: breakages of explain on 5.10, 6.1 and 6.12, each booted in qemu; KERNELS='5.10' BREAKAGES='link-down' for some
check-kernels: all explain-build
	@B='$(B)' BREAKAGES='$(BREAKAGES)' scripts/check-kernels $(KERNELS)

## check-faults: each call and each allocation of each operation fails once; ONLY='attach detach' CLASS='memory open' SAMPLE=N for some
check-faults: all faults-build
	@NETD_BUILD='$(realpath .)/$(B)' unshare --net tests/faults/walk $(ONLY:%=--only %) $(CLASS:%=--class %) \
		$(ROLE:%=--role %) $(SAMPLE:%=--sample %) $(SECONDS:%=--seconds %)

# The runtimes: make check-runtimes SAN=1 CFLAGS='-O1 -g' B=build/asan
## asan: unit and system tests with address and undefined-behaviour sanitizers; BATS= for some
asan:
	@$(check_env) B='$(B)/asan' SAN=1 CFLAGS='-O1 -g' BATS='$(BATS)' scripts/check unit system

## fuzz: each target under clang's libFuzzer for FUZZ_SECONDS (60), new inputs merged into its corpus
fuzz: $(FUZZ_LIBFUZZER)
	@scripts/fuzz --merge '$(B)/fuzz/tests/fuzz' '$(FUZZ_SECONDS)' $(FUZZ_TARGETS)

## fuzz-night: every target for FUZZ_SECONDS (60), JOBS (processors) at a time, the corpora left as they are; any finding fails
fuzz-night: $(FUZZ_LIBFUZZER)
	@JOBS='$(or $(JOBS),$(shell nproc))' scripts/fuzz '$(B)/fuzz/tests/fuzz' '$(FUZZ_SECONDS)'

## tidy: clang-tidy, cppcheck and gcc -fanalyzer; any finding fails; TIDY_TOOLS='cppcheck gcc' for the quick ones
tidy: export TIDY_FLAGS = $(CPPFLAGS_ALL) $(PKG_CFLAGS) -std=gnu17
tidy:
	@scripts/tidy $(filter %.c,$(filter-out tests/%,$(C_FILES)))

## fmt: clang-format every C file in place
fmt:
	@clang-format -i $(C_FILES)

## fmt-check: fail if clang-format would change a file
fmt-check:
	@clang-format --dry-run --Werror $(C_FILES)

## cover: line and branch coverage of the pure rows by their unit tests; below COVER_FLOOR (80 %) fails
cover:
	@$(check_env) B='$(B)/cover' CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage scripts/cover '$(COVER_FLOOR)' base model dns diag trace capture ipc

# Benchmarks that stand alone (bench_*.c) and the floors the daemon is compared with.
BENCH_SRC := $(filter-out tests/bench/empty.c,$(wildcard tests/bench/*.c))
BENCH_BINS := $(patsubst %.c,$(B)/%,$(BENCH_SRC))
$(BENCH_BINS): $(B)/%: $(B)/obj/%.o $$(call libs,$$(call test_rows,kernel))
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(NETD_LIBS)
# The least of a process: as static as a plugin is, where it can be.
$(B)/tests/bench/empty: $(B)/obj/tests/bench/empty.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(call ldflags_plugin,cni) -o $@ $<
bench-build: $(BENCH_BINS) $(B)/tests/bench/empty

## bench: fixed scenarios against the kernel's floor, one JSON line each (root, own network namespaces)
bench: all bench-build explain-build
	@scripts/bench $(SCENARIOS)

## bench-peers: the limits of docs/performance.md and its curves, other systems by turns with netd, written into the page; RUNTIME_ROOT=DIR for those of another system's tree, PEERS= for some
bench-peers: all bench-build
	@set -o pipefail; scripts/bench table peers | tee $(B)/bench.lines
	@scripts/bench-page $(B)/bench.lines

MAN_PAGES := $(wildcard docs/man/*.[1-9])
UNITS := $(wildcard scripts/*.service.in scripts/*.socket plugins/*/*.service.in plugins/*/*.socket)
HOOKS := $(wildcard plugins/oci/hooks.d/*.json)
# Programs that share a page are found under their own names, too. Debian has a page of its own for netavark.
PAGE_LINKS := $(addprefix netd-helpers.,$(notdir $(LIBEXEC_BINS))) \
	$(addprefix netd-plugins.,$(filter-out netavark netd-extcap,$(notdir $(PLUGIN_BINS))))
installed_name = $(notdir $(patsubst %.in,%,$(1)))
# 1: file with @SBINDIR@ and others, 2: where it goes
install_filled = sed 's,@SBINDIR@,$(SBINDIR),g; s,@PLUGINDIR@,$(PLUGINDIR),g; s,@LIBDIR@,$(LIBDIR),g; \
	s,@INCLUDEDIR@,$(INCLUDEDIR),g; s,@VERSION@,$(VERSION),g' $(1) | \
	$(INSTALL) -Dm644 /dev/stdin $(DESTDIR)$(2)
## install: programs, plugins, the client's library, units, hooks, man pages, completions, user and directories; DESTDIR and PREFIX are honoured
install: all
	$(INSTALL) -Dm755 $(B)/netd $(DESTDIR)$(SBINDIR)/netd
	$(INSTALL) -Dm755 $(B)/netctl $(DESTDIR)$(BINDIR)/netctl
	$(foreach program,$(PLUGIN_BINS) $(LIBEXEC_BINS),$(INSTALL) -Dm755 $(program) \
		$(DESTDIR)$(PLUGINDIR)/$(notdir $(program)) &&) :
	$(foreach unit,$(UNITS),$(call install_filled,$(unit),$(UNITDIR)/$(call installed_name,$(unit))) &&) :
	$(foreach hook,$(HOOKS),$(call install_filled,$(hook),$(HOOKSDIR)/$(notdir $(hook))) &&) :
	$(if $(EXTCAPDIR),$(INSTALL) -d $(DESTDIR)$(EXTCAPDIR) && \
		ln -sf $(PLUGINDIR)/$(program_extcap) $(DESTDIR)$(EXTCAPDIR)/$(program_extcap))
	$(INSTALL) -Dm644 include/netd.h $(DESTDIR)$(INCLUDEDIR)/netd.h
	$(INSTALL) -Dm644 $(B)/$(SONAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libnetd.so
	$(call install_filled,scripts/netd.pc.in,$(LIBDIR)/pkgconfig/netd.pc)
	$(INSTALL) -Dm644 scripts/netd.sysusers $(DESTDIR)$(SYSUSERSDIR)/netd.conf
	$(INSTALL) -Dm644 scripts/netd.tmpfiles $(DESTDIR)$(TMPFILESDIR)/netd.conf
	$(foreach page,$(MAN_PAGES),$(INSTALL) -Dm644 $(page) \
		$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)) &&) :
	$(foreach link,$(PAGE_LINKS),ln -sf $(basename $(link)).8 $(DESTDIR)$(MANDIR)/man8/$(subst .,,$(suffix $(link))).8 &&) :
	$(if $(wildcard scripts/completion/netctl.bash),$(INSTALL) -Dm644 scripts/completion/netctl.bash $(DESTDIR)$(BASHCOMPDIR)/netctl)
	$(if $(wildcard scripts/completion/_netctl),$(INSTALL) -Dm644 scripts/completion/_netctl $(DESTDIR)$(ZSHCOMPDIR)/_netctl)
	$(if $(wildcard scripts/completion/netctl.fish),$(INSTALL) -Dm644 scripts/completion/netctl.fish $(DESTDIR)$(FISHCOMPDIR)/netctl.fish)
	@$(if $(DESTDIR),:,scripts/tell-loader '$(LIBDIR)' $(SONAME))

## uninstall: stop and disable the units, say what runs on, remove what install put there; state and configuration stay
uninstall:
	@$(if $(DESTDIR),:,scripts/stop-installed $(UNITDIR) $(SBINDIR)/netd $(PLUGIN_BINS:$(B)/%=$(PLUGINDIR)/%))
	rm -f $(DESTDIR)$(SBINDIR)/netd $(DESTDIR)$(BINDIR)/netctl $(DESTDIR)$(INCLUDEDIR)/netd.h $(DESTDIR)$(LIBDIR)/$(SONAME) \
		$(DESTDIR)$(LIBDIR)/libnetd.so $(DESTDIR)$(LIBDIR)/pkgconfig/netd.pc $(DESTDIR)$(SYSUSERSDIR)/netd.conf \
		$(DESTDIR)$(TMPFILESDIR)/netd.conf $(DESTDIR)$(BASHCOMPDIR)/netctl \
		$(DESTDIR)$(ZSHCOMPDIR)/_netctl $(DESTDIR)$(FISHCOMPDIR)/netctl.fish $(if $(EXTCAPDIR),$(DESTDIR)$(EXTCAPDIR)/$(program_extcap)) \
		$(foreach unit,$(UNITS),$(DESTDIR)$(UNITDIR)/$(call installed_name,$(unit))) \
		$(foreach hook,$(HOOKS),$(DESTDIR)$(HOOKSDIR)/$(notdir $(hook))) \
		$(foreach program,$(PLUGIN_BINS) $(LIBEXEC_BINS),$(DESTDIR)$(PLUGINDIR)/$(notdir $(program))) \
		$(foreach page,$(MAN_PAGES),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
		$(foreach link,$(PAGE_LINKS),$(DESTDIR)$(MANDIR)/man8/$(subst .,,$(suffix $(link))).8)

## deb: Debian packages of what is built, into build/deb/ (scripts/install-deps deb); it needs no network
deb: all
	@B='$(B)' scripts/deb/build

## soak: random work, kills, damage and floods against a model for SOAK_SECONDS (two hours); needs root
soak: all
	@scripts/soak '$(SOAK_SECONDS)' $(SOAK_SEED)

## soak-cluster: three hosts of a cluster and faults at random for SECONDS (300); SEED= for the same again; needs root
soak-cluster: all
	@scripts/soak-cluster '$(or $(SECONDS),300)' $(SEED)

## demo: netd's main job shown in namespaces of its own, in less than a minute
demo:
	@scripts/demo

## demo-cluster: one network over three hosts, in namespaces of their own, in less than a minute
demo-cluster:
	@scripts/demo-cluster

## docs: lint the man pages; every option and API method is documented
docs:
	@scripts/install-deps test
	@$(if $(MAN_PAGES),mandoc -T lint -W warning $(MAN_PAGES))
	@$(if $(wildcard scripts/check-docs),scripts/check-docs)

## clean: remove build/
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r target text; do \
		printf '  %-14s %s\n' "$$target" "$$text"; done

-include $(shell find $(B) -path $(B)/before -prune -o -path $(B)/deb -prune -o -path $(B)/trees -prune -o -name '*.d' -print 2>/dev/null)
