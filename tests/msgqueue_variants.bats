# The variants of the room msgqueue: urgent first; many clients in one queue;
# the same example with POSIX queues.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats sets stderr

# poke: a peer with other manners. It knows the protocols, not our programs.
#   make PATH MODE | give ID UID | send ID TYPE CLIENT TICKET <TEXT | take ID TYPE
#   types ID | fill ID TYPE | flood ID CLIENT N | crowd PROGRAM N
#   mq-name PATH | mq-make NAME MODE [one] | mq-gone NAME | mq-unlink NAME
#   mq-mode NAME | mq-count NAME | mq-send NAME REPLY|raw PRIORITY <TEXT
#   mq-take NAME | mq-can
setup_file() {
  cc -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/poke" -x c - <<'EOT'
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    static struct { long type; struct { int client; unsigned ticket; char body[8192]; } b; } m;
    static struct { char reply[96], text[4096]; } q;
    const char *what = argv[1], *name = argv[2];
    int id = atoi(name), n, flags = MSG_EXCEPT | MSG_NOERROR | IPC_NOWAIT;
    struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = 96 + 255};
    mqd_t mqd = -1;

    umask(0);
    if (strcmp(what, "crowd") == 0) { /* PROGRAM N: each to its own PID.got */
        int status, failed = 0, fd;
        char file[32];
        for (n = atoi(argv[3]); n > 0; n--) {
            pid_t pid = fork();
            if (pid == -1)
                err(1, "fork");
            if (pid > 0)
                continue;
            snprintf(file, sizeof file, "%d.got", (int)getpid());
            if ((fd = open(file, O_CREAT | O_WRONLY | O_EXCL, 0600)) == -1 ||
                dup2(fd, 1) == -1)
                err(1, "%s", file);
            execlp(name, name, (char *)NULL);
            err(1, "%s", name);
        }
        while (wait(&status) != -1)
            failed += status != 0;
        return failed;
    }
    if (strcmp(what, "make") == 0) {
        if ((id = msgget(ftok(name, 'r'), IPC_CREAT | (int)strtol(argv[3], NULL, 8))) == -1)
            err(1, "msgget");
        printf("%d\n", id);
    } else if (strcmp(what, "give") == 0) {
        struct msqid_ds ds;
        if (msgctl(id, IPC_STAT, &ds) == -1)
            err(1, "msgctl");
        ds.msg_perm.uid = (unsigned)atoi(argv[3]);
        if (msgctl(id, IPC_SET, &ds) == -1)
            err(1, "msgctl");
    } else if (strcmp(what, "send") == 0) {
        m.type = atol(argv[3]);
        m.b.client = atoi(argv[4]);
        m.b.ticket = (unsigned)strtoul(argv[5], NULL, 10);
        n = (int)fread(m.b.body, 1, sizeof m.b.body - 8, stdin);
        if (strcmp(argv[5], "none") == 0) /* the ticket is missing */
            n = -4;
        if (msgsnd(id, &m, argv[4][0] ? (size_t)(8 + n) : (size_t)n, IPC_NOWAIT) == -1)
            err(1, "msgsnd");
    } else if (strcmp(what, "fill") == 0) {
        m.type = atol(argv[3]);
        for (n = 4096; n > 0; n /= 2)
            while (msgsnd(id, &m, (size_t)n, IPC_NOWAIT) == 0)
                ;
    } else if (strcmp(what, "flood") == 0) { /* CLIENT N */
        m.type = 8888888;
        m.b.client = atoi(argv[3]);
        for (n = atoi(argv[4]); n > 0; n--)
            if (msgsnd(id, &m, 8, 0) == -1)
                err(1, "msgsnd");
    } else if (strcmp(what, "take") == 0) { /* TYPE: client, ticket, text */
        if ((n = (int)msgrcv(id, &m, sizeof m.b, atol(argv[3]), 0)) == -1)
            err(1, "msgrcv");
        printf("%d %u %d\n", m.b.client, m.b.ticket, n - 8);
        fwrite(m.b.body, 1, (size_t)n - 8, stdout);
    } else if (strcmp(what, "types") == 0) { /* takes all out */
        while (msgrcv(id, &m, sizeof m.b, 0x7fffffff, flags) != -1)
            printf("%ld\n", m.type);
    } else if (strcmp(what, "mq-name") == 0) {
        struct stat st;
        if (stat(name, &st) == -1)
            err(1, "%s", name);
        printf("/mq-%u-%lu-%lu\n", (unsigned)geteuid(), (unsigned long)st.st_dev,
               (unsigned long)st.st_ino);
    } else if (strcmp(what, "mq-can") == 0) {
        mqd = mq_open("/mq-none", O_RDONLY);
        return mqd == (mqd_t)-1 && errno == ENOSYS;
    } else if (strcmp(what, "mq-make") == 0) {
        if (argc > 4)
            attr.mq_maxmsg = 1;
        if ((mqd = mq_open(name, O_RDWR | O_CREAT | O_EXCL, strtol(argv[3], NULL, 8), &attr)) == -1)
            err(1, "mq_open %s", name);
    } else if (strcmp(what, "mq-gone") == 0) {
        mqd = mq_open(name, O_RDONLY);
        if (mqd != -1 || errno != ENOENT)
            errx(1, "%s is there", name);
    } else if (strcmp(what, "mq-unlink") == 0) {
        if (mq_unlink(name) == -1)
            err(1, "mq_unlink %s", name);
    } else if (strcmp(what, "mq-mode") == 0) {
        struct stat st;
        if ((mqd = mq_open(name, O_RDONLY)) == -1 || fstat(mqd, &st) == -1)
            err(1, "%s", name);
        printf("%o\n", st.st_mode & 0777);
    } else if (strcmp(what, "mq-count") == 0) {
        if ((mqd = mq_open(name, O_RDONLY)) == -1 || mq_getattr(mqd, &attr) == -1)
            err(1, "%s", name);
        printf("%ld\n", attr.mq_curmsgs);
    } else if (strcmp(what, "mq-send") == 0) { /* NAME REPLY PRIORITY <TEXT */
        n = (int)fread(q.text, 1, sizeof q.text, stdin);
        if (strcmp(argv[3], "raw") == 0)
            memcpy(q.reply, q.text, (size_t)n);
        else
            strncpy(q.reply, argv[3], sizeof q.reply), n += 96;
        if ((mqd = mq_open(name, O_WRONLY | O_NONBLOCK)) == -1 ||
            mq_send(mqd, (char *)&q, (size_t)n, (unsigned)atoi(argv[4])) == -1)
            err(1, "%s", name);
    } else if (strcmp(what, "mq-take") == 0) { /* reply, length of the text, text */
        unsigned priority;
        if ((mqd = mq_open(name, O_RDONLY)) == -1 ||
            (n = (int)mq_receive(mqd, (char *)&q, sizeof q, &priority)) == -1)
            err(1, "%s", name);
        printf("%s %u %d\n", q.reply, priority, n - 96);
        fwrite(q.text, 1, (size_t)n - 96, stdout);
    } else {
        errx(2, "%s?", what);
    }
    return 0;
}
EOT
}
setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
  MQ=$(poke mq-name .)
  if [[ $BATS_TEST_DESCRIPTION == *'mq:'* ]]; then
    poke mq-can . || skip 'no POSIX message queues here'
  fi
}
teardown() {
  common_teardown
  [[ $BATS_TEST_DESCRIPTION != *'mq:'* ]] || "$BATS_FILE_TMPDIR/poke" mq-gone "$MQ" || {
    "$BATS_FILE_TMPDIR/poke" mq-unlink "$MQ"
    return 1
  }
}

