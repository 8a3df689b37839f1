# The benchmarks: what a result says is so; what is damaged, lost or doubled is
# seen; the table, the marks and the crossing are computed from what was measured.
# How fast they are is not tested: that is what `make bench` tells.
# shellcheck disable=SC2016 # code for awk and sh is quoted on purpose

setup() {
  load helpers
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  mkdir tmp
  unset MAKEFLAGS MFLAGS MAKELEVEL CHART KEEP BOUND
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -mindepth 1)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# programs PATTERN: those whose source has it, as ROOM/bench/NAME.
programs() { (cd "$ROOT" && grep -lE -- "$1" */bench/*.c | sed 's/\.c$//'); }
carrying='measure\(argc, argv, [1-9]'
spinning='spinning needs two processors'
two_processors() { (($(nproc) > 1)) || skip 'needs two processors'; }

# its_size PROGRAM: bytes that it can carry, into SIZE.
its_size() {
  SIZE=64
  case $1 in *sig_queue) SIZE=8 ;; *) grep -qE "$carrying" "$ROOT/$1.c" || SIZE=0 ;; esac
}
# bench ROOM/bench/NAME ARG...
bench() {
  local program=$1
  shift
  timeout 60 "$BUILD/$program" "$@"
}
# field NAME: of the result line in $output, into FIELD.
field() {
  [[ $output =~ \ $1=([^ ]*) ]] || { echo "no $1 in: $output" >&2; return 1; }
  FIELD=${BASH_REMATCH[1]}
}
# is EXPRESSION: of awk.
is() { awk "BEGIN { exit !($1) }" || { echo "not so: $1 ($output)" >&2; return 1; }; }

# stub ROOM/bench/NAME: in its place, in the folder b, a script: stdin, which may say
# NS= (and P99=, CPU= ...) or REFUSED=. $mode, $size, $count, $cores, $batch are set,
# and $n: the how many-th run of these it is.
stub() {
  mkdir -p "b/${1%/*}"
  { echo 'mode=${1-round} size=${2-64} count=${3-100} cores=${4-any} batch=${5-1}'
    echo 'name=${0##*/} P99=9000 SWITCHES=2.000 SLEPT=2.000 COPIES=2 CPU=4000.0 REFUSED= NS=1000 RATIO=1.000'
    echo "echo >>$PWD/n.\$name.\$mode.\$size.\$batch; n=\$(wc -l <$PWD/n.\$name.\$mode.\$size.\$batch)"
    cat
    echo 'printf "%s" "$name $mode size=$size batch=$batch cores=$cores count=$count"'
    echo '[ -z "$REFUSED" ] || { echo " refused: $REFUSED"; exit 77; }'
    echo 'echo " ns=$NS p99=$P99 bare=$NS ratio=$RATIO cpu=$CPU switches=$SWITCHES slept=$SLEPT copies=$COPIES"'
  } | sed '1i #!/bin/sh' >"b/$1"
  chmod +x "b/$1"
}
# stubs: all that scripts/bench wants for the rooms pipe and shm.
stubs() {
  local name
  for name in $(cd "$ROOT" && printf '%s\n' {pipe,shm}/bench/*.c); do
    stub "${name%.c}" <<<'case $name$size in eventfd0) ;; eventfd*) REFUSED="carries no bytes" ;; esac'
  done
  stub shm/bench/futex <<<'NS=4000 COPIES=0; [ $size = 0 ] || REFUSED="carries no bytes"'
  stub shm/bench/line <<<'NS=250 COPIES=0; [ $size = 0 ] || REFUSED="carries no bytes"'
  stub scripts/machine <<<'case $mode in
    syscall) mode=round name=syscall NS=127 ;; *) mode=stream name=memcpy NS=$((size / 20 + 1)) ;; esac'
}
# measured ARG...: scripts/bench with these. strace(1) would count the shell's calls.
measured() {
  mkdir -p nothing
  printf '#!/bin/sh\nexit 1\n' >nothing/strace
  chmod +x nothing/strace
  PATH=$PWD/nothing:$PATH timeout 60 "$ROOT/scripts/bench" -b b "$@"
}
row() { # NAME: its row in $output, into ROW
  ROW=$(grep -m 1 "^$1 " <<<"$output") || { echo "no row of $1 in: $output" >&2; return 1; }
}

@test "bench: one way to measure: all rooms have the same measure.h" {
  local folder
  for folder in "$ROOT"/*/bench/; do
    run -0 cmp "$ROOT/pipe/bench/measure.h" "${folder}measure.h"
  done
}

@test "bench: every source has its header, and no line is over 80 columns" {
  local file n
  for file in "$ROOT"/*/bench/*.c; do
    for n in Article: 'Look for: \[1\]' Try: 'See also: measure.h'; do
      run -0 grep -E "^ \* $n" "$file"
    done
    n=${file#"$ROOT/"}
    run -0 grep -E "^ \* Terminal: build/${n%.c} round (0|8|64) 10000 (same|different)$" "$file"
    for n in 1 2; do # what is to be looked for is marked in the code, too
      (($(grep -c "\[$n\]" "$file") >= 2)) || { echo "$file: [$n]"; return 1; }
    done
  done
  LC_ALL=C.UTF-8 run awk 'length > 80 { print FILENAME ": " $0 }' "$ROOT"/*/bench/*
  refute_output
}

@test "bench: each has a result of round trips: who blocks switches, who spins hardly does" {
  local program ns SIZE spins copies
  spins=$(programs "$spinning")
  for program in $(programs .); do
    its_size "$program"
    if [[ $'\n'$spins$'\n' == *$'\n'$program$'\n'* ]]; then
      (($(nproc) > 1)) || continue
      run -0 bench "$program" round "$SIZE" 2000 different
      # (`switches` are few, too, unless others want the processor.)
      field slept && is "$FIELD < 0.01"
    else
      run -0 bench "$program" round "$SIZE" 60 same # so that a wait is a switch
      field switches && is "$FIELD >= 1"
    fi
    assert_line --regexp "^${program##*/} round size=$SIZE batch=1 cores=(same|different) count=(60|2000) ns=[0-9.]+ p99=[0-9]+ bare=[0-9.]+ ratio=[0-9.]+ cpu=[0-9.]+ switches=[0-9.]+ slept=[0-9.]+ copies=[0-9]$"
    case $program in
      *sig_queue) copies=5 ;; */shm_* | */mmap_*) copies=1 ;; *) copies=$((SIZE ? 2 : 0)) ;;
    esac
    field copies && assert_equal "$FIELD" $copies
    field ns && ns=$FIELD && is "$ns > 0"
    field p99 && is "$FIELD >= int($ns)"
    field ratio && is "$FIELD > 0"
  done
}

