# The variants of the room shm: shm_counter, shm_ring, shm_stat, shm_posix_*.
# shellcheck disable=SC2016 # code for awk is quoted on purpose
# shellcheck disable=SC2154 # stderr: run sets it
# shellcheck disable=SC2030,SC2031 # PID: each test is a process of its own

setup_file() {
  # With the programs' own compiler: each C library has a sem_t of its own.
  eval "${BUILT_WITH:-cc} -w -I'${BATS_TEST_DIRNAME%/*}/shm' -o '$BATS_FILE_TMPDIR/poke' -x c -" <<'EOT'
/* poke: what a stranger may do.
 *   slot ID NUMBER: store it at the begin of the segment ID
 *   FILE value|show|hold|fill|send LETTER|half SIZE: in the memory of shm_posix */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include "shm_posix_form.h"
int main(int argc, char *argv[])
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct shm_form *shm;
    int fd, n;

    if (strcmp(argv[1], "slot") == 0) {
        long *first = shmat(atoi(argv[2]), NULL, 0);
        if (first == (void *)-1)
            err(1, "shmat");
        *first = atol(argv[3]);
        return 0;
    }
    if (strcmp(argv[2], "half") == 0) { /* a server that is not yet ready */
        if ((fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0600)) == -1 ||
            fcntl(fd, F_SETLK, &lock) == -1 || ftruncate(fd, atol(argv[3])) == -1)
            err(1, "half");
        puts("ready");
        fflush(stdout);
        pause();
    }
    if ((fd = open(argv[1], O_RDWR)) == -1)
        err(1, "%s", argv[1]);
    shm = mmap(NULL, sizeof *shm, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shm == MAP_FAILED)
        err(1, "mmap");
    if (strcmp(argv[2], "value") == 0) {
        if (sem_getvalue(&shm->buffer, &n) == -1)
            err(1, "sem_getvalue");
        printf("%d\n", n);
    } else if (strcmp(argv[2], "show") == 0) {
        printf("%.1024s\n", shm->text);
    } else if (strcmp(argv[2], "hold") == 0) {
        if (sem_trywait(&shm->buffer) == -1)
            err(1, "sem_trywait");
    } else if (strcmp(argv[2], "fill") == 0) { /* the whole page, no NUL */
        memset(shm->text, 'x', 4096 - ((size_t)shm->text & 4095));
    } else if (strcmp(argv[2], "send") == 0) {
        shm->command = argv[3][0];
        sem_post(&shm->news);
    } else
        return 2;
    return 0;
}
EOT
}

setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
  declare -gA BEFORE
  objects BEFORE
  name_here
}
teardown() {
  [[ ! -e $NAME ]] || rm "$NAME"
  common_teardown
}
# name_here: NAME, what shm_posix uses in this folder.
name_here() {
  local device inode
  read -r device inode < <(stat -c '%d %i' .)
  printf -v NAME '/dev/shm/shm_posix.%d.%x.%x' "$EUID" "$device" "$inode"
}

# objects ARRAY: System V objects without a key. nothing_left: none has come that
# stays (other tests may run at the same time, but theirs go).
objects() {
  local -n they=$1
  local file key id
  they=()
  for file in /proc/sysvipc/sem /proc/sysvipc/shm; do
    while read -r key id _; do
      # shellcheck disable=SC2034 # it is the caller's
      [[ $key != 0 ]] || they["$file $id"]=1
    done <"$file"
  done
}
nothing_left() {
  local -A now
  local object
  EXTRA=()
  objects now
  for object in "${!now[@]}"; do
    [[ ${BEFORE[$object]:-} ]] || EXTRA+=("$object")
  done
  await 20 extras_gone
}
extras_gone() {
  local -A now
  local object
  objects now
  for object in "${EXTRA[@]}"; do
    # shellcheck disable=SC2086 # its file, and its id
    [[ ! ${now[$object]:-} ]] || anothers $object || return 1
  done
}
# anothers FILE ID: a living process has used it; all of this test's are dead.
anothers() {
  local pid
  for pid in $(if [[ $1 == *shm ]]; then
    awk -v id="$2" '$2 == id { print $5, $6 }' "$1"
  else
    ipcs -s -i "$2" 2>/dev/null | awk 'NF == 5 && $5 + 0 { print $5 }'
  fi); do
    [[ ! -e /proc/$pid ]] || return 0
  done
  return 1
}
# segment_of NAME COLUMN: of the segment that this process has made.
segment_of() { awk -v pid="${PID[$1]}" -v column="$2" '$1 == 0 && $5 == pid { print $column }' /proc/sysvipc/shm; }
children() { [[ $(child_of "$1" | wc -w) == "$2" ]]; }
pid_blocked() { state "$1" && [[ $STATE == S ]]; }
pid_stopped() { state "$1" && [[ $STATE == T ]]; }
# masks: sets $MASK, the number of the first rt_sigprocmask(2) that a client makes
# when it has the buffer. (One that finds no server makes those before it: with
# musl, sigaction(3) of SIGABRT makes some.)
masks() {
  timeout 10 env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f -o masks -e trace=rt_sigprocmask \
    shm_posix_client 2>/dev/null </dev/null || :
  MASK=$(($(wc -l <masks) + 1))
}
# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f -o /dev/null -e)
all_semop='?semop,?semtimedop,?semtimedop_time64'
fork_call='?fork,?vfork,?clone,?clone3'
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
  rm gone.in
}
# each_call_told PROG ARG... -- SPEC...: whatever fails is told, exit 1, and
# nothing is left.
each_call_told() {
  local cmd=() spec
  can_inject
  while [[ $1 != -- ]]; do cmd+=("$1"); shift; done
  shift
  for spec; do
    # AddressSanitizer itself starts with these calls.
    if [[ $spec == rt_sig* ]] && grep -q __asan_init "$(command -v "${cmd[0]}")"; then continue; fi
    echo "$spec"
    run -1 injects "$spec" -- "${cmd[@]}"
    assert_output --regexp "${cmd[0]}: [a-zA-Z_, ]+.*: " # why: another may speak at once
    nothing_left
  done
}

