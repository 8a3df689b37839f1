# msg_server and msg_client: article A 三.3. TRAP-MSG-n names the defect of the
# listing that a test would find if it came back.

# poke: a peer with other manners. It knows the protocol, not our programs.
#   make PATH MODE | give ID UID | fill ID | send ID TYPE [REPLY] <TEXT |
#   take ID TYPE
setup_file() {
  cc -o "$BATS_FILE_TMPDIR/poke" -x c - <<'EOT'
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

int main(int argc, char *argv[])
{
    static struct { long type; char body[8192]; } m = {.type = 7};
    int reply = argc > 4 ? atoi(argv[4]) : 0, id = atoi(argv[2]);
    size_t head = argc > 4 ? sizeof reply : 0;
    ssize_t n = sizeof m.body;

    if (strcmp(argv[1], "make") == 0) {
        key_t key = argv[2][0] == '-' ? IPC_PRIVATE : ftok(argv[2], 'm');
        if ((id = msgget(key, IPC_CREAT | (int)strtol(argv[3], NULL, 8))) == -1)
            err(1, "msgget");
        printf("%d\n", id);
    } else if (strcmp(argv[1], "give") == 0) {
        struct msqid_ds ds;
        if (msgctl(id, IPC_STAT, &ds) == -1)
            err(1, "msgctl");
        ds.msg_perm.uid = (unsigned)atoi(argv[3]);
        if (msgctl(id, IPC_SET, &ds) == -1)
            err(1, "msgctl");
    } else if (strcmp(argv[1], "fill") == 0) {
        for (; n > 0; n /= 2)
            while (msgsnd(id, &m, (size_t)n, IPC_NOWAIT) == 0)
                ;
    } else if (strcmp(argv[1], "send") == 0) {
        m.type = atol(argv[3]);
        memcpy(m.body, &reply, head);
        head += fread(m.body + head, 1, sizeof m.body - head, stdin);
        if (msgsnd(id, &m, head, IPC_NOWAIT) == -1)
            err(1, "msgsnd");
    } else {
        if ((n = msgrcv(id, &m, sizeof m.body, atol(argv[3]), 0)) == -1)
            err(1, "msgrcv");
        memcpy(&reply, m.body, sizeof reply);
        printf("%d %zd\n", reply, n - (ssize_t)sizeof reply);
        fwrite(m.body + sizeof reply, 1, (size_t)n - sizeof reply, stdout);
    }
    return 0;
}
EOT
}
setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
}
teardown() { common_teardown; }

# server_waits [NAME [KEYPATH]]: a server that waits for requests.
server_waits() {
  local name=${1:-server}
  start "$name" msg_server "${@:2}"
  await 10 warns "$name" 'waiting for requests'
  await 10 blocked "$name"
}
# server_ends [NAME]: by Ctrl-C.
server_ends() {
  hit "${1:-server}" INT
  join "${1:-server}" 130
}
# client_waits [NAME]: a client that has sent its request and waits.
client_waits() {
  local name=${1:-client}
  start "$name" msg_client
  await 10 warns "$name" "waiting for msg_server's answer"
  await 10 blocked "$name"
}
# msqid [NAME]: what that server has printed.
msqid() { sed -n 's/^My msqid is: \([0-9]*\)\.$/\1/p' "${1:-server}.out"; }
# queue ID COLUMN: of /proc/sysvipc/msg; fails where there is no such queue.
queue() { awk -v id="$1" -v col="$2" '$2 == id { print $col; found = 1 } END { exit !found }' /proc/sysvipc/msg; }
# holds ID N: that many messages wait there.
holds() { [[ $(queue "$1" 5) == "$2" ]]; }
# no_server: the test is the server; ID is the queue.
no_server() { ID=$(poke make . 600); }
no_server_ends() { ipcrm -q "$ID"; }
# asked: a client has sent; REPLY is the queue where it waits.
asked() {
  client_waits
  timeout 10 poke take "$ID" 888 >request
  read -r REPLY LENGTH <request
}
# answers [TYPE]: stdin, to that client.
answers() { poke send "$REPLY" "${1:-999}" "$REPLY"; }
# served: a client gets a good answer.
served() {
  run timeout 20 msg_client
  assert_success
  assert_line --partial "Client: receive msg.mtext is: hello, I'm server"
}
# private_queues LOG: the ids that strace saw made, and that still exist.
private_queues() {
  local id
  sed -n 's/.*msgget(IPC_PRIVATE.* = \([0-9]*\).*/\1/p' "$1" | while read -r id; do
    if queue "$id" 2; then :; fi
  done
}
# LeakSanitizer cannot work under ptrace(2).
traced() { env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 strace -qq "$@"; }

