// Drives a headless Chromium over a page without script, that of a trend or of differences, and says
// what does not hold.
//
//   node still.mjs FILE.html [--rows N] [--points N] [--hostile] [--pdf-pages MIN-MAX] [--shots DIR]
//
// One line a fault and exit code 1; always a summary as JSON on the last line. 2: no browser.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const axeSource = fs.readFileSync(path.join(here, "node_modules/axe-core/axe.min.js"), "utf8");
const browsers = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const wide = { width: 1400, height: 1000 };
const phone = { width: 390, height: 844 };

const options = readArguments(process.argv.slice(2));
const url = pathToFileURL(path.resolve(options.file)).href;
const faults = [];
const summary = { file: path.basename(options.file), bytes: fs.statSync(options.file).size };

const executablePath = browsers.find((it) => it && fs.existsSync(it));
if (!executablePath) {
  console.log("no browser found: set CHROMIUM");
  process.exit(2);
}
const browser = await puppeteer.launch({
  executablePath,
  headless: true,
  // Debian's sandbox needs rights that containers do not give.
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
});
try {
  summary.chromium = await browser.version();
  await read();
  for (const scheme of ["light", "dark"]) {
    for (const size of [wide, phone]) await look(scheme, size);
  }
  await print();
} catch (error) {
  faults.push(`the run broke off: ${error.stack ?? error}`);
} finally {
  await browser.close();
}
const told = [...new Set(faults)];
for (const fault of told) console.log(`FAULT ${fault.replaceAll("\n", " ")}`);
summary.faults = told.length;
console.log(JSON.stringify(summary));
process.exit(faults.length ? 1 : 0);

function readArguments(given) {
  const read = { file: null, rows: null, points: null, hostile: false, pages: null, shots: null };
  for (let place = 0; place < given.length; place += 1) {
    const word = given[place];
    if (word === "--hostile") read.hostile = true;
    else if (word === "--rows") read.rows = Number(given[(place += 1)]);
    else if (word === "--points") read.points = Number(given[(place += 1)]);
    else if (word === "--shots") read.shots = given[(place += 1)];
    else if (word === "--pdf-pages") read.pages = given[(place += 1)].split("-").map(Number);
    else if (!word.startsWith("--") && !read.file) read.file = word;
    else throw new Error(`unknown argument ${word}`);
  }
  if (!read.file) throw new Error("say which file");
  return read;
}

function expect(holds, fault) {
  if (!holds) faults.push(fault);
}

// A page that takes down whatever it should not do.
async function open({ scheme = "light", size = wide } = {}) {
  const page = await browser.newPage();
  const fault = (text) => faults.push(`${scheme} ${size.width} px: ${text}`);
  page.on("console", (message) => {
    if (["error", "warn", "warning"].includes(message.type())) {
      fault(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => fault(`error in the page: ${error.message}`));
  page.on("dialog", async (dialog) => {
    fault(`a dialog was opened: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) fault(`request to ${request.url()}`);
  });
  await page.setViewport(size);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(url, { waitUntil: "load" });
  return page;
}

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
  const client = await page.createCDPSession();
  const { frameTree } = await client.send("Page.getFrameTree");
  const { executionContextId } = await client.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
  });
  // An isolated world is not bound by the policy of the page.
  const run = `(async () => {
    ${axeSource};
    const { violations } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map((it) => it.id + " (" + it.help + "): " + it.nodes.slice(0, 3)
      .map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join(" | "));
  })()`;
  const { result, exceptionDetails } = await client.send("Runtime.evaluate", {
    expression: run,
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? "axe failed");
  for (const violation of result.value) faults.push(`${where}: axe: ${violation}`);
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
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true, timeout: 120_000 });
  summary.pages = Buffer.from(pdf).toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  if (options.shots) fs.writeFileSync(path.join(options.shots, "print.pdf"), pdf);
  if (options.pages) {
    const [least, most = least] = options.pages;
    expect(
      summary.pages >= least && summary.pages <= most,
      `printed it has ${summary.pages} pages, not ${least} to ${most}`,
    );
  }
  await page.close();
}
