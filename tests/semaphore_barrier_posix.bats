# The variants of the room semaphore: the barrier, and the POSIX twin.

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
  unshare -i bash -c '"$@"; status=$?
    tail -n +2 /proc/sysvipc/sem | sed "s/^/left: /"; exit $status' alone "$@"
}
# narrow N FILE CMD...: a disk with room for N more bytes, then CMD.
narrow() {
  head -c $((1024 - $1)) /dev/zero >"$2"
  (ulimit -f 1; exec timeout 20 "${@:3}" >>"$2")
}

# ---- sem_barrier ------------------------------------------------------------

# waiting [ARG...]: three who meet without end; ONE is stopped, so that OTHER
# and THIRD sleep.
waiting() {
  local children
  start all sem_barrier 3 1000000
  await 10 three_children
  await 10 lines all 20
  read -ra children <<<"$(child_of all)"
  ONE=${children[0]} OTHER=${children[1]} THIRD=${children[2]}
  kill -STOP "$ONE"
  await 10 in_semop "$OTHER"
  await 10 in_semop "$THIRD"
}
three_children() { (($(child_of all | wc -w) == 3)); }
in_semop() { state "$1" && [[ $STATE == S && $(<"/proc/$1/wchan") == *semtimedop* ]]; }
# meets PROCESSES BARRIERS FILE: each of them comes to each barrier, in turn, and
# in the true order of the lines nobody has passed one before all are there.
meets() {
  awk -v n="$1" -v last="$2" '
    !/^Process [0-9]+ (arrives at|has passed) barrier [0-9]+$/ { exit bad = 1 }
    / arrives / { if ($6 != ++came[$2] || left[$2] != $6 - 1) exit bad = 1; all[$6]++ }
    / passed / { if ($6 != ++left[$2] || all[$6] != n) exit bad = 1 }
    END {
      for (pid in came) { who++; if (came[pid] != last || left[pid] != last) bad = 1 }
      if (bad || who != n) { print "line " NR ": " $0; exit 1 }
    }' "$3"
}

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_barrier: nobody has passed before all have arrived" {
  run -0 --separate-stderr timeout 20 sem_barrier
  assert_equal "$stderr" ''
  assert_equal "${#lines[@]}" 12
  meets 3 2 <(printf '%s\n' "${lines[@]}")
  local how
  for how in '1 1' '1 5' '2 300' '3 300' '20 50' '100 2'; do
    # shellcheck disable=SC2086
    timeout 20 sem_barrier $how >>out # with O_APPEND each write(2) has its place
    # shellcheck disable=SC2086
    meets $how out
    rm out
  done
}

@test "semaphore: sem_barrier: the stage plays it" {
  run -0 on_stage semaphore:sem_barrier
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_barrier: one that is late holds up all, and then they go on" {
  waiting
  # Whose turn it is: who is stopped has not passed it, so the others cannot
  # have come further than to the next.
  awk -v one="$ONE" '/ passed / { left[$2] = $6 } / arrives / { came[$2] = $6 }
    END { for (pid in came) {
      if (left[pid] > came[one]) exit 1
      if (came[pid] > came[one] + 1) exit 1 } }' all.out
  local so_far
  so_far=$(wc -l <all.out)
  kill -CONT "$ONE"
  await 10 lines all $((so_far + 30))
  hit all TERM
  join all 143
  await 10 gone "$ONE"
}

@test "semaphore: sem_barrier: whoever is late, at whatever call" {
  local spec
  can_inject
  for spec in delay_enter=50000:when=1 delay_enter=50000:when=2 \
    delay_exit=50000:when=1+3 delay_exit=50000:when=2+3 error=EINTR:when=1..2 error=EINTR:when=2..5; do
    injects "?semop,?semtimedop:$spec" -- sem_barrier 3 4 >>out
    meets 3 4 out
    rm out
  done
}

