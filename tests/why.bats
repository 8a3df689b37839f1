# why: who waits for what, who could end it, and what to type. Each file of tests
# has programs of its own, so that nobody else's are told here.
# shellcheck disable=SC2016 # code for awk and sh is quoted on purpose

setup_file() {
  local build=${BUILD:-build} room
  [[ -z ${UNDER:-} ]] || return 0
  [[ $build == /* ]] || build=${BATS_TEST_DIRNAME%/*}/$build
  export B=$BATS_FILE_TMPDIR/b
  mkdir -p "$B/own" "$B/scripts"
  cp "$build"/scripts/*.so "$B/scripts" 2>/dev/null || : # for the director
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock chat; do
    mkdir "$B/$room"
    find "$build/$room" -maxdepth 1 -type f -perm /100 -exec cp {} "$B/$room" \;
  done
  # The article's listing, as a student would type it in, with the union that
  # it forgets.
  cat >"$BATS_FILE_TMPDIR/listing.c" <<'EOT'
#include<stdio.h>
#include<stdlib.h>
#include<unistd.h>
#include<sys/sem.h>
union semun { int val; };
int init_sem(int sem_id, int value)
{
    union semun tmp;
    tmp.val = value;
    if(semctl(sem_id, 0, SETVAL, tmp) == -1)
    {
        perror("Init Semaphore Error");
        return -1;
    }
    return 0;
}
int sem_p(int sem_id)
{
    struct sembuf sbuf;
    sbuf.sem_num = 0;
    sbuf.sem_op = -1;
    sbuf.sem_flg = SEM_UNDO;
    if(semop(sem_id,&sbuf, 1) == -1) {
       perror("P operation Error");
       return -1;
    }
    return 0;
}
int sem_v(int sem_id)
{
    struct sembuf sbuf;
    sbuf.sem_num = 0;
    sbuf.sem_op = 1;
    sbuf.sem_flg = SEM_UNDO;
    if(semop(sem_id, &sbuf, 1) == -1) {
       perror("V operation Error");
       return -1;
    }
    return 0;
}
int del_sem(int sem_id)
{
    union semun tmp;
    if(semctl(sem_id, 0, IPC_RMID, tmp) == -1) {
        perror("Delete Semaphore Error");
        return -1;
    }
    return 0;
}
int main()
{
    int sem_id;
    key_t key;
    pid_t pid;
    if((key = ftok(".",'z')) < 0) {
        perror("ftok error");
        exit(1);
    }
    if((sem_id = semget(key,1, IPC_CREAT|0666)) == -1) {
        perror("semget error");
        exit(1);
    }
    init_sem(sem_id,0);
    if((pid = fork()) == -1)
        perror("Fork Error");
    else if(pid == 0) {
        sleep(2);
        printf("Process child: pid=%d\n",getpid());
        sem_v(sem_id);
    } else {
        sem_p(sem_id);
        printf("Process father: pid=%d\n", getpid());
        sem_v(sem_id);
        del_sem(sem_id);
    }
    return 0;
}
EOT
  # What students do wrong, each by its name.
  cat >"$BATS_FILE_TMPDIR/stuck.c" <<'EOT'
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int noise_was;
static void handler(int sig) { (void)sig; }
static int noise(int n);
static int (*volatile again)(int) = noise;
static int noise(int n) /* it covers the stack below us with its calls */
{
    int sum = n > 0 ? again(n - 1) : 0;
    return sum + getppid() + noise_was;
}
int main(int argc, char *argv[])
{
    const char *how = argc > 1 ? argv[1] : "";
    struct { long type; char text[300]; } m = {3, ""};
    struct flock l = {.l_type = F_WRLCK};
    int fd[2], file;
    char c[100];
    pid_t child;
    if (strcmp(how, "own-end") == 0) {
        if (pipe(fd) == -1 || read(fd[0], c, 1)) /* own-end */
            return 1;
    } else if (strcmp(how, "full") == 0) {
        if (pipe(fd) == -1)
            return 1;
        if (fork() == 0) {
            close(fd[0]);
            while (write(fd[1], c, sizeof c) > 0) /* full */
                ;
            _exit(0);
        }
        wait(NULL); /* full: before it reads */
    } else if (strcmp(how, "pauses") == 0) {
        signal(SIGUSR1, handler);
        if (fork() == 0) {
            pause(); /* pauses: child */
            kill(getppid(), SIGUSR1);
            _exit(0);
        }
        pause(); /* pauses: parent */
    } else if (strcmp(how, "usr2") == 0) {
        signal(SIGUSR2, handler);
        pause();
        return 7;
    } else if (strcmp(how, "deaf") == 0) {
        pause();
    } else if (strcmp(how, "queue") == 0) {
        int queue = msgget(IPC_PRIVATE, 0600);
        msgsnd(queue, &m, 300, 0);
        m.type = 7;
        msgsnd(queue, &m, 1, 0);
        msgrcv(queue, &m, sizeof m.text, 5, 0);
    } else if (strcmp(how, "locks") == 0 || strcmp(how, "flocks") == 0) {
        file = open("lockfile", O_RDWR | O_CREAT, 0600);
        signal(SIGUSR1, handler);
        if (how[0] == 'f')
            flock(file, LOCK_EX);
        else
            fcntl(file, F_SETLKW, &l);
        pause();
    } else if (strcmp(how, "f0") == 0 || strcmp(how, "f1") == 0) {
        mkfifo("f0", 0600);
        mkfifo("f1", 0600);
        open(how, O_WRONLY); /* each for writing first */
    } else if (strcmp(how, "select") == 0) {
        struct timeval limit = {1000, 500000};
        fd_set set;
        FD_ZERO(&set);
        if (pipe(fd) == -1)
            return 1;
        FD_SET(fd[0], &set);
        select(fd[0] + 1, &set, NULL, NULL, &limit);
    } else if (strcmp(how, "poll") == 0) {
        struct pollfd wanted = {.events = POLLIN};
        if (pipe(fd) == -1)
            return 1;
        wanted.fd = fd[0];
        poll(&wanted, 1, -1);
    } else if (strcmp(how, "epoll") == 0) {
        struct epoll_event wanted = {.events = EPOLLIN};
        int list = epoll_create1(0);
        if (pipe(fd) == -1 || epoll_ctl(list, EPOLL_CTL_ADD, fd[0], &wanted) == -1)
            return 1;
        epoll_wait(list, &wanted, 1, -1);
    } else if (strcmp(how, "zero") == 0) {
        struct sembuf ops[] = {{1, 3, 0}, {0, 1, 0}, {1, 0, 0}};
        semop(semget(IPC_PRIVATE, 2, 0600), ops, 3);
    } else if (strcmp(how, "mq") == 0) {
        struct mq_attr form = {.mq_maxmsg = 1, .mq_msgsize = 1};
        snprintf(c, sizeof c, "/why-%d", (int)getpid());
        mqd_t queue = mq_open(c, O_RDWR | O_CREAT, 0600, &form);
        mq_unlink(c);
        mq_send(queue, "", 1, 0);
        mq_send(queue, "", 1, 0);
    } else if (strcmp(how, "sem") == 0) {
        sem_t *sem = mmap(NULL, sizeof *sem, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        sem_init(sem, 1, 0);
        fork();
        sem_wait(sem);
    } else if (strcmp(how, "chain") == 0) {
        if (fork() == 0) {
            if (fork() == 0)
                sleep(1000);
            wait(NULL);
        }
        wait(NULL);
    } else if (strcmp(how, "turn") == 0) {
        int back[2];
        signal(SIGUSR1, handler);
        if (pipe(fd) == -1 || pipe(back) == -1)
            return 1;
        if (fork() == 0) {
            close(fd[0]);
            close(back[1]);
            pause();
            write(fd[1], c, 1);
            return (int)read(back[0], c, 1);
        }
        close(fd[1]);
        close(back[0]);
        if (read(fd[0], c, 1))
            sleep(1000); /* after his turn */
    } else if (strcmp(how, "line") == 0) {
        noise_was = noise(40);
        if (fgets(c, sizeof c, stdin) == NULL) /* line */
            return 1;
    } else if (strcmp(how, "alarm") == 0) {
        signal(SIGALRM, handler);
        if (pipe(fd) == -1)
            return 1;
        alarm(1000);
        return (int)read(fd[0], c, 1);
    }
    return 0;
}
EOT
  # late.so: the father comes to his P when his child has ended, at once.
  cat >"$BATS_FILE_TMPDIR/late.c" <<'EOT'
#define _GNU_SOURCE
#include <sys/sem.h>
#include <sys/wait.h>
int semop(int id, struct sembuf *op, size_t n)
{
    siginfo_t how;
    if (op->sem_op < 0)
        waitid(P_ALL, 0, &how, WEXITED | WNOWAIT);
    return semtimedop(id, op, n, 0);
}
unsigned sleep(unsigned seconds) { return seconds * 0; }
EOT
  # halt.so: a child stops before its first read(2) or kill(2).
  cat >"$BATS_FILE_TMPDIR/halt.c" <<'EOT'
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
static void halt(void)
{
    static int done;
    if (getpgrp() != getpid() && !done++)
        syscall(SYS_kill, getpid(), SIGSTOP);
}
ssize_t read(int fd, void *buf, size_t n)
{
    halt();
    return syscall(SYS_read, fd, buf, n);
}
int kill(pid_t pid, int sig)
{
    halt();
    return (int)syscall(SYS_kill, pid, sig);
}
EOT
  # deny.so: why may not look into others, as with kernel.yama.ptrace_scope 1.
  cat >"$BATS_FILE_TMPDIR/deny.c" <<'EOT'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int open(const char *path, int flags, ...)
{
    size_t n = strlen(path);
    va_list ap;
    va_start(ap, flags);
    int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
    va_end(ap);
    if (strncmp(path, "/proc/", 6) == 0 && n > 8 &&
        (strcmp(path + n - 4, "/mem") == 0 ||
         strcmp(path + n - 8, "/syscall") == 0)) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
EOT
  # It is why that shall not, not addr2line(1).
  cat >>"$BATS_FILE_TMPDIR/deny.c" <<'EOT'
#include <stdlib.h>
__attribute__((constructor)) static void once(void) { unsetenv("LD_PRELOAD"); }
EOT
  # deep.so: a library function that leaves a part of its stack as it was.
  cat >"$BATS_FILE_TMPDIR/deep.c" <<'EOT'
#include <stdio.h>
#include <unistd.h>
char *fgets(char *s, int n, FILE *f)
{
    char unused[1000];
    (void)f;
    __asm__ volatile("" : : "r"(unused) : "memory");
    ssize_t got = read(0, s, (size_t)n - 1);
    __asm__ volatile("" : : "r"(unused) : "memory");
    s[got > 0 ? got : 0] = '\0';
    return got > 0 ? s : NULL;
}
EOT
  # turn.so: when why has looked at the parent and comes to the child, the child
  # lets the parent go, and waits itself.
  cat >"$BATS_FILE_TMPDIR/turn.c" <<'EOT'
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int open(const char *path, int flags, ...)
{
    const char *child = getenv("CHILD");
    char name[80], call[80] = "";
    va_list ap;
    va_start(ap, flags);
    int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
    va_end(ap);
    snprintf(name, sizeof name, "/proc/%s/status", child != NULL ? child : "");
    if (strcmp(path, name) == 0) {
        unsetenv("CHILD");
        kill(atoi(child), SIGUSR1);
        snprintf(name, sizeof name, "/proc/%s/syscall", child);
        for (int i = 0; i < 1000 && strncmp(call, "0 ", 2) != 0; i++) {
            int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
            ssize_t n = read(fd, call, sizeof call - 1);
            call[n > 0 ? n : 0] = '\0';
            close(fd);
            usleep(1000);
        }
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
EOT
  cat >>"$BATS_FILE_TMPDIR/turn.c" <<'EOT'
__attribute__((constructor)) static void once(void) { unsetenv("LD_PRELOAD"); }
EOT
  cd "$BATS_FILE_TMPDIR" || return 1
  # An object is preloaded into programs of the same C library only.
  ${CC:-cc} -O2 -g -w -o "$B/own/listing" listing.c
  ${CC:-cc} -g -w -pthread -o "$B/own/stuck" stuck.c -lrt # else equal lines become one
  for room in late halt deny deep turn; do ${CC:-cc} -w -shared -fPIC -o $room.so $room.c; done
}
setup() {
  local dir
  load helpers
  [[ -z ${UNDER:-} ]] || skip 'where valgrind waits is no line of the program'
  common_setup
  for dir in "$B"/*/; do PATH=$dir:$PATH; done
  # shellcheck disable=SC2154 # it is exported
  OBJECTS=$BATS_FILE_TMPDIR
}
teardown() { common_teardown; }

# told PATTERN: what why says now has a line that matches; STATUS is its status.
told() {
  STATUS=0
  COLUMNS=1000 timeout 20 env ${DENY:+"LD_PRELOAD=$DENY"} why -b "$B" >told 2>told.err ||
    STATUS=$?
  grep -qE -- "$1" told
}
# sees STATUS PATTERN: sooner or later it is told so, with that status.
sees() {
  await 10 told "$2" || { cat told; return 1; }
  has_status "$1"
}
has_status() { [[ $STATUS == "$1" ]] || { echo "status $STATUS"; cat told; return 1; }; }
# tells TEXT...: it was told last, or is told when all have got to where they wait.
# tells_not TEXT...: it was not told last.
tells() {
  local text
  for text; do
    grep -qF -- "$text" told || await 10 is_told "$text" || { echo "no: $text"; cat told; return 1; }
  done
}
is_told() { told . && grep -qF -- "$1" told; }
tells_not() {
  local text
  for text; do ! grep -qF -- "$text" told || { echo "but: $text"; cat told; return 1; }; done
}
# at FILE TEXT: FILE:LINE of the only line of a source that has TEXT.
at() {
  local file=$1
  [[ -e $file ]] || file=${BATS_TEST_DIRNAME%/*}/$1
  printf '%s:%d' "${1##*/}" "$(grep -nF -- "$2" "$file" | cut -d: -f1)"
}
child() { child_of "$1" | tr -d ' '; }
has_child() { [[ -n $(child "$1") ]]; }

@test "why: nothing waits" {
  run -0 why -b "$B"
  assert_output 'Nothing waits.'
}

@test "why: wrong usage, no such folder, no such process" {
  run -2 why -x
  run -2 why 12x
  run -2 why ''
  run -2 why 99999999999
  run -1 --separate-stderr why -b nowhere
  assert_output ''
  # shellcheck disable=SC2154 # set by run
  assert_equal "$stderr" 'why: nowhere: No such file or directory'
  sleep 0 &
  wait $!
  run -1 --separate-stderr why -b "$B" $!
  assert_equal "$stderr" "why: $!: there is no such process"
}

@test "why: a reader without a writer, told in full, in 80 columns" {
  start reader read_fifo
  sees 0 '^read_fifo .* sleeps in open'
  cat >expected <<EOT
read_fifo ${PID[reader]} sleeps in open, $(at fifo/read_fifo.c 'fd = open(')
  wants somebody who opens the FIFO fifo1 for writing
  could be ended by: write_fifo, once it is started
  to do: start, in another terminal, $B/fifo/write_fifo
EOT
  diff expected told
  run -0 env COLUMNS=40 why -b "$B"
  run awk 'length > 40' <<<"$output"
  assert_output ''
  run -0 why -b "$B"
  run awk 'length > 80 || /\033/' <<<"$output"
  assert_output ''
  hit reader TERM
  join reader 143
}

@test "why: what it says one shall type ends the wait" {
  start reader read_fifo
  sees 0 'sleeps in open'
  sed -n 's/.*to do: start, in another terminal, //p' told >todo
  echo "exec $(<todo) fifo1 1 0" >todo
  run -0 timeout 10 sh todo
  join reader
  run cat reader.out
  assert_output --partial 'Read message: '
}

@test "why: it says in which folder" {
  mkdir "it's here"
  start reader env -C "it's here" read_fifo
  sees 0 'sleeps in open'
  tells "in another terminal, in the folder '$PWD/it'\\''s here': $B/fifo/write_fifo"
  hit reader TERM
  join reader 143
}

@test "why: a writer who takes his time, and when he is stopped" {
  start reader read_fifo
  sees 0 'sleeps in open'
  start writer write_fifo fifo1 2 1000
  sees 0 'read_fifo .* sleeps in read'
  tells "sleeps in read, $(at fifo/read_fifo.c '(len = read(fd')" \
    "data from the FIFO $PWD/fifo1, descriptor 3" \
    "ended by: write_fifo ${PID[writer]}, which sleeps in nanosleep, $(at fifo/write_fifo.c 'nanosleep(&pause')" \
    "write_fifo ${PID[writer]} (started as: write_fifo fifo1 2 1000) sleeps in nanosleep" \
    'it sleeps for 1000 s in all'
  hit writer STOP
  sees 0 'write_fifo .* is stopped'
  tells "write_fifo ${PID[writer]}, which is stopped" \
    "fg in its terminal, or kill -CONT ${PID[writer]}"
  hit writer CONT
  sees 0 'write_fifo [0-9]+, which sleeps'
  hit writer TERM
  join writer 143
  join reader
}

@test "why: one chat waits for the other one to be started" {
  start zero fifo_chat 0
  sees 0 'sleeps in open'
  tells 'fifo_chat 1, once it is started' "$B/chat/fifo_chat 1"
  hit zero TERM
  join zero 143
}

@test "why: two chats both started as 0 are a circle; started as told, they chat" {
  keyboard one
  keyboard other
  keyboard third
  start one fifo_chat 0
  start other fifo_chat 0
  sees 3 'A CIRCLE'
  tells "A CIRCLE: fifo_chat ${PID[one]} waits for fifo_chat ${PID[other]}, which waits for fifo_chat ${PID[one]}" \
    '2 of 2 wait for something that cannot come.' \
    "sleeps in open, $(at chat/fifo_chat.c 'int fd = open(path[i]')"
  grep -q "kill ${PID[other]}; then start it as the other one, $B/chat/fifo_chat 1\$" told
  hit other TERM
  join other 143
  start third "$B/chat/fifo_chat" 1
  sees 0 'fifo_chat .*sleeps in select.*'
  await 10 both_select
  has_status 0
  tells "FIFO $PWD/.fifo_chat1" "FIFO $PWD/.fifo_chat2"
  types one hello
  await 10 says third '<-- hello'
  hit one TERM
  join one 143
  join third
}
both_select() { told . && (($(grep -c '^fifo_chat .*sleeps in select' told) == 2)); }

@test "why: each server waits for its client" {
  local name
  local -A client=([fifo_server]=fifo_client [msg_server]=msg_client
    [mq_server]=mq_client [msg_reply_server]=msg_reply_client
    [shm_server]=shm_client [shm_posix_server]=shm_posix_client
    [sock_server]=sock_client [sock_dgram_server]=sock_dgram_client
    [sock_inet_server]=sock_inet_client [sock_pass_fd_give]=sock_pass_fd_take
    [mmap_reader]=mmap_writer)
  for name in "${!client[@]}"; do start "$name" "$name"; done
  for name in "${!client[@]}"; do
    [[ $name != sock_inet_server ]] || ! grep -q 'in use' sock_inet_server.err || continue
    sees 0 "^$name .* sleeps in (read|msgrcv|mq_receive|sem_wait|poll|epoll_wait|accept|recvfrom), $name.c:[0-9]+"
    tells "could be ended by: ${client[$name]}, once it is started" "/${client[$name]}"
  done
  tells_not 'not known'
  tells 'type 888 from queue' 'a caller at the socket sock.server' '(inotify)' \
    'the POSIX queue /mq' "the FIFO $PWD/fifo_server.fifo"
  for name in "${!client[@]}"; do hit "$name" TERM; done
  for name in "${!client[@]}"; do await 20 ended "$name"; done
  tells_not 'NOBODY'
}

@test "why: a client whose server is stopped" {
  start server sock_server
  await 10 warns server 'waiting for clients'
  keyboard client
  start client sock_client
  sees 0 '^sock_client .* sleeps in (getline|read), sock_client.c'
  hit server STOP
  await 10 stopped server
  types client hello
  sees 0 "^sock_client .* sleeps in recv, $(at unixsock/sock_client.c 'n = recv(fd')"
  tells "ended by: sock_server ${PID[server]}, which is stopped" \
    "kill -CONT ${PID[server]}"
  hit server CONT
  await 10 says client hello
  hit client TERM
  await 10 ended client
  hit server INT
  join server 130
}

@test "why: two clients whose server has died wait for a new one, not for each other" {
  start server msg_reply_server
  await 10 warns server 'waiting for'
  hit server STOP
  await 10 stopped server
  start one msg_reply_client
  start other msg_reply_client
  sees 0 "^msg_reply_client ${PID[one]} .*sleeps in msgrcv"
  sees 0 "^msg_reply_client ${PID[other]} .*sleeps in msgrcv"
  tells "could be ended by: msg_reply_server ${PID[server]}, which is stopped"
  hit server KILL
  join server 137
  sees 0 'msg_reply_server, once it is started'
  tells_not CIRCLE
  start server msg_reply_server
  await 10 ended one
  await 10 ended other
  hit server TERM
  join server 143
}

@test "why: a father in P waits for his child, who naps" {
  start father sem_order . 1000
  sees 0 '^sem_order .* sleeps in semop'
  await 10 told 'its child [0-9]+, which sleeps in nanosleep'
  tells "sem_order ${PID[father]} (started as: sem_order . 1000) sleeps in semop, $(at semaphore/sem_order.c 'while (semop')" \
    'wants 1 of semaphore 0 of set ' '(its value is 0, 1 waits for it)' \
    "ended by: its child $(child father), which sleeps in nanosleep, $(at semaphore/sem_order.c 'nanosleep(&rest')"
  hit father TERM
  join father 143
}

@test "why: the article's listing, whose father comes late, waits for ever" {
  start father env LD_PRELOAD="$OBJECTS/late.so" listing
  sees 3 '^listing .* sleeps in semop'
  tells "listing ${PID[father]} sleeps in semop, $(at "$OBJECTS/listing.c" 'if(semop(sem_id,&sbuf, 1)')" \
    '(its value is 0, 1 waits for it)' 'who has ended' \
    'NOBODY CAN END THIS: no other process of this program is left' \
    'did its V with SEM_UNDO, the kernel took that V back' \
    'give the V no SEM_UNDO' "kill ${PID[father]}"
  grep -q '^1 of 1 waits for something that cannot come.$' told
  hit father KILL
  join father 137
  remove_ours
}

@test "why: the article's listing as it is meant can go on" {
  start father listing
  sees 0 '^listing .* sleeps in semop'
  sees 0 'its child .* sleeps in sleep' # it may still be on its way there
  tells "its child $(child father), which sleeps in sleep, $(at "$OBJECTS/listing.c" 'sleep(2)')"
  kill "$(child father)"
  sees 3 '^listing .* sleeps in semop'
  tells 'NOBODY CAN END THIS'
  hit father KILL
  join father 137
  remove_ours
}

@test "why: two who wait for each other's signal, one of them stopped" {
  needs_probe
  start parent env LD_PRELOAD="$OBJECTS/halt.so" signal_sync
  sees 0 '^signal_sync .* is stopped'
  tells "signal_sync ${PID[parent]} sleeps in sigsuspend, $(at signal/signal_sync.c 'sigsuspend(&g_waiting)')" \
    "its child $(child parent), which is stopped" "kill -CONT $(child parent)"
  grep -q 'wants a signal: .*USR1' told
  kill -CONT "$(child parent)"
  await 10 ended parent || { hit parent KILL; false; }
}

@test "why: a parent whose child is stopped before it reads its pipe" {
  needs_probe
  start parent env LD_PRELOAD="$OBJECTS/halt.so" pipe_hello
  sees 0 '^pipe_hello .* is stopped'
  tells "pipe_hello ${PID[parent]} sleeps in waitpid, $(at pipe/pipe_hello.c 'waitpid(pid')" \
    "its child $(child parent) to end" "its child $(child parent), which is stopped"
  kill -CONT "$(child parent)"
  join parent
}

@test "why: a POSIX semaphore" {
  start father sem_order_posix 1000
  sees 0 '^sem_order_posix .* sleeps in sem_wait'
  await 10 told 'its child [0-9]+, which sleeps in nanosleep'
  tells ' POSIX semaphore ' '(its value is 0)' \
    "its child $(child father), which sleeps in nanosleep"
  hit father TERM
  await 10 ended father
}

@test "why: a pipe of which the reader himself keeps the write end" {
  start one stuck own-end
  sees 3 'sleeps in read'
  tells "sleeps in read, $(at "$OBJECTS/stuck.c" '/* own-end */')" \
    'data from a pipe, descriptor 3' \
    'NOBODY CAN END THIS: the only write end is its own, descriptor 4' 'should close'
}

@test "why: a father who waits before he reads, a child whose pipe is full" {
  start father stuck full
  sees 3 'sleeps in write'
  await 10 told 'A CIRCLE'
  local child
  child=$(child father)
  tells "sleeps in wait, $(at "$OBJECTS/stuck.c" 'before it reads')" \
    "sleeps in write, $(at "$OBJECTS/stuck.c" '/* full */')" \
    'room in a pipe' \
    "A CIRCLE: stuck ${PID[father]} waits for stuck $child, which waits for stuck ${PID[father]}"
  tells '2 of 2 wait'
}

@test "why: two who pause for each other" {
  start father stuck pauses
  sees 3 'A CIRCLE'
  tells "sleeps in pause, $(at "$OBJECTS/stuck.c" 'pauses: parent')" \
    "sleeps in pause, $(at "$OBJECTS/stuck.c" 'pauses: child')" 'wants a signal: USR1'
}

@test "why: a signal can be sent by hand, if there is a handler" {
  start one stuck usr2
  sees 0 'sleeps in pause'
  tells 'wants a signal: USR2' "to do: kill -USR2 ${PID[one]}"
  bash -c "$(sed -n 's/.*to do: //p' told)"
  join one 7
  start one stuck deaf
  sees 3 'sleeps in pause'
  tells 'a handler for none' 'NOBODY CAN END THIS'
}

@test "why: its own alarm could end it" {
  start one stuck alarm
  sees 0 'sleeps in read'
  tells 'its own alarm(2), if it has set one'
}

@test "why: two FIFOs, each opened for writing first" {
  start one stuck f0
  sees 0 'sleeps in open'
  tells 'the FIFO f0 for reading' 'to do: in another terminal, cat f0'
  start other stuck f1
  sees 3 'A CIRCLE'
  tells 'the FIFO f0 for reading' 'the FIFO f1 for reading' '2 of 2 wait'
  timeout 10 cat f0 # as it said
  join one
  hit other KILL
  join other 137
  rm f0 f1
}

@test "why: two of one's own that open the same FIFO do not wait for each other" {
  start one stuck f0
  start other stuck f0
  await 10 both_open
  has_status 0
  tells_not CIRCLE
  timeout 10 cat f0
  join one
  join other
  rm f0 f1
}
both_open() { told . && (($(grep -c '^stuck .*sleeps in open' told) == 2)); }

@test "why: a queue that has messages, but none of the type wanted" {
  local id
  start one stuck queue
  sees 3 'sleeps in msgrcv'
  grep -qE 'wants a message of type 5 from queue [0-9]+ \(it holds 2 messages, 301 bytes; types 3, 7\)' told ||
    tells '(it holds 2 messages, 301 bytes)' # not every kernel has MSG_COPY
  tells 'NOBODY CAN END THIS: the queue has no key'
  id=$(sed -n 's/.* from queue \([0-9]*\) .*/\1/p' told)
  run -0 awk -v id="$id" '$2 == id { print $5 }' /proc/sysvipc/msg
  assert_output 2 # none was taken
  ipcrm -q "$id"
  join one
}

@test "why: many descriptors at once, a time limit" {
  start one stuck poll
  sees 3 'sleeps in (poll|ppoll), stuck.c'
  tells 'data from a pipe, descriptor ' 'the only write end is its own'
  hit one KILL
  join one 137
  start one stuck epoll
  sees 3 'sleeps in (epoll_wait|epoll_pwait), stuck.c'
  tells 'data from a pipe, descriptor ' 'the only write end is its own'
  hit one KILL
  join one 137
  start one stuck select
  sees 0 'sleeps in select, stuck.c'
  tells 'data from a pipe, descriptor ' 'time: it has set a limit'
}

@test "why: a semaphore that shall become 0, after the operations before it" {
  start one stuck zero
  sees 3 'sleeps in semop, stuck.c'
  grep -qE 'wants semaphore 1 of set [0-9]+ to become 0 \(its value is 0, 1 waits for it\)' told
  ipcrm -s "$(sed -n 's/.* of set \([0-9]*\) .*/\1/p' told)"
  join one
}

@test "why: POSIX objects that nobody else can reach" {
  start one stuck mq
  sees 3 'sleeps in mq_send, stuck.c'
  tells 'room in the POSIX queue /why-' 'NOBODY CAN END THIS: it has no name any more'
  hit one KILL
  join one 137
  start two stuck sem
  sees 3 'A CIRCLE'
  tells 'a POSIX semaphore in shared memory (its value is 0)' '2 of 2 wait'
}

@test "why: locks" {
  local kind
  for kind in locks flocks; do
    start one stuck $kind
    sees 0 'sleeps in pause'
    start other stuck $kind
    sees 0 "sleeps in (fcntl|flock), stuck.c"
    tells "could be ended by: stuck ${PID[one]}, which sleeps in pause"
    hit one KILL
    join one 137
    sees 0 'sleeps in pause'
    hit other KILL
    join other 137
  done
}

@test "why: what earlier calls left on the stack does not mislead; functions of headers" {
  local object
  for object in '' "$OBJECTS/deep.so"; do
    keyboard one
    start one env LD_PRELOAD="$object" stuck line
    sees 0 'sleeps in fgets'
    tells "sleeps in fgets, $(at "$OBJECTS/stuck.c" '/* line */')"
    types one x
    join one
    rm one.in
  done
  start server shm_server
  sees 0 '^shm_server .* sleeps'
  keyboard client
  start client shm_client
  sees 0 '^shm_client .* sleeps in (getchar|getc|read), '
  tells ", $(at shm/shm_client.c '(c = getchar())')"
  hit client TERM
  await 10 ended client
  hit server TERM
  join server 143
}

@test "why: programs of other compilers" {
  local cc n=0
  cd "$B/own"
  for cc in gcc clang musl-gcc; do
    command -v $cc >/dev/null || continue
    $cc -O2 -g -o "reader_$cc" "${BATS_TEST_DIRNAME%/*}/fifo/read_fifo.c" || continue
    start $cc env -C "$BATS_TEST_TMPDIR" "reader_$cc" fifo.$cc
    sees 0 "^reader_$cc .* sleeps in open, $(at fifo/read_fifo.c 'fd = open(')\$"
    ((++n))
  done
  ((n > 0))
  for cc in "${!PID[@]}"; do hit "$cc" TERM; join "$cc" 143; done
  rm -f "$B"/own/reader_* ./*.out ./*.err
}

@test "why: a program without line numbers, or built anew meanwhile" {
  cp "$B/fifo/read_fifo" "$B/own/bare"
  strip "$B/own/bare"
  start one bare
  sees 0 '^bare .* sleeps in open$'
  tells 'the FIFO fifo1 for writing'
  hit one TERM
  join one 143
  cp "$B/fifo/read_fifo" "$B/own/new"
  start one new
  sees 0 '^new .* sleeps in open'
  rm "$B/own/bare" "$B/own/new"
  sees 0 "^new [0-9]+ sleeps in open, $(at fifo/read_fifo.c 'fd = open(')\$"
  hit one TERM
  join one 143
}

@test "why: only the processes that are asked for, whatever they run" {
  start reader read_fifo
  start chat fifo_chat 0
  start other sleep 1000
  await 10 told '^fifo_chat .* sleeps in open'
  sees 0 '^read_fifo .* sleeps in open'
  tells_not 'sleep '
  run -0 why -b "$B" "${PID[chat]}"
  assert_output --partial "fifo_chat ${PID[chat]} "
  refute_output --partial read_fifo
  run -0 why -b "$B" "${PID[other]}" "${PID[reader]}"
  assert_output --partial "sleep ${PID[other]} (started as: sleep 1000) sleeps in nanosleep"
  assert_output --partial "read_fifo ${PID[reader]} "
  refute_output --partial fifo_chat
  hit reader TERM
  join reader 143
  hit chat TERM
  join chat 143
}

@test "why: a name that is gone" {
  start server sock_server
  sees 0 'sleeps in epoll_wait'
  rm sock.server
  sees 3 'sleeps in epoll_wait'
  tells 'the name sock.server is gone'
  start reader read_fifo
  sees 3 '^read_fifo .* sleeps in open'
  rm fifo1
  sees 3 'nobody finds that FIFO'
  tells '2 of 2 wait'
  hit reader TERM
  await 10 ended reader
  hit server TERM
  await 10 ended server
}

@test "why: an ordinary user is told of his own processes, not of others'" {
  ((EUID == 0)) || skip 'needs root: only root can act as a second user'
  start mine read_fifo mine
  await 10 warns mine 'waiting for'
  second_user why
  mkdir -m 777 b b/fifo b/fifo/here
  cp "$B"/fifo/* b/fifo 2>/dev/null || :
  cp "$B/fifo/read_fifo" "$B/fifo/write_fifo" b/fifo
  start mine2 env -C b/fifo/here "$PWD/b/fifo/read_fifo"
  start his setpriv --reuid=nobody --regid=nogroup --clear-groups \
    env -C "$PWD/b/fifo/here" "$PWD/b/fifo/read_fifo" his
  await 10 his_is_told
  run -0 as_nobody timeout 20 why -b b
  assert_line --regexp '^read_fifo [0-9]+ \(started as: read_fifo his\) sleeps in open'
  assert_equal "$(grep -c '^read_fifo ' <<<"$output")" 1
  run -1 as_nobody timeout 20 why -b b "${PID[mine2]}"
  assert_output --partial 'not a process of yours'
  hit his TERM
  join his 143
  hit mine2 TERM
  join mine2 143
  hit mine TERM
  join mine 143
}
his_is_told() { as_nobody timeout 20 why -b b 2>&1 | grep -q 'sleeps in open'; }

has_wchan() { [[ $(<"/proc/${PID[$1]}/wchan") == *[a-z]* ]]; }
@test "why: what it does where the calls cannot be read" {
  needs_probe
  DENY=$OBJECTS/deny.so
  start reader read_fifo
  await 10 warns reader 'waiting for'
  await 10 blocked reader
  # (State S comes a moment before it is off its processor, which wchan waits for.)
  await 10 has_wchan reader || { hit reader TERM; join reader 143
    skip 'this kernel does not say where a process sleeps'; }
  sees 0 '^read_fifo .* sleeps in open$'
  tells 'which object, is not known' 'write_fifo, once it is started'
  grep -q 'ptrace_scope' told.err
  hit reader TERM
  join reader 143
  start one fifo_chat 0
  start other fifo_chat 0
  sees 3 'A CIRCLE'
  hit one KILL
  hit other KILL
  join one 137
  join other 137
  rm -f .fifo_chat1 .fifo_chat2
  start father env LD_PRELOAD="$OBJECTS/late.so" listing
  sees 3 '^listing .* sleeps in semop$'
  tells 'NOBODY CAN END THIS' # which set: only if nobody else waits for one
  hit father KILL
  join father 137
  remove_ours
  start one stuck own-end
  sees 3 'sleeps in read'
  tells 'the only write end is its own'
}

@test "why: processes that come and go while it looks" {
  local _
  start busy sh -c 'while :; do sem_order . 0; pipe_message; done'
  for _ in {1..15}; do
    told . || :
    has_status 0
    [[ ! -s told.err ]] || { cat told.err; false; }
  done
  kill -TERM -- "-${PID[busy]}"
  await 10 ended busy
  await 10 none_left
}
none_left() { told 'Nothing waits' && [[ -z $(our_objects) ]]; }

@test "why: two who never rest are not taken for two who wait for ever" {
  local _
  start busy sh -c 'while shm_ring 1000000; do :; done'
  for _ in {1..10}; do
    told . || :
    has_status 0
  done
  kill -TERM -- "-${PID[busy]}"
  await 10 ended busy
  await 10 none_left
}

@test "why: who lets the other go just while it looks" {
  needs_probe
  [[ $(uname -m) == x86_64 ]] || skip 'it knows read(2) by its number'
  start parent stuck turn
  sees 3 'sleeps in pause'
  (($(child parent) > PID[parent])) || skip 'pids have begun anew just now'
  run -0 env COLUMNS=1000 CHILD="$(child parent)" LD_PRELOAD="$OBJECTS/turn.so" why -b "$B"
  assert_output --partial "sleeps in read, "
  assert_output --partial ", which sleeps in sleep, $(at "$OBJECTS/stuck.c" '/* after his turn */')"
}

@test "why: a chain can go on if its end can" {
  start eldest stuck chain
  await 10 three_told
  has_status 0
  tells_not NOBODY CIRCLE
}
three_told() { told 'sleeps in sleep' && (($(grep -c '^stuck .*sleeps in wait' told) == 2)); }

@test "why: pairs in different folders do not meet" {
  mkdir one other
  start reader env -C one read_fifo
  sees 0 'sleeps in open'
  start reader2 env -C other read_fifo
  await 10 test -p other/fifo1
  start writer env -C other write_fifo fifo1 1000 1000
  await 10 told "^read_fifo ${PID[reader2]} .*sleeps in read"
  sees 0 "^read_fifo ${PID[reader]} "
  tells 'could be ended by: write_fifo, once it is started'
  hit writer TERM
  join writer 143
  join reader2
  hit reader TERM
  join reader 143
}

@test "why: a hundred processes" {
  local before=$SECONDS
  start many sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i + 1)); read_fifo & done; wait'
  await 10 all_open
  ((SECONDS - before < 10))
  tells '/write_fifo'
  kill -TERM -- "-${PID[many]}"
  await 10 ended many
  await 10 told 'Nothing waits'
}
all_open() { told . && (($(grep -c '^read_fifo .*sleeps in open, read_fifo.c' told) == 100)); }

@test "why: an output that is closed or full is an error" {
  run -1 bash -c 'why -b "$B" >&-'
  assert_output 'why: stdout: Bad file descriptor'
  run -1 bash -c 'why -b "$B" >/dev/full'
  assert_output 'why: stdout: No space left on device'
}

@test "why: colour on a terminal only, and not with NO_COLOR" {
  needs script
  start reader read_fifo
  sees 0 'sleeps in open'
  run -0 env -u NO_COLOR TERM=xterm timeout 20 script -qec "why -b '$B'" /dev/null </dev/null
  assert_output --partial $'\033[1mread_fifo'
  run -0 env NO_COLOR=1 timeout 20 script -qec "why -b '$B'" /dev/null </dev/null
  refute_output --partial $'\033'
  hit reader TERM
  join reader 143
}

@test "why: who reads from a terminal waits for a person" {
  needs script
  keyboard person
  start person script -qec 'stuck line' /dev/null
  sees 0 'sleeps in fgets'
  tells 'a line typed at the terminal /dev/pts/' 'to do: type a line at /dev/pts/' 'a person'
  types person x
  await 10 ended person
}

@test "why: whom the director holds" {
  needs_probe
  [[ -x $BUILD/scripts/director && -e $B/scripts/probe.so ]] || skip 'there is no director'
  keyboard director
  start director director -b "$B" -o trace -s -- "$B/fifo/read_fifo"
  sees 0 '^read_fifo .* is held by the director before '
  tells 'the director, when it lets it go'
  types director quit
  await 10 ended director
}

@test "why: make why" {
  run -0 env -u MAKEFLAGS make -C "${BATS_TEST_DIRNAME%/*}" -n why BUILD="$BUILD" PIDS='1 2'
  assert_output --partial "scripts/why -b $BUILD 1 2"
}
