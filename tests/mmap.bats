# mmap_reader and mmap_writer: article A 六, whose listing is lost; MMAP-n is a
# claim of the article that a test shows.

setup() {
  load helpers
  common_setup
  shopt -s inherit_errexit
}
teardown() { common_teardown; }

# reader_waits [NAME [FILE]]: a reader that waits for a writer.
reader_waits() {
  start "${1:-reader}" mmap_reader "${2:-mmap.dat}"
  await 10 warns "${1:-reader}" 'mmap_reader: waiting for mmap_writer (start it in this directory)'
  await 10 blocked "${1:-reader}"
}
# writer_waits ARG...: a writer that has stored all, and waits for a reader.
writer_waits() {
  start writer mmap_writer "$@"
  await 10 warns writer 'mmap_writer: waiting for mmap_reader to see all (start it in this directory)'
  await 10 blocked writer
}
# in_line_2 [COUNT]: line 1 is stored and seen; both sleep before line 2.
in_line_2() {
  reader_waits
  start writer mmap_writer mmap.dat "${1:-5}" 3600
  await 10 lines reader 1
  await 10 sleeps_at_line 2 reader
  await 10 blocked writer
}
# locks_of NAME: "TYPE START END" of each lock that it has, "-> ..." waits for.
locks_of() {
  awk -v pid="${PID[$1]}" '
    $2 == "->" && $6 == pid { print $2, $5, $8, $9 }
    $2 != "->" && $5 == pid { print $4, $7, $8 }' /proc/locks | sort
}
# sleeps_at_line LINE NAME: in fcntl(2), for the lock of that line.
sleeps_at_line() {
  locks_of "$2" | grep -qx -e "-> READ $(($1 * 80)) $(($1 * 80 + 79))"
}
# same_lines [READER [WRITER]]: what was stored, all and in order, was seen.
same_lines() {
  sed -n 's/^Store line/See line/p' "${2:-writer}.out" >stored
  diff stored "${1:-reader}.out"
}
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  # shellcheck disable=SC2016
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
  rm gone.in
}
# ends_by NAME SIGNAL: it gets that signal and dies of it.
ends_by() {
  hit "$1" "$2"
  join "$1" $((128 + $(kill -l "$2")))
}

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq)
time_re='(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}'
magic='Lines that mmap_writer and mmap_reader share'

@test "mmap: the transcript, line by line, and each line is seen once, in order" {
  reader_waits
  start writer mmap_writer mmap.dat 10 0
  local pid=${PID[writer]} i
  join writer
  join reader
  run -0 cat writer.out
  assert_line -n 0 "I am $pid process."
  for i in {1..10}; do
    assert_line -n "$i" --regexp "^Store line: Line $i: process $pid's time is $time_re\$"
  done
  run -0 wc -l <writer.out
  assert_output 11
  same_lines
  assert_not_exists mmap.dat
  # and the cast names these lines, no more and no fewer
  sed -n '/^variant/q; s/^[a-z]* prints //p' "$BATS_TEST_DIRNAME/../mmap/cast" | sort >cast
  sed -E "s/\\b$pid\\b/<writer>/; s/$time_re\$/<time>/" writer.out reader.out | sort | diff cast -
}

@test "mmap: by default ten lines, one a second; a fraction is a pace too" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -o trace -e trace='?nanosleep,?clock_nanosleep' \
    -e inject='?nanosleep,?clock_nanosleep:retval=0' mmap_writer
  join writer
  join reader
  same_lines
  run -0 grep -cE 'tv_sec=1, tv_nsec=0' trace
  assert_output 9 # between the lines
  reader_waits
  run -0 timeout 20 "${traced[@]}" -o trace -e trace='?nanosleep,?clock_nanosleep' \
    mmap_writer mmap.dat 2 0.05
  join reader
  run -0 grep -cE 'tv_sec=0, tv_nsec=(50000000|49999999)' trace
}

