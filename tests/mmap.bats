# mmap_reader and mmap_writer: article A 六, whose listing is lost; MMAP-n is a
# claim of the article that a test shows.

setup() {
  load helpers
  common_setup
  shopt -s inherit_errexit
}
teardown() { common_teardown; }

# reader_waits [NAME [FILE]]: a reader that has made the file.
reader_waits() {
  start "${1:-reader}" mmap_reader "${2:-mmap.dat}"
  await 10 warns "${1:-reader}" 'waiting for mmap_writer'
  await 10 blocked "${1:-reader}"
}
# in_line_2: line 1 is stored and seen; both sleep before line 2.
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
# under_strace NAME: the program that strace runs under that name.
under_strace() {
  local pid
  pid=$(child_of "$1")
  echo "${pid% }"
}

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq)
time_re='(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}'

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
}

@test "mmap: the cast names the lines that the programs print, no more and no fewer" {
  reader_waits
  start writer mmap_writer mmap.dat 10 0
  local pid=${PID[writer]}
  join writer
  join reader
  sed -n 's/^[a-z]* prints //p' "$BATS_TEST_DIRNAME/../mmap/cast" | sort >cast
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
@test "mmap: neither reads from the file, writes to it or opens it twice" {
  can_inject
  start reader "${traced[@]}" -o reader.trace mmap_reader
  await 10 warns reader 'waiting for mmap_writer'
  start writer "${traced[@]}" -o writer.trace mmap_writer mmap.dat 20 0
  join writer
  join reader
  same_lines
  local side
  for side in reader writer; do
    # What follows the open(2) of the file. (The writer reads a time zone.)
    sed -n '/open.*"mmap.dat"/,$p' $side.trace >calls
    [[ $side == writer ]] || run ! grep -E '^[a-z0-9]*read' calls
    run -0 grep -c '"mmap.dat", O_RDWR' calls
    assert_output 1
    local fd
    fd=$(sed -n 's/^open.*"mmap.dat".* = //p' calls)
    run ! grep -E "^[a-z0-9_]*(read|write|splice|sendfile|seek|copy|close)[a-z0-9_]*\($fd," calls
    grep -E '^mmap[2]?\(.*MAP_SHARED, '"$fd," calls
  done
}

# MMAP-4: asleep in the kernel. It is woken by the line, once for each.
@test "mmap: the reader sleeps in fcntl(2) until its line is complete, and does not poll" {
  in_line_2
  run -0 locks_of reader
  assert_line 'WRITE 0 0'    # READER
  assert_line 'READ 80 159'  # seen
  run -0 locks_of writer
  assert_line 'WRITE 1 79'   # WRITER
  assert_line 'WRITE 160 239'
  local before
  before=$(grep ctxt "/proc/${PID[reader]}/status")
  assert_equal "$(sed 1d writer.out | wc -l)" 1
  same_lines
  sleeps_at_line 2 reader
  assert_equal "$(grep ctxt "/proc/${PID[reader]}/status")" "$before"
  hit writer TERM
  join writer 143
  join reader 1
}

@test "mmap: the next line is locked before the last one is given up" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -o trace -e trace=fcntl,fcntl64 mmap_writer mmap.dat 3 0
  join writer
  join reader
  sed -n 's/.*l_type=F_\([A-Z]*\), .*l_start=\([0-9]*\), l_len=\([0-9]*\).*/\1 \2 \3/p' trace |
    grep -v ' 0 1$' >order # but for the lock READER
  run -0 cat order
  # shellcheck disable=SC1112
  assert_output "$(printf '%s\n' 'UNLCK 1 1' 'WRLCK 1 159' 'WRLCK 160 80' 'UNLCK 80 80' \
    'WRLCK 240 80' 'UNLCK 160 80' 'UNLCK 240 80')"
}

# MMAP-6 MMAP-22: a third process reads the file with read(2).
@test "mmap: what was stored is in the file, for everybody, at once" { # README
  in_line_2 3
  run -0 cat mmap.dat
  assert_line -n 0 --regexp '^Lines that mmap_writer and mmap_reader share: 3 *$'
  assert_line -n 1 --regexp "^$(sed -n 's/^Store line: //p' writer.out) *\$"
  assert_equal "$(stat -c %s mmap.dat)" 320
  assert_equal "$(tail -c +161 mmap.dat | tr -d '\0' | wc -c)" 0 # not yet stored
  assert_equal "$(head -c 160 mmap.dat | awk '{ print length }' | sort -u)" 79
  hit writer TERM
  join writer 143
  join reader 1
}