@test "semaphore: sem_barrier: an arrival is one call for two members, three in turn" {
  can_inject
  run -0 timeout 20 strace -f -qq -o log -e trace='?semop,?semtimedop' sem_barrier 1 4
  run sed -nE 's/.*op\([0-9]+, \[(.*\], [12]).*/\1/; T; s/sem_|, sem_flg=0//g; p' log
  assert_output "{num=1, op=-1}, {num=2, op=1}], 2
{num=1, op=0}], 1
{num=2, op=-1}, {num=0, op=1}], 2
{num=2, op=0}], 1
{num=0, op=-1}, {num=1, op=1}], 2
{num=0, op=0}], 1
{num=1, op=-1}, {num=2, op=1}], 2
{num=1, op=0}], 1"
}

@test "semaphore: sem_barrier: a signal ends all by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    waiting
    hit all "${number[sig]}"
    join all $((128 + sig))
    await 10 gone "$OTHER"
    await 10 gone "$THIRD"
    kill -CONT "$ONE" 2>/dev/null || :
    await 10 gone "$ONE"
  done
  waiting
  kill -INT -- "-${PID[all]}" # as the terminal does it
  kill -CONT -- "-${PID[all]}"
  join all 130
  await 10 gone "$ONE"
}

@test "semaphore: sem_barrier: nothing is left, whoever is killed" {
  local call
  can_inject
  for call in semget:when=1 semctl:when=2 '?clone,?clone3,?fork,?vfork:when=2' '?semop,?semtimedop:when=3'; do
    run alone strace -f -qq -o /dev/null -e inject="$call:signal=TERM" sem_barrier 3 100
    assert_failure
    refute_line --partial 'left:'
  done
  run -0 alone sem_barrier 3 10
  refute_line --partial 'left:'
  run -1 alone strace -f -qq -o /dev/null -e inject='?clone,?clone3,?fork,?vfork:error=EAGAIN:when=2' sem_barrier
  refute_line --partial 'left:'
}

@test "semaphore: sem_barrier: the children remove the set of a parent that is killed" {
  can_inject
  # In the midst of it; and before they have asked to be told of its death.
  # shellcheck disable=SC2016
  run alone timeout 20 bash -c 'sem_barrier 3 1000000 >/dev/null &
    until [ "$(wc -w </proc/$!/task/$!/children)" = 3 ]; do :; done
    kill -9 $!; wait $!; until [ -z "$(tail -n +2 /proc/sysvipc/sem)" ]; do :; done; echo clean'
  assert_line clean
  # shellcheck disable=SC2016
  run alone timeout 20 bash -c 'strace -f -qq -o /dev/null -e inject=?prctl:delay_enter=500000 \
      bash -c '\''echo $$ >pid; exec sem_barrier 1'\'' >/dev/null &
    until [ -s pid ] && read -r pid <pid && [ "$(cat /proc/$pid/comm)" = sem_barrier ] &&
      [ "$(wc -w </proc/$pid/task/$pid/children)" = 1 ]; do :; done
    kill -9 $pid; wait $!; until [ -z "$(tail -n +2 /proc/sysvipc/sem)" ]; do :; done; echo clean'
  assert_line clean
}

@test "semaphore: sem_barrier: a process that is killed is told, the others do not wait for it" {
  local who
  for who in ONE OTHER; do
    waiting
    kill -KILL "${!who}"
    kill -CONT "$ONE" 2>/dev/null || :
    join all 1
    run cat all.err
    assert_output 'sem_barrier: a process died of signal 9'
    await 10 gone "$OTHER"
    await 10 gone "$THIRD"
  done
}

@test "semaphore: sem_barrier: a set that somebody removes is told" {
  # shellcheck disable=SC2016
  run -1 alone bash -c 'sem_barrier 3 1000000 >/dev/null &
    until [ "$(wc -w </proc/$!/task/$!/children)" = 3 ]; do :; done
    ipcrm -s "$(awk "NR == 2 { print \$2 }" /proc/sysvipc/sem)"; wait $!'
  assert_output --regexp "^sem_barrier: a process's prctl, stdout or semop: (Identifier removed|Invalid argument)$"
}