# ---- shm_counter

@test "shm: shm_counter: with a lock nothing is lost; without it, all but one of each round" {
  local args processes times
  run -0 --separate-stderr timeout 20 shm_counter
  assert_output '4 processes add 1, 100 times each, with a lock.
Counted: 400 of 400.'
  assert_equal "$stderr" ''
  for args in '1 1' '2 500' '32 10'; do
    read -r processes times <<<"$args"
    run -0 timeout 20 shm_counter "$processes" "$times"
    assert_output "$processes processes add 1, $times times each, with a lock.
Counted: $((processes * times)) of $((processes * times))."
    run -0 timeout 20 shm_counter -n "$processes" "$times"
    assert_output "$processes processes add 1, $times times each, without a lock.
Counted: $times of $((processes * times))."
  done
  nothing_left
}

@test "shm: shm_counter and shm_ring: several at once do not meet" {
  local i
  for i in 1 2 3; do
    start "lock$i" shm_counter 4 200
    start "none$i" shm_counter -n
    start "ring$i" shm_ring 500 "$i"
  done
  for i in 1 2 3; do
    join "lock$i"
    says "lock$i" 'Counted: 800 of 800.'
    join "none$i"
    says "none$i" 'Counted: 100 of 400.'
    join "ring$i"
    diff <(ring_lines took 500 "$i") <(side took "ring$i.out")
  done
  nothing_left
}

@test "shm: shm_counter: each addition stands between a P and a V of the lock" {
  can_inject
  run -0 timeout 20 "${traced[@]}" trace="$all_semop" -o log shm_counter 3 20
  # A call that others come between is told in two parts: the first one counts.
  run -0 awk '/sem_num=32, sem_op=-1, sem_flg=SEM_UNDO/ { if (in_p[$1]++) bad++; p++ }
    /sem_num=32, sem_op=1, sem_flg=SEM_UNDO/ { if (--in_p[$1]) bad++; v++ }
    END { print p, v, bad + 0 }' log
  assert_output '60 60 0'
}

# busy [ARG...]: a shm_counter of 4, of which one is stopped; CHILDREN.
busy() {
  start counter shm_counter "$@" 4 1000000
  await 10 children counter 4
  read -ra CHILDREN < <(child_of counter) || : # it ends without a newline
  kill -STOP "${CHILDREN[1]}"
  await 10 pid_stopped "${CHILDREN[1]}"
}

@test "shm: shm_counter: SIGHUP, SIGINT, SIGQUIT and SIGTERM end all, nothing is left" {
  local signal
  for signal in HUP INT QUIT TERM; do
    busy -n
    assert_equal "$(segment_of counter 3),$(segment_of counter 7)" '1600,5' # 1000: removed
    hit counter $signal
    join counter $((128 + $(kill -l $signal)))
    kill -CONT "${CHILDREN[1]}" 2>/dev/null || true
    await 10 gone "${CHILDREN[@]}"
    run -1 grep Counted counter.out
    assert_equal "$(<counter.err)" ''
    nothing_left
  done
}

@test "shm: shm_counter: killed by SIGKILL, a child is noticed, the children of a parent end" {
  local how
  for how in '' -n; do
    # shellcheck disable=SC2086 # -n, or nothing
    busy $how
    kill -KILL "${CHILDREN[1]}"
    join counter 1
    assert_equal "$(<counter.err)" 'shm_counter: a process did not count to its end'
    run -1 grep Counted counter.out
    await 10 gone "${CHILDREN[@]}"
    nothing_left
  done
  for how in '' -n; do
    # shellcheck disable=SC2086 # -n, or nothing
    busy $how
    hit counter KILL
    join counter 137
    kill -CONT "${CHILDREN[1]}" 2>/dev/null || true
    await 10 gone "${CHILDREN[@]}"
    nothing_left
  done
}

