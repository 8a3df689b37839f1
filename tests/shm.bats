# shm_server and shm_client: article A 五.3. TRAP-SHM-n names the defect of the
# listing that a test would find if it came back.
# shellcheck disable=SC2016 # code for awk and sh is quoted on purpose
# shellcheck disable=SC2154 # stderr: run sets it
# shellcheck disable=SC2030,SC2031 # PID: each test is a process of its own

setup_file() {
  cat >"$BATS_FILE_TMPDIR/poke.c" <<'E'
/* poke [-l LETTER] KEYPATH COMMAND...: what a stranger to the pair may do. */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>
union semun { int val; struct semid_ds *buf; };
int main(int argc, char *argv[])
{
    int letter = 'h', id, n;
    char *what, *arg;
    key_t key;
    if (argc > 2 && strcmp(argv[1], "-l") == 0) {
        letter = argv[2][0];
        argv += 2;
        argc -= 2;
    }
    if (argc < 3)
        return 2;
    key = ftok(argv[1], letter);
    what = argv[2];
    arg = argc > 3 ? argv[3] : "0";
    n = atoi(arg);
    if (strcmp(what, "objects") == 0) {             /* kind and id of each */
        if ((id = msgget(key, 0)) != -1)
            printf("msg %d\n", id);
        if ((id = semget(key, 0, 0)) != -1)
            printf("sem %d\n", id);
        if ((id = shmget(key, 0, 0)) != -1)
            printf("shm %d\n", id);
    } else if (strcmp(what, "value") == 0) {        /* MEMBER */
        if ((id = semctl(semget(key, 0, 0), n, GETVAL)) == -1)
            err(1, "GETVAL");
        printf("%d\n", id);
    } else if (strcmp(what, "waiting") == 0) {      /* how many in P? */
        if ((id = semctl(semget(key, 0, 0), 0, GETNCNT)) == -1)
            err(1, "GETNCNT");
        printf("%d\n", id);
    } else if (strcmp(what, "hold") == 0) {         /* the buffer, for ever */
        struct sembuf p = {0, -1, SEM_UNDO};
        if (semop(semget(key, 0, 0), &p, 1) == -1)
            err(1, "semop");
        puts("holds");
        fflush(stdout);
        pause();
    } else if (strcmp(what, "take") == 0) {         /* it, without undo */
        struct sembuf p = {0, -1, 0};
        if (semop(semget(key, 0, 0), &p, 1) == -1)
            err(1, "semop");
    } else if (strcmp(what, "send") == 0) {         /* BYTES */
        struct { long type; char text[16]; } m = {888, ""};
        strncpy(m.text, arg, sizeof m.text - 1);
        if (msgsnd(msgget(key, 0), &m, strlen(arg), IPC_NOWAIT) == -1)
            err(1, "msgsnd");
    } else if (strcmp(what, "flood") == 0) {        /* of a type nobody reads */
        struct { long type; char text[1]; } m = {1, "x"};
        while (msgsnd(msgget(key, 0), &m, 1, IPC_NOWAIT) == 0)
            ;
    } else if (strcmp(what, "fill") == 0) {         /* BYTE, no NUL anywhere */
        char *p = shmat(shmget(key, 0, 0), NULL, 0);
        if (p == (void *)-1)
            err(1, "shmat");
        memset(p, arg[0], 4096);                    /* the whole page */
    } else if (strcmp(what, "show") == 0) {
        char *p = shmat(shmget(key, 0, 0), NULL, 0);
        if (p == (void *)-1)
            err(1, "shmat");
        printf("%.4096s\n", p);
    } else if (strcmp(what, "make") == 0) {         /* shm|sem|msg N MODE [UID] */
        int size = atoi(argv[4]), flags = IPC_CREAT | IPC_EXCL;
        struct shmid_ds shm;
        struct semid_ds sem;
        struct msqid_ds msg;
        union semun u = {.buf = &sem};
        flags |= (int)strtol(argv[5], NULL, 8);
        if (arg[1] == 'h')
            id = shmget(key, (size_t)size, flags);
        else
            id = arg[0] == 's' ? semget(key, size, flags) : msgget(key, flags);
        if (id == -1)
            err(1, "make %s", arg);
        if (argc > 6 && arg[1] == 'h') {
            shmctl(id, IPC_STAT, &shm);
            shm.shm_perm.uid = (uid_t)atoi(argv[6]);
            n = shmctl(id, IPC_SET, &shm);
        } else if (argc > 6 && arg[0] == 's') {
            semctl(id, 0, IPC_STAT, u);
            sem.sem_perm.uid = (uid_t)atoi(argv[6]);
            n = semctl(id, 0, IPC_SET, u);
        } else if (argc > 6) {
            msgctl(id, IPC_STAT, &msg);
            msg.msg_perm.uid = (uid_t)atoi(argv[6]);
            n = msgctl(id, IPC_SET, &msg);
        } else
            n = 0;
        if (n == -1)
            err(1, "IPC_SET");
        printf("%s %d\n", arg, id);
    } else
        return 2;
    return 0;
}
E
  cc -o "$BATS_FILE_TMPDIR/poke" "$BATS_FILE_TMPDIR/poke.c"
}

setup() {
  load helpers
  common_setup
  PATH=$BATS_FILE_TMPDIR:$PATH
}
teardown() { common_teardown; }

banner='***************************************
*                 IPC                   *
*Input r to send data toserver.  *
*   Input q to quit.      *
***************************************'
command='Please input command: '
gone='shm_client: the server is gone'

