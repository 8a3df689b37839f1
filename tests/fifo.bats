# read_fifo and write_fifo: article A 二.3. TRAP-FIFO-n names the defect of the
# listing that a test would find if it came back.

setup() {
  load helpers
  common_setup
}
teardown() { common_teardown; }

# reader_waits [NAME]: a reader that has made fifo1 and waits for a writer.
reader_waits() {
  start "${1:-reader}" read_fifo
  await 10 warns "${1:-reader}" 'waiting for write_fifo'
  await 10 blocked "${1:-reader}"
}
# open_fds PID: how many of its descriptors are fifo1.
open_fds() { find "/proc/$1/fd" -lname '*/fifo1' 2>/dev/null | wc -l; }
# opened NAME: open(2) has returned in that process.
opened() { (($(open_fds "${PID[$1]}") >= 1)); }
# same_messages READER WRITER...: shown, whole and in order, is what was sent.
same_messages() {
  local reader=$1
  shift
  cat "${@/%/.out}" | sed -n 's/^Send message/Read message/p' >sent
  diff sent "$reader.out"
}
# piled COUNT WRITERS: so many messages of each writer in fifo1, and no reader
# yet. Descriptor 9 keeps both ends open, or they would be lost.
piled() {
  local i
  mkfifo -m 600 fifo1
  exec 9<>fifo1
  for ((i = 1; i <= $2; i++)); do
    timeout 20 write_fifo fifo1 "$1" 0 >"writer$i.out"
  done
}
# read_piled: a reader shows them; then end of file.
read_piled() {
  start reader read_fifo
  await 10 warns reader 'waiting for' # by then it has closed our descriptors
  await 10 opened reader
  exec 9>&-
  join reader
}
# raw BYTES...: what printf makes of it, as a whole stream for a reader.
raw() {
  reader_waits
  send "$@"
}
send() {
  # shellcheck disable=SC2059
  printf "$@" >bytes
  timeout 20 bash -c 'cat bytes >fifo1' # one write(2) where printf makes one a line
}
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  # shellcheck disable=SC2016
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
}

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq)
time_re='(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}'

@test "fifo: the transcript is the article's, line by line" {
  local sent_at start=$EPOCHSECONDS
  reader_waits
  start writer write_fifo fifo1 10 0
  local pid=${PID[writer]}
  join writer
  join reader
  run -0 head -n 1 writer.out
  assert_output "I am $pid process."
  run -0 grep -cxE "Send message: Process $pid's time is $time_re" writer.out
  assert_output 10
  run -0 wc -l <writer.out
  assert_output 11
  same_messages reader writer
  sent_at=$(date -d "$(sed -n '2s/.* time is //p' writer.out)" +%s)
  ((sent_at >= start && sent_at <= EPOCHSECONDS))
}

@test "fifo: by default ten messages, one a second; a fraction is a pace too" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -o trace -e trace='?nanosleep,?clock_nanosleep' \
    -e inject='?nanosleep,?clock_nanosleep:retval=0' write_fifo
  join writer
  join reader
  same_messages reader writer
  run -0 grep -cE 'tv_sec=1, tv_nsec=0' trace
  assert_output 10
  reader_waits
  run -0 timeout 20 "${traced[@]}" -o trace -e trace='?nanosleep,?clock_nanosleep' \
    write_fifo fifo1 1 0.05
  join reader
  run -0 grep -cE 'tv_sec=0, tv_nsec=(50000000|49999999)' trace
}

@test "fifo: the reader stands still in open(2), in silence, until a writer comes" {
  reader_waits
  run ! opened reader
  assert_file_empty reader.out
  start writer write_fifo fifo1 1 3600
  await 10 opened reader
  hit writer TERM
  join writer 143
  join reader
}

# TRAP-FIFO-12
@test "fifo: both sides' lines are seen at once, in a file too" {
  reader_waits
  start writer write_fifo fifo1 10 3600
  await 10 lines writer 2
  await 10 lines reader 1
  hit writer TERM
  join writer 143
  join reader
  same_messages reader writer
}