# server_waits PREFIX [NAME [KEYPATH]]
server_waits() {
  local name=${2:-server}
  start "$name" "${1}_server" "${@:3}"
  await 10 warns "$name" 'waiting for requests'
  await 10 blocked "$name"
}
# server_ends [NAME]: by Ctrl-C.
server_ends() {
  hit "${1:-server}" INT
  join "${1:-server}" 130
}
# client_waits PREFIX [NAME]: a client that has sent its request and waits.
client_waits() {
  local name=${2:-client}
  start "$name" "${1}_client" "${@:3}"
  await 10 warns "$name" "waiting for ${1}_server's answer"
  await 10 blocked "$name"
}
stop() {
  hit "$1" STOP
  await 10 stopped "$1"
}
msqid() { sed -n 's/^My msqid is: \([0-9]*\)\.$/\1/p' "${1:-server}.out"; }
queue() { awk -v id="$1" -v col="$2" '$2 == id { print $col; found = 1 } END { exit !found }' /proc/sysvipc/msg; }
holds() { [[ $(queue "$1" 5) == "$2" ]]; }
# served PREFIX: a client gets a good answer.
served() {
  run timeout 20 "${1}_client"
  assert_success
  assert_line --partial "Client: receive msg.mtext is: hello, I'm server"
}
traced() { env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 strace -qq -f "$@"; }
# unread PROGRAM...: its output goes to a pipe that nobody reads.
unread() {
  [[ -p gone.in ]] || mkfifo gone.in
  # shellcheck disable=SC2016
  timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec env --default-signal=PIPE "$@" >&6 6>&-' - "$@"
}

# each_got N PATTERN: there are N answers, and each is for the process that got
# it: PATTERN has its pid as PID.
each_got() {
  local file n=0
  for file in *.got; do
    [[ $(<"$file") == *"${2//PID/${file%.got}}"* ]] || fail "$(tail -n +1 "$file")"
    n=$((n + 1))
  done
  assert_equal "$n" "$1"
}

# ---- msg_priority ----

@test "msgqueue: msg_priority: the most urgent first, of one urgency the first sent; any bytes" {
  run -0 --separate-stderr timeout 10 msg_priority
  cat >want <<'EOT'
Sent, type 3: sweep the floor.
Sent, type 2: make tea.
Sent, type 2: cut the cake.
Sent, type 1: put out the fire.
Done, type 1: put out the fire.
Done, type 2: make tea.
Done, type 2: cut the cake.
Done, type 3: sweep the floor.
EOT
  diff want - <<<"$output"
  assert_equal "$stderr" ''
  run -0 timeout 10 msg_priority 9 z 1 a 9 y 5 m 1 b
  assert_equal "$(grep Done <<<"$output")" "$(printf 'Done, type %s.\n' '1: a' '1: b' '5: m' '9: z' '9: y')"

  local long
  long=$(printf 'x%.0s' {1..255})
  run -0 timeout 10 msg_priority 2 $'a\377\nb%s' 1 '' 2 "$long"
  assert_line --index 4 'Done, type 1: .'
  assert_line --index 5 $'Done, type 2: a\377'
  assert_line --index 7 "Done, type 2: $long."
}

@test "msgqueue: msg_priority: wrong usage and a full queue are told" {
  local usage='usage: msg_priority [URGENCY TEXT]..., URGENCY from 1 to 9, TEXT of 255 bytes at most'
  local -a wrong=('1' '0 a' '10 a' 'x a' '-1 a' '1 a 2' '1 a b c' '1x a' '--help')
  local arguments
  for arguments in "${wrong[@]}"; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 10 msg_priority $arguments
    assert_output ''
    assert_equal "$stderr" "msg_priority: $usage"
  done
  run -2 timeout 10 msg_priority '' a
  run -2 timeout 10 msg_priority 1 "$(printf 'x%.0s' {1..256})"
  assert_output "msg_priority: $usage"

  local jobs=() i text
  printf -v text 'x%.0s' {1..255}
  for ((i = 0; i < 200; i++)); do jobs+=(5 "$text"); done
  (($(</proc/sys/kernel/msgmnb) < 200 * 255)) || skip 'the queue is too large here'
  run -1 timeout 10 msg_priority "${jobs[@]}"
  assert_line --partial 'msg_priority: msgsnd xxx'
  assert_line --regexp ': Resource temporarily unavailable$'
}

