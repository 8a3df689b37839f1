# sock_server and sock_client: article B 五. SOCK-n is the claim of its text
# that a test shows.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own

setup() {
  load helpers
  common_setup
}
teardown() { common_teardown; }

# served [NAME [SERVER]]: a server that waits for clients.
served() {
  start "${2:-server}" sock_server "${1:-sock.server}"
  await 20 warns "${2:-server}" 'waiting for clients'
}
# nobody_serves NAME: a server of a second user.
nobody_serves() {
  start server setpriv --reuid=nobody --regid=nogroup --clear-groups -- \
    sock_server "$1"
  await 20 warns server 'waiting for clients'
}
# over [SERVER [SIGNAL [STATUS]]]: the server is ended, by TERM if not told.
over() {
  hit "${1:-server}" "${2:-TERM}"
  join "${1:-server}" "${3:-143}"
}
# typist NAME [SOCKET]: a client at a keyboard, known to the server.
typist() {
  keyboard "$1"
  start "$1" sock_client "${2:-sock.server}"
  await 20 says server "client ${PID[$1]} is here"
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
# exactly FILE LINE...: these lines and no other.
exactly() {
  local file=$1
  shift
  printf '%s\n' "$@" | diff - "$file"
}
# sent_back FILE: standard input, an output of sock_client, is FILE again.
sent_back() { LC_ALL=C sed 's/^Client: receive: server [0-9]*: //' | cmp - "$1"; }
inode() { stat -c %i "$1"; }
# variant PROGRAM SED: a copy of PROGRAM with this change, as ./PROGRAM.
variant() {
  sed -E "$2" "$BATS_TEST_DIRNAME/../unixsock/$1.c" >"$1.c"
  run ! cmp -s "$1.c" "$BATS_TEST_DIRNAME/../unixsock/$1.c"
  cc -o "$1" "$1.c"
}
gone='sock_client: the server is gone before it answered'
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  # shellcheck disable=SC2016
  run --separate-stderr timeout 20 bash -c \
    'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
}
# faulty SPEC: a server with this fault injected, itself our child.
faulty() {
  start server env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" \
    strace -D -qq -o /dev/null -e "inject=$1" sock_server
  await 20 warns server 'waiting for clients'
}

@test "unixsock: the transcript, line by line" {
  served
  local server=${PID[server]} client
  start client sock_client sock.server hello 'two  words' ''
  client=${PID[client]}
  join client
  exactly client.out "Client: receive: server $server: hello" \
    "Client: receive: server $server: two  words" \
    "Client: receive: server $server: "
  run -0 cat client.err
  assert_output ''
  await 20 lines server 4
  over
  exactly server.out 'Socket server name is: sock.server.' \
    "My pid is: $server." "Server: client $client is here." \
    "Server: client $client is gone, lines: 3."
  exactly server.err 'sock_server: waiting for clients: start sock_client sock.server'
}

@test "unixsock: a typed line is answered before the next is typed" {
  served
  typist ann
  types ann one
  await 20 says ann "server ${PID[server]}: one"
  types ann two
  await 20 says ann "server ${PID[server]}: two"
  hangs_up ann
  join ann
  await 20 says server 'is gone, lines: 2.'
  over
}

@test "unixsock: clients come and go while another one stays connected" {
  served
  typist bob
  types bob first
  await 20 says bob first
  run -0 timeout 20 sock_client sock.server hello
  assert_output "Client: receive: server ${PID[server]}: hello"
  typist carl
  types bob second
  types carl third
  await 20 says bob second
  await 20 says carl third
  hangs_up bob
  join bob
  types carl fourth
  await 20 says carl fourth
  hangs_up carl
  join carl
  over
}