@test "msgqueue: server and client print what the article prints" {
  local key asks answers
  server_waits
  answers=${PID[server]}
  start client msg_client
  asks=${PID[client]}
  join client
  server_ends
  key=$(sed -n '1s/.*key is: \([0-9]*\)\.$/\1/p' server.out)
  ((key >> 24 == 0x6d)) # ftok(3)'s letter
  cat >server.want <<EOT
Message Queue - Server key is: $key.
My msqid is: $(msqid).
My pid is: $answers.
Server: receive msg.mtext is: hello, I'm client $asks.
Server: receive msg.mtype is: 888.
EOT
  cat >client.want <<EOT
Message Queue - Client key is: $key.
My msqid is: $(msqid).
My pid is: $asks.
Client: receive msg.mtext is: hello, I'm server $answers.
Client: receive msg.mtype is: 999.
EOT
  diff server.want server.out
  diff client.want client.out
}

# TRAP-MSG-4
@test "msgqueue: without a server the client says at once what to start" {
  run -1 --separate-stderr timeout 10 msg_client
  assert_line --index 0 --partial 'Message Queue - Client key is: '
  assert_equal "${#lines[@]}" 1
  # shellcheck disable=SC2154 # set by run
  assert_equal "$stderr" 'msg_client: msgget . (start msg_server there first): No such file or directory'
  run our_objects
  assert_output ''
}

@test "msgqueue: the server stands still in msgrcv(2), also after Ctrl-Z and fg" {
  server_waits
  hit server STOP
  await 10 stopped server
  hit server CONT
  await 10 blocked server
  lines server 3
  run ! lines server 4
  served
  served
  run grep -c 'Server: receive msg.mtype is: 888.' server.out
  assert_output 2
  server_ends
}

@test "msgqueue: the client stands still until the answer comes, also after Ctrl-Z and fg" {
  no_server
  asked
  hit client STOP
  await 10 stopped client
  hit client CONT
  await 10 blocked client
  run ! lines client 4
  answers <<<'here I am'
  join client
  says client 'Client: receive msg.mtext is: here I am'
  run ! queue "$REPLY" 2
  no_server_ends
}

@test "msgqueue: a client whose answer came while it was stopped prints it" {
  no_server
  asked
  hit client STOP
  await 10 stopped client
  answers <<<'in the meantime'
  hit client CONT
  join client
  says client 'Client: receive msg.mtext is: in the meantime'
  no_server_ends
}

# TRAP-MSG-3: the first who asks takes it, whoever it was meant for
@test "msgqueue: an answer that is not fetched goes to nobody else" {
  server_waits
  hit server STOP
  await 10 stopped server
  client_waits slow
  hit slow STOP
  await 10 stopped slow
  hit server CONT
  await 10 says server "client ${PID[slow]}."
  await 10 blocked server
  hit server STOP
  await 10 stopped server
  client_waits other
  run ! lines other 4
  hit slow CONT # the server does nothing now
  join slow
  run ! lines other 4
  hit server CONT
  join other
  server_ends
}

# TRAP-MSG-11
@test "msgqueue: eighty clients at once get their own answers, stopped server or not" {
  local i n=80
  local -A pid=()
  [[ ${UNDER:-} != valgrind ]] || n=10
  server_waits
  for ((i = 1; i <= n; i++)); do
    if ((i == n / 2)); then hit server STOP; fi
    start "c$i" msg_client
    pid[$i]=${PID[c$i]}
  done
  await 20 warns "c$n" 'waiting for'
  await 10 blocked "c$n"
  hit server CONT
  for ((i = 1; i <= n; i++)); do
    join "c$i"
    says "c$i" "hello, I'm server ${PID[server]}."
    says server "hello, I'm client ${pid[$i]}."
  done
  run grep -c 'receive msg.mtype is: 888.' server.out
  assert_output "$n"
  holds "$(msqid)" 0
  server_ends
}

