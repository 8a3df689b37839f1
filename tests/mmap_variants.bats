# mmap_copy, mmap_private, mmap_anonymous, mmap_count: what article A 六 says
# of mappings, without a listing.
# shellcheck disable=SC2154 # bats sets $stderr

setup() {
  load helpers
  common_setup
  shopt -s inherit_errexit
  page=$(getconf PAGESIZE)
}
teardown() { common_teardown; }

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f)
stats='?fstat,?fstat64,?newfstatat,?fstatat64,?statx'
forks='clone,?clone3,?fork,?vfork'
maps='mmap,?mmap2'
mine='READ\|PROT_WRITE, MAP_PRIVATE, [0-9]' # a mapping of mmap_private's own

# nothing_but FILE...: is here, what bats keeps apart.
nothing_but() {
  run -0 find . -mindepth 1 ! -name 'separate-stderr-*' ! -name trace ! -name calls \
    ! -name '*.out' ! -name '*.err'
  assert_equal "$(sort <<<"$output")" "$(printf './%s\n' "$@" | sed '/^.\/$/d' | sort)"
}
# lines_of PROGRAM: what the cast has it print, but for what may vary.
lines_of() {
  awk -v program="$1" '/^(example|variant)/ { on = $2 == program }
    on && $2 == "prints" { sub(/^[a-z]* prints /, ""); print }' "$BATS_TEST_DIRNAME/../mmap/cast"
}
# nth CALL[,CALL...] PATTERN CMD...: which of its kind is the first to match?
# strace(1) counts each kind by itself: open(2) is not openat(2).
nth() {
  "${traced[@]}" -y -o calls -e trace="$1" "${@:3}" >/dev/null 2>&1 || :
  rm -f to # the copy that it has made
  grep -E '^[0-9]+ +[a-z]' calls | sed -E 's/^[0-9]+ +//' | PATTERN=$2 awk -F '(' '{ n[$1]++ }
    $0 ~ ENVIRON["PATTERN"] { print n[$1]; found = 1; exit } END { exit !found }' || fail "no $1 with $2"
}
# how_often CALL CMD...: it makes this call.
how_often() {
  "${traced[@]}" -o calls -e trace="$1" "${@:2}" >/dev/null 2>&1 || :
  rm -f to
  grep -c "$1(" calls
}
# fails MESSAGE SPEC CMD...: under that fault it says so, and exits 1.
fails() {
  local message=$1 spec=$2
  shift 2
  run -1 --separate-stderr injects "$spec" -- "$@"
  # shellcheck disable=SC2053 # a pattern
  [[ $stderr == *"$1: "$message ]] || fail "$spec: $stderr"
}
# halts NAME CALL CMD...: it makes that call, and is stopped; its pid is $halted.
halts() {
  local name=$1 call=$2
  shift 2
  rm -f trace
  start "$name" "${traced[@]}" -o trace "${only[@]}" -e inject="$call:signal=STOP" "$@"
  await 10 grep -qs 'stopped by SIGSTOP' trace
  halted=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' trace)
}
only=()
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  mkfifo gone.in
  # shellcheck disable=SC2016
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
  rm gone.in
}
# refuses_stdout CMD...: a full disk, nobody who reads: told, exit 1.
refuses_stdout() {
  run -1 --separate-stderr timeout 20 bash -c 'exec "$@" >/dev/full' - "$@"
  assert_equal "$stderr" "$1: stdout: No space left on device"
  stdout_gone "$@"
  assert_failure 1
  assert_output --partial "$1: stdout: Broken pipe"
}
# refuses_arguments USAGE ARGUMENTS...: exit 2, and nothing is made.
refuses_arguments() {
  local usage=$1 args
  shift
  for args; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr timeout 20 ${usage%% *} $args
    assert_equal "$stderr" "${usage%% *}: usage: $usage"
    assert_output ''
  done
  run -2 timeout 20 "${usage%% *}" ''
  nothing_but ''
}
# interrupted_at SPEC... -- CMD...: Ctrl-C there is death by it; nothing is left.
interrupted_at() {
  local specs=() spec
  while [[ $1 != -- ]]; do specs+=("$1"); shift; done
  shift
  for spec in "${specs[@]}"; do
    run injects "${spec/:/:signal=INT:}" -- "$@"
    assert_equal "$spec: $status" "$spec: 130"
    nothing_but "${kept[@]}"
  done
}
kept=()

