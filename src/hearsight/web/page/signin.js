// Signs in with the token of the server. The cookie that it sets cannot be read by scripts.

import { send, onUnauthorized } from "./api.js";
import { byId } from "./dom.js";

const dialog = byId("signin");
let signingIn = null; // a promise while the form is shown; all refused requests wait for it

/** Remove the token from the address, so that nobody copies it by accident, and sign in with it. */
export async function signInFromAddress() {
  onUnauthorized(() => (signingIn ??= showForm()));
  const typed = location.hash.slice(1).replaceAll("+", "%2B"); // else a plus would be decoded as a space
  const token = new URLSearchParams(typed).get("token");
  if (!token) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  await send("POST", ["session"], { token }).catch(() => {}); // a wrong token shows at the first request
}

function showForm() {
  const input = byId("token");
  const error = byId("signin-error");
  const { promise, resolve } = Promise.withResolvers();
  byId("signin-form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await send("POST", ["session"], { token: input.value.trim() });
      input.value = "";
      error.textContent = "";
      signingIn = null;
      dialog.close();
      resolve();
    } catch (failure) {
      error.textContent = failure.message;
      input.select();
    }
  };
  dialog.oncancel = (event) => event.preventDefault(); // the page cannot be used without signing in
  dialog.showModal();
  return promise;
}
