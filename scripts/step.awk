# step.awk - show where a held run stands, from a told trace (scripts/told.awk
# with each=1).
#
#   LC_ALL=C awk -f scripts/step.awk -v mode=MODE [-v NAME=VALUE]... TOLD
#
# MODE is what to print:
#   block    what has happened after event `since` (a number), for KEYS='...'; the
#            key is `head`
#   screen   the screen: lanes, source of the lanes in `active` (numbers, the
#            last one last), objects, the last of what has happened, keys
#   end      how it has ended, or where everybody stood
# Other values: rows, cols; DIRS in the environment (folders with sources, one a
# line; with `own` the n-th is of the n-th process that was not forked);
# pids (of lane 1, 2 ...); letters (the keys of lane 10, 11 ...); title, message
# (instead of the keys); colour=1, utf8=1.
# With `info`, a file, it writes there for scripts/step: the number of the last
# event, and of each lane NUMBER STATUS TEXT: STATUS is `held`, `timed` (it
# sleeps, but not for ever), `waits`, `runs`, `gone` (exec) or `ended`; TEXT says
# why it cannot be let go.

BEGIN {
  FS = "\t"
  n_dirs = split(ENVIRON["DIRS"], folder, "\n")
  if (cols == 0) cols = 80
  if (rows == 0) rows = 24
  n_lines = n_states = 0
  gets = "^(v?p?readv?|recv|recvfrom|recvmsg|msgrcv|mq_receive|" \
    "mq_timedreceive|fgets|getline|getdelim|f?getc|getchar|fread)$"
  for (i = 1; i <= length(letters) + 11; i++)
    is_key[substr("123456789n " letters, i, 1)] = 1
  palette = "363335323431"
}

# ---- text on a terminal ------------------------------------------------------

# width: columns that S takes. A character whose first byte is e3 or more has
# two: Chinese, Japanese, Hangul, emoji (but not those for private use: ee).
function width(s,    n, wide) {
  if (s !~ /[\200-\377]/) return length(s)
  gsub(/[\200-\277]/, "", s)
  n = length(s)
  wide = gsub(/[\343-\355\357-\364]/, "", s)
  return n + wide
}
# cut: the first bytes of S that take W columns; the rest is in `rest`.
function cut(s, w,    i, n, c, k) {
  rest = ""
  if (width(s) <= w) return s
  n = 0
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c ~ /[\200-\277]/) continue
    k = c ~ /[\343-\355\357-\364]/ ? 2 : 1
    if (n + k > w) break
    n += k
  }
  rest = substr(s, i)
  return substr(s, 1, i - 1)
}
# at_blank: cut, but between words if they are not too long.
function at_blank(s, w,    head, i) {
  head = cut(s, w)
  if (rest == "" || rest ~ /^ /) return head
  for (i = length(head); i > w / 2; i--)
    if (substr(head, i, 1) == " ") {
      rest = substr(head, i + 1) rest
      return substr(head, 1, i)
    }
  return head
}
function clipped(s, w) {
  if (width(s) <= w) return s
  return cut(s, w - 3) "..."
}
# at_edge: cut, with a mark where something is missing.
function at_edge(s, w) {
  if (width(s) <= w) return s
  s = cut(s, w - 1)
  return s (utf8 ? "\342\200\246" : ">")
}
function padded(s, w,    n) {
  s = cut(s, w)
  n = w - width(s)
  return s sprintf("%" n "s", "")
}
function in_colour(code, s) {
  return colour ? "\033[" code "m" s "\033[m" : s
}
function of_lane(n, s) {
  return in_colour(substr(palette, (n - 1) % 6 * 2 + 1, 2), s)
}
# rule: a line across, with a text in it; `middle`: where columns meet.
function rule(left, right, middle,    dash, cross, s, n) {
  dash = utf8 ? "\342\224\200" : "-"
  cross = utf8 ? "\342\224\254" : "+"
  if (middle == 0) return across(left, cols, dash)
  return across(left, middle, dash) cross across(right, cols - middle - 1, dash)
}
function across(text, w, dash,    s, n) {
  s = dash dash " " clipped(text, w - 4) " "
  n = w - 4 - width(clipped(text, w - 4))
  if (text == "") { s = ""; n = w }
  while (n-- > 0) s = s dash
  return s
}
# folded: print S, its further lines behind a margin.
function folded(s, margin,    w) {
  w = cols
  while (width(s) > w) {
    if (match(cut(s, w), / [^ ]*$/) && RSTART > w / 2) {
      print substr(s, 1, RSTART - 1)
      s = substr(s, RSTART + 1)
    }
    else { print cut(s, w); s = rest }
    s = margin s
  }
  print s
}

# ---- what the trace tells ----------------------------------------------------

