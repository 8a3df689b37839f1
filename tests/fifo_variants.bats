# The variants of the room fifo: fifo_server and fifo_client (article A 二.3).
# shellcheck disable=SC2154 # bats sets $output and $stderr

setup() {
  load helpers
  common_setup
  at_fifo=(-P fifo_server.fifo -P "$PWD/fifo_server.fifo")
}
teardown() { common_teardown; }

# served [NAME]: a server that waits for clients.
served() {
  start "${1:-server}" fifo_server
  await 20 warns "${1:-server}" 'waiting for fifo_client'
}
# over [SERVER [SIGNAL [STATUS]]]: it is ended, by TERM if not told, and clean.
over() {
  hit "${1:-server}" "${2:-TERM}"
  join "${1:-server}" "${3:-143}"
  assert_not_exists fifo_server.fifo
}
freeze() {
  hit server STOP
  await 10 stopped server
}
thaw() { hit server CONT; }
# asks NAME [TEXT]: a client that has sent its request.
asks() {
  start "$1" fifo_client "${@:2}"
  await 20 warns "$1" "waiting for fifo_server's answer"
}
# has_answer NAME N TEXT: that client got this answer and printed nothing else.
has_answer() { printf 'Send request: %s\nReceive answer %s: %s\n' "$3" "$2" "$3" | diff - "$1.out"; }
# sends FORMAT ARG...: that, in one write(2), to the server.
sends() {
  # shellcheck disable=SC2059
  printf "$@" >bytes
  timeout 20 bash -c 'cat bytes >fifo_server.fifo'
}
# still_serves N: the next client gets its answer, which is number N.
still_serves() {
  run -0 timeout 20 fifo_client 'still there?'
  assert_line "Receive answer $1: still there?"
}
# sleeps_well NAME: asleep each time that we look, so it does not spin.
sleeps_well() {
  local i state
  await 10 blocked "$1"
  for ((i = 0; i < 10; i++)); do
    read -r _ _ state _ <"/proc/${PID[$1]}/stat"
    [[ $state == S ]] || return 1
    read -rt 0.003 -u "$NEVER" _ || :
  done
}
# dropped N: so many lines that were no request.
dropped() { (($(grep -c 'that are no request are dropped' server.err) == $1)); }
fifos() { find . -type p | sort; }

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f)

@test "fifo: fifo_server: what both print, line by line, and the next client, too" {
  served
  assert_file_empty server.out
  asks one
  local pid1=${PID[one]}
  join one
  has_answer one 1 "hello, I'm client $pid1"
  sleeps_well server # and has seen no end of file
  asks two 'good day'
  local pid2=${PID[two]}
  join two
  has_answer two 2 'good day'
  printf 'Request %s\n' "1 from client $pid1: hello, I'm client $pid1" \
    "2 from client $pid2: good day" | diff - server.out
  assert_equal "$(cat one.err)" "fifo_client: waiting for fifo_server's answer"
  assert_equal "$(cat server.err)" 'fifo_server: waiting for fifo_client (start it in this directory)'
  assert_equal "$(fifos)" ./fifo_server.fifo
  over
}

@test "fifo: fifo_server: a client that is first says at once what to start, and makes nothing" {
  run -1 --separate-stderr timeout 20 fifo_client
  assert_output ''
  assert_equal "$stderr" \
    'fifo_client: open fifo_server.fifo (start fifo_server first, in this directory): No such file or directory'
  run find . -name 'fifo*'
  refute_output
}

@test "fifo: fifo_server: after a SIGKILL a client does not wait, and the next server works" {
  served
  hit server KILL
  join server 137
  run -1 --separate-stderr timeout 20 fifo_client
  assert_output ''
  assert_equal "$stderr" \
    'fifo_client: open fifo_server.fifo (start fifo_server first, in this directory): No such device or address'
  served
  still_serves 1
  over
}

