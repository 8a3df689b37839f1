# More variants of the room semaphore: sem_pool, sem_init_race.

# poke MODE: a set as sem_init_race has it, made by somebody else.
setup_file() {
  cc -o "$BATS_FILE_TMPDIR/poke" -x c - <<'EOT'
#define _XOPEN_SOURCE 700
#include <stdlib.h>
#include <sys/sem.h>

int main(int argc, char *argv[])
{
    return argc != 2 || semget(ftok(".", 'i'), 1, IPC_CREAT | IPC_EXCL |
                               (int)strtol(argv[1], NULL, 8)) == -1;
}
EOT
}
setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
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
# held NAME SPEC CMD...: CMD, with a call of its children delayed, or stopped at.
# PARENT is its pid; CHILDREN are its children's, once there are N of them.
held() {
  local name=$1 spec=$2
  shift 2
  can_inject
  start "$name" env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" \
    strace -qq -f -o /dev/null -e inject="$spec" "$@"
}
# children NAME N
children() {
  PARENT=$(child_of "$1")
  PARENT=${PARENT% }
  [[ -n $PARENT ]] || return 1
  read -ra CHILDREN < <(cat "/proc/$PARENT/task/$PARENT/children" 2>/dev/null) || :
  ((${#CHILDREN[@]} == $2))
}
all_gone() {
  local pid
  for pid; do gone "$pid" || return 1; done
}

# ---- sem_pool ---------------------------------------------------------------

# The process with the unit stops before it waits for the sign to go.
STOPS='?semop,?semtimedop:signal=STOP:when=2'
# pool_held: a unit, two processes: one has it and is stopped, the other sleeps
# in P (or will).
pool_held() {
  held pool "$STOPS" "${@:-sem_pool}" 1 2
  await 10 children pool 2
  await 10 one_stopped
}
one_stopped() { grep -qs '^State:.[Tt]' "/proc/${CHILDREN[0]}/status" "/proc/${CHILDREN[1]}/status"; }
go_on() { kill -CONT "$@" 2>/dev/null || :; }

# in_use UNITS PROCESSES: what it should say.
in_use() {
  local left
  echo "Units: $1, processes that want one: $2"
  for ((left = $2; left >= 0; left--)); do
    echo "In use: $((left < $1 ? left : $1)), waiting: $((left < $1 ? 0 : left - $1)), free: $((left < $1 ? $1 - left : 0))"
  done
}

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_pool: no more than there are units, and the others wait" {
  local args
  run -0 --separate-stderr timeout 20 sem_pool
  assert_output "$(in_use 3 8)"
  assert_equal "$stderr" ''
  for args in '1 1' '1 4' '9 4' '4 4' '100 1' '2 30'; do
    # shellcheck disable=SC2086
    run -0 timeout 20 sem_pool $args
    # shellcheck disable=SC2086
    assert_output "$(in_use $args)"
  done
  run -0 timeout 20 sem_pool 2
  assert_output "$(in_use 2 8)"
  # in_use itself can count.
  assert_equal "$(in_use 2 3)" 'Units: 2, processes that want one: 3
In use: 2, waiting: 1, free: 0
In use: 2, waiting: 0, free: 0
In use: 1, waiting: 0, free: 1
In use: 0, waiting: 0, free: 2'
}

@test "semaphore: sem_pool: the stage plays it" {
  run -0 on_stage semaphore:sem_pool
  assert_line --partial 'In use: 3, waiting: 5, free: 0'
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_pool: whoever is late, the counts are the same" {
  local spec
  can_inject
  for spec in enter=150000:when=1 exit=150000:when=1 enter=150000:when=2 enter=150000:when=3; do
    run -0 injects "?semop,?semtimedop:delay_$spec" -- sem_pool 2 3
    assert_output "$(in_use 2 3)"
  done
  run -0 injects '?prctl:delay_enter=150000' -- sem_pool 2 3
  assert_output "$(in_use 2 3)"
  run -0 injects '?semop,?semtimedop:error=EINTR:when=1..2' -- sem_pool 2 3
  assert_output "$(in_use 2 3)"
}

# naps PID N: it has gone to sleep more than N times; looked PID: some times more.
naps() { (($(awk '/^voluntary/ { print $2 }' "/proc/$1/status") > $2)); }
looked() { await 10 naps "$1" $(($(awk '/^voluntary/ { print $2 }' "/proc/$1/status") + 5)); }
in_semop() { grep -qs 'sem' "/proc/$1/wchan" || grep -qs '^State:.S' "/proc/$1/status"; }

@test "semaphore: sem_pool: nothing is told before the kernel says so" {
  local spec
  # The one with the unit does not yet wait for its sign; then, the other for a unit.
  pool_held
  [[ $(cat /proc/"${CHILDREN[0]}"/status) == *State:?[Tt]* ]] && spec=1 || spec=0
  await 10 in_semop "${CHILDREN[spec]}"
  looked "$PARENT"
  assert_equal "$(<pool.out)" 'Units: 1, processes that want one: 2'
  kill -KILL "$PARENT"
  await 10 gone "$PARENT"
  go_on "${CHILDREN[@]}"
  join pool 137
  held pool '?prctl:signal=STOP' sem_pool 1 2
  await 10 children pool 2
  await 10 grep -q '^State:.[Tt]' "/proc/${CHILDREN[0]}/status"
  await 10 grep -q '^State:.[Tt]' "/proc/${CHILDREN[1]}/status"
  go_on "${CHILDREN[0]}"
  await 10 in_semop "${CHILDREN[0]}"
  looked "$PARENT"
  assert_equal "$(<pool.out)" 'Units: 1, processes that want one: 2'
  go_on "${CHILDREN[1]}"
  join pool
  assert_equal "$(<pool.out)" "$(in_use 1 2)"
}

@test "semaphore: sem_pool: who waits sleeps; the units are with SEM_UNDO, the signs without" {
  can_inject
  run -0 env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 \
    strace -f -qq -o log -e trace='?semop,?semtimedop' sem_pool 1 3
  run grep -c 'sem_num=0, sem_op=-1, sem_flg=SEM_UNDO' log
  assert_output 3 # each P once: nobody asks again and again
  run grep -c 'sem_num=0, sem_op=1, sem_flg=SEM_UNDO' log
  assert_output 3
  run -1 grep 'sem_num=1.*SEM_UNDO' log
  run -1 grep NOWAIT log
}

@test "semaphore: sem_pool: a signal ends all by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    pool_held
    kill -"$sig" "$PARENT"
    await 10 gone "$PARENT"
    go_on "${CHILDREN[@]}"
    join pool $((128 + sig))
    # Who is stopped may have been counted as asleep just before.
    run cat pool.out
    assert_output --regexp $'^Units: 1, processes that want one: 2(\nIn use: 1, waiting: 1, free: 0)?$'
    await 10 all_gone "${CHILDREN[@]}"
  done
}

@test "semaphore: sem_pool: no set is left, whoever is killed" {
  local call
  can_inject
  for call in semget:when=1 semctl:when=1 semctl:when=2 semctl:when=5 '?semop,?semtimedop:when=1'; do
    run alone strace -f -qq -o /dev/null -e inject="${call/:/:signal=TERM:}" sem_pool 1 3
    assert_failure
    refute_line --partial 'left:'
  done
  run -0 alone sem_pool 1 2
  refute_line --partial 'left:'
  # The children remove the set of a parent that cannot.
  # shellcheck disable=SC2016
  run -0 alone timeout 20 bash -c 'strace -f -qq -o log -e inject="$1" sem_pool 1 2 & strace=$!
    until pid=$(tr -d " " </proc/$strace/task/$strace/children) && [ -n "$pid" ] &&
      [ "$(wc -w </proc/$pid/task/$pid/children)" = 2 ] &&
      [ "$(grep -c "sem_num=0, sem_op=-1" log)" = 2 ]; do sleep .01; done
    kids=$(cat /proc/$pid/task/$pid/children)
    kill -9 $pid; until [ -z "$(tail -n +2 /proc/sysvipc/sem)" ]; do sleep .01; done; echo clean
    kill -CONT $kids; wait $strace || :' - "$STOPS"
  assert_line clean
  refute_line --partial 'left:'
}

@test "semaphore: sem_pool: a process that is killed is told, with a unit or without" {
  local i
  for i in 0 1; do
    pool_held
    kill -KILL "${CHILDREN[i]}"
    await 10 gone "$PARENT"
    go_on "${CHILDREN[@]}"
    join pool 1
    run cat pool.err
    assert_output 'sem_pool: a process that wants a unit: Killed'
    await 10 all_gone "${CHILDREN[@]}"
  done
}

@test "semaphore: sem_pool: one that is killed is told when others have ended well" {
  held pool '?semop,?semtimedop:delay_enter=700000:when=2' sem_pool 1 3
  await 10 children pool 3
  await 10 says pool 'waiting: 1,' # one has gone, the V for the next is late
  kill -KILL "${CHILDREN[2]}" "${CHILDREN[1]}"
  join pool 1
  warns pool 'a process that wants a unit: Killed'
}

@test "semaphore: sem_pool: a parent that is killed takes its processes along" {
  pool_held
  kill -KILL "$PARENT"
  await 10 gone "$PARENT"
  go_on "${CHILDREN[@]}"
  await 10 all_gone "${CHILDREN[@]}"
  join pool 137
}

@test "semaphore: sem_pool: a set that somebody removes is told" {
  # shellcheck disable=SC2016
  run -1 alone timeout 20 bash -c 'strace -f -qq -o /dev/null -e inject="$1" sem_pool 1 2 & strace=$!
    until pid=$(tr -d " " </proc/$strace/task/$strace/children) && [ -n "$pid" ] &&
      [ "$(wc -w </proc/$pid/task/$pid/children)" = 2 ]; do sleep .01; done
    kids=$(cat /proc/$pid/task/$pid/children)
    ipcrm -s "$(awk "NR == 2 { print \$2 }" /proc/sysvipc/sem)"
    kill -CONT $kids; wait $strace' - "$STOPS"
  assert_line --regexp '^sem_pool: (semctl GETVAL or GETNCNT|a process that wants a unit): (Identifier removed|Invalid argument)$'
}

@test "semaphore: sem_pool: Ctrl-Z and fg change nothing" {
  held pool '?semop,?semtimedop:delay_enter=700000:when=2' sem_pool 1 2
  await 10 children pool 2
  kill -STOP "$PARENT" "${CHILDREN[@]}"
  kill -CONT "$PARENT" "${CHILDREN[@]}"
  join pool
  assert_equal "$(<pool.out)" "$(in_use 1 2)"
}

@test "semaphore: sem_pool: many at once do not meet" {
  local i
  for i in 1 2 3 4; do start "run$i" sem_pool "$i" 9; done
  for i in 1 2 3 4; do
    join "run$i"
    assert_equal "$(<"run$i.out")" "$(in_use "$i" 9)"
  done
}

@test "semaphore: sem_pool: each call that fails is told" {
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_pool
  assert_output 'sem_pool: semget (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  run -1 injects '?semctl:error=EPERM:when=1' -- sem_pool
  assert_output 'sem_pool: semctl SETVAL: Operation not permitted'
  run -1 injects '?semctl:error=EPERM:when=2' -- sem_pool
  assert_output 'sem_pool: semctl SETVAL: Operation not permitted'
  run -1 injects '?semctl:error=EPERM:when=3' -- sem_pool
  assert_line 'sem_pool: semctl GETVAL or GETNCNT: Operation not permitted'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=1' -- sem_pool
  assert_line 'sem_pool: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=3' -- sem_pool
  assert_line 'sem_pool: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?prctl:error=EPERM' -- sem_pool 1 1
  assert_line 'sem_pool: a process that wants a unit: Operation not permitted'
  run -1 injects '?waitid:error=EINVAL' -- sem_pool 1 1
  assert_line 'sem_pool: waitid: Invalid argument'
  # The first and the third are a process's, of the second the parent has none.
  for i in 1 2 3; do
    run -1 injects "?semop,?semtimedop:error=ERANGE:when=$i" -- sem_pool 1 1
    assert_line --regexp '^sem_pool: (a process that wants a unit|semop V): (Numerical result out of range|Result not representable)$'
  done
}

@test "semaphore: sem_pool: ignored or blocked signals, and a child of somebody else, do no harm" {
  run -0 timeout 20 env --ignore-signal=CHLD sem_pool 1 2
  assert_output "$(in_use 1 2)"
  pool_held env --block-signal=INT sem_pool
  kill -INT "$PARENT"
  await 10 gone "$PARENT"
  go_on "${CHILDREN[@]}"
  join pool 130
  # shellcheck disable=SC2016
  run -0 timeout 20 bash -c '(exit 3) & sleep 300 >/dev/null 2>&1 & echo $! >pid; exec sem_pool 1 2'
  kill "$(cat pid)"
  assert_output "$(in_use 1 2)"
}

@test "semaphore: sem_pool: a full disk, a closed stdout, and a reader that is gone are told" {
  run -1 timeout 10 bash -c 'sem_pool >/dev/full'
  assert_output 'sem_pool: stdout: No space left on device'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 timeout 10 bash -c 'sem_pool >&-'
    assert_output 'sem_pool: stdout: Bad file descriptor'
  fi
  mkfifo gone.in
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_pool >&6 6>&-'
  assert_output 'sem_pool: stdout: Broken pipe'
  # Also if the reader has gone later.
  can_inject
  run -1 injects '?write,?writev:error=ENOSPC:when=2' -- sem_pool 1 1
  assert_line 'sem_pool: stdout: No space left on device'
}

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_pool: wrong usage is told, with exit 2" {
  local arguments
  # shellcheck disable=SC2086
  for arguments in 0 -1 1x x 101 99999999999999999999 '1 0' '1 101' '0 1' '1 x' '1 2 3' -x --help; do
    run -2 --separate-stderr timeout 10 sem_pool $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_pool: usage: sem_pool [UNITS [PROCESSES]] (1 to 100 of each)'
  done
  run -2 timeout 10 sem_pool ''
  run -2 timeout 10 sem_pool ' 1'
}

