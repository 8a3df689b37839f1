# shellcheck shell=bash disable=SC2154,SC2317,SC2016,SC2153 # $output and $stderr come from bats; called by name; awk's own $
# The probe and the director: what they write down is true, in order, complete.
load helpers # it sets ROOT and scripts

all=(pipe fifo msgqueue semaphore shm mmap signal unixsock chat)

setup_file() {
  bats_require_minimum_version 1.5.0
  [[ ! ${UNDER:-} == valgrind && ! ${BUILT_WITH:-} == *-fsanitize* ]] || return 0
  # Each example once; the tests look at these traces.
  local root=${BATS_TEST_DIRNAME%/*} room play
  [[ ${BUILD:-build} == /* ]] || BUILD=$root/${BUILD:-build}
  for room in "${all[@]}"; do
    for play in $("$root/scripts/plays" "$room"); do
      (close_inherited; exec "$root/scripts/record" -b "$BUILD" "$play" "$BATS_FILE_TMPDIR/${play//:/.}.trace") || return 1
    done
  done
}
setup() {
  needs_probe
  common_setup
}
teardown() { common_teardown; }

# of FILE EVENT [NAME [FIELD]]: these lines of a trace (or a field of each).
of() { awk -F '\t' -v e="$2" -v n="${3-}" -v f="${4-0}" '$4 == e && (n == "" || $6 == n) { print $f }' "$1"; }
trace_of() { echo "$BATS_FILE_TMPDIR/$1.trace"; }
# own SOURCE...: programs of this test, from standard input or here.
own() { cat >"$1.c"; }
record() { (close_inherited; exec timeout -k 5 60 "$scripts/record" -b "$BUILD" "$@"); }
# at_turn N: the director has asked N times who may go on.
at_turn() { (($(grep -c "$(printf '\tturn\t')" trace) >= $1)); }
noted() { grep -q "$(printf '\tnote\t').*$1" trace; }
# steps CMD...: under the director, which is told by `types director`.
steps() {
  keyboard director
  start director "$BUILD/scripts/director" -b "$BUILD" -o trace -t 30 -s -- "$@"
  await 10 test -s trace
}

@test "director: wrong usage, an unknown play: exit 2, and what there is" {
  local arguments
  for arguments in '' '-t 0 -- true' '-t x -- true' '-z' '--' '-- -- true'; do
    # shellcheck disable=SC2086 # a list
    run -2 --separate-stderr timeout 10 "$BUILD/scripts/director" -b "$BUILD" $arguments
    [[ $stderr == *usage* ]]
  done
  run -1 --separate-stderr timeout 10 "$BUILD/scripts/director" -b nowhere -- true
  [[ $stderr == *'nowhere: No such file'* ]]
  run -1 --separate-stderr timeout 10 "$BUILD/scripts/director" -b "$BUILD" -o /nowhere/x -- true
  [[ $stderr == *'/nowhere/x: '* ]]
  run -2 --separate-stderr "$scripts/plays" nosuch
  assert_output ''
  [[ $stderr == *'there is no nosuch'*chat-fifo_chat*fifo-all* ]]
  run -2 "$scripts/plays" fifo-nosuch
  run -2 "$scripts/plays" ../pipe
  run -2 "$scripts/plays"
  run -2 "$scripts/record" -b "$BUILD" pipe:pipe_hello
  run -2 "$scripts/record" -b "$BUILD" -s nosuch.c trace
  echo 'int main(void) { return x; }' >broken.c
  run -1 "$scripts/record" -b "$BUILD" -s broken.c trace
  assert_output --partial 'does not compile'
}

@test "director: X is a room, all of it, a play, or a program in it" {
  run -0 "$scripts/plays" pipe
  assert_output "$(printf 'pipe:%s\n' pipe_hello pipe_message)"
  run -0 "$scripts/plays" fifo-fifo_client
  assert_output fifo:fifo_server
  run -0 "$scripts/plays" unixsock-abstract
  assert_output unixsock:abstract
  local room root=${BATS_TEST_DIRNAME%/*}
  for room in "${all[@]}"; do
    run -0 "$scripts/plays" "$room-all"
    assert_equal "${#lines[@]}" "$(grep -cE '^(example|variant) ' "$root/$room/cast")"
  done
}

@test "director: each event has its number, each call is done or its process ended" {
  local file
  for file in "$BATS_FILE_TMPDIR"/*.trace; do
    run -0 awk -F '\t' '
      $1 != NR { print "number", $0 }
      $2 < before { print "time", $0 } { before = $2 }
      $4 == "new" { alive[$3] = 1 }
      $4 == "call" { if (!alive[$3]) print "not born", $0; open[$1] = $6; whose[$1] = $3 }
      $4 == "wait" && !alive[$3] { print "waits", $0 }
      $4 == "done" {
        if (open[$10] != $6 || whose[$10] != $3) print "not called", $0
        delete open[$10]
      }
      $4 == "end" { delete alive[$3]; for (n in whose) if (whose[n] == $3) delete open[n] }
      $4 == "note" { print }
      NF < 5 { print "short", $0 }
      END { for (n in open) print "not done", n, open[n]; for (p in alive) print "still there", p }' "$file"
    assert_output ''
  done
}

@test "director: nothing is received before it is sent, nobody is woken before the V" {
  # What crosses, in the order of the trace: sent when called, got when done.
  local file
  for file in "$BATS_FILE_TMPDIR"/{pipe,fifo,msgqueue,chat,unixsock}*.trace; do
    run -0 awk -F '\t' '
      function data(s) { return match(s, / n=[0-9]+ data=/) ? substr(s, RSTART + 3) + 0 : 0 }
      $4 == "call" && $6 ~ /^(write|send|msgsnd)$/ && $8 !~ /obj=(tty|dev)/ { sent += data($8) }
      $4 == "done" && $6 ~ /^(read|recv|msgrcv)$/ && $8 !~ /obj=(tty|dev)/ && $8 !~ /fd=0 / {
        got += data($8)
        if (got > sent) print "got before it was sent:", $0
        some = 1
      }
      END { if (!some) print "nothing" }' "$file"
    assert_output ''
  done
}

@test "director: the line is the one in which the call stands" {
  local file
  for file in "$BATS_FILE_TMPDIR"/*.trace; do
    run -0 awk -F '\t' -v folder="$ROOT/$(basename "$file" | cut -d. -f1)/" '
      $4 != "call" { next }
      $5 == "?" { print "no line", $0; next }
      {
        split($5, w, ":")
        path = folder w[1]
        if (!(path in known)) {
          n = 0
          while ((getline line <path) > 0) text[path, ++n] = line
          known[path] = 1
        }
        # A statement may go over a few lines, and gcc writes puts for printf.
        name = $6
        if (name ~ /^(puts|putchar|putc|fputc|fwrite|fputs)$/) name = "(f?printf|f?put[sc]|putchar|fwrite)"
        if (name ~ /^(getline|getc)$/) name = "(getline|getc|getchar)"
        found = 0
        for (k = -4; k <= 4; k++) if (text[path, w[2] + k] ~ "(^|[^a-z_])" name " ?\\(") found = 1
        if (!found) print $5, $6
      }' "$file"
    assert_output ''
  done
}

@test "director: what is printed and what the kernel says are in it" {
  run -0 of "$(trace_of pipe.pipe_hello)" state '' 6
  assert_line '12 bytes'
  run -0 of "$(trace_of semaphore.sem_order)" state '' 6
  assert_line 'values 0 1; waiting 1 0; zero 0 0'
  assert_line removed
  run -0 of "$(trace_of msgqueue.msg)" state '' 6
  assert_line --regexp '^1 message, [0-9]+ bytes$'
  run -0 of "$(trace_of shm.shm)" state '' 6
  assert_line 'attached 2'
  run -0 of "$(trace_of fifo.fifo)" call write 8
  assert_equal "${#lines[@]}" 10
  run -0 of "$(trace_of signal.signal_sync)" enter '' 6
  assert_line SIGUSR1
  assert_line SIGUSR2
}

# same FILE PLAY: without what differs from run to run: pids, ids, times.
same() {
  LC_ALL=C awk -f "$scripts/told.awk" -v times=0 -v cast="$ROOT/${2%%.*}/cast" -v play="${2#*.}" "$1"
}
@test "director: the same play gives the same trace, also while the machine is busy" {
  local pid=() play
  (close_inherited; exec timeout 60 sh -c 'while :; do :; done') & pid=($!)
  (close_inherited; exec timeout 60 sh -c 'while :; do :; done') & pid+=($!)
  for play in pipe.pipe_hello fifo.fifo msgqueue.msg semaphore.sem_order signal.signal_sync chat.fifo_chat; do
    record "${play/./:}" again
    diff <(same "$(trace_of "$play")" "$play") <(same again "$play") || { kill "${pid[@]}"; return 1; }
  done
  kill "${pid[@]}"
}

@test "probe: it knows every call of every program that is no mere computing" {
  needs nm
  # What neither communicates, waits, nor starts or ends a process.
  local plain='str.* mem.* sprintf snprintf sscanf __isoc99_.*scanf __isoc23_.* __.*_chk atoi strto.* free malloc calloc realloc
    sig(empty|fill|add|del)set sigismember sigset.* strsignal __errno_location errno .*_location setvbuf fflush ferror fileno feof
    clearerr get(pid|ppid|uid|euid|gid|pgrp|pgid|sid) set(sid|pgid|locale) prctl umask l?stat(64)? fstat(at)?(64)? stat64
    clock_gettime gettimeofday time ctime localtime.* strftime inet_.* (hton|ntoh)[sl] bcmp bzero getsockopt setsockopt getsockname getpeername
    sysconf getpagesize getrlimit setrlimit atexit __cxa_.* __libc_start_main __gmon_start__ _ITM_.* __stack_chk_fail
    __sigsetjmp _?setjmp sigsetjmp __libc_current_sigrt.* qsort basename dirname __xpg_basename access futimens
    opendir readdir(64)? closedir fdopen ptsname grantpt unlockpt getitimer getopt optarg optind stdin stdout stderr environ
    getenv setenv nanosleep_.* sched_.* __ctype_.* toupper tolower is[a-z]+ rand srand secure_getenv sem_.*_np'
  nm -D --defined-only "$BUILD/scripts/probe.so" | awk '{ print $3 }' | sed 's/@.*//' | sort -u >known
  local room program programs=()
  for room in "${all[@]}"; do
    for program in "$BUILD/$room"/*; do
      [[ -f $program && -x $program ]] || continue
      programs+=("$program")
    done
  done
  # (Above each program's calls is its name.)
  nm -D -u "${programs[@]}" | awk 'NF > 1 { print $NF }' | sed 's/@.*//' | sort -u | comm -23 - known >unknown
  # shellcheck disable=SC2086 # a list of patterns
  run grep -vxE "$(printf '%s|' $plain | sed 's/|$//')" unknown
  assert_output ''
}

@test "probe: nothing is changed where nobody watches" {
  run -0 env LD_PRELOAD="$BUILD/scripts/probe.so" timeout 20 pipe_hello
  assert_output 'hello world'
  LD_PRELOAD=$BUILD/scripts/probe.so PROBE=/nowhere/door PROBE_DIR=$BUILD run -0 --separate-stderr timeout 20 pipe_hello
  assert_output 'hello world'
  assert_equal "$stderr" ''
}

@test "probe: the program sees its own handlers, descriptors, errno and exit status" {
  own mine <<'EOT'
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int seen;
static void h(int s) { seen += s == SIGUSR1; errno = 0; }
static void f(int s, siginfo_t *i, void *c) { (void)c; seen += 10 * (s == SIGUSR2 && i->si_pid == getpid()); }
int main(void)
{
    struct sigaction a = {.sa_handler = h}, o;
    if (sigaction(SIGUSR1, NULL, &o) != 0 || o.sa_handler != SIG_DFL) return 10;
    if (sigaction(SIGUSR1, &a, &o) != 0 || o.sa_handler != SIG_DFL) return 11;
    if (sigaction(SIGUSR1, NULL, &o) != 0 || o.sa_handler != h || o.sa_flags & SA_SIGINFO) return 12;
    if (signal(SIGUSR1, h) != h) return 13;
    a.sa_sigaction = f;
    a.sa_flags = SA_SIGINFO;
    if (sigaction(SIGUSR2, &a, NULL) != 0) return 14;
    if (sigaction(SIGUSR2, NULL, &o) != 0 || o.sa_sigaction != f || !(o.sa_flags & SA_SIGINFO)) return 15;
    if (sigaction(SIGKILL, &a, NULL) != -1 || errno != EINVAL) return 16;
    if (close(77) != -1 || errno != EBADF) return 17;
    if (dup(1) != 3) return 18;
    for (int i = 3; i < 1100; i++) close(i); /* as a daemon does */
    if (raise(SIGUSR1) != 0 || kill(getpid(), SIGUSR2) != 0 || seen != 11) return 19;
    printf("%s\n", "w");
    errno = ERANGE;
    printf("%s\n", "x");
    if (errno != ERANGE) return 20;
    pid_t child = fork();
    int how;
    if (child == 0) { *(volatile int *)0 = 1; }
    if (wait(&how) != child || !WIFSIGNALED(how) || WTERMSIG(how) != SIGSEGV) return 21;
    if (fork() == 0) exit(7);
    if (wait(NULL) < 0) return 22;
    return 3;
}
EOT
  record -s mine.c trace
  run -0 of trace end '' 5
  assert_output "$(printf 'killed SIGSEGV\nexit 7\nreturn 3')"
  run -0 of trace enter '' 6
  assert_output "$(printf 'SIGUSR1\nSIGUSR2')"
}

@test "director: text is written so that it stays one field of one line" {
  own bytes <<'EOT'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
    char long_[200];
    int fd[2];
    memset(long_, 'x', sizeof long_);
    return pipe(fd) == 0 && write(fd[1], "a\tb\nc\"d\\e\0f\x01\xff 中", 19) == 19 &&
           write(fd[1], long_, sizeof long_) == 200 ? 0 : 1;
}
EOT
  record -s bytes.c trace
  run -0 of trace 'done' write 8
  assert_line --index 0 --partial 'n=19 data="a\tb\nc\"d\\e\0f\x01\xff 中'
  assert_line --index 1 --partial 'n=200 data="xxxx'
  assert_line --index 1 --regexp 'x"\.\.\.$'
  run -0 awk -F '\t' 'NF > 10' trace
  assert_output ''
}