@test "bench: each has a result of a stream, or says why there is none" {
  local program SIZE sizes size
  for program in $(programs .); do
    if (($(nproc) == 1)) && grep -q "$spinning" "$ROOT/$program.c"; then continue; fi
    its_size "$program"
    if grep -q 'no stream"' "$ROOT/$program.c"; then
      run -77 bench "$program" stream "$SIZE" 10
      assert_output --regexp "^${program##*/} stream size=0 .* refused: .*: no stream$"
      continue
    fi
    sizes=$SIZE
    [[ $SIZE != 64 ]] || sizes='1 17 64 4097'
    for size in $sizes; do
      run -0 bench "$program" stream "$size" 300
      assert_output --regexp "^${program##*/} stream size=$size batch=1 cores=any count=300 ns=[0-9.]+ bare="
    done
  done
}

# rough: the file rough.h: each call gives as little as it may: a part, or EINTR.
rough() {
  cat >rough.h <<'EOT'
#define _GNU_SOURCE
#include <errno.h>
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static int cut; /* so many bytes less: a message of another size */
static int third(void) { static unsigned n; return ++n % 3 == 0 ? errno = EINTR : 0; }
static size_t part(size_t n) { return n > 8 ? (n + 1) / 2 : n; }
static size_t of_socket(int fd, size_t n)
{
    int type = 0;
    socklen_t len = sizeof type;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    return type == SOCK_STREAM ? part(n) : n;
}
#define read(fd, p, n) read(fd, p, part(n))
#define write(fd, p, n) write(fd, p, part(n))
#define recv(fd, p, n, how) recv(fd, p, of_socket(fd, n), how)
#define send(fd, p, n, how) send(fd, p, of_socket(fd, n) - cut, how)
#define mq_send(q, p, n, prio) mq_send(q, p, (n) - cut, prio)
#define msgsnd(q, p, n, how) (third() ? -1 : msgsnd(q, p, (n) - cut, how))
#define msgrcv(q, p, n, type, how) (third() ? -1 : msgrcv(q, p, n, type, how))
#define semop(set, p, n) (third() ? -1 : semop(set, p, n))
#define sem_wait(sem) (third() ? -1 : sem_wait(sem))
/* and a signal that is nobody's message */
#define sigwaitinfo(set, info) (third() ? kill(getpid(), SIGRTMIN), -1 : sigwaitinfo(set, info))
#define syscall(nr, a, op, ...) \
    ((nr) == SYS_futex && (op) == 0 && third() ? -1 : syscall(nr, a, op, __VA_ARGS__))
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#define atomic_store_explicit(p, n, order) __atomic_store_n(p, (n) + 2 * cut, order)
#define atomic_exchange_explicit(p, n, order) __atomic_exchange_n(p, (n) + 2 * cut, order)
EOT
}