# MMAP-4 MMAP-5 MMAP-15
@test "mmap: lines are neither read(2) nor written, and the file is open once" {
  can_inject
  mkdir traces # in a folder of their own, or each would ring the reader's bell
  start reader "${traced[@]}" -o traces/reader mmap_reader
  await 10 warns reader 'waiting for mmap_writer'
  start writer "${traced[@]}" -o traces/writer mmap_writer mmap.dat 20 0
  join writer
  join reader
  same_lines
  local side fd
  for side in reader writer; do
    # What follows the last open(2) of the file.
    awk '/open.*"mmap.dat"/ { n = 0 } { call[n++] = $0 }
      END { for (i = 0; i < n; i++) print call[i] }' traces/$side >calls
    fd=$(sed -n 's/^open.*"mmap.dat".* = //p' calls)
    grep -E '^mmap[2]?\(.*MAP_SHARED, '"$fd," calls
    run grep -E "^[a-z0-9_]*(read|write|splice|sendfile|seek|copy|close)[a-z0-9_]*\($fd," calls
    [[ $side == writer ]] || assert_output ''
  done
  # The writer: what the file is, and that only.
  assert_line -n 0 --partial 'pread'
  assert_line -n 1 --partial "write($fd, \"Lines that"
  assert_equal "${#lines[@]}" 2
}

# MMAP-4: asleep in the kernel. It is woken by the line, once for each.
@test "mmap: the reader sleeps in fcntl(2) until its line is complete, and does not poll" {
  in_line_2
  run -0 locks_of reader
  assert_output '-> READ 160 239
READ 80 159'
  run -0 locks_of writer
  assert_output 'WRITE 0 79
WRITE 160 EOF'
  local before
  before=$(grep ctxt "/proc/${PID[reader]}/status")
  assert_equal "$(sed 1d writer.out | wc -l)" 1
  same_lines
  sleeps_at_line 2 reader
  assert_equal "$(grep ctxt "/proc/${PID[reader]}/status")" "$before"
  ends_by writer TERM
  join reader 1
}

# MMAP-15
@test "mmap: all is locked before the file has its size, and given up line by line" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -o trace \
    -e trace=fcntl,?fcntl64,ftruncate,?ftruncate64,fallocate,write,writev mmap_writer mmap.dat 3 0
  join writer
  join reader
  sed -En -e 's/.*F_SETLK.*l_type=F_([A-Z]*), .*l_start=([0-9]*), l_len=([0-9]*).*/\1 \2 \3/p' \
    -e 's/^(ftruncate|fallocate).*/\1/p' -e 's/^writev?\(.*("Store|"Lines).*/\1/p' trace >order
  run -0 cat order
  assert_output 'WRLCK 0 0
ftruncate
"Lines
fallocate
"Store
UNLCK 80 80
"Store
UNLCK 160 80
"Store
UNLCK 240 80'
}

# MMAP-6 MMAP-22: a third process reads the file with read(2).
@test "mmap: what was stored is in the file, for everybody, at once" { # README
  in_line_2 3
  tr -d '\0' <mmap.dat >text
  run -0 cat text
  assert_line -n 0 "$magic"
  assert_line -n 1 "$(sed -n 's/^Store line: //p' writer.out)"
  assert_equal "${#lines[@]}" 2
  assert_equal "$(stat -c %s mmap.dat)" 320
  assert_equal "$(tail -c +161 mmap.dat | tr -d '\0' | wc -c)" 0 # not yet stored
  ends_by writer TERM
  join reader 1
}

@test "mmap: lines that cross the border of a page arrive whole; a single line, too" {
  local n=1000
  [[ ! ${UNDER:-} ]] || n=120
  reader_waits
  start writer mmap_writer mmap.dat "$n" 0
  join writer
  join reader
  same_lines
  run -0 wc -l <reader.out
  assert_output "$n"
  reader_waits
  timeout 20 mmap_writer mmap.dat 1 0 >writer.out
  join reader
  same_lines
  lines reader 1
}

@test "mmap: a writer started first stores all, and waits for the reader that sees it" {
  writer_waits mmap.dat 5 0
  lines writer 6
  run -0 locks_of writer
  assert_line 'WRITE 0 79'
  start reader mmap_reader
  join reader
  join writer
  same_lines
  lines reader 5
  assert_not_exists mmap.dat
}

@test "mmap: a reader that comes in the middle sees all from line 1 on" {
  start writer mmap_writer mmap.dat 20 0.02
  await 10 lines writer 4
  start reader mmap_reader
  join writer
  join reader
  same_lines
}

@test "mmap: a reader that waits is not led astray by other files" {
  reader_waits
  echo other >other
  echo mmap >mmap.dat.old
  await 10 blocked reader
  run -0 wc -l <reader.err # told once
  assert_output 1
  start writer mmap_writer mmap.dat 3 0
  join writer
  join reader
  same_lines
}

