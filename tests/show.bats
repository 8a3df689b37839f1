# scripts/show, scripts/told.awk, scripts/show.awk: a run in lanes.

EXAMPLES='pipe fifo msgqueue semaphore shm mmap signal unixsock chat'

# Each room is played once, for all tests that look at it.
setup_file() {
  local room root=${BATS_TEST_DIRNAME%/*} build=${BUILD:-build}
  [[ -z ${UNDER-} && ! ${BUILT_WITH-} == *-fsanitize* ]] || return 0
  [[ $build == /* ]] || build=$root/$build
  export SHOWN=$BATS_FILE_TMPDIR BUILD=$build
  for room in $EXAMPLES; do
    LC_ALL=C.UTF-8 COLUMNS=80 timeout 60 "$root/scripts/show" -b "$build" "$room" \
      >"$SHOWN/$room" 2>"$SHOWN/$room.err" </dev/null 3>&- 4>&- || echo $? >"$SHOWN/$room.status"
  done
}

setup() {
  load helpers
  common_setup
  needs_probe
  ROOT=${BATS_TEST_DIRNAME%/*}
  export TMPDIR=$PWD COLUMNS=80
}
teardown() { common_teardown; }

# shown ROOM: what `show ROOM` has printed.
shown() {
  [[ ! -e $SHOWN/$1.status ]] || {
    [[ $(cat "$SHOWN/$1.status") != 77 ]] || skip "$(cat "$SHOWN/$1.err")"
    cat "$SHOWN/$1.err" >&2
    return 1
  }
  output=$(cat "$SHOWN/$1")
}
# part N: the Nth play of what was shown.
part() {
  output=$(awk -v n="$1" '/^[a-z]+:[a-z_]+, / { i++ } i == n' <<<"$output")
}
# in_order TEXT...: these stand in the output, one after the other.
in_order() {
  local text rest=$output
  for text; do
    [[ $rest == *"$text"* ]] || { echo "not there, or not then: $text" >&2; echo "$output" >&2; return 1; }
    rest=${rest#*"$text"}
  done
}
# fits COLUMNS FILE: no line is wider (a Chinese numeral may be).
fits() {
  awk -v w="$1" '{ s = $0; gsub(/[\200-\277]/, "", s)
    if (length(s) > w) { print FILENAME ": " $0; bad = 1 } } END { exit bad }' "$2"
}
show() { LC_ALL=C.UTF-8 timeout 60 "$ROOT/scripts/show" -b "$BUILD" "$@"; }

# trace: from stdin, `PID|EVENT|FIELD...` a line, a trace in t.
trace() {
  awk -v FS='|' -v OFS='\t' 'NF { s = ++n OFS n * 100
    for (i = 1; i <= NF; i++) s = s OFS $i
    print s }' >t
}
told() { timeout 10 awk -f "$ROOT/scripts/told.awk" "$@" t; }
arrows() { told | awk -F '\t' '$4 == "arrow" { print $7 ": " $5 "->" $6 " " $8 }'; }

@test "show: ten data arrows for the ten messages of the FIFO" {
  shown fifo
  run -0 grep -cE '(─ [0-9]+ bytes ─).*' <<<"$output"
  assert_output 10
  shown fifo
  assert_output --partial '10 data arrows, 1 wake-up, 1 end of file'
  in_order 'mkfifo fifo1' 'open fifo1' 'waits until the other side of' \
    'open wakes it' '[fifo1: ' 'end of file' 'main returns 0'
}

@test "show: the pipe's fork, its 12 bytes, then 0, and the EOF of the last close" {
  shown pipe
  part 1
  in_order 'fork = child' '╌ fork ╌' '▼ child' 'write fd 4 "hello world\n" 12' \
    '[pipe 1: 12 bytes]' '─ 12 bytes ─' '= 12 "hello' '[pipe 1: 0 bytes]' '_exit 0' '╌ end ╌'
  assert_output --partial '1 data arrow, 1 fork, 1 wait for a child'
  shown pipe
  part 2
  in_order 'close fd 4' 'end of file' 'read fd 3 1 = 0'
}

@test "show: both signals, each from who sends to whose handler" {
  shown signal
  in_order 'kill parent SIGUSR2' '◀━' 'SIGUSR2' 'SIGUSR2: its handler runs' \
    'kill child SIGUSR1' 'SIGUSR1 ━' '▶' 'SIGUSR1: its handler runs'
}

@test "show: the semaphore's value and its waiter, through P and V" {
  shown semaphore
  in_order 'semaphore 0 -1' 'waits for a V on set 1' '[set 1: values 0 1, 1 waits for [0]]' \
    'semaphore 0 +1' 'V wakes it' 'semop returns' '[set 1: values 0 1]' \
    '[set 1: values 1 1]' '[set 1: removed]'
}

@test "show: as many data arrows as messages, in each example" {
  local room plays expected
  while read -r room expected; do
    shown "$room"
    plays=$(sed -nE 's/^(([0-9]+) data arrows?|nothing (crossed|was seen)|[0-9]+ (signal|wake)).*/\2/p' \
      <<<"$output" | sed 's/^$/0/' | xargs)
    assert_equal "$room $plays" "$room $expected"
  done <<'MESSAGES'
pipe 1 1
fifo 10
msgqueue 4
semaphore 0
shm 3
mmap 0
signal 0
unixsock 6 6
chat 3
MESSAGES
}

@test "show: every message of every variant's trace has its arrow" {
  local play sent
  for play in pipe:pipe_siblings fifo:fifo_server msgqueue:msg_priority msgqueue:msg_reply \
    unixsock:sock_dgram unixsock:sock_seqpacket unixsock:sock_pass_fd unixsock:sock_inet; do
    timeout 30 "$ROOT/scripts/record" -b "$BUILD" "$play" "$PWD/t" 3>&- 4>&- || continue
    sent=$(awk -F '\t' '$4 == "done" && $9 !~ /^-1/ && $8 !~ /^fd=[12] / &&
      $6 ~ /^(write|dprintf|send|sendto|sendmsg|msgsnd)$/' t | wc -l)
    assert_equal "$play $(arrows | grep -c ^data:)" "$play $sent"
  done
}

@test "show: 80 columns are enough, and only ASCII where the locale has no more" {
  local room
  for room in $EXAMPLES; do
    shown "$room"
    fits 80 "$SHOWN/$room"
  done
  LC_ALL=C timeout 20 "$ROOT/scripts/show" -b "$BUILD" signal >ascii 3>&- 4>&-
  run ! grep -q '[^ -~]' <(tail -n +2 ascii)
  grep -q '<=* SIGUSR2 =*+' ascii
}

@test "show: two runs without times are the same, letter by letter" {
  local room
  for room in pipe signal fifo; do
    TIMES=0 show "$room" >one 3>&- 4>&-
    TIMES=0 show "$room" >two 3>&- 4>&-
    diff one two
    grep -q 'crossed over\|arrow\|signal' one
  done
}

@test "show: SOURCE=1 shows the text of each line" {
  SOURCE=1 show pipe >s 3>&- 4>&-
  output=$(<s)
  in_order '» if (pipe(fd) == -1)' 'pipe fd 3 and 4' '» pid_t pid = fork(); /* [1] */' 'fork = child'
}

@test "show: COLUMNS gives more lanes; what does not fit has one column" {
  COLUMNS=130 show unixsock-path >wide 3>&- 4>&-
  grep -qE '│ .*│ .*│ ' wide
  fits 130 wide
  COLUMNS=80 show unixsock-path >narrow 3>&- 4>&-
  grep -q 'bob ── 6 bytes ──▶ server' narrow
}

@test "show: colour on a terminal only; it means nothing alone" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|pipe|-|-
7|done|x.c:1|pipe|fd 3 and 4|fd=3 obj=pipe:5 fd2=4 obj2=pipe:5|0|2
7|call|x.c:2|write|fd 4, "é中", 5|fd=4 obj=pipe:5 n=5 data="é中"
7|done|x.c:2|write|fd 4, "é中", 5|fd=4 obj=pipe:5 n=5 data="é中"|5|4
7|end|exit 0
T
  told >lines
  awk -f "$ROOT/scripts/show.awk" -v utf8=1 -v colour=1 lines >coloured
  awk -f "$ROOT/scripts/show.awk" -v utf8=1 lines >plain
  grep -q $'\033' coloured
  run ! grep -q $'\033' plain
  sed 's/\x1b\[[0-9;]*m//g' coloured | diff - plain
}

@test "show: an unknown X is status 2 and the list of those there are" {
  run -2 --separate-stderr show nothing
  assert_equal "$output" ''
  # shellcheck disable=SC2154 # run sets it
  [[ $stderr == *'there is no nothing'*fifo_server* ]]
  run -2 show
  run -2 show -t x fifo
  run -2 show fifo pipe
}

@test "show: one's own sources; a crash and a kill are told" {
  cat >shown_crash.c <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    char c;
    if (pipe(fd) == -1 || fork() == 0) {
        if (read(fd[0], &c, 1) == 1)
            *(volatile int *)0 = 1;
    }
    if (write(fd[1], "x", 1) == 1)
        wait(NULL);
    raise(SIGKILL);
}
C
  run -0 show -s shown_crash.c 3>&- 4>&-
  in_order 'shown_crash' 'write fd 4 "x" 1' '1 byte' 'child: killed by SIGSEGV' \
    'wait = child, signal SIGSEGV' 'shown_crash: killed by SIGKILL' 'child was killed by SIGSEGV'
}

