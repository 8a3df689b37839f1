#!/usr/bin/env bats
# The room signal: signal_sync, one process that forks; each half waits for the
# other's signal.

# shellcheck disable=SC2154 # run --separate-stderr sets stderr
setup() { load helpers; common_setup; }
teardown() { common_teardown; }

HANGS='Parent hangs up untill receive signal from child!'
STARTS='Child process start running and send parent a signal'
RUNS='Parent start running now and send child a signal to exit'
RECEIVES='Child process receive signal from parent and exit now'
EXITS='Parent wait child process die and exit now'

# The first two lines are independent of each other; the rest is fixed.
is_transcript() {
  local rest=$RUNS$'\n'$RECEIVES$'\n'$EXITS
  [[ $1 == "$HANGS"$'\n'"$STARTS"$'\n'"$rest" || $1 == "$STARTS"$'\n'"$HANGS"$'\n'"$rest" ]] ||
    fail "not the transcript: $1"
}

# compiled SED-SCRIPT [FLAG...]: ./copy, the program with a line changed.
compiled() {
  sed "$1" "$BATS_TEST_DIRNAME/../signal/signal_sync.c" >copy.c
  cc "${@:2}" -o copy copy.c
}

# traced INJECTION... -- PROGRAM...: run it as `sync` under strace. Injected
# :signal=STOP stands the caller still behind that call; `held N` awaits the
# N-th such stop. Only the child calls prctl and getppid, only the parent wait4.
traced() {
  local spec=()
  can_inject
  while [[ $1 != -- ]]; do spec+=(-e "inject=$1"); shift; done
  shift
  : >sync.trace
  start sync env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f -o sync.trace "${spec[@]}" "$@"
}
held() {
  await 10 has_stopped "$1"
  parent=$(first_child "${PID[sync]}")
  child=$(first_child "$parent")
}
has_stopped() { (($(grep -c 'stopped by SIGSTOP' sync.trace) >= $1)); }
first_child() { awk '{ print $1; found = 1 } END { exit !found }' "/proc/$1/task/$1/children"; }
asleep() { state "$1" && [[ $STATE == S ]]; }
halted() { state "$1" && [[ $STATE == [Tt] ]]; }
# suspended PID: in sigsuspend(2); of our calls it alone sleeps like this.
suspended() { asleep "$1" && grep -q "^$1 .*rt_sigsuspend" sync.trace; }
# got PID SIGNAL N: it has been delivered N times.
got() { (($(grep -cE "^$1 +--- $2 " sync.trace) >= $3)); }

# nobody_in GROUP: no process of that group lives (an orphan may still be a zombie).
nobody_in() { ! cat /proc/[0-9]*/stat 2>/dev/null | grep -qE "^[0-9]+ [(].*[)] [^Z] [0-9]+ $1 "; }

late_child='?prctl:signal=STOP'
late_parent='?wait4:signal=STOP:when=1' # between the test of the flag and the sleep

# TRAP-SIG-8: also in a pipe, where `run` reads it
# README: build/signal/signal_sync
@test "signal: signal_sync prints five lines, the last three in their order" {
  for _ in {1..10}; do
    run --separate-stderr timeout 10 signal_sync
    assert_success
    assert_equal "$stderr" ''
    is_transcript "$output"
  done
}

@test "signal: the parent waits for the child's signal, also for that of a stopped child" {
  traced "$late_child" -- signal_sync
  held 1
  await 10 suspended "$parent"
  assert_equal "$(cat sync.out)" "$HANGS"
  kill -STOP "$parent" # Ctrl-Z and fg
  await 10 halted "$parent"
  kill -CONT "$parent"
  await 10 suspended "$parent"
  assert_equal "$(cat sync.out)" "$HANGS"
  kill -CONT "$child"
  join sync
  is_transcript "$(cat sync.out)"
}

@test "signal: the child waits for the parent's signal, also for that of a stopped parent" {
  traced "$late_parent" -- signal_sync
  held 1
  await 10 suspended "$child"
  assert_equal "$(sort sync.out)" "$STARTS"$'\n'"$HANGS"
  kill -STOP "$child"
  await 10 halted "$child"
  kill -CONT "$child"
  await 10 suspended "$child"
  kill -CONT "$parent"
  join sync
  is_transcript "$(cat sync.out)"
}

