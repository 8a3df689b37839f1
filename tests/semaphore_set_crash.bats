# The variants of the room semaphore: two resources, and a holder that is killed.

setup() {
  load helpers
  common_setup
  ulimit -c 0
}
teardown() { common_teardown; }

on_stage() { (cd "${BATS_TEST_DIRNAME%/*}" && timeout 60 "$BUILD/scripts/stage" -b "$BUILD" "$@"); }
# alone CMD...: in an IPC namespace of its own; then the sets that are left there.
alone() {
  unshare -i true 2>/dev/null || skip 'needs root: a private IPC namespace'
  # shellcheck disable=SC2016
  unshare -i timeout 20 bash -c '"$@"; status=$?
    tail -n +2 /proc/sysvipc/sem | sed "s/^/left: /"; exit $status' alone "$@"
}

# full TEXT: a FIFO full.in with room for TEXT only; who writes the next line
# sleeps, until drained.
full() {
  local page
  page=$(getconf PAGESIZE)
  rm -f full.in
  mkfifo full.in
  exec {FULL}<>full.in
  dd if=/dev/zero of=full.in bs="$page" oflag=nonblock status=none 2>/dev/null || :
  head -c "$page" <&"$FULL" >/dev/null
  head -c $((page - ${#1})) /dev/zero >full.in
}
# drained: read it to the end, which is that of the last process that writes.
drained() {
  exec {READ}<full.in {FULL}>&-
  tr -d '\0' <&"$READ"
}
# met STEP TEXT CMD...: CMD, and when it has printed TEXT and sleeps in its next
# line (its children in the kernel, too), STEP with its pid and theirs. Then the
# rest of its output, its status; nobody may be left. To be run alone.
met() {
  local step=$1 text=$2 pid child children
  shift 2
  full "$text"
  exec {NEVER}<> <(:) {TOLD}>&2 2>/dev/null # where bash tells of a signal
  env --default-signal "$@" >full.in 2>&"$TOLD" &
  pid=$!
  until asleep "$pid" pipe_write; do nap; done
  read -ra children <"/proc/$pid/task/$pid/children"
  "$step" "$pid" "${children[@]}"
  drained
  wait "$pid"
  echo "status $?"
  for child in "${children[@]}"; do ends "$child"; done
}
nap() { read -rt 0.005 -u "$NEVER" _ || :; } # no process
ends() { while grep -qs '^State:.[^ZX]' "/proc/$1/status"; do nap; done; }
asleep() { grep -q '^State:.S' "/proc/$1/status" && [[ $(cat "/proc/$1/wchan") == *$2* ]]; }
kills() { kill "-$SIG" "$1"; ends "$1"; } # the parent
kills_first() { kills "$2"; }
kills_last() { kills "${@: -1}"; }
stops() { # all of them, as Ctrl-Z does, and then fg
  local pid
  kill -STOP "$@"
  for pid; do until grep -q '^State:.[TZ]' "/proc/$pid/status"; do nap; done; done
  kill -CONT "$@"
}
export SIG=KILL
export -f met full drained asleep nap ends kills kills_first kills_last stops

AT_ONCE='A takes 0 and 1 at once; free: 0 0, waiting: 0 0
B wants 1 and 0 at once; free: 0 0, waiting: 0 1
A gives 1 back: B takes nothing yet; free: 0 1, waiting: 1 0
A gives 0 back: B takes both; free: 0 0, waiting: 0 0
B gives both back; free: 1 1, waiting: 0 0'
ONE_BY_ONE='A takes 0; free: 0 1, waiting: 0 0
B takes 1; free: 0 0, waiting: 0 0
A wants 1, too; free: 0 0, waiting: 0 1
B wants 0, too; free: 0 0, waiting: 1 1
A has 0 and waits for 1; B has 1 and waits for 0: nobody will ever give back
B is killed: A takes 1; free: 0 0, waiting: 0 0
A gives both back; free: 1 1, waiting: 0 0'
WITH_UNDO='Value 1: free
Value 0: the child has taken it, with SEM_UNDO
Value 1: the child has been killed
Value 0: now the parent has taken it'
WITHOUT='Value 1: free
Value 0: the child has taken it, without SEM_UNDO
Value 0: the child has been killed
Value 0: the parent'\''s P fails with EAGAIN
Value 0: lost for ever: its holder is dead'

# ---- sem_set ----------------------------------------------------------------

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_set: both at once never meet, one by one they wait for ever" {
  run -0 --separate-stderr timeout 20 sem_set
  assert_output "$AT_ONCE"
  assert_equal "$stderr" ''
  run -0 --separate-stderr timeout 20 sem_set -1
  assert_output "$ONE_BY_ONE"
  assert_equal "$stderr" ''
}

@test "semaphore: sem_set: the stage plays both" {
  run -0 on_stage semaphore:sem_set
  assert_line --partial 'B gives both back; free: 1 1'
  assert_line --partial 'nobody will ever give back'
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_set: at once is one semop of two, in opposite order" {
  can_inject
  run -0 timeout 20 strace -f -qq -o log -e trace='?semop,?semtimedop' sem_set
  grep -q '\[{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}, {sem_num=1, sem_op=-1, sem_flg=SEM_UNDO}\], 2' log
  grep -q '\[{sem_num=1, sem_op=-1, sem_flg=SEM_UNDO}, {sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}\], 2' log
  run -1 grep 'sem_num=[01], sem_op=-1[^]]*\], 1' log
  run -0 timeout 20 strace -f -qq -o log -e trace='?semop,?semtimedop' sem_set -1
  run -1 grep '\], 2' log
  # What each gives back is SEM_UNDO's, too: else it would be given twice.
  run -1 grep 'sem_num=[01], sem_op=-*1, sem_flg=0' log
  run -1 grep 'sem_num=[23], sem_op=[-0-9]*, sem_flg=SEM_UNDO' log
}

@test "semaphore: sem_set: whoever is late, the story is the same" {
  local spec
  can_inject
  for spec in '?semop,?semtimedop:delay_enter=40000:when=1' '?semop,?semtimedop:delay_exit=40000:when=2+2' \
    '?prctl:delay_enter=40000' '?semop,?semtimedop:error=EINTR:when=1..3'; do
    run -0 injects "$spec" -- sem_set
    assert_output "$AT_ONCE"
    run -0 injects "$spec" -- sem_set -1
    assert_output "$ONE_BY_ONE"
  done
}

@test "semaphore: sem_set: Ctrl-Z and fg change nothing, also in the deadlock" {
  local at
  for at in 1 2 3; do
    run -0 alone met stops "$(head -n "$at" <<<"$AT_ONCE")"$'\n' sem_set
    assert_output "$AT_ONCE"$'\nstatus 0'
  done
  run -0 alone met stops "$(head -n 4 <<<"$ONE_BY_ONE")"$'\n' sem_set -1
  assert_output "$ONE_BY_ONE"$'\nstatus 0'
}

@test "semaphore: sem_set: a signal ends all by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    SIG=$sig run -0 alone met kills "$(head -n 4 <<<"$ONE_BY_ONE")"$'\n' sem_set -1
    assert_output "$(head -n 4 <<<"$ONE_BY_ONE")"$'\n'"status $((128 + sig))"
  done
  SIG=TERM run -0 alone met kills "$(head -n 2 <<<"$AT_ONCE")"$'\n' sem_set
  assert_line 'status 143'
  refute_line --partial left:
  can_inject
  for sig in semget:signal=INT semctl:signal=HUP:when=2; do
    run alone strace -f -qq -o /dev/null -e inject="$sig" sem_set
    assert_failure
    refute_output --partial left:
  done
}

@test "semaphore: sem_set: kill -9, of the parent or a child: all end, no set is left" {
  run -0 alone met kills "$(head -n 2 <<<"$AT_ONCE")"$'\n' sem_set
  assert_output "$(head -n 2 <<<"$AT_ONCE")"$'\nstatus 137'
  run -0 alone met kills "$(head -n 4 <<<"$ONE_BY_ONE")"$'\n' sem_set -1
  assert_output "$(head -n 4 <<<"$ONE_BY_ONE")"$'\nstatus 137'
  run -0 alone met kills_last "$(head -n 1 <<<"$AT_ONCE")"$'\n' sem_set
  assert_line 'sem_set: a child died of signal 9'
  assert_line 'status 1'
  refute_line --partial 'gives 1 back'
  run -0 alone met kills_first "$(head -n 2 <<<"$ONE_BY_ONE")"$'\n' sem_set -1
  assert_line 'sem_set: a child died of signal 9'
  assert_line 'status 1'
  refute_line --partial left:
}

@test "semaphore: sem_set: each call that fails is told, and many at once do not meet" {
  local i
  for i in 1 2 3 4; do start "run$i" sem_set -1; done
  for i in 1 2 3 4; do join "run$i"; assert_equal "$(cat "run$i.out")" "$ONE_BY_ONE"; done
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_set
  assert_output 'sem_set: semget (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  run -1 injects '?semctl:error=EPERM:when=4' -- sem_set
  assert_output 'sem_set: semctl SETVAL: Operation not permitted'
  run -1 injects '?semctl:error=EACCES:when=5' -- sem_set
  assert_output 'sem_set: semctl GET: Permission denied'
  for i in 1 2; do
    run -1 injects "?clone,?clone3,?fork,?vfork:error=EAGAIN:when=$i" -- sem_set -1
    assert_line 'sem_set: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  done
  run -1 injects '?prctl:error=EPERM' -- sem_set
  assert_output "sem_set: a child's prctl or semop: Operation not permitted"
  for i in 2 3 4 5 6; do # A's: its GO, B's resource, its GO, what it gives back
    run -1 injects "?semop,?semtimedop:error=EACCES:when=$i" -- sem_set -1
    assert_line --regexp "^sem_set: (a child's prctl or semop|semop V): Permission denied$"
  done
  run -1 injects '?semop,?semtimedop:error=EACCES:when=1' -- sem_set
  assert_output "sem_set: a child's prctl or semop: Permission denied"
  for i in 1 2 3; do # without -f: the parent's
    run -1 timeout 20 strace -qq -o /dev/null -e inject="?semop,?semtimedop:error=EACCES:when=$i" sem_set
    assert_line 'sem_set: semop V: Permission denied'
  done
  run -1 injects '?kill:error=EPERM' -- sem_set -1
  assert_line 'sem_set: kill or waitpid: Operation not permitted'
  run -1 injects '?prctl:delay_enter=50000' '?wait4,?waitid:error=EINVAL' -- sem_set
  assert_output 'sem_set: waitpid: Invalid argument'
  run -0 timeout 20 env --ignore-signal=CHLD sem_set -1
}

@test "semaphore: sem_set: a full disk, a closed stdout, wrong usage" {
  local arguments
  run -1 alone bash -c 'sem_set -1 >/dev/full'
  assert_output 'sem_set: stdout: No space left on device'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 alone bash -c 'sem_set >&-'
    assert_output 'sem_set: stdout: Bad file descriptor'
  fi
  # The line of the deadlock, too, is looked after.
  { head -c $((1024 - 1)) /dev/zero; echo; } >disk
  head -n 4 <<<"$ONE_BY_ONE" | wc -c | xargs -I N truncate -s -N disk
  run -1 alone bash -c 'trap "" XFSZ; ulimit -f 1; sem_set -1 >>disk'
  assert_output 'sem_set: stdout: File too large'
  assert_equal "$(tail -c +2 disk | tr -d '\0')" "$(head -n 4 <<<"$ONE_BY_ONE")"
  # shellcheck disable=SC2086
  for arguments in 1 -2 -11 -n '-1 -1' '-1 x' --help; do
    run -2 --separate-stderr timeout 10 sem_set $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_set: usage: sem_set [-1]'
  done
  run -2 timeout 10 sem_set ''
}

# ---- sem_crash --------------------------------------------------------------

@test "semaphore: sem_crash: with SEM_UNDO it comes back, without it is lost" {
  run -0 --separate-stderr timeout 20 sem_crash
  assert_output "$WITH_UNDO"
  assert_equal "$stderr" ''
  run -0 --separate-stderr timeout 20 sem_crash -n
  assert_output "$WITHOUT"
  assert_equal "$stderr" ''
}

@test "semaphore: sem_crash: the stage plays both" {
  run -0 on_stage semaphore:sem_crash
  assert_line --partial 'Value 0: now the parent has taken it'
  assert_line --partial 'lost for ever: its holder is dead'
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_crash: a late child changes nothing" {
  local spec
  can_inject
  for spec in '?semop,?semtimedop:delay_enter=40000' '?prctl:delay_enter=40000' '?kill:delay_enter=40000'; do
    run -0 injects "$spec" -- sem_crash
    assert_output "$WITH_UNDO"
    run -0 injects "$spec" -- sem_crash -n
    assert_output "$WITHOUT"
  done
}

@test "semaphore: sem_crash: a signal ends both by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    SIG=$sig run -0 alone met kills "Value 1: free"$'\n' sem_crash -n
    assert_output "Value 1: free"$'\n'"status $((128 + sig))"
  done
  SIG=TERM run -0 alone met kills "$(head -n 2 <<<"$WITH_UNDO")"$'\n' sem_crash
  assert_output "$(head -n 2 <<<"$WITH_UNDO")"$'\nstatus 143'
  can_inject
  for sig in semget:signal=INT semctl:signal=HUP:when=1; do
    run alone strace -f -qq -o /dev/null -e inject="$sig" sem_crash
    assert_failure
    refute_output --partial left:
  done
}

