"use strict";
// The page is whole without this: it only finds, sorts, copies and changes the theme.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const theme = document.querySelector(".theme");
  const darkByDefault = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkByDefault.matches);
  const tellTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    tellTheme();
  });
  darkByDefault.addEventListener("change", tellTheme);
  tellTheme();

  // One list a baseline. The texts are gathered when somebody first searches.
  const compare = new Intl.Collator("en").compare;
  const lists = new Map();
  for (const section of document.querySelectorAll(".findings")) {
    const tools = section.querySelector(".tools");
    tools.hidden = false;
    lists.set(section, {
      section,
      tools,
      printed: section.querySelector(".printed"),
      list: section.querySelector(".list"),
      search: tools.querySelector("input"),
      severity: tools.querySelector(".by-severity"),
      check: tools.querySelector(".by-check"),
      sort: tools.querySelector(".sort"),
      status: tools.querySelector(".status"),
      outcomes: new Set(),
      rows: null,
      texts: null,
    });
  }
  const rowsOf = (state) => (state.rows ??= Array.from(state.list.children));
  const subject = (row) => row.firstElementChild.children[3].textContent;
  const number = (all) => `${all} ${all === 1 ? "finding" : "findings"}`;

  // Whoever changes the list from the bar that sticks sees its beginning, not what stood below.
  const show = ({ section, tools, list }) => {
    const top = list.getBoundingClientRect().top;
    if (top < Math.max(tools.getBoundingClientRect().bottom - 1, 0)) section.scrollIntoView();
  };

  const filter = (state) => {
    const rows = rowsOf(state);
    const words = state.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) state.texts ??= rows.map((row) => row.textContent.toLowerCase());
    const { value: severity } = state.severity;
    const { value: check } = state.check;
    let shown = 0;
    rows.forEach((row, place) => {
      const { o, s, c } = row.dataset;
      const keep =
        (!severity || s === severity) &&
        (!check || c === check) &&
        (!state.outcomes.size || state.outcomes.has(o)) &&
        words.every((word) => state.texts[place].includes(word));
      if (row.hidden === keep) row.hidden = !keep;
      shown += keep;
    });
    const all = rows.length;
    const nothing = shown || !all ? "" : ": nothing matches";
    state.status.textContent = shown === all ? number(all) : `${shown} of ${number(all)}${nothing}`;
    show(state);
  };

  const sort = (state) => {
    const rows = rowsOf(state).map((row, place) => ({ row, place }));
    const by = state.sort.value;
    if (by === "points") {
      for (const it of rows) it.key = Number(it.row.dataset.p || 0);
      rows.sort((one, other) => other.key - one.key || one.place - other.place);
    } else if (by !== "worst") {
      for (const it of rows) it.key = by === "check" ? it.row.dataset.c : subject(it.row);
      rows.sort((one, other) => compare(one.key, other.key) || one.place - other.place);
    }
    // Emptied first: taking thousands of rows out one by one takes half a minute.
    const sorted = document.createDocumentFragment();
    state.list.replaceChildren();
    for (const { row } of rows) sorted.append(row);
    state.list.append(sorted);
    show(state);
  };

  const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
  const reset = (section, state) => {
    state.search.value = state.severity.value = state.check.value = "";
    state.outcomes.clear();
    if (state.sort.value !== "worst") {
      state.sort.value = "worst";
      sort(state);
    }
    for (const button of section.querySelectorAll("[data-outcome]")) press(button, false);
  };

  let waiting = 0;
  document.addEventListener("input", (event) => {
    const state = lists.get(event.target.closest(".findings"));
    if (!state || event.target !== state.search) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => filter(state), rowsOf(state).length > 2000 ? 120 : 0);
  });
  document.addEventListener("change", (event) => {
    const state = lists.get(event.target.closest(".findings"));
    if (!state) return;
    if (event.target === state.sort) sort(state);
    else if (event.target !== state.search) filter(state);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a[data-check]");
    if (!button) return;
    const section = button.closest(".findings");
    const state = lists.get(section);
    if (button.matches(".copy")) {
      copy(button);
    } else if (state && button.dataset.outcome) {
      const { outcome } = button.dataset;
      if (!state.outcomes.delete(outcome)) state.outcomes.add(outcome);
      press(button, state.outcomes.has(outcome));
      filter(state);
    } else if (state && button.matches(".reset")) {
      reset(section, state);
      filter(state);
    } else if (button.dataset.check) {
      const target = document.getElementById(`${button.dataset.in}-findings`);
      const found = lists.get(target);
      if (!found) return;
      event.preventDefault();
      reset(target, found);
      found.check.value = button.dataset.check;
      filter(found);
      target.scrollIntoView();
      found.check.focus({ preventScroll: true });
    }
  });

  // A link may lead to a row that a filter hides.
  const follow = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row?.matches(".f")) return;
    row.hidden = false;
    row.open = true;
    row.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Some browsers refuse the clipboard to a page from disk.
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };

  // What is filtered is printed as it is filtered. Browsers without ::details-content print only
  // what is open.
  const opensItself = CSS.supports("selector(::details-content)");
  const toOpen = ".findings:not(.filtered) .f.pf:not([open]), .more.pr:not([open])";
  let opened = [];
  let bounds = [];
  addEventListener("beforeprint", () => {
    bounds = [];
    for (const { section, printed, rows } of lists.values()) {
      const shown = rows?.filter((row) => !row.hidden).length;
      if (!rows || shown === rows.length) continue;
      bounds.push([section, printed, printed.textContent]);
      section.classList.add("filtered");
      printed.textContent = `Filtered: ${shown} of ${number(rows.length)}.`;
    }
    opened = opensItself ? [] : Array.from(document.querySelectorAll(toOpen));
    for (const it of opened) it.open = true;
  });
  addEventListener("afterprint", () => {
    for (const [section, printed, text] of bounds) {
      section.classList.remove("filtered");
      printed.textContent = text;
    }
    for (const it of opened) it.open = false;
    bounds = opened = [];
  });
})();