@test "fifo: fifo_server: two hundred clients at once each get their own answer" {
  local n i
  n=$([[ ${UNDER:-} ]] && echo 20 || echo 200)
  served
  freeze # so that they all wait at the same time
  # shellcheck disable=SC2016
  start crowd bash -c 'for ((i = 1; i <= $1; i++)); do
      fifo_client "I am number $i of the crowd" >"c$i.out" & pids[i]=$!
    done
    for pid in "${pids[@]}"; do wait "$pid" || exit; done' - "$n"
  all_wait() { (($(wc -l <crowd.err) == n)); }
  await 60 all_wait
  assert_equal "$(fifos | wc -l)" $((n + 1))
  thaw
  join crowd
  for ((i = 1; i <= n; i++)); do
    [[ $(<"c$i.out") =~ ^"Send request: I am number $i of the crowd"$'\n'"Receive answer "([0-9]+)": I am number $i of the crowd"$ ]]
    echo "${BASH_REMATCH[1]}"
  done >numbers
  sort -n numbers | diff <(seq "$n") -
  run -0 wc -l <server.out
  assert_output "$n"
  over
  assert_equal "$(fifos)" ''
}

@test "fifo: fifo_server: a client waits while the server's FIFO is full, then is served" {
  served
  freeze
  exec 9<>fifo_server.fifo
  dd if=/dev/zero of=fifo_server.fifo oflag=nonblock bs=4096 count=1000 status=none 2>/dev/null || true
  exec 9>&-
  start one fifo_client patience
  await 10 says one 'Send request: patience'
  await 10 blocked one
  run ! warns one 'waiting for'
  start two fifo_client impatience
  await 10 says two 'Send request: impatience'
  await 10 blocked two
  hit two INT
  join two 130
  thaw
  join one
  has_answer one 1 patience
  warns server '255 bytes that are no request are dropped'
  over
}

@test "fifo: fifo_server: what is no request is dropped and told, and harms nobody" {
  local garbage n=0 long
  long=$(printf '%*s' 201 '' | tr ' ' x)
  served
  for garbage in 'hello' '0 hello' '-1 hello' '+1 hello' ' 1 hello' '1' '1\thello' '../../etc 1' \
    'a/b hello' '/dev/null hello' '1/../2 hello' '1.5 hello' '1 hel\0lo' '1\0' '\0' '\377\376' \
    "1 $long" "99999999999999999999999999999999 ${long}xx"; do
    sends "\\n$garbage\\n"
    await 10 dropped $((n += 1)) || fail "$garbage"
  done
  sends '\n\n\n\n' # nothing, many times
  assert_file_empty server.out
  still_serves 1
  dropped "$n"
  assert_equal "$(fifos)" ./fifo_server.fifo
  over
}

@test "fifo: fifo_server: half a request, or far too long a one, spoils only itself" {
  local half n=0
  served
  for half in 'garbage' '\n12' '\n' '%0100000d' '\0\0\0'; do
    sends "$half" 0
    still_serves $((n += 1)) # what came before is on a line of its own
  done
  sends '\n12 hel'
  still_serves $((n + 2)) # that one was taken for a request, and answered
  warns server 'no answer to client 12'
  dropped 4
  over
}

@test "fifo: fifo_server: a request that comes in pieces is one request" {
  served
  mkfifo -m 600 fifo_client.7
  exec 8<>fifo_client.7 9>fifo_server.fifo
  local piece
  for piece in '\n' '7' ' in pie' 'ces' '\n7 an'; do
    # shellcheck disable=SC2059
    printf "$piece" >&9
    sleeps_well server
  done
  read -rt 10 -u 8 _
  read -rt 10 -u 8 line
  assert_equal "$line" '1 in pieces'
  printf 'd another\n8 a third' >&9
  read -rt 10 -u 8 _
  read -rt 10 -u 8 line
  assert_equal "$line" '2 and another'
  exec 8>&- 9>&-
  rm fifo_client.7
  over
}

