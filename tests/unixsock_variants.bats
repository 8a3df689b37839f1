# The variants of the room unixsock: datagrams, packets, a descriptor that is
# handed over, the peer's credentials, and TCP.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # bats sets $stderr

setup() {
  load helpers
  common_setup
}
teardown() { common_teardown; }

# served NAME CMD...: a server that waits.
served() {
  local name=$1
  shift
  start "$name" "$@"
  await 20 warns "$name" 'waiting for'
}
# over [NAME [SIGNAL [STATUS]]]: it is ended, by TERM if not told.
over() {
  hit "${1:-server}" "${2:-TERM}"
  join "${1:-server}" "${3:-143}"
}
# exactly FILE LINE...: these lines and no other.
exactly() {
  local file=$1
  shift
  printf '%s\n' "$@" | diff - "$file"
}
# sent_back FILE: standard input, an output of a client, is FILE again.
sent_back() { LC_ALL=C sed 's/^Client: receive: server [0-9]*: //' | cmp - "$1"; }
# altered PROGRAM SED: a copy of PROGRAM with this change, as ./PROGRAM.
altered() {
  sed -E "$2" "$BATS_TEST_DIRNAME/../unixsock/$1.c" >"$1.c"
  run ! cmp -s "$1.c" "$BATS_TEST_DIRNAME/../unixsock/$1.c"
  cc -w -o "$1" "$1.c"
}
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  rm -f gone.in
  mkfifo gone.in
  # shellcheck disable=SC2016
  run --separate-stderr timeout 20 bash -c \
    'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
}
# refuses_to_disturb PROGRAM KIND...: what is no socket is not its own.
refuses_to_disturb() {
  local kind before program=$1
  shift
  for kind; do
    case $kind in
      file) echo precious >name ;;
      fifo) mkfifo name ;;
      dangling) ln -s nowhere name ;;
    esac
    before=$(stat -c %i name)
    run -1 --separate-stderr timeout 20 "$program" name
    assert_equal "$stderr" "$program: name exists and is no socket of yours"
    assert_equal "$(stat -c %i name)" "$before"
    rm -r name
  done
}
# dies_clean NAME FILE: whatever signal ends it, its file is gone.
dies_clean() {
  local sig
  for sig in HUP INT QUIT TERM; do
    served s "$1"
    assert_equal "$(stat -c '%F %a' "$2")" 'socket 600'
    over s "$sig" $((128 + $(kill -l "$sig")))
    assert_not_exists "$2"
  done
}
# dies_clean_early PROGRAM FILE CALL...: also by a signal at one of these calls.
dies_clean_early() {
  local call program=$1 file=$2
  shift 2
  for call; do
    run -143 injects "$call:signal=SIGTERM" -- "$program"
    assert_not_exists "$file"
  done
}
# tells CMD FILE CALL...: that one of these calls failed; and leaves no file.
tells() {
  local call cmd=$1 file=$2
  shift 2
  for call; do
    # shellcheck disable=SC2086 # a command and its arguments
    run --separate-stderr injects "$call:error=EIO" -- $cmd
    assert_failure 1
    assert_regex "$stderr" "(^|$'\n')${cmd%% *}: .*: (Input/output|I/O) error"
    [[ -z $file ]] || assert_not_exists "$file"
  done
}
closed_streams() { # CMD...: none of them becomes the socket
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  local stream
  for stream in '<&-' '>&-'; do
    run -1 --separate-stderr timeout 20 sh -c "exec $* $stream"
    assert_equal "$stderr" "$1: a standard stream is closed"
  done
  run -1 timeout 20 sh -c "exec $* 2>&-"
}

# in_call NAME NUMBER...: asleep in this system call: x86-64's and arm64's number.
in_call() {
  local call
  read -r call _ <"/proc/${PID[$1]}/syscall" && [[ " ${*:2} " == *" $call "* ]]
}

# quiet NAME...: these sleep each time that we look, so nobody spins.
quiet() {
  local i name state nothing
  exec {nothing}<> <(:)
  for ((i = 0; i < 12; i++)); do
    for name; do
      read -r _ _ state _ <"/proc/${PID[$name]}/stat"
      [[ $state == S ]] || break 2
    done
    read -rt 0.005 -u "$nothing" || true
  done
  exec {nothing}>&-
  ((i == 12))
}

# ---- sock_dgram ---------------------------------------------------------------

@test "unixsock: sock_dgram: the transcript, line by line" {
  served server sock_dgram_server
  local server=${PID[server]} client
  start client sock_dgram_client sock.dgram hello 'two  words' ''
  client=${PID[client]}
  join client
  exactly client.out "Client: receive: server $server: hello" \
    "Client: receive: server $server: two  words" "Client: receive: server $server: "
  [[ ! -s client.err ]]
  await 20 lines server 4
  over server INT 130
  exactly server.out "Server: my name is sock.dgram, my pid is $server." \
    "Server: 5 bytes from @sock_dgram.$client." \
    "Server: 10 bytes from @sock_dgram.$client." \
    "Server: 0 bytes from @sock_dgram.$client."
  exactly server.err 'sock_dgram_server: waiting for messages: start sock_dgram_client sock.dgram'
}

