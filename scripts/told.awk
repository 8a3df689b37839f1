# told.awk - tell a trace: who is who, what is what, and what crossed over.
#
#   LC_ALL=C awk -f scripts/told.awk [-v times=0] [-v lines=1 | -v each=1] \
#     [-v cast=ROOM/cast -v play=NAME] TRACE
#
# It reads the director's trace (a line an event, fields divided by tabs; see
# scripts/director.c) and prints it again, with lines added that every view
# needs. They repeat the number, time and pid of the event they belong to:
#   lane   NUMBER NAME PROGRAM   directly after the `new` of a process. NAME is
#                                the cast's, or the program's, or `child 2`
#   thing  OBJECT NAME           before the first use of an object, and once
#                                more if it gets a better name (by bind(2))
#   arrow  FROM TO KIND LABEL OBJECT PID PID   directly after the event that it
#                                reaches. FROM and TO are numbers of events
# Kinds: `data` (one a message, drawn where the last byte of it was read),
# `signal`, `wake`, `eof`, `new` (process), `end` (to who waited for it),
# `connect`, `fd` (a descriptor that was passed). The text of a `state` becomes
# people's words, with the object's name in front. Some are added: what is in a
# pipe or queue after each write and read (the kernel is asked only when all
# stand still, and a reader who waits is faster), and sockets and POSIX
# semaphores, of which the kernel tells nobody. One that says nothing new is
# left out.
#
# With times=0, whatever differs from run to run is left out or replaced: times
# by `-`, pids by `<NAME>`, what an object is called by its number, addresses,
# keys and dates by `<address>`, `<key>` and `<time>`. A number of bytes is what
# it would be if every pid in the text had five digits. A small number is a pid
# only where nothing else can stand, or where a text calls it so.
# With lines=1, a line that is printed in pieces is one event, with each=1 never.
#
# A process holds a descriptor from open, pipe, dup, fork ... until it closes it
# or ends: so the last close of a write end is known, which is what makes the
# end of file. What is written waits in a queue of chunks until it is read.

BEGIN {
  FS = OFS = "\t"
  if (times == "") times = 1
  split("obj obj2 end end2 fd fd2 path addr own peer n type want ops cmd value sig to " \
    "from child status flags sec data", w, " ")
  for (i in w) attr_names[w[i]] = 1
  date = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] [ 0-9][0-9] " \
    "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9]+" # ctime(3)
  five = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]" # no intervals in old awks
  if (cast != "") read_cast()
  if (ARGC > 1 && ARGV[1] != "-" && ARGV[1] !~ /=/ && (times == 0 || cast != ""))
    look_ahead()
  for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i
  word["pipe"] = "pipe"; word["fifo"] = "FIFO"; word["msg"] = "queue"
  word["sem"] = "set"; word["shm"] = "segment"; word["socket"] = "socket"
  word["file"] = "file"; word["tty"] = "terminal"; word["dev"] = "device"
  word["mq"] = "queue"; word["psem"] = "semaphore"; word["event"] = "event"
  split("printf puts putchar putc fputc fputs fwrite fprintf dprintf vprintf " \
    "vfprintf vdprintf perror warn warnx err errx vwarn vwarnx verr verrx " \
    "write writev pwrite send sendto sendmsg sendmmsg fflush", w, " ")
  for (i in w) writes[w[i]] = 1
  split("read readv pread recv recvfrom recvmsg recvmmsg fgets fgetc getc " \
    "getchar getline getdelim fread scanf fscanf", w, " ")
  for (i in w) reads[w[i]] = 1
  split("open openat creat mkstemp mq_open shm_open socket eventfd signalfd " \
    "timerfd_create inotify_init inotify_init1 epoll_create1", w, " ")
  for (i in w) opens[w[i]] = 1
}

# ---- the cast ------------------------------------------------------------

