# The variants of the room semaphore.

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

# ---- sem_mutex --------------------------------------------------------------

# counting [ARG...]: a run that takes long; ONE and OTHER are its children, ONE
# stopped, so that OTHER sleeps.
counting() {
  local children
  start mutex "${@:-sem_mutex}" 1000000
  await 10 two_children
  read -ra children <<<"$(child_of mutex)"
  ONE=${children[0]} OTHER=${children[1]}
}
two_children() { [[ $(child_of mutex) == *' '*' ' ]]; }

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_mutex: none is lost with P and V, half of them without" {
  run -0 --separate-stderr timeout 20 sem_mutex
  assert_output '2 processes add 1000 each, between P and V: 2000, 0 lost'
  run -0 --separate-stderr timeout 20 sem_mutex -n
  assert_output '2 processes add 1000 each, without P and V: 1000, 1000 lost'
  assert_equal "$stderr" ''
  run -0 timeout 20 sem_mutex 1
  assert_output '2 processes add 1 each, between P and V: 2, 0 lost'
  run -0 timeout 20 sem_mutex -n 1
  assert_output '2 processes add 1 each, without P and V: 1, 1 lost'
}

@test "semaphore: sem_mutex: the stage plays both" {
  run -0 on_stage semaphore:sem_mutex
  assert_line --partial 'without P and V: 1000, 1000 lost'
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_mutex: whoever is late, the counts are the same" {
  local spec
  can_inject
  for spec in 1 2 5; do
    run -0 injects "?semop,?semtimedop:delay_enter=100000:when=$spec" -- sem_mutex 3
    assert_output '2 processes add 3 each, between P and V: 6, 0 lost'
    run -0 injects "?semop,?semtimedop:delay_exit=100000:when=$spec" -- sem_mutex -n 3
    assert_output '2 processes add 3 each, without P and V: 3, 3 lost'
  done
  run -0 injects '?semop,?semtimedop:error=EINTR:when=2..4' -- sem_mutex 3
  assert_output '2 processes add 3 each, between P and V: 6, 0 lost'
  run -0 injects '?semop,?semtimedop:error=EINTR:when=2..4' -- sem_mutex -n 3
  assert_output '2 processes add 3 each, without P and V: 3, 3 lost'
}

@test "semaphore: sem_mutex: P and V are there, with SEM_UNDO, and -n has none" {
  can_inject
  run -0 timeout 20 strace -f -qq -o log -e trace='?semop,?semtimedop' sem_mutex 2
  run grep -c 'sem_num=0, sem_op=-1, sem_flg=SEM_UNDO.*' log
  ((output >= 4)) # one that is interrupted by the other's line may be there twice
  # Each child takes first, and gives what it has taken.
  awk '/sem_num=0/ && !seen[$1]++ && !/sem_op=-1/ { exit 1 }' log
  run -1 grep 'sem_num=[12]' log
  run -0 timeout 20 strace -f -qq -o log -e trace='?semop,?semtimedop' sem_mutex -n 2
  run -1 grep 'sem_num=0' log
}

@test "semaphore: sem_mutex: a signal ends all by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    counting sem_mutex -n
    kill -STOP "$ONE"
    hit mutex "${number[sig]}"
    join mutex $((128 + sig))
    run cat mutex.out
    assert_output ''
    await 10 gone "$OTHER"
    kill -CONT "$ONE" 2>/dev/null || :
    await 10 gone "$ONE"
  done
}

@test "semaphore: sem_mutex: nothing is left, whoever is killed" {
  local call
  can_inject
  for call in semget 'semctl:when=2' '?semop,?semtimedop'; do
    [[ $call == *:* ]] || call=$call:when=3
    [[ $call != semget* ]] || call=semget:when=1
    run alone strace -f -qq -o /dev/null -e inject="$call:signal=TERM" sem_mutex 100
    assert_failure
    refute_line --partial 'left:'
  done
  run alone strace -f -qq -o /dev/null -e inject="semget:signal=HUP" sem_mutex 100
  assert_failure
  refute_line --partial 'left:'
  run -0 alone sem_mutex 10
  refute_line --partial 'left:'
  # The children remove the set of a parent that cannot.
  # shellcheck disable=SC2016
  run alone timeout 60 bash -c 'sem_mutex -n 1000000 & until [ "$(wc -w </proc/$!/task/$!/children)" = 2 ]; do :; done
    kill -9 $!; wait $!; until [ -z "$(tail -n +2 /proc/sysvipc/sem)" ]; do :; done; echo clean'
  assert_line clean
  refute_line --partial 'left:'
}

