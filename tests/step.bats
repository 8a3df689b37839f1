# make step-X: the run held by the director, one key a call. KEYS='...' plays keys
# without a terminal; for the screen the tests sit at one, in a pane of tmux(1).
# shellcheck disable=SC2016 # code is quoted on purpose

setup() {
  load helpers
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  STEP=$ROOT/scripts/step
  needs_probe
  needs addr2line
  export TMPDIR=$BATS_TEST_TMPDIR/tmp # so that what stays is seen
  mkdir tmp
  unset TMUX NO_COLOR KEYS PACE LINES COLUMNS
}
teardown() {
  local left=''
  [[ ! -S outer ]] || outer kill-server
  rm -f outer
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -mindepth 1)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# steps KEYS ARG...: these keys are pressed.
steps() {
  local keys=$1
  shift
  KEYS=$keys run -0 --separate-stderr timeout 50 "$STEP" -b "$BUILD" "$@" </dev/null
  # shellcheck disable=SC2154
  assert_equal "$stderr" ''
}
# times KEY N: this key, N times.
times() { printf "%$2s" '' | tr ' ' "$1"; }
# block N: of the output, what the key of this number did (the start: 0).
block() { awk -v n="$1" '/^\[/ { i++ } i == n + 1' <<<"$output"; }

# listing: article A 四.3's, as it is printed (the union is for us to define).
listing() {
  cat >listing.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/sem.h>
union semun { int val; };
int init_sem(int sem_id, int value)
{
    union semun tmp;
    tmp.val = value;
    return semctl(sem_id, 0, SETVAL, tmp);
}
int sem_change(int sem_id, int by)
{
    struct sembuf sbuf;
    sbuf.sem_num = 0;
    sbuf.sem_op = by;
    sbuf.sem_flg = SEM_UNDO;
    return semop(sem_id, &sbuf, 1);
}
int main()
{
    int sem_id;
    key_t key;
    pid_t pid;
    if ((key = ftok(".", 'z')) < 0)
        exit(1);
    if ((sem_id = semget(key, 1, IPC_CREAT | 0666)) == -1)
        exit(1);
    init_sem(sem_id, 0);
    if ((pid = fork()) == -1) {
        perror("Fork Error");
    } else if (pid == 0) {
        sleep(1);
        printf("Process child: pid=%d\n", getpid());
        sem_change(sem_id, 1);
    } else {
        sem_change(sem_id, -1);
        printf("Process father: pid=%d\n", getpid());
        sem_change(sem_id, 1);
        union semun tmp;
        semctl(sem_id, 0, IPC_RMID, tmp);
    }
    return 0;
}
END
}
# sets: those of the listing, by their letter and mode.
sets() { awk '$3 == 666 && int(($1 < 0 ? $1 + 4294967296 : $1) / 16777216) == 122' /proc/sysvipc/sem; }

@test "step: one key, one call of the chosen process" {
  steps 12 pipe-pipe_hello
  assert_equal "$(block 0)" '[start]
  parent: new, runs pipe_hello'
  assert_line --index 2 '[1] parent'
  assert_line --index 3 --regexp '^  parent  pipe_hello\.c:[0-9]+  [a-z]+ .* = '
  assert_line '[2] there is no process 2'
  assert_line --regexp '^  parent  pipe_hello\.c:[0-9]+  held before '
  assert_equal "${lines[-1]}" 'ended: all by step'
}

@test "step: the father held until the child has exited: our sem_order ends as the article says" {
  local calls # that he makes up to his fork
  steps r semaphore
  calls=$(awk '/^  father / { n++ } /  fork = child$/ { print n; exit }' <<<"$output")
  steps "$(times n "$calls")$(times 2 6)r" semaphore
  assert_line '  child: new, forked by father'
  assert_equal "$(block "$calls" | tail -1)" '    father --new, fork--> child'
  assert_line '[2] child has ended, _exit 0'
  run -0 grep -n -e 'printf "Process' -e 'child: ended' -e '^ended' <<<"$output"
  assert_line --index 0 --partial 'printf "Process child: pid=<child>\n"'
  assert_line --index 1 --partial 'child: ended, _exit 0'
  assert_line --index 2 --partial 'printf "Process father: pid=<father>\n"'
  assert_line --index 3 --partial 'ended: father exit 0, child exit 0'
}

