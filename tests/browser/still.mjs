// Drives a headless Chromium over a page without script, that of a trend or of differences, and says
// what does not hold.
//
//   node still.mjs FILE.html [--rows N] [--points N] [--hostile] [--pdf-pages MIN-MAX] [--shots DIR]
//
// One line a fault and exit code 1; always a summary as JSON on the last line. 2: no browser.

import fs from "node:fs";
import path from "node:path";
import { axe, drive, expect, open, options, pdf, phone, summary, wide } from "./driver.mjs";

await drive({ "--rows": "rows", "--points": "points" }, async () => {
  await read();
  for (const scheme of ["light", "dark"]) {
    for (const size of [wide, phone]) await look(scheme, size);
  }
  await print();
});

// What stands in the document: its policy, its rows and points, and nothing that runs.
async function read() {
  const page = await open();
  const policy = await page.$eval("meta[http-equiv]", (meta) => meta.content);
  for (const bad of ["unsafe", "http:", "https:", "*", "script-src"]) {
    expect(!policy.includes(bad), `the policy has ${bad}: ${policy}`);
  }
  const found = await page.evaluate(() => ({
    rows: document.querySelectorAll("tbody tr").length,
    points: document.querySelectorAll(".trend circle").length,
    untitled: document.querySelectorAll(".trend circle:not(:has(title))").length,
    scripts: document.querySelectorAll("script").length,
    others: document.querySelectorAll("img, iframe, object, embed, link, base, form").length,
    styles: document.querySelectorAll("[style]").length,
    handlers: [...document.querySelectorAll("*")].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith("on")),
    ).length,
    // A style that the policy does not let through leaves the page bare.
    styled: getComputedStyle(document.querySelector(".bar")).position === "sticky",
    dead: [...document.querySelectorAll('a[href^="#"]')].filter(
      (link) => !document.getElementById(link.hash.slice(1)),
    ).length,
    odd: [...document.querySelectorAll("svg [d], svg [cx], svg [y]")].filter((element) =>
      /NaN|inf|undefined/i.test(["d", "cx", "cy", "x", "y"].map((it) => element.getAttribute(it)).join()),
    ).length,
  }));
  Object.assign(summary, { rows: found.rows, points: found.points });
  if (options.rows !== null) {
    expect(found.rows === options.rows, `${found.rows} rows, not ${options.rows}`);
  }
  if (options.points !== null) {
    expect(found.points === options.points, `${found.points} points, not ${options.points}`);
  }
  expect(!found.untitled, `${found.untitled} points say nothing`);
  expect(!found.scripts && !found.others, `elements that it does not have: ${JSON.stringify(found)}`);
  expect(!found.styles && !found.handlers, `inline: ${JSON.stringify(found)}`);
  expect(found.styled, "the style does not apply");
  expect(!found.dead, `${found.dead} links lead nowhere`);
  expect(!found.odd, `${found.odd} coordinates are no numbers`);
  await foldByKeyboard(page);
  if (options.hostile) await hostile(page);
  await page.close();
}

async function foldByKeyboard(page) {
  const summary = await page.$("summary");
  if (!summary) return;
  const isOpen = () => summary.evaluate((it) => it.parentElement.open);
  const before = await isOpen();
  await summary.focus();
  await page.keyboard.press("Enter");
  expect((await isOpen()) !== before, "Enter does not fold a list");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  expect(outline !== "none", "the focus cannot be seen");
}

// Names that look like markup must be there as text, and nothing of them as elements.
async function hostile(page) {
  const found = await page.evaluate(() => {
    const text = document.body.textContent;
    return {
      shown: text.includes("<script>alert(1)</script>") || text.includes("<img onerror=alert(1)"),
      steers: /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u000b-\u001f]/.test(
        document.documentElement.outerHTML,
      ),
    };
  });
  expect(found.shown, "hostile names are not shown as text");
  expect(!found.steers, "a mark that turns the writing direction is in the page");
}

// What axe says, whether the page is wider than the window, and pictures of it.
async function look(scheme, size) {
  const page = await open({ scheme, size });
  const where = `${scheme} ${size.width} px`;
  await page.$$eval("details", (all) => all.forEach((it) => (it.open = true)));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width <= size.width, `${where}: the page is ${width} px wide`);
  // axe would take minutes over thousands of rows and points that are all alike.
  await page.$$eval("tbody", (all) => {
    for (const body of all) [...body.children].slice(60).forEach((row) => row.remove());
  });
  await page.$$eval(".trend circle", (all) => all.slice(60).forEach((it) => it.remove()));
  await axe(page, where);
  await page.close();
  if (options.shots) await shoot(scheme, size);
}

async function shoot(scheme, size) {
  fs.mkdirSync(options.shots, { recursive: true });
  const page = await open({ scheme, size });
  const sections = await page.$$("main > section");
  for (const [place, section] of sections.slice(0, 6).entries()) {
    await section.evaluate((it) => it.scrollIntoView());
    await new Promise((done) => setTimeout(done, 150));
    const file = path.join(options.shots, `${place + 1}-${scheme}-${size.width}.png`);
    await page.screenshot({ path: file });
  }
  await page.close();
}

// In print the page is light whatever the screen, and lists are open.
async function print() {
  const page = await open({ scheme: "dark" });
  await page.emulateMediaType("print");
  const dark = await page.evaluate(() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g);
    return Number(red) + Number(green) + Number(blue) < 600;
  });
  expect(!dark, "printed it is dark");
  const hidden = await page.$$eval("details.pr > .scroll", (all) =>
    all.filter((it) => !it.checkVisibility()).length,
  );
  expect(!hidden, `${hidden} tables are not printed`);
  await pdf(page);
  await page.close();
}