# TRAP-FIFO-1
@test "fifo: a writer started first says at once what to start, on any day" {
  local day
  for day in first second; do
    echo "on the $day day"
    run -1 --separate-stderr timeout 20 write_fifo
    assert_output --regexp '^I am [0-9]+ process\.$'
    # shellcheck disable=SC2154
    assert_equal "$stderr" \
      'write_fifo: lstat fifo1 (start read_fifo first, in this directory): No such file or directory'
    assert_not_exists fifo1
    reader_waits
    timeout 20 write_fifo fifo1 1 0
    join reader
  done
}

# TRAP-FIFO-1
@test "fifo: after a SIGKILL the next writer says that it waits, the next reader comes" {
  reader_waits
  hit reader KILL
  join reader 137
  assert_exists fifo1
  start writer write_fifo fifo1 10 0
  await 10 warns writer 'waiting for read_fifo'
  await 10 blocked writer
  run ! opened writer
  run -0 cat writer.out
  assert_output "I am ${PID[writer]} process."
  start reader read_fifo
  join writer
  join reader
  same_messages reader writer
}

@test "fifo: after a SIGKILL in the middle the next pair works" {
  reader_waits
  start writer write_fifo fifo1 100000 0.01
  await 10 lines reader 2
  hit reader KILL
  join reader 137
  join writer 1
  reader_waits
  timeout 20 write_fifo fifo1 1 0
  join reader
  assert_not_exists fifo1
}

# TRAP-FIFO-2
@test "fifo: a reader that was stopped for a while shows all messages" {
  reader_waits
  exec 9<>fifo1 # a writer all the time
  timeout 20 write_fifo fifo1 2 0 >before.out
  await 10 lines reader 2
  hit reader STOP
  await 10 stopped reader
  timeout 20 write_fifo fifo1 10 0 >meanwhile.out
  hit reader CONT
  exec 9>&-
  join reader
  same_messages reader before meanwhile
}

# TRAP-FIFO-2 TRAP-FIFO-3 TRAP-FIFO-8
@test "fifo: messages that piled up come out one by one, whole across blocks too" {
  piled 10 1
  read_piled
  same_messages reader writer1
  piled 200 3
  read_piled
  same_messages reader writer1 writer2 writer3
}

# TRAP-FIFO-3
@test "fifo: a writer that does not pause loses nothing" {
  reader_waits
  start writer write_fifo fifo1 "$([[ ${UNDER:-} ]] && echo 50 || echo 1500)" 0
  join writer
  join reader
  same_messages reader writer
}

# TRAP-FIFO-4
@test "fifo: two writers at once, and every message of both arrives whole" {
  local n
  n=$([[ ${UNDER:-} ]] && echo 30 || echo 500)
  reader_waits
  exec 9<>fifo1 # stay a writer until both have come
  start one write_fifo fifo1 "$n" 0
  start two write_fifo fifo1 "$n" 0
  join one
  join two
  exec 9>&-
  join reader
  sort one.out two.out | sed -n 's/^Send message/Read message/p' >sent
  sort reader.out | diff sent -
  run -0 wc -l <sent
  assert_output $((2 * n))
}

# TRAP-FIFO-4: at its second lstat(2), the reader has seen end of file and the
# name is still there. It is stopped at that point.
@test "fifo: a writer who slips in at the end of file is heard" {
  can_inject
  mkfifo -m 600 fifo1
  start first write_fifo fifo1 1 0
  await 10 warns first 'waiting for'
  start reader "${traced[@]}" -f -o trace -P fifo1 \
    -e inject='?lstat,?newfstatat,?statx:signal=STOP:when=2' read_fifo
  join first
  await 10 grep -q 'stopped by SIGSTOP' trace
  run -0 timeout 20 write_fifo fifo1 1 0
  local pid
  pid=$(child_of reader)
  kill -CONT "${pid% }"
  join reader
  run -0 grep -c '^Read message: ' reader.out
  assert_output 2
}

# TRAP-FIFO-10
@test "fifo: private under any umask; a signal ends a waiting reader and fifo1" {
  local number=(1 2 3 15) mask=(000 022 027 077) name n=0
  for name in HUP INT QUIT TERM; do
    umask "${mask[n]}"
    reader_waits
    assert_equal "$(stat -c %a fifo1)" 600
    hit reader "$name"
    join reader $((128 + number[n++]))
    assert_not_exists fifo1
    assert_file_empty reader.out
  done
}