# ---- mmap_copy ---------------------------------------------------------------

# copies SIZE: a file of that size is copied, byte by byte, and it says so.
copies() {
  head -c "$1" /dev/urandom >from
  run -0 --separate-stderr timeout 20 mmap_copy from to
  assert_equal "$output" "from: $1 bytes, pages of $page: $((($1 + page - 1) / page))
to: $1 bytes, copied in memory"
  assert_equal "$stderr" ''
  cmp from to
  nothing_but from to
  rm to
}

@test "mmap: mmap_copy: whatever the size, and whatever is in it, the copy is the same" {
  local size
  for size in 0 1 $page $((page + 1)) $((3 * page + 100)) 1000007; do copies "$size"; done
  printf '\0\0\n\377%%s%%n' >from
  timeout 20 mmap_copy from to >/dev/null
  cmp from to
  head -c "$page" /dev/zero | tr '\0' x >from # a line without an end
  timeout 20 mmap_copy from 'a name with blanks' >/dev/null
  cmp from 'a name with blanks'
}

@test "mmap: mmap_copy: without arguments it copies itself, and no copy remains" {
  run -0 --separate-stderr timeout 20 mmap_copy
  assert_equal "$stderr" 'mmap_copy: mmap.copy is gone: name a file to copy, and the copy, to keep it'
  lines_of mmap_copy >cast
  local size="[0-9]+"
  [[ ${UNDER:-} ]] || size=$(stat -c %s "$(command -v mmap_copy)")
  assert_equal "$(sed -E 's/[0-9]+/<number>/g' <<<"$output")" "$(cat cast)"
  assert_line -n 0 --regexp "^/proc/self/exe: $size bytes, pages of $page: "
  assert_line -n 1 --regexp "^mmap.copy: $size bytes, copied in memory\$"
  assert_equal "${#lines[@]}" 2
  rm cast
  nothing_but ''
  echo 'my only copy' >mmap.copy
  run -0 timeout 20 mmap_copy
  run -0 cat mmap.copy
  assert_output 'my only copy'
}

@test "mmap: mmap_copy: neither is read(2) nor written, and it is on the disk before it has its name" {
  can_inject
  echo text >from
  "${traced[@]}" -y -o trace mmap_copy from to >/dev/null
  sed -nE '/open.*"from"/,$ { s/^[0-9]* *//; s/ *= .*//; s|<[^>]*/(from\|to)[^>]*>|<\1>|; p }' trace >calls
  run grep -E '^[a-z0-9_]*(read|write|splice|sendfile|copy)[a-z0-9_]*\([0-9]+<(from|to)>' calls
  assert_output ''
  run -0 sed -nE -e 's/^(ftruncate)(64)?\(.*<to>.*/\1/p' \
    -e 's/^mmap2?\(.*(MAP_[A-Z]*), [0-9]+(<.*>),.*/mmap \1 \2/p' \
    -e 's/^(msync)\(.*(MS_.*)\)/\1 \2/p' -e 's/^(link|unlink)(at)?\(.*/\1/p' calls
  assert_output 'ftruncate
mmap MAP_SHARED <from>
mmap MAP_SHARED <to>
msync MS_SYNC
link
unlink'
}

