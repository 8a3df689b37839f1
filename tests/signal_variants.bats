#!/usr/bin/env bats
# The variants of the room signal: signal_queue, signal_mask, signal_timer,
# signal_sources. All but the timer have a child that sends.

# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; each test is a subshell
setup() { load helpers; common_setup; }
teardown() { common_teardown; }

ALL=(signal_queue signal_mask signal_sources signal_timer)
FORKING='signal_queue signal_mask signal_sources'
TIMER='signal_timer 1 0.01 2' # what is told in a second

# played NAME: what the cast has its process print.
played() {
  awk -v name="$1" '/^(variant|example) / { on = $2 == name }
    on && $2 == "prints" { sub(/^[a-z]* prints /, ""); print }' "$BATS_TEST_DIRNAME/../signal/cast"
}

# compiled NAME SED-SCRIPT: ./copy, the program with a line changed.
compiled() {
  sed -E "$2" "$BATS_TEST_DIRNAME/../signal/$1.c" >copy.c
  ! cmp -s copy.c "$BATS_TEST_DIRNAME/../signal/$1.c" || fail "$2 finds nothing in $1.c"
  cc -o copy copy.c
}

# traced INJECTION... -- PROGRAM...: run it as `it` under strace. The child stops
# behind the call that is injected with :signal=STOP; `held` awaits that.
traced() {
  local spec=()
  can_inject
  while [[ $1 != -- ]]; do spec+=(-e "inject=$1"); shift; done
  shift
  : >it.trace
  start it env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f -o it.trace "${spec[@]}" "$@"
}
held() {
  await 10 grep -q 'stopped by SIGSTOP' it.trace
  parent=$(first_child "${PID[it]}")
  child=$(first_child "$parent")
}
stops() { (($(grep -c 'stopped by SIGSTOP' it.trace) >= $1)); } # so many, so far
first_child() { awk '{ print $1; found = 1 } END { exit !found }' "/proc/$1/task/$1/children"; }
# let_go: the child goes on, and so does each that comes after it.
let_go() { await 10 has_ended; }
has_ended() {
  ended it && return
  child=$(first_child "$parent" 2>/dev/null) && halted "$child" && kill -CONT "$child"
  return 1
}
halted() { state "$1" && [[ $STATE == [Tt] ]]; }
nobody_in() { ! cat /proc/[0-9]*/stat 2>/dev/null | grep -qE "^[0-9]+ [(].*[)] [^Z] [0-9]+ $1 "; }
has_child() { [[ -n $(cat "/proc/$1/task/$1/children") ]]; }
waits() { state "$1" && [[ $STATE == [St] ]]; }

late_child='?prctl:signal=STOP:when=1'

# is_played NAME PROGRAM...: it succeeds, and prints what the cast of NAME has.
is_played() {
  local name=$1
  shift
  run --separate-stderr timeout 10 "$@"
  assert_success
  assert_equal "$stderr" ''
  assert_equal "$output" "$(played "$name")"
}

@test "signal: signal_queue, signal_mask, signal_sources: print what the cast has, each time" {
  for name in $FORKING; do
    for _ in {1..3}; do is_played "$name" "$name"; done
  done
}

@test "signal: signal_timer: prints what the cast has, and no sooner than it was told" {
  local begin=${EPOCHREALTIME/./}
  is_played signal_timer signal_timer
  ((${EPOCHREALTIME/./} - begin >= 1300000))
}

@test "signal: signal_queue: 1 and 1000 signals come in order, SIGUSR1 once" {
  run -0 timeout 10 signal_queue 1
  assert_output "sent: SIGRTMIN with 1 to 1, then SIGUSR1 with 1 to 1
SIGUSR1 brings 1
SIGRTMIN brings 1
SIGUSR1: 1 of 1 came
SIGRTMIN: 1 of 1 came"
  run -0 timeout 10 signal_queue 1000
  assert_equal "$(grep -c '^SIGUSR1 brings 1$' <<<"$output")" 1
  assert_equal "$(sed -n 's/^SIGRTMIN brings //p' <<<"$output")" "$(seq 1000)"
  assert_line 'SIGUSR1: 1 of 1000 came'
  assert_line 'SIGRTMIN: 1000 of 1000 came'
}