@test "bench: a message that is damaged, lost or doubled is caught, whoever carries it" {
  local program room name how counting='pipe/bench/eventfd semaphore/bench/sem_posix
    semaphore/bench/sem_sysv shm/bench/futex shm/bench/line'
  # The same programs, with a parent that spoils its message number 7 when it is told,
  # or a child that does. All calls are rough ones: in one piece is luck.
  rough
  for program in $(programs "$carrying") $counting; do
    room=${program%%/*}
    mkdir -p "$room"
    [[ -e $room/measure.h ]] || awk '
      /^static double block/ {
        print "static void spoil(int way) {"
        print "    const char *how = getenv(way == DOWN ? \"SPOIL\" : \"SPOIL_UP\");"
        print "    static int nth;"
        print "    if (!how || ++nth != 8) { put(way, outbox); return; }"
        print "    if (*how == \"d\"[0]) put(way, outbox);"
        print "    if (*how == \"l\"[0]) { stamp(); }"
        print "    if (*how >= 48 && *how <= 57) outbox[atoi(how)] ^= 1;"
        print "    cut = (*how == \"s\"[0]) - (*how == \"t\"[0]);"
        print "    put(way, outbox);"
        print "    cut = 0;"
        print "    if (*how >= 48 && *how <= 57) outbox[atoi(how)] ^= 1;"
        print "}"
      }
      /put\((DOWN|UP), outbox\);/ {
        way = /DOWN/ ? "DOWN" : "UP"
        sub(/put\([A-Z]*, outbox\)/, "checked ? spoil(" way ") : put(" way ", outbox)")
        n++
      }
      { print }
      END { exit n != 2 }' "$ROOT/$room/bench/measure.h" >"$room/measure.h"
    cp "$ROOT/$program.c" "$room"
  done
  # shellcheck disable=SC2016
  run -0 bash -c 'printf "%s\n" */*.c | xargs -P 2 -I F sh -c '\''cc -include ./rough.h -O0 -o "${1%.c}" "$1" 2>&1'\'' sh F'
  for program in $(programs "$carrying"); do
    room=${program%%/*} name=${program##*/}
    if (($(nproc) == 1)) && grep -q "$spinning" "$ROOT/$program.c"; then continue; fi
    its_size "$program"
    run -0 timeout 20 "$room/$name" round "$SIZE" 20
    for how in 0 $((SIZE - 1)) lost doubled; do
      SPOIL=$how run -1 timeout 20 "$room/$name" stream "$SIZE" 200
      assert_line --regexp "^$name: message [0-9]+ is lost, doubled or damaged$"
    done
    SPOIL=0 run -1 timeout 20 "$room/$name" round "$SIZE" 20
    SPOIL_UP=0 run -1 timeout 20 "$room/$name" round "$SIZE" 20
    assert_line "$name: message 7 is lost, doubled or damaged"
    run -0 timeout 20 "$room/$name" stream "$SIZE" 200
  done
  # Who keeps messages apart sees that one is too short, though all of its bytes are right.
  for name in msgqueue/msg_sysv msgqueue/msg_posix unixsock/sock_dgram unixsock/sock_seqpacket; do
    SPOIL=short run -1 timeout 20 "$name" stream 64 200
    assert_line --regexp "^${name#*/}: .*: a message of another size$"
  done
  for name in unixsock/sock_dgram unixsock/sock_seqpacket; do
    SPOIL='too long' run -1 timeout 20 "$name" stream 64 200
    assert_line --regexp "^${name#*/}: .*: a message of another size$"
  done
  # Who carries nothing counts.
  for name in pipe/eventfd semaphore/sem_posix semaphore/sem_sysv; do
    run -0 timeout 20 "$name" stream 0 200
    SPOIL=doubled run -1 timeout 20 "$name" stream 0 200
  done
  for name in shm/futex shm/line; do
    (($(nproc) > 1)) || [[ $name != shm/line ]] || continue
    run -0 timeout 20 "$name" round 0 20
    SPOIL=skips run -1 timeout 20 "$name" round 0 20
    assert_output --partial "${name#*/}: a turn was lost"
  done
  # Each byte counts, whatever the size, and each of those that go over together.
  local size at
  for size in 1 8 15 16 17 40 65; do
    for ((at = 0; at < size; at++)); do
      SPOIL=$at run -1 timeout 20 pipe/pipe stream $size 20
    done
  done
  for at in 0 64 319; do
    SPOIL=$at run -1 timeout 20 pipe/pipe stream 64 20 any 5
    assert_line "pipe: message $((35 + at / 64)) is lost, doubled or damaged"
  done
}

@test "bench: what goes over has the size that the result says" {
  can_inject
  local program n calls
  for program in pipe/bench/pipe fifo/bench/fifo msgqueue/bench/msg_sysv msgqueue/bench/msg_posix \
    unixsock/bench/sock_stream unixsock/bench/sock_dgram unixsock/bench/sock_seqpacket unixsock/bench/sock_tcp; do
    calls=0
    for n in 1 50; do # with some to warm up, checked, and bare, each way
      run -0 timeout 60 strace -f -qq -o trace "$BUILD/$program" round 100 $n
      calls=$(($(grep -cE '(write|send|sendto|mq_timedsend)\([^"]*".*, 100(, .*)?(\)| <)|msgsnd\(.*, 100, 0(\)| <)' trace) - calls))
    done
    ((calls == 2 * (6 + 50 + 50 - 3))) || { echo "$program: $calls"; return 1; }
    [[ $program == */msg_posix ]] || continue
    run -0 grep -c mq_unlink trace # there may be no folder to see them in
    assert_output 2
  done
  # Neither end of TCP waits for more to send.
  run -0 grep -c TCP_NODELAY trace
  assert_output 2
  # In a stream, a block has one answer.
  run -0 timeout 60 strace -f -qq -o trace "$BUILD/pipe/bench/pipe" stream 100 50
  run -0 grep -cE 'write\([^"]*".*, 100(\)| <)' trace
  assert_output $((6 + 50 + 50 + 1 + 2 * 10))
  # Nobody is woken who has not said that he sleeps.
  for program in shm/bench/shm_futex mmap/bench/mmap_futex; do
    run -0 timeout 60 strace -f -qq -o trace "$BUILD/$program" stream 64 200 same
    (($(grep -c FUTEX_WAKE trace) <= $(grep -c FUTEX_WAIT trace))) || { echo "$program"; return 1; }
  done
  # Who spins calls nobody, however often.
  (($(nproc) > 1)) || return 0
  for program in $(programs "$spinning"); do
    its_size "$program"
    calls=0
    for n in 1 50; do
      run -0 timeout 60 strace -f -qq -o trace "$BUILD/$program" round "$SIZE" $n
      calls=$(($(grep -vcE ' resumed>|\+\+\+|---' trace) - calls))
    done
    ((calls < 20)) || { echo "$program: $calls"; return 1; }
  done
}

@test "bench: a ring that is full is waited for, and so is a window of signals" {
  local program
  for program in $(programs 'capacity'); do
    if (($(nproc) == 1)) && grep -q "$spinning" "$ROOT/$program.c"; then continue; fi
    run -0 bench "$program" stream 64 100 any 4200 # four of 262 KiB are a ring
    assert_output --partial ' batch=4200 '
  done
  # (What is pending counts for all processes of a user, each timeout(1), too.)
  unshare -U true 2>/dev/null || return 0
  run -0 timeout 60 unshare -U bash -c 'ulimit -i 20 && exec "$0" stream 8 300' "$BUILD/signal/bench/sig_queue"
}

@test "bench: a signal that comes while something is made leaves nothing of it" {
  can_inject
  local program call namespace=''
  unshare -i true 2>/dev/null && namespace='unshare -i'
  while read -r program call; do
    # shellcheck disable=SC2086 # words, or none
    run -0 timeout 60 $namespace bash -c '
      exec 2>err # as it says that a process was terminated
      strace -f -qq -o trace -e inject="$2":signal=TERM:when=1 "$1" round "$3" 10
      echo $?
      tail -qn +2 /proc/sysvipc/*' sh "$BUILD/$program" "$call" "$(its_size "$program"; echo "$SIZE")"
    assert_line 143
    [[ -z $namespace ]] || assert_output 143
  done <<'EOT'
msgqueue/bench/msg_sysv msgget
semaphore/bench/sem_sysv semget
shm/bench/shm_sysv semget
shm/bench/shm_futex shmget
mmap/bench/mmap_sysv semget
fifo/bench/fifo mkdir,mkdirat
msgqueue/bench/msg_sysv wait4
EOT
  # The last had its child no more: nobody is to be killed.
  run -1 grep -E '^[0-9]+ +kill\(' trace
  # One that has a child ends it first: else that would say that its parent is gone.
  run -143 timeout 60 strace -f -qq -o trace -e inject=clone,?fork:signal=TERM:when=1 "$BUILD/pipe/bench/pipe" round 64 10
  # (strace may show the call that a child dies in as one of the child's, too.)
  run -0 awk '$2 ~ /^kill\(/ && /SIGKILL/ && $2 != "kill(" $1 "," { n++ } END { print n + 0 }' trace
  assert_output 1
}

@test "bench: a signal from somebody else is no message" {
  local name
  # Two at once are one: he cannot know which. So once is not enough.
  for name in sig_fd sig_wait sig_suspend; do
    start $name "$BUILD/signal/bench/$name" round 0 100000000
    await 10 both_run $name
    await 10 strikes $name
    join $name 1
    run -0 cat $name.err
    assert_output --partial 'SIGUSR1'
  done
}
strikes() { kill -USR1 "${PID[$1]}" 2>/dev/null; ended "$1"; } # NAME

@test "bench: the figures: medians, 99th percentile, and what both processes took" {
  cp "$ROOT/pipe/bench/measure.h" .
  cat >fake.c <<'EOT'
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
static long long ns; /* of a clock that goes as it is told */
static void tell(struct timespec *t) { t->tv_sec = ns / 1000000000; t->tv_nsec = ns % 1000000000; }
static void used(struct rusage *use)
{
    static int n; /* 221 more of 1, 2, 1 and 2 */
    *use = (struct rusage){.ru_utime = {1, n * 221}, .ru_stime = {2, n * 442},
        .ru_nvcsw = 1000 + n * 221, .ru_nivcsw = 2000 + n * 442};
    n++;
}
static pid_t waited(pid_t child, int *status, struct rusage *use)
{
    /* 221 of 4, 8, 4 and 8 */
    *use = (struct rusage){.ru_utime = {0, 884}, .ru_stime = {0, 1768}, .ru_nvcsw = 884, .ru_nivcsw = 1768};
    return waitpid(child, status, 0);
}
#define clock_gettime(clock, t) tell(t)
#define getrusage(who, use) used(use)
#define wait4(child, status, how, use) waited(child, status, use)
#include "measure.h"
static int ends[2][2];
static void create(void) { if (pipe(ends[0]) || pipe(ends[1])) fail("pipe"); }
static void enter(int in) { (void)in; }
static void put(int way, const unsigned char *message)
{
    static uint64_t seen;
    static int checked, bare, warm;
    if (sent != seen)
        ns += (checked++ * 37 % 105 + 1) * 10; /* 10 to 1050, mixed */
    else if (warm < 11)
        warm++, ns += 1000000;
    else
        ns += 100 + bare++; /* 100 to 204, growing */
    seen = sent;
    if (write(ends[way][1], message, unit) != (ssize_t)unit) fail("write");
}
static const unsigned char *get(int way)
{
    if (read(ends[way][0], inbox, unit) != (ssize_t)unit) fail("read");
    return inbox;
}
static void destroy(void) {}
int main(int argc, char *argv[]) { return measure(argc, argv, 64, 9); }
EOT
  run -0 cc -O0 -o fake fake.c
  # 105 times, with 11 to warm up: 221 with the bare ones. Of 10, 20 ... 1050 that is in
  # the middle, and the 103rd; of the blocks of bare ones the fifth, 142 to 151.
  run -0 timeout 20 ./fake round 64 105
  assert_output 'fake round size=64 batch=1 cores=any count=105 ns=530.000 p99=1040 bare=146.500 ratio=3.104 cpu=15000.0 switches=15.000 slept=5.000 copies=9'
  run -0 timeout 20 ./fake stream 64 105 any 4
  assert_output 'fake stream size=64 batch=4 cores=any count=105 ns=130.000 bare=36.625 ratio=3.104 cpu=3750.0 switches=3.750 slept=1.250 copies=9'
}

@test "bench: what a mechanism refuses is told, with its limit, and not replaced" {
  run -77 bench msgqueue/bench/msg_sysv round $(($(cat /proc/sys/kernel/msgmax) + 1)) 10
  assert_output --regexp "refused: over MSGMAX $(cat /proc/sys/kernel/msgmax)$"
  run -0 bench msgqueue/bench/msg_sysv round "$(cat /proc/sys/kernel/msgmax)" 10
  run -77 bench unixsock/bench/sock_dgram stream 4000000 10
  assert_output --regexp 'refused: over SO_SNDBUF [0-9]+$'
  if [[ -e /proc/sys/fs/mqueue/msgsize_max ]]; then
    local most
    most=$(cat /proc/sys/fs/mqueue/msgsize_max)
    run -77 bench msgqueue/bench/msg_posix round $((most + 1)) 10
    assert_output --regexp "refused: over fs.mqueue.msgsize_max $most$"
    run -77 timeout 60 bash -c 'ulimit -q 0 && exec "$0" round 64 10' "$BUILD/msgqueue/bench/msg_posix"
    assert_output --regexp 'refused: over RLIMIT_MSGQUEUE 0$'
  fi
  run -77 timeout 60 bash -c 'ulimit -i 0 && exec "$0" round 8 10' "$BUILD/signal/bench/sig_queue"
  assert_output --regexp 'refused: over RLIMIT_SIGPENDING 0$'
  run -77 bench signal/bench/sig_queue round 9 10
  assert_output --regexp 'refused: over sizeof\(union sigval\) 8$'
  local program
  for program in $(programs 'measure\(argc, argv, 0'); do
    run -77 bench "$program" round 1 10
    assert_output --regexp '^.* size=1 .* refused: carries no bytes$'
  done
  for program in $(programs "$spinning"); do
    its_size "$program"
    run -77 bench "$program" round "$SIZE" 10 same
    assert_output --regexp ' cores=same .* refused: spinning needs two processors$'
  done
  needs taskset
  run -77 taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" "$BUILD/pipe/bench/pipe" round 64 10 different
  assert_output --regexp 'refused: needs two processors$'
}

@test "bench: wrong arguments are told: status 2" {
  local arguments program
  while read -r arguments; do
    # shellcheck disable=SC2086 # words
    run -2 bench pipe/bench/pipe $arguments
    assert_output --regexp '^pipe: (usage: |.* is not a number from )'
  done <<'EOT'
other
round 0
round x
round 64x
round 64 0
round 64 10 here
round 64 10 same 1
stream 64 10 same 0
stream 64 10 same 99999999
stream 64 10 same 1 1
round 16777216
EOT
  for program in $(programs .); do
    run -2 bench "$program" other
  done
  run -2 bench scripts/machine
  run -2 bench scripts/machine other
}

@test "bench: a result that cannot be written is told" {
  run -1 bash -c '"$0" round 64 10 >/dev/full' "$BUILD/pipe/bench/pipe"
  assert_output 'pipe: stdout: No space left on device'
  run -1 bash -c '"$0" round 99999 10 >/dev/full' "$BUILD/msgqueue/bench/msg_sysv"
}

# both_run NAME: it has its child, into CHILD, and that may be ended: so it has the
# processor that it is to have.
both_run() {
  local mask
  CHILD=$(child_of "$1") && CHILD=${CHILD% }
  [[ $CHILD ]] && mask=$(awk '/^SigBlk/ { print $2 }' "/proc/$CHILD/status") &&
    ! ((16#$mask & 1 << 14)) # SIGTERM
}
on() { awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$1/status"; } # PID: its processors

@test "bench: CORES says where the two processes run" {
  two_processors
  local program all cores SIZE parent child
  all=$(on $$)
  for program in $(programs .); do
    its_size "$program"
    for cores in same different; do
      [[ $cores != same ]] || ! grep -q "$spinning" "$ROOT/$program.c" || continue
      start it "$BUILD/$program" round "$SIZE" 10000000 $cores
      await 10 both_run it
      parent=$(on "${PID[it]}") child=$(on "$CHILD")
      case $cores in
        same) [[ $parent =~ ^[0-9]+$ && $child == "$parent" ]] ;;
        different) [[ $parent =~ ^[0-9]+$ && $child =~ ^[0-9]+$ && $child != "$parent" ]] ;;
      esac || { echo "$program $cores: $parent and $child" >&2; return 1; }
      hit it TERM
      join it 143
    done
  done
  start it "$BUILD/pipe/bench/pipe" round 64 10000000 any
  await 10 both_run it
  [[ $(on "${PID[it]}") == "$all" && $(on "$CHILD") == "$all" ]]
  hit it TERM
  join it 143
}

@test "bench: no program takes a name of measure.h for something else" {
  local file # two `static int x;` are one variable, and no error
  for file in "$ROOT"/*/bench/*.c; do
    run -0 cc -Wredundant-decls -Werror -fsyntax-only "$file"
  done
}

@test "bench: however one is ended, no process and no object of it stays" {
  local program SIZE namespace='' left
  unshare -i true 2>/dev/null && namespace='unshare -i' # then only its objects are seen
  for program in $(programs .); do
    if (($(nproc) == 1)) && grep -q "$spinning" "$ROOT/$program.c"; then continue; fi
    its_size "$program"
    # In a shell, which looks when all is over.
    # shellcheck disable=SC2086 # words, or none
    run -0 timeout 60 $namespace bash -c '
      trap "" TERM
      # over: the child is gone, reaped or not.
      over() { while grep -qs "^State:[[:space:]]*[^ZX[:space:]]" "/proc/$child/status"; do :; done; }
      for sig in TERM INT; do
        env --default-signal "$@" >out 2>err & parent=$!
        until { read -r child; [ "$child" ]; } <"/proc/$parent/task/$parent/children"; do :; done 2>/dev/null
        kill -$sig $parent; wait $parent; echo $sig $?
        over
        ! grep . err
      done
      "$@" >out 2>err & parent=$!
      until { read -r child; [ "$child" ]; } <"/proc/$parent/task/$parent/children"; do :; done 2>/dev/null
      kill -KILL $child; wait $parent; echo child $?; cat err
      tail -qn +2 /proc/sysvipc/*
      "$@" >out 2>err & parent=$!
      until { read -r child; [ "$child" ]; } <"/proc/$parent/task/$parent/children"; do :; done 2>/dev/null
      kill -KILL $parent; wait $parent 2>/dev/null; echo parent $?
      over
      ' sh "$BUILD/$program" round "$SIZE" 10000000
    left=$(grep -vE '^(TERM 143|INT 130|child 1|parent 137|'"${program##*/}"': .*)$' <<<"$output" || :)
    [[ -z $namespace || -z $left ]] || { echo "$program: $output"; return 1; }
    assert_line 'TERM 143'
    assert_line 'INT 130'
    assert_line 'child 1'
    [[ $output == 'TERM 143'$'\nINT 130\nchild 1\n'* ]] # and nothing is said of the end
    case $program in */pipe | */fifo | */sock_*) ;; # their ends of file may be first
      *) assert_line "${program##*/}: the child was killed: no result" ;;
    esac
  done
}

