// Seals the ballot in the voter's own browser (RFC 9180 base mode: P-256, HKDF-SHA256, AES-256-GCM), so that the choice
// never leaves this device. Where this script does not run, the page works without it and our computer seals.
const subtle = globalThis.crypto?.subtle;
const ballot = document.querySelector("#ballot");
const utf8 = (text) => new TextEncoder().encode(text);
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const KEM = new Uint8Array([75, 69, 77, 0, 16]);
const HPKE = new Uint8Array([72, 80, 75, 69, 0, 16, 0, 1, 0, 2]);
const P256 = { name: "ECDH", namedCurve: "P-256" };

function join(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

async function hmac(key, data) {
  const hash = { name: "HMAC", hash: "SHA-256" };
  return new Uint8Array(await subtle.sign("HMAC", await subtle.importKey("raw", key, hash, false, ["sign"]), data));
}

const extract = (suite, label, material, salt = new Uint8Array(32)) =>
  hmac(salt, join(utf8("HPKE-v1"), suite, utf8(label), material));

async function expand(suite, key, { label, info, length }) {
  const labelled = join([0, length], utf8("HPKE-v1"), suite, utf8(label), info, [1]);
  return (await hmac(key, labelled)).slice(0, length);
}

async function seal(text, keeper, info) {
  const mine = await subtle.generateKey(P256, false, ["deriveBits"]);
  const point = new Uint8Array(await subtle.exportKey("raw", mine.publicKey));
  const theirs = await subtle.importKey("raw", keeper, P256, false, []);
  const shared = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256));
  const eae = await extract(KEM, "eae_prk", shared);
  const secret = await expand(KEM, eae, { label: "shared_secret", info: join(point, keeper), length: 32 });
  const none = new Uint8Array(0);
  const context = join([0], await extract(HPKE, "psk_id_hash", none), await extract(HPKE, "info_hash", info));
  const prk = await extract(HPKE, "secret", none, secret);
  const raw = await expand(HPKE, prk, { label: "key", info: context, length: 32 });
  const iv = await expand(HPKE, prk, { label: "base_nonce", info: context, length: 12 });
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return join(point, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, key, text)));
}

async function sealed(places) {
  const { count, keepers, info } = ballot.dataset;
  const text = new Uint8Array(4 + 2 * count);
  text.set([1, 1, count >> 8, count & 255]);
  for (const place of places) text[5 + 2 * place] = 1;
  const keys = keepers.split(" ").map(bytesOf);
  const copies = [];
  for (const pair of [[1, 2], [1, 3], [2, 3]]) {
    const bound = join(bytesOf(info), pair);
    copies.push(await seal(await seal(text, keys[pair[1] - 1], bound), keys[pair[0] - 1], bound));
  }
  return btoa(String.fromCharCode(1, ...join(...copies)));
}

if (ballot && subtle && ballot.dataset.keepers) {
  const check = document.querySelector("#sealed-check");
  const problem = document.querySelector("#sealed-problem");
  const boxes = [...ballot.querySelectorAll("input[type=checkbox]")];
  const codes = ballot.dataset.codes.split(" ");
  for (const box of boxes) box.removeAttribute("name"); // from here on no choice can leave in a form
  ballot.querySelector("[name=save]")?.remove();
  ballot.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = boxes.filter((box) => box.checked);
    const most = Number(ballot.dataset.most);
    problem.hidden = chosen.length > 0 && chosen.length <= most;
    problem.textContent = chosen.length ? `You chose ${chosen.length} projects. You can choose up to ${most}.` : "Choose one or more projects";
    if (!problem.hidden) return problem.focus();
    check.querySelector("ul").replaceChildren(
      ...chosen.map((box) => Object.assign(document.createElement("li"), { textContent: box.labels[0].textContent })),
    );
    ballot.hidden = true;
    check.hidden = false;
    check.querySelector("h2").focus();
  });
  check.querySelector("[data-back]").addEventListener("click", () => {
    check.hidden = true;
    ballot.hidden = false;
    boxes[0].focus();
  });
  check.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    form.querySelector("button").disabled = true;
    const places = boxes.filter((box) => box.checked).map((box) => codes.indexOf(box.value));
    form.elements.sealed.value = await sealed(places);
    for (const box of boxes) box.checked = false;
    form.submit();
  });
}
