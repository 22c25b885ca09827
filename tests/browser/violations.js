// What axe finds wrong with the page as it stands.
//
// Axe spends two thirds of its time on contrast, element by element. Of the elements of a page that are painted alike
// (their own text, and everything behind it) one is measured: the same colours on the same ground have the same contrast.
async () => {
  const grounds = new Map();
  const ground = (element) => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const style = getComputedStyle(element);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.position, style.filter].join();
      const behind = ground(element.parentElement);
      grounds.set(element, own === "rgba(0, 0, 0, 0),none,1,static,none" ? behind : `${behind}${own};`);
    }
    return grounds.get(element);
  };
  const painted = (element) => {
    const { color, fontSize, fontWeight, textShadow, visibility } = getComputedStyle(element);
    return [color, fontSize, fontWeight, textShadow, visibility, element.disabled, ground(element)].join();
  };
  const saysSomething = (element) =>
    element.value || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  const first = new Map();
  for (const element of [...document.body.querySelectorAll("*")].filter(saysSomething)) {
    const look = painted(element);
    if (!first.has(look)) first.set(look, element);
  }
  first.forEach((element) => element.setAttribute("data-measured", ""));
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-measured]" }] });
  const found = await axe.run({ resultTypes: ["violations"] }); // not all that is as it should be
  first.forEach((element) => element.removeAttribute("data-measured"));
  return found.violations;
}
