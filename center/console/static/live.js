// Pushed pages: hear the server's events, and change only what is different.

/** Put keyed fragments into a list: a row that did not change is left alone, so that focus and clicks survive. */
export function fill(list, rows) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const row of rows) {
    let child = old.get(row.key);
    if (!child) {
      child = document.createElement("div");
      child.dataset.key = row.key;
      child.classList.add("fresh");
    }
    old.delete(row.key);
    if (child.dataset.html !== row.html) {
      child.innerHTML = row.html;
      child.dataset.html = row.html;
    }
    if (child === place) {
      place = place.nextElementSibling;
    } else {
      list.insertBefore(child, place);
    }
  }
  for (const gone of old.values()) gone.remove();
  tick();
}

/** Hear events until the page goes; `shown` gets each one. The bar turns red while the connection is away. */
export function listen(address, shown) {
  const source = new EventSource(address);
  source.onmessage = (event) => {
    document.body.dataset.connection = "here";
    shown(JSON.parse(event.data));
    document.dispatchEvent(new Event("callpost-connection"));
  };
  source.onerror = () => {
    document.body.dataset.connection = "away";
    document.dispatchEvent(new Event("callpost-connection"));
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
  addEventListener("pagehide", () => source.close());
  return source;
}

function spoken(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const text = spoken(Date.now() - Date.parse(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(tick, 500);
tick();