@test "msgqueue: msg_priority: signals, kill -9 and failing calls leave nothing" {
  local sig signals=([1]=HUP [2]=INT [3]=QUIT [15]=TERM) call id
  can_inject
  ulimit -c 0
  for sig in "${!signals[@]}"; do
    run -$((128 + sig)) traced -o log -e inject="?msgget:signal=${signals[sig]}" msg_priority
    assert_output ''
    run -$((128 + sig)) traced -o log -e inject="?msgsnd:signal=${signals[sig]}:when=2" msg_priority
    assert_output 'Sent, type 3: sweep the floor.'
    id=$(sed -n 's/.*msgget(IPC_PRIVATE.* = //p' log)
    run ! queue "$id" 2
  done
  run -1 traced -o log -e inject='?msgrcv:signal=KILL:when=2' msg_priority
  assert_line 'msg_priority: the worker was ended by signal 9'
  run -1 traced -o log -e inject='?msgrcv:signal=TERM:when=2' msg_priority
  assert_line 'msg_priority: the worker was ended by signal 15'
  run -0 traced -o log msg_priority
  grep -q 'msgsnd(.*"make tea"}, 8, ' log # nothing but the text
  run -1 traced -o log -e inject='?msgget:error=ENOSPC' msg_priority
  assert_output 'msg_priority: msgget (limit kernel.msgmni: ipcs -l, sysctl): No space left on device'
  run -1 traced -o log -e inject='?msgrcv:error=EIDRM:when=3' msg_priority
  assert_line 'msg_priority: msgrcv: Identifier removed'
  for call in '?fork,?clone,?clone3,?vfork:fork (limit ulimit -u or pids.max)' '?wait4,?waitid:waitpid'; do
    run -1 --separate-stderr traced -o log -e inject="${call%:*}:error=EAGAIN:when=1" msg_priority
    grep -qxF "msg_priority: ${call##*:}: Resource temporarily unavailable" <<<"$stderr"
    id=$(sed -n 's/.*msgget(IPC_PRIVATE.* = //p' log)
    run ! queue "$id" 2
  done
}

@test "msgqueue: msg_priority: many at once do not meet" {
  local i
  for ((i = 1; i <= 8; i++)); do start "p$i" msg_priority 2 "b$i" 1 "a$i"; done
  for ((i = 1; i <= 8; i++)); do
    join "p$i"
    assert_equal "$(<"p$i.out")" "$(printf '%s.\n' "Sent, type 2: b$i" "Sent, type 1: a$i" "Done, type 1: a$i" "Done, type 2: b$i")"
  done
}

@test "msgqueue: msg_priority: lost output is told" {
  local long
  run -1 timeout 10 bash -c 'msg_priority >/dev/full'
  assert_output 'msg_priority: stdout: No space left on device'
  run -1 unread msg_priority
  assert_output 'msg_priority: stdout: Broken pipe'
  long=$(printf 'x%.0s' {1..250}) # three lines are less than 1024 bytes, six are more
  run -1 timeout 10 bash -c "trap '' XFSZ; ulimit -f 1; exec msg_priority 1 $long 1 $long 1 $long >file"
  assert_output 'msg_priority: stdout: File too large'
  grep -q Done file
}

# ---- msg_reply_server, msg_reply_client ----

@test "msgqueue: msg_reply: both print their story, the answer's type is the client's pid" {
  local asks answers key
  server_waits msg_reply
  answers=${PID[server]}
  start client msg_reply_client
  asks=${PID[client]}
  join client
  key=$(sed -n '1s/.*key is: \([0-9-]*\)\.$/\1/p' server.out)
  ((key >> 24 == 0x72)) # ftok(3)'s letter
  diff - client.out <<EOT
Message Queue - Client key is: $key.
My msqid is: $(msqid).
My pid is: $asks.
Client: receive msg.mtext is: hello, I'm server $answers.
Client: receive msg.mtype is: $asks.
EOT
  diff - server.out <<EOT
Message Queue - Server key is: $key.
My msqid is: $(msqid).
My pid is: $answers.
Server: receive msg.mtext is: hello, I'm client $asks.
Server: receive msg.mtype is: 8888888.
EOT
  assert_equal "$(<client.err)" "msg_reply_client: waiting for msg_reply_server's answer"
  assert_equal "$(queue "$(msqid)" 3)" 600
  server_ends

  (($(sed -n 's/^#define REQUEST \([0-9]*\).*/\1/p' "${BATS_TEST_DIRNAME%/*}/msgqueue/msg_reply.h") > 4194304))
}

@test "msgqueue: msg_reply: fifty clients at once get their own answers, stopped server or not" {
  local n=25 id
  [[ ${UNDER:-} != valgrind ]] || n=5
  server_waits msg_reply
  id=$(msqid)
  stop server
  start early poke crowd msg_reply_client $n
  await 20 holds "$id" $n
  start late poke crowd msg_reply_client $n
  hit server CONT
  join early
  join late
  each_got $((2 * n)) "Client: receive msg.mtype is: PID."
  assert_equal "$(grep -c '8888888' server.out)" $((2 * n))
  holds "$id" 0
  server_ends
}

# The answers stay in the queue until each client comes for its own.
@test "msgqueue: msg_reply: no cross-talk: a client leaves what is for another" {
  local slow
  server_waits msg_reply
  stop server
  client_waits msg_reply slow
  slow=${PID[slow]}
  stop slow
  hit server CONT
  await 10 says server "hello, I'm client $slow."
  await 10 holds "$(msqid)" 1
  served msg_reply
  served msg_reply
  holds "$(msqid)" 1
  run ! lines slow 4
  hit slow CONT
  join slow
  says slow "Client: receive msg.mtype is: $slow."
  holds "$(msqid)" 0
  server_ends
}

