# The traps of the room shm: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "shm traps: typing lets all wait for the fingers of one" { shows typing 'one: did not ask: Data to send:'; }
@test "shm traps: no_lock overwrites what nobody has read" { shows no_lock 'server: did not print within' 5; }
@test "shm traps: attach crashes where it looks for the failure" {
  [[ ${BUILT_WITH:-} != *-fsanitize* ]] || skip "a sanitizer is faster than the crash"
  shows attach 'client: did not ask: Press Enter'
}
@test "shm traps: overrun opens the door" { shows overrun 'client: did not ask: The door is shut'; }
@test "shm traps: stale obeys the orders of yesterday" { shows stale 'today: did not print within' 5; }
@test "shm traps: left leaves its segment" { shows left 'no segment is left behind'; }
@test "shm traps: one_word loses the rest of a line" { shows one_word 'client: did not ask: Data to send:'; }

@test "shm traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
