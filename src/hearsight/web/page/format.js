// Times, numbers and texts from files, formatted for display.

/** Format seconds: 75.2 as 1:15, 3675 as 1:01:15. */
export function clock(seconds) {
  const rounded = Math.floor(seconds);
  const padded = (number) => String(number).padStart(2, "0");
  const [hours, minutes, second] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60];
  return hours ? `${hours}:${padded(minutes)}:${padded(second)}` : `${minutes}:${padded(second)}`;
}

/** Whether a moment is a picture, which has no time. */
export const isPicture = ({ start, end }) => start === end;

export const range = (moment) =>
  isPicture(moment) ? "picture" : `${clock(moment.start)}–${clock(moment.end)}`;

/** Format what is in libraries: 3 videos, 2 hours; 40 pictures; or both. */
export function formatContents({ videos, hours, pictures }) {
  const parts = [];
  if (videos || !pictures) parts.push(`${formatCount(videos, "video")}, ${formatHours(hours)}`);
  if (pictures) parts.push(formatCount(pictures, "picture"));
  return parts.join(", ");
}

/** Format a length of time: 41 s, 3 min, 2 h 5 min. */
export function formatDuration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Format hours: 0.4 as 24 minutes, 41.2 as 41 hours. */
export function formatHours(hours) {
  if (hours < 2) return formatCount(Math.max(1, Math.round(hours * 60)), "minute");
  return formatCount(Math.round(hours), "hour");
}

/** Format a number of things: 1 video, 12,000 videos. */
export function formatCount(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// Joiners are invisible, too, but belong to ordinary words: emoji sequences, Persian, the scripts of India.
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Replace every character that is invisible or changes the direction of the text by its escape sequence. */
export function visible(text) {
  return text.replace(INVISIBLE, (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`);
}

/** Return the last part of a path. */
export const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** Return a line with the spans in <mark>. Spans count code points, while JavaScript counts UTF-16 units. */
export function markSpans(text, spans) {
  const points = Array.from(text.replace(/\s/gu, " "));
  const piece = (start, end) => visible(points.slice(start, end).join(""));
  const fragment = document.createDocumentFragment();
  let position = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const mark = document.createElement("mark");
    mark.textContent = piece(start, end);
    fragment.append(piece(position, start), mark);
    position = end;
  }
  fragment.append(piece(position));
  return fragment;
}
