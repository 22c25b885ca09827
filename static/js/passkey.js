// Passkeys: the browser asks for fingerprint, face or PIN, and what it answers goes into the form. Without this script, or in
// a browser that knows no passkeys, the forms stay hidden and codes do the same.
const keys = globalThis.PublicKeyCredential;
const isAble = keys?.parseRequestOptionsFromJSON && keys.parseCreationOptionsFromJSON && keys.prototype.toJSON;
const create = (given) => {
  const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
  const authenticatorSelection = { ...given.authenticatorSelection, ...wanted };
  return navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON({ ...given, authenticatorSelection }) });
};
const get = (given) => navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(given) });

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options).publicKey;
  const answer = await fetch(form.dataset.optionsAt, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options.publicKey;
}

if (isAble) {
  document.querySelectorAll("[data-needs-passkeys]").forEach((part) => (part.hidden = false));
  document.querySelectorAll("[data-without-passkeys]").forEach((part) => (part.hidden = true));
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const refused = form.querySelector("[role=alert]");
      refused.hidden = true;
      try {
        const credential = await (form.dataset.passkey === "create" ? create : get)(await optionsOf(form));
        form.elements.credential.value = JSON.stringify(credential);
        form.submit();
      } catch {
        refused.hidden = false;
      }
    });
  });
}