@test "mmap: mmap_copy: what is there already stays as it is, also FROM itself" {
  echo from >from
  echo 'my only copy' >to
  ln from hard
  ln -s from soft
  ln -s nowhere dangling
  mkdir folder
  local to
  for to in to from hard soft dangling folder; do
    run -1 --separate-stderr timeout 20 mmap_copy from "$to"
    assert_equal "$stderr" "mmap_copy: link $to: File exists"
  done
  run -0 cat from to hard soft
  assert_output $'from\nmy only copy\nfrom\nfrom'
  nothing_but from to hard soft dangling folder
  timeout 20 mmap_copy soft new >/dev/null # a link to a file is one
  cmp from new
}

@test "mmap: mmap_copy: usage; what it cannot copy is told, and not waited for" {
  refuses_arguments 'mmap_copy [FROM TO]' -h a 'a b c' '-a b' 'a -b'
  run -2 timeout 20 mmap_copy '' b
  run -2 timeout 20 mmap_copy a ''
  mkfifo -m 600 fifo.in
  mkdir folder
  local from
  for from in fifo.in folder /dev/null /proc/cpuinfo; do
    run -1 --separate-stderr timeout 20 mmap_copy "$from" to
    assert_equal "$stderr" "mmap_copy: $from has no size, as a file should"
    assert_output ''
  done
  run -1 --separate-stderr timeout 20 mmap_copy nowhere to
  assert_equal "$stderr" 'mmap_copy: open nowhere: No such file or directory'
  : >from
  run -1 --separate-stderr timeout 20 mmap_copy from nowhere/to
  [[ $stderr == 'mmap_copy: mkstemp nowhere/to.'*': No such file or directory' ]]
  run -1 --separate-stderr timeout 20 mmap_copy from "$(printf '%5000s' '' | tr ' ' x)"
  [[ $stderr == 'mmap_copy: mkstemp xxx'* ]]
  nothing_but fifo.in folder from
  rm -r fifo.in folder
  head -c 5000 /dev/zero >from
  run -1 --separate-stderr timeout 20 bash -c 'ulimit -f 1; exec mmap_copy from to'
  [[ $stderr == 'mmap_copy: ftruncate to.'*': File too large' ]]
  nothing_but from
}

# cut_to SIZE: FROM is cut to SIZE when it is mapped, and not yet copied.
cut_to() {
  head -c $((5 * page)) /dev/zero >from
  only=(-P "$PWD/from")
  halts copy "$maps" mmap_copy from to
  truncate -s "$1" from
  kill -CONT "$halted"
  join copy 1
  run -0 cat copy.err
  assert_output 'mmap_copy: from: SIGBUS: somebody has cut it'
  nothing_but from
}

@test "mmap: mmap_copy: a file that is cut meanwhile is told, and there is no copy" {
  can_inject
  cut_to 0
  cut_to $((2 * page + 1))
}

@test "mmap: mmap_copy: a disk without room is told, and there is no copy" {
  ((EUID == 0)) || skip 'needs root: only root can mount a small disk'
  needs unshare
  unshare -m true 2>/dev/null || skip 'mount namespaces are not allowed here'
  mkdir small
  head -c $((9 * page)) /dev/zero >from
  run -1 --separate-stderr timeout 20 unshare -m bash -c "
    mount -t tmpfs -o size=$((4 * page)) small small || exit 77
    mmap_copy from small/to; status=\$?; ls -A small; exit \$status"
  assert_equal "$stderr" 'mmap_copy: small/to: SIGBUS: no room on its disk'
  assert_output "from: $((9 * page)) bytes, pages of $page: 9" # and no name in small
}

# halts_in_the_middle: TO is made and mapped; its name, as yet, is $name.
halts_in_the_middle() {
  echo text >from
  only=(-P "$PWD/from")
  halts copy "$maps" mmap_copy from to
  name=$(echo to.*)
  [[ -f $name ]]
}

@test "mmap: mmap_copy: any signal ends it, by itself and with its file" {
  can_inject
  local signal
  for signal in HUP INT QUIT BUS TERM; do
    halts_in_the_middle
    kill "-$signal" "$halted"
    kill -CONT "$halted"
    join copy $((128 + $(kill -l "$signal")))
    nothing_but from
  done
}