@test "unixsock: sock_dgram: typists in turn, then six clients at once" {
  served server sock_dgram_server
  local name i
  for name in ann bob; do
    keyboard $name
    start $name sock_dgram_client
    types $name "$name 1"
    await 20 says $name "server ${PID[server]}: $name 1"
  done
  types ann 'ann 2'
  await 20 says ann 'ann 2'
  for name in ann bob; do
    hangs_up $name
    join $name
  done
  run -0 cat ann.out bob.out
  assert_equal "${#lines[@]}" 3
  for ((i = 1; i <= 6; i++)); do
    seq -f "client $i line %g" 1 30 >"c$i.in"
    start "c$i" sock_dgram_client
  done
  for ((i = 1; i <= 6; i++)); do
    join "c$i"
    sent_back "c$i.in" <"c$i.out"
  done
  over
}

@test "unixsock: sock_dgram: every byte, long lines, the longest, a longer one" {
  served server sock_dgram_server
  printf '%b' "$(printf '\\x%x' {0..255})" >c.in
  printf '\0\377 \n\n%04095d\n  a\0b c' 0 >>c.in
  start c sock_dgram_client
  join c
  echo >>c.in # the client ends that line
  sent_back c.in <c.out
  local long
  printf -v long %04096d 0
  run -1 --separate-stderr timeout 20 sock_dgram_client sock.dgram one "$long" two
  assert_output "Client: receive: server ${PID[server]}: one"
  assert_equal "$stderr" 'sock_dgram_client: 4096 bytes: too long, or more than one line'
  run -1 --separate-stderr timeout 20 sock_dgram_client sock.dgram $'a\nb'
  assert_equal "$stderr" 'sock_dgram_client: 3 bytes: too long, or more than one line'
  run -0 timeout 20 sock_dgram_client </dev/null
  assert_output ''
  over
}

@test "unixsock: sock_dgram: who has no name gets no answer; a path is one; nobody waits" {
  served server sock_dgram_server
  altered sock_dgram_client 's/if \(bind\(.*/if (((void)own, -(0 * /; s/(1 \+ \(socklen_t\)len)\) == -1\)/\1)) == -1)/; s/WAIT = 5/WAIT = 1/'
  run -1 --separate-stderr timeout 20 ./sock_dgram_client sock.dgram hello
  assert_equal "$stderr" 'sock_dgram_client: no answer within 1 seconds'
  assert says server 'Server: 5 bytes from nobody.'
  run ! grep -q nobody server.err
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  # one who does not fetch his answers, nor knows what is too long
  altered sock_dgram_client 's/n = recv\(.*/n = 0;/; s/LINE = 4096, WAIT = 5/LINE = 5000/
    s/tv_sec = WAIT/tv_sec = atol(getenv("WAIT"))/; s/, WAIT\)/, 1)/'
  export WAIT=60
  seq 1 2000 >greedy.in
  hit server STOP
  await 20 stopped server
  WAIT=1 run -1 timeout 20 ./sock_dgram_client <greedy.in # a full queue
  assert_output --partial 'the server is gone, or stopped: send: Resource temporarily unavailable'
  start greedy ./sock_dgram_client
  await 20 in_call greedy 44 206 # sendto(2)
  hit greedy STOP
  await 20 stopped greedy
  hit greedy CONT
  await 20 in_call greedy 44 206
  hit server CONT
  local greedy=${PID[greedy]}
  join greedy
  await 20 warns server "no answer to @sock_dgram.$greedy"
  assert warns server "no answer to @sock_dgram.$greedy: Resource temporarily unavailable"
  run -0 timeout 20 ./sock_dgram_client sock.dgram "$(printf %04096d 0)" "$(printf %04097d 0)"
  await 20 warns server 'a message of 4097 bytes is too long: ignored'
  assert says server 'Server: 4096 bytes from'
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  altered sock_dgram_client 's/own.sun_path\[1\]/own.sun_path[0]/g'
  start c ./sock_dgram_client sock.dgram hello
  local c=${PID[c]}
  join c
  assert says server "Server: 5 bytes from sock_dgram.$c."
  rm "sock_dgram.$c"
  over
  altered sock_dgram_server 's/"server %d: "/"%3000d"/; s/PREFIX = 32/PREFIX = 3001/'
  served server ./sock_dgram_server
  run -1 --separate-stderr timeout 20 sock_dgram_client sock.dgram "$(printf %02000d 0)"
  assert_equal "$stderr" 'sock_dgram_client: an answer of 5000 bytes is too long'
  over
}

@test "unixsock: sock_dgram: a client without a server; a second server" {
  run -1 --separate-stderr timeout 20 sock_dgram_client sock.dgram hello
  assert_equal "$stderr" \
    'sock_dgram_client: connect sock.dgram (start sock_dgram_server first): No such file or directory'
  served server sock_dgram_server
  over server KILL 137
  run -1 --separate-stderr timeout 20 sock_dgram_client
  assert_equal "$stderr" \
    'sock_dgram_client: connect sock.dgram (start sock_dgram_server first): Connection refused'
  served server sock_dgram_server # in place of the dead one's file
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  run -1 --separate-stderr timeout 20 sock_dgram_server
  assert_equal "$stderr" 'sock_dgram_server: sock.dgram is already served'
  served stream sock_server stream
  run -1 --separate-stderr timeout 20 sock_dgram_server stream
  assert_equal "$stderr" 'sock_dgram_server: stream is already served'
  run -0 timeout 20 sock_client stream hello
  over stream
  served other sock_dgram_server other
  run -0 timeout 20 sock_dgram_client other hello
  assert_output "Client: receive: server ${PID[other]}: hello"
  over other
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  assert_output "Client: receive: server ${PID[server]}: hello"
  over
}