# TRAP-SIG-1
@test "signal: a signal between the test of the flag and the sleep is not lost, and nobody naps" {
  traced "$late_parent" -- signal_sync
  held 1
  await 10 suspended "$child" # it has sent its signal
  kill -CONT "$parent"
  join sync
  is_transcript "$(cat sync.out)"
  run ! grep -E 'nanosleep|pause\(|alarm|setitimer|poll|select' sync.trace
}

# TRAP-SIG-1: what was blocked before fork(2) is delivered in sigsuspend(2) only
@test "signal: the handlers run inside sigsuspend and nowhere else" {
  traced -- signal_sync
  join sync
  run awk '/rt_sigsuspend/ { asleep[$1] = 1 } /rt_sigreturn/ { asleep[$1] = 0 }
    /--- SIG(USR1|USR2|CHLD)/ && !asleep[$1] { print }' sync.trace
  assert_output ''
}

# TRAP-SIG-2
@test "signal: the child does not outlive a killed parent" {
  for sig in KILL TERM INT HUP; do
    traced "$late_parent" -- signal_sync
    held 1
    await 10 suspended "$child"
    kill -$sig "$parent"
    kill -CONT "$parent" 2>/dev/null || true
    join sync $((128 + $(kill -l $sig)))
    gone "$child"
    refute says sync "$RUNS"
  done
}

# TRAP-SIG-2 TRAP-SIG-3
@test "signal: a child whose parent is gone before it could ask for it signals nobody" {
  traced '?prctl:retval=0:signal=STOP' -- signal_sync
  held 1
  await 10 suspended "$parent"
  kill -KILL "$parent"
  await 10 gone "$parent"
  kill -CONT "$child"
  join sync 137
  gone "$child"
  assert_equal "$(cat sync.out)" "$HANGS"
  run ! grep -E "^$child .*kill\(" sync.trace
  run -0 grep -E "^$child .*exit_group\(1\)" sync.trace
}

# TRAP-SIG-3: process 1 is who adopts an orphan; kill(2) is not really executed
@test "signal: a child that finds process 1 in its parent's place signals nobody" {
  traced '?getppid:retval=1' kill:retval=0 -- signal_sync
  join sync 1
  assert_equal "$(cat sync.out)" "$HANGS"
  run ! grep -E 'kill\([0-9]+, SIGUSR2' sync.trace
}

# TRAP-SIG-9
@test "signal: a wait that fails is no success" {
  traced '?wait4:error=ECHILD:when=2+' -- signal_sync
  join sync 1
  refute says sync "$EXITS"
  warns sync 'signal_sync: the child failed'
}

# TRAP-SIG-4
@test "signal: a child that dies before its signal ends the parent's wait, exit 1" {
  for sig in KILL TERM; do
    traced "$late_child" -- signal_sync
    held 1
    await 10 suspended "$parent"
    kill -$sig "$child"
    kill -CONT "$child" 2>/dev/null || true
    join sync 1
    assert_equal "$(cat sync.out)" "$HANGS"
    warns sync 'signal_sync: the child died too early'
  done
}

# TRAP-SIG-4: SIGCHLD comes between the test and the sleep
@test "signal: a child that dies before the parent sleeps is not waited for" {
  traced "$late_child" "$late_parent" -- signal_sync
  held 2
  kill -KILL "$child"
  await 10 gone "$child"
  kill -CONT "$parent"
  join sync 1
  assert_equal "$(cat sync.out)" "$HANGS"
}

# TRAP-SIG-9
@test "signal: a child killed after its signal makes the parent exit 1, without the last line" {
  for sig in KILL TERM; do
    traced "$late_parent" -- signal_sync
    held 1
    await 10 suspended "$child"
    kill -$sig "$child"
    await 10 gone "$child"
    kill -CONT "$parent"
    join sync 1
    warns sync "signal_sync: the child failed (wait status $(kill -l $sig))"
    refute says sync "$EXITS"
  done
}

# TRAP-SIG-9
@test "signal: a child that fails makes the parent exit 1" {
  compiled 's/_exit(EXIT_SUCCESS)/_exit(3)/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$stderr" 'copy: the child failed (wait status 768)'
  refute_line "$EXITS"
  compiled 's/if (getppid() != ppid)//'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$HANGS"
  assert_equal "$stderr" 'copy: the child died too early'
}