@test "mmap: mmap_copy: Ctrl-C at whatever call leaves nothing" {
  can_inject
  echo text >from
  kept=(from)
  interrupted_at "?open,?openat:when=$(nth '?open,?openat' '"to\.' mmap_copy from to)" \
    'ftruncate,?ftruncate64:when=1' "$maps:when=$(nth "$maps" 'SHARED, [0-9]' mmap_copy from to)" \
    'msync:when=1' '?link,?linkat:error=EXDEV' -- mmap_copy from to
  # what has its name already is complete
  run -130 injects '?link,?linkat:signal=INT' -- mmap_copy from to
  cmp from to
  nothing_but from to
}

@test "mmap: mmap_copy: after a kill -9 the next run works; of two at once one has the name" {
  can_inject
  halts_in_the_middle
  kill -KILL "$halted"
  join copy 137
  assert_not_exists to
  run -0 timeout 20 mmap_copy from to
  cmp from to
  run -0 timeout 20 mmap_copy
  nothing_but from to "$name"
  rm to "$name"
  halts_in_the_middle
  run -0 timeout 20 mmap_copy from to
  kill -CONT "$halted"
  join copy 1
  warns copy 'mmap_copy: link to: File exists'
  cmp from to
  nothing_but from to
}

@test "mmap: mmap_copy: a file that is not ours is not removed" {
  can_inject
  halts_in_the_middle
  mv "$name" elsewhere
  echo 'my only copy' >"$name"
  kill -TERM "$halted"
  kill -CONT "$halted"
  join copy 143
  run -0 cat "$name"
  assert_output 'my only copy'
}

@test "mmap: mmap_copy: names the call that failed, exits 1, and leaves nothing" {
  can_inject
  local copy=(mmap_copy from to) n
  echo text >from
  fails 'open from: Too many open files in system' \
    "?open,?openat:error=ENFILE:when=$(nth '?open,?openat' '"from"' "${copy[@]}")" "${copy[@]}"
  n=$(nth '?open,?openat' '"to\.' "${copy[@]}")
  fails 'mkstemp to.*: Too many open files in system' "?open,?openat:error=ENFILE:when=$n" "${copy[@]}"
  n=$(nth "$stats" '/from>' "${copy[@]}")
  fails 'open from: I*/*error' "$stats:error=EIO:when=$n" "${copy[@]}"
  n=$(nth "$stats" '/to\.' "${copy[@]}")
  # it looks whose the file is by the same call, so that it stays here
  fails 'fstat to.*: I*/*error' "$stats:error=EIO:when=$n" "${copy[@]}"
  fails 'ftruncate to.*: Read-only file system' 'ftruncate,?ftruncate64:error=EROFS' "${copy[@]}"
  n=$(nth "$maps" 'SHARED, [0-9]' "${copy[@]}")
  fails 'mmap from, to: *memory' "$maps:error=ENOMEM:when=$n" "${copy[@]}"
  n=$(nth "$maps" '/to\.' "${copy[@]}")
  fails 'mmap from, to: *memory' "$maps:error=ENOMEM:when=$n" "${copy[@]}"
  fails 'msync, munmap to: I*/*error' msync:error=EIO "${copy[@]}"
  n=$(how_often munmap "${copy[@]}")
  fails 'msync, munmap to: Invalid argument' "munmap:error=EINVAL:when=$n" "${copy[@]}"
  fails 'msync, munmap to: Invalid argument' "munmap:error=EINVAL:when=$((n - 1))" "${copy[@]}"
  fails 'link to: Operation not permitted' '?link,?linkat:error=EPERM' "${copy[@]}"
  nothing_but from
}

