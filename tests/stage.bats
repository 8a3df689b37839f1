# The stage's verbs for what goes wrong, and its traps: each can fail, too.
# (front.bats has the plays of the rooms, and the other verbs.)
# shellcheck disable=SC2016 # code for sh is quoted on purpose

setup() {
  load helpers
  common_setup
  export PACE=0 TMPDIR=$BATS_TEST_TMPDIR/tmp PATIENCE=30
  mkdir -p tmp x/traps b/x/traps b/scripts
  cp "$(command -v stage)" b/scripts
  program ../scripts/can '' # a stand-in: can(1) knows no room x
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -name 'ipc.*')
  common_teardown || return 1
  [[ -z $left ]] || { echo "plays left behind: $left" >&2; return 1; }
}

# program NAME CODE: a program of the room x, of this shell code.
program() {
  printf '#!/bin/sh\n%s\n' "$2" >"b/x/$1"
  chmod +x "b/x/$1"
}
# goes LINE...: a play of these lines goes as written.
goes() {
  printf '%s\n' 'example e A 1 test' "$@" >x/cast
  run -0 timeout 60 stage -b b x
  refute_output --partial FAILED
}
# fails TEXT LINE...: it does not, and TEXT says why; what waits in vain is given
# up soon.
fails() {
  local text=$1
  shift
  printf '%s\n' 'example e A 1 test' "$@" >x/cast
  PATIENCE=${SOON:-30} run -1 timeout 60 stage -b b x
  assert_line "FAILED: $text"
  assert_line 'x: failed'
}

@test "stage: sleeps waits until a process is blocked; one that runs or has ended is not" {
  program waits 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo >busy; read line <gate; echo $line; rm busy'
  program feeds '[ -e busy ] && echo in order >gate' # only if the other was that far
  goes 'fifo gate' 'a runs waits' 'a sleeps in open' 'b runs feeds' 'b ends 0' 'a prints in order' 'a ends 0'
  program runs 'while :; do :; done'
  SOON=0.3 fails 'a: sleeps not, within 0.3 s' 'a runs runs' 'a sleeps'
  program quick ''
  fails 'a: is gone; it sleeps not' 'a runs quick' 'a ends 0' 'a sleeps'
}

@test "stage: stops and goes-on: nothing is done in between" {
  program writes 'echo one; read line <gate; echo two'
  program feeds 'echo >gate'
  goes 'fifo gate' 'a runs writes' 'a prints one' 'a sleeps' 'a stops' 'b runs feeds' 'b sleeps' \
    'a goes-on' 'a prints two' 'a ends 0' 'b ends 0'
  assert_line 'a : stopped'
  run awk '/^a : going on/ { on = 1 } /^a \| two/ { print on + 0 }' <<<"$output"
  assert_output 1
  program quick ''
  fails 'a: is gone; it cannot be stopped' 'a runs quick' 'a ends 0' 'a stops'
  program ignores 'read line <gate'
  SOON=0.3 fails 'a: is not stopped within 0.3 s' 'fifo gate' 'a runs ignores' 'a goes-on'
}

@test "stage: goes-on waits for a process that stops by itself" {
  program stops 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; kill -STOP $$; echo again'
  goes 'a runs stops' 'a goes-on' 'a prints again' 'a ends 0'
}

@test "stage: killed just when it starts somebody, it leaves nobody running" {
  can_inject
  local children
  program waits ': >"$TMPDIR/here"; exec sleep 100'
  printf '%s\n' 'example e A 1 test' 'a runs waits' 'a prints x' >x/cast
  # Who is started is held before it asks to be told of the stage's death.
  start it strace -f -qq -o log -e inject=prctl:delay_enter=1000000 stage -b b x
  await 10 contains it.out 'a : pid '
  read -ra children <<<"$(child_of it)"
  kill -KILL "${children[0]}"
  join it 137
  assert_not_exists tmp/here
  rm -r tmp/ipc.*
}

@test "stage: dies is SIGKILL, and its end is to be told, too" {
  program waits 'trap "echo clean" TERM; read line <gate'
  goes 'fifo gate' 'a runs waits' 'a sleeps' 'a dies' 'a ends KILL'
  fails 'a: ended with KILL, not 0' 'fifo gate' 'a runs waits' 'a dies' 'a ends 0'
}

