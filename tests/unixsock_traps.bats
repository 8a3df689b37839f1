# The traps of the room unixsock: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "unixsock traps: stale_file does not start again after a kill" { shows stale_file 'again: did not say on stderr: in use' 3; }
@test "unixsock traps: unlink_first takes the name of a server alive" { shows unlink_first 'second: ended without printing: Socket server name is'; }
@test "unixsock traps: recv_once waits for an answer that it has" { shows recv_once 'ann: printed: Client: receive: server'; }
@test "unixsock traps: sigpipe dies of a client's death" { shows sigpipe 'bob: ended with 0, not 1'; }
@test "unixsock traps: one_at_a_time lets ann wait until bob leaves" { shows one_at_a_time 'ann: is gone; it hangs not'; }
@test "unixsock traps: eof_message takes a whole processor when its client leaves" { shows eof_message 'server: says something while it spins'; }
@test "unixsock traps: cut_name takes two names for one" { shows cut_name 'one: ended without printing: Socket server name is'; }
@test "unixsock traps: whole_length calls a name that nobody has" { shows whole_length 'ann: did not say on stderr: Connection refused'; }

@test "unixsock traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