# TRAP-MSG-5: answers that nobody fetches
@test "msgqueue: a client that does not read stops nobody else" {
  local full
  server_waits
  full=$(poke make - 600)
  poke fill "$full"
  poke send "$(msqid)" 888 "$full" <<<'I never read'
  await 10 warns server "msgsnd to queue $full: Resource temporarily unavailable"
  served
  ipcrm -q "$full"
  server_ends
}

@test "msgqueue: an answer to a client that is gone is told, and the server goes on" {
  local gone
  server_waits
  gone=$(poke make - 600)
  ipcrm -q "$gone"
  poke send "$(msqid)" 888 "$gone" <<<'I am dead'
  await 10 warns server "msgsnd to queue $gone: Invalid argument"
  served
  server_ends
}

# TRAP-MSG-5, TRAP-MSG-12
@test "msgqueue: a client is not kept waiting for ever, neither by silence nor by a full queue" {
  no_server
  asked
  hit client ALRM # ten seconds are over; the next test sees that it is ten
  join client 1
  warns client 'msg_client: no answer (is msg_server running?): Interrupted system call'
  lines client 3
  run ! lines client 4
  run ! queue "$REPLY" 2

  poke fill "$ID"
  start other env --block-signal=ALRM msg_client # blocked by who started it
  await 10 warns other "waiting for msg_server's answer"
  await 10 blocked other
  hit other ALRM
  join other 1
  warns other 'no answer (is msg_server running?): Interrupted system call'
  no_server_ends
}

# TRAP-MSG-12: no EINTR then, as msgrcv(2) has not begun
@test "msgqueue: the alarm may ring before the client waits" {
  can_inject
  no_server
  run -1 traced -o log -e inject='?msgsnd:signal=ALRM' msg_client
  assert_line 'msg_client: no answer (is msg_server running?): Invalid argument'
  run private_queues log
  assert_output ''
  no_server_ends
}

# TRAP-MSG-12
@test "msgqueue: the client's patience is ten seconds, and begins before msgsnd(2)" {
  can_inject
  no_server
  run -1 traced -o log -e inject='?msgsnd:error=EINVAL' msg_client
  assert_line 'msg_client: no answer (is msg_server running?): Invalid argument'
  run grep -nE 'alarm\(10\)|setitimer\(ITIMER_REAL.*tv_sec=10|msgsnd\(' log
  assert_line --index 0 --regexp 'alarm|setitimer'
  assert_line --index 1 --partial 'msgsnd'
  run private_queues log
  assert_output ''
  no_server_ends
}

# TRAP-MSG-2
@test "msgqueue: a signal ends the server by that signal, and the queue is gone" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  ulimit -c 0
  for sig in "${!number[@]}"; do
    server_waits
    run our_objects
    assert_output "msg $(msqid)"
    hit server "${number[sig]}"
    join server $((128 + sig))
    run our_objects
    assert_output ''
  done
}

@test "msgqueue: a signal ends the waiting client by that signal, and its queue is gone" {
  local sig number=([1]=HUP [2]=INT [3]=QUIT [15]=TERM)
  ulimit -c 0
  no_server
  for sig in "${!number[@]}"; do
    asked
    queue "$REPLY" 2
    hit client "${number[sig]}"
    join client $((128 + sig))
    run ! queue "$REPLY" 2
  done
  no_server_ends
}

@test "msgqueue: a signal while a queue is being made leaves none" {
  can_inject
  run -130 traced -o log -e inject='?msgget:signal=INT' msg_server
  run our_objects
  assert_output ''
  no_server
  run -130 traced -o log -e inject='?msgget:signal=INT:when=2' msg_client
  grep -q 'msgget(IPC_PRIVATE' log
  run private_queues log
  assert_output ''
  no_server_ends
}

@test "msgqueue: after kill -9 the next server takes the queue over, and what waits in it" {
  local old
  server_waits
  old=$(msqid)
  hit server STOP
  await 10 stopped server
  client_waits dead
  hit dead TERM
  join dead 143
  client_waits patient
  hit server KILL
  join server 137
  start server msg_server
  join patient
  says patient "hello, I'm server ${PID[server]}."
  assert_equal "$(msqid)" "$old"
  await 10 warns server 'msgsnd to queue' # the dead one's
  served
  server_ends
}

@test "msgqueue: both queues are private" {
  server_waits
  assert_equal "$(queue "$(msqid)" 3)" 600
  server_ends
  no_server
  asked
  assert_equal "$(queue "$REPLY" 3)" 600
  answers <<<ok
  join client
  no_server_ends
}

