# The front door: Makefile, the stage that plays the casts, setup, doctor, README.
# shellcheck disable=SC2016 # code for awk, sed and sh is quoted on purpose

setup() {
  load helpers
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  ROOMS='pipe fifo msgqueue semaphore shm mmap signal unixsock chat'
  export PACE=0 TMPDIR=$BATS_TEST_TMPDIR/tmp # so that what plays leave is seen
  mkdir tmp
  # A make that a test starts is a new one, whatever built what is tested.
  unset MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS LDFLAGS WERROR V JOBS
  export -n BUILD
  [[ ${UNDER:-} != valgrind ]] || export PATIENCE=120
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -name 'ipc.*')
  common_teardown || return 1
  [[ -z $left ]] || { echo "plays left behind: $left" >&2; return 1; }
}

# on_stage ARG...: the stage, in the project's root, as make starts it.
on_stage() {
  timeout 100 env -C "$ROOT" stage -b "$BUILD" "$@"
}
# plays ROOM: every process does what the room's cast says.
plays() {
  run -0 on_stage "$1"
  assert_line "$1: ok"
  assert_line 'left behind: nothing'
  refute_output --partial FAILED
}
# a_cast: our own room x with the cast on stdin, and the programs to play it.
a_cast() {
  mkdir -p x "b/x" b/scripts
  cat >x/cast
  cp "$(command -v stage)" b/scripts
  printf '#!/bin/sh\n' >b/scripts/can # a stand-in: can(1) knows no room x
  chmod +x b/scripts/can
  [[ ! -e x/x.c ]] || cc -o b/x/x x/x.c
}
# play_x: play that cast.
play_x() {
  chmod +x b/x/* 2>/dev/null
  run timeout 60 stage -b b x
}

@test "front: run-pipe: every process does what the cast says" { plays pipe; }
@test "front: run-fifo: every process does what the cast says" { plays fifo; }
@test "front: run-msgqueue: every process does what the cast says" { plays msgqueue; }
@test "front: run-semaphore: every process does what the cast says" { plays semaphore; }
@test "front: run-shm: every process does what the cast says" { plays shm; }
@test "front: run-mmap: every process does what the cast says" { plays mmap; }
@test "front: run-signal: every process does what the cast says" { plays signal; }
@test "front: run-unixsock: every process does what the cast says" { plays unixsock; }
@test "front: run-chat: every process does what the cast says" { plays chat; }

@test "front: several rooms end in a table with an ok for each" {
  run -0 on_stage pipe signal
  assert_line --regexp '^pipe +ok +A 一\.3, B 三\.4$'
  assert_line --regexp '^signal +ok +B 二\.3$'
}

@test "front: a forked child's lines stand under its own name" {
  run -0 on_stage pipe
  assert_line --regexp '^child +\| hello world$'
  refute_line --regexp '^parent +\| hello world$'
}

@test "front: lines of two processes come in the order in which they were written" {
  run -0 on_stage msgqueue # the server prints a request before it answers it
  run awk '/server +\| .*mtype is: 888/ { served++ }
    /\| Client: receive msg.mtype is: 999/ { if (++answered > served) wrong++ }
    END { print answered, wrong + 0 }' <<<"$output"
  assert_output '2 0'
}

@test "front: two plays of one room at once do not meet" {
  start one env -C "$ROOT" stage -b "$BUILD" msgqueue
  start two env -C "$ROOT" stage -b "$BUILD" msgqueue
  join one
  join two
}

@test "front: a line that the cast does not have fails the play, and is shown" {
  mkdir -p b/x
  printf '#!/bin/sh\necho what came\n' >b/x/says
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints what should come\nhe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line 'FAILED: he: printed: what came'
  assert_line --partial 'what should come'
  assert_line 'x: failed'
}

@test "front: a line too many, a wrong status and a missing line each fail the play" {
  mkdir -p b/x
  printf '#!/bin/sh\necho one\necho two\nexit 3\n' >b/x/says
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints one\nhe ends 3'
  play_x
  [ "$status" -eq 1 ]
  assert_line --partial 'printed more than the cast has: two'
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints one\nhe prints two\nhe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line --partial 'ended with 3, not 0'
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints one\nhe prints two\nhe prints three\nhe ends 3'
  play_x
  [ "$status" -eq 1 ]
  assert_line --partial 'ended without printing: three'
}

@test "front: a variant is played on demand, by its name, its program's, or with all" {
  mkdir -p b/x
  printf '#!/bin/sh\necho one\n' >b/x/one
  printf '#!/bin/sh\necho two\n' >b/x/two
  a_cast <<<$'example e A 1 first\nhe runs one\nhe prints one\nhe ends 0
variant v B 2 second\nshe runs two\nshe prints two\nshe ends 0'
  play_x
  [ "$status" -eq 0 ]
  assert_line 'he | one'
  refute_line 'she | two'
  local what
  for what in v two; do
    run -0 timeout 60 stage -b b "x:$what"
    assert_line 'x: v, article B, section 2'
    assert_line 'she | two'
    refute_line 'he | one'
  done
  run -0 timeout 60 stage -b b x:e
  refute_line 'she | two'
  run -0 timeout 60 stage -b b x:all
  assert_line 'he | one'
  assert_line 'she | two'
  assert_line 'x:all: ok'
  run -2 timeout 60 stage -b b x:tw
  assert_output "stage: x/cast has no play 'tw'"
}

@test "front: make run-X-NAME asks the stage for NAME" {
  run -0 make -C "$ROOT" -n run-pipe-all run-fifo-fifo_server
  assert_line --regexp 'stage -b [^ ]+ pipe:all$'
  assert_line --regexp 'stage -b [^ ]+ fifo:fifo_server$'
}

@test "front: a program that this system cannot run (77) skips its play" {
  mkdir -p b/x
  printf '#!/bin/sh\necho "he: no such call" >&2\nexit 77\n' >b/x/says
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints what should come\nhe ends 0'
  play_x
  [ "$status" -eq 0 ]
  assert_line 'he ! he: no such call'
  assert_line 'skipped: this system cannot do it'
}

@test "front: two children of one parent each speak under their own name" {
  mkdir -p b/x
  printf '#!/bin/sh\n(echo one)\n(echo two; echo three)\necho four\n' >b/x/says
  a_cast <<<$'example e A 1 test\nhe runs says\na forked-by he\nb forked-by he\na prints one\nb prints two\nb prints three\nhe prints four\nhe ends 0'
  play_x
  [ "$status" -eq 0 ]
  assert_line 'a  | one'
  assert_line 'b  | three'
  assert_line 'he | four'
}

@test "front: a line without an end is shown too, and no byte moves the cursor" {
  mkdir -p b/x
  printf '#!/bin/sh\nprintf "a\\033[2Jb"\n' >b/x/says
  a_cast <<<$'example e A 1 test\nhe runs says\nhe asks a\033[2Jb\nhe ends 0'
  play_x
  [ "$status" -eq 0 ]
  assert_line 'he | a?[2Jb'
}

@test "front: a stage that is killed takes its processes with it" {
  mkdir -p b/x
  printf '#!/bin/sh\nexec sleep 300\n' >b/x/waits
  a_cast <<<$'example e A 1 test\nhe runs waits\nhe ends 0'
  chmod +x b/x/waits
  start play stage -b b x
  await 20 says play ': pid '
  local pid
  pid=$(sed -n 's/^he : pid \([0-9]*\),.*/\1/p' play.out)
  await 20 is_sleep "$pid"
  hit play KILL
  join play 137
  await 20 reaped "$pid"
  rm -r tmp/ipc.*
}
is_sleep() { [[ $(<"/proc/$1/comm") == sleep ]]; }
reaped() { ! kill -0 "$1" 2>/dev/null; }

