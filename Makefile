# `make help` lists the targets.
# Knobs: SAN=address,undefined or thread (own build folder), PREFIX, DESTDIR, CC, CFLAGS, WERROR=1 (a warning is an error),
# V=1 (prints whole commands).

BUILD  ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
comma  := ,
PREFIX ?= /usr/local

VERSION := $(shell sed -n 's/^\#define BERT_VERSION "\(.*\)"/\1/p' include/bert.h)
SONAME  := libbert.so.$(firstword $(subst ., ,$(VERSION)))

CFLAGS   ?= -O2 $(if $(SAN),-g)
WARNINGS  = -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)
FLAGS     = $(WARNINGS) -D_GNU_SOURCE -pthread -fopenmp-simd -fvisibility=hidden -fPIC -ffp-contract=off -Iinclude -Isrc \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LIBRARIES = -ldnnl -lgomp -lutf8proc -lonig -ljansson -lcsv -lnettle -lz -lm -ldl

SOURCES := $(shell find src -name '*.c' | LC_ALL=C sort)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
CLI     := $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(wildcard tests/test_*.c),$(wildcard tests/*.c)))
FAULTS  := $(patsubst tests/%.c,$(BUILD)/tests/%.so,$(wildcard tests/faults/*.c))
TOOLS   := $(patsubst %.c,$(BUILD)/%,$(wildcard tools/*/*.c bench/*.c))
TARGETS := $(filter-out fuzz files replay table tensors,$(patsubst fuzz/%.c,%,$(wildcard fuzz/*.c)))

.PHONY: all clean
all: $(BUILD)/bert $(BUILD)/libbert.so ## build/bert and build/libbert.so

# A short line for each file: $(call say,CC,$<). With V=1 the whole commands instead, with -s neither.
Q      := $(if $(filter-out 0,$(V)),,@)
SILENT  = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say     = $(if $(Q),$(if $(SILENT),,@printf '  %-3s %s\n' $(1) $(2)))

# Elsewhere these files compile to nothing.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine 2> /dev/null)),)
$(BUILD)/%_avx2.o:   ISA = -mavx2 -mfma -mf16c
$(BUILD)/%_avx512.o: ISA = -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma
endif

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(ISA) -MMD -MP -c $< -o $@

# For the program, the tests and the tools, which call functions of the library that bert.h has not.
$(BUILD)/inside.a: $(OBJECTS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

# For other programs: one object, in which only what bert.h declares is global, so that a program may have a train() or a
# fail() of its own.
OBJCOPY ?= objcopy
$(BUILD)/libbert.o: $(OBJECTS)
	$(Q)$(LD) -r -o $@ $^
	$(Q)$(OBJCOPY) --localize-hidden $@
$(BUILD)/libbert.a: $(BUILD)/libbert.o
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libbert.so: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -shared -Wl,-soname,$(SONAME) -o $@ $^ $(LIBRARIES)

$(BUILD)/bert: $(CLI) $(BUILD)/inside.a
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -o $@ $^ $(LIBRARIES)

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(SUPPORT) $(BUILD)/inside.a
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -o $@ $^ -lcmocka $(LIBRARIES)

# Stands between the program and the system while it is tested; never under a sanitizer.
$(FAULTS): $(BUILD)/%.so: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(WARNINGS) -D_GNU_SOURCE -Itests -fPIC -O2 -shared -o $@ $(filter %.c,$^) -ldl

$(BUILD)/tests/faults/memory.so: tests/failing/memory.c tests/failing/memory.h
# has malloc() and mmap() of its own
$(BUILD)/tests/test_allocation: $(BUILD)/tests/failing/memory.o $(BUILD)/tests/failing/trials.o

# is a program with OpenMP regions of its own
$(BUILD)/tests/test_environment.o $(BUILD)/tests/test_environment: FLAGS += -fopenmp

$(BUILD)/tests/%.o: FLAGS += -Itests

$(BUILD)/bench/peak.o $(BUILD)/bench/peak: FLAGS += -fopenmp # the machine's peak, on OpenMP's own loops
$(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/inside.a
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -o $@ $^ $(LIBRARIES)

# A target of fuzz/ sees the parsers and what they stand on. Its files live in memory (fuzz/fuzz.h). Where libFuzzer is
# not linked in, replay.c runs it.
PARSERS := $(filter $(BUILD)/src/base/% $(BUILD)/src/json/% $(BUILD)/src/rows/% $(BUILD)/src/tensors/% \
                    $(BUILD)/src/text/% $(BUILD)/src/data/% $(addprefix $(BUILD)/src/model/,config% families/% family.o tensor_names.o) \
                    $(addprefix $(BUILD)/src/task/,task.o labels.o) $(BUILD)/src/tasks/label_lists.o $(BUILD)/src/run/checkpoint.o \
                    $(addprefix $(BUILD)/src/hub/,files.o listing.o name.o reply.o),$(OBJECTS))
IN_MEMORY = $(addprefix -Wl$(comma)--wrap=,file_map_open file_map_close file_map_forget file_exists file_is_stream folder_exists)
REPLAY    = $(if $(findstring fuzzer,$(SAN)),,$(BUILD)/fuzz/replay.o)

$(BUILD)/fuzz/%.o: FLAGS += -Ifuzz
$(TARGETS:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o $(patsubst %,$(BUILD)/fuzz/%.o,fuzz files table tensors) $(PARSERS)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -o $@ $^ $(IN_MEMORY) $(LIBRARIES)
$(TARGETS:%=$(BUILD)/fuzz/%): $(REPLAY)

.PHONY: tests tools targets deps demo-data
tests: $(TESTS) $(FAULTS)
tools: $(TOOLS)
targets: $(TARGETS:%=$(BUILD)/fuzz/%)

deps: ## installs the libraries that the build needs (Debian, Ubuntu)
	@CC="$(CC)" tools/deps.sh

demo-data: ## fetches a small pretrained model and movie reviews into demo/
	@tools/fetch.sh demo

# Steps that depend on each other by more than a file call make again, so that -j keeps their order.
AGAIN = +@$(MAKE) --no-print-directory

.PHONY: demo test check
demo: ## trains on movie reviews, evaluates, predicts
	$(AGAIN) deps
	$(AGAIN) demo-data
	$(AGAIN) all
	@BERT=$(BUILD)/bert sh examples/demo.sh

test: ## every test; ends in one line: N passed, N failed
	$(AGAIN) deps
	@tools/fetch.sh demo > /dev/null || echo "the demo's data cannot be fetched; tests that need them are skipped"
	$(AGAIN) --silent all tests tools targets
	@python3 tests/run.py $(BUILD)

# The same compiles as `make`, by the same flags, but in a folder of their own where a warning is an error: users' compilers
# warn of what we have not seen.
check: ## the rules that a program can check: warnings, layers, format, symbols, lengths
	$(AGAIN) --silent BUILD=build-check WERROR=1 all tests tools targets
	@python3 tools/check/rules.py build-check

.PHONY: bench bench-quick bench-page results torture
BENCH = @BENCH_PYTHON=$(BENCH_PYTHON) python3 bench/bench.py --build $(BUILD)
bench: all tools ## peak, training, inference; BENCH_PYTHON=one with torch, transformers<5, onnxruntime: next to theirs
	$(BENCH)

bench-quick: all tools ## a minute of it, to see that it works
	$(BENCH) --quick

bench-page: ## puts the figures of the last `make bench` into docs/benchmarks.md
	$(BENCH) --page docs/benchmarks.md

results: all tests ## the tables of docs/results.md; with PYTHON=... PyTorch's columns too
	@PYTHON=$(PYTHON) python3 tools/reference/results.py

torture: all tests tools ## every test, the long runs whole
	@BERT_TORTURE=1 TEST_SECONDS=3600 python3 tests/run.py $(BUILD)
	$(AGAIN) races

# In plain C: ThreadSanitizer cannot follow oneDNN.
.PHONY: races
RACES = test_parallel test_threads test_training test_pooled test_answer test_tag test_choose test_similar test_profile test_optimizer
races: ## ThreadSanitizer over training, evaluation and prediction
	$(AGAIN) --silent SAN=thread $(RACES:%=build-thread/tests/%)
	@BERT_ISA=ref python3 tests/run.py build-thread $(RACES)

.PHONY: fuzz fuzz-coverage fuzz-planted
# The clang that is there; without one of that name the newest clang-N.
CLANG ?= $(or $(shell command -v clang),$(shell ls /usr/bin | grep -E '^clang-[0-9]+$$' | sort -V | tail -1),clang)
FUZZ = SAN=fuzzer,address,undefined BUILD=build-fuzz CC=$(CLANG) CFLAGS="-O1 -g"
fuzz: ## hostile input for every parser, FUZZ_SECONDS (60) each; TARGET=squad: one alone
	$(AGAIN) --silent $(FUZZ) targets
	@tools/fuzz/run.sh build-fuzz $(or $(FUZZ_SECONDS),60) $(or $(TARGET),$(TARGETS))

fuzz-coverage: ## which lines of the parsers the kept inputs reach
	$(AGAIN) --silent BUILD=build-coverage CC=$(CLANG) CFLAGS="-O0 -g -fprofile-instr-generate -fcoverage-mapping" targets
	@CLANG=$(CLANG) python3 tools/fuzz/coverage.py build-coverage

fuzz-planted: ## are bugs that are put in on purpose found? (fuzz/planted)
	@CLANG=$(CLANG) tools/fuzz/planted.sh $(TARGET)

.PHONY: install uninstall
PLACE = $(DESTDIR)$(PREFIX)
blank := $(subst ,, )
install: all $(BUILD)/libbert.a ## into PREFIX (/usr/local), below DESTDIR
	install -d "$(PLACE)/bin" "$(PLACE)/lib/pkgconfig" "$(PLACE)/include"
	install -m 755 $(BUILD)/bert "$(PLACE)/bin/bert"
	install -m 644 $(BUILD)/libbert.a "$(PLACE)/lib/libbert.a"
	install -m 755 $(BUILD)/libbert.so "$(PLACE)/lib/libbert.so.$(VERSION)"
	ln -sf libbert.so.$(VERSION) "$(PLACE)/lib/$(SONAME)"
	ln -sf $(SONAME) "$(PLACE)/lib/libbert.so"
	install -m 644 include/bert.h include/bert_program.h include/bert_status.h "$(PLACE)/include"
	$(Q)sed -e 's|@PREFIX@|$(subst $(blank),\\ ,$(PREFIX))|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARIES@|$(LIBRARIES)|' \
	    bert.pc.in > "$(PLACE)/lib/pkgconfig/bert.pc"
	@[ -n "$(DESTDIR)" ] || ldconfig 2> /dev/null || true # so that programs find the new library

uninstall: ## what install put there
	cd "$(PLACE)" && rm -f bin/bert lib/libbert.a lib/libbert.so lib/$(SONAME) lib/libbert.so.$(VERSION) \
	    include/bert.h include/bert_program.h include/bert_status.h lib/pkgconfig/bert.pc

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 20

clean: ## removes the build folders
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