@test "msgqueue: msg_reply: what a killed client did not fetch is taken out, without a new request" {
  local i
  server_waits msg_reply
  stop server
  for i in 1 2 3; do
    client_waits msg_reply "dead$i"
    stop "dead$i"
  done
  hit server CONT
  await 10 holds "$(msqid)" 3
  for i in 1 2; do
    hit "dead$i" KILL
    join "dead$i" 137
  done
  await 10 holds "$(msqid)" 1
  warns server 'client'
  warns server 'is gone, its answer too'
  hit dead3 CONT # alive all the time
  join dead3
  holds "$(msqid)" 0
  served msg_reply
  server_ends
}

@test "msgqueue: msg_reply: a client that is gone before its turn gets no answer" {
  server_waits msg_reply
  stop server
  client_waits msg_reply dead
  hit dead TERM # nothing to clean up: it just dies
  join dead 143
  holds "$(msqid)" 1
  hit server CONT
  await 10 lines server 5
  await 10 holds "$(msqid)" 0
  served msg_reply
  server_ends
}

# all_wait N: so many clients say that they wait, and sleep; in msgsnd(2), as
# nothing else has come to the queue.
all_wait() {
  local pid files=()
  (($(grep -o 'waiting for' crowd.err | wc -l) == $1)) || return 1 # lines may mix
  for pid in $(child_of crowd); do files+=("/proc/$pid/status"); done
  ! grep -L '^State:.S' "${files[@]}" | grep -q .
}
@test "msgqueue: msg_reply: a queue full of requests does not stop the server" {
  local n=15 id
  [[ ${UNDER:-} != valgrind ]] || n=5
  server_waits msg_reply
  id=$(msqid)
  stop server
  poke fill "$id" 5 # for nobody
  start crowd poke crowd msg_reply_client $n
  await 20 all_wait $n
  hit server CONT
  timeout 10 poke take "$id" 5 >taken # now there is room
  join crowd
  each_got $n "Client: receive msg.mtype is: PID."
  server_ends
}

@test "msgqueue: msg_reply: answers that find no room are given later" {
  local id client
  server_waits msg_reply
  id=$(msqid)
  stop server
  for client in $$ $PPID; do # two that live; their requests are shorter than answers
    poke send "$id" 8888888 "$client" "$client" </dev/null
  done
  poke fill "$id" 5
  hit server CONT
  await 10 lines server 7
  await 10 blocked server
  timeout 10 poke take "$id" 5 >/dev/null
  for client in $$ $PPID; do
    timeout 10 poke take "$id" "$client" >answer
    assert_equal "$(head -n 1 answer | cut -d' ' -f1,2)" "$client $client"
    printf "hello, I'm server %d\0" "${PID[server]}" | cmp - <(tail -n +2 answer)
  done
  server_ends
}

@test "msgqueue: msg_reply: an answer with another ticket is not ours; what travels, what is cut" {
  local id client
  id=$(poke make . 600)
  client_waits msg_reply
  client=${PID[client]}
  timeout 10 poke take "$id" 8888888 >request
  read -r pid ticket _ <request
  assert_equal "$pid" "$client"
  poke send "$id" "$client" "$client" $((ticket ^ 1)) <<<'for a dead one'
  await 10 holds "$id" 0
  run ! lines client 4
  poke send "$id" "$client" "$client" "$ticket" < <(printf 'for you')
  join client
  says client 'Client: receive msg.mtext is: for you.'
  run ! says client 'for a dead one'
  start client msg_reply_client # the next one has another ticket
  await 10 holds "$id" 1
  timeout 10 poke take "$id" 8888888 >again
  assert_not_equal "$(cut -d' ' -f2 again | head -n 1)" "$ticket"
  hit client KILL
  join client 137
  ipcrm -q "$id"

  local id pid
  id=$(poke make . 600)
  client_waits msg_reply
  pid=${PID[client]}
  timeout 10 poke take "$id" 8888888 >request
  printf "hello, I'm client %d\0" "$pid" >want
  tail -n +2 request | cmp - want
  assert_equal "$(head -n 1 request | cut -d' ' -f3)" "$(wc -c <want)"
  hit client TERM
  join client 143
  ipcrm -q "$id"

  local id
  id=$(poke make . 600)
  client_waits msg_reply
  timeout 10 poke take "$id" 8888888 >request
  read -r pid ticket _ <request
  head -c 5000 /dev/zero | tr '\0' z | poke send "$id" "$pid" "$pid" "$ticket"
  join client
  grep -qE '^Client: receive msg.mtext is: z{255}\.$' client.out
  ipcrm -q "$id"
}

@test "msgqueue: msg_reply: garbage does no harm; three hundred are remembered, one more is told" {
  local id
  server_waits msg_reply
  id=$(msqid)
  printf 'xyz' | poke send "$id" 8888888 '' 0
  head -c 5000 /dev/zero | tr '\0' y | poke send "$id" 8888888 0 7
  printf 'no NUL' | poke send "$id" 8888888 -5 7
  printf 'me' | poke send "$id" 8888888 8888888 7
  poke send "$id" 8888888 $$ none </dev/null
  await 10 lines server 13
  await 10 holds "$id" 0
  grep -qE '^Server: receive msg.mtext is: y{255}\.$' server.out
  grep -qxF 'Server: receive msg.mtext is: no NUL.' server.out
  assert_equal "$(grep -c 'a message that names no client' server.err)" 5
  printf 'not for you' | poke send "$id" 5 5 7
  served msg_reply
  holds "$id" 1
  server_ends

  # One with less room: as many answers as nobody fetches must fit into the queue.
  local room=$BATS_TEST_DIRNAME/../msgqueue
  mkdir few
  sed 's/MAX_CLIENTS = 2000/MAX_CLIENTS = 300/' "$room/msg_reply_server.c" >few.c
  run ! cmp -s few.c "$room/msg_reply_server.c"
  cc -I "$room" -o few/msg_reply_server few.c
  PATH=$PWD/few:$PATH server_waits msg_reply
  id=$(msqid)
  timeout 20 poke flood "$id" "$$" 301
  await 10 warns server "client $$ is one too many"
  ipcrm -q "$id"
  join server 1
}