@test "semaphore: sem_mutex: a child that is killed is told, the other does not wait for it" {
  local how
  for how in '' -n; do
    # shellcheck disable=SC2086
    counting sem_mutex $how
    kill -KILL "$ONE"
    join mutex 1
    run cat mutex.err
    assert_output 'sem_mutex: a child died of signal 9'
    run cat mutex.out
    assert_output ''
    await 10 gone "$OTHER"
  done
}

@test "semaphore: sem_mutex: a set that somebody removes is told" {
  # shellcheck disable=SC2016
  run -1 alone bash -c 'sem_mutex -n 1000000 & until [ "$(wc -w </proc/$!/task/$!/children)" = 2 ]; do :; done
    ipcrm -s "$(awk "NR == 2 { print \$2 }" /proc/sysvipc/sem)"; wait $!'
  assert_output --regexp "^sem_mutex: a child's prctl or semop: (Identifier removed|Invalid argument)$"
}

@test "semaphore: sem_mutex: a parent that is killed takes its children along" {
  counting sem_mutex -n
  hit mutex KILL
  join mutex 137
  await 10 gone "$ONE"
  await 10 gone "$OTHER"
}

@test "semaphore: sem_mutex: Ctrl-Z and fg change nothing" {
  local i
  start mutex sem_mutex -n 20000
  await 10 two_children
  for i in 1 2 3; do
    kill -STOP -- "-${PID[mutex]}"
    await 10 stopped mutex
    kill -CONT -- "-${PID[mutex]}"
  done
  join mutex
  says mutex '20000, 20000 lost'
}

@test "semaphore: sem_mutex: many at once do not meet" {
  local i
  for i in 1 2 3 4; do start "run$i" sem_mutex 500; done
  for i in 1 2 3 4; do
    join "run$i"
    says "run$i" ': 1000, 0 lost'
  done
}

@test "semaphore: sem_mutex: each call that fails is told" {
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_mutex
  assert_output 'sem_mutex: semget (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  run -1 injects '?semctl:error=EPERM:when=1' -- sem_mutex
  assert_output 'sem_mutex: semctl SETVAL: Operation not permitted'
  run -1 injects '?semctl:error=EPERM:when=3' -- sem_mutex
  assert_output 'sem_mutex: semctl SETVAL: Operation not permitted'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=1' -- sem_mutex
  assert_output 'sem_mutex: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=2' -- sem_mutex -n
  assert_output 'sem_mutex: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?prctl:error=EPERM' -- sem_mutex 2
  assert_line "sem_mutex: a child's prctl or semop: Operation not permitted"
  run -1 injects '?semop,?semtimedop:error=EACCES:when=2' -- sem_mutex 2
  assert_line "sem_mutex: a child's prctl or semop: Permission denied"
  run -1 injects '?semop,?semtimedop:error=EACCES:when=1' -- sem_mutex -n 2
  assert_line "sem_mutex: a child's prctl or semop: Permission denied"
  run -1 injects '?wait4,?waitid:error=EINVAL' -- sem_mutex 2
  assert_line 'sem_mutex: wait: Invalid argument'
}

@test "semaphore: sem_mutex: who ignored SIGCHLD before, or blocked signals, does no harm" {
  run -0 timeout 20 env --ignore-signal=CHLD sem_mutex 5
  assert_output --partial ': 10, 0 lost'
  counting env --block-signal=INT sem_mutex -n
  kill -STOP "$ONE"
  hit mutex INT
  join mutex 130
  kill -CONT "$ONE" 2>/dev/null || : # if it stopped before it had asked to be told
  await 10 gone "$ONE"
}

@test "semaphore: sem_mutex: a full disk, a closed stdout, and a reader that is gone are told" {
  run -1 timeout 10 bash -c 'sem_mutex 2 >/dev/full'
  assert_output 'sem_mutex: stdout: No space left on device'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 timeout 10 bash -c 'sem_mutex 2 >&-'
    assert_output 'sem_mutex: stdout: Bad file descriptor'
  fi
  mkfifo gone.in
  # shellcheck disable=SC2016
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_mutex 2 >&6 6>&-'
  assert_output 'sem_mutex: stdout: Broken pipe'
}

@test "semaphore: sem_mutex: wrong usage is told, with exit 2" {
  local arguments
  # shellcheck disable=SC2086
  for arguments in 0 -1 1x x 1000001 99999999999999999999 '-n -n' '-n 0' '1 2' '-n 1 2' -x --help; do
    run -2 --separate-stderr timeout 10 sem_mutex $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_mutex: usage: sem_mutex [-n] [COUNT]'
  done
  run -2 timeout 10 sem_mutex ''
  run -2 timeout 10 sem_mutex ' 1'
}