# ---- sem_init_race ----------------------------------------------------------

NAP='?clock_nanosleep,?nanosleep'
GAP="$NAP:delay_exit"
# in_gap [N]: N processes; the maker pauses for ever, the others find the set.
in_gap() {
  held race "$NAP:signal=STOP:when=1" sem_init_race "${1:-2}"
  await 10 says race 'In the gap'
  await 10 children race "${1:-2}"
}
# tells N: what it says of N processes.
tells() {
  echo "In the gap: made 1, found $(($1 - 1)), initialised 0, used 0, too early 0, sem_otime 0"
  echo "At the end: made 1, found $(($1 - 1)), initialised 1, used $1, too early 0, sem_otime set"
}

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_init_race: one makes it and initialises it, nobody is too early" {
  local n
  run -0 --separate-stderr timeout 20 sem_init_race
  assert_output "$(tells 8)"
  assert_equal "$stderr" ''
  for n in 1 2 100; do
    run -0 timeout 20 sem_init_race "$n"
    assert_output "$(tells "$n")"
  done
  no_leftovers
}

@test "semaphore: sem_init_race: the stage plays it" {
  run -0 on_stage semaphore:sem_init_race
  assert_line --partial 'initialised 1, used 8, too early 0, sem_otime set'
  assert_line --partial 'who made the set: Killed'
  assert_line --partial 'left behind: nothing'
}