function lane(pid) { return pid in lane_of ? lane_of[pid] : 0 }
function name_of(pid) { return lane(pid) ? name[lane(pid)] : pid }
function words(    s) { return $7 == "-" ? $6 : $6 " " named($7) }
function attribute(key,    s, at) {
  s = " " $8
  at = index(s, " data=\"")
  if (key == "data") return at ? substr(s, at + 6) : ""
  if (at) s = substr(s, 1, at - 1)
  if ((at = index(s, " " key "=")) == 0) return ""
  s = substr(s, at + length(key) + 2)
  sub(/ .*/, "", s)
  return s
}
# named: S with the names of objects and processes, not their numbers, as show
# has them; what stands in quotes stays.
function named(s,    id, out, i, n) {
  id = attribute("obj")
  if (id in thing) {
    if (id ~ /^mq:/) sub(/^queue [0-9]+/, thing[id], s)
    if (id ~ /^(msg|sem|shm):/) {
      n = id
      sub(/^[^:]*:/, "", n)
      sub("(queue|set|segment) (" n "|<[^>]*>)", thing[id], s)
    }
  }
  out = ""
  while (match(s, /"([^"\\]|\\.)*"/)) {
    i = RSTART
    n = RLENGTH
    out = out bare(substr(s, 1, i - 1)) substr(s, i, n)
    s = substr(s, i + n)
  }
  return out bare(s)
}
function bare(s,    out, k, pid, name) {
  for (k = 1; k <= 2; k++) {
    pid = attribute(k == 1 ? "to" : "child")
    if (pid !~ /^[0-9]+$/ || !lane(pid)) continue
    if (match(" " s " ", "[ +-]" pid "[ ,]"))
      s = substr(s, 1, RSTART - 1) name_of(pid) substr(s, RSTART + length(pid))
  }
  out = ""
  while (match(s, /<[^<>]*>/)) {
    name = substr(s, RSTART + 1, RLENGTH - 2)
    out = out substr(s, 1, RSTART - 1) (name in is_name ? name : "<" name ">")
    s = substr(s, RSTART + RLENGTH)
  }
  return out s
}
# result: what the call came back with, and what it has brought.
function result(    s, data) {
  if ($9 == "-") return ""
  if ($6 ~ /^(msg|sem|shm)get$/ && attribute("obj") in thing && $9 !~ /^-/)
    return " = " thing[attribute("obj")]
  s = " = " ($6 ~ /^wait|fork$/ && lane($9) ? name_of($9) : bare($9))
  if ($6 ~ gets) {
    data = attribute("data")
    if (sub(/(\\0)(\\0)+"(\.\.\.)?$/, "", data)) # zeros fill its array
      data = data "\\0\"" (attribute("data") ~ /"\.\.\.$/ ? "..." : "")
    if (data == "\"\"" || index(s, data)) data = ""
    if (attribute("type") != "" && $9 !~ /^-/) s = s ", type " attribute("type")
    if (data != "") s = s " " data
  }
  return s
}

# happened: a line of the block, and of the list on the screen.
function happened(s, kind) {
  line[++n_lines] = s
  line_kind[n_lines] = kind
  line_at[n_lines] = $1
  return n_lines
}
function stands(n, how) {
  status[n] = how
  where[n] = $5
  call[n] = words()
  call_name[n] = $6
  call_seconds[n] = $8 ~ /(^| )sec=/
}

{ last = $1; who = lane($3) }

$4 == "new" {
  parent[$3] = $6
  if (who) { # by exec
    status[who] = "runs"
    happened(name[who] ": runs " $5)
  }
  next
}
$4 == "lane" {
  lane_of[$3] = $5
  name[$5] = $6
  is_name[$6] = 1
  program[$5] = $7
  status[$5] = "runs"
  if ($5 > lanes) lanes = $5
  folder_of[$5] = parent[$3] in lane_of ? folder_of[lane_of[parent[$3]]] : ++roots
  if (parent[$3] in forked) # its result is known by name now
    sub(/= (<[^<>]*>|[0-9]+)$/, "= " $6, line[forked[parent[$3]]])
  happened($6 ": new, " (parent[$3] in lane_of ? \
    "forked by " name_of(parent[$3]) : "runs " $7))
  next
}
$4 == "call" {
  if ($1 > since && !first_caller && head in is_key) first_caller = who
  stands(who, $6 ~ /^f?exec[lv]/ ? "gone" : "runs")
  done_line[$1] = happened(name[who] "  " $5 "  " words())
  own_line[$3] = $1
  next
}
$4 == "wait" {
  stands(who, call_seconds[who] || timed($6) ? "timed" : "waits")
  slept[own_line[$3]] = 1
  if (own_line[$3] in done_line)
    line[done_line[own_line[$3]]] = line[done_line[own_line[$3]]] ": sleeps"
  next
}
$4 == "done" {
  status[who] = "runs"
  text = name[who] "  " $5 "  " words() result()
  if ($10 in slept) happened(text " (has slept)")
  else if (mode == "screen" ||
      ($10 in done_line && line_at[done_line[$10]] > since))
    line[at = done_line[$10]] = text
  else at = happened(text)
  if ($6 ~ /fork$/) forked[$3] = at
  next
}
$4 == "held" {
  at = where[who]
  stands(who, "held")
  # Before the return from main() it has left its last line behind.
  returns[who] = $5 == "-" && $6 == "return"
  if (returns[who]) where[who] = at
  next
}
$4 == "enter" {
  happened(name[who] "  " $5 "  " $6 ": its handler begins")
  next
}
$4 == "leave" {
  happened(name[who] "  " $5 "  " $6 ": its handler returns")
  next
}
$4 == "end" {
  if (returns[who] && $1 > since && !first_caller && head in is_key)
    first_caller = who
  status[who] = "ended"
  how[who] = $5
  happened(name[who] ": ended, " $5)
  next
}
$4 == "thing" { thing[$5] = $6; is_name[$6] = 1; next }
$4 == "state" {
  if (!($5 in state)) object[++n_states] = $5
  state[$5] = $6
  state_at[$5] = $1
  happened("  " $6, "state")
  next
}
$4 == "arrow" {
  text = $8 == $7 ? $8 : $7 ", " $8
  happened("  " name_of($10) " --" text "--> " name_of($11))
  next
}
$4 == "turn" { turn = $5; next }
$4 == "note" { happened("(" $5 ")"); next }

function timed(name) {
  return name ~ /^(sleep|usleep|nanosleep|clock_nanosleep)$/ || name ~ /timed/
}

# doing: what a lane is about to do, or does.
function doing(n) {
  if (status[n] == "held") return "held before " call[n]
  if (status[n] == "waits" || status[n] == "timed") return "sleeps in " call[n]
  if (status[n] == "ended") return "ended: " how[n]
  if (status[n] == "gone") return "has become another program: " call[n]
  return "runs"
}

# ---- the source --------------------------------------------------------------

# read_source: the lines of FILE, as lane N knows it, from one of the folders,
# into source[KEY, i]; its KEY. Two of one's own may have the same name.
function read_source(file, n,    i, k, key, s, at) {
  k = own != "" && folder_of[n] in folder ? folder_of[n] : 0
  key = k SUBSEP file
  if (key in source_n) return key
  source_n[key] = 0
  for (i = k ? 0 : 1; i <= n_dirs && source_n[key] == 0; i++) {
    path = folder[i ? i : k] "/" file
    while ((getline s < path) > 0) {
      while ((at = index(s, "\t")) > 0)
        s = substr(s, 1, at - 1) substr("        ", 1 + (at - 1) % 8) \
          substr(s, at + 1)
      gsub(/[\001-\037\177]/, "?", s)
      source[key, ++source_n[key]] = s
    }
    close(path)
  }
  return key
}
# column: H lines of the source of lane N, W wide, into cell[SIDE, 1..H].
function column(side, n, h, w,    file, at, first, i, r, mark, text, least, key) {
  for (r = 1; r <= h; r++) cell[side, r] = ""
  file = where[n]
  at = file
  sub(/:.*/, "", file)
  sub(/.*:/, "", at)
  if (file == "" || file == "?" || file == "-") return
  key = read_source(file, n)
  if (source_n[key] == 0) { cell[side, 1] = "(no " file " here)"; return }
  first = at - int((h - 1) / 2)
  if (first > source_n[key] - h + 1) first = source_n[key] - h + 1
  if (first < 1) first = 1
  least = 99
  for (i = first; i < first + h && i <= source_n[key]; i++) {
    match(source[key, i], /^ */)
    if (source[key, i] != "" && RLENGTH < least) least = RLENGTH
  }
  if (least < 4 || least == 99) least = 0
  r = 0
  for (i = first; i <= source_n[key] && r < h; i++) {
    mark = status[n] == "held" ? ">" : status[n] == "ended" ? "x" : "z"
    if (i != at || status[n] == "held" && returns[n]) mark = " "
    text = substr(source[key, i], least + 1)
    text = i == at ? at_blank(text, w - 5) : at_edge(text, w - 5)
    cell[side, ++r] = sprintf("%4d%s", i, mark) text
    is_at[side, r] = i == at && mark != " "
    # The line about to run is there as a whole.
    while (is_at[side, r] && rest != "" && r < h) {
      sub(/^ */, "", rest)
      text = at_blank(rest, w - 7)
      cell[side, ++r] = "    " mark "  " text
      is_at[side, r] = 1
    }
  }
}

# ---- what is asked for -------------------------------------------------------

function block(    i) {
  print "[" head "]" (first_caller ? " " name[first_caller] : "")
  for (i = 1; i <= n_lines; i++)
    if (line_at[i] > since) folded("  " line[i], "      ")
}

# key_of: the key that chooses lane N.
function key_of(n) {
  return n <= 9 ? n : n - 9 <= length(letters) ? substr(letters, n - 9, 1) : "-"
}

function screen(    n, i, k, l, o, h, s, w, list, half, left, right, shown, pid) {
  n = split(active, list, " ")
  right = n > 0 ? list[n] : lanes > 1 ? 2 : 1
  left = n > 1 ? list[n - 1] : right
  if (left == right && lanes > 1) left = right == 1 ? 2 : 1
  if (left > right) { i = left; left = right; right = i } # the sides are kept
  split(pids, pid, " ")

  l = lanes > int(rows / 4) ? int(rows / 4) : lanes
  o = 0
  for (i = 1; i <= n_states; i++)
    if (state_at[object[i]] > since ||
        state[object[i]] !~ /: removed$|^std[a-z]+: 0 bytes$/)
      shown[++o] = object[i]
  k = o
  if (o > 2 + int((rows - 20) / 4)) o = 2 + int((rows - 20) / 4)
  if (o < 1) o = 1
  h = 3 + int((rows - 24) / 6)
  if (h < 2) h = 2
  s = rows - 5 - l - o - h
  if (s < 3) s = 3

  print in_colour("1", clipped(title, cols))
  for (i = 1; i <= l; i++) {
    # Of too many lanes the last line is those that cannot be seen else.
    text = key_of(i) " " name[i] (i in pid ? " (" pid[i] ")" : "") ": " doing(i)
    if (i == l && lanes > l) {
      text = ""
      for (n = l; n <= lanes; n++)
        text = text (n > l ? "  " : "") key_of(n) " " name[n] " " status[n]
    }
    print of_lane(i, clipped(text, cols))
  }

  half = lanes > 1 ? int((cols - 1) / 2) : 0
  w = half ? half : cols
  if (lanes == 0) { left = right = 1; where[1] = "?" }
  print rule(name[left] "  " where[left], name[right] "  " where[right], half)
  column("l", left, s, w)
  if (half) column("r", right, s, cols - half - 1)
  for (i = 1; i <= s; i++) {
    text = padded(cell["l", i], w)
    if (is_at["l", i]) text = in_colour("1", text)
    if (half) {
      text = text (utf8 ? "\342\224\202" : "|")
      text = text (is_at["r", i] ? in_colour("1", cell["r", i]) : cell["r", i])
    } else {
      sub(/ +$/, "", text)
    }
    print text
  }

  print rule(k > o ? "objects (" k - o " more)" : "objects", "", 0)
  for (i = 1; i <= o; i++) {
    at = k > o ? shown[i + k - o] : shown[i]
    text = k == 0 ? "none yet" : clipped(state[at], cols)
    if (k > 0 && state_at[at] > since) text = in_colour("1", text)
    print text
  }
  print rule("what has happened", "", 0)
  n = 0
  for (i = n_lines; i > 0 && n < h; i--)
    if (line_kind[i] != "state") tail[++n] = line[i]
  for (i = h; i > 0; i--) print clipped(i in tail ? tail[i] : "", cols)
  if (message == "")
    message = (lanes < 2 ? "1" : lanes < 10 ? "1-" lanes : lanes == 10 ? \
      "1-9, a" : "1-9, a-" key_of(lanes)) (lanes < 10 ? ": one call of that one" : \
      ": one call")
  else only = 1
  printf "%s", in_colour("7", clipped(message (only ? "" : \
    "  space: of the next  r: run  w: why  ?: help  q: end"), cols - 1))
}

function end(    i, s, open) {
  for (i = 1; i <= lanes; i++) {
    if (status[i] == "gone") s = s (s == "" ? "" : ", ") name[i] " by " call[i]
    else if (status[i] != "ended") {
      open = 1
      folded("  " name[i] "  " (returns[i] || where[i] == "" ? "" : \
        where[i] "  ") doing(i), "      ")
    } else {
      sub(/^(return|_exit)/, "exit", how[i])
      s = s (s == "" ? "" : ", ") name[i] " " how[i]
    }
  }
  if (lanes == 0) s = "nothing had begun"
  else if (open) s = s == "" ? "all by step" : s "; the others by step"
  folded("ended: " s, "      ")
}

END {
  if (info != "") {
    print last + 0 > info
    for (i = 1; i <= lanes; i++) {
      text = status[i] == "ended" ? " has ended, " how[i] : \
        (status[i] == "gone" ? " " : " is not held: it ") doing(i)
      print i, status[i], name[i] text > info
    }
    close(info)
  }
  if (mode == "screen") screen()
  else if (mode == "block") block()
  else if (mode == "end") end()
}
