# The traps of the room semaphore: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "semaphore traps: undo takes its V back" { shows undo 'father: is gone; it hangs not'; }
@test "semaphore traps: eintr has not waited" {
  shows eintr 'child: is gone; it sleeps not'
  # That both have spoken, the cast says; here, that the right father did wait.
  run timeout 60 env -C "$ROOT" stage -b "$BUILD" -T semaphore:eintr
  # shellcheck disable=SC2016 # code for awk
  run -0 awk '/^The same/ { on = 1 } on && / Process / { print $1 }' <<<"$output"
  assert_output $'child\nfather'
}
@test "semaphore traps: child_dies waits for a dead child" { shows child_dies 'father: is gone; it hangs not'; }
@test "semaphore traps: setval lets two in" { shows setval 'one: printed: Process child'; }
@test "semaphore traps: too_early loses the V of who was too early" { shows too_early 'finder: ended without printing'; }
@test "semaphore traps: no_undo keeps the lock of a killed process" { shows no_undo 'one: printed: Process child'; }

@test "semaphore traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
