# diagram_text.awk - draw the rows of diagram.awk as text, WIDTH columns wide
# (80). With -v ascii=1 there are no box characters.
#
# Two lanes: labels outside, between them what crosses over and the objects. One,
# or more than two: narrow lanes, and all words in a column beside them.

BEGIN {
  if (width == "") width = 80
  few = 0
  split(ascii ? ". | : H - = . - - - - + + o" : \
    "\342\224\212 \342\224\203 \342\226\221 \342\225\221 \342\224\201 \342\225\220 " \
    "\342\224\204 \342\225\214 \342\224\200 \342\225\214 \342\224\200 \342\225\260 \342\225\257 \342\227\217", g, " ")
  unborn = g[1]; lives = g[2]; sleeps = g[3]; handles = g[4]
  rule["data"] = g[5]; rule["signal"] = g[6]; rule["wake"] = g[7]
  rule["eof"] = g[8]; rule["new"] = g[9]; rule["end"] = g[10]
  rule["connect"] = g[11]; rule["fd"] = g[6]
  turns_right = g[12]; turns_left = g[13]; leaves = g[14]
  down_line = ascii ? "|" : "\342\224\202"
  yields = ascii ? " -> " : " \342\206\222 "
}

# ---- a line of cells -----------------------------------------------------------

function spaces(n) { return n > 0 ? sprintf("%" n "s", "") : "" }

function blank_line(    c) { for (c = 1; c <= width; c++) cell[c] = " " }

# put: S from column C on, whole characters, not beyond the edge.
function put(c, s,    i, ch, n, w) {
  for (i = 1; i <= length(s); i += n) {
    ch = substr(s, i, 1)
    n = ch >= "\360" ? 4 : ch >= "\340" ? 3 : ch >= "\300" ? 2 : 1
    w = ch >= "\343" ? 2 : 1
    if (c >= 1 && c + w - 1 <= width) {
      cell[c] = substr(s, i, n)
      if (w == 2) cell[c + 1] = ""
    }
    c += w
  }
}
function put_end(c, s) { put(c - columns(s) + 1, s) } # its last column is C
function print_line(    c, s) {
  for (c = 1; c <= width; c++) s = s cell[c]
  sub(/ +$/, "", s)
  print s
}

# ---- the lanes -----------------------------------------------------------------

function places(    l, space) {
  left = times ? 11 : 0
  two = n_lanes == 2
  if (two) {
    gap = int((width - left) * 0.36)
    space = int((width - left - gap - 2) / 2)
    x[1] = left + space + 1
    x[2] = x[1] + gap + 1
    room = space - 1
  } else {
    space = n_lanes > 9 ? 2 : n_lanes > 5 ? 4 : 5
    for (l = 1; l <= n_lanes; l++) x[l] = left + 1 + (l - 1) * space
    column = x[n_lanes] + 4
    room = width - column
    if (room < 20) { # a terminal is not wide enough: narrower than wrong
      room = 20
      column = width - room
    }
  }
}

# columns_of_lanes: a new line with every lane as it is now.
function lanes_line(    l, t) {
  blank_line()
  for (l = 1; l <= n_lanes; l++)
    put(x[l], now_is[l])
  for (t = 1; t <= 8; t++) if (t in track) put(track_at[t], down_line)
}