# read_cast: who runs which program in this play, and who is forked by whom.
# A play may also be named by a program that runs in it.
function read_cast(    line, w, n, name, by_program, at) {
  while ((getline line < cast) > 0) {
    n = split(line, w, " ")
    if (w[1] == "example" || w[1] == "variant") name = w[2]
    else if (w[2] == "runs" && w[3] == play && by_program == "")
      by_program = name
    if (name == play) by_program = play
  }
  close(cast)
  name = ""
  while ((getline line < cast) > 0) {
    n = split(line, w, " ")
    if (w[1] == "example" || w[1] == "variant") name = w[2]
    if (name != by_program || name == "" || line ~ /^#/) continue
    if (w[2] == "runs") {
      role[++roles] = w[1]
      runs[roles] = w[3]
      at = match(line, /[{]unique[}]/) ? 1 : 0
      if (at) role_unique[roles] = line
    } else if (w[2] == "forked-by") {
      role[++roles] = w[1]
      forked_by[roles] = w[3]
    } else if (w[2] == "prints" && line ~ /<number>|<time>/) {
      sub(/^[^ ]+ prints ([0-9]+ times )?/, "", line)
      printed[++patterns] = line
    }
  }
  close(cast)
}

# look_ahead: who forks how many, and who of them prints? The cast names only
# those that print, in this order. Who waits for messages of its own pid's type?
# (What comes through a pipe is not known yet.)
function look_ahead(    line, f, parent, n) {
  while ((getline line < ARGV[1]) > 0) {
    n = split(line, f, "\t")
    if (f[4] == "new" && f[6] != 0) {
      parent[f[3]] = f[6]
      forks[f[6]]++
    } else if (f[4] == "call" && f[8] ~ /^fd=1 / && f[3] in parent && \
             !((f[3], "prints") in printer)) {
      printer[f[3], "prints"] = ++printers[parent[f[3]]]
    } else if (f[4] == "call" && f[6] == "msgrcv" && \
             index(f[8] " ", " want=" f[3] " ")) {
      own_type[f[3]] = 1
    }
  }
  close(ARGV[1])
}

# name_of: what the new process is called, by the cast if it is in it.
function name_of(program, parent, pid,    i, base, n) {
  for (i = 1; i <= roles; i++)
    if (parent && forked_by[i] == lane_name[parent]) n++
  for (i = 1; i <= roles; i++) {
    if (parent && forks[$3 == pid ? $6 : $3] > n && \
        !((pid, "prints") in printer)) break
    if (role_taken[i]) continue
    if (parent == 0 ? runs[i] == program : \
        (i in forked_by) && forked_by[i] == lane_name[parent]) {
      role_taken[i] = 1
      return role[i]
    }
  }
  base = parent == 0 ? program : "child"
  return names[base]++ ? base " " names[base] : base
}

# ---- attributes ----------------------------------------------------------

# attributes: field 8 into A, in the order of A_key[1..A_n]; data comes last.
function attributes(s,    i, n, at, k) {
  for (k in attr_names) A[k] = ""
  A_n = 0
  if (s == "-" || s == "") return
  if ((at = index(" " s, " data=\"")) > 0) {
    A["data"] = substr(s, at + 5)
    s = substr(s, 1, at - 1)
  }
  n = split(s, attr, " ")
  for (i = 1; i <= n; i++) {
    if ((at = index(attr[i], "=")) == 0) continue
    k = substr(attr[i], 1, at - 1)
    A[k] = substr(attr[i], at + 1)
    A_key[++A_n] = k
  }
  if (A["data"] != "") A_key[++A_n] = "data"
}

# text_length: the bytes of a text as C writes it, or -1 if it is cut.
function text_length(s,    n, i) {
  if (s !~ /"$/) return -1
  s = substr(s, 2, length(s) - 2)
  gsub(/\\x[0-9a-fA-F][0-9a-fA-F]/, ".", s)
  gsub(/\\[0-7][0-7][0-7]/, ".", s)
  gsub(/\\./, ".", s)
  return length(s)
}

# ---- what is the same in each run -----------------------------------------

# stands_for: a word that is another one in each run. The longest come first:
# one may begin as another does.
function stands_for(word, by, extra,    i) {
  if (word == "" || index(by, word)) return
  for (i = 1; i <= masks; i++) if (mask[i] == word) return
  for (i = ++masks; i > 1 && length(mask[i - 1]) < length(word); i--) {
    mask[i] = mask[i - 1]
    mask_by[i] = mask_by[i - 1]
    mask_extra[i] = mask_extra[i - 1]
  }
  mask[i] = word
  mask_by[i] = by
  mask_extra[i] = extra + 0 # so much longer than in a usual run
}

# same: S without what differs from run to run. Sets `shorter`: by how many
# bytes longer the text is than with numbers of five digits in their place.
# `text`: it is what a program has written; there a small number may be a pid.
# In what the director says, such a number is known by where it stands.
function same(s, text,    out, tok, before, k, at, o) {
  shorter = 0
  if (times != 0) return s
  for (k = 1; k <= masks; k++)
    while ((at = index(s, mask[k])) > 0) {
      s = substr(s, 1, at - 1) mask_by[k] substr(s, at + length(mask[k]))
      shorter += mask_extra[k]
    }
  if (s !~ /[0-9]/) return s
  gsub(date, "<time>", s)
  out = ""
  while (match(s, /0x[0-9a-fA-F]+|[0-9]+/)) {
    tok = substr(s, RSTART, RLENGTH)
    before = RSTART > 1 ? substr(s, RSTART - 1, 1) : substr(out, length(out))
    out = out substr(s, 1, RSTART - 1)
    s = substr(s, RSTART + RLENGTH)
    o = length(tok) - 5
    if (tok ~ /^0x/) {
      if (length(tok) > 8) tok = "<address>"
      o = 0
    } else if (before ~ /[A-Za-z_]/ && out !~ /\\[nt]$/) {
      o = 0 # a part of a name
    } else if ((tok in lane_of || tok in early) && \
               (tok + 0 >= 1000 || text && is_pid(tok, out, s))) {
      wide += 7 - length(tok)
      tok = person(tok)
    } else if (tok in keys) {
      tok = "<key>"
    } else if (tok in known && (tok + 0 >= 1000 || text && \
               tolower(out) ~ /(msq|sem|shm)id[^0-9<>\\]*$/)) {
      wide += 10 - length(tok)
      tok = "<" thing[known[tok]] ">"
    } else if (tok in port && before == ":") {
      tok = "<port>"
    } else {
      o = 0
    }
    shorter += o
    out = out tok
  }
  return out s
}
# is_pid: is TOK, a number below 1000 and a process of this run, meant as such
# between OUT and REST? One that says its own, or one that is called so.
function is_pid(tok, out, rest,    strict) {
  if (rest ~ /^[A-Za-z_]/ || rest ~ /^[.,][0-9]/ || out ~ /[0-9][.,:]$/) return 0
  sub(/^"/, "", out)
  sub(/.*\\n/, "", out)
  out = tolower(out)
  if (out ~ /type[^0-9<>]*$/) return tok in own_type
  if (out ~ /pid[^0-9a-z]*(is|of)?[^0-9a-z]*$/) return 1
  if (tok + 0 < 10) return 0
  if (out ~ /(process|client|server|child|parent|father|son|sender|receiver|reader|writer|producer|consumer|by)[^0-9a-z]*$/)
    return 1
  if (tok != $3) return out == "" && tok in has_said
  if (out == "") has_said[tok] = 1
  return out == "" || out ~ /(^|[^a-z])(i|am|is|m|me|this|self|from|to)[^0-9a-z]*$/ || \
    index(out, tolower(lane_name[lane_of[tok]])) == 1
}

# same_text: a text that was written, in its quotation marks; the same as same(),
# and for numbers in it that are no text, four bytes long, the lowest first.
function same_text(s,    cut, i, v, run, out, total) {
  shorter = 0
  if (times != 0) return s
  cut = s ~ /"\.\.\.$/
  wide = 0
  if (s ~ /\\[x0]/ || binaries) {
    unwritten(s)
    run = "\""
    out = ""
    for (i = 1; i <= T_n; i++) {
      if (any_number && i + 3 <= T_n && ((SUBSEP T[i] SUBSEP T[i + 1] SUBSEP \
          T[i + 2] SUBSEP T[i + 3]) in number_seen)) {
        out = out same(run, 1) "<number>"
        total += shorter
        run = ""
        i += 3
        continue
      }
      v = i + 3 <= T_n && T[i + 3] < 128 ? T[i] + 256 * T[i + 1] + \
        65536 * T[i + 2] + 16777216 * T[i + 3] : -1
      if (v >= 0 && (v = binary(v, i)) != "") {
        out = out same(run, 1) "<" v ">"
        i += 3
        if ($6 ~ /^msg/) note_number(i + 1)
      } else if (T_as[i] ~ /^\\[x0]/) {
        out = out same(run, 1) T_as[i]
        if (run != "" && T[i] == 0) { # zeros that fill an array: fewer
          for (v = i; v <= T_n && T[v] == 0; v++) ; # if a pid is longer
          if (v - i > 3) {
            out = out T_as[i]
            shorter = 0
            i = v - 1
          }
        }
      } else {
        run = run T_as[i]
        continue
      }
      total += shorter
      run = ""
    }
    out = out same(run "\"", 1) (cut ? "..." : "")
    shorter += total
    s = out
  } else s = same(s, 1)
  if (cut) s = as_cut(s)
  return s
}
# note_number: what follows a pid or an id in a message and is no text either,
# is some other number by which the answer is known.
function note_number(i,    j, n, v) {
  if (i + 3 > T_n || T[i + 3] > 254) return
  for (j = i; j < i + 4; j++) {
    v = v SUBSEP T[j]
    if (T[j] > 126 || T[j] < 32 && T[j] != 10) n++
  }
  if (n && !(T[i] >= 227 && T[i] <= 233) && !(T[i + 1] == 0 && T[i + 2] == 0)) {
    any_number = 1
    number_seen[v] = 1
  }
}
# binary: what the int V, at the Ith byte of a text, stands for. A small one
# might be any number: the id of a queue without a key is told at the beginning
# of a message; a pid first by who has it.
function binary(v, i) {
  if (v in system_v && (v > 65535 || i == 1 && v in keyless && $6 ~ /^msg/))
    return thing[system_v[v]]
  if (!(v in lane_of)) return ""
  if (v < 256) {
    if (i % 4 != 1 || v < 10) return ""
    if (v == $3 && $6 in writes || $6 == "msgsnd" && v == $3) sends_pid[v] = 1
    if (!(v in sends_pid)) return ""
  }
  return lane_name[lane_of[v]]
}
# unwritten: the bytes of a text as C writes it, into T[1..T_n], each as it
# stands there in T_as.
function unwritten(s,    i, n, c, as) {
  sub(/\.\.\.$/, "", s)
  n = length(s) - 1
  T_n = 0
  for (i = 2; i <= n; i++) {
    as = c = substr(s, i, 1)
    if (c == "\\") {
      c = substr(s, ++i, 1)
      as = as c
      if (c == "x") {
        c = tolower(substr(s, i + 1, 2))
        as = as substr(s, i + 1, 2)
        i += 2
        T[++T_n] = 16 * index("123456789abcdef", substr(c, 1, 1)) + \
          index("123456789abcdef", substr(c, 2, 1))
        T_as[T_n] = T[T_n] ? as : "\\0" # `\x00` only because of what follows
        continue
      }
      c = c == "n" ? "\n" : c == "t" ? "\t" : c == "r" ? "\r" : c
      T[++T_n] = c == "0" ? 0 : code[c]
    } else T[++T_n] = code[c]
    T_as[T_n] = as
  }
}
# as_cut: a text that was cut after so many bytes ends where it would if all
# pids in it had seven digits.
function as_cut(s,    n) {
  sub(/"\.\.\.$/, "", s)
  for (n = wide; n > 0 && length(s) > 1; n--) {
    if (match(s, /<[^<>]*>$/)) n -= 6
    else if (!match(s, /\\(x..|.)$/))
      for (RSTART = length(s); code[substr(s, RSTART, 1)] ~ /^1(2[89]|[3-8].|9[01])$/; )
        RSTART--
    s = substr(s, 1, RSTART - 1)
  }
  sub(/[0-9]+$/, "", s)
  return s "\"..."
}

# as_in_cast: a text that is printed, with the cast's `<number>` in it.
function as_in_cast(s,    w, n, i, j, out) {
  if (!patterns || !($6 in writes) || s !~ /[0-9]/) return s
  n = split(s, w, /\\n/)
  out = ""
  for (i = 1; i <= n; i++) {
    sub(/^"/, "", w[i])
    sub(/"(\.\.\.)?$/, "", w[i])
    for (j = 1; j <= patterns; j++)
      if (w[i] != "" && like(w[i], printed[j])) w[i] = printed[j]
    out = out (i > 1 ? "\\n" : "") w[i]
  }
  return "\"" out "\"" (s ~ /\.\.\.$/ ? "..." : "")
}
# like: is S the pattern P, in which `<number>` stands for digits?
function like(s, p,    part, n, i) {
  n = split(p, part, /<number>/)
  if (n < 2) return 0
  for (i = 1; i <= n; i++) {
    if (i > 1 && !sub(/^[0-9]+/, "", s)) return 0
    if (substr(s, 1, length(part[i])) != part[i]) return 0
    s = substr(s, length(part[i]) + 1)
  }
  return s == ""
}

# person: a pid, for field 3 and for the ends of an arrow.
function person(pid) {
  if (times != 0 || pid == 0) return pid
  if (pid in early) return "<" early[pid] ">"
  return pid in lane_of ? "<" lane_name[lane_of[pid]] ">" : "<pid>"
}

# called: how an object is called: as in the trace, or by its number.
function called(obj) {
  return times != 0 || !(obj in number) ? obj : number[obj]
}

function blank(s) { gsub(/ /, "\\x20", s); return s }

# decimal: the number that 0x7300a36c is.
function decimal(s,    i, n) {
  s = tolower(s)
  for (i = 3; i <= length(s); i++)
    n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
  return sprintf("%d", n)
}

# pid_at: a pid, or minus that of a group, where only such a one can stand.
function pid_at(v,    sign) {
  sign = sub(/^-/, "", v) ? "-" : ""
  return sign (v in lane_of || v in early ? person(v) : v)
}
# typed: the type of a message, which may be the pid of whom it is for.
function typed(v) {
  return times == 0 && (v in lane_of || v in early) && \
    (v + 0 >= 1000 || v in own_type) ? person(v) : v
}

# rebuilt: the attributes as field 8.
function rebuilt(    i, k, v, s) {
  for (i = 1; i <= A_n; i++) {
    k = A_key[i]
    v = A[k]
    if (times == 0) {
      if (k == "obj" || k == "obj2") v = called(v)
      else if (k == "to" || k == "child" || k == "from" && $6 !~ /^(fcntl|lockf)/)
        v = blank(pid_at(v))
      else if (k == "type" || k == "want") v = blank(typed(v))
      else if (k == "n") v = v == A["n"] ? v - longer : v
      else if (k == "data") v = same_data
      else if (k == "key") v = v == "0" ? v : "<key>"
      else if (k != "fd" && k != "fd2" && k != "ops" && k != "sig")
        v = blank(same(v))
    }
    s = s (i > 1 ? " " : "") k "=" v
  }
  return s == "" ? "-" : s
}

# ---- things --------------------------------------------------------------

# meet: OBJ is used; the first time it gets a number and a name. Those that
# were there before us and come as a standard stream are called so.
function meet(obj, path, fd,    kind, name) {
  if (obj == "" || obj == "-" || obj in thing) return
  kind = obj
  sub(/:.*/, "", kind)
  name = ""
  if (fd != "" && fd + 0 <= 2 && kind !~ /^(tty|dev|file)$/ && !fresh)
    name = fd == 0 ? "stdin" : fd == 1 ? "stdout" : "stderr"
  else if (kind == "tty") name = "terminal"
  else if (path != "" && path != "-" && kind ~ /^(fifo|file|dev|psem|mq)$/ && \
           path !~ /[0-9][0-9][0-9][0-9]/ && !owns[path] && !(path in by_folder))
    name = kind == "fifo" ? path : word[kind] " " path
  number[obj] = kind ":" ++numbers[kind]
  if (name == "") name = word[kind] " " ++named[word[kind]]
  call_it(obj, name)
}
function call_it(obj, name,    id) {
  if (thing[obj] == name) return
  thing[obj] = name
  id = obj
  sub(/^[^:]*:/, "", id)
  if (id ~ /^[0-9]+$/) known[id] = obj
  if (obj ~ /^(msg|sem|shm):/) { # as it may stand in a message
    system_v[id + 0] = obj
    binaries = 1
    if (A["key"] == "0" && $6 ~ /get$/) keyless[id + 0] = 1
  }
  if (id ~ /^\// && (obj ~ /^(mq|psem):.*[0-9a-f][0-9][0-9][0-9]/ || \
      obj ~ /^(mq|psem):/ && owns[id]))
    stands_for(id, "<" name ">")
  before_line = before_line line_start("thing") OFS called(obj) OFS \
    same(name) "\n"
}
# forget: the kernel has given the name of what is gone to something new.
function forget(obj) {
  if (!(obj in thing)) return
  delete thing[obj]
  delete told_state[obj]
  delete peer[obj]
  delete writers[obj]
  delete last_close[obj]
  delete shut[obj]
  delete head[obj]
  delete tail[obj]
}

# no: the number of an event; counted anew where some are joined.
function no(n) {
  if (times != 0) return n
  if (!(n in anew)) anew[n] = ++events_told
  return anew[n]
}
function line_start(event) {
  return no($1) OFS (times == 0 ? "-" : $2) OFS person($3) OFS event
}

# ---- descriptors: who can still write to what ------------------------------

function hold(L, fd, obj, mode) {
  if (fd == "" || fd + 0 < 0 || obj == "") return
  if ((L, fd) in fd_obj) drop(L, fd, $1)
  fd_obj[L, fd] = obj
  fd_mode[L, fd] = mode
  if (mode ~ /w/) writers[obj]++
}
function drop(L, fd, n,    obj) {
  if (!((L, fd) in fd_obj)) return
  obj = fd_obj[L, fd]
  if (fd_mode[L, fd] ~ /w/ && --writers[obj] == 0) {
    last_close[obj] = n
    last_closer[obj] = $3
  }
  if ((L, obj) in locked) { unlock(obj); delete locked[L, obj] }
  delete fd_obj[L, fd]
  delete fd_mode[L, fd]
  delete cloexec[L, fd]
}
function drop_all(L, only_cloexec,    k, w) {
  for (k in fd_obj) {
    split(k, w, SUBSEP)
    if (w[1] == L && (!only_cloexec || k in cloexec)) drop(L, w[2], $1)
  }
}
function inherit(L, parent,    k, w) {
  for (k in fd_obj) {
    split(k, w, SUBSEP)
    if (w[1] == parent && !((L, w[2]) in fd_obj)) {
      hold(L, w[2], fd_obj[k], fd_mode[k])
      if (k in cloexec) cloexec[L, w[2]]
    }
  }
}

# ---- arrows ----------------------------------------------------------------

function arrow(from, to, kind, label, obj, from_pid, to_pid) {
  after_line = after_line line_start("arrow") OFS no(from) OFS no(to) OFS \
    kind OFS same(label) OFS (obj == "" ? "-" : called(obj)) OFS \
    person(from_pid) OFS person(to_pid) "\n"
}

function bytes(n) { return n (n == 1 ? " byte" : " bytes") }

# put: a chunk (a write) or a message comes into the queue KEY; how large it is,
# is known for sure when the call is done (the reader may be faster).
function put(key, type, size,    i) {
  i = ++tail[key]
  if (head[key] == "") head[key] = 1
  c_from[key, i] = $1
  c_pid[key, i] = $3
  c_type[key, i] = type
  c_size[key, i] = -1
  c_label_size[key, i] = c_asked[key, i] = size
  c_taken[key, i] = c_gone[key, i] = 0
  c_fd[key, i] = $6 == "sendmsg" ? A["obj2"] : ""
  if (c_fd[key, i] != "")
    passed_mode[A["obj2"]] = fd_mode[lane_of[$3], A["fd2"]]
  in_call[$1] = key SUBSEP i
}
function put_done(call, n,    ki, key) {
  if (!(call in in_call)) return
  key = ki = in_call[call]
  sub(SUBSEP "[0-9]*$", "", key)
  delete in_call[call]
  if (n < 0) { c_gone[ki] = 1; return }
  c_size[ki] = n
  c_label_size[ki] = n - longer
  if (!c_gone[ki]) c_from[ki] = $1
  if (!c_gone[ki] && n > 0 && c_taken[ki] >= n) {
    arrow(call, c_last[ki], "data", chunk_label(ki), c_obj[ki], c_pid[ki],
      c_reader[ki])
    c_gone[ki] = 1
  } else if (n > 0) {
    now_in(key)
  }
}
# now_in: what is in it now, if it is one whose state is told. The kernel tells
# only what is still so when all stand still, and a reader who waits is faster.
function now_in(key,    n) {
  if (key ~ /^(pipe|fifo):/) tell_state(key, bytes(model_bytes(key, 1)))
  else if (key ~ /^socket:/ && key in thing)
    tell_state(key, bytes(model_bytes(key, 1)) " from " owner(key))
  else if (key ~ /^to /) {
    model_types(key)
    n = model_count
    tell_state(substr(key, 4), n (n == 1 ? " message" : " messages"))
  }
  else if (key ~ /^(msg|mq):/) tell_state(key, messages(key))
}
# owner: who writes into this socket.
function owner(obj) { return obj in owned ? owned[obj] : "?" }
# semaphore_now: of a POSIX one only its own calls tell.
function semaphore_now(obj) {
  if (!(obj in psem_value)) return
  tell_state(obj, "value " psem_value[obj] (psem_waits[obj] < 1 ? "" : \
    ", " psem_waits[obj] (psem_waits[obj] == 1 ? " waits" : " wait")))
}
function messages(key,    s, n) {
  s = model_types(key)
  return model_count (model_count == 1 ? " message" : " messages") \
    (s == "" ? "" : ": " same(s))
}
function tell_state(obj, s) {
  s = same(thing[obj]) ": " s
  if (s == told_state[obj]) return
  told_state[obj] = s
  states = states no($1) OFS (times == 0 ? "-" : $2) OFS 0 OFS "state" OFS \
    called(obj) OFS s "\n"
}
function chunk_label(ki,    s) {
  s = bytes(c_label_size[ki])
  return c_type[ki] == "" ? s : c_type[ki] ", " s
}
# got: an arrow for the whole chunk.
function got(ki, obj) {
  arrow(c_from[ki], $1, "data", chunk_label(ki), obj, c_pid[ki], $3)
  if (c_fd[ki] != "")
    arrow(c_from[ki], $1, "fd", "fd of " thing[c_fd[ki]], c_fd[ki],
      c_pid[ki], $3)
  c_gone[ki] = 1
}
function skip_gone(key) {
  while (head[key] <= tail[key] && c_gone[key, head[key]]) head[key]++
  return head[key] != "" && head[key] <= tail[key]
}
# take: N bytes of the stream KEY are read.
function take(key, n, obj,    ki, rest) {
  while (n > 0 && skip_gone(key)) {
    ki = key SUBSEP head[key]
    if (c_size[ki] < 0) { # its writer is still in write(2)
      c_taken[ki] += n
      c_last[ki] = $1
      c_reader[ki] = $3
      c_obj[ki] = obj
      if (c_asked[ki] > 0 && c_taken[ki] >= c_asked[ki]) {
        n = c_taken[ki] - c_asked[ki]
        got(ki, obj)
        continue
      }
      return
    }
    rest = c_size[ki] - c_taken[ki]
    if (n < rest) { c_taken[ki] += n; return }
    n -= rest
    got(ki, obj)
  }
}
# take_message: the first of this type (any, if it has none).
function take_message(key, type, obj,    i) {
  if (!skip_gone(key)) return
  for (i = head[key]; i <= tail[key]; i++)
    if (!c_gone[key, i] && (type == "" || c_kind[key, i] == type + 0)) {
      got(key SUBSEP i, obj)
      return
    }
}

# model_bytes: what is in the queue, by what went in and came out.
function model_bytes(key, labels,    i, n) {
  n = 0
  if (head[key] == "") return 0
  for (i = head[key]; i <= tail[key]; i++)
    if (!c_gone[key, i] && c_size[key, i] > 0)
      n += (labels ? c_label_size[key, i] : c_size[key, i]) - c_taken[key, i]
  return n
}
function model_types(key,    i, n, s) {
  model_count = 0
  if (head[key] == "") return ""
  for (i = head[key]; i <= tail[key]; i++)
    if (!c_gone[key, i]) {
      s = s (model_count++ ? ", " : "") c_type[key, i]
    }
  return s
}

# ---- acts that may wake somebody -------------------------------------------

# act: something was given (units of a semaphore's member, a removal) at $1.
function act(obj, what, units,    i) {
  i = ++acts[obj]
  a_from[obj, i] = $1
  a_pid[obj, i] = $3
  a_what[obj, i] = what
  a_units[obj, i] = units
  act_of[$1] = act_of[$1] obj SUBSEP i "\n"
}
function act_done(call, failed,    n, w, i) {
  if (!(call in act_of)) return
  n = split(act_of[call], w, "\n")
  for (i = 1; i < n; i++)
    if (failed) a_units[w[i]] = 0
    else a_from[w[i]] = $1
  delete act_of[call]
}
# woken: by whom, since it slept (event `since`)? The earliest that is left; for
# who waits for a zero, the last.
function woken(obj, what, since, units, last, label,    i, best) {
  for (i = 1; i <= acts[obj]; i++)
    if (a_from[obj, i] > since && a_pid[obj, i] != $3 && \
        a_units[obj, i] > 0 && (a_what[obj, i] == what || \
        a_what[obj, i] == "*" && what ~ /^v/)) {
      best = i
      if (!last) break
    }
  if (best == "") return 0
  a_units[obj, best] -= units
  arrow(a_from[obj, best], $1, "wake", label, obj, a_pid[obj, best], $3)
  return 1
}
function unlock(obj) { unlocked[obj] = $1; unlocker[obj] = $3 }

# ---- signals ---------------------------------------------------------------

function signal_to(L, sig,    k) {
  if (sig == "" || sig == 0 || L == "") return
  k = L SUBSEP sig
  if (s_head[k] == "") { s_head[k] = 1; s_tail[k] = 0 }
  if (s_head[k] <= s_tail[k] && sig !~ /RT/) {
    if (sig != "SIGCHLD") return # it is pending already
    s_head[k]++ # it may be that of a child of which nobody wanted to hear
  }
  s_tail[k]++
  s_from[k, s_tail[k]] = $1
  s_pid[k, s_tail[k]] = $3
  sent[$1] = sent[$1] k SUBSEP s_tail[k] "\n"
}
function signal_done(call, failed,    n, w, i) {
  if (!(call in sent)) return
  n = split(sent[call], w, "\n")
  for (i = 1; i < n; i++)
    if (failed) s_pid[w[i]] = ""
    else if (s_pid[w[i]] != "") s_from[w[i]] = $1
  delete sent[call]
}
function signal_at(L, sig,    k, i) {
  k = L SUBSEP sig
  while (s_head[k] != "" && s_head[k] <= s_tail[k]) {
    i = s_head[k]++
    if (s_pid[k, i] == "") continue
    arrow(s_from[k, i], $1, "signal", sig, "", s_pid[k, i], $3)
    s_pid[k, i] = ""
    return
  }
}

# ---- sockets ---------------------------------------------------------------

# by_port: an internet listener may be bound to another address of the host.
function listener(addr,    p) {
  if (addr in bound) return bound[addr]
  p = addr
  return sub(/^.*:/, ":", p) && (p in bound) ? bound[p] : ""
}
function bind_to(obj, addr,    p) {
  bound[addr] = obj
  p = addr
  if (addr ~ /^[0-9.]+:[0-9]+$/ && sub(/^.*:/, ":", p)) bound[p] = obj
}
function write_key(obj,    to) {
  if (obj !~ /^(pipe|fifo|socket):/) return "" # a file is no queue
  if (thing[obj] ~ /^std/) return "" # who reads that is not in the play
  if (stype[obj] != "dgram") return obj
  to = A["addr"]
  if (to == "" || to == "-") to = peer_addr[obj]
  if (to != "" && listener(to) != "") return "to " listener(to)
  return obj in peer ? "to " peer[obj] : ""
}
function read_key(obj) {
  if (obj !~ /^(pipe|fifo|socket):/) return ""
  if (obj !~ /^socket:/) return obj
  if (stype[obj] == "dgram") return "to " obj
  return obj in peer ? peer[obj] : ""
}
# accept_from: the first who has called at V is it who is accepted now.
function accept_from(v,    i) {
  for (i = 1; i <= calls[v]; i++)
    if (caller[v, i] != "") {
      pair(caller[v, i], A["obj2"])
      if (thing[caller[v, i]] !~ /^connection /)
        call_it(caller[v, i], "connection " ++connections)
      call_it(A["obj2"], thing[caller[v, i]])
      arrow(call_from[v, i], $1, "connect", "connect", A["obj"],
        caller_pid[v, i], $3)
      caller[v, i] = ""
      return 1
    }
  return 0
}
function pair(a, b) { peer[a] = b; peer[b] = a }

# ---- one event after the other ---------------------------------------------

function mode_of(    s) {
  s = A["flags"] " " $7
  return s ~ /O_RDWR/ ? "rw" : s ~ /O_WRONLY/ ? "w" : "r"
}

function on_call(L, name,    n, w, i, v) {
  if (name == "fork") fork_at[L] = $1
  if (name in writes && A["obj"] != "" && A["fd"] != "") {
    v = write_key(A["obj"])
    if (v == A["obj"]) owned[v] = lane_name[L]
    if (v != "" && name != "fflush") {
      n = A["n"] != "" ? A["n"] + 0 : text_length(A["data"])
      put(v, "", n)
      c_obj[in_call[$1]] = A["obj"]
    }
  } else if (name ~ /^(msgsnd|mq_(timed)?send)$/) {
    v = A["type"]
    put(A["obj"], (name == "msgsnd" ? "type " typed(v) : "priority " v), A["n"] + 0)
    c_kind[in_call[$1]] = v + 0
  } else if (name ~ /^sem(timed)?op$/) {
    n = split(A["ops"], w, ",")
    for (i = 1; i <= n; i++) {
      v = w[i]
      sub(/^[0-9]+:/, "", v)
      sub(/:.*/, "", w[i])
      if (v + 0 > 0) act(A["obj"], "v" w[i], v + 0)
      else if (v + 0 < 0) act(A["obj"], "z" w[i], 1)
    }
  } else if (name == "sem_post") {
    act(A["obj"], "v", 1)
  } else if (name ~ /ctl$/ && A["cmd"] == "IPC_RMID") {
    act(A["obj"], "rm", 1000)
  } else if (name == "semctl" && A["cmd"] ~ /^SET(VAL|ALL)$/) {
    act(A["obj"], "*", A["value"] == "" ? 1000 : A["value"] + 0)
    if (A["value"] + 0 == 0 || A["cmd"] == "SETALL") {
      for (i = 0; i < 8; i++) act(A["obj"], "z" i, 1)
    }
  } else if (name ~ /^(kill|killpg|sigqueue|raise|pthread_kill|abort)$/) {
    v = A["to"]
    if (v == "" || name == "raise" || name == "abort") v = $3
    if (name == "abort" && A["sig"] == "") A["sig"] = "SIGABRT"
    if (v in lane_of) signal_to(lane_of[v], A["sig"])
    else if (v + 0 <= 0 || name == "killpg") # a group: everybody who is here
      for (i = 1; i <= lanes; i++) if (!(i in ended)) signal_to(i, A["sig"])
  } else if (name ~ /close$/ && A["fd"] != "") {
    if (fd_obj[L, A["fd"]] != "") closing[$1] = fd_obj[L, A["fd"]]
    drop(L, A["fd"], $1)
  } else if (name ~ /^(exit|_exit|_Exit|quick_exit)$/) {
    exit_at[L] = $1
  } else if (name ~ /^open(at)?(64)?$/) {
    opening[$1] = A["path"]
    if (A["path"] != "") {
      opened[A["path"]] = $1
      opener[A["path"]] = $3
    }
  } else if (name == "connect") {
    v = listener(A["addr"])
    if (v == "" && A["addr"] ~ /^@/) v = "?" # bound to a name by the kernel
    if (v != "" && stype[A["obj"]] != "dgram") {
      i = ++calls[v]
      caller[v, i] = A["obj"]
      caller_pid[v, i] = $3
      call_from[v, i] = $1
      connecting[$1] = v SUBSEP i
    }
  } else if (name == "shutdown" && $7 ~ /SHUT_(WR|RDWR)/) {
    last_close[A["obj"]] = $1
    last_closer[A["obj"]] = $3
    closing[$1] = A["obj"]
    shut[A["obj"]] = 1
  } else if (is_unlock(name)) {
    unlock(A["obj"])
    unlocking[$1] = A["obj"]
  }
}
function is_unlock(name) {
  return name ~ /^(fcntl|flock|lockf)$/ && \
    (A["cmd"] " " $7) ~ /UNLCK|LOCK_UN|F_ULOCK/
}
function is_lock(name) {
  return !is_unlock(name) && name ~ /^(fcntl|flock|lockf)$/ && \
    (A["cmd"] " " $7) ~ /F_(OFD_)?SETLK|LOCK_(EX|SH)|F_T?LOCK/
}

function on_done(L, name, call,    failed, n, w, i, k, v, obj, since) {
  failed = $9 ~ /^-1/
  obj = A["obj"]
  since = call in slept ? slept[call] : ""
  n = A["n"] != "" ? A["n"] : $9
  n = failed || n == "NULL" ? -1 : n + 0
  if (name == "fork" && fork_at[L] == call)
    fork_at[L] = $1
  v = A["child"]
  if (name == "fork" && v != "" && (!(v in lane_of) || lane_of[v] in ended))
    early[v] = name_of("", L, v)

  put_done(call, n)
  act_done(call, failed)
  signal_done(call, failed)
  if (call in closing) {
    if (last_close[closing[call]] == call) last_close[closing[call]] = $1
    delete closing[call]
  }
  if (call in unlocking && unlocked[unlocking[call]] == call)
    unlocked[unlocking[call]] = $1
  if (call in opening) {
    if (opened[opening[call]] == call) opened[opening[call]] = $1
    delete opening[call]
  }
  if (name == "ftok" && !failed) {
    v = decimal($9)
    keys[v] = keys[sprintf("%d", 4294967296 - v)] = 1 # as %d prints it, too
  }

  # descriptors
  if (!failed) {
    if (name ~ /^pipe2?$/) {
      hold(L, A["fd"], obj, "r")
      hold(L, A["fd2"], obj, "w")
    } else if (name == "socketpair") {
      hold(L, A["fd"], obj, "rw")
      hold(L, A["fd2"], A["obj2"], "rw")
      pair(obj, A["obj2"])
      stype[obj] = stype[A["obj2"]] = socket_type()
    } else if (name in opens) {
      v = A["fd"] != "" ? A["fd"] : $9
      hold(L, v, obj, obj ~ /^(socket|event|mq):/ ? "rw" : mode_of())
      if (name == "socket") stype[obj] = socket_type()
    } else if (name ~ /^dup[23]?$/ || (name == "fcntl" && A["cmd"] ~ /DUPFD/)) {
      v = A["fd2"] != "" ? A["fd2"] : $9
      if (v != A["fd"])
        hold(L, v, obj, (L, A["fd"]) in fd_mode ? fd_mode[L, A["fd"]] : "rw")
    } else if (name ~ /^accept4?$/) {
      hold(L, A["fd2"] != "" ? A["fd2"] : $9, A["obj2"], "rw")
      stype[A["obj2"]] = stype[obj]
    }
    if ($7 ~ /CLOEXEC/) {
      if (A["fd"] != "") cloexec[L, A["fd"]]
      if (A["fd2"] != "") cloexec[L, A["fd2"]]
    }
  }

  if (name == "connect" && !failed && stype[obj] == "dgram")
    peer_addr[obj] = A["addr"]
  if (name == "bind" && !failed) {
    bind_to(obj, A["addr"])
  } else if (name == "connect" && call in connecting) {
    k = connecting[call]
    if (failed && $9 !~ /EINPROGRESS/) caller[k] = ""
    else {
      call_from[k] = $1
      if (caller[k] != "") call_it(caller[k], "connection " ++connections)
    }
    delete connecting[call]
  } else if (name ~ /^accept4?$/ && !failed) {
    if (!accept_from(obj)) accept_from("?")
  } else if (name in reads && obj != "") {
    if ($9 == "NULL" || $9 == "-1 E0") { failed = 0; n = 0 } # stdio: the end
    if (!failed && $7 !~ /MSG_PEEK/) on_read(L, obj, n)
    if (name == "recvmsg" && A["obj2"] != "")
      hold(L, A["fd2"], A["obj2"], passed_mode[A["obj2"]])
  } else if (name == "msgrcv" && !failed) {
    take_message(obj, A["type"], obj)
    now_in(obj)
    last_read[obj] = $1
    last_reader[obj] = $3
  } else if (name ~ /^mq_(timed)?receive$/ && !failed) {
    take_message(obj, A["type"], obj)
    now_in(obj)
    last_read[obj] = $1
    last_reader[obj] = $3
  } else if (name ~ /^wait(p?id)?$/ && A["child"] in lane_of) {
    v = lane_of[A["child"]]
    if (v in ended && !(v in buried)) {
      arrow(ended[v], $1, "end", "end", "", A["child"], $3)
      buried[v] = 1
    } else if (!(v in ended) && v in exit_at) {
      arrow(exit_at[v], $1, "end", "end", "", A["child"], $3)
      buried[v] = 1
    }
  }
  if (A["sig"] != "" && !failed && name ~ /^sig(timed)?wait(info)?$/)
    signal_at(L, A["sig"])

  if (name ~ /^sem_/) posix_semaphore(name, call, failed)

  # what each of them slept for
  if (is_lock(name) && !failed) locked[L, obj] = 1
  if (name ~ /^sem(timed)?op$/ && !failed) {
    n = split(A["ops"], w, ",")
    for (i = 1; i <= n; i++)
      if (w[i] ~ /u/) { # SEM_UNDO: given back when it ends
        split(w[i], part, ":")
        undo[L, obj, part[1]] -= part[2] + 0
      }
  }
  if (since == "") return
  if (failed) {
    if ($9 ~ /EIDRM/) woken(obj, "rm", since, 0, 0, "removed")
    return
  }
  if (name ~ /^sem(timed)?op$/) {
    n = split(A["ops"], w, ",")
    for (i = 1; i <= n; i++) {
      v = w[i]
      sub(/^[0-9]+:/, "", v)
      sub(/:.*/, "", w[i])
      if (v ~ /^-/ && woken(obj, "v" w[i], since, -(v + 0), 0, "V")) return
      if (v + 0 == 0 && woken(obj, "z" w[i], since, 0, 1, "zero")) return
    }
  } else if (name ~ /^sem_(timed)?wait$/) {
    woken(obj, "v", since, 1, 0, "V")
  } else if (is_lock(name)) {
    if (unlocked[obj] > since && unlocker[obj] != $3)
      arrow(unlocked[obj], $1, "wake", "unlock", obj, unlocker[obj], $3)
  } else if (name ~ /^open(at)?(64)?$/ && obj ~ /^fifo:/) {
    v = A["path"]
    if (opened[v] > since && opener[v] != $3)
      arrow(opened[v], $1, "wake", "open", obj, opener[v], $3)
  } else if (name in writes || name ~ /^(msgsnd|mq_(timed)?send)$/) {
    v = obj ~ /^socket:/ ? peer[obj] : obj
    if (last_read[v] > since && last_reader[v] != $3)
      arrow(last_read[v], $1, "wake", "room", obj, last_reader[v], $3)
  }
}

function posix_semaphore(name, call, failed,    obj, v) {
  obj = A["obj"]
  if (name ~ /wait$/ && call in slept) psem_waits[obj]--
  if (failed) return
  if (name == "sem_open" && match($7, /value [0-9]+/) && !(obj in psem_value))
    psem_value[obj] = substr($7, RSTART + 6, RLENGTH - 6) + 0
  else if (name == "sem_init") psem_value[obj] = A["value"] + 0
  else if (name == "sem_getvalue") psem_value[obj] = A["value"] + 0
  else if (name == "sem_post") psem_value[obj]++
  else if (name ~ /wait$/) psem_value[obj]--
  if (name ~ /^sem_(destroy|close|unlink)$/) return
  semaphore_now(obj)
}

function on_read(L, obj, n,    key, from) {
  key = read_key(obj)
  last_read[obj] = $1
  last_reader[obj] = $3
  if (key == "") return
  if (stype[obj] == "dgram" || (stype[obj] == "seqpacket" && n > 0)) {
    take_message(key, "", obj)
    now_in(key)
  } else if (n > 0) {
    take(key, n, obj)
    now_in(key)
  } else if (!((L, obj) in eof_told) && key in last_close && \
             (writers[key] + 0 <= 0 || key in shut)) {
    arrow(last_close[key], $1, "eof", "end of file", obj, last_closer[key], $3)
    eof_told[L, obj] = 1
  }
}

function socket_type(    s) {
  s = A["flags"] " " $7
  return s ~ /SOCK_DGRAM/ ? "dgram" : \
    s ~ /SOCK_SEQPACKET/ ? "seqpacket" : "stream"
}

# the names of things, from the event that tells them
function name_things(L, name, done, failed,    obj) {
  obj = A["obj"]
  fresh = name in opens || name ~ /^(pipe2?|socketpair|accept4?|dup[23]?)$/
  if (done && !failed && name ~ /^(pipe2?|socket|socketpair)$/) {
    forget(obj)
    if (A["obj2"] != obj) forget(A["obj2"])
  }
  if (done && !failed && name ~ /^accept4?$/) forget(A["obj2"])
  if (name == "mq_open" && obj == "") meet("mq:" A["path"], A["path"], "")
  meet(obj, A["path"], A["fd"])
  if (name == "socketpair" && done && !failed) {
    meet(A["obj2"], "", "")
    call_it(obj, "pair " ++pairs)
    call_it(A["obj2"], "pair " pairs)
  }
  meet(A["obj2"], "", "")
  if (name == "bind" && done && !failed && A["addr"] != "-" && A["addr"] != "")
    call_it(obj, "socket " A["addr"])
}

# ---- the lines ---------------------------------------------------------------

# What is printed in pieces, with nothing in between, becomes one event: with
# lines=1 a line; else, where it must be the same in each run, what one call has
# printed a character at a time (so many as a pid has digits). each=1: nothing.
each == "" && (lines || times == 0) && piece() { next }
{
  pieces_end()
  handle()
}
END { pieces_end() }

# piece: is this line a part of a print that may go on?
function piece(    text, goes_on) {
  if ($4 == "done" && part_call != "" && $10 == part_n && $9 ~ /^[0-9]+$/) {
    text = $8
    sub(/^.*data="/, "", text)
    joined_text = joined_text substr(text, 1, length(text) - 1)
    if (match($8, /(^| )n=[0-9]+ /)) # what putc(3) returns, is the character
      joined_n += substr($8, RSTART + 2 + (RSTART > 1), RLENGTH)
    joined++
    if (joined_call == "") {
      joined_call = part_call
      joined_by = part_by
    }
    joined_done = $0
    part_call = ""
    return 1
  }
  if ($4 != "call" || part_call != "" || \
      $6 !~ /^(v?printf|puts|putchar|putc|fputc|fputs|fwrite|v?fprintf|v?dprintf)$/ || \
      $8 !~ /(^| )n=[0-9]+ data=".*"$/ || (!lines && $8 !~ / n=1 data="/))
    return 0
  goes_on = lines ? $3 " " substr($8, 1, index($8, " ")) : $3 " " $5 " " $6
  if (joined_call != "" && (goes_on != joined_by || lines && joined_text ~ /\\n$/))
    pieces_end()
  part_call = $0
  part_n = $1
  part_by = goes_on
  return 1
}
# pieces_end: something else comes. What was printed is told, and a print that
# has begun, but is not over, by itself.
function pieces_end(    line) {
  if (joined_call == "" && part_call == "") return
  line = $0
  if (joined_call != "") {
    $0 = joined_call
    joined_first = $1
    if (joined > 1) with_text()
    handle()
    $0 = joined_done
    if (joined > 1) with_text()
    handle()
    joined_call = joined_text = ""
    joined = joined_n = 0
  }
  if (part_call != "") {
    $0 = part_call
    part_call = ""
    handle()
  }
  $0 = line
}
function with_text() {
  sub(/"([^"\\]|\\.)*"/, "", $7)
  $7 = "\"" joined_text "\"" $7
  sub(/n=[0-9]+ data=.*/, "", $8)
  $8 = $8 "n=" joined_n " data=\"" joined_text "\""
  if ($4 == "call") {
    joined_at = $5
    joined_name = $6
  } else { # as it began
    $5 = joined_at
    $6 = joined_name
    $9 = joined_n
    $10 = joined_first
  }
}

function handle() {
  before_line = after_line = states = ""
  longer = 0
  if ($4 == "new") on_new()
  else if ($4 ~ /^(call|wait|done|held)$/) on_call_line()
  else if ($4 == "enter") on_enter()
  else if ($4 == "end") on_end()
  else if ($4 == "state") on_state()
  else if ($4 == "turn") on_turn()
  else flush()
}

function on_new(    L, name, parent) {
  if ($3 in lane_of && !(lane_of[$3] in ended)) { # exec: another program
    drop_all(lane_of[$3], 1)
    $5 = same($5)
    $7 = same($7)
    flush()
    return
  }
  parent = $6 in lane_of ? lane_of[$6] : 0
  L = ++lanes
  name = $3 in early ? early[$3] : name_of($5, parent, $3)
  delete early[$3]
  lane_of[$3] = L
  lane_name[L] = name
  lane_parent[L] = $6
  find_unique(name, $7)
  after_line = line_start("lane") OFS L OFS name OFS $5 "\n"
  if (parent) {
    inherit(L, parent)
    if (parent in fork_at)
      arrow(fork_at[parent], $1, "new", "fork", "", $6, $3)
  }
  $6 = person($6)
  $7 = same($7)
  flush()
}

# one_name: who has made a POSIX semaphore knows it by that of a file that was
# there before it had its name; others by its name; after sem_unlink(3) without.
function one_name(    obj, path, at) {
  gsub(/\\x20\(deleted\)/, "", $8)
  if (!match($8, /obj=psem:[^ ]*/)) return
  obj = substr($8, RSTART + 4, RLENGTH - 4)
  if ($4 == "done" && $6 == "sem_open" && match($8, /path=[^ ]*/)) {
    path = substr($8, RSTART + 5, RLENGTH - 5)
    path = "psem:" (path ~ /^\// ? "" : "/") path
    if (obj != path) real_name[obj] = path
  }
  if (!(obj in real_name)) return
  at = index($8, obj)
  $8 = substr($8, 1, at - 1) real_name[obj] substr($8, at + length(obj))
}

function on_call_line(    L, k) {
  L = lane_of[$3]
  if ($8 ~ /=psem:/) one_name()
  if ($6 ~ /sleep$/ && match($7, /[0-9.]+e-[0-9]+ s/)) # 1e-06 s
    $7 = substr($7, 1, RSTART - 1) \
      seconds(substr($7, RSTART, RLENGTH - 2)) substr($7, RSTART + RLENGTH - 2)
  attributes($8)
  if ($6 == "shm_open" && A["path"] ~ five) by_folder[A["path"]] = 1
  if (times == 0) mask_names()
  if ($4 == "call") { own_name(A["path"]); own_name(A["addr"]) }
  name_things(L, $6, $4 == "done", $9 ~ /^-1/)
  same_data = A["data"]
  data_shorter = 0
  if (times == 0 && same_data != "") {
    same_data = as_in_cast(same_text(same_data))
    data_shorter = shorter
    k = text_length(A["data"])
    if (k < 0 || A["n"] == "" || A["n"] == k) longer = shorter
  }
  if (A["fd"] != "" && A["obj"] != "" && !((L, A["fd"]) in fd_obj) && \
      $4 == "call" && $6 !~ /close/)
    hold(L, A["fd"], A["obj"], A["obj"] ~ /^(pipe|fifo):/ ? \
         ($6 in writes ? "w" : "r") : "rw")
  if ($4 == "call") on_call(L, $6)
  else if ($4 == "wait") {
    slept[last_call[L]] = $1
    if ($6 ~ /^sem_.*wait$/) { psem_waits[A["obj"]]++; semaphore_now(A["obj"]) }
  }
  else if ($4 == "done") on_done(L, $6, $10)
  if ($4 == "call") last_call[L] = $1
  if (times == 0) {
    $8 = rebuilt()
    $7 = tidy($7)
    if ($4 == "done") $9 = tidy_result($9)
  }
  flush()
}

function seconds(t) {
  t = sprintf("%.9f", t)
  sub(/0+$/, "", t)
  return t
}

function on_enter() {
  signal_at(lane_of[$3], $6)
  if ($7 != "") $7 = person($7)
  flush()
}

function on_end(    L, k, w, sig) {
  L = lane_of[$3]
  if ($5 == "gone" || $5 == "killed") # by its own hand, as its last act?
    for (k in s_pid) {
      split(k, w, SUBSEP)
      if (w[1] == L && s_pid[k] == $3 && w[3] >= s_head[L, w[2]])
        $5 = "killed " w[2]
    }
  if ($5 ~ /^killed /) {
    sig = $5
    sub(/^killed /, "", sig)
    sub(/ .*/, "", sig)
    signal_at(L, sig)
  }
  ended[L] = $1
  drop_all(L, 0)
  for (k in undo) {
    split(k, w, SUBSEP)
    if (w[1] == L && undo[k] > 0) act(w[2], "v" w[3], undo[k])
  }
  delete act_of[$1]
  if (lane_parent[L] in lane_of) {
    signal_to(lane_of[lane_parent[L]], "SIGCHLD")
    delete sent[$1]
  }
  flush()
}

function on_state(    text) {
  meet($5, "", "")
  text = in_words($5, $6)
  if (text == told_state[$5]) return
  told_state[$5] = text
  $5 = called($5)
  $6 = text
  flush()
}

function on_turn(    n, i, w, out) {
  if (times == 0) {
    n = split($5, w, ",")
    out = ""
    for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") person(w[i])
    if ($5 != "-") $5 = out
  }
  flush()
}

# find_unique: the word that the stage has put for {unique} in the arguments.
function find_unique(name, args,    i, c) {
  for (i = 1; i <= roles; i++)
    if (role[i] == name && i in role_unique && args ~ /@/) {
      c = args
      sub(/^[^@]*@/, "", c)
      sub(/[ "].*/, "", c)
      stands_for(c, "<unique>")
    }
}

# mask_names: what a program makes up anew in each run, as it is made.
function mask_names(    p, host) {
  p = A["path"]
  if ($6 == "mkstemp" && $4 == "done" && length(p) > 6)
    stands_for(p, substr(p, 1, length(p) - 6) "XXXXXX")
  else if ($6 ~ /^(shm|sem)_open$/ && (p ~ five || own_name(p)))
    stands_for(p, "<name>")
  if (A["obj"] ~ /^socket:/ || A["own"] != "") {
    mask_port(A["addr"])
    mask_port(A["own"])
    mask_port(A["peer"])
  }
  p = A["addr"]
  if (p ~ "^@" five "$") stands_for(p, "@<name>")
  else if ($6 == "bind" && p ~ /^127\.[0-9.]+:/ && p !~ /^127\.0\.0\.1:/) {
    host = p
    sub(/:.*/, "", host)
    stands_for(host, "<host>", length(host) - 9)
  }
}

# own_name: is it a name that a process has made of its own pid?
function own_name(p,    rest, at, done) {
  if ($3 + 0 < 10 || p == "" || p ~ /^[0-9.]+:/) return 0
  if (p in owns) return owns[p]
  rest = p
  while ((at = index(rest, $3)) > 0) {
    done = done substr(rest, 1, at - 1)
    rest = substr(rest, at + length($3))
    if (rest !~ /^[0-9]/ && done ~ /[^0-9A-Za-z]$/) {
      if ($3 + 0 < 1000 && $6 !~ /^(mq|sem|shm)_/)
        stands_for(p, same(done) person($3) rest, length($3) - 5)
      return owns[p] = 1
    }
    done = done $3
  }
  return 0
}

function mask_port(addr) { # the kernel has chosen it, if it is so high
  if (addr ~ /^[0-9.]+:[0-9]+$/) {
    sub(/.*:/, "", addr)
    if (addr + 0 >= 32768) port[addr] = 1
  }
}

# tidy: the arguments; ids of System V objects, keys and lengths are replaced,
# and pids and types where they stand.
function tidy(s,    id, text, after, n, o) {
  if ($6 ~ /^(msg|sem|shm)|^ftok/) {
    if ($6 ~ /get$|^ftok/) gsub(/0x[0-9a-fA-F]+/, "<key>", s)
    id = A["obj"]
    if ($6 !~ /get$/ && sub(/^(msg|sem|shm):/, "", id))
      s = swap(s, id, "<" thing[A["obj"]] ">")
  }
  if (match(s, /^(pid|P_PID|P_PGID) -?[0-9]+/)) {
    n = index(s, " ")
    s = substr(s, 1, n) pid_at(substr(s, n + 1, RLENGTH - n)) \
      substr(s, RLENGTH + 1)
  } else if ($6 ~ /^msg/ && match(s, /, type [0-9]+/)) {
    s = substr(s, 1, RSTART + 6) typed(substr(s, RSTART + 7, RLENGTH - 7)) \
      substr(s, RSTART + RLENGTH)
  }
  if (!match(s, /"([^"\\]|\\.)*"(\.\.\.)?/)) {
    if (longer) s = swap_last(s, A["n"], A["n"] - longer)
    return same(s)
  }
  text = substr(s, RSTART, RLENGTH)
  after = substr(s, RSTART + RLENGTH)
  s = same(substr(s, 1, RSTART - 1))
  n = text_length(text)
  if (n < 0) n = A["n"]
  if (text == A["data"]) {
    text = same_data
    o = data_shorter
  } else {
    text = as_in_cast(same_text(text))
    o = shorter
  }
  if (o && n != "" && match(after, /^, [0-9]+/) && substr(after, 3, RLENGTH - 2) == n)
    after = ", " n - o substr(after, RLENGTH + 1)
  return s text same(after)
}
function tidy_result(s,    id) {
  if ($6 ~ /^ftok/) gsub(/0x[0-9a-fA-F]+|[0-9][0-9][0-9]+/, "<key>", s)
  if (A["child"] == s && s != "" || A["cmd"] == "GETPID") return pid_at(s)
  if ($6 ~ /get$/) {
    id = A["obj"]
    sub(/^[^:]*:/, "", id)
    if (s == id) return "<" thing[A["obj"]] ">"
  }
  if (longer && s == A["n"]) return s - longer
  return same(s)
}
# swap: the first number OLD in S becomes NEW.
function swap(s, old, new,    out) {
  while (match(s, /[0-9]+/)) {
    if (substr(s, RSTART, RLENGTH) == old)
      return out substr(s, 1, RSTART - 1) new substr(s, RSTART + RLENGTH)
    out = out substr(s, 1, RSTART + RLENGTH - 1)
    s = substr(s, RSTART + RLENGTH)
  }
  return out s
}
function swap_last(s, old, new,    n) {
  n = length(s) - length(old)
  if (substr(s, n + 1) == old && substr(s, n, 1) !~ /[0-9]/)
    return substr(s, 1, n) new
  return s
}

# in_words: what a person says of it: `set 1: value 0, 1 waits`.
function in_words(obj, s,    part, values, waits, zeros, n, i, out, kind) {
  kind = obj
  sub(/:.*/, "", kind)
  if (s == "removed") return same(thing[obj]) ": removed"
  if (kind == "pipe" || kind == "fifo") {
    if (s + 0 == model_bytes(obj, 0)) s = bytes(model_bytes(obj, 1))
    else s = bytes(s + 0)
  } else if (kind == "msg" || kind == "mq") {
    out = messages(obj)
    n = s + 0
    s = n == model_count ? out : n (n == 1 ? " message" : " messages")
  } else if (kind == "sem") {
    split(s, part, "; ")
    n = split(part[1], values, " ") - 1
    split(part[2], waits, " ")
    split(part[3], zeros, " ")
    sub(/^values /, "", part[1])
    out = (n == 1 ? "value " : "values ") (n > 8 ? runs_of(part[1]) : part[1])
    for (i = 2; i <= n + 1; i++) {
      if (waits[i] > 0)
        out = out ", " waits[i] (waits[i] == 1 ? " waits" : " wait") \
          (n == 1 ? "" : " for [" i - 2 "]")
      if (zeros[i] > 0)
        out = out ", " zeros[i] (zeros[i] == 1 ? " waits" : " wait") \
          " for " (n == 1 ? "" : "[" i - 2 "] to be ") "zero"
    }
    s = out
  }
  return same(thing[obj]) ": " s
}

# runs_of: numbers, of which many are the same: `4 0 0 1 (28 times) 0`.
function runs_of(s,    v, n, i, j, out) {
  n = split(s, v, " ")
  for (i = 1; i <= n; i = j) {
    for (j = i + 1; j <= n && v[j] == v[i]; j++) ;
    if (j - i > 3) out = out " " v[i] " (" j - i " times)"
    else for (; i < j; i++) out = out " " v[i]
  }
  return substr(out, 2)
}

function flush(    pid) {
  no($1)
  printf "%s", before_line
  pid = $3
  if (times == 0) {
    $1 = no($1)
    $2 = "-"
    $3 = person(pid)
    if ($4 == "done") $10 = no($10)
  }
  print
  $3 = pid
  printf "%s%s", after_line, states
}