@test "director: a run that does not end is ended, and what it forked, too" {
  own wild <<'EOT'
#include <signal.h>
#include <unistd.h>
int main(void)
{
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 5; i++)
        if (fork() == 0)
            for (;;)
                pause();
    for (;;)
        pause();
}
EOT
  run -124 timeout 60 "$scripts/record" -b "$BUILD" -t 0.3 -s wild.c trace
  assert_output --partial 'ended after 0.3 seconds'
  noted 'the 0.3 seconds are over'
  run -0 of trace end '' 5
  assert_equal "${#lines[@]}" 6
  # shellcheck disable=SC2046 # a list of pids
  gone $(of trace new '' 3)
}

@test "director: who computes, forks wildly, or is not seen, is said" {
  own static <<<'int main(void) { return 0; }'
  own loops <<'EOT'
#include <unistd.h>
int main(void) { alarm(2); for (;;) ; }
EOT
  record -s loops.c trace
  noted 'computes for more than a second'
  run -0 of trace end '' 5
  assert_output --partial killed
  [[ ${BUILT_WITH:-} != *musl* ]] || return 0
  own slow <<<'#include <unistd.h>
    int main(void) { char c; usleep(300000); return read(0, &c, 1) != 0; }'
  if echo 'int main(void) { return 0; }' | ${CC:-cc} -static -o t -x c - 2>/dev/null; then
    CC="${CC:-cc} -static" record -s slow.c trace
    noted 'does not report'
  fi
}

