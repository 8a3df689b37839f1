# scripts/faults, scripts/faults.awk, and the probe's side of it: each call fails
# in each way, and what came of it is judged rightly.
# shellcheck shell=bash disable=SC2154,SC2317,SC2016 # $output and $stderr come from bats; awk's own $
load helpers

setup() {
  needs_probe
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  export TMPDIR=$PWD
}
teardown() { common_teardown; }

faults() { (close_inherited; exec timeout -k 5 100 "$ROOT/scripts/faults" -b "$BUILD" "$@") </dev/null; }

# pipes NAME: a program that makes a pipe; stdin: what it does if it has none.
pipes() {
  {
    printf '#include <err.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n'
    printf '#include <sys/msg.h>\nint main(void)\n{\n    int fd[2], queue = -1;\n    (void)queue;\n'
    cat
    printf '    puts("done");\n    return 0;\n}\n'
  } >"$1.c"
}

@test "faults: told, survived, silent, crash, hang, leak: each is known for what it is" {
  pipes tells <<<'    if (pipe(fd) == -1) err(1, "pipe");'
  pipes survives <<<'    for (int i = 0; pipe(fd) == -1 && i < 9; i++) ;'
  pipes keeps_silent <<<'    if (pipe(fd) == -1) return 1;'
  pipes lies <<<'    if (pipe(fd) == -1) { warn("pipe"); return 0; }'
  pipes names_another <<<'    if (pipe(fd) == -1) err(1, "socket");'
  pipes crashes <<<'    if (pipe(fd) == -1) abort();'
  pipes hangs <<<'    if (pipe(fd) == -1) for (;;) pause();'
  pipes leaks <<'EOT'
    queue = msgget(IPC_PRIVATE, 0600);
    if (queue == -1 || pipe(fd) == -1) err(1, "msgget, pipe");
    if (msgctl(queue, IPC_RMID, NULL) == -1) err(1, "msgctl");
EOT
  run -1 faults -s tells.c,survives.c,keeps_silent.c,lies.c,names_another.c,crashes.c,hangs.c,leaks.c
  # pipe: EMFILE, ENFILE, stopped, killed. Of leaks two more calls, with ENOMEM
  # and ENOSPC, EIDRM and EINVAL, stopped, killed; but what was killed may leave
  # something, and what says that the queue is gone leaves none.
  assert_line '40 cells: 6 told, 22 survived, 6 silent, 2 crash, 2 hang, 2 leak'
  local name
  for name in keeps_silent lies names_another; do
    assert_equal "$(grep -c "^  silent   $name:10 pipe: error E[MN]FILE$" <<<"$output")" 2
  done
  assert_equal "$(grep -c '^  crash    crashes:10 pipe: error E[MN]FILE$' <<<"$output")" 2
  assert_equal "$(grep -c '^  hang     hangs:10 pipe: error E[MN]FILE$' <<<"$output")" 2
  assert_equal "$(grep -c '^  leak     leaks:11 pipe: error E[MN]FILE$' <<<"$output")" 2
  assert_line --regexp '^           left behind: msg:[0-9]+$'
  assert_line "           ONLY='keeps_silent.1 1 error EMFILE'"
  run awk 'length > 80 && !/left behind|: / { print }' <<<"$output"
  assert_output ''
  # One of them again, as it was said.
  run -1 faults -o 'keeps_silent.1 1 error EMFILE' -s tells.c,survives.c,keeps_silent.c
  assert_line '1 cells: 0 told, 0 survived, 1 silent, 0 crash, 0 hang, 0 leak'
  run -0 faults -v -s tells.c
  assert_line '4 cells: 2 told, 2 survived, 0 silent, 0 crash, 0 hang, 0 leak'
  assert_line '  told     tells:10 pipe: error EMFILE'
  run -0 find . -name 'ipc.faults.*'
  assert_output ''
}

