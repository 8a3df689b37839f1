# What the whole suite must leave as it was: the kernel's objects of this user.

# (Mode 640 marks what setup_suite plants, this one or one that runs beside it.)
# kernel_objects: one line for each System V object, shm_open(3) and mq_open(3).
kernel_objects() {
  local kind
  for kind in msg sem shm; do
    awk -v kind=$kind -v uid="$(id -u)" '
      FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "uid") column = i; next }
      $column == uid && $3 != 640 { print kind, $1, $2 }' "/proc/sysvipc/$kind"
  done
  ls -A /dev/shm /dev/mqueue 2>/dev/null || : # not every system has both
}
# still_there FILE: those of the objects in FILE that exist now.
still_there() { kernel_objects | sort | comm -12 - "$1"; }

setup_suite() {
  # Objects of somebody else, which no test may touch.
  {
    ipcmk -p 640 -Q | sed 's/.*: /-q /'
    ipcmk -p 640 -S 1 | sed 's/.*: /-s /'
    ipcmk -p 640 -M 64 | sed 's/.*: /-m /'
  } >"$BATS_RUN_TMPDIR/planted"
  kernel_objects | sort >"$BATS_RUN_TMPDIR/before"
  # What a sanitizer or valgrind finds goes to files: a test that expects
  # exit 1 must not take a report for the expected failure.
  export REPORTS=$BATS_RUN_TMPDIR/reports
  mkdir -p "$REPORTS"
  chmod 711 "$BATS_RUN_TMPDIR"
  chmod 1777 "$REPORTS"
  # Leaks are for valgrind to find: LeakSanitizer cannot work under strace(1).
  export ASAN_OPTIONS=log_path=$REPORTS/asan:exitcode=99:detect_leaks=0
  export UBSAN_OPTIONS=log_path=$REPORTS/ubsan:halt_on_error=1:exitcode=99
}

teardown_suite() {
  local status=0 tries=100
  cd "$BATS_RUN_TMPDIR" || return 1
  # Another suite may be running: what it has will go, what we leak will not.
  kernel_objects | sort | comm -13 before - >extra
  while [[ -n $(still_there extra) ]]; do
    ((tries-- > 0)) || { echo "left behind: $(still_there extra)" >&2; status=1; break; }
    sleep 0.1
  done
  planted || status=1
  if [[ -n $(find "$REPORTS" -type f -size +0) ]]; then
    find "$REPORTS" -type f -size +0 -exec head -n 40 {} + >&2
    status=1
  fi
  return $status
}

# planted: the three objects of setup_suite are still there; now they go.
planted() {
  local kind id status=0
  while read -r kind id; do
    ipcrm "$kind" "$id" || { echo "a stranger's object is gone: $kind $id" >&2; status=1; }
  done <"$BATS_RUN_TMPDIR/planted"
  return $status
}