@test "director: step by step: the one that is named goes, and only it" {
  steps "$BUILD/pipe/pipe_hello"
  await 10 at_turn 1
  types director 'go 1'
  await 10 noted 'not possible now: go 1'
  local n=1 pid
  while [[ -z $(of trace new '' 6 | sed -n 2p) ]]; do
    types director go
    await 10 at_turn $((++n + 1))
  done
  pid=$(of trace new '' 3 | tail -n 1)
  # The child alone, until it sleeps in its read; its parent has not moved.
  until awk -F '\t' -v p="$pid" '$3 == p && $4 == "wait" { found = 1 } END { exit !found }' trace; do
    types director "go $pid"
    await 10 at_turn $((++n + 1))
  done
  run -0 tail -n 1 trace
  refute_output --partial "$pid"
  run -1 grep -P '\tdone\t.*\twrite\t' trace
  types director run
  join director
  run -0 of trace end '' 5
  assert_output "$(printf '_exit 0\nreturn 0')"
}

@test "director: quit, the end of its input, or a signal ends all and leaves nothing" {
  local how pid status
  for how in quit eof HUP INT TERM; do
    rm -f director.in trace
    steps "$BUILD/semaphore/sem_order" . 0
    await 10 at_turn 1
    for pid in 2 3 4 5 6 7 8 9 10 11 12; do
      types director go
      await 10 at_turn "$pid"
    done
    of trace 'done' semget >got
    [[ -s got ]]
    status=0
    case $how in
      quit) types director quit ;;
      eof) hangs_up director ;;
      *) hit director "$how" ;;
    esac
    join director "$status"
    # shellcheck disable=SC2046 # a list of pids
    gone $(of trace new '' 3)
    no_leftovers
    run -1 compgen -G "/proc/[0-9]*/root/tmp/director.$$.*"
  done
}