@test "fifo: it is the signal that ends the reader, not an exit status like it" {
  start shell bash -c 'read_fifo; exit $?'
  await 10 warns shell 'waiting for write_fifo'
  local pid
  pid=$(child_of shell)
  kill -TERM "${pid% }"
  join shell 143
  warns shell Terminated # the shell says so of a death, not of a status
  assert_not_exists fifo1
}

# TRAP-FIFO-6
@test "fifo: the writer says that its reader was ended, and fifo1 is gone" {
  local number=(1 2 3 15) name n=0
  for name in HUP INT QUIT TERM; do
    reader_waits
    start writer write_fifo fifo1 100000 0.01
    await 10 lines reader 2
    hit reader "$name"
    join reader $((128 + number[n++]))
    join writer 1
    warns writer 'write_fifo: write fifo1: Broken pipe'
    lines writer 3
    assert_not_exists fifo1
  done
}

# TRAP-FIFO-6
@test "fifo: the writer says that its reader was killed, nothing it printed is lost" {
  reader_waits
  start writer write_fifo fifo1 100000 0.01
  await 10 lines reader 2
  hit reader KILL
  join reader 137
  join writer 1
  warns writer 'write_fifo: write fifo1: Broken pipe'
  grep -q '^I am ' writer.out
  lines writer 4
  rm fifo1
}

@test "fifo: the reader ends when its writer is ended, by any signal" {
  local number=(1 2 9 15) name n=0
  for name in HUP INT KILL TERM; do
    reader_waits
    start writer write_fifo fifo1 10 3600
    await 10 lines reader 1
    hit writer "$name"
    join writer $((128 + number[n++]))
    join reader
    same_messages reader writer
    assert_not_exists fifo1
  done
}

@test "fifo: a waiting writer is ended by a signal and leaves the FIFO alone" {
  local number=(1 2 9 15) name n=0
  mkfifo -m 600 fifo1
  for name in HUP INT KILL TERM; do
    start writer write_fifo
    await 10 warns writer 'waiting for read_fifo'
    await 10 blocked writer
    hit writer "$name"
    join writer $((128 + number[n++]))
  done
  assert_exists fifo1
  rm fifo1
}

@test "fifo: two readers wait, one writer, and both of them end" {
  reader_waits one
  reader_waits two
  timeout 20 write_fifo fifo1 3 0
  join one
  join two
  assert_not_exists fifo1
  run -0 cat one.out two.out
  assert_equal "$(grep -o 'Process [0-9]*' <<<"$output" | sort -u | wc -l)" 1
}

@test "fifo: Ctrl-C at whatever call the reader makes leaves no FIFO" {
  can_inject
  local call
  for call in mknod,?mknodat lstat,?newfstatat,?statx open,?openat; do
    [[ $call != lstat* ]] || mkfifo -m 600 fifo1
    run injects "?$call:signal=INT" -- -P fifo1 -P "$PWD/fifo1" read_fifo
    assert_equal "$status" 130
    assert_not_exists fifo1
  done
  mkfifo -m 600 fifo1
  start writer write_fifo fifo1 1 0
  run injects '?unlink,?unlinkat:signal=INT' -- -P fifo1 -P "$PWD/fifo1" read_fifo
  assert_equal "$status" 130
  assert_not_exists fifo1
  join writer
}

@test "fifo: Ctrl-Z and fg at any point do no harm" {
  reader_waits
  hit reader STOP
  await 10 stopped reader
  hit reader CONT
  start writer write_fifo fifo1 100000 0.01
  await 10 lines reader 2
  local n
  for n in 10 20 30; do
    hit writer STOP
    await 10 stopped writer
    hit writer CONT
    await 10 lines writer "$n"
  done
  hit writer TERM
  join writer 143
  join reader
  run -0 comm -23 reader.out <(sed -n 's/^Send message/Read message/p' writer.out)
  assert_output ''
  lines reader 20
  mkfifo -m 600 fifo1
  start writer write_fifo fifo1 3 0
  await 10 warns writer 'waiting for'
  await 10 blocked writer
  hit writer STOP
  await 10 stopped writer
  hit writer CONT
  start reader read_fifo
  join writer
  join reader
  same_messages reader writer
}