@test "msgqueue: msg_reply: after kill -9 the next server takes over, and sweeps what is for the dead" {
  local old pid name
  server_waits msg_reply
  old=$(msqid)
  stop server
  for name in dead1 patient dead2; do
    client_waits msg_reply $name
    stop $name
  done
  hit server CONT
  await 10 holds "$old" 3 # the answers
  hit server KILL
  join server 137
  for name in dead1 dead2; do
    hit $name KILL
    join $name 137
  done
  server_waits msg_reply next
  assert_equal "$(msqid next)" "$old"
  holds "$old" 1
  pid=${PID[patient]}
  hit patient CONT
  join patient
  says patient "Client: receive msg.mtype is: $pid."
  holds "$old" 0
  served msg_reply
  server_ends next
}

@test "msgqueue: msg_reply: a signal ends the server by that signal, and the queue is gone" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  ulimit -c 0
  for sig in "${!number[@]}"; do
    server_waits msg_reply
    served msg_reply
    hit server "${number[sig]}"
    join server $((128 + sig))
    run our_objects
    assert_output ''
  done
  can_inject
  run -130 traced -o log -e inject='?msgget:signal=INT' msg_reply_server
  run our_objects
  assert_output ''
}

@test "msgqueue: msg_reply: a waiting client is told when the server ends, or the queue goes" {
  server_waits msg_reply
  stop server
  client_waits msg_reply
  hit server TERM
  hit server CONT
  join server 143
  join client 1
  warns client 'msg_reply_client: no answer (is msg_reply_server running?): Identifier removed'
  server_waits msg_reply
  ipcrm -q "$(msqid)"
  join server 1
  warns server 'msg_reply_server: msgrcv .: Identifier removed'
}

@test "msgqueue: msg_reply: a client's patience is ten seconds, also for a full queue and a blocked alarm" {
  local id
  id=$(poke make . 600)
  client_waits msg_reply
  hit client ALRM
  join client 1
  warns client 'no answer (is msg_reply_server running?): Interrupted system call'
  poke fill "$id" 8888888
  start client env --block-signal=ALRM msg_reply_client
  await 10 warns client 'waiting for'
  await 10 blocked client
  hit client ALRM
  join client 1
  warns client 'no answer (is msg_reply_server running?): Interrupted system call'
  poke types "$id" >/dev/null
  can_inject
  run -1 traced -o log -e inject='?msgsnd:error=EINVAL' msg_reply_client
  run grep -nE 'setitimer\(ITIMER_REAL, \{it_interval=\{tv_sec=1, .*it_value=\{tv_sec=10,|msgsnd\(' log
  assert_line --index 0 --partial setitimer
  assert_line --index 1 --partial msgsnd
  ipcrm -q "$id"
}

@test "msgqueue: msg_reply: two servers share the work; when one ends the other is told" {
  server_waits msg_reply one
  server_waits msg_reply two
  stop one
  served msg_reply
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[two]}."
  hit one CONT
  served msg_reply
  hit one TERM
  join one 143
  join two 1
  warns two 'msg_reply_server: msgrcv .: Identifier removed'
}

@test "msgqueue: msg_reply: wrong usage, each key file and folder for itself" {
  local program argument
  for program in msg_reply_server msg_reply_client; do
    for argument in -x --help '. .'; do
      # shellcheck disable=SC2086
      run -2 --separate-stderr timeout 10 "$program" $argument
      assert_output ''
      assert_equal "$stderr" "$program: usage: $program [KEYPATH]"
    done
    run -1 timeout 10 "$program" no/such/file
    assert_output "$program: ftok no/such/file: No such file or directory"
  done
  mkdir a b
  : >a/key
  server_waits msg_reply in_a a
  server_waits msg_reply in_file a/key
  run -0 timeout 20 msg_reply_client a/key
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_file]}."
  run -1 timeout 10 msg_reply_client b
  assert_line --partial 'start msg_reply_server there first'
  run -0 timeout 20 env -C a msg_reply_client
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_a]}."
  server_ends in_a
  server_ends in_file

  run -1 --separate-stderr timeout 10 msg_reply_client
  assert_equal "$stderr" 'msg_reply_client: msgget . (start msg_reply_server there first): No such file or directory'
  run our_objects
  assert_output ''
}

@test "msgqueue: msg_reply: lost output is told, and leaves no queue" {
  run -1 timeout 10 bash -c 'msg_reply_server >/dev/full'
  assert_line 'msg_reply_server: stdout: No space left on device'
  run -1 unread msg_reply_server
  assert_line 'msg_reply_server: stdout: Broken pipe'
  run our_objects
  assert_output ''
  server_waits msg_reply
  run -1 timeout 20 bash -c 'msg_reply_client >/dev/full'
  assert_line 'msg_reply_client: stdout: No space left on device'
  run -1 unread msg_reply_client
  assert_line 'msg_reply_client: stdout: Broken pipe'
  served msg_reply
  server_ends
}