@test "unixsock: twelve clients at once each get their own lines, in order" {
  local i
  served
  for ((i = 1; i <= 12; i++)); do
    seq -f "client $i line %g" 1 100 >"c$i.in"
    start "c$i" sock_client
  done
  for ((i = 1; i <= 12; i++)); do
    join "c$i"
    sent_back "c$i.in" <"c$i.out"
  done
  await 20 lines server 26
  run -0 grep -c 'is gone, lines: 100' server.out
  assert_output 12
  over
}

# SOCK-2
@test "unixsock: a line of 4095 bytes comes back whole, of a longer one nothing is sent" {
  served
  head -c 4095 /dev/zero | tr '\0' x >c.in
  local long
  long=$(cat c.in)
  echo >>c.in
  start c sock_client
  join c
  sent_back c.in <c.out
  run -0 --separate-stderr timeout 20 sock_client sock.server "$long"
  sent_back c.in <<<"$output"
  run -1 --separate-stderr timeout 20 sock_client sock.server one "${long}x" two
  assert_output "Client: receive: server ${PID[server]}: one"
  # shellcheck disable=SC2154
  assert_equal "$stderr" 'sock_client: 4096 bytes: too long, or more than one line'
  printf '%sx' "$long" >c.in
  start c sock_client
  join c 1
  exactly c.err 'sock_client: 4096 bytes: too long, or more than one line'
  run -1 --separate-stderr timeout 20 sock_client sock.server $'a\nb'
  assert_equal "$stderr" 'sock_client: 3 bytes: too long, or more than one line'
  await 20 says server 'is gone, lines: 0.'
  over
}

@test "unixsock: every byte comes back: binary data, a last line without end" {
  served
  printf '%b' "$(printf '\\x%x' {0..255})" >c.in
  printf '\0\377 \n\n  a\0b c' >>c.in
  start c sock_client
  join c
  echo >>c.in # the client ends that line
  sent_back c.in <c.out
  over
}

@test "unixsock: nothing but newlines, the most that an answer can grow" {
  served
  variant sock_client "s/text\[len\] = .*/memset(text, 10, len + 1);/
    s/PREFIX = 32/PREFIX = 99999/"
  run -0 timeout 20 ./sock_client sock.server "$(printf '%01023d' 0)"
  assert_line --index 1 "server ${PID[server]}: "
  await 20 says server 'is gone, lines: 1024.'
  over
}

@test "unixsock: a line or an answer in pieces is one, whoever speaks meanwhile" {
  served
  # It receives byte by byte, stops for the keyboard while it sends, and at
  # the end hangs up in one direction only.
  variant sock_client 's/sizeof answer - got, 0/1, 0/
    s/free\(line\);/shutdown(fd, SHUT_WR); recv(fd, line = malloc(1), 1, 0);/
    s/send\(fd, text, len \+ 1, 0\)/(send(fd, text, 2, 0), getchar(), send(fd, text + 2, len - 1, 0))/'
  keyboard slow
  start slow ./sock_client sock.server pieces
  await 20 says server "client ${PID[slow]} is here"
  run -0 timeout 20 sock_client sock.server hello
  assert_output "Client: receive: server ${PID[server]}: hello"
  types slow go
  join slow
  exactly slow.out "Client: receive: server ${PID[server]}: pieces"
  over
}

@test "unixsock: no input, no lines; a line without end is a line" {
  served
  run -0 timeout 20 sock_client </dev/null
  assert_output ''
  await 20 says server 'is gone, lines: 0.'
  printf unfinished >c.in
  start c sock_client
  join c
  exactly c.out "Client: receive: server ${PID[server]}: unfinished"
  await 20 says server 'is gone, lines: 1.'
  over
}

@test "unixsock: who fetches no answers is dropped, and nobody else waits" {
  local greedy
  served
  variant sock_client 's/n = recv\(.*/n = 1; answer[got] = 10;/'
  typist ann
  seq 1 100000 >greedy.in
  # shellcheck disable=SC2016
  start greedy sh -c 'exec ./sock_client >/dev/null'
  greedy=${PID[greedy]}
  join greedy 1
  run -0 cat greedy.err
  assert_output --partial 'sock_client: the server is gone: send: '
  await 20 says server "client $greedy is gone, lines:"
  await 20 warns server "client $greedy is dropped: Resource temporarily unavailable"
  types ann hello
  await 20 says ann hello
  hangs_up ann
  join ann
  over
}