@test "faults: a POSIX queue that is left is seen, and gone afterwards, whatever is mounted" {
  grep -q ' /dev/mqueue mqueue ' /proc/mounts || unshare -m mount -t mqueue none /dev/mqueue ||
    skip 'only root can mount /dev/mqueue'
  cat >keeps.c <<'EOT'
#include <err.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    char name[30];
    int fd[2];
    snprintf(name, sizeof name, "/faults.%d", getpid());
    if (mq_open(name, O_RDWR | O_CREAT, 0600, NULL) == -1 || pipe(fd) == -1)
        err(1, "mq_open, pipe");
    return mq_unlink(name) == -1;
}
EOT
  run -1 faults -o '1 2 error EMFILE' -s keeps.c
  assert_line --regexp '^           left behind: mqueue:/faults\.[0-9]+$'
  assert_line '1 cells: 0 told, 0 survived, 0 silent, 0 crash, 0 hang, 1 leak'
}

@test "faults: a program that crashes or hangs anyway has nothing to survive" {
  printf '#include <stdlib.h>\nint main(void) { abort(); }\n' >crashes.c
  printf '#include <unistd.h>\nint main(void) { return pause(); }\n' >waits.c
  run -1 faults -s crashes.c,waits.c
  assert_line '  crashes: undisturbed, it crashes'
  assert_line '  waits: undisturbed, it does not end: it waits, or computes, for ever'
  assert_line '2 could not be tried'
}

@test "faults: of two programs the other one counts, too: it hangs, it has to be told" {
  cat >writes.c <<'EOT'
#include <err.h>
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
    int fd = open("f", O_WRONLY);
    if (fd == -1 || write(fd, "abcdef", 6) != 6)
        err(1, "open, write");
    return 0;
}
EOT
  cat >reads.c <<'EOT'
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
    char text[7] = "";
    int fd = -1;
    if ((mkfifo("f", 0600) == -1 && errno != EEXIST) || (fd = open("f", OPEN)) == -1)
        warn("mkfifo, open");
    if (fd != -1 && read(fd, text, 6) != 6)
        warnx("read: the writer is gone");
    unlink("f");
    printf("%s\n", text);
    return text[0] == '\0';
}
EOT
  # It opens for reading alone, and learns that the writer has gone; or for
  # writing, too, and waits for ever, also for the next one's half a text.
  CPPFLAGS=-DOPEN=O_RDONLY run -0 faults -o '2 2 kill' -s reads.c,writes.c
  assert_line '1 cells: 1 told, 0 survived, 0 silent, 0 crash, 0 hang, 0 leak'
  # Before anybody writes it waits for one who may still come: that is no hang.
  CPPFLAGS=-DOPEN=O_RDONLY run -0 faults -o '2 1 kill' -s reads.c,writes.c
  assert_line '1 cells: 0 told, 1 survived, 0 silent, 0 crash, 0 hang, 0 leak'
  sed -i 's/read(fd, text, 6) != 6/read(fd, text, 3) + read(fd, text + 3, 3) != 6/; s/"abcdef", 6/"abc", 3) + write(fd, "def", 3/' reads.c writes.c
  CPPFLAGS='-DOPEN=O_RDWR' run -1 faults -o '2 3 error EINTR' -s reads.c,writes.c
  assert_line '1 cells: 0 told, 0 survived, 1 silent, 0 crash, 0 hang, 0 leak'
}

@test "faults: one of our programs, whole: all is told or survived; with a check dropped: found" {
  run -0 faults pipe-pipe_hello
  assert_line --regexp '^[0-9]+ cells: [0-9]+ told, [0-9]+ survived, 0 silent, 0 crash, 0 hang, 0 leak$'
  assert_line --regexp '^    pipe +2t +\. +1s +1s +\.$'
  sed '/^    if (pipe(/,+1c\    (void)pipe(pipe_fd);' "$ROOT/pipe/pipe_hello.c" >copy.c
  sed -n 's/.*(pipe(\([a-z_]*\)).*/\1/p' "$ROOT/pipe/pipe_hello.c" >name
  sed -i "s/pipe_fd/$(cat name)/" copy.c
  run -1 faults -s copy.c
  assert_line --regexp '^  (silent|crash|hang)  +copy:[0-9]+ pipe: error EMFILE$'
}

