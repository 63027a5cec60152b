// Long names shrink, down to about half; what is still too long ends with an ellipsis after the last whole line.
const least = 0.55;
const step = 0.05;

export function fit() {
  for (const box of document.querySelectorAll("[data-fit]")) {
    if (box.offsetParent !== null) shrink(box);
  }
}

function shrink(box) {
  let size = 1;
  box.style.webkitLineClamp = "none";
  box.style.setProperty("--fit", size);
  while (size > least && overflows(box)) {
    size -= step;
    box.style.setProperty("--fit", size);
  }
  const height = parseFloat(getComputedStyle(box).lineHeight);
  if (overflows(box)) box.style.webkitLineClamp = Math.max(1, Math.floor(box.clientHeight / height));
}

// Chinese letters reach a little above and below their line: that is no overflow.
function overflows(box) {
  const { fontSize, whiteSpace } = getComputedStyle(box);
  if (whiteSpace === "nowrap") return box.scrollWidth > box.clientWidth + 1;
  return box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + parseFloat(fontSize) * 0.2;
}