@test "unixsock: sock_dgram: a server killed is told at the next line" {
  served server sock_dgram_server
  keyboard ann
  start ann sock_dgram_client
  types ann one
  await 20 says ann one
  over server KILL 137
  types ann two
  join ann 1
  exactly ann.err 'sock_dgram_client: the server is gone, or stopped: send: Connection refused'
  rm sock.dgram
}

@test "unixsock: sock_dgram: a client stopped while it waits, or killed" {
  served server sock_dgram_server
  hit server STOP
  await 20 stopped server
  start ann sock_dgram_client sock.dgram hello
  await 20 in_call ann 45 207
  hit ann STOP
  await 20 stopped ann
  hit ann CONT
  await 20 in_call ann 45 207
  hit server CONT
  join ann
  exactly ann.out "Client: receive: server ${PID[server]}: hello"
  hit server STOP
  await 20 stopped server
  start bob sock_dgram_client sock.dgram hello
  local bob=${PID[bob]}
  await 20 in_call bob 45 207
  over bob KILL 137
  hit server CONT
  await 20 warns server "no answer to @sock_dgram.$bob: Connection refused"
  run -0 timeout 20 sock_dgram_client sock.dgram hello
  over
}

@test "unixsock: sock_dgram: it removes its file, whatever ends it, and no other" {
  dies_clean sock_dgram_server sock.dgram
  refuses_to_disturb sock_dgram_server file fifo dangling
  served old sock_dgram_server
  rm sock.dgram
  served new sock_dgram_server
  over old
  assert [ -S sock.dgram ]
  over new
  can_inject
  dies_clean_early sock_dgram_server sock.dgram connect bind rt_sigprocmask \
    '?write,?writev'
}

@test "unixsock: sock_dgram: wrong arguments, names too long, closed streams, a full disk" {
  local name
  for name in '' - --help; do
    run -2 --separate-stderr timeout 20 sock_dgram_server "$name"
    assert_equal "$stderr" 'sock_dgram_server: usage: sock_dgram_server [NAME]'
    run -2 --separate-stderr timeout 20 sock_dgram_client "$name"
    assert_equal "$stderr" 'sock_dgram_client: usage: sock_dgram_client [NAME [TEXT...]]'
  done
  run -2 timeout 20 sock_dgram_server a surplus
  name=$(printf %0107d 0)
  served server sock_dgram_server "$name"
  run -0 timeout 20 sock_dgram_client "$name" hello
  over
  run -1 --separate-stderr timeout 20 sock_dgram_server "${name}0"
  assert_equal "$stderr" "sock_dgram_server: the name is too long: ${name}0"
  run -1 --separate-stderr timeout 20 sock_dgram_client "${name}0" hello
  assert_equal "$stderr" "sock_dgram_client: the name is too long: ${name}0"
  closed_streams sock_dgram_server # before anybody runs: it may skip
  served server sock_dgram_server
  closed_streams sock_dgram_client sock.dgram hello
  run -1 grep bytes server.out
  over
  run -1 --separate-stderr timeout 20 sh -c 'sock_dgram_server >/dev/full'
  assert_regex "$stderr" 'sock_dgram_server: stdout: No space left on device$'
  stdout_gone sock_dgram_server
  assert_failure 1
  assert_not_exists sock.dgram
  rm -f gone.in
  served server sock_dgram_server
  run -1 --separate-stderr timeout 20 sh -c 'sock_dgram_client sock.dgram a >/dev/full'
  assert_equal "$stderr" 'sock_dgram_client: stdout: No space left on device'
  over
}

@test "unixsock: sock_dgram: each system call that fails is told" {
  can_inject
  tells sock_dgram_server sock.dgram socket bind rt_sigprocmask '?recvfrom'
  served server sock_dgram_server
  tells 'sock_dgram_client sock.dgram hello' '' socket bind connect setsockopt:when=1 \
    setsockopt:when=2 sendto '?recvfrom'
  run -1 --separate-stderr timeout 20 sock_dgram_client <.
  assert_equal "$stderr" 'sock_dgram_client: stdin: Is a directory'
  over
}

@test "unixsock: sock_dgram: a second user can neither send nor take the name" {
  second_user sock_dgram_server sock_dgram_client
  served server sock_dgram_server
  run -1 as_nobody timeout 20 sock_dgram_client sock.dgram hello
  assert_output --partial 'Permission denied'
  run -1 as_nobody timeout 20 sock_dgram_server
  assert_output --partial 'sock.dgram exists and is no socket of yours'
  over
  mkdir -m 777 open
  served server setpriv --reuid=nobody --regid=nogroup --clear-groups -- sock_dgram_server open/s
  run -1 timeout 20 sock_dgram_server open/s
  assert_output --partial 'open/s exists and is no socket of yours'
  over
}

# ---- sock_seqpacket -------------------------------------------------------------