@test "shm: shm_counter: each call that fails is told, exit 1, nothing is left" {
  each_call_told shm_counter 2 3 -- shmget:error=ENOSPC shmat:error=ENOMEM \
    shmctl:error=EPERM:when=1 semget:error=ENOSPC semctl:error=EINVAL:when=1 \
    "$fork_call:error=EAGAIN" "$fork_call:error=EAGAIN:when=2" prctl:error=EINVAL \
    "$all_semop:error=ENOMEM:when=1" "$all_semop:error=ENOMEM:when=2" \
    rt_sigaction:error=EINVAL:when=2+ rt_sigprocmask:error=EINVAL:when=1
  each_call_told shm_counter -n 2 3 -- "$all_semop:error=ENOMEM:when=1" "$all_semop:error=ENOMEM:when=2"
  run -1 injects wait4:error=EINVAL -- shm_counter 2 3
  assert_output --partial 'shm_counter: wait: Invalid argument'
}

@test "shm: shm_counter and shm_ring: Ctrl-Z and fg do not disturb them" {
  local n what
  busy -n
  kill -STOP -- "-${PID[counter]}"
  await 10 stopped counter
  kill -CONT -- "-${PID[counter]}"
  await 10 blocked counter
  hit counter TERM
  join counter 143
  can_inject
  run -0 injects "$all_semop:error=EINTR:when=1..9+4" -- shm_counter 2 5
  assert_line 'Counted: 10 of 10.'
  start ring shm_ring 1000000 2
  await 10 lines ring 20
  kill -STOP -- "-${PID[ring]}"
  await 10 stopped ring
  n=$(wc -l <ring.out)
  CONSUMER=$(child_of ring)
  kill -CONT -- "-${PID[ring]}"
  await 10 lines ring $((n + 20))
  hit ring TERM
  join ring 143
  await 10 gone "${CONSUMER% }"
  for what in put took; do
    n=$(grep -c ^$what ring.out)
    diff <(ring_lines $what "$n" 2) <(side $what ring.out)
  done
  nothing_left
  can_inject
  run -0 injects "$all_semop:error=EINTR:when=1..20+3" -- shm_ring 9 2
  diff <(ring_lines took 9 2) <(side took - <<<"$output")
}

@test "shm: shm_counter, shm_ring and shm_stat: a stdout that takes nothing is told" {
  local prog
  for prog in shm_counter shm_ring shm_stat; do
    run -1 --separate-stderr timeout 20 bash -c "exec $prog >/dev/full"
    assert_regex "$stderr" "$prog: stdout: No space left on device"
    stdout_gone $prog
    assert_failure 1
    assert_output --partial "$prog: stdout: Broken pipe"
    nothing_left
  done
}

@test "shm: shm_counter, shm_ring, shm_stat and shm_posix: wrong usage is 2" {
  local args
  for args in x 0 33 -1 '4 0' '4 1000001' '4 5x' '4 5 6' '-n -n' +4; do
    # shellcheck disable=SC2086 # several arguments
    run -2 --separate-stderr timeout 20 shm_counter $args
    assert_equal "$stderr$output" 'shm_counter: usage: shm_counter [-n] [PROCESSES [TIMES]], 1 to 32, 1 to 1000000'
  done
  for args in -1 1000001 '5 0' '5 1001' '5 5 5' '5 3x'; do
    # shellcheck disable=SC2086 # several arguments
    run -2 --separate-stderr timeout 20 shm_ring $args
    assert_equal "$stderr$output" 'shm_ring: usage: shm_ring [MESSAGES [SLOTS]], 0 to 1000000, 1 to 1000'
  done
  for args in 0 -1 12x '1 2' 1073741825; do
    # shellcheck disable=SC2086 # several arguments
    run -2 --separate-stderr timeout 20 shm_stat $args
    assert_equal "$stderr$output" 'shm_stat: usage: shm_stat [SIZE], 1 to 1073741824 bytes'
  done
  for args in shm_counter shm_ring shm_stat; do
    run -2 timeout 20 $args ''
  done
  local prog
  for prog in shm_posix_server shm_posix_client; do
    for args in -h '. .' - '. -x'; do
      # shellcheck disable=SC2086
      run -2 --separate-stderr timeout 20 $prog $args
      assert_equal "$stderr$output" "$prog: usage: $prog [KEYPATH]"
    done
    run -1 --separate-stderr timeout 20 $prog no-such-file
    assert_equal "$stderr" "$prog: stat no-such-file: No such file or directory"
  done
  assert_not_exists "$NAME"
}

# ---- shm_ring

# ring_lines put|took MESSAGES SLOTS: what one side must print.
ring_lines() {
  awk -v what="$1" -v n="$2" -v slots="$3" 'BEGIN { for (i = 0; i < n; i++)
    printf "%s \"message %d\" %s slot %d\n", what, i + 1, what == "put" ? "into" : "from", i % slots }'
}
side() { grep "^$1 " "$2" || true; }