@test "show: a run that would not end is ended after -t, and says so" {
  echo '#include <unistd.h>
int main(void) { pause(); return 0; }' >shown_bound.c
  run -124 show -t 1 -s shown_bound.c 3>&- 4>&-
  in_order 'waits for a signal' '! ended: the 1 seconds are over' 'nothing was seen to cross over'
}

@test "show: nothing is left in TMPDIR, also after Ctrl-C" {
  local pid
  mkdir tmp
  echo '#include <unistd.h>
int main(void) { pause(); return 0; }' >shown_left.c
  TMPDIR=$PWD/tmp start show "$ROOT/scripts/show" -b "$BUILD" -t 20 -s shown_left.c
  stands() { grep -qs $'wait\t.*pause' tmp/*; }
  await 15 stands
  pid=$(awk -F '\t' '$6 == "pause" { print $3; exit }' tmp/*)
  kill -INT -- "-${PID[show]}"
  join show 130
  await 10 gone "$pid"
  # what there was is shown
  output=$(<show.out)
  in_order 'shown_left.c' 'pause' 'waits for a signal' 'interrupted'
  run -0 ls -A tmp
  assert_output ''
}

@test "show: who reads one line only leaves nothing in TMPDIR" {
  mkdir tmp
  TMPDIR=$PWD/tmp show unixsock 2>err | head -n 1 >first
  grep -q '^unixsock:' first
  run ! grep -v '^make' err
  run -0 ls -A tmp
  assert_output ''
}

@test "show: what record says of the run comes behind the drawing" {
  echo '#include <unistd.h>
int main(void) { pause(); return 0; }' >shown_said.c
  show -t 1 -s shown_said.c >all 2>&1 3>&- 4>&- || [[ $? == 124 ]]
  output=$(<all)
  [[ $(head -n 1 all) == shown_said.c ]]
  in_order 'waits for a signal' 'nothing was seen' 'record: ended after 1 seconds'
}

# ---- told.awk, on traces written by hand

@test "told: many small reads of one write are one arrow, at the last byte" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|pipe|-|-
7|done|x.c:1|pipe|-|fd=3 obj=pipe:5 fd2=4 obj2=pipe:5|0|2
7|call|x.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 n=3 data="abc"
7|done|x.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 n=3 data="abc"|3|4
7|call|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5
7|done|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5 n=1 data="a"|1|6
7|call|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5
7|done|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5 n=1 data="b"|1|8
7|call|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5
7|done|x.c:3|read|fd 3, 1|fd=3 obj=pipe:5 n=1 data="c"|1|10
T
  assert_equal "$(arrows)" 'data: 5->11 3 bytes'
  assert_equal "$(told | cut -f4,6 | grep ^state | xargs)" \
    'state pipe 1: 3 bytes state pipe 1: 2 bytes state pipe 1: 1 byte state pipe 1: 0 bytes'
}

@test "told: one read of two writes is two arrows; one that fails has none" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|write|fd 4, "c", 1|fd=4 obj=pipe:5 n=1 data="c"
7|done|x.c:1|write|fd 4, "c", 1|fd=4 obj=pipe:5|-1 EAGAIN|2
7|call|x.c:1|write|fd 4, "a", 10|fd=4 obj=pipe:5 n=10 data="aaaaaaaaaa"
7|done|x.c:1|write|fd 4, "a", 10|fd=4 obj=pipe:5 n=10 data="aaaaaaaaaa"|10|4
7|call|x.c:1|write|fd 4, "b", 9|fd=4 obj=pipe:5 n=9 data="bbbbbbbbb"
7|done|x.c:1|write|fd 4, "b", 9|fd=4 obj=pipe:5 n=9 data="bbbbbbbbb"|9|6
8|new|y|0|-
8|call|y.c:1|read|fd 3, 9|fd=3 obj=pipe:5
8|done|y.c:1|read|fd 3, 9|fd=3 obj=pipe:5 n=9 data="aaaaaaaaa"|9|9
8|call|y.c:1|read|fd 3, 15|fd=3 obj=pipe:5
8|done|y.c:1|read|fd 3, 15|fd=3 obj=pipe:5 n=10 data="abbbbbbbbb"|10|11
T
  assert_equal "$(arrows | xargs)" 'data: 5->12 10 bytes data: 7->12 9 bytes'
}

@test "told: shutdown(2) ends one way only, though the socket stays open" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|socketpair|SOCK_STREAM|flags=SOCK_STREAM
7|done|x.c:1|socketpair|SOCK_STREAM|flags=SOCK_STREAM fd=3 obj=socket:1 fd2=4 obj2=socket:2|0|2
7|call|x.c:2|shutdown|fd 3, SHUT_WR|fd=3 obj=socket:1 cmd=SHUT_WR
7|done|x.c:2|shutdown|fd 3, SHUT_WR|fd=3 obj=socket:1 cmd=SHUT_WR|0|4
7|call|x.c:3|recv|fd 4, 1|fd=4 obj=socket:2
7|done|x.c:3|recv|fd 4, 1|fd=4 obj=socket:2 n=0 data=""|0|6
T
  assert_equal "$(arrows)" 'eof: 5->7 end of file'
}

@test "told: a reader that is told before its writer has the writer's call" {
  trace <<'T'
7|new|x|0|-
8|new|y|0|-
7|call|x.c:1|write|fd 4, "ab", 2|fd=4 obj=pipe:5 n=2 data="ab"
8|call|y.c:1|read|fd 3, 9|fd=3 obj=pipe:5
8|done|y.c:1|read|fd 3, 9|fd=3 obj=pipe:5 n=2 data="ab"|2|4
7|done|x.c:1|write|fd 4, "ab", 2|fd=4 obj=pipe:5 n=2 data="ab"|2|3
T
  assert_equal "$(arrows)" 'data: 3->5 2 bytes'
}

@test "told: the end of file comes from the last close, of a fork's or a dup's copy" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|pipe|-|-
7|done|x.c:1|pipe|-|fd=3 obj=pipe:5 fd2=4 obj2=pipe:5|0|2
7|call|x.c:2|dup|fd 4|fd=4 obj=pipe:5
7|done|x.c:2|dup|fd 4|fd=4 obj=pipe:5 fd2=6 obj2=pipe:5|6|4
7|call|x.c:3|fork|-|-
7|done|x.c:3|fork|-|child=8|8|6
8|new|x|7|-
7|call|x.c:4|close|fd 4|fd=4 obj=pipe:5
7|done|x.c:4|close|fd 4|fd=4 obj=pipe:5|0|9
7|call|x.c:5|close|fd 6|fd=6 obj=pipe:5
7|done|x.c:5|close|fd 6|fd=6 obj=pipe:5|0|11
7|call|x.c:6|read|fd 3, 1|fd=3 obj=pipe:5
7|wait|x.c:6|read|fd 3, 1|fd=3 obj=pipe:5
8|call|x.c:7|close|fd 4|fd=4 obj=pipe:5
8|done|x.c:7|close|fd 4|fd=4 obj=pipe:5|0|15
8|end|killed SIGKILL
7|done|x.c:6|read|fd 3, 1|fd=3 obj=pipe:5 n=0 data=""|0|13
T
  assert_equal "$(arrows | grep eof)" 'eof: 17->18 end of file'
}

@test "told: a queue gives by type; a POSIX one the highest priority first" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|msgsnd|queue 1|obj=msg:1 type=2 n=1 data="a"
7|done|x.c:1|msgsnd|queue 1|obj=msg:1 type=2 n=1 data="a"|0|2
7|call|x.c:1|msgsnd|queue 1|obj=msg:1 type=1 n=1 data="b"
7|done|x.c:1|msgsnd|queue 1|obj=msg:1 type=1 n=1 data="b"|0|4
7|call|x.c:2|msgrcv|queue 1|obj=msg:1 want=-9
7|done|x.c:2|msgrcv|queue 1|obj=msg:1 want=-9 type=1 n=1 data="b"|1|6
7|call|x.c:2|msgrcv|queue 1|obj=msg:1 want=0
7|done|x.c:2|msgrcv|queue 1|obj=msg:1 want=0 type=2 n=1 data="a"|1|8
7|call|x.c:3|mq_send|queue 3|fd=3 obj=mq:/q type=9 n=1 data="a"
7|done|x.c:3|mq_send|queue 3|fd=3 obj=mq:/q type=9 n=1 data="a"|0|10
7|call|x.c:3|mq_send|queue 3|fd=3 obj=mq:/q type=10 n=1 data="b"
7|done|x.c:3|mq_send|queue 3|fd=3 obj=mq:/q type=10 n=1 data="b"|0|12
7|call|x.c:4|mq_receive|queue 3|fd=3 obj=mq:/q
7|done|x.c:4|mq_receive|queue 3|fd=3 obj=mq:/q type=10 n=1 data="b"|1|14
T
  assert_equal "$(arrows | cut -d' ' -f2 | xargs)" '5->7 3->9 13->15'
  told | grep -q 'queue 1: 2 messages: type 2, type 1'
}

@test "told: a V wakes who waits for it, each unit one; SEM_UNDO and RMID, too" {
  trace <<'T'
7|new|x|0|-
8|new|y|0|-
9|new|z|0|-
7|call|x.c:1|semop|set 1|obj=sem:1 ops=0:-1
7|wait|x.c:1|semop|set 1|obj=sem:1 ops=0:-1
8|call|y.c:1|semop|set 1|obj=sem:1 ops=0:-1
8|wait|y.c:1|semop|set 1|obj=sem:1 ops=0:-1
9|call|z.c:1|semop|set 1|obj=sem:1 ops=0:+1
7|done|x.c:1|semop|set 1|obj=sem:1 ops=0:-1|0|4
9|done|z.c:1|semop|set 1|obj=sem:1 ops=0:+1|0|8
9|call|z.c:2|semop|set 1|obj=sem:1 ops=0:+1
9|done|z.c:2|semop|set 1|obj=sem:1 ops=0:+1|0|11
8|done|y.c:1|semop|set 1|obj=sem:1 ops=0:-1|0|6
9|call|z.c:3|semop|set 1|obj=sem:1 ops=0:-1u
9|done|z.c:3|semop|set 1|obj=sem:1 ops=0:-1u|0|14
7|call|x.c:2|semop|set 1|obj=sem:1 ops=0:-1
7|wait|x.c:2|semop|set 1|obj=sem:1 ops=0:-1
9|end|killed SIGKILL
7|done|x.c:2|semop|set 1|obj=sem:1 ops=0:-1|0|16
8|call|y.c:2|semop|set 1|obj=sem:1 ops=0:-1
8|wait|y.c:2|semop|set 1|obj=sem:1 ops=0:-1
7|call|x.c:3|semctl|set 1|obj=sem:1 num=0 cmd=IPC_RMID
7|done|x.c:3|semctl|set 1|obj=sem:1 num=0 cmd=IPC_RMID|0|22
8|done|y.c:2|semop|set 1|obj=sem:1 ops=0:-1|-1 EIDRM|20
T
  assert_equal "$(arrows | xargs)" \
    'wake: 8->9 V wake: 12->13 V wake: 18->19 V wake: 23->24 removed'
}

@test "told: a POSIX semaphore's value and waiters, by whatever name it is known" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|sem_open|/s, O_CREAT, value 0|path=/s
7|done|x.c:1|sem_open|/s, O_CREAT, value 0|path=/s obj=psem:/Xy12z\x20(deleted)|a semaphore|2
8|new|y|0|-
7|call|x.c:2|sem_wait|-|obj=psem:/Xy12z\x20(deleted)
7|wait|x.c:2|sem_wait|-|obj=psem:/Xy12z\x20(deleted)
8|call|y.c:1|sem_post|-|obj=psem:/s
8|done|y.c:1|sem_post|-|obj=psem:/s|0|7
7|done|x.c:2|sem_wait|-|obj=psem:/Xy12z\x20(deleted)|0|5
T
  assert_equal "$(arrows)" 'wake: 8->9 V'
  assert_equal "$(told | awk -F '\t' '$4 == "state" { print $6 }' | xargs)" \
    'semaphore /s: value 0 semaphore /s: value 0, 1 waits semaphore /s: value 1, 1 waits semaphore /s: value 0'
}

@test "told: a signal that is pending already adds no arrow, a realtime one does" {
  trace <<'T'
7|new|x|0|-
8|new|y|0|-
8|call|y.c:1|kill|pid 7, SIGUSR1|to=7 sig=SIGUSR1
8|done|y.c:1|kill|pid 7, SIGUSR1|to=7 sig=SIGUSR1|0|3
8|call|y.c:1|kill|pid 7, SIGUSR1|to=7 sig=SIGUSR1
8|done|y.c:1|kill|pid 7, SIGUSR1|to=7 sig=SIGUSR1|0|5
8|call|y.c:2|sigqueue|pid 7|to=7 sig=SIGRTMIN+0
8|done|y.c:2|sigqueue|pid 7|to=7 sig=SIGRTMIN+0|0|7
8|call|y.c:2|sigqueue|pid 7|to=7 sig=SIGRTMIN+0
8|done|y.c:2|sigqueue|pid 7|to=7 sig=SIGRTMIN+0|0|9
7|enter|x.c:9|SIGUSR1|8
7|leave|x.c:9|SIGUSR1
7|enter|x.c:9|SIGUSR1|0
7|leave|x.c:9|SIGUSR1
7|call|x.c:3|sigwaitinfo|-|-
7|done|x.c:3|sigwaitinfo|-|sig=SIGRTMIN+0 from=8|34|15
7|enter|x.c:9|SIGRTMIN+0|8
8|call|y.c:3|kill|pid 7|to=7 sig=SIGKILL
8|done|y.c:3|kill|pid 7|to=7 sig=SIGKILL|0|18
7|end|killed SIGKILL
T
  assert_equal "$(arrows | cut -d' ' -f2 | xargs)" '4->11 8->16 10->17 19->20'
}

@test "told: the second lock comes from the first one's end, whatever that is" {
  trace <<'T'
7|new|x|0|-
8|new|y|0|-
7|call|x.c:1|flock|fd 3, LOCK_EX|fd=3 obj=file:5 cmd=LOCK_EX
7|done|x.c:1|flock|fd 3, LOCK_EX|fd=3 obj=file:5 cmd=LOCK_EX|0|3
8|call|y.c:1|flock|fd 3, LOCK_EX|fd=3 obj=file:5 cmd=LOCK_EX
8|wait|y.c:1|flock|fd 3, LOCK_EX|fd=3 obj=file:5 cmd=LOCK_EX
7|call|x.c:2|close|fd 3|fd=3 obj=file:5
7|done|x.c:2|close|fd 3|fd=3 obj=file:5|0|7
8|done|y.c:1|flock|fd 3, LOCK_EX|fd=3 obj=file:5 cmd=LOCK_EX|0|5
T
  run -0 arrows
  assert_output --regexp '^wake: [78]->9 unlock$'
}

@test "told: sockets: who accepts whom, both ways, and a descriptor on the way" {
  trace <<'T'
7|new|s|0|-
8|new|c|0|-
7|call|s.c:1|socket|AF_UNIX, SOCK_STREAM|flags=SOCK_STREAM
7|done|s.c:1|socket|AF_UNIX, SOCK_STREAM|flags=SOCK_STREAM fd=3 obj=socket:1|3|3
7|call|s.c:2|bind|fd 3, n|fd=3 obj=socket:1 addr=n
7|done|s.c:2|bind|fd 3, n|fd=3 obj=socket:1 addr=n|0|5
8|call|c.c:1|socket|AF_UNIX, SOCK_STREAM|flags=SOCK_STREAM
8|done|c.c:1|socket|AF_UNIX, SOCK_STREAM|flags=SOCK_STREAM fd=3 obj=socket:2|3|7
8|call|c.c:2|connect|fd 3, n|fd=3 obj=socket:2 addr=n
8|done|c.c:2|connect|fd 3, n|fd=3 obj=socket:2 addr=n|0|9
8|call|c.c:3|send|fd 3|fd=3 obj=socket:2 n=3 data="abc"
8|done|c.c:3|send|fd 3|fd=3 obj=socket:2 n=3 data="abc"|3|11
7|call|s.c:3|accept|fd 3|fd=3 obj=socket:1
7|done|s.c:3|accept|fd 3|fd=3 obj=socket:1 fd2=4 obj2=socket:3|4|13
7|call|s.c:4|recv|fd 4, 9|fd=4 obj=socket:3
7|done|s.c:4|recv|fd 4, 9|fd=4 obj=socket:3 n=3 data="abc"|3|15
7|call|s.c:5|sendmsg|fd 4, with fd 9|fd=4 obj=socket:3 fd2=9 obj2=pipe:6
7|done|s.c:5|sendmsg|fd 4, with fd 9|fd=4 obj=socket:3 fd2=9 obj2=pipe:6 n=1 data="x"|1|17
8|call|c.c:4|recvmsg|fd 3|fd=3 obj=socket:2
8|done|c.c:4|recvmsg|fd 3, with fd 5|fd=3 obj=socket:2 fd2=5 obj2=pipe:6 n=1 data="x"|1|19
8|end|exit 0
7|call|s.c:6|recv|fd 4, 9|fd=4 obj=socket:3
7|done|s.c:6|recv|fd 4, 9|fd=4 obj=socket:3 n=0 data=""|0|22
T
  assert_equal "$(arrows | cut -d' ' -f1,2 | xargs)" \
    'connect: 10->14 data: 12->16 data: 18->20 fd: 18->20 eof: 21->23'
  told | cut -f4- | grep -qx $'thing\tsocket:1\tsocket n'
}

@test "told: with times=0 no pid, id, date or key of this run is left" {
  trace <<'T'
54321|new|x|0|x a
54321|call|x.c:1|fork|-|-
54321|done|x.c:1|fork|-|child=54322|54322|2
54322|new|x|54321|-
54322|call|x.c:2|write|fd 4, "54322 at Sun Nov 29 16:39:37 2026", 33|fd=4 obj=pipe:777777 n=33 data="54322 at Sun Nov 29 16:39:37 2026"
54322|done|x.c:2|write|fd 4, "54322 at Sun Nov 29 16:39:37 2026", 33|fd=4 obj=pipe:777777 n=33 data="54322 at Sun Nov 29 16:39:37 2026"|33|5
54321|call|x.c:3|msgget|key 0x6d00a368, IPC_CREAT|key=0x6d00a368
54321|done|x.c:3|msgget|key 0x6d00a368, IPC_CREAT|key=0x6d00a368 obj=msg:98304|98304|7
54321|call|x.c:4|waitpid|pid 54322|-
54321|done|x.c:4|waitpid|pid 54322|child=54322 status=exit:0|54322|9
T
  run -0 told -v times=0
  refute_output --partial 5432
  refute_output --partial 77777
  refute_output --partial 98304
  refute_output --partial a368
  refute_output --partial 2026
  assert_output --partial '"<child> at <time>", 33'
  # three digits more in the pid are no other run
  sed 's/5432\([12]\)/1765432\1/g; s/33/36/g' t >u
  mv u t
  diff <(echo "$output") <(told -v times=0)
}

@test "told: with times=0 an id in a message is no other one in another run" {
  local id bytes
  # what sends it has made the queue without a key; the bytes are the id's, the lowest first
  while IFS='|' read -r id bytes; do
    sed "s/ID/$id/g; s/BYTES/${bytes//\\/\\\\}/g" <<'T' | trace
5511|new|x|0|-
5511|call|x.c:1|msgget|key 0x6d00a368, IPC_CREAT|key=0x6d00a368
5511|done|x.c:1|msgget|key 0x6d00a368, IPC_CREAT|key=0x6d00a368 obj=msg:7|7|2
5511|call|x.c:2|msgget|IPC_PRIVATE, IPC_CREAT|key=0
5511|done|x.c:2|msgget|IPC_PRIVATE, IPC_CREAT|key=0 obj=msg:ID|ID|4
5511|call|x.c:3|msgsnd|queue 7, type 5, "BYTEShello 5511\0", 15, IPC_NOWAIT|obj=msg:7 type=5 n=15 data="BYTEShello 5511\0"
5511|done|x.c:3|msgsnd|queue 7, type 5, "BYTEShello 5511\0", 15, IPC_NOWAIT|obj=msg:7 type=5 n=15 data="BYTEShello 5511\0"|0|6
T
    told -v times=0 >now
    grep -qF 'queue <queue 1>, type 5, "<queue 2>hello <x>\0", 16, IPC_NOWAIT' now
    [[ ! -e before ]] || diff before now
    mv now before
  done <<'IDS'
4063238|\x06\0>\0
3670044|\x1c\x008\0
3670062|.\x008\0
3670050|\"\x008\0
6029404|\\\0\\\0
131072|\0\0\x02\0
1684234849|abcd
43459|é\0\0
0|\0\0\0\0
3|\x03\0\0\0
IDS
}

@test "told: with times=0 a size behind a text has no pid's length in it" {
  local pid
  for pid in 4242424 424242 42424 4242 424 42; do
    sed "s/PID/$pid/g; s/19/$((11 + ${#pid}))/g; s/20/$((4 + ${#pid}))/g" <<'T' | trace
PID|new|x|0|-
PID|call|x.c:1|send|fd 4, "hello from PID", 19, MSG_DONTWAIT|fd=4 obj=socket:5 n=19 data="hello from PID"
PID|done|x.c:1|send|fd 4, "hello from PID", 19, MSG_DONTWAIT|fd=4 obj=socket:5|-1 EAGAIN|2
PID|call|x.c:2|write|fd 3, "hello from PID", 19|fd=3 obj=pipe:6 n=19 data="hello from PID"
PID|done|x.c:2|write|fd 3, "hello from PID", 19|fd=3 obj=pipe:6 n=19 data="hello from PID"|19|4
PID|call|x.c:3|mq_send|priority 2, "\x01\0\x02\x00PID", 20|fd=5 obj=mq:/q type=2 n=20 data="\x01\0\x02\x00PID"
PID|call|x.c:4|printf|"a pid is PID, and this is so much that it is cut somewhere here PID\n"...|fd=1 n=80 data="a pid is PID, and this is so much that it is cut somewhere here"...
T
    told -v times=0 | grep -v printf >now
    grep -qF '"hello from <x>", 16, MSG_DONTWAIT' now
    [[ ! -e before ]] || diff before now
    mv now before
  done
}

@test "told: lines=1 joins what is printed in pieces, each=1 nothing, times=0 digits" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|printf|"a "|fd=1 n=2 data="a "
7|done|x.c:1|printf|"a "|fd=1 n=2 data="a "|2|2
7|call|x.c:2|putchar|"7"|fd=1 n=1 data="7"
7|done|x.c:2|putchar|"7"|fd=1 n=1 data="7"|55|4
7|call|x.c:2|putchar|"8"|fd=1 n=1 data="8"
7|done|x.c:2|putchar|"8"|fd=1 n=1 data="8"|56|6
7|call|x.c:3|puts|"\n"|fd=1 n=1 data="\n"
7|done|x.c:3|puts|"\n"|fd=1 n=1 data="\n"|2|8
7|call|x.c:4|putchar|"\n"|fd=1 n=1 data="\n"
7|done|x.c:4|putchar|"\n"|fd=1 n=1 data="\n"|10|10
7|call|x.c:5|printf|"b"|fd=2 n=1 data="b"
7|wait|x.c:5|printf|"b"|fd=2 n=1 data="b"
7|done|x.c:5|printf|"b"|fd=2 n=1 data="b"|1|12
7|call|x.c:6|printf|"c"|fd=2 n=1 data="c"
T
  texts() { told "$@" | awk -F '\t' '$4 == "call" { print $7 }' | xargs -d '\n'; }
  assert_equal "$(texts -v lines=1)" '"a 78\n" "\n" "b" "c"'
  told -v lines=1 | grep -q $'done\tx.c:1\tprintf\t"a 78.n"\tfd=1 n=5 data="a 78.n"\t5\t2$'
  assert_equal "$(texts)" '"a " "7" "8" "\n" "\n" "b" "c"'
  assert_equal "$(texts -v times=0 -v each=1)" '"a " "7" "8" "\n" "\n" "b" "c"'
  assert_equal "$(texts -v times=0)" '"a " "78" "\n" "\n" "b" "c"'
}

@test "told: with times=0 pids below 100 go, and other numbers stay" {
  trace <<'T'
12|new|x|0|x a
12|call|x.c:1|fork|-|-
12|done|x.c:1|fork|-|child=13|13|2
13|new|x|12|-
13|call|x.c:2|printf|"My pid is 13, line 13 of 12 lines\n"|fd=1 n=34 data="My pid is 13, line 13 of 12 lines\n"
13|call|x.c:2|write|fd 4, "13 hello, I'm client 13\n", 24|fd=4 obj=fifo:7 n=24 data="13 hello, I'm client 13\n"
13|done|x.c:2|write|fd 4, "13 hello, I'm client 13\n", 24|fd=4 obj=fifo:7 n=24 data="13 hello, I'm client 13\n"|24|6
12|call|x.c:3|read|fd 3, 13|fd=3 obj=fifo:7
12|done|x.c:3|read|fd 3, 13|fd=3 obj=fifo:7 n=24 data="13 hello, I'm client 13\n"|24|8
12|call|x.c:4|kill|pid 13, SIGUSR1|to=13 sig=SIGUSR1
12|done|x.c:4|kill|pid 13, SIGUSR1|to=13 sig=SIGUSR1|0|10
13|enter|x.c:4|SIGUSR1|12
12|call|x.c:5|fcntl|fd 3, F_SETLK|fd=3 obj=file:9 cmd=F_SETLK lock=F_WRLCK from=12 len=13
12|call|x.c:6|mkfifo|/tmp/answer.12|path=/tmp/answer.12
12|call|x.c:7|msgsnd|queue 5, type 13, "", 0|obj=msg:5 type=13 n=0 data=""
12|call|x.c:4|waitpid|pid 13, WNOHANG|-
12|done|x.c:4|waitpid|pid 13, WNOHANG|child=13 status=exit:0|13|15
T
  told -v times=0 >small
  grep -qF '"My pid is <child>, line 13 of 12 lines\n"' small
  grep -qF "\"<child> hello, I'm client <child>\\n\", 30" small
  grep -qF $'read\tfd 3, 13\t' small
  grep -qF 'from=12 len=13' small
  grep -qF $'\t/tmp/answer.<x>\t' small
  grep -qF 'type 13, ""' small
  run ! grep -qE 'pid 1|child=1|to=1' small
  grep -qE $'\tfork\t-\tchild=<child>\t<child>\t' small
  grep -qE $'child=<child> status=exit:0\t<child>\t' small
}

@test "told, show: each awk that is here says the same" {
  local awk n=0
  timeout 30 "$ROOT/scripts/record" -b "$BUILD" unixsock:path "$PWD/t" 3>&- 4>&-
  told -v cast="$ROOT/unixsock/cast" -v play=path >expected
  awk -f "$ROOT/scripts/show.awk" -v utf8=1 expected >seen
  grep -q 'server' seen
  for awk in mawk gawk original-awk 'busybox awk'; do
    command -v "${awk%% *}" >/dev/null || continue
    n=$((n + 1))
    $awk -f "$ROOT/scripts/told.awk" -v cast="$ROOT/unixsock/cast" -v play=path t | diff expected -
    $awk -f "$ROOT/scripts/show.awk" -v utf8=1 expected | diff seen -
  done
  ((n > 0)) || skip 'no awk with a name of its own'
}

@test "show: which end of a pipe is closed, where the trace has it" {
  trace <<'T'
7|new|x|0|-
7|call|x.c:1|pipe|-|-
7|done|x.c:1|pipe|fd 3 and 4|fd=3 obj=pipe:5 end=read fd2=4 obj2=pipe:5 end2=write|0|2
7|call|x.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 end=write n=3 data="abc"
7|done|x.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 end=write n=3 data="abc"|3|4
7|call|x.c:3|dup2|fd 4, 1|fd=4 obj=pipe:5 end=write fd2=1
7|done|x.c:3|dup2|fd 4, 1|fd=4 obj=pipe:5 end=write fd2=1 obj2=pipe:5 end2=write|1|6
7|call|x.c:4|close|fd 3|fd=3 obj=pipe:5 end=read
7|done|x.c:4|close|fd 3|fd=3 obj=pipe:5 end=read|0|8
7|call|x.c:5|close|fd 4|fd=4 obj=pipe:5 end=both
7|done|x.c:5|close|fd 4|fd=4 obj=pipe:5 end=both|0|10
T
  told >lines
  output=$(awk -f "$ROOT/scripts/show.awk" lines)
  in_order 'pipe fd 3 and 4' 'write fd 4 "abc" 3' 'dup2 fd 4 (write end) 1' \
    'close fd 3 (read end)' 'close fd 4 (both ends)'
  sed 's/ end2\?=[a-z]*//g' t >u
  mv u t
  told >lines
  output=$(awk -f "$ROOT/scripts/show.awk" lines)
  in_order 'dup2 fd 4 1' 'close fd 3' 'close fd 4'
  refute_output --partial ' end'
}

@test "show: nothing crossed over is said only of what was seen to its end" {
  printf '%s\n' '7|new|x|0|-' '7|call|x.c:1|usleep|1e-06 s|sec=1e-06' \
    '7|done|x.c:1|usleep|1e-06 s|sec=1e-06|0|2' \
    '7|call|x.c:2|sem_open|/mysem, O_RDONLY-O_CREAT, value 0|path=/mysem' \
    '7|done|x.c:2|sem_open|/mysem, O_RDONLY-O_CREAT, value 0|path=/mysem obj=psem:/mysem|a semaphore|4' >calls
  trace <calls
  output=$(told | awk -f "$ROOT/scripts/show.awk")
  in_order 'usleep 0.000001 s' '2 sem_open /mysem O_RDONLY-O_CREAT' 'nothing crossed over'
  { cat calls; echo '7|note|a thread begins: it is not seen'; } | trace
  output=$(told | awk -f "$ROOT/scripts/show.awk")
  in_order 'nothing was seen to cross over'
  { cat calls; echo '7|enter|x.c:3|SIGALRM|0'; echo '7|leave|x.c:3|SIGALRM'; } | trace
  output=$(told | awk -f "$ROOT/scripts/show.awk")
  in_order 'nothing was seen to cross over'
}

@test "show: a crowd of 250 processes ends, within 80 and 40 columns" {
  local width
  awk 'BEGIN { OFS = "|"
    print 5000, "new", "many", 0, "many"
    for (i = 1; i <= 250; i++) {
      print 5000, "call", "many.c:7", "fork", "-", "-"
      print 5000, "done", "many.c:7", "fork", "-", "child=" 5000 + i, 5000 + i, n + 2
      print 5000 + i, "new", "many", 5000, "-"
      print 5000 + i, "call", "many.c:8", "pause", "-", "-"
      print 5000 + i, "wait", "many.c:8", "pause", "-", "-"
      n += 5
    }
    for (i = 1; i <= 250; i++) print 5000 + i, "end", "killed SIGTERM" }' | trace
  told >lines
  for width in 40 80 200; do
    timeout 5 awk -f "$ROOT/scripts/show.awk" -v width=$width lines >seen
    fits $width seen
    [[ $(grep -c '# child [0-9]*: killed' seen) == 249 ]] || [[ $width == 40 ]]
    grep -q '^250 forks' seen
    TIMES=0 timeout 5 awk -f "$ROOT/scripts/show.awk" -v width=$width -v times=0 lines >seen
  done
}

