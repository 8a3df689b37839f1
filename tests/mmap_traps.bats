# The traps of the room mmap: each fails in its own way, the right program does not.

setup() {
  load helpers
  load traps
  traps_setup
  # Where a program is to die, no sanitizer is to take the signal.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_sigbus=0:handle_segv=0
}
teardown() { common_teardown; }

@test "mmap traps: no_size dies of a store" { shows no_size 'writer: ended with 0, not BUS'; }
@test "mmap traps: private_map stores where nobody sees it" { shows private_map 'reader: did not say on stderr: mmap_writer left before line 1'; }
@test "mmap traps: rest_of_page stores where the file has nothing" { shows rest_of_page 'reader: did not say on stderr: mmap_writer left before line 1'; }
@test "mmap traps: second_fd loses its locks by a look" { shows second_fd 'reader: is gone; it hangs not'; }
@test "mmap traps: no_lock reads half a line" { shows no_lock 'reader: did not print within' 3; }
@test "mmap traps: not_null crashes instead of telling that mmap failed" { shows not_null 'copy: ended with 0, not SEGV'; }

@test "mmap traps: programs, cast and lesson sheet fit each other" { traps_cast_and_sheet_fit; }