@test "faults: what was killed may leave an object that clean-objects knows, and the next run works" {
  run -0 faults -v -o '1 14 kill' semaphore:sem_order
  assert_line '1 cells: 0 told, 1 survived, 0 silent, 0 crash, 0 hang, 0 leak'
  # Not this one: its file is in its own way, and nobody knows it.
  cat >own.c <<'EOT'
#include <err.h>
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
    if (open("lock", O_CREAT | O_EXCL, 0600) == -1)
        err(1, "open lock");
    return unlink("lock") == -1;
}
EOT
  run -1 faults -o '1 2 kill' -s own.c
  assert_line '1 cells: 0 told, 0 survived, 0 silent, 0 crash, 0 hang, 1 leak'
}

@test "faults: what they turned up in our programs is mended" {
  run -0 faults -o '2 22 kill' shm-shm_posix # a client that has the buffer: the next one takes it over
  assert_line '1 cells: 0 told, 1 survived, 0 silent, 0 crash, 0 hang, 0 leak'
  run -0 faults -o '2 6 error ECONNRESET' unixsock-path
  assert_line '1 cells: 1 told, 0 survived, 0 silent, 0 crash, 0 hang, 0 leak'
}

@test "faults: strace's injection into the plain program agrees" {
  needs strace
  strace -o /dev/null true || skip 'nothing can be traced here'
  run -0 faults -x 6 pipe-pipe_hello
  assert_line --regexp '^[1-9][0-9]* of them with strace, too: the same$'
  # And what could not be removed, as that failed, or was not known as its own.
  unshare -i true 2>/dev/null || return 0
  run -0 timeout 100 unshare -i bash -c 'for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      ((fd <= 2)) || eval "exec $fd>&-"
    done
    "$1" -b "$2" -x 9 semaphore-sem_order msgqueue-msg_priority </dev/null || exit
    tail -qn +2 /proc/sysvipc/* | sed "s/^/left: /"' - "$ROOT/scripts/faults" "$BUILD"
  refute_line --partial 'left: '
}

@test "faults: wrong usage is 2, and so is what is not there" {
  run -2 faults
  assert_line --partial 'Usage: scripts/faults'
  run -2 faults -q
  run -2 faults -s a.c pipe
  run -2 faults nothing
  run -2 faults -s nowhere.c
  assert_line --partial 'there is no file nowhere.c'
  run -1 faults -o '9 9 kill' pipe-pipe_hello
  assert_line --partial 'no such cell'
}

@test "probe: a call fails as its manual page says; fewer bytes are moved" {
  mkdir -p own scripts field
  ln -s "$BUILD/scripts/probe.so" scripts/probe.so
  cat >own/fails.c <<'EOT'
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#define TRY(n, e, failed) \
    do { errno = 0; if (!(failed) || errno != (e)) return n; } while (0)
int main(void)
{
    char text[10] = "";
    struct timespec t = {5, 0}, left = {0, 0};
    int fd[2], two[2], three[2], file = open("file", O_RDWR | O_CREAT, 0600);
    if (file == -1 || pipe(fd) || socketpair(AF_UNIX, SOCK_STREAM, 0, two) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, three))
        return 100;                                             /* 1 to 4 */
    TRY(5, EIO, read(fd[0], text, 1) == -1);
    TRY(6, ENOMEM, mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED);
    TRY(7, ENOSPC, shmat(1, NULL, 0) == (void *)-1);
    TRY(8, EMFILE, sem_open("/never", O_CREAT, 0600, 0) == SEM_FAILED);
    TRY(9, 0, posix_fallocate(file, 0, 1) == ENOSPC);
    TRY(10, EIO, fgets(text, 2, stdin) == NULL && ferror(stdin) && !feof(stdin));
    TRY(11, EINVAL, signal(SIGUSR1, SIG_IGN) == SIG_ERR);
    TRY(12, EINTR, nanosleep(&t, &left) == -1 && left.tv_sec == 5);
    TRY(13, EIO, close(file) == -1 && fcntl(file, F_GETFD) == -1 && (errno = EIO)); /* 14 */
    if (write(fd[1], "abcdef", 6) != 2)                         /* 15 */
        return 15;
    if (write(fd[1], "cdef", 4) != 4 || read(fd[0], text, 9) != 3 || strcmp(text, "abc"))
        return 16;                                              /* 16, 17 */
    struct iovec v[] = {{text, 2}, {text + 2, 4}};
    if (readv(fd[0], v, 2) != 3 || strcmp(text, "def"))         /* 18 */
        return 18;
    if (send(two[0], "abc", 3, 0) != 1 || send(three[0], "abc", 3, 0) != 3)
        return 19;                                              /* 19, 20 */
    if (recv(three[1], text, 9, 0) != 3)                        /* 21 */
        return 21;
    return 0;
}
EOT
  "${CC:-cc}" -g -o own/fails own/fails.c
  printf '%s\n' "a runs $PWD/own/fails" 'fault 1 5 error EIO' 'fault 1 6 error ENOMEM' 'fault 1 7 error 28' \
    'fault 1 8 error EMFILE' 'fault 1 9 error ENOSPC' 'fault 1 10 error EIO' 'fault 1 11 error EINVAL' \
    'fault 1 12 error EINTR' 'fault 1 13 error EIO' 'fault 1 15 short 2' 'fault 1 17 short 3' \
    'fault 1 18 short 3' 'fault 1 19 short 1' 'fault 1 20 short 1' 'fault 1 21 short 1' >plan
  (close_inherited; cd field && exec timeout 30 "$BUILD/scripts/director" -b "$BATS_TEST_TMPDIR" -q -t 20 -o ../trace -p ../plan </dev/null)
  run awk -F '\t' '$4 == "end" { print $5 }' trace
  assert_output 'return 0'
  assert_equal "$(awk -F '\t' '$4 == "fault"' trace | wc -l)" 15
}

