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
  const number = (row, key) => Number(row.dataset[key] || 0);

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
    const word = all === 1 ? "finding" : "findings";
    state.status.textContent = shown === all ? `${all} ${word}` : `${shown} of ${all} ${word}`;
  };

  const sort = (state) => {
    const rows = rowsOf(state).map((row, place) => ({ row, place }));
    const by = state.sort.value;
    if (by === "points") {
      for (const it of rows) it.key = number(it.row, "p");
      rows.sort((one, other) => other.key - one.key || one.place - other.place);
    } else if (by !== "worst") {
      for (const it of rows) it.key = by === "check" ? it.row.dataset.c : subject(it.row);
      rows.sort((one, other) => compare(one.key, other.key) || one.place - other.place);
    }
    const sorted = document.createDocumentFragment();
    for (const { row } of rows) sorted.append(row);
    state.list.append(sorted);
  };

  const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
  const reset = (section, state) => {
    state.search.value = state.severity.value = state.check.value = "";
    state.outcomes.clear();
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
  addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row?.matches(".f")) return;
    row.hidden = false;
    row.open = true;
    row.scrollIntoView();
  });

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

  // Browsers without ::details-content print only what is open.
  if (!CSS.supports("selector(::details-content)")) {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = Array.from(document.querySelectorAll(".f.pf:not([open])"));
      for (const row of opened) row.open = true;
    });
    addEventListener("afterprint", () => opened.forEach((row) => (row.open = false)));
  }
})();