@test "mmap: lines that cross the border of a page arrive whole" {
  local n=1000
  [[ ! ${UNDER:-} ]] || n=120
  reader_waits
  start writer mmap_writer mmap.dat "$n" 0
  join writer
  join reader
  same_lines
  run -0 wc -l <reader.out
  assert_output "$n"
}

@test "mmap: a single line is a run, too" {
  reader_waits
  timeout 20 mmap_writer mmap.dat 1 0 >writer.out
  join reader
  same_lines
  lines reader 1
}

# writer_first ARG...: the writer is started, and waits for a reader.
writer_first() {
  start writer mmap_writer "$@"
  await 10 warns writer 'mmap_writer: waiting for mmap_reader (start it in this directory)'
  await 10 blocked writer
}

@test "mmap: a writer started first waits, makes nothing, and goes on when the reader comes" {
  writer_first mmap.dat 5 0
  assert_not_exists mmap.dat
  run -0 cat writer.out
  assert_output "I am ${PID[writer]} process."
  start reader mmap_reader
  join writer
  join reader
  same_lines
  lines reader 5
}

@test "mmap: a writer that waits is not woken by other files, nor left waiting by early events" {
  writer_first mmap.dat 3 0
  touch other mmap.dat.old
  touch other
  await 10 blocked writer
  refute_grep 'Store line' writer.out
  start reader mmap_reader
  join writer
  join reader
  same_lines
}
refute_grep() { run grep -c -- "$1" "$2"; assert_output 0; }