# ready NAME [CMD...]: a server that waits for clients.
ready() {
  local name=$1
  shift
  start "$name" "${@:-shm_server}"
  await 20 warns "$name" 'waiting for shm_client'
}
# client NAME LINE...: with these lines for its input, and then end of file.
client() {
  local name=$1
  shift
  printf '%s\n' "$@" >"$name.in"
  start "$name" shm_client
}
# client_asks NAME TEXT N: N prompts of this text have been printed.
asks() { (($(grep -oF -- "$2" "$1.out" | wc -l) >= $3)); }
# open_client NAME: at a keyboard, it has asked for its first command.
open_client() {
  keyboard "$1"
  start "$1" shm_client
  await 20 asks "$1" "$command" 1
}
# quit: the server ends, all is removed.
quit() {
  echo q >quit.in
  run -0 timeout 20 shm_client <quit.in
  join server
}
value() { [[ $(poke . value "$1" 2>&1) == "$2" ]]; }   # MEMBER VALUE
waiting() { [[ $(poke . waiting 2>&1) == "$1" ]]; }    # N clients are in P
id_of() { poke . objects | awk -v kind="$1" '$1 == kind { print $2 }'; }
# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -o /dev/null -e)
nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
all_semop='?semop,?semtimedop,?semtimedop_time64'
# remove 'KIND ID'
remove() {
  case $1 in
    shm*) ipcrm -m "${1#* }" ;;
    sem*) ipcrm -s "${1#* }" ;;
    msg*) ipcrm -q "${1#* }" ;;
  esac
}
# tracee NAME: the program under strace.
tracee() {
  local pid
  pid=$(child_of "$1")
  echo "${pid%% *}"
}
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
}

@test "shm: the transcript is the article's, byte by byte" {
  # TRAP-SHM-6: the listing printed only `second`.
  ready server
  printf '%s\n' r hello r 'second message' x q >client.in
  start client shm_client
  join client
  join server
  printf '%s\n%s' "$banner" "${command}Data to send:${command}Data to send:${command}Wrong input!
$command" >expected
  cmp client.out expected
  printf '%s\n' hello 'second message' >expected
  cmp server.out expected
  run cat client.err
  assert_output ''
  assert_equal "$(<server.err)" 'shm_server: waiting for shm_client (start it in this directory)'
  assert_equal "$(poke . objects)" ''
}

@test "shm: at a keyboard, each prompt comes before its line is typed" {
  ready server
  assert_equal "$(<server.out)" ''
  open_client client
  assert_equal "$(<client.out)" "$banner
Please input command: "
  types client r
  await 10 asks client 'Data to send:' 1
  types client hello
  await 10 says server hello
  await 10 asks client "$command" 2
  types client x
  await 10 says client 'Wrong input!'
  await 10 asks client "$command" 3
  types client q
  join client
  join server
}

# TRAP-SHM-5
@test "shm: 200 texts from a pipe are printed once each, in order" {
  local n=200 i
  [[ ! ${UNDER:-} ]] || n=30
  ready server
  for ((i = 1; i <= n; i++)); do printf 'r\ntext %d\n' "$i"; done >client.in
  echo q >>client.in
  start client shm_client
  join client
  join server
  for ((i = 1; i <= n; i++)); do echo "text $i"; done | diff - server.out
}

# TRAP-SHM-5
@test "shm: the second text waits until a busy server has printed the first" {
  ready server
  hit server STOP
  await 10 stopped server
  client client r one r two r three
  await 20 waiting 1
  await 10 value 0 0
  assert_equal "$(poke . show)" one # not overwritten
  assert_equal "$(grep -o 'Data to send:' client.out | wc -l)" 2
  hit server CONT
  join client
  await 10 lines server 3
  run -0 cat server.out
  assert_output 'one
two
three'
  quit
}

@test "shm: of two clients at once, each text is printed exactly once" {
  local n=50 i who
  [[ ! ${UNDER:-} ]] || n=10
  for who in anna bob; do
    for ((i = 1; i <= n; i++)); do printf 'r\n%s %d\n' $who "$i"; done >$who.in
  done
  ready server
  start anna shm_client
  start bob shm_client
  join anna
  join bob
  quit
  for who in anna bob; do
    for ((i = 1; i <= n; i++)); do echo "$who $i"; done | diff - <(grep "^$who" server.out)
  done
  run -0 wc -l <server.out
  assert_output $((2 * n))
}

@test "shm: a text that is still unread when q comes is printed before the end" {
  ready server
  hit server STOP
  await 10 stopped server
  client anna r last
  join anna
  client bob q
  await 20 waiting 1 # q takes its turn, too
  hit server CONT
  join bob
  join server
  assert_equal "$(<server.out)" last
}

# TRAP-SHM-6
@test "shm: a text keeps its blanks, and any byte but NUL and newline" {
  local text=$'  hello world,\tthis is\r one %s%n message \x01\x7f\xc3\xa9\xff '
  ready server
  client client r "$text" r '' r 'r' r 'q'
  join client
  await 10 lines server 4
  quit
  printf '%s\n' "$text" '' r q | cmp - server.out
  assert_equal "$(<client.err)" ''
}

# TRAP-SHM-7
@test "shm: 1023 bytes fit; of a longer line nothing is sent, nothing is left over" {
  local n long
  ready server
  for n in 1022 1023 1024 1025 4096 8000 100000; do
    long=$(printf "%${n}s" '')
    printf '%s\n' r "${long// /q}"
  done >client.in
  printf '%s\n' r short >>client.in
  start client shm_client
  join client
  await 10 lines server 3
  run -0 awk '{ print length($0), substr($0, 1, 5) }' server.out
  assert_output '1022 qqqqq
1023 qqqqq
5 short'
  run -0 grep -o 'not sent: .*' client.err
  assert_output 'not sent: 1024 bytes, at most 1023 fit
not sent: 1025 bytes, at most 1023 fit
not sent: 4096 bytes, at most 1023 fit
not sent: 8000 bytes, at most 1023 fit
not sent: 100000 bytes, at most 1023 fit'
  assert_equal "$(grep -o 'Wrong' client.out)" ''
  assert_equal "$(grep -o "$command" client.out | wc -l)" 9
  quit
}

