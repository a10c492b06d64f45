// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/view.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "linearizability/view_layout.h"

namespace linearizability {
namespace {

constexpr size_t kLeastStep = 14;  // all in pixels
constexpr size_t kLargestStep = 60;
constexpr size_t kWidth = 1000;  // that few operations are spread over
constexpr size_t kRow = 34;
constexpr size_t kBar = 18;
constexpr size_t kPoint = 25;  // below the top of its row
constexpr size_t kAxis = 22;
constexpr size_t kMargin = 12;
constexpr size_t kTick = 140;      // between two times on the axis
constexpr size_t kColours = 4;     // of bands
constexpr size_t kMostLines = 40;  // of the witness
constexpr size_t kMostOfALabel = 200;
constexpr size_t kMostOfAText = 10'000;

constexpr char kStyle[] = R"css(
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0;
  --panel: #f6f8fa; --link: #0a58ca; --bar: #c9d8ee; --bad: #f5b5b5; --fail: #c62828; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1318; --ink: #e6e9ed; --soft: #9aa4af;
  --line: #333c47; --panel: #181e25; --link: #79b0ff; --bar: #2c4263; --bad: #7a2d2d; --fail: #ff7b72; } }
body { margin: 1.5rem; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .4rem; }
a { color: var(--link); }
p, li { overflow-wrap: anywhere; }
.text { white-space: pre-line; }
.soft { color: var(--soft); }
.chart { display: flex; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
.names { flex: none; background: var(--panel); border-right: 1px solid var(--line); font-size: 13px; }
.names div { padding: 0 .6rem; box-sizing: border-box; }
.scroll { overflow-x: auto; }
svg { display: block; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
.op rect { fill: var(--bar); stroke: var(--link); }
.op.open rect { stroke-dasharray: 4 3; }
.op.witness rect { fill: var(--bad); stroke: var(--fail); stroke-width: 2; }
.op:target rect, .op.shown rect { stroke: var(--ink); stroke-width: 3; }
.point { fill: var(--ground); stroke: var(--ink); }
.number { font-size: 9px; text-anchor: middle; }
.order { fill: none; stroke: var(--soft); opacity: .5; }
.lane, .tick { stroke: var(--line); }
.axis { fill: var(--soft); font-size: 11px; }
.band { opacity: .25; } .band0 { fill: #e39b00; } .band1 { fill: #8250df; } .band2 { fill: #1a7f37; }
.band3 { fill: #d63384; }
.break { stroke: var(--fail); stroke-width: 2; }
#shown { min-height: 4.5em; white-space: pre-line; overflow-wrap: anywhere; background: var(--panel);
  border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .8rem; margin: .6rem 0;
  font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
)css";

// Shows in the panel what is in a bar's <title>, and brings a bar to the middle.
constexpr char kScript[] = R"js(
const shown = document.getElementById('shown');
let fixed = null;
function show(op) { shown.textContent = op.querySelector('title').textContent; }
function fix(op) {
  if (fixed) fixed.classList.remove('shown');
  fixed = fixed === op ? null : op;
  if (fixed) { fixed.classList.add('shown'); show(fixed); }
}
for (const op of document.querySelectorAll('.op')) {
  op.addEventListener('pointerenter', () => { if (!fixed) show(op); });
  op.addEventListener('click', () => fix(op));
}
for (const link of document.querySelectorAll('a.jump')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    const op = document.getElementById(link.getAttribute('href').slice(1));
    op.scrollIntoView({ block: 'nearest', inline: 'center' });
    if (fixed !== op) fix(op);
  });
}
)js";

// As text, within an attribute as well.
std::string Escape(std::string_view text, size_t most = kMostOfAText) {
  std::string escaped;
  for (char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'') {
      absl::StrAppend(&escaped, "&#", static_cast<int>(byte), ";");
    } else if (c == '\n' || (byte >= 0x20 && byte < 0x7f)) {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "\\x%02x", byte);
    }
  }
  if (text.size() > most) absl::StrAppend(&escaped, "... (", text.size(), " bytes)");
  return escaped;
}

std::string Details(const ViewOperation& op) {
  std::string text = absl::StrCat(
      "client ", op.client, ": ", Escape(op.label), "\ncalled at ", TimeText(op.call_ns),
      op.return_ns ? absl::StrCat(", returned at ", TimeText(*op.return_ns)) : ", had no answer");
  if (op.place) absl::StrAppend(&text, "\nnumber ", *op.place + 1, " in a legal order");
  if (!op.details.empty()) absl::StrAppend(&text, "\n", Escape(op.details));
  return text;
}