@test "mmap: mmap_copy: what it cannot print is told, and not written into the copy" {
  echo text >from
  refuses_stdout mmap_copy from to
  nothing_but from
  can_inject
  run -1 --separate-stderr injects write,writev:error=ENOSPC:when=2 -- mmap_copy from to
  assert_equal "$stderr" 'mmap_copy: stdout: No space left on device'
  cmp from to
  rm to
  run -1 --separate-stderr injects write,writev:error=EPIPE:signal=PIPE:when=2 -- mmap_copy from to
  assert_equal "$stderr" 'mmap_copy: stdout: Broken pipe'
  rm to
  [[ -z ${UNDER:-} ]] || skip 'valgrind opens descriptors of its own'
  run -1 timeout 20 bash -c 'exec mmap_copy from to <&- 2>&-'
  nothing_but from
  run -0 timeout 20 bash -c 'exec mmap_copy from to <&-'
  cmp from to
}

@test "mmap: mmap_copy: a second user can neither read the copy nor make one here" {
  second_user mmap_copy
  umask 000
  echo text >from
  run -0 timeout 20 mmap_copy from to
  assert_equal "$(stat -c %a to)" 600
  run -1 --separate-stderr as_nobody timeout 20 mmap_copy to /tmp/never
  assert_equal "$stderr" 'mmap_copy: open to: Permission denied'
  run -1 --separate-stderr as_nobody timeout 20 mmap_copy from mine
  [[ $stderr == 'mmap_copy: mkstemp mine.'*': Permission denied' ]]
}

# ---- mmap_private ------------------------------------------------------------

@test "mmap: mmap_private: only the mapping has the change; the page without one follows the file" {
  run -0 --separate-stderr timeout 20 mmap_private
  assert_equal "$output" "$(lines_of mmap_private)"
  assert_equal "$stderr" ''
  assert_line -n 1 --partial 'mapping mine! file1, file file1 file1'
  nothing_but ''
  can_inject
  "${traced[@]}" -o trace -e trace="?open,?openat,$maps" mmap_private >/dev/null
  local fd
  fd=$(sed -n 's/.*mmap.private.*O_RDONLY[^)]*) *= //p' trace)
  run -0 grep -cE "mmap2?\\(NULL, [0-9]+, PROT_READ\\|PROT_WRITE, MAP_PRIVATE, $fd, 0\\)" trace
  assert_output 2
}

@test "mmap: mmap_private: two at once do not meet; kill -9 and Ctrl-C are no hindrance" {
  can_inject
  run -137 injects '?unlink,?unlinkat:signal=KILL' -- mmap_private # in the one moment
  rm mmap.private.*                                                # when it has a name
  halts one "$maps:when=$(nth "$maps" "$mine" mmap_private)" mmap_private
  run -0 timeout 20 mmap_private
  kill -CONT "$halted"
  join one
  assert_equal "$output" "$(cat one.out)"
  nothing_but ''
  interrupted_at "?open,?openat:when=$(nth '?open,?openat' O_EXCL mmap_private)" \
    "?open,?openat:when=$(nth '?open,?openat' mmap.private.*RDONLY mmap_private)" '?unlink,?unlinkat:when=1' \
    'ftruncate,?ftruncate64:when=1' '?pwrite64:when=1' 'msync:when=1' -- mmap_private
}

@test "mmap: mmap_private: names the call that failed, exits 1, and leaves nothing" {
  can_inject
  local n
  for n in O_EXCL 'mmap.private.*RDONLY'; do
    fails 'mkstemp, open, unlink mmap.private.*: Too many open files in system' \
      "?open,?openat:error=ENFILE:when=$(nth '?open,?openat' "$n" mmap_private)" mmap_private
  done
  fails 'ftruncate mmap.private.*: Read-only file system' 'ftruncate,?ftruncate64:error=EROFS' mmap_private
  for n in 1 2; do
    fails 'pwrite: No space left on device' "?pwrite64:error=ENOSPC:when=$n" mmap_private
  done
  n=$(nth '?pread64' file1 mmap_private) # the dynamic linker may use it, too
  for n in $n $((n + 1)); do
    fails 'pread: I*/*error' "?pread64:error=EIO:when=$n" mmap_private
  done
  n=$(nth "$maps" "$mine" mmap_private)
  fails 'mmap: *memory' "$maps:error=ENOMEM:when=$n" mmap_private
  fails 'msync, munmap: I*/*error' msync:error=EIO mmap_private
  n=$(how_often munmap mmap_private)
  fails 'msync, munmap: Invalid argument' "munmap:error=EINVAL:when=$n" mmap_private
  nothing_but ''
  fails 'mkstemp, open, unlink mmap.private.*: Read-only file system' \
    '?unlink,?unlinkat:error=EROFS' mmap_private
  rm mmap.private.*
}

