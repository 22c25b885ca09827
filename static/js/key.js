// Makes a keeper's key in their own browser: only its public half is ever sent. Without this script the page works too;
// then our computer makes the key, shows it once and keeps nothing.
const subtle = globalThis.crypto?.subtle;
const make = document.querySelector("#make-key");
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));

function letters(value, count) {
  let text = "";
  for (; count > 0; count -= 1, value >>= 5n) text = ALPHABET[Number(value & 31n)] + text;
  return text;
}

async function lineOf(number, chunk) {
  const label = new TextEncoder().encode("cwf-key-sheet-v1");
  const hash = await sha256(new Uint8Array([...label, number, ...chunk]));
  const check = BigInt(((hash[0] << 8) | hash[1]) >> 5);
  return letters((BigInt(`0x${hexOf(chunk)}`) << 11n) | check, 15).replace(/(.{5})(?=.)/g, "$1 ");
}

async function newKey() {
  const pair = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const { d } = await subtle.exportKey("jwk", pair.privateKey);
  const secret = Uint8Array.from(atob(d.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const lines = await Promise.all([1, 2, 3, 4].map((number) => lineOf(number, secret.slice(8 * number - 8, 8 * number))));
  const point = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  const print = letters(BigInt(`0x${hexOf((await sha256(point)).slice(0, 10))}`), 16).replace(/(.{4})(?=.)/g, "$1-");
  return { lines, public: hexOf(point), print };
}

const plain = (typed) =>
  typed.toUpperCase().replace(/[- ]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

if (make && subtle) {
  const sheet = document.querySelector("#browser-sheet");
  const back = sheet.querySelector("form");
  let key;
  make.addEventListener("submit", async (event) => {
    event.preventDefault();
    key = await newKey();
    sheet.querySelectorAll("code").forEach((code, place) => (code.textContent = key.lines[place]));
    sheet.querySelector("[data-print]").textContent = key.print;
    document.querySelector("#key-start").hidden = true;
    sheet.hidden = false;
    sheet.querySelector("h2").focus();
  });
  back.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = back.querySelector("input");
    const problem = back.querySelector("[role=alert]");
    problem.hidden = plain(typed.value) === plain(key.lines[1]);
    if (!problem.hidden) return typed.focus();
    const form = document.querySelector("#public-key");
    form.elements.public_key.value = key.public;
    form.elements.in_browser.value = "yes";
    form.submit();
  });
}