@test "shm: shm_ring: every message is put and taken once, in order, through any number of slots" {
  local args messages slots
  run -0 --separate-stderr timeout 20 shm_ring
  assert_equal "$stderr" ''
  echo "$output" >out
  diff <(ring_lines put 6 3) <(side put out)
  diff <(ring_lines took 6 3) <(side took out)
  for args in '0 3' '1 1' '200 1' '3000 5' '999 1000'; do
    read -r messages slots <<<"$args"
    timeout 20 shm_ring "$messages" "$slots" >out
    assert_equal "$(wc -l <out)" $((2 * messages))
    diff <(ring_lines put "$messages" "$slots") <(side put out)
    diff <(ring_lines took "$messages" "$slots") <(side took out)
    # Each is told before its V: so the order of the lines proves that nothing
    # is taken before it is put, or put over what has not been taken.
    run -0 awk -v slots="$slots" '/^put/ { ahead++ } /^took/ { ahead-- }
      ahead < 0 || ahead > slots { bad++ } END { print bad + 0, ahead + 0 }' out
    assert_output '0 0'
  done
  nothing_left
}

# ring SIDE [SLOTS]: a shm_ring of which this side is stopped, the other waits.
ring() {
  start ring shm_ring 1000000 "${2:-5}"
  await 10 lines ring 20
  CONSUMER=$(child_of ring)
  CONSUMER=${CONSUMER% }
  if [[ $1 == consumer ]]; then
    stop_consumer
  else
    hit ring STOP
    await 10 stopped ring
    await 10 pid_blocked "$CONSUMER"
  fi
}
stop_consumer() {
  kill -STOP "$CONSUMER"
  await 10 pid_stopped "$CONSUMER"
  await 10 blocked ring
}
ahead() { echo $(($(grep -c ^put ring.out) - $(grep -c ^took ring.out))); }

@test "shm: shm_ring: each waits for the other, and notices that it is killed" {
  ring consumer
  assert_regex "$(ahead)" '^[45]$' # one that is told may not be given back yet
  assert_equal "$(segment_of ring 3),$(segment_of ring 7)" '1600,2' # 1000: removed
  kill -KILL "$CONSUMER"
  join ring 1
  assert_equal "$(<ring.err)" 'shm_ring: the other process has ended'
  nothing_left
  ring producer
  assert_regex "$(ahead)" '^[01]$'
  hit ring KILL
  join ring 137
  await 10 gone "$CONSUMER"
  nothing_left
}

@test "shm: shm_ring: SIGHUP, SIGINT, SIGQUIT and SIGTERM end both, and nothing is left" {
  local signal
  for signal in HUP INT QUIT TERM; do
    ring consumer
    hit ring $signal
    join ring $((128 + $(kill -l $signal)))
    kill -CONT "$CONSUMER" 2>/dev/null || true
    await 10 gone "$CONSUMER"
    nothing_left
  done
}

@test "shm: shm_ring: a message that is overwritten is noticed" {
  local tries=20 slot lines
  ring consumer 1
  slot=$(segment_of ring 2)
  # If it had looked already when it was stopped: once more.
  while ((tries-- > 0)); do
    poke slot "$slot" 7000000
    lines=$(wc -l <ring.out)
    kill -CONT "$CONSUMER"
    await 10 went_on $((lines + 9))
    ! ended ring || break
    stop_consumer
  done
  join ring 1
  assert_regex "$(<ring.err)" 'shm_ring: number 7000000 is here, [0-9]+ is lost'
  nothing_left
}
went_on() { ended ring || lines ring "$1"; }

@test "shm: shm_ring: each call that fails is told, exit 1, nothing is left" {
  each_call_told shm_ring 5 2 -- shmget:error=ENOSPC shmat:error=ENOMEM shmctl:error=EPERM:when=1 \
    semget:error=ENOSPC semctl:error=EINVAL:when=1 "$fork_call:error=EAGAIN" prctl:error=EINVAL \
    "$all_semop:error=ENOMEM:when=1" "$all_semop:error=ENOMEM:when=3" wait4:error=EINVAL \
    rt_sigaction:error=EINVAL:when=2+ rt_sigprocmask:error=EINVAL:when=1
  # A consumer that ends when all has been put, and nobody waits in P for it.
  start ring "${traced[@]}" inject=prctl:signal=STOP shm_ring 5 5
  await 10 lines ring 5
  CONSUMER=$(child_of ring)
  CONSUMER=$(cat "/proc/${CONSUMER%% *}/task/${CONSUMER%% *}/children")
  kill -KILL "${CONSUMER% }"
  join ring 1
  assert_equal "$(<ring.err)" 'shm_ring: the consumer did not take them all'
  nothing_left
}

# ---- shm_stat

