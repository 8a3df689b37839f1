# shellcheck shell=bash disable=SC2154 # $output, $stderr and $lines come from bats
# Peers that send anything (scripts/hostile.c), limits that are reached
# (scripts/limits.c), and what somebody else has put in our way.
load helpers

setup() { common_setup; }
teardown() { common_teardown; }

# fuzz ARGUMENT...: scripts/hostile.c, with its folders in ours.
fuzz() { (close_inherited; TMPDIR=$PWD exec timeout -k 10 100 hostile -b "$BUILD" "$@"); }
no_valgrind() { [[ ${UNDER:-} != valgrind ]] || skip 'a sanitizer sees what is to be seen here'; }

# ---- peers ----------------------------------------------------------------------

@test "hostile: every program that has a door lives through some peers" {
  no_valgrind
  local program
  run -0 fuzz -n 2 -s 3
  assert_line '2 peers for each program, seed 3'
  assert_line '37 programs, 0 with a verdict against them'
  for program in read_fifo write_fifo fifo_server fifo_client fifo_chat fifo_chatroom \
    msg_server msg_client msg_reply_server msg_reply_client mq_server mq_client \
    sem_order sem_init_race shm_server shm_client shm_ring shm_counter \
    shm_posix_server shm_posix_client mmap_reader mmap_writer mmap_copy sock_server \
    sock_client sock_inet_server sock_inet_client sock_dgram_server \
    sock_dgram_client sock_pass_fd_give sock_pass_fd_take signal_sync signal_mask \
    signal_queue signal_timer signal_sources; do
    assert_line --regexp "^[a-z]+ +[a-z]+ +$program +[12] peers: ok\$"
  done
  run -0 find . -mindepth 1
  refute_output # nothing is left
}

@test "hostile: a crash, a hang, silence and a stray effect are found, and again" {
  no_valgrind
  mkdir -p bad/fifo
  cat >bad.c <<'EOT'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
    unsigned char c;
    mkfifo("fifo1", 0600);
    fprintf(stderr, "waiting for\n");
    int fd = open("fifo1", O_RDONLY);
    unlink("fifo1");
    while (read(fd, &c, 1) == 1)
        if (c >= 128) {
            HOW;
        }
    return 0;
}
EOT
  local how want again
  while IFS='|' read -r how want; do
    ${CC:-cc} -D "HOW=$how" -o bad/fifo/read_fifo bad.c
    run -1 env PATIENCE=3 TMPDIR="$PWD" timeout 60 hostile -b bad -n 30 read_fifo
    assert_line --regexp "^fifo +fifo +read_fifo +[0-9]+ peers: $want"
    # Its line that tells how to see only that peer tells the truth.
    again=$(sed -n 's/.*only that peer: hostile //p' <<<"$output")
    # shellcheck disable=SC2086 # words
    run -1 env PATIENCE=3 TMPDIR="$PWD" timeout 60 hostile -b bad $again
    assert_line --regexp "^fifo +fifo +read_fifo +1 peers: $want"
  done <<'EOT'
abort()|crash: read_fifo died of signal 6$
for (;;) pause()|hang: read_fifo does not end$
exit(99)|crash: read_fifo ended with status 99$
fclose(fopen("x", "w")); exit(0)|stray: left in the folder: x$
truncate("precious", 3); exit(0)|stray: the file precious has been changed$
if (fork() == 0) for (;;) pause(); exit(0)|stray: a child of read_fifo is left$
EOT
  ${CC:-cc} -D 'HOW=exit(1)' -o bad/fifo/read_fifo bad.c
  run -1 env PATIENCE=3 TMPDIR="$PWD" timeout 60 hostile -b bad -n 30 read_fifo
  assert_line --partial 'silent: read_fifo ended with status 1, and not a word'
  # Who always ends before somebody could come has not been tried.
  printf '#!/bin/sh\necho read_fifo: no >&2\nexit 1\n' >bad/fifo/read_fifo
  run -1 env PATIENCE=3 TMPDIR="$PWD" timeout 60 hostile -b bad -n 10 read_fifo
  assert_line --partial '10 peers: silent: it was never ready for a peer'
}