@test "front: a process that hangs is given up on, and ended with its children" {
  mkdir -p b/x
  printf '#!/bin/sh\nsleep 300 & echo $!\nexec sleep 300\n' >b/x/hangs
  a_cast <<<$'example e A 1 test\nhe runs hangs\nhe prints <number>\nhe ends 0'
  PATIENCE=0.5 play_x
  [ "$status" -eq 1 ]
  assert_line --partial 'did not end within 0.5 s'
  local child
  child=$(sed -n 's/^he | //p' <<<"$output")
  run ! kill -0 "$child"
}

@test "front: a file, a queue or a process left behind fails the play and is removed" {
  mkdir -p b/x
  printf '#!/bin/sh\n: >mess\n' >b/x/leaves
  a_cast <<<$'example e A 1 test\nhe runs leaves\nhe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line 'left behind: file mess'

  mkdir -p x
  cat >x/x.c <<'EOT'
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(void)
{
    key_t key = ftok(".", 'x');
    struct { long type; char text[1]; } m = {1, "x"};
    int own = msgget(IPC_PRIVATE, 0600), sent = msgsnd(own, &m, 1, 0);
    printf("-q %d -q %d -s %d -m %d\n", own, msgget(key, IPC_CREAT | 0600),
           semget(key, 1, IPC_CREAT | 0600), shmget(key, 1, IPC_CREAT | 0600));
    return sent;
}
EOT
  a_cast <<<$'example e A 1 test\nhe runs x\nhe prints -q <number> -q <number> -s <number> -m <number>\nhe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line 'left behind: 4 System V object(s)'
  local what id objects
  read -ra objects < <(sed -n 's/^he | //p' <<<"$output")
  ((${#objects[@]} == 8))
  set -- "${objects[@]}"
  while (($# > 0)); do
    what=$1 id=$2
    shift 2
    run ! ipcrm "$what" "$id" # there is nothing to remove any more
  done

  printf '#!/bin/sh\nsleep 300 >/dev/null 2>&1 &\n' >b/x/leaves
  a_cast <<<$'example e A 1 test\nhe runs leaves\nhe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line 'left behind: a process'
}

@test "front: a process that has stopped may still clean up before it is ended" {
  mkdir -p b/x
  printf '#!/bin/sh\ntrap "echo clean >&2; exit" TERM\necho here\nkill -STOP $$\n' >b/x/stops
  a_cast <<<$'example e A 1 test\nhe runs stops\nhe prints here\nhe ends 0'
  PATIENCE=0.5 play_x
  [ "$status" -eq 1 ]
  assert_line 'he ! clean'
}

@test "front: a mistake in a cast is told with its line, and leaves nothing" {
  mkdir -p b/x
  printf '#!/bin/sh\nexec sleep 300\n' >b/x/waits
  a_cast <<<$'example e A 1 test\nhe runs waits\nshe ends 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line 'stage: x/cast:3: who is she?'
  a_cast <<<$'example e A 1 test\nhe runs waits\nhe dances 0'
  play_x
  [ "$status" -eq 1 ]
  assert_line "stage: x/cast:3: what is 'dances'?"
}

@test "front: Ctrl-C in the middle of a play ends it by SIGINT and leaves nothing" {
  local room
  for room in $ROOMS; do
    start play env -C "$ROOT" PACE=100 stage -b "$BUILD" "$room"
    await 20 says play ': pid '
    hit play INT || : # a short play may have ended by itself
    join_any play
    run find tmp -name 'ipc.*' # (valgrind, if interrupted, leaves files of its own)
    refute_output
  done
}
# join_any NAME: it ended by SIGINT, or well.
join_any() {
  local status=0
  await 20 ended "$1" || return 1
  wait "${PID[$1]}" || status=$?
  unset "PID[$1]"
  ((status == 130 || status == 0))
}

@test "front: Ctrl-C while a play waits is death by SIGINT" {
  start play env -C "$ROOT" PACE=100 stage -b "$BUILD" fifo
  await 20 says play '| Send message'
  hit play INT
  join play 130
}

@test "front: a folder whose keys somebody has is not taken, nor the next one like it" {
  local folder inode queue n
  folder=$(mktemp -d tmp/ipc.XXXXXX)
  inode=$(stat -c %i "$folder")
  start server msg_server "$folder"
  await 20 says server 'My pid is'
  hit server KILL
  join server 137
  queue=$(sed -n 's/^My msqid is: \(.*\)\.$/\1/p' server.out)
  rmdir "$folder"
  # Many file systems give a new folder the lowest inode that is free: this one.
  for ((n = 0; n < 50; n++)); do
    mkdir "fill.$n"
    [[ $(stat -c %i "fill.$n") != "$inode" ]] || { rmdir "fill.$n"; break; }
  done
  run on_stage pipe
  ipcrm -q "$queue"
  [ "$status" -eq 0 ]
  assert_line 'pipe: ok'
}

@test "front: a private queue that somebody used who had the same pid before stays" {
  ((EUID == 0)) && unshare -fp --mount-proc true || skip 'needs root and a PID namespace'
  mkdir -p x b/x
  cat >x/x.c <<'EOT'
#include <stdio.h>
#include <sys/msg.h>
#include <unistd.h>
int main(void)
{
    struct { long type; char text[1]; } m = {1, "x"};
    int own = msgget(IPC_PRIVATE, 0600), sent = msgsnd(own, &m, 1, 0);
    printf("%d %d\n", own, (int)getpid());
    return sent;
}
EOT
  cc -o made x/x.c
  printf '#!/bin/sh\necho one\n' >b/x/says
  rm x/x.c
  a_cast <<<$'example e A 1 test\nhe runs says\nhe prints one\nhe ends 0'
  chmod +x b/x/says
  # The stage is number 100 then, can 101, and the play's process 102.
  cat >both <<'EOT'
echo 101 >/proc/sys/kernel/ns_last_pid
./made >ids
second=$(date +%s)
until [ "$(date +%s)" != "$second" ]; do sleep 0.05; done
echo 99 >/proc/sys/kernel/ns_last_pid
stage -b b x
EOT
  local queue pid there=0 what
  run timeout 20 unshare -fp --mount-proc sh both
  what=$output
  read -r queue pid <ids
  ipcrm -q "$queue" || there=$?
  [[ $what == *"he : pid $pid,"*"left behind: nothing"* ]]
  [ "$there" -eq 0 ]
}

@test "front: what is left behind in /dev/shm, by folder or by pid, is told and removed" {
  [[ -w /dev/shm ]] || skip 'no /dev/shm'
  mkdir -p b/x
  cat >b/x/leaves <<'EOT'
#!/bin/sh
set -- $(stat -c '%D %i' .)
: >"/dev/shm/front.$1.$(printf %x "$2")"
: >"/dev/shm/front.$(id -u).$$"
: >"/dev/shm/front.$(id -u).1$$" # of another one
echo $$
EOT
  a_cast <<<$'example e A 1 test\nhe runs leaves\nhe prints <he>\nhe ends 0'
  play_x
  local pid
  pid=$(sed -n 's/^he | //p' <<<"$output")
  rm "/dev/shm/front.$(id -u).1$pid"
  [ "$status" -eq 1 ]
  assert_line 'left behind: 2 POSIX object(s)'
  run ! compgen -G "/dev/shm/front.*$pid"
}

@test "front: last words come before the end, also of one that ends meanwhile" {
  can_inject
  mkdir -p b/x
  printf '#!/bin/sh\necho first\n' >b/x/one
  printf '#!/bin/sh\nsleep 0.2\nprintf last >&2\nsleep 0.1\necho " words" >&2\n' >b/x/two
  a_cast <<<$'example e A 1 test\nb runs two\na runs one\na prints first\na ends 0\nb warns last\nb ends 0'
  chmod +x b/x/*
  # The first one's end is taken note of so late that the other has ended, too.
  run -0 injects 'wait4:delay_enter=700000:when=2+' -- stage -b b x
  assert_line 'b ! last words'
}

@test "front: Ctrl-C between two rooms is not lost: nobody ignores it meanwhile" {
  a_cast <<<$'example e A 1 test'
  printf '#!/bin/sh\nuntil [ -e pid ]; do sleep 0.01; done\ngrep SigIgn "/proc/$(cat pid)/status"\n' >b/scripts/can
  start play stage -b b x
  echo "${PID[play]}" >pid.new
  mv pid.new pid
  join play
  run -0 grep SigIgn play.out
  (((0x${output##*[[:space:]]} & 2) == 0)) # bit 1: SIGINT
}

@test "front: a play whose spectator has left stops, and leaves nothing" {
  mkfifo screen.in
  start watcher head -n 12 screen.in
  exec 5>screen.in
  PACE=100 on_stage fifo >&5 5>&- && return 1
  exec 5>&-
  join watcher
}

@test "front: a full disk under stdout is told, status 1" {
  on_stage pipe >/dev/full 2>told && return 1
  run cat told
  assert_output 'stage: stdout: No space left on device'
}

@test "front: an unknown room lists the rooms there are" {
  run -2 on_stage nosuch
  assert_output --partial "can: no room 'nosuch'; there are: $ROOMS"
}

@test "front: usage, and a PACE that is no number, are status 2" {
  run -2 on_stage
  assert_output --partial 'usage: stage'
  run -2 on_stage -z
  PACE=fast run -2 on_stage pipe
  assert_output 'stage: PACE=fast is no number from 0 to 3600'
}

@test "front: PACE shortens the pauses, and the article's pace is the default" {
  PACE=0.01 run -0 on_stage fifo
  assert_line --regexp 'writer +: pid [0-9]+, write_fifo fifo1 10 0\.01'
  assert_line --regexp 'writer\$ .*/write_fifo fifo1 10 1$'
}

@test "front: at a terminal, lines fold at its width; colours go with NO_COLOR" {
  needs script
  local colours=$'\033\\[3'
  TERM=xterm script -qfec "stty cols 80; cd '$ROOT'; stage -b '$BUILD' pipe chat" typescript >/dev/null
  run grep -c "$colours" typescript
  refute_output 0
  TERM=xterm NO_COLOR=1 script -qfec "stty cols 80; cd '$ROOT'; stage -b '$BUILD' pipe chat" typescript >/dev/null
  run grep -c "$colours" typescript
  assert_output 0
  # What a play shows is folded; only the commands to copy are left whole.
  run awk '{ sub(/\r$/, "") } /^[a-z0-9]+ +[|<!:]/ && length($0) > 80' typescript
  refute_output
}

@test "front: a room that this system cannot play is skipped with the reason" {
  can_inject
  run -77 injects msgget:error=ENOSYS -- can msgqueue
  assert_output 'msgqueue cannot be played here: msgget(2): Function not implemented'
  run -77 injects mknod,mknodat:error=EPERM -- can fifo
  assert_output 'fifo cannot be played here: mkfifo(3) in this folder: Operation not permitted'
  run -0 timeout 60 can pipe msgqueue semaphore shm mmap signal unixsock chat fifo
  mkdir -p b/pipe b/scripts
  printf '#!/bin/sh\necho "pipe cannot be played here: test"\nexit 77\n' >b/scripts/can
  chmod +x b/scripts/can
  cp -r "$ROOT/pipe" .
  run -0 stage -b b pipe
  assert_line 'pipe cannot be played here: test'
  assert_line 'pipe: skipped'
}

@test "front: make builds quietly, into build/, and only what has changed" {
  mkdir scripts pipe
  cp "$ROOT/Makefile" .
  cp "$ROOT"/pipe/pipe_{hello,message}.c pipe
  run -0 make
  assert_output '2 programs are in build/; what next: make help'
  assert_exists build/pipe/pipe_hello
  run -0 make V=1
  refute_output --partial pipe_hello.c
  run -0 make V=1 CFLAGS=-O1 LDFLAGS=-s
  assert_output --regexp 'cc .*-O1 .*-Wall.* -s -o build/pipe/pipe_hello pipe/pipe_hello.c'
  run -0 make clean
  assert_not_exists build
}

@test "front: a warning stops the build with WERROR=1, and does not without" {
  cp -r "$ROOT/Makefile" .
  mkdir pipe scripts
  echo 'int main(void) { int unused; return 0; }' >pipe/w.c
  run -0 make
  assert_output --partial 'unused variable'
  run -2 make WERROR=1
}

@test "front: make help has a line for each target, at most 80 columns wide" {
  run -0 make -C "$ROOT" --no-print-directory help
  local target
  for target in all run run-X run-X-all show-X step-X diagram-X page-X trace-X show \
    traps trap-X trap-X-NAME bench bench-X bench-sizes bench-suite hostile limits classroom diagrams panes-X objects objects-X \
    clean-objects why claims claims-X claim test test-X test-labs doctor standalone sheets \
    clean help; do
    assert_line --regexp "^  make $target +[a-z]"
  done
  assert_line "  X is one of: $ROOMS"
  run awk 'length($0) > 80' <<<"$output"
  refute_output
}

@test "front: every program of a room is in its cast, and every room has its test" {
  local room file name
  for room in $ROOMS; do
    assert_exists "$ROOT/tests/$room.bats"
    assert_exists "$ROOT/tests/${room}_labs.bats"
    assert_exists "$ROOT/tests/${room}_variants.bats"
    for file in "$ROOT/$room"/*.c; do
      name=${file##*/}
      run -0 grep -E "^[a-z0-9]+ +runs +${name%.c}( |$)" "$ROOT/$room/cast"
    done
  done
}

# TRAP-PIPE-7 TRAP-SEM-1 TRAP-SHM-1 TRAP-SIG-6 TRAP-CHAT-14 (plainly, and with
# other compilers: make standalone)
@test "front: each source compiles alone, in the strict dialect too" {
  local folder
  for folder in "$ROOT"/*/ "$ROOT"/*/{labs,traps,bench}/; do
    cd "$folder"
    compgen -G '*.c' >/dev/null || continue
    # shellcheck disable=SC2046 # names without blanks
    run -0 cc -fsyntax-only -std=c11 -O2 -D_FORTIFY_SOURCE=2 -Wall -Wextra -Wpedantic -Werror $(compgen -G '*.c')
  done
}

@test "front: a source includes system headers, and its pair's own, nothing else" {
  local room
  for room in $ROOMS; do
    run bash -c "cd '$ROOT/$room' && sed -n 's/^#include \"\(.*\)\"/\1/p' ./*.c | sort -u |
      while read -r header; do [ -e \"\$header\" ] || echo \"\$header\"; done"
    refute_output
    run grep -snr '#include "' "$ROOT/$room"/labs "$ROOT/$room"/traps --include=*.c
    refute_output
  done
}

@test "front: nothing removes what it does not know: no ipcrm of everything, no pkill, no killall" {
  run grep -rnE 'ipcrm +(-a|--all)|\b(pkill|killall) ' "$ROOT/scripts" "$ROOT"/*/cast "$ROOT/Makefile" "$ROOT/.ci"
  assert_failure
}

@test "front: each lesson sheet has its sections, in order" {
  local room
  printf '%s\n' Picture 'Run it' 'Look for' 'Where we differ from the listing' \
    'Where we do not go' 'What goes wrong in practice' 'Try this' Variants Claims \
    'Manual pages' >wanted
  for room in $ROOMS; do # a sheet may have one more
    sed -n 's/^## //p' "$ROOT/$room/README.md" | grep -Fxf wanted >seen
    run diff wanted seen
    refute_output
  done
}

# blurred FILE: numbers (pids, keys, ids) and times do not matter.
blurred() { sed -E 's/-?[0-9]+/N/g' "$1"; }

# promised N: the Nth transcript in README.md; `...` stands for what is left out.
promised() {
  awk -v n="$1" '/^```text$/ { i++; on = i == n; next } /^```$/ { on = 0 }
    on && !/^\.\.\.$/' "$ROOT/README.md"
}
# seen_in_order PROMISED SEEN: line by line, with other numbers and times.
seen_in_order() {
  run awk 'NR == FNR { promised[++n] = $0; next } $0 == promised[i + 1] { i++ }
    END { if (i < n) print "not seen: " promised[i + 1] }' <(blurred "$1") <(blurred "$2")
  refute_output
  (($(grep -c . "$1") > 10))
}

@test "front: the transcripts in README.md are what the commands print" {
  promised 1 >wanted
  (cd "$ROOT" && timeout 60 stage -b "$BUILD" msgqueue) | sed "s|$BUILD/|build/|" >seen
  seen_in_order wanted seen
  [[ -n ${UNDER-} || ${BUILT_WITH-} == *-fsanitize* ]] || {
    promised 2 >wanted # no lines left out, no number blurred
    diff wanted <(TIMES=0 COLUMNS=80 LC_ALL=C.UTF-8 timeout 60 "$ROOT/scripts/show" -b "$BUILD" pipe-pipe_hello)
  }
  can_inject # that is: strace(1) can be used
  promised 3 >wanted
  timeout 60 "$ROOT/scripts/claims" -b "$BUILD" MSG-10 >seen
  seen_in_order wanted seen
}

@test "front: the commands of README.md are there to be run" {
  run sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$ROOT/README.md"
  assert_output './scripts/setup && make run
make test'
  (cd "$ROOT" && run -0 ./scripts/setup && make -n run && make -n test) >/dev/null
  # Whatever stands there as `make word` is a target.
  local target
  for target in $(grep -oE '`make [a-z_-]+`' "$ROOT/README.md" | tr -d '\140' | cut -d ' ' -f 2 | sort -u); do
    run -0 make -C "$ROOT" -n "$target" ID=MSG-10
  done
}

# bare: a PATH with the tools every system has, and none of ours.
bare() {
  local tool
  mkdir bin
  for tool in sh awk mawk id env cat tr cut head dirname uname grep mktemp rm mv sed; do
    ln -s "$(command -v $tool)" bin
  done
}

# fake NAME CODE: a stand-in for that command.
fake() {
  rm -f "bin/$1"
  printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
  chmod +x "bin/$1"
}

@test "front: setup does nothing, and needs no network, when all is there" {
  mkdir bin
  fake apt-get 'echo "the network was asked: $*" >&2; exit 9'
  fake sudo 'exit 9'
  PATH=$PWD/bin:$PATH run -0 "$ROOT/scripts/setup"
  assert_output 'setup: everything needed is here already'
}

@test "front: setup asks the package manager for what is missing, and checks that it came" {
  bare
  fake id 'echo 0'
  fake apt-get 'echo "$0 $*" >>log'
  PATH=$PWD/bin run -1 sh "$ROOT/scripts/setup"
  assert_line --partial 'setup: missing: cc libc.h make'
  assert_line --partial 'is still missing after the installation'
  run cat log
  assert_line --partial 'apt-get update'
  assert_line --regexp 'install .* gcc libc6-dev make .*bats'
}

@test "front: setup without root and sudo says what an administrator must install" {
  bare
  fake id 'echo 1000'
  fake apk 'exit 9'
  PATH=$PWD/bin run -1 sh "$ROOT/scripts/setup"
  assert_line --partial 'ask an administrator to install: gcc musl-dev make'
}

@test "front: setup refuses unknown arguments with status 2" {
  run -2 "$ROOT/scripts/setup" --all
  assert_output 'usage: scripts/setup [--ci]'
  run -2 "$ROOT/scripts/setup" --ci now
}

@test "front: doctor has a line for each thing and is content here" {
  run -0 "$ROOT/scripts/doctor"
  local room
  for room in $ROOMS; do assert_line --regexp "^room $room +ok"; done
  assert_line 'The examples can run here: make run'
}

@test "front: doctor says what is missing, what that means, and what to do" {
  bare
  PATH=$PWD/bin run -1 sh "$ROOT/scripts/doctor"
  assert_line --regexp '^C compiler +missing: nothing can be built: ./scripts/setup$'
  assert_line --regexp '^bats +missing: the tests cannot run: ./scripts/setup$'
  refute_line 'The examples can run here: make run'
}
