# sem_order: article A 四.3. TRAP-SEM-n names the defect of the listing that a
# test would find if it came back.

# poke: a program with other manners. It knows the set, not our program.
#   make PATH MEMBERS MODE | put ID MEMBER VALUE | get ID MEMBER (value waiters) |
#   own ID UID MODE
setup_file() {
  cc -o "$BATS_FILE_TMPDIR/poke" -x c - <<'EOT'
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>

union semun { int val; struct semid_ds *buf; };

int main(int argc, char *argv[])
{
    int id = atoi(argv[2]), member = argc > 3 ? atoi(argv[3]) : 0;

    if (argv[1][0] == 'm') {
        id = semget(ftok(argv[2], 's'), member,
                    IPC_CREAT | (int)strtol(argv[4], NULL, 8));
        printf("%d\n", id);
    } else if (argv[1][0] == 'p') {
        id = semctl(id, member, SETVAL, (union semun){.val = atoi(argv[4])});
    } else if (argv[1][0] == 'o') {
        struct semid_ds ds = {.sem_perm.uid = (unsigned)member};
        ds.sem_perm.mode = (unsigned short)strtol(argv[4], NULL, 8);
        id = semctl(id, 0, IPC_SET, (union semun){.buf = &ds});
    } else {
        printf("%d ", semctl(id, member, GETVAL));
        printf("%d\n", id = semctl(id, member, GETNCNT));
    }
    if (id == -1)
        err(1, "%s", argv[1]);
    return 0;
}
EOT
}
setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
}
teardown() { common_teardown; }

# set_id: of this folder's set.
set_id() { our_objects | sed -n 's/^sem //p'; }
# in_p: one process sleeps in P, and the value is 0.
in_p() { [[ $(poke get "$(set_id)" 0 2>/dev/null) == '0 1' ]]; }
# father_waits [SECONDS]: a father in P, whose child naps; CHILD is its pid.
father_waits() {
  start father sem_order . "${1:-3600}"
  await 10 in_p
  CHILD=$(child_of father)
  CHILD=${CHILD% }
}
# in_order [FILE]: what it holds is the article's two lines, child first.
in_order() {
  local child father
  child=$(sed -n '1s/^Process child: pid=\([0-9]*\)$/\1/p' "${1:-father.out}")
  father=$(sed -n '2s/^Process father: pid=\([0-9]*\)$/\1/p' "${1:-father.out}")
  [[ -n $child && -n $father && $child != "$father" ]] && lines_are 2 "${1:-father.out}"
}
lines_are() { [[ $(wc -l <"$2") == "$1" ]]; }
# works: a run from beginning to end does what it should.
works() {
  timeout 20 sem_order . 0 >works
  in_order works
}
# traced STRACE-ARGUMENT...: LeakSanitizer cannot work under ptrace(2).
traced() { env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 strace -f -qq "$@"; }

@test "semaphore: the child speaks first, then the father" {
  local pid
  father_waits 1
  pid=${PID[father]}
  join father
  printf 'Process child: pid=%d\nProcess father: pid=%d\n' "$CHILD" "$pid" | diff - father.out
}

@test "semaphore: the father sleeps in P, and the child has said nothing yet" {
  father_waits
  blocked father
  run cat father.out
  assert_output ''
  warns father "the father waits for his child's V"
  run poke get "$(set_id)" 1
  assert_output '1 0' # the set is in use
  hit father INT
  join father 130
}

# TRAP-SEM-4
@test "semaphore: a second run meanwhile is told, and does not disturb the first" {
  father_waits
  run -1 --separate-stderr timeout -s KILL 10 sem_order . 0
  assert_output ''
  # shellcheck disable=SC2154 # set by run
  assert_equal "$stderr" 'sem_order: .: another sem_order is at work here'
  run -1 timeout 10 sem_order . 0
  in_p
  run cat father.out
  assert_output ''
  hit father TERM
  join father 143
  works
}