@test "mmap: both started in the same instant, twenty times, meet" {
  local n
  for n in 1 2 3 4 5 6 7 8 9 10; do
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

@test "mmap: Ctrl-C ends a writer that waits, by SIGINT, and there is nothing to remove" {
  writer_first
  hit writer INT
  join writer 130
  run -0 find . -name 'mmap.dat*'
  assert_output ''
}

@test "mmap: a killed reader's empty file lets the writer wait, and is used by the next reader" {
  reader_waits
  hit reader KILL
  join reader 137
  assert_exists mmap.dat
  writer_first mmap.dat 3 0
  start reader mmap_reader
  join writer
  join reader
  same_lines
}

@test "mmap: both killed in the middle, and the next pair sees nothing of their lines" {
  in_line_2
  hit writer STOP
  await 10 stopped writer
  hit reader KILL
  join reader 137
  hit writer KILL
  join writer 137
  assert_exists mmap.dat
  run -1 --separate-stderr timeout 20 mmap_writer
  # shellcheck disable=SC2154
  assert_equal "$stderr" 'mmap_writer: mmap.dat: no reader (start mmap_reader first)'
  reader_waits
  assert_equal "$(stat -c %s mmap.dat)" 0
  timeout 20 mmap_writer mmap.dat 3 0 >writer.out
  join reader
  same_lines
  assert_not_exists mmap.dat
}

@test "mmap: a reader killed in the middle is told, and its successor not disturbed" {
  reader_waits
  start writer mmap_writer mmap.dat 1000 0.3
  await 10 lines reader 1
  hit reader KILL
  join reader 137
  reader_waits second # while the old writer still has the old file
  start third mmap_writer mmap.dat 3 0
  join third
  join second
  join writer 1
  warns writer 'mmap_writer: mmap_reader left before line'
  same_lines second third
  assert_not_exists mmap.dat
}

@test "mmap: a writer that dies, in whatever way, is told; what it stored was seen" {
  local name
  for name in HUP INT QUIT TERM KILL; do
    in_line_2
    hit writer "$name"
    join writer $((128 + $(kill -l "$name")))
    join reader 1
    warns reader 'mmap_reader: mmap_writer left before line 2'
    same_lines
    assert_not_exists mmap.dat
  done
}

@test "mmap: a signal ends the waiting reader, and the file, private under any umask" {
  local mask=(000 022 027 077) name n=0
  for name in HUP INT QUIT TERM; do
    umask "${mask[n++]}"
    reader_waits
    assert_equal "$(stat -c '%a %F' mmap.dat)" '600 regular empty file'
    hit reader "$name"
    join reader $((128 + $(kill -l "$name")))
    assert_not_exists mmap.dat
    assert_file_empty reader.out
  done
}

@test "mmap: a reader that is ended is told by the writer before the next line" {
  local name
  for name in HUP INT QUIT TERM KILL; do
    reader_waits
    start writer mmap_writer mmap.dat 1000 0.05
    await 10 lines reader 2
    hit reader "$name"
    join reader $((128 + $(kill -l "$name")))
    join writer 1
    warns writer 'mmap_writer: mmap_reader left before line'
    [[ $name == KILL ]] || assert_not_exists mmap.dat
  done
  rm mmap.dat
}

@test "mmap: the writer stays until the reader has seen all, or says that it has not" {
  reader_waits
  hit reader STOP
  await 10 stopped reader
  start writer mmap_writer mmap.dat 5 0
  await 10 lines writer 6
  await 10 waits_for_reader
  hit reader CONT
  join writer
  join reader
  same_lines
  reader_waits
  hit reader STOP
  await 10 stopped reader
  start writer mmap_writer mmap.dat 5 0
  await 10 lines writer 6
  await 10 waits_for_reader
  hit reader KILL
  join reader 137
  join writer 1
  warns writer 'mmap_writer: mmap_reader left before it had seen all'
  rm mmap.dat
}
waits_for_reader() { locks_of writer | grep -qx -e '-> READ 0 0'; }

@test "mmap: Ctrl-Z and fg at any point do no harm" {
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
  join writer
  join reader
  same_lines
}

@test "mmap: a stopped reader misses nothing" {
  reader_waits
  start writer mmap_writer mmap.dat 12 0.02
  await 10 lines reader 2
  hit reader STOP
  await 10 stopped reader
  await 10 lines writer 13
  hit reader CONT
  join writer
  join reader
  same_lines
}

@test "mmap: a second reader says whom it met, and the first goes on" {
  reader_waits
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_equal "$stderr" "mmap_reader: mmap.dat: process ${PID[reader]} reads it already"
  start writer mmap_writer mmap.dat 5 3600
  await 10 lines reader 1
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_equal "$stderr" "mmap_reader: mmap.dat: process ${PID[reader]} reads it already"
  sleeps_at_line 2 reader
  assert_exists mmap.dat
  hit reader TERM
  join reader 143
  hit writer TERM
  join writer 143
}

@test "mmap: a second writer says whom it met, and the first goes on" {
  in_line_2
  run -1 --separate-stderr timeout 20 mmap_writer mmap.dat 3 0
  assert_equal "$stderr" "mmap_writer: mmap.dat: process ${PID[writer]} is at work on it"
  sleeps_at_line 2 reader
  run -0 locks_of writer
  assert_line 'WRITE 160 239'
  same_lines
  hit writer TERM
  join writer 143
  join reader 1
}

# one_ended NAME...: at least one of them; that one is LOSER, the other WINNER.
one_ended() {
  if ended "$1"; then LOSER=$1 WINNER=$2; return; fi
  if ended "$2"; then LOSER=$2 WINNER=$1; return; fi
  return 1
}

@test "mmap: two of each at the same moment, and one pair is found" {
  local seer
  for _ in 1 2 3; do
    start r1 mmap_reader
    start r2 mmap_reader
    await 10 one_ended r1 r2
    join "$LOSER" 1
    seer=$WINNER
    await 10 warns "$seer" 'waiting for'
    start w1 mmap_writer mmap.dat 5 3600
    start w2 mmap_writer mmap.dat 5 3600
    await 10 one_ended w1 w2
    join "$LOSER" 1
    await 10 lines "$seer" 1
    hit "$WINNER" TERM
    join "$WINNER" 143
    join "$seer" 1
    same_lines "$seer" "$WINNER"
    assert_not_exists mmap.dat
  done
}

@test "mmap: run after run without a pause, and each starts on a file of its own" {
  local runs=15
  [[ ${UNDER:-} != valgrind ]] || runs=3
  # shellcheck disable=SC2016
  start reader bash -c 'for i in $(seq "$0"); do mmap_reader || exit; done' $runs
  # shellcheck disable=SC2016
  start writer bash -c 'for i in $(seq "$0"); do until test -e mmap.dat; do sleep 0.01; done
    until mmap_writer mmap.dat 3 0 >one.txt; do sleep 0.01; done; cat one.txt; done' $runs
  join writer
  join reader
  same_lines
  run -0 wc -l <reader.out
  assert_output $((3 * runs))
}

@test "mmap: a bell before anybody listens is heard" {
  can_inject
  start reader "${traced[@]}" -o /dev/null \
    -e inject='?rt_sigtimedwait,?rt_sigtimedwait_time64:delay_enter=500000:when=1' mmap_reader
  await 10 warns reader 'waiting for mmap_writer'
  run -0 timeout 20 mmap_writer mmap.dat 3 0
  join reader
  lines reader 3
}

@test "mmap: stray signals SIGUSR1 do no harm" {
  reader_waits
  local i
  for i in 2 3 4; do
    hit reader USR1
    await 10 said_again "$i"
    await 10 blocked reader
  done
  start writer mmap_writer mmap.dat 5 3600
  await 10 lines reader 1
  await 10 sleeps_at_line 2 reader
  hit reader USR1
  sleeps_at_line 2 reader
  hit writer INT
  join writer 130
  join reader 1
  warns reader 'left before line 2'
}
said_again() { (($(grep -c 'waiting for' reader.err) >= $1)); }

@test "mmap: a writer killed before its first line does not leave the reader waiting" {
  can_inject
  local trace=(-P mmap.dat -P "$PWD/mmap.dat") # only the calls on the file
  reader_waits
  run injects 'mmap,?mmap2:signal=KILL' -- "${trace[@]}" mmap_writer # it has its size
  assert_failure
  join reader 1
  warns reader 'mmap_reader: mmap_writer left before line 1'
  assert_not_exists mmap.dat
  reader_waits
  run injects 'kill:signal=KILL' -- mmap_writer # nothing is done yet: the next one may
  assert_failure
  blocked reader
  timeout 20 mmap_writer mmap.dat 3 0 >writer.out
  join reader
  same_lines
}

@test "mmap: a reader that slept through a writer's whole life sees what it stored" {
  reader_waits
  hit reader STOP
  await 10 stopped reader
  start writer mmap_writer mmap.dat 5 3600
  await 10 lines writer 2
  hit writer KILL
  join writer 137
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat is not an empty, private file of yours'
  hit reader CONT
  join reader 1
  warns reader 'mmap_reader: mmap_writer left before line 2'
  same_lines
  assert_not_exists mmap.dat
}

@test "mmap: half a line is not shown" {
  in_line_2
  # as if memcpy(3) had begun with the end
  printf '%60s\n' '2026' | dd of=mmap.dat bs=1 seek=179 conv=notrunc status=none
  hit writer KILL
  join writer 137
  join reader 1
  warns reader 'mmap_writer left before line 2'
  lines reader 1
  same_lines
}

@test "mmap: whatever is in a line stays within the line" {
  in_line_2 2
  printf '%79s\n' '%s%n' | tr ' ' '\377' | dd of=mmap.dat bs=1 seek=160 conv=notrunc status=none
  hit writer KILL
  join writer 137
  join reader
  run -0 sed -n 2p reader.out
  assert_output "See line: $(printf '%79s' '%s%n' | tr ' ' '\377')"
}

@test "mmap: Ctrl-C at whatever call the reader makes leaves no file" {
  can_inject
  local call
  for call in '?open,?openat:signal=INT' 'fcntl,?fcntl64:signal=INT:when='{1,2,3} \
    '?fstat,?lstat,?newfstatat,?statx:signal=INT:when=1'; do # the C libraries differ in the others
    run injects "$call" -- -P mmap.dat -P "$PWD/mmap.dat" mmap_reader
    assert_equal "$call: $status" "$call: 130"
    assert_not_exists mmap.dat
  done
}

@test "mmap: Ctrl-C for both at once leaves no file" {
  local i
  for i in 1 2 3 4 5; do
    reader_waits
    start writer mmap_writer mmap.dat 1000 0.01
    await 10 lines reader "$i"
    kill -INT "${PID[reader]}" "${PID[writer]}"
    await 20 ended writer # by SIGINT, or as it found the reader gone
    join reader 130
    unset 'PID[writer]'
    assert_not_exists mmap.dat
  done
}

@test "mmap: Ctrl-C while it removes the file leaves no file" {
  can_inject
  start reader "${traced[@]}" -f -o /dev/null -e inject='?unlink,?unlinkat:signal=INT' mmap_reader
  await 10 warns reader 'waiting for'
  start writer mmap_writer mmap.dat 1 0
  join reader 130
  await 20 ended writer
  unset 'PID[writer]'
  assert_not_exists mmap.dat
}

@test "mmap: the file may change hands: what is not ours is not removed" {
  reader_waits
  mv mmap.dat elsewhere
  echo 'my only copy' >mmap.dat
  hit reader INT
  join reader 130
  run -0 cat mmap.dat
  assert_output 'my only copy'
  rm mmap.dat elsewhere
  in_line_2
  mv mmap.dat elsewhere
  echo 'my only copy' >mmap.dat
  hit writer INT
  join writer 130
  join reader 1
  run -0 cat mmap.dat
  assert_output 'my only copy'
  rm mmap.dat elsewhere
}

@test "mmap: a file that holds something else is refused and untouched, by both" {
  printf 'Lines that mmap_writer knows nothing of\n' >mmap.dat
  chmod 600 mmap.dat
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_equal "$stderr" 'mmap_reader: mmap.dat holds something else'
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat: no reader (start mmap_reader first)'
  run -0 cat mmap.dat
  assert_output 'Lines that mmap_writer knows nothing of'
  rm mmap.dat
  : >mmap.dat
  chmod 640 mmap.dat # others may look
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_equal "$stderr" 'mmap_reader: mmap.dat is not a private file of yours'
  assert_equal "$(stat -c '%a %s' mmap.dat)" '640 0'
  rm mmap.dat
}

@test "mmap: a writer does not touch what is no longer empty and private" {
  reader_waits
  chmod 604 mmap.dat
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat is not an empty, private file of yours'
  chmod 600 mmap.dat
  echo 'somebody was faster' >mmap.dat
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat is not an empty, private file of yours'
  run -0 cat mmap.dat
  assert_output 'somebody was faster'
  hit reader USR1
  join reader 1
  assert_file_empty reader.out
}

@test "mmap: links, folders, FIFOs and devices are refused and untouched, by both" {
  local program target
  echo secret >file
  chmod 600 file
  for target in file nowhere /dev/null; do
    ln -s "$target" mmap.dat
    for program in mmap_reader mmap_writer; do
      run -1 --separate-stderr timeout 20 "$program"
      [[ $stderr == "$program: open mmap.dat: Too many "*links* || $stderr == "$program: open mmap.dat: Symbolic link loop"* ]]
      assert_equal "$(readlink mmap.dat)" "$target"
    done
    rm mmap.dat
  done
  run -0 cat file
  assert_output secret
  assert_not_exists nowhere
  mkdir folder
  mkfifo -m 600 fifo.in
  for program in mmap_reader mmap_writer; do
    run -1 --separate-stderr timeout 20 "$program" folder
    [[ $stderr == "$program: open folder: Is a directory"* ]]
    for target in fifo.in /dev/null; do
      run -1 --separate-stderr timeout 20 "$program" "$target"
      [[ $stderr == "$program: $target"* ]]
    done
  done
  assert_dir_exists folder
  [[ -p fifo.in ]]
}

@test "mmap: a second user can neither read, write, join nor remove it" {
  second_user mmap_reader mmap_writer
  in_line_2
  run ! as_nobody cat mmap.dat
  run ! as_nobody rm -f mmap.dat
  run -1 --separate-stderr as_nobody timeout 20 mmap_writer mmap.dat 1 0
  [[ $stderr == 'mmap_writer: open mmap.dat: Permission denied' ]]
  run -1 --separate-stderr as_nobody timeout 20 mmap_reader
  [[ $stderr == 'mmap_reader: open mmap.dat: Permission denied' ]]
  sleeps_at_line 2 reader
  hit writer TERM
  join writer 143
  join reader 1
  assert_not_exists mmap.dat
}

@test "mmap: another user's file is refused and untouched, even by root" {
  second_user mmap_reader mmap_writer
  chmod 777 .
  as_nobody sh -c 'umask 077; : >mmap.dat'
  run -1 --separate-stderr timeout 20 mmap_reader
  assert_equal "$stderr" 'mmap_reader: mmap.dat is not a private file of yours'
  assert_equal "$(stat -c '%U %a %s' mmap.dat)" 'nobody 600 0'
  rm mmap.dat
  start reader setpriv --reuid=nobody --regid=nogroup --clear-groups -- mmap_reader
  await 10 warns reader 'waiting for'
  run -1 --separate-stderr timeout 20 mmap_writer
  assert_equal "$stderr" 'mmap_writer: mmap.dat is not an empty, private file of yours'
  assert_equal "$(stat -c '%U %a %s' mmap.dat)" 'nobody 600 0'
  hit reader TERM
  join reader 143
}

@test "mmap: a file that is cut or grows while in use is told by both, no SIGBUS" {
  [[ ${UNDER:-} != valgrind ]] ||
    skip 'the instant between look and load (see the sheet) is long under valgrind'
  local size
  for size in 0 80 200 4000 100000; do
    reader_waits
    start writer mmap_writer mmap.dat 1000 0.02
    await 10 lines reader 1
    truncate -s "$size" mmap.dat
    join writer 1
    join reader 1
    # Who looks first says so; if it was the reader, the writer may miss him.
    warns writer 'mmap_writer: mmap.dat has changed its size' ||
      warns writer 'mmap_writer: mmap_reader left before line'
    warns reader 'mmap_reader: mmap.dat has changed its size'
    assert_not_exists mmap.dat
  done
}

# fails SIDE FAULT EXPECTED: under that fault it says so, and exits 1.
fails() {
  local side=$1 fault=$2 expected=$3
  [[ $side == reader ]] || reader_waits
  run -1 --separate-stderr injects "$fault" -- -P mmap.dat -P "$PWD/mmap.dat" "mmap_$side"
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"mmap_$side: "$expected ]] || fail "$stderr"
}