# TRAP-FIFO-7
@test "fifo: a short message after a long one shows nothing of the long one" {
  raw 'AAAAAAAAAA\n\0b\n\0'
  join reader
  run -0 cat reader.out
  assert_output $'Read message: AAAAAAAAAA\nRead message: b'
  reader_waits
  exec 9<>fifo1
  printf 'AAAAAAAAAA\n\0' >&9
  await 10 lines reader 1
  printf 'b\n\0' >&9
  exec 9>&-
  join reader
  run -0 cat reader.out
  assert_output $'Read message: AAAAAAAAAA\nRead message: b'
}

# TRAP-FIFO-7
@test "fifo: a message much longer than a block is shown whole" {
  local long
  for n in 1022 1023 1024 100000; do
    long=$(printf '%*s' "$n" '' | tr ' ' x)
    raw '%s\n\0last\n\0' "$long"
    join reader
    run -0 cat reader.out
    assert_output "Read message: $long"$'\nRead message: last'
  done
}

@test "fifo: a message that comes in pieces is one message" {
  reader_waits
  exec 9<>fifo1
  printf 'in' >&9
  await 10 opened reader
  printf ' pieces\nof two lines\n' >&9
  await 10 lines reader 2
  printf '\0next\n\0' >&9
  exec 9>&-
  join reader
  run -0 cat reader.out
  assert_output $'Read message: in pieces\nof two lines\nRead message: next'
}

@test "fifo: bytes are shown as they are, NULs alone are empty messages" {
  raw '\377\001%%s%%n\303\n\0\0\n\0'
  join reader
  printf 'Read message: \377\001%%s%%n\303\nRead message: Read message: \n' | cmp - reader.out
}

@test "fifo: a stream without a byte is no error" {
  raw ''
  join reader
  assert_file_empty reader.out
  reader_waits
  run -0 timeout 20 write_fifo fifo1 0
  join reader
  assert_file_empty reader.out
}

# TRAP-FIFO-7
@test "fifo: a stream that ends inside a message is shown, its line ended, told, and exit 1" {
  raw 'whole\n\0half'
  join reader 1
  printf 'Read message: whole\nRead message: half\n' | cmp - reader.out
  warns reader 'read_fifo: the last writer has left inside a message'
  assert_not_exists fifo1
  raw '%1024s' ''
  join reader 1
  run -0 wc -c <reader.out
  assert_output --regexp '^ *1039$'
  raw 'half, with a newline\n'
  join reader 1
  run -0 cat reader.out
  assert_output 'Read message: half, with a newline'
}

# refuses PROGRAM [COMMAND...]: it will not have that fifo1, says so, exits 1.
refuses() {
  local why='write_fifo: fifo1 is not a FIFO of yours alone'
  [[ $1 != read_fifo ]] || why='read_fifo: mkfifo fifo1 (it is no FIFO of yours alone): File exists'
  run -1 --separate-stderr "${@:2}" timeout 20 "$1"
  assert_equal "$stderr" "$why"
}

# TRAP-FIFO-9
@test "fifo: a file that is no FIFO is refused and untouched, by both" {
  local program
  for program in read_fifo write_fifo; do
    echo 'my only copy' >fifo1
    refuses "$program"
    run -0 cat fifo1
    assert_output 'my only copy'
    rm fifo1
    mkdir fifo1
    refuses "$program"
    rmdir fifo1
    mkfifo -m 644 fifo1 # the listing makes such ones
    refuses "$program"
    [[ $(stat -c %a fifo1) == 644 ]]
    rm fifo1
  done
}

@test "fifo: with its standard error closed the writer writes nothing of it into the FIFO" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  mkfifo -m 600 fifo1
  exec 9<>fifo1
  run -1 timeout 20 bash -c 'exec write_fifo fifo1 1 0 2>&- 9>&-'
  run -1 read -rt 0 -u 9
  rm fifo1
}