@test "unixsock: sock_seqpacket: the transcript, line by line" {
  run -0 --separate-stderr timeout 20 sock_seqpacket
  assert_output "Parent: SOCK_STREAM: sent 3 bytes
Parent: SOCK_STREAM: sent 3 bytes
Parent: SOCK_STREAM: sent 5 bytes
Child: SOCK_STREAM: received 11 bytes: onetwothree
Parent: SOCK_SEQPACKET: sent 3 bytes
Parent: SOCK_SEQPACKET: sent 3 bytes
Parent: SOCK_SEQPACKET: sent 5 bytes
Child: SOCK_SEQPACKET: received 3 bytes: one
Child: SOCK_SEQPACKET: received 3 bytes: two
Child: SOCK_SEQPACKET: received 5 bytes: three"
  assert_equal "$stderr" ''
  run -0 timeout 20 sock_seqpacket $'\377 \t' b
  assert_line --index 2 $'Child: SOCK_STREAM: received 4 bytes: \377 \tb'
  assert_line --index 5 $'Child: SOCK_SEQPACKET: received 3 bytes: \377 \t'
}

@test "unixsock: sock_seqpacket: what does not fit into the buffer, or into the queue" {
  altered sock_seqpacket 's/ROOM = 4096/ROOM = 4/'
  run -0 timeout 20 ./sock_seqpacket abcdef ghi
  assert_line --index 2 'Child: SOCK_STREAM: received 4 bytes: abcd'
  assert_line --index 4 'Child: SOCK_STREAM: received 1 bytes: i'
  assert_line --index 7 'Child: SOCK_SEQPACKET: received 4 bytes: abcd'
  assert_line --index 8 'Child: SOCK_SEQPACKET: received 3 bytes: ghi'
  assert_equal "${#lines[@]}" 9
  local text
  printf -v text %0130000d 0 # a queue is 212992 bytes, what manages it included
  run -1 --separate-stderr timeout 20 sock_seqpacket "$text" "$text"
  assert_equal "$stderr" 'sock_seqpacket: SOCK_STREAM: no room for 130000 bytes'
  run -1 --separate-stderr timeout 20 sock_seqpacket "$text" "$text" "$text" "$text"
  run ! grep Child <<<"$output"
  altered sock_seqpacket 's/play\(SOCK_STREAM/if (0) &/'
  run -1 --separate-stderr timeout 20 ./sock_seqpacket "$text" "$text" "$text" "$text"
  assert_equal "$stderr" \
    'sock_seqpacket: SOCK_SEQPACKET: send of 130000 bytes: Resource temporarily unavailable'
}

@test "unixsock: sock_seqpacket: wrong arguments, a full disk, calls that fail" {
  local arg
  for arg in '' - --help; do
    run -2 --separate-stderr timeout 20 sock_seqpacket one "$arg"
    assert_equal "$stderr" 'sock_seqpacket: usage: sock_seqpacket [TEXT...]'
    assert_output ''
  done
  run -1 --separate-stderr timeout 20 sh -c 'sock_seqpacket >/dev/full'
  assert_regex "$stderr" 'sock_seqpacket: stdout: No space left on device'
  run -0 timeout 20 env --ignore-signal=CHLD sock_seqpacket
  can_inject
  tells sock_seqpacket '' socketpair sendto '?fork,?vfork,?clone,?clone3' '?recvfrom' wait4
  run -1 --separate-stderr injects recvfrom:signal=KILL -- sock_seqpacket
  assert_regex "$stderr" 'sock_seqpacket: child died of signal 9'
}

# ---- sock_pass_fd ---------------------------------------------------------------

@test "unixsock: sock_pass_fd: the transcript; both have the same pipe" {
  local giver taker pipe
  served giver sock_pass_fd_give
  giver=${PID[giver]}
  start taker sock_pass_fd_take
  taker=${PID[taker]}
  join taker
  join giver
  pipe=$(sed -n 's/.*; pipe \([0-9]*\) is open here\.$/\1/p' giver.out)
  exactly giver.out "Giver: I am process $giver; pipe $pipe is open here." \
    "Giver: process $taker may read from it." 'Giver: 21 bytes are written.'
  exactly taker.out "Taker: I am process $taker; pipe $pipe is open here." \
    'Taker: read: hello through a pipe' 'Taker: end of file.'
  [[ ! -s taker.err ]]
  assert_not_exists sock.pass_fd
}

@test "unixsock: sock_pass_fd: a long text, more than one line, any file" {
  local text
  printf -v text '%0100000d\n\nend' 0
  served giver sock_pass_fd_give here "$text"
  run -0 timeout 20 sock_pass_fd_take here
  assert_line --index 1 "Taker: read: ${text%%$'\n'*}"
  assert_line --index 3 'Taker: read: end'
  join giver
  altered sock_pass_fd_give 's/give\(taker, pipe_fd\[0\]\)/give(taker, 0)/'
  printf content >giver.in
  start giver ./sock_pass_fd_give # and nobody reads the pipe
  await 20 warns giver 'waiting for'
  run -0 timeout 20 sock_pass_fd_take
  assert_line --index 0 --partial "; file $(stat -c %i giver.in) is open here."
  assert_line --index 1 'Taker: read: content'
  assert_line --index 2 'Taker: end of file.'
  join giver 1
  mkdir folder.in
  start folder ./sock_pass_fd_give
  await 20 warns folder 'waiting for'
  run -1 --separate-stderr timeout 20 sock_pass_fd_take
  assert_equal "$stderr" 'sock_pass_fd_take: read: Is a directory'
  join folder 1
}