@test "probe: in a hurry no wait for the clock lasts longer than a second" {
  mkdir -p own scripts field
  ln -s "$BUILD/scripts/probe.so" scripts/probe.so
  cat >own/waits.c <<'EOT'
#include <poll.h>
#include <signal.h>
#include <unistd.h>
static void wake(int sig) { (void)sig; }
int main(void)
{
    signal(SIGALRM, wake);
    alarm(60);
    pause();
    return poll(NULL, 0, 60000);
}
EOT
  "${CC:-cc}" -g -o own/waits own/waits.c
  echo "a runs $PWD/own/waits" >plan
  (close_inherited; cd field && PROBE_HURRY=1 exec timeout 40 "$BUILD/scripts/director" -b "$BATS_TEST_TMPDIR" -q -t 30 -o ../trace -p ../plan </dev/null)
  run awk -F '\t' '$4 == "end" { print $5 }' trace
  assert_output 'return 0'
}

@test "faults: interrupted, it is soon at its end, and judges nothing that was not tried" {
  TMPDIR=$PWD start tries env TMPDIR="$PWD" "$ROOT/scripts/faults" -b "$BUILD" pipe-pipe_reverse
  await 20 compgen -G 'ipc.faults.*/1/*/run/3/status' >/dev/null
  hit tries INT
  join tries 130
  run -1 compgen -G 'ipc.faults.*'
  run cat tries.out
  assert_line 'interrupted: the rest was not tried'
  refute_line --partial 'pipe_reverse: '
}