@test "shm: shm_stat: what the kernel notes, step by step" {
  local size pid now='[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}'
  for size in '' 1 100000; do
    # shellcheck disable=SC2086 # one, or none
    start stat shm_stat $size
    pid=${PID[stat]}
    join stat
    run -0 sed -E "s/^(attached|detached|changed ) $now\$/\1 TIME/; s/by $pid\\b/by US/g; s/by [1-9][0-9]*\$/by CHILD/" stat.out
    assert_output "after shmget: ${size:-1024} bytes, mode 0600, nattch 0
made by US, last used by 0
attached never
detached never
changed  TIME
after shmat: ${size:-1024} bytes, mode 0600, nattch 1
made by US, last used by US
attached TIME
detached never
changed  TIME
after fork: ${size:-1024} bytes, mode 0600, nattch 2
made by US, last used by US
attached TIME
detached never
changed  TIME
after the child's end: ${size:-1024} bytes, mode 0600, nattch 1
made by US, last used by CHILD
attached TIME
detached TIME
changed  TIME
after IPC_RMID: ${size:-1024} bytes, mode 0600 dest, nattch 1
made by US, last used by CHILD
attached TIME
detached TIME
changed  TIME
after shmdt: Invalid argument"
    assert_equal "$(<stat.err)" ''
  done
  nothing_left
}