@test "fifo: fifo_server: a client that died between request and answer harms nobody" {
  local name
  served
  freeze
  for name in HUP INT QUIT TERM KILL; do asks "$name" "$name"; done
  asks alive 'alive'
  start shell bash -c 'fifo_client shell; exit $?'
  await 10 warns shell 'waiting for'
  kill -TERM "$(child_of shell | tr -d ' ')"
  join shell 143
  warns shell Terminated # the shell says so of a death, not of a status
  local killed=${PID[KILL]} ended=${PID[TERM]}
  for name in HUP:129 INT:130 QUIT:131 TERM:143 KILL:137; do
    hit "${name%:*}" "${name%:*}"
    join "${name%:*}" "${name#*:}"
  done
  assert_exists "fifo_client.$killed"
  assert_equal "$(fifos | wc -l)" 3 # and its own, and the living client's
  thaw
  join alive
  has_answer alive 6 alive
  warns server "no answer to client $ended: open fifo_client.$ended: No such file or directory"
  warns server "no answer to client $killed: open fifo_client.$killed: No such device or address"
  rm "fifo_client.$killed"
  still_serves 8
  over
}

# The server has opened the FIFO for the answer when its reader leaves.
@test "fifo: fifo_server: a client that dies while it is answered harms nobody" {
  can_inject
  mkfifo -m 600 fifo_client.7
  exec 8<>fifo_client.7
  start server "${traced[@]}" -o trace -P fifo_client.7 \
    -e inject='?fstat,?newfstatat,?statx:signal=STOP:when=1' fifo_server
  await 10 warns server 'waiting for'
  sends '\n7 hello\n'
  await 10 grep -q 'stopped by SIGSTOP' trace
  exec 8>&-
  kill -CONT "$(child_of server)"
  await 10 warns server 'no answer to client 7: write fifo_client.7: Broken pipe'
  rm fifo_client.7
  still_serves 2
  kill -TERM "$(child_of server)"
  join server 143
}

@test "fifo: fifo_server: a client that does not read does not hold the server up" {
  served
  mkfifo -m 600 fifo_client.7
  exec 9<>fifo_client.7
  dd if=/dev/zero of=fifo_client.7 oflag=nonblock bs=4096 count=1000 status=none 2>/dev/null || true
  sends '\n7 hello\n'
  still_serves 2
  warns server 'no answer to client 7: write fifo_client.7: Resource temporarily unavailable'
  exec 9>&-
  rm fifo_client.7
  over
}

@test "fifo: fifo_server: an answer goes into no file, no link, no FIFO that others may open" {
  local i
  served
  echo 'my only copy' >fifo_client.1
  ln -s elsewhere fifo_client.2
  mkfifo -m 600 elsewhere
  mkdir fifo_client.3
  mkfifo -m 644 fifo_client.4
  exec 8<>elsewhere 9<>fifo_client.4
  for i in 1 2 3 4; do sends '\n%d hello\n' "$i"; done
  still_serves 5
  warns server 'no answer to client 1: fifo_client.1 is not a FIFO of yours alone'
  warns server 'no answer to client 2: open fifo_client.2: '
  warns server 'no answer to client 3: open fifo_client.3: Is a directory'
  warns server 'no answer to client 4: fifo_client.4 is not a FIFO of yours alone'
  assert_equal "$(cat fifo_client.1)" 'my only copy'
  run -1 read -rt 0 -u 8
  run -1 read -rt 0 -u 9
  exec 8>&- 9>&-
  rm elsewhere fifo_client.4
  over
}

@test "fifo: fifo_server: a client takes no answer but its own, and does not spin" {
  served
  freeze
  asks one mine
  local own=fifo_client.${PID[one]} other
  assert_equal "$(stat -c '%F %a' "$own")" 'fifo 600'
  for other in '\n1 yours\n' '\n1 min\n' '\n1 mine!\n' '\n mine\n' '\n1mine\n' '\n1xmine\n' '\nmine' '\n1 mi\0ne\n' \
    '%0100000d\n' '\n%0256d1 mine\n' '\n1 mine\377'; do
    # shellcheck disable=SC2059
    timeout 20 bash -c "printf '$other' 0 >$own"
    sleeps_well one
  done
  thaw
  join one
  has_answer one 1 mine
  over
}