# TRAP-MSG-1
@test "msgqueue: when the queue is removed the server says so and ends" {
  server_waits
  served
  ipcrm -q "$(msqid)"
  join server 1
  warns server 'msg_server: msgrcv .: Identifier removed'
  lines server 5
  run ! lines server 6
}

@test "msgqueue: when its own queue is removed the client says so and ends" {
  no_server
  asked
  ipcrm -q "$REPLY"
  join client 1
  warns client 'msg_client: no answer (is msg_server running?): Identifier removed'
  run ! lines client 4
  no_server_ends
}

@test "msgqueue: two servers share the work; when one ends the other is told" {
  local i
  server_waits one
  server_waits two
  assert_equal "$(msqid one)" "$(msqid two)"
  hit one STOP
  await 10 stopped one
  served
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[two]}."
  hit one CONT
  for i in 1 2 3 4; do served; done
  hit one TERM
  join one 143
  join two 1
  warns two 'msgrcv .: Identifier removed'
}

# TRAP-MSG-9
@test "msgqueue: garbage of any length does not bring the server down" {
  local back
  server_waits
  back=$(poke make - 600)
  head -c 255 /dev/zero | tr '\0' x | poke send "$(msqid)" 888 "$back"
  await 10 lines server 5
  head -c 5000 /dev/zero | tr '\0' y | poke send "$(msqid)" 888 "$back"
  await 10 lines server 7
  grep -qE '^Server: receive msg.mtext is: x{255}\.$' server.out
  grep -qE '^Server: receive msg.mtext is: y{255}\.$' server.out
  printf 'no NUL' | poke send "$(msqid)" 888 "$back"
  await 10 lines server 9
  grep -qxF 'Server: receive msg.mtext is: no NUL.' server.out
  printf 'a\0b\377' | poke send "$(msqid)" 888 "$back"
  await 10 lines server 11
  grep -qxF 'Server: receive msg.mtext is: a.' server.out
  await 10 holds "$back" 4 # to each the usual answer
  printf '' | poke send "$(msqid)" 888 # not even a queue to answer to
  await 10 lines server 13
  grep -qxF 'Server: receive msg.mtext is: .' server.out
  await 10 warns server 'msgsnd to queue -1: Invalid argument'
  printf 'not for you' | poke send "$(msqid)" 5
  served
  holds "$(msqid)" 1
  holds "$back" 4
  ipcrm -q "$back"
  server_ends
}

@test "msgqueue: the client survives answers that are short, long, mistyped or no text" {
  no_server
  asked
  printf 'wrong type' | answers 998
  printf ab | poke send "$REPLY" 999
  join client
  grep -qxF 'Client: receive msg.mtext is: .' client.out

  asked
  head -c 5000 /dev/zero | tr '\0' z | answers
  join client
  grep -qE '^Client: receive msg.mtext is: z{255}\.$' client.out
  says client 'Client: receive msg.mtype is: 999.'

  asked
  printf 'no NUL' | answers
  join client
  grep -qxF 'Client: receive msg.mtext is: no NUL.' client.out
  no_server_ends
}

# TRAP-MSG-8: what was on the stack, or what the last client wrote
@test "msgqueue: what travels is the text and its NUL, nothing else" {
  local back
  no_server
  asked
  printf "hello, I'm client %d\0" "${PID[client]}" >want
  tail -n +2 request | cmp - want
  assert_equal "$LENGTH" "$(wc -c <want)"
  answers <<<ok
  join client
  no_server_ends

  server_waits
  back=$(poke make - 600)
  head -c 256 /dev/zero | tr '\0' s | poke send "$(msqid)" 888 "$back"
  timeout 10 poke take "$back" 999 >answer
  printf "hello, I'm server %d\0" "${PID[server]}" >want
  tail -n +2 answer | cmp - want
  ipcrm -q "$back"
  server_ends
}

# TRAP-MSG-10: unlike the listing's, this log is complete whenever it is read
@test "msgqueue: each line is in a file or pipe as soon as it is printed" {
  server_waits
  lines server 3
  served
  lines server 5
  hit server KILL
  join server 137
  lines server 5
  remove_ours
}