# TRAP-SHM-7
@test "shm: a segment without any NUL is printed up to its end, not further" {
  ready server
  poke . fill A # the whole page
  poke . take
  poke . send r
  await 10 lines server 1
  await 10 value 0 1
  poke . take
  poke . fill B
  poke . send r
  await 10 lines server 2
  run -0 awk '{ print length($0) }' server.out
  assert_output '1023
1023'
  quit
}

@test "shm: a NUL byte in a text is refused, in a command it is wrong input" {
  ready server
  printf 'r\nab\0cd\nr\n\0\nr\0\nq\0uit\nr\nafter\n' >client.in
  start client shm_client
  join client
  await 10 lines server 1
  assert_equal "$(<server.out)" after
  assert_equal "$(grep -c 'not sent: a text ends at a NUL' client.err)" 2
  assert_equal "$(grep -o 'Wrong input!' client.out | wc -l)" 2
  quit
}

# TRAP-SHM-20
@test "shm: a command is one letter, alone on its line" {
  ready server
  client client quit remove R Q '' ' r' 'r ' rr qq $'q\r' "$(printf '%2000s' q)"
  join client
  assert_equal "$(grep -c 'Wrong input!' client.out)" 11
  run grep 'Data' client.out
  assert_output ''
  value 1 1 # the server lives
  quit
  assert_equal "$(<server.out)" ''
}

# TRAP-SHM-8
@test "shm: r and then end of input sends nothing" {
  ready server
  client client r 'buy 10' r
  join client
  await 10 lines server 1
  printf 'r\n' >client.in
  start client shm_client
  join client
  run -0 tail -n 1 client.out
  assert_output "${command}Data to send:"
  value 0 1
  quit
  assert_equal "$(<server.out)" 'buy 10'
}

# TRAP-SHM-10
@test "shm: end of input ends the client with 0, in silence" {
  ready server
  : >client.in
  start client shm_client
  join client
  printf '%s\n%s' "$banner" "$command" | cmp - client.out
  assert_equal "$(<client.err)" ''
  value 1 1
  open_client other
  types other r
  await 10 asks other 'Data to send:' 1
  hangs_up other
  join other
  printf 'r\nunfinished line' >client.in
  start client shm_client
  join client
  await 10 says server 'unfinished line'
  printf q >client.in # as well without a newline
  start client shm_client
  join client
  join server
}

@test "shm: a closed or unreadable input is told, with 1" {
  ready server
  run -1 --separate-stderr timeout 20 bash -c 'exec shm_client <&-'
  assert_regex "$stderr" 'shm_client: stdin: Bad file descriptor$'
  run -1 --separate-stderr timeout 20 shm_client </
  assert_regex "$stderr" 'shm_client: stdin: Is a directory$'
  quit
  run -1 --separate-stderr timeout 20 bash -c 'exec shm_client <&-'
  assert_regex "$stderr" 'start shm_server first'
  start server bash -c 'exec shm_server <&-'
  await 20 warns server 'waiting for shm_client'
  quit
}

# TRAP-SHM-10: where char is unsigned, EOF kept in a char is never seen; and
# where it is signed, byte 0xff is taken for it.
@test "shm: end of input is seen where char is unsigned, and 0xff is none where it is signed" {
  cc -funsigned-char -o unsigned_client "$BATS_TEST_DIRNAME/../shm/shm_client.c"
  cc -fsigned-char -o signed_client "$BATS_TEST_DIRNAME/../shm/shm_client.c"
  local prog
  ready server
  for prog in ./signed_client ./unsigned_client; do
    printf '\xff\nr\n\xff\xff after\nr\nend' >in
    run -0 timeout 20 $prog <in
  done
  quit
  printf '\xff\xff after\nend\n\xff\xff after\nend\n' | cmp - server.out
}

# TRAP-SHM-2
@test "shm: shmat that fails is told, not touched" {
  can_inject
  run -1 injects '?shmat:error=EACCES' -- shm_server
  assert_output --partial 'shm_server: shmat: Permission denied'
  assert_equal "$(poke . objects)" ''
  ready server
  run -1 injects '?shmat:error=EACCES' -- shm_client
  assert_output --partial 'shm_client: shmat: Permission denied'
  quit
}

# TRAP-SHM-3
@test "shm: a text of 0xff bytes is a text like any other" {
  ready server
  client client r $'\xff\xff\xff\xff\xff\xff\xff\xff'
  join client
  await 10 lines server 1
  client next r hello # the segment still begins with them
  join next
  await 10 says server hello
  client next r $'\xff\xff\xff\xff'
  join next
  await 10 lines server 3
  hit server KILL
  join server 137
  ready server # and so it does for a new server
  quit
}

# TRAP-SHM-4
@test "shm: a server whose queue is taken away says so and ends" {
  ready server
  ipcrm -q "$(id_of msg)"
  join server 1
  assert_regex "$(<server.err)" 'shm_server: msgrcv: (Identifier removed|Invalid argument)$'
  assert_equal "$(poke . objects)" ''
  assert_equal "$(<server.out)" ''
}

@test "shm: a server whose semaphores are taken away says so and ends" {
  ready server
  open_client client
  ipcrm -s "$(id_of sem)"
  types client r
  join client 1
  warns client "$gone"
  poke . send r
  join server 1
  assert_regex "$(<server.err)" 'shm_server: semop V: Invalid argument$'
  assert_equal "$(poke . objects)" ''
}

