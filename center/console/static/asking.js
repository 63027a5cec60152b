// Ask the centre to do something, and show why it was not done.

const reply = document.getElementById("reply");

/** Show a sentence below the call, or nothing. */
export function tell(text) {
  reply.textContent = text ?? "";
  reply.hidden = !text;
}

/** Send JSON and return the answer; a refusal is shown with its reason. `status` is `failed` without the centre. */
export async function ask(address, body = {}, quiet = false) {
  let answer = { status: "failed", reason: null, body: {} };
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
    if (response.status === 401) location.assign("/sign-in");
    const document_ = await response.json();
    answer = response.ok ? document_ : { status: "refused", reason: document_.detail, body: {} };
  } catch (problem) {
    console.warn("the centre did not answer", problem);
  }
  if (!quiet || !well(answer)) tell(well(answer) ? "" : sentence(answer));
  return answer;
}

/** Whether the post does what was asked. Answers without a status are plain data. */
export function well(answer) {
  return answer.status === undefined || answer.status === "done" || answer.status === "accepted";
}

function sentence(answer) {
  const said = reply.dataset[answer.status] ?? answer.status;
  return answer.reason ? `${said}: ${answer.reason}` : said;
}