@test "semaphore: sem_init_race: whoever is late, it is the same" {
  local spec
  can_inject
  for spec in '?semget:delay_enter=150000:when=1' '?semget:delay_enter=150000:when=2' \
    '?semctl:delay_enter=150000:when=1' '?semctl:delay_enter=150000:when=2' \
    '?semop,?semtimedop:delay_enter=150000:when=1' '?semop,?semtimedop:delay_exit=150000:when=1' \
    '?prctl:delay_enter=150000' "$GAP=150000:when=1"; do
    run -0 injects "$spec" -- sem_init_race 3
    assert_output "$(tells 3)"
  done
}

@test "semaphore: sem_init_race: IPC_EXCL, mode 0600, and the first semop is the maker's" {
  can_inject
  run -0 env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 \
    strace -f -qq -o log -e trace='?semop,?semtimedop,?semget,?semctl' \
    -e inject="?semctl:delay_enter=100000:when=1" sem_init_race 3
  run grep -cE 'semget\(0x69[0-9a-f]+, 1, IPC_CREAT\|IPC_EXCL\|0600' log
  assert_output 3
  run -1 grep -E 'SEM_UNDO|NOWAIT' log
  # SETVAL, then the maker's V, and only then the others.
  awk '/SETVAL/ { maker = $1 } /semop|semtimedop/ && !first++ {
      good = $1 == maker && /\[\{sem_num=0, sem_op=1, sem_flg=0\}\], 1/ }
    /semop|semtimedop/ && !/resumed/ { calls++ }
    END { exit !(good && calls == 4) }' log
}

