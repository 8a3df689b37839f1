# The traps of the room signal: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "signal traps: lost_wakeup sleeps for ever" { shows lost_wakeup 'parent: did not say on stderr'; }
@test "signal traps: counted counts one of five" { shows counted 'receiver: printed: sent: SIGRTMIN'; }
@test "signal traps: any_sender believes a stranger" { shows any_sender 'sleeper: did not print within' 3; }
@test "signal traps: one_shot dies of the second signal" { shows one_shot 'parent: printed: in the critical section'; }
@test "signal traps: waits_inside never comes out of its handler" {
  # (a right program would seem to spin, too)
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind computes that long before the first line'
  shows waits_inside 'parent: '
}

@test "signal traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
