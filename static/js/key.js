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

// The four lines as a QR code, for a phone to read. They always have 71 signs, so one kind of code is enough: version 5,
// error correction M (two blocks of 43 bytes, 24 to correct each), mask 0, whose format bits are a constant.
const SIDE = 37;
const BLOCK = 43;
const CORRECTING = 24;
const FORMAT = 0x5412;

function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((other >> bit) & 1) * one;
  }
  return product;
}

function correcting(block) {
  let divisor = [...Array(CORRECTING - 1).fill(0), 1];
  for (let root = 1, step = 0; step < CORRECTING; step += 1, root = times(root, 2)) {
    divisor = divisor.map((factor, place) => times(factor, root) ^ (divisor[place + 1] ?? 0));
  }
  return block.reduce((rest, byte) => {
    const factor = byte ^ rest[0];
    return [...rest.slice(1), 0].map((value, place) => value ^ times(divisor[place], factor));
  }, Array(CORRECTING).fill(0));
}

function codewords(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const halves = [4, bytes.length >> 4, bytes.length & 15, ...bytes.flatMap((byte) => [byte >> 4, byte & 15]), 0, 0, 0]; // as our computer draws it
  const data = [];
  for (let at = 0; at < halves.length; at += 2) data.push((halves[at] << 4) | halves[at + 1]);
  for (let pad = 0xec; data.length < 2 * BLOCK; pad ^= 0xec ^ 0x11) data.push(pad);
  const blocks = [data.slice(0, BLOCK), data.slice(BLOCK)];
  return [blocks, blocks.map(correcting)].flatMap(([one, other]) => one.flatMap((byte, at) => [byte, other[at]]));
}

function modulesOf(text) {
  const dark = Array.from({ length: SIDE }, () => Array(SIDE).fill(null)); // null: for data
  const far = SIDE - 7;
  for (const [left, top] of [[0, 0], [far, 0], [0, far]]) {
    for (let y = Math.max(0, top - 1); y <= Math.min(SIDE - 1, top + 7); y += 1) {
      for (let x = Math.max(0, left - 1); x <= Math.min(SIDE - 1, left + 7); x += 1) {
        const ring = Math.max(Math.abs(x - left - 3), Math.abs(y - top - 3));
        dark[y][x] = ring !== 2 && ring !== 4;
      }
    }
  }
  for (let at = 8; at < SIDE - 8; at += 1) dark[6][at] = dark[at][6] = at % 2 === 0;
  for (let y = 28; y <= 32; y += 1) for (let x = 28; x <= 32; x += 1) dark[y][x] = Math.max(Math.abs(x - 30), Math.abs(y - 30)) !== 1;
  for (let bit = 0; bit < 15; bit += 1) {
    const set = Boolean((FORMAT >> bit) & 1);
    dark[bit < 6 ? bit : bit < 8 ? bit + 1 : 8][bit < 8 ? 8 : bit === 8 ? 7 : 14 - bit] = set;
    dark[bit < 8 ? 8 : SIDE - 15 + bit][bit < 8 ? SIDE - 1 - bit : 8] = set;
  }
  dark[SIDE - 8][8] = true;
  const bits = codewords(text).flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1));
  let next = 0;
  for (let right = SIDE - 1; right > 0; right -= right === 8 ? 3 : 2) {
    for (let step = 0; step < SIDE; step += 1) {
      const y = (right + (right > 6 ? 0 : 1)) % 4 === 0 ? SIDE - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (dark[y][x] === null) dark[y][x] = Boolean((bits[next++] ?? 0) ^ Number((x + y) % 2 === 0));
      }
    }
  }
  return dark;
}

function draw(svg, text) {
  const path = modulesOf(text).flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  svg.querySelector("path").setAttribute("d", path.join(""));
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
    draw(sheet.querySelector("svg"), key.lines.join("\n"));
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
