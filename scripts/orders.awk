# orders.awk - play a plan in every order of its processes' calls.
#
#   LC_ALL=C awk -f scripts/outcome.awk -f scripts/orders.awk -v dir=DIR \
#     -v director='COMMAND' [-v cast=ROOM/cast -v play=NAME] [-v budget=20] \
#     [-v seed=N] [-v title=TEXT] [-v replay='make replay-X'] [-v brief=1] \
#     [-v once=1 -v order='1 1 2 ...'] [-v plain=1]
#
# DIR/acts is the plan without an order, DIR/w the folder in which the programs
# play; COMMAND is `director -b BUILD -t SECONDS -z`. Status: 0 every order that
# was played ended well, 1 some did not, 3 it could not be played. With once=1 it
# is only this order, what came of it is told, and DIR/trace has source lines.
#
# Each run is a fresh one. From its trace is known which calls depend on each
# other: they are of different processes, touch the same object (a queue, a key,
# a name, a pipe, a process that is waited for or gets a signal ...), and not
# both only look. Of two that do not, the order makes no difference: neither sees
# what the other did. So after each run, for each two dependent calls that follow
# each other directly in this sense (a race), the run in which the second comes
# first is played, too, if no run had it (dynamic partial-order reduction:
# Flanagan and Godefroid 2005, Abdulla et al. 2014). When nothing is left, each
# order that exists has been played, or one that differs from it only in the order
# of independent calls. When in doubt, calls are dependent:
#   - processes that share memory, while both have it: all their calls, for loads
#     and stores are not seen;
#   - a signal, and all calls of whom it is sent to; the end of a child if its
#     parent has a handler for it, or blocks it;
#   - an end, and everything that it closes, unlocks, undoes or detaches;
#   - system(3), and everything.
# What is printed on stdout and stderr nobody reads: it depends on nothing, and
# the orders in which lines can come are computed. What a plan types comes when
# all rest; so everything before it comes before everything behind it.
#
# Two orders are the same if every call has the same calls before it on which it
# depends: that is the name of a call in all runs here (id_of), and a prefix of
# an order is known by the last call of each process in it.
#
# If the time (budget, in seconds) is over before every race is turned, what is
# left of it goes to this: all orders with 0, 1, 2 ... preemptions (a process that
# could go on is left for another one; to switch when it waits is free), and in
# the end to random orders. To test the rest, with plain=1 that is all from the
# beginning, and with plain=2 each single order is played.

BEGIN {
  if (dir != "") {
    init()
    if (once) exit play_once()
    explore()
    exit report()
  }
}

function init(    line, w) {
  if (budget == "") budget = 20
  if (seed == "") seed = 1
  started = clock()
  queue_bytes = 16384
  getline queue_bytes < "/proc/sys/kernel/msgmnb"
  if (dir !~ /\/$/) dir = dir "/"
  while ((getline line < (dir "../before")) > 0) old[line] = 1
  while ((getline line < (dir "acts")) > 0) {
    acts = acts line "\n"
    split(line, w, " ")
    if (w[2] == "runs") {
      empty = empty ": >../" w[1] ".out; : >../" w[1] ".err; "
      if (!(w[1] in O_runs)) commands = commands " " w[1]
    }
  }
  close(dir "acts")
}

function clock(    line) {
  getline line < "/proc/uptime"
  close("/proc/uptime")
  return line + 0
}
function spent() { return clock() - started }

# ---- one run -------------------------------------------------------------

# play_order: a run in that order (numbers, then as the director does it). The
# trace is DIR/trace; returns the director's status.
function play_order(order, options,    status, file) {
  file = dir "plan"
  printf "%s", acts > file
  if (order != "") print "order " order > file
  close(file)
  # (Whoever ends us by a signal must be able to end the director and its shell, too,
  # and takes the folders away. Nothing may be removed anywhere else then.)
  status = system("cd " dir "w || exit 1; " empty director " " \
    (options "" asked_for == "" ? "-q" : options) \
    " -o ../trace -p ../plan 2>../said </dev/null & echo $! $$ >../pid; wait $!; " \
    "s=$?; : >../left; " \
    "for f in * .[!.]*; do [ -e \"$f\" ] || [ -L \"$f\" ] || continue; " \
    "echo \"file $f\" >>../left; rm -rf -- \"$f\"; done; : >../pid; exit $s")
  if (status > 255) status = int(status / 256)
  runs++
  return status
}

