// Seals the ballot in the voter's own browser (RFC 9180 base mode: P-256, HKDF-SHA256, AES-256-GCM), so that the choice
// never leaves this device. Where this script does not run, the page works without it and our computer seals.
const subtle = globalThis.crypto?.subtle;
const ballot = document.querySelector("#ballot");
const words = JSON.parse(ballot?.dataset.words ?? "{}"); // on a page in another language, by the English
const say = (english, values) => (words[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
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

async function sealed(marks) {
  const { count, keepers, info, number } = ballot.dataset;
  const text = new Uint8Array(4 + 2 * count);
  text.set([1, Number(number), count >> 8, count & 255]);
  marks.forEach((mark, place) => text.set([mark >> 8, mark & 255], 4 + 2 * place));
  const keys = keepers.split(" ").map(bytesOf);
  const copies = [];
  for (const pair of [[1, 2], [1, 3], [2, 3]]) {
    const bound = join(bytesOf(info), pair);
    copies.push(await seal(await seal(text, keys[pair[1] - 1], bound), keys[pair[0] - 1], bound));
  }
  return btoa(String.fromCharCode(1, ...join(...copies)));
}

// What the rules of the ballot say against these marks, one per project; empty when they hold.
function problemOf(marks) {
  const { kind, prices } = ballot.dataset;
  const [most, points, mostPoints, budget] = ["most", "points", "mostPoints", "budget"].map((name) => Number(ballot.dataset[name]));
  const given = marks.filter((mark) => mark).sort((one, other) => one - other);
  const sum = given.reduce((total, mark) => total + mark, 0);
  if (marks.some((mark) => !Number.isInteger(mark) || mark < 0 || mark > 65535)) return say("Write whole numbers, like 1");
  if (!given.length) {
    if (kind === "ranked") return say("Write 1 beside the one that matters most to you");
    return kind === "points" ? say("Give points to one project or more") : say("Choose one or more projects");
  }
  if (given.length > most) return say("You chose {given} projects. You can choose up to {most}.", { given: given.length, most });
  if (kind === "ranked" && given.some((mark, place) => mark !== place + 1)) return say("Give each place once and leave none out: 1, 2, 3 and so on");
  if (kind === "points" && Math.max(...given) > mostPoints) return say("The most points for one project are {most}.", { most: mostPoints });
  if (kind === "points" && sum > points) return say("You gave {given} points. You have {points} to give.", { given: sum, points });
  const cost = prices ? prices.split(" ").reduce((total, price, place) => total + (marks[place] ? Number(price) : 0), 0) : 0;
  const locale = document.documentElement.lang === "pl" ? "pl" : "en-GB";
  const mark = document.documentElement.dir === "rtl" ? "\u200e" : "";
  const excess = ((cost - budget) / 100).toLocaleString(locale, { minimumFractionDigits: (cost - budget) % 100 ? 2 : 0 });
  return kind === "knapsack" && cost > budget ? say("Together these cost {excess} too much. Take some away.", { excess: `${mark}£${excess}${mark}` }) : "";
}

if (ballot && subtle && ballot.dataset.keepers) {
  const check = document.querySelector("#sealed-check");
  const problem = document.querySelector("#sealed-problem");
  const { kind } = ballot.dataset;
  const fields = [...ballot.querySelectorAll("input[name^=project]")];
  const names = fields.map((field) => field.name);
  let sealsHere = true;
  for (const field of fields) field.removeAttribute("name"); // from here on no choice can leave in a form
  for (const name of ["save", "reckon"]) ballot.querySelector(`[name=${name}]`)?.remove();
  const codeOf = (field) => field.dataset.code ?? field.value;
  const markOf = (field) => (field.type === "checkbox" ? Number(field.checked) : Number(field.value));
  const marks = () => ballot.dataset.codes.split(" ").map((code) => markOf(fields.find((field) => codeOf(field) === code)));
  const lineOf = (field) => {
    const title = field.labels[0].textContent;
    return { ranked: `${field.value}. ${title}`, points: `${title}: ${field.value}` }[kind] ?? title;
  };
  const goOnWithout = () => { // the way without scripts: the choices leave by the form, and our computer seals them
    sealsHere = false;
    fields.forEach((field, place) => field.setAttribute("name", names[place]));
    check.hidden = true;
    ballot.hidden = false;
    problem.textContent = problem.dataset.cannotSeal;
    problem.hidden = false;
    problem.focus();
  };
  ballot.addEventListener("submit", (event) => {
    if (!sealsHere) return;
    event.preventDefault();
    problem.textContent = problemOf(marks());
    problem.hidden = !problem.textContent;
    if (!problem.hidden) return problem.focus();
    const chosen = fields.filter(markOf);
    if (kind === "ranked") chosen.sort((one, other) => markOf(one) - markOf(other));
    check.querySelector("ul").replaceChildren(
      ...chosen.map((field) => Object.assign(document.createElement("li"), { textContent: lineOf(field) })),
    );
    ballot.hidden = true;
    check.hidden = false;
    check.querySelector("h2").focus();
  });
  check.querySelector("[data-back]").addEventListener("click", () => {
    check.hidden = true;
    ballot.hidden = false;
    ballot.querySelector("input:not([type=hidden]):not([hidden]), fieldset button").focus();
  });
  check.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    form.querySelector("button").disabled = true;
    try {
      form.elements.sealed.value = await sealed(marks());
    } catch {
      return goOnWithout();
    }
    for (const field of fields) Object.assign(field, field.type === "checkbox" ? { checked: false } : { value: "" });
    form.submit();
  });
}