# TRAP-SEM-7: it was never the V that came too early, but the line too late
@test "semaphore: with output to a file the order is the same" {
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do works; done
  can_inject
  injects '?semop,?semtimedop:delay_exit=150000:when=1' -- sem_order . 0 >late
  in_order late
}

# TRAP-SEM-2: a V with SEM_UNDO is gone when the child is
@test "semaphore: a father who comes to his P long after the child has ended" {
  can_inject
  injects '?semop,?semtimedop:delay_enter=150000:when=2' -- sem_order . 0 >late
  in_order late
  injects '?clone,?clone3,?fork,?vfork:delay_exit=150000' -- sem_order . 0 >late
  in_order late
  run -0 traced -o log -e trace=?semop,?semtimedop sem_order . 0
  run -1 grep -E 'sem_num=0.*SEM_UNDO' log
  run -0 grep -E 'sem_num=1, sem_op=1, sem_flg=SEM_UNDO' log
  # The child does its V itself, the father need not wait for its end.
  awk 'NR == 1 { father = $1 }
    $1 != father && /sem_num=0, sem_op=1, sem_flg=0/ { v = 1 }
    END { exit !v }' log
}

@test "semaphore: the set is removed only when the child has ended" {
  can_inject
  run -0 traced -o log -e inject='?exit_group:delay_enter=150000' sem_order . 0
  run grep -oE 'SIGCHLD \{|IPC_RMID' log
  assert_line --index 0 'SIGCHLD {'
  assert_line --index 1 IPC_RMID
}

@test "semaphore: a child who comes late, before its first step or before its V" {
  can_inject
  injects '?prctl:delay_enter=150000' -- sem_order . 0 >late
  in_order late
  injects '?clock_nanosleep,?nanosleep:delay_exit=150000' -- sem_order . 0 >late
  in_order late
  injects '?semop,?semtimedop:delay_enter=150000:when=1' -- sem_order . 0 >late
  in_order late
}

# TRAP-SEM-3
@test "semaphore: Ctrl-Z and fg change nothing, for neither of the two" {
  father_waits
  hit father STOP
  await 10 stopped father
  hit father CONT
  await 10 in_p
  kill -STOP "$CHILD"
  await 10 grep -q '^State:.T' "/proc/$CHILD/status"
  kill -CONT "$CHILD"
  await 10 in_p
  kill -STOP -- "-${PID[father]}" # as the terminal does it
  await 10 stopped father
  kill -CONT -- "-${PID[father]}"
  await 10 in_p
  run cat father.out
  assert_output ''
  hit father TERM
  join father 143
}

# TRAP-SEM-3
@test "semaphore: an interrupted P is done again" {
  can_inject
  injects '?semop,?semtimedop:error=EINTR:when=2..4' -- sem_order . 0 >again
  in_order again
}

@test "semaphore: a stray SIGCHLD, or a child of somebody else, does not wake the father" {
  father_waits
  hit father CHLD
  hit father CHLD
  await 10 in_p
  hit father TERM
  join father 143
  run cat father.out
  assert_output ''
  # The shell leaves a child of its own to the program that takes its place.
  mkfifo held.in
  # shellcheck disable=SC2016
  start father bash -c 'cat held.in & echo $! >cat.pid; exec sem_order . 3600'
  exec 9>held.in
  await 10 in_p
  exec 9>&- # now that child ends
  await 10 gone "$(cat cat.pid)"
  await 10 in_p
  hit father TERM
  join father 143
  run cat father.out
  assert_output ''
}

# TRAP-SEM-4
@test "semaphore: many runs at once: each is in order or told, and one works" {
  local i ok=0 status
  for i in 1 2 3 4 5 6 7 8; do start "run$i" sem_order . 0; done
  for i in 1 2 3 4 5 6 7 8; do
    await 20 ended "run$i"
    status=0
    wait "${PID[run$i]}" || status=$?
    unset "PID[run$i]"
    if ((status == 0)); then
      in_order "run$i.out"
      ok=$((ok + 1))
    else
      assert_equal "$status" 1
      assert_equal "$(cat "run$i.out")" ''
      [[ -s run$i.err ]]
    fi
  done
  ((ok > 0))
}

