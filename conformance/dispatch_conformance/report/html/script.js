"use strict";
// Filters, unfolding and keys. Everything stands in the page already: nothing is made of what a worker sent.
{
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const form = one("tools");
  const search = form.elements.q;
  const articles = all("article");
  const sections = all(".area");
  const dialog = one("keys");
  const texts = new Map();
  let at = "";

  const details = (article) => article.firstElementChild;
  const summary = (article) => details(article).firstElementChild;
  const shown = () => articles.filter((article) => !article.hidden);
  const broken = (article) => ["fail", "warn"].includes(article.dataset.standing);

  function text(article) {
    if (!texts.has(article)) texts.set(article, article.textContent.toLowerCase());
    return texts.get(article);
  }

  // ---- filters: the form is the state, the address its copy

  function wanted() {
    const data = new FormData(form);
    const verdicts = data.getAll("verdict");
    const levels = data.getAll("level");
    const area = data.get("area");
    const words = data.get("q").toLowerCase().split(/\s+/).filter(Boolean);
    return (article) =>
      (!verdicts.length || verdicts.includes(article.dataset.standing)) &&
      (!levels.length || levels.includes(article.dataset.level)) &&
      (!area || area === article.dataset.area) &&
      words.every((word) => text(article).includes(word));
  }

  function filter() {
    const fits = wanted();
    for (const article of articles) article.hidden = !fits(article);
    for (const section of sections) section.hidden = !all("article", section).some((article) => !article.hidden);
    const count = shown().length;
    one("shown").textContent = `${count} of ${articles.length} clauses`;
    one("none").hidden = count > 0;
    one("unfold").textContent = unfolded() ? "Fold all" : "Unfold all";
  }

  function remember() {
    const kept = [...new FormData(form)].filter(([, value]) => value);
    if (at) kept.push(["at", at]);
    const state = new URLSearchParams(kept).toString();
    history.replaceState(null, "", state ? `#${state}` : location.pathname + location.search);
  }

  function recall() {
    const hash = location.hash.slice(1);
    const article = one(hash);
    if (article && articles.includes(article)) return reveal(article);
    if (hash && article) return undefined;
    const state = new URLSearchParams(hash);
    for (const box of all("input[type=checkbox]", form)) box.checked = state.getAll(box.name).includes(box.value);
    const area = state.get("area") ?? "";
    form.elements.area.value = all("option", form).some((option) => option.value === area) ? area : "";
    search.value = state.get("q") ?? "";
    filter();
    const chosen = one(state.get("at") ?? "");
    if (chosen && articles.includes(chosen)) reveal(chosen);
    return undefined;
  }

  function reset() {
    form.reset();
    filter();
    remember();
  }

  // ---- one clause

  function choose(article) {
    at = article.id;
    summary(article).focus({ preventScroll: true });
    summary(article).scrollIntoView({ block: "nearest" });
    remember();
  }

  function reveal(article) {
    if (article.hidden) {
      form.reset();
      filter();
    }
    details(article).open = true;
    choose(article);
    article.scrollIntoView({ block: "start" });
  }

  function move(step, fits = () => true) {
    const list = shown();
    const current = list.indexOf(document.activeElement?.closest("article") ?? one(at));
    let place = current < 0 && step < 0 ? list.length : current;
    do place += step;
    while (list[place] && !fits(list[place]));
    if (list[place]) choose(list[place]);
  }

  const unfolded = () => shown().length > 0 && shown().every((article) => details(article).open);

  function unfold() {
    const open = !unfolded();
    for (const article of shown()) details(article).open = open;
    filter();
  }

  // ---- light and dark; where the browser keeps nothing for a file, the choice lasts as long as the page

  const themes = { "": "as the system", dark: "dark", light: "light" };

  function paint(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    one("theme").textContent = `Theme: ${themes[theme]}`;
  }

  function kept(value) {
    try {
      if (value !== undefined) localStorage.setItem("dispatch-theme", value);
      return localStorage.getItem("dispatch-theme") ?? "";
    } catch {
      return value ?? "";
    }
  }

  function nextTheme() {
    const names = Object.keys(themes);
    const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
    kept(next);
    paint(next);
  }

  // ---- copying

  async function copy(button) {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }

  // ---- keys

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    n: () => move(1, broken),
    N: () => move(-1, broken),
    u: unfold,
    r: reset,
    t: nextTheme,
    "/": () => search.focus(),
    "?": () => dialog.showModal(),
  };
  const arrows = { ArrowDown: 1, ArrowUp: -1 };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const target = event.target;
    if (target === search && event.key === "Escape") {
      search.value = "";
      filter();
      remember();
      search.blur();
    }
    if (target.matches("input[type=search], select")) return;
    const step = target.matches("article > details > summary") ? arrows[event.key] : undefined;
    const action = step ? () => move(step) : Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!action) return;
    event.preventDefault();
    action();
  }

  form.addEventListener("input", () => {
    at = "";
    filter();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  one("everything").addEventListener("click", reset);
  one("unfold").addEventListener("click", unfold);
  one("help").addEventListener("click", () => dialog.showModal());
  one("close").addEventListener("click", () => dialog.close());
  one("theme").addEventListener("click", nextTheme);
  for (const button of all(".copy")) button.addEventListener("click", () => copy(button));
  document.addEventListener("keydown", pressed);
  addEventListener("hashchange", recall);

  // What is brought into view stands below the tools, however many lines they take.
  function clear() {
    const sticky = getComputedStyle(form).position === "sticky";
    document.documentElement.style.scrollPaddingTop = sticky ? `${form.offsetHeight}px` : "";
  }

  for (const control of [form, one("theme"), ...all(".copy")]) control.hidden = false;
  new ResizeObserver(clear).observe(form);
  clear();
  paint(themes[kept()] ? kept() : "");
  filter();
  recall();
}