@test "unixsock: a client killed before its answer disturbs nobody" {
  local bob
  served
  typist ann
  hit server STOP
  await 20 stopped server
  start bob sock_client sock.server hello
  await 20 quiet bob
  bob=${PID[bob]}
  hit bob KILL
  join bob 137
  hit server CONT
  await 20 says server "client $bob is gone, lines: 1."
  exactly server.err 'sock_server: waiting for clients: start sock_client sock.server' \
    "sock_server: client $bob is dropped: Broken pipe"
  types ann hello
  await 20 says ann hello
  await 20 quiet server ann
  hangs_up ann
  join ann
  over
}

@test "unixsock: clients that die at the keyboard are told as gone" {
  local sig name
  served
  typist stays
  for sig in HUP INT TERM KILL; do
    name=c$sig
    typist "$name"
    types "$name" "$sig"
    await 20 says "$name" "$sig"
    local pid=${PID[$name]}
    hit "$name" "$sig"
    join "$name" $((128 + $(kill -l "$sig")))
    await 20 says server "client $pid is gone, lines: 1."
  done
  types stays still
  await 20 says stays still
  hangs_up stays
  join stays
  over
}

# SOCK-15
@test "unixsock: a client without a server says what to start" {
  run -1 --separate-stderr timeout 20 sock_client sock.server hello
  assert_equal "$stderr" \
    'sock_client: connect sock.server (start sock_server first): No such file or directory'
  assert_output ''
  run -1 --separate-stderr timeout 20 sock_client "@none.$$" hello
  assert_equal "$stderr" \
    "sock_client: connect @none.$$ (start sock_server first): Connection refused"
  served
  over server KILL 137
  run -1 --separate-stderr timeout 20 sock_client
  assert_equal "$stderr" \
    'sock_client: connect sock.server (start sock_server first): Connection refused'
  served
  over
}

# README: kill -9 while a client waits for typing. SOCK-11
@test "unixsock: a killed server is told at the next line, its file is replaced" {
  served
  typist ann
  types ann one
  await 20 says ann one
  over server KILL 137
  types ann two
  join ann 1
  exactly ann.err 'sock_client: the server is gone: send: Broken pipe'
  assert [ -S sock.server ]
  served
  run -0 timeout 20 sock_client sock.server again
  assert_output "Client: receive: server ${PID[server]}: again"
  over
}

@test "unixsock: a server that dies before it answered is not success" {
  served
  hit server STOP
  await 20 stopped server
  start ann sock_client sock.server hello
  await 20 quiet ann
  over server KILL 137
  join ann 1
  exactly ann.err "$gone"
  rm sock.server
}

@test "unixsock: half an answer is not success, nor is one without end" {
  variant sock_server 's/send\(fd, out, \(size_t\)size,/send(fd, out, (size_t)size - 2,/'
  start server ./sock_server
  await 20 warns server 'waiting for clients'
  run -1 --separate-stderr timeout 20 sock_client sock.server hello
  assert_equal "$stderr" "$gone"
  assert_output ''
  over
  variant sock_server 's/CHUNK = 1024, PREFIX = 24/CHUNK = 64, PREFIX = 6000/
    s/"server %d/"server %05000d/'
  start server ./sock_server
  await 20 warns server 'waiting for clients'
  run -1 --separate-stderr timeout 20 sock_client sock.server hello
  assert_equal "$stderr" "$gone"
  assert_output ''
  over
}