writes_there() { [[ /proc/${PID[$1]}/fd/1 -ef held.in ]]; }
@test "semaphore: sem_barrier: Ctrl-Z and fg change nothing, and many at once do not meet" {
  local i both from
  # What nobody takes yet keeps the first one from ending before it is stopped.
  mkfifo held.in
  exec {both}<>held.in
  start run1 sh -c 'exec sem_barrier 3 1500 >held.in'
  await 10 writes_there run1 # else cat would meet the end of nothing
  for i in 2 3; do start "run$i" sem_barrier 3 1500; done
  for i in 1 2 3; do
    kill -STOP -- "-${PID[run1]}"
    await 10 stopped run1
    kill -CONT -- "-${PID[run1]}"
  done
  exec {from}<held.in {both}>&-
  timeout 60 cat <&"$from" >run1.out
  for i in 1 2 3; do
    join "run$i"
    meets 3 1500 "run$i.out"
  done
}

@test "semaphore: sem_barrier: each call that fails is told" {
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_barrier
  assert_output 'sem_barrier: semget (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  local nth
  for nth in 1 2 3; do
    run -1 injects "?semctl:error=EPERM:when=$nth" -- sem_barrier
    assert_output 'sem_barrier: semctl SETVAL: Operation not permitted'
  done
  run -1 --separate-stderr injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=3' -- sem_barrier
  assert_equal "$stderr" 'sem_barrier: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?prctl:error=EPERM' -- sem_barrier 1
  assert_output "sem_barrier: a process's prctl, stdout or semop: Operation not permitted"
  for nth in 1 2; do
    run -1 injects "?semop,?semtimedop:error=EFBIG:when=$nth" -- sem_barrier 1
    assert_line "sem_barrier: a process's prctl, stdout or semop: File too large"
    refute_line --partial 'has passed'
  done
  run -1 --separate-stderr injects '?wait4,?waitid:error=EINVAL' -- sem_barrier
  assert_equal "$stderr" 'sem_barrier: wait: Invalid argument'
}

@test "semaphore: sem_barrier: who ignored SIGCHLD before, or blocked signals, does no harm" {
  run -1 timeout 20 env --ignore-signal=CHLD bash -c 'sem_barrier 1 >/dev/full'
  start all env --block-signal=INT sem_barrier 3 1000000
  await 10 three_children
  hit all INT
  join all 130
}