@test "unixsock: sock_pass_fd: a taker without a giver; a second giver" {
  run -1 --separate-stderr timeout 20 sock_pass_fd_take
  assert_equal "$stderr" \
    'sock_pass_fd_take: connect sock.pass_fd (start sock_pass_fd_give first): No such file or directory'
  served giver sock_pass_fd_give
  over giver KILL 137
  run -1 --separate-stderr timeout 20 sock_pass_fd_take
  assert_equal "$stderr" \
    'sock_pass_fd_take: connect sock.pass_fd (start sock_pass_fd_give first): Connection refused'
  served giver sock_pass_fd_give
  run -0 timeout 20 sock_pass_fd_take
  join giver
  served giver sock_pass_fd_give
  run -1 --separate-stderr timeout 20 sock_pass_fd_give
  assert_equal "$stderr" "sock_pass_fd_give: sock.pass_fd is already served by pid ${PID[giver]}"
  run -0 timeout 20 sock_pass_fd_take
  join giver
}

@test "unixsock: sock_pass_fd: a giver killed or silent, a taker killed: nothing hangs" {
  served giver sock_pass_fd_give
  hit giver STOP
  await 20 stopped giver
  start taker sock_pass_fd_take
  await 20 in_call taker 47 212
  over giver KILL 137
  join taker 1
  run -0 cat taker.err
  assert_output --partial 'sock_pass_fd_take: '
  run ! grep read: taker.out
  rm sock.pass_fd
  altered sock_pass_fd_give 's/\.msg_controllen = .*/};/'
  served giver ./sock_pass_fd_give sock.pass_fd "$(printf %0100000d 0)"
  run -1 --separate-stderr timeout 20 sock_pass_fd_take
  assert_equal "$stderr" 'sock_pass_fd_take: no descriptor has come'
  join giver 1
  served giver sock_pass_fd_give
  hit giver STOP
  await 20 stopped giver
  start taker sock_pass_fd_take
  await 20 in_call taker 47 212
  over taker KILL 137
  hit giver CONT
  join giver 1
  run -0 tail -n 1 giver.err
  assert_output --regexp 'sock_pass_fd_give: (sendmsg to|the taker is gone).*: Broken pipe'
  assert_not_exists sock.pass_fd
  altered sock_pass_fd_take 's/int fd = take\(giver\);/int fd = take(giver); if (fd) _exit(9);/'
  served giver sock_pass_fd_give here "$(printf %0100000d 0)"
  run -9 timeout 20 ./sock_pass_fd_take here
  join giver 1
  run -0 tail -n 1 giver.err
  assert_output 'sock_pass_fd_give: the taker is gone: write: Broken pipe'
}

# Look for [3] of the taker
@test "unixsock: sock_pass_fd: no room for a descriptor, or more than one comes" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind needs descriptors of its own'
  served giver sock_pass_fd_give sock.pass_fd "$(printf %0100000d 0)"
  start taker sh -c 'ulimit -n 4; exec sock_pass_fd_take'
  join taker 1
  exactly taker.err 'sock_pass_fd_take: no descriptor has come'
  join giver 1
  altered sock_pass_fd_give 's/(LEN|SPACE)\(sizeof fd\)/\1(2 * sizeof fd)/; s/^    memcpy.*/&memcpy(CMSG_DATA(\&control.header) + 4, \&fd, 4);/'
  served giver ./sock_pass_fd_give sock.pass_fd "$(printf %0100000d 0)"
  run -1 --separate-stderr timeout 20 sock_pass_fd_take
  assert_equal "$stderr" 'sock_pass_fd_take: no descriptor has come'
  join giver 1
}

@test "unixsock: sock_pass_fd: it removes its file, whatever ends it, and no other" {
  dies_clean sock_pass_fd_give sock.pass_fd
  refuses_to_disturb sock_pass_fd_give file dangling
  served old sock_pass_fd_give
  rm sock.pass_fd
  served new sock_pass_fd_give
  over old
  assert [ -S sock.pass_fd ]
  over new
  can_inject
  dies_clean_early sock_pass_fd_give sock.pass_fd bind listen rt_sigprocmask \
    '?pipe,?pipe2' '?write,?writev'
}

@test "unixsock: sock_pass_fd: wrong arguments, names too long, closed streams, a full disk" {
  local name
  for name in '' - --help; do
    run -2 --separate-stderr timeout 20 sock_pass_fd_give "$name"
    assert_equal "$stderr" 'sock_pass_fd_give: usage: sock_pass_fd_give [NAME [TEXT]]'
    run -2 --separate-stderr timeout 20 sock_pass_fd_take "$name"
    assert_equal "$stderr" 'sock_pass_fd_take: usage: sock_pass_fd_take [NAME]'
  done
  run -2 timeout 20 sock_pass_fd_give a b surplus
  run -2 timeout 20 sock_pass_fd_take a surplus
  name=$(printf %0107d 0)
  served giver sock_pass_fd_give "$name"
  run -0 timeout 20 sock_pass_fd_take "$name"
  join giver
  run -1 --separate-stderr timeout 20 sock_pass_fd_give "${name}0"
  assert_equal "$stderr" "sock_pass_fd_give: the name is too long: ${name}0"
  run -1 --separate-stderr timeout 20 sock_pass_fd_take "${name}0"
  assert_equal "$stderr" "sock_pass_fd_take: the name is too long: ${name}0"
  closed_streams sock_pass_fd_give
  closed_streams sock_pass_fd_take
  start giver sh -c 'exec sock_pass_fd_give >/dev/full'
  await 20 warns giver 'waiting for'
  run -1 --separate-stderr timeout 20 sh -c 'exec sock_pass_fd_take >/dev/full'
  assert_equal "$stderr" 'sock_pass_fd_take: stdout: No space left on device'
  join giver 1
  run -0 tail -n 1 giver.err
  assert_output 'sock_pass_fd_give: stdout: No space left on device'
  assert_not_exists sock.pass_fd
}