@test "unixsock: a stopped server loses nothing, a stopped client neither" {
  served
  hit server STOP
  await 20 stopped server
  start ann sock_client sock.server one two
  await 20 quiet ann
  hit server CONT
  join ann
  typist bob
  hit bob STOP
  await 20 stopped bob
  types bob three
  run -0 timeout 20 sock_client sock.server four
  hit bob CONT
  await 20 says bob three
  hangs_up bob
  join bob
  over
}

# README: a second sock_server beside the first
@test "unixsock: a second server says who serves already, and leaves the first alone" {
  local before name
  served
  before=$(inode sock.server)
  run -1 --separate-stderr timeout 20 sock_server
  assert_equal "$stderr" \
    "sock_server: sock.server is already served by pid ${PID[server]}"
  assert_output ''
  assert_equal "$(inode sock.server)" "$before"
  hit server STOP # the question does not need its answer
  await 20 stopped server
  run -1 timeout 20 sock_server
  assert_output --partial 'is already served by pid'
  hit server CONT
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: a stopped server with a full queue is not taken for a dead one" {
  variant sock_server 's/SOMAXCONN/0/'
  start server ./sock_server
  await 20 warns server 'waiting for clients'
  hit server STOP
  await 20 stopped server
  run -1 timeout 20 sock_server # this call stays in the queue
  assert_output --partial "is already served by pid ${PID[server]}"
  run -1 --separate-stderr timeout -s KILL 20 sock_server
  assert_regex "$stderr" '^sock_server: unlink, bind, listen sock.server: Address (already )?in use$'
  hit server CONT
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: two servers with names of their own do not meet" {
  mkdir d
  served d/one a
  served d/two b
  run -0 timeout 20 sock_client d/one hello
  assert_output "Client: receive: server ${PID[a]}: hello"
  run -0 timeout 20 sock_client d/two hello
  assert_output "Client: receive: server ${PID[b]}: hello"
  over a
  over b
}

@test "unixsock: HUP INT QUIT TERM end the server, its file is gone" {
  local sig
  for sig in HUP INT QUIT TERM; do
    served
    assert [ -S sock.server ]
    over server "$sig" $((128 + $(kill -l "$sig")))
    assert_not_exists sock.server
  done
}

@test "unixsock: a signal at any moment of the start leaves nothing" {
  can_inject
  local call
  for call in umask connect bind '?lstat,?newfstatat,?statx' listen rt_sigprocmask \
    '?write,?writev' '?epoll_wait,?epoll_pwait'; do
    run -143 injects "$call:signal=SIGTERM" -- sock_server
    assert_not_exists sock.server
  done
}

@test "unixsock: the server removes only the file that it made" {
  served sock.server old
  rm sock.server
  served sock.server new
  over old
  run -0 timeout 20 sock_client sock.server hello
  assert_output "Client: receive: server ${PID[new]}: hello"
  rm sock.server
  echo precious >sock.server
  over new
  run -0 cat sock.server
  assert_output precious
}

@test "unixsock: what is no socket is refused and left alone" {
  local kind before
  echo precious >file
  for kind in file folder fifo link dangling; do
    case $kind in
      file) cp file sock.server ;;
      folder) mkdir sock.server ;;
      fifo) mkfifo sock.server ;;
      link) ln -s file sock.server ;;
      dangling) ln -s nowhere sock.server ;;
    esac
    before=$(inode sock.server)
    run -1 --separate-stderr timeout 20 sock_server
    assert_equal "$stderr" \
      'sock_server: sock.server exists and is no socket of yours'
    assert_equal "$(inode sock.server)" "$before"
    rm -r sock.server
  done
  run -0 cat file
  assert_output precious
  served
  over server KILL 137
  ln -s sock.server link
  run -1 --separate-stderr timeout 20 sock_server link
  assert_equal "$stderr" 'sock_server: link exists and is no socket of yours'
  assert [ -L link ]
  assert [ -S sock.server ]
  rm sock.server
}