@test "signal: signal_queue: more than the kernel keeps is an error, and told" {
  run --separate-stderr bash -c 'ulimit -i 3 && timeout 10 signal_queue 100'
  assert_failure 1
  assert_equal "$output" ''
  [[ $stderr == *'signal_queue: sigqueue, number '*': Resource temporarily unavailable'* ]]
  [[ $stderr == *'signal_queue: the child failed (wait status 256)'* ]]
}

# The child stands still while a stranger sends.
@test "signal: signal_queue: a stranger's signal is told, and not counted" {
  traced "$late_child" -- signal_queue
  held
  kill -USR1 "$parent"
  kill -CONT "$child"
  join it
  local us=$BASHPID
  assert_equal "$(grep -cx "signal_queue: process $us sent a signal, too" it.err)" 1
  says it 'SIGUSR1: 0 of 5 came' # it has merged with the stranger's
  says it 'SIGRTMIN: 5 of 5 came'
}

@test "signal: signal_mask: two that come while it is blocked run the handler once" {
  traced "$late_child" -- signal_mask
  held
  kill -USR1 "$parent"
  let_go
  join it
  assert_equal "$(cat it.out)" "$(played signal_mask)"
}

@test "signal: signal_mask: the handler runs inside sigsuspend, or when the mask is opened, and nowhere else" {
  traced -- signal_mask
  join it
  # shellcheck disable=SC2016 # awk's
  run -0 awk '/rt_sigsuspend/ { open[$1] = 1 } /rt_sigprocmask\(SIG_SETMASK/ { open[$1] = 1 }
    /rt_sigreturn/ { open[$1] = 0 } /--- SIGUSR1/ { n++; if (!open[$1]) print }
    END { print n }' it.trace
  assert_output 2
}

