// Draws each chart from the table beside it, so that both always say the same. Chart.js is loaded before (window.Chart).
const colours = ["#0b6e4f", "#5aa9a0", "#c9b458", "#dd8452", "#b3121d"];
const lines = ["#0b4fbf", "#b25e09"];

function read(table) {
  const heads = [...table.querySelectorAll("thead th")];
  const series = heads.map((head, place) => ({ label: head.dataset.series, place })).filter((one) => one.label);
  const rows = [...table.querySelectorAll("tbody tr")].filter((row) => row.querySelector("[data-value]"));
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: series.map((one) => ({
      label: one.label,
      data: rows.map((row) => (row.cells[one.place].dataset.value === "" ? null : 100 * Number(row.cells[one.place].dataset.value))),
    })),
  };
}

function scale(ink, line, stacked) {
  return { stacked, min: 0, max: 100, ticks: { color: ink, callback: (value) => `${value} %` }, grid: { color: line } };
}

function shares(found, ink, line) {
  const datasets = found.series.map((one, place) => ({ ...one, backgroundColor: colours[place], borderColor: "#fff", borderWidth: 1 }));
  const scales = { x: scale(ink, line, true), y: { stacked: true, ticks: { color: ink }, grid: { display: false } } };
  return { type: "bar", data: { labels: found.labels, datasets }, options: { indexAxis: "y", scales } };
}

function trend(found, ink, line) {
  const datasets = found.series.map((one, place) => ({ ...one, borderColor: lines[place], backgroundColor: lines[place],
    pointStyle: ["circle", "rect"][place], pointRadius: 6, borderDash: place ? [6, 4] : [] }));
  const scales = { y: scale(ink, line, false), x: { ticks: { color: ink }, grid: { display: false } } };
  return { type: "line", data: { labels: found.labels, datasets }, options: { scales } };
}

const kinds = { shares, trend };

function draw(figure) {
  const style = getComputedStyle(document.body);
  const [ink, line] = [style.color, style.getPropertyValue("--line")];
  const found = read(document.getElementById(figure.dataset.table));
  const chart = kinds[figure.dataset.chart](found, ink, line);
  if (figure.dataset.chart === "shares") figure.querySelector(".canvas").style.height = `${110 + 34 * Math.max(2, found.labels.length)}px`;
  chart.options = { ...chart.options, animation: false, responsive: true, maintainAspectRatio: false,
    plugins: { legend: { position: "bottom", labels: { color: ink, boxWidth: 14, usePointStyle: figure.dataset.chart === "trend" } },
      tooltip: { callbacks: { label: (item) => `${item.dataset.label} ${Number(item.raw).toFixed(1)} %` } } } };
  figure.drawn = new window.Chart(figure.querySelector("canvas"), chart);
  figure.dataset.drawn = String(found.labels.length);
}

const figures = [...document.querySelectorAll("figure.chart")];
figures.forEach(draw);
// Paper is white whatever the screen's colours are, and narrower.
window.addEventListener("beforeprint", () => figures.forEach((figure) => figure.drawn.resize()));
window.addEventListener("afterprint", () => figures.forEach((figure) => figure.drawn.resize()));
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