@test "unixsock: sock_pass_fd: each system call that fails is told" {
  can_inject
  tells sock_pass_fd_give sock.pass_fd socket bind listen rt_sigprocmask \
    '?pipe,?pipe2' '?accept,?accept4'
  tells 'sock_pass_fd_take' '' socket connect
  served giver sock_pass_fd_give sock.pass_fd "$(printf %0100000d 0)"
  tells sock_pass_fd_take '' sendto recvmsg
  join giver 1
  start giver strace -D -qq -o /dev/null -e inject=sendmsg:error=EIO sock_pass_fd_give
  await 20 warns giver 'waiting for'
  run -1 timeout 20 sock_pass_fd_take
  join giver 1
  run -0 tail -n 1 giver.err
  assert_output --regexp 'sock_pass_fd_give: sendmsg to process [0-9]+: (Input/output|I/O) error'
}

@test "unixsock: sock_pass_fd: a second user can neither ask nor take the name" {
  second_user sock_pass_fd_give sock_pass_fd_take
  served giver sock_pass_fd_give
  run -1 as_nobody timeout 20 sock_pass_fd_take
  assert_output --partial 'Permission denied'
  run -1 as_nobody timeout 20 sock_pass_fd_give
  assert_output --partial 'sock.pass_fd exists and is no socket of yours'
  run -0 timeout 20 sock_pass_fd_take
  join giver
}

# ---- sock_whoami ----------------------------------------------------------------

# said_by: the transcript in out, of this user.
said_by() {
  local parent child
  parent=$(sed -n 's/^Parent: I am process \([0-9]*\).*/\1/p' out)
  child=$(sed -n 's/^Child: I am process \([0-9]*\).*/\1/p' out)
  [[ $parent != "$child" ]]
  exactly out "Child: I am process $child and say: I am process 1." \
    "Child: the kernel says that pid $parent, user $1, group $2 listens." \
    "Parent: I am process $parent. The caller says: I am process 1." \
    "Parent: the kernel says that pid $child, user $1, group $2 called."
}

@test "unixsock: sock_whoami: the transcript; the kernel's word is true" {
  start w sock_whoami
  local w=${PID[w]}
  join w
  cp w.out out
  said_by "$(id -u)" "$(id -g)"
  assert says w "Parent: I am process $w."
  [[ ! -s w.err ]]
  run -0 timeout 20 env --ignore-signal=CHLD sock_whoami
}

@test "unixsock: sock_whoami: another user is told as himself" {
  second_user sock_whoami
  setpriv --reuid=nobody --regid=1 --clear-groups -- timeout 20 sock_whoami >out
  said_by "$(id -u nobody)" 1
}

@test "unixsock: sock_whoami: a stranger who calls first; what a socketpair tells" {
  altered sock_whoami 's/^        child\(&addr, len\);/        if (fork() == 0) { child(\&addr, len); _exit(0); } wait(NULL);&/'
  ./sock_whoami >all
  run -0 grep -c '^Child: I am' all
  assert_output 2
  sed 1,2d all >out # without what the stranger said
  said_by "$(id -u)" "$(id -g)"
  altered sock_whoami 's/int fd = socket\(AF_UNIX, SOCK_STREAM, 0\);/int fd, sv[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, sv); fd = sv[0]; printf("%d\\n", who(fd).pid == getpid()); _exit(0);/'
  run timeout 20 ./sock_whoami
  assert_line 1
}

@test "unixsock: sock_whoami: wrong arguments, a full disk, calls that fail" {
  run -2 --separate-stderr timeout 20 sock_whoami surplus
  assert_equal "$stderr" 'sock_whoami: usage: sock_whoami'
  run -1 --separate-stderr timeout 20 sh -c 'sock_whoami >/dev/full'
  assert_regex "$stderr" 'sock_whoami: stdout: No space left on device'
  printf %0880d 0 >nearly_full # room for the child's lines, not for the parent's
  # shellcheck disable=SC2016
  run -1 --separate-stderr bash -c \
    'trap "" XFSZ; ulimit -f 1; exec timeout 20 sock_whoami >>nearly_full'
  assert_equal "$stderr" 'sock_whoami: stdout: File too large'
  can_inject
  tells sock_whoami '' socket:when=1 bind listen getsockname connect sendto getsockopt:when=1 \
    '?fork,?vfork,?clone,?clone3' wait4 '?accept,?accept4' recvfrom
  run -1 --separate-stderr injects connect:signal=KILL -- sock_whoami
  assert_equal "$stderr" 'sock_whoami: the child failed'
}

# ---- sock_inet ------------------------------------------------------------------