# TRAP-SEM-5
@test "semaphore: after kill -9 no child is left, and the next run works" {
  local i
  for i in 1 2; do
    father_waits
    hit father KILL
    join father 137
    [[ -n $(set_id) ]] # SIGKILL leaves the set, the kernel undid the claim
    run poke get "$(set_id)" 1
    assert_output '0 0'
    works
    await 10 gone "$CHILD"
  done
}

@test "semaphore: whatever a killed run left in the set, the next run starts at 0" {
  can_inject
  poke put "$(poke make . 2 600)" 0 5
  injects '?clock_nanosleep,?nanosleep:delay_enter=150000' -- sem_order . 0 >stale
  in_order stale
}

# TRAP-SEM-6
@test "semaphore: a child that dies before its V does not leave the father waiting" {
  local sig number=([9]=KILL [15]=TERM)
  for sig in "${!number[@]}"; do
    father_waits
    kill "-${number[sig]}" "$CHILD"
    join father 1
    warns father "sem_order: the child died (wait status $sig)"
    run cat father.out
    assert_output ''
    run our_objects
    assert_output ''
  done
}

# TRAP-SEM-6
@test "semaphore: a child that died before the father came to his P is no trap either" {
  can_inject
  run -1 injects '?prctl:error=EPERM' '?semop,?semtimedop:delay_enter=150000:when=2' -- sem_order . 0
  assert_line 'sem_order: the child died (wait status 256)'
  refute_line --partial 'Process'
}

@test "semaphore: who ignored or blocked SIGCHLD before cannot blind the father" {
  local how
  for how in --ignore-signal=CHLD --block-signal=CHLD; do
    start father env "$how" sem_order . 3600
    await 10 in_p
    kill -KILL "$(child_of father | tr -d ' ')"
    join father 1
    run timeout 20 env "$how" sem_order . 0
    assert_success
  done
}

@test "semaphore: a signal ends both by that signal, and the set is gone" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  ulimit -c 0
  for sig in "${!number[@]}"; do
    father_waits
    hit father "${number[sig]}"
    join father $((128 + sig))
    run our_objects
    assert_output ''
    await 10 gone "$CHILD"
  done
  father_waits
  kill -INT -- "-${PID[father]}" # as the terminal does it
  join father 130
  await 10 gone "$CHILD"
}

@test "semaphore: a signal while the set is being made leaves none" {
  local call
  can_inject
  for call in semget semctl 'semop,?semtimedop' 'clone,?clone3,?fork,?vfork'; do
    run -130 injects "?$call:signal=INT:when=1" -- sem_order . 0
    run our_objects
    assert_output ''
  done
}

@test "semaphore: when the set is removed meanwhile the father says so and ends" {
  father_waits
  ipcrm -s "$(set_id)"
  join father 1
  warns father 'sem_order: semop P: Identifier removed'
  await 10 gone "$CHILD"
}

# TRAP-SEM-8
@test "semaphore: a second user can neither join in nor remove" {
  second_user sem_order poke
  father_waits
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./sem_order . 0
  assert_output "sem_order: semget . (another user's: take another KEYPATH): Permission denied"
  run as_nobody ./poke get "$(set_id)" 0
  assert_output --partial '-1'
  run as_nobody ipcrm -s "$(set_id)"
  assert_failure
  in_p
  hit father TERM
  join father 143
}

