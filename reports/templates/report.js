// What a reader can do with the page: sort, filter and copy tables; choose, point and zoom in charts.
"use strict";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// ---- tables ---------------------------------------------------------------------------------

const NUMBER = /[-+−]?\d[\d,]*(\.\d+)?(e[-+]\d+)?/;

function value(cell) {
  const found = cell.textContent.match(NUMBER);
  return found ? Number(found[0].replace(/,/g, "").replace("−", "-")) : null;
}

function compare(a, b, numeric) {
  if (!numeric) return a.textContent.localeCompare(b.textContent, "en", { numeric: true });
  const [x, y] = [value(a), value(b)];
  if (x === null || y === null) return (x === null) - (y === null);
  return x - y;
}

function sortBy(table, place, header) {
  const falling = header.getAttribute("aria-sort") === "ascending";
  const numeric = !header.classList.contains("text");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const absent = (row) => numeric && value(row.cells[place]) === null;
  rows.sort((a, b) => {
    if (absent(a) || absent(b)) return absent(a) - absent(b);
    const order = compare(a.cells[place], b.cells[place], numeric);
    return falling ? -order : order;
  });
  body.append(...rows);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
}

function shownRows(table) {
  const rows = [...table.tHead.rows, ...[...table.tBodies[0].rows].filter((row) => !row.hidden)];
  return rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
}