# SOCK-12. README: ls -l sock.server, cat sock.server, mv sock.server moved
@test "unixsock: the file is private, has no content, and may be renamed" {
  umask 0
  served
  run -0 stat -c '%F %s %a' sock.server
  assert_output 'socket 0 600'
  run -1 cat sock.server
  assert_output --partial 'No such device or address'
  mv sock.server moved
  run -0 timeout 20 sock_client moved hello
  assert_output "Client: receive: server ${PID[server]}: hello"
  mv moved sock.server
  over
  assert_not_exists sock.server
}

# SOCK-7
@test "unixsock: a client has no address" {
  served
  typist ann
  local socket
  socket=$(find "/proc/${PID[ann]}/fd" -lname 'socket:*' -printf '%l\n')
  socket=${socket#*[} socket=${socket%]}
  # shellcheck disable=SC2016
  run -0 awk -v inode="$socket" '$7 == inode { print NF }' /proc/net/unix
  assert_output 7 # an eighth field would be its name
  hangs_up ann
  join ann
  over
}

# SOCK-16, SOCK-17. README: grep @demo /proc/net/unix
@test "unixsock: an abstract name is no file, and ends with its last byte" {
  local name=@us.$$/no/such/folder server
  served "$name"
  server=${PID[server]}
  # shellcheck disable=SC2016
  run -0 awk -v name="$name" '$8 == name' /proc/net/unix # zeros are shown as @
  assert_output --partial "$name"
  run -0 find . -type s
  assert_output ''
  run -0 timeout 20 sock_client "$name" hello
  assert_output "Client: receive: server $server: hello"
  run -1 timeout 20 sock_client "${name}x" hello
  assert_output --partial '(start sock_server first): Connection refused'
  run -1 --separate-stderr timeout 20 sock_server "$name"
  assert_equal "$stderr" "sock_server: $name is already served by pid $server"
  over server KILL 137
  served "$name" # nothing was left in the way
  over
  run -0 sed -n 1p server.out
  assert_output "Socket server name is: $name."
}

# SOCK-16
@test "unixsock: an abstract name is known in its own network namespace only" {
  unshare -n true 2>/dev/null || skip 'may not make a network namespace'
  served "@us.$$"
  served sock.server path
  run -1 timeout 20 unshare -n sock_client "@us.$$" hello
  assert_output --partial 'Connection refused'
  run -0 timeout 20 unshare -n sock_client sock.server hello
  over
  over path
}

# SOCK-9
@test "unixsock: a name of 107 bytes works, a longer one is refused by both" {
  local name
  name=$(printf '%0107d' 0)
  served "$name"
  run -0 timeout 20 sock_client "$name" hello
  over
  served "@${name%?}"
  run -0 timeout 20 sock_client "@${name%?}" hello
  over
  for name in "${name}0" "@$name" "$(printf '%05000d' 0)"; do
    run -1 --separate-stderr timeout 20 sock_server "$name"
    assert_equal "$stderr" "sock_server: the name is too long: $name"
    run -1 --separate-stderr timeout 20 sock_client "$name" hello
    assert_equal "$stderr" "sock_client: the name is too long: $name"
  done
}

# SOCK-13, SOCK-14
@test "unixsock: what permissions a server and its clients need" {
  second_user sock_server sock_client
  mkdir -m 755 theirs
  mkdir -m 777 open
  mkdir -m 733 blind
  run -1 as_nobody timeout 20 sock_server theirs/s
  assert_output --partial 'bind, listen theirs/s: Permission denied'
  nobody_serves blind/s
  over server KILL 137
  chmod 755 blind
  run -1 as_nobody timeout 20 sock_server blind/s
  assert_output --partial 'unlink, bind, listen blind/s: Permission denied'
  rm blind/s
  nobody_serves open/s
  chmod 444 open/s
  run -1 as_nobody timeout 20 sock_client open/s hello
  assert_output --partial 'connect open/s (start sock_server first): Permission denied'
  chmod 222 open/s
  run -0 as_nobody timeout 20 sock_client open/s hello
  chmod 700 open
  run -1 as_nobody timeout 20 sock_client open/s hello
  assert_output --partial 'connect open/s (start sock_server first): Permission denied'
  chmod 777 open
  over
}

@test "unixsock: a second user can neither call a server nor remove its name" {
  second_user sock_server sock_client
  served
  run -1 as_nobody timeout 20 sock_client sock.server hello
  assert_output --partial 'Permission denied'
  run -1 as_nobody timeout 20 sock_server
  assert_output --partial 'exists and is no socket of yours'
  run -1 as_nobody rm -f sock.server
  over
}

@test "unixsock: a stranger's socket is refused and left alone, dead or alive" {
  second_user sock_server sock_client
  mkdir -m 777 open
  nobody_serves open/s
  run -1 timeout 20 sock_server open/s
  assert_output --partial 'open/s exists and is no socket of yours'
  run -1 grep client server.out # not even called
  over server KILL 137
  run -1 timeout 20 sock_server open/s
  assert_output --partial 'open/s exists and is no socket of yours'
  assert [ -S open/s ]
  rm open/s
}

# SOCK-16
@test "unixsock: an abstract name has no permissions, so both look who it is" {
  second_user sock_server sock_client
  served "@us.$$"
  run -1 --separate-stderr as_nobody timeout 20 sock_client "@us.$$" hello
  assert_equal "$stderr" \
    "sock_client: @us.$$ is served by another user"
  (cd "$BATS_TEST_TMPDIR" && variant sock_client 's/server.uid != geteuid\(\)/0/')
  cp "$BATS_TEST_TMPDIR/sock_client" careless
  run -1 as_nobody timeout 20 ./careless "@us.$$" hello
  refute_output --partial 'Client: receive'
  await 20 warns server 'is of another user: refused'
  run -0 timeout 20 sock_client "@us.$$" hello
  over
}

@test "unixsock: without a descriptor the next client waits, nobody is refused" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind needs descriptors of its own'
  # shellcheck disable=SC2016
  start server sh -c 'ulimit -n 7; exec sock_server'
  await 20 warns server 'waiting for clients'
  typist a
  typist b
  start c sock_client sock.server hello
  await 20 quiet server c
  run -1 grep "client ${PID[c]} is here" server.out
  types b one
  await 20 says b one
  await 20 quiet server c
  hangs_up a
  join a
  join c
  exactly c.out "Client: receive: server ${PID[server]}: hello"
  start d sock_client sock.server again # and once more
  join d
  hangs_up b
  join b
  over
}