# TRAP-SHM-9
@test "shm: while one person thinks, or stops at the prompt, the others go on" {
  ready server
  open_client slow
  types slow r
  await 10 asks slow 'Data to send:' 1
  value 0 1 # nothing is held
  client quick r quick
  join quick
  await 10 says server quick
  hit slow STOP # Ctrl-Z
  await 10 stopped slow
  client quick r quicker
  join quick
  await 10 says server quicker
  hit slow CONT # fg
  types slow slow
  await 10 says server slow
  hangs_up slow
  join slow
  quit
  assert_equal "$(<server.out)" 'quick
quicker
slow'
}

# TRAP-SHM-11
@test "shm: a second server touches nothing, also while a client has the buffer" {
  local before
  ready server
  start holder poke . hold
  await 10 says holder holds
  before=$(poke . objects)
  run -1 --separate-stderr timeout 20 shm_server
  assert_regex "$stderr" '^shm_server: key 0x68[0-9a-f]{6}: another shm_server is at work$'
  assert_output ''
  assert_equal "$(poke . objects)" "$before"
  value 0 0
  hit holder KILL
  join holder 137
  await 10 value 0 1
  client client r hello
  join client
  await 10 says server hello
  value 0 1
  quit
}

@test "shm: of four servers started at once, one works and three say why not" {
  local i
  race() {
    for i in 1 2 3 4; do start "s$i" shm_server; done
    for i in 1 2 3 4; do await 20 test -s "s$i.err"; done
    await 20 one_left
    for i in 1 2 3 4; do
      if grep -q 'waiting for' "s$i.err"; then
        PID["server"]=${PID["s$i"]}
        unset "PID[s$i]"
      else
        join "s$i" 1
        assert_regex "$(<"s$i.err")" 'another shm_server is at work|semget|semop|for you'
      fi
    done
    client client r hello
    join client
  }
  one_left() {
    local i n=0
    for i in 1 2 3 4; do ended "s$i" || ((n += 1)); done
    ((n == 1))
  }
  race
  hit server KILL # and the same on what a killed server has left
  join_killed() { wait "${PID[server]}" || true; unset 'PID[server]'; }
  join_killed
  race
  hit server TERM
  wait "${PID[server]}" || assert_equal $? 143
  unset 'PID[server]'
  assert_equal "$(poke . objects)" ''
}

# TRAP-SHM-12
@test "shm: Ctrl-Z and fg do no harm to a client that waits for the buffer" {
  ready server
  hit server STOP
  await 10 stopped server
  client anna r AAAA
  join anna
  client bob r BBBB
  await 20 waiting 1
  hit bob STOP
  await 10 stopped bob
  hit bob CONT
  await 10 waiting 1
  run ! ended bob
  value 0 0
  assert_equal "$(poke . show)" AAAA
  hit server CONT
  join bob
  await 10 lines server 2
  assert_equal "$(<server.out)" 'AAAA
BBBB'
  value 0 1
  assert_equal "$(<bob.err)" ''
  quit
}

# TRAP-SHM-12
@test "shm: EINTR in semop is waited through, in the server's msgrcv as well" {
  can_inject
  start server "${traced[@]}" 'inject=?msgrcv:error=EINTR:when=1..3' shm_server
  await 20 warns server 'waiting for shm_client'
  printf 'r\nhello\nq\n' >in
  run -0 injects "$all_semop:error=EINTR:when=1..2" -- shm_client <in
  join server
  assert_equal "$(<server.out)" hello
  refute_regex "$(<server.err)" 'ignored'
}

@test "shm: Ctrl-Z and fg do no harm to the server" {
  ready server
  hit server STOP
  await 10 stopped server
  hit server CONT
  client client r hello
  join client
  await 10 says server hello
  quit
}

# TRAP-SHM-13
@test "shm: after the q of one client, the others are told at their next command" {
  ready server
  open_client anna
  open_client bob
  types bob r
  await 10 asks bob 'Data to send:' 1
  open_client carl
  quit
  types anna r # is not even asked for the text
  join anna 1
  assert_equal "$(<anna.err)" "$gone"
  refute_regex "$(<anna.out)" 'Data'
  types bob 'is anybody there?'
  join bob 1
  assert_regex "$(<bob.err)" "^$gone: semop P: Invalid argument"
  types carl q
  join carl 1
  assert_regex "$(<carl.err)" "^$gone"
  assert_equal "$(<server.out)" ''
}

# TRAP-SHM-14
@test "shm: without its server, a client neither starts nor goes on" {
  ready server
  open_client anna
  open_client bob
  types bob r
  await 10 asks bob 'Data to send:' 1
  open_client carl
  hit server KILL
  join server 137
  assert_equal "$(poke . objects | wc -l)" 3 # that is what SIGKILL does
  run -1 --separate-stderr timeout 20 shm_client
  assert_equal "$stderr" 'shm_client: start shm_server first, in this directory'
  assert_output ''
  types anna r
  join anna 1
  assert_equal "$(<anna.err)" "$gone"
  types bob 'is anybody there?'
  join bob 1
  assert_equal "$(<bob.err)" "$gone"
  types carl q
  join carl 1
  assert_equal "$(<carl.err)" "$gone"
  ready server
  quit
}

# TRAP-SHM-14
@test "shm: a new server knows nothing of what a killed one has left" {
  ready server
  hit server STOP
  await 10 stopped server
  client client r yesterday
  join client
  poke . send q
  hit server KILL
  join server 137
  assert_equal "$(poke . objects | wc -l)" 3
  ready server
  value 0 1
  assert_equal "$(poke . show)" ''
  client client r today
  join client
  await 10 says server today
  quit
  assert_equal "$(<server.out)" today
}