@test "msgqueue: msg_reply: a second user can neither ask nor serve; a stranger's queue is refused" {
  local id program
  second_user msg_reply_server msg_reply_client poke
  server_waits msg_reply
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./msg_reply_client
  assert_line "msg_reply_client: msgctl . (another user's: take another KEYPATH): Permission denied"
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./msg_reply_server
  assert_line "msg_reply_server: msgget . (another user's: take another KEYPATH): Permission denied"
  served msg_reply
  server_ends
  id=$(as_nobody ./poke make . 600)
  as_nobody ./poke give "$id" 0 # a present, but its maker may still read it
  for program in msg_reply_server msg_reply_client; do
    run -1 timeout 10 "$program"
    assert_line --partial "$program: .: the queue of another user"
  done
  as_nobody ipcrm -q "$id"
  id=$(poke make . 644)
  run -1 timeout 10 msg_reply_server
  assert_line 'msg_reply_server: .: the queue of another user, or open to others (take another KEYPATH)'
  assert_equal "$(queue "$id" 3)" 644
  ipcrm -q "$id"
}

@test "msgqueue: msg_reply: a failing system call is told, and leaves no queue" {
  can_inject
  run -1 injects '?msgget:error=ENOSPC' -- msg_reply_server
  assert_line 'msg_reply_server: msgget . (limit kernel.msgmni: ipcs -l, sysctl): No space left on device'
  run -1 injects '?msgctl:error=EINVAL:when=1' -- msg_reply_server
  assert_line 'msg_reply_server: msgget .: Invalid argument'
  remove_ours # it was never known to be ours
  run -1 injects '?msgrcv:error=EIDRM:when=2' -- msg_reply_server
  assert_line 'msg_reply_server: msgrcv .: Identifier removed'
  run -1 injects '?setitimer:error=EPERM' -- msg_reply_server
  assert_line 'msg_reply_server: setitimer: Operation not permitted'
  run our_objects
  assert_output ''
  start server env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" \
    strace -qq -f -o log -e inject='?msgsnd:error=EACCES' msg_reply_server
  await 10 warns server 'waiting for'
  start client msg_reply_client
  join server 1
  warns server 'msg_reply_server: msgsnd to client'
  join client 1
  server_waits msg_reply
  run -1 injects '?msgctl:error=EPERM:when=1' -- msg_reply_client
  assert_line 'msg_reply_client: msgctl .: Operation not permitted'
  run -1 injects '?setitimer:error=EPERM' -- msg_reply_client
  assert_line 'msg_reply_client: setitimer: Operation not permitted'
  run -1 injects '?msgsnd:error=EIDRM' -- msg_reply_client
  assert_line 'msg_reply_client: no answer (is msg_reply_server running?): Identifier removed'
  server_ends
}

# ---- mq_server, mq_client ----

# open_queues PID N: so many descriptors of that process are queues.
open_queues() {
  local fd n=0
  for fd in "/proc/$1/fd"/*; do [[ $(readlink "$fd") != /mq-* ]] || n=$((n + 1)); done
  ((n == $2)) || fail "$n queues are open"
}
@test "msgqueue: mq: both print the story of msg_server and msg_client" {
  local asks answers
  server_waits mq
  answers=${PID[server]}
  start client mq_client
  asks=${PID[client]}
  join client
  start other mq_client . 2
  join other
  sed 's/^\(My mqd is: \)[0-9]*/\1N/' client.out | diff - <(cat <<EOT
Message Queue - Client name is: $MQ.
My mqd is: N.
My pid is: $asks.
Client: receive msg.mtext is: hello, I'm server $answers.
Client: receive msg's priority is: 999.
EOT
  )
  head -n 5 server.out | sed 's/^\(My mqd is: \)[0-9]*/\1N/' | diff - <(cat <<EOT
Message Queue - Server name is: $MQ.
My mqd is: N.
My pid is: $answers.
Server: receive msg.mtext is: hello, I'm client $asks.
Server: receive msg's priority is: 888.
EOT
  )
  says server "Server: receive msg's priority is: 2."
  assert_equal "$(poke mq-mode "$MQ")" 600
  poke mq-gone "$MQ.$asks.0"
  open_queues "${PID[server]}" 1
  server_ends
}

@test "msgqueue: mq: the highest priority is served first" {
  local i
  server_waits mq
  stop server
  for i in 3 700 40; do client_waits mq "c$i" . $i; done
  hit server CONT
  for i in 3 700 40; do join "c$i"; done
  assert_equal "$(sed -n 's/.*priority is: //p' server.out | xargs)" '700. 40. 3.'
  server_ends
}

@test "msgqueue: mq: no POSIX queues, exit 77; no server: both are told at once" {
  can_inject
  run -77 injects '?mq_open:error=ENOSYS' -- mq_server
  assert_line 'mq_server: this system has no POSIX message queues'
  run -77 injects '?mq_open:error=ENOSYS' -- mq_client
  assert_line 'mq_client: this system has no POSIX message queues'

  run -1 --separate-stderr timeout 10 mq_client
  assert_equal "$stderr" 'mq_client: mq_open . (start mq_server there first): No such file or directory'
  assert_output "Message Queue - Client name is: $MQ."
}

@test "msgqueue: mq: without /dev/mqueue it says so, and works; with it, it does not" {
  [[ ! -e /dev/mqueue$MQ ]] || skip 'a queue is listed'
  server_waits mq
  if [[ ! -e /dev/mqueue$MQ ]]; then warns server 'no list of queues, as /dev/mqueue is not mounted'; fi
  served mq
  server_ends

  local name
  ((EUID == 0)) && unshare -m true || skip 'the rest needs root and unshare(2), to mount it'
  name=$(type -P mq_server)
  # shellcheck disable=SC2016
  start server unshare -m sh -c 'mount -t tmpfs none /dev && mkdir /dev/mqueue &&
    mount -t mqueue none /dev/mqueue && exec "$1"' - "$name"
  await 10 warns server 'waiting for requests'
  run ! warns server 'not mounted'
  hit server TERM
  join server 143
}

