// Charts of what a table says: <figure data-chart="bar" data-chart-of="table-id"><canvas></canvas></figure>.
//
// The table is the data and stays the accessible way to it: its first column names the points, each
// further one is a series named by its heading. A cell's number is its data-value, or its text; an
// empty cell is a gap. data-chart: line, bar or stacked. On the figure: data-sideways (bars from the
// left), data-most (so many rows at most), data-unit. On a heading: data-colour, a colour of Tabler's.
(function () {
  "use strict";
  if (!window.Chart) return;
  const COLOURS = ["primary", "teal", "orange", "purple", "pink", "cyan", "yellow", "red"];
  const ROW = 44; // px for each name of a sideways chart
  const drawn = new Map(); // figure -> chart
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const styles = () => getComputedStyle(document.body);
  const colour = (style, name) => style.getPropertyValue("--tblr-" + name).trim() || name;

  function numberIn(cell) {
    const text = cell ? (cell.dataset.value ?? cell.textContent).trim() : "";
    return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
  }

  // -> {labels, series: [{label, colour, values}]}
  function read(table, most) {
    const heads = Array.from(table.tHead.rows[0].cells).slice(1);
    const rows = Array.from(table.tBodies[0].rows).slice(0, most || undefined);
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      series: heads.map((head, place) => ({
        label: head.textContent.trim(),
        colour: head.dataset.colour || COLOURS[place % COLOURS.length],
        values: rows.map((row) => numberIn(row.cells[place + 1])),
      })),
    };
  }

  function settings(figure) {
    const table = document.getElementById(figure.dataset.chartOf);
    const kind = figure.dataset.chart;
    const found = read(table, Number(figure.dataset.most));
    const style = styles();
    const isLine = kind === "line";
    const isSideways = "sideways" in figure.dataset;
    const unit = figure.dataset.unit ? " " + figure.dataset.unit : "";
    const locale = document.documentElement.lang || undefined;
    const words = { color: colour(style, "body-color") };
    const lines = { color: colour(style, "border-color") };
    const numbers = { beginAtZero: true, stacked: kind === "stacked", grid: lines, ticks: { ...words, precision: 0 } };
    const names = { stacked: kind === "stacked", grid: { display: false }, ticks: { ...words, autoSkip: !isSideways } };
    if (isSideways) figure.style.height = found.labels.length * ROW + 60 + "px";
    return {
      type: isLine ? "line" : "bar",
      data: {
        labels: found.labels,
        datasets: found.series.map((each) => ({
          label: each.label,
          data: each.values,
          backgroundColor: colour(style, each.colour),
          borderColor: colour(style, each.colour),
          borderRadius: isLine ? 0 : 3,
          borderWidth: isLine ? 2 : 0,
          pointRadius: isLine ? 3 : 0,
          tension: 0.25,
          spanGaps: false,
        })),
      },
      options: {
        locale,
        indexAxis: isSideways ? "y" : "x",
        maintainAspectRatio: false,
        animation: isStill ? false : { duration: 250 },
        interaction: { mode: "index", axis: isSideways ? "y" : "x", intersect: false },
        scales: isSideways ? { x: numbers, y: names } : { x: names, y: numbers },
        plugins: {
          legend: { position: "top", align: "start", labels: { ...words, boxWidth: 12, boxHeight: 12 } },
          tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${item.formattedValue}${unit}` } },
        },
        font: { family: style.fontFamily },
      },
    };
  }

  function draw(figure) {
    drawn.get(figure)?.destroy();
    drawn.set(figure, new window.Chart(figure.querySelector("canvas"), settings(figure)));
  }
  function drawAll() {
    for (const [figure, chart] of drawn) {
      if (figure.isConnected) continue;
      chart.destroy(); // htmx took it out of the page
      drawn.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
  }

  drawAll();
  document.addEventListener("htmx:load", (event) => {
    if (event.target.querySelector?.("figure[data-chart]")) drawAll();
  });
  // another theme, other colours
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
