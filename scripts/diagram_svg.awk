# diagram_svg.awk - draw the rows of diagram.awk as SVG: one picture of all the
# plays, one under the other.
#
# It stands alone: no script, no font to load, no link. All text is text, in a
# font of even width, as only then is it known here how long a line will be. The
# picture brings its own ground, white or dark as the reader's system is set;
# where that is not asked, the white one is still readable on a dark page.
#
# One lane: labels to its right. Two: labels outside, between them what crosses
# over and the objects. Three: labels to the right of each, objects in
# a column of their own. More: narrow lanes, and all words in a column.

BEGIN {
  W = 900
  few = 3
  CW = 8.5      # a column of the text, 14 pixels high
  LH = 18       # a line
  page = 0      # how far down we are
}

function xml(s) {
  gsub(/[\001-\010\013\014\016-\037\177]/, "?", s)
  gsub(/\357\277[\276\277]/, "?", s)
  gsub(/&/, "\\&amp;", s)
  gsub(/</, "\\&lt;", s)
  gsub(/>/, "\\&gt;", s)
  gsub(/"/, "\\&quot;", s)
  return s
}
function out(s) { body[++n_body] = s }
function num(x) { return int(x + (x < 0 ? -0.5 : 0.5)) }

# say: a line of text. Those with a halo are drawn last, over every line.
function say(x, y, class, s) {
  if (s == "") return
  words_out[++n_words] = "<text x=\"" num(x) "\" y=\"" num(y) "\"" \
    (class == "" ? "" : " class=\"" class "\"") ">" s "</text>"
}

# ---- where things stand ------------------------------------------------------

function places(    l, i, objects, space, longest) {
  left = times ? 84 : 16
  for (i = 1; i <= n_items; i++) if (instead[i] == i && kind[i] == "state") objects = 1
  style = layout
  column = 0
  if (style == "two") {
    gap = 300
    space = (W - left - 16 - gap) / 2
    x[1] = left + space
    x[2] = x[1] + gap
    room = int((space - 22) / CW)
  } else if (style == "few") {
    column_width = objects ? (n_lanes == 1 ? 280 : 172) : 0
    column = W - 14 - column_width
    space = (column - left - 10) / n_lanes
    for (l = 1; l <= n_lanes; l++) x[l] = left + 42 + (l - 1) * space
    room = int((space - 38) / CW)
  } else {
    space = n_lanes <= 8 ? 66 : 34
    for (l = 1; l <= n_lanes; l++) x[l] = left + 34 + (l - 1) * space
    column = x[n_lanes] + 44
    if (W < column + 340) W = column + 340 # smaller, but whole
    room = int((W - 20 - column) / CW)
  }
  lanes_apart = space
  levels = 1
  if (style == "many")
    for (l = 1; l <= n_lanes; l++)
      while (head_width(l) + 8 > levels * space) levels++
}

# note_of: does this item stand in a box?
function boxed(i) { return kind[i] == "note" }

# lines_of: the lines of an item's words: into w_line[1..w_n]; w_mark is the
# line of the source, which stands at the lifeline.
function lines_of(i,    s, width, n, k, m, part) {
  s = text[i]
  w_mark = line[i]
  if (kind[i] == "note") {
    # A box, with a line for each line that is printed.
    m = split(s, part, /\\n/)
    if (m > 1 && part[m] == "") m--
    w_n = 0
    width = room - 3
    if (style == "many") width -= columns(name[lane[i]]) + 2
    if (width > 60) width = 60
    for (k = 1; k <= m; k++) {
      if (part[k] ~ /^ *$/ && m > 1) continue
      n = wrap(part[k], width, 3)
      if (w_n + n > 7 && k < m) { w_line[++w_n] = "... " (m - k + 1) " more lines"; break }
      for (n_part = 1; n_part <= n; n_part++) w_line[++w_n] = wrapped[n_part]
    }
    return
  }
  if (times_of[i] > 1 && kind[i] != "fold") s = s " x" times_of[i]
  if (result[i] != "" && kind[i] !~ /^(state|fold|remark)$/) s = s " \342\206\222 " result[i]
  if (waits[i]) s = s ", waits"
  width = room - (w_mark == "" ? 0 : columns(w_mark) + 1)
  if (kind[i] ~ /^(remark|fold)$/) width = 90
  if (kind[i] == "state" && style == "two") width = int((gap - 60) / CW)
  if (kind[i] == "state" && style == "few") width = int((column_width - 24) / CW)
  if (style == "many" && s == "") s = "begins"
  if (style == "many" && lane[i]) s = name[lane[i]] ": " s
  w_n = wrap(s, width, 3)
  for (k = 1; k <= w_n; k++) w_line[k] = wrapped[k]
}

function arrow_text(a) { return style == "many" && arrow[a] == "new" ? "" : said(a, style == "many" ? room - 14 : arrow_width(a) * (style == "two" ? 2.7 : 2.2)) }

# covered: does an arrow of this row pass to the right of lane L?
function covered(r, l,    k, a, lo, hi) {
  for (k = 1; k <= row_arrows[r]; k++) {
    a = row_arrow[r, k]
    lo = sender[a] < receiver[a] ? sender[a] : receiver[a]
    hi = sender[a] < receiver[a] ? receiver[a] : sender[a]
    if (sender[a] && lo <= l && l < hi) return 1
    if (!sender[a] && receiver[a] == l + 1) return 1
  }
  return 0
}

function arrow_width(a,    d) {
  d = int(((sender[a] ? lanes_apart : 90) - 34) / CW)
  return d < 8 ? 8 : d
}

# middle: of the gap beside the sender, where the words of an arrow stand.
function middle(a,    l1, l2) {
  l1 = sender[a]; l2 = receiver[a]
  if (!l1) return x[l2] - 50
  if (l1 == l2) return x[l1] + (style == "two" && l1 == 2 ? -1 : 1) * (40 + columns(arrow_text(a)) * CW / 2)
  return (x[l1] + x[l1 < l2 ? l1 + 1 : l1 - 1]) / 2
}

# heights: what each row needs above and below its line.
function heights(    i, a, r, n, need, y, k) {
  split("", up); split("", down); split("", row_arrows); split("", below)
  split("", label_lines)
  for (r = 1; r <= n_rows; r++) { up[r] = 12; down[r] = 11 }
  for (a = 1; a <= n_arrows; a++) {
    r = row[to[a]]
    row_arrow[r, ++row_arrows[r]] = a
  }
  for (r = 1; r <= n_rows; r++) {
    need = 0
    if (style != "many")
      for (k = 1; k <= row_arrows[r]; k++) {
        a = row_arrow[r, k]
        if (arrow_text(a) == "") continue
        if (k > 4 && row_arrows[r] > 5) { label_lines[a] = 0; continue }
        label_lines[a] = wrap(arrow_text(a), arrow_width(a), 3)
        need += label_lines[a]
      }
    if (need) up[r] = need * LH + 8
    if (k > 5 && row_arrows[r] > 5) up[r] += LH
  }
  for (i = 1; i <= n_items; i++) {
    if (instead[i] != i) continue
    r = row[i]
    lines_of(i)
    # Beside an arrow there is no room for words: they go under it.
    below[i] = style == "few" && lane[i] && covered(r, lane[i])
    need = (w_n - 1) * LH + 11
    if (boxed(i)) need += 6
    if (below[i]) need += LH
    if (kind[i] == "state") need += 3
    if (style == "many") {
      list_at[i] = many_down[r] + 0
      many_down[r] += w_n * LH + (boxed(i) || kind[i] == "state" ? 6 : 0)
      need = many_down[r] - 7
    }
    if (need > down[r]) down[r] = need
    if (style == "many") for (k = 1; k <= row_arrows[r]; k++) {
      a = row_arrow[r, k]
      if (to[a] == i && arrow_text(a) != "" && k <= 4) {
        arrow_at[a] = many_down[r]
        many_down[r] += LH
        if (many_down[r] > down[r]) down[r] = many_down[r]
      }
    }
  }
  y = page + head_height
  for (r = 1; r <= n_rows; r++) {
    y += up[r]
    at[r] = y
    y += down[r] + 2
  }
  split("", many_down)
  return y
}

# ---- drawing -----------------------------------------------------------------

function rect(x1, y1, w, h, class, rx) {
  out("<rect x=\"" num(x1) "\" y=\"" num(y1) "\" width=\"" num(w) "\" height=\"" \
    num(h) "\"" (rx ? " rx=\"" rx "\"" : "") " class=\"" class "\"/>")
}

function head_width(l,    w) {
  w = columns(name[l]) * 9.7 + 20
  return w < 44 ? 44 : w
}
function head(l, y,    w, s) {
  s = name[l]
  w = head_width(l)
  head_at[++n_heads] = num(x[l] - w / 2) " " num(y) " " num(w)
  say(x[l], y + 18, "n m", xml(s))
}

# heads: the names, and under each its program; where lanes are narrow, in
# several heights.
function heads(y, full,    l, dy, s) {
  for (l = 1; l <= n_lanes; l++) {
    dy = (l - 1) % levels * 30
    head(l, y + dy)
    s = program[l]
    if (full && style != "many") {
      if (s != name[l]) say(x[l], y + 42, "s m", xml(s))
      if (times) say(x[l], y + (s == name[l] ? 42 : 57), "s m", "pid " pid_of[l])
    }
    head_bottom[l] = y + dy + 26 + (full && style != "many" ? (s != name[l] ? 18 : 0) + (times ? 16 : 0) : 0)
  }
}

function head_boxes(    i, w) {
  for (i = 1; i <= n_heads; i++) {
    split(head_at[i], w, " ")
    rect(w[1], w[2], w[3], 26, "h", 6)
  }
  n_heads = 0
}

# lifelines: dashed before the birth and none after the end; a box while it
# lives; hollow and hatched while it waits.
function lifelines(bottom,    l, i, y1, y2, b, e, in_row) {
  for (l = 1; l <= n_lanes; l++) {
    b = e = 0
    for (i = 1; i <= n_items; i++) if (instead[i] == i && lane[i] == l) {
      if (kind[i] == "birth") b = i
      if (kind[i] == "end") e = i
    }
    y1 = b ? at[row[b]] - 7 : at[1] - 7
    y2 = e ? at[row[e]] + 7 : bottom - 4
    out("<path d=\"M" num(x[l]) " " num(head_bottom[l] + 2) "V" num(y1) "\" class=\"l\"/>")
    rect(x[l] - 5, y1, 10, y2 - y1, "b")
    if (e && text[e] ~ /^(killed|gone)/) {
      out("<path d=\"M" num(x[l] - 8) " " num(y2 - 6) "l16 16m0 -16l-16 16\" class=\"x\"/>")
    }
  }
  for (i in bar) bars[++n_bars] = i + 0
  for (i = 1; i <= n_items; i++) {
    if (i in bar) wait_bar(i, at[row[bar[i]]])
    else if (instead[i] == i && waits[i]) {
      l = lane[i]
      e = 0
      for (b = i; b <= n_items; b++) if (lane[b] == l && kind[b] == "end") e = b
      wait_bar(i, e ? at[row[e]] : bottom - 8)
    }
  }
  for (i = 1; i <= n_items; i++) if (i in handler && instead[i] == i) {
    l = lane[i]
    rect(x[l] - 2 + (style == "two" && l == 1 ? -6 : 3), at[row[i]] - 7, 9, \
      at[row[handler[i]]] - at[row[i]] + 16, "i")
  }
}
function wait_bar(i, y2,    l) {
  l = lane[i] ? lane[i] : half[i]
  rect(x[l] - 6, at[row[i]], 12, y2 - at[row[i]], "w", 2)
}

function words_at(i, r,    y, k, x1, side, w, h, box, s, extra) {
  lines_of(i)
  y = at[r]
  if (kind[i] == "remark" || kind[i] == "fold") {
    w = 0
    for (k = 1; k <= w_n; k++) if (columns(w_line[k]) > w) w = columns(w_line[k])
    w = w * CW / 2 + 10
    x1 = (left + W - 16) / 2
    out("<path d=\"M" num(left) " " num(y) "H" num(x1 - w) "M" num(x1 + w) " " num(y) "H" num(W - 16) "\" class=\"f\"/>")
    for (k = 1; k <= w_n; k++) say((left + W - 16) / 2, y + 5 + (k - 1) * LH, (kind[i] == "fold" ? "k" : "k z") " m", xml(w_line[k]))
    return
  }
  if (kind[i] == "state") { state_at(i, y); return }
  side = style == "two" && lane[i] == 1 ? -1 : 1
  x1 = style == "many" ? column : x[lane[i]] + side * 14
  if (style == "many") {
    y += list_at[i]
    out("<path d=\"M" num(x[lane[i]] + 8) " " num(at[r]) "H" num(column - 4) "\" class=\"g\"/>")
  }
  if (below[i]) y += LH
  if (boxed(i)) {
    w = 0
    for (k = 1; k <= w_n; k++) if (columns(w_line[k]) > w) w = columns(w_line[k])
    extra = 0
    if (style == "many") { say(x1, y + 5, "", xml(name[lane[i]]) ":"); x1 += (columns(name[lane[i]]) + 2) * CW }
    w = w * CW + 16
    h = w_n * LH + 5
    box = side < 0 ? x1 - w : x1
    out("<path d=\"M" num(box) " " num(y - 11) "h" num(w - 8) "l8 8v" num(h - 8) "h-" num(w) "z\" class=\"" (result[i] == "stderr" ? "e" : "p") "\"/>")
    for (k = 1; k <= w_n; k++)
      say(box + 8, y + 5 + (k - 1) * LH, "o", xml(w_line[k]))
    return
  }
  s = kind[i] == "end" ? "d" : waits[i] ? "wt" : kind[i] == "done" ? "" : kind[i] == "enter" ? "it" : ""
  if (side < 0) s = s (s == "" ? "" : " ") "r"
  extra = w_mark == "" ? 0 : (columns(w_mark) + 1) * CW
  if (w_mark != "") say(x1, y + 5, side < 0 ? "s r" : "s", xml(w_mark))
  for (k = 1; k <= w_n; k++) say(x1 + side * extra, y + 5 + (k - 1) * LH, s, xml(w_line[k]))
}

# state_at: what the kernel says of an object: between two lanes, else at the
# side.
function state_at(i, y,    k, w, x1) {
  w = 0
  for (k = 1; k <= w_n; k++) if (columns(w_line[k]) > w) w = columns(w_line[k])
  w = w * CW + 20
  x1 = style == "two" ? (x[1] + x[2]) / 2 - w / 2 : style == "few" ? column + column_width - w - 2 : column
  rect(x1, y - 12, w, w_n * LH + 7, "st", 11)
  for (k = 1; k <= w_n; k++) say(x1 + w / 2, y + 5 + (k - 1) * LH, "t m", xml(w_line[k]))
}

# arrow_line: from the lifeline where it begins, down beside it if it was on its
# way for some rows, then over to the lane that it reaches.
function arrow_line(a,    l1, l2, x1, x2, y1, y2, d, turn) {
  l1 = sender[a]
  l2 = receiver[a]
  if (!l2) return
  y2 = at[row[to[a]]]
  x2 = x[l2]
  if (!l1) { x1 = x2 - 90; d = 1; y1 = y2 }
  else { x1 = x[l1]; y1 = from[a] ? at[row[from[a]]] : y2; d = l1 < l2 ? 1 : -1 }
  if (l1 == l2) {
    if (y1 == y2) y1 = y2 - 10
    d = style == "two" && l1 == 2 ? -1 : 1
    out("<path d=\"M" num(x1 + 6 * d) " " num(y1) "h" 22 * d "V" num(y2) "H" num(x2 + 8 * d) "\" class=\"a " arrow[a] "\" marker-end=\"url(#" arrow[a] ")\"/>")
    return
  }
  turn = lanes_apart < 100 ? 14 : 26
  out("<path d=\"M" num(x1 + (l1 ? 6 : 0) * d) " " num(y1) (y1 == y2 ? "" : "L" num(x1 + turn * d) " " num(y2 - (y2 - y1 > 40 ? 6 : 0)) (y2 - y1 > 40 ? "q" d " 6 " 8 * d " 6" : "")) \
    "H" num(x2 - 8 * d) "\" class=\"a " arrow[a] "\" marker-end=\"url(#" arrow[a] ")\"/>")
  if (y1 != y2) out("<circle cx=\"" num(x1 + 6 * d) "\" cy=\"" num(y1) "\" r=\"3\" class=\"c " arrow[a] "\"/>")
}

function arrow_words(r,    k, a, n, j, yy, mid, lo) {
  yy = at[r] - 8
  if (style == "many") {
    for (k = 1; k <= row_arrows[r] && k <= 4; k++) {
      a = row_arrow[r, k]
      if (arrow_text(a) == "") continue
      n = wrap("<- " arrow_text(a) (sender[a] ? " from " name[sender[a]] : ""), room - 3, 1)
      say(column + 2 * CW, at[r] + arrow_at[a] + 5, "y" arrow[a], xml(wrapped[1]))
    }
    return
  }
  # The last label stands on the line, those that came before it above.
  for (k = row_arrows[r]; k >= 1; k--) {
    a = row_arrow[r, k]
    if (!(a in label_lines)) continue
    if (label_lines[a] == 0) {
      if (k == 5) { mid = middle(a); say(mid, yy, "s m", "and " (row_arrows[r] - 4) " more"); yy -= LH }
      continue
    }
    mid = middle(a)
    n = wrap(arrow_text(a), arrow_width(a), 3)
    for (j = n; j >= 1; j--) { say(mid, yy, "y" arrow[a] " m", xml(wrapped[j])); yy -= LH }
  }
}

function draw(    l, i, r, bottom, y, a, last) {
  n_plays++
  places()
  y = page + 14
  if (heading != "") {
    n_head = wrap(heading, 92, 3)
    for (i = 1; i <= n_head; i++) { say(16, y + 16, i == 1 ? "q" : "q", xml(wrapped[i])); y += 22 }
    y += 8
  }
  heads(y, 1)
  head_height = y - page + 26 + (style == "many" ? levels * 30 - 24 : (times ? 36 : 20)) + 4
  bottom = heights()
  out("<g>")
  lifelines(bottom)
  head_boxes()
  for (a = 1; a <= n_arrows; a++) arrow_line(a)
  for (r = 1; r <= n_rows; r++) arrow_words(r)
  last = ""
  for (i = 1; i <= n_items; i++) if (instead[i] == i) words_at(i, row[i])
  if (times) for (r = 1; r <= n_rows; r++) {
    a = clock(row_time[r])
    if (a != last) say(left - 10, at[r] + 5, "s r", a)
    last = a
  }
  page = bottom + 6
  if (bottom - head_height > 1200) { heads(page, 0); head_boxes(); page += 6 + levels * 30 }
  for (i = 1; i <= n_words; i++) out(words_out[i])
  n_words = 0
  out("</g>")
  for (l = 1; l <= n_lanes; l++) who_is = who_is (l == 1 ? "" : ", ") name[l] (program[l] == name[l] ? "" : " (" program[l] ")")
  desc = desc (heading == "" ? "" : heading " ") "Processes: " who_is "."
  who_is = ""
  for (a = 1; a <= n_arrows && a <= 60; a++)
    desc = desc " " (sender[a] ? name[sender[a]] : "?") " to " name[receiver[a]] ": " said(a, 60) "."
  desc = desc " "
  page += 8
}

function clock(us) {
  if (us == "-") return ""
  return us < 1000000 ? sprintf("%.1f ms", us / 1000) : sprintf("%.2f s", us / 1000000)
}

# colours: those of one set; each is readable on its ground (4.5 to 1 or more).
function colours(ground, edge, ink, soft, alive, life, amber, hatch, blue, green, \
                 purple, red, teal, note, note_edge, warm, warm_edge, pill, pill_edge) {
  return ".bg{fill:" ground ";stroke:" edge "}text{fill:" ink ";stroke:" ground "}" \
    ".s,.k{fill:" soft "}.h{fill:" pill ";stroke:" ink "}.n,.t,.o{stroke:none}" \
    ".l,.g,.f{stroke:" life "}.b{fill:" alive ";stroke:" ink "}" \
    ".w{fill:" ground ";stroke:" amber "}.wt{fill:" amber "}.hp{stroke:" hatch "}" \
    ".i{fill:" ground ";stroke:" purple "}.it{fill:" purple "}.x{stroke:" red "}.z{fill:" red "}" \
    ".p{fill:" note ";stroke:" note_edge "}.e{fill:" warm ";stroke:" warm_edge "}" \
    ".st{fill:" pill ";stroke:" pill_edge "}" \
    kinds("data", blue) kinds("signal", purple) kinds("wake", green) kinds("eof", soft) \
    kinds("new", ink) kinds("end", soft) kinds("connect", teal) kinds("fd", red)
}
function kinds(k, c) {
  return "." k "{stroke:" c "}.y" k "{fill:" c "}#" k " path,.c." k "{fill:" c ";stroke:" c "}"
}

function finish(    i, k, n, style_text, markers) {
  page += 4
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title desc\" xml:space=\"preserve\">\n", page * 900 / W, W, page
  if (title == "") title = "Sequence diagram"
  printf "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", xml(title), xml(desc)
  print "<style>"
  print "text{font:14px ui-monospace,SFMono-Regular,Menlo,\"DejaVu Sans Mono\",\"Liberation Mono\",\"Noto Sans Mono CJK SC\",monospace;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
  print ".m{text-anchor:middle}.r{text-anchor:end}.n{font-weight:bold;font-size:16px}.q{font-weight:bold;font-size:15px}.d,.ydata,.ysignal,.ywake,.yconnect,.yfd{font-weight:bold}.wt,.k{font-style:italic}"
  print ".h{stroke-width:1.5}.l{stroke-dasharray:3 4}.g{stroke-dasharray:1 5}.f{stroke-dasharray:6 5}.b,.p,.e,.st{stroke-width:1}.w{stroke-width:2;stroke-dasharray:4 2}.x{stroke-width:3}.e{stroke-dasharray:4 2}"
  print ".a{fill:none;stroke-width:2.2}.signal,.fd{stroke-dasharray:8 4}.wake{stroke-dasharray:2 3}.eof,.end{stroke-dasharray:5 4;stroke-width:1.5}.new,.connect{stroke-width:1.5}.c{stroke-dasharray:none}"
  print colours("#fff", "#d0d7de", "#1f2328", "#59636e", "#cfe2f7", "#8c959f", "#8a4600", "#bf8700", "#0550ae", "#116329", "#6f2dbd", "#b3141c", "#0b6472", "#f6f8fa", "#8c959f", "#fff8e5", "#9a6700", "#eef4fb", "#0550ae")
  print "@media(prefers-color-scheme:dark){"
  print colours("#0d1117", "#3d444d", "#f0f6fc", "#a3adb8", "#24466d", "#6e7681", "#f0b24a", "#d29922", "#79c0ff", "#56d364", "#d2a8ff", "#ff7b72", "#56d4dd", "#1b222b", "#6e7681", "#2b2310", "#d29922", "#13263c", "#79c0ff") "}"
  print "</style>"
  n = split("data signal wake eof new end connect fd", k, " ")
  printf "<defs>"
  for (i = 1; i <= n; i++)
    printf "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"8\" refY=\"5\" markerWidth=\"11\" markerHeight=\"11\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\"/></marker>", k[i]
  print "</defs>"
  printf "<rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\" class=\"bg\"/>\n", W - 1, page - 1
  for (i = 1; i <= n_body; i++) print body[i]
  print "</svg>"
}