# address: the one of this folder, as the server prints it.
address() { sed -n 's/^Socket server name is: \(.*\):[0-9]*\.$/\1/p' server.out; }
typist() { # NAME: a client at a keyboard, whom the server knows
  local n
  n=$(wc -l <server.out)
  keyboard "$1"
  start "$1" sock_inet_client
  await 20 lines server $((n + 1))
}

@test "unixsock: sock_inet: the transcript, line by line" {
  served server sock_inet_server
  local server=${PID[server]} ip caller
  ip=$(address)
  [[ $ip == 127.* ]]
  start client sock_inet_client 20202 "$ip" hello 'two  words' ''
  join client
  exactly client.out "Client: receive: server $server: hello" \
    "Client: receive: server $server: two  words" "Client: receive: server $server: "
  [[ ! -s client.err ]]
  await 20 lines server 4
  over server INT 130
  caller=$(sed -n 's/^Server: client \(127.0.0.1:[0-9]*\) is here\.$/\1/p' server.out)
  exactly server.out "Socket server name is: $ip:20202." "My pid is: $server." \
    "Server: client $caller is here." "Server: client $caller is gone, lines: 3."
  exactly server.err "sock_inet_server: waiting for clients: start sock_inet_client 20202 $ip"
}

@test "unixsock: sock_inet: clients come and go, then six at once" {
  local i
  served server sock_inet_server
  typist bob
  types bob first
  await 20 says bob first
  typist carl
  types bob second
  types carl third
  await 20 says bob second
  await 20 says carl third
  hangs_up bob
  join bob
  types carl fourth
  await 20 says carl fourth
  types carl fifth
  hangs_up carl
  join carl
  await 20 says server 'is gone, lines: 3.'
  for ((i = 1; i <= 6; i++)); do
    seq -f "client $i line %g" 1 30 >"c$i.in"
    start "c$i" sock_inet_client
  done
  for ((i = 1; i <= 6; i++)); do
    join "c$i"
    sent_back "c$i.in" <"c$i.out"
  done
  await 20 lines server 18
  over
}

@test "unixsock: sock_inet: every byte, long lines, pieces, a line without end" {
  served server sock_inet_server
  printf '%b' "$(printf '\\x%x' {0..255})" >c.in
  printf '\0\377 \n\n%04095d\n  a\0b c' 0 >>c.in
  start c sock_inet_client
  join c
  echo >>c.in
  sent_back c.in <c.out
  printf %04096d 0 >c.in
  start c sock_inet_client
  join c 1
  exactly c.err 'sock_inet_client: 4096 bytes: too long, or more than one line'
  run -1 --separate-stderr timeout 20 sock_inet_client 20202 "$(address)" $'a\nb'
  assert_equal "$stderr" 'sock_inet_client: 3 bytes: too long, or more than one line'
  altered sock_inet_client "s/text\[len\] = .*/memset(text, 10, len + 1);/
    s/PREFIX = 32/PREFIX = 99999/; s/sizeof answer - got, 0/1, 0/"
  echo 1234567 >c.in
  start c ./sock_inet_client
  join c
  await 20 says server 'is gone, lines: 8.'
  over
}

@test "unixsock: sock_inet: a client without a server; port in use, port 0, another folder" {
  served server sock_inet_server
  local ip
  ip=$(address)
  run -1 --separate-stderr timeout 20 sock_inet_server
  assert_regex "$stderr" "^sock_inet_server: bind, listen $ip:20202 \(another port\? 0: any\): Address (already )?in use$"
  served any sock_inet_server 0
  local port
  port=$(sed -n "s/^Socket server name is: $ip:\([0-9]*\)\.$/\1/p" any.out)
  ((port > 0 && port != 20202))
  run -0 timeout 20 sock_inet_client "$port" "$ip" hello
  assert_output "Client: receive: server ${PID[any]}: hello"
  over any
  mkdir other
  (cd other && served other sock_inet_server && over other && run ! grep -F "$ip:" other.out)
  over
  run -1 --separate-stderr timeout 20 sock_inet_client
  assert_equal "$stderr" \
    "sock_inet_client: connect $ip:20202 (start sock_inet_server first): Connection refused"
}

# Look for [5]
@test "unixsock: sock_inet: a killed server is told, and the next one starts at once" {
  served server sock_inet_server
  typist ann
  types ann one
  await 20 says ann one
  over server KILL 137
  served server sock_inet_server
  types ann two
  join ann 1
  run -0 cat ann.err
  assert_output --regexp 'sock_inet_client: the server is gone'
  over
}

@test "unixsock: sock_inet: clients that die, hang up or fetch nothing disturb nobody" {
  served server sock_inet_server
  typist ann
  typist bob
  over bob KILL 137
  await 20 says server 'is gone, lines: 0.'
  altered sock_inet_client 's/n = recv\(.*/n = 1; answer[got] = 10;/'
  yes "$(printf %04000d 0)" | head -n 8000 >greedy.in
  start greedy sh -c 'exec ./sock_inet_client >/dev/null'
  join greedy 1
  await 20 warns server 'is dropped: Resource temporarily unavailable'
  types ann hello
  await 20 says ann hello
  hangs_up ann
  join ann
  over
}

@test "unixsock: sock_inet: without a descriptor the next client waits" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind needs descriptors of its own'
  # shellcheck disable=SC2016
  served server sh -c 'ulimit -n 6; exec sock_inet_server'
  typist carl
  start bob sock_inet_client 20202 "$(address)" hello
  types carl one
  await 20 says carl one
  await 20 quiet server bob
  [[ ! -s bob.out ]]
  hangs_up carl
  join carl
  join bob
  over
}