@test "stage: gets is a signal from a stranger" {
  program takes 'trap "echo taken; exit 3" USR1; echo here; while :; do read line <gate; done'
  goes 'fifo gate' 'a runs takes' 'a prints here' 'a gets USR1' 'a prints taken' 'a ends 3'
  program quick ''
  fails 'a: is gone; it cannot get USR1' 'a runs quick' 'a ends 0' 'a gets USR1'
  printf '%s\n' 'example e A 1 test' 'a runs quick' 'a gets HOT' >x/cast
  run -1 timeout 60 stage -b b x
  assert_line 'stage: a gets HOT: no such signal'
}

@test "stage: hangs: blocked while all others rest; it is ended afterwards" {
  program waits 'read line <gate'
  goes 'fifo gate' 'a runs waits' 'b runs waits' 'a hangs' 'b hangs'
  assert_line 'a : ended by signal TERM'
  program stubborn 'trap "" TERM; read line <gate'
  goes 'fifo gate' 'a runs stubborn' 'a hangs'
  assert_line 'a : ended by signal KILL'
}

@test "stage: hangs is not for who has ended, pauses, is about to be woken, or waits for our typing" {
  program quick ''
  fails 'a: is gone; it hangs not' 'a runs quick' 'a ends 0' 'a hangs'
  program pauses 'exec sleep 300'
  SOON=1.5 fails 'a: hangs not, within 1.5 s' 'a runs pauses' 'a hangs'
  program pauses 'exec sleep 2' # stopped meanwhile, it is in another call
  fails 'a: is gone; it hangs not' 'a runs pauses' 'a sleeps' 'a stops' 'a goes-on' 'a hangs'
  # It waits, but for a child that is not yet through.
  program works 'sleep 0.2; echo done'
  fails 'a: is gone; it hangs not' 'a runs works' 'a hangs'
  program asks 'read line; echo $line'
  fails 'a: waits for what we type; that is no hang' 'a runs asks' 'a hangs' 'a types word'
}

@test "stage: hangs, though another one never rests" {
  program waits 'read line <gate'
  program runs 'while :; do :; done'
  goes 'fifo gate' 'b runs runs' 'a runs waits' 'a hangs' 'b spins'
}

@test "stage: spins: on the processor, and silent" {
  program runs 'while :; do :; done'
  goes 'a runs runs' 'a spins'
  program says 'while :; do echo again; done >&2'
  fails 'a: says something while it spins' 'a runs says' 'a spins'
  program waits 'read line <gate'
  SOON=0.3 fails 'a: spins not, within 0.3 s' 'fifo gate' 'a runs waits' 'a spins'
  program quick ''
  fails 'a: is gone; it spins not' 'a runs quick' 'a ends 0' 'a spins'
}

@test "stage: a forked child is known before it speaks, and may outlive its parent" {
  program forks '(read line <gate; echo child) & [ -z "$1" ] || exit 0; wait'
  program feeds 'echo >gate'
  goes 'fifo gate' 'a runs forks' 'c forked-by a' 'c sleeps' 'c stops' 'c goes-on' 'b runs feeds' \
    'b ends 0' 'c prints child' 'a ends 0'
  program feeds 'sleep 0.1; echo >gate' # the child is waited for before it speaks
  goes 'fifo gate' 'a runs forks alone' 'c forked-by a' 'a ends 0' 'c sleeps' 'b runs feeds' \
    'c prints child' 'b ends 0' 'c ends 0'
  goes 'fifo gate' 'a runs forks' 'c forked-by a' 'c hangs' 'a hangs'
  program quick ''
  fails 'c: is not forked by a' 'a runs quick' 'c forked-by a' 'c stops'
  fails 'c: ended without printing: word' 'a runs quick' 'c forked-by a' 'a ends 0' 'c prints word'
}