function lines_of(i,    s, w, k, n, m, j, part, mark) {
  s = text[i]
  mark = line[i]
  w = room
  w_n = 0
  if (kind[i] == "note") {
    m = split(s, part, /\\n/)
    if (m > 1 && part[m] == "") m--
    for (k = 1; k <= m; k++) {
      if (part[k] ~ /^ *$/ && m > 1) continue
      if (w_n >= 6 && k < m) { w_line[++w_n] = "... " (m - k + 1) " more lines"; break }
      n = wrap(part[k], w - 2 - (two ? 0 : columns(name[lane[i]]) + 1), 4)
      for (j = 1; j <= n; j++) w_line[++w_n] = (j > 1 ? "  " : result[i] == "stderr" ? "! " : "> ") wrapped[j]
    }
    if (!two) for (k = 1; k <= w_n; k++)
      w_line[k] = (k == 1 ? name[lane[i]] : spaces(columns(name[lane[i]]))) " " w_line[k]
    return
  }
  if (times_of[i] > 1 && kind[i] != "fold") s = s " x" times_of[i]
  if (result[i] != "" && kind[i] !~ /^(state|fold|remark)$/) s = s yields result[i]
  if (waits[i]) s = s ", waits"
  if (kind[i] == "state") {
    n = wrap(s, (two ? gap - 4 : room - 2), 3)
    for (k = 1; k <= n; k++) w_line[k] = wrapped[k]
    w_line[1] = "[" w_line[1]
    w_line[n] = w_line[n] "]"
    w_n = n
    return
  }
  if (kind[i] == "fold" || kind[i] == "remark") { w_n = wrap(s, width - left - 4, 2); w_line[1] = wrapped[1]; w_line[2] = wrapped[2]; return }
  if (!two) {
    if (s == "") s = "begins"
    s = name[lane[i]] " " s (mark == "" ? "" : "  " mark)
    mark = ""
  }
  n = wrap(s, w - (mark == "" ? 0 : columns(mark) + 1), 4)
  for (k = 1; k <= n; k++) w_line[k] = wrapped[k]
  if (mark != "" && lane[i] == 1) w_line[1] = w_line[1] " " mark
  else if (mark != "") {
    w_line[1] = mark " " w_line[1]
    for (k = 2; k <= n; k++) w_line[k] = spaces(columns(mark) + 1) w_line[k]
  }
  w_n = s == "" ? 0 : n
}

# free_track: a column beside the sender for what is on its way.
function free_track(l, d,    t) {
  for (t = 1; t <= 8; t++) if (!(t in track)) {
    track_at[t] = x[l] + d
    return t
  }
  return 0
}

function dir(a) {
  if (!sender[a]) return 1
  if (sender[a] == receiver[a]) return two && sender[a] == 2 ? -1 : 1
  return sender[a] < receiver[a] ? 1 : -1
}

# ---- rows ----------------------------------------------------------------------

function draw(    l, i, r, a, k, n, items, arrows, need, c, d, s, n_lines_of, most, side, mid, lo, hi, came, t, got) {
  if (n_plays++) print ""
  if (heading != "") {
    n = wrap(heading, width, 4)
    for (k = 1; k <= n; k++) print wrapped[k]
    print ""
  }
  places()
  split("", track)
  if (two) {
    blank_line()
    for (l = 1; l <= 2; l++) put(x[l] - int(columns(name[l]) / 2), name[l])
    print_line()
    blank_line()
    for (l = 1; l <= 2; l++) {
      s = (program[l] == name[l] ? "" : program[l]) (times ? " " pid_of[l] : "")
      sub(/^ /, "", s)
      put(x[l] - int(columns(s) / 2), s)
    }
    print_line()
  } else for (l = 1; l <= n_lanes; l++) {
    blank_line()
    for (k = 1; k < l; k++) put(x[k], unborn)
    put(x[l], name[l] (program[l] == name[l] ? "" : " (" program[l] ")") (times ? " " pid_of[l] : ""))
    print_line()
  }
  for (l = 1; l <= n_lanes; l++) now_is[l] = unborn
  for (l = 1; l <= n_lanes; l++) was[l] = lives
  split("", n_at); split("", in_row); split("", ar_n); split("", ar_in)
  for (i = 1; i <= n_items; i++) if (instead[i] == i) in_row[row[i], ++n_at[row[i]]] = i
  for (a = 1; a <= n_arrows; a++) ar_in[row[to[a]], ++ar_n[row[to[a]]]] = a
  for (i in handler) if (instead[i] == i) handler_ends[row[handler[i]], lane[i]] = 1
  for (r = 1; r <= n_rows; r++) draw_row(r)
  split("", handler_ends)
}

