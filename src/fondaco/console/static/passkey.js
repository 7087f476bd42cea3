// The one script of ours: a browser asks an authenticator by script alone. A form says where its ceremony begins; the options are fetched,
// the authenticator answers, and the form goes its ordinary way with that answer. No page needs this to be read or to log in.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const withIds = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function answer(kind, options) {
    const asked = { ...options, challenge: bytes(options.challenge) };
    if (kind === "create") {
      asked.user = { ...options.user, id: bytes(options.user.id) };
      asked.excludeCredentials = withIds(options.excludeCredentials);
    } else {
      asked.allowCredentials = withIds(options.allowCredentials);
    }
    const found = await navigator.credentials[kind]({ publicKey: asked });
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (found.response[name]) response[name] = text(found.response[name]);
    }
    return JSON.stringify({
      id: found.id, rawId: text(found.rawId), type: found.type, response, clientExtensionResults: {},
    });
  }

  async function run(form, button) {
    const told = form.querySelector("[data-told]");
    told.textContent = "";
    button.disabled = true;
    try {
      const fields = new URLSearchParams(new FormData(form, button));
      const begun = await fetch(button.dataset.begin || form.dataset.begin, { method: "POST", body: fields });
      const said = await begun.json();
      if (!begun.ok) throw new Error(said.fault || "");
      form.elements.response.value = await answer(form.dataset.passkey, said.options);
      if (said.ceremony) form.elements.ceremony.value = said.ceremony;
      HTMLFormElement.prototype.submit.call(form);
    } catch (fault) {
      told.textContent = (fault instanceof Error && fault.constructor === Error && fault.message) || form.dataset.failed;
      button.disabled = false;
      button.focus();
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.querySelectorAll("button[disabled]").forEach((one) => { one.disabled = false; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form, event.submitter || form.querySelector("button"));
    });
  }
})();
