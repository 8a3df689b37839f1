# The traps of the room fifo: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "fifo traps: whole_read shows one message of ten" { shows whole_read 'reader: printed more than the cast has: Read message'; }
@test "fifo traps: keeps_name lets the next day's writer hang" { shows keeps_name 'later: is gone; it hangs not'; }
@test "fifo traps: any_file overwrites a file" { shows any_file 'writer: ended without printing: Send message'; }
@test "fifo traps: no_flush loses what it has printed" { shows no_flush 'reader: printed more than the cast has: Read message'; }
@test "fifo traps: last_client leaves the second client alone" { shows last_client 'server: did not end within' 3; }

@test "fifo traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