# A client of the killed server, if it sent now what it has begun, would meet
# a new server's semaphore with an undo of the old one.
@test "shm: a client that outlives its server is no client of the next one" {
  ready server
  open_client client
  types client r
  await 10 asks client 'Data to send:' 1
  hit server KILL
  join server 137
  ready server
  types client late
  join client 1
  assert_regex "$(<client.err)" "^$gone"
  quit
  assert_equal "$(<server.out)" ''
}

# TRAP-SHM-15
@test "shm: a client that comes too early, or elsewhere, is told what to start" {
  run -1 --separate-stderr timeout 20 shm_client
  assert_equal "$stderr" \
    'shm_client: semget (start shm_server first, in this directory): No such file or directory'
  assert_output ''
  ready server
  mkdir sub
  run -1 --separate-stderr timeout 20 bash -c 'cd sub && exec shm_client'
  assert_regex "$stderr" 'start shm_server first, in this directory'
  printf 'r\nwith a path\n' >in
  run -0 timeout 20 bash -c 'cd sub && exec shm_client ..' <in
  await 10 says server 'with a path'
  quit
}

# TRAP-SHM-15: whatever the server is just making, a client works, or is told.
@test "shm: a client that comes while the server starts works or is told" {
  can_inject
  local at
  for at in semctl:when=1 "$all_semop:when=2" shmget:when=1 shmat:when=1 msgget:when=1 \
    "$all_semop:when=3"; do
    start server "${traced[@]}" "inject=${at/:/:signal=STOP:}" shm_server
    await 20 stands_still
    client early r early
    await 20 waits_or_ends
    await 20 goes_on
    if ended early && [[ -s early.err ]]; then
      join early 1
      assert_regex "$(<early.err)" 'start shm_server first'
      assert_equal "$(<early.out)" ''
    else
      join early
      await 10 says server early
    fi
    quit
  done
}
stands_still() { [[ $(ps -o stat= -p "$(tracee server)") == [tT]* && -n $(poke . objects) ]]; }
waits_or_ends() { ended early || waiting 1; }
goes_on() { warns server 'waiting for' || { hit_tracee CONT; false; }; }

# TRAP-SHM-16: two names of one inode have one key, and so may two inodes.
@test "shm: where two keys are equal, the second server is refused and prints the key" {
  : >annas
  ln annas bobs
  ready server shm_server annas
  run -1 --separate-stderr timeout 20 shm_server bobs
  assert_regex "$stderr" 'key 0x68[0-9a-f]{6}: another shm_server is at work'
  printf 'q\n' >in
  run -0 timeout 20 shm_client annas <in
  join server
  assert_equal "$(poke annas objects)" ''
}

# TRAP-SHM-17
@test "shm: the key has a letter of its own, not the z of three examples" {
  local kind
  poke -l z . make sem 1 600
  poke -l z . make shm 1024 600
  poke -l z . make msg 0 600
  ready server
  for kind in shm sem msg; do
    run -0 awk -v id="$(id_of $kind)" '$2 == id { printf "%x", $1 / 16777216 }' "/proc/sysvipc/$kind"
    assert_output --partial 68
  done
  client client r hello q
  join client
  join server
  assert_equal "$(<server.out)" hello
  run -0 poke -l z . objects # those of the letter z are untouched
  assert_equal "${#lines[@]}" 3
  remove_ours
}

# TRAP-SHM-18
@test "shm: another user can neither send nor read nor end the server" {
  second_user shm_server shm_client
  cp "$BATS_FILE_TMPDIR/poke" .
  local kind
  ready server
  for kind in shm sem msg; do
    run -0 awk -v id="$(id_of $kind)" '$2 == id { print $3 % 1000 }' "/proc/sysvipc/$kind"
    assert_output 600
  done
  printf 'r\ntampered\nq\n' >in
  run -1 timeout 20 "${nobody[@]}" ./shm_client <in
  assert_output --partial 'Permission denied'
  for kind in 'send q' 'fill x' 'value 0' hold take show; do
    # shellcheck disable=SC2086
    run -1 timeout 20 "${nobody[@]}" ./poke . $kind
  done
  run as_nobody ipcrm -q "$(id_of msg)"
  run as_nobody ipcrm -s "$(id_of sem)"
  run as_nobody ipcrm -m "$(id_of shm)"
  assert_equal "$(poke . objects | wc -l)" 3
  client client r mine
  join client
  await 10 says server mine
  quit
  assert_equal "$(<server.out)" mine
}

@test "shm: another user's objects are refused and untouched, by root too" {
  second_user shm_server shm_client
  cp "$BATS_FILE_TMPDIR/poke" .
  local make before
  # Made by him; given to him; made by him and given to us.
  for make in 'as_nobody ./poke . make shm 1024 666' 'as_nobody ./poke . make msg 0 666' \
    'as_nobody ./poke . make sem 2 666' './poke . make sem 2 600 65534' \
    'as_nobody ./poke . make sem 2 600 0' 'as_nobody ./poke . make shm 1024 600 0'; do
    # shellcheck disable=SC2086
    run -0 $make
    before=$output
    run -1 --separate-stderr timeout 20 shm_server
    assert_regex "$stderr" "at key 0x68[0-9a-f]{6} is not one that shm_server made for you; .*: ipcrm -[MSQ] 0x68"
    assert_output ''
    if [[ $before == sem* ]]; then
      run -1 --separate-stderr timeout 20 shm_client </dev/null
      assert_regex "$stderr" '^shm_client: semget \(start shm_server first.*: Operation not permitted'
    fi
    assert_equal "$(poke . objects)" "$before"
    remove "$before"
  done
}

