// Signing in with the token of the server, which it keeps in a cookie that no script can read.

import { send, whenRefused } from "./api.js";
import { find } from "./dom.js";

const dialog = find("signin");
let asked = null; // a promise while the form is shown; whoever else is refused waits for the same one

/** Take the token out of the address, before anyone copies it, and sign in with it. */
export async function fromAddress() {
  whenRefused(() => (asked ??= ask()));
  const typed = location.hash.slice(1).replaceAll("+", "%2B"); // else a plus would be read as a space
  const token = new URLSearchParams(typed).get("token");
  if (!token) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  await send("POST", ["session"], { token }).catch(() => {}); // a wrong one is told at the first request
}

function ask() {
  const input = find("token");
  const error = find("signin-error");
  const { promise, resolve } = Promise.withResolvers();
  find("signin-form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await send("POST", ["session"], { token: input.value.trim() });
      input.value = "";
      error.textContent = "";
      asked = null;
      dialog.close();
      resolve();
    } catch (refused) {
      error.textContent = refused.message;
      input.select();
    }
  };
  dialog.oncancel = (event) => event.preventDefault(); // there is nothing behind it
  dialog.showModal();
  return promise;
}