@test "director: killed while it is held, or itself killed: the others go on" {
  steps "$BUILD/pipe/pipe_hello"
  await 10 at_turn 1
  local pid door
  pid=$(of trace new '' 3)
  kill -KILL "$pid"
  join director 137
  run -0 of trace end '' 5
  assert_output 'killed SIGKILL'
  # Without its director a program plays on alone.
  rm director.in trace
  steps "$BUILD/pipe/pipe_hello"
  await 10 at_turn 1
  pid=$(of trace new '' 3)
  door=$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^PROBE=//p')
  [[ $door == /tmp/director.*/door ]]
  hit director KILL
  await 10 gone "$pid"
  rm -r "${door%/door}" # it could not any more
}

@test "director: a signal that comes to a held process waits until it goes on" {
  own catcher <<'EOT'
#include <signal.h>
#include <unistd.h>
static void h(int s) { (void)s; }
int main(void) { signal(SIGUSR1, h); getppid(); usleep(1); usleep(1); return 0; }
EOT
  mkdir -p "$BUILD/own"
  ${CC:-cc} -g -o "$BUILD/own/catcher" catcher.c
  steps "$BUILD/own/catcher"
  await 10 at_turn 1
  types director go # signal(2)
  await 10 at_turn 2
  kill -USR1 "$(of trace new '' 3)"
  run -1 grep enter trace
  types director go
  await 10 at_turn 3
  run -0 of trace enter '' 5
  assert_output --regexp '^catcher.c:4$'
  types director run
  join director
}

