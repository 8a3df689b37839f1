# scripts/objects.c: what is there, who holds it, and what may be cleaned away.
# shellcheck disable=SC2030,SC2031 # PID, PATH: each test is a process of its own

# A build of its own: what other tests run at the same time is none of it.
setup_file() {
  local root=${BATS_TEST_DIRNAME%/*} b=$BATS_FILE_TMPDIR/b room
  local build=${BUILD:-build}
  [[ $build == /* ]] || build=$root/$build
  mkdir -p "$b/scripts"
  cp "$build/scripts/objects" "$build/scripts/stage" "$build/scripts/can" "$b/scripts"
  for room in pipe fifo msgqueue semaphore shm mmap unixsock chat; do
    mkdir -p "$b/$room"
    find "$build/$room" -maxdepth 1 -type f ! -name '*.d' -exec cp {} "$b/$room" \;
  done
  eval "${BUILT_WITH:-cc} -w -pthread -o '$b/pipe/holder' -x c -" <<'EOT'
/* holder: make something, say so, and keep it until it is killed.
 *   make q|s|m LETTER MODE SIZE   a System V object; it ends at once
 *   sends|waits LETTER            a message into it; wait for type 7
 *   thread LETTER                 as waits, but in a thread of its own
 *   pipe | pair | memory          with a child at the other end
 *   semaphore NAME | abstract NAME */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static void *sleeper(void *id)
{
    struct { long type; char text[8]; } m;
    msgrcv(*(int *)id, &m, 8, 7, 0);
    return NULL;
}
int main(int argc, char *argv[])
{
    struct { long type; char text[8]; } m = {7, "message"};
    int fd[2] = {-1, -1}, r = 0;
    if (!strcmp(argv[1], "make")) {
        key_t key = ftok(".", argv[3][0]);
        int flags = IPC_CREAT | IPC_EXCL | strtol(argv[4], NULL, 8);
        int n = atoi(argv[5]);
        r = argv[2][0] == 'q'   ? msgget(key, flags)
            : argv[2][0] == 's' ? semget(key, n, flags)
                                : shmget(key, n, flags);
        if (r == -1)
            err(1, "make");
        printf("%d\n", r);
        return 0;
    }
    if (!strcmp(argv[1], "sends"))
        r = msgsnd(msgget(ftok(".", argv[2][0]), 0), &m, 8, 0);
    if (!strcmp(argv[1], "pipe"))
        r = pipe(fd) == -1 || write(fd[1], "hello world\n", 12) != 12;
    if (!strcmp(argv[1], "pair"))
        r = socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1 ||
            write(fd[1], "hello", 5) != 5;
    if (!strcmp(argv[1], "memory"))
        r = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0) == MAP_FAILED;
    if (!strcmp(argv[1], "semaphore"))
        r = sem_open(argv[2], O_CREAT | O_EXCL, 0600, 3) == SEM_FAILED;
    if (!strcmp(argv[1], "abstract")) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        strcpy(a.sun_path + 1, argv[2]);
        r = bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&a,
                 offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[2]));
    }
    if (r != 0)
        err(1, "%s", argv[1]);
    if (fd[0] != -1 || !strcmp(argv[1], "memory")) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(fd[1]);
            puts("child");
            fflush(stdout);
            pause();
        }
        close(fd[0]);
    }
    puts("ready");
    fflush(stdout);
    if (!strcmp(argv[1], "thread")) {
        static int id;
        id = msgget(ftok(".", argv[2][0]), 0);
        pthread_t t;
        chdir("/");
        pthread_create(&t, NULL, sleeper, &id);
    }
    if (!strcmp(argv[1], "waits")) {
        int id = msgget(ftok(".", argv[2][0]), 0);
        chdir("/");
        msgrcv(id, &m, 8, 7, 0);
    }
    for (;;)
        pause();
}
EOT
  export B=$b
}
setup() {
  [[ -z ${UNDER:-} ]] || skip 'under valgrind, each program is a file of valgrind'
  load helpers
  common_setup
  local dir
  for dir in "$B"/*/; do PATH=$dir:$PATH; done
  export TMPDIR=$BATS_TEST_TMPDIR # no plays there but those of this test
}
teardown() {
  [[ -z ${UNDER:-} ]] || return 0
  [[ $PWD == "$BATS_TEST_TMPDIR" ]] || remove_ours # the test has failed elsewhere
  cd "$BATS_TEST_TMPDIR" || return 1
  local dev ino
  read -r dev ino < <(stat -c '%d %i' .)
  rm -f "/dev/shm/$(printf 'shm_posix.%d.%x.%x' "$EUID" "$dev" "$ino")" \
    /dev/shm/{sem.,}objects.$$
  common_teardown
}

looks() { timeout 20 "$B/scripts/objects" "$@"; }
# shows LINE...: what `objects` says has these lines, in this order, blanks
# apart, when all have got to where they wait. <NAME> is the pid of NAME,
# <number> and <time> are one.
shows() { await 10 shown "$@" 2>/dev/null || shown "$@"; }
shown() {
  local name line at=0 i
  run -0 looks "${ROOM[@]}"
  for line; do
    for name in "${!PID[@]}"; do line=${line//<$name>/${PID[$name]}}; done
    line=$(sed 's/[]*+?(){}|^$.[]/\\&/g; s/<number>/[0-9]+/g
      s/<time>/[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/g; s/  */ +/g' <<<"$line")
    for ((i = at; i < ${#lines[@]}; i++)); do
      [[ ! ${lines[i]} =~ ^\ *$line$ ]] || break
    done
    ((i < ${#lines[@]})) || { echo "not there: $line"; echo "$output"; return 1; }
    ((at = i + 1))
  done >&2
}
# is_shown TEXT: for await.
is_shown() { looks "${ROOM[@]}" | grep -qF -- "$1"; }
# crash NAME: as kill -9 does, its children too.
crash() {
  kill -KILL -- "-${PID[$1]}"
  await 10 ended "$1"
  wait "${PID[$1]}" || :
  unset "PID[$1]"
}
# ends NAME...: by SIGTERM, so that they clean up.
ends() {
  local name
  for name; do
    hit "$name" CONT
    hit "$name" TERM
    join "$name" 143
  done
}
# sleeps NAME: how often it has gone to sleep.
sleeps() { sed -n 's/^voluntary_ctxt_switches:.//p' "/proc/${PID[$1]}/status"; }
slept() { (($(sleeps "$1") >= $2)); }
cleans() { run -0 env COLUMNS=500 timeout 20 "$B/scripts/objects" -c "$@"; } # (unfolded)
# is_there q|s|m ID
is_there() { ipcs "-$1" -i "$2" >/dev/null 2>&1; }

@test "objects: none is said in words, and for a room with its name" {
  local ROOM=(fifo)
  run -0 looks fifo
  assert_output 'no IPC object of yours in the room fifo'
  ((EUID == 0)) && unshare -i true 2>/dev/null || return 0
  run -0 timeout 20 unshare -i "$B/scripts/objects"
  assert_output 'no IPC object of yours'
}

@test "objects: a reader that waits in open(2) is named, and goes on waiting" {
  start reader read_fifo
  await 10 warns reader 'waiting for'
  await 10 is_shown 'waits in open(2) to read'
  shows FIFOs 'fifo1 empty' 'read_fifo <reader> waits in open(2) to read' \
    'nobody writes'
  for _ in 1 2 3; do looks -a >/dev/null; done
  blocked reader
  run cat "/proc/${PID[reader]}/wchan"
  [[ $output != *[a-z]* || $output == *wait_for_partner* ]] || false
  run -0 timeout 20 write_fifo fifo1 1 0
  join reader
  assert_equal "$(grep -c 'Read message' reader.out)" 1
}

@test "objects: a FIFO tells its bytes, its reader and its writer, and loses none" {
  start reader read_fifo
  await 10 warns reader 'waiting for'
  start writer write_fifo fifo1 3 60
  await 10 says reader 'Read message'
  hit reader STOP
  await 10 stopped reader
  exec 9>fifo1
  printf '1234567' >&9
  exec 9>&-
  shows FIFOs 'fifo1 7 bytes wait' 'read_fifo <reader> reads (fd 3), waits in read(2)' \
    'write_fifo <writer> writes (fd 3)'
  crash writer
  shows 'fifo1 7 bytes wait' 'read_fifo <reader> reads (fd 3), waits in read(2)' 'nobody writes'
  hit reader CONT
  join reader 1 # the last message has no end
  assert_equal "$(tail -n 1 reader.out)" 'Read message: 1234567'
}

@test "objects: a pipe has its bytes, and parent and child their ends" {
  start holder holder pipe
  await 10 says holder ready
  await 10 says holder child
  local child
  child=$(child_of holder)
  shows Pipes 'pipe:[<number>] 12 bytes wait' \
    'holder <holder> writes (fd 4)' \
    "holder ${child% } reads (fd 3); child of <holder>"
  refute_output --partial FIFOs
}

@test "objects: a queue that no program of ours made is listed with -u" {
  local id
  id=$(ipcmk -Q | sed 's/.*: //')
  run -0 looks
  refute_output --partial "queue $id,"
  run -0 looks -u
  assert_output --partial "queue $id,"
  ipcrm -q "$id"
}

@test "objects: stdin and stdout from a shell are not listed; with -a they are" {
  keyboard chat
  start chat sh -c 'fifo_chat 0 | cat'
  await 10 is_shown fifo_chat1
  run -0 looks
  refute_output --partial chat.in
  refute_output --partial Pipes
  run -0 looks -a
  assert_output --partial chat.in
  assert_line --regexp '^    cat [0-9]+ +reads \(fd 0\)'
  hangs_up chat
  kill -TERM -- "-${PID[chat]}"
  await 10 ended chat
}

@test "objects: a queue: its messages, who waits for which type, who sent last" {
  start server msg_server
  await 10 warns server 'waiting for'
  await 10 is_shown 'waits in msgrcv(2)'
  shows 'Message queues (ipcs -q)' "queue <number>, ftok(\".\", 'm') empty" \
    'msg_server <server> waits in msgrcv(2) for type 888'
  hit server STOP
  await 10 stopped server
  start client msg_client
  await 10 warns client 'waiting for'
  await 10 is_shown 'for type 999'
  shows "queue <number>, ftok(\".\", 'm') 1 message, <number> bytes" \
    'msg_client <client> uses it; sent last, <time>'
  # Which of the two queues stands first is the kernel's affair.
  shows 'queue <number>, private empty' \
    'msg_client <client> waits in msgrcv(2) for type 999'
  hit server CONT
  join client
  shows "queue <number>, ftok(\".\", 'm') empty" \
    'msg_server <server> waits in msgrcv(2) for type 888' 'received last, <time>' \
    'pid <number>, has ended sent last, <time>'
  ends server
}

@test "objects: a set: its values, who sleeps in it until when" {
  start order sem_order . 60
  await 10 is_shown 'waits in semop(2)'
  local child
  child=$(child_of order)
  shows 'Semaphore sets (ipcs -s)' \
    "set <number>, ftok(\".\", 's') values 0 1; number 0: 1 waits" \
    'sem_order <order> waits in semop(2); operated last, <time>' \
    "sem_order ${child% } uses it; child of <order>"
  ends order
}

@test "objects: a segment: its size, and who has it attached" {
  start server shm_server
  await 10 warns server 'waiting for'
  shows "queue <number>, ftok(\".\", 'h') empty" \
    "set <number>, ftok(\".\", 'h') values 1 1" \
    'Shared memory segments (ipcs -m)' \
    "segment <number>, ftok(\".\", 'h') 1024 bytes, attached 1" \
    'shm_server <server> attached' 'made it, <time>' \
    'attached or detached last, <time>'
  ends server
}

@test "objects: sockets: who listens, who is connected, by path and abstract" {
  local ROOM=(unixsock)
  start server sock_server
  await 10 warns server 'waiting for'
  keyboard client
  start client sock_client
  await 10 says server 'is here'
  types client hello
  await 10 says client hello
  shows Sockets 'sock.server listens' \
    'sock_server <server> has it open (fd 3)'
  shows 'sock.server connected' 'sock_server <server> has it open (fd 5)'
  shows 'socket:[<number>] connected' 'sock_client <client> has it open (fd 3)'
  start other sock_server "@objects.$$"
  await 10 warns other 'waiting for'
  shows "@objects.$$ listens" 'sock_server <other> has it open (fd 3)'
  ends client other server
}

@test "objects: sockets: pairs, and datagrams" {
  start pair holder pair
  await 10 says pair child
  start dgram holder abstract "a name.$$"
  await 10 says dgram ready
  shows Sockets 'socket:[<number>] connected' \
    'holder <number> has it open (fd 3); child of <pair>'
  shows 'socket:[<number>] connected' 'holder <pair> has it open (fd 4)'
  shows "@a name.$$ datagrams" 'holder <dgram> has it open (fd 3)'
}

@test "objects: a mapped file, and memory without a name" {
  start writer mmap_writer mmap.dat 3 60
  await 10 says writer 'Store line: Line 1'
  start reader mmap_reader
  await 10 says reader 'Line 1'
  start memory holder memory
  await 10 says memory child
  shows 'Shared mappings' 'mmap.dat <number> bytes' \
    'mmap_writer <writer> maps <number> bytes, may store' \
    'mmap_reader <reader> maps <number> bytes, only reads'
  shows 'memory without a name, <number>' \
    'holder <memory> maps 8192 bytes, may store'
  refute_output --partial locale # nor what a library maps
  ends reader writer memory
}

@test "objects: POSIX: a queue, memory, a semaphore's value" {
  start mq mq_server
  start shm shm_posix_server
  await 10 warns mq 'waiting for'
  await 10 warns shm 'waiting for'
  local name=/objects.$$
  start sem holder semaphore $name
  await 10 says sem ready
  local dev ino
  read -r dev ino < <(stat -c '%d %i' .)
  shows 'POSIX objects' "queue /mq-$EUID-$dev-$ino 0 of 10 messages" \
    'mq_server <mq> reads and writes (fd 3), waits in mq_receive(3)'
  shows "$(printf 'memory /shm_posix.%d.%x.%x' "$EUID" "$dev" "$ino") <number> bytes" \
    'shm_posix_server <shm> maps <number> bytes, may store'
  # (with musl, it has no name of its own kind)
  local file=/dev/shm/sem.${name#/} kind=semaphore value='value 3'
  [[ -e $file ]] || file=/dev/shm/${name#/} kind=memory value='<number> bytes'
  shows "$kind $name $value" 'holder <sem> maps <number> bytes, may store'
  rm "$file"
  [[ $kind != semaphore ]] ||
    shows 'Shared mappings' 'holder <sem> maps <number> bytes, may store'
  ends mq shm sem
}

@test "objects: a room shows only its own; an unknown one, the rooms there are" {
  start reader read_fifo
  start server msg_server
  await 10 warns reader 'waiting for'
  await 10 warns server 'waiting for'
  run -0 looks fifo
  assert_line --partial fifo1
  refute_output --partial 'queue'
  run -0 looks msgqueue
  assert_line --partial "ftok(\".\", 'm')"
  refute_output --partial fifo1
  run -2 --separate-stderr looks kitchen
  assert_equal "$stderr" "objects: no room 'kitchen'; there are: pipe fifo \
msgqueue semaphore shm mmap signal unixsock chat"
  for bad in '-w 0' '-w x' '-w -1' '-x' 'fifo chat' '-c -w 1' '-c -a'; do
    # shellcheck disable=SC2086 # several arguments
    run -2 --separate-stderr looks $bad
    [[ -n $stderr && -z $output ]]
  done
  ends reader server
}

@test "objects: no line is wider than the terminal, and no name moves the cursor" {
  local long
  long=$(printf 'a-long-folder-with-a-name-%.0s' 1 2 3 4 5)
  mkdir "$long" && cd "$long" || return 1
  start reader read_fifo $'fi\e[31mfo'
  await 10 warns reader 'waiting for'
  cd ..
  await 10 is_shown 'read_fifo'
  run -0 looks
  assert_line --regexp '^  .*\.\.\..*fi\?\[31mfo +empty$'
  local line option
  for COLUMNS in 40 80; do
    export COLUMNS
    for option in '' -cv; do
      # shellcheck disable=SC2086 # nothing, or one option
      run -0 looks $option
      for line in "${lines[@]}"; do ((${#line} <= COLUMNS)); done
    done
  done
  ends reader
  rm -r "$long"
}

@test "objects: colour is for terminals, and not with NO_COLOR" {
  start reader read_fifo
  await 10 warns reader 'waiting for'
  local cmd="stty cols 60 rows 30; '$B/scripts/objects'"
  TERM=xterm timeout 20 script -qfec "$cmd" colour.out >/dev/null
  grep -q $'\e\\[1mFIFOs' colour.out
  TERM=xterm NO_COLOR=1 timeout 20 script -qfec "$cmd" plain.out >/dev/null
  run ! grep -q $'\e' plain.out
  grep -q FIFOs plain.out
  ends reader
}

@test "objects -w: looks again, and prints what has changed" {
  start watch "$B/scripts/objects" -w 0.1 fifo
  await 10 says watch 'no IPC object'
  await 10 slept watch $(($(sleeps watch) + 4))
  start reader read_fifo
  await 10 says watch 'waits in open(2)'
  timeout 20 write_fifo fifo1 1 0
  join reader
  # shellcheck disable=SC2016 # for eval
  await 10 eval '[[ $(tail -n 1 watch.out) == "no IPC object"* ]]'
  hit watch INT
  join watch 130
  assert_equal "$(head -n 3 watch.out)" \
    $'no IPC object of yours in the room fifo\n----\nFIFOs'
  # Nothing twice: each picture differs from the one before.
  run awk 'BEGIN { RS = "----\n" } $0 == before { print } { before = $0 }' watch.out
  assert_output ''
}

@test "objects -w: on a terminal it redraws in place, and never scrolls" {
  local i
  for i in 1 2 3 4 5 6; do
    start "r$i" read_fifo "f$i"
    await 10 warns "r$i" 'waiting for'
  done
  TERM=xterm timeout 3 script -qfec "stty cols 80 rows 8
    exec '$B/scripts/objects' -w 0.1 fifo" screen.out >/dev/null || :
  # Each picture: at most 7 whole lines, then `...`.
  run awk 'BEGIN { RS = "\033\\[H" } NR > 1 && NR < 6 {
    if (gsub(/\n/, "\n") > 7 || !/\.\.\./) bad++; n++ } END { print (n > 2), bad + 0 }' screen.out
  assert_output '1 0'
  ends r1 r2 r3 r4 r5 r6
}

@test "objects -c: what kill -9 leaves of every example is removed, and no more" {

  local name
  start fifo read_fifo
  start msg msg_server
  start reply msg_reply_server
  start sem sem_order . 60
  start shm shm_server
  start map mmap_writer mmap.dat 3 60
  start sock sock_server
  start dgram sock_dgram_server
  start pass sock_pass_fd_give
  start chat fifo_chat 0
  start server fifo_server
  start posix shm_posix_server
  start mq mq_server
  keyboard room
  start room fifo_chatroom ann
  for name in fifo msg reply sem shm sock dgram pass chat server posix mq room; do
    await 10 eval "[[ -s $name.err ]]"
  done
  await 10 says map 'Line 1'
  await 10 is_shown 'waits in semop(2)'
  for name in fifo msg reply sem shm map sock dgram pass chat server posix mq room; do
    crash "$name"
  done
  touch sock.other mmap.other
  run -0 looks
  assert_output --partial 'left behind: make clean-objects removes it'
  cleans
  assert_equal "$(grep -c '^removed  ' <<<"$output")" 17
  assert_line --partial "ftok(\".\", 'm'): msg_server's key, nobody uses it"
  assert_line "removed  fifo1: read_fifo's name, nobody has it open"
  run find . -type p ! -name '*.in' -o -type s -o -name mmap.dat -o -name '.fifo*'
  assert_output ''
  assert_equal "$(our_objects)" ''
  assert_exists sock.other
  cleans
  assert_line 'nothing to remove'
}

@test "objects -c: what lives is kept, each by its user's name, and goes on" {
  local name
  start fifo read_fifo
  start msg msg_server
  start sem sem_order . 60
  start shm shm_server
  start map mmap_writer mmap.dat 2 60
  start sock sock_server
  start dgram sock_dgram_server
  start chat fifo_chat 0
  start server fifo_server
  start posix shm_posix_server
  start mq mq_server
  for name in fifo msg sem shm sock dgram chat server posix mq; do
    await 10 eval "[[ -s $name.err ]]"
  done
  await 10 says map 'Line 1'
  local before
  before=$(cat ./*.out ./*.err)
  cleans
  refute_output --partial removed
  assert_line --regexp "^kept +fifo1: read_fifo ${PID[fifo]} waits in open\(2\)"
  assert_line --regexp "^kept +queue [0-9]+, ftok\(\".\", 'm'\): msg_server ${PID[msg]} "
  assert_line --regexp "^kept +segment [0-9]+, .*: shm_server ${PID[shm]} attached"
  assert_line --partial 'nothing to remove beside these'
  assert_line --regexp "^kept +sock.server: sock_server ${PID[sock]} has bound it"
  assert_line --regexp "^kept +sock.dgram: sock_dgram_server ${PID[dgram]} has bound"
  assert_equal "$(cat ./*.out ./*.err)" "$before"
  timeout 20 write_fifo fifo1 1 0
  join fifo
  run -0 timeout 20 msg_client
  run -0 timeout 20 mq_client
  run -0 timeout 20 sock_client sock.server hello
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  run -0 timeout 20 fifo_client
  printf '%s\n' r text q | timeout 20 shm_client >/dev/null
  printf '%s\n' r text q | timeout 20 shm_posix_client >/dev/null
  join shm
  join posix
  ends msg sem sock dgram chat server mq map
}

@test "objects -c: a stranger's is kept, even at our key; he removes nothing of ours" {
  TMPDIR=/tmp second_user holder objects
  chmod 777 .
  local theirs open ours
  theirs=$(as_nobody ./holder make q m 600 0)
  open=$(as_nobody ./holder make q r 666 0)
  ours=$(holder make s s 600 2)
  run -0 as_nobody timeout 20 ./objects -c -v -b .
  assert_line --regexp "^kept +set $ours, .*: made by user 0"
  assert_line "removed  queue $theirs, ftok(\".\", 'm'): msg_server's key, nobody uses it"
  theirs=$(as_nobody ./holder make q m 600 0)
  as_nobody mkfifo -m 600 fifo1
  run -0 looks
  refute_output --partial "queue $theirs,"
  cleans -v
  assert_line --regexp "^kept +queue $theirs, .*: made by user [1-9]"
  assert_line --regexp "^kept +queue $open, .*: made by user [1-9]"
  assert_line --regexp '^kept +fifo1: made by user [1-9]'
  assert_line --regexp "^removed +set $ours,"
  is_there q "$theirs"
  is_there q "$open"
  assert_exists fifo1
  ipcrm -q "$theirs" -q "$open"
  rm fifo1
}

@test "objects -c: a stage that may be about to take a folder keeps it, another user's does not" {
  TMPDIR=/tmp second_user objects
  cp "$(command -v sleep)" stage
  mkdir tmp
  chown nobody tmp
  as_nobody mkdir -m 700 tmp/ipc.abcdef
  start mine setpriv --reuid=nobody --regid=nogroup --clear-groups ./stage 300
  start other ./stage 300
  await 10 is_stage mine
  await 10 is_stage other
  run -0 as_nobody env TMPDIR=tmp timeout 20 ./objects -c -b .
  assert_output 'nothing to remove'
  hit mine KILL
  join mine 137
  run -0 as_nobody env TMPDIR=tmp timeout 20 ./objects -c -b .
  assert_output 'removed  tmp/ipc.abcdef: the folder of a play'
}
is_stage() { [[ $(<"/proc/${PID[$1]}/comm") == stage ]]; }

@test "objects -c: the folder of a play stays between two programs, too, when nobody is in it" {
  local dev ino
  cp "$(command -v objects)" .
  mkdir tmp elsewhere
  mkdir -m 700 tmp/ipc.abcdef
  read -r dev ino < <(stat -c '%d %i' tmp/ipc.abcdef)
  # who holds the name by which a stage locks it
  start lock env -C elsewhere sock_server "@$(printf 'ipc-play-%06x.lock' $(((dev & 255) << 16 | ino & 65535)))"
  await 10 grep -q 'waiting for clients' lock.err
  run -0 env TMPDIR=tmp timeout 20 ./objects -c -b .
  refute_line --partial 'the folder of a play'
  hit lock KILL
  join lock 137
  run -0 env TMPDIR=tmp timeout 20 ./objects -c -b .
  assert_line 'removed  tmp/ipc.abcdef: the folder of a play'
}

@test "objects -c: what only looks like ours is kept: mode, size, letter, content" {
  local wide small other big
  wide=$(holder make q m 644 0)
  small=$(holder make s s 600 3)
  other=$(holder make q z 600 0)
  big=$(holder make m h 600 4096)
  mkfifo -m 644 fifo_server.fifo
  echo 'a file' >fifo1
  ln -s /dev/null sock.server
  echo 'my data' >mmap.dat
  chmod 600 mmap.dat
  cleans -v
  refute_output --partial removed
  assert_line --regexp "^kept +queue $wide, .*: its mode is 0644"
  assert_line --regexp "^kept +set $small, .*: sem_order makes it in another size"
  assert_line --regexp "^kept +queue $other, .*: its key is none of ours"
  assert_line --regexp "^kept +segment $big, .*: shm_server makes it in another"
  assert_line --regexp '^kept +fifo_server.fifo: its mode is 0644'
  assert_line --regexp '^kept +mmap.dat: it does not begin as'
  is_there q "$wide"
  is_there q "$other"
  is_there s "$small"
  is_there m "$big"
  assert_exists fifo_server.fifo
  assert_equal "$(cat fifo1 mmap.dat)" $'a file\nmy data'
  [ -L sock.server ]
  remove_ours
  rm fifo_server.fifo sock.server mmap.dat
}

@test "objects -c: who has used it and lives keeps it, whatever program he is" {
  cp "$B/pipe/holder" own
  local id
  id=$(holder make q m 600 0)
  start sender ./own sends m
  await 10 says sender ready
  cleans
  assert_line --regexp "^kept +queue $id, .*: own ${PID[sender]} sent last"
  crash sender
  cleans
  assert_line --regexp "^removed +queue $id,"

  id=$(holder make q m 600 0)
  start waiter ./own waits m # it has neither sent nor received
  await 10 says waiter ready
  await 10 is_shown 'for type 7'
  cleans
  assert_line --regexp "^kept +queue $id, .*: own ${PID[waiter]} waits in msgrcv"
  ipcrm -q "$id"
  crash waiter

  id=$(holder make q m 600 0)
  start thread ./own thread m
  await 10 is_shown 'for type 7'
  cleans
  assert_line --regexp "^kept +queue $id, .*: own ${PID[thread]} waits in msgrcv"
  ipcrm -q "$id"
  crash thread

  id=$(holder make q m 600 0) # its program knows such calls, and runs here
  start idle ./own nothing
  await 10 says idle ready
  cleans
  assert_line --regexp "^kept +queue $id, .*: own ${PID[idle]} runs in that folder, and may"
  crash idle
  cleans
  assert_line --regexp "^removed +queue $id,"
}

@test "objects -c: a pid that began later is somebody else's" {
  ((EUID == 0)) || skip 'needs root: only root can choose a pid'
  unshare -pfi --mount-proc true 2>/dev/null || skip 'no namespaces here'
  # shellcheck disable=SC2016 # for the inner shell
  run -0 timeout 30 unshare -pfi --mount-proc bash -c '
    holder make q m 600 0 >/dev/null
    holder sends m >sender.out & sender=$!
    until grep -q ready sender.out; do :; done
    kill -9 $sender; wait $sender
    # Message and process are of the same second otherwise: no proof.
    read -rt 3 _ <> <(:)
    # One that began later, but knows such calls: the clock may be wrong.
    echo $((sender - 1)) >/proc/sys/kernel/ns_last_pid
    (cd / && exec holder nothing) >other.out & other=$!
    until grep -q ready other.out; do :; done
    [ $other = $sender ] || echo "not the same pid: $other, $sender"
    "$1" -c
    kill -9 $other; wait $other
    echo $((sender - 1)) >/proc/sys/kernel/ns_last_pid
    tail -f /dev/null & other=$!
    [ $other = $sender ] || echo "not the same pid: $other, $sender"
    "$1" -c
    kill $other' - "$B/scripts/objects" 2>/dev/null
  assert_line --regexp '^kept +queue 0, .*: holder [0-9]+ sent last'
  assert_line --regexp '^removed +queue 0,'
  refute_line --partial 'not the same pid'
}

@test "objects -c: a FIFO that somebody else waits for is kept" {
  start reader read_fifo
  await 10 warns reader 'waiting for'
  crash reader
  start cat cat fifo1
  await 10 is_shown 'waits in open(2)'
  cleans
  assert_line --regexp "^kept +fifo1: cat ${PID[cat]} waits in open\(2\) of it"
  assert_exists fifo1
  blocked cat
  crash cat
  cleans
  assert_line --partial 'removed  fifo1'
}

@test "objects: where calls are hidden, program and folder tell; in doubt all is kept" {
  can_inject
  # hidden ARG...: what Yama's ptrace_scope hides: /proc/PID/syscall and mem.
  hidden() {
    local path=()
    for pid in "${PID[@]}"; do path+=(-P "/proc/$pid/task/$pid/syscall" -P "/proc/$pid/mem"); done
    COLUMNS=500 ASAN_OPTIONS=detect_leaks=0 timeout 20 strace -qq -o trace "${path[@]}" \
      -e inject='?open,openat':error=EPERM "$B/scripts/objects" "$@"
  }
  start reader read_fifo
  start server msg_server
  start order sem_order . 60
  start chat fifo_chat 0
  for name in reader server order chat; do await 10 eval "[[ -s $name.err ]]"; done
  await 10 is_shown 'waits in semop(2)'
  await 10 blocked reader
  run -0 hidden
  grep -q INJECTED trace
  assert_line --regexp "^ +read_fifo ${PID[reader]} +waits in open\(2\), perhaps of this one"
  assert_line --regexp "^ +msg_server ${PID[server]} +waits in msgrcv\(2\)$"
  assert_line --regexp "^ +sem_order ${PID[order]} +waits in semop\(2\)"
  assert_line --regexp "^ +fifo_chat ${PID[chat]} +waits in open\(2\), perhaps of this one"
  run -0 hidden -c
  refute_output --partial removed
  crash reader
  crash server
  crash order
  crash chat
  local id
  id=$(our_objects | sed -n 's/^msg //p')
  cp "$B/pipe/holder" own
  start waiter ./own waits m
  start cat cat fifo1
  await 10 is_shown 'for type 7'
  await 10 is_shown 'waits in open(2)'
  run -0 hidden -c
  assert_line --regexp "^kept +queue $id, .*: own ${PID[waiter]} sleeps in such an"
  assert_line --regexp "^kept +fifo1: cat ${PID[cat]} waits in open\(2\)"
  assert_line --regexp '^kept +\.fifo_chat1: cat [0-9]+ waits in open\(2\), perhaps'
  assert_line --partial 'removed  set' # no call on sets is asleep
  crash waiter
  crash cat
  cleans
  assert_equal "$(our_objects)" ''
}

@test "objects -c: a play that has lost its stage leaves nothing; one on stage stays" {
  local left children
  mkdir fifo
  cp "${BATS_TEST_DIRNAME%/*}/fifo/cast" fifo
  start live stage -b "$B" fifo
  await 10 says live 'Read message'
  start dead stage -b "$B" fifo
  await 10 says dead 'Read message'
  children=$(child_of dead)
  hit dead STOP # or it would end them, and they would clean up
  # shellcheck disable=SC2086 # several pids
  kill -KILL $children
  # shellcheck disable=SC2086
  await 10 gone $children
  hit dead KILL
  join dead 137
  left=(ipc.*)
  assert_equal ${#left[@]} 2
  cleans
  assert_equal "$(grep -c '^removed  ipc\..*/fifo1: ' <<<"$output")" 1
  assert_equal "$(grep -c '^kept     ipc\..*/fifo1: .*_fifo' <<<"$output")" 1
  left=(ipc.*)
  assert_line --regexp '^removed  ipc\..*: the folder of a play'
  left=(ipc.*)
  assert_equal ${#left[@]} 1
  ends live
  left=(ipc.*)
  assert_equal "${left[*]}" 'ipc.*'
}

@test "objects -c: the folder of a play stays as long as an object has its key" {
  local queue
  mkdir -m 700 ipc.abcdef
  queue=$(cd ipc.abcdef && holder make q m 600 0)
  cleans fifo # not of this room
  assert_exists ipc.abcdef
  is_there q "$queue"
  cleans
  assert_line --regexp "^removed  queue $queue, ftok\(\"ipc.abcdef\", 'm'\)"
}

@test "objects: every key and name that a program makes is known" {
  local root=${BATS_TEST_DIRNAME%/*} letter name
  # shellcheck disable=SC2013 # words, not lines
  for letter in $(grep -ohE "ftok\([a-z.\"]+, '.'\)|LETTER '.'" "$root"/*/*.[ch] |
    grep -oE "'.'" | sort -u); do
    grep -q "{$letter, \"" "$root/scripts/objects.c" || { echo "unknown: $letter"; false; }
  done
  for name in fifo1 fifo_server.fifo fifo_client. .fifo_chat .fifo_room. sock.server \
    sock.dgram sock.pass_fd mmap.dat mq- shm_posix. sem_order_posix.; do
    grep -qF "\"${name}" <(sed 's/"sem\./"/' "$root/scripts/objects.c") ||
      { echo "unknown: $name"; false; }
    grep -qF "$name" "$root"/*/*.[ch] || { echo "no program has $name"; false; }
  done
}

@test "objects: the rooms are those of the Makefile, and make asks for them" {
  local root=${BATS_TEST_DIRNAME%/*}
  run -2 --separate-stderr looks ''
  assert_equal "${stderr#*there are: }" \
    "$(sed -n 's/^ROOMS *:= *//p' "$root/Makefile")"
  unset MAKEFLAGS MFLAGS MAKELEVEL V BUILD
  run -0 make -C "$root" -n objects objects-fifo clean-objects ALL=1 WATCH=2
  assert_line --regexp 'scripts/objects -b build -w 2 -a$'
  assert_line --regexp 'scripts/objects -b build -w 2 fifo$'
  assert_line --regexp 'scripts/objects -b build -c'
  run -0 make -C "$root" -n objects
  assert_line --regexp 'scripts/objects -b build +-u$'
}

@test "objects -c: who is in another PID namespace is not seen, and loses nothing" {
  ((EUID == 0)) || skip 'needs root for a namespace'
  unshare -pf --mount-proc true 2>/dev/null || skip 'no namespaces here'
  # The first namespace of System V? In any other, a queue may have no trace.
  [[ $(readlink /proc/self/ns/ipc) == *4026531839* ]] || skip 'in a container'
  local name
  start shm shm_server
  start msg msg_server
  start fifo read_fifo
  start map mmap_writer mmap.dat 2 60
  start sock sock_server
  start posix shm_posix_server
  start mq mq_server
  for name in shm msg fifo sock posix mq; do await 10 eval "[[ -s $name.err ]]"; done
  await 10 says map 'Line 1'
  run -0 env COLUMNS=500 timeout 20 unshare -pf --mount-proc "$B/scripts/objects" -c
  refute_output --partial removed
  assert_line --regexp '^kept +segment [0-9]+, .*: a process that cannot be seen|^kept +segment [0-9]+, .*: a process of another PID'
  assert_line --regexp '^kept +fifo1: whoever is outside'
  assert_line --regexp '^kept +mmap.dat: it is in use'
  ends shm msg fifo map sock posix mq
}

@test "objects: what a terminal has left open for everybody is not listed" {
  start shell bash -c 'exec 20> >(cat); read_fifo; :'
  await 10 is_shown 'waits in open(2) to read'
  [[ $(readlink "/proc/$(pgrep -P "${PID[shell]}" read_fifo)/fd/20") == pipe:* ]]
  run -0 looks
  refute_output --partial Pipes
  run -0 timeout 20 write_fifo fifo1 1 0
  join shell
}

@test "objects: one's own program counts, too, if it lies in BUILD" {
  mkdir "$B/own"
  cp "$B/pipe/holder" "$B/own/mine"
  start mine "$B/own/mine" pair
  await 10 says mine child
  rm -r "$B/own" # and while it runs, its file may go
  shows Sockets 'socket:[<number>] connected' 'mine <mine> has it open (fd 4)'
  ends mine
}

@test "objects -c: a folder where only somebody's program runs is not ours to clean" {
  local id
  mkdir theirs
  cd theirs || return 1
  id=$(holder make q m 600 0)
  mkfifo -m 600 .fifo_chat1
  start reader read_fifo
  cd ..
  await 10 is_shown 'theirs/fifo1'
  cleans
  assert_line --regexp "^kept +queue $id, ftok\(\"theirs\", 'm'\): it is of the folder"
  assert_line --regexp '^kept +theirs/.fifo_chat1: it is of the folder'
  refute_output --partial removed
  ends reader
  cleans -v
  assert_line --regexp "^kept +queue $id, key 0x[0-9a-f]+: its key is none of ours"
  cd theirs || return 1
  cleans
  assert_line --regexp "^removed +queue $id,"
  assert_line --regexp '^removed +.fifo_chat1:'
}

@test "objects -c: a semaphore's name goes when its maker is dead, not before" {
  local name=sem_order_posix.$EUID.$BASHPID dead
  start sem holder semaphore "/$name" # the pid in the name is that of this shell
  await 10 says sem ready
  crash sem
  cleans
  assert_line --regexp "^kept +[a-z]+ /$name: its maker lives: "
  rm /dev/shm/{sem.,}"$name" 2>/dev/null || :
  start dead true
  dead=${PID[dead]}
  join dead
  name=sem_order_posix.$EUID.$dead
  start sem holder semaphore "/$name"
  await 10 says sem ready
  cleans
  assert_line --regexp "^kept +[a-z]+ /$name: holder ${PID[sem]} has it open"
  crash sem
  cleans
  assert_line --regexp "^removed +[a-z]+ /$name: sem_order_posix's name"
}

@test "objects: the first segment of a system, with the id 0, has its users, too" {
  ((EUID == 0)) && unshare -i true 2>/dev/null || skip 'needs root for a namespace'
  # shellcheck disable=SC2016 # for the inner shell
  run -0 timeout 20 unshare -i bash -c '
    shm_server 2>server.err & server=$!
    until grep -q waiting server.err; do :; done
    "$1"; "$1" -c
    kill $server; wait $server || :' - "$B/scripts/objects"
  assert_line --regexp "^  segment 0, .* 1024 bytes, attached 1$"
  assert_line --regexp '^    shm_server [0-9]+ +attached$'
  assert_line --regexp '^kept +segment 0, .*: shm_server [0-9]+ attached'
}
