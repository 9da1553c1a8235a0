// Drives a headless Chromium over an HTML report and says what does not hold.
//
//   node check.mjs FILE.html [--findings N] [--hostile] [--pdf-pages MIN-MAX] [--shots DIR]
//                            [--interactive-ms N]
//
// One line a fault and exit code 1; always a summary as JSON on the last line. 2: no browser.

import fs from "node:fs";
import path from "node:path";
import { axe, drive, expect, open, options, pdf, phone, summary, wide } from "./driver.mjs";

await drive({ "--findings": "findings", "--interactive-ms": "ms" }, async () => {
  await measure();
  await use();
  await withoutScript();
  for (const scheme of ["light", "dark"]) {
    for (const size of [wide, phone]) await look(scheme, size);
  }
  await print();
});

// How long until the page answers: loaded, painted, and a filter has changed the rows. The best of
// three: whatever else the machine does at the time is not the page's.
async function measure() {
  const runs = [];
  for (let run = 0; run < 3; run += 1) {
    const page = await open();
    runs.push(await page.evaluate(timings));
    await page.close();
  }
  const best = Object.keys(runs[0]).map((name) => [name, Math.min(...runs.map((it) => it[name]))]);
  summary.milliseconds = Object.fromEntries(best);
  if (options.ms) {
    const { ready, paint } = summary.milliseconds;
    const slowest = Math.max(ready, paint);
    expect(slowest <= options.ms, `interactive after ${slowest} ms, not within ${options.ms} ms`);
    const { sortAgain } = summary.milliseconds;
    expect(sortAgain <= options.ms, `a later sort took ${sortAgain} ms, not ${options.ms} ms`);
  }
}

async function timings() {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = async (work) => {
    const start = performance.now();
    work();
    await painted();
    return Math.round(performance.now() - start);
  };
  const change = (element, value) => () => {
    element.value = value;
    element.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const first = () => performance.getEntriesByName("first-contentful-paint")[0];
  for (let frames = 0; !first() && frames < 100; frames += 1) await painted();
  await painted();
  const [entry] = performance.getEntriesByType("navigation");
  const findings = document.querySelector(".findings");
  const check = findings.querySelector(".by-check");
  const filter = await took(change(check, check.options[1]?.value ?? ""));
  // Rows that were sorted once already may move at another speed.
  const sortBy = (what) => took(change(findings.querySelector(".sort"), what));
  const sort = await sortBy("subject");
  const again = [];
  for (const what of ["check", "points", "worst"]) again.push(await sortBy(what));
  return {
    ready: Math.round(entry.domContentLoadedEventEnd),
    paint: Math.round(first()?.startTime ?? Infinity),
    loaded: Math.round(entry.loadEventEnd),
    filter,
    sort,
    sortAgain: Math.max(...again),
  };
}

// Everything the script adds, held against what stands in the document.
async function use() {
  const page = await open();
  const list = () => page.evaluate(readRows);
  const all = await list();
  summary.findings = await page.$$eval(".f", (rows) => rows.length);
  if (options.findings !== null) {
    expect(
      summary.findings === options.findings,
      `${summary.findings} findings, not ${options.findings}`,
    );
  }
  const policy = await page.$eval("meta[http-equiv]", (meta) => meta.content);
  for (const bad of ["unsafe", "http:", "https:", "*"]) {
    expect(!policy.includes(bad), `the policy has ${bad}: ${policy}`);
  }
  const inline = await page.evaluate(() => ({
    styles: document.querySelectorAll("[style]").length,
    handlers: [...document.querySelectorAll("*")].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith("on")),
    ).length,
  }));
  expect(!inline.styles && !inline.handlers, `inline: ${JSON.stringify(inline)}`);

  if (all.length) await findAndSort(page, all, list);
  await changeTheme(page);
  if (all.length) await openByKeyboard(page);
  await copy(page);
  await followFixFirst(page, list);
  if (all.length) await followLink(all[Math.floor(all.length / 2)].id);
  if (options.hostile) await hostile(page);
  await page.close();
}

// The rows of the first list in their order.
function readRows() {
  return [...document.querySelectorAll(".findings")[0].querySelectorAll(".f")].map((row) => ({
    id: row.id,
    shown: !row.hidden && getComputedStyle(row).display !== "none",
    text: row.textContent.toLowerCase(),
    subject: row.querySelector(".n").textContent,
    severity: row.querySelector("summary b").textContent,
    outcome: row.querySelector("summary i").textContent,
    points: Number(row.dataset.p || 0),
    check: row.dataset.c,
  }));
}