@test "director: without all that looks at a run, make, make run-X and the rooms' tests work" {
  local file
  mkdir copy
  (cd "$ROOT" && cp -r Makefile scripts tests pipe "$OLDPWD/copy")
  cd copy
  # Whatever is not for building, playing and testing.
  for file in scripts/*; do
    case ${file##*/} in stage.c | can.c | setup | doctor | claims | claims.awk) ;; *) rm "$file" ;; esac
  done
  assert_not_exists scripts/probe.c
  assert_not_exists scripts/show
  # (make test has put BUILD into the environment: it is of another folder.)
  export CFLAGS=-O0 # it takes half the time
  run -0 timeout 60 env -u BUILD -u MAKEFLAGS -u MAKELEVEL make ROOMS=pipe
  assert_not_exists build/scripts/director
  run -0 timeout 60 env -u BUILD -u MAKEFLAGS -u MAKELEVEL make ROOMS=pipe run-pipe PACE=0
  assert_output --partial 'hello world'
  mkdir t && mv tests/pipe.bats tests/helpers.bash tests/setup_suite.bash t && rm -r tests && mv t tests
  # A suite within a suite: nothing of this one's environment, nor bats' own commands.
  local path
  path=$(tr : '\n' <<<"$PATH" | grep -v -e bats- -e "$BUILD" | paste -sd :)
  run -0 timeout 100 env -i PATH="$path" HOME="$HOME" CFLAGS=-O0 make ROOMS=pipe JOBS=1 BATS='BUILD=build bats -f pipe_hello' test-pipe
  assert_line --regexp '^ok [0-9]+ pipe: '
}

