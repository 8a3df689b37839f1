# The traps of the room chat: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "chat traps: select_fgets sends one line of three" { shows select_fgets 'person0: printed: <-- two'; }
@test "chat traps: eof_spins takes a whole processor after Ctrl-D" { shows eof_spins 'person1: is gone; it spins not'; }
@test "chat traps: no_nul shows a password with the message" { shows no_nul 'person1: printed: <-- bye'; }
@test "chat traps: open_order lets both sides wait for ever" { shows open_order "person1: printed: start open '.fifo_chat1' for write"; }
@test "chat traps: half_open waits for ever for one who has died" { shows half_open 'person0: is gone; it hangs not'; }
@test "chat traps: third lets a third one have what was for the second" { shows third 'person2: ended without printing: start open'; }
@test "chat traps: unflushed shows nothing, and nothing after Ctrl-C" { shows unflushed 'person1: printed more than the cast has: start open'; }
@test "chat traps: end_first drops what was typed in time" { shows end_first 'person0: printed more than the cast has: <-- wait, one more thing'; }
@test "chat traps: any_file overwrites a diary" { shows any_file 'person1: ended without printing: start open'; }

@test "chat traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