# TRAP-SIG-5 TRAP-SIG-6: also compiled as strict C, and by a second signal
@test "signal: a stranger's SIGUSR2 does not start the parent" {
  compiled '' -std=c11
  for prog in signal_sync ./copy; do
    traced "$late_child" -- "$prog"
    held 1
    await 10 suspended "$parent"
    for n in 1 2 3; do
      kill -USR2 "$parent"
      await 10 got "$parent" SIGUSR2 $n
      await 10 suspended "$parent"
    done
    assert_equal "$(cat sync.out)" "$HANGS"
    kill -CONT "$child"
    join sync
    is_transcript "$(cat sync.out)"
  done
}

# TRAP-SIG-5 TRAP-SIG-6
@test "signal: a stranger's SIGUSR1 does not stop the child" {
  compiled '' -std=c11
  for prog in signal_sync ./copy; do
    traced "$late_parent" -- "$prog"
    held 1
    await 10 suspended "$child"
    for n in 1 2 3; do
      kill -USR1 "$child"
      await 10 got "$child" SIGUSR1 $n
      await 10 suspended "$child"
    done
    refute says sync "$RECEIVES"
    kill -CONT "$parent"
    join sync
    is_transcript "$(cat sync.out)"
  done
}

@test "signal: a stranger's SIGCHLD and the wrong one of the two signals change nothing" {
  traced "$late_child" -- signal_sync
  held 1
  await 10 suspended "$parent"
  kill -CHLD "$parent"
  await 10 got "$parent" SIGCHLD 1
  kill -USR1 "$parent"
  await 10 got "$parent" SIGUSR1 1
  await 10 suspended "$parent"
  assert_equal "$(cat sync.out)" "$HANGS"
  kill -CONT "$child"
  join sync
  is_transcript "$(cat sync.out)"
}

# Signals of one number merge: the pending one, the stranger's, is what remains.
@test "signal: a stranger's pending SIGUSR2 that swallows the child's does not hang them" {
  traced "$late_child" "$late_parent" -- signal_sync
  held 2
  kill -USR2 "$parent"
  kill -CONT "$child"
  await 10 suspended "$child" # its own SIGUSR2 has been lost
  kill -CONT "$parent"
  join sync
  is_transcript "$(cat sync.out)"
}

@test "signal: a stranger's pending SIGUSR1 that swallows the parent's does not hang them" {
  traced "$late_parent" -- signal_sync
  held 1
  await 10 suspended "$child"
  kill -STOP "$child"
  await 10 halted "$child"
  kill -USR1 "$child"
  kill -CONT "$parent"
  await 10 says sync "$RUNS"
  await 10 suspended "$parent" # its own SIGUSR1 has been lost
  kill -CONT "$child"
  join sync
  is_transcript "$(cat sync.out)"
}

@test "signal: a second user cannot send either of them a signal" {
  ((EUID == 0)) || skip 'needs root: only root can act as a second user'
  needs setpriv
  traced "$late_child" -- signal_sync
  held 1
  for pid in "$parent" "$child"; do
    run as_nobody env kill -USR2 "$pid"
    assert_failure
    assert_output --partial 'Operation not permitted'
  done
  kill -CONT "$child"
  join sync
}

@test "signal: blocked or ignored signals that it inherits change nothing" {
  for how in --block-signal=USR1 --block-signal=USR2 --block-signal=CHLD \
    --ignore-signal={USR1,USR2,CHLD,PIPE} --block-signal --ignore-signal; do
    run --separate-stderr timeout 10 env "$how" signal_sync
    assert_success
    is_transcript "$output"
  done
}

@test "signal: an inherited mask stays as it was for all other signals" {
  traced "$late_child" -- env --block-signal=TERM signal_sync
  held 1
  await 10 suspended "$parent"
  kill -TERM "$parent"
  kill -CONT "$child"
  join sync
  is_transcript "$(cat sync.out)"
}