@test "director: no source of a room knows of it" {
  local room root=$ROOT
  for room in "${all[@]}"; do
    run -1 grep -rniE 'probe|director\b|PRELOAD' "$ROOT/$room" --include=*.[ch]
  done
}

@test "probe: what the kernel refuses it refuses, too, and what is printed is no attribute" {
  own odd <<'EOT'
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
static const char *volatile bad = (const char *)8;
static int refused(long result, int error) { return result == -1 && errno == error; }
int main(void)
{
    int fd[2], s[2], q = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 1, 0600);
    if (pipe(fd) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0) return 1;
    if (!refused(write(fd[1], bad, 10), EFAULT)) return 2;
    if (!refused(writev(fd[1], (void *)bad, 3), EFAULT)) return 3;
    if (!refused(send(s[0], bad, 10, 0), EFAULT)) return 4;
    if (!refused(msgsnd(q, bad, 10, 0), EFAULT)) return 5;
    if (!refused(semop(set, (void *)bad, 1), EFAULT)) return 6;
    if (!refused(fcntl(fd[0], F_GETLK, bad), EFAULT)) return 7;
    if (!refused(open(bad, O_RDONLY), EFAULT)) return 8;
    if (!refused(bind(s[0], (void *)bad, 16), EFAULT) && errno != EINVAL) return 9;
    if (!refused(poll((void *)bad, 3, 0), EFAULT)) return 10;
    if (!refused(select(5, (void *)bad, NULL, NULL, NULL), EFAULT)) return 11;
    msgctl(q, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    pid_t child = fork();
    if (child == 0) { usleep(100000); return 3; }
    printf("child=%d status=signal:SIGKILL obj=msg:0 fd=77\n", child);
    if (dup2(1, 1000) != 1000 || dprintf(1000, "still\n") != 6) return 12; /* the probe's number */
    waitpid(child, NULL, 0);
    close(s[0]);
    return 0;
}
EOT
  record -s odd.c trace
  run -0 of trace end '' 5
  assert_output "$(printf 'return 3\nreturn 0')"
  run -0 of trace 'done' dprintf
  assert_output --partial 'n=6 data="still\n"'
}