@test "unixsock: sock_inet: wrong arguments, closed streams, a full disk, a reader gone" {
  local args
  for args in '""' 7x -1 65536 '20202 1.2.3' --help; do
    eval "run -2 --separate-stderr timeout 20 sock_inet_server $args"
    assert_equal "$stderr" 'sock_inet_server: usage: sock_inet_server [PORT [ADDRESS]]'
    eval "run -2 --separate-stderr timeout 20 sock_inet_client $args"
    assert_equal "$stderr" 'sock_inet_client: usage: sock_inet_client [PORT [ADDRESS [TEXT...]]]'
  done
  run -2 timeout 20 sock_inet_client 0
  run -2 timeout 20 sock_inet_server 0 127.0.0.1 surplus
  run -1 --separate-stderr timeout 20 sh -c 'sock_inet_server >/dev/full'
  assert_regex "$stderr" 'sock_inet_server: stdout, epoll_wait: No space left on device$'
  stdout_gone sock_inet_server
  assert_failure 1
  assert_regex "$stderr" 'sock_inet_server: stdout, epoll_wait: Broken pipe$'
  rm gone.in
  served server sock_inet_server
  run -1 --separate-stderr timeout 20 sh -c 'echo a | sock_inet_client >/dev/full'
  assert_equal "$stderr" 'sock_inet_client: stdout: No space left on device'
  over
  closed_streams sock_inet_client
  closed_streams sock_inet_server 0
}

@test "unixsock: sock_inet: each system call that fails is told" {
  can_inject
  tells sock_inet_server '' socket setsockopt bind listen getsockname \
    '?epoll_create,?epoll_create1' epoll_ctl '?epoll_wait,?epoll_pwait'
  served server sock_inet_server
  tells "sock_inet_client 20202 $(address) hello" '' socket connect sendto
  run -1 --separate-stderr injects '?recvfrom:error=EIO' -- sock_inet_client 20202 "$(address)" a
  assert_regex "$stderr" "^sock_inet_client: recv: (Input/output|I/O) error\$"
  run -1 --separate-stderr timeout 20 sock_inet_client <.
  assert_equal "$stderr" 'sock_inet_client: stdin: Is a directory'
  over
  local spec
  for spec in '?accept,?accept4:error=ECONNABORTED:when=1' 'recvfrom:error=ECONNRESET:when=1' \
    '?accept,?accept4:error=EAGAIN:when=1' '?epoll_wait,?epoll_pwait:error=EINTR:when=1..3'; do
    start server strace -D -qq -o /dev/null -e "inject=$spec" sock_inet_server
    await 20 warns server 'waiting for'
    run timeout 20 sock_inet_client 20202 "$(address)" hello
    run -0 timeout 20 sock_inet_client 20202 "$(address)" hello
    over
  done
  start server strace -D -qq -o /dev/null -e 'inject=epoll_ctl:error=ENOSPC:when=2' sock_inet_server
  await 20 warns server 'waiting for'
  run -1 timeout 20 sock_inet_client 20202 "$(address)" hello # who is not watched is dropped
  run -0 timeout 20 sock_inet_client 20202 "$(address)" hello
  over
  start server strace -D -qq -o /dev/null -e 'inject=?accept,?accept4:error=EMFILE:when=2' \
    sock_inet_server
  await 20 warns server 'waiting for'
  run -0 timeout 20 sock_inet_client 20202 "$(address)" hello
  await 20 says server 'is gone'
  run -1 timeout 20 sock_inet_client 20202 "$(address)" hello # nobody is there to leave
  join server 1
}

# SOCK-1: this one crosses hosts.
@test "unixsock: sock_inet: a client in another network, over a cable" {
  needs ip nsenter
  unshare -n true 2>/dev/null || skip 'may not make a network namespace'
  served server unshare -n sh -c 'exec sock_inet_server 20202 0.0.0.0'
  # shellcheck disable=SC2016
  run timeout 20 unshare -n sh -c 'ip link add type veth peer netns "$1" || exit 77
    nsenter -t "$1" -n sh -c "ip addr add 10.9.9.2/24 dev veth0 && ip link set veth0 up" &&
    ip addr add 10.9.9.1/24 dev veth0 && ip link set veth0 up &&
    exec sock_inet_client 20202 10.9.9.2 hello' - "${PID[server]}"
  [[ $status != 77 ]] || skip 'may not make a veth pair'
  assert_success
  assert_output "Client: receive: server ${PID[server]}: hello"
  await 20 says server 'Server: client 10.9.9.1:'
  over
}

@test "unixsock: the variants play as their cast says" {
  local play plays=()
  for play in sock_{dgram,seqpacket,pass_fd,whoami,inet}; do plays+=("unixsock:$play"); done
  run -0 timeout 100 env -C "$BATS_TEST_DIRNAME/.." stage -b "$BUILD" "${plays[@]}"
  refute_output --partial skipped
  run -0 sed -n 's/^variant \([^ ]*\) .*/\1/p' "$BATS_TEST_DIRNAME/../unixsock/cast"
  assert_equal "${lines[*]}" "${plays[*]//unixsock:/}"
}
