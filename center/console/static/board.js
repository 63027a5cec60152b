// The board: what is open, pushed; it sounds until somebody has taken it.
import { fill, listen } from "/static/live.js";
import { loop } from "/static/sound.js";

const lists = Object.fromEntries([...document.querySelectorAll("[data-list]")].map((list) => [list.dataset.list, list]));
const title = document.title;

listen("/live", (board) => {
  for (const [name, rows] of Object.entries(board.lists)) fill(lists[name], rows);
  loop(board.sound);
  document.title = board.calling ? `(${board.calling}) ${title}` : title;
  const trouble = document.getElementById("trouble");
  trouble.hidden = !board.trouble;
  document.getElementById("trouble-reason").textContent = board.trouble;
});
