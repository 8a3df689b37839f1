# The traps of the room msgqueue: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
}
teardown() { common_teardown; }

@test "msgqueue traps: unchecked spins when its queue has gone" { shows unchecked 'server: '; }
@test "msgqueue traps: crossed gives each the answer of the other" { shows crossed 'two: printed: Message Queue'; }
@test "msgqueue traps: nobody waits for a server that is not there" { shows nobody 'client: did not say on stderr'; }
@test "msgqueue traps: too_long spins on a message that stays" { shows too_long 'server: says something while it spins'; }
@test "msgqueue traps: no_nul prints what nobody has sent" { shows no_nul 'server: printed: Message Queue'; }
@test "msgqueue traps: whole_size sends what it has not written" { shows whole_size 'reader: printed: Behind the whole message: nothing'; }
@test "msgqueue traps: unflushed loses its lines with Ctrl-C" { shows unflushed "client: printed: Client: receive msg.mtext is: hello, I'm server"; }
@test "msgqueue traps: full waits for room that only itself could make" { shows full 'server: printed: Message Queue'; }
@test "msgqueue traps: fixed_key brings strangers together" { shows fixed_key 'anna: printed: Message Queue'; }

@test "msgqueue traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