@test "mmap: the reader names the call that failed, exits 1, and leaves nothing" {
  can_inject
  fails reader '?open,?openat:error=ENFILE' 'open mmap.dat: Too many open files in system'
  fails reader 'fcntl,?fcntl64:error=ENOLCK:when=2' 'fcntl mmap.dat: No locks available'
  rm mmap.dat # made, and not yet known to be ours
  fails reader 'fcntl,?fcntl64:error=ENOLCK:when=3' 'fcntl mmap.dat: No locks available'
  assert_not_exists mmap.dat
  start reader "${traced[@]}" -o /dev/null -P mmap.dat -P "$PWD/mmap.dat" \
    -e inject='mmap,?mmap2:error=ENOMEM' mmap_reader
  await 10 warns reader 'waiting for'
  start writer mmap_writer mmap.dat 3 0
  join reader 1
  warns reader 'mmap_reader: mmap mmap.dat: '
  join writer 1
}

heard() { ended reader || said_again 2; }

@test "mmap: the writer names the call that failed, exits 1, and the reader ends" {
  can_inject
  fails writer '?open,?openat:error=ENFILE' 'open mmap.dat: Too many open files in system'
  hit reader TERM
  join reader 143
  fails writer 'fcntl,?fcntl64:error=ENOLCK:when=3' 'fcntl mmap.dat: No locks available'
  hit reader TERM
  join reader 143
  fails writer '?fallocate:error=ENOSPC' 'posix_fallocate mmap.dat: No space left on device'
  await 20 heard # in time to meet it, or too late
  if ended reader; then join reader 1; else hit reader TERM && join reader 143; fi
  fails writer 'mmap,?mmap2:error=ENOMEM' 'mmap mmap.dat: *memory'
  join reader 1
  assert_not_exists mmap.dat
  reader_waits
  run -1 --separate-stderr injects '?nanosleep,?clock_nanosleep:error=EINVAL' -- mmap_writer
  [[ $stderr == *'mmap_writer: nanosleep: Invalid argument' ]]
  join reader 1
  reader_waits
  run -1 --separate-stderr injects 'kill:error=EPERM' -- mmap_writer
  [[ $stderr == *"mmap_writer: kill ${PID[reader]}: Operation not permitted" ]]
  hit reader TERM
  join reader 143
}