@test "semaphore: sem_crash: kill -9, of the parent or the child: all end, no set is left" {
  run -0 alone met kills $'Value 1: free\n' sem_crash -n
  assert_output $'Value 1: free\nstatus 137'
  # The child before its turn: that is what is to be shown.
  run -0 alone met kills_last $'Value 1: free\n' sem_crash -n
  assert_output "$WITHOUT"$'\nstatus 0'
  SIG=TERM run -0 alone met kills_last $'Value 1: free\n' sem_crash
  assert_line 'sem_crash: the child died of signal 15'
  assert_line 'status 1'
  run -0 alone met stops $'Value 1: free\n' sem_crash
  assert_output "$WITH_UNDO"$'\nstatus 0'
}

@test "semaphore: sem_crash: each call that fails is told, and many at once do not meet" {
  local i
  for i in 1 2 3 4; do start "run$i" sem_crash; done
  for i in 1 2 3 4; do join "run$i"; assert_equal "$(cat "run$i.out")" "$WITH_UNDO"; done
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_crash
  assert_output 'sem_crash: semget (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  run -1 injects '?semctl:error=EPERM:when=1' -- sem_crash
  assert_output 'sem_crash: semctl SETVAL: Operation not permitted'
  run -1 injects '?semctl:error=EACCES:when=2' -- sem_crash
  assert_output 'sem_crash: semctl GET: Permission denied'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN' -- sem_crash
  assert_line 'sem_crash: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?prctl:error=EPERM' -- sem_crash
  assert_line "sem_crash: the child's prctl or semop: Operation not permitted"
  run -1 injects '?semop,?semtimedop:error=EACCES' -- sem_crash
  assert_line "sem_crash: the child's prctl or semop: Permission denied"
  run -1 injects '?prctl:delay_enter=50000' '?wait4,?waitid:error=EINVAL:when=1' -- sem_crash
  assert_line 'sem_crash: waitpid: Invalid argument'
  run -1 injects '?kill:error=EPERM:when=1' -- sem_crash
  assert_line 'sem_crash: kill: Operation not permitted'
  # Who is not known to be dead is not called so.
  run -1 injects '?kill:error=EPERM:when=2' -- sem_crash -n
  assert_line --regexp '^sem_crash: process [0-9]+ may be alive$'
  refute_line --partial lost
  run -0 timeout 20 env --ignore-signal=CHLD sem_crash -n
}

@test "semaphore: sem_crash: a full disk, a closed stdout, wrong usage" {
  local arguments
  run -1 alone bash -c 'sem_crash -n >/dev/full'
  assert_output 'sem_crash: stdout: No space left on device'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 alone bash -c 'sem_crash >&-'
    assert_output 'sem_crash: stdout: Bad file descriptor'
  fi
  # shellcheck disable=SC2086
  for arguments in n -1 -nn '-n -n' '-n x' --help; do
    run -2 --separate-stderr timeout 10 sem_crash $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_crash: usage: sem_crash [-n]'
  done
  run -2 timeout 10 sem_crash ''
}