@test "fifo: fifo_server: bytes are passed on as they are; a line of 200, not 201, not two" {
  local text long
  long=$(printf '%*s' 200 '' | tr ' ' x)
  served
  local n=0 fds
  fds=$(ls "/proc/${PID[server]}/fd")
  for text in "$long" '' ' ' $'\377\001%s%n\303' '7 8' ' 1 x'; do
    asks one "$text"
    join one
    has_answer one $((n += 1)) "$text"
  done
  await 10 blocked server
  assert_equal "$(ls "/proc/${PID[server]}/fd")" "$fds" # none is left open
  for text in "x$long" $'two\nlines' $'\n' -h --help -; do
    run -2 --separate-stderr timeout 20 fifo_client "$text"
    assert_equal "$stderr" 'fifo_client: usage: fifo_client [TEXT]  (one line, up to 200 bytes)'
    assert_output ''
  done
  run -2 timeout 20 fifo_client a b
  assert_equal "$(fifos)" ./fifo_server.fifo
  over
}

@test "fifo: fifo_server: a second server is refused, and the first goes on" {
  served
  run -1 --separate-stderr timeout 20 fifo_server
  assert_output ''
  assert_equal "$stderr" 'fifo_server: lock fifo_server.fifo (is another fifo_server at work here?): Resource temporarily unavailable'
  still_serves 1
  freeze # not even then
  run -1 timeout 20 fifo_server
  thaw
  over
}

@test "fifo: fifo_server: of five servers at once exactly one stays" {
  local i
  for i in 1 2 3 4 5; do start "s$i" fifo_server; done
  four_left() { local n=0; for i in 1 2 3 4 5; do ! ended "s$i" || ((n += 1)); done; ((n == 4)); }
  await 20 four_left
  local left
  for i in 1 2 3 4 5; do
    if ended "s$i"; then join "s$i" 1; else left=s$i; fi
  done
  await 10 warns "$left" 'waiting for'
  still_serves 1
  over "$left"
}

# The second one has opened the FIFO when the first one removes it.
@test "fifo: fifo_server: a server that comes while another leaves makes a FIFO of its own" {
  can_inject
  served first
  start second "${traced[@]}" -o trace "${at_fifo[@]}" \
    -e inject='?fstat,?newfstatat,?statx:signal=STOP:when=1' fifo_server
  await 10 grep -q 'stopped by SIGSTOP' trace
  hit first TERM
  join first 143
  assert_not_exists fifo_server.fifo
  kill -CONT "$(child_of second)"
  await 10 warns second 'waiting for'
  still_serves 1
  assert_equal "$(find "/proc/$(child_of second | tr -d ' ')/fd" -lname '*/fifo_server.fifo*' | wc -l)" 1
  kill -TERM "$(child_of second)"
  join second 143
}

@test "fifo: fifo_server: a server that leaves does not take the next one's FIFO along" {
  served first
  mv fifo_server.fifo elsewhere
  served second
  hit first TERM
  join first 143
  still_serves 1
  over second
  rm elsewhere
  served third
  rm fifo_server.fifo
  echo 'a file' >fifo_server.fifo
  hit third INT
  join third 130
  assert_equal "$(cat fifo_server.fifo)" 'a file'
}

@test "fifo: fifo_server: ended by any signal while clients wait: they say so, and all is clean" {
  local number=(2 15 9) name n=0 i
  for name in INT TERM KILL; do
    served
    freeze
    for i in 1 2; do asks "client$i"; done
    hit server "$name"
    thaw 2>/dev/null || :
    join server $((128 + number[n++]))
    for i in 1 2; do
      join "client$i" 1
      warns "client$i" 'fifo_client: fifo_server has left without an answer'
    done
    [[ $name != KILL ]] || rm fifo_server.fifo
    assert_equal "$(fifos)" ''
  done
}