@test "shm: shm_stat: a signal at any moment leaves nothing" {
  can_inject
  local at signal
  for at in INT:shmget:when=1 HUP:shmctl:when=1 TERM:shmat:when=1 QUIT:shmctl:when=3 \
    INT:wait4:when=1 INT:shmctl:when=5 INT:shmdt:when=1; do
    signal=${at%%:*}
    at=${at#*:}
    start stat "${traced[@]}" "inject=${at/:when/:signal=$signal:when}" shm_stat
    join stat $((128 + $(kill -l "$signal")))
    nothing_left
  done
}

@test "shm: shm_stat: each call that fails is told, exit 1, nothing is left" {
  each_call_told shm_stat -- shmget:error=ENOSPC shmctl:error=EACCES:when=1 shmctl:error=EACCES:when=2 \
    shmat:error=ENOMEM pipe,pipe2:error=EMFILE "$fork_call:error=EAGAIN" wait4:error=EINVAL \
    shmctl:error=EPERM:when=5 shmdt:error=EINVAL \
    rt_sigaction:error=EINVAL:when=2+ rt_sigprocmask:error=EINVAL:when=1
  run -1 injects shmctl:retval=0:when=7 -- shm_stat
  assert_output --partial 'shm_stat: it is still there'
  nothing_left
}

# ---- shm_posix_server and shm_posix_client

command='Please input command: '
gone_text='shm_posix_client: the server is gone'

# serve NAME [ARG...]: a server that waits for clients.
serve() {
  start "$@"
  await 20 warns "$1" 'waiting for shm_posix_client'
}
server() { serve server shm_posix_server; }
# client NAME LINE...: with these lines for its input, and then end of file.
client() {
  local name=$1
  shift
  printf '%s\n' "$@" >"$name.in"
  start "$name" shm_posix_client
}
asks() { (($(grep -oF -- "$2" "$1.out" | wc -l) >= $3)); } # NAME TEXT TIMES
# open_client NAME: at a keyboard, it has asked for its first command.
open_client() {
  keyboard "$1"
  start "$1" shm_posix_client
  await 20 asks "$1" "$command" 1
}
# waits NAME: it has read all it wants, and sleeps in P.
waits() { asks "$1" 'Data to send:' "$2" && blocked "$1"; }
quit() {
  echo q >quit.in
  run -0 timeout 20 shm_posix_client <quit.in
  join "${1:-server}"
  assert_not_exists "$NAME"
}
value() { [[ $(poke "$NAME" value 2>&1) == "$1" ]]; }
# in_futex NAME: the program under strace sleeps, and has nothing more to read.
in_futex() {
  local pid
  ! ended "$1" || return 0
  pid=$(child_of "$1")
  pid_blocked "${pid%% *}"
}
stop_server() {
  hit server STOP
  await 10 stopped server
}

@test "shm: shm_posix: the transcript is that of shm_server and shm_client" {
  server
  assert_equal "$(stat -c '%a %s' "$NAME" | sed 's/ .*//')" 600
  printf '%s\n' r hello r 'second message' x q >client.in
  start client shm_posix_client
  join client
  join server
  assert_not_exists "$NAME"
  mv client.out posix.client
  mv server.out posix.server
  assert_equal "$(<client.err)" ''
  assert_equal "$(<server.err)" 'shm_posix_server: waiting for shm_posix_client (start it in this directory)'
  start server shm_server
  await 20 warns server 'waiting for'
  start client shm_client
  join client
  join server
  cmp client.out posix.client
  cmp server.out posix.server
  assert_equal "$(<posix.server)" 'hello
second message'
}

@test "shm: shm_posix: 200 texts are printed once each, in order; of two clients, too" {
  local n=200 i who
  [[ ! ${UNDER:-} ]] || n=20
  server
  for ((i = 1; i <= n; i++)); do printf 'r\ntext %d\n' "$i"; done >client.in
  start client shm_posix_client
  join client
  for who in anna bob; do
    for ((i = 1; i <= 50; i++)); do printf 'r\n%s %d\n' $who "$i"; done >$who.in
    start $who shm_posix_client
  done
  join anna
  join bob
  quit
  for ((i = 1; i <= n; i++)); do echo "text $i"; done | diff - <(grep text server.out)
  for who in anna bob; do
    for ((i = 1; i <= 50; i++)); do echo "$who $i"; done | diff - <(grep $who server.out)
  done
  assert_equal "$(wc -l <server.out)" $((n + 100))
}

@test "shm: shm_posix: the second text waits until a busy server has printed the first" {
  server
  stop_server
  client client r one r two
  await 10 waits client 2
  value 0
  assert_equal "$(poke "$NAME" show)" one # not overwritten
  hit client STOP # Ctrl-Z and fg
  await 10 stopped client
  hit client CONT
  hit server CONT
  await 10 says server one
  join client
  client bob q # not before: who of two that wait comes first is not said
  join bob
  join server
  assert_equal "$(head -n 1 server.out)" one
}

@test "shm: shm_posix: a text keeps its blanks, and any byte but NUL and newline" {
  local text=$'  hello world,\tthis is\r one %s%n message \x01\x7f\xc3\xa9\xff '
  server
  client client r "$text" r '' r 'r' r 'q'
  join client
  await 10 lines server 4
  printf '%s\n' "$text" '' r q | cmp - server.out
  printf 'r\na\0b\nr\nnext\n' >nul.in
  start nul shm_posix_client
  join nul
  assert_equal "$(<nul.err)" 'shm_posix_client: not sent: a text ends at a NUL, yours has one inside'
  await 10 says server next
  quit
}

@test "shm: shm_posix: 1023 bytes fit; of a longer line nothing is sent, nothing is left over" {
  local n long
  server
  for n in 1022 1023 1024 5000; do
    long=$(printf "%${n}s" '')
    printf '%s\n' r "${long// /q}"
  done >client.in
  printf '%s\n' r short >>client.in
  start client shm_posix_client
  join client
  await 10 lines server 3
  run -0 awk '{ print length($0), substr($0, 1, 5) }' server.out
  assert_output '1022 qqqqq
1023 qqqqq
5 short'
  assert_equal "$(<client.err)" 'shm_posix_client: not sent: 1024 bytes, at most 1023 fit
shm_posix_client: not sent: 5000 bytes, at most 1023 fit'
  run -1 grep Wrong client.out
  poke "$NAME" hold
  poke "$NAME" fill
  poke "$NAME" send r
  await 10 lines server 4
  assert_equal "$(tail -n 1 server.out | wc -c)" 1024 # not one byte more
  await 10 value 1
  poke "$NAME" hold
  poke "$NAME" send x # no command
  await 10 warns server 'ignored: a command that is neither r nor q'
  await 10 value 1
  quit
}

@test "shm: shm_posix: input may end anywhere; only one letter is a command" {
  local input
  server
  for input in '' 'r\n' 'x\n' 'r\nlast'; do
    # shellcheck disable=SC2059
    printf "$input" >client.in
    start client shm_posix_client
    join client
  done
  await 10 says server last
  printf '%s\n' quit remove '' ' q' >client.in
  start client shm_posix_client
  join client
  assert_equal "$(grep -c 'Wrong input!' client.out)" 4
  assert_equal "$(<server.out)" last
  run -1 timeout 20 bash -c 'shm_posix_client <.'
  assert_output --partial 'shm_posix_client: stdin: Is a directory'
  quit
}

@test "shm: shm_posix: a client without a server says what to start" {
  local size
  run -1 --separate-stderr timeout 20 shm_posix_client
  assert_regex "$stderr" '^shm_posix_client: shm_open /shm_posix.*start shm_posix_server first, in this directory\): No such file'
  for size in 0 4096; do # a server on its way
    start half poke "$NAME" half $size
    await 10 says half ready
    run -1 --separate-stderr timeout 20 shm_posix_client
    assert_regex "$stderr" 'is not ready \(start shm_posix_server first, in this directory\)$'
    hit half KILL
    join half 137
    run -1 --separate-stderr timeout 20 shm_posix_client # and one that is dead
    assert_equal "$stderr" 'shm_posix_client: start shm_posix_server first, in this directory'
    rm "$NAME"
  done
  start half poke "$NAME" half "$(struct_size)"
  await 10 says half ready
  run -1 --separate-stderr timeout 20 shm_posix_client
  assert_regex "$stderr" 'is not ready'
  hit half KILL
  join half 137
  server
  quit
}
struct_size() {
  printf '%s\n' '#include "shm_posix_form.h"' \
    'int main(void) { printf("%zu", sizeof(struct shm_form)); return 0; }' |
    eval "${BUILT_WITH:-cc} -I'${BATS_TEST_DIRNAME%/*}/shm' -o size -x c -" && ./size
}

@test "shm: shm_posix: a second server is refused, two folders do not meet" {
  server
  run -1 --separate-stderr timeout 20 shm_posix_server
  assert_regex "$stderr" '^shm_posix_server: /shm_posix.*: another shm_posix_server is at work$'
  mkdir other
  serve second shm_posix_server other
  echo q | timeout 20 shm_posix_client other
  join second
  client client r hello
  join client
  quit
  assert_equal "$(<server.out)" hello
  assert_equal "$(<second.out)" ''
}

@test "shm: shm_posix: of many servers that start at once, one works" {
  local i left=()
  start dead poke "$NAME" half 0 # and one has been killed before
  await 10 says dead ready
  hit dead KILL
  join dead 137
  for i in 1 2 3 4 5 6; do start "s$i" shm_posix_server; done
  for i in 1 2 3 4 5 6; do await 20 settled "s$i"; done
  for i in 1 2 3 4 5 6; do
    if ended "s$i"; then
      join "s$i" 1
      assert_regex "$(<"s$i.err")" 'another shm_posix_server is at work$'
    else
      left+=("s$i")
    fi
  done
  assert_equal "${#left[@]}" 1
  quit "${left[0]}"
  # One that has made the object, but not yet locked it, loses it to the next.
  can_inject
  start slow "${traced[@]}" 'inject=?open,?openat:signal=STOP:when=1' -P "$NAME" shm_posix_server
  await 10 test -e "$NAME"
  serve quick shm_posix_server
  i=$(child_of slow)
  kill -CONT "${i%% *}"
  join slow 1
  assert_regex "$(<slow.err)" 'another shm_posix_server is at work$'
  quit quick
}
settled() { ended "$1" || warns "$1" 'waiting for'; }

@test "shm: shm_posix: SIGHUP, SIGINT, SIGQUIT and SIGTERM kill the server and leave nothing" {
  local signal
  for signal in HUP INT QUIT TERM; do
    server
    hit server $signal
    join server $((128 + $(kill -l $signal)))
    assert_not_exists "$NAME"
    assert_equal "$(<server.out)" ''
  done
}

@test "shm: shm_posix: clients that wait are told when the server ends, or is killed" {
  local signal
  for signal in TERM KILL; do
    server
    stop_server
    open_client "open$signal"
    client first r one
    join first
    client anna r two
    await 10 waits anna 1
    hit server $signal
    [[ $signal == KILL ]] || hit server CONT
    join server $((128 + $(kill -l $signal)))
    join anna 1
    assert_equal "$(<anna.err)" "$gone_text"
    types "open$signal" r
    join "open$signal" 1
    assert_equal "$(<"open$signal.err")" "$gone_text"
  done
  assert_exists "$NAME" # a killed server leaves it
  server
  client client r hello
  join client
  quit
  assert_equal "$(<server.out)" hello # and nothing of yesterday
}

@test "shm: shm_posix: a client killed at any point of waiting leaves the others unharmed" {
  local signal
  server
  stop_server
  client first r one
  join first
  for signal in INT KILL; do
    open_client "typing$signal"
    hit "typing$signal" $signal
    join "typing$signal" $((128 + $(kill -l $signal)))
    client waits r two
    await 10 waits waits 1
    hit waits $signal
    join waits $((128 + $(kill -l $signal)))
  done
  hit server CONT
  client last r hello
  join last
  quit
  assert_equal "$(<server.out)" 'one
hello'
}

# Or else nobody would give the buffer back.
@test "shm: shm_posix: Ctrl-C while a client has the buffer is handed over first; at any moment of the start leaves nothing" {
  can_inject
  masks
  server
  printf 'r\nwhole\nr\nno more\n' >client.in
  start client "${traced[@]}" "inject=rt_sigprocmask:signal=INT:when=$MASK" shm_posix_client
  join client 130
  await 10 says server whole
  await 10 value 1
  quit
  assert_equal "$(<server.out)" whole
  local at signal
  for signal in INT KILL; do
    for at in fcntl:when=1 fallocate:when=1 rt_sigprocmask:when=2; do
      start server "${traced[@]}" "inject=${at/:when/:signal=$signal:when}" shm_posix_server
      join server $((128 + $(kill -l $signal)))
      [[ $signal == KILL ]] || assert_not_exists "$NAME"
    done
  done
  server
  quit
}

@test "shm: shm_posix: an object that another user made, or may open, is refused and untouched" {
  local mode
  for mode in 644 666 700; do
    echo secret >"$NAME"
    chmod $mode "$NAME"
    run -1 --separate-stderr timeout 20 shm_posix_server
    assert_equal "$stderr" "shm_posix_server: ${NAME#/dev/shm} is not one that shm_posix_server made for you; take another KEYPATH or, if it is yours, remove it: rm $NAME"
    assert_equal "$(<"$NAME")" secret
    rm "$NAME"
  done
  ln -s "$PWD/target" "$NAME"
  run -1 timeout 20 shm_posix_server
  assert_output --partial 'is not one that shm_posix_server made for you'
  assert_not_exists target
  rm "$NAME"
  [[ $EUID == 0 ]] || return 0
  echo secret >"$NAME"
  chmod 600 "$NAME"
  chown nobody "$NAME"
  run -1 timeout 20 shm_posix_server
  assert_output --partial 'is not one that shm_posix_server made for you'
  run -1 timeout 20 shm_posix_client
  assert_output --partial "is another user's"
  assert_equal "$(<"$NAME")" secret
}

@test "shm: shm_posix, shm_counter, shm_ring and shm_stat: two users in one folder do not meet" {
  second_user shm_counter shm_ring shm_stat shm_posix_server shm_posix_client
  name_here
  serve ours shm_posix_server
  run -1 as_nobody timeout 20 shm_posix_client
  assert_output --partial 'start shm_posix_server first'
  serve his setpriv --reuid=nobody --regid=nogroup --clear-groups -- shm_posix_server
  printf 'r\nhis text\nq\n' >his.in
  run -0 as_nobody timeout 20 shm_posix_client <his.in
  join his
  assert_equal "$(<his.out)" 'his text'
  assert_equal "$(<ours.out)" ''
  quit ours
  run -0 as_nobody timeout 20 shm_counter 3 50
  assert_line 'Counted: 150 of 150.'
  run -0 as_nobody timeout 20 shm_counter -n 3 50
  assert_line 'Counted: 50 of 150.'
  run -0 as_nobody timeout 20 shm_ring
  assert_line 'took "message 6" from slot 2'
  run -0 as_nobody timeout 20 shm_stat
  assert_line 'after shmdt: Invalid argument'
  nothing_left
}

@test "shm: shm_posix: without /dev/shm it is 77, with a full one it is told" {
  ((EUID == 0)) || skip 'needs root: only root can mount something else on /dev/shm'
  unshare -m true 2>/dev/null || skip 'no mount namespace can be had'
  run -77 timeout 20 unshare -m sh -c 'mount -t tmpfs none /dev && exec shm_posix_server'
  assert_output --partial 'is /dev/shm mounted?'
  run -1 timeout 20 unshare -m sh -c 'mount -t tmpfs -o size=4k none /dev/shm && echo x >/dev/shm/full &&
    { shm_posix_server; status=$?; ls /dev/shm; exit $status; }'
  assert_line --regexp '^shm_posix_server: posix_fallocate /shm_posix.*: No space left on device$'
  refute_line --regexp '^shm_posix\.' # nothing is left
}

@test "shm: shm_posix: a stdout that takes nothing is told, exit 1, and nothing is left" {
  server
  run -1 --separate-stderr timeout 20 bash -c 'shm_posix_client </dev/null >/dev/full'
  assert_equal "$stderr" 'shm_posix_client: stdout: No space left on device'
  stdout_gone shm_posix_client
  assert_failure 1
  assert_output --partial 'shm_posix_client: stdout: Broken pipe'
  quit
  serve server bash -c 'exec shm_posix_server >/dev/full'
  client client r hello
  join server 1
  warns server 'shm_posix_server: stdout: No space left on device'
  join client
  assert_not_exists "$NAME"
}

@test "shm: shm_posix: each call that fails is told, exit 1, nothing is left" {
  can_inject
  masks
  local spec
  for spec in fcntl:error=ENOLCK fallocate:error=ENOSPC \
    rt_sigaction:error=EINVAL:when=2+ rt_sigprocmask:error=EINVAL:when=1; do
    if [[ $spec == rt_sig* ]] && grep -q __asan_init "$(command -v shm_posix_server)"; then continue; fi
    echo "$spec"
    run -1 injects "$spec" -- shm_posix_server
    assert_output --regexp 'shm_posix_server: [a-zA-Z_, ]+.*: [A-Z]'
    assert_not_exists "$NAME"
  done
  start server "${traced[@]}" 'inject=unlink:error=EACCES:when=1' shm_posix_server
  await 20 warns server 'waiting for'
  echo q | timeout 20 shm_posix_client
  join server 1
  assert_regex "$(<server.err)" 'shm_posix_server: shm_unlink .*: Permission denied'
  assert_not_exists "$NAME" # at exit once more
  server
  printf 'r\nhello\n' >in
  for spec in fcntl:error=ENOLCK fcntl:error=ENOLCK:when=2+ fcntl:error=ENOLCK:when=3+ "rt_sigprocmask:error=EINVAL:when=$MASK" \
    rt_sigaction:error=EINVAL; do
    if [[ $spec == rt_sig* ]] && grep -q __asan_init "$(command -v shm_posix_client)"; then continue; fi
    echo "$spec"
    value 1 || poke "$NAME" send x # what a failed one has kept
    await 10 value 1
    run -1 injects "$spec" -- shm_posix_client <in
    assert_output --regexp 'shm_posix_client: [a-zA-Z_, ]+'
  done
  value 1 || poke "$NAME" send x
  await 10 value 1
  # A signal that has a handler: the wait goes on (SIGCONT has none).
  stop_server
  client first r one
  join first
  printf 'r\ntwo\n' >client.in
  start client "${traced[@]}" 'inject=?futex,?futex_time64:error=EINTR:when=1' shm_posix_client
  await 10 asks client 'Data to send:' 1
  await 10 in_futex client
  hit server CONT
  join client
  await 10 says server two
  quit
}