@test "mmap: both started in the same instant meet" {
  for _ in 1 2 3 4 5; do
    start writer mmap_writer mmap.dat 3 0
    start reader mmap_reader
    join writer
    join reader
    same_lines
    start reader mmap_reader
    start writer mmap_writer mmap.dat 3 0
    join writer
    join reader
    same_lines
  done
}

@test "mmap: a bell that rings before anybody listens is heard, on both sides" {
  can_inject
  # The reader has seen no file; when it goes on, the writer has been there.
  start reader "${traced[@]}" -o /dev/null -P mmap.dat -P "$PWD/mmap.dat" \
    -e inject='?open,?openat:delay_exit=500000:when=1' mmap_reader
  await 10 warns reader 'waiting for mmap_writer'
  writer_waits mmap.dat 3 0
  join writer
  join reader
  same_lines
  # The writer has given up its last line; when it goes on, all is seen.
  reader_waits
  start writer "${traced[@]}" -o /dev/null -P mmap.dat -P "$PWD/mmap.dat" \
    -e inject='fcntl,?fcntl64:delay_exit=500000:when=3' mmap_writer mmap.dat 1 0
  join writer
  join reader
  same_lines
}

@test "mmap: any signal ends the writer, at work or waiting, by itself and with its file" {
  local name mask=(000 022 027 077 000) n=0
  for name in HUP INT QUIT TERM ABRT; do
    umask "${mask[n++]}"
    in_line_2
    assert_equal "$(stat -c '%a %F' mmap.dat)" '600 regular file'
    ends_by writer "$name"
    assert_not_exists mmap.dat
    join reader 1
    warns reader 'mmap_reader: mmap_writer left before line 2'
    same_lines
  done
  for name in INT TERM; do
    writer_waits mmap.dat 2 0
    ends_by writer "$name"
    assert_not_exists mmap.dat
  done
}

@test "mmap: a writer killed by SIGKILL is told, and the next pair sees nothing of its lines" {
  in_line_2
  ends_by writer KILL
  join reader 1
  warns reader 'mmap_reader: mmap_writer left before line 2'
  same_lines
  assert_exists mmap.dat
  reader_waits # it is not taken in by what is there
  assert_file_empty reader.out
  timeout 20 mmap_writer mmap.dat 3 0 >writer.out
  join reader
  same_lines
  assert_not_exists mmap.dat
}

@test "mmap: whenever a writer is killed, the next run works" {
  can_inject
  local call
  # Before it has the lock, a header, a size, a mapping, before line 1 is given up.
  for call in fcntl,?fcntl64:when=2 ftruncate,?ftruncate64 write fallocate '?mmap,?mmap2' \
    fcntl,?fcntl64:when=3; do
    run injects "$call:signal=KILL" -- -P mmap.dat -P "$PWD/mmap.dat" mmap_writer mmap.dat 2 0
    assert_exists mmap.dat
    start reader mmap_reader
    start writer mmap_writer mmap.dat 3 0
    join writer
    join reader
    same_lines
  done
}

# stops_after CALL: a writer that is stopped when it has made that call on the
# file; its pid is in PID[stopped].
stops_after() {
  rm -f trace
  start stopped "${traced[@]}" -o trace -P mmap.dat -P "$PWD/mmap.dat" \
    -e inject="$1:signal=STOP" mmap_writer mmap.dat 3 3600
  await 10 grep -qs 'stopped by SIGSTOP' trace
  PID["tracer"]=${PID[stopped]}
  PID[stopped]=$(child_of tracer)
  PID[stopped]=${PID[stopped]% }
}
# goes_on: until it has ended, with status 1.
goes_on() {
  hit stopped CONT
  unset 'PID[stopped]'
  join tracer 1
}

@test "mmap: a reader before line 1 is told that its writer left, whenever" {
  can_inject
  local call
  for call in write fallocate; do # without its size; without a line
    reader_waits
    stops_after "$call"
    await 10 sleeps_at_line 1 reader
    hit stopped KILL
    unset 'PID[stopped]'
    join tracer 137
    join reader 1
    warns reader 'mmap_reader: mmap_writer left before line 1'
    assert_file_empty reader.out
    rm mmap.dat
  done
}

@test "mmap: a reader that is killed leaves the writer at work, and its successor sees all" {
  local name
  in_line_2 2
  for name in HUP INT QUIT TERM KILL; do
    ends_by reader "$name"
    start reader mmap_reader
    await 10 sleeps_at_line 2 reader
    same_lines
  done
  ends_by writer TERM
  join reader 1
}