# The answer is there and the server gone, when the client looks.
@test "fifo: fifo_server: an answer that came just before the server's end is not lost" {
  served
  freeze
  asks one 'quick'
  hit one STOP
  await 10 stopped one
  timeout 20 bash -c "printf '%05000d' 0 >fifo_client.${PID[one]}" # more than one read(2)
  thaw
  await 10 says server 'quick'
  await 10 blocked server
  over
  hit one CONT
  join one
  has_answer one 1 quick
}

@test "fifo: fifo_server: Ctrl-Z and fg do no harm to either" {
  served
  freeze
  asks one 'patience'
  hit one STOP
  await 10 stopped one
  hit one CONT
  sleeps_well one
  thaw
  join one
  has_answer one 1 patience
  over
}

@test "fifo: fifo_server: private under any umask; it is the signal that ends it" {
  local number=(1 2 3 15) mask=(000 022 027 077) name n=0
  for name in HUP INT QUIT TERM; do
    umask "${mask[n]}"
    served
    assert_equal "$(stat -c %a fifo_server.fifo)" 600
    over server "$name" $((128 + number[n++]))
  done
  start shell bash -c 'fifo_server; exit $?'
  await 10 warns shell 'waiting for'
  local pid
  pid=$(child_of shell)
  kill -TERM "${pid% }"
  join shell 143
  warns shell Terminated # the shell says so of a death, not of a status
}

@test "fifo: fifo_server: Ctrl-C at whatever call either makes leaves no FIFO" {
  can_inject
  local call
  for call in '?open,?openat' '?mknod,?mknodat' '?fstat,?lstat,?newfstatat,?statx' flock; do
    run injects "$call:signal=INT" -- "${at_fifo[@]}" fifo_server
    assert_equal "$status" 130
    assert_equal "$(fifos)" ''
  done
  served
  freeze
  for call in '?open,?openat' '?mknod,?mknodat' fcntl 'write' '?poll,?ppoll,?ppoll_time64' ; do
    run injects "$call:signal=INT" -- fifo_client
    assert_equal "$status" 130
    assert_equal "$(fifos)" ./fifo_server.fifo
  done
  thaw
  over
}

# refuses PROGRAM [COMMAND...]: it will not have that fifo_server.fifo.
refuses() {
  run -1 --separate-stderr "${@:2}" timeout 20 "$1"
  assert_output ''
  [[ $stderr == "$1: "*"fifo_server.fifo"* ]] || fail "$stderr"
}

@test "fifo: fifo_server: what is no private FIFO is refused and untouched, by both" {
  local program target
  echo secret >file
  mkfifo fifo.in
  for program in fifo_server fifo_client; do
    echo 'my only copy' >fifo_server.fifo
    refuses $program
    assert_equal "$stderr" "$program: fifo_server.fifo is not a FIFO of yours alone"
    assert_equal "$(cat fifo_server.fifo)" 'my only copy'
    rm fifo_server.fifo
    mkdir fifo_server.fifo
    refuses $program
    rmdir fifo_server.fifo
    mkfifo -m 622 fifo_server.fifo
    exec 9<>fifo_server.fifo
    refuses $program
    assert_equal "$stderr" "$program: fifo_server.fifo is not a FIFO of yours alone"
    exec 9>&-
    assert_equal "$(stat -c %a fifo_server.fifo)" 622
    rm fifo_server.fifo
    for target in file fifo.in nowhere /dev/null; do
      ln -s "$target" fifo_server.fifo
      refuses $program
      assert_equal "$(readlink fifo_server.fifo)" "$target"
      rm fifo_server.fifo
    done
  done
  assert_equal "$(cat file)" secret
  assert_not_exists nowhere
}