@test "mmap: a reader in another PID namespace cannot be rung, and that is told" {
  ((EUID == 0)) || skip 'needs root: only root can make a PID namespace'
  needs unshare
  unshare -pf true 2>/dev/null || skip 'PID namespaces are not allowed here'
  reader_waits
  run -1 --separate-stderr timeout 20 unshare -pf "$(command -v mmap_writer)"
  assert_equal "$stderr" 'mmap_writer: mmap.dat is locked by a process out of sight'
  hit reader TERM
  join reader 143
}

@test "mmap: a full disk under stdout is told, exit 1, and the other side ends" {
  run -1 --separate-stderr bash -c 'timeout 20 mmap_writer >/dev/full'
  assert_equal "$stderr" 'mmap_writer: stdout: No space left on device'
  start reader bash -c 'exec mmap_reader >/dev/full'
  await 10 warns reader 'waiting for'
  start writer mmap_writer mmap.dat 10 0
  join reader 1
  join writer 1
  warns reader 'mmap_reader: stdout: No space left on device'
  warns writer 'mmap_writer: mmap_reader left before '
}

@test "mmap: a writer whose disk fills up later tells it, and the reader ends" {
  can_inject
  reader_waits
  start writer "${traced[@]}" -f -o /dev/null -P writer.out \
    -e inject=write,writev:error=ENOSPC:when=3 mmap_writer mmap.dat 3 0
  join writer 1
  warns writer 'mmap_writer: stdout: No space left on device'
  join reader 1
  lines reader 1
}