@test "mmap: Ctrl-Z and fg at any point do no harm; the writer stays until all is seen" {
  reader_waits
  hit reader STOP
  await 10 stopped reader
  hit reader CONT
  start writer mmap_writer mmap.dat 12 0.02
  await 10 lines reader 2
  local i
  for i in 1 2 3; do
    hit writer STOP
    await 10 stopped writer
    hit writer CONT
    hit reader STOP
    await 10 stopped reader
    hit reader CONT
  done
  hit reader STOP
  await 10 stopped reader
  await 10 lines writer 13
  await 10 warns writer 'waiting for mmap_reader to see all'
  await 10 blocked writer
  hit writer STOP
  await 10 stopped writer
  hit writer CONT
  await 10 blocked writer
  hit reader CONT
  join writer
  join reader
  same_lines
}

@test "mmap: a reader that slept through a writer's whole life sees what it stored" {
  in_line_2
  hit reader STOP
  await 10 stopped reader
  ends_by writer KILL
  # What it has seen stays as it is until it is done.
  run -1 --separate-stderr timeout 20 mmap_writer
  # shellcheck disable=SC2154
  assert_equal "$stderr" "mmap_writer: mmap.dat is in use by process ${PID[reader]}"
  hit reader CONT
  join reader 1
  warns reader 'mmap_reader: mmap_writer left before line 2'
  same_lines
  rm mmap.dat
}

@test "mmap: two readers at once both see everything" {
  reader_waits
  reader_waits second
  start writer mmap_writer mmap.dat 12 0.01
  join writer
  join reader
  join second
  same_lines
  same_lines second
  # also when the slower one has not even begun, and the file has lost its name
  reader_waits
  reader_waits second
  start writer mmap_writer mmap.dat 3 3600
  await 10 sleeps_at_line 2 reader
  await 10 sleeps_at_line 2 second
  ends_by writer TERM
  join reader 1
  join second 1
  same_lines
  same_lines second
}

@test "mmap: a second writer says whom it met, and the first goes on" {
  in_line_2
  run -1 --separate-stderr timeout 20 mmap_writer mmap.dat 3 0
  assert_equal "$stderr" "mmap_writer: mmap.dat is in use by process ${PID[writer]}"
  sleeps_at_line 2 reader
  run -0 locks_of writer
  assert_line 'WRITE 160 EOF'
  same_lines
  assert_exists mmap.dat
  ends_by writer TERM
  join reader 1
}

# one_ended NAME...: at least one of them; that one is LOSER, the other WINNER.
one_ended() {
  if ended "$1"; then LOSER=$1 WINNER=$2; return; fi
  if ended "$2"; then LOSER=$2 WINNER=$1; return; fi
  return 1
}

@test "mmap: of two writers at the same moment one works, also on what a killed one left" {
  local n
  for n in 1 2 3 4; do # with nothing there, and with a header
    ((n % 2)) || { echo "$magic" >mmap.dat; chmod 600 mmap.dat; }
    start w1 mmap_writer mmap.dat 5 3600
    start w2 mmap_writer mmap.dat 5 3600
    await 10 one_ended w1 w2
    join "$LOSER" 1
    await 10 lines "$WINNER" 2
    start reader mmap_reader
    await 10 sleeps_at_line 2 reader
    same_lines reader "$WINNER"
    ends_by "$WINNER" TERM
    join reader 1
    assert_not_exists mmap.dat
  done
}

@test "mmap: a writer that is overtaken between making and locking the file is told" {
  can_inject
  stops_after '?open,?openat' # before it looks
  start writer mmap_writer mmap.dat 3 3600
  await 10 lines writer 2
  goes_on
  warns stopped "mmap_writer: mmap.dat is in use by process ${PID[writer]}"
  ends_by writer TERM
  stops_after 'fcntl,?fcntl64:when=1' # when it has looked
  start writer mmap_writer mmap.dat 3 3600
  await 10 lines writer 2
  goes_on
  warns stopped 'mmap_writer: fcntl mmap.dat: Resource temporarily unavailable'
  assert_exists mmap.dat
  ends_by writer TERM
  stops_after 'fcntl,?fcntl64:when=1'
  rm mmap.dat # as the other one does when it ends
  goes_on
  warns stopped 'mmap_writer: mmap.dat is something else, or not private'
}