@test "semaphore: sem_init_race: a maker that dies in the gap is told, and nothing is left" {
  local n
  for n in 1 8; do
    run -1 timeout 20 sem_init_race -k "$n"
    assert_line --index 0 "$(tells "$n" | head -n 1)"
    assert_line --index 1 'sem_init_race: who made the set: Killed; initialised by 0'
    no_leftovers
  done
  in_gap 1
  kill -KILL "${CHILDREN[0]}"
  join race 1
  warns race 'who made the set: Killed; initialised by 0'
  no_leftovers
}

@test "semaphore: sem_init_race: any other that is killed is told, too" {
  local i
  for i in 0 1 2; do
    in_gap 3
    kill -KILL "${CHILDREN[i]}"
    join race 1
    run cat race.err
    assert_output --regexp '^sem_init_race: (who made the set|a process): Killed; initialised by 0$'
    await 10 all_gone "${CHILDREN[@]}"
    no_leftovers
  done
}

@test "semaphore: sem_init_race: a signal ends all by that signal, and no set is left" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  for sig in "${!number[@]}"; do
    in_gap
    [[ -n $(our_objects) ]]
    if ((sig == 2)); then kill -INT "$PARENT" "${CHILDREN[@]}"; else kill -"$sig" "$PARENT"; fi
    join race $((128 + sig))
    all_gone "${CHILDREN[@]}"
    no_leftovers
  done
  # Before there is a set, and before all processes are there.
  for call in '?prctl:when=1' '?clone,?clone3,?fork,?vfork:when=2' '?semget:when=2'; do
    run injects "${call/:when/:signal=TERM:when}" -- sem_init_race 3
    no_leftovers
  done
}