@test "shm: another user's server is no server for us, not even for root" {
  second_user shm_server shm_client
  ready server "${nobody[@]}" shm_server
  printf 'r\nsecret\nq\n' >in
  run -1 --separate-stderr timeout 20 shm_client <in
  assert_regex "$stderr" '^shm_client: semget .*: Operation not permitted'
  assert_output ''
  run -1 --separate-stderr timeout 20 shm_server
  assert_regex "$stderr" 'not one that shm_server made for you'
  assert_equal "$(poke . objects | wc -l)" 3
  hit server TERM
  join server 143
  assert_equal "$(<server.out)" ''
}

@test "shm: a stranger's segment or queue between our set and its server is not used" {
  second_user shm_server shm_client
  cp "$BATS_FILE_TMPDIR/poke" .
  ready server
  ipcrm -m "$(id_of shm)"
  as_nobody ./poke . make shm 1024 666
  run -1 --separate-stderr timeout 20 shm_client </dev/null
  assert_regex "$stderr" '^shm_client: shmget .*: Operation not permitted'
  hit server TERM
  join server 143
  ipcrm -m "$(id_of shm)"
  ready server
  hit server STOP # or else it would notice
  await 10 stopped server
  ipcrm -q "$(id_of msg)"
  as_nobody ./poke . make msg 0 666
  run -1 --separate-stderr timeout 20 shm_client </dev/null
  assert_regex "$stderr" '^shm_client: msgget .*: Operation not permitted'
  hit server CONT
  join server 1
  ipcrm -q "$(id_of msg)"
}

@test "shm: a stranger's object among what a killed server has left is not touched" {
  second_user shm_server shm_client
  cp "$BATS_FILE_TMPDIR/poke" .
  local make before kind
  for make in 'shm 1024 600' 'msg 0 600'; do
    kind=${make%% *}
    ready server
    hit server KILL
    join server 137
    remove "$kind $(id_of "$kind")"
    # shellcheck disable=SC2086
    as_nobody ./poke . make $make
    before=$(poke . objects)
    run -1 --separate-stderr timeout 20 shm_server
    assert_regex "$stderr" 'not one that shm_server made for you'
    assert_equal "$(poke . objects)" "$before" # ours neither
    remove "$kind $(id_of "$kind")"
    ready server
    quit
  done
}

@test "shm: our own objects of another shape are refused and untouched" {
  local what before
  for what in 'shm 1024 600' 'shm 512 600' 'msg 0 600' 'sem 1 600' 'sem 3 600' 'sem 2 666'; do
    # shellcheck disable=SC2086
    run -0 poke . make $what
    before=$output
    run -1 --separate-stderr timeout 20 shm_server
    assert_regex "$stderr" "is not one that shm_server made for you; .*: ipcrm -[MSQ] 0x68"
    assert_equal "$(poke . objects)" "$before"
    remove "$before"
  done
}

# TRAP-SHM-19
@test "shm: an old segment of another size is refused, with the line that removes it" {
  local line before
  ready server
  hit server KILL
  join server 137
  ipcrm -m "$(id_of shm)"
  run -0 poke . make shm 8192 600
  before=$(poke . objects)
  run -1 --separate-stderr timeout 20 shm_server
  assert_regex "$stderr" '^shm_server: the segment at key .* remove it: ipcrm -M 0x68[0-9a-f]{6}$'
  assert_equal "$(poke . objects)" "$before" # the queue and the set neither
  line=${stderr##*: }
  $line
  ready server
  quit
}

# TRAP-SHM-21
@test "shm: a message that is no command is ignored, whatever its length" {
  local text
  ready server
  for text in qq rr '' x Q 0123456789; do poke . send "$text"; done
  await 10 ignored 6
  client client r hello
  join client
  await 10 says server hello
  quit
  assert_equal "$(<server.out)" hello
}
ignored() { (($(grep -c 'ignored: a message that is neither r nor q' server.err) == $1)); }

@test "shm: a queue filled up by a stranger is told, and nothing waits for ever" {
  ready server
  poke . flood
  printf 'r\nhello\n' >in
  run -1 --separate-stderr timeout 20 shm_client <in
  assert_regex "$stderr" 'shm_client: not sent: msgsnd: Resource temporarily unavailable$'
  value 0 1
  hit server TERM
  join server 143
}

# TRAP-SHM-22
@test "shm: a client that waits for the buffer is told when the set is removed" {
  local how
  for how in TERM ipcrm KILL; do
    ready server
    start holder poke . hold
    await 10 says holder holds
    client anna r late
    client bob q
    await 20 waiting 2
    hit server STOP # now it cannot be the server who gives the buffer back
    case $how in
      ipcrm) ipcrm -s "$(id_of sem)" ;;
      TERM) hit server TERM; hit server CONT ;;
      KILL) hit server KILL ;;
    esac
    join anna 1
    join bob 1
    assert_regex "$(<anna.err)" "^$gone"
    assert_regex "$(<bob.err)" "^$gone"
    hit holder KILL
    join holder 137
    case $how in
      ipcrm) hit server CONT; hit server TERM; join server 143 ;;
      TERM) join server 143; assert_equal "$(poke . objects)" '' ;;
      KILL) join server 137; remove_ours ;;
    esac
  done
}

@test "shm: a killed server wakes all who wait for the buffer, stopped ones apart" {
  local who
  ready server
  hit server STOP
  await 10 stopped server
  client first r one
  join first # its text has the buffer now
  for who in a b c d; do client $who r $who; done
  await 20 waiting 4
  hit server KILL
  join server 137
  for who in a b c d; do
    join $who 1
    assert_equal "$(<$who.err)" "$gone"
  done
  ready server
  quit
}

