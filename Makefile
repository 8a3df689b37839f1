# One makefile, no recursion. `make help` is the table of contents.
ifneq ($(filter hostile,$(MAKECMDGOALS)),) # see there
BUILD  := build/sanitize
CFLAGS := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined
endif
CC     ?= cc
CFLAGS ?= -O2 -g
# A tail call would leave no trace of the line that it was made in.
CALLS  := -fno-optimize-sibling-calls
WARN   := -Wall -Wextra -Wpedantic $(if $(WERROR),-Werror)
BUILD  ?= build
Q      := $(if $(V),,@)

ROOMS  := pipe fifo msgqueue semaphore shm mmap signal unixsock chat
SRCS   := $(wildcard $(foreach r,$(ROOMS),$r/*.c $r/labs/*.c $r/traps/*.c $r/bench/*.c)) \
          $(filter-out scripts/probe.c,$(wildcard scripts/*.c))
PROGS  := $(SRCS:%.c=$(BUILD)/%)
PROBE  := $(patsubst %.c,$(BUILD)/%.so,$(wildcard scripts/probe.c))
STAGE  := $(BUILD)/scripts/stage -b $(BUILD)
# The rooms' tests run side by side where GNU parallel is there: they mostly
# wait, so more at once than there are cores.
JOBS   ?= $(shell parallel --version 2>/dev/null | grep -q GNU && echo 6 || echo 1)
BATS    = BUILD=$(BUILD) bats --print-output-on-failure \
          $(if $(filter-out 1,$(JOBS)),--jobs $(JOBS) --no-parallelize-within-files)

.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
.PHONY: all help run test check doctor standalone clean FORCE \
        claims claim sheets test-labs show step panes diagram page trace diagrams \
        objects clean-objects why traps orders replay faults hostile limits classroom \
        bench bench-sizes bench-suite $(ROOMS:%=bench-%) $(ROOMS:%=run-%) $(ROOMS:%=trap-%) $(ROOMS:%=claims-%) $(ROOMS:%=test-%) need-bats

all: $(PROGS) $(PROBE) ## build every program into build/ROOM/
	@echo "$(words $(PROGS)) programs are in $(BUILD)/; what next: make help"

# A program depends on how it is built, too: other flags build it anew.
export BUILT_WITH := $(CC) $(CPPFLAGS) $(CFLAGS) $(CALLS) $(WARN) $(LDFLAGS) $(LDLIBS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$$BUILT_WITH" | cmp -s - $@ || echo "$$BUILT_WITH" >$@

$(BUILD)/%: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) $(CALLS) $(WARN) $(LDFLAGS) -o $@ $< $(LDLIBS)

# What is preloaded to see a run is no program. It has its own flags: not those
# of a sanitizer. With musl it names no C library: a shell, which has the other
# one, must be able to load it, too.
$(BUILD)/%.so: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) -MMD -MP -MF $(@:.so=.d) -O2 -g $(WARN) \
	  -fno-delete-null-pointer-checks -fPIC -shared $(if $(findstring musl,$(CC)),-nodefaultlibs) -o $@ $<

run: $(PROGS) ## play every room, one after the other (PACE=0: no pauses)
	$(Q)$(STAGE) $(ROOMS)

$(ROOMS:%=run-%): run-%: $(PROGS) ## play the room X in this terminal
	$(Q)$(STAGE) $*

run-%: $(PROGS) ## run-X-all: variants, too; run-X-NAME: one of them
	$(Q)$(STAGE) $(subst -,:,$*)

# What goes wrong, every time, and the right program under the same treatment.
traps: $(PROGS) ## play every trap of every room
	$(Q)$(STAGE) -T $(patsubst %/traps/cast,%,$(wildcard $(ROOMS:%=%/traps/cast)))

$(ROOMS:%=trap-%): trap-%: $(PROGS) ## play the traps of the room X: what goes wrong, and why
	$(Q)$(STAGE) -T $*

trap-%: $(PROGS) ## trap-X-NAME: one of them
	$(Q)$(STAGE) -T $(subst -,:,$*)

# A run that is looked at: X as for run-X, or SRC=a.c,b.c, your own; BOUND=5 ends
# it after five seconds. `#:` is for `make help`.
LIMIT   = $(if $(BOUND),-t $(BOUND))
VIEW    = CC='$(CC)' ./scripts/$(firstword $(subst -, ,$@)) -b $(BUILD) $(LIMIT)
#: show-X      show a run: a lane a process, and what crosses over
#: step-X      the same, held: one key, one call (or KEYS='...')
#: diagram-X   draw it: build/diagram-X.svg (TEXT=1: as text)
#: page-X      a page to go through it: build/page-X.html
#: trace-X     the run under strace, held against what the others show
#: show        your own: show, step, panes, diagram ... SRC=a.c,b.c
show-% step-% page-% trace-%: $(PROGS) $(PROBE)
	$(Q)$(VIEW) $*
# A picture goes to a file, text to this terminal.
DRAW    = $(VIEW) $(if $(filter-out 0,$(TEXT)),$1,-o $(BUILD)/$@.svg $1; s=$$?; \
            [ $$s -ne 0 ] && [ $$s -ne 124 ] || echo $(BUILD)/$@.svg; exit $$s)
diagram-%: $(PROGS) $(PROBE)
	$(Q)$(call DRAW,$*)
WHOSE   = $(if $(SRC),,echo 'make: whose? make $@ SRC=server.c,client.c' >&2; exit 2;)
show step page trace: $(PROGS) $(PROBE)
	$(Q)$(WHOSE) $(VIEW) -s '$(SRC)'
diagram: $(PROGS) $(PROBE)
	$(Q)$(WHOSE) $(call DRAW,-s '$(SRC)')

#: orders-X    play it in every order of its calls: what can come of it?
#: orders      the same for all, or your own: SRC=a.c,b.c (BUDGET=, SEED=)
#: replay-X    one of these orders again: ORDER=1x3,2
ORDERS  = CC='$(CC)' ./scripts/orders -b $(BUILD)
orders-%: $(PROGS) $(PROBE)
	$(Q)$(ORDERS) $*
orders: $(PROGS) $(PROBE)
	$(Q)$(ORDERS) $(if $(SRC),-s '$(SRC)',-a)
replay-%: $(PROGS) $(PROBE)
	$(Q)$(ORDERS) -r $*
replay: $(PROGS) $(PROBE)
	$(Q)$(WHOSE) $(ORDERS) -r -s '$(SRC)'

diagrams: $(PROGS) $(PROBE) ## draw the pictures of the lesson sheets anew
	$(Q)set -e; for room in $(ROOMS); do \
	  TIMES=0 TEXT= ALL= ./scripts/diagram -b $(BUILD) -o $$room/diagram.svg $$room; \
	done

#: faults-X    let each call of a play fail in each way (ONLY='1 5 kill')
FAULTS  = CC='$(CC)' ./scripts/faults -b $(BUILD) $(if $(ONLY),-o '$(ONLY)') $(if $(V),-v)
faults-%: $(PROGS) $(PROBE)
	$(Q)$(FAULTS) $*
faults: $(PROGS) $(PROBE) ## the same for all of them, or for your own: SRC=a.c,b.c
	$(Q)$(FAULTS) $(if $(SRC),-s '$(SRC)',$(ROOMS:%=%-all))

#: panes-X     play it yourself, each process in a pane of tmux
panes-%: $(PROGS)
	$(Q)./scripts/panes -b $(BUILD) $*
panes: $(PROGS)
	$(Q)$(WHOSE) CC='$(CC)' ./scripts/panes -b $(BUILD) -s '$(SRC)'

#: objects     your IPC objects, and who holds each (WATCH=0.5, ALL=1)
#: objects-X   only those of the room X
OBJECTS = $(BUILD)/scripts/objects -b $(BUILD)
LOOK    = $(OBJECTS) $(if $(WATCH),-w $(WATCH))
objects: $(PROGS)
	$(Q)$(LOOK) $(if $(ALL),-a,-u)
objects-%: $(PROGS)
	$(Q)$(LOOK) $*

clean-objects: $(PROGS) ## remove what killed programs have left behind
	$(Q)$(OBJECTS) -c $(if $(V),-v)

why: $(PROGS) ## what is everybody waiting for? (PIDS=: only these)
	$(Q)$(BUILD)/scripts/why -b $(BUILD) $(PIDS)

classroom: $(PROGS) ## students play all at once, some are killed (N=40, SEED=)
	$(Q)./scripts/classroom -b $(BUILD) -n $(or $(N),40) $(if $(SEED),-s $(SEED)) $(LIMIT) \
	  $(if $(ALL),$(ROOMS:%=%-all))

# Peers that send anything to the programs, these built so that they notice what
# they do wrong. COUNT= peers for each, from SEED=; WHAT= a program, or a kind.
hostile: $(PROGS) ## hostile peers: does every program live? (COUNT=, SEED=)
	$(Q)$(BUILD)/scripts/hostile -b $(BUILD) $(if $(COUNT),-n $(COUNT)) \
	  $(if $(SEED),-s $(SEED)) $(WHAT)

# SIZE= and COUNT= of the messages, CORES=same, different or any; CSV= a file for
# all results; REPEAT= so many runs of each.
BENCH   = ./scripts/bench -b $(BUILD) $(if $(SIZE),-s '$(SIZE)') $(if $(COUNT),-n '$(COUNT)') \
            $(if $(CORES),-c '$(CORES)') $(if $(CSV),-o '$(CSV)') $(if $(REPEAT),-r '$(REPEAT)')
bench: $(PROGS) ## how fast, at what price? (SIZE=, COUNT=, CORES=, CSV=)
	$(Q)$(BENCH)

$(ROOMS:%=bench-%): bench-%: $(PROGS) ## the same for the room X
	$(Q)$(BENCH) $*

bench-sizes: $(PROGS) ## from 1 byte to 1 MiB: which overtakes which, and where?
	$(Q)$(BENCH) -z -f $(BUILD)/bench-sizes

bench-suite: $(PROGS) ## time the suite, and its servers with 1 to 1000 clients
	$(Q)CC='$(CC)' ./scripts/bench_suite -b $(BUILD) $(WHAT)

limits: $(BUILD)/scripts/limits ## the system's limits: how full they are, where to raise them
	$(Q)$(BUILD)/scripts/limits

claims: $(PROGS) ## try every claim of the articles here and now
	$(Q)CC='$(CC)' ./scripts/claims -b $(BUILD)

$(ROOMS:%=claims-%): claims-%: $(PROGS) ## try the claims of the room X
	$(Q)CC='$(CC)' ./scripts/claims -b $(BUILD) $*

claim: $(PROGS) ## tell one at length: make claim ID=MSG-10
	$(Q)$(if $(ID),,echo 'make: which? make claim ID=MSG-10' >&2; exit 2;) \
	  CC='$(CC)' ./scripts/claims -b $(BUILD) $(ID)

test check: $(PROGS) $(PROBE) need-bats ## run every test
	$(Q)$(BATS) tests

$(ROOMS:%=test-%): test-%: $(PROGS) $(PROBE) need-bats ## run the tests of the room X
	$(Q)$(BATS) $(wildcard tests/$*.bats tests/$*_*.bats)

test-labs: $(PROGS) need-bats ## run the labs' tests (ALTER=all: each claim)
	$(Q)$(BATS) $(wildcard tests/*_labs.bats)

need-bats:
	@command -v bats >/dev/null || { \
	  echo 'make: bats is missing; ./scripts/setup installs it' >&2; exit 1; }

doctor: ## say what is missing on this machine, and what to do
	$(Q)./scripts/doctor

standalone: ## prove that each .c compiles alone with a bare `cc x.c`
	$(Q)set -e; for f in $(SRCS); do \
	  (cd $${f%/*} && $(CC) -Wall -Wextra -Wpedantic -Werror -o /dev/null $${f##*/}); \
	done; echo '$(words $(SRCS)) files compile alone with $(CC)'

sheets: ## write the claims into the lesson sheets, from the tables
	$(Q)set -e; for room in $(ROOMS); do \
	  ./scripts/claims -s $$room | sed -i -e '/^<!-- claims -->$$/,/^<!-- end/{' \
	    -e '/^<!-- claims -->$$/r /dev/stdin' -e '/^<!--/!d' -e '}' $$room/README.md; \
	done

clean: ## remove build/
	$(Q)rm -rf $(BUILD)

help: ## this table
	@sed -n -e 's/^$$(ROOMS:%=\([a-z]*\)-%).*## /\1-X\t/p' \
	  -e 's/^[a-z]*-%:.*## \([A-Za-z-]*\): /\1\t/p' \
	  -e 's/^#: \([a-zX-]*\) */\1\t/p' \
	  -e 's/^\([a-z-]*\)[ a-z]*:.*## /\1\t/p' Makefile | \
	  awk -F '\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'
	@echo '  X is one of: $(ROOMS)'
	@echo '  Also: V=1 shows the commands, WERROR=1, CC=, CFLAGS=, PACE=, JOBS=, BOUND='

-include $(PROGS:=.d) $(PROBE:.so=.d)