@test "mmap: mmap_private: usage; what it cannot print or make is told, exit 1" {
  refuses_arguments mmap_private -h file
  refuses_stdout mmap_private
  [[ ${UNDER:-} ]] || {
    run -1 --separate-stderr timeout 20 bash -c 'exec mmap_private >&-'
    assert_equal "$stderr" 'mmap_private: stdout, stderr: Bad file descriptor'
    run -1 timeout 20 bash -c 'exec mmap_private 2>&-'
    run -0 timeout 20 bash -c 'exec mmap_private <&-'
    assert_equal "$output" "$(lines_of mmap_private)"
  }
  nothing_but ''
  second_user mmap_private
  run -1 --separate-stderr as_nobody timeout 20 mmap_private
  [[ $stderr == 'mmap_private: mkstemp, open, unlink mmap.private.'*': Permission denied' ]]
}

# ---- mmap_anonymous ----------------------------------------------------------

# told NAME: its output is the cast's, with its own pid, and its child's.
told() {
  local parent child
  parent=$(sed -n '1s/^parent \([0-9]*\) .*/\1/p' "$1.out")
  child=$(sed -n '3s/^child \([0-9]*\) .*/\1/p' "$1.out")
  [[ -n $parent && -n $child && $parent != "$child" ]]
  lines_of mmap_anonymous | sed "s/<parent>/$parent/g; s/<child>/$child/g" | diff - "$1.out"
}

@test "mmap: mmap_anonymous: the parent sees what its child has stored, in the shared one only" {
  start one mmap_anonymous
  local pid=${PID[one]}
  start two mmap_anonymous # at once, and they do not meet
  join one
  join two
  told one
  told two
  run -0 head -n 1 one.out
  assert_output "parent $pid sees: shared 0, private 0"
  nothing_but ''
  can_inject
  "${traced[@]}" -o trace -e trace="$maps,$forks,prctl" mmap_anonymous >/dev/null
  run -0 grep -cE 'mmap2?\(NULL, 4, PROT_READ\|PROT_WRITE, MAP_(SHARED|PRIVATE)\|MAP_ANONYMOUS, -1, 0\)' trace
  assert_output 2
  # shellcheck disable=SC2016
  run -0 sed -nE '/ (clone3?|v?fork)\(/,$p' trace
  refute_output --partial mmap
}

@test "mmap: mmap_anonymous: a child that is killed, or a call that fails, is told, exit 1" {
  can_inject
  fails 'the child died of signal 9' prctl:signal=KILL mmap_anonymous
  fails 'the child died of signal 15' prctl:signal=TERM mmap_anonymous
  fails 'the child failed' prctl:error=EINVAL mmap_anonymous
  refute_output --partial child
  fails 'the child failed' '?getppid:retval=1' mmap_anonymous # its parent is gone
  local n
  n=$(nth "$maps" 'SHARED\|MAP_ANON' mmap_anonymous)
  fails 'mmap: *memory' "$maps:error=ENOMEM:when=$n" mmap_anonymous
  fails 'fork (limit ulimit -u or pids.max): Resource temporarily unavailable' "$forks:error=EAGAIN" mmap_anonymous
  fails 'waitpid: No child process*' wait4:error=ECHILD mmap_anonymous
  fails 'stdout: No space left on device' write,writev:error=ENOSPC:when=1 mmap_anonymous
  fails 'stdout: No space left on device' write,writev:error=ENOSPC:when=2 mmap_anonymous
  fails 'stdout: No space left on device' write,writev:error=ENOSPC:when=3 mmap_anonymous
}

