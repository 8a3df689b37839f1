# show.awk - a run in lanes: one column a process, time downwards.
#
#   LC_ALL=C awk -f scripts/show.awk [-v width=80] [-v colour=1] [-v utf8=1] \
#     [-v times=0] [-v title=TEXT] [-v sources='DIR/x.c ...'] TOLD
#
# It reads a told trace (scripts/told.awk) and prints each call at its source
# line, with arguments and result; a bar where a process sleeps, with what it
# waits for; an arrow where something crosses over; the objects' state between
# the lanes. What repeats is folded, except what crosses over. With `sources`
# the text of each line is shown, too.
#
# As many lanes as fit stand side by side; the column of a process that has
# ended is taken by the next one, if there are too many. Else all of them have
# a line of life at the left, and one column of text with their names; if even
# these are too many, the last line of life is that of all the others.
#
# awk runs in the C locale, where every awk counts bytes, as mawk always does.

BEGIN {
  FS = "\t"
  if (width < 40) width = 80
  if (times == "") times = 1
  if (utf8) {
    RUN = "│"; SLEEP = "┆"; TO = "▶"; BACK = "◀"; BEGINS = "▼"; ENDS = "■"
    FROM = "├"; FROM_R = "┤"; TIMES = "×"; MORE = "⋮"; SOURCE = "» "
    dash["data"] = "─"; dash["fd"] = "─"; dash["connect"] = "─"
    dash["signal"] = "━"; dash["new"] = "╌"; dash["end"] = "╌"
    dash["wake"] = "╌"; dash["eof"] = "╌"
  } else {
    RUN = "|"; SLEEP = ":"; TO = ">"; BACK = "<"; BEGINS = "v"; ENDS = "#"
    FROM = "+"; FROM_R = "+"; TIMES = "x"; MORE = ":"; SOURCE = "> "
    dash["data"] = "-"; dash["fd"] = "-"; dash["connect"] = "-"
    dash["signal"] = "="; dash["new"] = "."; dash["end"] = "."
    dash["wake"] = "."; dash["eof"] = "."
  }
  split("data signal wake eof new end connect fd", kinds, " ")
  one["data"] = "data arrow"; many["data"] = "data arrows"
  one["signal"] = "signal"; many["signal"] = "signals"
  one["wake"] = "wake-up"; many["wake"] = "wake-ups"
  one["eof"] = "end of file"; many["eof"] = "ends of file"
  one["new"] = "fork"; many["new"] = "forks"
  one["end"] = "wait for a child"; many["end"] = "waits for children"
  one["connect"] = "connection"; many["connect"] = "connections"
  one["fd"] = "descriptor passed"; many["fd"] = "descriptors passed"
  hue["data"] = "1;32"; hue["fd"] = "1;32"; hue["connect"] = "1;34"
  hue["signal"] = "1;31"; hue["new"] = "1;34"; hue["end"] = "1;34"
  hue["wake"] = "1;35"; hue["eof"] = "1;33"
  hue["state"] = "7"; hue["dim"] = "2"; hue["bad"] = "1;31"
  split("36 33 35 32 34 31", palette, " ")
  set("noise", "signal sigaction sigprocmask ftok umask setvbuf atexit " \
    "setsockopt getsockopt getsockname fstat stat")
  set("gets", "read readv pread recv recvfrom recvmsg msgrcv mq_receive " \
    "mq_timedreceive fgets getline getdelim getc fgetc getchar fread")
  set("prints", "printf puts putchar putc fputc fputs fwrite fprintf dprintf " \
    "vprintf vfprintf perror warn warnx err errx")
  set("zero", "semctl waitpid waitid poll ppoll select pselect epoll_wait " \
    "read recv recvfrom recvmsg write send sleep alarm sem_getvalue fork")
  set("chars", "getc fgetc getchar")
  set("sleeps", "sleep usleep nanosleep clock_nanosleep")
}
function set(name, list,    w, i, n) {
  n = split(list, w, " ")
  for (i = 1; i <= n; i++) is[name, w[i]] = 1
}

# ---- reading ---------------------------------------------------------------