@test "fifo: fifo_client: its FIFO's name is taken: a killed client's is used, others are left alone" {
  served
  start one bash -c 'mkfifo -m 600 fifo_client.$$ && exec fifo_client again'
  join one
  has_answer one 1 again
  assert_equal "$(fifos)" ./fifo_server.fifo
  local made
  # shellcheck disable=SC2016 # the shell that becomes the client has its pid
  for made in 'echo precious >fifo_client.$$' 'ln -s file fifo_client.$$' 'mkfifo -m 644 fifo_client.$$'; do
    run -1 --separate-stderr timeout 20 bash -c "$made"' && exec fifo_client'
    [[ $stderr == 'fifo_client: mkfifo fifo_client.'*' (it is no FIFO of yours alone): File exists' ]]
    assert_output ''
    run -0 ls -A
    assert_line --partial fifo_client.
    rm fifo_client.*
  done
  assert_not_exists file
  over
}

@test "fifo: fifo_server: a second user can neither ask, nor serve, nor read answers" {
  second_user fifo_server fifo_client
  served
  refuses fifo_client as_nobody
  refuses fifo_server as_nobody
  freeze
  asks one mine
  run ! as_nobody timeout 20 dd if="fifo_client.${PID[one]}" iflag=nonblock status=none
  run ! as_nobody rm -f "fifo_client.${PID[one]}" fifo_server.fifo
  thaw
  join one
  has_answer one 1 mine
  over
}

@test "fifo: fifo_server: another user's FIFO is refused and untouched, even by root" {
  second_user fifo_server fifo_client
  mkfifo -m 600 fifo_server.fifo
  chown nobody fifo_server.fifo
  exec 9<>fifo_server.fifo
  refuses fifo_server
  refuses fifo_client
  assert_equal "$(stat -c '%U %a' fifo_server.fifo)" 'nobody 600'
  exec 9>&-
  rm fifo_server.fifo
  served
  mkfifo -m 600 fifo_client.7
  chown nobody fifo_client.7
  exec 9<>fifo_client.7
  sends '\n7 hello\n'
  still_serves 2
  warns server 'no answer to client 7: fifo_client.7 is not a FIFO of yours alone'
  run -1 read -rt 0 -u 9
  exec 9>&-
  rm fifo_client.7
  over
}

# fails_with FAULT EXPECTED PROGRAM [STRACE OPTION...]: it says so, and exits 1.
fails_with() {
  run -1 --separate-stderr injects "$1" -- "${@:4}" "$3"
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"$3: "$2 ]] || fail "$1: $stderr"
}

@test "fifo: fifo_server: each names the call that failed, exits 1 and leaves nothing" {
  can_inject
  local full='Too many open files in system'
  fails_with '?open,?openat:error=ENFILE:when=1' "open fifo_server.fifo: $full" fifo_server "${at_fifo[@]}"
  fails_with '?mknod,?mknodat:error=ENOSPC' 'mkfifo fifo_server.fifo: No space left on device' fifo_server
  fails_with read:error=EIO 'read fifo_server.fifo: I*error' fifo_server "${at_fifo[@]}"
  assert_equal "$(fifos)" ''
  mkfifo -m 600 fifo_server.fifo
  fails_with flock:error=ENOLCK 'lock fifo_server.fifo*: No locks available' fifo_server
  served
  freeze
  fails_with '?open,?openat:error=ENFILE' "open fifo_server.fifo: $full" fifo_client "${at_fifo[@]}"
  fails_with 'fcntl,?fcntl64:error=EINVAL' 'fcntl fifo_server.fifo: Invalid argument' fifo_client "${at_fifo[@]}"
  fails_with '?mknod,?mknodat:error=ENOSPC' 'mkfifo fifo_client.*: No space left on device' fifo_client
  fails_with write:error=EPIPE 'write fifo_server.fifo: Broken pipe' fifo_client "${at_fifo[@]}"
  fails_with write:retval=5 'write fifo_server.fifo: *' fifo_client "${at_fifo[@]}"
  fails_with '?poll,?ppoll:error=ENOMEM:when=1' 'poll: *' fifo_client
  thaw
  assert_equal "$(fifos)" ./fifo_server.fifo
  over
}