@test "hostile: wrong usage is 2; Ctrl-C ends it, and nothing is left" {
  no_valgrind
  run -2 fuzz -n x
  run -2 fuzz nobody
  assert_output 'hostile: no program and no kind is called nobody'
  run -2 fuzz -q
  TMPDIR=$PWD start peers hostile -b "$BUILD" -n 100000 fifo
  await 20 says peers '100000 peers for each'
  hit peers INT
  join peers 130
  run -0 find . -mindepth 1 ! -name 'peers.*'
  refute_output
}

# What the peers turned up, each by itself.
@test "hostile: who cuts the file or the object of another ends him, with a word" {
  no_valgrind # its own word about a SIGBUS would come first
  start writer mmap_writer mmap.dat 1000 0.02
  await 20 lines writer 2
  : >mmap.dat
  join writer 1
  warns writer 'mmap_writer: SIGBUS: the file has been cut'
  assert_not_exists mmap.dat
  start writer mmap_writer mmap.dat 3 60
  start reader mmap_reader
  await 20 says reader 'See line: Line 1'
  truncate -s 80 mmap.dat # line 1 is in the same page: it is gone, and that is all
  hit writer TERM
  join writer 143
  join reader 1
  assert warns reader 'mmap_reader: mmap_writer left before line 2'
  start writer mmap_writer mmap.dat 100 60
  start reader mmap_reader
  await 20 says reader 'See line: Line 1'
  : >mmap.dat
  hit writer TERM
  join writer 143
  join reader 1
  assert warns reader 'mmap_reader: SIGBUS: the file has been cut'
  [[ -d /dev/shm ]] || return 0
  local name
  name=/dev/shm/shm_posix.$(id -u).$(stat -c %d . | xargs printf %x).$(stat -c %i . | xargs printf %x)
  keyboard client
  start server shm_posix_server
  await 20 warns server 'waiting for'
  start client shm_posix_client
  await 20 says client 'Please input'
  truncate -s 0 "$name"
  types client r hello
  join client 1
  hit server STOP
  hit server CONT # it looks at its semaphore again
  join server 1
  assert warns client 'shm_posix_client: the object has been cut'
  assert warns server 'shm_posix_server: the object has been cut'
  assert_not_exists "$name"
}

@test "hostile: a stranger's orders to the terminal are text: sock_inet_client" {
  cat >orders.c <<'EOT'
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof in;
    char c;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&in, len) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&in, &len))
        return 1;
    printf("%d\n", ntohs(in.sin_port));
    fflush(stdout);
    fd = accept(fd, NULL, NULL);
    if (read(fd, &c, 1) != 1)
        return 1;
    dprintf(fd, "\033]0;mine\007 \344\275\240\345\245\275\t%c\r\177\n", 0);
    while (read(fd, &c, 1) == 1) /* else its end would be an RST */
        ;
    return 0;
}
EOT
  ${CC:-cc} -o orders orders.c
  needs script
  start orders ./orders
  await 20 lines orders 1
  timeout 20 script -qec "sock_inet_client $(cat orders.out) 127.0.0.1 hello" /dev/null >seen
  run -0 tr -d '\r' <seen
  assert_output "Client: receive: ?]0;mine? 你好	???"
  join orders
  # Who does not show it gets every byte.
  start orders ./orders
  await 20 lines orders 1
  timeout 20 sock_inet_client "$(cat orders.out)" 127.0.0.1 hello >seen
  printf 'Client: receive: \033]0;mine\007 你好\t\0\r\177\n' | cmp - seen
}

# ---- what somebody else has put there ------------------------------------------------