@test "mmap: who reads our stdout is gone: told, exit 1" {
  stdout_gone mmap_writer
  assert_failure 1
  assert_output --partial 'mmap_writer: stdout: Broken pipe'
  mkfifo gone.in
  # shellcheck disable=SC2016
  start reader bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec mmap_reader >&6 6>&-'
  await 10 warns reader 'waiting for'
  start writer mmap_writer mmap.dat 3 0
  join reader 1
  warns reader 'mmap_reader: stdout: Broken pipe'
  join writer 1
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
    assert_equal "$stderr" 'usage: mmap_reader [FILE]'
    assert_output ''
  done
  for args in '-h' 'f -1' 'f 0' 'f ten' 'f 1.5' 'f 3x' 'f 99999999999999999999' 'f 1000001' \
    'f 3 -1' 'f 3 nan' 'f 3 inf' 'f 3 3601' 'f 3 1s' 'f 3 1 4' 'f 3 -'; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 mmap_writer $args
    assert_equal "$stderr" 'usage: mmap_writer [FILE [COUNT [SECONDS]]]'
    assert_output ''
  done
  run -2 timeout 20 mmap_reader ''
  run -2 timeout 20 mmap_writer ''
  run -2 timeout 20 mmap_writer f ''
  run -2 timeout 20 mmap_writer f 3 ''
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

@test "mmap: the sheet's commands do what the sheet says" {
  writer_first # build/mmap/mmap_writer
  hit writer INT
  join writer 130
  in_line_2 # build/mmap/mmap_reader, build/mmap/mmap_writer
  run -0 sheet 'cat mmap.dat'
  assert_line --regexp "^Line 1: process ${PID[writer]}'s time is "
  run -0 sheet "grep -e '->' /proc/locks"
  assert_line --regexp "POSIX +ADVISORY +READ +${PID[reader]} .* 160 239\$"
  if command -v lslocks >/dev/null; then
    run -0 sheet lslocks
    assert_line --regexp '^(mmap_(reader|wri.*)|memcheck.*) '
  fi
  run -0 sheet 'truncate -s 100 mmap.dat'
  hit writer TERM
  join writer 143
  join reader 1
  warns reader 'mmap_reader: mmap.dat has changed its size'
  in_line_2
  hit writer KILL # kill -9
  join writer 137
  join reader 1
  # shellcheck disable=SC2016
  run -0 awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$BATS_TEST_DIRNAME/../mmap/README.md"
  assert_output "make run-mmap
build/mmap/mmap_reader
build/mmap/mmap_writer
build/mmap/mmap_writer
cat mmap.dat
grep -e '->' /proc/locks
lslocks
truncate -s 100 mmap.dat"
}