@test "mmap: mmap_anonymous: usage; what child or parent cannot print is told" {
  refuses_arguments mmap_anonymous -h file
  # A file with so little room, that only the child's first line fails, or its second.
  local room
  for room in '' 'child $$ sees: shared $$, private $$'; do
    # shellcheck disable=SC2016
    run -1 timeout 20 bash -c 'trap "" XFSZ
      text="parent $$ sees: shared 0, private 0
parent $$ stores its number in both
'"$room"'"
      head -c $((1024 - 5 - ${#text})) /dev/zero >room
      ulimit -f 1
      exec mmap_anonymous >>room'
    assert_output 'mmap_anonymous: stdout: File too large
mmap_anonymous: the child failed'
  done
  rm room
  refuses_stdout mmap_anonymous
  [[ ${UNDER:-} ]] || {
    run -1 --separate-stderr timeout 20 bash -c 'exec mmap_anonymous >&-'
    assert_equal "$stderr" 'mmap_anonymous: stdout: Bad file descriptor'
  }
  run -0 timeout 20 bash -c 'exec mmap_anonymous <&-'
}

@test "mmap: mmap_anonymous: whoever is killed, the other does not stay" {
  can_inject
  local signal parent
  for signal in KILL INT; do
    halts both prctl mmap_anonymous # the child, before it stores
    parent=$(sed -n 's/^PPid:.//p' "/proc/$halted/status")
    kill "-$signal" "$parent"
    join both $((128 + $(kill -l "$signal")))
    gone "$halted"
    run -0 wc -l <both.out
    assert_output 2
  done
  nothing_but ''
}

# ---- mmap_count --------------------------------------------------------------

@test "mmap: mmap_count: right, nothing is lost; wrong, all that the other has added, each time" {
  run -0 --separate-stderr bash -c 'mmap_count && mmap_count -n'
  assert_equal "$output" "$(lines_of mmap_count)"
  assert_equal "$stderr" ''
  local n big=1000000
  [[ ! ${UNDER:-} ]] || big=10000
  for n in 1 7 1000 $big; do
    run -0 timeout 20 mmap_count "$n"
    assert_output "$n + $n = $((2 * n)), 0 lost"
    run -0 timeout 20 mmap_count -n "$n"
    assert_output "$n + $n = $n, $n lost"
  done
  nothing_but ''
  start one mmap_count 20000
  start two mmap_count 30000
  join one
  join two
  says one '20000 + 20000 = 40000, 0 lost'
  says two '30000 + 30000 = 60000, 0 lost'
  nothing_but ''
}

@test "mmap: mmap_count: both map the file by themselves, and Ctrl-C leaves no file" {
  can_inject
  "${traced[@]}" -o trace mmap_count 5 >/dev/null
  run -0 sed -nE 's/^([0-9]+) +mmap2?\(NULL, [48], .*WRITE, MAP_SHARED, [0-9]+, 0.*/\1/p' trace
  assert_equal "$(sort -u <<<"$output" | wc -l)" 2
  grep -qE 'pread64.*"\\(n|12).*, [48], 0\)' trace # 10
  interrupted_at "?open,?openat:when=$(nth '?open,?openat' O_EXCL mmap_count)" '?unlink,?unlinkat:when=1' \
    'ftruncate,?ftruncate64:when=1' "$forks:when=1" -- mmap_count 5
}

# counting [-n]: both count, for longer than a test may last.
counting() {
  start both mmap_count "$@" 1000000000
  await 10 has_child both
  await 10 child_counts
  child=$(child_of both)
  child=${child% }
}
has_child() { [[ -n $(child_of "$1") ]]; }
# The child has its mapping, and with it whatever kills it with its parent.
child_counts() { (($(cut -d ' ' -f 14 "/proc/$(child_of both | tr -d ' ')/stat") > 0)); }

@test "mmap: mmap_count: a child that is killed is told; without its parent it does not stay" {
  local signal
  counting -n
  kill -KILL "$child"
  join both 1
  run -0 cat both.err
  assert_output 'mmap_count: the child died of signal 9'
  for signal in KILL TERM; do
    counting -n
    hit both "$signal"
    join both $((128 + $(kill -l "$signal")))
    await 10 gone "$child"
  done
  counting
  kill -INT -- "-${PID[both]}"
  join both 130
  await 10 gone "$child"
  assert_file_empty both.out
  nothing_but ''
}

@test "mmap: mmap_count: names the call that failed, exits 1, and leaves nothing" {
  can_inject
  local n
  fails 'mkstemp, unlink mmap.count.*: Too many open files in system' \
    "?open,?openat:error=ENFILE:when=$(nth '?open,?openat' O_EXCL mmap_count)" mmap_count
  fails 'ftruncate mmap.count.*: Read-only file system' 'ftruncate,?ftruncate64:error=EROFS' mmap_count
  fails 'fork (limit ulimit -u or pids.max): Resource temporarily unavailable' "$forks:error=EAGAIN" mmap_count
  n=$(nth "$maps" 'SHARED, [0-9]' mmap_count)
  fails 'mmap: *memory' "$maps:error=ENOMEM:when=$n" mmap_count
  fails 'waitpid: No child process*' wait4:error=ECHILD mmap_count
  fails 'waitpid: No child process*' wait4:error=ECHILD mmap_count -n
  fails 'the child failed' prctl:error=EINVAL mmap_count
  fails 'the child failed' prctl:error=EINVAL mmap_count -n
  assert_output ''
  fails 'the child failed' '?getppid:retval=1' mmap_count
  n=$(nth '?pread64' ', [48], 0\)' mmap_count)
  fails 'pread: I*/*error' "?pread64:error=EIO:when=$n" mmap_count
  nothing_but ''
  fails 'mkstemp, unlink mmap.count.*: Read-only file system' '?unlink,?unlinkat:error=EROFS' mmap_count
  rm mmap.count.*
}

@test "mmap: mmap_count: usage; what it cannot print or make is told, exit 1" {
  refuses_arguments 'mmap_count [-n] [COUNT]' -h 0 -1 3x '1 2' '-n 1 2' '-n -n' 1000000001 +1
  run -2 timeout 20 mmap_count -n ''
  run -2 timeout 20 mmap_count ' 1'
  refuses_stdout mmap_count 10
  [[ ${UNDER:-} ]] || {
    run -1 --separate-stderr timeout 20 bash -c 'exec mmap_count >&-'
    assert_equal "$stderr" 'mmap_count: stdout, stderr: Bad file descriptor'
    run -1 timeout 20 bash -c 'exec mmap_count 2>&-'
    run -0 timeout 20 bash -c 'exec mmap_count 10 <&-'
    assert_output '10 + 10 = 20, 0 lost'
  }
  nothing_but ''
  second_user mmap_count
  run -1 --separate-stderr as_nobody timeout 20 mmap_count
  [[ $stderr == 'mmap_count: mkstemp, unlink mmap.count.'*': Permission denied' ]]
}

# ---- all of them --------------------------------------------------------------

# make run-mmap-mmap_copy ...: the name of a program is the name of its play.
@test "mmap: mmap_copy, mmap_private, mmap_anonymous, mmap_count: each play is played" {
  cd "$BATS_TEST_DIRNAME/.." || return 1
  local name
  for name in mmap_copy mmap_private mmap_anonymous mmap_count; do
    timeout 60 env TMPDIR="$BATS_TEST_TMPDIR" stage -b "$BUILD" "mmap:$name" >"$BATS_TEST_TMPDIR/play"
    grep -qx "mmap:$name: ok" "$BATS_TEST_TMPDIR/play"
    grep -qx 'left behind: nothing' "$BATS_TEST_TMPDIR/play"
    grep -qF -- "- \`$name\`: " mmap/README.md || fail "the sheet does not name $name"
  done
}