@test "unixsock: when the system lacks a descriptor for once, that is not for ever" {
  can_inject
  faulty '?accept,?accept4:error=ENFILE:when=2'
  typist a
  start b sock_client sock.server hello
  await 20 quiet server b
  hangs_up a
  join a
  join b
  typist c
  typist d
  hangs_up c
  hangs_up d
  join c
  join d
  over
}

@test "unixsock: whom the kernel will not watch is dropped, nobody else" {
  can_inject
  faulty 'epoll_ctl:error=ENOSPC:when=2' # the first is for the name
  run -1 timeout 20 sock_client sock.server hello
  assert_output --partial 'sock_client: the server is gone' # it may be so at its send(2)
  await 20 warns server 'is dropped: No space left on device'
  grep -q 'epoll_ctl: client' server.err
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: a descriptor beyond the table is one too many, nobody waits in vain" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind needs descriptors of its own'
  variant sock_server 's/FDS = 65536/FDS = 6/'
  start server ./sock_server
  await 20 warns server 'waiting for clients'
  typist a
  run -1 timeout 20 sock_client sock.server hello
  await 20 warns server 'is one too many'
  types a one
  await 20 says a one
  hangs_up a
  join a
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: Ctrl-Z and fg, or a debugger, end no wait" {
  can_inject
  faulty '?epoll_wait,?epoll_pwait:error=EINTR:when=1..3'
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: closed standard streams do not become the socket" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  served
  local stream
  for stream in '<&-' '>&-'; do
    start c sh -c "exec sock_client sock.server hello $stream"
    join c 1
    exactly c.err 'sock_client: a standard stream is closed'
  done
  start c sh -c 'exec sock_client sock.server hello 2>&-'
  join c 1
  run -1 grep 'is here' server.out
  over
  for stream in '<&-' '>&-'; do
    start server sh -c "exec sock_server $stream"
    join server 1
    exactly server.err 'sock_server: a standard stream is closed'
  done
  start server sh -c 'exec sock_server 2>&-'
  join server 1
  run -0 find . -type s
  assert_output ''
}