@test "bench: the table: medians, spread, ratios, and noisy what differs by more than a fifth" {
  stubs
  stub pipe/bench/pipe <<'EOT'
[ $mode = stream ] || NS=$((8000 + n * 100)) # 100 more each time, the first does not count
case $mode.$size.$batch in
  stream.64.1) NS=500; [ $n != 3 ] || NS=800 ;;
  stream.64.64) NS=10 ;;
  stream.65536.1) NS=65536 ;;
esac
EOT
  run -0 measured -c different pipe
  row pipe
  # 8400 of 8200 to 8600: 5 %. 9 us, 2 M/s (one of 1.25: noisy), 100 M/s, 1000 MB/s;
  # of a round trip's two messages each 2 us CPU, 1 switch; 8400 / 4000; 65536 / 3277 ns
  [[ $ROW =~ ^pipe\ +8.40\ +5%\ +9.00\ +~2.00\ +100\ +1000\ +2.00\ +-\ +1.00\ +2\ +2.10\ +0.05$ ]]
  assert_line --regexp '^Noisy: pipe: one by one 38 %$'
  row memcpy
  [[ $ROW =~ ^memcpy\ +(19999|20000|1999[0-9])\ +0%\ +copying ]]
  row eventfd
  row futex
  [[ $ROW =~ ^futex\ +4.00\ +0%\ .*\ 1.00\ +-$ ]]
  run awk 'length > 80' <<<"$output"
  refute_output
}