@test "stage: files and FIFOs are made, looked into, and go with the play" {
  program tells 'cat note; [ -p gate ] && [ ! -s none ] && echo there'
  goes 'file note some words' 'file none' 'fifo gate' 'a runs tells' 'a prints some words' \
    'a prints there' 'a ends 0' 'holds note me wo'
  assert_line 'left behind: nothing'
  fails 'note does not hold: other' 'file note some words' 'holds note other'
  fails 'none: No such file or directory' 'holds none other'
  fails 'gate does not hold: x' 'fifo gate' 'holds gate x'
  printf '%s\n' 'example e A 1 test' 'file ../note x' >x/cast
  run -1 timeout 60 stage -b b x
  assert_line 'stage: no name for a file: ../note'
}

@test "stage: leaves: what is to be left is removed, and must be there" {
  program makes ': >mess.1'
  goes 'a runs makes' 'a ends 0' 'leaves mess'
  assert_line 'left behind, as written: mess.1'
  fails 'no queue is left behind' 'a runs makes' 'a ends 0' 'leaves mess' 'leaves queue'
  printf '%s\n' 'example e A 1 test' 'a runs makes' 'a ends 0' 'leaves queue' >x/cast
  run -1 timeout 60 stage -b b x
  assert_line 'left behind: file mess.1'
  cat >x/x.c <<'EOT'
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(void)
{
    key_t key = ftok(".", 'x');
    return msgget(key, IPC_CREAT | 0600) == -1 || semget(key, 1, IPC_CREAT | 0600) == -1 ||
           shmget(key, 1, IPC_CREAT | 0600) == -1;
}
EOT
  cc -o b/x/x x/x.c
  goes 'a runs x' 'a ends 0' 'leaves queue' 'leaves set' 'leaves segment'
  assert_line 'left behind, as written: segment'
  goes 'a runs makes' 'a ends 0' 'leaves mess' # nothing of it is left
}

# Process numbers come round again: here they are made to, in a namespace where
# nobody else starts processes.
@test "stage: a private object is a stranger's if its user had the same pid before the play" {
  unshare -i -p --fork --mount-proc true 2>/dev/null || skip 'no namespaces of our own here'
  cat >x/x.c <<'EOT'
#include <sys/msg.h>
int main(void)
{
    struct { long type; char text[1]; } m = {1, "x"};
    return msgsnd(msgget(IPC_PRIVATE, 0600), &m, 1, 0) == -1;
}
EOT
  cc -o b/x/x x/x.c
  program quick ''
  program scene 'i=0 begin=$(date +%s)
    while [ $i -lt 60 ]; do b/x/x || exit 3; i=$((i + 1)); done
    until [ $(($(date +%s) - begin)) -gt 1 ]; do sleep 0.1; done # times are in seconds
    echo 2 2>/dev/null >/proc/sys/kernel/ns_last_pid || exit 77
    b/scripts/stage -b b x
    echo "status $?, queues left: $(grep -c "^ *0 " /proc/sysvipc/msg)"'
  printf '%s\n' 'example e A 1 test' 'a runs quick' 'a ends 0' >x/cast
  run timeout 60 unshare -i -p --fork --mount-proc b/x/scene
  ((status != 77)) || skip 'pids cannot be chosen here'
  assert_line 'left behind: nothing'
  assert_line 'status 0, queues left: 60'
}

@test "stage: descriptors: who is started from there on has so few" {
  program counts 'ulimit -n'
  program has_more '[ "$(ulimit -n)" -gt 17 ]' # as in the next play
  goes 'a runs has_more' 'descriptors 17' 'b runs counts' 'b prints 17' 'a ends 0' 'b ends 0' \
    'example f A 1 test' 'a runs has_more' 'a ends 0'
}

@test "stage: what to do by hand, in the order of the play, is something a terminal can do" {
  program listens '(read line <gate; exit 3) & echo up; while read line; do echo "$line"; done; wait $!'
  goes 'fifo gate' 'descriptors 20' 'a runs listens' 'c forked-by a' 'a prints up' 'a stops' 'a types one' \
    'a types two' 'a goes-on' 'a prints one' 'a prints two' 'c dies' 'a types ^D' 'a ends 137'
  assert_output --partial 'By hand:
  $ mkfifo gate
  a$ (ulimit -n 20; cat | b/x/listens)
      to its pid: kill -STOP
      then type: one / two
      to its pid: kill -CONT
      to its child'"'s"' pid: kill -KILL
      then type: ^D

'
}