@test "step: the same with the article's listing: the father waits for ever, and why says so" {
  local before
  listing
  before=$(sets)
  steps "$(times 1 4)$(times 2 5)11w" -s listing.c
  assert_line '[2] child has ended, return 0' # its sleep was over in time
  assert_line --regexp 'sleep 1 s = 0 \(has slept\)'
  assert_equal "$(block 9 | head -1)" '[2] child has ended, return 0'
  assert_line --regexp '^  listing  listing.c:18  semop set 1, semaphore 0 -1 SEM_UNDO: sleeps'
  assert_line --regexp '^\[1\] listing is not held: it sleeps in semop '
  assert_line --regexp '^  listing  listing.c:18  sleeps in semop '
  assert_equal "${lines[-1]}" 'ended: child exit 0; the others by step'
  [[ ! -x $BUILD/scripts/why ]] || assert_line --regexp '  .*listing.*semop'
  assert_equal "$(sets)" "$before" # the set that the listing leaves is gone, too
}

@test "step: two sources of one's own, and a blank is a key" {
  cat >a.c <<'END'
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
    char c;
    mkfifo("way", 0600);
    return read(open("way", O_RDONLY), &c, 1) == 1 ? 0 : 1;
}
END
  cat >b.c <<'END'
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
    return write(open("way", O_WRONLY), "x", 1) == 1 ? 0 : 1;
}
END
  steps '11 r' -s "a.c,b.c"
  assert_equal "$(block 0 | tail -2)" '  a: new, runs a
  b: new, runs b'
  assert_line --regexp 'a  a.c:7  mkfifo way'
  assert_line --regexp 'a  a.c:8  open way, O_RDONLY: sleeps'
  assert_equal "$(block 3 | head -2 | tail -1 | cut -c1-10)" '  b  b.c:5'
  assert_line --partial 'b --1 byte--> a' || assert_line --partial 'b --data, 1 byte--> a'
  assert_equal "${lines[-1]}" 'ended: a exit 0, b exit 0'
}

@test "step: a checkout and sources in folders with blanks; a list is divided by commas only" {
  local folder='a b/中文 x'
  mkdir -p "$folder"
  ln -s "$ROOT/scripts" "$ROOT/semaphore" "$folder"
  KEYS=1 run -0 --separate-stderr timeout 30 "$folder/scripts/step" -b "$BUILD" semaphore </dev/null
  assert_line --regexp '^  father  sem_order.c:' # as the cast calls him
  assert_equal "$stderr" ''
  echo 'int main(void) { return 3; }' >"$folder/one.c"
  cp "$folder/one.c" "$folder/two.c"
  steps r -s "$folder/one.c,$PWD/$folder/two.c"
  assert_line 'ended: one exit 3, two exit 3'
}

@test "step: keys that mean nothing are said, and it goes on" {
  steps 'Z5?n' pipe-pipe_hello
  assert_line '[Z] no such key; ? tells which there are'
  assert_line '[5] there is no process 5'
  assert_line '[?]'
  assert_line '  q           ends everybody'
  assert_line '[n] parent'
}

