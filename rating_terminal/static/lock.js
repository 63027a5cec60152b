// What a browser offers beyond touching a key is switched off: menus, selection, dragging, zoom, shortcuts.
const ways = ["contextmenu", "dragstart", "drop", "dragover", "selectstart", "gesturestart", "dblclick", "auxclick"];

export function lock() {
  for (const way of ways) addEventListener(way, (event) => event.preventDefault(), { capture: true });
  addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
  addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
  addEventListener("keydown", shortcut, { capture: true });
}

// A switch or a keyboard for people who cannot touch moves and presses; everything else would leave the page.
function shortcut(event) {
  const moves = ["Tab", "Enter", " "].includes(event.key);
  if (!moves || event.ctrlKey || event.altKey || event.metaKey) event.preventDefault();
}