{
  k = ++events
  eN[k] = $1; eT[k] = $2; eV[k] = $4
  e5[k] = $5; e6[k] = $6; e7[k] = $7; e8[k] = $8; e9[k] = $9
  if ($4 == "new") at_new[$1] = k
  if ($4 == "lane") {
    if (!($3 in lane) || ended[lane[$3]]) lane[$3] = ++lanes
    name[lanes] = $6
    program[lanes] = $7
    eL[k] = lanes
    eL[at_new[$1]] = lanes
    born[lanes] = at_new[$1]
    pid_of[lanes] = $3
    is_forked[lanes] = e6[at_new[$1]] != "0"
    next
  }
  eL[k] = $3 in lane ? lane[$3] : 0
  if (!($1 in at_N) && $4 != "thing") at_N[$1] = k
  if ($4 == "call") open_call[$1] = k
  else if ($4 == "done") {
    call_of[k] = open_call[$10]
    done_of[call_of[k]] = k
  }
  else if ($4 == "end") { ended[eL[k]] = k; last_use[eL[k]] = k }
  else if ($4 == "thing") {
    kind = $5
    id = $5
    sub(/:.*/, "", kind)
    sub(/^[^:]*:/, "", id)
    thing[$5] = $6
    eV[k] = ""
  } else if ($4 == "arrow") {
    a = ++arrows
    aKind[a] = $7
    aLabel[a] = $8
    aFrom[a] = $10 in lane ? lane[$10] : 0
    aTo[a] = $11 in lane ? lane[$11] : 0
    aWho[a] = at_N[$5]
    count[$7]++
    leaves[at_N[$5]] = leaves[at_N[$5]] + 1
    into[at_N[$6]] = into[at_N[$6]] " " a
    if (at_N[$6] > last_use[aFrom[a]]) last_use[aFrom[a]] = at_N[$6]
    eV[k] = ""
  }
  if ($4 ~ /^(call|wait|done)$/) {
    eO[k] = attribute($8, "obj")
    eThing[k] = thing[eO[k]]
  }
}

function attribute(s, key,    at) {
  s = " " s
  if (key == "data") {
    at = index(s, " data=\"")
    return at == 0 ? "" : substr(s, at + 6)
  }
  at = index(s, " data=\"")
  if (at > 0) s = substr(s, 1, at - 1)
  at = index(s, " " key "=")
  if (at == 0) return ""
  s = substr(s, at + length(key) + 2)
  sub(/ .*/, "", s)
  return s
}

# ---- words -------------------------------------------------------------------