# what_is_left: objects of the trace that are still there: told, and removed.
function what_is_left(    obj, kind, id, line, w, n, rm, file, names, x) {
  for (obj in seen_object) {
    kind = substr(obj, 1, index(obj, ":") - 1)
    id = substr(obj, length(kind) + 2)
    if (kind == "msg" || kind == "sem" || kind == "shm") names[kind] = 1
    else if (kind == "mq" || kind == "psem" || kind == "pshm") {
      if (id !~ /^\// || obj in old) continue
      file = kind == "mq" ? "/dev/mqueue" id : \
        kind == "psem" ? "/dev/shm/sem." substr(id, 2) : "/dev/shm" id
      if (system("[ -e '" file "' ]") == 0) {
        print "POSIX " (kind == "mq" ? "queue" : kind == "psem" ? "semaphore" : \
          "shared memory") > (dir "left")
        rm = rm "rm -f '" file "'; "
      }
    }
  }
  for (kind in names) {
    file = "/proc/sysvipc/" kind
    while ((getline line < file) > 0) {
      split(line, w, " ")
      if (!((kind ":" w[2]) in seen_object) || (kind ":" w[2]) in old) continue
      found[kind]++
      print (kind == "msg" ? "queue" : kind == "sem" ? "semaphore set" : \
        "shared memory segment") > (dir "left.sysv")
      n++
      rm = rm "ipcrm -" (kind == "msg" ? "q" : kind == "sem" ? "s" : "m") " " w[2] "; "
    }
    close(file)
  }
  close(dir "left")
  if (n) {
    close(dir "left.sysv")
    while ((getline line < (dir "left.sysv")) > 0) print line >> (dir "left")
    close(dir "left.sysv")
    close(dir "left")
    system("rm -f " dir "left.sysv")
  }
  if (rm != "") system("{ " rm "} 2>/dev/null")
}

# ---- its trace -----------------------------------------------------------

# read_run: the steps 1..T of the run: P[t] who (1, 2 ... the commands, 1.2 the
# second child of 1), X[t] its how many-th, what it touches.
function read_run(    line, f, file, pid, p, cur, acting, turn, i, n, w, q, at) {
  split("", P); split("", X); split("", NM); split("", WH); split("", SEG)
  split("", AFTER); split("", ended_at)
  split("", births); split("", born_by_act); split("", number); split("", WAKE)
  split("", steps); split("", kids); split("", who); split("", access)
  split("", n_access); split("", parent_of); split("", root); split("", enabled)
  split("", held_fd); split("", attached); split("", undo); split("", locked)
  split("", open_step); split("", depth); split("", minds_child)
  split("", waits_any); split("", key_of); split("", bound); split("", dgram)
  split("", path_of); split("", sent); split("", resized); split("", mapped)
  split("", connects); split("", n_connects); split("", n_accepts); split("", watched)
  split("", seen_object); split("", from); split("", procs); split("", gives_way)
  split("", pid_of_proc); split("", dgram_to); split("", kid_end)
  split("", is_fifo); split("", printing); split("", print_text)
  T = n_printing = numbers = n_procs = segment = cmds = everything = 0
  dirwatch = 0
  file = dir "trace"
  cur = 0
  while ((getline line < file) > 0) {
    n = split(line, f, "\t")
    if (f[4] == "held") continue
    pid = f[3]
    if (f[4] == "turn") {
      turn = f[5]
    } else if (f[4] == "call" || f[4] == "goes") {
      p = who[pid]
      if (turn != "") {
        cur = ++T
        P[T] = p
        X[T] = ++steps[p]
        SEG[T] = segment
        acting = 0
        n = split(turn, w, ",")
        for (i = 1; i <= n; i++) enabled[T] = enabled[T] " " who[w[i]]
        turn = ""
        if (p in from) { WAKE[T] = from[p]; delete from[p] }
        if (f[4] == "goes") { NM[T] = "return"; WH[T] = "-" }
        else { NM[T] = f[6]; WH[T] = f[5] }
        if (f[8] ~ /sec=/ && f[6] != "alarm" || f[6] == "sched_yield") gives_way[T] = 1
      }
      if (f[4] == "goes") uses(cur, "P:" p, 0)
      for (q in attached) {
        split(q, w, SUBSEP)
        if (w[1] != p) continue
        uses(cur, "M:" w[2], 1)
        if ((w[2] in mapped) && mapped[w[2]] != p) shared = 1
        mapped[w[2]] = p
      }
      uses(cur, "*", 0)
      if (f[4] == "call") {
        if (f[6] ~ /longjmp/) depth[p] = 0
        else open_step[p, ++depth[p]] = cur
        touches(cur, p, f[6], f[7], f[8], "")
      }
    } else if (f[4] == "done") {
      p = who[pid]
      if (cur && f[8] ~ /(^| )fd=1 .*data=/ && f[8] ~ /obj=(file|dev|tty):/ && \
          f[6] !~ /^(p?read|f?get)/) {
        printing[++n_printing] = cur
        print_text[n_printing] = substr(f[8], index(f[8], " data=") + 6)
      }
      at = depth[p] > 0 ? open_step[p, depth[p]--] : cur
      touches(at, p, f[6], f[7], f[8], f[9])
      if (at && by_clock(f[8], f[9])) gives_way[at] = 1
      if (cur && p != P[cur] && !by_clock(f[8], f[9])) {
        from[p] = cur
        uses(cur, "P:" p, 0)
      }
      if (at != cur && cur) touches(cur, p, f[6], f[7], f[8], f[9])
    } else if (f[4] == "wait") {
      p = who[pid]
      if (f[6] ~ /^open/ && match(f[8], /path=[^ ]*/))
        uses(open_step[p, depth[p]], "F:" substr(f[8], RSTART + 5, RLENGTH - 5), 1)
    } else if (f[4] == "enter") {
      p = who[pid]
      if (cur && p != P[cur]) from[p] = cur
    } else if (f[4] == "end") {
      ends_at(cur, who[pid], f[5])
    } else if (f[4] == "new") {
      new_process(pid, f[6], cur, acting)
    } else if (f[4] == "act") {
      if (!acting) segment++
      acting = 1
      cur = 0
    } else if (f[4] == "stuck" || f[4] == "note" && f[5] ~ /^ended: the/) {
      break
    } else if (f[4] == "note" && f[5] ~ /does not report|computes for more|has threads/) {
      sub(/pid [0-9]+ ?/, "", f[5])
      remarks[f[5]] = 1
    }
  }
  close(file)
}
# by_clock: a wait that the clock has ended was ended by nobody.
function by_clock(attributes, result) {
  return attributes ~ /(^| )sec=/ || \
    attributes ~ /(^| )limit=/ && result ~ /^(0|-1 (EAGAIN|ETIMEDOUT|EINTR))$/
}

function new_process(pid, parent, cur, acting,    p, q, k, part) {
  numbers++
  if (pid in who) {             # exec: it goes on as another program
    p = who[pid] "x"
    q = who[pid]
  } else if (parent in who) {
    q = who[parent]
    p = q "." ++kids[q]
  } else {
    q = ""
    p = ++cmds
  }
  who[pid] = p
  pid_of_proc[p] = pid
  number[p] = numbers
  procs[++n_procs] = p
  parent_of[p] = q
  if (cur && !acting) {
    births[cur] = births[cur] " " p
    from[p] = cur
  } else born_by_act[segment] = born_by_act[segment] " " p
  if (q == "") return
  inherits(held_fd, q, p)
  inherits(attached, q, p)
  if (q in minds_child) minds_child[p] = 1
}
function inherits(set, q, p,    k, part, n, i, add) {
  for (k in set) {
    split(k, part, SUBSEP)
    if (part[1] == q) add[++n] = part[2]
  }
  for (i = 1; i <= n; i++) set[p, add[i]] = set[q, add[i]]
}

# A pipe or FIFO is three things: what is in it, and its two ends. To close an
# end tells whoever uses the other one; two that close the same end do not mind
# each other, so closing only looks, and using changes.
function holds(p, obj, end, how_many) {
  held_fd[p, obj "|" end] += how_many
  if (held_fd[p, obj "|" end] <= 0) delete held_fd[p, obj "|" end]
}
function uses_pipe(t, obj, name) {
  uses(t, obj, 1)
  if (name !~ /write|send|put|print/) uses(t, obj "|write", 1)
  if (name !~ /read|recv|get/) uses(t, obj "|read", 1)
}

# uses: step T touches KEY; how: 0 looks, 1 changes.
function uses(t, key, how,    i) {
  if (!t) return
  if ((t, key) in access) {
    if (how > access[t, key]) access[t, key] = how
    return
  }
  access[t, key] = how
  access_key[t, ++n_access[t]] = key
}

# same: two keys are one thing (both ends of a connection).
function same_thing(a, b) {
  a = root_of(a)
  b = root_of(b)
  if (a != b) root[a] = b
}
function root_of(a) {
  while (a in root) a = root[a]
  return a
}

# touches: what a call touches, as far as is known before it (RESULT "") or
# behind it.
function touches(t, p, name, words, s, result,
                 a, n, i, k, v, obj, obj2, path, fd, key, addr, kind, cmd, ops,
                 want, type, to, failed, flags, end, end2, change) {
  if ((i = index(" " s, " data=\"")) > 0) s = substr(s, 1, i - 1)
  n = split(s, a, " ")
  end = end2 = obj = obj2 = path = fd = key = addr = cmd = ops = want = type = ""
  to = flags = ""
  for (i = 1; i <= n; i++) {
    k = index(a[i], "=")
    v = substr(a[i], k + 1)
    k = substr(a[i], 1, k - 1)
    if (k == "obj") obj = v
    else if (k == "obj2") obj2 = obj2 " " v
    else if (k == "end") end = v
    else if (k == "end2") end2 = v
    else if (k == "path") path = v
    else if (k == "fd") fd = v
    else if (k == "key") key = v
    else if (k == "addr") addr = v
    else if (k == "cmd") cmd = v
    else if (k == "ops") ops = v
    else if (k == "want") want = v
    else if (k == "type") type = v
    else if (k == "to") to = v
    else if (k == "flags") flags = v
    else if (k == "sig" && v == "SIGCHLD" && words !~ /SIG_DFL|SIG_IGN/) minds_child[p] = 1
  }
  if (name ~ /^sig(procmask|suspend|wait|timedwait)|^signalfd/ && words ~ /CHLD|all signals/)
    minds_child[p] = 1
  failed = result ~ /^-1/
  kind = obj
  sub(/:.*/, "", kind)
  sub(/^\.\//, "", path)
  uses(t, "P:" p, 0)

  # What a person reads.
  if ((fd == 1 || fd == 2) && kind ~ /^(file|dev|tty)$/ && \
      name !~ /^(f?close|dup|fcntl|mmap|ftruncate|flock|lockf)/) {
    return
  }
  # System V
  if (name ~ /^(msg|sem|shm)get$/) {
    k = substr(name, 1, 3)
    if (key + 0 != 0 || key ~ /^0x0*[1-9a-f]/) {
      uses(t, "K:" k ":" key, words ~ /IPC_CREAT/)
      if (obj != "") key_of[obj] = "K:" k ":" key
    }
    if (obj != "") seen_object[obj] = 1
    return
  }
  if (kind ~ /^(msg|sem|shm|mq|psem)$/) {
    seen_object[obj] = 1
    if (cmd == "IPC_RMID" || cmd == "IPC_SET") {
      uses(t, obj, 1)
      if (obj in key_of) uses(t, key_of[obj], 1)
      if (kind == "shm") uses(t, "N:" obj, 1) # whoever attaches or detaches it
      if (cmd == "IPC_SET") resized[obj] = 1
      return
    }
  }
  if (name ~ /^sem(timed)?op$/) {
    uses(t, obj, 0)
    n = split(ops, a, ",")
    for (i = 1; i <= n; i++) {
      k = a[i]
      sub(/:.*/, "", k)
      uses(t, obj "#" k, 1)
      if (a[i] ~ /u/) undo[p, obj "#" k] = 1
    }
    return
  }
  if (name == "semctl") {
    # (Who waits for two of them at once is counted with the first he lacks: so
    # how many wait depends on every semaphore.)
    if (cmd ~ /^(GETVAL|GETPID|SETVAL)$/) {
      k = 0
      if (match(s, /num=[0-9]+/)) k = substr(s, RSTART + 4, RLENGTH - 4)
      uses(t, obj, 0)
      uses(t, obj "#" k, cmd == "SETVAL")
    } else uses(t, obj, 1)
    return
  }
  if (name == "msgsnd") {
    # Who takes a message makes room for any other, if the queue may be full.
    if (result == "") sent[obj] += size_of(words)
    uses(t, "Q:" obj, 1)
    uses(t, obj, 0)
    uses(t, obj "#" type, 1)
    return
  }
  if (name == "msgrcv") {
    if (want + 0 > 0 && words !~ /MSG_EXCEPT/) {
      uses(t, "Q:" obj, 1)
      uses(t, obj, 0)
      uses(t, obj "#" want, 1)
    } else uses(t, obj, 1)
    return
  }
  if (name == "msgctl") {
    uses(t, obj, 1)
    return
  }
  if (name == "shmat" || name == "shmdt") {
    uses(t, "N:" obj, 0)
    if (name == "shmat" && result != "" && !failed) attaches(t, p, obj)
    if (name == "shmdt" && result == "0") delete attached[p, obj]
    return
  }
  if (name == "shmctl") {
    uses(t, "N:" obj, 1)
    return
  }
  if (name == "mmap") {
    if (flags == "MAP_SHARED" && obj != "" && result != "" && !failed) attaches(t, p, obj)
    if (obj != "" && kind == "file") uses(t, obj, 0)
    return
  }
  if (name == "munmap") {
    if (result == "0") delete attached[p, obj]
    return
  }
  # POSIX
  if (name ~ /^mq_(open|unlink)|^sem_(open|unlink)|^shm_(open|unlink)/) {
    k = name ~ /^mq/ ? "mq:" : name ~ /^sem/ ? "psem:" : "pshm:"
    uses(t, "F:" k path, name ~ /unlink/ || words ~ /O_CREAT/)
    seen_object[k path] = 1
    if (obj != "" && k == "mq:") held_fd[p, obj] = 1
    return
  }
  if (name ~ /^mq_/) {
    uses(t, obj, 1)
    return
  }
  if (kind == "psem") {
    uses(t, obj, name != "sem_getvalue")
    return
  }
  # processes
  if (name ~ /^(kill|sigqueue|tgkill|killpg)$/) {
    if (to + 0 > 0) {
      if (to in who) {
        uses(t, "P:" who[to], words !~ /, 0$/)
        uses(t, "Z:" who[to], 0)
      }
    } else uses(t, "*", everything = 1)
    return
  }
  if (name == "raise" || name ~ /^(fork|vfork|clone)/) return
  if (name ~ /^wait/) {
    # Once it is taken its pid is nobody's any more.
    if (result + 0 > 0 && (result in who)) uses(t, "Z:" who[result], 1)
    if (match(words, /^pid [0-9]+/) || match(words, /P_PID, [0-9]+/)) {
      k = substr(words, RSTART, RLENGTH)
      sub(/.* /, "", k)
      # A parent that only waits for this one: to come first or to wait is all
      # the same, but the end must come before it goes on.
      if (!(k in who)) return
      k = who[k]
      if ((p in minds_child) || words ~ /NOHANG/) uses(t, "E:" k, 1)
      else if (result == "" && (k in ended_at)) AFTER[t] = ended_at[k]
    } else {
      waits_any[p] = 1
      uses(t, "EA:" p, 1)
    }
    return
  }
  if (name == "system" || name == "popen") {
    uses(t, "*", everything = 1)
    return
  }
  # sockets
  if (name == "socket") {
    if (obj != "") {
      held_fd[p, obj] = 1
      if (words ~ /DGRAM/) dgram[obj] = 1
    }
    return
  }
  if (name == "socketpair") {
    sub(/^ /, "", obj2)
    if (obj != "") {
      same_thing(obj, obj2)
      held_fd[p, obj] = held_fd[p, obj2] = 1
    }
    return
  }
  if (addr == "-") addr = ""
  if (name == "bind") {
    uses(t, "A:" addr, 1)
    if (addr !~ /^@/) uses(t, "F:" addr, 1)
    bound[obj] = addr
    uses(t, obj, 1)
    return
  }
  if (name == "listen") {
    uses(t, "A:" bound[obj], 1)
    return
  }
  if (name == "connect") {
    uses(t, "A:" addr, 1)
    uses(t, obj, 1)
    if (obj in dgram) dgram_to[obj] = addr
    else if (result == "0") connects[addr, ++n_connects[addr]] = obj
    return
  }
  if (name ~ /^accept/) {
    uses(t, "A:" bound[obj], 1)
    if (result != "" && !failed) {
      sub(/^ /, "", obj2)
      k = bound[obj]
      i = ++n_accepts[k]
      held_fd[p, obj2] = 1
      if ((k, i) in connects) same_thing(obj2, connects[k, i])
      else same_thing(obj2, "A:" k)
    }
    return
  }
  if (obj in dgram && name ~ /^(send|recv|read|write)/) {
    if (name ~ /^(send|write)/) uses(t, "A:" (addr != "" ? addr : dgram_to[obj]), 1)
    else if (obj in bound) uses(t, "A:" bound[obj], 1)
    else uses(t, obj, 1)
    return
  }
  # names
  if (path != "") {
    if (name ~ /^l?stat/) uses(t, "S:" path, 0) # a write(2) changes what it says
    if (name ~ /^(__)?open|^(fopen|ftok|inotify_add_watch|l?stat|access)/)
      uses(t, "F:" path, flags ~ /O_CREAT|O_TRUNC/ || \
        name ~ /open/ && (path in is_fifo))
    else {
      uses(t, "F:" path, 1)
      uses(t, "F:*", 1)
    }
    if (flags ~ /O_CREAT/) uses(t, "F:*", 1)
    if (name == "mkfifo") is_fifo[path] = 1
    # (An open that fails, for nobody is at the other end, has no object.)
    if (name ~ /open/ && (path in is_fifo)) uses_pipe(t, "F:" path, "open")
    if (name == "opendir") {
      dirwatch = 1
      uses(t, "F:*", 0)
    }
    if (name == "inotify_add_watch") {
      dirwatch = 1
      watched[obj] = 1
    }
    if (obj != "") {
      if (kind == "fifo") {
        same_thing(obj, "F:" path)
        same_thing(obj "|read", "F:" path "|read")
        same_thing(obj "|write", "F:" path "|write")
        uses_pipe(t, obj, "open")
        if (end != "write") holds(p, obj, "read", 1)
        if (end != "read") holds(p, obj, "write", 1)
      } else if (flags ~ /O_TRUNC/) uses(t, obj, 1)
      if (kind == "file") path_of[obj] = path
      if (name !~ /inotify/ && kind != "fifo") held_fd[p, obj] = 1
    }
    return
  }
  # descriptors
  if (name == "pipe" || name == "pipe2") {
    if (obj != "") {
      holds(p, obj, "read", 1)
      holds(p, obj, "write", 1)
    }
    return
  }
  if (name ~ /^(poll|ppoll|select|pselect|__poll_chk)/) {
    if (obj != "") looks_at(t, obj)
    n = split(obj2, a, " ")
    for (i = 1; i <= n; i++) looks_at(t, a[i])
    if (obj == "") return
    return
  }
  if (name == "epoll_ctl") {
    watched["epoll", p, obj] = 1
    return
  }
  if (name == "epoll_wait") {
    for (k in held_fd) {
      split(k, a, SUBSEP)
      if (a[1] == p) looks_at(t, a[2])
    }
    return
  }
  if (name ~ /^(f?close|mq_close)/) {
    if (kind == "file") {
      if (obj in locked) uses(t, obj, 1)
    } else if (kind == "pipe" || kind == "fifo") {
      if (end != "write") uses(t, obj "|read", 0)
      if (end != "read") uses(t, obj "|write", 0)
      if (result == "0") {
        if (end != "write") holds(p, obj, "read", -1)
        if (end != "read") holds(p, obj, "write", -1)
      }
    } else if (obj != "") {
      uses(t, obj in bound ? "A:" bound[obj] : obj, 1)
      if (obj in bound) uses(t, obj, 1)
    }
    return
  }
  if (name ~ /^(fcntl|lockf|flock)/) {
    if (cmd ~ /LK/ || name != "fcntl" && name != "fcntl64") {
      locked[obj] = 1
      uses(t, obj, cmd !~ /GETLK/)
    } else if (cmd == "F_SETFL") { # for all who have it from one open(2), too
      if (kind == "pipe" || kind == "fifo") uses_pipe(t, obj, "open")
      else uses(t, obj, 1)
    }
    return
  }
  if (name ~ /^(exit|_exit|_Exit|quick_exit|abort|return)$/) return
  if (name ~ /^(dup|sig|u?sleep|(clock_)?nanosleep|sched_yield|alarm|setitimer|timer|pause)/ || \
      name ~ /^(eventfd|epoll_create|inotify_init|msync|exec|setjmp|longjmp|posix_openpt)/ || \
      name ~ /^(sem_init|sem_destroy|fflush|lseek)/) {
    if ((kind == "pipe" || kind == "fifo") && name ~ /^dup/ && result != "" && !failed)
      holds(p, obj, end, 1)
    if (obj2 != "" && name ~ /^dup/) {
      # To stand for another one closes that one.
      sub(/^ /, "", obj2)
      if (obj2 ~ /^(pipe|fifo):/) {
        uses(t, obj2 "|" end2, 0)
        if (result != "" && !failed) holds(p, obj2, end2, -1)
      } else if (obj2 !~ /^(file|dev|tty):/) uses(t, obj2, 1)
    }
    return
  }
  if (kind == "pipe" || kind == "fifo") {
    uses_pipe(t, obj, name)
    return
  }
  if (obj != "") {
    if (obj in watched) uses(t, "F:*", 1)
    # (A read(2) moves the offset, which others may have from the same open(2).)
    change = !(kind == "file" && name ~ /^(pread|fstat)/)
    uses(t, obj, change)
    if (change && (obj in path_of)) uses(t, "S:" path_of[obj], 1)
    n = split(obj2, a, " ")
    for (i = 1; i <= n; i++) uses(t, a[i], 1)
    return
  }
  if (name ~ /^(p?read|p?write|send|recv|f?put|f?get|printf|puts|warn|perror|err)/) return
  uses(t, "*", everything = 1)  # unknown
}
# size_of: of a message: queue 3, type 1, "text", 5, IPC_NOWAIT
function size_of(words) {
  sub(/, [A-Z|_]+$/, "", words)
  sub(/.*, /, "", words)
  return words + 0
}
function looks_at(t, obj) {
  if (obj in watched) uses(t, "F:*", 0)
  if (obj in bound) uses(t, "A:" bound[obj], 0)
  uses(t, obj, 0)
  if (obj ~ /^(pipe|fifo):/) { # (closing only looks, so this must change)
    uses(t, obj "|write", 1)
    uses(t, obj "|read", 1)
  }
}

function attaches(t, p, obj) {
  attached[p, obj] = 1
  uses(t, "M:" obj, 1)
}

# ends_at: P ends at step T: what that closes, undoes, tells.
function ends_at(t, p, how,    k, part) {
  if (!t) return
  for (k in held_fd) {
    split(k, part, SUBSEP)
    if (part[1] != p || part[2] ~ /^(file|dev|tty):/) continue
    if (index(part[2], "|")) {
      uses(t, part[2], 0)
      continue
    }
    uses(t, part[2] in bound ? "A:" bound[part[2]] : part[2], 1)
    uses(t, part[2], 1)
  }
  for (k in locked) uses(t, k, 1)
  if (how == "exec") {          # an unknown program may do anything with them
    for (k in held_fd) {
      split(k, part, SUBSEP)
      if (part[1] != p || part[2] ~ /^(file|dev|tty):/) continue
      uses(t, part[2], 1)
      same_thing(part[2], "exec")
      sub(/\|.*/, "", part[2])
      same_thing(part[2], "exec")
    }
    return
  }
  for (k in undo) {
    split(k, part, SUBSEP)
    if (part[1] == p) uses(t, part[2], 1)
  }
  for (k in attached) {
    split(k, part, SUBSEP)
    if (part[1] != p) continue
    uses(t, "N:" part[2], 0)
    uses(t, "M:" part[2], 1)
  }
  for (k in attached) {
    split(k, part, SUBSEP)
    if (part[1] == p) kid_end[k] = 1
  }
  for (k in kid_end) delete attached[k]
  split("", kid_end)
  uses(t, "E:" p, 1)
  ended_at[p] = t
  if (parent_of[p] != "") {
    # Whether the parent takes what comes is known at the end of the trace.
    uses(t, "EA:" parent_of[p], 1)
    if (parent_of[p] in minds_child) uses(t, "P:" parent_of[p], 1)
  }
}

# ---- what depends on what ------------------------------------------------

# relate: for each step the last one of each process that is before it in every
# order of this kind: V[t, p] is its X. before[t]: the races.
function relate(    t, i, j, k, p, q, key, how, cand, n_cand, n, m, prev, all, r, bar) {
  split("", V); split("", races); split("", last_change); split("", last_look)
  split("", at); split("", lookers); split("", EV); split("", made); split("", rest)
  n = n_procs
  sort_procs()
  for (t = 1; t <= T; t++) {
    p = P[t]
    at[p, X[t]] = t
    prev = X[t] > 1 ? at[p, X[t] - 1] : 0
    if (SEG[t] != bar) { # a person has acted in between: all was at rest
      bar = SEG[t]
      for (i = 1; i <= n; i++)
        rest[procs[i]] = rest_at[bar, procs[i]] = made[procs[i]] + 0
    }
    for (i = 1; i <= n; i++) {
      q = procs[i]
      m = rest[q]
      if (prev && V[prev, q] > m) m = V[prev, q]
      if ((t in WAKE) && V[WAKE[t], q] > m) m = V[WAKE[t], q]
      if ((t in AFTER) && V[AFTER[t], q] > m) m = V[AFTER[t], q]
      V[t, q] = m
    }
    if (X[t] - 1 > V[t, p]) V[t, p] = X[t] - 1
    n_cand = 0
    split("", cand)
    for (k = 1; k <= n_access[t]; k++) {
      key = access_key[t, k]
      how = access[t, key]
      if (passed_over(key)) continue
      key = root_of(key)
      if (key in last_change) n_cand = candidate(t, last_change[key], cand, n_cand)
      if (how == 1) {
        m = split(lookers[key], r, " ")
        for (i = 1; i <= m; i++) n_cand = candidate(t, r[i], cand, n_cand)
      }
    }
    for (k = 1; k <= n_access[t]; k++) {
      key = access_key[t, k]
      how = access[t, key]
      if (passed_over(key)) continue
      key = root_of(key)
      if (how == 1) {
        last_change[key] = t
        lookers[key] = ""
      } else lookers[key] = with_looker(lookers[key], t)
    }
    for (i = 1; i <= n_cand; i++) {
      for (j = 1; j <= n_cand; j++)
        if (j != i && V[cand[j], P[cand[i]]] >= X[cand[i]] && cand[j] != cand[i]) break
      if (j > n_cand) races[t] = races[t] " " cand[i]
    }
    for (i = 1; i <= n_cand; i++)
      for (j = 1; j <= n; j++)
        if (V[cand[i], procs[j]] > V[t, procs[j]]) V[t, procs[j]] = V[cand[i], procs[j]]
    V[t, p] = X[t]
    made[p] = X[t]
  }
  for (t = 1; t <= T; t++) EV[t] = id_of(t)
}
# passed_over: nobody minds it. Whether somebody does is known when the run is over.
function passed_over(key,    obj) {
  if (key == "*") return !everything
  if (key == "F:*") return !dirwatch
  if (key ~ /^EA:/) return !(substr(key, 4) in waits_any)
  if (key !~ /^Q:/) return 0
  obj = substr(key, 3)           # could the queue be full?
  return sent[obj] <= queue_bytes && !(obj in resized)
}
function candidate(t, i, cand, n,    k) {
  if (P[i] == P[t] || X[i] <= V[t, P[i]]) return n
  for (k = 1; k <= n; k++) if (cand[k] == i) return n
  cand[++n] = i
  return n
}
# with_looker: who has looked since the last change, the last of each process.
function with_looker(list, t,    r, m, i, out) {
  m = split(list, r, " ")
  for (i = 1; i <= m; i++) if (P[r[i]] != P[t]) out = out " " r[i]
  return out " " t
}
function sort_procs(    i, j, s) {
  for (i = 2; i <= n_procs; i++) {
    s = procs[i]
    for (j = i - 1; j > 0 && procs[j] "" > s ""; j--) procs[j + 1] = procs[j]
    procs[j + 1] = s
  }
}
# id_of: a number for the step and all that is before it, the same in all runs.
function id_of(t,    s, i, q, x, p) {
  p = P[t]
  s = p
  for (i = 1; i <= n_procs; i++) {
    q = procs[i]
    x = V[t, q]
    if (q == p) x--
    if (x > 0) s = s "," q "=" EV[at[q, x]]
  }
  if (!(s in id)) {
    id[s] = ++ids
    id_call[ids] = NM[t] " " WH[t]
  } else if (id_call[id[s]] != NM[t] " " WH[t]) {
    unsteady++
    if (unsteady_what == "")
      unsteady_what = p ": " id_call[id[s]] ", " NM[t] " " WH[t]
  }
  return id[s]
}

# ---- which orders are there ----------------------------------------------

# had: is a prefix, known by the numbers of each process' last step in it, that
# of a run that was played? known by `last`, blanks between them.
function had(last,    w, n, i, best, r, m, j, run) {
  n = split(last, w, " ")
  for (i = 1; i <= n; i++) {
    if (!(w[i] in n_runs_of)) return 0
    if (best == "" || n_runs_of[w[i]] < n_runs_of[best]) best = w[i]
  }
  m = split(runs_of[best], r, " ")
  for (j = 1; j <= m; j++) {
    for (i = 1; i <= n; i++) if (!((r[j], w[i]) in in_run)) break
    if (i > n) return 1
  }
  return 0
}

# turned: the order in which step t comes before step i, up to it: into
# new_order, new_last (as for had()) and new_cost (preemptions).
function turned(i, t,    k, n, seq, p, q, s, next_number, num, c, b, w, j, last, x, pos,
                prev, vt, key, d) {
  p = P[i]
  for (k = 1; k <= t; k++)
    if (k < i || k > i && k < t && V[k, p] < X[i]) seq[++n] = k
  seq[++n] = t
  # Who has which number in this order? As they are born.
  s = -1
  next_number = 0
  new_order = ""
  new_cost = 0
  prev = 0
  for (j = 1; j <= n; j++) {
    k = seq[j]
    while (s < SEG[k]) {
      s++
      b = split(born_by_act[s], w, " ")
      for (c = 1; c <= b; c++) num[w[c]] = ++next_number
    }
    new_order = new_order " " num[P[k]]
    b = split(births[k], w, " ")
    for (c = 1; c <= b; c++) num[w[c]] = ++next_number
    pos[k] = j
    last[P[k]] = k
    if (prev && P[prev] != P[k] && !(prev in gives_way) && SEG[prev] == SEG[k]) {
      # Could the one before have gone on?
      x = ((P[prev], X[prev] + 1) in at) ? at[P[prev], X[prev] + 1] : 0
      if (x && (!(x in WAKE) || WAKE[x] == prev || (WAKE[x] in pos))) new_cost++
    }
    prev = k
  }
  # What is before t now: the past of its past, and of all it depends on here.
  for (k = 1; k <= n_procs; k++) {
    q = procs[k]
    vt[q] = X[t] > 1 ? V[at[P[t], X[t] - 1], q] : 0
    if ((t in WAKE) && V[WAKE[t], q] > vt[q]) vt[q] = V[WAKE[t], q]
    if (rest_at[SEG[t], q] > vt[q]) vt[q] = rest_at[SEG[t], q]
  }
  for (j = n - 1; j > 0; j--) {
    k = seq[j]
    if (X[k] <= vt[P[k]] || P[k] == P[t] || !depend(k, t)) continue
    for (c = 1; c <= n_procs; c++)
      if (V[k, procs[c]] > vt[procs[c]]) vt[procs[c]] = V[k, procs[c]]
  }
  s = P[t]
  for (k = 1; k <= n_procs; k++) {
    q = procs[k]
    x = q == P[t] ? X[t] - 1 : vt[q]
    if (x > 0) s = s "," q "=" EV[at[q, x]]
  }
  if (!(s in id)) {
    id[s] = ++ids
    id_call[ids] = NM[t] " " WH[t]
  }
  new_last = ""
  for (k = 1; k <= n_procs; k++) {
    q = procs[k]
    if (q == P[t]) new_last = new_last " " id[s]
    else if (q in last) new_last = new_last " " EV[last[q]]
  }
}
# depend: do they touch the same, and not both only look?
function depend(a, b,    k, key, n) {
  if (n_roots[a] == "") roots(a)
  if (n_roots[b] == "") roots(b)
  if (n_roots[a] > n_roots[b]) { k = a; a = b; b = k }
  n = n_roots[a]
  for (k = 1; k <= n; k++) {
    key = root_key[a, k]
    if (((b, key) in root_how) && (root_how[a, key] || root_how[b, key])) return 1
  }
  return 0
}
function roots(t,    k, key, how) {
  n_roots[t] = 0
  for (k = 1; k <= n_access[t]; k++) {
    key = access_key[t, k]
    how = access[t, key]
    if (passed_over(key)) continue
    key = root_of(key)
    if (!((t, key) in root_how)) root_key[t, ++n_roots[t]] = key
    if (!((t, key) in root_how) || how > root_how[t, key]) root_how[t, key] = how
  }
}

# take_in: a run has been played: remember its steps, and what came of it.
# Returns 0 if it is one that was had already.
function take_in(    t, i, last, first) {
  look()
  # A run that was too slow is not bad, one that makes the same calls for ever is.
  if (O_late && longest && T < 10 * longest) {
    given_up++
    return 0
  }
  if (!O_late && T > longest) longest = T
  # A new bad end must come a second time. (On a machine that is very busy a
  # process may not have moved for so long that it seemed to wait.)
  if (O_bad != "" && !(O_text in outcome_of_text)) {
    first = O_text
    i = as_played()
    play_order(i)
    look()
    if (O_text != first) doubtful++
  }
  for (i = 1; i <= n_procs; i++)
    if (steps[procs[i]] > 0) last = last " " EV[at[procs[i], steps[procs[i]]]]
  if (last in class) {
    again++
    return 0
  }
  class[last] = ++classes
  for (t = 1; t <= T; t++) {
    in_run[classes, EV[t]] = 1
    n_runs_of[EV[t]]++
    runs_of[EV[t]] = runs_of[EV[t]] " " classes
  }
  remember_outcome()
  return 1
}

function play_once(    status) {
  asked_for = "source lines"
  status = play_order(order)
  if (status != 0 && status != 3 && status != 124) return report()
  classes = 0
  unfinished = 1
  take_in()
  show_outcome(1)
  return bad[1] != ""
}

# look: what the last run was, and what came of it.
function look() {
  split("", n_roots); split("", root_how); split("", root_key)
  split("", seen_object)
  read_run()
  relate()
  what_is_left()
  outcome(dir "trace", dir "plan", dir "left", cast, play)
  if (cast == "") judge_own()
}

function explore(    i, r, n, t, a, item, k) {
  status = play_order("")
  if (status != 0 && status != 3 && status != 124) return
  add_races(take_in())
  if (plain) unfinished = 1
  while (!unfinished && next_item()) {
    if (spent() > budget * 0.6 || hopeless()) { unfinished = 1; break }
    if (had(item_last)) continue
    play_order(item_order)
    add_races(take_in())
  }
  if (!unfinished) return
  bounded()
  if (complete != "all") at_random()
}
# hopeless: much more is left than there is time for.
function hopeless(    c, n) {
  if (runs < 20 || runs % 10) return 0
  for (c = 0; c <= max_cost; c++) n += n_work[c] - taken[c]
  return n * spent() / runs > 5 * (budget - spent())
}
# The work that is left, by the number of preemptions.
function add_item(cost, order, last) {
  if (last in wanted) return
  wanted[last] = 1
  work[cost, ++n_work[cost]] = order
  work_last[cost, n_work[cost]] = last
  if (cost > max_cost) max_cost = cost
}
function next_item(    c) {
  for (c = 0; c <= max_cost; c++)
    if (n_work[c] > taken[c]) {
      taken[c]++
      item_order = work[c, taken[c]]
      item_last = work_last[c, taken[c]]
      delete work[c, taken[c]]
      delete work_last[c, taken[c]]
      return 1
    }
  return 0
}
function add_races(anew,    t, n, r, i) {
  if (!anew) return
  for (t = 1; t <= T; t++) {
    n = split(races[t], r, " ")
    for (i = 1; i <= n; i++) {
      turned(r[i], t)
      if (!had(new_last)) add_item(new_cost, new_order, new_last)
    }
    if (t % 50 == 0 && spent() > budget * 0.6) { unfinished = 1; return }
  }
}

# ---- bounded by preemptions, and at random -------------------------------

# Each prefix is known by the last step of each process, and by who comes next:
# two that are the same there go on in the same ways.
function bounded(    k) {
  split("", work); split("", n_work); split("", taken); split("", wanted)
  max_cost = 0
  complete = -1
  play_order("")
  take_in()
  branches(0)
  for (k = 0; ; k = item_cost) {
    if (!next_branch()) { complete = "all"; return }
    complete = item_cost - 1
    if (spent() > budget * 0.9) return
    if (item_last in branched) continue
    branched[item_last] = 1
    play_order(item_order)
    take_in()
    branches(split(item_order, unused, " "))
  }
}
function next_branch(    c) {
  for (c = 0; c <= max_cost; c++)
    if (n_work[c] > taken[c]) {
      taken[c]++
      item_cost = c
      item_order = work[c, taken[c]]
      item_last = work_last[c, taken[c]]
      return 1
    }
  return 0
}
# branches: the run that has just been played, from its step behind FROM on:
# whom else could have gone?
function branches(from_,    t, i, n, w, last, q, cost, order, cut, could) {
  for (t = 1; t <= T; t++) {
    cut = ""
    for (i = 1; i <= n_procs; i++)
      if (procs[i] in last) cut = cut " " last[procs[i]]
    if (plain == 2) cut = order
    could = t > 1 && SEG[t] == SEG[t - 1] && !((t - 1) in gives_way) && \
      index(enabled[t] " ", " " P[t - 1] " ")
    if (t > from_) {
      branched[cut "|" P[t]] = 1
      n = split(enabled[t], w, " ")
      for (i = 1; i <= n; i++) {
        q = w[i]
        if (q != P[t] && !((cut "|" q) in branched))
          add_item(cost + (could && q != P[t - 1]), order " " number[q], cut "|" q)
      }
    }
    cost += could && P[t] != P[t - 1]
    order = order " " number[P[t]]
    last[P[t]] = EV[t]
  }
}

function random(n) {
  random_state = (random_state * 16807) % 2147483647
  return int(random_state / 2147483647 * n) + 1
}
function at_random(    order, i, n, t) {
  random_state = seed * 7919 % 2147483646 + 1
  n = n_procs
  t = T
  while (spent() < budget) {
    order = ""
    for (i = 1; i <= 2 * t; i++) order = order " " random(n)
    play_order(order)
    take_in()
    randoms++
  }
}
# as_played: the order of the run that was read last, as numbers.
function as_played(    t, s) {
  for (t = 1; t <= T; t++) s = s " " number[P[t]]
  return substr(s, 2)
}

# ---- what came of it -----------------------------------------------------

# judge_own: a student's own programs have no cast: all must end with 0.
function judge_own(    i, w) {
  for (i = 1; i <= O_n && O_bad == ""; i++) {
    split(O[i], w, "\t")
    if (w[1] == "stuck")
      O_bad = w[2] " " stands(w[3], w[4])
    else if (w[1] == "late") O_bad = w[2] " does not end"
    else if (w[1] == "left") O_bad = "left behind: " w[2]
    else if (w[1] == "end" && w[3] == "INT" && index(acts, w[2] " types ^C\n")) ;
    else if (w[1] == "end" && w[3] !~ /^(0|exec|-)$/)
      O_bad = w[2] " ended with " w[3]
  }
}

# stands: where one does, who does not go on. In no call: its loop has none.
function stands(where, call) {
  return where == "?" ? "goes on for ever, and makes no call that is seen" : \
    "waits for ever: " where ": " call
}

function remember_outcome(    k, i, order, n, w, key, e) {
  order = as_played()
  key = O_text
  if (!(key in outcome_of_text)) {
    outcome_of_text[key] = ++outcomes
    bad[outcomes] = O_bad
    text[outcomes] = key
    for (i = 1; i <= O_n; i++) {
      lines_of[outcomes, i] = O[i]
      if (O[i] ~ /^out\t/) printed[outcomes, O[i]]++
    }
    n_lines_of[outcomes] = O_n
    fewest[outcomes] = 1e9
    for (i = 1; i <= C_roles; i++)
      if (C_role[i] in C_from && O_is[C_role[i]] != "")
        label[outcomes, O_is[C_role[i]]] = C_role[i]
  }
  k = outcome_of_text[key]
  n_played[k]++
  w = switches()
  if (w < fewest[k]) {
    fewest[k] = w
    example[k] = order
  }
  if (counting_time > budget * 0.2) e = -1
  else {
    i = clock()
    e = extensions()
    counting_time += clock() - i
  }
  if (e < 0) uncounted = 1
  else all_orders += e
  all_of[k] += e < 0 ? 1 : e
  if (!many_outputs && O_bad == "") outputs()
}
function switches(    t, n) {
  for (t = 2; t <= T; t++) n += P[t] != P[t - 1]
  return n
}

# extensions: in how many orders can the steps of this run come, if those that
# depend on each other keep theirs? Counted from cut to cut; -1: too many cuts.
function extensions(    s, i, j, q, t, x, c, w, next_, sum, m, state, ok) {
  sum[s = zeros()] = 1
  m = 1
  state[1] = s
  for (t = 1; t <= T; t++) {
    n_next = 0
    split("", next_)
    split("", next_state)
    for (j = 1; j <= m; j++) {
      split(state[j], x, " ")
      for (i = 1; i <= n_procs; i++) {
        if (!((procs[i], x[i] + 1) in at)) continue
        q = at[procs[i], x[i] + 1]
        ok = 1
        for (c = 1; c <= n_procs; c++)
          if (c != i && V[q, procs[c]] > x[c]) { ok = 0; break }
        if (!ok) continue
        x[i]++
        w = x[1]
        for (c = 2; c <= n_procs; c++) w = w " " x[c]
        x[i]--
        if (!(w in next_)) next_state[++n_next] = w
        next_[w] += sum[state[j]]
      }
    }
    cuts += n_next
    if (n_next > 400) return -1
    split("", sum); split("", state)
    m = n_next
    for (j = 1; j <= m; j++) {
      state[j] = next_state[j]
      sum[state[j]] = next_[state[j]]
    }
  }
  return sum[state[1]]
}
function zeros(    i, s) {
  s = "0"
  for (i = 2; i <= n_procs; i++) s = s " 0"
  return s
}

# outputs: all orders in which what was printed can come.
function outputs(    i) {
  if (n_printing > 60) { many_outputs = 1; return }
  split("", print_used)
  outputs_here = 0
  output_from(1, "")
}
function output_from(n, s,    i, j) {
  if (many_outputs) return
  if (n > n_printing) {
    if (!(s in output)) {
      output[s] = ++n_outputs
      output_text[n_outputs] = s
    }
    if (++outputs_here > 60 || n_outputs > 60) many_outputs = 1
    return
  }
  for (i = 1; i <= n_printing; i++) {
    if (print_used[i]) continue
    for (j = 1; j <= n_printing; j++)
      if (!print_used[j] && j != i && (printing[j] == printing[i] ? j < i : \
          V[printing[i], P[printing[j]]] >= X[printing[j]])) break
    if (j <= n_printing) continue
    print_used[i] = 1
    output_from(n + 1, s "\n" outcome_name(P[printing[i]]) "\t" outcome_same(print_text[i]))
    print_used[i] = 0
  }
}
function outcome_name(p,    w, i) {
  w = O_who[pid_of_proc[p]]
  for (i = 1; i <= C_roles; i++)
    if (C_role[i] in C_from && O_is[C_role[i]] == w) return C_role[i]
  return w
}

# ---- the report ----------------------------------------------------------

# fold: our own words in lines of 80 columns; what follows the first is indented.
function fold(s, indent,    n, w, i, line) {
  match(s, /^ */)
  line = substr(s, 1, RLENGTH)
  n = split(s, w, " ")
  for (i = 1; i <= n; i++) {
    if (i > 1 && length(line " " w[i]) > 80) {
      print line
      line = sprintf("%" indent "s", "") w[i]
    } else line = line (i > 1 ? " " : "") w[i]
  }
  print line
}
function report(    k, n_bad, s, i) {
  if (outcomes == 0) {
    print (title == "" ? "orders" : title) ": it could not be played:" > "/dev/stderr"
    while ((getline s < (dir "said")) > 0) print s > "/dev/stderr"
    return 3
  }
  lost_lines()
  for (k = 1; k <= outcomes; k++) n_bad += bad[k] != ""
  how_many(n_bad)
  if (brief) fold(title ": " how_far "; " \
    (n_bad ? n_bad " of " counted(outcomes, "outcome") " bad" : \
    counted(outcomes, "outcome") ", all well"), 4)
  else {
    if (title != "") print title
    fold("  " how_far ".", 4)
    if (how_skipped != "") fold("  " how_skipped, 2)
  }
  for (s in remarks) fold("  note: " s, 4)
  if (shared && !brief)
    fold("  note: only calls are put in order: what a process does in shared memory it" \
      " does right behind its last call, and nobody comes between its loads and" \
      " stores.", 4)
  if (given_up)
    fold("  note: not waited for to the end, as it would have taken too long: " \
      counted(given_up, "order"), 4)
  if (doubtful)
    fold("  note: a bad end that did not come again when it was played again: " \
      doubtful, 4)
  if (unsteady)
    fold("  note: not all that matters was seen (or a pid had another length): " \
      unsteady_what, 4)
  for (k = 1; k <= outcomes; k++)
    if (bad[k] == "" && !brief && ++shown_well <= 6) show_outcome(k)
  if (shown_well > 6) print "  ... " shown_well - 6 " more outcomes that are well"
  if (!brief && n_outputs > 1 && !many_outputs) show_outputs()
  # Of each kind of bad end the one that takes the fewest switches.
  for (k = 1; k <= outcomes; k++) {
    if (bad[k] == "") continue
    s = kind_of(bad[k])
    n_kind[s]++
    if (!(s in of_kind)) kinds[++n_kinds] = s
    if (!(s in of_kind) || fewest[k] < fewest[of_kind[s]]) of_kind[s] = k
  }
  for (i = 1; i <= n_kinds && i <= 5; i++) {
    k = of_kind[kinds[i]]
    s = schedule(k)
    show_outcome(k)
    print s
    if (n_kind[kinds[i]] > 1)
      print "    (One of " n_kind[kinds[i]] " outcomes that are bad in this way.)"
  }
  if (n_kinds > 5) print "  ... bad in " n_kinds - 5 " more ways"
  return n_bad > 0
}
function kind_of(s) {
  sub(/on the order: .*/, "", s)
  sub(/ (not|does not) .*/, "", s)
  gsub(/[0-9]+/, "", s)
  return s
}
function counted(n, what) { return n " " what (n == 1 ? "" : "s") }

function how_many(n_bad,    s, k, hang, other, differ) {
  if (!unfinished || complete == "all")
    how_far = "every order: " counted(classes, "order") " played"
  else how_far = "bounded: " (complete < 0 ? "some orders without a preemption" : \
    "all orders with at most " counted(complete, "preemption")) ", " \
    randoms + 0 " at random (SEED=" seed "): " counted(classes, "order") " played"
  for (k = 1; k <= outcomes; k++)
    if (bad[k] ~ /waits for ever/) hang += n_played[k]
    else if (bad[k] ~ /^the output depends/) differ += n_played[k]
    else if (bad[k] != "") other += n_played[k]
  if (n_bad) {
    s = ": " classes - hang - other - differ " end well"
    if (hang) s = s ", in " hang " somebody waits for ever"
    if (differ) s = s ", in " differ " a line is missing"
    if (other) s = s ", " other " end badly"
    how_far = how_far s
  }
  s = all_orders - classes
  if (s > 0)
    how_skipped = (uncounted || unfinished ? "At least " : "") number_of(s) \
      " more were skipped: they differ only in the order of calls that do not " \
      "touch the same thing, so that nobody can tell them apart."
  if (brief && s > 0)
    how_far = how_far ", " (uncounted || unfinished ? ">" : "") number_of(s) " skipped"
}
function number_of(n) {
  return n < 1e7 ? sprintf("%d", n) : sprintf("%.1e", n)
}

# lost_lines: own programs: what a process prints in one order and not in
# another one.
function lost_lines(    k, i, most, w) {
  if (cast != "") return
  for (k = 1; k <= outcomes; k++) {
    if (bad[k] != "" && bad[k] !~ /^left behind/) continue
    for (i = 1; i <= n_lines_of[k]; i++)
      if (lines_of[k, i] ~ /^out\t/ && printed[k, lines_of[k, i]] > most[lines_of[k, i]])
        most[lines_of[k, i]] = printed[k, lines_of[k, i]]
  }
  for (k = 1; k <= outcomes; k++) {
    if (bad[k] != "" && bad[k] !~ /^left behind/) continue
    for (i in most)
      if (printed[k, i] < most[i]) {
        split(i, w, "\t")
        bad[k] = "the output depends on the order: " w[2] " prints " \
          counted(printed[k, i] + 0, "time") ", not " most[i] ": " w[3]
      }
  }
}

function name_in(k, w) { return (k, w) in label ? label[k, w] : w }

function show_outcome(k,    i, w, n, s, e, who_) {
  print ""
  fold("  " (bad[k] != "" ? "BAD" : "well") ", in " counted(n_played[k], "order") \
    (bad[k] != "" ? ": " bad[k] : ""), 4)
  n = 0
  for (i = 1; i <= n_lines_of[k]; i++) {
    split(lines_of[k, i], w, "\t")
    who_ = name_in(k, w[2])
    if (w[1] == "out" || w[1] == "err") {
      if (lines_of[k, i] == s) { n++; continue }
      if (n) print "    " e " | ... " n " more times"
      n = 0
      s = lines_of[k, i]
      e = who_
      printf "    %s %s %s\n", who_, w[1] == "out" ? "|" : "!", w[3]
      continue
    }
    if (n) print "    " e " | ... " n " more times"
    n = 0
    s = ""
    if (w[1] == "end" && w[3] != "exec" && w[3] != "-")
      print "    " who_ (w[3] ~ /^[0-9]/ ? " ended with status " : " was ended by signal ") w[3]
    else if (w[1] == "stuck")
      fold("    " who_ " " stands(w[3], w[4]), 6)
    else if (w[1] == "late") fold("    " who_ " does not end: " w[3] ": " w[4], 6)
    else if (w[1] == "left") print "    left behind: " w[2]
  }
}
function show_outputs(    i, j, n, w, f, s) {
  print ""
  print "  What is printed can come in " n_outputs " orders" (n_outputs > 6 ? ", among them:" : ":")
  for (i = 1; i <= n_outputs && i <= 6; i++) {
    n = split(substr(output_text[i], 2), w, "\n")
    s = ""
    for (j = 1; j <= n; j++) {
      split(w[j], f, "\t")
      s = s "    " (j == 1 ? i ". " : "   ") f[1] ": " f[2] "\n"
    }
    printf "%s", s
  }
}

# shorten: the same outcome with fewer switches: where the director's own choice
# leads there, no number is needed, and each stretch that can go goes.
function shorten(k,    n, o, i, j, m, tries, order, len, p, changed) {
  order = example[k]
  n = split(order, o, " ")
  # The stretches: who, how often.
  m = 0
  for (i = 1; i <= n; i++)
    if (m && p[m] == o[i]) len[m]++
    else { p[++m] = o[i]; len[m] = 1 }
  # Behind which of them does the rest come by itself?
  for (j = 0; j < m && tries < 12; j++) {
    tries++
    if (leads_to(k, joined(p, len, j))) { m = j; break }
  }
  if (j >= 12) {                # many: from the end, by halves
    for (i = int(m / 2); i > 0 && tries < 24; i = int(i / 2))
      while (m - i > 0 && tries < 24) {
        tries++
        if (!leads_to(k, joined(p, len, m - i))) break
        m -= i
      }
  }
  do {
    changed = 0
    for (j = 1; j <= m && tries < 40; j++) {
      n = len[j]
      len[j] = 0
      tries++
      if (leads_to(k, joined(p, len, m))) changed = 1
      else len[j] = n
    }
    # (what is gone is left out)
    n = 0
    for (j = 1; j <= m; j++)
      if (len[j] > 0) {
        if (n && p[n] == p[j]) len[n] += len[j]
        else { p[++n] = p[j]; len[n] = len[j] }
      }
    m = n
  } while (changed && tries < 40)
  return joined(p, len, m)
}
function joined(p, len, m,    i, j, s) {
  for (i = 1; i <= m; i++)
    for (j = 1; j <= len[i]; j++) s = s " " p[i]
  return substr(s, 2)
}
function leads_to(k, order) {
  play_order(order)
  split("", seen_object)
  read_run()
  what_is_left()
  outcome(dir "trace", dir "plan", dir "left", cast, play)
  return O_text == text[k]
}
# packed: 1 1 1 2 as 1x3,2, as replay takes it.
function packed(order,    n, o, i, j, s) {
  n = split(order, o, " ")
  for (i = 1; i <= n; i = j) {
    for (j = i; j <= n && o[j] == o[i]; j++) ;
    s = s "," o[i] (j - i > 1 ? "x" j - i : "")
  }
  return s == "" ? "0" : substr(s, 2)
}

function schedule(k,    order, steps) {
  if (spent() > budget * 1.5 + 5) order = example[k]
  else order = shorten(k)
  steps = steps_of(k, order)
  return "\n    The shortest schedule found that leads there:\n" steps \
    "    Play it again: " replay " ORDER=" packed(order)
}

# steps_of: a run in that order, by source lines. What came of it is told by
# source lines then, too.
function steps_of(k, order,    line, f, turn, n, i, j, s, name, call, t, pids, told) {
  play_order(order, " ")
  split("", seen_object)
  read_run()
  what_is_left()
  outcome(dir "trace", dir "plan", dir "left", cast, play)
  if (cast == "") judge_own()
  if (O_n == n_lines_of[k]) {
    for (i = 1; i <= O_n; i++) lines_of[k, i] = O[i]
    if (bad[k] ~ /waits for ever/ && O_bad != "") bad[k] = O_bad
  }
  while ((getline line < (dir "trace")) > 0) {
    split(line, f, "\t")
    if (f[4] == "stuck") break
    if (f[4] == "turn") turn = 1
    else if (f[4] == "wait" && n && f[3] == pids[n]) call[n] = call[n] "  -- it waits"
    else if ((f[4] == "call" || f[4] == "goes") && turn) {
      turn = 0
      pids[++n] = f[3]
      name[n] = name_in(k, O_who[f[3]])
      call[n] = f[4] == "goes" ? "return " f[6] " from main()" : \
        f[5] "  " f[6] " " outcome_same(f[7])
    }
  }
  close(dir "trace")
  for (i = 1; i <= n; i = j) {
    for (j = i; j <= n && pids[j] == pids[i]; j++) ;
    for (t = i; t < j; t++) {
      if (n > 50 && t > 25 && t < n - 15) {
        if (!told) s = s "      ...\n"
        told = 1
        continue
      }
      if (j - i > 6 && t > i + (i > 1 ? 1 : -1) && t < j - 2) {
        if (!told) s = s "      " name[t] ": ...\n"
        told = 1
        continue
      }
      told = 0
      s = s "      " fitting(name[t] ": " call[t], 72) "\n"
    }
  }
  return s
}
# fitting: a step in one line; that it waits must be seen.
function fitting(s, n,    tail) {
  tail = s ~ /  -- it waits$/ ? "  -- it waits" : ""
  return length(s) <= n ? s : \
    substr(s, 1, n - length(tail) - 3) "..." tail
}