@test "mmap: run after run without a pause, and each reader sees one run" {
  local runs=15
  [[ ! ${UNDER:-} ]] || runs=3
  # shellcheck disable=SC2016
  start reader bash -c 'for i in $(seq "$0"); do mmap_reader || exit; done' $runs
  # shellcheck disable=SC2016
  start writer bash -c 'for i in $(seq "$0"); do mmap_writer mmap.dat 3 0 || exit; done' $runs
  join writer
  join reader
  same_lines
  run -0 wc -l <reader.out
  assert_output $((3 * runs))
}

@test "mmap: half a line is not shown" {
  local half
  for half in '\0\0\0\0 2026\n' 'Line 2: proc' 'Line 2\0: proc\n'; do # as if it was killed within memcpy(3)
    in_line_2
    # shellcheck disable=SC2059
    printf "$half" | dd of=mmap.dat bs=1 seek=160 conv=notrunc status=none
    ends_by writer KILL
    join reader 1
    warns reader 'mmap_writer left before line 2'
    lines reader 1
    same_lines
    rm mmap.dat
  done
}

@test "mmap: whatever is in a line stays within the line" {
  local text
  text=$(printf '%79s' '%s%n' | tr ' ' '\377')
  in_line_2 3
  printf '%s\n%sx' "$text" "$text" | dd of=mmap.dat bs=1 seek=160 conv=notrunc status=none
  ends_by writer KILL
  join reader 1
  run -0 sed 1d reader.out
  assert_output "See line: $text"
  warns reader 'mmap_writer left before line 3' # it has no end
  rm mmap.dat
}

@test "mmap: Ctrl-C at whatever call the writer makes leaves no file" {
  can_inject
  local call
  for call in '?open,?openat:signal=INT' 'fcntl,?fcntl64:signal=INT:when='{1,2,3,4} \
    'ftruncate,?ftruncate64:signal=INT' write:signal=INT 'fallocate:signal=INT' \
    '?pread64:signal=INT' 'mmap,?mmap2:signal=INT' 'inotify_add_watch:signal=INT'; do
    run injects "$call" -- -P mmap.dat -P "$PWD/mmap.dat" mmap_writer
    assert_equal "$call: $status" "$call: 130"
    assert_not_exists mmap.dat
  done
  # and while it removes the file
  run -130 injects '?unlink,?unlinkat:signal=INT' -- -P mmap.dat -P "$PWD/mmap.dat" \
    bash -c 'mmap_reader >reader.out & exec mmap_writer mmap.dat 1 0'
  assert_not_exists mmap.dat
}

@test "mmap: the file may change hands: what is not ours is not removed" {
  in_line_2
  mv mmap.dat elsewhere
  echo 'my only copy' >mmap.dat
  ends_by writer INT
  join reader 1
  run -0 cat mmap.dat
  assert_output 'my only copy'
  rm mmap.dat elsewhere
  in_line_2
  rm mmap.dat
  echo 'my only copy' >mmap.dat
  ends_by writer TERM
  join reader 1
  run -0 cat mmap.dat
  assert_output 'my only copy'
  rm mmap.dat
}

# refused: the writer refuses the file, and it stays as it is.
refused() {
  local before
  before=$(stat -c '%a %s %i %U' mmap.dat; md5sum mmap.dat)
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat is something else, or not private'
  assert_equal "$(stat -c '%a %s %i %U' mmap.dat; md5sum mmap.dat)" "$before"
}

@test "mmap: a file that holds something else, or is not private, is refused and untouched" {
  local text
  umask 077
  for text in 'Lines that mmap_writer knows nothing of' L $'\n' "${magic%?}"; do
    echo -n "$text" >mmap.dat
    refused
  done
  printf '\0\0\0' >mmap.dat
  refused
  # the reader does not take it for a writer's
  reader_waits
  ends_by reader TERM
  assert_file_empty reader.out
  for text in '' "$magic"; do # an empty one, and what a killed writer left
    echo "$text" | sed '/./!d' >mmap.dat
    chmod 640 mmap.dat # others may look
    refused
    chmod 602 mmap.dat
    refused
    chmod 600 mmap.dat
    ln mmap.dat other # it has two names
    refused
    rm other
  done
  rm mmap.dat
}

