// What axe finds wrong with the page as it stands.
//
// Axe spends two thirds of its time on colours, element by element. Of the elements of a page that are painted alike (their
// own text, and everything behind it) one is measured: the same colours on the same ground have the same contrast. So are
// links that stand alike in text painted alike.
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

  const standing = (link) => [getComputedStyle(link).textDecorationLine, painted(link), painted(link.parentElement)].join();
  const firstOfEach = (elements, look) => [...new Map(elements.reverse().map((each) => [look(each), each])).values()];

  const marked = {
    "color-contrast": firstOfEach([...document.body.querySelectorAll("*")].filter(saysSomething), painted),
    "link-in-text-block": firstOfEach([...document.querySelectorAll("a[href]")], standing),
  };
  const rules = Object.keys(marked).map((id) => ({ id, selector: `[data-${id}]` }));
  for (const id in marked) marked[id].forEach((element) => element.setAttribute(`data-${id}`, ""));
  axe.configure({ rules });
  const found = await axe.run({ resultTypes: ["violations"] }); // not all that is as it should be
  for (const id in marked) marked[id].forEach((element) => element.removeAttribute(`data-${id}`));
  return found.violations;
}
