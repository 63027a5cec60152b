// The words of every language came with the page, so that it can still speak when the terminal is away.
const languages = JSON.parse(document.body.dataset.words);
let spoken = document.documentElement.lang;

export const nameOf = (code) => languages[code]?.name ?? code;
export const tagOf = (code) => languages[code]?.tag ?? code;

// Writes every fixed text of the page in a language, and returns its words.
export function speak(code) {
  const language = languages[code] ?? Object.values(languages)[0];
  if (spoken === language.tag) return language.texts;
  spoken = language.tag;
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.direction;
  document.title = language.texts.title;
  for (const at of document.querySelectorAll("[data-text]")) at.textContent = language.texts[at.dataset.text];
  for (const at of document.querySelectorAll("[data-label]")) at.ariaLabel = language.texts[at.dataset.label];
  for (const at of document.querySelectorAll("[data-alt]")) at.alt = language.texts[at.dataset.alt];
  return language.texts;
}