@test "hostile: what another user serves or has left is not taken, even by root" {
  second_user sock_dgram_server sock_dgram_client sock_pass_fd_give sock_pass_fd_take \
    mmap_reader
  mkdir -m 777 open
  local by=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
  start dgram "${by[@]}" sock_dgram_server open/dgram
  start giver "${by[@]}" sock_pass_fd_give open/giver
  await 20 warns dgram 'waiting for'
  await 20 warns giver 'waiting for'
  run -1 timeout 20 sock_dgram_client open/dgram hello
  assert_output 'sock_dgram_client: open/dgram is no socket of yours'
  run -1 timeout 20 sock_pass_fd_take open/giver
  assert_output 'sock_pass_fd_take: open/giver is served by another user'
  # Nor by a link that he has laid.
  ln -s open/dgram sock.dgram
  ln -s open/giver sock.pass_fd
  run -1 timeout 20 sock_dgram_client sock.dgram hello
  assert_output 'sock_dgram_client: sock.dgram is no socket of yours'
  run -1 timeout 20 sock_pass_fd_take
  assert_output 'sock_pass_fd_take: sock.pass_fd is served by another user'
  refute says dgram bytes
  refute says giver 'may read'
  hit dgram TERM
  hit giver TERM
  join dgram 143
  join giver 143
  # A file of his that no writer will ever take is nothing to wait for.
  : >mmap.dat
  chown nobody mmap.dat
  run -1 timeout 20 mmap_reader
  assert_output 'mmap_reader: mmap.dat is not a file of yours'
  rm mmap.dat
}

# Seen by strace(1), with a umask that takes nothing away.
@test "hostile: whatever the plays make is for its user alone" {
  no_valgrind
  can_inject

  local made=$PWD/made
  umask 0
  env -C "${BATS_TEST_DIRNAME%/*}" PACE=0 TMPDIR="$PWD" timeout 90 strace -f -qq -o "$made" -e \
    trace='?msgget,?semget,?shmget,?mknod,?mknodat,?open,?openat,?mq_open,bind,umask' \
    stage -b "$BUILD" fifo:all msgqueue:all shm:all semaphore:all mmap:all chat:all \
    unixsock:path unixsock:sock_dgram unixsock:sock_pass_fd >plays
  umask 022
  sed -i 's/^[0-9]* *//; / resumed>/d' "$made"
  run -0 grep -cE 'CREAT|PRIVATE|S_IFIFO' "$made"
  ((output >= 30))
  run -0 sed -n '/CREAT\|PRIVATE\|S_IFIFO/{/[|, ]0600\b/!p}' "$made"
  refute_output
  # A socket's file takes its mode from the umask.
  run -0 grep -A 60 'umask(0177)' "$made"
  assert_line --partial 'sun_path="sock.server"'
  assert_line --partial 'sun_path="sock.dgram"'
  assert_line --partial 'sun_path="sock.pass_fd"'
  run -0 grep -c 'umask(0177)' "$made"
  ((output == $(grep -c 'sun_path="sock' "$made")))
}

# ---- limits ------------------------------------------------------------------------

# lowered FILE=VALUE... -- CMD...: in System V and POSIX namespaces of its own.
lowered() {
  local set=()
  while [[ $1 != -- ]]; do set+=("$1"); shift; done
  shift
  # shellcheck disable=SC2016 # for the bash in there
  unshare --ipc bash -c 'n=$1; shift
    for ((; n > 0; n--)); do echo "${1#*=}" >"/proc/sys/${1%%=*}" || exit 125; shift; done
    exec "$@"' - "${#set[@]}" "${set[@]}" "$@"
}
can_lower() {
  needs unshare prlimit
  lowered kernel/msgmni=3 -- true 2>/dev/null || skip 'no namespace of our own (root can)'
}

@test "limits: each program that finds no room for its queue, set or segment says whose limit it is" {
  can_lower
  local program limit
  while read -r limit program; do
    # shellcheck disable=SC2086 # a program and its arguments
    run -1 lowered kernel/msgmni=0 kernel/shmmni=0 'kernel/sem=10 10 10 0' -- \
      timeout 20 $program </dev/null
    assert_output --regexp "\(limit $limit( or shmall)?: ipcs -l, sysctl\)"
  done <<'EOT'
kernel.msgmni msg_server
kernel.msgmni msg_reply_server
kernel.msgmni msg_priority
kernel.sem sem_order
kernel.sem sem_barrier
kernel.sem sem_crash
kernel.sem sem_init_race
kernel.sem sem_mutex
kernel.sem sem_pool
kernel.sem sem_set
kernel.sem shm_server
kernel.shmmni shm_counter
kernel.shmmni shm_ring
kernel.shmmni shm_stat
EOT
  run -1 prlimit --msgqueue=0 timeout 20 mq_server
  assert_output --partial '(limit ulimit -q, or -n)'
  # A limit of a user's in a user namespace of ours.
  if unshare --map-root-user true 2>/dev/null; then
    run -1 unshare --map-root-user bash -c 'echo 0 >/proc/sys/user/max_inotify_instances
      exec timeout 20 mmap_reader'
    assert_output --partial '(limit: sysctl fs.inotify, ulimit -n)'
  fi
}