class Drawing {
 public:
  explicit Drawing(const View& view)
      : view_(view),
        layout_(LayOut(view)),
        step_(std::clamp(kWidth / (layout_.times.size() + 1), kLeastStep, kLargestStep)) {}

  std::string Names() const {
    std::string html =
        absl::StrCat("<div class=\"names\"><div style=\"height:", Top(), "px\"></div>\n");
    for (const Lane& lane : layout_.lanes) {
      absl::StrAppend(&html, "<div style=\"height:", lane.rows * kRow, "px\">client ", lane.client,
                      "</div>\n");
    }
    return html + "</div>\n";
  }

  std::string Svg() const {
    const size_t width = (layout_.times.size() + 1) * step_ + 2 * kMargin;
    std::string svg = absl::StrCat("<svg width=\"", width, "\" height=\"", Bottom(),
                                   "\" role=\"img\" aria-label=\"operations over time\">\n");
    DrawGrid(width, &svg);
    DrawBands(&svg);
    for (const Bar& bar : layout_.operations) DrawOperation(bar, &svg);
    DrawOrder(&svg);
    DrawBreak(&svg);
    return svg + "</svg>\n";
  }

  std::string Witness() const {
    std::vector<std::string> lines;
    for (const Bar& bar : layout_.operations) {
      const ViewOperation& op = view_.operations[bar.index];
      if (!op.is_witness) continue;
      lines.push_back(absl::StrCat("<li><a class=\"jump\" href=\"#op", bar.index, "\">client ",
                                   op.client, "</a>, ", TimeText(op.call_ns), " to ",
                                   op.return_ns ? TimeText(*op.return_ns) : "no answer", ": ",
                                   Escape(op.label), "</li>\n"));
    }
    if (lines.empty()) return "";
    const size_t hidden = lines.size() - std::min(lines.size(), kMostLines);
    std::string html = "<h2>The witness</h2>\n<ul>\n";
    if (hidden > 0) absl::StrAppend(&html, "<li>", hidden, " earlier ones, and</li>\n");
    for (size_t i = hidden; i < lines.size(); ++i) html += lines[i];
    return html + "</ul>\n";
  }

  size_t drawn() const { return layout_.operations.size(); }

 private:
  size_t X(size_t step) const { return kMargin + step * step_; }
  size_t Top() const { return kAxis + layout_.band_rows * kRow; }
  size_t Y(size_t row) const { return Top() + row * kRow; }
  size_t Bottom() const { return Y(layout_.rows) + kMargin; }

  void DrawGrid(size_t width, std::string* svg) const {
    for (size_t step = 0; step < layout_.times.size(); step += (kTick + step_ - 1) / step_) {
      absl::StrAppend(svg, "<line class=\"tick\" x1=\"", X(step), "\" x2=\"", X(step), "\" y1=\"",
                      kAxis, "\" y2=\"", Bottom(), "\"/><text class=\"axis\" x=\"", X(step),
                      "\" y=\"", kAxis - 8, "\">", TimeText(layout_.times[step]), "</text>\n");
    }
    for (const Lane& lane : layout_.lanes) {
      absl::StrAppend(svg, "<line class=\"lane\" x1=\"0\" x2=\"", width, "\" y1=\"",
                      Y(lane.first_row), "\" y2=\"", Y(lane.first_row), "\"/>\n");
    }
  }

  void DrawBands(std::string* svg) const {
    std::map<std::string, size_t> colours;
    for (const Bar& bar : layout_.bands) {
      const ViewBand& band = view_.bands[bar.index];
      const size_t colour = colours.emplace(band.name, colours.size() % kColours).first->second;
      const size_t y = kAxis + bar.row * kRow;
      absl::StrAppend(svg, "<g><title>", Escape(band.name), "\n", TimeText(band.begin_ns), " to ",
                      band.end_ns ? TimeText(*band.end_ns) : "the end", "</title>");
      absl::StrAppend(svg, "<rect class=\"band band", colour, "\" x=\"", X(bar.begin), "\" y=\"", y,
                      "\" width=\"", (bar.end - bar.begin) * step_, "\" height=\"", Bottom() - y,
                      "\"/>");
      absl::StrAppend(svg, "<text x=\"", X(bar.begin) + 4, "\" y=\"", y + 17, "\">",
                      Escape(band.name, kMostOfALabel), "</text></g>\n");
    }
  }