@test "semaphore: sem_barrier: a full disk, a closed stdout, and a reader that is gone are told" {
  local line="sem_barrier: a process's prctl, stdout or semop"
  run -1 timeout 10 bash -c 'sem_barrier 1 >/dev/full'
  assert_output "$line: No space left on device"
  run -1 timeout 10 bash -c 'sem_barrier 3 >/dev/full'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 timeout 10 bash -c 'sem_barrier 1 >&-'
    assert_output "$line: Bad file descriptor"
  fi
  mkfifo gone.in
  # shellcheck disable=SC2016
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_barrier 1 >&6 6>&-'
  assert_output "$line: Broken pipe"
  local digits=$$ # the second line, of who has passed
  run -1 narrow $((30 + ${#digits} + 8)) out env --ignore-signal=XFSZ sem_barrier 1 1
  assert_output "$line: File too large"
}

@test "semaphore: sem_barrier: wrong usage is told, with exit 2" {
  local arguments
  # shellcheck disable=SC2086
  for arguments in 0 -1 1x x 101 99999999999999999999 '3 0' '3 1000001' '3 x' '3 2 1' -x --help; do
    run -2 --separate-stderr timeout 10 sem_barrier $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_barrier: usage: sem_barrier [PROCESSES [BARRIERS]]'
  done
  run -2 timeout 10 sem_barrier ''
  run -2 timeout 10 sem_barrier ' 1'
  run -2 timeout 10 sem_barrier 1 ''
}

# ---- sem_order_posix --------------------------------------------------------

NAMED='A named semaphore, sem_open(3):'
UNNAMED='An unnamed semaphore, sem_init(3) in shared memory:'
# in_order [FILE]: both halves, in each the child first; two children, one father.
in_order() {
  awk -v named="$NAMED" -v unnamed="$UNNAMED" '
    NR == 1 && $0 == named || NR == 4 && $0 == unnamed { next }
    NR % 3 == 2 && /^Process child: pid=[0-9]+$/ { child[NR] = $3; next }
    NR % 3 == 0 && /^Process father: pid=[0-9]+$/ { father[NR] = $3; next }
    { exit bad = 1 }
    END { exit bad || NR != 6 || father[3] != father[6] || child[2] == child[5] ||
      child[2] == father[3] || child[5] == father[3] }' "${1:-father.out}"
}
# father_waits: a father in P, whose child naps; CHILD is its pid.
father_waits() {
  start father "$@" sem_order_posix 3600
  await 10 in_p
  CHILD=$(child_of father)
  CHILD=${CHILD% }
}
in_p() { blocked father && [[ -n $(child_of father) && $(cat "/proc/${PID[father]}/wchan") == *futex* ]]; }
# names PID: what the libc may make of the name: glibc has a prefix, musl none.
names() { printf '%s\n' /dev/shm/{sem.,}sem_order_posix."$EUID.$1"; }
# shellcheck disable=SC2046
no_name() { ! ls $(names "$1") 2>/dev/null; }

@test "semaphore: sem_order_posix: the child speaks first, then the father, twice" {
  run -0 --separate-stderr timeout 20 sem_order_posix .1
  assert_equal "$stderr" ''
  in_order <(printf '%s\n' "${lines[@]}")
  timeout 20 sem_order_posix 0 >out
  in_order out
  run -0 on_stage semaphore:sem_order_posix
}

@test "semaphore: sem_order_posix: the father sleeps in P, and the name is gone already" {
  father_waits
  run cat father.out
  assert_output "$NAMED"
  grep -q '/dev/shm/.* (deleted)' "/proc/${PID[father]}/maps"
  no_name "${PID[father]}"
  hit father KILL
  join father 137
  await 10 gone "$CHILD"
}

@test "semaphore: sem_order_posix: the child does its V itself, and its end is waited for" {
  can_inject
  run -0 timeout 20 strace -f -q -o log -e trace='?write,?writev,?exit_group' \
    -e inject='?exit_group:delay_enter=150000' sem_order_posix 0
  run awk '/father: pid/ { print "father" } /exited with/ { print "end" }' log
  assert_output 'father
end
father
end
end'
}

@test "semaphore: sem_order_posix: whoever is late" {
  local spec
  can_inject
  for spec in '?clone,?clone3,?fork,?vfork:delay_exit=100000' '?prctl:delay_enter=100000' \
    '?clock_nanosleep,?nanosleep:delay_exit=100000'; do
    injects "$spec" -- sem_order_posix 0 >out
    in_order out
    rm out
  done
}

@test "semaphore: sem_order_posix: a stray SIGCHLD wakes neither of them, nor do Ctrl-Z and fg" {
  local i
  father_waits
  for i in 1 2; do
    hit father CHLD
    kill -CHLD "$CHILD"
    await 10 in_p
  done
  kill -STOP -- "-${PID[father]}"
  await 10 stopped father
  kill -CONT -- "-${PID[father]}"
  await 10 in_p
  run cat father.out
  assert_output "$NAMED"
  grep -q '^State:.S' "/proc/$CHILD/status"
  hit father TERM
  join father 143
}

@test "semaphore: sem_order_posix: a signal ends both by that signal" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    father_waits env --block-signal="${number[sig]}"
    hit father "${number[sig]}"
    join father $((128 + sig))
    await 10 gone "$CHILD"
  done
}

@test "semaphore: sem_order_posix: a signal while the semaphore is made leaves none" {
  can_inject
  # shellcheck disable=SC2016
  run -143 injects '?link,?linkat:signal=TERM' -- bash -c 'echo $$; exec sem_order_posix 0'
  no_name "${lines[0]}"
}

@test "semaphore: sem_order_posix: a child that dies before its V is told, in both halves" {
  local how digits status
  for how in '' --ignore-signal=CHLD --block-signal=CHLD; do
    # shellcheck disable=SC2086
    father_waits ${how:+env $how}
    kill -KILL "$CHILD"
    join father 1
    run cat father.err
    assert_output 'sem_order_posix: the child died (wait status 9)'
    run cat father.out
    assert_output "$NAMED"
  done
  # In the second half the disk is full: SIGXFSZ.
  digits=$$
  narrow $((32 + 20 + 21 + 2 * ${#digits} + 52 + 8)) out sem_order_posix 0 2>err && status=0 || status=$?
  assert_equal "$status" 1
  assert_equal "$(cat err)" 'sem_order_posix: the child died (wait status 25)'
  [[ $(tr -d '\0' <out | sed -n 4p) == "$UNNAMED" ]]
}

@test "semaphore: sem_order_posix: a child that dies before its father knows it" {
  can_inject
  run -1 injects '?prctl:error=EPERM' '?clone,?clone3,?fork,?vfork:delay_exit=150000' -- sem_order_posix 0
  assert_line 'sem_order_posix: the child died (wait status 256)'
  local digits=$$ status=0
  narrow $((32 + 20 + 21 + 2 * ${#digits} + 52 + 8)) out strace -qq -f -o /dev/null \
    -e inject='?clone,?clone3,?fork,?vfork:delay_exit=150000:when=2' sem_order_posix 0 2>err || status=$?
  assert_equal "$status" 1
  assert_equal "$(cat err)" 'sem_order_posix: the child died (wait status 25)'
}

@test "semaphore: sem_order_posix: a name that is in use is told and not touched" {
  # shellcheck disable=SC2016
  run bash -c 'echo $$; : | tee /dev/shm/{sem.,}sem_order_posix.$EUID.$$; exec sem_order_posix 0'
  # shellcheck disable=SC2046
  rm $(names "${lines[0]}") # they are still there
  assert_failure 1
  assert_line 'sem_order_posix: sem_open: File exists'
}

@test "semaphore: sem_order_posix: the semaphore is private, and many at once do not meet" {
  local i
  can_inject
  run -0 timeout 20 strace -qq -o log -e trace=open,openat sem_order_posix 0
  grep -E '/dev/shm/.*O_EXCL.*, 0600\)' log
  for i in 1 2 3 4; do start "run$i" sem_order_posix 0; done
  for i in 1 2 3 4; do
    join "run$i"
    in_order "run$i.out"
  done
  second_user sem_order_posix
  as_nobody timeout 20 ./sem_order_posix 0 >out
  in_order out
}

@test "semaphore: sem_order_posix: what this system cannot do is told, with exit 77" {
  can_inject
  run -77 injects '?link,?linkat:error=ENOSYS' -- sem_order_posix 0
  assert_line 'sem_order_posix: sem_open: Function not implemented'
  unshare -m true 2>/dev/null || skip 'needs root: a /dev without shm'
  run -77 unshare -m bash -c 'mount -t tmpfs none /dev && exec sem_order_posix 0'
  assert_line 'sem_order_posix: sem_open: No such file or directory'
}

# nth CALL REGEX: which of its calls of CALL is the one that matches.
nth() {
  strace -qq -o log -e trace="$1" sem_order_posix 0 >nth.out
  grep "^$1(" log | grep -nE -- "$2" | tail -n 1 | cut -d : -f 1
}

@test "semaphore: sem_order_posix: each call that fails is told" {
  local call
  can_inject
  run -1 injects '?link,?linkat:error=EACCES' -- sem_order_posix 0
  assert_line 'sem_order_posix: sem_open: Permission denied'
  # shellcheck disable=SC2016
  run -1 injects '?unlink,?unlinkat:error=EROFS:when=2' -- bash -c 'echo $$; exec sem_order_posix 0'
  # shellcheck disable=SC2046
  rm -f $(names "${lines[0]}")
  assert_line "sem_order_posix: sem_unlink /sem_order_posix.$EUID.${lines[0]}: Read-only file system"
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN' -- sem_order_posix 0
  assert_line 'sem_order_posix: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  for call in '?prctl' '?clock_nanosleep,?nanosleep'; do
    run -1 injects "$call:error=EINVAL" -- sem_order_posix 0
    assert_line "sem_order_posix: the child's sleep, stdout or V: Invalid argument"
    assert_line 'sem_order_posix: the child died (wait status 256)'
    refute_line --partial Process
  done
  run -1 injects "mmap:error=EAGAIN:when=$(nth mmap 'MAP_SHARED\|MAP_ANONYMOUS')" -- sem_order_posix 0
  assert_line 'sem_order_posix: mmap: Resource temporarily unavailable'
  run -1 injects "munmap:error=EINVAL:when=$(nth munmap ', 32\)')" -- sem_order_posix 0
  assert_line 'sem_order_posix: sem_destroy: Invalid argument'
}

@test "semaphore: sem_order_posix: a full disk, a closed stdout, and a reader that is gone are told" {
  local call line count
  run -1 timeout 10 bash -c 'sem_order_posix 0 >/dev/full'
  assert_output "sem_order_posix: the father's stdout: No space left on device"
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 timeout 10 bash -c 'sem_order_posix 0 >&-'
    assert_output "sem_order_posix: the father's stdout: Bad file descriptor"
  fi
  mkfifo gone.in
  # shellcheck disable=SC2016
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_order_posix 0 >&6 6>&-'
  assert_output "sem_order_posix: the father's stdout: Broken pipe"
  run -1 narrow 40 out env --ignore-signal=XFSZ sem_order_posix 0
  assert_line "sem_order_posix: the child's sleep, stdout or V: File too large"
  assert_line 'sem_order_posix: the child died (wait status 256)'
  can_inject
  for line in 'Process father' 'An unnamed'; do
    for call in write writev; do # each libc has its own
      count=$(nth "$call" "$line")
      [[ -n $count ]] || continue
      run -1 injects "$call:error=ENOSPC:when=$count" -- sem_order_posix 0
      assert_line "sem_order_posix: the father's stdout: No space left on device"
      run -1 --separate-stderr injects "$call:error=EPIPE:signal=PIPE:when=$count" -- \
        env --default-signal=PIPE sem_order_posix 0
      assert_equal "$stderr" "sem_order_posix: the father's stdout: Broken pipe"
    done
  done
}

@test "semaphore: sem_order_posix: wrong usage is told, with exit 2; the default is a second" {
  local argument
  for argument in -x --help -1 -0 x 1x nan inf 3601 '' ' -1'; do
    run -2 --separate-stderr timeout 10 sem_order_posix "$argument"
    assert_output ''
    assert_equal "$stderr" 'sem_order_posix: usage: sem_order_posix [SECONDS]'
  done
  run -2 timeout 10 sem_order_posix 0 0
  can_inject
  run -0 timeout 20 strace -f -qq -o log -e inject='?clock_nanosleep,?nanosleep:retval=0' sem_order_posix
  run grep -cE 'nanosleep\(.*tv_sec=1, tv_nsec=0' log
  assert_output 2
  run -0 timeout 20 strace -f -qq -o log -e inject='?clock_nanosleep,?nanosleep:retval=0' sem_order_posix 2.25
  run grep -cE 'nanosleep\(.*tv_sec=2, tv_nsec=250000000' log
  assert_output 2
}
