// Improves a ballot whose numbers the page itself understands: a bar that counts along, and buttons that put projects in
// order. Without this script numbers are typed, and the bar is reckoned by our computer.
const form = document.querySelector("#ballot");
const { kind, codes, prices, points, budget, most } = form.dataset;
const fields = [...form.querySelectorAll("input[name^=project], input[data-code]")];
const markOf = (field) => (field.type === "checkbox" ? Number(field.checked) : Number(field.value) || 0);
const words = JSON.parse(form.dataset.words ?? "{}"); // on a page in another language, by the English
const say = (english, values) => (words[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
const locale = document.documentElement.lang === "pl" ? "pl" : "en-GB";
const mark = document.documentElement.dir === "rtl" ? "\u200e" : ""; // the pound sign stays before its figures
const pounds = (pence) => `${mark}£${(pence / 100).toLocaleString(locale, { minimumFractionDigits: pence % 100 ? 2 : 0 })}${mark}`;
const make = (tag, properties, ...inside) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
};

function countAlong() {
  const [bar, text] = [form.querySelector("#bar"), form.querySelector("#bar-text")];
  const price = Object.fromEntries(codes.split(" ").map((code, place) => [code, Number(prices.split(" ")[place])]));
  const isPoints = kind === "points";
  const [total, shown] = isPoints ? [Number(points), String] : [Number(budget), pounds];
  form.querySelector("[name=reckon]")?.remove();
  const count = () => {
    const used = fields.reduce((sum, field) => sum + (isPoints ? markOf(field) : markOf(field) * price[field.value]), 0);
    const values = { used: shown(used), total: shown(total), rest: shown(Math.abs(total - used)) };
    bar.value = used;
    if (isPoints && used > total) text.textContent = say("{used} of {total} points given, {rest} too many", values);
    else if (isPoints) text.textContent = say("{used} of {total} points given, {rest} left to give", values);
    else if (used > total) text.textContent = say("{used} of {total} used, {rest} too much", values);
    else text.textContent = say("{used} of {total} used, {rest} left", values);
  };
  form.addEventListener("input", count);
  count();
}

function putInOrder() {
  const ordinal = (place) => {
    if (form.dataset.words) return String(place); // what another language puts beside it stands in its sentences
    const rest = place % 100;
    return `${place}${rest > 10 && rest < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th")}`;
  };
  const title = (field) => field.labels[0].textContent;
  const named = (field) => make("bdi", { lang: "en-GB" }, title(field));
  const hidden = (field) => make("span", { className: "govuk-visually-hidden" }, " ", named(field));
  const secondary = "govuk-button govuk-button--secondary cwf-small";
  let order = fields.filter(markOf).sort((one, other) => markOf(one) - markOf(other));
  const list = make("ol", { className: "govuk-list govuk-list--number cwf-order__list" });
  const none = make("p", { className: "govuk-body" }, say("Nothing yet. Choose what matters most to you from the list below."));
  const heading = make("h2", { className: "govuk-heading-m", id: "order-title" }, say("Your order"));
  const status = make("p", { className: "govuk-visually-hidden", role: "status" });
  const section = make("section", { className: "cwf-order" }, heading, none, list, status);
  section.setAttribute("aria-labelledby", "order-title");
  status.setAttribute("role", "status");
  form.querySelector(".govuk-form-group").before(section);
  const add = new Map(
    fields.map((field) => {
      const button = make("button", { type: "button", className: secondary });
      button.addEventListener("click", () => put(field));
      field.hidden = true;
      field.before(button);
      return [field, button];
    }),
  );

  function show() {
    fields.forEach((field) => {
      const place = order.indexOf(field) + 1;
      field.value = place || "";
      const at = { place: ordinal(place || order.length + 1) };
      add.get(field).replaceChildren(place ? say("Take out {place}", at) : say("Make {place}", at), hidden(field));
      add.get(field).disabled = !place && order.length >= Number(most);
    });
    none.hidden = order.length > 0;
    list.replaceChildren(...order.map((field, place) => make("li", {}, named(field), buttons(field, place))));
  }

  function buttons(field, place) {
    const moves = [[say("Up"), -1], [say("Down"), 1]].map(([word, by]) => {
      const button = make("button", { type: "button", className: secondary, disabled: !order[place + by] }, word, hidden(field));
      button.addEventListener("click", () => move(field, by, word));
      return button;
    });
    return make("div", {}, ...moves);
  }

  function move(field, by, word) {
    const place = order.indexOf(field);
    [order[place], order[place + by]] = [order[place + by], order[place]];
    show();
    const again = [...list.children[place + by].querySelectorAll("button")];
    (again.find((button) => !button.disabled && button.textContent.startsWith(word)) ?? again.find((button) => !button.disabled)).focus();
    const now = { title: title(field), place: ordinal(place + by + 1), many: order.length };
    status.textContent = say("{title} is now {place} of {many}", now);
  }

  function put(field) {
    const isIn = order.includes(field);
    order = isIn ? order.filter((other) => other !== field) : [...order, field];
    show();
    const now = { title: title(field), place: ordinal(order.length) };
    status.textContent = isIn ? say("{title} is taken out", now) : say("{title} is now {place}", now);
  }

  form.querySelector("fieldset > .govuk-hint").textContent =
    say("Press “{first}” at the one that matters most to you, then choose the next. You can rank up to {most}. Up and Down change your order.", { first: say("Make {place}", { place: ordinal(1) }), most });
  show();
}

if (form && kind === "ranked") putInOrder();
else if (form?.querySelector("#bar")) countAlong();
