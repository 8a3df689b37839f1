# shellcheck shell=bash disable=SC2154 # $output, $stderr and $lines come from bats
# What strace(1) sees of a run, and what the probe sees of it, is the same.
load helpers

setup() {
  needs_probe
  common_setup
  can_inject # strace works here
}
teardown() { common_teardown; }
trace() { (close_inherited; exec timeout -k 5 90 "$scripts/trace" -b "$BUILD" "$@"); }

@test "trace: every example: the probe and strace agree, call by call" {
  local room calls
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock chat; do
    run -0 trace "$room"
    refute_line --regexp '^!'
    assert_line --regexp '^[0-9]+ calls of [23] processes: the probe and strace agree$'
    calls=$(sed -n 's/ calls of.*//p' <<<"$output" | head -n 1)
    ((calls >= 12)) || fail "only $calls calls in $room"
    # Each with the line of the source that makes it.
    refute_line --regexp '^[ !] \? '
    assert_equal "$calls" "$(sed '/agree$/q' <<<"$output" | grep -cE '^  ([a-z_]+\.c:[0-9]+|-) ')"
  done
}

@test "trace: what the probe does not report, or reports wrongly, is found" {
  trace pipe-pipe_hello >plain # and it leaves us its two records
  cat >see.c <<'EOT'
#include <unistd.h>
int main(void) { int fd[2]; return pipe(fd) == 0 && write(fd[1], "a", 1) == 1 && close(fd[0]) == 0 ? 0 : 1; }
EOT
  run -0 trace -s see.c
  assert_line --partial 'agree'
  # The same two records, changed: what strace has seen stays.
  mkdir copies
  # shellcheck disable=SC2016 # for the shell that it is for
  sed 's/^trap .rm -rf.*/trap "cp $work\/* '"${PWD//\//\\/}"'\/copies" EXIT/' "$scripts/trace" >t
  chmod +x t
  sed -i "s|^here=.*|here=$scripts|" t
  (close_inherited; exec timeout 60 ./t -b "$BUILD" -s see.c >/dev/null)
  again() { LC_ALL=C awk -f "$scripts/trace.awk" changed copies/strace.*; }
  cp copies/probe changed
  run -0 again
  grep -v "$(printf '\twrite\t')" copies/probe >changed
  run -1 again
  assert_line --regexp '^! - +only strace: write'
  sed "s/$(printf '\tdone\t')\(.*\)$(printf '\t1\t')/$(printf '\tdone\t')\1$(printf '\t0\t')/" copies/probe >changed
  run -1 again
  awk -F '\t' -v OFS='\t' '$6 == "close" { sub(/fd=3/, "fd=4", $8) } { print }' copies/probe >changed
  run -1 again
  assert_line --partial 'only the probe: close'
  # Two calls in the other order.
  awk -F '\t' '$6 == "write" { held = held $0 "\n"; next } { print } $6 == "close" && $4 == "done" { printf "%s", held }' \
    copies/probe >changed
  run -1 again
}

@test "trace: an unknown X, no strace, a run that is ended" {
  run -2 --separate-stderr trace nosuch
  [[ $stderr == *'there is no nosuch'* ]]
  run -2 trace
  run -2 trace -z
  mkdir bin
  local tool
  for tool in sh dirname awk fold printf cat mktemp rm; do ln -s "$(command -v "$tool")" bin; done
  PATH=$PWD/bin run -77 "$scripts/trace" -b "$BUILD" pipe
  assert_output --partial './scripts/setup installs it'
  printf '#include <unistd.h>\nint main(void) { pause(); return 0; }\n' >sleeps.c
  run -0 trace -t 0.5 -s sleeps.c
  assert_line --partial 'ended after 0.5 seconds'
  assert_line --regexp 'sleeps.c:2 +pause\(\)'
}