@test "step: what was received is shown; objects and processes have their names" {
  cat >a.c <<'END'
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>
#include <sys/msg.h>
struct message { long type; char text[8]; } m = { 3, "hi" };
int main(void)
{
    int fd[2], queue = msgget(IPC_PRIVATE, 0600), pid;
    char text[64];
    if (pipe(fd) != 0 || write(fd[1], "a \"<a>\"\n", 8) != 8 || read(fd[0], text, 64) != 8)
        return 1;
    if (msgsnd(queue, &m, 8, 0) != 0 || msgrcv(queue, &m, 8, 0, 0) != 8)
        return 1;
    msgctl(queue, IPC_RMID, NULL);
    putchar('x');
    if ((pid = fork()) == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    return 0;
}
END
  steps 11111111r -s a.c
  assert_line '  a  a.c:8  msgget IPC_PRIVATE, 0600 = queue 1'
  assert_line '  a  a.c:10  read fd 3, 64 = 8 "a \"<a>\"\n"'
  assert_line '  a  a.c:12  msgrcv queue 1, type 0, 8 = 8, type 3 "hi\0"'
  assert_line '  a  a.c:16  fork = child'
  assert_line --regexp "^  a  a.c:18  waitpid pid child = child"
  assert_equal "$(block 8 | head -2 | tail -1)" "  a  a.c:15  putchar \"x\" = 120"
}

@test "step: q ends it, whatever follows; no keys at all" {
  steps 1q11 pipe-pipe_hello
  assert_equal "$(grep -c '^\[1\]' <<<"$output")" 1
  steps '' pipe-pipe_hello
  assert_line --index 0 '[start]'
  assert_equal "${lines[-1]}" 'ended: all by step'
}

@test "step: n to the end is what r does" {
  local by_n
  steps "$(times n 60)" pipe-pipe_hello
  assert_line '[n] child'
  by_n=$(grep '^  .*  .*:' <<<"$output")
  steps r pipe-pipe_hello
  assert_equal "$(grep '^  .*  .*:' <<<"$output")" "$by_n"
  assert_equal "${lines[-1]}" 'ended: parent exit 0, child exit 0'
}

@test "step: a run that would not end is ended when its time is over" {
  listing
  KEYS="$(times 1 4)$(times 2 4)r" run -124 timeout 30 "$STEP" -b "$BUILD" -t 2 -s listing.c
  assert_line '  (ended: the 2 seconds are over)'
  assert_line --regexp '^ended: listing killed'
}

@test "step: ended by its bound while nobody presses a key: status 124, too" {
  printf 'unsigned sleep(unsigned);\nint main(void) { return sleep(60); }\n' >a.c
  KEYS=11 run -124 timeout 30 "$STEP" -b "$BUILD" -t 1 -s a.c
  assert_line --regexp '^  \(ended: the 1 second'
}

@test "step: the tenth process and those after it are chosen by letters" {
  cat >a.c <<'END'
#include <unistd.h>
int main(void)
{
    for (int i = 0; i < 11; i++)
        if (fork() == 0)
            _exit(i);
    pause();
}
END
  steps '11111111111abcz' -s a.c
  assert_line '[a] child 9'
  assert_line '  child 9: ended, _exit 8'
  assert_line '  child 11: ended, _exit 10'
  assert_line '[z] there is no process z'
}

@test "step: no line is wider than the terminal" {
  COLUMNS=50 steps "$(times n 20)r" semaphore
  run -0 awk 'length > 50' <<<"$output"
  assert_output ''
}

@test "step: wrong usage, no terminal, an unknown play, a source that is none" {
  run -2 timeout 10 "$STEP"
  assert_output --partial usage
  run -2 timeout 10 "$STEP" -s a.c fifo
  run -2 timeout 10 "$STEP" -t soon fifo
  run -2 timeout 10 "$STEP" -b "$BUILD" fofi
  assert_output --partial 'no fofi'
  run -2 timeout 10 "$STEP" -b "$BUILD" fifo </dev/null
  assert_output --partial "this is no terminal; KEYS='1n2' plays keys without one"
  run -2 timeout 10 "$STEP" -b "$BUILD" fifo <&-
  KEYS=1 run -1 timeout 10 "$STEP" -b "$BUILD" -s none.c
  assert_output --partial 'none.c: cannot be read'
  echo 'int main(' >a.c
  KEYS=1 run -1 timeout 10 "$STEP" -b "$BUILD" -s a.c
  assert_output --partial error
  KEYS=1 run -1 timeout 10 "$STEP" -b nowhere fifo
  assert_output --partial 'director is not there (try: make)'
}

# a_director BODY: one that does what BODY says, in sh; `e` writes an event.
a_director() {
  mkdir -p b/scripts
  { cat <<'END'; cat; } >b/scripts/director
#!/bin/sh
while [ "$1" != -- ]; do [ "$1" != -o ] || exec 7>"$2"; shift; done
n=0
e() { n=$((n + 1)); printf '%d\t0\t%s\n' $n "$(printf '%s\t' "$@" | sed 's/.$//')" >&7; }
END
  chmod +x b/scripts/director
}

@test "step: a director that fails: its words, and its status" {
  mkdir -p b/scripts # it does not even open the trace
  printf '#!/bin/sh\necho "director: no" >&2; exit 77\n' >b/scripts/director
  chmod +x b/scripts/director
  KEYS=1 run -77 timeout 10 "$STEP" -b "$PWD/b" pipe
  assert_output 'director: no'
}

@test "step: a turn that comes by itself is not taken for the answer to a key" {
  a_director <<'END'
e 71 new p 0 p; e 71 held p.c:1 pause - -; e 0 turn 71
read -r order
e 71 held p.c:1 pause - -; e 0 turn 71 # comes late, as if from before
sleep 0.2
e 71 call p.c:1 pause - -; e 71 done p.c:1 pause - - 0 6; e 71 held p.c:2 pause - -; e 0 turn 71
read -r order || e 71 end 'killed SIGTERM'
END
  KEYS=1 run -0 timeout 10 "$STEP" -b "$PWD/b" pipe
  assert_line --index 3 --regexp '^  p  p.c:1  pause = 0$'
  assert_line --regexp '^  p  p.c:2  held before pause$'
}

@test "step: the return from main() is a step of its own, and its order is obeyed by the end" {
  a_director <<'END'
e 71 new p 0 p; e 71 held p.c:1 semop - -; e 0 turn 71
read -r order
e 71 call p.c:1 semop - -; e 71 done p.c:1 semop - - 0 4
e 0 state sem:1 'values 1; waiting 0; zero 0'; e 71 held - return 0 -; e 0 turn 71
read -r order
e 71 end 'return 0'; e 0 state sem:1 'values 0; waiting 0; zero 0'; e 0 turn -
read -r order
END
  KEYS=111 run -0 timeout 10 "$STEP" -b "$PWD/b" pipe
  assert_equal "$(block 1)" '[1] p
  p  p.c:1  semop = 0
    set 1: value 1'
  assert_equal "$(block 2 | head -3)" '[1] p
  p: ended, return 0
    set 1: value 0'
  assert_line '[1] p has ended, return 0'
  KEYS=1 run -0 timeout 10 "$STEP" -b "$PWD/b" pipe
  assert_line '  p  held before return 0'
}

@test "step: a director that dies while a process is held" {
  a_director <<'END'
e 71 new p 0 p; e 71 held p.c:1 pause - -; e 0 turn 71
read -r order; kill -9 $$
END
  KEYS=11 run -0 timeout 10 "$STEP" -b "$PWD/b" pipe
  assert_line --regexp 'ended: '
}

# on_screen ARG...: what scripts/step.awk makes of the told trace on stdin.
on_screen() { DIRS=. awk -f "$ROOT/scripts/step.awk" -v mode=screen -v letters=abcd "$@"; }
# told EVENT FIELD...: a line of it.
told() { printf '%d\t-\t<p>\t%s\n' $((++N)) "$(printf '%s\t' "$@" | sed 's/.$//')"; }

@test "step: what is cut at a column's edge is marked; Hangul and emoji are two columns wide" {
  N=0
  echo '한국어 😀😀 한국어 한국어 한국어 한국어 한국어 한국어' >x.c
  echo 'int i;' >>x.c
  { told new x 0 x; told lane 1 x x; told held x.c:2 pause - -; told lane 2 y x; } >all
  on_screen -v utf8=1 <all >screen
  LC_ALL=C.UTF-8 run -0 grep -o '^   1 .*│' screen
  assert_equal "$(LC_ALL=C.UTF-8 wc -L <<<"$output")" 40
  assert_output --partial '…'
  run -0 on_screen <all
  assert_line --regexp '^   1 한국어 .*> ?\|'
}

@test "step: Chinese text keeps its width; the line about to run is there as a whole" {
  N=0
  printf '    // %s\n' 信号量信号量信号量信号量信号量信号量信号量信号量信号量 >x.c
  echo '    if (semop(sem_id, &sbuf, 1) == -1 || 信号量信号量信号量信号量 || last) {' >>x.c
  { told new x 0 x; told lane 1 x x; told held x.c:2 semop 'set <set 1>' -; told lane 2 y x; } |
    on_screen -v utf8=1 >screen
  run -0 wc -l screen
  assert_output '23 screen' # the last line has no newline
  LC_ALL=C.UTF-8 run -0 wc -L screen
  assert_output '80 screen'
  run -0 grep -c '^ *\(2>\|  >\)' screen
  assert_output 3
  run -0 grep last screen
  assert_output --regexp '^    >  last\) \{ *│'
}

# ---- at a terminal ----------------------------------------------------------------

outer() { tmux -S "$BATS_TEST_TMPDIR/outer" "$@"; }
# terminal [COLUMNSxLINES] ARG...: step at a terminal; then its status, and whether
# the terminal is as it was.
terminal() {
  needs tmux
  local size=80x24
  [[ ! $1 == *x[0-9]* ]] || { size=$1; shift; }
  cat >run.sh <<'END'
trap : INT # Ctrl-C is for step
before=$(stty -g)
sh -c 'echo $$ >pid; exec "$@"' sh "$@"
echo "status $?"
[ "$(stty -g)" = "$before" ] && echo 'as it was'
exec cat
END
  (close_inherited; outer -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" \
    sh run.sh "$STEP" -b "$BUILD" "$@")
}
shows() { [[ $(outer capture-pane -p) == *"$1"* ]]; }
sees() {
  local text
  for text; do
    await 10 shows "$text" || { outer capture-pane -p >&2; return 1; }
  done
}
keys() { outer send-keys "$@"; }
# closed: nothing of it is there any more.
closed() { [[ -z $(find tmp -mindepth 1) ]] && gone "$(<pid)"; }

@test "step: the screen: lanes, both sources, objects, what has happened" {
  export LC_ALL=C.UTF-8
  local before
  terminal pipe-pipe_hello
  sees 'step pipe:pipe_hello' '1: one call of that one'
  sees '1 parent ('
  for _ in 1 2 3 4 5 6 7 8; do
    before=$(outer capture-pane -p)
    [[ $before != *'2 child ('* ]] || break
    keys n
    await 10 eval '[[ $(outer capture-pane -p) != "$before" ]]'
  done
  sees '2 child (' 'held before' 'pipe_hello.c:' 'parent --new, fork--> child' '│'
  run -0 outer capture-pane -p
  assert_equal "$(grep -Ec '^ *[0-9]+>.*│' <<<"$output")" 1
  assert_line --regexp '│ *[0-9]+>'
  assert_line --partial 'objects'
  assert_line 'pipe 1: 0 bytes'
  keys 9
  sees 'there is no process 9'
  keys r
  sees 'it has ended; any key' '1 parent' 'ended: '
  keys x
  sees 'ended: parent exit 0, child exit 0' 'status 0' 'as it was'
  keys hello Enter # nobody else reads the keyboard any more
  await 10 eval '[[ $(outer capture-pane -p) == *hello*hello* ]]'
  await 10 closed
}

@test "step: without colour and UTF-8 the screen says the same" {
  NO_COLOR=1 LC_ALL=C terminal 100x40 semaphore
  sees '-- objects ---' 'held before'
  run -0 outer capture-pane -ep
  refute_output --regexp $'\e\\[[0-9;]*3[1-7]m'
  keys '?'
  sees 'ends everybody' '(any key)'
  keys n
  sees '-- objects ---'
  keys q
  sees 'status 0' 'as it was'
  await 10 closed
}

@test "step: Ctrl-C gives the terminal back and leaves nothing; so does its hangup" {
  terminal semaphore
  sees 'held before'
  keys C-c
  sees 'status 130' 'as it was'
  await 10 closed
  local server
  server=$(outer display-message -p '#{pid}')
  outer kill-server
  await 10 gone "$server" # else it would remove the socket of the next one
  rm -f outer
  terminal semaphore
  sees 'held before'
  keys 111
  outer kill-server
  await 20 closed
}

@test "step: a signal while KEYS waits for who sleeps, or nobody reads on" {
  listing
  KEYS=$(times 1 4)22 start step "$STEP" -b "$BUILD" -s listing.c
  await 10 says step 'sleep 1 s: sleeps'
  hit step TERM
  join step 143
  KEYS=$(times n 30) timeout 20 "$STEP" -b "$BUILD" semaphore | head -n 1 >first
  run -0 cat first
  assert_output '[start]'
}

@test "step: a process killed while it is held; two at once" {
  local pid
  terminal semaphore
  sees '1 father ('
  mv pid pid.1
  outer new-window "sh run.sh '$STEP' -b '$BUILD' semaphore"
  sees '1 father ('
  keys n
  sees 'has happened'
  father() { pid=$(outer capture-pane -p | sed -n 's/^1 father (\([0-9]*\)).*/\1/p') && [[ -n $pid ]]; }
  await 10 father # not while the screen is drawn
  kill -KILL "$pid"
  sees '1 father' 'ended: killed' # of what, is for its father to know
  keys q q
  sees 'status 0' 'as it was'
  await 10 gone "$(<pid)"
  outer select-window -t :0
  shows 'held before'
  keys q
  sees 'status 0' 'as it was'
  mv pid.1 pid
  await 10 closed
}

@test "step: the director killed while a process is held" {
  terminal semaphore
  sees 'held before'
  await 10 test -s tmp/ipc.step.*/pid
  kill -KILL "$(cat tmp/ipc.step.*/pid)"
  sees 'it has ended; any key'
  keys q
  sees 'status 0' 'as it was'
  await 10 closed
}