@test "unixsock: a full disk and a reader gone are errors of stdout" {
  run -1 --separate-stderr timeout 20 sh -c 'sock_server >/dev/full'
  assert_regex "$stderr" 'sock_server: stdout, epoll_wait: No space left on device$'
  assert_not_exists sock.server
  stdout_gone sock_server
  assert_failure 1
  assert_regex "$stderr" 'sock_server: stdout, epoll_wait: Broken pipe$'
  assert_not_exists sock.server
  rm gone.in
  served
  run -1 --separate-stderr timeout 20 sh -c 'sock_client sock.server a >/dev/full'
  assert_equal "$stderr" 'sock_client: stdout: No space left on device'
  run -1 --separate-stderr timeout 20 sh -c 'printf a | sock_client >/dev/full'
  assert_equal "$stderr" 'sock_client: stdout: No space left on device'
  stdout_gone sock_client sock.server hello
  assert_failure 1
  assert_equal "$stderr" 'sock_client: stdout: Broken pipe'
  over
}

@test "unixsock: the server tells a stdout that breaks later, and leaves nothing" {
  mkfifo gone.in
  exec 5<>gone.in
  # shellcheck disable=SC2016
  start server sh -c 'exec sock_server >gone.in'
  await 20 warns server 'waiting for clients'
  exec 5>&-
  run -1 --separate-stderr timeout 20 sock_client sock.server hello
  join server 1
  exactly server.err 'sock_server: waiting for clients: start sock_client sock.server' \
    'sock_server: stdout, epoll_wait: Broken pipe'
}

@test "unixsock: wrong arguments are shown the usage, status 2" {
  local name
  for name in '' - -x --help; do
    run -2 --separate-stderr timeout 20 sock_server "$name"
    assert_equal "$stderr" 'sock_server: usage: sock_server [NAME]'
    assert_output ''
    run -2 --separate-stderr timeout 20 sock_client "$name"
    assert_equal "$stderr" 'sock_client: usage: sock_client [NAME [TEXT...]]'
    assert_output ''
  done
  run -2 timeout 20 sock_server sock.server surplus
  assert_output 'sock_server: usage: sock_server [NAME]'
  served # a text is any text
  run -0 timeout 20 sock_client sock.server -x --
  assert_line --index 0 "Client: receive: server ${PID[server]}: -x"
  assert_line --index 1 "Client: receive: server ${PID[server]}: --"
  over
}

@test "unixsock: each system call of the server that fails is told" {
  can_inject
  local call
  for call in socket bind listen '?epoll_create,?epoll_create1' epoll_ctl \
    '?epoll_wait,?epoll_pwait' rt_sigprocmask; do
    run --separate-stderr injects "$call:error=EIO" -- sock_server
    assert_failure 1
    assert_regex "$stderr" '^sock_server: .*: (Input/output|I/O) error$'
    assert_not_exists sock.server
  done
  faulty '?accept,?accept4:error=EMFILE:when=1'
  run -1 timeout 20 sock_client sock.server hello # nobody is there to leave
  join server 1
  assert_not_exists sock.server
  faulty '?accept,?accept4:error=EMFILE:when=2'
  run -0 timeout 20 sock_client sock.server hello
  await 20 says server 'is gone'
  run -1 timeout 20 sock_client sock.server hello # and he has left before
  join server 1
  faulty 'getsockopt:error=EIO:when=1' # who that is cannot be known
  run -1 timeout 20 sock_client sock.server hello
  run -0 timeout 20 sock_client sock.server hello
  over
}

