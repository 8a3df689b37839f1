# The traps of the room pipe: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "pipe traps: no_length prints more than came" { shows no_length 'child: ended without printing: ######'; }
@test "pipe traps: no_wait ends before its child prints" { shows no_wait 'child: is gone; it cannot be going on'; }
@test "pipe traps: failed_pipe reads what is typed" {
  # (with four descriptors these cannot do their own work)
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind needs more descriptors'
  shows failed_pipe 'parent: did not say on stderr: write to the pipe'
}
@test "pipe traps: dead_reader dies without a word" { shows dead_reader 'parent: ended with 0, not PIPE'; }
@test "pipe traps: one_read cuts a message" { shows one_read 'child: printed: Child process read 53 bytes'; }
@test "pipe traps: open_end never ends" { shows open_end 'parent: is gone; it hangs not'; }
@test "pipe traps: no_status ends well after a failure" { shows no_status 'parent: ended with 1, not 0'; }

@test "pipe traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