# TRAP-SIG-7: what the optimiser may do to a plain int shows only by luck
@test "signal: the flags that handlers set are volatile sig_atomic_t" {
  run grep -cE '^static volatile sig_atomic_t g_child_stop, g_parent_run;' "$BATS_TEST_DIRNAME/../signal/signal_sync.c"
  assert_output 1
  compiled '' -O3
  run timeout 10 ./copy
  assert_success
}

@test "signal: system calls that fail are told, exit 1, and leave no child" {
  can_inject
  local call
  for call in fork=EAGAIN prctl=EPERM kill=EPERM; do
    local names="?${call%=*}"
    [[ $call != fork* ]] || names='?fork,?vfork,?clone,?clone3'
    start "${call%=*}" env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" \
      strace -qq -f -o trace -e "inject=$names:error=${call#*=}" signal_sync
    local group=${PID[${call%=*}]}
    join "${call%=*}" 1
    warns "${call%=*}" "${call%=*}" # two processes may write it, in pieces
    await 10 nobody_in "$group"
    refute says "${call%=*}" "$RUNS"
  done
}

@test "signal: a full disk and a reader that is gone are exit 1 with a reason" {
  mkfifo unread.in
  exec {both}<>unread.in
  exec {unread}>unread.in
  exec {both}>&-
  run bash -c 'timeout 10 signal_sync >/dev/full'
  assert_failure 1
  assert_output --partial 'No space left on device'
  run bash -c "timeout 10 env --default-signal=PIPE signal_sync >&$unread"
  assert_failure 1
  assert_output --partial 'Broken pipe'
}

@test "signal: closed stdin and stderr change nothing" {
  run timeout 10 bash -c 'signal_sync <&- 2>&-'
  assert_success
  is_transcript "$output"
}

@test "signal: a closed stdout is exit 1 with a reason" {
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind opens closed descriptors'
  run bash -c 'timeout 10 signal_sync >&-'
  assert_failure 1
  assert_output --partial 'Bad file descriptor'
}

@test "signal: any argument is wrong usage, exit 2, nothing on stdout" {
  for arg in extra -h -- ''; do
    run --separate-stderr timeout 10 signal_sync "$arg"
    assert_failure 2
    assert_equal "$output" ''
    [[ $stderr == 'signal_sync: usage: '*signal_sync ]] # whatever path it was called by
  done
}

@test "signal: many copies at once do not meet, and leave no process behind" {
  local pids=() n=20
  [[ ${UNDER:-} != valgrind ]] || n=3 # they take seconds each
  for ((i = 0; i < n; i++)); do start "sync$i" signal_sync; pids+=("${PID[sync$i]}"); done
  for ((i = 0; i < n; i++)); do
    join "sync$i"
    is_transcript "$(cat "sync$i.out")"
  done
  for pid in "${pids[@]}"; do run ! kill -0 -- "-$pid"; done
}

@test "signal: a run after a SIGKILL works" {
  traced "$late_parent" -- signal_sync
  held 1
  kill -KILL "$parent"
  join sync 137
  run timeout 10 signal_sync
  assert_success
}

@test "signal: the cast names the lines that the program prints, no more and no fewer" {
  sed -n -e '/^variant/q' -e 's/^[a-z]* prints //p' "$BATS_TEST_DIRNAME/../signal/cast" | sort >cast
  timeout 10 signal_sync | sort >printed
  assert_equal "$(cat printed)" "$(cat cast)"
}

strace_works() { [[ ${UNDER:-} != valgrind ]] && strace -qq -o /dev/null true 2>/dev/null; }

# README: every block of commands (front.bats plays make run-signal)
@test "signal: the commands of the lesson sheet do what it says" {
  local root=${BATS_TEST_DIRNAME%/*}
  export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # it cannot work under strace
  mkdir build
  ln -s "$BUILD/signal" build/signal
  ln -s "$root/signal" signal
  awk '/^```sh$/ { n++; p = 1; next } /^```/ { p = 0 } p { print > ("block" n) }' signal/README.md
  for block in block*; do
    if grep -q '^make' "$block"; then continue; fi
    if grep -q "^strace" "$block" && ! strace_works; then continue; fi
    run timeout 30 bash "$block"
    assert_success
    echo "$output" >>said
  done
  for line in "$HANGS" "$STARTS" "$RUNS" "$RECEIVES" "$EXITS" 'status 124'; do
    run -0 grep -xF -- "$line" said
  done
}