@test "mmap: links, folders, FIFOs and devices are refused and untouched, by both" {
  local program target
  echo secret >file
  chmod 600 file
  for target in file nowhere /dev/null; do
    ln -s "$target" mmap.dat
    for program in mmap_reader mmap_writer; do
      run -1 --separate-stderr timeout 20 "$program"
      [[ $stderr == "mmap_reader: mmap.dat is something else" || $stderr == "mmap_writer: open mmap.dat (a link is not followed): "*[Ll]ink* ]]
      assert_equal "$(readlink mmap.dat)" "$target"
    done
    rm mmap.dat
  done
  run -0 cat file
  assert_output secret
  assert_not_exists nowhere
  mkdir folder
  mkfifo -m 600 fifo.in
  run -1 --separate-stderr timeout 20 mmap_writer folder
  [[ $stderr == "mmap_writer: open folder: Is a directory"* ]]
  for target in fifo.in /dev/null; do
    run -1 --separate-stderr timeout 20 mmap_writer "$target"
    assert_equal "$stderr" "mmap_writer: $target is something else, or not private"
  done
  for target in fifo.in /dev/null folder; do
    run -1 --separate-stderr timeout 20 mmap_reader "$target"
    assert_equal "$stderr" "mmap_reader: $target is something else"
  done
  if mknod -m 600 null c 1 3 2>/dev/null; then # private, and empty, but no file
    run -1 --separate-stderr timeout 20 mmap_writer null
    assert_equal "$stderr" 'mmap_writer: null is something else, or not private'
    [[ -c null ]]
  fi
  assert_dir_exists folder
  [[ -p fifo.in ]]
}

@test "mmap: with its standard error closed the writer does not write into the file" {
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  echo 'my only copy' >essay
  chmod 600 essay
  run -1 timeout 20 bash -c 'exec mmap_writer essay 2>&-'
  run -0 cat essay
  assert_output 'my only copy'
}

@test "mmap: a file over the limit of its size is told, and removed" {
  run -1 --separate-stderr timeout 20 bash -c 'ulimit -f 1; exec mmap_writer mmap.dat 1000 0'
  assert_equal "$stderr" 'mmap_writer: write, posix_fallocate mmap.dat: File too large'
  assert_not_exists mmap.dat
}

@test "mmap: a second user can neither read, write, join nor remove it" {
  second_user mmap_reader mmap_writer
  in_line_2
  run ! as_nobody cat mmap.dat
  run ! as_nobody rm -f mmap.dat
  run -1 --separate-stderr as_nobody timeout 20 mmap_writer mmap.dat 1 0
  assert_equal "$stderr" 'mmap_writer: open mmap.dat: Permission denied'
  run -1 --separate-stderr as_nobody timeout 20 mmap_reader
  [[ $stderr == *'mmap_reader: mmap.dat is not a file of yours' ]]
  sleeps_at_line 2 reader
  ends_by writer TERM
  join reader 1
  assert_not_exists mmap.dat
}

@test "mmap: another user's file is refused and untouched, even by root" {
  second_user mmap_reader mmap_writer
  chmod 777 .
  as_nobody sh -c 'umask 077; : >mmap.dat'
  refused
  as_nobody sh -c "echo '$magic' >mmap.dat"
  refused
  rm mmap.dat
  start writer setpriv --reuid=nobody --regid=nogroup --clear-groups -- mmap_writer mmap.dat 5 0
  await 10 warns writer 'waiting for'
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_output ''
  [[ $stderr == *'mmap_reader: mmap.dat is not a file of yours' ]]
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" "mmap_writer: mmap.dat is in use by process ${PID[writer]}"
  blocked writer
  ends_by writer TERM
}

@test "mmap: a writer whose file is removed does not wait for a reader that cannot come" {
  writer_waits mmap.dat 2 0
  rm mmap.dat
  join writer
}

# fails SIDE FAULT EXPECTED: under that fault it says so, exits 1 and leaves nothing.
fails() {
  local side=$1 fault=$2 expected=$3
  run -1 --separate-stderr injects "$fault" -- "${only[@]}" "mmap_$side" mmap.dat 2 0
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"mmap_$side: "$expected ]] || fail "$stderr"
  [[ $side == reader ]] || assert_not_exists mmap.dat
}