@test "msgqueue: a full disk is told, and leaves no queue" {
  run -1 timeout 10 bash -c 'msg_server >/dev/full'
  assert_output 'msg_server: stdout: No space left on device'
  server_waits
  run -1 timeout 20 bash -c 'msg_client >/dev/full'
  assert_line 'msg_client: stdout: No space left on device'
  server_ends
}

@test "msgqueue: when nobody reads its output a program says so and ends" {
  mkfifo gone.in
  # shellcheck disable=SC2016
  local unread='exec 5<>gone.in 6>gone.in 5<&-; exec env --default-signal=PIPE "$@" >&6 6>&-'
  run -1 timeout 10 bash -c "$unread" - msg_server
  assert_output 'msg_server: stdout: Broken pipe'
  server_waits
  run -1 timeout 20 bash -c "$unread" - msg_client
  assert_line 'msg_client: stdout: Broken pipe'
  server_ends
}

@test "msgqueue: the reader of the server's output leaves while it serves" {
  local back
  mkfifo pipe.in
  # shellcheck disable=SC2016
  start server bash -c 'exec env --default-signal=PIPE msg_server >pipe.in'
  exec 9<pipe.in
  await 10 warns server 'waiting for requests'
  exec 9<&-
  back=$(poke make - 600)
  poke send "$(our_objects | cut -d' ' -f2)" 888 "$back" <<<'hello'
  join server 1
  warns server 'msg_server: stdout: Broken pipe'
  run our_objects
  assert_output ''
  ipcrm -q "$back"
}

@test "msgqueue: closed standard input or output does no harm" {
  # shellcheck disable=SC2016
  start server bash -c 'exec msg_server <&-'
  await 10 warns server 'waiting for requests'
  run timeout 20 msg_client <&-
  assert_success
  if [[ ${UNDER:-} != valgrind ]]; then # it opens files of its own there
    run -1 timeout 20 bash -c 'msg_client >&-'
    assert_line 'msg_client: stdout: Bad file descriptor'
  fi
  server_ends
}

@test "msgqueue: wrong usage is told, with exit 2" {
  local program argument
  for program in msg_server msg_client; do
    for argument in -x --help -; do
      run -2 --separate-stderr timeout 10 "$program" "$argument"
      assert_output ''
      assert_equal "$stderr" "$program: usage: $program [KEYPATH]"
    done
    run -2 timeout 10 "$program" . .
    assert_output "$program: usage: $program [KEYPATH]"
    run -1 timeout 10 "$program" no/such/file
    assert_output "$program: ftok no/such/file: No such file or directory"
    run -1 timeout 10 "$program" ''
    assert_output "$program: ftok : No such file or directory"
  done
}

@test "msgqueue: each folder, and each key file, has a queue of its own" {
  mkdir a b
  : >a/key
  server_waits in_a a
  server_waits in_b b
  server_waits in_file a/key
  run timeout 20 msg_client b
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_b]}."
  run timeout 20 msg_client ./a/key
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_file]}."
  run -1 timeout 10 msg_client .
  assert_line --partial 'start msg_server there first'
  run timeout 20 env -C a msg_client
  assert_line "Client: receive msg.mtext is: hello, I'm server ${PID[in_a]}."
  server_ends in_a
  server_ends in_b
  server_ends in_file
}

# TRAP-MSG-7
@test "msgqueue: a key file that was replaced is told by name, nobody hangs" {
  : >key
  server_waits server key
  : >new
  mv new key # what useradd does to /etc/passwd
  run -1 --separate-stderr timeout 10 msg_client key
  assert_equal "$stderr" 'msg_client: msgget key (start msg_server there first): No such file or directory'
  server_ends
}

# TRAP-MSG-6
@test "msgqueue: a second user can neither ask nor serve nor remove" {
  second_user msg_server msg_client poke
  server_waits
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./msg_client
  assert_line "msg_client: msgctl . (another user's: take another KEYPATH): Permission denied"
  run -1 timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups -- ./msg_server
  assert_line "msg_server: msgget . (another user's: take another KEYPATH): Permission denied"
  run as_nobody timeout 5 ./poke take "$(msqid)" 888
  assert_failure
  run as_nobody ipcrm -q "$(msqid)"
  assert_failure
  served
  server_ends
}