@test "semaphore: sem_init_race: after a kill -9 of the parent, or of all, the next run is as the first" {
  in_gap
  kill -KILL "$PARENT"
  await 10 all_gone "${CHILDREN[@]}"
  join race 137
  [[ -n $(our_objects) ]]
  run -0 timeout 20 sem_init_race
  assert_output "$(tells 8)"
  in_gap
  kill -KILL -- "-${PID[race]}"
  join race 137
  await 10 all_gone "$PARENT" "${CHILDREN[@]}"
  [[ -n $(our_objects) ]]
  run -1 timeout 20 sem_init_race -k 3
  assert_line "$(tells 3 | head -n 1)"
  no_leftovers
}

@test "semaphore: sem_init_race: a second one meanwhile is told, and does not disturb the first" {
  local before
  held race "$GAP=2000000:when=1" sem_init_race 2
  await 10 says race 'In the gap'
  before=$(our_objects)
  run -1 timeout 10 sem_init_race
  assert_output 'sem_init_race: another sem_init_race is at work here: Resource temporarily unavailable'
  assert_equal "$(our_objects)" "$before"
  mkdir elsewhere
  run -0 bash -c 'cd elsewhere && exec timeout 10 sem_init_race 3'
  assert_output "$(tells 3)"
  join race
  assert_equal "$(<race.out)" "$(tells 2)"
}

@test "semaphore: sem_init_race: Ctrl-Z and fg change nothing" {
  held race "$GAP=700000:when=1" sem_init_race 2
  await 10 says race 'In the gap'
  await 10 children race 2
  kill -STOP "$PARENT" "${CHILDREN[@]}"
  kill -CONT "$PARENT" "${CHILDREN[@]}"
  join race
  assert_equal "$(<race.out)" "$(tells 2)"
}

@test "semaphore: sem_init_race: a set that somebody removes in the gap is told" {
  held race "$GAP=700000:when=1" sem_init_race 1
  await 10 says race 'In the gap'
  remove_ours
  join race 1
  warns race 'sem_init_race: who made the set: Invalid argument; initialised by 0'
}

@test "semaphore: sem_init_race: a set that is open to others is not touched" {
  poke 0666
  run -1 timeout 10 sem_init_race
  assert_output "sem_init_race: a set that is here (another user's, or open to others: play in another folder): Permission denied"
  [[ -n $(our_objects) ]]
  remove_ours
  poke 0600
  run -0 timeout 10 sem_init_race
  assert_output "$(tells 8)"
}