@test "probe: a program dies of what it would die of, and a daemon is a process of its own" {
  own pipes <<'EOT'
#include <unistd.h>
int main(void) { int p[2]; return pipe(p) || close(p[0]) || write(p[1], "x", 1) != 1 ? 3 : 0; }
EOT
  record -s pipes.c trace
  run -0 of trace end '' 5
  assert_output 'killed SIGPIPE'
  own demon <<'EOT'
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <unistd.h>
int main(void) { if (daemon(1, 1) != 0) return 1; usleep(1000); quick_exit(5); }
EOT
  record -s demon.c trace
  (($(of trace new | wc -l) >= 2)) # musl forks twice
  run of trace end '' 5
  assert_line 'exit 5'
  own undo <<'EOT'
#include <signal.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int set = semget(IPC_PRIVATE, 1, 0600), fd[2];
    struct sembuf v = {0, 1, SEM_UNDO};
    char c;
    pipe(fd);
    if (fork() == 0) {
        semop(set, &v, 1);
        return 0;
    }
    wait(NULL);
    if (fork() == 0) { raise(SIGSEGV); _exit(1); }
    close(fd[1]);
    read(fd[0], &c, 1);
    semctl(set, 0, IPC_RMID);
    return 0;
}
EOT
  record -s undo.c trace
  run -0 of trace state '' 6
  assert_line 'values 1; waiting 0; zero 0' # the V, and then what SEM_UNDO does to it
  assert_line 'values 0; waiting 0; zero 0'
  # An end of file comes after the end of its last writer.
  run -0 awk -F '\t' '$4 == "end" && /SEGV/ { dead = 1 } $4 == "done" && $6 == "read" { exit !dead }' trace
}

@test "director: your own sources: two of one name, arguments, what is piped to them; TERM comes at once" {
  mkdir a 'b c'
  own a/x <<'EOT'
#include <stdio.h>
int main(int n, char **v) { char s[9] = ""; scanf("%8s", s); printf("a %s %d %s\n", v[1], n, s); return 0; }
EOT
  own 'b c/x' <<'EOT'
#include <stdio.h>
int main(void) { printf("b\n"); return 0; }
EOT
  (close_inherited; echo word | timeout 30 "$scripts/record" -b "$BUILD" -s 'a/x.c one,b c/x.c' trace)
  run -0 of trace 'done' printf 7
  assert_line '"a one 2 word\n"'
  assert_line '"b\n"'
  own waits <<<'#include <unistd.h>
    int main(void) { pause(); return 0; }'
  start recording "$scripts/record" -b "$BUILD" -t 60 -s waits.c waited
  await 10 grep -qs "$(printf '\twait\t')" waited
  hit recording TERM
  join recording 143
  # shellcheck disable=SC2046 # a list of pids
  gone $(of waited new '' 3)
  run -0 of waited note '' 5
  assert_output interrupted
}

@test "probe: with 64-bit offsets, and with _FORTIFY_SOURCE, the calls have other names: they are seen" {
  [[ ! ${BUILT_WITH:-} == *musl* ]] || skip 'musl has one name for each'
  own sizes <<'EOT'
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static sigjmp_buf again;
static void h(int s) { (void)s; siglongjmp(again, 1); }
int main(int argc, char **argv)
{
    char text[8] = "abc", name[] = "x.XXXXXX";
    (void)argv;
    int fd = openat(AT_FDCWD, "x", O_RDWR | O_CREAT, 0600), other = mkstemp(name);
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}};
    if (ftruncate(fd, 100) != 0 || pwrite(fd, text, 3, 5) != 3 || pread(fd, text, (size_t)argc, 5) != 1 ||
        posix_fallocate(other, 0, 10) != 0 || poll(p, (nfds_t)argc, 0) != 1 || read(fd, text, (size_t)argc) != 1)
        return 1;
    signal(SIGUSR1, h);
    if (sigsetjmp(again, 1) == 0)
        raise(SIGUSR1);
    printf("%s\n", name + argc);
    return 0;
}
EOT
  CPPFLAGS='-D_FILE_OFFSET_BITS=64 -D_FORTIFY_SOURCE=2' CFLAGS=-O2 record -s sizes.c trace
  run -0 of trace call '' 6
  assert_output "$(printf '%s\n' openat mkstemp ftruncate pwrite pread posix_fallocate poll read signal raise siglongjmp printf)"
  run -0 of trace end '' 5
  assert_output 'return 0'
}
