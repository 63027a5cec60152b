// The one line to the terminal: whole states come in, touches go out.
const retry = 1000; // ms between two tries
const patience = 4000; // ms for an answer; a terminal that takes longer is out of service, and is shown so

export function follow(shown, lost) {
  let source = null;
  let timer = 0;

  function open() {
    source = new EventSource("/screen/changes");
    timer = setTimeout(again, patience);
    source.onmessage = (message) => {
      clearTimeout(timer);
      shown(JSON.parse(message.data));
    };
    source.onerror = again;
  }

  function again() {
    clearTimeout(timer);
    source.close();
    lost();
    timer = setTimeout(open, retry);
  }

  open();
  return { again };
}

// Returns the status of the answer, or null when there was none.
export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    return answer.status;
  } catch {
    return null;
  }
}