# a_trap: of the programs wrong and right, with each given line a part.
a_trap() {
  cat >x/traps/cast <<'EOT'
trap one  TRAP-X-1  What goes wrong.
expect It says what it was told.
a runs traps/wrong
a prints nothing
a ends 0
leaves mess
happens It says nothing.
why It does not listen, and this is so long a text that it does not fit into one line of the screen.
cure Listen.
right right
a runs right
a prints something
a ends 0
trap two  TRAP-X-2  Another.
expect e
a runs traps/wrong
a prints nothing
a ends 0
leaves mess
happens h
why w
cure c
right right
a runs right
a prints something
a ends 0
EOT
}

@test "stage: a trap is played, told and played rightly" {
  a_trap
  program traps/wrong ': >mess; echo nothing'
  program right '[ ! -e mess ] && echo something'
  run -0 timeout 60 stage -b b -T x:one
  run sed 's/pid [0-9]*/pid N/' <<<"$output"
  assert_output 'x: one, TRAP-X-1
What goes wrong.
You would expect: It says what it was told.
By hand:
  a$ b/x/traps/wrong

a : pid N, traps/wrong
a | nothing
a : ended with status 0
left behind, as written: mess

What happens: It says nothing.
Why: It does not listen, and this is so long a text that it does not fit into
  one line of the screen.
The cure: Listen.

The same with right:
a : pid N, right
a | something
a : ended with status 0
left behind: nothing
one fails, every time; right does not.

x:one: ok'
  run -0 timeout 60 stage -b b -T x x:two
  assert_line 'x           ok      2 trap(s)'
  run -2 timeout 60 stage -b b -T x:three
  assert_output "stage: there is no trap 'three' in x; there are: one two"
}

@test "stage: a trap whose failure does not occur fails, and so does a right program that fails" {
  a_trap
  program traps/wrong 'echo something'
  program right 'echo something'
  run -1 timeout 60 stage -b b -T x
  assert_line 'one did not go wrong as written.'
  assert_line 'two did not go wrong as written.' # one that fails stops none
  refute_line 'The same with right:'
  program traps/wrong ': >mess; echo nothing'
  program right 'echo nothing'
  run -1 timeout 60 stage -b b -T x:one
  assert_line 'right is not right.'
  program right 'echo something; : >mess'
  run -1 timeout 60 stage -b b -T x:one
  assert_line 'left behind: file mess'
}

@test "stage: -S plays the wrong part with the right program, which must not go wrong" {
  a_trap
  program traps/wrong ': >mess; echo nothing'
  program right 'echo something'
  run -1 timeout 60 stage -b b -T -S x:one
  assert_line 'FAILED: a: printed: something'
  refute_line --partial traps/wrong,
  program right ': >mess; echo nothing'
  run -0 timeout 60 stage -b b -T -S x:one
  run -2 timeout 60 stage -b b -S x:one
  assert_output 'usage: stage [-b BUILD] [-T [-S]] ROOM[:PLAY]...'
}

@test "stage: a trap without its text, and a room without traps, are told" {
  printf '%s\n' 'trap one  TRAP-X-1  Title.' 'expect e' 'a runs traps/wrong' 'right right' >x/traps/cast
  run -1 timeout 60 stage -b b -T x
  assert_output 'stage: x/traps/cast: one needs expect, happens, why, cure and right'
  rm x/traps/cast
  run -1 timeout 60 stage -b b -T x
  assert_output 'stage: open x/traps/cast: No such file or directory'
}

@test "stage: make trap-X, trap-X-NAME and traps ask the stage for them" {
  local root=${BATS_TEST_DIRNAME%/*} rooms=''
  unset MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS LDFLAGS WERROR V JOBS
  run -0 make -C "$root" -n trap-pipe trap-fifo-whole_read traps
  assert_line --regexp 'stage -b [^ ]+ -T pipe$'
  assert_line --regexp 'stage -b [^ ]+ -T fifo:whole_read$'
  cd "$root"
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock chat; do
    [[ ! -e $room/traps/cast ]] || rooms+=" $room"
  done
  assert_line --regexp "stage -b [^ ]+ -T$rooms\$"
  [[ $rooms == *' pipe fifo'* ]]
}
