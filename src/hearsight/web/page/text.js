// Times, numbers and strangers' texts, for a person to read.

/** 75.2 as 1:15, 3675 as 1:01:15. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, second] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(second)}` : `${minutes}:${two(second)}`;
}

export const range = ({ start, end }) => `${clock(start)}–${clock(end)}`;

/** A length of time in words: 41 s, 3 min, 2 h 5 min. */
export function lasting(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 0.4 as 24 minutes, 41.2 as 41 hours. */
export function inHours(hours) {
  return hours < 2 ? counted(Math.max(1, Math.round(hours * 60)), "minute") : counted(Math.round(hours), "hour");
}

/** 1 video, 12,000 videos. */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// Joiners cannot be seen by themselves, yet are part of ordinary words: emoji sequences, Persian, the scripts of India.
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with every character that cannot be seen, or that turns the text around, written as its escape. */
export function visible(text) {
  return text.replace(UNSEEN, (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`);
}

/** The last part of a path. */
export const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** What is said, with the words that were asked for in <mark>. Spans count code points, JavaScript UTF-16 units. */
export function marked(text, spans) {
  const points = Array.from(text.replace(/\s/gu, " "));
  const piece = (start, end) => visible(points.slice(start, end).join(""));
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const mark = document.createElement("mark");
    mark.textContent = piece(start, end);
    fragment.append(piece(at, start), mark);
    at = end;
  }
  fragment.append(piece(at));
  return fragment;
}