@test "shm: SIGHUP, SIGINT, SIGQUIT and SIGTERM kill the server and leave nothing" {
  local signal
  for signal in HUP INT QUIT TERM; do
    ready server
    hit server $signal
    join server $((128 + $(kill -l $signal)))
    assert_equal "$(poke . objects)" ''
    assert_equal "$(<server.out)" ''
  done
}

@test "shm: Ctrl-C at any moment of the start leaves nothing" {
  can_inject
  local at
  # The signal comes with the n-th call of that name.
  for at in semget:when=1 "$all_semop:when=1" semctl:when=1 "$all_semop:when=2" shmget:when=1 \
    shmat:when=1 msgget:when=1 "$all_semop:when=3"; do
    start server "${traced[@]}" "inject=${at/:when/:signal=INT:when}" shm_server
    join server 130
    assert_equal "$at: $(poke . objects)" "$at: "
  done
}
says_or_ends() { ended server || warns server 'waiting for'; }
hit_tracee() { kill "-$1" "$(tracee server)" 2>/dev/null || true; }

@test "shm: after SIGKILL at any moment of the start, the next run works" {
  can_inject
  local at
  # Each of them begins with what those before it have left.
  for at in semget:when=1 "$all_semop:when=1" semctl:when=1 "$all_semop:when=2" shmget:when=1 \
    shmget:when=2 shmat:when=1 msgget:when=2 "$all_semop:when=3" "$all_semop:when=4" \
    shmctl:when=2 msgctl:when=2 semctl:when=2 semget:when=3; do
    start server "${traced[@]}" "inject=${at/:when/:signal=KILL:when}" shm_server
    await 20 says_or_ends
    ended server || hit_tracee KILL
    join server 137
  done
  ready server
  client client r hello
  join client
  await 10 says server hello
  quit
}

@test "shm: a client killed at any point of waiting leaves the others unharmed" {
  local signal
  ready server
  for signal in INT KILL; do
    open_client "typing$signal"
    hit "typing$signal" $signal
    join "typing$signal" $((128 + $(kill -l $signal)))
  done
  start holder poke . hold
  await 10 says holder holds
  for signal in INT KILL; do
    client waits r hello
    await 20 waiting 1
    hit waits $signal
    join waits $((128 + $(kill -l $signal)))
    value 0 0
  done
  hit holder KILL
  join holder 137
  client client r hello
  join client
  await 10 says server hello
  quit
  assert_equal "$(<server.out)" hello
}

@test "shm: a client killed between copying and msgsnd gives the buffer back" {
  can_inject
  ready server
  printf 'r\nlost\n' >client.in
  start client "${traced[@]}" 'inject=?msgsnd:signal=KILL' shm_client
  join client 137
  assert_equal "$(poke . show)" lost # the copy had been made
  value 0 1
  client next r hello
  join next
  await 10 says server hello
  quit
  assert_equal "$(<server.out)" hello
}

# Or else its end would give back a buffer that has been sent.
@test "shm: Ctrl-C while a client has the buffer waits until it is handed over" {
  can_inject
  ready server
  hit server STOP
  await 10 stopped server
  printf 'r\nwhole\nr\nno more\n' >client.in
  start client "${traced[@]}" 'inject=?msgsnd:signal=INT' shm_client
  join client 130
  value 0 0
  hit server CONT
  await 10 says server whole
  await 10 value 0 1
  quit
  assert_equal "$(<server.out)" whole
}

# What has been sent belongs to the server: no end of the sender frees it.
@test "shm: a sender that has ended does not free the buffer before it is printed" {
  ready server
  hit server STOP
  await 10 stopped server
  client anna r anna
  join anna
  value 0 0
  client bob r bob
  await 20 waiting 1
  assert_equal "$(poke . show)" anna
  hit server CONT
  join bob
  await 10 lines server 2
  value 0 1
  quit
  assert_equal "$(<server.out)" 'anna
bob'
}

@test "shm: an extra r of a stranger does not make the buffer free twice" {
  ready server
  poke . send r
  poke . send r
  await 10 lines server 2
  value 0 1
  quit
}

@test "shm: a full disk under stdout is told, exit 1, and nothing is left" {
  ready server
  run -1 --separate-stderr timeout 20 bash -c 'shm_client </dev/null >/dev/full'
  assert_equal "$stderr" 'shm_client: stdout: No space left on device'
  quit
  start server bash -c 'exec shm_server >/dev/full'
  await 20 warns server 'waiting for'
  open_client other
  client client r hello
  join server 1
  warns server 'shm_server: stdout: No space left on device'
  join client
  assert_equal "$(poke . objects)" ''
  types other r
  join other 1
  warns other "$gone"
}

@test "shm: a reader of stdout that is gone is told, exit 1, and nothing is left" {
  ready server
  stdout_gone shm_client
  assert_failure 1
  assert_output --partial 'shm_client: stdout: Broken pipe'
  quit
  rm gone.in
  stdout_gone_server() {
    mkfifo pipe.in
      start server bash -c 'exec 5<>pipe.in 6>pipe.in 5<&-; exec shm_server >&6 6>&-'
  }
  stdout_gone_server
  await 20 warns server 'waiting for'
  client client r hello
  join server 1
  warns server 'shm_server: stdout: Broken pipe'
  join client
  assert_equal "$(poke . objects)" ''
}

@test "shm: every line of the server is seen at once, in a file as well" {
  ready server
  client client r hello
  join client
  await 10 says server hello
  assert_equal "$(poke . objects | wc -l)" 3 # it has not ended
  quit
}