@test "bench: the table: who is refused or fails has a row that says so" {
  stubs
  stub pipe/bench/pipe <<<'[ $size != 65536 ] || REFUSED="over MSGMAX 8192"'
  run -0 measured -n 50 -r 1 pipe
  assert_line --regexp '^Cannot be: pipe: 65536 bytes refused: over MSGMAX 8192$'
  stub pipe/bench/pipe <<<'REFUSED="spinning needs two processors"'
  run -0 measured -r 1 pipe
  assert_line --regexp '^pipe +refused: spinning needs two processors$'
  stub pipe/bench/pipe <<<'echo "pipe: read: end of file" >&2; exit 1'
  run -1 measured -r 1 pipe
  assert_line --regexp '^pipe +failed: pipe: read: end of file$'
  stub pipe/bench/pipe <<<'[ $n = 1 ] || { echo "pipe: message 7 is damaged" >&2; exit 1; }'
  run -1 measured -r 2 pipe
  assert_output --partial 'failed: pipe: message 7 is damaged'
  stub pipe/bench/pipe <<<'kill -KILL $$'
  run -1 measured -r 1 pipe
  assert_line --regexp '^pipe +failed: ended with status 137$'
  stub pipe/bench/pipe <<<'exit 124' # as timeout(1) would
  run -1 measured -r 1 pipe
  assert_line --regexp '^pipe +failed: not at its end after [0-9]+ s$'
}