@test "semaphore: sem_init_race: a second user's set is not touched, nor ours by him" {
  second_user sem_init_race poke
  poke 0600
  run -1 as_nobody sem_init_race
  assert_output "sem_init_race: a set that is here (another user's, or open to others: play in another folder): Permission denied"
  [[ -n $(our_objects) ]]
  remove_ours
  as_nobody ./poke 0600
  run -1 timeout 10 sem_init_race
  assert_output "sem_init_race: a set that is here (another user's, or open to others: play in another folder): Permission denied"
  [[ -n $(our_objects) ]]
  run -0 as_nobody sem_init_race 2
  assert_output "$(tells 2)"
  chmod 711 .
  run -1 as_nobody sem_init_race 2
  assert_output 'sem_init_race: this folder: Permission denied'
}

@test "semaphore: sem_init_race: each call that fails is told" {
  can_inject
  run -1 injects '?semget:error=ENOSPC:when=1' -- sem_init_race
  assert_output 'sem_init_race: a set that is here: No space left on device'
  run -1 injects '?semget:error=ENOENT:when=1' -- sem_init_race
  assert_line 'sem_init_race: a process: No such file or directory; initialised by 0'
  run -1 injects '?semget:error=EACCES:when=2' -- sem_init_race 1
  assert_line 'sem_init_race: the set of this folder: Permission denied'
  no_leftovers
  run -1 injects '?semctl:error=EPERM:when=1' -- sem_init_race 1
  assert_line 'sem_init_race: the set of this folder: Operation not permitted'
  run -1 injects '?semctl:error=EIDRM:when=1' -- sem_init_race 2
  assert_line 'sem_init_race: a process: Identifier removed; initialised by 0'
  run -1 injects '?semop,?semtimedop:error=EFBIG:when=1' -- sem_init_race 1
  assert_line 'sem_init_race: who made the set: File too large; initialised by 1'
  run -1 injects '?semop,?semtimedop:error=EFBIG:when=2' -- sem_init_race 1
  assert_line 'sem_init_race: who made the set: File too large; initialised by 1'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=1' -- sem_init_race
  assert_output 'sem_init_race: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN:when=3' -- sem_init_race
  assert_output 'sem_init_race: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  run -1 injects '?prctl:error=EPERM' -- sem_init_race
  assert_line 'sem_init_race: a process: Operation not permitted; initialised by 0'
  run -1 injects '?waitid:error=EINVAL' -- sem_init_race
  assert_line 'sem_init_race: waitid: Invalid argument'
  run -1 injects '?flock:error=ENOLCK' -- sem_init_race
  assert_output 'sem_init_race: flock: No locks available'
  no_leftovers
}

@test "semaphore: sem_init_race: ignored or blocked signals, and a child of somebody else, do no harm" {
  run -0 timeout 20 env --ignore-signal=CHLD sem_init_race 2
  assert_output "$(tells 2)"
  held race "$NAP:signal=STOP:when=1" env --block-signal=INT sem_init_race 2
  await 10 says race 'In the gap'
  await 10 children race 2
  kill -INT "$PARENT"
  join race 130
  # shellcheck disable=SC2016
  run -0 timeout 20 bash -c '(exit 3) & sleep 300 >/dev/null 2>&1 & echo $! >pid; exec sem_init_race 2'
  kill "$(cat pid)"
  assert_output "$(tells 2)"
}

@test "semaphore: sem_init_race: a full disk, a closed stdout, and a reader that is gone are told" {
  run -1 timeout 10 bash -c 'sem_init_race >/dev/full'
  assert_output 'sem_init_race: stdout: No space left on device'
  if [[ ${UNDER:-} != valgrind ]]; then # that opens descriptors of its own
    run -1 timeout 10 bash -c 'sem_init_race >&-'
    assert_output 'sem_init_race: stdout: Bad file descriptor'
  fi
  mkfifo gone.in
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_init_race >&6 6>&-'
  assert_output 'sem_init_race: stdout: Broken pipe'
  no_leftovers
}

# shellcheck disable=SC2154 # bats sets $stderr
@test "semaphore: sem_init_race: wrong usage is told, with exit 2" {
  local arguments
  # shellcheck disable=SC2086
  for arguments in 0 -1 1x x 101 99999999999999999999 '1 2' '-k 0' '-k -k' '-k 1 2' '1 -k' -x --help; do
    run -2 --separate-stderr timeout 10 sem_init_race $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_init_race: usage: sem_init_race [-k] [PROCESSES] (1 to 100)'
  done
  run -2 timeout 10 sem_init_race ''
  run -2 timeout 10 sem_init_race ' 1'
}
