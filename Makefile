# make all|check|demo|size|install|release|asan|unit|fuzz|clean     V=1 shows the commands
# make copy-campaign|hosts-campaign|network-campaign
# CROSS=aarch64-linux-gnu- builds for another CPU; DEPS=FOLDER has the sources of the dependencies.
VERSION := $(shell cat VERSION)
DATE := $(shell sed -n '1s/.* //p' CHANGES)
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := $(CROSS)gcc
endif
HOSTCC ?= gcc
B := build$(if $(CROSS),/$(CROSS:%-=%))
D := build/deps/$(shell $(CC) -dumpmachine)
H := build/deps/host
Q := $(if $(V),,@)
SAY := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),@:,@echo)
JOBS := $(shell nproc)
MAKEFLAGS += -j$(JOBS)

ALL := $(sort $(wildcard applets/*.c applets/ui/*.c core/*.c net/*.c lib/*.c))
SRC := $(filter-out %_test.c %_fuzz.c,$(ALL))
OBJ := $(SRC:%.c=$(B)/o/%.o)
TESTS := $(patsubst %.c,$(B)/asan/%,$(filter %_test.c,$(ALL) $(wildcard tests/*_test.c)))
FUZZ := $(patsubst %.c,$(B)/asan/%,$(filter %_fuzz.c,$(ALL)))
GEN := $(B)/gen/applets.h $(B)/gen/help.h

MY_CFLAGS := -std=c11 -D_GNU_SOURCE -DPSSESSION_VERSION='"$(VERSION)"' \
	-DPSSESSION_DATE='"$(DATE)"' -I. -I$(B) -MMD -MP -g \
	-Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Werror -fstack-protector --param=ssp-buffer-size=32 -ffile-prefix-map=$(CURDIR)=.
# Small: a section per function lets the linker drop the unused ones, and nothing here unwinds.
# Random addresses (static-pie) cost 3 %, the stack protector of functions with buffers 0.5 %: peers
# are hostile (-fstack-protector-strong would cost 4 %). Our own code is optimised at the link,
# which saves 7 KB; so are the libraries but musl, whose start must not be. What is left out of -Oz
# saves 3 KB more (measured with gcc 12, one by one). No RELRO:
# musl heeds it in shared programs only, and its padding is 60 KiB on aarch64, with pages up to 64.
# Nor is the data moved to a page of its own in the file, which saves memory but no bytes.
OPT := -Oz -ffunction-sections -fdata-sections -fPIE -fno-asynchronous-unwind-tables \
	-fno-unwind-tables -fno-tree-dominator-opts -fno-tree-sra -fno-guess-branch-probability \
	-fno-move-loop-invariants $(if $(findstring x86_64,$(D)),-malign-data=abi)
# And 6 KB, in our own code alone: the libraries would grow, and be slower.
OWN := $(OPT) -fno-expensive-optimizations -fno-optimize-sibling-calls -fno-caller-saves \
	-fno-tree-fre -fno-tree-tail-merge -fno-tree-loop-im -fno-jump-tables -fno-ira-hoist-pressure \
	--param=uninlined-function-insns=0
LTO := -flto -flto-partition=one
MY_LDFLAGS := -static-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,now \
	-Wl,-z,norelro -Wl,-z,common-page-size=16
SAN := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LIBS := -lbearssl -lz

all: $(B)/pssession
asan: $(B)/asan/pssession

$(B)/pssession: $(B)/pssession.debug
	$(Q)$(CROSS)strip -s -R .comment -o $@ $<
	$(Q)tools/headless.sh $@
$(B)/pssession.debug: $(OBJ)
	$(Q)$(D)/bin/cc $(MY_CFLAGS) $(OWN) $(LTO) $(CFLAGS) $(MY_LDFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)
$(B)/o/%.o: %.c Makefile VERSION CHANGES $(D)/ok | $(GEN)
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(D)/bin/cc $(MY_CFLAGS) $(OWN) $(LTO) $(CFLAGS) -c -o $@ $<

$(B)/asan/pssession: $(B)/asan/o/applets/main.o $(B)/asan/all.a
	$(Q)$(HOSTCC) $(SAN) -o $@ $^ -L$(H)/lib $(LIBS)
$(B)/asan/%_test: $(B)/asan/o/%_test.o $(B)/asan/all.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SAN) -o $@ $^ -L$(H)/lib $(LIBS)
$(B)/asan/%_fuzz: $(B)/asan/o/%_fuzz.o $(B)/asan/o/tests/fuzz_main.o $(B)/asan/all.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SAN) -o $@ $^ -L$(H)/lib $(LIBS)
$(B)/asan/all.a: $(filter-out %/applets/main.o,$(OBJ:$(B)/o/%=$(B)/asan/o/%))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/asan/o/%.o: %.c Makefile VERSION CHANGES $(H)/ok | $(GEN)
	$(SAY) CC asan $<
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(MY_CFLAGS) -I$(H)/include $(SAN) -c -o $@ $<

$(B)/gen/applets.h: $(wildcard applets/*.c)
$(B)/gen/help.h: $(wildcard help/*/*.txt applets/*.ps1)
$(B)/gen/%.h: tools/gen-%.sh
	@mkdir -p $(@D)
	$(Q)$< >$@.new && mv $@.new $@

# One after the other: they share the downloads.
$(D)/ok: tools/deps.sh tools/deps.sums tools/relr.c
	$(Q)tools/deps.sh $(@D) "$(CC)" "$(OPT)" "$(LTO)" >&2
$(H)/ok: tools/deps.sh tools/deps.sums | $(D)/ok
	$(Q)tools/deps.sh $(@D) "$(HOSTCC)" "-O1 -g" "" host >&2

unit: $(TESTS)  # the quick loop: unit tests only
	@r=0; for t in $(TESTS); do $$t || r=1; done; exit $$r
check: all asan $(TESTS) $(FUZZ)
	@tests/run.sh $(B)
demo: all
	@tests/demo.sh
copy-campaign: all      # minutes: copies of full size, see tests/copy_campaign.py
	@/usr/bin/python3 tests/copy_campaign.py
hosts-campaign: all     # invoke-command on 1,000 computers at once, and beside some that hang
	@/usr/bin/python3 tests/hosts_campaign.py
network-campaign: all   # 200 seeds of the breaker between client and server: a quarter of an hour
	@PSSESSION=$(abspath $(B)/pssession) PSSESSION_SEEDS=200 LC_ALL=C.UTF-8 \
		/usr/bin/python3 tests/pyunit.py tests/e2e/network_test.py
size: all
	@tools/size.sh $(B)
install: all
	install -D -m 755 $(B)/pssession '$(DESTDIR)$(PREFIX)/bin/pssession'
	for a in $$($(B)/pssession --list); do ln -sf pssession '$(DESTDIR)$(PREFIX)/bin/'$$a; done
release:
	@tools/mkrelease.sh
fuzz: $(GEN) $(H)/ok
	@tools/fuzz.sh $(B) $(or $(FUZZ_SECONDS),60)
clean:          # keeps the built dependencies; "rm -rf build" starts from nothing
	@find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} + 2>/dev/null; rm -rf dist

.PHONY: all asan unit check demo copy-campaign hosts-campaign network-campaign size install \
	release fuzz clean
.SECONDARY: $(patsubst $(B)/asan/%,$(B)/asan/o/%.o,$(TESTS) $(FUZZ) $(B)/asan/tests/fuzz_main)
.DELETE_ON_ERROR:
-include $(wildcard $(foreach o,$(B)/o $(B)/asan/o,$(o)/*/*.d $(o)/*/*/*.d))