@test "signal: signal_timer: seconds and intervals are what was asked for" {
  can_inject
  for args in '1 0.02 2' '2 1.15 1'; do
    # shellcheck disable=SC2086 # three words
    set -- $args
    run -0 timeout 10 strace -qq -o trace -e trace=alarm,setitimer signal_timer "$@"
    assert_line "alarm(2), in $1 s"
    assert_line "setitimer(2), every $2 s"
    assert_line "SIGALRM $3 of $3"
    refute_line "SIGALRM $(($3 + 1)) of $3"
    run -0 grep -E "^alarm\($1\)|^setitimer\(ITIMER_REAL, \{it_interval=\{tv_sec=0, tv_usec=0\}, it_value=\{tv_sec=$1, tv_usec=0\}" trace
    local s=${2%.*} us=${2#*.}00000
    us=$((10#${us::6}))
    run -0 grep -F "setitimer(ITIMER_REAL, {it_interval={tv_sec=$s, tv_usec=$us}, it_value={tv_sec=$s, tv_usec=$us}}, NULL)" trace
    run -0 grep -cF 'setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}}, {it_interval' trace
  done
}

@test "signal: signal_timer: a stranger's SIGALRM does not count" {
  traced -- signal_timer 100
  await 10 says it 'alarm(2), in 100 s'
  parent=$(first_child "${PID[it]}")
  for n in 1 2 3; do
    kill -ALRM "$parent"
    await 10 got_alarms $n
    await 10 waits "$parent"
  done
  assert_equal "$(cat it.out)" 'alarm(2), in 100 s'
  kill "$parent"
  join it 143
}
got_alarms() { (($(grep -c -- '--- SIGALRM' it.trace) >= $1)); }

# Between the test of the flag and the sleep one would be lost.
@test "signal: signal_timer: the handler runs inside sigsuspend and nowhere else" {
  traced '?alarm,?setitimer:signal=STOP:when=1' -- signal_timer 1 0.02 2
  await 10 grep -q 'stopped by SIGSTOP' it.trace
  parent=$(first_child "${PID[it]}")
  kill -ALRM "$parent"
  await 10 goes_on # two calls, with glibc
  join it
  # shellcheck disable=SC2016 # awk's
  run -0 awk '/rt_sigsuspend/ { asleep = 1 } /rt_sigreturn/ { asleep = 0 }
    /--- SIGALRM/ && !asleep' it.trace
  assert_output ''
}

goes_on() {
  ended it && return
  halted "$parent" && kill -CONT "$parent"
  return 1
}

# Rings that come while it is stopped merge into one.
@test "signal: signal_timer: stopped and continued it goes on" {
  start it signal_timer 1 0.02 20
  await 10 says it 'SIGALRM 1 of 20'
  hit it STOP
  await 10 stopped it
  local n
  n=$(wc -l <it.out)
  await 10 rings_pending
  hit it CONT
  join it
  lines it $((n + 1))
  says it 'stopped; it would have gone on'
}
# SIGALRM is number 14: the fourth hexadecimal digit from the right, its 2.
rings_pending() { grep -qE '^ShdPnd:.*[2367abef]...$' "/proc/${PID[it]}/status"; }

@test "signal: signal_timer: an alarm and a signal that it inherits change nothing" {
  cat >inherit.c <<'EOT'
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
int main(int n, char **arg)
{
  struct itimerval now = {{0, 0}, {0, 1}};
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGALRM);
  sigprocmask(SIG_BLOCK, &s, 0);
  setitimer(ITIMER_REAL, &now, 0);
  do sigpending(&s); while (!sigismember(&s, SIGALRM));
  alarm(1);
  return execvp(arg[1], arg + 1) + n;
}
EOT
  cc -o inherit inherit.c
  start it ./inherit signal_timer 100
  await 10 says it 'alarm(2), in 100 s'
  await 10 blocked it
  run timeout 1.5 ./inherit signal_timer 100 # its second is long over
  assert_failure 124
  assert_output 'alarm(2), in 100 s'
  blocked it
  hit it TERM
  join it 143
}

@test "signal: signal_sources: a stranger is called one" {
  traced "$late_child" -- signal_sources
  held
  kill -USR1 "$parent"
  let_go
  join it
  says it 'kill(2): SIGUSR1, SI_USER, from a stranger'
  assert_equal "$(tail -n +2 it.out)" "$(played signal_sources | tail -n +2)" # the stop is no news
}

@test "signal: signal_sources: a stranger's SIGSEGV kills it, as it should" {
  traced "$late_child" -- signal_sources
  held
  kill -CONT "$child"
  await 10 says it 'a bad store: SIGSEGV, SEGV_ACCERR'
  await 10 stops 2 # the next child is held, too, and dies with its parent
  kill -SEGV "$parent"
  join it 139
}

@test "signal: signal_sources: without a terminal it says so, exit 77" {
  can_inject
  run -77 --separate-stderr injects setsid:error=EPERM -- signal_sources
  assert_equal "$output" "$(played signal_sources | head -n 7)"
  assert_equal "$stderr" 'signal_sources: keyboard: no terminal of our own: Operation not permitted'
}

@test "signal: signal_sources: needs no terminal, and leaves ours alone" {
  needs setsid
  is_played signal_sources setsid -w signal_sources
}

@test "signal: signal_queue, signal_mask, signal_sources: Ctrl-C, TERM, HUP and KILL end the child, too" {
  for name in $FORKING; do
    for sig in INT KILL $([[ $name != signal_mask ]] || echo TERM HUP); do
      traced "$late_child" -- "$name"
      held
      kill "-$sig" "$parent"
      join it $((128 + $(kill -l "$sig")))
      await 10 gone "$child"
    done
  done
}

# Its own prctl(2) is not really executed: nothing ends it with its parent.
@test "signal: signal_queue, signal_mask, signal_sources: a child whose parent is gone signals nobody" {
  for name in $FORKING; do
    traced '?prctl:retval=0:signal=STOP' -- "$name"
    held
    kill -KILL "$parent"
    await 10 gone "$parent"
    kill -CONT "$child"
    join it 137
    await 10 gone "$child"
    run ! grep -E "^$child .*(kill|rt_sigqueueinfo)\(" it.trace
  done
}

@test "signal: signal_timer: Ctrl-C, TERM, HUP and KILL end it" {
  for sig in INT TERM HUP KILL; do
    start it signal_timer 100
    await 10 says it 'alarm(2), in 100 s'
    hit it $sig
    join it $((128 + $(kill -l $sig)))
  done
}

@test "signal: signal_queue, signal_mask, signal_sources: a child that is killed is told, exit 1" {
  for name in $FORKING; do
    traced "$late_child" -- "$name"
    held
    kill -KILL "$child"
    join it 1
    run -0 grep -E "^$name: (the|a) child failed \(wait status 9\)" it.err
  done
}

# A run after a kill -9 works: nothing is kept between runs.
@test "signal: signal_queue, signal_mask, signal_sources: many copies at once do not meet" {
  local n=6
  [[ ${UNDER:-} != valgrind ]] || n=2
  for name in $FORKING; do
    for ((i = 0; i < n; i++)); do start "$name$i" "$name"; done
  done
  for name in $FORKING; do
    for ((i = 0; i < n; i++)); do
      local group=${PID[$name$i]}
      join "$name$i"
      assert_equal "$(cat "$name$i.out")" "$(played "$name")"
      await 10 nobody_in "$group"
    done
  done
}

@test "signal: signal_queue, signal_mask, signal_timer, signal_sources: what they inherit changes nothing" {
  for name in $FORKING; do
    for how in --block-signal{,=SEGV} --ignore-signal{,=CHLD}; do
      is_played "$name" env "$how" "$name"
    done
  done
  for how in --block-signal --ignore-signal; do
    # shellcheck disable=SC2086 # with its arguments
    run -0 --separate-stderr timeout 10 env "$how" $TIMER
    assert_line 'SIGALRM 2 of 2'
  done
}

@test "signal: signal_queue, signal_mask, signal_timer, signal_sources: wrong usage is exit 2, nothing on stdout" {
  while read -r line; do
    eval "run --separate-stderr timeout 10 $line" # "" is an argument, too
    assert_failure 2
    assert_equal "$output" ''
    [[ $stderr == "${line%% *}: usage: "*"${line%% *}"* ]] || fail "$line: $stderr"
  done <<'EOT'
signal_queue 0
signal_queue -1
signal_queue 5x
signal_queue ""
signal_queue 2147483648
signal_queue 1 1
signal_mask x
signal_sources -h
signal_timer 0
signal_timer ""
signal_timer nan
signal_timer 1000001
signal_timer 1 0
signal_timer 1 0.0000001
signal_timer 1 0.1s
signal_timer 1 0.1 0
signal_timer 1 0.1 3 4
EOT
}

@test "signal: signal_queue, signal_mask, signal_timer, signal_sources: a full disk and a reader that is gone are exit 1, with the reason" {
  mkfifo unread.in
  exec {both}<>unread.in
  exec {unread}>unread.in
  exec {both}>&-
  for name in signal_queue signal_mask signal_sources "$TIMER"; do
    run bash -c "timeout 10 $name >/dev/full"
    assert_failure 1
    assert_output --partial 'No space left on device'
    run bash -c "timeout 10 env --default-signal=PIPE $name >&$unread"
    assert_failure 1
    assert_output --partial 'Broken pipe'
  done
}

@test "signal: signal_queue, signal_mask, signal_timer, signal_sources: closed stdin and stderr change nothing, closed stdout is exit 1" {
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind opens closed descriptors'
  for name in $FORKING; do
    run -0 timeout 10 bash -c "$name <&- 2>&-"
    assert_equal "$output" "$(played "$name")"
    run -1 timeout 10 bash -c "$name >&-"
    assert_output --partial 'Bad file descriptor'
  done
  run -1 timeout 10 bash -c "$TIMER >&-"
  assert_output --partial 'Bad file descriptor'
}

# fails PROGRAM CALL=ERROR[:when=N] SAYS: that call of it fails.
fails() {
  local program=$1 call=${2%%=*} error=${2#*=}
  # AddressSanitizer installs handlers, too, and cannot bear to fail.
  [[ $call != rt_sigaction ]] || ! grep -q __asan_init "$(command -v "${program%% *}")" || return 0
  # shellcheck disable=SC2086 # a program and its arguments
  run --separate-stderr injects "?$call:error=$error" -- $program
  assert_failure 1
  [[ $stderr == *"${program%% *}: $3"* ]] || fail "$2: $stderr"
}
FORK='fork,?vfork,?clone,?clone3'

@test "signal: signal_queue: each call that fails is told, exit 1" {
  can_inject
  fails signal_queue "$FORK=EAGAIN" 'fork (limit ulimit -u or pids.max): Resource temporarily'
  fails signal_queue prctl=EPERM 'the child failed'
  fails signal_queue rt_sigqueueinfo=EPERM 'sigqueue, number 1: Operation not permitted'
  fails signal_queue rt_sigqueueinfo=EPERM:when=10 'sigqueue, number 5: Operation not permitted'
  fails signal_queue wait4=ECHILD 'waitpid: No child'
  fails signal_queue rt_sigtimedwait=EFAULT 'sigtimedwait: Bad address'
  fails signal_queue rt_sigprocmask=EPERM 'sigprocmask: Operation not permitted'
}

@test "signal: signal_mask: each call that fails is told, exit 1" {
  can_inject
  fails signal_mask "$FORK=EAGAIN" 'fork (limit ulimit -u or pids.max): Resource temporarily'
  fails signal_mask prctl=EPERM 'the child failed'
  fails signal_mask kill=EPERM 'kill: Operation not permitted'
  fails signal_mask wait4=ECHILD 'waitpid: No child'
  fails signal_mask wait4=ECHILD:when=2 'waitpid: No child'
  fails signal_mask rt_sigpending=EFAULT 'sigprocmask, sigpending: Bad address'
  fails signal_mask rt_sigaction=EPERM:when=3 'sigaction: Operation not permitted'
  fails signal_mask rt_sigprocmask=EPERM 'sigprocmask: Operation not permitted'
}

@test "signal: signal_timer: each call that fails is told, exit 1" {
  can_inject
  fails "$TIMER" rt_sigaction=EPERM:when=2 'sigaction: Operation not permitted'
  fails "$TIMER" rt_sigprocmask=EPERM 'sigprocmask: Operation not permitted'
  [[ ${BUILT_WITH:-} != *musl* ]] || skip "musl's alarm(2) is setitimer(2)"
  fails "$TIMER" setitimer=EPERM:when=1 'setitimer: Operation not permitted'
  fails "$TIMER" setitimer=EPERM:when=2 'setitimer: Operation not permitted'
}

@test "signal: signal_sources: each call that fails is told, exit 1" {
  can_inject
  fails signal_sources "$FORK=EAGAIN" 'fork (limit ulimit -u or pids.max): Resource temporarily'
  fails signal_sources "$FORK=EAGAIN:when=2" 'fork (limit ulimit -u or pids.max): Resource temporarily'
  fails signal_sources prctl=EPERM 'a child failed'
  fails signal_sources kill=EPERM 'kill: Operation not permitted'
  fails signal_sources rt_sigqueueinfo=EPERM 'sigqueue: Operation not permitted'
  fails signal_sources wait4=ECHILD 'waitpid: No child'
  fails signal_sources wait4=ECHILD:when=2 'waitpid: No child'
  fails signal_sources setitimer=EPERM 'setitimer: Operation not permitted'
  fails signal_sources pipe,?pipe2=EMFILE 'pipe: '
  for n in 1 3 6; do
    fails signal_sources rt_sigaction=EPERM:when=$n 'sigaction'
  done
  run --separate-stderr injects '?ioctl:error=EIO:when=1+' -- signal_sources
  assert_failure 77
}

# What comes to the child is the terminal's, not what it sends itself.
@test "signal: signal_sources: the key's signal comes only if the byte is the terminal's Ctrl-C" {
  compiled signal_sources 's/"\\003", 1\) != 1/"x", 1) != 1/'
  start it ./copy
  await 10 says it 'a bad store'
  await 10 has_child "${PID[it]}"
  await 10 blocked it
  hit it TERM
  join it 143
  assert_equal "$(cat it.out)" "$(played signal_sources | head -n 7)"
}

# README: make run-signal-NAME; make takes the name to the stage
@test "signal: signal_queue, signal_mask, signal_timer, signal_sources: the lesson sheet plays each" {
  local root=${BATS_TEST_DIRNAME%/*}
  sed -n -E 's/.*(^|`)make run-signal-([a-z_]+).*/\2/p' "$root/signal/README.md" | sort -u >named
  assert_equal "$(cat named)" "$(printf '%s\n' "${ALL[@]}" | sort)"
  while read -r name; do
    run -0 bash -c "cd '$root' && timeout 30 stage -b '$BUILD' signal:$name"
    assert_line --partial "signal: $name, article"
    assert_line --regexp 'left behind: nothing|skipped'
  done <named
}

@test "signal: signal_timer: a second user can run it, and cannot signal ours" {
  start ours signal_timer 100
  await 10 says ours 'alarm(2)'
  local pid=${PID[ours]}
  second_user "${ALL[@]}"
  run as_nobody env kill -ALRM "$pid"
  assert_failure
  assert_output --partial 'Operation not permitted'
  for name in $FORKING; do
    run -0 as_nobody timeout 10 "$name"
    assert_output "$(played "$name")"
  done
}