@test "limits: a play that meets one is explained: which, how full, where to raise it" {
  can_lower
  no_valgrind # it makes processes and descriptors of its own
  local stage
  stage=(env -C "${BATS_TEST_DIRNAME%/*}" PACE=0 PATIENCE=5 TMPDIR="$PWD" timeout 60 stage -b "$BUILD")

  run -1 lowered kernel/msgmni=1 -- "${stage[@]}" msgqueue
  assert_line --regexp '^A limit of this system: msg_client: msgget IPC_PRIVATE .*: No space left'
  assert_line '  kernel.msgmni, queues: at most 1, now 1'
  assert_line --partial 'raise it: sysctl (root)'
  # Nothing at all can be made: the room is not played, and that is told, too.
  run -0 lowered kernel/msgmni=0 -- "${stage[@]}" msgqueue
  assert_line --partial 'limit kernel.msgmni, see make limits'
  run -1 lowered 'kernel/sem=4 32000 32 10' -- "${stage[@]}" shm:shm_counter
  assert_line 'Perhaps a limit of this system: shm_counter: semget: Invalid argument'
  assert_line '  kernel.sem, 1st number, semaphores in a set: at most 4'
  run -1 prlimit --sigpending=4 "${stage[@]}" signal:signal_queue
  assert_line --regexp '^  ulimit -i, your signals that wait: at most 4(,|$)'
}

@test "limits: too many processes and too many open files" {
  no_valgrind
  needs prlimit
  [[ ! ${BUILT_WITH:-} == *-fsanitize* && $BUILD != *sanitize* ]] || skip 'a sanitizer opens files of its own'
  start hello prlimit --nofile=4 pipe_hello
  join hello 1
  run -0 limits -r <hello.err
  assert_line --regexp '^A limit of this system: pipe_hello: pipe: (Too many open files|No file descriptors available)$'
  assert_line --partial 'ulimit -n, descriptors of a process: at most '
  # Root has no limit of processes, and another user only if he has none yet.
  second_user signal_sync stage can limits
  mkdir -p b/signal b/scripts
  mv signal_sync b/signal
  mv stage can limits b/scripts
  ln -s "${BATS_TEST_DIRNAME%/*}/signal" signal
  cp -rL signal s && rm signal && mv s signal
  chmod 755 signal
  chmod 644 signal/cast
  local by=(setpriv --reuid=$((60000 + RANDOM % 5000)) --regid=nogroup --clear-groups --)
  run -1 "${by[@]}" prlimit --nproc=1 b/scripts/stage -b b signal
  assert_output --partial 'stage: fork (too many processes? ulimit -u, pids.max, kernel.pid_max): '
  run -1 env TMPDIR=/tmp PATIENCE=5 "${by[@]}" prlimit --nproc=2 b/scripts/stage -b b signal
  assert_line 'A limit of this system: signal_sync: fork (limit ulimit -u or pids.max): Resource temporarily unavailable'
  assert_line '  ulimit -u, your processes: at most 2, now 2'
}

@test "limits: the table names all of them, in 80 columns, and marks what is full" {
  local name
  run -0 limits
  for name in kernel.msgmni kernel.sem kernel.shmmni fs.mqueue.queues_max 'ulimit -u' \
    'ulimit -n' kernel.pid_max fs.inotify.max_user_instances; do
    assert_line --partial "$name"
  done
  assert_line --partial 'sysctl NAME=VALUE (root'
  # shellcheck disable=SC2016 # awk has fields, too
  run -0 awk 'length($0) > 80' <<<"$output"
  refute_output
  run -2 limits -x
  run -1 limits -r <<<'fifo_server: open x: Permission denied'
  refute_output
  if lowered kernel/msgmni=0 -- true 2>/dev/null; then
    run -0 lowered kernel/msgmni=0 -- limits
    assert_line --regexp '^kernel.msgmni +0 +0 +queues FULL$'
  fi
}