function asCsv(rows) {
  const inert = (text) => (/^[=@+]|^-(?!\d)/.test(text) && !/^[+-]\d[\d.]*/.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return rows.map((row) => row.map((text) => quoted(inert(text))).join(",")).join("\n") + "\n";
}

function asMarkdown(rows) {
  const cell = (text) => text.replace(/[\\|`*_~$&<>[\]]/g, "\\$&");
  const lines = rows.map((row) => `| ${row.map(cell).join(" | ")} |`);
  lines.splice(1, 0, `|${"---|".repeat(rows[0].length)}`);
  return lines.join("\n") + "\n";
}

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  said.textContent = "copied";
  setTimeout(() => { said.textContent = ""; }, 2000);
}

function enhance(table) {
  const headers = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  if (body.rows.length > 1) {
    headers.forEach((header, place) => {
      const button = make("button", { type: "button", textContent: header.textContent });
      button.addEventListener("click", () => sortBy(table, place, header));
      header.replaceChildren(button);
    });
  }
  const said = make("span", { className: "said" });
  said.setAttribute("role", "status");
  const tools = make("div", { className: "tools" });
  if (body.rows.length > 5) {
    const filter = make("input", { type: "search", placeholder: "filter rows" });
    filter.setAttribute("aria-label", `filter rows of ${table.caption.textContent}`);
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of body.rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        count += !row.hidden;
      }
      said.textContent = words.length ? `${count} of ${body.rows.length} rows` : "";
    });
    tools.append(filter);
  }
  for (const [name, write] of [["CSV", asCsv], ["Markdown", asMarkdown]]) {
    const button = make("button", { type: "button", textContent: `Copy ${name}` });
    button.setAttribute("aria-label", `Copy ${table.caption.textContent} as ${name}`);
    button.addEventListener("click", () => copy(write(shownRows(table)), said));
    tools.append(button);
  }
  tools.append(said);
  table.closest(".scroll").before(tools);
}

// ---- charts ---------------------------------------------------------------------------------

let library = null;

function echartsLoaded() {
  library ??= (async () => {
    const packed = atob(document.getElementById("echarts").textContent.trim());
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    document.head.append(make("script", { textContent: await new Response(stream).text() }));
    return window.echarts;
  })();
  return library;
}

const dark = matchMedia("(prefers-color-scheme: dark)");

class Chart {
  constructor(figure, chart, name) {
    Object.assign(this, { figure, chart, name });
    this.chosen = Object.fromEntries(
      Object.entries(chart.chosen).map(([facet, values]) => [facet, new Set(values)]));
    this.axis = Object.keys(chart.axes)[0];
    this.value = Object.keys(chart.values)[0];
    this.place = make("div", { className: "chart" });
    this.place.setAttribute("role", "img");
    const image = this.image = figure.querySelector("img");
    this.title = `${image.alt}. The tables of this page have the numbers.`;
    this.place.setAttribute("aria-label", this.title);
    this.place.id = `chart-${name}`;
  }

  // From here on the chart stands where the picture was, and the pictures that it covers.
  replace() {
    this.image.hidden = true;
    this.image.before(this.controls(), this.place);
    let next = this.figure.nextElementSibling;
    for (; next?.classList.contains("covered"); next = next.nextElementSibling) next.hidden = true;
  }

  controls() {
    const all = make("div", { className: "controls" });
    const folded = make("details", { className: "choose", open: Boolean(this.axis) },
      make("summary", { textContent: "Choose what is shown" }), all);
    const option = (type, group, label, checked, change) => {
      const input = make("input", { type, name: `${this.name}-${group}`, checked });
      input.addEventListener("change", () => { change(input.checked); this.draw(); });
      const text = make("label", {}, input);
      const color = group === "network" && this.chart.colors[label];
      if (color) {
        const swatch = make("span", { className: "swatch" });
        swatch.style.background = color;
        text.append(swatch);
      }
      const mark = group === "backend" && this.chart.marks[label];
      text.append(mark ? `${mark} ${label}` : label);
      return text;
    };
    const group = (name, labels) => {
      const set = make("fieldset", {}, make("legend", { textContent: name }), ...labels);
      if (labels.length > 1) all.append(set);
    };
    group("metric", Object.entries(this.chart.values).map(([name, label]) =>
      option("radio", "metric", label, name === this.value, () => { this.value = name; })));
    group("over", Object.keys(this.chart.axes).map((name) =>
      option("radio", "over", name, name === this.axis, () => { this.axis = name; })));
    for (const [facet, values] of Object.entries(this.chart.facets)) {
      group(facet, values.map((name) => option("checkbox", facet, name, this.chosen[facet].has(name), (on) => {
        this.chosen[facet][on ? "add" : "delete"](name);
      })));
    }
    return folded;
  }

  option() {
    const { option, axes } = this.chart;
    const shown = option.series.filter((series) =>
      Object.entries(series.facets ?? {}).every(([facet, values]) =>
        values.some((value) => this.chosen[facet].has(value))));
    if (!this.axis) return { ...option, series: shown };
    const label = this.chart.values[this.value];
    const series = shown.map((each) => {
      const y = `${each.facets.curve[0]} ${this.value}`;
      const columns = option.dataset[each.datasetIndex].source;
      const told = [y, `${y}, 95 % from`, `${y}, 95 % to`].filter((name) => name in columns);
      return { ...each, encode: { x: this.axis, y, tooltip: told } };
    }).filter((each) => each.encode.y in option.dataset[each.datasetIndex].source);
    return { ...option, series, xAxis: axes[this.axis], yAxis: { ...option.yAxis, name: label, nameGap: 40 } };
  }

  async draw() {
    const { init } = await echartsLoaded();
    if (!this.drawn) {
      if (!this.place.isConnected) this.replace();
      this.drawn = init(this.place, dark.matches ? "dark" : null, { renderer: "svg" });
      new ResizeObserver(() => this.drawn.resize()).observe(this.place);
      this.drawn.on("click", (event) => {
        const link = this.drawn.getOption().series[event.seriesIndex]?.link;
        if (link) location.hash = link;
      });
    }
    this.drawn.setOption(this.option(), { notMerge: true });
    this.place.setAttribute("aria-label", this.title);
    this.figure.dataset.drawn = "yes";
  }

  redraw() {
    this.drawn?.dispose();
    this.drawn = null;
    this.draw();
  }
}

// ---- the page -------------------------------------------------------------------------------

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName === "DETAILS") target.open = true;
  target?.scrollIntoView();
}

function start() {
  const embedded = document.getElementById("charts");
  const charts = embedded ? JSON.parse(embedded.textContent) : {};
  const made = [];
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !target.chart) continue;
      seen.unobserve(target);
      target.chart.draw();
    }
  }, { rootMargin: "300px" });
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const chart = charts[figure.dataset.chart];
    if (!chart || !("DecompressionStream" in window)) continue;
    figure.chart = new Chart(figure, chart, figure.dataset.chart);
    made.push(figure.chart);
    seen.observe(figure);
  }
  dark.addEventListener("change", () => made.filter((chart) => chart.drawn).forEach((chart) => chart.redraw()));
  // Tables that are folded away are made ready when they are opened.
  for (const table of document.querySelectorAll("table.data")) {
    const folded = table.closest("details");
    if (folded) folded.addEventListener("toggle", () => enhance(table), { once: true });
    else enhance(table);
  }
  addEventListener("beforeprint", () => made.forEach((chart) => chart.drawn?.resize()));
  addEventListener("hashchange", open);
  if (location.hash) open();
}

start();
