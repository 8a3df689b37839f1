# outcome.awk - how did a planned run end? What was printed, how each ended, who
# waits for ever, what was left behind; the same words for the same outcome.
#
#   LC_ALL=C awk -f scripts/outcome.awk -v outcome_of=TRACE -v plan=PLAN \
#     [-v left=LEFT] [-v cast=ROOM/cast -v play=NAME]
#
# TRACE is what `director -p PLAN` has written (scripts/director.c); NAME.out and
# NAME.err lie beside PLAN. LEFT is a list of what was left behind, a line each
# in the words of whoever has looked (`file NAME`, `queue 0x..`): see
# outcome_left(). Printed are lines, fields divided by TAB:
#   out WHO TEXT        a line that WHO printed, in the order of the whole run
#   err WHO TEXT        the same on stderr
#   end WHO HOW         0, 1 ... as an exit status, or INT, SEGV ... for a signal
#   stuck WHO WHERE CALL HOW   it waits for ever, in this call; after TERM it
#                       ended so (HOW as above; `-` if it did not say)
#   late WHO WHERE CALL the time was over before it ended
#   left WHAT
#   note TEXT           a remark of the director
#   bad TEXT            with a cast: what of this is not as the cast has it
# A last line without TEXT is one without newline. WHO is a name of the plan,
# NAME.1 its first forked child, NAME+ a program it has started that tells
# nothing (tr). What is another number in each run is replaced: pids by <WHO>,
# <key>, <id>, <number> (of a pipe), <port>, <time>.
# What a program prints is told when it prints it, as at a terminal, though
# into a file it comes later, or not at all if it is killed before.
#
# Another awk program may read this file in, too (a second -f), and call
# outcome(TRACE, PLAN, LEFT, CAST, PLAY): the lines are then in O[1..O_n]; in
# O_text what is the same for the same outcome (each process' lines together, as
# their order among processes is no difference); in O_bad the first `bad`, "" if
# all is well. Nothing else of its names begins with anything but outcome_, O_.

BEGIN {
  if (outcome_of != "") {
    outcome(outcome_of, plan, left, cast, play)
    for (O_i = 1; O_i <= O_n; O_i++) print O[O_i]
  }
}

function outcome(trace, plan, left, cast, play,    i, k, w, part) {
  outcome_date = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] [ 0-9][0-9] " \
    "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9][0-9][0-9][0-9]" # ctime(3)
  split("", O); split("", O_who); split("", O_how);
  split("", O_kids); split("", O_number); split("", O_port); split("", O_line)
  split("", O_program); split("", O_taken); split("", O_open); split("", O_depth)
  split("", O_parent); split("", O_order); split("", O_hangs); split("", O_after)
  O_n = O_procs = O_lines = O_stuck = O_late = 0
  O_text = O_bad = ""
  outcome_plan(plan)
  outcome_trace(trace)
  outcome_files(plan)
  for (i = 1; i <= O_lines; i++) {
    w = split(O_line[i], part, "\n")
    if (w == 0) part[w = 1] = ""
    for (k = 1; k <= w; k++)
      outcome_put(O_stream[i], O_speaker[i], outcome_same(part[k]))
  }
  for (i = 1; i <= O_procs; i++) outcome_ended(O_order[i])
  if (left != "") outcome_left(left)
  if (cast != "") outcome_judge(cast, play)
  for (i = 1; i <= O_procs; i++) {
    w = O_order[i]
    O_text = O_text "\n" O_by[w] O_end[w]
  }
  O_text = O_text "\n" O_extra
}

function outcome_put(kind, who, rest,    s) {
  s = kind "\t" who (rest == "" && kind != "out" && kind != "err" ? "" : "\t" rest)
  O[++O_n] = s
  if (kind == "out") O_by[who] = O_by[who] s "\n"
  else if (kind == "end" || kind == "stuck" || kind == "late") O_end[who] = s "\n"
  else if (kind != "err" && kind != "note") O_extra = O_extra s "\n"
}