@test "bench: so many messages as are asked for, each program run so many times, and all in CSV" {
  stubs
  run -0 measured -s 100 -n 640 -r 3 -c same -o all.csv pipe
  assert_output --partial 'Messages of 100 bytes; the two processes on the same processor; medians of 3 runs'
  run -0 awk -F , '$2 == "pipe" && $3 == "round" && $4 == 100 && $6 == "same" && $7 == 640 && $8 == 1000' all.csv
  assert_equal ${#lines[@]} 3
  run -0 awk -F , '$2 == "pipe" && $5 == 64 && $7 == 10' all.csv # of 64 messages
  assert_equal ${#lines[@]} 3
  run -0 head -n 1 all.csv
  assert_output 'run,name,mode,size,batch,cores,count,ns,p99,bare,ratio,cpu,switches,slept,copies,refused'
  run -1 measured -o no/such/file pipe
  run -1 measured -r 1 -o /dev/full pipe # the table is there all the same
  row pipe
  assert_output --partial 'bench: /dev/full: not all could be written'
}

@test "bench-sizes: the table, the chart, and where the lines cross" {
  stubs
  stub pipe/bench/pipe <<<'NS=1000'
  stub shm/bench/shm_sysv <<<'NS=4000; [ $size -lt 4096 ] || NS=250' # 1/4, then 4 times
  stub shm/bench/shm_posix <<<'NS=500; [ $size -lt 65536 ] || NS=2000'
  stub shm/bench/shm_futex <<<'NS=500'
  stub shm/bench/shm_spin <<<'REFUSED="spinning needs two processors"'
  CHART='pipe shm_sysv' run -0 measured -z -r 1 pipe shm
  row pipe
  [[ $ROW =~ ^pipe\ +1.00\ +4.00\ +16.0\ .*\ 4096\ +16k\ +66k\ +262k\ +1049k$ ]]
  # Between 1 KiB and 4 KiB, in the middle in logarithms.
  [[ ${output//$'\n    '/ } == *'  shm_sysv slower at 1 byte (4.00 times); overtakes it at 2.00 KiB; 4.00 times as fast at 1 MiB'* ]]
  [[ ${output//$'\n    '/ } == *'  shm_posix faster at 1 byte (2.00 times); falls behind at 32.0 KiB; 0.500 times as fast at 1 MiB'* ]]
  assert_line '  shm_futex faster at 1 byte (2.00 times); 2.00 times as fast at 1 MiB'
  assert_line '  shm_spin not measured'
  assert_output --partial 'Cannot be: shm_spin, 1 byte: spinning needs two processors'
  assert_line --regexp '^ +[0-9e+]+ \|.*[ab]'
  assert_line 'a=pipe b=shm_sysv (the later covers the earlier) *=shared memory and pipe cross'
  # At 2 KiB, in the middle of the sixth step, at 2048 MB/s.
  assert_line --regexp '^ +\|([. ]{6}){5}[. a]{0,3}\*|\|.{33}\*'
  refute_line --regexp '^(eventfd|futex|line) '
  run awk 'length > 80' <<<"$output"
  refute_output
  stub pipe/bench/pipe <<<'echo "pipe: read: end of file" >&2; exit 1'
  run -1 measured -z -r 1 pipe
  assert_output --partial 'Cannot be: pipe, 1 byte: failed: pipe: read: end of file'
}

@test "bench: the table is what the results are, run by run" {
  # r NAME MODE SIZE BATCH RATIO NS...: the results of four runs.
  r() {
    local n=0 ns head="$1 $2 size=$3 batch=$4 cores=different count=100" ratio=$5
    shift 5
    for ns; do
      echo "$((++n)) $head ns=$ns p99=20000 bare=1 ratio=$ratio cpu=3000.0 switches=2.500 slept=2.500 copies=2"
    done
  }
  {
    printf 'row %s\n' futex line pipe shm_futex shm_spin eventfd
    echo 'own eventfd 0'
    echo 'calls pipe 4.5000 0'
    echo 'calls shm_futex 2.2000 1' # not so: two for each of 2.5 that slept
    r pipe round 64 1 1.050 4000 5000 6000 9000 # by run 2, 5, 2, 3 of a futex
    r pipe stream 64 1 1.200 500 400 500 500    # 25 %
    r pipe stream 64 64 1 50 50 50 50
    r pipe stream 65536 1 1 32768 32768 32768 32768
    r shm_futex round 64 1 1.300 2500 2500 2500 2500
    r shm_futex stream 64 1 1.100 250 250 250 300 # 17 %
    r shm_futex stream 64 64 1 20 25 25 25        # 25 %
    r shm_spin round 64 1 1 300 300 300 300
    r eventfd round 0 1 1 905 1000 1000 1110 # 20.5 %
    r futex round 0 1 1 2000 1000 3000 3000
    r line round 0 1 1 200 100 100 100
    r syscall round 0 1 1 127 127 127 127
    r memcpy stream 65536 1 1 6553.6 6553.6 6553.6 6553.6
  } >results
  run -0 awk -f "$ROOT/scripts/results.awk" -f "$ROOT/scripts/bench.awk" -v size=64 -v bulk=65536 -v cores=different -v times=4 results
  cat >due <<'EOT'
Messages of 64 bytes; the two processes on the two processors; medians of 4 runs

                round trip, us one way, M/s   MB/s  half a trip costs  times of
              median   +-  99 %  by 1 by 64    64K CPUus call swit cp wait copy
pipe           ~5.50  91%  20.0 ~2.00  20.0   2000  1.50 2.25 1.25  2~2.50 0.20
shm_futex       2.50   0%  20.0  4.00 ~40.0      -  1.50 2.50 1.25  2~1.04    -
shm_spin       0.300   0%  20.0     -     -      -  1.50    - 1.25  2~3.00    -
they carry no bytes (sig_queue: 8):
eventfd        ~1.00  20%  20.0     -     -      -  1.50    - 1.25  2~0.41    -
the limits:
futex          ~2.50  80%  20.0     -     -      -  1.50    - 1.25  2 1.00    -
line          ~0.100 100%  20.0     -     -      -  1.50    - 1.25  2 1.00    -
syscall        0.127   0%  a system call that does nothing
memcpy                                       10000   0%  copying within a cache

~: noisy, the runs differ by more than a fifth. +-: from the fastest to the
  slowest of the runs. by 1, by 64: messages handed over singly, or 64 at once.
  64K: messages of 65536 bytes. call: system calls (- as strace is missing);
  with a futex two for each time that one slept. swit: context switches. cp:
  copies of each byte. wait: the round trip, in those of a futex, run by run; of
  who spins, of a cache line. copy: MB/s, in those of memcpy
Noisy: futex: round trip 80 %; line: round trip 100 %; pipe: round trip 91 %,
  one by one 25 %; shm_futex: 64 at once 25 %; eventfd: round trip 20 %
Checked against bare, that is the same calls without number, sum and clock,
  round trip and one way: pipe 1.05 1.20; shm_futex 1.30 1.10; shm_spin 1.00 -;
  eventfd 1.00 -. At most 1.30 (shm_futex) and 1.20 (pipe). (In shared memory
  nobody has read a bare message.)
Who blocks takes 0.41 (eventfd) to 2.50 (pipe) times as long for a round trip as
  a futex, whose runs differ by 80 %; who spins, times as long as a cache line
  needs: shm_spin 3.00.
Messages a second, shm_futex in those of a pipe: 64 at once 2.00, one by one
  1.83; 64 at once in those of a pipe one by one (no comparison) 20.0.
EOT
  diff -Z due <(echo "$output")
}

@test "bench-sizes: what is computed, and drawn, is what the results are" {
  # r NAME NS1 NS4 NS16: bytes of a message, each in two runs, a fifth apart, or more.
  r() {
    echo "1 $1 stream size=1 batch=1 ns=$2 x=1"
    echo "1 $1 stream size=16 batch=1 ns=$4 x=1"
    echo "1 $1 stream size=4 batch=1 ns=$3 x=1"
    echo "2 $1 stream size=1 batch=1 ns=$2 x=1"
    echo "2 $1 stream size=4 batch=1 ns=$3 x=1"
    echo "2 $1 stream size=16 batch=1 ns=$4 x=1"
  }
  {
    printf 'row %s\n' pipe shm_sysv shm_spin mmap_futex
    r pipe 100 100 100
    r shm_sysv 400 200 12.5
    echo '3 shm_sysv stream size=1 batch=1 ns=350 x=1' # 14 %
    echo '3 mmap_futex stream size=4 batch=1 ns=320 x=1' # 25 %
    r mmap_futex 50 400 400
    echo '0 shm_spin stream size=1 batch=1 refused: spinning needs two processors'
    echo '0 shm_spin stream size=4 batch=1 refused: spinning needs two processors'
  } >results
  run -0 awk -f "$ROOT/scripts/results.awk" -f "$ROOT/scripts/sizes.awk" -v cores=same -v times=2 -v lines=lines -v chart='pipe shm_sysv' results
  cat >due <<'EOT'
MB/s one way, message by message, by the message's size in bytes; on one
processor; medians of 2 runs, ~ if these differ by more than a fifth (noisy)

                   1     4    16
pipe            10.0  40.0   160
shm_sysv        2.50  20.0  1280
shm_spin           -     -     -
mmap_futex      20.0 ~10.0  40.0
Cannot be: shm_spin, 1 byte: spinning needs two processors

         |
    1000 |.     .     b
         |.     .    b
         |.     .   b
         |.     .  b  a
     100 |.     . baaa
         |.     .a*
         |.   aaab
         |. aa bb
      10 |aa  b
         |. bb
         |bb
         |
    MB/s  1     4     16

a=pipe b=shm_sysv (the later covers the earlier) *=shared memory and pipe cross

Is shared memory the fastest? Here, message by message, against a pipe:
  shm_sysv slower at 1 byte (4.00 times); overtakes it at 6 bytes; 8.00 times as
    fast at 16 bytes
  shm_spin not measured
  mmap_futex faster at 1 byte (2.00 times); falls behind at 2 bytes; 0.250 times
    as fast at 16 bytes
EOT
  diff -Z due <(echo "$output")
  run -0 cat lines
  assert_output 'size pipe shm_sysv
1 10 2.5
4 40 20
16 160 1280'
  echo '1 pipe stream size=1 batch=1 failed: ended' >>results
  run -1 awk -f "$ROOT/scripts/results.awk" -f "$ROOT/scripts/sizes.awk" -v cores=same -v times=2 -v lines= -v chart=pipe results
}

@test "bench: the runs take turns, with the wishes passed on, and all are in CSV once" {
  stubs
  stub pipe/bench/pipe <<<'[ $size != 65536 ] || REFUSED="over \"MSGMAX\" 8192"'
  stub pipe/bench/eventfd <<<'[ $size = 8 ] || REFUSED="over sizeof(union sigval) 8"'
  mkdir -p nothing
  cat >nothing/strace <<'EOT'
#!/bin/sh
# 10 calls, and 6 for each of 3 or 421 round trips; and what is none
while [ "$1" != -o ]; do shift; done
awk -v trips=$([ "$6" = 1 ] && echo 3 || echo 421) 'BEGIN {
  for (i = 0; i < 10 + 6 * trips; i++) print "1 read(0 <unfinished ...>\n2 <... read resumed>\n1 --- SIGCHLD"
  print "1 +++ exited with 0 +++"
}' >"$2"
EOT
  chmod +x nothing/strace
  PATH=$PWD/nothing:$PATH run -0 timeout 60 "$ROOT/scripts/bench" -b b -c any -r 2 -o all.csv pipe
  row pipe
  [[ $ROW =~ ^pipe\ .*\ 3.00\ +1.00\ +2\  ]] # calls of a message
  run -0 awk -F , 'NR > 1 && $15 == "\"\"" { print $1 }' all.csv
  assert_equal "$(sort -n <<<"$output")" "$output"
  run -0 awk -F , 'NR > 1 { print $6 }' all.csv
  assert_equal "$(sort -u <<<"$output")" any
  run -0 grep -F pipe, all.csv # as many as take 60 ms, checked and bare
  assert_output '0,pipe,stream,65536,1,any,100,,,,,,,,,"refused: over ""MSGMAX"" 8192"
1,pipe,round,64,1,any,50000,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""
1,pipe,stream,64,1,any,50000,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""
1,pipe,stream,64,64,any,781,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""
2,pipe,round,64,1,any,50000,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""
2,pipe,stream,64,1,any,50000,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""
2,pipe,stream,64,64,any,781,1000,9000,1000,1.000,4000.0,2.000,2.000,2,""'
  run -0 grep -c '^[12],eventfd,.*,8,1,any,' all.csv
  assert_output 4
}

@test "bench: what bench_machine says of this machine, and machine of its calls and copies" {
  mkdir -p nothing
  printf '#!/bin/sh\necho ${PROCESSORS:-1}\n' >nothing/nproc
  printf '#!/bin/sh\ncase $1 in -r) echo 6.1.0-of-a-very-long-name-indeed ;; *) echo a-machine ;; esac\n' >nothing/uname
  chmod +x nothing/*
  PATH=$PWD/nothing:$PATH run -0 "$ROOT/scripts/bench_machine"
  assert_line --regexp '^machine  .*, 1 processor(,|$)'
  assert_line --regexp '^kernel   6.1.0-of-a-very-long, .*governor: '
  assert_line --regexp '^load     [0-9.]+ [0-9.]+ [0-9.]+$'
  PATH=$PWD/nothing:$PATH PROCESSORS=3 run -0 "$ROOT/scripts/bench_machine"
  assert_line --regexp '^machine  .*, 3 processors(,|$)'
  PATH=$PWD/nothing:$PATH PROCESSORS=$(printf '%080d' 3) run -0 "$ROOT/scripts/bench_machine"
  run awk 'length > 80' <<<"$output"
  refute_output
  # With copies that take 100, 101, 102 ... ns, after 11 to warm up.
  cat >slow.h <<'EOT'
#define _GNU_SOURCE
#include <string.h>
#include <time.h>
static long long passed, copies = -11;
static void *slowly(void *to, const void *from, size_t n)
{
    passed += copies < 0 ? 1000000 : 100 + copies;
    copies++;
    return memcpy(to, from, n);
}
static void tell(struct timespec *t) { t->tv_sec = 0; t->tv_nsec = passed; }
#define memcpy slowly
#define clock_gettime(clock, t) tell(t)
EOT
  run -0 cc -O0 -include ./slow.h -o slow "$ROOT/scripts/machine.c"
  run -0 timeout 20 ./slow memcpy 64 100
  assert_output --regexp '^memcpy stream size=64 batch=1 cores=any count=100 ns=144.500 bare=144.500 ratio=1.000 cpu=149.5 switches=[0-9.]+ slept=0.000 copies=1$'
  run -0 bench scripts/machine syscall 0 100
  assert_output --regexp '^syscall round size=0 batch=1 cores=any count=100 ns=[0-9.]+ p99=[0-9]+ bare=[0-9.]+ ratio=1.000 cpu=[0-9.]+ switches=[0-9.]+ slept=0.000 copies=0$'
  run -77 bench scripts/machine syscall 8 100
  assert_output --regexp ' size=8 .* refused: carries no bytes$'
  can_inject
  run -0 timeout 60 strace -o trace "$BUILD/scripts/machine" syscall 0 100 same
  run -0 grep -cE '^getppid' trace
  assert_output 111
  run -0 grep -c '^sched_setaffinity' trace
  assert_output 1
}

@test "bench-sizes: a picture where gnuplot is, and without it a word and the chart" {
  stubs
  cp nothing/strace no_gnuplot 2>/dev/null || printf '#!/bin/sh\nexit 127\n' >no_gnuplot
  mkdir -p nothing
  cp no_gnuplot nothing/gnuplot
  chmod +x nothing/gnuplot
  run -0 measured -z -f picture pipe
  assert_output --partial '; medians of 3 runs'
  assert_line --partial 'no picture: gnuplot is missing'
  assert_not_exists picture.svg
  rm nothing/gnuplot
  needs gnuplot
  run -0 measured -z -r 1 -f picture pipe
  assert_line picture.svg
  run -0 head -c 300 picture.svg
  assert_output --partial '<svg'
  run -0 head -c 4 picture.png
  assert_output --partial PNG
}

@test "bench: wrong wishes are told before anything is measured" {
  local wish
  for wish in '-s 0' '-s x' '-s 99999999' '-n 0' '-r 1.5' '-z -s 64' '-c here' '-q' 'nowhere' 'chat'; do
    # shellcheck disable=SC2086 # words
    run -2 measured $wish
  done
  assert_output --partial 'make bench-fifo'
  run -1 measured pipe # nothing is built there
  assert_output --partial 'is not built'
}

@test "bench: interrupted, it leaves nothing and no process" {
  stubs
  stub pipe/bench/pipe <<<"echo \$\$ >$PWD/pid; exec sleep 100"
  mkdir -p nothing
  start bench "$ROOT/scripts/bench" -b "$PWD/b" pipe
  await 10 test -s pid
  kill -INT -- "-${PID[bench]}"
  await 10 ended bench # it does not wait until the time of this run is over
  join bench 130
  await 10 gone "$(cat pid)"
}

@test "bench: make bench-pipe measures the pipe, against the limits" {
  [[ -z ${UNDER:-} ]] || skip 'how fast is valgrind?'
  run -0 timeout 100 make -s -C "$ROOT" BUILD="$BUILD" bench-pipe COUNT=20 REPEAT=1
  row pipe
  row eventfd
  row futex
  assert_output --partial 'Messages of 64 bytes'
  run awk 'length > 80' <<<"$output"
  refute_output
  run -2 timeout 100 make -s -C "$ROOT" BUILD="$BUILD" bench-chat
}

@test "bench: the sheets name the benchmarks, and README what make has" {
  local program room
  for program in $(programs .); do
    room=${program%%/*}
    run -0 grep -F "bench/${program##*/}.c\`" "$ROOT/$room/README.md"
  done
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock; do
    run -0 grep -F "\`make bench-$room\`" "$ROOT/$room/README.md"
    run -0 make -s -C "$ROOT" -n "bench-$room"
  done
}

@test "bench: what was there before is no message, and an echo is no answer" {
  two_processors
  cp "$ROOT"/pipe/bench/* .
  # After the first, only the first 16 bytes of a message are read anew.
  sed 's/^    return inbox;/    static unsigned char old[1 << 20]; static int n;\
    if (n++ == 0) memcpy(old, inbox, unit); else memcpy(old, inbox, 16); return old;/' pipe.c >stale.c
  cc -O0 -o stale stale.c
  run -1 timeout 20 ./stale stream 4096 50
  assert_line --regexp '^stale: message [0-9]+ is lost, doubled or damaged$'
  # The child sends back what has come, whatever it was to send.
  sed 's/^static void put(int way, const unsigned char \*message)$/static void put_it(int way, const unsigned char *message)/
    s/^static void destroy.*/&\
static void put(int way, const unsigned char *message)\
{ put_it(way, child == 0 \&\& received != start_at[DOWN] ? inbox : message); }/' pipe.c >echo.c
  cc -O0 -o echo echo.c
  local size
  for size in 1 15 64; do
    run -1 timeout 20 ./echo round $size 50
    assert_line --regexp '^echo: message [0-9]+ is lost, doubled or damaged$'
  done
}