# plain: without the commas between the arguments (those in a text stay).
function plain(s,    out, c, i, n, quoted) {
  if (s == "-") return ""
  n = length(s)
  for (i = 1; i <= n; i++) {
    c = substr(s, i, 1)
    if (c == "\\" && quoted) { out = out c substr(s, ++i, 1); continue }
    if (c == "\"") quoted = !quoted
    if (c == "," && !quoted && substr(s, i + 1, 1) == " ") continue
    out = out c
  }
  return out
}
# trimmed: a text without the zeros that fill its array.
function trimmed(s,    tail) {
  if (s == "") return s
  tail = s ~ /"\.\.\.$/ ? "\"..." : "\""
  if (sub(/(\\0)(\\0)+"(\.\.\.)?$/, "", s)) return s "\\0" tail
  return s
}
# named: System V objects by their names, not by their ids.
function named(k, s,    id) {
  id = eO[k]
  if (eThing[k] == "") return s
  if (id ~ /^mq:/) sub(/^queue [0-9]+/, eThing[k], s) # there it is a descriptor
  if (id !~ /^(msg|sem|shm):/) return s
  sub(/^[^:]*:/, "", id)
  sub("(queue|set|segment) (" id "|<[^>]*>)", eThing[k], s)
  return s
}
# who: the process PID by its name.
function who(k, pid) {
  if (pid ~ /^<.*>$/) return substr(pid, 2, length(pid) - 2)
  gsub(/\\x20/, " ", pid)
  return pid in lane ? name[lane[pid]] : pid
}
# which_end: of a pipe or FIFO.
function which_end(w) { return w == "both" ? "both ends" : w " end" }
function arguments(k,    s, pid, w) {
  s = plain(e7[k])
  if (s !~ /"/) gsub(/[+]SIG/, " SIG", s)
  gsub(/wait for [+]0/, "wait for 0", s)
  if (is["prints", e6[k]]) sub(/ fd 2$/, "", s)
  if (match(s, /^pid (<[^>]*>|[0-9]+)/)) {
    pid = substr(s, 5, RLENGTH - 4)
    if (who(k, pid) != pid) s = who(k, pid) substr(s, RLENGTH + 1)
  }
  if (match(s, /^P_PID (<[^>]*>|[0-9]+)/)) {
    pid = substr(s, 7, RLENGTH - 6)
    s = "P_PID " who(k, pid) substr(s, RLENGTH + 1)
  }
  w = attribute(e8[k], "end")
  if (w != "" && e6[k] ~ /^(f?close|dup[23]?|fcntl)$/ && match(s, /^fd [0-9]+/))
    s = substr(s, 1, RLENGTH) " (" which_end(w) ")" substr(s, RLENGTH + 1)
  s = named(k, s)
  if (eO[k] ~ /^(psem|shm):/ && eThing[k] != "" && !index(s, eThing[k]) && \
      e6[k] !~ /get$/ && attribute(e8[k], "path") == "")
    s = eThing[k] (s == "" ? "" : " ") s # it is given by its address
  if (s ~ /(\\0)(\\0)+"/) {
    gsub(/(\\0)(\\0)+"/, "\\0\"", s)
  }
  return s
}
# result: what the call came back with, in words; "" if that says nothing.
function result(k,    r, n, s, data) {
  n = e6[k]
  r = e9[k]
  if (r == "NULL" || r == "-1 E0" || is["chars", n] && r ~ /^-1/)
    return is["gets", n] ? "end of file" : r
  if (r ~ /^-1/) return r
  if (n == "sem_open" || n == "shmat") return ""
  if (is["prints", n]) return ""
  if (is["chars", n] || n == "fgets") return trimmed(attribute(e8[k], "data"))
  if (is["gets", n]) {
    s = r
    data = attribute(e8[k], "type")
    if (data != "" && n == "msgrcv") s = s ", type " data
    if (data != "" && n ~ /^mq_/) s = s ", priority " data
    data = attribute(e8[k], "data")
    return data != "" && data != "\"\"" ? s " " trimmed(data) : s
  }
  if (n ~ /^wait/ && attribute(e8[k], "child") != "") {
    s = attribute(e8[k], "status")
    sub(/:/, " ", s)
    data = who(k, attribute(e8[k], "child"))
    return index(arguments(k), data) ? s : data ", " s
  }
  if (n == "fork") return who(k, r)
  if (n ~ /^(msg|sem|shm)get$/ && eThing[k] != "") return eThing[k]
  if (r == "0" && (!is["zero", n] || n == "semctl" && e8[k] !~ /cmd=GET/))
    return ""
  s = plain(e7[k])
  if (n ~ /^(write|send|sendto|sendmsg)/ && s ~ ("[^0-9]" r "( |$)")) return ""
  if (n == "ftok" || n == "signal") return n == "ftok" ? "key" : ""
  return r
}
function line_of(k,    w) {
  w = e5[k]
  if (w == "?" || w == "-") return ""
  if (w ~ "^" file_of(eL[k]) ":" && !full) sub(/^.*:/, "", w)
  return w " "
}
function file_of(L,    p) {
  p = program[L]
  sub(/.*\//, "", p)
  return p ".c"
}

# waits: what a sleeping call waits for.
function waits(k,    n, o, w) {
  n = e6[k]
  o = eThing[k]
  if (is["sleeps", n]) return "sleeps " plain(e7[k])
  if (n ~ /^open/) return "waits until the other side of " \
    attribute(e8[k], "path") " is opened"
  if (n == "msgrcv") {
    w = attribute(e8[k], "want") + 0
    return "waits for a message" (w > 0 ? " of type " w : w < 0 ? \
      " of a type up to " -w : "") " in " o
  }
  if (n ~ /^mq_(timed)?receive$/) return "waits for a message in " o
  if (n ~ /^(msgsnd|mq_(timed)?send)$/) return "waits for room in " o
  if (n ~ /^sem(timed)?op$/) {
    w = attribute(e8[k], "ops")
    return w ~ /:[+]?0/ ? "waits until " o " is zero" : "waits for a V on " o
  }
  if (n ~ /^sem_/) return "waits for a post of " o
  if (n ~ /^wait/) return "waits until a child ends"
  if (n ~ /^(sigsuspend|pause|sigwait|sigwaitinfo|sigtimedwait)$/)
    return "waits for a signal"
  if (n ~ /^accept/) return "waits for a caller at " o
  if (n == "connect") return "waits to be connected"
  if (n ~ /^(poll|ppoll|select|pselect|epoll_wait)$/)
    return "waits for one of its descriptors"
  if (n ~ /^(fcntl|flock|lockf)$/) return "waits for the lock on " o
  if (n ~ /^(write|send)/ || is["prints", n]) return "waits for room in " o
  if (is["gets", n]) return o == "stdin" || o == "terminal" ? \
    "waits for a line that is typed" : "waits for data from " o
  return "sleeps in " n
}

# ---- items: what gets a row ------------------------------------------------

function item(what, k,    i) {
  i = ++items
  iWhat[i] = what
  iK[i] = k
  iL[i] = eL[k]
  iText[i] = ""
  iKey[i] = ""
  return i
}

# alone: is a call done before anything else happens (but states)?
function alone(k, d,    j) {
  for (j = k + 1; j < d; j++)
    if (eV[j] != "" && eV[j] != "state" && \
        !(eV[j] == "wait" && is["sleeps", e6[k]])) return 0
  return 1
}

function make_items(    k, i, d, c, j, s, w) {
  for (k = 1; k <= events; k++) {
    if (eV[k] == "" || skipped[k]) continue
    if (eV[k] == "call") {
      d = done_of[k]
      i = item("call", k)
      latest[eL[k]] = k
      iText[i] = line_of(k) e6[k] (arguments(k) == "" ? "" : " " arguments(k))
      iHow[i] = ""
      if (d && alone(k, d)) {
        iDone[i] = d
        c = result(d)
        # what is told only when it is done: the descriptors of pipe(2)
        iText[i] = line_of(k) e6[k] (arguments(d) == "" ? "" : " " arguments(d))
        if (c != "") iText[i] = iText[i] " = " c
        if (c ~ /^-1/ && c !~ /EINTR/) iHow[i] = "failed"
        if (is["noise", e6[k]] || e8[k] ~ / cmd=F_(GETFD|GETFL|SETFD)/)
          iHow[i] = iHow[i] "noise"
        skipped[d] = 1
        iArrows[i] = into[d]
        for (j = k + 1; j < d; j++) if (eV[j] == "wait") skipped[j] = 1
      }
      if (iDone[i])
        iKey[i] = e5[k] " " e6[k] " " eO[k] " " (e9[d] ~ /^-1/ ? e9[d] : \
          moves(e6[k]) ? "" : e7[k] " " e9[d]) crossing(iArrows[i])
      else iKey[i] = "begins " e5[k] " " e6[k] " " eO[k]
    } else if (eV[k] == "state") {
      i = item("state", k)
      iText[i] = e6[k]
    } else if (eV[k] == "wait") {
      i = item("wait", k)
      slept[latest[eL[k]]] = 1
      iText[i] = waits(k)
      iKey[i] = "sleeps " e5[k] " " e6[k]
    } else if (eV[k] == "done") {
      c = result(k)
      if (c == "" && into[k] == "" && !slept[call_of[k]]) continue
      i = item("done", k)
      s = arguments(call_of[k]) # is more known now? Which descriptor is ready
      w = arguments(k)
      s = index(w, s " ") == 1 ? substr(w, length(s) + 1) : ""
      iText[i] = line_of(k) e6[k] s (c == "" ? " returns" : " = " c)
      iArrows[i] = into[k]
      if (c ~ /^-1/ && c !~ /EINTR/) iHow[i] = "failed"
      iKey[i] = "done " e5[k] " " e6[k] " " \
        (is["gets", e6[k]] ? "" : e9[k]) crossing(into[k])
    } else if (eV[k] == "enter") {
      i = item("enter", k)
      iText[i] = e6[k] ": its handler begins"
      unseen = 1 # if it is of no process: a timer's
      iArrows[i] = into[k]
    } else if (eV[k] == "leave") {
      i = item("leave", k)
      iText[i] = "the handler of " e6[k] " returns"
      if (iWhat[i - 1] == "enter" && iL[i - 1] == iL[i]) {
        items--
        iWhat[i - 1] = "handled"
        iText[i - 1] = e6[k] ": its handler runs"
      }
    } else if (eV[k] == "new") {
      i = item("new", k)
      iText[i] = name[eL[k]] (times == 0 ? "" : " (" pid_of[eL[k]] ")") \
        (is_forked[eL[k]] ? " begins" : " runs " \
        (e7[k] == "-" ? program[eL[k]] : base(e7[k])))
      iArrows[i] = into[k]
    } else if (eV[k] == "end") {
      i = item("end", k)
      c = e5[k]
      if (sub(/^return /, "", c)) c = "main returns " c
      else if (sub(/^killed /, "", c)) {
        c = "killed by " c
        iHow[i] = "failed"
        if (!over) bad = bad "; " name[eL[k]] " was " c
      }
      else if (c == "gone") c = "gone, how is not known"
      iText[i] = ENDS " " name[eL[k]] ": " c
      iArrows[i] = into[k]
    } else if (eV[k] == "note") {
      i = item("note", k)
      iText[i] = "! " e5[k]
      bad = bad "; " e5[k]
      unseen = 1 # not all that there was is in the trace
      if (e5[k] ~ /^(ended|interrupted)/) over = 1 # who is killed now, is killed by us
    }
  }
}
# moves: does it move bytes? Which ones, and how many, is another each time.
function moves(n) {
  return is["gets", n] || is["prints", n] || n ~ /^(write|send)/
}
# crossing: the same kinds of arrows, from the same processes?
function crossing(list,    w, n, i, s) {
  n = split(list, w, " ")
  for (i = 1; i <= n; i++) s = s " " aKind[w[i]] aFrom[w[i]]
  return s
}
function base(s,    w) {
  w = s
  sub(/ .*/, "", w)
  s = substr(s, length(w) + 1)
  sub(/.*\//, "", w)
  return w s
}

# noise: neighbours of one lane that only prepare become one line.
function fold_noise(    i, j, n, s, first, last, w, m) {
  for (i = 1; i <= items; i++) {
    if (iHow[i] != "noise") continue
    j = i
    while (j < items && iHow[j + 1] == "noise" && iL[j + 1] == iL[i]) j++
    if (j == i) continue
    s = ""
    n = ""
    for (m = i; m <= j; m++) {
      w = plain(e7[iK[m]])
      sub(/ .*/, "", w)
      if (e6[iK[m]] !~ /^sig/) w = ""
      if (e6[iK[m]] == n) s = s (w == "" ? "" : " " w)
      else {
        n = e6[iK[m]]
        s = s (s == "" ? "" : ", ") n (w == "" ? "" : " " w)
      }
      if (m > i) iWhat[m] = ""
    }
    first = e5[iK[i]]
    last = e5[iK[j]]
    sub(/^.*:/, "", first)
    sub(/^.*:/, "", last)
    iText[i] = line_of(iK[i]) s
    if (first != last && line_of(iK[i]) != "")
      sub(/ /, (first + 0 < last + 0 ? "-" : ", ") last " ", iText[i])
    i = j
  }
}

# fold: what a process repeats is shown once: three times or more, if nothing
# crosses over; else more than a dozen times, and the first two are shown.
function fold(    i, L, n) {
  squeeze()
  for (L = 1; L <= lanes; L++) {
    n = 0
    for (i = 1; i <= items; i++)
      if (iL[i] == L && iWhat[i] != "state") mine[++n] = i
    fold_lane(n)
  }
  # the state that a folded call has left is shown only for the last of them
  for (i = 1; i <= items; i++)
    if (iFolded[i])
      for (n = i + 1; n <= items && iWhat[n] == "state"; n++) iWhat[n] = ""
  squeeze()
}
function squeeze(    i, n) {
  for (i = 1; i <= items; i++)
    if (iWhat[i] != "") {
      if (++n == i) continue
      iWhat[n] = iWhat[i]; iK[n] = iK[i]; iL[n] = iL[i]; iText[n] = iText[i]
      iKey[n] = iKey[i]; iHow[n] = iHow[i]; iDone[n] = iDone[i]
      iArrows[n] = iArrows[i]; iFolded[n] = iFolded[i]
    }
  items = n + 0
}
# fold_lane: the items of one lane are mine[1..n].
function fold_lane(n,    i, p, r, most, best, c, crosses) {
  for (i = 1; i <= n; i++) {
    most = 0
    if (iWhat[mine[i]] !~ /^(call|done)$/) continue
    for (p = 1; p <= 24 && i + 3 * p - 1 <= n; p++) {
      if (iKey[mine[i]] != iKey[mine[i + p]]) continue
      r = repeats(i, p, n)
      if (r < 3 || r * p <= most + p) continue
      c = crossings(i, r * p)
      if (c && r <= 12) continue
      most = r * p
      best = p
      crosses = c
    }
    if (!most) continue
    fold_at(i, best, most / best, crosses)
    i += most - 1
  }
}
function crossings(i, n,    j, w, c) {
  for (j = i; j < i + n; j++)
    c += split(iArrows[mine[j]], w, " ") + leaves[iK[mine[j]]] + \
      (iDone[mine[j]] ? leaves[iDone[mine[j]]] : 0)
  return c + 0
}
function repeats(i, p, n,    j) {
  for (j = i; j < i + p; j++) if (iKey[mine[j]] == "") return 0
  for (j = i + p; j <= n && iKey[mine[j]] == iKey[mine[j - p]]; j++) ;
  return int((j - i) / p)
}
# fold_at: P items from mine[i] on, R times.
function fold_at(i, p, r, crosses,    j, k, keep, calls, n, total, each, s, \
                 c, cut, last) {
  calls = 0
  for (j = i; j < i + p; j++)
    if (iWhat[mine[j]] == "call") { calls++; c = mine[j] }
  last = mine[i + r * p - 1]
  keep = crosses ? 2 : 1
  k = iDone[c]
  if (p == 1 && calls == 1 && !crosses) { # the same call again and again
    each = attribute(e8[k], "n")
    for (j = i; j < i + r; j++) {
      k = iDone[mine[j]]
      n = attribute(e8[k], "n")
      if (n != each) each = ""
      total += n
      if (!cut) {
        s = s inner(attribute(e8[k], "data"))
        if (length(s) > 70) { s = substr(s, 1, fitting(s, 60)); cut = 1 }
      }
    }
    if (s != "" && moves(e6[k]))
      iText[c] = line_of(k) e6[k] " " \
        (is["prints", e6[k]] ? "" : "fd " attribute(e8[k], "fd") ", ") \
        (each != "" ? bytes(each) " each" : bytes(total) " in all") ", " \
        TIMES r ": \"" s "\"" (cut ? "..." : "")
    else iText[c] = iText[c] ", " TIMES r
    if (last != c) { # it stands where the last one was: what that left, follows
      iText[last] = iText[c]
      iHow[last] = iHow[c]
    }
    for (j = i; j < i + r - 1; j++) {
      iFolded[mine[j]] = 1
      iWhat[mine[j]] = "gone"
    }
    return
  }
  for (j = i + keep * p; j < i + r * p - 1; j++) {
    iFolded[mine[j]] = 1
    iWhat[mine[j]] = "gone"
  }
  iWhat[last] = "more"
  iArrows[last] = ""
  iText[last] = MORE " the same " (calls == 1 ? "call" : calls " calls") " " \
    r - keep (r - keep == 1 ? " time" : " times") " more"
}
# inner: a text without its quotation marks.
function inner(s) {
  sub(/^"/, "", s)
  sub(/"(\.\.\.)?$/, "", s)
  return s
}
function bytes(n) { return n (n == 1 ? " byte" : " bytes") }

# ---- where things stand ------------------------------------------------------

# columns_for: a column for each process; `reuse` gives that of one that has
# ended, and of which nothing more comes, to the next.
function columns_for(reuse,    L, c, n) {
  n = 0
  for (L = 1; L <= lanes; L++) {
    for (c = 1; c <= n; c++)
      if (reuse && free_at[c] > 0 && free_at[c] < born[L]) break
    column[L] = c
    if (c > n) n = c
    free_at[c] = ended[L] ? last_use[L] : 0
  }
  return n
}
function layout(    least, most, L) {
  left = times == 0 ? 0 : 8
  least = 34
  columns = columns_for(0)
  if (columns * least > width - left) {
    split("", free_at)
    columns = columns_for(1)
  }
  stacked = columns * least > width - left
  if (stacked) {
    split("", free_at)
    columns = columns_for(1)
    for (L = 1; L <= lanes; L++)
      if (columns_of(name[L]) > name_width) name_width = columns_of(name[L])
    if (name_width > 16) name_width = 16
    if (width < 60 && name_width > 9) name_width = 9
    step = columns * 2 + 40 > width - left ? 1 : 2
    most = width - left - name_width - 33 # what is left for the text, too
    if (most < 2) most = 2
    if (columns > most) { # the last column is that of all others
      for (L = 1; L <= lanes; L++) if (column[L] >= most) column[L] = most
      columns = crowd = most
    }
    text_at = left + columns * step + 1 + (step == 1)
    text_width = width - text_at - name_width - 1
    full = text_width >= 60
  } else {
    step = int((width - left) / columns)
    if (step > 70) step = 70
    text_width = step - 3
    full = text_width >= 60
  }
}
function x_of(c) { return left + (c - 1) * step + 1 }

# columns_of: what a text takes on a terminal. From U+3000 on (three bytes, the
# first of them 0xe3 or more) a character is two columns wide.
function columns_of(s,    i, c, n) {
  if (s !~ /[\200-\377]/) return length(s)
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c < "\200" || c >= "\300") n += c >= "\343" ? 2 : 1
  }
  return n + 0
}

# ---- rows -------------------------------------------------------------------

function clear(    c, L) {
  split("", cell)
  split("", paint)
  for (c = 1; c <= columns; c++) {
    L = in_column[c]
    if (c == crowd) { if (alive) put(x_of(c), MORE, hue["dim"]) }
    else if (L) put(x_of(c), asleep[L] ? SLEEP : RUN, lane_hue(L))
  }
}
function lane_hue(L) { return palette[(L - 1) % 6 + 1] }

# put: TEXT from column X on, a cell for each character.
function put(x, s, how,    i, j, n, c, w) {
  n = length(s)
  for (i = 1; i <= n; i = j) {
    c = substr(s, i, 1)
    w = c >= "\343" ? 2 : 1
    for (j = i + 1; j <= n && substr(s, j, 1) >= "\200" && \
         substr(s, j, 1) < "\300" && c >= "\300"; j++) c = c substr(s, j, 1)
    if (x > width) return
    cell[x] = c
    paint[x] = how
    if (w == 2) cell[x + 1] = "\001"
    x += w
  }
}
function row(    x, s, now, how, last) {
  for (x = width; x > 0 && !(x in cell); x--) ;
  last = x
  s = now = ""
  for (x = 1; x <= last; x++) {
    if (x in cell && cell[x] == "\001") continue
    how = x in cell ? paint[x] : ""
    if (colour && how != now) {
      s = s "\033[0" (how == "" ? "" : ";" how) "m"
      now = how
    }
    s = s (x in cell ? cell[x] : " ")
  }
  if (now != "") s = s "\033[0m"
  print s
}

# wrap: TEXT in lines of at most W columns, into lines[1..]; the second and the
# others are indented.
function wrap(s, w, indent,    n, word, rest, room, cut, i, c, cols) {
  if (w < 8 + indent) w = 8 + indent
  n = 1
  lines[1] = ""
  room = w
  while (s != "") {
    # the next word, with the blanks in front of it
    match(s, /^ *[^ ]*/)
    word = substr(s, 1, RLENGTH)
    cols = columns_of(word)
    if (cols <= room) {
      lines[n] = lines[n] word
      room -= cols
      s = substr(s, length(word) + 1)
      continue
    }
    if ((cut = at_bar(word, room)) > 0) {
      lines[n] = lines[n] substr(word, 1, cut)
      s = substr(s, cut + 1)
    } else if (cols > w - indent || lines[n] ~ /^ *$/) {
      # longer than any line: it is cut
      if (room > 8 || lines[n] ~ /^ *$/) {
        cut = fitting(word, room)
        lines[n] = lines[n] substr(word, 1, cut)
        s = substr(s, cut + 1)
      }
    }
    sub(/^ */, "", s)
    lines[++n] = sprintf("%" indent "s", "")
    room = w - indent
  }
  return n
}
# at_bar: where a word like O_RDWR|O_CREAT may be divided.
function at_bar(s, w,    i, cut) {
  if (s ~ /"/) return 0
  for (i = 1; i <= length(s) && i <= w; i++)
    if (substr(s, i, 1) == "|") cut = i
  return cut + 0
}
# fitting: so many bytes of S take at most W columns, and no character is cut.
function fitting(s, w,    i, c, cols, width_) {
  cols = 0
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c >= "\200" && c < "\300") continue
    width_ = c >= "\343" ? 2 : 1
    if (cols + width_ > w) return i - 1
    cols += width_
  }
  return length(s)
}

function clock(k,    s) {
  if (times == 0 || !k || eT[k] == "-" || clocked == k) return
  clocked = k
  s = (eT[k] - eT[1]) / 1000
  s = sprintf(s < 99999.9 ? "%7.1f" : "%7.0f", s)
  put(1, s, hue["dim"])
}

# say: TEXT in the lane L; K is the event. `beside`: an arrow that ends here and
# may stand in the first row.
function say(L, k, s, how, indent, beside,    n, i, c, x, w) {
  c = column[L]
  x = stacked ? text_at + name_width + 1 : x_of(c) + 2
  w = text_width
  n = wrap(s, w, indent)
  for (i = 1; i <= n; i++) {
    clear()
    if (i == 1) {
      clock(k)
      if (beside) draw(beside)
      if (stacked)
        put(text_at, substr(name[L], 1, fitting(name[L], name_width)),
            lane_hue(L) ";1")
    }
    put(x, lines[i], how)
    row()
  }
}

# draw: the arrow A into the row. Between the lines of life; its label in the
# middle if there is room, else (stacked) beside it.
function draw(a,    from, to, x, y, d, s, room, at, right) {
  from = aFrom[a] ? x_of(column[aFrom[a]]) : 0
  to = x_of(column[aTo[a]])
  if (!from) from = to
  d = dash[aKind[a]]
  right = from < to
  x = right ? from : to
  y = right ? to : from
  if (x == y) return
  for (at = x + 1; at < y; at++) put(at, d, hue[aKind[a]])
  if (right) {
    put(x, FROM, hue[aKind[a]])
    put(stacked ? y : y - 1, TO, hue[aKind[a]])
  } else {
    put(y, FROM_R, hue[aKind[a]])
    put(stacked ? x : x + 1, BACK, hue[aKind[a]])
  }
  if (stacked) return
  s = " " label(a) " "
  room = y - x - 5
  if (columns_of(s) > room) s = substr(s, 1, fitting(s, room))
  put(x + 2 + int((room - columns_of(s)) / 2), s, hue[aKind[a]])
}
# own: which call of the process itself it was.
function own(a,    w) {
  w = e5[aWho[a]]
  if (!sub(/^.*:/, "", w)) return ", its own"
  return ", by its own " e6[aWho[a]] " in " w
}
function label(a) {
  if (aKind[a] == "wake" && aLabel[a] !~ / /)
    return aLabel[a] == "V" ? "V wakes it" : aLabel[a] " wakes it"
  return aLabel[a]
}

# arrows_in: draw the arrows that end at this item; the one that may share the
# row with the text is returned.
function arrows_in(i, k,    n, w, j, a, share, c) {
  share = 0
  n = split(iArrows[i], w, " ")
  for (j = 1; j <= n; j++) {
    a = w[j]
    c = aFrom[a] ? column[aFrom[a]] : 0
    if (stacked) {
      clear()
      clock(k)
      draw(a)
      put(text_at, arrow_words(a), hue[aKind[a]])
      row()
    } else if (c == 0 || c == column[aTo[a]]) {
      say(aTo[a], k, FROM dash[aKind[a]] TO " " label(a) own(a),
          hue[aKind[a]], 4, 0)
    } else if (c < column[aTo[a]] && j == n) {
      share = a
    } else {
      clear()
      clock(k)
      draw(a)
      row()
    }
  }
  return share
}
function arrow_words(a,    d) {
  d = dash[aKind[a]] dash[aKind[a]]
  return (aFrom[a] ? name[aFrom[a]] : "?") " " d " " label(a) " " d TO " " \
    name[aTo[a]]
}

# between: TEXT in the middle of all lanes.
function between(k, s, how,    n, i, x) {
  n = wrap(s, width - left - 2, 2)
  for (i = 1; i <= n; i++) {
    clear()
    if (i == 1) clock(k)
    x = left + int((columns * step - columns_of(lines[i])) / 2)
    if (stacked) x = text_at + name_width + 1
    if (x < left + 1) x = left + 1
    put(x, lines[i], how)
    row()
  }
}

# source_line: the text of the line of event K, if it can be found.
function source_line(k,    w, f, n, i, line, file) {
  w = e5[k]
  if (w !~ /:[0-9]+$/) return ""
  file = n = w
  sub(/:[0-9]*$/, "", file)
  sub(/^.*:/, "", n)
  if (!(file in read_in)) {
    read_in[file] = 1
    f = split(sources, src, " ")
    for (i = 1; i <= f; i++)
      if (src[i] == file || src[i] ~ "/" file "$") {
        f = src[i]
        i = 0
        while ((getline line < f) > 0) text_of[file, ++i] = line
        close(f)
        break
      }
  }
  line = text_of[file, n]
  gsub(/\t/, "  ", line)
  sub(/^ +/, "", line)
  return line
}

function render(    i, k, L, s, share, how) {
  for (i = 1; i <= items; i++) {
    if (iWhat[i] == "" || iWhat[i] == "gone") continue
    k = iK[i]
    L = iL[i]
    if (iWhat[i] == "state") {
      if (state[e5[k]] == iText[i] || iText[i] ~ /^std(in|out|err): /) continue
      state[e5[k]] = iText[i]
      between(0, "[" iText[i] "]", hue["state"])
      continue
    }
    if (iWhat[i] == "note") { between(k, iText[i], hue["bad"]); continue }
    if (!L) continue
    if (iWhat[i] == "new") {
      share = arrows_in(i, k)
      in_column[column[L]] = L
      if (column[L] == crowd) alive++
      say(L, k, BEGINS " " iText[i], lane_hue(L) ";1", 4, share)
      continue
    }
    share = arrows_in(i, k)
    if (iWhat[i] == "done") asleep[L] = 0
    if (iWhat[i] == "enter") { was[L] = asleep[L]; asleep[L] = 0 }
    if (iWhat[i] == "leave") asleep[L] = was[L]
    if (iWhat[i] == "end") asleep[L] = 0
    how = lane_hue(L)
    if (iWhat[i] ~ /^(call|done)$/) how = ""
    if (iWhat[i] == "more" || iHow[i] == "noise") how = hue["dim"]
    if (iWhat[i] == "wait") { asleep[L] = 1; how = lane_hue(L) ";2" }
    if (iWhat[i] == "end") how = lane_hue(L) ";1"
    if (iHow[i] ~ /failed/) how = hue["bad"]
    s = ""
    if (sources != "" && iWhat[i] == "call" && iHow[i] != "noise")
      s = source_line(k)
    if (s != "" && shown_line[L] != e5[k]) {
      say(L, 0, SOURCE s, hue["dim"], 4, 0)
      shown_line[L] = e5[k]
    }
    say(L, iWhat[i] == "more" ? 0 : k, iText[i], how, 4, share)
    if (iWhat[i] == "end") {
      in_column[column[L]] = 0
      if (column[L] == crowd) alive--
    }
    # a child that has become another program is known to have ended from this
    s = attribute(e8[iDone[i] ? iDone[i] : k], "child")
    if (e6[k] ~ /^wait/ && s in lane && !ended[lane[s]])
      in_column[column[lane[s]]] = 0
  }
}

END {
  layout()
  make_items()
  fold_noise()
  fold()
  if (title != "") {
    n = wrap(title, width, 2)
    for (i = 1; i <= n; i++) print lines[i]
    print ""
  }
  if (times != 0) { put(1, sprintf("%7s", "ms"), hue["dim"]); row() }
  render()
  s = ""
  for (i = 1; i <= 8; i++)
    if (count[kinds[i]])
      s = s (s == "" ? "" : ", ") count[kinds[i]] " " \
        (count[kinds[i]] == 1 ? one[kinds[i]] : many[kinds[i]])
  print ""
  n = wrap((s != "" ? s : unseen ? "nothing was seen to cross over" : \
    "nothing crossed over") bad, width, 2)
  for (i = 1; i <= n; i++) print lines[i]
}