@test "msgqueue: mq: fifteen clients at once, more than the queue has places for" {
  local n=15 file served
  [[ ${UNDER:-} != valgrind ]] || n=12
  server_waits mq
  stop server
  start crowd poke crowd mq_client $n
  await 20 all_wait $n
  hit server CONT
  join crowd
  each_got $n "Client: receive msg.mtext is: hello, I'm server ${PID[server]}."
  served=$(<server.out)
  for file in *.got; do
    [[ $served == *"hello, I'm client ${file%.got}."* ]]
    poke mq-gone "$MQ.${file%.got}.0"
  done
  server_ends
}

@test "msgqueue: mq: a client that does not read, or is gone, stops nobody" {
  local slow
  server_waits mq
  poke mq-make "$MQ.full" 600 one
  printf x | poke mq-send "$MQ.full" x 1
  printf 'I never read' | poke mq-send "$MQ" "$MQ.full" 1
  await 10 warns server "mq_send $MQ.full: Resource temporarily unavailable"
  poke mq-unlink "$MQ.full"
  printf 'I am gone' | poke mq-send "$MQ" "$MQ.full" 1
  await 10 warns server "mq_open $MQ.full: No such file or directory"
  stop server
  client_waits mq slow
  slow=${PID[slow]}
  stop slow
  hit server CONT
  served mq
  hit slow KILL
  join slow 137
  poke mq-unlink "$MQ.$slow.0" # SIGKILL apart, nothing is left
  server_ends
}

@test "msgqueue: mq: a name that is no client's is refused; garbage does no harm" {
  local name
  server_waits mq
  for name in "$MQ" "${MQ}0" "/n${MQ:2}.0" /etc/passwd ''; do
    printf 'evil' | poke mq-send "$MQ" "$name" 7
  done
  printf 'xyz' | poke mq-send "$MQ" raw 7
  printf '' | poke mq-send "$MQ" raw 7
  head -c 96 /dev/zero | tr '\0' a | poke mq-send "$MQ" raw 7
  await 10 lines server 19
  await 10 blocked server
  assert_equal "$(grep -c "a message that names no client's queue" server.err)" 8
  head -c 255 /dev/zero | tr '\0' y | poke mq-send "$MQ" "$MQ.none" 7
  await 10 lines server 21
  grep -qE '^Server: receive msg.mtext is: y{255}\.$' server.out
  name=$MQ.$(printf 'a%.0s' {1..96})
  printf '%.96sbbb' "$name" | poke mq-send "$MQ" raw 7
  await 10 warns server "mq_open ${name:0:95}: "
  run ! warns server b: # the name does not go on in the text
  poke mq-make "$MQ.me" 600
  printf '' | poke mq-send "$MQ" "$MQ.me" 7
  timeout 10 poke mq-take "$MQ.me" >answer
  printf "hello, I'm server %d\0" "${PID[server]}" | cmp - <(tail -n +2 answer)
  poke mq-unlink "$MQ.me"
  served mq
  assert_equal "$(poke mq-count "$MQ")" 0
  server_ends
}

@test "msgqueue: mq: what travels is the name, the text and its NUL; what comes is ended" {
  poke mq-make "$MQ" 600
  client_waits mq
  timeout 10 poke mq-take "$MQ" >request
  read -r name priority _ <request
  assert_equal "$name $priority" "$MQ.${PID[client]}.0 888"
  assert_equal "$(poke mq-mode "$name")" 600
  printf "hello, I'm client %d\0" "${PID[client]}" >want
  tail -n +2 request | cmp - want
  head -c 255 /dev/zero | tr '\0' z | poke mq-send "$name" "$name" 3
  join client
  grep -qE '^Client: receive msg.mtext is: z{255}\.$' client.out
  says client "Client: receive msg's priority is: 3."
  poke mq-gone "$name"
  poke mq-unlink "$MQ"
}

@test "msgqueue: mq: a signal ends each by that signal, and its queue is gone" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM) name
  ulimit -c 0
  for sig in "${!number[@]}"; do
    server_waits mq
    stop server
    client_waits mq
    name=$MQ.${PID[client]}.0
    run ! poke mq-gone "$name"
    hit client "${number[sig]}"
    join client $((128 + sig))
    poke mq-gone "$name"
    hit server "${number[sig]}"
    hit server CONT
    join server $((128 + sig))
    poke mq-gone "$MQ"
  done
  can_inject
  run -130 traced -o log -e inject='?mq_open:signal=INT:when=1' mq_server
  poke mq-gone "$MQ"
  server_waits mq
  run -130 traced -o log -e inject='?mq_open:signal=INT:when=2' mq_client
  name=$(sed -n 's/.*mq_open("\([^"]*\.[0-9.]*\)".*/\1/p' log)
  poke mq-gone "/${name#/}"
  server_ends
}

@test "msgqueue: mq: after kill -9 the next server has the queue; two at once are refused" {
  server_waits mq
  stop server
  client_waits mq patient
  hit server KILL
  join server 137
  start server mq_server
  join patient
  says patient "hello, I'm server ${PID[server]}."
  await 10 blocked server
  server_ends

  server_waits mq
  run -1 timeout 10 mq_server
  assert_line "mq_server: flock $MQ (is another mq_server running?): Resource temporarily unavailable"
  served mq
  server_ends
}

