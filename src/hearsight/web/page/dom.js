// Creates elements. Texts become text nodes only, so no file name or transcript is interpreted as markup.

/**
 * Return an element. Properties are set as such (`className`, `href`), those with a hyphen and `role` as attributes;
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

/** Return one of the icons of index.html. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** Return a button with an icon. bare: the label is not shown, only given to screen readers and as a tooltip. */
export function button(label, iconName, click, { bare = false, ...properties } = {}) {
  const bareLabel = bare ? { "aria-label": label, title: label } : {};
  const all = { type: "button", className: "plain", ...bareLabel, ...properties, on: { click } };
  return el("button", all, iconName && icon(iconName), !bare && label);
}

export const byId = (id) => document.getElementById(id);

/** Return whether the system is set to reduce motion. */
export const prefersReducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
