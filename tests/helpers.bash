# Start programs in pairs; wait for what they say or what the kernel says of
# them, never for time. Every wait is bounded, and only our own are killed.
bats_require_minimum_version 1.5.0

# bats notes where each command stands before it is done, which takes longer than
# most commands do: a fifth of the time of the whole suite. bash 5 also knows
# it when a command has failed. What is noted until here would only mislead.
# shellcheck disable=SC2034 # bats has these variables
note_only_errors() {
  ((BASH_VERSINFO[0] >= 5)) || return 0
  trap - DEBUG
  trap note_error ERR
  BATS_DEBUG_LAST_STACK_TRACE=()
  BATS_DEBUG_LASTLAST_STACK_TRACE=()
}
note_error() {
  bats_error_trap
  bats_capture_stack_trace
}

# common_setup: a private, empty folder for each test, all programs on PATH.
common_setup() {
  local dir root=${BATS_TEST_DIRNAME%/*}
  note_only_errors
  load_libraries
  BUILD=${BUILD:-build}
  [[ $BUILD == /* ]] || BUILD=$root/$BUILD
  for dir in "$BUILD"/*/; do PATH=$dir:$PATH; done
  export LC_ALL=C
  cd "$BATS_TEST_TMPDIR" || return 1
  declare -gA PID=()
  declare -ga TO_REMOVE=()
  skip_if_impossible
}

# load_libraries: what bats_load_library would source. Its way starts a process
# for every file, in every test: a quarter of a minute for the whole suite.
load_libraries() {
  local library path file
  for library in bats-support bats-assert bats-file; do
    for path in ${BATS_LIB_PATH//:/ }; do
      [[ -d $path/$library/src ]] || continue
      # shellcheck disable=SC1090 # whatever is there
      for file in "$path/$library"/src/*.bash; do source "$file"; done
      continue 2
    done
    bats_load_library "$library" # it lies elsewhere, or tells what is missing
  done
}

# A room that this system cannot play is skipped, with the reason.
skip_if_impossible() {
  local room=${BATS_TEST_FILENAME##*/} why status=0
  room=${room%%[_.]*} # fifo.bats, fifo_labs.bats ... are about fifo
  [[ -d ${BATS_TEST_DIRNAME%/*}/$room && ! -e $BATS_FILE_TMPDIR/can ]] || return 0
  why=$(can "$room") || status=$?
  ((status != 77)) || skip "$why"
  ((status != 0)) || : >"$BATS_FILE_TMPDIR/can" # no need to ask for each test
  return "$status"
}

common_teardown() {
  local pid dir
  for pid in "${PID[@]}"; do
    kill -CONT -- "-$pid" 2>/dev/null
    kill -KILL -- "-$pid" 2>/dev/null
    wait "$pid" 2>/dev/null # a bare wait would wait for bats' own watchdog
  done
  local status=0
  no_leftovers || { remove_ours; [[ -z ${BATS_TEST_COMPLETED:-} ]] || status=1; }
  for dir in "${TO_REMOVE[@]}"; do rm -rf -- "$dir"; done
  return $status
}

# start NAME CMD...: run CMD in a process group of its own; NAME.out and
# NAME.err take its output, NAME.in (if it is there) is its input.
# Descriptors above 2 are bats' own: a job that keeps 3 open hangs the run.
start() {
  local name=$1 input=/dev/null
  shift
  [[ ! -e $name.in ]] || input=$name.in
  : >"$name.out"
  : >"$name.err"
  # A group of its own, and no signal ignored, however this suite was started
  # (nohup ignores SIGHUP, a shell's background SIGINT).
  set -m
  (close_inherited; exec env --default-signal "$@") <"$input" >>"$name.out" 2>>"$name.err" &
  PID[$name]=$!
  set +m
}

close_inherited() {
  local fd
  for fd in /proc/"$BASHPID"/fd/*; do
    fd=${fd##*/}
    if ((fd > 2)); then eval "exec $fd>&-"; fi
  done
}

# keyboard NAME: what `types NAME` sends is the input of `start NAME`, until
# `hangs_up NAME`. Call it before start.
keyboard() {
  local fd
  mkfifo "$1.in"
  exec {fd}<>"$1.in" # both ends, so that neither open nor EOF comes too early
  printf -v "KEYS_$1" %s "$fd"
}
# types NAME LINE...
types() {
  local fd=KEYS_$1
  shift
  printf '%s\n' "$@" >&"${!fd}"
}
# hangs_up NAME: end of its input.
hangs_up() {
  local fd=KEYS_$1
  await 10 reads_from "$1" || return 1 # else its open(2) would wait for ever
  fd=${!fd}
  exec {fd}>&-
}
reads_from() {
  local fd=KEYS_$1
  [[ /proc/${PID[$1]}/fd/0 -ef /dev/fd/${!fd} ]]
}

# await SECONDS CMD...: repeat CMD until it succeeds, or fail after SECONDS.
await() {
  local deadline=$((SECONDS + $1)) ms=1 pause
  shift
  # A pause without a process: nothing will ever come from this pipe.
  [[ -n ${NEVER:-} ]] || exec {NEVER}<> <(:)
  until "$@"; do
    if ((SECONDS > deadline)); then
      echo "await: gave up on: $*" >&2
      tail -n +1 -- *.out *.err >&2 2>/dev/null
      return 1
    fi
    printf -v pause '0.%03d' "$ms"
    read -rt "$pause" -u "$NEVER" _ || :
    ((ms = ms < 16 ? ms * 2 : 16))
  done
}

# (Without a process for each look: some tests look a thousand times.)
# contains FILE TEXT: what is after a NUL byte, too.
contains() {
  local part
  while IFS= read -rd '' part || [[ $part ]]; do
    [[ $part != *"$2"* ]] || return 0
  done <"$1"
  return 1
}
says() { contains "$1.out" "$2"; }  # NAME TEXT: on its standard output
warns() { contains "$1.err" "$2"; } # NAME TEXT: on its standard error
# lines NAME N: at least N lines are on its standard output.
lines() {
  local all
  mapfile -n "$2" all <"$1.out"
  ((${#all[@]} == $2)) && [[ ${all[-1]} == *$'\n' ]]
}
# state PID: its letter in $STATE, as proc_pid_stat(5) has it; status 1: it is gone.
state() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  STATE=${stat%% *}
}
# ended NAME: dead, whether the shell has taken note of it or not (a zombie).
ended() { ! state "${PID[$1]}" || [[ $STATE == [ZX] ]]; }
# gone PID...: ended, be it reaped or not.
gone() {
  local pid
  for pid; do ! state "$pid" || [[ $STATE == [ZX] ]] || return 1; done
}
# blocked NAME: asleep in the kernel. Await what it says before: a program
# that has only just been started may sleep for other reasons.
blocked() { state "${PID[$1]}" && [[ $STATE == S ]]; }
stopped() { state "${PID[$1]}" && [[ $STATE == T ]]; }
child_of() { cat "/proc/${PID[$1]}/task/${PID[$1]}/children"; } # NAME: pids

# hit NAME SIGNAL: to that one process (a terminal's Ctrl-C hits the group).
hit() { kill "-$2" "${PID[$1]}"; }

# join NAME [STATUS]: it ends by itself, within 20 s, with STATUS (default 0;
# 128+N is death by signal N).
join() {
  local status=0
  await 20 ended "$1" || return 1
  wait "${PID[$1]}" || status=$?
  unset "PID[$1]"
  if ((status != ${2:-0})); then
    echo "$1: exit status $status, expected ${2:-0}" >&2
    tail -n +1 -- "$1.out" "$1.err" >&2
    return 1
  fi
}

# our_objects: "msg|sem|shm ID" for each System V object keyed by this folder:
# ftok(3) puts the low bits of its device and inode into any key.
our_objects() {
  local OBJECTS=''
  # shellcheck disable=SC2046 # two numbers
  objects_of $(stat -c '%d %i' .)
  printf %s "$OBJECTS"
}
# objects_of DEVICE INODE: the same for this folder, into OBJECTS.
objects_of() {
  local kind row rows ours=$((($1 & 255) << 16 | ($2 & 65535)))
  for kind in msg sem shm; do
    mapfile -ts 1 rows <"/proc/sysvipc/$kind"
    for row in "${rows[@]}"; do
      # shellcheck disable=SC2086 # its words
      set -- $row
      ((($1 & 16777215) != ours)) || OBJECTS+="$kind $2"$'\n'
    done
  done
}
remove_ours() {
  local kind id
  our_objects | while read -r kind id; do
    case $kind in msg) ipcrm -q "$id" ;; sem) ipcrm -s "$id" ;; shm) ipcrm -m "$id" ;; esac
  done 2>/dev/null
}
# no_leftovers: no FIFO, socket, mapped file or System V object in the folder.
no_leftovers() {
  local found left OBJECTS=''
  # The folder's device and inode, then what lies there: one process for all.
  found=$(find . -path . -printf '%D %i' -o \( -type p ! -name '*.in' -o -type s -o \
    -name mmap.dat \) -printf '\n%p')
  # shellcheck disable=SC2086 # two numbers
  objects_of ${found%%$'\n'*}
  left=${found#"${found%%$'\n'*}"}$OBJECTS
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# needs TOOL...: skip, with the reason, where an optional tool is missing.
needs() {
  local tool
  for tool; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (try ./scripts/setup --ci)"
  done
}
# injects SPEC... -- CMD: run CMD under strace with faults injected.
# LeakSanitizer cannot work under ptrace(2), so it is off here.
injects() {
  local spec=()
  while [[ $1 != -- ]]; do spec+=(-e "inject=$1"); shift; done
  shift
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout 20 \
    strace -qq -f -o /dev/null "${spec[@]}" "$@"
}
# can_inject: strace works here, and the program under it is the plain one.
can_inject() {
  needs strace
  [[ ! ${UNDER:-} == valgrind ]] || skip 'strace would see the calls of valgrind, not those of the program'
  strace -qq -o /dev/null true 2>/dev/null || skip 'ptrace(2) is not allowed here'
}

# needs_probe: scripts/probe.so can be preloaded into the programs as they are.
needs_probe() {
  [[ ! ${UNDER:-} == valgrind ]] || skip 'the probe would be preloaded into valgrind'
  [[ ! ${BUILT_WITH:-} == *-fsanitize* ]] || skip 'a sanitizer wants to be the first to be loaded'
  ROOT=${BATS_TEST_DIRNAME%/*}
  # shellcheck disable=SC2034 # for the tests
  scripts=$ROOT/scripts
}

# timeout: as timeout(1), but sure: signals are blocked in parts of the programs,
# and a wrong one may never unblock them.
timeout() { command timeout -k 10 "$@"; }

# as_nobody CMD...: as a second user.
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"; }
# second_user PROGRAM...: cd to a folder that a second user can reach, with
# copies of these programs (bats' own folders and ours may be closed to him).
second_user() {
  local dir name program
  ((EUID == 0)) || skip 'needs root: only root can act as a second user'
  needs setpriv
  dir=$(mktemp -d)
  TO_REMOVE+=("$dir")
  chmod 755 "$dir"
  for name; do
    program=$(command -v "$name")
    cp "$program"* "$dir"
    if [[ -e ${program%/*}/real/$name ]]; then # it only starts the real one
      mkdir -p "$dir/real"
      cp "${program%/*}/real/$name" "$dir/real"
    fi
  done
  cd "$dir" || return 1
  PATH=$dir:$PATH
}