@test "mmap: the reader names the call that failed, exits 1, and the writer goes on" {
  can_inject
  local only=(-P mmap.dat -P "$PWD/mmap.dat")
  writer_waits mmap.dat 3 0
  fails_reader() {
    run -1 --separate-stderr injects "$1" -- "${only[@]}" mmap_reader
    # shellcheck disable=SC2053 # a pattern
    [[ $stderr == *'mmap_reader: '$2 ]] || fail "$stderr"
  }
  fails_reader '?open,?openat:error=ENFILE' 'open mmap.dat: Too many open files in system'
  fails_reader 'fcntl,?fcntl64:error=ENOLCK:when=2' 'fcntl mmap.dat: No locks available'
  fails_reader 'mmap,?mmap2:error=ENOMEM' 'mmap mmap.dat: *memory'
  fails_reader '?utimensat,?utimensat_time64:error=EROFS' 'futimens, munmap mmap.dat: Read-only file system'
  only=()
  fails_reader '?inotify_init,?inotify_init1:error=EMFILE' 'inotify mmap.dat*'
  fails_reader 'inotify_add_watch:error=ENOSPC' 'inotify mmap.dat (limit: sysctl fs.inotify): No space left on device'
  start reader mmap_reader
  join reader
  join writer
  same_lines
}

@test "mmap: the writer names the call that failed, exits 1, and leaves nothing" {
  can_inject
  local only=(-P mmap.dat -P "$PWD/mmap.dat")
  fails writer '?open,?openat:error=ENFILE' 'open mmap.dat: Too many open files in system'
  fails writer 'fcntl,?fcntl64:error=ENOLCK:when=3' 'fcntl mmap.dat: No locks available'
  fails writer 'ftruncate,?ftruncate64:error=EROFS' 'write, posix_fallocate mmap.dat: Read-only file system'
  fails writer 'write:error=ENOSPC' 'write, posix_fallocate mmap.dat: No space left on device'
  fails writer 'fallocate:error=ENOSPC' 'write, posix_fallocate mmap.dat: No space left on device'
  fails writer 'mmap,?mmap2:error=ENOMEM' 'mmap, inotify mmap.dat: *memory'
  fails writer 'inotify_add_watch:error=ENOSPC' 'mmap, inotify mmap.dat: No space left on device'
  only=()
  fails writer '?inotify_init,?inotify_init1:error=EMFILE' 'mmap, inotify mmap.dat: *'
  fails writer '?nanosleep,?clock_nanosleep:error=EINVAL' 'nanosleep: Invalid argument'
  # it is not known yet to be ours: it stays, empty, and is no hindrance
  only=(-P mmap.dat -P "$PWD/mmap.dat")
  run -1 --separate-stderr injects 'fcntl,?fcntl64:error=ENOLCK:when=1+' -- "${only[@]}" mmap_writer
  assert_equal "$stderr" 'mmap_writer: fcntl mmap.dat: No locks available'
  writer_waits mmap.dat 1 0
  ends_by writer TERM
}

@test "mmap: a reader in another PID namespace works as well" {
  ((EUID == 0)) || skip 'needs root: only root can make a PID namespace'
  needs unshare
  unshare -pf true 2>/dev/null || skip 'PID namespaces are not allowed here'
  writer_waits mmap.dat 3 0
  run -0 --separate-stderr timeout 20 unshare -pf "$(command -v mmap_reader)"
  assert_equal "${#lines[@]}" 3
  join writer
}

@test "mmap: a full disk under stdout is told, exit 1; no file is left, and no line lost" {
  run -1 --separate-stderr bash -c 'timeout 20 mmap_writer >/dev/full'
  assert_equal "$stderr" 'mmap_writer: stdout: No space left on device'
  assert_not_exists mmap.dat
  writer_waits mmap.dat 3 0
  run -1 --separate-stderr bash -c 'timeout 20 mmap_reader >/dev/full'
  [[ $stderr == *'mmap_reader: stdout: No space left on device' ]]
  start reader mmap_reader
  join reader
  join writer
  same_lines
}

@test "mmap: a writer whose disk fills up later tells it, and leaves nothing" {
  can_inject
  run -1 --separate-stderr injects write,writev:error=ENOSPC:when=3 -- -P "$PWD/out" \
    bash -c 'exec mmap_writer mmap.dat 3 0 >out'
  [[ $stderr == *'mmap_writer: stdout: No space left on device' ]]
  run -0 wc -l <out
  assert_output 2
  assert_not_exists mmap.dat
  run -1 --separate-stderr injects write,writev:error=ENOSPC:when=1 -- -P "$PWD/out" \
    bash -c 'exec mmap_writer mmap.dat 3 0 >out'
  [[ $stderr == *'mmap_writer: stdout: No space left on device' ]]
}