# outcome_plan: who runs what.
function outcome_plan(plan,    line, w, n) {
  split("", O_by); split("", O_end)
  O_extra = ""
  O_players = 0
  while ((getline line < plan) > 0) {
    n = split(line, w, " ")
    if (w[2] != "runs" || w[1] ~ /^#/) continue
    O_player[++O_players] = w[1]
    sub(/.*\//, "", w[3])
    O_plays[O_players] = w[3]
    O_runs[w[1]] = line
  }
  close(plan)
}

function outcome_attribute(s, key,    at) {
  if (key != "data" && (at = index(" " s, " data=\"")) > 0) s = substr(s, 1, at - 1)
  at = index(" " s, " " key "=")
  if (!at) return ""
  s = substr(s, at + length(key) + 1)
  if (key != "data") sub(/ .*/, "", s)
  return s
}

# ---- the trace -----------------------------------------------------------

function outcome_new(pid, program, parent,    i, who) {
  if (pid in O_who && O_how[pid] == "exec") { # the same one goes on
    delete O_how[pid]
    return
  }
  if (parent != 0 && parent in O_who)
    who = O_who[parent] "." ++O_kids[parent]
  else {
    for (i = 1; i <= O_players; i++)
      if (!O_taken[i] && O_plays[i] == program) break
    if (i > O_players) who = program
    else {
      who = O_player[i]
      O_taken[i] = 1
    }
  }
  O_who[pid] = who
  O_parent[who] = parent != 0 && parent in O_who ? O_who[parent] : ""
  O_pid[who] = pid
  O_program[who] = program
  O_order[++O_procs] = who
}

function outcome_trace(trace,    line, f, w, i, n, s, who) {
  while ((getline line < trace) > 0) {
    split(line, f, "\t")
    if (f[4] == "held" || f[4] == "turn" || f[4] == "state") continue
    if (f[4] == "new") outcome_new(f[3], f[5], f[6])
    else if (f[4] == "call" || f[4] == "done") {
      who = O_who[f[3]]
      outcome_numbers(f[8])
      if (f[4] == "call") {
        if (f[6] ~ /longjmp/) O_depth[who] = 0
        O_open[who, ++O_depth[who]] = f[5] "\t" f[6] " " f[7]
        if (f[6] ~ /^v?errx?$/) outcome_heard(who, f[8]) # it does not return
      } else {
        if (O_depth[who] > 0) O_depth[who]--
        if (f[6] !~ /^(p?read|recv|f?get)/) outcome_heard(who, f[8])
        if (f[6] == "ftok") outcome_number(f[9], "<key>")
      }
    } else if (f[4] == "end") {
      who = O_who[f[3]]
      if (f[5] == "exec") {
        O_how[f[3]] = O_ended[who] = "exec"
        continue
      }
      n = split(f[5], w, " ")
      s = w[2] == "" ? "killed" : w[2]
      sub(/^SIG/, "", s)
      O_how[f[3]] = s
      if (who in O_hangs || O_late) O_after[who] = s
      O_ended[who] = s
    } else if (f[4] == "stuck") {
      O_stuck = 1
      n = split(f[5], w, ",")
      for (i = 1; i <= n; i++)
        if (w[i] in O_who) outcome_stands(O_who[w[i]])
    } else if (f[4] == "note") {
      if (f[5] ~ /^ended: the .* seconds are over/) {
        O_late = 1
        for (i = 1; i <= O_procs; i++)
          if (!(O_pid[O_order[i]] in O_how)) outcome_stands(O_order[i])
      } else if (f[5] !~ /^(order |nobody can go on|$)/) {
        # A number of a process in it would be another one each time.
        s = f[5]
        gsub(/pid [0-9]+ ?/, "", s)
        outcome_put("note", s)
      }
    }
  }
  close(trace)
}
function outcome_heard(who, s,    fd, text) {
  fd = outcome_attribute(s, "fd")
  if ((fd == 1 || fd == 2) && s ~ /obj=(file|dev|tty):/ && \
      (text = outcome_attribute(s, "data")) != "") outcome_prints(fd, who, text, outcome_attribute(s, "n"))
}
function outcome_stands(who) {
  O_hangs[who] = O_depth[who] > 0 ? O_open[who, O_depth[who]] : "?\t?"
}

# outcome_numbers: of an event's attributes those that differ in each run.
function outcome_numbers(s,    v) {
  if (s == "-") return
  if ((v = outcome_attribute(s, "key")) != "" && v != "0") outcome_number(v, "<key>")
  if ((v = outcome_attribute(s, "obj")) != "") {
    if (v ~ /^(msg|sem|shm):/) outcome_number(substr(v, 5), "<id>")
    else if (v ~ /^(pipe|fifo|socket|file):[0-9]+$/) {
      sub(/.*:/, "", v)
      outcome_number(v, "<number>")
    }
  }
  if ((v = outcome_attribute(s, "own")) ~ /:[0-9]+$/) outcome_port(v)
  if ((v = outcome_attribute(s, "peer")) ~ /:[0-9]+$/) outcome_port(v)
}
function outcome_port(v) {
  sub(/.*:/, "", v)
  O_port[v] = 1
}
function outcome_number(v, by) {
  if (v in O_number) return
  O_number[v] = by
  if (v ~ /^0x/) O_number[outcome_decimal(v)] = by
}
function outcome_decimal(s,    i, n) {
  s = tolower(s)
  for (i = 3; i <= length(s); i++)
    n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
  return sprintf("%d", n)
}

# ---- what was printed ----------------------------------------------------

# outcome_prints: a text as C writes it, in its quotation marks. Lines that are
# not yet complete wait in O_rest.
function outcome_prints(fd, who, s, bytes,    n, part, i, cut, stream) {
  stream = fd == 1 ? "out" : "err"
  cut = sub(/"\.\.\.$/, "", s)
  if (!cut) sub(/"$/, "", s)
  s = O_rest[stream, who] substr(s, 2)
  gsub(/\\\\/, "\001", s)
  n = split(s, part, /\\n/)
  for (i = 1; i < n; i++) {
    outcome_line(stream, who, outcome_unescaped(part[i]), 1)
    bytes -= length(O_line[O_lines]) + 1
  }
  if (cut) {
    # The probe tells 128 bytes; the rest of it is in NAME.out.
    outcome_line(stream, who, outcome_unescaped(part[n]) "\002", 1)
    O_bytes[O_lines] = bytes
    part[n] = ""
  }
  gsub(/\001/, "\\\\", part[n])
  O_rest[stream, who] = part[n]
}
function outcome_unescaped(s) {
  gsub(/\\"/, "\"", s)
  gsub(/\\t/, "\t", s)
  gsub(/\\r/, "\r", s)
  gsub(/\001/, "\\", s)
  return s
}
# outcome_bytes: with the bytes that C writes as \xfe, as they are in a file.
function outcome_bytes(s,    out, v) {
  while (match(s, /\\x[0-9a-f][0-9a-f]/)) {
    v = 16 * index("123456789abcdef", substr(s, RSTART + 2, 1)) + \
      index("123456789abcdef", substr(s, RSTART + 3, 1))
    out = out substr(s, 1, RSTART - 1) sprintf("%c", v)
    s = substr(s, RSTART + 4)
  }
  return out s
}
function outcome_line(stream, who, text, whole) {
  O_stream[++O_lines] = stream
  O_speaker[O_lines] = who
  O_line[O_lines] = text
  O_whole[O_lines] = whole
}

# outcome_files: what the files have, and nobody has told.
function outcome_files(plan,    i, j, k, stream, who, s, told, file, n, lines) {
  for (i = 1; i <= O_procs; i++)
    for (k = 1; k <= 2; k++) {
      stream = k == 1 ? "out" : "err"
      who = O_order[i]
      if ((s = O_rest[stream, who]) != "") {
        gsub(/\\\\/, "\001", s)
        outcome_line(stream, who, outcome_unescaped(s), 0)
      }
      delete O_rest[stream, who]
    }
  if (!sub(/[^\/]*$/, "", plan)) plan = ""
  for (k = 1; k <= O_players; k++)
    for (j = 1; j <= 2; j++) {
      stream = j == 1 ? "out" : "err"
      file = plan O_player[k] "." stream
      n = 0
      while ((getline s < file) > 0) lines[++n] = s
      close(file)
      if (n == 0) continue
      told = "\n" # all that its family has said, so that parts are found, too
      for (i = 1; i <= O_lines; i++) {
        if (O_stream[i] != stream || (O_speaker[i] != O_player[k] && \
            index(O_speaker[i], O_player[k] ".") != 1)) continue
        if (O_line[i] ~ /\002$/) outcome_whole(i, lines, n)
        told = told outcome_bytes(O_line[i]) "\n"
      }
      for (i = 1; i <= n; i++)
        if (lines[i] != "" && !index(told, lines[i]) && \
            !outcome_made_of(lines[i], told))
          outcome_line(stream, O_player[k] "+", lines[i], 1)
    }
}
# outcome_whole: line I was cut: it is the line of the file that begins so, and
# those behind it, as many bytes as were written.
function outcome_whole(i, lines, n,    j, s) {
  s = O_line[i]
  sub(/\002$/, "", s)
  for (j = n; j > 0 && index(lines[j], s) != 1; ) j--
  if (j == 0) {
    O_line[i] = s "..."
    return
  }
  s = lines[j]
  while (length(s) + 1 < O_bytes[i] && j < n) s = s "\n" lines[++j]
  if (length(s) >= O_bytes[i]) {
    s = substr(s, 1, O_bytes[i])
    O_whole[i] = 0
  }
  O_line[i] = s
}
# outcome_made_of: is it put together of what several have printed? (A prompt
# without newline, and what another one says behind it.)
function outcome_made_of(line, told,    n, part, i) {
  n = split(told, part, "\n")
  for (i = 1; i <= n; i++)
    while (part[i] != "" && index(line, part[i]))
      line = substr(line, 1, index(line, part[i]) - 1) \
        substr(line, index(line, part[i]) + length(part[i]))
  return line ~ /^ *$/
}

# outcome_same: the line without what differs from run to run.
function outcome_same(s,    out, tok, before) {
  sub(/\002$/, "...", s)
  if (s !~ /[0-9]/) return s
  gsub(outcome_date, "<time>", s)
  while (match(s, /0x[0-9a-fA-F]+|[0-9]+/)) {
    tok = substr(s, RSTART, RLENGTH)
    before = RSTART > 1 ? substr(s, RSTART - 1, 1) : substr(out, length(out))
    out = out substr(s, 1, RSTART - 1)
    s = substr(s, RSTART + RLENGTH)
    if (before ~ /[A-Za-z_]/) ;          # a part of a name
    else if (tok in O_who && (tok + 0 >= 300 || outcome_called(out)))
      tok = "<" O_who[tok] ">"
    else if (tok in O_number && (length(tok) > 3 || tolower(out) ~ \
        /(id|set|queue|segment|pipe)[^0-9a-z]*(is|of)?[^0-9a-z]*$/))
      tok = O_number[tok]
    else if (before == ":" && tok in O_port) tok = "<port>"
    out = out tok
  }
  return out s
}
# outcome_called: a number below 300 (the kernel gives them once) is a pid only
# where it is called one.
function outcome_called(before) {
  return tolower(before) ~ \
    /(pid|process|client|server|child|parent|father|reader|writer|from|i am|by)[^0-9a-z]*(is|=)?[^0-9a-z]*$/
}

# ---- how it ended --------------------------------------------------------

function outcome_ended(who,    s) {
  s = who in O_hangs ? O_hangs[who] : ""
  if (s != "" && s !~ /^\?/) s = outcome_same(s)
  if (who in O_hangs && O_stuck)
    outcome_put("stuck", who, s "\t" (who in O_after ? O_after[who] : "-"))
  else if (who in O_hangs)
    outcome_put("late", who, s)
  else
    outcome_put("end", who, O_pid[who] in O_how ? O_how[O_pid[who]] : "-")
}

# outcome_left: LEFT's lines; a number in them (a key) is another one each time.
function outcome_left(left,    line) {
  while ((getline line < left) > 0)
    if (line != "") outcome_put("left", outcome_same(line))
  close(left)
}

# ---- is it as the cast has it? -------------------------------------------

# Each process must print what the cast lets it print, in its order, and end as
# the cast has it; nobody waits for ever, nothing is left. Peers that run the
# same program may have changed places. There is one other good end, since
# either side may be started first: who ends with 1 and says why on stderr has
# told; who waits then, says so, and ends by TERM, does not hang. A line of the
# cast `#: WHO may print TEXT` is of a text that comes from whoever is first.
function outcome_judge(cast, play,    i, who, first) {
  outcome_cast(cast, play)
  for (i = 1; i <= O_procs; i++) { # what each has said, as it stands there
    who = O_order[i]
    O_raw[who] = O_err[who] = ""
  }
  split("", O_raws)
  for (i = 1; i <= O_lines; i++)
    if (O_stream[i] == "out") {
      O_raw[O_speaker[i]] = O_raw[O_speaker[i]] O_line[i] (O_whole[i] ? "\n" : "")
      O_raws[O_speaker[i]]++
    } else O_err[O_speaker[i]] = O_err[O_speaker[i]] O_line[i] "\n"
  split("", O_is); split("", O_used)
  O_why = first = ""
  outcome_tries = 0
  if (outcome_cast_it(1)) O_why = ""
  if (O_why != "") outcome_bad(O_why)
  for (i = O_n; i > 0; i--)
    if (O[i] ~ /^left\t/) outcome_bad("left behind: " substr(O[i], 6))
  if (O_bad == "" && O_late) outcome_bad("it had not ended when the time was over")
}
function outcome_bad(s) {
  O_bad = s
  O[++O_n] = "bad\t" s
}

# outcome_cast: the play's lines, into C_*: who there is, what each prints.
function outcome_cast(cast, play,    line, w, n, name, wanted, times, who, i,
    out, real) {
  if (O_cast == cast ":" play) return
  O_cast = cast ":" play
  split("", C_role); split("", C_n); split("", C_ends); split("", C_from)
  split("", C_runs); split("", C_may); split("", C_some)
  C_roles = 0
  C_unique = ""
  while ((getline line < cast) > 0) {
    split(line, w, " ")
    if (w[1] == "example" || w[1] == "variant") name = w[2]
    else if (w[2] == "runs" && w[3] == play && wanted == "") wanted = name
    if (name == play) wanted = play
  }
  close(cast)
  name = ""
  while ((getline line < cast) > 0) {
    n = split(line, w, " ")
    if (w[1] == "example" || w[1] == "variant") name = w[2]
    if (name != wanted || name == "" || line ~ /^(# |$|example|variant)/) continue
    if (line ~ /^#: [^ ]+ may print /) { # in this line of a cast is no role
      who = w[2]
      sub(/^#: [^ ]+ may print /, "", line)
      C_may[who, line] = 1
      C_some[who] = 1
    }
    if (line ~ /^#/) continue
    who = w[1]
    if (w[2] == "runs" && !(who in O_runs)) out[who] = 1 # in another scene
    if (w[2] == "forked-by" && w[3] in out) out[who] = 1
    if (who in out) continue
    if (w[2] == "runs" && index(line, "{unique}")) {
      split(O_runs[who], real, " ")
      for (i in w)
        if ((times = index(w[i], "{unique}")) > 0) C_unique = substr(real[i], times)
    }
    if (w[2] == "runs" || w[2] == "forked-by") {
      C_role[++C_roles] = who
      if (w[2] == "runs") C_runs[who] = w[3]
      else C_from[who] = w[3]
    } else if (w[2] == "prints" || w[2] == "asks") {
      sub(/^[^ ]+ [^ ]+ /, "", line)
      times = 1
      if (w[2] == "prints" && line ~ /^[0-9]+ times /) {
        times = line + 0
        sub(/^[0-9]+ times /, "", line)
      }
      while (times-- > 0) {
        C_text[who, ++C_n[who]] = line
        C_asks[who, C_n[who]] = w[2] == "asks"
      }
    } else if (w[2] == "ends") C_ends[who] = w[3]
  }
  close(cast)
}

# outcome_cast_it: find for each role from the Rth on who plays it; true if all
# is well then. O_why: what is not, with the first choice.
function outcome_cast_it(r,    role, i, who, from, some) {
  if (r > C_roles) {
    outcome_tries++
    i = outcome_plays_it()
    if (i != "" && O_why == "") O_why = i
    return i == ""
  }
  role = C_role[r]
  for (i = 0; i <= O_procs; i++) {
    # The one of its own name first.
    who = i == 0 ? role : O_order[i]
    if (!(who in O_pid) || who in O_used || (i > 0 && who == role)) continue
    if (role in C_runs) {
      if (O_parent[who] != "" || O_program[who] != C_runs[role]) continue
    } else if (O_parent[who] != O_is[C_from[role]] || !(who in O_raws)) continue
    some = 1
    O_is[role] = who
    O_used[who] = 1
    if (outcome_cast_it(r + 1)) return 1
    delete O_used[who]
    if (outcome_tries > 200) return 0
  }
  if (role in C_from) { # what it has become tells nothing (tr), or it said nothing
    who = O_is[C_from[role]] "+"
    O_is[role] = who in O_raws && !(who in O_used) ? who : ""
    if (O_is[role] != "") O_used[who] = 1
    if (outcome_cast_it(r + 1)) return 1
    delete O_used[who]
  } else if (!some && O_why == "") O_why = role " did not run"
  return 0
}

# outcome_plays_it: with this casting, what is wrong? "": nothing.
function outcome_plays_it(    r, role, who, s, told, how) {
  for (r = 1; r <= C_roles; r++) {
    who = O_is[C_role[r]]
    if (O_ended[who] == 1 && O_err[who] != "" && O_pid[who] in O_how && \
        !(who in O_hangs)) told = 1
  }
  for (r = 1; r <= C_roles; r++) {
    role = C_role[r]
    who = O_is[role]
    s = outcome_line_by_line(role, who, told)
    if (s == "" || told && outcome_only(role, O_full)) continue
    return role " " s
  }
  for (s in O_raws)
    if (!(s in O_used)) return s " prints, and is not in the cast"
  for (r = 1; r <= O_procs; r++) {
    who = O_order[r]
    how = O_pid[who] in O_how ? O_ended[who] : "-"
    if (who in O_hangs) {
      if (!O_stuck) continue
      if (told && O_err[who] != "" && O_after[who] ~ /^(TERM|0|1)$/) continue
      return who " waits for ever: " outcome_call(O_hangs[who])
    }
    role = ""
    for (s = 1; s <= C_roles; s++)
      if (O_is[C_role[s]] == who) role = C_role[s]
    s = role in C_ends ? C_ends[role] : ""
    if (s == "" || how == s) continue
    if (how == 1 && O_err[who] != "") continue # it has told
    if (told && O_err[who] != "" && how == "TERM") continue
    return who " ended with " how ", not with " s
  }
  return ""
}
function outcome_call(s,    w) {
  split(outcome_same(s), w, "\t")
  return w[1] ": " w[2]
}

# outcome_line_by_line: does WHO print what the cast has for ROLE?
function outcome_line_by_line(role, who, told,    s, i, at, line, want) {
  s = who in O_raw ? O_raw[who] : ""
  if (who ~ /\+$/) {
    s = ""
    for (i = 1; i <= O_lines; i++)
      if (O_speaker[i] == who && O_stream[i] == "out") s = s O_line[i] "\n"
  }
  O_full = s
  for (i = 1; i <= C_n[role]; i++) {
    want = C_text[role, i]
    if (s == "" && told) return "" # it was told what is missing
    if (C_asks[role, i]) {
      if (index(s, want) != 1) break
      s = substr(s, length(want) + 1)
      sub(/^ */, "", s)
      continue
    }
    if ((role, want) in C_may) continue
    s = outcome_without(role, s)
    if ((at = index(s, "\n")) == 0) break
    line = substr(s, 1, at - 1)
    if (!outcome_match(want, line)) break
    s = substr(s, at + 1)
  }
  s = outcome_without(role, s)
  if (i > C_n[role] && s ~ /^ *$/) return ""
  if (outcome_shuffled(role, O_full)) return ""
  if (i > C_n[role]) return "prints too much: " outcome_first(s)
  if (s == "") return "does not print: " want
  return "prints: " outcome_first(s) "; not: " want
}
# outcome_without: the lines that it may print, but need not, are passed over.
function outcome_without(role, s,    at) {
  while ((role in C_some) && (at = index(s, "\n")) > 0 && \
         ((role, substr(s, 1, at - 1)) in C_may)) s = substr(s, at + 1)
  return s
}
function outcome_first(s) {
  sub(/\n.*/, "", s)
  return outcome_same(s)
}

# outcome_only: one was told that its peer is missing, so some lines do not come:
# but none that is not in the cast.
function outcome_only(role, s,    n, line, i, j) {
  n = split(s, line, "\n")
  for (i = 1; i < n; i++) {
    for (j = 1; j <= C_n[role]; j++)
      if (outcome_loosely(C_text[role, j], line[i], 1)) break
    if (j > C_n[role]) return 0
  }
  return 1
}

# outcome_match: is the line the cast's, with what <...> stands for?
function outcome_match(want, line,    at, name) {
  if ((at = index(want, "{unique}")) > 0)
    want = substr(want, 1, at - 1) C_unique substr(want, at + 8)
  while ((at = index(want, "<")) > 0) {
    if (substr(want, 1, at - 1) != substr(line, 1, at - 1)) return 0
    line = substr(line, at)
    want = substr(want, at)
    if (!match(want, /^<[a-z0-9]+>/)) {
      if (substr(line, 1, 1) != "<") return 0
      want = substr(want, 2)
      line = substr(line, 2)
      continue
    }
    name = substr(want, 2, RLENGTH - 2)
    want = substr(want, RLENGTH + 1)
    if (name == "number") {
      if (!match(line, /^-?[0-9]+/)) return 0
    } else if (name == "time") {
      if (!match(line, "^" outcome_date)) return 0
    } else if (name in O_is) {
      if (O_is[name] == "" || index(line, O_pid[O_is[name]]) != 1) return 0
      RLENGTH = length(O_pid[O_is[name]])
    } else return 0
    line = substr(line, RLENGTH + 1)
  }
  return want == line
}

# outcome_shuffled: one that serves several peers may serve them in another
# order. Its lines about each peer must be there, in their order; a number in
# them may be another one (Request 2).
function outcome_shuffled(role, s,    i, n, line, q, queue, at, want) {
  split("", S_n); split("", S_at)
  n = 0
  for (i = 1; i <= C_roles; i++) n += C_role[i] != role && C_role[i] in C_runs
  if (n < 2) return 0
  q = ""
  for (i = 1; i <= C_n[role]; i++) {
    if (C_asks[role, i]) return 0
    want = C_text[role, i]
    for (at = 1; at <= C_roles; at++)
      if (C_role[at] != role && C_role[at] in C_runs && \
          (index(want, "<" C_role[at] ">") || want ~ ("(^|[^a-z])" C_role[at] "($|[^a-z])")))
        q = C_role[at]
    queue[++S_n[q]] = "" # (the number is what counts)
    S_text[q, S_n[q]] = want
  }
  n = split(s, line, "\n")
  for (i = 1; i < n; i++) S_line[i] = line[i]
  if (line[n] != "" || n - 1 != C_n[role]) return 0
  return outcome_shuffle(1, n - 1)
}
function outcome_shuffle(i, n,    q) {
  if (i > n) return 1
  for (q in S_n) {
    if (S_at[q] >= S_n[q]) continue
    if (!outcome_loosely(S_text[q, S_at[q] + 1], S_line[i])) continue
    S_at[q]++
    if (outcome_shuffle(i + 1, n)) return 1
    S_at[q]--
  }
  return 0
}
function outcome_loosely(want, line, anybody,    i) {
  if (outcome_match(want, line)) return 1
  if (anybody)
    for (i = 1; i <= C_roles; i++) gsub("<" C_role[i] ">", "<number>", want)
  gsub(/ [0-9]+/, " <number>", want)
  return outcome_match(want, line)
}