@test "fifo: a reader that leaves does not take the next reader's FIFO along" {
  can_inject
  reader_waits
  hit reader TERM
  join reader 143
  # It stops when the name is gone, and the next reader makes its own.
  start first "${traced[@]}" -o log -e trace=unlink,unlinkat -e inject='?unlink,?unlinkat:signal=STOP:when=1' read_fifo
  await 10 warns first 'waiting for write_fifo'
  timeout 20 write_fifo fifo1 1 0
  await 10 test ! -e fifo1
  reader_waits second
  kill -CONT "$(child_of first)"
  join first
  timeout 20 write_fifo fifo1 1 0
  join second
  lines second 1
}

# TRAP-FIFO-9
@test "fifo: a symbolic link is refused and untouched, by both" {
  local program target
  echo secret >file
  mkfifo fifo.in
  for target in file fifo.in nowhere /dev/null; do
    ln -s "$target" fifo1
    for program in read_fifo write_fifo; do
      refuses "$program"
      assert_equal "$(readlink fifo1)" "$target"
    done
    rm fifo1
  done
  run -0 cat file
  assert_output secret
  assert_not_exists nowhere
}

# TRAP-FIFO-9: the program's stderr is full and holds it between its look and
# its open(2); a link takes the place of fifo1 there.
@test "fifo: a link that takes the FIFO's place at the last moment is not followed" {
  local program cat
  mkfifo err.in
  exec 9<>err.in
  for program in read_fifo write_fifo; do
    dd if=/dev/zero of=err.in oflag=nonblock bs=4096 status=none 2>/dev/null || true
    ln -sf err.in swap.err
    [[ $program == read_fifo ]] || mkfifo -m 600 fifo1
    start swap "$program"
    [[ $program == read_fifo ]] || await 10 says swap 'I am'
    await 10 test -p fifo1
    await 10 blocked swap
    rm fifo1
    ln -s sent fifo1
    echo secret >sent
    rm swap.err
    (timeout 20 cat err.in | tr -d '\0' >swap.err) 3>&- 4>&- 9>&- &
    cat=$!
    join swap 1
    exec 9>&-
    wait "$cat"
    warns swap "$program: open fifo1: " # ELOOP, in the words of the libc
    run ! grep message swap.out
    assert_equal "$(readlink fifo1; cat sent)" $'sent\nsecret'
    rm fifo1
    exec 9<>err.in
  done
  exec 9>&-
}

@test "fifo: a file that took the FIFO's name is not removed" {
  reader_waits
  mv fifo1 elsewhere
  echo 'a file' >fifo1
  hit reader INT
  join reader 130
  run -0 cat fifo1
  assert_output 'a file'
  rm elsewhere
}

# TRAP-FIFO-10
@test "fifo: a second user can neither write, nor read, nor remove it" {
  second_user read_fifo write_fifo
  reader_waits
  refuses write_fifo as_nobody
  refuses read_fifo as_nobody
  run ! as_nobody timeout 20 dd if=fifo1 iflag=nonblock status=none
  run ! as_nobody rm -f fifo1
  run -1 --separate-stderr as_nobody timeout 20 read_fifo mine # one message
  assert_equal "$stderr" 'read_fifo: mkfifo mine: Permission denied'
  timeout 20 write_fifo fifo1 1 0
  join reader
  lines reader 1
}

@test "fifo: another user's FIFO is refused and untouched, even by root" {
  second_user read_fifo write_fifo
  mkfifo -m 666 fifo1
  chown nobody fifo1
  local program
  for program in read_fifo write_fifo; do
    refuses "$program"
    assert_equal "$(stat -c '%U %a' fifo1)" 'nobody 666'
  done
  rm fifo1
}

# TRAP-FIFO-10
@test "fifo: the reader names the call that failed, exits 1 and removes fifo1" {
  can_inject
  run -1 --separate-stderr injects '?mknod,?mknodat:error=ENOSPC' -- read_fifo
  assert_equal "$stderr" 'read_fifo: mkfifo fifo1: No space left on device'
  run -1 --separate-stderr injects '?open,?openat:error=ENFILE:when=1' -- -P fifo1 -P "$PWD/fifo1" read_fifo
  [[ $stderr == *'read_fifo: open fifo1: Too many open files in system' ]]
  assert_not_exists fifo1
}