# TRAP-MSG-6
@test "msgqueue: a stranger's queue under our key is refused and not touched" {
  local id program
  second_user msg_server msg_client poke
  id=$(as_nobody ./poke make . 666)
  as_nobody ./poke send "$id" 888 0 <<<'lost'
  for program in msg_server msg_client; do
    run -1 timeout 10 "$program"
    assert_line --partial "$program: .: the queue of another user"
  done
  as_nobody ./poke give "$id" 0 # a present, but its maker may still read it
  for program in msg_server msg_client; do
    run -1 timeout 10 "$program"
    assert_line --partial "$program: .: the queue of another user"
  done
  holds "$id" 1
  assert_equal "$(queue "$id" 3)" 666
  as_nobody ipcrm -q "$id"
}

# TRAP-MSG-6
@test "msgqueue: our own queue is not used by the server if others may open it" {
  local id
  id=$(poke make . 644)
  run -1 timeout 10 msg_server
  assert_line 'msg_server: .: the queue of another user, or open to others (take another KEYPATH)'
  assert_equal "$(queue "$id" 3)" 644
  ipcrm -q "$id"
}

@test "msgqueue: a failing system call is told, and leaves no queue" {
  can_inject
  run -1 injects '?msgget:error=ENOSPC' -- msg_server
  assert_line 'msg_server: msgget . (limit kernel.msgmni: ipcs -l, sysctl): No space left on device'
  run -1 injects '?msgctl:error=EINVAL:when=1' -- msg_server
  assert_line 'msg_server: msgget .: Invalid argument'
  remove_ours # it was never known to be ours
  run -1 injects '?msgrcv:error=EIDRM' -- msg_server
  assert_line 'msg_server: msgrcv .: Identifier removed'
  run our_objects
  assert_output ''
  no_server
  run -1 injects '?msgget:error=ENOSPC:when=2' -- msg_client
  assert_line 'msg_client: msgget IPC_PRIVATE (limit kernel.msgmni: ipcs -l, sysctl): No space left on device'
  run -1 traced -o log -e inject='?msgrcv:error=EIDRM' msg_client
  assert_line 'msg_client: no answer (is msg_server running?): Identifier removed'
  run private_queues log
  assert_output ''
  no_server_ends
}

@test "msgqueue: the commands of the lesson sheet do what it says" {
  local commands
  # shellcheck disable=SC2016
  sed -n '/^```sh/,/^```/{/^```/d;p}' "${BATS_TEST_DIRNAME%/*}/msgqueue/README.md" >sheet
  diff - sheet <<'EOT'
make run-msgqueue
build/msgqueue/msg_server
build/msgqueue/msg_client
ipcs -q
build/msgqueue/msg_client; echo $?
ipcs -q
make claim ID=MSG-12
make claim ID=MSG-13
make run-msgqueue-msg_reply
EOT
  mapfile -t commands <sheet
  ln -s "$BUILD" build
  run timeout 10 bash -c "${commands[4]}"
  assert_line --partial 'start msg_server there first'
  assert_line 1
  start server bash -c "exec ${commands[1]}"
  await 10 warns server 'waiting for requests'
  run timeout 20 bash -c "${commands[2]}"
  assert_line 'Client: receive msg.mtype is: 999.'
  hit server STOP
  await 10 stopped server
  client_waits one
  client_waits two
  run bash -c "${commands[3]}"
  assert_line --regexp " $(msqid) .* 600 +[0-9]+ +2 *\$" # the column messages
  hit server CONT
  join one
  join two
  ipcrm -q "$(msqid)"
  join server 1
  warns server 'msgrcv .: Identifier removed'
}

@test "msgqueue: the answers to the lesson sheet's last questions are what it says" {
  local root=${BATS_TEST_DIRNAME%/*}
  [[ ${UNDER:-} != valgrind ]] || skip 'labs do on purpose what valgrind reports'
  [[ ${BUILT_WITH:-} != *-fsanitize* ]] || skip 'labs do on purpose what sanitizers report'
  run -0 timeout 60 "$root/scripts/claims" -b "$BUILD" MSG-12
  assert_line --regexp 'no +two clients, answers of type 999: 0 of 2 got its own'
  assert_line --regexp 'yes +two clients, answers of type pid: 2 of 2 got its own'
  run -0 timeout 60 "$root/scripts/claims" -b "$BUILD" MSG-13
  assert_line --regexp 'one hello was sent; 1 was received'
  cd "$root"
  run -0 timeout 60 "$BUILD/scripts/stage" -b "$BUILD" msgqueue:msg_reply
  assert_line 'left behind: nothing'
}