@test "mmap: who reads our stdout is gone: told, exit 1" {
  stdout_gone mmap_writer
  assert_failure 1
  assert_output --partial 'mmap_writer: stdout: Broken pipe'
  assert_not_exists mmap.dat
  writer_waits mmap.dat 3 0
  stdout_gone mmap_reader
  assert_failure 1
  assert_output --partial 'mmap_reader: stdout: Broken pipe'
  ends_by writer TERM
}

@test "mmap: closed stdin harms neither, nor does another FILE in another folder" {
  mkdir sub
  start reader bash -c 'exec mmap_reader sub/other <&-'
  await 10 warns reader 'waiting for'
  timeout 20 bash -c "exec mmap_writer $PWD/sub/other 3 0 <&-" >writer.out
  join reader
  same_lines
  assert_not_exists sub/other
  assert_not_exists mmap.dat
}

@test "mmap: two pairs with files of their own do not meet" {
  reader_waits r1 one.dat
  reader_waits r2 two.dat
  start w1 mmap_writer one.dat 20 0
  start w2 mmap_writer two.dat 20 0
  join w1
  join w2
  join r1
  join r2
  same_lines r1 w1
  same_lines r2 w2
}

@test "mmap: usage, exit 2, and nothing is made" {
  local args
  for args in '-h' '--help' 'a b' '-'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 mmap_reader $args
    assert_equal "$stderr" 'mmap_reader: usage: mmap_reader [FILE]'
    assert_output ''
  done
  for args in '-h' 'f -1' 'f 0' 'f ten' 'f 1.5' 'f 3x' 'f 99999999999999999999' 'f 1000001' \
    'f 3 -1' 'f 3 nan' 'f 3 inf' 'f 3 3601' 'f 3 1s' 'f 3 1 4' 'f 3 -'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 mmap_writer $args
    assert_equal "$stderr" 'mmap_writer: usage: mmap_writer [FILE [COUNT [SECONDS]]]'
    assert_output ''
  done
  run -2 timeout 20 mmap_reader ''
  run -2 timeout 20 mmap_writer ''
  run -2 timeout 20 mmap_writer f 3 ''
  run -2 timeout 20 mmap_writer f ''
  run -0 find . ! -name 'separate-stderr-*' ! -name .
  assert_output ''
}

# sheet COMMAND: a command of the lesson sheet, as it stands there, but with
# the programs of this build.
sheet() {
  grep -qxF -- "$1" "$BATS_TEST_DIRNAME/../mmap/README.md" || fail "not in the sheet: $1"
  echo "${1//build\/mmap\//}" >command.sh
  timeout 60 bash command.sh
}

# MMAP-22: who cuts the file ends the writer: it says so, and the file is removed.
@test "mmap: the sheet's commands do what the sheet says" {
  in_line_2 # build/mmap/mmap_reader, build/mmap/mmap_writer
  sheet 'cat mmap.dat' | tr -d '\0' >text
  run -0 cat text
  assert_line --regexp "^Line 1: process ${PID[writer]}'s time is "
  run -0 sheet "grep -e '->' /proc/locks"
  assert_line --regexp "POSIX +ADVISORY +READ +${PID[reader]} .* 160 239\$"
  if command -v lslocks >/dev/null; then
    run -0 sheet lslocks
    assert_line --regexp '^(mmap_(reader|wri.*)|memcheck.*) '
  fi
  hit writer KILL # kill -9
  join writer 137
  join reader 1
  rm mmap.dat
  writer_waits mmap.dat 2 0 # build/mmap/mmap_writer
  sheet 'touch mmap.dat'
  join writer
  if [[ ${UNDER:-} != valgrind ]]; then # it reports the death by SIGBUS
    start writer mmap_writer mmap.dat 1000 0.02
    await 10 lines writer 2
    sheet 'truncate -s 0 mmap.dat'
    join writer 1
    warns writer 'mmap_writer: SIGBUS: the file has been cut'
    assert_not_exists mmap.dat
  fi
  # shellcheck disable=SC2016
  run -0 awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$BATS_TEST_DIRNAME/../mmap/README.md"
  assert_output "make run-mmap
build/mmap/mmap_reader
build/mmap/mmap_writer
build/mmap/mmap_writer
cat mmap.dat
grep -e '->' /proc/locks
lslocks
touch mmap.dat
truncate -s 0 mmap.dat
make run-mmap-mmap_count
make run-mmap-mmap_private
make claim ID=MMAP-22" # tests/mmap_variants.bats and tests/mmap_labs.bats do these
}