@test "show: what repeats is folded, what crosses over is not" {
  {
    echo '7|new|x|0|-'
    echo '8|new|y|0|-'
    n=2
    for _ in 1 2 3; do
      echo '8|call|y.c:1|write|fd 4, "0123456789", 10|fd=4 obj=pipe:5 n=10 data="0123456789"'
      echo "8|done|y.c:1|write|fd 4, \"0123456789\", 10|fd=4 obj=pipe:5 n=10 data=\"0123456789\"|10|$((n + 1))"
      n=$((n + 2))
    done
    for _ in 1 2 3; do
      for b in 0 1 2 3 4 5 6 7 8 9; do
        echo '7|call|x.c:9|read|fd 3, 1|fd=3 obj=pipe:5'
        echo "7|done|x.c:9|read|fd 3, 1|fd=3 obj=pipe:5 n=1 data=\"$b\"|1|$((n + 1))"
        n=$((n + 2))
      done
    done
  } | trace
  told | awk -f "$ROOT/scripts/show.awk" -v utf8=1 >seen
  assert_equal "$(grep -c '─ 10 bytes ─' seen)" 3
  assert_equal "$(grep -c 'read fd 3, 1 byte each, ×9:' seen)" 3
  grep -q 'pipe 1: 21 bytes' seen
  run ! grep -q 'pipe 1: 27 bytes' seen
}