@test "shm: each call of the server that fails is told, exit 1, nothing is left" {
  can_inject
  local spec signals=(rt_sigaction:error=EINVAL:when=2+ rt_sigprocmask:error=EINVAL)
  # AddressSanitizer itself starts with these calls.
  if grep -q __asan_init "$(command -v shm_server)"; then signals=(); fi
  for spec in semget:error=ENOSPC "$all_semop:error=ENOMEM:when=1" \
    "$all_semop:error=ENOSPC:when=2" \
    "$all_semop:error=EIDRM:when=3" \
    semctl:error=EPERM:when=1 shmget:error=ENOSPC msgget:error=ENOSPC \
    '?msgrcv:error=EACCES' "${signals[@]}"; do
    run -1 injects "$spec" -- shm_server
    assert_output --regexp 'shm_server: [a-zA-Z_, ]+(\(limit [a-z., :-]+\))?: [A-Z]'
    assert_equal "$spec: $(poke . objects)" "$spec: "
  done
}

@test "shm: a server that cannot remove at the end says so, exit 1" {
  can_inject
  local call when
  for call in shmdt shmctl msgctl semctl; do
    # The first semctl is SETVAL.
    when=1
    [[ $call != semctl ]] || when=2
    start server "${traced[@]}" "inject=$call:error=EPERM:when=$when" shm_server
    await 20 warns server 'waiting for'
    client client q
    join client
    join server 1
    assert_regex "$(<server.err)" 'shm_server: (shm|msg|sem).*: Operation not permitted'
    assert_equal "$(poke . objects)" '' # at exit once more
  done
}

@test "shm: each call of the client that fails is told, exit 1, the server lives on" {
  can_inject
  local spec
  ready server
  printf 'r\nhello\n' >in
  for spec in semget:error=EACCES semctl:error=EACCES:when=1 semctl:error=EIDRM:when=2 \
    semctl:error=EIDRM:when=3 semctl:error=EIDRM:when=4 \
    shmget:error=EINVAL shmctl:error=EACCES msgget:error=EACCES msgctl:error=EACCES \
    "$all_semop:error=EIDRM:when=1" \
    "$all_semop:error=EINVAL:when=1" \
    '?msgsnd:error=EIDRM' rt_sigprocmask:error=EINVAL shmdt:error=EINVAL; do
    echo "$spec"
    run -1 injects "$spec" -- shm_client <in
    assert_output --regexp 'shm_client: [a-zA-Z_, ]+'
    await 10 value 0 1
  done
  run -1 injects "$all_semop:error=EACCES:when=2" -- shm_client <in # in hand_over
  assert_output --partial 'shm_client: semop: Permission denied'
  await 10 lines server 2
  quit
  assert_equal "$(<server.out)" 'hello
hello' # of the last two: it had been sent
}

@test "shm: wrong usage is 2, and touches nothing" {
  local prog
  for prog in shm_server shm_client; do
    for args in -h --help '. .' '-' '. -x'; do
      # shellcheck disable=SC2086
      run -2 --separate-stderr timeout 20 $prog $args
      assert_equal "$stderr" "$prog: usage: $prog [KEYPATH]"
      assert_output ''
    done
    run -1 --separate-stderr timeout 20 $prog no-such-file
    assert_equal "$stderr" "$prog: ftok no-such-file: No such file or directory"
    run -1 timeout 20 $prog ''
  done
  assert_equal "$(poke . objects)" ''
}

# sheet COMMAND: a command of the lesson sheet, as it stands there, but with
# the programs of this build.
sheet() {
  grep -qxF -- "$1" "$SHEET" || fail "not in the sheet: $1"
  echo "${1//build\/shm\//}" >command.sh
  timeout 60 bash command.sh
}

@test "shm: the sheet's commands do what the sheet says" {
  local SHEET=$BATS_TEST_DIRNAME/../shm/README.md id
  run -1 sheet build/shm/shm_client
  start server bash -c "$(awk '/^build.*server$/ { sub(/.*\//, ""); print "exec " $0 }' "$SHEET")"
  await 20 warns server 'waiting for shm_client'
  run -0 sheet ipcs
  for id in $(poke . objects | awk '{ print $2 }'); do
    assert_line --regexp "^0x68[0-9a-f]{6} $id .* 600 "
  done
  sheet "for i in \$(seq 100); do printf 'r\\ntext %d\\n' \$i; done | build/shm/shm_client"
  await 10 lines server 100
  seq -f 'text %g' 100 | diff - server.out
  # The dialogue that the sheet shows is the cast's.
  diff <(awk '/^\*\*\*/ { on = 1 } /^```/ { on = 0 } on' "$SHEET") <(sed -n \
    -e '/^variant/q' -e 's/^client prints //p' -e '/^client asks/ { s/^client asks //; s/command:$/& /; N; s/\nclient types //p }' \
    "${SHEET%/*}/cast")
  quit
  # Every command of the sheet is tested, here or by the stage's make run-shm;
  # that of a claim by tests/shm_labs.bats, those of a variant like this one.
  for id in shm_counter shm_posix; do
    run -0 bash -c "cd '${SHEET%/*}/..' && exec timeout 60 '$BUILD/scripts/stage' -b '$BUILD' shm:$id"
    assert_line 'left behind: nothing'
  done
  run -0 awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$SHEET"
  assert_output "make run-shm
build/shm/shm_server
build/shm/shm_client
ipcs
for i in \$(seq 100); do printf 'r\\ntext %d\\n' \$i; done | build/shm/shm_client
make claim ID=SHM-14
make run-shm-shm_counter
make run-shm-shm_posix"
}