# TRAP-FIFO-11
@test "fifo: a read(2) that fails is no end of file" {
  can_inject
  mkfifo -m 600 fifo1
  start writer write_fifo fifo1 100 0.1
  await 10 warns writer 'waiting for'
  run -1 --separate-stderr injects read:error=EIO:when=1 -- -P fifo1 read_fifo
  [[ $stderr == *'read_fifo: read fifo1: I'*/*' error' ]]
  assert_output ''
  assert_not_exists fifo1
  join writer 1
}

# fails_at FAULT EXPECTED [STRACE OPTION...]: the writer says so, and exits 1.
fails_at() {
  local fault=$1 expected=$2
  shift 2
  reader_waits
  run -1 --separate-stderr injects "$fault" -- "$@" write_fifo fifo1 2 0
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"write_fifo: "$expected ]] || fail "$stderr"
}

@test "fifo: the writer names the call that failed and exits 1" {
  can_inject
  fails_at write:error=ENOSPC:when=1 'write fifo1: No space left on device' -P fifo1
  join reader
  fails_at write:retval=5:when=1 'write fifo1: *' -P fifo1
  join reader
  fails_at close:error=EDQUOT 'close fifo1: *uota exceeded' -P fifo1
  join reader
  fails_at '?clock_nanosleep,?nanosleep:error=EINVAL' 'nanosleep: Invalid argument'
  join reader
  fails_at '?open,?openat:error=ENFILE' 'open fifo1: Too many open files in system' -P fifo1
  hit reader TERM
  join reader 143
}

@test "fifo: a full disk is told, exit 1" {
  run -1 --separate-stderr bash -c 'timeout 20 write_fifo fifo1 3 0 >/dev/full'
  assert_equal "$stderr" 'write_fifo: stdout: No space left on device'
  local bytes
  for bytes in 'line\n\0' 'no line\0' 'half'; do
    start reader bash -c 'exec read_fifo >/dev/full'
    await 10 warns reader 'waiting for'
    send "$bytes"
    join reader 1
    warns reader 'read_fifo: stdout: No space left on device'
    assert_not_exists fifo1
  done
}

@test "fifo: a writer whose disk fills up later tells it, the reader ends" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -f -o /dev/null -P writer.out \
    -e inject=write,writev:error=ENOSPC:when=3 write_fifo fifo1 3 0
  join writer 1
  warns writer 'write_fifo: stdout: No space left on device'
  join reader
  lines reader 1
}

@test "fifo: who reads our stdout is gone: told, exit 1" {
  stdout_gone write_fifo
  assert_equal "$status" 1
  assert_output --partial 'write_fifo: stdout: Broken pipe'
  rm gone.in
  mkfifo -m 600 fifo1
  start writer write_fifo fifo1 1 0
  await 10 warns writer 'waiting for'
  stdout_gone read_fifo
  assert_equal "$status" 1
  assert_output --partial 'read_fifo: stdout: Broken pipe'
  assert_not_exists fifo1
  join writer
}

@test "fifo: closed stdin harms neither, nor does another PATH in another folder" {
  mkdir sub
  start reader bash -c 'exec read_fifo sub/other <&-'
  await 10 warns reader 'waiting for'
  assert_equal "$(stat -c %F sub/other)" fifo
  timeout 20 bash -c "exec write_fifo $PWD/sub/other 3 0 <&-" >writer.out
  join reader
  same_messages reader writer
  assert_not_exists sub/other
  assert_not_exists fifo1
}

@test "fifo: usage, exit 2, and nothing is made" {
  local args
  for args in '-h' '--help' 'a b' '-' 'fifo1 3'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 read_fifo $args
    assert_equal "$stderr" 'read_fifo: usage: read_fifo [PATH]'
    assert_output ''
  done
  for args in '-h' 'fifo1 -1' 'fifo1 ten' 'fifo1 1.5' 'fifo1 3x' 'fifo1 99999999999999999999' \
    'fifo1 1000001' 'fifo1 3 -1' 'fifo1 3 nan' 'fifo1 3 inf' 'fifo1 3 3601' 'fifo1 3 1s' \
    'fifo1 3 1 4' 'fifo1 3 -'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 write_fifo $args
    assert_equal "$stderr" 'write_fifo: usage: write_fifo [PATH [COUNT [SECONDS]]]'
    assert_output ''
  done
  run -2 timeout 20 write_fifo fifo1 ''
  run -2 timeout 20 write_fifo fifo1 3 ''
  assert_not_exists fifo1
  assert_not_exists a
}

# sheet COMMAND: a command of the lesson sheet, as it stands there, but with
# the programs of this build.
sheet() {
  grep -qxF -- "$1" "$SHEET" || fail "not in the sheet: $1"
  echo "${1//build\/fifo\//}" >command.sh
  timeout 60 bash command.sh
}

@test "fifo: the sheet's commands do what the sheet says" {
  local SHEET=$BATS_TEST_DIRNAME/../fifo/README.md
  run -1 sheet build/fifo/write_fifo
  assert_line --partial '(start read_fifo first, in this directory): No such file or directory'
  reader_waits # build/fifo/read_fifo
  run -0 sheet 'ls -l fifo1'
  assert_output --regexp '^prw-------.* 0 .* fifo1$'
  sheet 'echo hello >fifo1'
  join reader 1
  warns reader 'the last writer has left inside a message'
  reader_waits
  sheet "printf 'hello\\n\\0' >fifo1"
  join reader
  # Every command of the sheet is tested, here or below; make run-fifo plays
  # the cast, by the stage.
  # shellcheck disable=SC2016
  run -0 awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$SHEET"
  assert_output 'make run-fifo
build/fifo/read_fifo
build/fifo/write_fifo
build/fifo/write_fifo
build/fifo/read_fifo | wc -l
(for i in 1 2; do build/fifo/write_fifo fifo1 1000 0 >/dev/null & done; wait) 3>fifo1
ls -l fifo1
echo hello >fifo1
printf '"'hello\\n\\0'"' >fifo1
make claim ID=FIFO-18
make claim ID=FIFO-9
printf '"'\\n1 hello\\n'"' >fifo_server.fifo
make run-fifo-fifo_server
make claims-fifo'
}

@test "fifo: the sheet's server, claims and play" {
  local SHEET=$BATS_TEST_DIRNAME/../fifo/README.md root=${BATS_TEST_DIRNAME%/*}
  start server fifo_server # build/fifo/fifo_server
  await 10 warns server 'waiting for'
  sheet "printf '\\n1 hello\\n' >fifo_server.fifo"
  await 10 warns server 'no answer to client 1: open fifo_client.1: No such file or directory'
  run -0 cat server.out
  assert_output 'Request 1 from client 1: hello'
  hit server INT
  join server 130
  # shellcheck disable=SC2016
  run -0 env TMPDIR="$PWD" bash -c 'cd "$1" && "$2/scripts/stage" -b "$2" fifo:fifo_server' \
    - "$root" "$BUILD" # make run-fifo-fifo_server
  assert_line 'fifo:fifo_server: ok'
  # make claims-fifo and make claim ID=...: tests/fifo_labs.bats tries them all.
  # Labs do on purpose what valgrind and the sanitizers report.
  [[ -z ${UNDER:-} && ${BUILT_WITH:-} != *-fsanitize* ]] || return 0
  local id
  for id in FIFO-18 FIFO-9; do
    run -0 "$root/scripts/claims" -b "$BUILD" "$id"
    assert_line --partial 'Verdict:  holds only if'
  done
}

@test "fifo: the sheet's two writers of 1000 messages are counted in full" {
  local SHEET=$BATS_TEST_DIRNAME/../fifo/README.md
  [[ ! ${UNDER:-} ]] || skip 'too slow under valgrind'
  start count bash -c 'read_fifo | wc -l' # build/fifo/read_fifo | wc -l
  await 10 test -p fifo1
  sheet '(for i in 1 2; do build/fifo/write_fifo fifo1 1000 0 >/dev/null & done; wait) 3>fifo1'
  join count
  run -0 cat count.out
  assert_output 2000
}