async function findAndSort(page, all, list) {
  const findings = (await page.$$(".findings"))[0];
  const status = () => findings.$eval(".status", (it) => it.textContent);
  // A search waits for the next letter: until the status says the number, but not for ever.
  const settle = async (number) => {
    const until = Date.now() + 5000;
    while (!(await status()).startsWith(`${number} `) && Date.now() < until) {
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  const same = async (what, wanted) => {
    const expected = all.filter(wanted).map((row) => row.id);
    await settle(expected.length);
    const rows = await list();
    const shown = rows.filter((row) => row.shown).map((row) => row.id);
    expect(
      JSON.stringify(shown) === JSON.stringify(expected),
      `${what} shows ${shown.length} rows, not the ${expected.length} it should`,
    );
    const said = await status();
    expect(said.startsWith(`${expected.length} `), `${what}: the status says ${said}`);
  };
  const reset = () => findings.$eval(".reset", (button) => button.click());

  // Whoever searches from far down in the list keeps the search box, and sees what is found.
  const searchFrom = async (place) => {
    await page.$$eval(".f", (rows, place) => rows[place].scrollIntoView(), place);
    await search.evaluate((it) => it.focus({ preventScroll: true }));
    await page.keyboard.type(word);
    await same(`searching ${word} from row ${place}`, (row) => row.text.includes(word));
    const [box, first, height] = await findings.evaluate((section) => {
      const edges = (it) => it?.getBoundingClientRect().toJSON();
      const row = section.querySelector(".f:not([hidden])");
      return [edges(section.querySelector("input")), edges(row), innerHeight];
    });
    const inside = (it) => it.top >= 0 && it.bottom <= height;
    expect(inside(box), `after a search from row ${place} the search box is out of the window`);
    expect(inside(first), `after a search from row ${place} what is found is out of the window`);
    await reset();
  };

  const word = all[Math.floor(all.length / 2)].subject.split(/\s+/)[0].toLowerCase().slice(0, 40);
  const search = await findings.$("input[type=search]");
  await search.type(word);
  await same(`searching ${word}`, (row) => row.text.includes(word));
  await reset();
  await search.type("zqxj nothing has this");
  await same("searching nonsense", () => false);
  await reset();
  await searchFrom(Math.min(800, all.length - 1));
  await same("reset", () => true);

  for (const severity of ["critical", "high", "medium", "low"]) {
    const value = await findings.$eval(
      ".by-severity",
      (select, severity) => [...select.options].find((it) => it.text === severity).value,
      severity,
    );
    await (await findings.$(".by-severity")).select(value);
    await same(`severity ${severity}`, (row) => row.severity === severity);
  }
  await reset();
  const check = all.at(-1).check;
  await (await findings.$(".by-check")).select(check);
  await same(`check ${check}`, (row) => row.check === check);
  await reset();

  const outcomes = await findings.$$eval("[data-outcome]", (buttons) =>
    buttons.map((it) => it.dataset.outcome),
  );
  const press = (outcome) => findings.$eval(`[data-outcome="${outcome}"]`, (it) => it.click());
  for (const outcome of outcomes) {
    await press(outcome);
    await same(`outcome ${outcome}`, (row) => row.outcome === outcome);
    const pressed = await findings.$eval(`[data-outcome="${outcome}"]`, (it) => it.ariaPressed);
    expect(pressed === "true", `outcome ${outcome} does not look pressed`);
    await press(outcome);
  }
  if (outcomes.length > 1) {
    await press(outcomes[0]);
    await press(outcomes[1]);
    await same("two outcomes", (row) => outcomes.slice(0, 2).includes(row.outcome));
    await reset();
  }

  const sort = await findings.$(".sort");
  const compare = new Intl.Collator("en").compare;
  const ordered = async (what, wanted) => {
    await sort.select(what);
    const ids = (await list()).map((row) => row.id);
    const expected = all
      .map((row, place) => ({ row, place }))
      .sort((one, other) => wanted(one.row, other.row) || one.place - other.place)
      .map(({ row }) => row.id);
    expect(JSON.stringify(ids) === JSON.stringify(expected), `sorting by ${what} is not in order`);
  };
  await ordered("subject", (one, other) => compare(one.subject, other.subject));
  await ordered("check", (one, other) => compare(one.check, other.check));
  await ordered("points", (one, other) => other.points - one.points);
  await ordered("worst", () => 0);
}

async function changeTheme(page) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await paper();
  await page.click(".theme");
  expect((await paper()) !== before, "the theme does not change");
  expect((await page.$eval(".theme", (it) => it.ariaPressed)) === "true", "the theme is not said");
  await page.click(".theme");
  expect((await paper()) === before, "the theme does not change back");
}

async function openByKeyboard(page) {
  const summary = await page.$(".f summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  expect(await page.$eval(".f", (row) => row.open), "Enter does not open a finding");
  const seen = await page.$eval(".f dl", (details) => details.getBoundingClientRect().height > 0);
  expect(seen, "an open finding shows nothing");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  expect(outline !== "none", "the focus cannot be seen");
  await page.keyboard.press("Enter");
  expect(!(await page.$eval(".f", (row) => row.open)), "Enter does not close a finding");
}

async function copy(page) {
  const button = await page.$(".f .copy, .copy");
  if (!button) return;
  const expected = await button.evaluate((it) => {
    const row = it.closest("details");
    if (row) row.open = true;
    return it.parentElement.querySelector("code").textContent;
  });
  await button.scrollIntoView();
  await button.click();
  await new Promise((done) => setTimeout(done, 50));
  const copied = await page.evaluate(() => globalThis.copied);
  expect(copied.length === 1 && copied[0] === expected, `copied ${JSON.stringify(copied)}`);
  expect((await button.evaluate((it) => it.textContent)) === "Copied", "copying is not said");
}

async function followFixFirst(page, list) {
  const link = await page.$(".fix a[data-check]");
  if (!link) return;
  const check = await link.evaluate((it) => it.dataset.check);
  await link.click();
  await new Promise((done) => setTimeout(done, 100));
  const shown = (await list()).filter((row) => row.shown);
  expect(
    shown.length && shown.every((row) => row.check === check),
    `a line of what to fix first does not lead to the findings of ${check}`,
  );
}

// A link to a finding opens it, below what sticks to the top of the window.
async function followLink(id) {
  const page = await open({ hash: `#${id}` });
  await new Promise((done) => setTimeout(done, 200));
  const found = await page.evaluate((id) => {
    const row = document.getElementById(id);
    const tools = row.closest(".findings").querySelector(".tools");
    const [top, bar] = [row.getBoundingClientRect().top, tools.getBoundingClientRect().bottom];
    return { open: row.open, clear: top >= bar - 1 && top < innerHeight, top, bar };
  }, id);
  expect(found.open && found.clear, `a link to ${id} leads to ${JSON.stringify(found)}`);
  await page.close();
}

// Names that look like markup must be there as text, and nothing of them as elements.
async function hostile(page) {
  const found = await page.evaluate(() => {
    const text = document.body.textContent;
    return {
      scripts: document.querySelectorAll("script").length,
      images: document.querySelectorAll("img, iframe, object, embed, link, base, form").length,
      script: text.includes("<script>alert(1)</script>"),
      image: text.includes('"><img onerror=alert(1) src=x>'),
      steers: /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u000b-\u001f]/.test(
        document.documentElement.outerHTML,
      ),
    };
  });
  expect(found.scripts === 1, `${found.scripts} scripts`);
  expect(found.images === 0, `${found.images} elements that a report does not have`);
  const shown = found.script && found.image;
  expect(shown, `hostile names are not shown as text: ${JSON.stringify(found)}`);
  expect(!found.steers, "a mark that turns the writing direction is in the page");
}

// The content does not depend on the script.
async function withoutScript() {
  const page = await open({ script: false });
  const found = await page.$$eval(".f", (rows) => rows.length);
  expect(found === summary.findings, `without script there are ${found} findings`);
  const tools = await page.$$eval(".tools, .theme, .copy", (all) =>
    all.filter((it) => getComputedStyle(it).display !== "none").length,
  );
  expect(tools === 0, `without script ${tools} controls show that do nothing`);
  await page.close();
}

// What axe says, whether the page is wider than the window, and pictures of it.
async function look(scheme, size) {
  const page = await open({ scheme, size });
  const where = `${scheme} ${size.width} px`;
  await page.$$eval(".more", (all) => all.forEach((it) => (it.open = true)));
  await page.$$eval(".f", (rows) => rows.slice(0, 3).forEach((row) => (row.open = true)));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width <= size.width, `${where}: the page is ${width} px wide`);
  // Rows beyond the window are not laid out, and axe would take minutes over thousands of them.
  await page.$$eval(".f", (rows) => rows.slice(60).forEach((row) => row.remove()));
  await axe(page, where);
  await page.close();
  if (options.shots) await shoot(scheme, size);
}

async function shoot(scheme, size) {
  fs.mkdirSync(options.shots, { recursive: true });
  const page = await open({ scheme, size });
  const places = {
    top: "body",
    fix: "[id$=-fix]",
    map: ".map",
    ways: "[id$=-ways]",
    unread: "[id$=-unread]",
    findings: ".findings",
    sources: "#sources",
  };
  for (const [name, selector] of Object.entries(places)) {
    if (!(await page.$(selector))) continue;
    if (name === "findings") await page.$$eval(".f", ([row]) => row && (row.open = true));
    await page.$eval(selector, (it) => it.scrollIntoView());
    await new Promise((done) => setTimeout(done, 150));
    const file = path.join(options.shots, `${name}-${scheme}-${size.width}.png`);
    await page.screenshot({ path: file });
  }
  await page.close();
}

async function print() {
  const page = await open({ scheme: "dark" });
  await pdf(page);
  await page.close();
}