# TRAP-SEM-8
@test "semaphore: a stranger's set under our key is refused and not touched" {
  local id
  second_user sem_order poke
  id=$(as_nobody ./poke make . 2 666)
  as_nobody ./poke put "$id" 0 3
  run -1 timeout 10 sem_order . 0
  assert_output 'sem_order: .: the set of another user, or open to others (take another KEYPATH)'
  run poke get "$id" 0
  assert_output '3 0'
  run poke get "$id" 1
  assert_output '0 0'
  as_nobody ./poke own "$id" 0 600 # a present, but its maker may take it back
  run -1 timeout 10 sem_order . 0
  assert_output 'sem_order: .: the set of another user, or open to others (take another KEYPATH)'
  as_nobody ipcrm -s "$id"
}

# TRAP-SEM-8
@test "semaphore: our own set is not used if others may open it" {
  local id
  id=$(poke make . 2 666)
  run -1 timeout 10 sem_order . 0
  assert_output 'sem_order: .: the set of another user, or open to others (take another KEYPATH)'
  run poke get "$id" 1
  assert_output '0 0'
  ipcrm -s "$id"
}

@test "semaphore: a claim that fails is told as what it is, and leaves no set" {
  can_inject
  run -1 injects '?semop,?semtimedop:error=ENOSPC:when=1' -- sem_order . 0
  assert_output 'sem_order: semop .: No space left on device'
  run our_objects
  assert_output ''
}

@test "semaphore: a set of another shape is refused and not touched" {
  local id
  id=$(poke make . 1 600)
  run -1 timeout 10 sem_order . 0
  assert_output 'sem_order: semget .: Invalid argument'
  run our_objects
  assert_output "sem $id"
  ipcrm -s "$id"
}

# TRAP-SEM-9
@test "semaphore: a failing system call is told, and leaves no set" {
  can_inject
  run -1 injects '?semget:error=ENOSPC' -- sem_order . 0
  assert_output 'sem_order: semget . (limit kernel.sem: ipcs -l, sysctl): No space left on device'
  run -1 injects '?semctl:error=EPERM:when=2' -- sem_order . 0
  assert_output 'sem_order: semctl SETVAL: Operation not permitted'
  run -1 injects '?clone,?clone3,?fork,?vfork:error=EAGAIN' -- sem_order . 0
  assert_line 'sem_order: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  # The child sleeps long: at its end the father would do a V, too.
  run -1 --separate-stderr injects '?semop,?semtimedop:error=EIDRM:when=2' -- sem_order . 60
  # shellcheck disable=SC2154 # set by run
  [[ $stderr == *'sem_order: semop P: Identifier removed'* ]]
  run -1 injects '?semop,?semtimedop:error=ERANGE:when=3+' -- sem_order . 0
  run -1 injects '?prctl:error=EPERM' -- sem_order . 0
  run -1 injects '?clock_nanosleep,?nanosleep:error=EINVAL' -- sem_order . 0
  assert_line "sem_order: the child's sleep, stdout or V: Invalid argument"
  assert_line 'sem_order: the child died (wait status 256)'
  run -1 injects '?semctl:error=EIDRM:when=3' -- sem_order . 0
  assert_line 'sem_order: semctl IPC_RMID: Identifier removed'
}

@test "semaphore: a full disk is told by both, and leaves no set" {
  run -1 timeout 10 bash -c 'sem_order . 0 >/dev/full'
  assert_line "sem_order: the child's sleep, stdout or V: No space left on device"
  assert_line 'sem_order: the child died (wait status 256)'
}

@test "semaphore: when nobody reads its output the program says so and ends" {
  mkfifo gone.in
  # shellcheck disable=SC2016
  run -1 timeout 10 bash -c 'exec 5<>gone.in 6>gone.in 5<&-
    exec env --default-signal=PIPE sem_order . 0 >&6 6>&-'
  assert_line "sem_order: the child's sleep, stdout or V: Broken pipe"
  assert_line 'sem_order: the child died (wait status 256)'
}

@test "semaphore: the father's own line cannot be written" {
  can_inject # the child writes once, the father first writes that he waits
  run -1 injects '?write,?writev:error=ENOSPC:when=2+' -- sem_order . 0
  assert_line --partial 'Process child'
  refute_line --partial 'Process father'
}