# It finds the queue, or opens it, and is stopped; the other server unlinks it.
@test "msgqueue: mq: a server that meets an ending one makes a queue of its own" {
  local pid when
  can_inject
  for when in 1 2; do
    server_waits mq old
    start server strace -qq -f -o "log$when" -e trace=mq_open \
      -e inject="?mq_open:signal=STOP:when=$when" mq_server
    await 10 grep -q 'stopped by SIGSTOP' log$when
    server_ends old
    pid=$(sed -n '1s/ .*//p' log$when)
    kill -CONT "$pid"
    await 10 warns server 'waiting for requests'
    assert_equal "$(grep -c 'mq_open("mq-\|mq_open("/mq-' log$when)" 3
    open_queues "$pid" 1
    served mq
    kill -TERM "$pid"
    join server 143
  done
}

@test "msgqueue: mq: a killed client's queue is not ours; the client waits for ten seconds" {
  can_inject
  server_waits mq
  # The first name that it tries exists already: exec(3) keeps the pid.
  # shellcheck disable=SC2016
  run -0 timeout 20 bash -c 'echo $$ >pid; poke mq-make "$0.$$.0" 600
    printf old | poke mq-send "$0.$$.0" x 1; exec mq_client' "$MQ"
  assert_line --partial "hello, I'm server"
  assert_equal "$(poke mq-count "$MQ.$(<pid).0")" 1
  poke mq-unlink "$MQ.$(<pid).0"
  poke mq-gone "$MQ.$(<pid).1"
  server_ends

  local now call
  can_inject
  poke mq-make "$MQ" 600
  for call in mq_timedsend mq_timedreceive; do
    now=$(date +%s)
    run -1 traced -o log -e inject="?$call,?${call}_time64:error=ETIMEDOUT" mq_client
    assert_line --partial '(is mq_server running?)'
    assert_line --partial ' timed out'
    run sed -n "s/.*$call.*{tv_sec=\([0-9]*\).*/\1/p" log
    ((output >= now + 10 && output <= $(date +%s) + 10)) || fail "$call waits until $output, now is $now"
  done
  poke mq-unlink "$MQ"
}

@test "msgqueue: mq: wrong usage is told, with exit 2; each folder and file has its own" {
  local argument
  for argument in -x --help '. .'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 10 mq_server $argument
    assert_output ''
    assert_equal "$stderr" 'mq_server: usage: mq_server [KEYPATH]'
  done
  for argument in -x '. x' '. 1x' '. -1' '. 100000' '. 1 2'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 10 mq_client $argument
    assert_output ''
    assert_equal "$stderr" 'mq_client: usage: mq_client [KEYPATH [PRIORITY]]'
  done
  run -2 timeout 10 mq_client . ''
  run -1 timeout 10 mq_server no/such/file
  assert_output 'mq_server: stat no/such/file: No such file or directory'
  mkdir a
  : >a/key
  server_waits mq in_a a
  server_waits mq in_file a/key
  run -0 timeout 20 mq_client a/key
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_file]}."
  run -0 timeout 20 env -C a mq_client
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_a]}."
  run -1 timeout 10 mq_client
  assert_line --partial 'start mq_server there first'
  run -1 timeout 10 mq_client a 32768
  assert_line 'mq_client: mq_timedsend with priority 32768 (is mq_server running?): Invalid argument'
  server_ends in_a
  server_ends in_file
}

@test "msgqueue: mq: lost output is told, and leaves no queue" {
  run -1 timeout 10 bash -c 'mq_server >/dev/full'
  assert_line 'mq_server: stdout: No space left on device'
  run -1 unread mq_server
  assert_line 'mq_server: stdout: Broken pipe'
  poke mq-gone "$MQ"
  server_waits mq
  run -1 timeout 20 bash -c 'mq_client >/dev/full'
  assert_line 'mq_client: stdout: No space left on device'
  run -1 unread mq_client
  assert_line 'mq_client: stdout: Broken pipe'
  served mq
  server_ends
}

@test "msgqueue: mq: two users do not meet; a stranger's queue is refused" {
  local program
  second_user mq_server mq_client poke
  MQ=$(poke mq-name .)
  server_waits mq
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./mq_client
  assert_line --partial 'start mq_server there first' # his own has another name
  start other setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./mq_server
  await 10 warns other 'waiting for requests'
  served mq
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[server]}."
  hit other TERM
  join other 143
  server_ends
  as_nobody ./poke mq-make "$MQ" 600
  for program in mq_server mq_client; do
    run -1 timeout 10 "$program"
    assert_line --partial "$program: $MQ: the queue of another user"
  done
  as_nobody ./poke mq-unlink "$MQ" # it was left alone
  poke mq-make "$MQ" 644
  run -1 timeout 10 mq_server
  assert_line --partial "mq_server: $MQ: the queue of another user, or open to others (take another KEYPATH)"
  poke mq-unlink "$MQ"
}

@test "msgqueue: mq: a failing system call is told, and leaves no queue" {
  local name
  can_inject
  run -1 injects '?mq_open:error=ENOSPC' -- mq_server
  assert_line "mq_server: mq_open $MQ (limit fs.mqueue.queues_max: sysctl): No space left on device"
  run -1 injects '?mq_timedreceive,?mq_timedreceive_time64:error=EBADF' -- mq_server
  assert_line "mq_server: mq_receive $MQ: Bad file descriptor"
  poke mq-gone "$MQ"
  run -1 injects 'flock:error=EINTR' -- mq_server
  assert_line "mq_server: flock $MQ: Interrupted system call"
  poke mq-gone "$MQ" # it was made just now, and nobody knows of it
  server_waits mq
  run -1 injects '?mq_open:error=ENOSPC:when=2' -- mq_client
  assert_line --partial "mq_client: mq_open $MQ."
  assert_line --partial ': No space left on device'
  run -1 injects '?mq_open:error=EACCES:when=1' -- mq_client
  assert_line "mq_client: mq_open $MQ: Permission denied"
  run -1 traced -o log -e inject='?mq_timedsend,?mq_timedsend_time64:error=EBADF' mq_client
  assert_line 'mq_client: mq_timedsend with priority 888 (is mq_server running?): Bad file descriptor'
  name=$(sed -n 's/.*mq_open("\([^"]*\.[0-9.]*\)".*/\1/p' log)
  [[ -n $name ]]
  poke mq-gone "/${name#/}"
  server_ends
}