# With -D it is the client that has this shell's pid, so its FIFO's name is known.
own_fifo_fails() {
  # shellcheck disable=SC2016
  run -1 --separate-stderr env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" timeout 20 bash -c \
    'exec strace -D -qq -o /dev/null -P fifo_client.$$ -P "$PWD/fifo_client.$$" -e inject="$1" fifo_client' - "$1"
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"fifo_client: "$2 ]] || fail "$1: $stderr"
}

@test "fifo: fifo_client: the FIFO for its answer cannot be opened, or read: told, exit 1" {
  can_inject
  served
  own_fifo_fails '?open,?openat:error=ENFILE' 'open fifo_client.*: Too many open files in system'
  own_fifo_fails read:error=EIO 'read fifo_client.*: I*error'
  assert_equal "$(fifos)" ./fifo_server.fifo
  over
}

@test "fifo: fifo_server: a full disk, or a reader of stdout that is gone, is told, exit 1" {
  start server bash -c 'exec fifo_server >/dev/full'
  await 10 warns server 'waiting for'
  asks one || :
  join server 1
  warns server 'fifo_server: stdout: No space left on device'
  join one 1
  warns one 'fifo_server has left without an answer'
  assert_equal "$(fifos)" ''
  served
  run -1 --separate-stderr bash -c 'timeout 20 fifo_client >/dev/full'
  assert_equal "$stderr" 'fifo_client: stdout: No space left on device'
  mkfifo gone.in
  run -1 timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec fifo_client >&6 6>&-'
  assert_output --partial 'fifo_client: stdout: Broken pipe'
  rm gone.in
  assert_equal "$(fifos)" ./fifo_server.fifo
  still_serves 1
  over
  mkfifo gone.in
  start server bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec fifo_server >&6 6>&-'
  await 10 warns server 'waiting for'
  asks two
  join server 1
  warns server 'fifo_server: stdout: Broken pipe'
  join two 1
  rm gone.in
  assert_equal "$(fifos)" ''
}

@test "fifo: fifo_client: a disk that fills up before the answer is told" {
  can_inject
  served
  start client "${traced[@]}" -o /dev/null -P client.out -e inject=write,writev:error=ENOSPC:when=2 fifo_client
  join client 1
  warns client 'fifo_client: stdout: No space left on device'
  over
}

@test "fifo: fifo_server: with a closed stdout or stderr neither writes it into a FIFO" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  local closed
  for closed in '1>&-' '2>&-'; do
    run -1 timeout 20 bash -c "exec fifo_server $closed"
    assert_equal "$(fifos)" ''
  done
  served
  for closed in '1>&-' '2>&-'; do
    run -1 timeout 20 bash -c "exec fifo_client $closed"
  done
  run -0 timeout 20 bash -c 'exec fifo_client x <&-'
  assert_line 'Receive answer 1: x'
  over
}

@test "fifo: fifo_server: usage, exit 2, and nothing is made" {
  local args
  for args in -h --help a 'a b'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 fifo_server $args
    [[ $stderr == 'fifo_server: usage: '*fifo_server ]]
    assert_output ''
  done
  run find . -name 'fifo*'
  refute_output
}

@test "fifo: fifo_server: its header says what both agree on, and is atomic by construction" {
  local source=$BATS_TEST_DIRNAME/../fifo
  cp "$source"/fifo_request.h "$source"/fifo_server.c .
  sed -i 's/LINE_SIZE = 256/LINE_SIZE = 4097/' fifo_request.h
  run ! cc -fsyntax-only fifo_server.c
  assert_output --partial 'would not be atomic'
  sed -i 's/LINE_SIZE = 4097/LINE_SIZE = 210/' fifo_request.h
  run ! cc -fsyntax-only fifo_server.c
}