function draw_row(r,    i, k, n, a, d, l, s, c, lo, hi, j, most, mid, stamp, text_n, right) {
  # The words of what arrives, above its arrow.
  if (two) for (k = 1; k <= ar_n[r]; k++) {
    a = ar_in[r, k]
    if (said(a, 99) == "") continue
    if (k > 4 && ar_n[r] > 5) {
      if (k == 5) { lanes_line(); s = "and " (ar_n[r] - 4) " more"; put(x[1] + 1 + int((gap - columns(s)) / 2), s); print_line() }
      continue
    }
    n = wrap(said(a, (gap - 4) * 2.7), gap - 4, 3)
    for (j = 1; j <= n; j++) {
      lanes_line()
      put(x[1] + 1 + int((gap - columns(wrapped[j])) / 2), wrapped[j])
      print_line()
    }
  }
  # The line itself, with its arrows: who begins, or goes on, does so here.
  for (k = 1; k <= n_at[r]; k++) {
    i = in_row[r, k]
    l = lane[i]
    if (!l) continue
    if (kind[i] == "birth") now_is[l] = lives
    if (kind[i] == "done") now_is[l] = lives
    if (kind[i] == "enter") { before[l] = now_is[l]; now_is[l] = handles }
  }
  lanes_line()
  stamp = ""
  if (times && row_time[r] != "-" && row_time[r] != shown_time) {
    stamp = row_time[r] < 1000000 ? sprintf("%.1f ms", row_time[r] / 1000) : sprintf("%.2f s", row_time[r] / 1000000)
    put_end(left - 1, stamp)
  }
  shown_time = row_time[r]
  for (k = 1; k <= ar_n[r]; k++) {
    a = ar_in[r, k]
    if (!receiver[a]) continue
    d = dir(a)
    lo = sender[a] ? x[sender[a]] + d : x[receiver[a]] - 4
    hi = x[receiver[a]] - d
    if (sender[a] == receiver[a]) {
      put(x[receiver[a]] + d, d > 0 ? "<" : ">")
      delete track[track_of[a]]
      delete track_of[a]
      continue
    }
    for (c = lo; c != hi; c += d) put(c, rule[arrow[a]])
    put(hi, d > 0 ? ">" : "<")
    if (a in track_of) {
      put(track_at[track_of[a]], d > 0 ? turns_right : turns_left)
      delete track[track_of[a]]
      delete track_of[a]
    }
  }
  # What leaves here and arrives later.
  for (a = 1; a <= n_arrows; a++)
    if (from[a] && row[from[a]] == r && row[to[a]] > r && sender[a]) {
      d = dir(a)
      if ((j = free_track(sender[a], d))) { track[j] = 1; track_of[a] = j }
      put(x[sender[a]] + d, leaves)
    }
  text_n = 0
  most = 0
  split("", side_text)
  for (k = 1; k <= n_at[r]; k++) {
    i = in_row[r, k]
    lines_of(i)
    if (kind[i] == "fold" || kind[i] == "remark") {
      for (j = 1; j <= w_n; j++) side_text["m", j] = w_line[j]
    } else if (!two) {
      for (j = 1; j <= w_n; j++) side_text["c", ++text_n] = w_line[j]
      for (j = 1; j <= ar_n[r]; j++) {
        a = ar_in[r, j]
        if (to[a] != i || arrow[a] == "new" || said(a, 99) == "") continue
        n = wrap("<- " said(a, room) (sender[a] ? " from " name[sender[a]] : ""), room - 2, 2)
        for (c = 1; c <= n; c++) side_text["c", ++text_n] = "  " wrapped[c]
      }
      w_n = text_n
    } else if (kind[i] == "state") {
      for (j = 1; j <= w_n; j++) side_text["g", j] = w_line[j]
    } else {
      # A block, also left of its lane, is flush on its left.
      n = 0
      for (j = 1; j <= w_n; j++) if (columns(w_line[j]) > n) n = columns(w_line[j])
      for (j = 1; j <= w_n; j++) {
        s = w_line[j]
        if (lane[i] == 1 && kind[i] == "note") s = s spaces(n - columns(s))
        side_text[lane[i], j] = s
      }
    }
    if (w_n > most) most = w_n
  }
  for (j = 1; j == 1 || j <= most; j++) {
    if (j > 1) lanes_line()
    if (("m", j) in side_text) put(left + 1 + int((width - left - columns(side_text["m", j])) / 2), " " side_text["m", j] " ")
    if (("c", j) in side_text) put(column, side_text["c", j])
    if (("g", j) in side_text) put(x[1] + 1 + int((gap - columns(side_text["g", j])) / 2), side_text["g", j])
    if ((1, j) in side_text && two) put_end(x[1] - 2, side_text[1, j])
    if ((2, j) in side_text && two) put(x[2] + 2, side_text[2, j])
    # From the first line on, who begins to wait waits, and who ends is gone.
    print_line()
    if (j == 1) for (k = 1; k <= n_at[r]; k++) {
      i = in_row[r, k]
      l = lane[i]
      if (!l) continue
      if (waits[i]) now_is[l] = sleeps
      if (kind[i] == "end") now_is[l] = " "
    }
  }
  for (l = 1; l <= n_lanes; l++) if ((r, l) in handler_ends && now_is[l] == handles) now_is[l] = before[l]
}

function finish() { }
