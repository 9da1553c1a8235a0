// What the drivers of pages share: arguments, a headless Chromium, a page that takes down whatever it
// should not do, what axe says, and the print.
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
export const wide = { width: 1400, height: 1000 };
export const phone = { width: 390, height: 844 };

// Options that take a number are the driver's own: `{ "--rows": "rows" }`.
const numbers = new Map();
export const options = { file: null, hostile: false, pages: null, shots: null };
export const faults = [];
export const summary = {};
let url;
let browser;

// Reads the arguments, takes the steps with a browser, and ends the process with what does not hold.
export async function drive(own, steps) {
  for (const [word, name] of Object.entries(own)) {
    numbers.set(word, name);
    options[name] = null;
  }
  readArguments(process.argv.slice(2));
  url = pathToFileURL(path.resolve(options.file)).href;
  summary.file = path.basename(options.file);
  summary.bytes = fs.statSync(options.file).size;
  const executablePath = browsers.find((it) => it && fs.existsSync(it));
  if (!executablePath) {
    console.log("no browser found: set CHROMIUM");
    process.exit(2);
  }
  browser = await puppeteer.launch({
    executablePath,
    headless: true,
    // Debian's sandbox needs rights that containers do not give.
    args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
  });
  try {
    summary.chromium = await browser.version();
    await steps();
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
}

function readArguments(given) {
  for (let place = 0; place < given.length; place += 1) {
    const word = given[place];
    if (word === "--hostile") options.hostile = true;
    else if (numbers.has(word)) options[numbers.get(word)] = Number(given[(place += 1)]);
    else if (word === "--shots") options.shots = given[(place += 1)];
    else if (word === "--pdf-pages") options.pages = given[(place += 1)].split("-").map(Number);
    else if (!word.startsWith("--") && !options.file) options.file = word;
    else throw new Error(`unknown argument ${word}`);
  }
  if (!options.file) throw new Error("say which file");
}

export function expect(holds, fault) {
  if (!holds) faults.push(fault);
}

// A page that takes down whatever it should not do.
export async function open({ scheme = "light", size = wide, script = true, hash = "" } = {}) {
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
  await page.setJavaScriptEnabled(script);
  // The clipboard of a headless browser belongs to nobody: what is copied is taken down here.
  await page.evaluateOnNewDocument(() => {
    globalThis.copied = [];
    const writeText = async (text) => void globalThis.copied.push(text);
    Object.defineProperty(navigator, "clipboard", { value: { writeText } });
  });
  await page.goto(url + hash, { waitUntil: "load" });
  return page;
}

// What axe says of it.
export async function axe(page, where) {
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
}

// How many pages it has in print.
export async function pdf(page) {
  const bytes = await page.pdf({ preferCSSPageSize: true, printBackground: true, timeout: 120_000 });
  summary.pages = Buffer.from(bytes).toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  if (options.shots) fs.writeFileSync(path.join(options.shots, "print.pdf"), bytes);
  if (options.pages) {
    const [least, most = least] = options.pages;
    expect(
      summary.pages >= least && summary.pages <= most,
      `printed it has ${summary.pages} pages, not ${least} to ${most}`,
    );
  }
}
