// Making elements. Texts become text nodes and nothing else: no file name or transcript can be markup.

/**
 * An element. Properties are set as such (`className`, `href`), those with a hyphen and `role` as attributes;
 * `on` holds listeners by event. Children that are null or false are left out, so that they can be conditions.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name.includes("-") || name === "role") {
      element.setAttribute(name, value);
    } else {
      element[name] = value;
    }
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** One of the drawings of index.html. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** A button with a drawing; the label is shown, or only told to screen readers and under the pointer. */
export function button(label, drawing, click, { bare = false, ...properties } = {}) {
  const named = bare ? { "aria-label": label, title: label } : {};
  const all = { type: "button", className: "plain", ...named, ...properties, on: { click } };
  return el("button", all, drawing && icon(drawing), !bare && label);
}

export const find = (id) => document.getElementById(id);

/** Whether the person asked the system for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