  void DrawOperation(const Bar& bar, std::string* svg) const {
    const ViewOperation& op = view_.operations[bar.index];
    absl::StrAppend(svg, "<svg class=\"op", op.return_ns ? "" : " open",
                    op.is_witness ? " witness" : "", "\" id=\"op", bar.index, "\" x=\"",
                    X(bar.begin), "\" y=\"", Y(bar.row) + 3, "\" width=\"",
                    (bar.end - bar.begin) * step_, "\" height=\"", kBar, "\">");
    absl::StrAppend(svg, "<title>", Details(op),
                    "</title><rect width=\"100%\" height=\"100%\" rx=\"3\"/>",
                    "<text x=\"4\" y=\"13\">", Escape(op.label, kMostOfALabel), "</text></svg>\n");
  }

  void DrawOrder(std::string* svg) const {
    std::vector<Bar> points;
    for (const Bar& bar : layout_.operations) {
      if (bar.point) points.push_back(bar);
    }
    if (points.empty()) return;
    std::ranges::sort(points, {}, &Bar::point);
    absl::StrAppend(svg, "<polyline class=\"order\" points=\"");
    for (const Bar& bar : points)
      absl::StrAppend(svg, X(*bar.point), ",", Y(bar.row) + kPoint, " ");
    absl::StrAppend(svg, "\"/>\n");
    for (const Bar& bar : points) {
      absl::StrAppend(svg, "<circle class=\"point\" cx=\"", X(*bar.point), "\" cy=\"",
                      Y(bar.row) + kPoint, "\" r=\"7\"/><text class=\"number\" x=\"", X(*bar.point),
                      "\" y=\"", Y(bar.row) + kPoint + 3, "\">",
                      *view_.operations[bar.index].place + 1, "</text>\n");
    }
  }

  void DrawBreak(std::string* svg) const {
    for (const Bar& bar : layout_.operations) {
      if (bar.index != view_.culprit) continue;
      absl::StrAppend(svg, "<line class=\"break\" id=\"break\" x1=\"", X(bar.end), "\" x2=\"",
                      X(bar.end), "\" y1=\"", kAxis, "\" y2=\"", Bottom(),
                      "\"><title>No legal order is in time for this return.</title></line>\n");
    }
  }

  const View& view_;
  const Layout layout_;
  const size_t step_;
};

std::string HowToRead(const View& view, size_t drawn) {
  std::string text;
  if (drawn < view.operations.size()) {
    const bool has_witness = std::ranges::any_of(view.operations, &ViewOperation::is_witness);
    absl::StrAppend(
        &text, "Drawn are ", drawn, " of ", view.operations.size(), " operations: ",
        has_witness ? "the witness, and those called nearest to where it breaks. " : "the first. ");
  }
  absl::StrAppend(&text,
                  "The axis has a step for each moment at which something happened; lengths say "
                  "nothing of how long it took. A dashed bar had no answer.");
  if (std::ranges::any_of(view.operations,
                          [](const ViewOperation& op) { return op.place.has_value(); })) {
    absl::StrAppend(&text, " Numbers: where operations take effect in a legal order",
                    view.culprit ? " of what came before the red line." : ".");
  }
  return text;
}

}  // namespace

std::string TimeText(int64_t ns) {
  constexpr int64_t kSecond = 1'000'000'000;
  if (ns > -1'000'000 && ns < 1'000'000) return absl::StrCat(ns, " ns");
  const char* sign = ns < 0 && ns / kSecond == 0 ? "-" : "";
  const int64_t part = ns % kSecond;
  return absl::StrFormat("%s%d.%09d s", sign, ns / kSecond, part < 0 ? -part : part);
}

std::string DrawHtml(const View& view) {
  const Drawing drawing(view);
  std::string html = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta name=\"referrer\" content=\"no-referrer\">\n");
  absl::StrAppend(&html, "<title>", Escape(view.title), "</title>\n<style>", kStyle,
                  "</style>\n</head>\n<body>\n");
  absl::StrAppend(&html, "<h1>", Escape(view.title), "</h1>\n<p class=\"text\">", Escape(view.text),
                  "</p>\n");
  absl::StrAppend(&html, drawing.Witness(), "<p class=\"soft\">", HowToRead(view, drawing.drawn()),
                  "</p>\n");
  if (view.culprit) {
    absl::StrAppend(&html, "<p><a class=\"jump\" href=\"#op", *view.culprit,
                    "\">Where it breaks</a></p>\n");
  }
  absl::StrAppend(
      &html,
      "<div id=\"shown\">Point at an operation, or click on it.</div>\n<div class=\"chart\">",
      drawing.Names(), "<div class=\"scroll\">", drawing.Svg(), "</div></div>\n<script>", kScript,
      "</script>\n</body>\n</html>\n");
  return html;
}

}  // namespace linearizability