@test "semaphore: closed standard input or output does no harm" {
  run timeout 10 sem_order . 0 <&-
  assert_success
  [[ ${UNDER:-} != valgrind ]] || return 0 # it opens files of its own there
  run -1 timeout 10 bash -c 'sem_order . 0 >&-'
  assert_line "sem_order: the child's sleep, stdout or V: Bad file descriptor"
}

@test "semaphore: wrong usage is told, with exit 2" {
  local arguments
  # shellcheck disable=SC2086
  for arguments in -x --help - '. -1' '. -0' '. x' '. 1x' '. nan' '. inf' '. 3601' '. 0 .'; do
    run -2 --separate-stderr timeout 10 sem_order $arguments
    assert_output ''
    assert_equal "$stderr" 'sem_order: usage: sem_order [KEYPATH [SECONDS]]'
  done
  run -2 timeout 10 sem_order . ''
  run -2 timeout 10 sem_order . ' -1'
  run -1 timeout 10 sem_order no/such/file
  assert_output 'sem_order: ftok no/such/file: No such file or directory'
}

@test "semaphore: the default is this folder and two seconds, and a fraction is one" {
  can_inject
  run -0 traced -o log -e inject='?clock_nanosleep,?nanosleep:retval=0' sem_order
  grep -qE 'nanosleep\(.*tv_sec=2, tv_nsec=0' log
  run -0 traced -o log -e inject='?clock_nanosleep,?nanosleep:retval=0' sem_order . 1.25
  grep -qE 'nanosleep\(.*tv_sec=1, tv_nsec=250000000' log
}

@test "semaphore: each folder, and each key file, has a set of its own" {
  mkdir other
  : >key
  father_waits
  run -0 timeout 10 sem_order other 0
  run -0 timeout 10 sem_order key 0
  run -1 timeout 10 sem_order ./other/.. 0 # another name of the same folder
  assert_line --partial 'another sem_order is at work here'
  hit father TERM
  join father 143
}

@test "semaphore: the commands of the lesson sheet do what it says" {
  local commands
  # shellcheck disable=SC2016
  sed -n '/^```sh/,/^```/{/^```/d;p}' "${BATS_TEST_DIRNAME%/*}/semaphore/README.md" >sheet
  diff - sheet <<'EOT'
make run-semaphore
build/semaphore/sem_order
ipcs -s
build/semaphore/sem_order; echo $?
build/semaphore/sem_order . 60 &
pkill -P $!; wait $!; echo $?
build/semaphore/sem_order . 0 >order.txt; cat order.txt; rm order.txt
make claim ID=SEM-29
make claim ID=SEM-35
make run-semaphore-sem_set
EOT
  mapfile -t commands <sheet
  ln -s "$BUILD" build
  keyboard shell
  start shell bash
  types shell "${commands[4]}"
  await 10 in_p
  run bash -c "${commands[2]}"
  assert_line --regexp " $(set_id) .* 600 +2"
  run ipcs -s -i "$(set_id)"
  assert_line --regexp "^1 +1 +0 +0 +$(child_of shell | tr -d ' ')"
  run timeout 10 bash -c "${commands[3]}"
  assert_line --partial 'another sem_order is at work here'
  assert_line 1
  types shell "${commands[5]}"
  await 10 lines shell 1
  says shell 1
  hangs_up shell
  join shell
  timeout 20 bash -c "${commands[6]}" >out 2>/dev/null
  in_order out
  # make claim, without what it would build first
  local claim
  for claim in "${commands[@]:7:2}"; do # the stage is played with the variants
    run -0 timeout 60 "${BATS_TEST_DIRNAME%/*}/scripts/claims" -b "$BUILD" "${claim#make claim ID=}"
    assert_line --regexp "^${claim#make claim ID=}, article "
    assert_line --regexp '^Verdict:  (does not hold: V always adds|does not hold: the end of)'
  done
}