@test "unixsock: each system call of the client that fails is told" {
  can_inject
  local call
  served
  for call in socket connect sendto; do
    run --separate-stderr injects "$call:error=EIO" -- sock_client sock.server hello
    assert_failure 1
    assert_regex "$stderr" '^sock_client: .*: (Input/output|I/O) error$'
  done
  run -1 --separate-stderr injects '?recvfrom:error=EIO' -- sock_client sock.server hello
  assert_regex "$stderr" "^sock_client: recv: (Input/output|I/O) error\$"
  run -1 --separate-stderr injects 'getsockopt:error=EIO' -- sock_client sock.server hello
  assert_equal "$stderr" 'sock_client: sock.server is served by another user'
  run -1 --separate-stderr timeout 20 sock_client <.
  assert_equal "$stderr" 'sock_client: stdin: Is a directory'
  over
}

@test "unixsock: a failing connection ends that client, not the server" {
  can_inject
  local error
  for error in sendto:error=EPIPE recvfrom:error=ECONNRESET; do
    faulty "?$error:when=1"
    run -1 timeout 20 sock_client sock.server one
    assert_output --partial "$gone"
    run -0 timeout 20 sock_client sock.server two
    assert_output "Client: receive: server ${PID[server]}: two"
    over
  done
}

@test "unixsock: the commands of README.md do what it says" {
  local command count=0 name=@us.$$
  ln -s "$BUILD" build
  # shellcheck disable=SC2016
  sed -n '/^```sh$/,/^```$/{/^```/!p}' \
    "$BATS_TEST_DIRNAME/../unixsock/README.md" >commands
  while read -r command; do
    ((++count))
    command=${command//@demo/$name} # an abstract name is everybody's
    case $command in
      'make run-unixsock') ;; # the stage's own test plays the cast
      'make run-unixsock-'*) # the variants' test plays it
        grep -q "^variant ${command#make run-unixsock-} " "$BATS_TEST_DIRNAME/../unixsock/cast"
        ;;
      'make claim ID='*)
        run -0 "$BATS_TEST_DIRNAME/../scripts/claims" -q -b "$BUILD" "${command#*=}"
        assert_line --partial 'Verdict:  '
        ;;
      build/unixsock/sock_server)
        if [[ -z ${PID[server]:-} ]]; then
          start server "$command"
          await 20 warns server 'waiting for clients'
        else
          run -1 timeout 20 "$command"
          assert_output --partial "already served by pid ${PID[server]}"
        fi
        ;;
      "build/unixsock/sock_server $name")
        # shellcheck disable=SC2086
        start abstract $command
        await 20 warns abstract 'waiting for clients'
        ;;
      cat*)
        run -1 timeout 20 bash -c "$command"
        assert_output 'cat: sock.server: No such device or address'
        ;;
      yes*)
        run -0 timeout 20 bash -c "$command"
        assert_line --index 9 "Client: receive: server ${PID[server]}: y"
        ;;
      *)
        run -0 timeout 20 bash -c "$command </dev/null"
        case $command in
          *'world') assert_output --partial "server ${PID[server]}: world" ;;
          *moved*) assert_output "Client: receive: server ${PID[server]}: hello" ;;
          ls*) assert_output --regexp '^srw------- .* 0 .* sock\.server$' ;;
          grep*) assert_output --partial "$name" ;;
          *"$name hello") assert_output --partial "server ${PID[abstract]}: hello" ;;
        esac
        ;;
    esac
  done <commands
  assert_equal "$count" 15
  over
  over abstract
}
